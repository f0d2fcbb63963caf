"""A graph as objects of other libraries: NetworkX for algorithms, rdflib for those who know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.errors import KgError
from kg.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import networkx
    import rdflib

    from kg.index import ConceptIndex

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def to_networkx(index: ConceptIndex) -> networkx.MultiDiGraph:
    """Concepts and typed relations; see `KnowledgeGraph.to_networkx` for the attributes."""
    import networkx

    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(
        (iri, {"label": view.label, "concept": view.id, "kind": view.kind, "fields": view.fields})
        for iri, view in index.concepts.items()
    )
    columns, known, names = index.columns, index.statements.all, list(index.concepts)
    first, last = index.statements.spans(range(len(columns)))
    # Plain lists: each number is looked at once, and an array would make an object of it each time.
    rows = zip(*(column.tolist() for column in columns.at(range(len(columns)))), strict=True)
    evidence, sure = known.evidence.tolist(), columns.confidence.tolist()
    for (subject, predicate, target), begin, end, confidence in zip(rows, first, last, sure, strict=True):
        name = columns.predicates[predicate]
        data: dict[str, object] = {"predicate": name}
        if confidence == confidence:  # nan is not
            data["confidence"] = confidence
        if begin < end:
            data["statement"] = known.names[begin]
        data["evidence"] = sum(evidence[begin:end])
        graph.add_edge(names[subject], names[target], name, **data)
    return graph


def to_rdflib(quads: Iterable[ox.Quad], prefixes: Mapping[str, str]) -> rdflib.Dataset:
    """Quads as an rdflib dataset with bound prefixes, whose default graph is the union of all graphs.

    Term by term: `Dataset.parse` of rdflib 7 warns of its own deprecated attributes, and takes longer.
    """
    import rdflib

    dataset, terms = rdflib.Dataset(default_union=True), RdflibTerms()
    for name, iri in prefixes.items():
        dataset.bind(name, iri, replace=True)
    graphs: dict[object, rdflib.Graph] = {ox.DefaultGraph(): dataset.default_graph}
    for quad in quads:
        graph = graphs.get(quad.graph_name)
        if graph is None:
            assert not isinstance(quad.graph_name, ox.DefaultGraph)
            graph = graphs[quad.graph_name] = dataset.graph(terms(quad.graph_name))
        graph.add(terms.triple(quad))
    return dataset


class RdflibTerms:
    """Turns pyoxigraph's terms into rdflib's, literals as they are written, each IRI once: many triples share few."""

    def __init__(self) -> None:
        self._iris: dict[str, rdflib.URIRef] = {}

    def __contains__(self, term: Term) -> bool:
        """Whether a term was met before; of terms that are no IRIs that is not known, and assumed."""
        return not isinstance(term, ox.NamedNode) or term.value in self._iris

    def __call__(self, term: Term) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
        """The same term. Raises `KgError` for a triple, which rdflib has no term for."""
        if isinstance(term, ox.NamedNode):
            return self._iris.get(term.value) or self._new(term.value)
        import rdflib

        if isinstance(term, ox.BlankNode):
            return rdflib.BNode(term.value)
        if not isinstance(term, ox.Literal):
            raise KgError(f"rdflib has no triples about triples, so it cannot take {term}")
        if term.language:
            return rdflib.Literal(term.value, lang=term.language)
        datatype = None if term.datatype == XSD.string else self(term.datatype)
        return rdflib.Literal(term.value, datatype=datatype, normalize=False)

    def triple(self, triple: ox.Triple | ox.Quad) -> tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]:
        """The same triple, without its graph."""
        return self(triple.subject), self(triple.predicate), self(triple.object)

    def _new(self, iri: str) -> rdflib.URIRef:
        import rdflib

        return self._iris.setdefault(iri, rdflib.URIRef(iri))
