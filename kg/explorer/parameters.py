"""What a request asks for: its parameters, each with all its values, as texts, numbers and constraints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONSTRAINTS = (
    "avoid", "via", "types", "metapath", "max_hops", "predicates", "exclude", "min_confidence", "directed",
)  # fmt: skip
"""The parameters that narrow paths, as `KnowledgeGraph.paths` names them."""

_REPEATABLE = ("avoid", "via", "types", "predicates", "exclude")


class Values:
    """The parameters of a request. A value that is empty counts as not given."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._given = given

    def all(self, name: str) -> list[str]:
        """All values of a parameter."""
        return [text.strip() for text in self._given.get(name, ()) if text.strip()]

    def one(self, name: str) -> str:
        """The value of a parameter, empty if it is not given; raises UsageError if it is given more than once.

        >>> Values({"q": [" raft "]}).one("q")
        'raft'
        """
        given = self.all(name)
        if len(given) > 1:
            raise UsageError(f"the parameter {name} is given {len(given)} times, and can be given once")
        return given[0] if given else ""

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`; raises UsageError for what is none."""
        text = self.one(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise UsageError(f"{name}={text}: expected a whole number from {least} to {most:,}")
        return int(text)

    def share(self, name: str) -> float:
        """A number from 0 to 1, which has to be given; raises UsageError for what is none."""
        text = self.one(name)
        if not re.fullmatch(r"[01]|[01]?\.[0-9]{1,9}", text, re.ASCII) or float(text) > 1:
            raise UsageError(f"{name}={text}: expected a number from 0 to 1")
        return float(text)


def constraints(values: Values, known: Mapping[str, object]) -> dict[str, Any]:
    """The constraints on paths as parameters of `KnowledgeGraph.paths`, which takes those that are `known`.

    Raises UsageError for any other.
    """
    options: dict[str, Any] = {name: values.all(name) for name in _REPEATABLE if values.all(name)}
    if values.one("metapath"):
        options["metapath"] = values.one("metapath")
    if values.one("max_hops"):
        options["max_hops"] = values.whole("max_hops", 1, 1, 100)
    if values.one("min_confidence"):
        options["min_confidence"] = values.share("min_confidence")
    if values.one("directed"):
        options["directed"] = True
    unknown = sorted(options.keys() - known.keys())
    if unknown:
        raise UsageError(f"paths take no {', '.join(unknown)} here")
    return options
