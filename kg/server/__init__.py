"""The graph over HTTP. `serve` runs it until interrupted; `app` is the web application, for other servers and tests."""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kg.errors import UsageError
from kg.server.app import app
from kg.server.limits import Limits
from kg.store import LocalStore, write_build

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.graph import KnowledgeGraph

__all__ = ["Limits", "app", "serve"]


def serve(
    graph: KnowledgeGraph,
    host: str = "127.0.0.1",
    port: int = 7010,
    *,
    limits: Limits | None = None,
    origin: str | None = None,
    token: str | None = None,
    union: bool = True,
    allowed: Sequence[str] = (),
    queries: Sequence[Path] = (),
) -> None:
    """Serve the graph until interrupted; only this machine can reach the default address.

    The address is told on standard error; port 0 takes any that is free. With a `token` its bearers may change the
    graph; the other parameters are those of `app`. Raises `UsageError` when the address cannot be had, or the graph is
    somebody's endpoint.
    """
    import uvicorn

    # On a loopback address only requests that name this machine are answered: a site that points its own name here
    # (DNS rebinding) must not read the graph through a visitor's browser.
    hosts = ("localhost", "127.0.0.1", "[::1]") if host in {"localhost", "127.0.0.1", "::1"} else ("*",)
    with directory(graph) as output, _listening(host, port) as listener:
        web = app(
            output,
            limits=limits,
            origin=origin,
            hosts=hosts,
            token=token,
            union=union,
            allowed=allowed,
            queries=queries,
        )
        config = uvicorn.Config(
            web, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=1
        )
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}/"
        writable = "; changes with the token" if token is not None else ""
        print(
            f"serving {graph.store.place} at {address} (SPARQL at {address}sparql{writable}); Ctrl-C ends it",
            file=sys.stderr,
        )
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def directory(graph: KnowledgeGraph) -> Iterator[Path]:
    """The directory of a graph, for processes to read; one in memory is written to a directory for the time being."""
    store = graph.store
    if not isinstance(store, LocalStore):
        raise UsageError(f"{store.place} is an endpoint already: name the directory of a built graph with -g DIR")
    if store.place != ":memory:":
        yield Path(store.place)
        return
    with TemporaryDirectory(prefix="kg-serve-") as folder:
        write_build(Path(folder), store.quads(), base=graph.base)
        yield Path(folder)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "choose with --host and --port (0 is any free port)"
        ) from error
