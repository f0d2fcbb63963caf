"""Relations that the graph may lack: pairs of concepts that most likely have one, with the likely relation and why.

Pairs are ranked by traffic (`kg.proximity`): what a random walk with restart carries between two concepts. For one
concept it is exact; for all pairs at once it is that of two steps. docs/related.md has the figures by which this way of
ranking was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.errors import UsageError
from kg.index import class_named, readings
from kg.related import Reason, Telling, checked, fused, html_of, html_table
from kg.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kg.answers import ConceptRef
    from kg.graph import Name
    from kg.related import Relatives

SURE = 0.5
"""A relation is named if it is at least so likely, given that the two have one."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two concepts between which no relation is stated, but likely.

    `predicate` is the likeliest, with `chance` as its probability given that there is a relation, and `forward` when
    `first` is its subject; `sentence` says it. It is empty when none is likely enough. `score` orders the suggestions.
    """

    first: ConceptRef
    second: ConceptRef
    predicate: str
    forward: bool
    chance: float
    sentence: str
    score: float
    common: int
    reasons: tuple[Reason, ...]

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Suggestions, the likeliest first; `about` is the concept that was asked about. `note` says why there are none."""

    about: ConceptRef | None
    by: str
    results: tuple[Suggestion, ...]
    note: str = ""

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Suggestion]:
        return iter(self.results)

    def __getitem__(self, at: int) -> Suggestion:
        return self.results[at]

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [(each.sentence, html_of((), each.reasons)) for each in self.results]
        return html_table("Relations that may be missing", ("perhaps", "because"), rows, self.note)


def suggest(relatives: Relatives, name: Name | None, limit: int, *, by: str, types: Iterable[str]) -> Suggestions:
    """What `KnowledgeGraph.suggest` gives."""
    checked(by, limit)
    kinds = frozenset(map(class_named, types))
    if name is None:
        if by != "walk":
            raise UsageError(f"all pairs are ranked by walk alone, not by {by}: name a concept, or leave that out")
        about, note = None, "no two concepts without a relation have a neighbour in common"
        pairs = relatives.proximity.pairs(limit, relatives.of_kinds(kinds))
    else:
        about = relatives.graph.concept(name).ref
        pairs, note = _of_one(relatives, relatives.network.number(about.iri), limit, by, kinds)
    told, roles = Telling(relatives), Roles(relatives.network)
    for _, one, other in pairs:
        told.add(one, other)
    found = tuple(_suggestion(relatives, told, roles, *pair) for pair in pairs)
    return Suggestions(about, by, found, "" if found else note)


def _of_one(
    relatives: Relatives, node: int, limit: int, by: str, kinds: Collection[str]
) -> tuple[list[tuple[float, int, int]], str]:
    scores = fused(list(relatives.scores(node, by, level=0).values()))
    if by == "walk":
        scores = scores * relatives.proximity.strength[node]
    nodes = relatives.ranked(node, scores, new=True, kinds=kinds)[:limit]
    note = relatives.why_none(node, new=True, kinds=kinds)
    return [(float(scores[other]), node, int(other)) for other in nodes], note


def _suggestion(relatives: Relatives, told: Telling, roles: Roles, score: float, one: int, other: int) -> Suggestion:
    first, second = relatives.ref(one), relatives.ref(other)
    number, forward, chance = roles.likeliest(one, other)
    predicate, sentence = "", f"{first} and {second}"
    if chance >= SURE:
        predicate = relatives.network.predicates[number]
        reading = readings()[predicate]
        sentence = f"{first} {reading.label if forward else reading.inverse} {second}"
    common = len(relatives.proximity.shared(one, other)[0])
    return Suggestion(
        first, second, predicate, forward, round(chance, 4), sentence, score, common, told.reasons(one, other)
    )
