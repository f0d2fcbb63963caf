"""A build replaces the last one as a whole, whatever interrupts it, and whoever reads meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from kg.errors import MissingGraph, StoreError, UsageError
from kg.store import LocalStore, open_store
from kg.swap import check_output, write_build, writing
from kg.triples import quads
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
FILES = {"graph.ttl", "graph.nq", "store", ".lock"}


def numbered(number: int) -> list[ox.Quad]:
    """A graph that can be told from others."""
    triple = (ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p"), ox.Literal(str(number)))
    return [ox.Quad(*triple)]


def number(output: Path) -> str:
    """Which of the graphs is in a directory, in the store and in both files alike."""
    (quad,) = open_store(output).quads()
    value: str = quad.object.value  # type: ignore[union-attr]
    for name in ("graph.ttl", "graph.nq"):
        assert f'"{value}"' in (output / name).read_text()
    return value


def test_a_build_leaves_store_and_files_and_nothing_else(tmp_path: Path) -> None:
    output = tmp_path / "deep" / "output"
    dataset = list(quads(tiny_knowledge()))
    assert write_build(output, iter([*dataset, *dataset])) == len(set(dataset))
    assert {path.name for path in output.iterdir()} == FILES
    for name, format in (("graph.ttl", ox.RdfFormat.TURTLE), ("graph.nq", ox.RdfFormat.N_QUADS)):
        read = set(ox.parse(path=output / name, format=format))
        assert {quad.triple for quad in read} == {quad.triple for quad in dataset}
    assert set(open_store(output).quads()) == set(dataset)


def test_two_builds_of_one_graph_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_build(tmp_path / name, quads(tiny_knowledge()))
    for name in ("graph.ttl", "graph.nq"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_build_replaces_the_last_one_and_leaves_strange_files_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_build(tmp_path, numbered(1), files={"report.json": b"{1}"})
    write_build(tmp_path, numbered(2), files={"report.json": b"{2}"})
    assert number(tmp_path) == "2"
    assert (tmp_path / "report.json").read_bytes() == b"{2}"
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "notes.txt", "report.json"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_build_that_fails_leaves_the_last_one(tmp_path: Path, error: type[BaseException]) -> None:
    def interrupted() -> Iterator[ox.Quad]:
        yield from numbered(2)
        raise error

    with pytest.raises(error):
        write_build(tmp_path, interrupted())
    with pytest.raises(MissingGraph):
        open_store(tmp_path)
    write_build(tmp_path, numbered(1))
    with pytest.raises(error):
        write_build(tmp_path, interrupted())
    assert number(tmp_path) == "1"
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_what_would_stop_a_build_is_known_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(UsageError, match=r"cannot hold a graph: .*file is no directory; name another place"):
            check_output(output)
    check_output(tmp_path / "new" / "deeper")
    assert not (tmp_path / "new").exists()
    write_build(tmp_path / "out", numbered(1))
    with writing(tmp_path / "out"), pytest.raises(StoreError, match="another build or a writable server has"):
        check_output(tmp_path / "out")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="is closed to you; name another place with -o DIR"):
        check_output(tmp_path)


def test_a_full_disk_is_an_error_that_leaves_the_last_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_build(tmp_path, numbered(1))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device; what was in it is unchanged"):
        write_build(tmp_path, numbered(2))
    assert number(tmp_path) == "1"
    assert {path.name for path in tmp_path.iterdir()} == FILES


KILLED = """
import os, sys
from pathlib import Path
from kg.swap import write_build
from tests.test_swap import numbered

left = int(sys.argv[2])

def counted(method):
    def move(self, target):
        global left
        if left == 0:
            os._exit(9)
        left -= 1
        return method(self, target)
    return move

Path.rename, Path.replace = counted(Path.rename), counted(Path.replace)
write_build(Path(sys.argv[1]), numbered(2))
"""


@pytest.mark.parametrize("moves", range(5))
def test_a_build_that_is_killed_between_two_renames_loses_nothing(tmp_path: Path, moves: int) -> None:
    """A build makes four renames. Killed before the first, the old graph stays; after it, the new one is there."""
    write_build(tmp_path, numbered(1))
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(moves)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == (9 if moves < 4 else 0)
    assert number(tmp_path) == ("1" if moves == 0 else "2")
    write_build(tmp_path, numbered(3))
    assert number(tmp_path) == "3"
    assert {path.name for path in tmp_path.iterdir()} == FILES


@pytest.mark.parametrize("moves", range(4))
def test_a_first_build_that_is_killed_can_be_repeated(tmp_path: Path, moves: int) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(moves)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == (9 if moves < 3 else 0)
    write_build(tmp_path, numbered(3))
    assert number(tmp_path) == "3"
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_a_half_swapped_directory_that_cannot_be_written_still_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_build(tmp_path, numbered(1))
    (tmp_path / "store").rename(tmp_path / "store.old")

    def refused(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    assert len(LocalStore.open(tmp_path)) == 1


def test_an_old_store_without_a_new_one_is_put_back(tmp_path: Path) -> None:
    write_build(tmp_path, numbered(1))
    (tmp_path / "store").rename(tmp_path / "store.old")
    assert number(tmp_path) == "1"
    assert (tmp_path / "store").is_dir()


def test_a_second_build_into_the_same_directory_is_refused(tmp_path: Path) -> None:
    write_build(tmp_path, numbered(1))
    started, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[ox.Quad]:
        started.set()
        go_on.wait(10)
        yield from numbered(2)

    first = threading.Thread(target=write_build, args=(tmp_path, slow()))
    first.start()
    started.wait(10)
    with pytest.raises(StoreError, match=r"another build or a writable server has .*: wait for it, or build elsewhere"):
        write_build(tmp_path, numbered(3))
    assert number(tmp_path) == "1", "readers are not disturbed"
    go_on.set()
    first.join()
    assert number(tmp_path) == "2"


def test_a_lock_without_its_holder_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    write_build(tmp_path, numbered(1))
    assert number(tmp_path) == "1"


def test_a_reader_keeps_its_graph_while_another_is_built(tmp_path: Path) -> None:
    write_build(tmp_path, numbered(1))
    reader = open_store(tmp_path)
    write_build(tmp_path, numbered(2))
    ((value,),) = reader.select("SELECT ?o { ?s ?p ?o }")
    assert value.value == "1"
    assert number(tmp_path) == "2"


def test_readers_find_a_graph_at_every_moment(tmp_path: Path) -> None:
    write_build(tmp_path, numbered(0))
    done = threading.Event()
    faults: list[Exception] = []

    def read() -> None:
        while not done.is_set():
            try:
                assert len(LocalStore.open(tmp_path)) == 1
            except Exception as error:
                faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for build in range(1, 6):
        write_build(tmp_path, numbered(build))
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("not a directory")
    with pytest.raises(StoreError, match="cannot be written"):
        write_build(tmp_path / "output", numbered(1))
