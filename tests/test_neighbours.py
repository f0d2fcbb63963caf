"""What lies around a concept: rings, filters, directions, limits; in Python, on the command line, against networkx."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import cli, outlines
from kg.errors import ConceptNotFound, UsageError
from kg.store import write_build
from kg.triples import quads
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kg.graph import KnowledgeGraph

    Run = Callable[..., tuple[str, str]]

GRAPH = graph_of(orchard_knowledge())


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return GRAPH


def labels(graph: KnowledgeGraph, *arguments: object, **more: object) -> list[tuple[str, int]]:
    around = graph.neighbours(*arguments, **more)  # type: ignore[arg-type]
    return [(near.concept.label, near.distance) for near in around.concepts]


def test_each_neighbour_comes_with_the_relations_that_lead_to_it(graph: KnowledgeGraph) -> None:
    around = graph.neighbours("sealant", 3)
    assert around.sizes == (2, 3, 9)
    near = {each.concept.label: each for each in around.concepts}
    assert [relation.sentence for relation in near["wax"].relations] == [
        "sealant is a kind of wax",
        "sealant has the kind wax",
    ]
    assert [relation.sentence for relation in near["Grafting"].relations] == ["Grafting wax is used by Grafting"]
    for each in around.concepts:
        for relation in each.relations:
            assert relation.quotes == graph.evidence(relation.subject, relation.predicate, relation.object)
            assert relation.quotes


def test_in_a_ring_the_surest_come_first(graph: KnowledgeGraph) -> None:
    for distance in (1, 2):
        ring = [near for near in graph.neighbours("budding", 2).concepts if near.distance == distance]
        sure = [near.relations[0].confidence or 0.0 for near in ring]
        assert len(sure) > 3
        assert sure == sorted(sure, reverse=True)


def test_directions(graph: KnowledgeGraph) -> None:
    assert labels(graph, "sealant", direction="out") == [("wax", 1)]
    assert labels(graph, "wax", 2, direction="in") == [("sealant", 1), ("Grafting wax", 2)]
    assert labels(graph, "knife", 9, direction="out") == []


def test_constraints(graph: KnowledgeGraph) -> None:
    assert labels(graph, "grafting", predicates=["hasPart"]) == [("rootstock", 1), ("scion", 1)]
    assert ("scion", 1) not in labels(graph, "grafting", exclude=["kg:hasPart"])
    sure = graph.neighbours("grafting", 2, min_confidence=0.8)
    assert all((relation.confidence or 0) >= 0.8 for near in sure.concepts for relation in near.relations)
    assert all((relation.confidence or 0) >= 0.8 for relation in sure.relations)
    assert labels(graph, "grafting", 2, types=["hardware", "Person"]) == [("knife", 2), ("Ada Birch", 2)]


def test_a_limit_holds_for_each_ring_and_what_it_leaves_out_is_counted(graph: KnowledgeGraph) -> None:
    whole, some = graph.neighbours("budding", 2), graph.neighbours("budding", 2, limit=3)
    assert whole.sizes == some.sizes == (7, 8)
    assert [near.distance for near in some.concepts] == [1, 1, 1, 2, 2, 2]
    assert some.concepts == whole.concepts[:3] + whole.concepts[7:10]
    lines = list(outlines.rings(some, quotes=0))
    assert "1 step away: 7 concepts" in lines
    assert "  and 4 more (-n 7 shows all)" in lines
    assert "  and 5 more (-n 8 shows all)" in lines
    shown = {some.centre, *(near.concept for near in some.concepts)}
    assert {end for relation in some.relations for end in (relation.subject, relation.object)} <= shown


def test_without_evidence_there_are_no_quotes(graph: KnowledgeGraph) -> None:
    around = graph.neighbours("grafting", 2, evidence=False)
    assert around.concepts
    assert not any(relation.quotes for near in around.concepts for relation in near.relations)


def test_a_concept_without_relations_has_empty_rings(graph: KnowledgeGraph) -> None:
    around = graph.neighbours("mulch", 2)
    assert (around.concepts, around.relations, around.sizes) == ((), (), (0, 0))
    assert list(outlines.rings(around)) == ["mulch", "", "1 step away: 0 concepts", "", "2 steps away: 0 concepts"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 0}, "the depth of a neighbourhood is at least 1, not 0"),
        ({"limit": 0}, "a ring holds at least 1 concept, not 0"),
        ({"direction": "up"}, "a direction is one of both, in, out, not 'up'"),
        ({"min_confidence": -1}, "min_confidence is a number from 0 to 1, not -1"),
        ({"predicates": ["eats"]}, "no relation 'eats'"),
        ({"types": ["Fruit"]}, "no class 'Fruit'"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(graph: KnowledgeGraph, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        graph.neighbours("grafting", **options)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(st.data())
def test_distances_are_those_of_networkx(data: st.DataObject) -> None:
    whole = GRAPH.to_networkx()
    centre = data.draw(st.sampled_from(sorted(whole)))
    depth, direction = data.draw(st.integers(1, 6)), data.draw(st.sampled_from(("both", "in", "out")))
    least = data.draw(st.sampled_from((0.0, 0.6, 0.8)))
    kept = networkx.MultiDiGraph()
    kept.add_nodes_from(whole)
    kept.add_edges_from((u, v) for u, v, sure in whole.edges(data="confidence") if sure >= least)
    walked = {"both": kept.to_undirected(), "out": kept, "in": kept.reverse()}[direction]
    expected = networkx.single_source_shortest_path_length(walked, centre, cutoff=depth)
    found = GRAPH.neighbours(f"<{centre}>", depth, direction=direction, min_confidence=least, evidence=False)
    assert {near.concept.iri: near.distance for near in found.concepts} | {centre: 0} == expected


def test_hostile_labels_are_printed_as_text() -> None:
    graph = graph_of(hostile_knowledge())
    for number in range(len(TEXTS)):
        around = graph.neighbours(f"concept:c{number}", 2)
        assert list(outlines.rings(around))
        assert json.dumps([near.concept.label for near in around.concepts])


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    output: Path = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge()))

    def call(*arguments: str, status: int = 0) -> tuple[str, str]:
        monkeypatch.setattr("sys.argv", ["kg", "neighbours", *arguments, "-g", str(output)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        return out, err

    return call


def test_the_command_prints_rings_with_quotes(run: Run) -> None:
    out, _ = run("grafting wax", "--depth", "2", "-n", "2")
    assert out.startswith(
        "Grafting wax\n\n1 step away: 4 concepts\n  sealant  Material\n    Grafting wax is a kind of sealant  95%\n"
        "      “is a sealant” — shed.txt:4\n"
    )
    assert "  and 2 more (-n 4 shows all)\n\n2 steps away: " in out
    assert "“" not in run("grafting wax", "--quotes", "0")[0]


def test_the_command_takes_constraints_and_answers_in_json(run: Run) -> None:
    out, _ = run("wax", "--in", "--depth", "2", "--predicate", "broader", "--type", "Material", "--format", "json")
    found = json.loads(out)
    assert [near["concept"]["label"] for near in found["concepts"]] == ["sealant", "Grafting wax"]
    assert found["sizes"] == [1, 1]
    assert found["concepts"][1]["relations"][0]["quotes"][0]["exact"] == "is a **sealant**"
    assert json.loads(run("knife", "--out", "--format", "json")[0])["concepts"] == []
    assert "give one of them" in run("wax", "--in", "--out", status=2)[1]
    with pytest.raises(ConceptNotFound):
        GRAPH.neighbours("waxx wax wax")
    assert "no concept 'waxx wax wax'" in run("waxx wax wax", status=2)[1]
