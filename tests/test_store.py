"""One contract for the stores, local and remote, and what each has of its own."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest

from kg.endpoint import Connection
from kg.errors import EndpointError, KgError, MissingGraph, NotAcceptable, QueryError, StoreError
from kg.remote import RemoteStore
from kg.store import LocalStore, Store, dataset_base, open_store, write_build
from kg.triples import quads
from kg.vocabulary import concept_iri
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WHAT_GRAFTING_USES = "SELECT ?o { concept:grafting kg:uses ?o }"


def memory() -> LocalStore:
    store = LocalStore()
    store.load(quads(tiny_knowledge()))
    return store


class Endpoint(BaseHTTPRequestHandler):
    """A SPARQL endpoint over a store in memory; `canned` answers instead when it is set."""

    store: ox.Store
    canned: tuple[int, str, bytes] | None
    delay: threading.Event | None
    seen: list[tuple[str, dict[str, list[str]], dict[str, str]]]

    def do_GET(self) -> None:
        self.answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def answer(self, encoded: str) -> None:
        parameters = parse_qs(encoded)
        self.seen.append((self.command, parameters, dict(self.headers.items())))
        if self.delay:
            self.delay.wait(5)
        if self.canned:
            self.reply(*self.canned)
            return
        try:
            local = LocalStore(self.store)
            local._names = {"x": "urn:x:"}  # a strange endpoint knows none of our prefixes
            body, media = local.sparql(parameters["query"][0], self.headers["Accept"])
        except KgError as error:
            self.reply(400, "text/plain", str(error).encode())
        else:
            self.reply(200, media, body)

    def reply(self, status: int, media: str, body: bytes) -> None:
        self.send_response(status)
        if media:
            self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # the client may have given up
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[type[Endpoint]]:
    dataset = ox.Store()
    dataset.extend(quads(tiny_knowledge()))

    class Handler(Endpoint):
        store, canned, delay, seen = dataset, None, None, []

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        Handler.url = f"http://127.0.0.1:{server.server_port}/sparql"  # type: ignore[attr-defined]
        yield Handler
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a build, only to be read."""
    output = tmp_path_factory.mktemp("output")
    write_build(output, quads(tiny_knowledge()))
    return output


@pytest.fixture(params=["memory", "directory", "remote"])
def store(request: pytest.FixtureRequest, built: Path) -> Store:
    if request.param == "memory":
        return memory()
    if request.param == "directory":
        return open_store(built)
    return open_store(request.getfixturevalue("endpoint").url)


# ------------------------------------------------------------------------------------------------------ the contract


def test_select_gives_solutions(store: Store) -> None:
    solutions = store.select(WHAT_GRAFTING_USES)
    assert isinstance(solutions, ox.QuerySolutions)
    assert solutions.variables == [ox.Variable("o")]
    assert [solution["o"] for solution in solutions] == [concept_iri("grafting-wax")]


def test_ask_gives_a_truth_value(store: Store) -> None:
    assert store.ask("ASK { concept:grafting kg:uses concept:grafting-wax }") is True
    assert store.ask("ASK { concept:grafting-wax kg:uses concept:grafting }") is False


def test_construct_gives_triples(store: Store) -> None:
    (triple,) = store.construct("CONSTRUCT WHERE { concept:grafting kg:uses ?o }")
    assert (triple.subject, triple.object) == (concept_iri("grafting"), concept_iri("grafting-wax"))
    assert len(list(store.construct("DESCRIBE concept:sealant"))) == 3


def test_queries_see_the_union_of_the_graphs(store: Store) -> None:
    query = """SELECT ?quote { ?statement rdf:subject concept:grafting ; rdf:predicate kg:uses ;
               prov:wasDerivedFrom/oa:exact ?quote . concept:grafting kg:uses ?o }"""
    assert [solution["quote"].value for solution in store.select(query)] == ["uses grafting wax"]


def test_literals_keep_their_types_and_languages(store: Store) -> None:
    query = "SELECT ?year ?label { concept:budding kg:introducedIn ?year ; skos:prefLabel ?label }"
    ((year, label),) = store.select(query)
    assert str(year) == '"1871"^^<http://www.w3.org/2001/XMLSchema#gYear>'
    assert str(label) == '"Budding"@en'


def test_a_query_of_another_form_is_refused(store: Store) -> None:
    with pytest.raises(QueryError, match="this is an ASK query, where SELECT was expected"):
        store.select("ASK { ?s ?p ?o }")
    with pytest.raises(QueryError, match="this is a SELECT query, where ASK was expected"):
        store.ask("SELECT * { ?s ?p ?o } LIMIT 1")
    with pytest.raises(QueryError, match="this is a CONSTRUCT or DESCRIBE query, where SELECT"):
        store.select("CONSTRUCT WHERE { concept:grafting kg:uses ?o }")


def test_a_query_that_is_no_sparql_is_refused(store: Store) -> None:
    with pytest.raises((QueryError, EndpointError), match="line 1, column 1: this is not SPARQL"):
        store.select("FETCH everything")


