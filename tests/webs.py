"""Graphs of any shape, given by numbers: concepts 0, 1, 2… and the relations among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from kg.model import (
    Concept,
    ConceptId,
    DefinitionOf,
    Entry,
    EntryFacts,
    EntryId,
    Evidence,
    Knowledge,
    Layout,
    Occurrence,
    Span,
    Statement,
)
from tests.hostile import graph_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kg.graph import KnowledgeGraph

Row = tuple[int, str, int, float]
"""Subject, predicate, object, confidence."""


def name(number: int) -> str:
    return f"c{number:02}"


def iri(number: int) -> str:
    return f"https://kg.example.org/concept/{name(number)}"


def web(
    size: int,
    rows: Iterable[Row],
    *,
    labels: Sequence[str] = (),
    described: Mapping[int, str] | None = None,
    mentions: Iterable[tuple[int, int]] = (),
    fields: Mapping[int, str] | None = None,
) -> KnowledgeGraph:
    """A graph of `size` concepts, c00, c01, …, labelled so where `labels` has no other.

    `described` has the text of an entry for some, in which what is mentioned stands by its label; each text is the
    definition too. `fields` are the fields of some.
    """
    labels = [labels[at] if at < len(labels) else name(at) for at in range(size)]
    described, fields, mentions = described or {}, fields or {}, list(mentions)
    entries: dict[int, Entry] = {}
    facts = []
    offset, line = 0, 1
    for number, text in sorted(described.items()):
        header = f"{name(number)} header"
        start = offset + len(header) + 1
        body = text + "\n"
        entry = Entry(
            "web.txt", line, Layout.FLAT, header, Span(offset, start - 1), body, Span(start, start + len(body))
        )
        offset, line = start + len(body), line + 2
        entries[number] = entry
        found = tuple(
            Occurrence(Span(at, at + len(labels[other])), ConceptId(name(other)), "test:mention")
            for one, other in mentions
            if one == number
            for at in [start + text.index(labels[other])]
        )
        facts.append(EntryFacts(entry, ConceptId(name(number)), found))
    nowhere = Evidence(EntryId("web.txt/L1"), Span(0, 1), "test:row", "x")
    concepts = [
        Concept(
            ConceptId(name(number)),
            labels[number],
            "Method",
            fields=(ConceptId(fields[number]),) if number in fields else (),
            definitions=_definitions(entries.get(number)),
            entries=(entries[number].id,) if number in entries else (),
        )
        for number in range(size)
    ]
    concepts += [Concept(ConceptId(field), field, "Field") for field in sorted(set(fields.values()))]
    surest: dict[tuple[int, str, int], float] = {}
    for subject, predicate, target, confidence in rows:
        surest[subject, predicate, target] = max(confidence, surest.get((subject, predicate, target), 0))
    statements = tuple(
        Statement(ConceptId(name(s)), predicate, ConceptId(name(o)), confidence, (nowhere,))
        for (s, predicate, o), confidence in surest.items()
    )
    return graph_of(Knowledge(tuple(facts), tuple(concepts), statements))


def _definitions(entry: Entry | None) -> tuple[DefinitionOf, ...]:
    if entry is None:
        return ()
    text = entry.body.strip()
    start = entry.body_span.start
    return (DefinitionOf(text, Evidence(entry.id, Span(start, start + len(text)), "test:definition", text)),)


@st.composite
def shapes(draw: st.DrawFn, predicates: Sequence[str] = ("uses", "requires")) -> tuple[int, list[Row]]:
    """Small multigraphs: with parallel relations, loops, several parts, none at all."""
    size = draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    sure = st.sampled_from([0.25, 0.5, 0.75, 1.0])
    return size, draw(st.lists(st.tuples(node, st.sampled_from(predicates), node, sure), max_size=18))
