"""Every export read back by another library, byte for byte the same each time, with hostile texts inside."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import networkx
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kg.errors import UsageError
from kg.export import FORMATS, export, exported
from kg.export import _cell as cell  # the rule for single cells is worth a test of its own
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

ROOT = Path(__file__).parent.parent
NOT_XML = str.maketrans(dict.fromkeys("\x00\x08\x1f\ufffe", "\ufffd"))


@pytest.fixture(scope="module", params=["tiny", "hostile"])
def graph(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return graph_of(tiny_knowledge() if request.param == "tiny" else hostile_knowledge())


def triples(graph: KnowledgeGraph) -> set[ox.Triple]:
    return {quad.triple for quad in graph.store.quads()}


def tables(graph: KnowledgeGraph, format: str) -> dict[str, list[list[str]]]:
    archive = zipfile.ZipFile(io.BytesIO(exported(graph, format)))
    return {
        name: list(csv.reader(io.StringIO(archive.read(name).decode(), newline="")))
        for name in archive.namelist()
        if name.endswith(".csv")
    }


# --------------------------------------------------------------------------------------------------------------- RDF


@pytest.mark.parametrize("name", ["nquads", "trig", "jsonld"])
def test_formats_with_graphs_hold_every_quad(graph: KnowledgeGraph, name: str) -> None:
    again = set(ox.parse(exported(graph, name), format=ox.RdfFormat.from_media_type(FORMATS[name].media_type)))
    assert again == set(graph.store.quads())


@pytest.mark.parametrize("name", ["turtle", "ntriples"])
def test_formats_without_graphs_hold_the_union(graph: KnowledgeGraph, name: str) -> None:
    again = ox.parse(exported(graph, name), format=ox.RdfFormat.from_media_type(FORMATS[name].media_type))
    assert {quad.triple for quad in again} == triples(graph)


def test_rdf_xml_holds_the_union_but_for_control_characters(graph: KnowledgeGraph) -> None:
    def plain(term: object) -> tuple[str, ...]:
        assert isinstance(term, ox.NamedNode | ox.Literal)
        return type(term).__name__, term.value.translate(NOT_XML), getattr(term, "language", None) or ""

    again = ox.parse(exported(graph, "rdfxml"), format=ox.RdfFormat.RDF_XML)
    assert {tuple(map(plain, quad.triple)) for quad in again} == {tuple(map(plain, t)) for t in triples(graph)}


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "jsonld"])
def test_another_library_reads_the_same_graph(tiny_graph: KnowledgeGraph, name: str) -> None:
    expected = rdflib.Graph().parse(data=exported(tiny_graph, "ntriples"), format="nt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's own, of its own attributes
        formats = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld"}
        dataset = rdflib.Dataset(default_union=True).parse(data=exported(tiny_graph, name), format=formats[name])
        again = rdflib.Graph()
        for triple in dataset.triples((None, None, None)):
            again.add(triple)
    assert isomorphic(again, expected)


# ------------------------------------------------------------------------------------------------- property graphs


def relations(view: networkx.MultiDiGraph) -> list[tuple[str, str, str, float]]:
    return sorted((u, v, data["predicate"], data["confidence"]) for u, v, data in view.edges(data=True))


def read_back(graph: KnowledgeGraph, name: str) -> networkx.MultiDiGraph:
    data = exported(graph, name)
    if name == "graphml":
        return networkx.read_graphml(io.BytesIO(data), force_multigraph=True)
    if name == "gexf":
        return networkx.MultiDiGraph(networkx.read_gexf(io.BytesIO(data)))
    return networkx.node_link_graph(json.loads(data), edges="edges")


@pytest.mark.parametrize("name", ["graphml", "gexf", "node-link"])
def test_networkx_reads_the_same_nodes_and_edges(graph: KnowledgeGraph, name: str) -> None:
    view, again = graph.to_networkx(), read_back(graph, name)
    assert set(again) == set(view)
    assert relations(again) == relations(view)
    for node, data in view.nodes(data=True):
        label = data["label"] if name == "node-link" else data["label"].translate(NOT_XML)
        if name == "gexf":  # an XML attribute, in which parsers read line breaks as spaces unless they are escaped
            assert again.nodes[node]["label"].split() == label.split()
        else:
            assert again.nodes[node]["label"].replace("\r\n", "\n") == label.replace("\r\n", "\n")
        assert again.nodes[node]["kind"] == data["kind"]


def test_graphml_carries_definition_and_quote(tiny_graph: KnowledgeGraph) -> None:
    again = read_back(tiny_graph, "graphml")
    wax = tiny_graph.concept("grafting wax").iri
    assert again.nodes[wax]["definition"] == "Grafting wax is a sealant used for wound protection."
    (data,) = again[tiny_graph.concept("grafting").iri][wax].values()
    assert (data["quote"], data["place"], data["label"]) == ("uses grafting wax", "garden.txt:2", "uses")


# ------------------------------------------------------------------------------------------------------------ tables


def test_tables_hold_every_concept_and_relation(tiny_graph: KnowledgeGraph) -> None:
    found = tables(tiny_graph, "csv")
    concepts = [dict(zip(found["concepts.csv"][0], row, strict=True)) for row in found["concepts.csv"][1:]]
    assert [row["iri"] for row in concepts] == sorted(concept.iri for concept in tiny_graph.concepts())
    assert concepts[3]["fields"] == "horticulture | tree surgery"
    rows = [dict(zip(found["relations.csv"][0], row, strict=True)) for row in found["relations.csv"][1:]]
    assert len(rows) == 10
    year = next(row for row in rows if row["predicate"] == "introducedIn")
    assert (year["subject_label"], year["reading"], year["object"], year["quote"], year["file"], year["line"]) == (
        "Budding", "was introduced in", "1871", "in 1871", "garden.txt", "4",
    )  # fmt: skip


def test_tables_survive_hostile_texts() -> None:
    graph = graph_of(hostile_knowledge())
    found = tables(graph, "csv")["concepts.csv"]
    labels = {row[1]: row[2] for row in found[1:]}
    for number, text in enumerate(TEXTS):
        written = labels[f"c{number}"]
        assert written[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
        assert written.removeprefix("'") == text.removeprefix("'" if not written.startswith("''") else "")


@settings(max_examples=300)
@given(text=st.text(max_size=40))
def test_no_cell_is_a_formula_and_every_cell_can_be_undone(text: str) -> None:
    written = cell(text)
    assert written[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
    assert (written[1:] if written.startswith("'") else written) == text


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=5, unique=True))
def test_any_texts_come_back_from_every_format(texts: list[str]) -> None:
    graph = graph_of(hostile_knowledge(tuple(texts)))
    nodes = {concept.iri for concept in graph.concepts()}
    for name in ("nquads", "trig", "jsonld"):
        media_type = FORMATS[name].media_type
        again = set(ox.parse(exported(graph, name), format=ox.RdfFormat.from_media_type(media_type)))
        assert again == set(graph.store.quads())
    assert list(ox.parse(exported(graph, "rdfxml"), format=ox.RdfFormat.RDF_XML))
    for name in ("graphml", "gexf", "node-link"):
        assert set(read_back(graph, name)) == nodes
    rows = tables(graph, "csv")["concepts.csv"][1:]
    assert sorted(row[2][1:] if row[2].startswith("'") else row[2] for row in rows) == sorted(texts)


def test_neo4j_tables_have_typed_headers_and_an_import_command(tiny_graph: KnowledgeGraph) -> None:
    archive = zipfile.ZipFile(io.BytesIO(exported(tiny_graph, "neo4j")))
    assert archive.namelist() == ["concepts.csv", "relations.csv", "import.sh"]
    found = tables(tiny_graph, "neo4j")
    assert found["concepts.csv"][0] == [
        "iri:ID", ":LABEL", "id", "label", "aliases:string[]", "fields:string[]", "definitions:string[]",
        "entries:string[]", "introducedIn:string[]",
    ]  # fmt: skip
    assert found["concepts.csv"][2][1:6] == ["Concept;Method", "budding", "Budding", "T-budding", "horticulture"]
    assert found["concepts.csv"][2][-1] == "1871"
    assert found["relations.csv"][0][:4] == [":START_ID", ":END_ID", ":TYPE", "confidence:double"]
    types = {row[2] for row in found["relations.csv"][1:]}
    assert types == {"BROADER", "USES", "REDUCES", "CONTRASTS_WITH", "REQUIRES", "DEVELOPED_BY", "USED_FOR"}


# ----------------------------------------------------------------------------------------------------- where it goes


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_graph_gives_the_same_bytes(graph: KnowledgeGraph, name: str) -> None:
    again = graph_of(tiny_knowledge() if "Grafting" in {c.label for c in graph.concepts()} else hostile_knowledge())
    assert exported(graph, name) == exported(again, name)


def test_another_process_gives_the_same_bytes(tiny_graph: KnowledgeGraph) -> None:
    script = (
        "import hashlib\nfrom kg.export import FORMATS, exported\nfrom tests.hostile import graph_of\n"
        "from tests.tiny import tiny_knowledge\ngraph = graph_of(tiny_knowledge())\n"
        "for name in FORMATS: print(name, hashlib.sha256(exported(graph, name)).hexdigest())"
    )
    command = [sys.executable, "-c", script]
    runs = {
        subprocess.run(
            command, cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("file", "format"),
    [
        ("g.ttl", "turtle"), ("g.nt", "ntriples"), ("g.nq", "nquads"), ("g.trig", "trig"), ("g.jsonld", "jsonld"),
        ("g.rdf", "rdfxml"), ("g.graphml", "graphml"), ("g.GEXF", "gexf"), ("g.zip", "csv"), ("g.json", "node-link"),
    ],
)  # fmt: skip
def test_the_suffix_tells_the_format(tiny_graph: KnowledgeGraph, tmp_path: Path, file: str, format: str) -> None:
    export(tiny_graph, tmp_path / file)
    assert (tmp_path / file).read_bytes() == exported(tiny_graph, format)


def test_a_named_format_beats_the_suffix(tiny_graph: KnowledgeGraph, tmp_path: Path) -> None:
    export(tiny_graph, str(tmp_path / "g.txt"), "Turtle")
    assert (tmp_path / "g.txt").read_bytes() == exported(tiny_graph, "turtle")


def test_tables_go_to_a_folder(tiny_graph: KnowledgeGraph, tmp_path: Path) -> None:
    export(tiny_graph, tmp_path / "new" / "tables", "csv")
    assert sorted(path.name for path in (tmp_path / "new" / "tables").iterdir()) == ["concepts.csv", "relations.csv"]
    export(tiny_graph, tmp_path / "neo.zip", "neo4j")
    assert zipfile.ZipFile(tmp_path / "neo.zip").testzip() is None


def test_standard_output_gets_turtle_or_what_is_named(
    tiny_graph: KnowledgeGraph, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    export(tiny_graph)
    assert capfdbinary.readouterr().out == exported(tiny_graph, "turtle")
    export(tiny_graph, format="gexf")
    assert capfdbinary.readouterr().out == exported(tiny_graph, "gexf")


@pytest.mark.parametrize(
    ("file", "format", "message"),
    [
        ("g.xls", None, "the suffix tells no format"),
        ("g", None, "name one of turtle, ntriples, nquads, trig, jsonld, rdfxml, graphml, gexf, csv, neo4j, node-link"),
        ("g.ttl", "excel", "no export format 'excel'; there are turtle, ntriples"),
        ("g.csv", "csv", "csv is several tables: name a folder or a .zip file"),
        ("/dev/null/g.ttl", None, "cannot be written: Not a directory"),
    ],
)
def test_what_cannot_be_written_is_said(
    tiny_graph: KnowledgeGraph, tmp_path: Path, file: str, format: str | None, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        export(tiny_graph, tmp_path / file, format)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []
