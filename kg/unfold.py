"""Give a body that was folded into one line its line breaks back.

Paged documents lose all line breaks inside a body: headings, bullets, tables and code run inline. `unfold` finds the
places where a line must have begun, so that one block parser serves both layouts. What cannot be known from the inline
text (the end of the last bullet of a list, say) is decided by the structure around it and by the entry's own name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kg.names import singular

_DISPLAY = re.compile(r"\$\$.+?\$\$|\\\[.+?\\\]", re.DOTALL)
_SEPARATOR = re.compile(r"\|(?:\s*:?-{2,}:?\s*\|)+")
_TOKEN = re.compile(
    r"\*\*|(?<!\S)(?:[-*+]|[•●▪◦‣])(?=\s)|(?<!\S)\d{1,2}[.)](?=\s)|(?<!\S)[—–] (?=\*\*)|(?<!\S)>(?= \*\*)|`"
)
_ENDED = re.compile(r"[.!?…。][)\]\"'”’`*_]*\s*$")
_STRUCTURE = re.compile(r"\s*(?:[-*+•●▪◦‣]\s|\d{1,2}[.)]\s|\||```|\$\$|[—–] \*\*|$)")
_AFTER_BOLD = re.compile(r"(?P<colon>:?)(?:\s*(?P<note>\([^()]{1,80}\)))?(?P<late>:?)")
_DASH = re.compile(r"\s+[—–-]\s")
_VERB = r"(?:is|are|was|were|has|have|can|will|represents?|remains?|provides?|enables?|becomes?|offers?|marks?)"
_COPULA = re.compile(r"\s+[a-z][\w-]*\s+(?:is|are|was|were|has|can)\b")
_STARTS_WITH_VERB = re.compile(rf"\s+(?:{_VERB[3:-1]}|\w+(?:s|ed)|also|typically|often|usually|and|or)\b")
_PREDICATE = re.compile(rf"(?:\*\*)?\s{_VERB}\s(?:[\w-]+\s){{0,5}}?\*\*(?=\S)")
_STOP = re.compile(r"[.!?…][)\]\"'”’`*_]*\s+(?=(?:\*\*)?[A-Z0-9])")
_WORD_AT = re.compile(r"\S+")
_SMALL = frozenset({"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "vs", "with"})
_WORD = re.compile(r"[^\W_]+")
_QUESTION = re.compile(r"(?:why|what|how|when|where|who|which)\b", re.IGNORECASE)
LONGEST_SUBJECT = 100
"""Characters of the subject of a closing sentence."""
LONGEST_TITLE = 160
"""Characters of a bold run that may be a heading."""


def words(text: str) -> frozenset[str]:
    """The words of a text, lower-case and singular."""
    return frozenset(singular(word) for word in _WORD.findall(text.casefold()))


def names_of(*names: str) -> frozenset[str]:
    """The words that a sentence may call an entry by: those of its names, and their initials (large lens -> ll).

    >>> sorted(names_of("simple pendulum clock"))
    ['clock', 'pc', 'pendulum', 'simple', 'spc']
    """
    found: set[str] = set()
    for name in names:
        in_order = _WORD.findall(name.casefold())
        found |= words(name)
        found |= {
            "".join(word[0] for word in in_order[n:]) for n in range(max(0, len(in_order) - 5), len(in_order) - 1)
        }
    return frozenset(found)


def unfold(text: str, start: int, end: int, names: frozenset[str]) -> list[tuple[int, int]]:
    """The lines that were folded into `text[start:end]`, as trimmed ranges, in order.

    `names` are the words of the entry's names, by which its closing sentence is known.
    """
    state = _Folded(text, names)
    position = start
    while position < end:
        open_fence = text.find("```", position, end)
        stop = end if open_fence < 0 else open_fence
        _unfold_without_code(state, position, stop)
        if open_fence < 0:
            break
        close = text.find("```", open_fence + 3, end)
        position = end if close < 0 else close + 3
        state.whole(open_fence, position)
    return state.lines


def _unfold_without_code(state: _Folded, start: int, end: int) -> None:
    position = start
    for match in _DISPLAY.finditer(state.text, start, end):
        _unfold_without_formulas(state, position, match.start())
        state.whole(match.start(), match.end())
        position = match.end()
    _unfold_without_formulas(state, position, end)


def _unfold_without_formulas(state: _Folded, start: int, end: int) -> None:
    position = start
    text = state.text
    while match := _SEPARATOR.search(text, position, end):
        columns = match.group().count("|") - 1
        top = _back(text, position, match.start(), columns)
        _unfold_prose(state, position, top)
        state.whole(top, match.start())
        state.whole(match.start(), match.end())
        position = match.end()
        while row := _row_end(text, position, end, columns):
            state.whole(position, row)
            position = row
    _unfold_prose(state, position, end)


def _back(text: str, start: int, end: int, columns: int) -> int:
    """Where the header row of a table begins, given where its separator begins."""
    position = len(text[start:end].rstrip()) + start
    for _ in range(columns + 1):
        place = text.rfind("|", start, position)
        if place < 0:
            break
        position = place
    return position


def _row_end(text: str, start: int, end: int, columns: int) -> int:
    """Where the table row that begins here ends; 0 if none begins here."""
    position = start
    while position < end and text[position].isspace():
        position += 1
    if position >= end or text[position] != "|":
        return 0
    for _ in range(columns):
        position = _next_pipe(text, position + 1, end)
        if position < 0:
            return end
    return position + 1


def _next_pipe(text: str, start: int, end: int) -> int:
    """The next pipe that parts cells: not escaped, and not tight between two characters."""
    position = text.find("|", start, end)
    while position >= 0:
        tight = position + 1 < end and not text[position + 1].isspace() and not text[position - 1].isspace()
        if text[position - 1] != "\\" and not tight:
            return position
        position = text.find("|", position + 1, end)
    return -1


@dataclass(slots=True)
class _Folded:
    """The lines found so far, and what the line in work is."""

    text: str
    names: frozenset[str]
    lines: list[tuple[int, int]] = field(default_factory=list)
    fresh: bool = True
    """Whether a heading, code, a table or a formula has just ended, or nothing has begun."""
    kind: str = ""
    """Of the line in work: a bullet's marker, "1" for a step, "" for anything else."""
    bold_lead: bool = False
    """Whether the bullet in work began with a bold lead-in."""
    lower: bool = False
    """Whether the list in work began with a small letter."""
    ordinal: int = 0

    def whole(self, start: int, end: int) -> None:
        """Add a line that is no prose: code, a formula, a row."""
        self.add(start, end)
        self.fresh, self.kind = True, ""

    def add(self, start: int, end: int) -> None:
        """Add a line, without the white space around it."""
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        if start < end:
            self.lines.append((start, end))


