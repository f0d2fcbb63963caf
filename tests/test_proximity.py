"""Measures of nearness against their definitions: walks, ways along metapaths, pairs, roles, guided walks."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log2
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.embeddings import Settings, walks
from kg.errors import UsageError
from kg.metapath import Metapath
from kg.network import Network
from kg.pathsim import PathSim
from kg.proximity import Proximity
from kg.roles import Roles
from tests.webs import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tests.webs import Row

PREDICATES = ("contrastsWith", "hasPart", "uses")
KINDS = ("Method", "Model")

Shape = tuple[int, list["Row"]]
SHAPES: st.SearchStrategy[Shape] = shapes(PREDICATES)


def network(shape: Shape) -> Network:
    """A shape as a network; even nodes are methods, odd ones models."""
    size, rows = shape
    surest: dict[tuple[int, int, int], float] = {}
    for subject, predicate, target, confidence in rows:
        key = subject, PREDICATES.index(predicate), target
        surest[key] = max(confidence, surest.get(key, 0))
    names = [f"c{number}" for number in range(size)]
    columns = np.array(list(surest), np.int64).reshape(-1, 3).T
    edges = columns[0], columns[1], columns[2], np.array(list(surest.values()), np.float64)
    return Network(
        names, names, [KINDS[number % 2] for number in range(size)], PREDICATES, edges, symmetric=["contrastsWith"]
    )


def edges(made: Network) -> Iterator[tuple[int, str, int, float]]:
    yield from zip(
        made.subject.tolist(), [made.predicates[p] for p in made.predicate], made.object.tolist(),
        made.confidence.tolist(), strict=True,
    )  # fmt: skip


def weights(made: Network) -> NDArray[np.float64]:
    dense = np.zeros((len(made), len(made)))
    for subject, _, target, confidence in edges(made):
        dense[subject, target] += confidence
        dense[target, subject] += confidence
    return dense


# -------------------------------------------------------------------------------------------------------------- walk


@given(SHAPES, st.sampled_from([0.05, 0.15, 0.5, 0.9]))
def test_a_walk_solves_its_equation(shape: Shape, restart: float) -> None:
    made = network(shape)
    near, dense = Proximity(made), weights(made)
    strength = dense.sum(axis=1)
    for node in range(len(made)):
        moves = np.divide(dense, strength[:, None], out=np.eye(len(made)), where=strength[:, None] > 0)
        start = restart * np.eye(len(made))[node]
        exact = np.linalg.solve(np.eye(len(made)) - (1 - restart) * moves.T, start)
        assert near.walk(node, restart) == pytest.approx(exact, abs=1e-8)
        for level in (0.25, 0.5, 1.0):
            there = strength > 0
            levelled = near.levelled(node, restart, level)[there]
            expected = (exact * strength[node] ** level)[there] / strength[there] ** level
            assert not there[node] or levelled == pytest.approx(expected, abs=1e-8)


@given(SHAPES)
def test_half_levelled_is_the_same_from_both_ends(shape: Shape) -> None:
    made = network(shape)
    near = Proximity(made)
    scores = np.array([near.levelled(node, level=0.5) for node in range(len(made))])
    assert scores == pytest.approx(scores.T, abs=1e-8)


@given(SHAPES)
def test_the_most_probable_way_is_one_that_no_other_beats(shape: Shape) -> None:
    made = network(shape)
    near, dense = Proximity(made), weights(made)
    strength = dense.sum(axis=1)
    chance = np.divide(0.85 * dense, strength[:, None], out=np.zeros_like(dense), where=strength[:, None] > 0)
    best = np.eye(len(made))
    for _ in range(len(made)):
        best = np.maximum(best, (best[:, :, None] * chance[None]).max(axis=1))
    for node in range(len(made)):
        before = near.ways(node, 0.15)
        for other in range(len(made)):
            way, at = 1.0, other
            while at != node and before[at] >= 0:
                way *= chance[before[at], at]
                at = int(before[at])
            assert (way if at == node else 0) == pytest.approx(best[node, other])


@given(SHAPES, st.integers(1, 8), st.sampled_from([1, 2, 1000]))
def test_the_best_pairs_are_those_of_all_pairs(shape: Shape, most: int, block: int) -> None:
    made = network(shape)
    dense = weights(made)
    strength = dense.sum(axis=1)
    allowed = np.array([kind == "Method" for kind in made.kinds]) | (len(made) < 5)
    traffic = {
        (x, y): round(sum(dense[x, z] * dense[z, y] / strength[z] for z in range(len(made)) if strength[z]), 6)
        for x, y in combinations(np.flatnonzero(allowed).tolist(), 2)
        if not dense[x, y]
    }
    expected = sorted((-score, *pair) for pair, score in traffic.items() if score)[:most]
    found = [(-round(score, 6), x, y) for score, x, y in Proximity(made).pairs(most, allowed, block)]
    assert [pair[0] for pair in found] == [pair[0] for pair in expected]
    assert {pair for pair in found if pair[0] < expected[-1][0]} == {p for p in expected if p[0] < expected[-1][0]}
    assert set(found) <= {(-score, *pair) for pair, score in traffic.items()}


def test_pairs_are_not_sought_through_a_node_that_joins_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network((5, [(node, "uses", 0, 1.0) for node in range(1, 5)]))
    assert len(Proximity(made).pairs(10, np.ones(5, dtype=bool))) == 6
    monkeypatch.setattr("kg.proximity.MIDDLE", 3)
    assert Proximity(made).pairs(10, np.ones(5, dtype=bool)) == []


# --------------------------------------------------------------------------------------------------------- metapaths


@given(SHAPES)
def test_metapaths_of_two_relations_are_what_two_have_in_common(shape: Shape) -> None:
    made = network(shape)
    traits: list[set[tuple[str, bool, int]]] = [set() for _ in made.names]
    for subject, predicate, target, _ in edges(made):
        traits[subject].add((predicate, True, target))
        traits[target].add((predicate, predicate == "contrastsWith", subject))
    had = Counter(trait for some in traits for trait in some)

    def telling(some: set[tuple[str, bool, int]]) -> float:
        return sum(1 / log2(1 + had[trait]) for trait in some)

    near = Proximity(made)
    for x in range(len(made)):
        scores = near.metapaths(x)
        for y in range(len(made)):
            total = telling(traits[x]) + telling(traits[y])
            assert scores[y] == pytest.approx(2 * telling(traits[x] & traits[y]) / total if total else 0)


def ways(made: Network, metapath: Metapath, node: int, at: int = 0) -> Counter[int]:
    """In how many ways edges lead from a node along a metapath, from a position on, by where they end."""
    if at == metapath.length:
        return Counter([node])
    found: Counter[int] = Counter()
    for move in metapath.moves:
        if move.source != at:
            continue
        for subject, predicate, target, _ in edges(made):
            both = predicate == "contrastsWith"
            for tail, head, allowed in (
                (subject, target, move.forward or both),
                (target, subject, move.backward or both),
            ):
                fits = not move.relations or predicate in move.relations
                if tail == node and allowed and fits and (not move.kinds or made.kinds[head] in move.kinds):
                    found += ways(made, metapath, head, move.target)
    return found


METAPATHS = (
    ("*-uses>*<uses-*", True), ("Method-uses>Model<uses-Method", True), ("*--*--*", True), ("*--Model--*", True),
    ("*-uses>Method<hasPart-*-hasPart>Method<uses-*", True), ("*-uses>*", False), ("*<uses-*", False),
    ("Method->*-hasPart>*", False), ("*-contrastsWith>*", False), ("*-uses>*-contrastsWith-*<uses-*", False),
    ("*-uses>{1,3}*", False), ("Method|Model-uses|hasPart>Model<uses|hasPart-Method", False),
)  # fmt: skip


@pytest.mark.parametrize(("text", "returns"), METAPATHS)
@settings(max_examples=30)
@given(shape=SHAPES)
def test_pathsim_counts_the_ways_there_and_back(text: str, returns: bool, shape: Shape) -> None:
    made, metapath = network(shape), Metapath.parse(text)
    along = PathSim(made, metapath)
    starts = [node for node in range(len(made)) if not metapath.starts or made.kinds[node] in metapath.starts]
    counted = {node: ways(made, metapath, node) for node in starts}

    def joined(x: int, y: int) -> int:
        return counted[x][y] if returns else sum(counted[x][end] * counted[y][end] for end in counted[x])

    for x in starts:
        scores = along.scores(x)
        for y in range(len(made)):
            shared = joined(x, y) if y in counted else 0
            assert scores[y] == pytest.approx(2 * shared / (joined(x, x) + joined(y, y)) if shared else 0)
            assert scores[y] <= 1 + 1e-9


def test_pathsim_refuses_what_cannot_be_counted() -> None:
    made = network((2, [(0, "uses", 1, 1.0)]))
    with pytest.raises(UsageError, match=r"'\+' has no end of them: write \{1,3\}"):
        PathSim(made, Metapath.parse("*-uses>+*"))
    with pytest.raises(UsageError, match=r"c1 is of the class Model, and the metapath .* starts from Method"):
        PathSim(made, Metapath.parse("Method-uses>*")).scores(1)


# ------------------------------------------------------------------------------------------------------------- roles


@given(SHAPES)
def test_chances_of_roles_sum_to_one_and_mirror_each_other(shape: Shape) -> None:
    made = network(shape)
    roles = Roles(made)
    for x, y in combinations(range(len(made)), 2):
        there, back = roles.chances(x, y), roles.chances(y, x)
        assert there.sum() == pytest.approx(1)
        for role, chance in enumerate(there):
            mirrored = role if made.symmetric[role // 2] else role ^ 1
            assert chance == pytest.approx(back[mirrored])


def test_what_is_always_used_is_likely_to_be_used_again() -> None:
    made = network((8, [(0, "uses", node, 0.9) for node in (1, 3)] + [(node, "uses", 5, 0.9) for node in (2, 4, 6)]))
    predicate, forward, chance = Roles(made).likeliest(0, 5)
    assert (made.predicates[predicate], forward, chance > 0.5) == ("uses", True, True)
    predicate, forward, _ = Roles(made).likeliest(5, 0)
    assert (made.predicates[predicate], forward) == ("uses", False)


# ------------------------------------------------------------------------------------------------------ guided walks


@given(SHAPES)
def test_walks_go_out_and_come_back_over_one_relation_to_one_class(shape: Shape) -> None:
    made = network(shape)
    relations: dict[tuple[int, int], set[tuple[str, bool]]] = {}
    for subject, predicate, target, _ in edges(made):
        both = predicate == "contrastsWith"
        relations.setdefault((subject, target), set()).add((predicate, True))
        relations.setdefault((target, subject), set()).add((predicate, both))
    found = walks(made, Settings(walks=2, length=7))
    joined = np.flatnonzero(made.neighbours).tolist()
    assert [walk[0] for walk in found] == joined * 2
    for walk in found:
        assert len(walk) == 7
        for here, middle, there in zip(walk[0::2], walk[1::2], walk[2::2], strict=False):
            assert made.kinds[here] == made.kinds[there]
            assert relations[here, middle] & relations[there, middle]


def test_the_same_edges_in_another_order_are_the_same_graph() -> None:
    rows: list[Row] = [(0, "uses", 1, 0.5), (2, "uses", 1, 1.0), (3, "hasPart", 2, 0.75), (0, "contrastsWith", 3, 1.0)]
    one, other = network((4, rows)), network((4, rows[::-1]))
    assert walks(one, Settings()) == walks(other, Settings())
    for node in range(4):
        assert (Proximity(one).walk(node) == Proximity(other).walk(node)).all()
