"""Where tests run: a server that is started for them, or the engine alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit

import httpx
import pyoxigraph as ox

from kg.store import write_build
from tests.w3c import results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.w3c.manifest import Data

_TOKEN = "the-token-of-the-test-suite"
_EVERYTHING = "SELECT ?g ?s ?p ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
_SYNTAX = re.compile(r"line \d+, column \d+: |not SPARQL")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a query or an update: a body in a media type, or the message of an error."""

    body: bytes = b""
    media: str = ""
    error: str = ""
    syntax: bool = False
    """Whether the error is that the text is not SPARQL."""
    barred: bool = False
    """Whether the error is that it would call another place; then the text was not even parsed."""


class Target(Protocol):
    """A place that holds a dataset and answers to SPARQL."""

    def load(self, data: Data) -> None:
        """Replace all that it holds; raises `ValueError` for data that it does not take."""

    def query(self, text: str, media: str) -> Reply:
        """The answer to a query, in a media type, or any if that is empty."""

    def update(self, text: str) -> Reply:
        """What came of an update."""

    def contents(self) -> set[ox.Quad]:
        """All quads."""


class Endpoint:
    """A server, over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.sparql = f"{self.url}/sparql"
        self.nothing = f"{self.url}/nothing"
        """A place that answers 404."""
        self.authority = urlsplit(url).netloc
        self._client = httpx.Client(timeout=60, headers={"Authorization": f"Bearer {_TOKEN}"})
        self._loaded: Data | None = None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> httpx.Response:
        """The response to a request; the server may have changed through it."""
        self._loaded = None
        given = {name: value for name, value in headers if name.lower() not in {"host", "content-length"}}
        return self._client.request(method, self.url + path, headers=given, content=body or None)

    def load(self, data: Data) -> None:
        """Replace all that it holds, over the Graph Store Protocol; nothing is sent when it holds that already."""
        if data == self._loaded:
            return
        quads = results.dataset(data)
        self._put("/store", ox.serialize(quads, format=ox.RdfFormat.N_QUADS), "application/n-quads")
        filled = {quad.graph_name for quad in quads}
        for name in sorted(name for name, _ in data.named if ox.NamedNode(name) not in filled):
            self._put(f"/store?graph={quote(name, safe='')}", b"", "text/turtle")
        self._loaded = data

    def _put(self, path: str, body: bytes | None, media: str) -> None:
        response = self._client.put(self.url + path, content=body, headers={"Content-Type": media})
        if response.is_error:
            raise ValueError(f"the data was refused: {response.text.strip()}")

    def query(self, text: str, media: str) -> Reply:
        """The answer to a query, in a media type."""
        return _reply(
            self._client.post(
                self.sparql,
                content=text.encode(),
                headers={"Content-Type": "application/sparql-query", "Accept": media or "*/*"},
            )
        )

    def update(self, text: str) -> Reply:
        """What came of an update."""
        self._loaded = None
        headers = {"Content-Type": "application/sparql-update"}
        return _reply(self._client.post(self.sparql, content=text.encode(), headers=headers))

    def contents(self) -> set[ox.Quad]:
        """All quads, in one answer, so that blank nodes keep their identity across graphs."""
        reply = self.query(_EVERYTHING, results.MEDIA[".srj"])
        return _quads(reply.body)


def _reply(response: httpx.Response) -> Reply:
    if response.is_success:
        return Reply(response.content, response.headers.get("Content-Type", "").partition(";")[0])
    message = response.text.strip()
    return Reply(
        error=f"{response.status_code}: {message.partition(chr(10))[0]}",
        syntax=response.status_code == 400 and _SYNTAX.match(message) is not None,
        barred=response.status_code == 400 and "would call another place" in message,
    )


def _quads(body: bytes) -> set[ox.Quad]:
    answer = results.table(body, results.MEDIA[".srj"])
    assert isinstance(answer, results.Table)
    return {ox.Quad(s, p, o, g or ox.DefaultGraph()) for g, s, p, o in answer.rows}  # type: ignore[arg-type]


class Engine:
    """pyoxigraph in this process, called as it comes."""

    def __init__(self) -> None:
        self._store = ox.Store()

    def load(self, data: Data) -> None:
        """Replace all that it holds."""
        self._store = ox.Store()
        self._store.extend(results.dataset(data))
        for name, _ in data.named:
            self._store.add_graph(ox.NamedNode(name))

    def query(self, text: str, media: str) -> Reply:
        """The answer to a query, in a media type."""
        try:
            answer = self._store.query(text)
            if isinstance(answer, ox.QueryTriples):
                graph_format = ox.RdfFormat.from_media_type(media) or ox.RdfFormat.TURTLE
                return Reply(answer.serialize(format=graph_format) or b"", media)
            result_format = ox.QueryResultsFormat.from_media_type(media) or ox.QueryResultsFormat.JSON
            return Reply(answer.serialize(format=result_format) or b"", media)
        except SyntaxError as error:
            return Reply(error=str(error), syntax=True)
        except (RuntimeError, ValueError, OSError) as error:
            return Reply(error=str(error))

    def update(self, text: str) -> Reply:
        """What came of an update."""
        try:
            self._store.update(text)
        except SyntaxError as error:
            return Reply(error=str(error), syntax=True)
        except (RuntimeError, ValueError, OSError) as error:
            return Reply(error=str(error))
        return Reply()

    def contents(self) -> set[ox.Quad]:
        """All quads."""
        return set(self._store)


# -------------------------------------------------------------------------------------------------------- servers


@dataclass(frozen=True, slots=True)
class Servers:
    """The server under test, and the others that it may call."""

    main: Endpoint
    others: tuple[Endpoint, ...] = ()


@contextmanager
def running(others: int) -> Iterator[Servers]:
    """A writable server with so many others beside it; each may call those that were started before it."""
    with ExitStack() as stack:
        started: list[Endpoint] = []
        for _ in range(others):
            started.insert(0, stack.enter_context(_serving(started)))
        yield Servers(stack.enter_context(_serving(started)), tuple(started))


@contextmanager
def _serving(others: Sequence[Endpoint]) -> Iterator[Endpoint]:
    """A `kg serve` of an empty graph on a free port."""
    with TemporaryDirectory(prefix="kg-w3c-") as folder, TemporaryFile("w+") as told:
        write_build(Path(folder), [])
        command = [sys.executable, "-m", "kg", "serve", "-g", folder, "--port", "0", "--writable"]
        command += ["--default-graph", "own", "--concurrent", "2"]
        for other in others:
            command += ["--allow", other.sparql, "--allow", other.nothing, "--allow", f"{other.url}/store?default"]
        process = subprocess.Popen(command, stderr=told, env=os.environ | {"KG_TOKEN": _TOKEN})
        try:
            endpoint = Endpoint(_address(process, told))
            yield endpoint
            endpoint.close()
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], told: IO[str]) -> str:
    """The URL that a server tells when it listens; raises `RuntimeError` with what it told else."""
    while True:
        running = process.poll() is None
        told.seek(0)
        words = told.read()
        if place := re.search(r" at (http://\S+/) ", words):
            return place[1]
        if not running:
            raise RuntimeError(f"kg serve did not start: {words}")
        time.sleep(0.05)
