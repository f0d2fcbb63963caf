"""Concepts that are related to one, though perhaps no text says how: ranked, each with the reasons and their quotes.

>>> found = graph.related("write-ahead logging", 3, new=True)      # doctest: +SKIP
>>> print(found[0].concept, "-", found[0].reasons[0])               # doctest: +SKIP
Redo Log - both use fsync

docs/related.md tells what the ways of ranking mean and how the default was chosen; `kg.proximity` has the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kg.errors import NoPath, UsageError
from kg.index import class_named, readings
from kg.metapath import Metapath
from kg.network import Constraints
from kg.pathsim import PathSim
from kg.proximity import LEVEL, Proximity, ranks
from kg.vocabulary import classes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from kg.answers import ConceptRef, Quote, Relation
    from kg.embeddings import Embeddings, Settings
    from kg.graph import KnowledgeGraph, Name
    from kg.index import Edge

    Numbers = NDArray[np.float64]

WAYS = ("both", "walk", "metapath", "embedding")
"""How concepts can be ranked; `both` is the walk and the metapaths, fused."""

FUSED = 60
"""The constant k of reciprocal rank fusion, sum of 1 / (k + rank) (Cormack, Clarke & Büttcher 2009)."""

REASONS = 3
"""So many reasons are given for a concept."""

DIGITS = 9
"""Scores that agree in so many decimals are equal, and their concepts in the order of their IRIs."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two concepts are related, in words. `through` are the concepts between them, `relations` lead over these."""

    text: str
    through: tuple[ConceptRef, ...]
    relations: tuple[Relation, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class RelatedConcept:
    """A concept that is related to another.

    `score` orders the results and means nothing else; `ranks` are its places by each way of ranking that took part.
    `direct` are the relations that the graph states between the two; of `common` neighbours the first are the reasons.
    """

    concept: ConceptRef
    score: float
    ranks: dict[str, float]
    direct: tuple[Relation, ...]
    common: int
    reasons: tuple[Reason, ...]

    def __str__(self) -> str:
        return self.concept.label


@dataclass(frozen=True, slots=True)
class Related:
    """What is related to a concept: the best of `total` results. `note` says why there are none."""

    concept: ConceptRef
    by: str
    metapath: str
    total: int
    results: tuple[RelatedConcept, ...]
    note: str = ""

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[RelatedConcept]:
        return iter(self.results)

    def __getitem__(self, at: int) -> RelatedConcept:
        return self.results[at]

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [
            (each.concept.label, each.concept.kind, "yes" if each.direct else "no", html_of(each.direct, each.reasons))
            for each in self.results
        ]
        return html_table(f"Related to {self.concept.label}", ("concept", "class", "directly", "why"), rows, self.note)


class Relatives:
    """Ranks the concepts of a graph by how near they are to one, and says why. Make one for a graph and keep it."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self.network = graph.network
        self._embedded: tuple[Settings, Embeddings] | None = None

    @cached_property
    def proximity(self) -> Proximity:
        """The measures."""
        return Proximity(self.network)

    def embeddings(self, **settings: Any) -> Embeddings:
        """What `KnowledgeGraph.embeddings` gives."""
        from kg.embeddings import Embeddings, Settings

        wanted = Settings(**settings)
        if self._embedded is None or self._embedded[0] != wanted:
            self._embedded = wanted, Embeddings(self.graph, wanted)
        return self._embedded[1]

    def related(
        self,
        name: Name,
        limit: int = 10,
        *,
        by: str | None = None,
        metapath: str | None = None,
        new: bool = False,
        types: Iterable[str] = (),
    ) -> Related:
        """What `KnowledgeGraph.related` gives."""
        concept = self.graph.concept(name).ref
        by = checked(by or ("metapath" if metapath is not None else "both"), limit)
        if metapath is not None and by != "metapath":
            raise UsageError(f"a metapath is for ranking by metapath, not by {by}")
        kinds = frozenset(map(class_named, types))
        node = self.network.number(concept.iri)
        along = None
        if metapath is not None:
            along = PathSim(self.network, Metapath.parse(metapath, kinds=classes(), relations=readings()))
        scores = self.scores(node, by, along)
        total = fused(list(scores.values()))
        order = self.ranked(node, total, new=new, kinds=kinds)
        places = {way: ranks(score) for way, score in scores.items()}
        chosen = [int(other) for other in order[:limit]]
        told = Telling(self)
        for other in chosen:
            told.add(node, other, along)
        return Related(
            concept,
            by,
            along.round.text if along is not None else "",
            len(order),
            tuple(
                RelatedConcept(
                    self.ref(other),
                    float(total[other]),
                    {way: float(places[way][other]) for way in scores if scores[way][other] > 0},
                    told.direct(node, other),
                    len(self.proximity.shared(node, other)[0]),
                    told.reasons(node, other),
                )
                for other in chosen
            ),
            "" if len(order) else self.why_none(node, new=new, kinds=kinds, along=along),
        )

    def scores(self, node: int, by: str, along: PathSim | None = None, level: float = LEVEL) -> dict[str, Numbers]:
        """The scores of all nodes by each way of ranking that takes part; what is not above 0 is not found by it."""
        scores: dict[str, Numbers] = {}
        if by in {"both", "walk"}:
            scores["walk"] = self.proximity.levelled(node, level=level)
        if along is not None:
            scores["metapath"] = along.scores(node)
        elif by in {"both", "metapath"}:
            scores["metapath"] = self.proximity.metapaths(node)
        if by == "embedding":
            scores["embedding"] = self.embeddings().similarities(node)
        for found in scores.values():
            np.round(found, DIGITS, out=found)
            found[node] = 0
        return scores

    def ranked(self, node: int, scores: Numbers, *, new: bool, kinds: Collection[str]) -> NDArray[np.int64]:
        """The nodes with a score above 0, the best first, without the node itself and what is not asked for."""
        found = scores > 0
        found[node] = False
        if new:
            found[self.proximity.neighbours(node)] = False
        if kinds:
            found &= self.of_kinds(kinds)
        nodes = np.flatnonzero(found)
        return nodes[np.argsort(-scores[nodes], kind="stable")]

    def of_kinds(self, kinds: Collection[str]) -> NDArray[np.bool_]:
        """Which nodes are of these classes; none are all."""
        return np.array([not kinds or kind in kinds for kind in self.network.kinds], dtype=bool)

    def why_none(self, node: int, *, new: bool, kinds: Collection[str], along: PathSim | None = None) -> str:
        """Why nothing is related to a node, in a sentence."""
        label = self.network.labels[node]
        if not self.network.neighbours[node]:
            return f"{label!r} has no relation to another concept, so nothing tells what is related to it"
        limits = [
            *([f"of the class {' or '.join(sorted(kinds))}"] if kinds else []),
            *(["without a relation to it"] if new else []),
            *([f"along {along.round.text}"] if along is not None else []),
        ]
        return " ".join([f"nothing is related to {label!r}", *limits])

    def ref(self, node: int) -> ConceptRef:
        """The concept of a node."""
        return self.graph.index.refs[self.network.names[node]]

    def edges(self, one: int, other: int) -> list[Edge]:
        """The relations between two nodes, the best first."""
        return [self._edge(number) for number, _ in self.network.carrying(one, other, Constraints())]

    def _edge(self, number: int) -> Edge:
        network = self.network
        names = network.names
        predicate = network.predicates[network.predicate[number]]
        return self.graph.edge(names[network.subject[number]], predicate, names[network.object[number]])

    def shared_roles(self, one: int, other: int) -> dict[int, tuple[float, int]]:
        """The nodes to which two have a relation in common: what these tell together, and the trait that tells most."""
        near, size = self.proximity, self.proximity.size
        both = np.intersect1d(near.traits_of(one), near.traits_of(other), assume_unique=True)
        found: dict[int, tuple[float, int]] = {}
        for trait in sorted(both.tolist(), key=lambda trait: (-near.telling[trait], trait)):
            total, best = found.get(trait % size, (0.0, trait))
            found[trait % size] = total + float(near.telling[trait]), best
        return found

    @cached_property
    def _ways(self) -> dict[int, NDArray[np.int32]]:
        return {}

    def way(self, one: int, other: int) -> list[int]:
        """The nodes of the most probable way of a walker from one to another, both ends included; empty if none."""
        if one not in self._ways:
            self._ways.clear()
            self._ways[one] = self.proximity.ways(one)
        before, way = self._ways[one], [other]
        while way[-1] != one:
            if before[way[-1]] < 0:
                return []
            way.append(int(before[way[-1]]))
        return way[::-1]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A reason whose quotes are still to be fetched: its edges, each with the end that it is read from."""

    text: str
    through: tuple[ConceptRef, ...]
    edges: tuple[tuple[Edge, str], ...]


class Telling:
    """The reasons of several pairs of nodes, whose quotes are fetched at once: first `add` all, then ask."""

    def __init__(self, relatives: Relatives) -> None:
        self._relatives = relatives
        self._drafts: dict[tuple[int, int], list[_Draft]] = {}
        self._direct: dict[tuple[int, int], list[Edge]] = {}
        self._along: dict[tuple[int, int], tuple[Reason, ...]] = {}

    def add(self, one: int, other: int, along: PathSim | None = None) -> None:
        """Have reasons for a pair: ways along a metapath where one is given."""
        self._direct[one, other] = self._relatives.edges(one, other)
        self._drafts[one, other] = []
        if along is not None:
            self._along[one, other] = self._paths(one, other, along)
        else:
            self._drafts[one, other] = self._shared(one, other) or self._way(one, other)

    @cached_property
    def _quotes(self) -> dict[str, tuple[Quote, ...]]:
        drafted = (edge for drafts in self._drafts.values() for draft in drafts for edge, _ in draft.edges)
        edges = [*drafted, *(edge for edges in self._direct.values() for edge in edges)]
        return dict(self._relatives.graph.quotes.of(name for edge in edges for name in edge.statements))

    def direct(self, one: int, other: int) -> tuple[Relation, ...]:
        """The relations between the two, read from the first."""
        iri = self._relatives.network.names[one]
        return tuple(self._relation(edge, iri) for edge in self._direct[one, other])

    def reasons(self, one: int, other: int) -> tuple[Reason, ...]:
        """The best reasons."""
        return self._along.get((one, other), ()) + tuple(
            Reason(draft.text, draft.through, tuple(self._relation(edge, seen) for edge, seen in draft.edges))
            for draft in self._drafts[one, other]
        )

    def _relation(self, edge: Edge, seen_from: str) -> Relation:
        return self._relatives.graph.relation(edge, seen_from, self._quotes)

    def _shared(self, one: int, other: int) -> list[_Draft]:
        """What both have a relation to: first the same one, then whatever most of the traffic goes through."""
        relatives = self._relatives
        middles, traffic = relatives.proximity.shared(one, other)
        roles = relatives.shared_roles(one, other)
        parts = dict(zip(middles.tolist(), np.round(traffic, DIGITS).tolist(), strict=True))
        best = sorted(parts, key=lambda middle: (-roles.get(middle, (0.0, 0))[0], -parts[middle], middle))
        return [
            self._same(one, other, middle, roles[middle][1]) if middle in roles else self._via([one, middle, other])
            for middle in best[:REASONS]
        ]

    def _same(self, one: int, other: int, middle: int, trait: int) -> _Draft:
        """Both stand in the same relation to a third."""
        relatives, network = self._relatives, self._relatives.network
        role = trait // relatives.proximity.size
        predicate = network.predicates[role // 2]
        reading = readings()[predicate]
        between, names = relatives.ref(middle), network.names
        edges = tuple(
            (next(edge for edge in relatives.edges(end, middle) if self._fits(edge, role, names[end])), names[end])
            for end in (one, other)
        )
        verb = together(reading.inverse if role % 2 else reading.label)
        return _Draft(f"both {verb} {between.label}", (between,), edges)

    def _fits(self, edge: Edge, role: int, end: str) -> bool:
        """Whether an edge gives its end a role."""
        network = self._relatives.network
        if edge.predicate != network.predicates[role // 2]:
            return False
        return bool(network.symmetric[role // 2]) or (edge.object if role % 2 else edge.subject) == end

    def _way(self, one: int, other: int) -> list[_Draft]:
        """The strongest connection, if it leads through others."""
        way = self._relatives.way(one, other)
        return [self._via(way)] if len(way) > 2 else []

    def _via(self, way: Sequence[int]) -> _Draft:
        """The best relation of each step of a way."""
        relatives, names = self._relatives, self._relatives.network.names
        edges = [(relatives.edges(a, b)[0], names[a]) for a, b in pairwise(way)]
        sentences = [relatives.graph.relation(edge, seen, {}).sentence for edge, seen in edges]
        return _Draft("; ".join(sentences), tuple(map(relatives.ref, way[1:-1])), tuple(edges))

    def _paths(self, one: int, other: int, along: PathSim) -> tuple[Reason, ...]:
        """The best paths along a metapath; none if every way passes a concept twice."""
        from kg.explain import paths

        graph, names = self._relatives.graph, self._relatives.network.names
        limits = Constraints(metapath=along.round)
        try:
            found = paths(graph, graph.concept(names[one]), graph.concept(names[other]), REASONS, limits)
        except NoPath:
            return ()
        return tuple(
            Reason(str(path), path.concepts[1:-1], tuple(step.relations[0] for step in path.steps)) for path in found
        )


def checked(by: str, limit: int) -> str:
    """A way of ranking; raises UsageError for one that there is not, and for a limit below 1."""
    if by not in WAYS:
        raise UsageError(f"concepts are not ranked by {by!r}; they are by {', '.join(WAYS)}")
    if limit < 1:
        raise UsageError(f"the limit is the most results to give, so it cannot be {limit}")
    return by


def fused(scores: Sequence[Numbers]) -> Numbers:
    """Several scores as one, by reciprocal rank fusion; a single one as it is. What none finds has 0."""
    if len(scores) == 1:
        return scores[0]
    total: Numbers = np.zeros(len(scores[0]))
    for found in scores:
        total += np.where(found > 0, 1 / (FUSED + ranks(found)), 0)
    return total


def together(verb: str) -> str:
    """What a relation is called when two concepts have it: its first word in the plural.

    >>> together("is used for"), together("has part"), together("uses"), together("was developed by")
    ('are used for', 'have part', 'use', 'were developed by')
    """
    first, space, rest = verb.partition(" ")
    plural = {"is": "are", "has": "have", "was": "were"}.get(first) or first.removesuffix("s")
    return plural + space + rest


# -------------------------------------------------------------------------------------------------------- notebooks


def html_of(direct: Sequence[Relation], reasons: Sequence[Reason]) -> str:
    """Relations and reasons as a list, with their first quotes; HTML."""
    from kg.notebook import quotes, relation

    items = [relation(each) for each in direct]
    items += [f"{escape(each.text)}{quotes(q for r in each.relations for q in r.quotes[:1])}" for each in reasons]
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def html_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str) -> str:
    """A table whose last column is HTML, the others texts; or a note instead of it."""
    if note:
        return f"<p>{escape(title)}: {escape(note)}</p>"
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row[:-1])}<td>{row[-1]}</td></tr>" for row in rows
    )
    return f"<p>{escape(title)}</p><table><tr>{head}</tr>{body}</table>"
