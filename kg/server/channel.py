"""Frames between the server and its workers: a letter, a length, and that many bytes, over a socket.

J  server -> worker  a job: JSON
R  worker -> server  ready for jobs
A  worker -> server  a whole answer: its head, then its body
H  worker -> server  the head of an answer that comes in pieces: JSON with `status` and `headers`
D  worker -> server  a piece of it
E  worker -> server  its end
X  worker -> server  a refusal: JSON with `status`, `message` and `headers`
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Mapping

_HEAD = struct.Struct("!cI")

Json = dict[str, Any]


def packed(kind: bytes, payload: bytes) -> bytes:
    """A frame as bytes."""
    return _HEAD.pack(kind, len(payload)) + payload


def packed_answer(head: Mapping[str, object], body: bytes) -> bytes:
    """A frame with a whole answer."""
    text = json.dumps(head).encode()
    return packed(b"A", struct.pack("!I", len(text)) + text + body)


def answer_of(payload: bytes) -> tuple[Json, bytes]:
    """Head and body of a frame made by `packed_answer`."""
    (size,) = struct.unpack_from("!I", payload)
    return json.loads(payload[4 : 4 + size]), payload[4 + size :]


async def receive(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next frame that a worker sends; raises `asyncio.IncompleteReadError` when it has died."""
    kind, size = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    return kind, await reader.readexactly(size) if size else b""


class ServerGone(Exception):
    """There is nobody left to work for."""


class Channel:
    """A worker's end of the socket. Sending raises `ServerGone` when the server has ended."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Send a frame; waits while the server has no room for it."""
        self._send(packed(kind, payload))

    def send_answer(self, head: Mapping[str, object], body: bytes) -> None:
        """Send a whole answer."""
        self._send(packed_answer(head, body))

    def receive(self) -> Json | None:
        """The next job, or None when the server has closed the socket."""
        head = self._read(_HEAD.size)
        if head is None:
            return None
        _, size = _HEAD.unpack(head)
        payload = self._read(size)
        return None if payload is None else json.loads(payload)

    def _send(self, frame: bytes) -> None:
        try:
            self._sock.sendall(frame)
        except OSError as error:
            raise ServerGone from error

    def _read(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            part = self._sock.recv(min(size - len(data), 1 << 20))
            if not part:
                return None
            data += part
        return bytes(data)
