"""Related concepts and suggested relations: measures held against dense algebra and counts of all paths; reasons."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict
from itertools import pairwise, product
from math import log2
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ConceptNotFound, UsageError
from kg.graph import KnowledgeGraph
from kg.metapath import Metapath
from kg.network import Network
from kg.pathsim import PathSim
from kg.proximity import Proximity, ranks
from kg.related import fused
from kg.roles import Roles
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge
from tests.serving import orchard, running
from tests.test_cli import run  # noqa: F401 - a fixture
from tests.webs import iri, web

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from kg.related import Reason
    from tests.test_cli import Terminal

    Numbers = NDArray[np.float64]

KINDS = ("Method", "Model")
PREDICATES = ("broader", "contrastsWith", "uses")
SYMMETRIC = "contrastsWith"


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return orchard()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge()))
    return output


def network(kinds: list[str], rows: Iterable[tuple[int, int, int, float]]) -> Network:
    """A network of nodes of these kinds and edges (subject, predicate, object, confidence), all by number."""
    names = [f"c{number:02}" for number in range(len(kinds))]
    given = list(rows)
    ends = [np.array([row[at] for row in given], dtype=np.int64) for at in range(3)]
    sure = np.array([row[3] for row in given], dtype=np.float64)
    return Network(names, names, kinds, PREDICATES, (ends[0], ends[1], ends[2], sure), symmetric=[SYMMETRIC])


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Small multigraphs: parallel edges, loops (which a network leaves out), several parts, nodes without edges."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=8))
    node = st.integers(0, len(kinds) - 1)
    edge = st.tuples(node, st.integers(0, len(PREDICATES) - 1), node)
    edges = draw(st.lists(edge, max_size=18, unique=True))
    sure = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    return network(kinds, [(*ends, draw(sure)) for ends in edges])


def edges_of(graph: Network) -> list[tuple[int, str, int, float]]:
    predicates = [graph.predicates[number] for number in graph.predicate.tolist()]
    return list(zip(graph.subject.tolist(), predicates, graph.object.tolist(), graph.confidence.tolist(), strict=True))


def weights(graph: Network) -> Numbers:
    """The confidences between each two nodes, summed; what nobody believes counts 1e-6."""
    matrix = np.zeros((len(graph), len(graph)))
    for subject, _, target, sure in edges_of(graph):
        matrix[subject, target] += max(sure, 1e-6)
        matrix[target, subject] += max(sure, 1e-6)
    return matrix


def walked(graph: Network, node: int, restart: float = 0.15) -> Numbers:
    """The random walk with restart by a dense linear solve; who cannot go on stays."""
    matrix = weights(graph)
    for alone in np.flatnonzero(matrix.sum(axis=1) == 0):
        matrix[alone, alone] = 1
    moves = matrix / matrix.sum(axis=1, keepdims=True)
    start = np.eye(len(graph))[node]
    return np.linalg.solve(np.eye(len(graph)) - (1 - restart) * moves.T, restart * start)


# -------------------------------------------------------------------------------------------------------- measures


def apart(graph: Network, node: int, found: Numbers, expected: Numbers, level: float = 0) -> float:
    """How far scores are from those expected, in the measure in which `kg.proximity` promises 1e-10."""
    strength = weights(graph).sum(axis=1)
    if not strength[node]:
        return float(np.abs(found - expected).max())
    relative = np.where(strength > 0, strength, 1) / strength[node]
    return float(np.linalg.norm((found - expected) * relative ** (level - 0.5)))


@settings(max_examples=100, deadline=None)
@given(networks(), st.sampled_from([0.05, 0.15, 0.6]))
def test_the_walk_is_that_of_a_linear_solve(graph: Network, restart: float) -> None:
    near = Proximity(graph)
    for node in range(len(graph)):
        found = near.walk(node, restart)
        assert apart(graph, node, found, walked(graph, node, restart)) < 2e-10
        assert found.sum() == pytest.approx(1, abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(networks(), st.sampled_from([0.25, 0.5, 1.0]))
def test_a_level_is_held_against_what_is_strong(graph: Network, level: float) -> None:
    near, strength = Proximity(graph), weights(graph).sum(axis=1)
    for node in np.flatnonzero(strength).tolist():
        expected = walked(graph, node) * (strength[node] / np.where(strength > 0, strength, 1)) ** level
        assert apart(graph, node, near.levelled(node, level=level), expected, level) < 2e-10


@settings(max_examples=50, deadline=None)
@given(networks())
def test_traffic_is_the_same_both_ways(graph: Network) -> None:
    near = Proximity(graph)
    traffic = np.array([near.strength[node] * near.walk(node) for node in range(len(graph))])
    assert traffic == pytest.approx(traffic.T, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(networks(), st.integers(1, 6), st.integers(1, 3))
def test_the_best_pairs_are_those_of_all_pairs(graph: Network, most: int, block: int) -> None:
    matrix = weights(graph)
    strength = matrix.sum(axis=1)
    through = matrix / np.where(strength > 0, strength, 1)
    traffic = np.round(through @ matrix, 9)
    expected = sorted(
        (-traffic[x, y], x, y)
        for x, y in product(range(len(graph)), repeat=2)
        if x < y and not matrix[x, y] and ((matrix[x] > 0) & (matrix[y] > 0)).any()
    )
    found = Proximity(graph).pairs(most, np.ones(len(graph), dtype=bool), block)
    assert [score for score, _, _ in found] == pytest.approx([-score for score, _, _ in expected[:most]], abs=2e-9)
    assert {(x, y) for _, x, y in found} <= {(x, y) for _, x, y in expected}
    for score, x, y in found:
        assert Proximity(graph).shared(x, y)[1].sum() == pytest.approx(score, abs=2e-9)


@settings(max_examples=100, deadline=None)
@given(networks())
def test_all_metapaths_together_weigh_what_two_have_in_common(graph: Network) -> None:
    traits: dict[int, set[object]] = defaultdict(set)
    for subject, predicate, target, _ in edges_of(graph):
        traits[subject].add((predicate, "to", target))
        traits[target].add((predicate, "to" if predicate == SYMMETRIC else "from", subject))
    having = Counter(trait for node in range(len(graph)) for trait in traits[node])

    def met(one: int, other: int) -> float:
        return sum(1 / log2(1 + having[trait]) for trait in traits[one] & traits[other])

    for one in range(len(graph)):
        found = Proximity(graph).metapaths(one)
        for other in range(len(graph)):
            total = met(one, one) + met(other, other)
            assert found[other] == pytest.approx(2 * met(one, other) / total if total else 0)


Leg = tuple[str, str, str]
"""A relation, the way it is walked (> < or -), and the kind it has to enter; empty is any."""

ROUNDS: dict[str, tuple[str, list[list[Leg]]]] = {
    "*-uses>*": ("", [[("uses", ">", ""), ("uses", "<", "")]]),
    "Method-uses>*<uses-Method": ("Method", [[("uses", ">", ""), ("uses", "<", "Method")]]),
    "Method<uses-Model": ("Method", [[("uses", "<", "Model"), ("uses", ">", "Method")]]),
    "*--*": ("", [[("", "-", ""), ("", "-", "")]]),
    "*-contrastsWith>Model": ("", [[("contrastsWith", "-", "Model"), ("contrastsWith", "-", "")]]),
    "*-uses>Method-broader>*": (
        "", [[("uses", ">", "Method"), ("broader", ">", ""), ("broader", "<", "Method"), ("uses", "<", "")]]
    ),
    "*-broader>{1,2}*": (
        "",
        [[("broader", ">", "")] * up + [("broader", "<", "")] * down for up in (1, 2) for down in (1, 2)],
    ),
}  # fmt: skip
"""What some metapaths mean: the kind they start from, and the rounds that are ways along them."""


def counted(graph: Network, start: int, legs: list[Leg]) -> Counter[int]:
    """In how many ways one gets from a node along legs, by where these ways end: one after the other."""
    if not legs:
        return Counter([start])
    (relation, way, kind), found = legs[0], Counter[int]()
    for subject, predicate, target, _ in edges_of(graph):
        both = way == "-" or predicate == SYMMETRIC
        if relation in {"", predicate}:
            for tail, head, led in ((subject, target, both or way == ">"), (target, subject, both or way == "<")):
                if tail == start and led and kind in {"", graph.kinds[head]}:
                    found += counted(graph, head, legs[1:])
    return found


@settings(max_examples=100, deadline=None)
@given(networks(), st.sampled_from(sorted(ROUNDS)))
def test_pathsim_counts_every_path(graph: Network, metapath: str) -> None:
    kind, rounds = ROUNDS[metapath]
    starts = [node for node in range(len(graph)) if kind in {"", graph.kinds[node]}]
    ways = {node: sum((counted(graph, node, legs) for legs in rounds), Counter[int]()) for node in starts}
    similar = PathSim(graph, Metapath.parse(metapath))
    for one in starts:
        found = similar.scores(one)
        for other in range(len(graph)):
            met = ways[one][other] if other in ways else 0
            expected = 2 * met / (ways[one][one] + ways[other][other]) if met else 0
            assert found[other] == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(networks())
def test_shares_of_roles_are_probabilities(graph: Network) -> None:
    if not len(graph.subject):
        return
    roles = Roles(graph)
    for one, other in product(range(len(graph)), repeat=2):
        chances = roles.chances(one, other)
        assert chances.min() >= 0
        assert chances.sum() == pytest.approx(1)


def test_a_relation_that_all_of_two_classes_have_is_the_likeliest_and_read_from_its_subject() -> None:
    kinds = ["Method"] * 6 + ["Model"] * 6
    graph = network(kinds, [(one, 2, 6 + (one + 1) % 6, 1.0) for one in range(6)] + [(0, 0, 1, 1.0)])
    number, forward, chance = Roles(graph).likeliest(0, 6)
    assert (graph.predicates[number], forward) == ("uses", True)
    assert chance > 0.5
    back = Roles(graph).likeliest(6, 0)
    assert back[:2] == (number, False)
    assert back[2] == pytest.approx(chance)


def test_fused_ranks_are_reciprocal_and_nothing_is_made_of_nothing() -> None:
    one, other = np.array([0.9, 0.5, 0.0]), np.array([0.0, 0.2, 0.0])
    assert fused([one, other]).tolist() == pytest.approx([1 / 61, 1 / 62 + 1 / 61, 0])
    assert fused([one]).tolist() == one.tolist()
    assert ranks(np.array([1.0, 1.0, 3.0])).tolist() == [2.5, 2.5, 1.0]


# --------------------------------------------------------------------------------------------------------- related


def labels(found: Iterable[Any]) -> list[str]:
    return [each.concept.label for each in found]


@pytest.mark.parametrize("by", ["both", "walk", "metapath"])
def test_every_reason_is_made_of_relations_of_the_graph_with_all_their_quotes(graph: KnowledgeGraph, by: str) -> None:
    told = 0
    for view in graph.concepts():
        for each in graph.related(view, 50, by=by):
            for reason in each.reasons:
                told += 1
                check(graph, [view.label, *map(str, reason.through), each.concept.label], reason)
            for relation in each.direct:
                assert {str(relation.subject), str(relation.object)} == {view.label, each.concept.label}
                assert relation.quotes == graph.evidence(relation.subject, relation.predicate, relation.object)
    assert told >= 12


def check(graph: KnowledgeGraph, chain: list[str], reason: Reason) -> None:
    """The relations of a reason join its concepts one after the other, are stated, and have their quotes."""
    steps = [{one, other} for one, other in pairwise(chain)]
    assert [{str(r.subject), str(r.object)} for r in reason.relations] == steps
    for relation in reason.relations:
        assert relation.quotes
        assert relation.quotes == graph.evidence(relation.subject, relation.predicate, relation.object)
    if reason.text.startswith("both "):
        one, other = reason.relations
        assert one.predicate == other.predicate
    else:
        assert reason.text == "; ".join(relation.sentence for relation in reason.relations)


def test_the_best_has_its_ranks_and_reasons(graph: KnowledgeGraph) -> None:
    found = graph.related("grafting", 3)
    assert labels(found) == ["Budding", "Grafting wax", "propagation method"]
    near = networkx.node_connected_component(graph.to_networkx().to_undirected(), found.concept.iri)
    assert (len(found), found.total, found.by, found.note) == (3, len(near) - 1, "both", "")
    first = found[0]
    assert first.ranks == {"walk": 1, "metapath": 1}
    assert first.common == 3
    assert [str(reason) for reason in first.reasons] == [
        "both are a kind of propagation method",
        "both require clean cuts",
        "Grafting reduces juvenility; juvenility is caused by Budding",
    ]
    assert [relation.sentence for relation in first.direct] == [
        "Grafting contrasts with Budding", "Grafting is extended by Budding",
    ]  # fmt: skip
    assert found[1].ranks == {"walk": 2}, "nothing is in the same relation to the same as both"


@pytest.mark.parametrize("by", ["both", "walk", "metapath"])
def test_the_order_of_statements_changes_nothing(by: str) -> None:
    forwards, backwards = LocalStore(), LocalStore()
    stated = list(quads(orchard_knowledge()))
    forwards.load(stated)
    backwards.load(stated[::-1])
    one, other = KnowledgeGraph(forwards), KnowledgeGraph(backwards)
    for view in one.concepts():
        assert one.related(view.iri, 30, by=by) == other.related(view.iri, 30, by=by)
    assert one.suggest(limit=30) == other.suggest(limit=30)


def test_equal_scores_are_in_the_order_of_iris() -> None:
    star = web(6, [(0, "uses", other, 1.0) for other in (5, 3, 4, 2, 1)])
    assert [each.concept.iri for each in star.related(iri(0), by="walk")] == [iri(other) for other in range(1, 6)]


def test_new_leaves_out_whoever_has_a_relation(graph: KnowledgeGraph) -> None:
    joined = {
        str(end) for relation in graph.show("grafting").relations for end in (relation.subject, relation.object)
    }  # fmt: skip
    everything = graph.related("grafting", 50)
    new = graph.related("grafting", 50, new=True)
    assert labels(new) == [label for label in labels(everything) if label not in joined]
    assert labels(new)
    assert not any(each.direct for each in new)


def test_types_leave_the_order_as_it_is(graph: KnowledgeGraph) -> None:
    found = graph.related("grafting", 50, types=["Material", "Hardware"])
    assert {each.concept.kind for each in found} == {"Material", "Hardware"}
    kinds = {"Material", "Hardware"}
    assert labels(found) == labels(e for e in graph.related("grafting", 50) if e.concept.kind in kinds)


def test_a_metapath_ranks_by_it_and_gives_its_paths_as_reasons(graph: KnowledgeGraph) -> None:
    found = graph.related("grafting", metapath="Method-broader>*")
    assert (found.by, found.metapath, labels(found)) == ("metapath", "Method-broader>* and back", ["Budding"])
    assert found[0].score == pytest.approx(2 * 1 / (2 + 1)), "Grafting is of two kinds, Budding of one of them"
    assert [str(reason) for reason in found[0].reasons] == [
        "Grafting is a kind of propagation method; propagation method has the kind Budding"
    ]
    check(graph, ["Grafting", "propagation method", "Budding"], found[0].reasons[0])


def test_there_and_back_written_out_is_the_same(graph: KnowledgeGraph) -> None:
    half = graph.related("grafting", metapath="Method-broader>*")
    whole = graph.related("grafting", metapath="Method-broader>*<broader-Method")
    assert half.results == whole.results


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "size"}, "concepts are not ranked by 'size'; they are by both, walk, metapath, embedding"),
        ({"by": "walk", "metapath": "Method-uses>*"}, "a metapath is for ranking by metapath, not by walk"),
        ({"metapath": "Material-uses>*"}, "Grafting is of the class Method, and the metapath Material-uses>* and back"),
        ({"metapath": "Method-broader>+*"}, "'+' has no end of them: write {1,3}"),
        ({"metapath": "Method"}, "the metapath 'Method' has no step"),
        ({"types": ["Plant"]}, "no class 'Plant'; the classes are Method, Model"),
        ({"limit": 0}, "the limit is the most results to give, so it cannot be 0"),
    ],
)
def test_what_makes_no_sense_is_refused(graph: KnowledgeGraph, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        graph.related("grafting", **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_concept_is_not_found(graph: KnowledgeGraph) -> None:
    with pytest.raises(ConceptNotFound, match="did you mean"):
        graph.related("graftng")


@pytest.mark.parametrize(
    ("name", "options", "note"),
    [
        ("mulch", {}, "'mulch' has no relation to another concept, so nothing tells what is related to it"),
        ("craft", {"new": True, "types": ["Task"], "by": "metapath"},
         "nothing is related to 'craft' of the class Task without a relation to it"),
        ("craft", {"metapath": "Method-evaluatedOn>*"},
         "nothing is related to 'craft' along Method-evaluatedOn>* and back"),
    ],
)  # fmt: skip
def test_why_nothing_is_related_is_said(graph: KnowledgeGraph, name: str, options: dict[str, Any], note: str) -> None:
    found = graph.related(name, **options)
    assert (found.note, found.results, found.total) == (note, (), 0)
    assert note.replace("'", "&#x27;").replace(">", "&gt;") in found._repr_html_()


@pytest.mark.parametrize("rows", [[], [(0, "uses", 0, 1.0)]], ids=["no relation", "a relation to itself"])
def test_a_graph_in_which_nothing_is_joined_has_nothing_to_tell(rows: list[tuple[int, str, int, float]]) -> None:
    alone = web(2, rows)
    for by in ("both", "walk", "metapath"):
        assert alone.related(iri(0), by=by).note.startswith("'c00' has no relation to another concept")
    assert alone.suggest().note == "no two concepts without a relation have a neighbour in common"


# --------------------------------------------------------------------------------------------------------- suggest


def pairs_stated(graph: KnowledgeGraph) -> set[frozenset[str]]:
    return {frozenset(pair) for *pair, _ in graph.to_networkx().edges(keys=True)}


def test_suggestions_never_pair_what_is_related(graph: KnowledgeGraph) -> None:
    stated = pairs_stated(graph)
    everything = graph.suggest(limit=1000)
    found = [*everything, *(each for view in graph.concepts() for each in graph.suggest(view, 50))]
    assert len(everything) > 10
    for each in found:
        assert frozenset({each.first.iri, each.second.iri}) not in stated
        assert each.first != each.second
        assert each.reasons
        for reason in each.reasons:
            check(graph, [each.first.label, *map(str, reason.through), each.second.label], reason)
    once = [frozenset({each.first.iri, each.second.iri}) for each in everything]
    assert len(once) == len(set(once))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["uses", "contrastsWith"]), st.integers(0, 5), st.just(0.5)),
        max_size=12,
    )
)
def test_suggestions_of_any_graph_are_new(rows: list[tuple[int, str, int, float]]) -> None:
    made = web(6, rows)
    stated = pairs_stated(made)
    for found in (made.suggest(limit=50), *(made.suggest(iri(number), 50) for number in range(6))):
        assert all(frozenset({each.first.iri, each.second.iri}) not in stated for each in found)
        assert bool(found.note) == (len(found) == 0)


def test_a_likely_relation_is_named_and_an_unlikely_one_is_not(graph: KnowledgeGraph) -> None:
    found = graph.suggest(limit=50)
    assert {bool(each.predicate) for each in found} == {True, False}
    for each in found:
        assert bool(each.predicate) == (each.chance >= 0.5)
        assert (each.sentence == f"{each.first} and {each.second}") == (not each.predicate)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_suggestions_of_classes(graph: KnowledgeGraph) -> None:
    kinds = {"Material", "Hardware"}
    assert {end.kind for each in graph.suggest(types=kinds) for end in (each.first, each.second)} <= kinds
    of_one = graph.suggest("budding", types=["Hardware"])
    assert [str(each) for each in of_one] == ["Budding requires knife"]


def test_all_pairs_are_ranked_by_walk_alone(graph: KnowledgeGraph) -> None:
    with pytest.raises(UsageError, match="all pairs are ranked by walk alone, not by both: name a concept"):
        graph.suggest(by="both")
    assert graph.suggest("budding", by="both").by == "both"


# --------------------------------------------------------------------------------------------------------- doors


def test_hostile_labels_are_text_in_html() -> None:
    hostile = graph_of(hostile_knowledge())
    shown = [hostile.suggest(limit=100)._repr_html_()]
    shown += [hostile.related(view.iri)._repr_html_() for view in hostile.concepts()]
    for html in shown:
        assert "<script>" not in html
        assert "<!--" not in html
    assert any("&lt;script&gt;" in html for html in shown)


def test_hostile_labels_are_text_in_a_terminal(
    run: Terminal,  # noqa: F811
    tmp_path: Path,
) -> None:
    write_build(tmp_path, quads(hostile_knowledge()))
    asked = [["related", f"https://kg.example.org/concept/c{number}"] for number in range(len(TEXTS))]
    for arguments in [*asked, ["suggest", "-n", "100"]]:
        out = run(*arguments, "-g", str(tmp_path), graph=False)
        assert out
        assert not any(sign in out for sign in "\x00\x08\x1b\u202e\r")


def test_related_as_text(run: Terminal) -> None:  # noqa: F811
    out = run("related", "grafting", "-n", "1")
    assert out.splitlines()[:4] == [
        "1. Budding  Method  (walk 1, metapath 1; stated)",
        "   stated: Grafting contrasts with Budding  70%",
        "     “Unlike budding” — garden.txt:2",
        "   stated: Grafting is extended by Budding  70%",
    ]
    assert "   both are a kind of propagation method\n     “is a propagation method” — garden.txt:2\n" in out
    assert "“" not in run("related", "grafting", "--quotes", "0")


def test_related_by_other_options(run: Terminal) -> None:  # noqa: F811
    assert "tip budding  Method  (walk" in run("related", "grafting", "--new", "--by", "walk", "--type", "Method")
    assert "(metapath 1; stated)" in run("related", "grafting", "--metapath", "Method-broader>*")


def as_json(value: object) -> object:
    return json.loads(json.dumps(value, default=asdict))


def test_commands_give_the_structures_of_python_as_json(run: Terminal, graph: KnowledgeGraph) -> None:  # noqa: F811
    assert json.loads(run("related", "grafting", "-n", "4", "--format", "json")) == as_json(
        graph.related("grafting", 4)
    )
    assert json.loads(run("suggest", "-n", "4", "--format", "json")) == as_json(graph.suggest(limit=4))
    assert json.loads(run("related", "mulch", "--format", "json"))["note"].startswith("'mulch' has no relation")


def test_suggest_as_text(run: Terminal) -> None:  # noqa: F811
    assert run("suggest", "-n", "1", "--quotes", "0").splitlines() == [
        "1. Grafting wax is a kind of wax?  (if they have one, it is this by 56%)",
        "   both are a kind of sealant",
    ]
    assert "Budding and Grafting wax?  (some relation, unclear which)" in run("suggest", "budding")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["related", "mulch"], 1, "'mulch' has no relation to another concept, so nothing tells what is related"),
        (["suggest", "mulch"], 1, "'mulch' has no relation to another concept"),
        (["related", "graftng"], 2, "no concept 'graftng' in this graph; did you mean"),
        (["related", "grafting", "--by", "size"], 2, "concepts are not ranked by 'size'"),
        (["related", "grafting", "--type", "Plant"], 2, "no class 'Plant'; the classes are"),
        (["suggest", "--by", "both"], 2, "all pairs are ranked by walk alone"),
    ],
)
def test_a_mistake_is_one_line(run: Terminal, arguments: list[str], status: int, message: str) -> None:  # noqa: F811
    assert run(*arguments, status=status) == ""
    assert message in run.err
    assert len(run.err.splitlines()) == 1


@pytest.fixture(scope="module")
def served() -> Iterator[httpx.Client]:
    with running(orchard()) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_routes_give_the_structures_of_python(served: httpx.Client, graph: KnowledgeGraph) -> None:
    found = served.get("/related/grafting", params={"limit": 3, "new": "true", "by": "walk", "type": "Method"})
    assert found.headers["Content-Type"] == "application/json"
    assert found.json() == as_json(graph.related("grafting", 3, new=True, by="walk", types=["Method"]))
    along = served.get(f"/related/grafting?metapath={quote('Method-broader>*')}")
    assert along.json() == as_json(graph.related("grafting", metapath="Method-broader>*"))
    assert served.get("/suggest?limit=3").json() == as_json(graph.suggest(limit=3))
    assert served.get("/suggest?concept=tip budding").json() == as_json(graph.suggest("tip budding"))
    assert served.get("/related/mulch").json()["note"].startswith("'mulch' has no relation")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/related/graftng", 404, "no concept 'graftng' in this graph; did you mean"),
        ("/related/grafting?by=size", 400, "concepts are not ranked by 'size'"),
        ("/related/grafting?new=perhaps", 400, "new is true or false, not 'perhaps'"),
        ("/related/grafting?limit=0", 400, "limit is a whole number from 1"),
        ("/related/grafting?near=1", 400, "/related has no parameter 'near'; it takes limit, by, metapath, new, type"),
        ("/suggest?concept=graftng", 404, "no concept 'graftng' in this graph"),
        ("/suggest?by=both", 400, "all pairs are ranked by walk alone"),
        ("/suggest?type=Plant", 400, "no class 'Plant'"),
    ],
)
def test_a_mistaken_request_is_one_line(served: httpx.Client, path: str, status: int, message: str) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.text.count("\n")) == (status, 1)
    assert answer.text.startswith(message)
