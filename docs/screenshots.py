"""Take the pictures of the documentation again: `python docs/screenshots.py [GRAPH]` (default `output`).

They show the sample glossary: run `make build` first. Needs the system's Chromium and the development dependencies.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

import kg
from kg.render import render
from kg.view import detailed_view

IMAGES = Path(__file__).parent / "images"
CONCEPT = "Bloom filter"
DESKTOP, PHONE = ViewportSize(width=1300, height=850), ViewportSize(width=390, height=844)


def main(place: str = "output") -> None:
    """Write `docs/images/page*.png`."""
    graph = kg.open(place)
    concept = graph.concept(CONCEPT)
    around = f"#c={concept.id}&around={concept.id}"
    pictures = [
        ("page.png", around, DESKTOP, False),
        ("page-overview.png", "", DESKTOP, True),
        ("page-phone.png", around, PHONE, False),
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        render(detailed_view(graph), path, title="Systems glossary")
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, fragment, size, dark in pictures:
            page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")
            page.goto(path.as_uri() + fragment)
            page.wait_for_selector("html[data-ready]")
            if fragment:
                page.get_by_role("button", name="Why? Quotes on ").first.click()
            page.wait_for_timeout(300)
            page.screenshot(path=IMAGES / name)
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
