from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.blocks import parse
from kg.headers import flagged, headword, headwords, split_header, subject_fields
from kg.model import Entry, Flag, HeaderGrammar, Headword, Layout, Span
from kg.names import key


def entry(header: str, body: str, layout: Layout = Layout.FLAT) -> Entry:
    start = len(header) + 1
    return parse(
        Entry("page.txt", 1, layout, header, Span(0, len(header)), body, Span(start, start + len(body)))
    )  # fmt: skip


def word(header: str, body: str, *fields: str) -> Headword:
    return headword(entry(header, body), frozenset(map(key, fields)))


GRAMMARS = [
    ("band saw, woodworking", "**Band saw** is a saw.", HeaderGrammar.TERM_CATEGORY, "woodworking"),
    ("band saw,woodworking", "Band saw cuts curves.", HeaderGrammar.TERM_CATEGORY, "woodworking"),
    (
        "mean sea level (msl),mean sea level,msl,surveying",
        "**Mean Sea Level (MSL)** is a datum.",
        HeaderGrammar.TERM_ABBREVIATION_CATEGORY,
        "surveying",
    ),
    ("msl (mean sea level), surveying", "MSL is a datum.", HeaderGrammar.TERM_CATEGORY, "surveying"),
    ("anemometer, anemometer, weather", "**Anemometer** is a gauge.", HeaderGrammar.TERM_TERM_CATEGORY, "weather"),
    ("mean sea level, msl, surveying", "**Mean Sea Level** is a datum.", HeaderGrammar.TERM_TERM_CATEGORY, "surveying"),
    ("tenon, tenon joint, joinery", "**Tenon** is a joint.", HeaderGrammar.TERM_TERM_CATEGORY, "joinery"),
    (
        "lathe turning,wood turning basics,bowl gouge,spindle work",
        "**Lathe Turning** is a craft.",
        HeaderGrammar.PHRASES,
        None,
    ),
    ("wood,lathe,turning,bowl", "**Lathe Turning of Bowls** is a craft.", HeaderGrammar.WORDS, None),
    ("anemometer", "**Anemometer** is a gauge.", HeaderGrammar.TERM_CATEGORY, None),
    ("plane, plane iron", "**Plane** is a tool.", HeaderGrammar.TERM_TERM_CATEGORY, None),
]


@pytest.mark.parametrize(("header", "body", "grammar", "category"), GRAMMARS)
def test_grammar_and_category(header: str, body: str, grammar: HeaderGrammar, category: str | None) -> None:
    found = word(header, body)
    assert (grammar, category) == (found.grammar, found.category)


def test_a_category_is_known_by_its_recurrence() -> None:
    pages = [entry(f"{term}, joinery", f"**{term}** is a joint.") for term in ("dovetail", "finger joint")]
    doubtful = entry("plane, smoothing plane iron, joinery", "**Plane** is a tool.")
    assert frozenset({key("joinery")}) == subject_fields(pages)
    assert headwords([*pages, doubtful])[2].category == "joinery"
    unknown = entry("plane, wood shavings, garden chairs", "**Plane** is a tool.")
    assert headwords([*pages, unknown])[2].category is None


def test_copies_of_one_header_do_not_make_a_category_recur() -> None:
    page = entry("dovetail, joinery", "**Dovetail** is a joint.")
    assert frozenset() == subject_fields([page, page])


def test_a_recurring_category_that_repeats_the_term_stays_a_category() -> None:
    assert word("audio mixing, audio", "**Audio Mixing** is a craft.", "audio").category == "audio"