@pytest.mark.parametrize(
    ("query", "accept", "media", "body"),
    [
        (WHAT_GRAFTING_USES, "csv", "text/csv", b"o\r\nhttps://kg.example.org/concept/grafting-wax\r\n"),
        (WHAT_GRAFTING_USES, "text/tab-separated-values", "text/tab-separated-values", b"?o\n<https://kg.example.org/concept/grafting-wax>\n"),
        ("ASK {}", "json", "application/sparql-results+json", b'{"head":{},"boolean":true}'),
        ("CONSTRUCT WHERE { concept:grafting kg:uses ?o }", "ntriples", "application/n-triples",
         b"<https://kg.example.org/concept/grafting> <https://kg.example.org/ontology#uses> "
         b"<https://kg.example.org/concept/grafting-wax> .\n"),
    ],
)  # fmt: skip
def test_answers_pass_through_in_any_format(store: Store, query: str, accept: str, media: str, body: bytes) -> None:
    answer, given_media = store.sparql(query, accept)
    assert answer == body
    assert given_media.partition(";")[0] == media


def test_answers_have_a_format_by_default(store: Store) -> None:
    assert "results+json" in store.sparql("ASK {}")[1]
    assert store.sparql("DESCRIBE concept:sealant")[1] == "text/turtle"


def test_quads_are_the_whole_dataset(store: Store) -> None:
    assert set(store.quads()) == set(quads(tiny_knowledge()))


def test_the_base_is_the_datasets_own(store: Store) -> None:
    assert dataset_base(store) == "https://kg.example.org/"


# ------------------------------------------------------------------------------------------------------------- local


def test_an_empty_store_in_memory_can_be_filled() -> None:
    store = open_store(":memory:")
    assert isinstance(store, LocalStore)
    assert len(store) == 0
    assert dataset_base(store) == "https://kg.example.org/"
    store.load(quads(tiny_knowledge(), base="http://words.example/"))
    assert dataset_base(store) == "http://words.example/"
    assert store.ask("ASK { concept:grafting kg:uses ?o }"), "prefixes follow the base of what was loaded"


def test_a_dump_is_the_same_bytes_wherever_the_quads_live(built: Path) -> None:
    opened = open_store(built)
    assert isinstance(opened, LocalStore)
    for format, name in ((ox.RdfFormat.TURTLE, "graph.ttl"), (ox.RdfFormat.N_QUADS, "graph.nq")):
        assert opened.dump(format) == memory().dump(format) == (built / name).read_bytes()


def test_a_built_store_is_read_only_and_can_be_opened_by_many(built: Path) -> None:
    first, second = LocalStore.open(built), LocalStore.open(built)
    assert len(first) == len(second) > 0
    with pytest.raises(StoreError, match="cannot be written"):
        first.load(quads(tiny_knowledge()))


def test_where_nothing_was_built_there_is_no_graph(tmp_path: Path) -> None:
    with pytest.raises(MissingGraph, match="run 'kg build' first"):
        open_store(tmp_path / "nowhere")
    with pytest.raises(MissingGraph):
        open_store(tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_store_is_reported(tmp_path: Path) -> None:
    write_build(tmp_path, quads(tiny_knowledge()))
    (tmp_path / "store" / "CURRENT").write_text("MANIFEST-999999\n")
    with pytest.raises(StoreError, match="is damaged, build the graph again"):
        open_store(tmp_path)


def test_a_local_query_never_uses_the_network(endpoint: type[Endpoint]) -> None:
    for silent in ("", "SILENT "):
        with pytest.raises(QueryError, match="SERVICE is not evaluated here"):
            memory().select(f"SELECT * {{ SERVICE {silent}<{endpoint.url}> {{ ?s ?p ?o }} }}")  # type: ignore[attr-defined]
    with pytest.raises(QueryError):
        memory().select(f"LOAD <{endpoint.url}>")  # type: ignore[attr-defined]
    assert not list(memory().select(f"SELECT * FROM <{endpoint.url}> {{ ?s ?p ?o }}"))  # type: ignore[attr-defined]
    assert endpoint.seen == []


def test_from_chooses_the_graph() -> None:
    query = "SELECT ?p {} {{ concept:grafting ?p ?o FILTER (?p = kg:uses) }}"
    assert len(list(memory().select(query.format("")))) == 1
    assert not list(memory().select(query.format("FROM <https://kg.example.org/graph/evidence>")))


def test_an_unknown_function_is_the_querys_fault() -> None:
    with pytest.raises(QueryError, match=r"cannot be evaluated: The custom function <http://f\.example/f>"):
        list(memory().select("SELECT * { BIND(<http://f.example/f>(1) AS ?x) }"))


def test_a_format_that_does_not_fit_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable, match="offers json, xml, csv, tsv"):
        memory().sparql("ASK {}", "turtle")


# ------------------------------------------------------------------------------------------------------------ remote


