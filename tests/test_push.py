"""kg push: what arrives, what is sent again and what is not, what is said when it fails."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from kg import cli
from kg.endpoint import Connection, Credentials
from kg.errors import EndpointError, UsageError
from kg.push import Method, push
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.graph_store import GraphStore, basic, serving
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIDENCE = "https://kg.example.org/graph/evidence"


@pytest.fixture
def server() -> Iterator[GraphStore]:
    with serving() as state:
        yield state


@pytest.fixture
def built(tmp_path: Path) -> Path:
    write_build(tmp_path / "output", quads(tiny_knowledge()))
    return tmp_path / "output"


def where(server: GraphStore, method: Method) -> str:
    return server.graphs if method is Method.GSP else server.sparql


def held(server: GraphStore) -> set[ox.Quad]:
    return set(server.store)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("batch", [None, 7])
def test_the_whole_graph_arrives_and_is_counted(
    server: GraphStore, built: Path, method: Method, batch: int | None
) -> None:
    store = LocalStore.open(built)
    report = push(store, where(server, method), method=method, batch=batch)
    assert held(server) == set(store.quads())
    assert report.complete
    assert [graph.graph for graph in report.graphs] == [EVIDENCE, ""]
    assert sum(graph.triples for graph in report.graphs) == len(store)
    assert list(built.glob("push-*")) == []


@pytest.mark.parametrize("method", list(Method))
def test_replace_leaves_nothing_of_what_was_there(server: GraphStore, built: Path, method: Method) -> None:
    old = ox.Triple(ox.NamedNode("urn:old"), ox.NamedNode("urn:old"), ox.Literal("old"))
    for graph in (ox.NamedNode(EVIDENCE), ox.DefaultGraph(), ox.NamedNode("urn:other")):
        server.store.add(ox.Quad(*old, graph))
    store = LocalStore.open(built)
    push(store, where(server, method), method=method, batch=50)
    assert held(server) > set(store.quads())
    push(store, where(server, method), method=method, batch=50, replace=True)
    assert held(server) == {*store.quads(), ox.Quad(*old, ox.NamedNode("urn:other"))}


@pytest.mark.parametrize("method", list(Method))
def test_all_can_go_into_one_graph(server: GraphStore, built: Path, method: Method) -> None:
    store = LocalStore.open(built)
    push(store, where(server, method), method=method, graph="urn:one")
    assert held(server) == {ox.Quad(*quad.triple, ox.NamedNode("urn:one")) for quad in store.quads()}


def test_where_there_is_no_default_graph_another_stands_for_it(server: GraphStore, built: Path) -> None:
    server.software = "Virtuoso/07.20"
    said: list[str] = []
    push(LocalStore.open(built), server.sparql, connection=Connection(remark=said.append))
    assert {str(quad.graph_name) for quad in held(server)} == {
        f"<{EVIDENCE}>",
        "<https://kg.example.org/graph/default>",
    }
    assert "it has no default graph" in said[0]


def test_blank_nodes_get_names_and_stay_together(server: GraphStore) -> None:
    store = LocalStore()
    node = ox.BlankNode("b1")
    store.load(ox.Quad(node, ox.NamedNode(f"urn:p{n}"), ox.Literal(str(n))) for n in range(10))
    for _ in range(2):
        push(store, server.sparql, batch=3)
    assert {str(quad.subject) for quad in held(server)} == {"<https://kg.example.org/.well-known/genid/b1>"}
    assert len(server.store) == 10


@pytest.mark.parametrize("method", list(Method))
def test_an_interrupted_push_goes_on_where_it_stopped(server: GraphStore, built: Path, method: Method) -> None:
    store, url = LocalStore.open(built), where(server, method)
    whole = push(store, url, method=method, batch=20)
    requests = len(server.seen)
    server.store.clear()
    server.seen.clear()
    server.canned = [(204, {}, b"")] * 4 + [(500, {}, b"disk full")]  # the knock, three parts
    with pytest.raises(EndpointError, match=r"disk full; 3 of \d+ parts are there, --resume goes on from them"):
        push(store, url, method=method, batch=20)
    (memory,) = built.glob("push-*.json")
    assert json.loads(memory.read_text())["done"] == 3
    server.seen.clear()
    again = push(store, url, method=method, batch=20, resume=True)
    assert (again.parts, again.skipped) == (whole.parts, 3)
    assert len(server.seen) == requests - 3
    assert not memory.exists()


def test_a_resumed_replacement_keeps_what_it_has_sent(server: GraphStore, built: Path) -> None:
    store = LocalStore.open(built)
    server.failing_after = 4
    with pytest.raises(EndpointError, match="disk full; 3 of"):
        push(store, server.graphs, method="gsp", batch=25, replace=True)
    assert len(server.store) == 75
    server.failing_after = None
    assert push(store, server.graphs, method="gsp", batch=25, replace=True, resume=True).skipped > 0
    assert held(server) == set(store.quads())


def test_what_is_too_large_for_the_endpoint_is_said(server: GraphStore, built: Path) -> None:
    server.largest = 4_000
    with pytest.raises(EndpointError, match=r"HTTP 413.*; a part of 80 triples is too much for it: try --batch 20"):
        push(LocalStore.open(built), server.graphs, method="gsp", batch=80)


def test_only_the_same_push_is_resumed(server: GraphStore, built: Path) -> None:
    server.canned = [(204, {}, b"")] * 3 + [(500, {}, b"disk full")]
    with pytest.raises(EndpointError):
        push(LocalStore.open(built), server.sparql, batch=20)
    with pytest.raises(UsageError, match="the interrupted push was another one"):
        push(LocalStore.open(built), server.sparql, batch=30, resume=True)
    write_build(
        built, [*quads(tiny_knowledge()), ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("new"))]
    )
    with pytest.raises(UsageError, match=r"\(graph.* changed\).*with --replace"):
        push(LocalStore.open(built), server.sparql, batch=20, resume=True)
    said: list[str] = []
    assert push(LocalStore.open(built), server.sparql, batch=20, connection=Connection(remark=said.append)).complete
    assert "an earlier push was interrupted after 2 of" in said[0]


def test_nothing_large_is_sent_before_the_credentials_are_known_to_do(server: GraphStore, built: Path) -> None:
    server.authorization = {basic("ada", "right")}
    server.challenge = 'Basic realm="x"'
    wrong = Connection(credentials=Credentials("ada", "wrong"))
    with pytest.raises(EndpointError, match="the name 'ada' with this password is not accepted"):
        push(LocalStore.open(built), server.sparql, connection=wrong)
    assert len(server.seen) == 1
    assert push(
        LocalStore.open(built), server.sparql, connection=Connection(credentials=Credentials("ada", "right"))
    ).complete


def test_what_fewer_triples_mean_is_said(
    server: GraphStore, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"3"}}]}}'
    count = (200, {"Content-Type": "application/sparql-results+json"}, few)
    server.canned = [(204, {}, b"")] * 3 + [count] * 2
    monkeypatch.setattr(sys, "argv", ["kg", "push", server.sparql, "-g", str(built)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert ended.value.code == 1
    assert "(default graph)" in out
    assert "counts fewer triples than were pushed" in err


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["http://127.0.0.1:9/sparql"], 1, "cannot be reached"),
        (["ftp://example.org/"], 2, "not the URL of an endpoint"),
        (["URL", "--method", "ftp"], 2, "there are update, gsp"),
        (["URL", "--graph", "x y"], 2, "not an absolute IRI"),
        (["URL", "--graph", "urn:x", "--named"], 2, "give one of them"),
        (["URL", "--user", "ada"], 2, "--user needs a password"),
        (["URL/nowhere"], 1, "is this the URL for updates"),
    ],
)
def test_mistakes_are_one_line(
    server: GraphStore, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], status: int, reason: str,
) -> None:  # fmt: skip
    if arguments[0] == "URL/nowhere":
        server.canned = [(404, {}, b"no such page")]
    arguments[0] = arguments[0].replace("URL", server.sparql)
    monkeypatch.setattr(sys, "argv", ["kg", "push", *arguments, "-g", str(built)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    err = capsys.readouterr().err
    assert (ended.value.code, err.count("\n")) == (status, 1)
    assert reason in err


def test_a_closed_folder_is_no_reason_to_stop(server: GraphStore, tmp_path: Path) -> None:
    store = LocalStore()
    store.load(quads(tiny_knowledge()))
    (tmp_path / "file").write_text("")
    said: list[str] = []
    report = push(
        store,
        server.sparql,
        batch=20,
        state=tmp_path / "file" / "state.json",
        connection=Connection(remark=said.append),
    )
    assert report.complete
    assert [text.partition(": ")[2].partition(":")[0] for text in said] == ["an interruption could not be resumed"]
