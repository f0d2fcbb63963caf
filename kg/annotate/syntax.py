"""Verbs and prepositions with their arguments: who does what to what, by what, for what.

`clauses` walks a dependency parse (CLEAR labels) and yields one `Link` for each pair of phrases that the syntax
relates: subject, cue, object. A cue is the lemma and the way the object hangs on it:

    use>                 "X uses O", "using O"               use<      "O uses it" read from O: "used by X"
    rely>on              "X relies on O"                     be>       "X is O"
    use+for              passive: "X is used for O"          noun:with "X with O" (O hangs on a noun)
    adv:without          "…, without O" on any verb

Coordinated objects become one link each. The subject of a verb is its own, or that of the clause it depends on (what
participles, purposes and conjuncts leave out), or the noun it modifies; `None` stands for what the unit is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.annotate.lexicon import lexicon
from kg.annotate.phrases import Phrase, is_nominal, phrases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, Token


@dataclass(frozen=True, slots=True)
class Link:
    """Two phrases and the cue between them; `subject` is None for the topic of the unit. Offsets are of the `Doc`."""

    subject: Phrase | None
    cue: str
    object: Phrase
    start: int
    end: int
    negated: bool = False


_SUBJECTS = frozenset({"nsubj", "csubj"})
_PASSIVE_SUBJECTS = frozenset({"nsubjpass", "csubjpass"})
_DEPENDENT = frozenset({"xcomp", "advcl", "ccomp", "pcomp", "conj", "acl", "dep", "parataxis"})


@dataclass(frozen=True, slots=True)
class Names:
    """What stands for known things in a parsed text: the places of their names, and nouns that refer to the topic.

    `places` are (start, end, label): a phrase whose head lies there is that thing, however the parser cuts it.
    `heads` are the lemmas that, with "the" or "this", mean the topic: the last word of its name, its genus.
    """

    places: tuple[tuple[int, int, str], ...] = ()
    heads: frozenset[str] = frozenset()

    def at(self, token: Token) -> str | None:
        """The label of the known thing whose name covers the token."""
        return next((label for start, end, label in self.places if start <= token.idx < end), None)


NO_NAMES = Names()


def links(doc: Doc, names: Names = NO_NAMES) -> Iterator[Link]:
    """All links of a parsed unit, in text order of their cues."""
    for token in doc:
        if token.pos_ in {"VERB", "AUX"} and token.dep_ not in {"aux", "auxpass", "amod", "compound"}:
            yield from _of_verb(token, names)
        elif is_nominal(token):
            yield from _of_noun(token, names)


def _of_verb(verb: Token, names: Names) -> Iterator[Link]:
    lemma = _lemma(verb)
    passive = _is_passive(verb)
    negated = any(child.dep_ == "neg" for child in verb.children)
    subjects = subjects_of(verb, names)
    if passive:
        for agent in (c for c in verb.children if c.dep_ == "agent"):
            for target in (c for c in agent.children if c.dep_ == "pobj"):
                yield from _links(subjects, f"{lemma}<", target, verb, negated)
    for child in verb.children:
        if child.dep_ in {"dobj", "attr", "oprd", "dative"} and is_nominal(child):
            cue = f"{lemma}+" if passive else f"{lemma}>"
            yield from _links(subjects, cue, child, verb, negated)
        elif child.dep_ == "prep":
            yield from _prepositional(subjects, verb, lemma, child, passive, negated)
        elif child.dep_ == "acomp":
            for prep in (c for c in child.children if c.dep_ == "prep"):
                for target in (c for c in prep.children if c.dep_ == "pobj" and is_nominal(c)):
                    yield from _links(subjects, f"{child.lemma_.lower()}>{prep.lower_}", target, child, negated)


def _prepositional(
    subjects: list[Phrase | None], verb: Token, lemma: str, prep: Token, passive: bool, negated: bool
) -> Iterator[Link]:
    sign = "+" if passive else ">"
    name = prep.lower_
    for target in prep.children:
        if target.dep_ == "pobj" and is_nominal(target):
            yield from _links(subjects, f"{lemma}{sign}{name}", target, verb, negated)
        elif target.dep_ == "prep":
            for inner in (c for c in target.children if c.dep_ == "pobj" and is_nominal(c)):
                yield from _links(subjects, f"{lemma}{sign}{name} {target.lower_}", inner, verb, negated)


def _of_noun(noun: Token, names: Names) -> Iterator[Link]:
    for child in noun.children:
        if child.dep_ != "prep" or child.lower_ == "of":
            continue
        for target in child.children:
            if target.dep_ == "pobj" and is_nominal(target):
                for subject in _known(noun, names):
                    for obj in phrases(target):
                        yield Link(subject, f"noun:{_preposition(child)}", obj, subject.start, obj.end)
                    break


def _links(subjects: list[Phrase | None], cue: str, target: Token, anchor: Token, negated: bool) -> Iterator[Link]:
    for obj in phrases(target):
        for subject in subjects:
            start = min(anchor.idx, obj.start)
            end = max(anchor.idx + len(anchor), obj.end)
            if subject is not None and abs(subject.start - start) < 160:
                start, end = min(start, subject.start), max(end, subject.end)
            yield Link(subject, cue, obj, start, end, negated)


def subjects_of(verb: Token, names: Names = NO_NAMES, depth: int = 0) -> list[Phrase | None]:
    """The phrases that do (active) or undergo (passive) what a verb says; `[None]` for the topic."""
    for child in verb.children:
        if child.dep_ in _SUBJECTS | _PASSIVE_SUBJECTS:
            if child.tag_ in {"WDT", "WP"} and verb.dep_ == "relcl":
                return _antecedent(verb, names)
            if names.at(child) is None and refers_back(child, names.heads):
                return [None]
            if is_nominal(child) or names.at(child) is not None:
                found: list[Phrase | None] = [*_known(child, names)]
                return found or [None]
            return [None]
    if depth > 6:
        return [None]
    if verb.dep_ == "relcl":
        return _antecedent(verb, names)
    if verb.dep_ == "acl":
        head = verb.head
        if verb.tag_ == "VBG" and _governor(head) is not None and verb.lemma_.lower() in {"use", "leverage", "employ"}:
            governor = _governor(head)
            assert governor is not None
            return subjects_of(governor, names, depth + 1)
        return _antecedent(verb, names)
    if verb.dep_ in _DEPENDENT:
        governor = verb.head if verb.head.pos_ in {"VERB", "AUX"} else _governor(verb.head)
        if governor is not None and governor is not verb:
            if verb.dep_ == "xcomp" and any(c.dep_ == "dobj" for c in governor.children):
                objects = (p for c in governor.children if c.dep_ == "dobj" for p in phrases(c))
                return [next(objects, None)]
            return subjects_of(governor, names, depth + 1)
    return [None]


def _antecedent(verb: Token, names: Names) -> list[Phrase | None]:
    head = verb.head
    if head.dep_ in {"attr", "ROOT"}:  # the genus of a definition: what is said of it is said of the topic
        return [None]
    if names.at(head) is None and refers_back(head, names.heads):
        return [None]
    return [next(_known(head, names), None)]


def _governor(token: Token) -> Token | None:
    """The verb above a token, over prepositions and nouns."""
    while token.dep_ != "ROOT":
        token = token.head
        if token.pos_ in {"VERB", "AUX"}:
            return token
    return None


def _known(head: Token, names: Names) -> Iterator[Phrase]:
    """The phrases of a head, or the known thing that its place names."""
    label = names.at(head)
    if label is None:
        yield from phrases(head)
        return
    start, end = next((a, b) for a, b, _ in names.places if a <= head.idx < b)
    yield Phrase(label, start, end, head.lemma_.lower(), head.i)


def refers_back(token: Token, heads: frozenset[str] = frozenset()) -> bool:
    """Whether a noun or pronoun stands for the topic: "it", "this technique", "the model"; `heads`: further nouns."""
    if token.pos_ == "PRON" or token.tag_ in {"PRP", "DT", "WDT", "WP", "EX"}:
        return True
    if token.lemma_.lower() not in lexicon().back_reference | heads:
        return False
    modifiers = [t for t in token.children if t.dep_ in {"det", "amod", "compound", "nmod", "nummod", "poss"}]
    return bool(modifiers) and all(t.lower_ in {"the", "this", "these", "such", "that", "those"} for t in modifiers)


def _preposition(token: Token) -> str:
    if token.lower_ == "as" and token.i and token.nbor(-1).lower_ == "such":
        return "such as"
    return str(token.lower_)


def _lemma(verb: Token) -> str:
    particle = next((c.lower_ for c in verb.children if c.dep_ == "prt"), "")
    lemma = verb.lemma_.lower()
    return f"{lemma} {particle}".strip()


def _is_passive(verb: Token) -> bool:
    if any(c.dep_ in {"auxpass", "nsubjpass", "agent"} for c in verb.children):
        return True
    if (
        verb.tag_ == "VBN"
        and verb.dep_ in {"acl", "advcl", "ROOT"}
        and not any(c.dep_ in {"aux", "dobj"} for c in verb.children)
    ):
        return True
    return verb.dep_ == "conj" and verb.tag_ == "VBN" and verb.head.pos_ == "VERB" and _is_passive(verb.head)
