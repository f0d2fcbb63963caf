from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.blocks import parse
from kg.model import Block, BlockKind, Entry, Flag, Layout, MarkKind, Passage, Span
from kg.read import documents, read
from tests.golden_cases import Case, cases

ROOT = Path(__file__).parents[1]
PAGES = ROOT.parent / "shared" / "seeds"
OWN_PAGES = ROOT / "seeds"


def entry_of(body: str, *, header: str = "bread, baking", offset: int = 100) -> Entry:
    """An entry with this body; spans begin at an offset, so that those relative to the body are noticed."""
    span = Span(offset + len(header) + 1, offset + len(header) + 1 + len(body))
    return Entry("loaf.txt", 1, Layout.FLAT, header, Span(offset, offset + len(header)), body, span)


def shown(block: Block) -> str:
    words: list[str] = [block.kind.value]
    words += [f"@{block.depth}"] if block.depth else []
    words += [str(block.ordinal)] if block.ordinal is not None else []
    words += [f"<{block.lead}>"] if block.lead else []
    words += [block.passage.text] if block.passage else []
    words += ["| " + " || ".join(" | ".join(cell.text for cell in row) for row in block.rows)] if block.rows else []
    words += [f"[{' / '.join(block.section)}]"] if block.section else []
    return " ".join(words).strip()


def compared(block: Block) -> tuple[object, ...]:
    """What two copies of one entry have in common: everything but the places."""
    lead = block.lead.text if block.lead else None
    rows = tuple(tuple(cell.text for cell in row) for row in block.rows)
    return block.kind, block.passage.text, lead, rows, block.depth, block.section, block.ordinal


def passages(block: Block) -> list[Passage]:
    return [*([block.lead] if block.lead else []), block.passage, *(cell for row in block.rows for cell in row)]


def check_places(entry: Entry) -> None:
    """Blocks are in order and cover the text; each character of a passage stands where the passage says."""
    position = entry.body_span.start
    for block in entry.blocks:
        assert position <= block.span.start <= block.span.end <= entry.body_span.end
        assert not between(entry, position, block.span.start)
        position = block.span.end
        for passage in passages(block):
            assert passage.text == " ".join(passage.text.split())
            for at, character in enumerate(passage.text):
                offset = passage.offset(at)
                source = entry.quote(Span(offset, offset + 1))
                assert source == character or (character == " " and (source.isspace() or source == "<"))
            if passage:
                assert passage.span() in block.span
            assert all(0 <= mark.start < mark.end <= len(passage) for mark in passage.marks)
    assert not between(entry, position, entry.body_span.end)


def between(entry: Entry, start: int, end: int) -> str:
    """What stands between two blocks: nothing but white space, rules and underlines."""
    return entry.quote(Span(start, end)).translate(dict.fromkeys(map(ord, "-*_="))).strip()


@pytest.mark.parametrize("case", cases("blocks", "body", "blocks"), ids=str)
def test_bodies_have_the_blocks_of_the_golden_case(case: Case) -> None:
    entry = parse(entry_of(case.parts["body"]))
    assert "\n".join(shown(block) for block in entry.blocks) == case.parts["blocks"]
    check_places(entry)


def test_folding_a_body_changes_nothing_but_the_places() -> None:
    body = """\
**Bread** is a **baked food** of flour and water — known to all, and made of **flour** by all.
**Why Bread Matters**
- **Calories**: one loaf feeds a family. It keeps for days.
- **Cost**: flour is cheap
- **Craft**: `knead` and $t_0$ are all it takes.
**Kinds of Bread**
| Kind | Flour |
|------|-------|
| Toast | wheat |
| Pumpernickel | rye |
**How It Is Made**
The dough has to rest:
1. **Mix**: all of it.
2. **Rest**: for an hour.
```bash
bake --minutes 40
```
$$
t = \\frac{m}{k}
$$
**Storage:**
- In a box.
- In a cloth.
**Bread** is **the staff of life** — and it has been so for ever.
"""
    folded = " ".join(body.split())
    assert list(map(compared, parse(entry_of(body)).blocks)) == list(map(compared, parse(entry_of(folded)).blocks))


