"""Answers as HTML for notebooks: short, without scripts; words from documents are escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kg.answers import Path, Quote, Relation

QUOTES = 2
"""So many quotes of a relation are shown."""


def path(one: Path) -> str:
    """A path: its concepts in a line, then each step as a sentence with its quotes."""
    way = " → ".join(f"<b>{escape(concept.label)}</b>" for concept in one.concepts)
    steps = "".join(f"<li>{_step(step.relations)}</li>" for step in one.steps)
    return f"<div><p>{way} <small>cost {one.cost:.2f}</small></p><ol>{steps}</ol></div>"


def listed(paths: Sequence[Path], *, complete: bool) -> str:
    """Paths below each other; says when time ran out."""
    rest = "" if complete else "<p><i>Time ran out before more paths were found.</i></p>"
    return "".join(path(one) for one in paths) + rest


def relation(one: Relation) -> str:
    """A relation as a sentence, with its confidence and quotes."""
    sure = "" if one.confidence is None else f" <small>{one.confidence:.0%}</small>"
    return f"{escape(one.sentence)}{sure}{quotes(one.quotes[:QUOTES])}"


def quotes(found: Iterable[Quote]) -> str:
    """Quotes with the places where they stand."""
    return "".join(
        f"<blockquote>{escape(quote.exact)} <small>{escape(quote.place)}</small></blockquote>" for quote in found
    )


def _step(relations: Sequence[Relation]) -> str:
    others = "; ".join(escape(other.sentence) for other in relations[1:])
    return relation(relations[0]) + (f"<small>also: {others}</small>" if others else "")
