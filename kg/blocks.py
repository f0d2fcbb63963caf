"""A body -> blocks: headings, paragraphs, bullets, steps, tables, formulas and code, the same for both layouts.

    body --lines--> ranges of lines --gather--> blocks --clean--> passages

A body that comes in lines is parsed by its lines; one that was folded into a single line is unfolded first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kg.inline import clean, verbatim
from kg.model import Block, BlockKind, Entry, Flag, Mark, MarkKind, Passage, Span
from kg.unfold import names_of, unfold

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOLD_NAME = re.compile(r"\s*\*\*([^*]{1,200})\*\*")
_FENCE = re.compile(r"(?:```|~~~)")
_FENCE_OPEN = re.compile(r"(?:```|~~~)(?P<language>[\w+#.-]*)")
_DISPLAY = re.compile(r"\$\$|\\\[")
_HASHES = re.compile(r"(#{1,6})\s+(.*?)\s*#*$", re.DOTALL)
_BOLD_LINE = re.compile(r"(?:[—–-]\s+)?\*\*(?P<title>[^*]+)\*\*(?P<note>\s*\([^()]*\))?(?P<colon>\s*:)?(?:\s+[—–-])?$")
_BULLET = re.compile(r"(?:[-*+•●▪◦‣])\s+(?=\S)")
_STEP = re.compile(r"(?P<ordinal>\d{1,3})[.)]\s+(?=\S)")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,}|={3,})$")
_QUOTE = re.compile(r">\s*")
_SEPARATOR_ROW = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?$|\|\s*:?-{2,}:?\s*\|?$")
_LEAD = re.compile(r"\*\*(?P<title>[^*]{1,160}?)(?P<colon>:?)\*\*(?P<sign>\s*:|\s+[—–-](?=\s))?")
_PLAIN_LEAD = re.compile(r"(?P<title>[A-Z0-9][^\s:.,;!?*`$]*(?:[ ][^\s:.,;!?*`$]+){0,3})(?P<sign>:)(?=\s)")
_SENTENCE_END = re.compile(r"[.!?…][)\]\"'”’]*$")
_UNFINISHED = re.compile(r"[,;:(—–-]$|\b(?:and|or|the|a|an|of|to|in|for|with|by)$")


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    indent: int = 0


@dataclass(slots=True)
class _Gathered:
    """The blocks found so far and the headings that are open."""

    entry: Entry
    blocks: list[Block] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    unfinished: bool = False

    def add(self, kind: BlockKind, start: int, end: int, passage: Passage, **more: object) -> None:
        base = self.entry.body_span.start
        section = tuple(title for _, title in self.headings)
        self.blocks.append(Block(kind, Span(base + start, base + end), passage, section=section, **more))  # type: ignore[arg-type]


def parse(entry: Entry) -> Entry:
    """The entry with its blocks, and with the flags that a look at the body gives.

    Every character of the body that is neither white space nor markup is in the span of exactly one block; blocks are
    in order. The paged and the flat copy of an entry have the same blocks but for their spans.
    """
    gathered = _Gathered(entry)
    _gather(gathered, _lines(entry))
    blocks = tuple(gathered.blocks)
    return replace(entry, blocks=blocks, flags=entry.flags | _flags(entry, blocks, unfinished=gathered.unfinished))


def _lines(entry: Entry) -> list[_Line]:
    """The lines of the body, unfolded where they were folded; blank ones stay as empty ranges."""
    body = entry.body
    lines: list[_Line] = []
    position = 0
    for raw in body.split("\n"):
        text = raw.strip()
        start = position + len(raw) - len(raw.lstrip())
        lines.append(_Line(start, start + len(text), indent=len(raw) - len(raw.lstrip())))
        position += len(raw) + 1
    written = [line for line in lines if line.end > line.start]
    bold = _BOLD_NAME.match(body)
    names = names_of(*entry.header.split(","), *([bold.group(1)] if bold else []))
    if len(written) == 1:
        return [_Line(*place) for place in unfold(body, written[0].start, written[0].end, names)]
    return lines


# ---------------------------------------------------------------------------------------------------------- gathering


def _gather(gathered: _Gathered, lines: list[_Line]) -> None:
    body = gathered.entry.body
    index = 0
    last_text = -2
    while index < len(lines):
        line = lines[index]
        text = body[line.start : line.end]
        if not text:
            index += 1
            continue
        if _FENCE.match(text):
            index = _code(gathered, lines, index)
        elif _DISPLAY.match(text):
            index = _formula(gathered, lines, index)
        elif _is_row(body, lines, index):
            index = _table(gathered, lines, index)
        elif _RULE.match(text) or _heading(gathered, line, text):
            index += 1
        else:
            stop = _text_end(body, lines, index)
            _text(gathered, line, lines[stop - 1].end, continued=last_text == index)
            index = stop
            last_text = index


def _code(gathered: _Gathered, lines: list[_Line], index: int) -> int:
    body, base = gathered.entry.body, gathered.entry.body_span.start
    start = lines[index].start
    fence = body[start : start + 3]
    opening = _FENCE_OPEN.match(body, start, lines[index].end)
    inner = opening.end() if opening else start + 3
    close = body.find(fence, start + 3)
    if close < 0:
        gathered.unfinished = True
        end = inner_end = lines[-1].end
    else:
        inner_end, end = close, close + 3
    if inner > inner_end:
        inner = inner_end
    gathered.add(BlockKind.CODE, start, end, verbatim(body, inner, inner_end, base=base))
    return _resume(gathered, lines, index, end)


def _formula(gathered: _Gathered, lines: list[_Line], index: int) -> int:
    body, base = gathered.entry.body, gathered.entry.body_span.start
    start = lines[index].start
    closing = "$$" if body.startswith("$$", start) else "\\]"
    close = body.find(closing, start + 2)
    if close < 0:
        gathered.unfinished = True
        end = inner_end = lines[-1].end
    else:
        inner_end, end = close, close + 2
    gathered.add(BlockKind.FORMULA, start, end, verbatim(body, start + 2, inner_end, base=base))
    return _resume(gathered, lines, index, end)


def _resume(gathered: _Gathered, lines: list[_Line], index: int, end: int) -> int:
    """The first line behind `end`; what is left of the line there is cut off to be parsed next."""
    while index < len(lines) and lines[index].end <= end:
        index += 1
    if index < len(lines) and lines[index].start < end:
        rest = gathered.entry.body[end : lines[index].end]
        lines[index].start = end + len(rest) - len(rest.lstrip())
    return index


def _is_row(body: str, lines: list[_Line], index: int) -> bool:
    line = lines[index]
    text = body[line.start : line.end]
    if text.startswith("|"):
        return text.count("|") >= 2
    below = lines[index + 1] if index + 1 < len(lines) else None
    return " | " in text and below is not None and bool(_SEPARATOR_ROW.match(body[below.start : below.end]))


def _table(gathered: _Gathered, lines: list[_Line], index: int) -> int:
    body, base = gathered.entry.body, gathered.entry.body_span.start
    first = index
    rows: list[tuple[Passage, ...]] = []
    piped = body[lines[index].start] == "|"
    while index < len(lines):
        line = lines[index]
        text = body[line.start : line.end]
        if not (text.startswith("|") if piped else "|" in text):
            break
        if not _SEPARATOR_ROW.match(text):
            rows.append(tuple(clean(body, a, b, base=base) for a, b in _cells(body, line.start, line.end)))
        index += 1
    start, end = lines[first].start, lines[index - 1].end
    gathered.add(BlockKind.TABLE, start, end, Passage("", ((0, base + start),)), rows=tuple(rows))
    return index


def _cells(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of a row's cells. A pipe tight between characters, as in |x|, parts none if others stand free."""
    text = body[start:end]
    free = " | " in text or text.startswith("| ")
    position = start + 1 if text.startswith("|") else start
    at = position
    while at < end:
        if body[at] == "|" and body[at - 1] != "\\":
            last = at + 1 >= end
            if last or not free or body[at - 1].isspace() or body[at + 1].isspace():
                yield position, at
                position = at + 1
        at += 1
    if position < end:
        yield position, end


