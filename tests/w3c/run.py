"""A run of tests, and what is told of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.w3c import exchanges, judge
from tests.w3c.manifest import CATEGORIES
from tests.w3c.targets import Engine, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.w3c.known import Known
    from tests.w3c.manifest import Test
    from tests.w3c.targets import Servers

_HTTP = {"protocol", "graph-store", "description"}
_MOST_SERVERS = 2
"""How many other servers there are at most, for tests that call some; no test calls more that answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test came out: `pass`, `fail` or `skip`, with a reason.

    `cause` is whose a failure is: `engine` when the engine alone fails in the same way, or else `ours`.
    """

    test: Test
    status: str
    reason: str = ""
    cause: str = ""


def run(tests: Sequence[Test], told: Callable[[Outcome], None] = lambda _: None) -> list[Outcome]:
    """The outcomes of tests, in their order; `told` hears of each when it is there.

    Tests of the same data are run one after the other, so that it is loaded once.
    """
    outcomes: dict[str, Outcome] = {}

    def note(outcome: Outcome) -> None:
        outcomes[outcome.test.name] = outcome
        told(outcome)

    todo = []
    for test in tests:
        if reason := test.skip or judge.refused(test):
            note(Outcome(test, "skip", reason))
        else:
            todo.append(test)
    if todo:
        others = max(len(judge.calls(test)) for test in todo)
        with running(min(others, _MOST_SERVERS)) as servers:
            latest = ""
            for test in sorted(todo, key=lambda each: (each.kind in _HTTP, each.kind, str(each.data))):
                note(_outcome(test, servers, follows=test.kind == latest))
                latest = test.kind
    return [outcomes[test.name] for test in tests]


def _outcome(test: Test, servers: Servers, *, follows: bool) -> Outcome:
    if test.kind in _HTTP:
        reason = _exchanged(test, servers, follows=follows)
        return Outcome(test, "fail", reason, "ours") if reason else Outcome(test, "pass")
    reason = judge.failure_of(test, servers.main, servers.others)
    if not reason:
        return Outcome(test, "pass")
    alone = judge.failure_of(test, Engine(), servers.others)
    return Outcome(test, "fail", reason, "engine" if judge.alike(reason, alone) else "ours")


def _exchanged(test: Test, servers: Servers, *, follows: bool) -> str:
    if test.kind == "description":
        return exchanges.description_failure(test.name.rpartition("/")[2], servers.main)
    # Some tests of the Graph Store Protocol count on the graphs that those before them have left, and some on none.
    if test.kind == "graph-store" and follows and not exchanges.failure_of(test.exchanges, servers.main):
        return ""
    servers.main.load(test.data)
    return exchanges.failure_of(test.exchanges, servers.main)


# --------------------------------------------------------------------------------------------------------- reports


def counted(outcomes: Iterable[Outcome]) -> list[tuple[str, int, int, int]]:
    """Rows of a table: a category's title and how many of its tests passed, failed and were skipped; then the sum."""
    counts = Counter((outcome.test.category, outcome.status) for outcome in outcomes)
    rows = []
    for category, title in CATEGORIES.items():
        row = (title, counts[category, "pass"], counts[category, "fail"], counts[category, "skip"])
        if any(row[1:]):
            rows.append(row)
    return [*rows, ("All", sum(r[1] for r in rows), sum(r[2] for r in rows), sum(r[3] for r in rows))]


def unknown(outcomes: Iterable[Outcome], known: Mapping[str, Known]) -> list[Outcome]:
    """The failures that nobody knew of; one of our own is none that may be known."""
    return [
        outcome
        for outcome in outcomes
        if outcome.status == "fail"
        and (outcome.test.name not in known or (outcome.cause == "ours" and outcome.test.kind not in _HTTP))
    ]


def text(outcomes: Sequence[Outcome], known: Mapping[str, Known]) -> str:
    """The report for a terminal."""
    lines = [f"{'':<36}{'pass':>6}{'fail':>6}{'skip':>6}"]
    lines += [f"{title:<36}{good:>6}{bad:>6}{skipped:>6}" for title, good, bad, skipped in counted(outcomes)]
    new = unknown(outcomes, known)
    for outcome in outcomes:
        if outcome in new:
            lines += ["", f"FAIL {outcome.test.name} [{outcome.cause}]", f"     {_line(outcome.reason)}"]
    old = [outcome for outcome in outcomes if outcome.status == "fail" and outcome not in new]
    if old:
        lines += ["", "Known failures (tests/w3c/known.py):"]
        lines += [f"  {o.test.name} [{known[o.test.name].whose}] {known[o.test.name].why}" for o in old]
    good = [outcome.test.name for outcome in outcomes if outcome.status == "pass" and outcome.test.name in known]
    if good:
        lines += ["", f"Known to fail in some edition, but passed: {', '.join(good)}"]
    return "\n".join(lines)


def markdown(outcomes: Sequence[Outcome], known: Mapping[str, Known]) -> str:
    """The report as a page's tables."""
    lines = ["| | pass | fail | skip |", "|---|---:|---:|---:|"]
    for title, good, bad, skipped in counted(outcomes):
        lines.append(f"| {title} | {good} | {bad} | {skipped} |")
    failures: dict[tuple[str, str], list[str]] = {}
    skips: dict[str, list[str]] = {}
    for outcome in outcomes:
        name = outcome.test.name
        if outcome.status == "fail":
            one = known.get(name)
            whose, why = (one.whose, one.why) if one else (outcome.cause, outcome.reason)
            failures.setdefault((whose, _cell(why)), []).append(f"`{name}`")
        elif outcome.status == "skip":
            skips.setdefault(_cell(outcome.reason), []).append(f"`{name}`")
    if failures:
        lines += ["", "| whose | why | failures |", "|---|---|---|"]
        lines += [f"| {whose} | {why} | {', '.join(names)} |" for (whose, why), names in sorted(failures.items())]
    if skips:
        lines += ["", "| skipped because | tests |", "|---|---|"]
        for reason, names in skips.items():
            lines.append(f"| {reason} | {', '.join(names) if len(names) < 10 else f'{len(names)} tests'} |")
    return "\n".join(lines) + "\n"


def _line(words: str) -> str:
    return " ".join(words.split())


def _cell(words: str) -> str:
    return _line(words).replace("|", "\\|").replace("<", "&lt;")
