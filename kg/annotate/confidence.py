"""How far a finding can be trusted: models over what is known of it, fitted on annotated entries.

A rule proposes; the circumstances decide: which rules and cues, how the words stand to one another, which kinds of
things they name, what the title above announces, how the phrase is built. All of them are features with names. Three
models read them; `benchmarks/calibrate.py` fits all three:

- `Confidence`, logistic regression: is a phrase a term? (`confidence.json`, "mentions")
- `Choice`, multinomial logistic regression: of what kind is a term? (`confidence.json`, "kinds")
- `Network`, the same with one hidden layer beside it: which relation holds in a pair, or none? (`relations.npz`)

A probability is the share of such findings that a careful reader also made. Features that were never seen weigh
nothing, so what is new falls back on its circumstances.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NONE = "none"
"""The class of pairs between which no relation is stated."""


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
        weights = self.weights
        log_odds = self.bias + sum([weights[feature] for feature in features if feature in weights])
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


@dataclass(frozen=True, slots=True)
class Network:
    """Multinomial logistic regression with a hidden layer of rectified linear units beside it.

    A row's features select rows of `inputs` (features by hidden units and classes, side by side), which are summed;
    the hidden part passes through `outputs` (hidden units by classes). `slope` and `offset` make a probability of the
    network a calibrated one (Platt 1999, fitted on entries that the network has not seen); `floor` is the calibrated
    probability from which a relation is reported.
    """

    classes: tuple[str, ...]
    names: Mapping[str, int]
    inputs: np.ndarray[Any, Any]
    hidden_bias: np.ndarray[Any, Any]
    outputs: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]
    slope: float
    offset: float
    floor: float

    def calibrated(self, probability: float) -> float:
        """How often a finding of this probability is right."""
        odds = math.log(max(probability, 1e-9) / max(1.0 - probability, 1e-9))
        return 1.0 / (1.0 + math.exp(-(self.slope * odds + self.offset)))

    def probabilities(self, rows: Sequence[Iterable[str]]) -> np.ndarray[Any, Any]:
        """The probability of each class (columns, as `classes`) for each row of features."""
        names, hidden = self.names, len(self.hidden_bias)
        sums = np.zeros((len(rows), self.inputs.shape[1]))
        for n, row in enumerate(rows):
            known = [names[feature] for feature in row if feature in names]
            if known:
                sums[n] = self.inputs[known].sum(axis=0, dtype=np.float64)
        units = np.maximum(sums[:, :hidden] + self.hidden_bias, 0.0)
        scores = units @ self.outputs + sums[:, hidden:] + self.bias
        scores -= scores.max(axis=1, keepdims=True, initial=-math.inf)
        odds = np.exp(scores)
        shares: np.ndarray[Any, Any] = odds / odds.sum(axis=1, keepdims=True)
        return shares

    def save(self, file: IO[bytes]) -> None:
        """Write the network as `network` reads it: weights in half precision."""
        np.savez_compressed(
            file,
            classes=np.array(self.classes),
            names=np.frombuffer("\n".join(self.names).encode(), dtype=np.uint8),
            inputs=self.inputs.astype(np.float16),
            hidden_bias=self.hidden_bias.astype(np.float16),
            outputs=self.outputs.astype(np.float16),
            bias=self.bias.astype(np.float16),
            calibration=np.array([self.slope, self.offset, self.floor]),
        )

    @classmethod
    def load(cls, file: IO[bytes]) -> Network:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as data:
            names = data["names"].tobytes().decode().split("\n")
            return cls(
                tuple(str(c) for c in data["classes"]),
                {name: n for n, name in enumerate(names)},
                data["inputs"].astype(np.float32),
                data["hidden_bias"].astype(np.float64),
                data["outputs"].astype(np.float64),
                data["bias"].astype(np.float64),
                *map(float, data["calibration"]),
            )


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a model did on annotated entries that it had not seen when it was fitted, and how far its word can be taken.

    `bins` has for each tenth of the confidence: the mean of what was said, the share that was right, the number of
    findings. `calibration_error` is the expected calibration error over them (Naeini et al. 2015).
    """

    entries: int
    precision: float
    recall: float
    f1: float
    bins: tuple[tuple[float, float, int], ...]
    calibration_error: float


def _json(task: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("kg.annotate").joinpath("confidence.json").read_text(encoding="utf-8"))
    return dict(found.get(task, {}))


@cache
def choice(task: str) -> Choice:
    """The model of `confidence.json` for a choice: "kinds"."""
    data = _json(task)
    return Choice(data.get("bias", {}), data.get("weights", {}))


@cache
def confidence(task: str) -> Confidence:
    """The model of `confidence.json` for a yes or no: "mentions"."""
    data = _json(task)
    return Confidence(data["bias"], data["floor"], data["weights"])


@cache
def reliability(task: str) -> Reliability:
    """What `benchmarks/calibrate.py` measured of a model: "relations" or "mentions"."""
    data = _json(task)["reliability"]
    return Reliability(**{**data, "bins": tuple((said, was, count) for said, was, count in data["bins"])})


@cache
def network(task: str) -> Network:
    """The network of `<task>.npz`: "relations"."""
    with files("kg.annotate").joinpath(f"{task}.npz").open("rb") as file:
        return Network.load(file)
