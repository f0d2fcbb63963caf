"""The SPARQL endpoint, asked over HTTP by real clients while it really runs on a loopback port."""

from __future__ import annotations

import gzip
import json
import socket
from typing import TYPE_CHECKING

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from SPARQLWrapper import CSV, JSON, TURTLE, XML, SPARQLWrapper

from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.queries import named_queries
from kg.remote import RemoteStore
from kg.server import serve
from kg.vocabulary import SKOS
from tests.orchard import orchard_knowledge
from tests.serving import orchard, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABELS = "SELECT ?label { ?c skos:prefLabel ?label } ORDER BY ?label LIMIT 2"


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    with running(orchard(), origin="*") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def ask(web: httpx.Client, query: str, accept: str = "*/*") -> httpx.Response:
    return web.get("/sparql", params={"query": query}, headers={"Accept": accept})


# ------------------------------------------------------------------------------------------------------ protocol


def test_the_three_ways_to_send_a_query_give_one_answer(web: httpx.Client) -> None:
    answers = [
        web.get("/sparql", params={"query": LABELS}),
        web.post("/sparql", data={"query": LABELS}),
        web.post("/sparql", content=LABELS, headers={"Content-Type": "application/sparql-query; charset=UTF-8"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    labels = [row["label"]["value"] for row in answers[0].json()["results"]["bindings"]]
    assert labels == ["Ada Birch", "Budding"]


@pytest.mark.parametrize(
    "media",
    ["application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"],
)
@pytest.mark.parametrize("query", [LABELS, "ASK { ?c skos:prefLabel 'Budding'@en }"])
def test_results_come_in_every_format(web: httpx.Client, media: str, query: str) -> None:
    answer = ask(web, query, media)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media
    format = ox.QueryResultsFormat.from_media_type(media)
    if query is LABELS and format != ox.QueryResultsFormat.CSV:  # the engine reads no CSV: it tells no types
        solutions = ox.parse_query_results(answer.content, format=format)
        assert isinstance(solutions, ox.QuerySolutions)
        assert [solution["label"] for solution in solutions] == [
            ox.Literal("Ada Birch", language="en"),
            ox.Literal("Budding", language="en"),
        ]
    elif query is LABELS:
        assert answer.text == "label\r\nAda Birch\r\nBudding\r\n"
    else:
        assert "true" in answer.text


@pytest.mark.parametrize(
    "media",
    [
        "text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json", "application/trig",
        "application/n-quads",
    ],
)  # fmt: skip
def test_graphs_come_in_every_format(web: httpx.Client, media: str) -> None:
    answer = ask(web, "CONSTRUCT { ?c skos:prefLabel ?l } { ?c skos:prefLabel ?l }", media)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media
    parsed = {quad.triple for quad in ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media))}
    assert len(parsed) == len(orchard_knowledge().concepts)
    if media in {"text/turtle", "application/rdf+xml"}:
        assert len(rdflib.Graph().parse(data=answer.content, format=media)) == len(parsed)


def test_describe_answers_in_turtle_when_nothing_is_asked_for(web: httpx.Client) -> None:
    answer = ask(web, "DESCRIBE <https://kg.example.org/concept/budding>")
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    assert 'skos:prefLabel "Budding"@en' in answer.text


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/csv;q=0.2, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("text/csv, */*;q=0.1", "text/csv"),
        ("image/png, text/*;q=0.5", "text/csv"),
        ("text/html, application/sparql-results+json", "application/sparql-results+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ],
)
def test_accept_headers_are_weighed(web: httpx.Client, accept: str, media: str) -> None:
    assert ask(web, LABELS, accept).headers["content-type"].partition(";")[0] == media


@pytest.mark.parametrize("accept", ["image/png", "text/turtle", "text/csv;q=0"])
def test_what_cannot_be_given_is_not_acceptable(web: httpx.Client, accept: str) -> None:
    answer = ask(web, LABELS, accept)
    assert answer.status_code == 406
    assert "json, xml, csv, tsv" in answer.text


def test_a_format_can_be_named_and_goes_before_the_header(web: httpx.Client) -> None:
    answer = web.get("/sparql", params={"query": LABELS, "format": "tsv"}, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/tab-separated-values")


def test_parse_errors_tell_the_place(web: httpx.Client) -> None:
    answer = ask(web, "SELECT ?x WHERE {\n  ?x ?y }")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("line 2, column ")


def test_head_and_options(web: httpx.Client) -> None:
    head = web.head("/sparql", params={"query": LABELS})
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    options = web.options("/sparql", headers={"Origin": "http://example.org", "Access-Control-Request-Method": "POST"})
    assert options.status_code == 204
    assert options.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert options.headers["access-control-allow-methods"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK%7B%7D", "/sparql", "/nowhere", "/queries", "/healthz"])
def test_every_response_has_the_security_headers(web: httpx.Client, path: str) -> None:
    headers = web.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert headers["access-control-allow-origin"] == "*"


def test_a_server_of_this_machine_is_not_addressed_by_other_names() -> None:
    with running(orchard(), hosts=("localhost", "127.0.0.1")) as url:
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/healthz", headers={"Host": "rebound.example.org"}).status_code == 400


def test_other_sites_are_shut_out_unless_they_are_named() -> None:
    with running(orchard(), origin=None) as url:
        answer = httpx.get(f"{url}/healthz", headers={"Origin": "http://example.org"})
        assert answer.json() == {"status": "ok"}
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-methods" not in httpx.options(f"{url}/sparql").headers


# ----------------------------------------------------------------------------------------------- hostile requests


def test_the_graph_cannot_be_changed(web: httpx.Client) -> None:
    update = "DELETE WHERE { ?s ?p ?o }"
    assert web.post("/sparql", data={"update": update}).status_code == 403
    assert web.get("/sparql", params={"update": update}).status_code == 403
    assert web.post("/sparql", content=update, headers={"Content-Type": "application/sparql-update"}).status_code == 403
    assert web.post("/sparql", data={"query": update}).status_code == 400
    assert web.put("/sparql", content="x").status_code == 405
    assert web.delete("/sparql").status_code == 405
    assert ask(web, "ASK { ?s ?p ?o }").json()["boolean"] is True


SERVICES = [
    "SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ service silent <{url}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICESILENT<{url}>{{}} }}",
    "PREFIX SERVICEx: <{url}> PREFIX x: <{url}> SELECT * {{ SERVICEx:y {{}} }}",
    "SELECT * {{ VALUES ?v {{ <{url}> }} SERVICE ?v {{ ?s ?p ?o }} }}",
    "ASK {{ VALUES ?a {{ 'a' }} FILTER(?a<'x>')SERVICE<{url}>{{}} #'\n }}",
    "SELECT * {{ {{ SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }}",
    "SELECT * {{ ?s ?p trueSERVICE<{url}>{{}} }}",
    "DESCRIBE ?s {{ SERVICE # <{url}>\n <{url}> {{ ?s ?p ?o }} }}",
]


@pytest.mark.parametrize("query", SERVICES)
def test_no_query_makes_the_server_call_out(web: httpx.Client, query: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.1)
        answer = ask(web, query.format(url=f"http://127.0.0.1:{trap.getsockname()[1]}/"))
        with pytest.raises(TimeoutError):
            trap.accept()
    assert answer.status_code == 400


def test_from_reads_no_files(web: httpx.Client) -> None:
    answer = ask(web, "SELECT * FROM <file:///etc/hostname> { ?s ?p ?o }")
    assert answer.json()["results"]["bindings"] == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"params": {"query": [LABELS, LABELS]}}, 400),
        ({"params": {"query": LABELS, "default-graph-uri": "no iri"}}, 400),
        ({"params": {"query": ""}}, 400),
        ({"params": {"query": "\x00"}}, 400),
        ({"params": {"query": "SELECT" + "(" * 500}}, 400),
        ({"params": {"query": "SELECT ?x { ?x a <no iri> }"}}, 400),
        ({"params": {"query": "SELECT (<http://example.org/f>(1) AS ?x) {}"}}, 400),
    ],
)
def test_bad_requests_are_answered_as_such(web: httpx.Client, request_: dict[str, object], status: int) -> None:
    answer = web.get("/sparql", **request_)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"\xff\xfe", "application/sparql-query", 400),
        (b"query=%FF", "application/x-www-form-urlencoded", 400),
        (b"ASK {}", "application/sparql-query; charset=latin-1", 415),
        (b"ASK {}", "text/plain", 415),
        (b"{}", "application/json", 415),
        (b"ASK {} " * 200_000, "application/sparql-query", 413),
        (b"", "application/sparql-query", 400),
    ],
)
def test_bad_bodies_are_answered_as_such(web: httpx.Client, content: bytes, media: str, status: int) -> None:
    assert web.post("/sparql", content=content, headers={"Content-Type": media}).status_code == status


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * " + "{" * 32_000 + "}" * 32_000,
        "SELECT * { FILTER(" + "(" * 32_000 + "1" + ")" * 32_000 + ") }",
        "SELECT * { FILTER(" + "!" * 64_000 + "1) }",
        "SELECT * { " + "FILTER EXISTS { " * 3_000 + "}" * 3_000 + " }",
        "SELECT * { " + "{} UNION " * 2_000 + "{} }",
    ],
    ids=lambda query: query[11:30],
)
def test_deep_nesting_does_not_end_the_server(web: httpx.Client, query: str) -> None:
    assert web.post("/sparql", data={"query": query}, timeout=60).status_code in {200, 400, 503}
    assert web.get("/healthz").status_code == 200


