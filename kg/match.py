"""Annotations -> groups of entries on one concept, each decision with its reasons.

Entries are compared only where their names meet (blocking), and each with groups, not with one another, so the cost
grows with the entries and not with their pairs. A `Match` says what two groups have in common and what not; `score`
only weighs that, by the named weights of `ResolveOptions`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kg.names import is_acronym, key, singular, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kg.model import Annotation, EntryId, Key

_STOP = frozenset(
    """
    a an and any are as at be but by can each for from had has have how if in into is it its more most no not of on one
    or other over such than that the their them then there these they this through to up used using was were what when
    where which while who why will with within without
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
_WAYS = frozenset(("approach", "method", "methodology", "strategy", "technique"))
"""Words that say no more than that a name is one of something to do: "dry stone technique", "dry stone method"."""
_ENOUGH_TEXTS = 10
"""A group's vocabulary is taken from so many of its texts at most; more would only cost time."""


@dataclass(frozen=True, slots=True)
class ResolveOptions:
    """What speaks for and against one concept, and how much of it is needed (`threshold`).

    Two texts are similar when the cosine of their tf-idf vectors, the compared names left out, reaches `similar`.
    `label_and_genus`: one label is the other one and what its definition says it is ("Raft", "Raft protocol"), or two
    names differ in the last word, which only says that they are names of something to do ("… method", "… technique").
    Texts of fewer than `enough_words` distinct words are too short to tell; then different classes speak against, and
    different genera.
    """

    same_text: float = 9.0
    same_label: float = 1.5
    label_is_alias: float = 0.75
    same_words: float = 0.75
    label_and_genus: float = 0.75
    shared_alias: float = 0.5
    shared_abbreviation: float = 0.25
    contained_label: float = 0.25
    similar_text: float = 0.5
    same_field: float = 0.5
    other_field: float = -0.25
    other_kind: float = -0.5
    other_genus: float = -0.5
    dissimilar_text: float = -1.0
    threshold: float = 1.0
    similar: float = 0.08
    enough_words: int = 25
    largest_block: int = 20


@dataclass(frozen=True, slots=True)
class Match:
    """What two groups of entries have in common and what not; `reasons` are names of `ResolveOptions`' weights."""

    left: EntryId
    right: EntryId
    reasons: tuple[str, ...]


def score(match: Match, options: ResolveOptions) -> float:
    """The weight of a match's reasons."""
    return math.fsum(float(getattr(options, reason)) for reason in match.reasons)


@dataclass(frozen=True, slots=True)
class Group:
    """Entries on one concept, in the order of their documents, and the matches that brought them together.

    A group is made of one entry, or of two groups: what is known of it is never read from all its entries again, since
    there can be thousands of copies. `aliases` holds one spelling for each key. `label_words` are the words of each
    label, their order and repetition left out. `shortened` are its labels cut in two after each word but the last: what
    could be a name and the kind of thing named; `cores` its names without a last word that says little. `genera` are
    what its definitions say it is, `heads` their last words: a cutting tool and a hand tool are both tools.
    """

    members: tuple[Annotation, ...]
    matches: tuple[Match, ...]
    texts: Mapping[str, Annotation]
    """The distinct texts, each with the first entry that has it."""
    labels: frozenset[Key]
    aliases: Mapping[Key, str]
    fields: frozenset[Key]
    kinds: frozenset[str]
    name_words: frozenset[str]
    label_words: frozenset[frozenset[str]]
    genera: frozenset[Key]
    heads: frozenset[str]
    shortened: frozenset[tuple[Key, Key]]
    cores: frozenset[Key]

    @classmethod
    def of(cls, annotation: Annotation) -> Group:
        """The group of a single entry."""
        headword = annotation.headword
        label, parts = key(headword.label), words(headword.label)
        cuts = [(key(" ".join(parts[:at])), key(" ".join(parts[at:]))) for at in range(1, len(parts))]
        aliases = {key(alias): alias for alias in sorted(headword.aliases)}
        aliases.pop(label, None)
        return cls(
            members=(annotation,),
            matches=(),
            texts={text_of(annotation): annotation},
            labels=frozenset((label,)),
            aliases=aliases,
            fields=frozenset((key(headword.category),) if headword.category else ()),
            kinds=frozenset((annotation.kind,)),
            name_words=frozenset(singular(w) for name in (headword.label, *headword.aliases) for w in words(name)),
            label_words=frozenset((frozenset(map(singular, parts)) - _STOP,)),
            genera=frozenset(key(d.genus) for d in annotation.definitions if d.genus),
            heads=frozenset(singular(words(d.genus)[-1]) for d in annotation.definitions if d.genus and words(d.genus)),
            shortened=frozenset(cuts),
            cores=frozenset(_cores(headword.label, *headword.aliases)),
        )

    @property
    def first(self) -> EntryId:
        """The entry that stands for the group in matches."""
        return self.members[0].entry.id

    def joined(self, other: Group, match: Match) -> Group:
        """Both groups as one."""
        members, texts = (*self.members, *other.members), self.texts
        in_order = place(self.members[-1]) < place(other.members[0])
        if not in_order:
            members = tuple(sorted(members, key=place))
        if not in_order or not other.texts.keys() <= texts.keys():
            both = (*texts.items(), *other.texts.items())
            texts = {}
            for text, annotation in both if in_order else sorted(both, key=lambda item: place(item[1])):
                texts.setdefault(text, annotation)
        labels = self.labels | other.labels
        return Group(
            members,
            (*self.matches, *other.matches, match),
            texts,
            labels,
            {name: alias for name, alias in {**self.aliases, **other.aliases}.items() if name not in labels},
            self.fields | other.fields,
            self.kinds | other.kinds,
            self.name_words | other.name_words,
            self.label_words | other.label_words,
            self.genera | other.genera,
            self.heads | other.heads,
            self.shortened | other.shortened,
            self.cores | other.cores,
        )