def test_spans_of_blocks_cover_their_markers() -> None:
    (bullet,) = parse(entry_of("- **Yeast**: lifts *dough*.\n")).blocks
    assert bullet.span == Span(114, 141)
    assert bullet.lead is not None
    assert bullet.lead.span() == Span(118, 123)
    assert bullet.passage.span(6, 11) == Span(134, 139)
    assert [(m.kind, bullet.passage.text[m.start : m.end]) for m in bullet.passage.marks] == [
        (MarkKind.ITALIC, "dough")
    ]


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ("", {Flag.EMPTY_BODY}),
        (" \n\t\n", {Flag.EMPTY_BODY}),
        ("**Bread** is a food.\n", set()),
        ("**Bread** is a food.\n- Flour\n- Water\n", set()),
        ("**Bread** is a food that", {Flag.TRUNCATED}),
        ("**Bread** is a food.\nIt is made of flour and", {Flag.TRUNCATED}),
        ("**Bread** is a food.\n- **Flour**: ground.\n- **Water**: clean and", {Flag.TRUNCATED}),
        ("**Bread** is a food.\n```\nbake(", {Flag.TRUNCATED}),
        ("**Bread** is a food.\n$$\nt = \\frac{m", {Flag.TRUNCATED}),
        ("| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 |", {Flag.TRUNCATED}),
        ("It rises with $\n\nabla p$ as \\(x\\) does.", set()),
        ("It rises with $k \nabla p = \\dot q$.", {Flag.DAMAGED_MATH}),
        ("It rises with $mathbf{p}$.", {Flag.DAMAGED_MATH}),
        ("It rises with $2 \times \x0crac{a}{b}$.", {Flag.DAMAGED_MATH}),
        ("It rises with $\\mathbf{p}$ and $\\nu$.", set()),
    ],
)
def test_flags_tell_what_is_wrong_with_a_body(body: str, flags: set[Flag]) -> None:
    assert parse(entry_of(body)).flags == flags


def test_flags_of_the_reader_are_kept() -> None:
    entry = replace(entry_of("**Bread** is a food."), flags=frozenset({Flag.DUPLICATE_TEXT}))
    assert parse(entry).flags == {Flag.DUPLICATE_TEXT}


def test_a_line_that_holds_several_blocks_is_unfolded_where_it_stands() -> None:
    entry = parse(entry_of("Some kinds:\n| Kind | |---| | Rye | Spelt follows. - **Toast**: white.\nThe end.\n"))
    assert [shown(block) for block in entry.blocks] == [
        "paragraph Some kinds:",
        "table | Kind || Rye",
        "paragraph Spelt follows.",
        "bullet <Toast> white.",
        "paragraph The end.",
    ]
    check_places(entry)


def test_an_unclosed_fence_ends_at_the_next_heading() -> None:
    entry = parse(entry_of("```\nbake(40)\n**Storage**\nIn a box.\n"))
    assert [shown(block) for block in entry.blocks] == [
        "code bake(40)",
        "heading Storage",
        "paragraph In a box. [Storage]",
    ]


_PIECES = st.sampled_from(
    [
        "**Bread** is a **food**.", "**Title**", "**Title:**", "**Lead**: text", "- **Lead**: text.", "- item", "1. a",
        "2. two", "| a | b |", "|---|---|", "| c |", "```", "```python", "`code`", "$x$", "$$", "\\[", "\\]", "**", "*",
        "- ", "• x", "## Head", "> **Note:** text", "Bread is **good**.", "Words and words.", "[link](url)", "[", "](",
        "\\*", "— **T** —", "a_b_c", "__bold text__", "_it_", "  - nested", "<br>", "é𝔸 ", "\u2028", "---", "===", ":",
    ]
)  # fmt: skip
_BODIES = st.one_of(
    st.lists(_PIECES, max_size=25).map(" ".join),
    st.lists(_PIECES, max_size=25).map("\n".join),
    st.lists(st.tuples(_PIECES, st.sampled_from([" ", "\n", "\n\n", "  ", "\r\n", ""])), max_size=25).map(
        lambda parts: "".join(piece + space for piece, space in parts)
    ),
    st.text(alphabet="*_`$|-# \n.:aB1()[]\\<>", max_size=120),
    st.text(max_size=120),
)


@given(_BODIES)
def test_any_body_is_covered_by_blocks_whose_text_maps_back(body: str) -> None:
    check_places(parse(entry_of(body)))


@given(_BODIES.filter(lambda body: "\\*" not in body))
def test_clean_text_has_no_bold_markers(body: str) -> None:
    for block in parse(entry_of(body)).blocks:
        if block.kind in (BlockKind.CODE, BlockKind.FORMULA):
            continue
        for passage in passages(block):
            verbatim = [m for m in passage.marks if m.kind in (MarkKind.CODE, MarkKind.MATH)]
            stars = passage.text.find("**")
            assert stars < 0 or any(m.start <= stars < m.end for m in verbatim)


# ------------------------------------------------------------------------------------ bodies of known blocks, folded

