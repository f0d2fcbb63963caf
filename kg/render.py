"""A NetworkX view -> one HTML page that needs nothing but itself.

pyvis carries the data and fills the template, and lends the vis-network that it ships; template, style and scripts are
those of `kg/page/`. Nothing is fetched: every script is inlined and named by its hash in the page's own
Content-Security-Policy, and words from documents stay JSON until they become text nodes.

A server that shows many such pages hands their scripts out once (`assets()`) and asks for pages without them
(`Embedding`), which may also be bare maps to stand in a frame of another page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import UsageError
from kg.facts import Facts
from kg.files import write_file

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import networkx

PAGE = Path(__file__).parent / "page"
SCRIPTS = (
    "01-graph.js",
    "02-paths.js",
    "03-scene.js",
    "04-layouts.js",
    "05-paint.js",
    "06-labels.js",
    "07-details.js",
    "08-legend.js",
    "09-show.js",
    "10-save.js",
    "11-events.js",
)
LIMIT = 1200
"""Concepts drawn one by one; a graph with more opens on its groups."""

LOOKS = ("map", "communities", "fields", "tree", "paths")
"""What a page opens on: all concepts, its groups by relations or by subject field, the tree of kinds, its paths."""

OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "nodes": {"shadow": False},
    "edges": {"smooth": False, "shadow": False},
    "interaction": {"hover": False, "keyboard": False, "selectable": False, "dragNodes": True, "zoomSpeed": 1},
}


@dataclass(frozen=True, slots=True)
class Embedding:
    """How a page lives on a server: where its `assets()` are, and where a concept's own page is.

    `assets` is the path under which the server hands out the files of `assets()`, with a slash at its end. `concept` is
    the path that a concept's id is put behind, such as `/concept/`; with it the details link there. A `mini` page is
    the map alone, for a frame: a click on a concept goes there in the frame's parent.
    """

    assets: str
    concept: str = ""
    mini: bool = False

    def __post_init__(self) -> None:
        for place in (self.assets, self.concept):
            if place and not re.fullmatch(r"/([\w.~-]+/)*", place):
                raise UsageError(f"{place!r} is no path on a server that begins and ends with a slash")


def render(
    view: networkx.MultiDiGraph,
    path: Path | None,
    *,
    title: str,
    focus: Hashable | None = None,
    depth: int = 1,
    whole: tuple[int, int] | None = None,
    look: str | None = None,
    embedding: Embedding | None = None,
) -> str:
    """The page of a view, also written to `path` (UTF-8, `\\n`) unless that is None.

    Nodes have the attributes `label` and `kind` (a local name, `Method`), and as far as known `concept` (its id:
    the name in the page's address), `aliases`, `fields` (labels or names of nodes), `definitions` (texts)
    or `definition` (one), `entries`, pairs (source, line), and `mentions`, the number of entries that mention it: what
    `kg.view.detailed_view` makes.
    Edges have `predicate` (a local name, `usedFor`), `confidence` (0…1) and `quotes`, triples (exact, source, line).
    The view itself may have `paths` (`kg.facts.Way`), `marked` (nodes) and `way` (edges as from, to, predicate), which
    stand out: what `kg.sketch.view` makes. What is missing is left out of the page.

    The page opens on its `look`; without one on the neighbourhood of `focus`, a node, `depth` relations far; without
    either on its paths if it has any, else on the map. With a look by groups, the focus is the concept whose group is
    open. `whole` counts the concepts and the relations of the graph that the view was cut out of, so that the page can
    say what it lacks. The same view gives the same bytes. Raises `UsageError` for an empty view, for a focus that is
    not in it, for a look that it has nothing for, and for a place that cannot be written.
    """
    from markupsafe import Markup
    from pyvis.network import Network

    if not view:
        raise UsageError("nothing to draw: the view has no concepts")
    if focus is not None and focus not in view:
        raise UsageError(f"nothing to draw around: {focus!r} is not in the view")

    carried = Facts(view)
    if look is None and focus is None and carried.facts["paths"]:
        look = "paths"
    _check(look, carried.facts)
    facts = carried.facts | {
        "title": title,
        "limit": LIMIT,
        "depth": max(depth, 1),
        "focus": None if focus is None else carried.numbers[focus],
        "look": look,
        "mini": bool(embedding and embedding.mini),
        "link": embedding.concept if embedding else "",
        "whole": dict(zip(("concepts", "relations"), whole or (len(view), view.number_of_edges()), strict=True)),
    }
    net = Network(cdn_resources="in_line", heading=title)
    net.nodes, net.edges, net.options = carried.nodes, carried.edges, OPTIONS
    net.set_template_dir([str(PAGE), net.template_dir], "page.html")
    # Handed over as values, not as templates: Jinja would read the braces of a script as its own.
    files = assets()
    net.templateEnv.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    net.templateEnv.globals.update(
        facts=facts,
        assets=embedding.assets if embedding else "",
        vis=Markup(files["vis-network.js"]),
        js=Markup(files["page.js"]),
        css=Markup(files["page.css"]),
        policy=policy(embedded=embedding is not None),
    )
    page: str = net.generate_html(path.name if path and path.suffix == ".html" else "page.html")
    if path is not None:
        write_file(path, page.encode())
    return page


def assets() -> Mapping[str, str]:
    """The scripts and the style that every page needs, by file name: `vis-network.js`, `page.js`, `page.css`."""
    import pyvis

    library = Path(pyvis.__file__).parent / "templates" / "lib" / "vis-9.1.2" / "vis-network.min.js"
    return {
        "vis-network.js": _script(library.read_text("utf-8")),
        "page.js": _script("(() => {\n" + "\n".join((PAGE / name).read_text("utf-8") for name in SCRIPTS) + "})();\n"),
        "page.css": (PAGE / "page.css").read_text("utf-8"),
    }


def policy(*, embedded: bool = False) -> str:
    """The Content-Security-Policy that lets the page's scripts run and nothing else happen.

    That of an `embedded` page lets those of its own server run, and is also right as a header.
    """
    scripts = "'self'"
    if not embedded:
        files = assets()
        digests = (hashlib.sha256(files[name].encode()).digest() for name in ("vis-network.js", "page.js"))
        scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    styles = "'self' 'unsafe-inline'" if embedded else "'unsafe-inline'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _script(text: str) -> str:
    text = text.replace("\r\n", "\n")  # what a browser hashes
    assert "</script" not in text.lower()
    assert "<!--" not in text
    return text


def _check(look: str | None, facts: Mapping[str, Any]) -> None:
    if look is not None and look not in LOOKS:
        raise UsageError(f"no look {look!r}; a page opens on one of {', '.join(LOOKS)}")
    if look == "fields" and "fields" not in facts["maps"]:
        raise UsageError("nothing to draw by field: the view has no two subject fields")
    if look == "tree" and not any(relation["name"] == "broader" for relation in facts["relations"]):
        raise UsageError("nothing to draw as a tree: no concept of the view is a kind of another")
    if look == "paths" and not facts["paths"]:
        raise UsageError("nothing to draw: the view has no paths")
