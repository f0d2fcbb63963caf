"""How long it takes to tie concepts of the graph of `benchmarks/synthetic.py` together, and how cheaply.

    python benchmarks/connect.py [--nodes 100000] [--edges 1000000] [--times 5] [--seed 1]

For each number of concepts: the median and the largest time of the processor, what the tree of the approximation alone
costs, what it costs when it was improved, and for how many the answer is proved to be the least. Then the same for a
small graph, where proofs are affordable.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import process_time
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from synthetic import synthetic

from kg import steiner
from kg.network import Constraints, Network
from kg.steiner import Ground, steiner_tree

if TYPE_CHECKING:
    from synthetic import Synthetic


def network_of(graph: Synthetic) -> Network:
    """Its concepts and relations in arrays, concepts in the order of their IRIs."""
    order = np.array(sorted(range(len(graph.iris)), key=graph.iris.__getitem__))
    place = np.argsort(order)
    names = [graph.iris[number] for number in order.tolist()]
    kinds = [graph.kinds[kind] for kind in graph.kind[order].tolist()]
    columns = place[graph.subject], graph.predicate.astype(np.int64), place[graph.object], graph.confidence
    return Network(names, names, kinds, graph.predicates, columns)


def measure(network: Network, times: int, seed: int) -> None:
    """Print a row for each number of concepts."""
    network.view()
    random = np.random.default_rng(seed)
    print(f"{len(network):,} concepts, {len(network.subject):,} relations")
    print(f"{'tied':>6}{'median ms':>12}{'largest ms':>12}{'approximated':>14}{'found':>10}{'proved':>8}")
    for count in (2, 3, 4, 5, 8, 12, 20):
        spent, rough, found, proved = [], [], [], 0
        while len(spent) < times:
            terminals = random.choice(len(network), count, replace=False).tolist()
            start = process_time()
            tree = steiner_tree(Ground(network, terminals, Constraints()))
            if tree is None:
                continue
            spent.append(1000 * (process_time() - start))
            with patch.object(steiner, "EXACT", 0), patch.object(steiner, "PATIENCE", 1):
                first = steiner_tree(Ground(network, terminals, Constraints()))
            assert first is not None
            rough.append(first.cost / 1000)
            found.append(tree.cost / 1000)
            proved += tree.exact
        print(
            f"{count:>6}{median(spent):>12.0f}{max(spent):>12.0f}"
            f"{sum(rough) / times:>14.2f}{sum(found) / times:>10.2f}{proved:>8}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    measure(network_of(synthetic(options.nodes, options.edges, options.seed)), options.times, options.seed)
    measure(network_of(synthetic(2000, 4000, options.seed)), options.times, options.seed)


if __name__ == "__main__":
    main()
