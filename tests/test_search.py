"""Search over names and texts: what is found, in which order, and that no query can break it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import UsageError
from kg.model import Concept, ConceptId, Knowledge, Statement
from tests.hostile import TEXTS, graph_of, hostile_knowledge

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph


DEFINITION = "Grafting is a propagation method that joins a scion to a rootstock."


def labels(graph: KnowledgeGraph, text: str, limit: int = 10) -> list[str]:
    return [hit.concept.label for hit in graph.search(text, limit)]


def named(*names: tuple[str, ...], statements: tuple[Statement, ...] = ()) -> KnowledgeGraph:
    """A graph of concepts, each given by its label and aliases."""
    concepts = [Concept(ConceptId(f"c{n}"), label, "Method", aliases) for n, (label, *aliases) in enumerate(names)]  # type: ignore[arg-type]
    return graph_of(Knowledge((), tuple(concepts), statements))


@pytest.mark.parametrize(
    ("text", "label", "matched", "found"),
    [
        ("grafting", "Grafting", "label", "Grafting"),
        ("T-Buddings", "Budding", "alias", "T-budding"),
        ("sealing", "Grafting wax", "keyword", "sealing"),
        ("graf", "Grafting", "label", "Grafting"),
        ("wax graft", "Grafting wax", "label", "Grafting wax"),
        ("rootstocks", "Grafting", "definition", DEFINITION),
        ("joining scions", "Grafting", "definition", DEFINITION),
        ("described by", "Budding", "quote", "described by Ada Birch"),
        ("buding", "Budding", "spelling", "Budding"),
        ("jvenility", "juvenility", "spelling", "juvenility"),
        ("Ada's juvenile scions", "Grafting", "quote", "reduces juvenility"),
    ],
)  # fmt: skip
def test_the_best_hit_and_why(tiny_graph: KnowledgeGraph, text: str, label: str, matched: str, found: str) -> None:
    hit = tiny_graph.search(text)[0]
    assert (hit.concept.label, hit.matched, hit.text) == (label, matched, found)


def test_names_come_before_texts(tiny_graph: KnowledgeGraph) -> None:
    hits = tiny_graph.search("grafting")
    assert [(hit.concept.label, hit.matched) for hit in hits] == [("Grafting", "label"), ("Grafting wax", "label")]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_an_exact_name_comes_before_longer_ones() -> None:
    graph = named(("oil lamp",), ("lamp oil",), ("lamp",), ("street light", "lamps"), ("lamps and lanterns",))
    assert labels(graph, "Lamps")[:2] == ["lamp", "street light"]
    assert set(labels(graph, "lamps")[2:]) == {"oil lamp", "lamp oil", "lamps and lanterns"}


def test_among_equals_the_better_connected_comes_first_then_the_alphabet() -> None:
    statements = (Statement(ConceptId("c1"), "uses", ConceptId("c3"), 0.5, ()),)
    graph = named(("tea cup",), ("tea pot",), ("tea leaf",), ("spout",), statements=statements)
    assert labels(graph, "tea") == ["tea pot", "tea cup", "tea leaf"]


def test_signs_that_are_part_of_a_name_count() -> None:
    graph = named(("C++",), ("C#",), ("C",), ("Node.js",), ("TCP/IP",))
    assert labels(graph, "c++") == ["C++"]
    assert labels(graph, "C#") == ["C#"]
    assert labels(graph, "C")[0] == "C"
    assert labels(graph, "node.js") == ["Node.js"]
    assert labels(graph, "tcp ip") == ["TCP/IP"]


def test_accents_and_case_do_not_count() -> None:
    graph = named(("Café filter",), ("Übung",))
    assert labels(graph, "cafe FILTER") == ["Café filter"]
    assert labels(graph, "ubung") == ["Übung"]


def test_spelling_is_consulted_only_when_nothing_matches() -> None:
    graph = named(("kettle",), ("nettle",))
    assert labels(graph, "kettle") == ["kettle"]
    assert labels(graph, "kettl") == ["kettle"]
    assert labels(graph, "ettle") == ["kettle", "nettle"]


def test_the_limit_is_kept(tiny_graph: KnowledgeGraph) -> None:
    assert len(tiny_graph.search("grafting", limit=1)) == 1
    with pytest.raises(UsageError, match="at least 1, not 0"):
        tiny_graph.search("grafting", limit=0)


@pytest.mark.parametrize("text", ["", "   ", "?!", '"', "zzzz qqqq"])
def test_nothing_is_found_for_nothing(tiny_graph: KnowledgeGraph, text: str) -> None:
    assert tiny_graph.search(text) == []


@pytest.mark.parametrize(
    "text", ['"wax', "wax OR", "NOT wax", "label:wax", "wax*", "(wax", "^wax", "NEAR(wax)", "wax -x"]
)
def test_the_syntax_of_the_engine_is_only_words(tiny_graph: KnowledgeGraph, text: str) -> None:
    assert "Grafting wax" in labels(tiny_graph, text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_can_be_searched_for_and_always_finds_the_same(tiny_graph: KnowledgeGraph, text: str) -> None:
    assert tiny_graph.search(text) == tiny_graph.search(text)


def test_hostile_names_are_found() -> None:
    graph = graph_of(hostile_knowledge())
    for text in TEXTS:
        if text.strip():
            assert graph.search(text)[0].concept.label == text


def test_search_works_from_many_threads(tiny_graph: KnowledgeGraph) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: labels(tiny_graph, ("graft", "wax", "bud")[n % 3]), range(60)))
    assert answers[:3] * 20 == answers
