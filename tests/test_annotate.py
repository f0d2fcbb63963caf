"""Annotation of whole entries with the default pipeline."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from kg.annotate import DEFAULT_MODEL, annotate, extract_text, parallel, reader
from kg.annotate.phrases import coordinated
from kg.blocks import parse
from kg.headers import headword
from kg.model import Entry, Flag, Layout, Span
from kg.names import key

if TYPE_CHECKING:
    from spacy.language import Language

    from kg.model import Annotation

pytestmark = pytest.mark.model

TEXT = """\
tower mill, windmills
**Tower Mill** is a **windmill** whose cap turns on a brick tower. It uses a fantail to follow the wind.
**Components**
- **Cap**: carries the windshaft.
- **Fantail**: a small wheel behind the cap.
post mill, windmills
**Post Mill** is a **windmill** that turns on a single post. Unlike a tower mill, it is built of timber.
"""


MILLS = ("Smock", "Hollow Post", "Paltrok", "Tjasker", "Sunk", "Spider", "Drainage", "Composite")


def entries_of(text: str, source: str = "mills.txt") -> list[Entry]:
    """Flat entries; here, a header is a line with a comma and no full stop."""
    found, start = [], 0
    lines = text.splitlines(keepends=True)
    heads = [n for n, line in enumerate(lines) if ", " in line and "." not in line]
    for n, head in enumerate(heads):
        last = heads[n + 1] if n + 1 < len(heads) else len(lines)
        start = sum(map(len, lines[:head]))
        header = lines[head].rstrip("\n")
        body = "".join(lines[head + 1 : last])
        begin = start + len(lines[head])
        spans = Span(start, start + len(header)), Span(begin, begin + len(body))
        found.append(parse(Entry(source, head + 1, Layout.FLAT, header, spans[0], body, spans[1])))
    return found


def annotated(text: str, nlp: Language) -> list[Annotation]:
    entries = entries_of(text)
    return list(annotate(entries, [headword(e) for e in entries], nlp))


def test_an_entry_gets_its_kind_definition_and_genus(nlp: Language) -> None:
    tower, _post = annotated(TEXT, nlp)
    (definition,) = tower.definitions
    assert definition.text == "Tower Mill is a windmill whose cap turns on a brick tower."
    assert definition.genus == "windmill"
    assert tower.entry.quote(definition.span).startswith("Tower Mill** is a")


def test_an_entry_mentions_other_entries_but_not_itself(nlp: Language) -> None:
    tower, post = annotated(TEXT, nlp)
    hits = [(m.label, post.entry.quote(m.span)) for m in post.mentions if m.rule == "mention:gazetteer"]
    assert hits == [("Tower Mill", "tower mill")]
    assert key("Tower Mill") not in {key(m.label) for m in tower.mentions}


def test_what_recurring_text_mentions_is_not_mentioned_by_an_entry(nlp: Language) -> None:
    recurring = "Operational scope: it is often built beside a post mill to improve long-term milling results."
    mills = [f"{name} mill, windmills\n**{name} Mill** is a **windmill**.\n{recurring}\n" for name in MILLS]
    once = "tower mill, windmills\n**Tower Mill** is a **windmill**. Beside a post mill it looks tall.\n"
    *others, post, tower = annotated("".join([*mills, "post mill, windmills\n**Post Mill** is a mill.\n", once]), nlp)
    assert [m.label for a in others for m in a.mentions if m.rule == "mention:gazetteer"] == []
    assert "Post Mill" in {m.label for m in tower.mentions}
    assert all(a.boilerplate for a in others)
    assert not post.boilerplate


def test_an_entry_that_is_cited_is_not_mentioned(nlp: Language) -> None:
    text = TEXT + "sunk mill, windmills\n**Sunk Mill** is a **windmill** (Post Mill, 1908) {} a hollow.\n"
    cited, told = (annotated(text.replace("{}", words), nlp)[-1] for words in ("in", "beside a post mill in"))
    assert "Post Mill" not in {m.label for m in cited.mentions}
    assert "Post Mill" in {m.label for m in told.mentions}


def test_every_span_is_a_quote_of_the_entry(nlp: Language) -> None:
    for annotation in annotated(TEXT, nlp):
        for found in (*annotation.mentions, *annotation.assertions, *annotation.definitions):
            assert annotation.entry.quote(found.span)
        assert all(0 < a.confidence < 1 for a in annotation.assertions)


def test_pairs_are_related_once_and_never_to_themselves(nlp: Language) -> None:
    for annotation in annotated(TEXT, nlp):
        pairs = [(key(a.subject), key(str(a.object))) for a in annotation.assertions]
        assert len(pairs) == len(set(pairs))
        assert all(subject != obj for subject, obj in pairs)


def test_what_stands_around_an_entry_decides_only_names_and_boilerplate(nlp: Language) -> None:
    entries = entries_of(TEXT)
    heads = [headword(e) for e in entries]
    together = {a.entry.id: a for a in annotate(entries, heads, nlp)}
    order = list(range(len(entries)))
    random.Random(7).shuffle(order)
    for annotation in annotate([entries[n] for n in order], [heads[n] for n in order], nlp):
        assert annotation == together[annotation.entry.id]


@pytest.mark.parametrize("start", [None, "raise SystemExit(1)", "print('not a helper')"])
def test_helpers_change_nothing_and_may_die(nlp: Language, monkeypatch: pytest.MonkeyPatch, start: str | None) -> None:
    entries = entries_of(TEXT)
    heads = [headword(e) for e in entries]
    alone = list(annotate(entries, heads, nlp))
    monkeypatch.setattr("kg.annotate._BATCH", 1)
    monkeypatch.setattr("kg.annotate.parallel.WORTH_A_HELPER", 1)
    if start is not None:
        monkeypatch.setattr("kg.annotate.parallel._START", start)
    assert list(annotate(entries, heads, nlp, model=DEFAULT_MODEL, jobs=2)) == alone


def test_a_helper_reads_as_the_program_itself_does(nlp: Language) -> None:
    entries = entries_of(TEXT)
    heads = [headword(e) for e in entries]
    command = [sys.executable, "-P", "-c", parallel._START]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as helper:
        assert helper.stdin is not None
        assert helper.stdout is not None
        pickle.dump((DEFAULT_MODEL, entries, heads), helper.stdin)
        helper.stdin.flush()
        assert pickle.load(helper.stdout) == "ready"
        pickle.dump([1, 0], helper.stdin)
        helper.stdin.flush()
        assert pickle.load(helper.stdout) == reader(entries, heads, nlp)([1, 0])
        helper.stdin.close()
        assert helper.wait(10) == 0


def test_copies_of_an_entry_get_the_same_statements_at_their_own_places(nlp: Language) -> None:
    text = TEXT + "".join(line for line in TEXT.splitlines(keepends=True)[:5])
    first, _post, copy = annotated(text, nlp)
    shift = copy.entry.body_span.start - first.entry.body_span.start
    assert [(a.subject, a.predicate, a.object, a.rule) for a in first.assertions] == [
        (a.subject, a.predicate, a.object, a.rule) for a in copy.assertions
    ]
    assert [a.span.start + shift for a in first.assertions] == [a.span.start for a in copy.assertions]


def test_recurring_sentences_are_spanned_and_flagged(nlp: Language) -> None:
    slogan = "Our {} keeps the village proud and the baker busy."
    names = ["Ketch Mill", "Barge Mill", "Hill Mill", "Dyke Mill"]
    line = "{0}, mills\n**{1}** is a **mill** of the {2} sort. {3}\n"
    text = "".join(line.format(n.lower(), n, n.split()[0].lower(), slogan.format(n)) for n in names)
    for annotation in annotated(text, nlp):
        assert Flag.BOILERPLATE in annotation.flags
        assert [annotation.entry.quote(s) for s in annotation.boilerplate] == [slogan.format(annotation.headword.label)]
        assert not any(annotation.boilerplate[0].start <= a.span.start for a in annotation.assertions)


def test_a_body_without_a_defining_sentence_is_flagged(nlp: Language) -> None:
    (annotation,) = annotated("smock mill, windmills\nMany stand in Kent. Some turn again.\n", nlp)
    assert annotation.definitions == ()
    assert Flag.NO_DEFINITION in annotation.flags


def test_annotations_come_one_at_a_time_so_that_callers_can_tell_progress(nlp: Language) -> None:
    entries = entries_of(TEXT)
    found = annotate(entries, [headword(e) for e in entries], nlp)
    assert [next(found).entry for _ in entries] == entries


def test_free_text_gives_records_that_quote_it(nlp: Language) -> None:
    text = "A windpump uses sails to raise water.\n\nIts maker is lost. The screw pump (Ramelli, 1588) lifts water."
    records = list(extract_text(text, nlp))
    assert {r["type"] for r in records} == {"mention", "statement"}
    assert all(text[r["start"] : r["end"]] == r["exact"] for r in records)
    statements = {(r["subject"], r["predicate"], r["object"]) for r in records if r["type"] == "statement"}
    assert ("screw pump", "developedBy", "Ramelli") in statements
    assert not any(s in {"it", "its", ""} for s, _, _ in statements)


def test_an_empty_text_gives_nothing(nlp: Language) -> None:
    assert list(extract_text(" \n", nlp)) == []


def test_a_body_may_open_in_the_same_words_as_many_others(nlp: Language) -> None:
    names = ("Cumin", "Coriander", "Turmeric", "Cardamom", "Fenugreek")
    text = "".join(f"{name.lower()}, kitchen\n**{name}** is a spice used in curry.\n" for name in names)
    for annotation, name in zip(annotated(text, nlp), names, strict=True):
        assert [(d.text, d.genus) for d in annotation.definitions] == [(f"{name} is a spice used in curry.", "spice")]
        assert annotation.flags == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "A yard needs " + "rope, " * 4000 + "and tar.",
        "A " + "Ab" * 10_000 + " is a tool.",
        "It is a part of " + "a part of " * 2000 + "it.",
        "A saw (" * 3000,
        "(" * 20_000,
    ],
    ids=["list", "word", "chain", "brackets", "open"],
)
def test_what_nobody_writes_is_read_in_linear_time(nlp: Language, text: str) -> None:
    """A sentence of thousands of items overflowed the stack, a word of thousands of letters took minutes."""
    started = time.process_time()
    records = list(extract_text(text, nlp))
    assert time.process_time() - started < 20
    assert all(text[r["start"] : r["end"]] == r["exact"] for r in records)


@pytest.mark.parametrize(("relative", "found"), [(False, ["version", "rails"]), (True, ["version"])])
def test_an_apposition_stands_beside_its_noun_not_behind_a_clause(relative: bool, found: list[str]) -> None:
    clause = [("which", "PRON", 4, "nsubj"), ("floats", "VERB", 2, "relcl")] if relative else []
    last = [(",", "PUNCT", 2, "punct"), ("rails", "NOUN", 2, "appos")]
    head = [("Dredger", "PROPN", 1, "nsubj"), ("is", "AUX", 1, "ROOT"), ("version", "NOUN", 1, "attr")]
    words, tags, heads, deps = zip(*head, *clause, *last, strict=True)
    doc = Doc(Vocab(), words=list(words), pos=list(tags), heads=list(heads), deps=list(deps))
    assert [token.text for token in coordinated(doc[2])] == found
