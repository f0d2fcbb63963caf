"""Typed relations in columns: the same as reading every table row by row, from every kind of store."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kg.columns
import kg.statements
from kg.graph import KnowledgeGraph
from kg.index import Edge, readings
from kg.store import LocalStore
from kg.vocabulary import BASE, KG, PROV, RDF, SKOS, XSD, evidence_graph, inferred_graph
from tests.serving import orchard, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Term = ox.NamedNode | ox.Literal | ox.BlankNode

PREDICATES = ("uses", "introducedIn", "broader")
OBJECTS: tuple[Term, ...] = (
    *(ox.NamedNode(f"urn:c:{name}") for name in ("a", "b", "odd,né", "service")),
    ox.NamedNode("urn:no-concept"),
    ox.Literal("1905", datatype=XSD.gYear),
    ox.Literal('a "quoted", 50% text', language="en"),
)
CONCEPTS = OBJECTS[:4]


def iri_of(predicate: str) -> ox.NamedNode:
    return ox.NamedNode(readings()[predicate].iri)


def graph_of(quads: Iterable[ox.Quad]) -> KnowledgeGraph:
    store = LocalStore()
    store.load(ox.Quad(concept, RDF.type, SKOS.Concept) for concept in CONCEPTS)  # type: ignore[arg-type]
    store.load(quads)
    return KnowledgeGraph(store)


def statement(
    name: Term, triple: tuple[Term, ox.NamedNode, Term], confidences: Iterable[str] = (), evidence: int = 0
) -> list[ox.Quad]:
    pairs: list[tuple[ox.NamedNode, Term]] = [
        (RDF.subject, triple[0]),
        (RDF.predicate, triple[1]),
        (RDF.object, triple[2]),
        *((KG.confidence, ox.Literal(text, datatype=XSD.decimal)) for text in confidences),
        *((PROV.wasDerivedFrom, ox.NamedNode(f"urn:e:{number}")) for number in range(evidence)),
    ]
    return [ox.Quad(name, predicate, value, evidence_graph(BASE)) for predicate, value in pairs]  # type: ignore[arg-type]


def row_by_row(graph: KnowledgeGraph) -> list[Edge]:
    """The relations as dictionaries of all tables give them, those aside that are in the graph of the inferred."""
    known = {reading.iri: name for name, reading in readings().items()}
    tables: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    stated, inferred = set(), set()
    for quad in graph.store.quads():
        name = quad.predicate.value
        row = quad.subject.value, name, quad.object.value, isinstance(quad.object, ox.Literal)  # type: ignore[union-attr]
        (inferred if quad.graph_name == inferred_graph(BASE) else stated).add(row)
        tables[name][row[0]].append(row[2])
    backed = defaultdict(list)
    for statement, predicates in tables[RDF.predicate.value].items():
        for subject in tables[RDF.subject.value][statement]:
            for target in tables[RDF.object.value][statement]:
                for predicate in predicates:
                    sure = max(map(float, tables[KG.confidence.value][statement]), default=-1.0)
                    backed[subject, predicate, target].append((-sure, statement))
    evidence = Counter({name: len(found) for name, found in tables[PROV.wasDerivedFrom.value].items()})
    concepts = graph.index.concepts
    edges = []
    for subject, predicate, target, literal in stated - inferred:
        if predicate in known and subject in concepts and (literal or target in concepts):
            behind = sorted(backed[subject, predicate, target])
            sure = -behind[0][0] if behind and behind[0][0] <= 0 else None
            names = tuple(name for _, name in behind)
            edges.append(
                Edge(subject, known[predicate], target, literal, sure, names, sum(evidence[name] for name in names))
            )
    return sorted(edges, key=lambda edge: (edge.subject, edge.predicate, edge.object, edge.literal))


def terms(names: str) -> st.SearchStrategy[Term]:
    return st.sampled_from([ox.NamedNode(f"urn:s:{name}") for name in names] + [ox.BlankNode("s1")])


TRIPLES = st.tuples(st.sampled_from(CONCEPTS), st.sampled_from(PREDICATES).map(iri_of), st.sampled_from(OBJECTS))
STATEMENTS = st.dictionaries(
    terms("abcd"),
    st.tuples(TRIPLES, st.lists(st.sampled_from(["0.5", "0.9", "1", "0"]), max_size=2, unique=True), st.integers(0, 3)),
    max_size=5,
)


@st.composite
def graphs(draw: st.DrawFn) -> KnowledgeGraph:
    """Relations with and without statements, statements without relations, and what only follows."""
    found = draw(STATEMENTS)
    spoken_of = [triple for triple, _, _ in found.values()]
    stated = draw(st.lists(st.one_of(TRIPLES, st.sampled_from(spoken_of)) if spoken_of else TRIPLES, max_size=12))
    inferred = draw(st.lists(TRIPLES, max_size=3))
    return graph_of(
        [
            *(ox.Quad(*triple) for triple in stated),  # type: ignore[arg-type]
            *(quad for name, parts in found.items() for quad in statement(name, *parts)),
            *(ox.Quad(*triple, inferred_graph(BASE)) for triple in inferred),  # type: ignore[arg-type]
        ]
    )


@given(graphs())
def test_edges_are_what_the_tables_say(graph: KnowledgeGraph) -> None:
    assert list(graph.index.edges) == row_by_row(graph)


@given(graphs())
def test_columns_hold_the_edges(graph: KnowledgeGraph) -> None:
    columns, concepts = graph.index.columns, list(graph.index.concepts)
    rows = zip(*(column.tolist() for column in (*columns.at(range(len(columns))), columns.confidence)), strict=True)
    found = [
        (concepts[subject], columns.predicates[predicate], concepts[target], None if math.isnan(sure) else sure)
        for subject, predicate, target, sure in rows
    ]
    edges = [edge for edge in graph.index.edges if not edge.literal]
    assert found == [(edge.subject, edge.predicate, edge.object, edge.confidence) for edge in edges]
    assert [
        (concepts[subject], columns.predicates[predicate], text) for subject, predicate, text in columns.literals
    ] == [(edge.subject, edge.predicate, edge.object) for edge in graph.index.edges if edge.literal]
    assert [columns.row(graph.index.numbers[e.subject], e.predicate, graph.index.numbers[e.object]) for e in edges] == [
        *range(len(columns))
    ]


@given(graphs(), st.sampled_from([0, kg.statements.DEAR]))
def test_the_edges_of_a_concept_are_those_of_the_graph(graph: KnowledgeGraph, dear: int) -> None:
    edges, fresh = graph.index.edges, KnowledgeGraph(graph.store).index
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kg.statements, "DEAR", dear)  # at no cost at all, everything is looked up
        for iri in graph.index.concepts:
            assert fresh.outgoing(iri) == tuple(edge for edge in edges if edge.subject == iri)
            assert fresh.incoming(iri) == tuple(edge for edge in edges if edge.object == iri and not edge.literal)
        between = {(e.subject, e.predicate, e.object): e for e in edges if not e.literal}
        assert fresh.edges_between(between) == between


@given(graphs())
def test_the_plain_way_reads_the_same(graph: KnowledgeGraph) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kg.columns, "_local_columns", _refused)
        patch.setattr(kg.columns, "_local_backing", _refused)
        assert KnowledgeGraph(graph.store).index.edges == graph.index.edges


def _refused(*_: object) -> None:
    raise ValueError("not this way")


@given(graphs())
def test_networkx_has_the_edges_between_concepts(graph: KnowledgeGraph) -> None:
    found = {
        (subject, name, target): (
            data["predicate"],
            data.get("confidence"),
            data.get("statement", ""),
            data["evidence"],
        )
        for subject, target, name, data in graph.to_networkx().edges(keys=True, data=True)
    }
    assert found == {
        (edge.subject, edge.predicate, edge.object): (edge.predicate, edge.confidence, edge.statement, edge.evidence)
        for edge in graph.index.edges
        if not edge.literal
    }


def test_of_several_statements_the_surest_comes_first_and_names_break_ties() -> None:
    a, b = CONCEPTS[:2]
    triple = a, iri_of("uses"), b
    graph = graph_of(
        [
            ox.Quad(*triple),  # type: ignore[arg-type]
            *statement(ox.NamedNode("urn:s:z"), triple, ["0.5"], 1),
            *statement(ox.NamedNode("urn:s:y"), triple, ["0.5"], 2),
            *statement(ox.NamedNode("urn:s:x"), triple),
            *statement(ox.NamedNode("urn:s:w"), triple, ["0.75"], 3),
        ]
    )
    edge = graph.index.edge("urn:c:a", "uses", "urn:c:b")
    assert edge == Edge(
        "urn:c:a", "uses", "urn:c:b", False, 0.75, ("urn:s:w", "urn:s:y", "urn:s:z", "urn:s:x"), 6
    )  # fmt: skip


def test_a_relation_without_a_statement_has_no_confidence() -> None:
    a, b = CONCEPTS[:2]
    graph = graph_of([ox.Quad(a, iri_of("uses"), b)])  # type: ignore[arg-type]
    assert graph.index.edges == (Edge("urn:c:a", "uses", "urn:c:b", False, None, (), 0),)
    assert math.isnan(graph.index.columns.confidence[0])
    with pytest.raises(KeyError):
        graph.index.edge("urn:c:b", "uses", "urn:c:a")


def test_a_confidence_that_is_no_number_says_nothing() -> None:
    a, b = CONCEPTS[:2]
    triple = a, iri_of("uses"), b
    graph = graph_of([ox.Quad(*triple), *statement(ox.NamedNode("urn:s:a"), triple, evidence=1)])  # type: ignore[arg-type]
    graph.store.load([ox.Quad(ox.NamedNode("urn:s:a"), KG.confidence, ox.Literal("high"))])  # type: ignore[attr-defined]
    assert graph.index.edges == (Edge("urn:c:a", "uses", "urn:c:b", False, None, ("urn:s:a",), 1),)


def test_concepts_that_are_blank_nodes_have_relations_too() -> None:
    a, blank = CONCEPTS[0], ox.BlankNode("hidden")
    triple = a, iri_of("uses"), blank
    graph = graph_of(
        [
            ox.Quad(blank, RDF.type, SKOS.Concept),
            ox.Quad(*triple),  # type: ignore[arg-type]
            *statement(ox.NamedNode("urn:s:a"), triple, ["0.5"]),
        ]
    )
    assert [(edge.object, edge.confidence) for edge in graph.index.outgoing("urn:c:a")] == [("hidden", 0.5)]


def test_what_is_inferred_is_read_on_demand() -> None:
    a, b = CONCEPTS[:2]
    stated = [ox.Quad(a, iri_of("uses"), b)]  # type: ignore[arg-type]
    follows = [ox.Quad(b, iri_of("uses"), a, inferred_graph(BASE))]  # type: ignore[arg-type]
    store = graph_of([*stated, *follows]).store
    assert len(KnowledgeGraph(store).index.columns) == 1
    assert len(KnowledgeGraph(store, inferred=True).index.columns) == 2


def test_an_endpoint_gives_the_same_edges() -> None:
    graph = orchard()
    iri = graph.concept("grafting").iri
    with running(graph) as url:
        assert kg.open(f"{url}/sparql").index.edges == graph.index.edges
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kg.statements, "DEAR", 0)
            assert kg.open(f"{url}/sparql").index.outgoing(iri) == graph.index.outgoing(iri)


@pytest.mark.parametrize("ask", [lambda g: g.show("grafting"), lambda g: g.paths("grafting", "wax", 2)])
def test_answers_are_the_same_however_statements_were_read(ask: Callable[[KnowledgeGraph], object]) -> None:
    few, all_ = orchard(), orchard()
    assert all_.index.edges
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kg.statements, "DEAR", 0)
        assert str(ask(few)) == str(ask(all_))


def test_a_statement_that_lacks_a_part_backs_nothing() -> None:
    graph = orchard()
    name = ox.NamedNode(graph.index.edge(*_ends(graph, "grafting", "uses", "grafting wax")).statement)
    kept = [quad for quad in graph.store.quads() if (quad.subject, quad.predicate) != (name, RDF.subject)]
    store = LocalStore()
    store.load(kept)
    changed = KnowledgeGraph(store)
    assert list(changed.index.edges) == row_by_row(changed)
    row = changed.index.columns.row(*_numbered(changed, *_ends(graph, "grafting", "uses", "grafting wax")))
    assert row is not None
    assert math.isnan(changed.index.columns.confidence[row])


def _ends(graph: KnowledgeGraph, subject: str, predicate: str, target: str) -> tuple[str, str, str]:
    return graph.concept(subject).iri, predicate, graph.concept(target).iri


def _numbered(graph: KnowledgeGraph, subject: str, predicate: str, target: str) -> tuple[int, str, int]:
    return graph.index.numbers[subject], predicate, graph.index.numbers[target]
