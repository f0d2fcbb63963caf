"""The cheapest tree that ties some nodes of a network together: a Steiner tree, exact where that is affordable.

    cost(tree) = the costs of its edges + the tolls of its nodes other than the terminals, those to be tied

in the units of `kg.network`, whose paths are the trees of two terminals.

First comes the 2-approximation of Mehlhorn (1988, "A faster approximation algorithm for the Steiner problem in
graphs"): one Dijkstra search from all terminals at once parts the graph among them, and a minimum spanning tree over
the cheapest ways across the borders is blown up to paths. Tolls are split between the two steps at a node,
w(u, v) = cost + toll[u]/2 + toll[v]/2, for which Mehlhorn's bound holds. A path costs the same by w as by the formula
above; a tree costs no more by the formula than by w, which counts the toll of a node that branches into d steps d/2
times. So against the best tree by the formula the bound is 2 for edges, and for a toll the larger of 2 and the number
of steps that branch there. (With tolls at will nothing better than a logarithm can be had: Klein & Ravi 1995.)

Then the tree is changed as long as that makes it cheaper: a spanning tree of all relations among its nodes, a node
dropped, a node added that is next to two of it, or the way between two branchings searched anew.

For up to `EXACT` terminals the answer is then proved or bettered by the dynamic program of Dreyfus & Wagner (1971),
in which a node's toll falls due when the tree grows beyond it. It runs on the nodes that a better tree can hold: such a
node lies on a way between its farthest terminal and some other one, which costs no more than the tree that is known.
Where the graph or what is left of it is too large for that (`MOST_STEPS`, `MOST_LIKELY`), the tree that was found is
the answer, and says that it is not `exact`.

Everything is done in whole numbers and in the order of the nodes' names: the same graph gives the same tree, in
whatever order the terminals are given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from kg.network import Constraints, Network

    Ints = NDArray[np.int64]

EXACT = 5
"""For so many terminals the cheapest tree of all is looked for."""

MOST_STEPS = 200_000
"""So many steps may a graph have in which it is looked for."""

MOST_LIKELY = 400_000
"""So many steps among the nodes that a better tree may hold, times the sets of terminals, are searched for it."""

MOST_BESIDE = 100
"""So many nodes beside a tree are tried as a part of it."""

PATIENCE = 600
"""So many changes of a tree are tried in all.

One counts as one more for every 100 nodes of the tree, and with a search for every 10,000 nodes of the graph.
"""


_FAR = 1 << 50
"""More than anything costs."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree: nodes in order, joined pairs as (less, greater) in order. `exact` when no tree is cheaper."""

    cost: int
    nodes: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    exact: bool


