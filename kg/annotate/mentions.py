"""Mentions: names of other entries, and the terms and named things that have no entry.

Names of entries come from the gazetteer. Terms come from noun phrases, lead-ins, list items and bold words; whether a
phrase is a term is weighed by how it is built and used (`confidence.json`, task "mentions"): its head noun's class, its
length and shape, its parts in sentences, whether the layout sets it apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kg.annotate.confidence import Confidence, choice, confidence
from kg.annotate.kinds import head_kind, kind_of
from kg.annotate.lexicon import lexicon
from kg.annotate.phrases import Phrase, is_nominal, phrases
from kg.annotate.units import Role
from kg.annotate.weighing import shape, tidy
from kg.model import BlockKind, Key, MarkKind, Mention, Span
from kg.names import is_acronym, is_citation, key, singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spacy.tokens import Doc, Token

    from kg.annotate.gazetteer import Gazetteer
    from kg.annotate.structure import Listed, Stretch
    from kg.annotate.units import Unit
    from kg.model import Assertion, Entry, Passage


@dataclass(slots=True)
class _Term:
    """All that was seen of one term in an entry."""

    label: str
    places: set[tuple[Span, str]] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    entities: set[str] = field(default_factory=set)
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A phrase that may be a term, and what speaks for it."""

    term: _Term
    features: tuple[str, ...]

    @property
    def label(self) -> str:
        """The phrase in its citation form."""
        return self.term.label

    @property
    def kind_features(self) -> tuple[str, ...]:
        """What hints at the class of the term."""
        return _kind_features(self.term)

    @property
    def mentions(self) -> list[Mention]:
        """The places of the term, in order, with its class."""
        term = self.term
        kind = "Person" if _is_author(term) else choice("kinds").best(self.kind_features)
        kind = kind or kind_of(term.label, min(term.entities, default=None))
        return [Mention(term.label, kind, span, rule) for span, rule in sorted(term.places)]


def glossary_mentions(entry: Entry, gazetteer: Gazetteer, kinds: Mapping[str, str], own: set[Key]) -> Iterator[Mention]:
    """The names of other entries in a body, code and formulas left out."""
    for passage in _passages(entry):
        for hit in gazetteer.find(passage.text):
            if key(hit.label) not in own and key(passage.text[hit.start : hit.end]) not in own:
                kind = kinds.get(hit.label, "Method")
                yield Mention(hit.label, kind, passage.span(hit.start, hit.end), "mention:gazetteer")


def propose(
    parts: Sequence[tuple[Stretch, tuple[Unit, ...]]],
    listed: Sequence[Listed],
    docs: Mapping[str, Doc],
    entry: Entry,
    own: set[Key],
    assertions: Iterable[Assertion],
) -> list[Proposed]:
    """All phrases of an entry that could be terms, with their features.

    What is asserted of a phrase tells that it is a term, and of what kind: what is reduced is hardly a method.
    """
    terms: dict[Key, _Term] = {}

    def see(text: str, span: Span, role: str, rule: str, entity: str = "") -> None:
        label = tidy(text)
        name = key(label)
        if not label or name in own or not len(span) or not any(c.isalpha() for c in label):
            return
        term = terms.setdefault(name, _Term(label))
        term.places.add((span, rule))
        term.roles.add(role)
        if entity:
            term.entities.add(entity)

    for item in listed:
        see(item.passage.text, item.passage.span(), f"listed:{item.rule}", "term:listed")
    for stretch, cut in parts:
        for unit in cut:
            _see_phrases(stretch, unit, docs[unit.text], see)
    for passage in _passages(entry):
        for match in _NAME.finditer(passage.text):
            see(_one(match[0]), passage.span(match.start(), match.end()), "shaped", "term:shape")
    bold = {
        key(passage.text[mark.start : mark.end])
        for passage in _passages(entry)
        for mark in passage.marks
        if mark.kind is MarkKind.BOLD
    }
    stated = _stated(assertions)
    found: list[Proposed] = []
    for name, term in terms.items():
        term.stated = stated.get(name, frozenset())
        features = _features(term, name in bold)
        found.append(Proposed(term, features))
    return found


_NAME = re.compile(
    r"(?<![\w.])(?=[\w.+-]*(?:[a-z\d][A-Z]|[A-Z]{2}|[A-Z]-?\d|\w_[A-Za-z]))[A-Za-z][\w+]*(?:[.-][A-Za-z\d][\w+]*)*(?!\w)"
)
"""A word that is written like no common one: inner capitals, several capitals, capitals with digits, underscores."""


def _one(name: str) -> str:
    """A name without the s of its plural: GPUs, VAEs."""
    return name[:-1] if len(name) > 3 and name[-1] == "s" and name[-2].isupper() else name


def _is_author(term: _Term) -> bool:
    """Whether a term names people: "Ito et al.", or what developed something and is a person to the recognizer."""
    return is_citation(term.label) or ("PERSON" in term.entities and "object-of=developedBy" in term.stated)


