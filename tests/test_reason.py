"""What follows from a graph: the same as owlrl says, nothing that is stated, and nobody takes it for a statement."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kg
from kg import cli
from kg.errors import KgError, StoreError
from kg.export import exported
from kg.graph import KnowledgeGraph
from kg.queries import named_queries, named_query
from kg.reason import infer, infer_into, infer_quads, schema_of, stated
from kg.serialize import prefixes, shortened
from kg.store import LocalStore, open_store, write_build
from kg.swap import writing
from kg.triples import quads
from kg.validate import validate
from kg.vocabulary import BASE, KG, OWL, RDF, RDFS, SKOS, XSD, concept_iri, data_file, inferred_graph
from tests.entailed import entailed, in_rdflib, whole_entries
from tests.orchard import orchard_knowledge
from tests.test_queries import QUESTIONS
from tests.test_queries import iri as orchard_iri
from tests.test_store import endpoint  # noqa: F401 - a fixture, of a local SPARQL endpoint
from tests.tiny import DOCUMENTS, tiny_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.test_store import Endpoint


GRAPH = inferred_graph()
OWN = [quad.triple for quad in ox.parse(path=data_file("ontology", "kg.ttl"), format=ox.RdfFormat.TURTLE)]
HEAD = """
@prefix : <urn:x:> . @prefix kg: <https://kg.example.org/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""


def turtle(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(HEAD + text, format=ox.RdfFormat.TURTLE)]


def following(data: Iterable[ox.Triple], ontology: Iterable[ox.Triple]) -> set[ox.Triple]:
    """What the rules derive."""
    found = infer_quads([ox.Quad(*triple) for triple in data], schema_of(ontology), base=BASE)
    assert len(found.triples) == len(set(found.triples)) == sum(found.rules.values())
    return set(found.triples)


def shown(triples: Iterable[ox.Triple]) -> set[str]:
    names = prefixes() | {"": "urn:x:"}
    return {" ".join(shortened(term.value, names) for term in triple) for triple in triples}


def store_of(dataset: Iterable[ox.Quad]) -> LocalStore:
    store = LocalStore()
    store.load(dataset)
    return store


@pytest.fixture(scope="module")
def plain() -> KnowledgeGraph:
    return KnowledgeGraph(store_of(quads(orchard_knowledge())))


@pytest.fixture(scope="module")
def enriched() -> KnowledgeGraph:
    """The orchard with all that follows from it."""
    dataset = list(quads(orchard_knowledge()))
    return KnowledgeGraph(store_of([*dataset, *infer(store_of(dataset)).quads()]))


# ------------------------------------------------------------------------------------------------- as owlrl derives


def test_each_kind_of_axiom_has_its_rule() -> None:
    ontology = turtle("""
        :part rdfs:subPropertyOf :near . :near a owl:SymmetricProperty .
        :part owl:inverseOf :whole . :within a owl:TransitiveProperty .
        :near owl:equivalentProperty :close . :uncle owl:propertyChainAxiom ( :parent :brother ) .
        :eats rdfs:domain :Animal ; rdfs:range :Food . :Animal rdfs:subClassOf :Thing .
        :Food owl:equivalentClass :Feed .
    """)
    data = turtle(
        ":a :part :b . :c :within :d . :d :within :e . :x :parent :y . :y :brother :z . :cat :eats :mouse , 'milk' ."
    )
    found = infer_quads([ox.Quad(*triple) for triple in data], schema_of(ontology), base=BASE)
    assert shown(found.triples) == {
        ":a :near :b", ":b :near :a", ":a :close :b", ":b :close :a", ":b :whole :a", ":c :within :e", ":x :uncle :z",
        ":cat rdf:type :Animal", ":cat rdf:type :Thing", ":mouse rdf:type :Food", ":mouse rdf:type :Feed",
    }  # fmt: skip
    assert found.rules == {
        "prp-eqp1": 2, "cax-eqc1": 1, "cax-sco": 1, "prp-dom": 1, "prp-inv1": 1, "prp-rng": 1, "prp-spo1": 1,
        "prp-spo2": 1, "prp-symp": 1, "prp-trp": 1,
    }  # fmt: skip


