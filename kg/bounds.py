"""Lower bounds of what is still ahead of a path: distances to its end, whole or in a ball around it.

How far two nodes of a large graph are apart is told by two small balls around them that meet: bidirectional search
(Pohl 1971, "Bi-directional search"). Where most nodes are a few steps apart, two balls of half the radius hold a small
part of what one ball of the whole radius does.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy.sparse import csr_array

    from kg.network import Ints, View

FAR = 1 << 60
"""Farther than any node that can be reached; the sum of two is still a 64-bit number."""

AT_ONCE = 12
"""So many steps from a node are queued at a time."""


def distances(backwards: csr_array, goals: list[int], *, hops: bool = False, reach: int | None = None) -> Ints:
    """From all nodes the least weight, or the fewest hops, to the nearest of some goals; FAR where there is no way.

    `backwards` are the steps, walked backwards. What is not within `reach` is given that, a lower bound.
    """
    from scipy.sparse.csgraph import dijkstra

    limit = np.inf if reach is None else reach
    found = dijkstra(backwards, indices=goals, min_only=True, unweighted=hops, limit=limit)
    known = np.isfinite(found)
    whole = np.full(found.shape, FAR if reach is None else reach, dtype=np.int64)
    whole[known] = found[known].astype(np.int64)
    return whole


class Bounds:
    """Lower bounds of what is still ahead of a state: to the target, by way of the nodes that are still to be passed.

    Each of them bounds what is ahead by the way to it and on from it; the largest counts. For one that is exact.
    """

    def __init__(self, through: Sequence[int], target: Ints, *passing: Ints) -> None:
        self._target = target
        self._passing = [
            np.minimum(ahead + target[:, node].min(), FAR) for node, ahead in zip(through, passing, strict=True)
        ]
        self._rows: dict[tuple[int, int], Ints] = {}

    def row(self, position: int, passed: int) -> Ints:
        """The bounds at a position of the metapath for all nodes, given which nodes were passed."""
        found = self._rows.get((position, passed))
        if found is None:
            found = self._target[position]
            for at, ahead in enumerate(self._passing):
                if not passed >> at & 1:
                    found = np.maximum(found, ahead[position])
            self._rows[position, passed] = found
        return found


class _Ball:
    """The nodes nearest to a centre, with their distances, growing by one at a time (Dijkstra's algorithm).

    Of the steps from a node only the lightest is queued, and the next when that was taken.
    """

    __slots__ = ("_heads", "_heap", "_starts", "_taken", "_weights", "radius", "settled")

    def __init__(self, view: View, centre: int) -> None:
        self._starts = view.starts
        self._heads, self._weights = view.lightest
        self.settled = {centre: 0}
        self._taken: dict[int, int] = {}
        self._heap: list[tuple[int, int, int, list[int], list[int]]] = []
        self._queue(centre, 0)
        self.radius = self._heap[0][0] if self._heap else FAR
        """What is not settled is at least so far."""

    def grow(self, other: _Ball) -> int:
        """Take the next step, and settle the node it leads to. What a way through that into the other ball weighs."""
        settled, heap = self.settled, self._heap
        weight, centre, at, heads, weights = heap[0]
        node = heads[at]
        at += 1
        if at < len(heads):
            heapreplace(heap, (settled[centre] + weights[at], centre, at, heads, weights))
        else:
            heappop(heap)
            self._queue(centre, self._taken[centre])
        new = node not in settled
        if new:
            settled[node] = weight
            self._queue(node, 0)
        self.radius = heap[0][0] if heap else FAR
        return weight + other.settled.get(node, FAR) if new else FAR

    def _queue(self, node: int, taken: int) -> None:
        """Queue the next steps from a node, some at a time: the rows of hubs are long."""
        first, last = self._starts[node] + taken, self._starts[node + 1]
        if first < last:
            end = min(first + AT_ONCE, last)
            self._taken[node] = taken + end - first
            weights = self._weights[first:end].tolist()
            entry = self.settled[node] + weights[0], node, 0, self._heads[first:end].tolist(), weights
            heappush(self._heap, entry)


def meeting(view: View, back: View, source: int, target: int, check: Callable[[], None]) -> tuple[int, Ints]:
    """What the best path between two different nodes weighs (FAR: there is none), and lower bounds of the distances
    of all nodes to the target. `back` is the view walked backwards; `check` is called on the way, and may raise.

    The balls have met when their radii together reach the length of a path. A path that was not seen by then is not
    shorter, or steps from one ball right into the other by a step that neither has taken: those are looked at last.
    """
    ahead, behind = _Ball(view, source), _Ball(back, target)
    best = FAR
    while (reach := ahead.radius + behind.radius) < best and reach < FAR:
        check()
        forward = len(ahead.settled) <= len(behind.settled)
        found = ahead.grow(behind) if forward else behind.grow(ahead)
        if found < best:
            best = found
    around = np.full(len(view.indptr) - 1, FAR, dtype=np.int64)
    around[list(behind.settled)] = list(behind.settled.values())
    nodes, weights = (np.array(list(each), dtype=np.int64) for each in zip(*ahead.settled.items(), strict=True))
    sizes = view.indptr[nodes + 1] - view.indptr[nodes]
    steps = np.repeat(view.indptr[nodes] - np.cumsum(sizes) + sizes, sizes) + np.arange(int(sizes.sum()))
    crossing = np.repeat(weights, sizes) + view.weight[steps] + around[view.head[steps]]
    best = min(best, int(crossing.min(initial=FAR)))
    return best, np.minimum(around, behind.radius)
