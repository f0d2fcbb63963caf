"""Annotations -> knowledge: concepts instead of labels, statements instead of assertions.

    groups of entries on one concept (`kg.match`)  ->  concepts of the glossary
    labels of mentions and assertions, by scope    ->  those concepts, or concepts that are only mentioned
    categories                                     ->  concepts of the class Field
    assertions of the same fact                    ->  one statement with all its evidence

Nothing depends on the order of the annotations: ids, labels, classes and confidences come from content alone.

How a label is read, in this order: the names of the entry's own concept; the abbreviations that its body explains; the
labels of the glossary; its aliases; abbreviations that the whole glossary explains in one way. A label beats an alias.
An alias that several concepts claim is read as one of them only in the entries about it, elsewhere it stays a concept
of its own that is only mentioned; of homographs the one in the entry's own field is meant, else the one with more
entries.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING

from kg.match import Group, ResolveOptions, groups, place, text_of
from kg.model import (
    Concept,
    ConceptId,
    DefinitionOf,
    Entry,
    EntryFacts,
    EntryId,
    Evidence,
    Flag,
    Key,
    Knowledge,
    Occurrence,
    Statement,
    Year,
)
from kg.names import initials, is_acronym, is_citation, key, one, slug, without_brackets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.model import Annotation, Span

_FIELD = "Field"
_KINDS_BY_ROLE = {
    "developedBy": "Organization",
    "introducedIn": "Publication",
    "evaluatedOn": "Metric",
    "usedFor": "Task",
    "hasLimitation": "Phenomenon",
    "causes": "Phenomenon",
    "reduces": "Property",
    "improves": "Property",
}
"""The class of an object that was asserted but nowhere mentioned with a class of its own."""
_OTHER_KIND = "Method"


@dataclass
class _Node:
    """A concept in the making. `handle` is unique and made of content; `rank` says who may take a bare slug first."""

    handle: str
    label: str
    kind: str
    rank: int
    qualifier: str = ""
    group: Group | None = None
    aliases: tuple[str, ...] = ()


def resolve(annotations: Iterable[Annotation], options: ResolveOptions | None = None) -> Knowledge:
    """Resolve a glossary: one concept for all its entries, all mentions and assertions between concepts.

    The confidence of a statement is the chance that one of its independent readings is right: the best reading of each
    distinct text (copies of an entry are no second witness), joined by noisy-or.
    """
    ordered = sorted(annotations, key=place)
    names = _Names(groups(ordered, options))
    mentioned = _Mentioned(ordered, names)
    fields = _fields(ordered, names, mentioned)
    nodes = {node.handle: node for node in (*names.nodes, *mentioned.nodes(), *fields.values())}
    ids = _ids(nodes.values())
    concepts = [_concept(node, ids, fields) for node in nodes.values()]
    return Knowledge(
        tuple(sorted(_entries(ordered, names, ids), key=lambda facts: facts.entry.id)),
        tuple(sorted(concepts, key=lambda concept: concept.id)),
        tuple(sorted(_statements(ordered, names, ids), key=lambda s: (s.subject, s.predicate, str(s.object)))),
    )


# --------------------------------------------------------------------------------------------------- what labels mean


class _Names:
    """What labels mean, by scope: the entry, then the glossary. Handles of concepts of the glossary begin with `=`."""

    def __init__(self, found: list[Group]) -> None:
        self.nodes = [_glossary_node(group) for group in found]
        self.labels: defaultdict[Key, list[_Node]] = defaultdict(list)
        self.own: dict[EntryId, _Node] = {}
        self._aliases: defaultdict[Key, set[str]] = defaultdict(set)
        self._own_names: dict[str, frozenset[Key]] = {}
        explained: defaultdict[Key, defaultdict[Key, set[str]]] = defaultdict(lambda: defaultdict(set))
        for node, group in zip(self.nodes, found, strict=True):
            for name in group.labels:
                self.labels[name].append(node)
            aliases = {key(alias) for alias in (*group.aliases.values(), *node.aliases)}
            for name in aliases:
                self._aliases[name].add(node.handle)
            self._own_names[node.handle] = group.labels | aliases
            for annotation in group.members:
                self.own[annotation.entry.id] = node
                for short, long in annotation.abbreviations:
                    # initials speak for themselves; other short forms must be explained by two texts
                    witnesses = {text_of(annotation)} | ({""} if key(short) in initials(long) else set())
                    explained[key(short)][key(long)] |= witnesses
        trusted = {short: [k for k, w in longs.items() if len(w) > 1] for short, longs in explained.items()}
        self._explained = {short: longs[0] for short, longs in trusted.items() if len(longs) == 1}
        self._keys: dict[str, Key] = {}

    def find(self, label: str, annotation: Annotation) -> str:
        """The handle of the concept that a label means in an entry; the label's key for one that has no entry."""
        name, own = self._key(label), self.own[annotation.entry.id]
        if name in self._own_names[own.handle]:
            return own.handle
        for short, long in annotation.abbreviations:
            if self._key(short) == name:
                name = self._key(long)
                break
        if name in self._own_names[own.handle]:
            return own.handle
        if name in self._explained and name not in self.labels and name not in self._aliases:
            name = self._explained[name]
        if name in self.labels:
            return self._meant(self.labels[name], own).handle
        claimants = self._aliases.get(name, ())
        return next(iter(claimants)) if len(claimants) == 1 else name

    def _key(self, label: str) -> Key:
        """The key of a label, remembered: the same labels come again and again."""
        name = self._keys.get(label)
        if name is None:
            name = self._keys[label] = key(_bare(label))
        return name

    @staticmethod
    def _meant(homographs: list[_Node], own: _Node) -> _Node:
        """The homograph of the entry's own field, else the one with more entries."""
        here = own.group.fields if own.group else frozenset()

        def distance(node: _Node) -> tuple[bool, int, str]:
            fields, size = (node.group.fields, len(node.group.members)) if node.group else (frozenset(), 0)
            return not fields & here, -size, node.handle

        return min(homographs, key=distance)


