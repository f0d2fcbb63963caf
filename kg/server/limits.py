"""What one request may cost, and how a request is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost: `seconds` of wall time, sizes in bytes, `rows` of a table or triples of a graph.

    `seconds` are for evaluating a query and delivering its answer, `update_seconds` for an update or an upload.
    `concurrent` queries are evaluated at once, each in a process that may grow by `memory_bytes`; up to `waiting` more
    wait for `patience` seconds and are then turned away, any further ones at once.
    `query_bytes` is not to be raised lightly: the engine's parser recurses, and the stack of a worker is enough for the
    deepest query of this length.
    """

    seconds: float = 30.0
    update_seconds: float = 300.0
    concurrent: int = 4
    waiting: int = 64
    patience: float = 2.0
    rows: int = 1_000_000
    answer_bytes: int = 256 << 20
    memory_bytes: int = 2 << 30
    query_bytes: int = 1 << 16
    upload_bytes: int = 256 << 20


class Refusal(Exception):
    """A request that is answered with an HTTP error status and one message."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = dict(headers or {})
        super().__init__(message)


def too_long(seconds: float) -> Refusal:
    """The refusal of a request whose time is up."""
    return Refusal(503, f"the query took longer than {seconds:g} seconds: make it narrower, or add a LIMIT")
