"""How long path search takes on a large typed multigraph with skewed degrees, beside networkx, rustworkx and igraph.

    python benchmarks/paths.py [--nodes 100000] [--edges 1000000] [--pairs 20] [--seed 1] [--peers 5]

The graph is that of `benchmarks/synthetic.py`. All find the same best path: relations are walked either way, the
cheapest of parallel ones counts, and passing a concept costs its toll. What the others are given:

- networkx, typed: an undirected `MultiGraph` of the relations and a function that weighs a step, as its users would
  write it, with its `shortest_path` (bidirectional Dijkstra).
- networkx, prepared: the simple graph of the cheapest steps with all weights in it, made beforehand and not counted.
  Its k shortest paths (`shortest_simple_paths`, Yen) refuse multigraphs, so they run on this graph.
- rustworkx (where it is installed), igraph and scipy: the same simple graph in their own structures, made beforehand
  and not counted.

Times are of the process, in milliseconds; the peers are asked for the first `--peers` pairs. Every length is compared.
"""

from __future__ import annotations

import argparse
import statistics
from importlib.util import find_spec
from itertools import islice, pairwise
from time import process_time
from typing import TYPE_CHECKING

import networkx
import numpy as np
from synthetic import synthetic

from kg.errors import NoPath
from kg.metapath import Metapath
from kg.network import Constraints, Network
from kg.paths import shortest_paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthetic import Synthetic

    Pair = tuple[int, int]


def network_of(graph: Synthetic) -> Network:
    """The graph as path search takes it."""
    order = np.argsort(graph.iris)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    kinds = [graph.kinds[kind] for kind in graph.kind[order].tolist()]
    names = [graph.iris[node] for node in order.tolist()]
    edges = (number[graph.subject], graph.predicate.astype(np.int64), number[graph.object], graph.confidence)
    return Network(names, [graph.labels[node] for node in order.tolist()], kinds, graph.predicates, edges)


class Peers:
    """The other libraries on the same graph; each gives the length of the best path, with the tolls of both ends."""

    def __init__(self, network: Network) -> None:
        self.network = network
        view = network.view()
        self.tail = np.repeat(np.arange(len(network)), np.diff(view.indptr))
        self.head, self.weight = view.head, view.weight // network.base
        self.names = {
            "networkx, typed": self._typed(),
            "networkx, prepared": self._prepared(),
            **({"rustworkx": self._rustworkx()} if find_spec("rustworkx") else {}),
            "igraph": self._igraph(),
            "scipy, all distances": self._scipy(),
        }

    def _typed(self) -> Callable[[int, int], int]:
        network, graph = self.network, networkx.MultiGraph()
        graph.add_nodes_from(range(len(network)))
        columns = (network.subject, network.object, network.cost)
        for subject, target, cost in zip(*(column.tolist() for column in columns), strict=True):
            graph.add_edge(subject, target, cost=cost)
        toll = network.toll.tolist()

        def weigh(u: int, v: int, parallel: dict[int, dict[str, int]]) -> int:
            return 2 * min(edge["cost"] for edge in parallel.values()) + toll[u] + toll[v]

        def run(source: int, target: int) -> int:
            path = networkx.shortest_path(graph, source, target, weight=weigh)
            return sum(weigh(u, v, graph[u][v]) for u, v in pairwise(path))

        return run

    def _prepared(self) -> Callable[[int, int], int]:
        self.simple = networkx.DiGraph()
        self.simple.add_weighted_edges_from(
            zip(self.tail.tolist(), self.head.tolist(), self.weight.tolist(), strict=True)
        )
        return lambda source, target: int(networkx.bidirectional_dijkstra(self.simple, source, target)[0])

    def _rustworkx(self) -> Callable[[int, int], int]:
        import rustworkx

        graph = rustworkx.PyDiGraph()
        graph.add_nodes_from(range(len(self.network)))
        graph.add_edges_from(list(zip(self.tail.tolist(), self.head.tolist(), self.weight.tolist(), strict=True)))
        return lambda source, target: int(
            rustworkx.digraph_dijkstra_shortest_path_lengths(graph, source, float, goal=target)[target]
        )

    def _igraph(self) -> Callable[[int, int], int]:
        import igraph

        graph = igraph.Graph(n=len(self.network), edges=np.c_[self.tail, self.head], directed=True)
        weights = self.weight.tolist()

        def run(source: int, target: int) -> int:
            steps = graph.get_shortest_path(source, target, weights=weights, output="epath")
            return sum(weights[step] for step in steps)

        return run

    def _scipy(self) -> Callable[[int, int], int]:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        size = len(self.network)
        matrix = csr_array((self.weight.astype(float), (self.tail, self.head)), shape=(size, size))
        return lambda source, target: int(dijkstra(matrix, indices=source)[target])

    def ten(self, source: int, target: int) -> int:
        """The length of the tenth path by networkx."""
        paths = list(islice(networkx.shortest_simple_paths(self.simple, source, target, weight="weight"), 10))
        return sum(self.simple[u][v]["weight"] for u, v in pairwise(paths[-1]))


