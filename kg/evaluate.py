"""A built graph against a gold standard: the scores, how sure they are, and which rules make the errors.

    score = evaluate(graph, load(Path("dev.json")))
    score.tasks["relations"].f1, score.tasks["relations"].interval

What counts as right is said in `kg/grading.py`. Intervals are percentile bootstrap intervals over the gold's entries
(Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13): as many entries as there are, are drawn with
replacement, and their counts summed and scored, again and again; 95 of 100 such scores lie within.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.errors import UsageError
from kg.grading import TASKS, Facts, Grader, Judgement, Missed, Score, f1_score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kg.gold import Gold
    from kg.graph import KnowledgeGraph

_SURE = 0.8
"""Statements of this confidence and more are meant to be relied on."""

_ROUNDS = 1000
"""How many samples are drawn at once: memory does not grow with their number."""


@dataclass(frozen=True, slots=True)
class RuleScore:
    """How often the statements of a rule were right and wrong."""

    rule: str
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Statements whose confidence lies in one tenth: the mean of what was said, the share that is right, how many."""

    said: float
    was: float
    count: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All scores of a graph. `errors` maps a task to lines for people; `predicates` scores the relations one by one.

    `pairs` scores relations by subject and object alone. `against` says what the quotes of the task `evidence` were
    held against: the `documents`, or the text of the entries in the `graph`; None when there was neither, and no such
    task.
    """

    tasks: Mapping[str, Score]
    predicates: Mapping[str, Score]
    pairs: Score
    against: str | None
    judgements: tuple[Judgement, ...]
    missed: tuple[Missed, ...]
    errors: Mapping[str, tuple[str, ...]]

    @property
    def rules(self) -> tuple[RuleScore, ...]:
        """The rules, those with most wrong statements first; a statement of several rules counts under each."""
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for each in self.judgements:
            for rule in each.rules:
                counts[rule][not each.right] += 1
        found = (RuleScore(rule, right, wrong) for rule, (right, wrong) in counts.items())
        return tuple(sorted(found, key=lambda r: (-r.wrong, -r.right, r.rule)))

    @property
    def missed_by_predicate(self) -> Mapping[str, tuple[Missed, ...]]:
        """The facts that no rule found, by relation: the relation that lacks most first, core facts first."""
        found: dict[str, list[Missed]] = defaultdict(list)
        for each in sorted(self.missed, key=lambda m: not m.core):
            found[each.predicate].append(each)
        return {name: tuple(group) for name, group in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))}

    @property
    def reliability(self) -> tuple[Bin, ...]:
        """What confidence said and what was right, by tenths of confidence; tenths without statements are left out."""
        bins: dict[int, list[Judgement]] = defaultdict(list)
        for each in self.judgements:
            bins[min(int(each.confidence * 10), 9)].append(each)
        return tuple(_bin(group) for _, group in sorted(bins.items()))

    @property
    def calibration_error(self) -> float:
        """The expected calibration error: the mean distance of said and was, weighed by count (Naeini et al. 2015)."""
        bins = self.reliability
        count = sum(b.count for b in bins)
        return sum(abs(b.said - b.was) * b.count for b in bins) / count if count else 0.0

    @property
    def sure(self) -> Bin:
        """The statements of confidence 0.8 and more."""
        return _bin([j for j in self.judgements if j.confidence >= _SURE])


def _bin(group: Sequence[Judgement]) -> Bin:
    count = max(1, len(group))
    return Bin(sum(j.confidence for j in group) / count, sum(j.right for j in group) / count, len(group))


def evaluate(
    graph: KnowledgeGraph, gold: Gold, *, rounds: int = 1000, seed: int = 0, documents: Path | None = None
) -> Evaluation:
    """Score a graph against a gold standard; `rounds` bootstrap samples, drawn with `seed`, make the intervals.

    Quotes are looked up in the folder `documents`, else in the text of the entries that the graph holds. Raises
    `UsageError` when the graph lacks documents that the gold is about.
    """
    facts = Facts(graph)
    missing = _missing(gold, {f for f, _ in facts.entries})
    if missing:
        raise UsageError(
            f"the graph in {graph.store.place} has no entries of {', '.join(missing[:3])}"
            f"{f' and {len(missing) - 3} more' if missing[3:] else ''}, which the gold standard is about: "
            "build it from them, or name another with -g DIR"
        )
    grader = Grader(facts, gold)
    for count in (grader.segments, grader.duplicates, grader.headers, grader.bodies):
        count()
    tasks, predicates, pairs = score_tasks(grader, gold, rounds, seed)
    evidence = facts.evidence(documents)
    if evidence is not None:
        tasks["evidence"] = evidence
    return Evaluation(
        tasks=tasks,
        predicates=predicates,
        pairs=pairs,
        against=None if evidence is None else "graph" if documents is None else "documents",
        judgements=tuple(grader.judgements),
        missed=tuple(grader.missed),
        errors={task: tuple(lines) for task, lines in grader.errors.items()},
    )


def score_tasks(grader: Grader, gold: Gold, rounds: int, seed: int) -> tuple[dict[str, Score], dict[str, Score], Score]:
    """From what was counted: the scores of all tasks, those of relations one by one, that of pairs."""
    counts = {task: list(grader.counts[task].values()) for task in TASKS}
    tasks = {task: _score(counts[task], rounds, seed, _more(task, counts[task])) for task in TASKS}
    annotated = list(gold["annotations"])
    predicates = {
        name: _score([by_entry.get(gid, [0, 0, 0]) for gid in annotated], rounds, seed)
        for name, by_entry in sorted(grader.predicates.items())
    }
    pairs = [[row[5], *row[1:3]] for row in counts["relations"]]
    return tasks, predicates, _score(pairs, rounds, seed)


def _missing(gold: Gold, held: set[str]) -> list[str]:
    """The documents that the gold cannot do without: those whose entries it lists, or that have the only copies."""
    needed = {f for f, _ in gold["segments"]} - held
    for gid in (*gold["H"], *gold["annotations"], *gold["duplicate_universe"]):
        files = {f for f, _ in gold["where"][gid]}
        if not files & held:
            needed |= files
    return sorted(needed)


def _more(task: str, counts: Sequence[Sequence[float]]) -> tuple[tuple[str, float], ...]:
    """What a task measures besides precision and recall."""
    if not counts or task not in {"entities", "relations"}:
        return ()
    right, predicted, gold, *rest = (sum(column) for column in zip(*counts, strict=True))
    if task == "entities":
        return (("typed_accuracy", round(rest[0] / right, 3) if right else 0.0),)
    core_right, core, pairs = rest
    recall = round(core_right / core, 3) if core else 0.0
    return ("core_recall", recall), ("pairs", round(f1_score(pairs, predicted, gold), 3))


def _score(
    counts: Sequence[Sequence[float]], rounds: int, seed: int, more: tuple[tuple[str, float], ...] = ()
) -> Score:
    right, predicted, gold = (round(sum(row[column] for row in counts)) for column in range(3))
    interval = _interval(counts, rounds, seed) if rounds and gold else None
    return Score(right, predicted, gold, interval, more)


def _interval(counts: Sequence[Sequence[float]], rounds: int, seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of F1 over samples of the entries."""
    import numpy as np

    table = np.array([row[:3] for row in counts], dtype=float)
    generator = np.random.default_rng(seed)
    scores = np.empty(rounds)
    for at in range(0, rounds, _ROUNDS):
        draws = generator.integers(0, len(table), (min(_ROUNDS, rounds - at), len(table)))
        right, predicted, gold = table[draws].sum(axis=1).T
        both = predicted + gold
        scores[at : at + len(draws)] = np.divide(2 * right, both, out=np.zeros_like(both), where=both > 0)
    low, high = np.percentile(scores, [2.5, 97.5])
    return round(float(low), 3), round(float(high), 3)
