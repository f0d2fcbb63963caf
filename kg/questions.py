"""The grammar of the questions that `kg ask` reads: `kg/questions.toml` as Python, and what it makes of a text.

The file says what shapes of questions there are, in patterns of words and slots; this module knows how patterns are
written and how words match them, and nothing about any one shape. A text can be read in several ways; which reading is
the best depends on what is in a graph, so all of them are given.

    >>> [(each.shape.name, each.spans) for each in readings(split("What is a B-tree used for?"))][:2]
    [('definition', (('x', (3, 6)),)), ('definition', (('x', (2, 6)),))]
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import OntologyError
from kg.names import singular
from kg.vocabulary import classes, relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MOST_WORDS = 40
"""How many words a question may have."""

FILE = Path(__file__).with_name("questions.toml")

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
class Sequence_(Node):  # noqa: N801 - Sequence is taken
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


def _choice(options: Iterable[Node]) -> Node:
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
        case Sequence_(parts) if parts:
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
            raise OntologyError(f"{FILE.name}: not a pattern: {text!r}")
        node, rest = self._alternatives(signs, text)
        if rest:
            raise OntologyError(f"{FILE.name}: brackets do not match: {text!r}")
        return node

    def _alternatives(self, signs: list[re.Match[str]], text: str) -> tuple[Node, list[re.Match[str]]]:
        options: list[Node] = []
        parts: list[Node] = []
        while signs and signs[0]["mark"] not in {")", "]"}:
            sign, *signs = signs
            if sign["mark"] == "|":
                options.append(Sequence_(tuple(parts)))
                parts = []
            elif sign["mark"]:
                inner, signs = self._alternatives(signs, text)
                if not signs or signs[0][0] != {"(": ")", "[": "]"}[sign[0]]:
                    raise OntologyError(f"{FILE.name}: brackets do not match: {text!r}")
                signs = signs[1:]
                parts.append(inner if sign[0] == "(" else _choice((inner, Sequence_(()))))
            elif sign["group"]:
                parts.append(self._shared(sign[0], self._group, sign["group"]))
            elif sign["slot"]:
                parts.append(self._shared(sign[0], self._slot, sign["slot"]))
            else:
                parts.append(Literal(sign["word"]))
        options.append(Sequence_(tuple(parts)))
        return (options[0] if len(options) == 1 else _choice(options)), signs

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
                return _choice(_written(verb) for verb in self._forms(name, wanted))
        raise OntologyError(f"{FILE.name}: no words are called <{group}>")

    def _slot(self, slot: str) -> Node:
        name, _, sort = slot.partition(":")
        match sort:
            case "" | "field":
                return Open(name)
            case "year":
                return Year(name)
            case "class":
                return _choice(
                    Valued(name, kind, _written(word)) for kind in classes() for word in self._names_of(kind)
                )
            case "is" | "of":
                return _choice(
                    Valued(name, relation(known).name, self.pattern(words))
                    for known, words in self._copular[sort].items()
                )
            case "do" | "does" | "doing" | "done":
                return _choice(
                    Valued(name, relation(known).name, _written(verb))
                    for known in self._verbs
                    for verb in self._forms(known, sort)
                )
        raise OntologyError(f"{FILE.name}: no slots are of the sort {{{slot}}}")

    def _forms(self, verb: str, wanted: str) -> Iterator[str]:
        """Yield the forms of a relation's verbs: `do` and `does` stand for both."""
        indexes = {"do": (0,), "does": (0, 1), "doing": (2,), "done": (3,)}[wanted]
        for line in self._verbs[verb]:
            forms = line.split()
            if len(forms) != 4:
                raise OntologyError(f"{FILE.name}: a verb has four forms: {line!r}")
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
    return Sequence_(tuple(Literal(word) for word in words.split()))


