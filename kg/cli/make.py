"""Commands that make a graph, and judge it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from kg import console, present
from kg.annotate import DEFAULT_MODEL
from kg.errors import UsageError
from kg.options import Format, FormatOption, GraphOption, open_graph, read_text, reads
from kg.vocabulary import BASE

PANEL = "Make a graph"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
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


@commands.command(rich_help_panel=PANEL)
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


@commands.command(rich_help_panel=PANEL)
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


@commands.command(rich_help_panel=PANEL)
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


@commands.command(rich_help_panel=PANEL)
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
