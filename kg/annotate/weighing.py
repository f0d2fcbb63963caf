"""From candidates to assertions: what speaks for each, and which of several readings of a pair is kept."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from kg import names
from kg.annotate.confidence import Confidence, confidence
from kg.annotate.kinds import head_kind
from kg.annotate.lexicon import lexicon, predicates
from kg.model import Assertion, Key, Year
from kg.names import is_acronym

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kg.annotate.relations import Candidate

READINGS = (
    "uses", "usedFor", "hasExample", "hasPart", "improves", "reduces", "hasLimitation", "requires", "evaluatedOn",
    "contrastsWith", "causes", "broader",
)  # fmt: skip
"""What a thing that stands in a list can be to the concept; its title announces one, its kind may speak for another."""
_PLAIN_SPOKEN = frozenset({"developedBy", "introducedIn"})
"""Relations that are read off names and years; nothing else can be meant."""
_LISTED = frozenset(
    {"lead", "table", "step", "title", "bullet", "cell", "frame", "text", "definition-part", "aside", "aside-topic"}
)


@dataclass(frozen=True, slots=True)
class Weighted:
    """One reading of a candidate in its final words: `subject` bears `predicate` to `object`.

    What speaks for or against it is `common` to all readings of the candidate, or its `own`. `pair` are the keys of
    subject and object.
    """

    candidate: Candidate
    predicate: str
    subject: str
    object: str | Year
    pair: tuple[Key, str]
    common: tuple[str, ...]
    own: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """All that speaks for or against the reading."""
        return (*self.common, *self.own)


def weigh(candidates: Iterable[Candidate], label: str, own: set[Key], heard: Counter[str], kind: str) -> list[Weighted]:
    """The readings of all candidates that relate two different things, each with its features.

    `label` names the entry's concept, `own` are the keys of its names, `heard` counts the words of the body,
    `kind` is the concept's class.
    """
    key = lru_cache(maxsize=None)(names.key)  # the same few phrases come again and again
    plain: list[tuple[Candidate, str, str | Year, tuple[Key, str]]] = []
    agreement: dict[tuple[Key, str], set[str]] = defaultdict(set)
    proposed: dict[tuple[Key, str], set[str]] = defaultdict(set)
    for c in candidates:
        subject = label if c.subject is None or key(c.subject) in own else tidy(c.subject)
        obj = c.object if isinstance(c.object, Year) else tidy(c.object)
        pair = key(subject), str(obj) if isinstance(obj, Year) else key(obj)
        if not subject or not obj or not len(c.span) or pair[0] == pair[1] or pair[1] in own:
            continue
        if subject == label and c.subject is not None:
            c = replace(c, subject=None, rule=c.rule.split("@")[0])
        plain.append((c, subject, obj, pair))
        agreement[pair].add(c.rule.split("@")[0])
        if c.rule.split(":")[0] not in _LISTED - {"frame", "lead", "table"}:
            proposed[pair].add(c.predicate)
    found = []
    for c, subject, obj, pair in plain:
        common = _circumstances(c, subject, obj, agreement[pair], heard)
        whose = kind if subject == label else head_kind(subject) or "?"
        elsewhere = sorted(proposed[pair])
        for predicate in _readings(c):
            features = _of_reading(c, predicate, obj, whose, elsewhere)
            found.append(Weighted(c, predicate, subject, obj, pair, common, features))
    return found


def _readings(c: Candidate) -> Iterator[str]:
    yield c.predicate
    if c.rule.split(":")[0] in _LISTED and c.predicate not in _PLAIN_SPOKEN:
        for predicate in READINGS:
            if predicate != c.predicate:
                yield predicate


def _of_reading(c: Candidate, predicate: str, obj: str | Year, whose: str, elsewhere: list[str]) -> tuple[str, ...]:
    """What speaks for one relation of a pair: rule, cue and place, the kinds of both, the readings of other rules."""
    base = c.rule.split("@")[0]
    kind = "Year" if isinstance(obj, Year) else head_kind(obj) or "?"
    family = base.split(":")[0]
    found = [
        f"rule={base} {predicate}",
        f"relation={predicate} {kind}",
        f"kind={base} {predicate} {kind}",
        f"family={family} {predicate}",
        f"family={family} {predicate} {kind}",
        f"place={c.place} {predicate}",
        f"subject-kind={whose} {predicate}",
        *(f"proposed={other} {predicate}" for other in elsewhere),
    ]
    if predicate == c.predicate:
        found += ["announced", f"announced by {family}", f"announced as {predicate}"]
    if c.cue:
        found.append(f"cue={c.cue} {predicate}")
        known = predicates().get(c.cue)
        if known is not None:
            found.append(f"lexicon={known} {predicate}")
    return tuple(found)


def _circumstances(
    c: Candidate, subject: str, obj: str | Year, rules: set[str], heard: Counter[str]
) -> tuple[str, ...]:
    """What is known of a pair, whatever its relation."""
    whole, _, whose = c.rule.partition("@")
    found = [f"rule={c.rule}", f"subject={whose or 'concept'}", f"agree={min(len(rules), 5)}"]
    found += [f"with={rule.split(':')[0]}" for rule in sorted(rules) if rule != whole]
    if isinstance(obj, Year):
        return (*found, "shape=year")
    parts = obj.split()
    head = parts[-1].casefold()
    found += [
        f"words={min(len(parts), 6)}",
        f"shape={shape(obj)}",
        f"heard={min(min((heard[w.casefold()] for w in parts), default=0), 4)}",
    ]
    if head in lexicon().vague_nouns or (head.endswith("s") and head[:-1] in lexicon().vague_nouns):
        found.append("vague")
    if " of " in obj:
        found.append("of")
    if whose:
        found.append(f"subject-kind={head_kind(subject) or '?'}")
        found.append(f"subject-words={min(len(subject.split()), 5)}")
        found.append(f"subject-shape={shape(subject)}")
    return tuple(found)


def shape(text: str) -> str:
    """How a phrase is written: acronym, Title, Name, number-bearing, hyphenated or plain."""
    if is_acronym(text):
        return "acronym"
    if re.search(r"\d", text):
        return "digits"
    if text[:1].isupper():
        return "Title" if len(text.split()) > 1 and all(w[:1].isupper() for w in text.split()) else "Capital"
    return "hyphen" if "-" in text or "/" in text else "plain"


def choose(weighted: Iterable[Weighted], model: Confidence | None = None) -> list[Assertion]:
    """One assertion for each pair of things: the reading that is most probable, if it is probable enough."""
    table = model or confidence("assertions")
    best: dict[tuple[Key, str], tuple[float, Weighted]] = {}
    common: tuple[str, ...] = ()
    shared = 0.0
    for w in weighted:
        if w.common is not common:  # the readings of one candidate follow one another
            common, shared = w.common, table.bias + table.weight(w.common)
        trust = round(table.probability(shared + table.weight(w.own)), 3)
        if trust >= table.floor and (w.pair not in best or trust > best[w.pair][0]):
            best[w.pair] = trust, w
    return [
        Assertion(w.subject, w.predicate, w.object, w.candidate.span, w.candidate.rule, trust)
        for trust, w in best.values()
    ]


def tidy(text: str) -> str:
    """A label without what surrounds it: spaces, quotes, end punctuation."""
    return re.sub(r"\s+", " ", text).strip(" .,;:\"“”*`'")


def word_counts(texts: Sequence[str]) -> Counter[str]:
    """How often each word stands in the texts, folded."""
    return Counter(w.strip(".,;:()\"'").casefold() for text in texts for w in text.split())
