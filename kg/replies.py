"""A reading of a question -> its answer: queries run, rows ranked and put into words, with their quotes.

Every query is a named one, so that it can be run again by hand, and everything is asked of the store and the index
only, so that a directory and a remote endpoint answer alike. Graphs without statements work too: their answers have no
confidence and no quotes.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.answers import Answer, AskedQuery, ConceptRef, Contrast, Finding, Named
from kg.compare import said, ways_in_order
from kg.errors import NoPath, UsageError
from kg.index import readings as relations
from kg.linking import COSTS
from kg.names import singular
from kg.queries import named_query
from kg.questions import Parse, Shape, grammar
from kg.vocabulary import KG, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kg.answers import Path, Quote
    from kg.graph import KnowledgeGraph

DEFINITION = "definition"
"""What facts call skos:definition, beside the relations of the ontology."""

_PATHS = 3
_ADDED = 3
"""How many values an addition to a row lists."""

_FEW = 3
"""With fewer answers than this, things that are named after what was asked about are asked for as well."""

_SIDE_BY_SIDE = 4
"""How many objects of one relation a comparison shows."""

_THROUGH = {"broader", "hasPart"}
"""Relations that hold through others: a part of a part is a part."""

_CLOSED = {"class", "relation", "field", "year"}
"""How names are found that are no concepts'."""

_NOTHING = "the graph does not say"


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read a question, with what its slots name."""

    parse: Parse
    names: Mapping[str, Named]

    @property
    def rank(self) -> tuple[int, int, int]:
        """What orders readings: assumptions about names, words that only names account for, place in the grammar."""
        return sum(COSTS.get(name.how, 0) for name in self.names.values()), self.parse.open, self.parse.order


@dataclass(frozen=True, slots=True)
class _Fact:
    """What a row states: concepts by IRI, or the text of a literal object; several where a label names several."""

    subjects: tuple[str, ...]
    predicate: str
    objects: tuple[str, ...]
    literal: ox.Literal | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a query, ready to be ranked: what it says, whether it is about the concept itself, and its fact."""

    text: str
    same: tuple[object, ...]
    concept: ConceptRef | None
    direct: bool
    confidence: float | None
    entries: int
    fact: _Fact | None
    group: str
    second: _Fact | None = None

    @property
    def facts(self) -> tuple[_Fact, ...]:
        """What the row states: nothing, one fact, or two."""
        return tuple(fact for fact in (self.fact, self.second) if fact)


