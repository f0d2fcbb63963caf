"""Take the pictures of the documentation again: `python docs/screenshots.py [GRAPH]` (default `output`).

They show the sample glossary: run `make build` first. Needs the system's Chromium and the development dependencies.
"""

from __future__ import annotations

import base64
import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import ViewportSize, sync_playwright

import kg
from kg import sketch
from kg.render import render
from kg.view import detailed_view

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).parent / "images"
DESKTOP, PHONE = ViewportSize(width=1300, height=850), ViewportSize(width=390, height=844)
CONCEPT = "Bloom filter"
WAY = ("QUIC", "head-of-line blocking")
WHY = "[aria-label^='Why? Quotes on']"

PIXELS = """async (data) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height), ctx = canvas.getContext("2d");
  ctx.drawImage(image, 0, 0);
  const bytes = ctx.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


def main(place: str = "output") -> None:
    """Write `docs/images/page*.png`."""
    graph = kg.open(place)
    concept = graph.concept(CONCEPT).id
    around = f"#c={concept}&around={concept}"
    paths = sketch.view(graph, sketch.of_paths(graph.paths(*WAY)))
    pictures = [
        ("page.png", "graph", around, DESKTOP, False, WHY),
        ("page-overview.png", "graph", "", DESKTOP, True, None),
        ("page-fields.png", "graph", "#look=fields&group=transactions", DESKTOP, False, None),
        ("page-paths.png", "paths", "", DESKTOP, False, WHY),
        ("page-tree.png", "graph", "#look=tree", DESKTOP, False, None),
        ("page-phone.png", "graph", around, PHONE, False, None),
        ("page-phone-paths.png", "paths", "", PHONE, True, None),
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        render(detailed_view(graph), Path(folder) / "graph.html", title="Systems glossary")
        whole = len(graph.index.concepts), sum(not edge.literal for edge in graph.index.edges)
        render(paths, Path(folder) / "paths.html", title=f"From {WAY[0]} to {WAY[1]}", whole=whole)
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        darkroom = browser.new_page()
        for name, source, fragment, size, dark, press in pictures:
            page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")
            page.goto((Path(folder) / f"{source}.html").as_uri() + fragment)
            page.wait_for_selector("html[data-ready]")
            if press:
                page.locator(press).first.click()
            page.mouse.move(2, 2)
            page.wait_for_timeout(300)
            (IMAGES / name).write_bytes(small(page.screenshot(), size, darkroom))
            page.close()
        browser.close()


def small(png: bytes, size: ViewportSize, darkroom: Page) -> bytes:
    """The picture as a PNG with a palette: its most frequent colours, those that they miss most, else the nearest."""
    width, height = size["width"], size["height"]
    data = base64.b64decode(darkroom.evaluate(PIXELS, base64.b64encode(png).decode()))
    pixels = np.frombuffer(data, np.uint8).reshape(-1, 4)[:, :3]
    colours, inverse, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    shades = colours.astype(int)
    chosen = list(np.argsort(-counts, kind="stable")[:160])
    missing = np.min([((shades - shades[at]) ** 2).sum(axis=1) for at in chosen], axis=0)
    while len(chosen) < 256:
        chosen.append(int((missing * np.minimum(counts, 40)).argmax()))
        missing = np.minimum(missing, ((shades - shades[chosen[-1]]) ** 2).sum(axis=1))
    palette = colours[chosen]
    nearest = np.array([((shades[chosen] - colour) ** 2).sum(axis=1).argmin() for colour in shades])
    rows = nearest[inverse.ravel()].astype(np.uint8).reshape(height, width)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", palette.tobytes())
        + chunk(b"IDAT", zlib.compress(raw, 9))
        + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
