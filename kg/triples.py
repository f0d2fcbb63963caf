"""Knowledge -> RDF quads: what the graph says in the default graph, why it says so in `<base>graph/evidence`.

Every IRI is made from content, so that the same knowledge gives the same quads on every machine, and entries can be
turned into quads one by one.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

import kg
from kg.errors import UsageError
from kg.model import Year
from kg.vocabulary import (
    BASE,
    DCTERMS,
    EN,
    KG,
    OA,
    PROV,
    RDF,
    SCHEMA,
    SKOS,
    VOID,
    XSD,
    concept_iri,
    entry_iri,
    evidence_graph,
    kind,
    ontology_version,
    relation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.model import Concept, Entry, EntryFacts, EntryId, Evidence, Knowledge, Occurrence, Span, Statement

    Term = NamedNode | Literal
    Pair = tuple[NamedNode, Term]

_DEFAULT = DefaultGraph()


def quads(knowledge: Knowledge, *, base: str = BASE) -> Iterator[Quad]:
    """Yield the quads of a resolved glossary, grouped by subject, in the order of `knowledge`.

    A quad can come more than once (two statements may quote the same evidence). Raises `OntologyError` for a kind or
    predicate that the ontology does not define, `UsageError` for a base that IRIs cannot be built on.
    """
    writer = _Writer(base)
    yield from writer.dataset(knowledge)
    for facts in knowledge.entries:
        yield from writer.entry(facts)
    for concept in knowledge.concepts:
        yield from writer.concept(concept)
    for statement in knowledge.statements:
        yield from writer.statement(statement)


def usable_base(base: str) -> str:
    """The base itself, if IRIs can be built on it; raises `UsageError` if not."""
    if not base.endswith(("/", "#")) or ":" not in base:
        raise UsageError(f"the base IRI {base!r} must be absolute and end in '/' or '#'")
    try:
        evidence_graph(base)
    except ValueError as error:
        raise UsageError(f"the base IRI {base!r} is not an IRI: {error}") from error
    return base


class _Writer:
    """Turns one thing at a time into quads, all under one base."""

    def __init__(self, base: str) -> None:
        self.base = usable_base(base)
        self.evidence_graph = evidence_graph(base)

    def dataset(self, knowledge: Knowledge) -> Iterator[Quad]:
        """Describe the dataset itself: what made it, by which ontology, out of how much."""
        sources = {facts.entry.source for facts in knowledge.entries}
        yield from self._node(
            NamedNode(f"{self.base}dataset"),
            (RDF.type, VOID.Dataset),
            (DCTERMS.title, Literal("Glossary knowledge graph", language=EN)),
            (DCTERMS.conformsTo, ontology_version()),
            (SCHEMA.softwareVersion, Literal(kg.__version__)),
            (VOID.uriSpace, Literal(self.base)),
            (VOID.vocabulary, NamedNode(KG.iri)),
            (VOID.documents, _integer(len(sources))),
            (VOID.entities, _integer(len(knowledge.concepts))),
        )

    def entry(self, facts: EntryFacts) -> Iterator[Quad]:
        """Describe one entry, its text, and the places in it that mention concepts or are boilerplate."""
        entry = facts.entry
        iri = entry_iri(entry.id, self.base)
        mentioned = sorted({m.concept for m in facts.mentions} - {facts.describes})
        yield from self._node(
            iri,
            (RDF.type, KG.Entry),
            (KG.sourceFile, Literal(entry.source)),
            (KG.sourceLine, _integer(entry.line)),
            (KG.layout, Literal(entry.layout.value)),
            (KG.header, Literal(entry.header)),
            (KG.describes, concept_iri(facts.describes, self.base)),
            *((KG.mentions, concept_iri(concept, self.base)) for concept in mentioned),
            *((KG.flag, Literal(flag.value)) for flag in sorted(entry.flags | facts.flags)),
        )
        yield from self._node(
            iri,
            (KG.text, Literal(entry.body)),
            (KG.textStart, _integer(entry.body_span.start)),
            (KG.textEnd, _integer(entry.body_span.end)),
            (KG.headerStart, _integer(entry.header_span.start)),
            (KG.headerEnd, _integer(entry.header_span.end)),
            graph=self.evidence_graph,
        )
        for occurrence in facts.mentions:
            yield from self._occurrence(entry, occurrence)
        for span in facts.boilerplate:
            yield from self._span("boilerplate", KG.Boilerplate, entry.id, span)

    def concept(self, concept: Concept) -> Iterator[Quad]:
        """Describe one concept; its definitions are statements too, so that they quote their source."""
        iri = concept_iri(concept.id, self.base)
        yield from self._node(
            iri,
            (RDF.type, SKOS.Concept),
            (RDF.type, kind(concept.kind).iri),
            (SKOS.prefLabel, Literal(concept.label, language=EN)),
            *((SKOS.altLabel, Literal(alias, language=EN)) for alias in concept.aliases if alias != concept.label),
            *((SCHEMA.keywords, Literal(keyword)) for keyword in concept.keywords),
            *((DCTERMS.subject, concept_iri(field, self.base)) for field in concept.fields),
            *((SKOS.definition, Literal(definition.text, language=EN)) for definition in concept.definitions),
        )
        for definition in concept.definitions:
            text = Literal(definition.text, language=EN)
            yield from self._reified(iri, SKOS.definition, text, (definition.evidence,))

    def statement(self, statement: Statement) -> Iterator[Quad]:
        """State a relation and reify it with its confidence and evidence."""
        subject = concept_iri(statement.subject, self.base)
        predicate = relation(statement.predicate).iri
        obj: Term
        if isinstance(statement.object, Year):
            obj = Literal(_year(statement.object.year), datatype=XSD.gYear)
        else:
            obj = concept_iri(statement.object, self.base)
        yield Quad(subject, predicate, obj, _DEFAULT)
        yield from self._reified(subject, predicate, obj, statement.evidence, statement.confidence)

    def _reified(
        self,
        subject: NamedNode,
        predicate: NamedNode,
        obj: Term,
        evidence: Iterable[Evidence],
        confidence: float | None = None,
    ) -> Iterator[Quad]:
        quotes = [(self._name("evidence", quote.entry, quote.span, quote.rule), quote) for quote in evidence]
        yield from self._node(
            NamedNode(f"{self.base}statement/{_digest(str(subject), str(predicate), str(obj))}"),
            (RDF.type, RDF.Statement),
            (RDF.subject, subject),
            (RDF.predicate, predicate),
            (RDF.object, obj),
            *(() if confidence is None else ((KG.confidence, _decimal(confidence)),)),
            *((PROV.wasDerivedFrom, name) for name, _ in quotes),
            graph=self.evidence_graph,
        )
        for _, quote in quotes:
            yield from self._span(
                "evidence",
                KG.Evidence,
                quote.entry,
                quote.span,
                (OA.exact, Literal(quote.exact)),
                (KG.rule, Literal(quote.rule)),
                key=(quote.rule,),
            )

    def _occurrence(self, entry: Entry, occurrence: Occurrence) -> Iterator[Quad]:
        yield from self._span(
            "occurrence",
            KG.Occurrence,
            entry.id,
            occurrence.span,
            (KG.occurrenceOf, concept_iri(occurrence.concept, self.base)),
            (OA.exact, Literal(entry.quote(occurrence.span))),
            (KG.rule, Literal(occurrence.rule)),
            key=(occurrence.concept, occurrence.rule),
        )

    def _span(
        self, folder: str, cls: NamedNode, entry: EntryId, span: Span, *pairs: Pair, key: tuple[str, ...] = ()
    ) -> Iterator[Quad]:
        yield from self._node(
            self._name(folder, entry, span, *key),
            (RDF.type, cls),
            (KG.inEntry, entry_iri(entry, self.base)),
            (OA.start, _integer(span.start)),
            (OA.end, _integer(span.end)),
            *pairs,
            graph=self.evidence_graph,
        )

    def _name(self, folder: str, entry: EntryId, span: Span, *key: str) -> NamedNode:
        return NamedNode(f"{self.base}{folder}/{_digest(entry, str(span.start), str(span.end), *key)}")

    def _node(self, subject: NamedNode, *pairs: Pair, graph: NamedNode | DefaultGraph = _DEFAULT) -> Iterator[Quad]:
        for predicate, obj in pairs:
            yield Quad(subject, predicate, obj, graph)


def _digest(*parts: str) -> str:
    """A name made of 80 bits: at a billion names, the odds that any two coincide are one in two million."""
    return blake2b("\x00".join(parts).encode(), digest_size=10).hexdigest()


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=XSD.integer)


def _decimal(number: float) -> Literal:
    """The number rounded to four digits, in the canonical form of XML Schema 1.1: `0.93`, `1`."""
    text = f"{Decimal(repr(number)):.4f}".rstrip("0").rstrip(".")
    return Literal(text, datatype=XSD.decimal)


def _year(year: int) -> str:
    return f"-{-year:04d}" if year < 0 else f"{year:04d}"
