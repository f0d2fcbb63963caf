"""Queries from outside: errors point at their place, formats are chosen, nothing goes over the network."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NotAcceptable, QueryError
from kg.serialize import prefixes
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, choose, declare, names_graphs, query_error, refuse_service

NAMES = prefixes()


def fault(query: str) -> QueryError:
    """The error of a query that does not parse."""
    with pytest.raises(SyntaxError) as info:
        ox.Store().query(query, prefixes=NAMES)
    return query_error(query, info.value)


@pytest.mark.parametrize(
    ("query", "line", "column", "reason"),
    [
        ("SELEC ?s { ?s ?p ?o }", 1, 1, "this is not SPARQL"),
        ("SELECT ?s WHERE {\n  ?s a kg:Method\n  ?s skos:prefLabel ?l }", 3, 3, "this is not SPARQL"),
        ("SELECT ?s {\n  ?s ?p ?o", 2, 11, "the query breaks off here, or its brackets do not match"),
        ("SELECT ?s { ?s ?p ?o } }", 1, 25, "the query breaks off here, or its brackets do not match"),
        ("SELECT ?s { ?s garden:soil ?o }", 1, 27, "no prefix garden: is declared"),
        ("SELECT ?x { ?s ?p ?o } GROUP BY ?s", 1, 35, "The SELECT contains a variable that is unbound"),
        ("SELECT ?s {\n\n  ?s ?p ?o FILTER(nope(?s)) }", 3, 19, "this is not SPARQL"),
        ("SELECT ?s { ?s ?p ?o } LIMIT ten", 1, 30, "this is not SPARQL"),
        (
            "DELETE WHERE { ?s ?p ?o }",
            1,
            1,
            "this is an update, and graphs are only read: ask with SELECT, ASK, CONSTRUCT or DESCRIBE",
        ),
        ("", 1, 1, "the query is empty"),
        ("SELECT ?é {\r\n  ?é ?p ?", 2, 10, "the query breaks off here, or its brackets do not match"),
    ],
)
def test_an_error_names_line_column_and_reason(query: str, line: int, column: int, reason: str) -> None:
    error = fault(query)
    assert (error.line, error.column) == (line, column)
    assert str(error).startswith(f"line {line}, column {column}: {reason}\n")


def test_an_error_shows_the_line_with_a_caret() -> None:
    query = "SELECT ?s {\n\t?s a kg:Method ;; WRONG }"
    error = fault(query)
    _, shown, caret = str(error).split("\n")
    assert shown == "     ?s a kg:Method ;; WRONG }"
    assert shown[caret.index("^") :].startswith("WRONG") or caret.index("^") >= shown.index("WRONG")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_fault_gets_a_place_in_the_query(text: str) -> None:
    query = f"SELECT ?s {{ {text}"
    try:
        ox.Store().query(query)
    except SyntaxError as error:
        found = query_error(query, error)
        lines = query.split("\n")
        assert found.line is not None
        assert found.column is not None
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1


# ----------------------------------------------------------------------------------------------------- no network


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { GRAPH ?g { ?s ?p ?o . OPTIONAL { SeRvIcE ?x { ?s ?p ?o } } } }",
        "SELECT * { SERVICE#>\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<'>')SERVICE<http://127.0.0.1:9/>{?s ?p ?o}FILTER(?a='') }",
        "SELECT * { FILTER(1<2)SERVICE#>\n<http://127.0.0.1:9/>{?s ?p ?o} }",
        "SELECT * { ?s rdfs:label 'service' . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } } }",
        "PREFIX service: <http://127.0.0.1:9/> SELECT * { SERVICE service:x { ?s ?p ?o } }",
    ],
)
def test_a_service_clause_is_refused_however_it_hides(query: str) -> None:
    with pytest.raises(QueryError, match="SERVICE is not evaluated here"):
        refuse_service(query, NAMES)


def test_a_service_clause_in_escapes_is_refused() -> None:
    with pytest.raises(QueryError):
        refuse_service("SELECT * { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", NAMES)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service skos:prefLabel 'Service mesh'@en } # a SERVICE?",
        "SELECT * { <https://kg.example.org/concept/service-mesh> ?p ?o }",
        'SELECT * { concept:self-service ?p ?o FILTER CONTAINS(STR(?o), "SERVICE <x> {}") }',
        "PREFIX service: <http://s.example/> ASK { service:a service:b service:c }",
        "SELECT * { ?s ?p '''service\nSERVICE <x> {}''' }",
    ],
)
def test_the_word_is_no_crime(query: str) -> None:
    refuse_service(query, NAMES)


def test_a_wrong_query_with_the_word_gets_its_own_error() -> None:
    with pytest.raises(QueryError, match="line 1, column 31: this is not SPARQL"):
        refuse_service("SELECT ?service { ?service ?p } WRONG", NAMES)


# ----------------------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("csv", "csv"),
        ("text/csv", "csv"),
        ("application/json", "json"),
        ("application/sparql-results+xml", "xml"),
        ("text/html, application/xml;q=0.9, */*;q=0.1", "xml"),
        ("text/csv;q=0.2, text/tab-separated-values;q=0.7", "tsv"),
        ("text/*", "csv"),
        ("text/csv;q=0, application/sparql-results+xml", "xml"),
        ("TEXT/CSV; charset=utf-8", "csv"),
        ("text/csv;q=nonsense, application/json", "json"),
    ],
)
def test_results_come_in_the_format_that_is_liked_best(accept: str | None, chosen: str) -> None:
    assert choose(accept, RESULT_FORMATS) == RESULT_FORMATS[chosen]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [(None, "turtle"), ("text/turtle", "turtle"), ("jsonld", "jsonld"), ("application/rdf+xml", "rdfxml")],
)
def test_graphs_have_formats_of_their_own(accept: str | None, chosen: str) -> None:
    assert choose(accept, GRAPH_FORMATS) == GRAPH_FORMATS[chosen]


@pytest.mark.parametrize("accept", ["image/png", "turtle", "text/csv;q=0", "text/turtle"])
def test_what_cannot_be_given_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="offers json, xml, csv, tsv"):
        choose(accept, RESULT_FORMATS)


def test_prefixes_are_declared_where_they_are_used_and_missing() -> None:
    names = {"kg": "http://kg.example/", "skos": "http://skos.example/", "oa": "http://oa.example/"}
    query = "prefix skos: <http://mine.example/>\nSELECT * { ?s kg:uses skos:x, <http://s.example/oa> }"
    assert declare(query, names) == "PREFIX kg: <http://kg.example/> " + query


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("SELECT * FROM <http://g.example/> { ?s ?p ?o }", True),
        ("SELECT * from named <http://g.example/> { GRAPH ?g { ?s ?p ?o } }", True),
        ("SELECT ?from { ?from skos:prefLabel 'from' } # FROM <x>", False),
        ("SELECT * { ?s ?p ?o }", False),
    ],
)
def test_a_from_clause_is_told_from_the_word(query: str, named: bool) -> None:
    assert names_graphs(query, NAMES) is named
