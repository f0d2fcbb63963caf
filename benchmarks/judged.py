"""How far the cost of a path agrees with readers who ranked explanations without knowing what put them forward.

    python benchmarks/judged.py [GRAPH]

`benchmarks/judged/paths.json` has thirty pairs of concepts of the project's own glossaries. For each pair forty
settings of the weights were asked for their best path; two readers put the different answers in order, seeing
sentences, quotes and confidences. `places` are the places that they gave a path, from 0 on. GRAPH is a build of seeds/
(default: output).

For each setting: in how many pairs the path that it makes cheapest is one that a reader would have put first, and the
mean place of that path, from 0 (always the best) to 1 (always the worst). Pairs of which the graph has lost a path are
left out, and counted.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kg.graph
from kg.network import Constraints, Network, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator

JUDGED = Path(__file__).parent / "judged" / "paths.json"
ANY = Constraints()


def cost(network: Network, nodes: list[int]) -> int | None:
    """What a path costs, None when it is not in the graph."""
    steps = [network.carrying(u, v, ANY) for u, v in pairwise(nodes)]
    if not all(steps):
        return None
    return sum(int(network.cost[step[0][0]]) for step in steps) + int(network.toll[nodes[1:-1]].sum())


def agreement(network: Network, base: str, pairs: list[list[dict[str, Any]]]) -> Iterator[tuple[bool, float]]:
    """For each pair whether the cheapest path is a best one, and its place as a share."""
    for alternatives in pairs:
        iris = [[f"{base}concept/{name}" for name in each["path"]] for each in alternatives]
        if not all(iri in network.numbers for path in iris for iri in path):
            continue
        costs = [cost(network, [network.numbers[iri] for iri in path]) for path in iris]
        if None in costs:
            continue
        places = [sum(each["places"]) / len(each["places"]) for each in alternatives]
        chosen = costs.index(min(costs))  # type: ignore[type-var]
        yield places[chosen] == min(places), places[chosen] / (len(places) - 1)


def main() -> None:
    graph = kg.graph.open(sys.argv[1] if len(sys.argv) > 1 else "output")
    plain = graph.network
    edges = tuple(column.astype("int64") for column in (plain.subject, plain.predicate, plain.object))
    symmetric = [name for name, both in zip(plain.predicates, plain.symmetric.tolist(), strict=True) if both]
    pairs = json.loads(JUDGED.read_text())
    print(f"{'hub':>6}{'doubt':>7}{'first':>9}{'place':>7}{'pairs':>7}")
    for hub, doubt in product((0, 0.25, 0.5, 0.75, 1), (0, 0.25, 0.5, 0.75, 1)):
        network = Network(
            plain.names, plain.labels, plain.kinds, plain.predicates, (*edges, plain.confidence),
            mentions=plain.mentions, symmetric=symmetric, weights=Weights(hub=hub, doubt=doubt),
        )  # fmt: skip
        found = list(agreement(network, graph.base, pairs))
        first, place = (sum(column) / max(len(found), 1) for column in zip(*found, strict=True))
        mark = "  <- the default" if network.weights == Weights() else ""
        print(f"{hub:>6}{doubt:>7}{first:>9.0%}{place:>7.2f}{len(found):>4} of {len(pairs)}{mark}")


if __name__ == "__main__":
    main()
