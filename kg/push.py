"""A built graph into an endpoint: by SPARQL Update or the Graph Store Protocol, part by part, resumable.

Parts are made in one order from one graph, each of triples of one target graph, and sending one twice does no harm: a
blank node, which would become another one each time, is given an IRI before (RDF 1.1, 3.5: skolemization). A small file
beside the graph keeps how many parts the endpoint has acknowledged; it goes away with the last one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request

import pyoxigraph as ox

import kg
from kg.endpoint import Connection, Endpoint
from kg.errors import EndpointError, UsageError
from kg.files import write_file
from kg.store import dataset_base
from kg.vocabulary import default_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kg.store import Store

    Progress = Callable[[str, int, int | None], None]
    Target = ox.NamedNode | None
    """A named graph of the endpoint, or its default graph."""


class Method(StrEnum):
    """How a graph is sent."""

    UPDATE = "update"
    """SPARQL 1.1 Update: `INSERT DATA`, at the URL where queries are asked too, or at one for updates."""
    GSP = "gsp"
    """The SPARQL 1.1 Graph Store HTTP Protocol: N-Triples, posted to a graph; at a URL of its own."""


BATCH = {Method.UPDATE: 1_000, Method.GSP: 20_000}
"""Triples in a part. Virtuoso 7 runs out of memory for an update of 5,000."""

_BYTES = {Method.UPDATE: 1 << 20, Method.GSP: 8 << 20}
"""The size from which a part takes no more triples; servers and proxies limit what they take at once."""


_ASKED_AT = {"/sparql-graph-crud-auth": "/sparql-auth", "/sparql-graph-crud": "/sparql", "/store": "/sparql"}
"""Where graph stores answer queries, by the end of the path: Virtuoso, and `kg serve`."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """One graph of the endpoint: its IRI (empty for the default graph), how many triples were sent and are there.

    `counted` is None when the endpoint does not tell.
    """

    graph: str
    triples: int
    counted: int | None

    @property
    def arrived(self) -> bool:
        """Whether at least as many triples are there as were sent, as far as the endpoint tells."""
        return self.counted is None or self.counted >= self.triples


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did: of `parts`, `skipped` had been sent before."""

    endpoint: str
    method: str
    parts: int
    skipped: int
    graphs: tuple[Pushed, ...]

    @property
    def complete(self) -> bool:
        """Whether all that was sent is there."""
        return all(graph.arrived for graph in self.graphs)


@dataclass(frozen=True, slots=True)
class _Part:
    """Triples for one graph, as lines of N-Triples; `first` of its graph."""

    target: Target
    lines: tuple[str, ...]
    first: bool

    @property
    def body(self) -> bytes:
        return "".join(self.lines).encode()


def push(
    store: Store,
    endpoint: str,
    *,
    method: Method | str = Method.UPDATE,
    graph: str | None = None,
    batch: int | None = None,
    resume: bool = False,
    replace: bool = False,
    count_at: str | None = None,
    state: Path | None = None,
    connection: Connection | None = None,
    progress: Progress | None = None,
) -> PushReport:
    """Send all quads of a store to an endpoint and count what is there afterwards.

    `endpoint` takes updates (`Method.UPDATE`) or is a graph store (`Method.GSP`). Graphs keep their names, or all go
    into the one named `graph`; an endpoint without default graph (Virtuoso) gets that as `<base>graph/default`. What
    the target graphs hold stays, or with `replace` goes first. `batch` is the most triples of a part. With `resume` the
    parts that an interrupted push of the same graph has sent are left out; that is remembered in the file `state`, by
    default beside the graph. `count_at` is a SPARQL endpoint that counts, where `endpoint` does not.

    Raises `EndpointError`, and `UsageError` for a call that makes no sense.
    """
    method = Method(method)
    target = None if graph is None else _graph_name(graph)
    if batch is not None and batch < 1:
        raise UsageError(f"a part has at least 1 triple, not {batch}")
    sender = _Sender(endpoint, method, connection or Connection())
    tell = progress or (lambda *_: None)
    tell("reading", 0, None)
    lines = _lines(store, target)
    sender.look(next((name for name in sorted(lines, key=str) if name), default_graph(dataset_base(store))))
    if None in lines and sender.lacks_default_graph:
        stand_in = default_graph(dataset_base(store))
        sender.remark(f"it has no default graph, so that what is in ours goes into <{stand_in.value}>")
        lines[stand_in] = sorted({*lines.pop(None), *lines.get(stand_in, ())})
    parts = list(_parts(lines, batch or BATCH[method], _BYTES[method]))
    plan = {
        "graph": _digest(lines),
        "endpoint": sender.url,
        "method": method.value,
        "replace": replace,
        "parts": len(parts),
        "batch": batch or BATCH[method],
    }
    memory = _Memory(state or _beside(store, sender.url), plan)
    done = memory.recall(resume, sender.remark)
    for number, part in enumerate(parts[done:], done):
        tell("pushing", number, len(parts))
        try:
            sender.send(part, replace=replace and part.first)
        except EndpointError as error:
            kept = f"; {number} of {len(parts)} parts are there, --resume goes on from them" if number else ""
            raise EndpointError(f"{error}{_advice(error, part)}{kept}", error.status) from error
        memory.keep(number + 1, sender.remark)
    tell("pushing", len(parts), len(parts))
    tell("counting", 0, None)
    graphs = tuple(
        Pushed(name.value if name else "", len(lines[name]), sender.count(name, count_at))
        for name in sorted(lines, key=str)
    )
    memory.forget()
    return PushReport(sender.place, method.value, len(parts), done, graphs)


