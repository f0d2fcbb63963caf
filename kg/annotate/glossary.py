"""What must be known of all entries before any of them can be annotated: what recurs, and which names there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.annotate.boilerplate import Recurrence
from kg.annotate.gazetteer import Gazetteer
from kg.annotate.kinds import kind_of_concept
from kg.annotate.units import sentences
from kg.model import BlockKind
from kg.names import key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kg.model import Entry, Headword, Passage


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
    names = [(name, h.label) for h in headwords for name in (h.label, *h.aliases)]
    kinds = {h.label: kind_of_concept(h.label, None, h.category) for h in headwords}
    return Glossary(recurrence, Gazetteer(names), kinds)


def masks(headword: Headword) -> tuple[str, ...]:
    """What stands for the concept itself in a sentence: its names and its field."""
    return (headword.label, *headword.aliases, *([headword.category] if headword.category else []))


def sentences_of(entry: Entry) -> Iterator[tuple[str, Passage]]:
    """The sentences of an entry's running text, each with the label of its bullet."""
    for block in entry.blocks:
        if block.kind in {BlockKind.PARAGRAPH, BlockKind.BULLET, BlockKind.STEP}:
            for start, end in sentences(block.passage.text):
                yield block.lead.text if block.lead else "", block.passage.slice(start, end)
