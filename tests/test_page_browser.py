"""The page in a real Chromium with the network cut off: what a user sees, clicks and types."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browsing import click, heading, settled, state, until
from tests.pages import ATTACKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browsing import Open

pytestmark = pytest.mark.browser

START = {"look": "map", "kind": "all", "concepts": 12, "groups": 0, "relations": 9, "concept": None, "centre": None}


COLOURS = """() => {
  const { width, height } = document.querySelector('#map canvas');
  const { data } = document.querySelector('#map canvas').getContext('2d').getImageData(0, 0, width, height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3]) colours.add([data[at] >> 4, data[at + 1] >> 4, data[at + 2] >> 4].join());
  }
  return colours.size;
}"""


# --------------------------------------------------------------------------------------------------------- painting


def test_the_page_paints_every_concept(show: Open) -> None:
    page = show("tiny")
    assert state(page) == START
    assert page.locator("#status").inner_text() == "Showing 12 of 12 concepts, 9 of 9 relations."
    assert page.title() == "The tiny glossary"
    assert page.evaluate(COLOURS) > 10


def test_a_large_graph_opens_on_its_groups_and_says_so(show: Open, rendered: Callable[[str], Path]) -> None:
    rendered("large")
    started = time.monotonic()
    page = show("large")
    assert time.monotonic() - started < 10  # a tenth of that, when the machine is not shared
    assert state(page)["kind"] == "overview"
    assert "3,000 concepts" in page.locator("#status").inner_text()
    assert page.evaluate(COLOURS) > 10
    click(page, "kgPage.place('g0')")
    settled(page, heading(page))
    page.locator("#details").get_by_role("button", name="Open group").click()
    opened = state(page)
    assert opened["kind"] == "group"
    assert page.locator("#details").get_by_role("button", name="Close group").count() == 1
    assert page.locator("#status").inner_text().startswith(f"Showing {opened['concepts']} of 3,000 concepts")
    page.keyboard.press("Escape")
    assert state(page)["kind"] == "overview"


def test_labels_do_not_overlap(show: Open) -> None:
    page = show("middle")
    boxes = page.evaluate("kgPage.boxes()")
    assert len(boxes) > 20
    for index, a in enumerate(boxes):
        for b in boxes[:index]:
            assert not (a["x0"] < b["x1"] and b["x0"] < a["x1"] and a["y0"] < b["y1"] and b["y0"] < a["y1"]), (a, b)


def test_a_page_about_one_concept_opens_on_it(show: Open) -> None:
    page = show("focus")
    assert (state(page)["centre"], heading(page)) == ("budding", "Budding")
    assert state(show("focus", "#theme=dark"))["centre"] == "budding"
    assert state(show("focus", "#look=map"))["centre"] is None
    assert "The graph has 500 concepts." in page.locator("#status").inner_text()


# ---------------------------------------------------------------------------------------------------------- details


def test_a_click_on_a_concept_shows_what_is_known_of_it(show: Open) -> None:
    page = show("tiny")
    click(page, "kgPage.place('grafting')")
    settled(page, "Grafting")
    details = page.locator("#details")
    assert "joins a scion to a rootstock" in details.inner_text()
    assert "garden.txt:1, shed.txt:1" in details.inner_text()
    assert details.get_by_role("heading", level=3).all_inner_texts() == [
        "IS A KIND OF → (1)", "USES → (1)", "REDUCES → (1)", "REQUIRES → (1)", "CONTRASTS WITH (1)"
    ]  # fmt: skip
    details.get_by_role("button", name="Why? Quotes on juvenility").click()
    assert details.locator("blockquote").inner_text().split("\n") == ["reduces juvenility", "garden.txt:1"]
    details.get_by_role("button", name="Budding", exact=True).click()
    settled(page, "Budding")
    assert "also: T-budding" in details.inner_text()
    assert "← WAS THE WORK OF" not in details.inner_text()


def test_a_click_on_a_relation_shows_its_quotes(show: Open) -> None:
    page = show("tiny")
    click(page, "kgPage.middle(0)")
    settled(page, "Why this relation?")
    details = page.locator("#details")
    assert details.locator("blockquote q").count() == 1
    assert ".txt:" in details.locator("blockquote cite").inner_text()
    assert "confidence" in details.inner_text()


def test_a_double_click_opens_the_neighbourhood_and_back_returns(show: Open) -> None:
    page = show("tiny")
    click(page, "kgPage.place('grafting-wax')", click_count=2)
    page.get_by_role("group", name="Depth").wait_for()
    assert (state(page)["kind"], state(page)["concepts"]) == ("ego", 4)
    page.get_by_role("button", name="2", exact=True).click()
    assert state(page)["concepts"] > 4
    page.go_back()
    page.go_back()
    page.get_by_role("group", name="Depth").wait_for(state="hidden")
    assert state(page)["kind"] == "all"


# ----------------------------------------------------------------------------------------------- search and keyboard


def test_search_is_a_matter_of_the_keyboard(show: Open) -> None:
    page = show("tiny")
    page.keyboard.press("/")
    page.keyboard.type("t-bud")
    search = page.get_by_role("combobox", name="Search concepts")
    assert search.get_attribute("aria-expanded") == "true"
    assert search.get_attribute("aria-activedescendant") == "hit-0"
    assert page.locator("#found li").first.inner_text().startswith("Budding (T-budding)")
    page.keyboard.press("Enter")
    settled(page, "Budding")
    assert search.get_attribute("aria-expanded") == "false"
    assert "Budding, Method, 3 relations." in page.locator("#status").inner_text()


def test_search_forgives_and_says_when_nothing_matches(show: Open) -> None:
    page = show("tiny")
    page.keyboard.press("/")
    page.keyboard.type("graftign wäx")
    assert "did you mean?" in page.locator("#found li").first.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.locator("#found").is_hidden()
    page.keyboard.type("zzzz")
    assert page.locator("#found li").all_inner_texts() == ["Nothing is called that"]


def test_the_map_is_walked_with_arrow_keys(show: Open) -> None:
    page = show("tiny")
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    settled(page, "Grafting")
    page.keyboard.press("ArrowLeft")
    assert heading(page) != "Grafting"
    page.keyboard.press("Enter")
    assert state(page)["kind"] == "ego"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert state(page) == START
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()


# ------------------------------------------------------------------------------------------- filters, address, table


def test_the_legend_filters(show: Open) -> None:
    page = show("tiny")
    page.get_by_role("checkbox", name="reduces 1").uncheck()
    assert page.locator("#status").inner_text() == "Showing 12 of 12 concepts, 8 of 9 relations."
    page.get_by_role("checkbox", name="Field 3").uncheck()
    assert page.locator("#status").inner_text() == "Showing 9 of 12 concepts, 8 of 9 relations."
    page.get_by_role("combobox", name="Subject field").select_option("materials")
    assert page.locator("#status").inner_text() == "Showing 1 of 12 concepts, 0 of 9 relations."
    page.get_by_role("combobox", name="Subject field").select_option("all fields")
    page.get_by_role("slider").fill("0.9")
    assert page.locator("#status").inner_text() == "Showing 9 of 12 concepts, 4 of 9 relations."
    page.get_by_role("button", name="Show all types").click()
    page.get_by_role("button", name="Hide all types").click()
    assert page.locator("#status").inner_text() == "Showing 0 of 12 concepts, 0 of 9 relations."


def test_concepts_that_are_only_mentioned_can_be_left_out(show: Open) -> None:
    page = show("tiny")
    page.get_by_role("checkbox", name="with an entry only 3").check()
    assert page.locator("#status").inner_text() == "Showing 3 of 12 concepts, 2 of 9 relations."
    again = show("tiny", page.evaluate("location.hash"))
    assert state(again)["concepts"] == 3


def test_the_address_restores_the_view(show: Open) -> None:
    page = show("tiny")
    page.get_by_role("checkbox", name="reduces 1").uncheck()
    page.get_by_role("button", name="Dark").click()
    click(page, "kgPage.place('grafting')", click_count=2)
    page.get_by_role("group", name="Depth").wait_for()
    fragment = page.evaluate("location.hash")
    again = show("tiny", fragment)
    assert state(again) == state(page)
    assert again.locator("#status").inner_text() == page.locator("#status").inner_text()
    assert again.evaluate("document.documentElement.dataset.theme") == "dark"
    assert not again.get_by_role("checkbox", name="reduces 1").is_checked()


def test_an_unknown_concept_in_the_address_is_said(show: Open) -> None:
    page = show("tiny", "#c=no-such-thing&group=77&why=999&depth=x&look=moon&path=a&along=up&nth=-4")
    assert "no concept “no-such-thing”" in page.get_by_role("alert").inner_text()
    assert state(page)["concepts"] == 12


def test_the_table_says_what_the_map_shows(show: Open) -> None:
    page = show("tiny")
    page.get_by_role("button", name="Table").click()
    rows = page.locator("tbody tr")
    assert rows.count() == 12
    assert rows.first.locator("td").all_inner_texts()[:3] == ["Grafting", "Method", "5"]
    page.get_by_role("button", name="Concept", exact=True).click()
    assert rows.first.locator("td").first.inner_text() == "Ada Birch"
    assert page.locator("th").first.get_attribute("aria-sort") == "ascending"
    rows.first.get_by_role("button").click()
    settled(page, "Ada Birch")


# ------------------------------------------------------------------------------------ hostile words, access, small


def test_hostile_words_are_shown_and_do_not_run(show: Open) -> None:
    page = show("hostile")
    assert state(page)["concepts"] == len(ATTACKS)
    assert page.title() == ATTACKS[0]
    for text in ATTACKS:
        page.evaluate("key => { location.hash = '#' + new URLSearchParams({ c: key, around: key }) }", text)
        until(page, "key => kgPage.state().concept === key", text)
        assert page.locator("#details h2").text_content() == text
    page.get_by_role("button", name="Table").click()
    page.keyboard.press("/")
    page.keyboard.type("<img")
    page.keyboard.press("Enter")
    assert page.evaluate("window.attacked") is None
    assert page.locator("img, iframe, script[src]").count() == 0


def test_the_policy_blocks_what_would_get_in_all_the_same(show: Open) -> None:
    page = show("tiny", allowed=True)
    blocked = page.evaluate(
        """async () => {
          const blocked = [];
          document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.attacked = 1';
          document.body.append(script);
          const image = document.createElement('img');
          image.src = 'http://127.0.0.1:9/x.png';
          document.body.append(image);
          await fetch('http://127.0.0.1:9/').catch(() => null);
          await new Promise((resolve) => setTimeout(resolve, 100));
          return blocked.sort();
        }"""
    )
    assert blocked == ["connect-src", "img-src", "script-src-elem"]
    assert page.evaluate("window.attacked") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(show: Open, theme: str) -> None:
    from axe_playwright_python import sync_playwright as axe

    page = show("tiny", f"#c=grafting&around=grafting&theme={theme}", bypass_csp=True)
    for prepare in ("", "t", "?"):
        if prepare:
            page.keyboard.press(prepare)
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_everything_without_scrolling_sideways(show: Open, width: int) -> None:
    page = show("hostile", viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page = show("tiny", viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#filters").is_hidden()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("checkbox", name="Field 3").uncheck()
    page.get_by_role("button", name="Filters").click()
    click(page, "kgPage.place('budding')")
    settled(page, "Budding")
