"""The web explorer over HTTP, and what its pages are made of: texts that are cut, drawings, answers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.answers import ConceptRef
from kg.blocks import parse
from kg.explorer.draw import Group, Neighbour, around, bars, below, field_map
from kg.explorer.pages import Explorer
from kg.explorer.site import POLICY, assets
from kg.explorer.text import Stretch, document, excerpt
from kg.graph import KnowledgeGraph
from kg.model import Entry, Layout, Span
from kg.server import Limits
from kg.store import LocalStore
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge
from tests.serving import ENDLESS, orchard, running

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ENTRY = "/entry/garden.txt/L1"
PAGES = [
    "/", "/search", "/search?q=graft", "/browse", "/browse?type=Method&letter=B", "/path", "/stats", "/sparql",
    "/path?from=budding&to=sealant&k=2", "/concept/grafting", ENTRY, "/queries", "/queries/about",
    "/sparql?query=ASK+%7B%7D", "/sparql?example=fields", "/describe?iri=https%3A%2F%2Fkg.example.org%2Fdataset",
]  # fmt: skip


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    with running(orchard()) as url, httpx.Client(base_url=url, timeout=30, headers=BROWSER) as client:
        yield client


class Links(HTMLParser):
    """The tags of a page, and where it leads to and loads from."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.base = str(page.url)
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def to(self) -> set[str]:
        return {urljoin(self.base, a["href"]) for t, a in self.tags if t == "a" and a.get("href")}


# ----------------------------------------------------------------------------------------------------- every page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_html_under_a_strict_policy(web: httpx.Client, path: str) -> None:
    page = web.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert page.headers["x-content-type-options"] == "nosniff"
    found = Links(page)
    inline = [(t, a) for t, a in found.tags if t == "style" or "style" in a or any(n.startswith("on") for n in a)]
    assert inline == []
    assert all(a["src"].startswith("/static/") for t, a in found.tags if t == "script" and "src" in a)
    assert all("src" in a for t, a in found.tags if t == "script")
    assert [t for t, _ in found.tags].count("h1") == 1
    assert [t for t, _ in found.tags].count("main") == 1


@pytest.mark.parametrize("path", ["/", "/concept/grafting", ENTRY, "/stats"])
def test_an_unchanged_page_is_not_sent_again(web: httpx.Client, path: str) -> None:
    tag = web.get(path).headers["etag"]
    again = web.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    head = web.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)


def test_all_links_between_pages_lead_somewhere(web: httpx.Client) -> None:
    """Everything that is reached from the first page, but for queries in other formats, is there."""
    seen, ahead = {"/"}, ["/"]
    while ahead:
        page = web.get(ahead.pop())
        assert page.status_code == 200, page.url
        if page.headers["content-type"].startswith("text/html"):
            for link in Links(page).to():
                parts = urlsplit(link)
                path = f"{parts.path}?{parts.query}".rstrip("?")
                if parts.netloc == urlsplit(str(web.base_url)).netloc and path not in seen:
                    seen.add(path)
                    if not re.search(r"/map|example=|format=(?!html)|/queries/\w|[?&]query=", path):
                        ahead.append(path)
    assert len(seen) > 100
    ids = {concept.id for concept in orchard_knowledge().concepts}
    assert {path.removeprefix("/concept/") for path in seen if re.fullmatch(r"/concept/[^?]+", path)} == ids


