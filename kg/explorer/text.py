"""An entry as a document: its blocks, cut into pieces wherever a mention or the evidence of a fact begins or ends.

Offsets are those of the source file. The pieces of a block are its clean text; what markup stood between them is gone.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from kg.blocks import parse
from kg.model import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kg.model import Entry, Passage, Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a text that has something to say: evidence of a fact, a mention of a concept, or boilerplate.

    `name` is the fact's name in the page, or the address of the concept.
    """

    role: str
    span: Span
    name: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a block that has the same marks from end to end.

    `facts` are the names of the facts whose evidence it belongs to; `begins` and `ends` those that begin or end with
    it. `link` is the address of the concept that it mentions. `style` says how it was set: bold, italic, code, math.
    """

    text: str
    facts: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    link: str = ""
    title: str = ""
    style: str = ""
    boilerplate: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A block to show. `level` is how deep a heading or an item stands; `rows` are a table's cells."""

    kind: str
    pieces: tuple[Piece, ...] = ()
    lead: tuple[Piece, ...] = ()
    rows: tuple[tuple[tuple[Piece, ...], ...], ...] = ()
    level: int = 0
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote in the text around it."""

    before: str
    quote: str
    after: str


@dataclass(slots=True)
class _Open:
    """Which facts have been begun and which are over, while a document is cut from its beginning to its end."""

    seen: set[str] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)


def document(entry: Entry, stretches: Sequence[Stretch]) -> list[Part]:
    """The parts of an entry in order, with all stretches marked. An entry without blocks is parsed first."""
    parsed = entry if entry.blocks else parse(entry)
    passages = [
        passage
        for block in parsed.blocks
        for passage in (block.lead, block.passage, *(cell for row in block.rows for cell in row))
        if passage
    ]
    state = _Open()
    for stretch in stretches:
        if stretch.role == "fact":
            state.left[stretch.name] = sum(_within(passage, stretch.span)[1] > 0 for passage in passages)
    parts = []
    for block in parsed.blocks:
        level = len(block.section) if block.kind is BlockKind.HEADING else block.depth
        parts.append(
            Part(
                block.kind.value,
                lead=_pieces(block.lead, stretches, state) if block.lead else (),
                pieces=_pieces(block.passage, stretches, state),
                rows=tuple(tuple(_pieces(cell, stretches, state) for cell in row) for row in block.rows),
                level=min(level, 3),
                ordinal=block.ordinal,
            )
        )
    return parts


def _within(passage: Passage, span: Span) -> tuple[int, int]:
    """Where a span of the source begins in a passage, and how many characters of it are there."""
    if not passage or passage.offset(0) >= span.end or passage.offset(len(passage) - 1) < span.start:
        return 0, 0
    positions = range(len(passage))
    start = bisect_left(positions, span.start, key=passage.offset)
    end = bisect_left(positions, span.end, key=passage.offset)
    return start, max(0, end - start)


def _pieces(passage: Passage, stretches: Iterable[Stretch], state: _Open) -> tuple[Piece, ...]:
    if not passage:
        return ()
    here = []
    for stretch in stretches:
        start, length = _within(passage, stretch.span)
        if length:
            here.append((start, start + length, stretch))
    cuts = {0, len(passage)}
    cuts.update(end for start, stop, _ in here for end in (start, stop))
    cuts.update(end for mark in passage.marks for end in (mark.start, mark.end))
    ordered = sorted(cuts)
    pieces = []
    for start, end in pairwise(ordered):
        around = [(a, b, stretch) for a, b, stretch in here if a <= start and end <= b]
        facts = [stretch.name for _, _, stretch in around if stretch.role == "fact"]
        begins = tuple(name for name in dict.fromkeys(facts) if name not in state.seen)
        state.seen.update(begins)
        ends = []
        for _, b, stretch in around:
            if stretch.role == "fact" and b == end:
                state.left[stretch.name] -= 1
                if state.left[stretch.name] == 0:
                    ends.append(stretch.name)
        mentions = [(b - a, stretch) for a, b, stretch in around if stretch.role == "mention"]
        mention = max(mentions, key=lambda found: found[0])[1] if mentions else None
        pieces.append(
            Piece(
                passage.text[start:end],
                facts=tuple(dict.fromkeys(facts)),
                begins=begins,
                ends=tuple(dict.fromkeys(ends)),
                link=mention.name if mention else "",
                title=mention.title if mention else "",
                style=next((mark.kind.value for mark in passage.marks if mark.start <= start and end <= mark.end), ""),
                boilerplate=any(stretch.role == "boilerplate" for _, _, stretch in around),
            )
        )
    return tuple(pieces)


def excerpt(entry: Entry, span: Span, around: int = 160) -> Excerpt | None:
    """A quote within the block that it stands in, at most `around` characters before and behind it.

    `entry` has its blocks. None if the quote is not in the entry's text.
    """
    for block in entry.blocks:
        if block.span.end <= span.start or block.span.start >= span.end:
            continue
        runs: list[tuple[str, bool]] = []
        passages = [block.lead, block.passage] if not block.rows else _row(block.rows, span)
        for passage in passages:
            if not passage:
                continue
            if runs:
                runs.append((": " if block.lead and passage is block.passage else " | ", False))
            start, length = _within(passage, span)
            text = passage.text
            runs += [(text[:start], False), (text[start : start + length], True), (text[start + length :], False)]
        quoted = [number for number, (text, inside) in enumerate(runs) if inside and text]
        if not quoted:
            continue
        first, last = quoted[0], quoted[-1]
        before, quote, after = (
            "".join(text for text, _ in part) for part in (runs[:first], runs[first : last + 1], runs[last + 1 :])
        )
        return Excerpt(_tail(before, around), quote, _head(after, around))
    return None


def _row(rows: Sequence[Sequence[Passage]], span: Span) -> Sequence[Passage]:
    """The row of a table that holds a span: the first that has some of it."""
    return next((row for row in rows if any(_within(cell, span)[1] for cell in row)), [])


def _tail(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    cut = text[-most:]
    return "…" + (cut[cut.index(" ") :] if " " in cut[:-1] else cut)


def _head(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    cut = text[:most]
    return (cut[: cut.rindex(" ") + 1] if " " in cut[1:] else cut) + "…"