# ------------------------------------------------------------------------------------------------------------ shapes


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A shape of questions: how it is put, and how it is answered. `kg/questions.toml` says what each field means."""

    name: str
    topic: str
    asks: str
    means: str
    patterns: tuple[str, ...]
    example: str = ""
    answer: str = "rows"
    query: str = ""
    bind: Mapping[str, str] = field(default_factory=dict)
    fact: str = ""
    say: str = ""
    more: str = ""
    also: tuple[str, ...] = ()
    otherwise: str = ""
    named: bool = False


@dataclass(frozen=True, slots=True)
class Parse:
    """A way to read `words`, those of a text, perhaps in another order.

    `spans` are ranges of the words that name things, `values` what other slots stand for. With `exact` names must be
    named as they stand; `fields` holds the slots of subject fields. `open` counts the words in slots: the fewer, the
    more of the question was understood. `order` is the place of the pattern in the grammar.
    """

    words: tuple[Word, ...]
    shape: Shape
    spans: tuple[tuple[str, tuple[int, int]], ...]
    values: tuple[tuple[str, str], ...]
    exact: bool
    fields: frozenset[str]
    open: int
    order: int


@dataclass(frozen=True, slots=True)
class Grammar:
    """All shapes with their patterns, and what may stand around a question."""

    shapes: Mapping[str, Shape]
    rules: tuple[tuple[Shape, str, Node], ...]
    lead: Node
    tail: Node
    vocabulary: frozenset[str]
    """All words of all patterns: those that a question is made of, not what it asks about."""


@cache
def grammar() -> Grammar:
    """The grammar that ships with the program; raises `OntologyError` if its file is not as it says itself."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    writing = Writing(data)
    shapes = {}
    for entry in data["shape"]:
        facts: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        try:
            shape = Shape(**facts)
        except TypeError as error:
            raise OntologyError(f"{FILE.name}: shape {entry.get('name')!r}: {error}") from error
        shapes[shape.name] = shape
    for shape in shapes.values():
        if unknown := [name for name in (*shape.also, shape.otherwise) if name and name not in shapes]:
            raise OntologyError(f"{FILE.name}: shape {shape.name} leads to {unknown[0]}, which is none")
    rules = tuple((shape, text, writing.pattern(text)) for shape in shapes.values() for text in shape.patterns)
    lead, tail = (_choice(writing.pattern(text) for text in data[name]) for name in ("lead", "tail"))
    return Grammar(shapes, rules, lead, tail, frozenset(_words([node for _, _, node in rules])))


def _words(nodes: Iterable[Node], *, valued: bool = True) -> Iterator[str]:
    """Yield all words of patterns, those of slots that have values with `valued` only."""
    for node in nodes:
        match node:
            case Literal(form):
                yield form
            case Sequence_(parts):
                yield from _words(parts, valued=valued)
            case Choice(by_word, others):
                yield from _words([option for options in by_word.values() for option in options], valued=valued)
                yield from _words(others, valued=valued)
            case Valued(part=part) if valued:
                yield from _words([part])


def cues(shape: Shape) -> frozenset[str]:
    """The words by which a shape is known: those of its patterns that few other shapes have."""
    return _cues()[shape.name]


@cache
def _cues() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for shape, _, node in grammar().rules:
        found[shape.name].update(_words([node], valued=False))
    counts: dict[str, int] = defaultdict(int)
    for words in found.values():
        for word in words:
            counts[word] += 1
    return {name: frozenset(word for word in words if counts[word] <= 6) for name, words in found.items()}


def readings(words: Sequence[Word]) -> tuple[Parse, ...]:
    """All ways to read the words of a question, in the order of the grammar; none for too many words."""
    if not 0 < len(words) <= MOST_WORDS:
        return ()
    found: dict[Parse, None] = {}
    for each in (tuple(words), *_owned(words)):
        for first, last in product(sorted(_starts(each)), sorted(_ends(each), reverse=True)):
            if first < last:
                for parse in _parsed(each[:last], first):
                    found.setdefault(parse)
    return tuple(found)


