"""What pages show, as JSON for programs: results of a search, the graph in numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kg.explorer.parameters import Values
    from kg.graph import KnowledgeGraph


def search(graph: KnowledgeGraph, values: Values) -> object:
    """The best concepts for a text."""
    if not values.one("q"):
        raise UsageError("name what is to be found: ?q=TEXT")
    return [asdict(hit) for hit in graph.search(values.one("q"), values.whole("n", 10, 1, 500))]


def stats(graph: KnowledgeGraph, values: Values) -> object:
    """The graph in numbers."""
    return asdict(graph.stats())


DATA: Mapping[str, Callable[[KnowledgeGraph, Values], object]] = {"search": search, "stats": stats}
"""Pages that programs can have as JSON, by name."""