class _Mentioned:
    """The concepts that have no entry: by key, with the forms and classes in which the texts mention them."""

    def __init__(self, ordered: list[Annotation], names: _Names) -> None:
        self._forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._roles: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for annotation in ordered:
            for mention in annotation.mentions:
                self._see(mention.label, annotation, names, self._kinds, mention.kind)
            for assertion in annotation.assertions:
                self._see(assertion.subject, annotation, names, self._roles, _OTHER_KIND)
                if isinstance(assertion.object, str):
                    kind = _KINDS_BY_ROLE.get(assertion.predicate, _OTHER_KIND)
                    kind = "Person" if is_citation(assertion.object) else kind
                    self._see(assertion.object, annotation, names, self._roles, kind)
        for annotation in ordered:
            for short, long in annotation.abbreviations:
                handle = names.find(long, annotation)
                if handle in self._forms:
                    self._forms[handle].update((one(_bare(short)), _bare(long)))

    def _see(
        self, label: str, annotation: Annotation, names: _Names, kinds: defaultdict[str, Counter[str]], kind: str
    ) -> None:
        handle = names.find(label, annotation)
        if handle and not handle.startswith("="):
            self._forms[handle][_cased(_bare(label))] += 1
            kinds[handle][kind] += 1

    def kind(self, handle: str) -> str | None:
        """The class that most mentions give a concept; None where it is not mentioned."""
        for kinds in (self._kinds, self._roles):
            if handle in kinds:
                return min(kinds[handle].items(), key=lambda item: (-item[1], item[0]))[0]
        return None

    def nodes(self) -> Iterator[_Node]:
        """The concepts, each called by its most frequent form; abbreviations that the texts explain are aliases."""
        for handle, forms in self._forms.items():
            spelled = {form: n for form, n in forms.items() if key(form) == handle} or forms
            label = _most_frequent(spelled)
            short = {key(form): form for form in sorted(forms) if key(form) != key(label)}
            yield _Node(handle, label, self.kind(handle) or _OTHER_KIND, rank=1, aliases=tuple(sorted(short.values())))


