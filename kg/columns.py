"""Typed relations in columns: a million of them in a few bytes each, read from a store without an object for each.

What costs time is to look terms up, one by one, so a local store is asked for numbers instead: the query brings a table
from each concept's IRI to its number, the engine joins, and no IRI leaves it. Its joins are shaped by subselects, each
of which builds a hash table on its left and streams its right; without them the engine tries every row on every other.
Endpoints, and whatever the quick way cannot read, are asked by the plain SELECTs that any engine answers.
"""

from __future__ import annotations

import csv
import io
import warnings
from array import array
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from pyoxigraph import Literal, NamedNode

from kg.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from pyoxigraph import BlankNode

    from kg.store import LocalStore, Store

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Literals = set[tuple[int, int, str, str]]
    Term = NamedNode | BlankNode | Literal
    Read = TypeVar("Read")

_TABLE = "SELECT ?subject ?object WHERE { ?subject %s ?object . }"
_EDGES = "SELECT ?subject ?predicate ?object WHERE { VALUES ?predicate { %s } ?subject ?predicate ?object . }"
_ANY = "SELECT ?s WHERE { GRAPH %s { ?s ?p ?o } } LIMIT 1"
_INFERRED = """
SELECT ?subject ?predicate ?object WHERE { VALUES ?predicate { %s } GRAPH %s { ?subject ?predicate ?object } }"""
_COUNTS = """
SELECT ?predicate (COUNT(*) AS ?n) WHERE {
  VALUES ?predicate { %s } ?subject ?predicate ?object .
} GROUP BY ?predicate"""
_LITERALS = """
SELECT ?subject ?predicate ?object WHERE {
  VALUES ?predicate { %s } ?subject ?predicate ?object . FILTER(isLiteral(?object))
}"""

# Numbers for terms: `?sn`, `?pn` and `?on` for those of `?s`, `?p` and `?o`. %(concepts)s etc. are filled by `_query`.
_SUBJECTS = """{ SELECT DISTINCT ?s ?sn {
    ?s a skos:Concept . BIND(<urn:x-kg:number>(?s) AS ?sn) FILTER(BOUND(?sn))
  } }"""
_OBJECTS = """{ SELECT DISTINCT ?o ?on {
    { ?o a skos:Concept . BIND(<urn:x-kg:number>(?o) AS ?on) FILTER(BOUND(?on)) }
    UNION { VALUES (?o ?on) { %(literals)s } }
  } }"""
_NUMBERED = f"""
SELECT ?sn ?pn ?on %(columns)s {{
  {_SUBJECTS} {{ SELECT ?s ?pn ?on %(columns)s {{ {_OBJECTS} {{ SELECT ?s ?pn ?o %(columns)s {{ %(rows)s }} }} }} }}
}}"""
_STATED = """
  { SELECT ?st ?pn { VALUES (?p ?pn) { %(statements)s } ?st rdf:predicate ?p } }
  { SELECT ?st ?s { ?st rdf:subject ?s } }
  { SELECT ?st ?o { ?st rdf:object ?o } }"""
_CONFIDENCES = "{ SELECT ?st ?c { ?st kg:confidence ?c } }"
_STATED_AND_SURE = f"""
  {{ SELECT ?s ?pn ?o ?c {{ VALUES (?p ?pn ?c) {{ %(edges)s }} ?s ?p ?o }} }}
  UNION {{ SELECT ?s ?pn ?o ?c {{ {_CONFIDENCES} {_STATED} }} }}"""
_ONLY_INFERRED = "VALUES (?p ?pn ?c) { %(edges)s } GRAPH %(inferred)s { ?s ?p ?o }"
_BACKED = f"""
  {{ SELECT ?s ?pn ?o ?st {{ {_STATED} }} }}
  OPTIONAL {_CONFIDENCES}
  OPTIONAL {{ SELECT ?st (COUNT(*) AS ?n) {{ ?st prov:wasDerivedFrom ?evidence }} GROUP BY ?st }}"""


