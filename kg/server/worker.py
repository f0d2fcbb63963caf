"""A process that reads the graph for the server: one job at a time, killed when a job lasts too long.

Started by `kg.server.pool` as `python -P -c "from kg.server.worker import main; main()" FD SETTINGS`. It looks before
each job whether the graph on disk is still the one that it has open, so that a build is served from its first moment.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from kg.errors import (
    ConceptNotFound,
    EndpointError,
    KgError,
    NoPath,
    NotAcceptable,
    QueryError,
    StoreError,
    UsageError,
)
from kg.graph import KnowledgeGraph
from kg.server import describe, explore
from kg.server.answer import content_type, send
from kg.server.channel import Channel, ServerGone
from kg.server.limits import Limits, Refusal
from kg.server.protocol import preferred
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, faults_elsewhere
from kg.store import LocalStore, identity
from kg.swap import STORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kg.explorer.pages import Explorer, Page
    from kg.server.channel import Json

STACK = 512 << 20
"""Bytes of address space for the stack of the thread that works; memory is used only as far as a query nests."""

_GRACE = 5
"""Seconds after which a worker that nobody kills ends itself."""


_WALKS = re.compile(r"service\b.*(?:path|connect)\b", re.IGNORECASE | re.DOTALL)
"""What a query has in it that asks for paths or connections."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a worker is started.

    `union` says that the default graph of queries is the union of all graphs; `allowed` are the places that SERVICE and
    LOAD may call, `queries` folders of named queries besides the program's own.
    """

    place: str
    limits: Limits
    union: bool = True
    writable: bool = False
    allowed: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()

    def dumped(self) -> str:
        """As the argument of a process."""
        return json.dumps(asdict(self))

    @classmethod
    def loaded(cls, text: str) -> Settings:
        """From the argument of a process."""
        values = json.loads(text)
        lists = {name: tuple(values[name]) for name in ("allowed", "queries")}
        return cls(**{**values, **lists, "limits": Limits(**values["limits"])})


def main() -> None:
    """Work until the server closes the socket."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the server
    settings = Settings.loaded(sys.argv[2])
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    threading.stack_size(STACK)
    thread = threading.Thread(target=_work, args=(channel, settings), name="work")
    thread.start()
    threading.stack_size(0)  # those that it starts need no more than others do
    thread.join()
    os._exit(0)  # nothing that is still open needs care, and the engine's threads may not be waited for


