"""The typed multigraph in arrays: what paths, walks and figures are computed on.

Nodes are numbered in the order of their names, so numbers break ties as names would. Edges are columns. What a search
walks is a `View`: the simple graph of the cheapest edges that some constraints leave, in compressed rows.

    cost(path) = sum over its steps of    1000 * (predicate weight + doubt * log2(1 / confidence))
               + sum over inner nodes of  1000 * hub * max(0, log2(generality / 4))

In words: hops, plus the bits of doubt whether all of it is true, plus the bits of choice at the nodes that are passed.
The generality of a node is the number of its neighbours, or of the entries that mention it if that is larger: the
less a concept tells where it is met (its information content, after Resnik 1995, "Using information content to
evaluate semantic similarity in a taxonomy"), the dearer it is to pass. Through "model" or "system" everything hangs
together, which explains nothing; a detour of some hops is preferred. Costs are whole thousandths of a hop, so sums are
exact and a tie is a tie.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from math import log2
from typing import TYPE_CHECKING

import numpy as np

from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import networkx
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kg.index import ConceptIndex
    from kg.metapath import Metapath, Move

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

UNIT = 1000
"""The cost of one hop over a certain relation."""

LEAST_CONFIDENCE = 0.01
"""Confidences below this count as this, so that no cost is infinite."""

KEPT_VIEWS = 8
"""So many views of a network are kept for the next call with the same constraints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a path may use, and what it has to. The defaults allow everything.

    `directed` follows relations from subject to object only; symmetric ones still lead both ways. An empty
    `predicates` allows all of them, and an empty `types` all kinds of concepts; names that the graph lacks match
    nothing. `types` are asked of the concepts between the ends alone, those of `via` excepted. `avoid` holds nodes that
    no path may pass, `via` those that every path has to, in whatever order. `min_confidence` is in 0…1. A `metapath`
    says of which kinds and relations the whole path is made, ends included.
    """

    max_hops: int | None = None
    directed: bool = False
    predicates: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    via: frozenset[str] = frozenset()
    min_confidence: float = 0.0
    metapath: Metapath | None = None

    def __post_init__(self) -> None:
        if self.max_hops is not None and self.max_hops < 1:
            raise UsageError(f"a path has at least one hop, so max_hops cannot be {self.max_hops}")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min_confidence is a number from 0 to 1, not {self.min_confidence}")
        if len(self.via) > MOST_VIA:
            raise UsageError(f"a path can be asked to pass {MOST_VIA} concepts at most, not {len(self.via)}")


MOST_VIA = 6
"""A search keeps apart which of them were passed, so that each doubles its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The constants of the cost formula. `Weights(predicates={}, doubt=0, hub=0)` counts hops."""

    predicates: Mapping[str, float] = field(default_factory=lambda: {"related": 2.0})
    """The weight of a predicate, 1 unless named; an untyped association says less than a typed relation."""
    doubt: float = 0.5
    """What each halving of the confidence costs."""
    hub: float = 0.5
    """What passing through a node costs for each doubling of its generality beyond four."""

    def edge(self, predicate: str, confidence: float) -> int:
        """The cost of one edge, at least 1."""
        doubt = -log2(max(confidence, LEAST_CONFIDENCE))
        return max(1, round(UNIT * (self.predicates.get(predicate, 1.0) + self.doubt * doubt)))

    def node(self, generality: int) -> int:
        """The cost of passing through a node."""
        return round(UNIT * self.hub * log2(generality / 4)) if generality > 4 else 0


@dataclass(frozen=True, eq=False)
class View:
    """A simple directed graph in compressed rows: what the constraints of a search leave, each step at its best cost.

    The steps from node u are those at `indptr[u]` to `indptr[u + 1]`, sorted by `head`, which is where they lead.
    Each `weight` has half of the toll of both ends, all doubled to stay whole, and hops as its last digits in base
    `Network.base`: the weights of a path from s to t sum to `(2 * cost + toll[s] + toll[t]) * base + hops`.
    """

    indptr: Ints
    head: NDArray[np.int32]
    weight: Ints

    @cached_property
    def matrix(self) -> csr_array:
        """The steps as a matrix of floats, exact up to 2**53."""
        from scipy.sparse import csr_array

        size = len(self.indptr) - 1
        parts = self.weight.astype(np.float64), self.head, self.indptr.astype(np.int32)
        return csr_array(parts, shape=(size, size))

    @cached_property
    def starts(self) -> list[int]:
        """`indptr` as a list, from which single numbers are read faster."""
        starts: list[int] = self.indptr.tolist()
        return starts

    @cached_property
    def lightest(self) -> tuple[NDArray[np.int32], Ints]:
        """Heads and weights of the same rows, each with the lightest step first."""
        tail = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        order = np.lexsort((self.weight, tail))
        return self.head[order], self.weight[order]

    def weighing(self, u: int, v: int) -> int | None:
        """The weight of the step from u to v, None when there is none."""
        first, last = self.indptr[u], self.indptr[u + 1]
        at = first + int(np.searchsorted(self.head[first:last], v))
        return int(self.weight[at]) if at < last and self.head[at] == v else None


class Network:
    """A typed multigraph without self-loops, read-only. Make one for a graph and keep it.

    `names` are the nodes, sorted; `labels`, `kinds` (empty when unknown) and `mentions` (in how many entries, 0 when
    unknown) go with them. `subject`, `predicate` and `object` are numbers of nodes and of `predicates`, sorted by
    (subject, object, predicate) whatever the order given; `confidence` is in 0…1. `symmetric` names the predicates that
    hold both ways.
    """

    def __init__(
        self,
        names: Sequence[str],
        labels: Sequence[str],
        kinds: Sequence[str],
        predicates: Sequence[str],
        edges: tuple[Ints, Ints, Ints, NDArray[np.float64]],
        *,
        mentions: Sequence[int] | Ints | None = None,
        symmetric: Iterable[str] = (),
        weights: Weights | None = None,
    ) -> None:
        self.names, self.labels, self.kinds = list(names), list(labels), list(kinds)
        self.weights = weights or Weights()
        self.predicates = tuple(sorted(predicates))
        rank = np.array([self.predicates.index(name) for name in predicates], dtype=np.int64)
        subject, predicate, target, confidence = edges
        kept = np.flatnonzero(subject != target)
        kept = kept[np.lexsort((rank[predicate[kept]], target[kept], subject[kept]))]
        self.subject = subject[kept].astype(np.int32)
        self.object = target[kept].astype(np.int32)
        self.predicate = rank[predicate[kept]].astype(np.int16)
        self.confidence = confidence[kept].astype(np.float64)
        among = frozenset(symmetric)
        self.symmetric: Flags = np.array([name in among for name in self.predicates], dtype=bool)
        self.cost = self._costs()
        self._ends = _Ends.of(self.subject, self.object, len(self.names))
        self.neighbours: Ints = np.bincount(self._ends.tail[self._ends.first], minlength=len(self.names))
        """How many other nodes each node is joined to."""
        self.mentions: Ints = np.zeros(len(self.names), dtype=np.int64)
        if mentions is not None:
            self.mentions = np.asarray(mentions, dtype=np.int64)
        general = np.maximum(self.neighbours, self.mentions)
        tolls = {size: self.weights.node(size) for size in set(general.tolist())}
        self.toll: Ints = np.array([tolls[size] for size in general.tolist()], dtype=np.int64)
        """What passing through each node costs."""
        self._views: OrderedDict[object, View] = OrderedDict()

    @classmethod
    def of_index(cls, index: ConceptIndex, *, symmetric: Iterable[str] = ()) -> Network:
        """The typed relations between the concepts of a graph, each as sure as its surest statement."""
        names, columns = list(index.concepts), index.columns
        mentioned = dict.fromkeys(names, 0)
        for _, concept in index.rows("kg:mentions"):
            if concept.value in mentioned:
                mentioned[concept.value] += 1
        return cls(
            names,
            [view.label for view in index.concepts.values()],
            [view.kind for view in index.concepts.values()],
            columns.predicates,
            (*columns.at(range(len(columns))), np.nan_to_num(columns.confidence, nan=1.0)),
            mentions=list(mentioned.values()),
            symmetric=symmetric,
        )

    @classmethod
    def of_networkx(
        cls, graph: networkx.MultiDiGraph, *, symmetric: Iterable[str] = (), weights: Weights | None = None
    ) -> Network:
        """A graph as `KnowledgeGraph.to_networkx` makes it.

        Keys of edges are predicates. The edge attribute `confidence` (1.0 when missing) and the node attributes
        `label`, `kind` and `mentions` are used.
        """
        names = sorted(graph)
        numbers = {name: number for number, name in enumerate(names)}
        predicates = sorted({predicate for _, _, predicate in graph.edges(keys=True)})
        rank = {name: number for number, name in enumerate(predicates)}
        nodes = [graph.nodes[name] for name in names]
        return cls(
            names,
            [data.get("label") or name for name, data in zip(names, nodes, strict=True)],
            [data.get("kind") or "" for data in nodes],
            predicates,
            _columns(
                (numbers[subject], rank[predicate], numbers[target], data.get("confidence"))
                for subject, target, predicate, data in graph.edges(keys=True, data=True)
            ),
            mentions=[data.get("mentions", 0) for data in nodes],
            symmetric=symmetric,
            weights=weights,
        )

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The numbers of the nodes, by name."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def base(self) -> int:
        """More than any number of hops; see `View`."""
        return 1 << len(self.names).bit_length()

    def number(self, name: str) -> int:
        """The number of a node. Raises UsageError when it is not in the graph."""
        try:
            return self.numbers[name]
        except KeyError:
            raise UsageError(f"{name} is not a node of this graph") from None

    # ---------------------------------------------------------------------------------------------- views of it

    def view(
        self,
        constraints: Constraints | None = None,
        *,
        named: Collection[int] = (),
        move: Move | None = None,
        reverse: bool = False,
    ) -> View:
        """The steps that constraints allow: direction, predicates, confidence, kinds and nodes to avoid.

        `named` are nodes that may be of any kind: the ends of a search and what it has to pass. A `move` of a metapath
        allows less. `reverse` has each step lead the other way.
        """
        limits = constraints or Constraints()
        exempt = frozenset(named) if limits.types else frozenset()
        reverse = reverse and (limits.directed or move is not None)
        key = (
            limits.directed, limits.predicates, limits.exclude, limits.min_confidence, limits.avoid, limits.types,
            exempt, move, reverse,
        )  # fmt: skip
        if key not in self._views:
            self._views[key] = self._view(limits, exempt, move, reverse)
            if len(self._views) > KEPT_VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(key)
        return self._views[key]

    def carrying(self, u: int, v: int, constraints: Constraints, move: Move | None = None) -> list[tuple[int, bool]]:
        """The edges that may carry a step from u to v as (number of the edge, whether it leads from u to v).

        The best one comes first, of equal ones that which leads to v, then by predicate.
        """
        arcs = self._arcs
        first, last = arcs.indptr[u], arcs.indptr[u + 1]
        row = arcs.head[first:last]
        group = slice(first + np.searchsorted(row, v), first + np.searchsorted(row, v, side="right"))
        fit = self._walkable(constraints, move, edges=arcs.edge[group], forward=arcs.forward[group])
        return list(zip(arcs.edge[group][fit].tolist(), arcs.forward[group][fit].tolist(), strict=True))

    def _view(self, limits: Constraints, named: Collection[int], move: Move | None, reverse: bool) -> View:
        arcs = self._arcs
        mask = self._walkable(limits, move, edges=arcs.edge, forward=arcs.forward ^ reverse)
        entered = arcs.tail if reverse else arcs.head
        if (passable := self._passable(limits, named)) is not None:
            mask &= passable[arcs.tail] & passable[arcs.head]
        if move is not None and move.kinds:
            mask &= np.array([kind in move.kinds for kind in self.kinds], dtype=bool)[entered]
        chosen = np.flatnonzero(mask)
        tail, head = arcs.tail[chosen], arcs.head[chosen]
        first = np.ones(len(chosen), dtype=bool)  # of several between the same two nodes, the lightest
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        tail, chosen = tail[first], chosen[first]
        return View(_pointers(tail, len(self)), arcs.head[chosen], arcs.weight[chosen])

    def _walkable(self, limits: Constraints, move: Move | None, *, edges: NDArray[np.int32], forward: Flags) -> Flags:
        """Which edges may be walked so."""
        predicate = self.predicate[edges]
        fit = np.array(
            [
                (not limits.predicates or name in limits.predicates)
                and name not in limits.exclude
                and (move is None or not move.relations or name in move.relations)
                for name in self.predicates
            ],
            dtype=bool,
        )
        along = move is None or move.forward
        against = not limits.directed and (move is None or move.backward)
        mask: Flags = fit[predicate]
        if not (along and against):
            mask &= np.where(forward, along, against) | self.symmetric[predicate]
        if limits.min_confidence > 0:
            mask &= self.confidence[edges] >= limits.min_confidence
        return mask

    def _passable(self, limits: Constraints, named: Collection[int]) -> Flags | None:
        """Which nodes a path may hold; None for all."""
        if not limits.types and not limits.avoid:
            return None
        mask = np.ones(len(self), dtype=bool)
        if limits.types:
            mask = np.array([kind in limits.types for kind in self.kinds], dtype=bool)
            mask[list(named)] = True
        mask[[self.numbers[name] for name in limits.avoid if name in self.numbers]] = False
        return mask

    @cached_property
    def _arcs(self) -> _Arcs:
        ends = self._ends
        forward = ends.order < len(self.subject)
        edge = np.where(forward, ends.order, ends.order - len(self.subject)).astype(np.int32)
        weight = (2 * self.cost[edge] + self.toll[ends.tail] + self.toll[ends.head]) * self.base + 1
        single = ends.first & np.append(ends.first[1:], True)
        several = np.flatnonzero(~single)  # few: the others are in order
        best = np.lexsort(
            (self.predicate[edge[several]], ~forward[several], weight[several], np.cumsum(ends.first)[several])
        )
        for column in (edge, forward, weight):
            column[several] = column[several[best]]
        return _Arcs(_pointers(ends.tail, len(self)), ends.tail, ends.head, edge, forward, weight)

    def _costs(self) -> Ints:
        """The cost of each edge, by the formula for one of them, so that they are the same to the last bit."""
        bits = np.array([-log2(max(value, LEAST_CONFIDENCE)) for value in self.confidence.tolist()], dtype=np.float64)
        prices = np.array([self.weights.predicates.get(name, 1.0) for name in self.predicates], dtype=np.float64)
        exact = UNIT * (prices[self.predicate] + self.weights.doubt * bits)
        return np.maximum(1, np.rint(exact).astype(np.int64))


@dataclass(frozen=True, eq=False)
class _Ends:
    """The two ends of each edge, seen from either, sorted by (tail, head): `order` counts edges, and then again.

    `first` marks the first of those between the same two nodes.
    """

    order: Ints
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    first: Flags

    @classmethod
    def of(cls, subject: NDArray[np.int32], target: NDArray[np.int32], size: int) -> _Ends:
        tail, head = np.concatenate((subject, target)), np.concatenate((target, subject))
        pair = tail.astype(np.int64) * max(size, 1) + head
        order = np.argsort(pair, kind="stable")
        pair = pair[order]
        first = np.ones(len(pair), dtype=bool)
        first[1:] = pair[1:] != pair[:-1]
        return cls(order, tail[order], head[order], first)


@dataclass(frozen=True, eq=False)
class _Arcs:
    """Each edge once from its subject and once from its object, sorted by (tail, head, weight, forward, predicate)."""

    indptr: Ints
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    edge: NDArray[np.int32]
    forward: Flags
    weight: Ints


def _pointers(tail: NDArray[np.int32], size: int) -> Ints:
    """Where the rows of sorted tails begin, and where the last one ends."""
    return np.concatenate(([0], np.cumsum(np.bincount(tail, minlength=size)))).astype(np.int64)


def _columns(
    edges: Iterable[tuple[int, int, int, float | None]],
) -> tuple[Ints, Ints, Ints, NDArray[np.float64]]:
    rows = [(s, p, o, 1.0 if confidence is None else float(confidence)) for s, p, o, confidence in edges]
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, np.zeros(0)
    subject, predicate, target, confidence = zip(*rows, strict=True)
    whole = [np.array(column, dtype=np.int64) for column in (subject, predicate, target)]
    return whole[0], whole[1], whole[2], np.array(confidence, dtype=np.float64)
