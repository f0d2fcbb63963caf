"""What requests ask for: the parameters of the SPARQL 1.1 Protocol and of the Graph Store Protocol.

https://www.w3.org/TR/sparql11-protocol/, https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

import asyncio
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from secrets import token_hex
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, quote

import pyoxigraph as ox

from kg.server.limits import Refusal
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from typing import IO

    from starlette.requests import Request

    from kg.server.limits import Limits

_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_PARTS = "multipart/form-data"
_PARTS_BYTES = 16 << 20
"""How large a form with files may be, which is read at once."""
_READ_ONLY = "this endpoint is read-only: it takes no updates (kg serve --writable would)"


def preferred(accept: str | None) -> bool:
    """Whether an Accept header is a browser's: it names HTML, and no format of query results.

    >>> preferred("text/html,application/xml;q=0.9,*/*;q=0.8"), preferred("*/*"), preferred(None)
    (True, False, False)
    """
    named = {wish.partition(";")[0].strip().lower() for wish in (accept or "").split(",")}
    types = [*(f.media_type for f in RESULT_FORMATS.values()), *(f.media_type for f in GRAPH_FORMATS.values())]
    formats = {media.partition(";")[0] for media in types}
    return "text/html" in named and not named & formats


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or an update as it was sent. `default` and `named` are the graphs that the request names for it."""

    text: str
    update: bool
    default: tuple[str, ...]
    named: tuple[str, ...]
    format: str


async def operation(request: Request, limits: Limits, token: str | None) -> Operation | None:
    """The operation of a request, None if it has none; raises `Refusal`, also for an update without the token."""
    if request.url.query or request.method == "POST":
        fields = await _fields(request, limits, token)
        if request.method != "POST" and not fields.keys() & {"query", "update"}:
            return None if not fields.keys() & _DATASET else _missing(fields)
        asked = _operation(fields, request, writable=token is not None)
        if asked.update:
            authorize(request, token)
        return asked
    return None


_DATASET = {"default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri"}


def _operation(fields: Mapping[str, list[str]], request: Request, *, writable: bool) -> Operation:
    update = "update" in fields
    if update and not writable:
        raise Refusal(403, _READ_ONLY)
    if update and request.method != "POST":
        raise Refusal(400, "an update is sent with POST")
    if update and "query" in fields:
        raise Refusal(400, "a request is a query or an update, not both")
    values = fields.get("update" if update else "query", [])
    if len(values) != 1:
        return _missing(fields)
    default, named = (
        ("using-graph-uri", "using-named-graph-uri") if update else ("default-graph-uri", "named-graph-uri")
    )
    return Operation(
        values[0], update, tuple(fields.get(default, ())), tuple(fields.get(named, ())), fields.get("format", [""])[0]
    )


def _missing(fields: Mapping[str, list[str]]) -> Operation:
    count = len(fields.get("query", fields.get("update", [])))
    raise Refusal(400, f"the request needs one parameter 'query', and has {count or 'none'}")


async def _fields(request: Request, limits: Limits, token: str | None) -> dict[str, list[str]]:
    """The protocol's parameters, from the query string and the body, each with all its values.

    Only bearers of the token may send more than a query needs.
    """
    pairs = list(request.query_params.multi_items())
    if request.method == "POST":
        media, charset = media_type(request)
        if media == _UPDATE:
            authorize(request, token)
        if media not in {_FORM, _QUERY, _UPDATE}:
            known = f"{_QUERY}, {_UPDATE} or {_FORM}"
            raise Refusal(415, f"a POST to this endpoint holds {known}, not {media or 'an unnamed type'}")
        if charset not in {"", "utf-8", "utf8"}:
            raise Refusal(415, f"send the query as UTF-8, not as {charset}")
        most = limits.upload_bytes if _bears(request, token) else 4 * limits.query_bytes
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            _bound(len(body), most)
        try:
            text = body.decode("utf-8")
            if media == _FORM:
                pairs += parse_qsl(text, keep_blank_values=True, errors="strict")
            else:
                pairs.append(("query" if media == _QUERY else "update", text))
        except (UnicodeDecodeError, ValueError) as error:
            raise Refusal(400, f"the body of the request is not UTF-8: {error}") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def media_type(request: Request) -> tuple[str, str]:
    """The media type of a request's body and its charset, both in lower case, empty where they are not told."""
    media, _, rest = request.headers.get("content-type", "").partition(";")
    return media.strip().lower(), rest.lower().partition("charset=")[2].strip(' "')


