"""The write half: documents in, a built graph out. The order of the stages stands here and nowhere else.

Two passes over the entries, because what a body mentions depends on all headers: all headwords first, then the
annotation of each body against all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import kg
from kg.annotate import DEFAULT_MODEL
from kg.errors import NotAGlossary, StoreError
from kg.vocabulary import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyoxigraph import Quad

    from kg.annotate.confidence import Reliability
    from kg.model import Annotation, Entry, Knowledge


class Progress(Protocol):
    """Told how far a stage has come; `total` is None while it is not known."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Note that `stage` has done so much."""


def silent(stage: str, done: int, total: int | None) -> None:
    """The progress of a pipe: nothing."""


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What was read of one document. `sha256` is of its bytes."""

    source: str
    path: str
    sha256: str
    characters: int
    entries: int


@dataclass(frozen=True, slots=True)
class SkippedDocument:
    """A file that was met in a folder and is no glossary."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was read, found and flagged, and how long each stage took (`seconds`, wall time).

    `skipped` lists the files in the folders that were read whose text is no glossary.
    `boilerplate` counts the spans that were recognised as recurring text and skipped. `duplicates` counts the entries
    whose text stands on more than one page; `orphans` the concepts without any relation. `violations` maps a SHACL
    shape to its number of violations; None when validation was not asked for. `reliability` says for relations and
    mentions how far their confidence can be taken: what was measured on annotated entries when the models were fitted.
    """

    kg_version: str
    model: str
    base: str
    documents: tuple[DocumentReport, ...]
    skipped: tuple[SkippedDocument, ...]
    entries: int
    concepts: int
    glossary_concepts: int
    statements: int
    evidence: int
    mentions: int
    definitions: int
    boilerplate: int
    duplicates: int
    orphans: int
    quads: int
    classes: dict[str, int]
    relations: dict[str, int]
    rules: dict[str, int]
    flags: dict[str, int]
    flagged: dict[str, list[str]]
    violations: dict[str, int] | None = None
    reliability: dict[str, Reliability] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """The report as `output/report.json` holds it."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


class _Stages:
    """Runs the stages under a clock and tells the progress where the build is."""

    def __init__(self, progress: Progress) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress

    @contextmanager
    def __call__(self, name: str) -> Iterator[Progress]:
        start = perf_counter()
        self._progress(name, 0, None)
        yield self._progress
        self.seconds[name] = round(perf_counter() - start, 3)


def build(
    paths: Iterable[str | Path],
    output: str | Path = "output",
    *,
    base: str = BASE,
    model: str = DEFAULT_MODEL,
    validate: bool = True,
    jobs: int | None = None,
    progress: Progress = silent,
) -> BuildReport:
    """Read the documents under `paths` and leave a graph in the directory `output`.

    The directory then holds `store/` (the dataset), `graph.ttl`, `graph.nq` and `report.json`. A build that fails or
    is interrupted leaves the graph that was there before.

    Up to `jobs` processes annotate entries, as many as there are processors unless told; the graph is the same.

    A text in a folder that is no glossary (its README, a licence) is skipped, and the report says so; a file that is
    named itself has to be one.

    Raises:
        ReadError: a document is missing or not UTF-8, one that was named is no glossary, or no glossary was found.
        UsageError: the spaCy model is not installed, `base` is no IRI, or `output` can be no directory.
        StoreError: another build is writing to `output`, or it cannot be written.
    """
    from kg.store import check_output, write_build
    from kg.triples import quads, usable_base

    usable_base(base)
    output = Path(output)
    check_output(output)
    stages = _Stages(progress)
    documents, skipped, knowledge = _know(paths, model=model, jobs=jobs, stages=stages)
    with stages("triples"):
        dataset = list(quads(knowledge, base=base))
    violations = None
    if validate:
        with stages("validate"):
            violations = _violations(dataset)
    with stages("store"):
        write_build(output, dataset, base=base)
    report = _report(documents, skipped, knowledge, model, base, len(dataset), violations, stages.seconds)
    _write(report, output / "report.json")
    return report


def _write(report: BuildReport, path: Path) -> None:
    draft = path.with_name(path.name + ".new")
    try:
        draft.write_text(report.to_json(), encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error.strerror}; the graph beside it is complete") from error


