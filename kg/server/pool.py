"""The processes that work for the server: a few readers, and one writer when the graph may be changed.

A job that lasts too long, takes too much memory, or whose caller has gone is ended by killing its process. That stops
the engine wherever it is, and costs a new process, which is started beside the others.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.server.channel import answer_of, packed, receive
from kg.server.limits import Refusal, too_long
from kg.server.worker import too_much_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kg.server.channel import Json
    from kg.server.worker import Settings

_START = "from kg.server.worker import main; main()"

_DELIVERY = 2.0
"""Seconds beyond its time that a worker has to end an answer properly before it is killed."""

_BUSY = "the server is busy with other queries: try again later"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker answered: `body` is whole, or comes in pieces, which have to be closed."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Pieces

    def close(self) -> None:
        """Give the process back that still works on the answer, if one does."""
        if isinstance(self.body, Pieces):
            self.body.close()


class _Process:
    """A worker process and the socket to it."""

    def __init__(self, popen: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._popen = popen
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, settings: Settings) -> _Process:
        """Start one and wait until it is ready; raises `Refusal` when it cannot work."""
        ours, theirs = socket.socketpair()
        with theirs:
            popen = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(theirs.fileno()), settings.dumped()],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        process = cls(popen, *await asyncio.open_connection(sock=ours))
        try:
            kind, payload = await process.receive()
            if kind != b"R":
                raise _refusal(payload)
        except asyncio.IncompleteReadError as error:
            process.died()
            raise Refusal(503, "no process can be started to answer queries", {"Retry-After": "5"}) from error
        except BaseException:
            process.kill()
            process.reap()
            raise
        return process

    async def send(self, job: Json) -> None:
        self._writer.write(packed(b"J", json.dumps(job).encode()))
        await self._writer.drain()

    async def receive(self) -> tuple[bytes, bytes]:
        return await receive(self._reader)

    def kill(self) -> None:
        """End it at once. It has to be reaped, too."""
        self._popen.kill()
        with suppress(RuntimeError):  # the loop may be closed already
            self._writer.close()

    def reap(self, *, wait: bool = True) -> int | None:
        """The exit status, as `Popen` tells it; None if it has not ended and is not waited for."""
        return self._popen.wait() if wait else self._popen.poll()

    def died(self) -> int:
        """The exit status of a process whose socket has closed."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(1)
        self.kill()
        return self._popen.wait()


class Pool:
    """`size` worker processes, given one job at a time."""

    def __init__(self, settings: Settings, size: int, seconds: float) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._size = size
        self._seconds = seconds
        self._idle: asyncio.LifoQueue[_Process] = asyncio.LifoQueue()
        self._all: set[_Process] = set()
        self._ended: list[_Process] = []
        """Processes that were killed and are still to be reaped; that takes a while if they were large."""
        self._starting = 0
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start the first process, and the others in the background. Raises `Refusal` when it cannot work."""
        await self._add()
        for _ in range(1, self._size):
            self._replace()

    def close(self) -> None:
        """End all processes."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for process in self._all:
            process.kill()
        for process in (*self._all, *self._ended):
            process.reap()
        self._all.clear()
        self._ended.clear()

    async def ask(self, job: Json) -> Answer:
        """The answer to a job; raises `Refusal`. Cancelling it, or the reading of the answer, ends the work."""
        process = await self._acquire()
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(deadline):
                await process.send(job)
                kind, payload = await process.receive()
        except TimeoutError:
            self.discard(process)
            raise too_long(self._seconds) from None
        except (asyncio.IncompleteReadError, OSError):
            raise self._dead(process) from None
        except BaseException:
            self.discard(process)
            raise
        if kind == b"H":
            head = json.loads(payload)
            return Answer(head["status"], head["headers"], Pieces(self, process, deadline + _DELIVERY))
        self.give_back(process)
        if kind == b"X":
            raise _refusal(payload)
        head, body = answer_of(payload)
        return Answer(head["status"], head["headers"], body)

    async def _acquire(self) -> _Process:
        with suppress(asyncio.QueueEmpty):
            return self._idle.get_nowait()
        if self._waiting >= self._limits.waiting:
            raise Refusal(429, _BUSY, {"Retry-After": "5"})
        while len(self._all) + self._starting < self._size:  # starting one has failed before
            self._replace()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._limits.patience):
                return await self._idle.get()
        except TimeoutError:
            raise Refusal(429, _BUSY, {"Retry-After": "5"}) from None
        finally:
            self._waiting -= 1

    def give_back(self, process: _Process) -> None:
        """Let a process have the next job."""
        self._idle.put_nowait(process)

    def discard(self, process: _Process) -> None:
        """End a process and have another started in its place."""
        self._all.discard(process)
        process.kill()
        self._ended = [each for each in (*self._ended, process) if each.reap(wait=False) is None]
        self._replace()

    def _dead(self, process: _Process) -> Refusal:
        """The refusal for a job during which its process has died."""
        self._all.discard(process)
        code = process.died()
        self._replace()
        if code in {-signal.SIGABRT, -signal.SIGKILL}:
            return too_much_memory(self._limits)
        if code == -signal.SIGALRM:
            return too_long(self._seconds)
        return Refusal(503, "the engine could not cope with the query: make it simpler")

    def _replace(self) -> None:
        if self._closed:
            return
        self._starting += 1
        task = asyncio.get_running_loop().create_task(self._add_later())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _add_later(self) -> None:
        try:
            with suppress(Refusal):  # the next caller who finds too few tries again
                await self._add()
        finally:
            self._starting -= 1

    async def _add(self) -> None:
        process = await _Process.start(self._settings)
        if self._closed:
            process.kill()
            process.reap()
            return
        self._all.add(process)
        self._idle.put_nowait(process)


class Pieces:
    """The pieces of an answer as they come. Until they are all read, or closed, they occupy a process."""

    def __init__(self, pool: Pool, process: _Process, deadline: float) -> None:
        self._pool = pool
        self._process: _Process | None = process
        self._deadline = deadline

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        """The next piece; raises `Refusal` or `TimeoutError` for an answer that breaks off."""
        if self._process is None:
            raise StopAsyncIteration
        try:
            async with asyncio.timeout_at(self._deadline):
                kind, payload = await self._process.receive()
        except BaseException:
            self.close()
            raise
        if kind == b"D":
            return payload
        if kind == b"E":
            process, self._process = self._process, None
            self._pool.give_back(process)
            raise StopAsyncIteration
        self.close()
        raise _refusal(payload)

    def close(self) -> None:
        """End the work on what has not been read."""
        process, self._process = self._process, None
        if process is not None:
            self._pool.discard(process)


def _refusal(payload: bytes) -> Refusal:
    words = json.loads(payload)
    return Refusal(words["status"], words["message"], words["headers"])
