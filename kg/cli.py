"""The command line. Each command is a few lines over the Python API: parse, call, print.

What is wrong with the input is one line on standard error: exit status 2 for a call that cannot be carried out, 1 for
a failure. Standard output carries results only, so that it can be piped.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option
from typer.exceptions import TyperException

import kg
from kg import console, present
from kg.annotate import DEFAULT_MODEL
from kg.errors import KgError, UsageError
from kg.options import (
    CONNECTION,
    DefaultGraph,
    Format,
    FormatOption,
    GraphOption,
    QueriesOption,
    QuotesOption,
    connects,
    open_graph,
    read_text,
    reads,
    server_token,
)
from kg.vocabulary import BASE

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

MAKE, ASK, SHARE = "Make a graph", "Ask it", "Show and share it"


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


# ------------------------------------------------------------------------------------------------------ make a graph


@app.command(rich_help_panel=MAKE)
def build(
    paths: Annotated[
        list[Path] | None,
        Argument(metavar="[PATH]...", help="Glossary documents, or folders of them.", show_default="seeds"),
    ] = None,
    output: Annotated[Path, Option("-o", "--output", metavar="DIR", help="Where the graph goes.")] = Path("output"),
    base: Annotated[str, Option(help="The base of the IRIs of concepts and entries.")] = BASE,
    model: Annotated[str, Option(help="An installed English spaCy pipeline.")] = DEFAULT_MODEL,
    validate: Annotated[bool, Option(help="Check the graph against the SHACL shapes.")] = True,
    jobs: Annotated[
        int | None, Option("-j", "--jobs", min=1, help="Processes that annotate.", show_default="processors")
    ] = None,
    infer: Annotated[bool, Option("--infer", help="Add what follows by the ontology, as 'kg infer' does.")] = False,
) -> None:
    """Read glossary documents and build the graph: store, graph.ttl, graph.nq and report.json."""
    from kg.pipeline import build as run

    with console.progress() as progress:
        report = run(
            paths or [Path("seeds")],
            output,
            base=base,
            model=model,
            validate=validate,
            jobs=jobs,
            infer=infer,
            progress=progress,
        )
    for line in present.skipped(report):
        console.note(line)
    console.say_pairs(present.summary(report))
    console.note(f"built {output}: graph.ttl, graph.nq, report.json, store/ (kg --help shows what can be asked)")


@app.command(rich_help_panel=MAKE)
def extract(
    file: Annotated[str, Argument(help="A text file, or - for standard input.")] = "-",
    model: Annotated[str, Option(help="An installed English spaCy pipeline.")] = DEFAULT_MODEL,
) -> None:
    """Read any English text and print its mentions and statements as JSON Lines, each with its offsets."""
    import json

    from kg.annotate import extract_text, load_pipeline

    text = read_text(file)
    for record in extract_text(text, load_pipeline(model)):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


@app.command(rich_help_panel=MAKE)
@reads
def validate(
    graph: GraphOption = "output",
    shapes: Annotated[list[Path] | None, Option(help="Further SHACL shapes to check, in Turtle.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Check a graph against the SHACL shapes; exit status 1 when it violates one."""
    from kg.validate import validate as check

    report = check(open_graph(graph).store, shapes=shapes or ())
    if format is Format.JSON:
        console.say_json({"conforms": report.conforms, **asdict(report)})
    else:
        for line in report.lines():
            console.say(line)
    if not report.conforms:
        raise typer.Exit(1)


