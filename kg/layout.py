"""Where concepts stand on the page: islands of related concepts, packed like a map.

Communities are found by the Leiden method (Traag, Waltman and van Eck 2019, "From Louvain to Leiden"), subject fields
pulling their concepts together; each is laid out alone (Fruchterman and Reingold 1991) and its disc is packed beside
those that it shares relations with. Everything is seeded and rounded: the same graph is the same map.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Point = tuple[float, float]
    Edge = tuple[int, int]

SEED = 20
SPACING = 46.0
"""Mean distance of neighbours in one island, in page units; a middling concept is 16 wide."""
CLEARANCE = 30.0
"""No two concepts of an island stand closer than this, except where a thousand of them meet."""
STRETCH = 1.05
"""Width over height of the whole map: pages are wider than high."""
SMALL = 3
"""Components up to this size are no island: they are gathered in one. In a graph of thousands, `MANY` are small."""
MANY = 8
TIGHT = 0.45
"""Spacing of these left-overs, which have few relations and so small marks, in the unit `SPACING`."""
WHOLE = 60
"""Graphs up to this size are not divided: their islands are their components."""


@dataclass(frozen=True, slots=True)
class Island:
    """A community: its members, best connected first, and the disc that holds them."""

    members: tuple[int, ...]
    x: float
    y: float
    radius: float
    scattered: bool = False
    """Whether these are the left-over small components, which have nothing in common."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Coordinates of the nodes 0…n-1, and the islands, largest first, the scattered ones last."""

    positions: tuple[Point, ...]
    islands: tuple[Island, ...]


def layout(
    count: int,
    edges: Iterable[Edge],
    pulls: Iterable[Edge] = (),
    groups: Sequence[Sequence[int]] | None = None,
) -> Layout:
    """Coordinates and islands of `count` nodes joined by `edges`.

    `pulls` are weaker ties, from a node to what it belongs to (its subject field): another node, or a number from
    `count` on for something that has no place of its own. With `groups` these are the islands, in their order among
    equals, instead of communities, and nodes in none of them are the scattered ones.
    """
    import igraph

    pairs = sorted({(min(a, b), max(a, b)) for a, b in edges if a != b})
    igraph.set_random_number_generator(random.Random(SEED))
    try:
        ties = sorted({(min(a, b), max(a, b)) for a, b in pulls if a != b} - set(pairs))
        if groups is None:
            parts, scattered = _communities(count, pairs, ties)
        else:
            grouped = {node for group in groups for node in group}
            parts = sorted((sorted(group) for group in groups), key=len, reverse=True)
            scattered = [[node] for node in range(count) if node not in grouped]
        degree = Counter(node for pair in pairs for node in pair)
        home = {node: number for number, group in enumerate(parts) for node in group}
        inside: dict[int, list[Edge]] = defaultdict(list)
        between: Counter[Edge] = Counter()
        for a, b in pairs + [tie for tie in ties if max(tie) < count]:
            first, second = home.get(a, -1), home.get(b, -1)
            if first == second >= 0:
                inside[first].append((a, b))
            elif first >= 0 and second >= 0:
                between[min(first, second), max(first, second)] += 1
        room = 1.0 if count > WHOLE else 1.5
        rounds = 100 if groups is None else 50
        local = [_island(group, inside[number], room, rounds) for number, group in enumerate(parts)]
    finally:
        igraph.set_random_number_generator(random)
    if scattered:
        parts.append([node for group in scattered for node in group])
        local.append(_rows(scattered))
    radii = [_radius(points) for points in local]
    centres = _pack(radii, between)
    positions: list[Point] = [(0.0, 0.0)] * count
    for group, points, (x, y) in zip(parts, local, centres, strict=True):
        for node, (dx, dy) in zip(group, points, strict=True):
            positions[node] = (_tidy(x + dx), _tidy(y + dy))
    islands = [
        Island(
            tuple(sorted(group, key=lambda n: (-degree[n], n))),
            _tidy(x), _tidy(y), _tidy(radius),
            scattered=bool(scattered) and group is parts[-1],
        )
        for group, radius, (x, y) in zip(parts, radii, centres, strict=True)
    ]  # fmt: skip
    return Layout(tuple(positions), tuple(islands))


def _tidy(value: float) -> float:
    return round(value, 1) + 0.0  # + 0.0 turns -0.0 into 0.0


def _communities(count: int, pairs: list[Edge], ties: list[Edge]) -> tuple[list[list[int]], list[list[int]]]:
    """Communities, largest first, and the components that are too small to be one."""
    import igraph

    # A field pulls less than a relation, so that relations have the last word.
    weights = [1.0] * len(pairs) + [0.5] * len(ties)
    graph = igraph.Graph(n=max([count, *(b + 1 for _, b in ties)]), edges=pairs + ties)
    most = SMALL if count <= 1000 else MANY
    small: list[list[int]] = []
    large: set[int] = set()
    for component in graph.connected_components():
        nodes = sorted(n for n in component if n < count)
        if 0 < len(nodes) <= most and len(nodes) < count:
            small.append(nodes)
        else:
            large.update(nodes)
    if count <= WHOLE:
        found = graph.connected_components()
    else:
        found = graph.community_leiden(objective_function="modularity", weights=weights, n_iterations=10)
    groups = [sorted(n for n in group if n in large) for group in found]
    groups = [group for group in groups if group]
    groups.sort(key=lambda group: (-len(group), group))
    small.sort(key=lambda group: (-len(group), group))
    if not groups:
        return small, []
    return groups, small