class Reply:
    """One reading being answered: the queries that were run, and what they found."""

    def __init__(
        self,
        graph: KnowledgeGraph,
        reading: Reading,
        limit: int,
        by_label: Mapping[str, tuple[str, ...]],
        degrees: Mapping[str, int],
    ) -> None:
        self._graph = graph
        self._degrees = degrees
        self._shape = reading.parse.shape
        self._names = dict(reading.names)
        self._limit = limit
        self._by_label = by_label
        self._queries: list[AskedQuery] = []
        self._notes = [note for name in self._names.values() for note in _assumed(name)]
        self._headline = ""
        self._paths: tuple[Path, ...] = ()
        self._contrasts: tuple[Contrast, ...] = ()

    def answer(self, question: str, explanation: tuple[str, ...]) -> Answer:
        """The answer."""
        rows: list[_Row] = []
        match self._shape.answer:
            case "comparison" | "paths" if self._iri("x") == self._iri("y"):
                self._notes.append(f"{self._text('x')!r} and {self._text('y')!r} name one concept")
                rows = self._rows(grammar().shapes["definition"], "")
                found = bool(rows)
            case "paths":
                found = self._path("x", "y")
            case "comparison":
                rows = self._comparison()
                found = bool(rows or self._contrasts)
            case "verdict":
                rows, found = self._verdict()
            case "count":
                rows, found = self._count()
            case _:
                rows = self._several(self._shape)
                found = bool(rows)
        if not found and not self._headline:
            self._headline = _NOTHING
        if not found and "x" in self._names and self._iri("x"):
            further = grammar().shapes["about" if self._degrees.get(self._iri("x")) else "sources"].asks
            self._notes.append(f"try {further.format(x=self._label('x'))!r}")
        shown = self._quoted(self._share(rows))
        return Answer(
            question=question,
            shape=self._shape.name,
            reading=_filled(self._shape.means, self._names),
            names=tuple(self._names.values()),
            notes=tuple(dict.fromkeys(self._notes)),
            found=found,
            headline=self._headline,
            findings=shown,
            total=len(rows),
            paths=self._paths,
            contrasts=self._contrasts,
            queries=tuple(self._queries),
            explanation=explanation,
        )

    def _share(self, rows: Sequence[_Row]) -> list[_Row]:
        """As many rows as are wanted, of every group some."""
        groups: dict[str, list[_Row]] = {}
        for row in rows:
            groups.setdefault(row.group, []).append(row)
        shares = dict.fromkeys(groups, 0)
        left = min(self._limit, len(rows))
        while left:
            for group, members in groups.items():
                if left and shares[group] < len(members):
                    shares[group] += 1
                    left -= 1
        return [row for group, members in groups.items() for row in members[: shares[group]]]

    def _iri(self, slot: str) -> str:
        return self._names[slot].iri

    def _label(self, slot: str) -> str:
        return self._names[slot].label

    def _text(self, slot: str) -> str:
        return self._names[slot].text

    # --------------------------------------------------------------------------------------------------- the sorts

    def _several(self, shape: Shape) -> list[_Row]:
        """The rows of a shape and of those that go with it, each thing once."""
        rows = self._rows(shape, "")
        if shape.named and len(rows) < _FEW:
            rows += self._named_after(shape, {row.concept for row in rows})
        for name in shape.also:
            more = grammar().shapes[name]
            known = {row.concept for row in rows if row.concept}
            rows += [row for row in self._rows(more, _filled(more.means, self._names)) if row.concept not in known]
        if not rows and shape.otherwise:
            other = grammar().shapes[shape.otherwise]
            rows = [replace(row, group=row.group or _filled(other.means, self._names)) for row in self._several(other)]
            if rows:
                self._headline = f"{_NOTHING}; instead:"
        return rows

    def _named_after(self, shape: Shape, known: set[ConceptRef | None]) -> list[_Row]:
        """The rows for things whose name ends in that of the concept: activation memory, for memory."""
        subject, predicate, _ = shape.fact.split()
        *modifiers, head = self._label("x").split()
        name = " ".join([*modifiers, singular(head)]) if head.islower() else self._label("x")
        predicate = self._predicate(predicate)
        bound: dict[str, str] = {"relation": predicate, "words": name}
        if "c" in self._names:
            bound["class"] = self._label("c")
        query = replace(shape, query="concepts-that-by-name", fact=f"{subject} {predicate} ?to", more="")
        group = f"for what is called a {name} of some sort"
        return [row for row in self._rows(query, group, bound) if row.concept not in known]

    def _path(self, start: str, end: str, predicate: str = "") -> bool:
        """Whether there is a path between what two slots name; keeps the best ones.

        With a predicate only that one is followed, in its own direction.
        """
        first, last = (self._graph.index.refs[self._iri(slot)] for slot in (start, end))
        k = min(_PATHS, self._limit)
        only = f" --predicate {predicate} --directed" if predicate else ""
        call = f"kg path {self._called(first.iri)} {self._called(last.iri)} -k {k}{only}"
        try:
            found = self._graph.paths(
                first, last, k, predicates=[predicate] if predicate else [], directed=bool(predicate)
            )
            self._paths = tuple(found)
        except NoPath as none:
            self._headline = str(none)
        self._queries.append(AskedQuery(call, "", len(self._paths)))
        return bool(self._paths)

    def _verdict(self) -> tuple[list[_Row], bool]:
        """The statement that was asked for, or what else is stated of the two concepts."""
        start, predicate, end = self._shape.fact.replace("$", "").split()
        predicate = self._names[predicate].label if predicate in self._names else predicate
        subject, target = self._iri(start), self._iri(end)
        self._ask(self._shape, self._bound(self._shape))
        fact = _Fact((subject,), predicate, (target,), None)
        stated = self._stated([fact])
        # graphs that are not ours may have the triple alone
        if stated or (subject, relations()[predicate].iri, target, False) in self._graph.index.triples:
            self._headline = "yes"
            text = self._sentence(subject, predicate, target)
            confidence = stated[0].confidence if stated else None
            return [_Row(text, (text,), None, True, confidence, len(stated), fact, "")], True
        if predicate in _THROUGH and subject != target and self._path(start, end, predicate):
            self._headline = "yes, through others"
            return [], True
        if predicate == "broader":
            ending = f" {self._label(end)}".casefold()
            kinds = self._rows(grammar().shapes["genus"], "")
            special = [row for row in kinds if row.concept and row.concept.label.casefold().endswith(ending)]
            if special:
                self._headline = f"yes, of one that is called a {self._label(end)}"
                return special, True
        self._headline = _NOTHING
        return self._rows(grammar().shapes["between"], _filled(grammar().shapes["between"].means, self._names)), False

    def _count(self) -> tuple[list[_Row], bool]:
        """The number that was asked for, with the rows that were counted if they are concepts."""
        if not self._shape.fact:
            row = self._ask(self._shape, self._bound(self._shape))[0]
            self._headline = f"{int(row[0].value):,}"
            return [], True
        rows = self._several(self._shape)
        stated = [row for row in rows if not row.group]
        limit = int(named_query(self._shape.query).parameters[-1].default or 0)
        least = "at least " if self._queries[0].rows == limit else ""
        named = f", and {len(rows) - len(stated)} by their names alone" if len(rows) > len(stated) else ""
        self._headline = f"{least}{len(stated)} as stated{named}"
        return rows, bool(rows)

    def _comparison(self) -> list[_Row]:
        """What is stated of both concepts, and how they differ: definitions, shared facts, then side by side."""
        sides: dict[str, list[_Row]] = {}
        definitions: list[_Row] = []
        for slot in ("x", "y"):
            bound = {"concept": self._iri(slot)}
            definition = grammar().shapes["definition"]
            definitions += [
                replace(row, group=f"{self._label(slot)}, as defined")
                for row in self._rows(definition, "", bound, slot)[:1]
            ]
            sides[slot] = self._rows(self._shape, "", bound, slot)
        ends = {self._iri("x"), self._iri("y")}

        def ways(rows: Iterable[_Row], slot: str) -> dict[tuple[str, bool, object], _Row]:
            """Rows by relation, direction and what is at the other end."""
            found: dict[tuple[str, bool, object], _Row] = {}
            for row in rows:
                if row.fact and row.fact.predicate != DEFINITION:
                    forward = self._iri(slot) in row.fact.subjects
                    other = row.fact.literal.value if row.fact.literal else (row.concept or row.text)
                    found.setdefault((row.fact.predicate, forward, other), row)
            return found

        first, second = ways(sides["x"], "x"), ways(sides["y"], "y")
        direct = [
            replace(row, group="what is stated of the two")
            for (_, _, other), row in first.items()
            if isinstance(other, ConceptRef) and other.iri in ends
        ]
        shared = [
            replace(each, group="what they share")
            for way in first
            if way in second
            for each in (first[way], second[way])
        ]
        common = {way for way in first if way in second}
        contrasts = tuple(self._contrast(
            {way: row for way, row in first.items() if way not in common and not _is_one_of(way[2], ends)},
            {way: row for way, row in second.items() if way not in common and not _is_one_of(way[2], ends)},
        ))  # fmt: skip
        self._contrasts = contrasts[: self._limit]
        if len(contrasts) > self._limit:
            self._notes.append(
                f"only {self._limit} of {len(contrasts)} relations that differ (-n {len(contrasts)} shows all)"
            )
        return [*definitions, *direct, *shared]

    def _contrast(
        self, first: Mapping[tuple[str, bool, object], _Row], second: Mapping[tuple[str, bool, object], _Row]
    ) -> Iterator[Contrast]:
        """Yield what differs, relation by relation, those that both have before others."""
        ways = ways_in_order(
            *(
                {(predicate, forward) for predicate, forward, _ in side if predicate in relations()}
                for side in (first, second)
            )
        )
        columns = [
            {way: [row for key, row in side.items() if key[:2] == way][:_SIDE_BY_SIDE] for way in ways}
            for side in (first, second)
        ]
        for way in ways:
            cells = [
                tuple(replace(each, text=_other(each, row)) for each, row in zip(self._quoted(rows), rows, strict=True))
                for rows in (columns[0][way], columns[1][way])
            ]
            yield Contrast(said(way), *cells)

    # -------------------------------------------------------------------------------------------------------- rows

    def _bound(self, shape: Shape) -> dict[str, str]:
        """The parameters of a shape's query."""
        bound = {}
        for parameter, source in shape.bind.items():
            if source.startswith("="):
                bound[parameter] = source[1:]
            else:
                name = self._names[source]
                bound[parameter] = name.label if name.how in _CLOSED else name.iri
        return bound

    def _ask(self, shape: Shape, bound: Mapping[str, str]) -> list[ox.QuerySolution]:
        """The solutions of a shape's query; the query is kept, to be shown."""
        text = named_query(shape.query).bind(bound, resolve=lambda iri: iri)
        solutions = list(self._graph.store.select(text))
        shown = "".join(f" -p {name}={self._called(value)}" for name, value in bound.items())
        self._queries.append(AskedQuery(f"kg query --name {shape.query}{shown}", text, len(solutions)))
        return solutions

    def _called(self, value: str) -> str:
        """A value as it is given on a command line: a concept by its label, by more where that names several."""
        index = self._graph.index
        if value not in index.refs:
            return shlex.quote(value)
        ref = index.refs[value]
        for name in (ref.label, f"concept:{ref.id}"):
            with suppress(UsageError):
                if index.find(name).iri == value:
                    return shlex.quote(name)
        return shlex.quote(value)

    def _rows(self, shape: Shape, group: str, bound: Mapping[str, str] | None = None, about: str = "x") -> list[_Row]:
        """The rows of a shape's query, the best first, each thing once."""
        columns = named_query(shape.query).columns
        bound = self._bound(shape) if bound is None else bound
        # a class that the query does not know is looked for among the rows
        kind_wanted = self._label("c") if "c" in self._names and "class" not in bound else ""
        best: dict[tuple[object, ...], _Row] = {}
        additions: dict[tuple[object, ...], dict[str, None]] = {}
        for solution in self._ask(shape, bound):
            cells = {column: solution[column] for column in columns}
            row = self._row(shape, cells, group, about)
            if row is None or (kind_wanted and (row.concept is None or row.concept.kind != kind_wanted)):
                continue
            if row.same not in best or _rank(row) < _rank(best[row.same]):
                best[row.same] = row
            values = {name: cell.value for name, cell in cells.items() if cell is not None}
            column = next((name for name in columns if f"{{{name}}}" in shape.more), "")
            if column in values:
                additions.setdefault(row.same, {}).setdefault(values[column])
        rows = list(best.values())
        if shape.fact:
            if shape.second:
                rows = [self._besides(row, shape.second) for row in rows]
            if shape.second or "confidence" not in columns:
                rows = self._sure(rows)
            rows.sort(key=_rank)
        return [_with(row, shape.more, list(additions.get(row.same, ()))) for row in rows]

    def _besides(self, row: _Row, second: str) -> _Row:
        """A row with a second fact about the subject of its first."""
        relation, target = second.replace("$", "").split()
        predicate, end = self._label(relation), self._names[target]
        fact = _Fact(row.fact.subjects if row.fact else (), predicate, (end.iri,), None)
        return replace(row, text=f"{row.text} and {relations()[predicate].label} {end.label}", second=fact)

    def _sure(self, rows: Sequence[_Row]) -> list[_Row]:
        """Rows whose query does not say how sure the graph is, with their confidence: that of the less sure fact."""
        sure = {
            (each.subject, each.predicate, each.object): each.confidence
            for each in self._stated([fact for row in rows for fact in row.facts])
        }

        def confidence(row: _Row) -> float | None:
            known = [[value for triple in _triples(fact) if (value := sure.get(triple))] for fact in row.facts]
            return min((max(values) for values in known if values), default=None)

        return [replace(row, confidence=confidence(row)) for row in rows]

    def _row(self, shape: Shape, cells: Mapping[str, ox.NamedNode | ox.Literal], group: str, about: str) -> _Row | None:
        """A solution as a row; None for one that is about the concept itself, or that is not of our graph."""
        value = {name: cell.value for name, cell in cells.items() if cell is not None}
        confidence = float(value["confidence"]) if "confidence" in value else None
        entries = int(value.get("entries", 0))
        refs = self._graph.index.refs
        concept = refs.get(value.get("iri", ""))
        if not shape.fact:
            text = " ".join(_said(shape.say, value).split())
            return _Row(text, (text,), concept, True, confidence, entries, None, group)
        subject, predicate, target = (self._part(part, cells) for part in shape.fact.split())
        if not isinstance(subject, tuple) or not subject or not isinstance(predicate, str):
            return None
        if predicate not in relations() and (predicate != DEFINITION or shape.query != "definitions-of"):
            return None  # of a graph that is not ours, or a definition, which is asked for by itself
        literal = target if isinstance(target, ox.Literal) else None
        objects = target if isinstance(target, tuple) else ()
        this = self._names[about].iri if about in self._names else ""
        if concept is None and literal is None:
            others = [iri for iri in (*subject, *objects) if iri != this]
            concept = refs.get(others[0]) if others else None
        if predicate == DEFINITION:
            text = literal.value if literal else ""
            fact = _Fact((this,), predicate, (), literal)
            opens = text.casefold().startswith(refs[this].label.casefold()) if this in refs else True
            return _Row(text, (text,), None, opens, confidence, entries, fact, group)
        ends = (*subject, *objects)
        # a label can name several concepts; where the concept itself is one of them, it is the one
        subject = (this,) if this in subject else subject
        objects = (this,) if this in objects and subject != (this,) else objects
        end = objects[0] if objects else (literal.value if literal else "")
        if not end or end == subject[0] or value.get("iri") == this:
            return None
        text = self._sentence(subject[0], predicate, end)
        same: tuple[object, ...] = (predicate, concept) if concept and shape.query != "about" else (predicate, text)
        fact = _Fact(subject, predicate, objects, literal)
        direct = this in ends or not this
        return _Row(text, same, concept, direct, confidence, entries, fact, group)

    def _part(self, part: str, cells: Mapping[str, ox.NamedNode | ox.Literal]) -> tuple[str, ...] | str | ox.Literal:
        """A part of a fact: concepts, the name of a relation, or a literal that is no concept's label."""
        if part[0] == "$":
            name = self._names[part[1:]]
            return name.label if name.how == "relation" else (name.iri,)
        if part[0] != "?":
            return part
        cell = cells[part[1:]]
        if isinstance(cell, ox.NamedNode):
            return (cell.value,) if cell.value in self._graph.index.refs else ()
        if cell is None:
            return ()
        if part in {"?relation", "?effect"}:
            return cell.value
        # a year is a year, though a concept may be called by its number
        iris = () if part == "?definition" or re.fullmatch(r"[0-9]{4}", cell.value) else self._by_label.get(cell.value)
        return iris or cell

    def _predicate(self, part: str) -> str:
        return self._names[part[1:]].label if part[0] == "$" else part

    def _sentence(self, subject: str, predicate: str, end: str) -> str:
        refs = self._graph.index.refs
        return f"{refs[subject].label} {relations()[predicate].label} {refs[end].label if end in refs else end}"

    # ----------------------------------------------------------------------------------------------------- evidence

    def _quoted(self, rows: Sequence[_Row]) -> tuple[Finding, ...]:
        """Rows with the evidence of their facts."""
        stated = {
            (each.subject, each.predicate, each.object): each
            for each in self._stated([fact for row in rows for fact in row.facts])
        }
        findings = []
        for row in rows:
            backing: list[list[Quote]] = []
            for fact in row.facts:
                found = {quote for triple in _triples(fact) if triple in stated for quote in stated[triple].quotes}
                backing.append(sorted(found, key=lambda q: (-(q.confidence or 0.0), q.source, q.start, q.end)))
            # the best of each fact first
            quotes = dict.fromkeys(quote for round in zip_longest(*backing) for quote in round if quote)
            facts = max(1, len(row.facts))
            findings.append(Finding(row.text, row.concept, row.confidence, tuple(quotes), row.group, facts))
        return tuple(findings)

    def _stated(self, facts: Sequence[_Fact]) -> list[_Stated]:
        """The statements of facts, with their quotes."""
        triples: dict[tuple[str, str, str], str] = {}
        for fact in facts:
            iri = SKOS.definition.value if fact.predicate == DEFINITION else relations()[fact.predicate].iri
            for subject in fact.subjects:
                ends: list[ox.NamedNode | ox.Literal] = [ox.NamedNode(end) for end in fact.objects]
                if fact.literal:
                    ends = [fact.literal, ox.Literal(fact.literal.value, datatype=XSD.gYear)]
                    ends = ends[:1] if fact.predicate == DEFINITION else ends[1:]
                for end in ends:
                    triples[str(ox.NamedNode(subject)), str(ox.NamedNode(iri)), str(end)] = fact.predicate
        names = {iri: name for (_, iri, _), name in triples.items()}
        backing = self._graph.quotes.backing(triples)
        return [
            _Stated(subject, names[str(ox.NamedNode(predicate))], target, confidence, quotes)
            for (subject, predicate, target), (confidence, quotes) in backing.items()
        ]


