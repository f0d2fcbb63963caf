"""Whole builds: documents in, graph out, through the program that people run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import kg
from kg.errors import NotAGlossary, ReadError, UsageError

ROOT = Path(__file__).parent.parent
SMALL = """\
tide mill, watermills
**Tide Mill** is a **watermill** that uses the tide to drive its wheel. It requires a millpond and a sluice gate.
**Why Tide Mill Matters**
- **Steady schedule**: the tide can be calculated years ahead.
- **Low head**: a tide mill reduces the need for a high dam.
sluice gate, hydraulics
**Sluice Gate** is a **valve** used for water level control. It was described by Agnes Holm in 1902.
millpond, hydraulics
**Millpond** is a **reservoir** that stores water for a watermill such as a tide mill.
"""

pytestmark = pytest.mark.model


def _kg(*arguments: str, hash_seed: str = "0", timeout: float = 300) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "kg", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment, check=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "mills.txt").write_text(SMALL, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(small: Path) -> Path:
    output = small / "out"
    done = _kg("build", str(small / "mills.txt"), "-o", str(output))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("documents")
    return output


def test_a_build_leaves_graph_exports_and_report(built: Path) -> None:
    assert {p.name for p in built.iterdir() if not p.name.startswith(".")} == {
        "store", "graph.ttl", "graph.nq", "report.json",
    }  # fmt: skip
    report = json.loads((built / "report.json").read_text(encoding="utf-8"))
    assert (report["entries"], report["glossary_concepts"]) == (3, 3)
    assert report["violations"] == {}
    assert {"read", "headers", "annotate", "resolve", "triples", "validate", "store"} <= report["seconds"].keys()
    assert report["documents"][0]["source"] == "mills.txt"


def test_a_built_graph_answers_with_quotes_that_stand_in_the_document(built: Path) -> None:
    graph = kg.open(built)
    described = graph.show("tide mills")
    assert described.concept.label == "Tide Mill"
    assert described.definitions[0].text.startswith("Tide Mill is a watermill")
    found = {(r.predicate, str(r.object)): r.quotes for r in described.relations}
    assert ("broader", "watermill") in found
    for quote in (quote for quotes in found.values() for quote in quotes):
        assert SMALL[quote.start : quote.end] == quote.exact
        assert SMALL.split("\n")[quote.line - 1].find(quote.exact.split("\n")[0]) >= 0


def test_two_builds_are_the_same_bytes_whatever_the_hash_seed(small: Path, built: Path) -> None:
    again = small / "again"
    assert _kg("build", str(small / "mills.txt"), "-o", str(again), hash_seed="4711").returncode == 0
    for name in ("graph.ttl", "graph.nq"):
        assert (again / name).read_bytes() == (built / name).read_bytes()


def test_the_base_of_data_is_configurable_and_the_ontology_is_not(small: Path) -> None:
    output = small / "elsewhere"
    done = _kg(
        "build", str(small / "mills.txt"), "-o", str(output), "--base", "https://mills.test/kg/", "--no-validate"
    )
    assert done.returncode == 0, done.stderr
    turtle = (output / "graph.ttl").read_text(encoding="utf-8")
    assert "https://mills.test/kg/concept/" in turtle
    assert "<https://kg.example.org/concept/" not in turtle
    assert "https://kg.example.org/ontology#" in turtle
    shown = _kg("show", "tide mill", "-g", str(output))
    assert "https://mills.test/kg/concept/tide-mill" in shown.stdout


@pytest.mark.parametrize("base", ["not an iri", "https://no.end", "http://a b/", "kg"])
def test_a_base_that_is_no_iri_is_refused_before_anything_is_read(small: Path, base: str) -> None:
    with pytest.raises(UsageError, match="base"):
        kg.build([small / "mills.txt"], small / "never", base=base)
    assert not (small / "never").exists()


def test_a_failed_build_says_where_and_leaves_the_last_graph(small: Path, built: Path) -> None:
    before = (built / "graph.nq").read_bytes()
    prose = small / "letter.txt"
    prose.write_text("Dear Ann,\n\nthe mill has burnt down. We shall build it up again.\n\nYours\n", encoding="utf-8")
    done = _kg("build", str(prose), "-o", str(built))
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(rf"kg: {re.escape(str(prose))}.*\n", done.stderr)
    assert (built / "graph.nq").read_bytes() == before
    assert kg.open(built).concept("millpond").label == "Millpond"


def test_a_missing_model_is_named_with_its_remedy(small: Path) -> None:
    done = _kg("build", str(small / "mills.txt"), "-o", str(small / "no"), "--model", "en_core_web_nope")
    assert done.returncode == 2
    assert "en_core_web_nope" in done.stderr
    assert "install" in done.stderr
    assert done.stderr.count("\n") == 1


def test_documents_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"nowhere\.txt: no such file or folder"):
        kg.build([tmp_path / "nowhere.txt"], tmp_path / "out")


@pytest.mark.parametrize("delay", [0, 0.4, 1.5])
def test_ctrl_c_leaves_the_last_good_graph(small: Path, built: Path, delay: float) -> None:
    before = (built / "graph.nq").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "kg", "build", str(ROOT / "seeds"), "-o", str(built)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Whatever runs in the background of a shell ignores interrupts, and so would the build.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    maps = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and "/spacy/" not in maps.read_text(encoding="utf-8"):
        time.sleep(0.01)  # until the build is past reading and imports spaCy,
    time.sleep(delay)  # whose compiled modules may swallow an interrupt while they load
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.endswith("kg: interrupted; the graph that was there before is untouched\n")
    assert "Traceback" not in err
    assert (built / "graph.nq").read_bytes() == before
    assert kg.open(built).concept("sluice gate").kind


def test_extract_reads_free_text_and_writes_json_lines() -> None:
    text = "A sluice gate is a valve. Sluice gates reduce flooding."
    done = subprocess.run(
        [sys.executable, "-m", "kg", "extract", "-"], input=text, capture_output=True, text=True, check=True
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    statements = [r for r in records if r["type"] == "statement"]
    assert ("sluice gate", "broader", "valve") in {
        (r["subject"].lower(), r["predicate"], r["object"].lower()) for r in statements
    }
    assert {r["type"] for r in records} == {"mention", "statement"}
    for record in records:
        assert text[record["start"] : record["end"]] == record["exact"]


def test_what_is_no_glossary_in_a_folder_is_skipped_with_a_note(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "mills.txt").write_text(SMALL, encoding="utf-8")
    (docs / "README.md").write_text("# Mills\n\nThis folder is about mills. Have fun.\n", encoding="utf-8")
    (docs / "empty.txt").touch()
    done = _kg("build", str(docs), "-o", str(tmp_path / "out"), "--no-validate")
    assert done.returncode == 0
    notes = done.stderr.splitlines()
    assert notes[0].startswith(f"skipped {docs / 'README.md'}: no glossary: no header")
    assert notes[1].startswith(f"skipped {docs / 'empty.txt'}: the document is empty")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [document["source"] for document in report["documents"]] == ["mills.txt"]
    assert [each["path"] for each in report["skipped"]] == [str(docs / "README.md"), str(docs / "empty.txt")]
    assert all(each["reason"] in note for each, note in zip(report["skipped"], notes, strict=False))


def test_a_named_file_has_to_be_a_glossary_even_when_its_folder_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "mills.txt").write_text(SMALL, encoding="utf-8")
    readme = tmp_path / "README.md"
    readme.write_text("# Mills\n\nThis folder is about mills.\n", encoding="utf-8")
    with pytest.raises(NotAGlossary, match=r"README\.md: no glossary: no header"):
        kg.build([tmp_path, readme], tmp_path / "out")


def test_a_folder_without_any_glossary_is_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text("It rained.\n\nWe went home.\n", encoding="utf-8")
    refusal = r"a\.txt: nothing here is a glossary \(2 looked at\): no glossary: no header"
    with pytest.raises(NotAGlossary, match=refusal):
        kg.build([tmp_path], tmp_path / "out")


def test_a_file_in_a_folder_that_cannot_be_decoded_is_refused_because_it_may_be_a_glossary(tmp_path: Path) -> None:
    (tmp_path / "mills.txt").write_text(SMALL, encoding="utf-8")
    (tmp_path / "old.txt").write_bytes(SMALL.replace("dam", "bâ").encode("latin-1"))
    with pytest.raises(ReadError, match=r"old\.txt:5: not UTF-8"):
        kg.build([tmp_path], tmp_path / "out")
