"""Commands that study a graph as a whole, or where a concept stands in it: figures, what to read first, what
is related to it, and what may be missing."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, present, present_analysis
from kg.errors import KgError
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


TypesOption = Annotated[
    list[str] | None,
    Option("--type", metavar="CLASS", help="Only concepts of this class (repeatable)."),
]


@commands.command(rich_help_panel=PANEL)
@reads
def related(
    concept: Annotated[str, Argument(help="A label, an alias or an IRI.")],
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, help="At most this many concepts.")] = 10,
    by: Annotated[
        str | None, Option(help="walk, metapath, embedding, or both of the first two, which is the default.")
    ] = None,
    metapath: Annotated[
        str | None, Option(help="Count the ways along this one, there and back: 'Method-uses>*<uses-Method'.")
    ] = None,
    new: Annotated[bool, Option("--new", help="Leave out what is stated to have a relation to it.")] = False,
    types: TypesOption = None,
    quotes: QuotesOption = 1,
    format: FormatOption = Format.TEXT,
) -> None:
    """Find what is related to a concept, stated or not, with the reasons: what both use, are kinds of, have as parts.

    How concepts are ranked is told in docs/related.md.
    """
    found = open_graph(graph).related(concept, limit, by=by, metapath=metapath, new=new, types=types or ())
    if format is Format.JSON:
        console.say_json(found)
        return
    if found.note:
        raise KgError(found.note)
    for line in present.related(found, quotes=quotes):
        console.say(line)


@commands.command(rich_help_panel=PANEL)
@reads
def suggest(
    concept: Annotated[str | None, Argument(help="A label, an alias or an IRI; without it all pairs.")] = None,
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, help="At most this many pairs.")] = 10,
    by: Annotated[str, Option(help="walk, metapath, embedding, or both of the first two.")] = "walk",
    types: TypesOption = None,
    quotes: QuotesOption = 1,
    format: FormatOption = Format.TEXT,
) -> None:
    """Suggest relations that the graph may lack: pairs of concepts that most likely have one, which, and why."""
    found = open_graph(graph).suggest(concept, limit, by=by, types=types or ())
    if format is Format.JSON:
        console.say_json(found)
        return
    if found.note:
        raise KgError(found.note)
    for line in present.suggested(found, quotes=quotes):
        console.say(line)
