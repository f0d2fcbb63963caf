"""The k best loopless paths between two nodes of a typed multigraph: exact, with deterministic ties.

A path is a sequence of distinct nodes. Parallel edges do not multiply paths: each step keeps all the edges that may
carry it, best first, and costs what the best one costs. Costs are whole thousandths of a hop, so sums are exact and a
tie is a tie; paths are ordered by (cost, hops, nodes), and no two paths are equal in that order.

    cost(path) = sum over its steps of    1000 * (predicate weight + doubt * log2(1 / confidence))
               + sum over inner nodes of  1000 * hub * max(0, log2(neighbours / 4))

In words: hops, plus the bits of doubt whether all of it is true, plus a price for the bits of choice at the nodes that
are passed. A sure relation is better than a doubtful one, and passing through a concept with hundreds of neighbours
("model", "system") explains so little that a detour of some hops is preferred.

The search is Lawler's (1972) partition form of Yen's (1971) algorithm: the best path found splits what remains into
disjoint sets "starts with this prefix, then leaves it", of which each is searched only when its lower bound comes up.
Bounds and the A* potential are distances to the target from one backward Dijkstra search, which ends at the source:
min(distance to the target, distance of the source) is a consistent potential, exact wherever a best path can run, so a
search in such a set walks almost straight to its answer. The graph that is searched is only read.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import islice, pairwise
from math import log2
from typing import TYPE_CHECKING

from kg.errors import NoPath, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import networkx

UNIT = 1000
"""The cost of one hop over a certain relation."""

LEAST_CONFIDENCE = 0.01
"""Confidences below this count as this, so that no cost is infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a path may use. The defaults allow everything.

    `directed` follows relations from subject to object only; symmetric ones still lead both ways. An empty
    `predicates` allows all of them; names that the graph lacks match nothing. `avoid` holds nodes that no path may
    pass. `min_confidence` is in 0…1.
    """

    max_hops: int | None = None
    directed: bool = False
    predicates: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        if self.max_hops is not None and self.max_hops < 1:
            raise UsageError(f"a path has at least one hop, so max_hops cannot be {self.max_hops}")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min_confidence is a number from 0 to 1, not {self.min_confidence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The constants of the cost formula. `Weights(predicates={}, doubt=0, hub=0)` counts hops."""

    predicates: Mapping[str, float] = field(default_factory=lambda: {"related": 2.0})
    """The weight of a predicate, 1 unless named; an untyped association says less than a typed relation."""
    doubt: float = 1.0
    """What each halving of the confidence costs."""
    hub: float = 0.5
    """What passing through a node costs for each doubling of its neighbours beyond four."""

    def edge(self, predicate: str, confidence: float) -> int:
        """The cost of one edge, at least 1."""
        doubt = -log2(max(confidence, LEAST_CONFIDENCE))
        return max(1, round(UNIT * (self.predicates.get(predicate, 1.0) + self.doubt * doubt)))

    def node(self, neighbours: int) -> int:
        """The cost of passing through a node."""
        return round(UNIT * self.hub * log2(neighbours / 4)) if neighbours > 4 else 0


@dataclass(frozen=True, slots=True)
class Hop:
    """One edge that carries a step: `forward` when it is walked from its subject to its object."""

    predicate: str
    forward: bool
    confidence: float
    cost: int


@dataclass(frozen=True, slots=True)
class Route:
    """A path: its nodes, and for each step the edges that carry it, best first."""

    cost: int
    nodes: tuple[str, ...]
    steps: tuple[tuple[Hop, ...], ...]


