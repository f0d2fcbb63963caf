"""The graph over HTTP, read-only: the query half of the SPARQL 1.1 Protocol, the named queries, and a page to try them.

    GET|POST /sparql          a query; the Accept header, or format=NAME, chooses how it is answered
    GET /queries              the named queries, for people as HTML and for programs as JSON
    GET /queries/{name}       the answer of one, its parameters in the query string
    GET /healthz              whether the store answers
    GET /                     a page with a form

Nothing that a caller sends can change the graph, make the server open a connection, or read a file. What a query may
cost is bounded by `kg.server_limits.Limits`.
"""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

import pyoxigraph as ox
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from kg import server_html as html
from kg.errors import ConceptNotFound, EndpointError, KgError, NotAcceptable, QueryError, UsageError
from kg.queries import NamedQuery, named_queries, named_query
from kg.serialize import prefixes, serialize
from kg.server_limits import Answer, Limits, Refusal, Workers
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, choose, form
from kg.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import IO

    from kg.graph import KnowledgeGraph

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_PAGE = "text/html; charset=utf-8"


def serve(
    graph: KnowledgeGraph,
    host: str = "127.0.0.1",
    port: int = 7010,
    *,
    limits: Limits | None = None,
    origin: str | None = None,
) -> None:
    """Serve the graph until interrupted; only this machine can reach the default address.

    The address is told on standard error; port 0 takes any that is free. Raises `UsageError` when it cannot be had.
    """
    import uvicorn

    # On a loopback address only requests that name this machine are answered: a site that points its own name here
    # (DNS rebinding) must not read the graph through a visitor's browser.
    hosts = ("localhost", "127.0.0.1", "[::1]") if host in {"localhost", "127.0.0.1", "::1"} else ("*",)
    web = app(graph, limits=limits, origin=origin, hosts=hosts)
    config = uvicorn.Config(
        web, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    with _listening(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}/"
        print(f"serving {graph.store.place} at {address} (SPARQL at {address}sparql); Ctrl-C ends it", file=sys.stderr)
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "choose with --host and --port (0 is any free port)"
        ) from error


def app(
    graph: KnowledgeGraph,
    *,
    limits: Limits | None = None,
    origin: str | None = None,
    hosts: Sequence[str] = ("*",),
) -> FastAPI:
    """The web application over a graph.

    `origin` is the site whose scripts may read answers in a browser (CORS): `*` is any site, None is no other site.
    `hosts` are the names by which the server may be addressed (the `Host` header); `*` is any.
    """
    limits = limits or Limits()
    workers = Workers(limits)
    web = FastAPI(title="kg", docs_url=None, redoc_url=None, openapi_url=None)
    web.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)

    @web.middleware("http")
    async def add_headers(request: Request, respond: Callable[[Request], Awaitable[Response]]) -> Response:
        response = _options(request, origin) if request.method == "OPTIONS" else await respond(request)
        response.headers.update(html.SECURITY_HEADERS)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Accept, Origin"
        return response

    @web.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> Response:
        return PlainTextResponse(f"{refusal}\n", refusal.status, headers=refusal.headers)

    @web.exception_handler(HTTPException)
    async def decline(_: Request, error: HTTPException) -> Response:
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)

    @web.exception_handler(KgError)
    async def complain(_: Request, error: KgError) -> Response:
        return PlainTextResponse(f"{error}\n", _status(error))

    @web.api_route("/", methods=["GET", "HEAD"])
    async def home() -> Response:
        counts = await workers.run(lambda _: _counts(graph))
        return Response(html.home(graph.store.place, counts, named_queries()), media_type=_PAGE)

    @web.api_route("/healthz", methods=["GET", "HEAD"])
    async def health() -> Response:
        graph.store.ask("ASK {}")
        return JSONResponse({"status": "ok"})

    @web.api_route("/sparql", methods=["GET", "HEAD", "POST"])
    async def sparql(request: Request) -> Response:
        fields = await _fields(request, 4 * limits.query_bytes)
        if "query" not in fields and html.preferred(request.headers.get("accept")) and request.method != "POST":
            return RedirectResponse("/", 303)
        query, wanted = _protocol(fields), fields.get("format", [""])[0]
        return await _answer(workers, graph, query, request.headers.get("accept"), wanted)

    @web.api_route("/queries", methods=["GET", "HEAD"])
    async def queries(request: Request) -> Response:
        if html.preferred(request.headers.get("accept")):
            return Response(html.listing(named_queries()), media_type=_PAGE)
        return JSONResponse([_described(query) for query in named_queries().values()])

    @web.api_route("/queries/{name}", methods=["GET", "HEAD"])
    async def named(name: str, request: Request) -> Response:
        query = _find(name)
        values = _single(request.query_params.multi_items())
        wanted, accept = values.pop("format", ""), request.headers.get("accept")
        given = {key: value for key, value in values.items() if value}
        if not given and (not wanted or wanted == "html") and html.preferred(accept):
            return Response(html.form(query), media_type=_PAGE)
        text = await workers.run(lambda _: query.bind(given, lambda concept: graph.concept(concept).iri))
        if wanted == "sparql":
            return Response(text, media_type=f"{_QUERY}; charset=utf-8")
        return await _answer(workers, graph, text, accept, wanted)

    return web


