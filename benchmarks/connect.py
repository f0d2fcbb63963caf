"""How long it takes to tie concepts together on a synthetic typed multigraph with skewed degrees, and how cheaply.

    python benchmarks/connect.py [--nodes 100000] [--edges 1000000] [--times 5] [--seed 1]

For each number of concepts: the median and the largest time of the processor, what the tree of the approximation alone
costs, what it costs when it was improved, and for how many the answer is proved to be the least. Then the same for a
small graph, where proofs are affordable.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import process_time
from unittest.mock import patch

import numpy as np

from kg import steiner
from kg.network import Constraints, Network
from kg.steiner import Ground, steiner_tree

PREDICATES = ("uses", "usedFor", "hasPart", "broader", "improves", "reduces", "causes", "contrastsWith")


def synthetic(nodes: int, edges: int, seed: int) -> Network:
    """A network whose nodes are subjects by Zipf's law, the same for the same seed."""
    random = np.random.default_rng(seed)
    chance = np.arange(1, nodes + 1) ** -0.6
    subject = random.permutation(nodes)[random.choice(nodes, edges, p=chance / chance.sum())]
    names = [f"c{number:07}" for number in range(nodes)]
    columns = (
        subject,
        random.integers(0, len(PREDICATES), edges),
        random.integers(0, nodes, edges),
        random.integers(30, 101, edges) / 100,
    )
    return Network(names, names, [""] * nodes, PREDICATES, columns)


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
    measure(synthetic(options.nodes, options.edges, options.seed), options.times, options.seed)
    measure(synthetic(2000, 4000, options.seed), options.times, options.seed)


if __name__ == "__main__":
    main()
