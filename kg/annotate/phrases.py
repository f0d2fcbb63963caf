"""Noun phrases as a glossary would list them: short, without determiners, quantities and empty adjectives.

A phrase is found from its head noun in a dependency parse (labels of the CLEAR scheme, as spaCy's English pipelines
use it). Its left edge is trimmed of what carries no meaning by itself; an "of" complement is kept while the whole
stays short; nouns that only measure or frame another ("a range of X", "the use of X") give way to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kg.annotate.lexicon import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, Token

NOMINAL = frozenset({"NOUN", "PROPN"})
_LEFT = frozenset(
    {"compound", "amod", "nmod", "nummod", "poss", "advmod", "quantmod", "dep", "punct", "npadvmod", "case"}
)
_LONGEST = 6


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase of a parsed text: `text` is its label, `start` and `end` its characters in the `Doc`'s text.

    `head` is the lower-case lemma of its head noun. For a phrase put together from a coordination ("power and
    timing closure" -> "power closure") the label is not a stretch of the text, but start and end cover it.
    """

    text: str
    start: int
    end: int
    head: str
    token: int


def is_nominal(token: Token) -> bool:
    """Whether a token can head a noun phrase: a noun, or a gerund or number that stands where a noun should."""
    if token.pos_ in NOMINAL:
        return True
    if token.tag_ == "VBG":
        return _is_gerund(token)
    if token.dep_ in {"dobj", "pobj", "nsubj", "nsubjpass", "attr", "conj", "appos"}:
        named = token.text[:1].isupper() or "-" in token.text
        return token.pos_ in {"ADJ", "X", "SYM"} and named
    return False


def _is_gerund(token: Token) -> bool:
    if any(child.dep_ in {"dobj", "aux"} for child in token.children):
        return False
    if token.dep_ in {"dobj", "pobj", "nsubj", "nsubjpass"}:
        return True
    modified = any(child.dep_ in {"amod", "compound", "nmod"} for child in token.lefts)
    if token.dep_ == "conj":
        return "-" in token.text or token.head.pos_ in NOMINAL or modified
    return token.dep_ in {"ROOT", "appos", "attr"} and ("-" in token.text or modified)


def coordinated(token: Token) -> list[Token]:
    """The token and what is coordinated with it, in text order."""
    found = [token]
    for child in token.children:
        if child.dep_ == "appos" and any(t.pos_ in {"VERB", "AUX"} for t in child.doc[token.i + 1 : child.left_edge.i]):
            continue  # an apposition stands beside its noun: behind a whole clause the parser has lost its way
        if child.dep_ in {"conj", "appos"} and (is_nominal(child) or child.pos_ in NOMINAL):
            found += coordinated(child)
    return found


def phrases(token: Token, *, vague: bool = False) -> Iterator[Phrase]:
    """The phrases that a head noun and its conjuncts stand for; `vague`: also those that name nothing by themselves.

    They are kept with the `Doc`: several rules ask for the same ones.
    """
    kept = cast("dict[Any, tuple[Phrase, ...]]", token.doc.user_data)
    place = "phrases", token.i, vague
    if place not in kept:
        kept[place] = tuple(phrase for head in coordinated(token) for phrase in _phrases_of(head, vague))
    return iter(kept[place])


def _phrases_of(head: Token, vague: bool) -> Iterator[Phrase]:
    complement = _complement(head)
    if complement is not None and head.lemma_.lower() in lexicon().framing_nouns:
        yield from phrases(complement, vague=vague)
        return
    left = _left_edge(head)
    tokens = list(head.doc[left : head.i + 1])
    for variant in _distribute(tokens, head):
        trimmed = _trim(variant, vague)
        if not trimmed:
            continue
        end = head
        text = _join(trimmed)
        if complement is not None and trimmed[-1] is head:
            tail_left = _left_edge(complement)
            tail = _trim(list(head.doc[tail_left : complement.i + 1]), False)
            if tail and len(trimmed) + len(tail) + 1 <= _LONGEST and not lexicon().is_vague(complement.lemma_.lower()):
                text = f"{text} of {_join(tail)}"
                end = complement
        start = trimmed[0].idx
        yield Phrase(text, start, max(end.idx + len(end), start + 1), head.lemma_.lower(), head.i)


