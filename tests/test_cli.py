"""The command line as people type it: arguments in, text and exit status out."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer

import kg
from kg import cli
from kg.errors import UsageError
from kg.files import write_file
from kg.store import write_build
from kg.triples import quads
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    "build", "extract", "validate", "infer", "evaluate", "search", "ask", "show", "path", "query", "queries", "rules",
    "stats", "viz", "connect", "common", "neighbours", "analyse", "learn", "related",
    "suggest",
    "export", "push", "serve",
)  # fmt: skip


class Terminal:
    """Runs `kg` in this process and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.built = built
        self.err = ""

    def __call__(self, *arguments: str, status: int = 0, graph: bool = True) -> str:
        more = ["-g", str(self.built)] if graph else []
        self._monkeypatch.setattr(sys, "argv", ["kg", *arguments, *more])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, self.err = self._capsys.readouterr()
        assert (ended.value.code or 0) == status, self.err
        return out


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("tiny")
    write_build(output, quads(tiny_knowledge()))
    return output


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, built: Path) -> Terminal:
    return Terminal(capsys, monkeypatch, built)


def test_help_names_every_command(run: Terminal) -> None:
    out = run("--help", graph=False)
    assert [name for name in COMMANDS if f" {name} " not in out] == []
    assert sorted(typer.main.get_command(cli.app).commands) == sorted(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Terminal, command: str) -> None:
    assert f"kg {command}" in run(command, "--help", graph=False)


def test_commands_that_read_a_graph_take_an_endpoint(run: Terminal) -> None:
    for command in COMMANDS:
        text = run(command, "--help", graph=False)
        reads = "--graph" in text and command not in {"push", "serve", "infer"}
        assert ("--endpoint" in text) == (reads or command == "queries"), command
        assert ("--password-file" in text) == (reads or command == "push"), command


def test_version(run: Terminal) -> None:
    assert run("--version", graph=False) == f"kg {kg.__version__}\n"


def test_without_arguments_the_manual_is_shown(run: Terminal) -> None:
    assert "Make a graph" in run(graph=False, status=2)
    assert run.err == ""


# ----------------------------------------------------------------------------------------------------------- answers


def test_show_tells_definitions_relations_and_quotes(run: Terminal) -> None:
    out = run("show", "GRAFTINGS")
    assert out.startswith("Grafting\n  Method · field: horticulture · field: tree surgery\n")
    assert "Grafting is a propagation method that joins a scion to a rootstock.\n    — garden.txt:2" in out
    assert "  Grafting uses Grafting wax  90%\n    “uses grafting wax” — garden.txt:2" in out
    assert "entry shed.txt:1  [truncated]" in out


def test_show_without_quotes(run: Terminal) -> None:
    assert "“" not in run("show", "grafting", "--quotes", "0")


def test_path_shows_the_evidence_of_each_step(run: Terminal) -> None:
    out = run("path", "budding", "sealant")
    assert out.startswith("1. Budding → Grafting → Grafting wax → sealant  (3 steps, cost ")
    assert "   Budding contrasts with Grafting  70%\n     “Unlike budding” — garden.txt:2" in out


def test_paths_as_json_have_offsets(run: Terminal) -> None:
    paths = json.loads(run("path", "budding", "sealant", "-k", "2", "--format", "json"))["paths"]
    quote = paths[0]["steps"][0]["relations"][0]["quotes"][0]
    assert quote["exact"] == "Unlike budding"
    assert quote["end"] - quote["start"] == len("Unlike budding")


def test_paths_take_every_constraint(run: Terminal) -> None:
    assert run("path", "grafting", "budding", "--via", "propagation method").startswith("1. Grafting → propagation")
    assert run("path", "grafting", "budding", "--metapath", "Method-contrastsWith>*").startswith(
        "1. Grafting → Budding"
    )
    assert run("path", "grafting", "sealant", "--type", "Material").startswith("1. Grafting → Grafting wax → sealant")
    assert run("path", "grafting", "budding", "--all-shortest").count("cost") == 1
    assert run("path", "grafting", "budding", "-k", "2", "--time-budget", "60").count("cost") == 2
    run("path", "grafting", "budding", "-k", "2", "--all-shortest", status=2)
    assert run.err == "kg: -k and --all-shortest both say how many paths: give one of them\n"


