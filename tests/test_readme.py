"""The commands of README.md run, and print what it shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REFUSED = 'kg show "blom filter"'


def _words(text: str) -> set[str]:
    """The lines of an output without their numbers: confidences and times are not the same on every machine."""
    return {re.sub(r"[\d.,]+", "#", line).strip() for line in text.splitlines() if line.strip()}


@pytest.mark.model
def test_the_tour_of_the_readme_runs_and_prints_what_is_shown(tmp_path: Path) -> None:
    tour = runpy.run_path(str(ROOT / "docs" / "tour.py"))["tour"]
    stops = tour(tmp_path, (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(stops) > 10
    assert [stop.command for stop in stops if stop.status != (2 if stop.command == REFUSED else 0)] == []
    shown = [_words(stop.shown) for stop in stops]
    printed = [_words(stop.printed) for stop in stops]
    kept = sum(len(lines & now) for lines, now in zip(shown, printed, strict=True))
    assert kept >= 0.8 * sum(map(len, shown)), "run docs/tour.py: README.md shows what the program no longer prints"