@dataclass(frozen=True, eq=False)
class EdgeColumns:
    """The typed relations of a graph in columns, sorted by subject, name of predicate, and object.

    `subject` and `object` are numbers of concepts, which are numbered in the order of their IRIs; `predicate` are
    numbers of `predicates`, local names in order. `confidence` is that of the surest statement, in 0…1, nan where the
    graph has none. A relation to a literal stands aside, in `literals`: the number of its subject, the number of its
    predicate, and the text, sorted.
    """

    size: int
    """How many concepts there are."""
    predicates: tuple[str, ...]
    subject: NDArray[np.int32]
    predicate: NDArray[np.int8]
    object: NDArray[np.int32]
    confidence: NDArray[np.float64]
    literals: tuple[tuple[int, int, str], ...]
    terms: frozenset[tuple[str, str]]
    """The texts of the literals, with the terms that they have in SPARQL."""

    def __len__(self) -> int:
        """How many relations there are between concepts."""
        return len(self.subject)

    @cached_property
    def keys(self) -> Ints:
        """One number for each relation, ascending; see `Vocabulary.key`."""
        return (self.subject.astype(np.int64) * len(self.predicates) + self.predicate) * self.size + self.object

    def row(self, subject: int, predicate: str, target: int) -> int | None:
        """Where a relation stands in the columns, None when it is not stated."""
        if predicate not in self.predicates:
            return None
        key = (subject * len(self.predicates) + self.predicates.index(predicate)) * self.size + target
        at = int(np.searchsorted(self.keys, key))
        return at if at < len(self) and self.keys[at] == key else None

    def at(self, rows: Sequence[int] | Ints) -> tuple[Ints, Ints, Ints]:
        """Subjects, predicates and objects of some rows."""
        chosen = np.asarray(rows, dtype=np.int64)
        subject, predicate, target = self.subject[chosen], self.predicate[chosen], self.object[chosen]
        return subject.astype(np.int64), predicate.astype(np.int64), target.astype(np.int64)

    def names(self) -> Iterator[str]:
        """Yield the name of the predicate of each relation, those to literals last."""
        yield from (self.predicates[number] for number in self.predicate.tolist())
        yield from (self.predicates[number] for _, number, _ in self.literals)

    @cached_property
    def starts(self) -> Ints:
        """Where the relations of each subject begin; one more number at the end."""
        return np.searchsorted(self.subject, np.arange(self.size + 1)).astype(np.int64)

    @cached_property
    def _by_object(self) -> tuple[Ints, Ints]:
        """The rows by object, and where those of each object begin."""
        order = np.argsort(self.object, kind="stable")
        return order, np.searchsorted(self.object[order], np.arange(self.size + 1)).astype(np.int64)

    @cached_property
    def incoming(self) -> Ints:
        """How many relations lead to each concept."""
        return np.diff(self._by_object[1])

    @cached_property
    def outgoing(self) -> Ints:
        """How many relations to concepts each concept has."""
        return np.diff(self.starts)

    def leaving(self, concept: int) -> Ints:
        """The rows of the relations whose subject a concept is, in order."""
        return np.arange(self.starts[concept], self.starts[concept + 1])

    def arriving(self, concept: int) -> Ints:
        """The rows of the relations whose object a concept is, in order."""
        order, starts = self._by_object
        return order[starts[concept] : starts[concept + 1]]


@dataclass(frozen=True, eq=False)
class Backing:
    """The statements behind relations, sorted by the relation's key, then the surest first, then by name.

    A statement without a confidence has -1; `evidence` counts the pieces of evidence of each.
    """

    keys: Ints
    confidence: Floats
    evidence: Ints
    names: list[str]

    def spans(self, keys: Ints) -> tuple[list[int], list[int]]:
        """Where the statements of each of some relations begin and end."""
        return np.searchsorted(self.keys, keys).tolist(), np.searchsorted(self.keys, keys, side="right").tolist()


