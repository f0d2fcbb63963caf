from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ReadError
from kg.segment import ENOUGH, LOOK_AHEAD, SAMPLE, header_items, segment, split_lines, weigh
from tests.golden_cases import Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.model import Entry


def entries_of(text: str) -> list[Entry]:
    return list(segment(split_lines(text.splitlines(keepends=True)), source="harbour.txt"))


@pytest.mark.parametrize("case", cases("segments", "document", "entries"), ids=str)
def test_entries_begin_where_the_golden_case_says(case: Case) -> None:
    found = [f"{entry.line} {entry.layout.value} {entry.header}" for entry in entries_of(case.parts["document"])]
    assert found == case.parts["entries"].split("\n")


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("keel, hull", ["keel", "hull"]),
        ("global positioning (gp),global positioning,gp", ["global positioning (gp)", "global positioning", "gp"]),
        ("x-ray, 3d sonar, c++", ["x-ray", "3d sonar", "c++"]),
        ("h. pylori, e. coli, cats vs. dogs", ["h. pylori", "e. coli", "cats vs. dogs"]),
        ("It rained, and it was cold.", []),
        ("first one. second, third", []),
        ("tides, currents,", []),
        ("tides, and currents", []),
        ("**tides**, currents", []),
        ("- tides, currents", []),
        ("| tides, currents |", []),
        ("output = f(tides, currents)", []),
        ("Where: tides, currents", []),
        ("1. tides, currents", []),
        ("tides (ebb, currents", []),
        ("", []),
    ],
)
def test_only_lists_of_phrases_have_the_shape_of_a_header(line: str, items: list[str]) -> None:
    assert header_items(line) == items


def test_evidence_adds_up() -> None:
    strong = weigh("The end.", "keel, hull", "**Keel** is a **beam** of a hull.", apart=False)
    weak = weigh("The end.", "oak, elm", "**Keel** is a **beam** of a hull.", apart=False)
    none = weigh("The end.", "oak, elm", "It was made of them for many years, and then of steel.", apart=False)
    assert strong.points > weak.points >= ENOUGH > none.points
    assert strong.certain
    assert not weak.certain


PROSE = """\
It was a bright cold day in April, and the clocks on the quay were striking. Nobody looked up, for nobody expected
rain, snow or visitors. The harbour master, a tall man with a limp, went on with his breakfast,
his letters, his newspaper
and his pipe. Later, when the boat came in, there were questions, answers and more questions.
"""
README = """\
# harbour

A small library for tide tables.

## Installation

pip install harbour

## Usage

Run `harbour --help`, read the manual, ask a friend.

- fast, small, tested
- no dependencies
"""
CODE = """\
from harbour import tides, currents
import os, sys

def height(port, time):
    \"\"\"Return the height, in metres.\"\"\"
    low, high = tides(port)
    return low + (high - low) * phase(time)

PORTS = [
    "brest", "calais",
]
"""
LOG = """\
2031-02-11 10:00:01 INFO harbour started, port 80, workers 4
2031-02-11 10:00:02 WARN tide table missing, using default, retrying
2031-02-11 10:00:03 INFO ready
"""
CSV = """\
name,port,description
brest,france,Brest is a harbour in France and has a large roadstead
calais,france,Calais is a harbour in France and lies at the narrows
"""
POEM = """\
the sea was grey, the sky was low
The sea was grey and the sky was low and nobody knew where to go
the wind was cold, the wind was slow
The wind was cold.
"""
LIST = "\n".join(f"item {n}, group {n % 3}" for n in range(40))
LETTER = "dear anna, dear tom\n\nWe arrived on Monday. The weather has been kind, the food plentiful.\n\nlove, greta\n"


@pytest.mark.parametrize("text", [PROSE, README, CODE, LOG, CSV, POEM, LIST, LETTER, "x\n", "tides, currents\n"])
def test_a_text_that_is_no_glossary_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match=r"^harbour\.txt: no glossary: .* header .*'term, category'"):
        entries_of(text)


@pytest.mark.parametrize("text", ["", "\n\n", "   \n\t\n", "\ufeff"])
def test_an_empty_document_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match=r"^harbour\.txt: the document is empty"):
        entries_of(text)