def test_a_query_can_be_too_long(web: httpx.Client) -> None:
    answer = web.post("/sparql", data={"query": f"ASK {{}} # {'x' * 70_000}"})
    assert (answer.status_code, answer.text) == (413, "a query may hold 65,536 bytes at most\n")


# ------------------------------------------------------------------------------------------------- named queries


def test_named_queries_are_listed_for_programs_and_for_people(web: httpx.Client) -> None:
    listed = web.get("/queries").json()
    assert [query["name"] for query in listed] == list(named_queries())
    assert listed[0]["parameters"][0]["required"] is True
    page = web.get("/queries", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert all(f"/queries/{name}" in page.text for name in named_queries())


def test_named_queries_are_answered(web: httpx.Client) -> None:
    answer = web.get("/queries/what-reduces", params={"concept": "juvenility"}, headers={"Accept": "text/csv"})
    assert answer.text.splitlines()[1].startswith("Grafting,0.8,1,")
    assert web.get("/queries/fields", params={"limit": "1", "format": "json"}).json()["results"]["bindings"]
    text = web.get("/queries/what-reduces", params={"concept": "juvenility", "format": "sparql"})
    assert text.headers["content-type"] == "application/sparql-query; charset=utf-8"
    assert "kg:reduces <https://kg.example.org/concept/juvenility>" in text.text


def test_folders_of_queries_are_served_too(tmp_path: Path) -> None:
    (tmp_path / "grafted.rq").write_text(
        "# title: Grafted plants\n# topic: Plants\n# description: What is grafted.\n# example: -\n"
        "SELECT ?label { ?c skos:prefLabel ?label FILTER(STRSTARTS(?label, 'Graft')) } ORDER BY ?label LIMIT 5\n"
    )
    with running(orchard(), queries=[tmp_path]) as url:
        assert "grafted" in [query["name"] for query in httpx.get(f"{url}/queries").json()]
        answer = httpx.get(f"{url}/queries/grafted", headers={"Accept": "text/csv"})
        assert answer.text.splitlines()[:2] == ["label", "Grafting"]
        assert "Grafted plants" in httpx.get(f"{url}/queries", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/queries/what-reduces", 400, "needs concept"),
        ("/queries/what-reduces?concept=zeppelin", 404, "no concept 'zeppelin'"),
        ("/queries/what-reduces?concept=grafting&x=1", 400, "has no parameter x"),
        ("/queries/what-reduces?concept=a&concept=b", 400, "given twice"),
        ("/queries/what-reduce", 404, "did you mean what-reduces"),
        ("/queries/..%2F..%2Fetc%2Fpasswd", 404, ""),
        ("/queries/fields?limit=x", 400, "'x' is no integer"),
    ],
)
def test_mistakes_with_named_queries_are_explained(web: httpx.Client, path: str, status: int, words: str) -> None:
    answer = web.get(path)
    assert answer.status_code == status
    assert words in answer.text


