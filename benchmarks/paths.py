"""How long path search takes on a synthetic typed multigraph with skewed degrees, beside networkx where it can.

    python benchmarks/paths.py [--nodes 10000] [--edges 40000] [--pairs 50] [--seed 1]

The graph grows by preferential attachment, so that it has hubs as glossaries have. networkx cannot rank the loopless
paths of a multigraph; it is given the simple graph of the cheapest edges, made beforehand and not counted, and finds
one path (its Dijkstra, both ways, with the same costs).
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
from time import process_time
from typing import TYPE_CHECKING

import networkx

from kg.errors import NoPath
from kg.paths import Constraints, Network, shortest_paths

if TYPE_CHECKING:
    from collections.abc import Callable

PREDICATES = ("uses", "usedFor", "hasPart", "broader", "improves", "reduces", "causes", "contrastsWith")


def synthetic(nodes: int, edges: int, seed: int) -> networkx.MultiDiGraph:
    """A graph of `nodes` nodes and about `edges` edges, the same for the same seed."""
    chance = random.Random(seed)
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(f"c{number:07}" for number in range(nodes))
    ends = [0]
    for edge in range(edges):
        subject = edge if edge < nodes else chance.randrange(nodes)
        target = chance.choice(ends)
        predicate = chance.choice(PREDICATES)
        graph.add_edge(f"c{subject:07}", f"c{target:07}", predicate, confidence=round(chance.uniform(0.3, 1), 2))
        ends += [subject, target]
    return graph


def cheapest(network: Network) -> networkx.DiGraph:
    """The simple graph with the cost of entering each node from each neighbour."""
    simple = networkx.DiGraph()
    for u, neighbours in enumerate(network.arcs):
        for v, hops in neighbours.items():
            simple.add_edge(u, v, cost=hops[0][0].cost + network.tolls[v])
    return simple


def timed(run: Callable[[str, str], object], pairs: list[tuple[str, str]]) -> tuple[float, float]:
    """The median and the largest time of a call, in milliseconds."""
    times = []
    for source, target in pairs:
        start = process_time()
        with contextlib.suppress(NoPath, networkx.NetworkXNoPath):
            run(source, target)
        times.append(1000 * (process_time() - start))
    return statistics.median(times), max(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--edges", type=int, default=40_000)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    graph = synthetic(options.nodes, options.edges, options.seed)
    start = process_time()
    network = Network(graph)
    print(f"{len(graph):,} nodes, {graph.number_of_edges():,} edges; index made in {process_time() - start:.2f} s")
    chance = random.Random(options.seed)
    pairs = [tuple(chance.sample(network.names, 2)) for _ in range(options.pairs)]
    simple = cheapest(network)

    def search(k: int, **limits: object) -> Callable[[str, str], object]:
        constraints = Constraints(**limits)  # type: ignore[arg-type]
        return lambda source, target: shortest_paths(network, source, target, k, constraints)

    rows = {
        "1 path": search(1),
        "10 paths": search(10),
        "100 paths": search(100),
        "10 paths, at most 5 hops": search(10, max_hops=5),
        "10 paths, directed": search(10, directed=True),
        "10 paths, confidence 0.6": search(10, min_confidence=0.6),
        "networkx: 1 path": lambda source, target: networkx.bidirectional_dijkstra(
            simple, network.numbers[source], network.numbers[target], weight="cost"
        ),
    }
    print(f"{'':<28}{'median ms':>12}{'largest ms':>12}")
    for name, run in rows.items():
        median, largest = timed(run, pairs)  # type: ignore[arg-type]
        print(f"{name:<28}{median:>12.1f}{largest:>12.1f}")


if __name__ == "__main__":
    main()
