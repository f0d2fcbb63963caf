"""The k best loopless paths between two nodes of a typed multigraph: exact, with deterministic ties.

A path is a sequence of distinct nodes. Parallel edges do not multiply paths: each step keeps all the edges that may
carry it, best first, and costs what the best one costs (`kg.network` has the formula). Paths are ordered by (cost,
hops, nodes), and no two paths are equal in that order.

The search is Lawler's (1972) partition form of Yen's (1971) algorithm: the best path found splits what remains into
disjoint sets "starts with this prefix, then leaves it", of which each is searched only when its lower bound comes up.
A set is searched by A* (Hart, Nilsson & Raphael 1968). Its potential are the exact distances to the target, from one
backward Dijkstra search in scipy, as in Feng (2014, "Finding k shortest simple paths in directed graphs: A node
classification algorithm"), so that it walks almost straight to its answer. In a large graph two small balls around the
ends give the best path (bidirectional search, Pohl 1971), and how far the distances for the others have to be known.

Constraints on the whole path make the states that are searched more than nodes: the position in a metapath, and which
of the nodes to be passed were passed. The best walk over such states may meet a node twice. It bounds its set all the
same, and is then taken apart like a path that was found, but not reported. The graph that is searched is only read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush, merge
from itertools import accumulate, count, islice, pairwise, repeat
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kg.bounds import FAR, Bounds, distances, meeting
from kg.errors import NoPath, UsageError
from kg.network import Constraints, Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from kg.metapath import Move
    from kg.network import Flags, Ints, View

LARGE = 4096
"""From so many nodes on, distances to all of them take longer than two balls around the ends of a search."""

NEAR, FARTHER = 0.9, 1.8
"""In a large graph distances are found up to the first of these times the length of the best path, and are bounded by
that beyond. With them paths are searched up to the second; for longer ones all distances are found. By measurement."""

FIRST = 32
"""So many steps from a node are put in order at first."""


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


@dataclass(frozen=True, slots=True)
class Routes:
    """The best paths, best first; not `complete` when time ran out, but the best all the same."""

    found: tuple[Route, ...]
    complete: bool


class OutOfTimeError(Exception):
    """A search has used up its time."""


def shortest_paths(
    network: Network,
    source: str,
    target: str,
    k: int = 1,
    constraints: Constraints | None = None,
    *,
    seconds: float | None = None,
) -> Routes:
    """The k best loopless paths from `source` to `target`, best first; fewer when there are no more.

    Raises NoPath, which says what keeps the two apart or that `seconds` were too few to find a path, and UsageError
    when the call makes no sense.
    """
    if k < 1:
        raise UsageError(f"the number of paths is at least 1, not {k}")
    limits = constraints or Constraints()
    search = Search(network, source, target, limits, deadline=_deadline(seconds), single=k == 1)
    return _checked(search, _taken(islice(search.routes(), k)), seconds)


def all_shortest_paths(
    network: Network,
    source: str,
    target: str,
    constraints: Constraints | None = None,
    *,
    most: int = 1000,
    seconds: float | None = None,
) -> Routes:
    """The paths of the fewest hops, at most `most` of them, best first. Raises as `shortest_paths` does."""
    limits = constraints or Constraints()
    found = of_fewest_hops(network, source, target, limits, most=most, deadline=_deadline(seconds))
    return found if found.found else _checked(Search(network, source, target, limits), found, seconds)


def of_fewest_hops(
    network: Network, source: str, target: str, limits: Constraints, *, most: int, deadline: float | None
) -> Routes:
    """What `all_shortest_paths` gives; empty when there is no path, or none was found in time."""
    if source == target:
        return _taken(Search(network, source, target, limits, deadline=deadline).routes())
    longest = min(limits.max_hops or len(network), len(network) - 1)
    try:
        least = Search(network, source, target, limits, deadline=deadline).fewest()
    except OutOfTimeError:
        return Routes((), complete=False)
    for hops in range(least, longest + 1):
        # More than once only where the shortest walk that follows a metapath, or passes what it has to, is no path.
        search = Search(network, source, target, replace(limits, max_hops=hops), deadline=deadline)
        taken = _taken(islice(search.routes(), most))
        if taken.found or not taken.complete:
            return taken
    return Routes((), complete=True)


def _deadline(seconds: float | None) -> float | None:
    if seconds is not None and not seconds > 0:
        raise UsageError(f"the time for a search is more than 0 seconds, not {seconds:g}")
    return None if seconds is None else monotonic() + seconds


def _taken(routes: Iterator[Route]) -> Routes:
    """What a search finds until it ends or its time does."""
    found: list[Route] = []
    try:
        found.extend(routes)
    except OutOfTimeError:
        return Routes(tuple(found), complete=False)
    return Routes(tuple(found), complete=True)


def _checked(search: Search, routes: Routes, seconds: float | None) -> Routes:
    """The routes, if there are any; else why not is raised."""
    if routes.found:
        return routes
    if not routes.complete:
        raise NoPath(
            f"{search.ends()} was found within {seconds:g} seconds; give the search more time, or fewer limits"
        )
    from kg.obstacles import why

    raise NoPath(why(search))


_Nodes = tuple[int, ...]


class _Stem(NamedTuple):
    """How a path begins: its nodes, and the least weight with which they lead to each position in the metapath."""

    nodes: _Nodes
    spent: dict[int, int]
    passed: int
    """Which of the nodes to be passed are among them, a bit for each."""


class _Set(NamedTuple):
    """The paths that begin with a stem and do not go on to a banned node; when `solved`, `nodes` is the best of them.

    Sets are ordered by these fields, so that at equal bounds those still to be searched come first: one may hold a path
    that is smaller still. No two agree in `solved` and `nodes`.
    """

    bound: int
    solved: bool
    nodes: _Nodes
    stem: _Stem
    banned: frozenset[int]


_Child = tuple[int, int, int, int]
"""A step onward: the least that a path weighs which makes it, the node entered, the position there, the weight so far.
"""


class Search:
    """One search: a network under constraints, seen from its target.

    States are nodes with positions in the metapath; without one there is a single position, 0. `single` says that no
    more than one path is wanted. Raises UsageError for ends and constraints that make no sense together.
    """

    def __init__(
        self,
        network: Network,
        source: str,
        target: str,
        limits: Constraints,
        *,
        deadline: float | None = None,
        single: bool = False,
    ) -> None:
        self.network, self.limits, self.deadline = network, limits, deadline
        self.source, self.target = network.number(source), network.number(target)
        for name in (source, target):
            if name in limits.avoid:
                raise UsageError(f"a path from or to {self.label(network.number(name))} cannot avoid it")
        for name in sorted(limits.via & limits.avoid):
            raise UsageError(f"a path cannot pass {self.label(network.number(name))} and avoid it")
        self.through = sorted({network.number(name) for name in limits.via} - {self.source, self.target})
        self._bits = {node: 1 << at for at, node in enumerate(self.through)}
        self._all = (1 << len(self.through)) - 1
        self.named = frozenset((self.source, self.target, *self.through))
        metapath = limits.metapath
        self._last = 0 if metapath is None else metapath.length
        self._moves: list[list[tuple[int, Move | None, View]]] = [[] for _ in range(self._last + 1)]
        if metapath is None:
            self._moves[0].append((0, None, self._view(None)))
        else:
            for move in metapath.moves:
                self._moves[move.source].append((move.target, move, self._view(move)))
        self._trusted = FAR  # beyond that, bounds are too weak to walk by
        self._single = single

    @cached_property
    def _fewest(self) -> Bounds | None:
        """Bounds of the hops that are still ahead, where they are limited."""
        return Bounds(self.through, *self._distances(hops=True)) if self.limits.max_hops is not None else None

    @cached_property
    def _least(self) -> Bounds:
        """Bounds of the weight that is still ahead."""
        return self._bounds()

    def label(self, node: int) -> str:
        """A node as messages name it."""
        return repr(self.network.labels[node])

    def ends(self) -> str:
        """How a message begins that says there is no path."""
        return f"no path from {self.label(self.source)} to {self.label(self.target)}"

    @property
    def fits(self) -> bool:
        """Whether the ends are of the kinds that the metapath wants."""
        metapath, kinds = self.limits.metapath, self.network.kinds
        return metapath is None or (
            (not metapath.starts or kinds[self.source] in metapath.starts)
            and (not metapath.ends or kinds[self.target] in metapath.ends)
        )

    def fewest(self) -> int:
        """No path has fewer hops; FAR when there is none at all. Raises OutOfTimeError."""
        bounds = self._fewest or Bounds(self.through, *self._distances(hops=True))
        return int(bounds.row(0, 0)[self.source])

    def routes(self) -> Iterator[Route]:
        """All paths, best first. Raises OutOfTimeError."""
        if self.source == self.target:
            if not self.through and self.limits.metapath is None:
                yield Route(0, (self.network.names[self.source],), ())
        elif self.fits:
            yield from map(self._route, self._paths())

    # -------------------------------------------------------------------------------------------------- the search

    def _paths(self) -> Iterator[_Nodes]:
        from kg.obstacles import strait

        if self._single and self._wide:
            yield from filter(None, self._meeting()[1:])
            return
        queue: list[_Set] = []
        self._add(queue, _Stem((self.source,), {0: 0}, 0), frozenset())
        first_walk = True
        while queue:
            best = heappop(queue)
            if not best.solved:
                found = self._best(best.stem, best.banned)
                if found is not None:
                    heappush(queue, best._replace(bound=found[0], solved=True, nodes=found[1]))
                continue
            nodes, stem = best.nodes, best.stem
            repeat_at = _first_repeat(nodes)
            if repeat_at == len(nodes):
                yield nodes
            elif first_walk and strait(self) is not None:
                return
            else:
                first_walk = False
            for at in range(len(stem.nodes), min(repeat_at + 1, len(nodes))):
                self._add(queue, stem, best.banned | {nodes[at]} if stem is best.stem else frozenset({nodes[at]}))
                stem = self._extended(stem, nodes[at])

    def _add(self, queue: list[_Set], stem: _Stem, banned: frozenset[int]) -> None:
        """Queue a set of paths with its lower bound, unless it is empty."""
        first = next(self._from(stem, banned), None)
        if first is not None:
            heappush(queue, _Set(first[0], False, stem.nodes, stem, banned))

    def _best(self, stem: _Stem, banned: frozenset[int]) -> tuple[int, _Nodes] | None:
        """The best walk that begins with a stem and goes on to no banned node, and returns to none of the stem (A*).

        A state is done once it was reached; with a limit on hops, it may be reached again at a higher weight with fewer
        hops. Of the steps onward from a node only the best is queued, and the next when that was taken: hubs have
        thousands.
        """
        never = frozenset(stem.nodes)
        limited = self._fewest is not None
        done: dict[tuple[int, int, int], int] = {}
        heap: list[tuple[int, _Nodes, int, int, int, int, Iterator[_Child]]] = []
        ticks = count()  # so that no two entries compare further

        def push(children: Iterator[_Child], before: _Nodes, passed: int) -> None:
            for bound, node, position, weight in children:
                heappush(heap, (bound, (*before, node), position, next(ticks), passed, weight, children))
                return

        push(self._from(stem, banned), stem.nodes, stem.passed)
        while heap:
            self._check_time()
            bound, nodes, position, _, passed, weight, siblings = heappop(heap)
            if bound > self._trusted:
                self._trusted, self._least = FAR, Bounds((), *self._distances())
                return self._best(stem, banned)
            push(siblings, nodes[:-1], passed)
            node, hops = nodes[-1], len(nodes) - 1
            passed |= self._bits.get(node, 0)
            if node == self.target:
                if position == self._last and passed == self._all:
                    return bound, nodes
                continue
            state = position, node, passed
            if state in done and not (limited and hops < done[state]):
                continue
            done[state] = hops
            push(self._onward(node, position, weight, hops, passed, never), nodes, passed)
        return None

    def _from(self, stem: _Stem, banned: frozenset[int]) -> Iterator[_Child]:
        """Yield the steps onward from the end of a stem, best first."""
        never = banned.union(stem.nodes)
        return merge(
            *(
                self._onward(stem.nodes[-1], position, spent, len(stem.nodes) - 1, stem.passed, never)
                for position, spent in stem.spent.items()
            )
        )

    def _onward(
        self, node: int, position: int, spent: int, hops: int, passed: int, never: frozenset[int]
    ) -> Iterator[_Child]:
        """Yield the steps onward from a state that can end at the target within the limits, best first."""
        steps = [
            self._steps(view, node, spent, self._least.row(after, passed), self._within(after, passed, hops), after)
            for after, _, view in self._moves[position]
        ]
        return (child for child in (steps[0] if len(steps) == 1 else merge(*steps)) if child[1] not in never)

    def _within(self, position: int, passed: int, hops: int) -> Flags | None:
        """From which nodes the target can be reached in time when one more hop was made; None for all."""
        if self._fewest is None or self.limits.max_hops is None:
            return None
        within: Flags = self._fewest.row(position, passed) < self.limits.max_hops - hops
        return within

    def _steps(
        self, view: View, node: int, spent: int, least: Ints, within: Flags | None, after: int
    ) -> Iterator[_Child]:
        """Yield the steps from a node in a view, best first. The rows of hubs are long, and little of them is taken."""
        row = slice(view.indptr[node], view.indptr[node + 1])
        heads, weights = view.head[row], view.weight[row] + spent
        bounds = weights + least[heads]
        fit = bounds < FAR
        if within is not None:
            fit &= within[heads]
        left = np.flatnonzero(fit)
        while len(left):
            chosen = left
            if len(left) > FIRST:
                worst = np.partition(bounds[left], FIRST)[FIRST]
                chosen, left = left[bounds[left] <= worst], left[bounds[left] > worst]
            else:
                left = left[:0]
            chosen = chosen[np.argsort(bounds[chosen], kind="stable")]  # those of one bound stay in order
            yield from zip(bounds[chosen].tolist(), heads[chosen].tolist(), repeat(after), weights[chosen].tolist())

    def _extended(self, stem: _Stem, node: int) -> _Stem:
        """A stem one node longer."""
        spent: dict[int, int] = {}
        for position, weight in stem.spent.items():
            for after, _, view in self._moves[position]:
                step = view.weighing(stem.nodes[-1], node)
                if step is not None:
                    spent[after] = min(weight + step, spent.get(after, FAR))
        return _Stem((*stem.nodes, node), spent, stem.passed | self._bits.get(node, 0))

    def _check_time(self) -> None:
        if self.deadline is not None and monotonic() > self.deadline:
            raise OutOfTimeError

    def _route(self, nodes: _Nodes) -> Route:
        """A path with the edges that carry it; with a metapath, those of the best way in which it follows that."""
        stems = list(accumulate(nodes[1:], self._extended, initial=_Stem(nodes[:1], {0: 0}, 0)))
        position, spent = self._last, stems[-1].spent[self._last]
        total, moves = spent, []
        for stem, node in zip(stems[-2::-1], nodes[:0:-1], strict=True):
            position, move, spent = next(
                (before, move, weight)
                for before, weight in sorted(stem.spent.items())
                for after, move, view in self._moves[before]
                if after == position and weight + (view.weighing(stem.nodes[-1], node) or FAR) == spent
            )
            moves.append(move)
        network = self.network
        tolls = int(network.toll[self.source] + network.toll[self.target])
        return Route(
            (total // network.base - tolls) // 2,
            tuple(network.names[node] for node in nodes),
            tuple(
                tuple(
                    Hop(
                        network.predicates[network.predicate[edge]],
                        forward,
                        float(network.confidence[edge]),
                        int(network.cost[edge]),
                    )
                    for edge, forward in network.carrying(u, v, self.limits, move)
                )
                for (u, v), move in zip(pairwise(nodes), reversed(moves), strict=True)
            ),
        )

    # -------------------------------------------------------------------------------------------------- its bounds

    def _view(self, move: Move | None, *, reverse: bool = False) -> View:
        return self.network.view(self.limits, named=self.named, move=move, reverse=reverse)

    def _bounds(self) -> Bounds:
        length = self._meeting()[0] if self._wide else FAR
        if length == FAR:
            return Bounds(self.through, *self._distances())
        self._trusted = int(FARTHER * length)
        return Bounds((), *self._distances(reach=int(NEAR * length)))

    @property
    def _wide(self) -> bool:
        """Whether this is a search in a large graph without conditions on the whole path."""
        plain = self.limits.metapath is None and not self.through and self.limits.max_hops is None
        return plain and len(self.network) >= LARGE and self.source != self.target

    def _meeting(self) -> tuple[int, _Nodes]:
        views = self._view(None), self._view(None, reverse=True)
        return meeting(*views, self.source, self.target, self._check_time)

    def _distances(self, *, hops: bool = False, reach: int | None = None) -> list[Ints]:
        """From all states the least weight, or the fewest hops, to the target, and to each node that is to be passed.

        Arrays of shape (positions, nodes); see `kg.bounds.distances`.
        """
        size, positions = len(self.network), self._last + 1
        goals = [[self._last * size + self.target]]
        goals += [[position * size + node for position in range(positions)] for node in self.through]
        matrix = self._backwards()
        found = []
        for goal in goals:
            self._check_time()
            found.append(distances(matrix, goal, hops=hops, reach=reach).reshape(positions, size))
        return found

    def _backwards(self) -> csr_array:
        """The steps between states, walked backwards."""
        from scipy.sparse import block_array, csr_array

        if self.limits.metapath is None:
            return self._view(None, reverse=True).matrix
        blocks: list[list[csr_array | None]] = [[None] * (self._last + 1) for _ in range(self._last + 1)]
        for before, moves in enumerate(self._moves):
            for after, move, _ in moves:
                blocks[after][before] = self._view(move, reverse=True).matrix
        for at in range(self._last + 1):  # the shape of each row and column has to be told
            blocks[at][at] = blocks[at][at] if blocks[at][at] is not None else csr_array((len(self.network),) * 2)
        return block_array(blocks, format="csr")


def _first_repeat(nodes: _Nodes) -> int:
    """Where a node stands that stood before; the number of nodes when there is none."""
    return next((at for at, node in enumerate(nodes) if node in nodes[:at]), len(nodes))
