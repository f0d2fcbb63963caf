"""How far two nodes of a large graph are apart, from two small balls around them that meet.

Bidirectional search (Pohl 1971, "Bi-directional search"): in a graph where most nodes are a few steps apart, two balls
of half the radius hold a small part of what one ball of the whole radius does.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from kg.network import Ints, View

FAR = 1 << 60
"""Farther than any node that can be reached; the sum of two is still a 64-bit number."""


class _Ball:
    """The nodes nearest to a centre, with their distances, growing by one at a time (Dijkstra's algorithm).

    Of the steps from a node only the lightest is queued, and the next when that was taken.
    """

    def __init__(self, view: View, centre: int) -> None:
        self.view = view
        self.settled: dict[int, int] = {}
        self._heap: list[tuple[int, int, int, int, list[int], list[int]]] = []
        self._settle(centre, 0)

    @property
    def radius(self) -> int:
        """What is not settled is at least so far."""
        return self._heap[0][0] if self._heap else FAR

    def grow(self, other: _Ball) -> int:
        """Take the next step, and settle the node it leads to. What a way through that into the other ball weighs."""
        weight, node, tick, at, heads, weights = self._heap[0]
        if at + 1 < len(heads):
            heapreplace(self._heap, (weights[at + 1], heads[at + 1], tick, at + 1, heads, weights))
        else:
            heappop(self._heap)
        if node in self.settled:
            return FAR
        self._settle(node, weight)
        return weight + other.settled.get(node, FAR)

    def _settle(self, node: int, weight: int) -> None:
        self.settled[node] = weight
        row = slice(self.view.indptr[node], self.view.indptr[node + 1])
        weights = self.view.weight[row]
        order = np.argsort(weights, kind="stable")
        if len(order):
            heads, sums = self.view.head[row][order].tolist(), (weights[order] + weight).tolist()
            heappush(self._heap, (sums[0], heads[0], len(self.settled), 0, heads, sums))


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
        smaller, other = (ahead, behind) if len(ahead.settled) <= len(behind.settled) else (behind, ahead)
        best = min(best, smaller.grow(other))
    around = np.full(len(view.indptr) - 1, FAR, dtype=np.int64)
    around[list(behind.settled)] = list(behind.settled.values())
    nodes, weights = (np.array(list(each), dtype=np.int64) for each in zip(*ahead.settled.items(), strict=True))
    sizes = view.indptr[nodes + 1] - view.indptr[nodes]
    steps = np.repeat(view.indptr[nodes] - np.cumsum(sizes) + sizes, sizes) + np.arange(int(sizes.sum()))
    crossing = np.repeat(weights, sizes) + view.weight[steps] + around[view.head[steps]]
    best = min(best, int(crossing.min(initial=FAR)))
    return best, np.minimum(around, behind.radius)
