"""The baselines beside the graph: what they read, how they are scored, and what is said when one is missing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from kg import baselines, cli
from kg.annotate import load_pipeline
from kg.baselines import Found, by_graphrag, by_textacy, compare
from kg.errors import UsageError
from kg.evaluate import evaluate
from kg.gold import load
from kg.graph import KnowledgeGraph
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.test_evaluate import ANNOTATION
from tests.tiny import GARDEN, tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

    from kg.gold import Gold

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def plain() -> Language:
    """The default pipeline as spaCy has it, with its own tokenizer."""
    return load_pipeline(whole_words=False)


@pytest.fixture(scope="module")
def gold_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    (folder / "garden.txt").write_text(GARDEN, encoding="utf-8")
    (folder / "garden.gold").write_text(ANNOTATION, encoding="utf-8")
    return folder / "garden.gold"


@pytest.fixture(scope="module")
def gold(gold_file: Path) -> Gold:
    return load(gold_file)


# ------------------------------------------------------------------------------------------------------ what they read


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("The old baker needs a brick oven.", ["OLD BAKER", "BRICK OVEN"]),
        ("It needs the oven and a thing.", []),  # pronouns, single common nouns, stop words
        ("Sieves have fine-grained layers.", ["FINE GRAINED LAYERS"]),  # spaCy takes hyphenated words apart
        ("The supercalifragilistic oven cools.", []),  # a word of more than fifteen letters
        ("The oven came from Paris in 1923.", ["PARIS"]),  # an entity stands alone, a date is none
        ("It needs three.", []),  # a number by itself
    ],
)
def test_graphrag_keeps_names_and_phrases_of_several_words(text: str, phrases: list[str], plain: Language) -> None:
    assert list(by_graphrag([plain(text)], first=True).phrases) == phrases


def test_graphrag_joins_any_two_phrases_of_a_text_unit(plain: Language) -> None:
    found = by_graphrag([plain("The old baker"), plain("Needs dry beech logs and a brick oven.")], first=False)
    assert [(s, o) for s, _, o in found.triples] == [
        ("OLD BAKER", "DRY BEECH LOGS"),
        ("OLD BAKER", "BRICK OVEN"),
        ("DRY BEECH LOGS", "BRICK OVEN"),
    ]


def test_textacy_reads_verbs_and_the_genus_of_the_first_block(plain: Language) -> None:
    pytest.importorskip("textacy")
    doc = plain("A sieve is a round tool. The old baker uses beech logs and visits the mill.")
    found = by_textacy([doc], first=True)
    assert found.phrases == ("sieve", "round tool", "old baker", "beech logs", "mill")
    assert found.triples == ((None, "broader", "round tool"), ("old baker", "uses", "beech logs"))
    assert by_textacy([doc], first=False).triples == found.triples[1:], "visit is no verb of the lexicon"


def test_textacy_reads_passives_from_their_agents(plain: Language) -> None:
    pytest.importorskip("textacy")
    doc = plain("Beech logs are used by old bakers. The oven was invented by Greek potters.")
    found = by_textacy([doc], first=False)
    assert found.triples == (("old bakers", "uses", "Beech logs"), ("oven", "developedBy", "Greek potters"))


# -------------------------------------------------------------------------------------------------- how they are scored


def test_all_systems_are_scored_on_the_same_entries(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    found = compare(tiny_graph, gold)
    ours, whole = found.systems["kg"], evaluate(tiny_graph, gold, rounds=0)
    assert ours == {**{task: whole.tasks[task] for task in ("genus", "entities", "relations")}, "pairs": whole.pairs}
    graphrag = found.systems["graphrag"]
    assert set(graphrag) == {"entities", "pairs"}
    assert {task: score.gold for task, score in graphrag.items()} == {"entities": 4, "pairs": 6}
    assert graphrag["entities"].right == 1, "Ada Birch; a participle before its noun is lost to the parser"


def test_what_textacy_finds_is_scored_in_all_tasks(tiny_graph: KnowledgeGraph, gold: Gold) -> None:
    pytest.importorskip("textacy")
    textacy = compare(tiny_graph, gold).systems["textacy"]
    assert set(textacy) == set(baselines.TASKS)
    assert (textacy["genus"].right, textacy["genus"].gold) == (2, 2)
    assert textacy["entities"].recall == 0.75, "juvenility, grafting wax, Ada Birch; vigour does not stand there"


def test_a_baseline_that_finds_everything_and_nothing_else_is_right(
    tiny_graph: KnowledgeGraph, gold: Gold, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(block: object, first: bool) -> Found:
        return Found(("grafting wax",), ((None, "uses", "grafting wax"),)) if "scion" in str(block) else Found((), ())

    monkeypatch.setattr(baselines, "BASELINES", {"mine": (read, ("entities", "relations", "pairs"))})
    mine = compare(tiny_graph, gold).systems["mine"]
    assert {task: (s.right, s.predicted, s.gold) for task, s in mine.items()} == {
        "entities": (1, 1, 4),
        "relations": (1, 1, 6),
        "pairs": (1, 1, 6),
    }


def test_a_graph_without_the_text_of_its_entries_cannot_be_compared(gold: Gold) -> None:
    store = LocalStore()
    store.load(q for q in quads(tiny_knowledge()) if not q.predicate.value.endswith("#text"))
    with pytest.raises(UsageError, match="holds no text of its entries, which baselines have to read"):
        compare(KnowledgeGraph(store), gold)


# -------------------------------------------------------------------------------------------------------- the command


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, gold: Path, *more: str
) -> tuple[str, str]:
    write_build(tmp_path / "tiny", quads(tiny_knowledge()))
    arguments = ["kg", "evaluate", str(gold), "-g", str(tmp_path / "tiny"), "--bootstrap", "0", "--baselines", *more]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in {0, None}
    return capsys.readouterr()


def test_the_command_prints_one_table_of_tasks_and_systems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, gold_file: Path
) -> None:
    monkeypatch.setattr(baselines, "find_spec", lambda name: None)
    out, err = run(monkeypatch, capsys, tmp_path, gold_file)
    assert err == "textacy is not installed, so its column is left out: pip install 'kg[baselines]'\n"
    title, *rows = [line.split() for line in out.split("\n\n")[1].splitlines()]
    assert title == ["task", "kg", "precision", "recall", "F1", "graphrag", "precision", "recall", "F1"]
    assert [row[0] for row in rows] == list(baselines.TASKS)
    assert rows[2] == ["relations", "0.714", "0.833", "0.769", "–", "–", "–"]


def test_the_command_speaks_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, gold_file: Path
) -> None:
    monkeypatch.setattr(baselines, "find_spec", lambda name: None)
    out, _ = run(monkeypatch, capsys, tmp_path, gold_file, "--format", "json")
    found = json.loads(out)["baselines"]
    assert found["kg"]["relations"] == {"precision": 0.714, "recall": 0.833, "f1": 0.769}
    assert set(found["graphrag"]) == {"entities", "pairs"}
