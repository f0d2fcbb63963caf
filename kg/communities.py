"""Which concepts belong together, what to call them, and where such groups have no link that one would expect.

Communities are found by the Leiden method (Traag, Waltman and van Eck 2019, "From Louvain to Leiden"), which maximises
modularity (Newman and Girvan 2004): the share of the weight of links that lies within communities, less the share that
would lie there if links fell as the strengths of concepts alone have it (the configuration model). A subject field
pulls its concepts together like half a certain relation to something that all of them share.

The same model tells a structural gap: between groups of strength K and L, in a graph whose links weigh W, one expects

    K * L / 2W

and a gap is where there is less than half of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kg.names import content_words
from kg.ties import seeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kg.ties import Floats, Ints, Ties

PULL = 0.5
"""What the tie of a concept to its field weighs; so relations have the last word."""
ROUNDS = ((200_000, 10), (1 << 62, 2))
"""Up to so many links so many rounds of the method; more improve little.

"Until nothing improves" is not asked for: igraph 1.0 can go to and fro for ever between two equally good divisions.
"""
NAMED_BY = 3
"""So many concepts make a name."""
CONNECTED = 150
"""Gaps are looked for among so many groups, the strongest."""
HUBS = 12
"""Of each side of a gap so many concepts are tried as its ends."""


def communities(ties: Ties, fields: Sequence[Sequence[str]]) -> Ints:
    """The number of each node's community, the largest community being 0, and -1 where there is no link.

    `fields` are the subject fields of each node.
    """
    import igraph

    if not len(ties):
        return np.full(ties.size, -1, dtype=np.int64)
    numbers = {name: ties.size + at for at, name in enumerate(sorted({name for each in fields for name in each}))}
    pulls = [(node, numbers[name]) for node, each in enumerate(fields) for name in sorted(set(each))]
    edges = np.concatenate((np.column_stack((ties.first, ties.second)), np.array(pulls, np.int64).reshape(-1, 2)))
    weights = ties.weight.tolist() + [PULL] * len(pulls)
    graph = igraph.Graph(n=ties.size + len(numbers), edges=edges)
    rounds = next(rounds for most, rounds in ROUNDS if len(ties) <= most)
    with seeded():
        found = graph.community_leiden(objective_function="modularity", weights=weights, n_iterations=rounds)
    member = np.array(found.membership[: ties.size], dtype=np.int64)
    member[ties.neighbours == 0] = -1
    return _by_size(member)


def _by_size(member: Ints) -> Ints:
    """Groups numbered anew, the largest first, equal ones by their first node; -1 stays."""
    linked = np.flatnonzero(member >= 0)
    groups, first, which, sizes = np.unique(member[linked], return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(groups), dtype=np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(groups))
    numbered = np.full(len(member), -1, dtype=np.int64)
    numbered[linked] = rank[which]
    return numbered


def field_groups(ties: Ties, fields: Sequence[Sequence[str]]) -> tuple[Ints, list[str]]:
    """The number of each node's field, -1 for none, and the fields, sorted.

    A node of several fields counts for the one with most nodes. One without a field, such as a concept that has no
    entry of its own, counts for that which it is linked to most.
    """
    count = Counter(name for each in fields for name in set(each))
    names = sorted(count)
    numbers = {name: at for at, name in enumerate(names)}
    member = np.array(
        [numbers[min(each, key=lambda name: (-count[name], name))] if each else -1 for each in fields], dtype=np.int64
    ).reshape(-1)
    ends = np.concatenate((ties.first, ties.second)), np.concatenate((ties.second, ties.first))
    open_ends = np.flatnonzero((member[ends[0]] < 0) & (member[ends[1]] >= 0))
    node, field = ends[0][open_ends], member[ends[1][open_ends]]
    pairs, which = np.unique(node * max(len(names), 1) + field, return_inverse=True)
    weight = np.bincount(which, np.tile(ties.weight, 2)[open_ends], len(pairs))
    node, field = pairs // max(len(names), 1), pairs % max(len(names), 1)
    order = np.lexsort((-field, weight, node))  # the last of each node is its heaviest
    member[node[order]] = field[order]
    return member, names


def modularity(ties: Ties, member: Ints) -> float:
    """The modularity of a division of the nodes, from -0.5 to 1; 0 for a graph without links."""
    total = float(ties.weight.sum())
    if not total:
        return 0.0
    inner = float(ties.weight[member[ties.first] == member[ties.second]].sum())
    linked = member >= 0
    strength = np.bincount(member[linked], ties.strength[linked])
    return inner / total - float(((strength / (2 * total)) ** 2).sum())


def distinct_names(groups: Sequence[Sequence[str]], fields: Sequence[str]) -> list[str]:
    """A name for each group, no two alike: the field that it shares, if any, and up to three concepts.

    `groups` are the labels of the concepts that may name a group, the best first. A label is passed over that has all
    words of another in the name, or the other way round: it would tell nothing more. A name that another group has is
    made longer.

    >>> distinct_names([["Raft", "Raft log", "Paxos"], ["Saga"]], ["consensus", ""])
    ['consensus: Raft, Paxos', 'Saga']
    """
    taken: set[str] = set()
    names = []
    for labels, field in zip(groups, fields, strict=True):
        chosen = _telling(labels)
        name = _named(field, chosen)
        for label in [label for label in labels if label not in chosen]:
            if name not in taken:
                break
            chosen.append(label)
            name = _named(field, chosen)
        number = 2
        while name in taken:
            name = f"{_named(field, chosen)} ({number})"
            number += 1
        taken.add(name)
        names.append(name)
    return names


def _named(field: str, labels: Sequence[str]) -> str:
    return f"{field}: {', '.join(labels)}" if field else ", ".join(labels)


def _telling(labels: Iterable[str]) -> list[str]:
    chosen: dict[str, frozenset[str]] = {}
    for label in labels:
        words = content_words(label)
        if len(chosen) < NAMED_BY and not any(words <= other or other <= words for other in chosen.values()):
            chosen[label] = words
    return list(chosen) or list(labels)[:1]


@dataclass(frozen=True, slots=True)
class Lack:
    """Two groups with less weight between them than expected."""

    first: int
    second: int
    weight: float
    expected: float


def lacks(ties: Ties, member: Ints, most: int | None = None) -> list[Lack]:
    """Pairs of groups with less than half of the weight between them that is expected, which is at least 1.

    Those come first that lack most. Only links within and between groups are counted.
    """
    inside = np.flatnonzero((member[ties.first] >= 0) & (member[ties.second] >= 0))
    if not len(inside):
        return []
    a, b, weight = member[ties.first[inside]], member[ties.second[inside]], ties.weight[inside]
    groups = int(member.max()) + 1
    strength = np.bincount(a, weight, groups) + np.bincount(b, weight, groups)
    top = np.sort(np.lexsort((np.arange(groups), -strength))[:CONNECTED])
    place = np.full(groups, -1)
    place[top] = np.arange(len(top))
    between = np.zeros((len(top), len(top)))
    seen = (place[a] >= 0) & (place[b] >= 0)
    np.add.at(between, (place[a[seen]], place[b[seen]]), weight[seen])
    between += between.T
    expected = np.outer(strength[top], strength[top]) / strength.sum()
    rows, columns = np.triu_indices(len(top), 1)
    wide = (expected[rows, columns] >= 1) & (between[rows, columns] < expected[rows, columns] / 2)
    rows, columns = rows[wide], columns[wide]
    lack = np.round(expected[rows, columns] - between[rows, columns], 9)
    return [
        Lack(int(top[r]), int(top[c]), float(between[r, c]), float(expected[r, c]))
        for r, c in ((rows[at], columns[at]) for at in np.lexsort((columns, rows, -lack))[:most])
    ]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nodes that a link would join, the nodes that both are linked to, the rarest first, and how far apart."""

    first: int
    second: int
    shared: tuple[int, ...]
    distance: int


