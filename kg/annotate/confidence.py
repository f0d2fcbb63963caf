"""How far each rule can be trusted: its precision on annotated entries, measured by `benchmarks/calibrate.py`.

`confidence.json` holds, for each rule and relation, the smoothed share of its assertions that a careful reader also
made. A rule that was never seen gets the prior, the precision of all rules together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Confidence:
    """Measured precision: by "rule relation", and the `prior`; below `floor` an assertion is not made."""

    prior: float
    floor: float
    rules: dict[str, float]

    def of(self, rule: str, predicate: str) -> float:
        """The precision of a rule where it asserts a relation."""
        return self.rules.get(f"{rule} {predicate}", self.prior)


@cache
def confidence() -> Confidence:
    """The table of `confidence.json`; without the file, every rule has the prior."""
    path = files("kg.annotate").joinpath("confidence.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    return Confidence(data["prior"], data["floor"], data["rules"])