def place(annotation: Annotation) -> tuple[str, int]:
    """Where an entry stands: the order in which entries are taken, whatever the order of input."""
    return annotation.entry.source, annotation.entry.line


def text_of(annotation: Annotation) -> str:
    """The text of an entry by which copies are known: its body without white space, which layouts set differently."""
    return "".join(annotation.entry.body.split())


def groups(annotations: Iterable[Annotation], options: ResolveOptions | None = None) -> list[Group]:
    """Group the entries by concept. The same for every order of `annotations`; sorted by first entry."""
    options = options or ResolveOptions()
    ordered = sorted(annotations, key=place)
    texts = _Texts(ordered)
    found = _by_names(_by_label(ordered, texts, options), texts, options)
    return sorted(found, key=lambda group: place(group.members[0]))


def _by_label(ordered: Sequence[Annotation], texts: _Texts, options: ResolveOptions) -> list[Group]:
    """Groups of entries with the same label (or the same text); homographs in different groups."""
    found: list[Group] = []
    copies: dict[str, int] = {}
    blocks: defaultdict[Key, list[int]] = defaultdict(list)
    for annotation in ordered:
        single = Group.of(annotation)
        (text,), (label,) = single.texts, single.labels
        best, best_score = None, options.threshold
        for i in [copies[text]] if text and text in copies else blocks[label]:
            match = compare(found[i], single, texts, options)
            if score(match, options) >= best_score and (best is None or score(match, options) > best_score):
                best, best_score = (i, match), score(match, options)
        if best is None:
            blocks[label].append(len(found))
            copies.setdefault(text, len(found))
            found.append(single)
        else:
            i, match = best
            found[i] = found[i].joined(single, match)
            copies.setdefault(text, i)
    return found


def _by_names(found: list[Group], texts: _Texts, options: ResolveOptions) -> list[Group]:
    """Join groups whose other names meet: an alias with a label, two aliases, two labels of the same words."""
    blocks: defaultdict[object, list[int]] = defaultdict(list)
    for i, group in enumerate(found):
        for name in sorted({*group.labels, *group.aliases, *group.cores}):
            blocks[name].append(i)
        for bag in sorted(group.label_words, key=sorted):
            if len(bag) > 2:
                blocks[bag].append(i)
    pairs = {
        (i, j)
        for block in blocks.values()
        if len(block) <= options.largest_block
        for a, i in enumerate(block)
        for j in block[a + 1 :]
    }
    pairs |= _named_with_genus(found)
    matches = [(i, j, compare(found[i], found[j], texts, options)) for i, j in sorted(pairs)]
    strong = [(-score(m, options), i, j, m) for i, j, m in matches if score(m, options) >= options.threshold]
    current = {i: i for i in range(len(found))}
    joined: dict[int, Group] = dict(enumerate(found))
    homographs = {name for name, n in Counter(k for g in found for k in g.labels).items() if n > 1}
    for _, i, j, match in sorted(strong, key=lambda s: s[:3]):
        left, right = sorted((_root(current, i), _root(current, j)))
        # homographs were told apart by their texts; a chain of aliases must not bring them together again
        if left == right or joined[left].labels & joined[right].labels & homographs:
            continue
        joined[left] = joined[left].joined(joined.pop(right), match)
        current[right] = left
    return list(joined.values())


