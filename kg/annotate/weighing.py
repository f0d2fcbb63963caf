"""From candidates to assertions: what speaks for each, and which of several readings of a pair is kept."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg.annotate.confidence import Confidence, confidence
from kg.annotate.kinds import head_kind
from kg.annotate.lexicon import lexicon, predicates
from kg.model import Assertion, Key, Year
from kg.names import is_acronym, key

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
    """A candidate in its final words, with the features that speak for or against it."""

    candidate: Candidate
    subject: str
    object: str | Year
    features: tuple[str, ...]


def weigh(candidates: Iterable[Candidate], label: str, own: set[Key], heard: Counter[str], kind: str) -> list[Weighted]:
    """The candidates that relate two different things, each with its features.

    `label` names the entry's concept, `own` are the keys of its names, `heard` counts the words of the body,
    `kind` is the concept's class.
    """
    plain: list[tuple[Candidate, str, str | Year]] = []
    agreement: dict[tuple[Key, str], set[str]] = defaultdict(set)
    proposed: dict[tuple[Key, str], set[str]] = defaultdict(set)
    for c in candidates:
        subject = label if c.subject is None or key(c.subject) in own else tidy(c.subject)
        obj = c.object if isinstance(c.object, Year) else tidy(c.object)
        object_key = str(obj) if isinstance(obj, Year) else key(obj)
        if not subject or not obj or not len(c.span) or key(subject) == object_key or object_key in own:
            continue
        if subject == label and c.subject is not None:
            c = replace(c, subject=None, rule=c.rule.split("@")[0])
        plain.append((c, subject, obj))
        agreement[key(subject), object_key].add(c.rule.split("@")[0])
        if c.rule.split(":")[0] not in _LISTED - {"frame", "lead", "table"}:
            proposed[key(subject), object_key].add(c.predicate)
    found = []
    for c, subject, obj in plain:
        object_key = str(obj) if isinstance(obj, Year) else key(obj)
        rules = agreement[key(subject), object_key]
        common = _circumstances(c, subject, obj, rules, heard)
        elsewhere = proposed[key(subject), object_key]
        whose = kind if subject == label else head_kind(subject) or "?"
        for reading in _readings(c):
            features = _features(reading, obj, common)
            more = tuple(f"proposed={p} {reading.predicate}" for p in elsewhere)
            place = f"place={c.place} {reading.predicate}", f"subject-kind={whose} {reading.predicate}"
            found.append(Weighted(reading, subject, obj, (*features, *more, *place)))
    return found


def _readings(c: Candidate) -> Iterator[Candidate]:
    yield c
    if c.rule.split(":")[0] in _LISTED and c.predicate not in _PLAIN_SPOKEN:
        for predicate in READINGS:
            if predicate != c.predicate:
                yield replace(c, predicate=predicate)


def _circumstances(
    c: Candidate, subject: str, obj: str | Year, rules: set[str], heard: Counter[str]
) -> tuple[str, ...]:
    """What is known of a pair, whatever its relation."""
    whole, _, whose = c.rule.partition("@")
    found = [f"subject={whose or 'concept'}", f"agree={min(len(rules), 5)}"]
    found += [f"with={rule.split(':')[0]}" for rule in rules if rule != whole]
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


def _features(c: Candidate, obj: str | Year, common: tuple[str, ...]) -> tuple[str, ...]:
    base = c.rule.split("@")[0]
    kind = "Year" if isinstance(obj, Year) else head_kind(obj) or "?"
    family = base.split(":")[0]
    found = [
        f"rule={base} {c.predicate}",
        f"rule={c.rule}",
        f"relation={c.predicate} {kind}",
        f"kind={base} {c.predicate} {kind}",
        f"family={family} {c.predicate}",
        f"family={family} {c.predicate} {kind}",
        *common,
    ]
    if c.cue:
        found.append(f"cue={c.cue} {c.predicate}")
        known = predicates().get(c.cue)
        if known is not None:
            found.append(f"lexicon={known} {c.predicate}")
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
    best: dict[tuple[Key, str], Assertion] = {}
    for w in weighted:
        trust = round(table.of(w.features), 3)
        if trust < table.floor:
            continue
        pair = (key(w.subject), str(w.object) if isinstance(w.object, Year) else key(w.object))
        if pair not in best or trust > best[pair].confidence:
            c = w.candidate
            best[pair] = Assertion(w.subject, c.predicate, w.object, c.span, c.rule, trust)
    return list(best.values())


def tidy(text: str) -> str:
    """A label without what surrounds it: spaces, quotes, end punctuation."""
    return re.sub(r"\s+", " ", text).strip(" .,;:\"“”*`'")


def word_counts(texts: Sequence[str]) -> Counter[str]:
    """How often each word stands in the texts, folded."""
    return Counter(w.strip(".,;:()\"'").casefold() for text in texts for w in text.split())
