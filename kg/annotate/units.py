"""Passages cut into units that a parser reads well, each with what surrounds it.

A glossary's sentences are telegrams: bullets without a subject, clauses behind dashes, bracketed examples, labels with
colons. A `Unit` is one clause-like stretch of a passage, its brackets taken out (they become units of their own, which
know the words before them), and `Unit.text` is what the parser gets: a missing subject is supplied ("Translates …"
becomes "it translates …") because a parser trained on whole sentences needs one. `Unit.offset` maps parsed characters
back to the passage, and through it to the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from kg.annotate.lexicon import lexicon, verb_forms
from kg.model import Passage, Span

if TYPE_CHECKING:
    from collections.abc import Iterator


class Role(StrEnum):
    """What a unit is in its sentence."""

    MAIN = "main"
    CONTINUED = "continued"
    """What follows a dash or semicolon."""
    ASIDE = "aside"
    """The content of brackets."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One stretch to parse. `label` is the text before a colon ("Examples" of "Examples: …"), if there is one.

    `sentence` numbers the sentences of a passage, `number` the units. `host` is, for an aside, where the brackets
    stood: the number of the unit and the position in its passage.
    """

    passage: Passage
    role: Role
    sentence: int
    prefix: str = ""
    label: Passage | None = None
    host: tuple[int, int] | None = None
    number: int = 0

    @property
    def text(self) -> str:
        """What the parser reads."""
        return self.prefix + _for_parser(self.passage.text, lower_first=True)

    def wording(self, text: str, start: int) -> str:
        """A phrase of the parsed text as the passage writes it: the parser reads a sentence without its capital."""
        return _restored(text, self.passage.text) if start == len(self.prefix) else text

    def span(self, start: int, end: int) -> Span:
        """The source span of `text[start:end]`; what was supplied belongs to the first character."""
        shift = len(self.prefix)
        start = max(0, start - shift)
        return self.passage.span(start, max(end - shift, start + 1))


def _restored(text: str, written: str) -> str:
    """A phrase from the start of a sentence, with its capital if it is written like a name."""
    words = text.split()
    if written[:1].isupper() and (len(words) == 1 or words[1][:1].isupper()):
        return written[:1] + text[1:]
    return text


_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|etc|vs|cf|approx|resp|Fig|Eq|No|Dr|Inc|Ltd|Corp)\.|\b[A-Z]\.)$")
_SENTENCE_END = re.compile(
    r"[.!?][\"'”’]?\s+(?=[\"'“‘]?[A-Z0-9])|(?P<dash>\s+[—–-]\s+(?=(?:[Ii]t|[Tt]his|[Tt]hese|[Tt]hey)\s))"
)
_BREAK = re.compile(r"\s+[—–]\s+|\s*—\s*|\s+--?\s+|;\s+|\s+(?:→|⇒|=>|->)\s+")
_LABEL = re.compile(r"^([^:,;.!?]{2,60}):\s+(?=\S)")
_PARTICIPLE = re.compile(r"[A-Za-z-]+ing\b")
_LONGEST = 1000
"""Characters that are parsed as one clause; people write shorter ones."""


def units(passage: Passage) -> list[Unit]:
    """Cut a passage into units, in text order, each aside behind its host."""
    found: list[Unit] = []
    for number, (start, end) in enumerate(sentences(passage.text)):
        sentence = passage.slice(start, end)
        bare, asides = _without_brackets(sentence)
        label, bare_from = _label(bare)
        pieces = list(_pieces(bare.text, bare_from))
        for n, (a, b) in enumerate(pieces):
            piece = bare.slice(a, b)
            if not piece.text.strip():
                continue
            role = Role.CONTINUED if n else Role.MAIN
            index = len(found)
            found.append(Unit(piece, role, number, _supplied(piece.text), label if n == 0 else None, None, index))
            for position, inner in asides:
                if a <= position <= b:
                    found.append(Unit(inner, Role.ASIDE, number, "", None, (index, position - a), len(found)))
        if not pieces and label is not None:
            found += [Unit(inner, Role.ASIDE, number, number=len(found) + i) for i, (_, inner) in enumerate(asides)]
    return found


def without(passage: Passage, start: int, end: int) -> Passage:
    """The passage with `text[start:end]` taken out."""
    head, tail = passage.slice(0, start), passage.slice(end)
    if not head.text:
        return tail
    if not tail.text:
        return head
    runs = head.runs + tuple((at + start, origin) for at, origin in tail.runs)
    return Passage(head.text + tail.text, runs)


def sentences(text: str) -> list[tuple[int, int]]:
    """The bounds of the sentences of a clean text, each with the space behind it.

    A dash before a new subject ("… - It is used for …") ends a sentence, too.
    """
    bounds, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        dash = match["dash"] is not None
        opened = text.count("(", start, match.start()) > text.count(")", start, match.start())
        if opened or (not dash and _ABBREVIATION.search(text, start, match.start() + 1)):
            continue
        bounds.append((start, match.start() if dash else match.end()))
        start = match.end()
    bounds.append((start, len(text)))
    return [(a, b) for a, b in bounds if text[a:b].strip()]


def _without_brackets(passage: Passage) -> tuple[Passage, list[tuple[int, Passage]]]:
    asides: list[tuple[int, Passage]] = []
    bare, removed = passage, 0
    for match in _BRACKETS.finditer(passage.text):
        if match.start(1) == match.end(1):
            continue
        asides.append((match.start() - removed, passage.slice(match.start(1), match.end(1))))
        bare = without(bare, match.start() - removed, match.end() - removed)
        removed += match.end() - match.start()
    return bare, asides


def _label(passage: Passage) -> tuple[Passage | None, int]:
    match = _LABEL.match(passage.text)
    if match is None or len(match[1].split()) > 6:
        return None, 0
    return passage.slice(match.start(1), match.end(1)), match.end()


def _pieces(text: str, start: int) -> list[tuple[int, int]]:
    """The clauses between dashes, semicolons and arrows; a participle behind a dash stays with its clause."""
    pieces: list[tuple[int, int]] = []
    for match in _BREAK.finditer(text, start):
        dash = "—" in match[0] or "–" in match[0] or ("-" in match[0].strip() and "->" not in match[0])
        if dash and _PARTICIPLE.match(text, match.end()) and match.end() - match.start() >= 2 and pieces is not None:
            continue
        pieces.append((start, match.start()))
        start = match.end()
    pieces.append((start, len(text)))
    short = (part for piece in pieces for part in _cut(text, *piece))
    return [_stripped(text, a, b) for a, b in short if text[a:b].strip(" .,;:")]


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is too long to be a clause, in parts: at spaces where there are any, so that the work stays linear."""
    while end - start > _LONGEST:
        space = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST)
        at = space if space >= 0 else start + _LONGEST
        yield start, at
        start = at
    yield start, end


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ".,;:"):
        end -= 1
    return start, end


