"""Tests that are HTTP requests and what has to come back.

The newest edition of the suite spells its requests out in the W3C's vocabularies for HTTP; these are sent as they are.
Older editions give names and prose only: for them the tables here hold requests of our own that test what names say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from tests.w3c import results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import httpx

    from tests.w3c.manifest import Term
    from tests.w3c.targets import Endpoint

HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"

_STATUS = {status.phrase.replace(" ", "").replace("-", ""): str(status.value) for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what is expected of the response.

    `path` begins with `/sparql` or `/gsp`, and www.example stands for the server, there and in bodies. A status is a
    code or a class of codes (`4xx`). `location` is the name of a placeholder for the Location that comes back.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    encoding: str = "utf-8"
    statuses: tuple[str, ...] = ("2xx", "3xx")
    format: str = ""
    """`boolean`, `tabular` or `RDF`: the kind of media type that has to come back."""
    boolean: bool | None = None
    rdf: str = ""
    """The graph that has to come back, in Turtle."""
    location: str = ""
    expectation: str = ""
    """What else is expected, in the suite's own words."""


# ------------------------------------------------------------------------------------------ what the manifests say

if TYPE_CHECKING:
    One = Callable[[Term | None, str], Term | None]
    All = Callable[[Term | None, str], list[Term]]
    Members = Callable[[Term | None], list[Term]]


def requests_of(action: Term | None, one: One, every: All, members: Members) -> tuple[Exchange, ...]:
    """The requests of a connection that a manifest describes, () where it describes none that can be sent.

    `one`, `every` and `members` are the manifest: the value or values of a property, and the members of a list.
    """
    found = []
    for request in members(one(action, f"{HT}requests")):
        response = one(request, f"{HT}resp")
        statuses = [_status(term.value) for term in every(response, f"{MF}expectedStatus")]
        if not statuses:  # an edition whose requests have gaps to be filled in
            return ()
        body = one(request, f"{HT}body")
        truth = one(response, f"{MF}expectedBoolean")
        found.append(
            Exchange(
                method=_text(one(request, f"{HT}methodName")),
                path=_text(one(request, f"{HT}absolutePath")),
                headers=tuple(
                    (_text(one(header, f"{HT}fieldName")), _text(one(header, f"{HT}fieldValue")))
                    for header in members(one(request, f"{HT}headers"))
                ),
                body=_text(_content(body, one, members)),
                encoding=_text(one(_item(body, members), f"{CNT}characterEncoding")) or "utf-8",
                statuses=tuple(sorted(statuses)),
                format=_text(one(response, f"{MF}expectedFormat")),
                boolean=None if truth is None else truth.value == "true",
                rdf=_text(_content(one(response, f"{HT}body"), one, members)),
                location=_text(one(response, f"{MF}expectedLocation")),
                expectation=_text(one(response, f"{MF}expectation")),
            )
        )
    return tuple(found)


def _item(body: Term | None, members: Members) -> Term | None:
    return next(iter(members(body)), body)


def _content(body: Term | None, one: One, members: Members) -> Term | None:
    return one(_item(body, members), f"{CNT}chars")


def _text(term: Term | None) -> str:
    return "" if term is None else str(term.value)


def _status(iri: str) -> str:
    name = iri.rpartition("#")[2].rpartition("/")[2].removeprefix("StatusCode")
    return _STATUS.get(name, name)


# ------------------------------------------------------------------------------------------------------- sending


def failure_of(exchanges: Sequence[Exchange], endpoint: Endpoint) -> str:
    """What is wrong with the responses to requests that are sent in order, empty if nothing is."""
    places: dict[str, str] = {}
    for number, exchange in enumerate(exchanges, start=1):
        sent = _filled(exchange, endpoint.authority, places)
        response = endpoint.send(sent.method, sent.path, sent.headers, sent.body.encode(sent.encoding))
        fault = _fault(sent, response)
        if fault:
            return f"request {number} ({sent.method} {sent.path.partition('?')[0]}): {fault}"
        if exchange.location:
            places[exchange.location] = response.headers["Location"]
    return ""


