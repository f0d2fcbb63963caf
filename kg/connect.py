"""Several concepts tied together by the small part of the graph between them, each relation with its quotes.

What "small" means, and how it is found, is told in `kg.steiner`. Here names become nodes, edges become sentences, and
concepts that cannot be tied are told why.
"""

from __future__ import annotations

import html
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg import notebook
from kg.answers import ConceptRef, Step
from kg.errors import NoPath, UsageError
from kg.network import UNIT, Constraints
from kg.obstacles import CURES, SAID
from kg.steiner import Ground, Tree, steiner_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from kg.answers import ConceptView, Relation
    from kg.graph import KnowledgeGraph, Name
    from kg.index import Edge
    from kg.network import Network

MOST = 100
"""How many concepts can be connected at once."""


@dataclass(frozen=True, slots=True)
class Member:
    """A concept of a connection: `asked` for, or only passed on the way."""

    concept: ConceptRef
    asked: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A concept that was asked for and cannot be tied to the others, and why."""

    concept: ConceptRef
    reason: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A tree of relations that ties concepts together.

    It is told from the concept that was named first: each step leads on from a concept that came before to the next of
    `concepts`. `cost` is in hops over certain relations, as that of paths; `exact`
    says that no other tree costs less. `left_out` is empty unless a partial answer was asked for. `notes` say what else
    became of the names.
    """

    concepts: tuple[Member, ...]
    steps: tuple[Step, ...]
    cost: float
    exact: bool
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(step.sentence for step in self.steps)

    @property
    def asked(self) -> tuple[ConceptRef, ...]:
        """The concepts that are tied."""
        return tuple(member.concept for member in self.concepts if member.asked)

    @property
    def between(self) -> tuple[ConceptRef, ...]:
        """The concepts that are passed on the way."""
        return tuple(member.concept for member in self.concepts if not member.asked)

    @property
    def depths(self) -> tuple[int, ...]:
        """How far each concept is from the trunk, as an outline indents it.

        The trunk leads on from each concept to the last of those that follow it there; the others begin branches.
        """
        last = {step.source.iri: step.target.iri for step in self.steps}
        depth = {self.concepts[0].concept.iri: 0}
        for step in self.steps:
            depth[step.target.iri] = depth[step.source.iri] + (last[step.source.iri] != step.target.iri)
        return tuple(depth[member.concept.iri] for member in self.concepts)

    def _repr_html_(self) -> str:
        """The tree as nested lists, branches within the trunk, for notebooks."""
        steps = (None, *self.steps)
        parts, deep = ["<ul>"], 0
        for member, step, depth in zip(self.concepts, steps, self.depths, strict=True):
            parts.append("<ul>" * (depth - deep) + "</ul>" * (deep - depth))
            deep = depth
            name = html.escape(member.concept.label)
            told = "".join(f"<br>{notebook.relation(relation)}" for relation in step.relations) if step else ""
            parts.append(f"<li>{f'<b>{name}</b>' if member.asked else name}{told}</li>")
        parts.append("</ul>" * (deep + 1))
        remarks = [f"{left.concept.label} is left out: it {left.reason}" for left in self.left_out]
        parts += [f"<p>{html.escape(note)}</p>" for note in (*self.notes, *remarks)]
        return "".join(parts)


def connect(graph: KnowledgeGraph, names: Sequence[Name], constraints: Constraints, *, partial: bool) -> Connection:
    """What `KnowledgeGraph.connect` gives.

    With `partial` concepts that cannot be tied are left out, as long as two remain. Raises NoPath, which says which
    concepts lie in which part of the graph, and UsageError for a call that makes no sense.
    """
    views, notes = _distinct([(str(name), graph.concept(name)) for name in names])
    if len(views) < 2:
        raise UsageError("; ".join([*notes, "to connect takes two concepts or more"]))
    if len(views) > MOST:
        raise UsageError(f"{MOST} concepts can be connected at once, not {len(views)}")
    for view in views:
        if view.iri in constraints.avoid:
            raise UsageError(f"a connection of {view.label!r} cannot avoid it")
    network = graph.network
    numbers = [network.number(view.iri) for view in views]
    ground = Ground(network, numbers, constraints)
    tree = steiner_tree(ground)
    left_out: tuple[LeftOut, ...] = ()
    if tree is None:
        parts = _in_order(ground, numbers)
        tied, _ = max(parts, key=lambda part: len(part[0]))  # the first of the largest
        if not partial or len(tied) < 2:
            raise NoPath(_why(network, numbers, constraints, parts))
        left_out = tuple(_left_out(graph, network, parts, tied, constraints))
        ground = Ground(network, tied, constraints)
        numbers = tied
        tree = steiner_tree(ground)
        assert tree is not None
    concepts, steps = _told(graph, network, tree, numbers, constraints)
    return Connection(concepts, steps, tree.cost / UNIT, tree.exact, left_out, tuple(notes))


def _distinct(named: Iterable[tuple[str, ConceptView]]) -> tuple[list[ConceptView], list[str]]:
    """The concepts that names mean, each once, and remarks on those that several names mean."""
    names: dict[ConceptView, list[str]] = defaultdict(list)
    for name, view in named:
        names[view].append(name)
    notes = []
    for view, same in names.items():
        if len(same) > 1:
            different = list(dict.fromkeys(map(repr, same)))
            one = f"{_listed(different)} name one concept, {view.label!r}"
            notes.append(one if len(different) > 1 else f"{different[0]} is named twice")
    return list(names), notes


