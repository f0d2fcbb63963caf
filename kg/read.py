"""Documents -> entries: which files there are, how their bytes become lines, what cannot be read.

    documents(paths)  the files to read, each with the name that the graph knows it by
    read(path)        its entries, one at a time, with exact offsets

A format is one function from a path to entries and one row in `READERS`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kg.errors import ReadError
from kg.model import Entry
from kg.segment import segment, split_lines

Reader = Callable[..., Iterator[Entry]]


def documents(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """The documents under these files and folders, each with its name as a source, sorted by that name.

    A source is called by its file name; where two files share one, by the shortest end of its path that tells them
    apart. A folder is searched through; hidden files and unknown formats in it are passed over. Raises `ReadError`
    for a path that is not there, for a file of an unknown format, and when nothing is left to read.
    """
    paths = list(paths)
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _files(path):
            found.setdefault(file.resolve(), file)
    if not found:
        raise ReadError("nothing to read: name a file or a folder")
    names = _short_names(list(found))
    return sorted(
        ((path, shown(names[place])) for place, path in found.items()), key=lambda pair: (pair[1], str(pair[0]))
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        files = sorted(_walk(path))
        if not files:
            raise ReadError(f"no document in this folder (looked for {_formats()})", path)
        yield from files
    elif not path.exists():
        raise ReadError("no such file or folder", path)
    elif path.suffix.lower() not in READERS:
        raise ReadError(f"unknown format {path.suffix or path.name!r}; supported are {_formats()}", path)
    else:
        yield path


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files of known formats under a folder. Links to folders are not followed: they may lead in circles."""

    def refuse(error: OSError) -> None:  # what is not looked into might hold a glossary: never pass over it in silence
        raise ReadError(f"cannot be searched: {error.strerror}", error.filename) from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(place, name)
            if file.suffix.lower() in READERS and not name.startswith(".") and file.is_file():
                yield file


def shown(path: object) -> str:
    """A path as UTF-8 can hold it: bytes of a name that are no UTF-8 become escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _formats() -> str:
    return ", ".join(sorted(READERS))


def _short_names(places: list[Path]) -> dict[Path, str]:
    """The shortest end of each path, whole parts only, that no other path ends in."""
    ends = Counter(end for place in places for end in _ends(place))
    return {place: next((end for end in _ends(place) if ends[end] == 1), place.as_posix()) for place in places}


def _ends(place: Path) -> Iterator[str]:
    parts = place.parts
    return ("/".join(parts[-n:]) for n in range(1, len(parts)))


def read(path: Path, *, source: str) -> Iterator[Entry]:
    """Yield the entries of a document, in order, as they are met: one entry is in memory at a time.

    Every character of the file is in the preamble (before the first header), a header, the terminator of a header's
    line, or a body. Offsets count code points of the file as it lies on disk. Raises `ReadError` if the file cannot be
    read, is not UTF-8, or is no glossary.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ReadError(f"unknown format {path.suffix or path.name!r}; supported are {_formats()}", path)
    return reader(path, source=source)


def _read_text(path: Path, *, source: str) -> Iterator[Entry]:
    return segment(split_lines(_decoded(path)), source=source, path=path)


def _decoded(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file with their terminators; only a line feed ends one."""
    position = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode()
                if "\0" in text:
                    raise ReadError("a binary file, not text (it holds a zero byte)", path, number)
                yield text
                position += len(line)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"not UTF-8 (byte 0x{error.object[error.start]:02x} at offset {position + error.start}); "
            "convert it, for example with iconv",
            path,
            number,
        ) from error
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", path) from error


READERS: dict[str, Reader] = {".txt": _read_text, ".md": _read_text}
"""The formats by suffix, in lower case."""
