"""Two concepts side by side: what they share and how it is ranked, where they differ, how it is printed."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from math import log2
from typing import TYPE_CHECKING

import pytest

from kg import cli, outlines
from kg.compare import draw
from kg.errors import ConceptNotFound, UsageError
from kg.model import Concept, ConceptId, Knowledge, Statement, Year
from kg.store import write_build
from kg.triples import quads
from tests.hostile import graph_of, hostile_knowledge
from tests.orchard import orchard_knowledge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kg.graph import KnowledgeGraph

    Run = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return graph_of(orchard_knowledge())


def stated(*facts: tuple[str, str, str | int, float]) -> KnowledgeGraph:
    """A graph of statements without evidence."""
    names = sorted({end for fact in facts for end in (fact[0], fact[2]) if isinstance(end, str)})
    statements = [
        Statement(ConceptId(s), p, Year(o) if isinstance(o, int) else ConceptId(o), sure, ())
        for s, p, o, sure in sorted(facts, key=str)
    ]
    return graph_of(Knowledge((), tuple(Concept(ConceptId(n), n, "Method") for n in names), tuple(statements)))


def test_the_same_relation_is_said_of_both_and_different_ones_one_after_the_other(graph: KnowledgeGraph) -> None:
    found = graph.common("grafting", "budding")
    assert [shared.sentence for shared in found.shared] == [
        "each requires clean cuts",
        "Grafting reduces juvenility, Budding causes it",
    ]
    second = found.shared[1]
    assert [relation.sentence for relation in second.first] == [
        "Grafting reduces juvenility", "Grafting improves juvenility",
    ]  # fmt: skip
    assert [relation.sentence for relation in second.second] == ["Budding causes juvenility"]
    assert found.fields == ("horticulture",)
    assert found.first.definitions[0].text.startswith("Grafting is a propagation method")


def test_contrasts_come_first_among_the_relations_of_the_two(graph: KnowledgeGraph) -> None:
    for names in (("grafting", "budding"), ("budding", "grafting")):
        direct = graph.common(*names).direct
        assert [relation.sentence for relation in direct] == [
            "Grafting contrasts with Budding",
            "Budding extends Grafting",
        ]
        assert direct[0].quotes[0].exact == "Unlike budding"


def test_everything_told_has_the_quotes_that_the_graph_has(graph: KnowledgeGraph) -> None:
    found = graph.common("grafting", "budding")
    told = [
        *found.direct,
        *(relation for shared in found.shared for relation in (*shared.first, *shared.second)),
        *(relation for each in found.broader for relation in (*each.first, *each.second)),
        *(relation for each in found.different for relation in (*each.first, *each.second)),
    ]
    assert len(told) == len(set(told)) == 22
    for relation in told:
        assert relation.quotes == graph.evidence(relation.subject, relation.predicate, relation.object)
        assert relation.quotes


def test_rare_and_sure_things_are_shared_first() -> None:
    graph = stated(
        *(("a", "uses", thing, 0.9) for thing in ("rare", "common", "doubtful")),
        *(("b", "uses", thing, 0.5 if thing == "doubtful" else 0.9) for thing in ("rare", "common", "doubtful")),
        *((f"c{number}", "uses", "common", 0.9) for number in range(6)),
    )
    found = graph.common("a", "b")
    assert [str(shared.other) for shared in found.shared] == ["rare", "doubtful", "common"]
    assert [round(shared.weight, 6) for shared in found.shared] == [
        round(weight, 6) for weight in (0.81 / log2(3), 0.45 / log2(3), 0.81 / log2(9))
    ]
    assert [relation.object for relation in graph.common("a", "c0").different[0].first] == [
        graph.concept("doubtful").ref, graph.concept("rare").ref,
    ]  # fmt: skip


def test_differences_stand_side_by_side_those_of_both_before_others(graph: KnowledgeGraph) -> None:
    rows = list(outlines.differences(graph.common("grafting", "budding"), quotes=0))
    assert rows == [
        ("was introduced in", "1650  50%", "1871  60%"),
        ("is evaluated on", "take rate  80%", "Orchard Nine  80%"),
        ("is a kind of", "craft  95%", "–"),
        ("has part", "rootstock  85%\nscion  85%", "–"),
        ("uses", "Grafting wax  90%", "–"),
        ("has the limitation", "disease risk  70%", "–"),
        ("has the example", "shoot grafting  55%", "–"),
        ("was developed by", "–", "Ada Birch  60%"),
        ("has the kind", "–", "tip budding  65%"),
        ("is extended by", "–", "tip budding  70%"),
    ]


def test_a_symmetric_relation_is_one_whichever_way_it_is_stated() -> None:
    graph = stated(("a", "contrastsWith", "x", 0.5), ("x", "contrastsWith", "b", 0.5))
    assert [shared.sentence for shared in graph.common("a", "b").shared] == ["each contrasts with x"]


def test_a_year_can_be_shared() -> None:
    graph = stated(("a", "introducedIn", 1990, 0.5), ("b", "introducedIn", 1990, 0.5), ("b", "uses", "a", 0.5))
    found = graph.common("a", "b")
    assert [(shared.other, shared.sentence) for shared in found.shared] == [("1990", "each was introduced in 1990")]


# ------------------------------------------------------------------------------------------------- more general ones

TAXONOMY = [
    ("sparrow", "bird"), ("bird", "animal"), ("trout", "fish"), ("fish", "animal"), ("animal", "thing"),
    ("shark", "fish"), ("shark", "predator"), ("trout", "predator"), ("predator", "animal"),
]  # fmt: skip


@pytest.fixture(scope="module")
def animals() -> KnowledgeGraph:
    return stated(*((below, "broader", above, 0.9) for below, above in TAXONOMY))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("sparrow", "trout", [("animal", 2, 2)]),
        ("trout", "shark", [("fish", 1, 1), ("predator", 1, 1)]),
        ("sparrow", "animal", [("animal", 2, 0)]),
        ("thing", "trout", [("thing", 0, 3)]),
        ("bird", "sparrow", [("bird", 0, 1)]),
    ],
)
def test_the_nearest_more_general_concepts_are_told_with_their_distances(
    animals: KnowledgeGraph, first: str, second: str, expected: list[tuple[str, int, int]]
) -> None:
    found = animals.common(first, second)
    assert [(each.concept.label, *each.distances) for each in found.broader] == expected
    for each in found.broader:
        for way, start in ((each.first, first), (each.second, second)):
            ends = [start, *(str(relation.object) for relation in way)]
            assert [str(relation.subject) for relation in way] == ends[:-1]
            assert ends[-1] == each.concept.label


def test_what_both_are_kinds_of_is_told_once(animals: KnowledgeGraph) -> None:
    found = animals.common("trout", "shark")
    assert found.shared == ()
    lines = list(outlines.shared(found, quotes=0))
    assert lines[1:3] == ["kinds of the same:", "  fish: 1 step above trout, 1 step above shark"]
    assert "  animal: 2 steps above sparrow, which is animal itself" in outlines.shared(
        animals.common("sparrow", "animal"), quotes=0
    )


def test_kinds_in_a_circle_do_no_harm() -> None:
    circle = [("a", "x"), ("b", "y"), ("x", "y"), ("y", "z"), ("z", "x")]
    graph = stated(*((below, "broader", above, 0.9) for below, above in circle))
    assert [(each.concept.label, *each.distances) for each in graph.common("a", "b").broader] == [("y", 2, 1)]
    assert [(each.concept.label, *each.distances) for each in graph.common("x", "y").broader] == [("y", 1, 0)]


# ------------------------------------------------------------------------------------------------------- nothing


def test_concepts_without_relations_share_nothing(graph: KnowledgeGraph) -> None:
    found = graph.common("mulch", "frost")
    assert (found.direct, found.shared, found.broader, found.different) == ((), (), (), ())
    assert list(outlines.shared(found)) == ["", "mulch and frost share nothing that the graph states"]


def test_names_are_looked_up_as_everywhere(graph: KnowledgeGraph) -> None:
    with pytest.raises(UsageError, match="Budding and T-budding are the same concept, 'Budding': to compare takes two"):
        graph.common("Budding", "T-budding")
    with pytest.raises(ConceptNotFound, match="did you mean 'Grafting'"):
        graph.common("budding", "graftin")
    with pytest.raises(UsageError, match="a limit is at least 1, not 0"):
        graph.common("budding", "grafting", 0)


def test_a_limit_bounds_each_list_and_is_told(graph: KnowledgeGraph) -> None:
    found = graph.common("grafting", "budding", 1)
    assert (len(found.shared), found.shared_total) == (1, 2)
    parts = next(each for each in found.different if each.relation == "has part")
    assert (len(parts.first), parts.first_total) == (1, 2)
    assert "  and 1 more (-n 2 shows all)" in outlines.shared(found)
    assert found._repr_html_().count("and 1 more") == 2
    assert ("has part", "rootstock  85%\nand 1 more", "–") in outlines.differences(found, quotes=0)


# ------------------------------------------------------------------------------------------------- as text and pages


def test_hostile_labels_are_text_on_the_page_and_in_notebooks(tmp_path: Path) -> None:
    graph = graph_of(hostile_knowledge())
    found = graph.common("concept:c0", "concept:c2")
    shown = found._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert set(re.findall(r"<(\w+)", shown)) <= {
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
        "small",
        "blockquote",
    }
    assert [shared.sentence for shared in found.shared] == [
        f"{graph.concept('concept:c0')} uses {graph.concept('concept:c1')}, {graph.concept('concept:c2')} is used by it"
    ]
    page = tmp_path / "page.html"
    assert draw(graph, found, page) == (3, 2)
    assert "<script>alert" not in page.read_text(encoding="utf-8")


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    output = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge()))

    def call(*arguments: str, status: int = 0) -> tuple[str, str]:
        monkeypatch.setattr("sys.argv", ["kg", "common", *arguments, "-g", str(output)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == status, err
        return out, err

    return call


def test_the_command_prints_columns_side_by_side(run: Run) -> None:
    out, _ = run("grafting", "budding")
    lines = out.splitlines()
    assert lines[0].split() == ["Grafting", "Budding"]
    assert lines[1].split() == ["kind", "Method", "Method"]
    assert re.search(r"^field +horticulture, tree surgery +horticulture$", out, re.MULTILINE)
    assert re.search(r"^was introduced in +1650  50% +1871  60%$", out, re.MULTILINE)
    assert "between the two:\n  Grafting contrasts with Budding  70%\n    “Unlike budding” — garden.txt:2\n" in out
    assert max(map(len, lines)) <= 120


def test_the_command_answers_in_json_and_draws_a_page(run: Run, tmp_path: Path, graph: KnowledgeGraph) -> None:
    page = tmp_path / "both.html"
    out, err = run("grafting", "budding", "--format", "json", "--html", str(page))
    assert json.loads(out) == json.loads(json.dumps(asdict(graph.common("grafting", "budding"))))
    assert err == f"{page}: 5 concepts, 9 relations; open it in a browser\n"
    assert "<title>What Grafting and Budding share</title>" in page.read_text(encoding="utf-8")


def test_the_command_tells_failures_by_its_status(run: Run) -> None:
    assert run("budding", "graftin", status=2)[1].startswith("kg: no concept 'graftin' in this graph")
    assert "are the same concept" in run("budding", "budding", status=2)[1]