def _filled(exchange: Exchange, authority: str, places: Mapping[str, str]) -> Exchange:
    """The exchange with the server's own address in it."""

    def fill(text: str) -> str:
        for example in ("/", "%2F"):
            plain = example == "/"
            there = authority if plain else quote(authority, safe="")
            text = re.sub(rf"www\.example{example}gsp\b", f"{there}{example}store", text)
        text = text.replace("www.example", authority)
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    path = re.sub(r"^/gsp\b", "/store", re.sub(r"^/sparql/?", "/sparql", fill(exchange.path)))
    return replace(exchange, path=path, body=fill(exchange.body), rdf=fill(exchange.rdf))


def _fault(exchange: Exchange, response: httpx.Response) -> str:
    code = str(response.status_code)
    if not any(code == wanted or (wanted.endswith("xx") and code[0] == wanted[0]) for wanted in exchange.statuses):
        return f"answered {code}, not {' or '.join(exchange.statuses)} ({response.text.strip()[:120]})"
    if exchange.location and "Location" not in response.headers:
        return "the response names no Location"
    media = response.headers.get("Content-Type", "")
    try:
        if exchange.format in {"boolean", "tabular"}:
            answer = results.table(response.content, media)
            if isinstance(answer, bool) != (exchange.format == "boolean"):
                return f"the answer is no {exchange.format} one"
            if exchange.boolean is not None and answer is not exchange.boolean:
                return f"the answer is {str(answer).lower()}, not {str(exchange.boolean).lower()}"
            if "bound to an IRI" in exchange.expectation and not _one_absolute(answer):
                return f"expected {exchange.expectation}"
        elif exchange.format == "RDF" or exchange.rdf:
            graph = results.graph(response.content, media.partition(";")[0], str(response.url))
            if exchange.rdf:
                wanted = results.graph(exchange.rdf.encode(), "text/turtle", str(response.url))
                return results.difference(wanted, graph)
    except ValueError as error:
        return str(error)
    return ""


def _one_absolute(answer: results.Table | bool) -> bool:
    return (
        isinstance(answer, results.Table)
        and len(answer.rows) == 1
        and isinstance(answer.rows[0][0], ox.NamedNode)
        and answer.rows[0][0].value != "test"
    )


# ------------------------------------------------------------------------------------------- requests of our own

_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
_QUERY = (("Content-Type", "application/sparql-query"),)
_UPDATE = (("Content-Type", "application/sparql-update"),)
_TURTLE = (("Content-Type", "text/turtle"),)
_ACCEPT = (("Accept", "text/turtle"),)

_D = "http://www.example/data/"
_P = "http://www.example/p"
_FILL = " ".join(f"GRAPH <{_D}{n}> {{ <{_D}{n}> <{_P}> {n} }}" for n in (1, 2, 3))
_INSERT = f"DROP SILENT ALL ; INSERT DATA {{ {_FILL} }}"


def _path(**parameters: str | list[str]) -> str:
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    return f"/sparql?{urlencode(named, doseq=True)}" if named else "/sparql"


def _get(query: str, **parameters: str | list[str]) -> Exchange:
    return Exchange("GET", _path(query=query, **parameters))


def _post(query: str, **parameters: str | list[str]) -> Exchange:
    return Exchange("POST", _path(**parameters), _QUERY, query)


def _update(text: str, **parameters: str | list[str]) -> Exchange:
    return Exchange("POST", _path(**parameters), _UPDATE, text)


def _true(exchange: Exchange, truth: bool = True) -> Exchange:
    return replace(exchange, format="boolean", boolean=truth)


def _bad(exchange: Exchange) -> Exchange:
    return replace(exchange, statuses=("4xx",))


