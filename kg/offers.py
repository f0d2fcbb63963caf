"""What can be asked of a graph inside SPARQL: services with their inputs and outputs, and what answers them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.errors import NoPath
from kg.index import class_named, readings, relation_named
from kg.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kg.answers import Step
    from kg.graph import KnowledgeGraph
    from kg.sparql import Term

    Row = Sequence[Term | None]

LONGEST_TEXT = 1000
"""Characters of a text to search for."""


class Kind(Enum):
    """What may be given for an input."""

    TEXT = "a text in quotes"
    CONCEPT = "a concept: its IRI, or a label or alias in quotes"
    CLASS = "the IRI or the name of a class"
    RELATION = "a relation, such as kg:uses"
    INTEGER = "a whole number"
    SHARE = "a number from 0 to 1"
    TRUTH = "true or false"


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a service. `most` bounds a number; `several` inputs can be given more than once."""

    kind: Kind
    required: bool = False
    several: bool = False
    most: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """One of our services. `outputs` are the names of its columns; the first is that of its subject."""

    subject: str
    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    answer: Callable[[KnowledgeGraph, Mapping[str, list[object]]], Iterator[Row]]


def _search(graph: KnowledgeGraph, given: Mapping[str, list[object]]) -> Iterator[Row]:
    text, limit = given["query"][0], given.get("limit", [100])[0]
    assert isinstance(text, str)
    assert isinstance(limit, int)
    for rank, hit in enumerate(graph.search(text, limit), 1):
        yield (
            node(hit.concept.iri),
            decimal(hit.score),
            integer(rank),
            ox.Literal(hit.matched),
            ox.Literal(hit.text),
        )


def _path(graph: KnowledgeGraph, given: Mapping[str, list[object]]) -> Iterator[Row]:
    def option(name: str, default: object) -> object:
        return given.get(name, [default])[0]

    try:
        paths = graph.paths(
            given["from"][0],  # type: ignore[arg-type]  # kinds of inputs are checked when they are read
            given["to"][0],  # type: ignore[arg-type]
            option("k", 1),  # type: ignore[arg-type]
            max_hops=option("maxHops", None),  # type: ignore[arg-type]
            directed=bool(option("directed", False)),
            predicates=given.get("only", ()),  # type: ignore[arg-type]
            exclude=given.get("exclude", ()),  # type: ignore[arg-type]
            types=given.get("types", ()),  # type: ignore[arg-type]
            via=given.get("via", ()),  # type: ignore[arg-type]
            avoid=given.get("avoid", ()),  # type: ignore[arg-type]
            min_confidence=option("minConfidence", 0.0),  # type: ignore[arg-type]
            metapath=option("metapath", None),  # type: ignore[arg-type]
            all_shortest=bool(option("allShortest", False)),
            seconds=option("seconds", None),  # type: ignore[arg-type]
        )
    except NoPath:
        return
    for number, path in enumerate(paths, 1):
        for position, step in enumerate(path.steps, 1):
            yield integer(number), decimal(path.cost), integer(len(path)), integer(position), *_step(step)


def _step(step: Step) -> Row:
    """A step by its best relation and that one's best quote."""
    quote = step.quotes[0] if step.quotes else None
    return (
        node(step.source.iri),
        ox.NamedNode(readings()[step.predicate].iri),
        node(step.target.iri),
        ox.Literal(step.forward),
        None if step.confidence is None else decimal(step.confidence),
        ox.Literal(step.sentence),
        node(step.best.statement),
        ox.Literal(quote.exact) if quote else None,
        ox.Literal(quote.place) if quote else None,
    )


def _connect(graph: KnowledgeGraph, given: Mapping[str, list[object]]) -> Iterator[Row]:
    try:
        found = graph.connect(
            *given["of"],  # type: ignore[arg-type]
            predicates=given.get("only", ()),  # type: ignore[arg-type]
            exclude=given.get("exclude", ()),  # type: ignore[arg-type]
            types=given.get("types", ()),  # type: ignore[arg-type]
            avoid=given.get("avoid", ()),  # type: ignore[arg-type]
            min_confidence=given.get("minConfidence", [0.0])[0],  # type: ignore[arg-type]
        )
    except NoPath:
        return
    for number, step in enumerate(found.steps, 1):
        yield integer(number), decimal(found.cost), ox.Literal(found.exact), *_step(step)


def _neighbours(graph: KnowledgeGraph, given: Mapping[str, list[object]]) -> Iterator[Row]:
    depth, limit = given.get("depth", [1])[0], given.get("limit", [1000])[0]
    assert isinstance(depth, int)
    assert isinstance(limit, int)
    around = graph.neighbours(given["of"][0], depth, evidence=False)  # type: ignore[arg-type]
    for near in around.concepts[:limit]:
        yield node(near.concept.iri), integer(near.distance)


