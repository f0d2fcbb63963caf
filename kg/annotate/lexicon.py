"""The lexicons that the rules read, as immutable values: loaded from the TOML files beside this module when first used.

`words.toml` knows words without terminological meaning, `verbs.toml` what verbs and prepositions assert, `cues.toml`
what headings and labels announce, `kinds.toml` what head nouns name. An entry that names an unknown relation or class
is an `OntologyError` that says where.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kg import vocabulary


@dataclass(frozen=True, slots=True)
class Words:
    """Word lists, by the part that the words play (see `words.toml`)."""

    framing_nouns: frozenset[str]
    empty_modifiers: frozenset[str]
    vague_nouns: frozenset[str]
    back_reference: frozenset[str]
    imperatives: frozenset[str]
    title_glue: frozenset[str]
    comparison_titles: frozenset[str]
    opening_prepositions: frozenset[str]
    weak_genera: frozenset[str]

    def is_vague(self, word: str) -> bool:
        """Whether a noun names nothing when it stands alone."""
        return word in self.vague_nouns


@dataclass(frozen=True, slots=True)
class Cue:
    """What a title or label announces (see `cues.toml`); `items` and `text` are relations or empty."""

    name: str
    patterns: tuple[tuple[str, ...], ...]
    items: str
    text: str
    topic: str


@dataclass(frozen=True, slots=True)
class Cues:
    """All cues, with their patterns in the order of their first letters, so that few have to be compared."""

    cues: tuple[Cue, ...]
    _patterns: dict[str, tuple[tuple[int, tuple[str, ...]], ...]]

    @classmethod
    def of(cls, cues: tuple[Cue, ...]) -> Cues:
        """The cues, ready to be compared; their order tells which of two equally good ones is meant."""
        found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        for order, cue in enumerate(cues):
            for pattern in cue.patterns:
                found.setdefault(pattern[0][:_LETTERS].rstrip("*"), []).append((order, pattern))
        return cls(cues, {letters: tuple(patterns) for letters, patterns in found.items()})

    def best(self, words: tuple[str, ...]) -> tuple[int, Cue] | None:
        """The cue whose pattern covers most words, and how many; the first of several."""
        best: tuple[int, int] | None = None
        for at, word in enumerate(words):
            for size in range(1, _LETTERS + 1):
                if size > len(word):
                    break
                for order, pattern in self._patterns.get(word[:size], ()):
                    rank = -len(pattern), order
                    if (best is None or rank < best) and _fit(pattern, words[at : at + len(pattern)]):
                        best = rank
        return (-best[0], self.cues[best[1]]) if best is not None else None


_LETTERS = 3


def _fit(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return len(pattern) == len(words) and all(_fits(p, w) for p, w in zip(pattern, words, strict=True))


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def read(name: str) -> dict[str, Any]:
    """The content of a TOML file of this package."""
    return tomllib.loads(files("kg.annotate").joinpath(name).read_text(encoding="utf-8"))


@cache
def lexicon() -> Words:
    """The word lists of `words.toml`."""
    data = read("words.toml")
    return Words(**{name: frozenset(data[name].split()) for name in Words.__slots__})


@cache
def cues() -> Cues:
    """The cues of `cues.toml`, in file order."""
    found = []
    for entry in read("cues.toml")["cue"]:
        for field in ("items", "text"):
            if entry.get(field):
                vocabulary.relation(entry[field])
        patterns = tuple(tuple(p.split()) for p in re.split(r";\s*", entry["words"].strip()) if p.strip())
        found.append(Cue(entry["name"], patterns, entry["items"], entry.get("text", ""), entry["topic"]))
    return Cues.of(tuple(found))


@cache
def predicates() -> dict[str, str]:
    """Cue of `syntax.Link` -> relation: `use>` -> uses, `rely>on` -> uses, `noun:with` …"""
    data = read("verbs.toml")
    table: dict[str, str] = {}
    for section, suffix in (("object", ">"), ("linked", ""), ("preposition", "")):
        for relation, value in data[section].items():
            vocabulary.relation(relation)
            for cue in value.split():
                cue = cue.replace("_", " ")
                table.setdefault(f"prep:{cue}" if section == "preposition" else f"{cue}{suffix}", relation)
    return table


@cache
def verb_forms() -> dict[str, str]:
    """Inflected form of a known verb -> "s", "ing", "ed" or "base", to tell how a fragment begins."""
    lemmas = {re.split(r"[><+ ]", cue)[0] for cue in predicates() if not cue.startswith("prep:")}
    lemmas |= lexicon().imperatives
    forms: dict[str, str] = {}
    for lemma in sorted(lemmas):
        if not lemma.isalpha():
            continue
        stem = lemma[:-1] if lemma.endswith("e") else lemma
        doubled = lemma + lemma[-1] if re.search(r"[^aeiou][aeiou][bdgmnprt]$", lemma) else stem
        third = (
            lemma[:-1] + "ies" if re.search(r"[^aeiou]y$", lemma)
            else lemma + "es" if re.search(r"(s|x|z|ch|sh)$", lemma)
            else lemma + "s"
        )  # fmt: skip
        past = lemma[:-1] + "ied" if re.search(r"[^aeiou]y$", lemma) else stem + "ed"
        for form, kind in (
            (third, "s"),
            (stem + "ing", "ing"),
            (doubled + "ing", "ing"),
            (past, "ed"),
            (doubled + "ed", "ed"),
            (lemma, "base"),
        ):
            forms.setdefault(form, kind)
    for form in ("built", "made", "driven", "drawn", "known", "written", "found", "given", "shown", "held", "run"):
        forms[form] = "ed"
    return forms
