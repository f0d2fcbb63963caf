"""Entries -> annotations: definitions, mentions, assertions, abbreviations, boilerplate. Only this package knows spaCy.

    nlp = load_pipeline()
    for annotation in annotate(entries, headwords, nlp): …

Two passes over the entries, because what recurs and which names there are must be known before a body can be read;
then each entry is annotated on its own, in batches whose distinct texts the parser sees once, and copies of an entry
are read once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kg.annotate.pipeline import DEFAULT_MODEL, load_pipeline
from kg.names import key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence
    from typing import Any

    from spacy.language import Language

    from kg.model import Annotation, Entry, Headword

__all__ = ["DEFAULT_MODEL", "annotate", "extract_text", "load_pipeline"]

_BATCH = 32
"""Entries whose texts are parsed together."""


def annotate(
    entries: Sequence[Entry], headwords: Sequence[Headword], nlp: Language, *, model: str = "", jobs: int = 1
) -> Iterator[Annotation]:
    """Annotate entries (with blocks) in the light of all headwords, in the order of the entries.

    `headwords[i]` belongs to `entries[i]`. With `model`, the name by which `nlp` was loaded, up to `jobs` processes
    share the work when there is enough of it; the result is the same.
    """
    from kg.annotate.copies import content, moved
    from kg.annotate.parallel import WORTH_A_HELPER, annotate_batches

    first: dict[Hashable, int] = {}
    originals = [first.setdefault(content(*pair), at) for at, pair in enumerate(zip(entries, headwords, strict=True))]
    distinct = list(first.values())
    batches = [distinct[start : start + _BATCH] for start in range(0, len(distinct), _BATCH)]
    read = reader(entries, headwords, nlp)
    helpers = min(jobs, len(batches)) - 1 if model and len(distinct) >= WORTH_A_HELPER else 0
    found: dict[int, Annotation] = {}
    at = 0
    shared = annotate_batches(batches, read, model, entries, headwords, helpers)
    for batch, read_batch in zip(batches, shared, strict=True):
        found.update(zip(batch, read_batch, strict=True))
        while at < len(entries) and originals[at] in found:
            here = replace(found[originals[at]], entry=entries[originals[at]], headword=headwords[originals[at]])
            yield here if originals[at] == at else moved(here, entries[at])
            at += 1


def reader(
    entries: Sequence[Entry], headwords: Sequence[Headword], nlp: Language
) -> Callable[[Sequence[int]], list[Annotation]]:
    """A function that annotates those of the entries at the positions that it is given."""
    from kg.annotate.entry import finish, prepare, said
    from kg.annotate.glossary import glossary_of
    from kg.annotate.pipeline import parse

    glossary = glossary_of(entries, headwords)
    labels = frozenset(key(headword.label) for headword in headwords)

    def read(positions: Sequence[int]) -> list[Annotation]:
        batch = [prepare(entries[at], headwords[at], glossary) for at in positions]
        docs = parse(nlp, (text for work in batch for text in work.texts))
        return [said(finish(work, docs, glossary), labels) for work in batch]

    return read


def extract_text(text: str, nlp: Language) -> Iterator[dict[str, Any]]:
    """The mentions and statements of a free text, as records with offsets (`kg.annotate.text`)."""
    from kg.annotate.text import extract_text as extract

    return extract(text, nlp)
