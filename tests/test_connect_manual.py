"""The commands of docs/connect.md print what it shows, and its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kg import cli

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

MANUAL = (Path(__file__).parent.parent / "docs" / "connect.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n\$ (kg [^\n]+)\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)


def without_numbers(text: str) -> set[str]:
    """The lines of an output; confidences are not the same on every machine."""
    return {re.sub(r"[\d.]+", "#", line).strip() for line in text.splitlines() if line.strip()}


@pytest.mark.model
def test_the_manual_shows_what_is_printed(
    sample_graph: KnowledgeGraph, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(BLOCKS) == 5
    for command, shown in BLOCKS:
        monkeypatch.setattr("sys.argv", [*shlex.split(command), "-g", sample_graph.store.place])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        lines = without_numbers(shown)
        assert len(lines & without_numbers(capsys.readouterr().out)) >= 0.8 * len(lines), command


@pytest.mark.model
def test_the_python_of_the_manual_runs(sample_graph: KnowledgeGraph) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {"graph": sample_graph}
    exec(code, names)
    assert len(names["tree"].steps) > 2  # type: ignore[attr-defined]
    assert names["both"].shared  # type: ignore[attr-defined]
    assert names["around"].concepts  # type: ignore[attr-defined]
