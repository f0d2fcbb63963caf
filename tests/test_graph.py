"""What a graph answers, on the tiny glossary and on hostile ones."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

import kg.graph
from kg.answers import ConceptRef
from kg.errors import ConceptNotFound, MissingGraph, NoPath, QueryError, UsageError
from kg.export import exported
from kg.graph import KnowledgeGraph
from kg.model import Concept, ConceptId, Evidence, Knowledge, Span, Statement
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.test_store import endpoint  # noqa: F401 - a fixture, of a local SPARQL endpoint with the tiny glossary
from tests.tiny import DOCUMENTS, tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.test_store import Endpoint

BASE = "https://kg.example.org/concept/"


def loaded(turtle: str) -> KnowledgeGraph:
    store = LocalStore()
    store.load(ox.parse(turtle, format=ox.RdfFormat.TURTLE))
    return KnowledgeGraph(store)


def concepts(*pairs: tuple[str, str, tuple[str, ...]], statements: tuple[Statement, ...] = ()) -> KnowledgeGraph:
    """A graph of concepts given as (id, label, aliases)."""
    made = tuple(Concept(ConceptId(name), label, "Method", aliases) for name, label, aliases in pairs)
    return graph_of(Knowledge((), made, statements))


# ----------------------------------------------------------------------------------------------------------- opening


def test_opens_a_build_directory(tmp_path: Path) -> None:
    write_build(tmp_path / "output", list(quads(tiny_knowledge())))
    assert kg.graph.open(tmp_path / "output").concept("budding").label == "Budding"


def test_a_directory_without_a_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingGraph, match="run 'kg build' first"):
        kg.graph.open(tmp_path)


def test_a_graph_with_another_base_has_the_same_ids() -> None:
    store = LocalStore()
    store.load(quads(tiny_knowledge(), base="https://garden.example/kg#"))
    graph = KnowledgeGraph(store)
    assert graph.base == "https://garden.example/kg#"
    assert graph.concept("concept:grafting").id == "grafting"
    assert graph.show("grafting").entries[0].id == "garden.txt/L1"


def test_an_empty_graph_answers() -> None:
    graph = KnowledgeGraph(LocalStore())
    assert graph.concepts() == ()
    assert graph.search("anything") == []
    assert graph.stats().concepts == 0
    assert len(graph.to_networkx()) == 0
    with pytest.raises(ConceptNotFound, match="no concept 'x' in this graph"):
        graph.concept("x")


# ------------------------------------------------------------------------------------------------- concepts by name


@pytest.mark.parametrize(
    "name",
    [
        "Grafting wax", "grafting wax", "GRAFTING WAXES", "grafting-wax", "graftingwax", " grafting  wax ",
        "concept:grafting-wax", BASE + "grafting-wax", f"<{BASE}grafting-wax>", "grafting-waxes",
    ],
)  # fmt: skip
def test_a_concept_has_many_names(tiny_graph: KnowledgeGraph, name: str) -> None:
    assert tiny_graph.concept(name).iri == BASE + "grafting-wax"


def test_a_concept_is_found_by_alias_and_by_itself(tiny_graph: KnowledgeGraph) -> None:
    budding = tiny_graph.concept("t budding")
    assert budding.label == "Budding"
    assert tiny_graph.concept(budding) is budding
    assert tiny_graph.concept(budding.ref) is budding


def test_all_concepts_come_by_label(tiny_graph: KnowledgeGraph) -> None:
    labels = [concept.label for concept in tiny_graph.concepts()]
    assert labels == sorted(labels, key=str.casefold)
    assert len(labels) == 12


def test_a_label_beats_an_alias() -> None:
    graph = concepts(("ring", "Ring", ()), ("annulus", "Annulus", ("ring",)))
    assert graph.concept("rings").id == "ring"


def test_an_id_beats_an_alias_and_yields_to_a_label() -> None:
    graph = concepts(("ring", "Torus", ()), ("annulus", "Annulus", ("ring",)), ("torus", "Doughnut", ()))
    assert graph.concept("ring").id == "ring"
    assert graph.concept("torus").id == "ring"


def test_among_names_of_one_key_the_exact_spelling_wins() -> None:
    graph = concepts(("rag", "Rag", ()), ("retrieval", "Retrieval", ("RAG",)), ("rags", "RAG", ()))
    assert graph.concept("RAG").id == "rags"
    assert graph.concept("Rag").id == "rag"


def test_an_ambiguous_name_lists_its_meanings() -> None:
    graph = concepts(("cell-a", "Cell (battery)", ("cell",)), ("cell-b", "Cell (biology)", ("cell",)))
    with pytest.raises(UsageError) as caught:
        graph.concept("cells")
    assert str(caught.value) == (
        "'cells' can mean 2 concepts; say which: "
        "'concept:cell-a' (Cell (battery), Method); 'concept:cell-b' (Cell (biology), Method)"
    )
    assert graph.concept("concept:cell-b").label == "Cell (biology)"


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("graftin", ("Grafting", "Grafting wax")),
        ("wound protecton", ("wound protection",)),
        ("wax", ("Grafting wax",)),
        ("tbuding", ("Budding",)),
        ("quantum chromodynamics", ()),
        ("", ()),
    ],
)
def test_a_near_miss_is_told(tiny_graph: KnowledgeGraph, name: str, close: tuple[str, ...]) -> None:
    with pytest.raises(ConceptNotFound) as caught:
        tiny_graph.concept(name)
    assert caught.value.close == close


# -------------------------------------------------------------------------------------------------- descriptions


def test_a_description_holds_all_that_is_known(tiny_graph: KnowledgeGraph) -> None:
    grafting = tiny_graph.show("grafting")
    assert grafting.concept.fields == ("horticulture", "tree surgery")
    assert [definition.text for definition in grafting.definitions] == [
        "Grafting is a propagation method that joins a scion to a rootstock.",
        "Grafting is an old craft.",
    ]
    assert [quote.place for definition in grafting.definitions for quote in definition.quotes] == [
        "garden.txt:2",
        "shed.txt:2",
    ]
    assert [entry.place for entry in grafting.entries] == ["garden.txt:1", "shed.txt:1"]
    assert grafting.flags == ("truncated",)
    assert [relation.sentence for relation in grafting.relations] == [
        "Grafting is a kind of propagation method",
        "Grafting uses Grafting wax",
        "Grafting reduces juvenility",
        "Grafting requires clean cuts",
        "Grafting contrasts with Budding",
    ]
    assert grafting.inverse == ()
    assert [ref.label for ref in grafting.mentions] == ["Budding", "Grafting wax", "clean cuts", "juvenility"]


def test_relations_are_read_from_their_objects_too(tiny_graph: KnowledgeGraph) -> None:
    wax = tiny_graph.show("grafting wax")
    assert wax.keywords == ("sealing",)
    (relation,) = wax.inverse
    assert (relation.sentence, relation.forward, relation.confidence) == (
        "Grafting wax is used by Grafting", False, 0.9,
    )  # fmt: skip
    assert [ref.label for ref in wax.mentioned_by] == ["Grafting"]


def test_years_are_objects_but_no_concepts(tiny_graph: KnowledgeGraph) -> None:
    relation = tiny_graph.show("budding").relations[2]
    assert (relation.sentence, relation.object) == ("Budding was introduced in 1871", "1871")
    assert tiny_graph.evidence("budding", "introducedIn", "1871")[0].exact == "in 1871"


def test_quotes_stand_where_they_say(tiny_graph: KnowledgeGraph) -> None:
    found = []
    for concept in tiny_graph.concepts():
        shown = tiny_graph.show(concept)
        found += [quote for relation in (*shown.relations, *shown.inverse) for quote in relation.quotes]
        found += [quote for definition in shown.definitions for quote in definition.quotes]
    assert len(found) == 10 + 9 + 4
    for quote in found:
        text = DOCUMENTS[quote.source]
        assert text[quote.start : quote.end] == quote.exact
        assert text.count("\n", 0, quote.start) + 1 == quote.line


@pytest.mark.parametrize("predicate", ["uses", "kg:uses", "https://kg.example.org/ontology#uses"])
def test_evidence_is_asked_for_by_any_name(tiny_graph: KnowledgeGraph, predicate: str) -> None:
    (quote,) = tiny_graph.evidence("grafting", predicate, "grafting wax")
    assert (quote.exact, quote.place, quote.rule, quote.entry, quote.confidence) == (
        "uses grafting wax", "garden.txt:2", "test:uses", "garden.txt/L1", 0.9,
    )  # fmt: skip


def test_there_is_no_evidence_for_what_is_not_stated(tiny_graph: KnowledgeGraph) -> None:
    assert tiny_graph.evidence("budding", "uses", "grafting wax") == ()


def test_an_unknown_relation_is_told_the_known_ones(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(UsageError, match=r"no relation 'eats'; the relations are broader, hasPart, uses"):
        tiny_graph.evidence("grafting", "eats", "budding")


def test_neighbours_are_ranked_by_distance(tiny_graph: KnowledgeGraph) -> None:
    around = tiny_graph.neighbours("wound protection", depth=2)
    assert [(near.concept.label, near.distance) for near in around.concepts] == [
        ("Grafting wax", 1), ("sealant", 2), ("Grafting", 2),
    ]  # fmt: skip
    assert [relation.sentence for relation in around.relations] == [
        "Grafting wax is a kind of sealant",
        "Grafting wax is used for wound protection",
        "Grafting uses Grafting wax",
    ]
    with pytest.raises(UsageError, match="at least 1, not 0"):
        tiny_graph.neighbours("wound protection", depth=0)


def test_statistics_count_what_is_there(tiny_graph: KnowledgeGraph) -> None:
    stats = tiny_graph.stats()
    assert (stats.entries, stats.concepts, stats.described, stats.definitions) == (4, 12, 3, 4)
    assert (stats.relations, stats.statements, stats.evidence, stats.mentions) == (10, 14, 14, 6)
    assert (stats.orphans, stats.components, stats.largest_component) == (0, 1, 9)
    assert stats.predicates["broader"] == 3
    assert stats.fields == {"horticulture": 2, "materials": 1, "tree surgery": 1}
    assert stats.flags == {"truncated": 1}
    assert [(hub.concept.label, hub.degree) for hub in stats.hubs[:2]] == [("Grafting", 5), ("Budding", 3)]


def test_answers_turn_into_json(tiny_graph: KnowledgeGraph) -> None:
    for answer in (
        asdict(tiny_graph.show("grafting")),
        asdict(tiny_graph.stats()),
        asdict(tiny_graph.neighbours("grafting")),
        *map(asdict, tiny_graph.paths("budding", "sealant")),
        *map(asdict, tiny_graph.search("grafting")),
    ):
        assert json.loads(json.dumps(answer))


# ------------------------------------------------------------------------------------------------------------- paths


def test_a_path_explains_each_step(tiny_graph: KnowledgeGraph) -> None:
    path = tiny_graph.path("budding", "wound protection")
    assert str(path) == (
        "Budding contrasts with Grafting; Grafting uses Grafting wax; Grafting wax is used for wound protection"
    )
    assert [step.forward for step in path.steps] == [False, True, True]
    assert [quote.place for step in path.steps for quote in step.quotes] == [
        "garden.txt:2", "garden.txt:2", "shed.txt:4",
    ]  # fmt: skip
    assert [(step.predicate, step.confidence) for step in path.steps] == [
        ("contrastsWith", 0.7), ("uses", 0.9), ("usedFor", 0.85),
    ]  # fmt: skip


def test_a_reversed_step_reads_backwards(tiny_graph: KnowledgeGraph) -> None:
    path = tiny_graph.path("juvenility", "grafting")
    assert str(path) == "juvenility is reduced by Grafting"


def test_further_paths_follow_at_higher_cost(tiny_graph: KnowledgeGraph) -> None:
    paths = tiny_graph.paths("grafting", "budding", k=5)
    assert [str(path) for path in paths] == [
        "Grafting contrasts with Budding",
        "Grafting is a kind of propagation method; propagation method has the kind Budding",
    ]
    assert paths[0].cost < paths[1].cost
    (other,) = tiny_graph.paths("grafting", "budding", k=5, exclude=["contrastsWith"])
    assert other == paths[1]


def test_paths_obey_their_constraints(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(NoPath, match="within 2 hops; there is one of 3 hops"):
        tiny_graph.paths("budding", "wound protection", max_hops=2)
    with pytest.raises(NoPath, match="along the direction of the relations"):
        tiny_graph.paths("juvenility", "grafting", directed=True)
    with pytest.raises(NoPath, match="avoiding 'Grafting wax'"):
        tiny_graph.paths("grafting", "sealant", avoid=["wax, grafting", "grafting waxes"][1:])
    assert len(tiny_graph.path("budding", "grafting", directed=True)) == 1, "contrastsWith leads both ways"


def test_paths_lead_through_what_they_are_asked_to(tiny_graph: KnowledgeGraph) -> None:
    (path,) = tiny_graph.paths("grafting", "budding", via=["propagation methods"])
    assert str(path) == "Grafting is a kind of propagation method; propagation method has the kind Budding"
    assert tiny_graph.path("grafting", "sealant", types=["material"]).concepts[1].label == "Grafting wax"
    with pytest.raises(NoPath, match="through concepts of class Task only; there is one through concepts of other"):
        tiny_graph.paths("grafting", "sealant", types=["kg:Task"])
    with pytest.raises(NoPath, match="every way by 'juvenility' leads through 'Grafting' twice, and a path passes"):
        tiny_graph.paths("grafting", "budding", via=["juvenility"])
    with pytest.raises(UsageError, match="a path cannot pass 'juvenility' and avoid it"):
        tiny_graph.paths("grafting", "budding", via=["juvenility"], avoid=["juvenility"])
    with pytest.raises(UsageError, match="no class 'Tree'; the classes are Method, "):
        tiny_graph.paths("grafting", "budding", types=["Tree"])


def test_all_paths_of_the_fewest_steps_can_be_asked_for(tiny_graph: KnowledgeGraph) -> None:
    assert [str(path) for path in tiny_graph.paths("grafting", "budding", all_shortest=True)] == [
        "Grafting contrasts with Budding"
    ]


def test_paths_are_a_sequence_with_html_for_notebooks(tiny_graph: KnowledgeGraph, tmp_path: Path) -> None:
    paths = tiny_graph.paths("grafting", "budding")
    assert (len(paths), paths[0], paths.complete) == (2, tiny_graph.path("grafting", "budding"), True)
    assert list(paths) == [*paths[:1], paths[1]]
    page = paths._repr_html_()
    assert page.startswith(paths[0]._repr_html_())
    assert "<b>Grafting</b> → <b>Budding</b>" in page
    assert "Grafting contrasts with Budding <small>70%</small><blockquote>Unlike budding <small>garden.txt:2" in page
    paths.draw(tmp_path / "paths.html")
    assert "From Grafting to Budding" in (tmp_path / "paths.html").read_text("utf-8")


def test_a_search_without_time_says_so(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(NoPath, match="was found within 1e-09 seconds; give the search more time"):
        tiny_graph.paths("grafting", "budding", seconds=1e-9)
    with pytest.raises(UsageError, match="the time for a search is more than 0 seconds, not 0"):
        tiny_graph.paths("grafting", "budding", seconds=0)


def test_a_path_needs_two_concepts(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(UsageError, match="T-budding and budding are the same concept, 'Budding'"):
        tiny_graph.paths("T-budding", "budding")


def test_every_step_of_every_path_is_in_the_store(tiny_graph: KnowledgeGraph) -> None:
    view = tiny_graph.to_networkx()
    connected = [concept for concept in tiny_graph.concepts() if view.degree(concept.iri)]
    for start, end in pairwise(connected):
        for path in tiny_graph.paths(start, end, k=4):
            for step in path.steps:
                for relation in step.relations:
                    assert isinstance(relation.object, ConceptRef)
                    assert view.has_edge(relation.subject.iri, relation.object.iri, relation.predicate)
                    assert relation.quotes == tiny_graph.evidence(relation.subject, relation.predicate, relation.object)


# ----------------------------------------------------------------------------------------------------------- queries


def test_queries_answer_by_their_form(tiny_graph: KnowledgeGraph) -> None:
    rows = tiny_graph.query("SELECT ?c { ?c skos:broader concept:sealant }")
    assert isinstance(rows, ox.QuerySolutions)
    assert [row["c"].value for row in rows] == [BASE + "grafting-wax"]
    assert tiny_graph.query("ASK { ?e kg:flag 'truncated' }") is True
    triples = tiny_graph.query("CONSTRUCT { ?d skos:narrower ?c } WHERE { ?c skos:broader ?d }")
    assert isinstance(triples, list)
    assert len(triples) == 3


def test_queries_can_be_answered_in_a_format(tiny_graph: KnowledgeGraph) -> None:
    data, media_type = tiny_graph.sparql("SELECT ?l { concept:budding skos:prefLabel ?l }", "csv")
    assert (data, media_type) == (b"l\r\nBudding\r\n", "text/csv; charset=utf-8")


def test_a_wrong_query_is_told_where(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(QueryError) as caught:
        tiny_graph.query("SELECT ?c {\n  ?c skos:broader }")
    assert caught.value.line == 2


def test_a_query_never_reaches_the_network(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="SERVICE is not evaluated here"):
        tiny_graph.query("SELECT * { SERVICE <http://localhost:1/> { ?s ?p ?o } }")


# ---------------------------------------------------------------------------------------------------- other objects


def test_the_networkx_view_has_concepts_and_typed_relations_only(tiny_graph: KnowledgeGraph) -> None:
    view = tiny_graph.to_networkx()
    assert set(view) == {concept.iri for concept in tiny_graph.concepts()}
    assert view.nodes[BASE + "budding"] == {
        "label": "Budding", "concept": "budding", "kind": "Method", "fields": ("horticulture",),
    }  # fmt: skip
    assert view.number_of_edges() == 9
    data = view.edges[BASE + "grafting", BASE + "grafting-wax", "uses"]
    assert (data["predicate"], data["confidence"], data["evidence"]) == ("uses", 0.9, 1)
    for u, v, key, data in view.edges(keys=True, data=True):
        assert len(tiny_graph.evidence(u, key, v)) == data["evidence"] == 1
        assert tiny_graph.store.ask(f"ASK {{ <{data['statement']}> a rdf:Statement }}")


def test_the_networkx_view_belongs_to_the_caller(tiny_graph: KnowledgeGraph) -> None:
    tiny_graph.to_networkx().clear()
    assert tiny_graph.paths("budding", "grafting")
    assert len(tiny_graph.to_networkx()) == 12


def test_parallel_relations_and_several_statements_are_kept() -> None:
    def evidence(start: int) -> Evidence:
        entry = tiny_knowledge().entries[0].entry
        return Evidence(entry.id, Span(start, start + 4), "test:rule", entry.quote(Span(start, start + 4)))

    knowledge = tiny_knowledge()
    more = (Statement(ConceptId("grafting"), "improves", ConceptId("grafting-wax"), 0.5, (evidence(30), evidence(40))),)
    graph = graph_of(Knowledge(knowledge.entries, knowledge.concepts, knowledge.statements + more))
    view: networkx.MultiDiGraph = graph.to_networkx()
    assert sorted(view[BASE + "grafting"][BASE + "grafting-wax"]) == ["improves", "uses"]
    (step,) = graph.path("grafting", "grafting wax").steps
    assert [(relation.predicate, len(relation.quotes)) for relation in step.relations] == [("uses", 1), ("improves", 2)]
    assert view.edges[BASE + "grafting", BASE + "grafting-wax", "improves"]["evidence"] == 2


@pytest.mark.parametrize("knowledge", [tiny_knowledge(), hostile_knowledge()])
def test_the_rdflib_dataset_holds_every_quad(knowledge: Knowledge) -> None:
    graph = graph_of(knowledge)
    dataset = graph.to_rdflib()
    found = {
        (*triple, str(name) if str(name) != "urn:x-rdflib:default" else None)
        for named in dataset.graphs()
        for triple in named
        for name in [named.identifier]
    }
    assert {(str(s), str(p), str(o), name) for s, p, o, name in found} == {
        tuple(getattr(term, "value", None) for term in quad) for quad in graph.store.quads()
    }
    literals = {o.n3() for _, _, o, _ in found if isinstance(o, rdflib.Literal)}
    assert len(literals) == len({q.object for q in graph.store.quads() if isinstance(q.object, ox.Literal)})
    assert dict(dataset.namespaces())["concept"] == rdflib.URIRef(BASE)


# ---------------------------------------------------------------------------------------------------- other places


def test_a_remote_endpoint_answers_like_a_local_store(tiny_graph: KnowledgeGraph, endpoint: type[Endpoint]) -> None:  # noqa: F811
    graph = kg.graph.open(endpoint.url)  # type: ignore[attr-defined]
    assert graph.concepts() == tiny_graph.concepts()
    assert graph.show("grafting") == tiny_graph.show("grafting")
    assert graph.paths("budding", "sealant", k=3) == tiny_graph.paths("budding", "sealant", k=3)
    assert graph.search("wax") == tiny_graph.search("wax")
    assert graph.stats() == tiny_graph.stats()
    assert graph.query("ASK { concept:budding a kg:Method }") is True
    assert exported(graph, "csv") == exported(tiny_graph, "csv")
    assert networkx.utils.graphs_equal(graph.to_networkx(), tiny_graph.to_networkx())


# ------------------------------------------------------------------------------------------------ strangers' graphs


def test_a_plain_skos_thesaurus_works() -> None:
    graph = loaded(
        """
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix ex: <http://example.org/> .
        ex:tea a skos:Concept ; skos:prefLabel "Tee"@de , "tea"@en ; skos:altLabel "chai" ; skos:broader ex:drink .
        ex:drink a skos:Concept ; skos:prefLabel "drink" ; skos:related ex:cup . ex:cup a skos:Concept .
        """
    )
    assert graph.concept("chai").label == "tea"
    assert graph.concept("cup").iri == "http://example.org/cup"
    path = graph.path("tea", "cup")
    assert str(path) == "tea is a kind of drink; drink is related to cup"
    assert (path.steps[0].confidence, path.steps[0].quotes, path.steps[0].best.statement) == (None, (), "")
    assert [hit.concept.label for hit in graph.search("tea")] == ["tea"]
    assert graph.show("drink").relations[0].sentence == "drink is related to cup"
    assert graph.stats().components == 1
    assert (
        "confidence" not in graph.to_networkx().edges["http://example.org/tea", "http://example.org/drink", "broader"]
    )


def test_relations_to_what_is_no_concept_are_left_out() -> None:
    graph = loaded(
        """
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix ex: <http://example.org/> .
        ex:tea a skos:Concept ; skos:prefLabel "tea" ; skos:broader ex:thing , [] .
        """
    )
    assert graph.stats().relations == 0
    assert graph.show("tea").relations == ()


# ------------------------------------------------------------------------------------------------------ hostile texts


@pytest.fixture(scope="module")
def hostile_graph() -> KnowledgeGraph:
    return graph_of(hostile_knowledge())


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_hostile_texts_stay_texts(hostile_graph: KnowledgeGraph, number: int) -> None:
    text = TEXTS[number]
    description = hostile_graph.show(f"concept:c{number}")
    assert description.concept.label == text
    assert [definition.text for definition in description.definitions] == [text]
    assert description.keywords == (text,)
    assert description.definitions[0].quotes[0].exact == text
    assert description.entries[0].source == 'so urce".txt'
    lines = sum(2 + earlier.count("\n") for earlier in TEXTS[:number])
    assert description.definitions[0].quotes[0].line == lines + 2
    if text.strip():
        assert hostile_graph.concept(text).iri == description.concept.iri


def test_hostile_labels_can_be_the_ends_of_a_path(hostile_graph: KnowledgeGraph) -> None:
    path = hostile_graph.path(TEXTS[0], TEXTS[15])
    assert "<script" not in path._repr_html_()
    assert [concept.label for concept in path.concepts] == list(TEXTS[:16])


@settings(max_examples=150, deadline=None)
@given(name=st.text())
def test_any_text_is_a_name_or_an_error_of_ours(hostile_graph: KnowledgeGraph, name: str) -> None:
    try:
        found = hostile_graph.concept(name)
    except (ConceptNotFound, UsageError):
        return
    assert found.iri in hostile_graph.index.concepts
