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

from kg.errors import NotAGlossary
from kg.model import Entry, Layout, Span
from kg.names import singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SAMPLE = 500
"""Lines that decide the layout of a document, and whether it is a glossary at all."""
LOOK_AHEAD = 16
"""Lines (mostly blank ones) that may stand between a header and its body."""
LONGEST_HEADER = 400
"""Characters; longer lines are never headers."""
UNLIKE = 2
"""More points for a header with a blank line below in a flat document, or without one in a paged one."""
PARAGRAPH = 60
"""Characters; a shorter line without any bold is hardly the begin of a body."""
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

_NOT_IN_HEADERS = re.compile(
    r"""
    \*\* | [`"|$=<>{}\\\[\]→←↓↑] | \w\((?!\w{1,3}\)[\s,\w])  # markup, operators, calls (SE(3) is none)
    | ^\s*(?:[-*•+#>]|\d+[.)]\s)             # an item, a title
    | [.!?:;,](?=\s*$) | [!?:;]\s            # a sentence, an introduction
    | (?<!\b\w)(?<!\bvs)(?<!\bSt)\.\s       # a full stop that is not an abbreviation's
    """,
    re.VERBOSE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|can|could|should|must|may|do|does|did|"
    r"i|he|she|we|they|it|its|you|his|her|our|my|your|their|this|these|those|which|who|there)\b",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(r"(?:and|or|but|then|so|nor)\s", re.IGNORECASE)
_DEFINES = re.compile(r"\s(?:is|are|was|were|refers?|means?|denotes?|describes?|defines?|represents?)\s", re.IGNORECASE)
_BOLD_NAME = re.compile(r"(?:\*\*|__)([^*]{1,200}?)(?:\*\*|__)")
_NAME_IN_STARS = re.compile(r"\*\*(\S.{0,200}?)\*\*")
_ESCAPE = re.compile(r"\\([^\sA-Za-z0-9])")
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


def _announced_items(text: str, below: str) -> list[str]:
    """The items of a line of another shape, if its first one is, sign for sign, the bold name of the text below.

    >>> _announced_items("Vec<T>, containers", "**Vec<T>** is an array that grows.")
    ['Vec<T>', 'containers']
    """
    text, bold = text.strip(), _NAME_IN_STARS.match(below.strip())
    name = _ESCAPE.sub(r"\1", bold[1]) if bold else ""
    if not name or len(text) > LONGEST_HEADER or text[: len(name)].casefold() != name.casefold():
        return []
    comma, rest = text[len(name) :].lstrip()[:1], text[len(name) :].lstrip()[1:]
    if not comma:
        return [text]
    others = header_items(rest) if comma == "," else []
    return [text[: len(name)], *others] if others else []


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that a line is a header; the sum of the points is compared with `ENOUGH`."""

    points: int = 0
    certain: bool = False
    """Whether the text below speaks of an item of the header: one such line makes a document a glossary."""
    apart: bool = False
    """Whether a blank line stands below."""


def weigh(previous: str | None, text: str, below: str | None, *, apart: bool) -> Evidence:
    """Weigh whether `text` is a header, given the lines above (none at the top) and below that are not blank.

    `apart` says that blank lines set the header off, as in the paged layout.
    """
    items = below and (header_items(text) or _announced_items(text, below))
    if not items or below is None:
        return Evidence()
    opening = _Opening.of(below)
    if opening is None:
        return Evidence()
    header_words, first_words = _words(text), _words(items[0])
    shared = opening.name_words & header_words
    # How much of the body's name the header has, or how much of the header's first item the opening has.
    share = max(
        len(shared) / max(1, len(opening.name_words)),
        len(first_words & opening.words) / max(1, len(first_words)),
    )
    related = bool(shared) or share > 0
    small = sum(item[0].islower() or item[0].isdigit() for item in items)
    bold_start = opening.bold and not opening.title

    points = 2 if len(items) > 1 else -1
    points += 1 if 2 * small > len(items) else 0
    points += 2 if bold_start else 0
    points += 4 if share == 1 else 3 if share >= 0.5 else 1 if related else 0
    points += 1 if opening.defines else 0 if related else -1
    points += 1 if apart else 0
    points += 1 if _ends_block(previous) else 0
    points -= 2 if previous is not None and _is_title(previous) else 0
    points -= 3 if _FINITE.search(text) else 0
    points -= 2 if not (opening.title or opening.bold or opening.long) else 0
    certain = share >= 0.5 and (opening.bold or opening.defines or opening.prose)
    return Evidence(points, certain, apart)


@dataclass(frozen=True, slots=True)
class _Opening:
    """How the text below a line begins."""

    bold: bool
    """With a bold run."""
    title: bool
    """The line is nothing but a title."""
    defines: bool
    """It has a verb that defines in its first words."""
    long: bool
    """It is long enough for a paragraph."""
    prose: bool
    """It is so long that it is hardly anything else."""
    words: frozenset[str]
    name_words: frozenset[str]
    """The words of the bold name, or of the first few words."""

    @classmethod
    def of(cls, below: str) -> _Opening | None:
        """The opening of a body; nothing for a line that no body begins with."""
        start = below.strip()[:400]
        title = start.startswith("#")
        if title:
            start = start.lstrip("# ")
        bold = _BOLD_NAME.match(start)
        if not bold and (_MARKUP_START.match(start) or _COMMA_SEPARATED.match(start) or len(header_items(below)) > 1):
            return None
        return cls(
            bold=bold is not None,
            title=title or (bold is not None and bold.end() == len(start)),
            defines=_DEFINES.search(start[:200]) is not None,
            long=len(start) >= PARAGRAPH,
            prose=len(start) >= 2 * PARAGRAPH,
            words=_words(" ".join(start.split()[:12])),
            name_words=_words(bold[1] if bold else " ".join(start.split()[:5])),
        )


def _words(text: str) -> frozenset[str]:
    return frozenset(singular(word) for word in _WORD.findall(text.casefold()))


def _ends_block(text: str | None) -> bool:
    """Whether nothing is left open by the line above: the top, a full stop, an item, a row."""
    return text is None or bool(_STATEMENT_END.search(text) or _MARKUP_START.match(text))


def _is_title(text: str) -> bool:
    text = text.strip()
    bold = _BOLD_NAME.match(text)
    return text.startswith("#") or bool(bold and bold.end() >= len(text.rstrip(":")))


# --------------------------------------------------------------------------------------------------------- cutting


def _is_header(previous: str | None, line: Line, after: list[Line], layout: Layout, *, needed: int) -> Evidence:
    """The evidence for `line`, given the line above and some lines below, if it is enough.

    A header that has its blank lines otherwise than the document's layout wants it needs more of it.
    """
    apart = not after or after[0].blank
    below = next((line.text for line in after if not line.blank), None)
    if line.blank or below is None:
        return Evidence()
    evidence = weigh(previous, line.text, below, apart=apart)
    return evidence if evidence.points >= needed + (apart is not (layout is Layout.PAGED)) * UNLIKE else Evidence()


def _is_bare_header(line: Line, after: list[Line], layout: Layout) -> bool:
    """Whether `line` is a header without a body: a list apart from the rest, with the next header or nothing below."""
    items = header_items(line.text)
    if layout is Layout.FLAT or len(items) < 2 or _FINITE.search(line.text) or (after and not after[0].blank):
        return False
    below = [line.text for line in after if not line.blank]
    if len(below) == 1:
        return False
    return not below or weigh(line.text, below[0], below[1], apart=True).points >= ENOUGH


def _windows(lines: Iterable[Line]) -> Iterator[tuple[Line, list[Line]]]:
    """Yield each line with what follows: up to the second next line that is not blank, or `LOOK_AHEAD` lines."""
    ahead: deque[Line] = deque()
    written = 0
    feed = iter(lines)
    for line in feed:
        ahead.append(line)
        written += not line.blank
        while ahead and (written - (not ahead[0].blank) >= 2 or len(ahead) > LOOK_AHEAD):
            first = ahead.popleft()
            written -= not first.blank
            yield first, list(ahead)
    while ahead:
        first = ahead.popleft()
        yield first, list(ahead)


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
    seen = False
    enclosure = _Enclosure()
    for line, after in _windows(lines):
        evidence = Evidence()
        if layout is Layout.FLAT or above_blank:
            evidence = _is_header(previous, line, after, layout, needed=ENOUGH + bool(enclosure))
            if not evidence.points and seen and not enclosure and _is_bare_header(line, after, layout):
                evidence = Evidence(ENOUGH)
        if evidence.points:
            seen = True
            enclosure = _Enclosure()
        else:
            enclosure.see(line.text)
        if not line.blank:
            previous = line.text
        above_blank = line.blank
        yield line, evidence


def _layout_of(sample: list[Line]) -> Layout | None:
    """The layout that more headers of the sample have; nothing if it has no certain one."""
    found = {layout: [e for _, e in _headers(sample, layout) if e.points] for layout in Layout}
    best = max(Layout, key=lambda layout: sum(e.apart is (layout is Layout.PAGED) for e in found[layout]))
    return best if any(evidence.certain for evidence in found[best]) else None


def segment(lines: Iterable[Line], *, source: str, path: Path | None = None) -> Iterator[Entry]:
    """Yield the entries of a document, in order; `blocks` are still empty. Errors name the `path`, if it is given.

    What stands before the first header is the preamble and belongs to no entry. Raises `NotAGlossary` if the first
    lines hold no header line with a text below that speaks of it.
    """
    feed = iter(lines)
    sample = list(islice(feed, SAMPLE))
    if not any(line.text.strip() for line in sample):
        raise NotAGlossary(
            "the document is empty; a glossary has header lines ('term, category') and a text below each",
            path or source,
        )
    layout = _layout_of(sample)
    if layout is None:
        raise NotAGlossary(
            "no glossary: no header ('term, category') with a text below that begins with the term "
            f"(looked at {len(sample)} {'line' if len(sample) == 1 else 'lines'})",
            path or source,
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
