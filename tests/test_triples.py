"""Knowledge as quads: exactly the promises of the graph's contract, in two graphs, the same on every run."""

from __future__ import annotations

import random
from dataclasses import replace

import pyoxigraph as ox
import pytest

from kg.errors import OntologyError, UsageError
from kg.model import Concept, ConceptId, EntryId, Evidence, Flag, Knowledge, Span, Statement, Year
from kg.triples import quads
from kg.vocabulary import (
    DCTERMS,
    KG,
    OA,
    PROV,
    RDF,
    SCHEMA,
    SKOS,
    VOID,
    XSD,
    concept_iri,
    entry_iri,
    evidence_graph,
)  # fmt: skip
from tests.tiny import DOCUMENTS, tiny_knowledge

EVIDENCE = evidence_graph()


@pytest.fixture(scope="module")
def dataset() -> set[ox.Quad]:
    return set(quads(tiny_knowledge()))


def facts(dataset: set[ox.Quad], subject: ox.NamedNode, graph: object = None) -> dict[ox.NamedNode, set[object]]:
    """What a graph (the default one) says of a subject."""
    found: dict[ox.NamedNode, set[object]] = {}
    for quad in dataset:
        if quad.subject == subject and quad.graph_name == (graph or ox.DefaultGraph()):
            found.setdefault(quad.predicate, set()).add(quad.object)
    return found


def statement(dataset: set[ox.Quad], subject: str, predicate: ox.NamedNode) -> ox.NamedNode:
    """The statement about a concept with this predicate."""
    named = {q.subject for q in dataset if q.predicate == RDF.subject and q.object == concept_iri(subject)}
    (found,) = {
        q.subject for q in dataset if q.subject in named and q.predicate == RDF.predicate and q.object == predicate
    }
    return found


