"""How long it takes to infer what follows from a graph, beside owlrl on the same triples, in the same run.

    python benchmarks/reason.py [DIR] [--entries 20] [--seed 1] [--rounds 5]

DIR is a built graph; without it, that of seeds/ is built first. owlrl takes minutes for a whole one, so both get the
same sample of whole entries, drawn by the seed; `--entries 0` takes all. owlrl closes an rdflib graph that is already
loaded (its combined closure of RDFS and OWL 2 RL, no axiomatic triples), once; `kg.reason.infer` reads a store in
memory, `rounds` times, of which the median counts. What owlrl derives and `infer` could (tests/entailed.py says what
that is) has to be the same, or the benchmark fails. Processor seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from time import process_time

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import kg  # noqa: E402
from kg.reason import infer  # noqa: E402
from kg.store import LocalStore  # noqa: E402
from kg.vocabulary import data_file  # noqa: E402
from tests.entailed import closed, derived, in_rdflib, whole_entries  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", nargs="?", type=Path)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        if options.graph is None:
            options.graph = Path(folder)
            kg.build([ROOT / "seeds"], options.graph, validate=False)
        quads = list(LocalStore.open(options.graph).quads())
    if options.entries:
        quads = whole_entries(quads, options.entries, options.seed)
    store = LocalStore()
    store.load(quads)
    ontology = [quad.triple for quad in ox.parse(path=data_file("ontology", "kg.ttl"), format=ox.RdfFormat.TURTLE)]
    stated, schema = in_rdflib(quad.triple for quad in quads), in_rdflib(ontology)
    print(f"{len(stated):,} triples of {options.entries or 'all'} entries, {len(schema)} of the ontology")

    times = []
    for _ in range(options.rounds):
        start = process_time()
        found = infer(store)
        times.append(process_time() - start)
    ours = statistics.median(times)
    print(f"kg.reason   {ours:10.3f} s   {len(found.triples):,} triples: {dict(found.rules)}", flush=True)
    start = process_time()
    graph = closed(stated | schema)
    theirs = process_time() - start
    more = len(graph) - len(stated | schema)
    print(f"owlrl       {theirs:10.3f} s   {more:,} triples, those about the schema and `x sameAs x` included")
    same = in_rdflib(found.triples) == derived(graph, stated, schema)
    print(f"ratio       {theirs / ours:10.1f}     {'the same' if same else 'NOT the same'} where both derive")
    sys.exit(not same)


if __name__ == "__main__":
    main()
