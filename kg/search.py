"""Ranked search over what concepts are called and what is said of them: SQLite FTS5, bm25, and spelling.

Results come in tiers, each ordered by bm25, then by the number of relations, then by label:

    1. a label that is the query                       4. a definition or quote with all its words
    2. an alias that is the query                      5. if there is none of these: the same with words put right,
    3. a name with all its words, or beginnings           and names spelled like the query
                                                       6. if there is none either: names and texts with any word, those
                                                          first that have most of the rare ones

What is typed is taken as words only, and as phrases where double quotes are put around them: the query language of FTS5
cannot be reached from it.

The index is made of a graph in about a second. Beside a store in a directory it is kept in a file, which says of which
store it was made and what its content hashes to: another store's, or a damaged one, counts as none.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import weakref
from collections import Counter, defaultdict
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

from kg.answers import ConceptView, Hit
from kg.errors import KgError, UsageError
from kg.files import write_file
from kg.names import key, singular, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from kg.index import ConceptIndex

_FORMAT = "kg search index 1"
"""The first line of a file; to be changed with all that makes or reads the database."""

_MOST_WORDS = 24
"""How many different words of a query count."""

_ALIKE = 80.0
"""From which similarity of keys, of 100, a name counts as misspelt."""

_CORRECTIONS = 3
"""How many words may be meant by one that occurs nowhere."""

_COMMON = 0.2
"""A word that more than this share of the concepts have says nothing, beside one that fewer have."""

_WEIGHTS = {"label": 1.0, "alias": 0.9, "keyword": 0.4, "definition": 1.0, "quote": 0.6}
"""Factors of bm25 by what a name or text is to its concept."""

_SAYS = {"label": 1.0, "alias": 0.9, "keyword": 0.6, "definition": 0.5, "quote": 0.4}
"""What a single word of a query counts, by where it stands."""

_SCHEMA = """
CREATE TABLE concepts(number INTEGER PRIMARY KEY, iri, label, id, kind, aliases, fields);
CREATE TABLE keys(key, role, name, concept);
CREATE TABLE words(word PRIMARY KEY, occurrences) WITHOUT ROWID;
CREATE VIRTUAL TABLE names USING fts5(
    text, name UNINDEXED, role UNINDEXED, concept UNINDEXED,
    tokenize = "unicode61 remove_diacritics 2 tokenchars '+#.'", prefix = '2 3');
CREATE VIRTUAL TABLE texts USING fts5(
    text, role UNINDEXED, concept UNINDEXED, tokenize = "porter unicode61 remove_diacritics 2");
