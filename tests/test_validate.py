"""Every promise of the shapes, broken one at a time; and the fast way of checking against plain pySHACL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from kg.errors import OntologyError
from kg.serialize import serialize
from kg.store import LocalStore
from kg.triples import quads
from kg.validate import validate
from kg.vocabulary import KG, OA, PROV, RDF, SKOS, XSD, concept_iri, data_file, entry_iri, evidence_graph
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

EVIDENCE = evidence_graph()
BUDDING = concept_iri("budding")
ENTRY = entry_iri("garden.txt/L1")
GRAFTING_USES = {RDF.subject: concept_iri("grafting"), RDF.predicate: KG.uses}


def store_of(dataset: set[ox.Quad]) -> LocalStore:
    store = LocalStore()
    store.load(dataset)
    return store


def tiny() -> set[ox.Quad]:
    return set(quads(tiny_knowledge()))


def node(dataset: set[ox.Quad], facts: dict[ox.NamedNode, ox.NamedNode]) -> ox.NamedNode:
    """The node of which these facts hold."""
    having = [{q.subject for q in dataset if q.predicate == p and q.object == o} for p, o in facts.items()]
    (found,) = set.intersection(*having)
    return found


def statement(dataset: set[ox.Quad]) -> ox.NamedNode:
    return node(dataset, GRAFTING_USES)


def evidence(dataset: set[ox.Quad]) -> ox.NamedNode:
    (found,) = {q.object for q in dataset if q.subject == statement(dataset) and q.predicate == PROV.wasDerivedFrom}
    assert isinstance(found, ox.NamedNode)
    return found


def without(dataset: set[ox.Quad], subject: ox.NamedNode, predicate: ox.NamedNode) -> set[ox.Quad]:
    return {q for q in dataset if not (q.subject == subject and q.predicate == predicate)}


def also(
    dataset: set[ox.Quad], subject: ox.NamedNode, predicate: ox.NamedNode, obj: ox.NamedNode | ox.Literal
) -> set[ox.Quad]:
    graphs = {q.graph_name for q in dataset if q.subject == subject and q.predicate != KG.text}
    return dataset | {ox.Quad(subject, predicate, obj, sorted(graphs, key=str)[0])}


def instead(
    dataset: set[ox.Quad], subject: ox.NamedNode, predicate: ox.NamedNode, obj: ox.NamedNode | ox.Literal
) -> set[ox.Quad]:
    return also(without(dataset, subject, predicate), subject, predicate, obj)


def number(text: str, datatype: ox.NamedNode = XSD.integer) -> ox.Literal:
    return ox.Literal(text, datatype=datatype)


def en(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")


def occurrence(dataset: set[ox.Quad]) -> ox.NamedNode:
    return min((q.subject for q in dataset if q.predicate == KG.occurrenceOf), key=str)


FAULTS = {
    "no kind": ("ConceptKind", lambda d: instead(d, BUDDING, RDF.type, SKOS.Concept)),
    "two kinds": ("ConceptKind", lambda d: also(d, BUDDING, RDF.type, KG.Task)),
    "a strange kind": ("ConceptKind", lambda d: d - {q for q in d if q.object == KG.Person}
                       | {ox.Quad(concept_iri("ada-birch"), RDF.type, KG.Gardener)}),
    "no label": ("PrefLabel", lambda d: without(d, BUDDING, SKOS.prefLabel)),
    "two labels": ("PrefLabel", lambda d: also(d, BUDDING, SKOS.prefLabel, en("Bud grafting"))),
    "a label without language": ("PrefLabel", lambda d: instead(d, BUDDING, SKOS.prefLabel, ox.Literal("Budding"))),
    "a blank label": ("PrefLabel", lambda d: instead(d, BUDDING, SKOS.prefLabel, en(" "))),
    "an alias that is the label": ("AltLabel", lambda d: also(d, BUDDING, SKOS.altLabel, en("Budding"))),
    "a subject that is no field": ("Subject", lambda d: also(
        d, BUDDING, ox.NamedNode("http://purl.org/dc/terms/subject"), concept_iri("sealant"))),
    "a relation to nowhere": ("RelationEnd", lambda d: also(d, BUDDING, KG.uses, concept_iri("nowhere"))),
    "a relation from an entry": ("RelationEnd", lambda d: also(d, ENTRY, KG.uses, BUDDING)),
    "a relation to a literal": ("RelationEnd", lambda d: also(d, BUDDING, KG.uses, ox.Literal("a knife"))),
    "introduced in a text": ("IntroducedIn", lambda d: also(d, BUDDING, KG.introducedIn, ox.Literal("long ago"))),
    "an entry without a file": ("SourceFile", lambda d: without(d, ENTRY, KG.sourceFile)),
    "an entry on line 0": ("SourceLine", lambda d: instead(d, ENTRY, KG.sourceLine, number("0"))),
    "two headers": ("Header", lambda d: also(d, ENTRY, KG.header, ox.Literal("another"))),
    "a header of two lines": ("Header", lambda d: instead(d, ENTRY, KG.header, ox.Literal("a\nb"))),
    "a strange flag": ("Flag", lambda d: also(d, ENTRY, KG.flag, ox.Literal("boring"))),
    "a strange layout": ("Layout", lambda d: instead(d, ENTRY, KG.layout, ox.Literal("round"))),
    "an entry about nothing": ("Describes", lambda d: without(d, ENTRY, KG.describes)),
    "an entry about two concepts": ("Describes", lambda d: also(d, ENTRY, KG.describes, BUDDING)),
    "an entry that mentions its own concept": ("Mentions", lambda d: also(
        d, ENTRY, KG.mentions, concept_iri("grafting"))),
    "an entry without text": ("Text", lambda d: without(d, ENTRY, KG.text)),
    "a text that ends before it starts": ("TextStart", lambda d: instead(d, ENTRY, KG.textEnd, number("3"))),
    "a header after its text": ("HeaderEnd", lambda d: instead(d, ENTRY, KG.headerEnd, number("30"))),
    "a statement without a subject": ("Statement", lambda d: without(d, statement(d), RDF.subject)),
    "a strange predicate": ("Statement", lambda d: instead(d, statement(d), RDF.predicate, KG.eats)),
    "a statement with two objects": ("Single", lambda d: also(d, statement(d), RDF.object, BUDDING)),
    "a statement without an object": ("Statement", lambda d: without(d, statement(d), RDF.object)),
    "a statement about nothing known": ("Statement", lambda d: instead(d, statement(d), RDF.subject, ENTRY)),
    "two confidences": ("Single", lambda d: also(d, statement(d), KG.confidence, number("0.1", XSD.decimal))),
    "too much confidence": ("Confidence", lambda d: instead(
        d, statement(d), KG.confidence, number("1.5", XSD.decimal))),
    "confidence as a double": ("Confidence", lambda d: instead(
        d, statement(d), KG.confidence, number("0.5", XSD.double))),
    "no confidence": ("Measured", lambda d: without(d, statement(d), KG.confidence)),
    "a statement without evidence": ("Derived", lambda d: without(d, statement(d), PROV.wasDerivedFrom)),
    "evidence that is none": ("Derived", lambda d: also(d, statement(d), PROV.wasDerivedFrom, BUDDING)),
    "a relation without a statement": ("Backed", lambda d: also(d, BUDDING, KG.uses, concept_iri("grafting-wax"))),
    "a definition without a statement": ("Backed", lambda d: also(d, BUDDING, SKOS.definition, en("It is an art."))),
    "a statement without its relation": ("Stated", lambda d: without(d, concept_iri("grafting"), KG.uses)),
    "a relation to itself": ("Irreflexive", lambda d: instead(d, statement(d), RDF.object, concept_iri("grafting"))),
    "a span in no entry": ("Span", lambda d: without(d, evidence(d), KG.inEntry)),
    "a span in a concept": ("Span", lambda d: instead(d, evidence(d), KG.inEntry, BUDDING)),
    "a span without a start": ("Span", lambda d: without(d, evidence(d), OA.start)),
    "a span that ends where it starts": ("Span", lambda d: instead(d, evidence(d), OA.end, number("80"))),
    "an offset that is no number": ("Span", lambda d: instead(d, evidence(d), OA.start, ox.Literal("80"))),
    "a span with two starts": ("Single", lambda d: also(d, evidence(d), OA.start, number("1"))),
    "evidence of two rules": ("Single", lambda d: also(d, evidence(d), KG.rule, ox.Literal("guess"))),
    "a quote without text": ("Quotation", lambda d: without(d, evidence(d), OA.exact)),
    "an empty quote": ("Quotation", lambda d: instead(d, evidence(d), OA.exact, ox.Literal(""))),
    "a quote without a rule": ("Quotation", lambda d: without(d, evidence(d), KG.rule)),
    "a wrong quote": ("Quoted", lambda d: instead(d, evidence(d), OA.exact, ox.Literal("uses grafting glue"))),
    "an occurrence of nothing": ("Occurrence", lambda d: without(d, occurrence(d), KG.occurrenceOf)),
    "an occurrence that the entry does not mention": ("Acknowledged", lambda d: instead(
        d, occurrence(d), KG.occurrenceOf, concept_iri("sealant"))),
}  # fmt: skip


def test_a_built_graph_conforms() -> None:
    report = validate(store_of(tiny()))
    assert report.conforms
    assert report.groups == ()
    assert report.shapes > 30
    assert list(report.lines()) == [f"the graph conforms to {report.shapes} shapes ({report.seconds:.1f} s)"]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_broken_promise_is_found_by_its_shape(fault: str) -> None:
    shape, spoil = FAULTS[fault]
    spoilt = spoil(tiny())
    assert spoilt != tiny(), "the test spoils nothing"
    report = validate(store_of(spoilt))
    assert not report.conforms
    assert f"shape:{shape}" in {group.shape for group in report.groups}


def test_every_shape_is_broken_by_some_test() -> None:
    shapes = data_file("ontology", "shapes.ttl").read_text()
    named = {line.split(" ")[0].removeprefix("shape:") for line in shapes.splitlines() if line.startswith("shape:")}
    assert {shape for shape, _ in FAULTS.values()} == named - {
        "Concept", "Entry",  # nodes without an IRI
        "Dataset",  # holds the queries
        "ConceptDefinition", "Keyword", "TextEnd", "HeaderStart",  # as their neighbours
    }  # fmt: skip


def test_pyshacl_alone_comes_to_the_same_verdicts() -> None:
    """The queries that the store answers here are plain SHACL-SPARQL, and mean the same to any processor."""
    spoilt = tiny()
    for fault in (
        "no label",
        "a relation without a statement",
        "a wrong quote",
        "a span without a start",
        "no confidence",
    ):
        spoilt = FAULTS[fault][1](spoilt)
    for dataset in (tiny(), spoilt):
        report = validate(store_of(dataset))
        data = rdflib.Graph().parse(serialize(dataset, ox.RdfFormat.N_TRIPLES), format="nt")
        shapes = rdflib.Graph().parse(data_file("ontology", "shapes.ttl"))
        conforms, results, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none")
        assert conforms == report.conforms
        assert isinstance(results, rdflib.Graph)
        assert len(set(results.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult))) == sum(
            group.count for group in report.groups
        )


def test_results_are_grouped_with_three_examples() -> None:
    spoilt = tiny()
    concepts = sorted((q.subject for q in spoilt if q.object == SKOS.Concept), key=str)
    for concept in concepts[:5]:
        spoilt = without(spoilt, concept, SKOS.prefLabel)
    report = validate(store_of(spoilt))
    (group,) = report.groups
    assert (group.shape, group.severity, group.count) == ("shape:PrefLabel", "Violation", 5)
    assert group.examples == tuple(f"concept:{name} skos:prefLabel" for name in ("ada-birch", "budding", "clean-cuts"))
    assert next(report.lines()) == (
        "5 violations of shape:PrefLabel (a concept has exactly one preferred label, with a language and not blank): "
        "concept:ada-birch skos:prefLabel, concept:budding skos:prefLabel, concept:clean-cuts skos:prefLabel, …"
    )


PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix my: <http://my.example/> .
@prefix kg: <https://kg.example.org/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


def test_users_add_shapes_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "own.ttl"
    own.write_text(
        PREFIXES
        + '''my:Alias a sh:NodeShape ; sh:targetClass kg:Method ; sh:severity sh:Warning ;
            sh:property [ sh:path skos:altLabel ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "no alias" ] .
        my:Person a sh:NodeShape ; sh:targetClass kg:Person ; sh:sparql [ sh:message "people have aliases" ; sh:select
            """SELECT $this { $this a ?c OPTIONAL { $this <http://www.w3.org/2004/02/skos/core#altLabel> ?l }
                FILTER (!BOUND(?l)) }""" ] .
        '''
    )
    report = validate(store_of(tiny()), shapes=[own])
    assert [(g.shape, g.severity, g.message, g.count) for g in report.groups] == [
        ("http://my.example/Alias", "Warning", "no alias", 2),
        ("http://my.example/Person", "Violation", "people have aliases", 1),
    ]
    assert not report.conforms


def test_a_warning_is_no_violation(tmp_path: Path) -> None:
    own = tmp_path / "own.ttl"
    own.write_text(
        PREFIXES + "my:A a sh:NodeShape ; sh:targetClass kg:Method ; sh:nodeKind sh:Literal ; sh:severity sh:Warning ."
    )
    report = validate(store_of(tiny()), shapes=[own])
    assert report.conforms
    assert [group.count for group in report.groups] == [3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("my:A a sh:NodeShape ;;; , .", r"own\.ttl:\d+: not Turtle"),
        ('my:A a sh:NodeShape ; sh:targetClass kg:Method ; sh:property [ sh:minCount "x" ] .', "cannot be checked"),
        (
            'my:A sh:sparql my:Q . my:Q sh:select "SELECT $this WHERE { WRONG" .',
            "the query of http://my.example/Q cannot",
        ),
    ],
)
def test_shapes_that_are_wrong_are_said_so(tmp_path: Path, text: str, message: str) -> None:
    own = tmp_path / "own.ttl"
    own.write_text(PREFIXES + text)
    with pytest.raises(OntologyError, match=message):
        validate(store_of(tiny()), shapes=[own])


def test_shapes_that_are_not_there_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match=r"own\.ttl: No such file or directory: name a file of SHACL shapes"):
        validate(store_of(tiny()), shapes=[tmp_path / "own.ttl"])
