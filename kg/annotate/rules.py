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
            found.setdefault(name, Rule(name, family["name"], slots["relation"], **texts, words=_words(slots)))
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
            yield {"what": relation, "relation": relation, **_put(data["verbs"][relation])}
        if over == "verbs":
            yield {"what": "other", "relation": "usedFor", **_put(data["verbs"]["other"])}
    elif over.endswith("prepositions"):
        yield from _prepositional(family, data["prepositions"])
    elif over.endswith(("cues", "places")):
        yield from _placed(family, data)
    elif over in {"brackets", "directions"}:
        for what, texts in data[over].items():
            yield {"what": what, "relation": family.get("relation", ""), **texts}
    else:
        yield {"what": over, "relation": family.get("relation", "")}


def _put(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts with the saying in a short form, too: "tells what the subject uses" and "tells what it uses"."""
    return {**texts, "says_short": texts["says"].replace("the subject", "it")}


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
            yield {"what": what, "relation": relation, **_put(texts[what])}
    other = {"relation": "uses", **_put(texts["other"])}
    if only in {"noun", "all"}:
        yield {"what": OPEN, **other}
    for what in family.get("also", ()):
        yield {"what": what, **other}


def _placed(family: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Titles and labels by what they announce; where the family has parts, each part of a clause under them."""
    name, over = family["name"], family["over"]
    for cue in (*cues().cues, None):
        what = cue.name if cue is not None else "plain"
        text, items = (cue.text, cue.items) if cue is not None else ("", "")
        fits = {
            "cues": cue is not None,
            "listing cues": bool(items),
            "text cues": bool(text),
            "cell places": True,
            "bullet places": not text,
            "text places": not text,
            "definition places": what in {"plain", "definition"},
        }
        if not fits[over] and what not in family.get("also", ()):
            continue
        slots = {"what": what, **data["cues"].get(what, _UNTITLED)}
        slots["section"] = f"**{slots['title']}**\n" if cue is not None else ""
        slots["where"] = ""
        if cue is not None:
            on = {"text": "behind a label", "definition-part": "behind a label", "cell": "below a column title"}
            slots["where"] = f" {on.get(name, 'under a title')} that announces {slots['announced']}"
        slots["labelled"] = f"- **{slots['title']}**: " if cue is not None else ""
        if name == "text" and cue is not None:
            slots["labelled"] += "it opens in spring. "  # behind a label that announces a definition, this would be one
        fallback = {"step": "hasPart", "table": "hasExample"}.get(name, "uses")
        read_as_listed = name not in {"text", "definition-part"}
        slots["relation"] = (text if name in {"frame", "cell"} else "") or (items if read_as_listed else "") or fallback
        if over in {"cues", "listing cues"}:
            yield slots
            continue
        for part, texts in data["parts"].items():
            yield {**slots, **texts, "part": part, "Fragment": texts["fragment"].capitalize()}
    if "nested" in family.get("also", ()):
        yield {
            **_UNTITLED, "what": "nested", "relation": "hasPart", "where": " inside of another one",
            "section": "- **Sliding Lid**: it is seen in spring.\n  ",
        }  # fmt: skip


_UNTITLED = {
    "title": "Material", "thing": "Oak board", "listed": "a thing that belongs to what is above", "announced": "",
}  # fmt: skip


def _words(slots: Mapping[str, str]) -> tuple[str, ...]:
    """The words of the lexicon that a rule looks for: verbs with their prepositions, words of titles."""
    if "clause" in slots:  # a rule on verbs or prepositions; what it ranges over is a relation, if it is one on verbs
        return tuple(_verbs().get(slots["what"], ()))
    return _titles().get(slots["what"], ())


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
