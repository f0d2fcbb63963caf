"""The links of a graph as columns: what the figures of `kg.analytics` are computed on.

A link joins two concepts between which there is a relation, whatever its kind and direction; it weighs what its
relations weigh together. The sum of their confidences is the number of true relations to be expected between the two.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import igraph
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    AnyInts = NDArray[np.integer]

SEED = 20
"""Of all that is drawn by lot, as `kg.layout` has it: the same graph gives the same figures."""


@dataclass(frozen=True)
class Ties:
    """The links among the nodes 0…`size`-1, each once, by (`first`, `second`); `first` < `second`.

    `weight` is the sum of the confidences of a link's relations, `cost` the cost of its cheapest in thousandths of a
    hop (see `kg.network`), `count` their number.
    """

    size: int
    first: Ints
    second: Ints
    weight: Floats
    cost: Ints
    count: Ints

    @classmethod
    def of(cls, size: int, subject: AnyInts, object: AnyInts, confidence: Floats, cost: Ints) -> Ties:
        """The links of `size` nodes that these relations make; relations of a node to itself count nothing."""
        kept = np.flatnonzero(subject != object)
        low = np.minimum(subject[kept], object[kept]).astype(np.int64)
        high = np.maximum(subject[kept], object[kept]).astype(np.int64)
        order = np.lexsort((confidence[kept], cost[kept], high, low))  # sums are then the same in whatever order given
        low, high, kept = low[order], high[order], kept[order]
        starts = np.flatnonzero(np.diff(low, prepend=-1) | np.diff(high, prepend=-1))
        if not len(starts):
            none = np.zeros(0, dtype=np.int64)
            return cls(size, none, none, np.zeros(0), none, none)
        return cls(
            size,
            low[starts],
            high[starts],
            np.add.reduceat(confidence[kept].astype(np.float64), starts),
            cost[kept][starts].astype(np.int64),
            np.diff(np.append(starts, len(kept))),
        )

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def graph(self) -> igraph.Graph:
        """The links as an undirected simple graph; its edges are in the order of the links."""
        import igraph

        return igraph.Graph(n=self.size, edges=np.column_stack((self.first, self.second)))

    def at_ends(self, values: NDArray[np.generic]) -> Floats:
        """For each node the sum of a column over its links."""
        found = np.bincount(self.first, values, self.size) + np.bincount(self.second, values, self.size)
        return found.astype(np.float64)

    @cached_property
    def strength(self) -> Floats:
        """For each node the weight of its links."""
        return self.at_ends(self.weight)

    @cached_property
    def neighbours(self) -> Ints:
        """For each node how many others it is linked to."""
        return self.at_ends(np.ones(len(self))).astype(np.int64)


@contextmanager
def seeded() -> Iterator[None]:
    """Within it igraph draws the same lots each time."""
    import igraph

    igraph.set_random_number_generator(random.Random(SEED))
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)
