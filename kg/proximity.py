"""How near the nodes of a typed multigraph are to one of them, by several measures: numbers only, over sparse matrices.

With W the symmetric matrix of the confidences between two nodes, summed over parallel edges, and s its row sums:

    walk        p(x)[y]: where a walker from x is in the long run who restarts at x with the chance c at each step, and
                else takes an edge in proportion to its confidence:   p = c e_x + (1 - c) Wᵀ D⁻¹ p
    levelled    p(x)[y] · (s(x) / s(y)) ^ level, so that hubs do not come first because they are hubs
    metapaths   2 m(x, y) / (m(x, x) + m(y, y)) with m(x, y) = sum of 1 / log₂(1 + d) over what x and y have in common:
                (predicate, direction, z) such that both stand in this relation to z, as d nodes do
    traffic     s(x) · p(x)[y], the same from y to x as from x to y; of all pairs at once only its walks of two steps

The walk is random walk with restart (Tong, Faloutsos & Pan 2006), personalised PageRank with one node as its person.
The metapaths are PathSim (Sun, Han, Yan, Yu & Wu 2011) over all metapaths of two equal relations, X-p>Z<p-X and
X<p-Z-p>X, taken together, each instance weighted by how much its middle tells (Adamic & Adar 2003). Traffic in two
steps is resource allocation (Zhou, Lü & Zhang 2009) with weights.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kg.network import Network

    Numbers = NDArray[np.float64]
    Indices = NDArray[np.int64]

RESTART = 0.15
"""The chance that the walker restarts at each step."""

LEVEL = 0.25
"""How much a node's strength is held against it: 0 is the walk itself, 1 its lift over the walk without a start."""

TOLERANCE = 1e-10
"""How far a solution may be from the exact one, as the length of the difference."""

LEAST = 1e-6
"""The least weight of an edge: what nobody believes is an edge all the same."""

MIDDLE = 200
"""Pairs are sought through nodes with at most so many neighbours: others say next to nothing of the pairs they join."""