@contextmanager
def _bounded_memory(size: int) -> Iterator[None]:
    """Within it memory is free; from its end on the process may grow by so many bytes, and dies if it wants more."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    yield
    statm = Path("/proc/self/statm")
    if statm.exists():  # only Linux tells how much is mapped
        limit = int(statm.read_text().split()[0]) * resource.getpagesize() + size
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _work(channel: Channel, settings: Settings) -> None:
    try:
        answers: Mapping[str, Callable[[Channel, Json], None]]
        if settings.writable:
            from kg.server.writer import Writer

            answers = Writer(settings).jobs
        else:
            answers = Reader(settings).jobs
    except KgError as error:
        _refuse(channel, Refusal(503, str(error)))
        return
    channel.send(b"R")
    seconds = settings.limits.update_seconds if settings.writable else settings.limits.seconds
    while (job := channel.receive()) is not None:
        signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE)
        try:
            answers[job["do"]](channel, job)
        except Refusal as refusal:
            _refuse(channel, refusal)
        except KgError as error:
            _refuse(channel, Refusal(status(error), str(error)))
        except MemoryError:
            _refuse(channel, too_much_memory(settings.limits))
        except ServerGone:
            return
        except (OSError, RuntimeError, ValueError) as error:  # what the engine meets while its answer is read
            called = settings.allowed and isinstance(error, OSError)
            _refuse(channel, Refusal(502 if called else 400, f"the query cannot be evaluated: {error}"))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _refuse(channel: Channel, refusal: Refusal) -> None:
    words = {"status": refusal.status, "message": str(refusal), "headers": refusal.headers}
    channel.send(b"X", json.dumps(words).encode())


def too_much_memory(limits: Limits) -> Refusal:
    """The refusal of a query that wanted more memory than there is for it."""
    return Refusal(503, f"the query needs more than {limits.memory_bytes:,} bytes of memory: make it narrower")


def status(error: KgError) -> int:
    """The HTTP status for an error."""
    match error:
        case ConceptNotFound() | NoPath():
            return 404
        case NotAcceptable():
            return 406
        case UsageError():
            return 400
        case EndpointError():
            return 502
        case StoreError():
            return 503
        case _:
            return 500


class Reader:
    """Answers what can be asked of a graph that only is read. `jobs` are its methods by name."""

    def __init__(self, settings: Settings) -> None:
        self._output = Path(settings.place)
        self._limits = settings.limits
        self._union = settings.union
        self._allowed = settings.allowed
        self._queries = settings.queries
        self._identity: object = None
        self._explorer: Explorer | None = None
        self._ready: KnowledgeGraph | None = None
        self._graph = self.graph
        """The graph that was analysed last, and what was found of it so far."""
        self.jobs: Mapping[str, Callable[[Channel, Json], None]] = {
            "query": self._query,
            "named": self._named,
            "resource": self._resource,
            "page": self._page,
            "explore": self._explore,
            "service": self._service,
            "void": self._void,
            "read": self._read,
        }

    @property
    def graph(self) -> KnowledgeGraph:
        """The graph that is on disk now."""
        now = identity(self._output / STORE)
        if self._identity is None or now != self._identity:
            with _bounded_memory(self._limits.memory_bytes):
                store = LocalStore.open(self._output)
            store.allowed = frozenset(self._allowed)
            self._graph = KnowledgeGraph(store, queries=map(Path, self._queries))
            self._identity = now
            self._explorer = None
        return self._graph

    @property
    def explorer(self) -> Explorer:
        """The pages of the graph that is on disk now."""
        graph = self.graph
        if self._explorer is None:
            from kg.explorer.pages import Explorer

            self._explorer = Explorer(graph, self._output.name)
        return self._explorer

    @property
    def store(self) -> LocalStore:
        """Its store."""
        store = self.graph.store
        assert isinstance(store, LocalStore)
        return store

    def _load_libraries(self) -> None:
        """Load what searches in the graph are computed on and with, which is not what a query may be charged for."""
        graph = self.graph
        if self._ready is not graph:
            with _bounded_memory(self._limits.memory_bytes):
                import kg.steiner  # noqa: F401

                len(graph.network)
            self._ready = graph

    def _evaluate(self, query: str, job: Json) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        if _WALKS.search(query):
            self._load_libraries()
        text, functions = self.graph.prepare(query)
        store = self.store.knowing(functions) if functions else self.store
        default, named = job.get("default"), job.get("graphs")
        if default is None and named is None:
            return store.answer(text, union=self._union, base=job.get("base"))
        return store.answer(
            text,
            default=[_iri(text) for text in default or ()],
            named=[_iri(text) for text in named or ()],
            base=job.get("base"),
        )

    def _query(self, channel: Channel, job: Json) -> None:
        self._answer(channel, job["query"], job)

    def _answer(self, channel: Channel, query: str, job: Json) -> None:
        """Evaluate a query and send the answer: to a person as a page, to a program in the format it likes best."""
        deadline = monotonic() + self._limits.seconds
        accept, wanted = job.get("accept"), job.get("format", "")
        if wanted == "html" or (not wanted and preferred(accept)):
            channel.send_answer(*_page(self._shown(query, job)))
            return
        answer = self._evaluate(query, job)
        if wanted == "graph":
            from kg.explorer import pages, queries

            channel.send_answer(*_page(pages.interactive(queries.drawn(self.graph, answer, "Answer of a query"))))
            return
        offered = GRAPH_FORMATS if isinstance(answer, ox.QueryTriples) else RESULT_FORMATS
        # A name of a format goes before the header if this kind of answer has it.
        with faults_elsewhere(query, self._allowed):  # the engine evaluates as the answer is read
            send(channel, answer, wanted if wanted in offered else accept, self.store.prefixes, self._limits, deadline)

    def _shown(self, query: str, job: Json) -> Page:
        """The answer of a query as a page, or the query with its fault."""
        from kg.explorer import queries

        try:
            with faults_elsewhere(query, self._allowed):
                answer = self._evaluate(query, job)
                asked = queries.answered(self.graph, query, answer, self.store.prefixes, job.get("view", ""))
        except KgError as error:
            asked = queries.faulty(query, error, status(error))
        except (RuntimeError, ValueError) as error:  # what the engine meets while its answer is read
            asked = queries.faulty(query, QueryError(f"the query cannot be evaluated: {error}"), 400)
        return self.explorer.answered(asked)

    def _named(self, channel: Channel, job: Json) -> None:
        text = self.graph.bound(job["name"], job["values"])
        if job.get("format") == "sparql":
            channel.send_answer(_head("application/sparql-query; charset=utf-8"), text.encode())
        else:
            self._answer(channel, text, job)

    def _resource(self, channel: Channel, job: Json) -> None:
        """What the graph says of an IRI of its own."""
        accept, wanted = job.get("accept"), job.get("format", "")
        shown = wanted == "html" or (not wanted and preferred(accept))
        names = [_iri(job["iri"]).value] if "iri" in job else self._names(job["sent"], job["path"])
        triples: list[ox.Triple] = []
        for iri in names:
            if shown and (page := self.explorer.resource(iri)):
                channel.send_answer(*_page(page))
                return
            if triples := describe.resource(self.store, _iri(iri)):
                break
        if shown:
            page = self.explorer.plain(iri, triples) if triples else self.explorer.missing(names[0])
            channel.send_answer(*_page(page))
            return
        if not triples:
            raise Refusal(404, f"nothing is known of <{names[0]}>")
        send(channel, triples, wanted or accept, self.store.prefixes, self._limits, monotonic() + self._limits.seconds)

    def _names(self, *paths: str) -> list[str]:
        """The IRIs that a path may mean: as it was sent, and with its percent-encoding undone."""
        names = list(dict.fromkeys(self.graph.base + path for path in paths))
        usable = [name for name in names if _is_iri(name)]
        return usable or [_iri(names[0]).value]

    def _page(self, channel: Channel, job: Json) -> None:
        """A page of the explorer; what it shows as JSON, if that is asked for."""
        accept, values = job.get("accept"), job["values"]
        if job["page"] in {"path", "search"}:  # a search may be a question that is answered by paths
            self._load_libraries()
        data = values.get("format") == ["json"] or (not preferred(accept) and "application/json" in (accept or ""))
        page = self.explorer.data(job["page"], values) if data else None
        channel.send_answer(*_page(page or self.explorer.page(job["page"], values)))

    def _explore(self, channel: Channel, job: Json) -> None:
        """What lies between concepts, or around one."""
        self._load_libraries()
        content = explore.answer(self.graph, job["what"], job["arguments"], self._limits)
        channel.send_answer(_head("application/json"), content)

    def _service(self, channel: Channel, job: Json) -> None:
        triples = describe.service(self.store, job["url"], union=self._union, writable=job["writable"])
        self._describe(channel, triples, job)

    def _void(self, channel: Channel, job: Json) -> None:
        self._describe(channel, describe.void(self.store, job["url"]), job)

    def _describe(self, channel: Channel, triples: list[ox.Triple], job: Json) -> None:
        deadline = monotonic() + self._limits.seconds
        wanted = job.get("format") or job.get("accept")
        send(channel, triples, wanted, describe.PREFIXES | self.store.prefixes, self._limits, deadline)

    def _read(self, channel: Channel, job: Json) -> None:
        """A graph of the Graph Store Protocol."""
        store = self.store
        graph = ox.DefaultGraph() if job["graph"] is None else _iri(job["graph"])
        if isinstance(graph, ox.NamedNode) and not store.has_graph(graph):
            raise Refusal(404, f"there is no graph <{graph.value}> here")
        triples = store.graph(graph)
        wanted = job.get("format") or job.get("accept")
        send(channel, triples, wanted, store.prefixes, self._limits, monotonic() + self._limits.seconds)


def _iri(text: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise QueryError(f"{text!r} is no IRI: {error}") from error


def _is_iri(text: str) -> bool:
    try:
        _iri(text)
    except QueryError:
        return False
    return True


def _head(media: str) -> dict[str, Any]:
    return {"status": 200, "headers": {"Content-Type": content_type(media)}}


def _page(page: Page) -> tuple[dict[str, Any], bytes]:
    return {"status": page.status, "headers": {"Content-Type": page.media, **page.headers}}, page.body