"""
_INDEXES = "CREATE INDEX keys_by_key ON keys(key);"
_FIND_NAMES = "SELECT concept, role, rowid, bm25(names) FROM names WHERE names MATCH ?"
_FIND_TEXTS = "SELECT concept, role, rowid, bm25(texts) FROM texts WHERE texts MATCH ?"
_HAVE_NAMES = "SELECT concept, role FROM names WHERE names MATCH ?"
_HAVE_TEXTS = "SELECT concept, role FROM texts WHERE texts MATCH ?"
_SHOW_NAME = "SELECT name FROM names WHERE rowid = ?"
_SHOW_TEXT = "SELECT snippet(texts, 0, '', '', '…', 24) FROM texts WHERE texts MATCH ? AND rowid = ?"

_PHRASE = re.compile(r'"([^"]+)"')


class _Found(NamedTuple):
    """A concept by its number, what matched, and how to get the text that did: the text, or a query and its values."""

    score: float
    concept: int
    role: str
    shown: str
    values: tuple[object, ...] | None


class SearchIndex:
    """A full-text index of a graph, in memory; safe to use from several threads."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._lock = threading.Lock()
        weakref.finalize(self, database.close)
        self._size = max(1, self._rows("SELECT count(*) FROM concepts")[0][0])

    @classmethod
    def of(cls, index: ConceptIndex) -> SearchIndex:
        """The index of a graph."""
        return cls(_made(index))

    @classmethod
    def kept(cls, path: Path, identity: str, index: Callable[[], ConceptIndex]) -> SearchIndex:
        """The index in a file, if it is that of the store with this identity; made anew and kept there if not.

        A place that cannot be written gets no file.
        """
        if not hasattr(sqlite3.Connection, "serialize"):  # an SQLite that was built without it
            return cls.of(index())
        if (content := _read(path, identity)) is not None:
            database = sqlite3.connect(":memory:", check_same_thread=False)
            database.deserialize(content)
            return cls(database)
        database = _made(index())
        content = database.serialize()
        with suppress(UsageError):  # where nothing can be kept, the next one makes it again
            write_file(path, _head(identity, content) + content)
        return cls(database)

    def search(self, text: str, limit: int = 10) -> list[Hit]:
        """The best concepts for a text, at most `limit`, best first; none when it has no words that occur."""
        if limit < 1:
            raise UsageError(f"the number of results is at least 1, not {limit}")
        best = sorted(self._best(text).values(), key=lambda found: (-found.score, found.concept))
        return [self._hit(found) for found in best[:limit]]

    def scores(self, text: str) -> dict[str, float]:
        """The scores of all concepts that are found for a text, by IRI."""
        best = self._best(text)
        if not best:
            return {}
        iris = dict(self._rows("SELECT number, iri FROM concepts"))
        return {iris[number]: found.score for number, found in best.items()}

    def _best(self, text: str) -> dict[int, _Found]:
        """The best of what is found for each concept."""
        best: dict[int, _Found] = {}
        for tiers in (self._matching, self._respelt, self._loosely):
            for found in tiers(text):
                if found.concept not in best or found.score > best[found.concept].score:
                    best[found.concept] = found
            if best:
                break
        return best

    # ---------------------------------------------------------------------------------------------- as it is typed

    def _matching(self, text: str) -> Iterator[_Found]:
        """What is found for the text as it stands."""
        yield from self._named(text)
        names, texts = _conditions(text, singular), _conditions(text)
        if names:
            yield from self._all_of(names, texts)

    def _named(self, text: str) -> Iterator[_Found]:
        """Concepts whose label or alias is the text."""
        for concept, role, name in self._rows("SELECT concept, role, name FROM keys WHERE key = ?", key(text)):
            yield _Found(_score({"label": 5, "alias": 4}[role], 1.0), concept, role, name, None)

    def _all_of(self, names: Sequence[str], texts: Sequence[str]) -> Iterator[_Found]:
        """Concepts with all words in a name, or in a text; the last may go on."""
        yield from self._ranked(_FIND_NAMES, " AND ".join(_going_on(names, every=True)), 3)
        yield from self._ranked(_FIND_TEXTS, " AND ".join(_going_on(texts, every=False)), 2)

    def _ranked(self, query: str, match: str, tier: int) -> Iterator[_Found]:
        for concept, role, row, bm25 in self._rows(query, match):
            score = _score(tier, max(0.0, -bm25) * _WEIGHTS[role])
            if query == _FIND_NAMES:
                yield _Found(score, concept, role, _SHOW_NAME, (row,))
            else:
                yield _Found(score, concept, role, _SHOW_TEXT, (match, row))

    # ------------------------------------------------------------------------------------------------ as it is meant

    def _respelt(self, text: str) -> Iterator[_Found]:
        """What is found when words that occur nowhere are put right, and names that are spelled like the text."""
        meant = self._meant(text)
        if meant is not None:
            likely = " ".join(alternatives[0] for alternatives in meant)
            found = [*self._named(likely), *self._all_of(*_alternatives(meant))]
            for each in found:
                role = "spelling" if each.score >= 3 else each.role
                yield each._replace(score=round(1 + each.score / 6, 4), role=role)
        from rapidfuzz import fuzz, process

        names = self._rows("SELECT DISTINCT key, name, concept FROM keys ORDER BY concept, name")
        keys = [same for same, _, _ in names]
        alike = process.extract(str(key(text)), keys, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=10)
        ranked = sorted(alike, key=lambda one: (-one[1], len(one[0]), one[0], one[2]))
        for position, (_, _, index) in enumerate(ranked):
            _, name, concept = names[index]
            yield _Found(_score(1, 1 / (1 + position)), concept, "spelling", name, None)

    def _meant(self, text: str) -> list[tuple[str, ...]] | None:
        """For each word what it may be meant to be, likeliest first; None when every word, or none, is known."""
        typed = list(islice(dict.fromkeys(words(text)), _MOST_WORDS))
        known = {word for word in typed if self._known(word, beginning=word == typed[-1])}
        if len(known) == len(typed):
            return None
        meant = [(word,) if word in known else self._corrections(word) for word in typed]
        return None if all(alternatives == (word,) for alternatives, word in zip(meant, typed, strict=True)) else meant

    def _known(self, word: str, *, beginning: bool) -> bool:
        """Whether a word occurs, or is the beginning of one that does."""
        if self._rows("SELECT 1 FROM words WHERE word IN (?, ?)", word, singular(word)):
            return True
        if not beginning or len(word) < 3:
            return False
        return bool(self._rows("SELECT 1 FROM words WHERE word >= ? AND word < ? LIMIT 1", word, word + "\U0010ffff"))

    def _corrections(self, word: str) -> tuple[str, ...]:
        """Words that occur and are a slip or two away, those with the same first letter and frequent ones first."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        slips = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
        if not slips:
            return (word,)
        near = self._rows(
            "SELECT word, occurrences FROM words WHERE length(word) BETWEEN ? AND ? ORDER BY word",
            len(word) - slips, len(word) + slips,
        )  # fmt: skip
        vocabulary = dict(near)
        found = process.extract(word, list(vocabulary), scorer=OSA.distance, score_cutoff=slips, limit=None)
        ranked = sorted(found, key=lambda one: (one[1], one[0][0] != word[0], -vocabulary[one[0]], one[0]))
        return tuple(one[0] for one in ranked[:_CORRECTIONS] if one[1] == ranked[0][1]) or (word,)

    # ------------------------------------------------------------------------------------------------ any of its words

    def _loosely(self, text: str) -> Iterator[_Found]:
        """Concepts with any of the words, by the share of what all words say that theirs say."""
        meant = self._meant(text) or [(word,) for word in islice(dict.fromkeys(words(text)), _MOST_WORDS)]
        if not meant:
            return
        holders: list[dict[int, float]] = []
        for names, texts in (_alternatives([alternatives]) for alternatives in meant):
            best: dict[int, float] = {}
            for query, match in ((_HAVE_NAMES, names[0]), (_HAVE_TEXTS, texts[0])):
                for concept, role in self._rows(query, match):
                    best[concept] = max(best.get(concept, 0.0), _SAYS[role])
            if best:
                holders.append(best)
        telling = [best for best in holders if len(best) <= _COMMON * self._size] or holders
        rarity = [log(1 + self._size / len(best)) for best in telling]
        said: dict[int, float] = defaultdict(float)
        for best, weight in zip(telling, rarity, strict=True):
            for concept, share in best.items():
                said[concept] += weight * share / sum(rarity)
        any_name, any_text = (" OR ".join(conditions) for conditions in _alternatives(meant))
        shown: dict[int, _Found] = {}
        for found in (*self._ranked(_FIND_NAMES, any_name, 0), *self._ranked(_FIND_TEXTS, any_text, 0)):
            if found.concept in said and (found.concept not in shown or found.score > shown[found.concept].score):
                shown[found.concept] = found
        for concept, found in shown.items():
            yield found._replace(score=round(min(said[concept], 0.9999), 4))

    # ------------------------------------------------------------------------------------------------------- inside

    def _hit(self, found: _Found) -> Hit:
        ((iri, label, identifier, kind, aliases, fields),) = self._rows(
            "SELECT iri, label, id, kind, aliases, fields FROM concepts WHERE number = ?", found.concept
        )
        view = ConceptView(label, iri, identifier, kind, tuple(json.loads(aliases)), tuple(json.loads(fields)))
        text = found.shown if found.values is None else self._rows(found.shown, *found.values)[0][0]
        return Hit(view, found.role, " ".join(text.split()), found.score)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


# ----------------------------------------------------------------------------------------------------------- making


def _made(index: ConceptIndex) -> sqlite3.Connection:
    """A database with what the concepts are called and what is said of them.

    Concepts are numbered in the order in which equals are shown: the better connected first, then by label.
    """
    database = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        database.executescript(_SCHEMA)
    except sqlite3.OperationalError as error:
        raise KgError(f"search needs an SQLite with FTS5, which this Python lacks ({error})") from error
    degree = Counter(end for subject, _, target, _ in index.triples for end in (subject, target))
    views = sorted(index.concepts.values(), key=lambda view: (-degree[view.iri], view.label.casefold(), view.iri))
    numbers = {view.iri: number for number, view in enumerate(views)}
    called = {(view.label, "label", view.iri) for view in views}
    called |= {(alias, "alias", view.iri) for view in views for alias in view.aliases}
    names = called | {(term.value, "keyword", iri) for iri, term in index.rows("schema:keywords") if iri in numbers}
    subjects = {statement: term.value for statement, term in index.rows("rdf:subject")}
    exact = {evidence: term.value for evidence, term in index.rows("oa:exact")}
    texts = {(term.value, "definition", iri) for iri, term in index.rows("skos:definition") if iri in numbers}
    texts |= {
        (exact[term.value], "quote", subjects[statement])
        for statement, term in index.rows("prov:wasDerivedFrom")
        if subjects.get(statement) in numbers and term.value in exact
    }
    occurrences = Counter(word for name, _, _ in names for word in _terms(name))
    occurrences.update(word for text, _, _ in texts for word in _spoken(text))
    with database:
        database.executemany(
            "INSERT INTO concepts VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (numbers[v.iri], v.iri, v.label, v.id, v.kind, json.dumps(v.aliases), json.dumps(v.fields))
                for v in views
            ),
        )
        database.executemany(
            "INSERT INTO keys VALUES (?, ?, ?, ?)",
            ((key(name), role, name, numbers[iri]) for name, role, iri in sorted(called)),
        )
        database.executemany(
            "INSERT INTO names VALUES (?, ?, ?, ?)",
            ((" ".join(_terms(name)), name, role, numbers[iri]) for name, role, iri in sorted(names)),
        )
        database.executemany(
            "INSERT INTO texts VALUES (?, ?, ?)", ((text, role, numbers[iri]) for text, role, iri in sorted(texts))
        )
        database.executemany("INSERT INTO words VALUES (?, ?)", sorted(occurrences.items()))
    database.executescript(_INDEXES)
    return database


def _read(path: Path, identity: str) -> bytes | None:
    """The database in a file, if it is whole and of this store."""
    try:
        with path.open("rb") as file:
            head, content = file.read(len(_head(identity, b""))), file.read()
    except OSError:
        return None
    return content if head == _head(identity, content) else None


def _head(identity: str, content: bytes) -> bytes:
    """What a file begins with: its format, the store that it was made of, and a hash of the rest."""
    return f"{_FORMAT}\n{identity}\n{blake2b(content, digest_size=20).hexdigest()}\n".encode()


# ------------------------------------------------------------------------------------------------------- conditions


def _score(tier: int, relevance: float) -> float:
    return round(tier + relevance / (1 + relevance), 4)


def _terms(text: str) -> list[str]:
    """The words of a name as the index of names holds them: lower-case and singular."""
    return [singular(word) for word in words(text)]


def _spoken(text: str) -> list[str]:
    """The words of a text that can be misspelt."""
    return re.findall(r"[^\W\d_]{3,}", text.lower())


def _conditions(text: str, form: Callable[[str], str] = str) -> list[str]:
    """The first different words and phrases of a query, as strings of FTS5, whose time grows with their square."""
    found: list[str] = []
    position = 0
    for phrase in _PHRASE.finditer(text):
        found += (_quoted(form(word)) for word in words(text[position : phrase.start()]))
        if within := words(phrase[1]):
            found.append(_quoted(" ".join(map(form, within))))
        position = phrase.end()
    found += (_quoted(form(word)) for word in words(text[position:]))
    return list(islice(dict.fromkeys(found), _MOST_WORDS))


def _alternatives(meant: Iterable[tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Conditions on names and on texts: for each word, that one of its alternatives is there."""
    sets = list(meant)
    return (
        [f"({' OR '.join(_quoted(singular(word)) for word in alternatives)})" for alternatives in sets],
        [f"({' OR '.join(_quoted(word) for word in alternatives)})" for alternatives in sets],
    )


def _going_on(conditions: Sequence[str], *, every: bool) -> Iterator[str]:
    """Conditions that words may begin with what is asked for: every one, or the last."""
    for position, condition in enumerate(conditions, 1):
        plain = condition.startswith('"')
        if plain and every:
            yield f"{condition} *"
        elif plain and position == len(conditions):
            yield f"({condition} OR {condition} *)"
        else:
            yield condition


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
