"""The concepts of a graph and the typed relations among them, read from a store once: names, kinds, edges.

Everything is read by plain SPARQL 1.1 SELECTs, so that a directory and a remote endpoint give the same index. Graphs
that are not ours work too: a SKOS thesaurus without kinds, statements or evidence has concepts, labels and relations.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kg.answers import ConceptRef, ConceptView
from kg.errors import ConceptNotFound, UsageError
from kg.names import key, words
from kg.vocabulary import DCTERMS, RDF, SKOS, classes, concept_id, inferred_graph, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyoxigraph import Literal, NamedNode

    from kg.columns import EdgeColumns, Vocabulary
    from kg.model import Key
    from kg.statements import Statements
    from kg.store import Store

# One pattern a query, joined here: these tables are read whole, and a scan costs a fraction of an engine's join.
_CONCEPTS = "SELECT ?concept WHERE { ?concept a skos:Concept . }"
_KINDS = "SELECT ?concept ?value WHERE { VALUES ?value { %s } ?concept a ?value . }"
_INFERRED = """
SELECT ?subject ?predicate ?object WHERE {
  VALUES ?predicate { rdf:type skos:prefLabel skos:altLabel dcterms:subject }
  GRAPH %s { ?subject ?predicate ?object }
}"""
_TABLE = "SELECT ?subject ?object WHERE { ?subject %s ?object . }"

RELATED = "related"
"""The one relation that graphs may hold beyond those of the ontology: `skos:related`, an untyped association."""


_CONTAINED = 75.0
"""How much a name is like another that has its words and more."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A typed relation as the graph states it. `object` is an IRI, or the text of a literal when `literal`.

    `statements` are the IRIs of the `rdf:Statement`s about it, the most confident first; `confidence` is that one's;
    `evidence` counts the pieces of evidence of all of them.
    """

    subject: str
    predicate: str
    object: str
    literal: bool
    confidence: float | None
    statements: tuple[str, ...]
    evidence: int

    @property
    def statement(self) -> str:
        """The most confident statement, empty when the graph has only the triple."""
        return self.statements[0] if self.statements else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a predicate is said: forwards, backwards, and whether both directions mean the same."""

    iri: str
    label: str
    inverse: str
    symmetric: bool


def readings() -> Mapping[str, Reading]:
    """The relations that graphs may hold, by local name."""
    known = {r.name: Reading(r.iri.value, r.label, r.inverse_label, r.symmetric) for r in relations().values()}
    return known | {RELATED: Reading(SKOS.related.value, "is related to", "is related to", True)}


def relation_named(name: str) -> str:
    """The local name of a relation given as `uses`, `kg:uses` or its IRI; raises UsageError for any other."""
    known = readings()
    for local, reading in known.items():
        if name in (local, f"kg:{local}", f"skos:{local}", reading.iri):
            return local
    raise UsageError(f"no relation {name!r}; the relations are {', '.join(known)}")


def class_named(name: str) -> str:
    """The local name of a class given as `Method`, `method`, `kg:Method` or IRI; raises UsageError for any other."""
    known = classes()
    for local, kind in known.items():
        if name in (kind.iri.value, f"kg:{local}") or name.casefold() == local.casefold():
            return local
    raise UsageError(f"no class {name!r}; the classes are {', '.join(known)}")