@dataclass(frozen=True)
class Vocabulary:
    """What is read: the IRIs of the concepts in order, and of the predicates by local name, the names in order.

    `inferred` is the IRI of a graph whose triples are left out. `literals` are texts and terms of objects beyond the
    concepts, and numbered after them.
    """

    concepts: Sequence[str]
    predicates: Mapping[str, str]
    inferred: str | None = None
    literals: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each concept, by IRI."""
        return {iri: number for number, iri in enumerate(self.concepts)}

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The number of each predicate, by IRI."""
        return {iri: number for number, iri in enumerate(self.predicates.values())}

    @cached_property
    def objects(self) -> dict[str, int]:
        """The number of each object, by IRI or text."""
        texts = sorted({text for text, _ in self.literals} - self.numbers.keys())
        return self.numbers | {text: number for number, text in enumerate(texts, len(self.concepts))}

    @cached_property
    def terms(self) -> str:
        """The predicates as SPARQL writes them, for a VALUES block."""
        return " ".join(f"<{iri}>" for iri in self.predicates.values())

    def key(self, subject: int, predicate: int, target: int) -> int:
        """The number that tells a relation from all others."""
        return (subject * len(self.predicates) + predicate) * len(self.objects) + target

    def keys(self, subjects: Ints, predicates: Ints, targets: Ints) -> Ints:
        """The same for columns."""
        return (subjects * len(self.predicates) + predicates) * len(self.objects) + targets


def read(store: Store, vocabulary: Vocabulary) -> EdgeColumns:
    """The typed relations of a store that `vocabulary` names, each once."""
    keys, literals, backed, sure = _first(_local_columns, _plain_columns, store, vocabulary)
    order = np.lexsort((sure, backed))
    at = np.searchsorted(backed[order], keys, side="right") - 1  # the last one of each relation is the surest
    known = np.flatnonzero(at >= 0)
    known = known[backed[order[at[known]]] == keys[known]]
    confidence = np.full(len(keys), np.nan)
    confidence[known] = sure[order[at[known]]]
    confidence[confidence < 0] = np.nan
    rest, target = np.divmod(keys, max(1, len(vocabulary.concepts)))
    subject, predicate = np.divmod(rest, len(vocabulary.predicates))
    return EdgeColumns(
        size=len(vocabulary.concepts),
        predicates=tuple(vocabulary.predicates),
        subject=subject.astype(np.int32),
        predicate=predicate.astype(np.int8),
        object=target.astype(np.int32),
        confidence=confidence,
        literals=tuple(sorted({(subject, predicate, text) for subject, predicate, text, _ in literals})),
        terms=frozenset((text, term) for _, _, text, term in literals),
    )


def backing(store: Store, vocabulary: Vocabulary) -> Backing:
    """All statements about relations of the concepts to each other and to literals, whether or not these are stated."""
    keys, confidence, evidence, names = _first(_local_backing, _plain_backing, store, vocabulary)
    order = np.arange(len(names))
    if len(np.unique(keys)) < len(names):  # else there are no names to compare
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    order = order[np.lexsort((-confidence[order], keys[order]))]
    return Backing(keys[order], confidence[order], evidence[order], [names[row] for row in order.tolist()])


def _first(
    local: Callable[[LocalStore, Vocabulary], Read], plain: Callable[[Store, Vocabulary], Read], store: Store,
    vocabulary: Vocabulary,
) -> Read:  # fmt: skip
    """What is read the quick way where that can be gone, else the plain way."""
    from kg.store import LocalStore

    if isinstance(store, LocalStore):
        with suppress(ValueError):  # a confidence that is no number
            return local(store, vocabulary)
    return plain(store, vocabulary)


# --------------------------------------------------------------------------------------------------- the quick way


def _local_columns(store: LocalStore, vocabulary: Vocabulary) -> tuple[Ints, Literals, Ints, Floats]:
    """Keys of the relations, sorted; those to literals; keys and confidences of the statements that have one.

    Two threads, since the engine works without Python's lock; each has half of the relations, so that both together
    hold as much in memory as one alone would.
    """
    counts, size = _counts(store, vocabulary), len(vocabulary.predicates)

    def numbers(half: Sequence[str]) -> Floats:
        return _table(_asked(store, vocabulary, half, "?c", _STATED_AND_SURE), 4)

    with ThreadPoolExecutor(2) as threads:
        table = np.concatenate(list(threads.map(numbers, _halves(counts))))
    stated = table[:, 1] < size
    edges, sure = table[stated, :3].astype(np.int64), table[~stated]
    del table
    keys = np.unique(vocabulary.keys(*edges.T))
    if vocabulary.inferred and store.has_graph(NamedNode(vocabulary.inferred)):
        every = list(vocabulary.predicates)
        left_out = _table(_asked(store, vocabulary, every, "?c", _ONLY_INFERRED), 4).astype(np.int64)
        keys = np.setdiff1d(keys, vocabulary.keys(*left_out[:, :3].T), assume_unique=False)
    between = np.bincount(edges[:, 1], minlength=size).tolist()
    # To tell literals from IRIs the engine looks both up, so only those predicates are asked that lead elsewhere.
    elsewhere = [name for rank, name in enumerate(vocabulary.predicates) if counts[name] != between[rank]]
    literals = _literals(store, vocabulary, elsewhere)
    backed = sure[:, :3].astype(np.int64)
    return keys, literals, vocabulary.keys(backed[:, 0], backed[:, 1] - size, backed[:, 2]), sure[:, 3]


