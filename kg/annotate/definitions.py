"""The sentence that defines an entry's concept, and its genus: the kind of thing that the concept is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.annotate.lexicon import lexicon
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
    if root.tag_ == "VBG" and any(child.dep_ == "aux" and child.lemma_ == "be" for child in root.children):
        return _gerund(root)
    for verb in [root, *(t for t in doc if t.lemma_ == "be" and t is not root)]:
        if verb.lemma_.lower() in _DEFINING:
            found = _complement(verb)
            if found is not None:
                return found
    if is_nominal(root):
        return next(phrases(root, vague=True), None)
    return None


def _gerund(verb: Token) -> Phrase | None:
    """ "X is training with …": training; "X is planning …" read as a progressive although it names an activity."""
    target = next((c for c in verb.children if c.dep_ == "dobj"), None)
    if target is None:
        return Phrase(verb.text, verb.idx, verb.idx + len(verb), verb.lower_, verb.i)
    if target.lower_.endswith("ing"):
        return next(phrases(target, vague=True), None)
    return None


def _compound(head: Token) -> Token:
    """The true head of "a graph embedding algorithm", where the parser takes "embedding" for a participle."""
    for child in head.rights:
        if child.dep_ == "acl" and child.tag_ == "VBG" and child.i == head.i + 1:
            for target in child.children:
                if target.i == child.i + 1 and target.lemma_.lower() in lexicon().back_reference:
                    return target
    return head


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
            return next(phrases(_compound(head), vague=True), None)
        if child.dep_ == "prep" and child.lower_ in {"to", "as"}:
            for target in child.children:
                if target.dep_ == "pobj":
                    return next(phrases(target, vague=True), None)
    return None
