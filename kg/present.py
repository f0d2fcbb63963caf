"""Answers as people read them: lines and rows of `kg show`, `path`, `stats`, `evaluate`, the summary of `kg build`."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path as FilePath

    from kg.annotate.rules import Rule, Subject
    from kg.answers import Answer, Description, Finding, Path, Quote, Relation, Statistics
    from kg.baselines import Comparison
    from kg.evaluate import Bin, Evaluation
    from kg.grading import Score
    from kg.pipeline import BuildReport
    from kg.push import PushReport
    from kg.reason import Inference
    from kg.related import Reason, Related, RelatedConcept
    from kg.results import Drawn, Result
    from kg.suggest import Suggestions

QUOTE_LENGTH = 160


def quoted(quote: Quote) -> str:
    """A quote on one line, without its bold marks, and the place to look it up."""
    words = " ".join(quote.exact.replace("**", "").split())
    if len(words) > QUOTE_LENGTH:
        words = words[: QUOTE_LENGTH - 1].rstrip() + "…"
    return f"“{words}” — {quote.place}"


def percent(confidence: float | None) -> str:
    """A confidence as people read it; empty when the graph has none."""
    return "" if confidence is None else f"{confidence:.0%}"


def described(description: Description, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of a concept's description, with up to `quotes` quotes for each relation."""
    concept = description.concept
    yield concept.label
    facts = [concept.kind, *(f"field: {name}" for name in concept.fields)]
    yield "  " + " · ".join(fact for fact in facts if fact)
    if concept.aliases:
        yield "  also called: " + ", ".join(concept.aliases)
    yield f"  {concept.iri}"
    for definition in description.definitions:
        yield ""
        yield f"  {definition.text}"
        for quote in definition.quotes[:1]:
            yield f"    — {quote.place}"
    yield from _relations(description.relations, quotes)
    yield from _relations(description.inverse, quotes)
    for title, refs in (("mentions", description.mentions), ("mentioned by", description.mentioned_by)):
        if refs:
            yield ""
            yield f"  {title}: " + ", ".join(ref.label for ref in refs)
    if description.keywords:
        yield "  keywords: " + ", ".join(description.keywords)
    if description.entries:
        yield ""
        for entry in description.entries:
            flags = f"  [{', '.join(entry.flags)}]" if entry.flags else ""
            yield f"  entry {entry.place}{flags}"


def _relations(relations: tuple[Relation, ...], quotes: int) -> Iterator[str]:
    for _, group in groupby(relations, key=lambda relation: relation.predicate):
        yield ""
        for relation in group:
            yield f"  {relation.sentence}  {percent(relation.confidence)}".rstrip()
            for quote in relation.quotes[:quotes]:
                yield f"    {quoted(quote)}"