SERVICES: Mapping[str, Service] = {
    "search": Service(
        "concept",
        {"query": Input(Kind.TEXT, required=True), "limit": Input(Kind.INTEGER, most=1000)},
        ("concept", "score", "rank", "matched", "snippet"),
        _search,
    ),
    "path": Service(
        "path",
        {
            "from": Input(Kind.CONCEPT, required=True),
            "to": Input(Kind.CONCEPT, required=True),
            "k": Input(Kind.INTEGER, most=100),
            "maxHops": Input(Kind.INTEGER, most=20),
            "directed": Input(Kind.TRUTH),
            "only": Input(Kind.RELATION, several=True),
            "exclude": Input(Kind.RELATION, several=True),
            "types": Input(Kind.CLASS, several=True),
            "via": Input(Kind.CONCEPT, several=True),
            "avoid": Input(Kind.CONCEPT, several=True),
            "minConfidence": Input(Kind.SHARE),
            "metapath": Input(Kind.TEXT),
            "allShortest": Input(Kind.TRUTH),
            "seconds": Input(Kind.INTEGER, most=60),
        },
        (
            "path", "cost", "length", "step", "source", "predicate", "target", "forward", "confidence", "sentence",
            "statement", "quote", "place",
        ),
        _path,
    ),
    "connect": Service(
        "step",
        {
            "of": Input(Kind.CONCEPT, required=True, several=True),
            "only": Input(Kind.RELATION, several=True),
            "exclude": Input(Kind.RELATION, several=True),
            "types": Input(Kind.CLASS, several=True),
            "avoid": Input(Kind.CONCEPT, several=True),
            "minConfidence": Input(Kind.SHARE),
        },
        (
            "step", "cost", "exact", "source", "predicate", "target", "forward", "confidence", "sentence", "statement",
            "quote", "place",
        ),
        _connect,
    ),
    "neighbours": Service(
        "concept",
        {
            "of": Input(Kind.CONCEPT, required=True),
            "depth": Input(Kind.INTEGER, most=5),
            "limit": Input(Kind.INTEGER, most=10_000),
        },
        ("concept", "distance"),
        _neighbours,
    ),
}  # fmt: skip
"""Our services by their local names."""

NODES = frozenset({"concept", "source", "predicate", "target", "statement"})
"""Outputs that are IRIs, by which people join; a row that lacks one that was asked for is left out."""


def converted(kind: Input, term: Term | None) -> object:
    """What a term means as an input of this kind, None if nothing; raises ValueError for a number out of bounds."""
    match kind.kind:
        case Kind.TEXT:
            text = _text(term)
            if text is not None and len(text) > LONGEST_TEXT:
                raise ValueError(f"a text of at most {LONGEST_TEXT:,} characters")
            return text
        case Kind.CONCEPT:
            return term.value if isinstance(term, ox.NamedNode) else _text(term)
        case Kind.RELATION:
            name = term.value if isinstance(term, ox.NamedNode) else _text(term)
            return None if name is None else relation_named(name)
        case Kind.CLASS:
            name = term.value if isinstance(term, ox.NamedNode) else _text(term)
            return None if name is None else class_named(name)
        case Kind.TRUTH:
            truth = {"true": True, "1": True, "false": False, "0": False}
            return truth.get(term.value) if isinstance(term, ox.Literal) and term.datatype == XSD.boolean else None
        case Kind.INTEGER:
            number = _number(term)
            if number is None or number != int(number):
                return None
            if not 1 <= number <= kind.most:
                raise ValueError(f"a whole number from 1 to {kind.most:,}, not {int(number):,}")
            return int(number)
        case Kind.SHARE:
            share = _number(term)
            return float(share) if share is not None and 0 <= share <= 1 else None


def _text(term: Term | None) -> str | None:
    """The text of a literal that is one."""
    if isinstance(term, ox.Literal) and (term.language is not None or term.datatype == XSD.string):
        return term.value
    return None


def _number(term: Term | None) -> Decimal | None:
    if not isinstance(term, ox.Literal) or term.datatype not in {XSD.integer, XSD.decimal, XSD.double}:
        return None
    try:
        number = Decimal(term.value)
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def node(iri: str) -> ox.NamedNode | None:
    """An IRI; None for a blank node, which has no name outside its graph."""
    try:
        return ox.NamedNode(iri)
    except ValueError:
        return None


def decimal(number: float) -> ox.Literal:
    """A number to four places."""
    return ox.Literal(f"{number:.4f}".rstrip("0").rstrip("."), datatype=XSD.decimal)


def integer(number: int) -> ox.Literal:
    """A whole number."""
    return ox.Literal(str(number), datatype=XSD.integer)
