"""How fast pages are made, usable and panned, by size: `python benchmarks/page.py [--raw]`.

Columns: seconds to make the page, its size, seconds until it can be used (the next frame after it says so), frame times
in ms while the map is dragged, median and 95th percentile (17 is the 60 Hz floor), and ms until the largest group is
open and drawn. `--raw` adds pyvis' own page of the same graph in the same run, with physics as its defaults are; it can
be used when vis-network has found places for all nodes, and is given up after 60 seconds. Needs the system's Chromium.
Other work on the machine shows: the load is printed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kg.render import render  # noqa: E402
from tests.pages import large_view  # noqa: E402

if TYPE_CHECKING:
    import networkx
    from playwright.sync_api import Page

SIZES = (200, 1000, 5000, 10000)
GIVEN = 60
"""Seconds after which a page is given up."""
WATCH = """() => {
  window.frames_ = [];
  let last = performance.now();
  const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""


def painted(page: Page, path: Path, ready: str) -> float:
    """Seconds until the page is ready and its next frame is drawn."""
    start = time.perf_counter()
    page.goto(path.as_uri(), timeout=1000 * GIVEN, wait_until="commit")
    while not page.evaluate(ready):
        if time.perf_counter() - start > GIVEN:
            raise TimeoutError
        page.wait_for_timeout(5)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return time.perf_counter() - start


def panned(page: Page) -> tuple[float, float]:
    """Median and 95th percentile of the frame times of a drag."""
    page.mouse.move(585, 790)
    page.mouse.down()
    page.mouse.move(590, 790)
    page.evaluate(WATCH)
    for step in range(60):
        page.mouse.move(590 + 2 * step, 790 - step)
    frames = sorted(page.evaluate("window.frames_"))
    page.mouse.up()
    return frames[len(frames) // 2], frames[int(0.95 * (len(frames) - 1))]


def raw(view: networkx.MultiDiGraph, path: Path) -> None:
    """The page that pyvis makes by itself."""
    from pyvis.network import Network

    net = Network(cdn_resources="in_line", directed=True)
    numbers = {node: number for number, node in enumerate(view)}
    net.nodes = [{"id": numbers[node], "label": data["label"], "shape": "dot"} for node, data in view.nodes(data=True)]
    net.edges = [{"from": numbers[a], "to": numbers[b], "arrows": "to"} for a, b in view.edges()]
    path.write_text(net.generate_html(), encoding="utf-8")


READY = {
    "kg": "document.documentElement.dataset.ready === 'true'",
    "pyvis": "typeof network !== 'undefined' && Boolean(network?.physics?.ready)",
}


def opened(page: Page) -> float:
    """Milliseconds until the largest group is open and drawn; not a number where there are no groups."""
    if page.evaluate("kgPage.state().kind") != "overview":
        return float("nan")
    at = page.evaluate("kgPage.place('g0')")
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
    taken: float = page.evaluate(
        """async () => {
          const start = performance.now();
          document.querySelector('#turn-group').click();
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return performance.now() - start;
        }"""
    )
    return taken


def main() -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(
        f"{'page':<7}{'concepts':>9}{'relations':>10}{'make s':>8}{'KB':>7}{'usable s':>10}"
        f"{'pan ms':>8}{'p95':>6}{'open ms':>9}"
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        blank = Path(folder) / "blank.html"
        blank.write_text("<!doctype html>", encoding="utf-8")
        for size in SIZES:
            view = large_view(size)
            for name in ("kg", "pyvis") if "--raw" in sys.argv else ("kg",):
                path = Path(folder) / f"{name}-{size}.html"
                start = time.perf_counter()
                if name == "kg":
                    render(view, path, title="Benchmark")
                else:
                    raw(view, path)
                made = time.perf_counter() - start
                row = f"{name:<7}{size:>9}{view.number_of_edges():>10}{made:>8.2f}{path.stat().st_size // 1000:>7}"
                print(row, end="", flush=True)
                chromium = playwright.chromium.launch(  # one for each page: one that is given up still computes
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
                )
                page = chromium.new_context(offline=True, viewport={"width": 1300, "height": 850}).new_page()
                page.goto(blank.as_uri())  # starting a browser is not the page's time
                try:
                    seconds, (median, high) = painted(page, path, READY[name]), panned(page)
                    group = f"{opened(page):>9.0f}" if name == "kg" else ""
                    print(f"{seconds:>10.2f}{median:>8.0f}{high:>6.0f}{group}")
                except Exception as error:  # a page that is never usable is a result, too
                    print(f"  given up after {GIVEN} s ({type(error).__name__})")
                chromium.close()


if __name__ == "__main__":
    main()
