"""Sentences that recur over entries and say nothing of any one of them, found by counting.

Each sentence is masked: the concept's own names and its field become placeholders, numbers one sign, other words their
folded form. A masked sentence that stands in several entries on different concepts is boilerplate. Sentences that
differ in a slot only ("Choose methods by A, B, and C" / "… by D, E, and F") are found by their frame: the same first
and last words under the same label, in many entries. Nothing here knows the words of any template.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_EXACT = 3
"""Entries (on different concepts) in which a masked sentence must recur."""
_LABELLED = 4
"""Entries in which a label must recur for its sentences to be compared by frame."""
_OPENING = 5
"""Words that an opening must have in common to be a frame."""


@dataclass(slots=True)
class Recurrence:
    """What recurs in a glossary. Feed every sentence with `add`, then ask `is_boilerplate`."""

    _sentences: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _openings: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _labels: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, concept: str, label: str, sentence: str, masks: Sequence[str]) -> None:
        """Count one sentence of an entry on `concept`; `label` is its bullet's lead-in or empty."""
        masked = mask(sentence, masks)
        self._sentences[masked].add(concept)
        if label:
            self._labels[_folded(label)].add(concept)
        opening = _opening(masked)
        if opening:
            self._openings[_folded(label), opening].add(concept)

    def is_boilerplate(self, label: str, sentence: str, masks: Sequence[str]) -> bool:
        """Whether a sentence recurs in at least three entries on different concepts, itself or its frame."""
        masked = mask(sentence, masks)
        if len(_WORD.findall(masked)) < 3:
            return False
        if len(self._sentences.get(masked, ())) >= _EXACT:
            return True
        opening = _opening(masked)
        return bool(opening) and len(self._openings.get((_folded(label), opening), ())) >= _LABELLED


def mask(sentence: str, masks: Iterable[str]) -> str:
    """The sentence with the given names and all numbers replaced, folded.

    >>> mask("Raft 2 is a core method in consensus.", ["Raft", "consensus"])
    '_ 0 is a core method in _'
    """
    text = _folded(sentence)
    for name in sorted({_folded(m) for m in masks if m}, key=lambda m: (-len(m), m)):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?:s|es)?(?!\w)", "_", text)
    return re.sub(r"\d+", "0", text)


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _opening(masked: str) -> str:
    words = masked.split()
    return " ".join(words[:_OPENING]) if len(words) > _OPENING + 2 else ""