_FILLED = _update(_INSERT)
_BOTH = f"ASK {{ <{_D}1> <{_P}> 1 . <{_D}2> <{_P}> 2 FILTER NOT EXISTS {{ <{_D}3> ?p ?o }} }}"
_BOTH_NAMED = f"""ASK {{ GRAPH <{_D}1> {{ <{_D}1> <{_P}> 1 }} GRAPH <{_D}2> {{ <{_D}2> <{_P}> 2 }}
FILTER NOT EXISTS {{ GRAPH <{_D}3> {{ ?s ?p ?o }} }} FILTER NOT EXISTS {{ ?s ?p ?o }} }}"""
_COPY = f"INSERT {{ GRAPH <{_D}copy> {{ ?s <{_P}> ?o }} }} WHERE {{ ?s <{_P}> ?o }}"
_COPY_NAMED = f"INSERT {{ GRAPH <{_D}copy> {{ ?s <{_P}> ?o }} }} WHERE {{ GRAPH ?g {{ ?s <{_P}> ?o }} }}"
_COPY_ALL = f"""INSERT {{ GRAPH <{_D}copy> {{ ?s <{_P}> ?in }} }}
WHERE {{ {{ GRAPH ?in {{ ?s ?p ?o }} }} UNION {{ ?s ?p ?o BIND("default" AS ?in) }} }}"""


def _copied(*numbers: int) -> Exchange:
    there = " ".join(f"<{_D}{n}> <{_P}> {n} ." for n in numbers)
    return _true(
        _post(
            f"ASK {{ GRAPH <{_D}copy> {{ {there} }} "
            f"{{ SELECT (COUNT(*) AS ?n) {{ GRAPH <{_D}copy> {{ ?s ?p ?o }} }} }} FILTER(?n = {len(numbers)}) }}"
        )
    )


_ONE_TWO = [f"{_D}1", f"{_D}2"]

