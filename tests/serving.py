"""A real server on a loopback port, for the tests that ask it over HTTP."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from kg.graph import KnowledgeGraph
from kg.server import app, directory
from kg.store import LocalStore
from kg.triples import quads
from tests.orchard import orchard_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CUBE = "?s1 ?p1 ?o1 . ?s2 ?p2 ?o2 . ?s3 ?p3 ?o3"
"""A pattern with as many solutions as there are triples, to the third power."""

ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {CUBE} . ?s4 ?p4 ?o4 FILTER(?s1 != ?o4 && ?s2 != ?p4) }}"
"""A query that takes longer than anybody waits, and answers nothing before it is through."""


def orchard() -> KnowledgeGraph:
    """A small graph in memory."""
    store = LocalStore()
    store.load(quads(orchard_knowledge()))
    return KnowledgeGraph(store)


@contextmanager
def running(graph: KnowledgeGraph, **options: Any) -> Iterator[str]:
    """The URL of a server of a graph, with the options of `kg.server.app`."""
    with directory(graph) as output, running_at(output, **options) as url:
        yield url


@contextmanager
def running_at(output: Path, **options: Any) -> Iterator[str]:
    """The URL of a server of the graph in a directory."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app(output, **options), log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
