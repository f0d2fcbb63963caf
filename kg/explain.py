"""Paths between concepts as explanations: each step a sentence, with the quotes that prove it.

>>> found = graph.paths("router", "transformer", k=3, via=["mixture of experts"])   # doctest: +SKIP
>>> found[0].steps[0].quotes[0].place                                               # doctest: +SKIP
'pages.txt:21'
>>> found.draw("paths.html")                                                        # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

from kg.answers import Path, Step
from kg.errors import UsageError
from kg.index import class_named, readings, relation_named
from kg.metapath import Metapath
from kg.network import UNIT, Constraints
from kg.paths import all_shortest_paths, shortest_paths
from kg.vocabulary import classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path as FilePath

    from kg.answers import ConceptRef
    from kg.graph import KnowledgeGraph, Name
    from kg.paths import Routes

MOST = 1000
"""The most paths that are given at once."""


class Paths:
    """The best paths between two concepts, best first: a sequence of `Path`.

    When time ran out before all were found, they are not `complete`; those that are there are the best nevertheless.
    """

    def __init__(
        self, graph: KnowledgeGraph, start: ConceptRef, end: ConceptRef, paths: tuple[Path, ...], *, complete: bool
    ) -> None:
        self.start, self.end, self.paths, self.complete = start, end, paths, complete
        self._graph = graph

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)

    @overload
    def __getitem__(self, at: int) -> Path: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, at: int | slice) -> Path | tuple[Path, ...]:
        return self.paths[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Paths):
            return NotImplemented
        return (self.start, self.end, self.paths, self.complete) == (
            other.start,
            other.end,
            other.paths,
            other.complete,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Paths({self.start.label!r} to {self.end.label!r}, {len(self)})"

    def __str__(self) -> str:
        return "\n".join(str(path) for path in self.paths)

    def _repr_html_(self) -> str:
        """The paths as a list, for notebooks."""
        from kg.notebook import listed

        return listed(self.paths, complete=self.complete)

    def as_dict(self) -> dict[str, Any]:
        """The paths as JSON can have them."""
        parts = {"start": self.start, "end": self.end}
        paths = [asdict(path) for path in self.paths]
        return {name: asdict(ref) for name, ref in parts.items()} | {"complete": self.complete, "paths": paths}

    def draw(self, path: FilePath | str, *, title: str | None = None) -> None:
        """Write an interactive page that tells the paths; UsageError for a place that cannot be written."""
        from pathlib import Path as FilePath

        from kg import sketch
        from kg.render import render

        index = self._graph.index
        render(
            sketch.view(self._graph, sketch.of_paths(self.paths)),
            FilePath(path),
            title=title or f"From {self.start.label} to {self.end.label}",
            whole=(len(index.concepts), len(index.columns)),
        )


def limits(
    graph: KnowledgeGraph,
    *,
    max_hops: int | None = None,
    directed: bool = False,
    predicates: Iterable[str] = (),
    exclude: Iterable[str] = (),
    types: Iterable[str] = (),
    via: Iterable[Name] = (),
    avoid: Iterable[Name] = (),
    min_confidence: float = 0.0,
    metapath: str | Metapath | None = None,
) -> Constraints:
    """Constraints from what a person gives: names of concepts, relations and classes, a metapath as text.

    Raises UsageError and ConceptNotFound.
    """
    if isinstance(metapath, str):
        metapath = Metapath.parse(metapath, kinds=classes(), relations=readings())
    return Constraints(
        max_hops=max_hops,
        directed=directed,
        predicates=frozenset(map(relation_named, predicates)),
        exclude=frozenset(map(relation_named, exclude)),
        types=frozenset(map(class_named, types)),
        via=frozenset(graph.concept(name).iri for name in via),
        avoid=frozenset(graph.concept(name).iri for name in avoid),
        min_confidence=min_confidence,
        metapath=metapath,
    )


def paths(
    graph: KnowledgeGraph,
    start: Name,
    end: Name,
    k: int,
    constraints: Constraints,
    *,
    all_shortest: bool = False,
    seconds: float | None = None,
) -> Paths:
    """What `KnowledgeGraph.paths` gives."""
    first, last = graph.concept(start), graph.concept(end)
    if first == last:
        raise UsageError(f"{start!s} and {end!s} are the same concept, {first.label!r}: a path needs two")
    if k > MOST:
        raise UsageError(f"at most {MOST:,} paths are given at once, not {k:,}")
    network = graph.network
    if all_shortest:
        routes = all_shortest_paths(network, first.iri, last.iri, constraints, most=MOST, seconds=seconds)
    else:
        routes = shortest_paths(network, first.iri, last.iri, k, constraints, seconds=seconds)
    return Paths(graph, first.ref, last.ref, _told(graph, routes), complete=routes.complete)


def _told(graph: KnowledgeGraph, routes: Routes) -> tuple[Path, ...]:
    """Routes in words, their quotes fetched at once."""
    named = {
        (u, v, hops): [(u, hop.predicate, v) if hop.forward else (v, hop.predicate, u) for hop in hops]
        for route in routes.found
        for (u, v), hops in zip(pairwise(route.nodes), route.steps, strict=True)
    }
    stated = graph.index.edges_between(triple for triples in named.values() for triple in triples)
    carried = {step: [stated[triple] for triple in triples] for step, triples in named.items()}
    quotes = graph.quotes.of(name for edges in carried.values() for edge in edges for name in edge.statements)
    refs = graph.index.refs
    return tuple(
        Path(
            tuple(refs[iri] for iri in route.nodes),
            tuple(
                Step(refs[u], refs[v], tuple(graph.relation(edge, u, quotes) for edge in carried[u, v, hops]))
                for (u, v), hops in zip(pairwise(route.nodes), route.steps, strict=True)
            ),
            route.cost / UNIT,
        )
        for route in routes.found
    )
