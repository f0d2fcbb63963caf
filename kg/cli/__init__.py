"""The command line. Each command is a few lines over the Python API: parse, call, print.

What is wrong with the input is one line on standard error: exit status 2 for a call that cannot be carried out, 1 for
a failure. Standard output carries results only, so that it can be piped.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer import Option
from typer.exceptions import TyperException

import kg
from kg import console
from kg.cli import ask, explore, make, share, study
from kg.errors import KgError

app = typer.Typer(
    name="kg",
    help="Turn technical glossaries into a knowledge graph whose every edge quotes its source.",
    epilog="A first session:\n\n"
    + "\n\n".join(
        (
            "  kg build docs/",
            "  kg search cache",
            "  kg ask 'what reduces latency?'",
            "  kg show 'write-ahead log'",
            "  kg path Raft quorum -k 3",
            "  kg query --name types-of -p concept=replication",
            "  kg viz -o graph.html",
            "Exit status: 0; 1 for a failure (nothing found, no path); 2 for a call that cannot be carried out as it "
            "was put; 130 when interrupted.",
        )
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (make, ask, explore, study, share):
    app.add_typer(module.commands)


def main() -> None:
    """Run the command line and exit with its status."""
    console.prepare_streams()
    try:
        status = app(prog_name="kg", standalone_mode=False)
    except KgError as error:
        console.complain(str(error))
        sys.exit(error.exit_status)
    except TyperException as error:
        if message := error.format_message():  # there is none when the manual was shown instead
            context = getattr(error, "ctx", None)
            console.complain(f"{message} (see '{context.command_path if context else 'kg'} --help')")
        sys.exit(2)
    except OSError as error:
        console.complain(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}")
        sys.exit(1)
    if status == 130:
        console.complain("interrupted; the graph that was there before is untouched")
    sys.exit(status if isinstance(status, int) else 0)


def _version(wanted: bool) -> None:
    if wanted:
        console.say(f"kg {kg.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
