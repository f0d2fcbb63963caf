"""Concepts as vectors: metapath2vec (Dong, Chawla & Swami 2017), walks guided by metapaths, then skip-gram by gensim.

The metapaths come from the graph itself: all X-p>Z<p-X and X<p-Z-p>X whose classes and relation p occur in it. A walk
from a concept takes one of its edges, in proportion to their confidence, and comes back over an edge of the same
relation to a concept of the class that it came from; from there it takes an edge again, and so on. So whoever stands
at every other place of a walk is of one class, and neighbours in it are joined by some relation, or share what they
stand in one relation to. (In the paper one metapath is given for all walks; a graph of many relations and few edges has
none that would reach all.)

The same graph gives the same vectors, in every process: nodes and edges are sorted, chance is seeded, and gensim works
in one thread and hashes without Python's salt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from kg.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from kg.proximity import Columns

    Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How vectors are made; the defaults were chosen by `benchmarks/links.py`.

    `walks` from each node visit `length` nodes each; `window` nodes to each side of one are its context. `seed` decides
    all that is left to chance.
    """

    dimensions: int = 32
    walks: int = 10
    length: int = 20
    window: int = 2
    negative: int = 5
    epochs: int = 5
    strict: bool = False
    seed: int = 1


def vectors(columns: Columns, settings: Settings) -> NDArray[np.float32]:
    """A vector of length 1 for each node; of zeros for those without an edge, of which nothing is known."""
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise MissingExtra("embeddings are made by gensim", "embeddings") from error
    s = settings
    model = Word2Vec(
        [[str(node) for node in walk] for walk in walks(columns, settings)],
        vector_size=s.dimensions, window=s.window, sg=1, hs=0, negative=s.negative, min_count=1, sample=0,
        epochs=s.epochs, shrink_windows=False, workers=1, seed=s.seed, hashfxn=_hash,
    )  # fmt: skip
    found = np.zeros((len(columns.names), s.dimensions), np.float32)
    found[[int(word) for word in model.wv.index_to_key]] = model.wv.get_normed_vectors()
    return found


def _hash(word: str) -> int:
    return crc32(word.encode())


def walks(columns: Columns, settings: Settings) -> list[list[int]]:
    """Walks from every node that has an edge, in the order of the nodes, then round by round."""
    steps = _Steps(columns)
    chance = np.random.default_rng(settings.seed)
    start = np.tile(np.flatnonzero(np.diff(steps.bounds)), settings.walks)
    visited = np.empty((settings.length, len(start)), np.int64)
    visited[0] = start
    back: Indices = start  # of each walk the kind of step that leads back; nothing is read of this first value
    for place in range(1, settings.length):
        at = visited[place - 1]
        if place % 2:
            taken = steps.any(at, chance) if place == 1 or not settings.strict else steps.of(at, there, chance)
            there, back = steps.kind[taken], steps.back(taken)
        else:
            taken = steps.of(at, back, chance)
        visited[place] = steps.head[taken]
    found: list[list[int]] = visited.T.tolist()
    return found


class _Steps:
    """All steps over edges, either way, sorted by node and kind of step: (predicate, direction, class it leads to)."""

    def __init__(self, columns: Columns) -> None:
        classes = {name: number for number, name in enumerate(sorted(set(columns.kinds)))}
        self._class = np.array([classes[name] for name in columns.kinds], np.int64)
        self._classes = len(classes)
        subject, target = columns.subject.astype(np.int64), columns.object.astype(np.int64)
        predicate = columns.predicate.astype(np.int64)
        reverse = np.where(np.asarray(columns.symmetric)[predicate], 0, 1)
        tail, head = np.concatenate([subject, target]), np.concatenate([target, subject])
        relation = np.concatenate([2 * predicate, 2 * predicate + reverse])
        self._kinds = 2 * len(columns.predicates) * self._classes
        kind = relation * self._classes + self._class[head]
        order = np.lexsort((head, kind, tail))
        self.head, self.kind = head[order], kind[order]
        self._tail = tail[order]
        self._key = self._tail * self._kinds + self.kind
        weight = np.maximum(np.tile(columns.confidence, 2)[order], 1e-6)
        self._until = np.concatenate([[0.0], np.cumsum(weight)])
        self.bounds = np.searchsorted(self._tail, np.arange(len(columns.names) + 1))
        symmetric = np.asarray(columns.symmetric)
        self._reverse = np.array([r if symmetric[r // 2] else r ^ 1 for r in range(2 * len(columns.predicates))], np.int64)

    def any(self, nodes: Indices, chance: np.random.Generator) -> Indices:
        """For each node one of its steps, in proportion to confidence."""
        return self._drawn(self.bounds[nodes], self.bounds[nodes + 1], chance)

    def of(self, nodes: Indices, kind: Indices, chance: np.random.Generator) -> Indices:
        """For each node one of its steps of a kind, of which it has some."""
        key = nodes * self._kinds + kind
        return self._drawn(np.searchsorted(self._key, key), np.searchsorted(self._key, key, "right"), chance)

    def back(self, steps: Indices) -> Indices:
        """The kind of step that leads back over the relation of each step to a node of the class it came from."""
        return self._reverse[self.kind[steps] // self._classes] * self._classes + self._class[self._tail[steps]]

    def _drawn(self, first: Indices, last: Indices, chance: np.random.Generator) -> Indices:
        low, high = self._until[first], self._until[last]
        drawn = np.searchsorted(self._until, low + chance.random(len(first)) * (high - low), "right") - 1
        return np.clip(drawn, first, last - 1)
