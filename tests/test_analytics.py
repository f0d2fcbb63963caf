"""Figures of a graph: held against networkx on small multigraphs, and what they say of graphs with a known shape."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import networkx
import numpy as np
import pytest
from hypothesis import given, settings

from kg import analytics, present_analysis
from kg.cutpoints import BlockTree
from kg.errors import MissingExtra, UsageError
from kg.layout import layout
from kg.network import Weights
from kg.ties import Ties
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge
from tests.test_cli import built, run  # noqa: F401 - fixtures
from tests.webs import Row, iri, name, shapes, web

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.analytics import Analysis
    from kg.graph import KnowledgeGraph
    from tests.test_cli import Terminal


def clique(*nodes: int, predicate: str = "uses") -> list[Row]:
    return [(a, predicate, b, 1.0) for a, b in combinations(nodes, 2)]


def chain(*nodes: int) -> list[Row]:
    return [(a, "uses", b, 1.0) for a, b in pairwise(nodes)]


def labels(refs: Iterable[object]) -> list[str]:
    return [str(ref) for ref in refs]


TWO_CLIQUES = [*clique(0, 1, 2, 3, 4), *clique(5, 6, 7, 8, 9), (4, "uses", 5, 0.5)]


# ----------------------------------------------------------------------------------------------- against networkx


def plain(graph: KnowledgeGraph) -> networkx.MultiGraph:
    """The relations of a graph without direction, with the confidence and the cost of each."""
    view = graph.to_networkx()
    found = networkx.MultiGraph()
    found.add_nodes_from(view)
    for subject, target, predicate, data in view.edges(keys=True, data=True):
        if subject != target:
            cost = Weights().edge(predicate, data["confidence"])
            found.add_edge(subject, target, confidence=data["confidence"], cost=cost)
    return found


def simple(graph: networkx.MultiGraph) -> networkx.Graph:
    """The links, each with the cost of its cheapest relation."""
    found = networkx.Graph()
    found.add_nodes_from(graph)
    for first, second, data in graph.edges(data=True):
        cost = data["cost"]
        if found.has_edge(first, second):
            cost = min(cost, found.edges[first, second]["cost"])
        found.add_edge(first, second, cost=cost)
    return found


@settings(max_examples=60)
@given(shapes())
def test_measures_are_those_of_networkx(shape: tuple[int, list[Row]]) -> None:
    graph = web(*shape)
    reference = plain(graph)
    links = simple(reference)
    ranks = networkx.pagerank(reference, weight="confidence", tol=1e-13, max_iter=10_000)
    between = networkx.betweenness_centrality(links, weight="cost")
    cores = networkx.core_number(links)
    found = graph.analyse().top(n=None)
    assert {each.concept.iri for each in found} == set(reference)
    for each in found:
        node = each.concept.iri
        assert each.pagerank == pytest.approx(ranks[node], abs=1e-9)
        assert each.betweenness == pytest.approx(between[node], abs=1e-9)
        assert (each.core, each.degree, each.neighbours) == (cores[node], reference.degree(node), links.degree(node))


@settings(max_examples=60)
@given(shapes())
def test_what_hangs_on_one_link_or_concept_is_what_networkx_finds(shape: tuple[int, list[Row]]) -> None:
    graph = web(*shape)
    links = simple(plain(graph))
    analysis = graph.analyse()
    bridges = analysis.bridges(None)
    assert {frozenset((each.first.iri, each.second.iri)) for each in bridges} == {
        frozenset(pair) for pair in networkx.bridges(links)
    }
    for each in bridges:
        rest = links.copy()
        rest.remove_edge(each.first.iri, each.second.iri)
        smaller = networkx.node_connected_component(rest, each.second.iri)
        assert each.part.size == len(smaller) <= len(networkx.node_connected_component(rest, each.first.iri))
        assert {ref.iri for ref in each.part.concepts} <= smaller
        assert {relation.sentence for relation in each.relations}
    cuts = analysis.articulations(None)
    assert {each.concept.iri for each in cuts} == set(networkx.articulation_points(links))
    for cut in cuts:
        rest = links.copy()
        rest.remove_node(cut.concept.iri)
        sizes = sorted(len(part) for part in networkx.connected_components(rest) if part & set(links[cut.concept.iri]))
        assert (cut.parts, cut.loose) == (len(sizes), sum(sizes[:-1]))


@settings(max_examples=60)
@given(shapes())
def test_modularity_is_that_of_networkx(shape: tuple[int, list[Row]]) -> None:
    graph = web(*shape)
    reference = plain(graph)
    analysis = graph.analyse()
    groups: dict[object, set[str]] = {}
    for each in analysis.top(n=None):
        groups.setdefault(each.community or each.concept.iri, set()).add(each.concept.iri)
    if reference.number_of_edges():
        expected = networkx.community.modularity(reference, groups.values(), weight="confidence")
        assert analysis.modularity == pytest.approx(expected, abs=1e-9)
    else:
        assert analysis.modularity == 0
    assert all(each.community is None for each in analysis.top(n=None)) or reference.number_of_edges()


@settings(max_examples=40)
@given(shapes())
def test_k_cores_are_those_of_networkx(shape: tuple[int, list[Row]]) -> None:
    graph = web(*shape)
    links = simple(plain(graph))
    for core in graph.analyse().cores:
        members = set(networkx.k_core(links, core.k))
        assert core.size == len(members)
        assert {ref.iri for ref in core.concepts} <= members


# -------------------------------------------------------------------------------------------------- determinism


@settings(max_examples=30)
@given(shapes())
def test_the_order_of_what_is_given_changes_nothing(shape: tuple[int, list[Row]]) -> None:
    size, rows = shape
    again = list(rows)
    random.Random(7).shuffle(again)
    first = web(size, rows).analyse().sections(50)
    random.seed(1)
    layout(70, [(at, (at * 7) % 70) for at in range(70)])  # draws lots of its own
    assert asdict_all(web(size, again).analyse().sections(50)) == asdict_all(first)


def asdict_all(sections: dict[str, object]) -> str:
    return json.dumps(sections, default=asdict)


def test_columns_in_any_order_make_the_same_ties() -> None:
    chance = np.random.default_rng(3)
    columns = [chance.integers(0, 30, 400), chance.integers(0, 30, 400), chance.random(400), chance.integers(1, 9, 400)]
    first = Ties.of(30, *columns)
    order = chance.permutation(400)
    second = Ties.of(30, *(column[order] for column in columns))
    for name_ in ("first", "second", "weight", "cost", "count"):
        assert (getattr(first, name_) == getattr(second, name_)).all()


def test_a_large_graph_is_measured_from_a_sample_that_is_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytics, "EFFORT", 1)
    monkeypatch.setattr(analytics, "LEAST_PIVOTS", 12)
    rows = [(0, "uses", at, 1.0) for at in range(1, 30)]
    first, second = web(30, rows).analyse(), web(30, rows).analyse()
    assert first.pivots == first.extent.pivots == 12
    assert first.top("betweenness", None) == second.top("betweenness", None)
    exact = web(30, rows).analyse(exact=True)
    assert exact.pivots is None
    assert exact.top("betweenness", 1)[0].betweenness == 1.0
    sampled = first.top("betweenness", 1)[0]
    assert (sampled.concept.label, sampled.betweenness) == (name(0), pytest.approx(1.0, rel=0.25))


# --------------------------------------------------------------------------------------------------- communities


def test_communities_are_named_after_their_concepts_with_an_entry() -> None:
    graph = web(
        10, TWO_CLIQUES,
        labels=["Grafting", "Budding", "wax", "knife", "scion", "Pruning", "Pruning saw", "Mulch", "soil", "worm"],
        described={0: "Grafting joins.", 1: "Budding joins.", 5: "Pruning cuts.", 6: "A saw.", 7: "Mulch covers."},
    )  # fmt: skip
    first, second = graph.analyse().communities
    assert (first.name, first.size, first.described) == ("Grafting, Budding", 5, 2)
    assert second.name == "Pruning, Mulch"  # "Pruning saw" would tell nothing more
    assert labels(second.concepts[:3]) == ["Pruning", "Pruning saw", "Mulch"] or second.described == 3
    assert first.cohesion == pytest.approx(20 / 20.5, abs=1e-6)
    assert graph.analyse().modularity > 0.4


def test_a_field_that_most_share_leads_the_name() -> None:
    texts = {at: f"c{at:02} is." for at in (0, 1, 2, 5)}
    graph = web(10, TWO_CLIQUES, described=texts, fields={0: "joinery", 1: "joinery", 2: "metal", 5: "soil"})
    first, second = graph.analyse().communities
    assert first.name == "joinery: c00, c01, c02"
    assert first.fields == {"joinery": 2, "metal": 1}
    assert second.name == "c05"


def test_names_are_distinct() -> None:
    rows = [*clique(0, 1, 2), *clique(3, 4, 5), *clique(6, 7, 8)]
    found = web(9, rows, labels=["wax"] * 9).analyse().communities
    assert len({each.name for each in found}) == 3
    assert found[0].name == "wax"


def test_a_field_pulls_its_concepts_together() -> None:
    def together(fields: dict[int, str]) -> bool:
        texts = {at: f"c{at:02} is." for at in range(9)}
        rows = [(at, "uses", at + 1, 0.3) for at in range(8)]
        by = {
            each.concept.label: each.community
            for each in web(9, rows, described=texts, fields=fields).analyse().top(n=None)
        }
        return by["c00"] == by["c08"]

    assert not together({})
    assert together({0: "joinery", 8: "joinery", 1: "soil", 7: "soil"})


def test_a_community_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="no community 7; there are 2, from 1"):
        web(10, TWO_CLIQUES).analyse().in_community(7)


# ---------------------------------------------------------------------------------------------------------- gaps


def stars(*hubs: int, spread: int = 12) -> list[Row]:
    return [(hub, "uses", hub + at, 1.0) for hub in hubs for at in range(1, spread)]


def test_a_gap_is_where_well_connected_groups_have_no_link() -> None:
    rows = [*stars(0, 12), (0, "uses", 24, 1.0), (12, "uses", 24, 1.0)]
    (gap,) = web(25, rows).analyse().gaps()
    assert gap.between == "communities"
    assert sorted(gap.sizes) == [12, 13]
    assert gap.weight == 1.0
    assert gap.expected == pytest.approx(25 * 23 / 48, abs=1e-6)
    pair = gap.pairs[0]
    assert (pair.first.label, pair.second.label, labels(pair.shared), pair.distance) == ("c00", "c12", ["c24"], 2)


def test_groups_that_are_linked_as_expected_have_no_gap() -> None:
    rows = [*clique(0, 1, 2, 3), *clique(4, 5, 6, 7), *[(at, "uses", at + 4, 1.0) for at in range(4)]]
    assert web(8, rows).analyse().gaps() == ()


def test_gaps_between_fields_count_what_is_nearest_to_each() -> None:
    rows = [*stars(0, 12), (1, "uses", 13, 0.5)]
    graph = web(24, rows, described={0: "c00 is.", 12: "c12 is."}, fields={0: "joinery", 12: "soil"})
    (gap,) = graph.analyse().gaps(between="fields")
    assert (gap.between, gap.first, gap.second, gap.sizes, gap.weight) == ("fields", "joinery", "soil", (12, 12), 0.5)
    assert (gap.pairs[0].first.label, gap.pairs[0].second.label) == ("c00", "c13")
    assert labels(gap.pairs[0].shared) == ["c01"]


def test_concepts_without_a_shared_neighbour_say_how_far_apart_they_are() -> None:
    rows = [*stars(0, 12), *chain(0, 24, 25, 12)]
    (gap,) = web(26, rows).analyse().gaps()
    assert gap.pairs[0].shared == ()
    assert (gap.pairs[0].first.label, gap.pairs[0].second.label, gap.pairs[0].distance) in {
        ("c00", "c12", 3), ("c00", "c25", 2), ("c24", "c12", 2), ("c12", "c24", 2),
    }  # fmt: skip


def test_gaps_are_between_communities_or_fields() -> None:
    with pytest.raises(UsageError, match="gaps are between communities or fields, not 'kinds'"):
        web(2, []).analyse().gaps(between="kinds")


# ---------------------------------------------------------------------------------------- what hangs on one thing


def test_a_bridge_tells_its_relations_and_what_it_holds() -> None:
    graph = web(7, [*clique(0, 1, 2, 3), (3, "requires", 4, 0.5), *clique(4, 5, 6)])
    (bridge,) = graph.analyse().bridges()
    assert [relation.sentence for relation in bridge.relations] == ["c03 requires c04"]
    assert bridge.part.size == 3
    assert labels(bridge.part.concepts) == ["c04", "c05", "c06"]
    first, second = graph.analyse().articulations()
    assert (first.concept.label, first.loose, first.parts) == ("c03", 3, 2)
    assert (second.concept.label, second.loose) == ("c04", 2)


def test_parallel_relations_are_one_link() -> None:
    graph = web(2, [(0, "uses", 1, 0.5), (1, "uses", 0, 0.5), (0, "requires", 1, 1.0), (0, "uses", 0, 1.0)])
    (bridge,) = graph.analyse().bridges()
    assert len(bridge.relations) == 3
    assert graph.analyse().extent.links == 1
    assert graph.analyse().extent.relations == 3


def test_a_long_chain_is_no_trouble() -> None:
    import igraph

    tree = BlockTree(igraph.Graph(n=20_000, edges=[(at, at + 1) for at in range(19_999)]))
    assert {len(part) for part in tree.bridges(1)[0].parts} == {10_000}
    assert len(tree.nodes()) == 19_998


# ------------------------------------------------------------------------------------------------ edges of the map


@pytest.mark.parametrize(("size", "rows"), [(0, []), (1, []), (3, []), (2, [(0, "uses", 0, 1.0)])])
def test_graphs_without_links_have_figures(size: int, rows: list[Row]) -> None:
    analysis = web(size, rows).analyse()
    assert analysis.extent.links == analysis.extent.components == 0
    assert len(analysis.top(n=None)) == size
    assert (analysis.communities, analysis.gaps(), analysis.gaps(between="fields")) == ((), (), ())
    assert (analysis.bridges(), analysis.articulations(), analysis.cores) == ((), (), ())
    assert "<table>" in analysis._repr_html_() or not size


def test_measures_of_one_concept() -> None:
    analysis = web(3, chain(0, 1, 2)).analyse()
    assert analysis.of_concept(iri(1)).betweenness == 1.0
    with pytest.raises(UsageError, match="<x> is no concept of this graph"):
        analysis.of_concept("x")


def test_an_unknown_measure_or_part_is_named_with_those_that_there_are() -> None:
    analysis = web(2, []).analyse()
    with pytest.raises(UsageError, match="no measure 'size'; the measures are pagerank, betweenness, core, degree"):
        analysis.top("size")
    with pytest.raises(UsageError, match="no part 'x'; its parts are concepts, communities, gaps, bridges, cores"):
        analysis.sections(only="x")


def test_one_part_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = web(10, TWO_CLIQUES).analyse()
    monkeypatch.setattr(type(analysis), "_betweenness", property(lambda _: pytest.fail("was measured")))
    assert set(analysis.sections(only="communities")) == {"extent", "communities"}


# -------------------------------------------------------------------------------------------------- other things


def test_figures_as_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    frame = web(4, chain(0, 1, 2)).analyse().to_pandas()
    assert next(iter(frame["concept"])) == "c01"
    assert list(frame["core"]) == [1, 1, 1, 0]
    assert pandas.isna(frame["community"].iloc[-1])
    assert frame["pagerank"].sum() == pytest.approx(1)


def test_without_pandas_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"data frames need pandas"):
        web(1, []).analyse().to_pandas()


def test_hostile_labels_are_text_in_html() -> None:
    graph = graph_of(hostile_knowledge())
    html = graph.analyse()._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    json.dumps(graph.analyse().sections(), default=asdict)
    assert len(graph.analyse().top(n=None)) == len(TEXTS)


def test_a_strangers_thesaurus_has_figures() -> None:
    from tests.test_graph import loaded

    graph = loaded(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix : <urn:x:> . "
        ":a a skos:Concept ; skos:prefLabel 'A' ; skos:broader :b . :b a skos:Concept ; skos:prefLabel 'B' ."
    )
    (bridge,) = graph.analyse().bridges()
    assert [relation.sentence for relation in bridge.relations] == ["A is a kind of B"]
    lines = list(present_analysis.sections(graph.analyse().sections(only="bridges")))
    assert "1. A is a kind of B" in lines  # nothing is said of a confidence that there is not


# --------------------------------------------------------------------------------------------- the command line


@pytest.fixture(scope="module")
def orchard() -> Analysis:
    return graph_of(orchard_knowledge()).analyse()


def test_analyse_prints_its_parts(run: Terminal) -> None:  # noqa: F811
    lines = run("analyse", "-n", "2").splitlines()
    assert lines[0] == "12 concepts, 3 with an entry, 9 with relations; 9 relations in 9 links"
    assert lines[3].split() == ["concept", "kind", "relations", "pagerank", "betweenness", "core", "community"]
    assert lines[4].split()[:3] == ["Grafting", "Method", "5"]
    for title in ("Communities", "Gaps between communities", "Gaps between fields", "Cores"):
        assert title in lines
    assert "Bridges: links that alone hold something to the rest" in lines


def test_analyse_ranks_by_any_measure_and_prints_one_part(run: Terminal) -> None:  # noqa: F811
    found = json.loads(run("analyse", "--by", "betweenness", "--only", "concepts", "--format", "json"))
    assert set(found) == {"extent", "by", "concepts"}
    values = [each["betweenness"] for each in found["concepts"]]
    assert values == sorted(values, reverse=True)
    assert "Bridges" not in run("analyse", "--only", "communities")
    assert run("analyse", "--only", "x", status=2) == ""
    assert run.err == "kg: an analysis has no part 'x'; its parts are concepts, communities, gaps, bridges, cores\n"


def test_the_orchard_hangs_together_by_grafting(orchard: Analysis) -> None:
    assert orchard.top("betweenness", 1)[0].concept.label == "Grafting"
    assert orchard.articulations(1)[0].cut_off
