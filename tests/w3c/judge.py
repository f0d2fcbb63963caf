"""Whether a target passes a test of queries, updates or their syntax."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kg.queries import tokens
from tests.w3c import results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.w3c.manifest import Test
    from tests.w3c.targets import Endpoint, Reply, Target

_CALL = re.compile(r"\b(SERVICE|LOAD)(\s+SILENT)?\s*<([^>]*)>", re.IGNORECASE)
_VARIABLE_SERVICE = re.compile(r"\bSERVICE(\s+SILENT)?\s*[?$]", re.IGNORECASE)


def calls(test: Test) -> list[str]:
    """The places that a test calls, in the order in which it names them."""
    text = test.request.text() if test.request is not None else ""
    return list(dict.fromkeys(match[3] for match in _CALL.finditer(_code(text))))


def refused(test: Test) -> str:
    """Why a test cannot be put to a server that calls only places it was told of, empty if it can."""
    text = test.request.text() if test.request is not None else ""
    if _VARIABLE_SERVICE.search(_code(text)):
        return "SERVICE with a variable, which this endpoint refuses by design"
    return ""


def failure_of(test: Test, target: Target, others: tuple[Endpoint, ...] = ()) -> str:
    """What is wrong with how a target does in a test, empty if nothing is.

    A failure begins with a word that says its kind: `refused`, `accepted`, `data`, `suite`, `answer` or `outcome`.
    """
    assert test.request is not None
    text = f"BASE <{test.request.iri}> {test.request.text()}"
    for place, stand_in in _stand_ins(test, others).items():
        text = _replaced(text, place, stand_in)
    try:
        target.load(test.data)
    except (ValueError, SyntaxError) as error:
        return f"data: {error}"
    match test.kind:
        case "syntax":
            return _accepted(target.query(text, ""))
        case "bad-syntax":
            return _rejected(target.query(text, ""))
        case "update-syntax":
            return _accepted(target.update(text))
        case "bad-update-syntax":
            return _rejected(target.update(text))
        case "update":
            return _updated(test, target, text)
    return _answered(test, target, text)


def alike(one: str, other: str) -> bool:
    """Whether two failures of a test are the same; messages of errors may differ, answers may not."""
    kind = one.partition(":")[0]
    return one == other if kind in {"answer", "outcome"} else kind == other.partition(":")[0]


def _accepted(reply: Reply) -> str:
    # What goes wrong later than in parsing (a graph to drop that there is not) is no fault of syntax.
    return f"refused: {reply.error}" if reply.syntax or reply.barred else ""


def _rejected(reply: Reply) -> str:
    if not reply.error:
        return "accepted: it is not SPARQL 1.1, and was answered"
    return (
        "" if reply.syntax or reply.barred else f"accepted: it is not SPARQL 1.1, and was answered with {reply.error}"
    )


def _updated(test: Test, target: Target, text: str) -> str:
    assert test.outcome is not None
    reply = target.update(text)
    if reply.error:
        return f"refused: {reply.error}"
    difference = results.graph_difference(results.dataset(test.outcome), target.contents())
    return f"outcome: {difference}" if difference else ""


def _answered(test: Test, target: Target, text: str) -> str:
    assert test.result is not None, f"{test.name} has no result"
    try:
        wanted, media = results.expected(test.result)
    except (ValueError, SyntaxError) as error:
        return f"suite: what it expects cannot be read: {error}"
    if isinstance(wanted, results.Graph):
        media = "text/turtle"
    reply = target.query(text, media)
    if reply.error:
        return f"refused: {reply.error}"
    try:
        if isinstance(wanted, results.Graph):
            got: results.Answer = results.graph(reply.body, reply.media, test.request.iri if test.request else "")
        else:
            got = results.table(reply.body, reply.media)
    except ValueError as error:
        return f"answer: {error}"
    difference = results.difference(wanted, got, ordered=_ordered(text), lax=test.lax)
    return f"answer: {difference}" if difference else ""


def _ordered(text: str) -> bool:
    """Whether a query orders its rows, outside of subqueries."""
    depth, latest = 0, ""
    for token in tokens(text):
        if token.kind == "comment" or not token.text.strip():
            continue
        if depth == 0 and latest == "ORDER" and token.text.upper() == "BY":
            return True
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        latest = token.text.upper()
    return False


# ------------------------------------------------------------------------------------------------ calls elsewhere


def _stand_ins(test: Test, others: tuple[Endpoint, ...]) -> Mapping[str, str]:
    """Places on loopback for those that a test calls; the other servers are filled with what it says lies there."""
    if not others:
        return {}
    syntax = test.kind.endswith("syntax")
    places = dict.fromkeys([*calls(test), *(endpoint for endpoint, _ in test.services)])
    free = list(others)
    found = {}
    data = dict(test.services)
    for place in places:
        if place in data or syntax:
            other = free.pop(0) if len(free) > 1 else free[0]
            if place in data:
                other.load(data[place])
            found[place] = other.sparql
        else:
            found[place] = others[-1].nothing
    return found


def _replaced(text: str, place: str, stand_in: str) -> str:
    def call(match: re.Match[str]) -> str:
        if match[3] != place:
            return match[0]
        word = match[1].upper()
        # A file to LOAD is no endpoint: where there is one, it is what the other server's default graph holds.
        there = (
            stand_in.removesuffix("/sparql") + "/store?default"
            if word == "LOAD" and "/sparql" in stand_in
            else stand_in
        )
        return f"{match[1]}{match[2] or ''} <{there}>"

    return _CALL.sub(call, text)


def _code(text: str) -> str:
    """A text without its comments."""
    return "".join(token.text for token in tokens(text) if token.kind != "comment")
