"""SPARQL as seen from outside the engine: errors that point, answers in the format asked for, and no network.

pyoxigraph tells the place of a syntax error in its message only, evaluates `SERVICE` over HTTP without being asked,
and leaves the choice of a format to its caller. This module deals with the three.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pyoxigraph as ox

from kg.errors import EndpointError, NotAcceptable, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    Format = TypeVar("Format", ox.QueryResultsFormat, ox.RdfFormat)
    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
    Functions = Mapping[ox.NamedNode, Callable[..., Term | None]]
    """What a query may call beyond SPARQL's own functions, by IRI; None, or an exception, is SPARQL's error."""
    Form = type[ox.QuerySolutions] | type[ox.QueryBoolean] | type[ox.QueryTriples]

RESULT_FORMATS: Mapping[str, ox.QueryResultsFormat] = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
"""Formats of SELECT and ASK answers by short name; the first is for those who do not choose."""

GRAPH_FORMATS: Mapping[str, ox.RdfFormat] = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
"""Formats of CONSTRUCT and DESCRIBE answers by short name; the first is for those who do not choose."""


def choose(accept: str | None, offered: Mapping[str, Format]) -> Format:
    """The format that `accept` likes best: a short name, a media type, or a whole HTTP `Accept` header.

    >>> choose("text/html, text/csv;q=0.8, */*;q=0.1", RESULT_FORMATS).name
    'SPARQL Results in CSV'

    Raises `NotAcceptable` when nothing that is offered will do.
    """
    formats = list(offered.values())
    if not accept:
        return formats[0]
    if accept in offered:
        return offered[accept]
    wishes = []
    for position, wish in enumerate(accept.split(",")):
        media, *parameters = (part.strip() for part in wish.lower().split(";"))
        quality = next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        if quality > 0:
            wishes.append((-quality, media.count("*"), position, media))
    for _, _, _, media in sorted(wishes):
        if media.endswith("/*"):
            prefix = "" if media == "*/*" else media[:-1]
            match = next((f for f in formats if f.media_type.startswith(prefix)), None)
        else:
            match = type(formats[0]).from_media_type(media)
        if match in formats:
            return match
    raise NotAcceptable(f"no answer can be given as {accept!r}; this kind of query offers {', '.join(offered)}")


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


# ----------------------------------------------------------------------------------------------------- no network


def _spelled(word: str) -> str:
    """A pattern for a word in any case, with any of its letters written as a code point escape (`\\u0053`)."""
    letters = ((c, ord(c), ord(c.upper())) for c in word)
    return "".join(rf"(?:{c}|\\u00(?:{low:x}|{up:x})|\\U000000(?:{low:x}|{up:x}))" for c, low, up in letters)


_SERVICE = re.compile(_spelled("service"), re.IGNORECASE)
_FROM = re.compile(_spelled("from"), re.IGNORECASE)
_SERVICE_CLAUSE = re.compile(_spelled("service") + r"(?:\s+silent\b)?", re.IGNORECASE)


def refuse_service(
    query: str, names: Mapping[str, str], allowed: Collection[str] = (), *, shown: str | None = None
) -> None:
    """Raise `QueryError` if the query has a `SERVICE` clause, which the engine would send over the network.

    Whether the word is a keyword, or part of a string, comment, variable or IRI, is for the parser to say: the query is
    parsed with every "service" misspelt, and if that still is SPARQL, none of them was the keyword. Nothing is
    evaluated on the way but over an empty store, and no misspelt query has a clause to send. `names` are the prefixes
    that need no declaration. Clauses that name one of the `allowed` endpoints, in full, are let through. Errors show
    the text `shown` where it is given: the query as it was written, in the same places.
    """
    if not _SERVICE.search(query):
        return
    for endpoint in allowed:
        query = re.sub(
            rf"{_SERVICE_CLAUSE.pattern}\s*<{re.escape(endpoint)}>", f"GRAPH <{endpoint}>", query, flags=re.I
        )
    try:
        _parse(_SERVICE.sub("serviqq", query), names)
    except SyntaxError as error:
        try:
            _parse(_SERVICE_CLAUSE.sub("GRAPH", query), names)
        except SyntaxError:
            raise query_error(shown or query, error) from error
        raise QueryError(
            "SERVICE is not evaluated here, because it would send the query over the network; "
            "ask the other endpoint directly (--endpoint URL)"
        ) from None


_LOAD = re.compile(_spelled("load"), re.IGNORECASE)


def refuse_calls(update: str, names: Mapping[str, str], allowed: Collection[str] = ()) -> None:
    """Raise `QueryError` if an update has a `SERVICE` or `LOAD` that would call another place than those `allowed`.

    Found out as `refuse_service` does; the update with misspelt words is applied to an empty store.
    """
    if not _SERVICE.search(update) and not _LOAD.search(update):
        return
    checked = update
    for place in allowed:
        iri = rf"<{re.escape(place)}>"
        checked = re.sub(rf"{_SERVICE_CLAUSE.pattern}\s*{iri}", f"GRAPH <{place}>", checked, flags=re.IGNORECASE)
        load = rf"\bload\s+(?:silent\s+)?{iri}"
        checked = re.sub(rf"{load}\s+into\s+graph\b", f"COPY SILENT GRAPH <{place}> TO GRAPH", checked, flags=re.I)
        checked = re.sub(load, f"CLEAR SILENT GRAPH <{place}>", checked, flags=re.I)
    try:
        with suppress(RuntimeError, OSError):
            misspelt_text = _LOAD.sub("loqq", _SERVICE.sub("serviqq", checked))
            ox.Store().update(misspelt_text, base_iri=_ANY_BASE, prefixes=dict(names))
    except SyntaxError as error:
        misspelt = {"serviqq", "loqq"} & set(re.findall(r"[a-z]+", str(error)))
        words = {match.upper() for match in re.findall(r"\b(?:service|load)\b", checked, re.IGNORECASE)}
        if words or misspelt:
            raise QueryError(
                f"{' and '.join(sorted(words)) or 'LOAD'} would call another place, and this server calls none "
                "but those it was started with (--allow URL, written in full)"
            ) from None
        raise query_error(update, error, updates=True) from error


def names_graphs(query: str, names: Mapping[str, str]) -> bool:
    """Whether the query has a `FROM` clause, and so chooses its default graph itself; found out as above."""
    return _FROM.search(query) is not None and not parses(_FROM.sub("frqq", query), names)


def is_service(query: str, start: int, names: Mapping[str, str]) -> bool:
    """Whether the word "service" at `start` is the keyword, in a query that parses without any such clause.

    It is if the query does not parse with the word misspelt; no other clause of the kind may be left in it.
    """
    return not parses(query[:start] + "serviqq" + query[start + len("service") :], names)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a query that may be evaluated: its text with the prefixes it uses, and its default graph.

    `union` says that this is the union of all graphs, because the query does not choose one itself.
    """

    text: str
    union: bool


