"""What one query may cost `kg.server`: queries run on threads of their own, and are answered within limits.

The time limit is soft: the engine cannot be interrupted before it gives its first row. The caller is told in time, and
the work keeps its slot until the engine is through.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from traceback import clear_frames
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_STACK = 512 << 20
"""Bytes of address space for the stack of a query's thread; memory is used only as far as a query nests."""
_STARTING = threading.Lock()
"""Held while a thread is started, because Python's stack size is a setting of the whole process."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may cost. `seconds` is wall time; sizes are in bytes.

    `concurrent` queries are evaluated at once; another one waits for `patience` seconds and is then turned away.
    `query_bytes` is not to be raised lightly: the engine's parser recurses, and the stack of a thread (`_STACK`) is
    enough for the deepest query of this length.
    """

    seconds: float = 30.0
    concurrent: int = 4
    patience: float = 2.0
    query_bytes: int = 1 << 16
    answer_bytes: int = 64 << 20


class Refusal(Exception):
    """A request that is answered with an HTTP error status and one message."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers
        super().__init__(message)


class Workers:
    """Run work on threads of their own, a few at a time, for a while.

    The threads are daemons, so that a query which never ends does not keep the program from ending.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._slots = asyncio.Semaphore(limits.concurrent)

    async def run(self, work: Callable[[float], T]) -> T:
        """What `work` returns; it is told the time (of `monotonic`) at which it should give up."""
        try:
            await asyncio.wait_for(self._slots.acquire(), self.limits.patience)
        except TimeoutError:
            raise Refusal(429, "the server is busy with other queries: try again later", {"Retry-After": "5"}) from None
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        outcome: list[T] = []
        failure: list[BaseException] = []
        deadline = monotonic() + self.limits.seconds

        def finish() -> None:
            self._slots.release()
            done.set()

        def body() -> None:
            try:
                outcome.append(work(deadline))
            except BaseException as error:  # it is raised again where the outcome is waited for
                # The engine's iterators may only be dropped on the thread that made them, and the frames hold them.
                clear_frames(error.__traceback__)
                failure.append(error)
            finally:
                with suppress(RuntimeError):  # the server has been shut down in the meantime
                    loop.call_soon_threadsafe(finish)

        thread = threading.Thread(target=body, daemon=True, name="query")
        try:
            with _STARTING:
                usual = threading.stack_size(_STACK)
                try:
                    thread.start()
                finally:
                    threading.stack_size(usual)
        except RuntimeError as error:
            self._slots.release()
            raise Refusal(503, f"the server has no room for another query: {error}", {"Retry-After": "5"}) from error
        try:
            await asyncio.wait_for(done.wait(), self.limits.seconds)
        except TimeoutError:
            raise _timeout(self.limits) from None
        if failure:
            raise failure[0]
        return outcome[0]


class Answer:
    """Collects an answer, and stops the engine when it has become too long or too late."""

    def __init__(self, limits: Limits, deadline: float) -> None:
        self.content = bytearray()
        self._limits = limits
        self._deadline = deadline
        self._size = 0
        self._stopped = False

    def write(self, data: bytes) -> int:
        """Take the next piece."""
        if not self._stopped:  # the engine hands over the rest of its buffer even when it has been stopped
            self.count(len(data))
            self.content += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: the answer is in memory."""

    def count(self, size: int) -> None:
        """Note that the answer has grown by so much; raises `Refusal` when that is too much, or too late."""
        self._size += size
        self._stopped = self._size > self._limits.answer_bytes or monotonic() > self._deadline
        if self._size > self._limits.answer_bytes:
            raise Refusal(503, f"the answer is larger than {self._limits.answer_bytes:,} bytes: add a LIMIT")
        if self._stopped:
            raise _timeout(self._limits)


def _timeout(limits: Limits) -> Refusal:
    return Refusal(503, f"the query took longer than {limits.seconds:g} seconds: make it narrower, or add a LIMIT")
