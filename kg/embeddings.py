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
    from numpy.typing import NDArray

    from kg.answers import ConceptRef
    from kg.graph import KnowledgeGraph, Name
    from kg.network import Network

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
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("dimensions", "walks", "length", "window", "negative", "epochs"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} of embeddings is at least 1, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Near:
    """A concept and the cosine of the angle between its vector and that of the one asked about, -1…1."""

    concept: ConceptRef
    similarity: float


class Embeddings:
    """The concepts of a graph as vectors: row i of `vectors` is the concept with the IRI `names[i]`.

    All have length 1, but for those of concepts without a relation, which are zeros.
    """

    def __init__(self, graph: KnowledgeGraph, settings: Settings) -> None:
        self._graph = graph
        self.names: list[str] = graph.network.names
        self.vectors = vectors(graph.network, settings)

    def __repr__(self) -> str:
        return f"Embeddings({len(self.names)} concepts, {self.vectors.shape[1]} dimensions)"

    def similarities(self, node: int) -> NDArray[np.float64]:
        """The cosines between a node, by its number, and all others."""
        found: NDArray[np.float64] = self.vectors.astype(np.float64) @ self.vectors[node].astype(np.float64)
        return found

    def nearest(self, name: Name, limit: int = 10) -> tuple[Near, ...]:
        """The concepts with the nearest vectors; none for a concept without a relation. Raises ConceptNotFound."""
        node = self._graph.network.number(self._graph.concept(name).iri)
        scores = np.round(self.similarities(node), 6)
        known = self.vectors.any(axis=1) & self.vectors[node].any()
        known[node] = False
        nodes = np.flatnonzero(known)
        best = nodes[np.argsort(-scores[nodes], kind="stable")][:limit]
        refs = self._graph.index.refs
        return tuple(Near(refs[self.names[other]], float(scores[other])) for other in best)


def vectors(network: Network, settings: Settings) -> NDArray[np.float32]:
    """A vector of length 1 for each node; of zeros for those without an edge, of which nothing is known."""
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise MissingExtra("embeddings are made by gensim", "embeddings") from error
    s = settings
    found = np.zeros((len(network), s.dimensions), np.float32)
    visited = walks(network, settings)
    if not visited:
        return found
    model = Word2Vec(
        [[str(node) for node in walk] for walk in visited],
        vector_size=s.dimensions, window=s.window, sg=1, hs=0, negative=s.negative, min_count=1, sample=0,
        epochs=s.epochs, shrink_windows=False, workers=1, seed=s.seed, hashfxn=_hash,
    )  # fmt: skip
    found[[int(word) for word in model.wv.index_to_key]] = model.wv.get_normed_vectors()
    return found


def _hash(word: str) -> int:
    return crc32(word.encode())


def walks(network: Network, settings: Settings) -> list[list[int]]:
    """Walks from every node that has an edge, in the order of the nodes, then round by round."""
    steps = _Steps(network)
    chance = np.random.default_rng(settings.seed)
    start = np.tile(np.flatnonzero(np.diff(steps.bounds)), settings.walks)
    visited = np.empty((settings.length, len(start)), np.int64)
    visited[0] = start
    back: Indices = start  # of each walk the kind of step that leads back; nothing is read of this first value
    for place in range(1, settings.length):
        at = visited[place - 1]
        if place % 2:
            taken = steps.any(at, chance)
            back = steps.back(taken)
        else:
            taken = steps.of(at, back, chance)
        visited[place] = steps.head[taken]
    found: list[list[int]] = visited.T.tolist()
    return found


class _Steps:
    """All steps over edges, either way, sorted by node and kind of step: (predicate, direction, class it leads to)."""

    def __init__(self, network: Network) -> None:
        classes = {name: number for number, name in enumerate(sorted(set(network.kinds)))}
        self._class = np.array([classes[name] for name in network.kinds], np.int64)
        self._classes = len(classes)
        subject, target = network.subject.astype(np.int64), network.object.astype(np.int64)
        predicate = network.predicate.astype(np.int64)
        reverse = np.where(network.symmetric[predicate], 0, 1)
        tail, head = np.concatenate([subject, target]), np.concatenate([target, subject])
        relation = np.concatenate([2 * predicate, 2 * predicate + reverse])
        self._kinds = 2 * len(network.predicates) * self._classes
        kind = relation * self._classes + self._class[head]
        order = np.lexsort((head, kind, tail))
        self.head, self.kind = head[order], kind[order]
        self._tail = tail[order]
        self._key = self._tail * self._kinds + self.kind
        weight = np.maximum(np.tile(network.confidence, 2)[order], 1e-6)
        self._until = np.concatenate([[0.0], np.cumsum(weight)])
        self.bounds = np.searchsorted(self._tail, np.arange(len(network) + 1))
        ways = np.arange(2 * len(network.predicates))
        self._reverse = np.where(network.symmetric[ways // 2], ways, ways ^ 1)

    def any(self, nodes: Indices, chance: np.random.Generator) -> Indices:
        """For each node one of its steps, in proportion to confidence."""
        return self._drawn(self.bounds[nodes], self.bounds[nodes + 1], chance)

    def of(self, nodes: Indices, kind: Indices, chance: np.random.Generator) -> Indices:
        """For each node one of its steps of a kind, of which it has some."""
        key = nodes * self._kinds + kind
        return self._drawn(np.searchsorted(self._key, key), np.searchsorted(self._key, key, "right"), chance)

    def back(self, steps: Indices) -> Indices:
        """The kind of step that leads back over the relation of each step to a node of the class it came from."""
        relation = self._reverse[self.kind[steps] // self._classes]
        found: Indices = relation * self._classes + self._class[self._tail[steps]]
        return found

    def _drawn(self, first: Indices, last: Indices, chance: np.random.Generator) -> Indices:
        low, high = self._until[first], self._until[last]
        drawn = np.searchsorted(self._until, low + chance.random(len(first)) * (high - low), "right") - 1
        found: Indices = np.clip(drawn, first, last - 1)
        return found
