"""Commands that follow the relations of a graph: paths, and what lies around and between concepts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, outlines, present
from kg.errors import UsageError
from kg.options import Format, FormatOption, GraphOption, QuotesOption, open_graph, reads

PANEL = "Follow its relations"
commands = typer.Typer()

PredicatesOption = Annotated[
    list[str] | None, Option("--predicate", help="Only this relation, such as uses (repeatable).")
]
ExcludeOption = Annotated[list[str] | None, Option(help="Never this relation (repeatable).")]
ConfidenceOption = Annotated[float, Option(min=0, max=1, help="Only relations at least this sure.")]
HtmlOption = Annotated[Path | None, Option("--html", metavar="FILE", help="Draw it as a page as well, as viz does.")]


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
        console.say_json(found.as_dict())
        return
    for number, each in enumerate(found, 1):
        for line in present.explained(each, number, quotes=quotes):
            console.say(line)
    if not found.complete:
        console.note(f"stopped after {seconds:g} seconds: there may be more paths, but none better")


@commands.command(rich_help_panel=PANEL)
@reads
def connect(
    concepts: Annotated[list[str], Argument(help="Two concepts or more.")],
    graph: GraphOption = "output",
    predicates: PredicatesOption = None,
    exclude: ExcludeOption = None,
    types: Annotated[
        list[str] | None, Option("--type", help="Only through concepts of this class, such as Method (repeatable).")
    ] = None,
    avoid: Annotated[list[str] | None, Option(help="Never through this concept (repeatable).")] = None,
    min_confidence: ConfidenceOption = 0.0,
    partial: Annotated[bool, Option("--partial", help="Leave out concepts that cannot be tied to the others.")] = False,
    quotes: QuotesOption = 1,
    html: HtmlOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Tie several concepts together by the fewest and surest relations, each with its quoted evidence."""
    opened = open_graph(graph)
    found = opened.connect(
        *concepts, predicates=predicates or (), exclude=exclude or (), types=types or (), avoid=avoid or (),
        min_confidence=min_confidence, partial=partial,
    )  # fmt: skip
    for note in found.notes:
        console.note(note)
    if html is not None:
        from kg.connect import draw

        _drawn(html, *draw(opened, found, html))
    if format is Format.JSON:
        console.say_json(found)
    else:
        for line in outlines.tied(found, quotes=quotes):
            console.say(line)


@commands.command(rich_help_panel=PANEL)
@reads
def common(
    first: Annotated[str, Argument(help="A concept.")],
    second: Annotated[str, Argument(help="Another one.")],
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, help="At most so much of each sort.")] = 10,
    quotes: QuotesOption = 1,
    html: HtmlOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Compare two concepts: what they share, what both are kinds of, and where they differ, side by side."""
    opened = open_graph(graph)
    found = opened.common(first, second, limit)
    if html is not None:
        from kg.compare import draw

        _drawn(html, *draw(opened, found, html))
    if format is Format.JSON:
        console.say_json(found)
    else:
        titles = "", found.first.concept.label, found.second.concept.label
        console.say_columns(titles, outlines.facts(found))
        for line in outlines.shared(found, quotes=quotes):
            console.say(line)
        if found.different:
            console.say()
            console.say_columns(("only", *titles[1:]), outlines.differences(found, quotes=quotes))


@commands.command(rich_help_panel=PANEL)
@reads
def neighbours(
    concept: Annotated[str, Argument(help="The concept in the middle.")],
    graph: GraphOption = "output",
    depth: Annotated[int, Option(min=1, max=5, help="How many relations away.")] = 1,
    predicates: PredicatesOption = None,
    exclude: ExcludeOption = None,
    types: Annotated[
        list[str] | None, Option("--type", help="List only concepts of this class, such as Method (repeatable).")
    ] = None,
    min_confidence: ConfidenceOption = 0.0,
    into: Annotated[bool, Option("--in", help="Follow relations that lead to the concept only.")] = False,
    out: Annotated[bool, Option("--out", help="Follow relations that lead away from it only.")] = False,
    limit: Annotated[int, Option("-n", "--limit", min=1, help="At most so many concepts of each distance.")] = 20,
    quotes: QuotesOption = 1,
    format: FormatOption = Format.TEXT,
) -> None:
    """List what lies around a concept, by distance, with the relations that lead there and their quotes."""
    if into and out:
        raise UsageError("--in and --out: give one of them, or neither for both directions")
    found = open_graph(graph).neighbours(
        concept, depth, predicates=predicates or (), exclude=exclude or (), types=types or (),
        min_confidence=min_confidence, direction="in" if into else "out" if out else "both", limit=limit,
    )  # fmt: skip
    if format is Format.JSON:
        console.say_json(found)
        return
    for line in outlines.rings(found, quotes=quotes):
        console.say(line)


def _drawn(page: Path, concepts: int, relations: int) -> None:
    shown = f"{present.amount(concepts, 'concept')}, {present.amount(relations, 'relation')}"
    console.note(f"{page}: {shown}; open it in a browser")
