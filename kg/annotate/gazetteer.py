"""Mentions of glossary concepts: every label and alias against every text in one pass.

An Aho-Corasick automaton over token keys: texts and labels are folded the same way (case, plural, hyphens and spaces),
so that "level-shifters" is found for "Level Shifter"; the longest match wins; a match must begin and end at word
borders. A label that is an acronym is matched with its capitals, so that the word "rag" does not mention RAG.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kg.names import is_acronym, singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_YEAR = re.compile(r",? \d{4}\s*[);]")
_TOKEN = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*[+#]*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch `text[start:end]` that names `label`."""

    start: int
    end: int
    label: str


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Tokens, folded and wrapped in separators, and for each token its characters in the text."""
    parts, places = [], []
    for match in _TOKEN.finditer(text):
        word = re.sub(r"['’]s$", "", match[0].casefold())
        parts.append(singular(word))
        places.append((match.start(), match.end()))
    return "\x1f" + "\x1f".join(parts) + "\x1f", places


def is_cited(text: str, start: int, end: int) -> bool:
    """Whether a name only says where something comes from: "(Mistral, 2024)"."""
    return text[:start].endswith(("(", "; ")) and _YEAR.match(text, end) is not None


class Gazetteer:
    """All names of a glossary, ready to be found in texts."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """`names` are pairs (name, label of its concept). Names shorter than two characters are left out."""
        self._names: dict[str, list[tuple[str, str]]] = {}
        for name, label in sorted(set(names)):
            folded, places = _folded(name)
            if not places or len(name) < 2 or (len(name) < 3 and not name.isupper()):
                continue
            self._names.setdefault(folded, []).append((name, label))

    @cached_property
    def _automaton(self) -> Any:
        import ahocorasick

        automaton = ahocorasick.Automaton()
        for folded in sorted(self._names):
            automaton.add_word(folded, folded)
        if len(automaton):
            automaton.make_automaton()
        return automaton

    def find(self, text: str) -> Iterator[Hit]:
        """The longest, leftmost mentions in a text, without overlaps, in text order."""
        if not len(self._automaton):
            return
        folded, places = _folded(text)
        token_at = {}
        position = 1
        for n, part in enumerate(folded[1:-1].split("\x1f")):
            token_at[position] = n
            position += len(part) + 1
        matches = []
        for end, key in self._automaton.iter(folded):
            first = token_at.get(end - len(key) + 2)
            if first is None:
                continue
            size = key.count("\x1f") - 1
            matches.append((first, first + size, key))
        taken = -1
        for first, last, key in sorted(matches, key=lambda m: (m[0], -m[1])):
            if first < taken:
                continue
            start, end = places[first][0], places[last - 1][1]
            label = None if is_cited(text, start, end) else self._accepted(text[start:end], key)
            if label is not None:
                taken = last
                yield Hit(start, end, label)

    def _accepted(self, surface: str, key: str) -> str | None:
        for name, label in self._names[key]:
            if is_acronym(name):
                if re.sub(r"s$", "", surface) == re.sub(r"s$", "", name):
                    return label
            elif len(_TOKEN.findall(name)) > 1 or len(name) > 3 or surface == name:
                return label
        return None
