"""A small SPARQL endpoint and graph store on loopback, over a store in memory: queries, updates, graphs, faults."""

from __future__ import annotations

import threading
from base64 import b64encode
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox

from kg.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator

Canned = tuple[int, dict[str, str], bytes]


@dataclass
class GraphStore:
    """What the server holds and does. `canned` replies are given first, one to each request; `seen` keeps requests."""

    url: str = ""
    store: ox.Store = field(default_factory=ox.Store)
    canned: list[Canned] = field(default_factory=list)
    authorization: set[str] = field(default_factory=set)
    """What the header may say, if not anything."""
    challenge: str = ""
    software: str = "Test/1"
    cap: int | None = None
    """How many rows a query gives at most."""
    largest: int | None = None
    """Bytes of the largest body that is taken."""
    failing_after: int | None = None
    """From which request on it fails."""
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and Authorization of every request."""

    @property
    def sparql(self) -> str:
        return f"{self.url}/sparql"

    @property
    def graphs(self) -> str:
        return f"{self.url}/graphs"


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def serving() -> Iterator[GraphStore]:
    """A server with an empty store."""
    state = GraphStore()

    class Handler(BaseHTTPRequestHandler):
        server_version = "Hidden"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.seen.append((self.command, self.path, self.headers.get("Authorization") or ""))
            self.reply(*answer(state, self.command, self.path, dict(self.headers.items()), body))

        def do_GET(self) -> None:
            self.handle_any()

        def do_POST(self) -> None:
            self.handle_any()

        def do_PUT(self) -> None:
            self.handle_any()

        def do_DELETE(self) -> None:
            self.handle_any()

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            if status == 0:  # hang up
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(body)

        def version_string(self) -> str:
            return state.software

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def answer(state: GraphStore, method: str, path: str, headers: dict[str, str], body: bytes) -> Canned:
    if state.canned:
        return state.canned.pop(0)
    if state.failing_after is not None and len(state.seen) > state.failing_after:
        return 500, {}, b"disk full"
    if state.authorization and headers.get("Authorization") not in state.authorization:
        return 401, {"WWW-Authenticate": state.challenge} if state.challenge else {}, b""
    if state.largest is not None and len(body) > state.largest:
        return 413, {}, b""
    parts = urlsplit(path)
    parameters = parse_qs(parts.query, keep_blank_values=True)
    if parts.path == "/graphs":
        graph = ox.NamedNode(parameters["graph"][0]) if "graph" in parameters else ox.DefaultGraph()
        return graph_store(state.store, method, graph, body)
    if headers.get("Content-Type") == "application/sparql-update":
        state.store.update(body.decode())
        return 204, {}, b""
    query = (parse_qs(body.decode()) if method == "POST" else parameters)["query"][0]
    local = LocalStore(state.store)
    content, media = local.sparql(query, headers["Accept"])
    if state.cap is not None and "json" in media and b'"bindings"' in content:
        content = cut(content, state.cap)
    return 200, {"Content-Type": media}, content


def cut(content: bytes, cap: int) -> bytes:
    import json

    document = json.loads(content)
    document["results"]["bindings"] = document["results"]["bindings"][:cap]
    return json.dumps(document).encode()


def graph_store(store: ox.Store, method: str, graph: ox.NamedNode | ox.DefaultGraph, body: bytes) -> Canned:
    held = [quad.triple for quad in store.quads_for_pattern(None, None, None, graph)]
    if method == "GET":
        text = "".join(f"{triple} .\n" for triple in held).encode()
        return (200, {"Content-Type": "application/n-triples"}, text) if held else (404, {}, b"")
    if method in {"PUT", "DELETE"}:
        store.remove_graph(graph)
    if method in {"PUT", "POST"}:
        for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES):
            store.add(ox.Quad(*quad.triple, graph))
    return 204, {}, b""
