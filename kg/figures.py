"""What an analysis answers with: small values that compare, and turn into JSON by `dataclasses.asdict`; and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kg.answers import ConceptRef, Relation


@dataclass(frozen=True, slots=True)
class Figures:
    """The measures of one concept.

    `degree` counts its relations, `neighbours` the concepts they lead to. `pagerank` sums to 1 over all concepts;
    `betweenness` is a share of pairs, in 0…1; `core` its coreness; `community` the number of its community, from 1 for
    the largest, None where it has no relation to another concept. `described` says whether it has an entry of its own.
    """

    concept: ConceptRef
    described: bool
    degree: int
    neighbours: int
    pagerank: float
    betweenness: float
    core: int
    community: int | None


@dataclass(frozen=True, slots=True)
class Community:
    """Concepts that are linked more to one another than to others.

    `concepts` are the first of them: those with an entry, then by PageRank. `described` counts those with an entry,
    `fields` how many of these are in each field. `cohesion` is the share of the weight of their links that is inside.
    """

    number: int
    name: str
    size: int
    described: int
    cohesion: float
    fields: dict[str, int]
    concepts: tuple[ConceptRef, ...]


@dataclass(frozen=True, slots=True)
class BridgingPair:
    """Two unlinked concepts on the sides of a gap, what both are linked to (the rarest first), how many steps apart."""

    first: ConceptRef
    second: ConceptRef
    shared: tuple[ConceptRef, ...]
    distance: int

    def __str__(self) -> str:
        return f"{self.first} + {self.second}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Two groups with fewer links than one would expect; weights count relations, each by its confidence.

    `between` is "communities" or "fields"; `sizes` counts the concepts of both.
    """

    between: str
    first: str
    second: str
    sizes: tuple[int, int]
    weight: float
    expected: float
    pairs: tuple[BridgingPair, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Concepts that hang together: how many, and the foremost of them."""

    size: int
    concepts: tuple[ConceptRef, ...]

    def __str__(self) -> str:
        return f"{self.size:,}: {', '.join(ref.label for ref in self.concepts)}"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A link without which a component falls in two; `part` is the smaller one, in which `second` lies."""

    first: ConceptRef
    second: ConceptRef
    relations: tuple[Relation, ...]
    part: Part


@dataclass(frozen=True, slots=True)
class Articulation:
    """A concept without which its component falls into `parts` pieces, `loose` concepts being cut off the largest.

    `cut_off` are the foremost of the pieces that are.
    """

    concept: ConceptRef
    parts: int
    loose: int
    cut_off: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Core:
    """The k-core: the concepts that are left if those with fewer than k links among them go, again and again.

    `concepts` are the foremost of those that are in no deeper core.
    """

    k: int
    size: int
    concepts: tuple[ConceptRef, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """What was measured. `components` counts the connected parts of more than one concept, `linked` their concepts.

    `pivots` says from how many concepts betweenness was measured, None when from all that have links.
    """

    concepts: int
    described: int
    linked: int
    relations: int
    links: int
    components: int
    largest_component: int
    modularity: float
    pivots: int | None


# ------------------------------------------------------------------------------------------------------------ HTML


def as_html(found: Mapping[str, Any]) -> str:
    """The parts of an analysis, as `kg.analytics.Analysis.sections` has them, as tables for a notebook.

    What comes from documents is escaped.
    """
    extent = found["extent"]
    tables = [
        f"<p>{extent.concepts:,} concepts, {extent.relations:,} relations, {extent.components:,} parts; "
        f"modularity {extent.modularity:.3f}</p>"
    ]
    for name, (title, columns) in _TABLES.items():
        if found.get(name):
            tables.append(_table(title, columns, ([_cell(each, column) for column in columns] for each in found[name])))
    return "".join(tables)


_TABLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "concepts": ("Concepts", ("concept", "degree", "pagerank", "betweenness", "core", "community")),
    "communities": ("Communities", ("number", "name", "size", "described", "cohesion", "concepts")),
    "gaps": ("Gaps between communities", ("first", "second", "expected", "weight", "pairs")),
    "field_gaps": ("Gaps between fields", ("first", "second", "expected", "weight", "pairs")),
    "bridges": ("Bridges", ("first", "second", "relations", "part")),
    "articulations": ("Articulations", ("concept", "loose", "cut_off")),
    "cores": ("Cores", ("k", "size", "concepts")),
}
"""The tables of an analysis: the attributes that are shown of each thing."""


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(column.replace('_', ' '))}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h4>{escape(title)}</h4><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(each: object, column: str) -> str:
    value = getattr(each, column)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
