"""What a request may cost: queries that never end, grow without bound or are abandoned, asked of a real server."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.server import Limits
from kg.server.answer import send
from kg.store import write_build
from tests.serving import CUBE, ENDLESS, orchard, running

LABELS = "SELECT ?label { ?c skos:prefLabel ?label } ORDER BY ?label LIMIT 2"
LONG = f"SELECT * {{ {CUBE} }}"
GREEDY = (
    "SELECT (GROUP_CONCAT(CONCAT(STR(?s1), STR(?s2), STR(?s3))) AS ?all) { ?s1 ?p1 ?o1 . ?s2 ?p2 ?o2 . ?s3 ?p3 ?o3 }"
)


def ask(url: str, query: str, accept: str = "*/*") -> httpx.Response:
    return httpx.get(f"{url}/sparql", params={"query": query}, headers={"Accept": accept}, timeout=60)


def busy_processes() -> list[str]:
    """The states of this process's children: `R` is one that keeps a core busy."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(os.getpid()):
            states.append(fields[0])
    return states


def quiet(within: float) -> bool:
    """Whether no child keeps a core busy, within so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if all("R" not in busy_processes() for _ in range(5) if not time.sleep(0.05)):
            return True
    return False


def test_a_query_without_end_is_answered_in_time_and_its_work_stops() -> None:
    with running(orchard(), limits=Limits(seconds=1, concurrent=1, patience=10)) as url:
        start = time.monotonic()
        answer = ask(url, ENDLESS)
        assert (answer.status_code, answer.text) == (
            503, "the query took longer than 1 seconds: make it narrower, or add a LIMIT\n"
        )  # fmt: skip
        assert time.monotonic() - start < 5
        assert quiet(within=10), "the engine still works on a query that has been given up"
        assert ask(url, LABELS).status_code == 200


def test_a_query_whose_caller_has_gone_is_ended() -> None:
    with running(orchard(), limits=Limits(seconds=60, concurrent=1, patience=20)) as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{url}/sparql", params={"query": ENDLESS}, timeout=0.5)
        assert quiet(within=10)
        assert ask(url, LABELS).status_code == 200


def test_an_answer_that_nobody_reads_on_is_ended() -> None:
    limits = Limits(seconds=60, concurrent=1, patience=20)
    with running(orchard(), limits=limits) as url:
        with httpx.stream("GET", f"{url}/sparql", params={"query": LONG}, timeout=20) as answer:
            assert next(answer.iter_bytes()).startswith(b'{"head"')
        assert quiet(within=10)
        assert ask(url, LABELS).status_code == 200


def test_head_costs_no_more_than_the_beginning_of_an_answer() -> None:
    with running(orchard(), limits=Limits(seconds=60, concurrent=1, patience=20)) as url:
        for _ in range(3):
            head = httpx.head(f"{url}/sparql", params={"query": LONG}, timeout=20)
            assert (head.status_code, head.headers["content-type"]) == (200, "application/sparql-results+json")
            assert "content-length" not in head.headers
        assert quiet(within=10)
        assert ask(url, LABELS).status_code == 200


def test_callers_who_hang_up_at_any_time_cost_the_server_nothing() -> None:
    """More of them than there are processes, some before, some during, some after the answer begins."""
    with running(orchard(), limits=Limits(seconds=60, concurrent=2, patience=20)) as url:
        host, port = url.removeprefix("http://").split(":")
        request = f"GET /sparql?query={quote(LONG)} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        for number in range(24):
            with socket.create_connection((host, int(port))) as caller:
                caller.sendall(request)
                time.sleep(number * 0.004)
                if number % 3 == 0:
                    caller.recv(100)
        assert quiet(within=15)
        answers = [ask(url, LABELS).status_code for _ in range(4)]
        assert answers == [200] * 4


def test_those_who_would_wait_too_long_are_turned_away() -> None:
    with running(orchard(), limits=Limits(seconds=20, concurrent=1, patience=0.2)) as url:
        blocker = threading.Thread(target=lambda: ask(url, f"{ENDLESS} # block"), daemon=True)
        with httpx.Client() as client:
            task = client.build_request("GET", f"{url}/sparql", params={"query": ENDLESS})
            blocker.start()
            time.sleep(0.5)
            busy = client.send(task)
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "5")
        assert busy.text == "the server is busy with other queries: try again later\n"
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_query_that_wants_too_much_memory_harms_nobody() -> None:
    with running(orchard(), limits=Limits(seconds=60, concurrent=1, patience=20, memory_bytes=100 << 20)) as url:
        answer = ask(url, GREEDY)
        assert (answer.status_code, answer.text) == (
            503, "the query needs more than 104,857,600 bytes of memory: make it narrower\n"
        )  # fmt: skip
        assert ask(url, LABELS).status_code == 200


# ------------------------------------------------------------------------------------- answers that are cut short


@pytest.mark.parametrize("rows", [1, 7, 5000])
def test_rows_beyond_the_limit_are_cut_and_the_answer_says_so(rows: int) -> None:
    words = f"stopped after {rows:,} rows, the most that are sent; there are more"
    with running(orchard(), limits=Limits(rows=rows)) as url:
        as_json = ask(url, LONG).json()
        assert len(as_json["results"]["bindings"]) == rows
        assert as_json["kg:truncated"] == words
        as_xml = ask(url, LONG, "application/sparql-results+xml").text
        assert len(ElementTree.fromstring(as_xml).findall(".//{*}result")) == rows
        assert as_xml.endswith(f"<!-- truncated: {words} -->\n")
        for media in ("text/csv", "text/tab-separated-values"):
            table = ask(url, LONG, media)
            assert table.headers["kg-truncated"] == words
            assert len(list(csv.reader(io.StringIO(table.text), delimiter="\t" if "tab" in media else ","))) == rows + 1


def test_triples_beyond_the_limit_are_cut_and_the_answer_says_so() -> None:
    query = "CONSTRUCT { ?s1 ?p1 ?o2 } { ?s1 ?p1 ?o1 . ?s2 ?p2 ?o2 }"
    words = "stopped after 50 triples, the most that are sent; there are more"
    with running(orchard(), limits=Limits(rows=50)) as url:
        for media in ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"):
            answer = ask(url, query, media)
            assert len(list(ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media)))) <= 50
            assert answer.headers.get("kg-truncated", words) == words
            assert media == "application/ld+json" or words in answer.text


@pytest.mark.parametrize("size", [1000, 100_000, 1_000_000])
def test_bytes_beyond_the_limit_are_cut_at_the_end_of_a_row(size: int) -> None:
    with running(orchard(), limits=Limits(answer_bytes=size)) as url:
        answer = ask(url, LONG)
        assert size // 2 < len(answer.content) < size + 300
        words = answer.json()["kg:truncated"]
        assert words == f"stopped at {size:,} bytes, the most that are sent; there is more"
        table = ask(url, LONG, "text/csv")
        assert size // 2 < len(table.content) <= size
        assert table.text.endswith("\r\n")
        assert table.headers["kg-truncated"] == words
        graph = ask(url, "CONSTRUCT { ?s1 ?p1 ?o2 } { ?s1 ?p1 ?o1 . ?s2 ?p2 ?o2 }", "application/n-triples")
        assert len(graph.content) < size + (1 << 17)
        list(ox.parse(graph.content, format=ox.RdfFormat.N_TRIPLES))


def test_an_answer_that_comes_too_slowly_is_ended_well() -> None:
    with running(orchard(), limits=Limits(seconds=1, rows=10**12, answer_bytes=10**12)) as url:
        answer = ask(url, f"SELECT * {{ {CUBE} . ?s4 ?p4 ?o4 }}")
        assert answer.status_code == 200
        assert answer.json()["kg:truncated"] == "stopped after 1 seconds, the most that are given; there may be more"


def test_a_whole_answer_says_nothing_of_limits() -> None:
    with running(orchard(), limits=Limits(rows=2)) as url:
        answer = ask(url, LABELS)
        assert len(answer.json()["results"]["bindings"]) == 2
        assert "kg-truncated" not in answer.headers
        assert "kg:truncated" not in answer.json()


def test_a_large_answer_comes_in_pieces_and_whole() -> None:
    query = "SELECT ?s1 ?s2 ?o2 { ?s1 ?p1 ?o1 . ?s2 ?p2 ?o2 } LIMIT 30000"
    with running(orchard()) as url:
        with httpx.stream("GET", f"{url}/sparql", params={"query": query}, timeout=60) as answer:
            assert "content-length" not in answer.headers
            content = answer.read()
        assert len(json.loads(content)["results"]["bindings"]) == 30_000


class Recorder:
    """Takes what a worker would send to the server."""

    def __init__(self) -> None:
        self.head: dict[str, object] = {}
        self.body = b""

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        if kind == b"H":
            self.head = json.loads(payload)
        self.body += payload if kind == b"D" else b""

    def send_answer(self, head: dict[str, object], body: bytes) -> None:
        self.head, self.body = head, body


TRICKY = st.text(st.sampled_from('a"},{\\\n\r<>&/}]') | st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    values=st.lists(TRICKY, min_size=1, max_size=12),
    repeated=st.sampled_from([1, 400]),
    rows=st.integers(1, 2000),
    size=st.integers(300, 200_000),
    format=st.sampled_from(["json", "xml", "csv", "tsv"]),
)
def test_a_cut_answer_is_the_beginning_of_the_whole_one(
    values: list[str], repeated: int, rows: int, size: int, format: str
) -> None:
    literals = " ".join(str(ox.Literal(value)) for value in values)
    numbers = " ".join(str(number) for number in range(repeated))
    query = f"SELECT ?n ?v {{ VALUES ?n {{ {numbers} }} VALUES ?v {{ {literals} }} }}"

    def answered(limits: Limits) -> tuple[list[tuple[str, ...]], bool]:
        recorder = Recorder()
        found = ox.Store().query(query)
        assert isinstance(found, ox.QuerySolutions)
        send(recorder, found, format, {}, limits, time.monotonic() + 60)  # type: ignore[arg-type]
        return table(recorder.body, format), b"truncated" in recorder.body[-200:] or "Kg-Truncated" in str(
            recorder.head
        )

    whole, cut = answered(Limits())
    assert len(whole) == len(values) * repeated
    assert not cut
    part, cut = answered(Limits(rows=rows, answer_bytes=size))
    assert part == whole[: len(part)]
    assert len(part) <= rows
    assert cut == (len(part) < len(whole))


def table(content: bytes, format: str) -> list[tuple[str, ...]]:
    if format == "csv":
        rows = csv.reader(io.StringIO(content.decode(), newline=""), lineterminator="\r\n", strict=True)
        return [tuple(row) for row in rows][1:]
    if format == "xml":
        content = content.partition(b"\n<!-- truncated")[0]
    if format == "json":
        return [(row["n"]["value"], row["v"]["value"]) for row in json.loads(content)["results"]["bindings"]]
    known = {"xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}
    solutions = ox.parse_query_results(content, format=known[format])
    assert isinstance(solutions, ox.QuerySolutions)
    return [(solution["n"].value, solution["v"].value) for solution in solutions]


def test_memory_does_not_grow_with_an_answer(tmp_path: Path) -> None:
    graph = orchard()
    write_build(tmp_path, graph.store.quads(), base=graph.base)
    command = [sys.executable, "-m", "kg", "serve", "-g", str(tmp_path), "--port", "0", "--max-mib", "60"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = server.stderr.readline().partition(" at ")[2].partition(" ")[0]
        answered = 0
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, timeout=60) as client:
            headers = {"Accept-Encoding": "identity"}
            with client.stream("GET", f"{url}sparql", params={"query": LONG}, headers=headers) as answer:
                for piece in answer.iter_raw():
                    answered += len(piece)
            workers = [
                int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if parent(stat) == server.pid
            ]
            peaks = [peak(process) for process in (server.pid, *workers)]
        server.terminate()
    assert answered > 50 << 20
    assert len(peaks) > 1
    assert max(peaks) < 200 << 20


def parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def peak(process: int) -> int:
    """The most memory that a process has had, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) * 1024