@dataclass(frozen=True, slots=True)
class _Stated:
    """A fact as statements back it."""

    subject: str
    predicate: str
    object: str
    confidence: float | None
    quotes: tuple[Quote, ...]


def _triples(fact: _Fact) -> Iterator[tuple[str, str, str]]:
    """Yield the triples that a fact can be."""
    for subject in fact.subjects:
        for end in [fact.literal.value] if fact.literal else fact.objects:
            yield subject, fact.predicate, end


def _rank(row: _Row) -> tuple[object, ...]:
    """What orders rows: facts of the concept itself, then the surest, the most often stated, by words."""
    return not row.direct, -(row.confidence or 0.0), -row.entries, row.text.casefold(), row.text


def _with(row: _Row, template: str, values: Sequence[str]) -> _Row:
    """A row with an addition that lists values."""
    if not values:
        return row
    listed = ", ".join(values[:_ADDED]) + (", …" if len(values) > _ADDED else "")
    return replace(row, text=f"{row.text} ({re.sub(r'{[a-z_]+}', lambda _: listed, template)})")


def _other(finding: Finding, row: _Row) -> str:
    """What stands at the other end of a compared fact."""
    if finding.concept:
        return finding.concept.label
    return row.fact.literal.value if row.fact and row.fact.literal else finding.text


