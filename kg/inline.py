"""Inline markup -> `Passage`: clean text whose every character knows where it stands in the source.

Understood are bold, italic, code spans, LaTeX in dollars or `\\(…\\)`, links and backslash escapes of Markdown. What
does not pair up (bodies are cut off in the middle) is dropped as markup or kept as a character, never an error.
Everything is linear in the length of the text.
"""

from __future__ import annotations

import re

from kg.model import Mark, MarkKind, Passage

LONGEST_MATH = 400
"""Characters between two dollars that may be inline math."""

_SPECIAL = re.compile(r"`+|\$+|\\[()\[\]]|\\[*_`|#~>$-]|\*+|_+|!?\[(?=[^\]\s])|<br\s*/?>|\s+")
_LINK_END = re.compile(r"\]\([^()\s]*\)")
_MATH_SIGNS = re.compile(r"[\\_^{}=<>+*/|]")


def clean(text: str, start: int, end: int, *, base: int) -> Passage:
    """The passage of `text[start:end]`, without markup; `base` is the source offset of `text[0]`.

    >>> clean("a **bold** `x*y` word", 0, 21, base=100).text
    'a bold x*y word'
    """
    builder = _Builder(base)
    open_at: dict[str, int] = {}
    position = start
    ticks = _tick_runs(text, start, end)
    while position < end:
        match = _SPECIAL.search(text, position, end)
        if match is None:
            builder.add(text, position, end)
            break
        builder.add(text, position, match.start())
        position = _special(text, match, end, builder, open_at, ticks)
    return builder.passage()


def verbatim(text: str, start: int, end: int, *, base: int) -> Passage:
    """The passage of `text[start:end]` as it stands, white space collapsed: for code and formulas."""
    builder = _Builder(base)
    builder.add(text, start, end)
    return builder.passage()


class _Builder:
    """Collects stretches of source text into a passage, collapsing white space as it goes."""

    _WORDS = re.compile(r"\S+")

    def __init__(self, base: int) -> None:
        self.base = base
        self.parts: list[str] = []
        self.runs: list[tuple[int, int]] = []
        self.marks: list[Mark] = []
        self.length = 0
        self.expected = -1  # the source offset at which no new run is needed
        self.space = -1  # the source offset of white space that is not written yet

    def add(self, text: str, start: int, end: int) -> None:
        """Append `text[start:end]`."""
        position = start
        for match in self._WORDS.finditer(text, start, end):
            if match.start() > position and self.space < 0:
                self.space = self.base + position
            if self.space >= 0 and self.length:
                self._put(" ", self.space)
            self.space = -1
            self._put(match.group(), self.base + match.start())
            position = match.end()
        if position < end and self.space < 0:
            self.space = self.base + position

    def _put(self, piece: str, origin: int) -> None:
        if origin != self.expected:
            self.runs.append((self.length, origin))
        self.parts.append(piece)
        self.length += len(piece)
        self.expected = origin + len(piece)

    def place(self) -> int:
        """Where in the text the next character that is not white space will stand."""
        return self.length + (1 if self.space >= 0 and self.length else 0)

    def mark(self, start: int, kind: MarkKind) -> None:
        """Mark the text from `start` up to here."""
        if start < self.length:
            self.marks.append(Mark(start, self.length, kind))

    def passage(self) -> Passage:
        runs = tuple(self.runs) or ((0, self.space if self.space >= 0 else self.base),)
        return Passage("".join(self.parts), runs, tuple(sorted(self.marks, key=lambda m: (m.start, -m.end))))


def _tick_runs(text: str, start: int, end: int) -> dict[int, list[int]]:
    """The starts of backtick runs by their length, last first: a code span ends at the next run as long as its own."""
    runs: dict[int, list[int]] = {}
    for match in re.finditer(r"`+", text[start:end]):
        runs.setdefault(len(match.group()), []).append(start + match.start())
    for places in runs.values():
        places.reverse()
    return runs


