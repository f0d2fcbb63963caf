"""A real Virtuoso 7 answers as the local graph does: pushed both ways, read by every command, cut at 500 rows."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

import kg
from kg import cli
from kg.endpoint import Connection, Credentials
from kg.errors import EndpointError
from kg.push import push
from kg.queries import named_queries
from kg.remote import RemoteStore
from kg.serialize import prefixes
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.orchard import orchard_knowledge
from tests.serving import CUBE
from tests.virtuoso import CAP, Virtuoso, program, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kg.graph import KnowledgeGraph

    Run = Callable[..., str]

pytestmark = [pytest.mark.virtuoso, pytest.mark.model]

ORCHARD = "https://orchard.example/"
SAMPLE = "https://kg.example.org/"
DBA = Credentials("dba", "dba")


@pytest.fixture(scope="session")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Virtuoso]:
    if program() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Virtuoso on this machine: install the system's package 'virtuoso-opensource-7-bin'")
        pytest.skip("no Virtuoso on this machine")
    with running(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


@pytest.fixture(scope="session")
def orchard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a small build, under a base of its own."""
    output = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge(), base=ORCHARD), base=ORCHARD)
    return output


@pytest.fixture(scope="session")
def pushed_orchard(virtuoso: Virtuoso, orchard: Path) -> str:
    """The small build in Virtuoso, by SPARQL Update; the URL to ask it at."""
    report = push(LocalStore.open(orchard), virtuoso.update, connection=Connection(credentials=DBA))
    assert report.complete
    return virtuoso.dataset(ORCHARD)


