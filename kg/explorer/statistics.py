"""The numbers of a graph as plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.explorer.draw import Plot, bars, doublings, histogram
from kg.explorer.site import address
from kg.index import readings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kg.answers import Statistics
    from kg.graph import KnowledgeGraph

_COUNTS = (
    "entries", "concepts", "described", "definitions", "relations", "statements", "evidence", "mentions", "orphans",
    "components", "largest_component",
)  # fmt: skip
_FIELDS = 20
"""How many fields a plot has."""


def counts(found: Statistics) -> dict[str, int]:
    """The plain numbers."""
    return {name: getattr(found, name) for name in _COUNTS}


def plots(
    graph: KnowledgeGraph,
    found: Statistics,
    kinds: Mapping[str, int],
    fields: Mapping[str, int],
    degrees: Mapping[str, int],
) -> tuple[Plot, ...]:
    """The plots. `degrees` are the numbers of relations of the concepts that have some."""
    sure = [edge.confidence for edge in graph.index.edges if edge.confidence is not None]
    verbs = {name: reading.label for name, reading in readings().items()}
    return (
        Plot(
            "Types", "Type", "concepts",
            bars((kind, count, address("/browse", type=kind)) for kind, count in kinds.items()),
        ),
        Plot(
            "Relations", "Relation", "relations",
            bars((verbs.get(name, name), count, "") for name, count in found.predicates.items()),
        ),
        Plot(
            "Fields", "Field", "concepts",
            bars((name, count, address("/browse", field=name)) for name, count in [*fields.items()][:_FIELDS]),
            note=f"the {_FIELDS} largest of {len(fields):,}" if len(fields) > _FIELDS else "",
        ),
        Plot(
            "Confidence", "Confidence", "relations", bars(histogram(sure)), upright=True,
            note="how sure the relations are, each by its surest statement",
        ),
        Plot(
            "Connectedness", "Relations of a concept", "concepts", bars(doublings(degrees.values())), upright=True,
            note="how many concepts have so many relations; those without any are left out",
        ),
        Plot(
            "Findings", "Flag", "entries", bars((flag, count, "") for flag, count in found.flags.items()),
            note="what the build found wrong with entries",
        ),
    )  # fmt: skip