def _special(
    text: str, match: re.Match[str], end: int, builder: _Builder, open_at: dict[str, int], ticks: dict[int, list[int]]
) -> int:
    """Handle one piece of markup; return where to go on."""
    token, at, after = match.group(), match.start(), match.end()
    if token.isspace():
        builder.add(text, at, after)
    elif token.startswith("`"):
        places = ticks.get(len(token), [])
        while places and places[-1] <= at:
            places.pop()
        if places:
            close = places[-1]
            _marked(text, after, close, builder, MarkKind.CODE)
            return close + len(token)
    elif token.startswith("$"):
        close = _math_end(text, after, end, len(token))
        if close < 0:
            if len(token) == 1:
                builder.add(text, at, after)
            return after
        _marked(text, after, close, builder, MarkKind.MATH)
        return close + len(token)
    elif token in ("\\(", "\\["):
        close = text.find("\\)" if token == "\\(" else "\\]", after, min(end, after + 4 * LONGEST_MATH))
        if close < 0:
            builder.add(text, at, after)
            return after
        _marked(text, after, close, builder, MarkKind.MATH)
        return close + 2
    elif token.startswith("\\"):
        builder.add(text, at + 1 if token[1] not in "()[]" else at, after)
    elif token.startswith("<"):
        builder.space = builder.base + at if builder.space < 0 else builder.space
    elif token[0] in "*_":
        return _emphasis(text, at, after, end, builder, open_at)
    else:
        return _link(text, at, after, end, builder)
    return after


def _marked(text: str, start: int, end: int, builder: _Builder, kind: MarkKind) -> None:
    place = builder.place()
    builder.add(text, start, end)
    builder.mark(place, kind)


def _math_end(text: str, start: int, end: int, dollars: int) -> int:
    """Where the math that opens before `start` is closed; -1 for prices and stray dollars."""
    if dollars > 2:
        return -1
    close = text.find("$" * dollars, start, min(end, start + LONGEST_MATH * (4 if dollars == 2 else 1)))
    if close <= start:
        return -1
    content = text[start:close]
    if dollars == 2:
        return close
    if text[close - 1].isspace() or text[close + 1 : min(close + 2, end)].isdigit():
        return -1
    words = content.split()
    if _MATH_SIGNS.search(content) or (len(words) == 1 and not content[0].isspace() and not content[0].isdigit()):
        return close
    return close if content.strip().isdigit() and not content[0].isspace() else -1


def _emphasis(text: str, at: int, after: int, end: int, builder: _Builder, open_at: dict[str, int]) -> int:
    """Bold and italic by the flanking rules of CommonMark, simplified: an opener has text after, a closer before."""
    token = text[at:after]
    before_space = at == 0 or text[at - 1].isspace()
    after_space = after >= end or text[after].isspace()
    inside_word = not before_space and not after_space and text[at - 1].isalnum() and text[after].isalnum()
    if token[0] == "_" and ((len(token) != 2 and len(token) != 1) or inside_word or (before_space and after_space)):
        builder.add(text, at, after)
        return after
    if len(token) == 1:
        closes = (
            token in open_at and not before_space and not (token == "_" and not after_space and text[after].isalnum())
        )
        if closes:
            builder.mark(open_at.pop(token), MarkKind.ITALIC)
            return after
        if after_space or inside_word or not _single_closes(text, token, after, end):
            builder.add(text, at, after)
            return after
        if token == "_" and not before_space and text[at - 1].isalnum():
            builder.add(text, at, after)
            return after
        open_at[token] = builder.place()
        return after
    bold = token[:2]
    if bold in open_at and not before_space:
        builder.mark(open_at.pop(bold), MarkKind.BOLD)
    elif not after_space:
        open_at[bold] = builder.place()
    return after


def _single_closes(text: str, token: str, start: int, end: int) -> bool:
    """Whether a single `*` or `_` that opens italics is closed soon, on a word's end."""
    close = text.find(token, start, min(end, start + 200))
    while close >= 0:
        double = text[close : close + 2] == token * 2
        if not double:
            return not text[close - 1].isspace() and not (close + 1 < end and text[close + 1].isalnum())
        close = text.find(token, close + 2, min(end, start + 200))
    return False


def _link(text: str, at: int, after: int, end: int, builder: _Builder) -> int:
    """A link or image `[text](address)`: keep the text."""
    close = text.find("]", after, min(end, after + 300))
    match = _LINK_END.match(text, close, end) if close >= 0 else None
    if match is None or "[" in text[after:close]:
        builder.add(text, at, after)
        return after
    builder.add(text, after, close)
    return match.end()