def _asked(store: LocalStore, vocabulary: Vocabulary, names: Sequence[str], columns: str, rows: str) -> bytes:
    """Rows of numbers as CSV: subject, predicate, object, and further `columns`; for some predicates only.

    The numbers of the predicates of statements begin where those of relations end.
    """
    ranks, size = vocabulary.ranks, len(vocabulary.predicates)
    iris = [vocabulary.predicates[name] for name in names]
    numbers = {iri: Literal(str(number), datatype=XSD.integer) for iri, number in vocabulary.numbers.items()}
    query = _NUMBERED % {"columns": columns, "rows": rows, "literals": "%(literals)s"}
    query %= {
        "literals": " ".join(f"({term} {vocabulary.objects[text]})" for text, term in sorted(vocabulary.literals)),
        "edges": " ".join(f"(<{iri}> {ranks[iri]} 0)" for iri in iris),
        "statements": " ".join(f"(<{iri}> {ranks[iri] + size})" for iri in iris),
        "inferred": f"<{vocabulary.inferred}>",
    }
    return store.csv(query, {NamedNode("urn:x-kg:number"): lambda concept: numbers.get(concept.value)})


def _local_backing(store: LocalStore, vocabulary: Vocabulary) -> tuple[Ints, Floats, Ints, list[str]]:
    """Keys, confidences and evidence of all statements, and their names."""
    size = len(vocabulary.predicates)
    keys, sure, counts, names = array("q"), array("d"), array("q"), []
    for half in _halves(_counts(store, vocabulary)):
        answer = io.BytesIO(_asked(store, vocabulary, half, "?c ?n ?st", _BACKED))
        rows = csv.reader(io.TextIOWrapper(answer, "utf-8", newline=""))
        next(rows)
        for subject, predicate, target, confidence, evidence, name in rows:
            keys.append(vocabulary.key(int(subject), int(predicate) - size, int(target)))
            sure.append(float(confidence or -1))
            counts.append(int(evidence or 0))
            names.append(name.removeprefix("_:"))
    columns = np.array(keys, dtype=np.int64), np.array(sure, dtype=np.float64), np.array(counts, dtype=np.int64)
    if len(set(names)) == len(names):
        return *columns, names
    best: dict[tuple[int, str], int] = {}  # a statement with several confidences comes several times
    for row in np.argsort(columns[1], kind="stable").tolist():
        best[keys[row], names[row]] = row
    kept = list(best.values())
    return columns[0][kept], columns[1][kept], columns[2][kept], [names[row] for row in kept]


def _counts(store: LocalStore, vocabulary: Vocabulary) -> dict[str, int]:
    """How many rows each predicate has, by local name."""
    found = {row[0].value: int(row[1].value) for row in store.rows(_COUNTS % vocabulary.terms)}
    return {name: found.get(iri, 0) for name, iri in vocabulary.predicates.items()}


