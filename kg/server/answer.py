"""Answers as they leave a worker: in pieces, within limits, and with a word in them when a limit has cut them short.

The engine writes tables itself, faster than any code here could; `_Table` takes what it writes, sees where rows end,
and stops it at the end of a row. A cut answer is well-formed, and says that it is cut

- in the header `Kg-Truncated`, if that is known before the first piece leaves; and
- at its end: a member `kg:truncated` in JSON, a comment in XML and in the formats of graphs.

CSV, TSV and JSON-LD have no place for such words, so these answers are kept back on disk until they are complete.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, TYPE_CHECKING, cast

import pyoxigraph as ox

from kg.serialize import serialize
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS, choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.server.channel import Channel
    from kg.server.limits import Limits

PIECE = 1 << 16
"""Bytes of a piece; an answer of one piece is sent whole, with its length."""

_SORTED = 10_000
"""A graph of up to so many triples is sorted and grouped for people; a larger one is sent as the engine finds it."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a table looks from outside.

    Group 1 of `ends` ends where the head of the table ends, and then where its rows do; a match without it is skipped.
    Between two rows there is such an end only if `between`, or else one behind every row. `close` is missing behind it.
    """

    ends: re.Pattern[bytes]
    close: bytes = b""
    between: bool = False


_TABLES: Mapping[str, _Layout] = {
    # In a string of JSON a quotation mark is escaped, so that `}},{"` and a name can only be the seam of two rows.
    ox.QueryResultsFormat.JSON.media_type: _Layout(
        re.compile(rb'("bindings":\[|\}\}(?=,\{"\w))'), b"]}}", between=True
    ),
    ox.QueryResultsFormat.XML.media_type: _Layout(re.compile(rb"(<results>|</result>)"), b"</results></sparql>"),
    ox.QueryResultsFormat.CSV.media_type: _Layout(re.compile(rb'"[^"]*(?:"|\Z)|(\r\n)')),
    ox.QueryResultsFormat.TSV.media_type: _Layout(re.compile(rb"(\n)")),
}

_SILENT = {
    ox.QueryResultsFormat.CSV.media_type,
    ox.QueryResultsFormat.TSV.media_type,
    ox.RdfFormat.JSON_LD.media_type,
}
"""Media types of formats in which nothing can be said beside the data."""


class _Enough(Exception):
    """The engine is stopped: no more of its answer is wanted."""


class _Pieces:
    """The pieces of an answer on their way; the latest is held back until it is known whether it is the last."""

    def __init__(self, channel: Channel, media: str) -> None:
        self.size = 0
        self.cut = ""
        """Why the answer is cut, empty when it is whole."""
        self._channel = channel
        self._media = media
        self._held = b""
        self._started = False
        self._kept = cast("IO[bytes]", SpooledTemporaryFile(max_size=1 << 20)) if media in _SILENT else None  # noqa: SIM115

    def add(self, piece: bytes) -> None:
        """Send a piece, or keep it."""
        self.size += len(piece)
        if self._kept is not None:
            self._kept.write(piece)
        else:
            self._send(piece)

    def finish(self) -> None:
        """Send the rest, with a note if the answer is cut."""
        if self._kept is not None:
            with self._kept as kept:
                kept.seek(0)
                while piece := kept.read(PIECE):
                    self._send(piece)
        last = self._noted(self._held)
        if not self._started:
            self._channel.send_answer(self._head(), last)
        else:
            self._channel.send(b"D", last)
            self._channel.send(b"E")

    def _send(self, piece: bytes) -> None:
        if self._held:
            self._begin()
            self._channel.send(b"D", self._held)
        self._held = piece

    def _begin(self) -> None:
        if not self._started:
            self._channel.send(b"H", json.dumps(self._head()).encode())
            self._started = True

    def _head(self) -> dict[str, object]:
        headers = {"Content-Type": content_type(self._media)}
        if self.cut:
            headers["Kg-Truncated"] = self.cut
        return {"status": 200, "headers": headers}

    def _noted(self, last: bytes) -> bytes:
        if not self.cut or self._media in _SILENT:
            return last
        if self._media == ox.QueryResultsFormat.JSON.media_type:
            return last.removesuffix(b"}") + b',"kg:truncated":' + json.dumps(self.cut).encode() + b"}"
        if self._media.endswith("xml"):
            return last + f"\n<!-- truncated: {self.cut} -->\n".encode()
        return last + f"\n# truncated: {self.cut}\n".encode()


class _Table:
    """Takes a table from the engine like a file, and passes its rows on."""

    def __init__(self, pieces: _Pieces, layout: _Layout, limits: Limits, deadline: float) -> None:
        self._pieces = pieces
        self._layout = layout
        self._limits = limits
        self._deadline = deadline
        self._pending = bytearray()
        self._passed = -1
        """How many rows have been passed on; -1 before the head."""

    def write(self, data: bytes) -> int:
        """Take the next bytes; raises `_Enough` when no more are wanted."""
        if not self._pieces.cut:  # the engine hands over the rest of its buffer even when it has been stopped
            self._pending += data
            if len(self._pending) >= PIECE:
                self._pass_on(last=False)
        return len(data)

    def flush(self) -> None:
        """Do nothing: pieces leave when they are large enough."""

    def finish(self) -> None:
        """Pass on what is left."""
        if not self._pieces.cut:
            with suppress(_Enough):
                self._pass_on(last=True)

    def _pass_on(self, *, last: bool) -> None:
        """Pass on whole rows, as far as the limits allow."""
        ends = [match.end(1) for match in self._layout.ends.finditer(self._pending) if match.end(1) >= 0]
        allowed = self._limits.rows - self._passed
        room = self._limits.answer_bytes - self._pieces.size
        passing = [end for end in ends[:allowed] if end <= room]
        if len(ends) > allowed or (self._layout.between and len(ends) == allowed):
            self._pieces.cut = f"stopped after {self._limits.rows:,} rows, the most that are sent; there are more"
        elif len(passing) < len(ends) or len(self._pending) > room:
            self._pieces.cut = _too_large(self._limits)
        elif monotonic() > self._deadline and not last:
            self._pieces.cut = _late(self._limits)
        self._passed += len(passing)
        end = len(self._pending) if last and not self._pieces.cut else passing[-1] if passing else 0
        piece = bytes(self._pending[:end])
        del self._pending[:end]
        if self._pieces.cut:
            self._pieces.add(piece + self._layout.close)
            raise _Enough
        if piece:
            self._pieces.add(piece)


class _Document:
    """Takes a graph from a serializer like a file, and passes it on."""

    def __init__(self, pieces: _Pieces) -> None:
        self._pieces = pieces
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        self._pending += data
        if len(self._pending) >= PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Pass on what is pending."""
        if self._pending:
            self._pieces.add(bytes(self._pending))
            self._pending.clear()


