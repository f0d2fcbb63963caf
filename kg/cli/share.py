"""Commands that show a graph and hand it on."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, present
from kg.errors import KgError, UsageError
from kg.options import (
    CONNECTION,
    DefaultGraph,
    GraphOption,
    QueriesOption,
    connects,
    open_graph,
    reads,
    server_token,
)

PANEL = "Show and share it"
commands = typer.Typer()


class View(StrEnum):
    """What a page opens on."""

    MAP = "map"
    COMMUNITIES = "communities"
    FIELDS = "fields"
    TREE = "tree"


@commands.command(rich_help_panel=PANEL)
@reads
def viz(
    concept: Annotated[str | None, Argument(help="Draw around this concept; the whole graph without it.")] = None,
    output: Annotated[Path, Option("-o", "--output", metavar="FILE", help="The page.")] = Path("graph.html"),
    depth: Annotated[int, Option(min=1, max=5, help="How many relations away from the concept.")] = 2,
    view: Annotated[
        View | None,
        Option(
            help="What the page opens on: all concepts, their communities, their subject fields, or the tree of what "
            "is a kind of what. With a concept, its group is open, or the tree is that of its kinds."
        ),
    ] = None,
    title: Annotated[str | None, Option(help="The page's title.")] = None,
    graph: GraphOption = "output",
) -> None:
    """Draw an interactive page: one HTML file that opens offline."""
    from kg.render import render
    from kg.view import detailed_view, kinds_view

    opened = open_graph(graph)
    named = None if concept is None else opened.concept(concept)
    focus, whole = named and named.iri, None
    if named is None or view in (View.COMMUNITIES, View.FIELDS):
        drawn, headline = detailed_view(opened), "Knowledge graph"
    else:
        if view is View.TREE:
            drawn, headline = kinds_view(opened, named.iri), f"Kinds of {named.label}"
        else:
            around = opened.neighbours(named.iri, depth, evidence=False)
            drawn = detailed_view(opened, [named.iri, *(near.concept.iri for near in around.concepts)])
            headline = f"Around {named.label}"
        full = opened.to_networkx()
        whole = full.number_of_nodes(), full.number_of_edges()
    render(drawn, output, title=title or headline, focus=focus, depth=depth, whole=whole, look=view)
    console.note(
        f"{output}: {drawn.number_of_nodes():,} concepts, {drawn.number_of_edges():,} relations; open it in a browser"
    )


@commands.command(rich_help_panel=PANEL)
@reads
def export(
    output: Annotated[Path | None, Option("-o", "--output", metavar="FILE", help="Standard output without it.")] = None,
    format: Annotated[
        str | None,
        Option(
            "--format", help="turtle, ntriples, nquads, trig, jsonld, rdfxml, graphml, gexf, csv, neo4j, node-link."
        ),
    ] = None,
    graph: GraphOption = "output",
) -> None:
    """Write the graph in another format, told by --format or by the suffix of the file."""
    from kg.export import export as write

    write(open_graph(graph), output, format)
    if output is not None:
        console.note(f"wrote {output}")


@commands.command(rich_help_panel=PANEL)
@connects
def push(
    endpoint: Annotated[str, Argument(help="The URL that takes updates, or of a graph store (--method gsp).")],
    source: Annotated[Path, Option("-g", metavar="DIR", help="Where the graph was built.")] = Path("output"),
    method: Annotated[
        str, Option(metavar="update|gsp", help="SPARQL Update, or the Graph Store Protocol, which is faster.")
    ] = "update",
    graph: Annotated[
        str | None, Option("--graph", metavar="IRI", help="Put all triples into this one named graph.")
    ] = None,
    named: Annotated[bool, Option("--named", help="Keep the graphs apart, as they are (the default).")] = False,
    batch: Annotated[
        int | None,
        Option(min=1, metavar="N", help="At most so many triples in a part.", show_default="1000, gsp: 20000"),
    ] = None,
    resume: Annotated[bool, Option("--resume", help="Go on where an interrupted push stopped.")] = False,
    replace: Annotated[bool, Option("--replace", help="Empty the target graphs first.")] = False,
    count_at: Annotated[
        str | None, Option(metavar="URL", help="A SPARQL endpoint to count at, if ENDPOINT answers no queries.")
    ] = None,
) -> None:
    """Load a graph into somebody's endpoint, part by part, and count what has arrived."""
    from kg.push import Method
    from kg.push import push as run
    from kg.store import LocalStore

    if method not in set(Method):
        raise UsageError(f"--method {method}: there are {', '.join(Method)}")
    if graph is not None and named:
        raise UsageError("--graph puts everything into one graph, --named keeps graphs apart: give one of them")
    for url in filter(None, (endpoint, count_at)):
        if not url.lower().startswith(("http://", "https://")):
            raise UsageError(f"{url}: not the URL of an endpoint, which begins with http:// or https://")
    with console.progress() as progress:
        report = run(
            LocalStore.open(source), endpoint, method=method, graph=graph, batch=batch, resume=resume, replace=replace,
            count_at=count_at, connection=CONNECTION.get(), progress=progress,
        )  # fmt: skip
    console.say_table(["graph", "pushed", "there"], present.pushed(report))
    if not report.complete:
        raise KgError(
            f"{report.endpoint} counts fewer triples than were pushed: it may take some numbers for the same "
            "(0.90 and 0.9), or something else writes to it"
        )


