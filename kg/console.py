"""What the command line shows: results on standard output, everything else on standard error.

Labels and quotes come from strangers: `safe` makes their control characters visible before a terminal can obey them,
and nothing of theirs is read as rich markup.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph
    from kg.pipeline import Progress

WIDE = 4000
"""Columns when the output is no terminal: nothing is wrapped or cut in a pipe."""


def safe(text: object) -> str:
    """`text` with control and bidirectional override characters written as escapes; spaces, letters and emoji stay."""
    return "".join(
        c
        if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs"} or c in "\u200d\u200c"
        else _visible(c)
        for c in str(text)
    )


def _visible(character: str) -> str:
    return " " if character in "\t\r" else character.encode("unicode_escape").decode()


def prepare_streams() -> None:
    """Write UTF-8 to files and pipes whatever the locale; on a terminal escape what its encoding cannot say.

    A stream that the caller has closed reads as empty and swallows what is written.
    """
    nothing = Path(os.devnull)
    sys.stdin = sys.stdin or nothing.open(encoding="utf-8")
    sys.stdout = sys.stdout or nothing.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nothing.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def console(*, stderr: bool = False) -> Console:
    """A console for one of the two outputs, made when used so that redirections and tests are honoured."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDE, highlight=False, markup=False, emoji=False)


def say(text: str | Text = "", *, style: str | None = None) -> None:
    """Print a line of result."""
    line = text if isinstance(text, Text) else Text(safe(text), style=style or "")
    console().print(line, soft_wrap=not sys.stdout.isatty())


def note(text: str) -> None:
    """Print a remark that is no result, to standard error."""
    console(stderr=True).print(Text(safe(text)), soft_wrap=True)


def complain(text: str) -> None:
    """Print an error as one line to standard error."""
    line = Text("kg: ", style="bold red").append(Text(safe(text), style=""))
    console(stderr=True).print(line, soft_wrap=True)


def say_json(value: Any) -> None:
    """Print a value as JSON: dataclasses as objects, in the order of their fields."""
    json.dump(value, sys.stdout, default=_plain, indent=2, ensure_ascii=False)  # piece by piece: it may be gigabytes
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def say_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print rows as a table; columns whose cells are all numbers, or dashes for the want of one, stand to the right."""
    cells = [[safe("" if cell is None else cell) for cell in row] for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for index, header in enumerate(headers):
        numeric = bool(cells) and all(row[index] == "–" or row[index].replace(".", "", 1).isdigit() for row in cells)
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    _say_rows(table)


COLUMNS = 120
"""How wide columns of text are side by side when the output is no terminal."""


def say_columns(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print texts side by side below their headers, the first column as narrow as it can be; each cell is wrapped."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(Text(safe(headers[0])), no_wrap=True, style="bold")
    for header in headers[1:]:
        table.add_column(Text(safe(header)), ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe(cell)) for cell in row))
    _say_rows(table, width=None if sys.stdout.isatty() else COLUMNS)


def _say_rows(table: Table, width: int | None = None) -> None:
    """Print a table without the blanks that pad its last column."""
    out = console()
    with out.capture() as captured:
        out.print(table, width=width)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on standard error while a build runs; silent when that is no terminal.

    To be told of progress is also when a build learns of an interrupt that did not reach it.
    """
    with _interrupts() as check:
        if not sys.stderr.isatty():
            yield lambda stage, done, total: check()
            return
        with _bars() as tell:

            def tell_and_check(stage: str, done: int, total: int | None) -> None:
                check()
                tell(stage, done, total)

            yield tell_and_check


@contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """A function that raises an interrupt that was swallowed, as compiled modules do while they are loaded."""
    asked: list[int] = []

    def interrupted(number: int, _frame: object) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield check  # interrupts are ignored, or somebody else's
        return
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, usual)


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            for earlier, task in tasks.items():
                if earlier != stage:
                    bars.stop_task(task)
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None)
            bars.update(tasks[stage], completed=done, total=total)

        yield tell


def say_pairs(rows: Iterable[tuple[str, str]]) -> None:
    """Print what-and-how-much rows in two columns; on a terminal the second wraps within its own."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(safe(name)), Text(safe(value)))
    _say_rows(table)


def say_answer(graph: KnowledgeGraph, sparql: str, format: str) -> None:
    """Print the answer of a SPARQL query, as a table or in a format that `KnowledgeGraph.sparql` knows."""
    import pyoxigraph as ox

    from kg.serialize import prefixes

    if format != "table":
        content, _ = graph.sparql(sparql, format)
        sys.stdout.flush()
        sys.stdout.buffer.write(content if content.endswith(b"\n") else content + b"\n")
        sys.stdout.buffer.flush()
        return
    answer, names = graph.query(sparql), prefixes(graph.base)
    if isinstance(answer, bool):
        say("yes" if answer else "no")
    elif isinstance(answer, ox.QuerySolutions):
        columns = [variable.value for variable in answer.variables]
        rows = [[_shown(row[column], names) for column in columns] for row in answer]
        say_table(columns, rows)
        note(f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}")
    else:
        triples = [[_shown(part, names) for part in (t.subject, t.predicate, t.object)] for t in answer]
        say_table(["subject", "predicate", "object"], triples)


def _shown(term: object, names: Mapping[str, str]) -> str:
    """An RDF term as people read it: an IRI with its prefix, the plain value of a literal."""
    import pyoxigraph as ox

    from kg.serialize import shortened

    if isinstance(term, ox.NamedNode):
        return shortened(term.value, names)
    return "" if term is None else str(getattr(term, "value", term))
