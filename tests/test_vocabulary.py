"""Ontology and code name the same terms, and the ontology keeps those rules of OWL 2 DL that reading can check."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from kg import vocabulary
from kg.errors import OntologyError
from kg.model import Flag, Layout
from kg.serialize import serialize
from kg.triples import quads
from kg.vocabulary import DCTERMS, KG, OWL, RDF, RDFS, SH, SKOS, concept_id, concept_iri, data_file, entry_id, entry_iri
from tests.tiny import tiny_knowledge

CLASSES = [
    "Dataset", "Field", "Hardware", "Material", "Method", "Metric", "Model", "Organization", "Person", "Phenomenon",
    "Process", "Property", "Publication", "Software", "Standard", "Task", "Theory",
]  # fmt: skip
RELATIONS = [
    "broader", "causes", "contrastsWith", "developedBy", "evaluatedOn", "extends", "hasExample", "hasLimitation",
    "hasPart", "improves", "introducedIn", "reduces", "requires", "usedFor", "uses",
]  # fmt: skip
SPECIAL = (
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/1999/02/22-rdf",
)


def parse(name: str) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(path=data_file("ontology", name), format=ox.RdfFormat.TURTLE)}


@pytest.fixture(scope="module")
def ontology() -> set[ox.Triple]:
    return parse("kg.ttl")


def objects(graph: set[ox.Triple], subject: ox.NamedNode, predicate: ox.NamedNode) -> set[object]:
    return {t.object for t in graph if t.subject == subject and t.predicate == predicate}


def subjects(graph: set[ox.Triple], predicate: ox.NamedNode, obj: ox.NamedNode) -> set[ox.NamedNode]:
    return {t.subject for t in graph if t.predicate == predicate and t.object == obj}


def members(graph: set[ox.Triple], head: object) -> list[object]:
    """The members of an RDF list."""
    found = []
    while head != RDF.nil:
        found += objects(graph, head, RDF.first)  # type: ignore[arg-type]
        (head,) = objects(graph, head, RDF.rest)  # type: ignore[arg-type]
    return found


def test_classes_and_relations_are_those_of_the_contract() -> None:
    assert sorted(vocabulary.classes()) == CLASSES
    assert sorted(vocabulary.relations()) == RELATIONS
    assert next(iter(vocabulary.relations())) == "broader"
    assert vocabulary.CLASSES is vocabulary.classes()
    assert vocabulary.RELATIONS is vocabulary.relations()


def test_relations_read_in_both_directions() -> None:
    uses, contrast = vocabulary.relation("uses"), vocabulary.relation("contrastsWith")
    assert (uses.label, uses.inverse_label, uses.symmetric, uses.literal) == ("uses", "is used by", False, False)
    assert contrast.symmetric
    assert contrast.label == contrast.inverse_label
    assert vocabulary.relation("broader").iri == SKOS.broader
    assert [r.name for r in vocabulary.relations().values() if r.literal] == ["introducedIn"]


def test_every_term_has_a_label_and_a_definition(ontology: set[ox.Triple]) -> None:
    terms = {t.subject for t in ontology if isinstance(t.subject, ox.NamedNode) and t.subject.value.startswith(KG.iri)}
    for term in terms:
        for predicate in (RDFS.label, SKOS.definition):
            values = objects(ontology, term, predicate)
            assert len(values) == 1, (term, predicate)
            assert all(isinstance(v, ox.Literal) and v.language == "en" and v.value for v in values)


def test_an_unknown_term_is_an_ontology_error() -> None:
    with pytest.raises(OntologyError, match="no relation 'eats'"):
        vocabulary.relation("eats")
    with pytest.raises(OntologyError, match="no class kg:Vegetable"):
        vocabulary.kind("Vegetable")
    with pytest.raises(OntologyError, match=r"ontology/nowhere\.ttl is missing"):
        data_file("ontology", "nowhere.ttl")


def test_a_broken_ontology_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "kg.ttl"
    broken.write_text("@prefix kg: <https://kg.example.org/ontology#> .\nkg:Method a\n")
    monkeypatch.setattr(vocabulary, "data_file", lambda folder, name: broken)
    vocabulary._ontology.cache_clear()
    try:
        with pytest.raises(OntologyError, match=r"kg\.ttl:\d: not Turtle"):
            vocabulary.classes()
    finally:
        vocabulary._ontology.cache_clear()


def test_flags_and_layouts_are_the_literals_of_the_ontology(ontology: set[ox.Triple]) -> None:
    for term, enum in ((KG.flag, Flag), (KG.layout, Layout)):
        (datatype,) = objects(ontology, term, RDFS.range)
        (head,) = objects(ontology, datatype, OWL.oneOf)  # type: ignore[arg-type]
        assert [literal.value for literal in members(ontology, head)] == [member.value for member in enum]  # type: ignore[attr-defined]


def test_a_graph_uses_no_term_that_the_ontology_does_not_declare(ontology: set[ox.Triple]) -> None:
    declared = {t.subject for t in ontology if t.predicate == RDF.type}
    used = set()
    for quad in quads(tiny_knowledge()):
        used.add(quad.predicate)
        if quad.predicate == RDF.type:
            used.add(quad.object)
    foreign = {term for term in used if not term.value.startswith(SPECIAL)}
    assert foreign <= declared


def test_shapes_list_the_same_classes_relations_and_literals(ontology: set[ox.Triple]) -> None:
    shapes = parse("shapes.ttl")
    shape = {name: ox.NamedNode(f"https://kg.example.org/shapes#{name}") for name in
             ("ConceptKind", "Statement", "RelationEnd", "Flag", "Layout", "Backed")}  # fmt: skip
    relations = {r.iri for r in vocabulary.relations().values()}

    def listed(name: str) -> set[object]:
        (head,) = objects(shapes, shape[name], getattr(SH, "in"))
        return set(members(shapes, head))

    assert listed("ConceptKind") == {SKOS.Concept, *(k.iri for k in vocabulary.classes().values())}
    assert listed("Flag") == {ox.Literal(flag.value) for flag in Flag}
    assert listed("Layout") == {ox.Literal(layout.value) for layout in Layout}
    assert objects(shapes, shape["RelationEnd"], SH.targetSubjectsOf) == relations
    assert objects(shapes, shape["RelationEnd"], SH.targetObjectsOf) == relations - {KG.introducedIn}
    for name in ("Backed", "Statement"):
        (select,) = objects(shapes, shape[name], SH.select)
        among = re.search(r"IN \((.*?)\)", select.value, re.DOTALL)  # type: ignore[attr-defined]
        assert among
        names = set(re.findall(r"(?:kg|skos):\w+", among[1]))
        assert names == {"skos:definition", "skos:broader", *(f"kg:{name}" for name in RELATIONS[1:])}


# ------------------------------------------------------------------------------------------------------- OWL 2 DL


def test_no_property_is_of_two_sorts(ontology: set[ox.Triple]) -> None:
    sorts = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    counts = Counter(t.subject for t in ontology if t.predicate == RDF.type and t.object in sorts)
    assert {term for term, count in counts.items() if count > 1} == set()


def test_every_property_and_class_in_an_axiom_is_declared(ontology: set[ox.Triple]) -> None:
    declared = {t.subject for t in ontology if t.predicate == RDF.type}
    predicates = {t.predicate for t in ontology}
    axioms = (RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.inverseOf, OWL.onProperty)
    named = {t.object for t in ontology if t.predicate in axioms and isinstance(t.object, ox.NamedNode)}
    listed = {t.object for t in ontology if t.predicate == RDF.first and isinstance(t.object, ox.NamedNode)}
    used = {
        term
        for term in predicates | named | listed
        if not term.value.startswith((*SPECIAL, "http://www.w3.org/2001/XMLSchema#"))
    }
    assert used <= declared


def test_properties_have_superproperties_of_their_own_sort(ontology: set[ox.Triple]) -> None:
    for sort in (OWL.ObjectProperty, OWL.DatatypeProperty):
        properties = subjects(ontology, RDF.type, sort)
        for term in properties:
            assert objects(ontology, term, RDFS.subPropertyOf) <= properties
            assert objects(ontology, term, OWL.inverseOf) <= properties


def test_transitive_properties_stay_simple_enough(ontology: set[ox.Triple]) -> None:
    """OWL 2 DL allows no cardinality, functionality, irreflexivity or disjointness on transitive properties."""
    transitive = subjects(ontology, RDF.type, OWL.TransitiveProperty)
    restricted = {t.object for t in ontology if t.predicate == OWL.onProperty}
    functional = subjects(ontology, RDF.type, OWL.FunctionalProperty)
    assert transitive == {SKOS.broaderTransitive, KG.hasPartTransitive, KG.partOfTransitive}
    assert not transitive & (restricted | functional)


def test_object_relations_have_inverses_and_concepts_at_both_ends(ontology: set[ox.Triple]) -> None:
    for relation in vocabulary.relations().values():
        if relation.literal or relation.iri == SKOS.broader:
            continue
        assert relation.symmetric or len(objects(ontology, relation.iri, OWL.inverseOf)) == 1
        assert objects(ontology, relation.iri, RDFS.domain) == {SKOS.Concept}
        assert objects(ontology, relation.iri, RDFS.range) == {SKOS.Concept}


def test_kinds_are_disjoint(ontology: set[ox.Triple]) -> None:
    lists = [members(ontology, t.object) for t in ontology if t.predicate == OWL.members]
    assert [k.iri for k in vocabulary.classes().values()] in lists


def test_a_reasoner_finds_inverses_and_no_contradiction() -> None:
    """OWL 2 RL rules over the ontology and a graph; they mark a contradiction with an error node."""
    graph = rdflib.Graph().parse(data_file("ontology", "kg.ttl"))
    graph.parse(serialize(quads(tiny_knowledge()), ox.RdfFormat.N_TRIPLES), format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    grafting, budding, wax = (rdflib.URIRef(concept_iri(c).value) for c in ("grafting", "budding", "grafting-wax"))
    kg = rdflib.Namespace(KG.iri)
    error = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
    assert not list(graph.objects(None, error))
    assert (wax, kg.usedBy, grafting) in graph
    assert (budding, kg.contrastsWith, grafting) in graph
    assert (grafting, kg.relatedByText, budding) in graph
    graph.add((grafting, rdflib.RDF.type, kg.Person))
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    assert any("Disjoint classes" in str(message) for message in graph.objects(None, error))


def test_the_ontology_says_what_it_is(ontology: set[ox.Triple]) -> None:
    (iri,) = subjects(ontology, RDF.type, OWL.Ontology)
    for predicate in (OWL.versionIRI, OWL.versionInfo, DCTERMS.title, DCTERMS.description, DCTERMS.license):
        assert len(objects(ontology, iri, predicate)) == 1
    assert vocabulary.ontology_version().value.startswith(iri.value)


def test_the_page_on_the_ontology_is_in_step() -> None:
    docs = Path(__file__).parent.parent / "docs"
    page = runpy.run_path(str(docs / "ontology.py"))["page"]()
    assert (docs / "ontology.md").read_text() == page, "run: python docs/ontology.py > docs/ontology.md"


# ------------------------------------------------------------------------------------------------------------- IRIs


def test_iris_are_readable() -> None:
    assert concept_iri("level-shifter").value == "https://kg.example.org/concept/level-shifter"
    assert entry_iri("my words.txt/L3", "http://x.example/").value == "http://x.example/entry/my%20words.txt/L3"
    assert concept_id("https://elsewhere.example/concept/x") is None


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_survives_its_iri(name: str) -> None:
    assert entry_id(entry_iri(name)) == name
    assert concept_id(concept_iri(name)) == name
    assert "/../" not in entry_iri(f"{name}/../x").value