class Network:
    """A read-only index of a `networkx.MultiDiGraph` for path search; make one for a graph and keep it.

    Keys of edges are predicates; the edge attribute `confidence` (1.0 when missing) and the node attribute `label` are
    used. Self-loops are left out. Nodes are numbered in the order of their names: numbers break ties as names would.
    """

    def __init__(
        self, graph: networkx.MultiDiGraph, *, symmetric: Iterable[str] = (), weights: Weights | None = None
    ) -> None:
        self.names: list[str] = sorted(graph)
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self.labels: list[str] = [graph.nodes[name].get("label") or name for name in self.names]
        weights = weights or Weights()
        symmetric = frozenset(symmetric)
        arcs: list[dict[int, list[tuple[Hop, bool]]]] = [{} for _ in self.names]
        for subject, target, predicate, data in graph.edges(keys=True, data=True):
            u, v = self.numbers[subject], self.numbers[target]
            if u == v:
                continue
            confidence = float(data.get("confidence", 1.0))
            cost = weights.edge(predicate, confidence)
            arcs[u].setdefault(v, []).append((Hop(predicate, True, confidence, cost), True))
            arcs[v].setdefault(u, []).append((Hop(predicate, False, confidence, cost), predicate in symmetric))
        self.arcs = arcs
        """For each node and neighbour the hops between them, each with whether a directed path may take it."""
        for neighbours in arcs:
            for hops in neighbours.values():
                hops.sort(key=lambda hop: (hop[0].cost, not hop[0].forward, hop[0].predicate))
        self.plain = [[(v, hops[0][0].cost) for v, hops in neighbours.items()] for neighbours in arcs]
        """For each node its neighbours with the cost of the best hop, when nothing is forbidden."""
        self.tolls = [weights.node(len(neighbours)) for neighbours in arcs]

    def number(self, name: str) -> int:
        """The number of a node. Raises UsageError when it is not in the graph."""
        try:
            return self.numbers[name]
        except KeyError:
            raise UsageError(f"{name} is not a node of this graph") from None

    def hops(self, u: int, v: int, constraints: Constraints) -> tuple[Hop, ...]:
        """The edges that may carry a step from u to v, best first."""
        return tuple(hop for hop, along in self.arcs[u].get(v, ()) if _allows(constraints, hop, along))


def _allows(constraints: Constraints, hop: Hop, along: bool) -> bool:
    return (
        (along or not constraints.directed)
        and hop.confidence >= constraints.min_confidence
        and (not constraints.predicates or hop.predicate in constraints.predicates)
        and hop.predicate not in constraints.exclude
    )


def shortest_paths(
    network: Network, source: str, target: str, k: int = 1, constraints: Constraints | None = None
) -> list[Route]:
    """The k best loopless paths from `source` to `target`, best first; fewer when there are no more.

    Raises NoPath, which says what keeps the two apart, and UsageError when the call makes no sense.
    """
    constraints = constraints or Constraints()
    if k < 1:
        raise UsageError(f"the number of paths is at least 1, not {k}")
    ends = network.number(source), network.number(target)
    for name in (source, target):
        if name in constraints.avoid:
            raise UsageError(f"a path from or to {network.labels[network.numbers[name]]!r} cannot avoid it")
    routes = list(islice(_Search(network, *ends, constraints).routes(), k))
    if not routes:
        raise NoPath(_why(network, *ends, constraints))
    return routes


_Distance = tuple[int, int]
"""Cost and hops, compared in this order."""

_Nodes = tuple[int, ...]
_Candidate = tuple[_Distance, int, _Nodes, _Nodes, int, frozenset[int]]
"""(bound, 0, prefix, prefix, cost of prefix, banned) is a set of paths that is still to be searched: those that begin
with the prefix and do not go on to a banned node. (bound, 1, path, …) is the best path of its set. At equal bounds sets
come first: one may hold a path that is smaller still."""