def _know(
    paths: Iterable[str | Path], *, model: str, jobs: int | None, stages: _Stages
) -> tuple[tuple[DocumentReport, ...], tuple[SkippedDocument, ...], Knowledge]:
    """What was read, what was skipped, and the resolved glossary: the stages that know nothing of RDF."""
    from kg.blocks import parse
    from kg.headers import flagged, headwords
    from kg.read import documents, read, shown
    from kg.resolve import resolve

    reports = []
    skipped = []
    entries: list[Entry] = []
    with stages("read") as tell:
        places = [Path(path) for path in paths]
        sources = documents(places)
        named = {place.resolve() for place in places}
        for number, (path, source) in enumerate(sources, 1):
            try:
                found = [flagged(parse(entry)) for entry in read(path, source=source)]
            except NotAGlossary as error:
                if path.resolve() in named:
                    raise
                skipped.append(SkippedDocument(shown(path), error.reason))
                continue
            entries += found
            content = path.read_bytes()
            characters = len(content.decode("utf-8"))
            digest = hashlib.sha256(content).hexdigest()
            reports.append(DocumentReport(source, shown(path), digest, characters, len(found)))
            tell("read", number, len(sources))
        if not reports:
            raise NotAGlossary(
                f"nothing here is a glossary ({len(sources):,} looked at): {skipped[0].reason}", skipped[0].path
            )
    with stages("headers"):
        words = headwords(entries)
    with stages("load model"):
        from kg.annotate import annotate, load_pipeline
        from kg.annotate.parallel import processors

        nlp = load_pipeline(model)
    annotations: list[Annotation] = []
    with stages("annotate") as tell:
        for annotation in annotate(entries, words, nlp, model=model, jobs=jobs or processors()):
            annotations.append(annotation)
            tell("annotate", len(annotations), len(entries))
    with stages("resolve"):
        knowledge = resolve(annotations)
    return tuple(reports), tuple(skipped), knowledge


def _violations(dataset: list[Quad]) -> dict[str, int]:
    from kg.store import LocalStore
    from kg.validate import validate

    store = LocalStore()
    store.load(dataset)
    return {group.shape: group.count for group in validate(store).groups}


def _report(
    documents: tuple[DocumentReport, ...],
    skipped: tuple[SkippedDocument, ...],
    knowledge: Knowledge,
    model: str,
    base: str,
    quads: int,
    violations: dict[str, int] | None,
    seconds: dict[str, float],
) -> BuildReport:
    from kg.annotate.confidence import reliability

    facts, statements = knowledge.entries, knowledge.statements
    ends = {end for s in statements for end in (s.subject, s.object)}
    return BuildReport(
        kg_version=kg.__version__,
        model=model,
        base=base,
        documents=documents,
        skipped=skipped,
        entries=len(facts),
        concepts=len(knowledge.concepts),
        glossary_concepts=sum(bool(c.entries) for c in knowledge.concepts),
        statements=len(statements),
        evidence=sum(len(s.evidence) for s in statements),
        mentions=sum(len(f.mentions) for f in facts),
        definitions=sum(len(c.definitions) for c in knowledge.concepts),
        boilerplate=sum(len(f.boilerplate) for f in facts),
        duplicates=sum("duplicate-text" in f.flags for f in facts),
        orphans=sum(c.id not in ends for c in knowledge.concepts if c.kind != "Field"),
        quads=quads,
        classes=_ranked(c.kind for c in knowledge.concepts),
        relations=_ranked(s.predicate for s in statements),
        rules=_ranked(e.rule for s in statements for e in s.evidence),
        flags=_ranked(flag for f in facts for flag in f.flags),
        flagged=_flagged(knowledge),
        violations=violations,
        reliability={task: reliability(task) for task in ("relations", "mentions")},
        seconds=seconds,
    )


def _ranked(values: Iterable[str]) -> dict[str, int]:
    """Counts, most frequent first, ties by name."""
    return dict(sorted(Counter(map(str, values)).items(), key=lambda item: (-item[1], item[0])))


def _flagged(knowledge: Knowledge) -> dict[str, list[str]]:
    """Flag -> the entries that carry it, as `file:line`."""
    places: dict[str, list[str]] = {}
    for facts in knowledge.entries:
        for flag in sorted(facts.flags):
            places.setdefault(str(flag), []).append(f"{facts.entry.source}:{facts.entry.line}")
    return dict(sorted(places.items()))
