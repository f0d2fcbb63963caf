"""How patterns of questions are written, and how words match them.

A pattern is a row of words, choices, options and slots, as `kg/questions.toml` explains; it is made into nodes once and
then matched against the words of a question in every way that fits.

    >>> grammar = {"phrases": {}, "verbs": {}, "forwards": {}, "backwards": {}, "classes": {}}
    >>> node = Writing(grammar).pattern("[the] (types|kinds) of {x}")
    >>> list(node.match(split("The kinds of B-trees"), 0))
    [(4, (('x', (3, 4)),))]
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kg.errors import OntologyError
from kg.names import singular
from kg.vocabulary import classes, relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# ------------------------------------------------------------------------------------------------------------- words


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question as patterns see it, and where it stands in the text."""

    form: str
    start: int
    end: int


_CHUNK = re.compile(r"\S+")
_BEFORE = "\"'“”‘’„«»([{<¿¡`_"
_BEHIND = "\"'“”‘’«»)]}>?!.,;:…`_？！。"
_POSSESSIVE = re.compile(r"(?<=\w)['’]s$", re.IGNORECASE)
_SAYS_IS = {"what", "who", "where", "when", "how", "why", "which", "that", "it", "there"}
_WRITTEN_TOGETHER = {"whats": "what is", "whos": "who is", "hows": "how is", "wheres": "where is", "wot": "what"}


def split(text: str) -> tuple[Word, ...]:
    """The words of a question without the punctuation around them; a possessive or a short "is" is a word of its own.

    >>> [word.form for word in split("What's Raft's (main) limitation?")]
    ['what', 'is', 'raft', "'s", 'main', 'limitation']
    """
    words: list[Word] = []
    for chunk in _CHUNK.finditer(text):
        start, end = chunk.span()
        while start < end and text[start] in _BEFORE:
            start += 1
        while start < end and text[end - 1] in _BEHIND and not _closes(text, start, end - 1):
            end -= 1
        if start == end:
            continue
        form = text[start:end].casefold().replace("’", "'")
        if mark := _POSSESSIVE.search(text[start:end]):
            at = start + mark.start()
            host = text[start:at].casefold()
            words.append(Word(host, start, at))
            words.append(Word("is" if host in _SAYS_IS else "'s", at, end))
        else:
            words.extend(Word(part, start, end) for part in _WRITTEN_TOGETHER.get(form, form).split())
    return tuple(words)


def _closes(text: str, start: int, at: int) -> bool:
    """Whether a bracket at the end of a word belongs to one within it: "f(x)"."""
    opening = {")": "(", "]": "[", "}": "{"}.get(text[at])
    return opening is not None and opening in text[start:at]


# ---------------------------------------------------------------------------------------------------------- patterns

Captured = tuple[tuple[str, object], ...]
"""What slots took: ranges of words for open ones, values for closed ones."""


