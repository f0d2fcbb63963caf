"""Connections, comparisons and neighbourhoods as people read them: outlines with quotes, and columns side by side."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from kg.present import amount, percent, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.answers import Neighbourhood, Relation
    from kg.compare import Broader, Common, Shared, Side
    from kg.connect import Connection

_ALSO = 3
"""How many further relations of a pair are told."""


def _backed(relation: Relation, quotes: int, indent: str) -> Iterator[str]:
    """Yield a relation as a sentence with its first quotes below it."""
    yield f"{indent}{relation.sentence}  {percent(relation.confidence)}".rstrip()
    yield from (f"{indent}  {quoted(quote)}" for quote in relation.quotes[:quotes])


def _also(relations: Sequence[Relation], indent: str) -> Iterator[str]:
    """Yield a line for what else is stated of a pair."""
    sentences = list(dict.fromkeys(relation.sentence for relation in relations))
    more = f"; and {len(sentences) - _ALSO} more" if len(sentences) > _ALSO else ""
    if sentences:
        yield f"{indent}also: {'; '.join(sentences[:_ALSO])}{more}"


def tied(connection: Connection, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of a connection: its tree, what was asked for marked by a full dot, and what was left out.

    Branches are indented behind a line; the trunk goes on below them.
    """
    between = f"through {amount(len(connection.between), 'concept')} more" if connection.between else "directly"
    least = "the least" if connection.exact else "perhaps not the least"
    yield f"{amount(len(connection.asked), 'concept')} tied {between}  (cost {connection.cost:.2f}, {least})"
    steps = (None, *connection.steps)
    depths = {member.concept.iri: depth for member, depth in zip(connection.concepts, connection.depths, strict=True)}
    for member, step in zip(connection.concepts, steps, strict=True):
        depth = depths[member.concept.iri]
        indent = "│ " * depth
        begins = step is not None and depths[step.source.iri] < depth
        yield f"{indent[:-2] + '├ ' if begins else indent}{'●' if member.asked else '○'} {member.concept.label}"
        if step is not None:
            yield from _backed(step.best, quotes, f"{indent}  ")
            yield from _also(step.relations[1:], f"{indent}    ")
    for left in connection.left_out:
        yield f"left out: {left.concept.label}, which {left.reason}"


def rings(around: Neighbourhood, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of a neighbourhood, ring by ring, the nearest first; what a limit left out is counted."""
    yield around.centre.label
    listed = {distance: list(ring) for distance, ring in groupby(around.concepts, key=lambda near: near.distance)}
    for distance, size in enumerate(around.sizes, 1):
        yield ""
        yield f"{amount(distance, 'step')} away: {amount(size, 'concept')}"
        ring = listed.get(distance, [])
        for near in ring:
            kind = f"  {near.concept.kind}" if near.concept.kind else ""
            yield f"  {near.concept.label}{kind}"
            yield from _backed(near.relations[0], quotes, "    ")
            yield from _also(near.relations[1:], "      ")
        if size > len(ring):
            yield f"  and {size - len(ring):,} more (-n {size} shows all)"


# ------------------------------------------------------------------------------------------------------- side by side


def facts(found: Common) -> Iterator[tuple[str, str, str]]:
    """Yield what two concepts are, as rows of three columns."""
    sides = found.first, found.second

    def row(title: str, *cells: str) -> Iterator[tuple[str, str, str]]:
        if any(cells):
            yield title, *(cell or "–" for cell in cells)  # type: ignore[misc]

    yield from row("kind", *(side.concept.kind for side in sides))
    yield from row("field", *(", ".join(side.concept.fields) for side in sides))
    yield from row("also called", *(", ".join(side.concept.aliases) for side in sides))
    yield from row("definition", *map(_defined, sides))


def _defined(side: Side) -> str:
    """The first definition and where it stands."""
    for definition in side.definitions[:1]:
        return "\n".join([definition.text, *(f"— {quote.place}" for quote in definition.quotes[:1])])
    return ""


def shared(found: Common, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines on what two concepts have to do with each other, and on what they share."""
    names = found.first.concept.label, found.second.concept.label
    if found.direct:
        yield from ("", "between the two:")
        for relation in found.direct:
            yield from _backed(relation, quotes, "  ")
    if found.fields:
        yield from ("", f"same field: {', '.join(found.fields)}")
    if found.broader:
        yield from ("", "kinds of the same:")
        for each in found.broader:
            yield from _above(each, names, quotes)
    if found.shared:
        yield from ("", f"shared: {found.shared_total:,}")
        for other in found.shared:
            yield from _both(other, quotes)
        if found.shared_total > len(found.shared):
            yield f"  and {found.shared_total - len(found.shared):,} more (-n {found.shared_total} shows all)"
    if not (found.direct or found.broader or found.shared or found.fields):
        yield from ("", f"{names[0]} and {names[1]} share nothing that the graph states")


def _above(each: Broader, names: Sequence[str], quotes: int) -> Iterator[str]:
    """Yield what two concepts are kinds of, with the ways there."""
    away = ", ".join(
        f"{amount(steps, 'step')} above {name}" if steps else f"which is {name} itself"
        for name, steps in zip(names, each.distances, strict=True)
    )
    yield f"  {each.concept.label}: {away}"
    for relation in (*each.first, *each.second):
        yield from _backed(relation, quotes, "    ")


def _both(other: Shared, quotes: int) -> Iterator[str]:
    """Yield what two concepts share, with the relations of both."""
    yield f"  {other.sentence}"
    for relation in (*other.first, *other.second):
        yield from _backed(relation, quotes, "    ")


def differences(found: Common, *, quotes: int = 1) -> Iterator[tuple[str, str, str]]:
    """Yield what only one of two concepts has, by relation, as rows of three columns."""
    for each in found.different:
        yield (
            each.relation,
            _cell(each.first, each.first_total, quotes),
            _cell(each.second, each.second_total, quotes),
        )


def _cell(relations: Sequence[Relation], total: int, quotes: int) -> str:
    """What a relation leads to, one below the other."""
    return "\n".join(_ends(relations, total, quotes)) or "–"


def _ends(relations: Sequence[Relation], total: int, quotes: int) -> Iterator[str]:
    for relation in relations:
        end = relation.object if relation.forward else relation.subject
        yield f"{end}  {percent(relation.confidence)}".rstrip()
        yield from (f"  {quoted(quote)}" for quote in relation.quotes[:quotes])
    if total > len(relations):
        yield f"and {total - len(relations):,} more"
