"""Concepts tied together: in Python, on the command line, as a page; what is left out, and why nothing connects."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import kg
from kg import cli, outlines
from kg.connect import draw
from kg.errors import ConceptNotFound, NoPath, UsageError
from kg.model import Concept, ConceptId, Knowledge, Statement
from kg.store import write_build
from kg.triples import quads
from tests.graph_store import serving
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kg.graph import KnowledgeGraph

    Run = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return graph_of(orchard_knowledge())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge()))
    return output


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, built: Path) -> Run:
    def call(*arguments: str, status: int = 0) -> tuple[str, str]:
        monkeypatch.setattr("sys.argv", ["kg", "connect", *arguments, "-g", str(built)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        return out, err

    return call


# ------------------------------------------------------------------------------------------------------- in Python


def test_a_tree_is_told_from_the_first_concept_with_branches_before_the_trunk(graph: KnowledgeGraph) -> None:
    found = graph.connect("sealant", "knife", "Orchard Nine", "scion")
    assert list(outlines.tied(found, quotes=0)) == [
        "4 concepts tied through 4 concepts more  (cost 9.15, the least)",
        "● sealant",
        "○ Grafting wax",
        "  sealant has the kind Grafting wax  95%",
        "○ Grafting",
        "  Grafting wax is used by Grafting  90%",
        "├ ● scion",
        "│   Grafting has part scion  85%",
        "○ clean cuts",
        "  Grafting requires clean cuts  75%",
        "├ ● knife",
        "│   clean cuts requires knife  75%",
        "○ Budding",
        "  clean cuts is required by Budding  75%",
        "● Orchard Nine",
        "  Budding is evaluated on Orchard Nine  80%",
    ]
    assert [ref.label for ref in found.asked] == ["sealant", "scion", "knife", "Orchard Nine"]
    assert [ref.label for ref in found.between] == ["Grafting wax", "Grafting", "clean cuts", "Budding"]


def test_every_step_is_stated_with_its_quotes_and_alternatives(graph: KnowledgeGraph) -> None:
    found = graph.connect("tip budding", "grafting", "disease risk")
    for step in found.steps:
        assert step.relations
        for relation in step.relations:
            assert {relation.subject, relation.object} == {step.source, step.target}
            assert relation.quotes == graph.evidence(relation.subject, relation.predicate, relation.object)
            assert relation.quotes
    assert [relation.predicate for relation in found.steps[0].relations] == ["extends", "broader"]
    assert json.loads(json.dumps(asdict(found)))["exact"] is True


def test_two_concepts_are_tied_by_their_best_path(graph: KnowledgeGraph) -> None:
    for ends in (("sealant", "Ada Birch"), ("knife", "craft"), ("wax", "Orchard Nine")):
        found, path = graph.connect(*ends), graph.path(*ends)
        assert [member.concept for member in found.concepts] == list(path.concepts)
        assert found.steps == path.steps
        assert (found.cost, found.exact) == (path.cost, True)


def test_constraints_are_kept(graph: KnowledgeGraph) -> None:
    names = ("scion", "knife", "Orchard Nine")
    limits = {"avoid": ["clean cuts"], "exclude": ["requires"]}
    with pytest.raises(NoPath):
        graph.connect(*names, **limits)  # type: ignore[arg-type]
    short = graph.connect("scion", "Orchard Nine", "Ada Birch")
    assert [ref.label for ref in short.between] == ["Grafting", "Budding"]
    assert all(step.predicate != "contrastsWith" for step in graph.connect(*names, exclude=["contrastsWith"]).steps)
    kinds = graph.connect(*names, types=["kg:Method", "property"]).between
    assert {ref.kind for ref in kinds} <= {"Method", "Property"}
    sure = graph.connect("scion", "sealant", "Ada Birch", min_confidence=0.6)
    assert all((relation.confidence or 0) >= 0.6 for step in sure.steps for relation in step.relations)
    assert {
        r.predicate for s in graph.connect("craft", "Budding", predicates=["broader"]).steps for r in s.relations
    } == {"broader"}


def test_names_of_one_concept_count_once(graph: KnowledgeGraph) -> None:
    found = graph.connect("budding", "T-budding", "grafting", "Grafting", "scion", "scion")
    assert len(found.asked) == 3
    assert found.notes == (
        "'budding' and 'T-budding' name one concept, 'Budding'",
        "'grafting' and 'Grafting' name one concept, 'Grafting'",
        "'scion' is named twice",
    )
    assert (
        graph.connect(graph.concept("budding"), graph.concept("scion").ref).asked
        == graph.connect("budding", "scion").asked
    )


@pytest.mark.parametrize(
    ("names", "limits", "message"),
    [
        (
            ("grafting", "mulch"),
            {},
            "nothing connects 'Grafting' and 'mulch': 'Grafting' lies in a part of 20 concepts; "
            "'mulch' has no relations to other concepts",
        ),
        (
            ("grafting", "budding", "knife"),
            {"predicates": ["broader"]},
            "nothing connects 'Grafting', 'Budding' and 'knife', over broader only: 'Grafting' and 'Budding' lie in a "
            "part of 5 concepts; 'knife' has no such relations; they hang together over other relations; "
            "a partial answer (--partial) connects 'Grafting' and 'Budding'",
        ),
        (
            ("scion", "knife"),
            {"avoid": ["clean cuts"], "types": ["method"]},
            "nothing connects 'scion' and 'knife', through concepts of class Method only, avoiding 'clean cuts': "
            "'scion' lies in a part "
            "of 7 concepts; 'knife' has no such relations; "
            "they hang together when more than one of these limits is lifted",
        ),
        (
            ("scion", "knife"),
            {"exclude": ["requires"], "min_confidence": 0.1},
            "nothing connects 'scion' and 'knife', without requires, with confidence of at least 0.1: 'scion' lies in "
            "a part of 18 concepts; 'knife' has no such relations; they hang together over the excluded relations",
        ),
    ],
)
def test_no_connection_says_what_lies_where(
    graph: KnowledgeGraph, names: tuple[str, ...], limits: dict[str, object], message: str
) -> None:
    with pytest.raises(NoPath) as caught:
        graph.connect(*names, **limits)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_partial_answer_leaves_out_what_cannot_be_tied_and_says_why(graph: KnowledgeGraph) -> None:
    found = graph.connect("mulch", "grafting", "budding", partial=True)
    assert [ref.label for ref in found.asked] == ["Grafting", "Budding"]
    assert [(left.concept.label, left.reason) for left in found.left_out] == [
        ("mulch", "has no relations to other concepts")
    ]
    assert list(outlines.tied(found))[-1] == "left out: mulch, which has no relations to other concepts"
    assert "mulch is left out: it has no relations to other concepts" in found._repr_html_()
    with pytest.raises(NoPath, match="nothing connects 'mulch' and 'frost'"):
        graph.connect("mulch", "frost", partial=True)
    limited = graph.connect("grafting", "sealant", "budding", "wax", partial=True, predicates=["broader"])
    assert [left.reason for left in limited.left_out] == [
        "lies in another part of the graph within these limits, of 3 concepts"
    ] * 2


@pytest.mark.parametrize(
    ("names", "limits", "message"),
    [
        (("grafting",), {}, "to connect takes two concepts or more"),
        (("budding", "T-budding"), {}, "'budding' and 'T-budding' name one concept, 'Budding'; to connect takes two"),
        (("budding", "grafting"), {"avoid": ["concept:budding"]}, "a connection of 'Budding' cannot avoid it"),
        (("budding", "grafting"), {"min_confidence": 2}, "min_confidence is a number from 0 to 1, not 2"),
        (("budding", "grafting"), {"predicates": ["eats"]}, "no relation 'eats'; the relations are broader"),
        (("budding", "grafting"), {"types": ["Fruit"]}, "no class 'Fruit'; the classes are Method"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(
    graph: KnowledgeGraph, names: tuple[str, ...], limits: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(message)}"):
        graph.connect(*names, **limits)  # type: ignore[arg-type]


def test_more_concepts_than_anybody_compares_are_refused(
    graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.connect.MOST", 2)
    with pytest.raises(UsageError, match="2 concepts can be connected at once, not 3"):
        graph.connect("budding", "grafting", "scion")


def test_an_unknown_name_is_told_near_ones(graph: KnowledgeGraph) -> None:
    with pytest.raises(ConceptNotFound, match="did you mean 'Grafting'"):
        graph.connect("budding", "graftin")


def test_long_ways_with_branches_are_told(graph: KnowledgeGraph) -> None:
    chain = [f"c{number:04}" for number in range(3000)]
    facts = [*pairwise(chain), ("c1000", "x"), ("x", "y")]
    ids = {name: ConceptId(name) for name in (*chain, "x", "y")}
    long = graph_of(
        Knowledge(
            (),
            tuple(Concept(ids[name], name, "Method") for name in sorted(ids)),
            tuple(Statement(ids[a], "uses", ids[b], 0.9, ()) for a, b in sorted(facts)),
        )
    )
    found = long.connect(chain[0], chain[-1], "y")
    assert (len(found.steps), found.exact) == (3001, True)
    lines = list(outlines.tied(found))
    at = lines.index("○ c1000")
    assert lines[at + 2 : at + 8 : 2] == ["├ ○ x", "│ ● y", "○ c1001"]
    assert found._repr_html_().count("<li>") == 3002
    shown = graph.connect("sealant", "knife", "scion", "Orchard Nine")._repr_html_()
    assert shown.count("<ul>") == shown.count("</ul>") == 3


def test_an_endpoint_is_asked_for_the_same_answers(graph: KnowledgeGraph) -> None:
    with serving() as server:
        for quad in quads(orchard_knowledge()):
            server.store.add(quad)
        remote = kg.open(server.sparql)
        assert remote.connect("sealant", "knife", "scion") == graph.connect("sealant", "knife", "scion")
        assert remote.common("grafting", "budding") == graph.common("grafting", "budding")
        assert remote.neighbours("budding", 2, limit=4) == graph.neighbours("budding", 2, limit=4)


# ------------------------------------------------------------------------------------------------ hostile labels


def test_hostile_labels_are_text_on_the_page_and_in_notebooks(tmp_path: Path) -> None:
    graph = graph_of(hostile_knowledge())
    refs = [graph.concept(f"concept:c{number}") for number in range(len(TEXTS))]
    found = graph.connect(refs[0], refs[7], refs[14])
    shown = found._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert set(re.findall(r"<(\w+)", shown)) <= {"ul", "li", "b", "br", "small", "blockquote", "p"}
    page = tmp_path / "page.html"
    assert draw(graph, found, page) == (15, 14)
    assert "<script>alert" not in page.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------ the command line


def test_the_command_prints_the_tree_with_quotes(run: Run) -> None:
    out, err = run("scion", "T-budding", "budding", "Ada Birch")
    assert out.startswith("3 concepts tied through 1 concept more  (cost ")
    assert "● scion\n○ Grafting\n  scion is part of Grafting  85%\n    “joins a scion” — garden.txt:2\n" in out
    assert "    also: " in out
    assert err == "'T-budding' and 'budding' name one concept, 'Budding'\n"
    assert "“" not in run("scion", "budding", "--quotes", "0")[0]


def test_the_command_answers_in_json_and_draws_a_page(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "tree.html"
    out, err = run("scion", "budding", "knife", "--format", "json", "--html", str(page))
    found = json.loads(out)
    assert [member["concept"]["label"] for member in found["concepts"] if member["asked"]] == [
        "scion",
        "Budding",
        "knife",
    ]
    assert found["steps"][0]["relations"][0]["quotes"][0]["exact"] == "joins a scion"
    assert re.fullmatch(rf"{re.escape(str(page))}: 5 concepts, \d relations; open it in a browser\n", err)
    assert "<title>What ties scion, Budding and knife</title>" in page.read_text(encoding="utf-8")


def test_the_command_tells_failures_by_its_status(run: Run) -> None:
    assert "kg: nothing connects 'Grafting' and 'mulch'" in run("grafting", "mulch", status=1)[1]
    assert "kg: no concept 'graftin' in this graph" in run("graftin", "budding", status=2)[1]
    assert "kg: to connect takes two concepts or more" in run("grafting", status=2)[1]
    assert "left out: mulch" in run("grafting", "mulch", "budding", "--partial")[0]
    assert "no class 'Fruit'" in run("grafting", "budding", "--type", "Fruit", status=2)[1]
