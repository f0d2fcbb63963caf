"""Scores against a gold standard: what counts as right, how sure a score is, which rules err; and the command."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import cli
from kg.errors import ReadError, UsageError
from kg.evaluate import evaluate
from kg.gold import load
from kg.grading import Score, close, same
from kg.store import write_build
from kg.triples import quads
from tests.conftest import ROOT
from tests.tiny import GARDEN, tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from kg.gold import Gold
    from kg.graph import KnowledgeGraph

# Grafting: one relation right, one in other words, one missed; the graph has one more, which is wrong here.
ANNOTATION = """\
@ grafting, horticulture
pref: Grafting
alt: graftage
category: horticulture
genus: method; propagation method
type: Method
Grafting | broader | propagation method / method | *
Grafting | uses | wax for grafting / grafting wax
Grafting | improves | vigour | *
Grafting | contrastsWith | budding | *
N Material: grafting wax
N Property: juvenility; vigour
X: budding -> budding (t-budding),budding,horticulture

@ budding (t-budding),budding,horticulture
pref: Budding
alt: T-budding
category: horticulture
genus: method
type: Process
Budding | broader | propagation method | *
Budding | developedBy | Birch, Ada
N Person: Ada Birch
"""


@pytest.fixture(scope="module")
def gold_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    (folder / "garden.txt").write_text(GARDEN, encoding="utf-8")
    (folder / "garden.gold").write_text(ANNOTATION, encoding="utf-8")
    return folder / "garden.gold"


@pytest.fixture(scope="module")
def gold(gold_file: Path) -> Gold:
    return load(gold_file)


# ----------------------------------------------------------------------------------------------------- the gold file


def test_an_annotated_page_is_read_into_the_form_of_the_json(gold: Gold) -> None:
    assert gold["segments"] == [["garden.txt", 1], ["garden.txt", 3]]
    assert gold["where"] == {"garden-000": [["garden.txt", 1]], "garden-001": [["garden.txt", 3]]}
    assert gold["H"]["garden-000"]["genus"] == ["method", "propagation method"]
    grafting = gold["annotations"]["garden-000"]
    assert grafting["R"][0] == {
        "s": "Grafting", "p": "broader", "o": "propagation method", "o_alt": ["method"], "quote": "", "core": True,
    }  # fmt: skip
    assert grafting["N"] == [
        {"text": "grafting wax", "type": "Material"},
        {"text": "juvenility", "type": "Property"},
        {"text": "vigour", "type": "Property"},
    ]
    assert grafting["X"] == [{"target": "garden-001", "surface": "budding"}]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Grafting | uses", "want 'subject | predicate | object', and ' | *' for a core fact: Grafting | uses"),
        ("Grafting | likes | wax", "there is no relation 'likes': Grafting | likes | wax"),
        ("N Tree: oak", "there is no class 'Tree': N Tree: oak"),
        ("@ layering, horticulture", "garden.txt has no such header line: @ layering, horticulture"),
    ],
)
def test_what_is_not_in_the_format_is_named_with_its_line(gold_file: Path, line: str, complaint: str) -> None:
    bad = gold_file.with_name("bad.gold")
    bad.write_text(f"@ grafting, horticulture\n{line}\n", encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        load(bad, gold_file.with_suffix(".txt"))
    assert str(caught.value) == f"{bad}:2: {complaint}"


def test_an_annotation_without_its_page_or_its_first_entry_is_refused(gold_file: Path) -> None:
    lonely = gold_file.with_name("lonely.gold")
    lonely.write_text("pref: Grafting\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"lonely\.gold: its page .*lonely\.txt cannot be read"):
        load(lonely)
    with pytest.raises(ReadError, match=r"lonely\.gold:1: before the first entry"):
        load(lonely, gold_file.with_suffix(".txt"))


def test_json_that_is_no_gold_standard_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gold.json"
    file.write_text('{"H": {}}', encoding="utf-8")
    with pytest.raises(ReadError, match="no gold standard: it lacks segments, where, duplicates"):
        load(file)
    file.write_text("{\n,}", encoding="utf-8")
    with pytest.raises(ReadError, match=r"gold\.json:2: no JSON"):
        load(file)


# --------------------------------------------------------------------------------------------------------- the scores


def test_phrases_are_the_same_but_for_case_plural_and_function_words() -> None:
    assert same("The Grafting Waxes", "grafting wax")
    assert same("T-budding", "t budding")
    assert not same("grafting", "grafting wax")
    assert close("soft grafting wax", "grafting wax")
    assert not close("wax", "soft grafting wax")


@given(st.text(max_size=30), st.text(max_size=30))
def test_closeness_has_no_direction(one: str, other: str) -> None:
    assert close(one, other) == close(other, one)
    assert close(one, one)


def test_a_graph_is_scored_task_by_task(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    found = evaluate(tiny_graph, gold, rounds=50)
    counts = {task: (s.right, s.predicted, s.gold) for task, s in found.tasks.items()}
    assert counts["segments"] == (2, 2, 2)
    assert counts["labels"] == (2, 2, 2)
    assert counts["aliases"] == (1, 1, 2), "T-budding is there, graftage is not"
    assert counts["category"] == (2, 3, 2), "grafting has a second field from the other page"
    assert counts["genus"] == (2, 2, 2)
    assert counts["type"] == (1, 2, 2), "budding is a Process to the reader"
    assert counts["xref"] == (1, 2, 1), "grafting wax has an entry, but the reader does not list it as a reference"
    assert counts["entities"] == (3, 3, 4)
    assert dict(found.tasks["entities"].more) == {"typed_accuracy": 1.0}
    assert counts["evidence"][0] == counts["evidence"][1]


def test_relations_are_matched_once_with_core_recall_pairs_and_predicates(
    tiny_graph: KnowledgeGraph, gold: Gold
) -> None:
    found = evaluate(tiny_graph, gold, rounds=0)
    relations = found.tasks["relations"]
    assert (relations.right, relations.predicted, relations.gold) == (5, 7, 6)
    assert relations.interval is None
    assert dict(relations.more)["core_recall"] == 0.75
    assert found.predicates["developedBy"] == Score(1, 1, 1)
    assert found.predicates["improves"] == Score(0, 0, 1)
    assert [(m.object, m.core) for m in found.missed] == [("vigour", True)]
    wrong = sorted(j.object for j in found.judgements if not j.right)
    assert wrong == ["1871", "juvenility"]


def test_rules_are_judged_and_confidence_is_held_against_what_was_right(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    found = evaluate(tiny_graph, gold, rounds=0)
    assert [(r.rule, r.right, r.wrong) for r in found.rules][:2] == [
        ("test:introducedIn", 0, 1),
        ("test:reduces", 0, 1),
    ]
    assert sum(b.count for b in found.reliability) == len(found.judgements) == 7
    assert found.sure.count == 4
    assert found.sure.was == 0.75
    assert 0 < found.calibration_error < 1


def test_intervals_hold_the_score_and_do_not_change_from_run_to_run(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    first, second = (evaluate(tiny_graph, gold, rounds=200).tasks["relations"] for _ in range(2))
    assert first.interval is not None
    low, high = first.interval
    assert low <= first.f1 <= high
    assert first == second


def test_a_graph_of_other_documents_cannot_be_scored(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    other = {**gold, "segments": [["attic.txt", 1]]}
    with pytest.raises(UsageError, match=r"none of the annotated documents \(attic\.txt\)"):
        evaluate(tiny_graph, other)


@pytest.mark.model
@pytest.mark.seeds
def test_the_scores_are_those_of_the_gold_standards_own_scorer(real_graph: KnowledgeGraph) -> None:
    scorer = _scorer()
    path = ROOT.parent / "shared" / "gold" / "dev.json"
    gold = load(path)
    store = scorer.ox.Store()
    store.bulk_extend(real_graph.store.quads())
    theirs = scorer.score(scorer.Graph(store), gold, scorer.defaultdict(list))
    ours = evaluate(real_graph, gold, rounds=0)
    for task, score in ours.tasks.items():
        if task != "evidence":
            # its greedy matching follows the order of sets, which may move a match or two
            assert score.f1 == pytest.approx(theirs[task]["f1"], abs=0.004), task
            assert score.gold == theirs[task]["gold"], task
    assert dict(ours.tasks["relations"].more)["core_recall"] == pytest.approx(
        theirs["relations"]["core_recall"], abs=0.01
    )
    assert ours.tasks["evidence"].f1 == 1.0


def _scorer() -> Any:
    import importlib.util

    path = ROOT.parent / "shared" / "gold" / "score.py"
    if not path.exists():
        pytest.skip("the gold standard is not beside the project")
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -------------------------------------------------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("tiny")
    write_build(output, quads(tiny_knowledge()))
    return output


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["kg", "evaluate", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_the_command_prints_scores_rules_reliability_and_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], built: Path, gold_file: Path
) -> None:
    status, out, _ = run(monkeypatch, capsys, gold_file, "-g", built, "--by-rule", "--errors", 3, "--task", "relations")
    assert status == 0
    rows = [line.split() for line in out.splitlines()]
    assert ["relations", "0.714", "0.833", "0.769"] in [row[:4] for row in rows]
    assert ["test:reduces", "0", "1", "0.00"] in rows
    assert "of 4 statements of confidence 0.8 and more 75% are right" in out
    assert "  garden-000 missing CORE (Grafting | improves | vigour)" in out
    assert "aliases:" not in out


def test_the_command_speaks_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], built: Path, gold_file: Path
) -> None:
    status, out, _ = run(monkeypatch, capsys, gold_file, "-g", built, "--format", "json")
    found = json.loads(out)
    assert status == 0
    assert found["tasks"]["relations"]["right"] == 5
    assert len(found["tasks"]["relations"]["interval"]) == 2
    assert found["missed"] == [
        {"entry": "garden-000", "subject": "Grafting", "predicate": "improves", "object": "vigour", "core": True}
    ]


def test_the_command_says_what_is_wrong_with_its_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], built: Path, gold_file: Path
) -> None:
    status, _, err = run(monkeypatch, capsys, gold_file, "-g", built, "--task", "taste")
    assert status == 2
    assert err.startswith("kg: --task taste: there is no such task; choose from segments, labels")
    status, _, err = run(monkeypatch, capsys, gold_file.with_name("nowhere.json"), "-g", built)
    assert status == 1
    assert err.startswith("kg: ")
    assert "nowhere.json: cannot be read: No such file or directory" in err
