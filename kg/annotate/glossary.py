"""What must be known of all entries before any of them can be annotated: what recurs, and which names there are."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.annotate.boilerplate import Recurrence
from kg.annotate.gazetteer import Gazetteer
from kg.annotate.kinds import kind_of_concept
from kg.annotate.units import sentences
from kg.model import BlockKind
from kg.names import key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kg.model import Entry, Headword, Key, Passage

_COORDINATION = re.compile(r"\s+(?:and|&)\s+")
_PREPOSITION = re.compile(r"\s+(?:for|in|with|from)\s+")


@dataclass(frozen=True, slots=True)
class Glossary:
    """What recurs over the entries, how their concepts are named, and what kind their names suggest."""

    recurrence: Recurrence
    gazetteer: Gazetteer
    kinds: Mapping[str, str]


def glossary_of(entries: Sequence[Entry], headwords: Sequence[Headword]) -> Glossary:
    """Read all entries once; `headwords[i]` belongs to `entries[i]`."""
    recurrence = Recurrence()
    for entry, headword in zip(entries, headwords, strict=True):
        for label, sentence in sentences_of(entry):
            recurrence.add(key(headword.label), label, sentence.text, masks(headword))
    kinds = {h.label: kind_of_concept(h.label, None, h.category) for h in headwords}
    return Glossary(recurrence, Gazetteer(names_of(headwords)), kinds)


def names_of(headwords: Iterable[Headword]) -> Iterator[tuple[str, str]]:
    """What texts call the concepts, with their labels: all names, and parts of labels that no other concept claims.

    "Rudder blade for dinghies" is meant where a text speaks of a rudder blade, when no other entry is about those.
    """
    headwords = tuple(headwords)
    names = [(name, h.label) for h in headwords for name in (h.label, *h.aliases)]
    taken = {key(name) for name, _ in names}
    claimed: defaultdict[Key, dict[Key, tuple[str, str]]] = defaultdict(dict)
    for headword in headwords:
        for part in _parts(headword):
            claimed[key(part)][key(headword.label)] = (part, headword.label)
    yield from names
    for name, claimants in claimed.items():
        if len(claimants) == 1 and name not in taken:
            yield next(iter(claimants.values()))


def _parts(headword: Headword) -> Iterator[str]:
    """The parts of a label by which a text can mean the whole, where the header vouches for them.

    One side of an "and" is a search phrase of its own; a term of the header may lose what follows its preposition.
    A single word is a word of the language more often than it is the name of what a longer label names.
    """
    phrases = {key(keyword) for keyword in headword.keywords}
    parts = [part for part in _COORDINATION.split(headword.label) if key(part) in phrases]
    if headword.category:
        parts.append(_PREPOSITION.split(headword.label, maxsplit=1)[0])
    for part in parts:
        if part != headword.label and len(part.split()) > 1:
            yield part


def masks(headword: Headword) -> tuple[str, ...]:
    """What stands for the concept itself in a sentence: its names and its field."""
    return (headword.label, *headword.aliases, *([headword.category] if headword.category else []))


def sentences_of(entry: Entry) -> Iterator[tuple[str, Passage]]:
    """The sentences of an entry's running text, each with the label of its bullet."""
    for block in entry.blocks:
        if block.kind in {BlockKind.PARAGRAPH, BlockKind.BULLET, BlockKind.STEP}:
            for start, end in sentences(block.passage.text):
                yield block.lead.text if block.lead else "", block.passage.slice(start, end)
