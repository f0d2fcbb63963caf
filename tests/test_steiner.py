"""Steiner trees against brute force on small random multigraphs, exact and approximate, under all constraints."""

from __future__ import annotations

from itertools import chain, combinations
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

import networkx
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import steiner
from kg.network import Constraints, Network, Weights
from kg.steiner import Ground, Tree, steiner_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

PREDICATES = ("uses", "hasPart", "related")
KINDS = ("Method", "Model", "")
WEIGHTS = (Weights(), Weights(hub=3.0), Weights(predicates={}, doubt=0, hub=0))


Problem = tuple[networkx.MultiDiGraph, list[str], Constraints, Weights]


def problem(seed: int) -> Problem:
    """A random multigraph with some of its nodes, constraints and weights.

    Made of one number: hypothesis takes five times as long to draw the parts as the tests take to check them.
    """
    random = Random(seed)
    graph = networkx.MultiDiGraph()
    names = [f"n{number}" for number in range(random.randint(2, 8))]
    for name in names:
        graph.add_node(name, kind=random.choice(KINDS), mentions=random.choice((0, 0, 12, 60)))
    for _ in range(random.randint(len(names) - 1, 20)):
        ends = random.choice(names), random.choice(names)
        graph.add_edge(*ends, key=random.choice(PREDICATES), confidence=random.choice((0.25, 0.5, 0.75, 1.0)))
    terminals = random.sample(names, random.randint(2, min(6, len(names))))
    weights = random.choice(WEIGHTS)
    if random.random() < 0.4:
        return graph, terminals, Constraints(), weights
    others = sorted(set(names) - set(terminals))
    limits = Constraints(
        predicates=frozenset(random.sample(PREDICATES, random.choice((0, 0, 1, 2)))),
        exclude=frozenset(random.sample(PREDICATES, random.choice((0, 0, 0, 1)))),
        types=frozenset(random.sample(KINDS, random.choice((0, 0, 1, 2)))),
        avoid=frozenset(random.sample(others, min(len(others), random.choice((0, 0, 1))))),
        min_confidence=random.choice((0.0, 0.0, 0.5)),
    )
    return graph, terminals, limits, weights


problems = st.integers(0, 1 << 32).map(problem)


def allowed(graph: networkx.MultiDiGraph, limits: Constraints, weights: Weights) -> dict[frozenset[str], int]:
    """The least cost of a relation between each pair of nodes, whatever its direction."""
    costs: dict[frozenset[str], int] = {}
    for a, b, predicate, data in graph.edges(keys=True, data=True):
        fits = (
            a != b
            and (not limits.predicates or predicate in limits.predicates)
            and predicate not in limits.exclude
            and data["confidence"] >= limits.min_confidence
        )
        if fits:
            pair = frozenset((a, b))
            costs[pair] = min(weights.edge(predicate, data["confidence"]), costs.get(pair, 1 << 60))
    return costs


def toll(graph: networkx.MultiDiGraph, node: str, weights: Weights) -> int:
    beside = (set(graph.successors(node)) | set(graph.predecessors(node))) - {node}
    return weights.node(max(len(beside), graph.nodes[node]["mentions"]))


def least(
    graph: networkx.MultiDiGraph,
    terminals: Iterable[str],
    limits: Constraints,
    weights: Weights,
    *,
    split: bool = False,
) -> int | None:
    """What the cheapest tree costs, by trying all sets of nodes between; None where there is no tree.

    With `split` by the measure for which Mehlhorn's bound holds: half a toll for each end of each edge.
    """
    wanted = set(terminals)
    others = [
        node
        for node in sorted(set(graph) - wanted)
        if node not in limits.avoid and (not limits.types or graph.nodes[node]["kind"] in limits.types)
    ]
    tolls = {node: 0 if node in wanted else toll(graph, node, weights) for node in graph}
    edges = sorted(
        (2 * cost + (sum(tolls[end] for end in pair) if split else 0), *sorted(pair))
        for pair, cost in allowed(graph, limits, weights).items()
    )
    found = []
    for between in chain.from_iterable(combinations(others, size) for size in range(len(others) + 1)):
        part = {node: node for node in (*wanted, *between)}  # Kruskal, each node with the set that it is in
        cost = 0 if split else 2 * sum(tolls[node] for node in between)
        for price, a, b in edges:
            if a in part and b in part and part[a] != part[b]:
                cost += price
                joined, gone = part[a], part[b]
                part = {node: joined if top == gone else top for node, top in part.items()}
        if len(set(part.values())) == 1:
            found.append(cost)
    return min(found) // 2 if found else None


