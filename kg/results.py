"""Answers of queries as tables: rows of Python values, data frames, HTML for notebooks, and pages that draw them.

>>> result = graph.run("types-of", concept="replication")          # doctest: +SKIP
>>> [row["label"] for row in result]                               # doctest: +SKIP
['Chain Replication', 'Leader-Follower Replication']
>>> frame = result.to_pandas()                                     # doctest: +SKIP
>>> result.draw("types.html").concepts                             # doctest: +SKIP
3
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from kg.errors import MissingExtra, UsageError
from kg.files import write_file
from kg.queries import limit_of
from kg.serialize import prefixes, shortened
from kg.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas

    from kg.graph import KnowledgeGraph

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

SHOWN = 60
"""How many rows a notebook shows of a result."""

DRAWN = 1200
"""How many concepts a page draws of a result, unless it is asked for more."""

_INTEGERS = (
    "integer", "int", "long", "short", "byte", "gYear", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
    "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
)  # fmt: skip
_READERS: Mapping[str, Callable[[str], object]] = {
    **{XSD.iri + name: int for name in _INTEGERS},
    **{XSD.iri + name: float for name in ("decimal", "double", "float")},
    XSD.boolean.value: lambda text: {"true": True, "1": True, "false": False, "0": False}[text],
    XSD.date.value: date.fromisoformat,
    XSD.dateTime.value: datetime.fromisoformat,
}
"""How the text of a literal becomes a value, by datatype; of any other it stays a text."""


def value(term: Term | None) -> object:
    """An RDF term as a Python value: numbers, truth, days and times as such, anything else as text, nothing as None.

    A literal that is not what its datatype says stays a text.

    >>> value(ox.Literal(3)), value(ox.NamedNode("urn:x:a")), value(ox.Literal("drei", datatype=ox.Literal(3).datatype))
    (3, 'urn:x:a', 'drei')
    """
    if isinstance(term, ox.Literal):
        read = _READERS.get(term.datatype.value)
        if read is None or not term.value.isascii() or "_" in term.value:  # Python's numbers may be written so
            return term.value
        try:
            return read(term.value)
        except (ValueError, KeyError):
            return term.value
    return term.value if isinstance(term, ox.NamedNode) else None if term is None else str(term)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a page shows of a result: so many of its `found` concepts, and the relations among them."""

    concepts: int
    relations: int
    found: int


