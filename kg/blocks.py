"""A body -> blocks: headings, paragraphs, bullets, steps, tables, formulas and code, the same for both layouts.

    body --lines--> ranges of lines --gather--> blocks --clean--> passages

A body that comes in lines is parsed by its lines; lines that hold several blocks are unfolded first. The paged and the
flat copy of an entry have the same blocks but for their spans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from kg.delimited import cells
from kg.inline import clean, verbatim
from kg.model import Block, BlockKind, Entry, Flag, Mark, MarkKind, Passage, Span
from kg.unfold import names_of, unfold

_BOLD_NAME = re.compile(r"\s*\*\*([^*]{1,200})\*\*")
_FENCE = re.compile(r"(?P<fence>```|~~~)(?P<language>[\w+#.-]*)")
_DISPLAY = re.compile(r"\$\$|\\\[")
_HASHES = re.compile(r"(#{1,6})\s+(?=\S)")
_BOLD_LINE = re.compile(r"(?:[—–-]\s+)?\*\*(?P<title>[^*]+)\*\*(?P<note>\s*\([^()]*\))?(?P<colon>\s*:)?(?:\s+[—–-])?$")
_NUMBERED = re.compile(r"\d+(?P<deeper>(?:\.\d+)*)(?P<dot>[.)]?)\s")
_BULLET = re.compile(r"[-*+•●▪◦‣]\s+(?=\S)")
_STEP = re.compile(r"(?P<ordinal>\d{1,3})[.)]\s+(?=\S)")
_QUOTE = re.compile(r">\s*(?=\S)")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,}|={3,})$")
_RULER = r"\s*(?::?-{2,}:?|:-:?|-:)\s*"
_SEPARATOR_ROW = re.compile(rf"\|?(?:{_RULER}\|)+(?:{_RULER})?$|\|{_RULER}$")
_FOLDED = re.compile(r"\S\s+(?:[-•]\s\*\*[^*]{1,100}(?:\*\*\s*:|:\*\*)|\|(?:\s*:?-{3,}:?\s*\|)+|```)")
_LEAD = re.compile(r"\*\*(?P<title>[^*]{1,160}?)(?P<colon>:?)\*\*(?P<sign>\s*:|\s+[—–-](?=\s))?")
_FINITE = re.compile(r"\s(?:is|are|was|were|has|have|can|will)\s")
_NOTE = re.compile(r"\s*\([^()]{1,80}\)\s*:")
_PLAIN_LEAD = re.compile(r"(?P<title>[A-Z0-9][^\s:.,;!?*`$()]*(?: [^\s:.,;!?*`$()]+){0,3}(?: \([^()]{1,60}\))?):(?=\s)")
_SENTENCE_END = re.compile(r"[.!?…。][)\]\"'”’;]*$")
_UNFINISHED = re.compile(r"[,;:(—–-]$|\b(?:and|or|the|an?|of|to|in|for|with|by|as|is|are)$")
_WRAPPED, _FULL, _WIDEST = 40, 60, 160
"""Characters of a line that may have been broken to fit a page: before a small letter, before a capital, at most."""

LONGEST_LEAD = 8
"""Words of a lead-in that is set off by a dash."""
LONGEST_FORMULA = 5_000
"""Characters between two dollars that may be a formula."""
_AMPUTATED = re.compile(
    r"(?:^|\s)(?:abla|otin|exists|u_|eq\s|eg\s|i\s\\)"  # \nabla, \notin, \nu_, \neq …: \n read as a line feed
    r"|[\a\b\f\t\v](?:rac|orall|eta|ar\b|oldsymbol|heta|imes|au\b|ext|ilde|lpha|ec\b)"  # \frac, \theta, \beta …
)
_BARE_COMMAND = re.compile(r"(?<![\\A-Za-z])(?:frac|sqrt|mathbf|mathrm|mathcal|mathbb|boldsymbol)\{")


def parse(entry: Entry) -> Entry:
    """The entry with its blocks, and with the flags that a look at the body gives.

    Blocks are in order and do not overlap. Every character of the body that is neither white space nor markup is in
    the span of one of them.
    """
    gatherer = _Gatherer(entry)
    gatherer.run()
    blocks = tuple(gatherer.blocks)
    return replace(entry, blocks=blocks, flags=entry.flags | _flags(entry, blocks, broken_off=gatherer.broken_off))


@dataclass(slots=True)
class _Line:
    """A line of the body, without the white space around it; `indent` is what stood before it."""

    start: int
    end: int
    indent: int = 0
    unfolded: bool = False


@dataclass
class _Gatherer:
    """Walks over the lines of a body and gathers its blocks."""

    entry: Entry
    blocks: list[Block] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    """The headings that are open: level and title, outermost first."""
    broken_off: bool = False
    """Whether code or a formula was never closed."""
    lines: list[_Line] = field(default_factory=list)
    run_head: _Line | None = None
    """The first item of the run of bullets and steps in work."""
    run_kind: BlockKind = BlockKind.BULLET
    run_titled: bool = False
    """Whether that item began with a bold lead-in."""

    @cached_property
    def names(self) -> frozenset[str]:
        bold = _BOLD_NAME.match(self.entry.body)
        return names_of(*self.entry.header.split(","), *([bold[1]] if bold else []))

    @property
    def body(self) -> str:
        return self.entry.body

    def text(self, line: _Line) -> str:
        return self.body[line.start : line.end]

    def clean(self, start: int, end: int) -> Passage:
        return clean(self.body, start, end, base=self.entry.body_span.start)

    def verbatim(self, start: int, end: int) -> Passage:
        return verbatim(self.body, start, end, base=self.entry.body_span.start)

    def add(
        self,
        kind: BlockKind,
        start: int,
        end: int,
        passage: Passage,
        *,
        lead: Passage | None = None,
        rows: tuple[tuple[Passage, ...], ...] = (),
        depth: int = 0,
        ordinal: int | None = None,
    ) -> None:
        base = self.entry.body_span.start
        section = tuple(title for _, title in self.headings)
        self.blocks.append(Block(kind, Span(base + start, base + end), passage, lead, rows, depth, section, ordinal))
        if kind not in (BlockKind.BULLET, BlockKind.STEP):
            self.run_head = None

    # ------------------------------------------------------------------------------------------------------- the walk

    def run(self) -> None:
        """Gather all blocks."""
        self.lines = _lines(self.body)
        single = sum(line.end > line.start for line in self.lines) == 1
        index = 0
        while index < len(self.lines):
            line = self.lines[index]
            text = self.text(line)
            if not line.unfolded and not text.startswith(("```", "~~~", "$$")) and (single or _FOLDED.search(text)):
                places = unfold(self.body, line.start, line.end, self.names)
                self.lines[index : index + 1] = [_Line(*place, line.indent, unfolded=True) for place in places]
            elif not text or _RULE.match(text):
                index += 1
            elif _FENCE.match(text):
                index = self.code(index)
            elif _DISPLAY.match(text):
                index = self.formula(index)
            elif self.is_row(index):
                index = self.table(index)
            elif self.heading(line, text, below=index + 1):
                index += 1
            else:
                index = self.prose(index)

    def code(self, index: int) -> int:
        """Add the code whose fence opens at this line; return the line to go on with."""
        start = self.lines[index].start
        fence = _FENCE.match(self.body, start)
        assert fence is not None
        close = self.body.find(fence["fence"], fence.end())
        if close < 0:
            self.broken_off = True
            stop = self.next_heading(index + 1)
            end = inner_end = max(self.lines[stop - 1].end, fence.end())
        else:
            inner_end, end = close, close + len(fence["fence"])
        self.add(BlockKind.CODE, start, end, self.verbatim(fence.end(), inner_end))
        return self.resume(index, end)

    def formula(self, index: int) -> int:
        """Add the display formula that opens at this line; return the line to go on with."""
        start = self.lines[index].start
        close = self.body.find("$$" if self.body.startswith("$$", start) else "\\]", start + 2)
        if close < 0:
            self.broken_off = True
            stop = self.next_heading(index + 1)
            end = inner_end = max(self.lines[stop - 1].end, start + 2)
        else:
            inner_end, end = close, close + 2
        self.add(BlockKind.FORMULA, start, end, self.verbatim(start + 2, inner_end))
        return self.resume(index, end)

    def next_heading(self, index: int) -> int:
        """The next line that is a bold heading: there ends what was never closed."""
        while index < len(self.lines) and not _BOLD_LINE.match(self.text(self.lines[index])):
            index += 1
        return index

    def resume(self, index: int, end: int) -> int:
        """The first line behind `end`; one that begins before is cut to what is left of it."""
        while index < len(self.lines) and self.lines[index].end <= end:
            index += 1
        if index < len(self.lines) and self.lines[index].start < end:
            line = self.lines[index]
            rest = self.body[end : line.end]
            line.start = end + len(rest) - len(rest.lstrip())
        return index

    def is_row(self, index: int) -> bool:
        """Whether a table row stands here: with outer pipes, or as the header above a separator row."""
        text = self.text(self.lines[index])
        if text.startswith("|"):
            return text.count("|") >= 2
        return " | " in text and index + 1 < len(self.lines) and self.is_separator(index + 1)

    def is_separator(self, index: int) -> bool:
        return _SEPARATOR_ROW.match(self.text(self.lines[index])) is not None

    def table(self, index: int) -> int:
        """Add the table that begins at this line; return the line to go on with."""
        first = self.lines[index]
        piped = self.body[first.start] == "|"
        rows: list[tuple[Passage, ...]] = []
        while index < len(self.lines):
            line = self.lines[index]
            text = self.text(line)
            if not (text.startswith("|") if piped else "|" in text):
                break
            stop = self.math_end(index)
            if not self.is_separator(index):
                row = cells(self.body, line.start, self.lines[stop - 1].end)
                rows.append(tuple(self.clean(*cell) for cell in row))
            index = stop
        end = self.lines[index - 1].end
        nothing = Passage("", ((0, self.entry.body_span.start + first.start),))
        self.add(BlockKind.TABLE, first.start, end, nothing, rows=tuple(rows))
        return index

    def heading(self, line: _Line, text: str, *, below: int) -> bool:
        """Add this line if it is a heading."""
        underlined = below < len(self.lines) and self.text(self.lines[below]).startswith("===")
        if hashes := _HASHES.match(text):
            start, end = line.start + hashes.end(), line.start + len(text.rstrip("# "))
            level = len(hashes[1])
        elif underlined and len(text) <= 120 and not _BULLET.match(text):
            start, end, level = line.start, line.end, 1
        else:
            bold = _BOLD_LINE.match(text)
            if bold is None or (_SENTENCE_END.search(bold["title"]) and not bold["title"].endswith("?")):
                return False
            start = line.start + bold.start("title") - 2
            end = line.start + (bold.end("note") if bold["note"] else bold.end("title") + 2)
            level = _level(bold["title"], colon=bool(bold["colon"]) or bold["title"].endswith(":"))
        title = self.clean(start, max(start, end))
        if title.text.endswith(":"):
            title = title.slice(0, len(title) - 1)
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.add(BlockKind.HEADING, line.start, line.end, title)
        self.headings.append((level, title.text))
        return True

    def prose(self, index: int) -> int:
        """Add the paragraph, bullet or step that begins at this line; return the line to go on with."""
        line = self.lines[index]
        start = line.start
        kind, ordinal = BlockKind.PARAGRAPH, None
        if marker := _BULLET.match(self.body, start, line.end):
            kind = BlockKind.BULLET
        elif marker := _STEP.match(self.body, start, line.end):
            kind, ordinal = BlockKind.STEP, int(marker["ordinal"])
        else:
            marker = _QUOTE.match(self.body, start, line.end)
        if marker:
            start = marker.end()
        stop = self.prose_end(index, kind)
        end = self.lines[stop - 1].end
        lead, inner = self.lead(start, end, item=kind is not BlockKind.PARAGRAPH)
        passage = self.clean(inner, end)
        if kind is BlockKind.PARAGRAPH and lead is None and passage.marks == (Mark(0, len(passage), MarkKind.MATH),):
            kind = BlockKind.FORMULA
        depth = 0
        if kind in (BlockKind.BULLET, BlockKind.STEP):
            depth = self.depth(line, kind, bold=self.body.startswith("**", start), titled=lead is not None)
        self.add(kind, line.start, end, passage, lead=lead, ordinal=ordinal, depth=depth)
        return stop

    def prose_end(self, index: int, kind: BlockKind) -> int:
        """One past the last line of the text that begins here: lines broken to fit a page belong together."""
        stop = self.math_end(index)
        while stop < len(self.lines):
            above, line = self.lines[stop - 1], self.lines[stop]
            text = self.text(line)
            if not text or self.begins(stop) or not self.goes_on(above, line, text, kind):
                break
            stop = self.math_end(stop)
        return stop

    def math_end(self, index: int) -> int:
        """One past this line, or past the line that closes the inline formula which this one leaves open."""
        dollars = 0
        for stop in range(index, min(index + 4, len(self.lines))):
            text = self.text(self.lines[stop])
            if not text:
                break
            dollars += text.count("$")
            if dollars % 2 == 0:
                return stop + 1
        return index + 1

    def begins(self, index: int) -> bool:
        """Whether the markup of this line says that a block begins."""
        text = self.text(self.lines[index])
        signs = (_FENCE, _DISPLAY, _RULE, _BULLET, _STEP, _HASHES, _QUOTE)
        return text.startswith("**") or any(sign.match(text) for sign in signs) or self.is_row(index)

    def goes_on(self, above: _Line, line: _Line, text: str, kind: BlockKind) -> bool:
        """Whether this line, which has no markup of its own, goes on with the text of the line above."""
        if kind is not BlockKind.PARAGRAPH and line.indent > above.indent:
            return True
        length = above.end - above.start
        before = self.body[max(above.start, above.end - 8) : above.end]
        if line.unfolded or length > _WIDEST or _SENTENCE_END.search(before) or before.endswith((":", "**")):
            return False
        return length >= _WRAPPED if text[0].islower() else length >= _FULL and kind is BlockKind.PARAGRAPH

    def lead(self, start: int, end: int, *, item: bool) -> tuple[Passage | None, int]:
        """The run-in title of a paragraph or item, and where the text behind it begins."""
        match = _LEAD.match(self.body, start, end)
        behind = match.end() if match else start
        if match and not match["colon"] and not match["sign"]:
            if not _NOTE.match(self.body, behind, end):
                return None, start
        elif match and not match["colon"] and match["sign"].strip() != ":" and _is_clause(match["title"]):
            return None, start
        elif match is None:
            match = _PLAIN_LEAD.match(self.body, start, end) if item else None
            if match is None:
                return None, start
            behind = match.end()
        if not self.body[behind:end].strip():
            return None, start
        return self.clean(match.start("title"), match.end("title")), behind

    def depth(self, line: _Line, kind: BlockKind, *, bold: bool, titled: bool) -> int:
        """How deep an item is nested: by its indent; without one, plain items stand below steps and below titled ones.

        The second is a guess that works the same for both layouts, neither of which keeps indents.
        """
        head = self.run_head
        if head is None:
            self.run_head, self.run_kind, self.run_titled = line, kind, bold and titled
            return 0
        if line.indent != head.indent:
            return min(3, max(0, line.indent - head.indent + 1) // 2)
        if kind is BlockKind.STEP:
            return 0
        return int(self.run_kind is BlockKind.STEP or (self.run_titled and not bold))


def _lines(body: str) -> list[_Line]:
    lines: list[_Line] = []
    position = 0
    for raw in body.split("\n"):
        text = raw.strip()
        before = raw[: len(raw) - len(raw.lstrip())]
        start = position + len(before)
        lines.append(_Line(start, start + len(text), len(before.expandtabs(4))))
        position += len(raw) + 1
    return lines


def _is_clause(title: str) -> bool:
    """Whether a bold run before a dash is the begin of a sentence and not a lead-in."""
    return len(title.split()) > LONGEST_LEAD or _FINITE.search(title) is not None


def _level(title: str, *, colon: bool) -> int:
    """How deep a bold heading stands: numbers say it; one with a colon stands below those without."""
    numbers = _NUMBERED.match(title)
    if numbers and (numbers["deeper"] or numbers["dot"]):
        return 10 + numbers["deeper"].count(".")
    return 20 if colon else 10


# -------------------------------------------------------------------------------------------------------------- flags


def _flags(entry: Entry, blocks: tuple[Block, ...], *, broken_off: bool) -> frozenset[Flag]:
    flags: set[Flag] = set()
    if not blocks:
        flags.add(Flag.EMPTY_BODY)
    elif broken_off or _breaks_off(blocks):
        flags.add(Flag.TRUNCATED)
    if _has_damaged_math(entry.body):
        flags.add(Flag.DAMAGED_MATH)
    return frozenset(flags)


def _breaks_off(blocks: tuple[Block, ...]) -> bool:
    """Whether the last block stops short: in mid-sentence, or in a row that lacks cells."""
    last = blocks[-1]
    if last.kind is BlockKind.TABLE:
        return len(last.rows) > 1 and len(last.rows[-1]) < len(last.rows[0])
    if last.kind not in (BlockKind.PARAGRAPH, BlockKind.BULLET, BlockKind.STEP):
        return False
    text = last.passage.text
    if _SENTENCE_END.search(text):
        return False
    if _UNFINISHED.search(text):
        return True
    others = [block.passage.text for block in blocks[:-1] if block.kind is last.kind and block.passage]
    return 2 * sum(_SENTENCE_END.search(other) is not None for other in others) >= len(others)


def _has_damaged_math(body: str) -> bool:
    """Whether formulas lost letters: `\\n` of `\\nabla` became a line feed, or commands lost their backslashes."""
    if _BARE_COMMAND.search(body):
        return True
    return any(_AMPUTATED.search(part) for part in body.replace("$$", "$").split("$")[1::2] if _looks_like_math(part))


def _looks_like_math(part: str) -> bool:
    return len(part) < LONGEST_FORMULA and any(sign in part for sign in "\\_^{")
