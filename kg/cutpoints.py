"""Where a graph is held together by a single concept or a single link: articulation points and bridges.

Both are read off the block-cut tree (Harary 1969; found in linear time by Hopcroft and Tarjan 1973; Tarjan 1974 for
bridges): its nodes are the largest parts that no single concept splits, the blocks, and the concepts in which they
meet. A block of two concepts is a bridge. The concepts are laid out in the order of a walk through the tree, so that
what hangs on a node of it is one stretch of that order, and what remains are the two beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import igraph

    from kg.ties import Ints


@dataclass(frozen=True, slots=True)
class Split:
    """What falls apart without a node, or without the link of two: the parts as arrays of nodes, the largest first."""

    ends: tuple[int, ...]
    parts: tuple[Ints, ...]

    @property
    def loose(self) -> int:
        """How many nodes are no longer joined to the largest part."""
        return sum(len(part) for part in self.parts[1:])


class BlockTree:
    """The block-cut tree of an undirected simple graph."""

    def __init__(self, graph: igraph.Graph) -> None:
        blocks, cut = graph.biconnected_components(return_articulation_points=True)
        self.blocks: list[list[int]] = sorted(sorted(block) for block in blocks if len(block) > 1)
        self.cut: list[int] = sorted(cut)
        self._at: dict[int, list[int]] = {node: [] for node in self.cut}
        """The blocks that meet in a node, by number."""
        for number, block in enumerate(self.blocks):
            for node in block:
                if node in self._at:
                    self._at[node].append(number)
        self._spans: dict[tuple[bool, int], tuple[int, int]] = {}
        """The stretch of what hangs on a block, or on a node in which blocks meet (True), itself included."""
        self._within: dict[int, tuple[int, int]] = {}
        """The stretch of the component of a block."""
        order: list[int] = []
        for root in range(len(self.blocks)):
            if (False, root) not in self._spans:
                self._walk(root, order)
        self._order = np.array(order, dtype=np.int64)

    def _walk(self, root: int, order: list[int]) -> None:
        """Lay out the component of a block."""
        begin, blocks = len(order), []
        stack: list[tuple[bool, int, int]] = [(False, root, -1)]
        while stack:
            meeting, number, start = stack.pop()
            if start >= 0:  # the second time: all that hangs on it has been laid out
                self._spans[meeting, number] = start, len(order)
                continue
            stack.append((meeting, number, len(order)))
            self._spans[meeting, number] = len(order), len(order)
            if meeting:
                order.append(number)
                stack += [(False, block, -1) for block in self._at[number] if (False, block) not in self._spans]
            else:
                blocks.append(number)
                order += [node for node in self.blocks[number] if node not in self._at]
                stack += [
                    (True, node, -1)
                    for node in self.blocks[number]
                    if node in self._at and (True, node) not in self._spans
                ]
        self._within.update(dict.fromkeys(blocks, (begin, len(order))))

    def _sizes(self, spans: list[tuple[int, int]], whole: tuple[int, int]) -> list[int]:
        rest = whole[1] - whole[0] - 1 - sum(end - start for start, end in spans)
        return [end - start for start, end in spans] + ([rest] if rest else [])

    def _below(self, node: int) -> list[tuple[int, int]]:
        """The stretches of the blocks that hang on a node in which blocks meet."""
        start, end = self._spans[True, node]
        spans = [self._spans[False, block] for block in self._at[node]]
        return [span for span in spans if start < span[0] and span[1] <= end]

    def nodes(self, most: int | None = None) -> list[Split]:
        """The nodes without which a component falls apart, those first that hold the largest piece to the largest part.

        Among equal ones those come first that hold most nodes.
        """
        ranked = []
        for node in self.cut:
            sizes = sorted(self._sizes(self._below(node), self._within[self._at[node][0]]))
            ranked.append((-sizes[-2], -sum(sizes[:-1]), node))
        return [self._without(node) for *_, node in sorted(ranked)[:most]]

    def _without(self, node: int) -> Split:
        start, end = self._spans[True, node]
        begin, stop = self._within[self._at[node][0]]
        parts = [self._order[a:b] for a, b in self._below(node)]
        parts.append(np.concatenate((self._order[begin:start], self._order[end:stop])))
        return Split((node,), _ranked(parts))

    def bridges(self, most: int | None = None) -> list[Split]:
        """The links without which a component falls in two, those first whose smaller part is largest.

        The first end is in the larger part; of two equal ones in that of the first node.
        """
        ranked = []
        for number, block in enumerate(self.blocks):
            if len(block) == 2:
                begin, stop = self._within[number]
                start, end = self._side(number)
                ranked.append((-min(end - start, stop - begin - end + start), number))
        return [self._apart(number) for _, number in sorted(ranked)[:most]]

    def _side(self, number: int) -> tuple[int, int]:
        """The stretch of one side of a bridge: what hangs on its lower end, or the one end where nothing meets."""
        start, end = self._spans[False, number]
        below = [self._spans[True, node] for node in self.blocks[number] if node in self._at]
        below = [span for span in below if start <= span[0] and span[1] <= end]
        return below[0] if below else (start, start + 1)

    def _apart(self, number: int) -> Split:
        start, end = self._side(number)
        begin, stop = self._within[number]
        rest = np.concatenate((self._order[begin:start], self._order[end:stop]))
        parts = _ranked([self._order[start:end], rest])
        first, second = self.blocks[number]
        return Split((first, second) if first in parts[0] else (second, first), parts)


def _ranked(parts: list[Ints]) -> tuple[Ints, ...]:
    """Parts that are not empty, sorted within, the largest first, equal ones by their first node."""
    return tuple(sorted((np.sort(part) for part in parts if len(part)), key=lambda part: (-len(part), int(part[0]))))