def _kind_features(term: _Term) -> tuple[str, ...]:
    """What hints at the class of a term: what the lexicon says, its head and endings, its shape, where it is listed."""
    words = re.sub(r"\s+(?:of|for|in|with)\s.*", "", term.label).split() or [term.label]
    head = singular(words[-1].casefold())
    form = shape(term.label)
    lexical = head_kind(term.label) or "?"
    entity = min(term.entities, default="-")
    found = {
        f"lexicon={lexical}",
        f"guess={kind_of(term.label, min(term.entities, default=None))}",
        f"head={head}",
        f"suffix={head[-3:]}",
        f"suffix={head[-4:]}",
        f"shape={form}",
        f"lexicon={lexical} shape={form}",
        f"entity={entity} shape={form}",
        f"words={min(len(words), 3)}",
    }
    if "-" in head:
        found.add(f"head={singular(head.split('-')[-1])}")
    if len(words) > 1:
        found.add(f"first={words[0].casefold()}")
        found.add(f"before={words[-2].casefold()}")
    found |= {f"role={role} {form}" for role in term.roles if role.startswith(("listed", "cell"))}
    found |= term.stated
    return tuple(sorted(found))


def _stated(assertions: Iterable[Assertion]) -> dict[Key, frozenset[str]]:
    """By key of subject or object: what is asserted, and how sure that is."""
    found: dict[Key, set[str]] = defaultdict(set)
    for a in assertions:
        if isinstance(a.object, str):
            found[key(a.object)] |= {f"object-of={a.predicate}", f"stated={int(a.confidence * 5)}"}
        found[key(a.subject)].add("subject")
    return {name: frozenset(facts) for name, facts in found.items()}


def select(proposed: Iterable[Proposed], model: Confidence | None = None) -> list[Mention]:
    """The mentions of what is probably a term."""
    table = model or confidence("mentions")
    return [mention for p in proposed if table.of(p.features) >= table.floor for mention in p.mentions]


def _passages(entry: Entry) -> Iterator[Passage]:
    for block in entry.blocks:
        if block.kind in {BlockKind.CODE, BlockKind.FORMULA, BlockKind.HEADING}:
            continue
        yield from [*([block.lead] if block.lead else []), block.passage, *(c for row in block.rows for c in row)]


def _see_phrases(stretch: Stretch, unit: Unit, doc: Doc, see: object) -> None:
    assert callable(see)
    where = "aside" if unit.role is Role.ASIDE else "cell" if stretch.cell else "text"
    for token in doc:
        if not is_nominal(token) or token.dep_ in {"conj", "appos"}:
            continue
        if token.dep_ == "compound":
            if is_acronym(token.text):
                place = unit.span(token.idx, token.idx + len(token))
                see(unit.wording(token.text, token.idx), place, "inside", "term:inside", token.ent_type_)
            continue
        for phrase in phrases(token):
            span = unit.span(phrase.start, phrase.end)
            role = f"{where}:{token.dep_}"
            see(unit.wording(_citation(phrase, doc), phrase.start), span, role, "term:phrase", token.ent_type_)
            yield_parts = phrase.text.split(" of ")
            if len(yield_parts) == 2:
                for part in yield_parts:
                    if part.casefold() not in lexicon().vague_nouns:
                        see(part, span, "of-part", "term:part")
            words = phrase.text.split()
            for cut in range(1, min(len(words) - 1, 3)):
                if " of " not in phrase.text:
                    see(" ".join(words[cut:]), span, f"tail:{_tag(doc, phrase, cut - 1)}", "term:tail")


def _tag(doc: Doc, phrase: Phrase, at: int) -> str:
    tokens: list[Token] = [t for t in doc if phrase.start <= t.idx < phrase.end and t.text in phrase.text.split()]
    return tokens[at].tag_ if at < len(tokens) else "?"


def _citation(phrase: Phrase, doc: Doc) -> str:
    """The phrase with its head in the singular."""
    words = phrase.text.split()
    if " of " not in phrase.text and doc[phrase.token].tag_ == "NNS" and words[-1].islower():
        words[-1] = singular(words[-1])
    return " ".join(words)


def _features(term: _Term, bold: bool) -> tuple[str, ...]:
    words = term.label.split()
    head = singular(words[-1].casefold())
    kind = head_kind(term.label) or "?"
    groups: dict[str, int] = defaultdict(int)
    for role in term.roles:
        groups[role.split(":")[0]] += 1
    only_tail = all(r.startswith(("tail", "of-part")) for r in term.roles)
    form = shape(term.label)
    found = [
        f"words={min(len(words), 5)}",
        f"shape={form}",
        f"kind={kind}",
        f"kind={kind} words={min(len(words), 3)}",
        f"shape={form} words={min(len(words), 3)}",
        f"head={head}",
        f"places={min(len(term.places), 4)}",
        f"suffix={head[-3:]}",
        *(f"in={group}" for group in groups),
        *(f"role={role}" for role in term.roles),
        *(f"entity={entity}" for entity in term.entities),
        *(term.stated or {"unstated"}),
    ]
    if len(words) > 1:
        found.append(f"first={words[0].casefold()}")
    if only_tail:
        found.append("only-tail")
        found.append(f"only-tail kind={kind} words={min(len(words), 3)}")
    if bold:
        found.append("bold")
    if head in lexicon().vague_nouns:
        found.append("vague")
        found.append(f"vague words={min(len(words), 3)}")
    return tuple(sorted(found))