def test_short_queries_are_fetched_and_long_ones_posted(endpoint: type[Endpoint]) -> None:
    store = RemoteStore(endpoint.url)  # type: ignore[attr-defined]
    store.ask("ASK {}")
    store.ask("ASK {} #" + "x" * 3000)
    assert [method for method, _, _ in endpoint.seen] == ["GET", "POST"]
    assert endpoint.seen[0][2]["User-Agent"].startswith("kg/")


def test_parameters_and_credentials_of_the_url_are_sent_and_not_shown(endpoint: type[Endpoint]) -> None:
    url = endpoint.url.replace("//", "//ada:p%40ss@") + "?graph=main"  # type: ignore[attr-defined]
    store = RemoteStore(url)
    assert store.ask("ASK {}")
    _, parameters, headers = endpoint.seen[0]
    assert parameters["graph"] == ["main"]
    assert headers["Authorization"] == "Basic YWRhOnBAc3M="
    assert "ada" not in repr(store)
    assert "p%40ss" not in store.place


def fails(call: Callable[[], object], *reasons: str) -> None:
    with pytest.raises(EndpointError) as info:
        call()
    for reason in ("http://127.0.0.1:", *reasons):
        assert reason in str(info.value)


JSON = "application/sparql-results+json"


@pytest.mark.parametrize(
    ("canned", "reason"),
    [
        ((200, "text/html", b"<p>Log\n in</p>"), "answered with text/html instead of results: <p>Log in</p>"),
        ((200, "", b"hello"), "answered with no media type instead of results: hello"),
        ((200, JSON, b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":'), "broken SPARQL Results in JSON"),
        ((200, JSON, b"[]"), "broken SPARQL Results in JSON"),
        ((503, "text/plain", b"come back\nlater"), "HTTP 503 Service Unavailable: come back later"),
        ((500, "text/plain", b"out of memory"), "HTTP 500 Internal Server Error: out of memory"),
        ((404, "text/plain", b"no such page"), "HTTP 404 Not Found: no such page"),
        ((401, "text/plain", b""), "HTTP 401 Unauthorized"),
        ((400, "text/plain", b"bad query"), "HTTP 400 Bad Request: bad query"),
    ],
)
def test_what_an_endpoint_does_wrong_is_said(
    endpoint: type[Endpoint], canned: tuple[int, str, bytes], reason: str
) -> None:
    endpoint.canned = canned
    fails(lambda: RemoteStore(endpoint.url, Connection(retries=0)).select("SELECT * {}"), reason)  # type: ignore[attr-defined]


def test_broken_rdf_is_said(endpoint: type[Endpoint]) -> None:
    endpoint.canned = (200, "text/turtle", b"<a> <b> .")
    fails(lambda: list(RemoteStore(endpoint.url).construct("DESCRIBE <x>")), "broken Turtle")  # type: ignore[attr-defined]
    endpoint.canned = (200, "application/sparql-results+json", b"{}")
    fails(lambda: list(RemoteStore(endpoint.url).construct("DESCRIBE <x>")), "instead of RDF")  # type: ignore[attr-defined]


def test_xml_results_are_read_as_well(endpoint: type[Endpoint]) -> None:
    xml, media = memory().sparql(WHAT_GRAFTING_USES, "xml")
    endpoint.canned = (200, media, xml)
    store = RemoteStore(endpoint.url)  # type: ignore[attr-defined]
    assert [solution["o"] for solution in store.select(WHAT_GRAFTING_USES)] == [concept_iri("grafting-wax")]


def test_an_endpoint_that_is_not_there_is_named() -> None:
    fails(lambda: RemoteStore("http://127.0.0.1:9/sparql").ask("ASK {}"), "cannot be reached", "refused")


def test_an_endpoint_that_does_not_answer_is_given_up(endpoint: type[Endpoint]) -> None:
    endpoint.delay = threading.Event()
    try:
        fails(lambda: RemoteStore(endpoint.url, Connection(timeout=1)).ask("ASK {}"), "no answer within 1 seconds")  # type: ignore[attr-defined]
    finally:
        endpoint.delay.set()


def test_a_url_without_a_host_is_no_endpoint() -> None:
    with pytest.raises(EndpointError, match="has no host"):
        open_store("http:///sparql")


def test_a_strange_endpoint_gets_queries_with_their_prefixes(endpoint: type[Endpoint]) -> None:
    assert RemoteStore(endpoint.url).ask("ASK { concept:grafting kg:uses ?o }")  # type: ignore[attr-defined]
    (query,) = endpoint.seen[0][1]["query"]
    assert query.startswith("PREFIX concept: <https://kg.example.org/concept/> PREFIX kg:")


def test_answers_are_json_when_nothing_else_was_asked(endpoint: type[Endpoint]) -> None:
    body, _ = open_store(endpoint.url).sparql(WHAT_GRAFTING_USES)  # type: ignore[attr-defined]
    assert json.loads(body)["head"] == {"vars": ["o"]}
