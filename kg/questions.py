"""The grammar of the questions that `kg ask` reads: `kg/questions.toml` as Python, and what it makes of a text.

The file says what shapes of questions there are, in patterns of words and slots (`kg.patterns`); this module knows what
a shape is, and nothing about any one. A text can be read in several ways; which reading is the best depends on what is
in a graph, so all of them are given.

    >>> from kg.patterns import split
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
from kg.patterns import Node, Word, Writing, choice, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_WORDS = 40
"""How many words a question may have."""

FILE = Path(__file__).with_name("questions.toml")

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
    second: str = ""
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
def _data() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def grammar() -> Grammar:
    """The grammar that ships with the program; raises `OntologyError` if its file is not as it says itself."""
    data = _data()
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
    try:
        rules = tuple((shape, text, writing.pattern(text)) for shape in shapes.values() for text in shape.patterns)
        lead, tail = (choice(writing.pattern(text) for text in data[name]) for name in ("lead", "tail"))
    except OntologyError as error:
        raise OntologyError(f"{FILE.name}: {error}") from error
    return Grammar(shapes, rules, lead, tail, frozenset(words_of([node for _, _, node in rules])))


def cues(shape: Shape) -> frozenset[str]:
    """The words by which a shape is known: those of its patterns that few other shapes have."""
    return _cues()[shape.name]


@cache
def _cues() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for shape, _, node in grammar().rules:
        found[shape.name].update(words_of([node], valued=False))
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
    listed = _data()["naming"][name].split()
    return frozenset((*listed, *map(singular, listed)))


# ----------------------------------------------------------------------------------------------------- documentation


def manual() -> str:
    """The shapes described in Markdown, by topic: the text of `docs/ask.md`."""
    lines = [_MANUAL]
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


_MANUAL = """# Questions in words

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
