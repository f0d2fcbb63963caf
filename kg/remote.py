"""Somebody's SPARQL endpoint as a store: SPARQLWrapper asks, and answers come back as the same classes as locally.

Endpoints give at most so many rows at once, and most do not say so. What this program reads whole (`RemoteStore.rows`)
is therefore counted when it could have been cut, and then read in pages by key: sorted by the MD5 of a variable's text,
each page from where the last one ended, and counted again. OFFSET will not do: without ORDER BY it is promised nothing,
and with it Virtuoso refuses to sort more than 10,000 rows (SR353). The text itself will not do either: Virtuoso sorts
texts that are not ASCII in another order than it compares them, and a text may be long; an MD5 is 32 letters and
digits. A query of the user's own is sent as it is, unless a page size is given.
"""

from __future__ import annotations

import csv
import json
import re
import warnings
from typing import TYPE_CHECKING

import pyoxigraph as ox
from SPARQLWrapper import GET, POST, SELECT, SPARQLWrapper

import kg
from kg.endpoint import Endpoint, beginning
from kg.errors import EndpointError, IncompleteAnswer, QueryError
from kg.serialize import prefixes
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, choose, declare, form, guessed_form, wrong_form
from kg.vocabulary import default_graph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from urllib.request import Request

    from kg.endpoint import Connection, Reply
    from kg.sparql import Form

_LONGEST_GET = 2000
"""Characters of a query that are sent in a URL; a longer one is posted, because servers and proxies cut long URLs."""

_RESULTS = "application/sparql-results+json, application/sparql-results+xml;q=0.9"
_GRAPH = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.8"

_UNSUSPICIOUS = 100
"""No endpoint gives fewer rows than this at once, so that an answer of at most so many is whole."""

_CAPS = frozenset(digit * 10**power for digit in (1, 2, 5) for power in range(3, 8))
"""Numbers of rows at which endpoints are known to cut: 1,000, 2,000, 5,000, 10,000 and so on."""

_KEY = "kg_key"
"""The variable that pages are sorted by."""

_VIRTUOSO_GRAPHS = (
    "http://www.openlinksw.com/schemas/virtrdf#", "http://www.w3.org/ns/ldp#", "http://localuriqaserver/sparql",
    "urn:activitystreams-owl:map", "http://www.w3.org/2002/07/owl#", "urn:core:services:sparql",
)  # fmt: skip
"""Graphs with which every Virtuoso is born; they are nobody's data."""


