"""The plan of docs/architecture.md holds: imports point down, stages are strangers, heavy packages have homes.

Read from the imports that the code itself has, those inside functions and those for types only included.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent.parent / "kg"
PLAN = PACKAGE.parent / "docs" / "architecture.md"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("model errors names vocabulary files tokens",),
    (
        "read segment",
        "blocks unfold delimited inline",
        "headers openings variants",
        "annotate",
        "resolve match",
        "triples",
        "store remote endpoint swap serialize sparql queries",
        "patterns questions",
        "render layout facts",
        "ties communities cutpoints",
    ),
    (
        "graph answers index columns statements quotes search network metapath bounds paths obstacles explain notebook "
        "steiner connect compare neighbours convert services offers linking replies ask view sketch results "
        "analytics figures learning proximity pathsim roles embeddings related suggest",
        "reason",
    ),
    ("validate", "push", "export", "gold grading evaluate baselines"),
    ("pipeline",),
    ("explorer",),
    ("server",),
    ("cli options console present outlines present_analysis __main__",),
)
"""From the bottom up; each string is a unit. A module imports modules of its own unit and of lower layers only."""

HOMES = {
    "spacy": {"annotate.pipeline", "baselines"},
    "textacy": {"baselines"},
    "numpy": {
        "analytics", "annotate.confidence", "bounds", "columns", "communities", "cutpoints", "embeddings", "evaluate",
        "network", "obstacles", "paths", "pathsim", "proximity", "related", "roles", "statements", "steiner", "ties",
    },
    "scipy": {"bounds", "network", "obstacles", "paths", "pathsim", "proximity", "steiner"},
    "gensim": {"embeddings"},
    "ahocorasick": {"annotate.gazetteer"},
    "pyoxigraph": {
        "vocabulary", "triples", "store", "remote", "swap", "serialize", "sparql", "queries", "graph", "quotes",
        "columns", "statements",
        "services", "offers", "replies", "convert", "results", "sketch", "learning", "reason", "validate", "export",
        "push", "console", "explorer.entries", "explorer.queries", "server.answer", "server.describe",
        "server.protocol", "server.worker", "server.writer",
    },
    "SPARQLWrapper": {"remote"},
    "rapidfuzz": {"index", "linking", "queries", "search"},
    "networkx": {"convert", "graph", "export", "reason"},
    "rdflib": {"convert", "validate"},
    "pyshacl": {"validate"},
    "igraph": {"communities", "layout", "ties"},
    "pyvis": {"render"},
    "pandas": {"analytics", "results"},
    "markupsafe": {"render"},
    "jinja2": {"explorer.site"},
    "fastapi": {"server.app"},
    "starlette": {"server.app", "server.pages", "server.headers"},
    "uvicorn": {"server"},
    "typer": {"cli", "cli.ask", "cli.explore", "cli.make", "cli.share", "cli.study", "options"},
    "rich": {"console"},
}  # fmt: skip
"""The only modules in which a package is imported, types aside."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name != "__init__":
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """The names of imported modules; `from kg import x` imports x, unless x is not a module of ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "relative imports are not used here"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from inner if node.module in {"kg", "kg.annotate", "kg.cli"} else [node.module]


def without_types(tree: ast.Module) -> ast.Module:
    class Strip(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | None:
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)

    return Strip().visit(ast.parse(ast.unparse(tree)))  # type: ignore[no-any-return]


UNIT_OF = {module: unit for layer in LAYERS for unit in layer for module in unit.split()}
LAYER_OF = {unit: number for number, layer in enumerate(LAYERS) for unit in layer}
MODULES = dict(modules())


def test_every_module_has_a_place() -> None:
    assert {name.partition(".")[0] for name in MODULES} == set(UNIT_OF)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name: str) -> None:
    unit = UNIT_OF[name.partition(".")[0]]
    for full in imported(MODULES[name]):
        package, _, rest = full.partition(".")
        other = rest.partition(".")[0]
        if package == "kg" and other in UNIT_OF:  # `import kg`, for its version, is no module
            target = UNIT_OF[other]
            assert target == unit or LAYER_OF[target] < LAYER_OF[unit], f"kg.{name} must not import {full}"


@pytest.mark.parametrize("package", HOMES)
def test_packages_are_imported_at_home_only(package: str) -> None:
    users = {
        name
        for name, tree in MODULES.items()
        if any(full.partition(".")[0] == package for full in imported(without_types(tree)))
    }
    assert users == HOMES[package]


def test_other_packages_are_the_standard_library() -> None:
    known = {"kg", *HOMES, *sys.stdlib_module_names}
    strange = {(name, full) for name, tree in MODULES.items() for full in imported(tree)}
    assert {(name, full) for name, full in strange if full.partition(".")[0] not in known} == set()


@pytest.mark.parametrize("module", ["kg", "kg.cli", "kg.pipeline", "kg.graph"])
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str) -> None:
    light = {"pyoxigraph", "typer", "rich", "markupsafe"}
    code = f"import sys, {module}; print(*({set(HOMES) - light} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_plan_names_every_module() -> None:
    plan = PLAN.read_text(encoding="utf-8")
    named = {*re.findall(r"`kg/(\w+)", plan), *re.findall(r"`(\w+)\.py`", plan)}
    assert {name.rpartition(".")[2] for name in MODULES} - {"__main__"} == named - {"page"}
