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
    from collections.abc import AsyncIterator, Mapping

    from kg.server.channel import Json
    from kg.server.worker import Settings

_START = "from kg.server.worker import main; main()"

_DELIVERY = 2.0
"""Seconds beyond its time that a worker has to end an answer properly before it is killed."""

_BUSY = "the server is busy with other queries: try again later"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker answered: `body` is whole, or comes in pieces that have to be read or closed."""

    status: int
    headers: Mapping[str, str]
    body: bytes | AsyncIterator[bytes]


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
            process.kill()
            raise Refusal(503, "no process can be started to answer queries", {"Retry-After": "5"}) from error
        except BaseException:
            process.kill()
            raise
        return process

    async def send(self, job: Json) -> None:
        self._writer.write(packed(b"J", json.dumps(job).encode()))
        await self._writer.drain()

    async def receive(self) -> tuple[bytes, bytes]:
        return await receive(self._reader)

    def kill(self) -> int:
        """End it at once; its exit status, as `Popen` tells it."""
        self._popen.kill()
        with suppress(RuntimeError):  # the loop may be closed already
            self._writer.close()
        return self._popen.wait()

    def died(self) -> int:
        """The exit status of a process whose socket has closed."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(1)
        return self.kill()


class Pool:
    """`size` worker processes, given one job at a time."""

    def __init__(self, settings: Settings, size: int, seconds: float) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._size = size
        self._seconds = seconds
        self._idle: asyncio.LifoQueue[_Process] = asyncio.LifoQueue()
        self._all: set[_Process] = set()
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
        self._all.clear()

    async def ask(self, job: Json) -> Answer:
        """The answer to a job; raises `Refusal`. Cancelling it, or the reading of the answer, ends the work."""
        process = await self._acquire()
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(deadline):
                await process.send(job)
                kind, payload = await process.receive()
        except TimeoutError:
            self._discard(process)
            raise too_long(self._seconds) from None
        except (asyncio.IncompleteReadError, OSError):
            raise self._dead(process) from None
        except BaseException:
            self._discard(process)
            raise
        if kind == b"H":
            head = json.loads(payload)
            return Answer(head["status"], head["headers"], self._pieces(process, deadline + _DELIVERY))
        self._idle.put_nowait(process)
        if kind == b"X":
            raise _refusal(payload)
        head, body = answer_of(payload)
        return Answer(head["status"], head["headers"], body)

    async def _pieces(self, process: _Process, deadline: float) -> AsyncIterator[bytes]:
        whole = False
        try:
            while not whole:
                async with asyncio.timeout_at(deadline):
                    kind, payload = await process.receive()
                if kind == b"D":
                    yield payload
                elif kind == b"E":
                    whole = True
                else:
                    raise _refusal(payload)
        finally:
            if whole:
                self._idle.put_nowait(process)
            else:
                self._discard(process)

    async def _acquire(self) -> _Process:
        with suppress(asyncio.QueueEmpty):
            return self._idle.get_nowait()
        if self._waiting >= self._limits.waiting:
            raise Refusal(429, _BUSY, {"Retry-After": "5"})
        while len(self._all) + self._starting < self._size:  # starting one has failed before
            self._replace()
        self._waiting += 1
        try:
            return await asyncio.wait_for(self._idle.get(), self._limits.patience)
        except TimeoutError:
            raise Refusal(429, _BUSY, {"Retry-After": "5"}) from None
        finally:
            self._waiting -= 1

    def _discard(self, process: _Process) -> int:
        """End a process and have another started in its place."""
        self._all.discard(process)
        code = process.kill()
        self._replace()
        return code

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
            return
        self._all.add(process)
        self._idle.put_nowait(process)


def _refusal(payload: bytes) -> Refusal:
    words = json.loads(payload)
    return Refusal(words["status"], words["message"], words["headers"])