LABELS = [
    ("band saw, tools", "**Band Saw** is a saw.", "Band Saw"),
    ("band saw, tools", "Band saws are saws with an endless blade.", "Band saws"),
    ("band saw, tools", "A **band saw** is a saw.", "band saw"),
    ("band saw, tools", "The *Band Saw* was invented early.", "Band Saw"),
    ("band saw, tools", "**Band Saw (BS)** is a saw.", "Band Saw"),
    ("band saw, tools", "**Band Saw**: an endless blade over two wheels.", "Band Saw"),
    ("band saw, tools", "**Band Saw** — an endless blade over two wheels.", "Band Saw"),
    ("band saw, tools", "## What Is a Band Saw?\nIt has an endless blade over two wheels.", "Band Saw"),
    ("band saw, tools", "**BS-9: A Band Saw for Boats — Curves Without Tears**\nIt cuts.", "Band Saw for Boats"),
    ("band saw tyres,saw tuning", "**Workshop Practice: Band Saw Tyres in Use**\nTyres turn.", "Band Saw Tyres in Use"),
    ("band saw, tools", "## Overview\n**Band Saw** is a saw.", "Band Saw"),
    ("band saw, tools", "It cuts curves with an endless blade.", "band saw"),
    ("msl (mean sea level), surveying", "MSL (Mean Sea Level) measures height.", "MSL"),
    ("mean sea level gauge, tides", "**MSL** (Mean Sea Level) Gauge is an instrument.", "MSL Gauge"),
    ("dovetail, joinery", "In joinery, a dovetail is a joint with flared pins.", "dovetail"),
    ("band saw, tools", "**Band Saw is a saw with an endless blade** that cuts curves.", "Band Saw"),
    ("band saw, tools", "**Definition.** A band saw is a saw with an endless blade.", "band saw"),
    ("band saw, tools", "**Term:** Band Saw. **Definition:** a saw with an endless blade.", "Band Saw"),
    ("terms of trade, commerce", "**Terms of Trade** are a ratio.", "Terms of Trade"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "body", "label"), LABELS)
def test_label_as_the_body_writes_it(header: str, body: str, label: str) -> None:
    assert label == word(header, body).label


def test_a_body_without_any_name_takes_the_label_of_the_header() -> None:
    assert word("band saw, tools", "").label == "band saw"
    assert word("msl (mean sea level), tides", "- one\n- two").label == "msl"


ALIASES = [
    ("msl, tides", "**Mean Sea Level (MSL)** is a datum.", {"MSL"}),
    ("mean sea level, tides", "**Mean Sea Level** (also called **datum height**) is a datum.", {"datum height"}),
    ("mean sea level, tides", "**Mean Sea Level**, also known as chart zero, is a datum.", {"chart zero"}),
    ("mean sea level, tides", "**Mean Sea Level** or chart zero is a datum.", {"chart zero"}),
    ("mean sea level, tides", "**Mean Sea Level** is a datum. Surveyors read mean sea level (MSL) daily.", {"MSL"}),
    ("msl, tides", "**MSL** is mean sea level, which maps use as zero.", {"mean sea level"}),
    ("msl ii, msl, tides", "**MSL II** is mean sea level reckoned anew.", {"mean sea level"}),
    ("jigsaw blades, tools", "**Jigsaw** is a saw.", {"jigsaw blades"}),
    ("hand pump,hand water pump,wells", "**Hand Pump** is a pump.", {"hand water pump"}),
    (
        "tidal gauge msl,sea level survey,tide tables",
        "**Mean Sea Level (MSL) Gauges** are instruments. An MSL gauge floats.",
        {"MSL Gauges"},
    ),
    ("pcb,boards,etching basics", "**PCBs (Printed Circuit Boards)** are carriers.", {"Printed Circuit Boards"}),
    ("mean sea level,tides at sea,chart zero", "**Mean Sea Level (summer, winter)** is a datum.", set()),
    ("tide,tides at sea,chart zero", "**Tidal Range (TR) and Mean Sea Level (MSL)** are measured daily.", set()),
    ("multi-stage pump, wells", "**Multi-Stage Pump** is a pump. Why Multi-Stage? It lifts high.", set()),
    ("feed pump tuning,pumps at sea", "## Feed Pump Tuning\nWhat is a feed pump? It feeds.", {"feed pump"}),
    ("dovetail, joinery", "**Dovetail** is a joint called secret mitre in some shops.", set()),
    ("mean sea level, tides", "**Mean Sea Level** is low. The Old Mean Sea Level (OMSL) was higher.", set()),
    ("wind power rotor,sails,mill caps", "**Wind/Water Mills** turn. They grind.", {"Wind Mills", "Water Mills"}),
    ("i/o board, boats", "**I/O Board** is a board.", set()),
    ("tidal gauge, tides", "**Tidal Gauge (sea level gauge)** is an instrument.", {"sea level gauge"}),
    ("tidal gauge, tides", "**Tidal Gauge (brass and glass)** is an instrument.", set()),
    ("tyre, wheels", "**Tyre (American spelling: tire)** is a ring.", {"tire"}),
    ("ms lo, tides", "**MS LO (Mean Sea Level Offset)** is a height.", {"Mean Sea Level Offset"}),
    ("salt equilibrium, salts", "**Base and Salt Equilibrium (BaSE)** is a state.", {"BaSE", "Salt Equilibrium"}),
    ("tide staff, tides", "**Tide Staff** is a pole.\n**Also called:** sea pole, rule (old).", {"sea pole", "rule"}),
    ("tide staff, tides", "**Tide Staff** is a pole.\n**Parts:** foot, scale.", set()),
    ("ploughing, farming", "**Ploughing** cuts a field into strips, called lands, and turns them.", set()),
    ("ploughing, farming", "**Ploughing**, called tillage, turns the soil.", {"tillage"}),
]  # fmt: skip


