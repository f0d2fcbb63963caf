"""What to read before a concept, in which order: its prerequisites, and theirs, each with the words that say so.

    >>> order = graph.learn("Raft")                                    # doctest: +SKIP
    >>> [item.concept.label for item in order.items]                   # doctest: +SKIP
    ['Quorum', 'Leader-Follower Replication']
    >>> order.items[0].reason.sentence                                 # doctest: +SKIP
    'Leader-Follower Replication requires Quorum'

A concept needs what it requires, extends, uses or has as a part, what it is a kind or an example of, and, with less
weight, what its definition or the rest of its entry mentions where no relation says how the two hang together. The
strength of a need is the weight of its kind times the confidence of the relation; of a chain of needs their product.
A concept without an entry cannot be read: a need leads through it to what it needs by relations of its own, and is
shown with both steps.

The order is made in four steps, all of them the same for the same graph:

1. Candidates are reached from the concept by their strongest chains (Dijkstra 1959, on products).
2. Cycles are broken at their weakest needs. What leads back to the concept itself is cut first; then needs are taken
   from the strongest to the weakest, and one that would close a cycle of those taken is cut. So each that is cut is the
   weakest of a cycle, and none could be put back: a maximal acyclic subgraph, in the manner of Kruskal (1956). The
   feedback arc sets of Eades, Lin and Smyth (1993) are smaller, but may cut a sure need to keep two doubtful ones.
3. The `n` concepts with the strongest chains are kept; a chain is kept whole or not at all.
4. They are sorted topologically, depth first (Tarjan 1976): what is needed most comes first, and everything
   comes right after what it builds on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from html import escape
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.answers import Quote
from kg.errors import UsageError
from kg.quotes import ordered
from kg.vocabulary import entry_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kg.answers import ConceptRef, ConceptView, EntryView, Relation
    from kg.graph import KnowledgeGraph, Name
    from kg.index import Edge

NEEDS: Mapping[tuple[str, bool], float] = {
    ("requires", True): 1.0,
    ("broader", True): 0.9,
    ("extends", True): 0.9,
    ("uses", True): 0.8,
    ("hasPart", True): 0.7,
    ("hasExample", False): 0.5,
}
"""By relation, and whether it is walked from its subject: how much the concept at its beginning needs that at its end.