def _unfold_prose(state: _Folded, start: int, end: int) -> None:
    text = state.text
    closing = _closing(state, start, end)
    line = start  # where the line in work begins
    position = start
    while match := _TOKEN.search(text, position, end):
        at = match.start()
        token = match.group()
        if line < closing <= at:
            state.add(line, closing)
            line, state.kind, state.fresh = closing, "", False
        position = match.end()
        before = text[max(line, at - 40) : at]
        fresh = state.fresh and not text[line:at].strip()
        ended = bool(_ENDED.search(before))
        if token == "`":
            close = text.find("`", position, end)
            position = close + 1 if close >= 0 else position
        elif token[0].isdigit():
            if _is_step(state, text, int(token[:-1]), before, match.end(), end, fresh=fresh, ended=ended):
                state.add(line, at)
                line, state.fresh, state.kind, state.ordinal = at, False, "1", int(token[:-1])
                state.bold_lead = text.startswith("**", position + 1)
                position = _skip_lead(text, position, end)
        elif token[0] in "-*+•●▪◦‣" and token != "**":
            if _is_bullet(state, text, token, before, match.end(), end, fresh=fresh, ended=ended):
                first = state.kind != token
                state.add(line, at)
                line, state.fresh, state.kind = at, False, token
                state.bold_lead = text.startswith("**", position + 1)
                if first:
                    state.lower = text[position + 1 : position + 2].islower()
                position = _skip_lead(text, position, end)
        elif token[0] == ">":
            if fresh or ended:
                state.add(line, at)
                line, state.fresh, state.kind = at, False, ""
                position = _skip_lead(text, position, end)
        else:
            position, line = _bold(state, text, line, at, match, end, fresh=fresh, ended=ended)
    if line < closing < end:
        state.add(line, closing)
        line, state.kind = closing, ""
    state.add(line, end)
    if text[line:end].strip():
        state.fresh = False


