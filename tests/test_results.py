"""Answers of queries as Python has them, as data frames, in notebooks and as pages; queries of one's own."""

from __future__ import annotations

import builtins
import datetime
import json
import math
import re
import sys
from typing import TYPE_CHECKING, Any

import pandas
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kg
from kg import cli
from kg.errors import ConceptNotFound, MissingExtra, QueryError, UsageError
from kg.graph import KnowledgeGraph
from kg.results import SHOWN, Result, value
from kg.store import LocalStore, write_build
from kg.triples import quads
from kg.vocabulary import XSD
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge
from tests.test_store import endpoint  # noqa: F401 - a fixture, of a local SPARQL endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.test_store import Endpoint

CONCEPT = "https://kg.example.org/concept/"
MINE = """\
# title: Who touches what
# topic: Mine
# description: D.
# parameter: $concept (concept, required) C.
# example: concept=grafting
SELECT ?label ?iri { ?iri ?touches $concept ; skos:prefLabel ?label } ORDER BY ?label LIMIT 3
"""


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    store = LocalStore()
    store.load(quads(orchard_knowledge()))
    return KnowledgeGraph(store)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a named query of one's own."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "touches.rq").write_text(MINE, encoding="utf-8")
    return tmp_path / "queries"


def drawn(path: Path) -> dict[str, Any]:
    """What a page carries: concepts by label, relations as sentences, its heading, what it is a part of."""
    text = path.read_text(encoding="utf-8")
    facts, nodes, edges = (
        json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
        for name in ("facts", "nodes", "edges")
    )
    labels = {node["id"]: node["label"] for node in nodes}
    names = [relation["name"] for relation in facts["relations"]]
    return {
        "title": facts["title"],
        "concepts": sorted(labels.values()),
        "kinds": {node["label"]: facts["kinds"][node["kind"]]["name"] for node in nodes},
        "relations": sorted((labels[edge["from"]], names[edge["p"]], labels[edge["to"]]) for edge in edges),
        "whole": facts["whole"],
    }


# ------------------------------------------------------------------------------------------------------------ values


def test_a_named_query_is_a_table_of_values(graph: KnowledgeGraph) -> None:
    result = graph.run("types-of", concept="propagation methods")
    assert result.columns == ("label", "kind_of", "confidence", "entries", "quote", "iri")
    assert len(result) == 3
    assert [(row["label"], row["kind_of"], row["confidence"], row["entries"]) for row in result] == [
        ("tip budding", "Budding", 0.65, 1),
        ("Budding", "propagation method", 0.95, 1),
        ("Grafting", "propagation method", 0.95, 1),
    ]
    assert result[0] == next(iter(result))
    assert result[-1]["iri"] == CONCEPT + "grafting"
    assert repr(result).startswith("Result('Types of a concept: propagation method', 3 rows of label, kind_of, ")
    assert graph.sparql(result.sparql, "csv")[0].count(b"\r\n") == 4


def test_concepts_are_named_as_everywhere(graph: KnowledgeGraph) -> None:
    concept = graph.concept("grafting")
    one, other, third = (graph.run("parts-of", concept=name) for name in (concept, concept.ref, "GRAFTING"))
    assert one.terms == other.terms == third.terms
    assert graph.run("most-used", {"class": "Material"}, limit=1).terms == graph.run(
        "most-used", {"class": "Material", "limit": 1}
    ).terms  # fmt: skip


def test_mistakes_are_told(graph: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="did you mean types-of"):
        graph.run("type-of", concept="grafting")
    with pytest.raises(QueryError, match="query types-of needs concept"):
        graph.run("types-of")
    with pytest.raises(ConceptNotFound, match="did you mean 'Grafting'"):
        graph.run("types-of", concept="graftng")
    with pytest.raises(QueryError, match="line 1, column 17"):
        graph.table("SELECT ?x WHERE ?y")