def _complement(head: Token) -> Token | None:
    """The noun of an "of" complement that follows the head directly."""
    for child in head.rights:
        if child.dep_ == "prep" and child.lower_ == "of" and child.i == head.i + 1:
            return next((t for t in child.children if t.dep_ == "pobj" and is_nominal(t)), None)
    return None


def _left_edge(head: Token) -> int:
    edge = head.i
    doc: Doc = head.doc
    while edge > 0:
        token = doc[edge - 1]
        if token.pos_ in {"VERB", "AUX"} and token.dep_ not in {"amod", "compound", "nmod"}:
            break
        if token.dep_ == "case" and token.head.dep_ == "poss":
            edge -= 1
            continue
        if token.head.i < edge - 1 and token.head is not head:
            break
        if not (edge - 1 < token.head.i <= head.i):
            break
        if token.dep_ not in _LEFT and not (token.dep_ in {"conj", "cc"} and token.head.i > head.left_edge.i - 1):
            break
        if token.text in {",", "(", ")", ";", ":", '"', "“", "”"} and token.text != ",":
            edge -= 1
            continue
        edge -= 1
    # conjoined modifiers hang on the first of them: let the subtree decide
    first = head.left_edge.i
    if first < edge and any(t.dep_ == "cc" for t in doc[first:edge]):
        edge = first
    return edge


def _distribute(tokens: list[Token], head: Token) -> Iterator[list[Token]]:
    """Split a coordination in front of the head: "power and timing closure" is "power closure", "timing closure"."""
    joint = next((n for n, t in enumerate(tokens) if t.dep_ == "cc" and t.lower_ in {"and", "or", "&"}), None)
    if joint is None or joint == 0:
        yield [t for t in tokens if t.text != ","]
        return
    before = list(tokens[:joint])
    after = tokens[joint + 1 :]
    if not after or (before[0].head is head and before[-1].pos_ == "ADV"):
        yield tokens
        return
    groups: list[list[Token]] = [[]]
    for token in before:
        if token.text == ",":
            groups.append([])
        else:
            groups[-1].append(token)
    for group in groups:
        group = [t for t in group if t.dep_ != "det"]
        if group:
            yield [*group, head]
    yield after


def _trim(tokens: list[Token], vague: bool) -> list[Token]:
    words = lexicon()
    start = 0
    while start < len(tokens) - 1:
        token = tokens[start]
        if (
            token.pos_ in {"DET", "PRON", "PUNCT", "CCONJ", "ADP"}
            or token.dep_ in {"det", "predet", "case", "punct"}
            or (
                token.tag_ in {"CD", "PRP$", "WP$", "WDT", "JJR", "JJS", "RBR", "RBS", "POS"}
                and not token.text[:1].isalpha()
            )
            or token.lower_ in words.empty_modifiers
            or (token.pos_ == "ADV" and "-" not in token.text)
            or token.like_num
            or not any(c.isalnum() for c in token.text)
        ):
            start += 1
        else:
            break
    kept = tokens[start:]
    while kept and not any(c.isalnum() for c in kept[-1].text):
        kept = kept[:-1]
    if not kept or len(kept) > _LONGEST or kept[-1].pos_ == "PRON":
        return []
    if not vague and len(kept) == 1 and (words.is_vague(kept[0].lemma_.lower()) or words.is_vague(kept[0].lower_)):
        return []
    if kept[-1].like_num and len(kept) == 1:
        return []
    return kept


def _join(tokens: list[Token]) -> str:
    parts: list[str] = []
    for n, token in enumerate(tokens):
        if n and (tokens[n - 1].whitespace_ or tokens[n - 1].i + 1 != token.i):
            parts.append(" ")
        parts.append(token.text)
    return "".join(parts).strip(" \"'“”‘’*`.,;:")
