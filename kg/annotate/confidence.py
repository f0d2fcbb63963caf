"""How far a finding can be trusted: a log-linear model over what is known of it, fitted on annotated entries.

A rule proposes; its weight and the circumstances decide: which rule and cue, which kind of thing the object is, how
many rules agree, how the phrase is built. `benchmarks/calibrate.py` fits the weights by logistic regression (Platt
scaling with named features) and writes `confidence.json`; the probability is the share of such findings that a careful
reader also made. Features that were never seen weigh nothing, so an unknown rule falls back on its circumstances.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Confidence:
    """Weights of features; below `floor` a finding is not reported."""

    bias: float
    floor: float
    weights: Mapping[str, float]

    def of(self, features: Iterable[str]) -> float:
        """The probability that a finding with these features is right, in 0…1.

        >>> round(Confidence(0.0, 0.2, {"rule=a": 1.1}).of(["rule=a", "unheard of"]), 2)
        0.75
        """
        return self.probability(self.bias + self.weight(features))

    def weight(self, features: Iterable[str]) -> float:
        """The sum of the weights of some features: the part that they have in the log odds."""
        weights = self.weights
        return sum([weights[feature] for feature in features if feature in weights])

    @staticmethod
    def probability(log_odds: float) -> float:
        """The probability that goes with log odds."""
        return 1.0 / (1.0 + math.exp(-log_odds))


@dataclass(frozen=True, slots=True)
class Choice:
    """Weights of features for each of several classes: multinomial logistic regression."""

    bias: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]

    def best(self, features: Iterable[str]) -> str | None:
        """The most probable class, ties by name; None when no feature says anything."""
        scores = dict(self.bias)
        said = False
        for feature in features:
            for name, weight in self.weights.get(feature, {}).items():
                scores[name] = scores.get(name, 0.0) + weight
                said = True
        return min(scores, key=lambda name: (-scores[name], name)) if said else None


@cache
def choice(task: str) -> Choice:
    """The model of `confidence.json` for a choice: "kinds"."""
    data = json.loads(files("kg.annotate").joinpath("confidence.json").read_text(encoding="utf-8")).get(task, {})
    return Choice(data.get("bias", {}), data.get("weights", {}))


@cache
def confidence(task: str) -> Confidence:
    """The model of `confidence.json` for a task: "assertions" or "mentions"."""
    data = json.loads(files("kg.annotate").joinpath("confidence.json").read_text(encoding="utf-8"))[task]
    return Confidence(data["bias"], data["floor"], data["weights"])