def explained(path: Path, number: int, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of a path: each step as a sentence, its quotes, and what else joins the two."""
    hops = "1 step" if len(path) == 1 else f"{len(path)} steps"
    yield f"{number}. " + " → ".join(concept.label for concept in path.concepts) + f"  ({hops}, cost {path.cost:.2f})"
    for step in path.steps:
        yield f"   {step.sentence}  {percent(step.confidence)}".rstrip()
        for quote in step.quotes[:quotes]:
            yield f"     {quoted(quote)}"
        if step.relations[1:]:
            yield "     also: " + "; ".join(relation.sentence for relation in step.relations[1:])


def related(found: Related, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of what is related to a concept: each with the relations that are stated, and the reasons."""
    for number, each in enumerate(found, 1):
        yield f"{number}. {each.concept.label}  {each.concept.kind}  ({_ranked(each)})"
        for relation in each.direct:
            yield f"   stated: {relation.sentence}  {percent(relation.confidence)}".rstrip()
            yield from (f"     {quoted(quote)}" for quote in relation.quotes[:quotes])
        yield from _reasons(each.reasons, quotes)
        if each.common > len(each.reasons) > 0 and not found.metapath:
            yield f"   and {each.common - len(each.reasons)} more that both have a relation to"


def suggested(found: Suggestions, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of suggestions: what may be missing, and why."""
    for number, each in enumerate(found, 1):
        sure = (
            f"if they have one, it is this by {percent(each.chance)}"
            if each.predicate
            else "some relation, unclear which"
        )
        yield f"{number}. {each.sentence}?  ({sure})"
        yield from _reasons(each.reasons, quotes)


def _ranked(result: RelatedConcept) -> str:
    places = ", ".join(f"{way} {place:g}" for way, place in result.ranks.items())
    return f"{places}; {'stated' if result.direct else 'not stated'}"


def _reasons(reasons: tuple[Reason, ...], quotes: int) -> Iterator[str]:
    for reason in reasons:
        yield f"   {reason.text}"
        lines = dict.fromkeys(quoted(quote) for relation in reason.relations for quote in relation.quotes[:quotes])
        yield from (f"     {line}" for line in lines)


def answered(answer: Answer, *, quotes: int = 1, explain: bool = False) -> Iterator[str]:
    """Yield the lines of an answer to a question in words: the reading, the answer with quotes, what was run."""
    yield f"read as: {answer.reading}"
    yield from (f"  {note}" for note in answer.notes)
    if explain:
        yield from (f"  {line}" for line in answer.explanation)
    if answer.headline:
        yield ""
        yield answer.headline
    number = 0
    for group, findings in groupby(answer.findings, key=lambda finding: finding.group):
        yield ""
        if group:
            yield f"{group}:"
        for finding in findings:
            number += 1
            yield f"{number}. {finding.text}  {percent(finding.confidence)}".rstrip()
            yield from (f"   {line}" for line in _backing(finding, quotes))
    if answer.total > len(answer.findings):
        yield f"and {answer.total - len(answer.findings):,} more (-n {answer.total} shows all)"
    for place, path in enumerate(answer.paths, 1):
        yield ""
        yield from explained(path, place, quotes=quotes)
    for contrast in answer.contrasts:
        yield ""
        yield f"{contrast.relation}:"
        for name, side in zip(answer.names, (contrast.first, contrast.second), strict=False):
            cells = "; ".join(f"{each.text} {percent(each.confidence)}".rstrip() for each in side)
            yield f"   {name.label}: {cells or '–'}"
            yield from (f"     {line}" for each in side[:1] for line in _backing(each, quotes))
    yield ""
    fruitful = [query for query in answer.queries if query.rows] or answer.queries[:1]
    for query in answer.queries:
        yield f"$ {query.call}  ({query.rows:,} {'row' if query.rows == 1 else 'rows'})"
        if query in fruitful:
            yield from (f"  {line}" for line in query.text.splitlines() if line and not line.startswith("PREFIX "))


def _backing(finding: Finding, most: int) -> Iterator[str]:
    """Yield the first quotes of a finding, those in the same words once; of its own words only where they stand."""
    seen: dict[str, Quote] = {}
    for quote in finding.quotes:
        seen.setdefault(quote.exact, quote)
    for quote in list(seen.values())[: most * finding.facts]:
        same = " ".join(quote.exact.replace("**", "").split()) == " ".join(finding.text.split())
        yield f"— {quote.place}" if same else quoted(quote)


def rule(rule: Rule, subject: Subject | None = None) -> Iterator[str]:
    """Yield the lines that explain a rule, and the ending of its name: what it reads and proposes, an example."""
    yield rule.name
    yield f"  {rule.says}"
    if subject is not None:
        yield f"  @{subject.name}: {subject.says}"
    yield f"  proposes: {rule.relation or 'a term'}"
    if rule.words:
        yield f"  reads: {', '.join(rule.words)}"
    yield "  example:"
    yield from (f"    {line}" for line in rule.example.splitlines())
    yield f"    → {rule.finds}"


def counted(counts: Mapping[str, int], *, most: int = 20) -> str:
    """Counts by name on one line, the first `most` of them."""
    shown = ", ".join(f"{name} {number:,}" for name, number in islice(counts.items(), most))
    return f"{shown}, and {len(counts) - most} more" if len(counts) > most else shown


def statistics(stats: Statistics) -> Iterator[tuple[str, str]]:
    """Yield the rows of a graph's statistics: what, how much."""
    for name in (
        "entries", "concepts", "described", "definitions", "relations", "statements", "evidence", "mentions", "orphans",
        "components", "largest_component",
    ):  # fmt: skip
        yield name.replace("_", " "), f"{getattr(stats, name):,}"
    yield "classes", counted(stats.classes)
    yield "predicates", counted(stats.predicates)
    yield "fields", counted(stats.fields)
    yield "flags", counted(stats.flags)
    yield "hubs", ", ".join(f"{hub.concept.label} {hub.degree}" for hub in stats.hubs)


def skipped(report: BuildReport, *, most: int = 10) -> Iterator[str]:
    """Yield a line for each file that was met and is no glossary, up to `most` of them."""
    for document in report.skipped[:most]:
        yield f"skipped {document.path}: {document.reason}"
    if report.skipped[most:]:
        yield f"skipped {len(report.skipped) - most:,} more; report.json lists them"


def summary(report: BuildReport) -> Iterator[tuple[str, str]]:
    """Yield the rows of a build's summary: what, how much."""
    characters = sum(document.characters for document in report.documents)
    yield "documents", f"{len(report.documents)} ({characters:,} characters)"
    yield "entries", f"{report.entries:,} ({report.duplicates} stand on more than one page)"
    yield "concepts", f"{report.concepts:,} ({report.glossary_concepts:,} with entries, {report.orphans:,} orphans)"
    yield "definitions", f"{report.definitions:,}"
    yield "statements", f"{report.statements:,} on {report.evidence:,} pieces of evidence"
    yield "mentions", f"{report.mentions:,}"
    yield "boilerplate", f"{report.boilerplate:,} spans recognised and skipped"
    yield "quads", f"{report.quads:,}"
    yield "classes", counted(report.classes)
    yield "relations", counted(report.relations)
    for flag, places in report.flagged.items():
        yield f"flag {flag}", counted_places(places)
    if report.violations is None:
        yield "validation", "not asked for"
    else:
        yield "validation", counted(report.violations) if report.violations else "conforms to the shapes"
    if report.inferred is not None:
        yield "inferred", amount(sum(report.inferred.values()), "triple")
    yield "seconds", ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items())


def amount(count: int, noun: str) -> str:
    """So many of a thing: `1 triple`, `1,204 triples`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def inferred(found: Inference, place: FilePath) -> Iterator[str]:
    """What became of an inference, and what did not."""
    yield f"{place}: {amount(len(found.triples), 'triple')} inferred, in the graph {found.graph.value}"
    if found.ignored:
        unread = ", ".join(f"{name} ({count})" for name, count in found.ignored.items())
        yield f"no rule reads these axioms of --ontology: {unread}"


def inference(found: Inference) -> dict[str, Any]:
    """An inference as JSON has it: counts, not the triples."""
    return {
        "graph": found.graph.value,
        "triples": len(found.triples),
        "rules": dict(found.rules),
        "ignored": dict(found.ignored),
    }


def drawn(result: Result, page: Drawn, place: FilePath) -> Iterator[str]:
    """What a page shows of a result, and what it lacks."""
    yield f"{place}: {amount(page.concepts, 'concept')}, {amount(page.relations, 'relation')}; open it in a browser"
    if page.concepts < page.found:
        yield f"these are the first {page.concepts:,} of {page.found:,} concepts in the answer"
    if result.cut:
        yield f"the answer has {amount(len(result), 'row')}, as many as its LIMIT allows: there may be more"


def counted_places(places: list[str], *, most: int = 4) -> str:
    """How many places, and the first few of them."""
    more = ", …" if len(places) > most else ""
    return f"{len(places)}: " + ", ".join(places[:most]) + more


def scores(found: Evaluation) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table of scores: the tasks, the relations one by one below theirs."""
    for task, score in found.tasks.items():
        more = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in score.more)
        if task == "relations" and found.pairs.interval is not None:
            more += f" ({_interval(found.pairs)})"
        yield _scored(task, score, more)
        if task == "relations":
            for name, each in found.predicates.items():
                yield _scored(f"  {name}", each, "")


