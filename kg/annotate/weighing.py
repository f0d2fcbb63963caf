"""From candidates to assertions: what speaks for each pair of things, and which relation it is read as, if any.

Several rules may relate the same two things, each in its own words. All that they saw is put together, for each pair,
as one set of named features (`Pair`); the network of `confidence.py` gives the probability of each relation, and of
none. What is most probable is asserted, if it is probable enough, and proved by the candidate that says so best.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from kg import names
from kg.annotate.confidence import NONE, Network, network
from kg.annotate.kinds import head_kind
from kg.annotate.lexicon import lexicon, predicates
from kg.model import Assertion, Key, Year
from kg.names import is_acronym, singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kg.annotate.relations import Candidate


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things that the text may relate: in words, by key, with all candidates, and what speaks for a relation."""

    subject: str
    object: str | Year
    keys: tuple[Key, str]
    candidates: tuple[Candidate, ...]
    features: tuple[str, ...]


def weigh(candidates: Iterable[Candidate], label: str, own: set[Key], heard: Counter[str], kind: str) -> list[Pair]:
    """The pairs of different things that the candidates relate, each with its features, in the order of the text.

    `label` names the entry's concept, `own` are the keys of its names, `heard` counts the words of the body,
    `kind` is the concept's class.
    """
    key = lru_cache(maxsize=None)(names.key)  # the same few phrases come again and again
    found: dict[tuple[Key, str], tuple[str, str | Year, list[Candidate]]] = {}
    for c in candidates:
        subject = label if c.subject is None or key(c.subject) in own else tidy(c.subject)
        obj = c.object if isinstance(c.object, Year) else tidy(c.object)
        keys = key(subject), str(obj) if isinstance(obj, Year) else key(obj)
        if not subject or not obj or not len(c.span) or keys[0] == keys[1] or keys[1] in own:
            continue
        if subject == label and c.subject is not None:
            c = replace(c, subject=None, rule=c.rule.split("@")[0])
        found.setdefault(keys, (subject, obj, []))[2].append(c)
    return [
        Pair(subject, obj, keys, tuple(group), _features(subject, obj, group, label, heard, kind))
        for keys, (subject, obj, group) in found.items()
    ]


def _features(
    subject: str, obj: str | Year, group: Sequence[Candidate], label: str, heard: Counter[str], kind: str
) -> tuple[str, ...]:
    found: set[str] = set()
    table = predicates()
    for c in group:
        base = c.rule.split("@")[0]
        found.update(
            (f"rule={c.rule}", f"rule={base}", f"reads={base} {c.predicate}", f"as={c.predicate}", f"under={c.place}")
        )
        if c.cue:
            found.add(f"cue={c.cue}")
            if c.cue in table:
                found.add(f"lexicon={table[c.cue]}")
        found.update(*c.context)
    found.add(f"rules={min(len({c.rule.split('@')[0] for c in group}), 5)}")
    found.update(_of_subject(subject, label, kind))
    found.update(_of_object(obj, heard))
    return tuple(sorted(found))


def _of_subject(subject: str, label: str, kind: str) -> tuple[str, ...]:
    if subject == label:
        return (f"concept-kind={kind}", f"concept-head={singular(subject.casefold().split()[-1])}", "of the concept")
    words = subject.split()
    return (
        f"subject-kind={head_kind(subject) or '?'}",
        f"subject-head={singular(words[-1].casefold())}",
        f"subject-words={min(len(words), 5)}",
        f"subject-shape={shape(subject)}",
    )


@lru_cache(maxsize=1 << 14)
def _of_phrase(obj: str) -> tuple[str, ...]:
    """What an object's wording says: its kind, its head and ending, its first words, its length and shape."""
    parts = obj.split()
    inner = obj.casefold().split(" of ")[0].split() or [obj.casefold()]
    head = singular(inner[-1])
    found = [
        f"kind={head_kind(obj) or '?'}",
        f"head={head}",
        f"ending={head[-4:]}",
        f"words={min(len(parts), 6)}",
        f"shape={shape(obj)}",
    ]
    if "-" in head:
        found.append(f"head={head.rpartition('-')[2]}")
    if len(inner) > 1:
        found += [f"first={inner[0]}", f"modifier={inner[-2]}"]
    last = parts[-1].casefold()
    if last in lexicon().vague_nouns or (last.endswith("s") and last[:-1] in lexicon().vague_nouns):
        found.append("vague")
    if " of " in obj:
        found.append("of")
    return tuple(found)


def _of_object(obj: str | Year, heard: Counter[str]) -> tuple[str, ...]:
    if isinstance(obj, Year):
        return ("kind=Year",)
    count = min((heard[w.casefold()] for w in obj.split()), default=0)
    return (*_of_phrase(obj), f"heard={min(count, 4)}")


@lru_cache(maxsize=1 << 14)
def shape(text: str) -> str:
    """How a phrase is written: acronym, Title, Name, number-bearing, hyphenated or plain."""
    if is_acronym(text):
        return "acronym"
    if re.search(r"\d", text):
        return "digits"
    if text[:1].isupper():
        return "Title" if len(text.split()) > 1 and all(w[:1].isupper() for w in text.split()) else "Capital"
    return "hyphen" if "-" in text or "/" in text else "plain"


def choose(pairs: Sequence[Pair], model: Network | None = None, *, floor: float | None = None) -> list[Assertion]:
    """One assertion for each pair that is probably related: its most probable relation.

    `floor` is the probability from which a relation is asserted; by default, the model's.
    """
    model = model or network("relations")
    floor = model.floor if floor is None else floor
    none, year = model.classes.index(NONE), model.classes.index("introducedIn")
    shares = model.probabilities([p.features for p in pairs])
    nothing = shares[:, none].copy()
    shares[:, none] = -1.0
    best = shares.argmax(axis=1)
    found = []
    for n, pair in enumerate(pairs):
        column, probability = int(best[n]), float(shares[n, best[n]])
        if isinstance(pair.object, Year):  # nothing else can be meant
            column, probability = year, 1.0 - float(nothing[n])
        trust = round(model.calibrated(probability), 3)
        if trust >= floor:
            predicate = model.classes[column]
            proof = _proof(pair.candidates, predicate)
            found.append(Assertion(pair.subject, predicate, pair.object, proof.span, proof.rule, trust))
    return found


def _proof(candidates: Sequence[Candidate], predicate: str) -> Candidate:
    """The candidate that shows a relation best: one that reads it so, no mere neighbourhood, the first of these."""
    return min(candidates, key=lambda c: (c.predicate != predicate, c.rule.startswith("pair:")))


def tidy(text: str) -> str:
    """A label without what surrounds it: spaces, quotes, end punctuation."""
    return re.sub(r"\s+", " ", text).strip(" .,;:\"“”*`'")


def word_counts(texts: Sequence[str]) -> Counter[str]:
    """How often each word stands in the texts, folded."""
    return Counter(w.strip(".,;:()\"'").casefold() for text in texts for w in text.split())
