"""The read half: questions to a built graph, in a directory, in memory or behind a SPARQL endpoint.

    >>> graph = open("output")                                        # doctest: +SKIP
    >>> graph.show("mixture of experts").relations[0].sentence        # doctest: +SKIP
    'Mixture of Experts has part router'
    >>> print(graph.path("router", "transformer"))                    # doctest: +SKIP

All reading goes through `kg.store.Store`, so every place is asked in the same way. What a person types is looked up or
bound as an RDF term; it never becomes part of a query's text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from kg.answers import (
    Answer,
    ConceptRef,
    ConceptView,
    Description,
    EntryView,
    Hit,
    Hub,
    Neighbourhood,
    Quote,
    QuotedDefinition,
    Relation,
    Statistics,
)
from kg.index import ConceptIndex, Edge, readings, relation_named
from kg.queries import named_queries, named_query
from kg.quotes import Quotes, ordered
from kg.serialize import prefixes
from kg.services import Prepared, prepare
from kg.store import LocalStore, dataset_base, open_store
from kg.vocabulary import SKOS, entry_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import networkx
    import rdflib

    from kg.analytics import Analysis
    from kg.answers import Path
    from kg.ask import Asker
    from kg.compare import Common
    from kg.connect import Connection as Tie
    from kg.embeddings import Embeddings
    from kg.endpoint import Connection
    from kg.explain import Paths
    from kg.learning import ReadingOrder
    from kg.metapath import Metapath
    from kg.network import Network
    from kg.queries import NamedQuery
    from kg.related import Related, Relatives
    from kg.results import Result
    from kg.search import SearchIndex
    from kg.store import Store
    from kg.suggest import Suggestions

Name = str | ConceptView | ConceptRef
"""How a concept is named: by a text, or by what the graph answered with before."""

_LITERALS = "SELECT ?property ?text WHERE { VALUES ?property { skos:definition schema:keywords } %s ?property ?text . }"
_DEFINITIONS = """
SELECT ?statement ?text WHERE {
  ?statement rdf:subject %s ; rdf:predicate skos:definition ; rdf:object ?text .
}"""
_ENTRIES = """
SELECT ?entry ?file ?line ?header ?flag WHERE {
  ?entry kg:describes %s ; kg:sourceFile ?file ; kg:sourceLine ?line ; kg:header ?header .
  OPTIONAL { ?entry kg:flag ?flag }
}"""
_MENTIONS = "SELECT DISTINCT ?concept WHERE { ?entry kg:describes %s ; kg:mentions ?concept . }"
_MENTIONED_BY = "SELECT DISTINCT ?concept WHERE { ?entry kg:mentions %s ; kg:describes ?concept . }"
_COUNTS = {
    "entries": "SELECT (COUNT(*) AS ?n) WHERE { ?entry a kg:Entry }",
    "described": "SELECT (COUNT(DISTINCT ?concept) AS ?n) WHERE { ?entry kg:describes ?concept }",
    "definitions": "SELECT (COUNT(*) AS ?n) WHERE { ?concept a skos:Concept ; skos:definition ?text }",
    "statements": "SELECT (COUNT(*) AS ?n) WHERE { ?statement a rdf:Statement }",
    "evidence": "SELECT (COUNT(DISTINCT ?evidence) AS ?n) WHERE { ?statement prov:wasDerivedFrom ?evidence }",
    "mentions": "SELECT (COUNT(*) AS ?n) WHERE { ?entry kg:mentions ?concept }",
}
_FLAGS = "SELECT ?flag (COUNT(?entry) AS ?n) WHERE { ?entry kg:flag ?flag } GROUP BY ?flag"


def open(
    place: str | FilePath = "output",
    connection: Connection | None = None,
    *,
    queries: Iterable[FilePath] = (),
    inferred: bool = False,
) -> KnowledgeGraph:
    """The graph at a place: a build's directory, or the URL of a SPARQL endpoint, talked to as `connection` says.

    `queries` and `inferred` as in `KnowledgeGraph`.

    Raises MissingGraph for a directory without a build and StoreError for one that cannot be read; an endpoint is first
    asked when the graph is.
    """
    return KnowledgeGraph(open_store(place, connection), queries=queries, inferred=inferred)


class KnowledgeGraph:
    """A graph to ask. Indexes are made when first needed and kept; the store is expected not to change.

    Relations that were only inferred (see `kg.reason`) have no evidence, and are seen by SPARQL alone, unless
    `inferred` has them taken as they are. `queries` are folders of named queries besides those of the program; of two
    with one name the later wins.
    """

    def __init__(self, store: Store, *, queries: Iterable[FilePath] = (), inferred: bool = False) -> None:
        self.store = store
        self._folders = tuple(queries)
        self._inferred = inferred
        self._analyses: dict[bool, Analysis] = {}

    def __repr__(self) -> str:
        return f"KnowledgeGraph({self.store.place!r})"

    @cached_property
    def index(self) -> ConceptIndex:
        """The concepts and typed relations of the graph, read once."""
        return ConceptIndex(self.store, self.base, inferred=self._inferred)

    @cached_property
    def network(self) -> Network:
        """The concepts and typed relations between them in arrays, for searches and figures."""
        from kg.network import Network

        symmetric = [name for name, reading in readings().items() if reading.symmetric]
        return Network.of_index(self.index, symmetric=symmetric)

    @cached_property
    def base(self) -> str:
        """The base of the IRIs of this dataset."""
        return dataset_base(self.store)

    # -------------------------------------------------------------------------------------------------- concepts

    def concepts(self) -> tuple[ConceptView, ...]:
        """All concepts, by label."""
        return tuple(sorted(self.index.concepts.values(), key=lambda view: (view.label.casefold(), view.iri)))

    def concept(self, name: Name) -> ConceptView:
        """The concept of this label, alias, IRI, `concept:id` or id; case, plural, spaces and dashes do not count.

        Raises ConceptNotFound with near misses, and UsageError when the name can mean several concepts.
        """
        return self.index.find(name if isinstance(name, str) else name.iri)

    def show(self, name: Name) -> Description:
        """All that the graph says of a concept, with evidence. Raises as `concept` does."""
        concept = self.concept(name)
        this = ox.NamedNode(concept.iri)
        entries = self._entries(this)
        literals: dict[str, set[str]] = defaultdict(set)
        for row in self.store.rows(_LITERALS % this):
            literals[row["property"].value].add(row["text"].value)
        return Description(
            concept=concept,
            definitions=self._definitions(this, literals.pop(SKOS.definition.value, set())),
            keywords=tuple(sorted(text for texts in literals.values() for text in texts)),
            entries=entries,
            relations=self._related(self.index.outgoing(concept.iri), concept.iri),
            inverse=self._related(self.index.incoming(concept.iri), concept.iri),
            mentions=self._refs(self.store.rows(_MENTIONS % this), without=concept.iri),
            mentioned_by=self._refs(self.store.rows(_MENTIONED_BY % this), without=concept.iri),
            flags=tuple(sorted({flag for entry in entries for flag in entry.flags})),
        )

    def neighbours(
        self, name: Name, depth: int = 1, *, predicates: Iterable[str] = (), exclude: Iterable[str] = (),
        types: Iterable[str] = (), min_confidence: float = 0.0, direction: str = "both", limit: int | None = None,
        evidence: bool = True,
    ) -> Neighbourhood:  # fmt: skip
        """The concepts within `depth` typed relations of a concept, each with the relations that lead to it.

        `direction` is "both", "out" for relations that lead away from the concept, or "in". Only concepts of `types`
        are listed, and at most `limit` at each distance. Without `evidence` the relations have no quotes, which is
        faster. Raises as `concept` does, and UsageError for a call that makes no sense.
        """
        from kg.neighbours import neighbourhood

        return neighbourhood(
            self, name, depth=depth, predicates=predicates, exclude=exclude, types=types, min_confidence=min_confidence,
            direction=direction, limit=limit, evidence=evidence,
        )  # fmt: skip

    def search(self, text: str, limit: int = 10) -> list[Hit]:
        """The concepts that a text most likely asks for: by name, then by definition and quotes, then by spelling."""
        return self._search_index.search(text, limit)

    def scores(self, text: str) -> Mapping[str, float]:
        """The scores of all concepts that `search` finds for a text, by IRI."""
        return self._search_index.scores(text)

    # ----------------------------------------------------------------------------------------------------- paths

    def paths(
        self,
        start: Name,
        end: Name,
        k: int = 3,
        *,
        max_hops: int | None = None,
        directed: bool = False,
        predicates: Iterable[str] = (),
        exclude: Iterable[str] = (),
        types: Iterable[str] = (),
        via: Iterable[Name] = (),
        avoid: Iterable[Name] = (),
        min_confidence: float = 0.0,
        metapath: str | Metapath | None = None,
        all_shortest: bool = False,
        seconds: float | None = 30.0,
    ) -> Paths:
        """The k best paths between two concepts, each step with its sentence and quotes; docs/paths.md says which.

        `types` are the classes that concepts between the ends may have; a path has to pass all of `via`, in any order,
        and none of `avoid`. `metapath` is explained in `kg.metapath`. `all_shortest` asks for all paths of the fewest
        hops instead of `k`. After `seconds` a search ends with what it has, and is not `complete`.

        Raises NoPath, which says why there is none; ConceptNotFound; and UsageError for a call that makes no sense.
        """
        from kg.explain import limits, paths

        constraints = limits(
            self, max_hops=max_hops, directed=directed, predicates=predicates, exclude=exclude, types=types, via=via,
            avoid=avoid, min_confidence=min_confidence, metapath=metapath,
        )  # fmt: skip
        return paths(self, start, end, k, constraints, all_shortest=all_shortest, seconds=seconds)

    def path(self, start: Name, end: Name, **limits: Any) -> Path:
        """The best path between two concepts; takes what `paths` takes but `k`, and raises what it raises."""
        return self.paths(start, end, 1, **limits)[0]

    def connect(
        self, *names: Name, predicates: Iterable[str] = (), exclude: Iterable[str] = (), types: Iterable[str] = (),
        avoid: Iterable[Name] = (), min_confidence: float = 0.0, partial: bool = False,
    ) -> Tie:  # fmt: skip
        """The tree of relations that ties concepts together at the least cost; see `kg.steiner` for "least".

        `types` are the kinds that concepts between may be of. With `partial` concepts that cannot be tied to the others
        are left out, and it is told why. Raises NoPath, which says which concepts hang together; ConceptNotFound; and
        UsageError for a call that makes no sense.
        """
        from kg.connect import connect
        from kg.explain import limits

        constraints = limits(
            self, predicates=predicates, exclude=exclude, types=types, avoid=avoid, min_confidence=min_confidence
        )
        return connect(self, names, constraints, partial=partial)

    def common(self, first: Name, second: Name, limit: int | None = 20) -> Common:
        """What two concepts share and where they differ, side by side; at most `limit` of each.

        Raises as `concept` does, and UsageError when both names mean one concept.
        """
        from kg.compare import common

        return common(self, first, second, limit)

    def between(self, first: Name, second: Name) -> tuple[Relation, ...]:
        """The relations between two concepts, either way, as they read from the first, with their quotes."""
        ends = {self.concept(first).iri, self.concept(second).iri}
        start = self.concept(first).iri
        around = (*self.index.outgoing(start), *self.index.incoming(start))
        return self._related([edge for edge in around if {edge.subject, edge.object} == ends], start)

    def analyse(self, *, exact: bool = False) -> Analysis:
        """Central concepts, communities, gaps, bridges and cores, each computed when asked for; see `kg.analytics`.

        With `exact` betweenness is measured from all concepts, however large the graph.
        """
        from kg.analytics import Analysis

        if exact not in self._analyses:
            self._analyses[exact] = Analysis.of(self, exact=exact)
        return self._analyses[exact]

    def learn(self, name: Name, n: int = 10, **limits: Any) -> ReadingOrder:
        """What to read before a concept, in order: at most `n` of its prerequisites, each with its reason.

        Takes the limits of `kg.learning.learn`. Raises as `concept` does, and UsageError for a call without sense.
        """
        from kg.learning import learn

        return learn(self, name, n, **limits)

    # ------------------------------------------------------------------------------------------------- nearness

    def related(
        self, name: Name, limit: int = 10, *, by: str | None = None, metapath: str | None = None, new: bool = False,
        types: Iterable[str] = (),
    ) -> Related:  # fmt: skip
        """The concepts that are most related to one, each with its reasons and their quotes; see docs/related.md.

        `by` is walk, metapath, embedding, or both of the first two, which is the default. A `metapath` counts the ways
        along it instead. `new` leaves out what has a relation to the concept, `types` what is of other classes.

        Raises ConceptNotFound, and UsageError for a call that makes no sense.
        """
        return self._relatives.related(name, limit, by=by, metapath=metapath, new=new, types=types)

    def suggest(
        self, name: Name | None = None, limit: int = 10, *, by: str = "walk", types: Iterable[str] = ()
    ) -> Suggestions:
        """Pairs of concepts that most likely have a relation which is not stated; of one concept, or of all.

        Each has the likely relation, if the classes and the other relations of the two tell it, and its reasons.
        `types` are the classes of the concepts that are suggested. Raises as `related` does.
        """
        from kg.suggest import suggest

        return suggest(self._relatives, name, limit, by=by, types=types)

    def embeddings(self, **settings: Any) -> Embeddings:
        """The concepts as vectors, made by the `kg.embeddings.Settings` that are given; those last made are kept.

        Raises MissingExtra where gensim is not installed.
        """
        return self._relatives.embeddings(**settings)

    @cached_property
    def _relatives(self) -> Relatives:
        from kg.related import Relatives

        return Relatives(self)

    def evidence(self, subject: Name, predicate: str, object: Name) -> tuple[Quote, ...]:
        """The quotes that back a relation, of all its statements; empty when the graph does not state it.

        An edge (u, v, key) of `to_networkx()` is asked for as `evidence(u, key, v)`. The object may be a year.
        """
        name = relation_named(predicate)
        stated = [edge for edge in self.index.outgoing(self.concept(subject).iri) if edge.predicate == name]
        found = [edge for edge in stated if edge.literal and edge.object == object]
        if not found:
            target = self.concept(object).iri
            found = [edge for edge in stated if not edge.literal and edge.object == target]
        quotes = self.quotes.of(statement for edge in found for statement in edge.statements)
        return ordered(quote for each in quotes.values() for quote in each)

    def ask(self, question: str, limit: int = 10) -> Answer:
        """The answer to a question in plain English, with its reading, its evidence and the queries that gave it.

        No more than `limit` findings are given. Raises UnreadableQuestion, which suggests questions that can be read.
        """
        return self._asker.answer(question, limit)

    # --------------------------------------------------------------------------------------------------- queries

    def query(self, text: str) -> ox.QuerySolutions | bool | list[ox.Triple]:
        """The answer of a SPARQL query: solutions of a SELECT, the truth of an ASK, the triples of the other forms.

        The prefixes of `kg.serialize.prefixes` need not be declared; searches and paths can be asked for as in
        `kg.services`. Raises QueryError, with line and column.
        """
        text, functions = self.prepare(text)
        if isinstance(self.store, LocalStore):
            answer = (self.store.knowing(functions) if functions else self.store).answer(text)
            if isinstance(answer, ox.QuerySolutions):
                return answer
            return bool(answer) if isinstance(answer, ox.QueryBoolean) else list(answer)
        asked = self.store.form(text)
        if asked is ox.QuerySolutions:
            return self.store.select(text)
        if asked is ox.QueryBoolean:
            return self.store.ask(text)
        return list(self.store.construct(text))

    def table(self, text: str) -> Result:
        """The answer of a SPARQL query as a table, for Python, pandas, notebooks and pages. Raises as `query` does."""
        from kg.results import results

        return results(self, text)

    def run(self, name: str, parameters: Mapping[str, object] | None = None, /, **more: object) -> Result:
        """The answer of a named query as a table: `graph.run("types-of", concept="replication")`.

        Parameters are given by name, those that are words of Python (`class`) as a mapping; concepts as `concept` takes
        them. Raises QueryError for an unknown query, with near names, and for parameters that do not fit.
        """
        from kg.results import results

        text, about = self._bind(name, {**(parameters or {}), **more})
        title = self.queries[name].title
        asked = ", ".join(self.index.refs[iri].label for iri in about)
        return results(self, text, title=f"{title}: {asked}" if asked else title, about=about)

    def bound(self, name: str, parameters: Mapping[str, object]) -> str:
        """The SPARQL of a named query with its parameters, as `run` takes them."""
        return self._bind(name, parameters)[0]

    @property
    def queries(self) -> Mapping[str, NamedQuery]:
        """The named queries that can be run, by name."""
        return named_queries(*self._folders)

    def sparql(self, text: str, accept: str | None = None) -> tuple[bytes, str]:
        """The serialized answer of a SPARQL query and its media type; `accept` as in `Store.sparql`."""
        text, functions = self.prepare(text)
        store = self.store.knowing(functions) if functions and isinstance(self.store, LocalStore) else self.store
        return store.sparql(text, accept)

    def prepare(self, text: str) -> Prepared:
        """The query as an engine can answer it, and the functions of ours that it calls: `kg.services` has them.

        A query that asks for no search, path or neighbours is given back as it is. Raises QueryError.
        """
        return prepare(self, text)

    def stats(self) -> Statistics:
        """The graph in numbers."""
        import networkx

        graph = self.to_networkx()
        graph.remove_edges_from(list(networkx.selfloop_edges(graph, keys=True)))
        kinds = Counter(view.kind or "(none)" for view in self.index.concepts.values())
        parts = [len(part) for part in networkx.weakly_connected_components(graph) if len(part) > 1]
        hubs = sorted((-degree, self.index.refs[iri]) for iri, degree in graph.degree() if degree)[:10]
        degrees = self.index.degrees
        counts = {name: int(next(self.store.select(query))["n"].value) for name, query in _COUNTS.items()}
        return Statistics(
            **counts,
            concepts=len(self.index.concepts),
            relations=len(self.index.columns) + len(self.index.columns.literals),
            orphans=sum(not degrees[iri] and view.kind != "Field" for iri, view in self.index.concepts.items()),
            components=len(parts),
            largest_component=max(parts, default=0),
            classes=_ranked(kinds),
            predicates=_ranked(Counter(self.index.columns.names())),
            fields=_ranked(Counter(field for view in self.index.concepts.values() for field in view.fields)),
            flags=_ranked(Counter({row["flag"].value: int(row["n"].value) for row in self.store.select(_FLAGS)})),
            hubs=tuple(Hub(ref, -degree) for degree, ref in hubs),
        )

    # ------------------------------------------------------------------------------------------ as other objects

    def to_networkx(self) -> networkx.MultiDiGraph:
        """Concepts and typed relations as a new graph, the caller's to change.

        Nodes are IRIs with `label`, `concept` (its id), `kind` and `fields` (labels); edges are keyed by predicate and
        carry `predicate`, `confidence`, `statement` (its IRI) and `evidence` (how many quotes: fetch them with
        `evidence(u, key, v)`). A relation that has no statement has no `confidence` and no `statement`. Years, entries,
        statements and evidence are no nodes.
        """
        from kg.convert import to_networkx

        return to_networkx(self.index)

    def to_rdflib(self) -> rdflib.Dataset:
        """The whole dataset as rdflib objects, prefixes bound; its default graph is the union of all graphs."""
        from kg.convert import to_rdflib

        return to_rdflib(self.store.quads(), prefixes(self.base))

    # ---------------------------------------------------------------------------------------------------- inside

    def _bind(self, name: str, parameters: Mapping[str, object]) -> tuple[str, list[str]]:
        """The SPARQL of a named query, and the IRIs of the concepts among its parameters."""
        about: list[str] = []

        def resolve(concept: str) -> str:
            about.append(self.concept(concept).iri)
            return about[-1]

        given = {key: getattr(value, "iri", value) for key, value in parameters.items()}
        return named_query(name, *self._folders).bind(given, resolve), about

    @cached_property
    def _search_index(self) -> SearchIndex:
        from kg.search import SearchIndex

        if isinstance(self.store, LocalStore) and self.store.identity is not None:
            return SearchIndex.kept(
                FilePath(self.store.place) / "search.index", self.store.identity, lambda: self.index
            )
        return SearchIndex.of(self.index)

    @cached_property
    def _asker(self) -> Asker:
        from kg.ask import Asker

        return Asker(self)

    @cached_property
    def quotes(self) -> Quotes:
        """The evidence of statements, by their IRIs."""
        return Quotes(self.store, self.base)

    def edge(self, subject: str, predicate: str, object: str) -> Edge:
        """The relation of that name between two concepts, by their IRIs; KeyError when it is not stated."""
        return self.index.edge(subject, predicate, object)

    def _refs(self, rows: Iterable[ox.QuerySolution], *, without: str) -> tuple[ConceptRef, ...]:
        iris = {row["concept"].value for row in rows} - {without}
        return tuple(sorted(self.index.refs[iri] for iri in iris if iri in self.index.refs))

    def relation(self, edge: Edge, seen_from: str, quotes: Mapping[str, tuple[Quote, ...]]) -> Relation:
        """An edge as it reads from one of its ends, with its quotes of those given by their statements."""
        refs, reading = self.index.refs, readings()[edge.predicate]
        subject, target = refs[edge.subject], edge.object if edge.literal else refs[edge.object]
        forward = edge.subject == seen_from
        sentence = f"{subject} {reading.label} {target}" if forward else f"{target} {reading.inverse} {subject}"
        found = ordered(quote for name in edge.statements for quote in quotes.get(name, ()))
        return Relation(subject, edge.predicate, target, forward, sentence, edge.confidence, edge.statement, found)

    def _related(self, edges: Sequence[Edge], seen_from: str) -> tuple[Relation, ...]:
        """Relations with their quotes, in the ontology's order, then the surest first, then by label."""
        quotes = self.quotes.of(name for edge in edges for name in edge.statements)
        order = {name: position for position, name in enumerate(readings())}
        found = [self.relation(edge, seen_from, quotes) for edge in edges]
        return tuple(sorted(found, key=lambda r: (order[r.predicate], -(r.confidence or 0.0), r.sentence, r.statement)))

    def _definitions(self, concept: ox.NamedNode, texts: set[str]) -> tuple[QuotedDefinition, ...]:
        rows = [(row["text"].value, row["statement"].value) for row in self.store.rows(_DEFINITIONS % concept)]
        quotes = self.quotes.of({statement for _, statement in rows})
        found: dict[str, list[Quote]] = {text: [] for text in texts}
        for text, statement in rows:
            found.setdefault(text, []).extend(quotes.get(statement, ()))
        ranked = [QuotedDefinition(text, ordered(backing)) for text, backing in found.items()]
        return tuple(sorted(ranked, key=lambda d: (not d.quotes, [(q.source, q.start) for q in d.quotes], d.text)))

    def _entries(self, concept: ox.NamedNode) -> tuple[EntryView, ...]:
        found: dict[tuple[str, int, str, str], set[str]] = defaultdict(set)
        for row in self.store.rows(_ENTRIES % concept):
            place = row["file"].value, int(row["line"].value), row["entry"].value, row["header"].value
            found[place].update([row["flag"].value] if row["flag"] else [])
        return tuple(
            EntryView(entry_id(iri, self.base) or iri, iri, source, line, header, tuple(sorted(flags)))
            for (source, line, iri, header), flags in sorted(found.items())
        )


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
