"""How a phrase stands in its text, as named features: what weighing knows of a pair beyond the rule that proposed it.

Three circles, from the inside out: the words next to the phrase and the syntax above it (`Surroundings.of`), the way
from one phrase to another (`Surroundings.between`), and the block with its titles and lead-in (`of_block`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from kg.names import singular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.tokens import Doc

    from kg.annotate.phrases import Phrase
    from kg.annotate.units import Unit
    from kg.model import Block

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_LONGEST_WAY = 7
"""Steps in a parse beyond which two phrases have nothing to do with each other."""
_VERBAL = frozenset({"VERB", "AUX"})
_NAMED_STEPS = frozenset({"prep", "agent", "mark"})
"""Labels of a way that say little without their word."""


def of_block(block: Block) -> tuple[str, ...]:
    """The kind of a block, the words of its titles and of its lead-in, and how the text behind that begins."""
    found = [f"block={block.kind}", f"depth={block.depth}"]
    if block.section:
        found += worded("title", block.section[-1], 6)
    else:
        found.append("untitled")
    if len(block.section) > 1:
        found += worded("outer", block.section[-2], 6)
    if block.lead:
        found.append(f"led={min(len(block.lead.text.split()), 5)}")
        found += worded("led", block.lead.text, 5)
        found += [f"opens={word.casefold()}" for word in _WORD.findall(block.passage.text[:40])[:1]]
    return tuple(found)


def worded(name: str, text: str, most: int) -> list[str]:
    """A feature for each of the first words of a text, in the singular."""
    return [f"{name}:{singular(word.casefold())}" for word in _WORD.findall(text)[:most]]


class Surroundings:
    """How the phrases of one parsed unit stand in it.

    `block` are the features of the block around the unit, `place` names what the title above announces.
    """

    def __init__(self, doc: Doc, unit: Unit, block: tuple[str, ...] = (), place: str = "") -> None:
        """Reads the parse once; phrases are looked at when they are asked for."""
        self.doc = doc
        self.block = block
        self.place = place
        self._seen: dict[tuple[int, int], tuple[str, ...]] = {}
        self._tokens = tokens = list(doc)
        self._starts = [t.idx for t in tokens]
        self._heads = [t.head.i for t in tokens]
        self._labels = [f"{t.dep_}:{t.lower_}" if t.dep_ in _NAMED_STEPS else str(t.dep_) for t in tokens]
        counted = (t.pos_ in {"NOUN", "PROPN"} and t.dep_ != "compound" for t in tokens)
        self._nouns = list(accumulate(counted, initial=0))
        root = next((t for t in tokens if t.dep_ == "ROOT"), None)
        self._whole = (
            f"unit={unit.role.value}",
            f"sentence={min(unit.sentence, 3)}",
            f"root={root.lemma_.lower() if root is not None else '-'}",
            *(worded("label", unit.label.text, 4) if unit.label is not None else ()),
        )

    def of(self, phrase: Phrase) -> tuple[str, ...]:
        """The words beside a phrase, what governs it and how, the verb above it, its place among the nouns."""
        place = phrase.start, phrase.token
        if place not in self._seen:
            self._seen[place] = (*self._of(phrase), *self._whole)
        return self._seen[place]

    def _of(self, phrase: Phrase) -> Iterable[str]:
        tokens = self._tokens
        token = tokens[phrase.token]
        first = min(bisect_left(self._starts, phrase.start), len(tokens) - 1)
        yield f"before={tokens[first - 1].lower_ if first else '^'}"
        yield f"after={tokens[token.i + 1].lower_ if token.i + 1 < len(tokens) else '$'}"
        joined = token
        while joined.dep_ in {"conj", "appos"} and self._heads[joined.i] != joined.i:
            joined = tokens[self._heads[joined.i]]
        governor = tokens[self._heads[joined.i]]
        yield f"dep={joined.dep_}"
        yield f"governor={governor.lemma_.lower() if governor.i != joined.i else 'root'}"
        if joined.i != token.i:
            yield "coordinated"
        if joined.dep_ == "pobj" and self._heads[governor.i] != governor.i:
            beyond = tokens[self._heads[governor.i]]
            yield f"beyond={beyond.lemma_.lower()}"
            yield f"beyond={beyond.pos_}"
        verb = governor
        while verb.pos_ not in _VERBAL and self._heads[verb.i] != verb.i:
            verb = tokens[self._heads[verb.i]]
        if verb.pos_ in _VERBAL:
            yield f"verb={verb.lemma_.lower()}"
            yield f"verb-dep={verb.dep_}"
        yield f"nouns-before={min(self._nouns[first], 4)}"

    def between(self, one: Phrase, other: Phrase) -> tuple[str, tuple[str, ...]] | None:
        """What joins two phrases (a verb's lemma, a part of speech), and the way between; None if it is too far."""
        way = self._way(one.token, other.token)
        if way is None:
            return None
        up, joint, down = way
        order = "then" if one.start < other.start else "before"
        found = [f"up={up}", f"down={down}", f"way={up} {joint} {down}", f"way={up} {down}", f"joint={joint} {order}"]
        if order == "then":
            inside = [w.casefold().strip(",") for w in self.doc.text[one.end : other.start].split()]
            found += [f"between:{w}" for w in inside[:6]]
            if len(inside) < 3:
                found.append(f"between={' '.join(inside)}")
        return joint, tuple(found)

    def _way(self, one: int, other: int) -> tuple[str, str, str] | None:
        """The labels up from one token to the lowest token above both, that token, and the labels down to the other."""
        heads = self._heads
        above = [one]
        while heads[above[-1]] != above[-1] and len(above) <= _LONGEST_WAY:
            above.append(heads[above[-1]])
        below = [other]
        while below[-1] not in above:
            if heads[below[-1]] == below[-1] or len(below) > _LONGEST_WAY:
                return None
            below.append(heads[below[-1]])
        top = self._tokens[below[-1]]
        rising = [self._labels[i] for i in above[: above.index(top.i)]]
        falling = [self._labels[i] for i in reversed(below[:-1])]
        if len(rising) + len(falling) > _LONGEST_WAY:
            return None
        return "^".join(rising), top.lemma_.lower() if top.pos_ in _VERBAL else top.pos_, "v".join(falling)