def test_every_form_is_a_table(graph: KnowledgeGraph) -> None:
    assert list(graph.table("ASK { ?s kg:uses ?o }")) == [{"answer": True}]
    triples = graph.table("CONSTRUCT { ?b skos:narrower ?a } WHERE { ?a skos:broader ?b }")
    assert triples.columns == ("subject", "predicate", "object")
    assert triples[0]["predicate"] == "http://www.w3.org/2004/02/skos/core#narrower"
    assert triples.terms == sorted(triples.terms, key=lambda row: tuple(map(str, row)))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (ox.Literal("7", datatype=XSD.integer), 7),
        (ox.Literal("-2.50", datatype=XSD.decimal), -2.5),
        (ox.Literal("INF", datatype=XSD.double), math.inf),
        (ox.Literal("0", datatype=XSD.boolean), False),
        (ox.Literal("1871", datatype=XSD.gYear), 1871),
        (ox.Literal("-0044", datatype=XSD.gYear), -44),
        (ox.Literal("1871Z", datatype=XSD.gYear), "1871Z"),
        (ox.Literal("2024-02-29", datatype=XSD.date), datetime.date(2024, 2, 29)),
        (ox.Literal("2024-02-29T12:00:00", datatype=XSD.dateTime), datetime.datetime(2024, 2, 29, 12)),
        (ox.Literal("2023-02-29", datatype=XSD.date), "2023-02-29"),
        (ox.Literal("many", datatype=XSD.integer), "many"),
        (ox.Literal("1_000", datatype=XSD.integer), "1_000"),
        (ox.Literal("yes", datatype=XSD.boolean), "yes"),
        (ox.Literal("wax", language="en"), "wax"),
        (ox.NamedNode("urn:x:a"), "urn:x:a"),
        (ox.BlankNode("b"), "_:b"),
        (None, None),
    ],
)
def test_terms_become_values(term: Any, expected: object) -> None:
    found = value(term)
    assert (found, type(found)) == (expected, type(expected))


@given(st.integers() | st.booleans() | st.floats(allow_nan=False) | st.text())
def test_what_python_says_comes_back(original: object) -> None:
    assert value(ox.Literal(original)) == original  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- frames, notebooks


def test_a_data_frame_has_numbers_and_gaps(graph: KnowledgeGraph) -> None:
    frame = graph.table("""
        SELECT ?label ?confidence (STRLEN(?label) AS ?length) ?field ?concept {
          ?statement rdf:subject ?concept ; rdf:predicate kg:uses ; kg:confidence ?confidence .
          ?concept skos:prefLabel ?label OPTIONAL { ?concept dcterms:subject/skos:prefLabel ?field }
        } ORDER BY ?label ?field""").to_pandas()
    assert list(frame.columns) == ["label", "confidence", "length", "field", "concept"]
    assert frame["confidence"].dtype == "float64"
    assert frame["length"].dtype == "int64"
    assert frame["concept"].tolist()[0] == CONCEPT + "grafting"
    gaps = graph.table("SELECT ?a ?b { VALUES (?a ?b) { (1 UNDEF) (UNDEF 'x') (3 'y') } }").to_pandas()
    assert gaps["a"].tolist() == [1, None, 3]
    assert gaps["b"].tolist() == [None, "x", "y"]
    assert [type(each) for each in gaps["a"]] == [int, type(None), int]


def test_a_data_frame_without_rows_has_its_columns(graph: KnowledgeGraph) -> None:
    frame = graph.table("SELECT ?a ?b { FILTER(false) }").to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert (list(frame.columns), len(frame)) == (["a", "b"], 0)