# -------------------------------------------------------------------------------------------------------- requests


def _options(request: Request, origin: str | None) -> Response:
    """What may be done here, also as a browser asks before it lets a script do so."""
    methods = "GET, HEAD, POST, OPTIONS" if request.url.path == "/sparql" else "GET, HEAD, OPTIONS"
    cors = {"Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": "Accept, Content-Type"}
    return Response(status_code=204, headers={"Allow": methods, **(cors if origin is not None else {})})


async def _fields(request: Request, limit: int) -> dict[str, list[str]]:
    """The protocol's parameters, from the query string and the body, each with all its values."""
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        media, _, rest = request.headers.get("content-type", "").partition(";")
        media = media.strip().lower()
        if media == _UPDATE:
            raise Refusal(403, "this endpoint is read-only: it takes no updates")
        if media not in {_FORM, _QUERY}:
            raise Refusal(415, f"a POST to this endpoint holds {_QUERY} or {_FORM}, not {media or 'an unnamed type'}")
        charset = rest.lower().partition("charset=")[2].strip(' "')
        if charset not in {"", "utf-8", "utf8"}:
            raise Refusal(415, f"send the query as UTF-8, not as {charset}")
        body = await _body(request, limit)
        try:
            text = body.decode("utf-8")
            pairs += [("query", text)] if media == _QUERY else parse_qsl(text, keep_blank_values=True, errors="strict")
        except (UnicodeDecodeError, ValueError) as error:
            raise Refusal(400, f"the body of the request is not UTF-8: {error}") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refusal(413, f"a request may hold {limit:,} bytes at most")
    return bytes(body)


def _protocol(fields: Mapping[str, list[str]]) -> str:
    """The query of a request; refuses what the protocol allows and this endpoint does not do."""
    if "update" in fields:
        raise Refusal(403, "this endpoint is read-only: it takes no updates")
    if {"default-graph-uri", "named-graph-uri"} & fields.keys():
        raise Refusal(
            400, "this endpoint always answers from the union of its graphs; name graphs with FROM in the query"
        )
    values = fields.get("query", [])
    if len(values) != 1:
        raise Refusal(400, f"the request needs one parameter 'query', and has {len(values) or 'none'}")
    return values[0]


def _single(pairs: list[tuple[str, str]]) -> dict[str, str]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Refusal(400, "a parameter is given twice")
    return values


def _find(name: str) -> NamedQuery:
    try:
        return named_query(name)
    except QueryError as error:
        raise Refusal(404, str(error)) from error