def plan(query: str, names: Mapping[str, str], allowed: Collection[str] = ()) -> Plan:
    """The plan of a query that knows these prefixes; raises `QueryError` for a `SERVICE` clause that is not allowed."""
    refuse_service(query, names, allowed)
    return Plan(declare(query, names), not names_graphs(query, names))


def form(query: str, names: Mapping[str, str], functions: Functions | None = None) -> Form:
    """The class of the query's answer, learnt by asking an empty store; raises `QueryError`.

    `functions` are those that it may call beyond SPARQL's own.
    """
    refuse_service(query, names)
    with faults_of(query):
        return type(ox.Store().query(query, prefixes=used(query, names), custom_functions=dict(functions or {})))


_FORM = re.compile(r"\b(select|ask|construct|describe)\b", re.IGNORECASE)


def guessed_form(query: str) -> Form | None:
    """The class of the answer of a query in a dialect that is not read here, by its first keyword.

    >>> guessed_form('SELECT * { ?text bif:contains "cache" }').__name__
    'QuerySolutions'
    """
    forms: dict[str, Form] = {"select": ox.QuerySolutions, "ask": ox.QueryBoolean}
    first = _FORM.search(re.sub(r"<[^<>\s]*>|#[^\n]*", " ", query))
    return forms.get(first[1].lower(), ox.QueryTriples) if first else None


def wrong_form(wanted: str, answer: type) -> QueryError:
    """The error of a query whose answer is of another class than its caller can take."""
    forms: dict[object, str] = {
        ox.QuerySolutions: "a SELECT",
        ox.QueryBoolean: "an ASK",
        ox.QueryTriples: "a CONSTRUCT or DESCRIBE",
    }
    return QueryError(f"this is {forms[answer]} query, where {wanted} was expected")


_ANY_BASE = "http://base.invalid/"
"""Whether relative IRIs have a base is found out when a text is evaluated; here they must be no fault of syntax."""


def _parse(query: str, names: Mapping[str, str]) -> None:
    with suppress(RuntimeError, OSError):  # what goes wrong in evaluating it over nothing is of no interest
        ox.Store().query(query, base_iri=_ANY_BASE, prefixes=used(query, names))


def parses(query: str, names: Mapping[str, str]) -> bool:
    """Whether the text is a query of SPARQL; it must have no `SERVICE` clause, which would be sent."""
    try:
        _parse(query, names)
    except SyntaxError:
        return False
    return True


# -------------------------------------------------------------------------------------------------------- prefixes


