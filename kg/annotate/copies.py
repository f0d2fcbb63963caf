"""The same entry on several pages is read once: its annotation is moved to where each copy stands.

Two entries are copies when their headwords and the clean texts of their blocks are equal; line breaks, markup and
offsets may differ. Every span of an annotation begins and ends with a character of some clean text, and the same
character of the copy's text tells where it lies there.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from kg.model import Annotation, Entry, Headword, Passage, Span

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator


def content(entry: Entry, headword: Headword) -> Hashable:
    """What copies of an entry have in common."""
    return headword, tuple((b.kind, b.depth, b.section, b.ordinal, b.lead is None, b.texts) for b in entry.blocks)


def moved(annotation: Annotation, entry: Entry) -> Annotation:
    """The annotation of an entry as that of its copy `entry`.

    Raises `ValueError` for a span that begins or ends outside the clean texts.
    """
    places = _Places(annotation.entry, entry)
    return replace(
        annotation,
        entry=entry,
        definitions=tuple(replace(d, span=places.of(d.span)) for d in annotation.definitions),
        mentions=tuple(replace(m, span=places.of(m.span)) for m in annotation.mentions),
        assertions=tuple(replace(a, span=places.of(a.span)) for a in annotation.assertions),
        boilerplate=tuple(places.of(span) for span in annotation.boilerplate),
    )


class _Places:
    """Where the characters of one entry stand in its copy."""

    def __init__(self, one: Entry, other: Entry) -> None:
        pairs = sorted(zip(_passages(one), _passages(other), strict=True), key=lambda pair: pair[0].offset(0))
        self._pairs = pairs
        self._starts = [passage.offset(0) for passage, _ in pairs]
        self._known: dict[Span, Span] = {}

    def of(self, span: Span) -> Span:
        if span not in self._known:
            start = self._moved(span.start)
            self._known[span] = Span(start, self._moved(span.end - 1) + 1 if len(span) else start)
        return self._known[span]

    def _moved(self, offset: int) -> int:
        at = bisect_right(self._starts, offset) - 1
        if at >= 0:
            passage, copy = self._pairs[at]
            position = _position(passage, offset)
            if position is not None:
                return copy.offset(position)
        raise ValueError(f"no clean text has the character at {offset}")


def _position(passage: Passage, offset: int) -> int | None:
    """The position in a passage of the character that stands at a source offset."""
    run = bisect_right(passage.runs, offset, key=lambda pair: pair[1]) - 1
    at, origin = passage.runs[run]
    position = at + offset - origin
    end = passage.runs[run + 1][0] if run + 1 < len(passage.runs) else len(passage.text)
    return position if run >= 0 and position < end else None


def _passages(entry: Entry) -> Iterator[Passage]:
    for block in entry.blocks:
        parts = [block.lead, block.passage, *(cell for row in block.rows for cell in row)]
        yield from (part for part in parts if part)
