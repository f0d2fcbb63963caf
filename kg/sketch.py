"""What a query's answer says of concepts and of relations among them, and the view that a page of it is drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.index import readings
from kg.serialize import prefixes, shortened
from kg.view import detailed_view
from kg.vocabulary import RDF, RDFS, SKOS, classes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from pathlib import Path

    import networkx

    from kg.graph import KnowledgeGraph

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_LABELS = {SKOS.prefLabel, RDFS.label}


@dataclass(frozen=True, slots=True)
class Sketch:
    """Things by IRI, in the order of the answer; relations as IRIs of subject, property, object; what else is told."""

    things: dict[str, None] = field(default_factory=dict)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def relate(self, subject: str, predicate: str, target: str) -> None:
        """Note a relation and its ends."""
        self.things.update({subject: None, target: None})
        self.relations.append((subject, predicate, target))


def of_rows(rows: Iterable[Sequence[Term | None]], concepts: Container[str]) -> Sketch:
    """The concepts in rows, with the relations that stand there as concept, property, concept side by side."""
    sketch = Sketch()
    for row in rows:
        iris = [term.value if isinstance(term, ox.NamedNode) else "" for term in row]
        sketch.things.update((iri, None) for iri in iris if iri in concepts)
        for subject, predicate, target in zip(iris, iris[1:], iris[2:], strict=False):
            if subject in concepts and target in concepts and predicate and predicate not in concepts:
                sketch.relate(subject, predicate, target)
    return sketch


def of_triples(triples: Iterable[Sequence[Term | None]]) -> Sketch:
    """All things with an IRI that triples are about and lead to, with their types and labels."""
    sketch = Sketch()
    kinds = {kind.iri: name for name, kind in classes().items()}
    for subject, predicate, target in triples:
        if not isinstance(subject, ox.NamedNode) or not isinstance(predicate, ox.NamedNode):
            continue
        sketch.things[subject.value] = None
        if predicate == RDF.type:
            if isinstance(target, ox.NamedNode) and target in kinds:
                sketch.kinds[subject.value] = kinds[target]
        elif isinstance(target, ox.NamedNode):
            sketch.relate(subject.value, predicate.value, target.value)
        elif isinstance(target, ox.Literal) and predicate in _LABELS:
            sketch.labels[subject.value] = target.value
    return sketch


def view(graph: KnowledgeGraph, sketch: Sketch, *, about: Iterable[str], limit: int) -> networkx.MultiDiGraph:
    """The view of at most `limit` things of a sketch, after the concepts `about` which the question was.

    Concepts come with all that `kg.view.detailed_view` has of them and of the relations among them; things that are
    none, and relations that the graph does not state, as the sketch has them.
    """
    known = graph.index.concepts
    chosen = list(dict.fromkeys([*about, *sketch.things]))[:limit]
    drawn = detailed_view(graph, [iri for iri in chosen if iri in known])
    names = prefixes(graph.base)
    for iri in chosen:
        if iri not in known:
            drawn.add_node(iri, label=sketch.labels.get(iri, shortened(iri, names)), kind=sketch.kinds.get(iri, ""))
    local = {reading.iri: name for name, reading in readings().items()}
    for subject, predicate, target in sketch.relations:
        name = local.get(predicate) or shortened(predicate, names)
        if subject in drawn and target in drawn and not drawn.has_edge(subject, target, name):
            drawn.add_edge(subject, target, name, predicate=name)
    return drawn


def draw_part(
    graph: KnowledgeGraph,
    concepts: Iterable[str],
    path: Path | str,
    *,
    title: str,
    pairs: Container[frozenset[str]] | None = None,
) -> tuple[int, int]:
    """Write an interactive page of some concepts of a graph, by IRI; how many concepts and relations it shows.

    With `pairs` only the relations between those are drawn. Raises `UsageError` for a place that cannot be written.
    """
    from pathlib import Path

    from kg.render import render

    drawn = detailed_view(graph, concepts)
    if pairs is not None:
        ends = list(drawn.edges(keys=True))
        drawn.remove_edges_from([edge for edge in ends if frozenset(edge[:2]) not in pairs])
    whole = len(graph.index.concepts), len(graph.index.columns)
    render(drawn, Path(path), title=title, whole=whole)
    return len(drawn), drawn.number_of_edges()
