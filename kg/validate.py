"""SHACL over a built graph: which promises of `ontology/shapes.ttl` it breaks, grouped by shape.

SHACL Core is pySHACL's work. The queries of SHACL-SPARQL that look at the whole graph (they never use `$this`) go to
the store's own engine, which answers in milliseconds where rdflib's takes minutes; the answers mean the same.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox
import rdflib
from pyshacl import validate as pyshacl_validate
from rdflib.namespace import RDF, RDFS, SH

from kg.convert import RdflibTerms
from kg.errors import OntologyError, QueryError
from kg.reason import stated
from kg.serialize import prefixes, shortened
from kg.vocabulary import data_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from kg.store import Store

_SHOWN = {"shape": "https://kg.example.org/shapes#", "sh": str(SH), **prefixes()}

EXAMPLES = 3
"""How many culprits a violation names."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one shape found: `count` results, the first of them by name in `examples`.

    `severity` is `Violation`, `Warning` or `Info`; only the first makes a graph not conform.
    """

    shape: str
    severity: str
    message: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.examples) else ""
        count = f"{self.count} {self.severity.lower()}{'s' if self.count > 1 else ''}"
        return f"{count} of {self.shape} ({self.message}): {', '.join(self.examples)}{more}"


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The outcome of a validation: what was broken, how many shapes were checked, in how many seconds."""

    groups: tuple[Group, ...]
    shapes: int
    seconds: float

    @property
    def conforms(self) -> bool:
        """Whether the graph keeps all promises; warnings do not count."""
        return not any(group.severity == "Violation" for group in self.groups)

    def lines(self) -> Iterator[str]:
        """The report in words, one line for each group and one for the whole."""
        for group in self.groups:
            yield str(group)
        verdict = "conforms" if self.conforms else "does not conform"
        yield f"the graph {verdict} to {self.shapes} shapes ({self.seconds:.1f} s)"


def validate(store: Store, *, shapes: Iterable[Path] = ()) -> ValidationReport:
    """Check a graph against the project's shapes and, in addition, those of the user's files.

    What is stated is checked, and not what was inferred from it (see `kg.reason`), which has no evidence by nature.
    Raises `OntologyError` for a file that holds no valid shapes.
    """
    started = time.perf_counter()
    store = stated(store)
    graph = _read([data_file("ontology", "shapes.ttl"), *shapes])
    count = len(set(graph.subjects(RDF.type, SH.NodeShape)) | set(graph.subjects(RDF.type, SH.PropertyShape)))
    count += len(set(graph.objects(None, SH.sparql)))
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for finding in _whole_graph(store, graph):  # takes the constraints that it checks out of the graph
        found[finding.group].append((finding.message, finding.culprit))
    for finding in _core(store, graph):
        found[finding.group].append((finding.message, finding.culprit))
    groups = []
    for (shape, severity, _), results in sorted(found.items()):
        examples = sorted({culprit for _, culprit in results})[:EXAMPLES]
        groups.append(Group(shape, severity, min(results)[0], len(results), tuple(examples)))
    return ValidationReport(tuple(groups), count, time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Finding:
    """One result; results of one group are counted together."""

    group: tuple[str, str, str]
    message: str
    culprit: str


def _read(paths: Sequence[Path]) -> rdflib.Graph:
    graph, terms = rdflib.Graph(), RdflibTerms()
    for path in paths:
        try:
            for triple in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE):
                graph.add(terms.triple(triple))
        except SyntaxError as error:
            raise OntologyError(f"{path}:{error.lineno}: not Turtle: {error.msg}") from error
        except OSError as error:
            raise OntologyError(f"{path}: {error.strerror}: name a file of SHACL shapes in Turtle") from error
    return graph


# ------------------------------------------------------------------------------------------ queries on the whole graph

_SELECT_THIS = re.compile(r"(\bSELECT\s+(?:DISTINCT\s+)?)[$?]this\b", re.IGNORECASE)
_THIS = re.compile(r"[$?]this\b")


