"""Paths of built graphs: each step is a triple of the store, with words of a document behind it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from kg.answers import ConceptRef
from kg.errors import NoPath
from kg.index import readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.answers import Path as Way
    from kg.graph import KnowledgeGraph

ROOT = Path(__file__).parent.parent


def some_paths(graph: KnowledgeGraph, pairs: int) -> Iterator[Way]:
    chance = random.Random(5)
    described = sorted({concept.value for _, concept in graph.index.rows("kg:describes")})
    for _ in range(pairs):
        start, end = chance.sample(described, 2)
        try:
            yield from graph.paths(start, end, k=3)
        except NoPath:
            continue


def check(graph: KnowledgeGraph, documents: Path) -> None:
    texts = {page.name: page.read_bytes().decode() for page in documents.iterdir() if page.is_file()}
    relations = [r for path in some_paths(graph, 40) for step in path.steps for r in step.relations]
    assert len(relations) > 100
    for relation in relations:
        assert isinstance(relation.object, ConceptRef)
        ends = ox.NamedNode(relation.subject.iri), ox.NamedNode(relation.object.iri)
        predicate = ox.NamedNode(readings()[relation.predicate].iri)
        assert graph.store.ask(f"ASK {{ {ends[0]} {predicate} {ends[1]} }}")
        assert relation.quotes
        for quote in relation.quotes:
            assert texts[quote.source][quote.start : quote.end] == quote.exact


@pytest.mark.model
def test_every_step_in_the_sample_is_stated_and_quoted(sample_graph: KnowledgeGraph) -> None:
    check(sample_graph, ROOT / "seeds")


@pytest.mark.model
@pytest.mark.seeds
def test_every_step_in_the_real_pages_is_stated_and_quoted(real_graph: KnowledgeGraph) -> None:
    check(real_graph, ROOT.parent / "shared" / "seeds")