PROPERTIES = [ox.NamedNode(f"urn:x:p{number}") for number in range(4)]
CLASSES = [ox.NamedNode(f"urn:x:C{number}") for number in range(3)]
THINGS = [ox.NamedNode(f"urn:x:t{number}") for number in range(5)] + [ox.BlankNode("b")]
a_property, a_class, a_thing = (st.sampled_from(each) for each in (PROPERTIES, CLASSES, THINGS))


def about(subject: st.SearchStrategy, predicate: ox.NamedNode, target: st.SearchStrategy) -> st.SearchStrategy:
    return st.builds(lambda s, o: [ox.Triple(s, predicate, o)], subject, target)


@st.composite
def chains(draw: st.DrawFn) -> list[ox.Triple]:
    members = draw(st.lists(a_property, min_size=1, max_size=3))
    name = f"list{draw(st.integers(0, 10**6))}x"
    nodes = [*(ox.BlankNode(f"{name}{at}") for at in range(len(members))), RDF.nil]
    made = [ox.Triple(draw(a_property), OWL.propertyChainAxiom, nodes[0])]
    for at, member in enumerate(members):
        made += [ox.Triple(nodes[at], RDF.first, member), ox.Triple(nodes[at], RDF.rest, nodes[at + 1])]
    return made


ANY_AXIOM = st.one_of(
    *(about(a_property, axiom, a_property) for axiom in (RDFS.subPropertyOf, OWL.equivalentProperty, OWL.inverseOf)),
    about(a_property, RDF.type, st.sampled_from([OWL.SymmetricProperty, OWL.TransitiveProperty])),
    *(about(a_property, axiom, a_class) for axiom in (RDFS.domain, RDFS.range)),
    *(about(a_class, axiom, a_class) for axiom in (RDFS.subClassOf, OWL.equivalentClass)),
    chains(),
)
ANY_FACT = st.one_of(
    st.builds(ox.Triple, a_thing, a_property, a_thing), st.builds(ox.Triple, a_thing, st.just(RDF.type), a_class)
)


@settings(max_examples=25)
@given(st.lists(ANY_AXIOM, max_size=7), st.lists(ANY_FACT, max_size=8))
def test_any_ontology_gives_what_owlrl_derives(axioms: list[list[ox.Triple]], data: list[ox.Triple]) -> None:
    ontology = [triple for axiom in axioms for triple in axiom]
    assert in_rdflib(following(data, ontology)) == entailed(data, ontology)


CONCEPTS = [concept_iri(f"c{number}") for number in range(6)]
RELATIONS = [SKOS.broader, SKOS.related, KG.hasPart, KG.partOf, KG.contrastsWith, KG.requires, KG.uses]
a_concept = st.sampled_from(CONCEPTS)
OWN_FACT = st.one_of(
    st.builds(ox.Triple, a_concept, st.sampled_from(RELATIONS), a_concept),
    st.builds(ox.Triple, a_concept, st.just(KG.introducedIn), st.just(ox.Literal("1990", datatype=XSD.gYear))),
    st.builds(ox.Triple, a_concept, st.just(RDF.type), st.sampled_from([KG.Method, KG.Evidence, KG.Entry])),
    st.builds(ox.Triple, st.just(ox.BlankNode("e")), st.just(KG.mentions), a_concept),
)


@settings(max_examples=3)
@given(st.lists(OWN_FACT, min_size=12, max_size=20))
def test_our_ontology_gives_what_owlrl_derives(data: list[ox.Triple]) -> None:
    assert in_rdflib(following(data, OWN)) == entailed(data, OWN)


@pytest.mark.model
def test_a_built_graph_gives_what_owlrl_derives(sample_graph: KnowledgeGraph) -> None:
    dataset = whole_entries(list(sample_graph.store.quads()), 3)
    data = {quad.triple for quad in dataset}
    assert len(data) > 1000
    assert in_rdflib(following(data, OWN)) == entailed(data, OWN)


def test_names_can_be_classes_and_properties_at_once() -> None:
    ontology = turtle(":a rdfs:subClassOf :b . :b rdfs:subPropertyOf :c .")
    assert shown(following(turtle(":x :a :y . :z a :a . :x :b :z ."), ontology)) == {":z rdf:type :b", ":x :c :z"}