@app.command(rich_help_panel=MAKE)
def infer(
    graph: Annotated[str, Option("-g", "--graph", metavar="DIR", help="Where the graph was built.")] = "output",
    ontology: Annotated[
        list[Path] | None, Option(metavar="FILE", help="Further axioms, in Turtle or another RDF format (repeatable).")
    ] = None,
    remove: Annotated[bool, Option("--remove", help="Take out what was inferred instead.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write what follows from a graph by its ontology into a named graph, in place of what was inferred before."""
    from kg.reason import infer_into, remove_from

    if graph.lower().startswith(("http://", "https://")):
        raise UsageError(f"-g {graph}: endpoints are only read; infer into the directory of a built graph")
    if remove and ontology:
        raise UsageError("--remove needs no --ontology: it takes out all that was inferred")
    output = Path(graph)
    if remove:
        removed = remove_from(output)
        if format is Format.JSON:
            console.say_json({"removed": removed})
        else:
            console.note(f"took {present.amount(removed, 'inferred triple')} out of {output}")
        return
    found = infer_into(output, ontology=ontology or ())
    if format is Format.JSON:
        console.say_json(present.inference(found))
        return
    console.say_table(["rule", "triples"], list(found.rules.items()))
    for line in present.inferred(found, output):
        console.note(line)


@app.command(rich_help_panel=MAKE)
@reads
def evaluate(
    gold: Annotated[Path, Argument(help="A gold standard: JSON, or an annotated page (.gold).")],
    graph: GraphOption = "output",
    page: Annotated[
        Path | None, Option(metavar="FILE", help="The page of a .gold file, if it does not lie beside it.")
    ] = None,
    errors: Annotated[
        int,
        Option(
            min=0, metavar="N", help="Show up to this many errors for each task, and missed facts for each relation."
        ),
    ] = 0,
    task: Annotated[str | None, Option(help="Show the errors of this task only.")] = None,
    by_rule: Annotated[
        bool,
        Option(
            "--by-rule",
            help="Show which rules are right and wrong, what none of them found, and how far confidence can be taken.",
        ),
    ] = False,
    seeds: Annotated[
        Path | None,
        Option(metavar="DIR", help="Look quotes up in the documents of this folder, not in the graph's text."),
    ] = None,
    baselines: Annotated[
        bool, Option("--baselines", help="Compare with what textacy and GraphRAG's noun phrases find in these entries.")
    ] = False,
    bootstrap: Annotated[int, Option(min=0, help="Samples for the 95 % intervals; 0 for none.")] = 1000,
    seed: Annotated[int, Option(min=0, help="Where the samples begin.")] = 0,
    format: FormatOption = Format.TEXT,
) -> None:
    """Score a graph against a gold standard: precision, recall and F1 of each task, with bootstrap intervals."""
    from kg.evaluate import evaluate as run
    from kg.gold import load
    from kg.grading import TASKS

    if task is not None and task not in TASKS:
        raise UsageError(f"--task {task}: there is no such task; choose from {', '.join(TASKS)}")
    if seeds is not None and not seeds.is_dir():
        raise UsageError(f"--seeds {seeds}: there is no such folder")
    opened, standard = open_graph(graph), load(gold, page)
    found = run(opened, standard, rounds=bootstrap, seed=seed, documents=seeds)
    compared = None
    if baselines:
        from kg.baselines import compare

        compared = compare(opened, standard)
        for line in compared.remarks:
            console.note(line)
    if format is Format.JSON:
        console.say_json(present.evaluation(found, compared))
        return
    console.say_table(["task", "precision", "recall", "F1", "95 %", "gold", "predicted", ""], present.scores(found))
    if (remark := present.evidence_checked(found)) is not None:
        console.say(remark)
    if compared is not None:
        console.say()
        console.say_table(present.compared_titles(compared), present.compared(compared))
    if by_rule:
        console.say()
        console.say_table(["rule", "right", "wrong", "precision"], present.rule_scores(found))
        console.say()
        console.say_table(["no rule found", "facts", "core", "of"], present.missed(found))
        for line in present.missed_examples(found, errors):
            console.say(line)
        console.say()
        console.say_table(["confidence said", "was right", "statements"], present.reliability(found))
        console.say(present.calibration(found))
    for line in present.evaluation_errors(found, errors, task):
        console.say(line)


# ------------------------------------------------------------------------------------------------------------ ask it


@app.command(rich_help_panel=ASK)
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


@app.command(rich_help_panel=ASK)
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


@app.command(rich_help_panel=ASK)
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


@app.command(rich_help_panel=ASK)
@reads
def path(
    start: Annotated[str, Argument(help="The concept to start from.")],
    end: Annotated[str, Argument(help="The concept to arrive at.")],
    graph: GraphOption = "output",
    k: Annotated[int, Option("-k", min=1, max=1000, help="The number of paths.")] = 1,
    max_hops: Annotated[int | None, Option(min=1, help="No path longer than this.")] = None,
    directed: Annotated[bool, Option("--directed", help="Follow relations in their own direction only.")] = False,
    predicates: Annotated[
        list[str] | None, Option("--predicate", help="Only this relation, such as uses (repeatable).")
    ] = None,
    exclude: Annotated[list[str] | None, Option(help="Never this relation (repeatable).")] = None,
    avoid: Annotated[list[str] | None, Option(help="Never through this concept (repeatable).")] = None,
    min_confidence: Annotated[float, Option(min=0, max=1, help="Only relations at least this sure.")] = 0.0,
    quotes: QuotesOption = 1,
    format: FormatOption = Format.TEXT,
) -> None:
    """Explain how two concepts hang together: the best paths, with the quoted evidence of each step."""
    found = open_graph(graph).path(
        start, end, k, max_hops=max_hops, directed=directed, predicates=predicates or (), exclude=exclude or (),
        avoid=avoid or (), min_confidence=min_confidence,
    )  # fmt: skip
    if format is Format.JSON:
        console.say_json(found)
        return
    for number, each in enumerate(found, 1):
        for line in present.explained(each, number, quotes=quotes):
            console.say(line)


@app.command(rich_help_panel=ASK)
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


@app.command(rich_help_panel=ASK)
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


@app.command(rich_help_panel=ASK)
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


@app.command(rich_help_panel=ASK)
@reads
def stats(graph: GraphOption = "output", format: FormatOption = Format.TEXT) -> None:
    """Count what is in a graph: classes, relations, fields, flags, hubs, orphans."""
    found = open_graph(graph).stats()
    if format is Format.JSON:
        console.say_json(found)
    else:
        console.say_pairs(present.statistics(found))


# ------------------------------------------------------------------------------------------------- show and share it


@app.command(rich_help_panel=SHARE)
@reads
def viz(
    concept: Annotated[str | None, Argument(help="Draw around this concept; the whole graph without it.")] = None,
    output: Annotated[Path, Option("-o", "--output", metavar="FILE", help="The page.")] = Path("graph.html"),
    depth: Annotated[int, Option(min=1, max=5, help="How many relations away from the concept.")] = 2,
    graph: GraphOption = "output",
) -> None:
    """Draw an interactive page: one HTML file that opens offline."""
    from kg.render import render
    from kg.view import detailed_view

    opened = open_graph(graph)
    if concept is None:
        title, focus, view, whole = "Knowledge graph", None, detailed_view(opened), None
    else:
        around = opened.neighbours(concept, depth)
        title, focus = f"Around {around.centre.label}", around.centre.iri
        view = detailed_view(opened, [focus, *(near.concept.iri for near in around.concepts)])
        full = opened.to_networkx()
        whole = full.number_of_nodes(), full.number_of_edges()
    render(view, output, title=title, focus=focus, depth=depth, whole=whole)
    console.note(
        f"{output}: {view.number_of_nodes():,} concepts, {view.number_of_edges():,} relations; open it in a browser"
    )


@app.command(rich_help_panel=SHARE)
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


@app.command(rich_help_panel=SHARE)
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


@app.command(rich_help_panel=SHARE)
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
    """Serve the graph: SPARQL, named queries and linked data over HTTP, and a small page to ask from."""
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