def send(
    channel: Channel,
    answer: ox.QuerySolutions | ox.QueryBoolean | Iterable[ox.Triple],
    accept: str | None,
    names: Mapping[str, str],
    limits: Limits,
    deadline: float,
) -> None:
    """Send a table, a truth or triples in the format that is liked best; `deadline` is a time of `monotonic`.

    Raises `NotAcceptable` before anything is sent, and what the engine raises while it evaluates.
    """
    if isinstance(answer, ox.QuerySolutions | ox.QueryBoolean):
        result_format = choose(accept, RESULT_FORMATS)
        pieces = _Pieces(channel, result_format.media_type)
        table = _Table(pieces, _TABLES[result_format.media_type], limits, deadline)
        with suppress(_Enough):
            answer.serialize(cast("IO[bytes]", table), format=result_format)
        table.finish()
    else:
        graph_format = choose(accept, GRAPH_FORMATS)
        pieces = _Pieces(channel, graph_format.media_type)
        _send_graph(pieces, iter(answer), graph_format, names, limits, deadline)
    pieces.finish()


def _send_graph(
    pieces: _Pieces,
    triples: Iterator[ox.Triple],
    format: ox.RdfFormat,
    names: Mapping[str, str],
    limits: Limits,
    deadline: float,
) -> None:
    most = min(_SORTED, limits.rows)
    document = _Document(pieces)
    first = list(islice(triples, most + 1))
    if len(first) <= most:
        document.write(serialize(first, format, names))
    else:
        allowed = _allowed(chain(first, triples), pieces, limits, deadline)
        ox.serialize(allowed, cast("IO[bytes]", document), format=format, prefixes=dict(names))
    document.flush()


def _allowed(triples: Iterator[ox.Triple], pieces: _Pieces, limits: Limits, deadline: float) -> Iterator[ox.Triple]:
    """Yield triples until a limit is reached; the serializer then ends its document as it should be ended."""
    for number, triple in enumerate(triples):
        if number == limits.rows:
            pieces.cut = f"stopped after {limits.rows:,} triples, the most that are sent; there are more"
            return
        if pieces.size > limits.answer_bytes - PIECE:
            pieces.cut = _too_large(limits)
            return
        if not number % 1000 and monotonic() > deadline:
            pieces.cut = _late(limits)
            return
        yield triple


def _late(limits: Limits) -> str:
    return f"stopped after {limits.seconds:g} seconds, the most that are given; there may be more"


def _too_large(limits: Limits) -> str:
    return f"stopped at {limits.answer_bytes:,} bytes, the most that are sent; there is more"


def content_type(media: str) -> str:
    """A media type with the charset, where programs want to be told.

    >>> content_type("text/csv"), content_type("application/sparql-results+json")
    ('text/csv; charset=utf-8', 'application/sparql-results+json')
    """
    return f"{media}; charset=utf-8" if media.startswith("text/") and "charset" not in media else media
