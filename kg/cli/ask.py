"""Commands that ask a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, present
from kg.errors import KgError, UsageError
from kg.options import Format, FormatOption, GraphOption, QueriesOption, QuotesOption, open_graph, read_text, reads

PANEL = "Ask it"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
@reads
def search(
    text: Annotated[list[str], Argument(help="Words; the last may be the beginning of one.")],
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, help="At most this many concepts.")] = 10,
    format: FormatOption = Format.TEXT,
) -> None:
    """Find concepts by label, alias, definition or quote, the best first."""
    hits = open_graph(graph).search(" ".join(text), limit)
    if format is Format.JSON:
        console.say_json(hits)
        return
    if not hits:
        raise KgError(f"nothing matches {' '.join(text)!r}")
    console.say_table(
        ["concept", "kind", "matched", "text"],
        [(hit.concept.label, hit.concept.kind, hit.matched, hit.text) for hit in hits],
    )


@commands.command(rich_help_panel=PANEL)
@reads
def ask(
    question: Annotated[list[str], Argument(help="A question in plain English; docs/ask.md lists what can be asked.")],
    graph: GraphOption = "output",
    limit: Annotated[int, Option("-n", "--limit", min=1, help="At most this many answers.")] = 10,
    quotes: Annotated[int, Option("--quotes", min=0, help="Show up to this many quotes for each answer.")] = 1,
    explain: Annotated[bool, Option("--explain", help="Show how the question was read.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Ask in plain English: how it was read, the answers with their quotes, and the query that found them.

    Exit status 1 when the question cannot be read, or when the graph does not say.
    """
    answer = open_graph(graph).ask(" ".join(question), limit)
    if format is Format.JSON:
        console.say_json(answer)
    else:
        for line in present.answered(answer, quotes=quotes, explain=explain):
            console.say(line)
    if not answer.found:
        raise typer.Exit(1)


@commands.command(rich_help_panel=PANEL)
@reads
def show(
    concept: Annotated[str, Argument(help="A label, an alias or an IRI; case and plural do not matter.")],
    graph: GraphOption = "output",
    quotes: QuotesOption = 1,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show all that is known of a concept: definitions, relations both ways with their quotes, entries, flags."""
    description = open_graph(graph).show(concept)
    if format is Format.JSON:
        console.say_json(description)
        return
    for line in present.described(description, quotes=quotes):
        console.say(line)


@commands.command(rich_help_panel=PANEL)
@reads
def query(
    sparql: Annotated[
        str | None, Argument(metavar="[SPARQL]", help="A query; kg:, skos: and the like are known.")
    ] = None,
    file: Annotated[Path | None, Option("--file", "-f", help="A file with the query.")] = None,
    name: Annotated[str | None, Option("--name", help="A named query; see 'kg queries'.")] = None,
    parameters: Annotated[
        list[str] | None, Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter of it (repeatable).")
    ] = None,
    graph: GraphOption = "output",
    format: Annotated[
        str,
        Option(
            "--format",
            help="table; csv, tsv, json, xml for SELECT and ASK; turtle, ntriples, rdfxml, jsonld … for CONSTRUCT.",
        ),
    ] = "table",
    html: Annotated[
        Path | None, Option("--html", metavar="FILE", help="Draw the concepts of the answer as a page, as viz does.")
    ] = None,
    queries: QueriesOption = None,
) -> None:
    """Ask in SPARQL, or by the name of a query."""
    if sum(source is not None for source in (sparql, file, name)) != 1:
        raise UsageError("give one query: as text, with --file, or with --name (see 'kg query --help')")
    if parameters and name is None:
        raise UsageError("parameters belong to a named query: give --name")
    if html is not None and format != "table":
        raise UsageError("--html is a page, and --format another way to answer: give one of them")
    opened = open_graph(graph, queries)
    if html is not None:
        asked = sparql if sparql is not None else read_text(str(file)) if file is not None else ""
        result = opened.run(name, _pairs(parameters or [])) if name is not None else opened.table(asked)
        for line in present.drawn(result, result.draw(html), html):
            console.note(line)
        return
    if name is not None:
        text = opened.bound(name, _pairs(parameters or []))
    else:
        text = sparql if sparql is not None else read_text(str(file))
    console.say_answer(opened, text, format)


def _pairs(parameters: list[str]) -> dict[str, str]:
    pairs = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals:
            raise UsageError(f"-p {parameter}: write it as NAME=VALUE")
        pairs[name.strip().lstrip("$?")] = value
    return pairs


@commands.command(rich_help_panel=PANEL)
def queries(
    name: Annotated[str | None, Argument(help="Show this query, with its text.")] = None,
    folders: QueriesOption = None,
    format: FormatOption = Format.TEXT,
    endpoint: Annotated[
        str | None, Option(metavar="URL", help="Taken as by other commands; the queries are the same everywhere.")
    ] = None,
) -> None:
    """List the named queries, or show one."""
    from kg.queries import named_queries, named_query

    if name is not None:
        one = named_query(name, *(folders or ()))
        if format is Format.JSON:
            console.say_json(one)
        else:
            console.say(one.text)
        return
    known = list(named_queries(*(folders or ())).values())
    if format is Format.JSON:
        console.say_json(known)
        return
    console.say_table(
        ["name", "asks", "parameters"],
        [(each.name, each.title, ", ".join(parameter.name for parameter in each.parameters)) for each in known],
    )


@commands.command(rich_help_panel=PANEL)
def rules(
    name: Annotated[str | None, Argument(help="Explain this rule, or list those of this family.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """List the rules that read texts, or explain one, as statements and mentions name it: verb:reduces."""
    from kg.annotate.rules import chosen, subjects

    found = chosen(name)
    if format is Format.JSON:
        console.say_json(found)
    elif len(found) == 1:
        for line in present.rule(found[0], subjects().get((name or "").partition("@")[2])):
            console.say(line)
    else:
        console.say_table(["rule", "proposes", "reads"], [(each.name, each.relation, each.says) for each in found])


@commands.command(rich_help_panel=PANEL)
@reads
def stats(graph: GraphOption = "output", format: FormatOption = Format.TEXT) -> None:
    """Count what is in a graph: classes, relations, fields, flags, hubs, orphans."""
    found = open_graph(graph).stats()
    if format is Format.JSON:
        console.say_json(found)
    else:
        console.say_pairs(present.statistics(found))
