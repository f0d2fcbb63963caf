"""How well hidden relations are found again, by each way of ranking; how often the relation is named rightly; speed.

    python benchmarks/links.py GRAPH... [--share 0.15] [--splits 3] [--seed 1]
    python benchmarks/links.py GRAPH --tune
    python benchmarks/links.py --speed

GRAPH is the directory of a build, or `planted` for a made graph of communities. Of each a share of the pairs that have
a relation is hidden, drawn by the seed, but for those whose loss would leave a concept without any. For each hidden
pair all concepts without a relation to the one are ranked, and the other looked for; then the other way round. Equal
scores share their ranks: what scores everything alike is no better than chance. Of the hidden pairs themselves
`kg.roles` says which relation they have, and how sure it is.
"""

from __future__ import annotations

import argparse
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

import kg
from kg.embeddings import Settings, vectors
from kg.network import Network
from kg.proximity import LEVEL, Proximity, ranks
from kg.related import fused
from kg.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Scorer = Callable[[int], Numbers]

CLASSES = ("Method", "Model", "Software", "Metric", "Task")
SCHEMA = (
    ("Method", "uses", "Method"), ("Method", "usedFor", "Task"), ("Method", "evaluatedOn", "Metric"),
    ("Model", "uses", "Method"), ("Model", "usedFor", "Task"), ("Software", "uses", "Method"),
    ("Software", "hasPart", "Software"), ("Method", "broader", "Method"), ("Model", "contrastsWith", "Model"),
)  # fmt: skip
GRID = (
    {}, {"dimensions": 16}, {"dimensions": 64}, {"dimensions": 128}, {"window": 1}, {"window": 4}, {"walks": 5},
    {"walks": 20}, {"length": 10}, {"length": 40}, {"epochs": 2}, {"epochs": 10}, {"negative": 15},
)  # fmt: skip


def planted(seed: int, communities: int = 20, size: int = 40, edges: int = 3000) -> Network:
    """A graph of communities: nine relations of ten are within one, and some concepts are in many more than others."""
    chance = random.Random(seed)
    nodes = [(community, CLASSES[number % 5]) for community in range(communities) for number in range(size)]
    weight = [1 / (1 + number % size) ** 0.7 for number in range(len(nodes))]
    of_class = {name: [n for n, (_, kind) in enumerate(nodes) if kind == name] for name in CLASSES}
    within = {
        (community, name): [n for n in of_class[name] if nodes[n][0] == community]
        for community in range(communities)
        for name in CLASSES
    }
    found = set()
    while len(found) < edges:
        kind, predicate, target = chance.choice(SCHEMA)
        subject = chance.choices(of_class[kind], [weight[n] for n in of_class[kind]])[0]
        near = within[nodes[subject][0], target] if chance.random() < 0.9 else of_class[target]
        found.add((subject, predicate, chance.choices(near, [weight[n] for n in near])[0]))
    names = [f"c{number:04}" for number in range(len(nodes))]
    predicates = sorted({predicate for _, predicate, _ in SCHEMA})
    rows = sorted((s, predicates.index(p), o) for s, p, o in found)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    sure = np.array([round(chance.uniform(0.5, 1), 2) for _ in rows])
    return Network(
        names, names, [kind for _, kind in nodes], predicates, (*columns, sure), symmetric=["contrastsWith"]
    )  # fmt: skip


