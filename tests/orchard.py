"""The tiny glossary with more relations, so that every named query has something to find, faults included."""

from __future__ import annotations

from dataclasses import replace

from kg.model import (
    Concept,
    ConceptId,
    Entry,
    EntryFacts,
    EntryId,
    Evidence,
    Knowledge,
    Layout,
    Occurrence,
    Span,
    Statement,
    Year,
)
from tests.tiny import DOCUMENTS, tiny_knowledge

MULCH = """\
mulch, soil care
**Mulch** covers the ground. See grafting wax and frost.
"""
KINDS = {
    "scion": "Material",
    "rootstock": "Material",
    "bud": "Material",
    "shoot grafting": "Method",
    "disease risk": "Phenomenon",
    "knife": "Hardware",
    "take rate": "Metric",
    "Orchard Nine": "Dataset",
    "craft": "Method",
    "wax": "Material",
    "tip budding": "Method",
    "frost": "Phenomenon",
    "soil care": "Field",
    "mulch": "Material",
}
MORE = (
    ("garden.txt/L1", "grafting", "hasPart", "scion", "joins a scion", 0.85),
    ("garden.txt/L1", "grafting", "hasPart", "rootstock", "to a rootstock", 0.85),
    ("garden.txt/L3", "scion", "hasPart", "bud", "a single bud", 0.5),
    ("garden.txt/L1", "grafting", "hasExample", "shoot grafting", "moves a whole shoot", 0.55),
    ("garden.txt/L3", "tip budding", "broader", "budding", "**Budding**", 0.65),
    ("garden.txt/L1", "grafting", "improves", "juvenility", "juvenility", 0.4),
    ("garden.txt/L3", "budding", "causes", "juvenility", "1871", 0.3),
    ("garden.txt/L1", "grafting", "hasLimitation", "disease risk", "grafting", 0.7),
    ("shed.txt/L3", "grafting-wax", "reduces", "disease risk", "wound protection", 0.6),
    ("garden.txt/L3", "budding", "extends", "grafting", "propagation method", 0.7),
    ("garden.txt/L3", "tip budding", "extends", "budding", "single bud", 0.7),
    ("garden.txt/L3", "budding", "requires", "clean-cuts", "described", 0.75),
    ("shed.txt/L1", "clean-cuts", "requires", "knife", "clean cuts", 0.75),
    ("garden.txt/L1", "grafting", "evaluatedOn", "take rate", "whole", 0.8),
    ("garden.txt/L3", "budding", "evaluatedOn", "Orchard Nine", "uses", 0.8),
    ("shed.txt/L1", "grafting", "broader", "craft", "is an old craft", 0.95),
    ("shed.txt/L3", "sealant", "broader", "wax", "a **sealant**", 0.6),
    ("shed.txt/L3", "wax", "broader", "sealant", "Grafting wax", 0.6),
    ("garden.txt/L1", "grafting", "introducedIn", 1650, "whole shoot", 0.5),
)


def orchard_knowledge() -> Knowledge:
    """The tiny glossary, one more document of one entry without relations, fourteen concepts, nineteen statements."""
    tiny = tiny_knowledge()
    entries = {facts.entry.id: facts.entry for facts in tiny.entries}
    ids = {name: ConceptId(name.replace(" ", "-").lower()) for name in KINDS}

    def statement(
        entry: str, subject: str, predicate: str, target: str | int, quote: str, confidence: float
    ) -> Statement:
        home = entries[EntryId(entry)]
        start = DOCUMENTS[home.source].index(quote, home.body_span.start)
        evidence = Evidence(home.id, Span(start, start + len(quote)), f"test:{predicate}", quote)
        end = Year(target) if isinstance(target, int) else ids.get(target, ConceptId(target))
        return Statement(ids.get(subject, ConceptId(subject)), predicate, end, confidence, (evidence,))

    header, body = MULCH.split("\n", 1)
    mulch = Entry("soil.txt", 1, Layout.FLAT, header, Span(0, len(header)), body, Span(len(header) + 1, len(MULCH)))
    mentions = tuple(
        Occurrence(Span(start, start + len(name)), ConceptId(name.replace(" ", "-")), "test:mention")
        for name in ("grafting wax", "frost")
        for start in [MULCH.index(name)]
    )
    concepts = [Concept(ids[name], name, kind) for name, kind in KINDS.items()]
    changes = {
        "tip-budding": {"aliases": ("T-Budding",)},
        "mulch": {"fields": (ids["soil care"],), "entries": (mulch.id,)},
    }
    concepts = [replace(concept, **changes.get(concept.id, {})) for concept in concepts]  # type: ignore[arg-type]
    return Knowledge(
        (*tiny.entries, EntryFacts(mulch, ids["mulch"], mentions)),
        tuple(sorted((*tiny.concepts, *concepts), key=lambda c: c.id)),
        tuple(
            sorted(
                (*tiny.statements, *(statement(*row) for row in MORE)),
                key=lambda s: (s.subject, s.predicate, str(s.object)),
            )
        ),
    )