PROTOCOL: Mapping[str, tuple[Exchange, ...]] = {
    "query_get": (_true(_get("ASK {}")),),
    "query_post_form": (_true(Exchange("POST", "/sparql", _FORM, urlencode({"query": "ASK {}"}))),),
    "query_post_direct": (_true(_post("ASK {}")),),
    "query_dataset_default_graphs_get": (_FILLED, _true(_get(_BOTH, default_graph_uri=_ONE_TWO))),
    "query_dataset_default_graphs_post": (_FILLED, _true(_post(_BOTH, default_graph_uri=_ONE_TWO))),
    "query_dataset_named_graphs_get": (_FILLED, _true(_get(_BOTH_NAMED, named_graph_uri=_ONE_TWO))),
    "query_dataset_named_graphs_post": (_FILLED, _true(_post(_BOTH_NAMED, named_graph_uri=_ONE_TWO))),
    "query_dataset_full": (
        _FILLED,
        _true(
            _post(
                f"ASK {{ <{_D}3> <{_P}> 3 GRAPH <{_D}1> {{ <{_D}1> <{_P}> 1 }} GRAPH <{_D}2> {{ <{_D}2> <{_P}> 2 }} "
                f"FILTER NOT EXISTS {{ GRAPH <{_D}3> {{ ?s ?p ?o }} }} }}",
                default_graph_uri=f"{_D}3",
                named_graph_uri=_ONE_TWO,
            )
        ),
    ),
    "query_multiple_dataset": (
        _FILLED,
        _true(_post(f"ASK FROM <{_D}1> {{ <{_D}2> <{_P}> 2 }}", default_graph_uri=f"{_D}2")),
        _true(_post(f"ASK FROM <{_D}1> {{ <{_D}1> <{_P}> 1 }}", default_graph_uri=f"{_D}2"), truth=False),
    ),
    "query_content_type_select": (replace(_post("SELECT (1 AS ?value) {}"), format="tabular"),),
    "query_content_type_ask": (replace(_post("ASK {}"), format="boolean"),),
    "query_content_type_describe": (replace(_post("DESCRIBE <http://www.example/>"), format="RDF"),),
    "query_content_type_construct": (replace(_post("CONSTRUCT { <s> <p> 1 } WHERE {}"), format="RDF"),),
    "update_dataset_default_graph": (_FILLED, _update(_COPY, using_graph_uri=f"{_D}1"), _copied(1)),
    "update_dataset_default_graphs": (_FILLED, _update(_COPY, using_graph_uri=_ONE_TWO), _copied(1, 2)),
    "update_dataset_named_graphs": (_FILLED, _update(_COPY_NAMED, using_named_graph_uri=_ONE_TWO), _copied(1, 2)),
    "update_dataset_full": (
        _FILLED,
        _update(_COPY_ALL, using_graph_uri=f"{_D}1", using_named_graph_uri=f"{_D}2"),
        _true(
            _post(
                f'ASK {{ GRAPH <{_D}copy> {{ <{_D}1> <{_P}> "default" . <{_D}2> <{_P}> <{_D}2> }} '
                f"FILTER NOT EXISTS {{ GRAPH <{_D}copy> {{ <{_D}3> ?p ?o }} }} }}"
            )
        ),
    ),
    "update_post_form": (
        _FILLED,
        Exchange("POST", "/sparql", _FORM, urlencode({"update": "CLEAR ALL"})),
        _true(_get("ASK { GRAPH ?g { ?s ?p ?o } }"), truth=False),
    ),
    "update_post_direct": (_FILLED, _update("CLEAR ALL"), _true(_get("ASK { GRAPH ?g { ?s ?p ?o } }"), truth=False)),
    "update_base_uri": (
        _update(f"INSERT DATA {{ GRAPH <{_D}base> {{ <{_D}s> <{_P}> <test> }} }}"),
        replace(
            _post(f"SELECT ?o {{ GRAPH <{_D}base> {{ <{_D}s> <{_P}> ?o }} }}"),
            format="tabular",
            expectation="one row with ?o bound to an IRI that is absolute",
        ),
    ),
    "bad_query_method": (_bad(replace(_get("ASK {}"), method="PUT")),),
    "bad_multiple_queries": (_bad(Exchange("GET", _path(query=["ASK {}", "SELECT * {}"]))),),
    "bad_query_wrong_media_type": (_bad(replace(_post("ASK {}"), headers=(("Content-Type", "text/plain"),))),),
    "bad_query_missing_form_type": (_bad(Exchange("POST", "/sparql", (), urlencode({"query": "ASK {}"}))),),
    "bad_query_missing_direct_type": (_bad(Exchange("POST", "/sparql", (), "ASK {}")),),
    "bad_query_non_utf8": (
        _bad(
            Exchange(
                "POST", "/sparql", (("Content-Type", "application/sparql-query; charset=UTF-16"),), "ASK {}", "utf-16"
            )
        ),
    ),
    "bad_query_syntax": (_bad(_get("ASK {")),),
    "bad_update_get": (_bad(Exchange("GET", _path(update="CLEAR ALL"))),),
    "bad_multiple_updates": (
        _bad(Exchange("POST", "/sparql", _FORM, urlencode([("update", "CLEAR NAMED"), ("update", "CLEAR DEFAULT")]))),
    ),
    "bad_update_wrong_media_type": (_bad(replace(_update("CLEAR NAMED"), headers=(("Content-Type", "text/plain"),))),),
    "bad_update_missing_form_type": (_bad(Exchange("POST", "/sparql", (), urlencode({"update": "CLEAR NAMED"}))),),
    "bad_update_non_utf8": (
        _bad(
            Exchange(
                "POST",
                "/sparql",
                (("Content-Type", "application/sparql-update; charset=UTF-16"),),
                "CLEAR NAMED",
                "utf-16",
            )
        ),
    ),
    "bad_update_syntax": (_bad(_update("CLEAR XXX")),),
    "bad_update_dataset_conflict": (
        _bad(_update(f"DELETE {{ ?s ?p ?o }} USING <{_D}1> WHERE {{ ?s ?p ?o }}", using_graph_uri=f"{_D}2")),
        _bad(_update(f"WITH <{_D}1> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}", using_named_graph_uri=f"{_D}2")),
    ),
}
"""Tests of the SPARQL 1.1 Protocol by the names of the suite."""


def _card(name: str, *more: str) -> str:
    extra = " ".join(f"<{_P}/{word}> {value!r} ;".replace("'", '"') for word, value in (m.split("=") for m in more))
    return f'<http://www.example/gsp/person/1> {extra} <{_P}/card> [ a <{_P}/Card> ; <{_P}/name> "{name}" ] .'