def used(query: str, names: Mapping[str, str]) -> dict[str, str]:
    """Those of the prefixes that the query may use; all of them if it writes letters as code points (`\\u006B`).

    >>> used("SELECT * { ?s kg:uses ?o }", {"kg": "http://example.org/kg#", "oa": "http://example.org/oa#"})
    {'kg': 'http://example.org/kg#'}
    """
    if "\\" in query:
        return dict(names)
    return {name: iri for name, iri in names.items() if f"{name}:" in query}


def declare(query: str, names: Mapping[str, str]) -> str:
    """The query with declarations for those of the prefixes that it may use and does not declare, on its first line.

    >>> declare("SELECT * { ?s kg:uses ?o }", {"kg": "http://example.org/kg#", "oa": "http://example.org/oa#"})
    'PREFIX kg: <http://example.org/kg#> SELECT * { ?s kg:uses ?o }'
    """
    declared = set(re.findall(r"\bprefix\s+([\w.-]*):", query, re.IGNORECASE))
    used = set(re.findall(r"(?<![\w:?$-])([A-Za-z][\w-]*):", query)) - declared
    return "".join(f"PREFIX {name}: <{names[name]}> " for name in sorted(used & names.keys())) + query


# ------------------------------------------------------------------------------------------------ errors that point

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_UPDATE = re.compile(r"(?:INSERT|DELETE|WITH|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY)\b", re.IGNORECASE)
_KEYWORD = re.compile(r"[A-Z_]{2,}")


@contextmanager
def faults_of(query: str, *, updates: bool = False) -> Iterator[None]:
    """Within it, what the engine finds wrong with the query, or update, is raised as `QueryError`."""
    try:
        yield
    except _FAULTS as error:
        raise fault_of(query, error, updates=updates) from error


_FAULTS = (SyntaxError, RuntimeError, ValueError)


def fault_of(query: str, error: Exception, *, updates: bool = False) -> QueryError:
    """What the engine finds wrong with a query, or update, as a `QueryError`."""
    if isinstance(error, SyntaxError):
        return query_error(query, error, updates=updates)
    return QueryError(f"the query cannot be evaluated: {error}")  # an unknown function, an impossible aggregate


@contextmanager
def faults_elsewhere(text: str, allowed: Collection[str]) -> Iterator[None]:
    """Within it, what goes wrong at a place that SERVICE or LOAD may call is raised as `EndpointError`."""
    try:
        yield
    except OSError as error:
        if not allowed or not (_SERVICE.search(text) or _LOAD.search(text)):
            raise  # it is the store that cannot be read
        fault = str(error).strip().partition("\n")[0].removesuffix(" with payload:")
        raise EndpointError(f"a place that SERVICE or LOAD calls has failed: {fault}") from error


def query_error(query: str, error: SyntaxError, *, updates: bool = False) -> QueryError:
    """The engine's syntax error as a `QueryError` that shows the line with a caret under the fault."""
    message = str(error.msg or error)
    place = _PLACE.fullmatch(message)
    if place is None:
        return QueryError(f"not SPARQL: {message}")
    line, column, expected = int(place[1]), int(place[2]), place[3]
    items = [item.strip() for item in expected.split(", ")]
    reasons = [item for item in items if re.search(r"[a-z] [a-z]", item) and not item.startswith("[")]
    keywords = [item for item in items if _KEYWORD.fullmatch(item)]
    lines = query.split("\n")
    position = sum(len(text) + 1 for text in lines[: line - 1]) + column - 1
    if keywords and not any(item.startswith(('"', "'", "['")) for item in items):
        # The engine reads as many characters as a keyword has before it says that they are not that keyword, and
        # then names the place behind them.
        position = max(position - len(keyword) for keyword in keywords)
    position = max(0, min(position, len(query)))
    if "Prefix not found" in reasons:
        name = re.search(r"[\w.-]*:[\w.%-]*$", query[:position])
        what = f"no prefix {name[0].partition(':')[0] + ':' if name else ''} is declared"
    elif reasons:
        what = "; ".join(reasons)
    elif not query[position:].strip():
        what = "the query breaks off here, or its brackets do not match" if query.strip() else "the query is empty"
    elif not updates and _UPDATE.match(query, position):
        what = "this is an update, and graphs are only read: ask with SELECT, ASK, CONSTRUCT or DESCRIBE"
    else:
        what = "this is not SPARQL"
    return error_at(query, position, what)


def error_at(query: str, position: int, what: str) -> QueryError:
    """An error at a position of a query, counted from 0: says line and column, and shows the line with a caret."""
    line = query.count("\n", 0, position) + 1
    column = position - (query.rfind("\n", 0, position) + 1) + 1
    shown = query.split("\n")[line - 1].rstrip("\r").replace("\t", " ")
    return QueryError(
        f"line {line}, column {column}: {what}\n    {shown}\n    {' ' * (column - 1)}^", line=line, column=column
    )
