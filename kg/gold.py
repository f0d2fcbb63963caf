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
    from collections.abc import Collection, Iterator
    from pathlib import Path

FIELDS = ("pref", "alt", "keywords", "category", "genus", "type", "flags", "X")
_LISTS = ("alt", "keywords", "genus", "flags")
_NEEDED: dict[str, type] = {
    "segments": list, "where": dict, "H": dict, "duplicates": list, "duplicate_universe": list, "annotations": dict,
}  # fmt: skip

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
    fault = next(_faults(gold), None)
    if fault is not None:
        raise ReadError(f"no gold standard: {fault}", path)
    return dict(gold)


# ------------------------------------------------------------------------------------------------------- the JSON form


def _faults(gold: Any) -> Iterator[str]:
    """Yield what is not in the form of a gold standard. Take the first only: what follows may build upon it."""
    missing = [name for name in _NEEDED if not isinstance(gold, dict) or name not in gold]
    if missing:
        yield f"it lacks {', '.join(missing)}"
    for name, kind in _NEEDED.items():
        if not isinstance(gold[name], kind):
            yield f"{name} is no {'object' if kind is dict else 'list'}"
    for name in ("type_unsure", "duplicates_unsure"):
        if not isinstance(gold.get(name, []), list):
            yield f"{name} is no list"
    if not _places(gold["segments"]):
        yield "segments is no list of [file, line]"
    yield from (f"where: {gid} is no list of [file, line]" for gid, each in gold["where"].items() if not _places(each))
    for name in ("H", "annotations", "duplicate_universe"):
        yield from (f"{name}: {gid!r} is not in where" for gid in gold[name] if _unknown(gid, gold))
    for name in ("duplicates", "duplicates_unsure"):
        if not all(_texts(group) for group in gold.get(name, [])):
            yield f"{name} is no list of groups of ids"
    for gid, head in gold["H"].items():
        yield from (f"H: {gid}: {fault}" for fault in _head_faults(head))
    for gid, annotation in gold["annotations"].items():
        yield from (f"annotations: {gid}: {fault}" for fault in _annotation_faults(annotation, gold))


def _head_faults(head: Any) -> Iterator[str]:
    if not isinstance(head, dict):
        yield "no object"
    if not isinstance(head.get("pref"), str):
        yield "pref is no text"
    yield from (f"{name} is no list of texts" for name in ("alt", "genus") if not _texts(head.get(name)))
    if not isinstance(head.get("category", ""), str | None):
        yield "category is no text"
    if not _known(head.get("type"), CLASSES):
        yield f"there is no class {head.get('type')!r}"


def _annotation_faults(annotation: Any, gold: Gold) -> Iterator[str]:
    for name in ("R", "X", "N"):
        items = annotation.get(name) if isinstance(annotation, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            yield f"{name} is no list of objects"
    for fact in annotation["R"]:
        if not _texts([fact.get("s"), fact.get("o"), fact.get("quote", "")]) or not _texts(fact.get("o_alt", [])):
            yield f"R: want s, o and quote as texts, o_alt as a list of texts: {fact}"
        if not _known(fact.get("p"), RELATIONS):
            yield f"R: there is no relation {fact.get('p')!r}"
        if not isinstance(fact.get("core"), bool):
            yield f"R: core is neither true nor false: {fact}"
    for mention in annotation["X"]:
        if _unknown(mention.get("target"), gold):
            yield f"X: {mention.get('target')!r} is not in where"
        if not isinstance(mention.get("surface"), str):
            yield f"X: surface is no text: {mention}"
    for entity in annotation["N"]:
        if not _texts([entity.get("text"), entity.get("type")]):
            yield f"N: want text and type: {entity}"


def _places(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(place, list) and len(place) == 2 and isinstance(place[0], str) and isinstance(place[1], int)
        for place in value
    )


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _unknown(gid: Any, gold: Gold) -> bool:
    return not isinstance(gid, str) or gid not in gold["where"]


def _known(name: Any, names: Collection[str]) -> bool:
    return isinstance(name, str) and name in names


# ------------------------------------------------------------------------------------------------------- the text form


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
    begun: dict[str, int] = {}
    links: list[tuple[str, str, str, int]] = []
    gid = ""
    for number, line in enumerate((each.rstrip("\r") for each in text.split("\n")), 1):
        if not line.strip():
            continue
        try:
            if line.startswith("@ "):
                header = line[2:]
                if header in ids:
                    raise ValueError(f"is annotated in line {begun[ids[header]]} already")
                gid = ids[header] = f"{path.stem}-{len(ids):03}"
                places = [[page.name, n] for n, other in enumerate(lines, 1) if other.rstrip("\r") == header]
                if not places:
                    raise ValueError(f"{page.name} has no such header line")
                begun[gid] = number
                gold["where"][gid] = places
                gold["segments"] += places
                gold["H"][gid] = {name: [] for name in _LISTS} | {"id": gid, "pref": header, "category": None}
                gold["annotations"][gid] = {"R": [], "X": [], "N": []}
                gold["duplicate_universe"].append(gid)
            elif not gid:
                raise ValueError("before the first entry ('@ header line')")
            else:
                _line(gold, gid, line, number, links)
        except ValueError as error:
            raise ReadError(f"{error}: {line}", path, number) from error
    for gid, number in begun.items():
        if "type" not in gold["H"][gid]:
            raise ReadError("this entry has no line 'type:'", path, number)
    headers = {line.rstrip("\r") for line in lines}
    for gid, surface, target, number in links:
        if target in ids:
            gold["annotations"][gid]["X"].append({"target": ids[target], "surface": surface})
        elif target not in headers:
            raise ReadError(f"{page.name} has no such header line: {target}", path, number)
    return gold


def _line(gold: Gold, gid: str, line: str, number: int, links: list[tuple[str, str, str, int]]) -> None:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if name in FIELDS and colon:
        if name == "X" and value:
            surface, arrow, target = value.partition(" -> ")
            if not arrow:
                raise ValueError("want 'X: mention -> header line'")
            links.append((gid, surface.strip(), target.strip(), number))
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
