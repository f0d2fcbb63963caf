"""Why there is no path: the graph itself, or those constraints of which lifting one would join the two."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from kg.network import Constraints
from kg.paths import OutOfTimeError, Search, of_fewest_hops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kg.network import Network

PATIENCE = 1.0
"""Seconds that are spent on each constraint, to see whether there would be a path without it."""
SHOWN = 3
"""Parts of the graph up to this size are told by their concepts; so many reachable concepts are named."""


def why(search: Search) -> str:
    """What keeps the ends of a search apart that has found no path, in a sentence."""
    network, limits = search.network, search.limits
    message = search.ends()
    for number in (search.source, search.target):
        if not network.neighbours[number]:
            return f"{message}: {search.label(number)} has no relations to other concepts"
    if (apart := _apart(search)) is not None:
        return f"{message}: {apart}"
    if not search.fits:
        return f"{message}: {_misfit(search)}"
    if (narrow := strait(search)) is not None:
        node, crossing = map(search.label, narrow)
        return f"{message}: every way by {node} leads through {crossing} twice, and a path passes a concept once"
    defaults = Constraints()
    active = [name for name in SAID if getattr(limits, name) != getattr(defaults, name)]
    said = ", ".join(SAID[name](network, limits) for name in active)
    cures = [cure for name in active if (cure := _cure(search, name, getattr(defaults, name))) is not None]
    if cures:
        message = f"{message} {said}; there is one {' or one '.join(cures)}"
    elif len(active) > 1:
        message = f"{message} {said}; there is none until more than one of these limits is lifted"
    else:
        message = f"{message} {said}"
    near = _nearest(search)
    return f"{message}; the nearest within reach: {near}" if near else message


def strait(search: Search) -> tuple[int, int] | None:
    """A node to be passed, and another through which all ways between it and both ends lead, if there are such.

    Then no path passes it, since a path passes each node once (Menger 1927). For steps that lead both ways.
    """
    from scipy.sparse.csgraph import breadth_first_order

    if search.limits.directed or search.limits.metapath is not None:
        return None
    network, ends = search.network, {search.source, search.target}

    def tree(start: int, without: frozenset[str]) -> tuple[set[int], list[int]]:
        view = network.view(replace(search.limits, avoid=search.limits.avoid | without), named=search.named)
        reached, before = breadth_first_order(view.matrix, start)
        return set(reached.tolist()), before.tolist()

    for node in search.through:
        reached, before = tree(node, frozenset())
        if search.source not in reached:
            return None
        crossing = search.source
        while crossing != node:
            if not (ends - {crossing}) & tree(node, frozenset({network.names[crossing]}))[0]:
                return node, crossing
            crossing = before[crossing]
    return None


def _apart(search: Search) -> str | None:
    """In which parts of the graph the ends lie, and what has to be passed, when they are not all in one."""
    from scipy.sparse.csgraph import connected_components

    network = search.network
    _, part = connected_components(network.view().matrix, directed=False)
    home = part[search.source]
    for number in (search.target, *search.through):
        if part[number] != home:
            parts = " and ".join(_part(network, np.flatnonzero(part == one)) for one in (home, part[number]))
            what = "they lie" if number == search.target else f"{search.label(number)} and they lie"
            return f"{what} in separate parts of the graph, of {parts}"
    return None


def _part(network: Network, members: Iterable[int]) -> str:
    names = [repr(network.labels[number]) for number in members]
    if len(names) > SHOWN:
        return f"{len(names):,} concepts"
    return f"{len(names)} concept{'s' * (len(names) != 1)} ({', '.join(names)})"


def _misfit(search: Search) -> str:
    metapath = search.limits.metapath
    assert metapath is not None
    for end, wanted, place in (
        (search.source, metapath.starts, "begins"),
        (search.target, metapath.ends, "ends"),
    ):
        kind = search.network.kinds[end]
        if wanted and kind not in wanted:
            what = f"is of class {kind}" if kind else "has no class"
            return f"{search.label(end)} {what}, and the metapath {metapath} {place} with {_listed(wanted)}"
    raise AssertionError("the ends fit")


def _cure(search: Search, name: str, default: object) -> str | None:
    """What the path would be without a constraint, if there were one."""
    network, ends = search.network, (search.network.names[search.source], search.network.names[search.target])
    freed = replace(search.limits, **{name: default})  # type: ignore[arg-type]
    deadline = monotonic() + PATIENCE
    if name == "max_hops":
        shortest = of_fewest_hops(network, *ends, freed, most=1, deadline=deadline).found
        return f"of {len(shortest[0].steps)} hops" if shortest else None
    try:
        found = next(Search(network, *ends, freed, deadline=deadline, single=True).routes(), None)
    except OutOfTimeError:
        return None
    return CURES[name] if found is not None else None


def _nearest(search: Search) -> str | None:
    """The concepts nearest to the target that can be reached within the limits, if they are nearer than the source."""
    from scipy.sparse.csgraph import dijkstra

    network, limits = search.network, search.limits
    if limits.metapath is not None:
        return None
    named = (search.source, search.target)
    reach = limits.max_hops if limits.max_hops is not None else np.inf
    steps = network.view(limits, named=named).matrix
    hops = dijkstra(steps, indices=search.source, unweighted=True, limit=reach)
    ahead = dijkstra(network.view().matrix, indices=search.target)
    better = np.flatnonzero(np.isfinite(hops) & (ahead < ahead[search.source]))
    better = better[better != search.target]
    if not len(better):
        return None
    chosen = better[np.lexsort((better, ahead[better]))][:SHOWN]
    return _listed_in_order(search.label(number) for number in chosen.tolist())


SAID: dict[str, Callable[[Network, Constraints], str]] = {
    "max_hops": lambda network, c: f"within {c.max_hops} hop{'s' * (c.max_hops != 1)}",
    "directed": lambda network, c: "along the direction of the relations",
    "predicates": lambda network, c: f"over {_listed(c.predicates)} only",
    "exclude": lambda network, c: f"without {_listed(c.exclude)}",
    "types": lambda network, c: f"through concepts of class {_listed(c.types)} only",
    "avoid": lambda network, c: f"avoiding {_named(network, c.avoid)}",
    "via": lambda network, c: f"by way of {_named(network, c.via)}",
    "min_confidence": lambda network, c: f"with confidence of at least {c.min_confidence:g}",
    "metapath": lambda network, c: f"along {c.metapath}",
}
"""How messages tell a constraint, by its name."""

CURES = {
    "directed": "against the direction of some relations",
    "predicates": "over other relations",
    "exclude": "over the excluded relations",
    "types": "through concepts of other classes",
    "avoid": "through the avoided concepts",
    "via": "that does not pass all of these, since a path passes each concept once",
    "min_confidence": "with less confidence",
    "metapath": "that does not follow it",
}
"""What would be without a constraint, by its name."""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _listed_in_order(names: Iterable[str]) -> str:
    return ", ".join(names)


def _named(network: Network, names: Iterable[str]) -> str:
    return _listed(repr(network.labels[network.numbers[name]]) if name in network.numbers else name for name in names)
