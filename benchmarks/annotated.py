"""Annotated glossary pages in a plain text format, read into the form of the gold standard's JSON.

A page `NAME.txt` has its annotation in `NAME.gold`, an entry at a time:

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
    X: temperature -> temperature sampling, decoding  X: a mention of another entry's concept

The annotation guide is that of the gold standard (predicates, types, what counts).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("pref", "alt", "keywords", "category", "genus", "type", "flags", "X")
_LISTS = ("alt", "keywords", "genus", "flags")


def load(path: Path, page: Path | None = None) -> dict[str, Any]:
    """The annotation in `path`: a gold standard's JSON, or a `.gold` file beside its page (or for `page`)."""
    if path.suffix == ".json":
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return read(path.read_text(encoding="utf-8"), page or path.with_suffix(".txt"), prefix=path.stem)


def read(text: str, page: Path, *, prefix: str) -> dict[str, Any]:
    """The gold dictionary of one page: `where`, `segments`, `H`, `annotations`, `duplicates`, `duplicate_universe`.

    Raises `ValueError` that names the line for what is not in the format.
    """
    lines = page.read_bytes().decode("utf-8").split("\n")
    gold: dict[str, Any] = {
        "where": {}, "segments": [], "H": {}, "annotations": {}, "duplicates": [], "duplicate_universe": [],
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
                gid = f"{prefix}-{len(ids):03}"
                ids[header] = gid
                places = [[page.name, n] for n, other in enumerate(lines, 1) if other.rstrip("\r") == header]
                if not places:
                    raise ValueError(f"no such header line in {page.name}")
                gold["where"][gid] = places
                gold["segments"] += places
                gold["H"][gid] = {name: [] for name in _LISTS} | {"id": gid}
                gold["annotations"][gid] = {"R": [], "X": [], "N": []}
                gold["duplicate_universe"].append(gid)
            elif line.partition(":")[0] in FIELDS:
                name, _, value = line.partition(":")
                _field(gold, gid, name, value.strip(), links)
            elif line.startswith("N "):
                kind, _, names = line[2:].partition(":")
                gold["annotations"][gid]["N"] += [
                    {"text": n.strip(), "type": kind} for n in names.split(";") if n.strip()
                ]
            else:
                gold["annotations"][gid]["R"].append(_triple(line))
        except (ValueError, KeyError) as error:
            raise ValueError(f"{prefix}.gold:{number}: {error}: {line}") from error
    for gid, surface, target in links:
        if target in ids:
            gold["annotations"][gid]["X"].append({"target": ids[target], "surface": surface})
    return gold


def _field(gold: dict[str, Any], gid: str, name: str, value: str, links: list[tuple[str, str, str]]) -> None:
    if name == "X":
        if value:
            surface, _, target = value.partition(" -> ")
            links.append((gid, surface.strip(), target.strip()))
    elif name in _LISTS:
        gold["H"][gid][name] = [part.strip() for part in value.split(";") if part.strip()]
    else:
        gold["H"][gid][name] = value or None


def _triple(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split(" | ")]
    if len(parts) not in {3, 4}:
        raise ValueError("want subject | predicate | object, and perhaps | *")
    objects = [o.strip() for o in parts[2].split(" / ") if o.strip()]
    if not objects:
        raise ValueError("the object is missing")
    return {"s": parts[0], "p": parts[1], "o": objects[0], "o_alt": objects[1:], "quote": "", "core": len(parts) == 4}