def _status(error: KgError) -> int:
    match error:
        case ConceptNotFound():
            return 404
        case NotAcceptable():
            return 406
        case UsageError():
            return 400
        case EndpointError():
            return 502
        case _:
            return 500


# ----------------------------------------------------------------------------------------------------- evaluation


async def _answer(workers: Workers, graph: KnowledgeGraph, query: str, accept: str | None, wanted: str) -> Response:
    """The response to a query. `wanted` is a short name of a format and goes before the Accept header."""
    if len(query.encode(errors="replace")) > workers.limits.query_bytes:
        raise Refusal(413, f"a query may hold {workers.limits.query_bytes:,} bytes at most")
    content, media = await workers.run(
        lambda deadline: _evaluated(graph, query, accept, wanted, Answer(workers.limits, deadline))
    )
    return Response(content, media_type=media)


def _evaluated(graph: KnowledgeGraph, query: str, accept: str | None, wanted: str, answer: Answer) -> tuple[bytes, str]:
    """The answer to a query and its media type; `answer` counts what it costs."""
    asked_for, names = query, prefixes(graph.base)
    query, functions = graph.prepare(query)
    store = graph.store.knowing(functions) if isinstance(graph.store, LocalStore) else graph.store
    page = wanted == "html" or (not wanted and html.preferred(accept))
    asked = form(query, names, functions)
    if asked is ox.QueryTriples:
        # A page shows Turtle: it is what people read.
        graph_format = ox.RdfFormat.TURTLE if page else choose(_wish(accept, wanted, GRAPH_FORMATS), GRAPH_FORMATS)
        triples = []
        for triple in store.construct(query):
            answer.count(len(str(triple)))
            triples.append(triple)
        content = serialize(triples, graph_format, names)
        return (html.text(asked_for, content.decode()), _PAGE) if page else (content, graph_format.media_type)
    result_format = ox.QueryResultsFormat.JSON
    if not page:
        result_format = choose(_wish(accept, wanted, RESULT_FORMATS), RESULT_FORMATS)
    if asked is ox.QueryBoolean:
        truth = store.ask(query)
        if page:
            return html.text(asked_for, str(truth).lower()), _PAGE
        # Only the engine makes results that can be serialized, so it is asked for a constant.
        constant = ox.Store().query("ASK {}" if truth else "ASK { FILTER(false) }")
        assert isinstance(constant, ox.QueryBoolean)
        return constant.serialize(format=result_format) or b"", result_format.media_type
    solutions = store.select(query)
    if page:
        return html.table(asked_for, solutions, answer.count), _PAGE
    solutions.serialize(cast("IO[bytes]", answer), format=result_format)
    return bytes(answer.content), result_format.media_type


def _wish(accept: str | None, wanted: str, offered: Mapping[str, object]) -> str | None:
    """The format that is asked for by name if this kind of answer has it, or else the Accept header."""
    return wanted if wanted in offered else accept


# ------------------------------------------------------------------------------------------------------- contents

_COUNTS = """
SELECT ?entries ?concepts ?statements {
  { SELECT (COUNT(*) AS ?entries) { ?entry a kg:Entry } }
  { SELECT (COUNT(*) AS ?concepts) { ?concept a skos:Concept } }
  { SELECT (COUNT(*) AS ?statements) { ?statement a rdf:Statement ; kg:confidence ?confidence } }
}"""


def _counts(graph: KnowledgeGraph) -> dict[str, int]:
    row = next(graph.store.select(_COUNTS))
    return {name: int(row[name].value) for name in ("entries", "concepts", "statements")}


def _described(query: NamedQuery) -> dict[str, object]:
    return {
        "name": query.name,
        "title": query.title,
        "topic": query.topic,
        "description": query.description,
        "parameters": [
            {"name": p.name, "kind": p.kind, "required": p.required, "default": p.default, "description": p.description}
            for p in query.parameters
        ],
        "columns": list(query.columns),
        "examples": [dict(example) for example in query.examples],
    }
