"""The page as a file: what it holds, that it is always the same, and that words stay words."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import combinations
from typing import TYPE_CHECKING, Any

import networkx
import pytest

from kg.errors import UsageError
from kg.facts import MARKS
from kg.render import PAGE, SCRIPTS, Embedding, assets, render
from kg.vocabulary import classes
from tests.pages import ATTACKS, hostile_view, large_view, quoted_view, tiny_view

if TYPE_CHECKING:
    from pathlib import Path

GRAFTING = "https://kg.example.org/concept/grafting"


class Elements(HTMLParser):
    """The elements of a page: (tag, attributes, text)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))
        self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def data(self, name: str) -> Any:
        """What a JSON element carries."""
        return json.loads(next(text for tag, attributes, text in self.found if attributes.get("id") == name))


def tiny_page() -> Elements:
    return Elements(render(tiny_view(), None, title="Tiny"))


def test_the_page_carries_the_concepts() -> None:
    page = tiny_page()
    kinds = [kind["name"] for kind in page.data("facts")["kinds"]]
    fields = page.data("facts")["fields"]
    grafting = next(node for node in page.data("nodes") if node["key"] == "grafting")
    assert (grafting["label"], kinds[grafting["kind"]]) == ("Grafting", "Method")
    assert [fields[at] for at in grafting["fields"]] == ["horticulture", "tree surgery"]
    assert grafting["texts"] == [
        "Grafting is a propagation method that joins a scion to a rootstock.",
        "Grafting is an old craft.",
    ]


def test_the_page_carries_the_relations_with_their_quotes() -> None:
    page = tiny_page()
    facts, nodes = page.data("facts"), page.data("nodes")
    said = {
        (nodes[edge["from"]]["label"], facts["relations"][edge["p"]]["name"], nodes[edge["to"]]["label"]): edge
        for edge in page.data("edges")
    }
    assert len(said) == 9
    edge = said["Grafting", "reduces", "juvenility"]
    assert edge["c"] == 0.8
    assert [(exact, facts["sources"][source], line) for exact, source, line in edge["quotes"]] == [
        ("reduces juvenility", "garden.txt", 1)
    ]


