"""Somebody's SPARQL endpoint as a store: SPARQLWrapper asks, and answers come back as the same classes as locally."""

from __future__ import annotations

import warnings
from ast import literal_eval
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import pyoxigraph as ox
from SPARQLWrapper import GET, POST, SELECT, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

import kg
from kg.errors import EndpointError, QueryError
from kg.serialize import prefixes
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, declare, form, wrong_form

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 60
"""Seconds to wait for an endpoint."""

_LONGEST_GET = 2000
"""Characters of a query that are sent in a URL; a longer one is posted, because servers and proxies cut long URLs."""

_RESULTS = "application/sparql-results+json, application/sparql-results+xml;q=0.9"
_GRAPH = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.8"


class RemoteStore:
    """A SPARQL 1.1 endpoint. `place` is its URL without credentials; those of the URL are sent as HTTP Basic.

    Every method raises `EndpointError`, which names the endpoint and the reason. Queries are not checked before they
    are sent, because endpoints speak dialects; only the prefixes that every store knows are declared where needed.
    """

    def __init__(self, url: str, *, timeout: int = TIMEOUT) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        if not host:
            raise EndpointError(f"{url} is not the URL of an endpoint: it has no host")
        self.place = urlunsplit((parts.scheme, host, parts.path, "", ""))
        self._parameters = parse_qsl(parts.query)
        self._credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"RemoteStore({self.place!r})"

    def select(self, query: str) -> ox.QuerySolutions:
        """The solutions of a SELECT query."""
        answer = self._results(query, "SELECT", ox.QuerySolutions)
        if isinstance(answer, ox.QuerySolutions):
            return answer
        raise wrong_form("SELECT", type(answer))

    def ask(self, query: str) -> bool:
        """The answer of an ASK query."""
        answer = self._results(query, "ASK", ox.QueryBoolean)
        if isinstance(answer, ox.QueryBoolean):
            return bool(answer)
        raise wrong_form("ASK", type(answer))

    def construct(self, query: str) -> Iterator[ox.Triple]:
        """The triples of a CONSTRUCT or DESCRIBE query."""
        self._expect(query, "CONSTRUCT or DESCRIBE", ox.QueryTriples)
        body, media = self._request(query, _GRAPH)
        format = ox.RdfFormat.from_media_type(media)
        if format is None:
            raise self._error(f"answered with {media or 'no media type'} instead of RDF: {_beginning(body)}")
        try:
            triples = [quad.triple for quad in ox.parse(body, format=format, base_iri=self.place)]
        except (SyntaxError, ValueError) as error:
            raise self._error(f"answered with broken {format.name}: {error}") from error
        return iter(triples)

    def sparql(self, query: str, accept: str | None = None) -> tuple[bytes, str]:
        """The endpoint's answer as it came, and its media type. Formats can be named by their short names."""
        short = {name: format.media_type for name, format in RESULT_FORMATS.items()}
        short |= {name: format.media_type for name, format in GRAPH_FORMATS.items()}
        if not accept:
            accept = f"{_RESULTS}, text/turtle, application/n-triples;q=0.9, application/rdf+xml;q=0.8"
        elif accept in short:
            accept = short[accept].partition(";")[0]
        return self._request(query, accept)

    def quads(self) -> Iterator[ox.Quad]:
        """All quads of the endpoint's default and named graphs; for small datasets."""
        query = "SELECT ?s ?p ?o ?g { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
        named, default = set(), set()
        for s, p, o, g in self.select(query):
            if g is None:
                default.add(ox.Triple(s, p, o))
            else:
                named.add(ox.Quad(s, p, o, g))
        # Many endpoints, ours too, show the union of all graphs as the default graph.
        elsewhere = {quad.triple for quad in named}
        yield from (ox.Quad(*triple) for triple in default - elsewhere)
        yield from named

    def _expect(self, query: str, wanted: str, answer: type) -> None:
        """Refuse a query that is known to be of another form, before the endpoint does in its own words."""
        try:
            known = form(query, prefixes())
        except QueryError:  # or it is in a dialect that our engine does not know
            return
        if known is not answer:
            raise wrong_form(wanted, known)

    def _results(self, query: str, wanted: str, expected: type) -> ox.QuerySolutions | ox.QueryBoolean:
        self._expect(query, wanted, expected)
        body, media = self._request(query, _RESULTS)
        format = ox.QueryResultsFormat.from_media_type(media)
        if format is None:
            raise self._error(f"answered with {media or 'no media type'} instead of results: {_beginning(body)}")
        try:
            answer = ox.parse_query_results(body, format=format)
            if isinstance(answer, ox.QuerySolutions):
                # Solutions are parsed while they are read; read them once here, so that a broken answer fails here.
                for _ in answer:
                    pass
                answer = ox.parse_query_results(body, format=format)
        except (SyntaxError, ValueError) as error:
            raise self._error(f"answered with broken {format.name}: {error}") from error
        return answer

    def _request(self, query: str, accept: str) -> tuple[bytes, str]:
        """Send a query; return the answer's body and media type, in lower case and without parameters."""
        query = declare(query, prefixes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SPARQLWrapper warns of query forms and formats it does not know
            wrapper = SPARQLWrapper(self.place, agent=f"kg/{kg.__version__}")
            wrapper.setTimeout(self._timeout)
            wrapper.setOnlyConneg(True)
            wrapper.addCustomHttpHeader("Accept", accept)
            wrapper.setMethod(GET if len(query) <= _LONGEST_GET else POST)
            for name, value in self._parameters:
                wrapper.addParameter(name, value)
            if self._credentials:
                wrapper.setCredentials(*self._credentials)
            wrapper.setQuery(query)
            wrapper.queryType = SELECT  # its guess takes a comment about deleting for an update
            try:
                response = wrapper.query().response
                with response:
                    media = response.headers.get("Content-Type") or ""
                    return response.read(), media.partition(";")[0].strip().lower()
            except HTTPError as error:
                raise self._error(f"HTTP {error.code} {error.reason}: {_beginning(error.read())}") from error
            except SPARQLWrapperException as error:
                raise self._error(_status(error)) from error
            except TimeoutError as error:
                raise self._error(f"no answer within {self._timeout} seconds") from error
            except URLError as error:
                if isinstance(error.reason, TimeoutError):
                    raise self._error(f"no answer within {self._timeout} seconds") from error
                raise self._error(f"cannot be reached: {error.reason}") from error
            except (HTTPException, OSError, ValueError) as error:
                raise self._error(f"the connection failed: {error or type(error).__name__}") from error

    def _error(self, reason: str) -> EndpointError:
        return EndpointError(f"{self.place}: {reason}")


def _status(error: SPARQLWrapperException) -> str:
    """Status and body of an answer that SPARQLWrapper has made an exception of, with the body as its `repr`."""
    cause = error.__context__
    status = f"HTTP {cause.code} {cause.reason}" if isinstance(cause, HTTPError) else type(error).__name__
    _, _, shown = str(error).partition("Response:\n")
    try:
        return f"{status}: {_beginning(literal_eval(shown))}"
    except (SyntaxError, ValueError):
        return status


def _beginning(body: bytes) -> str:
    """The first words of an answer, on one line."""
    return _line(body[:400].decode("utf-8", errors="replace"))


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"
