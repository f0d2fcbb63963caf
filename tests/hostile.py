"""A glossary whose every text is an attack on some syntax; it must pass through as text everywhere."""

from __future__ import annotations

from kg.graph import KnowledgeGraph
from kg.model import (
    Concept,
    ConceptId,
    DefinitionOf,
    Entry,
    EntryFacts,
    Evidence,
    Knowledge,
    Layout,
    Span,
    Statement,
    Year,
)
from kg.store import LocalStore
from kg.triples import quads

TEXTS = (
    "<script>alert('x')</script>",
    '"quoted" and \\escaped\\',
    "two\nlines\r\nand\ttabs",
    '=HYPERLINK("http://example.org")',
    "+1;drop|table",
    "@SUM(A1)",
    "'leading apostrophe",
    "-2 | a || b",
    '" } ; DELETE WHERE { ?s ?p ?o } #',
    "$concept ?x {} %s %d {0}",
    "\u202egnirts desrever\u202c",
    "a\x00b\x08c\x1f\ufffe",
    "emoji \U0001f980 and \U0010fffd",
    "]]> <!-- & &amp; -->",
    "C++, C# & .NET / TCP/IP",
    "שלום עולם",
    "   ",
    "long " * 400,
)


def hostile_knowledge(texts: tuple[str, ...] = TEXTS) -> Knowledge:
    """Each text is a label, an alias, a keyword, a definition and a quote; the concepts form a chain."""
    ids = [ConceptId(f"c{number}") for number in range(len(texts))]
    facts, concepts, statements = [], [], []
    offset, line = 0, 1
    for number, text in enumerate(texts):
        header, body = f"header {number}", f"{text}\n"
        start = offset + len(header) + 1
        entry = Entry(
            'so urce".txt', line, Layout.FLAT, header, Span(offset, start - 1), body, Span(start, start + len(body))
        )
        offset, line = start + len(body), line + 1 + body.count("\n")
        evidence = Evidence(entry.id, Span(start, start + len(text)), "test:'rule\"", text)
        after = texts[(number + 1) % len(texts)]
        facts.append(EntryFacts(entry, ids[number]))
        concepts.append(
            Concept(
                ids[number], text, "Method", (after,), (text,), (), (DefinitionOf(text, evidence),), (entry.id,)
            )
        )  # fmt: skip
        if number:
            statements.append(Statement(ids[number - 1], "uses", ids[number], 0.5, (evidence,)))
        else:
            statements.append(Statement(ids[0], "introducedIn", Year(-44), 0.5, (evidence,)))
    return Knowledge(
        tuple(sorted(facts, key=lambda f: f.entry.id)),
        tuple(sorted(concepts, key=lambda c: c.id)),
        tuple(sorted(statements, key=lambda s: (s.subject, s.predicate, str(s.object)))),
    )


def graph_of(knowledge: Knowledge) -> KnowledgeGraph:
    """A knowledge as a graph in memory."""
    store = LocalStore()
    store.load(quads(knowledge))
    return KnowledgeGraph(store)