def _skip_lead(text: str, position: int, end: int) -> int:
    """Behind the bold lead-in that begins after a marker, if one does."""
    if not text.startswith("**", position + 1):
        return position
    close = text.find("**", position + 3, end)
    return close + 2 if close >= 0 else position


def _is_step(
    state: _Folded, text: str, number: int, before: str, after: int, end: int, *, fresh: bool, ended: bool
) -> bool:
    nothing_else = text[after:end].lstrip()[:1]
    starts = nothing_else.isupper() or nothing_else in "*`\"'“" or nothing_else.isdigit()
    if not starts:
        return False
    if number == 1:
        return fresh or before.rstrip().endswith(":") or (ended and bool(re.search(r"(?<!\S)2[.)]\s", text[after:end])))
    return number == state.ordinal + 1 and state.ordinal > 0 and (ended or nothing_else == "*" or state.kind == "1")


def _is_bullet(
    state: _Folded, text: str, token: str, before: str, after: int, end: int, *, fresh: bool, ended: bool
) -> bool:
    if token in "•●▪◦‣":
        return True
    rest = text[after:end].lstrip()[:200]
    if not rest:
        return False
    colon = before.rstrip().endswith((":", ":**"))
    lead = bool(re.match(r"\*\*[^*]{1,100}\*\*", rest))
    labelled = bool(re.match(r"\*\*[^*]{1,100}(?::\*\*|\*\*(?:\s*\([^()]{1,80}\))?\s*(?::|[—–-]\s))", rest))
    if fresh or colon:
        return True
    if state.kind in ("", "1"):
        return labelled and ended
    if labelled or ended:
        return True
    if lead or state.bold_lead or token != state.kind:
        return lead and state.bold_lead
    first = rest[0]
    return first.islower() if state.lower else (first.isupper() or first.isdigit() or first in "\"“'`$")


