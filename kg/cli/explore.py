"""Commands that follow the relations of a graph: paths, and what lies around and between concepts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, present
from kg.errors import UsageError
from kg.options import Format, FormatOption, GraphOption, QuotesOption, open_graph, reads

PANEL = "Follow its relations"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
@reads
def path(
    start: Annotated[str, Argument(help="The concept to start from.")],
    end: Annotated[str, Argument(help="The concept to arrive at.")],
    graph: GraphOption = "output",
    k: Annotated[int, Option("-k", min=1, max=1000, help="The number of paths.")] = 1,
    all_shortest: Annotated[
        bool, Option("--all-shortest", help="All paths of the fewest steps, the best of them first.")
    ] = False,
    max_hops: Annotated[int | None, Option(min=1, help="No path longer than this.")] = None,
    via: Annotated[
        list[str] | None, Option(help="Through this concept (repeatable: through all of them, in any order).")
    ] = None,
    avoid: Annotated[list[str] | None, Option(help="Never through this concept (repeatable).")] = None,
    predicates: Annotated[
        list[str] | None, Option("--predicate", help="Only this relation, such as uses (repeatable).")
    ] = None,
    exclude: Annotated[list[str] | None, Option(help="Never this relation (repeatable).")] = None,
    types: Annotated[
        list[str] | None, Option("--type", help="Between the ends only concepts of this class (repeatable).")
    ] = None,
    min_confidence: Annotated[float, Option(min=0, max=1, help="Only relations at least this sure.")] = 0.0,
    directed: Annotated[bool, Option("--directed", help="Follow relations in their own direction only.")] = False,
    metapath: Annotated[
        str | None,
        Option(help="Classes and relations of the whole path: 'Method-uses>Model-developedBy>Organization'."),
    ] = None,
    seconds: Annotated[
        float, Option("--time-budget", min=0.001, metavar="SECONDS", help="Stop then, with the paths found so far.")
    ] = 30.0,
    quotes: QuotesOption = 1,
    html: Annotated[
        Path | None, Option("--html", metavar="FILE", help="Draw the paths as a page as well, as viz does.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Explain how two concepts hang together: the best paths, with the quoted evidence of each step.

    The grammar of --metapath, and what makes a path the best, are told in docs/paths.md.
    """
    if all_shortest and k != 1:
        raise UsageError("-k and --all-shortest both say how many paths: give one of them")
    found = open_graph(graph).paths(
        start, end, k, max_hops=max_hops, directed=directed, predicates=predicates or (), exclude=exclude or (),
        types=types or (), via=via or (), avoid=avoid or (), min_confidence=min_confidence, metapath=metapath,
        all_shortest=all_shortest, seconds=seconds,
    )  # fmt: skip
    if html is not None:
        found.draw(html)
        console.note(f"{html}: {present.amount(len(found), 'path')}; open it in a browser")
    if format is Format.JSON:
        console.say_json({"start": found.start, "end": found.end, "complete": found.complete, "paths": list(found)})
        return
    for number, each in enumerate(found, 1):
        for line in present.explained(each, number, quotes=quotes):
            console.say(line)
    if not found.complete:
        console.note(f"stopped after {seconds:g} seconds: there may be more paths, but none better")