def _halves(rows: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """The predicates in two parts with about as many rows each."""
    halves: tuple[list[str], list[str]] = ([], [])
    weights = [0, 0]
    for name in sorted(rows, key=lambda name: (-rows[name], name)):
        lighter = weights.index(min(weights))
        halves[lighter].append(name)
        weights[lighter] += rows[name] + 1
    return halves


def _table(text: bytes, columns: int) -> Floats:
    """Rows of numbers from CSV with a header. Raises ValueError for what is no number."""
    body = text[text.index(b"\n") + 1 :].replace(b"\r\n", b",").rstrip(b",")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy only warns where it stops short
        try:
            numbers = np.fromstring(body, sep=",") if body else np.empty(0)
        except DeprecationWarning as error:
            raise ValueError(str(error)) from error
    return numbers.reshape(-1, columns)


# ---------------------------------------------------------------------------------------------------- the plain way


def _plain_columns(store: Store, vocabulary: Vocabulary) -> tuple[Ints, Literals, Ints, Floats]:
    """As `_local_columns`, by SELECTs of one pattern each."""
    numbers, ranks = vocabulary.numbers, vocabulary.ranks
    left_out = _left_out(store, vocabulary, vocabulary.terms)
    keys = array("q")
    literals = set()
    for row in store.rows(_EDGES % vocabulary.terms):
        subject, predicate, target = row[0].value, row[1].value, row[2].value
        if subject not in numbers or (left_out and (subject, predicate, row[2]) in left_out):
            continue
        if hasattr(row[2], "datatype"):
            literals.add((numbers[subject], ranks[predicate], target, str(row[2])))
        elif target in numbers:
            keys.append(vocabulary.key(numbers[subject], ranks[predicate], numbers[target]))
    backed, sure, _, _ = _plain_backing(store, vocabulary, evidence=False)
    known = sure >= 0
    return np.unique(np.array(keys, dtype=np.int64)), literals, backed[known], sure[known]


def _plain_backing(
    store: Store, vocabulary: Vocabulary, *, evidence: bool = True
) -> tuple[Ints, Floats, Ints, list[str]]:
    """As `_local_backing`; `evidence` says whether that is counted."""
    names: dict[str, int] = {}

    def pairs(table: str, known: Mapping[str, int]) -> tuple[Ints, Ints]:
        statements, values = array("q"), array("q")
        for name, term in _rows(store, table):
            if term.value in known:
                statements.append(names.setdefault(name, len(names)))
                values.append(known[term.value])
        return np.array(statements, dtype=np.int64), np.array(values, dtype=np.int64)

    statement, predicate = pairs("rdf:predicate", vocabulary.ranks)
    subjects, subject = pairs("rdf:subject", vocabulary.numbers)
    left, right = _joined(statement, subjects)
    statement, predicate, subject = statement[left], predicate[left], subject[right]
    objects, target = pairs("rdf:object", vocabulary.objects)
    left, right = _joined(statement, objects)
    statement, keys = statement[left], vocabulary.keys(subject[left], predicate[left], target[right])
    sure, counts = np.full(len(names), -1.0), np.zeros(len(names), dtype=np.int64)
    for name, term in _rows(store, "kg:confidence"):
        with suppress(ValueError):  # what is no number says nothing
            if name in names:
                sure[names[name]] = max(sure[names[name]], float(term.value))
    for name, _ in _rows(store, "prov:wasDerivedFrom") if evidence else ():
        if name in names:
            counts[names[name]] += 1
    known = list(names)
    return keys, sure[statement], counts[statement], [known[number] for number in statement.tolist()]


def _joined(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """The places of equal numbers in two columns, as pairs."""
    order = np.argsort(right, kind="stable")
    first = np.searchsorted(right[order], left)
    counts = np.searchsorted(right[order], left, side="right") - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(len(left)), counts), order[np.repeat(first, counts) + within]


def _rows(store: Store, name: str) -> Iterator[tuple[str, Term]]:
    return ((row[0].value, row[1]) for row in store.rows(_TABLE % name))


def _literals(store: Store, vocabulary: Vocabulary, names: Iterable[str]) -> Literals:
    """The relations of some predicates from concepts to literals."""
    terms = " ".join(f"<{vocabulary.predicates[name]}>" for name in names)
    if not terms:
        return set()
    left_out = _left_out(store, vocabulary, terms)
    return {
        (vocabulary.numbers[row[0].value], vocabulary.ranks[row[1].value], row[2].value, str(row[2]))
        for row in store.rows(_LITERALS % terms)
        if row[0].value in vocabulary.numbers and (row[0].value, row[1].value, row[2]) not in left_out
    }


def _left_out(store: Store, vocabulary: Vocabulary, terms: str) -> set[tuple[str, str, Term]]:
    """The relations of some predicates that are only inferred."""
    # Whether there are any is asked first, since OpenLink Virtuoso counts a row where this table has none.
    if not vocabulary.inferred or next(store.select(_ANY % f"<{vocabulary.inferred}>"), None) is None:
        return set()
    rows = store.rows(_INFERRED % (terms, f"<{vocabulary.inferred}>"))
    return {(row[0].value, row[1].value, row[2]) for row in rows}
