"""A built graph -> the detailed NetworkX view that pages are drawn from: with definitions, places and quotes.

`KnowledgeGraph.to_networkx()` is the light view for algorithms; this one carries the words as well, fetched in a few
bulk queries. Both have the same nodes and edges.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import networkx
    import pyoxigraph as ox

    from kg.graph import KnowledgeGraph

_DEFINITIONS = "SELECT ?c ?text { ?c a skos:Concept ; skos:definition ?text } ORDER BY ?c ?text"
_ENTRIES = (
    "SELECT ?c ?file ?line { ?e kg:describes ?c ; kg:sourceFile ?file ; kg:sourceLine ?line } ORDER BY ?file ?line"
)
_TEXTS = "SELECT ?e ?line ?start ?text { ?e kg:sourceLine ?line ; kg:textStart ?start ; kg:text ?text }"
_QUOTES = """
SELECT ?s ?p ?o ?exact ?e ?file ?start {
  ?st a rdf:Statement ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; prov:wasDerivedFrom ?ev .
  ?ev oa:exact ?exact ; oa:start ?start ; kg:inEntry ?e . ?e kg:sourceFile ?file
  FILTER(isIRI(?o))
} ORDER BY ?file ?start ?exact"""


def detailed_view(graph: KnowledgeGraph, nodes: Iterable[str] | None = None) -> networkx.MultiDiGraph:
    """The concepts and typed relations of a graph with all that a page shows of them.

    Nodes (IRIs) have `label`, `kind`, `aliases`, `fields`, `definitions`, `entries` (pairs source, line); edges have
    `predicate`, `confidence`, `quotes` (triples exact, source, line). With `nodes` only these and the relations among
    them; fields, which no relation leads to, are left out unless they are named.
    """
    view = graph.to_networkx()
    if nodes is None:
        isolated = [node for node, degree in view.degree() if not degree and view.nodes[node]["kind"] == "Field"]
        view.remove_nodes_from(isolated)
    else:
        view = view.subgraph(nodes).copy()
    for concept in graph.concepts():
        if concept.iri in view:
            view.nodes[concept.iri].update(aliases=concept.aliases, definitions=[], entries=[])
    for row in _rows(graph, _DEFINITIONS):
        if row["c"].value in view:
            view.nodes[row["c"].value]["definitions"].append(row["text"].value)
    for row in _rows(graph, _ENTRIES):
        if row["c"].value in view:
            view.nodes[row["c"].value]["entries"].append((row["file"].value, int(row["line"].value)))
    _attach_quotes(graph, view)
    return view


def _attach_quotes(graph: KnowledgeGraph, view: networkx.MultiDiGraph) -> None:
    for *_, data in view.edges(data=True):
        data["quotes"] = []
    breaks: dict[str, tuple[int, list[int]]] = {}
    for row in _rows(graph, _TEXTS):
        start = int(row["start"].value)
        lengths = accumulate(len(line) + 1 for line in row["text"].value.split("\n"))
        breaks[row["e"].value] = int(row["line"].value), [start + length for length in lengths]
    found: dict[tuple[str, str, str], list[tuple[str, str, int]]] = defaultdict(list)
    for row in _rows(graph, _QUOTES):
        edge = row["s"].value, row["o"].value, _local(row["p"].value)
        if view.has_edge(*edge):
            header, ends = breaks.get(row["e"].value, (0, []))
            line = header + 1 + bisect_left(ends, int(row["start"].value) + 1)
            found[edge].append((row["exact"].value, row["file"].value, line))
    for edge, quotes in found.items():
        view.edges[edge]["quotes"] = list(dict.fromkeys(quotes))


def _local(iri: str) -> str:
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def _rows(graph: KnowledgeGraph, query: str) -> Iterator[ox.QuerySolution]:
    yield from graph.store.select(query)
