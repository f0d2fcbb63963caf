"""Path search against brute force on small random multigraphs, and against worked examples."""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import NamedTuple

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kg.paths
from kg.errors import NoPath, UsageError
from kg.metapath import Metapath
from kg.network import Constraints, Network, Weights
from kg.paths import Route, Routes, all_shortest_paths, shortest_paths

PREDICATES = ("uses", "hasPart", "contrastsWith", "related")
SYMMETRIC = ("contrastsWith", "related")
KINDS = ("Method", "Model", "Task")


@pytest.fixture(params=["distances to all", "two balls that meet"], autouse=True)
def both_ways_to_bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What large graphs are searched with is tried on small ones."""
    monkeypatch.setattr(kg.paths, "LARGE", 4096 if request.param == "distances to all" else 0)


@st.composite
def graphs(draw: st.DrawFn) -> networkx.MultiDiGraph:
    size = draw(st.integers(2, 7))
    node = st.integers(0, size - 1).map(lambda n: f"n{n}")
    edge = st.tuples(node, node, st.sampled_from(PREDICATES), st.sampled_from((0.25, 0.5, 0.75, 1.0)))
    graph = networkx.MultiDiGraph()
    for number in range(size):
        graph.add_node(
            f"n{number}", kind=draw(st.sampled_from(KINDS)), mentions=draw(st.sampled_from((0, 0, 3, 9, 40)))
        )
    for subject, target, predicate, confidence in draw(st.lists(edge, max_size=18)):
        graph.add_edge(subject, target, key=predicate, confidence=confidence)
    return graph


class Stage(NamedTuple):
    """A step of a metapath, how often it is made, and what it enters."""

    relations: tuple[str, ...]
    arrow: str
    least: int
    most: int | None
    kinds: tuple[str, ...]

    @property
    def text(self) -> str:
        left, right = {"forward": "->", "backward": "<-", "either": "--"}[self.arrow]
        often = (
            "+" if self.most is None else f"{{{self.least},{self.most}}}" if (self.least, self.most) != (1, 1) else ""
        )
        return f"{left}{'|'.join(self.relations)}{right}{often}{'|'.join(self.kinds) or '*'}"

    @property
    def pattern(self) -> str:
        names = "|".join(self.relations or PREDICATES)
        both = "|".join(name for name in self.relations or PREDICATES if name in SYMMETRIC) or "(?!)"
        arrows = {"forward": ">", "backward": "<", "either": "[<>]"}[self.arrow]
        step = f"(?:{arrows}(?:{names})|[<>](?:{both})):"
        more = "" if self.most is None else self.most - 1
        return rf"(?:{step}\w+;){{{self.least - 1},{more}}}{step}(?:{'|'.join(self.kinds) or KIND});"


KIND = "|".join(KINDS)
names = st.lists(st.sampled_from(PREDICATES), max_size=2, unique=True).map(tuple)
kinds = st.lists(st.sampled_from(KINDS), max_size=2, unique=True).map(tuple)
stages = st.builds(
    lambda relations, arrow, often, entered: Stage(relations, arrow, *often, entered),
    names,
    st.sampled_from(("forward", "backward", "either", "either")),
    st.sampled_from(((1, 1), (1, 1), (1, None), (1, 2), (2, 3))),
    kinds,
)


class Pattern(NamedTuple):
    """A metapath, and the same as a regular expression over the spelled out path."""

    metapath: Metapath
    expression: re.Pattern[str]


patterns = st.builds(
    lambda first, rest: Pattern(
        Metapath.parse(("|".join(first) or "*") + "".join(stage.text for stage in rest)),
        re.compile(f"(?:{'|'.join(first) or KIND});" + "".join(stage.pattern for stage in rest)),
    ),
    kinds,
    st.lists(stages, min_size=1, max_size=3),
)


def constraint_sets(nodes: tuple[str, ...], metapath: Metapath | None = None) -> st.SearchStrategy[Constraints]:
    predicates = st.frozensets(st.sampled_from(PREDICATES), max_size=2)
    some = st.frozensets(st.sampled_from(nodes), max_size=2) if nodes else st.just(frozenset[str]())
    return st.builds(
        lambda via, avoid, **more: Constraints(via=via, avoid=avoid - via, metapath=metapath, **more),
        via=st.just(frozenset[str]()) | some,
        avoid=some,
        max_hops=st.none() | st.integers(1, 5),
        directed=st.booleans(),
        predicates=predicates | st.just(frozenset[str]()),
        exclude=predicates | st.just(frozenset[str]()),
        types=st.just(frozenset[str]()) | st.frozensets(st.sampled_from(KINDS), max_size=2),
        min_confidence=st.sampled_from((0.0, 0.5, 1.0)),
    )


def brute_force(
    graph: networkx.MultiDiGraph,
    source: str,
    target: str,
    limits: Constraints,
    weights: Weights,
    expression: re.Pattern[str] | None = None,
) -> list[tuple[int, int, tuple[str, ...]]]:
    """Every simple path within the limits by plain enumeration, in the documented order."""
    kind = {node: graph.nodes[node]["kind"] for node in graph}

    def carrying(u: str, v: str) -> list[tuple[int, str]]:
        """What the edges from u to v cost, and how they are spelled."""
        found = []
        for a, b, predicate, data in graph.edges(keys=True, data=True):
            for start, end, way in ((a, b, ">"), (b, a, "<")):
                allowed = (
                    (start, end) == (u, v)
                    and not (limits.directed and way == "<" and predicate not in SYMMETRIC)
                    and (not limits.predicates or predicate in limits.predicates)
                    and predicate not in limits.exclude
                    and data["confidence"] >= limits.min_confidence
                )
                if allowed:
                    found.append((weights.edge(predicate, data["confidence"]), f"{way}{predicate}:{kind[v]};"))
        return found

    def cost(path: tuple[str, ...]) -> int | None:
        choices = [carrying(u, v) for u, v in pairwise(path)]
        tolls = sum(toll(node) for node in path[1:-1])
        if expression is None:
            return sum(min(choice)[0] for choice in choices) + tolls if all(choices) else None
        fitting = [
            sum(price for price, _ in chosen) + tolls
            for chosen in product(*choices)
            if expression.fullmatch(f"{kind[source]};" + "".join(spelled for _, spelled in chosen))
        ]
        return min(fitting, default=None)

    def toll(node: str) -> int:
        around = {a for a, b in graph.edges() if b == node} | {b for a, b in graph.edges() if a == node}
        return weights.node(max(len(around - {node}), graph.nodes[node].get("mentions", 0)))

    found: list[tuple[int, int, tuple[str, ...]]] = []

    def walk(path: tuple[str, ...]) -> None:
        if path[-1] == target:
            if limits.via <= set(path) and (price := cost(path)) is not None:
                found.append((price, len(path) - 1, path))
            return
        if limits.max_hops is not None and len(path) > limits.max_hops:
            return
        for node in graph:
            fit = node == target or node in limits.via or not limits.types or kind[node] in limits.types
            if node not in path and node not in limits.avoid and fit and carrying(path[-1], node):
                walk((*path, node))

    walk((source,))
    return sorted(found)


WEIGHTS = st.sampled_from(
    (Weights(), Weights(predicates={}, doubt=0, hub=0), Weights(predicates={"uses": 3.0}, doubt=0.5, hub=2.0))
)


@settings(max_examples=300, deadline=None)
@given(st.data(), graphs(), WEIGHTS, st.integers(1, 30))
def test_finds_exactly_what_brute_force_finds_in_the_same_order(
    data: st.DataObject, graph: networkx.MultiDiGraph, weights: Weights, k: int
) -> None:
    source, target, *others = sorted(graph) if data.draw(st.booleans()) else sorted(graph, reverse=True)
    pattern = data.draw(st.none() | patterns)
    limits = data.draw(constraint_sets(tuple(others), pattern.metapath if pattern else None))
    before = graph.copy()
    expected = brute_force(graph, source, target, limits, weights, pattern.expression if pattern else None)
    network = Network.of_networkx(graph, symmetric=SYMMETRIC, weights=weights)
    if expected:
        assert ranked(shortest_paths(network, source, target, k, limits)) == expected[:k]
        hops = min(hops for _, hops, _ in expected)
        assert ranked(all_shortest_paths(network, source, target, limits)) == [e for e in expected if e[1] == hops]
    else:
        for search in (shortest_paths, all_shortest_paths):
            with pytest.raises(NoPath, match="no path from"):
                search(network, source, target, constraints=limits)
    assert networkx.utils.graphs_equal(graph, before)


def ranked(routes: Routes) -> list[tuple[int, int, tuple[str, ...]]]:
    assert routes.complete
    return [(route.cost, len(route.steps), route.nodes) for route in routes.found]


@settings(max_examples=100, deadline=None)
@given(st.data(), graphs())
def test_each_step_keeps_every_edge_that_may_carry_it_best_first(
    data: st.DataObject, graph: networkx.MultiDiGraph
) -> None:
    source, target, *others = sorted(graph)
    limits = data.draw(constraint_sets(tuple(others)))
    try:
        routes = shortest_paths(Network.of_networkx(graph, symmetric=SYMMETRIC), source, target, 5, limits)
    except NoPath:
        return
    for route in routes.found:
        for u, v, hops in zip(route.nodes, route.nodes[1:], route.steps, strict=False):
            assert hops
            assert [hop.cost for hop in hops] == sorted(hop.cost for hop in hops)
            for hop in hops:
                subject, target_ = (u, v) if hop.forward else (v, u)
                assert graph.edges[subject, target_, hop.predicate]["confidence"] == hop.confidence


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_undirected_paths_cost_the_same_both_ways(graph: networkx.MultiDiGraph) -> None:
    source, target, *_ = sorted(graph)
    network = Network.of_networkx(graph)
    try:
        there = shortest_paths(network, source, target, 10)
    except NoPath:
        with pytest.raises(NoPath):
            shortest_paths(network, target, source)
        return
    assert [route.cost for route in there.found] == [
        route.cost for route in shortest_paths(network, target, source, 10).found
    ]


def network(*edges: tuple[str, str, str] | tuple[str, str, str, float], **more: object) -> Network:
    graph = networkx.MultiDiGraph()
    for subject, predicate, target, *confidence in edges:
        graph.add_edge(subject, target, key=predicate, confidence=confidence[0] if confidence else 1.0)
    return Network.of_networkx(graph, **more)  # type: ignore[arg-type]


def nodes(routes: Routes) -> list[str]:
    return [" ".join(route.nodes) for route in routes.found]


def test_a_hub_is_dearer_than_a_detour() -> None:
    spokes = [(f"leaf{n}", "broader", "device") for n in range(60)]
    net = network(
        *spokes, ("kettle", "broader", "device"), ("dynamo", "broader", "device"),
        ("kettle", "requires", "current"), ("dynamo", "causes", "induction"), ("induction", "causes", "current"),
    )  # fmt: skip
    assert nodes(shortest_paths(net, "kettle", "dynamo", 2)) == [
        "kettle current induction dynamo",
        "kettle device dynamo",
    ]
    assert nodes(shortest_paths(net, "kettle", "dynamo", 1, Constraints(max_hops=2))) == ["kettle device dynamo"]


def test_a_sure_relation_comes_before_a_doubtful_one() -> None:
    net = network(("a", "uses", "x", 0.5), ("x", "uses", "b", 0.5), ("a", "uses", "y", 0.9), ("y", "uses", "b", 0.9))
    assert nodes(shortest_paths(net, "a", "b", 5)) == ["a y b", "a x b"]


def test_ties_are_broken_by_the_names_of_the_nodes() -> None:
    net = network(*[edge for n in "zyx" for edge in (("a", "uses", n), (n, "uses", "b"))])
    assert nodes(shortest_paths(net, "a", "b", 3)) == ["a x b", "a y b", "a z b"]


def test_parallel_edges_are_alternatives_of_one_step() -> None:
    net = network(("a", "uses", "b", 0.5), ("a", "hasPart", "b", 0.9), ("b", "improves", "a", 0.7))
    (route,) = shortest_paths(net, "a", "b", 9).found
    assert [(hop.predicate, hop.forward) for hop in route.steps[0]] == [
        ("hasPart", True), ("improves", False), ("uses", True),
    ]  # fmt: skip


def test_a_path_from_a_concept_to_itself_has_no_steps() -> None:
    assert shortest_paths(network(("a", "uses", "b")), "a", "a", 3).found == (Route(0, ("a",), ()),)


CHAIN = (("a", "uses", "b", 0.5), ("b", "uses", "c", 0.5), ("c", "hasPart", "d", 0.5))


@pytest.mark.parametrize(
    ("ends", "limits", "message"),
    [
        (
            "ad",
            Constraints(max_hops=2),
            "no path from 'a' to 'd' within 2 hops; there is one of 3 hops; the nearest within reach: 'c', 'b'",
        ),
        (
            "da",
            Constraints(directed=True),
            "no path from 'd' to 'a' along the direction of the relations; "
            "there is one against the direction of some relations",
        ),
        (
            "ad",
            Constraints(predicates=frozenset({"uses"})),
            "no path from 'a' to 'd' over uses only; there is one over other relations; "
            "the nearest within reach: 'c', 'b'",
        ),
        (
            "ad",
            Constraints(exclude=frozenset({"hasPart"}), max_hops=5),
            "no path from 'a' to 'd' within 5 hops, without hasPart; there is one over the excluded relations; "
            "the nearest within reach: 'c', 'b'",
        ),
        (
            "ad",
            Constraints(avoid=frozenset({"b"})),
            "no path from 'a' to 'd' avoiding 'b'; there is one through the avoided concepts",
        ),
        (
            "ad",
            Constraints(min_confidence=0.75),
            "no path from 'a' to 'd' with confidence of at least 0.75; there is one with less confidence",
        ),
        (
            "ad",
            Constraints(min_confidence=0.75, max_hops=1),
            "no path from 'a' to 'd' within 1 hop, with confidence of at least 0.75; "
            "there is none until more than one of these limits is lifted",
        ),
        (
            "ad",
            Constraints(predicates=frozenset({"eats", "drinks"})),
            "no path from 'a' to 'd' over drinks, eats only; there is one over other relations",
        ),
        (
            "ay",
            Constraints(),
            "no path from 'a' to 'y': they lie in separate parts of the graph, of 4 concepts and 2 concepts ('x', 'y')",
        ),
        (
            "aq",
            Constraints(),
            "no path from 'a' to 'q': 'q' has no relations to other concepts",
        ),
    ],
)
def test_no_path_says_why(ends: str, limits: Constraints, message: str) -> None:
    net = network(*CHAIN, ("x", "uses", "y"), ("q", "uses", "q"))
    with pytest.raises(NoPath) as caught:
        shortest_paths(net, ends[0], ends[1], 1, limits)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "the number of paths is at least 1, not 0"),
        ({"source": "nowhere"}, "nowhere is not a node of this graph"),
        ({"avoid": {"a"}}, "a path from or to 'a' cannot avoid it"),
        ({"max_hops": 0}, "a path has at least one hop, so max_hops cannot be 0"),
        ({"min_confidence": 2}, "min_confidence is a number from 0 to 1, not 2"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(arguments: dict[str, object], message: str) -> None:
    net, arguments = network(*CHAIN), dict(arguments)
    source, k = str(arguments.pop("source", "a")), int(str(arguments.pop("k", 1)))
    with pytest.raises(UsageError) as caught:
        shortest_paths(net, source, "d", k, Constraints(**arguments))  # type: ignore[arg-type]
    assert str(caught.value) == message
