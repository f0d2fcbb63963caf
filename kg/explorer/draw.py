"""Drawings as numbers, for templates to write as SVG: the field map, the concepts around one, bars.

All are laid out on the server, the same for the same data; their links and words work without scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import ceil, hypot, sqrt
from typing import TYPE_CHECKING

from kg.explorer.site import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kg.answers import ConceptRef

WIDE, NARROW = 880, 340
"""Widths of a neighbourhood's two drawings; a page shows the one that fits."""

_ROW, _HEAD, _GAP = 27, 22, 10
"""Heights in a neighbourhood: of a concept, of a relation's name, and between relations."""


# ---------------------------------------------------------------------------------------------------------- fields


@dataclass(frozen=True, slots=True)
class Bubble:
    """A field on the map: a circle whose area tells the number of its concepts, with its name in lines.

    `size` is that of its letters, `weight` its number as a share of the largest field's.
    """

    name: str
    count: int
    x: float
    y: float
    r: float
    lines: tuple[str, ...]
    size: float
    weight: float


@dataclass(frozen=True, slots=True)
class Bond:
    """A line between two fields, as wide as relations between their concepts are many."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Fields as circles, packed; `box` is the view box."""

    bubbles: tuple[Bubble, ...]
    bonds: tuple[Bond, ...]
    box: str


def field_map(sizes: Mapping[str, int], ties: Mapping[tuple[str, str], int], most: int = 36) -> FieldMap | None:
    """The map of the `most` largest fields; None when there is none. `ties` count relations between two fields."""
    ranked = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:most]
    if not ranked:
        return None
    largest = ranked[0][1]
    radii = [28 + 44 * sqrt(count / largest) for _, count in ranked]
    places = _packed(radii)
    bubbles = tuple(
        _bubble(name, count, largest, r, x, y) for (name, count), r, (x, y) in zip(ranked, radii, places, strict=True)
    )
    at = {bubble.name: bubble for bubble in bubbles}
    joined = sorted(
        ((count, a, b) for (a, b), count in ties.items() if a in at and b in at and a != b),
        key=lambda tie: (-tie[0], tie[1:]),
    )[:60]
    strongest = joined[0][0] if joined else 1
    bonds = tuple(
        Bond(
            at[a].x, at[a].y, at[b].x, at[b].y, round(1 + 7 * sqrt(count / strongest), 1),
            f"{a} – {b}: {count:,} {'relation' if count == 1 else 'relations'}",
        )
        for count, a, b in joined
    )  # fmt: skip
    left, right = min(b.x - b.r for b in bubbles) - 6, max(b.x + b.r for b in bubbles) + 6
    top, bottom = min(b.y - b.r for b in bubbles) - 6, max(b.y + b.r for b in bubbles) + 6
    return FieldMap(bubbles, bonds, f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}")


def _bubble(name: str, count: int, largest: int, r: float, x: float, y: float) -> Bubble:
    longest = max(map(len, name.split()), default=1)
    lines = _wrapped(name, max(int(r / 3.9), min(longest, 18)))
    size = min(12.5, 1.62 * r / (0.62 * max(map(len, lines), default=1)))
    return Bubble(name, count, round(x, 1), round(y, 1), round(r, 1), lines, round(size, 1), count / largest)


def _packed(radii: Sequence[float], gap: float = 7.0, flat: float = 2.3) -> list[tuple[float, float]]:
    """Centres of circles that do not overlap, each as near to the middle as the ones before it leave room for.

    Distances upwards count `flat` times, so that the whole is wider than high.
    """
    placed: list[tuple[float, float, float]] = []
    for r in radii:
        spots = [(0.0, 0.0)] if not placed else [(placed[0][0] + placed[0][2] + gap + r, 0.0)]
        for (x1, y1, r1), (x2, y2, r2) in combinations(placed, 2):
            spots += _touching(x1, y1, r1 + r + gap, x2, y2, r2 + r + gap)
        spots.sort(key=lambda spot: (hypot(spot[0], flat * spot[1]), spot))
        x, y = next(
            (x, y) for x, y in spots if all(hypot(x - x1, y - y1) >= r + r1 + gap - 1e-6 for x1, y1, r1 in placed)
        )
        placed.append((x, y, r))
    return [(x, y) for x, y, _ in placed]


