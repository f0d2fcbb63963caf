"""Give a body that was folded into one line its line breaks back.

Paged documents lose all line breaks inside a body: headings, bullets, tables and code run inline. `unfold` finds the
places where a line must have begun, so that one block parser serves both layouts. Code, formulas and tables have
delimiters; in the prose between them markers and bold runs are weighed by what stands before and behind them. What the
inline text does not tell (where the last bullet of a list ends) is known by the entry's name: it opens the closing
sentence. All of it is linear in the length of the body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from kg.delimited import stretches
from kg.names import singular

LONGEST_TITLE = 160
"""Characters of a bold run that may be a heading."""
LONGEST_SUBJECT = 100
"""Characters of the subject of a closing sentence."""
LONGEST_MATH = 400
"""Characters between the dollars of inline math."""
ALIKE = 2
"""Items of one sentence each that tell that the last item of their list has one sentence too."""
SHORTEST = 7
"""Words of a paragraph that may follow a list in the middle of a body."""
LONGEST_STEP = 4_000
"""Characters within which step 2 must follow step 1."""

_MARKS = "•●▪◦‣"
_TOKEN = re.compile(
    rf"""
    (?P<bold>\*\*)
    | (?P<code>`)
    | (?P<math>\$)
    | (?<!\S)(?: (?P<bullet>[-*+{_MARKS}])(?=\s)
               | (?P<step>\d{{1,2}})[.)](?=\s)
               | (?P<dashed>[—–])\s(?=\*\*)
               | (?P<quote>>)(?=\s\*\*) )
    """,
    re.VERBOSE,
)
_ENDED = re.compile(r"[.!?…。][)\]\"'”’`*_]*\s*$")
_STRUCTURE = re.compile(rf"\s*(?:[-*+{_MARKS}]\s|\d{{1,2}}[.)]\s|\||```|\$\$|[—–]\s\*\*|$)")
_AFTER_BOLD = re.compile(r"(?P<colon>:?)(?:\s*(?P<note>\([^()]{1,80}\)))?(?P<late>:?)")
_NEXT_BOLD = re.compile(r"\s+\*\*\S")
_DASH = re.compile(r"\s+[—–-]\s")
_DASHED_END = re.compile(r"\s[—–](?=\s|$)")
_NEXT = re.compile(r"\s*(\S?)")
_LEAD = re.compile(r"\s*\*\*[^*]{1,100}\*\*")
_LABEL = re.compile(r"\s*\*\*[^*]{1,100}(?::\*\*|\*\*(?:\s*\([^()]{1,80}\))?\s*(?::|[—–-]\s))")
_NOTHING = re.compile(r"\s*$")
_QUESTION = re.compile(r"(?:why|what|how|when|where|who|which)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\d+(?:\.\d+)*\.?\s+[A-Z]")
_SECOND_STEP = re.compile(r"(?<!\S)2[.)]\s")