def _glossary_node(group: Group) -> _Node:
    """The concept of a group: its most frequent label, its own class, its other names."""
    texts = list(group.texts.values())
    label = _label(a.headword.label for a in texts)
    kinds = Counter(a.kind for a in texts)
    forms: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for annotation in texts:
        for name in (annotation.headword.label, *annotation.headword.aliases):
            forms[key(name)][name] += 1
        for short, long in annotation.abbreviations:
            if key(long) in group.labels:
                forms[key(short)][one(short)] += 1
    aliases = sorted(_most_frequent(f) for k, f in forms.items() if k != key(label))
    digest = _digest(min(text_of(a) + a.entry.header for a in texts))
    return _Node(
        f"={key(label)} {digest}",
        label,
        min(kinds.items(), key=lambda item: (-item[1], item[0]))[0],
        rank=0,
        qualifier=slug(min(group.fields, default="")),
        group=group,
        aliases=tuple(aliases),
    )


def _fields(ordered: list[Annotation], names: _Names, mentioned: _Mentioned) -> dict[Key, _Node]:
    """The subject fields by the key of their category.

    A field that the texts also mention is one concept with what they mention, unless they take it for another class of
    thing: then the field stands beside it, since a concept has exactly one class.
    """
    forms: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for annotation in ordered:
        if annotation.headword.category:
            forms[key(annotation.headword.category)][annotation.headword.category] += 1
    nodes = {}
    for name, counts in forms.items():
        shared = name not in names.labels and mentioned.kind(name) in (None, _FIELD)
        handle = name if shared else f"#{name}"
        nodes[name] = _Node(handle, _most_frequent(counts), _FIELD, rank=2, qualifier="field")
    return nodes


# ------------------------------------------------------------------------------------------------------ what is known


def _ids(nodes: Iterable[_Node]) -> dict[str, ConceptId]:
    """An id for each node: the slug of its label, which a concept of the glossary has first claim on.

    Where several nodes of the same claim share a slug all of them are qualified, by field or by a hash of content, so
    that an id does not depend on what else was read first.
    """
    claims: defaultdict[str, list[_Node]] = defaultdict(list)
    for node in nodes:
        claims[slug(node.label) or "concept"].append(node)
    ids: dict[str, ConceptId] = {}
    rest: list[tuple[str, _Node]] = []
    for name, claimants in claims.items():
        first = min(node.rank for node in claimants)
        winners = [node for node in claimants if node.rank == first]
        if len(winners) == 1 and name != "concept":
            ids[winners[0].handle] = ConceptId(name)
        rest += [(name, node) for node in claimants if node.handle not in ids]
    wanted = Counter(f"{name}-{node.qualifier}" for name, node in rest if node.qualifier)
    taken = set(ids.values())
    for name, node in rest:
        qualified = ConceptId(f"{name}-{node.qualifier}")
        if not node.qualifier or wanted[qualified] > 1 or qualified in taken:
            qualified = ConceptId(f"{name}-{_digest(node.handle)}")
        ids[node.handle] = qualified
    return ids


def _concept(node: _Node, ids: dict[str, ConceptId], fields: dict[Key, _Node]) -> Concept:
    if node.group is None:
        return Concept(ids[node.handle], node.label, node.kind, node.aliases)
    members = node.group.members
    definitions = {
        DefinitionOf(definition.text, _evidence(a.entry, definition.span, definition.rule))
        for a in members
        for definition in a.definitions
    }
    keywords: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for annotation in members:
        for keyword in annotation.headword.keywords:
            keywords[key(keyword)][keyword] += 1
    named = {key(name) for name in (node.label, *node.aliases)}
    return Concept(
        ids[node.handle],
        node.label,
        node.kind,
        aliases=node.aliases,
        keywords=tuple(sorted(_most_frequent(forms) for name, forms in keywords.items() if name not in named)),
        fields=tuple(sorted({ids[fields[name].handle] for name in node.group.fields})),
        definitions=tuple(sorted(definitions, key=lambda d: (d.evidence, d.text))),
        entries=tuple(sorted(a.entry.id for a in members)),
    )