def _heading(gathered: _Gathered, line: _Line, text: str) -> bool:
    body, base = gathered.entry.body, gathered.entry.body_span.start
    hashes = _HASHES.match(text)
    if hashes:
        start, end = line.start + hashes.start(2), line.start + hashes.end(2)
        level = len(hashes.group(1))
    else:
        match = _BOLD_LINE.match(text)
        if match is None or (_SENTENCE_END.search(match["title"]) and not match["title"].endswith("?")):
            return False
        start, end = (
            line.start + match.start("title") - 2,
            line.start + (match.end("note") if match["note"] else match.end("title") + 2),
        )
        colon = bool(match["colon"]) or match["title"].endswith(":")
        level = _level(gathered, match["title"], colon=colon)
    passage = clean(body, start, end, base=base)
    if passage.text.endswith(":"):
        passage = passage.slice(0, len(passage.text) - 1)
    while gathered.headings and gathered.headings[-1][0] >= level:
        gathered.headings.pop()
    gathered.add(BlockKind.HEADING, line.start, line.end, passage)
    gathered.headings.append((level, passage.text))
    return True


def _level(gathered: _Gathered, title: str, *, colon: bool) -> int:
    """How deep a bold heading stands: numbered ones say it, ones with a colon stand below those without."""
    numbers = re.match(r"\d+(?:\.\d+)*", title)
    if numbers and (numbers.group().count(".") or title[numbers.end() : numbers.end() + 1] in ".)"):
        return 10 + numbers.group().count(".")
    if not colon:
        return 10
    return 20