def split(network: Network, share: float, seed: int) -> tuple[Network, list[tuple[int, int]]]:
    """The graph without the edges of the pairs that are hidden, and these pairs."""
    size = len(network)
    low, high = np.minimum(network.subject, network.object), np.maximum(network.subject, network.object)
    keys = low.astype(np.int64) * size + high
    pairs, degree = np.unique(keys), network.neighbours.copy()
    hidden: list[int] = []
    for pair in np.random.default_rng(seed).permutation(pairs).tolist():
        one, other = divmod(pair, size)
        if len(hidden) < share * len(pairs) and degree[one] > 1 and degree[other] > 1:
            degree[[one, other]] -= 1
            hidden.append(pair)
    kept = ~np.isin(keys, hidden)
    edges = tuple(column[kept].astype(np.int64) for column in (network.subject, network.predicate, network.object))
    symmetric = [name for name, both in zip(network.predicates, network.symmetric, strict=True) if both]
    rest = Network(
        network.names, network.labels, network.kinds, network.predicates, (*edges, network.confidence[kept]),
        symmetric=symmetric,
    )  # fmt: skip
    return rest, [divmod(pair, size) for pair in sorted(hidden)]


def scorers(network: Network, near: Proximity, seed: int) -> Mapping[str, Scorer]:
    """All ways of ranking."""
    embedded = vectors(network, Settings(seed=seed))
    joined = sparse.csr_array((np.ones(near.weights.nnz), near.weights.indices, near.weights.indptr))
    degree = network.neighbours.astype(np.float64)
    telling = np.where(degree > 1, 1 / np.log(np.maximum(degree, 2)), 0)

    def masked(node: int) -> Numbers:
        mask = np.zeros(len(network))
        mask[near.neighbours(node)] = 1
        return mask

    return {
        "walk (RWR)": near.walk,
        f"walk, levelled {LEVEL:g}": near.levelled,
        "walk, levelled 0.5": lambda node: near.levelled(node, level=0.5),
        "metapaths (PathSim)": near.metapaths,
        "both, fused": lambda node: fused([near.levelled(node), near.metapaths(node)]),
        "embedding": lambda node: embedded @ embedded[node],
        "walk + embedding, fused": lambda node: fused([near.walk(node), 1 + embedded @ embedded[node]]),
        "Adamic-Adar": lambda node: joined @ (masked(node) * telling),
        "common neighbours": lambda node: joined @ masked(node),
        "preferential attachment": lambda node: degree * degree[node],
        "random": lambda node: np.random.default_rng([seed, node]).random(len(network)),
    }


def found_again(network: Network, hidden: list[tuple[int, int]], ways: Mapping[str, Scorer]) -> dict[str, list[float]]:
    """The rank of each hidden concept, asked for from both ends, by each way."""
    near = Proximity(network)
    places: dict[str, list[float]] = {way: [] for way in ways}
    for one, other in [ends for pair in hidden for ends in (pair, pair[::-1])]:
        asked = network.neighbours > 0
        asked[near.neighbours(one)] = False
        asked[one] = False
        at = int(asked[:other].sum())
        for way, score in ways.items():
            places[way].append(float(ranks(np.round(score(one)[asked], 9))[at]))
    return places


def show(places: Mapping[str, list[float]]) -> None:
    print(f"  {'':<28}{'hits@1':>8}{'@3':>8}{'@10':>8}{'MRR':>8}")
    for way, found in places.items():
        rank = np.array(found)
        hits = "".join(f"{(rank <= most).mean():>8.3f}" for most in (1, 3, 10))
        print(f"  {way:<28}{hits}{(1 / rank).mean():>8.3f}")


def naming(network: Network, rest: Network, hidden: list[tuple[int, int]]) -> list[tuple[float, bool]]:
    """For each hidden pair how sure its relation was named, and whether rightly."""
    stated = set(zip(network.subject.tolist(), network.object.tolist(), network.predicate.tolist(), strict=True))
    roles, found = Roles(rest), []
    for one, other in hidden:
        predicate, forward, chance = roles.likeliest(one, other)
        ends = [(one, other)] if forward else [(other, one)]
        ends += [ends[0][::-1]] if network.symmetric[predicate] else []
        found.append((chance, any((*pair, predicate) in stated for pair in ends)))
    return found


