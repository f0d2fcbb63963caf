"""Metapaths: the grammar, what is wrong with a text, and paths of a graph along them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NoPath, UsageError
from kg.metapath import MOST_STEPS, Metapath

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

KINDS = ("Method", "Model", "Organization")
RELATIONS = ("uses", "usedFor", "developedBy")


def test_a_metapath_is_read_into_moves() -> None:
    found = Metapath.parse("Method -uses> Model|Method <developedBy- *")
    assert (found.starts, found.ends, found.length) == ({"Method"}, frozenset(), 2)
    assert [(m.source, m.target, m.relations, m.forward, m.backward, m.kinds) for m in found.moves] == [
        (0, 1, {"uses"}, True, False, {"Model", "Method"}),
        (1, 2, {"developedBy"}, False, True, set()),
    ]
    assert str(found) == "Method-uses>Model|Method<developedBy-*"


@pytest.mark.parametrize(
    ("text", "forward", "backward"), [("*->*", True, False), ("*<-*", False, True), ("*--*", True, True)]
)
def test_a_step_without_relations_is_any_relation_that_way(text: str, forward: bool, backward: bool) -> None:
    (move,) = Metapath.parse(text).moves
    assert (move.relations, move.forward, move.backward) == (frozenset(), forward, backward)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read at character 1, its end: wanted a class, such as Method, or *"),
        ("Method", "the metapath 'Method' has no step, such as Method-uses>Model"),
        ("Method-", "cannot be read at character 7, '-': wanted a step: -uses>, <uses-, -uses-"),
        ("Method-uses>", "cannot be read at character 13, its end: wanted a class, such as Method, or *"),
        ("Method=uses>Model", "cannot be read at character 7, '=uses>Model': wanted a step"),
        ("Method<uses>Model", "cannot be read at character 7, '<uses>Model': wanted a step"),
        ("Method-uses>{0}Model", "cannot be read at character 13, '{0}Model': wanted how often, from 1 on"),
        ("Method-uses>{3,2}Model", "wanted how often, from 1 on, such as {1,3}"),
        ("Mehtod-uses>Model", "no class 'Mehtod' in the metapath 'Mehtod-uses>Model'; there are Method, Model, Org"),
        ("Method-eats>Model", "no relation 'eats' in the metapath 'Method-eats>Model'; there are developedBy, used"),
        ("*--{33}*", "the metapath '*--{33}*' has more than 32 steps"),
    ],
)
def test_what_is_no_metapath_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Metapath.parse(text, kinds=KINDS, relations=RELATIONS)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="MethodModel-uses><|*+{},0123 ", max_size=40))
def test_any_text_is_read_or_refused_in_a_line(text: str) -> None:
    try:
        found = Metapath.parse(text)
    except UsageError as error:
        found, message = None, str(error)
    if found is None:
        assert len(message.splitlines()) == 1
    else:
        assert 1 <= found.length <= MOST_STEPS
        assert Metapath.parse(str(found)) == found
        assert {move.source for move in found.moves} <= set(range(found.length))
        assert found.length in {move.target for move in found.moves}


def walked(graph: KnowledgeGraph, start: str, end: str, metapath: str) -> list[str]:
    return [
        " ".join(concept.id for concept in path.concepts) for path in graph.paths(start, end, k=9, metapath=metapath)
    ]


def test_paths_follow_a_metapath_from_end_to_end(tiny_graph: KnowledgeGraph) -> None:
    assert walked(tiny_graph, "grafting", "budding", "Method-broader>Method<broader-Method") == [
        "grafting propagation-method budding"
    ]
    assert walked(tiny_graph, "grafting", "budding", "*--+*") == [
        "grafting budding", "grafting propagation-method budding",
    ]  # fmt: skip
    assert walked(tiny_graph, "grafting", "sealant", "*-uses>*-broader|usedFor>*") == ["grafting grafting-wax sealant"]


def test_a_symmetric_relation_is_walked_against_the_arrow(tiny_graph: KnowledgeGraph) -> None:
    assert walked(tiny_graph, "budding", "grafting", "*-contrastsWith>*") == ["budding grafting"]


def test_no_path_along_a_metapath_says_what_is_in_the_way(tiny_graph: KnowledgeGraph) -> None:
    with pytest.raises(NoPath, match=r"'Grafting' is of class Method, and the metapath .* begins with Model"):
        tiny_graph.paths("grafting", "budding", metapath="Model--*")
    with pytest.raises(NoPath, match=r"along \*-requires>\*; there is one that does not follow it"):
        tiny_graph.paths("grafting", "budding", metapath="*-requires>*")
    with pytest.raises(UsageError, match="no class 'Metod' in the metapath 'Metod--\\*'; there are Dataset, "):
        tiny_graph.paths("grafting", "budding", metapath="Metod--*")