def test_the_same_view_gives_the_same_bytes(tmp_path: Path) -> None:
    view, turned = large_view(150), networkx.MultiDiGraph()
    turned.add_nodes_from(reversed(list(view.nodes(data=True))))
    turned.add_edges_from(reversed(list(view.edges(data=True))))
    first, second = tmp_path / "first.html", tmp_path / "deep" / "second.html"
    text = render(view, first, title="Crafts")
    render(turned, second, title="Crafts")
    assert first.read_bytes() == second.read_bytes() == text.encode()
    assert b"\r" not in first.read_bytes()


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = tiny_page()
    for tag, attributes, _ in page.found:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not attributes.keys() & {"src", "srcset", "background", "ping"}
        assert attributes.get("href") in {None, "#details"}
    own = "".join((PAGE / name).read_text("utf-8") for name in (*SCRIPTS, "page.css", "page.html"))
    assert set(re.findall(r"https?://[^\s\"')]+", own)) <= {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|outerHTML|insertAdjacentHTML|eval\(", own)


def test_the_policy_names_exactly_the_scripts_that_are_there() -> None:
    page = tiny_page()
    policy = next(a["content"] for _, a, _ in page.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy
    scripts = [text for tag, attributes, text in page.found if tag == "script" and "type" not in attributes]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_hostile_words_stay_data() -> None:
    calm, attacked = tiny_page(), Elements(render(hostile_view(), None, title=ATTACKS[0]))
    assert [tag for tag, *_ in attacked.found] == [tag for tag, *_ in calm.found]
    assert sorted(node["label"] for node in attacked.data("nodes")) == sorted(ATTACKS)
    assert attacked.data("facts")["title"] == ATTACKS[0]


def test_a_focus_and_the_size_of_the_whole_are_said() -> None:
    page = Elements(render(tiny_view(), None, title="Tiny", focus=GRAFTING, depth=2, whole=(500, 900)))
    facts = page.data("facts")
    assert page.data("nodes")[facts["focus"]]["label"] == "Grafting"
    assert (facts["depth"], facts["whole"]) == (2, {"concepts": 500, "relations": 900})


def test_a_view_without_details_is_drawn_too() -> None:
    view = networkx.MultiDiGraph()
    view.add_edge("a", "b")
    page = Elements(render(view, None, title="Bare"))
    assert [node["label"] for node in page.data("nodes")] == ["a", "b"]
    assert page.data("facts")["relations"][0]["label"] == "is related to"


def test_groups_hold_every_concept_once_by_relations_and_by_field() -> None:
    facts = Elements(render(large_view(200), None, title="Crafts")).data("facts")
    for name in ("communities", "fields"):
        groups = facts["maps"][name]["groups"]
        assert sorted(member for group in groups for member in group["members"]) == list(range(200)), name
        assert len({group["label"] for group in groups}) == len(groups), name
    assert [group["own"] for group in facts["maps"]["fields"]["groups"]] < [30] * 12
    assert len(facts["maps"]["fields"]["at"]) == 400


def test_a_concept_without_a_field_is_with_that_of_most_of_its_neighbours() -> None:
    view = networkx.MultiDiGraph()
    for node, field in (("hull", "boats"), ("mast", "boats"), ("loom", "weaving"), ("rope", None), ("fibre", None)):
        view.add_node(node, label=node, fields=(field,) if field else ())
    view.add_node("alone", label="alone")
    view.add_edges_from([("hull", "rope"), ("rope", "mast"), ("loom", "rope"), ("rope", "fibre")])
    facts = Elements(render(view, None, title="Crafts")).data("facts")
    order = ["alone", "fibre", "hull", "loom", "mast", "rope"]
    assert {
        group["label"]: ([order[member] for member in sorted(group["members"])], group["own"])
        for group in facts["maps"]["fields"]["groups"]
    } == {"boats": (["fibre", "hull", "mast", "rope"], 2), "weaving": (["loom"], 1), "No field": (["alone"], 0)}


def test_quotes_that_are_not_carried_are_counted() -> None:
    edges = Elements(render(quoted_view(), None, title="Knots")).data("edges")
    assert [(len(edge["quotes"]), edge["quoted"]) for edge in edges] == [(12, 30)]


def test_paths_and_marks_of_the_view_are_carried_as_far_as_they_are_in_it() -> None:
    view = tiny_view()
    here = "https://kg.example.org/concept/"
    step = (f"{here}grafting", f"{here}grafting-wax", "uses")
    view.graph.update(
        paths=[
            {"nodes": [f"{here}grafting", f"{here}grafting-wax"], "steps": [[step]], "cost": 1.1524},
            {"nodes": [f"{here}grafting", f"{here}elsewhere"], "steps": [[]], "cost": 2},
        ],
        marked=[f"{here}grafting", f"{here}elsewhere"],
        way=[step, (f"{here}grafting-wax", f"{here}grafting", "uses")],
    )
    page = Elements(render(view, None, title="Tiny"))
    facts, nodes, edges = page.data("facts"), page.data("nodes"), page.data("edges")
    key = [node["key"] for node in nodes]
    [path] = facts["paths"]
    assert ([key[node] for node in path["nodes"]], path["cost"], facts["cut"]) == (
        ["grafting", "grafting-wax"],
        1.152,
        1,
    )
    [[at]] = path["steps"]
    assert (key[edges[at]["from"]], key[edges[at]["to"]]) == ("grafting", "grafting-wax")
    assert ([key[node] for node in facts["marked"]], facts["way"]) == (["grafting"], [at])
    assert facts["look"] == "paths"


def test_a_page_on_a_server_leaves_scripts_and_style_to_it() -> None:
    page = render(tiny_view(), None, title="Tiny", embedding=Embedding("/static/kg/", concept="/concept/", mini=True))
    found = Elements(page)
    assert [attributes["src"] for tag, attributes, _ in found.found if tag == "script" and "src" in attributes] == [
        "/static/kg/vis-network.js", "/static/kg/page.js"
    ]  # fmt: skip
    assert [attributes["href"] for tag, attributes, _ in found.found if tag == "link"] == ["/static/kg/page.css"]
    assert not [text for tag, attributes, text in found.found if tag == "script" and not attributes]
    assert "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:" in page
    assert (found.data("facts")["mini"], found.data("facts")["link"]) == (True, "/concept/")
    assert set(assets()) == {"vis-network.js", "page.js", "page.css"}


@pytest.mark.parametrize("place", ["static", "/static", "//evil.example/", "https://evil.example/", "/a/../b", '/"/'])
def test_assets_are_on_the_server_itself(place: str) -> None:
    with pytest.raises(UsageError, match="no path on a server"):
        Embedding(place)


@pytest.mark.parametrize(
    ("look", "why"),
    [
        ("moon", "no look 'moon'; a page opens on one of map, communities, fields, tree, paths"),
        ("fields", "the view has no two subject fields"),
        ("tree", "no concept of the view is a kind of another"),
        ("paths", "the view has no paths"),
    ],
)
def test_a_look_that_the_view_has_nothing_for_is_refused(look: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        render(quoted_view(), None, title="Knots", look=look)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(UsageError, match="no concepts"):
        render(networkx.MultiDiGraph(), None, title="Nothing")
    with pytest.raises(UsageError, match="not in the view"):
        render(tiny_view(), None, title="Tiny", focus="nowhere")


def test_every_class_of_the_ontology_has_a_mark_of_its_own() -> None:
    assert MARKS.keys() >= set(classes())
    assert len(set(MARKS.values())) == len(MARKS)
    outlines = re.findall(r"^  (\w+): \"M", (PAGE / "05-paint.js").read_text("utf-8"), re.MULTILINE)
    assert {mark.shape for mark in MARKS.values()} <= set(outlines)


# ------------------------------------------------------------------------------------------------------ the palette


def palette(theme: str) -> dict[str, tuple[float, float, float]]:
    """The colours of a theme of `page.css` as linear RGB in 0…1."""
    css = (PAGE / "page.css").read_text("utf-8")
    block = css[css.index(f'[data-theme="{theme}"]') :].split("}")[0]
    return {
        name: tuple(_linear(int(value[at : at + 2], 16) / 255) for at in (0, 2, 4))  # type: ignore[misc]
        for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6})", block)
    }


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_the_paper(theme: str) -> None:
    colours = palette(theme)
    for name, colour in colours.items():
        if name.startswith("hue-"):
            assert contrast(colour, colours["paper"]) >= 3, name
    for ink in ("ink", "soft", "accent"):
        for ground in ("paper", "panel", "sunk", "mark"):
            if (ink, ground) != ("accent", "mark"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast(colours["accent"], colours["on-accent"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", ["normal", "protan", "deutan", "tritan"])
def test_hues_differ_for_every_sight(theme: str, sight: str) -> None:
    """CIEDE2000 of every pair at least 12, seen through the model of Machado, Oliveira and Fernandes (2009)."""
    seen = {
        name: lab(
            tuple(min(1.0, max(0.0, sum(m * c for m, c in zip(row, colour, strict=True)))) for row in SIGHTS[sight])
        )
        for name, colour in palette(theme).items()
        if re.fullmatch(r"hue-\d", name)
    }
    assert len(seen) == 8
    for one, other in combinations(seen, 2):
        assert difference(seen[one], seen[other]) >= 12, (one, other)


SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    r, g, b = rgb
    xyz = (
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """CIEDE2000, after Sharma, Wu and Dalal (2005)."""
    from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    turn = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    dl, dc, dh = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(turn) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = h1 + h2 if not c1 * c2 else (h1 + turn / 2) % 360
    t = 1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue))
    t += 0.32 * cos(radians(3 * hue + 6)) - 0.20 * cos(radians(4 * hue - 63))
    sl = 1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rt = -2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh))


def test_the_difference_of_colours_is_the_published_one() -> None:
    assert difference((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert difference((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)