@pytest.fixture(scope="session")
def pushed_sample(virtuoso: Virtuoso, sample_graph: KnowledgeGraph) -> KnowledgeGraph:
    """The sample glossary in Virtuoso, by the Graph Store Protocol."""
    report = push(sample_graph.store, virtuoso.store, method="gsp", connection=Connection(credentials=DBA))
    assert [graph.counted for graph in report.graphs] == [graph.triples for graph in report.graphs]
    return kg.open(virtuoso.dataset(SAMPLE))


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `kg` in this process: what it prints, its remarks with it when they are wanted."""

    def kg_says(*arguments: object, status: int = 0, remarks: bool = False) -> str:
        monkeypatch.setattr(sys, "argv", ["kg", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        assert (ended.value.code or 0) == status, err
        return err if remarks else out

    return kg_says


# ---------------------------------------------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    "command",
    [
        "search graft", "search zzz-graftin --format json", "show grafting", "show budding --format json",
        "path grafting juvenility -k 3", "path budding knife --format json", "stats", "stats --format json",
        "query --name types-of -p concept=craft", "query --name find -p text=BUD --format json",
        "validate --format json",
    ],
)  # fmt: skip
def test_every_reading_command_says_the_same_as_locally(
    run: Run, orchard: Path, pushed_orchard: str, command: str
) -> None:
    local, remote = (run(*command.split(), *where) for where in (("-g", orchard), ("--endpoint", pushed_orchard)))
    if command.endswith("json") and command.startswith(("query", "validate")):
        local, remote = (_facts(text) for text in (local, remote))
    assert remote == local


def _facts(text: str) -> object:
    """A JSON answer without what is no fact of the graph: time taken, how terms are written."""
    found = json.loads(text)
    found.pop("seconds", None)
    if "results" in found:
        return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]
    return found


@pytest.mark.parametrize("format", ["turtle", "ntriples", "nquads", "trig", "csv", "graphml", "node-link", "neo4j"])
def test_exports_are_the_same_bytes_as_locally(
    run: Run, orchard: Path, pushed_orchard: str, tmp_path: Path, format: str
) -> None:
    for name, where in (("local", ("-g", orchard)), ("remote", ("--endpoint", pushed_orchard))):
        run("export", "--format", format, "-o", tmp_path / f"{name}.zip", *where)
    assert (tmp_path / "remote.zip").read_bytes() == (tmp_path / "local.zip").read_bytes()


@pytest.mark.parametrize("around", [(), ("budding",)])
def test_pages_are_the_same_bytes_as_locally(
    run: Run, orchard: Path, pushed_orchard: str, tmp_path: Path, around: tuple[str, ...]
) -> None:
    for name, where in (("local", ("-g", orchard)), ("remote", ("-g", pushed_orchard))):
        run("viz", *around, "-o", tmp_path / name, *where)
    assert (tmp_path / "remote").read_bytes() == (tmp_path / "local").read_bytes()


# ----------------------------------------------------------------------------------------------------- named queries

FAULTS = {"broader-cycles", "contradictions", "orphans"}
"""Queries that find faults, of which the sample has none."""
EXAMPLES = [(name, dict(example)) for name, query in named_queries().items() for example in query.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{n}-{'-'.join(e.values())}" for n, e in EXAMPLES])
def test_named_queries_give_the_same_answers(
    sample_graph: KnowledgeGraph, pushed_sample: KnowledgeGraph, name: str, example: dict[str, str]
) -> None:
    text = named_queries()[name].bind(example, lambda concept: sample_graph.concept(concept).iri)
    local, remote = (_table(graph, text) for graph in (sample_graph, pushed_sample))
    assert local or name in FAULTS, "the example finds something"
    assert remote == local


def _table(graph: KnowledgeGraph, text: str) -> list[list[object]]:
    """Rows of an answer; numbers as numbers, to the digits that both engines compute."""
    content = graph.store.select(text).serialize(format=ox.QueryResultsFormat.CSV) or b""
    return [[_number(cell) for cell in row] for row in csv.reader(io.StringIO(content.decode()))][1:]


def _number(cell: str) -> object:
    try:
        return round(float(cell), 9)
    except ValueError:
        return cell


# ------------------------------------------------------------------------------------------------------------ paging


def test_tables_beyond_the_cap_come_complete(sample_graph: KnowledgeGraph, pushed_sample: KnowledgeGraph) -> None:
    assert len(sample_graph.index.concepts) > 2 * CAP
    assert pushed_sample.index.concepts == sample_graph.index.concepts
    assert pushed_sample.index.edges == sample_graph.index.edges
    assert pushed_sample.stats() == sample_graph.stats()
    assert pushed_sample.search("log", 30) == sample_graph.search("log", 30)
    assert pushed_sample.show("quorum") == sample_graph.show("quorum")
    assert pushed_sample.paths("Raft", "quorum", 3) == sample_graph.paths("Raft", "quorum", 3)


def test_keys_of_all_alphabets_are_paged_in_the_order_in_which_they_are_compared(virtuoso: Virtuoso) -> None:
    names = [f"{start}{n}" for start in "aZ_é漢😀-~" for n in range(100)]
    base = "https://alphabets.example/"
    store = LocalStore()
    store.load(
        ox.Quad(ox.NamedNode(f"{base}{n}"), ox.NamedNode(f"{base}p"), ox.Literal(n, language="en")) for n in names
    )
    report = push(store, virtuoso.store, method="gsp", graph=base, connection=Connection(credentials=DBA))
    assert report.complete
    for size in (None, 70):
        remote = RemoteStore(f"{virtuoso.sparql}?default-graph-uri={base}", Connection(page_size=size))
        rows = list(remote.rows(f"SELECT ?s ?o {{ ?s <{base}p> ?o }}"))
        assert sorted(row["o"].value for row in rows) == sorted(names)


def test_a_key_with_more_values_than_a_page_is_paged_by_the_next(virtuoso: Virtuoso) -> None:
    base = "https://hub.example/"
    store = LocalStore()
    store.load(
        ox.Quad(ox.NamedNode(f"{base}{s}"), ox.NamedNode(f"{base}p"), ox.NamedNode(f"{base}o{n}"))
        for s, values in (("a", 3), ("hub", CAP + 100), ("z", 3)) for n in range(values)
    )  # fmt: skip
    assert push(store, virtuoso.update, graph=base, connection=Connection(credentials=DBA)).complete
    remote = RemoteStore(f"{virtuoso.sparql}?default-graph-uri={base}")
    rows = list(remote.rows(f"SELECT ?s ?o {{ ?s <{base}p> ?o }}"))
    assert len(rows) == len({(row["s"], row["o"]) for row in rows}) == CAP + 106


def test_a_cut_answer_is_remarked_on_and_pages_give_all(
    run: Run, virtuoso: Virtuoso, sample_graph: KnowledgeGraph, pushed_sample: KnowledgeGraph
) -> None:
    query = "SELECT ?c WHERE { ?c a skos:Concept }"
    ask = ("query", query, "--format", "csv", "--endpoint", virtuoso.dataset(SAMPLE))
    assert f"has {CAP} rows, which looks like the most that this endpoint gives at once" in run(*ask, remarks=True)
    assert run(*ask, remarks=False).count("\n") == CAP + 1
    assert run(*ask, "--page-size", 400).count("\n") == len(sample_graph.index.concepts) + 1
    assert run(*ask, "--page-size", 400, remarks=True) == ""
    assert run("query", f"{query} LIMIT {CAP}", "--endpoint", virtuoso.sparql, remarks=True) == f"{CAP} rows\n"


# --------------------------------------------------------------------------------------------------- push and faults


def test_both_ways_of_pushing_leave_the_same_graphs(virtuoso: Virtuoso, tmp_path: Path) -> None:
    bases = {"gsp": "https://gsp.example/", "update": "https://update.example/"}
    found = {}
    for method, base in bases.items():
        store = LocalStore()
        store.load(quads(orchard_knowledge(), base=base))
        endpoint = virtuoso.store if method == "gsp" else virtuoso.update
        for again in (False, True):
            report = push(
                store, endpoint, method=method, batch=97, replace=again, connection=Connection(credentials=DBA)
            )
            assert [graph.counted for graph in report.graphs] == [graph.triples for graph in report.graphs]
        found[method] = set(RemoteStore(virtuoso.dataset(base)).quads())
        assert found[method] == set(store.quads())


def test_strange_texts_survive_the_way_there_and_back(virtuoso: Virtuoso) -> None:
    base = "https://strange.example/"
    texts = [
        "\"quotes\" 'too'",
        "back\\slash",
        "tab\t return\r line\n",
        "a\u0001b\u000b",
        "é漢😀\u200b",
        "x" * 30_000,
        "",
    ]
    store = LocalStore()
    store.load(
        ox.Quad(ox.NamedNode(f"{base}{n}"), ox.NamedNode(f"{base}p"), ox.Literal(text)) for n, text in enumerate(texts)
    )
    for method, endpoint in (("gsp", virtuoso.store), ("update", virtuoso.update)):
        push(store, endpoint, method=method, graph=base, replace=True, connection=Connection(credentials=DBA))
        triples = set(
            RemoteStore(virtuoso.sparql).construct(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{base}> {{ ?s ?p ?o }} }}")
        )
        assert triples == {quad.triple for quad in store.quads()}
        solutions = RemoteStore(virtuoso.sparql).select(f"SELECT ?o {{ GRAPH <{base}> {{ ?s ?p ?o }} }}")
        assert sorted(row["o"].value for row in solutions) == sorted(texts)


def test_who_may_not_write_is_told_what_to_do(
    run: Run, virtuoso: Virtuoso, orchard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ("-g", orchard)
    assert "asks who you are (HTTP 401 Unauthorized): set KG_ENDPOINT_USER" in run(
        "push", virtuoso.update, *here, status=1, remarks=True
    )
    assert "Virtuoso: /sparql-auth" in run("push", virtuoso.sparql, *here, status=1, remarks=True)
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    said = run("push", virtuoso.store, "--method", "gsp", "--user", "dba", "--password-file", secret, *here,
               status=1, remarks=True)  # fmt: skip
    assert "the name 'dba' with this password is not accepted (HTTP 401 Unauthorized)" in said
    assert "wrong" not in said
    monkeypatch.setenv("KG_ENDPOINT_USER", "dba")
    monkeypatch.setenv("KG_ENDPOINT_PASSWORD", "dba")
    assert "graph/evidence" in run("push", virtuoso.update, *here)


def test_a_query_that_takes_too_long_is_given_up(virtuoso: Virtuoso, pushed_sample: KnowledgeGraph) -> None:
    query = f"SELECT (COUNT(*) AS ?n) {{ {CUBE} FILTER(?s1 != ?s2 && ?s3 != ?s2 && ?o1 != ?o3) }}"
    with pytest.raises(EndpointError, match=r"no answer within 0.5 seconds \(--timeout waits longer\)"):
        RemoteStore(virtuoso.sparql, Connection(timeout=0.5)).select(query)


def test_a_dialect_of_its_own_is_passed_on(virtuoso: Virtuoso, pushed_orchard: str) -> None:
    graph = kg.open(pushed_orchard)
    query = "SELECT ?c WHERE { ?c skos:prefLabel ?l . FILTER(bif:lower(?l) = 'grafting') }"
    answer = graph.query(query)
    assert isinstance(answer, ox.QuerySolutions)
    names = prefixes(ORCHARD)
    assert [row["c"].value for row in answer] == [names["concept"] + "grafting"]


def test_a_syntax_error_comes_back_in_its_words(run: Run, virtuoso: Virtuoso) -> None:
    said = run("query", "SELECT ?s { ?s ?p }", "--format", "csv", "--endpoint", virtuoso.sparql, status=1, remarks=True)
    assert "HTTP 400" in said
    assert "SP030" in said