def test_paths_are_drawn_as_a_page_beside_the_answer(run: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "paths.html"
    out = run("path", "budding", "sealant", "--html", str(page))
    assert "1. Budding → Grafting" in out
    assert "From Budding to sealant" in page.read_text("utf-8")


def test_search_ranks_and_says_what_matched(run: Terminal) -> None:
    lines = run("search", "graft").splitlines()
    assert lines[0].split() == ["concept", "kind", "matched", "text"]
    assert lines[1].split() == ["Grafting", "Method", "label", "Grafting"]


def test_validate_as_json_says_whether_the_graph_conforms(run: Terminal) -> None:
    found = json.loads(run("validate", "--format", "json"))
    assert found["conforms"] is (found["groups"] == [])
    assert found["shapes"] > 0


def test_stats_count(run: Terminal) -> None:
    found = json.loads(run("stats", "--format", "json"))
    assert (found["entries"], found["concepts"], found["relations"]) == (4, 12, 10)
    assert "entries            4\n" in run("stats")


# ----------------------------------------------------------------------------------------------------------- queries

LABELS = "SELECT ?c ?label { ?c a kg:Material ; skos:prefLabel ?label } ORDER BY ?label"


def test_query_prints_a_table_with_short_names(run: Terminal) -> None:
    out = run("query", LABELS)
    assert out.splitlines()[1].split(maxsplit=1) == ["concept:grafting-wax", "Grafting wax"]
    assert run.err == "2 rows\n"


def test_query_in_csv_is_plain_sparql_results(run: Terminal) -> None:
    rows = list(csv.reader(io.StringIO(run("query", LABELS, "--format", "csv"))))
    assert rows == [
        ["c", "label"],
        ["https://kg.example.org/concept/grafting-wax", "Grafting wax"],
        ["https://kg.example.org/concept/sealant", "sealant"],
    ]


def test_query_in_json(run: Terminal) -> None:
    found = json.loads(run("query", LABELS, "--format", "json"))
    assert [row["label"]["value"] for row in found["results"]["bindings"]] == ["Grafting wax", "sealant"]


def test_query_from_a_file_and_ask(run: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "q.rq"
    file.write_text("ASK { ?s kg:uses ?o }")
    assert run("query", "--file", str(file)) == "yes\n"


def test_construct_as_turtle(run: Terminal) -> None:
    out = run("query", "CONSTRUCT WHERE { ?s kg:reduces ?o }", "--format", "turtle")
    assert "kg:reduces" in out


def test_a_named_query_takes_a_label(run: Terminal) -> None:
    out = run("query", "--name", "types-of", "-p", "concept=propagation methods")
    assert "Budding" in out
    assert "Grafting" in out


def test_queries_are_listed_and_shown(run: Terminal) -> None:
    listed = run("queries", graph=False)
    assert "types-of" in listed
    assert "SELECT" in run("queries", "types-of", graph=False)


# ----------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "graftng"], "no concept 'graftng' in this graph; did you mean 'Grafting', 'Grafting wax'?"),
        (["query"], "give one query: as text, with --file, or with --name (see 'kg query --help')"),
        (["query", LABELS, "-p", "x=1"], "parameters belong to a named query: give --name"),
        (["query", "--name", "types-of", "-p", "oops"], "-p oops: write it as NAME=VALUE"),
        (["query", "--file", "/nowhere.rq"], "/nowhere.rq: No such file or directory"),
        (
            ["query", LABELS, "--endpoint", "example"],
            "--endpoint example: not the URL of an endpoint, which begins with http:// or https://",
        ),
        (["viz", "-o", "/dev/null/x.html"], "/dev/null/x.html cannot be written: Not a directory"),
        (["export", "-o", "/dev/null/x.ttl"], "/dev/null/x.ttl cannot be written: Not a directory"),
        (["path", "grafting", "grafting"], "grafting and grafting are the same concept, 'Grafting': a path needs two"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(run: Terminal, arguments: list[str], message: str) -> None:
    assert run(*arguments, status=2) == ""
    assert run.err == f"kg: {message}\n"


def test_a_directory_without_a_graph(run: Terminal, tmp_path: Path) -> None:
    run("stats", "-g", str(tmp_path), graph=False, status=2)
    assert run.err == f"kg: no graph in {tmp_path}: run 'kg build' first, or name another with -g DIR\n"


def test_a_search_without_hits_fails_as_grep_does(run: Terminal) -> None:
    assert run("search", "zzzzqqqq", status=1) == ""
    assert run.err == "kg: nothing matches 'zzzzqqqq'\n"


def test_no_path_is_a_failure_with_a_reason(run: Terminal) -> None:
    run("path", "grafting", "horticulture", status=1)
    assert run.err.startswith("kg: ")
    assert run.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "manual"),
    [
        (["frobnicate"], "kg"),
        (["show"], "kg show"),
        (["stats", "--nonsense"], "kg stats"),
        (["path", "a", "b", "-k", "0"], "kg path"),
    ],
)
def test_unknown_words_are_usage_errors(run: Terminal, arguments: list[str], manual: str) -> None:
    run(*arguments, status=2, graph=False)
    assert run.err.startswith("kg: ")
    assert run.err.endswith(f"(see '{manual} --help')\n")


def test_a_query_that_does_not_parse_is_pointed_at(run: Terminal) -> None:
    run("query", "SELECT ?s {\n ?s kg:uses }", status=2)
    lines = run.err.splitlines()
    assert lines[0].startswith("kg: line 2, column ")
    assert lines[-1].strip() == "^"


# ------------------------------------------------------------------------------------------------------------- pages


def test_viz_writes_one_page(run: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "deep" / "garden.html"
    run("viz", "grafting", "--depth", "1", "-o", str(page))
    assert run.err == f"{page}: 6 concepts, 6 relations; open it in a browser\n"
    text = page.read_text(encoding="utf-8")
    assert "Unlike budding" in text
    assert "Ada Birch" not in text


def test_viz_opens_on_the_view_that_is_asked_for(run: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "garden.html"
    run("viz", "propagation methods", "--view", "tree", "--title", "Ways to <propagate>", "-o", str(page))
    assert run.err == f"{page}: 3 concepts, 3 relations; open it in a browser\n"
    text = page.read_text(encoding="utf-8")
    assert '"look":"tree"' in text
    assert "<title>Ways to &lt;propagate&gt;</title>" in text
    run("viz", "grafting", "--view", "fields", "-o", str(page))
    assert run.err == f"{page}: 9 concepts, 9 relations; open it in a browser\n"
    assert '"look":"fields"' in page.read_text(encoding="utf-8")
    run("viz", "juvenility", "--view", "tree", "-o", str(page), status=2)
    assert run.err == "kg: nothing to draw as a tree: no concept of the view is a kind of another\n"


def test_export_to_a_file_and_to_standard_output(run: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "g.nq"
    run("export", "-o", str(file))
    assert file.read_bytes() == (run.built / "graph.nq").read_bytes()
    assert run("export", "--format", "turtle") == (run.built / "graph.ttl").read_text(encoding="utf-8")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, link = tmp_path / "deep" / "g.ttl", tmp_path / "link.ttl"
    write_file(place, b"old")
    link.symlink_to(place)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(type(place), "replace", full)
        with pytest.raises(UsageError, match="cannot be written: No space left on device"):
            write_file(place, b"new")
    assert place.read_bytes() == b"old"
    write_file(link, b"new")
    assert place.read_bytes() == b"new"
    assert link.is_symlink()
    assert [path.name for path in place.parent.iterdir()] == ["g.ttl"]


@pytest.mark.parametrize("command", [["show", "grafting"], ["show", "grafting", "--format", "json"], ["stats"]])
def test_pipes_get_utf8_whatever_the_locale(built: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kg", *command, "-g", str(built)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert ("·" in done.stdout.decode("utf-8")) is (command == ["show", "grafting"])


def test_closed_streams_are_no_reason_to_fail(built: Path) -> None:
    for closed in (">&-", "<&-", "2>&-", ">&- <&- 2>&-"):
        command = f"{sys.executable} -m kg stats -g {built} {closed}"
        assert subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, check=False).returncode == 0, closed


def test_hostile_labels_cannot_command_the_terminal() -> None:
    from kg.console import safe

    assert safe("\x1b[31mred\x1b[0m \u202egnp.exe\u202c ok é 漢 👩‍🔬") == (
        "\\x1b[31mred\\x1b[0m \\u202egnp.exe\\u202c ok é 漢 👩‍🔬"
    )


def test_the_program_starts_without_heavy_imports() -> None:
    heavy = ("spacy", "rdflib", "pyshacl", "fastapi", "igraph", "networkx", "pyvis")
    code = f"import sys, kg.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
