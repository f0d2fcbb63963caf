"""The commands of README.md and the manual run, and print what is shown."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REFUSED = 'kg show "blom filter"'
MANUAL = ("analytics.md", "connect.md", "paths.md", "related.md")
"""The pages of docs/ that show commands on the graph of seeds/."""


def _words(text: str) -> set[str]:
    """The lines of an output without their numbers: confidences and times are not the same on every machine."""
    return {re.sub(r"[\d.,]+", "#", line).strip() for line in text.splitlines() if line.strip()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pages' commands run, one page after the other; README.md, which builds the graph, is the first."""
    return tmp_path_factory.mktemp("tour")


@pytest.mark.model
@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}" for name in MANUAL)])
def test_the_commands_of_a_page_run_and_print_what_is_shown(folder: Path, page: str) -> None:
    tour = runpy.run_path(str(ROOT / "docs" / "tour.py"))["tour"]
    if page != "README.md" and not (folder / "output").exists():
        tour(folder, "```console\n$ kg build seeds\n```\n")
    stops = tour(folder, (ROOT / page).read_text(encoding="utf-8"))
    assert len(stops) >= 3
    assert [stop.command for stop in stops if stop.status != (2 if stop.command == REFUSED else 0)] == []
    shown = [_words(stop.shown) for stop in stops]
    printed = [_words(stop.printed) for stop in stops]
    kept = sum(len(lines & now) for lines, now in zip(shown, printed, strict=True))
    assert kept >= 0.8 * sum(map(len, shown)), f"run docs/tour.py: {page} shows what the program no longer prints"


def test_every_page_with_commands_is_tried() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md") if "```console\n$ kg " in page.read_text("utf-8")}
    assert pages <= {*MANUAL, "installing.md"}