def _named_with_genus(found: list[Group]) -> set[tuple[int, int]]:
    """The pairs of groups of which one is called as the other one and what that is."""
    named: defaultdict[Key, list[int]] = defaultdict(list)
    for i, group in enumerate(found):
        for label in sorted(group.labels):
            named[label].append(i)
    return {
        (min(i, j), max(i, j))
        for i, group in enumerate(found)
        for name, kind in group.shortened
        for j in named.get(name, ())
        if i != j and kind in found[j].genera
    }


def _root(parents: dict[int, int], i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


def compare(left: Group, right: Group, texts: _Texts, options: ResolveOptions) -> Match:
    """All that speaks for and against one concept for both groups."""
    reasons = []
    if left.texts.keys() & right.texts.keys() - {""}:
        reasons.append("same_text")
    if left.labels & right.labels:
        reasons.append("same_label")
    elif left.labels & right.aliases.keys() or right.labels & left.aliases.keys():
        reasons.append("label_is_alias")
    elif left.label_words & right.label_words:
        reasons.append("same_words")
    elif _adds_genus(left, right) or _adds_genus(right, left) or left.cores & right.cores:
        reasons.append("label_and_genus")
    shared = left.aliases.keys() & right.aliases.keys()
    if shared:
        reasons.append("shared_abbreviation" if all(is_acronym(left.aliases[k]) for k in shared) else "shared_alias")
    if any(a < b or b < a for a in left.label_words for b in right.label_words):
        reasons.append("contained_label")
    if left.fields and right.fields:
        reasons.append("same_field" if left.fields & right.fields else "other_field")
    similarity, size = texts.similarity(left, right)
    if size >= options.enough_words:
        reasons.append("similar_text" if similarity >= options.similar else "dissimilar_text")
    elif similarity < options.similar:
        if not left.kinds & right.kinds:
            reasons.append("other_kind")
        if left.heads and right.heads and not left.heads & right.heads:
            reasons.append("other_genus")
    return Match(left.first, right.first, tuple(reasons))


def _cores(*names: str) -> Iterator[Key]:
    """Names of at least three words without their last one, where that says little."""
    for name in names:
        parts = words(name)
        if len(parts) > 2 and singular(parts[-1]) in _WAYS:
            yield key(" ".join(parts[:-1]))


def _adds_genus(longer: Group, shorter: Group) -> bool:
    return any(name in shorter.labels and kind in shorter.genera for name, kind in longer.shortened)


class _Texts:
    """The vocabulary of the glossary, to tell how similar two texts are."""

    def __init__(self, ordered: Sequence[Annotation]) -> None:
        self._counts: dict[EntryId, Counter[str]] = {a.entry.id: _bag(a) for a in ordered}
        self._documents = Counter(w for counts in self._counts.values() for w in counts)
        self._size = len(self._counts)

    def similarity(self, left: Group, right: Group) -> tuple[float, int]:
        """The cosine of the tf-idf vectors of two groups, their names left out; the size of the smaller vector."""
        names = left.name_words | right.name_words
        a, b = self._vector(left, names), self._vector(right, names)
        if not a or not b:
            return 0.0, 0
        dot = math.fsum(weight * b[word] for word, weight in a.items() if word in b)
        norm = math.sqrt(math.fsum(w * w for w in a.values()) * math.fsum(w * w for w in b.values()))
        return dot / norm, min(len(a), len(b))

    def _vector(self, group: Group, names: frozenset[str]) -> dict[str, float]:
        counts: Counter[str] = Counter()
        for annotation in islice(group.texts.values(), _ENOUGH_TEXTS):
            counts.update(self._counts[annotation.entry.id])
        return {
            word: (1 + math.log(n)) * math.log((self._size + 1) / (self._documents[word] + 0.5))
            for word, n in counts.items()
            if word not in names
        }


def _bag(annotation: Annotation) -> Counter[str]:
    """The content words of an entry's text, with their numbers."""
    texts = [text for block in annotation.entry.blocks for text in block.texts] or [annotation.entry.body]
    found = (singular(w) for text in texts for w in words(text))
    return Counter(w for w in found if len(w) > 1 and w not in _STOP and not w.isdigit())
