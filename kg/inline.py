"""Inline markup -> `Passage`: clean text whose every character knows where it stands in the source.

Understood are bold, italic, code spans, LaTeX in dollars or `\\(…\\)`, links and backslash escapes of Markdown. What
does not pair up (bodies are cut off in the middle) is dropped as markup or kept as a character, never an error. All
searches for a closing sign are bounded, so that the work is linear in the length of the text.
"""

from __future__ import annotations

import re

from kg.model import Mark, MarkKind, Passage

LONGEST_MATH = 400
"""Characters between the dollars of inline math; twice as many between other signs."""

_PLAIN = re.compile(r"[^`$\\*_!\[\]<\s]+(?: [^`$\\*_!\[\]<\s]+)* ?")
_SPECIAL = re.compile(r"`+|\$+|\\[()\[\]*_`|#~>$-]|\*+|_+|!?\[(?=[^\]\s])|\]|<br\s{0,9}/?>|\s+")
_ITALIC = {
    "*": re.compile(r"(?<![\w*])\*(?=[^\s*])[^*]{0,200}(?<=[^\s*])\*(?![\w*])"),
    "_": re.compile(r"(?<![\w_])_(?=[^\s_])[^_]{0,200}(?<=[^\s_])_(?![\w_])"),
    "__": re.compile(r"(?<![\w_])__(?=[^\s_])[^_\s]{1,80}\s[^_]{0,200}(?<=[^\s_])__(?![\w_])"),
}
_LINK = re.compile(r"!?\[[^\[\]]{1,300}\]\([^()\s]{0,500}\)")
_MATH_SIGNS = re.compile(r"[\\_^{}=<>+*/|]")
_WORD = re.compile(r"\S+")


def clean(text: str, start: int, end: int, *, base: int) -> Passage:
    """The passage of `text[start:end]`, without markup; `base` is the source offset of `text[0]`.

    >>> passage = clean("a **bold** `x*y` word", 0, 21, base=100)
    >>> passage.text, passage.span(2, 6)
    ('a bold x*y word', Span(start=104, end=108))
    """
    return _Cleaner(text, start, end, base).run(start)


def verbatim(text: str, start: int, end: int, *, base: int) -> Passage:
    """The passage of `text[start:end]` as it stands, white space collapsed: for code and formulas."""
    writer = _Writer(base)
    writer.words(text, start, end)
    return writer.passage()


