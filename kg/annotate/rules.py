"""The rules of extraction by name: what each reads, an example, and the words it knows; `kg rules` prints them.

    rule("verb:reduces").says, rule("verb:reduces").example, rule("verb:reduces").finds

The families of rules and their descriptions stand in `rules.toml`; what the names range over is read from the lexicons
that the rules themselves read (`verbs.toml`, `cues.toml`), so that a new verb, title or relation has its name here at
once. A name may end in `@` and whose the statement is (`SUBJECTS`), if that is not the entry's concept.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kg.annotate.lexicon import cues, predicates, read
from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kg.annotate.lexicon import Cue

OPEN = "*"
"""Stands in a name for any preposition that the lexicon does not know: `noun:*` is the rule of `noun:near`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of extraction. `relation` is what it proposes, empty for mentions; a model decides what becomes of that.

    `example` is the body of an entry on cold frames, and `finds` what the rule reads there: "subject | relation |
    object", `*` being the concept; for a mention, its label. `words` are those of the lexicon that the rule looks for.
    """

    name: str
    family: str
    relation: str
    says: str
    example: str
    finds: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a name's ending says: whose the statement is."""

    name: str
    says: str
    example: str
    finds: str


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by name, in the order of `rules.toml`."""
    found: dict[str, Rule] = {}
    for family in read("rules.toml")["family"]:
        for slots in _slots(family):
            name = ":".join((family["name"], slots["what"], *([slots["part"]] if "part" in slots else [])))
            texts = {field: family[field].format(**slots) for field in ("says", "example", "finds")}
            texts["says"] = texts["says"][:1].upper() + texts["says"][1:]
            found.setdefault(
                name, Rule(name, family["name"], slots["relation"], **texts, words=_words(family["over"], slots))
            )
    return found


@cache
def subjects() -> Mapping[str, Subject]:
    """The endings of names, by what stands behind the `@`."""
    return {entry["name"]: Subject(**entry) for entry in read("rules.toml")["subject"]}


def rule(name: str) -> Rule:
    """The rule of a name, which may end in `@` and a subject, or hold any preposition where the rule allows it.

    Raises `UsageError` when there is no such rule.

    >>> rule("noun:beneath@phrase").name
    'noun:*'
    """
    known = rules()
    base, at, subject = name.partition("@")
    head, _, tail = base.partition(":")
    found = known.get(base) or (known.get(f"{head}:{OPEN}") if tail.strip() else None)
    if found is not None and (not at or subject in subjects()):
        return found
    near = difflib.get_close_matches(base, known, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near and found is None else "; 'kg rules' lists them"
    raise UsageError(f"there is no rule {name!r}{hint}")


def chosen(name: str | None) -> tuple[Rule, ...]:
    """All rules, those of a family ("verb"), or the one of a name. Raises `UsageError` when there is none."""
    family = tuple(each for each in rules().values() if name in {None, each.family})
    return family or (rule(str(name)),)


# -------------------------------------------------------------------------------------------------- names from lexicons


def _slots(family: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What fills the slots of a family's texts, once for each of its names: `what`, `part`, `relation` and the rest."""
    over = family["over"]
    data = read("rules.toml")
    if over in {"verbs", "agents"}:
        for relation in _by_verbs() if over == "verbs" else _by_agents():
            yield {"what": relation, "relation": relation, **data["verbs"][relation]}
        if over == "verbs":
            yield {"what": "other", "relation": "usedFor", **data["verbs"]["other"]}
    elif over.endswith("prepositions"):
        yield from _prepositional(family, data["prepositions"])
    elif over.endswith(("cues", "places")):
        yield from _placed(family, data)
    elif over in {"brackets", "directions"}:
        for what, texts in data[over].items():
            yield {"what": what, "relation": family.get("relation", ""), **texts}
    else:
        yield {"what": over, "relation": family.get("relation", "")}


def _by_verbs() -> list[str]:
    """The relations that verbs assert, in the order of the lexicon."""
    return list(dict.fromkeys(relation for cue, relation in predicates().items() if not cue.startswith("prep:")))


def _by_agents() -> list[str]:
    """The relations that a passive asserts of its agent: its verb's, where the verb with "by" has none of its own."""
    table = predicates()
    return list(
        dict.fromkeys(r for cue, r in table.items() if cue.endswith(">") and f"{cue.removesuffix('>')}<" not in table)
    )


def _prepositional(family: Mapping[str, Any], texts: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, str]]:
    known = {c.removeprefix("prep:"): r for c, r in predicates().items() if c.startswith("prep:")}
    only = family["over"].removesuffix("prepositions").strip()
    for what, relation in known.items():
        is_example = relation == "hasExample"
        if {"example": is_example, "noun": not is_example, "all": True, "": " " not in what}[only]:
            yield {"what": what, "relation": relation, "quoted": f'"{what}"', **texts[what]}
    other = {"relation": "uses", "quoted": "any other preposition", **texts["other"]}
    if only in {"noun", "all"}:
        yield {"what": OPEN, **other}
    for what in family.get("also", ()):
        yield {"what": what, **other}