def test_styles_and_scripts_may_be_kept_under_the_address_that_names_their_content(web: httpx.Client) -> None:
    linked = [a.get("src") or a["href"] for t, a in Links(web.get("/sparql")).tags if t in {"script", "link"}]
    assert len(linked) == 5
    for address in linked:
        assert address
        found = web.get(address)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
        assert web.get(address.partition("?")[0]).headers["cache-control"] == "no-cache"
        assert web.get(address, headers={"If-None-Match": found.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fpages.py", "%2e%2e/site.py", ""])
def test_nothing_else_is_served_from_there(web: httpx.Client, name: str) -> None:
    assert web.get(f"/static/{name}").status_code == 404


def test_no_third_party_code_is_shipped_with_the_pages() -> None:
    assert set(assets()) == {"editor.js", "explorer.css", "explorer.js", "icon.svg", "theme.js"}
    assert sum(len(asset.content) for asset in assets().values()) < 100_000


def test_two_explorers_make_the_same_pages() -> None:
    first, second = Explorer(orchard(), "x"), Explorer(orchard(), "x")
    for name, values in (("home", {}), ("browse", {}), ("stats", {}), ("search", {"q": ["graft"]})):
        assert first.page(name, values) == second.page(name, values)
    iri = "https://kg.example.org/concept/grafting"
    assert first.resource(iri) == second.resource(iri)


# ------------------------------------------------------------------------------------------------------- contents


def test_an_iri_is_a_page_for_people_and_data_for_programs(web: httpx.Client) -> None:
    page = web.get("/concept/grafting")
    assert "<h1><bdi>Grafting</bdi></h1>" in page.text
    for link, media in (("?format=turtle", "text/turtle"), ("?format=jsonld", "application/ld+json")):
        assert f'href="/concept/grafting{link}"' in page.text
        assert web.get(f"/concept/grafting{link}").headers["content-type"].startswith(media)
    assert web.get("/concept/grafting", headers={"Accept": "*/*"}).headers["content-type"].startswith("text/turtle")


def test_a_concept_shows_each_relation_in_the_sentence_that_says_it(web: httpx.Client) -> None:
    page = web.get("/concept/grafting").text
    assert re.search(r"It <mark>uses grafting wax</mark> and reduces juvenility\.", page)
    assert re.search(r'href="/entry/garden.txt/L1#at-\d+-\d+">garden.txt:2</a>', page)
    assert "truncated" in page
    assert "It is defined 2 times" in page
    assert 'href="/browse?field=horticulture"' in page


def test_an_entry_has_its_text_its_facts_and_links_both_ways(web: httpx.Client) -> None:
    page = web.get(ENTRY).text
    names = set(re.findall(r'id="at-(\d+-\d+)"', page))
    assert names
    assert names == set(re.findall(r'id="fact-(\d+-\d+)"', page))
    assert names == set(re.findall(r'href="#at-(\d+-\d+)"', page)) == set(re.findall(r'href="#fact-(\d+-\d+)"', page))
    assert '<a href="/concept/grafting-wax" title="Grafting wax (Material)">' in page
    assert 'rel="next" href="/entry/garden.txt/L3"' in page


def test_search_marks_what_was_found_and_tells_types(web: httpx.Client) -> None:
    page = web.get("/search?q=wax").text
    assert "Results for “<bdi>wax</bdi>”" in page
    assert page.index("/concept/wax") < page.index("/concept/grafting-wax")
    assert 'href="/search?q=wax&amp;type=Material"' in page
    only = web.get("/search?q=graft&type=Method").text
    assert "/concept/grafting-wax" not in only
    assert "Nothing is found" in web.get("/search?q=zeppelin").text


def test_a_question_is_answered_above_what_is_found(web: httpx.Client) -> None:
    page = web.get("/search", params={"q": "what reduces juvenility?"}).text
    answer = page.partition('class="reply"')[2].partition("</section>")[0]
    assert "read as: <bdi>concepts that kg:reduces" in answer
    assert 'href="/concept/grafting"' in answer
    assert "<mark>reduces juvenility</mark>" in answer
    assert 'class="reply"' not in web.get("/search", params={"q": "what zeppelins fly?"}).text


def test_the_index_is_by_letter_type_and_field(web: httpx.Client) -> None:
    page = web.get("/browse?type=Material&letter=G").text
    assert "/concept/grafting-wax" in page
    assert 'href="/concept/grafting"' not in page
    assert 'href="/concept/mulch"' in web.get("/browse?field=soil+care").text
    assert "No concept is like this" in web.get("/browse?field=zeppelins").text


def test_completion_is_small_json(web: httpx.Client) -> None:
    found = web.get("/api/complete?q=graft&n=3").json()
    assert found[0] == {
        "label": "Grafting", "kind": "Method", "id": "grafting", "iri": "https://kg.example.org/concept/grafting",
        "url": "/concept/grafting", "matched": "",
    }  # fmt: skip
    assert len(found) == 3
    assert web.get("/api/complete?q=").json() == []
    terms = web.get("/api/terms").json()
    assert terms["prefixes"]["concept"] == "https://kg.example.org/concept/"
    assert {"kg:uses", "skos:broader"} <= {each["term"] for each in terms["relations"]}


def test_paths_are_constrained_by_the_address(web: httpx.Client) -> None:
    page = web.get("/path?from=budding&to=sealant&k=1").text
    assert page.count('<section class="path">') == 1
    assert "<mark>" in page
    avoided = web.get("/path?from=budding&to=sealant&avoid=grafting&avoid=&min_confidence=&k=").text
    assert 'class="concept" href="/concept/grafting"' not in avoided.partition('class="chain"')[2]
    assert 'value="grafting"' in avoided
    narrow = web.get("/path?from=budding&to=sealant&max_hops=1")
    assert (narrow.status_code, narrow.text.count('<section class="path">')) == (200, 0)
    assert 'role="alert"' in narrow.text


def test_programs_get_json(web: httpx.Client) -> None:
    json = {"Accept": "application/json"}
    assert web.get("/search?q=wax&n=2", headers=json).json()[0]["concept"]["label"] == "wax"
    assert web.get("/stats?format=json").json()["concepts"] == 26
    wrong = web.get("/search?q=wax&n=0", headers=json)
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert wrong.text == "n=0: expected a whole number from 1 to 500\n"


@pytest.mark.parametrize(
    ("constraint", "through"),
    [
        ("via=propagation+method", "propagation-method"),
        ("types=Method", "grafting"),
        ("metapath=Method-contrastsWith>Method-uses>Material", "grafting"),
    ],
)
def test_every_constraint_of_paths_can_be_put(web: httpx.Client, constraint: str, through: str) -> None:
    page = web.get(f"/path?from=budding&to=grafting+wax&{constraint}")
    assert page.status_code == 200
    first = page.text.partition('class="chain"')[2].partition("</p>")[0]
    assert f'href="/concept/{through}"' in first


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/concept/graftin", 404, "Did you mean"),
        ("/concept/zeppelin", 404, "Nothing is known of"),
        ("/entry/garden.txt/L999", 404, "Nothing is known of"),
        ("/path?from=graftin&to=budding", 404, "did you mean"),
        ("/path?from=budding&to=budding", 400, "the same concept"),
        ("/path?from=budding&to=sealant&k=0", 400, "k=0: expected a whole number from 1 to 20"),
        ("/path?from=budding&to=sealant&k=1e9", 400, "k=1e9: expected"),
        ("/path?from=budding&to=sealant&min_confidence=2", 400, "expected a number from 0 to 1"),
        ("/path?from=budding&to=sealant&predicates=eats", 400, "no relation &#39;eats&#39;"),
        ("/path?from=a&from=b&to=c", 400, "given 2 times"),
        ("/search?q=a&n=0", 400, "n=0: expected"),
        ("/browse?page=-1", 400, "page=-1: expected"),
        ("/map?concept=zeppelin", 404, "no concept"),
        ("/map?concept=grafting&depth=9", 400, "depth=9: expected"),
        ("/sparql?example=zeppelin", 400, "no query is named"),
        ("/describe", 400, "name what is to be described"),
        ("/describe?iri=no+iri", 400, "is no IRI"),
        ("/queries/abou", 404, "did you mean about"),
        ("/nowhere", 404, "Not Found"),
    ],
)
def test_mistakes_are_told_in_one_line(web: httpx.Client, path: str, status: int, words: str) -> None:
    page = web.get(path)
    assert page.status_code == status
    assert words in page.text