def test_an_inverse_without_a_name_can_stand_in_a_chain() -> None:
    ontology = turtle(":sibling owl:propertyChainAxiom ( [ owl:inverseOf :child ] :child ) .")
    found = following(turtle(":p :child :x . :p :child :y ."), ontology)
    assert shown(found) == {f":{one} :sibling :{other}" for one in "xy" for other in "xy"}


def test_an_ontology_can_say_something_of_types() -> None:
    ontology = turtle("rdf:type rdfs:subPropertyOf :kind . :kind rdfs:range :Kind . :p rdfs:domain :C .")
    found = following(turtle(":x :p :y ."), ontology)
    assert shown(found) == {":x rdf:type :C", ":x :kind :C", ":C rdf:type :Kind", ":C :kind :Kind",
                            ":Kind rdf:type :Kind", ":Kind :kind :Kind"}  # fmt: skip


# ------------------------------------------------------------------------------------------------- circles and depth


def test_circles_of_kinds_end() -> None:
    data = turtle(":a skos:broader :b . :b skos:broader :c . :c skos:broader :a , :d . :d skos:broader :d .")
    closure = {t for t in shown(following(data, OWN)) if "broaderTransitive" in t}
    circle = {f":{one} skos:broaderTransitive :{other}" for one in "abc" for other in "abcd"}
    assert closure == circle | {":d skos:broaderTransitive :d"}


def test_a_long_chain_is_closed() -> None:
    things = [ox.NamedNode(f"urn:x:{number}") for number in range(400)]
    data = [ox.Triple(one, SKOS.broader, other) for one, other in pairwise(things)]
    found = following(data, OWN)
    assert sum(triple.predicate == SKOS.broaderTransitive for triple in found) == 400 * 399 // 2


def test_what_is_too_much_is_refused_before_it_is_made() -> None:
    things = [ox.NamedNode(f"urn:x:{number}") for number in range(3000)]
    ring = [ox.Quad(one, SKOS.broader, other) for one, other in zip(things, [*things[1:], things[0]], strict=True)]
    with pytest.raises(KgError, match=r"more than 1,000,000 triples follow .*broaderTransitive>: its chains are too"):
        infer(store_of(ring), most=1_000_000)


# ----------------------------------------------------------------------------------------------- its graph, its place


def test_only_what_is_not_stated_is_inferred(enriched: KnowledgeGraph) -> None:
    dataset = list(enriched.store.quads())
    inferred = {quad.triple for quad in dataset if quad.graph_name == GRAPH}
    assert inferred
    assert not inferred & {quad.triple for quad in dataset if quad.graph_name != GRAPH}
    assert set(infer(enriched.store).triples) == inferred, "what was inferred before does not count as stated"


def test_an_inference_is_the_same_whatever_the_order() -> None:
    dataset = list(quads(orchard_knowledge()))
    assert infer(store_of(dataset)) == infer(store_of(reversed(dataset)))


def test_a_base_that_is_none_is_told(endpoint: type[Endpoint]) -> None:  # noqa: F811
    endpoint.store = ox.Store()  # type: ignore[misc]
    text = "@prefix void: <http://rdfs.org/ns/void#> . <urn:x:d> a void:Dataset ; void:uriSpace 'no base' ."
    endpoint.store.load(text, format=ox.RdfFormat.TURTLE)
    store = open_store(endpoint.url)  # type: ignore[attr-defined]
    with pytest.raises(KgError, match="says that 'no base' is the base of its IRIs, and that is no IRI"):
        infer(store)
    assert KnowledgeGraph(store).concepts() == ()
    assert stated(store) is store


def test_a_base_of_ones_own_names_the_graph() -> None:
    found = infer(store_of(quads(tiny_knowledge(), base="https://my.example/")))
    assert found.graph.value == "https://my.example/graph/inferred"


# ---------------------------------------------------------------------------------- nobody takes it for a statement


def test_the_graph_of_relations_is_the_same_with_and_without(plain: KnowledgeGraph, enriched: KnowledgeGraph) -> None:
    assert enriched.store.ask(f"ASK {{ GRAPH {GRAPH} {{ ?s kg:contrastsWith ?o }} }}")
    assert enriched.index.edges == plain.index.edges
    assert enriched.index.triples == plain.index.triples
    assert enriched.concepts() == plain.concepts()
    assert enriched.stats() == plain.stats()
    assert [enriched.show(c.iri) for c in plain.concepts()] == [plain.show(c.iri) for c in plain.concepts()]
    assert enriched.paths("budding", "grafting", k=5) == plain.paths("budding", "grafting", k=5)
    for format in ("csv", "neo4j", "graphml", "gexf", "node-link"):
        assert exported(enriched, format) == exported(plain, format)


