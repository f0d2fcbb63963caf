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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Point = tuple[float, float]
    Edge = tuple[int, int]

SEED = 20
SPACING = 46.0
"""Mean distance of neighbours in one island, in page units; a middling concept is 16 wide."""
CLEARANCE = 30.0
"""No two concepts of an island stand closer than this, except where a thousand of them meet."""
STRETCH = 1.45
"""Width over height of the whole map: pages are wider than high."""
SMALL = 3
"""Components up to this size are no island: they are gathered in one."""


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


def layout(count: int, edges: Iterable[Edge], subjects: Sequence[Sequence[str]] = ()) -> Layout:
    """Coordinates and islands of `count` nodes joined by `edges`; `subjects[i]` names the fields of node i."""
    import igraph

    pairs = sorted({(min(a, b), max(a, b)) for a, b in edges if a != b})
    igraph.set_random_number_generator(random.Random(SEED))
    try:
        groups, scattered = _communities(count, pairs, subjects)
        degree = Counter(node for pair in pairs for node in pair)
        home = {node: number for number, group in enumerate(groups) for node in group}
        inside: dict[int, list[Edge]] = defaultdict(list)
        between: Counter[Edge] = Counter()
        for a, b in pairs:
            first, second = home.get(a, -1), home.get(b, -1)
            if first == second >= 0:
                inside[first].append((a, b))
            elif first >= 0 and second >= 0:
                between[min(first, second), max(first, second)] += 1
        local = [_island(group, inside[number]) for number, group in enumerate(groups)]
    finally:
        igraph.set_random_number_generator(random)
    radii = [_radius(points) for points in local]
    centres = _pack(radii, between)
    positions: list[Point] = [(0.0, 0.0)] * count
    for group, points, (x, y) in zip(groups, local, centres, strict=True):
        for node, (dx, dy) in zip(group, points, strict=True):
            positions[node] = (_tidy(x + dx), _tidy(y + dy))
    islands = [
        Island(tuple(sorted(group, key=lambda n: (-degree[n], n))), _tidy(x), _tidy(y), _tidy(radius))
        for group, radius, (x, y) in zip(groups, radii, centres, strict=True)
    ]
    if scattered:
        islands.append(_shore(scattered, pairs, positions, islands))
    return Layout(tuple(positions), tuple(islands))


def _tidy(value: float) -> float:
    return round(value, 1) + 0.0  # + 0.0 turns -0.0 into 0.0


def _communities(
    count: int, pairs: list[Edge], subjects: Sequence[Sequence[str]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Communities, largest first, and the components that are too small to be one."""
    import igraph

    fields: dict[str, list[int]] = defaultdict(list)
    for node, names in enumerate(subjects):
        for name in names:
            fields[name].append(node)
    hubs = [name for name in sorted(fields) if len(fields[name]) > 1]
    # One more vertex for each field that unites something; a weak pull, so that relations have the last word.
    links = [(node, count + at) for at, name in enumerate(hubs) for node in fields[name]]
    weights = [1.0] * len(pairs) + [0.5] * len(links)
    graph = igraph.Graph(n=count + len(hubs), edges=pairs + links)
    small: list[list[int]] = []
    large: set[int] = set()
    for component in graph.connected_components():
        nodes = sorted(n for n in component if n < count)
        if 0 < len(nodes) <= SMALL and len(nodes) < count:
            small.append(nodes)
        else:
            large.update(nodes)
    resolution = 1.0 if count > 60 else 0.6
    found = graph.community_leiden(
        objective_function="modularity", weights=weights, resolution=resolution, n_iterations=10
    )
    groups = [sorted(n for n in group if n in large) for group in found]
    groups = [group for group in groups if group]
    groups.sort(key=lambda group: (-len(group), group))
    small.sort(key=lambda group: (-len(group), group))
    if not groups:
        return small, []
    return groups, small


def _island(nodes: list[int], pairs: list[Edge]) -> list[Point]:
    """Coordinates of one community around (0, 0), spread over a disc whose area is its size."""
    import igraph

    if len(nodes) == 1:
        return [(0.0, 0.0)]
    index = {node: at for at, node in enumerate(nodes)}
    graph = igraph.Graph(n=len(nodes), edges=[(index[a], index[b]) for a, b in pairs])
    connected = graph.is_connected()
    if len(nodes) <= 80 and connected:
        points = graph.layout_kamada_kawai().coords
    else:
        points = graph.layout_fruchterman_reingold(niter=500 if len(nodes) <= 500 else 150, grid=False).coords
    x0 = sum(x for x, _ in points) / len(points)
    y0 = sum(y for _, y in points) / len(points)
    points = [(x - x0, y - y0) for x, y in points]
    reach = sorted(math.hypot(x, y) for x, y in points)[int(0.9 * (len(points) - 1))] or 1.0
    scale = SPACING * math.sqrt(len(nodes)) * 0.62 / reach
    return _apart([(x * scale, y * scale) for x, y in points])


def _apart(points: list[Point], rounds: int = 24) -> list[Point]:
    """The points, those closer than the clearance pushed away from one another."""
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    for _ in range(rounds if len(points) <= 2000 else 6):
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


def _shore(groups: list[list[int]], pairs: list[Edge], positions: list[Point], islands: list[Island]) -> Island:
    """Place the small components in rows below the islands; they have no relation to anything above."""
    bottom = max((island.y + island.radius for island in islands), default=0.0)
    left = min((island.x - island.radius for island in islands), default=0.0)
    right = max((island.x + island.radius for island in islands), default=0.0)
    cells = sum(len(group) + 0.6 for group in groups)
    width = max(right - left, SPACING * math.sqrt(cells) * 1.8)
    left = (left + right - width) / 2
    x, y = left, bottom + SPACING * 1.6
    spots: list[Point] = []
    for group in groups:
        step = SPACING * 1.1
        if x > left and x + step * len(group) > left + width:
            x, y = left, y + step
        for node in group:
            positions[node] = (_tidy(x), _tidy(y + (8.0 if len(group) == SMALL and node == group[1] else 0.0)))
            spots.append(positions[node])
            x += step
        x += step * 0.6
    degree = Counter(node for pair in pairs for node in pair)
    x0 = (min(p[0] for p in spots) + max(p[0] for p in spots)) / 2
    y0 = (min(p[1] for p in spots) + max(p[1] for p in spots)) / 2
    members = sorted((n for group in groups for n in group), key=lambda n: (-degree[n], n))
    radius = SPACING * 0.6 * math.sqrt(len(members)) + SPACING
    return Island(tuple(members), _tidy(x0), _tidy(y0), _tidy(radius), scattered=True)
