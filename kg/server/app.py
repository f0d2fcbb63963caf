"""The graph over HTTP: SPARQL, named queries, linked data, and, where it may be changed, updates and uploads.

    GET|POST /sparql            SPARQL 1.1 Protocol; without a query the service description, or a browser's form
    GET|PUT|POST|DELETE /store  Graph Store Protocol: ?graph=IRI, ?default, or the whole dataset without either;
                                /store/NAME is a graph that has this URL as its name, POST of a graph makes one
    GET /queries, /queries/NAME the named queries; the answer of one, its parameters in the query string
    GET /paths?from=&to=        the best paths between two concepts, as JSON
    GET /connect?concept=&concept=  the relations that tie concepts together, as JSON
    GET /common?a=&b=           what two concepts share, and where they differ
    GET /neighbours/CONCEPT     what lies around a concept
    GET /concept/ID, /entry/ID… what the graph says of an IRI of its own, as HTML or RDF
    GET /analysis               central concepts, communities, gaps, bridges, cores, as JSON
    GET /learn/CONCEPT          what to read before a concept, as JSON
    GET /.well-known/void       the dataset in numbers
    GET /healthz                whether the server can answer
    GET /, /search, /path…      the web explorer: see `kg.server.pages`

Everything that touches the graph happens in processes of `kg.server.pool`, which end when a request has had its share
of `kg.server.limits.Limits`. Nothing that a caller sends makes the server open a connection or read a file, and only
one who has the token changes anything.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

import kg
from kg.errors import QueryError
from kg.queries import find_query, named_queries
from kg.server import explore, pages, protocol
from kg.server.headers import HeadersMiddleware
from kg.server.limits import Limits, Refusal
from kg.server.pool import Pool
from kg.server.worker import Settings
from kg.sparql import GRAPH_FORMATS
from kg.store import identity
from kg.swap import LIVE, STORE, locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from kg.queries import NamedQuery
    from kg.server.channel import Json
    from kg.server.pool import Answer, Pieces

_VOLATILE = re.compile(r"\b(?:now|rand|uuid|struuid|bnode)\s*\(", re.IGNORECASE)
"""Functions that answer differently each time."""

MOST = 1000
"""So many of everything an analysis or a reading order has at most."""

_FOLDERS = ("concept", "entry", "statement", "evidence", "occurrence", "boilerplate", "graph")


def app(
    output: Path,
    *,
    limits: Limits | None = None,
    origin: str | None = None,
    hosts: Sequence[str] = ("*",),
    token: str | None = None,
    union: bool = True,
    allowed: Sequence[str] = (),
    queries: Sequence[Path] = (),
) -> FastAPI:
    """The web application over the graph that was built in a directory.

    `origin` is the site whose scripts may read answers in a browser (CORS): `*` is any site, None is no other site.
    `hosts` are the names by which the server may be addressed (the `Host` header); `*` is any. With a `token` its
    bearers may change the graph. `union` makes the default graph of queries the union of all graphs. SERVICE and LOAD
    may call the `allowed` places, and no others. `queries` are folders of named queries besides the program's own.
    """
    settings = Settings(
        str(output.absolute()),
        limits or Limits(),
        union=union,
        allowed=tuple(allowed),
        queries=tuple(str(folder.absolute()) for folder in queries),
    )
    return Server(settings, token).web(origin, hosts)


class Server:
    """What the routes share: the workers, and what may be asked of them."""

    def __init__(self, settings: Settings, token: str | None) -> None:
        self.output = Path(settings.place)
        self.limits = settings.limits
        self.token = token
        self.known = named_queries(*map(Path, settings.queries))
        self.readers = Pool(settings, self.limits.concurrent, self.limits.seconds)
        self.writer: Pool | None = None
        if token is not None:
            self.writer = Pool(replace(settings, writable=True), 1, self.limits.update_seconds)

    def web(self, origin: str | None, hosts: Sequence[str]) -> FastAPI:
        """The application."""
        web = FastAPI(title="kg", docs_url=None, redoc_url=None, openapi_url=None, lifespan=self._living)
        web.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
        web.add_middleware(HeadersMiddleware, origin=origin)
        web.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
        web.add_exception_handler(Refusal, _refuse)
        web.add_exception_handler(HTTPException, _decline)
        read = ["GET", "HEAD"]
        pages.register(web, self._respond)
        web.add_route("/healthz", self.health, methods=read)
        web.add_route("/sparql", self.sparql, methods=[*read, "POST"])
        for path in ("/store", "/store/{name:path}"):
            web.add_route(path, self.store, methods=[*read, "PUT", "POST", "DELETE"])
        web.add_route("/queries", self.queries, methods=read)
        web.add_route("/queries/{name}", self.named, methods=read)
        web.add_route("/paths", self.explore, methods=read)
        web.add_route("/connect", self.explore, methods=read)
        web.add_route("/common", self.explore, methods=read)
        web.add_route("/neighbours/{concept:path}", self.explore, methods=read)
        web.add_route("/analysis", self.explore, methods=read)
        web.add_route("/learn/{concept:path}", self.explore, methods=read)
        web.add_route("/related/{concept:path}", self.explore, methods=read)
        web.add_route("/suggest", self.explore, methods=read)
        web.add_route("/.well-known/void", self.void, methods=read)
        for folder in _FOLDERS:
            web.add_route(f"/{folder}/{{rest:path}}", self.resource, methods=read)
        return web

    @asynccontextmanager
    async def _living(self, _: FastAPI) -> AsyncIterator[None]:
        try:
            if self.writer is None:
                await self.readers.start()
                yield
            else:
                with locked(self.output):
                    await asyncio.gather(self.readers.start(), self.writer.start())
                    yield
        finally:
            self.readers.close()
            if self.writer is not None:
                self.writer.close()
                shutil.rmtree(self.output / LIVE, ignore_errors=True)

    # --------------------------------------------------------------------------------------------------- routes

    async def health(self, request: Request) -> Response:
        """Whether there is a graph and a process to answer for it."""
        if identity(self.output / STORE) is None:
            raise Refusal(503, "there is no graph")
        return JSONResponse({"status": "ok"})

    async def sparql(self, request: Request) -> Response:
        """The SPARQL 1.1 Protocol; for people without a query, the editor."""
        fields = request.query_params
        if request.method != "POST" and _for_people(request) and not fields.keys() & {"query", "update"}:
            return await self._respond(request, pages.job("sparql", request))
        asked = await protocol.operation(request, self.limits, self.token)
        if asked is None:
            return await self._describe(request, "service")
        if asked.update:
            job = {"do": "update", "update": asked.text, "using": asked.default, "using_named": asked.named}
            job["base"] = _endpoint(request)
            return await self._change(request, job)
        self._bound(asked.text)
        job = {"do": "query", "query": asked.text, "format": asked.format, "base": _endpoint(request)}
        job["view"] = fields.get("view", "")
        if asked.default or asked.named:
            job |= {"default": asked.default, "graphs": asked.named}
        return await self._respond(request, job, volatile=bool(_VOLATILE.search(asked.text)))

    async def store(self, request: Request) -> Response:
        """The SPARQL 1.1 Graph Store Protocol."""
        graph = protocol.graph_of(request)
        if request.method in {"GET", "HEAD"}:
            if not graph:
                raise Refusal(400, "name the graph to read: ?graph=IRI or ?default (GET /sparql answers from all)")
            return await self._respond(request, {"do": "read", "format": _wanted(request), **graph})
        protocol.authorize(request, self.token)
        if request.method == "DELETE":
            if not graph:
                raise Refusal(400, "name the graph to delete: ?graph=IRI or ?default")
            return await self._change(request, {"do": "delete", **graph})
        async with protocol.uploaded(request, self.limits) as files:
            created = ""
            if not graph and not all(format.supports_datasets for _, format in files):
                if request.method == "PUT":
                    raise Refusal(
                        400, "name the graph to write: ?graph=IRI or ?default; only N-Quads and TriG can do without"
                    )
                created = protocol.new_graph(request)
                graph = {"graph": created}
            job = {
                "do": request.method.lower(),
                "files": [(path, format.media_type) for path, format in files],
                "base": graph.get("graph") or str(request.url),
                **graph,
            }
            response = await self._change(request, job)
        if created:
            response.headers["Location"] = created
        return response

    async def queries(self, request: Request) -> Response:
        """The named queries, for people as HTML and for programs as JSON."""
        if _for_people(request):
            return await self._respond(request, pages.job("queries", request))
        return JSONResponse([_described(query) for query in self.known.values()])

    async def named(self, request: Request) -> Response:
        """The answer of a named query, or for people who gave no parameters a form for them."""
        try:
            query = find_query(request.path_params["name"], self.known)
        except QueryError as error:
            raise Refusal(404, str(error)) from error
        pairs = request.query_params.multi_items()
        values = dict(pairs)
        if len(values) < len(pairs):
            raise Refusal(400, "a parameter is given twice")
        wanted = values.pop("format", "")
        given = {key: value for key, value in values.items() if value}
        if not given and wanted in {"", "html"} and protocol.preferred(request.headers.get("accept")):
            return await self._respond(request, pages.job("queries", request, name=query.name))
        return await self._respond(request, {"do": "named", "name": query.name, "values": given, "format": wanted})

    async def explore(self, request: Request) -> Response:
        """What lies between concepts, or around one."""
        what = request.url.path.split("/")[1]
        arguments = explore.asked(what, request.query_params) | request.path_params
        return await self._respond(request, {"do": "explore", "what": what, "arguments": arguments})

    async def void(self, request: Request) -> Response:
        """The VoID description."""
        return await self._describe(request, "void")

    async def resource(self, request: Request) -> Response:
        """What the graph says of an IRI with this path."""
        path = request.url.path.lstrip("/")
        sent = request.scope.get("raw_path", b"").decode("latin-1").lstrip("/")
        return await self._respond(request, {"do": "resource", "path": path, "sent": sent, "format": _wanted(request)})

    # -------------------------------------------------------------------------------------------------- answers

    async def _describe(self, request: Request, what: str) -> Response:
        url = str(request.base_url).rstrip("/")
        job = {"do": what, "url": url, "writable": self.token is not None, "format": _wanted(request)}
        accept = request.headers.get("accept")
        if protocol.preferred(accept) or not accept:
            job["format"] = job["format"] or "turtle"
        return await self._respond(request, job)

    def _bound(self, query: str) -> None:
        most = self.limits.query_bytes
        if len(query.encode(errors="replace")) > most:
            raise Refusal(413, f"a query may hold {most:,} bytes at most")

    async def _respond(self, request: Request, job: Json, *, volatile: bool = False) -> Response:
        """The answer of a reader, unless the caller has it already."""
        job["accept"] = request.headers.get("accept")
        headers = {} if volatile or request.method == "POST" else self._validator(job)
        if headers and _known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        answer = await _unless_gone(request, self.readers.ask(job))
        return _headers_of(answer, headers) if request.method == "HEAD" else _response(answer, headers)

    async def _change(self, request: Request, job: Json) -> Response:
        assert self.writer is not None
        return _response(await self.writer.ask(job), {})

    def _validator(self, job: Json) -> dict[str, str]:
        """The headers by which a caller can ask whether an answer is still the same (RFC 9110, section 8.8)."""
        seen = [kg.__version__, identity(self.output / STORE), sorted(job.items())]
        return {"ETag": f'W/"{blake2b(repr(seen).encode(), digest_size=12).hexdigest()}"', "Cache-Control": "no-cache"}


def _for_people(request: Request) -> bool:
    """Whether a page is wanted: by a browser, and no format by name."""
    return protocol.preferred(request.headers.get("accept")) and not request.query_params.get("format")


def _wanted(request: Request) -> str:
    """The short name of a format that a request asks for; raises `Refusal` for one that there is not."""
    wanted = request.query_params.get("format", "")
    if wanted and wanted != "html" and wanted not in GRAPH_FORMATS:
        raise Refusal(406, f"there is no format {wanted!r} for a graph; there are html, {', '.join(GRAPH_FORMATS)}")
    return wanted


def _endpoint(request: Request) -> str:
    """The URL of the endpoint, to which relative IRIs in queries and updates are relative."""
    return f"{request.base_url}sparql"


def _known(request: Request, etag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in {each.strip() for each in given.split(",")}


def _response(answer: Answer, headers: dict[str, str]) -> Response:
    headers = {**answer.headers, **headers}
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers)
    return _Stream(answer.body, answer.status, headers)


def _headers_of(answer: Answer, headers: dict[str, str]) -> Response:
    """The answer to HEAD, for which nothing more is evaluated than has been to know them."""
    if isinstance(answer.body, bytes):
        return _response(answer, headers)
    answer.close()
    response = Response(None, answer.status, {**answer.headers, **headers})
    del response.headers["Content-Length"]  # it is not known
    return response


class _Stream(StreamingResponse):
    """Pieces of an answer, closed in the end, also when the caller went before the first of them."""

    def __init__(self, pieces: Pieces, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(pieces, status, headers)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.close()


async def _unless_gone(request: Request, asking: Coroutine[None, None, Answer]) -> Answer:
    """The answer, unless the caller goes away before it is there: then the work is ended."""
    work = asyncio.create_task(asking)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Refusal(499, "the caller has gone")
        return work.result()
    except BaseException:
        work.add_done_callback(_abandon)
        raise
    finally:
        for task in (work, gone):
            task.cancel()


def _abandon(work: asyncio.Task[Answer]) -> None:
    """Close an answer that nobody will read."""
    if not work.cancelled() and work.exception() is None:
        work.result().close()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _refuse(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    if _for_people(request):
        page = pages.refusal(str(refusal), refusal.status)
        return Response(page, refusal.status, headers=refusal.headers, media_type="text/html")
    return PlainTextResponse(f"{refusal}\n", refusal.status, headers=refusal.headers)


async def _decline(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)


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