The general comes before the special, so that an example needs what it is an example of.
"""
IN_DEFINITION = 0.5
IN_ENTRY = 0.2
"""The weight of what only is mentioned."""
LEAST = 0.05
"""Chains that are weaker than this lead nowhere."""
CANDIDATES = 200
"""So many concepts at least, and twice as many as are wanted, are weighed against one another."""
AROUND = 120
"""Of a long sentence that mentions something so many characters on each side are quoted."""

_MARKS = "-*•|#"
"""What may stand before the first word of an item, cell or heading."""

Need = tuple[str, str, float]
"""That one concept needs another, with a strength in 0…1."""

_OCCURRENCES = """
SELECT ?entry ?start ?rule ?file ?line ?text ?begin WHERE {
  ?entry kg:describes %s ; kg:mentions %s ; kg:sourceFile ?file ; kg:sourceLine ?line .
  ?entry kg:text ?text ; kg:textStart ?begin .
  ?occurrence kg:inEntry ?entry ; kg:occurrenceOf %s ; oa:start ?start ; kg:rule ?rule .
}"""
_FIRST = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"*])|\n+")
_SENTENCE_END = re.compile(rf"{_FIRST.pattern}|\s(?=[-•|]\s)")
"""Between two sentences; in a body on one line items and cells have ends too."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why `concept` is better read after `needs`: a sentence and the words that it rests on.

    `relations` lead from the one to the other, two where a concept without an entry lies between; there are none where
    the entry only mentions what is needed.
    """

    concept: ConceptRef
    needs: ConceptRef
    strength: float
    sentence: str
    relations: tuple[Relation, ...]
    quotes: tuple[Quote, ...]

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """Something to read: a concept, the first sentence of its definition (empty when it has none), and its entries.

    `depth` is how many needs lead from the concept that is to be learnt to this one, `strength` their product, and
    `reason` the last of them. `needed_by` are all concepts of the order that need it, in that order.
    """

    concept: ConceptRef
    definition: str
    entries: tuple[EntryView, ...]
    depth: int
    strength: float
    reason: Reason
    needed_by: tuple[ConceptRef, ...]


@dataclass(frozen=True, slots=True)
class ReadingOrder:
    """What to read before a concept, the first first.

    `cut` are needs among these and the concept that the order does not respect, because others that are stronger lead
    the other way round. `more` counts further concepts that would have been worth reading.
    """

    concept: ConceptRef
    definition: str
    entries: tuple[EntryView, ...]
    items: tuple[Reading, ...]
    cut: tuple[Reason, ...]
    more: int

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return " → ".join([*(item.concept.label for item in self.items), self.concept.label])

    def _repr_html_(self) -> str:
        """The order as a list, for notebooks; what comes from documents is escaped."""
        rows = [
            f"<li><b>{escape(item.concept.label)}</b> {escape(item.definition)} "
            f"<small>{escape(', '.join(entry.place for entry in item.entries))}</small>"
            f"<br><i>{escape(item.reason.sentence)}</i></li>"
            for item in self.items
        ]
        return f"<ol>{''.join(rows)}<li><b>{escape(self.concept.label)}</b> {escape(self.definition)}</li></ol>"


# ------------------------------------------------------------------------------------------------------- the order


def strongest(
    start: str, needs: Callable[[str], Iterable[tuple[str, float]]], *, depth: int, most: int
) -> dict[str, tuple[str, float, int]]:
    """Up to `most` concepts that `start` needs, by their strongest chains: before each, strength, length of the chain.

    No chain is longer than `depth`, weaker than `LEAST`, or leads back. The strongest come first, then the nearest.
    """
    found: dict[str, tuple[str, float, int]] = {}
    heap = [(-1.0, 0, start, "")]
    while heap and len(found) <= most:
        negative, length, node, before = heappop(heap)
        if node in found:
            continue
        found[node] = before, -negative, length
        if length < depth:
            for other, strength in needs(node):
                if other not in found and -negative * strength >= LEAST:
                    heappush(heap, (negative * strength, length + 1, other, node))
    del found[start]
    return found


def without_cycles(needs: Iterable[Need], last: str) -> tuple[list[Need], list[Need]]:
    """Needs that can all be respected with `last` at the end, and those that were cut for them, strongest first.

    >>> without_cycles([("a", "b", 0.9), ("b", "c", 0.5), ("c", "b", 0.4)], "a")
    ([('a', 'b', 0.9), ('b', 'c', 0.5)], [('c', 'b', 0.4)])
    """
    order = _Order()
    kept: list[Need] = []
    cut: list[Need] = []
    for node, other, strength in sorted(needs, key=lambda need: (-need[2], need[0], need[1])):
        fits = other not in (last, node) and order.put(other, before=node)
        (kept if fits else cut).append((node, other, strength))
    return kept, cut


class _Order:
    """A topological order that grows by one need after another (Pearce and Kelly 2006): most fit without a search."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}
        self._needs: dict[str, list[str]] = defaultdict(list)
        self._needed_by: dict[str, list[str]] = defaultdict(list)

    def put(self, other: str, *, before: str) -> bool:
        """Have one node before another from now on; False, and nothing changes, when that would close a cycle."""
        place = self._place
        low = place.setdefault(before, len(place))
        high = place.setdefault(other, len(place))
        if low < high:
            earlier = self._reached(other, self._needs, low, high)
            if before in earlier:
                return False
            later = self._reached(before, self._needed_by, low, high)
            moved = sorted(earlier, key=place.__getitem__) + sorted(later, key=place.__getitem__)
            place.update(zip(moved, sorted(place[node] for node in moved), strict=True))
        self._needs[before].append(other)
        self._needed_by[other].append(before)
        return True

    def _reached(self, start: str, around: Mapping[str, list[str]], low: int, high: int) -> set[str]:
        """All that is reached from a node, itself included, without leaving the places between two."""
        found = {start}
        stack = [start]
        while stack:
            for node in around.get(stack.pop(), ()):
                if node not in found and low <= self._place[node] <= high:
                    found.add(node)
                    stack.append(node)
        return found


