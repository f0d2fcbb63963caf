"""Evidence as people look it up: the exact words of a statement's sources, with file and line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from kg.answers import Quote
from kg.vocabulary import entry_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyoxigraph import QuerySolution

    from kg.store import Store

_BATCH = 200
"""How many terms one VALUES block holds: remote endpoints limit the length of a query."""

# Neither OPTIONAL nor a second VALUES block here: with them pyoxigraph joins whole tables and takes a hundred times as
# long.
_QUOTES = """
SELECT ?statement ?exact ?start ?end ?rule ?entry ?file ?line WHERE {
  VALUES ?statement { %s }
  ?statement prov:wasDerivedFrom ?evidence .
  ?evidence oa:exact ?exact ; oa:start ?start ; oa:end ?end ; kg:rule ?rule ; kg:inEntry ?entry .
  ?entry kg:sourceFile ?file ; kg:sourceLine ?line .
}"""
_CONFIDENCES = "SELECT ?statement ?confidence WHERE { VALUES ?statement { %s } ?statement kg:confidence ?confidence . }"
_STATEMENTS = """
SELECT ?statement ?subject ?predicate ?object WHERE {
  VALUES (?subject ?predicate ?object) { %s }
  ?statement rdf:subject ?subject ; rdf:object ?object ; rdf:predicate ?predicate .
}"""
_TEXTS = "SELECT ?entry ?text ?start WHERE { VALUES ?entry { %s } ?entry kg:text ?text ; kg:textStart ?start . }"


class Quotes:
    """Reads the evidence of statements from a store.

    The store knows the line of an entry's header and the entry's text; the line of a quote is counted from them, and
    the places of line breaks are kept for the entries that were asked about.
    """

    def __init__(self, store: Store, base: str) -> None:
        self._store = store
        self._base = base
        self._breaks: dict[str, tuple[int, list[int]]] = {}
        """Of an entry: where its text starts in the source, and the offsets of its line breaks."""

    def of(self, statements: Iterable[str]) -> Mapping[str, tuple[Quote, ...]]:
        """The quotes behind statements, by the statements' IRIs, in the order of their places."""
        statements = sorted(set(statements))
        rows = list(self._solutions(_QUOTES, statements))
        confidences = {
            row["statement"].value: float(row["confidence"].value) for row in self._solutions(_CONFIDENCES, statements)
        }
        missing = {row["entry"].value for row in rows} - self._breaks.keys()
        for row in self._solutions(_TEXTS, missing):
            start, text = int(row["start"].value), row["text"].value
            self._breaks[row["entry"].value] = start, [start + match.start() for match in re.finditer("\n", text)]
        found: dict[str, set[Quote]] = defaultdict(set)
        for row in rows:
            statement, start, entry = row["statement"].value, int(row["start"].value), row["entry"].value
            found[statement].add(
                Quote(
                    exact=row["exact"].value,
                    source=row["file"].value,
                    line=self._line(entry, int(row["line"].value), start),
                    start=start,
                    end=int(row["end"].value),
                    rule=row["rule"].value,
                    entry=entry_id(entry, self._base) or entry,
                    confidence=confidences.get(statement),
                )
            )
        return {statement: ordered(quotes) for statement, quotes in found.items()}

    def backing(
        self, triples: Iterable[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], tuple[float | None, tuple[Quote, ...]]]:
        """The confidence and the quotes of triples that are stated, by subject, predicate and object.

        The triples that are asked for are given as SPARQL writes their terms; those of the answer by IRI, and a literal
        object by its text.
        """
        rows = sorted(set(triples))
        found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for at in range(0, len(rows), _BATCH):
            block = " ".join(f"({' '.join(triple)})" for triple in rows[at : at + _BATCH])
            for row in self._store.select(_STATEMENTS % block):
                found[row["subject"].value, row["predicate"].value, row["object"].value].append(row["statement"].value)
        quotes = self.of(statement for statements in found.values() for statement in statements)
        result = {}
        for triple, statements in found.items():
            backed = ordered(quote for statement in set(statements) for quote in quotes.get(statement, ()))
            confidence = max((quote.confidence for quote in backed if quote.confidence is not None), default=None)
            result[triple] = confidence, backed
        return result

    def _solutions(self, query: str, iris: Iterable[str]) -> Iterator[QuerySolution]:
        """The solutions of a query with a VALUES block for IRIs, asked in batches."""
        nodes = [str(NamedNode(iri)) for iri in sorted(set(iris))]
        for at in range(0, len(nodes), _BATCH):
            yield from self._store.rows(query % " ".join(nodes[at : at + _BATCH]))

    def _line(self, entry: str, header_line: int, offset: int) -> int:
        """The line of an offset in an entry, whose text begins on the line after its header."""
        if entry not in self._breaks or offset < self._breaks[entry][0]:
            return header_line
        return header_line + 1 + bisect_left(self._breaks[entry][1], offset)


def ordered(quotes: Iterable[Quote]) -> tuple[Quote, ...]:
    """Quotes by place, each once."""
    return tuple(sorted(set(quotes), key=lambda q: (q.source, q.start, q.end, q.rule, q.exact, q.confidence or 0.0)))
