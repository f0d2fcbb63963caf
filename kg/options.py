"""What the commands of `kg.cli` share: their common options, and how they open a graph, a text and a secret."""

from __future__ import annotations

import inspect
import os
import sys
from contextvars import ContextVar
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from kg import console
from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kg.endpoint import Connection
    from kg.graph import KnowledgeGraph


class Format(StrEnum):
    """How a command prints its answer."""

    TEXT = "text"
    JSON = "json"


class DefaultGraph(StrEnum):
    """The default graph of queries to a server."""

    UNION = "union"
    OWN = "own"


GraphOption = Annotated[
    str, Option("-g", "--graph", metavar="DIR", help="Where the graph was built; or the URL of a SPARQL endpoint.")
]
FormatOption = Annotated[Format, Option("--format", help="For people, or for programs.")]
QueriesOption = Annotated[
    list[Path] | None,
    Option("--queries", metavar="DIR", help="A folder with named queries of your own (repeatable)."),
]
QuotesOption = Annotated[int, Option("--quotes", min=0, help="Show up to this many quotes for each relation.")]


def open_graph(place: str, queries: list[Path] | None = None) -> KnowledgeGraph:
    """The graph of a command, talked to as its options say where it is an endpoint."""
    from kg.endpoint import Connection
    from kg.graph import open

    return open(place, CONNECTION.get() or Connection(remark=console.note), queries=queries or ())


# ---------------------------------------------------------------------------------------------------------- endpoints

CONNECTION: ContextVar[Connection | None] = ContextVar("connection", default=None)
"""How the command that runs talks to endpoints."""

_ENDPOINTS = "Endpoints"


def _connection(
    user: Annotated[
        str | None,
        Option(
            metavar="NAME",
            rich_help_panel=_ENDPOINTS,
            help="Who asks; or KG_ENDPOINT_USER. The password is KG_ENDPOINT_PASSWORD, or asked for on a terminal.",
        ),
    ] = None,
    password_file: Annotated[
        Path | None, Option(metavar="FILE", rich_help_panel=_ENDPOINTS, help="A file with the password on a line.")
    ] = None,
    token_file: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            rich_help_panel=_ENDPOINTS,
            help="A file with a bearer token on a line; or KG_ENDPOINT_TOKEN.",
        ),
    ] = None,
    timeout: Annotated[
        float, Option(min=0.1, metavar="SECONDS", rich_help_panel=_ENDPOINTS, help="Wait so long for an answer.")
    ] = 60.0,
    page_size: Annotated[
        int | None,
        Option(
            min=10,
            metavar="ROWS",
            rich_help_panel=_ENDPOINTS,
            help="Ask for large answers in pages of so many rows, SELECTs of your own without LIMIT too.",
        ),
    ] = None,
) -> None:
    """Set how to talk to an endpoint, as the options say. No option takes a secret: others see command lines."""
    from kg.endpoint import Connection, Credentials

    known = Credentials.of_environment()
    if token_file is not None:
        if user is not None or password_file is not None:
            raise UsageError("give --user and its password, or --token-file, not both")
        known = Credentials(token=_secret("--token-file", token_file))
    elif user is not None or password_file is not None:
        name = user or known.user
        if not name:
            raise UsageError("--password-file needs to know whose password it is: give --user NAME")
        password = known.password if password_file is None else _secret("--password-file", password_file)
        if not password and sys.stdin and sys.stdin.isatty():
            password = typer.prompt(f"Password of {name}", hide_input=True, err=True)
        if not password:
            raise UsageError("--user needs a password: set KG_ENDPOINT_PASSWORD or give --password-file FILE")
        known = Credentials(name, password)
    CONNECTION.set(Connection(credentials=known, timeout=timeout, page_size=page_size, remark=console.note))


def _secret(option: str, path: Path) -> str:
    """The first line of a file."""
    lines = read_text(str(path)).splitlines()
    if not lines or not lines[0].strip():
        raise UsageError(f"{option} {path}: the first line is empty")
    return lines[0].strip()


def _endpoint(
    endpoint: Annotated[
        str | None, Option(metavar="URL", rich_help_panel=_ENDPOINTS, help="Ask this SPARQL endpoint instead.")
    ] = None,
) -> dict[str, str]:
    """What takes the place of `graph` when an endpoint is named."""
    if endpoint is None:
        return {}
    if not endpoint.lower().startswith(("http://", "https://")):
        raise UsageError(f"--endpoint {endpoint}: not the URL of an endpoint, which begins with http:// or https://")
    return {"graph": endpoint}


def _with_options(command: Callable[..., None], *makers: Callable[..., Any]) -> Callable[..., None]:
    """A command that has the options of these functions too.

    The functions are called with them before it runs; what they return takes the place of its own arguments.
    """
    own = inspect.signature(command, eval_str=True)
    options = {maker: inspect.signature(maker, eval_str=True).parameters for maker in makers}

    @wraps(command)
    def run(**arguments: Any) -> None:
        for maker, names in options.items():
            arguments |= maker(**{name: arguments.pop(name) for name in names}) or {}
        command(**arguments)

    more = [option for names in options.values() for option in names.values()]
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *more])  # type: ignore[attr-defined]
    return run


def reads(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command with a `graph` that it opens with `open_graph` take `--endpoint` and all that belongs to it."""
    return _with_options(command, _endpoint, _connection)


def connects(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take the options by which one talks to endpoints, for one that it names in another way."""
    return _with_options(command, _connection)


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`; raises `UsageError`."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{'standard input' if file == '-' else file}: not UTF-8 at byte {error.start}") from error


def server_token(file: Path | None) -> str:
    """The token for changes, which is never an argument, where other users of the machine would see it."""
    token = (read_text(str(file)) if file is not None else os.environ.get("KG_TOKEN", "")).strip()
    if len(token) < 8:
        where = str(file) if file is not None else "the environment variable KG_TOKEN"
        raise UsageError(f"--writable needs a token of at least 8 characters in {where}, or in a --token-file FILE")
    return token
