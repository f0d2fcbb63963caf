"""Which entries are on one concept, and why."""

from __future__ import annotations

import time
from dataclasses import replace

from kg.match import Group, ResolveOptions, groups, score
from kg.model import Annotation, Definition
from tests.annotated import LONG, Page


def together(*annotations: Annotation) -> list[list[str]]:
    return [[str(a.entry.id) for a in group.members] for group in groups(annotations)]


def test_entries_with_one_label_are_one_concept() -> None:
    page = Page()
    assert together(page.entry("Hand Plane", "A tool."), page.entry("hand-planes", "A smoother.")) == [
        ["page.txt/L1", "page.txt/L3"]
    ]


def test_a_label_that_is_another_entrys_alias_joins_them_when_the_texts_agree() -> None:
    page = Page()
    left = page.entry("Smoothing Plane", LONG["wood"], aliases=("smoother",))
    assert together(left, page.entry("Smoother", LONG["wood again"])) == [["page.txt/L1", "page.txt/L3"]]


def test_a_label_that_is_another_entrys_alias_is_not_enough() -> None:
    page = Page()
    left = page.entry("Smoothing Plane", LONG["wood"], aliases=("smoother",))
    assert together(left, page.entry("Smoother", LONG["air"])) == [["page.txt/L1"], ["page.txt/L3"]]


def test_a_narrower_concept_stays_apart() -> None:
    page = Page()
    left = page.entry("Plane", LONG["wood"], category="tools")
    assert together(left, page.entry("Plane Sharpening", LONG["wood again"], category="tools")) == [
        ["page.txt/L1"],
        ["page.txt/L3"],
    ]


def test_a_name_with_the_kind_of_thing_that_its_definition_names_is_the_same_name() -> None:
    page = Page()
    short = defined(page.entry("Norris", LONG["wood"]), "smoothing plane")
    long = page.entry("Norris Smoothing Plane", LONG["wood again"])
    assert together(short, long) == [["page.txt/L1", "page.txt/L3"]]
    assert together(short, page.entry("Norris museum", LONG["wood again"])) == [["page.txt/L1"], ["page.txt/L5"]]


def test_names_that_end_in_other_words_for_a_way_of_doing_are_the_same_name() -> None:
    page = Page()
    left = page.entry("Board Flattening Method", LONG["wood"])
    assert together(left, page.entry("Board Flattening Technique", LONG["wood again"])) == [
        ["page.txt/L1", "page.txt/L3"]
    ]
    assert together(left, page.entry("Board Flattening Machine", LONG["wood again"])) == [
        ["page.txt/L1"],
        ["page.txt/L5"],
    ]


def defined(annotation: Annotation, genus: str) -> Annotation:
    """The annotation with a definition that names this genus."""
    label = annotation.headword.label
    return replace(
        annotation, definitions=(Definition(f"{label} is a {genus}", annotation.entry.body_span, genus, "t"),)
    )


def test_homographs_of_two_fields_stay_apart() -> None:
    page = Page()
    wood = page.entry("Plane", LONG["wood"], category="woodworking")
    air = page.entry("Plane", LONG["air"], category="aviation", kind="Hardware")
    again = page.entry("Plane", LONG["wood again"], category="hand tools")
    assert together(wood, air, again) == [["page.txt/L1", "page.txt/L5"], ["page.txt/L3"]]


def test_homographs_with_short_texts_are_told_apart_by_field_and_class() -> None:
    page = Page()
    tool = page.entry("Plane", "A tool for boards.", category="woodworking", kind="Hardware")
    same = page.entry("Plane", "It shaves wood.", category="hand tools", kind="Hardware")
    maths = page.entry("Plane", "A flat surface.", category="geometry", kind="Theory")
    assert together(tool, same, maths) == [["page.txt/L1", "page.txt/L3"], ["page.txt/L5"]]


def test_homographs_with_short_texts_are_told_apart_by_what_they_are() -> None:
    page = Page()
    tool = defined(page.entry("Plane", "It shaves boards.", category="woodworking"), "cutting tool")
    hand = defined(page.entry("Plane", "It has an iron.", category="workshop"), "hand tool")
    tree = defined(page.entry("Plane", "Its bark peels.", category="botany"), "tree")
    assert together(tool, hand, tree) == [["page.txt/L1", "page.txt/L3"], ["page.txt/L5"]]


def test_a_chain_of_aliases_does_not_join_homographs() -> None:
    page = Page()
    wood = page.entry("Plane", LONG["wood"], category="woodworking")
    air = page.entry("Plane", LONG["air"], category="aviation")
    both = page.entry("Flat Thing", f"{LONG['wood again']} {LONG['air']}", aliases=("plane",))
    found = together(wood, air, both)
    assert not any({"page.txt/L1", "page.txt/L3"} <= set(group) for group in found)


def test_titles_of_the_same_words_are_one_concept_when_the_texts_agree() -> None:
    page = Page()
    left = page.entry("Hand Tool Care and Hand Tool Tuning", LONG["wood"])
    right = page.entry("Hand Tool Care and Tuning", LONG["wood again"])
    assert together(left, right) == [["page.txt/L1", "page.txt/L3"]]


def test_a_match_explains_itself() -> None:
    page = Page()
    left = page.entry("Smoothing Plane", LONG["wood"], aliases=("smoother",), category="tools")
    right = page.entry("Smoother", LONG["wood again"], category="tools")
    (group,) = groups([left, right])
    (match,) = group.matches
    assert (match.left, match.right) == ("page.txt/L1", "page.txt/L3")
    assert match.reasons == ("label_is_alias", "same_field", "similar_text")
    assert ResolveOptions().threshold <= score(match, ResolveOptions())


def test_weights_decide() -> None:
    page = Page()
    pair = [
        page.entry("Smoothing Plane", LONG["wood"], aliases=("smoother",)),
        page.entry("Smoother", LONG["wood again"]),
    ]
    assert len(groups(pair, ResolveOptions(threshold=5))) == 2


def test_thousands_of_copies_are_resolved_in_time_that_grows_with_their_number() -> None:
    """Half a minute when each copy had its group read again."""
    page = Page()
    first = page.entry("Plane", LONG["wood"], category="tools")
    copies = [replace(first, entry=replace(first.entry, line=line)) for line in range(1, 2001)]
    variants = [replace(c, entry=replace(c.entry, body=f"{c.entry.body} {c.entry.line}")) for c in copies]
    started = time.process_time()
    assert [len(group.members) for group in groups(copies)] == [2000]
    assert [len(group.members) for group in groups(variants)] == [2000]
    assert time.process_time() - started < 15


def test_group_is_a_value() -> None:
    annotation = Page().entry("Plane", "A tool.")
    assert Group.of(annotation) == Group.of(replace(annotation))
