"""A NetworkX view as what a page carries: tables of numbers and words, sorted, with a place for every concept.

Three tables go into the page as JSON. `nodes` and `edges` are lists of objects in which an index stands for a kind, a
relation, a field or a source; `facts` holds the lists that they point into, and what the page is about:

- `maps`: how concepts are grouped on the overview, `communities` and, when there are two or more, `fields`;
- `paths`: ways through the view, each with its nodes in order and the edges of each step, the best first;
- `marked` and `way`: nodes and edges that stand out, such as the ends of a connection and what connects them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from kg.layout import layout

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import networkx

    from kg.layout import Island, Layout
    from kg.vocabulary import Relation

QUOTES = 12
"""Quotes carried for one relation; the graph has them all, and the page says how many these are."""
ROUNDS = 3
"""How many relations away from the concepts of a field others are counted to it, if they have none of their own."""


class Mark(NamedTuple):
    """How a kind is drawn: one of the eight hues of `page.css` (or "rest") and an outline of `05-paint.js`."""

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


class Way(TypedDict):
    """A path through a view: its nodes, for each step the edges that carry it as (from, to, predicate), and its cost.

    An edge may run against the step; the first of a step is the one that it is told by. `cost` may be missing.
    """

    nodes: list[Hashable]
    steps: list[list[tuple[Hashable, Hashable, str]]]
    cost: float | None


class Facts:
    """What the page of a view carries: `facts`, `nodes` and `edges`; `numbers` has the number of every node."""

    def __init__(self, view: networkx.MultiDiGraph) -> None:
        self._view = view
        self._labels = {node: str(attributes.get("label", node)) for node, attributes in view.nodes(data=True)}
        self._order = sorted(view, key=lambda node: (self._labels[node].casefold(), self._labels[node], str(node)))
        self.numbers: dict[Hashable, int] = {node: number for number, node in enumerate(self._order)}
        self._subjects = [_subjects(view.nodes[node].get("fields", ()), self._labels) for node in self._order]
        self._ends = [(self.numbers[a], self.numbers[b]) for a, b in view.edges()]
        self._words()
        placed = self._placed()
        self.nodes = self._nodes(placed)
        self.edges = self._edges()
        self.facts: dict[str, Any] = {
            "kinds": self._kinds,
            "relations": self._relations,
            "fields": self._fields,
            "sources": self._sources,
            "maps": self._maps(placed),
            **self._ways(),
        }

    def _words(self) -> None:
        """The lists that indices point into."""
        from kg.vocabulary import classes, relations

        view = self._view
        self._names = _ranked((str(view.nodes[node].get("kind", "")) for node in self._order), list(classes()))
        self._kinds = [
            {"name": name, "label": name or "unknown", **MARKS.get(name, Mark("rest", "dot"))._asdict()}
            for name in self._names
        ]
        self._predicates = _ranked(
            (str(predicate) for *_, predicate in view.edges(data="predicate", default="")), list(relations())
        )
        self._relations = [_predicate(name, relations().get(name)) for name in self._predicates]
        self._fields = sorted(
            {name for names in self._subjects for name in names}, key=lambda name: (name.casefold(), name)
        )
        sources = {source for *_, quotes in view.edges(data="quotes", default=()) for _, source, _ in quotes}
        sources.update(source for node in view for source, _ in view.nodes[node].get("entries", ()))
        self._sources = sorted(sources)

    def _placed(self) -> Layout:
        labels = [self._labels[node] for node in self._order]
        return layout(len(self._order), self._ends, _pulls(self._subjects, labels))

    def _nodes(self, placed: Layout) -> list[dict[str, Any]]:
        kinds, fields, sources = (_index(names) for names in (self._names, self._fields, self._sources))
        return [
            _without_gaps(
                id=number,
                key=str(attributes.get("concept", node)),
                label=self._labels[node],
                kind=kinds[str(attributes.get("kind", ""))],
                x=placed.positions[number][0],
                y=placed.positions[number][1],
                aliases=list(attributes.get("aliases", ())),
                texts=_texts(attributes),
                fields=[fields[name] for name in self._subjects[number]],
                places=[[sources[source], line] for source, line in attributes.get("entries", ())],
                mentions=attributes.get("mentions") or None,
            )
            for number, node in enumerate(self._order)
            for attributes in (self._view.nodes[node],)
        ]

    def _edges(self) -> list[dict[str, Any]]:
        predicates, sources = _index(self._predicates), _index(self._sources)
        edges = []
        for a, b, attributes in self._view.edges(data=True):
            quotes = [[exact, sources[source], line] for exact, source, line in attributes.get("quotes", ())]
            edges.append(
                _without_gaps(
                    **{"from": self.numbers[a]},
                    to=self.numbers[b],
                    p=predicates[str(attributes.get("predicate", ""))],
                    c=_rounded(attributes.get("confidence")),
                    quotes=quotes[:QUOTES],
                    quoted=len(quotes) if len(quotes) > QUOTES else None,
                )
            )
        return sorted(edges, key=lambda e: (e["from"], e["to"], e["p"], -e.get("c", 1), e.get("quotes", [])))

    # ------------------------------------------------------------------------------------------------------- ways

    def _ways(self) -> dict[str, Any]:
        """The `paths`, `marked` and `way` that a view names in its own attributes, by number; what is not in it not."""
        about = self._view.graph
        places: dict[tuple[int, int, int], int] = {}
        for at, edge in enumerate(self.edges):
            places.setdefault((edge["from"], edge["to"], edge["p"]), at)
        predicates = _index(self._predicates)

        def found(edges: Iterable[tuple[Hashable, Hashable, str]]) -> list[int]:
            wanted = (
                (self.numbers.get(a, -1), self.numbers.get(b, -1), predicates.get(name, -1)) for a, b, name in edges
            )
            return [places[edge] for edge in dict.fromkeys(wanted) if edge in places]

        paths = [
            _without_gaps(
                nodes=[self.numbers[node] for node in way["nodes"]],
                steps=[found(step) for step in way["steps"]],
                cost=_rounded(way.get("cost")),
            )
            for way in about.get("paths", ())
            if all(node in self.numbers for node in way["nodes"])
        ]
        return {
            "paths": paths,
            "cut": len(about.get("paths", ())) - len(paths),
            "marked": [self.numbers[node] for node in about.get("marked", ()) if node in self.numbers],
            "way": found(about.get("way", ())),
        }

    # ------------------------------------------------------------------------------------------------------- maps

    def _maps(self, placed: Layout) -> dict[str, Any]:
        """How the concepts are grouped, and where they stand when they are, if it is not where they stand anyway."""
        maps: dict[str, Any] = {"communities": {"groups": self._communities(placed)}}
        if len(self._fields) > 1:
            members, own = self._by_field()
            spread = layout(len(self._order), self._ends, groups=list(members.values()))
            names = {frozenset(group): name for name, group in members.items()}
            maps["fields"] = {
                "groups": [
                    _group(
                        "No field" if island.scattered else names[frozenset(island.members)],
                        island,
                        own=sum(own[member] for member in island.members),
                    )
                    for island in spread.islands
                ],
                "at": [round(value, 1) for point in spread.positions for value in point],
            }
        return maps

    def _by_field(self) -> tuple[dict[str, list[int]], list[bool]]:
        """The concepts of each field, and whether a concept says so itself.

        One with several fields is with the largest. One with none is with the field that most of its neighbours are
        with, if they are with any: an entry tells of many things that have no entry, and so no field, of their own.
        """
        sizes = Counter(name for names in self._subjects for name in names)
        home: dict[int, str] = {}
        hubs = {self._labels[node]: number for number, node in reversed(list(enumerate(self._order)))}
        for name in self._fields:
            if name in hubs:
                home[hubs[name]] = name
        for number, names in enumerate(self._subjects):
            if names:
                home[number] = min(names, key=lambda name: (-sizes[name], name))
        own = [number in home for number in range(len(self._order))]
        neighbours: dict[int, list[int]] = defaultdict(list)
        for a, b in self._ends:
            neighbours[a].append(b)
            neighbours[b].append(a)
        for _ in range(ROUNDS):
            near = {
                number: Counter(home[other] for other in neighbours[number] if other in home)
                for number in range(len(self._order))
                if number not in home
            }
            home.update(
                (number, min(votes, key=lambda name: (-votes[name], name))) for number, votes in near.items() if votes
            )
        members: dict[str, list[int]] = {name: [] for name in self._fields}
        for number in sorted(home):
            members[home[number]].append(number)
        return {name: found for name, found in members.items() if found}, own

    def _communities(self, placed: Layout) -> list[dict[str, Any]]:
        """The islands as groups with a name: the field of a third of its concepts, else its best connected concept.

        Those that have an entry of their own are asked first: other hubs tend to be words like "system".
        """
        own = {number for number, node in enumerate(self._order) if self._view.nodes[node].get("entries")}
        groups = []
        taken: set[str] = set()
        for island in placed.islands:
            fields = Counter(name for member in island.members for name in self._subjects[member])
            common = [name for name, count in fields.most_common() if count * 3 >= len(island.members)]
            ranked = sorted(island.members, key=lambda member: member not in own)
            names = [*common[:1], *(self._labels[self._order[member]] for member in ranked)]
            names += (f"{names[0]} ({again})" for again in range(2, len(taken) + 3))
            name = "Loosely connected" if island.scattered else next(name for name in names if name not in taken)
            taken.add(name)
            groups.append(_group(name, island))
        return groups


def _group(name: str, island: Island, **more: int) -> dict[str, Any]:
    return {
        "label": name,
        "members": list(island.members),
        "scattered": island.scattered,
        "x": island.x,
        "y": island.y,
        "r": island.radius,
        **more,
    }


def _index(names: list[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(names)}


def _ranked(names: Iterable[str], order: list[str]) -> list[str]:
    """The distinct names, in the ontology's order where it has them, else by name."""
    rank = _index(order)
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


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), 3)