@pytest.mark.parametrize(("header", "body", "aliases"), ALIASES)
def test_aliases(header: str, body: str, aliases: set[str]) -> None:
    assert aliases == set(word(header, body).aliases)


def test_search_phrases_that_are_no_names_are_keywords() -> None:
    found = word(
        "lathe turning wood,bowl gouge,lathe turning,chuck mounting", "**Lathe Turning** is a craft. It needs a gouge."
    )
    assert (
        found.label,
        found.aliases,
        found.keywords,
    ) == ("Lathe Turning", (), ("lathe turning wood", "bowl gouge", "chuck mounting"))


def test_a_title_of_two_things_has_neither_as_its_alias() -> None:
    found = word(
        "spokeshave,draw knife,curved work,chair legs", "**Spokeshave and Draw Knife** — Draw knives remove bark."
    )
    assert (found.label, found.aliases) == ("Spokeshave and Draw Knife", ())


def test_a_title_of_two_things_whose_header_is_on_the_first() -> None:
    body = "**Spokeshave Work and Edge Care** are crafts of the chair maker."
    assert word("spokeshave work,chair legs,curves,edge care", body).aliases == ("Spokeshave Work",)
    assert word("spokeshave work,edge care,chair legs,curves", body).aliases == ()


def test_several_phrases_behind_the_names_are_no_category() -> None:
    header, body = "mean sea level (msl),msl,tide staffs,chart zero,land survey", "**Mean Sea Level (MSL)** is a datum."
    assert word(header, body).category is None
    assert word(header, body, "land survey").category == "land survey"


def test_a_title_of_two_things_over_a_text_on_the_first() -> None:
    body = "**Spokeshave Work and Edge Care — Curves Made Easy**\nSpokeshave work (SW) shapes chair legs."
    found = word("spokeshave work,edge care,chair legs,curves", body)
    assert (found.label, found.aliases) == ("Spokeshave Work", ("SW",))


def test_aliases_are_distinct_and_are_not_the_label() -> None:
    found = word("mean sea level (msl),mean sea level,msl,surveying", "**Mean Sea-Level (MSL)** is a datum (MSL).")
    assert (found.label, found.aliases, found.keywords) == ("Mean Sea-Level", ("MSL",), ())


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("chisel,sharpening,stones", "**Sextant** is an instrument that measures angles at sea."),
        ("chisel, tools", "Sextants are instruments for angles."),
        ("chisel, tools", "**Sextant: Angles at Sea**\nNavigators take noon sights."),
    ],
)
def test_header_and_body_about_different_things_are_flagged(header: str, body: str) -> None:
    page = entry(header, body)
    assert Flag.HEADER_BODY_MISMATCH in flagged(page).flags
    assert "extant" in headword(page).label
    assert headword(page).aliases == ()


@pytest.mark.parametrize(("header", "body"), [(header, body) for header, body, _ in LABELS])
def test_related_header_and_body_are_not_flagged(header: str, body: str) -> None:
    page = entry(header, body)
    assert page == flagged(page)


def test_initials_relate_a_header_to_its_body() -> None:
    page = entry("pcb, electronics", "**Printed Circuit Board** carries parts.")
    assert page == flagged(page)


def test_split_header_keeps_commas_in_brackets() -> None:
    assert split_header("acts (a, b) ,, b,") == ["acts (a, b)", "b"]


@given(st.text(min_size=1).filter(lambda s: "\n" not in s and s.strip()), st.text(max_size=200))
def test_any_header_and_body_give_a_label(header: str, body: str) -> None:
    page = entry(header, body)
    found = headword(page)
    assert found == headword(page)
    assert found.label or not any(c.isalnum() for c in header)
    assert len({key(n) for n in (found.label, *found.aliases)}) == 1 + len(found.aliases)
    flagged(page)
