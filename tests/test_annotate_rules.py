"""Every rule by example: what it proposes and what it must not, in `golden/rules.txt`; `*` is the entry's concept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from kg.annotate.entry import candidates, prepare
from kg.annotate.glossary import glossary_of
from kg.annotate.pipeline import parse
from kg.blocks import parse as blocks
from kg.headers import headword
from kg.model import Entry, Layout, Span
from kg.names import key
from tests.golden_cases import Case, cases

if TYPE_CHECKING:
    from spacy.language import Language

pytestmark = pytest.mark.model
CASES = cases("rules", "entry", "proposes", "never")


def entry_of(text: str) -> Entry:
    header, body = text.split("\n", 1)
    start = len(header) + 1
    return blocks(Entry("a.txt", 1, Layout.FLAT, header, Span(0, len(header)), body, Span(start, start + len(body))))


def proposed(text: str, nlp: Language) -> set[str]:
    entry = entry_of(text)
    head = headword(entry)
    glossary = glossary_of([entry], [head])
    work = prepare(entry, head, glossary)
    own = {key(head.label), *map(key, head.aliases)}
    return {
        f"{'*' if c.subject is None or key(c.subject) in own else c.subject} | {c.predicate} | {c.object} | {c.rule}"
        for c in candidates(work, parse(nlp, work.texts))
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rules_propose_what_the_text_says_and_no_more(case: Case, nlp: Language) -> None:
    found = proposed(case.parts["entry"].strip() + "\n", nlp)
    wanted = set(case.parts["proposes"].splitlines())
    unwanted = set(case.parts["never"].splitlines())
    assert wanted <= found, f"missing {sorted(wanted - found)}\nfound\n" + "\n".join(sorted(found))
    assert not unwanted & found


def test_every_span_lies_in_its_entry_and_quotes_it(nlp: Language) -> None:
    for case in CASES:
        entry = entry_of(case.parts["entry"].strip() + "\n")
        head = headword(entry)
        work = prepare(entry, head, glossary_of([entry], [head]))
        for c in candidates(work, parse(nlp, work.texts)):
            quote = entry.quote(c.span)
            last = re.findall(r"\w+", str(c.object))[-1]
            assert last.casefold() in quote.casefold(), (c, quote)
