"""What the shape of a graph tells: central concepts, communities, gaps, what hangs on a single link, and cores.

    >>> analysis = graph.analyse()                                     # doctest: +SKIP
    >>> [figures.concept.label for figures in analysis.top("pagerank", 3)]   # doctest: +SKIP
    ['Raft', 'BM25', 'Prometheus']
    >>> analysis.communities[0].name                                   # doctest: +SKIP
    'transport protocols: Transmission Control Protocol, QUIC, UDP'

All figures are of the typed relations between concepts, read either way; see `kg.ties` for what a link is and weighs.
Each is computed when it is first asked for. docs/analytics.md has the formulas and how to read them.

- PageRank (Brin and Page 1998), over links by weight, damping 0.85.
- Betweenness (Freeman 1977; Brandes 2001): the share of pairs of other concepts whose best path passes a concept, by
  the costs of `kg path` without its tolls. A large graph is measured from a sample of its concepts (Brandes and Pich
  2007).
- Coreness (Seidman 1983): the largest k so that the concept belongs to a group in which all are linked to k others.
- Communities and gaps: `kg.communities`. Bridges and articulation concepts: `kg.cutpoints`.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from kg.communities import Matcher, communities, distinct_names, field_groups, lacks, members, modularity
from kg.cutpoints import BlockTree
from kg.errors import MissingExtra, UsageError
from kg.figures import (
    Articulation,
    Bridge,
    BridgingPair,
    Community,
    Core,
    Extent,
    Figures,
    Gap,
    Part,
    as_html,
)
from kg.ties import SEED, Ties

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import pandas

    from kg.answers import ConceptRef, ConceptView, Relation
    from kg.communities import Lack
    from kg.cutpoints import Split
    from kg.graph import KnowledgeGraph
    from kg.ties import Floats, Ints

DAMPING = 0.85
EFFORT = 5_000_000
"""Betweenness looks from so many concepts that their number times the size of the graph is about this much."""
LEAST_PIVOTS = 50
SMALL = 3
"""Groups of fewer concepts are no communities worth a name."""
HEADS = 8
"""So many concepts stand for a community, half as many for a part that hangs on a link."""
PAIRS = 3
"""So many pairs of concepts are proposed to bridge a gap."""

Measure = Literal["pagerank", "betweenness", "core", "degree"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SECTIONS = ("concepts", "communities", "gaps", "bridges", "cores")
"""The parts of an analysis, as `Analysis.sections` has them."""


class Analysis:
    """The figures of a graph. What they are computed from is only read."""

    def __init__(
        self,
        concepts: Sequence[ConceptView],
        described: Collection[str],
        ties: Ties,
        *,
        relate: Callable[[ConceptRef, ConceptRef], tuple[Relation, ...]] = lambda *_: (),
        exact: bool = False,
    ) -> None:
        """`concepts`, sorted by IRI, are the nodes of the ties; `described` the IRIs of those with an entry.

        `relate` gives the relations between two. With `exact` betweenness is measured from all concepts.
        """
        self._views = tuple(concepts)
        self._ties = ties
        self._described = np.array([view.iri in described for view in self._views], dtype=bool)
        self._relate = relate
        self._exact = exact

    @classmethod
    def of(cls, graph: KnowledgeGraph, *, exact: bool = False) -> Analysis:
        """The analysis of a graph."""
        network = graph.network
        ties = Ties.of(len(network), network.subject, network.object, network.confidence, network.cost)
        described = {concept.value for _, concept in graph.index.rows("kg:describes")}
        return cls(
            tuple(graph.index.concepts.values()), described, ties,
            relate=lambda first, second: graph.between(first, second), exact=exact,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Analysis({len(self._views):,} concepts, {len(self._ties):,} links)"

    # -------------------------------------------------------------------------------------------------- concepts

    @cached_property
    def _pagerank(self) -> Floats:
        if not self._views:
            return np.zeros(0)
        weights = self._ties.weight.tolist()
        found: Floats = np.array(self._ties.graph.pagerank(weights=weights or None, damping=DAMPING))
        return np.round(found, 12)

    @cached_property
    def _linked(self) -> Ints:
        return np.flatnonzero(self._ties.neighbours > 0)

    @cached_property
    def pivots(self) -> int | None:
        """From how many concepts betweenness is measured, None when from all that have links."""
        most = max(LEAST_PIVOTS, EFFORT // max(1, len(self._linked) + len(self._ties)))
        return None if self._exact or len(self._linked) <= most else most

    @cached_property
    def _betweenness(self) -> Floats:
        size = len(self._views)
        if size < 3 or not len(self._ties):
            return np.zeros(size)
        pivots = None if self.pivots is None else sorted(random.Random(SEED).sample(self._linked.tolist(), self.pivots))
        found = np.array(self._ties.graph.betweenness(directed=False, weights=self._ties.cost.tolist(), sources=pivots))
        scale = 1.0 if pivots is None else len(self._linked) / len(pivots)
        return np.round(found * scale / ((size - 1) * (size - 2) / 2), 12)

    @cached_property
    def _core(self) -> Ints:
        return np.array(self._ties.graph.coreness() if self._views else [], dtype=np.int64)

    @cached_property
    def _degree(self) -> Ints:
        return self._ties.at_ends(self._ties.count).astype(np.int64)

    @cached_property
    def _standing(self) -> Floats:
        """How well a concept stands for those around it: one with an entry before all others, then by PageRank."""
        return self._described + self._pagerank

    def top(self, by: str = "pagerank", n: int | None = 10) -> tuple[Figures, ...]:
        """The first `n` concepts by a measure of `MEASURES`, then by PageRank, then by IRI; all with None.

        Raises UsageError for another measure.
        """
        if by not in MEASURES:
            raise UsageError(f"no measure {by!r}; the measures are {', '.join(MEASURES)}")
        column: Mapping[str, Callable[[], Floats | Ints]] = {
            "pagerank": lambda: self._pagerank,
            "betweenness": lambda: self._betweenness,
            "core": lambda: self._core,
            "degree": lambda: self._degree,
        }
        order = np.lexsort((np.arange(len(self._views)), -self._pagerank, -column[by]()))
        return tuple(self._figures(int(node)) for node in order[:n])

    def of_concept(self, iri: str) -> Figures:
        """The measures of one concept, by its IRI. Raises UsageError for one that the graph does not have."""
        for node, view in enumerate(self._views):
            if view.iri == iri:
                return self._figures(node)
        raise UsageError(f"<{iri}> is no concept of this graph")

    def _figures(self, node: int) -> Figures:
        group = int(self._member[node])
        return Figures(
            concept=self._views[node].ref,
            described=bool(self._described[node]),
            degree=int(self._degree[node]),
            neighbours=int(self._ties.neighbours[node]),
            pagerank=float(self._pagerank[node]),
            betweenness=float(self._betweenness[node]),
            core=int(self._core[node]),
            community=group + 1 if group >= 0 else None,
        )

    def _foremost(self, nodes: Ints, most: int | None = HEADS) -> tuple[ConceptRef, ...]:
        order = nodes[np.lexsort((nodes, -self._standing[nodes]))]
        return tuple(self._views[node].ref for node in order[:most].tolist())

    # ----------------------------------------------------------------------------------------------- communities

    @cached_property
    def _member(self) -> Ints:
        return communities(self._ties, [view.fields for view in self._views])

    @cached_property
    def _members(self) -> Mapping[int, Ints]:
        return members(self._member)

    @cached_property
    def modularity(self) -> float:
        """How much more weight lies within the communities than by chance, of the whole; 0 without links."""
        return modularity(self._ties, self._member)

    @cached_property
    def communities(self) -> tuple[Community, ...]:
        """The communities of three concepts and more, the largest first."""
        groups = {number: nodes for number, nodes in sorted(self._members.items()) if len(nodes) >= SMALL}
        fields = {
            number: Counter(name for node in nodes.tolist() for name in self._views[node].fields)
            for number, nodes in groups.items()
        }
        described = {number: int(self._described[nodes].sum()) for number, nodes in groups.items()}
        shared = [_shared(fields[number], described[number]) for number in groups]
        names = distinct_names([self._naming(nodes) for nodes in groups.values()], shared)
        inner = self._inner
        return tuple(
            Community(
                number=number + 1,
                name=name,
                size=len(nodes),
                described=described[number],
                cohesion=round(float(2 * inner[number] / self._ties.strength[nodes].sum()), 6),
                fields=dict(sorted(fields[number].items(), key=lambda item: (-item[1], item[0]))),
                concepts=self._foremost(nodes),
            )
            for (number, nodes), name in zip(groups.items(), names, strict=True)
        )

    @property
    def _inner(self) -> Floats:
        """The weight of links within each community."""
        own = self._member[self._ties.first]
        within = own == self._member[self._ties.second]
        return np.bincount(own[within], self._ties.weight[within], len(self._members)).astype(np.float64)

    def _naming(self, nodes: Ints) -> list[str]:
        """The labels that may name a community: of the concepts with entries, or of all where there is none."""
        able = nodes[self._described[nodes]]
        return [ref.label for ref in self._foremost(able if len(able) else nodes, None if len(able) else 2 * HEADS)]

    def in_community(self, number: int) -> tuple[ConceptRef, ...]:
        """All concepts of a community, those with an entry first. Raises UsageError for a number that none has."""
        if number - 1 not in self._members:
            raise UsageError(f"no community {number}; there are {len(self._members):,}, from 1")
        return self._foremost(self._members[number - 1], None)

    # ------------------------------------------------------------------------------------------------------ gaps

    def gaps(self, n: int | None = 10, *, between: str = "communities") -> tuple[Gap, ...]:
        """Communities, or fields, that have less than half the links between them that one would expect.

        Those come first that lack most; see `kg.communities`. Raises UsageError for something else to be between.
        """
        if between == "communities":
            names = {community.number - 1: community.name for community in self.communities}
            member = np.where(np.isin(self._member, list(names)), self._member, -1)
        elif between == "fields":
            member, fields = field_groups(self._ties, [view.fields for view in self._views])
            names = dict(enumerate(fields))
        else:
            raise UsageError(f"gaps are between communities or fields, not {between!r}")
        groups = members(member)
        matcher = Matcher(self._ties, self._standing)
        return tuple(
            self._gap(between, lack, names, groups, matcher)
            for lack in (lacks(self._ties, member, n) if groups else ())
        )

    def _gap(
        self, between: str, lack: Lack, names: Mapping[int, str], groups: Mapping[int, Ints], matcher: Matcher
    ) -> Gap:
        first, second = groups[lack.first], groups[lack.second]
        pairs = tuple(
            BridgingPair(
                self._views[pair.first].ref,
                self._views[pair.second].ref,
                tuple(self._views[node].ref for node in pair.shared[:HEADS]),
                pair.distance,
            )
            for pair in matcher.pairs(first, second, PAIRS)
        )
        return Gap(
            between,
            names[lack.first],
            names[lack.second],
            (len(first), len(second)),
            round(lack.weight, 6),
            round(lack.expected, 6),
            pairs,
        )

    # -------------------------------------------------------------------------------------- what hangs on one thing

    @cached_property
    def _blocks(self) -> BlockTree:
        return BlockTree(self._ties.graph)

    def bridges(self, n: int | None = 10) -> tuple[Bridge, ...]:
        """The links without which a component falls in two, those first whose smaller part is largest."""
        return tuple(self._bridge(split) for split in self._blocks.bridges(n))

    def _bridge(self, split: Split) -> Bridge:
        first, second = (self._views[node].ref for node in split.ends)
        return Bridge(first, second, self._relate(first, second), self._part(split.parts[1]))

    def articulations(self, n: int | None = 10) -> tuple[Articulation, ...]:
        """The concepts without which a component falls apart, those first that hold the largest piece to the rest."""
        return tuple(
            Articulation(
                self._views[split.ends[0]].ref,
                len(split.parts),
                split.loose,
                tuple(self._part(part) for part in split.parts[1 : 1 + HEADS // 2]),
            )
            for split in self._blocks.nodes(n)
        )

    def _part(self, nodes: Ints) -> Part:
        return Part(len(nodes), self._foremost(nodes, HEADS // 2))

    @cached_property
    def cores(self) -> tuple[Core, ...]:
        """The k-cores, the innermost first, down to k = 1."""
        deepest = int(self._core.max(initial=0))
        return tuple(
            Core(k, int((self._core >= k).sum()), self._foremost(np.flatnonzero(self._core == k)))
            for k in range(deepest, 0, -1)
        )

    # ------------------------------------------------------------------------------------------- as other things

    @cached_property
    def extent(self) -> Extent:
        """What was measured."""
        parts = [size for size in self._ties.graph.connected_components().sizes() if size > 1] if self._views else []
        return Extent(
            concepts=len(self._views),
            described=int(self._described.sum()),
            linked=len(self._linked),
            relations=int(self._ties.count.sum()),
            links=len(self._ties),
            components=len(parts),
            largest_component=max(parts, default=0),
            modularity=round(self.modularity, 6),
            pivots=self.pivots,
        )

    def sections(self, n: int = 10, *, by: str = "pagerank", only: str | None = None) -> dict[str, Any]:
        """The parts of an analysis by name, or one of them, `n` things in each: what becomes JSON.

        Raises UsageError for a measure or a part that there is not.
        """
        if only is not None and only not in SECTIONS:
            raise UsageError(f"an analysis has no part {only!r}; its parts are {', '.join(SECTIONS)}")
        parts: Mapping[str, Callable[[], dict[str, Any]]] = {
            "concepts": lambda: {"by": by, "concepts": self.top(by, n)},
            "communities": lambda: {"communities": tuple(islice(self.communities, n))},
            "gaps": lambda: {"gaps": self.gaps(n), "field_gaps": self.gaps(n, between="fields")},
            "bridges": lambda: {"bridges": self.bridges(n), "articulations": self.articulations(n)},
            "cores": lambda: {"cores": tuple(islice(self.cores, n))},
        }
        found: dict[str, Any] = {"extent": self.extent}
        for name, part in parts.items():
            if only in {None, name}:
                found |= part()
        return found

    def to_pandas(self) -> pandas.DataFrame:
        """The measures of all concepts, a row for each, by PageRank; the column `iri` names them.

        Raises `MissingExtra` where pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("data frames need pandas", "pandas") from error
        rows = self.top(n=None)
        columns: dict[str, list[object]] = {
            "concept": [row.concept.label for row in rows],
            "iri": [row.concept.iri for row in rows],
            "kind": [row.concept.kind for row in rows],
        }
        for name in ("described", "degree", "neighbours", "pagerank", "betweenness", "core", "community"):
            columns[name] = [getattr(row, name) for row in rows]
        frame = pandas.DataFrame(columns)
        return frame.astype({"community": "Int64"})

    def _repr_html_(self) -> str:
        """The first of everything, for notebooks."""
        return as_html(self.sections())


def _shared(fields: Counter[str], described: int) -> str:
    """The field of most concepts with an entry, when it is that of two at least; else empty."""
    for name, count in sorted(fields.items(), key=lambda item: (-item[1], item[0]))[:1]:
        if count >= 2 and 2 * count >= described:
            return name
    return ""
