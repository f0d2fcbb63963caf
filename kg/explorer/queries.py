"""Queries and their answers as the SPARQL page shows them: as a table, a chart or a graph, and where a fault is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg import sketch
from kg.errors import UsageError
from kg.explorer.draw import Plot, bars
from kg.explorer.site import address, place, short
from kg.results import DRAWN, value
from kg.serialize import serialize, shortened
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kg.errors import KgError
    from kg.graph import KnowledgeGraph

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
    Row = tuple[Term | None, ...]

MOST = 500
"""How many rows or triples a page shows."""

_BARS = 40
"""How many bars a chart has."""

VIEWS = ("table", "chart", "graph")

SAMPLE = """\
# What do the concepts of this glossary use?
SELECT ?concept ?uses ?confidence WHERE {
  ?a kg:uses ?b ; skos:prefLabel ?concept .
  ?b skos:prefLabel ?uses .
  ?statement rdf:subject ?a ; rdf:predicate kg:uses ; rdf:object ?b ; kg:confidence ?confidence .
}
ORDER BY DESC(?confidence) ?concept ?uses
LIMIT 50
"""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A term in a table. `address` is where it leads, empty for a text; `number` says that it is one."""

    text: str
    address: str = ""
    outside: bool = False
    number: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with what came of it. `form` is empty until it has been asked; then truth, table or triples.

    `more` says that there are more rows than are shown. `line` and `column` are those of a fault, from 1, or 0.
    """

    query: str
    status: int = 200
    error: str = ""
    line: int = 0
    column: int = 0
    form: str = ""
    view: str = "table"
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    truth: bool = False
    turtle: str = ""
    more: bool = False
    chart: Plot | None = None
    drawable: bool = False

    def shown_as(self, view: str) -> str:
        """The address of this answer in another view."""
        return address("/sparql", query=self.query, view=view)

    @property
    def downloads(self) -> Mapping[str, str]:
        """Addresses of the whole answer as data, by format."""
        formats: Sequence[str] = tuple(GRAPH_FORMATS) if self.form == "triples" else tuple(RESULT_FORMATS)
        return {name: address("/sparql", query=self.query, format=name) for name in formats}

    @property
    def drawing(self) -> str:
        """The address of this answer as an interactive page."""
        return address("/sparql", query=self.query, format="graph")


def editor(graph: KnowledgeGraph, edit: str = "", example: str = "") -> str:
    """The text that an editor begins with: one that is given, a named query's first example, or a sample."""
    if edit:
        return edit
    if not example:
        return SAMPLE
    if example not in graph.queries:
        raise UsageError(f"no query is named {example!r}; /queries lists them")
    query = graph.queries[example]
    return f"# {query.description}\n{query.bind(dict(query.examples[0]), lambda name: _iri_of(graph, name)).strip()}\n"


def _iri_of(graph: KnowledgeGraph, name: str) -> str:
    """The IRI of an example's concept; of any other, where the graph has none of this name: it is but an example."""
    try:
        return graph.concept(name).iri
    except UsageError:
        return next(iter(graph.index.concepts), f"{graph.base}concept/{name.replace(' ', '-')}")


def faulty(query: str, error: KgError, status: int) -> Asked:
    """A query with the fault that kept it from being answered."""
    line = getattr(error, "line", None) or 0
    column = getattr(error, "column", None) or 0
    message = str(error).partition("\n")[0].removeprefix(f"line {line}, column {column}: ")
    return Asked(query, status=status, error=message, line=line, column=column)


def answered(
    graph: KnowledgeGraph,
    query: str,
    found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples,
    names: Mapping[str, str],
    view: str,
) -> Asked:
    """A query with its answer, which is read as far as it is shown."""
    view = view if view in VIEWS else "table"
    if isinstance(found, ox.QueryBoolean):
        return Asked(query, form="truth", truth=bool(found))
    columns, rows, more = _read(found)
    asked = Asked(
        query,
        form="triples" if isinstance(found, ox.QueryTriples) else "table",
        view=view,
        columns=columns,
        rows=tuple(tuple(cell(term, graph, names) for term in row) for row in rows),
        more=more,
        drawable=bool(_sketch(graph, rows, triples=isinstance(found, ox.QueryTriples)).things),
    )
    if asked.form == "triples":
        triples = [ox.Triple(*row) for row in rows]  # type: ignore[arg-type]  # a triple's own terms
        return replace(asked, turtle=serialize(triples, ox.RdfFormat.TURTLE, names).decode())
    return replace(asked, chart=_chart(columns, rows, names))


