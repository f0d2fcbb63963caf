"""A NetworkX view -> one HTML page that needs nothing but itself.

pyvis carries the data and fills the template, and lends the vis-network that it ships; template, style and scripts are
those of `kg/page/`. Nothing is fetched: every script is inlined and named by its hash in the page's own
Content-Security-Policy, and words from documents stay JSON until they become text nodes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kg.errors import UsageError
from kg.files import write_file
from kg.layout import layout

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import networkx

    from kg.layout import Layout
    from kg.vocabulary import Relation

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("1-graph.js", "2-scene.js", "3-paint.js", "4-details.js", "5-legend.js", "6-main.js")
LIMIT = 1200
"""Concepts drawn one by one; a graph with more opens on its groups."""
QUOTES = 12
"""Quotes carried for one relation; the graph has them all."""

OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "nodes": {"shadow": False},
    "edges": {"smooth": False, "shadow": False},
    "interaction": {"hover": False, "keyboard": False, "selectable": False, "dragNodes": True, "zoomSpeed": 0.6},
}


class Mark(NamedTuple):
    """How a kind is drawn: one of the eight hues of `page.css` (or "rest") and an outline of `3-paint.js`."""

    hue: int | str
    shape: str


MARKS: Mapping[str, Mark] = {
    "Method": Mark(0, "dot"),
    "Process": Mark(0, "hexagon"),
    "Model": Mark(1, "square"),
    "Theory": Mark(1, "star"),
    "Software": Mark(2, "hexagon"),
    "Hardware": Mark(2, "square"),
    "Task": Mark(3, "diamond"),
    "Standard": Mark(3, "frame"),
    "Metric": Mark(4, "triangle"),
    "Dataset": Mark(4, "square"),
    "Property": Mark(5, "triangleDown"),
    "Phenomenon": Mark(5, "star"),
    "Person": Mark(6, "dot"),
    "Organization": Mark(6, "square"),
    "Publication": Mark(6, "frame"),
    "Material": Mark(7, "diamond"),
    "Field": Mark(7, "ring"),
}
"""Kinds of one family share a hue and differ in shape, on every page alike; a kind that is not here is a grey dot."""


def render(
    view: networkx.MultiDiGraph,
    path: Path | None,
    *,
    title: str,
    focus: Hashable | None = None,
    depth: int = 1,
    whole: tuple[int, int] | None = None,
) -> str:
    """The page of a view, also written to `path` (UTF-8, `\\n`) unless that is None.

    Nodes have the attributes `label` and `kind` (a local name, `Method`), and as far as known `concept` (its id:
    the name in the page's address), `aliases`, `fields` (labels or names of nodes), `definitions` (texts)
    or `definition` (one), and `entries`, pairs (source, line): what `kg.view.detailed_view` makes.
    Edges have `predicate` (a local name, `usedFor`), `confidence` (0…1) and `quotes`, triples (exact, source, line).
    What is missing is left out of the page.

    `focus` is the node whose neighbourhood, `depth` relations far, opens first. `whole` counts the concepts and the
    relations of the graph that the view was cut out of, so that the page can say what it lacks. The same view gives
    the same bytes. Raises `UsageError` for an empty view, for a focus that is not in it, and for a place that
    cannot be written.
    """
    import pyvis
    from markupsafe import Markup
    from pyvis.network import Network

    if not view:
        raise UsageError("nothing to draw: the view has no concepts")
    if focus is not None and focus not in view:
        raise UsageError(f"nothing to draw around: {focus!r} is not in the view")

    tables = _Tables(view)
    facts = {
        "title": title,
        "limit": LIMIT,
        "depth": max(depth, 1),
        "focus": None if focus is None else tables.numbers[focus],
        "kinds": tables.kinds,
        "relations": tables.predicates,
        "fields": tables.fields,
        "sources": tables.sources,
        "groups": tables.groups,
        "whole": dict(zip(("concepts", "relations"), whole or (len(view), view.number_of_edges()), strict=True)),
    }
    net = Network(cdn_resources="in_line", heading=title)
    net.nodes, net.edges, net.options = tables.nodes, tables.edges, OPTIONS
    net.set_template_dir([str(PAGE), net.template_dir], "page.html")
    library = Path(pyvis.__file__).parent / "templates" / "lib" / "vis-9.1.2" / "vis-network.min.js"
    vis = _script(library.read_text("utf-8"))
    own = _script("(() => {\n" + "\n".join((PAGE / name).read_text("utf-8") for name in SCRIPTS) + "})();\n")
    # Handed over as values, not as templates: Jinja would read the braces of a script as its own.
    net.templateEnv.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    net.templateEnv.globals.update(
        facts=facts,
        vis=Markup(vis),
        js=Markup(own),
        css=Markup((PAGE / "page.css").read_text("utf-8")),
        policy=_policy(vis, own),
    )
    page: str = net.generate_html(path.name if path and path.suffix == ".html" else "page.html")
    if path is not None:
        write_file(path, page.encode())
    return page


def _script(text: str) -> str:
    text = text.replace("\r\n", "\n")  # what a browser hashes
    assert "</script" not in text.lower()
    assert "<!--" not in text
    return text


def _policy(*scripts: str) -> str:
    """The Content-Security-Policy that lets these scripts run and nothing else happen."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


class _Tables:
    """The view as the lists of numbers and words that the page carries."""

    def __init__(self, view: networkx.MultiDiGraph) -> None:
        from kg.vocabulary import classes, relations

        labels = {node: str(attributes.get("label", node)) for node, attributes in view.nodes(data=True)}
        order = sorted(view, key=lambda node: (labels[node].casefold(), labels[node], str(node)))
        self.numbers: dict[Hashable, int] = {node: number for number, node in enumerate(order)}

        known = list(classes())
        kinds = _ranked((str(view.nodes[node].get("kind", "")) for node in order), known)
        self.kinds = [
            {"name": name, "label": name or "unknown", **MARKS.get(name, Mark("rest", "dot"))._asdict()}
            for name in kinds
        ]
        found = _ranked(
            (str(predicate) for *_, predicate in view.edges(data="predicate", default="")), list(relations())
        )
        self.predicates = [_predicate(name, relations().get(name)) for name in found]

        subjects = [_subjects(view.nodes[node].get("fields", ()), labels) for node in order]
        self.fields = sorted({name for names in subjects for name in names}, key=lambda name: (name.casefold(), name))
        sources: set[str] = set()
        for *_, attributes in view.edges(data=True):
            sources.update(source for _, source, _ in attributes.get("quotes", ()))
        for node in order:
            sources.update(source for source, _ in view.nodes[node].get("entries", ()))
        self.sources = sorted(sources)

        ends = [(self.numbers[a], self.numbers[b]) for a, b in view.edges()]
        placed = layout(len(order), ends, _pulls(subjects, [labels[node] for node in order]))
        index = {name: at for at, name in enumerate(self.fields)}
        origin = {name: at for at, name in enumerate(self.sources)}
        self.nodes = [
            _without_gaps(
                id=number,
                key=str(view.nodes[node].get("concept", node)),
                label=labels[node],
                kind=kinds.index(str(view.nodes[node].get("kind", ""))),
                x=placed.positions[number][0],
                y=placed.positions[number][1],
                aliases=list(view.nodes[node].get("aliases", ())),
                texts=_texts(view.nodes[node]),
                fields=[index[name] for name in subjects[number]],
                places=[[origin[source], line] for source, line in view.nodes[node].get("entries", ())],
            )
            for number, node in enumerate(order)
        ]
        self.edges = sorted(
            (
                _without_gaps(
                    **{"from": self.numbers[a]},
                    to=self.numbers[b],
                    p=found.index(str(attributes.get("predicate", ""))),
                    c=_rounded(attributes.get("confidence")),
                    quotes=[[exact, origin[source], line] for exact, source, line in attributes.get("quotes", ())][
                        :QUOTES
                    ],
                )
                for a, b, attributes in view.edges(data=True)
            ),
            key=lambda edge: (edge["from"], edge["to"], edge["p"], -edge.get("c", 1), edge.get("quotes", [])),
        )
        own = {number for number, node in enumerate(order) if view.nodes[node].get("entries")}
        self.groups = _groups(placed, [labels[node] for node in order], subjects, own)


def _ranked(names: Iterable[str], order: list[str]) -> list[str]:
    """The distinct names, in the ontology's order where it has them, else by name."""
    rank = {name: at for at, name in enumerate(order)}
    return sorted(set(names), key=lambda name: (rank.get(name, len(rank)), name))


def _predicate(name: str, relation: Relation | None) -> dict[str, Any]:
    if relation is None:
        label = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower() or "is related to"
        return {"name": name, "label": label, "inverse": label, "directed": True}
    return {
        "name": name,
        "label": relation.label,
        "inverse": relation.inverse_label,
        "directed": not relation.symmetric,
    }


def _subjects(fields: Iterable[Hashable], labels: Mapping[Hashable, str]) -> list[str]:
    return sorted({labels.get(field, str(field)) for field in fields})


def _pulls(subjects: list[list[str]], labels: list[str]) -> list[tuple[int, int]]:
    """Ties of concepts to their fields: to the concept of that name, if there is one, else to a number of its own."""
    hubs = {label: number for number, label in reversed(list(enumerate(labels)))}
    for names in subjects:
        for name in names:
            hubs.setdefault(name, len(labels) + len(hubs))
    return [(number, hubs[name]) for number, names in enumerate(subjects) for name in names]


def _texts(attributes: Mapping[str, Any]) -> list[str]:
    texts = list(attributes.get("definitions", ())) or [attributes.get("definition")]
    return [str(text) for text in texts if text]


def _without_gaps(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != [] and value is not None}


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(float(confidence), 3)


def _groups(placed: Layout, labels: list[str], subjects: list[list[str]], own: set[int]) -> list[dict[str, Any]]:
    """The islands as groups with a name: the field of a third of its concepts, else its best connected concept.

    Those in `own`, that have an entry of their own, are asked first: other hubs tend to be words like "system".
    """
    groups = []
    taken: set[str] = set()
    for island in placed.islands:
        fields = Counter(name for member in island.members for name in subjects[member])
        common = [name for name, count in fields.most_common() if count * 3 >= len(island.members)]
        ranked = sorted(island.members, key=lambda member: member not in own)
        names = [*common[:1], *(labels[member] for member in ranked)]
        name = "Loosely connected" if island.scattered else next((n for n in names if n not in taken), names[0])
        taken.add(name)
        groups.append(
            {
                "label": name,
                "members": list(island.members),
                "scattered": island.scattered,
                "x": island.x,
                "y": island.y,
                "r": island.radius,
            }
        )
    return groups