class _Search:
    """One search: the network under constraints, seen from its target."""

    def __init__(self, network: Network, source: int, target: int, constraints: Constraints) -> None:
        self.network = network
        self.source = source
        self.target = target
        self.constraints = constraints
        self.avoid = frozenset(network.number(name) for name in constraints.avoid if name in network.numbers)
        self._plain = constraints == Constraints(max_hops=constraints.max_hops)
        self._onward: dict[int, list[tuple[int, int]]] = {}
        self._settled = self._distances()
        self.reachable = source in self._settled
        self._horizon = self._settled.get(source, (0, 0))
        self.fewest = self._fewest() if constraints.max_hops is not None else {}

    def onward(self, u: int) -> list[tuple[int, int]]:
        """The nodes that a path may enter from u with the cost of the step, toll of the node entered included."""
        found = self._onward.get(u)
        if found is None:
            tolls, target = self.network.tolls, self.target
            found = self._onward[u] = [
                (v, cost if v == target else cost + tolls[v]) for v, cost in self._steps(u, into=False)
            ]
        return found

    def ahead(self, v: int) -> _Distance:
        """A lower bound of cost and hops from v to the target."""
        return self._settled.get(v, self._horizon)

    def _steps(self, u: int, *, into: bool) -> list[tuple[int, int]]:
        """The nodes that a path may enter from u, or that it may enter u from, with the cost of the best hop."""
        if self._plain:
            return self.network.plain[u]
        arcs, limits = self.network.arcs, self.constraints
        return [
            (v, best)
            for v, hops in arcs[u].items()
            if v not in self.avoid
            and (
                best := next(
                    (hop.cost for hop, along in (arcs[v][u] if into else hops) if _allows(limits, hop, along)), 0
                )
            )
        ]

    def _distances(self) -> dict[int, _Distance]:
        """From the nodes no farther from the target than the source is, their least cost and then fewest hops."""
        done: dict[int, _Distance] = {}
        heap = [(0, 0, self.target)]
        while heap:
            cost, hops, v = heappop(heap)
            if v in done:
                continue
            done[v] = cost, hops
            if v == self.source != self.target:
                break
            cost += 0 if v == self.target else self.network.tolls[v]
            for u, step in self._steps(v, into=True):
                if u not in done:
                    heappush(heap, (cost + step, hops + 1, u))
        return done

    def _fewest(self) -> dict[int, int]:
        """From every node that reaches the target the fewest hops, whatever they cost."""
        fewest = {self.target: 0}
        queue = deque([self.target])
        while queue:
            v = queue.popleft()
            for u, _ in self._steps(v, into=True):
                if u not in fewest:
                    fewest[u] = fewest[v] + 1
                    queue.append(u)
        return fewest

    def in_reach(self, v: int, hops: int) -> bool:
        """Whether a path that is at v after so many hops can end within the limit."""
        limit = self.constraints.max_hops
        return limit is None or (v in self.fewest and hops + self.fewest[v] <= limit)

    def routes(self) -> Iterator[Route]:
        """All paths, best first."""
        if self.source == self.target:
            yield Route(0, (self.network.names[self.source],), ())
            return
        if not self.reachable:
            return
        start = (self.source,)
        queue: list[_Candidate] = [((0, 0), 0, start, start, 0, frozenset())]
        while queue:
            _, solved, path, prefix, spent, banned = heappop(queue)
            if not solved:
                best = self._best(prefix, spent, banned)
                if best:
                    heappush(queue, (best[0], 1, best[1], prefix, spent, banned))
                continue
            yield self._route(path)
            for at in range(len(prefix) - 1, len(path) - 1):
                leaving = banned | {path[at + 1]} if at == len(prefix) - 1 else frozenset({path[at + 1]})
                stem = path[: at + 1]
                bound = self._bound(stem, spent, leaving)
                if bound:
                    heappush(queue, (bound, 0, stem, stem, spent, leaving))
                spent += next(cost for v, cost in self.onward(path[at]) if v == path[at + 1])

    def _bound(self, prefix: _Nodes, spent: int, banned: frozenset[int]) -> _Distance | None:
        """The least that a path costs which begins with `prefix` and goes on to no banned node."""
        bounds = []
        for v, step in self.onward(prefix[-1]):
            if v not in banned and v not in prefix and self.in_reach(v, len(prefix)):
                cost, hops = self.ahead(v)
                bounds.append((spent + step + cost, len(prefix) + hops))
        return min(bounds, default=None)

    def _best(self, prefix: _Nodes, spent: int, banned: frozenset[int]) -> tuple[_Distance, _Nodes] | None:
        """The best path that begins with `prefix` and goes on to no banned node (A*).

        A node is done once it was reached; with a limit on hops, it may be reached again at a higher cost with fewer
        hops. Costs are positive, so a walk that returns to a node of its own never gets that far.
        """
        heap = [((0, 0), prefix, spent)]
        hops_at = dict.fromkeys(prefix[:-1], 0)  # never enter these: fewer than 0 hops cannot be
        limited = self.constraints.max_hops is not None
        while heap:
            bound, path, cost = heappop(heap)
            u, hops = path[-1], len(path) - 1
            if u == self.target:
                return bound, path
            if u in hops_at and not (limited and hops < hops_at[u]):
                continue
            hops_at[u] = hops
            for v, step in self.onward(u):
                if v in hops_at and not (limited and hops + 1 < hops_at[v]):
                    continue
                if (u == prefix[-1] and v in banned) or not self.in_reach(v, hops + 1):
                    continue
                further, more = self.ahead(v)
                heappush(heap, ((cost + step + further, hops + 1 + more), (*path, v), cost + step))
        return None

    def _route(self, path: _Nodes) -> Route:
        pairs = list(pairwise(path))
        cost = sum(next(step for w, step in self.onward(u) if w == v) for u, v in pairs)
        return Route(
            cost,
            tuple(self.network.names[v] for v in path),
            tuple(self.network.hops(u, v, self.constraints) for u, v in pairs),
        )