def _owned(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Yield a question with "limitation of Raft" for "Raft's limitation", for each beginning that the name can have."""
    at = next((at for at, word in enumerate(words) if word.form == "'s"), 0)
    for start in range(max(0, at - 5), at):
        of = Word("of", words[at].start, words[at].start)
        yield (*words[:start], *words[at + 1 :], of, *words[start:at])


def _starts(words: Sequence[Word]) -> set[int]:
    """Where a question can begin, behind what says nothing."""
    starts = {0}
    fresh = {0}
    while fresh:
        fresh = {end for at in fresh for end, _ in grammar().lead.match(words, at)} - starts
        starts |= fresh
    return starts


def _ends(words: Sequence[Word]) -> set[int]:
    """Where a question can end, before what says nothing."""
    ends = {len(words)}
    for at in range(len(words) - 1, 0, -1):
        if any(end in ends for end, _ in grammar().tail.match(words, at)):
            ends.add(at)
    return ends


def _parsed(words: tuple[Word, ...], first: int) -> Iterator[Parse]:
    for order, (shape, text, node) in enumerate(grammar().rules):
        for end, captured in node.match(words, first):
            if end == len(words):
                spans, values = [], []
                for name, taken in captured:
                    if isinstance(taken, tuple):
                        spans.append((name.rstrip("!"), taken))
                    else:
                        values.append((name, str(taken)))
                yield Parse(
                    words,
                    shape,
                    tuple(spans),
                    tuple(values),
                    any(name.endswith("!") for name, _ in captured),
                    frozenset(name for name, _ in spans if f"{{{name}:field}}" in text),
                    sum(end - start for _, (start, end) in spans),
                    order,
                )


@cache
def naming(name: str) -> frozenset[str]:
    """A list of words of the file's section on names, as they stand and as they would be in the singular."""
    listed = tomllib.loads(FILE.read_text(encoding="utf-8"))["naming"][name].split()
    return frozenset((*listed, *map(singular, listed)))


# ----------------------------------------------------------------------------------------------------- documentation


def manual() -> str:
    """The shapes described in Markdown, by topic: the text of `docs/ask.md`."""
    lines = [MANUAL]
    shapes = [shape for shape in grammar().shapes.values() if shape.patterns]
    for topic in dict.fromkeys(shape.topic for shape in shapes):
        lines += [f"## {topic}", "", "| question | is read as | answered by |", "|---|---|---|"]
        for shape in shapes:
            if shape.topic == topic:
                lines.append(f"| {shape.example} | {_generally(shape.means)} | {_method(shape)} |")
        lines.append("")
    return "\n".join(lines)


def _generally(text: str) -> str:
    """A reading without a question: its slots by their names."""
    names = {"x": "X", "y": "Y", "f": "F", "n": "a year", "c": "a class", "r": "kg:RELATION", "s": "kg:OTHER"}
    return re.sub(r"\{(\w)\}", lambda slot: names[slot[1]], text)


def _method(shape: Shape) -> str:
    """What answers a shape: its query and those of the shapes that follow, or a search for paths."""
    if shape.answer == "paths":
        return "a path search"
    also = [grammar().shapes[name].query for name in shape.also]
    queries = [shape.query, *also] if shape.answer != "comparison" else ["definitions-of", shape.query]
    shown = ", ".join(f"`{query}`" for query in dict.fromkeys(queries))
    return f"{shown}, else as “{grammar().shapes[shape.otherwise].means.format(x='X')}”" if shape.otherwise else shown


MANUAL = """# Questions in words

Made from `kg/questions.toml` by `kg.questions.manual`; change that, not this page.

`kg ask "what reduces latency?"` reads a question in plain English without a language model: a grammar gives its
shape, the names in it are looked up in the graph, and the shape's named query (see [queries.md](queries.md)) or a path
search gives the answer. You see the reading first, then what was assumed, the answers with their quotes, and the query
that found them, which `kg query` runs again. `--explain` shows the other readings that there were, `--format json` all
that is known, and `-g` takes an endpoint's URL as well as a directory. From Python it is
`kg.open("output").ask("types of index")`.

Case, articles, plurals, a missing question mark and what people put around a question ("please show me …", "I'd like
to know …") do not matter. The shapes below are read in many ways of putting them: "what lowers X", "how can I reduce
X", "ways to reduce X" and "remedies for X" are one question.

**Names** are found by the longest label or alias. Where the words are not a name as they stand, the answer says what
was made of them: a misspelling ("I read 'latncy' as 'latency'"), another order ("memory of the KV cache" is "KV cache
memory"), a verb and its object ("detect deadlocks" is "deadlock detection"), a name with an addition that was left out
("latency in data centres"), or a longer name of which only a part is a concept. A name of several concepts is told
with the others; `concept:ID` says which one is meant.

**What is not known** is said. A question that no shape fits, or that is about nothing in the graph, ends with "I can't
read this question", questions near it that can be read, and exit status 1. So does a question that was read and to
which the graph has no answer: "the graph does not say" is not "no". An answer that was found by something else than
what was asked stands under a heading that says by what.

Where a concept has few answers, those for concepts named after it follow: for memory, what reduces GPU memory.
"""
