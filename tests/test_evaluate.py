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
from kg.graph import KnowledgeGraph
from kg.present import evidence_checked
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.conftest import ROOT
from tests.tiny import DOCUMENTS, GARDEN, tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from kg.gold import Gold

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
        ("@ grafting, horticulture", "is annotated in line 1 already: @ grafting, horticulture"),
        ("X: budding", "want 'X: mention -> header line': X: budding"),
        ("type: Method\nX: layers -> layering", "garden.txt has no such header line: layering"),
    ],
)
def test_what_is_not_in_the_format_is_named_with_its_line(gold_file: Path, line: str, complaint: str) -> None:
    bad = gold_file.with_name("bad.gold")
    bad.write_text(f"@ grafting, horticulture\n{line}\n", encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        load(bad, gold_file.with_suffix(".txt"))
    number = 1 + len(line.split("\n"))
    assert str(caught.value) == f"{bad}:{number}: {complaint}"


def test_an_entry_needs_a_type(gold_file: Path) -> None:
    bad = gold_file.with_name("untyped.gold")
    bad.write_text("\n@ grafting, horticulture\npref: Grafting\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"untyped\.gold:2: this entry has no line 'type:'$"):
        load(bad, gold_file.with_suffix(".txt"))


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


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"segments": 5}, "segments is no list"),
        ({"segments": [["garden.txt", "1"]]}, "segments is no list of [file, line]"),
        ({"where": {}}, "H: 'garden-000' is not in where"),
        ({"H": {"garden-000": {"pref": "Grafting"}}}, "H: garden-000: alt is no list of texts"),
        ({"duplicates_unsure": 1}, "duplicates_unsure is no list"),
        ({"annotations": {"garden-000": {"R": []}}}, "annotations: garden-000: X is no list of objects"),
        (
            {"annotations": {"garden-000": {"R": [], "N": [], "X": [{"target": "?", "surface": "x"}]}}},
            "annotations: garden-000: X: '?' is not in where",
        ),
        (
            {"annotations": {"garden-000": {"R": [{"s": "a", "p": "likes", "o": "b"}], "N": [], "X": []}}},
            "annotations: garden-000: R: there is no relation 'likes'",
        ),
    ],
)
def test_what_is_wrong_with_the_json_is_said_in_a_line(
    gold: Gold, tmp_path: Path, change: dict[str, Any], fault: str
) -> None:
    file = tmp_path / "gold.json"
    file.write_text(json.dumps(gold), encoding="utf-8")
    assert load(file) == gold
    file.write_text(json.dumps({**gold, **change}), encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        load(file)
    assert str(caught.value) == f"{file}: no gold standard: {fault}"


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
    assert found.missed_by_predicate == {"improves": found.missed}
    assert (found.pairs.right, found.pairs.predicted, found.pairs.gold) == (5, 7, 6)
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
    first, second = (evaluate(tiny_graph, gold, rounds=1200) for _ in range(2))
    assert first == second
    scores = {**first.tasks, **first.predicates, "pairs": first.pairs}
    del scores["evidence"]
    for name, score in scores.items():
        if not score.gold:
            assert score.interval is None, name
        else:
            assert score.interval is not None, name
            assert score.interval[0] <= round(score.f1, 3) <= score.interval[1], name


def test_intervals_come_from_the_entries(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    """Of two entries, one right and one wrong, a sample has none, one or both: F1 is 0, 0.5 or 1."""
    score = evaluate(tiny_graph, gold).tasks["type"]
    assert (score.f1, score.interval) == (0.5, (0.0, 1.0))


def test_wrong_segments_and_pairs_of_duplicates_count_with_entries(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    whole = {**gold, "partial": False, "segments": [["garden.txt", 1], ["garden.txt", 7]]}
    found = evaluate(tiny_graph, whole)
    assert found.errors["segments"] == ("missing garden.txt:7", "wrong garden.txt:3")
    assert (found.tasks["segments"].right, found.tasks["segments"].predicted, found.tasks["segments"].gold) == (1, 2, 2)
    found = evaluate(tiny_graph, {**gold, "duplicates": [["garden-000", "garden-001"]]})
    assert found.errors["duplicates"] == ("missing ['garden-000', 'garden-001']",)
    assert found.tasks["duplicates"] == Score(0, 0, 1, (0.0, 0.0))


def test_a_graph_that_lacks_documents_of_the_gold_cannot_be_scored(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    with pytest.raises(UsageError, match=r"has no entries of attic\.txt, which the gold standard is about"):
        evaluate(tiny_graph, {**gold, "segments": [*gold["segments"], ["attic.txt", 1]]})
    only_copy = {**gold["where"], "garden-001": [["attic.txt", 3]]}
    with pytest.raises(UsageError, match=r"has no entries of attic\.txt"):
        evaluate(tiny_graph, {**gold, "where": only_copy})
    further_copy = {**gold["where"], "garden-001": [["garden.txt", 3], ["attic.txt", 3]]}
    found = evaluate(tiny_graph, {**gold, "where": further_copy}, rounds=0)
    assert found.tasks == evaluate(tiny_graph, gold, rounds=0).tasks


def test_quotes_are_looked_up_in_the_documents_or_in_the_graph(
    tiny_graph: KnowledgeGraph, gold: Gold, tmp_path: Path
) -> None:
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = evaluate(tiny_graph, gold, rounds=0, documents=tmp_path)
    assert found.against == "documents"
    assert found.tasks["evidence"].f1 == 1.0
    assert found.tasks["evidence"] == evaluate(tiny_graph, gold, rounds=0).tasks["evidence"]
    (tmp_path / "garden.txt").write_text("\n" + GARDEN, encoding="utf-8")
    assert 0 < evaluate(tiny_graph, gold, rounds=0, documents=tmp_path).tasks["evidence"].f1 < 1
    (tmp_path / "garden.txt").unlink()
    with pytest.raises(UsageError, match=r"has no garden\.txt, which the graph was read from"):
        evaluate(tiny_graph, gold, rounds=0, documents=tmp_path)


def test_quotes_are_not_checked_where_there_is_no_text(gold: Gold) -> None:
    store = LocalStore()
    store.load(q for q in quads(tiny_knowledge()) if not q.predicate.value.endswith("#text"))
    found = evaluate(KnowledgeGraph(store), gold, rounds=0)
    assert found.against is None
    assert "evidence" not in found.tasks
    assert str(evidence_checked(found)).startswith("evidence: not checked")


@pytest.mark.model
@pytest.mark.seeds
def test_the_scores_are_those_of_the_gold_standards_own_scorer(real_graph: KnowledgeGraph) -> None:
    _assert_same_scores(real_graph, load(_shared("gold/dev.json")), _shared("seeds"))


@pytest.mark.seeds
def test_the_scores_of_a_tiny_graph_are_those_of_that_scorer(
    tiny_graph: KnowledgeGraph, gold: Gold, tmp_path: Path
) -> None:
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    _assert_same_scores(tiny_graph, gold, tmp_path)


def _assert_same_scores(graph: KnowledgeGraph, gold: Gold, documents: Path) -> None:
    scorer = _scorer()
    store = scorer.ox.Store()
    store.bulk_extend(graph.store.quads())
    facts = scorer.Graph(store)
    theirs = scorer.score(facts, gold, scorer.defaultdict(list))
    theirs["evidence"] = scorer.check_evidence(facts, documents)
    found = evaluate(graph, gold, rounds=0, documents=documents)
    ours: dict[str, Any] = {task: _figures(score) for task, score in found.tasks.items()}
    ours["relations_by_predicate"] = {name: _figures(score) for name, score in found.predicates.items()}
    assert ours == theirs


def _figures(score: Score) -> dict[str, Any]:
    """A score in the words of that scorer."""
    return {
        "p": round(score.precision, 3), "r": round(score.recall, 3), "f1": round(score.f1, 3),
        "gold": score.gold, "predicted": score.predicted, **dict(score.more),
    }  # fmt: skip


def _shared(name: str) -> Path:
    path = ROOT.parent / "shared" / name
    if not path.exists():
        pytest.skip("the gold standard is not beside the project")
    return path


def _scorer() -> Any:
    """The gold standard's own scorer, but that it walks through its two sets in sorted order, not in any."""
    from types import SimpleNamespace

    path = _shared("gold/score.py")
    source = path.read_text(encoding="utf-8")
    for unordered, in_order in (
        ("predicted = list({st for e in where[gid] for st in graph.statements[e]})",
         "predicted = sorted({st for e in where[gid] for st in graph.statements[e]})"),
        ("mine = {m for e in where[gid] for m in graph.mentions[e]}",
         "mine = sorted({m for e in where[gid] for m in graph.mentions[e]})"),
        ('path.read_text(encoding="utf-8", newline="")', 'path.read_bytes().decode("utf-8")'),  # for Python < 3.13
    ):  # fmt: skip
        assert source.count(unordered) == 1
        source = source.replace(unordered, in_order)
    names: dict[str, Any] = {"__name__": "score", "__file__": str(path)}
    exec(compile(source, path, "exec"), names)
    return SimpleNamespace(**names)


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
    assert ["improves", "1", "1", "1"] in rows
    assert out.count("  garden-000 missing CORE (Grafting | improves | vigour)\n") == 2
    assert "evidence: looked up in the graph's own text; the documents were not checked (--seeds DIR)" in out


def test_the_command_speaks_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], built: Path, gold_file: Path
) -> None:
    status, out, _ = run(monkeypatch, capsys, gold_file, "-g", built, "--format", "json")
    found = json.loads(out)
    assert status == 0
    assert found["tasks"]["relations"]["right"] == 5
    assert len(found["tasks"]["relations"]["interval"]) == 2
    assert found["missed"] == [
        {
            "entry": "garden-000", "subject": "Grafting", "predicate": "improves", "object": "vigour", "core": True,
            "quote": "",
        }
    ]  # fmt: skip
    assert found["pairs"]["right"] == 5
    assert found["evidence_against"] == "graph"


def test_the_command_looks_quotes_up_in_the_documents(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], built: Path, gold_file: Path, tmp_path: Path
) -> None:
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    status, out, _ = run(monkeypatch, capsys, gold_file, "-g", built, "--seeds", tmp_path)
    assert status == 0
    assert "evidence:" not in out
    assert ["evidence", "1.000", "1.000", "1.000"] in [line.split()[:4] for line in out.splitlines()]
    status, _, err = run(monkeypatch, capsys, gold_file, "-g", built, "--seeds", tmp_path / "attic")
    assert status == 2
    assert err.endswith("attic: there is no such folder\n")


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
