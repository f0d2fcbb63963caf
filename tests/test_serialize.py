"""Files of quads: the same set gives the same bytes, and every format reads back to the same set."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kg.serialize import prefixes, serialize
from kg.triples import quads
from kg.vocabulary import KG, XSD
from tests.tiny import tiny_knowledge

FORMATS = [
    ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS, ox.RdfFormat.TRIG, ox.RdfFormat.JSON_LD,
    ox.RdfFormat.RDF_XML,
]  # fmt: skip
RDFLIB_NAMES = {
    ox.RdfFormat.TURTLE: "turtle", ox.RdfFormat.N_TRIPLES: "nt", ox.RdfFormat.RDF_XML: "xml",
}  # fmt: skip

characters = st.characters(exclude_categories=["Cs"])
names = st.sampled_from(["a", "1", "_", "ü", "k:l", "b.c", "o'p", "d-", "i@j", "e.", "m%20n", "-f", "q(r)", "g/h", ""])
namespaces = st.sampled_from(["https://kg.example.org/concept/", KG.iri, "http://elsewhere.example/", "urn:x:"])
iris = st.builds(lambda namespace, name: ox.NamedNode(namespace + name), namespaces, names)
literals = st.one_of(
    st.text(characters).map(ox.Literal),
    st.builds(lambda text: ox.Literal(text, language="en"), st.text(characters)),
    st.integers().map(lambda n: ox.Literal(str(n), datatype=XSD.integer)),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: ox.Literal(f"{d:f}", datatype=XSD.decimal)),
    st.builds(lambda text: ox.Literal(text, datatype=XSD.integer), st.sampled_from(["1.", "x", "", "+1", "007"])),
    st.builds(lambda text, datatype: ox.Literal(text, datatype=datatype), st.text(characters), iris),
)
graphs = st.one_of(st.just(ox.DefaultGraph()), iris)
datasets = st.sets(st.builds(ox.Quad, iris, iris, st.one_of(iris, literals), graphs), max_size=12)


@pytest.fixture(scope="module")
def tiny() -> set[ox.Quad]:
    return set(quads(tiny_knowledge()))


@given(datasets)
def test_turtle_reads_back_to_the_same_triples(dataset: set[ox.Quad]) -> None:
    read = {quad.triple for quad in ox.parse(serialize(dataset, ox.RdfFormat.TURTLE), format=ox.RdfFormat.TURTLE)}
    assert read == {quad.triple for quad in dataset}


@given(datasets)
def test_nquads_read_back_to_the_same_quads(dataset: set[ox.Quad]) -> None:
    written = serialize(dataset, ox.RdfFormat.N_QUADS)
    assert set(ox.parse(written, format=ox.RdfFormat.N_QUADS)) == dataset
    lines = written.decode().split("\n")[:-1]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_order_and_repetition_do_not_change_the_bytes(tiny: set[ox.Quad], format: ox.RdfFormat) -> None:
    shuffled = sorted(tiny, key=str) * 2
    random.Random(3).shuffle(shuffled)
    assert serialize(shuffled, format) == serialize(tiny, format)


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_every_format_reads_back(tiny: set[ox.Quad], format: ox.RdfFormat) -> None:
    read = set(ox.parse(serialize(tiny, format), format=format))
    if format.supports_datasets:
        assert read == tiny
    else:
        assert {quad.triple for quad in read} == {quad.triple for quad in tiny}


@pytest.mark.parametrize("format", RDFLIB_NAMES, ids=str)
def test_another_library_reads_the_same_graph(tiny: set[ox.Quad], format: ox.RdfFormat) -> None:
    expected = rdflib.Graph().parse(serialize(tiny, ox.RdfFormat.N_TRIPLES), format="nt")
    assert len(expected) == len({quad.triple for quad in tiny})
    assert isomorphic(rdflib.Graph().parse(serialize(tiny, format), format=RDFLIB_NAMES[format]), expected)


def test_turtle_is_grouped_sorted_and_abbreviated() -> None:
    concept, other = (ox.NamedNode(f"https://kg.example.org/concept/{name}") for name in ("b", "a/c"))
    triples = [
        ox.Triple(concept, KG.uses, other),
        ox.Triple(concept, KG.uses, concept),
        ox.Triple(concept, KG.confidence, ox.Literal("0.5", datatype=XSD.decimal)),
        ox.Triple(other, KG.sourceLine, ox.Literal("3", datatype=XSD.integer)),
        ox.Triple(concept, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), KG.Method),
    ]
    assert serialize(triples, ox.RdfFormat.TURTLE).decode() == (
        "@prefix concept: <https://kg.example.org/concept/> .\n"
        "@prefix kg: <https://kg.example.org/ontology#> .\n"
        "\n<https://kg.example.org/concept/a/c> kg:sourceLine 3 .\n"
        "\nconcept:b a kg:Method ;\n"
        "    kg:confidence 0.5 ;\n"
        "    kg:uses <https://kg.example.org/concept/a/c> , concept:b .\n"
    )


def test_an_empty_graph_is_an_empty_file() -> None:
    assert serialize([], ox.RdfFormat.TURTLE) == serialize([], ox.RdfFormat.N_QUADS) == b""


def test_prefixes_follow_the_base() -> None:
    assert prefixes("http://words.example/")["concept"] == "http://words.example/concept/"
    assert prefixes("http://words.example/")["kg"] == KG.iri


def test_rdf_xml_stays_xml_whatever_the_text() -> None:
    text = "bell \x07, form feed \x0c, nothing \x00, tab \t, line\nbreak, \ufffe, \U0001f331"
    triple = ox.Triple(KG.Entry, KG.text, ox.Literal(text))
    (read,) = rdflib.Graph().parse(serialize([triple], ox.RdfFormat.RDF_XML), format="xml").objects()
    assert str(read) == "bell \ufffd, form feed \ufffd, nothing \ufffd, tab \t, line\nbreak, \ufffd, \U0001f331"