def _store(method: str, path: str, statuses: Iterable[str], body: str = "", rdf: str = "") -> Exchange:
    headers = _TURTLE if method in {"PUT", "POST"} else _ACCEPT
    return Exchange(method, f"/gsp{path}", headers, body, statuses=tuple(statuses), rdf=rdf)


_CHANGED = ("200", "204")
_ANY = ("200", "201", "204")
_ONE, _TWO, _FOUR = "/person/1.ttl", "/person/2.ttl", "/person/4.ttl"
_NAMED = "?graph=" + quote(f"http://www.example/gsp{_ONE}", safe="")
_JOHN, _JANE = _card("John"), _card("Jane")
_SOMEBODY = f'[] <{_P}/card> [ <{_P}/name> "Alice" ] .'
_PART = (
    '--{0}\r\nContent-Disposition: form-data; name="{1}"; filename="{1}"\r\n'
    'Content-Type: text/turtle; charset=utf-8\r\n\r\n<http://www.example/gsp/person/1> <{2}/{1}> "{1}" .\r\n'
)
_PARTS = "".join(_PART.format("seam", name, _P) for name in ("family", "given")) + "--seam--\r\n"
_PUT = _store("PUT", _ONE, _ANY, _JOHN)
_MULTIPART = Exchange(
    "POST", f"/gsp{_ONE}", (("Content-Type", "multipart/form-data; boundary=seam"),), _PARTS, statuses=_CHANGED
)
_CREATE = replace(_store("POST", "", ("201",), _SOMEBODY), location="$LOCATION$")
_CREATED = replace(_store("GET", "", ("200",), rdf=_SOMEBODY), path="/gsp?graph=$LOCATION$")

GRAPH_STORE: Mapping[str, tuple[Exchange, ...]] = {
    "put__initial_state": (_store("PUT", _ONE, ("201",), _JOHN),),
    "get_of_put__initial_state": (_PUT, _store("GET", _NAMED, ("200",), rdf=_JOHN)),
    "put__graph_already_in_store": (_PUT, _store("PUT", _ONE, _CHANGED, _JANE)),
    "get_of_put__graph_already_in_store": (
        _PUT,
        _store("PUT", _NAMED, _CHANGED, _JANE),
        _store("GET", _ONE, ("200",), rdf=_JANE),
    ),
    "put__default_graph": (_store("PUT", "?default", _ANY, _SOMEBODY),),
    "get_of_put__default_graph": (
        _store("PUT", "?default", _ANY, _SOMEBODY),
        _store("GET", "?default", ("200",), rdf=_SOMEBODY),
    ),
    "put__mismatched_payload": (
        replace(_store("PUT", _ONE, ("400",), _JOHN), headers=(("Content-Type", "application/rdf+xml"),)),
    ),
    "put__empty_graph": (_store("PUT", _TWO, _ANY),),
    "get_of_put__empty_graph": (_store("PUT", _TWO, _ANY), _store("GET", _TWO, ("200",))),
    "delete__existing_graph": (_PUT, _store("DELETE", _ONE, _CHANGED)),
    "get_of_delete__existing_graph": (_PUT, _store("DELETE", _ONE, _CHANGED), _store("GET", _ONE, ("404",))),
    "delete__nonexistent_graph": (_store("DELETE", _TWO, ("404",)),),
    "post__existing_graph": (_PUT, _store("POST", _ONE, _CHANGED, _JANE)),
    "get_of_post__existing_graph": (
        _PUT,
        _store("POST", _ONE, _CHANGED, f'<http://www.example/gsp/person/1> <{_P}/age> "8" .'),
        _store("GET", _ONE, ("200",), rdf=_card("John", "age=8")),
    ),
    "post__multipart_formdata": (_PUT, _MULTIPART),
    "get_of_post__multipart_formdata": (
        _PUT,
        _MULTIPART,
        _store("GET", _ONE, ("200",), rdf=_card("John", "family=family", "given=given")),
    ),
    "post__create__new_graph": (_CREATE,),
    "get_of_post__create__new_graph": (_CREATE, _CREATED),
    "post__empty_graph_to_existing_graph": (_PUT, _store("POST", _ONE, ("204",))),
    "get_of_post__after_noop": (_PUT, _store("POST", _ONE, ("204",)), _store("GET", _ONE, ("200",), rdf=_JOHN)),
    "head_on_an_existing_graph": (_PUT, _store("HEAD", _ONE, ("200",))),
    "head_on_a_nonexisting_graph": (_store("HEAD", _FOUR, ("404",)),),
}
"""Tests of the Graph Store Protocol by the names of the suite."""