class RemoteStore:
    """A SPARQL 1.1 endpoint. `place` is its URL without credentials.

    Every method raises `EndpointError`, which names the endpoint and the reason. Queries are not checked before they
    are sent, because endpoints speak dialects; only the prefixes that every store knows are declared where needed.
    """

    def __init__(self, url: str, connection: Connection | None = None) -> None:
        self._endpoint = Endpoint(url, connection)
        self._connection = self._endpoint.connection
        self.place = self._endpoint.place
        self._whole = _UNSUSPICIOUS
        """The most rows that are known to come at once."""
        self._page = self._connection.page_size
        """How many rows to ask for at once; None as long as no answer was cut."""

    def __repr__(self) -> str:
        return f"RemoteStore({self.place!r})"

    def form(self, query: str) -> Form:
        """The class of a query's answer, as far as it can be told of a dialect."""
        try:
            return form(query, prefixes())
        except QueryError:
            if (guess := guessed_form(query)) is None:
                raise
            return guess

    def select(self, query: str) -> ox.QuerySolutions:
        """The solutions of a SELECT query; they are remarked on when they look cut."""
        self._expect(query, "SELECT", ox.QuerySolutions)
        if self._connection.page_size and not _limits(query):
            return self._paged(query, self._connection.page_size)
        reply = self._results(query)
        answer = self._parsed(reply)
        if not isinstance(answer, ox.QuerySolutions):
            raise wrong_form("SELECT", type(answer))
        self._remark_on(query, reply, sum(1 for _ in answer))
        answer = self._parsed(reply)
        assert isinstance(answer, ox.QuerySolutions)
        return answer

    def ask(self, query: str) -> bool:
        """The answer of an ASK query."""
        self._expect(query, "ASK", ox.QueryBoolean)
        answer = self._parsed(self._results(query))
        if isinstance(answer, ox.QueryBoolean):
            return bool(answer)
        raise wrong_form("ASK", type(answer))

    def construct(self, query: str) -> Iterator[ox.Triple]:
        """The triples of a CONSTRUCT or DESCRIBE query."""
        self._expect(query, "CONSTRUCT or DESCRIBE", ox.QueryTriples)
        reply = self._request(query, _GRAPH)
        triples = self._triples(reply)
        self._remark_on(query, reply, len(triples))
        return iter(triples)

    def sparql(self, query: str, accept: str | None = None) -> tuple[bytes, str]:
        """The endpoint's answer as it came, and its media type. Formats can be named by their short names."""
        if self._connection.page_size and not _limits(query) and self.form(query) is ox.QuerySolutions:
            chosen = choose(accept, RESULT_FORMATS)
            return self.select(query).serialize(format=chosen) or b"", chosen.media_type
        short = {name: format.media_type for name, format in RESULT_FORMATS.items()}
        short |= {name: format.media_type for name, format in GRAPH_FORMATS.items()}
        if not accept:
            accept = f"{_RESULTS}, text/turtle, application/n-triples;q=0.9, application/rdf+xml;q=0.8"
        elif accept in short:
            accept = short[accept].partition(";")[0]
        reply = self._request(query, accept)
        self._remark_on(query, reply, _rows_in(reply))
        return reply.body, reply.media

    def quads(self) -> Iterator[ox.Quad]:
        """All quads of the endpoint's default and named graphs, graph by graph and property by property.

        What is in named graphs is not in the default graph as well, because many endpoints, ours too, show the union of
        all graphs as the default graph. At an endpoint without one, a graph that stands for it is read as it.
        """
        from kg.store import dataset_base

        graphs = {row["g"] for row in self.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")}
        virtuoso = self._endpoint.software.startswith("Virtuoso")
        stand_in = default_graph(dataset_base(self))
        for graph in sorted(graphs, key=str):
            if not isinstance(graph, ox.NamedNode) or (virtuoso and graph.value in _VIRTUOSO_GRAPHS):
                continue
            home = ox.DefaultGraph() if graph == stand_in else graph
            yield from self._quads(f"GRAPH {graph} {{ ?s %s ?o }}", home)
        yield from self._quads("?s %s ?o FILTER NOT EXISTS { GRAPH ?g { ?s %s ?o } }", ox.DefaultGraph())

    def _quads(self, pattern: str, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[ox.Quad]:
        everything = pattern.replace("%s", "?p")
        predicates = {row["p"].value for row in self.rows(f"SELECT DISTINCT ?p {{ {everything} }}")}
        for predicate in map(ox.NamedNode, sorted(predicates)):
            for row in self.rows(f"SELECT ?s ?o {{ {pattern.replace('%s', str(predicate))} }}"):
                yield ox.Quad(row["s"], predicate, row["o"], graph)

    # --------------------------------------------------------------------------------------------- complete answers

    def rows(self, query: str) -> Iterator[ox.QuerySolution]:
        """All solutions of a query of our own: at once if they come so, or in pages."""
        if self._page is None:
            reply = self._results(query)
            rows = list(self._read(reply))
            few = len(rows) <= self._whole and not _says_cut(reply)
            if few or len(rows) >= self._count(query):
                self._whole = max(self._whole, len(rows))
                return iter(rows)
            self._page = len(rows)
        rows = self._by_key(query, "", _columns(query), self._page)
        if len(rows) < (expected := self._count(query)):
            raise self._endpoint.error(
                f"gave {len(rows):,} of {expected:,} rows, even in pages: it changes meanwhile, gives fewer rows at "
                "once (try a smaller --page-size), or sorts in another order than it compares"
            )
        return iter(rows)

    def _by_key(self, query: str, condition: str, keys: Sequence[str], size: int) -> list[ox.QuerySolution]:
        """All solutions under a condition: the first key tells pages apart, the others where a page has one of it."""
        if not keys:
            raise self._endpoint.error(f"has more than {size:,} rows that differ in nothing to sort them by")
        key, *others = keys
        found: list[ox.QuerySolution] = []
        after = condition
        while True:
            page = self._page_of(query, after, key, size)
            if len(page) < size:
                return found + page
            last = page[-1][_KEY]
            if last is None:
                raise self._endpoint.error(f"cannot be read in pages, because some {key} have no text to sort by")
            whole = [row for row in page if row[_KEY] != last]
            found += whole
            if whole:
                after = f"{condition} FILTER(MD5(STR({key})) >= {last})"
            else:  # a page of one and the same key
                found += self._by_key(query, f"{condition} FILTER(MD5(STR({key})) = {last})", others, size)
                after = f"{condition} FILTER(MD5(STR({key})) > {last})"

    def _page_of(self, query: str, condition: str, key: str, size: int) -> list[ox.QuerySolution]:
        columns = " ".join(_columns(query))
        return list(
            self._solutions(
                f"SELECT {columns} (MD5(STR({key})) AS ?{_KEY}) WHERE {{ {{ {query} }} {condition} }} "
                f"ORDER BY ?{_KEY} LIMIT {size}"
            )
        )

    def _count(self, query: str) -> int:
        (row,) = self._solutions(f"SELECT (COUNT(*) AS ?n) WHERE {{ {{ {query} }} }}")
        return int(row["n"].value)

    def _solutions(self, query: str) -> ox.QuerySolutions:
        """The solutions of a query of our own."""
        return self._read(self._results(query))

    def _read(self, reply: Reply) -> ox.QuerySolutions:
        if _ran_out_of_time(reply):
            raise self._endpoint.error("ran out of its own time and gave a part of the answer; try a --page-size")
        answer = self._parsed(reply)
        if not isinstance(answer, ox.QuerySolutions):
            raise self._endpoint.error("answered a SELECT with a truth value")
        return answer

    # --------------------------------------------------------------------------------------------- the user's answers

    def _paged(self, query: str, size: int) -> ox.QuerySolutions:
        """The solutions of a user's query, by LIMIT and OFFSET, as one."""
        names: list[str] = []
        bindings: list[object] = []
        while True:
            reply = self._results(f"{query}\nLIMIT {size} OFFSET {len(bindings)}")
            answer = self._parsed(reply)
            if not isinstance(answer, ox.QuerySolutions):
                raise wrong_form("SELECT", type(answer))
            document = json.loads(answer.serialize(format=ox.QueryResultsFormat.JSON) or b"")
            names, page = document["head"]["vars"], document["results"]["bindings"]
            bindings += page
            if not page or (len(page) < size and not _looks_cut(reply, len(page))):
                break
        self._check_pages(query, len(bindings))
        whole = {"head": {"vars": names}, "results": {"bindings": bindings}}
        joined = ox.parse_query_results(json.dumps(whole).encode(), format=ox.QueryResultsFormat.JSON)
        assert isinstance(joined, ox.QuerySolutions)
        return joined

    def _check_pages(self, query: str, rows: int) -> None:
        """Remark when the pages do not add up to what the endpoint counts, as far as it can count this query."""
        opening = _PROLOGUE.match(query)
        assert opening
        body = query[opening.end() :]
        try:
            (row,) = self._solutions(f"{opening[0]} SELECT (COUNT(*) AS ?n) WHERE {{ {{ {body}\n}} }}")
        except EndpointError:
            return
        if int(row["n"].value) != rows:
            self._remark(f"the pages hold {rows:,} rows, and the endpoint counts {int(row['n'].value):,}")

    def _remark_on(self, query: str, reply: Reply, rows: int | None) -> None:
        """Say it when an answer looks as if the endpoint had cut it."""
        if _ran_out_of_time(reply):
            self._remark("the endpoint ran out of its own time: this is a part of the answer")
        elif rows and rows not in _limits(query) and _looks_cut(reply, rows):
            self._remark(
                f"the answer has {rows:,} rows, which looks like the most that this endpoint gives at once: "
                "--page-size N asks for all, in pages"
            )

    def _remark(self, text: str) -> None:
        if self._connection.remark:
            self._connection.remark(f"{self.place}: {text}")
        else:
            warnings.warn(f"{self.place}: {text}", IncompleteAnswer, stacklevel=3)

    # ------------------------------------------------------------------------------------------------------ requests

    def _expect(self, query: str, wanted: str, answer: type) -> None:
        """Refuse a query that is known to be of another form, before the endpoint does in its own words."""
        try:
            known = form(query, prefixes())
        except QueryError:  # or it is in a dialect that our engine does not know
            return
        if known is not answer:
            raise wrong_form(wanted, known)

    def _results(self, query: str) -> Reply:
        return self._request(query, _RESULTS)

    def _parsed(self, reply: Reply) -> ox.QuerySolutions | ox.QueryBoolean:
        """A reply as results, read to its end, so that a broken one fails here."""
        format = ox.QueryResultsFormat.from_media_type(reply.media)
        if format is None:
            raise self._unexpected(reply, "results")
        try:
            body = _NOTE.sub(b"}", reply.body) if _NOTE.search(reply.body[-400:]) else reply.body
            answer = ox.parse_query_results(body, format=format)
            if isinstance(answer, ox.QuerySolutions):
                for _ in answer:  # solutions are parsed while they are read
                    pass
                answer = ox.parse_query_results(body, format=format)
        except (SyntaxError, ValueError) as error:
            raise self._endpoint.error(f"answered with broken {format.name}: {error}") from error
        return answer

    def _triples(self, reply: Reply) -> list[ox.Triple]:
        format = ox.RdfFormat.from_media_type(reply.media)
        if format is None:
            raise self._unexpected(reply, "RDF")
        try:
            return [quad.triple for quad in ox.parse(reply.body, format=format, base_iri=self.place)]
        except (SyntaxError, ValueError) as error:
            raise self._endpoint.error(f"answered with broken {format.name}: {error}") from error

    def _unexpected(self, reply: Reply, wanted: str) -> EndpointError:
        media = reply.media or "no media type"
        return self._endpoint.error(f"answered with {media} instead of {wanted}: {beginning(reply.body)}")

    def _request(self, query: str, accept: str) -> Reply:
        """Send a query. SPARQLWrapper writes the request; it is sent by `Endpoint`.

        (SPARQLWrapper's own sending knows no second try, takes credentials along to wherever it is redirected, and
        installs HTTP Digest for the whole process.)
        """
        query = declare(query, prefixes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of query forms and formats that it does not know
            wrapper = SPARQLWrapper(self.place, agent=f"kg/{kg.__version__}")
            wrapper.setOnlyConneg(True)
            wrapper.addCustomHttpHeader("Accept", accept)
            wrapper.setMethod(GET if len(query) <= _LONGEST_GET else POST)
            for name, value in self._endpoint.parameters:
                wrapper.addParameter(name, value)
            wrapper.setQuery(query)
            wrapper.queryType = SELECT  # its guess takes a comment about deleting for an update
            request: Request = wrapper._createRequest()
        return self._endpoint.send(request)


# ----------------------------------------------------------------------------------------------------- answers, read

_NOTE = re.compile(rb',"kg:truncated":"[^"]*"\}\s*$')
"""What `kg serve` puts behind a table that it has cut."""

_LIMIT = re.compile(r"\b(?:LIMIT|OFFSET)\s+(\d+)", re.IGNORECASE)
_SELECTED = re.compile(r"\s*SELECT\s+(?:DISTINCT\s+)?((?:\?\w+\s*)+)", re.IGNORECASE)
_PROLOGUE = re.compile(r"(?:\s+|#[^\n]*\n|PREFIX\s+[^\s:]*:\s*<[^>]*>|BASE\s*<[^>]*>)*", re.IGNORECASE)


def _limits(query: str) -> set[int]:
    """The numbers of rows that a query limits itself to, anywhere in it."""
    return {int(number) for number in _LIMIT.findall(query)}


def _columns(query: str) -> list[str]:
    """The variables that a query of our own selects."""
    selected = _SELECTED.match(query)
    assert selected, "queries of our own list their variables"
    return selected[1].split()


def _looks_cut(reply: Reply, rows: int) -> bool:
    """Whether the endpoint says that it has cut an answer, or the number of rows does."""
    return _says_cut(reply) or rows in _CAPS


def _says_cut(reply: Reply) -> bool:
    """Whether the endpoint says that it has cut an answer, as Virtuoso and `kg serve` do."""
    headers = reply.headers
    said = headers.get("X-SPARQL-MaxRows") is not None or headers.get("Kg-Truncated") is not None
    return said or _NOTE.search(reply.body[-400:]) is not None


def _ran_out_of_time(reply: Reply) -> bool:
    """Whether this is a part of an answer, which Virtuoso gives when a query takes it too long."""
    return "S1TAT" in (reply.headers.get("X-SQL-State") or "")


def _rows_in(reply: Reply) -> int | None:
    """How many solutions or triples a serialized answer holds; None where that cannot be told."""
    try:
        if results := ox.QueryResultsFormat.from_media_type(reply.media):
            if results == ox.QueryResultsFormat.CSV:
                return sum(1 for _ in csv.reader(reply.body.decode().splitlines(keepends=True))) - 1
            if results == ox.QueryResultsFormat.TSV:
                return reply.body.count(b"\n") - 1
            answer = ox.parse_query_results(reply.body, format=results)
            return sum(1 for _ in answer) if isinstance(answer, ox.QuerySolutions) else None
        if rdf := ox.RdfFormat.from_media_type(reply.media):
            return sum(1 for _ in ox.parse(reply.body, format=rdf, base_iri="urn:x-answer:"))
    except (SyntaxError, ValueError, csv.Error):
        pass
    return None
