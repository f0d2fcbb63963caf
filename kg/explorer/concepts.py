"""What the page of a concept shows: its relations by what they say, each with its proof, and what there is to mend."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.explorer.draw import Group, Neighbour, Neighbourhood, around, below
from kg.explorer.site import place
from kg.index import readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kg.answers import ConceptRef, Description, Relation, Step
    from kg.explorer.entries import Entries, Proof

SHOWN, MOST = 8, 200
"""Relations of a group that are shown at once, and that a page holds."""

_QUOTES = 3
"""Quotes shown for a relation."""

_DRAWN, _DRAWN_GROUPS, _DRAWN_BELOW = 4, 7, 4
"""Concepts drawn for a relation, and relations drawn on wide and on narrow screens."""

FLAGS = {
    "truncated": "its text breaks off before its end",
    "header-body-mismatch": "its header names something else than its text",
    "boilerplate": "most of its text recurs in other entries",
    "duplicate-text": "the same text stands in another entry",
    "damaged-math": "its formulas have lost characters",
    "no-definition": "no sentence of it defines the concept",
    "empty-body": "it has no text",
}
"""What a flag says of an entry."""


@dataclass(frozen=True, slots=True)
class Row:
    """A relation as a line: what it leads to, where that is shown, how sure it is, its proofs and how many more."""

    other: ConceptRef | str
    address: str
    sentence: str
    confidence: float | None
    proofs: tuple[Proof, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Related:
    """All relations of a concept that say the same: "uses", or "is used by" when not `forward`. `more` are left out."""

    verb: str
    predicate: str
    forward: bool
    rows: tuple[Row, ...]
    more: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows) + self.more


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a concept that an editor may want to mend. `address` is where."""

    text: str
    address: str = ""


def related(described: Description, entries: Entries, base: str) -> tuple[Related, ...]:
    """The relations of a concept by what they say, its own first, each with its proofs."""
    groups: dict[tuple[str, str], list[Relation]] = {}
    for relation in (*described.relations, *described.inverse):
        groups.setdefault((verb(relation), relation.predicate), []).append(relation)
    shown = [relation for group in groups.values() for relation in group[:MOST]]
    proofs = entries.proofs({quote for relation in shown for quote in relation.quotes[:_QUOTES]})
    return tuple(
        Related(
            said,
            predicate,
            group[0].forward,
            tuple(
                Row(
                    other := _other(relation),
                    "" if isinstance(other, str) else place(other.iri, base),
                    relation.sentence,
                    relation.confidence,
                    tuple(proofs[quote] for quote in relation.quotes[:_QUOTES]),
                    max(0, len(relation.quotes) - _QUOTES),
                )
                for relation in group[:MOST]
            ),
            max(0, len(group) - MOST),
        )
        for (said, predicate), group in groups.items()
    )


def verb(step: Step | Relation) -> str:
    """How a step of a path, or a relation, is said in its direction: "uses", "is used by"."""
    reading = readings()[step.predicate]
    return reading.label if step.forward or reading.symmetric else reading.inverse


def _other(relation: Relation) -> ConceptRef | str:
    return relation.object if relation.forward else relation.subject


def drawings(label: str, groups: Sequence[Related]) -> tuple[Neighbourhood, Neighbourhood] | None:
    """The concepts around one, for wide and for narrow screens; None when there are none."""
    drawn = _drawn(groups)
    return (around(label, drawn[:_DRAWN_GROUPS]), below(label, drawn[:_DRAWN_BELOW])) if drawn else None


def _drawn(groups: Iterable[Related]) -> list[Group]:
    drawn = []
    for number, group in enumerate(groups, 1):
        near = tuple(
            Neighbour(row.other, row.address, row.sentence) for row in group.rows if not isinstance(row.other, str)
        )
        if near:
            most = _DRAWN if len(near) > _DRAWN + 1 else _DRAWN + 1  # one line says as much as "and 1 more"
            more = len(near) - len(near[:most]) + group.more
            drawn.append(Group(group.verb, near[:most], more, f"#r{number}"))
    return drawn


def findings(described: Description, base: str) -> tuple[Finding, ...]:
    """What may be wrong or missing with a concept."""
    found = [
        Finding(f"{entry.place}: {FLAGS.get(flag, flag)} ({flag})", place(entry.iri, base))
        for entry in described.entries
        for flag in entry.flags
    ]
    if not described.entries:
        found.append(Finding("It has no entry of its own: all that is known of it comes from other entries."))
    elif not described.definitions:
        found.append(Finding("No sentence defines it."))
    if len(described.definitions) > 1:
        found.append(Finding(f"It is defined {len(described.definitions)} times: do the definitions agree?"))
    if not described.relations and not described.inverse:
        found.append(Finding("No relation ties it to another concept."))
    unsure = sum(
        relation.confidence is not None and relation.confidence < 0.5
        for relation in (*described.relations, *described.inverse)
    )
    if unsure:
        total = len(described.relations) + len(described.inverse)
        found.append(Finding(f"{unsure:,} of {total:,} relations are less sure than 50 %."))
    pairs = Counter((relation.predicate, str(_other(relation)).casefold()) for relation in described.relations)
    for (predicate, label), count in sorted(pairs.items()):
        if count > 1:
            found.append(Finding(f"{predicate} leads to {count} concepts called {label}: are they one?"))
    return tuple(found)
