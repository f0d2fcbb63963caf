"""A built graph against a gold standard: the scores, how sure they are, and which rules make the errors.

    score = evaluate(graph, load(Path("dev.json")))
    score.tasks["relations"].f1, score.tasks["relations"].interval

What counts as right is said in `kg/grading.py`. Intervals are percentile bootstrap intervals over the gold's entries
(Efron and Tibshirani 1993): entries are drawn anew, with replacement, and scored again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.errors import UsageError
from kg.grading import TASKS, Facts, Grader, Judgement, Missed, Score, f1_score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kg.gold import Gold
    from kg.graph import KnowledgeGraph

_SURE = 0.8
"""Statements of this confidence and more are meant to be relied on."""


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
    """All scores of a graph. `errors` maps a task to lines for people; `predicates` scores the relations one by one."""

    tasks: Mapping[str, Score]
    predicates: Mapping[str, Score]
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
    def reliability(self) -> tuple[Bin, ...]:
        """What confidence said and what was right, by tenths."""
        bins: dict[int, list[Judgement]] = defaultdict(list)
        for each in self.judgements:
            bins[min(int(each.confidence * 10), 9)].append(each)
        return tuple(
            Bin(
                round(sum(j.confidence for j in group) / len(group), 3),
                round(sum(j.right for j in group) / len(group), 3),
                len(group),
            )
            for _, group in sorted(bins.items())
        )

    @property
    def calibration_error(self) -> float:
        """The expected calibration error: the mean distance of said and was, weighed by count (Naeini et al. 2015)."""
        count = sum(b.count for b in self.reliability)
        return round(sum(abs(b.said - b.was) * b.count for b in self.reliability) / count, 4) if count else 0.0

    @property
    def sure(self) -> Bin:
        """The statements of confidence 0.8 and more."""
        group = [j for j in self.judgements if j.confidence >= _SURE]
        count = max(1, len(group))
        return Bin(
            round(sum(j.confidence for j in group) / count, 3),
            round(sum(j.right for j in group) / count, 3),
            len(group),
        )


def evaluate(graph: KnowledgeGraph, gold: Gold, *, rounds: int = 1000, seed: int = 0) -> Evaluation:
    """Score a graph against a gold standard; `rounds` bootstrap samples, drawn with `seed`, make the intervals.

    Raises `UsageError` when the graph has none of the gold's documents.
    """
    facts = Facts(graph)
    files = sorted({f for f, _ in map(tuple, gold["segments"])})
    if not any(f in files for f, _ in facts.entries):
        raise UsageError(
            f"the graph in {graph.store.place} has none of the annotated documents ({', '.join(files[:3])}"
            f"{', …' if len(files) > 3 else ''}): build it from them, or name another with -g DIR"
        )
    grader = Grader(facts, gold)
    whole = {"segments": grader.segments(), "duplicates": grader.duplicates()}
    grader.headers()
    grader.bodies()
    tasks = {}
    for task in TASKS:
        tasks[task] = whole[task] if task in whole else _score(task, list(grader.counts[task].values()), rounds, seed)
    tasks["evidence"] = facts.evidence()
    predicates = {
        name: Score(right, predicted, count) for name, (right, predicted, count) in sorted(grader.predicates.items())
    }
    errors = {task: tuple(lines) for task, lines in grader.errors.items()}
    return Evaluation(tasks, predicates, tuple(grader.judgements), tuple(grader.missed), errors)


def _score(task: str, counts: Sequence[Sequence[int]], rounds: int, seed: int) -> Score:
    if not counts:
        return Score(0, 0, 0)
    right, predicted, gold, *rest = (sum(column) for column in zip(*counts, strict=True))
    more: tuple[tuple[str, float], ...] = ()
    if task == "entities":
        more = (("typed_accuracy", round(rest[0] / right, 3) if right else 0.0),)
    elif task == "relations":
        core_right, core, pairs = rest
        recall = round(core_right / core, 3) if core else 0.0
        more = ("core_recall", recall), ("pairs", round(f1_score(pairs, predicted, gold), 3))
    return Score(right, predicted, gold, _interval(counts, rounds, seed) if rounds else None, more)


def _interval(counts: Sequence[Sequence[int]], rounds: int, seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of F1 over samples of the entries."""
    import numpy as np

    table = np.array([row[:3] for row in counts], dtype=float)
    draws = np.random.default_rng(seed).integers(0, len(table), (rounds, len(table)))
    right, predicted, gold = table[draws].sum(axis=1).T
    scores = 2 * right / np.maximum(predicted + gold, 1)
    low, high = np.percentile(scores, [2.5, 97.5])
    return round(float(low), 3), round(float(high), 3)