class Matcher:
    """Finds the pairs of nodes whose link would bridge a gap best."""

    def __init__(self, ties: Ties, rank: Floats) -> None:
        """`rank` says of each node how good an end it is."""
        self._ties = ties
        self._rank = rank

    @cached_property
    def _rarity(self) -> Floats:
        rarity: Floats = 1 / np.log2(1 + np.maximum(self._ties.neighbours, 1))
        return rarity

    def pairs(self, first: Ints, second: Ints, most: int) -> list[Pair]:
        """Up to `most` pairs of unlinked nodes, one of each group, no node in two of them.

        Of each group the best connected are tried. Those come first that share most neighbours, a neighbour counting
        the less the more it has itself (Adamic and Adar 2003); then those that are nearest; then the best connected.
        """
        starts, ends = self._hubs(first), self._hubs(second)
        around = {node: frozenset(self._ties.graph.neighbors(node)) for node in (*starts, *ends)}
        tried = [
            (a, b, tuple(sorted(around[a] & around[b], key=lambda node: (-self._rarity[node], node))))
            for a in starts
            for b in ends
            if b not in around[a]
        ]
        away = {(a, b): 2 for a, b, shared in tried if shared} or self._distances(starts, ends)

        def rank(row: tuple[int, int, tuple[int, ...]]) -> tuple[float, int, float, int, int]:
            a, b, shared = row
            near = round(float(sum(self._rarity[node] for node in shared)), 9)
            return -near, away[a, b], -float(self._rank[a] * self._rank[b]), a, b

        found: list[Pair] = []
        used: set[int] = set()
        for a, b, shared in sorted((row for row in tried if row[:2] in away), key=rank):
            if len(found) < most and not {a, b} & used:
                used |= {a, b}
                found.append(Pair(a, b, shared, away[a, b]))
        return found

    def _distances(self, starts: list[int], ends: list[int]) -> dict[tuple[int, int], int]:
        """How many links lie between the nodes of two lists, those that are joined at all."""
        table = self._ties.graph.distances(source=starts, target=ends)
        return {
            (a, b): int(steps)
            for a, row in zip(starts, table, strict=True)
            for b, steps in zip(ends, row, strict=True)
            if steps < np.inf
        }

    def _hubs(self, group: Ints) -> list[int]:
        order = np.lexsort((group, -self._rank[group]))[:HUBS]
        return [int(node) for node in group[order]]


def members(member: Ints) -> Mapping[int, Ints]:
    """The nodes of each group, by its number."""
    found: dict[int, list[int]] = defaultdict(list)
    for node, group in enumerate(member.tolist()):
        if group >= 0:
            found[group].append(node)
    return {group: np.array(nodes, dtype=np.int64) for group, nodes in found.items()}
