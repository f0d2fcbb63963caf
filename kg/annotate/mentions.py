"""Mentions: names of other entries, and the terms and named things that have no entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.annotate.kinds import kind_of
from kg.annotate.lexicon import lexicon
from kg.annotate.phrases import is_nominal, phrases
from kg.model import Assertion, BlockKind, Entry, Key, Mention, Span
from kg.names import key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spacy.tokens import Doc

    from kg.annotate.gazetteer import Gazetteer
    from kg.annotate.structure import Listed, Stretch
    from kg.annotate.units import Unit


def mentions(
    parts: Sequence[tuple[Stretch, tuple[Unit, ...]]],
    listed: Sequence[Listed],
    assertions: Sequence[Assertion],
    docs: Mapping[str, Doc],
    gazetteer: Gazetteer,
    entry: Entry,
    own: set[Key],
) -> Iterator[Mention]:
    """All mentions of an entry in text order: glossary concepts first found anywhere, then terms."""
    found: list[Mention] = []
    seen: set[tuple[str, Span]] = set()

    def add(label: str, span: Span, rule: str, entity: str | None = None) -> None:
        if not label or key(label) in own or not len(span):
            return
        mark = (key(label), span)
        if mark not in seen:
            seen.add(mark)
            found.append(Mention(label, kind_of(label, entity), span, rule))

    for block in entry.blocks:
        if block.kind in {BlockKind.CODE, BlockKind.FORMULA, BlockKind.HEADING}:
            continue
        passages = [*([block.lead] if block.lead else []), block.passage, *(c for row in block.rows for c in row)]
        for passage in passages:
            for hit in gazetteer.find(passage.text):
                add(hit.label, passage.span(hit.start, hit.end), "gazetteer")
    for item in listed:
        add(item.passage.text, item.passage.span(), "term:listed")
    for _, cut in parts:
        for unit in cut:
            doc = docs[unit.text]
            for token in doc:
                if not is_nominal(token) or (
                    token.dep_ in {"compound", "nmod", "conj", "appos"} and token.dep_ == "compound"
                ):
                    continue
                for phrase in phrases(token):
                    if phrase.head in lexicon().vague_nouns:
                        continue
                    if phrase.token == token.i:
                        add(phrase.text, unit.span(phrase.start, phrase.end), "term:phrase", token.ent_type_)
    yield from sorted(found, key=lambda m: (m.span, m.rule, m.label))
