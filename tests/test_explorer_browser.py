"""The web explorer in a real Chromium that can reach nothing but the server: what a reader sees, clicks and types."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from kg.queries import named_queries
from kg.server import Limits
from kg.tokens import tokens
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.serving import orchard, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    Open = Callable[..., Page]

pytestmark = pytest.mark.browser

ENTRY = "/entry/garden.txt/L1"
COUNT = "SELECT ?c ?label (STRLEN(?label) AS ?n) { ?c skos:prefLabel ?label } ORDER BY ?label"
PAGES = [
    "/", "/search", "/search?q=graft", "/search?q=what+reduces+juvenility%3F",
    "/search?q=zeppelin", "/browse", "/concept/grafting", "/concept/zeppelin", ENTRY,
    "/path", "/path?from=budding&to=sealant&avoid=frost&k=2", "/path?from=budding&to=zeppelin", "/stats", "/queries",
    "/queries/about", "/sparql", f"/sparql?query={quote(COUNT)}", f"/sparql?view=chart&query={quote(COUNT)}",
    "/sparql?query=DESCRIBE+concept%3Abudding", "/sparql?query=SELECT+%3Fx+WHERE+%7B", "/graph/evidence",
]  # fmt: skip


@pytest.fixture(scope="module")
def places() -> Iterator[Callable[[str], str]]:
    """URLs of servers by the name of their graph, each started once."""
    urls: dict[str, str] = {}
    with ExitStack() as running_servers:

        def url(name: str) -> str:
            if name not in urls:
                graph = orchard() if name == "orchard" else graph_of(hostile_knowledge((*TEXTS, "x" * 10_000)))
                urls[name] = running_servers.enter_context(running(graph, limits=Limits(concurrent=2, patience=20)))
            return urls[name]

        yield url


@pytest.fixture
def show(browser: Browser, places: Callable[[str], str]) -> Iterator[Open]:
    """Open a page of a server; at the end, nothing else was requested and nothing went wrong."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(path: str, graph: str = "orchard", *, quiet: bool = True, **options: Any) -> Page:
        home = places(graph)
        context = browser.new_context(
            **{"viewport": {"width": 1300, "height": 850}, "base_url": home, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.route(
            lambda url: not url.startswith(home), lambda route: (wrong.append(route.request.url), route.abort())
        )
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        if quiet:
            page.on("console", lambda message: wrong.append(message.text))
        page.goto(path)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def follow(page: Page, link: Locator) -> None:
    """Click on what leads to another page, and wait for that."""
    with page.expect_navigation():
        link.click()


def lit(page: Page) -> str:
    return "".join(page.locator(".ev.lit").all_inner_texts())


# ------------------------------------------------------------------------------------------------ search and theme


def test_a_concept_is_found_with_the_keyboard_alone(show: Open) -> None:
    page = show("/browse")
    page.keyboard.press("/")
    page.keyboard.type("graft")
    box = page.get_by_role("combobox", name="Search concepts")
    page.get_by_role("option", name="Grafting Method", exact=True).wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    marked = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert marked.get_attribute("aria-selected") == "true"
    assert marked.inner_text().startswith("Grafting")
    page.keyboard.press("Enter")
    page.wait_for_url("**/concept/grafting")
    assert heading(page) == "Grafting"
    page.go_back()
    assert heading(page) == "Concepts from A to Z"
    page.go_forward()
    assert heading(page) == "Grafting"


def test_escape_closes_completion_and_enter_searches(show: Open) -> None:
    page = show("/")
    page.get_by_role("combobox").fill("wax")
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("listbox").is_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=wax")
    page.get_by_role("link", name="Material 2").click()
    page.wait_for_url("**/search?q=wax&type=Material")
    page.get_by_role("link", name="Grafting wax").click()
    page.wait_for_url("**/concept/grafting-wax")


def test_a_theme_is_chosen_and_kept(show: Open) -> None:
    page = show("/", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 24, 31)"
    button = page.get_by_role("button", name="Dark colours")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.goto("/stats")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert page.get_by_role("button", name="Dark colours").get_attribute("aria-pressed") == "false"


def test_the_first_page_leads_to_fields_types_and_hubs(show: Open) -> None:
    page = show("/")
    page.locator(".fieldmap a", has_text="horticulture").click()
    page.wait_for_url("**/browse?field=horticulture")
    page.get_by_label("Type").select_option("Method")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/browse?type=Method&field=horticulture")
    follow(page, page.get_by_role("link", name="B", exact=True))
    assert "letter=B" in page.url
    assert page.locator(".index li").count() == 1
    page.get_by_role("link", name="Budding").click()
    page.wait_for_url("**/concept/budding")


# --------------------------------------------------------------------------------------------- concepts and entries


def test_the_small_graph_leads_to_neighbours(show: Open) -> None:
    page = show("/concept/grafting")
    page.locator(".ego.wide a", has_text="scion").click()
    page.wait_for_url("**/concept/scion")
    page.go_back()
    follow(page, page.get_by_role("link", name="Interactive graph"))
    page.wait_for_selector("html[data-ready]")
    assert "Around Grafting" in page.title()


def test_a_quote_leads_to_its_words_and_words_to_their_facts(show: Open) -> None:
    page = show("/concept/grafting")
    row = page.locator(".relation li").filter(has=page.get_by_role("link", name="Grafting wax", exact=True)).first
    quoted = row.locator("mark").inner_text()
    row.get_by_role("link", name="garden.txt:2").click()
    page.wait_for_url(f"**{ENTRY}#at-*")
    assert lit(page) == quoted
    assert page.locator(".facts .lit").count() == 1
    assert "uses Grafting wax" in page.locator(".facts .lit").inner_text()
    page.locator(".ev", has_text="Unlike").click()
    assert "contrasts with" in page.locator(".facts .lit").inner_text()
    assert "#fact-" in page.url
    page.locator(".facts li[data-fact]", has_text="reduces").locator("a.ref").click()
    assert lit(page) == "reduces juvenility"
    page.go_back()
    assert lit(page) == "Unlike budding"
    page.locator(".document").get_by_role("link", name="wax").click()
    page.wait_for_url("**/concept/grafting-wax")


def test_entries_follow_one_another(show: Open) -> None:
    page = show(ENTRY)
    page.get_by_role("link", name="budding (t-budding)").click()
    page.wait_for_url("**/entry/garden.txt/L3")
    assert heading(page) == "Budding"


# ---------------------------------------------------------------------------------------------------------- paths


def test_a_path_is_found_narrowed_and_shared(show: Open) -> None:
    page = show("/path")
    page.get_by_role("combobox", name="From").fill("bud")
    page.get_by_role("option", name="Budding Method", exact=True).click()
    assert page.get_by_role("combobox", name="From").input_value() == "Budding"
    page.get_by_role("combobox", name="To").fill("Grafting wax")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**/path?from=Budding&to=Grafting+wax&k=3")
    first = page.locator(".path").first
    assert first.locator("mark").count() == first.locator(".steps > li").count()
    page.get_by_text("Constraints").click()
    page.get_by_role("combobox", name="Not through 1").fill("Grafting")
    page.get_by_label("Steps at most").fill("3")
    page.get_by_role("group", name="None of these relations").get_by_label("contrasts with").check()
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**avoid=Grafting**")
    assert "max_hops=3&exclude=contrastsWith" in page.url
    assert "min_confidence" not in page.url
    assert page.locator("details.constraints").get_attribute("open") is not None
    narrowed = page.url
    assert page.get_by_role("alert").inner_text()
    follow(page, page.get_by_role("link", name="Without constraints"))
    assert page.locator(".path").count() > 0
    page.go_back()
    assert page.url == narrowed
    page.get_by_role("link", name="Swap").click()
    page.wait_for_url("**/path?from=Grafting+wax&to=Budding")


# -------------------------------------------------------------------------------------------------------- queries


def editor(show: Open, path: str = "/sparql") -> Page:
    page = show(path, accept_downloads=True)
    page.wait_for_selector(".editor[data-ready]")
    return page


def test_the_editor_colours_completes_and_runs(show: Open) -> None:
    page = editor(show)
    area = page.get_by_role("textbox", name="Query")
    area.fill("")
    area.press_sequentially("SELECT ?label { ?what kg:us")
    offers = page.locator("#offers")
    offers.get_by_text("kg:uses", exact=True).wait_for()
    page.keyboard.press("Enter")
    area.press_sequentially(" concept:grafting")
    offers.get_by_text("concept:grafting-wax").wait_for()
    page.keyboard.press("ArrowDown")
    assert "concept:grafting-wax" in page.locator("#offers [aria-selected=true]").inner_text()
    page.keyboard.press("Tab")
    area.press_sequentially(" ; skos:pref")
    offers.get_by_text("skos:prefLabel").wait_for()
    page.keyboard.press("Enter")
    area.press_sequentially(" ?la")
    offers.get_by_text("?label").wait_for()
    page.keyboard.press("Enter")
    area.press_sequentially(" }")
    assert area.input_value() == "SELECT ?label { ?what kg:uses concept:grafting-wax ; skos:prefLabel ?label }"
    assert page.locator(".paper .t-keyword").all_inner_texts() == ["SELECT"]
    assert page.locator(".paper .t-name").all_inner_texts() == ["kg:uses", "concept:grafting-wax", "skos:prefLabel"]
    assert page.locator(".paper").inner_text().rstrip("\n") == area.input_value()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sparql?query=**")
    assert page.locator("table.rows tbody").inner_text() == "Grafting"


TRICKY = [
    r"ASK { ?a kg:b 'it\'s' ; c:d%20e '''x\'' y ''' }", "?größe <a b> <http://x/y> \"open\n'too", "a:b.c. 1e-3 @en #x",
    "FILTER(?a<?b&&?c>?d)", '"""never closed \\', "prefix : <x#> :a : b:", "😀 ?x$y :☃", '"""a""b"""',
]  # fmt: skip


def test_the_editor_reads_tokens_as_the_program_does(show: Open) -> None:
    page = editor(show)
    for text in [*(query.text for query in named_queries().values()), *TRICKY]:
        found = page.evaluate("text => [...tokens(text)].map(({ kind, text }) => [kind, text])", text)
        assert found == [[token.kind, token.text] for token in tokens(text)]


def test_labels_keywords_and_prefixes_are_completed(show: Open) -> None:
    page = editor(show)
    area = page.get_by_role("textbox", name="Query")
    area.fill("")
    area.press_sequentially("CONS")
    page.keyboard.press("Enter")
    assert area.input_value() == "CONSTRUCT"
    area.fill("")
    area.press_sequentially('SELECT ?c { ?c ?p "graftin')
    page.locator("#offers").get_by_text('"Grafting wax"@en').click()
    assert area.input_value() == 'SELECT ?c { ?c ?p "Grafting wax"@en'
    area.fill("")
    page.keyboard.press("Control+Space")
    assert page.locator("#offers li").count() > 10
    page.keyboard.press("Escape")
    assert page.locator("#offers").is_hidden()
    area.fill("ASK { ?a nothing:b ?c }")
    assert page.locator(".paper .t-unknown").inner_text() == "nothing:b"


def test_an_answer_is_seen_as_table_chart_and_graph_and_downloaded(show: Open) -> None:
    page = editor(show, f"/sparql?query={quote(COUNT)}")
    assert page.locator("table.rows tbody tr").count() == 26
    follow(page, page.get_by_role("link", name="Chart"))
    assert page.locator(".drawing .bar").count() == 26
    page.get_by_role("link", name="Graph", exact=True).click()
    graph = page.frame_locator("iframe.graph")
    graph.locator("html[data-ready]").wait_for()
    assert "26 of 26 concepts" in graph.locator("#status").inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="csv").click()
    assert waiting.value.suggested_filename == "answer.csv"
    assert waiting.value.path().read_text().startswith("c,label,n\nhttps://kg.example.org/concept/ada-birch,")
    page.go_back()
    assert page.locator(".drawing .bar").count() == 26


def test_a_fault_is_marked_on_its_line(show: Open) -> None:
    page = show("/sparql", quiet=False)
    page.get_by_role("textbox", name="Query").fill("SELECT ?x WHERE {\n  ?x ?y }")
    page.get_by_role("button", name="Run").click()
    page.wait_for_selector(".faultline")
    assert "Line 2, column" in page.get_by_role("alert").inner_text()
    line, area = (page.locator(name).bounding_box() for name in (".faultline", "#query"))
    assert line
    assert area
    assert 20 < line["y"] - area["y"] < 45
    page.get_by_role("textbox", name="Query").press("End")
    page.keyboard.type("?z")
    assert page.locator(".faultline").count() == 0


def test_examples_fill_the_editor(show: Open) -> None:
    page = editor(show)
    page.get_by_role("link", name="Effects of a concept").click()
    page.wait_for_url("**/sparql?example=effects-of")
    assert "SELECT" in page.get_by_role("textbox", name="Query").input_value()
    page.goto("/queries/about")
    page.get_by_role("combobox", name="concept (required)").fill("grafting")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("table.rows")
    assert "Grafting" in page.locator("table.rows").inner_text()


# ------------------------------------------------------------------------------------------------ without scripts


def test_everything_can_be_read_and_asked_without_scripts(show: Open) -> None:
    page = show("/", java_script_enabled=False)
    assert page.locator("#theme").is_hidden()
    page.get_by_role("searchbox", name="Search concepts by name or text").fill("grafting")
    follow(page, page.get_by_role("button", name="Search"))
    follow(page, page.locator(".hits a").first)
    assert heading(page) == "Grafting"
    follow(page, page.get_by_role("link", name="garden.txt:2").first)
    assert page.locator(".document").is_visible()
    page.goto("/path")
    page.get_by_role("textbox", name="From").fill("budding")
    page.get_by_role("textbox", name="To", exact=True).fill("sealant")
    follow(page, page.get_by_role("button", name="Find"))
    assert page.locator(".path").count() > 0
    page.goto("/sparql")
    page.get_by_role("textbox", name="Query").fill("ASK {}")
    follow(page, page.get_by_role("button", name="Run"))
    assert page.locator(".truth").inner_text() == "Yes"


# ------------------------------------------------------------------------------------------------------- every page


def test_axe_finds_nothing_light_and_dark(show: Open) -> None:
    from axe_playwright_python import sync_playwright as axe

    page = show("/", bypass_csp=True, quiet=False)
    for path in PAGES:
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        dark = [("dark", {"runOnly": ["color-contrast"]})] if path in PAGES[::3] else []
        for theme, options in [("light", {}), *dark]:
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            found = axe.Axe().run(page, options=options)
            assert found.violations_count == 0, (path, theme, found.generate_report())


def test_a_phone_shows_every_page_without_scrolling_sideways(show: Open) -> None:
    wide = []
    hostile = ["/", "/browse", "/stats", *(f"/concept/c{number}" for number in (0, 10, 17, 18))]
    for graph, paths in (("orchard", PAGES), ("hostile", hostile)):
        page = show("/", graph, quiet=False)
        for path in paths:
            page.goto(path)
            for width in (390, 320):
                page.set_viewport_size({"width": width, "height": 844})
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    wide.append((path, width))
    assert wide == []


def test_hostile_texts_stay_texts(show: Open) -> None:
    page = show("/", "hostile")
    texts = (*TEXTS, "x" * 10_000)
    for number in (0, 1, 2, 10, 11, 12, 13, 15, 18):  # the others are on the pages that tests over HTTP take apart
        text = texts[number]
        page.goto(f"/concept/c{number}")
        shown = page.evaluate("document.querySelector('h1').textContent").replace("\r\n", "\n")
        assert shown == text.replace("\r\n", "\n").replace("\x00", "�")
        assert page.evaluate("[...document.scripts].every((s) => s.src.startsWith(location.origin) && !s.text)")
        page.locator(".definition footer a").first.click()
        page.wait_for_url("**/entry/**")
        assert page.locator(".ev.lit").count() or not text.strip()


def test_completion_shows_hostile_names_as_texts(show: Open) -> None:
    page = show("/", "hostile")
    page.get_by_role("combobox").fill("script alert")
    follow(page, page.get_by_role("option", name="<script>alert('x')</script>").first)
    assert heading(page) == "<script>alert('x')</script>"


def test_the_policy_stops_what_is_put_into_a_page(show: Open) -> None:
    page = show("/concept/grafting", quiet=False)
    stopped = page.evaluate(
        """async () => {
          const stopped = [];
          addEventListener('securitypolicyviolation', (event) => stopped.push(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.broken = 1';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<p style="color:red">x</p>');
          await fetch('http://example.org/').catch(() => {});
          await new Promise((done) => setTimeout(done, 50));
          return [window.broken, ...stopped.sort()];
        }"""
    )
    assert stopped == [None, "connect-src", "script-src-elem", "style-src-attr"]
