"""Views of the page and what can be done in them, in a real Chromium: groups, fields, trees, paths, files."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from kg.render import Embedding, assets, policy, render
from tests.browsing import click, heading, settled, state, until
from tests.pages import ATTACKS, tiny_view

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Download, Page, Route

    from kg.graph import KnowledgeGraph
    from tests.browsing import Open

pytestmark = pytest.mark.browser
SVG = "{http://www.w3.org/2000/svg}"


def details(page: Page) -> str:
    return page.locator("#details").inner_text()


def status(page: Page) -> str:
    return page.locator("#status").inner_text()


def look_at(page: Page, view: str) -> None:
    page.get_by_role("combobox", name="View").select_option(view)


# ------------------------------------------------------------------------------------------------- groups, fields


def test_fields_are_groups_that_open_into_concepts_and_close(show: Open) -> None:
    page = show("fields")
    assert (state(page)["kind"], state(page)["groups"]) == ("overview", 12)
    click(page, "kgPage.place('g0')")
    assert "of this field and" in details(page)
    assert "that have no field of their own and are related to these" in details(page)
    field = heading(page)
    click(page, "kgPage.place('g0')", click_count=2)
    page.get_by_role("button", name=f"Close {field}").wait_for()
    opened = state(page)
    assert (opened["kind"], opened["groups"]) == ("group", 11)
    assert status(page).startswith(f"Showing {opened['concepts']} of 200 concepts")
    assert status(page).endswith("; 11 groups are closed.")
    page.get_by_role("button", name=f"Close {field}").click()
    assert state(page)["groups"] == 12


def test_several_groups_are_open_at_once_and_the_address_knows_them(show: Open) -> None:
    page = show("middle")
    look_at(page, "Communities")
    for group in ("g0", "g1"):
        click(page, f"kgPage.place('{group}')")
        page.locator("#details").get_by_role("button", name="Open group").click()
        page.get_by_role("button", name="Fit").click()
        page.get_by_role("button", name="Zoom out").click()
        page.get_by_role("button", name="Zoom out").click()
    assert page.locator("#trail .crumb").count() == 2
    again = show("middle", page.evaluate("location.hash"))
    assert state(again) == state(page)
    page.go_back()
    until(page, "document.querySelectorAll('#trail .crumb').length === 1")


def test_zooming_into_a_group_opens_it(show: Open) -> None:
    page = show("large")
    at = page.evaluate("kgPage.place('g0')")
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    for _ in range(24):
        page.mouse.wheel(0, -240)
    until(page, "kgPage.state().kind === 'group'")
    assert page.locator("#trail .crumb").count() >= 1


def test_a_page_with_one_field_has_no_view_by_field(show: Open) -> None:
    page = show("kinds")
    options = page.get_by_role("combobox", name="View").locator("option").all_inner_texts()
    assert options == ["Map", "Communities", "Tree of kinds"]


def test_more_labels_come_with_zooming_in(show: Open) -> None:
    page = show("middle")
    few = page.evaluate("kgPage.boxes().length")
    near = page.evaluate("kgPage.boxes().map((box) => box.text)")
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    until(page, "labels => kgPage.boxes().some((box) => !labels.includes(box.text))", near)
    assert few > 20


# ------------------------------------------------------------------------------------------ neighbourhoods


def test_what_lies_beyond_a_concept_expands_and_collapses(show: Open) -> None:
    page = show("tiny", "#c=grafting&around=grafting")
    assert state(page)["concepts"] == 6
    click(page, "kgPage.badge('budding')")
    until(page, "kgPage.state().concepts === 7")
    assert page.locator("#details h2").inner_text() == "Budding"
    again = show("tiny", page.evaluate("location.hash"))
    assert state(again) == state(page)
    page.get_by_role("button", name="Collapse").click()
    assert state(page)["concepts"] == 6
    page.get_by_role("button", name="Expand (1 more)").click()
    assert state(page)["concepts"] == 7
    page.locator("#map").focus()
    page.keyboard.press("Space")
    assert state(page)["concepts"] == 6


def test_a_neighbourhood_follows_relations_one_way(show: Open) -> None:
    page = show("tiny", "#c=grafting-wax&around=grafting-wax")
    assert state(page)["concepts"] == 4
    page.get_by_role("button", name="outward").click()
    assert state(page)["concepts"] == 3
    page.get_by_role("button", name="inward").click()
    assert state(page)["concepts"] == 2
    again = show("tiny", page.evaluate("location.hash"))
    assert again.get_by_role("button", name="inward").get_attribute("aria-pressed") == "true"


def test_the_pointer_is_told_what_it_is_over(show: Open) -> None:
    page = show("tiny")
    box = page.locator("#map").bounding_box()
    assert box
    at = page.evaluate("kgPage.place('grafting')")
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.locator("#card", has_text="joins a scion to a rootstock").wait_for()
    assert "Method, 5 relations" in page.locator("#card").inner_text()
    assert "budding" in page.evaluate("kgPage.bright()")
    assert "ada-birch" not in page.evaluate("kgPage.bright()")
    at = page.evaluate("kgPage.middle(0)")
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.locator("#card", has_text="Why?").wait_for()
    page.mouse.move(4, 4)
    page.locator("#card").wait_for(state="hidden")


# ----------------------------------------------------------------------------------------------------------- paths


def test_a_path_is_asked_for_found_and_told(show: Open, tiny_graph: KnowledgeGraph) -> None:
    page = show("tiny", "#c=ada-birch")
    page.locator("#map").focus()
    page.keyboard.press("p")
    assert "A path from Ada Birch to …" in page.locator("#trail").inner_text()
    page.keyboard.type("sealant")
    page.keyboard.press("Enter")
    settled(page, "From Ada Birch to sealant")
    wanted = tiny_graph.paths("Ada Birch", "sealant", 2)
    told = page.locator("#details h3").all_inner_texts()
    assert told == [f"{n}. {len(path)} steps, cost {path.cost:.2f}" for n, path in enumerate(wanted, 1)]
    steps = page.locator("#details .step > span").all_inner_texts()
    assert [" ".join(step.split()) for step in steps] == [step.sentence for step in wanted[0].steps]
    assert page.evaluate("kgPage.bright()") == [concept.id for concept in wanted[0].concepts]
    page.get_by_role("button", name="Why? Quotes on step 1").click()
    assert "described by Ada Birch" in details(page)
    page.get_by_role("button", name="2. 5 steps").click()
    assert sorted(page.evaluate("kgPage.bright()")) == sorted(concept.id for concept in wanted[1].concepts)
    assert status(page).startswith("Path 2 of 2: Ada Birch, Budding, propagation method, Grafting")
    again = show("tiny", page.evaluate("location.hash"))
    assert again.evaluate("kgPage.bright()") == page.evaluate("kgPage.bright()")
    page.get_by_role("button", name="Turn round").click()
    settled(page, "From sealant to Ada Birch")


def test_a_path_leads_to_what_is_clicked_and_filters_can_cut_it(show: Open) -> None:
    page = show("tiny", "#c=ada-birch")
    page.get_by_role("button", name="Path to …").click()
    click(page, "kgPage.place('juvenility')")
    settled(page, "From Ada Birch to juvenility")
    page.get_by_role("checkbox", name="reduces 1").uncheck()
    assert "No path leads there by the relations that are shown." in details(page)
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#details .step").count() == 3
    page.get_by_role("button", name="Paths", exact=True).click()
    click(page, "kgPage.place('budding')")
    settled(page, "Budding")
    page.get_by_role("button", name="Path to …").click()
    page.get_by_role("button", name="Cancel").click()
    assert "A path from" not in page.locator("#trail").inner_text()


def test_a_page_of_paths_opens_on_them(show: Open, tiny_graph: KnowledgeGraph) -> None:
    page = show("paths")
    wanted = tiny_graph.paths("Ada Birch", "sealant", 2)
    assert heading(page) == "From Ada Birch to sealant"
    assert state(page)["kind"] == "paths"
    assert page.evaluate("kgPage.bright()") == [concept.id for concept in wanted[0].concepts]
    where = [page.evaluate("id => kgPage.place(id)", concept.id)["x"] for concept in wanted[0].concepts]
    assert where == sorted(where)
    page.get_by_role("button", name="2. 5 steps").click()
    assert page.evaluate("document.activeElement.dataset.path") == "1"
    assert "propagation-method" in page.evaluate("kgPage.bright()")
    click(page, "kgPage.place('grafting')")
    settled(page, "Grafting")
    assert "propagation-method" in page.evaluate("kgPage.bright()")
    look_at(page, "Map")
    assert state(page)["kind"] == "all"


def test_a_connection_is_drawn_with_what_it_connects(show: Open) -> None:
    page = show("connect")
    assert page.locator("#filters").get_by_text("asked about").count() == 1
    assert page.locator("#details h3").all_inner_texts()[:2] == ["ASKED ABOUT", "WHAT CONNECTS THEM"]
    assert page.locator("#details .step").count() == 4
    page.get_by_role("button", name="Why? Quotes on relation 1").click()
    assert page.locator("#details blockquote").count() == 1
    page.get_by_role("button", name="clean cuts").first.click()
    assert "This page was made about it." in details(page)


# ------------------------------------------------------------------------------------------------------------ trees


def test_kinds_are_a_tree_that_folds(show: Open) -> None:
    page = show("kinds")
    assert (state(page)["kind"], state(page)["concepts"], state(page)["relations"]) == ("tree", 8, 7)
    place = {key: page.evaluate("key => kgPage.place(key)", key) for key in ("boat", "sailing boat", "dinghy")}
    assert place["boat"]["x"] < place["sailing boat"]["x"] < place["dinghy"]["x"]
    assert "1 tree here begins anywhere" in details(page)
    click(page, "kgPage.place('boat')", click_count=2)
    until(page, "kgPage.state().concepts === 4")
    assert status(page) == "boat, Hardware, 2 relations. Showing 4 of 9 concepts, 2 of 8 relations."
    again = show("kinds", page.evaluate("location.hash"))
    assert state(again) == state(page)
    click(page, "kgPage.badge('boat')")
    until(page, "kgPage.state().concepts === 8")
    page.keyboard.press("ArrowRight")
    assert heading(page) in {"sailing boat", "rowing boat"}
    look_at(page, "Map")
    assert state(page)["concepts"] == 9
    page.get_by_role("button", name="boat", exact=True).first.click()
    page.get_by_role("button", name="In the tree").click()
    assert state(page)["kind"] == "tree"


# ---------------------------------------------------------------------------------------------------------- evidence


def test_evidence_has_an_address_and_says_how_much_is_left_out(show: Open) -> None:
    page = show("quoted")
    click(page, "kgPage.middle(0)")
    settled(page, "Why this relation?")
    assert page.locator("#details blockquote").count() == 12
    assert "The first 12 of 30 quotes." in details(page)
    assert "30 QUOTES" in details(page)
    again = show("quoted", page.evaluate("location.hash"))
    assert heading(again) == "Why this relation?"
    gone = show("quoted", "#why=knot&why=reduces&why=rope")
    assert "no relation “knot reduces rope”" in gone.get_by_role("alert").inner_text()


def test_filters_are_said_above_the_map_and_cleared_there(show: Open) -> None:
    page = show("tiny")
    page.get_by_role("checkbox", name="Field 3").uncheck()
    assert page.locator("#trail").inner_text().endswith("Filters hide 3 concepts and 0 relations Clear")
    page.get_by_role("button", name="Clear").click()
    assert state(page)["concepts"] == 12
    assert page.get_by_role("checkbox", name="Field 3").is_checked()


def test_relations_are_a_table_too(show: Open) -> None:
    page = show("tiny")
    page.keyboard.press("t")
    page.get_by_role("group", name="What the table lists").get_by_role("button", name="Relations").click()
    rows = page.locator("tbody tr")
    assert rows.count() == 9
    assert rows.first.locator("td").all_inner_texts() == [
        "Budding", "was developed by", "Ada Birch", "0.60", "described by Ada Birch"
    ]  # fmt: skip
    page.get_by_role("button", name="Confidence").click()
    assert rows.last.locator("td").nth(3).inner_text() == "0.60"
    rows.last.get_by_role("button").nth(1).click()
    settled(page, "Why this relation?")
    again = show("tiny", page.evaluate("location.hash"))
    assert again.locator("tbody tr").count() == 9


# ------------------------------------------------------------------------------------------------------------- relax


def test_a_small_graph_relaxes_and_returns_to_its_map(show: Open) -> None:
    page = show("tiny")
    before = page.evaluate("kgPage.place('grafting')")
    scale = page.evaluate("kgPage.scale()")
    page.get_by_role("button", name="Relax").click()
    until(page, "at => Math.abs(kgPage.place('grafting').x - at.x) > 3", before)
    assert "Relaxed" in status(page)
    page.locator("#details").get_by_role("button", name="Budding").click()
    settled(page, "Budding")
    assert page.get_by_role("button", name="Relax").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Relax").click()
    assert page.get_by_role("button", name="Relax").get_attribute("aria-pressed") == "false"
    assert page.evaluate("kgPage.place('grafting')") == pytest.approx(before)
    assert page.evaluate("kgPage.scale()") == pytest.approx(scale)


def test_a_large_view_does_not_offer_to_relax(show: Open) -> None:
    assert show("large").get_by_role("button", name="Relax").count() == 0


# ------------------------------------------------------------------------------------------------------------- files


def saved(page: Page, name: str, folder: Path) -> tuple[Download, bytes]:
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    assert page.get_by_role("button", name=name).count() == 0
    waiting.value.save_as(folder / "saved")
    return waiting.value, (folder / "saved").read_bytes()


def test_what_is_on_screen_is_saved_as_a_picture(show: Open, tmp_path: Path) -> None:
    page = show("tiny", "#c=grafting&around=grafting")
    download, data = saved(page, "Picture (PNG)", tmp_path)
    assert download.suggested_filename == "the-tiny-glossary-grafting.png"
    box = page.locator("#map").bounding_box()
    assert box
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    assert size == (round(2 * box["width"]), round(2 * box["height"]))


@pytest.mark.parametrize("name", ["tiny", "large", "hostile", "kinds", "paths"])
def test_what_is_on_screen_is_saved_as_a_drawing(show: Open, tmp_path: Path, name: str) -> None:
    page = show(name)
    _, data = saved(page, "Drawing (SVG)", tmp_path)
    root = ElementTree.fromstring(data)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "path", "text"}
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert {box["text"].replace("\x00", "") for box in page.evaluate("kgPage.boxes()")} <= words
    if name == "tiny":
        marks = [path for path in root.iter(f"{SVG}path") if path.get("fill-rule")]
        assert len(marks) == 12


def test_what_is_on_screen_is_saved_as_tables(show: Open, tmp_path: Path) -> None:
    page = show("tiny", "#c=grafting-wax&around=grafting-wax")
    _, data = saved(page, "Concepts in view (CSV)", tmp_path)
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert {row["concept"] for row in rows} == {"Grafting", "Grafting wax", "sealant", "wound protection"}
    assert next(row for row in rows if row["id"] == "grafting")["sources"] == "garden.txt:1; shed.txt:1"
    _, data = saved(page, "Relations in view (CSV)", tmp_path)
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert {tuple(row.values()) for row in rows} == {
        ("Grafting", "uses", "Grafting wax", "0.9", "uses grafting wax", "garden.txt:1"),
        ("Grafting wax", "broader", "sealant", "0.95", "is a **sealant**", "shed.txt:3"),
        ("Grafting wax", "usedFor", "wound protection", "0.85", "used for wound protection", "shed.txt:3"),
    }


def test_a_saved_table_holds_no_formulas(show: Open, tmp_path: Path) -> None:
    page = show("hostile")
    _, data = saved(page, "Concepts in view (CSV)", tmp_path)
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert {row[0] for row in rows[1:]} == set(ATTACKS)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_hostile_words_do_not_run_in_any_view(show: Open) -> None:
    page = show("hostile")
    for look in ("Communities", "Fields", "Map"):
        look_at(page, look)
        assert page.evaluate("kgPage.boxes().length") > 0
    for a, b in pairwise(ATTACKS):
        page.evaluate(
            "ends => { location.hash = new URLSearchParams(ends) }", [["path", a], ["path", b], ["look", "paths"]]
        )
        until(
            page,
            "title => document.querySelector('#details h2').textContent.startsWith(title)",
            f"From {a[:20].strip()}",
        )
    page.evaluate(
        "why => { location.hash = new URLSearchParams(why) }", [["why", text] for text in (*ATTACKS[:1], *ATTACKS[:2])]
    )
    settled(page, "Why this relation?")
    assert page.locator("#details blockquote q").text_content() == ATTACKS[0]
    look_at(page, "Map")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Table").click()
    page.get_by_role("button", name="Relations", exact=True).click()
    assert page.locator("tbody tr").count() == len(ATTACKS)
    box = page.locator("#map").bounding_box()
    page.get_by_role("button", name="Table").click()
    at = page.evaluate("key => kgPage.place(key)", ATTACKS[1])
    assert box
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.locator("#card b", has_text=ATTACKS[1]).wait_for()
    assert page.evaluate("window.attacked") is None
    assert page.locator("img, iframe, script[src]").count() == 0


# ----------------------------------------------------------------------------------------------------- on a server


def served(browser: Browser, embedding: Embedding) -> tuple[Page, list[str]]:
    """A page as a server shows it, by a browser for which the server is the only place; and what went wrong."""
    wrong: list[str] = []
    files: dict[str, Any] = {
        "/page": ("text/html", render(tiny_view(), None, title="Tiny", embedding=embedding)),
        "/frame": ("text/html", "<!doctype html><iframe src=/page width=500 height=400></iframe>"),
        "/concept/grafting": ("text/html", "<!doctype html><h1>Grafting's own page</h1>"),
        **{
            f"/assets/{name}": ("text/css" if name.endswith("css") else "text/javascript", t)
            for name, t in assets().items()
        },
    }

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://kg.test")
        if path not in files:
            wrong.append(route.request.url)
            route.abort()
            return
        kind, body = files[path]
        headers = {"Content-Security-Policy": policy(embedded=True)} if path == "/page" else {}
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers=headers)

    page = browser.new_context(viewport={"width": 1300, "height": 850}).new_page()
    page.route("**/*", answer)
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return page, wrong


def test_a_server_hands_out_scripts_once_and_pages_link_to_its_concepts(browser: Browser) -> None:
    page, wrong = served(browser, Embedding("/assets/", concept="/concept/"))
    page.goto("http://kg.test/page#c=grafting")
    page.wait_for_selector("html[data-ready]")
    assert len(page.content()) < 60_000
    page.get_by_role("link", name="Its page").click()
    page.get_by_role("heading", name="Grafting's own page").wait_for()
    page.context.close()
    assert wrong == []


def test_a_map_in_a_frame_leads_to_concepts(browser: Browser) -> None:
    page, wrong = served(browser, Embedding("/assets/", concept="/concept/", mini=True))
    page.goto("http://kg.test/frame")
    page.wait_for_timeout(0)
    frame = page.frames[1]
    frame.wait_for_selector("html[data-ready]")
    assert frame.locator("header, #filters, #details").first.is_hidden()
    at = frame.evaluate("kgPage.place('grafting')")
    box = page.locator("iframe").bounding_box()
    assert box
    page.mouse.click(box["x"] + at["x"] + 2, box["y"] + at["y"] + 2)
    page.get_by_role("heading", name="Grafting's own page").wait_for()
    page.context.close()
    assert [message for message in wrong if "favicon" not in message] == []


# ------------------------------------------------------------------------------------------------------------ access


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "fragment", "prepare"),
    [
        ("tiny", "#look=paths&path=ada-birch&path=sealant", None),
        ("tiny", "#table=relations&not=Field", None),
        ("kinds", "", None),
        ("fields", "", "#save"),
        ("connect", "", None),
    ],
)
def test_axe_finds_nothing_in_any_view(show: Open, theme: str, name: str, fragment: str, prepare: str | None) -> None:
    from axe_playwright_python import sync_playwright as axe

    page = show(name, f"{fragment}{'&' if fragment else '#'}theme={theme}", bypass_csp=True)
    if prepare:
        page.locator(prepare).click()
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_paths_stand_upright_on_a_phone(show: Open) -> None:
    page = show("paths", viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    above, below = (page.evaluate("key => kgPage.place(key)", key) for key in ("ada-birch", "sealant"))
    assert above["y"] < below["y"]
    assert above["x"] == pytest.approx(below["x"], abs=1)
    at = page.evaluate("kgPage.place('budding')")
    box = page.locator("#map").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + at["x"], box["y"] + at["y"])
    settled(page, "Budding")
