"""The statements behind typed relations: those of the relations that an answer shows, or of all when it shows many."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from pyoxigraph import BlankNode, NamedNode

from kg.columns import Backing, backing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyoxigraph import QuerySolution

    from kg.columns import EdgeColumns, Ints, Vocabulary
    from kg.store import Store

    Literal = tuple[int, int, str]

_BATCH = 200
"""How many terms one VALUES block holds: remote endpoints limit the length of a query."""

DEAR = 20
"""A statement that is looked up costs so many times what it costs when all are read at once."""

_ABOUT = """
SELECT ?statement ?subject ?predicate ?object WHERE {
  VALUES %s { %%s }
  ?statement rdf:%s %s .
  ?statement rdf:subject ?subject . ?statement rdf:predicate ?predicate . ?statement rdf:object ?object .
}"""
_BY_SUBJECT = _ABOUT % ("?subject", "subject", "?subject")
_BY_OBJECT = _ABOUT % ("?object", "object", "?object")
_CONFIDENCES = "SELECT ?statement ?confidence WHERE { VALUES ?statement { %s } ?statement kg:confidence ?confidence . }"
_EVIDENCE = """
SELECT ?statement ?evidence WHERE { VALUES ?statement { %s } ?statement prov:wasDerivedFrom ?evidence . }"""


@dataclass(frozen=True, slots=True)
class Backed:
    """What backs a relation: its statements, the surest first, that one's confidence, and the evidence of all."""

    statements: tuple[str, ...]
    confidence: float | None
    evidence: int


class Statements:
    """Reads what backs the relations of a graph from its store."""

    def __init__(self, store: Store, columns: EdgeColumns, vocabulary: Vocabulary) -> None:
        self._store = store
        self._columns = columns
        self._vocabulary = replace(vocabulary, literals=columns.terms)
        self._spent = 0

    def of(self, rows: Sequence[int], literals: Sequence[Literal] = ()) -> list[Backed]:
        """What backs the relations in some rows of the columns, and then some of those to literals, in this order.

        They are looked up, until all that was looked up has cost what reading all of them would.
        """
        found = None if "all" in self.__dict__ else self._looked_up(np.array(rows, dtype=np.int64), literals)
        return list(self._of_all(rows, literals)) if found is None else found

    # ------------------------------------------------------------------------------------------------ all of them

    @cached_property
    def all(self) -> Backing:
        """All statements about typed relations."""
        return backing(self._store, self._vocabulary)

    def spans(self, rows: Sequence[int], literals: Sequence[Literal] = ()) -> tuple[list[int], list[int]]:
        """Where, among all statements, those behind some relations begin and end."""
        objects = self._vocabulary.objects
        keys = self._vocabulary.keys(*self._columns.at(rows))
        others = [self._vocabulary.key(subject, predicate, objects[text]) for subject, predicate, text in literals]
        return self.all.spans(np.concatenate([keys, np.array(others, dtype=np.int64)]))

    def _of_all(self, rows: Sequence[int], literals: Sequence[Literal]) -> Iterator[Backed]:
        known = self.all
        for first, last in zip(*self.spans(rows, literals), strict=True):
            if first == last:
                yield _NOTHING
            else:
                sure, evidence = float(known.confidence[first]), int(known.evidence[first:last].sum())
                yield Backed(tuple(known.names[first:last]), sure if sure >= 0 else None, evidence)

    # ----------------------------------------------------------------------------------------------- some of them

    def _looked_up(self, rows: Ints, literals: Sequence[Literal]) -> list[Backed] | None:
        """What backs some relations; None where it is cheaper to read all, or nothing can be looked up by name."""
        subjects, objects, cost = self._ends(rows, literals)
        self._spent += cost
        if self._spent * DEAR > len(self._columns):
            return None
        terms = [self._vocabulary.concepts[number] for number in (*subjects, *objects)]
        if not all(":" in iri for iri in terms):  # blank nodes have no names in queries
            return None
        named: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for query, numbers in ((_BY_SUBJECT, subjects), (_BY_OBJECT, objects)):
            for row in self._solutions(query, (self._vocabulary.concepts[number] for number in numbers)):
                if isinstance(row[0], BlankNode):
                    return None
                named[row[1].value, row[2].value, row[3].value].add(row[0].value)
        asked = [named.get(triple, set()) for triple in self._triples(rows, literals)]
        wanted = {name for names in asked for name in names}
        sure: dict[str, float] = {}
        for row in self._solutions(_CONFIDENCES, wanted):
            sure[row[0].value] = max(sure.get(row[0].value, -1.0), _number(row[1].value))
        evidence = Counter(row[0].value for row in self._solutions(_EVIDENCE, wanted))
        return [_backed(names, sure, evidence) for names in asked]

    def _ends(self, rows: Ints, literals: Sequence[Literal]) -> tuple[list[int], list[int], int]:
        """The subjects and the objects by which relations are looked up, and how many others that brings along.

        An engine goes through all statements about a term that it is given, and a hub has many: either the subjects are
        given, or the objects, or of each relation the end with fewer.
        """
        columns = self._columns
        subject, target = columns.subject[rows], columns.object[rows]
        fewer = columns.outgoing[subject] <= columns.incoming[target]
        of_literals = np.array([number for number, _, _ in literals], dtype=np.int32)
        choices = []
        for by_subject in (np.ones(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool), fewer):
            subjects = np.unique(np.concatenate([subject[by_subject], of_literals]))
            objects = np.unique(target[~by_subject])
            cost = int(columns.outgoing[subjects].sum() + columns.incoming[objects].sum()) + len(literals)
            choices.append((subjects.tolist(), objects.tolist(), cost))
        return min(choices, key=lambda choice: choice[2])

    def _triples(self, rows: Ints, literals: Sequence[Literal]) -> Iterator[tuple[str, str, str]]:
        columns, concepts = self._columns, self._vocabulary.concepts
        iris = [self._vocabulary.predicates[name] for name in columns.predicates]
        for subject, predicate, target in zip(*(column.tolist() for column in columns.at(rows)), strict=True):
            yield concepts[subject], iris[predicate], concepts[target]
        for subject, predicate, text in literals:
            yield concepts[subject], iris[predicate], text

    def _solutions(self, query: str, iris: Iterable[str]) -> Iterator[QuerySolution]:
        nodes = [str(NamedNode(iri)) for iri in sorted(set(iris))]
        for at in range(0, len(nodes), _BATCH):
            yield from self._store.rows(query % " ".join(nodes[at : at + _BATCH]))


_NOTHING = Backed((), None, 0)


def _backed(names: set[str], sure: dict[str, float], evidence: Counter[str]) -> Backed:
    if not names:
        return _NOTHING
    ordered = sorted(names, key=lambda name: (-sure.get(name, -1.0), name))
    best = sure.get(ordered[0], -1.0)
    return Backed(tuple(ordered), best if best >= 0 else None, sum(evidence[name] for name in names))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