class ConceptIndex:
    """The concepts of a store by every name they have.

    What only the graph of what is inferred holds (see `kg.reason`) has no evidence, and so is not read, unless
    `inferred` says so.
    """

    def __init__(self, store: Store, base: str, *, inferred: bool = False) -> None:
        self._store = store
        self.base = base
        self._outgoing: dict[str, tuple[Edge, ...]] = {}
        self._incoming: dict[str, tuple[Edge, ...]] = {}
        self._inferred = None if inferred else _inferred_graph(base)
        self._unstated = self._only_inferred()
        concepts = sorted(
            {
                row["concept"].value
                for row in store.rows(_CONCEPTS)
                if (row["concept"].value, RDF.type.value, SKOS.Concept) not in self._unstated
            }
        )
        kinds: dict[str, list[str]] = defaultdict(list)
        names = {kind.iri.value: name for name, kind in classes().items()}
        for row in store.rows(_KINDS % " ".join(f"<{iri}>" for iri in names)):
            if (row["concept"].value, RDF.type.value, row["value"]) not in self._unstated:
                kinds[row["concept"].value].append(names[row["value"].value])
        preferred, others, fields = (
            self._table(name, iri)
            for name, iri in (
                ("skos:prefLabel", SKOS.prefLabel),
                ("skos:altLabel", SKOS.altLabel),
                ("dcterms:subject", DCTERMS.subject),
            )
        )
        labels = {iri: _preferred(preferred.get(iri, ())) or _last(iri) for iri in concepts}
        self.concepts: dict[str, ConceptView] = {
            iri: ConceptView(
                label=labels[iri],
                iri=iri,
                id=self.identifier(iri),
                kind=min(kinds.get(iri, ()), default=""),
                aliases=tuple(sorted({alias.value for alias in others.get(iri, ())})),
                fields=tuple(sorted({labels.get(field.value, _last(field.value)) for field in fields.get(iri, ())})),
            )
            for iri in concepts
        }
        """All concepts by IRI, in the order of their IRIs."""
        self.refs: dict[str, ConceptRef] = {iri: view.ref for iri, view in self.concepts.items()}

    def _only_inferred(self) -> frozenset[tuple[str, str, NamedNode | Literal]]:
        """Of what concepts are made of, that which follows and is not stated: subject, IRI of predicate, object."""
        if self._inferred is None:
            return frozenset()
        rows = self._store.rows(_INFERRED % f"<{self._inferred}>")
        return frozenset((row["subject"].value, row["predicate"].value, row["object"]) for row in rows)

    def _table(self, name: str, iri: NamedNode) -> dict[str, list[NamedNode | Literal]]:
        """All objects of a property, by subject."""
        table: dict[str, list[NamedNode | Literal]] = defaultdict(list)
        for subject, value in self.rows(name):
            if (subject, iri.value, value) not in self._unstated:
                table[subject].append(value)
        return table

    def rows(self, name: str) -> Iterator[tuple[str, NamedNode | Literal]]:
        """Yield all subjects and objects of a property, given with its prefix."""
        for row in self._store.rows(_TABLE % name):
            yield row[0].value, row[1]

    def identifier(self, iri: str) -> str:
        """The id in a concept's IRI, or the whole IRI of a stranger's concept."""
        return concept_id(iri, self.base) or iri

    # --------------------------------------------------------------------------------------------------- relations

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        from kg.columns import Vocabulary

        known = {name: reading.iri for name, reading in sorted(readings().items())}
        return Vocabulary(tuple(self.concepts), known, self._inferred)

    @cached_property
    def columns(self) -> EdgeColumns:
        """The typed relations as arrays. Concepts are numbered in the order of `concepts`; see `numbers`."""
        from kg.columns import read

        return read(self._store, self._vocabulary)

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of each concept in `columns`, by IRI."""
        return self._vocabulary.numbers

    @cached_property
    def triples(self) -> frozenset[tuple[str, str, str, bool]]:
        """All typed relations without what backs them: subject, IRI of predicate, object, whether that is a literal."""
        columns, iris = self.columns, list(self.concepts)
        predicates = [self._vocabulary.predicates[name] for name in columns.predicates]
        rows = zip(columns.subject.tolist(), columns.predicate.tolist(), columns.object.tolist(), strict=True)
        between = ((iris[subject], predicates[predicate], iris[target], False) for subject, predicate, target in rows)
        others = ((iris[subject], predicates[predicate], text, True) for subject, predicate, text in columns.literals)
        return frozenset((*between, *others))

    @cached_property
    def degrees(self) -> Mapping[str, int]:
        """In how many typed relations each concept is, those to literals and to itself (twice) included, by IRI."""
        columns = self.columns
        counts = columns.outgoing + columns.incoming
        for subject, _, _ in columns.literals:
            counts[subject] += 1
        return dict(zip(self.concepts, counts.tolist(), strict=True))

    @cached_property
    def statements(self) -> Statements:
        """The statements behind the relations."""
        from kg.statements import Statements

        return Statements(self._store, self.columns, self._vocabulary)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All typed relations between concepts, and from concepts to literals, sorted.

        An object for each: of a graph with a million of them, better take the `columns`, and the edges that are shown.
        """
        return self._edges(range(len(self.columns)), self.columns.literals)

    def edge(self, subject: str, predicate: str, object: str) -> Edge:
        """The relation of that name between two concepts, by their IRIs; KeyError when it is not stated."""
        return self.edges_between([(subject, predicate, object)])[subject, predicate, object]

    def edges_between(self, triples: Iterable[tuple[str, str, str]]) -> Mapping[tuple[str, str, str], Edge]:
        """The relations of those names between concepts, by their IRIs; KeyError when one is not stated."""
        rows = {triple: self._row(*triple) for triple in triples}
        return {(edge.subject, edge.predicate, edge.object): edge for edge in self._edges(sorted(rows.values()))}

    def outgoing(self, iri: str) -> tuple[Edge, ...]:
        """The relations whose subject a concept is, sorted; none for what is no concept."""
        number = self.numbers.get(iri)
        if number is None:
            return ()
        if iri not in self._outgoing:
            literals = self.columns.literals
            own = literals[bisect_left(literals, (number,)) : bisect_left(literals, (number + 1,))]
            self._outgoing[iri] = self._edges(self.columns.leaving(number).tolist(), own)
        return self._outgoing[iri]

    def incoming(self, iri: str) -> tuple[Edge, ...]:
        """The relations whose object a concept is, sorted; none for what is no concept."""
        number = self.numbers.get(iri)
        if number is None:
            return ()
        if iri not in self._incoming:
            self._incoming[iri] = self._edges(self.columns.arriving(number).tolist())
        return self._incoming[iri]

    def _row(self, subject: str, predicate: str, object: str) -> int:
        row = self.columns.row(self.numbers[subject], predicate, self.numbers[object])
        if row is None:
            raise KeyError((subject, predicate, object))
        return row

    def _edges(self, rows: Sequence[int], literals: Sequence[tuple[int, int, str]] = ()) -> tuple[Edge, ...]:
        """Relations as objects, sorted: those in some ascending rows of the columns, and some of those to literals."""
        columns, names = self.columns, self._vocabulary.concepts
        backed = self.statements.of(rows, literals)
        places = zip(*(column.tolist() for column in columns.at(rows)), strict=True)
        ends = [(subject, predicate, names[target], False) for subject, predicate, target in places]
        ends += [(subject, predicate, text, True) for subject, predicate, text in literals]
        edges = [
            Edge(
                names[subject],
                columns.predicates[predicate],
                target,
                literal,
                why.confidence,
                why.statements,
                why.evidence,
            )
            for (subject, predicate, target, literal), why in zip(ends, backed, strict=True)
        ]
        return tuple(sorted(edges, key=lambda e: (e.subject, e.predicate, e.object, e.literal)))

    # ---------------------------------------------------------------------------------------------------- by name

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        return {view.id: iri for iri, view in self.concepts.items()}

    @cached_property
    def _labels(self) -> Mapping[Key, tuple[str, ...]]:
        return _by_key((view.label, iri) for iri, view in self.concepts.items())

    @cached_property
    def _aliases(self) -> Mapping[Key, tuple[str, ...]]:
        return _by_key((alias, iri) for iri, view in self.concepts.items() for alias in view.aliases)

    def named(self, same: Key) -> Iterator[tuple[str, str, str]]:
        """The concepts with a label or alias of this key, as (IRI, "label" or "alias", name)."""
        for iri in self._labels.get(same, ()):
            yield iri, "label", self.concepts[iri].label
        for iri in self._aliases.get(same, ()):
            yield iri, "alias", next(alias for alias in self.concepts[iri].aliases if key(alias) == same)

    def find(self, name: str) -> ConceptView:
        """The concept that `name` means: an IRI, `concept:id`, a label, an id, or an alias, in this order.

        Labels and aliases are compared by `kg.names.key`; among several of one key those that are spelled exactly like
        `name` win. Raises ConceptNotFound with near misses, and UsageError when several concepts remain.
        """
        text = name.strip()
        iri = text.removeprefix("<").removesuffix(">")
        if iri in self.concepts:
            return self.concepts[iri]
        if text.startswith("concept:") and (local := self._ids.get(text.removeprefix("concept:"))):
            return self.concepts[local]
        same = key(text)
        for found, spellings in (
            (self._labels.get(same, ()), lambda view: (view.label,)),
            ((self._ids[text],) if text in self._ids else (), lambda view: (view.id,)),
            (self._aliases.get(same, ()), lambda view: view.aliases),
        ):
            exact = tuple(iri for iri in found if text in spellings(self.concepts[iri]))
            candidates = exact or found
            if len(candidates) == 1:
                return self.concepts[candidates[0]]
            if candidates:
                raise UsageError(self._ambiguous(text, candidates))
        raise ConceptNotFound(text, self.close(text))

    def _ambiguous(self, name: str, candidates: tuple[str, ...]) -> str:
        shown = [
            f"'concept:{view.id}' ({', '.join([view.label, view.kind, *view.fields]).rstrip(', ')})"
            if view.iri.startswith(self.base)
            else f"<{view.iri}> ({view.label})"
            for view in (self.concepts[iri] for iri in candidates[:5])
        ]
        more = f" and {len(candidates) - 5} more" if len(candidates) > 5 else ""
        return f"{name!r} can mean {len(candidates)} concepts; say which: {'; '.join(shown)}{more}"

    def close(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Labels that a person may have meant: spelled alike (Indel ratio of the keys), or with the same words."""
        labels = dict.fromkeys(self.concepts[iri].label for iri, _ in self.similar(name, limit=3 * limit))
        return tuple(labels)[:limit]

    @cached_property
    def _names(self) -> list[tuple[str, str, str, frozenset[str]]]:
        """All labels and aliases as (IRI, name, key, words)."""
        return [
            (iri, text, str(key(text)), frozenset(words(text)))
            for iri, view in self.concepts.items()
            for text in (view.label, *view.aliases)
        ]

    def similar(self, name: str, *, limit: int, cutoff: float = 70.0) -> list[tuple[str, str]]:
        """Concepts with a name like this one, as (IRI, name), best first.

        Names are alike as their keys are spelled alike, from 0 to 100; one that has all words of `name` counts 75.
        """
        from rapidfuzz import fuzz, process

        keys = [same for _, _, same, _ in self._names]
        spelled = process.extract(str(key(name)), keys, scorer=fuzz.ratio, score_cutoff=cutoff, limit=None)
        ratios: dict[int, float] = {index: score for _, score, index in spelled}
        asked = frozenset(words(name))
        best: dict[str, tuple[float, str]] = {}
        for index, (iri, text, _, parts) in enumerate(self._names):
            score = max(ratios.get(index, 0.0), _CONTAINED if asked and asked <= parts else 0.0)
            if score >= cutoff and score > best.get(iri, (0.0, ""))[0]:
                best[iri] = score, text
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], len(item[1][1]), item[1][1], item[0]))
        return [(iri, text) for iri, (_, text) in ranked[:limit]]


def _by_key(names: Iterable[tuple[str, str]]) -> Mapping[Key, tuple[str, ...]]:
    found: dict[Key, dict[str, None]] = defaultdict(dict)
    for text, iri in names:
        found[key(text)][iri] = None
    return {same: tuple(iris) for same, iris in found.items()}


def _inferred_graph(base: str) -> str | None:
    """The IRI of the graph of what is only inferred, None where there can be none."""
    try:
        return inferred_graph(base).value
    except ValueError:  # a stranger's dataset names a base that no IRI can be made of
        return None


def _preferred(labels: Sequence[NamedNode | Literal]) -> str:
    """One of several labels: English, else without language, else the first language; then the first in order."""
    texts = [(getattr(label, "language", None) or "", label.value) for label in labels]
    return min(texts, key=lambda text: (not text[0].startswith("en"), text[0] != "", text), default=("", ""))[1]


def _last(iri: str) -> str:
    """The last part of an IRI, for what has no label."""
    return iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2] or iri