@pytest.mark.parametrize("name", named_queries())
def test_named_queries_answer_the_same_with_and_without(
    plain: KnowledgeGraph, enriched: KnowledgeGraph, name: str
) -> None:
    query = named_query(name)
    for example in QUESTIONS[name], {}:
        if all(example.get(p.name) for p in query.parameters if p.required):
            text = query.bind(example, orchard_iri)
            assert enriched.sparql(text, "csv") == plain.sparql(text, "csv")


def test_the_graph_can_be_asked_to_take_it_for_true(enriched: KnowledgeGraph, plain: KnowledgeGraph) -> None:
    believing = KnowledgeGraph(enriched.store, inferred=True)
    more = set(believing.index.edges) - set(plain.index.edges)
    assert {edge.predicate for edge in more} == {"contrastsWith"}
    assert {(edge.confidence, edge.statement, edge.evidence) for edge in more} == {(None, "", 0)}


def test_sparql_sees_it(enriched: KnowledgeGraph) -> None:
    assert enriched.query("ASK { concept:grafting-wax skos:broaderTransitive concept:wax }") is True
    assert enriched.query("ASK { concept:scion kg:partOf concept:grafting }") is True


def test_what_is_stated_still_conforms(enriched: KnowledgeGraph, plain: KnowledgeGraph) -> None:
    report, before = validate(enriched.store), validate(plain.store)
    assert (report.conforms, report.groups) == (before.conforms, before.groups)
    assert stated(plain.store) is plain.store


def test_what_lies_at_an_endpoint_is_read_alike(
    endpoint: type[Endpoint],  # noqa: F811
    plain: KnowledgeGraph,
    enriched: KnowledgeGraph,
) -> None:
    endpoint.store = enriched.store._store  # type: ignore[attr-defined]
    graph = kg.open(endpoint.url)  # type: ignore[attr-defined]
    assert graph.index.edges == plain.index.edges
    assert graph.stats() == plain.stats()
    asked = [parameters["query"][0] for _, parameters, _ in endpoint.seen if "graph/inferred" in parameters["query"][0]]
    assert len(asked) <= 4, "two tables and their counts are all that it costs"


# ------------------------------------------------------------------------------------------------- the command line