def drawn(graph: KnowledgeGraph, found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, title: str) -> str:
    """The interactive page of the concepts in an answer; raises UsageError when there is nothing to draw."""
    from kg.render import render

    if isinstance(found, ox.QueryBoolean):
        raise UsageError("nothing to draw: this answer is yes or no; ask for concepts with SELECT or CONSTRUCT")
    _, rows, _ = _read(found, 20 * DRAWN)
    said = _sketch(graph, rows, triples=isinstance(found, ox.QueryTriples))
    if not said.things:
        raise UsageError("nothing to draw: no row names a concept by its IRI; select the concepts themselves")
    view = sketch.view(graph, said, about=(), limit=DRAWN)
    whole = len(graph.index.concepts), sum(not edge.literal for edge in graph.index.edges)
    most = max(whole[0], len(view)), max(whole[1], view.number_of_edges())
    if len(view) < len(said.things):
        title += f" (the first {len(view):,} of {len(said.things):,} concepts)"
    return render(view, None, title=title, whole=most)


def _read(
    found: ox.QuerySolutions | ox.QueryTriples, most: int = MOST
) -> tuple[tuple[str, ...], list[tuple[Term | None, ...]], bool]:
    """Columns, the first rows, and whether there are more."""
    if isinstance(found, ox.QueryTriples):
        columns: tuple[str, ...] = ("subject", "predicate", "object")
        rows: list[Row] = [(t.subject, t.predicate, t.object) for t in islice(found, most + 1)]
    else:
        columns = tuple(variable.value for variable in found.variables)
        rows = [tuple(row[name] for name in columns) for row in islice(found, most + 1)]
    return columns, rows[:most], len(rows) > most


def _sketch(graph: KnowledgeGraph, rows: Sequence[Row], *, triples: bool) -> sketch.Sketch:
    return sketch.of_triples(rows) if triples else sketch.of_rows(rows, graph.index.concepts)


def cell(term: Term | None, graph: KnowledgeGraph, names: Mapping[str, str]) -> Cell:
    """A term as a cell; only web addresses become links, since other schemes can carry scripts."""
    if term is None:
        return Cell("")
    if isinstance(term, ox.NamedNode):
        ours = term.value.startswith(graph.base) or term.value in graph.index.concepts
        if ours:
            label = graph.index.refs[term.value].label if term.value in graph.index.refs else ""
            return Cell(shortened(term.value, names), place(term.value, graph.base), title=label)
        web = term.value.startswith(("http://", "https://"))
        return Cell(shortened(term.value, names), term.value if web else "", outside=True, title=term.value)
    read = value(term)
    text = term.value if isinstance(term, ox.Literal) else str(term)
    return Cell(text, number=isinstance(read, int | float) and not isinstance(read, bool))


def _chart(columns: Sequence[str], rows: Sequence[Row], names: Mapping[str, str]) -> Plot | None:
    """The first column of numbers as bars, named by the first column that has none; None where there is no such."""
    values = [[value(term) for term in column] for column in zip(*rows, strict=True)]
    numeric = [
        all(isinstance(each, int | float) and not isinstance(each, bool) for each in column) for column in values
    ]
    if True not in numeric:
        return None
    measured = numeric.index(True)
    named = numeric.index(False) if False in numeric else None
    shown = rows[:_BARS]
    labels = [
        short(_label(row[named], names), 60) if named is not None else str(number)
        for number, row in enumerate(shown, 1)
    ]
    heights = [float(str(each)) for each in values[measured][:_BARS]]
    note = f"the first {_BARS} of {len(rows):,} rows" if len(rows) > _BARS else ""
    return Plot(
        f"{columns[measured]} by {columns[named] if named is not None else 'row'}",
        columns[named] if named is not None else "row",
        columns[measured],
        bars(zip(labels, heights, [""] * len(labels), strict=True)),
        note=note,
    )


def _label(term: Term | None, names: Mapping[str, str]) -> str:
    if isinstance(term, ox.NamedNode):
        return shortened(term.value, names)
    return "" if term is None else re.sub(r"\s+", " ", str(getattr(term, "value", term)))
