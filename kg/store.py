"""Where quads live: a directory, memory, or somebody's SPARQL endpoint, all with the same methods.

    open_store("output")                        the last build in this directory, read-only
    open_store(":memory:")                      an empty store that can be filled
    open_store("https://example.org/sparql")    a remote endpoint

Queries see the union of all graphs, unless they say FROM, so that `?s ?p ?o` finds a concept's triples and its evidence
alike, and know the prefixes of `kg.serialize.prefixes` (`kg:`, `skos:`, `concept:`, …) without declaring them.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyoxigraph as ox

from kg.errors import MissingGraph, StoreError
from kg.serialize import prefixes, serialize
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, choose, fault_of, faults_elsewhere, form, plan, wrong_form
from kg.swap import check_output, settled, write_build
from kg.vocabulary import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kg.endpoint import Connection
    from kg.sparql import Form, Functions, Plan, Term

_MOST_REMEMBERED = 1000
"""How many queries a store remembers the plans of."""

_LONGEST_REMEMBERED = 10_000
"""Characters of the longest of them."""

__all__ = ["LocalStore", "Store", "check_output", "dataset_base", "open_store", "write_build"]


class Store(Protocol):
    """What every place of quads can do. `place` is its name for people.

    The three query methods raise `QueryError` for a query that does not parse or is of another form.
    """

    place: str

    def form(self, query: str) -> Form:
        """The class of a query's answer; raises `QueryError` for a text that is no query."""

    def select(self, query: str) -> ox.QuerySolutions:
        """The solutions of a SELECT query."""

    def rows(self, query: str) -> Iterator[ox.QuerySolution]:
        """All solutions of a query of our own, complete even where an endpoint gives only so many at once.

        The query is one SELECT with a list of variables, without prologue and LIMIT. An endpoint may be asked for its
        solutions piece by piece, by the first variable, so that is one that is bound in all of them.
        """

    def ask(self, query: str) -> bool:
        """The answer of an ASK query."""

    def construct(self, query: str) -> Iterator[ox.Triple]:
        """The triples of a CONSTRUCT or DESCRIBE query."""

    def sparql(self, query: str, accept: str | None = None) -> tuple[bytes, str]:
        """The answer of a query of any form, serialized, and its media type.

        `accept` is the name of a format (`csv`, `turtle`), a media type or an HTTP `Accept` header; raises
        `NotAcceptable` when the answer cannot be given so.
        """

    def quads(self) -> Iterator[ox.Quad]:
        """All quads, in no particular order."""