class Proximity:
    """The measures over one graph. Each gives a score for every node; that of the node itself means nothing."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.size = n = len(network)
        ends = np.concatenate([network.subject, network.object]), np.concatenate([network.object, network.subject])
        confidence = np.maximum(network.confidence, LEAST)
        self.weights = sparse.csr_array((np.tile(confidence, 2), ends), shape=(n, n))
        """W."""
        self.weights.sum_duplicates()
        self.strength: Numbers = np.asarray(self.weights.sum(axis=1))
        self._divisor = np.where(self.strength > 0, self.strength, 1)

    def neighbours(self, node: int) -> Indices:
        """The nodes that an edge joins to this one, in order."""
        return self._row(node)[0]

    # ------------------------------------------------------------------------------------------------------ walk

    def walk(self, node: int, restart: float = RESTART) -> Numbers:
        """The probabilities of a random walk with restart from a node; they sum to 1.

        A walker at a node without edges stays there.
        """
        return self.levelled(node, restart, level=0)

    def levelled(self, node: int, restart: float = RESTART, level: float = LEVEL) -> Numbers:
        """The walk with each node's probability divided by its strength to the power of `level`.

        With ½ the score of y for x is that of x for y, and 1 is the lift over the walk that has forgotten its start.
        """
        if not self.strength[node]:
            return _unit(self.size, node)
        relative = self._divisor / self.strength[node]
        scores: Numbers = solution(self._symmetric, node, restart) * relative ** (0.5 - level)
        return scores

    @cached_property
    def _symmetric(self) -> sparse.csr_array:
        """S = D^-½ W D^-½, with whose solution x of x = c e + (1 - c) S x the walk is D^½ x / D^½[start]."""
        root = 1 / np.sqrt(self._divisor)
        return self._like(self.weights.data * root[self._rows] * root[self.weights.indices])

    @cached_property
    def _rows(self) -> NDArray[np.int32]:
        """Of each number in W the row."""
        return np.repeat(np.arange(self.size, dtype=np.int32), self._network.neighbours)

    def _like(self, data: Numbers) -> sparse.csr_array:
        """A matrix with other numbers in the places of W."""
        return sparse.csr_array((data, self.weights.indices, self.weights.indptr), shape=self.weights.shape)

    def ways(self, node: int, restart: float = RESTART) -> NDArray[np.int32]:
        """Of each node the one before it on the most probable way of a walker from `node`; negative where none is."""
        chances = (1 - restart) * self.weights.data / self.strength[self._rows]
        _, before = csgraph.dijkstra(self._like(-np.log(chances)), indices=node, return_predecessors=True)
        found: NDArray[np.int32] = before
        return found

    # ------------------------------------------------------------------------------------------------- metapaths

    @cached_property
    def traits(self) -> sparse.csr_array:
        """What relations each node stands in: 1 at (x, (2 predicate + direction) n + z), however often it does.

        The direction is 0 when x is the subject, and always for symmetric predicates.
        """
        network, n = self._network, self.size
        predicate = network.predicate.astype(np.int64)
        backwards = np.where(network.symmetric[predicate], 0, 1)
        trait = np.concatenate([2 * predicate * n + network.object, (2 * predicate + backwards) * n + network.subject])
        rows = np.concatenate([network.subject, network.object])
        shape = (n, 2 * len(network.predicates) * n)
        found = sparse.csr_array((np.ones(len(rows)), (rows, trait)), shape=shape)
        found.sum_duplicates()
        found.data[:] = 1
        return found

    @cached_property
    def telling(self) -> Numbers:
        """What each trait tells of those who have it: 1 / log₂(1 + d) for d of them."""
        counts = np.bincount(self.traits.indices, minlength=self.traits.shape[1])
        weights: Numbers = 1 / np.log2(1 + np.maximum(counts, 1))
        return weights

    @cached_property
    def _by_trait(self) -> sparse.csc_array:
        return self.traits.tocsc()

    @cached_property
    def _own(self) -> Numbers:
        """m(x, x) of each x."""
        own: Numbers = self.traits @ self.telling
        return own

    def traits_of(self, node: int) -> Indices:
        """The columns of `traits` in which a node has a 1, in order."""
        first, last = self.traits.indptr[node], self.traits.indptr[node + 1]
        found: Indices = self.traits.indices[first:last].astype(np.int64)
        return found

    def metapaths(self, node: int) -> Numbers:
        """PathSim over all metapaths of two equal relations, 0…1."""
        mine = self.traits_of(node)
        shared: Numbers = self._by_trait[:, mine] @ self.telling[mine]
        total = self._own + self._own[node]
        scores: Numbers = np.divide(2 * shared, total, out=np.zeros(self.size), where=total > 0)
        return scores

    # ----------------------------------------------------------------------------------------------------- pairs

    def shared(self, one: int, other: int) -> tuple[Indices, Numbers]:
        """The common neighbours of two nodes, and the part of the traffic between them that goes through each."""
        mine, theirs = self._row(one), self._row(other)
        both, at, there = np.intersect1d(mine[0], theirs[0], assume_unique=True, return_indices=True)
        return both, mine[1][at] * theirs[1][there] / self.strength[both]

    def _row(self, node: int) -> tuple[Indices, Numbers]:
        first, last = self.weights.indptr[node], self.weights.indptr[node + 1]
        return self.weights.indices[first:last].astype(np.int64), self.weights.data[first:last]

    def pairs(self, most: int, allowed: NDArray[np.bool_], block: int = 1000) -> list[tuple[float, int, int]]:
        """The `most` pairs of allowed nodes without an edge that have most traffic in two steps, as (traffic, x, y).

        x < y; of equal ones the first by number. Rows are multiplied `block` at a time, to bound the memory.
        """
        middle = np.where(self._network.neighbours <= MIDDLE, 1 / self._divisor, 0)
        onwards = self._like(self.weights.data * middle[self._rows])
        best: list[tuple[float, int, int]] = []
        for start in range(0, self.size, block):
            rows = self.weights[start : start + block]
            found = (rows @ onwards).tocoo()
            x, y = found.row.astype(np.int64) + start, found.col.astype(np.int64)
            joined = rows.tocoo()
            known = np.isin(x * self.size + y, (joined.row.astype(np.int64) + start) * self.size + joined.col)
            fit = (x < y) & ~known & allowed[x] & allowed[y]
            x, y, traffic = x[fit], y[fit], np.round(found.data[fit], 9)
            order = np.lexsort((y, x, -traffic))[:most]
            best += zip(traffic[order].tolist(), x[order].tolist(), y[order].tolist(), strict=True)
        return sorted(best, key=lambda pair: (-pair[0], pair[1], pair[2]))[:most]


def solution(matrix: sparse.csr_array, node: int, restart: float) -> Numbers:
    """The x with x = c e + (1 - c) S x for a symmetric S with eigenvalues in -1…1, to `TOLERANCE`.

    Power iteration, x ← c e + (1 - c) S x, in Chebyshev's semi-iterative form (Golub & Varga 1961): the same products,
    each step with its share of the step before, so that a quarter of them is enough. No eigenvalue of I - (1 - c) S is
    less than c: the error is at most the residual divided by c.
    """
    start = restart * _unit(matrix.shape[0], node)
    radius = (1 - restart) ** 2
    before, x = start, start + (1 - restart) * (matrix @ start)
    share = 2 / (2 - radius)
    while True:
        following: Numbers = start + (1 - restart) * (matrix @ x)
        if float(np.square(following - x).sum()) <= (TOLERANCE * restart) ** 2:
            return following
        before, x = x, before + share * (following - before)
        share = 1 / (1 - radius * share / 4)


def ranks(scores: Numbers) -> Numbers:
    """The ranks of scores, the highest first; equal ones share the mean of the ranks that they take together.

    >>> ranks(np.array([0.5, 0.9, 0.5, 0.1])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    _, group, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Numbers = (last - (counts - 1) / 2)[group]
    return shared


def _unit(size: int, node: int) -> Numbers:
    unit = np.zeros(size)
    unit[node] = 1
    return unit
