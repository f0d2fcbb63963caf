"""Reading orders: what comes before what, why, and what is cut where concepts need one another in a circle."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ConceptNotFound, UsageError
from kg.learning import LEAST, NEEDS, in_order, strongest, without_cycles
from tests.hostile import graph_of, hostile_knowledge
from tests.orchard import MULCH, orchard_knowledge
from tests.test_cli import built, run  # noqa: F401 - fixtures
from tests.webs import Row, shapes, web

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from kg.learning import Need, ReadingOrder
    from tests.test_cli import Terminal

# ------------------------------------------------------------------------------------------------------ properties

LETTERS = "abcdefgh"


@st.composite
def needs(draw: st.DrawFn) -> list[Need]:
    node = st.sampled_from(LETTERS)
    pairs = draw(st.lists(st.tuples(node, node), max_size=24, unique=True))
    return [(one, other, draw(st.sampled_from([0.2, 0.5, 0.5, 0.9, 1.0]))) for one, other in pairs]


@settings(max_examples=300)
@given(needs())
def test_what_is_kept_has_no_cycle_and_what_is_cut_is_the_weakest_of_one(given_: list[Need]) -> None:
    kept, cut = without_cycles(given_, "a")
    assert sorted(kept + cut) == sorted(given_)
    graph = networkx.DiGraph([(one, other) for one, other, _ in kept])
    graph.add_nodes_from(LETTERS)
    assert networkx.is_directed_acyclic_graph(graph)
    assert not [need for need in kept if need[1] == "a"]
    for one, other, strength in cut:
        if other in ("a", one):
            continue
        stronger = networkx.DiGraph([(a, b) for a, b, s in kept if s >= strength])
        assert networkx.has_path(stronger, other, one)


@settings(max_examples=200)
@given(needs(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(given_: list[Need], chance: random.Random) -> None:
    again = list(given_)
    chance.shuffle(again)
    assert without_cycles(again, "a") == without_cycles(given_, "a")
    assert in_order("a", without_cycles(again, "a")[0]) == in_order("a", without_cycles(given_, "a")[0])


@settings(max_examples=200)
@given(needs())
def test_an_order_has_each_once_after_what_it_needs(given_: list[Need]) -> None:
    kept, _ = without_cycles(given_, "a")
    order = [*in_order("a", kept), "a"]
    graph = networkx.DiGraph([(one, other) for one, other, _ in kept])
    graph.add_node("a")
    assert sorted(order) == sorted({"a", *networkx.descendants(graph, "a")})
    place = {node: at for at, node in enumerate(order)}
    assert all(place[other] < place[one] for one, other, _ in kept if one in place)


@settings(max_examples=200)
@given(needs(), st.integers(1, 4), st.integers(1, 9))
def test_the_strongest_chains_are_found(given_: list[Need], depth: int, most: int) -> None:
    around = {node: [(other, s) for one, other, s in given_ if one == node] for node in LETTERS}
    found = strongest("a", lambda node: around[node], depth=depth, most=most)
    assert "a" not in found
    assert len(found) <= most
    strengths = [strength for _, strength, _ in found.values()]
    assert strengths == sorted(strengths, reverse=True)
    for node, (before, strength, length) in found.items():
        assert 1 <= length <= depth
        assert strength >= LEAST
        upstream = (1.0, 0) if before == "a" else found[before][1:]
        step = max(s for other, s in around[before] if other == node)
        assert (strength, length) == (pytest.approx(upstream[0] * step), upstream[1] + 1)


@settings(max_examples=80)
@given(shapes(("requires", "uses", "hasExample", "contrastsWith")), st.integers(1, 8), st.integers(1, 4))
def test_a_reading_order_of_a_graph_keeps_its_word(shape: tuple[int, list[Row]], n: int, depth: int) -> None:
    graph = web(*shape)
    order = graph.learn("c00", n, depth=depth, everything=True)
    place = {item.concept.iri: at for at, item in enumerate(order.items)}
    assert len(place) == len(order) <= n
    place[order.concept.iri] = len(order)
    for item in order.items:
        assert 1 <= item.depth <= depth
        assert item.reason.needs == item.concept
        assert item.reason.concept in item.needed_by
        assert place[item.concept.iri] < min(place[by.iri] for by in item.needed_by)
    assert all(place[each.needs.iri] >= place[each.concept.iri] for each in order.cut)
    stated = {(edge.subject, edge.predicate, edge.object) for edge in graph.index.edges}
    wanted = {
        (one, other)
        for s, p, o in stated
        for one, other, forward in ((s, o, True), (o, s, False))
        if (p, forward) in NEEDS and one != other and {one, other} <= place.keys()
    }
    respected = {(by.iri, item.concept.iri) for item in order.items for by in item.needed_by}
    assert respected | {(each.concept.iri, each.needs.iri) for each in order.cut} == wanted


# ------------------------------------------------------------------------------------------------- what is a need


def names(order: ReadingOrder) -> list[str]:
    return [item.concept.label for item in order.items]


def sentences(reasons: Iterable[object]) -> list[str]:
    return [str(reason) for reason in reasons]


@pytest.mark.parametrize(
    ("row", "before"),
    [
        ((0, "requires", 1, 1.0), ["c01"]),
        ((0, "uses", 1, 1.0), ["c01"]),
        ((0, "extends", 1, 1.0), ["c01"]),
        ((0, "broader", 1, 1.0), ["c01"]),
        ((0, "hasPart", 1, 1.0), ["c01"]),
        ((1, "hasExample", 0, 1.0), ["c01"]),
        ((1, "requires", 0, 1.0), []),
        ((1, "broader", 0, 1.0), []),
        ((0, "hasExample", 1, 1.0), []),
        ((0, "contrastsWith", 1, 1.0), []),
        ((0, "usedFor", 1, 1.0), []),
    ],
)
def test_what_a_concept_needs(row: Row, before: list[str]) -> None:
    assert names(web(2, [row]).learn("c00", everything=True)) == before


def test_what_is_needed_more_comes_first_and_right_after_what_it_builds_on() -> None:
    rows = [(0, "uses", 1, 0.5), (0, "requires", 2, 1.0), (2, "requires", 3, 1.0), (1, "uses", 3, 0.5)]
    order = web(4, rows).learn("c00", everything=True)
    assert names(order) == ["c03", "c02", "c01"]
    assert [item.depth for item in order.items] == [2, 1, 1]
    assert [each.label for each in order.items[0].needed_by] == ["c02", "c01"]
    assert str(order) == "c03 → c02 → c01 → c00"


def test_a_cycle_is_cut_at_its_weakest_need_and_says_so() -> None:
    rows = [(0, "uses", 1, 1.0), (1, "requires", 2, 0.9), (2, "requires", 1, 0.4), (2, "requires", 0, 1.0)]
    order = web(3, rows).learn("c00", everything=True)
    assert names(order) == ["c02", "c01"]
    assert sentences(order.cut) == ["c02 requires c00", "c02 requires c01"]


def test_only_what_has_an_entry_is_to_be_read_and_needs_lead_through_the_rest() -> None:
    rows = [(0, "uses", 1, 1.0), (1, "requires", 2, 0.5), (0, "requires", 3, 1.0)]
    graph = web(4, rows, described={0: "c00 is here. More.", 2: "c02 is there. And more."})
    order = graph.learn("c00")
    assert names(order) == ["c02"]
    (item,) = order.items
    assert item.definition == "c02 is there."
    assert [entry.place for entry in item.entries] == ["web.txt:3"]
    assert item.reason.sentence == "c00 uses c01; c01 requires c02"
    assert item.strength == item.reason.strength == pytest.approx(0.4)
    assert names(graph.learn("c00", everything=True)) == ["c03", "c02", "c01"]


def test_what_is_only_mentioned_weighs_less_and_is_quoted() -> None:
    texts = {
        0: "Lathe is a tool like a knife. It is fast. It turns wood with a gouge, as all know. It is old.",
        1: "Knife cuts.", 2: "Gouge digs.", 3: "Saw saws.",
    }  # fmt: skip
    graph = web(
        4, [(0, "uses", 3, 0.9)], labels=["Lathe", "knife", "gouge", "saw"], described=texts,
        mentions=[(0, 1), (0, 2)],
    )  # fmt: skip
    order = graph.learn("lathe")
    assert names(order) == ["saw", "knife", "gouge"]
    assert sentences(item.reason for item in order.items) == [
        "Lathe uses saw",
        "the definition of Lathe mentions knife",
        "the definition of Lathe mentions gouge",
    ]


def test_a_mention_beyond_the_definition_quotes_its_sentence() -> None:
    graph = graph_of(orchard_knowledge())
    (item,) = graph.learn("mulch").items
    assert item.reason.sentence == "the entry of mulch mentions Grafting wax"
    (quote,) = item.reason.quotes
    assert (quote.exact, quote.place) == ("See grafting wax and frost.", "soil.txt:2")
    assert MULCH[quote.start : quote.end] == quote.exact


def test_what_contrasts_is_no_need_though_it_is_mentioned() -> None:
    texts = {0: "c00 is unlike c01.", 1: "c01 is."}
    assert names(web(2, [(0, "contrastsWith", 1, 0.9)], described=texts, mentions=[(0, 1)]).learn("c00")) == []
    assert names(web(2, [], described=texts, mentions=[(0, 1)]).learn("c00")) == ["c01"]


def test_doubtful_relations_can_be_left_out_and_the_number_limited() -> None:
    graph = web(4, [(0, "uses", 1, 0.9), (0, "uses", 2, 0.8), (0, "uses", 3, 0.3)])
    assert names(graph.learn("c00", everything=True, min_confidence=0.5)) == ["c01", "c02"]
    order = graph.learn("c00", 2, everything=True)
    assert (names(order), order.more) == (["c01", "c02"], 1)


def test_chains_end_at_the_depth() -> None:
    graph = web(5, [(at, "requires", at + 1, 1.0) for at in range(4)])
    assert names(graph.learn("c00", depth=2, everything=True)) == ["c02", "c01"]


# ---------------------------------------------------------------------------------------------------------- edges


def test_a_concept_without_prerequisites_has_an_empty_order() -> None:
    order = web(1, []).learn("c00")
    assert (len(order), order.cut, order.more) == (0, (), 0)


def test_calls_that_make_no_sense() -> None:
    graph = web(2, [])
    with pytest.raises(ConceptNotFound, match="no concept 'x'"):
        graph.learn("x")
    with pytest.raises(UsageError, match="at least 1, not 0"):
        graph.learn("c00", 0)
    with pytest.raises(UsageError, match="depth of a reading order is at least 1"):
        graph.learn("c00", depth=0)
    with pytest.raises(UsageError, match="min_confidence is a number from 0 to 1"):
        graph.learn("c00", min_confidence=2)


def test_hostile_words_are_text_in_html() -> None:
    graph = graph_of(hostile_knowledge())
    order = graph.learn("concept:c0", 30, depth=20)
    html = order._repr_html_()
    assert len(order) > 1
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    json.dumps(asdict(order))


# ------------------------------------------------------------------------------------------------ the command line


def test_learn_prints_reasons_places_and_the_concept_itself(run: Terminal) -> None:  # noqa: F811
    assert run("learn", "grafting").splitlines() == [
        "1. Grafting wax  — shed.txt:3",
        "   Grafting wax is a sealant used for wound protection.",
        "   because Grafting uses Grafting wax  72%",
        "     “uses grafting wax” — garden.txt:2",
        "",
        "then Grafting  — garden.txt:1, shed.txt:1",
        "   Grafting is a propagation method that joins a scion to a rootstock.",
    ]
    assert "nothing in this graph has to be read before Grafting wax" in run("learn", "grafting wax")
    found = json.loads(run("learn", "grafting", "--all", "-n", "2", "--format", "json"))
    assert [item["concept"]["label"] for item in found["items"]] == ["propagation method", "clean cuts"]
    assert found["more"] == 2


def test_learn_of_an_unknown_concept_suggests_others(run: Terminal) -> None:  # noqa: F811
    run("learn", "graftng", status=2)
    assert run.err.startswith("kg: no concept 'graftng' in this graph; did you mean 'Grafting'")
