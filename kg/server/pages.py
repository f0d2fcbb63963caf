"""The routes of the web explorer: what a request asks for becomes a job of a worker, its answer a page.

GET /                       the first page           GET /map?concept=…   the interactive page around a concept
GET /search?q=…             search                   GET /describe?iri=…  what the graph says of any IRI
GET /browse?type=…&field=…  the index from A to Z    GET /api/complete    concepts for what is being typed, JSON
GET /path?from=…&to=…       the path finder          GET /api/terms       what the editor completes, JSON
GET /stats                  the graph in numbers     GET /static/NAME     styles and scripts

Search and numbers are JSON for programs that ask for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from kg.explorer.site import assets, render
from kg.server.limits import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.applications import Starlette
    from starlette.requests import Request

    from kg.server.channel import Json

    Respond = Callable[[Request, Json], Awaitable[Response]]

_PAGES = {
    "/": "home",
    "/search": "search",
    "/browse": "browse",
    "/path": "path",
    "/stats": "stats",
    "/map": "map",
    "/api/complete": "complete",
    "/api/terms": "terms",
}


def register(web: Starlette, respond: Respond) -> None:
    """Add the routes; `respond` answers a request by a job."""

    def page(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await respond(request, job(name, request))

        return answer

    async def describe(request: Request) -> Response:
        iri = request.query_params.get("iri", "")
        if not iri:
            raise Refusal(400, "name what is to be described: /describe?iri=IRI")
        return await respond(request, {"do": "resource", "iri": iri, "format": request.query_params.get("format", "")})

    for path, name in _PAGES.items():
        web.add_route(path, page(name), methods=["GET", "HEAD"])
    web.add_route("/describe", describe, methods=["GET", "HEAD"])
    web.add_route("/static/{name}", asset, methods=["GET", "HEAD"])


def job(page: str, request: Request, **more: str) -> Json:
    """The job of making a page from the parameters of a request, each with all its values, and some more."""
    values: dict[str, list[str]] = {name: [value] for name, value in more.items()}
    for name, value in request.query_params.multi_items():
        values.setdefault(name, []).append(value)
    return {"do": "page", "page": page, "values": values}


async def asset(request: Request) -> Response:
    """A style or script; under the address that pages use, which names its content, it may be kept for good."""
    name = request.path_params["name"]
    if name not in assets():
        raise Refusal(404, f"there is no {name} here")
    found = assets()[name]
    etag = f'"{found.digest}"'
    kept = "public, max-age=31536000, immutable" if request.url.query == found.digest else "no-cache"
    headers = {"ETag": etag, "Cache-Control": kept}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media, headers=headers)


def refusal(message: str, status: int) -> bytes:
    """The page of a request that was refused."""
    return render("error.html", status=status, message=message, close=(), q="")
