"""Answers as they are written in the suite and on the wire, and whether two of them are the same.

Tables are read with the standard library, not with the engine that wrote them, so that a fault in writing is seen.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.w3c.manifest import Data, File

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
    Row = tuple[Term | None, ...]

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
SRX = "{http://www.w3.org/2005/sparql-results#}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

MEDIA = {
    ".srx": "application/sparql-results+xml",
    ".srj": "application/sparql-results+json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
}
"""Media types of tables by the suffix of their files."""

_RDF = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
}


@dataclass(frozen=True, slots=True)
class Table:
    """Variables and rows; `ordered` when the suite gives the rows an order."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """The triples of a CONSTRUCT or DESCRIBE query."""

    triples: frozenset[ox.Triple] = field(default_factory=frozenset)


Answer = Table | Graph | bool


def expected(file: File) -> tuple[Answer, str]:
    """What a file of the suite says that the answer is, and the media type to ask for it in."""
    suffix = file.path.suffix
    if suffix in MEDIA:
        return table(file.path.read_bytes(), MEDIA[suffix]), MEDIA[suffix]
    triples = frozenset(quad.triple for quad in quads_of(file))
    answer = _result_set(triples)
    if answer is None:
        return Graph(triples), "text/turtle"
    return answer, MEDIA[".srj"]


def quads_of(file: File, graph: ox.NamedNode | ox.DefaultGraph | None = None) -> list[ox.Quad]:
    """The quads of a file, in a graph; blank nodes are its own."""
    content = file.path.read_bytes()
    found = ox.parse(content, _RDF[file.path.suffix], base_iri=file.iri, rename_blank_nodes=True)
    return [quad if graph is None else ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in found]


def dataset(data: Data) -> set[ox.Quad]:
    """The quads of a dataset."""
    quads = {quad for file in data.default for quad in quads_of(file)}
    for name, file in data.named:
        quads.update(quads_of(file, ox.NamedNode(name)))
    return quads


def graph(body: bytes, media: str, base: str) -> Graph:
    """The graph in the body of a response; raises `ValueError` if it is none."""
    format = ox.RdfFormat.from_media_type(media)
    if format is None:
        raise ValueError(f"{media or 'nothing'} is no media type of graphs")
    try:
        return Graph(frozenset(quad.triple for quad in ox.parse(body, format, base_iri=base)))
    except SyntaxError as error:
        raise ValueError(f"the answer is not {media}: {error}") from error


# --------------------------------------------------------------------------------------------------------- tables


def table(body: bytes, media: str) -> Table | bool:
    """The table or truth in a body; raises `ValueError` if it is none.

    >>> table(b"x,y\\r\\n1,\\r\\n", "text/csv").rows
    ((<Literal value=1 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#string>>, None),)
    """
    media = media.partition(";")[0].strip()
    try:
        match media:
            case "application/sparql-results+json" | "application/json":
                return _from_json(json.loads(body))
            case "application/sparql-results+xml" | "application/xml":
                return _from_xml(ElementTree.fromstring(body))
            case "text/csv":
                return _from_csv(body.decode())
            case "text/tab-separated-values":
                return _from_tsv(body.decode())
    except (KeyError, TypeError, IndexError, SyntaxError, StopIteration) as error:
        raise ValueError(f"the answer is not {media}: {error!r}") from error
    raise ValueError(f"{media or 'nothing'} is no media type of tables")


def _from_json(document: dict[str, Any]) -> Table | bool:
    if "boolean" in document:
        return bool(document["boolean"])
    variables = tuple(document["head"]["vars"])
    rows = []
    for binding in document["results"]["bindings"]:
        if binding.keys() - set(variables):
            raise ValueError(f"a row binds {binding.keys() - set(variables)}, which the head does not list")
        rows.append(tuple(_json_term(binding[name]) if name in binding else None for name in variables))
    return Table(variables, tuple(rows))


def _json_term(term: dict[str, Any]) -> Term:
    if term["type"] == "uri":
        return ox.NamedNode(term["value"])
    if term["type"] == "bnode":
        return _blank(term["value"])
    return _literal(term["value"], term.get("xml:lang"), term.get("datatype"))


def _from_xml(root: ElementTree.Element) -> Table | bool:
    truth = root.find(f"{SRX}boolean")
    if truth is not None:
        return {"true": True, "false": False}[(truth.text or "").strip()]
    variables = tuple(element.attrib["name"] for element in root.iterfind(f"{SRX}head/{SRX}variable"))
    rows = []
    for result in root.iterfind(f"{SRX}results/{SRX}result"):
        cells = {binding.attrib["name"]: _xml_term(binding) for binding in result.iterfind(f"{SRX}binding")}
        if cells.keys() - set(variables):
            raise ValueError(f"a row binds {cells.keys() - set(variables)}, which the head does not list")
        rows.append(tuple(cells.get(name) for name in variables))
    return Table(variables, tuple(rows))


def _xml_term(binding: ElementTree.Element) -> Term | None:
    if not len(binding):  # a result of the suite says so of variables that are not bound
        return None
    element = binding[0]
    text = element.text or ""
    match element.tag.removeprefix(SRX):
        case "uri":
            return ox.NamedNode(text)
        case "bnode":
            return _blank(text)
        case "literal":
            return _literal(text, element.get(LANG), element.get("datatype"))
    return None


def _from_csv(text: str) -> Table:
    """What CSV keeps of terms: their words, and that blank nodes are such."""
    lines = list(csv.reader(io.StringIO(text, newline="")))
    width = len(lines[0])
    cells = [tuple(_csv_term(cell) for cell in line) for line in lines[1:]]
    if any(len(line) != width for line in cells):
        raise ValueError("rows differ in length")
    return Table(tuple(lines[0]), tuple(cells))


def _csv_term(cell: str) -> Term | None:
    if not cell:
        return None
    return _blank(cell[2:]) if cell.startswith("_:") else ox.Literal(cell)


def _from_tsv(text: str) -> Table:
    head, *lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    variables = tuple(name.removeprefix("?") for name in head.rstrip("\r").split("\t"))
    rows = [tuple(_tsv_term(cell) for cell in line.rstrip("\r").split("\t")) for line in lines]
    if any(len(row) != len(variables) for row in rows):
        raise ValueError("rows differ in length")
    return Table(variables, tuple(rows))


def _tsv_term(cell: str) -> Term | None:
    if not cell:
        return None
    if cell.startswith("_:"):
        return _blank(cell[2:])
    quad: ox.Quad = next(iter(ox.parse(f"<x:s> <x:p> {cell} .", ox.RdfFormat.TURTLE)))
    return quad.object


def _blank(label: str) -> ox.BlankNode:
    return ox.BlankNode("b" + re.sub(r"\W", lambda match: f"_{ord(match[0])}_", label))


def _literal(value: str, language: str | None, datatype: str | None) -> ox.Literal:
    if language:
        return ox.Literal(value, language=language)
    return ox.Literal(value, datatype=ox.NamedNode(datatype)) if datatype else ox.Literal(value)


def _result_set(triples: Iterable[ox.Triple]) -> Table | bool | None:
    """The table that triples of the suite's vocabulary of result sets describe, None if they describe none."""
    about: dict[object, dict[str, list[Any]]] = {}
    for triple in triples:
        values = about.setdefault(triple.subject, {})
        values.setdefault(triple.predicate.value.removeprefix(RS), []).append(triple.object)
    sets = [values for values in about.values() if ox.NamedNode(f"{RS}ResultSet") in values.get(RDF_TYPE.value, [])]
    if not sets:
        return None
    if "boolean" in sets[0]:
        return str(sets[0]["boolean"][0].value) in {"true", "1"}
    variables = tuple(sorted(literal.value for literal in sets[0].get("resultVariable", [])))
    numbered = []
    for solution in sets[0].get("solution", []):
        cells = {about[b]["variable"][0].value: about[b]["value"][0] for b in about[solution].get("binding", [])}
        index = next((int(literal.value) for literal in about[solution].get("index", [])), None)
        numbered.append((index, tuple(cells.get(name) for name in variables)))
    ordered = bool(numbered) and all(index is not None for index, _ in numbered)
    if ordered:
        numbered.sort(key=lambda each: each[0] or 0)
    return Table(variables, tuple(row for _, row in numbered), ordered)


# ----------------------------------------------------------------------------------------------------- comparison


def difference(wanted: Answer, got: Answer, *, ordered: bool = False, lax: bool = False) -> str:
    """How an answer differs from the one that is wanted, empty if it does not."""
    if isinstance(wanted, bool) or isinstance(got, bool):
        return "" if wanted is got else f"the answer is {_short(got)}, not {_short(wanted)}"
    if isinstance(wanted, Graph) or isinstance(got, Graph):
        if not (isinstance(wanted, Graph) and isinstance(got, Graph)):
            return f"the answer is {_short(got)}, not {_short(wanted)}"
        return graph_difference(
            {ox.Quad(*triple) for triple in wanted.triples}, {ox.Quad(*triple) for triple in got.triples}
        )
    return _table_difference(wanted, got, ordered=ordered or wanted.ordered, lax=lax)


def _short(answer: Answer) -> str:
    if isinstance(answer, bool):
        return str(answer).lower()
    return f"a graph of {len(answer.triples)} triples" if isinstance(answer, Graph) else f"{len(answer.rows)} rows"


def graph_difference(wanted: set[ox.Quad], got: set[ox.Quad]) -> str:
    """How two datasets differ beyond the labels of their blank nodes, empty if they do not."""
    if _canonical(wanted) == _canonical(got):
        return ""
    ground = [{quad for quad in quads if "_:" not in str(quad)} for quads in (wanted, got)]
    missing, extra = sorted(map(str, ground[0] - ground[1])), sorted(map(str, ground[1] - ground[0]))
    told = [f"{len(got)} quads where {len(wanted)} are expected"] if len(got) != len(wanted) else []
    told += [f"lacks {missing[0]}"] if missing else []
    told += [f"has {extra[0]}"] if extra else []
    return "; ".join(told) or "the blank nodes are connected otherwise"


def _canonical(quads: set[ox.Quad]) -> set[ox.Quad]:
    canonical = ox.Dataset(quads)
    canonical.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(canonical)


def _table_difference(wanted: Table, got: Table, *, ordered: bool, lax: bool) -> str:
    if set(wanted.variables) != set(got.variables):
        return f"the columns are {', '.join(got.variables)}, not {', '.join(wanted.variables)}"
    places = [got.variables.index(name) for name in wanted.variables]
    rows = [tuple(row[place] for place in places) for row in got.rows]
    if lax:
        few = set(rows) == set(wanted.rows) and not Counter(rows) - Counter(wanted.rows)
        return "" if few else "the rows are not a reduction of those expected"
    if ordered and len(rows) == len(wanted.rows) and _bijection(list(zip(wanted.rows, rows, strict=True))):
        return ""
    if _same_rows(wanted.rows, rows):
        return "the rows have another order" if ordered else ""
    expected, found = Counter(map(_written, wanted.rows)), Counter(map(_written, rows))
    missing, extra = sorted((expected - found).elements()), sorted((found - expected).elements())
    told = [f"{len(rows)} rows where {len(wanted.rows)} are expected"] if len(rows) != len(wanted.rows) else []
    told += [f"lacks ({missing[0]})"] if missing else []
    told += [f"has ({extra[0]})"] if extra else []
    return "; ".join(told) or "the blank nodes are others"


def _written(row: Row) -> str:
    return ", ".join("" if term is None else "[]" if isinstance(term, ox.BlankNode) else str(term) for term in row)


def _bijection(pairs: Sequence[tuple[Row, Row]]) -> bool:
    """Whether rows are the same in pairs, under one renaming of blank nodes."""
    there: dict[Term, Term] = {}
    back: dict[Term, Term] = {}
    return all(_extend(left, right, there, back) for left, right in pairs)


def _extend(left: Row, right: Row, there: dict[Term, Term], back: dict[Term, Term]) -> bool:
    for one, other in zip(left, right, strict=True):
        if isinstance(one, ox.BlankNode) and isinstance(other, ox.BlankNode):
            if there.setdefault(one, other) != other or back.setdefault(other, one) != one:
                return False
        elif one != other:
            return False
    return True


def _same_rows(wanted: Sequence[Row], got: Sequence[Row]) -> bool:
    """Whether two tables have the same rows in some order, under one renaming of blank nodes: a search."""
    if Counter(map(_written, wanted)) != Counter(map(_written, got)):
        return False
    blank = sorted((row for row in wanted if any(isinstance(term, ox.BlankNode) for term in row)), key=_written)
    free = [row for row in got if any(isinstance(term, ox.BlankNode) for term in row)]
    return _search(blank, free, {}, {})


def _search(wanted: Sequence[Row], free: Sequence[Row], there: dict[Term, Term], back: dict[Term, Term]) -> bool:
    if not wanted:
        return True
    tried = set()
    for position, row in enumerate(free):
        if row not in tried and _written(row) == _written(wanted[0]):
            tried.add(row)
            on, off = dict(there), dict(back)
            if _extend(wanted[0], row, on, off) and _search(
                wanted[1:], [*free[:position], *free[position + 1 :]], on, off
            ):
                return True
    return False
