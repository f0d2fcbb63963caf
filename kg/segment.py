"""Lines of a document -> entries: where one glossary entry ends and the next begins.

A header is recognised by evidence, not by position alone, because bodies hold code, tables and lists whose lines look
like headers, and because bodies break off in the middle of a formula. `weigh` collects the evidence for one line in
its surroundings; `segment` cuts. Both look a few lines ahead and never back further than the line before, so that
memory is bounded by one entry and not by the document.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from kg.errors import ReadError
from kg.model import Entry, Layout, Span
from kg.names import singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAMPLE = 2_000
"""Lines that decide the layout of a document, and whether it is a glossary at all."""
LOOK_AHEAD = 16
"""Lines (mostly blank ones) that may stand between a header and its body."""
LONGEST_HEADER = 400
"""Characters; longer lines are never headers."""
ENOUGH = 7
"""Points of evidence that make a header; one more inside a fence or a formula."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its 1-based number, its offset in code points, its text and its terminator."""

    number: int
    start: int
    text: str
    terminator: str = ""

    @property
    def end(self) -> int:
        """The offset of the next line."""
        return self.start + len(self.text) + len(self.terminator)

    @property
    def blank(self) -> bool:
        """Whether there is nothing but white space in it."""
        return not self.text.strip()


def split_lines(chunks: Iterable[str]) -> Iterator[Line]:
    """Yield the lines of a text that comes as pieces ending in a line feed (the last may lack it).

    A carriage return before the line feed belongs to the terminator; no other character ends a line. A byte order
    mark belongs to no line: the first one starts behind it.

    >>> [(line.number, line.start, line.text) for line in split_lines(["one\\r\\n", "two"])]
    [(1, 0, 'one'), (2, 5, 'two')]
    """
    start = 0
    for number, raw in enumerate(chunks, start=1):
        if start == 0 and raw.startswith("\ufeff"):
            start, raw = 1, raw[1:]
        text = raw.removesuffix("\n")
        if text is not raw and text.endswith("\r"):
            text = text[:-1]
        yield Line(number, start, text, raw[len(text) :])
        start += len(raw)


# -------------------------------------------------------------------------------------------------------- evidence

_NOT_IN_HEADERS = re.compile(r"\*\*|[`|$=<>{}\\\[\]→←↓↑]|^\s*(?:[-*•+#>]|\d+[.)]\s)|[.!?:;,](?=\s*$)|[.!?:;]\s")
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|can|could|should|must|may|do|does|did|"
    r"i|he|she|we|they|it|its|you|his|her|our|my|your|their|this|these|those|which|who|there)\b",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(r"(?:and|or|but|then|so|nor)\s", re.IGNORECASE)
_DEFINES = re.compile(r"\s(?:is|are|was|were|refers?|means?|denotes?|describes?|defines?|represents?)\s", re.IGNORECASE)
_BOLD_START = re.compile(r"(?:\*\*|__)(?=\S)")
_BOLD_NAME = re.compile(r"(?:\*\*|__)([^*]{1,200}?)(?:\*\*|__)")
_MARKUP_START = re.compile(r"[-*•+>]\s|\d+[.)]\s|```|~~~|\||\$\$|\\\[")
_COMMA_SEPARATED = re.compile(r"[^\s,]+,\S")
_WORD = re.compile(r"[^\W_]+")
_STATEMENT_END = re.compile(r"(?:[.!?:;|)\]”\"'…]|\*\*|```|\$\$)\s*$")


def header_items(text: str) -> list[str]:
    """The items of a line that has the shape of a header, or nothing.

    A header is a list separated by commas, or a single phrase: no markup, no sentence, no operators.

    >>> header_items("dead reckoning, navigation")
    ['dead reckoning', 'navigation']
    >>> header_items("It rained, and it was cold."), header_items("area = width, height")
    ([], [])
    """
    text = text.strip()
    if not text or len(text) > LONGEST_HEADER or _NOT_IN_HEADERS.search(text) or text.count("(") != text.count(")"):
        return []
    items = [item.strip() for item in text.split(",")]
    for item in items:
        if not _WORD.match(item.lstrip("(\"'.")) or len(item.split()) > 12 or _CONJUNCTION.match(item):
            return []
    return items