class Result:
    """The answer of a query: `columns`, and rows as dicts from column to value, as `kg.results.value` makes them.

    A CONSTRUCT answers with the columns subject, predicate and object, an ASK with one row of one column, answer.
    `sparql` is the query as it was asked, `terms` are the rows as RDF terms.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        sparql: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Term | None]],
        *,
        triples: bool = False,
        title: str = "Answer of a query",
        about: Sequence[str] = (),
    ) -> None:
        self.sparql = sparql
        self.columns = tuple(columns)
        self.terms = [tuple(row) for row in rows]
        self.title = title
        self._graph = graph
        self._triples = triples
        self._about = tuple(about)

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[dict[str, object]]:
        return (self._row(row) for row in self.terms)

    def __getitem__(self, number: int) -> dict[str, object]:
        return self._row(self.terms[number])

    def __repr__(self) -> str:
        return f"Result({self.title!r}, {len(self)} rows of {', '.join(self.columns)})"

    @property
    def cut(self) -> bool:
        """Whether there are as many rows as the query's LIMIT allows, so that there may be more."""
        limit = limit_of(self.sparql)
        return limit is not None and len(self) >= limit > 0

    def _row(self, row: Sequence[Term | None]) -> dict[str, object]:
        return dict(zip(self.columns, map(value, row), strict=True))

    # ---------------------------------------------------------------------------------------------- as other things

    def to_pandas(self) -> pandas.DataFrame:
        """The result as a data frame: IRIs are texts, numbers are numbers, what is missing is None.

        Raises `MissingExtra` where pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("data frames need pandas", "pandas") from error
        frame = pandas.DataFrame(index=range(len(self)))
        for at, column in enumerate(self.columns):
            values = [value(row[at]) for row in self.terms]
            # pandas makes NaN of None in a column of numbers or texts, unless it is told to keep objects.
            frame[column] = pandas.Series(values, dtype="object" if None in values or not values else None)
        return frame

    def _repr_html_(self) -> str:
        """The first rows as a table, for notebooks."""
        names = prefixes(self._graph.base)
        head = "".join(f"<th>{html.escape(column)}</th>" for column in self.columns)
        rows = ("".join(f"<td>{_cell(term, names)}</td>" for term in row) for row in self.terms[:SHOWN])
        more = len(self) - SHOWN
        rest = f"<p>… and {more:,} more {'row' if more == 1 else 'rows'}</p>" if more > 0 else ""
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def draw(self, path: Path | str, *, title: str | None = None, limit: int = DRAWN) -> Drawn:
        """Write an interactive page of the concepts in this result and the relations among them, the result's included.

        Concepts are the IRIs in the rows that the graph knows as such, and the concepts that a named query was asked
        about. The relations of a result are the triples of a CONSTRUCT, whatever they are about, and what stands in a
        row as concept, property, concept. At most `limit` concepts are drawn, those of the first rows; the page's title
        says so. Raises `UsageError` when there is nothing to draw and for a place that cannot be written.
        """
        from kg import sketch
        from kg.render import render

        if limit < 1:
            raise UsageError(f"a page draws at least 1 concept, not {limit}")
        index = self._graph.index
        said = sketch.of_triples(self.terms) if self._triples else sketch.of_rows(self.terms, index.concepts)
        if not said.things:
            raise UsageError(self._why_empty())
        view = sketch.view(self._graph, said, about=self._about, limit=limit)
        found = len({*self._about, *said.things})
        named = title or self.title
        if len(view) < found:
            named += f" (the first {len(view):,} of {found:,} concepts)"
        whole = len(index.concepts), len(index.columns)
        page = render(view, None, title=named, whole=(max(whole[0], len(view)), max(whole[1], view.number_of_edges())))
        write_file(_path(path), page.encode())
        return Drawn(len(view), view.number_of_edges(), found)

    def _why_empty(self) -> str:
        if self.columns == ("answer",):
            return "nothing to draw: this answer is yes or no; ask for concepts with SELECT or CONSTRUCT"
        if not self.terms:
            return "nothing to draw: the query has no answer"
        if self._triples:
            return "nothing to draw: the triples are not about anything with an IRI"
        return (
            f"nothing to draw: no row names a concept by its IRI (the columns are {', '.join(self.columns)}); "
            "select the concepts themselves, not only their labels"
        )


def _path(path: Path | str) -> Path:
    from pathlib import Path

    return Path(path)


def _cell(term: Term | None, names: Mapping[str, str]) -> str:
    if isinstance(term, ox.NamedNode):
        return f'<span title="{html.escape(term.value)}">{html.escape(shortened(term.value, names))}</span>'
    return "" if term is None else html.escape(str(getattr(term, "value", term)))


def results(graph: KnowledgeGraph, sparql: str, **details: Any) -> Result:
    """The answer of a query of any form as a table; `details` are a result's title and what it is about."""
    answer = graph.query(sparql)
    if isinstance(answer, bool):
        return Result(graph, sparql, ["answer"], [[ox.Literal(answer)]], **details)
    if isinstance(answer, ox.QuerySolutions):
        columns = [variable.value for variable in answer.variables]
        return Result(graph, sparql, columns, ([row[column] for column in columns] for row in answer), **details)
    rows = sorted({(t.subject, t.predicate, t.object) for t in answer}, key=lambda row: tuple(map(str, row)))
    return Result(graph, sparql, ["subject", "predicate", "object"], rows, triples=True, **details)
