"""Every rule by example: what it proposes and what it must not, in `golden/rules*.txt`; `*` is the entry's concept.

Only what the rules propose is tested here, not what the fitted models make of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from kg.annotate.entry import candidates, prepare, proposed_mentions
from kg.annotate.glossary import glossary_of
from kg.annotate.mentions import glossary_mentions
from kg.annotate.pipeline import parse
from kg.annotate.rules import rule, rules, subjects
from kg.blocks import parse as blocks
from kg.headers import headword
from kg.model import Entry, Layout, Span
from kg.names import key
from tests.golden_cases import Case, cases

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from kg.annotate.entry import Work

STATEMENTS = [
    case for file in ("rules", "rules-sentences", "rules-places") for case in cases(file, "entry", "proposes", "never")
]
MENTIONS = cases("rules-mentions", "entry", "beside", "proposes", "never")
CASES = [*STATEMENTS, *MENTIONS]


def entry_of(text: str) -> Entry:
    header, body = (text.strip() + "\n").split("\n", 1)
    start = len(header) + 1
    return blocks(Entry("a.txt", 1, Layout.FLAT, header, Span(0, len(header)), body, Span(start, start + len(body))))


_DOCS: dict[str, Doc] = {}


def parsed(work: Work, nlp: Language) -> dict[str, Doc]:
    """The parses that an entry needs, each text parsed once in all tests: many cases begin with the same sentence."""
    _DOCS.update(parse(nlp, (text for text in work.texts if text not in _DOCS)))
    return _DOCS


def proposed(text: str, nlp: Language) -> set[str]:
    """The statements that the rules propose for an entry, each as "subject | relation | object | rule"."""
    entry = entry_of(text)
    head = headword(entry)
    work = prepare(entry, head, glossary_of([entry], [head]))
    own = {key(head.label), *map(key, head.aliases)}
    return {
        f"{'*' if c.subject is None or key(c.subject) in own else c.subject} | {c.predicate} | {c.object} | {c.rule}"
        for c in candidates(work, parsed(work, nlp))
    }


def proposed_terms(text: str, beside: str, nlp: Language) -> set[str]:
    """The mentions that the rules propose for an entry in a glossary with one more, each as "term | rule"."""
    entries = [entry_of(text), entry_of(beside)]
    heads = [headword(entry) for entry in entries]
    glossary = glossary_of(entries, heads)
    work = prepare(entries[0], heads[0], glossary)
    own = {key(heads[0].label), *map(key, heads[0].aliases)}
    terms = (m for p in proposed_mentions(work, parsed(work, nlp), ()) for m in p.mentions)
    names = glossary_mentions(entries[0], glossary.gazetteer, glossary.kinds, own)
    return {f"{mention.label} | {mention.rule}" for mention in (*terms, *names)}


@pytest.mark.model
@pytest.mark.parametrize("case", STATEMENTS, ids=str)
def test_rules_propose_what_the_text_says_and_no_more(case: Case, nlp: Language) -> None:
    found = proposed(case.parts["entry"], nlp)
    wanted = set(case.parts["proposes"].splitlines())
    unwanted = set(case.parts["never"].splitlines())
    assert wanted <= found, f"missing {sorted(wanted - found)}\nfound\n" + "\n".join(sorted(found))
    assert not unwanted & found


@pytest.mark.model
@pytest.mark.parametrize("case", MENTIONS, ids=str)
def test_rules_propose_terms_and_no_other_words(case: Case, nlp: Language) -> None:
    found = proposed_terms(case.parts["entry"], case.parts["beside"], nlp)
    wanted = set(case.parts["proposes"].splitlines())
    assert wanted <= found, f"missing {sorted(wanted - found)}\nfound\n" + "\n".join(sorted(found))
    assert not set(case.parts["never"].splitlines()) & found


@pytest.mark.model
def test_every_span_lies_in_its_entry_and_quotes_it(nlp: Language) -> None:
    for case in STATEMENTS:
        entry = entry_of(case.parts["entry"])
        head = headword(entry)
        work = prepare(entry, head, glossary_of([entry], [head]))
        for c in candidates(work, parsed(work, nlp)):
            quote = entry.quote(c.span)
            last = re.findall(r"\w+", str(c.object))[-1]
            assert last.casefold() in quote.casefold(), (c, quote)


def names_in(part: str) -> dict[str, set[str]]:
    """The rules with a case, and the endings of their names: by name, how many lines `part` has."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        for line in case.parts[part].splitlines():
            name = line.rpartition(" | ")[2]
            found[rule(name).name].add(line)
            if "@" in name:
                found["@" + name.partition("@")[2]].add(line)
    return found


@pytest.mark.parametrize("part", ["proposes", "never"])
def test_every_rule_has_a_case_of_what_it_proposes_and_of_what_it_must_not(part: str) -> None:
    wanted = {*rules(), *(f"@{name}" for name in subjects())}
    assert wanted - set(names_in(part)) == set()


def test_what_must_not_be_proposed_is_about_words_of_the_entry() -> None:
    """A case whose words are misspelt or elsewhere would hold for no good reason."""
    for case in CASES:
        text = " ".join((case.parts["entry"], case.parts.get("beside", ""))).casefold()
        for line in case.parts["never"].splitlines():
            parts = line.split(" | ")
            for phrase in (parts[0], *parts[2:-1]):
                assert phrase == "*" or all(word in text for word in phrase.casefold().split()), (case.title, line)
