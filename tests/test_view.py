"""The view with its words: what pages are drawn from, and what tables are filled with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.view import Details, detailed_view
from tests.tiny import DOCUMENTS

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

CONCEPT = "https://kg.example.org/concept/"


def test_the_view_has_the_nodes_and_edges_of_the_light_one_but_for_fields_apart(tiny_graph: KnowledgeGraph) -> None:
    light, detailed = tiny_graph.to_networkx(), detailed_view(tiny_graph)
    fields = {f"{CONCEPT}{name}" for name in ("horticulture", "materials", "tree-surgery")}
    assert set(detailed) == set(light) - fields
    assert set(detailed.edges(keys=True)) == set(light.edges(keys=True))


def test_concepts_have_their_words_and_places(tiny_graph: KnowledgeGraph) -> None:
    assert detailed_view(tiny_graph).nodes[f"{CONCEPT}budding"] == {
        "label": "Budding",
        "concept": "budding",
        "kind": "Method",
        "fields": ("horticulture",),
        "aliases": ("T-budding",),
        "definitions": ["Budding is a propagation method that uses a single bud."],
        "entries": [("garden.txt", 3)],
    }


def test_quotes_stand_on_the_line_that_they_name(tiny_graph: KnowledgeGraph) -> None:
    quotes = [quote for *_, found in detailed_view(tiny_graph).edges(data="quotes") for quote in found]
    assert len(quotes) == 9
    for exact, source, line in quotes:
        assert exact in DOCUMENTS[source].split("\n")[line - 1]


def test_a_part_of_the_view_has_the_relations_among_its_concepts(tiny_graph: KnowledgeGraph) -> None:
    some = [f"{CONCEPT}grafting", f"{CONCEPT}budding", f"{CONCEPT}materials"]
    view = detailed_view(tiny_graph, some)
    assert sorted(view) == sorted(some)
    assert [(*edge, data["quotes"]) for *edge, data in view.edges(keys=True, data=True)] == [
        (f"{CONCEPT}grafting", f"{CONCEPT}budding", "contrastsWith", [("Unlike budding", "garden.txt", 2)])
    ]


def test_details_hold_keywords_and_the_quotes_of_literal_objects_too(tiny_graph: KnowledgeGraph) -> None:
    years = [edge for edge in tiny_graph.index.edges if edge.literal]
    details = Details.of(tiny_graph, years)
    assert details.keywords == {f"{CONCEPT}grafting-wax": ["sealing"]}
    assert [(edge.object, [quote.exact for quote in details.quotes(edge)]) for edge in years] == [("1871", ["in 1871"])]