# Small letters behind a bold run: "**Name** is …" is one sentence, "**Title** thing is …" a heading and its text.
_VERBS = (
    "is|are|was|were|has|have|can|will|represents?|remains?|provides?|enables?|becomes?|offers?|marks?"
    "|combines?|defines?|describes?|refers?|uses?|transforms?"
)
_SUBJECT_FOLLOWS = re.compile(rf"\s+(?!(?:{_VERBS}|also|and|or)\b)[a-z][\w-]*\s+(?:is|are|was|were|has|can)\b")
_PREDICATE = re.compile(rf"(?:\*\*)?\s(?:{_VERBS})\s(?P<bold>(?:[\w-]{{1,40}}\s){{0,5}}?\*\*(?=\S))?")
_STOP = re.compile(r"[.!?…][)\]\"'”’`*_]*\s+(?=(?:\*\*)?[A-Z0-9])")
_ABBREVIATION = re.compile(r"(?<!\w)(?:e\.g|i\.e|vs|cf|al|ca|approx|Fig|Eq|No|Dr|Mr|Mrs|Ms|Prof|St|[A-Z])\.$")
_SMALL_WORDS = frozenset({"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "vs", "with"})
_WORD = re.compile(r"[^\W_]+")
_CHUNK = re.compile(r"\S+")


def _words(text: str) -> frozenset[str]:
    return frozenset(singular(word).removesuffix("s") for word in _WORD.findall(text.casefold()))


def names_of(*names: str) -> frozenset[str]:
    """The words that a sentence may call an entry by: those of its names, and their initials.

    >>> sorted(names_of("simple pendulum clock"))
    ['clock', 'pc', 'pendulum', 'simple', 'spc']
    """
    found: set[str] = set()
    for name in names:
        found |= _words(name)
        initials = "".join(word[0] for word in _WORD.findall(name.casefold()))[-5:]
        found |= {initials[n:] for n in range(len(initials) - 1)}
    return frozenset(found)


def unfold(text: str, start: int, end: int, names: frozenset[str]) -> list[tuple[int, int]]:
    """The lines that were folded into `text[start:end]`, as ranges without white space around them, in order.

    `names` are the words of the entry's names (`names_of`).

    >>> text = "**Kinds** - **Dry**: no water. - **Wet**: water. Walls are **bonds of stone**."
    >>> [text[a:b] for a, b in unfold(text, 0, len(text), names_of("walls"))]
    ['**Kinds**', '- **Dry**: no water.', '- **Wet**: water.', 'Walls are **bonds of stone**.']
    """
    body = _Folded(text, end, names, line=start)
    for stretch in stretches(text, start, end):
        if stretch.solid:
            body.solid(stretch.start, stretch.end)
        else:
            _prose(body, stretch.start, stretch.end)
    return body.lines


class _Role(Enum):
    """What a bold run is in the text around it."""

    EMPHASIS = auto()
    OPENING = auto()
    """It begins a line: a lead-in or the subject of a new paragraph."""
    HEADING = auto()


class _Surroundings(NamedTuple):
    """What stands before a marker or a bold run."""

    fresh: bool
    """Nothing: a heading, code, a table or a formula has just ended, or the body begins here."""
    ended: bool
    """A sentence has ended."""
    colon: bool
    """A colon stands before."""
    announced: bool
    """That colon ends a sentence, not a bold run."""
    introduced: bool
    """A single word, behind something solid."""


@dataclass(slots=True)
class _Folded:
    """The lines found so far, and what is known of the line in work."""

    text: str
    end: int
    names: frozenset[str]
    lines: list[tuple[int, int]] = field(default_factory=list)
    line: int = 0
    """Where the line in work begins."""
    fresh: bool = True
    """Whether it comes right behind something solid."""
    kind: str = ""
    """A bullet's marker, "1" for a step, nothing for anything else."""
    bold_lead: bool = False
    """Whether the item in work began with a bold lead-in."""
    lower: bool = False
    """Whether the list in work began with a small letter."""
    ordinal: int = 0
    """The number of the last step."""
    second: int = -1
    """Where the next step 2 stands, as far as is known."""

    items: int = 0
    """How many items of the list in work have ended, each with its one sentence; -1 if any was of another kind."""

    def add(self, start: int, end: int) -> None:
        """Add a line, without the white space around it."""
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        if start < end:
            self.lines.append((start, end))

    def solid(self, start: int, end: int) -> None:
        """Add a line that has its own end, as headings, code, formulas and rows have; the line in work ends there."""
        self.begin(start)
        self.add(start, end)
        self.line, self.fresh = end, True

    def begin(self, at: int, kind: str = "", *, bold_lead: bool = False) -> None:
        """End the line in work and begin another; a list's last item leaves what is behind its end to a paragraph."""
        stop = self.item_end(at)
        if not kind:
            self.add(self.line, stop)
            self.line, self.items = stop, 0
        elif self.kind:
            single = self.sentence_end(at) == at and _ENDED.search(self.text[max(self.line, at - 40) : at])
            self.items = self.items + 1 if single and self.items >= 0 else -1
        self.add(self.line, at)
        self.line, self.fresh, self.kind, self.bold_lead = at, False, kind, bold_lead

    def has_second_step(self, position: int, end: int) -> bool:
        """Whether a step 2 follows soon."""
        if self.second < position:
            second = _SECOND_STEP.search(self.text, position, end)
            self.second = second.start() if second else len(self.text) + LONGEST_STEP
        return self.second - position <= LONGEST_STEP

    def item_end(self, at: int) -> int:
        """Where the last item of a list ends at the latest, if the line in work is one and the next begins at `at`.

        If all items before it have one sentence each, so has the last; what is behind must be worth a paragraph. At
        the end of the body, where a last paragraph is the rule, one such item is enough.
        """
        if not self.kind or self.items < (1 if at == self.end else ALIKE):
            return at
        stop = self.sentence_end(at)
        return stop if at == self.end or len(self.text[stop:at].split()) >= SHORTEST else at

    def sentence_end(self, at: int) -> int:
        """Where the first sentence of the line in work ends."""
        stops = _STOP.finditer(self.text, self.line, at)
        return next(
            (
                stop.end()
                for stop in stops
                if not _ABBREVIATION.search(self.text[max(0, stop.start() - 7) : stop.start() + 1])
            ),
            at,
        )


# -------------------------------------------------------------------------------------------------------------- prose


def _prose(body: _Folded, start: int, end: int) -> None:
    """Take apart what is neither code nor formula nor table."""
    text = body.text
    body.line = start
    closing, in_list = _closing(body, start, end)
    position = start
    while match := _TOKEN.search(text, position, end):
        at, position = match.start(), match.end()
        if body.line < closing <= at:
            _begin_closing(body, closing, in_list)
        before = _before(body, at)
        if match["code"]:
            close = text.find("`", position, end)
            position = close + 1 if close >= 0 else position
        elif match["math"]:
            position = _inline_math(body, at, position, end, before)
        elif match["bold"]:
            position = _bold(body, at, position, end, before)
        elif match["dashed"]:
            position = _dashed_heading(body, at, position, end)
        elif match["bullet"]:
            marker = match["bullet"]
            if _is_bullet(body, marker, position, end, before):
                if body.kind != marker:
                    body.lower = _next(text, position, end).islower()
                position = _begin_item(body, at, marker, position, end)
        elif match["step"]:
            if _is_step(body, int(match["step"]), position, end, before):
                body.ordinal = int(match["step"])
                position = _begin_item(body, at, "1", position, end)
        elif before.fresh or before.ended or body.kind:  # a quotation that begins in bold
            position = _begin_item(body, at, "", position, end)
    if body.line < closing < end:
        _begin_closing(body, closing, in_list)
    if not _NOTHING.match(text, body.line, end):
        body.begin(end)
    body.line = end


def _begin_closing(body: _Folded, closing: int, in_list: bool) -> None:
    """Begin the closing sentence, but not in the body's first paragraph, nor outside lists if it belongs `in_list`."""
    if body.kind or (body.lines and not in_list):
        body.begin(body.item_end(closing))


def _inline_math(body: _Folded, at: int, position: int, end: int, before: _Surroundings) -> int:
    """Pass over `$…$`; where nothing stands before and a list or title behind, it is a line of its own."""
    close = body.text.find("$", position, min(end, position + LONGEST_MATH))
    if close < 0 or body.text[close - 1].isspace():
        return position
    if before.fresh and _STRUCTURE.match(body.text, close + 1, end):
        body.solid(at, close + 1)
    return close + 1


def _before(body: _Folded, at: int) -> _Surroundings:
    before = body.text[max(body.line, at - 40) : at].rstrip()
    return _Surroundings(
        fresh=body.fresh and not before,
        ended=bool(_ENDED.search(before)),
        colon=before.endswith((":", ":**")),
        announced=before.endswith(":") and not before.endswith("**:"),
        introduced=body.fresh and bool(body.lines) and before.isalpha(),
    )


def _next(text: str, position: int, end: int) -> str:
    """The next character that is not white space, if there is one."""
    match = _NEXT.match(text, position, end)
    return match[1] if match else ""


def _begin_item(body: _Folded, at: int, kind: str, position: int, end: int) -> int:
    """Begin an item whose marker ends at `position`; return where its text goes on behind a bold lead-in."""
    lead = _LEAD.match(body.text, position, end)
    body.begin(at, kind, bold_lead=lead is not None)
    return lead.end() if lead else position


def _is_bullet(body: _Folded, marker: str, position: int, end: int, before: _Surroundings) -> bool:
    """Whether a marker begins a bullet; a hyphen may as well be a dash."""
    text = body.text
    first = _next(text, position, end)
    if not first:
        return False
    if marker in _MARKS or before.fresh or before.colon:
        return True
    labelled = _LABEL.match(text, position, end) is not None
    if body.kind in ("", "1"):  # no list is open: only a label says that one begins, or a "where" below a formula
        return (labelled and before.ended) or before.introduced
    if labelled or before.ended:
        return True
    if body.bold_lead or marker != body.kind:
        return body.bold_lead and _LEAD.match(text, position, end) is not None
    # A list of items without full stops: its first item tells how they begin.
    return first.islower() if body.lower else first.isupper() or first.isdigit() or first in "\"“'`$*"


def _is_step(body: _Folded, number: int, position: int, end: int, before: _Surroundings) -> bool:
    """Whether a number begins a step: it is the next one, or a first one where a list may begin."""
    first = _next(body.text, position, end)
    if not (first.isupper() or first.isdigit() or first in "*`\"'“$") or not first:
        return False
    if number == 1:
        return before.fresh or before.colon or (before.ended and body.has_second_step(position, end))
    return number == body.ordinal + 1 > 1 and (before.ended or first == "*" or body.kind == "1")


def _dashed_heading(body: _Folded, at: int, position: int, end: int) -> int:
    """Handle `— **Title** —`."""
    close = body.text.find("**", position + 2, end)
    if close < 0:
        return position
    tail = _DASHED_END.match(body.text, close + 2, end)
    if tail is None:
        return position
    body.solid(at, tail.end())
    return tail.end()


def _bold(body: _Folded, at: int, position: int, end: int, before: _Surroundings) -> int:
    """Handle a bold run that opens at `at`; return where to go on."""
    close = body.text.find("**", position, end)
    if close <= position or body.text[position].isspace():
        return position
    role, behind = _role(body, at, close, end, before)
    if role is _Role.HEADING:
        body.solid(at, behind)
        body.ordinal = 0
        return behind
    if role is _Role.OPENING:
        body.begin(at)
    return close + 2


def _role(body: _Folded, at: int, close: int, end: int, before: _Surroundings) -> tuple[_Role, int]:
    """What the bold run from `at` to `close` is, and where it ends if it is a heading."""
    text = body.text
    title = text[at + 2 : close]
    after = _AFTER_BOLD.match(text, close + 2, end)
    if after is None:
        return _Role.EMPHASIS, close + 2
    behind = after.end()
    colon = bool(after["colon"] or after["late"])
    structure = _STRUCTURE.match(text, behind, end) is not None
    next_bold = _NEXT_BOLD.match(text, behind, end) is not None
    titled = len(title) <= LONGEST_TITLE and not title.endswith((".", ",")) and not title[0].islower()
    if next_bold and before.fresh and not body.lines:
        titled = len(title) <= LONGEST_TITLE  # the body's own title may be a name in small letters

    if not (before.fresh or before.ended):
        # A list of items without full stops, or a sentence that ends in a colon: what follows has to tell.
        labelled = colon or title.endswith((":", "?"))
        heads = ((structure or next_bold) and (labelled or _is_title_case(title))) or bool(_NUMBERED.match(title))
        closes = title.endswith(".") and len(title) > 60 and _NOTHING.match(text, close + 2, end) is not None
        leads = labelled and (before.announced or not body.bold_lead)
        if not ((body.kind or before.announced) and (closes or (titled and (heads or leads)))):
            return _Role.EMPHASIS, behind

    if structure or (next_bold and not colon):
        if titled:
            return _Role.HEADING, behind if structure or not after["note"] else close + 2
        ends_all = title.endswith(".") and _NOTHING.match(text, close + 2, end) is not None
        return _Role.OPENING if ends_all else _Role.EMPHASIS, behind
    if colon:
        return _Role.OPENING, behind
    if title.endswith(":"):
        asks = titled and _QUESTION.match(title) is not None and len(title.split()) > 2
        return _Role.HEADING if asks else _Role.OPENING, behind
    if _DASH.match(text, behind, end):
        return _Role.OPENING if titled else _Role.EMPHASIS, behind
    first = _next(text, behind, end)
    if after["note"] and before.fresh and not body.lines:
        return _Role.OPENING, behind  # the entry's name with its abbreviation
    if first.isupper() or first in "`\"“'$[" or (first.isdigit() and not title[-1].isdigit()):
        return _Role.HEADING if titled else _Role.EMPHASIS, behind
    if titled and _SUBJECT_FOLLOWS.match(text, behind, end):
        return _Role.HEADING, close + 2
    if (first.islower() or first == "(") and (before.fresh or _shares(title, body.names)):
        return _Role.OPENING, behind
    if first.islower() and not body.kind and titled and _is_title_case(title) and len(title.split()) > 1:
        return _Role.OPENING, behind  # topic after topic, each named in bold
    return _Role.EMPHASIS, behind


def _is_title_case(title: str) -> bool:
    """Whether a bold run is set like a title: its long words begin with capitals."""
    long_words = [word for word in title.split() if len(word) > 3]
    return bool(long_words) and 4 * sum(not word[0].islower() for word in long_words) >= 3 * len(long_words)


def _shares(subject: str, names: frozenset[str]) -> bool:
    """Whether at least half of a subject's words are words of the entry's names."""
    subject_words = _words(subject)
    return bool(subject_words) and 2 * len(subject_words & names) >= len(subject_words)


def _closing(body: _Folded, start: int, end: int) -> tuple[int, bool]:
    """Where the entry's closing sentence begins ("The name is **the …**"), or -1; and whether only a list is left so.

    It is the last clause whose subject has the entry's name and whose predicate is set in bold, after which there are
    no more bullets or tables. After a full stop half of the subject must be the name's words, elsewhere all of it. A
    sentence without bold will do behind a list if all of its subject is the name.
    """
    text = body.text
    tail = max(text.rfind(" - **", start, end), text.rfind(" | ", start, end), start)
    plain = bold = -1
    for match in _PREDICATE.finditer(text, tail, end):
        left = max(tail, match.start() - LONGEST_SUBJECT)
        stop = max((m.end() for m in _STOP.finditer(text, left, match.start())), default=0)
        subject = text[stop : match.start()]
        if stop and "**" in subject:
            plain = -1  # a bold subject is known as a beginning by itself
        elif not match["bold"]:
            if stop and _words(subject) - _SMALL_WORDS <= body.names:
                plain = stop
        elif stop and _shares(subject, body.names):
            bold = stop
        else:
            bold = max(bold, _subject(body, max(left, stop, start + 1), match.start()))
    return (bold, False) if bold >= 0 else (plain, True)


def _subject(body: _Folded, start: int, end: int) -> int:
    """Where the words before `end` that are all the entry's name begin, with a capital; -1 if there are none."""
    found = -1
    for chunk in reversed(list(_CHUNK.finditer(body.text, start, end))):
        word = chunk.group()
        if "**" in word:
            return -1
        if not (_words(word) <= body.names or word in _SMALL_WORDS):
            break
        if word[0].isupper():
            found = chunk.start()
    return found