class _Writer:
    """Collects stretches of source text into a passage; white space between them becomes one space."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.parts: list[str] = []
        self.runs: list[tuple[int, int]] = []
        self.marks: list[Mark] = []
        self.length = 0
        self.expected = -1  # the offset at which the last run would go on
        self.pending = -1  # the offset of white space that is not written yet

    def space(self, at: int) -> None:
        """White space stands at `at`."""
        if self.pending < 0:
            self.pending = at

    def stretch(self, text: str, start: int, end: int) -> None:
        """Append `text[start:end]`, in which all white space is single spaces."""
        if start < end and text[start] == " ":
            self.space(start)
            start += 1
        stop = end - 1 if end > start and text[end - 1] == " " else end
        if start < stop:
            if self.pending >= 0 and self.length:
                self._put(" ", self.pending)
            self.pending = -1
            self._put(text[start:stop], start)
        if stop < end:
            self.space(stop)

    def words(self, text: str, start: int, end: int) -> None:
        """Append `text[start:end]`, whatever its white space."""
        position = start
        for match in _WORD.finditer(text, start, end):
            if match.start() > position:
                self.space(position)
            self.stretch(text, match.start(), match.end())
            position = match.end()
        if position < end:
            self.space(position)

    def _put(self, piece: str, at: int) -> None:
        if at != self.expected:
            self.runs.append((self.length, self.base + at))
        self.parts.append(piece)
        self.length += len(piece)
        self.expected = at + len(piece)

    def place(self) -> int:
        """Where in the text the next character that is not white space will stand."""
        return self.length + (self.pending >= 0 and self.length > 0)

    def mark(self, start: int, kind: MarkKind) -> None:
        """Mark the text from `start` to here."""
        if start < self.length:
            self.marks.append(Mark(start, self.length, kind))

    def passage(self) -> Passage:
        """What was written."""
        runs = tuple(self.runs) or ((0, self.base + max(self.pending, 0)),)
        return Passage("".join(self.parts), runs, tuple(sorted(self.marks, key=lambda m: (m.start, -m.end))))


class _Cleaner:
    """Walks over the markup of one stretch."""

    def __init__(self, text: str, start: int, end: int, base: int) -> None:
        self.text = text
        self.end = end
        self.writer = _Writer(base)
        self.bold = -1  # where bold text began
        self.closing: dict[int, tuple[int, MarkKind]] = {}  # signs ahead that close italics opened before
        self.links: dict[int, int] = {}  # closing brackets ahead -> where their links end
        self.ticks: dict[int, list[int]] = {}  # runs of backticks by length, last first
        for match in re.compile("`+").finditer(text, start, end):
            self.ticks.setdefault(len(match.group()), []).append(match.start())
        for places in self.ticks.values():
            places.reverse()

    def run(self, start: int) -> Passage:
        """Walk from `start` to the end."""
        text, position, end = self.text, start, self.end
        while position < end:
            if plain := _PLAIN.match(text, position, end):
                position = self._keep(position, plain.end())
            elif special := _SPECIAL.match(text, position, end):
                position = self._special(special.group(), position, special.end())
            else:
                position = self._keep(position, position + 1)
        return self.writer.passage()

    def _special(self, token: str, at: int, after: int) -> int:
        """Handle one piece of markup; return where to go on."""
        sign = token[0]
        if sign.isspace() or sign == "<":
            self.writer.space(at)
            return after
        if sign == "`":
            return self._code(token, at, after)
        if sign == "$" or token in ("\\(", "\\["):
            return self._math(token, at, after)
        if sign == "\\":
            return self._keep(at + (token[1] not in "()[]"), after)
        if sign == "]":
            return self.links.get(at) or self._keep(at, after)
        if sign in "![":
            match = _LINK.match(self.text, at, self.end)
            if match is None:
                return self._keep(at, after)
            self.links[self.text.index("]", at)] = match.end()
            return after
        if sign == "*" and len(token) > 1:
            return self._bold(at, after)
        return self._italic(token, at, after)

    def _keep(self, start: int, end: int) -> int:
        self.writer.stretch(self.text, start, end)
        return end

    def _marked(self, start: int, end: int, kind: MarkKind) -> None:
        place = self.writer.place()
        self.writer.words(self.text, start, end)
        self.writer.mark(place, kind)

    def _code(self, token: str, at: int, after: int) -> int:
        """A code span ends at the next run of as many backticks; a run without a partner is dropped."""
        places = self.ticks[len(token)]
        while places and places[-1] <= at:
            places.pop()
        if not places:
            return after
        self._marked(after, places[-1], MarkKind.CODE)
        return places[-1] + len(token)

    def _math(self, token: str, at: int, after: int) -> int:
        closing = {"\\(": "\\)", "\\[": "\\]"}.get(token, token)
        limit = LONGEST_MATH if token == "$" else 2 * LONGEST_MATH
        close = self.text.find(closing, after, min(self.end, after + limit)) if len(token) < 3 else -1
        if close < 0 or (token == "$" and not self._is_math(after, close)):
            return self._keep(at, after) if token != "$$" else after
        self._marked(after, close, MarkKind.MATH)
        return close + len(closing)

    def _is_math(self, start: int, close: int) -> bool:
        """Whether `$…$` is math and not two prices."""
        content = self.text[start:close]
        if not content.strip() or content[-1].isspace() or self.text[close + 1 : close + 2].isalnum():
            return False
        if _MATH_SIGNS.search(content):
            return True
        words = content.split()
        return len(words) == 1 and (not content[0].isspace() or (len(words[0]) <= 2 and words[0].isalpha()))

    def _bold(self, at: int, after: int) -> int:
        """Asterisks are markup even if they have no partner: bodies break off inside bold text."""
        if self.bold >= 0 and at > 0 and not self.text[at - 1].isspace():
            self.writer.mark(self.bold, MarkKind.BOLD)
            self.bold = -1
        elif after < self.end and not self.text[after].isspace():
            self.bold = self.writer.place()
        return after

    def _italic(self, token: str, at: int, after: int) -> int:
        if at in self.closing:
            place, kind = self.closing.pop(at)
            self.writer.mark(place, kind)
            return after
        pattern = _ITALIC.get(token)
        match = pattern.match(self.text, at, self.end) if pattern else None
        if match is None:
            return self._keep(at, after)
        kind = MarkKind.BOLD if len(token) > 1 else MarkKind.ITALIC
        self.closing[match.end() - len(token)] = (self.writer.place(), kind)
        return after
