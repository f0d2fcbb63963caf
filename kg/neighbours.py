"""What lies around a concept: rings by distance, each concept with the relations that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from kg.answers import Neighbour, Neighbourhood
from kg.errors import UsageError
from kg.index import class_named, relation_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.answers import Quote
    from kg.graph import KnowledgeGraph, Name
    from kg.index import Edge

DIRECTIONS = ("both", "in", "out")
"""Which relations lead from one ring to the next: all, those that lead to the nearer concept, those that lead away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What belongs to a neighbourhood.

    `types` are the kinds of the concepts that are listed; relations are followed through all kinds. `limit` bounds each
    ring. An empty set of `predicates` or `types` allows all.
    """

    depth: int
    predicates: frozenset[str]
    exclude: frozenset[str]
    types: frozenset[str]
    min_confidence: float
    direction: str
    limit: int | None

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise UsageError(f"the depth of a neighbourhood is at least 1, not {self.depth}")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min_confidence is a number from 0 to 1, not {self.min_confidence}")
        if self.direction not in DIRECTIONS:
            raise UsageError(f"a direction is one of {', '.join(DIRECTIONS)}, not {self.direction!r}")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"a ring holds at least 1 concept, not {self.limit}")

    def allows(self, edge: Edge) -> bool:
        """Whether a relation is followed. A graph without confidences is taken to be sure."""
        return (
            not edge.literal
            and (not self.predicates or edge.predicate in self.predicates)
            and edge.predicate not in self.exclude
            and (edge.confidence is None or edge.confidence >= self.min_confidence)
        )


def neighbourhood(
    graph: KnowledgeGraph,
    name: Name,
    *,
    depth: int,
    predicates: Iterable[str],
    exclude: Iterable[str],
    types: Iterable[str],
    min_confidence: float,
    direction: str,
    limit: int | None,
    evidence: bool,
) -> Neighbourhood:
    """What `KnowledgeGraph.neighbours` gives: rings of concepts, in each the surest first, then by label.

    A concept is as near as the shortest way to it that is allowed. It has the relations that lead to it from concepts
    one step nearer, the surest first, whether those are listed or not.
    """
    around = Around(
        depth=depth,
        predicates=frozenset(map(relation_named, predicates)),
        exclude=frozenset(map(relation_named, exclude)),
        types=frozenset(map(class_named, types)),
        min_confidence=min_confidence,
        direction=direction,
        limit=limit,
    )
    centre = graph.concept(name).iri
    refs = graph.index.refs
    distance, led = {centre: 0}, {}
    ring = [centre]
    for hops in range(1, around.depth + 1):
        reached: dict[str, list[tuple[str, Edge]]] = {}
        for iri in ring:
            for other, edge in _leading(graph, iri, around):
                if other not in distance:
                    reached.setdefault(other, []).append((iri, edge))
        led.update(reached)
        distance.update(dict.fromkeys(reached, hops))
        ring = sorted(reached)
    for ways in led.values():
        ways.sort(key=lambda way: (-_sure(way[1]), refs[way[0]], way[1].predicate, way[1].subject))
    found = [iri for iri in led if not around.types or refs[iri].kind in around.types]
    found.sort(key=lambda iri: (distance[iri], -_sure(led[iri][0][1]), refs[iri]))
    rings = [list(each) for _, each in groupby(found, key=distance.__getitem__)]
    counts = {distance[each[0]]: len(each) for each in rings}
    listed = [iri for each in rings for iri in each[: around.limit]]
    names = [name for iri in listed for _, edge in led[iri] for name in edge.statements] if evidence else []
    quotes: Mapping[str, tuple[Quote, ...]] = graph.quotes.of(names)
    shown = {centre, *listed}
    within = [
        edge
        for iri in sorted(shown, key=lambda iri: (distance[iri], refs[iri]))
        for edge in graph.index.outgoing(iri)
        if edge.object in shown and around.allows(edge)
    ]
    return Neighbourhood(
        refs[centre],
        around.depth,
        tuple(
            Neighbour(refs[iri], distance[iri], tuple(graph.relation(edge, near, quotes) for near, edge in led[iri]))
            for iri in listed
        ),
        tuple(graph.relation(edge, edge.subject, {}) for edge in within),
        tuple(counts.get(hops, 0) for hops in range(1, around.depth + 1)),
    )


def _leading(graph: KnowledgeGraph, iri: str, around: Around) -> Iterator[tuple[str, Edge]]:
    """Yield the concepts that relations lead to, each with the relation."""
    if around.direction != "in":
        yield from ((edge.object, edge) for edge in graph.index.outgoing(iri) if around.allows(edge))
    if around.direction != "out":
        yield from ((edge.subject, edge) for edge in graph.index.incoming(iri) if around.allows(edge))


def _sure(edge: Edge) -> float:
    return 1.0 if edge.confidence is None else edge.confidence
