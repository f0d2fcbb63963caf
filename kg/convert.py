"""A graph as objects of other libraries: NetworkX for algorithms, rdflib for those who know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import networkx
    import rdflib

    from kg.index import ConceptIndex


def to_networkx(index: ConceptIndex) -> networkx.MultiDiGraph:
    """Concepts and typed relations; see `KnowledgeGraph.to_networkx` for the attributes."""
    import networkx

    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(
        (iri, {"label": view.label, "concept": view.id, "kind": view.kind, "fields": view.fields})
        for iri, view in index.concepts.items()
    )
    for edge in index.edges:
        if not edge.literal:
            data: dict[str, object] = {"predicate": edge.predicate}
            if edge.confidence is not None:
                data["confidence"] = edge.confidence
            if edge.statement:
                data["statement"] = edge.statement
            graph.add_edge(edge.subject, edge.object, edge.predicate, **data, evidence=edge.evidence)
    return graph


def to_rdflib(quads: Iterable[ox.Quad], prefixes: Mapping[str, str]) -> rdflib.Dataset:
    """Quads as an rdflib dataset with bound prefixes, whose default graph is the union of all graphs.

    Term by term: `Dataset.parse` of rdflib 7 warns of its own deprecated attributes, and takes longer.
    """
    import rdflib

    dataset = rdflib.Dataset(default_union=True)
    for name, iri in prefixes.items():
        dataset.bind(name, iri, replace=True)
    graphs: dict[object, rdflib.Graph] = {ox.DefaultGraph(): dataset.default_graph}
    for quad in quads:
        graph = graphs.get(quad.graph_name)
        if graph is None:
            name = _term(quad.graph_name)
            assert not isinstance(name, rdflib.Literal)  # RDF names graphs by IRIs and blank nodes
            graph = graphs[quad.graph_name] = dataset.graph(name)
        graph.add((_term(quad.subject), _term(quad.predicate), _term(quad.object)))
    return dataset


def _term(term: object) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    import rdflib

    match term:
        case ox.NamedNode(value):
            return rdflib.URIRef(value)
        case ox.BlankNode(value):
            return rdflib.BNode(value)
        case ox.Literal() if term.language:
            return rdflib.Literal(term.value, lang=term.language)
        case ox.Literal():
            datatype = None if term.datatype == XSD.string else rdflib.URIRef(term.datatype.value)
            return rdflib.Literal(term.value, datatype=datatype, normalize=False)
    raise NotImplementedError(f"rdflib has no term for {term}")
