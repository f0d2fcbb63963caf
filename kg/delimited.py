"""What has delimiters of its own: where code, display formulas and tables stand in a stretch of text without lines.

Also the cells of a table row, which are the same in a line and in the middle of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEPARATOR = re.compile(r"\|(?:\s*:?-{2,}:?\s*\|)+")
_NEXT = re.compile(r"\s*(\S?)")


class Stretch(NamedTuple):
    """A part of a text; solid ones are code, a formula, or a row of a table, the others prose."""

    start: int
    end: int
    solid: bool


def stretches(text: str, start: int, end: int) -> Iterator[Stretch]:
    """Take `text[start:end]` apart, in order and without gaps.

    Code and formulas that are never closed go on to the end: the text was cut off inside them.

    >>> [text[s.start : s.end] for text in ["Sizes | A | B | |---|---| | 1 | 2 | end"] for s in stretches(text, 0, 39)]
    ['Sizes ', '| A | B | ', '|---|---|', ' | 1 | 2 |', ' end']
    """
    position = start
    while position < end:
        opening, close = _fence(text, position, end)
        yield from _at_formulas(text, position, opening)
        if opening < close:
            yield Stretch(opening, close, solid=True)
        position = close


def _fence(text: str, start: int, end: int) -> tuple[int, int]:
    opening = text.find("```", start, end)
    if opening < 0:
        return end, end
    close = text.find("```", opening + 3, end)
    return opening, end if close < 0 else close + 3


def _at_formulas(text: str, start: int, end: int) -> Iterator[Stretch]:
    position = start
    last_bracket = text.rfind("\\]", start, end)
    while position < end:
        opening, close = _formula(text, position, end, last_bracket)
        yield from _at_tables(text, position, opening)
        if opening < close:
            yield Stretch(opening, close, solid=True)
        position = close


def _formula(text: str, start: int, end: int, last_bracket: int) -> tuple[int, int]:
    """Where the next display formula begins and ends; nothing at the end if there is none."""
    opening = text.find("$$", start, end)
    bracket = text.find("\\[", start, end if opening < 0 else opening)
    if 0 <= bracket < last_bracket - 1:
        return bracket, text.index("\\]", bracket + 2) + 2
    if opening < 0:
        return end, end
    close = text.find("$$", opening + 2, end)
    if close >= 0:
        return opening, close + 2
    return (opening, end) if text[opening + 2 : opening + 3] in (" ", "\\") else (end, end)


def _at_tables(text: str, start: int, end: int) -> Iterator[Stretch]:
    """A separator row gives the number of columns, and with it where the rows above and below begin and end."""
    position = start
    while match := _SEPARATOR.search(text, position, end):
        columns = match.group().count("|") - 1
        top = _header_row(text, position, match.start(), columns)
        if position < top:
            yield Stretch(position, top, solid=False)
        if top < match.start():
            yield Stretch(top, match.start(), solid=True)
        yield Stretch(*match.span(), solid=True)
        position = match.end()
        while row := _row_end(text, position, end, columns):
            yield Stretch(position, row, solid=True)
            position = row
    if position < end:
        yield Stretch(position, end, solid=False)


def _header_row(text: str, start: int, end: int, columns: int) -> int:
    """Where the header row of a table begins, given where its separator begins."""
    position = end
    for _ in range(columns + 1):
        pipe = text.rfind("|", start, position)
        if pipe < 0:
            break
        position = pipe
    return position


def _row_end(text: str, start: int, end: int, columns: int) -> int:
    """Where the row of a table that begins here ends; 0 if none begins here."""
    first = _NEXT.match(text, start, end)
    if first is None or first[1] != "|":
        return 0
    position = first.start(1)
    for _ in range(columns):
        position = _next_pipe(text, position + 1, end, free=True)
        if position < 0:
            return end
    return position + 1


def _next_pipe(text: str, start: int, end: int, *, free: bool) -> int:
    """The next pipe that parts cells: not escaped and, where pipes stand `free`, not tight between two characters."""
    position = text.find("|", start, end)
    while position >= 0:
        tight = position + 1 < end and not text[position + 1].isspace() and not text[position - 1].isspace()
        if text[position - 1] != "\\" and not (free and tight):
            return position
        position = text.find("|", position + 1, end)
    return -1


def cells(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of the cells of the table row `text[start:end]`.

    >>> row = "| either | a|b | choice |"
    >>> [row[a:b].strip() for a, b in cells(row, 0, len(row))]
    ['either', 'a|b', 'choice']
    """
    free = text.find(" | ", start, end) >= 0 or text.startswith("| ", start)
    position = start + 1 if text.startswith("|", start) else start
    while (pipe := _next_pipe(text, position, end, free=free)) >= 0:
        yield position, pipe
        position = pipe + 1
    if text[position:end].strip():
        yield position, end
