"""A build's files in a directory, replaced as one: whatever happens, the directory holds a whole graph.

A build writes `store.new`, `graph.ttl.new` and `graph.nq.new`, and puts them in place by renames:

    store      -> store.old      the commit: until here the last graph stands, from here on the new one does
    *.new      -> *              roll forward; whoever finds the directory in the middle of it completes it
    store.old  -> (removed)

One writer at a time, held by a lock that the system drops when its holder ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.errors import StoreError, UsageError
from kg.serialize import prefixes, serialize
from kg.vocabulary import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Write = Callable[[Iterable[ox.Quad], str, Mapping[str, bytes]], int]
    """Replaces the graph of a directory; see `writing`."""

STORE = "store"
LIVE = "store.live"
"""Where a writable server has its working copies, beside the store."""
LOCK = ".lock"
_NEW = ".new"
_OLD = ".old"


def check_output(output: Path) -> None:
    """Say before a build begins what would stop it from being written, as far as that can be known; change nothing.

    Raises `UsageError` for a place that can be no directory, `StoreError` when another build is writing there or the
    directory may not be written.
    """
    place = next(path for path in (output, *output.absolute().parents) if os.path.lexists(path))
    if not place.is_dir():
        raise UsageError(f"{output} cannot hold a graph: {place} is no directory; name another place with -o DIR")
    if not os.access(place, os.W_OK | os.X_OK):
        raise StoreError(f"{output} cannot be written: {place} is closed to you; name another place with -o DIR")
    with suppress(OSError):
        if (output / LOCK).exists():
            with locked(output):
                pass


def write_build(
    output: Path, quads: Iterable[ox.Quad], *, base: str = BASE, files: Mapping[str, bytes] | None = None
) -> int:
    """Replace the graph in a directory: store, `graph.ttl`, `graph.nq` and further `files` by name; count its quads.

    Until the new graph is complete the last one stays untouched; an interrupted build leaves at most `*.new`, which
    the next one removes. Raises `StoreError` when another build is writing here or the disk refuses.
    """
    with writing(output) as write:
        return write(quads, base, files or {})


@contextmanager
def writing(output: Path) -> Iterator[Write]:
    """Be the only writer of a directory, and get the function that replaces its graph.

    For those who make the new graph out of the old one: within it nobody else can replace what they read. The function
    takes quads, base and further files, and returns the number of quads. Raises as `write_build` does.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with locked(output):
            _complete(output)
            _clean(output)
            yield partial(_replace, output)
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {_reason(error)}; what was in it is unchanged") from error


def replace_store(output: Path, make: Callable[[Path], None]) -> None:
    """Replace the store of a directory by the one that `make` makes at a path, beside the files of the last build.

    To be called within `locked`. Raises what `make` raises; then the last store stands.
    """
    _complete(output)
    _clean(output)
    with _whole(output):
        make(output / (STORE + _NEW))
        _swap(output)


def _replace(output: Path, quads: Iterable[ox.Quad], base: str, files: Mapping[str, bytes]) -> int:
    with _whole(output):
        count = _prepare(output, quads, base, files)
        _swap(output)
    return count


@contextmanager
def _whole(output: Path) -> Iterator[None]:
    """After a failure within it, remove what has been made, unless it is committed already."""
    try:
        yield
    except BaseException:
        if (output / STORE).exists() or not (output / (STORE + _OLD)).exists():
            _clean(output)
        raise


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def settled(output: Path) -> Iterator[Path]:
    """Yield the directories in which the store of `output` may be opened, the best first, until one exists.

    Completes a build that was killed between its renames. A build that is in the middle of them is waited for.
    """
    for _ in range(50):
        store, old = output / STORE, output / (STORE + _OLD)
        if store.exists():
            yield store
        elif not old.exists():
            return
        else:
            try:
                with locked(output):
                    _complete(output)
            except StoreError:
                pass  # a build is at it
            except OSError:  # a directory that only can be read: the last graph is as good as any
                yield old
        time.sleep(0.02)


def _prepare(output: Path, quads: Iterable[ox.Quad], base: str, files: Mapping[str, bytes]) -> int:
    """Write everything beside the old graph, down to the disk."""
    dataset = set(quads)
    names = prefixes(base)
    lines = output / ("graph.nq" + _NEW)
    _write(lines, serialize(dataset, ox.RdfFormat.N_QUADS, names))
    store = ox.Store(str(output / (STORE + _NEW)))
    with ThreadPoolExecutor(1) as beside:  # the engine loads without Python's lock, while Turtle is written
        loading = beside.submit(store.bulk_load, path=str(lines), format=ox.RdfFormat.N_QUADS)
        _write(output / ("graph.ttl" + _NEW), serialize(dataset, ox.RdfFormat.TURTLE, names))
        loading.result()
    store.optimize()  # a bulk load leaves a file for each million quads or so, and a look-up would try all of them
    store.flush()
    for name, content in files.items():
        _write(output / (name + _NEW), content)
    return len(dataset)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _swap(output: Path) -> None:
    store = output / STORE
    if store.exists():
        store.rename(output / (STORE + _OLD))
    _complete(output, first=True)


def _complete(output: Path, *, first: bool = False) -> None:
    """Roll a committed swap forward: only then is there a `store.old` and no `store`."""
    store, old, new = (output / (STORE + suffix) for suffix in ("", _OLD, _NEW))
    if store.exists() or not (first or old.exists()):
        return
    if not new.exists():
        old.rename(store)
        return
    for path in sorted(output.glob("*" + _NEW)):
        if path != new:
            path.replace(path.with_suffix(""))
    new.rename(store)
    _sync(output)
    shutil.rmtree(old, ignore_errors=True)


def _clean(output: Path) -> None:
    """Remove what interrupted builds have left."""
    for path in [*output.glob("*" + _NEW), output / (STORE + _OLD)]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Be the only writer of a directory; raises `StoreError` at once if another one is."""
    handle = os.open(output / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"another build or a writable server has {output} in hand: wait for it, or build elsewhere with -o DIR"
            ) from None
        yield
    finally:
        os.close(handle)


def _sync(directory: Path) -> None:
    """Make renames durable, where the system can."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
