"""Annotation on several processors: batches of entries go to whoever is free, this process or its helpers.

Which process reads a batch does not show in the result. A helper is an interpreter of its own, started with the same
model and entries, so that it works from any program, with threads or without; if it dies, its batch is read here.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kg.model import Annotation, Entry, Headword

    Batch = Sequence[int]
    Read = Callable[[Batch], list[Annotation]]

WORTH_A_HELPER = 100
"""So many distinct entries keep two processors busy for longer than a helper needs to start (two to three seconds)."""

_START = "from kg.annotate.parallel import help; help()"


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def annotate_batches(
    batches: Sequence[Batch],
    read: Read,
    model: str,
    entries: Sequence[Entry],
    headwords: Sequence[Headword],
    helpers: int,
) -> Iterator[list[Annotation]]:
    """Yield what `read` makes of each batch, in order, with so many helpers.

    A batch is a list of positions in `entries`; helpers read it as `kg.annotate.reader` does.
    """
    work = _Work(len(batches))
    team = [_Helper(work, batches, pickle.dumps((model, entries, headwords))) for _ in range(helpers)]
    try:
        for number in range(len(batches)):
            while number not in work.done:
                mine = work.take()
                if mine is None:
                    work.wait_for(number)
                else:
                    work.put(mine, read(batches[mine]))
            yield work.done.pop(number)
    finally:
        for helper in team:
            helper.end()


class _Work:
    """The batches that are still to be read, and what has been read."""

    def __init__(self, count: int) -> None:
        self.done: dict[int, list[Annotation]] = {}
        self._open = deque(range(count))
        self._changed = threading.Condition()

    def take(self) -> int | None:
        """The next batch that nobody reads, None if there is none."""
        with self._changed:
            return self._open.popleft() if self._open else None

    def put(self, number: int, found: list[Annotation]) -> None:
        """Hand in a batch."""
        with self._changed:
            self.done[number] = found
            self._changed.notify_all()

    def put_back(self, number: int) -> None:
        """Leave a batch to others."""
        with self._changed:
            self._open.appendleft(number)
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        """Wait until a batch is done, or there is work again."""
        with self._changed:
            self._changed.wait_for(lambda: number in self.done or bool(self._open))


class _Helper:
    """A process that reads batches, and the thread that speaks with it."""

    def __init__(self, work: _Work, batches: Sequence[Batch], setting: bytes) -> None:
        self._work = work
        self._batches = batches
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._thread = threading.Thread(target=self._lead, args=(setting,), daemon=True, name="annotate")
        self._thread.start()

    def _lead(self, setting: bytes) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        number = None
        try:
            self._process.stdin.write(setting)
            self._process.stdin.flush()
            pickle.load(self._process.stdout)  # it is ready
            while (number := self._work.take()) is not None:
                pickle.dump(self._batches[number], self._process.stdin)
                self._process.stdin.flush()
                self._work.put(number, pickle.load(self._process.stdout))
        except (OSError, EOFError, pickle.UnpicklingError):
            if number is not None:
                self._work.put_back(number)

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._thread.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not sent is of no interest any more
                if pipe is not None:
                    pipe.close()


def help() -> None:
    """The life of a helper: it gets a setting, says that it is ready, and then answers batches with annotations."""
    from kg.annotate import reader
    from kg.annotate.pipeline import load_pipeline

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the program that is helped
    model, entries, headwords = pickle.load(sys.stdin.buffer)
    read = reader(entries, headwords, load_pipeline(model))
    answers = sys.stdout.buffer
    pickle.dump("ready", answers)
    answers.flush()
    while True:
        try:
            batch = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(read(batch), answers)
        answers.flush()
