"""Search over names and texts: what is found, in which order, and that no query can break it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, Quad

import kg
from kg.errors import UsageError
from kg.model import Concept, ConceptId, Knowledge, Statement
from kg.store import write_build
from kg.triples import quads
from kg.vocabulary import RDF, SKOS, concept_iri
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from kg.answers import Hit
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


# ---------------------------------------------------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("ice cram maker", "ice cream maker"),
        ("cream ice mkaer", "ice cream maker"),
        ("espreso machnie", "espresso machine"),
        ("machine espressso", "espresso machine"),
        ("pressure coker", "pressure cooker"),
    ],
)
def test_misspelt_words_are_put_right_in_names_of_several_words(text: str, label: str) -> None:
    graph = named(("ice cream maker",), ("espresso machine",), ("pressure cooker",), ("maker",), ("machine",))
    hit = graph.search(text)[0]
    assert (hit.concept.label, hit.matched) == (label, "spelling")


def test_a_misspelt_word_finds_texts_too(tiny_graph: KnowledgeGraph) -> None:
    hit = tiny_graph.search("scion joined to rootstok")[0]
    assert (hit.concept.label, hit.matched, hit.text) == ("Grafting", "definition", DEFINITION)


def test_among_any_of_the_words_those_with_most_of_the_rare_ones_come_first() -> None:
    graph = named(*((f"pan number {n}",) for n in range(8)), ("copper kettle",), ("copper wire",), ("kettle",))
    assert labels(graph, "number of a copper kettle pan zebra", 3) == ["copper kettle", "copper wire", "kettle"]


# ----------------------------------------------------------------------------------------------------------- phrases


def test_words_in_quotes_stand_together() -> None:
    graph = named(("oil lamp",), ("lamp oil",), ("oil for a lamp",))
    assert set(labels(graph, "lamp oil")) == {"oil lamp", "lamp oil", "oil for a lamp"}
    assert labels(graph, '"lamp oil"') == ["lamp oil"]
    assert labels(graph, '"oil lamps"') == ["oil lamp"]
    assert labels(graph, '"oil for" lamp') == ["oil for a lamp"]


def test_a_quote_is_found_by_its_words_in_order(tiny_graph: KnowledgeGraph) -> None:
    assert tiny_graph.search('"described by Ada Birch"')[0].matched == "quote"


# -------------------------------------------------------------------------------------------------- kept in a file


@pytest.fixture
def output(tmp_path: Path) -> Path:
    write_build(tmp_path, quads(tiny_knowledge()))
    return tmp_path


def searched(output: Path) -> tuple[list[Hit], bool]:
    """What a newly opened graph finds, and whether it had to read itself for it."""
    graph = kg.open(output)
    hits = graph.search("grafting")
    return hits, "index" in vars(graph)


def test_the_index_is_made_once_and_kept(output: Path) -> None:
    hits, read = searched(output)
    assert read
    assert [hit.concept.label for hit in hits] == ["Grafting", "Grafting wax"]
    assert searched(output) == (hits, False)


def test_an_index_of_another_build_is_made_anew(output: Path) -> None:
    searched(output)
    knife, label = concept_iri("knife"), Literal("grafting knife", language="en")
    more = Quad(knife, RDF.type, SKOS.Concept), Quad(knife, SKOS.prefLabel, label)
    write_build(output, [*quads(tiny_knowledge()), *more])
    hits, read = searched(output)
    assert read
    assert "grafting knife" in [hit.concept.label for hit in hits]


@pytest.mark.parametrize("harm", [b"", b"kg search index 1\n", b"garbage" * 1000])
def test_a_damaged_index_is_made_anew(output: Path, harm: bytes) -> None:
    hits, _ = searched(output)
    kept = output / "search.index"
    whole = kept.read_bytes()
    for content in (harm, whole[:-100], whole.replace(b"grafting wax", b"grafting was")):
        kept.write_bytes(content)
        assert searched(output) == (hits, True)
        assert kept.read_bytes() == whole


def test_where_nothing_can_be_kept_search_works_all_the_same(output: Path) -> None:
    (output / "search.index").mkdir()
    hits, read = searched(output)
    assert read
    assert len(hits) == 2


def test_scores_are_those_of_all_hits(tiny_graph: KnowledgeGraph) -> None:
    for text in ("grafting", "buding", "Ada's juvenile scions", ""):
        assert tiny_graph.scores(text) == {hit.concept.iri: hit.score for hit in tiny_graph.search(text, 1000)}
