"""How fast pages are made, painted and panned, by size: `python benchmarks/page.py [--raw]`.

`--raw` adds pyvis' own page of the same graph (physics on, as its defaults are), given 60 seconds to paint. Needs the
system's Chromium. Frame times are medians and 95th percentiles in ms while the map is dragged; 17 is the 60 Hz floor.
"""

from __future__ import annotations

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
WATCH = """() => {
  window.frames_ = [];
  let last = performance.now();
  const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""


def painted(page: Page, path: Path, ready: str) -> float:
    """Seconds until the page is ready and its next frame is drawn."""
    start = time.perf_counter()
    page.goto(path.as_uri(), timeout=60_000)
    page.wait_for_function(ready, timeout=60_000)
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


def main() -> None:
    print(f"{'page':<8}{'concepts':>9}{'relations':>10}{'make s':>8}{'KB':>7}{'paint s':>9}{'pan ms':>8}{'p95':>6}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
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
                page = chromium.new_context(offline=True, viewport={"width": 1300, "height": 850}).new_page()
                ready = "document.documentElement.dataset.ready" if name == "kg" else "document.querySelector('canvas')"
                print(
                    f"{name:<8}{size:>9}{view.number_of_edges():>10}{made:>8.2f}{path.stat().st_size // 1000:>7}",
                    end="",
                    flush=True,
                )
                try:
                    seconds, (median, high) = painted(page, path, ready), panned(page)
                    print(f"{seconds:>9.2f}{median:>8.0f}{high:>6.0f}")
                except Exception as error:  # a page that never paints is a result, too
                    print(f"  gave up: {type(error).__name__}")
                page.context.close()
        chromium.close()


if __name__ == "__main__":
    main()
