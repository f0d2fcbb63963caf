"""How long loading the typed multigraph of a store takes, and the most memory that it takes, in fresh processes.

    python benchmarks/load.py DIR [--nodes 100000] [--edges 1000000] [--seed 1] [--times 3] [--all]

DIR keeps the graph of `benchmarks/synthetic.py` with its statements and evidence, as `kg build` writes it; it is made
where it is not there. What is loaded:

- columns: the store is opened, and its concepts and relations are read; a path search needs no more.
- network: the same, and the network that path search walks.
- networkx: `KnowledgeGraph.to_networkx()`, with the IRI of each statement.
- edges (with `--all`): `graph.index.edges`, an object for each relation.

Seconds are of the clock, and of both processors; the least of `--times`. Memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kg.graph import KnowledgeGraph

LOADS: dict[str, Callable[[KnowledgeGraph], object]] = {
    "columns": lambda graph: len(graph.index.columns),
    "network": lambda graph: graph.network,
    "networkx": lambda graph: graph.to_networkx(),
    "edges": lambda graph: graph.index.edges,
}


def loaded(output: Path, what: str) -> tuple[float, float, float]:
    """Seconds of the clock and of the processors, and the peak in megabytes, of this process from here on."""
    begun = perf_counter(), process_time()
    import kg

    LOADS[what](kg.open(output))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return perf_counter() - begun[0], process_time() - begun[1], peak


def measured(output: Path, what: str) -> tuple[float, float, float]:
    """What `loaded` gives in a process of its own."""
    command = [sys.executable, __file__, str(output), "--once", what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    clock, processor, peak = json.loads(done.stdout)
    return clock, processor, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--once", choices=LOADS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(loaded(options.output, options.once)))
        return
    from synthetic import kept

    kept(options.output, options.nodes, options.edges, options.seed)
    print(f"{'':<10}{'seconds':>9}{'of processors':>15}{'peak MB':>9}")
    for what in [name for name in LOADS if options.all or name != "edges"]:
        clock, processor, peak = min(measured(options.output, what) for _ in range(options.times))
        print(f"{what:<10}{clock:>9.1f}{processor:>15.1f}{peak:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
