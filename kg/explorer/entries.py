"""Entries as the store holds them: read in bulk, parsed into blocks, with all that is said of each and where."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.blocks import parse
from kg.explorer.site import place
from kg.explorer.text import Excerpt, Part, Stretch, document, excerpt
from kg.index import readings
from kg.model import Entry, Layout, Span
from kg.vocabulary import SKOS, entry_id, entry_iri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kg.answers import ConceptRef, Quote
    from kg.graph import KnowledgeGraph

_KEPT = 256
"""How many parsed entries are kept."""

_ENTRIES = """
SELECT ?entry ?file ?line ?layout ?header ?headerStart ?headerEnd ?text ?start ?end WHERE {
  VALUES ?entry { %s }
  ?entry kg:sourceFile ?file ; kg:sourceLine ?line ; kg:layout ?layout ; kg:header ?header ; kg:text ?text ;
    kg:headerStart ?headerStart ; kg:headerEnd ?headerEnd ; kg:textStart ?start ; kg:textEnd ?end .
}"""
_FACTS = """
SELECT ?evidence ?start ?end ?rule ?statement ?subject ?predicate ?object WHERE {
  ?evidence kg:inEntry %s ; oa:start ?start ; oa:end ?end ; kg:rule ?rule .
  ?statement prov:wasDerivedFrom ?evidence ; rdf:subject ?subject ; rdf:predicate ?predicate ; rdf:object ?object .
}"""
_CONFIDENCES = """
SELECT ?statement ?confidence WHERE {
  ?evidence kg:inEntry %s . ?statement prov:wasDerivedFrom ?evidence ; kg:confidence ?confidence .
}"""
_MENTIONS = """
SELECT ?concept ?start ?end WHERE {
  ?mention kg:inEntry %s ; kg:occurrenceOf ?concept ; oa:start ?start ; oa:end ?end .
}"""
_DEFINITIONS = "SELECT ?concept ?text WHERE { VALUES ?concept { %s } ?concept skos:definition ?text . }"
_BOILERPLATE = "SELECT ?start ?end WHERE { ?span a kg:Boilerplate ; kg:inEntry %s ; oa:start ?start ; oa:end ?end . }"
_ABOUT = "SELECT ?concept ?flag WHERE { %s kg:describes ?concept . OPTIONAL { %s kg:flag ?flag } }"
_SIBLINGS = "SELECT ?entry ?line ?header WHERE { ?entry kg:sourceFile %s ; kg:sourceLine ?line ; kg:header ?header . }"


@dataclass(frozen=True, slots=True)
class Said:
    """One statement that a piece of evidence backs, as a sentence of links: `object` may be a text."""

    subject: ConceptRef | str
    verb: str
    object: ConceptRef | str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Fact:
    """The statements that one stretch of an entry's text backs. `name` is the stretch, as pages name it in links."""

    name: str
    number: int
    said: tuple[Said, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sibling:
    """The entry before or after one in its document."""

    address: str
    header: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as its page shows it."""

    entry: Entry
    iri: str
    about: tuple[ConceptRef, ...]
    flags: tuple[str, ...]
    parts: tuple[Part, ...]
    facts: tuple[Fact, ...]
    mentioned: tuple[tuple[ConceptRef, int], ...]
    boilerplate: int
    before: Sibling | None
    after: Sibling | None


@dataclass(frozen=True, slots=True)
class Proof:
    """A quote with the text around it, and where to read it in its entry."""

    excerpt: Excerpt
    source: str
    address: str
    rule: str


def name_of(start: int, end: int) -> str:
    """What a stretch of evidence is called in the page of its entry.

    >>> name_of(120, 180)
    '120-180'
    """
    return f"{start}-{end}"


class Entries:
    """Reads entries of a graph. The latest are kept, parsed."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._parsed: OrderedDict[str, Entry] = OrderedDict()

    def of(self, iris: Iterable[str]) -> Mapping[str, Entry]:
        """Entries by IRI, with their blocks; those without a text are left out."""
        wanted = sorted(set(iris))
        missing = [str(ox.NamedNode(iri)) for iri in wanted if iri not in self._parsed]
        if missing:
            for row in self._graph.store.rows(_ENTRIES % " ".join(missing)):
                self._parsed[row["entry"].value] = parse(_entry(row))
        found = {iri: self._parsed[iri] for iri in wanted if iri in self._parsed}
        for iri in found:
            self._parsed.move_to_end(iri)
        while len(self._parsed) > max(_KEPT, len(found)):
            self._parsed.popitem(last=False)
        return found

    def definitions(self, concepts: Iterable[str]) -> Mapping[str, str]:
        """The shortest definition of each of some concepts that has one, by IRI."""
        nodes = [str(ox.NamedNode(iri)) for iri in sorted(set(concepts))]
        found: dict[str, str] = {}
        for row in self._graph.store.rows(_DEFINITIONS % " ".join(nodes)) if nodes else ():
            concept, text = row["concept"].value, row["text"].value
            found[concept] = min(found.get(concept, text), text, key=lambda each: (len(each), each))
        return found

    def proofs(self, quotes: Iterable[Quote]) -> Mapping[Quote, Proof]:
        """Quotes in the text around them; one whose entry has no text stands alone."""
        listed = list(quotes)
        base = self._graph.base
        iris = {quote: quote.entry if "://" in quote.entry else entry_iri(quote.entry, base).value for quote in listed}
        entries = self.of(iris.values())
        found = {}
        for quote in listed:
            entry = entries.get(iris[quote])
            shown = excerpt(entry, Span(quote.start, quote.end)) if entry else None
            address = f"{place(iris[quote], base)}#at-{name_of(quote.start, quote.end)}"
            found[quote] = Proof(shown or Excerpt("", quote.exact, ""), quote.place, address, quote.rule)
        return found

    def show(self, iri: str) -> Shown | None:
        """An entry with everything that is said of it, None if there is none of this IRI with a text."""
        entry = self.of([iri]).get(iri)
        if entry is None:
            return None
        node, refs = ox.NamedNode(iri), self._graph.index.refs
        about, flags = set(), set()
        for row in self._graph.store.rows(_ABOUT % (node, node)):
            about.add(row["concept"].value)
            flags.update([row["flag"].value] if row["flag"] else [])
        facts, spans = self._facts(node)
        stretches = [Stretch("fact", span, name) for name, span in spans.items()]
        counts: dict[str, int] = defaultdict(int)
        for row in self._graph.store.rows(_MENTIONS % node):
            concept = row["concept"].value
            if concept in refs:
                counts[concept] += 1
                title = f"{refs[concept].label} ({refs[concept].kind})"
                stretches.append(Stretch("mention", _span(row), place(concept, self._graph.base), title))
        boilerplate = [Stretch("boilerplate", _span(row)) for row in self._graph.store.rows(_BOILERPLATE % node)]
        before, after = self._siblings(entry, iri)
        ranked = sorted(((refs[concept], count) for concept, count in counts.items()), key=lambda m: (-m[1], m[0]))
        return Shown(
            entry,
            iri,
            tuple(sorted(refs[concept] for concept in about if concept in refs)),
            tuple(sorted(flags)),
            tuple(document(entry, [*stretches, *boilerplate])),
            facts,
            tuple(ranked),
            len(boilerplate),
            before,
            after,
        )

    def _facts(self, node: ox.NamedNode) -> tuple[tuple[Fact, ...], Mapping[str, Span]]:
        """The facts of an entry by the place of their evidence, and these places by the facts' names."""
        sure = {
            row["statement"].value: float(row["confidence"].value)
            for row in self._graph.store.rows(_CONFIDENCES % node)
        }
        spans: dict[str, Span] = {}
        said: dict[str, set[tuple[float, str, str, str, str]]] = defaultdict(set)
        rules: dict[str, set[str]] = defaultdict(set)
        for row in self._graph.store.rows(_FACTS % node):
            span = _span(row)
            name = name_of(span.start, span.end)
            spans[name] = span
            rules[name].add(row["rule"].value)
            statement = row["statement"].value
            triple = row["subject"].value, row["predicate"].value, row["object"].value
            said[name].add((-sure.get(statement, 2.0), statement, *triple))
        facts = tuple(
            Fact(name, number, tuple(self._said(row) for row in sorted(said[name])), tuple(sorted(rules[name])))
            for number, name in enumerate(sorted(spans, key=lambda name: spans[name]), 1)
        )
        return facts, spans

    def _said(self, row: tuple[float, str, str, str, str]) -> Said:
        confidence, _, subject, predicate, target = row
        refs = self._graph.index.refs
        verbs = {reading.iri: reading.label for reading in readings().values()}
        verb = "is defined as" if predicate == SKOS.definition.value else verbs.get(predicate, predicate)
        sure = -confidence if confidence > -2.0 else None
        return Said(refs.get(subject, subject), verb, refs.get(target, target), sure)

    def _siblings(self, entry: Entry, iri: str) -> tuple[Sibling | None, Sibling | None]:
        rows = sorted(
            (int(row["line"].value), row["entry"].value, row["header"].value)
            for row in self._graph.store.rows(_SIBLINGS % ox.Literal(entry.source))
        )
        at = next((number for number, row in enumerate(rows) if row[1] == iri), None)
        if at is None:
            return None, None
        around = [rows[n] if 0 <= n < len(rows) else None for n in (at - 1, at + 1)]
        before, after = (row and Sibling(place(row[1], self._graph.base), row[2]) for row in around)
        return before, after


def entry_name(iri: str, base: str) -> str:
    """The id of an entry for people, its IRI if it is not of this graph's making."""
    return entry_id(iri, base) or iri


def _span(row: ox.QuerySolution) -> Span:
    return Span(int(row["start"].value), int(row["end"].value))


def _entry(row: ox.QuerySolution) -> Entry:
    return Entry(
        row["file"].value,
        int(row["line"].value),
        Layout(row["layout"].value),
        row["header"].value,
        Span(int(row["headerStart"].value), int(row["headerEnd"].value)),
        row["text"].value,
        Span(int(row["start"].value), int(row["end"].value)),
    )
