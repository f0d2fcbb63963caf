"""The view with its words: what pages are drawn from, and what tables are filled with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg import sketch
from kg.view import Details, detailed_view, kinds_view
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
        "mentions": 1,
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


def short(iri: str) -> str:
    return iri.removeprefix(CONCEPT)


def test_the_kinds_of_a_concept_are_what_is_above_and_below_it(tiny_graph: KnowledgeGraph) -> None:
    view = kinds_view(tiny_graph, f"{CONCEPT}propagation-method")
    assert sorted(map(short, view)) == ["budding", "grafting", "propagation-method"]
    assert sorted(map(short, kinds_view(tiny_graph, f"{CONCEPT}budding"))) == ["budding", "propagation-method"]
    assert sorted(map(short, kinds_view(tiny_graph, f"{CONCEPT}juvenility"))) == ["juvenility"]


def test_paths_are_a_view_with_their_steps_in_order_and_their_ends_marked(tiny_graph: KnowledgeGraph) -> None:
    paths = tiny_graph.paths("Ada Birch", "sealant", 2)
    view = sketch.view(tiny_graph, sketch.of_paths(paths))
    assert [list(map(short, path["nodes"])) for path in view.graph["paths"]] == [
        ["ada-birch", "budding", "grafting", "grafting-wax", "sealant"],
        ["ada-birch", "budding", "propagation-method", "grafting", "grafting-wax", "sealant"],
    ]
    assert [path["cost"] for path in view.graph["paths"]] == [path.cost for path in paths]
    steps = view.graph["paths"][0]["steps"]
    assert [[(short(a), name, short(b)) for a, b, name in step] for step in steps] == [
        [("budding", "developedBy", "ada-birch")],
        [("grafting", "contrastsWith", "budding")],
        [("grafting", "uses", "grafting-wax")],
        [("grafting-wax", "broader", "sealant")],
    ]
    assert all(view.has_edge(*edge) for path in view.graph["paths"] for step in path["steps"] for edge in step)
    assert list(map(short, view.graph["marked"])) == ["ada-birch", "sealant"]
    assert len(sketch.view(tiny_graph, sketch.of_paths(paths), limit=5)) == 5


def test_relations_are_a_view_with_a_way_through_it(tiny_graph: KnowledgeGraph) -> None:
    relations = tiny_graph.show("grafting wax").relations + tiny_graph.show("budding").relations
    wax = tiny_graph.concept("grafting wax")
    view = sketch.view(tiny_graph, sketch.of_relations(relations, marked=[wax.ref, f"{CONCEPT}budding"]))
    assert {(short(a), name, short(b)) for a, b, name in view.graph["way"]} == {
        ("grafting-wax", "broader", "sealant"),
        ("grafting-wax", "usedFor", "wound-protection"),
        ("budding", "broader", "propagation-method"),
        ("budding", "developedBy", "ada-birch"),
    }
    assert list(map(short, view.graph["marked"])) == ["grafting-wax", "budding"]
    assert "1871" not in {data["label"] for _, data in view.nodes(data=True)}
