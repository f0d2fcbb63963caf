"""Sentences that recur over entries and say nothing of any one of them, found by counting.

Each sentence is masked: the concept's own names and its field become placeholders, numbers one sign. Three findings,
each a count of *concepts*, so that copies of one entry do not count twice:

- a masked sentence recurs as it is;
- under one label ("Validation: …") its opening or its ending recurs: a frame whose slots are filled in differently;
- a label most of whose sentences are such findings carries nothing but template text.

Nothing here knows the words of any template.
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
"""Concepts in whose entries a masked sentence must recur."""
_FRAME = 4
"""Concepts in whose entries an opening or an ending must recur under one label."""
_LABEL = 6
"""Concepts that must have a label before it can be found to carry template text only…"""
_SHARE = 0.5
"""…which is so when more than this share of its sentences recur."""
_OPENING, _ENDING = 3, 4
"""Words of an opening and of an ending."""


@dataclass(slots=True)
class Recurrence:
    """What recurs in a glossary. Feed every sentence with `add`, then ask `is_boilerplate`."""

    _sentences: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _frames: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _labelled: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    _idle: dict[str, bool] = field(default_factory=dict)

    def add(self, concept: str, label: str, sentence: str, masks: Sequence[str]) -> None:
        """Count one sentence of an entry on `concept`; `label` is its bullet's lead-in or empty."""
        masked = mask(sentence, masks)
        self._sentences[masked].add(concept)
        name = _folded(label)
        if name:
            self._labelled[name].add((concept, masked))
            for frame in _frames(masked):
                self._frames[name, frame].add(concept)

    def is_boilerplate(self, label: str, sentence: str, masks: Sequence[str]) -> bool:
        """Whether a sentence says nothing of its own concept, by the counts."""
        masked = mask(sentence, masks)
        name = _folded(label)
        return len(masked.split()) > 2 and (self._recurs(name, masked) or (bool(name) and self._is_idle(name)))

    def _recurs(self, label: str, masked: str) -> bool:
        if len(self._sentences.get(masked, ())) >= _EXACT:
            return True
        return any(len(self._frames.get((label, frame), ())) >= _FRAME for frame in _frames(masked))

    def _is_idle(self, label: str) -> bool:
        if label not in self._idle:
            found = self._labelled.get(label, set())
            concepts = {concept for concept, _ in found}
            recurring = sum(self._recurs(label, masked) for _, masked in found)
            self._idle[label] = len(concepts) >= _LABEL and recurring > _SHARE * len(found)
        return self._idle[label]


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


def _frames(masked: str) -> tuple[str, ...]:
    words = masked.split()
    if len(words) <= _OPENING + _ENDING:
        return ()
    return "^" + " ".join(words[:_OPENING]), " ".join(words[-_ENDING:]) + "$"
