"""Take the pictures of docs/explorer.md again: `python docs/screenshots_explorer.py [GRAPH [FOLDER]]`.

They show the sample glossary (default `output`): run `make build` first. Needs the system's Chromium and the
development dependencies.
"""

from __future__ import annotations

import shutil
import socket
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn
from playwright.sync_api import ViewportSize, sync_playwright

from kg.server import app

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = Path(__file__).parent / "images"
DESKTOP, PHONE = ViewportSize(width=1300, height=850), ViewportSize(width=390, height=844)
QUERY = """\
# Which concepts have how many limitations?
SELECT ?label (COUNT(DISTINCT ?limit) AS ?limitations) WHERE {
  ?concept kg:hasLimitation ?limit ; skos:prefLabel ?label .
}
GROUP BY ?label
ORDER BY DESC(?limitations) ?label
LIMIT 12
"""
PICTURES = [
    ("home", "/", DESKTOP, False),
    ("concept", "/concept/bloom-filter", DESKTOP, False),
    ("entry", "/entry/001_databases.txt/L322#at-26644-26776", DESKTOP, False),
    ("path", "/path?from=QUIC&to=head-of-line+blocking&k=2", DESKTOP, False),
    ("sparql", f"/sparql?query={quote(QUERY)}&view=chart", DESKTOP, False),
    ("stats", "/stats", DESKTOP, True),
    ("concept-phone", "/concept/bloom-filter", PHONE, False),
    ("path-phone", "/path?from=QUIC&to=head-of-line+blocking&k=2", PHONE, True),
]


@contextmanager
def served(place: Path) -> Iterator[str]:
    """The URL of a server of the graph in a directory."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app(place), log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def main(place: str = "output", folder: str = str(IMAGES)) -> None:
    """Write `explorer-*.png`."""
    with served(Path(place)) as url, sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, path, size, dark in PICTURES:
            page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light", reduced_motion="reduce")
            page.goto(url + path)
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(200)
            page.screenshot(path=Path(folder) / f"explorer-{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