def test_near_names_are_links(web: httpx.Client) -> None:
    assert '<a href="/search?q=Grafting"><bdi>Grafting</bdi></a>' in web.get("/concept/graftin").text


# -------------------------------------------------------------------------------------------------------- queries


def test_an_answer_is_a_table_a_chart_or_a_graph(web: httpx.Client) -> None:
    query = "SELECT ?c ?label (STRLEN(?label) AS ?n) { ?c skos:prefLabel ?label } ORDER BY ?label"
    page = web.get("/sparql", params={"query": query}).text
    assert '<a href="/concept/budding" title="Budding"><bdi>concept:budding</bdi></a>' in page
    assert '<td class="number"><bdi>7</bdi></td>' in page
    chart = web.get("/sparql", params={"query": query, "view": "chart"}).text
    assert '<rect class="bar"' in chart
    assert "n by c" in chart
    assert "<iframe" in web.get("/sparql", params={"query": query, "view": "graph"}).text
    drawing = web.get("/sparql", params={"query": query, "format": "graph"})
    assert "script-src 'sha256-" in drawing.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in drawing.headers["content-security-policy"]


def test_answers_that_have_no_chart_and_no_graph_say_why(web: httpx.Client) -> None:
    query = "SELECT ?label { ?c skos:prefLabel ?label }"
    assert "A chart needs a column of numbers" in web.get("/sparql", params={"query": query, "view": "chart"}).text
    assert "select the concepts themselves" in web.get("/sparql", params={"query": query, "view": "graph"}).text
    assert web.get("/sparql", params={"query": query, "format": "graph"}).status_code == 400
    assert '<p class="truth">Yes</p>' in web.get("/sparql", params={"query": "ASK {}"}).text
    described = web.get("/sparql", params={"query": "DESCRIBE concept:budding"}).text
    assert "@prefix" in described
    assert "format=turtle" in described


