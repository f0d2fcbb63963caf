"""Entries -> annotations: definitions, mentions, assertions, abbreviations, boilerplate. Only this package knows spaCy.

    nlp = load_pipeline()
    for annotation in annotate(entries, headwords, nlp): …

Two passes over the entries, because what recurs and which names there are must be known before a body can be read;
then each entry is annotated on its own, the parser seeing each distinct text of a batch once, and copies of an entry
being read once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.annotate.pipeline import DEFAULT_MODEL, load_pipeline
from kg.names import key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from typing import Any

    from spacy.language import Language

    from kg.model import Annotation, Entry, Headword

__all__ = ["DEFAULT_MODEL", "annotate", "extract_text", "load_pipeline"]

_BATCH = 512
"""Entries whose texts are parsed together; bounds the memory that parses take."""


def annotate(
    entries: Sequence[Entry],
    headwords: Sequence[Headword],
    nlp: Language,
) -> Iterator[Annotation]:
    """Annotate entries (with blocks) in the light of all headwords, in the order of the entries.

    `headwords[i]` belongs to `entries[i]`.
    """
    from kg.annotate.copies import content, moved
    from kg.annotate.entry import finish, prepare, said
    from kg.annotate.glossary import glossary_of
    from kg.annotate.pipeline import parse

    glossary = glossary_of(entries, headwords)
    labels = frozenset(key(headword.label) for headword in headwords)
    for start in range(0, len(entries), _BATCH):
        batch = [
            prepare(entry, headword, glossary)
            for entry, headword in zip(entries[start : start + _BATCH], headwords[start : start + _BATCH], strict=True)
        ]
        docs = parse(nlp, (text for work in batch for text in work.texts))
        first: dict[Hashable, Annotation] = {}
        for work in batch:
            same = content(work.entry, work.headword)
            if same not in first:
                first[same] = said(finish(work, docs, glossary), labels)
            yield first[same] if first[same].entry is work.entry else moved(first[same], work.entry)


def extract_text(text: str, nlp: Language) -> Iterator[dict[str, Any]]:
    """The mentions and statements of a free text, as records with offsets (`kg.annotate.text`)."""
    from kg.annotate.text import extract_text as extract

    return extract(text, nlp)
