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

    from tests.w3c.manifest import Test
    from tests.w3c.targets import Servers

_HTTP = {"protocol", "graph-store", "description"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test came out: `pass`, `fail` or `skip`, with a reason and whose the failure is (`engine` or `ours`)."""

    test: Test
    status: str
    reason: str = ""
    cause: str = ""


def run(tests: Sequence[Test], told: Callable[[Outcome], None] = lambda _: None) -> list[Outcome]:
    """The outcomes of tests, in their order; `told` hears of each when it is there.

    Tests of the same data are run one after the other, so that it is loaded once.
    """
    reasons = {test.name: test.skip or judge.refused(test) for test in tests}
    todo = [test for test in tests if not reasons[test.name]]
    others = max((len(judge.calls(test)) for test in todo), default=0)
    outcomes = {}
    for test in tests:
        if reasons[test.name]:
            outcomes[test.name] = Outcome(test, "skip", reasons[test.name])
            told(outcomes[test.name])
    with running(min(others, 2)) as servers:
        for test in sorted(todo, key=lambda each: (each.kind in _HTTP, str(each.data))):
            outcomes[test.name] = _outcome(test, servers)
            told(outcomes[test.name])
    return [outcomes[test.name] for test in tests]


def _outcome(test: Test, servers: Servers) -> Outcome:
    if test.kind in _HTTP:
        reason = _exchanged(test, servers)
        return Outcome(test, "fail", reason, "ours") if reason else Outcome(test, "pass")
    reason = judge.failure_of(test, servers.main, servers.others)
    if not reason:
        return Outcome(test, "pass")
    alone = judge.failure_of(test, Engine(), servers.others)
    same = alone.partition(":")[0] == reason.partition(":")[0]
    return Outcome(test, "fail", reason, "engine" if same else "ours")


def _exchanged(test: Test, servers: Servers) -> str:
    if test.kind == "description":
        return exchanges.description_failure(test.name.rpartition("/")[2], servers.main)
    servers.main.load(test.data)
    return exchanges.failure_of(test.exchanges, servers.main)


# --------------------------------------------------------------------------------------------------------- reports


def counted(outcomes: Iterable[Outcome]) -> list[tuple[str, int, int, int]]:
    """Rows of a table: a category's title and how many of its tests passed, failed and were skipped; then the sum."""
    counts: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        counts[outcome.test.category, outcome.status] += 1
    rows = []
    for category, title in CATEGORIES.items():
        numbers = [counts[category, status] for status in ("pass", "fail", "skip")]
        if any(numbers):
            rows.append((title, *numbers))
    sums = [sum(row[column] for row in rows) for column in (1, 2, 3)]  # type: ignore[misc]
    return [*rows, ("All", *sums)]  # type: ignore[list-item]


def unknown(outcomes: Iterable[Outcome], known: Mapping[str, str]) -> list[Outcome]:
    """The failures that nobody knew of, and those that are not the engine's."""
    return [each for each in outcomes if each.status == "fail" and each.test.name not in known]


def text(outcomes: Sequence[Outcome], known: Mapping[str, str]) -> str:
    """The report for a terminal."""
    lines = [f"{'':<36}{'pass':>6}{'fail':>6}{'skip':>6}"]
    lines += [f"{title:<36}{good:>6}{bad:>6}{skipped:>6}" for title, good, bad, skipped in counted(outcomes)]
    failed = [outcome for outcome in outcomes if outcome.status == "fail"]
    if failed:
        lines.append("")
    for outcome in failed:
        reason = known.get(outcome.test.name)
        lines.append(f"{'known' if reason else 'FAIL'}  {outcome.test.name}  [{outcome.cause}]  {outcome.reason}")
        if reason:
            lines.append(f"       {reason}")
    names = {outcome.test.name for outcome in outcomes if outcome.status == "pass"}
    lines += [f"passes now, strike it from tests/w3c/known.py: {name}" for name in known if name in names]
    return "\n".join(lines)


def markdown(outcomes: Sequence[Outcome], known: Mapping[str, str], head: str) -> str:
    """The report as a page; `head` says what was run."""
    lines = [head, "", "| | pass | fail | skip |", "|---|---:|---:|---:|"]
    for title, good, bad, skipped in counted(outcomes):
        lines.append(f"| {title} | {good} | {bad} | {skipped} |")
    failed = [outcome for outcome in outcomes if outcome.status == "fail"]
    if failed:
        lines += ["", "| failure | whose | why |", "|---|---|---|"]
        for outcome in failed:
            why = known.get(outcome.test.name) or outcome.reason
            lines.append(f"| `{outcome.test.name}` | {outcome.cause} | {_cell(why)} |")
    skipped_for: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.status == "skip":
            skipped_for.setdefault(outcome.reason, []).append(outcome.test.name)
    if skipped_for:
        lines += ["", "| skipped | because |", "|---|---|"]
        for reason, names in skipped_for.items():
            told = ", ".join(f"`{name}`" for name in names) if len(names) < 10 else f"{len(names)} tests"
            lines.append(f"| {told} | {_cell(reason)} |")
    return "\n".join(lines) + "\n"


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;")