class Ground:
    """What a tree of these terminals may be made of: the steps that constraints leave, terminals free of toll."""

    def __init__(self, network: Network, terminals: Collection[int], constraints: Constraints) -> None:
        self.terminals: Sequence[int] = sorted(set(terminals))
        self.wanted = frozenset(self.terminals)
        view = network.view(constraints, named=self.terminals)
        self.indptr, self.head = view.indptr, view.head
        self.toll: Ints = network.toll.copy()
        self.toll[self.terminals] = 0
        self._full = network.toll
        self.base = network.base
        self._weight = view.weight
        self._known: dict[int, dict[int, int]] = {}
        size = len(network)
        free = np.zeros(size, dtype=np.int64)
        free[self.terminals] = network.toll[self.terminals]
        weight = view.weight - self.base * (np.repeat(free, np.diff(view.indptr)) + free[view.head])
        where = self.head.astype(np.int32), self.indptr.astype(np.int32)  # what scipy works with
        self.matrix = csr_array((weight.astype(np.float64), *where), shape=(size, size))

    def steps(self, u: int) -> dict[int, int]:
        """The nodes next to one, with what the step there costs, tolls aside."""
        if u not in self._known:
            self._known[u] = self.chosen_steps(u, np.arange(self.indptr[u], self.indptr[u + 1]))
        return self._known[u]

    def chosen_steps(self, u: int, rows: Ints) -> dict[int, int]:
        """Some of the steps from a node, by their places in the view."""
        heads = self.head[rows]
        costs = (self._weight[rows] // self.base - self._full[u] - self._full[heads]) // 2
        return dict(zip(heads.tolist(), costs.tolist(), strict=True))

    def toll_of(self, u: int) -> int:
        """What a tree pays for a node."""
        return int(self.toll[u])

    def parts(self) -> list[tuple[list[int], int]]:
        """The terminals that hang together, each part with its number of nodes; in order of their first terminals."""
        _, of = connected_components(self.matrix, directed=False)
        groups: dict[int, list[int]] = {}
        for terminal in self.terminals:
            groups.setdefault(int(of[terminal]), []).append(terminal)
        return [(members, int(np.count_nonzero(of == part))) for part, members in groups.items()]


def steiner_tree(ground: Ground) -> Tree | None:
    """A cheap tree that spans the terminals; None when they do not hang together."""
    nodes = _mehlhorn(ground)
    if nodes is None:
        return None
    tree = _grafted(ground, _Frame(ground, nodes))
    exact = len(ground.terminals) <= 2
    if 2 < len(ground.terminals) <= EXACT and len(ground.head) <= MOST_STEPS:
        near = _within(ground, tree.cost)
        if near is not None:
            better = _spanning(ground, _Frame(ground, _dreyfus_wagner(ground, near, tree.cost)).edges)
            assert better is not None
            tree = better if better.cost < tree.cost else tree
            exact = True
    return Tree(tree.cost, tree.nodes, tree.pairs, exact)


# ------------------------------------------------------------------------------------------------- an approximation


def _mehlhorn(ground: Ground) -> set[int] | None:
    """The nodes of Mehlhorn's tree; None when the terminals do not hang together."""
    distance, before, nearest = dijkstra(
        ground.matrix, indices=ground.terminals, return_predecessors=True, min_only=True
    )
    tail = np.repeat(np.arange(len(distance)), np.diff(ground.indptr))
    rank = np.full(len(distance), -1)
    rank[ground.terminals] = np.arange(len(ground.terminals))
    reached = nearest >= 0
    home = np.full(len(distance), -1)
    home[reached] = rank[nearest[reached]]
    border = np.flatnonzero((home[tail] < home[ground.head]) & (home[tail] >= 0))
    u, v = tail[border], ground.head[border]
    length = distance[u] + ground.matrix.data[border] + distance[v]
    pair = home[u] * len(ground.terminals) + home[v]
    least = np.full(len(ground.terminals) ** 2, np.inf)
    np.minimum.at(least, pair, length)
    best = np.flatnonzero(length == least[pair])
    ways = sorted(zip(length[best].tolist(), pair[best].tolist(), u[best].tolist(), v[best].tolist(), strict=True))
    joined = _Union()
    nodes = set(ground.terminals)
    for _, _, a, b in ways:
        if joined.join(int(home[a]), int(home[b])):
            nodes.update(_back(before, a))
            nodes.update(_back(before, b))
    return nodes if len({joined.top(number) for number in range(len(ground.terminals))}) == 1 else None


def _back(before: NDArray[np.int32], node: int) -> Iterator[int]:
    """Yield a node and those that a search came by."""
    while node >= 0:
        yield node
        node = int(before[node])


class _Union:
    """Sets that are united (union-find)."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def top(self, node: int) -> int:
        above = self._above.setdefault(node, node)
        while above != node:
            self._above[node] = self._above.setdefault(above, above)
            node, above = above, self._above[above]
        return node

    def join(self, a: int, b: int) -> bool:
        """Unite the sets of two nodes; false when they are one already."""
        first, second = self.top(a), self.top(b)
        self._above[second] = first
        return first != second


_Edges = list[tuple[int, int, int]]
"""Edges as (cost, less, greater), in order."""


class _Frame:
    """Some nodes with all edges among them."""

    def __init__(self, ground: Ground, nodes: Iterable[int]) -> None:
        self.nodes = set(nodes)
        steps = ((u, ground.steps(u)) for u in self.nodes)
        self.edges: _Edges = sorted((each[v], u, v) for u, each in steps for v in each.keys() & self.nodes if u < v)


def _spanning(ground: Ground, edges: _Edges) -> Tree | None:
    """The cheapest tree of these edges that spans the terminals, less what only hangs on; None if there is none."""
    joined = _Union()
    beside: dict[int, dict[int, int]] = {terminal: {} for terminal in ground.terminals}
    for cost, u, v in edges:
        if joined.join(u, v):
            beside.setdefault(u, {})[v] = beside.setdefault(v, {})[u] = cost
    root = joined.top(ground.terminals[0])
    if any(joined.top(terminal) != root for terminal in ground.terminals):
        return None
    kept = {u for u in beside if joined.top(u) == root}
    loose = [u for u in kept if len(beside[u]) < 2 and u not in ground.wanted]
    while loose:
        u = loose.pop()
        kept.discard(u)
        for v in beside.pop(u):
            del beside[v][u]
            if len(beside[v]) == 1 and v not in ground.wanted:
                loose.append(v)
    pairs = tuple(sorted((u, v) for u in kept for v in beside[u] if u < v))
    cost = sum(beside[u][v] for u, v in pairs) + sum(ground.toll_of(u) for u in kept)
    return Tree(cost, tuple(sorted(kept)), pairs, exact=False)


# ------------------------------------------------------------------------------------------------------ improvement


def _grafted(ground: Ground, frame: _Frame) -> Tree:
    """A tree that is made cheaper as long as a change helps, and as there is patience left."""
    tree = _spanning(ground, frame.edges)
    assert tree is not None
    patience = PATIENCE
    changed = len(ground.terminals) > 2  # the cheapest path is what the search began with
    while changed:
        changed = False
        frame = _Frame(ground, tree.nodes)
        for edges, price in _changes(ground, tree, frame):
            patience -= price + len(tree.nodes) // 100
            other = _spanning(ground, edges)
            if other is not None and other.cost < tree.cost:
                tree, changed = other, True
                break
            if patience <= 0:
                return tree
    return tree


def _changes(ground: Ground, tree: Tree, frame: _Frame) -> Iterator[tuple[_Edges, int]]:
    """Yield the edges of which trees that are much like this one can be made, and what patience that takes."""
    yield frame.edges, 1
    for u in tree.nodes:
        if u not in ground.wanted:
            yield [edge for edge in frame.edges if u not in edge[1:]], 1
    own = [(ground.steps(u)[v], u, v) for u, v in tree.pairs]
    for u in _beside(ground, frame.nodes)[:MOST_BESIDE]:
        steps = ground.steps(u)
        yield sorted([*own, *((steps[v], min(u, v), max(u, v)) for v in frame.nodes & steps.keys())]), 1
    for stretch, one, other in _stretches(ground, tree):
        nodes = (frame.nodes - set(stretch[1:-1])) | _way(ground, one, other, stretch)
        yield _Frame(ground, nodes).edges, 1 + len(ground.toll) // 10_000


def _beside(ground: Ground, nodes: set[int]) -> list[int]:
    """Nodes next to two or more of these, those next to most of them first."""
    count: Counter[int] = Counter()
    for u in nodes:
        count.update(ground.steps(u).keys() - nodes)
    return sorted((v for v, times in count.items() if times > 1), key=lambda v: (-count[v], v))


def _stretches(ground: Ground, tree: Tree) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """Yield the ways between branchings and terminals, each with the nodes of the tree on both sides of it."""
    beside: dict[int, list[int]] = {u: [] for u in tree.nodes}
    for u, v in tree.pairs:
        beside[u].append(v)
        beside[v].append(u)
    keys = {u for u in tree.nodes if len(beside[u]) > 2} | set(ground.terminals)
    for key in sorted(keys):
        for first in beside[key]:
            way = [key, first]
            while way[-1] not in keys:
                way.append(next(v for v in beside[way[-1]] if v != way[-2]))
            if key < way[-1]:
                yield way, _side(beside, key, first), _side(beside, way[-1], way[-2])


def _side(beside: dict[int, list[int]], key: int, without: int) -> list[int]:
    """The nodes on the side of `key` when the step from it to `without` is taken away."""
    found, left = {key}, [key]
    while left:
        u = left.pop()
        for v in beside[u]:
            if v not in found and not (u == key and v == without):
                found.add(v)
                left.append(v)
    return sorted(found)


def _way(ground: Ground, one: list[int], other: list[int], known: list[int]) -> set[int]:
    """The nodes of the lightest way between two sets of nodes, which is no heavier than a known one."""
    costs = sum(ground.steps(u)[v] for u, v in pairwise(known))
    limit = 2 * costs + int(2 * ground.toll[known].sum()) + 1
    distance, before, _ = dijkstra(
        ground.matrix, indices=one, return_predecessors=True, min_only=True, limit=float(limit * ground.base)
    )
    end = min(other, key=lambda u: (distance[u], u))
    return set(_back(before, end))


# ----------------------------------------------------------------------------------------------------------- exactly


@dataclass(frozen=True, slots=True)
class _Likely:
    """The nodes that a better tree can hold: their steps among each other, their tolls, and how far terminals are.

    `away[v]` has for each terminal the cost of the path there from v, the toll of v included.
    """

    steps: dict[int, dict[int, int]]
    toll: dict[int, int]
    away: dict[int, tuple[int, ...]]


def _within(ground: Ground, cost: int) -> _Likely | None:
    """The nodes that a tree of this cost can hold; None where they are too many."""
    limit = (2 * cost + 1) * ground.base
    twice = np.floor(dijkstra(ground.matrix, indices=ground.terminals, limit=float(limit)) / ground.base)
    possible = twice.max(axis=0) + twice.min(axis=0) <= 2 * cost  # the toll of the node is in each distance once
    possible[ground.terminals] = True
    nodes = np.flatnonzero(possible)
    left = MOST_LIKELY >> (len(ground.terminals) - 1)
    steps = {}
    for u in nodes.tolist():
        rows = np.arange(ground.indptr[u], ground.indptr[u + 1])
        steps[u] = ground.chosen_steps(u, rows[possible[ground.head[rows]]])
        left -= len(steps[u])
        if left < 0:
            return None
    toll = ground.toll[nodes]
    away = (np.minimum(twice[:, nodes], float(_FAR)).astype(np.int64) + toll) // 2
    return _Likely(
        steps,
        dict(zip(nodes.tolist(), toll.tolist(), strict=True)),
        dict(zip(nodes.tolist(), map(tuple, away.T.tolist()), strict=True)),
    )


def _dreyfus_wagner(ground: Ground, likely: _Likely, most: int) -> set[int]:
    """The nodes of the cheapest tree, which costs no more than `most`.

    `best[some][v]` is the cost of the cheapest tree over v and some of the terminals, as bits, the toll of v left out.
    Trees that with the way to the farthest terminal that they lack cost more than `most` are dropped.
    """
    *others, root = ground.terminals
    everything = (1 << len(others)) - 1
    best: list[dict[int, int]] = [{}]
    came: list[dict[int, tuple[int, int]]] = [{}]  # a node that the tree grew from, or the bits of one of two trees
    for some in range(1, everything + 1):
        lacking = [number for number in range(len(others)) if not some >> number & 1] + [len(others)]
        spare = {u: most - max(away[number] for number in lacking) for u, away in likely.away.items()}
        start: dict[int, int] = {}
        source: dict[int, tuple[int, int]] = {}
        if some & (some - 1) == 0:
            start[others[some.bit_length() - 1]] = 0
        part = (some - 1) & some
        while 2 * part > some:  # each split once
            first, second = best[part], best[some ^ part]
            for v in first.keys() & second.keys():
                cost = first[v] + second[v]
                if cost <= spare[v] and cost < start.get(v, _FAR):
                    start[v], source[v] = cost, (-1, part)
            part = (part - 1) & some
        best.append(_grown(likely, start, source, spare))
        came.append(source)
    return set(_unrolled(came, root, everything)) | ground.wanted


def _grown(
    likely: _Likely, start: dict[int, int], source: dict[int, tuple[int, int]], spare: dict[int, int]
) -> dict[int, int]:
    """The cost of trees that grew from those of `start` by Dijkstra's rule; where from is noted in `source`."""
    heap = sorted((cost, v) for v, cost in start.items())
    tentative = dict(start)
    done: dict[int, int] = {}
    while heap:
        cost, u = heappop(heap)
        if u in done:
            continue
        done[u] = cost
        passed = cost + likely.toll[u]
        for v, step in likely.steps[u].items():
            reached = passed + step
            if reached <= spare[v] and reached < tentative.get(v, _FAR):
                tentative[v] = reached
                source[v] = u, 0
                heappush(heap, (reached, v))
    return done


def _unrolled(came: list[dict[int, tuple[int, int]]], root: int, everything: int) -> Iterator[int]:
    """Yield the nodes of a tree."""
    left = [(root, everything)]
    while left:
        node, some = left.pop()
        yield node
        if node in came[some]:
            before, part = came[some][node]
            left += [(node, part), (node, some ^ part)] if before < 0 else [(before, some)]