def measure(name: str, network: Network, options: argparse.Namespace) -> None:
    places: dict[str, list[float]] = {}
    named: list[tuple[float, bool]] = []
    count = 0
    for seed in range(options.seed, options.seed + options.splits):
        rest, hidden = split(network, options.share, seed)
        count += len(hidden)
        for way, found in found_again(rest, hidden, scorers(rest, Proximity(rest), seed)).items():
            places.setdefault(way, []).extend(found)
        named += naming(network, rest, hidden)
    joined = int((network.neighbours > 0).sum())
    print(f"{name}: {joined:,} concepts with {len(network.subject):,} relations; {count} pairs hidden")
    show(places)
    for least in (0.0, 0.5, 0.7):
        sure = [right for chance, right in named if chance >= least]
        print(f"  relation named at {least:.0%} and more: {len(sure) / len(named):.0%}, right {np.mean(sure):.0%}")


def tune(name: str, network: Network, options: argparse.Namespace) -> None:
    """The settings of embeddings, each changed by itself."""
    places: dict[str, list[float]] = {}
    for seed in range(options.seed, options.seed + options.splits):
        rest, hidden = split(network, options.share, seed)
        for changed in GRID:
            start = time.process_time()
            made = vectors(rest, Settings(**changed))
            seconds = time.process_time() - start
            title = " ".join(f"{key}={value}" for key, value in changed.items()) or "as they are"
            found = found_again(rest, hidden, {title: lambda node, made=made: made @ made[node]})
            places.setdefault(title, []).extend(found[title])
            if seed == options.seed:
                print(f"  {title:<28}{seconds:>6.1f} s")
    print(name)
    show(places)


def speed(nodes: int, edges: int, seed: int) -> None:
    """One question to a large graph with skewed degrees, beside igraph's PageRank (PRPACK)."""
    import igraph

    chance = np.random.default_rng(seed)
    weight = 1 / np.arange(1, nodes + 1) ** 0.7
    columns = chance.integers(0, nodes, edges), chance.integers(0, 8, edges)
    target = chance.choice(nodes, edges, p=weight / weight.sum())
    names = [f"c{number:07}" for number in range(nodes)]
    kinds = [CLASSES[number % 5] for number in range(nodes)]
    network = Network(names, names, kinds, list("abcdefgh"), (*columns, target, chance.uniform(0.3, 1, edges)))
    print(f"{nodes:,} nodes, {len(network.subject):,} edges, largest degree {network.neighbours.max():,}")
    near = timed("matrix", lambda: Proximity(network))
    timed("walk, first", lambda: near.walk(0))
    ours = timed("walk", lambda: near.walk(nodes // 2))
    timed("metapaths, first", lambda: near.metapaths(0))
    timed("metapaths", lambda: near.metapaths(nodes // 2))
    timed("strongest ways", lambda: near.ways(nodes // 2))
    timed("roles", lambda: Roles(network))
    timed("best pairs of all", lambda: near.pairs(10, np.ones(nodes, dtype=bool)))
    half = sparse.triu(near.weights).tocoo()
    graph = timed("igraph: graph", lambda: igraph.Graph(n=nodes, edges=np.column_stack([half.row, half.col])))
    theirs = timed(
        "igraph: personalized_pagerank",
        lambda: graph.personalized_pagerank(damping=0.85, reset_vertices=[nodes // 2], weights=half.data.tolist()),
    )
    print(f"  difference, summed over all nodes: {np.abs(ours - np.array(theirs)).sum():.1e}")


def timed(what: str, run: Callable[[], Any]) -> Any:
    start = time.process_time()
    result = run()
    print(f"  {what:<32}{time.process_time() - start:>8.3f} s")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graphs", nargs="*", metavar="GRAPH")
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        speed(100_000, 1_000_000, options.seed)
    for place in options.graphs or ([] if options.speed else ["planted"]):
        network = planted(options.seed) if place == "planted" else kg.open(place).network
        (tune if options.tune else measure)(place, network, options)


if __name__ == "__main__":
    main()
