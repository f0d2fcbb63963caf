"""The queries of docs/sparql.md run and find something, and it names all that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kg.offers import SERVICES
from kg.services import _FUNCTIONS

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

MANUAL = (Path(__file__).parent.parent / "docs" / "sparql.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sparql\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)


@pytest.mark.model
@pytest.mark.parametrize("query", EXAMPLES)
def test_examples_find_something_in_the_sample_glossary(sample_graph: KnowledgeGraph, query: str) -> None:
    assert len(list(sample_graph.query(query))) > 1  # type: ignore[arg-type]


@pytest.mark.model
def test_the_python_example_runs(sample_graph: KnowledgeGraph) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {"graph": sample_graph, "query": EXAMPLES[0]}
    exec(code, names)
    assert len(list(names["solutions"])) > 1  # type: ignore[call-overload]


def test_every_service_property_and_function_is_in_the_manual() -> None:
    told = set(re.findall(r"\bkg:(\w+)", MANUAL))
    for name, service in SERVICES.items():
        assert {name, *service.inputs, *service.outputs[1:]} <= told
    assert set(_FUNCTIONS) <= told


def test_numbers_in_the_manual_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\|[^|]*\| `kg:(k|maxHops|depth)` \| .*?1 to ([\d,]+)", MANUAL, re.MULTILINE))
    bounds = {
        name: f"{given.most:,}" for each in SERVICES.values() for name, given in each.inputs.items() if given.most
    }
    assert rows == {name: bounds[name] for name in ("k", "maxHops", "depth")}
    limits = re.findall(r"`kg:limit` \| .*1 to ([\d,]+)", MANUAL)
    assert limits == [f"{SERVICES[name].inputs['limit'].most:,}" for name in ("search", "neighbours")]