def _island(nodes: list[int], pairs: list[Edge], room: float, rounds: int) -> list[Point]:
    """Coordinates of one community around (0, 0), spread over a disc whose area is its size.

    `rounds` is how long the forces work on a large one.
    """
    import igraph

    if len(nodes) == 1:
        return [(0.0, 0.0)]
    index = {node: at for at, node in enumerate(nodes)}
    graph = igraph.Graph(n=len(nodes), edges=[(index[a], index[b]) for a, b in pairs])
    connected = graph.is_connected()
    if len(nodes) <= 80 and connected:
        points = graph.layout_kamada_kawai().coords
    else:
        points = graph.layout_fruchterman_reingold(niter=500 if len(nodes) <= 300 else rounds, grid=False).coords
    x0 = sum(x for x, _ in points) / len(points)
    y0 = sum(y for _, y in points) / len(points)
    points = [(x - x0, y - y0) for x, y in points]
    return _apart([(x * room, y * room) for x, y in _spread(points)])


def _spread(points: list[Point]) -> list[Point]:
    """The points over a disc with room for them: directions stay, distances go half way to an even density."""
    distances = [math.hypot(x, y) for x, y in points]
    ranks = {
        at: rank for rank, at in enumerate(sorted(range(len(points)), key=lambda at: (distances[at], at)), start=1)
    }
    reach = SPACING * math.sqrt(len(points)) * 0.58
    most = max(distances) or 1.0
    spread = []
    for at, (x, y) in enumerate(points):
        even = math.sqrt(ranks[at] / len(points))
        scale = reach * (0.5 * distances[at] / most + 0.5 * even) / (distances[at] or 1.0)
        spread.append((x * scale, y * scale))
    return spread


def _apart(points: list[Point], rounds: int = 24) -> list[Point]:
    """The points, those closer than the clearance pushed away from one another."""
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    for _ in range(rounds if len(points) <= 200 else 8):
        cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for at in range(len(points)):
            cells[int(xs[at] // CLEARANCE), int(ys[at] // CLEARANCE)].append(at)
        moved = False
        for (column, row), here in cells.items():
            near = [n for dx in (-1, 0, 1) for dy in (-1, 0, 1) for n in cells.get((column + dx, row + dy), ())]
            for a in here:
                for b in near:
                    if a >= b:
                        continue
                    dx, dy = xs[b] - xs[a], ys[b] - ys[a]
                    distance = math.hypot(dx, dy)
                    if distance >= CLEARANCE:
                        continue
                    if distance < 1e-6:  # on one spot: any direction will do, if it is always the same
                        dx, dy, distance = math.cos(a + b), math.sin(a + b), 1.0
                    push = (CLEARANCE - min(distance, CLEARANCE)) / 2 / distance + 1e-3
                    xs[a], ys[a] = xs[a] - dx * push, ys[a] - dy * push
                    xs[b], ys[b] = xs[b] + dx * push, ys[b] + dy * push
                    moved = True
        if not moved:
            break
    return list(zip(xs, ys, strict=True))


def _radius(points: list[Point]) -> float:
    return max(math.hypot(x, y) for x, y in points) + SPACING * 0.7


def _pack(radii: list[float], between: Counter[Edge]) -> list[Point]:
    """Centres of discs that do not overlap, each as near as may be to those that it is related to."""
    neighbours: dict[int, dict[int, int]] = defaultdict(dict)
    for (a, b), weight in between.items():
        neighbours[a][b] = neighbours[b][a] = weight
    placed: dict[int, Point] = {}
    for number, radius in enumerate(radii):
        pulls = [(placed[other], weight) for other, weight in neighbours[number].items() if other in placed]
        total = sum(weight for _, weight in pulls)
        aim = (
            (sum(x * w for (x, _), w in pulls) / total, sum(y * w for (_, y), w in pulls) / total)
            if pulls
            else (0.0, 0.0)
        )
        placed[number] = _nearest_gap(aim, radius, [(placed[at], radii[at]) for at in range(number)])
    return [placed[number] for number in range(len(radii))]


def _nearest_gap(aim: Point, radius: float, discs: list[tuple[Point, float]]) -> Point:
    """The free place for a disc that is nearest to `aim` and to the middle, by rings of candidates."""
    if not discs:
        return (0.0, 0.0)
    margin = SPACING * 0.25
    best: tuple[float, Point] | None = None
    for (x, y), other in discs:  # a tight packing touches some disc: try all around each
        reach = radius + other + margin
        steps = max(24, int(reach / 12))
        for step in range(min(steps, 96)):
            angle = 2 * math.pi * step / min(steps, 96)
            at = (x + reach * math.cos(angle), y + reach * math.sin(angle))
            cost = math.hypot(at[0] / STRETCH, at[1]) + 0.6 * math.hypot((at[0] - aim[0]) / STRETCH, at[1] - aim[1])
            if best and cost >= best[0]:
                continue
            if all(math.hypot(at[0] - px, at[1] - py) >= radius + pr + margin - 0.01 for (px, py), pr in discs):
                best = (cost, at)
    assert best is not None  # beyond the outermost disc there is always room
    return best[1]


def _rows(groups: list[list[int]]) -> list[Point]:
    """Rows in a disc around (0, 0) for small components, each in one piece; nothing relates them to one another."""
    step = SPACING * TIGHT
    radius = step * math.sqrt(sum(len(group) + 0.4 for group in groups) / math.pi)
    while True:
        points: list[Point] = []
        y = -radius
        x, end = 0.0, -1.0
        for group in groups:
            length = step * (len(group) - 1)
            while x + length > end and y <= radius - step / 2:
                y += step
                end = math.sqrt(max(radius * radius - y * y, 0.0))
                x = -end
            if x + length > end:
                break
            points += [(x + step * at, y) for at in range(len(group))]
            x += length + step * 1.4
        else:
            return points
        radius *= 1.04