# -------------------------------------------------------------------------------------------------- why there is none


def _why(network: Network, source: int, target: int, constraints: Constraints) -> str:
    """What keeps two nodes apart: the graph itself, or those constraints of which lifting one would join them."""
    start, end = network.labels[source], network.labels[target]
    message = f"no path from {start!r} to {end!r}"
    for number, label in ((source, start), (target, end)):
        if not network.arcs[number]:
            return f"{message}: {label!r} has no relations to other concepts"
    component = _reach(network, source, Constraints())
    if target not in component:
        other = _reach(network, target, Constraints())
        return f"{message}: they lie in separate parts of the graph, of {len(component)} and {len(other)} concepts"
    defaults = Constraints()
    active = [name for name in _SAID if getattr(constraints, name) != getattr(defaults, name)]
    said = ", ".join(_SAID[name](network, constraints) for name in active)
    cures = []
    for name in active:
        rest = replace(constraints, **{name: getattr(defaults, name)})
        if name == "max_hops":
            fewest = _Search(network, source, target, replace(rest, max_hops=len(network.names))).fewest.get(source)
            if fewest is not None:
                cures.append(f"of {fewest} hops")
        elif (search := _Search(network, source, target, rest)).reachable and search.in_reach(source, 0):
            cures.append(_CURES[name])
    if cures:
        return f"{message} {said}; there is one {' or one '.join(cures)}"
    return f"{message} {said}; there is one when more than one of these limits is lifted"


def _reach(network: Network, start: int, constraints: Constraints) -> dict[int, int]:
    """The nodes that reach `start`, with their fewest hops."""
    return _Search(network, start, start, replace(constraints, max_hops=len(network.names) or 1)).fewest


_SAID: dict[str, Callable[[Network, Constraints], str]] = {
    "max_hops": lambda network, c: f"within {c.max_hops} hop{'s' * (c.max_hops != 1)}",
    "directed": lambda network, c: "along the direction of the relations",
    "predicates": lambda network, c: f"over {_listed(c.predicates)} only",
    "exclude": lambda network, c: f"without {_listed(c.exclude)}",
    "avoid": lambda network, c: f"avoiding {_listed(_label(network, name) for name in c.avoid)}",
    "min_confidence": lambda network, c: f"with confidence of at least {c.min_confidence:g}",
}
_CURES = {
    "directed": "against the direction of some relations",
    "predicates": "over other relations",
    "exclude": "over the excluded relations",
    "avoid": "through the avoided concepts",
    "min_confidence": "of less confidence",
}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _label(network: Network, name: str) -> str:
    return repr(network.labels[network.numbers[name]]) if name in network.numbers else name