def in_order(last: str, kept: Sequence[Need]) -> list[str]:
    """All that `last` needs, each after what it needs itself; what a concept needs most is placed first."""
    needs: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for node, other, strength in kept:
        needs[node].append((-strength, other))
    placed: dict[str, None] = {}
    stack = [(last, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            placed[node] = None
        elif node not in placed:
            stack.append((node, True))
            stack += [(other, False) for _, other in sorted(needs[node], reverse=True)]
    del placed[last]
    return list(placed)


# ------------------------------------------------------------------------------------------------- from a graph


@dataclass(frozen=True, slots=True)
class _Link:
    """How a concept comes to need another: over these relations, or because its entry mentions it when there are none.

    `defining` says that the definition does.
    """

    strength: float
    edges: tuple[Edge, ...] = ()
    defining: bool = False


class Prerequisites:
    """What the concepts of a graph need, found as it is asked for."""

    def __init__(self, graph: KnowledgeGraph, *, everything: bool = False, min_confidence: float = 0.0) -> None:
        """With `everything` concepts without an entry are things to read too; unsurer relations count nothing."""
        if not 0 <= min_confidence <= 1:
            raise UsageError(f"min_confidence is a number from 0 to 1, not {min_confidence}")
        self._graph = graph
        self._everything = everything
        index = graph.index
        describes: dict[str, list[str]] = defaultdict(list)
        for entry, concept in index.rows("kg:describes"):
            describes[entry].append(concept.value)
        self._described = {concept for concepts in describes.values() for concept in concepts} & index.concepts.keys()
        self._mentions: dict[str, set[str]] = defaultdict(set)
        for entry, concept in index.rows("kg:mentions"):
            for node in describes.get(entry, ()):
                if concept.value in index.concepts and concept.value != node:
                    self._mentions[node].add(concept.value)
        self._around: dict[str, list[tuple[str, Edge, float]]] = defaultdict(list)
        self._related: dict[str, set[str]] = defaultdict(set)
        for edge in index.edges:
            sure = 1.0 if edge.confidence is None else edge.confidence
            if edge.literal or edge.subject == edge.object:
                continue
            self._related[edge.subject].add(edge.object)
            self._related[edge.object].add(edge.subject)
            for forward, node, other in ((True, edge.subject, edge.object), (False, edge.object, edge.subject)):
                weight = NEEDS.get((edge.predicate, forward))
                if weight is not None and sure >= min_confidence:
                    self._around[node].append((other, edge, weight * sure))
        self._known: dict[str, dict[str, _Link]] = {}

    @cached_property
    def _definitions(self) -> Mapping[str, str]:
        found: dict[str, list[str]] = defaultdict(list)
        for concept, text in self._graph.index.rows("skos:definition"):
            found[concept].append(text.value)
        return {concept: "\n".join(sorted(texts)) for concept, texts in found.items()}

    def readable(self, iri: str) -> bool:
        """Whether a concept can be read."""
        return self._everything or iri in self._described

    def links(self, iri: str) -> Mapping[str, _Link]:
        """What a concept needs, and how it comes to: the strongest way to each."""
        if iri not in self._known:
            found: dict[str, _Link] = {}
            for other, edge, strength in self._around[iri]:
                if self.readable(other):
                    _strengthen(found, other, _Link(strength, (edge,)))
                    continue
                for third, further, more in self._around[other]:
                    # What has an unread concept as an example is seldom what that needs.
                    if third != iri and further.subject == other and self.readable(third):
                        _strengthen(found, third, _Link(strength * more, (edge, further)))
            for other in sorted(self._mentions[iri] - self._related[iri]):
                if self.readable(other):
                    defining = self._defined_by(iri, other)
                    _strengthen(found, other, _Link(IN_DEFINITION if defining else IN_ENTRY, (), defining))
            self._known[iri] = found
        return self._known[iri]

    def needs(self, iri: str) -> list[tuple[str, float]]:
        """What a concept needs, with strengths."""
        return [(other, link.strength) for other, link in sorted(self.links(iri).items())]

    def _defined_by(self, iri: str, other: str) -> bool:
        """Whether a definition of one concept holds a name of another."""
        return _holds(self._definitions.get(iri, ""), self._graph.index.concepts[other])

    # ------------------------------------------------------------------------------------------------ in words

    def reason(self, iri: str, other: str) -> Reason:
        """Why one concept is better read after another."""
        refs, link = self._graph.index.refs, self.links(iri)[other]
        relations, at = [], iri
        for edge in link.edges:
            towards = edge.object if edge.subject == at else edge.subject
            relations += [
                relation
                for relation in self._graph.between(refs[at], refs[towards])
                if relation.predicate == edge.predicate and relation.forward == (edge.subject == at)
            ]
            at = towards
        if relations:
            sentence = "; ".join(relation.sentence for relation in relations)
            quotes = tuple(quote for relation in relations for quote in relation.quotes)
        else:
            sentence = f"the {'definition' if link.defining else 'entry'} of {refs[iri]} mentions {refs[other]}"
            quotes = (self._defining(iri, other) if link.defining else ()) or self._mentioning(iri, other)
        return Reason(refs[iri], refs[other], link.strength, sentence, tuple(relations), quotes)

    def _defining(self, iri: str, other: str) -> tuple[Quote, ...]:
        """The definitions of a concept that mention another."""
        view = self._graph.index.concepts[other]
        quotes = (quote for each in self._graph.show(iri).definitions for quote in each.quotes)
        return tuple(quote for quote in quotes if _holds(quote.exact, view))

    def _mentioning(self, iri: str, other: str) -> tuple[Quote, ...]:
        """The sentences of a concept's entries that mention another, the first of each entry."""
        this, that = ox.NamedNode(iri), ox.NamedNode(other)
        first: dict[str, Quote] = {}
        rows = list(self._graph.store.rows(_OCCURRENCES % (this, that, that)))
        for row in sorted(rows, key=lambda row: (row["entry"].value, int(row["start"].value), row["rule"].value)):
            entry, begin, text = row["entry"].value, int(row["begin"].value), row["text"].value
            if entry in first:
                continue
            start, end = _sentence(text, int(row["start"].value) - begin)
            line = int(row["line"].value) + 1 + text.count("\n", 0, start)
            name = entry_id(entry, self._graph.base) or entry
            first[entry] = Quote(
                text[start:end], row["file"].value, line, begin + start, begin + end, row["rule"].value, name
            )
        return ordered(first.values())


def _strengthen(found: dict[str, _Link], other: str, link: _Link) -> None:
    """Keep the stronger link, of equal ones the shorter, then the first by its relations."""

    def rank(each: _Link) -> tuple[float, int, list[tuple[str, str, str]]]:
        return -each.strength, len(each.edges), [(edge.predicate, edge.subject, edge.object) for edge in each.edges]

    if other not in found or rank(link) < rank(found[other]):
        found[other] = link


def _holds(text: str, view: ConceptView) -> bool:
    return any(
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in (view.label, *view.aliases)
    )


def _sentence(text: str, at: int) -> tuple[int, int]:
    """Where the sentence, or the item of a list, begins and ends that holds a place; of a long one what is near.

    >>> text = "It sorts. A merge needs runs. Done."
    >>> text[slice(*_sentence(text, 12))]
    'A merge needs runs.'
    """
    ends = [(match.start(), match.end()) for match in _SENTENCE_END.finditer(text)]
    start = max((after for _, after in ends if after <= at), default=0)
    end = min((before for before, _ in ends if before > at), default=len(text))
    if at - start > AROUND:
        start = text.find(" ", at - AROUND, at) + 1 or at
    if end - at > AROUND:
        end = max(text.rfind(" ", at, at + AROUND), at + 1)
    while start < at and (text[start].isspace() or text[start] in _MARKS):
        start += 1
    return start, start + len(text[start:end].rstrip())


def learn(
    graph: KnowledgeGraph,
    name: Name,
    n: int = 10,
    *,
    depth: int = 3,
    everything: bool = False,
    min_confidence: float = 0.0,
) -> ReadingOrder:
    """What to read before a concept: at most `n` of its prerequisites, by chains of needs no longer than `depth`.

    Only concepts with an entry of their own are listed, unless `everything` has all of them. Relations count from a
    confidence of `min_confidence` on. Raises as `KnowledgeGraph.concept` does, and UsageError for other numbers.
    """
    if n < 1:
        raise UsageError(f"the number of concepts to read is at least 1, not {n}")
    if depth < 1:
        raise UsageError(f"the depth of a reading order is at least 1, not {depth}")
    last = graph.concept(name).iri
    found = Prerequisites(graph, everything=everything, min_confidence=min_confidence)
    candidates = strongest(last, found.needs, depth=depth, most=max(CANDIDATES, 2 * n))
    among = {last, *candidates}
    kept, cut = without_cycles(
        ((node, other, strength) for node in among for other, strength in found.needs(node) if other in among), last
    )
    around: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for node, other, strength in kept:
        around[node].append((other, strength))
    reachable = strongest(last, lambda node: around[node], depth=depth, most=len(among))
    chosen = dict(list(reachable.items())[:n])
    inside = {last, *chosen}
    order = in_order(last, [need for need in kept if need[0] in inside and need[1] in inside])
    place = {iri: at for at, iri in enumerate([*order, last])}
    needed_by: dict[str, list[str]] = defaultdict(list)
    for node, other, _ in kept:
        if node in inside:
            needed_by[other].append(node)
    refs = graph.index.refs

    def reading(iri: str) -> Reading:
        before, strength, length = chosen[iri]
        by = tuple(refs[each] for each in sorted(needed_by[iri], key=lambda each: place[each]))
        definition, entries = _words(graph, iri)
        reason = found.reason(before, iri)
        return Reading(refs[iri], definition, entries, length, round(strength, 6), reason, by)

    definition, entries = _words(graph, last)
    return ReadingOrder(
        refs[last],
        definition,
        entries,
        tuple(reading(iri) for iri in order),
        tuple(found.reason(node, other) for node, other, _ in cut if node in inside and other in inside),
        len(reachable) - len(chosen),
    )


def _words(graph: KnowledgeGraph, iri: str) -> tuple[str, tuple[EntryView, ...]]:
    """The first sentence of a concept's definition, and its entries."""
    shown = graph.show(iri)
    text = shown.definitions[0].text if shown.definitions else ""
    return _FIRST.split(text, maxsplit=1)[0].strip(), shown.entries
