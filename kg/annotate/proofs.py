"""From the words that a rule read to the words that prove it to a reader.

A rule may need one phrase to find its object ("gossip" in a list of parts); a person who checks the edge needs the
sentence, the bullet with its lead-in, or the row of the table around it. Of a long sentence only the part between
dashes or semicolons is quoted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kg.annotate.units import sentences
from kg.model import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kg.model import Block, Passage

LONG = 240
"""Characters of a sentence beyond which only the part that matters is quoted."""
_PART = re.compile(r"\s*(?:\s—|—\s|\s–\s|;\s)\s*")


def proof(blocks: Sequence[Block], span: Span) -> Span:
    """The sentence, bullet or table row around a span of a body; the span itself if it stands in none.

    A span that crosses sentences is proved by all of them. The result holds the span and stays in one block.
    """
    block = next((block for block in blocks if span in block.span), None)
    if block is None:
        return span
    for row in block.rows:
        cells = [cell for cell in row if cell]
        if cells and cells[0].span().start <= span.start and span.end <= cells[-1].span().end:
            return Span(cells[0].span().start, cells[-1].span().end)
    found = _sentence(block.passage, span)
    if block.lead is None or not block.lead:
        return found or span
    lead = block.lead.span()
    if span in lead or (found is None and span.start < lead.end):
        return _joined(lead, _first_sentence(block.passage), span)
    if found is not None and found.start <= block.passage.span().start:
        return _joined(lead, found, span)
    return found or span


def _joined(lead: Span, sentence: Span | None, span: Span) -> Span:
    end = max(lead.end, sentence.end if sentence is not None else 0, span.end)
    return Span(min(lead.start, span.start), end)


def _first_sentence(passage: Passage) -> Span | None:
    return _sentence(passage, passage.span(0, 1)) if passage else None


def _sentence(passage: Passage, span: Span) -> Span | None:
    """The sentences of a passage that hold a span, or the part of a long one; None if the span is not in it."""
    if not passage or span not in passage.span():
        return None
    bounds = [(a, b) for a, b in sentences(passage.text) if _meets(passage.span(a, b), span)]
    if not bounds:
        return None
    start, end = bounds[0][0], bounds[-1][1]
    if end - start > LONG:
        start, end = _part(passage, start, end, span)
    text = passage.text
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    whole = passage.span(start, end)
    return Span(min(whole.start, span.start), max(whole.end, span.end))


def _part(passage: Passage, start: int, end: int, span: Span) -> tuple[int, int]:
    """The part of `text[start:end]`, between dashes or semicolons, that holds the span."""
    first, last = start, end
    for match in _PART.finditer(passage.text, start, end):
        if passage.offset(match.end()) <= span.start:
            first = match.end()
        elif passage.offset(match.start()) >= span.end:
            last = match.start()
            break
    return first, last


def _meets(one: Span, other: Span) -> bool:
    return one.start < max(other.end, other.start + 1) and other.start < one.end