# ----------------------------------------------------------------------------------------------- service description

SD = "http://www.w3.org/ns/sparql-service-description#"
_SCHEMA = {
    "endpoint": ("Service", ""),
    "feature": ("Service", ""),
    "defaultEntailmentRegime": ("Service", ""),
    "supportedLanguage": ("Service", ""),
    "languageExtension": ("Service", ""),
    "propertyFeature": ("Service", ""),
    "extensionFunction": ("Service", ""),
    "extensionAggregate": ("Service", ""),
    "resultFormat": ("Service", ""),
    "inputFormat": ("Service", ""),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("Dataset", "NamedGraph"),
    "name": ("NamedGraph", ""),
    "graph": ("NamedGraph", "Graph"),
    "entailmentRegime": ("NamedGraph", ""),
    "supportedEntailmentProfile": ("NamedGraph", ""),
    "defaultSupportedEntailmentProfile": ("Service", ""),
}
"""Properties of the vocabulary with the classes of their subjects and objects, as the recommendation defines them."""


def description_failure(name: str, endpoint: Endpoint) -> str:
    """What is wrong with the service description in view of a test of this name, empty if nothing is."""
    for media in ("text/turtle", "application/rdf+xml"):
        response = endpoint.send("GET", "/sparql", (("Accept", media),), b"")
        got = response.headers.get("Content-Type", "").partition(";")[0]
        if response.status_code != 200 or got != media:
            return f"asked for {media}, it answered {response.status_code} {got}"
        try:
            triples = results.graph(response.content, got, str(response.url)).triples
        except ValueError as error:
            return str(error)
    own = endpoint.sparql
    endpoints = {
        triple.object.value
        for triple in triples
        if triple.predicate.value == f"{SD}endpoint" and isinstance(triple.object, ox.NamedNode)
    }
    if name == "has-endpoint-triple" and own not in endpoints:
        return f"no sd:endpoint is {own}: {', '.join(sorted(endpoints)) or 'there is none'}"
    return _schema_fault(triples) if name == "conforms-to-schema" else ""


def _schema_fault(triples: Iterable[ox.Triple]) -> str:
    classes: dict[object, set[str]] = {}
    uses = []
    for triple in triples:
        if triple.predicate == results.RDF_TYPE and isinstance(triple.object, ox.NamedNode):
            classes.setdefault(triple.subject, set()).add(triple.object.value.removeprefix(SD))
        elif triple.predicate.value.startswith(SD):
            uses.append(triple)
    services = [node for node, names in classes.items() if "Service" in names]
    if not services:
        return "there is no sd:Service"
    for triple in uses:
        name = triple.predicate.value.removeprefix(SD)
        if name not in _SCHEMA:
            return f"sd:{name} is no property of the vocabulary"
        domain, range_ = _SCHEMA[name]
        if domain not in classes.get(triple.subject, set()):
            return f"the subject of sd:{name} is no sd:{domain}"
        if range_ and range_ not in classes.get(triple.object, set()):
            return f"the object of sd:{name} is no sd:{range_}"
        if not range_ and not isinstance(triple.object, ox.NamedNode):
            return f"the object of sd:{name} is no IRI"
    for node in services:
        if sum(1 for triple in uses if triple.subject == node and triple.predicate.value == f"{SD}endpoint") != 1:
            return "a service has not one sd:endpoint"
    for node, names in classes.items():
        if (
            "NamedGraph" in names
            and sum(1 for t in uses if t.subject == node and t.predicate.value == f"{SD}name") != 1
        ):
            return "a named graph has not one sd:name"
    return ""