GLOSSARY = """\
keel, hull
**Keel** is a **beam** of a hull.
- **Fin keel**: short and deep.
rudder, steering
**Rudder** is a **blade** behind the keel.
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_byte_order_mark_shift_nothing(newline: str, mark: str) -> None:
    text = mark + GLOSSARY.replace("\n", newline)
    entries = list(segment(split_lines(piece + "\n" for piece in text.split("\n")[:-1]), source="x"))
    assert [(entry.line, entry.header) for entry in entries] == [(1, "keel, hull"), (4, "rudder, steering")]
    for entry in entries:
        assert text[entry.header_span.start : entry.header_span.end] == entry.header
        assert text[entry.body_span.start : entry.body_span.end] == entry.body
    assert entries[0].header_span.start == len(mark)
    assert entries[-1].body_span.end == len(text)


_FRAGMENTS = st.sampled_from(
    [
        "keel, hull\n", "**Keel** is a **beam** of a hull.\n", "\n", "\n\n", "- **Fin**: deep.\n", "```\n", "$$\n",
        "rudder, steering\n", "**Rudder** is a **blade**.\n", "abla x,\n", "| a, b | c |\n", "oak, elm\n", "\r\n",
        "A rudder is a blade that turns in the water behind the keel of a ship.\n", "\u2028", "\x0c",
        "\r", "é𝔸", "port\n",
    ]
)  # fmt: skip


@given(st.lists(_FRAGMENTS, max_size=30).map(lambda parts: GLOSSARY + "".join(parts)))
def test_every_character_is_in_preamble_header_terminator_or_body(text: str) -> None:
    raw = [piece + "\n" for piece in text.split("\n")[:-1]] + [text.rsplit("\n", 1)[-1]]
    entries = list(segment(split_lines(piece for piece in raw if piece), source="x"))
    position = entries[0].header_span.start
    for entry in entries:
        assert entry.header_span.start == position
        assert text[position : entry.header_span.end] == entry.header
        assert text[entry.header_span.end : entry.body_span.start] in ("\n", "\r\n", "")
        assert text[entry.body_span.start : entry.body_span.end] == entry.body
        assert entry.line == text.count("\n", 0, position) + 1
        position = entry.body_span.end
    assert position == len(text)


def test_entries_come_before_the_document_has_been_read() -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            for line in GLOSSARY.splitlines(keepends=True):
                read += 1
                yield line

    entries = segment(split_lines(endless()), source="x")
    for _ in range(2_000):
        next(entries)
    assert read < 2_000 * 2.5 + SAMPLE + 2 * LOOK_AHEAD


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        entries = entries_of(text)
    except ReadError:
        return
    assert entries


NOTATION = {
    "Rope<T>, nautical types": "Rope<T>",
    "f(tide), functions": "f(tide)",
    "@mooring, decorators": "@mooring",
    "__draft__, attributes": r"\_\_draft\_\_",
    "Mt. Fog, lighthouses": "Mt. Fog",
    "ebb → flow, signs": "ebb → flow",
    "Ahoy, sailor!, greetings": "Ahoy, sailor!",
}


@pytest.mark.parametrize("blank", ["", "\n"])
def test_a_header_of_any_shape_is_known_by_the_bold_name_below(blank: str) -> None:
    body = "is a thing that people who go to sea have talked about for a long time. It uses signs and words."
    text = "".join(f"{header}\n{blank}**{name}** {body}\n{blank}" for header, name in NOTATION.items())
    assert [entry.header for entry in entries_of(text)] == list(NOTATION)


@pytest.mark.parametrize(
    "line", ["# Keel", "- Keel", "**Keel**", "Keel = beam", "Keel, so they say, is long.", "| Keel |", "1. Keel"]
)
def test_a_line_that_only_leads_up_to_its_name_in_bold_is_no_header(line: str) -> None:
    text = (
        f"hull, ships\n**Hull** is the body of a ship that keeps the water out.\n{line}\n**Keel** is its lowest beam.\n"
    )
    assert [entry.header for entry in entries_of(text)] == ["hull, ships"]