def draw(graph: KnowledgeGraph, connection: Connection, path: Path | str) -> tuple[int, int]:
    """Write an interactive page of a connection; how many concepts and relations it shows."""
    from kg.sketch import draw_part, of_relations

    pairs = {frozenset((step.source.iri, step.target.iri)) for step in connection.steps}
    title = "What ties " + _listed([ref.label for ref in connection.asked])
    way = of_relations((step.best for step in connection.steps), marked=connection.asked)
    concepts = [member.concept.iri for member in connection.concepts]
    return draw_part(graph, concepts, path, title=title, pairs=pairs, marked=way.marked, way=way.way)


def _told(
    graph: KnowledgeGraph, network: Network, tree: Tree, asked: Sequence[int], constraints: Constraints
) -> tuple[tuple[Member, ...], tuple[Step, ...]]:
    """A tree from the concept that was named first, small branches before large ones."""
    beside: dict[int, list[int]] = defaultdict(list)
    for u, v in tree.pairs:
        beside[u].append(v)
        beside[v].append(u)

    above = {asked[0]: -1}
    order = [asked[0]]
    for u in order:  # grows as it is walked
        for v in beside[u]:
            if v != above[u]:
                above[v] = u
                order.append(v)
    size = dict.fromkeys(order, 1)
    for u in reversed(order[1:]):
        size[above[u]] += size[u]
    walk, left = [], [asked[0]]
    while left:
        u = left.pop()
        walk.append((above[u], u))
        further = sorted((v for v in beside[u] if v != above[u]), key=lambda v: (size[v], network.labels[v], v))
        left += reversed(further)
    wanted, refs = set(asked), graph.index.refs
    members = tuple(Member(refs[network.names[u]], u in wanted) for _, u in walk)
    return members, tuple(_steps(graph, network, walk[1:], constraints))


def _steps(
    graph: KnowledgeGraph, network: Network, walk: Sequence[tuple[int, int]], constraints: Constraints
) -> Iterator[Step]:
    """Yield the steps of a walk, each with all relations that constraints let carry it, best first."""
    carried = [[_edge(graph, network, edge) for edge, _ in network.carrying(u, v, constraints)] for u, v in walk]
    quotes = graph.quotes.of(name for edges in carried for edge in edges for name in edge.statements)
    refs = graph.index.refs
    for (u, v), edges in zip(walk, carried, strict=True):
        source, target = network.names[u], network.names[v]
        relations: tuple[Relation, ...] = tuple(graph.relation(edge, source, quotes) for edge in edges)
        yield Step(refs[source], refs[target], relations)


def _edge(graph: KnowledgeGraph, network: Network, edge: int) -> Edge:
    """An edge of the network as the graph states it."""
    ends = network.names[network.subject[edge]], network.names[network.object[edge]]
    return graph.edge(ends[0], network.predicates[network.predicate[edge]], ends[1])


# -------------------------------------------------------------------------------------------------- why there is none

_Parts = list[tuple[list[int], int]]
"""What hangs together of the concepts asked for, and how many concepts hang together with it."""


def _in_order(ground: Ground, numbers: Sequence[int]) -> _Parts:
    """The parts in the order in which their concepts were named."""
    place = {number: at for at, number in enumerate(numbers)}
    parts = [(sorted(members, key=place.__getitem__), size) for members, size in ground.parts()]
    return sorted(parts, key=lambda part: place[part[0][0]])


def _left_out(
    graph: KnowledgeGraph, network: Network, parts: _Parts, tied: list[int], constraints: Constraints
) -> Iterator[LeftOut]:
    limited = " within these limits" if constraints != Constraints() else ""
    for members, size in parts:
        for number in members if members != tied else ():
            alone = f"has no relations to other concepts{limited}"
            apart = f"lies in another part of the graph{limited}, of {size:,} concepts"
            yield LeftOut(graph.index.refs[network.names[number]], alone if size == 1 else apart)


def _why(network: Network, numbers: Sequence[int], constraints: Constraints, parts: _Parts) -> str:
    """What keeps concepts apart: the graph itself, or those constraints of which lifting one would tie them."""
    active = [name for name in SAID if getattr(constraints, name) != getattr(Constraints(), name)]
    said = "".join(f", {SAID[name](network, constraints)}" for name in active)
    message = f"nothing connects {_quoted(network, numbers)}{said}: "
    message += "; ".join(
        f"{_quoted(network, members)} {_verb(members, size, limited=bool(active))}" for members, size in parts
    )
    if active:
        lifted = {name: replace(constraints, **{name: getattr(Constraints(), name)}) for name in active}
        cures = [CURES[name] for name, rest in lifted.items() if _hang_together(network, numbers, rest)]
        if cures:
            message += f"; they hang together {' or '.join(cures)}"
        elif _hang_together(network, numbers, Constraints()):
            message += "; they hang together when more than one of these limits is lifted"
    most = max((members for members, _ in parts), key=len)
    if len(most) > 1:
        message += f"; a partial answer (--partial) connects {_quoted(network, most)}"
    return message


def _verb(members: Sequence[int], size: int, *, limited: bool) -> str:
    if size == 1:
        return "has no such relations" if limited else "has no relations to other concepts"
    return f"{'lies' if len(members) == 1 else 'lie'} in a part of {size:,} concepts"


def _hang_together(network: Network, numbers: Sequence[int], constraints: Constraints) -> bool:
    return len(Ground(network, numbers, constraints).parts()) == 1


def _quoted(network: Network, numbers: Iterable[int]) -> str:
    return _listed([repr(network.labels[number]) for number in numbers])


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