def test_more_rows_than_a_page_holds_are_announced(web: httpx.Client) -> None:
    page = web.get("/sparql", params={"query": "SELECT * { ?s ?p ?o . ?x ?y ?z }"}).text
    assert "The first 500 rows; a download has all of them" in page
    assert page.count("<tr>") == 501


def test_a_fault_is_shown_where_it_is(web: httpx.Client) -> None:
    page = web.get("/sparql", params={"query": "SELECT ?x WHERE {\n  ?x ?y }"})
    assert page.status_code == 400
    assert 'data-line="2"' in page.text
    assert re.search(r"<strong>Line 2, column \d+</strong></p><p>[a-z]", page.text)


def test_an_example_is_filled_in_and_not_run(web: httpx.Client) -> None:
    page = web.get("/sparql?example=what-reduces").text
    assert "kg:reduces" in page
    assert 'id="answer"' not in page
    assert "SELECT ?my ?own" in web.get("/sparql?edit=SELECT+%3Fmy+%3Fown").text


def test_a_page_keeps_to_the_limits_of_a_query() -> None:
    with running(orchard(), limits=Limits(seconds=0.4, concurrent=1)) as url:
        httpx.get(f"{url}/healthz", timeout=30)
        page = httpx.get(f"{url}/sparql", params={"query": ENDLESS}, headers=BROWSER, timeout=30)
        assert page.status_code == 503
        assert "the query took longer than 0.4 seconds" in page.text
        assert page.headers["content-type"] == "text/html; charset=utf-8"


# --------------------------------------------------------------------------------------------------- other graphs

FOREIGN = """
<http://example.org/a> a skos:Concept ; skos:prefLabel "Alpha"@de, "Alfa"@en ; skos:broader <http://example.org/b> .
<http://example.org/b> a skos:Concept ; skos:prefLabel "Beta" . <javascript:c> a skos:Concept ; skos:related <urn:d> .
<urn:d> a skos:Concept .
"""


def test_a_thesaurus_of_others_has_pages_too() -> None:
    store = LocalStore()
    head = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> ."
    store.load(ox.parse(f"{head}\n{FOREIGN}", format=ox.RdfFormat.TURTLE))
    explorer = Explorer(KnowledgeGraph(store))
    for iri in ("http://example.org/a", "javascript:c", "urn:d"):
        page = explorer.resource(iri)
        assert page
        assert page.status == 200
        assert b'href="javascript' not in page.body
    browse = explorer.page("browse", {}).body.decode()
    assert 'href="/describe?iri=http%3A%2F%2Fexample.org%2Fa"' in browse
    path = explorer.page("path", {"from": ["Alfa"], "to": ["Beta"]}).body.decode()
    assert "No text is quoted for it" in path


def test_an_empty_graph_has_pages_too() -> None:
    explorer = Explorer(KnowledgeGraph(LocalStore()))
    for name in ("home", "browse", "stats", "search", "path", "sparql"):
        assert explorer.page(name, {}).status == 200
    assert explorer.page("search", {"q": ["x"]}).status == 200


# --------------------------------------------------------------------------------------------------- hostile texts


def test_hostile_texts_are_texts_on_every_page() -> None:
    graph = graph_of(hostile_knowledge())
    explorer = Explorer(graph, TEXTS[0])
    pages = [explorer.page(name, {}) for name in ("home", "browse", "stats")]
    pages += [explorer.page("search", {"q": [text]}) for text in TEXTS]
    pages += [explorer.page("path", {"from": [text], "to": ["concept:c1"], "k": ["1"]}) for text in TEXTS]
    for view in graph.concepts():
        resources = [view.iri, *(entry.iri for entry in graph.show(view.iri).entries)]
        for page in map(explorer.resource, resources):
            assert page
            pages.append(page)
    for page in pages:
        text = page.body.decode()
        assert "<script>" not in text
        assert "javascript:" not in text
        assert "-->" not in text.replace("--&gt;", "")
        found = Links(httpx.Response(200, content=page.body, request=httpx.Request("GET", "http://x/")))
        assert {name for _, attributes in found.tags for name in attributes if name.startswith("on")} == set()
        assert all(a["href"] and not a["href"].startswith(("java", "data")) for t, a in found.tags if "href" in a)


# ------------------------------------------------------------------------------------------------- texts that are cut

BODY = """\
**Budding** is a *propagation method* that uses a `single bud`.
## Tools
- **Knife**: cuts the bud, see https://example.org
- wax
| tool | use |
|---|---|
| knife | cutting |
1. cut
2. bind
"""


