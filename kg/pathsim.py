"""PathSim: how alike two nodes are by the ways between them along a metapath (Sun, Han, Yan, Yu & Wu 2011).

    sim(x, y) = 2 M(x, y) / (M(x, x) + M(y, y))      M(x, y): in how many ways edges lead from x to y along the metapath

The metapath has to be a way there and the same way back, as `Method-uses>*<uses-Method` is. Any other is walked there
and back, so `Method-uses>*` means the same. Then M = H Hᵀ, where H counts the ways along the first half. Edges are
counted, whatever their confidence, and every parallel edge is a way of its own. A repetition with a number
(`-broader>{1,3}`) counts the ways of all those lengths.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kg.errors import UsageError
from kg.metapath import Metapath, Move

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from kg.network import Network

    Numbers = NDArray[np.float64]

BLOCK = 512
"""So many rows of H are held at a time."""


class PathSim:
    """The similarities of nodes along one metapath. `round` is the whole of it, there and back.

    Raises UsageError for a metapath with a repetition that does not end.
    """

    def __init__(self, network: Network, metapath: Metapath) -> None:
        if any(move.source == move.target for move in metapath.moves):
            raise UsageError(
                f"similarity counts the ways along {metapath.text}, and '+' has no end of them: write {{1,3}}"
            )
        self._network = network
        self._half = _half(metapath)
        self.round = metapath if self._half is not metapath else there_and_back(metapath)
        self._counts = {move: self._matrix(move) for move in self._half.moves}
        self._starts = self._of(metapath.starts)

    def scores(self, node: int) -> Numbers:
        """The similarity of each node to this one, 0…1. Raises UsageError for a node that no such metapath starts from.

        A node to which no way leads has 0.
        """
        network = self._network
        if not self._starts[node]:
            raise UsageError(
                f"{network.labels[node]} is of the class {network.kinds[node] or '(none)'}, and the metapath "
                f"{self.round.text} starts from {'|'.join(sorted(self.round.starts))}"
            )
        shared = self._shared(node)
        scores = np.zeros(len(network))
        met = np.flatnonzero((shared > 0) & self._starts)
        own = float(shared[node])
        for at in range(0, len(met), BLOCK):
            rows = met[at : at + BLOCK]
            ways = self._ways(rows)
            scores[rows] = 2 * shared[rows] / (own + ways.power(2).sum(axis=1))
        return scores

    def _shared(self, node: int) -> Numbers:
        """M(node, y) for all y."""
        at = {self._half.length: self._ways(np.array([node])).toarray()[0]}
        for move in sorted(self._half.moves, key=lambda move: -move.target):
            if move.target in at:
                at[move.source] = at.get(move.source, 0) + self._counts[move] @ at[move.target]
        shared: Numbers = at[0]
        return shared

    def _ways(self, nodes: NDArray[np.int64]) -> sparse.csr_array:
        """These rows of H."""
        size = len(self._network)
        start = (np.ones(len(nodes)), (np.arange(len(nodes)), nodes))
        at = {0: sparse.csr_array(start, shape=(len(nodes), size))}
        for move in sorted(self._half.moves, key=lambda move: move.source):
            if move.source in at:
                step = at[move.source] @ self._counts[move]
                at[move.target] = at[move.target] + step if move.target in at else step
        return at[self._half.length]

    def _matrix(self, move: Move) -> sparse.csr_array:
        """How many edges lead from each node to each other by a move."""
        network = self._network
        allowed = np.array([not move.relations or name in move.relations for name in network.predicates], dtype=bool)
        fit = allowed[network.predicate]
        both = network.symmetric[network.predicate]
        along, against = fit & (both | move.forward), fit & (both | move.backward)
        rows = np.concatenate([network.subject[along], network.object[against]])
        heads = np.concatenate([network.object[along], network.subject[against]])
        entered = self._of(move.kinds)[heads]
        size = len(network)
        ones = np.ones(int(entered.sum()))
        return sparse.csr_array((ones, (rows[entered], heads[entered])), shape=(size, size))

    def _of(self, kinds: Collection[str]) -> NDArray[np.bool_]:
        """Which nodes are of these kinds; none are all."""
        return np.array([not kinds or kind in kinds for kind in self._network.kinds], dtype=bool)


def there_and_back(metapath: Metapath) -> Metapath:
    """A metapath followed by itself the other way round."""
    kinds = _kinds(metapath)
    back = tuple(
        _turned(move, 2 * metapath.length - move.target, 2 * metapath.length - move.source, kinds[move.source])
        for move in reversed(metapath.moves)
    )
    return Metapath(
        f"{metapath.text} and back", metapath.starts, metapath.starts, metapath.moves + back, 2 * metapath.length
    )


def _half(metapath: Metapath) -> Metapath:
    """The first half of a metapath that leads there and the same way back; of any other the whole."""
    moves, kinds, length = metapath.moves, _kinds(metapath), metapath.length
    linear = [(move.source, move.target) for move in moves] == [(at, at + 1) for at in range(length)]
    if not linear or length % 2:
        return metapath
    half = length // 2
    back = tuple(_turned(moves[at], length - 1 - at, length - at, kinds[at]) for at in reversed(range(half)))
    return replace(metapath, moves=moves[:half], ends=kinds[half], length=half) if back == moves[half:] else metapath


def _kinds(metapath: Metapath) -> Mapping[int, frozenset[str]]:
    """The kinds at each position."""
    return {0: metapath.starts} | {move.target: move.kinds for move in metapath.moves}


def _turned(move: Move, source: int, target: int, kinds: frozenset[str]) -> Move:
    """A move walked the other way, between other positions."""
    return Move(source, target, move.relations, move.backward, move.forward, kinds)
