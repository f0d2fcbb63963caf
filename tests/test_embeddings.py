"""Concepts as vectors: the same in every process, neighbours near each other, and a plain word where gensim lacks."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kg.embeddings import Settings, walks
from kg.errors import ConceptNotFound, MissingExtra, UsageError
from tests.serving import orchard
from tests.test_cli import built, run  # noqa: F401 - fixtures
from tests.webs import iri, web

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph
    from tests.test_cli import Terminal

HAS_GENSIM = importlib.util.find_spec("gensim") is not None
needs_gensim = pytest.mark.skipif(not HAS_GENSIM, reason="gensim, which makes embeddings, is not installed")

SMALL: dict[str, int] = {"dimensions": 8, "walks": 4, "length": 6, "epochs": 2}
"""Settings that take no time."""

HASHED = f"""
from hashlib import sha256
from tests.serving import orchard
print(sha256(orchard().embeddings(**{SMALL}).vectors.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return orchard()


def two_circles() -> KnowledgeGraph:
    """Two groups of seven, with all possible relations within, one between them, and a concept by itself."""
    within = [(group + a, "uses", group + b, 1.0) for group in (0, 7) for a in range(7) for b in range(a)]
    return web(15, [*within, (0, "uses", 7, 0.3)])


@needs_gensim
def test_the_same_graph_has_the_same_vectors_in_every_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", HASHED], env={**os.environ, "PYTHONHASHSEED": salt}, capture_output=True, text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    ]  # fmt: skip
    assert len(printed[0].strip()) == 64
    assert printed[0] == printed[1]


@needs_gensim
def test_another_seed_has_other_vectors(graph: KnowledgeGraph) -> None:
    one, other = graph.embeddings(**SMALL, seed=1), graph.embeddings(**SMALL, seed=2)
    assert not np.allclose(one.vectors, other.vectors)


@needs_gensim
def test_vectors_have_length_one_but_for_those_of_concepts_without_a_relation(graph: KnowledgeGraph) -> None:
    found = graph.embeddings(**SMALL)
    lengths = dict(zip(found.names, np.linalg.norm(found.vectors, axis=1).tolist(), strict=True))
    alone = {name for name, length in lengths.items() if length == 0}
    joined = {end for *pair, _ in graph.to_networkx().edges(keys=True) for end in pair}
    assert alone == set(found.names) - joined != set()
    assert [length for name, length in lengths.items() if name in joined] == pytest.approx([1] * len(joined), abs=1e-5)
    assert repr(found) == f"Embeddings({len(found.names)} concepts, 8 dimensions)"


@needs_gensim
def test_the_vectors_last_made_are_kept(graph: KnowledgeGraph) -> None:
    assert graph.embeddings(**SMALL) is graph.embeddings(**SMALL)


@needs_gensim
def test_the_nearest_are_of_the_same_circle() -> None:
    found = two_circles().embeddings(dimensions=16, walks=20, epochs=20)
    for number in (3, 10):
        nearest = found.nearest(iri(number), 5)
        circle = range(7) if number < 7 else range(7, 14)
        assert {near.concept.iri for near in nearest} <= {iri(other) for other in circle if other != number}
        assert len(nearest) == 5
        similar = [near.similarity for near in nearest]
        assert similar == sorted(similar, reverse=True)
        assert all(-1 <= value <= 1 for value in similar)


@needs_gensim
def test_who_has_no_relation_is_near_to_nobody() -> None:
    found = two_circles().embeddings(**SMALL)
    assert found.nearest(iri(14)) == ()
    assert iri(14) not in {near.concept.iri for near in found.nearest(iri(0), 50)}
    with pytest.raises(ConceptNotFound):
        found.nearest("nobody")


@needs_gensim
def test_concepts_are_ranked_by_embedding() -> None:
    graph = two_circles()
    found = graph.related(iri(3), 3, by="embedding")
    near = graph.embeddings().nearest(iri(3), 3)
    assert [each.concept for each in found] == [each.concept for each in near]
    assert [each.ranks for each in found] == [{"embedding": 1}, {"embedding": 2}, {"embedding": 3}]
    assert graph.related(iri(14), by="embedding").note.startswith("'c14' has no relation")


def test_walks_come_back_over_the_relation_they_took_to_the_class_they_left(graph: KnowledgeGraph) -> None:
    network = graph.network
    stated: dict[tuple[int, int], set[tuple[int, bool]]] = {}
    for s, p, o in zip(network.subject.tolist(), network.predicate.tolist(), network.object.tolist(), strict=True):
        both = bool(network.symmetric[p])
        stated.setdefault((s, o), set()).add((p, True))
        stated.setdefault((o, s), set()).add((p, both))
    found = walks(network, Settings(walks=5, length=7))
    joined = np.flatnonzero(network.neighbours).tolist()
    assert sorted({walk[0] for walk in found}) == joined
    assert len(found) == 5 * len(joined)
    for walk in found:
        assert len(walk) == 7
        assert len({network.kinds[node] for node in walk[::2]}) == 1
        for start, middle, end in zip(walk[::2], walk[1::2], walk[2::2], strict=False):
            assert stated[start, middle] & stated[end, middle], "the same relation, read the same way"


def test_walks_of_a_graph_without_relations_are_none() -> None:
    assert walks(web(3, []).network, Settings()) == []


@pytest.mark.parametrize("options", [{"dimensions": 0}, {"walks": 0}, {"length": -1}, {"window": 0}, {"epochs": 0}])
def test_settings_below_one_are_refused(options: dict[str, Any]) -> None:
    ((name, value),) = options.items()
    with pytest.raises(UsageError, match=f"^{name} of embeddings is at least 1, not {value}$"):
        Settings(**options)


@needs_gensim
def test_a_graph_without_relations_has_vectors_of_zeros() -> None:
    alone = web(2, [])
    assert not alone.embeddings(**SMALL).vectors.any()
    assert alone.related(iri(0), by="embedding").note.startswith("'c00' has no relation to another concept")


def test_without_gensim_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gensim", "gensim.models"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"embeddings are made by gensim.*pip install 'kg\[embeddings\]'"):
        web(2, [(0, "uses", 1, 1.0)]).embeddings()


def test_without_gensim_the_command_says_so_in_a_line(
    run: Terminal,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("gensim", "gensim.models"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run("related", "grafting", "--by", "embedding", status=2) == ""
    assert "pip install 'kg[embeddings]'" in run.err
    assert len(run.err.splitlines()) == 1
