"""What pages show, as JSON for programs: results of a search, paths, the graph in numbers."""

from __future__ import annotations

from dataclasses import asdict
from inspect import signature
from typing import TYPE_CHECKING

from kg.errors import NoPath, UsageError
from kg.explorer.parameters import constraints
from kg.graph import KnowledgeGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kg.explorer.parameters import Values

PATHS = 20
"""Paths that may be asked for at once."""


def search(graph: KnowledgeGraph, values: Values) -> object:
    """The best concepts for a text."""
    if not values.one("q"):
        raise UsageError("name what is to be found: ?q=TEXT")
    return [asdict(hit) for hit in graph.search(values.one("q"), values.whole("n", 10, 1, 500))]


def path(graph: KnowledgeGraph, values: Values) -> object:
    """The best paths between two concepts, or the reason why there is none."""
    start, end = values.one("from"), values.one("to")
    if not start or not end:
        raise UsageError("name two concepts: ?from=CONCEPT&to=CONCEPT")
    options = constraints(values, signature(KnowledgeGraph.path).parameters)
    try:
        paths = graph.path(start, end, values.whole("k", 1, 1, PATHS), **options)
    except NoPath as error:
        return {"paths": [], "reason": str(error)}
    return {"paths": [asdict(each) for each in paths], "reason": ""}


def stats(graph: KnowledgeGraph, values: Values) -> object:
    """The graph in numbers."""
    return asdict(graph.stats())


DATA: Mapping[str, Callable[[KnowledgeGraph, Values], object]] = {"search": search, "path": path, "stats": stats}
"""Pages that programs can have as JSON, by name."""
