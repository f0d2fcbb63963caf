"""The rules by name: all of them are known and described, their examples hold, the manual and the command show them.

`python -m tests.test_rules` writes `docs/rules.md` anew.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from kg import cli
from kg.annotate.entry import candidates, prepare, proposed_mentions
from kg.annotate.glossary import glossary_of
from kg.annotate.pipeline import parse
from kg.annotate.rules import Rule, chosen, manual, rule, rules, subjects
from kg.blocks import parse as blocks
from kg.errors import UsageError
from kg.headers import headwords
from kg.read import read
from tests.conftest import ROOT
from tests.test_annotate_rules import proposed, proposed_terms

if TYPE_CHECKING:
    from spacy.language import Language

MANUAL = ROOT / "docs" / "rules.md"
HEADER = "cold frame, gardening\n"
BESIDE = "root cellar, storage\n**Root Cellar** is a **room**.\n"


def found_in(example: str, nlp: Language, *, terms: bool = False) -> set[str]:
    return proposed_terms(HEADER + example, BESIDE, nlp) if terms else proposed(HEADER + example, nlp)


def without_subject(line: str) -> str:
    """A proposal with its rule as the catalogue names it: without what stands behind the @."""
    words, _, name = line.rpartition(" | ")
    return f"{words} | {rule(name).name}"


@pytest.mark.model
def test_every_example_shows_its_rule(nlp: Language) -> None:
    found: dict[tuple[str, bool], set[str]] = {}
    wrong = []
    for each in rules().values():
        case = each.example, not each.relation
        if case not in found:
            found[case] = {without_subject(line) for line in found_in(each.example, nlp, terms=case[1])}
        lines = found[case]
        if f"{each.finds} | {each.name}" not in lines:
            wrong.append((each.name, each.finds, sorted(lines)))
    assert wrong == []


@pytest.mark.model
def test_every_ending_shows_whose_the_statement_is(nlp: Language) -> None:
    for each in subjects().values():
        assert each.finds in found_in(each.example, nlp)
        assert each.finds.endswith(f"@{each.name}")


@pytest.mark.model
def test_no_text_meets_a_rule_that_is_not_in_the_list(nlp: Language) -> None:
    page = ROOT / "seeds" / "003_networks.txt"
    entries = [blocks(entry) for entry in read(page, source=page.name)]
    heads = headwords(entries)
    glossary = glossary_of(entries, heads)
    works = [prepare(entry, head, glossary) for entry, head in zip(entries, heads, strict=True)]
    docs = parse(nlp, (text for work in works for text in work.texts))
    met = set()
    for work in works:
        met |= {rule(c.rule).name for c in candidates(work, docs)}
        met |= {rule(m.rule).name for p in proposed_mentions(work, docs, ()) for m in p.mentions}
    assert len(met) > 100


def test_every_rule_is_described_in_a_sentence() -> None:
    for each in rules().values():
        assert each.says[0].isupper() or each.says[0] == '"', each
        assert each.says.endswith((".", ").")), each
        assert "{" not in each.says + each.example + each.finds, each


def test_a_name_may_hold_any_preposition_and_whose_the_statement_is() -> None:
    assert rule("noun:alongside@phrase") is rules()["noun:*"]
    assert rule("verb:reduces@lead").words[:2] == ("reduce", "avoid")
    assert {each.family for each in chosen("verb")} == {"verb"}
    assert len(chosen(None)) == len(rules())


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("verb:reduce", r"there is no rule 'verb:reduce'; did you mean verb:reduces"),
        ("verb:reduces@home", r"there is no rule 'verb:reduces@home'; 'kg rules' lists them"),
        ("noun:", r"there is no rule 'noun:'"),
        ("", r"there is no rule ''; 'kg rules' lists them"),
    ],
)
def test_what_is_no_rule_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        chosen(name)


def test_the_manual_is_up_to_date() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run python -m tests.test_rules"


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["kg", "rules", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0), *capsys.readouterr()


def test_the_command_lists_rules(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(monkeypatch, capsys)
    assert status == 0
    lines = out.splitlines()[1:]
    assert len(lines) == len(rules())
    assert all(line.startswith(f"{name}  ") for line, name in zip(lines, rules(), strict=True))
    _, out, _ = run(monkeypatch, capsys, "hearst")
    names = [line.split("  ")[0] for line in out.splitlines()[1:]]
    assert names == ["hearst:such as", "hearst:including", "hearst:like"]


def test_the_command_explains_a_rule(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(monkeypatch, capsys, "lead:limitations@title")
    assert status == 0
    assert out.splitlines()[0] == "lead:limitations"
    assert out.splitlines()[2] == f"  @title: {subjects()['title'].says}"
    assert "  reads: challenge*, limitation*, failure mode*" in out
    assert out.splitlines()[-1] == "    → * | hasLimitation | Poor drainage"
    status, out, err = run(monkeypatch, capsys, "lead:limitation")
    assert (status, out) == (2, "")
    assert err.startswith("kg: there is no rule 'lead:limitation'; did you mean lead:limitations")


def test_the_command_speaks_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(monkeypatch, capsys, "copula:is-a", "--format", "json")
    [found] = json.loads(out)
    assert set(found) == set(Rule.__slots__)
    assert found["relation"] == "broader"


if __name__ == "__main__":
    MANUAL.write_text(manual(), encoding="utf-8")