_WORDS = ("flour", "water", "salt", "yeast", "oven", "crust", "crumb", "dough", "loaf", "heat", "steam", "rye")
_WORD = st.sampled_from(_WORDS)
_PHRASE = st.lists(_WORD, min_size=2, max_size=6).map(" ".join)
_SENTENCE = _PHRASE.map(lambda words: words.capitalize() + ".")
_TITLE = st.lists(_WORD, min_size=2, max_size=4).map(lambda words: " ".join(words).title())
_BULLETS = st.lists(
    st.tuples(_TITLE, _SENTENCE).map(lambda pair: f"- **{pair[0]}**: {pair[1]}"), min_size=1, max_size=4
)
_PLAIN_BULLETS = st.lists(_SENTENCE.map("- {}".format), min_size=1, max_size=4)
_TABLE = st.lists(st.tuples(_PHRASE, _PHRASE), min_size=1, max_size=3).map(
    lambda rows: ["| Kind | Use |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)]
)
_STEPS = st.lists(_SENTENCE, min_size=2, max_size=4).map(
    lambda all_: [f"{n}. {s}" for n, s in enumerate(all_, start=1)]
)
_CODE = _PHRASE.map(lambda words: ["```python", words, "```"])
_CONTENT = st.one_of(_BULLETS, _PLAIN_BULLETS, _TABLE, _STEPS, _CODE, st.lists(_SENTENCE, min_size=1, max_size=1))
_SECTION = st.tuples(_TITLE, _CONTENT).map(lambda pair: [f"**The {pair[0]}**", *pair[1]])


@given(st.lists(_SECTION, min_size=1, max_size=5), _SENTENCE)
def test_what_is_written_in_lines_is_found_again_when_folded(sections: list[list[str]], last: str) -> None:
    lines = ["**Bread** is a **baked food** of many kinds.", *(line for section in sections for line in section)]
    lines.append(f"**Bread** is **a fine thing** — {last}")
    whole, folded = parse(entry_of("\n".join(lines))), parse(entry_of(" ".join(lines)))
    assert list(map(compared, whole.blocks)) == list(map(compared, folded.blocks))


@pytest.mark.parametrize(
    "body",
    [
        sign * 8_000
        for sign in (
            "*", "**", "** ", "**a", "**a ", "`", "``` ", "`` ` ", "$", "$ ", "$$ ", "$a ", "|", "| ", "|- ", "|--",
            "- **", " - ", " 1. ", "\\[ ", "\\( ", "[", "[a](", "_", "_a ", "*a ", "__a b", "**A** ", "**A**: ", "a. ",
            "is ", "Bread is ", "**Bread** is ", "# ", "#", "> ", "- a\n", "**A**\n", "$\n", "| a |\n", "(", " (a",
            ": ", "•", "<br", "\u2028", "a\n", "word word word word word word word word\n", "1. A\n", "  - a\n",
            "- A. B ", "$a$ ", "\\[ $$a$$ ",
        )
    ],
    ids=lambda body: repr(body[:8]),
)  # fmt: skip
def test_time_is_linear_in_the_length_of_hostile_bodies(body: str) -> None:
    start = time.process_time()
    check = parse(entry_of(body))
    assert time.process_time() - start < 2
    assert check.blocks or not body.strip("-*_= \n\u2028")


@pytest.mark.seeds
@pytest.mark.skipif(not PAGES.is_dir(), reason="the real pages are not beside the project")
class TestRealPages:
    def test_the_blocks_of_all_entries_map_back(self) -> None:
        for path, source in documents([PAGES]):
            for entry in read(path, source=source):
                check_places(parse(entry))

    def test_paged_and_flat_copies_of_an_entry_have_the_same_blocks(self) -> None:
        import json

        gold = json.loads((PAGES.parent / "gold" / "dev.json").read_text(encoding="utf-8"))
        entries = {(e.source, e.line): parse(e) for path, name in documents([PAGES]) for e in read(path, source=name)}
        shared = [places for places in gold["where"].values() if len(places) > 1]
        assert len(shared) > 40
        for places in shared:
            one, *others = (list(map(compared, entries[source, line].blocks)) for source, line in places)
            assert all(other == one for other in others)

    def test_most_flat_entries_can_be_folded_and_unfolded(self) -> None:
        flat = [e for path, name in documents([PAGES]) for e in read(path, source=name) if e.layout is Layout.FLAT]
        same = 0
        for entry in flat:
            folded = parse(entry_of(" ".join(entry.body.split()), header=entry.header))
            same += list(map(compared, parse(entry).blocks)) == list(map(compared, folded.blocks))
        assert same >= 0.9 * len(flat)

    def test_reading_and_parsing_take_a_moment(self) -> None:
        start = time.process_time()
        count = sum(1 for path, name in documents([PAGES]) for e in read(path, source=name) if parse(e).blocks)
        assert count == 250
        assert time.process_time() - start < 2