def _for_parser(text: str, *, lower_first: bool) -> str:
    """The same text, character for character, in the form that the parser knows best."""
    text = re.sub(r"\s([—–-])\s", " , ", text).replace("—", ",").replace("“", '"').replace("”", '"')
    first, _, rest = text.partition(" ")
    named = rest[:1].isupper() and not rest[1:2].isupper()
    if (
        lower_first
        and first[:1].isupper()
        and not named
        and (first[1:].islower() or len(first) == 1 or ("-" in first and first[1:] == first[1:].lower()))
    ):
        text = text[0].lower() + text[1:]
    return text


def _supplied(text: str) -> str:
    """The words in front of a fragment that make it a clause."""
    words = text.split(None, 2)
    first = words[0].lower().strip(",")
    if first in lexicon().opening_prepositions:
        return "it works "
    if first == "to" and len(words) > 1:
        return "it works "
    forms = verb_forms()
    if words[0][1:] != words[0][1:].lower():
        return ""
    kind = forms.get(first)
    if kind is None and first.endswith("ly") and len(words) > 1:
        kind = forms.get(words[1].lower())
    if kind == "s" and len(words) > 1 and words[1].lower() not in {"and", "of", "is", "are"}:
        return "it "
    if kind == "ing" and len(words) > 1 and not re.search(r"\b(?:is|are|can|has|have|was|were)\b", text):
        return "it is "
    follows = lexicon().opening_prepositions | {"to", "as"}
    if kind == "ed" and len(words) > 1 and (words[1].lower() in follows or first.endswith("ly")):
        return "it is "
    return ""