def _whole_graph(store: Store, shapes: rdflib.Graph) -> Iterator[_Finding]:
    """Ask the store those constraints whose query does not depend on the focus node, and remove them from `shapes`.

    They are asked whether or not their shape has a focus node: a promise about the whole graph needs none.
    """
    for shape, constraint in sorted(shapes.subject_objects(SH.sparql)):
        select = str(shapes.value(constraint, SH.select))
        if not _SELECT_THIS.search(select) or len(_THIS.findall(select)) != 1:
            continue
        shapes.remove((shape, SH.sparql, constraint))
        if _is_true(shapes, shape, SH.deactivated) or _is_true(shapes, constraint, SH.deactivated):
            continue
        name = _name(shapes, constraint)
        message = shapes.value(constraint, SH.message) or shapes.value(shape, SH.message) or "violated"
        try:
            solutions = store.select(_prefixes(shapes, constraint) + _SELECT_THIS.sub(r"\1", select))
        except QueryError as error:
            raise OntologyError(f"the query of {name} cannot be evaluated: {error}") from error
        variables = {variable.value for variable in solutions.variables}
        for solution in solutions:
            parts = [_show(solution[v].value) for v in ("value", "path") if v in variables and solution[v] is not None]
            yield _Finding((name, _severity(shapes, shape), ""), str(message), " ".join(parts))


def _prefixes(shapes: rdflib.Graph, constraint: rdflib.term.Node) -> str:
    """The declarations of a constraint's prefixes, on one line."""
    declarations = (d for owner in shapes.objects(constraint, SH.prefixes) for d in shapes.objects(owner, SH.declare))
    pairs = ((shapes.value(d, SH.prefix), shapes.value(d, SH.namespace)) for d in declarations)
    return "".join(f"PREFIX {prefix}: <{namespace}> " for prefix, namespace in sorted(set(pairs)))


# --------------------------------------------------------------------------------------------------------- SHACL Core


def _core(store: Store, shapes: rdflib.Graph) -> Iterator[_Finding]:
    """Let pySHACL check the rest."""
    data = _data(store, _wanted(shapes))
    try:
        _, results, text = pyshacl_validate(data, shacl_graph=shapes, inference="none", inplace=True)
    except Exception as error:  # pySHACL raises many kinds for shapes that it cannot load
        raise OntologyError(f"the shapes cannot be checked: {' '.join(str(error).split())}") from error
    if not isinstance(results, rdflib.Graph):
        raise OntologyError(f"the shapes cannot be checked: {' '.join(str(text).split())}")
    for result in results.subjects(RDF.type, SH.ValidationResult):
        facts = dict(results.predicate_objects(result))
        shape = _name(shapes, facts[SH.sourceShape])
        severity = _show(str(facts[SH.resultSeverity])).removeprefix("sh:")
        parts = [_show(str(facts[p])) for p in (SH.focusNode, SH.resultPath, SH.value) if p in facts]
        group = (shape, severity, str(facts[SH.sourceConstraintComponent]))
        yield _Finding(group, str(facts.get(SH.resultMessage, "violated")), " ".join(parts))


def _data(store: Store, wanted: set[str] | None) -> rdflib.Graph:
    """The part of a graph that has wanted predicates, as rdflib's graph.

    The type of a node is left out if nothing else is wanted of that node and the shapes do not name the class.
    """
    data, terms, types, rdf_type = rdflib.Graph(), RdflibTerms(), [], str(RDF.type)
    for quad in store.quads():
        predicate = quad.predicate.value
        if wanted and predicate == rdf_type and str(quad.object)[1:-1] not in wanted:
            types.append(quad)
        elif not wanted or predicate in wanted:
            data.add(terms.triple(quad))
    for quad in types:
        if quad.subject in terms:
            data.add(terms.triple(quad))
    return data


def _wanted(shapes: rdflib.Graph) -> set[str] | None:
    """The predicates that the shapes can look at, or None when they can look at any.

    Shapes reach data by IRIs that they name (paths, targets, classes), but for closed shapes and queries. What they do
    not name, which is most of the evidence, need not be copied.
    """
    if SH.closed in set(shapes.predicates()) or SH.sparql in set(shapes.predicates()):
        return None
    named = {str(term) for term in shapes.objects() if isinstance(term, rdflib.URIRef)}
    return named | {str(RDF.type), str(RDFS.subClassOf)}


# --------------------------------------------------------------------------------------------------------------- names


def _name(shapes: rdflib.Graph, node: rdflib.term.Node) -> str:
    """The name of a shape; one without a name goes by the shape that it is part of."""
    while isinstance(node, rdflib.BNode):
        owner = min(shapes.subjects(None, node), key=str, default=None)
        if owner is None:
            return "a shape without a name"
        node = owner
    return _show(str(node))


def _show(value: str) -> str:
    return shortened(value, _SHOWN)


def _severity(shapes: rdflib.Graph, shape: rdflib.term.Node) -> str:
    return _show(str(shapes.value(shape, SH.severity, default=SH.Violation))).removeprefix("sh:")


def _is_true(shapes: rdflib.Graph, subject: rdflib.term.Node, predicate: rdflib.URIRef) -> bool:
    value = shapes.value(subject, predicate)
    return isinstance(value, rdflib.Literal) and value.toPython() is True