def _words(text: str) -> set[str]:
    return {singular(word) for word in _WORD.findall(text.casefold())}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that a line is a header; `points` are compared with `ENOUGH`."""

    points: int = 0
    certain: bool = False
    """Whether the text below speaks of an item of the header: one such line makes a document a glossary."""


def weigh(previous: str | None, text: str, below: str | None, *, apart: bool) -> Evidence:
    """Weigh whether `text` is a header, given the lines above (none at the top) and below that are not blank.

    `apart` says that blank lines set the header off, as in the paged layout.
    """
    items = header_items(text)
    if not items or below is None:
        return Evidence()
    opening = below.lstrip()[:400]
    title = opening.startswith("#")
    if title:
        opening = opening.lstrip("# ")
    if (_MARKUP_START.match(opening) and not _BOLD_START.match(opening)) or _COMMA_SEPARATED.match(opening):
        return Evidence()

    bold = _BOLD_NAME.match(opening)
    title = title or bool(bold and bold.end() == len(below.strip()))
    name = bold.group(1) if bold else " ".join(opening.split()[:5])
    of_name, of_header = _words(name), _words(text)
    of_opening, of_first = _words(" ".join(opening.split()[:12])), _words(items[0])
    shared = of_name & of_header
    share = max(
        len(shared) / max(1, len(of_name)),
        len(of_first & of_opening) / max(1, len(of_first)),
    )  # how much of the name the header has, or how much of the header's first item the opening has
    defines = bool(_DEFINES.search(opening[:200]))

    points = 2 if len(items) > 1 else -1
    points += 1 if 2 * sum(item[0].islower() or item[0].isdigit() for item in items) > len(items) else 0
    points += 2 if bold and not title else 0
    points += 3 if share >= 0.5 else 1 if shared else 0
    points += 1 if defines else 0
    points += 2 if apart else 0
    points -= 2 if _FINITE.search(text) else 0
    if previous is None or _STATEMENT_END.search(previous) or _MARKUP_START.match(previous):
        points += 1
    if previous is not None and _is_title(previous):
        points -= 2
    if not title and not bold and len(opening) < 60:
        points -= 2
    return Evidence(points, certain=share >= 0.5 and (bold is not None or defines or len(opening) > 120))


def _is_title(text: str) -> bool:
    text = text.strip()
    bold = _BOLD_NAME.match(text)
    return text.startswith("#") or bool(bold and bold.end() >= len(text.rstrip(":")))


# --------------------------------------------------------------------------------------------------------- cutting


def _is_header(previous: str | None, line: Line, after: list[Line], layout: Layout, *, enclosed: bool) -> Evidence:
    """The evidence for `line`, if it is enough in this layout."""
    below = next((a for a in after if not a.blank), None)
    apart = bool(after) and after[0].blank
    if line.blank or below is None or apart is not (layout is Layout.PAGED):
        return Evidence()
    evidence = weigh(previous, line.text, below.text, apart=apart)
    return evidence if evidence.points >= ENOUGH + enclosed else Evidence()


def _windows(lines: Iterable[Line]) -> Iterator[tuple[Line, list[Line]]]:
    """Yield each line with what follows, up to and including the next line that is not blank."""
    ahead: deque[Line] = deque()
    feed = iter(lines)
    while True:
        while not ahead or (len(ahead) <= LOOK_AHEAD and all(line.blank for line in islice(ahead, 1, None))):
            line = next(feed, None)
            if line is None:
                break
            ahead.append(line)
        if not ahead:
            return
        line = ahead.popleft()
        yield line, list(ahead)


class _Enclosure:
    """Whether we are inside a code fence or a display formula, line by line."""

    def __init__(self) -> None:
        self._fence = self._formula = False

    def __bool__(self) -> bool:
        return self._fence or self._formula

    def see(self, text: str) -> None:
        if text.count("```") % 2:
            self._fence = not self._fence
        if not self._fence and text.count("$$") % 2:
            self._formula = not self._formula


def _headers(lines: Iterable[Line], layout: Layout) -> Iterator[tuple[Line, Evidence]]:
    """Yield each line with its evidence; lines that are no headers have no points."""
    previous: str | None = None
    above_blank = True
    enclosure = _Enclosure()
    for line, after in _windows(lines):
        evidence = Evidence()
        if layout is Layout.FLAT or above_blank:
            evidence = _is_header(previous, line, after, layout, enclosed=bool(enclosure))
        if evidence.points:
            enclosure = _Enclosure()
        else:
            enclosure.see(line.text)
        if not line.blank:
            previous = line.text
        above_blank = line.blank
        yield line, evidence


def _layout_of(sample: list[Line]) -> Layout | None:
    """The layout in which the sample has more headers; nothing if it has no certain one."""
    found = {layout: [e for _, e in _headers(sample, layout) if e.points] for layout in Layout}
    best = max(Layout, key=lambda layout: len(found[layout]))
    return best if any(evidence.certain for evidence in found[best]) else None


def segment(lines: Iterable[Line], *, source: str) -> Iterator[Entry]:
    """Yield the entries of a document, in order; `blocks` are still empty.

    What stands before the first header is the preamble and belongs to no entry. Raises `ReadError` if the first
    lines hold no header line with a text below that speaks of it.
    """
    feed = iter(lines)
    sample = list(islice(feed, SAMPLE))
    if not any(line.text.strip() for line in sample):
        raise ReadError("the document is empty; a glossary has header lines ('term, category') and a text below each",
                        source)  # fmt: skip
    layout = _layout_of(sample)
    if layout is None:
        raise ReadError(
            f"no glossary: none of the first {len(sample)} lines is a header ('term, category') "
            "with a text below it that begins with the term",
            source,
        )
    header: Line | None = None
    body: list[str] = []
    for line, evidence in _headers(chain(sample, feed), layout):
        if evidence.points:
            if header is not None:
                yield _entry(source, layout, header, "".join(body))
            header, body = line, []
        elif header is not None:
            body += (line.text, line.terminator)
    if header is not None:
        yield _entry(source, layout, header, "".join(body))


def _entry(source: str, layout: Layout, header: Line, body: str) -> Entry:
    return Entry(
        source=source,
        line=header.number,
        layout=layout,
        header=header.text,
        header_span=Span(header.start, header.start + len(header.text)),
        body=body,
        body_span=Span(header.end, header.end + len(body)),
    )
