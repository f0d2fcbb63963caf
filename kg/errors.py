"""What can go wrong, as a tree.

    KgError
    ├── UsageError            the call cannot be carried out as it was put (exit status 2)
    │   ├── ConceptNotFound   no such concept; `close` holds near misses
    │   ├── QueryError        a SPARQL text or a parameter is wrong; `line` and `column` when known
    │   ├── NotAcceptable     an answer was asked for in a format that it cannot be given in
    │   ├── MissingGraph      no built graph where one was expected
    │   └── MissingExtra      a package is not installed that only some need
    ├── ReadError             a document is not what it should be; `file` and `line` when known
    │   └── NotAGlossary      it can be read, but there are no entries in it
    ├── NoPath                two concepts are not connected within the constraints
    ├── UnreadableQuestion    a question in words that cannot be read; `suggestions` holds some that can
    ├── OntologyError         a term that the ontology does not define
    ├── StoreError            the store is damaged, locked or of another version
    └── EndpointError         a remote SPARQL endpoint failed or refused

Every message is one line that says what, where and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class KgError(Exception):
    """Base of every error that a user can cause or cure. `exit_status` is the command line's."""

    exit_status = 1


class UsageError(KgError):
    """The call cannot be carried out as it was put."""

    exit_status = 2


class ConceptNotFound(UsageError):
    """No concept has this name; `close` lists the labels of near misses, best first."""

    def __init__(self, name: str, close: tuple[str, ...] = ()) -> None:
        self.name = name
        self.close = close
        hint = f"; did you mean {', '.join(repr(label) for label in close)}?" if close else ""
        super().__init__(f"no concept {name!r} in this graph{hint}")


class QueryError(UsageError):
    """A query text or a parameter is wrong; `line` and `column` are 1-based when the parser told them."""

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        self.line = line
        self.column = column
        super().__init__(message)


class NotAcceptable(UsageError):
    """An answer was asked for in a format that it cannot be given in; the message lists the possible ones."""


class MissingGraph(UsageError):
    """There is no built graph at this place."""

    def __init__(self, place: Path) -> None:
        self.place = place
        super().__init__(f"no graph in {place}: run 'kg build' first, or name another with -g DIR")


class MissingExtra(UsageError):
    """A package is not installed that only some need; the message names the extra of kg that brings it."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what}, which is not installed: pip install 'kg[{extra}]'")


class ReadError(KgError):
    """A document is not what it should be: not there, not UTF-8, or no glossary. `reason` leaves out where."""

    def __init__(self, message: str, file: str | Path | None = None, line: int | None = None) -> None:
        self.reason = message
        self.file = file
        self.line = line
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{where}{message}")


class NotAGlossary(ReadError):
    """A document can be read, but it has no entries: a licence, a letter, an empty file."""


class NoPath(KgError):
    """Two concepts are not connected within the constraints; the message says which."""


class OntologyError(KgError):
    """A class or predicate that the ontology does not define, or an ontology that cannot be read."""


class StoreError(KgError):
    """The store cannot be opened or written."""


class EndpointError(KgError):
    """A remote SPARQL endpoint could not be reached, refused, or answered with something else.

    `status` is the one of HTTP when it answered with an error.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class IncompleteAnswer(UserWarning):
    """An endpoint's answer looks as if it were not all of it."""


class UnreadableQuestion(KgError):
    """A question in words that no shape of `kg ask` fits, or that is about nothing in the graph.

    `suggestions` are questions near it that can be read, the nearest first.
    """

    def __init__(self, question: str, reason: str = "", suggestions: tuple[str, ...] = ()) -> None:
        self.question = question
        self.suggestions = suggestions
        shown = question if len(question) <= 80 else f"{question[:79].rstrip()}…"
        hint = f"; you could ask {' or '.join(repr(each) for each in suggestions)}" if suggestions else ""
        super().__init__(f"I can't read this question: {shown!r}{f': {reason}' if reason else ''}{hint}")