class Terminal:
    """Runs `kg` in this process over a graph of its own and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, output: Path) -> None:
        self._capsys, self._monkeypatch, self.output = capsys, monkeypatch, output
        self.err = ""

    def __call__(self, *arguments: str, status: int = 0) -> str:
        self._monkeypatch.setattr(sys, "argv", ["kg", *arguments, "-g", str(self.output)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, self.err = self._capsys.readouterr()
        assert (ended.value.code or 0) == status, self.err
        return out

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.output.glob("graph.*")}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    write_build(tmp_path / "output", quads(orchard_knowledge()))
    return Terminal(capsys, monkeypatch, tmp_path / "output")


def test_infer_writes_a_graph_and_takes_it_out_again(run: Terminal) -> None:
    before = run.files()
    out = run("infer")
    assert [line.split()[0] for line in out.splitlines()] == [
        "rule", "cax-sco", "prp-spo1", "prp-inv1", "prp-trp", "prp-symp",
    ]  # fmt: skip
    inferred = {quad for quad in open_store(run.output).quads() if quad.graph_name == GRAPH}
    assert run.err == f"{run.output}: {len(inferred)} triples inferred, in the graph {GRAPH.value}\n"
    assert sum(int(line.split()[1]) for line in out.splitlines()[1:]) == len(inferred)
    after = run.files()
    assert after != before
    assert run("infer") == out, "again is not more"
    assert run.files() == after
    assert run("query", "ASK { concept:wax skos:broaderTransitive concept:wax }") == "yes\n"
    run("validate")
    run("infer", "--remove")
    assert run.err == f"took {len(inferred)} inferred triples out of {run.output}\n"
    assert run.files() == before
    run("infer", "--remove")
    assert run.err == f"took 0 inferred triples out of {run.output}\n"


def test_infer_for_programs(run: Terminal) -> None:
    found = json.loads(run("infer", "--format", "json"))
    assert found["graph"] == GRAPH.value
    assert found["triples"] == sum(found["rules"].values())
    assert found["ignored"] == {}
    assert json.loads(run("infer", "--remove", "--format", "json")) == {"removed": found["triples"]}


def test_an_ontology_of_ones_own_adds_its_rules(run: Terminal, tmp_path: Path) -> None:
    mine = tmp_path / "mine.ttl"
    mine.write_text(
        HEAD + ":dependsOn a owl:TransitiveProperty . kg:requires rdfs:subPropertyOf :dependsOn .\n"
        ":cures owl:propertyChainAxiom ( kg:uses kg:reduces ) ; owl:inverseOf :curedBy .\n"
        ":key a owl:InverseFunctionalProperty ."
    )
    run("infer", "--ontology", str(mine))
    assert "no rule reads these axioms of --ontology: owl:InverseFunctionalProperty (1)" in run.err
    graph = kg.open(run.output)
    assert graph.query("ASK { concept:budding <urn:x:dependsOn> concept:knife }") is True
    assert graph.query("ASK { concept:disease-risk <urn:x:curedBy> concept:grafting }") is True
    assert run("infer", "--ontology", str(mine), "--format", "json")
    run("infer")
    assert kg.open(run.output).query("ASK { ?s <urn:x:dependsOn> ?o }") is False


def test_axioms_come_in_any_rdf_format(run: Terminal, tmp_path: Path) -> None:
    mine = tmp_path / "mine.nt"
    mine.write_text(f"{KG.uses} {RDFS.subPropertyOf} <urn:x:touches> .\n")
    run("infer", "--ontology", str(mine))
    assert kg.open(run.output).query("ASK { concept:grafting <urn:x:touches> concept:grafting-wax }") is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@prefix : <urn:x:> .\n:a :b", "{file}:2: not Turtle: "),
        (HEAD + ":p owl:propertyChainAxiom :q .", "the property chain of <urn:x:p> in the ontology is no list"),
        (HEAD + ":p owl:propertyChainAxiom () .", "the property chain of <urn:x:p> in the ontology is empty"),
        (HEAD + ":p owl:propertyChainAxiom _:l . _:l rdf:first :q ; rdf:rest _:l .", "the property chain of <urn:x:p>"),
        (None, "{file}: No such file or directory: name a file of axioms in RDF"),
    ],
)
def test_a_faulty_ontology_is_refused(run: Terminal, tmp_path: Path, text: str | None, message: str) -> None:
    file, before = tmp_path / "mine.ttl", run.files()
    if text is not None:
        file.write_text(text)
    assert run("infer", "--ontology", str(file), status=1) == ""
    assert run.err.startswith(f"kg: {message.format(file=file)}")
    assert run.err.count("\n") == 1
    assert run.files() == before


def test_infer_needs_a_graph_to_write_to(run: Terminal, tmp_path: Path) -> None:
    run.output = tmp_path / "nowhere"
    run("infer", status=2)
    assert "no graph in" in run.err
    assert not run.output.exists()
    run("infer", "--remove", "--ontology", "x.ttl", status=2)
    assert run.err == "kg: --remove needs no --ontology: it takes out all that was inferred\n"
    run.output = "https://example.org/sparql"  # type: ignore[assignment]
    run("infer", status=2)
    assert "endpoints are only read" in run.err


def test_infer_waits_for_no_build_and_undoes_none(run: Terminal) -> None:
    with writing(run.output), pytest.raises(StoreError, match="another build or a writable server has"):
        infer_into(run.output)


@pytest.mark.model
def test_a_build_can_infer_at_once(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(DOCUMENTS["garden.txt"])
    plainly, at_once = tmp_path / "plain", tmp_path / "inferred"
    assert kg.build([page], plainly, validate=False).inferred is None
    report = kg.build([page], at_once, infer=True)
    found = infer_into(plainly)
    assert report.inferred == found.rules
    assert report.violations == {}
    assert (at_once / "graph.nq").read_bytes() == (plainly / "graph.nq").read_bytes()