class LocalStore:
    """A pyoxigraph store in a directory (read-only) or in memory.

    `identity` tells what was opened in a directory from whatever stands there before or afterwards.
    """

    allowed: frozenset[str] = frozenset()
    """The endpoints that queries may call with SERVICE; none, unless the store's owner says so."""

    def __init__(self, store: ox.Store | None = None, place: str = ":memory:", *, identity: str | None = None) -> None:
        self.place = place
        self.identity = identity
        self._store = ox.Store() if store is None else store
        self._names: dict[str, str] = {}
        self._plans: dict[str, Plan] = {}
        self._functions: dict[ox.NamedNode, Callable[..., Term | None]] = {}

    def __len__(self) -> int:
        return len(self._store)

    def __repr__(self) -> str:
        return f"LocalStore({self.place!r})"

    @classmethod
    def open(cls, output: Path) -> LocalStore:
        """The store of a directory; raises `MissingGraph` where none was built, `StoreError` if it cannot be read."""
        try:
            return cls._open(output)
        except PermissionError as error:
            raise StoreError(f"{error.filename or output} is closed to you: {error.strerror}") from error

    @classmethod
    def _open(cls, output: Path) -> LocalStore:
        for folder in settled(output):
            before = identity(folder)
            fault = None
            try:
                store = cls(ox.Store.read_only(str(folder)), str(output), identity=_files(folder))
            except (OSError, RuntimeError) as error:
                fault = error
            if before is None or identity(folder) != before:
                continue  # a build has replaced it meanwhile, and files of two stores may have been opened: once more
            if fault:
                if "Permission denied" in str(fault):
                    raise StoreError(f"{folder} is closed to you ({fault})") from fault
                raise StoreError(f"{folder} is damaged, build the graph again ({fault})") from fault
            return store
        raise MissingGraph(output)

    def knowing(self, functions: Functions) -> LocalStore:
        """The same store for queries that call these functions."""
        other = LocalStore(self._store, self.place, identity=self.identity)
        other._names, other._plans, other._functions = self._names, self._plans, dict(functions)
        other.allowed = self.allowed
        return other

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, all or none; only a store in memory takes them."""
        self._names, self._plans = {}, {}
        try:
            self._store.bulk_extend(quads)
        except (OSError, RuntimeError) as error:
            raise StoreError(f"{self.place} cannot be written: {error}") from error

    def quads(self) -> Iterator[ox.Quad]:
        """All quads, in no particular order."""
        return iter(self._store)

    def form(self, query: str) -> Form:
        """The class of a query's answer."""
        return form(query, self.prefixes)

    def select(self, query: str) -> ox.QuerySolutions:
        """The solutions of a SELECT query."""
        answer = self.answer(query)
        if isinstance(answer, ox.QuerySolutions):
            return answer
        raise wrong_form("SELECT", type(answer))

    def rows(self, query: str) -> Iterator[ox.QuerySolution]:
        """All solutions of a query; there is no need for pieces here."""
        return self.select(query)

    def ask(self, query: str) -> bool:
        """The answer of an ASK query."""
        answer = self.answer(query)
        if isinstance(answer, ox.QueryBoolean):
            return bool(answer)
        raise wrong_form("ASK", type(answer))

    def construct(self, query: str) -> Iterator[ox.Triple]:
        """The triples of a CONSTRUCT or DESCRIBE query."""
        answer = self.answer(query)
        if isinstance(answer, ox.QueryTriples):
            return iter(answer)
        raise wrong_form("CONSTRUCT or DESCRIBE", type(answer))

    def sparql(self, query: str, accept: str | None = None) -> tuple[bytes, str]:
        """The answer of a query of any form, serialized, and its media type."""
        answer = self.answer(query)
        if isinstance(answer, ox.QueryTriples):
            graph_format = choose(accept, GRAPH_FORMATS)
            return serialize(answer, graph_format, self.prefixes), graph_format.media_type
        result_format = choose(accept, RESULT_FORMATS)
        return answer.serialize(format=result_format) or b"", result_format.media_type

    def csv(self, query: str, functions: Functions) -> bytes:
        """The solutions of a SELECT of our own as CSV, which the engine writes without making objects of its terms."""
        how: dict[str, Any] = {"custom_functions": functions, "use_default_graph_as_union": True}
        try:
            answer = self._store.query(query, prefixes=self.prefixes, **how)
            assert isinstance(answer, ox.QuerySolutions)
            return answer.serialize(format=ox.QueryResultsFormat.CSV) or b""
        except OSError as error:
            raise StoreError(f"{self.place} cannot be read ({error}): build the graph again") from error

    def dump(self, format: ox.RdfFormat) -> bytes:
        """The whole store in a format: the same bytes for the same quads."""
        return serialize(self.quads(), format, self.prefixes)

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that queries need not declare, and that serializations use: those of the dataset's base."""
        if not self._names:
            self._names = prefixes()  # for the query that asks for the base
            self._names = prefixes(dataset_base(self))
        return self._names

    def answer(
        self,
        query: str,
        *,
        union: bool = True,
        default: Sequence[ox.NamedNode] | None = None,
        named: Sequence[ox.NamedNode] | None = None,
        base: str | None = None,
    ) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """What the engine answers to a query of any form, evaluated as it is read.

        Its default graph is the union of all graphs, or the store's own when not `union`; unless the query says FROM,
        or a dataset is given: `default` graphs, whose union it is, and `named` ones, the only ones that GRAPH sees.
        Relative IRIs are relative to `base`, and an error without one. Raises `QueryError`, and `EndpointError` for an
        endpoint that SERVICE calls in vain; what is found out only as the answer is read is raised by the engine.
        """
        known = self._plans.get(query) or self._plan(query)
        how: dict[str, Any] = {"custom_functions": self._functions, "base_iri": base}
        if default is None and named is None:
            how["use_default_graph_as_union"] = union and known.union
        else:
            how |= {"default_graph": list(default or ()), "named_graphs": list(named or ())}
        try:
            with faults_elsewhere(query, self.allowed):
                try:
                    return self._store.query(known.text, **how)
                except SyntaxError:  # ask once more in the user's own text, where the fault has its place
                    return self._store.query(query, prefixes=self.prefixes, **how)
        except (SyntaxError, RuntimeError, ValueError) as error:
            raise fault_of(query, error) from error
        except OSError as error:
            raise StoreError(f"{self.place} cannot be read ({error}): build the graph again") from error

    def _plan(self, query: str) -> Plan:
        """The plan of a query, remembered, because most queries are asked again."""
        known = plan(query, self.prefixes, self.allowed)
        if len(query) <= _LONGEST_REMEMBERED:
            if len(self._plans) >= _MOST_REMEMBERED:
                self._plans.clear()
            self._plans[query] = known
        return known

    def graphs(self) -> list[ox.NamedNode]:
        """The names of the named graphs, sorted."""
        names = (name for name in self._store.named_graphs() if isinstance(name, ox.NamedNode))
        return sorted(names, key=lambda name: name.value)

    def has_graph(self, name: ox.NamedNode) -> bool:
        """Whether there is a named graph of this name."""
        return self._store.contains_named_graph(name)

    def graph(self, name: ox.NamedNode | ox.DefaultGraph) -> Iterator[ox.Triple]:
        """The triples of one graph."""
        for quad in self._store.quads_for_pattern(None, None, None, name):
            yield quad.triple


def open_store(place: str | Path, connection: Connection | None = None) -> Store:
    """The store at a place: a build's directory, `:memory:`, or the URL of a SPARQL endpoint, talked to as told.

    Raises `MissingGraph` for a directory without a build and `StoreError` for one that cannot be read; an endpoint is
    first asked when it is first queried.
    """
    if isinstance(place, str):
        if place == ":memory:":
            return LocalStore()
        if place.lower().startswith(("http://", "https://")):
            from kg.remote import RemoteStore

            return RemoteStore(place, connection)
    return LocalStore.open(Path(place))


def dataset_base(store: Store) -> str:
    """The base of the IRIs in a store, as its dataset description says; the default one if it has none."""
    for solution in store.select("SELECT ?base { ?d a void:Dataset ; void:uriSpace ?base } ORDER BY ?base LIMIT 1"):
        return str(solution["base"].value)
    return BASE


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells a directory from another one of the same name; the times, because numbers are used again."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _files(folder: Path) -> str:
    """A hash of the names, sizes and times of a store's files, those aside that only tell what was done to it."""
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("LO"))  # LOCK, LOG, LOG.old…
    told = [(path.name, status.st_size, status.st_mtime_ns) for path in files for status in [path.stat()]]
    return blake2b(repr(told).encode(), digest_size=20).hexdigest()
