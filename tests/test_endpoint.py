"""Endpoints that are busy, closed, far away or stingy: waiting, credentials, redirections, pages."""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from email.utils import formatdate
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from kg import cli
from kg.endpoint import Connection, Credentials
from kg.errors import EndpointError, IncompleteAnswer
from kg.remote import RemoteStore
from kg.triples import quads
from tests.graph_store import GraphStore, basic, serving
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = {"Content-Type": "application/sparql-results+json"}
YES = (200, JSON, b'{"head":{},"boolean":true}')


@pytest.fixture
def server() -> Iterator[GraphStore]:
    with serving() as state:
        state.store.extend(quads(tiny_knowledge()))
        yield state


def patient(waits: list[float], **options: object) -> Connection:
    return Connection(pause=waits.append, **options)  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------------- waiting


@pytest.mark.parametrize("status", [429, 502, 503, 504, 0])
def test_what_may_pass_is_asked_again_after_longer_and_longer_waits(server: GraphStore, status: int) -> None:
    waits: list[float] = []
    server.canned = [(status, {}, b"busy")] * 3 + [YES]
    assert RemoteStore(server.sparql, patient(waits)).ask("ASK {}") is True
    assert waits == [1, 2, 4]


def test_patience_ends(server: GraphStore) -> None:
    waits: list[float] = []
    said: list[str] = []
    server.canned = [(503, {}, b"come back")] * 9
    with pytest.raises(EndpointError, match=r"HTTP 503 Service Unavailable: come back \(asked 5 times\)") as info:
        RemoteStore(server.sparql, patient(waits, remark=said.append)).ask("ASK {}")
    assert info.value.status == 503
    assert waits == [1, 2, 4, 8]
    assert said[0].endswith("HTTP 503 Service Unavailable: come back; asking again in 1 s")


def test_the_endpoint_may_say_how_long_to_wait(server: GraphStore) -> None:
    waits: list[float] = []
    server.canned = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": formatdate(0, usegmt=True)}, b""), YES]
    assert RemoteStore(server.sparql, patient(waits)).ask("ASK {}")
    assert waits == [7, 0]
    server.canned = [(429, {"Retry-After": "3600"}, b"")]
    with pytest.raises(EndpointError, match="asks to come back in 3600 seconds"):
        RemoteStore(server.sparql, patient(waits)).ask("ASK {}")
    assert waits == [7, 0]


@pytest.mark.parametrize("status", [400, 403, 404, 410, 500])
def test_what_will_not_pass_is_asked_once(server: GraphStore, status: int) -> None:
    waits: list[float] = []
    server.canned = [(status, {}, b"")]
    with pytest.raises(EndpointError, match=str(status)):
        RemoteStore(server.sparql, patient(waits)).ask("ASK {}")
    assert (len(server.seen), waits) == (1, [])


def test_compressed_answers_are_read(server: GraphStore) -> None:
    server.canned = [(200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(YES[2]))]
    assert RemoteStore(server.sparql).ask("ASK {}")


# ------------------------------------------------------------------------------------------------------- credentials


