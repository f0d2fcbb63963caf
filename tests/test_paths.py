"""Path search against brute force on small random multigraphs, and against worked examples."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import NoPath, UsageError
from kg.paths import Constraints, Network, Route, Weights, shortest_paths

PREDICATES = ("uses", "hasPart", "contrastsWith", "related")
SYMMETRIC = ("contrastsWith", "related")


@st.composite
def graphs(draw: st.DrawFn) -> networkx.MultiDiGraph:
    size = draw(st.integers(2, 7))
    node = st.integers(0, size - 1).map(lambda n: f"n{n}")
    edge = st.tuples(node, node, st.sampled_from(PREDICATES), st.sampled_from((0.25, 0.5, 0.75, 1.0)))
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(f"n{n}" for n in range(size))
    for subject, target, predicate, confidence in draw(st.lists(edge, max_size=18)):
        graph.add_edge(subject, target, key=predicate, confidence=confidence)
    return graph


def constraint_sets(nodes: tuple[str, ...]) -> st.SearchStrategy[Constraints]:
    predicates = st.frozensets(st.sampled_from(PREDICATES), max_size=2)
    return st.builds(
        Constraints,
        max_hops=st.none() | st.integers(1, 5),
        directed=st.booleans(),
        predicates=predicates | st.just(frozenset[str]()),
        exclude=predicates | st.just(frozenset[str]()),
        avoid=st.frozensets(st.sampled_from(nodes), max_size=2) if nodes else st.just(frozenset[str]()),
        min_confidence=st.sampled_from((0.0, 0.5, 1.0)),
    )


def brute_force(
    graph: networkx.MultiDiGraph, source: str, target: str, limits: Constraints, weights: Weights
) -> list[tuple[int, int, tuple[str, ...]]]:
    """Every simple path within the limits by plain enumeration, in the documented order."""

    def steps(u: str) -> dict[str, int]:
        costs: dict[str, int] = {}
        for a, b, predicate, data in graph.edges(keys=True, data=True):
            for start, end, against in ((a, b, False), (b, a, True)):
                allowed = (
                    a != b
                    and start == u
                    and not (limits.directed and against and predicate not in SYMMETRIC)
                    and (not limits.predicates or predicate in limits.predicates)
                    and predicate not in limits.exclude
                    and data["confidence"] >= limits.min_confidence
                    and end not in limits.avoid
                )
                if allowed:
                    costs[end] = min(weights.edge(predicate, data["confidence"]), costs.get(end, 1 << 60))
        return costs

    def toll(node: str) -> int:
        return weights.node(len((set(graph.successors(node)) | set(graph.predecessors(node))) - {node}))

    found = []

    def walk(path: tuple[str, ...], cost: int) -> None:
        if path[-1] == target:
            found.append((cost, len(path) - 1, path))
            return
        if limits.max_hops is not None and len(path) > limits.max_hops:
            return
        for node, price in steps(path[-1]).items():
            if node not in path:
                walk((*path, node), cost + price + (toll(node) if node != target else 0))

    walk((source,), 0)
    return sorted(found)


WEIGHTS = st.sampled_from(
    (Weights(), Weights(predicates={}, doubt=0, hub=0), Weights(predicates={"uses": 3.0}, doubt=0.5, hub=2.0))
)


@settings(max_examples=400, deadline=None)
@given(st.data(), graphs(), WEIGHTS, st.integers(1, 30))
def test_finds_exactly_what_brute_force_finds_in_the_same_order(
    data: st.DataObject, graph: networkx.MultiDiGraph, weights: Weights, k: int
) -> None:
    source, target, *others = sorted(graph) if data.draw(st.booleans()) else sorted(graph, reverse=True)
    limits = data.draw(constraint_sets(tuple(others)))
    before = graph.copy()
    expected = brute_force(graph, source, target, limits, weights)
    network = Network(graph, symmetric=SYMMETRIC, weights=weights)
    if expected:
        routes = shortest_paths(network, source, target, k, limits)
        assert [(route.cost, len(route.steps), route.nodes) for route in routes] == expected[:k]
    else:
        with pytest.raises(NoPath, match="no path from"):
            shortest_paths(network, source, target, k, limits)
    assert networkx.utils.graphs_equal(graph, before)


@settings(max_examples=200, deadline=None)
@given(st.data(), graphs())
def test_each_step_keeps_every_edge_that_may_carry_it_best_first(
    data: st.DataObject, graph: networkx.MultiDiGraph
) -> None:
    source, target, *others = sorted(graph)
    limits = data.draw(constraint_sets(tuple(others)))
    try:
        routes = shortest_paths(Network(graph, symmetric=SYMMETRIC), source, target, 5, limits)
    except NoPath:
        return
    for route in routes:
        for u, v, hops in zip(route.nodes, route.nodes[1:], route.steps, strict=False):
            assert hops
            assert [hop.cost for hop in hops] == sorted(hop.cost for hop in hops)
            for hop in hops:
                subject, target_ = (u, v) if hop.forward else (v, u)
                assert graph.edges[subject, target_, hop.predicate]["confidence"] == hop.confidence


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_undirected_paths_cost_the_same_both_ways(graph: networkx.MultiDiGraph) -> None:
    source, target, *_ = sorted(graph)
    network = Network(graph)
    try:
        there = shortest_paths(network, source, target, 10)
    except NoPath:
        with pytest.raises(NoPath):
            shortest_paths(network, target, source)
        return
    assert [route.cost for route in there] == [route.cost for route in shortest_paths(network, target, source, 10)]


def network(*edges: tuple[str, str, str] | tuple[str, str, str, float], **more: object) -> Network:
    graph = networkx.MultiDiGraph()
    for subject, predicate, target, *confidence in edges:
        graph.add_edge(subject, target, key=predicate, confidence=confidence[0] if confidence else 1.0)
    return Network(graph, **more)  # type: ignore[arg-type]


def nodes(routes: list[Route]) -> list[str]:
    return [" ".join(route.nodes) for route in routes]


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
    (route,) = shortest_paths(net, "a", "b", 9)
    assert [(hop.predicate, hop.forward) for hop in route.steps[0]] == [
        ("hasPart", True), ("improves", False), ("uses", True),
    ]  # fmt: skip


def test_a_path_from_a_concept_to_itself_has_no_steps() -> None:
    assert shortest_paths(network(("a", "uses", "b")), "a", "a", 3) == [Route(0, ("a",), ())]


CHAIN = (("a", "uses", "b", 0.5), ("b", "uses", "c", 0.5), ("c", "hasPart", "d", 0.5))


@pytest.mark.parametrize(
    ("ends", "limits", "message"),
    [
        (
            "ad",
            Constraints(max_hops=2),
            "no path from 'a' to 'd' within 2 hops; there is one of 3 hops",
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
            "no path from 'a' to 'd' over uses only; there is one over other relations",
        ),
        (
            "ad",
            Constraints(exclude=frozenset({"hasPart"}), max_hops=5),
            "no path from 'a' to 'd' within 5 hops, without hasPart; there is one over the excluded relations",
        ),
        (
            "ad",
            Constraints(avoid=frozenset({"b"})),
            "no path from 'a' to 'd' avoiding 'b'; there is one through the avoided concepts",
        ),
        (
            "ad",
            Constraints(min_confidence=0.75),
            "no path from 'a' to 'd' with confidence of at least 0.75; there is one of less confidence",
        ),
        (
            "ad",
            Constraints(min_confidence=0.75, max_hops=1),
            "no path from 'a' to 'd' within 1 hop, with confidence of at least 0.75; "
            "there is one when more than one of these limits is lifted",
        ),
        (
            "ad",
            Constraints(predicates=frozenset({"eats", "drinks"})),
            "no path from 'a' to 'd' over drinks, eats only; there is one over other relations",
        ),
        (
            "ay",
            Constraints(),
            "no path from 'a' to 'y': they lie in separate parts of the graph, of 4 and 2 concepts",
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
    net = network(*CHAIN)
    source, k = str(arguments.pop("source", "a")), int(str(arguments.pop("k", 1)))
    with pytest.raises(UsageError) as caught:
        shortest_paths(net, source, "d", k, Constraints(**arguments))  # type: ignore[arg-type]
    assert str(caught.value) == message
