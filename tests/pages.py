"""Views to draw: the tiny glossary with its words, a larger made-up one, and one that attacks the page."""

from __future__ import annotations

import random

import networkx

from tests.tiny import tiny_knowledge


def tiny_view() -> networkx.MultiDiGraph:
    """The tiny glossary as `kg.render.render` wants it."""
    knowledge = tiny_knowledge()
    view = networkx.MultiDiGraph()
    labels = {concept.id: concept.label for concept in knowledge.concepts}
    entries = {facts.entry.id: facts.entry for facts in knowledge.entries}
    for concept in knowledge.concepts:
        view.add_node(
            f"https://kg.example.org/concept/{concept.id}",
            concept=str(concept.id),
            label=concept.label,
            kind=concept.kind,
            aliases=concept.aliases,
            fields=tuple(labels[field] for field in concept.fields),
            definitions=[definition.text for definition in concept.definitions],
            entries=[(entries[entry].source, entries[entry].line) for entry in concept.entries],
        )
    for statement in knowledge.statements:
        if isinstance(statement.object, str):
            view.add_edge(
                f"https://kg.example.org/concept/{statement.subject}",
                f"https://kg.example.org/concept/{statement.object}",
                predicate=statement.predicate,
                confidence=statement.confidence,
                quotes=[(e.exact, entries[e.entry].source, entries[e.entry].line) for e in statement.evidence],
            )
    return view


def large_view(count: int, seed: int = 1) -> networkx.MultiDiGraph:
    """A made-up glossary of `count` concepts in twelve fields, about two and a half relations each."""
    chance = random.Random(seed)
    kinds = ["Method", "Model", "Software", "Hardware", "Metric", "Task", "Property", "Person"]
    predicates = ["broader", "hasPart", "uses", "usedFor", "improves", "reduces", "requires", "contrastsWith"]
    crafts = ["kiln", "loom", "dough", "sail", "vine", "loaf", "dye", "clay", "seam", "weave", "wheel", "glaze"]
    fields = [f"{craft} craft" for craft in crafts]
    view = networkx.MultiDiGraph()
    home = [chance.randrange(len(fields)) for _ in range(count)]
    for number in range(count):
        view.add_node(
            f"c{number}",
            label=f"concept {number}",
            kind=chance.choice(kinds),
            aliases=(f"also {number}",) if number % 3 == 0 else (),
            fields=(fields[home[number]],) if chance.random() < 0.7 else (),
            definitions=[f"Concept {number} is one of many concepts that this page has to show at once."],
            entries=[("craft.txt", 3 * number + 1)],
        )
    members: list[list[int]] = [[] for _ in fields]
    for number in range(count):
        for _ in range(chance.choice([1, 2, 3, 4])):
            near = members[home[number]]
            other = chance.choice(near) if near and chance.random() < 0.9 else chance.randrange(count)
            if other != number:
                view.add_edge(
                    f"c{number}",
                    f"c{other}",
                    predicate=chance.choice(predicates),
                    confidence=round(chance.uniform(0.5, 1), 2),
                    quotes=[(f"concept {number} goes with concept {other}", "craft.txt", 3 * number + 2)],
                )
                near.append(other)
        members[home[number]].append(number)
    return view


ATTACKS = (
    "</script><script>window.attacked = 1</script>",
    "<img src=x onerror='window.attacked = 1'>",
    '" onmouseover="window.attacked = 1" href="javascript:window.attacked = 1',
    "{{ 7 * 7 }}{% raw %}",
    "<!-- <script>",
    "'; window.attacked = 1; //",
    "\u202eright to left\u202c \u2028 \u2029 \x00 line\nbreak",
    "emoji 🧶👩🏽‍🌾 and عربى and 漢字",
    "__proto__",
    "constructor",
    "long " * 2000,
)


def hostile_view() -> networkx.MultiDiGraph:
    """Every field of every node and edge attacks the page."""
    view = networkx.MultiDiGraph()
    for text in ATTACKS:
        view.add_node(
            text, label=text, kind=text, aliases=(text,), fields=(text,), definitions=[text], entries=[(text, 1)]
        )
    for a, b in zip(ATTACKS, ATTACKS[1:] + ATTACKS[:1], strict=True):
        view.add_edge(a, b, predicate=a, confidence=0.5, quotes=[(a, b, 1)])
    return view


def kinds_view() -> networkx.MultiDiGraph:
    """What is a kind of what among boats: a tree, a kind with two parents, and two kinds of one another."""
    view = networkx.MultiDiGraph()
    for kind, broader in (
        ("sailing boat", "boat"),
        ("rowing boat", "boat"),
        ("dinghy", "sailing boat"),
        ("dinghy", "small craft"),
        ("skiff", "rowing boat"),
        ("ketch", "two-master"),
        ("two-master", "ketch"),
    ):
        view.add_node(kind, label=kind, kind="Hardware")
        view.add_node(broader, label=broader, kind="Hardware")
        view.add_edge(kind, broader, predicate="broader", confidence=0.9, quotes=[(f"a {kind} is", "boats.txt", 1)])
    view.add_node("oar", label="oar", kind="Hardware")
    view.add_edge("rowing boat", "oar", predicate="uses", confidence=0.8)
    return view


def quoted_view() -> networkx.MultiDiGraph:
    """One relation that stands in thirty places."""
    view = networkx.MultiDiGraph()
    view.add_node("knot", label="knot", kind="Method")
    view.add_node("rope", label="rope", kind="Material")
    quotes = [(f"a knot uses rope ({number})", "knots.txt", number) for number in range(1, 31)]
    view.add_edge("knot", "rope", predicate="uses", confidence=0.9, quotes=quotes)
    return view
