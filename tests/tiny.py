"""A tiny resolved glossary, readable on one screen: two documents, four entries, twelve concepts, all facts."""

from __future__ import annotations

from kg.model import (
    Concept,
    ConceptId,
    DefinitionOf,
    Entry,
    EntryFacts,
    Evidence,
    Flag,
    Knowledge,
    Layout,
    Occurrence,
    Span,
    Statement,
    Year,
)

GARDEN = """\
grafting, horticulture
**Grafting** is a **propagation method** that joins a scion to a rootstock. It uses grafting wax and reduces \
juvenility. Unlike budding, it moves a whole shoot.
budding (t-budding),budding,horticulture
**Budding** is a **propagation method** that uses a single bud. It was described by Ada Birch in 1871.
"""
SHED = """\
grafting,tree surgery
**Grafting** is an old craft. It requires clean cuts
grafting wax, materials
**Grafting wax** is a **sealant** used for wound protection.
"""
DOCUMENTS = {"garden.txt": GARDEN, "shed.txt": SHED}


def _entry(source: str, header: str, flags: frozenset[Flag] = frozenset()) -> Entry:
    text = DOCUMENTS[source]
    start = text.index(header + "\n")
    body_start = start + len(header) + 1
    body_end = text.index("\n", body_start) + 1
    line = text.count("\n", 0, start) + 1
    return Entry(
        source, line, Layout.FLAT, header, Span(start, body_start - 1), text[body_start:body_end],
        Span(body_start, body_end), flags=flags,
    )  # fmt: skip


def _evidence(entry: Entry, quote: str, rule: str) -> Evidence:
    start = DOCUMENTS[entry.source].index(quote, entry.body_span.start)
    return Evidence(entry.id, Span(start, start + len(quote)), rule, quote)


def tiny_knowledge() -> Knowledge:
    """Four entries on three concepts, five more concepts that are only mentioned or are fields."""
    first = _entry("garden.txt", "grafting, horticulture")
    second = _entry("garden.txt", "budding (t-budding),budding,horticulture")
    third = _entry("shed.txt", "grafting,tree surgery", frozenset({Flag.TRUNCATED}))
    fourth = _entry("shed.txt", "grafting wax, materials")
    ids = {
        name: ConceptId(name.replace(" ", "-").lower())
        for name in (
            "grafting", "budding", "grafting wax", "propagation method", "juvenility", "wound protection",
            "Ada Birch", "clean cuts", "sealant", "horticulture", "tree surgery", "materials",
        )
    }  # fmt: skip

    def statement(
        subject: str, predicate: str, obj: str | int, entry: Entry, quote: str, confidence: float
    ) -> Statement:
        target = Year(obj) if isinstance(obj, int) else ids[obj]
        return Statement(ids[subject], predicate, target, confidence, (_evidence(entry, quote, f"test:{predicate}"),))

    statements = [
        statement("grafting", "broader", "propagation method", first, "is a **propagation method**", 0.95),
        statement("grafting", "uses", "grafting wax", first, "uses grafting wax", 0.9),
        statement("grafting", "reduces", "juvenility", first, "reduces juvenility", 0.8),
        statement("grafting", "contrastsWith", "budding", first, "Unlike budding", 0.7),
        statement("grafting", "requires", "clean cuts", third, "requires clean cuts", 0.75),
        statement("budding", "broader", "propagation method", second, "is a **propagation method**", 0.95),
        statement("budding", "developedBy", "Ada Birch", second, "described by Ada Birch", 0.6),
        statement("budding", "introducedIn", 1871, second, "in 1871", 0.6),
        statement("grafting wax", "broader", "sealant", fourth, "is a **sealant**", 0.95),
        statement("grafting wax", "usedFor", "wound protection", fourth, "used for wound protection", 0.85),
    ]

    def definition(entry: Entry, quote: str) -> DefinitionOf:
        return DefinitionOf(quote.replace("**", ""), _evidence(entry, quote, "test:definition"))

    def concept(label: str, kind: str, **more: object) -> Concept:
        return Concept(ids[label.lower()] if label.lower() in ids else ids[label], label, kind, **more)  # type: ignore[arg-type]

    def occurrence(entry: Entry, name: str) -> Occurrence:
        start = DOCUMENTS[entry.source].index(name, entry.body_span.start)
        return Occurrence(Span(start, start + len(name)), ids[name], "test:mention")

    concepts = [
        concept(
            "Grafting", "Method", fields=(ids["horticulture"], ids["tree surgery"]), entries=(first.id, third.id),
            definitions=(
                definition(first, "**Grafting** is a **propagation method** that joins a scion to a rootstock."),
                definition(third, "**Grafting** is an old craft."),
            ),
        ),
        concept(
            "Budding", "Method", aliases=("T-budding",), fields=(ids["horticulture"],), entries=(second.id,),
            definitions=(definition(second, "**Budding** is a **propagation method** that uses a single bud."),),
        ),
        concept(
            "Grafting wax", "Material", fields=(ids["materials"],), entries=(fourth.id,), keywords=("sealing",),
            definitions=(definition(fourth, "**Grafting wax** is a **sealant** used for wound protection."),),
        ),
        concept("propagation method", "Method"),
        concept("juvenility", "Property"),
        concept("wound protection", "Task"),
        concept("Ada Birch", "Person"),
        concept("clean cuts", "Property"),
        concept("sealant", "Material"),
        concept("horticulture", "Field"),
        concept("tree surgery", "Field"),
        concept("materials", "Field"),
    ]  # fmt: skip
    entries = [
        EntryFacts(
            first, ids["grafting"], tuple(occurrence(first, n) for n in ("grafting wax", "juvenility", "budding"))
        ),
        EntryFacts(second, ids["budding"], (occurrence(second, "Ada Birch"),)),
        EntryFacts(third, ids["grafting"], (occurrence(third, "clean cuts"),), flags=frozenset({Flag.TRUNCATED})),
        EntryFacts(fourth, ids["grafting wax"], (occurrence(fourth, "wound protection"),)),
    ]
    return Knowledge(
        tuple(sorted(entries, key=lambda e: e.entry.id)),
        tuple(sorted(concepts, key=lambda c: c.id)),
        tuple(sorted(statements, key=lambda s: (s.subject, s.predicate, str(s.object)))),
    )