def _touching(x1: float, y1: float, d1: float, x2: float, y2: float, d2: float) -> list[tuple[float, float]]:
    """The points at distance `d1` from one point and `d2` from another."""
    apart = hypot(x2 - x1, y2 - y1)
    if not apart or apart > d1 + d2 or apart < abs(d1 - d2):
        return []
    along = (d1 * d1 - d2 * d2 + apart * apart) / (2 * apart)
    aside = sqrt(max(0.0, d1 * d1 - along * along))
    ux, uy = (x2 - x1) / apart, (y2 - y1) / apart
    x, y = x1 + along * ux, y1 + along * uy
    return [(x - aside * uy, y + aside * ux), (x + aside * uy, y - aside * ux)]


def _wrapped(text: str, width: int, most: int = 3) -> tuple[str, ...]:
    """A name in at most `most` lines of about `width` characters; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    for number, word in enumerate(words):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        elif len(lines) == most:
            lines[-1] = short(f"{lines[-1]} {' '.join(words[number:])}", width)
            break
        else:
            lines.append(short(word, width))
    return tuple(lines)


# --------------------------------------------------------------------------------------------------- neighbourhood


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A concept beside another: what it is, where it is shown, and the sentence that ties the two."""

    ref: ConceptRef
    address: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Group:
    """The concepts that one relation ties to a concept; `more` are not drawn, but listed at `address`."""

    relation: str
    neighbours: tuple[Neighbour, ...]
    more: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A neighbour in a drawing: the place of its mark, and the line to the middle."""

    neighbour: Neighbour
    x: float
    y: float
    curve: str
    label: str


@dataclass(frozen=True, slots=True)
class Title:
    """The name of a relation in a drawing, or what it leaves out, which stands at `address`."""

    text: str
    x: float
    y: float
    address: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a drawing. `end` is where its texts are anchored: to their start or end."""

    end: str
    titles: tuple[Title, ...]
    spots: tuple[Spot, ...]
    notes: tuple[Title, ...]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A concept in the middle of those around it: its box, its name in lines, and the sides."""

    width: int
    height: float
    x: float
    y: float
    box_width: float
    box_height: float
    lines: tuple[str, ...]
    sides: tuple[Side, ...]


def around(label: str, groups: Sequence[Group]) -> Neighbourhood:
    """A concept with groups of others to its right and left, about as many on both sides."""
    left: list[Group] = []
    right: list[Group] = []
    for group in groups:
        (right if _height(right) <= _height(left) else left).append(group)
    height = max(_height(left), _height(right), 96.0)
    x, y, lines = WIDE / 2, height / 2, _wrapped(label, 18)
    box_width, box_height = 156.0, 24.0 + 18 * len(lines)
    sides = (
        _side(left, x - box_width / 2, y, 300, (height - _height(left)) / 2, "end", 36),
        _side(right, x + box_width / 2, y, WIDE - 300, (height - _height(right)) / 2, "start", 36),
    )
    return Neighbourhood(WIDE, round(height, 1), x, round(y, 1), box_width, box_height, lines, sides)


def below(label: str, groups: Sequence[Group]) -> Neighbourhood:
    """A concept with groups of others below it, for narrow screens."""
    lines = _wrapped(label, 34, 2)
    box_height = 20.0 + 18 * len(lines)
    top = box_height + 12
    height = top + _height(groups)
    side = _side(groups, 18, box_height, 40, top, "start", 36, stem=True)
    return Neighbourhood(
        NARROW, round(height, 1), NARROW / 2, box_height / 2 + 1, NARROW - 4.0, box_height, lines, (side,)
    )


def _height(groups: Iterable[Group]) -> float:
    heights = [_HEAD + _ROW * len(group.neighbours) + (_HEAD if group.more else 0) for group in groups]
    return sum(heights) + _GAP * max(0, len(heights) - 1) + 12.0


def _side(
    groups: Sequence[Group], x0: float, y0: float, x: float, top: float, end: str, most: int, *, stem: bool = False
) -> Side:
    titles, spots, notes = [], [], []
    away = 1 if end == "start" else -1
    y, root = top + 6, y0
    for group in groups:
        titles.append(Title(group.relation, x + 12 * away * (not stem), round(y + 15, 1), group.address))
        y += _HEAD
        for neighbour in group.neighbours:
            middle = round(y + _ROW / 2, 1)
            bend = x0 + (x - x0) * 0.55
            curve = (
                f"M{x0:.0f} {root:.1f}V{middle - 8:.1f}Q{x0:.0f} {middle} {x0 + 8:.0f} {middle}H{x - 8:.0f}"
                if stem
                else f"M{x0:.0f} {y0:.1f}C{bend:.0f} {y0:.1f} {bend:.0f} {middle} {x - 8 * away:.0f} {middle}"
            )
            root = middle - 8
            spots.append(Spot(neighbour, x, middle, curve, short(neighbour.ref.label, most)))
            y += _ROW
        if group.more:
            notes.append(Title(f"and {group.more:,} more", x + 14 * away, round(y + 15, 1), group.address))
            y += _HEAD
        y += _GAP
    return Side(end, tuple(titles), tuple(spots), tuple(notes))


# ------------------------------------------------------------------------------------------------------------ bars


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its name. `share` is its part of the largest number, 0 to 1; negative numbers have none."""

    label: str
    value: float
    share: float
    address: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars with what they tell. `upright` bars stand side by side, as a histogram's do; others lie."""

    title: str
    name: str
    unit: str
    bars: tuple[Bar, ...]
    upright: bool = False
    note: str = ""