@commands.command(rich_help_panel=PANEL)
def serve(
    graph: GraphOption = "output",
    host: Annotated[str, Option(help="The address to listen on; the default serves this machine only.")] = "127.0.0.1",
    port: Annotated[int, Option(min=0, max=65535, help="The port.")] = 7010,
    cors: Annotated[
        str | None, Option(metavar="ORIGIN", help="A site whose scripts may read answers in a browser; * is any site.")
    ] = None,
    writable: Annotated[
        bool, Option("--writable", help="Let bearers of the token in KG_TOKEN, or --token-file, change the graph.")
    ] = False,
    token_file: Annotated[Path | None, Option(metavar="FILE", help="A file with the token for changes.")] = None,
    folders: QueriesOption = None,
    default_graph: Annotated[
        DefaultGraph,
        Option(help="What queries see without GRAPH and FROM: all graphs together, or its own triples."),
    ] = DefaultGraph.UNION,
    allow: Annotated[
        list[str] | None, Option(metavar="URL", help="A place that SERVICE and LOAD may call (repeatable); none else.")
    ] = None,
    timeout: Annotated[float, Option(min=0.1, metavar="SECONDS", help="The most time for a query.")] = 30.0,
    max_rows: Annotated[int, Option(min=1, help="The most rows, or triples, of an answer.")] = 1_000_000,
    max_mib: Annotated[int, Option("--max-mib", min=1, help="The largest answer, in MiB.")] = 256,
    memory: Annotated[int, Option(min=64, metavar="MIB", help="The most memory for a query, in MiB.")] = 2048,
    concurrent: Annotated[int, Option(min=1, max=64, help="So many queries at once, each in a process.")] = 4,
) -> None:
    """Serve the graph over HTTP: a web explorer, SPARQL, named queries and linked data."""
    from kg.server import Limits
    from kg.server import serve as run

    if token_file is not None and not writable:
        raise UsageError("--token-file is for a server that takes changes: give --writable as well")
    if places := [place for place in allow or () if not place.lower().startswith(("http://", "https://"))]:
        raise UsageError(f"--allow {places[0]}: not a URL, which begins with http:// or https://")
    limits = Limits(
        seconds=timeout, rows=max_rows, answer_bytes=max_mib << 20, memory_bytes=memory << 20, concurrent=concurrent
    )
    run(
        open_graph(graph), host=host, port=port, limits=limits, origin=cors,
        token=server_token(token_file) if writable else None, union=default_graph is DefaultGraph.UNION,
        allowed=allow or (), queries=folders or (),
    )  # fmt: skip
