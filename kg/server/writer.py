"""The process that changes the graph for the server: updates and uploads, each wholly or not at all.

It works on a copy of the store, which costs little because the engine's files are linked, not copied. When a change is
complete a snapshot takes the place of the store that readers see, by the same renames as a build. A change that fails,
or whose process is killed, leaves no trace: the copy is thrown away and made anew.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.errors import EndpointError, QueryError, StoreError
from kg.server.limits import Refusal
from kg.sparql import faults_elsewhere, faults_of, refuse_calls
from kg.store import LocalStore
from kg.swap import LIVE, STORE, replace_store
from kg.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kg.server.channel import Channel, Json
    from kg.server.worker import Settings


class Writer:
    """Carries out what changes a graph. `jobs` are its methods by name."""

    def __init__(self, settings: Settings) -> None:
        self._output = Path(settings.place)
        self._allowed = settings.allowed
        self._names = LocalStore.open(self._output).prefixes
        self._copies = 0
        shutil.rmtree(self._output / LIVE, ignore_errors=True)
        self._store = self._copy()
        self.jobs: Mapping[str, Callable[[Channel, Json], None]] = {
            "update": self._update,
            "put": self._put,
            "post": self._post,
            "delete": self._delete,
        }

    def _copy(self) -> ox.Store:
        # The engine keeps a lock on a place for as long as anything refers to its store, so each copy has its own.
        self._copies += 1
        live = self._output / LIVE / str(self._copies)
        try:
            shutil.rmtree(live.with_name(str(self._copies - 1)), ignore_errors=True)
            shutil.copytree(self._output / STORE, live, copy_function=_link)
            return ox.Store(str(live))
        except OSError as error:
            raise StoreError(f"{live} cannot be made: {error}") from error

    @contextmanager
    def _change(self) -> Iterator[ox.Store]:
        """Within it the store is changed; then readers see it, or after an exception the change is undone."""
        try:
            yield self._store
            replace_store(self._output, lambda path: self._store.backup(str(path)))
        except BaseException as error:
            del self._store
            self._store = self._copy()
            if isinstance(error, OSError) and self._allowed:
                raise EndpointError(
                    f"a place that the update calls did not answer: {error}; nothing was changed"
                ) from error
            if isinstance(error, OSError):
                raise StoreError(f"{self._output} cannot be written: {error}; nothing was changed") from error
            raise

    def _update(self, channel: Channel, job: Json) -> None:
        text: str = job["update"]
        names = self._names
        refuse_calls(text, names, self._allowed)
        if job["using"] or job["using_named"]:
            text = with_dataset(text, job["using"], job["using_named"])
        with self._change() as store, faults_of(text, updates=True), faults_elsewhere(text, self._allowed):
            store.update(text, base_iri=job["base"], prefixes=names)
        channel.send_answer({"status": 204, "headers": {}}, b"")

    def _put(self, channel: Channel, job: Json) -> None:
        self._load(channel, job, replace=True)

    def _post(self, channel: Channel, job: Json) -> None:
        self._load(channel, job, replace=False)

    def _load(self, channel: Channel, job: Json, *, replace: bool) -> None:
        """Load files into a graph, or into the whole dataset when the job has no graph."""
        graph = _graph(job) if "graph" in job else None
        known = not isinstance(graph, ox.NamedNode) or self._store.contains_named_graph(graph)
        with self._change() as store:
            if replace and graph is None:
                store.clear()
            elif replace and graph is not None:
                store.clear_graph(graph)
            if isinstance(graph, ox.NamedNode):
                store.add_graph(graph)
            for path, media in job["files"]:
                format = ox.RdfFormat.from_media_type(media)
                assert format is not None
                with _readable(media):
                    store.load(path=path, format=format, base_iri=job["base"], to_graph=graph)
        channel.send_answer({"status": 204 if known else 201, "headers": {}}, b"")

    def _delete(self, channel: Channel, job: Json) -> None:
        graph = _graph(job)
        if isinstance(graph, ox.NamedNode) and not self._store.contains_named_graph(graph):
            raise Refusal(404, f"there is no graph <{graph.value}> here")
        with self._change() as store:
            if isinstance(graph, ox.NamedNode):
                store.remove_graph(graph)
            else:
                store.clear_graph(graph)
        channel.send_answer({"status": 204, "headers": {}}, b"")


def _graph(job: Json) -> ox.NamedNode | ox.DefaultGraph:
    return ox.DefaultGraph() if job["graph"] is None else ox.NamedNode(job["graph"])


@contextmanager
def _readable(media: str) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        where = f"line {error.lineno}, column {error.offset}: " if error.lineno else ""
        raise QueryError(f"{where}the body is not {media}: {error.msg}", line=error.lineno) from error


def _link(source: str, target: str) -> None:
    """Copy a file of the engine; its tables never change and so are linked, where the file system can."""
    if source.endswith(".sst"):
        try:
            os.link(source, target)
            return
        except OSError:
            pass
    shutil.copy2(source, target)


def with_dataset(update: str, using: Sequence[str], named: Sequence[str]) -> str:
    """The update with USING clauses for the graphs of the protocol's `using-graph-uri` and `using-named-graph-uri`.

    Raises `Refusal` for an update that names its graphs itself, as the protocol demands (section 2.2.3).
    """
    clauses = "".join(f"USING {ox.NamedNode(iri)} " for iri in using)
    clauses += "".join(f"USING NAMED {ox.NamedNode(iri)} " for iri in named)
    pieces, depth, latest = [], 0, ""
    for token in tokens(update):
        word = token.text.upper() if token.kind == "word" and depth == 0 else ""
        if word in {"USING", "WITH"}:
            raise Refusal(400, f"the update has {word}, so that the request may not name graphs as well")
        if word == "WHERE":
            if latest == "DELETE":
                raise Refusal(400, "DELETE WHERE takes no graphs from the request: write DELETE { … } WHERE { … }")
            pieces.append(clauses)
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if token.kind != "comment" and token.text.strip():
            latest = token.text.upper()
        pieces.append(token.text)
    return "".join(pieces)
