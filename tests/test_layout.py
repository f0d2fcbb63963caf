"""Where concepts stand: the same every time, apart, and those that belong together near one another."""

from __future__ import annotations

import math
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.layout import CLEARANCE, layout


def cliques(count: int, size: int) -> list[tuple[int, int]]:
    """`count` groups in which all are joined, each joined to the next by one edge."""
    edges = [(g * size + a, g * size + b) for g in range(count) for a, b in combinations(range(size), 2)]
    return edges + [(g * size, (g + 1) * size) for g in range(count - 1)]


def test_the_same_graph_is_the_same_map() -> None:
    edges = cliques(12, 8)
    assert layout(96, edges) == layout(96, list(reversed(edges)))


def test_communities_are_islands() -> None:
    placed = layout(96, cliques(12, 8))
    assert sorted(sorted(island.members) for island in placed.islands) == [
        list(range(g * 8, g * 8 + 8)) for g in range(12)
    ]


def test_islands_hold_their_members_and_do_not_overlap() -> None:
    placed = layout(96, cliques(12, 8))
    for island in placed.islands:
        for member in island.members:
            x, y = placed.positions[member]
            assert math.hypot(x - island.x, y - island.y) <= island.radius
    for one, other in combinations(placed.islands, 2):
        assert math.hypot(one.x - other.x, one.y - other.y) >= one.radius + other.radius


def test_what_has_no_relations_is_gathered_apart() -> None:
    placed = layout(110, cliques(12, 8))
    assert set(placed.islands[-1].members) == set(range(96, 110))
    assert [island.scattered for island in placed.islands] == [False] * 12 + [True]


def test_a_shared_field_draws_concepts_together() -> None:
    pulls = [(node, 100 + node // 25) for node in range(100)]
    placed = layout(100, [], pulls)
    assert sorted(sorted(island.members) for island in placed.islands) == [
        list(range(start, start + 25)) for start in range(0, 100, 25)
    ]


def test_groups_that_are_given_are_the_islands_and_the_others_are_scattered() -> None:
    placed = layout(96, cliques(12, 8), groups=[range(10), range(10, 50)])
    assert [(len(island.members), island.scattered) for island in placed.islands] == [
        (40, False), (10, False), (46, True)
    ]  # fmt: skip
    assert set(placed.islands[0].members) == set(range(10, 50))
    assert placed == layout(96, list(reversed(cliques(12, 8))), groups=[range(10), range(10, 50)])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_every_node_has_a_place_of_its_own(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = graph
    placed = layout(count, edges)
    assert sorted(member for island in placed.islands for member in island.members) == list(range(count))
    gaps = [math.dist(a, b) for a, b in combinations(placed.positions, 2)]
    assert min(gaps, default=CLEARANCE) >= CLEARANCE / 2
