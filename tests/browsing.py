"""Pages in a real Chromium with the network cut off: the browser, pages by name, and hands and eyes for tests."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from kg import sketch
from kg.render import render
from tests.pages import ATTACKS, hostile_view, kinds_view, large_view, quoted_view, tiny_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import networkx
    from playwright.sync_api import Browser, Page

    from kg.graph import KnowledgeGraph

    Open = Callable[..., Page]

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine: install the system's package 'chromium'")
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, tiny_graph: KnowledgeGraph) -> Callable[[str], Path]:
    """Paths of rendered pages by name, each rendered once."""

    def paths_view() -> networkx.MultiDiGraph:
        return sketch.view(tiny_graph, sketch.of_paths(tiny_graph.paths("Ada Birch", "sealant", 2)))

    def connect_view() -> networkx.MultiDiGraph:
        ways = [tiny_graph.path("Ada Birch", end) for end in ("clean cuts", "grafting wax")]
        ends = [tiny_graph.concept(name).ref for name in ("Ada Birch", "clean cuts", "grafting wax")]
        return sketch.view(tiny_graph, sketch.of_relations((s.best for way in ways for s in way.steps), marked=ends))

    views: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
        "tiny": (tiny_view, {}),
        "focus": (tiny_view, {"focus": "https://kg.example.org/concept/budding", "whole": (500, 900)}),
        "middle": (lambda: large_view(300), {}),
        "large": (lambda: large_view(3000), {}),
        "hostile": (hostile_view, {}),
        "paths": (paths_view, {}),
        "connect": (connect_view, {}),
        "kinds": (kinds_view, {"look": "tree"}),
        "quoted": (quoted_view, {}),
        "fields": (lambda: large_view(200), {"look": "fields"}),
    }
    folder = tmp_path_factory.mktemp("pages")

    def page(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            view, options = views[name]
            render(view(), path, title=ATTACKS[0] if name == "hostile" else f"The {name} glossary", **options)
        return path

    return page


class Desk:
    """Pages that are used again: what makes them costs more than what most tests do with them."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(viewport={"width": 1300, "height": 850}, offline=True)
        self._free: list[Page] = []
        self.wrong: list[str] = []

    def take(self) -> Page:
        return self._free.pop() if self._free else watched(self._context.new_page(), self.wrong)

    def put_back(self, page: Page) -> None:
        page.evaluate("localStorage.clear()")
        page.mouse.move(2, 2)
        page.goto("about:blank")
        self._free.append(page)


def watched(page: Page, wrong: list[str]) -> Page:
    """The page, with all that it asks the network for and complains about noted."""
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "about:")) or wrong.append(request.url))
    return page


@pytest.fixture(scope="session")
def desk(browser: Browser) -> Desk:
    return Desk(browser)


@pytest.fixture
def show(browser: Browser, desk: Desk, rendered: Callable[[str], Path]) -> Iterator[Open]:
    """Open a page by name; at the end, nothing was requested and nothing went wrong."""
    contexts, borrowed = [], []
    desk.wrong.clear()

    def opened(name: str, fragment: str = "", *, allowed: bool = False, **options: Any) -> Page:
        if allowed or options:
            contexts.append(
                browser.new_context(**{"viewport": {"width": 1300, "height": 850}, "offline": True, **options})
            )
            page = contexts[-1].new_page()
            if not allowed:
                watched(page, desk.wrong)
        else:
            page = desk.take()
            borrowed.append(page)
        page.goto(rendered(name).as_uri() + fragment)
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    for page in borrowed:
        desk.put_back(page)
    assert desk.wrong == []


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("kgPage.state()")
    return found


def click(page: Page, place: str, **options: Any) -> None:
    """Click on the map where the page says that something is drawn."""
    at = page.evaluate(place)
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"], **options)


def heading(page: Page) -> str:
    return page.locator("#details h2").inner_text()


def settled(page: Page, heading: str) -> None:
    page.locator("#details h2", has_text=heading).wait_for()


def until(page: Page, true: str, argument: object = None) -> None:
    """Wait until an expression of JavaScript holds; the page's policy forbids it to be evaluated by the page itself."""
    end = time.monotonic() + 30
    while not page.evaluate(true, argument):
        assert time.monotonic() < end, true
        page.wait_for_timeout(20)