def checked(
    network: Network, graph: networkx.MultiDiGraph, terminals: list[str], limits: Constraints, tree: Tree
) -> None:
    """It is a tree over the terminals of allowed edges, no leaf of which could be left out, and costs what it says."""
    weights = network.weights
    names = [network.names[node] for node in tree.nodes]
    costs = allowed(graph, limits, weights)
    pairs = [frozenset((network.names[u], network.names[v])) for u, v in tree.pairs]
    drawn = networkx.Graph()
    drawn.add_nodes_from(names)
    drawn.add_edges_from(tuple(pair) for pair in pairs)
    assert networkx.is_tree(drawn)
    assert set(terminals) <= set(names)
    assert {node for node, degree in drawn.degree() if degree < 2} <= set(terminals)
    between = set(names) - set(terminals)
    assert not between & limits.avoid
    assert not limits.types or {graph.nodes[node]["kind"] for node in between} <= limits.types
    assert tree.cost == sum(costs[pair] for pair in pairs) + sum(toll(graph, node, weights) for node in between)


@settings(max_examples=1500)
@given(problems)
def test_up_to_five_are_tied_at_the_least_cost_and_more_at_no_more_than_twice_of_it(
    given_problem: Problem,
) -> None:
    graph, terminals, limits, weights = given_problem
    before = graph.copy()
    network = Network.of_networkx(graph, weights=weights)
    columns = [column.copy() for column in (network.subject, network.object, network.cost, network.toll)]
    best = least(graph, terminals, limits, weights)
    ground = Ground(network, [network.numbers[name] for name in terminals], limits)
    tree = steiner_tree(ground)
    assert (tree is None) == (best is None) == (len(ground.parts()) > 1)
    if tree is not None and best is not None:
        checked(network, graph, terminals, limits, tree)
        assert tree.exact == (len(terminals) <= steiner.EXACT)
        assert best <= tree.cost <= (best if tree.exact else 2 * best)
    assert networkx.utils.graphs_equal(graph, before)
    after = (network.subject, network.object, network.cost, network.toll)
    assert all((one == other).all() for one, other in zip(columns, after, strict=True))


@settings(max_examples=600)
@given(problems)
def test_the_approximation_alone_keeps_its_bound(
    given_problem: Problem,
) -> None:
    graph, terminals, limits, weights = given_problem
    network = Network.of_networkx(graph, weights=weights)
    with patch.object(steiner, "EXACT", 0), patch.object(steiner, "PATIENCE", 1):
        tree = steiner_tree(Ground(network, [network.numbers[name] for name in terminals], limits))
    bound = least(graph, terminals, limits, weights, split=True)
    assert (tree is None) == (bound is None)
    if tree is not None and bound is not None:
        checked(network, graph, terminals, limits, tree)
        assert tree.cost <= 2 * bound
        assert tree.exact == (len(terminals) == 2)


@settings(max_examples=200)
@given(problems, st.integers(0, 1000))
def test_the_order_of_terminals_and_edges_changes_nothing(given_problem: Problem, seed: int) -> None:
    graph, terminals, limits, weights = given_problem
    edges = list(graph.edges(keys=True, data=True))
    Random(seed).shuffle(edges)
    other = networkx.MultiDiGraph()
    other.add_nodes_from(reversed(list(graph.nodes(data=True))))
    other.add_edges_from(edges)
    trees = []
    for each, named in ((graph, terminals), (other, terminals[::-1])):
        network = Network.of_networkx(each, weights=weights)
        trees.append(steiner_tree(Ground(network, [network.numbers[name] for name in named], limits)))
    assert trees[0] == trees[1]


def test_a_branching_pays_its_toll_once() -> None:
    graph = networkx.MultiDiGraph()
    graph.add_node("hub", mentions=64)  # a toll of two hops
    for name in "abcd":
        graph.add_edge(name, "hub", key="uses", confidence=1.0)
    network = Network.of_networkx(graph)
    tree = steiner_tree(Ground(network, [network.numbers[name] for name in "abcd"], Constraints()))
    assert tree is not None
    assert (tree.cost, tree.exact) == (4000 + 2000, True)


def test_a_graph_that_is_too_large_for_the_best_tree_says_so() -> None:
    graph = networkx.MultiDiGraph()
    for a, b in ("ax", "bx", "cx", "ab", "bc"):
        graph.add_edge(a, b, key="uses", confidence=1.0)
    network = Network.of_networkx(graph)
    terminals = [network.numbers[name] for name in "abc"]
    for name in ("MOST_STEPS", "MOST_LIKELY"):
        with patch.object(steiner, name, 3):
            tree = steiner_tree(Ground(network, terminals, Constraints()))
        assert tree is not None
        assert (tree.cost, tree.exact) == (2000, False)
