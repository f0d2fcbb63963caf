"""The concepts of a graph and the typed relations among them, read from a store once: names, kinds, edges.

Everything is read by plain SPARQL 1.1 SELECTs, so that a directory and a remote endpoint give the same index. Graphs
that are not ours work too: a SKOS thesaurus without kinds, statements or evidence has concepts, labels and relations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kg.answers import ConceptRef, ConceptView
from kg.errors import ConceptNotFound, UsageError
from kg.names import key, words
from kg.vocabulary import DCTERMS, RDF, SKOS, classes, concept_id, inferred_graph, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyoxigraph import Literal, NamedNode

    from kg.model import Key
    from kg.store import Store

# One pattern a query, joined here: these tables are read whole, and a scan costs a fraction of an engine's join.
_CONCEPTS = "SELECT ?concept WHERE { ?concept a skos:Concept . }"
_KINDS = "SELECT ?concept ?value WHERE { VALUES ?value { %s } ?concept a ?value . }"
_EDGES = "SELECT ?subject ?predicate ?object WHERE { VALUES ?predicate { %s } ?subject ?predicate ?object . }"
_INFERRED = """
SELECT ?subject ?predicate ?object WHERE {
  VALUES ?predicate { rdf:type skos:prefLabel skos:altLabel dcterms:subject %s }
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
        self._unstated = frozenset() if inferred else self._only_inferred()
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
        labels = {iri: _preferred(preferred[iri]) or _last(iri) for iri in concepts}
        self.concepts: dict[str, ConceptView] = {
            iri: ConceptView(
                label=labels[iri],
                iri=iri,
                id=self.identifier(iri),
                kind=min(kinds[iri], default=""),
                aliases=tuple(sorted({alias.value for alias in others[iri]})),
                fields=tuple(sorted({labels.get(field.value, _last(field.value)) for field in fields[iri]})),
            )
            for iri in concepts
        }
        """All concepts by IRI, in the order of their IRIs."""
        self.refs: dict[str, ConceptRef] = {iri: view.ref for iri, view in self.concepts.items()}

    def _only_inferred(self) -> frozenset[tuple[str, str, NamedNode | Literal]]:
        """Of what an index is made of, that which follows and is not stated: subject, IRI of predicate, object."""
        try:
            graph = inferred_graph(self.base)
        except ValueError:  # a stranger's dataset names a base that no IRI can be made of, nor this graph
            return frozenset()
        relations = " ".join(f"<{reading.iri}>" for reading in readings().values())
        return frozenset(
            (row["subject"].value, row["predicate"].value, row["object"])
            for row in self._store.rows(_INFERRED % (relations, graph))
        )

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

    @cached_property
    def triples(self) -> frozenset[tuple[str, str, str, bool]]:
        """All typed relations without what backs them: subject, IRI of predicate, object, whether that is a literal."""
        values = " ".join(f"<{reading.iri}>" for reading in readings().values())
        rows = (
            (row[0].value, row[1].value, row[2].value, hasattr(row[2], "datatype"))
            for row in self._store.rows(_EDGES % values)
            if (row[0].value, row[1].value, row[2]) not in self._unstated
        )
        return frozenset(row for row in rows if row[0] in self.concepts and (row[3] or row[2] in self.concepts))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All typed relations between concepts, and from concepts to literals, sorted."""
        known = {reading.iri: name for name, reading in readings().items()}
        predicates = {name: term.value for name, term in self.rows("rdf:predicate") if term.value in known}
        subjects = {name: term.value for name, term in self.rows("rdf:subject")}
        objects = {name: term.value for name, term in self.rows("rdf:object")}
        sure = {name: float(term.value) for name, term in self.rows("kg:confidence")}
        evidence = Counter(name for name, _ in self.rows("prov:wasDerivedFrom"))
        backed: dict[tuple[str, str, str], list[tuple[float, str]]] = defaultdict(list)
        for name, predicate in predicates.items():
            if name in subjects and name in objects:
                backed[subjects[name], predicate, objects[name]].append((sure.get(name, -1.0), name))
        edges = []
        for subject, predicate, target, literal in self.triples:
            backing = sorted(backed.get((subject, predicate, target), ()), key=lambda s: (-s[0], s[1]))
            confidence = backing[0][0] if backing and backing[0][0] >= 0 else None
            statements = tuple(name for _, name in backing)
            quotes = sum(evidence[name] for name in statements)
            edges.append(Edge(subject, known[predicate], target, literal, confidence, statements, quotes))
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


def _preferred(labels: list[NamedNode | Literal]) -> str:
    """One of several labels: English, else without language, else the first language; then the first in order."""
    texts = [(getattr(label, "language", None) or "", label.value) for label in labels]
    return min(texts, key=lambda text: (not text[0].startswith("en"), text[0] != "", text), default=("", ""))[1]


def _last(iri: str) -> str:
    """The last part of an IRI, for what has no label."""
    return iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2] or iri
