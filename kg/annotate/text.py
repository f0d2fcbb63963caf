"""Free text -> mentions and statements, without a glossary around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kg.annotate.entry import finish, prepare
from kg.annotate.glossary import glossary_of
from kg.annotate.pipeline import parse
from kg.model import Block, BlockKind, Entry, Headword, Layout, Passage, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language

_FLOOR = 0.1
"""Statements of a free text are reported down to this confidence: they are about phrases, not about one concept, and
the reader sees how far each is to be trusted."""
_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")


def extract_text(text: str, nlp: Language) -> Iterator[dict[str, Any]]:
    """The mentions, then the statements of a text, as records that can be written as JSON.

    Offsets count code points of `text`; `text[start:end]` is the record's `exact`. Nothing is related to what only a
    pronoun names, because a free text has no concept of its own.
    """
    blocks = tuple(
        Block(BlockKind.PARAGRAPH, Span(*match.span()), _passage(match[0], match.start()))
        for match in _PARAGRAPH.finditer(text)
    )
    entry = Entry("-", 1, Layout.FLAT, "", Span(0, 0), text, Span(0, len(text)), blocks)
    glossary = glossary_of([], [])
    work = prepare(entry, Headword(""), glossary)
    found = finish(work, parse(nlp, work.texts), glossary, floor=_FLOOR)
    for m in found.mentions:
        yield {"type": "mention", "label": m.label, "kind": m.kind, **_place(text, m.span), "rule": m.rule}
    for a in found.assertions:
        words = {"subject": a.subject, "predicate": a.predicate, "object": str(a.object)}
        yield {"type": "statement", **words, **_place(text, a.span), "rule": a.rule, "confidence": a.confidence}


def _passage(text: str, start: int) -> Passage:
    """A paragraph with its line breaks as spaces, character for character."""
    return Passage(re.sub(r"\s", " ", text), ((0, start),))


def _place(text: str, span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "exact": text[span.start : span.end]}
