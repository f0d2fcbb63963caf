"""Words of a question -> the concept that they name: the entity linking of `kg ask`, every step of it told.

A name is taken as it stands, if a label or alias has its key (`kg.names.key`: case, plural, dashes do not count). Else,
in this order, and each at a cost that a better reading of the question can undercut:

    order     "memory of KV cache" is "KV cache memory"; "the concept of X" and "the X technique" are X
    verb      "detect hallucinations" is "hallucination detection"
    spelling  "metapth2vec" is spelled nearly like Metapath2vec
    head      "latency in data centres" is latency, of which the rest only says more
    part      "KV cache memory" is about the KV cache, where only that is a concept
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from kg.answers import Named
from kg.errors import ConceptNotFound
from kg.names import content_words, key, singular, without_brackets
from kg.questions import naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from kg.answers import ConceptRef
    from kg.index import ConceptIndex

COSTS = {"name": 0, "order": 1, "verb": 1, "spelling": 2, "head": 3, "part": 4}
"""What each way of finding a name costs a reading."""

_ALIKE = 80.0
"""How alike the keys of a name and its misspelling are at least, of 100."""

_LETTERS_A_SLIP = 6
"""Among so many letters one may be wrong, missing, too many, or exchanged with the next."""

_LONGEST = 120
"""Characters of a name; nothing longer is looked up."""

_NOUNS = (
    ("ify", "ification"), ("ize", "ization"), ("ise", "ization"), ("te", "tion"), ("e", "ion"), ("e", "ing"),
    ("ss", "ssion"), ("ct", "ction"), ("", "ing"), ("", "ion"), ("", "ation"), ("", "ment"), ("y", "ication"),
)  # fmt: skip
"""Endings of a verb and of the noun for what it does: generate, generation."""


class Linker:
    """Finds the concepts that words name. What it found is kept, so that many readings of a question cost little."""

    def __init__(self, index: ConceptIndex) -> None:
        self._index = index
        self._known: dict[tuple[str, bool], Named | None] = {}

    def link(self, slot: str, text: str, *, spelling: bool = False) -> Named | None:
        """What a text names, None for nothing; names that are spelled alike are tried only with `spelling`.

        The result says in `how` which of the module's steps found it, and in `others` what else has that name.
        """
        if len(text) > _LONGEST or not content_words(text) - naming("function_words"):
            return None
        for thorough in (False, True) if spelling else (False,):
            if (text, thorough) not in self._known:
                if len(self._known) > 10_000:
                    self._known.clear()
                self._known[text, thorough] = self._spelled(text) if thorough else self._named(text)
        found = [self._known[text, thorough] for thorough in (False, True) if (text, thorough) in self._known]
        best = min((each for each in found if each), key=lambda each: COSTS[each.how], default=None)
        return None if best is None else Named(slot, text, best.label, best.iri, best.how, best.others)

    def field(self, slot: str, text: str) -> Named | None:
        """The subject field that a text names, by its label."""
        label = self._fields.get(key(_bare(text)))
        return None if label is None else Named(slot, text, label, "", "field")

    def spotted(self, words: Sequence[str], without: Set[str] = frozenset()) -> list[ConceptRef]:
        """The concepts that are named in a row of words, by longest match from the left, each once.

        No name is made up of words of `without` alone.
        """
        found: dict[str, ConceptRef] = {}
        at = 0
        while at < len(words):
            for size in range(min(6, len(words) - at), 0, -1):
                text = " ".join(words[at : at + size])
                meaning = {word.casefold() for word in words[at : at + size]} - without
                if meaning and content_words(text) - naming("function_words") and (named := self._exact(text)):
                    found.setdefault(named[0], self._index.refs[named[0]])
                    break
            else:
                size = 1
            at += size
        return list(found.values())

    def close(self, text: str) -> list[ConceptRef]:
        """Concepts with a name like this one, the likest first."""
        return [self._index.refs[iri] for iri, _ in self._index.similar(_bare(text), limit=2)]

    # ------------------------------------------------------------------------------------------------------ steps

    def _named(self, text: str) -> Named | None:
        """By the words as they stand, in another order, as a noun, or by their head or a part of them."""
        for form in dict.fromkeys((text, _bare(text), without_brackets(text))):
            if iris := self._exact(form):
                return self._as(text, iris, "name")
        if any(word.casefold() in naming("no_names") for word in text.split()):
            return None
        for how, forms in (("order", _reordered(_bare(text))), ("verb", _nominal(_bare(text)))):
            for form in forms:
                if iris := self._exact(form):
                    return self._as(text, iris, how)
        words = _bare(text).split()
        cut = next((at for at, word in enumerate(words) if at and word.casefold() in naming("prepositions")), None)
        head = _bare(" ".join(words[:cut]))
        if cut is not None and singular(head.casefold()) not in naming("empty_nouns") and (iris := self._exact(head)):
            return self._as(text, iris, "head")
        if cut is not None and words[cut].casefold() != "of":
            words = words[:cut]  # what follows a preposition is never what is asked about
        wanted = content_words(" ".join(words)) - naming("function_words")
        for size in range(len(words) - 1, 0, -1):
            # the head of an English compound stands last
            for start in range(len(words) - size, -1, -1):
                form = " ".join(words[start : start + size])
                held = content_words(form) - naming("function_words") - naming("empty_nouns")
                if held and 2 * len(held) >= len(wanted) and (iris := self._exact(form)):
                    return self._as(text, iris, "part")
        return None

    def _spelled(self, text: str) -> Named | None:
        """By a name that is spelled nearly alike; figures are never misspelt."""
        from rapidfuzz.distance import OSA

        bare = _bare(text)
        typed = key(bare)
        if len(typed) < 5:
            return None
        for iri, name in self._index.similar(bare, limit=5, cutoff=_ALIKE):
            slips = OSA.distance(typed, key(name))
            if slips <= max(1, len(typed) // _LETTERS_A_SLIP) and _figures(name) == _figures(bare):
                return self._as(text, [iri], "spelling")
        return None

    def _as(self, text: str, iris: list[str], how: str) -> Named:
        ref = self._index.refs[iris[0]]
        return Named("", text, ref.label, ref.iri, how, tuple(self._index.refs[iri] for iri in iris[1:]))

    def _exact(self, text: str) -> list[str]:
        """The concepts of this IRI, id, label or alias, the one most likely meant first.

        Labels go before aliases, names with the same capitals before others where the text has any, then what most is
        said of.
        """
        index = self._index
        iri = text.removeprefix("<").removesuffix(">")
        if iri in index.concepts:
            return [iri]
        if text.startswith("concept:"):
            try:
                return [index.find(text).iri]
            except ConceptNotFound:
                return []
        found: dict[str, tuple[bool, bool]] = {}
        for each, role, name in index.named(key(text)):
            found.setdefault(each, (role != "label", name != text and not text.islower()))
        if len(found) < 2:
            return list(found)
        return sorted(found, key=lambda each: (found[each], -self.degrees[each], each))

    @cached_property
    def degrees(self) -> Mapping[str, int]:
        """How many relations concepts have."""
        return Counter(end for subject, _, target, _ in self._index.triples for end in (subject, target))

    @cached_property
    def _fields(self) -> Mapping[str, str]:
        return {key(name): name for view in self._index.concepts.values() for name in view.fields}


def _bare(text: str) -> str:
    """A name without what determines it: articles and the like."""
    words = text.split()
    while len(words) > 1 and words[0].casefold() in naming("determiners"):
        words = words[1:]
    return " ".join(words)


def _reordered(text: str) -> Iterator[str]:
    """Other ways to say a name.

    >>> list(_reordered("memory of the KV cache")), list(_reordered("the concept of attention"))
    (['KV cache memory'], ['attention', 'attention the concept'])
    """
    words = text.split()
    empty = naming("empty_nouns")
    before, of, behind = text.partition(" of ")
    if of:
        if singular(before.split()[-1].casefold()) in empty:
            yield _bare(behind)
        yield f"{_bare(behind)} {before}"
    if len(words) > 1 and singular(words[-1].casefold()) in empty:
        yield " ".join(words[:-1])
    if len(words) > 1 and singular(words[0].casefold()) in empty:
        yield " ".join(words[1:])


def _nominal(text: str) -> Iterator[str]:
    """Nouns for what a verb and its object say.

    >>> [noun for noun in _nominal("generate the images") if noun.endswith("tion")][:2]
    ['images generation', 'image generation']
    """
    verb, _, rest = text.partition(" ")
    rest = _bare(rest)
    if not rest or not verb.isalpha():
        return
    *modifiers, head = rest.split()
    objects = dict.fromkeys((rest, " ".join([*modifiers, singular(head.casefold())])))
    verb = verb.casefold()
    for ending, noun in _NOUNS:
        if verb.endswith(ending) and len(verb) > len(ending) + 1:
            done = verb[: len(verb) - len(ending)] + noun
            for each in objects:
                yield f"{each} {done}"
    if verb.endswith("ing"):
        yield from (f"{each} {verb}" for each in objects)


def _figures(text: str) -> list[str]:
    return re.findall(r"\d+", text)
