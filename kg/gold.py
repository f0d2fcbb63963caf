"""Gold standards: what a careful reader would say of the entries of some documents.

A gold standard is a JSON file, or a page `NAME.txt` with its annotation in `NAME.gold`, an entry at a time:

    @ beam search, text generation                    the header line, as it stands in the page
    pref: Beam Search                                 H: the header and the definition …
    alt: BS; beam decoding
    keywords: greedy search
    category: text generation
    genus: algorithm; search algorithm
    type: Method
    flags: table
    Beam Search | uses | beam width / width | *       R: subject, predicate, object / also right; * marks a core fact
    N Model: GPT-2; T5                                N: entities of one type
    X: temperature -> temperature sampling, decoding  X: a mention of another entry's concept, by its header line

Both are read into one form, that of the JSON: `segments` (file, line) of all entries; `where` (id -> the same, of every
copy of an entry); `H` (id -> pref, alt, category, genus, type); `duplicates` (groups of ids on one concept);
`annotations` (id -> R, X, N). Entries of a page that its `.gold` file leaves out are not judged (`partial`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kg.errors import ReadError
from kg.vocabulary import CLASSES, RELATIONS

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("pref", "alt", "keywords", "category", "genus", "type", "flags", "X")
_LISTS = ("alt", "keywords", "genus", "flags")
_NEEDED = ("segments", "where", "H", "duplicates", "duplicate_universe", "annotations")

Gold = dict[str, Any]


def load(path: Path, page: Path | None = None) -> Gold:
    """The gold standard in a file; `page` is the page of a `.gold` file that does not lie beside it.

    Raises `ReadError` with file and line for what cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", path) from error
    except UnicodeDecodeError as error:
        raise ReadError(f"not UTF-8 at byte {error.start}", path) from error
    if path.suffix != ".json":
        return _annotated(text, path, page or path.with_suffix(".txt"))
    try:
        gold = json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError(f"no JSON: {error.msg}", path, error.lineno) from error
    missing = [name for name in _NEEDED if not isinstance(gold, dict) or name not in gold]
    if missing:
        raise ReadError(f"no gold standard: it lacks {', '.join(missing)}", path)
    return dict(gold)


def _annotated(text: str, path: Path, page: Path) -> Gold:
    """Read the text format."""
    try:
        lines = page.read_bytes().decode("utf-8").split("\n")
    except OSError as error:
        raise ReadError(f"its page {page} cannot be read: {error.strerror}", path) from error
    except UnicodeDecodeError as error:
        raise ReadError(f"not UTF-8 at byte {error.start}", page) from error
    gold: Gold = {
        "where": {}, "segments": [], "H": {}, "annotations": {}, "duplicates": [], "duplicate_universe": [],
        "partial": True,
    }  # fmt: skip
    ids: dict[str, str] = {}
    links: list[tuple[str, str, str]] = []
    gid = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            if line.startswith("@ "):
                header = line[2:]
                gid = ids[header] = f"{path.stem}-{len(ids):03}"
                places = [[page.name, n] for n, other in enumerate(lines, 1) if other.rstrip("\r") == header]
                if not places:
                    raise ValueError(f"{page.name} has no such header line")
                gold["where"][gid] = places
                gold["segments"] += places
                gold["H"][gid] = {name: [] for name in _LISTS} | {"id": gid, "pref": header, "category": None}
                gold["annotations"][gid] = {"R": [], "X": [], "N": []}
                gold["duplicate_universe"].append(gid)
            elif not gid:
                raise ValueError("before the first entry ('@ header line')")
            else:
                _line(gold, gid, line, links)
        except ValueError as error:
            raise ReadError(f"{error}: {line}", path, number) from error
    for entry, surface, target in links:
        if target in ids:
            gold["annotations"][entry]["X"].append({"target": ids[target], "surface": surface})
    return gold


def _line(gold: Gold, gid: str, line: str, links: list[tuple[str, str, str]]) -> None:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if name in FIELDS and colon:
        if name == "X" and value:
            surface, _, target = value.partition(" -> ")
            links.append((gid, surface.strip(), target.strip()))
        elif name == "type" and value not in CLASSES:
            raise ValueError(f"there is no class {value!r}")
        elif name in _LISTS:
            gold["H"][gid][name] = [part.strip() for part in value.split(";") if part.strip()]
        elif name != "X":
            gold["H"][gid][name] = value or None
    elif name.startswith("N ") and colon:
        kind = name[2:].strip()
        if kind not in CLASSES:
            raise ValueError(f"there is no class {kind!r}")
        found = (part.strip() for part in value.split(";"))
        gold["annotations"][gid]["N"] += [{"text": text, "type": kind} for text in found if text]
    else:
        gold["annotations"][gid]["R"].append(_triple(line))


def _triple(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split(" | ")]
    objects = [o.strip() for o in parts[2].split(" / ") if o.strip()] if len(parts) in {3, 4} else []
    if not objects:
        raise ValueError("want 'subject | predicate | object', and ' | *' for a core fact")
    if parts[1] not in RELATIONS:
        raise ValueError(f"there is no relation {parts[1]!r}")
    return {"s": parts[0], "p": parts[1], "o": objects[0], "o_alt": objects[1:], "quote": "", "core": len(parts) == 4}
