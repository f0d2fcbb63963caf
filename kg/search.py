"""Ranked search over what concepts are called and what is said of them: SQLite FTS5 in memory, bm25, then spelling.

Results come in tiers, each ordered by bm25, then by the number of relations, then by label:

    1. a label that is the query                       4. a definition or quote with all its words
    2. an alias that is the query                      5. if there is none of these: a name spelled like it
    3. a name with all its words, or beginnings        6. if there is none either: names and texts with any word

What is typed is taken as words only: the query language of FTS5 cannot be reached from it.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from kg.answers import Hit
from kg.errors import KgError, UsageError
from kg.names import key, singular, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.index import ConceptIndex

_MOST_WORDS = 24
"""How many different words of a query count."""

_ALIKE = 80.0
"""From which similarity of keys, of 100, a name counts as misspelt."""

_WEIGHTS = {"label": 1.0, "alias": 0.9, "keyword": 0.4, "definition": 1.0, "quote": 0.6}
"""Factors of bm25 by what a name or text is to its concept."""

_SCHEMA = """
CREATE VIRTUAL TABLE names USING fts5(
    text, name UNINDEXED, role UNINDEXED, concept UNINDEXED,
    tokenize = "unicode61 remove_diacritics 2 tokenchars '+#.'", prefix = '2 3');
CREATE VIRTUAL TABLE texts USING fts5(
    text, role UNINDEXED, concept UNINDEXED, tokenize = "porter unicode61 remove_diacritics 2");
"""
_FIND_NAMES = "SELECT concept, role, name, bm25(names) FROM names WHERE names MATCH ?"
_FIND_TEXTS = "SELECT concept, role, snippet(texts, 0, '', '', '…', 24), bm25(texts) FROM texts WHERE texts MATCH ?"


class SearchIndex:
    """A full-text index of a graph. Made once; safe to use from several threads."""

    def __init__(self, index: ConceptIndex) -> None:
        self._index = index
        self._degree = Counter(end for subject, _, target, _ in index.triples for end in (subject, target))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._database.close)
        try:
            self._database.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            raise KgError(f"search needs an SQLite with FTS5, which this Python lacks ({error})") from error
        subjects = {statement: term.value for statement, term in index.rows("rdf:subject")}
        exact = {evidence: term.value for evidence, term in index.rows("oa:exact")}
        names = {(view.label, "label", iri) for iri, view in index.concepts.items()}
        names |= {(alias, "alias", iri) for iri, view in index.concepts.items() for alias in view.aliases}
        names |= {(term.value, "keyword", iri) for iri, term in index.rows("schema:keywords")}
        texts = {(term.value, "definition", iri) for iri, term in index.rows("skos:definition")}
        texts |= {
            (exact[term.value], "quote", subjects[statement])
            for statement, term in index.rows("prov:wasDerivedFrom")
            if statement in subjects and term.value in exact
        }
        with self._database:
            self._database.executemany(
                "INSERT INTO names VALUES (?, ?, ?, ?)",
                ((" ".join(_terms(name)), name, role, iri) for name, role, iri in sorted(names)),
            )
            self._database.executemany("INSERT INTO texts VALUES (?, ?, ?)", sorted(texts))

    def scores(self, text: str) -> dict[str, float]:
        """The scores of all concepts that are found for a text, by IRI."""
        return {hit.concept.iri: hit.score for hit in self.search(text, 10**9)}

    def search(self, text: str, limit: int = 10) -> list[Hit]:
        """The best concepts for a text, at most `limit`, best first; none when it has no words that occur."""
        if limit < 1:
            raise UsageError(f"the number of results is at least 1, not {limit}")
        terms = _distinct(_terms(text))
        best: dict[str, Hit] = {}
        for tiers in (self._matching(text, terms), self._alike(text), self._loosely(text, terms)):
            for hit in tiers:
                if hit.concept.iri not in best or hit.score > best[hit.concept.iri].score:
                    best[hit.concept.iri] = hit
            if best:
                break
        return sorted(best.values(), key=self._rank)[:limit]

    def _rank(self, hit: Hit) -> tuple[float, int, str, str]:
        return -hit.score, -self._degree[hit.concept.iri], hit.concept.label.casefold(), hit.concept.iri

    def _matching(self, text: str, terms: list[str]) -> Iterator[Hit]:
        """Hits for the query as it stands."""
        for iri, role, name in self._index.named(key(text)):
            yield self._hit(iri, role, name, {"label": 5, "alias": 4}[role], 1.0)
        if terms:
            yield from self._found(_FIND_NAMES, " ".join(f"{term} *" for term in terms), 3)
            *whole, last = _distinct(words(text))
            yield from self._found(_FIND_TEXTS, " AND ".join([*whole, f"({last} OR {last} *)"]), 2)

    def _alike(self, text: str) -> Iterator[Hit]:
        """Hits for a misspelt name."""
        for position, (iri, name) in enumerate(self._index.similar(text, limit=10, cutoff=_ALIKE)):
            yield self._hit(iri, "spelling", name, 1, 1 / (1 + position))

    def _loosely(self, text: str, terms: list[str]) -> Iterator[Hit]:
        """Hits for any of the words."""
        if terms:
            yield from self._found(_FIND_NAMES, " OR ".join(terms), 0)
            yield from self._found(_FIND_TEXTS, " OR ".join(_distinct(words(text))), 0)

    def _found(self, query: str, match: str, tier: int) -> Iterator[Hit]:
        with self._lock:
            rows = self._database.execute(query, (match,)).fetchall()
        for iri, role, found, bm25 in rows:
            if iri in self._index.concepts:
                yield self._hit(iri, role, found, tier, max(0.0, -bm25) * _WEIGHTS[role])

    def _hit(self, iri: str, role: str, text: str, tier: int, relevance: float) -> Hit:
        score = round(tier + relevance / (1 + relevance), 4)
        return Hit(self._index.concepts[iri], role, " ".join(text.split()), score)


def _terms(text: str) -> list[str]:
    """The words of a name as the index of names holds them: lower-case and singular."""
    return [singular(word) for word in words(text)]


def _distinct(words: Iterable[str]) -> list[str]:
    """The first different words as strings of the FTS5 query language. The time of a query grows with their square."""
    return ['"' + word.replace('"', '""') + '"' for word in islice(dict.fromkeys(words), _MOST_WORDS)]
