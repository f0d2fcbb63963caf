"""Two concepts side by side: what is stated of the two, what they share, what they are kinds of, what each has alone.

What they share is ranked by how much it tells. A neighbour of few concepts tells more than one of many (Adamic & Adar
2003, "Friends and neighbors on the web", who weigh a common neighbour by 1 / log of its degree), and a sure relation
more than a doubtful one: a thing counts confidence / log2(1 + degree), for the confidence of both sides their product.
(Theirs is log(degree); one is added because what only one concept has may have a degree of 1.)
"""

from __future__ import annotations

import html
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import log2
from typing import TYPE_CHECKING

from kg import notebook
from kg.answers import ConceptRef, ConceptView, QuotedDefinition, Relation
from kg.errors import UsageError
from kg.index import readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from kg.answers import Quote
    from kg.graph import KnowledgeGraph, Name
    from kg.index import Edge

MOST_BROADER = 100
"""How many steps up what a concept is a kind of is followed."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two concepts, with its definitions."""

    concept: ConceptView
    definitions: tuple[QuotedDefinition, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """A concept, or a literal such as a year, that both have relations with, each side's read from its concept.

    `sentence` says it of both where they have the same relation, else of one after the other. `weight` orders what is
    shared and means nothing else.
    """

    other: ConceptRef | str
    sentence: str
    first: tuple[Relation, ...]
    second: tuple[Relation, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Broader:
    """A nearest concept that both are kinds of, with the ways there: no relations when it is one of the two itself."""

    concept: ConceptRef
    first: tuple[Relation, ...]
    second: tuple[Relation, ...]

    @property
    def distances(self) -> tuple[int, int]:
        """How many steps above each of the two it is."""
        return len(self.first), len(self.second)


@dataclass(frozen=True, slots=True)
class Different:
    """What a relation leads to from each of two concepts and not from the other, the most telling first.

    `relation` is how it reads from the concept: "uses", or "is used by". The totals count those that a limit left out
    as well.
    """

    relation: str
    first: tuple[Relation, ...]
    second: tuple[Relation, ...]
    first_total: int
    second_total: int


@dataclass(frozen=True, slots=True)
class Common:
    """Two concepts side by side.

    `direct` are the relations between the two, contrasts first; `shared` the most telling of `shared_total` things that
    both have relations with; `broader` what both are kinds of, the nearest only; `fields` their common subject fields;
    `different` what only one of them has, relation by relation, those that both have before others.
    """

    first: Side
    second: Side
    direct: tuple[Relation, ...]
    shared: tuple[Shared, ...]
    shared_total: int
    broader: tuple[Broader, ...]
    fields: tuple[str, ...]
    different: tuple[Different, ...]

    def _repr_html_(self) -> str:
        """The comparison as a table, for notebooks."""
        return _table(self)


Way = tuple[str, bool]
"""A relation and whether it leads away from the concept."""


def ways_in_order(first: Iterable[Way], second: Iterable[Way]) -> list[Way]:
    """The ways of two concepts as they are compared: those that both have first, those that lead away before others."""
    order = {name: place for place, name in enumerate(readings())}
    one, other = set(first), set(second)
    return sorted(one | other, key=lambda way: (not (way in one and way in other), not way[1], order[way[0]]))


def said(way: Way) -> str:
    """How a relation reads from the concept: "uses", or "is used by"."""
    reading = readings()[way[0]]
    return reading.label if way[1] else reading.inverse


def common(graph: KnowledgeGraph, one: Name, other: Name, limit: int | None) -> Common:
    """What `KnowledgeGraph.common` gives."""
    first, second = graph.concept(one), graph.concept(other)
    if first == second:
        raise UsageError(f"{one!s} and {other!s} are the same concept, {first.label!r}: to compare takes two")
    if limit is not None and limit < 1:
        raise UsageError(f"a limit is at least 1, not {limit}")
    pair = _Pair(graph, first.iri, second.iri)
    shared, different, broader = pair.shared(), pair.different(), pair.broader()
    shown = [
        *pair.direct,
        *(edge for other in shared[:limit] for side in (0, 1) for edge in pair.sides[side][other]),
        *(edge for _, columns in different for column in columns for edge in column[:limit]),
        *(edge for _, one, other in broader for edge in (*one, *other)),
    ]
    quotes = graph.quotes.of(name for edge in shown for name in edge.statements)
    told = _Told(graph, first.iri, second.iri, quotes)
    return Common(
        first=Side(first, graph.show(first).definitions),
        second=Side(second, graph.show(second).definitions),
        direct=tuple(graph.relation(edge, edge.subject, quotes) for edge in pair.direct),
        shared=tuple(told.shared(other, pair) for other in shared[:limit]),
        shared_total=len(shared),
        broader=tuple(told.broader(*each) for each in broader),
        fields=tuple(sorted(set(first.fields) & set(second.fields))),
        different=tuple(told.different(way, columns, limit) for way, columns in different),
    )


_Other = tuple[str, bool]
"""What a relation leads to: an IRI, or the text of a literal, and which of the two it is."""


class _Pair:
    """The relations of two concepts."""

    def __init__(self, graph: KnowledgeGraph, first: str, second: str) -> None:
        self.graph = graph
        self.ends = first, second
        self.sides: tuple[Mapping[_Other, Sequence[Edge]], Mapping[_Other, Sequence[Edge]]] = (
            self._around(first, second),
            self._around(second, first),
        )
        between = [
            edge
            for one, other in ((first, second), (second, first))
            for edge in graph.index.outgoing(one)
            if edge.object == other and not edge.literal
        ]
        order = {name: place for place, name in enumerate(readings())}
        self.direct = sorted(
            between,
            key=lambda e: (e.predicate != "contrastsWith", -_sure(e), order[e.predicate], e.subject != first),
        )

    def _around(self, one: str, other: str) -> Mapping[_Other, Sequence[Edge]]:
        """The relations of a concept by what they lead to, the other concept and itself left out, surest first."""
        found: dict[_Other, list[Edge]] = defaultdict(list)
        for edge in self.graph.index.outgoing(one):
            found[edge.object, edge.literal].append(edge)
        for edge in self.graph.index.incoming(one):
            found[edge.subject, False].append(edge)
        for end in (one, other):
            found.pop((end, False), None)
        return {end: sorted(edges, key=lambda e: (-_sure(e), e.predicate)) for end, edges in found.items()}

    def way(self, side: int, edge: Edge) -> Way:
        """How an edge leads from one of the two."""
        return edge.predicate, edge.subject == self.ends[side] or readings()[edge.predicate].symmetric

    def ways(self, side: int, other: _Other) -> list[Way]:
        """How one of the two is related to something, the surest first."""
        return list(dict.fromkeys(self.way(side, edge) for edge in self.sides[side][other]))

    def weight(self, other: _Other, *sure: float) -> float:
        """How much it tells that something is related."""
        product = 1.0
        for each in sure:
            product *= each
        return product / log2(1 + self._degree(other))

    def _degree(self, other: _Other) -> int:
        """The number of concepts that something is related to, 1 at least."""
        name, literal = other
        if literal:
            return max(1, self._years.get(name, 0))
        beside = {edge.object for edge in self.graph.index.outgoing(name) if not edge.literal}
        beside |= {edge.subject for edge in self.graph.index.incoming(name)}
        return max(1, len(beside - {name}))

    @cached_property
    def _years(self) -> Mapping[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for _, _, text in self.graph.index.columns.literals:
            counts[text] += 1
        return counts

    def shared(self) -> list[_Other]:
        """What both are related to, the most telling first; what both are just kinds of is told apart."""
        kind_of = [("broader", True)]
        both = [
            other
            for other in self.sides[0].keys() & self.sides[1].keys()
            if not self.ways(0, other) == self.ways(1, other) == kind_of
        ]
        return sorted(both, key=lambda other: (-self.shared_weight(other), other))

    def shared_weight(self, other: _Other) -> float:
        """How much something shared tells."""
        return self.weight(other, *(_sure(side[other][0]) for side in self.sides))

    def different(self) -> list[tuple[Way, tuple[list[Edge], list[Edge]]]]:
        """What only one of the two is related to, by relation, the most telling first."""
        columns: tuple[dict[Way, list[Edge]], dict[Way, list[Edge]]] = (defaultdict(list), defaultdict(list))
        ranks: dict[Edge, float] = {}
        for side in (0, 1):
            for other, edges in self.sides[side].items():
                if other not in self.sides[1 - side]:
                    for edge in edges:
                        columns[side][self.way(side, edge)].append(edge)
                        ranks[edge] = self.weight(other, _sure(edge))
            for found in columns[side].values():
                found.sort(key=lambda e: (-ranks[e], e.subject, e.object))
        order = ways_in_order(*columns)
        return [(way, (columns[0].get(way, []), columns[1].get(way, []))) for way in order]

    def broader(self) -> list[tuple[str, list[Edge], list[Edge]]]:
        """The lowest concepts that both are kinds of, each with the ways there; cycles do no harm."""
        first, second = (self._above(end) for end in self.ends)
        both = first.keys() & second.keys()
        steps = {iri: len(first[iri]) + len(second[iri]) for iri in both}
        higher = {iri: self._above(iri).keys() - {iri} for iri in both}

        def covered(iri: str) -> bool:
            """Whether another of them lies below; of those on a cycle, the ones that are fewest steps away do."""
            return any(
                iri in higher[other] and (other not in higher[iri] or steps[other] < steps[iri]) for other in both
            )

        lowest = sorted((iri for iri in both if not covered(iri)), key=lambda iri: (steps[iri], iri))
        return [(iri, first[iri], second[iri]) for iri in lowest]

    def _above(self, iri: str) -> dict[str, list[Edge]]:
        """What a concept is a kind of, itself included, with the shortest way there, of several the surest."""
        found: dict[str, list[Edge]] = {iri: []}
        ring = [iri]
        for _ in range(MOST_BROADER):
            reached: dict[str, list[Edge]] = {}
            for below in ring:
                for edge in sorted(self.graph.index.outgoing(below), key=lambda e: -_sure(e)):
                    if edge.predicate == "broader" and not edge.literal and edge.object not in found:
                        reached.setdefault(edge.object, [*found[below], edge])
            if not reached:
                break
            found |= reached
            ring = sorted(reached)
        return found


@dataclass(frozen=True, slots=True)
class _Told:
    """Edges put into words."""

    graph: KnowledgeGraph
    first: str
    second: str
    quotes: Mapping[str, tuple[Quote, ...]]

    def relations(self, edges: Iterable[Edge], seen_from: str) -> tuple[Relation, ...]:
        return tuple(self.graph.relation(edge, seen_from, self.quotes) for edge in edges)

    def shared(self, other: _Other, pair: _Pair) -> Shared:
        """Something that both are related to."""
        name, literal = other
        refs = self.graph.index.refs
        end = name if literal else refs[name]
        one, two = pair.ways(0, other), pair.ways(1, other)
        same = [way for way in one if way in two]
        if same:
            sentence = "; ".join(f"each {said(way)} {end}" for way in same)
        else:
            sentence = f"{refs[self.first]} {said(one[0])} {end}, {refs[self.second]} {said(two[0])} it"
        return Shared(
            end,
            sentence,
            self.relations(pair.sides[0][other], self.first),
            self.relations(pair.sides[1][other], self.second),
            pair.shared_weight(other),
        )

    def broader(self, iri: str, one: Sequence[Edge], other: Sequence[Edge]) -> Broader:
        """What both are kinds of."""
        ways = (tuple(self.graph.relation(edge, edge.subject, self.quotes) for edge in way) for way in (one, other))
        return Broader(self.graph.index.refs[iri], *ways)

    def different(self, way: Way, columns: tuple[list[Edge], list[Edge]], limit: int | None) -> Different:
        """What only one of them has."""
        one, other = columns
        return Different(
            said(way),
            self.relations(one[:limit], self.first),
            self.relations(other[:limit], self.second),
            len(one),
            len(other),
        )


def _sure(edge: Edge) -> float:
    return 1.0 if edge.confidence is None else edge.confidence


def draw(graph: KnowledgeGraph, found: Common, path: Path | str) -> tuple[int, int]:
    """Write an interactive page of two concepts with what they share; how many concepts and relations it shows."""
    from kg.sketch import draw_part

    first, second = found.first.concept, found.second.concept
    shared = [each.other.iri for each in found.shared if isinstance(each.other, ConceptRef)]
    above = [
        end.iri
        for each in found.broader
        for relation in (*each.first, *each.second)
        for end in (relation.subject, relation.object)
        if isinstance(end, ConceptRef)
    ]
    title = f"What {first.label} and {second.label} share"
    return draw_part(graph, [first.iri, second.iri, *shared, *above], path, title=title, marked=[first.iri, second.iri])


# ----------------------------------------------------------------------------------------------------------- as HTML


def _table(found: Common) -> str:
    """A table with a column for each concept."""
    sides = found.first, found.second
    head = "".join(f"<th>{html.escape(side.concept.label)}</th>" for side in sides)
    rows = [
        _row("kind", *(html.escape(side.concept.kind) for side in sides)),
        _row("field", *(html.escape(", ".join(side.concept.fields)) for side in sides)),
        _row("definition", *(html.escape(side.definitions[0].text if side.definitions else "") for side in sides)),
    ]
    rows += [_wide("between the two", _cited([relation])) for relation in found.direct]
    rows += [
        _wide("both are kinds of", html.escape(each.concept.label) + " ({} and {} up)".format(*each.distances))
        for each in found.broader
    ]
    rows += [_row(html.escape(str(each.other)), _cited(each.first), _cited(each.second)) for each in found.shared]
    if found.shared_total > len(found.shared):
        rows.append(_wide("shared", f"and {found.shared_total - len(found.shared):,} more"))
    rows += [
        _row(
            html.escape(each.relation),
            _cited(each.first, each.first_total),
            _cited(each.second, each.second_total),
        )
        for each in found.different
    ]
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(title: str, first: str, second: str) -> str:
    return f"<tr><th>{title}</th><td>{first}</td><td>{second}</td></tr>"


def _wide(title: str, cell: str) -> str:
    return f'<tr><th>{title}</th><td colspan="2">{cell}</td></tr>'


def _cited(relations: Sequence[Relation], total: int = 0) -> str:
    """Relations as sentences with their first quotes, one below the other; how many there are beyond them."""
    more = [f"and {total - len(relations):,} more"] if total > len(relations) else []
    return "<br>".join([*map(notebook.relation, relations), *more])
