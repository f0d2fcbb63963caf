"""What an answer says of concepts and of relations among them, and the view that a page of it is drawn from.

>>> paths = graph.paths("Raft", "quorum")                                         # doctest: +SKIP
>>> drawn = sketch.view(graph, sketch.of_paths(paths))                            # doctest: +SKIP
>>> render(drawn, Path("paths.html"), title="From Raft to quorum")                # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.answers import ConceptRef
from kg.index import readings
from kg.serialize import prefixes, shortened
from kg.view import detailed_view
from kg.vocabulary import RDF, RDFS, SKOS, classes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from pathlib import Path

    import networkx

    from kg.answers import Path as Route
    from kg.answers import Relation
    from kg.facts import Way
    from kg.graph import KnowledgeGraph

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_LABELS = {SKOS.prefLabel, RDFS.label}


@dataclass(frozen=True, slots=True)
class Sketch:
    """Things by IRI, in the order of the answer; relations as IRIs of subject, property, object; what else is told.

    Of what is drawn, `paths` are ways through it, `marked` are things and `way` relations that stand out; relations
    in `paths` and `way` have the local name of their property.
    """

    things: dict[str, None] = field(default_factory=dict)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    paths: list[Way] = field(default_factory=list)
    marked: dict[str, None] = field(default_factory=dict)
    way: list[tuple[str, str, str]] = field(default_factory=list)

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


def of_paths(paths: Iterable[Route]) -> Sketch:
    """Paths, the best first, with the concepts on them; their ends are marked."""
    sketch = Sketch()
    for path in paths:
        nodes = [concept.iri for concept in path.concepts]
        sketch.things.update(dict.fromkeys(nodes))
        sketch.marked.update({nodes[0]: None, nodes[-1]: None})
        steps = [[edge for relation in step.relations for edge in _edges(relation)] for step in path.steps]
        sketch.paths.append({"nodes": list(nodes), "steps": [list(step) for step in steps], "cost": path.cost})
    return sketch


def of_relations(relations: Iterable[Relation], marked: Iterable[ConceptRef | str] = ()) -> Sketch:
    """The concepts that these relations join, and the relations as the way among them.

    `marked` are the concepts, or their IRIs, that were asked about. Relations to literals have no place in a picture.
    """
    sketch = Sketch()
    iris = [concept.iri if isinstance(concept, ConceptRef) else concept for concept in marked]
    sketch.things.update(dict.fromkeys(iris))
    sketch.marked.update(dict.fromkeys(iris))
    for relation in relations:
        for edge in _edges(relation):
            sketch.things.update({edge[0]: None, edge[1]: None})
            sketch.way.append(edge)
    return sketch


def _edges(relation: Relation) -> Iterable[tuple[str, str, str]]:
    if isinstance(relation.object, ConceptRef):
        yield relation.subject.iri, relation.object.iri, relation.predicate


def view(
    graph: KnowledgeGraph, sketch: Sketch, *, about: Iterable[str] = (), limit: int | None = None
) -> networkx.MultiDiGraph:
    """The view of at most `limit` things of a sketch, after the concepts `about` which the question was: also marked.

    Concepts come with all that `kg.view.detailed_view` has of them and of the relations among them; things that are
    none, and relations that the graph does not state, as the sketch has them. What stands out is told in the view's own
    attributes, as `kg.render.render` reads them.
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
    for subject, target, name in sketch.way:
        if subject in drawn and target in drawn and not drawn.has_edge(subject, target, name):
            drawn.add_edge(subject, target, name, predicate=name)
    drawn.graph.update(paths=sketch.paths, marked=list(dict.fromkeys([*about, *sketch.marked])), way=sketch.way)
    return drawn


def draw_part(
    graph: KnowledgeGraph,
    concepts: Iterable[str],
    path: Path | str,
    *,
    title: str,
    pairs: Container[frozenset[str]] | None = None,
    marked: Iterable[str] = (),
    way: Iterable[tuple[str, str, str]] = (),
) -> tuple[int, int]:
    """Write an interactive page of some concepts of a graph, by IRI; how many concepts and relations it shows.

    With `pairs` only the relations between those are drawn. Concepts that are `marked` and relations of the `way`, as
    subject, object and local name, stand out. Raises `UsageError` for a place that cannot be written.
    """
    from pathlib import Path

    from kg.render import render

    drawn = detailed_view(graph, concepts)
    if pairs is not None:
        ends = list(drawn.edges(keys=True))
        drawn.remove_edges_from([edge for edge in ends if frozenset(edge[:2]) not in pairs])
    drawn.graph.update(marked=list(marked), way=list(way))
    whole = len(graph.index.concepts), len(graph.index.columns)
    render(drawn, Path(path), title=title, whole=whole)
    return len(drawn), drawn.number_of_edges()
