"""The project as strangers get it: pins, Makefile, sdist and wheel, and `kg` installed outside the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PIN = re.compile(
    r"^([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)
DATA = {
    **{f"kg/data/ontology/{path.name}": path for path in (ROOT / "ontology").glob("*.ttl")},
    **{f"kg/data/queries/{path.name}": path for path in (ROOT / "queries").glob("*.rq")},
    **{
        path.relative_to(ROOT).as_posix(): path
        for path in (ROOT / "kg").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    },
}


def run(command: Sequence[str | Path], *, cwd: Path, **environment: str) -> str:
    """The output of a command that has to succeed, without the variables that could lead it back to the checkout."""
    leads = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    inherited = {name: value for name, value in os.environ.items() if name not in leads}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | {"COLUMNS": "200", "NO_COLOR": "1"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


# ------------------------------------------------------------------------------------------------------------ pins


def test_every_pin_is_exact_and_has_hashes() -> None:
    entries = [line for line in CONSTRAINTS.splitlines() if line and line[0] not in " #"]
    assert len(entries) == len(PIN.findall(CONSTRAINTS)) > 50


def test_pins_name_no_index_and_no_host() -> None:
    assert not re.search(r"://|^-|--(?:index|extra|find|trusted)", CONSTRAINTS, re.MULTILINE)


def test_pins_say_how_they_are_made_again() -> None:
    assert "make lock" in "".join(CONSTRAINTS.splitlines(keepends=True)[:3])


@pytest.mark.parametrize(
    "line",
    [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"], *PROJECT["build-system"]["requires"]],
)
def test_pins_satisfy_what_the_project_asks_for(line: str) -> None:
    wanted = Requirement(line)
    versions = [version for name, version, _ in PIN.findall(CONSTRAINTS) if name == canonicalize_name(wanted.name)]
    assert versions, f"{wanted.name} is not in constraints.txt: run 'make lock'"
    assert all(wanted.specifier.contains(version) for version in versions)


# ------------------------------------------------------------------------------------------- Makefile and .ci/run


def test_make_alone_lists_the_targets() -> None:
    listed = run(["make"], cwd=ROOT)
    for target in ("build", "test", "check", "lint", "bench", "score", "dist", "lock", "install", "clean"):
        assert re.search(rf"^make {target} ", listed, re.MULTILINE)


def test_make_build_takes_documents_and_output() -> None:
    planned = run(["make", "-n", "build", "SEEDS=pages other.txt", "OUTPUT=there", "PYTHON=false"], cwd=ROOT)
    assert "kg build pages other.txt -o there" in planned
    assert "there/graph.html" in planned


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"


# ---------------------------------------------------------------------------------------------- sdist and wheel


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An sdist of the checkout and the wheel that was built from this sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


def test_sdist_has_what_make_needs(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"Makefile", "constraints.txt", "pyproject.toml", "README.md", "LICENSE", "seeds/001_databases.txt"} <= names
    assert {"tests/test_packaging.py", "tests/golden/seeds-entries.txt", "docs/installing.md"} <= names
    assert not any(name.startswith((".venv", "output/store", "dist/")) or "__pycache__" in name for name in names)


def test_wheel_has_all_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    files = {name: content for name, content in packed.items() if ".dist-info/" not in name}
    assert files == {name: path.read_bytes() for name, path in DATA.items()}
    assert {"kg/py.typed", "kg/data/ontology/kg.ttl", "kg/data/ontology/shapes.ttl"} <= set(files)
    (entry_points,) = (packed[name] for name in packed if name.endswith("entry_points.txt"))
    assert b"kg = kg.cli:main" in entry_points


def test_wheel_of_the_checkout_is_the_wheel_of_the_sdist(wheel: Path, tmp_path: Path) -> None:
    run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT], cwd=tmp_path)
    (direct,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(direct) as other:
        assert {n: one.read(n) for n in one.namelist()} == {n: other.read(n) for n in other.namelist()}


# ------------------------------------------------------------------------------------------ outside the checkout


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a new environment with the wheel in it, which borrows the dependencies of this one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel], cwd=home)
    site = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], cwd=home).strip())
    lent = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    (site / "lent.pth").write_text("".join(f"{path}\n" for path in lent), encoding="utf-8")
    return home / "bin"


@pytest.fixture
def kg(scripts: Path) -> Path:
    return scripts / "kg"


def test_installed_package_is_not_the_checkout(scripts: Path, tmp_path: Path) -> None:
    found = run([scripts / "python", "-c", "import kg; print(kg.__file__)"], cwd=tmp_path).strip()
    assert Path(found).is_relative_to(scripts.parent)


def test_installed_help_lists_the_commands(kg: Path, tmp_path: Path) -> None:
    shown = run([kg, "--help"], cwd=tmp_path)
    for command in (
        "build",
        "query",
        "queries",
        "search",
        "show",
        "path",
        "viz",
        "export",
        "validate",
        "stats",
        "serve",
    ):
        assert re.search(rf"\b{command}\b", shown)


def test_installed_ontology_and_queries_are_found(scripts: Path, kg: Path, tmp_path: Path) -> None:
    program = "from kg import vocabulary as v; print(len(v.CLASSES), len(v.RELATIONS))"
    assert run([scripts / "python", "-c", program], cwd=tmp_path).split() == ["17", "15"]
    listed = run([kg, "queries"], cwd=tmp_path)
    assert all(path.stem in listed for path in (ROOT / "queries").glob("*.rq"))


@pytest.mark.model
def test_installed_program_builds_asks_validates_and_draws(kg: Path, tmp_path: Path) -> None:
    run([kg, "build", ROOT / "seeds", "-o", "graph"], cwd=tmp_path)
    report = json.loads((tmp_path / "graph" / "report.json").read_text(encoding="utf-8"))
    assert report["entries"] == 68
    assert (tmp_path / "graph" / "graph.ttl").stat().st_size > 100_000
    assert "Raft" in run([kg, "show", "raft", "-g", "graph"], cwd=tmp_path)
    run([kg, "validate", "-g", "graph"], cwd=tmp_path)
    run([kg, "viz", "raft", "-g", "graph", "-o", "raft.html"], cwd=tmp_path)
    assert "<html" in (tmp_path / "raft.html").read_text(encoding="utf-8")[:2000]