def entry_of(body: str) -> Entry:
    header = "budding, horticulture"
    start = len(header) + 1
    return parse(Entry("garden.txt", 1, Layout.FLAT, header, Span(0, start - 1), body, Span(start, start + len(body))))


def texts(entry: Entry, stretches: list[Stretch]) -> list[str]:
    return [
        "".join(piece.text for piece in pieces)
        for part in document(entry, stretches)
        for pieces in (part.lead, part.pieces, *(cell for row in part.rows for cell in row))
        if pieces
    ]


spans = st.tuples(st.integers(0, len(BODY)), st.integers(0, len(BODY))).map(
    lambda ends: Span(22 + min(ends), 22 + max(ends))
)


@given(st.lists(st.tuples(st.sampled_from(["fact", "mention", "boilerplate"]), spans), max_size=8))
def test_stretches_never_change_the_text(found: list[tuple[str, Span]]) -> None:
    entry = entry_of(BODY)
    stretches = [Stretch(role, span, f"{span.start}-{span.end}") for role, span in found]
    assert texts(entry, stretches) == texts(entry, [])
    begun, ended = [], []
    for part in document(entry, stretches):
        for pieces in (part.lead, part.pieces, *(cell for row in part.rows for cell in row)):
            for piece in pieces:
                begun += piece.begins
                ended += piece.ends
    assert sorted(begun) == sorted(set(begun)) == sorted(ended)


@given(spans)
def test_the_evidence_of_a_fact_is_what_is_marked(span: Span) -> None:
    entry = entry_of(BODY)
    marked = "".join(
        piece.text
        for part in document(entry, [Stretch("fact", span, "f")])
        for pieces in (part.lead, part.pieces, *(cell for row in part.rows for cell in row))
        for piece in pieces
        if piece.facts
    )
    quoted = re.sub(r"\s|[*#`|.:\d-]", "", entry.quote(span))
    assert re.sub(r"\s|[*#`|.:\d-]", "", marked) == quoted
    shown = excerpt(entry, span)
    if quoted:
        assert shown
        assert re.sub(r"\s|[*#`|.:\d-]", "", shown.quote).strip() in quoted
    else:
        assert shown is None or not re.sub(r"\s|[*#`|.:\d-]", "", shown.quote)


def test_a_long_block_is_cut_around_its_quote_at_words() -> None:
    entry = entry_of(f"{'before ' * 60}here it is{' after' * 60}")
    at = entry.body.index("here it is") + entry.body_span.start
    shown = excerpt(entry, Span(at, at + 10), around=30)
    assert shown
    assert (shown.before, shown.quote, shown.after) == (
        "… before before before before ", "here it is", " after after after after …"
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------- drawings


@given(st.dictionaries(st.text(max_size=30), st.integers(1, 500), max_size=20))
def test_fields_never_overlap(sizes: dict[str, int]) -> None:
    drawn = field_map(sizes, {})
    bubbles = drawn.bubbles if drawn else ()
    assert {bubble.name for bubble in bubbles} == set(sizes)
    for number, one in enumerate(bubbles):
        for other in bubbles[number + 1 :]:
            assert hypot(one.x - other.x, one.y - other.y) >= one.r + other.r


@given(st.lists(st.integers(1, 6), min_size=1, max_size=7))
def test_neighbours_never_overlap_and_stay_inside(counts: list[int]) -> None:
    groups = [
        Group(f"relation {number}", tuple(Neighbour(ConceptRef("x", "x", "x", ""), "/x", "x") for _ in range(count)))
        for number, count in enumerate(counts)
    ]
    for drawn in (around("middle", groups), below("middle", groups)):
        for side in drawn.sides:
            heights = sorted([spot.y for spot in side.spots] + [title.y - 5 for title in side.titles])
            assert all(b - a >= 15 for a, b in pairwise(heights))
            assert all(0 < y < drawn.height for y in heights)
        assert sum(len(side.spots) for side in drawn.sides) == sum(counts)


@given(st.lists(st.floats(-1e6, 1e6), max_size=9))
def test_bars_are_shares_of_the_largest(values: list[float]) -> None:
    drawn = bars((str(number), value, "") for number, value in enumerate(values))
    assert all(0 <= bar.share <= 1 for bar in drawn)
    if max(values, default=0) > 0:
        assert max(bar.share for bar in drawn) == 1


def test_the_palette_is_that_of_the_interactive_page() -> None:
    ours, theirs = (
        re.findall(r"(--hue-\w+): (#\w+)", (Path(__file__).parent.parent / "kg" / name).read_text(encoding="utf-8"))
        for name in ("explorer/static/explorer.css", "page/page.css")
    )
    assert set(ours) == set(theirs)