def test_without_pandas_the_extra_is_named(graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'")
        return load(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=re.escape("data frames need pandas, which is not installed: pip install")):
        graph.table("SELECT * {}").to_pandas()


def test_notebooks_show_the_first_rows(graph: KnowledgeGraph) -> None:
    result = graph.table("SELECT ?c ?l ?none { ?c a kg:Field ; skos:prefLabel ?l } ORDER BY ?l LIMIT 1")
    assert result._repr_html_() == (
        "<table><thead><tr><th>c</th><th>l</th><th>none</th></tr></thead><tbody><tr>"
        f'<td><span title="{CONCEPT}horticulture">concept:horticulture</span></td><td>horticulture</td><td></td>'
        "</tr></tbody></table>"
    )
    many = graph.table("SELECT ?s { ?s a ?t }")
    assert many._repr_html_().endswith(f"<p>… and {len(many) - SHOWN} more rows</p>")


def test_notebooks_are_safe_from_labels() -> None:
    html = graph_of(hostile_knowledge()).table("SELECT ?l { ?c skos:prefLabel ?l }")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(" in html
    assert html.count("<tr>") == len(TEXTS) + 1


# ------------------------------------------------------------------------------------------------------------- pages


def test_a_result_is_drawn_with_the_relations_among_its_concepts(graph: KnowledgeGraph, tmp_path: Path) -> None:
    page = graph.run("types-of", concept="propagation methods").draw(tmp_path / "types.html")
    assert (page.concepts, page.relations, page.found) == (4, 6, 4)
    found = drawn(tmp_path / "types.html")
    assert found["title"] == "Types of a concept: propagation method"
    assert found["concepts"] == ["Budding", "Grafting", "propagation method", "tip budding"]
    assert ("tip budding", "broader", "Budding") in found["relations"]
    assert ("Grafting", "contrastsWith", "Budding") in found["relations"]
    assert found["whole"]["concepts"] == len(graph.concepts())
    assert "Unlike budding" in (tmp_path / "types.html").read_text(encoding="utf-8"), "with its evidence"


def test_relations_of_the_result_itself_are_drawn(graph: KnowledgeGraph, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    graph.table("""
        CONSTRUCT { ?a <urn:x:sharesWax> ?b . ?a kg:uses ?w . <urn:x:me> <urn:x:likes> ?a ; a kg:Person ;
                    rdfs:label "Me" . ?a kg:introducedIn 1650 }
        WHERE { ?a kg:uses ?w ; kg:contrastsWith ?b . ?w skos:prefLabel "Grafting wax"@en }""").draw(page)
    found = drawn(page)
    assert found["concepts"] == ["Budding", "Grafting", "Grafting wax", "Me"]
    assert ("Grafting", "urn:x:sharesWax", "Budding") in found["relations"]
    assert ("Me", "urn:x:likes", "Grafting") in found["relations"]
    assert found["relations"].count(("Grafting", "uses", "Grafting wax")) == 1
    assert found["kinds"]["Me"] == "Person"
    graph.table("SELECT ?a ?p ?b { ?b ?q ?a VALUES (?p ?q) { (<urn:x:back> kg:requires) } }").draw(page)
    assert ("knife", "urn:x:back", "clean cuts") in drawn(page)["relations"]


def test_a_description_is_drawn(graph: KnowledgeGraph, tmp_path: Path) -> None:
    graph.table("DESCRIBE concept:budding").draw(tmp_path / "page.html")
    assert "Grafting" in drawn(tmp_path / "page.html")["concepts"]


def test_a_page_that_is_cut_says_so(graph: KnowledgeGraph, tmp_path: Path) -> None:
    result = graph.table("SELECT ?c { ?c a skos:Concept } ORDER BY ?c")
    page = result.draw(tmp_path / "page.html", title="All", limit=5)
    assert (page.concepts, page.found) == (5, len(graph.concepts()))
    assert drawn(tmp_path / "page.html")["title"] == f"All (the first 5 of {page.found} concepts)"
    with pytest.raises(UsageError, match="at least 1 concept"):
        result.draw(tmp_path / "page.html", limit=0)


@pytest.mark.parametrize(
    ("sparql", "reason"),
    [
        ("ASK {}", "this answer is yes or no"),
        ("SELECT ?c { ?c a kg:Nothing }", "the query has no answer"),
        ("SELECT ?l { ?c skos:prefLabel ?l }", "no row names a concept by its IRI (the columns are l); select the"),
        ("SELECT ?e { ?e a kg:Entry }", "no row names a concept by its IRI (the columns are e)"),
        ("CONSTRUCT { [] kg:rule ?l } WHERE { ?c skos:prefLabel ?l }", "the triples are not about anything"),
    ],
)
def test_an_answer_without_concepts_is_not_drawn(
    graph: KnowledgeGraph, tmp_path: Path, sparql: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(f"nothing to draw: {reason}")):
        graph.table(sparql).draw(tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_hostile_words_stay_words_on_the_page(tmp_path: Path) -> None:
    hostile = graph_of(hostile_knowledge())
    text = '"</script><script>alert(1)</script>"'
    result = hostile.table(
        f"CONSTRUCT {{ ?s ?p ?o . <urn:x:'%22> <urn:x:y> ?s ; rdfs:label {text} }} WHERE {{ ?s ?p ?o . ?s kg:uses ?o }}"
    )
    result.draw(tmp_path / "page.html", title="</title><script>alert(2)</script>")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    found = drawn(tmp_path / "page.html")
    assert "</script><script>alert(1)</script>" in found["concepts"]
    assert set(found["concepts"]) > set(TEXTS)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page), "nothing is fetched"


def test_an_endpoint_is_drawn_alike(graph: KnowledgeGraph, endpoint: type[Endpoint], tmp_path: Path) -> None:  # noqa: F811
    endpoint.store = graph.store._store  # type: ignore[attr-defined]
    for number, source in enumerate((graph, kg.open(endpoint.url))):  # type: ignore[attr-defined]
        source.run("parts-of", concept="grafting").draw(tmp_path / f"{number}.html")
    assert (tmp_path / "0.html").read_bytes() == (tmp_path / "1.html").read_bytes()


# ------------------------------------------------------------------------------------------------- queries of one's own


def test_a_graph_knows_the_queries_of_ones_own(folder: Path, graph: KnowledgeGraph) -> None:
    own = KnowledgeGraph(graph.store, queries=[folder])
    assert own.queries["touches"].title == "Who touches what"
    assert "touches" not in graph.queries
    assert [row["label"] for row in own.run("touches", concept="frost")] == []
    assert [row["label"] for row in own.run("touches", concept="wax")] == ["sealant"]


# -------------------------------------------------------------------------------------------------- the command line


class Terminal:
    """Runs `kg` in this process over the orchard and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, output: Path) -> None:
        self._capsys, self._monkeypatch, self._output = capsys, monkeypatch, output
        self.err = ""

    def __call__(self, *arguments: str, status: int = 0) -> str:
        more: Sequence[str] = () if arguments[0] == "queries" else ("-g", str(self._output))
        self._monkeypatch.setattr(sys, "argv", ["kg", *arguments, *more])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, self.err = self._capsys.readouterr()
        assert (ended.value.code or 0) == status, self.err
        return out


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, built: Path) -> Terminal:
    return Terminal(capsys, monkeypatch, built)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge()))
    return output


def test_query_draws_a_page(run: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "deep" / "page.html"
    assert run("query", "--name", "types-of", "-p", "concept=propagation method", "--html", str(page)) == ""
    assert run.err == f"{page}: 4 concepts, 6 relations; open it in a browser\n"
    assert drawn(page)["title"] == "Types of a concept: propagation method"
    file = tmp_path / "q.rq"
    file.write_text("SELECT ?c { ?c kg:uses ?o } ORDER BY ?c LIMIT 1")
    run("query", "--file", str(file), "--html", str(page))
    assert run.err == (
        f"{page}: 1 concept, 0 relations; open it in a browser\n"
        "the answer has 1 row, as many as its LIMIT allows: there may be more\n"
    )


def test_query_says_that_a_page_is_cut(run: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Result.draw, "__kwdefaults__", {"title": None, "limit": 3})
    run("query", "SELECT ?c { ?c a skos:Concept }", "--html", str(tmp_path / "page.html"))
    assert run.err.splitlines()[1] == "these are the first 3 of 26 concepts in the answer"


def test_query_cannot_draw_what_is_no_picture(run: Terminal, tmp_path: Path) -> None:
    page = str(tmp_path / "page.html")
    run("query", "ASK {}", "--html", page, status=2)
    assert run.err.startswith("kg: nothing to draw: this answer is yes or no")
    run("query", "ASK {}", "--html", page, "--format", "csv", status=2)
    assert run.err == "kg: --html is a page, and --format another way to answer: give one of them\n"
    run("query", "SELECT ?c { ?c kg:uses ?o }", "--html", "/dev/null/x.html", status=2)
    assert run.err == "kg: /dev/null/x.html cannot be written: Not a directory\n"


def test_queries_of_ones_own_are_asked_and_listed(run: Terminal, folder: Path, tmp_path: Path) -> None:
    more = ("--queries", str(folder))
    assert "sealant" in run("query", "--name", "touches", "-p", "concept=wax", *more)
    assert run("queries", "touches", *more).rstrip("\n") + "\n" == MINE.partition("grafting\n")[2]
    assert "Who touches what" in run("queries", *more)
    assert "touches" in [query["name"] for query in json.loads(run("queries", "--format", "json", *more))]
    run("query", "--name", "touches", "-p", "concept=wax", *more, "--html", str(tmp_path / "page.html"))
    assert drawn(tmp_path / "page.html")["concepts"] == ["sealant", "wax"]
    run("query", "--name", "touches", "-p", "concept=wax", status=2)
    assert run.err.startswith("kg: no query is named 'touches'; ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINE.replace("# topic", "# colour"), ":2: unexpected 'colour'"),
        (MINE.replace("(concept, r", "(colour, r"), ":4: no kind 'colour'"),
        (MINE.replace("?iri ?touches", "\n\n?iri {"), ":8: this is not SPARQL\n    ?iri { $concept"),
        (MINE.replace("skos:", "scos:"), ":6: no prefix scos: is declared\n"),
    ],
)
def test_faults_in_queries_of_ones_own_have_a_line(run: Terminal, folder: Path, text: str, message: str) -> None:
    (folder / "touches.rq").write_text(text)
    for command in (["query", "--name", "find", "-p", "text=a"], ["queries"]):
        run(*command, "--queries", str(folder), status=2)
        assert run.err.startswith(f"kg: {folder / 'touches.rq'}{message}")


def test_a_folder_that_is_none_is_named(run: Terminal, tmp_path: Path) -> None:
    run("queries", "--queries", str(tmp_path / "nowhere"), status=2)
    assert run.err == f"kg: {tmp_path / 'nowhere'} is no folder of queries\n"