class Node:
    """A part of a pattern."""

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield where the part can end that begins `at`, and what its slots take."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A word as it stands."""

    form: str

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield the place behind the word."""
        if at < len(words) and words[at].form == self.form:
            yield at + 1, ()


@dataclass(frozen=True, slots=True)
class Row(Node):
    """One part after the other."""

    parts: tuple[Node, ...]

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield the ways of matching all parts."""
        yield from self._from(0, words, at)

    def _from(self, index: int, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        if index == len(self.parts):
            yield at, ()
            return
        for end, captured in self.parts[index].match(words, at):
            for last, more in self._from(index + 1, words, end):
                yield last, captured + more


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """One of several parts; those that begin with a word are found by it."""

    by_word: Mapping[str, tuple[Node, ...]]
    others: tuple[Node, ...]

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield the ways of matching one of them, each once."""
        options = self.by_word.get(words[at].form, ()) if at < len(words) else ()
        seen: set[tuple[int, Captured]] = set()
        for option in (*options, *self.others):
            for found in option.match(words, at):
                if found not in seen:
                    seen.add(found)
                    yield found


@dataclass(frozen=True, slots=True)
class Valued(Node):
    """A part that stands for a value: a form of a verb for its relation, a word for a class."""

    name: str
    value: str
    part: Node

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield the ways of matching the part, with the value."""
        for end, captured in self.part.match(words, at):
            yield end, (*captured, (self.name, self.value))


@dataclass(frozen=True, slots=True)
class Open(Node):
    """A slot that takes any words, at least one."""

    name: str

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield every end that there is."""
        for end in range(at + 1, len(words) + 1):
            yield end, ((self.name, (at, end)),)


@dataclass(frozen=True, slots=True)
class Year(Node):
    """A slot that takes a year."""

    name: str

    def match(self, words: Sequence[Word], at: int) -> Iterator[tuple[int, Captured]]:
        """Yield the place behind a number of four digits."""
        if at < len(words) and re.fullmatch(r"[0-9]{4}", words[at].form):
            yield at + 1, ((self.name, words[at].form),)


def choice(options: Iterable[Node]) -> Node:
    """One of several parts, found by their first words where they have one."""
    options = tuple(options)
    by_word: dict[str, list[Node]] = defaultdict(list)
    others: list[Node] = []
    for option in options:
        word = _first(option)
        (others if word is None else by_word[word]).append(option)
    return Choice({word: tuple(nodes) for word, nodes in by_word.items()}, tuple(others))


def _first(node: Node) -> str | None:
    """The word that a part surely begins with."""
    match node:
        case Literal(form):
            return form
        case Row(parts) if parts:
            return _first(parts[0])
        case Valued(part=part):
            return _first(part)
    return None


_SIGN = re.compile(r"(?P<mark>[\[\]()|])|<(?P<group>[\w:]+)>|\{(?P<slot>[\w:!]+)\}|(?P<word>[^\s\[\]()|<>{}]+)|\s+")


class Writing:
    """Reads patterns, with the word lists of a grammar."""

    def __init__(self, grammar: Mapping[str, Any]) -> None:
        self._phrases: Mapping[str, str] = grammar["phrases"]
        self._verbs: Mapping[str, Sequence[str]] = grammar["verbs"]
        self._copular = {"is": grammar["forwards"], "of": grammar["backwards"]}
        self._classes: Mapping[str, str] = grammar["classes"]
        self._made: dict[str, Node] = {}

    def pattern(self, text: str) -> Node:
        """The pattern that a text writes; raises `OntologyError` for one that is written wrongly."""
        signs = [match for match in _SIGN.finditer(text) if not match[0].isspace()]
        if "".join(match[0] for match in signs) != "".join(text.split()):
            raise OntologyError(f"not a pattern: {text!r}")
        node, rest = self._alternatives(signs, text)
        if rest:
            raise OntologyError(f"brackets do not match: {text!r}")
        return node

    def _alternatives(self, signs: list[re.Match[str]], text: str) -> tuple[Node, list[re.Match[str]]]:
        options: list[Node] = []
        parts: list[Node] = []
        while signs and signs[0]["mark"] not in {")", "]"}:
            sign, *signs = signs
            if sign["mark"] == "|":
                options.append(Row(tuple(parts)))
                parts = []
            elif sign["mark"]:
                inner, signs = self._alternatives(signs, text)
                if not signs or signs[0][0] != {"(": ")", "[": "]"}[sign[0]]:
                    raise OntologyError(f"brackets do not match: {text!r}")
                signs = signs[1:]
                parts.append(inner if sign[0] == "(" else choice((inner, Row(()))))
            elif sign["group"]:
                parts.append(self._shared(sign[0], self._group, sign["group"]))
            elif sign["slot"]:
                parts.append(self._shared(sign[0], self._slot, sign["slot"]))
            else:
                parts.append(Literal(sign["word"]))
        options.append(Row(tuple(parts)))
        return (options[0] if len(options) == 1 else choice(options)), signs

    def _shared(self, sign: str, make: Callable[[str], Node], name: str) -> Node:
        """A part that many patterns have, made once."""
        if sign not in self._made:
            self._made[sign] = make(name)
        return self._made[sign]

    def _group(self, group: str) -> Node:
        name, _, form = group.partition(":")
        if name in self._phrases:
            return self.pattern(self._phrases[name])
        if name in self._verbs:
            wanted = {"": "does", "ing": "doing", "ed": "done"}.get(form)
            if wanted is not None:
                return choice(_written(verb) for verb in self._forms(name, wanted))
        raise OntologyError(f"no words are called <{group}>")

    def _slot(self, slot: str) -> Node:
        name, _, sort = slot.partition(":")
        match sort:
            case "" | "field":
                return Open(name)
            case "year":
                return Year(name)
            case "class":
                return choice(Valued(name, kind, _written(word)) for kind in classes() for word in self._names_of(kind))
            case "is" | "of":
                return choice(
                    Valued(name, relation(known).name, self.pattern(words))
                    for known, words in self._copular[sort].items()
                )
            case "do" | "does" | "doing" | "done":
                return choice(
                    Valued(name, relation(known).name, _written(verb))
                    for known in self._verbs
                    for verb in self._forms(known, sort)
                )
        raise OntologyError(f"no slots are of the sort {{{slot}}}")

    def _forms(self, verb: str, wanted: str) -> Iterator[str]:
        """Yield the forms of a relation's verbs: `do` and `does` stand for both."""
        indexes = {"do": (0,), "does": (0, 1), "doing": (2,), "done": (3,)}[wanted]
        for line in self._verbs[verb]:
            forms = line.split()
            if len(forms) != 4:
                raise OntologyError(f"a verb has four forms: {line!r}")
            yield from dict.fromkeys(forms[index].replace("_", " ") for index in indexes)

    def _names_of(self, kind: str) -> Iterator[str]:
        """Yield the words for a class, in the singular and the plural."""
        for word in (classes()[kind].label, *self._classes.get(kind, "").split("|")):
            if word:
                yield from dict.fromkeys((word, *_plurals(word)))


def _plurals(word: str) -> Iterator[str]:
    if word in {"phenomenon", "criterion"}:
        yield f"{word[:-2]}a"
    elif word == "person":
        yield "persons"
    elif word[-1] == "y" and word[-2] not in "aeiou":
        yield f"{word[:-1]}ies"
    elif singular(f"{word}es") == word and word[-1] in "sxh":
        yield f"{word}es"
    else:
        yield f"{word}s"


def _written(words: str) -> Node:
    return Row(tuple(Literal(word) for word in words.split()))


def words_of(nodes: Iterable[Node], *, valued: bool = True) -> Iterator[str]:
    """Yield all words of patterns, those of slots that have values with `valued` only."""
    for node in nodes:
        match node:
            case Literal(form):
                yield form
            case Row(parts):
                yield from words_of(parts, valued=valued)
            case Choice(by_word, others):
                yield from words_of([option for options in by_word.values() for option in options], valued=valued)
                yield from words_of(others, valued=valued)
            case Valued(part=part) if valued:
                yield from words_of([part])
