"""How long the figures of `kg analyse` take on a synthetic graph with skewed degrees, beside networkx where it can.

    python benchmarks/analytics.py [--nodes 100000] [--edges 1000000] [--seed 1] [--networkx]

Processor time. Betweenness is measured from the sample that `kg analyse` takes at this size; networkx is given two of
its concepts and its time is scaled. It gets the simple graph with summed weights, made beforehand and not counted.
"""

from __future__ import annotations

import argparse
import random
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
from synthetic import synthetic

from kg.analytics import Analysis
from kg.answers import ConceptView
from kg.network import Weights
from kg.ties import SEED, Ties

if TYPE_CHECKING:
    from collections.abc import Callable

    import networkx


def timed(name: str, run: Callable[[], object]) -> float:
    """Run something, print how long it took, give the seconds."""
    start = process_time()
    run()
    seconds = process_time() - start
    print(f"{name:<44}{seconds:>9.2f} s", flush=True)
    return seconds


def simple(ties: Ties) -> networkx.Graph:
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(ties.size))
    columns = (ties.first.tolist(), ties.second.tolist(), ties.weight.tolist(), ties.cost.tolist())
    graph.add_edges_from((a, b, {"weight": weight, "cost": cost}) for a, b, weight, cost in zip(*columns, strict=True))
    return graph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--networkx", action="store_true", help="time networkx too")
    options = parser.parse_args()

    made = synthetic(options.nodes, options.edges, options.seed)
    price = Weights()
    cost = np.array(
        [
            price.edge(made.predicates[p], c)
            for p, c in zip(made.predicate.tolist(), made.confidence.tolist(), strict=True)
        ]
    )
    columns = made.subject, made.object, made.confidence, cost
    found: list[Ties] = []
    timed("links of the relations", lambda: found.append(Ties.of(options.nodes, *columns)))
    (ties,) = found
    print(f"{ties.size:,} concepts, {int(ties.count.sum()):,} relations, {len(ties):,} links")
    names = [f"c{number:07}" for number in range(ties.size)]
    fields = [("field",) if number % 50 == 0 else () for number in range(ties.size)]
    views = [ConceptView(name, name, name, "Method", fields=field) for name, field in zip(names, fields, strict=True)]
    analysis = Analysis(views, names[::10], ties)
    timed("igraph: the graph itself", lambda: ties.graph)
    timed("igraph: PageRank", lambda: analysis._pagerank)
    timed("igraph: coreness", lambda: analysis._core)
    timed("igraph: Leiden communities", lambda: analysis._member)
    timed("igraph: bridges and articulations", lambda: (analysis.bridges(), analysis.articulations()))
    timed("names of the communities", lambda: analysis.communities)
    timed("gaps between communities", analysis.gaps)
    timed(f"igraph: betweenness from {analysis.pivots or ties.size:,} concepts", lambda: analysis._betweenness)
    print(f"{len(analysis.communities):,} communities, modularity {analysis.modularity:.3f}")
    if options.networkx:
        import networkx

        graph = simple(ties)
        timed("networkx: PageRank", lambda: networkx.pagerank(graph, weight="weight"))
        timed("networkx: coreness", lambda: networkx.core_number(graph))
        timed("networkx: bridges", lambda: list(networkx.bridges(graph)))
        pivots = analysis.pivots or ties.size
        seconds = timed(
            "networkx: betweenness from 2 concepts",
            lambda: networkx.betweenness_centrality(graph, k=2, weight="cost", seed=random.Random(SEED)),
        )
        print(f"{f'networkx: betweenness from {pivots:,}, scaled':<44}{seconds * pivots / 2:>9.0f} s")


if __name__ == "__main__":
    main()
