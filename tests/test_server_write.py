"""What changes a graph over HTTP: updates and the Graph Store Protocol, with the token and without."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

import kg
from kg.cli import app as cli
from kg.errors import StoreError
from kg.server import Limits
from kg.server.limits import Refusal
from kg.server.writer import with_dataset
from kg.store import LocalStore, write_build
from tests.serving import CUBE, orchard, running_at

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-secret-of-the-orchard"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = {"Content-Type": "application/sparql-update", **BEARER}
EX = "http://example.org/"
A, B = f"<{EX}a> <{EX}p> <{EX}b> .", f"<{EX}b> <{EX}p> <{EX}c> ."


@pytest.fixture
def output(tmp_path: Path) -> Path:
    graph = orchard()
    write_build(tmp_path / "out", graph.store.quads(), base=graph.base)
    return tmp_path / "out"


@pytest.fixture(scope="module")
def unchanging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server for tests that change nothing."""
    graph, place = orchard(), tmp_path_factory.mktemp("unchanging")
    write_build(place, graph.store.quads(), base=graph.base)
    with (
        running_at(place, token=TOKEN, limits=Limits(upload_bytes=1 << 20)) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def web(output: Path) -> Iterator[httpx.Client]:
    with running_at(output, token=TOKEN, union=False) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def update(web: httpx.Client, text: str, **parameters: str) -> httpx.Response:
    return web.post("/sparql", content=text, params=parameters, headers=UPDATE)


def holds(web: httpx.Client, pattern: str) -> bool:
    return bool(web.get("/sparql", params={"query": f"ASK {{ {pattern} }}"}).json()["boolean"])


# --------------------------------------------------------------------------------------------------------- updates


def test_an_update_is_seen_by_the_next_query_and_by_other_programs(web: httpx.Client, output: Path) -> None:
    before = len(LocalStore.open(output))
    assert update(web, f"INSERT DATA {{ {A} }}").status_code == 204
    assert holds(web, A)
    assert web.post("/sparql", data={"update": f"INSERT DATA {{ {B} }}"}, headers=BEARER).status_code == 204
    assert holds(web, B)
    assert len(LocalStore.open(output)) == before + 2
    assert update(web, f"DELETE DATA {{ {A} }} ; DELETE DATA {{ {B} }}").status_code == 204
    assert len(LocalStore.open(output)) == before


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}],
)
def test_nothing_is_changed_without_the_token(unchanging: httpx.Client, headers: dict[str, str]) -> None:
    web = unchanging
    answers = [
        web.post("/sparql", data={"update": f"INSERT DATA {{ {A} }}"}, headers=headers),
        web.put("/store?default", content=A, headers={"Content-Type": "text/turtle", **headers}),
        web.post("/store?default", content=A, headers={"Content-Type": "text/turtle", **headers}),
        web.delete("/store?default", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert answers[0].headers["www-authenticate"] == 'Bearer realm="kg"'
    assert not holds(web, A)
    assert holds(web, "?s a kg:Entry")


def test_relative_iris_are_relative_to_the_endpoint(web: httpx.Client) -> None:
    assert update(web, "INSERT DATA { <it> <#p> <> }").status_code == 204
    endpoint = f"{web.base_url}/sparql"
    assert holds(web, f"<{web.base_url}/it> <{endpoint}#p> <{endpoint}>")
    assert holds(web, "<it> <#p> <sparql>")


def test_only_bearers_of_the_token_may_send_much(unchanging: httpx.Client) -> None:
    long = f"INSERT DATA {{ {A} }} # {'x' * 300_000}"
    for headers, status in (({}, 413), ({"Authorization": "Bearer wrong"}, 413)):
        assert unchanging.post("/sparql", data={"update": long}, headers=headers).status_code == status
    refused = unchanging.post("/sparql", content=long, headers={"Content-Type": "application/sparql-update"})
    assert refused.status_code == 401


def test_the_writers_copy_is_gone_when_the_server_has_ended(output: Path) -> None:
    with running_at(output, token=TOKEN) as url:
        assert httpx.post(f"{url}/sparql", data={"update": f"INSERT DATA {{ {A} }}"}, headers=BEARER).status_code == 204
        assert (output / "store.live").exists()
    assert not (output / "store.live").exists()


def test_a_failed_update_changes_nothing(web: httpx.Client, output: Path) -> None:
    before = LocalStore.open(output).dump(ox.RdfFormat.N_QUADS)
    answer = update(web, f"INSERT DATA {{ {A} }} ; CREATE GRAPH <{EX}g> ; CREATE GRAPH <{EX}g>")
    assert answer.status_code == 400
    answer = update(web, f"INSERT DATA {{ {A} }} ;\n INSERT DATA {{ ?x {EX} }}")
    assert (answer.status_code, answer.text[:9]) == (400, "line 2, c")
    assert LocalStore.open(output).dump(ox.RdfFormat.N_QUADS) == before
    assert not holds(web, A)


def test_an_update_that_lasts_too_long_is_ended_and_undone(output: Path) -> None:
    limits = Limits(update_seconds=1)
    never = "FILTER(STRLEN(CONCAT(STR(?s1), STR(?s2), STR(?s3), STR(?o4))) < 0)"
    slow = f"INSERT {{ {A} }} WHERE {{ {CUBE} . ?s4 ?p4 ?o4 {never} }}"
    with running_at(output, token=TOKEN, limits=limits) as url, httpx.Client(base_url=url, timeout=30) as web:
        answer = update(web, slow)
        assert (answer.status_code, "longer than 1 seconds" in answer.text) == (503, True)
        assert not holds(web, A)
        for _ in range(20):
            answer = update(web, f"INSERT DATA {{ {B} }}")
            if answer.status_code != 429:
                break
        assert answer.status_code == 204
        assert holds(web, B)
        assert not holds(web, A)


CALLS = [
    "LOAD <{url}>",
    "load silent <{url}> INTO GRAPH <http://example.org/g>",
    "\\u004cOAD <{url}>",
    "INSERT DATA {{ <urn:a> <urn:b> 'x' }} ; LOAD <{url}>",
    "INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
    "PREFIX x: <{url}> INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE x: {{ ?s ?p ?o }} }}",
    "LOAD <file:///etc/hostname>",
]


@pytest.mark.parametrize("text", CALLS)
def test_no_update_makes_the_server_call_out(unchanging: httpx.Client, text: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.2)
        answer = update(unchanging, text.format(url=f"http://127.0.0.1:{trap.getsockname()[1]}/"))
        with pytest.raises(TimeoutError):
            trap.accept()
    assert answer.status_code == 400
    assert "calls none" in answer.text or "line 1" in answer.text


def test_words_that_only_look_like_calls_do_no_harm(web: httpx.Client) -> None:
    text = f"""# LOAD <http://example.org/>
        INSERT DATA {{ <{EX}load> <{EX}service> "SERVICE <x> LOAD <y>" }}"""
    assert update(web, text).status_code == 204
    assert holds(web, f"<{EX}load> <{EX}service> ?words")


def test_places_that_are_allowed_can_be_called(output: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_build(other, [ox.Quad(*(ox.NamedNode(f"{EX}{name}") for name in "spo"))])
    with running_at(other) as there:
        endpoint, dump, nowhere = f"{there}/sparql", f"{there}/store?default", f"{there}/nowhere"
        with running_at(output, token=TOKEN, allowed=[endpoint, dump, nowhere]) as url:
            web = httpx.Client(base_url=url, timeout=30)
            query = f"SELECT ?o {{ SERVICE <{endpoint}> {{ <{EX}s> <{EX}p> ?o }} }}"
            rows = web.get("/sparql", params={"query": query}).json()["results"]["bindings"]
            assert [row["o"]["value"] for row in rows] == [f"{EX}o"]
            assert update(web, f"LOAD <{dump}> INTO GRAPH <{EX}g>").status_code == 204
            assert holds(web, f"GRAPH <{EX}g> {{ <{EX}s> <{EX}p> <{EX}o> }}")
            for gone in (f"SELECT * {{ SERVICE <{nowhere}> {{ ?s ?p ?o }} }}", f"ASK {{ SERVICE <{nowhere}> {{}} }}"):
                answer = web.get("/sparql", params={"query": gone})
                assert (answer.status_code, "has failed" in answer.text) == (502, True), answer.text
            answer = update(web, f"LOAD <{nowhere}>")
            assert (answer.status_code, "has failed" in answer.text) == (502, True), answer.text
            elsewhere = f"SELECT ?o {{ SERVICE <{there}/queries> {{ ?s ?p ?o }} }}"
            assert web.get("/sparql", params={"query": elsewhere}).status_code == 400
            web.close()


def test_an_allowed_place_that_is_gone_is_told(output: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{closed.getsockname()[1]}/sparql"
        with running_at(output, token=TOKEN, allowed=[gone]) as url, httpx.Client(base_url=url, timeout=30) as web:
            answers = [
                web.get("/sparql", params={"query": f"SELECT * {{ SERVICE <{gone}> {{ ?s ?p ?o }} }}"}),
                update(web, f"LOAD <{gone}>"),
            ]
    assert [answer.status_code for answer in answers] == [502, 502]
    assert all("SERVICE or LOAD calls has failed" in answer.text for answer in answers)


# ------------------------------------------------------------------------------------ graphs named by the protocol


def test_the_protocol_can_name_the_dataset(web: httpx.Client) -> None:
    update(web, f"INSERT DATA {{ GRAPH <{EX}g> {{ {A} }} GRAPH <{EX}h> {{ {B} }} }}")
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"

    def counted(query: str, **parameters: str | list[str]) -> int:
        answer = web.get("/sparql", params={"query": query, **parameters})
        return int(answer.json()["results"]["bindings"][0]["n"]["value"])

    assert counted(count, **{"default-graph-uri": f"{EX}g"}) == 1
    assert counted(count, **{"default-graph-uri": [f"{EX}g", f"{EX}h"]}) == 2
    assert counted(named, **{"named-graph-uri": f"{EX}h"}) == 1
    assert counted(named, **{"default-graph-uri": f"{EX}g"}) == 0
    where = f"INSERT {{ GRAPH <{EX}new> {{ ?s <{EX}copied> ?o }} }} WHERE {{ ?s <{EX}p> ?o }}"
    assert update(web, where, **{"using-graph-uri": f"{EX}h"}).status_code == 204
    assert holds(web, f"GRAPH <{EX}new> {{ <{EX}b> <{EX}copied> <{EX}c> }}")
    assert not holds(web, f"GRAPH <{EX}new> {{ <{EX}a> <{EX}copied> ?o }}")
    for text in (f"WITH <{EX}g> {where}", where.replace("WHERE", f"USING <{EX}g> WHERE"), "DELETE WHERE { ?s ?p ?o }"):
        assert update(web, text, **{"using-graph-uri": f"{EX}h"}).status_code == 400


def test_using_clauses_go_before_the_where_of_each_operation() -> None:
    text = "INSERT { ?s ?p 'WHERE {' } WHERE { { SELECT ?s WHERE { ?s ?p ?o } } } ; CLEAR DEFAULT ; DELETE {} WHERE {}"
    assert with_dataset(text, ["http://example.org/g"], ["http://example.org/n"]).count("USING") == 4
    assert "'WHERE {' } USING <http://example.org/g> USING NAMED <http://example.org/n> WHERE { { SELECT ?s WHERE" in (
        with_dataset(text, ["http://example.org/g"], ["http://example.org/n"])
    )
    with pytest.raises(Refusal):
        with_dataset("WITH <urn:g> DELETE {} WHERE {}", ["http://example.org/g"], [])


# ----------------------------------------------------------------------------------------- Graph Store Protocol


def test_a_graph_is_put_read_extended_and_deleted(web: httpx.Client) -> None:
    turtle, params = {"Content-Type": "text/turtle", **BEARER}, {"graph": f"{EX}g"}
    assert web.get("/store", params=params).status_code == 404
    assert web.put("/store", params=params, content=A, headers=turtle).status_code == 201
    assert web.put("/store", params=params, content=A, headers=turtle).status_code == 204
    assert web.post("/store", params=params, content=B, headers=turtle).status_code == 204
    read = web.get("/store", params=params, headers={"Accept": "application/n-triples"})
    assert sorted(read.text.splitlines()) == sorted([A, B])
    assert web.head("/store", params=params).status_code == 200
    assert web.put("/store", params=params, content=B, headers=turtle).status_code == 204
    assert web.get("/store", params=params, headers={"Accept": "application/n-triples"}).text.strip() == B
    assert web.delete("/store", params=params, headers=BEARER).status_code == 204
    assert web.delete("/store", params=params, headers=BEARER).status_code == 404
    assert web.get("/store", params=params).status_code == 404


def test_the_default_graph_and_the_whole_dataset_can_be_written(web: httpx.Client) -> None:
    turtle, quads = {"Content-Type": "text/turtle", **BEARER}, {"Content-Type": "application/n-quads", **BEARER}
    assert web.put("/store?default", content=A, headers=turtle).status_code == 204
    assert web.get("/store?default", headers={"Accept": "application/n-triples"}).text.strip() == A
    assert web.post("/store", content=f"{B[:-1]} <{EX}g> .", headers=quads).status_code == 204
    assert web.get("/store", params={"graph": f"{EX}g"}).status_code == 200
    assert holds(web, A)
    assert web.put("/store", content=A, headers=quads).status_code == 204
    assert web.get("/store", params={"graph": f"{EX}g"}).status_code == 404
    assert web.put("/store", content=A, headers=turtle).status_code == 400


def test_a_graph_below_the_store_has_its_url_as_its_name(web: httpx.Client) -> None:
    turtle, place = {"Content-Type": "text/turtle", **BEARER}, f"{web.base_url}/store/trees/pear%20tree"
    assert web.put("/store/trees/pear%20tree", content=f"{A} <#it> a <x> .", headers=turtle).status_code == 201
    assert web.head("/store/trees/pear%20tree").status_code == 200
    assert holds(web, f"GRAPH <{place}> {{ {A} <{place}#it> a <{web.base_url}/store/trees/x> }}")
    assert web.get("/store", params={"graph": place}).text == web.get("/store/trees/pear%20tree").text
    assert web.get("/store/trees/pear%20tree", params={"graph": place}).status_code == 400
    assert web.delete("/store/trees/pear%20tree").status_code == 401
    assert web.delete("/store/trees/pear%20tree", headers=BEARER).status_code == 204
    assert web.get("/store/trees/pear%20tree").status_code == 404
    assert "DELETE" in web.options("/store/trees/pear%20tree").headers["allow"]


def test_a_graph_posted_to_the_store_gets_a_name_of_its_own(web: httpx.Client) -> None:
    turtle = {"Content-Type": "text/turtle", **BEARER}
    answers = [web.post("/store", content=text, headers=turtle) for text in (A, B)]
    assert [answer.status_code for answer in answers] == [201, 201]
    places = [answer.headers["location"] for answer in answers]
    assert len(set(places)) == 2
    read = [web.get(place, headers={"Accept": "application/n-triples"}).text.strip() for place in places]
    assert read == [A, B]


SEAM = "multipart/form-data; boundary=seam"


def form(*parts: tuple[str, str]) -> bytes:
    head = 'Content-Disposition: form-data; name="f"; filename="f"'
    texts = [f"--seam\r\n{head}\r\nContent-Type: {media}\r\n\r\n{text}\r\n" for media, text in parts]
    return "".join([*texts, "--seam--\r\n"]).encode()


def test_the_files_of_a_form_are_added_to_a_graph_together(web: httpx.Client) -> None:
    headers, params = {"Content-Type": SEAM, **BEARER}, {"graph": f"{EX}g"}
    apart = f"_:a <{EX}p> <{EX}ö> ."
    body = form(("text/turtle; charset=utf-8", apart), ("application/n-triples", apart), ("text/turtle", A))
    assert web.post("/store", params=params, content=body, headers=headers).status_code == 201
    assert holds(web, f"GRAPH <{EX}g> {{ {A} ?x <{EX}p> <{EX}ö> . ?y <{EX}p> <{EX}ö> FILTER(?x != ?y) }}")
    body = form(("text/turtle", B), ("text/turtle", "no turtle"))
    answer = web.post("/store", params=params, content=body, headers=headers)
    assert (answer.status_code, answer.text[:6]) == (400, "line 1")
    assert not holds(web, f"GRAPH <{EX}g> {{ {B} }}")


@pytest.mark.parametrize(
    ("method", "body", "media", "status"),
    [
        ("POST", form(("image/png", "x")), SEAM, 415),
        ("POST", b"--seam--\r\n", SEAM, 415),
        ("POST", b"x", "multipart/form-data", 415),
        ("PUT", form(("text/turtle", A)), SEAM, 415),
    ],
)
def test_forms_that_cannot_be_taken_are_refused(
    unchanging: httpx.Client, method: str, body: bytes, media: str, status: int
) -> None:
    headers = {"Content-Type": media, **BEARER}
    answer = unchanging.request(method, "/store", params={"graph": f"{EX}g"}, content=body, headers=headers)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("params", "content", "media", "status"),
    [
        ({"graph": f"{EX}g"}, "not turtle at all", "text/turtle", 400),
        ({"graph": f"{EX}g"}, A, "image/png", 415),
        ({"graph": "no iri"}, A, "text/turtle", 400),
        ({"graph": [f"{EX}g", f"{EX}h"]}, A, "text/turtle", 400),
        ({"graph": f"{EX}g", "default": ""}, A, "text/turtle", 400),
        ({"graph": f"{EX}g"}, A * 200_000, "text/turtle", 413),
    ],
)
def test_uploads_that_cannot_be_taken_are_explained(
    unchanging: httpx.Client, params: dict[str, str], content: str, media: str, status: int
) -> None:
    headers = {"Content-Type": media, **BEARER}
    answer = unchanging.put("/store", params=params, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert unchanging.get("/store", params={"graph": f"{EX}g"}).status_code == 404


# ------------------------------------------------------------------------------------------------------ one writer


def test_builds_wait_for_a_server_that_may_change_the_graph(output: Path) -> None:
    with running_at(output, token=TOKEN), pytest.raises(StoreError, match="writable server has"):
        write_build(output, [])
    write_build(output, [])


def test_a_new_build_is_served_at_once(output: Path) -> None:
    with running_at(output) as url, httpx.Client(base_url=url, timeout=30) as web:
        assert holds(web, "?s a kg:Entry")
        write_build(output, [ox.Quad(*(ox.NamedNode(f"{EX}{name}") for name in "spo"))])
        assert not holds(web, "?s a kg:Entry")
        assert holds(web, f"<{EX}s> <{EX}p> <{EX}o>")


def test_queries_go_on_while_the_graph_changes(web: httpx.Client) -> None:
    failures: list[str] = []
    stop = threading.Event()

    def read() -> None:
        with httpx.Client(base_url=web.base_url, timeout=30) as client:
            while not stop.is_set():
                answer = client.get("/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"})
                if answer.status_code != 200:
                    failures.append(answer.text)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(10):
        assert update(web, f"INSERT DATA {{ <{EX}{number}> <{EX}p> 1 }}").status_code == 204
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []


# ---------------------------------------------------------------------------------------------------- command line


def test_the_command_needs_a_token_to_be_writable(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KG_TOKEN", raising=False)
    answer = CliRunner().invoke(cli, ["serve", "-g", str(output), "--writable"])
    assert isinstance(answer.exception, kg.errors.UsageError)
    assert "KG_TOKEN" in str(answer.exception)
    (tmp_path / "token").write_text("short\n")
    answer = CliRunner().invoke(
        cli, ["serve", "-g", str(output), "--writable", "--token-file", str(tmp_path / "token")]
    )
    assert "at least 8 characters" in str(answer.exception)


def test_the_command_serves_and_ends_with_its_processes(output: Path) -> None:
    environment = {**os.environ, "KG_TOKEN": TOKEN}
    command = [sys.executable, "-m", "kg", "serve", "-g", str(output), "--port", "0", "--writable"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        line = server.stderr.readline()
        url = line.partition(" at ")[2].partition(" ")[0]
        for _ in range(200):
            try:
                answer = httpx.post(f"{url}sparql", content=f"INSERT DATA {{ {A} }}", headers=UPDATE, timeout=30)
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        assert answer.status_code == 204
        children = _children(server.pid)
        assert children
        server.send_signal(signal.SIGINT)
        assert server.wait(20) in {0, 130}
    end = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert LocalStore.open(output).ask(f"ASK {{ {A} }}")


def test_processes_end_when_the_server_is_killed(output: Path) -> None:
    command = [sys.executable, "-m", "kg", "serve", "-g", str(output), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        server.stderr.readline()
        end = time.monotonic() + 20
        while len(children := _children(server.pid)) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)
        server.kill()
        server.wait()
    assert children
    end = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(pid):
            found.append(int(stat.parent.name))
    return found
