"""The sample glossary: it holds every kind of dirt that real pages hold, and the reader finds its way through it.

The dirt is looked up in the text itself, so that a tidy-up of the pages that would make them useless is noticed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from kg.blocks import parse
from kg.headers import flagged, headwords
from kg.model import Entry, Flag, HeaderGrammar, Layout
from kg.read import read

SEEDS = Path(__file__).parents[1] / "seeds"
GOLDEN = Path(__file__).parent / "golden" / "seeds-entries.txt"
LAYOUTS = {
    "000_reliability_and_search.txt": Layout.PAGED,
    "001_databases.txt": Layout.FLAT,
    "002_distributed_systems.txt": Layout.FLAT,
    "003_networks.txt": Layout.PAGED,
}
FENCE = re.compile(r"```.*?```", re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)


def text_of(name: str) -> str:
    return (SEEDS / name).read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return [entry for name in LAYOUTS for entry in read(SEEDS / name, source=name)]


@pytest.fixture(scope="module")
def flat(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.layout is Layout.FLAT]


def by_header(entries: list[Entry], start: str) -> Entry:
    (entry,) = {e.header: e for e in entries if e.header.startswith(start)}.values()
    return entry


# ------------------------------------------------------------------------------------------------------ the reader


def test_every_entry_is_found_at_its_line(entries: list[Entry]) -> None:
    found = [f"{entry.source}:{entry.line} {entry.header}" for entry in entries]
    assert found == GOLDEN.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", LAYOUTS)
def test_header_lines_of_the_golden_table_stand_in_the_file(name: str) -> None:
    lines = text_of(name).split("\n")
    for row in GOLDEN.read_text(encoding="utf-8").splitlines():
        place, header = row.split(" ", 1)
        source, line = place.split(":")
        if source == name:
            assert lines[int(line) - 1] == header


@pytest.mark.parametrize(("name", "layout"), LAYOUTS.items())
def test_layout_of_each_document(entries: list[Entry], name: str, layout: Layout) -> None:
    assert {entry.layout for entry in entries if entry.source == name} == {layout}
    assert text_of(name).startswith("← All topics\n") is (layout is Layout.PAGED)


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_character_is_lost(entries: list[Entry], name: str) -> None:
    text = text_of(name)
    mine = [entry for entry in entries if entry.source == name]
    preamble = text[: mine[0].header_span.start]
    rebuilt = preamble
    for entry in mine:
        terminator = text[entry.header_span.end : entry.body_span.start]
        assert terminator == "\n"
        rebuilt += entry.header + terminator + entry.body
    assert rebuilt == text


def test_paged_copies_are_flat_copies_with_spaces_for_line_breaks(entries: list[Entry]) -> None:
    copies: defaultdict[str, dict[Layout, str]] = defaultdict(dict)
    for entry in entries:
        copies[entry.header][entry.layout] = " ".join(entry.body.strip("\n").split("\n"))
    twice = {header: bodies for header, bodies in copies.items() if len(bodies) == 2}
    assert len(twice) == 7
    assert all(bodies[Layout.PAGED] == bodies[Layout.FLAT] for bodies in twice.values())
    assert any("$$" in bodies[Layout.PAGED] for bodies in twice.values())
    assert any("| " in bodies[Layout.PAGED] for bodies in twice.values())


def test_all_header_grammars_are_there_and_recognised(entries: list[Entry]) -> None:
    grammars = Counter(word.grammar for word in headwords(entries))
    assert set(grammars) == set(HeaderGrammar)
    examples = {
        HeaderGrammar.TERM_CATEGORY: "b-tree, databases",
        HeaderGrammar.TERM_ABBREVIATION_CATEGORY: "two-phase commit (2pc),two-phase commit,2pc,transactions",
        HeaderGrammar.TERM_TERM_CATEGORY: "mvcc, mvcc, transactions",
        HeaderGrammar.PHRASES: "leader follower replication,primary replica,",
        HeaderGrammar.WORDS: "sharding,partitioning,horizontal,scaling,database",
    }
    found = dict(zip((entry.header for entry in entries), headwords(entries), strict=True))
    for grammar, start in examples.items():
        assert found[by_header(entries, start).header].grammar is grammar


# -------------------------------------------------------------------------------------------------------- the dirt


def test_latex_commands_in_n_were_broken_at_their_n(flat: list[Entry]) -> None:
    for wreck in ("abla U", "eq 0", "eq \\emptyset", "leq V", "u$", "u_{granularity}"):
        assert any(f"\n{wreck}" in entry.body for entry in flat) or any(
            f" {wreck}" in text_of(name) for name, layout in LAYOUTS.items() if layout is Layout.PAGED
        )


def test_latex_lost_its_backslashes(entries: list[Entry]) -> None:
    bodies = " ".join(entry.body for entry in entries)
    for wreck in ("$ heta", " ho$", "= frac{", "$epsilon$", "2 imes ar{epsilon}", " cdot "):
        assert wreck in bodies


def test_a_body_breaks_off_in_a_formula_right_before_the_next_header(flat: list[Entry]) -> None:
    entry, following = next(
        (entry, following) for entry, following in pairwise(flat) if entry.body.count("$$") % 2 == 1
    )
    assert entry.header == "cardinality estimation, query processing"
    assert entry.body.endswith("\\sum_{b\n")
    assert following.line == entry.line + entry.body.count("\n") + 1


def test_code_has_lines_that_look_like_headers(flat: list[Entry]) -> None:
    lines = [line for entry in flat for code in FENCE.findall(entry.body) for line in code.split("\n")]
    for lure in ("order id, customer, city", "ada, turin", "working, prepared, committed", "follower a, follower b"):
        assert lure in lines
    assert not {entry.header for entry in flat} & set(lines)


def test_some_bodies_are_one_line(flat: list[Entry]) -> None:
    assert sum(entry.body.rstrip("\n").count("\n") == 0 for entry in flat) >= 5


def test_some_bodies_are_cut_off(entries: list[Entry]) -> None:
    cut = {entry.header.split(",")[0] for entry in entries if entry.body.rstrip()[-1] not in ".*;)"}
    assert cut == {
        "cardinality estimation",
        "database normalization",
        "prometheus",
        "transmission control protocol (tcp)",
    }


def test_a_header_and_its_body_are_about_different_things(entries: list[Entry]) -> None:
    entry = by_header(entries, "pgbouncer,pooling,connections")
    assert "SQLite" in entry.body
    assert not re.search(r"pgbouncer|pooling|connections", entry.body, re.IGNORECASE)


def test_reading_flags_the_dirt(entries: list[Entry]) -> None:
    flagged_entries = [flagged(parse(entry)) for entry in entries]

    def having(flag: Flag) -> set[str]:
        return {entry.header.split(",")[0] for entry in flagged_entries if flag in entry.flags}

    cut = {"cardinality estimation", "prometheus", "transmission control protocol (tcp)"}
    assert cut <= having(Flag.TRUNCATED) <= cut | {"database normalization"}
    assert having(Flag.HEADER_BODY_MISMATCH) == {"pgbouncer"}
    assert having(Flag.DAMAGED_MATH) >= {"vector clock", "snapshot isolation", "tf-idf", "backpressure"}
    assert not having(Flag.EMPTY_BODY)


def test_a_fragment_of_a_script_trails_a_page() -> None:
    assert text_of("002_distributed_systems.txt").endswith(".');")


def test_quotes_in_code_were_doubled(flat: list[Entry]) -> None:
    assert any('""' in code for entry in flat for code in FENCE.findall(entry.body))


@pytest.mark.parametrize("concept", ["Raft", "Bloom filter", "BM25"])
def test_some_concepts_have_several_entries(entries: list[Entry], concept: str) -> None:
    about = {e.header for e in entries if re.match(rf"(\*\*)?{concept}s?\b", e.body.strip(), re.IGNORECASE)}
    assert len(about) == 2


def test_a_template_recurs_in_many_entries(entries: list[Entry]) -> None:
    of_template = [entry for entry in entries if "Weigh the options against workload" in entry.body]
    assert len({entry.header for entry in of_template}) >= 10
    for entry in of_template:
        assert "**Definition**:" in entry.body
        assert "Where It Is Found" in entry.body


@pytest.mark.parametrize(
    ("kind", "pattern", "times"),
    [
        ("table", r"^\|(?:\s*:?-{2,}:?\s*\|)+$", 8),
        ("step", r"^1\. .+\n2\. .+\n3\. ", 8),
        ("code", r"^```python$", 3),
        ("display formula", r"^\$\$$", 10),
        ("inline formula", r"\$[^$\n]+\$", 20),
        ("heading", r"^\*\*[^*\n]+\*\*$", 60),
        ("bullet with lead-in", r"^- \*\*[^*\n]+\*\*: ", 150),
        ("bullet below a bullet with lead-in", r"^- \*\*[^*\n]+\*\*: [^\n]+\n- [a-z]", 2),
        ("comparison", r"^\*\*[^*\n]+ vs\.? [^*\n]+\*\*$", 4),
        ("citation", r"\([A-Z][^()\n]+, (?:19|20)\d\d\)", 12),
        ("abbreviation", r"\*\*[A-Z][\w -]+ \([A-Z][\w-]+\)\*\*", 4),
    ],
)
def test_flat_pages_hold_every_kind_of_block(flat: list[Entry], kind: str, pattern: str, times: int) -> None:
    found = sum(len(re.findall(pattern, entry.body, re.MULTILINE)) for entry in flat)
    assert found >= times, kind


@pytest.mark.parametrize("sign", ["```python ", "$$ ", "|---", " • **", " > **Note:**", " 1. ", " - **", " — ", "ö"])
def test_paged_pages_hold_every_kind_of_block_inline(sign: str) -> None:
    assert any(sign in text_of(name) for name, layout in LAYOUTS.items() if layout is Layout.PAGED)
