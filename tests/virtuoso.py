"""A real OpenLink Virtuoso 7 of the tests' own: on loopback, with free ports, in a directory that goes away."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CAP = 500
"""ResultSetMaxRows: how many rows it gives at once. It is 10,000 where nobody changes it."""

# Small buffers, no checkpoints, nothing that listens but on loopback.
_INI = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 20
MaxCheckpointRemap = 2000
TempStorage = TempDatabase

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
FileExtend = 20
MaxCheckpointRemap = 2000

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 10
CheckpointInterval = 0
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
DirsAllowed = .
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 2

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 5
MaxClientConnections = 5

[SPARQL]
ResultSetMaxRows = {cap}
MaxQueryExecutionTime = 10
"""


@dataclass(frozen=True, slots=True)
class Virtuoso:
    """Its URL, and its endpoints. The user dba, whose password is dba, may write at those that end in `-auth`."""

    url: str

    @property
    def sparql(self) -> str:
        return f"{self.url}/sparql"

    @property
    def update(self) -> str:
        return f"{self.url}/sparql-auth"

    @property
    def store(self) -> str:
        return f"{self.url}/sparql-graph-crud-auth"

    def dataset(self, base: str) -> str:
        """The endpoint as one dataset: what was pushed from a graph with this base, and nothing else."""
        graphs = [f"{base}graph/default", f"{base}graph/evidence"]
        return f"{self.sparql}?" + "&".join(f"{k}-graph-uri={g}" for k in ("default", "named") for g in graphs)


def program() -> str | None:
    """The path of virtuoso-t, if it is installed."""
    return shutil.which("virtuoso-t")


@contextmanager
def running(folder: Path) -> Iterator[Virtuoso]:
    """A Virtuoso in an empty folder, for as long as the context lasts."""
    executable = program()
    assert executable
    sql, http = _free_ports(2)
    (folder / "virtuoso.ini").write_text(_INI.format(sql=sql, http=http, cap=CAP), encoding="utf-8")
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [executable, "+configfile", "virtuoso.ini", "+foreground", "+no-checkpoint"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            server = Virtuoso(f"http://127.0.0.1:{http}")
            _wait_for(server, process, folder)
            yield server
        finally:
            process.kill()  # what it holds is of no use to anybody, and it takes its time to close it
            process.wait(30)


def _wait_for(server: Virtuoso, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(1200):
        try:
            with urlopen(f"{server.sparql}?query=ASK%7B%7D", timeout=10) as answer:
                answer.read()
            return
        except (URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("Virtuoso does not start:\n" + (folder / "output.txt").read_text(errors="replace")[-2000:])


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