def _text_end(body: str, lines: list[_Line], index: int) -> int:
    """One past the last line of the paragraph or item that begins at `index`: wrapped lines go on."""
    stop = index + 1
    while stop < len(lines) and lines[stop].end > lines[stop].start:
        so_far = body[lines[index].start : lines[stop - 1].end]
        text = body[lines[stop].start : lines[stop].end]
        if so_far.count("$") % 2 and text.count("$") % 2 and stop - index < 4:
            stop += 1
            continue
        if _starts_block(body, lines, stop) or _SENTENCE_END.search(so_far) or so_far.endswith((":", "**")):
            break
        if not (text[0].islower() and len(so_far) > 40):
            break
        stop += 1
    return stop


def _starts_block(body: str, lines: list[_Line], index: int) -> bool:
    text = body[lines[index].start : lines[index].end]
    return bool(
        _FENCE.match(text)
        or _DISPLAY.match(text)
        or _is_row(body, lines, index)
        or _RULE.match(text)
        or _BULLET.match(text)
        or _STEP.match(text)
        or _HASHES.match(text)
        or text.startswith("**")
    )


def _text(gathered: _Gathered, line: _Line, end: int, *, continued: bool) -> None:
    body, base = gathered.entry.body, gathered.entry.body_span.start
    start = line.start
    kind, ordinal = BlockKind.PARAGRAPH, None
    if match := _BULLET.match(body, start, end):
        kind, start = BlockKind.BULLET, match.end()
    elif match := _STEP.match(body, start, end):
        kind, start, ordinal = BlockKind.STEP, match.end(), int(match["ordinal"])
    elif (match := _QUOTE.match(body, start, end)) and match.end() < end:
        start = match.end()
    lead, inner = _lead(body, start, end, base=base, kind=kind)
    passage = clean(body, inner, end, base=base)
    if kind is BlockKind.PARAGRAPH and lead is None and _all_math(passage):
        kind = BlockKind.FORMULA
    depth = _depth(gathered, kind, line, bold=body.startswith("**", start)) if kind is BlockKind.BULLET else 0
    gathered.add(kind, line.start, end, passage, lead=lead, ordinal=ordinal, depth=depth)


def _lead(body: str, start: int, end: int, *, base: int, kind: BlockKind) -> tuple[Passage | None, int]:
    """The run-in title of a paragraph or item, and where the text behind it begins."""
    match = _LEAD.match(body, start, end)
    if match is None and kind is not BlockKind.PARAGRAPH:
        match = _PLAIN_LEAD.match(body, start, end)
    if match is None:
        return None, start
    named = match.re is _LEAD
    if named and not match["colon"] and not match["sign"]:
        note = re.compile(r"\s*\([^()]{1,80}\)\s*:").match(body, match.end(), end)
        if note is None:
            return None, start
        return clean(body, match.start("title") - 2, match.end("title") + 2, base=base), match.end()
    if not body[match.end() : end].strip():
        return None, start
    lead = clean(body, match.start("title"), match.end("title"), base=base)
    return lead, match.end()


def _all_math(passage: Passage) -> bool:
    return passage.marks == (Mark(0, len(passage.text), MarkKind.MATH),)


def _depth(gathered: _Gathered, kind: BlockKind, line: _Line, *, bold: bool) -> int:
    """0 or 1: below a step or, in a list whose first item has a bold lead-in, below the last such item."""
    run: list[Block] = []
    for block in reversed(gathered.blocks):
        if block.kind not in (BlockKind.BULLET, BlockKind.STEP):
            break
        run.append(block)
    if line.indent >= 2 and run:
        return 1
    if not run:
        return 0
    first = run[-1]
    if any(block.kind is BlockKind.STEP for block in run):
        return 1
    return 1 if not bold and first.lead is not None and "**" in gathered.entry.quote(first.span)[:4] else 0


# -------------------------------------------------------------------------------------------------------------- flags


def _flags(entry: Entry, blocks: tuple[Block, ...], *, unfinished: bool) -> frozenset[Flag]:
    if not blocks:
        return frozenset({Flag.EMPTY_BODY})
    flags: set[Flag] = set()
    if unfinished or _breaks_off(blocks):
        flags.add(Flag.TRUNCATED)
    if _damaged_math(entry.body):
        flags.add(Flag.DAMAGED_MATH)
    return frozenset(flags)


def _breaks_off(blocks: tuple[Block, ...]) -> bool:
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
    others = [block for block in blocks[:-1] if block.kind is last.kind and block.passage]
    ended = sum(bool(_SENTENCE_END.search(block.passage.text)) for block in others)
    return 2 * ended >= len(others)


def _damaged_math(body: str) -> bool:
    """Whether formulas lost letters: `\\nabla` read as a line feed and `abla`, or commands without backslashes."""
    for part in re.findall(r"\$\$?([^$]{1,2000})\$", body):
        if ("\\" in part or "_" in part) and re.search(r"\s(?:abla|u_|eq\s|eg\s|otin)", part):
            return True
    return bool(re.search(r"(?<![\\A-Za-z])(?:frac|sqrt|mathbf|mathrm|mathcal|boldsymbol)\{", body)) or bool(
        re.search(r"(?m)(?:^|\s)abla\b", body)
    )