def _placed(family: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Titles and labels by what they announce; where the family has parts, each part of a clause under them."""
    over, also = family["over"], family.get("also", ())
    for cue in (*cues().cues, None):
        if not _has(over, cue) and (cue is not None or "plain" not in also):
            continue
        slots = _under(family["name"], cue, data["cues"])
        if over.endswith("cues") and over != "text cues":
            yield slots
            continue
        for part, texts in data["parts"].items():
            yield {**slots, **texts, "part": part, "Fragment": texts["fragment"].capitalize()}
    if "nested" in also:
        above = "- **Sliding Lid**: it is seen in spring.\n  "
        yield {
            **_UNTITLED,
            "what": "nested",
            "relation": "hasPart",
            "where": " inside of another one",
            "section": above,
        }


def _has(over: str, cue: Cue | None) -> bool:
    """Whether what a family ranges over has a name for this cue, or for the want of one."""
    if over == "cell places":
        return True
    if cue is None:
        return over.endswith("places")
    return {
        "cues": True,
        "listing cues": bool(cue.items),
        "text cues": bool(cue.text),
        "bullet places": not cue.text,
        "text places": not cue.text,
        "definition places": cue.name == "definition",
    }[over]


def _under(name: str, cue: Cue | None, texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What fills the slots of a family's texts under a title or behind a label, or without one."""
    relation = {"step": "hasPart", "table": "hasExample"}.get(name, "uses")
    if cue is None:
        return {**_UNTITLED, "what": "plain", "where": "", "relation": relation, "section": "", "labelled": ""}
    told = texts[cue.name]
    if name not in {"text", "definition-part"}:
        relation = (cue.text if name in {"frame", "cell"} else "") or cue.items or relation
    place = {"text": "behind a label", "definition-part": "behind a label", "cell": "below a column title"}
    labelled = f"- **{told['title']}**: "
    if name == "text":  # what comes first behind a label that announces a definition is one
        labelled += "it opens in spring. "
    return {
        **told,
        "what": cue.name,
        "where": f" {place.get(name, 'under a title')} that announces {told['announced']}",
        "relation": relation,
        "section": f"**{told['title']}**\n",
        "labelled": labelled,
    }


_UNTITLED = {
    "title": "Material", "thing": "Oak board", "listed": "a thing that belongs to what is above", "announced": "",
}  # fmt: skip


def _words(over: str, slots: Mapping[str, str]) -> tuple[str, ...]:
    """The words of the lexicon that a rule looks for: verbs with their prepositions, words of titles."""
    if over in {"verbs", "agents"}:
        words = _verbs().get(slots["what"], [])
        return tuple(word for word in words if over == "verbs" or " " not in word)
    return _titles().get(slots["what"], ()) if "title" in slots else ()


@cache
def _verbs() -> Mapping[str, list[str]]:
    """Relation -> the verbs that assert it: "use", "rely on", "be used for", as `syntax.Link` writes their cues."""
    found: dict[str, list[str]] = defaultdict(list)
    for cue, relation in predicates().items():
        if cue.startswith("prep:"):
            continue
        verb, sign, preposition = re.fullmatch(r"([^><+]+)([><+])(.*)", cue).groups()  # type: ignore[union-attr]
        voice = {">": "", "+": " (passive)", "<": " by (passive)"}[sign]
        found[relation].append(f"{verb} {preposition}".strip() + voice)
    return found


@cache
def _titles() -> Mapping[str, tuple[str, ...]]:
    """Cue -> the words of titles and labels that announce it; * stands for any ending."""
    return {cue.name: tuple(" ".join(pattern) for pattern in cue.patterns) for cue in cues().cues}


# --------------------------------------------------------------------------------------------------------- the manual


def manual() -> str:
    """The rules described in Markdown, by family: the text of `docs/rules.md`."""
    return "\n".join(_manual()) + "\n"


def _manual() -> Iterator[str]:
    yield from read("rules.toml")["preface"].strip().splitlines()
    for subject in subjects().values():
        yield from ("", f"`@{subject.name}`: {subject.says}", "", *_example(subject.example, subject.finds))
    family = ""
    for each in rules().values():
        if each.family != family:
            family = each.family
            yield from ("", f"## {family}")
        yield from ("", f"**`{each.name}`** {each.says}", "", *_example(each.example, f"{each.finds} | {each.name}"))
    yield from ("", "## The verbs", "", "What verbs assert (`kg/annotate/verbs.toml`):", "")
    yield from (f"- {relation}: {', '.join(words)}" for relation, words in _verbs().items())
    yield from ("", "## The titles", "", "What titles and labels announce (`kg/annotate/cues.toml`):", "")
    yield from (f"- {name}: {', '.join(words)}".replace("*", "\\*") for name, words in _titles().items())


def _example(example: str, finds: str) -> Iterator[str]:
    yield from ("```text", *example.splitlines(), f"→ {finds}", "```")