def test_tokens_and_passwords_come_from_the_environment(server: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_ENDPOINT_USER", "ada")
    monkeypatch.setenv("KG_ENDPOINT_PASSWORD", "s3cret")
    RemoteStore(server.sparql).ask("ASK {}")
    RemoteStore(server.sparql.replace("//", "//bo@")).ask("ASK {}")
    monkeypatch.setenv("KG_ENDPOINT_TOKEN", "t0ken")
    RemoteStore(server.sparql).ask("ASK {}")
    assert [sent for _, _, sent in server.seen] == [basic("ada", "s3cret"), basic("bo", "s3cret"), "Bearer t0ken"]


def test_secrets_come_from_files_and_are_never_shown(
    server: GraphStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "file").write_text("s3cret\n")
    for options, sent in (
        (["--token-file", str(folder / "file")], "Bearer s3cret"),
        (["--user", "ada", "--password-file", str(folder / "file")], basic("ada", "s3cret")),
    ):
        server.seen.clear()
        server.authorization = {"nothing of this"}
        monkeypatch.setattr(sys, "argv", ["kg", "stats", "--endpoint", server.sparql, *options])
        with pytest.raises(SystemExit):
            cli.main()
        assert server.seen[0][2] == sent
        assert "s3cret" not in "".join(capsys.readouterr())
    assert "s3cret" not in repr(Connection(credentials=Credentials("ada", "s3cret", "s3cret")))


def test_digest_is_answered_as_the_rfc_says(server: GraphStore) -> None:
    """Also by an endpoint that, like Virtuoso, shows no challenge to those who try Basic first."""
    challenge = 'Digest realm="SPARQL", nonce="abc", opaque="xyz", stale="false", qop="auth", algorithm="MD5"'
    server.canned = [(401, {}, b""), (401, {"WWW-Authenticate": challenge}, b""), YES, YES]
    store = RemoteStore(server.sparql, Connection(credentials=Credentials("dba", "pw")))
    assert store.ask("ASK {}")
    assert store.ask("ASK {}")
    tried, bare, first, second = (sent for _, _, sent in server.seen)
    assert (tried[:6], bare) == ("Basic ", "")
    for sent, number in ((first, "00000001"), (second, "00000002")):
        fields = dict(re.findall(r'(\w+)="?([^",]+)"?', sent))
        assert fields["nc"] == number

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret = f"{md5('dba:SPARQL:pw')}:abc:{number}:{fields['cnonce']}:auth:{md5('GET:' + fields['uri'])}"
        assert fields["response"] == md5(secret)


def test_credentials_do_not_follow_to_another_host(server: GraphStore) -> None:
    with serving() as other:
        store = RemoteStore(server.sparql, Connection(credentials=Credentials("ada", "s3cret")))
        server.canned = [(302, {"Location": f"{other.sparql}?query=ASK%7B%7D"}, b"")]
        assert store.ask("ASK {}") is True
        assert [sent for _, _, sent in other.seen] == [""]
        server.canned = [(302, {"Location": f"{server.sparql}?query=ASK%7B%7D"}, b"")]
        assert store.ask("ASK {}") is True
        assert server.seen[-1][2] == basic("ada", "s3cret")


def test_a_posted_query_is_not_lost_on_the_way_to_another_place(server: GraphStore) -> None:
    server.canned = [(302, {"Location": "https://new.example/sparql"}, b"")]
    with pytest.raises(EndpointError, match=r"has moved to https://new\.example/sparql"):
        RemoteStore(server.sparql).ask("ASK {} #" + "x" * 3000)


# ------------------------------------------------------------------------------------------------------------- pages


def many(server: GraphStore, count: int) -> None:
    server.store.extend(
        ox.Quad(ox.NamedNode(f"urn:s{n % 70}"), ox.NamedNode("urn:p"), ox.Literal(str(n))) for n in range(count)
    )


@pytest.mark.parametrize("cap", [1, 2, 7, 120, 149, 150, 151, None])
def test_tables_are_complete_whatever_the_cap(server: GraphStore, cap: int | None) -> None:
    many(server, 150)
    server.cap = cap
    store = RemoteStore(server.sparql, Connection(page_size=None if cap is None or cap > 100 else max(cap, 2)))
    if cap == 1:
        with pytest.raises(EndpointError, match=r"gave 1 of 150 rows, even in pages: .*try a smaller --page-size"):
            store.rows("SELECT ?s ?o { ?s <urn:p> ?o }")
        return
    rows = list(store.rows("SELECT ?s ?o { ?s <urn:p> ?o }"))
    assert sorted(int(row["o"].value) for row in rows) == list(range(150))


def test_a_part_of_an_answer_is_no_table(server: GraphStore) -> None:
    solutions = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
    server.canned = [(200, {**JSON, "X-SQL-State": "S1TAT"}, solutions)]
    with pytest.raises(EndpointError, match="ran out of its own time"):
        RemoteStore(server.sparql).rows("SELECT ?s { ?s ?p ?o }")
    server.canned = [(200, {**JSON, "X-SQL-State": "S1TAT"}, solutions)]
    with pytest.warns(IncompleteAnswer, match="ran out of its own time"):
        RemoteStore(server.sparql).select("SELECT ?s { ?s ?p ?o }")


def test_round_answers_are_remarked_on_unless_so_many_were_asked_for(server: GraphStore) -> None:
    many(server, 1000)
    said: list[str] = []
    store = RemoteStore(server.sparql, Connection(remark=said.append))
    store.select("SELECT ?s ?o { ?s <urn:p> ?o } LIMIT 1000")
    store.select("SELECT ?s { ?s <urn:p> '1' }")
    assert said == []
    store.select("SELECT ?s ?o { ?s <urn:p> ?o }")
    store.sparql("SELECT ?s ?o { ?s <urn:p> ?o }", "csv")
    store.construct("CONSTRUCT WHERE { ?s <urn:p> ?o }")
    assert [text.partition(": ")[2][:25] for text in said] == ["the answer has 1,000 rows"] * 3


def test_a_query_of_the_users_own_is_paged_on_wish_only(server: GraphStore) -> None:
    many(server, 150)
    query = "PREFIX x: <urn:> # not LIMIT\nSELECT ?o WHERE { ?s x:p ?o } ORDER BY xsd:integer(?o)"
    store = RemoteStore(server.sparql, Connection(page_size=40))
    assert [int(row["o"].value) for row in store.select(query)] == list(range(150))
    assert store.sparql(query, "csv")[0].count(b"\n") == 151
    assert len(list(store.select(f"{query} LIMIT 50"))) == 50
    server.seen.clear()
    RemoteStore(server.sparql).select(query)
    assert len(server.seen) == 1