def _scored(name: str, score: Score, more: str) -> tuple[str, ...]:
    figures = (f"{value:.3f}" for value in (score.precision, score.recall, score.f1))
    return name, *figures, _interval(score), f"{score.gold}", f"{score.predicted}", more


def _interval(score: Score) -> str:
    return f"{score.interval[0]:.3f}–{score.interval[1]:.3f}" if score.interval is not None else ""


def compared_titles(comparison: Comparison) -> list[str]:
    """The columns of a table of systems, three for each."""
    return ["task", *(title for system in comparison.systems for title in (f"{system} precision", "recall", "F1"))]


def compared(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table of systems, a task in each; a dash stands where a system has no notion of it."""
    for task in next(iter(comparison.systems.values())):
        cells: list[str] = []
        for scores in comparison.systems.values():
            score = scores.get(task)
            figures = (score.precision, score.recall, score.f1) if score is not None else ()
            cells += [f"{value:.3f}" for value in figures] or ["–"] * 3
        yield task, *cells


def evidence_checked(found: Evaluation) -> str | None:
    """What the quotes were not held against, in a line; None when they were looked up in the documents."""
    if found.against == "documents":
        return None
    if found.against == "graph":
        return "evidence: looked up in the graph's own text; the documents were not checked (--seeds DIR)"
    return "evidence: not checked, for the graph holds no text of its entries (name the documents with --seeds DIR)"


def rule_scores(found: Evaluation) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a table of rules, those with most wrong statements first."""
    for rule in found.rules:
        yield rule.rule, f"{rule.right}", f"{rule.wrong}", f"{rule.right / (rule.right + rule.wrong):.2f}"


def missed(found: Evaluation) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a table of facts that no rule found, by relation."""
    for name, facts in found.missed_by_predicate.items():
        yield name, f"{len(facts)}", f"{sum(fact.core for fact in facts)}", f"{found.predicates[name].gold}"


def missed_examples(found: Evaluation, most: int) -> Iterator[str]:
    """Yield up to `most` facts of each relation that no rule found."""
    for name, facts in found.missed_by_predicate.items():
        if most:
            yield ""
            yield f"{name}: {len(facts)} missed"
            yield from (f"  {fact}" for fact in facts[:most])


def reliability(found: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of a reliability table."""
    for each in found.reliability:
        yield f"{each.said:.3f}", f"{each.was:.3f}", f"{each.count}"


def calibration(found: Evaluation) -> str:
    """How far confidence can be taken, in a line."""
    sure = found.sure
    return (
        f"expected calibration error {found.calibration_error:.3f}; "
        f"of {sure.count} statements of confidence 0.8 and more {percent(sure.was)} are right"
    )


def evaluation_errors(found: Evaluation, most: int, task: str | None) -> Iterator[str]:
    """Yield up to `most` errors of each task, or of one."""
    for name, lines in found.errors.items():
        if most and lines and task in {None, name}:
            yield ""
            yield f"{name}: {len(lines)} errors"
            yield from (f"  {line}" for line in lines[:most])


def evaluation(found: Evaluation, comparison: Comparison | None = None) -> dict[str, Any]:
    """All that was found, as JSON says it."""
    systems = comparison.systems if comparison is not None else {}
    baselines = {name: {task: _scored_by(score) for task, score in each.items()} for name, each in systems.items()}
    return {
        **({"baselines": baselines} if comparison is not None else {}),
        "tasks": {task: _figures(score) for task, score in found.tasks.items()},
        "predicates": {name: _figures(score) for name, score in found.predicates.items()},
        "pairs": _figures(found.pairs),
        "evidence_against": found.against,
        "rules": found.rules,
        "reliability": [_rounded(each) for each in found.reliability],
        "calibration_error": round(found.calibration_error, 4),
        "sure": _rounded(found.sure),
        "judgements": found.judgements,
        "missed": found.missed,
        "errors": found.errors,
    }


def _scored_by(score: Score) -> dict[str, float]:
    figures = {"precision": score.precision, "recall": score.recall, "f1": score.f1}
    return {name: round(value, 3) for name, value in figures.items()}


def _rounded(each: Bin) -> dict[str, Any]:
    return {"said": round(each.said, 3), "was": round(each.was, 3), "count": each.count}


def _figures(score: Score) -> dict[str, Any]:
    return {
        **_scored_by(score),
        "interval": score.interval,
        "right": score.right,
        "predicted": score.predicted,
        "gold": score.gold,
        **dict(score.more),
    }


def pushed(report: PushReport) -> Iterator[tuple[str, str, str]]:
    """A row for each graph of an endpoint: its name, the triples that were pushed, those that are there."""
    for graph in report.graphs:
        there = "not counted" if graph.counted is None else f"{graph.counted:,}"
        yield graph.graph or "(default graph)", f"{graph.triples:,}", there