def _is_one_of(other: object, iris: set[str]) -> bool:
    return isinstance(other, ConceptRef) and other.iri in iris


def _said(template: str, values: Mapping[str, str]) -> str:
    """A row's words; a piece behind a colon that the row lacks is left out."""
    head, colon, tail = template.partition(": ")
    if colon and any(f"{{{name}}}" in tail for name in values):
        return template.format_map(values)
    return (head if colon else template).format_map(values)


def _filled(template: str, names: Mapping[str, Named]) -> str:
    """A reading in words, with what the slots name."""
    shown = {}
    for slot, name in names.items():
        match name.how:
            case "class":
                shown[slot] = f"kg:{name.label}"
            case "relation":
                prefix = "kg" if name.iri.startswith(KG.iri) else "skos"
                shown[slot] = f"{prefix}:{name.label}"
            case "year":
                shown[slot] = name.label
            case _:
                shown[slot] = f"“{name.label}”"
    return template.format_map(shown)


def _assumed(name: Named) -> Iterator[str]:
    """Yield what was assumed to find what a name means."""
    match name.how:
        case "spelling":
            yield f"I read {name.text!r} as {name.label!r}"
        case "order" | "verb":
            yield f"I take {name.text!r} for {name.label!r}"
        case "head":
            yield f"I read {name.text!r} as {name.label!r} and left out the rest"
        case "part":
            yield f"there is no concept {name.text!r}; I read it as {name.label!r}"
    if name.others:
        others = ", ".join(
            f"{ref.label!r} ({ref.kind}, concept:{ref.id})" if ref.kind else f"{ref.label!r} ({ref.iri})"
            for ref in name.others[:3]
        )
        more = f" and {len(name.others) - 3} more" if len(name.others) > 3 else ""
        yield f"{name.text!r} can also mean {others}{more}; I took {name.label!r}"
