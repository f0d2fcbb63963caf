"""Commands that study a graph as a whole, or where a concept stands in it: figures, what to read first."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, present_analysis
from kg.options import Format, FormatOption, GraphOption, QuotesOption, open_graph, reads

PANEL = "Study it"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
@reads
def analyse(
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, max=10_000, help="At most this many of everything.")] = 10,
    by: Annotated[
        str, Option("--by", metavar="MEASURE", help="Rank concepts by pagerank, betweenness, core or degree.")
    ] = "pagerank",
    only: Annotated[
        str | None,
        Option("--only", metavar="PART", help="Only the concepts, communities, gaps, bridges or cores."),
    ] = None,
    exact: Annotated[bool, Option("--exact", help="Measure betweenness from all concepts, however long.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Find what stands out: central concepts, communities, gaps between them, weak links, cores."""
    found = open_graph(graph).analyse(exact=exact).sections(limit, by=by, only=only)
    if format is Format.JSON:
        console.say_json(found)
        return
    for line in present_analysis.extent(found["extent"], measured="concepts" in found):
        console.say(line)
    if "concepts" in found:
        console.say()
        console.say_table(present_analysis.COLUMNS, present_analysis.rows(found["concepts"]))
    for line in present_analysis.sections(found):
        console.say(line)


@commands.command(rich_help_panel=PANEL)
@reads
def learn(
    concept: Annotated[str, Argument(help="The concept to understand.")],
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, max=500, help="At most this many concepts before it.")] = 10,
    depth: Annotated[int, Option(min=1, help="No chain of prerequisites longer than this.")] = 3,
    everything: Annotated[bool, Option("--all", help="List concepts without an entry of their own too.")] = False,
    min_confidence: Annotated[float, Option(min=0, max=1, help="Only relations at least this sure.")] = 0.0,
    quotes: QuotesOption = 1,
    format: FormatOption = Format.TEXT,
) -> None:
    """Tell what to read before a concept, in which order, and why."""
    limits = {"depth": depth, "everything": everything, "min_confidence": min_confidence}
    found = open_graph(graph).learn(concept, limit, **limits)
    if format is Format.JSON:
        console.say_json(found)
        return
    for line in present_analysis.learnt(found, quotes=quotes):
        console.say(line)
