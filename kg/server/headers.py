"""What every response says about itself: what a browser may do with it, and what it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from kg.explorer.site import POLICY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""What every response says: no scripts but the server's own, no frames elsewhere, no guessing of types."""

_METHODS = {"/sparql": "GET, HEAD, POST, OPTIONS", "/store": "GET, HEAD, PUT, POST, DELETE, OPTIONS"}


class HeadersMiddleware:
    """Adds the headers, and answers OPTIONS, also when a browser asks whether a script of `origin` may do something."""

    def __init__(self, app: ASGIApp, origin: str | None) -> None:
        self._app = app
        self._origin = origin
        self._headers = dict(SECURITY_HEADERS)
        if origin is not None:
            self._headers["Access-Control-Allow-Origin"] = origin
            self._headers["Access-Control-Expose-Headers"] = "ETag, Kg-Truncated"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.add_vary_header("Accept, Origin")
            await send(message)

        respond = self._options(scope) if scope["method"] == "OPTIONS" else self._app
        await respond(scope, receive, send_with_headers)

    def _options(self, scope: Scope) -> Response:
        place = "/store" if scope["path"].startswith("/store/") else scope["path"]
        methods = _METHODS.get(place, "GET, HEAD, OPTIONS")
        headers = {"Allow": methods}
        if self._origin is not None:
            headers["Access-Control-Allow-Methods"] = methods
            headers["Access-Control-Allow-Headers"] = "Accept, Authorization, Content-Type, If-None-Match"
        return Response(status_code=204, headers=headers)
