"""The Python of docs/connect.md runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

MANUAL = (Path(__file__).parent.parent / "docs" / "connect.md").read_text(encoding="utf-8")


@pytest.mark.model
def test_the_python_of_the_manual_runs(sample_graph: KnowledgeGraph) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {"graph": sample_graph}
    exec(code, names)
    assert len(names["tree"].steps) > 2  # type: ignore[attr-defined]
    assert names["both"].shared  # type: ignore[attr-defined]
    assert names["around"].concepts  # type: ignore[attr-defined]