def timed(run: Callable[[int, int], object], pairs: list[Pair]) -> tuple[list[float], list[object]]:
    """How long each call takes, in milliseconds, and what it gives."""
    times, found = [], []
    for source, target in pairs:
        start = process_time()
        found.append(run(source, target))
        times.append(1000 * (process_time() - start))
    return times, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--peers", type=int, default=5, help="pairs that the slower peers are asked for; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    graph = synthetic(options.nodes, options.edges, options.seed)
    start = process_time()
    network = network_of(graph)
    print(
        f"{len(network):,} nodes, {len(network.cost):,} edges, most neighbours of a node {network.neighbours.max():,}"
    )
    network.view().lightest  # noqa: B018 - made once for all searches
    print(f"arrays made in {process_time() - start:.1f} s, once for all searches\n")
    chance = np.random.default_rng(options.seed)
    pairs = [tuple(chance.choice(len(network), 2, replace=False).tolist()) for _ in range(options.pairs)]

    def search(k: int, **limits: object) -> Callable[[int, int], int]:
        constraints = Constraints(**limits)  # type: ignore[arg-type]

        def run(source: int, target: int) -> int:
            try:
                found = shortest_paths(network, network.names[source], network.names[target], k, constraints).found
            except NoPath:
                return -1
            return 2 * found[-1].cost + int(network.toll[source] + network.toll[target])

        return run

    print(f"{'':<34}{'median ms':>12}{'largest ms':>12}")

    def tell(name: str, times: list[float], remark: str = "") -> None:
        print(f"{name:<34}{statistics.median(times):>12.1f}{max(times):>12.1f}{remark}", flush=True)

    search(1)(*pairs[0])
    single, lengths = timed(search(1), pairs)
    tell("1 path", single)
    ten, tenth = timed(search(10), pairs)
    tell("10 paths", ten)
    for name, run in (
        ("100 paths", search(100)),
        ("10 paths, at most 6 hops", search(10, max_hops=6)),
        ("10 paths, directed", search(10, directed=True)),
        ("10 paths, confidence 0.5", search(10, min_confidence=0.5)),
        ("10 paths through Methods", search(10, types=frozenset({"Method"}))),
        ("10 paths through a concept", search(10, via=frozenset({network.names[pairs[0][0] // 2]}))),
        ("10 paths, metapath *--Model--+*", search(10, metapath=Metapath.parse("*--Model--+*"))),
    ):
        run(*pairs[0])  # the view under these constraints is made
        tell(name, timed(run, pairs)[0])
    if not options.peers:
        return
    print()
    few = pairs[: options.peers]
    peers = Peers(network)
    for name, run in peers.names.items():
        times, found = timed(run, few)
        assert found == lengths[: len(few)], f"{name} finds other paths"
        ratio = statistics.median(times) / statistics.median(single[: len(few)])
        tell(f"{name}: 1 path", times, f"   {ratio:,.0f} times kg's")
    times, found = timed(peers.ten, few[:3])
    assert found == tenth[:3], "networkx finds other tenth paths"
    ratio = statistics.median(times) / statistics.median(ten[:3])
    tell("networkx, prepared: 10 paths", times, f"   {ratio:,.0f} times kg's")


if __name__ == "__main__":
    main()