def bars(rows: Iterable[tuple[str, float, str]]) -> tuple[Bar, ...]:
    """Bars of names, numbers and addresses."""
    listed = list(rows)
    largest = max((value for _, value, _ in listed), default=0.0)
    return tuple(
        Bar(label, value, round(max(0.0, value / largest), 4) if largest > 0 else 0.0, place, f"{value:,.6g}")
        if value != int(value)
        else Bar(label, value, round(max(0.0, value / largest), 4) if largest > 0 else 0.0, place, f"{int(value):,}")
        for label, value, place in listed
    )


def histogram(values: Iterable[float], steps: int = 10) -> list[tuple[str, float, str]]:
    """How many of some numbers from 0 to 1 are in each of `steps` equal parts.

    >>> histogram([0.05, 0.5, 0.55, 1.0], 2)
    [('0–50 %', 1, ''), ('50–100 %', 3, '')]
    """
    counts = [0] * steps
    for value in values:
        counts[min(steps - 1, int(value * steps))] += 1
    width = 100 / steps
    return [(f"{at * width:.0f}–{(at + 1) * width:.0f} %", count, "") for at, count in enumerate(counts)]


def doublings(numbers: Iterable[int]) -> list[tuple[str, float, str]]:
    """How many of some whole numbers from 1 on are in 1, 2, 3–4, 5–8, …

    >>> doublings([1, 1, 2, 4, 7])
    [('1', 2, ''), ('2', 1, ''), ('3–4', 1, ''), ('5–8', 1, '')]
    """
    counts: dict[int, int] = {}
    for number in numbers:
        step = (ceil(number) - 1).bit_length()
        counts[step] = counts.get(step, 0) + 1
    found: list[tuple[str, float, str]] = []
    for step in range(max(counts, default=-1) + 1):
        low, high = (1 << (step - 1)) + 1 if step else 1, 1 << step
        found.append((str(high) if low >= high else f"{low}–{high}", counts.get(step, 0), ""))
    return found
