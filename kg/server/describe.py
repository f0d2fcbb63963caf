"""What a server says of itself and of its graph: the SPARQL 1.1 Service Description, VoID, and what an IRI means.

https://www.w3.org/TR/sparql11-service-description/, https://www.w3.org/TR/void/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS
from kg.vocabulary import RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.store import LocalStore

SD = "http://www.w3.org/ns/sparql-service-description#"
FORMATS = "http://www.w3.org/ns/formats/"
VOID = "http://rdfs.org/ns/void#"

PREFIXES = {"sd": SD, "formats": FORMATS, "void": VOID}
"""The prefixes of descriptions."""

_MOST = 2_000
"""How many triples, at most, lead to an IRI in what is said of it."""

_CLASSES = "SELECT ?class (COUNT(DISTINCT ?s) AS ?n) { ?s a ?class } GROUP BY ?class ORDER BY ?class"
_PROPERTIES = "SELECT ?property (COUNT(*) AS ?n) { ?s ?property ?o } GROUP BY ?property ORDER BY ?property"
_SIZES = """
SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?distinctSubjects) (COUNT(DISTINCT ?o) AS ?distinctObjects)
{ ?s ?p ?o }"""
_ABOUT = """
CONSTRUCT { ?s ?p ?o }
WHERE { { VALUES ?s { %(iri)s } ?s ?p ?o } UNION { SELECT * { VALUES ?o { %(iri)s } ?s ?p ?o } LIMIT %(most)d } }"""


def resource(store: LocalStore, iri: ox.NamedNode) -> list[ox.Triple]:
    """The triples about an IRI, and those that lead to it, up to a number."""
    return list(store.construct(_ABOUT % {"iri": iri, "most": _MOST}))


def service(store: LocalStore, url: str, *, union: bool, writable: bool) -> list[ox.Triple]:
    """The description of the endpoint at `url`/sparql. `union` is whether its default graph is that of all graphs."""
    me, dataset, default = ox.NamedNode(f"{url}/sparql"), ox.BlankNode("dataset"), ox.BlankNode("default")
    found = [
        ox.Triple(me, RDF.type, _sd("Service")),
        ox.Triple(me, _sd("endpoint"), me),
        ox.Triple(me, _sd("supportedLanguage"), _sd("SPARQL11Query")),
        ox.Triple(me, _sd("defaultDataset"), dataset),
        ox.Triple(dataset, RDF.type, _sd("Dataset")),
        ox.Triple(dataset, _sd("defaultGraph"), default),
        ox.Triple(default, RDF.type, _sd("Graph")),
        ox.Triple(default, _void("triples"), _number(_size(store, None if union else ox.DefaultGraph()))),
    ]
    if writable:
        found.append(ox.Triple(me, _sd("supportedLanguage"), _sd("SPARQL11Update")))
    if union:
        found.append(ox.Triple(me, _sd("feature"), _sd("UnionDefaultGraph")))
    graph_formats = [ox.NamedNode(format.iri) for format in GRAPH_FORMATS.values()]
    formats = [*(ox.NamedNode(format.iri) for format in RESULT_FORMATS.values()), *graph_formats]
    found += [ox.Triple(me, _sd("resultFormat"), format) for format in formats]
    if writable:
        found += [ox.Triple(me, _sd("inputFormat"), format) for format in graph_formats]
    for number, name in enumerate(store.graphs()):
        named, graph = ox.BlankNode(f"named{number}"), ox.BlankNode(f"graph{number}")
        found += [
            ox.Triple(dataset, _sd("namedGraph"), named),
            ox.Triple(named, RDF.type, _sd("NamedGraph")),
            ox.Triple(named, _sd("name"), name),
            ox.Triple(named, _sd("graph"), graph),
            ox.Triple(graph, RDF.type, _sd("Graph")),
            ox.Triple(graph, _void("triples"), _number(_size(store, name))),
        ]
    return found


def void(store: LocalStore, url: str) -> list[ox.Triple]:
    """The dataset in numbers, beside what it says of itself."""
    described = list(store.construct("CONSTRUCT { ?d ?p ?o } WHERE { ?d a void:Dataset ; ?p ?o }"))
    names = [triple.subject for triple in described if isinstance(triple.subject, ox.NamedNode)]
    me = min(names, key=str, default=ox.NamedNode(f"{url}/.well-known/void#dataset"))
    found = [
        *described,
        ox.Triple(me, RDF.type, _void("Dataset")),
        ox.Triple(me, _void("sparqlEndpoint"), ox.NamedNode(f"{url}/sparql")),
        *_sizes(store, me),
    ]
    for kind, query in (("class", _CLASSES), ("property", _PROPERTIES)):
        count = _void("entities" if kind == "class" else "triples")
        for number, row in enumerate(store.select(query)):
            part = ox.BlankNode(f"{kind}{number}")
            found += [
                ox.Triple(me, _void(f"{kind}Partition"), part),
                ox.Triple(part, _void(kind), row[0]),
                ox.Triple(part, count, row[1]),
            ]
    return found


def _sizes(store: LocalStore, me: ox.NamedNode) -> Iterator[ox.Triple]:
    solutions = store.select(_SIZES)
    names = [variable.value for variable in solutions.variables]
    for row in solutions:
        yield from (ox.Triple(me, _void(name), row[name]) for name in names)


def _size(store: LocalStore, graph: ox.NamedNode | ox.DefaultGraph | None) -> int:
    if graph is None:
        return int(next(store.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))["n"].value)
    return sum(1 for _ in store.graph(graph))


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)


def _void(name: str) -> ox.NamedNode:
    return ox.NamedNode(VOID + name)


def _number(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=XSD.integer)
