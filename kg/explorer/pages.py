"""The pages of the explorer: from a graph and what a request asks for to HTML, one method for each page.

All of it runs in a worker process of the server, within the limits of a request.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, Any

from kg.errors import ConceptNotFound, KgError, NoPath, UnreadableQuestion, UsageError
from kg.explorer import concepts, draw
from kg.explorer.data import DATA
from kg.explorer.entries import Entries
from kg.explorer.listing import collated, highlighted, initial
from kg.explorer.parameters import CONSTRAINTS, Values, constraints
from kg.explorer.queries import Asked, cell, editor
from kg.explorer.site import address, place, render
from kg.explorer.statistics import counts, plots
from kg.graph import KnowledgeGraph
from kg.index import readings
from kg.inline import clean
from kg.serialize import prefixes, shortened
from kg.vocabulary import classes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pyoxigraph as ox

    from kg.answers import Answer, ConceptView, Hit, Path

_PER_PAGE = 120
"""Concepts on a page of the index."""

_HITS = 30
_MENTIONS = 60
"""Concepts that the page of another lists as mentioned, before the rest is folded away."""

_PATHS, _SECONDS = 20, 15.0
"""Paths that may be asked for at once, and how long they are looked for."""

_FINDINGS = 5
"""Findings that answer a question, shown above the results of a search."""

_QUESTION = re.compile(r"\?\s*$|^\s*(?:what|which|who|whom|whose|when|how|why|where|is|are|does|do)\s+\S+\s+\S", re.I)
"""What looks like a question in words, which `kg.ask` may be able to read."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: its status, bytes and media type, and further headers."""

    status: int
    body: bytes
    media: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of a search, its text cut into what matches a word of the query and what does not."""

    concept: ConceptView
    address: str
    matched: str
    runs: tuple[tuple[str, bool], ...]


class Explorer:
    """The pages of one graph. What pages share is computed once."""

    def __init__(self, graph: KnowledgeGraph, name: str = "") -> None:
        self.graph = graph
        self.name = name
        self.entries = Entries(graph)
        self.pages: Mapping[str, Callable[[Any], Page]] = {
            "home": self.home,
            "search": self.search,
            "browse": self.browse,
            "path": self.path,
            "stats": self.stats,
            "map": self.map,
            "queries": self.queries,
            "sparql": self.sparql,
            "complete": self.complete,
            "terms": self.terms,
        }

    def page(self, name: str, values: Mapping[str, Sequence[str]]) -> Page:
        """The page of this name; what is wrong with the values becomes a page that says so."""
        try:
            return self.pages[name](Values(values))
        except KgError as error:
            return self.failure(error)

    def data(self, name: str, values: Mapping[str, Sequence[str]]) -> Page | None:
        """What the page of this name shows, as JSON; None where there is no such. Raises what is wrong with values."""
        return _json(DATA[name](self.graph, Values(values))) if name in DATA else None

    def failure(self, error: KgError, status: int | None = None) -> Page:
        """A page that says what is wrong, with near names as links."""
        if status is None:
            status = 404 if isinstance(error, ConceptNotFound) else 400 if isinstance(error, UsageError) else 500
        close = error.close if isinstance(error, ConceptNotFound) else ()
        return Page(status, self._render("error.html", status=status, message=str(error), close=close))

    def _render(self, template: str, **values: object) -> bytes:
        values.setdefault("q", "")
        return render(template, place=lambda iri: place(iri, self.graph.base), kinds=classes(), **values)

    # ------------------------------------------------------------------------------------------- the graph at a glance

    @cached_property
    def degrees(self) -> Counter[str]:
        """The number of relations of each concept, by IRI."""
        edges = [edge for edge in self.graph.index.edges if not edge.literal]
        return Counter(end for edge in edges for end in {edge.subject, edge.object})

    @cached_property
    def views(self) -> tuple[ConceptView, ...]:
        """All concepts as an index lists them: by first letter, then by label; other characters come last."""
        return tuple(sorted(self.graph.concepts(), key=lambda view: collated(view.label)))

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """How much there is of what, for the first page."""
        row = next(iter(self.graph.store.rows("SELECT (COUNT(*) AS ?n) WHERE { ?entry a kg:Entry }")))
        return {
            "entries": int(row["n"].value),
            "concepts": len(self.graph.index.concepts),
            "relations": len(self.graph.index.edges),
        }

    @cached_property
    def field_map(self) -> draw.FieldMap | None:
        """The subject fields, drawn."""
        ties: Counter[tuple[str, str]] = Counter()
        known = self.graph.index.concepts
        for edge in self.graph.index.edges:
            if not edge.literal and edge.subject in known and edge.object in known:
                for first in known[edge.subject].fields:
                    for second in known[edge.object].fields:
                        if first != second:
                            ties[min(first, second), max(first, second)] += 1
        return draw.field_map(self.fields, ties)

    @cached_property
    def fields(self) -> Mapping[str, int]:
        """The number of concepts of each subject field, largest first."""
        return _ranked(Counter(name for view in self.views for name in view.fields))

    @cached_property
    def kinds(self) -> Mapping[str, int]:
        """The number of concepts of each kind, largest first."""
        return _ranked(Counter(view.kind for view in self.views if view.kind))

    def _hubs(self, count: int) -> list[tuple[ConceptView, int]]:
        known = self.graph.index.concepts
        ranked = sorted(self.degrees.items(), key=lambda item: (-item[1], known[item[0]].label, item[0]))
        return [(known[iri], degree) for iri, degree in ranked[:count]]

    def home(self, values: Values) -> Page:
        """The first page: search, what there is, the fields."""
        return Page(
            200,
            self._render(
                "home.html",
                name=self.name,
                numbers=self.numbers,
                map=self.field_map,
                fields=self.fields,
                kind_counts=self.kinds,
                hubs=self._hubs(12),
            ),
        )

    def stats(self, values: Values) -> Page:
        """The graph in numbers, as plots with their tables."""
        return Page(200, self._statistics)

    @cached_property
    def _statistics(self) -> bytes:
        found = self.graph.stats()
        drawn = plots(self.graph, found, self.kinds, self.fields, self.degrees)
        return self._render("stats.html", counts=counts(found), plots=drawn, hubs=self._hubs(20))

    # ------------------------------------------------------------------------------------------------ search and index

    def search(self, values: Values) -> Page:
        """What is found for a text, best first; of one type, if one is chosen."""
        text, kind = values.one("q"), values.one("type")
        limit = values.whole("n", _HITS, 1, 500)
        hits = self.graph.search(text, 500) if text else []
        counts = _ranked(Counter(hit.concept.kind for hit in hits if hit.concept.kind))
        chosen = [hit for hit in hits if not kind or hit.concept.kind == kind]
        defined = self.entries.definitions(hit.concept.iri for hit in chosen[:limit] if hit.matched == "label")
        return Page(
            200,
            self._render(
                "search.html",
                q=text,
                found=[self._found(hit, text, defined) for hit in chosen[:limit]],
                reply=(reply := self._reply(text)),
                proofs=self.entries.proofs(q for found in reply.findings for q in found.quotes[:1]) if reply else {},
                total=len(chosen),
                more=address("/search", q=text, type=kind, n=limit + 100) if len(chosen) > limit else "",
                type=kind,
                counts=counts,
                examples=[view.label for view, _ in self._hubs(4)],
            ),
        )

    def _reply(self, text: str) -> Answer | None:
        """The answer to a text that is a question, if it can be read and anything is found."""
        if not _QUESTION.search(text):
            return None
        try:
            answer = self.graph.ask(text, _FINDINGS)
        except (UnreadableQuestion, UsageError, NoPath):
            return None
        return answer if answer.headline or answer.findings or answer.paths else None

    def _found(self, hit: Hit, text: str, defined: Mapping[str, str]) -> Found:
        """A hit with the text that matched, a label with the definition instead."""
        shown = defined.get(hit.concept.iri, "") if hit.matched == "label" else hit.text
        plain = clean(shown, 0, len(shown), base=0).text
        return Found(hit.concept, place(hit.concept.iri, self.graph.base), hit.matched, highlighted(plain, text))

    def browse(self, values: Values) -> Page:
        """The index from A to Z, of one type or one field if that is chosen."""
        kind, subject = values.one("type"), values.one("field")
        letter, number = values.one("letter").upper(), values.whole("page", 1, 1, 1_000_000)
        among = [
            view for view in self.views if (not kind or view.kind == kind) and (not subject or subject in view.fields)
        ]
        letters = Counter(initial(view.label) for view in among)
        if letter:
            among = [view for view in among if initial(view.label) == letter]
        pages = max(1, -(-len(among) // _PER_PAGE))
        number = min(number, pages)
        shown = among[(number - 1) * _PER_PAGE : number * _PER_PAGE]
        groups: dict[str, list[ConceptView]] = defaultdict(list)
        for view in shown:
            groups[initial(view.label)].append(view)
        return Page(
            200,
            self._render(
                "browse.html",
                groups=groups,
                letters=dict(sorted(letters.items(), key=lambda item: collated(item[0]))),
                chosen={"type": kind, "field": subject, "letter": letter},
                total=len(among),
                number=number,
                pages=pages,
                first=(number - 1) * _PER_PAGE + 1 if shown else 0,
                last=(number - 1) * _PER_PAGE + len(shown),
                kind_counts=self.kinds,
                fields=self.fields,
                degrees=self.degrees,
            ),
        )

    def complete(self, values: Values) -> Page:
        """Concepts for what has been typed so far, as JSON."""
        text = values.one("q")
        hits = self.graph.search(text, values.whole("n", 8, 1, 20)) if text else []
        return _json(
            [
                {
                    "label": hit.concept.label,
                    "kind": hit.concept.kind,
                    "id": hit.concept.id,
                    "iri": hit.concept.iri,
                    "url": place(hit.concept.iri, self.graph.base),
                    "matched": hit.text if hit.matched == "alias" else "",
                }
                for hit in hits
            ]
        )

    def terms(self, values: Values) -> Page:
        """What the editor completes: prefixes, classes, relations and other properties, as JSON."""
        return _json(
            {
                "prefixes": prefixes(self.graph.base),
                "classes": [{"term": f"kg:{name}", "says": kind.label} for name, kind in classes().items()],
                "relations": [
                    {"term": f"skos:{name}" if name in {"broader", "related"} else f"kg:{name}", "says": reading.label}
                    for name, reading in readings().items()
                ],
            }
        )

    # -------------------------------------------------------------------------------------------- concepts and entries

    def resource(self, iri: str) -> Page | None:
        """The page of a concept or an entry; None for any other IRI."""
        try:
            if iri in self.graph.index.concepts:
                return self.concept(iri)
            if iri.startswith(f"{self.graph.base}entry/"):
                return self.entry(iri)
        except KgError as error:
            return self.failure(error)
        return None

    def concept(self, iri: str) -> Page:
        """The page of a concept."""
        base = self.graph.base
        described = self.graph.show(iri)
        groups = concepts.related(described, self.entries, base)
        quotes = {quote for definition in described.definitions for quote in definition.quotes[:3]}
        return Page(
            200,
            self._render(
                "concept.html",
                d=described,
                proofs=self.entries.proofs(quotes),
                groups=groups,
                drawings=concepts.drawings(described.concept.label, groups),
                findings=concepts.findings(described, base),
                flags=concepts.FLAGS,
                shown=concepts.SHOWN,
                mentions_shown=_MENTIONS,
                here=place(iri, base),
                reference=self._reference(described.concept),
                degree=self.degrees.get(iri, 0),
            ),
        )

    def _reference(self, view: ConceptView) -> str:
        """A name by which a concept is found: its label, or what cannot be another's."""
        try:
            if self.graph.concept(view.label).iri == view.iri:
                return view.label
        except UsageError:
            pass
        return f"concept:{view.id}" if view.iri.startswith(self.graph.base) else view.iri

    def entry(self, iri: str) -> Page | None:
        """The page of an entry; None if the graph has none of this IRI."""
        shown, here = self.entries.show(iri), place(iri, self.graph.base)
        if shown is None:
            return None
        numbers = {fact.name: fact.number for fact in shown.facts}
        return Page(200, self._render("entry.html", e=shown, numbers=numbers, flags=concepts.FLAGS, here=here))

    def plain(self, iri: str, triples: Iterable[ox.Triple]) -> Page:
        """What the graph says of an IRI, as a table, and what leads to it."""
        names = prefixes(self.graph.base)
        own, leading = [], []
        for triple in triples:
            predicate = cell(triple.predicate, self.graph, names)
            if getattr(triple.subject, "value", "") == iri:
                own.append((predicate, cell(triple.object, self.graph, names)))
            else:
                leading.append((cell(triple.subject, self.graph, names), predicate))
        title = shortened(iri, names)
        here = place(iri, self.graph.base)
        return Page(
            200,
            self._render("resource.html", iri=iri, title=title, own=sorted(own), leading=sorted(leading), here=here),
        )

    def missing(self, iri: str) -> Page:
        """The page for an IRI of which nothing is known, with what may have been meant."""
        name = re.sub(r"[-_/]+", " ", iri.rpartition("/")[2])
        close = self.graph.index.close(name, 5)
        message = f"Nothing is known of <{iri}>."
        return Page(404, self._render("error.html", status=404, message=message, close=close))

    # ----------------------------------------------------------------------------------------------------------- paths

    def path(self, values: Values) -> Page:
        """The path finder: its form, and the paths if two concepts are named."""
        start, end = values.one("from"), values.one("to")
        paths: list[Path] = []
        close: tuple[str, ...] = ()
        problem, status, complete = "", 200, True
        known = signature(KnowledgeGraph.paths).parameters
        if start and end:
            try:
                options = constraints(values, known)
                found = self.graph.paths(start, end, values.whole("k", 3, 1, _PATHS), seconds=_SECONDS, **options)
                paths, complete = list(found), found.complete
            except NoPath as error:
                problem = str(error)
            except UsageError as error:
                problem, status = str(error), 404 if isinstance(error, ConceptNotFound) else 400
                close = error.close if isinstance(error, ConceptNotFound) else ()
        quotes = {quote for path in paths for step in path.steps for quote in step.quotes[:1]}
        return Page(
            status,
            self._render(
                "path.html",
                values=values,
                start=start,
                end=end,
                paths=paths,
                problem=problem,
                complete=complete,
                close=close,
                proofs=self.entries.proofs(quotes),
                known=known,
                verb=concepts.verb,
                relations={name: reading.label for name, reading in readings().items()},
                most=_PATHS,
                examples=self._pairs,
                constrained=any(values.all(name) for name in CONSTRAINTS),
            ),
        )

    @cached_property
    def _pairs(self) -> list[tuple[str, str]]:
        """Pairs of concepts to try the path finder with."""
        labels = [view.label for view, _ in self._hubs(6)]
        return list(zip(labels[::2], labels[1::2], strict=False))

    def map(self, values: Values) -> Page:
        """The interactive page of the concepts around one."""
        from kg.render import render as drawn
        from kg.view import detailed_view

        depth = values.whole("depth", 1, 1, 3)
        near = self.graph.neighbours(values.one("concept"), depth, evidence=False)
        iris = [near.centre.iri, *(each.concept.iri for each in near.concepts)]
        view = detailed_view(self.graph, iris[:1200])
        whole = len(self.graph.index.concepts), sum(not edge.literal for edge in self.graph.index.edges)
        return interactive(
            drawn(view, None, title=f"Around {near.centre.label}", focus=near.centre.iri, depth=depth, whole=whole)
        )

    # --------------------------------------------------------------------------------------------------------- queries

    def queries(self, values: Values) -> Page:
        """The named queries, or the form of one."""
        name = values.one("name")
        if name:
            return Page(200, self._render("query.html", query=self.graph.queries[name], address=address))
        topics: dict[str, list[object]] = defaultdict(list)
        for query in self.graph.queries.values():
            topics[query.topic].append(query)
        return Page(200, self._render("queries.html", topics=dict(sorted(topics.items()))))

    def sparql(self, values: Values) -> Page:
        """The editor, with a query in it that has not been asked yet."""
        asked = Asked(editor(self.graph, values.one("edit"), values.one("example")))
        return self.answered(asked)

    def answered(self, asked: Asked) -> Page:
        """The editor with the answer of a query."""
        return Page(asked.status, self._render("sparql.html", a=asked, topics=self._examples))

    @cached_property
    def _examples(self) -> Mapping[str, list[object]]:
        topics: dict[str, list[object]] = defaultdict(list)
        for query in self.graph.queries.values():
            topics[query.topic].append(query)
        return dict(sorted(topics.items()))


def interactive(html: str) -> Page:
    """A page with scripts of its own, which only the policy that it carries itself lets run."""
    from html import unescape

    found = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    policy = unescape(found[1]) if found else "default-src 'none'"
    return Page(200, html.encode(), headers={"Content-Security-Policy": f"{policy}; frame-ancestors 'self'"})


def _json(value: object) -> Page:
    return Page(200, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), "application/json")


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