# ---------------------------------------------------------------------------------------------------------- pages

SCRIPT = "<script>alert(1)</script>"


def test_the_first_page_says_what_there_is(web: httpx.Client) -> None:
    assert "5 entries, 26 concepts, 29 relations" in web.get("/").text


def test_a_browser_without_a_query_gets_the_editor(web: httpx.Client) -> None:
    answer = web.get("/sparql", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert '<textarea id="query" name="query"' in answer.text


def test_forms_of_named_queries_work_as_links(web: httpx.Client) -> None:
    page = web.get("/queries/what-reduces", headers={"Accept": "text/html"}).text
    assert 'name="concept"' in page
    answer = web.get("/queries/what-reduces?concept=juvenility&limit=&format=html")
    assert "<bdi>Grafting</bdi>" in answer.text


def test_pages_escape_all_that_they_show(web: httpx.Client) -> None:
    for query in (
        f"SELECT (\"{SCRIPT}\" AS ?x) (<javascript:alert(1)> AS ?y) (<http://example.org/'onclick='x> AS ?z) {{}}",
        f'CONSTRUCT {{ <http://example.org/a> <http://example.org/b> "{SCRIPT}</pre>" }} {{}}',
        f'ASK {{ FILTER("{SCRIPT}</textarea>" = "") }}',
    ):
        page = web.post("/sparql", data={"query": query, "format": "html"})
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<script>" not in page.text
        assert page.text.count("</textarea>") == 1
        assert 'href="javascript' not in page.text
        assert "'onclick" not in page.text
    error = web.get("/queries/what-reduces", params={"concept": SCRIPT}, headers={"Accept": "text/html"})
    assert error.status_code == 404
    assert "&lt;script&gt;alert(1)" in error.text
    assert "<script>" not in error.text


# -------------------------------------------------------------------------- descriptions, linked data, validators

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"


def graph_of(answer: httpx.Response) -> rdflib.Graph:
    assert answer.status_code == 200
    return rdflib.Graph().parse(data=answer.content, format=answer.headers["content-type"].partition(";")[0])


@pytest.mark.parametrize("accept", ["text/turtle", "application/rdf+xml", "application/n-triples", "*/*"])
def test_the_endpoint_without_a_query_describes_itself(web: httpx.Client, accept: str) -> None:
    found = graph_of(web.get("/sparql", headers={"Accept": accept}))
    endpoint = rdflib.URIRef(f"{web.base_url}/sparql")
    assert (None, rdflib.URIRef(f"{SD}endpoint"), endpoint) in found
    assert (None, rdflib.URIRef(f"{SD}supportedLanguage"), rdflib.URIRef(f"{SD}SPARQL11Query")) in found
    assert (None, rdflib.URIRef(f"{SD}feature"), rdflib.URIRef(f"{SD}UnionDefaultGraph")) in found
    names = {str(name) for name in found.objects(None, rdflib.URIRef(f"{SD}name"))}
    assert "https://kg.example.org/graph/evidence" in names


def test_void_tells_what_there_is_in_numbers(web: httpx.Client) -> None:
    found = graph_of(web.get("/.well-known/void", headers={"Accept": "text/turtle"}))
    dataset = next(found.subjects(rdflib.RDF.type, rdflib.URIRef(f"{VOID}Dataset")))
    size = ask(web, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"][0]["n"]["value"]
    assert str(next(found.objects(dataset, rdflib.URIRef(f"{VOID}triples")))) == size
    classes = set(found.objects(None, rdflib.URIRef(f"{VOID}class")))
    assert rdflib.SKOS.Concept in classes


def test_the_graphs_own_iris_are_answered_for_people_and_for_programs(web: httpx.Client) -> None:
    page = web.get("/concept/budding", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1><bdi>Budding</bdi></h1>" in page.text
    assert 'href="/entry/' in page.text
    iri = rdflib.URIRef("https://kg.example.org/concept/budding")
    for accept in ("text/turtle", "application/n-triples", "application/rdf+xml", "*/*"):
        found = graph_of(web.get("/concept/budding", headers={"Accept": accept}))
        assert (iri, rdflib.SKOS.prefLabel, rdflib.Literal("Budding", lang="en")) in found
        assert list(found.subjects(None, iri))
    assert web.get("/concept/budding?format=ntriples").headers["content-type"] == "application/n-triples"
    assert web.get("/concept/zeppelin").status_code == 404
    assert web.get("/concept/%3Cscript%3E").status_code in {400, 404}
    assert web.get("/concept/budding?format=parquet").status_code == 406


def test_an_answer_that_the_caller_has_is_not_sent_again(web: httpx.Client) -> None:
    first = ask(web, LABELS)
    tag = first.headers["etag"]
    assert "Accept" in first.headers["vary"]
    again = web.get("/sparql", params={"query": LABELS}, headers={"Accept": "*/*", "If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = web.get("/sparql", params={"query": LABELS}, headers={"Accept": "text/csv", "If-None-Match": tag})
    assert other.status_code == 200
    assert "etag" not in ask(web, "SELECT (NOW() AS ?now) {}").headers
    assert "etag" not in web.post("/sparql", data={"query": LABELS}).headers


def test_large_answers_are_compressed_for_those_who_take_it(web: httpx.Client) -> None:
    query = "SELECT * { ?s ?p ?o }"
    plain = web.get("/sparql", params={"query": query}, headers={"Accept-Encoding": "identity"})
    with web.stream("GET", "/sparql", params={"query": query}, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["vary"]
        raw = b"".join(answer.iter_raw())
    assert len(raw) < len(plain.content) / 3
    assert sorted(map(str, json.loads(gzip.decompress(raw))["results"]["bindings"])) == sorted(
        map(str, plain.json()["results"]["bindings"])
    )


def test_the_default_graph_can_be_the_stores_own() -> None:
    statements = "ASK { ?s a rdf:Statement }"
    with running(orchard(), union=False) as url:
        assert httpx.get(f"{url}/sparql", params={"query": statements}).json()["boolean"] is False
        assert httpx.get(f"{url}/sparql", params={"query": "ASK { ?s a kg:Entry }"}).json()["boolean"] is True
        named = statements.replace("{ ", "{ GRAPH ?g { ") + " }"
        assert httpx.get(f"{url}/sparql", params={"query": named}).json()["boolean"] is True


def test_an_endpoint_is_not_served_once_more() -> None:
    with pytest.raises(UsageError, match="is an endpoint already"):
        serve(KnowledgeGraph(RemoteStore("http://127.0.0.1:9/sparql")))


# ---------------------------------------------------------------------------------------------- other clients


def test_sparqlwrapper_reads_every_format(web: httpx.Client) -> None:
    client = SPARQLWrapper(f"{web.base_url}/sparql")
    client.setQuery(f"PREFIX skos: <{SKOS}> {LABELS}")
    client.setReturnFormat(JSON)
    rows = client.queryAndConvert()["results"]["bindings"]
    assert [row["label"]["value"] for row in rows] == ["Ada Birch", "Budding"]
    client.setReturnFormat(XML)
    assert "Ada Birch" in client.queryAndConvert().toxml()
    client.setReturnFormat(CSV)
    assert client.queryAndConvert() == b"label\r\nAda Birch\r\nBudding\r\n"
    client.setMethod("POST")
    assert client.queryAndConvert() == b"label\r\nAda Birch\r\nBudding\r\n"
    client.setQuery(f"PREFIX skos: <{SKOS}> CONSTRUCT {{ ?c skos:altLabel ?l }} {{ ?c skos:altLabel ?l }}")
    client.setReturnFormat(TURTLE)
    assert b"T-budding" in client.queryAndConvert()


def test_our_own_client_reads_our_own_server(web: httpx.Client) -> None:
    remote = KnowledgeGraph(RemoteStore(f"{web.base_url}/sparql"))
    local = orchard()
    assert remote.show("budding") == local.show("budding")
    for name in ("types-of", "what-reduces", "contradictions", "timeline"):
        query = named_queries()[name]
        text = query.bind(
            {p.name: "juvenility" for p in query.parameters if p.required}, lambda concept: local.concept(concept).iri
        )
        assert remote.store.sparql(text, "csv")[0] == local.store.sparql(text, "csv")[0]


def test_answers_are_json_that_any_program_reads(web: httpx.Client) -> None:
    assert json.loads(ask(web, LABELS).content)["head"]["vars"] == ["label"]


def test_an_address_that_is_taken_or_unknown_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: Address already in use"):
            serve(orchard(), port=port)
    with pytest.raises(UsageError, match=r"^cannot listen on nowhere\.invalid:7010: "):
        serve(orchard(), host="nowhere.invalid")
