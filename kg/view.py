"""A built graph with its words: definitions, keywords, places and quotes of all concepts and relations, read in bulk.

`KnowledgeGraph.to_networkx()` is the light view, for algorithms; `detailed_view` is the one that pages are drawn from.
Both have the same nodes and edges.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.quotes import ordered
from kg.vocabulary import SCHEMA, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import networkx

    from kg.answers import Quote
    from kg.graph import KnowledgeGraph
    from kg.index import Edge

_LITERALS = """
SELECT ?concept ?property ?text {
  VALUES ?property { skos:definition schema:keywords }
  ?concept a skos:Concept ; ?property ?text .
}"""
_MENTIONS = "SELECT ?concept { ?entry kg:mentions ?concept }"
_PLACES = "SELECT ?concept ?file ?line { ?entry kg:describes ?concept ; kg:sourceFile ?file ; kg:sourceLine ?line }"


@dataclass(frozen=True, slots=True)
class Details:
    """What concepts (by IRI) and relations have besides names and ends; all lists are sorted.

    `places` are source and line of the headers of a concept's entries; `mentions` counts the entries that mention it.
    """

    definitions: Mapping[str, list[str]]
    keywords: Mapping[str, list[str]]
    places: Mapping[str, list[tuple[str, int]]]
    mentions: Mapping[str, int]
    _quotes: Mapping[str, tuple[Quote, ...]]

    @classmethod
    def of(cls, graph: KnowledgeGraph, edges: Iterable[Edge]) -> Details:
        """The details of all concepts of a graph, and of these of its relations."""
        literals: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in graph.store.rows(_LITERALS):
            literals[row["property"].value][row["concept"].value].append(row["text"].value)
        places: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in graph.store.rows(_PLACES):
            places[row["concept"].value].append((row["file"].value, int(row["line"].value)))
        return cls(
            {concept: sorted(texts) for concept, texts in literals[SKOS.definition.value].items()},
            {concept: sorted(texts) for concept, texts in literals[SCHEMA.keywords.value].items()},
            {concept: sorted(found) for concept, found in places.items()},
            Counter(row["concept"].value for row in graph.store.rows(_MENTIONS)),
            graph.quotes.of(name for edge in edges for name in edge.statements),
        )

    def quotes(self, edge: Edge) -> tuple[Quote, ...]:
        """The quotes behind a relation, those of all its statements, by place."""
        return ordered(quote for name in edge.statements for quote in self._quotes.get(name, ()))


def detailed_view(graph: KnowledgeGraph, nodes: Iterable[str] | None = None) -> networkx.MultiDiGraph:
    """The concepts and typed relations of a graph with all that a page shows of them.

    Nodes (IRIs) have `label`, `kind`, `aliases`, `fields`, `definitions`, `entries` (pairs source, line) and `mentions`
    (in how many entries); edges have `predicate`, `confidence`, `quotes` (triples exact, source, line). With `nodes`
    only these and the relations among them; fields, which no relation leads to, are left out unless they are named.
    """
    view = graph.to_networkx()
    if nodes is None:
        isolated = [node for node, degree in view.degree() if not degree and view.nodes[node]["kind"] == "Field"]
        view.remove_nodes_from(isolated)
    else:
        view = view.subgraph(nodes).copy()
    edges = [edge for edge in graph.index.edges if view.has_edge(edge.subject, edge.object, edge.predicate)]
    details = Details.of(graph, edges)
    for iri, attributes in view.nodes(data=True):
        attributes.update(
            aliases=graph.index.concepts[iri].aliases,
            definitions=details.definitions.get(iri, []),
            entries=details.places.get(iri, []),
            mentions=details.mentions.get(iri, 0),
        )
    for edge in edges:
        quotes = dict.fromkeys((quote.exact, quote.source, quote.line) for quote in details.quotes(edge))
        view.edges[edge.subject, edge.object, edge.predicate]["quotes"] = list(quotes)
    return view


def kinds_view(graph: KnowledgeGraph, concept: str) -> networkx.MultiDiGraph:
    """The detailed view of a concept (an IRI) with all that it is a kind of and all kinds of it, however far."""
    broader: dict[str, list[str]] = defaultdict(list)
    narrower: dict[str, list[str]] = defaultdict(list)
    for edge in graph.index.edges:
        if edge.predicate == "broader":
            broader[edge.subject].append(edge.object)
            narrower[edge.object].append(edge.subject)
    return detailed_view(graph, _reached(concept, broader) | _reached(concept, narrower))


def _reached(start: str, ways: Mapping[str, list[str]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for other in ways.get(waiting.pop(), ()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached
