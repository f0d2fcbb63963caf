"""What lies between and around concepts, as JSON: /paths, /connect, /common and /neighbours.

Their parameters are those of the commands of these names, checked here before a process is asked.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kg.server.limits import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.datastructures import QueryParams

    from kg.graph import KnowledgeGraph
    from kg.server.limits import Limits

MOST_LISTED = 1000
"""The largest limit that can be asked for."""


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError
    return share


def _number(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        found = int(text)
        if not 1 <= found <= most:
            raise ValueError
        return found

    return number


def _truth(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]


def _direction(text: str) -> str:
    return {each: each for each in ("in", "out", "both")}[text]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: what it is called in Python, how its text is read and what it takes; whether it can be repeated."""

    argument: str
    read: Callable[[str], Any]
    takes: str
    several: bool = False


_RELATIONS: Mapping[str, Parameter] = {
    "predicate": Parameter("predicates", str, "a relation", several=True),
    "exclude": Parameter("exclude", str, "a relation", several=True),
    "type": Parameter("types", str, "a class", several=True),
    "min_confidence": Parameter("min_confidence", _share, "a number from 0 to 1"),
}
_LIMIT = Parameter("limit", _number(MOST_LISTED), f"a whole number from 1 to {MOST_LISTED:,}")

PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "paths": {
        "from": Parameter("start", str, "a concept"),
        "to": Parameter("end", str, "a concept"),
        "k": Parameter("k", _number(100), "a whole number from 1 to 100"),
        "all_shortest": Parameter("all_shortest", _truth, "true or false"),
        "max_hops": Parameter("max_hops", _number(20), "a whole number from 1 to 20"),
        "via": Parameter("via", str, "a concept", several=True),
        "avoid": Parameter("avoid", str, "a concept", several=True),
        **_RELATIONS,
        "directed": Parameter("directed", _truth, "true or false"),
        "metapath": Parameter("metapath", str, "a metapath"),
        "seconds": Parameter("seconds", _number(60), "a whole number from 1 to 60"),
    },
    "connect": {
        "concept": Parameter("concepts", str, "a concept", several=True),
        **_RELATIONS,
        "avoid": Parameter("avoid", str, "a concept", several=True),
        "partial": Parameter("partial", _truth, "true or false"),
    },
    "common": {
        "a": Parameter("first", str, "a concept"),
        "b": Parameter("second", str, "a concept"),
        "limit": _LIMIT,
    },
    "analysis": {
        "n": Parameter("limit", _number(MOST_LISTED), f"a whole number from 1 to {MOST_LISTED:,}"),
        "by": Parameter("by", str, "a measure"),
        "only": Parameter("only", str, "a part"),
    },
    "learn": {
        "n": Parameter("n", _number(MOST_LISTED), f"a whole number from 1 to {MOST_LISTED:,}"),
        "depth": Parameter("depth", _number(20), "a whole number from 1 to 20"),
        "all": Parameter("everything", _truth, "true or false"),
        "min_confidence": Parameter("min_confidence", _share, "a number from 0 to 1"),
    },
    "related": {
        "limit": _LIMIT,
        "by": Parameter("by", str, "a way of ranking"),
        "metapath": Parameter("metapath", str, "a metapath"),
        "new": Parameter("new", _truth, "true or false"),
        "type": Parameter("types", str, "a class", several=True),
    },
    "suggest": {
        "concept": Parameter("name", str, "a concept"),
        "limit": _LIMIT,
        "by": Parameter("by", str, "a way of ranking"),
        "type": Parameter("types", str, "a class", several=True),
    },
    "neighbours": {
        "depth": Parameter("depth", _number(5), "a whole number from 1 to 5"),
        **_RELATIONS,
        "direction": Parameter("direction", _direction, "in, out or both"),
        "limit": _LIMIT,
    },
}
"""What each address takes."""

_REQUIRED = {"paths": ("from", "to"), "connect": ("concept",), "common": ("a", "b")}


def asked(what: str, given: QueryParams) -> dict[str, Any]:
    """The arguments of a request; raises `Refusal` for parameters that are not as they should be."""
    known = PARAMETERS[what]
    arguments: dict[str, Any] = {}
    for name, text in given.multi_items():
        parameter = known.get(name)
        if parameter is None:
            raise Refusal(400, f"/{what} has no parameter {name!r}; it takes {', '.join(known)}")
        try:
            value = parameter.read(text)
        except (ValueError, KeyError) as error:
            raise Refusal(400, f"{name} is {parameter.takes}, not {text!r}") from error
        if parameter.several:
            arguments.setdefault(parameter.argument, []).append(value)
        elif parameter.argument in arguments:
            raise Refusal(400, f"{name} is given twice")
        else:
            arguments[parameter.argument] = value
    for name in _REQUIRED.get(what, ()):
        if known[name].argument not in arguments:
            raise Refusal(400, f"/{what} needs the parameter {name!r}")
    return arguments


def answer(graph: KnowledgeGraph, what: str, arguments: Mapping[str, Any], limits: Limits) -> bytes:
    """The answer as JSON; raises `Refusal` when it is too large, and what the graph raises."""
    more = dict(arguments)
    found: Any
    match what:
        case "paths":
            found = graph.paths(more.pop("start"), more.pop("end"), **more).as_dict()
        case "connect":
            found = graph.connect(*more.pop("concepts"), **more)
        case "common":
            found = graph.common(more.pop("first"), more.pop("second"), **more)
        case "analysis":
            found = graph.analyse().sections(more.pop("limit", 10), **more)
        case "related":
            found = graph.related(more.pop("concept"), **more)
        case "suggest":
            found = graph.suggest(**more)
        case "learn":
            found = graph.learn(more.pop("concept"), **more)
        case _:
            found = graph.neighbours(more.pop("concept"), **{"limit": 20, **more})
    content = json.dumps(found, ensure_ascii=False, default=asdict).encode(errors="replace")
    if len(content) > limits.answer_bytes:
        raise Refusal(413, f"the answer is larger than {limits.answer_bytes:,} bytes: ask for less")
    return content
