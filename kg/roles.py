"""Which relation two nodes most likely have, if they have one: from their classes and from the relations of each.

A role is a predicate with a direction, as seen from the first of the two. Of all relations between nodes of their two
classes some share is of each role; a node that is used by everything is more likely to be used once more. With k the
class of x, and r⁻¹ the role r as the other sees it:

    P(r | x, y)  ∝  P(r | k(x), k(y)) · P(r | x) / P(r | k(x)) · P(r⁻¹ | y) / P(r⁻¹ | k(y))

each share smoothed by what is known without it: `SMOOTHING` relations are added to those that were counted, divided as
the coarser shares say. `benchmarks/links.py` measures how often the first role is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kg.network import Network

    Numbers = NDArray[np.float64]

SMOOTHING = 5.0
"""How many relations the coarser shares count for."""


class Roles:
    """The chances of roles between the nodes of a graph; a role is 2 · predicate, and 1 more seen from the object."""

    def __init__(self, network: Network) -> None:
        classes = {name: number for number, name in enumerate(sorted(set(network.kinds)))}
        self._class = kind = np.array([classes[name] for name in network.kinds], np.int64)
        predicate = network.predicate.astype(np.int64)
        symmetric = network.symmetric
        count = 2 * len(network.predicates)
        self._inverse = np.array([role if symmetric[role // 2] else role ^ 1 for role in range(count)], np.int64)
        ends = np.concatenate([network.subject, network.object])
        others = np.concatenate([network.object, network.subject])
        role = np.concatenate([2 * predicate, self._inverse[2 * predicate]])
        self._of_node = np.zeros((len(network), count), np.float32)
        np.add.at(self._of_node, (ends, role), 1)
        of_class, self._of_pair = np.zeros((len(classes), count)), np.zeros((len(classes), len(classes), count))
        np.add.at(of_class, (kind[ends], role), 1)
        np.add.at(self._of_pair, (kind[ends], kind[others], role), 1)
        usual = np.bincount(role, minlength=count) + 0.5
        self._usual = usual / usual.sum()
        self._of_class = np.array([_smoothed(counts, self._usual) for counts in of_class])

    def chances(self, one: int, other: int) -> Numbers:
        """The probability of each role of `one` towards `other`, given that they have a relation."""
        mine, theirs = self._of_class[self._class[one]], self._of_class[self._class[other]]
        expected = mine * theirs[self._inverse] / self._usual
        pair = _smoothed(self._of_pair[self._class[one], self._class[other]], expected / expected.sum())
        own = _smoothed(self._of_node[one], mine) / mine
        others = _smoothed(self._of_node[other], theirs) / theirs
        chances = pair * own * others[self._inverse]
        shares: Numbers = chances / chances.sum()
        return shares

    def likeliest(self, one: int, other: int) -> tuple[int, bool, float]:
        """The likeliest relation: the number of its predicate, whether `one` is its subject, and its probability.

        Of equal ones the first in the order of predicates.
        """
        chances = np.round(self.chances(one, other), 9)
        role = int(chances.argmax())
        return role // 2, role % 2 == 0, float(chances[role])


def _smoothed(counts: NDArray[np.floating], expected: Numbers) -> Numbers:
    shares: Numbers = (counts + SMOOTHING * expected) / (counts.sum() + SMOOTHING)
    return shares