def _bound(size: int, most: int) -> None:
    if size > most:
        raise Refusal(413, f"a request may hold {most:,} bytes at most")


def graph_of(request: Request) -> dict[str, str | None]:
    """The graph that a request of the Graph Store Protocol names: {} is the whole dataset, None the default graph.

    A path below the store's is a graph of its own, whose name is the URL of the request.
    """
    parameters = request.query_params
    graphs = parameters.getlist("graph")
    if request.path_params.get("name"):
        path = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
        graphs.append(f"{request.base_url}{path.decode('latin-1').lstrip('/')}")
    if len(graphs) + ("default" in parameters) > 1:
        raise Refusal(400, "name one graph: ?graph=IRI or ?default")
    if graphs:
        try:
            ox.NamedNode(graphs[0])
        except ValueError as error:
            raise Refusal(400, f"graph={graphs[0]}: no absolute IRI ({error})") from error
        return {"graph": graphs[0]}
    return {"graph": None} if "default" in parameters else {}


def new_graph(request: Request) -> str:
    """A name for a graph that is sent without one: the URL at which it will be."""
    return f"{request.base_url}store/{token_hex(12)}"


def rdf_format(media: str) -> ox.RdfFormat:
    """The format of an uploaded graph; raises `Refusal` for one that cannot be read."""
    format = ox.RdfFormat.from_media_type(media) if media else None
    if format not in GRAPH_FORMATS.values():
        known = ", ".join(known.media_type for known in GRAPH_FORMATS.values())
        raise Refusal(415, f"a graph is sent as one of {known}, not as {media or 'an unnamed type'}")
    assert format is not None
    return format


@asynccontextmanager
async def uploaded(request: Request, limits: Limits) -> AsyncIterator[list[tuple[str, ox.RdfFormat]]]:
    """The files that a request uploads, as paths that are gone afterwards, with their formats; raises `Refusal`.

    A form (multipart/form-data), which a POST may be, holds any number of files; any other body is one.
    """
    media, _ = media_type(request)
    if media == _PARTS and request.method == "POST":
        with TemporaryDirectory(prefix="kg-upload-") as folder:
            with NamedTemporaryFile(dir=folder) as file:
                await _store_body(request, file, min(limits.upload_bytes, _PARTS_BYTES))
                file.seek(0)
                head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
                form = await asyncio.to_thread(message_from_bytes, head + file.read())
            parts = [part for part in form.walk() if not part.is_multipart()]
            if not parts:
                raise Refusal(400, "the form holds no file")
            files = []
            for number, part in enumerate(parts):
                format = rdf_format(part.get_content_type())
                path = Path(folder, str(number))
                path.write_bytes(cast("bytes", part.get_payload(decode=True)))
                files.append((str(path), format))
            yield files
    else:
        format = rdf_format(media)
        with NamedTemporaryFile(prefix="kg-upload-") as file:
            await _store_body(request, file, limits.upload_bytes)
            yield [(file.name, format)]


async def _store_body(request: Request, file: IO[bytes], most: int) -> None:
    """Write the body of a request into a file; raises `Refusal` when it is larger than `most` bytes."""
    length = request.headers.get("content-length", "")
    if length.isdecimal():
        _bound(int(length), most)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        _bound(size, most)
        file.write(chunk)
    file.flush()


def authorize(request: Request, token: str | None) -> None:
    """Raise `Refusal` unless the request bears the token; None is a server that takes no changes."""
    if token is None:
        raise Refusal(403, _READ_ONLY)
    if not _bears(request, token):
        raise Refusal(
            401,
            "changes need the server's token: send 'Authorization: Bearer TOKEN'",
            {"WWW-Authenticate": 'Bearer realm="kg"'},
        )


def _bears(request: Request, token: str | None) -> bool:
    """Whether a request has the token; the comparison takes the same time for every wrong one."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return (
        token is not None and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    )
