"""Score a built graph with the scorer beside the checkout: `python benchmarks/score.py GRAPH GOLD.json [options]`.

The scorer, `../shared/gold/score.py`, reads files with `Path.read_text(newline=…)`, which Python has since 3.13; older
ones are given that here. Everything else is the scorer's own.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

SCORER = Path(__file__).resolve().parents[2] / "shared" / "gold" / "score.py"


def _read_text(self: Path, encoding: str | None = None, errors: str | None = None, newline: str | None = None) -> str:
    with self.open(encoding=encoding, errors=errors, newline=newline) as file:
        return file.read()


def main() -> None:
    """Run the scorer with the arguments of this program."""
    if not SCORER.exists():
        sys.exit(f"score: there is no {SCORER}")
    if sys.version_info < (3, 13):
        Path.read_text = _read_text  # type: ignore[method-assign]
    sys.argv[0] = str(SCORER)
    runpy.run_path(str(SCORER), run_name="__main__")


if __name__ == "__main__":
    main()