def _graph_name(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise UsageError(f"--graph {iri}: not an absolute IRI, such as https://example.org/glossary") from error


# --------------------------------------------------------------------------------------------------------------- parts


def _lines(store: Store, target: Target) -> dict[Target, list[str]]:
    """The triples of a store as sorted lines of N-Triples, by the graph that they go into."""
    base = dataset_base(store)
    found: dict[Target, set[str]] = defaultdict(set)
    for quad in store.quads():
        home = target
        if home is None and not isinstance(quad.graph_name, ox.DefaultGraph):
            home = _named(quad.graph_name, base)
        subject, obj = _named(quad.subject, base), _named(quad.object, base)
        found[home].add(f"{subject} {quad.predicate} {obj} .\n")
    return {home: sorted(lines) for home, lines in found.items()}


def _named(term: Any, base: str) -> Any:
    """A term that is the same wherever it is sent: a blank node gets an IRI."""
    return ox.NamedNode(f"{base}.well-known/genid/{term.value}") if isinstance(term, ox.BlankNode) else term


def _parts(lines: Mapping[Target, Sequence[str]], batch: int, most_bytes: int) -> Iterator[_Part]:
    """Cut triples into parts of at most `batch`, and not much more than `most_bytes`: one triple may be that large."""
    for target in sorted(lines, key=str):
        part: list[str] = []
        size, first = 0, True
        for line in lines[target]:
            if part and (len(part) >= batch or size + len(line) > most_bytes):
                yield _Part(target, tuple(part), first)
                part, size, first = [], 0, False
            part.append(line)
            size += len(line)
        yield _Part(target, tuple(part), first)


def _digest(lines: Mapping[Target, Sequence[str]]) -> str:
    digest = blake2b(digest_size=16)
    for target in sorted(lines, key=str):
        digest.update(f"{target}\n".encode())
        for line in lines[target]:
            digest.update(line.encode())
    return digest.hexdigest()


# ------------------------------------------------------------------------------------------------------------ memory


def _beside(store: Store, url: str) -> Path | None:
    """Where a push of a store to a URL is remembered: in the directory of the store, if it has one."""
    folder = Path(store.place)
    return folder / f"push-{blake2b(url.encode(), digest_size=6).hexdigest()}.json" if folder.is_dir() else None


class _Memory:
    """How much of a plan was carried out, in a file."""

    def __init__(self, path: Path | None, plan: Mapping[str, object]) -> None:
        self._path, self._plan = path, plan

    def recall(self, resume: bool, remark: Callable[[str], None]) -> int:
        """How many parts are done, which is 0 unless the push is resumed."""
        if self._path is None:
            if resume:
                raise UsageError("there is nothing to resume: this graph is in no directory that could remember a push")
            return 0
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            done = int(kept.pop("done"))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            if resume:
                raise UsageError(f"{self._path} cannot be read, so push without --resume: {error}") from error
            return 0
        if not resume:
            remark(f"an earlier push was interrupted after {done} of {kept.get('parts')} parts; this one begins anew")
            return 0
        if kept != self._plan:
            changed = [name for name, value in self._plan.items() if kept.get(name) != value]
            raise UsageError(
                f"the interrupted push was another one ({', '.join(changed)} changed), so push without --resume"
                + (", with --replace if the endpoint is not to keep what it has" if "graph" in changed else "")
            )
        return done

    def keep(self, done: int, remark: Callable[[str], None]) -> None:
        """Write down that so many parts are done; where that is not possible, say so once and go on."""
        if self._path:
            try:
                write_file(self._path, (json.dumps({**self._plan, "done": done}, indent=1) + "\n").encode())
            except UsageError as error:
                remark(f"an interruption could not be resumed: {error}")
                self._path = None

    def forget(self) -> None:
        """Nothing is left to resume."""
        if self._path:
            self._path.unlink(missing_ok=True)


# ----------------------------------------------------------------------------------------------------------- requests


class _Sender:
    """Writes parts to an endpoint."""

    def __init__(self, url: str, method: Method, connection: Connection) -> None:
        self._endpoint = Endpoint(url, connection)
        self._method = method
        self.place = self._endpoint.place
        self.url = self._endpoint.url()

    @property
    def lacks_default_graph(self) -> bool:
        """Whether this is a Virtuoso, where triples are always in a named graph."""
        return self._endpoint.software.startswith("Virtuoso")

    def remark(self, text: str) -> None:
        """Tell the user, if somebody listens."""
        if remark := self._endpoint.connection.remark:
            remark(f"{self.place}: {text}")

    def look(self, graph: ox.NamedNode) -> None:
        """Knock before anything large is sent: are we let in, may we write, and what software is it?

        What is sent adds nothing. A server that does not take nothing may still take something.
        """
        empty = _Part(graph, (), first=False)
        try:
            self.send(empty, replace=False)
        except EndpointError as error:
            if error.status in {None, 401, 403, 404, 405}:
                raise EndpointError(f"{error}{_advice(error, empty)}", error.status) from error

    def send(self, part: _Part, *, replace: bool) -> None:
        """Send a part; with `replace` its graph holds nothing else then."""
        if self._method is Method.GSP:
            self._request(
                "PUT" if replace else "POST", self._graph_url(part.target), part.body, "application/n-triples"
            )
            return
        if replace:
            self._update(f"CLEAR SILENT {f'GRAPH {part.target}' if part.target else 'DEFAULT'}")
        triples = part.body.decode()
        self._update(
            f"INSERT DATA {{ GRAPH {part.target} {{\n{triples}}} }}"
            if part.target and triples
            else f"INSERT DATA {{\n{triples}}}"
        )

    def count(self, target: Target, count_at: str | None) -> int | None:
        """How many triples a graph has; None, with a remark, when that cannot be learnt."""
        try:
            if self._method is Method.UPDATE:
                return self._count_asked(count_at or self.url, target)
            if count_at or (count_at := self._beside()):
                return self._count_asked(count_at, target)
            return self._count_fetched(target)
        except EndpointError as error:
            self.remark(f"what is there could not be counted: {error} (--count-at URL names a SPARQL endpoint for it)")
            return None

    def _beside(self) -> str | None:
        """The SPARQL endpoint of a graph store, where that is known. (A whole graph comes back cut from Virtuoso.)"""
        for path, other in _ASKED_AT.items():
            if self.place.endswith(path):
                return self.place.removesuffix(path) + other
        return None

    def _count_asked(self, url: str, target: Target) -> int:
        from kg.remote import RemoteStore

        connection = replace(self._endpoint.connection, credentials=self._endpoint.credentials, page_size=None)
        pattern = f"GRAPH {target} {{ ?s ?p ?o }}" if target else "?s ?p ?o"
        (row,) = RemoteStore(url, connection).select(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")
        return int(row["n"].value)

    def _count_fetched(self, target: Target) -> int:
        request = self._new_request("GET", self._graph_url(target))
        request.add_header("Accept", "application/n-triples, text/turtle;q=0.9")
        reply = self._endpoint.send(request)
        format = ox.RdfFormat.from_media_type(reply.media)
        if format is None:
            raise self._endpoint.error(f"answered with {reply.media or 'no media type'} instead of RDF")
        try:
            return sum(1 for _ in ox.parse(reply.body, format=format, base_iri=self.place))
        except (SyntaxError, ValueError) as error:
            raise self._endpoint.error(f"answered with broken {format.name}: {error}") from error

    def _graph_url(self, target: Target) -> str:
        if target:
            return self._endpoint.url(("graph", target.value))
        return self.url + ("&" if "?" in self.url else "?") + "default"

    def _update(self, text: str) -> None:
        self._request("POST", self.url, text.encode(), "application/sparql-update")

    def _request(self, method: str, url: str, body: bytes, media: str) -> None:
        request = self._new_request(method, url, body)
        request.add_header("Content-Type", media)
        self._endpoint.send(request)

    def _new_request(self, method: str, url: str, body: bytes | None = None) -> Request:
        return Request(url, data=body, method=method, headers={"User-Agent": f"kg/{kg.__version__}"})


_NO_RIGHT = ("SR186", "SECURITY", "No permission", "permission denied")


def _advice(error: EndpointError, part: _Part) -> str:
    """What to do about an error, to be put behind it."""
    text, smaller = str(error), f"--batch {max(1, len(part.lines) // 4)}"
    if error.status == 413 or "memory exhausted" in text or "stack overflow" in text.lower():
        return f"; a part of {len(part.lines):,} triples is too much for it: try {smaller}"
    if "broke off" in text and len(part.lines) > 1:
        return f"; perhaps a part of {len(part.lines):,} triples is too much for it: try {smaller}"
    if error.status in {401, 403} or any(sign in text for sign in _NO_RIGHT):
        return (
            "; to write needs a user or a token that may, and the right URL "
            "(Virtuoso: /sparql-auth, or /sparql-graph-crud-auth with --method gsp)"
        )
    if error.status in {404, 405, 501}:
        return "; is this the URL for updates (--method update), or of a graph store (--method gsp)?"
    return ""