def _bold(
    state: _Folded, text: str, line: int, at: int, match: re.Match[str], end: int, *, fresh: bool, ended: bool
) -> tuple[int, int]:
    """Handle a bold run that opens here: is it a heading, a lead-in, a new paragraph, or mere emphasis?

    Returns where to go on and where the line in work now begins.
    """
    dashed = match.group() != "**"
    opening = at + (len(match.group()) if dashed else 0)
    close = text.find("**", opening + 2, end)
    if close < 0 or close == opening + 2 or text[opening + 2].isspace():
        return match.end(), line
    title = text[opening + 2 : close]
    after = _AFTER_BOLD.match(text, close + 2, end)
    assert after is not None
    behind = after.end()
    if dashed:
        tail = re.compile(r"\s[—–](?=\s|$)").match(text, close + 2, end)
        if tail:
            state.add(line, at)
            state.add(at, tail.end())
            state.fresh, state.kind = True, ""
            return tail.end(), tail.end()
        return close + 2, line

    colon = bool(after["colon"] or after["late"]) or title.endswith(":")
    titled = len(title) <= LONGEST_TITLE and not title.endswith((".", ",")) and not title[:1].islower()
    structure = bool(_STRUCTURE.match(text, behind, end))
    next_bold = bool(re.compile(r"\s+\*\*\S").match(text, behind, end))
    begins = fresh or ended
    if not begins and state.kind and titled and structure and (colon or title.endswith("?") or _capital_words(title)):
        begins = True  # lists of items without full stops: only what follows tells that a heading stands here
    if not begins and title.endswith(".") and len(title) > 60 and not text[close + 2 : end].strip():
        begins = True  # the closing sentence, all of it in bold
    if not begins:
        return close + 2, line
    rest = text[behind : min(end, behind + 60)]
    heading = False
    titled = titled or (at == line and not state.lines and next_bold and len(title) <= LONGEST_TITLE)
    if structure or (next_bold and (not colon or title.endswith(":"))):
        heading = titled
        behind = behind if colon or not after["note"] or structure else close + 2
    elif colon:
        heading = title.endswith(":") and bool(_QUESTION.match(title)) and len(title.split()) >= 3
        if not heading:
            state.add(line, at)
            state.fresh, state.kind = False, ""
            return close + 2, at
    elif after["note"]:
        behind = close + 2
        heading = titled and rest.lstrip()[:1].isupper()
    elif _DASH.match(rest):
        if titled:
            state.add(line, at)
            state.fresh, state.kind = False, ""
            return close + 2, at
    else:
        first = rest.lstrip()[:1]
        if first.isupper() or first in "`\"“'$[" or (first.isdigit() and not title[-1:].isdigit()):
            heading = titled
        elif first.islower():
            heading = titled and bool(_COPULA.match(rest)) and not _STARTS_WITH_VERB.match(rest)
            if not heading and (fresh or _shares(title, state.names)):
                state.add(line, at)
                state.fresh, state.kind = False, ""
                return close + 2, at
    if heading:
        state.add(line, at)
        state.add(at, behind)
        state.fresh, state.kind, state.ordinal = True, "", 0
        return behind, behind
    if title.endswith(".") and not rest.strip():  # a whole closing sentence in bold
        state.add(line, at)
        state.fresh, state.kind = False, ""
        return close + 2, at
    return close + 2, line


def _capital_words(title: str) -> bool:
    """Whether a bold run is set like a title: its long words begin with capitals."""
    long_words = [word for word in title.split() if len(word) > 3]
    return bool(long_words) and sum(not word[0].islower() for word in long_words) * 4 >= len(long_words) * 3


def _shares(subject: str, names: frozenset[str]) -> bool:
    of_subject = words(subject)
    return bool(of_subject) and 2 * len(of_subject & names) >= len(of_subject)


def _closing(state: _Folded, start: int, end: int) -> int:
    """Where the entry's closing sentence begins ("The Name is **the …**"); -1 if there is none.

    It is the last clause whose subject has the entry's name and whose predicate is set in bold, after which there are
    no more bullets or tables. After a full stop half of the subject must be the name's words, elsewhere all of it.
    """
    text = state.text
    tail = max(text.rfind(" - **", start, end), text.rfind(" | ", start, end), start)
    found = -1
    for match in _PREDICATE.finditer(text, tail, end):
        left = max(tail, match.start() - LONGEST_SUBJECT)
        stop = max((m.end() for m in _STOP.finditer(text, left, match.start())), default=0)
        if stop and _shares(text[stop : match.start()], state.names):
            found = stop
            continue
        subject = -1
        for word in reversed(list(_WORD_AT.finditer(text, max(left, stop), match.start()))):
            of_word = words(word.group())
            if "**" in word.group():
                subject = -1
                break
            if not (of_word <= state.names or word.group() in _SMALL):
                break
            if word.group()[0].isupper():
                subject = word.start()
        if subject > start:
            found = subject
    return found