def en(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")


def integer(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=XSD.integer)


def test_an_entry_tells_where_it_stands_and_what_it_is_about(dataset: set[ox.Quad]) -> None:
    assert facts(dataset, entry_iri("garden.txt/L1")) == {
        RDF.type: {KG.Entry},
        KG.sourceFile: {ox.Literal("garden.txt")},
        KG.sourceLine: {integer(1)},
        KG.layout: {ox.Literal("flat")},
        KG.header: {ox.Literal("grafting, horticulture")},
        KG.describes: {concept_iri("grafting")},
        KG.mentions: {concept_iri("grafting-wax"), concept_iri("juvenility"), concept_iri("budding")},
    }
    assert facts(dataset, entry_iri("shed.txt/L1"))[KG.flag] == {ox.Literal("truncated")}


def test_the_text_of_an_entry_lies_in_the_evidence_graph(dataset: set[ox.Quad]) -> None:
    text = facts(dataset, entry_iri("garden.txt/L3"), EVIDENCE)
    (body,), (start,), (end,) = text[KG.text], text[KG.textStart], text[KG.textEnd]
    assert DOCUMENTS["garden.txt"][int(start.value) : int(end.value)] == body.value  # type: ignore[attr-defined]
    (start,), (end,) = text[KG.headerStart], text[KG.headerEnd]
    header = DOCUMENTS["garden.txt"][int(start.value) : int(end.value)]  # type: ignore[attr-defined]
    assert header == "budding (t-budding),budding,horticulture"


def test_a_concept_has_one_kind_one_label_and_what_the_header_lists(dataset: set[ox.Quad]) -> None:
    wax = facts(dataset, concept_iri("grafting-wax"))
    assert wax == {
        RDF.type: {SKOS.Concept, KG.Material},
        SKOS.prefLabel: {en("Grafting wax")},
        SKOS.definition: {en("Grafting wax is a sealant used for wound protection.")},
        DCTERMS.subject: {concept_iri("materials")},
        SCHEMA.keywords: {ox.Literal("sealing")},
        SKOS.broader: {concept_iri("sealant")},
        KG.usedFor: {concept_iri("wound-protection")},
    }
    assert facts(dataset, concept_iri("budding"))[SKOS.altLabel] == {en("T-budding")}
    assert facts(dataset, concept_iri("materials"))[RDF.type] == {SKOS.Concept, KG.Field}


def test_a_statement_repeats_its_triple_with_confidence_and_quote(dataset: set[ox.Quad]) -> None:
    node = statement(dataset, "grafting", KG.uses)
    reified = facts(dataset, node, EVIDENCE)
    (evidence,) = reified.pop(PROV.wasDerivedFrom)
    assert reified == {
        RDF.type: {RDF.Statement},
        RDF.subject: {concept_iri("grafting")},
        RDF.predicate: {KG.uses},
        RDF.object: {concept_iri("grafting-wax")},
        KG.confidence: {ox.Literal("0.9", datatype=XSD.decimal)},
    }
    start = DOCUMENTS["garden.txt"].index("uses grafting wax")
    assert facts(dataset, evidence, EVIDENCE) == {  # type: ignore[arg-type]
        RDF.type: {KG.Evidence},
        KG.inEntry: {entry_iri("garden.txt/L1")},
        OA.start: {integer(start)},
        OA.end: {integer(start + len("uses grafting wax"))},
        OA.exact: {ox.Literal("uses grafting wax")},
        KG.rule: {ox.Literal("test:uses")},
    }


def test_a_definition_quotes_its_source_and_claims_no_confidence(dataset: set[ox.Quad]) -> None:
    reified = facts(dataset, statement(dataset, "budding", SKOS.definition), EVIDENCE)
    assert reified[RDF.object] == {en("Budding is a propagation method that uses a single bud.")}
    assert KG.confidence not in reified
    (evidence,) = reified[PROV.wasDerivedFrom]
    quoted = facts(dataset, evidence, EVIDENCE)[OA.exact]  # type: ignore[arg-type]
    assert quoted == {ox.Literal("**Budding** is a **propagation method** that uses a single bud.")}


def test_a_year_is_a_literal(dataset: set[ox.Quad]) -> None:
    assert facts(dataset, concept_iri("budding"))[KG.introducedIn] == {ox.Literal("1871", datatype=XSD.gYear)}


@pytest.mark.parametrize(("year", "written"), [(1871, "1871"), (45, "0045"), (-44, "-0044"), (12026, "12026")])
def test_years_have_four_digits(year: int, written: str) -> None:
    literals = {q.object for q in quads(_one_statement(object=Year(year))) if q.predicate == KG.introducedIn}
    assert literals == {ox.Literal(written, datatype=XSD.gYear)}


@pytest.mark.parametrize(
    ("confidence", "written"),
    [(1.0, "1"), (0.0, "0"), (0.93, "0.93"), (2 / 3, "0.6667"), (0.5, "0.5"), (0.00001, "0"), (0.1 + 0.2, "0.3")],
)
def test_confidence_has_four_decimals_in_canonical_form(confidence: float, written: str) -> None:
    literals = {q.object for q in quads(_one_statement(confidence=confidence)) if q.predicate == KG.confidence}
    assert literals == {ox.Literal(written, datatype=XSD.decimal)}


def test_every_quote_stands_at_its_offsets(dataset: set[ox.Quad]) -> None:
    spans = {q.subject for q in dataset if q.predicate == OA.exact}
    assert len(spans) == 20
    for span in spans:
        (exact,), (start,), (end,), (entry,) = (
            facts(dataset, span, EVIDENCE)[p] for p in (OA.exact, OA.start, OA.end, KG.inEntry)
        )
        (source,) = facts(dataset, entry)[KG.sourceFile]  # type: ignore[arg-type]
        text = DOCUMENTS[source.value]  # type: ignore[attr-defined]
        assert text[int(start.value) : int(end.value)] == exact.value  # type: ignore[attr-defined]


def test_the_default_graph_holds_no_evidence(dataset: set[ox.Quad]) -> None:
    evidence = {KG.confidence, KG.inEntry, KG.text, OA.exact, RDF.subject, PROV.wasDerivedFrom}
    assert not {q.predicate for q in dataset if q.graph_name == ox.DefaultGraph()} & evidence
    assert {q.graph_name for q in dataset} == {ox.DefaultGraph(), EVIDENCE}


def test_boilerplate_is_marked_without_its_text() -> None:
    knowledge = tiny_knowledge()
    first = replace(knowledge.entries[0], boilerplate=(Span(30, 50),))
    marked = {q.subject for q in quads(Knowledge((first,))) if q.object == KG.Boilerplate}
    (span,) = marked
    assert set(facts(set(quads(Knowledge((first,)))), span, EVIDENCE)) == {RDF.type, KG.inEntry, OA.start, OA.end}


def test_the_dataset_describes_itself_without_a_clock(dataset: set[ox.Quad]) -> None:
    described = facts(dataset, ox.NamedNode("https://kg.example.org/dataset"))
    assert described[RDF.type] == {VOID.Dataset}
    assert described[VOID.documents] == {integer(2)}
    assert described[VOID.entities] == {integer(12)}
    assert described[VOID.uriSpace] == {ox.Literal("https://kg.example.org/")}
    assert not [
        q for q in dataset if isinstance(q.object, ox.Literal) and q.object.datatype in (XSD.date, XSD.dateTime)
    ]


def test_names_come_from_content_and_not_from_order() -> None:
    knowledge = tiny_knowledge()
    shuffled = list(knowledge.statements)
    random.Random(7).shuffle(shuffled)
    assert set(quads(replace(knowledge, statements=tuple(shuffled)))) == set(quads(knowledge))
    assert list(quads(knowledge)) == list(quads(knowledge))


def test_the_base_moves_the_data_and_not_the_ontology() -> None:
    moved = set(quads(tiny_knowledge(), base="http://words.example/g/"))
    text = "\n".join(map(str, moved))
    assert "https://kg.example.org/concept" not in text
    assert "https://kg.example.org/ontology#uses" in text
    assert {q.graph_name for q in moved} == {ox.DefaultGraph(), ox.NamedNode("http://words.example/g/graph/evidence")}


@pytest.mark.parametrize("base", ["https://kg.example.org", "relative/", "", "http://a b/"])
def test_a_base_that_cannot_be_built_on_is_refused(base: str) -> None:
    with pytest.raises(UsageError, match="base IRI"):
        list(quads(tiny_knowledge(), base=base))


def test_terms_that_the_ontology_lacks_are_refused() -> None:
    with pytest.raises(OntologyError, match="no relation 'eats'"):
        list(quads(_one_statement(predicate="eats")))
    with pytest.raises(OntologyError, match="no class kg:Vegetable"):
        list(quads(Knowledge(concepts=(Concept(ConceptId("leek"), "Leek", "Vegetable"),))))


def test_flags_of_reading_and_of_resolution_are_united() -> None:
    first = tiny_knowledge().entries[0]
    entry = replace(first.entry, flags=frozenset({Flag.BOILERPLATE}))
    flagged = replace(first, entry=entry, flags=frozenset({Flag.TRUNCATED}))
    flags = {q.object for q in quads(Knowledge((flagged,))) if q.predicate == KG.flag}
    assert flags == {ox.Literal("boilerplate"), ox.Literal("truncated")}


def test_an_entry_does_not_mention_what_it_describes_and_no_alias_repeats_the_label() -> None:
    first = tiny_knowledge().entries[0]
    own = replace(first, describes=ConceptId("budding"))
    mentioned = {q.object for q in quads(Knowledge((own,))) if q.predicate == KG.mentions}
    assert concept_iri("budding") not in mentioned
    concept = Concept(ConceptId("leek"), "Leek", "Material", aliases=("Leek", "leeks"))
    assert {q.object for q in quads(Knowledge(concepts=(concept,))) if q.predicate == SKOS.altLabel} == {en("leeks")}


def _one_statement(predicate: str = "introducedIn", object: Year | None = None, confidence: float = 0.5) -> Knowledge:
    evidence = Evidence(EntryId("a.txt/L1"), Span(3, 7), "rule", "text")
    target = object or Year(1900)
    return Knowledge(statements=(Statement(ConceptId("leek"), predicate, target, confidence, (evidence,)),))