def _entries(ordered: list[Annotation], names: _Names, ids: dict[str, ConceptId]) -> Iterator[EntryFacts]:
    texts: set[str] = set()
    for annotation in ordered:
        text, own = text_of(annotation), ids[names.own[annotation.entry.id].handle]
        again = {Flag.DUPLICATE_TEXT} if text and text in texts else frozenset()
        flags = annotation.entry.flags | annotation.flags | again
        texts.add(text)
        mentions = {
            Occurrence(mention.span, ids[handle], mention.rule)
            for mention in annotation.mentions
            if (handle := names.find(mention.label, annotation)) and ids[handle] != own
        }
        boilerplate = tuple(sorted(annotation.boilerplate))
        yield EntryFacts(annotation.entry, own, tuple(sorted(mentions)), boilerplate, frozenset(flags))


def _statements(ordered: list[Annotation], names: _Names, ids: dict[str, ConceptId]) -> Iterator[Statement]:
    """The assertions of the same fact as one statement; those of a concept about itself are dropped."""
    evidence: defaultdict[tuple[ConceptId, str, ConceptId | Year], set[Evidence]] = defaultdict(set)
    confidence: defaultdict[tuple[ConceptId, str, ConceptId | Year], dict[str, float]] = defaultdict(dict)
    for annotation in ordered:
        text = text_of(annotation)
        for assertion in annotation.assertions:
            subject = names.find(assertion.subject, annotation)
            obj = assertion.object if isinstance(assertion.object, Year) else names.find(assertion.object, annotation)
            if not subject or not obj or subject == obj:
                continue
            fact = (ids[subject], assertion.predicate, obj if isinstance(obj, Year) else ids[obj])
            evidence[fact].add(_evidence(annotation.entry, assertion.span, assertion.rule))
            readings = confidence[fact]
            readings[text] = max(readings.get(text, 0.0), assertion.confidence)
    for fact, found in evidence.items():
        doubts = sorted(1 - reading for reading in confidence[fact].values())
        yield Statement(*fact, round(1 - math.prod(doubts), 4), tuple(sorted(found)))


def _evidence(entry: Entry, span: Span, rule: str) -> Evidence:
    return Evidence(entry.id, span, rule, entry.quote(span))


def _label(labels: Iterable[str]) -> str:
    """The most frequent label by key, in its most frequent form; of two the spelled-out one, then the shorter."""
    forms: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for label in labels:
        forms[key(label)][label] += 1
    best = min(forms.values(), key=lambda f: (-f.total(), is_acronym(max(f)), len(max(f)), max(f)))
    return _most_frequent(best)


def _most_frequent(forms: Mapping[str, int]) -> str:
    """The most frequent form; of two the one with fewer capitals, then the first in the alphabet."""
    return min(forms.items(), key=lambda item: (-item[1], sum(c.isupper() for c in item[0]), item[0]))[0]


def _bare(label: str) -> str:
    """A label without a bracketed addition: "mean sea level" of "mean sea level (MSL)"."""
    return without_brackets(label) or label.strip()


def _cased(label: str) -> str:
    """A title whose first word lost its capital with it: "Tidal Range" of "tidal Range"."""
    return label[0].upper() + label[1:] if re.fullmatch(r"[a-z]+(?: [A-Z][a-z]{2,})+", label) else label


def _digest(text: str) -> str:
    return blake2s(text.encode(), digest_size=4).hexdigest()
