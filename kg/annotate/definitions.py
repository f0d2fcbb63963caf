"""The sentence that defines an entry's concept, and its genus: the kind of thing that the concept is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.annotate.phrases import Phrase, is_nominal, phrases

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_DEFINING = frozenset({"be", "refer", "mean", "denote", "describe", "become", "remain", "represent", "define"})


def genus(doc: Doc) -> Phrase | None:
    """The hypernym phrase of a parsed definition ("X is a Y that …": Y), or None.

    Frames such as "a type of" are looked through. The copula's complement counts; after "refers to" and "denotes",
    their object.
    """
    root = next((t for t in doc if t.dep_ == "ROOT"), None)
    if root is None:
        return None
    for verb in [root, *(t for t in doc if t.lemma_ == "be" and t is not root)]:
        if verb.lemma_.lower() in _DEFINING:
            found = _complement(verb)
            if found is not None:
                return found
    if is_nominal(root):
        return next(phrases(root, vague=True), None)
    return None


def _complement(verb: Token) -> Phrase | None:
    for child in verb.children:
        if (
            child.dep_ in {"attr", "dobj", "oprd", "acomp"}
            and child.i > verb.i
            and child.pos_ in {"NOUN", "PROPN", "VERB", "ADJ"}
        ):
            head = child
            while head.pos_ not in {"NOUN", "PROPN"} and any(c.dep_ == "dobj" for c in head.children):
                head = next(c for c in head.children if c.dep_ == "dobj")
            return next(phrases(head, vague=True), None)
        if child.dep_ == "prep" and child.lower_ in {"to", "as"}:
            for target in child.children:
                if target.dep_ == "pobj":
                    return next(phrases(target, vague=True), None)
    return None
