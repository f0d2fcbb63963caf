"""A graph as files of other programs: RDF, GraphML, GEXF, tables, JSON. The same graph gives the same bytes.

RDF formats hold the whole dataset; those without named graphs hold the union of all graphs. GraphML, GEXF and node-link
JSON hold what `KnowledgeGraph.to_networkx()` holds, concepts and the relations among them, with definition and quote as
text. CSV and Neo4j are tables: concepts and relations, in a folder or one ZIP file.

XML 1.0 cannot carry control characters: in GraphML, GEXF and RDF/XML they become U+FFFD. A spreadsheet takes a cell
that begins with =, +, -, @, tab or return for a formula: in CSV such a text gets an apostrophe before it (and so does
one that begins with an apostrophe, so that dropping one leading apostrophe restores every text).
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.errors import UsageError
from kg.files import write_file
from kg.index import readings
from kg.serialize import prefixes, serialize, xml_text
from kg.view import Details

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import networkx

    from kg.answers import Quote
    from kg.graph import KnowledgeGraph
    from kg.index import Edge

Tables = dict[str, str]
"""File names and their text."""


@dataclass(frozen=True, slots=True)
class Format:
    """An export format. One of `document` (one file) and `tables` (several, or one ZIP file of them) is there."""

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    document: Callable[[KnowledgeGraph], bytes] | None = None
    tables: Callable[[KnowledgeGraph], Tables] | None = None


def export(graph: KnowledgeGraph, path: Path | str | None = None, format: str | None = None) -> None:
    """Write a graph to a file, a folder (the formats of several tables), or standard output.

    Without `format` the suffix of the path says it; to standard output Turtle is written. Raises UsageError for an
    unknown format, for a suffix that tells none, and for a place that cannot be written.
    """
    if path is None:
        sys.stdout.buffer.write(exported(graph, format or "turtle"))
        sys.stdout.buffer.flush()
        return
    path = Path(path)
    chosen = _of_name(format) if format else _of_suffix(path)
    folder = chosen.tables is not None and path.suffix.lower() != ".zip"
    if folder and path.suffix.lower() == ".csv":
        raise UsageError(f"{path}: {chosen.name} is several tables: name a folder or a .zip file")
    try:
        if folder and chosen.tables:
            path.mkdir(parents=True, exist_ok=True)
            for name, text in chosen.tables(graph).items():
                write_file(path / name, text.encode())
        else:
            write_file(path, _bytes(graph, chosen))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error


def exported(graph: KnowledgeGraph, format: str) -> bytes:
    """A graph in a format; those of several tables as a ZIP file. Raises UsageError for an unknown format."""
    return _bytes(graph, _of_name(format))


def _bytes(graph: KnowledgeGraph, format: Format) -> bytes:
    if format.document:
        return format.document(graph)
    return _zipped(format.tables(graph) if format.tables else {})


def _of_name(name: str) -> Format:
    if name.lower() in FORMATS:
        return FORMATS[name.lower()]
    raise UsageError(f"no export format {name!r}; there are {', '.join(FORMATS)}")


def _of_suffix(path: Path) -> Format:
    for format in FORMATS.values():
        if path.suffix.lower() in format.suffixes:
            return format
    known = ", ".join(suffix for format in FORMATS.values() for suffix in format.suffixes)
    raise UsageError(f"{path}: the suffix tells no format ({known} do); name one of {', '.join(FORMATS)}")


def _zipped(tables: Tables) -> bytes:
    """A ZIP file with no dates of its own: every member is dated at the format's epoch."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, text.encode())
    return buffer.getvalue()


# --------------------------------------------------------------------------------------------------------------- RDF


def _rdf(graph: KnowledgeGraph, format: ox.RdfFormat) -> bytes:
    return serialize(graph.store.quads(), format, prefixes(graph.base))


# ------------------------------------------------------------------------------------- concepts and typed relations


def _flat(graph: KnowledgeGraph) -> networkx.MultiDiGraph:
    """The NetworkX view with nothing but texts and numbers as attributes, as XML graph formats want it.

    The attribute `id` would be taken for the node's own, so the concept's stands as `concept`; edges get ids.
    """
    import networkx

    edges = [edge for edge in graph.index.edges if not edge.literal]
    words = Details.of(graph, edges)
    flat = networkx.MultiDiGraph()
    for iri, view in graph.index.concepts.items():
        flat.add_node(
            iri,
            label=xml_text(view.label),
            concept=view.id,
            kind=view.kind,
            aliases=xml_text(_joined(view.aliases)),
            fields=xml_text(_joined(view.fields)),
            definition=xml_text("\n".join(words.definitions.get(iri, ()))),
        )
    for number, edge in enumerate(edges):
        quote = _quote(words, edge)
        data = {} if edge.confidence is None else {"confidence": edge.confidence}
        flat.add_edge(
            edge.subject,
            edge.object,
            edge.predicate,
            id=f"e{number}",
            predicate=edge.predicate,
            label=readings()[edge.predicate].label,
            **data,
            statement=edge.statement,
            evidence=edge.evidence,
            quote=xml_text(quote.exact) if quote else "",
            place=xml_text(quote.place) if quote else "",
        )
    return flat


def _graphml(graph: KnowledgeGraph) -> bytes:
    from networkx.readwrite.graphml import GraphMLWriter

    # Not networkx.write_graphml: that writes with lxml where it is installed, in other bytes.
    flat = _flat(graph)
    writer = GraphMLWriter(prettyprint=True, edge_id_from_attribute="id")
    writer.add_graph_element(flat)
    buffer = io.BytesIO()
    writer.dump(buffer)
    return buffer.getvalue()


def _gexf(graph: KnowledgeGraph) -> bytes:
    from networkx.readwrite.gexf import GEXFWriter

    writer = GEXFWriter(prettyprint=True, version="1.2draft")
    writer.add_graph(_flat(graph))
    for meta in writer.xml.iter("meta"):
        meta.attrib.pop("lastmodifieddate", None)  # today's date: not the same bytes tomorrow
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _node_link(graph: KnowledgeGraph) -> bytes:
    import networkx

    data = networkx.node_link_data(graph.to_networkx(), edges="edges")
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


# ------------------------------------------------------------------------------------------------------------ tables


_CONCEPTS = ("iri", "id", "label", "kind", "aliases", "keywords", "fields", "definitions", "entries")
_RELATIONS = (
    "subject", "predicate", "object", "subject_label", "reading", "object_label", "confidence", "evidence", "quote",
    "file", "line", "rule", "statement",
)  # fmt: skip


def _csv(graph: KnowledgeGraph) -> Tables:
    words = Details.of(graph, graph.index.edges)
    concepts = (
        [
            iri, view.id, _cell(view.label), view.kind, *(_cell(_joined(texts)) for texts in (
                view.aliases, words.keywords.get(iri, ()), view.fields, words.definitions.get(iri, ()),
                _places(words, iri),
            )),
        ]
        for iri, view in graph.index.concepts.items()
    )  # fmt: skip
    return {
        "concepts.csv": _table(_CONCEPTS, concepts),
        "relations.csv": _table(_RELATIONS, (_relation_row(graph, words, edge) for edge in graph.index.edges)),
    }


def _quote(words: Details, edge: Edge) -> Quote | None:
    """The quote that stands for a relation: its first one."""
    return next(iter(words.quotes(edge)), None)


def _places(words: Details, concept: str) -> list[str]:
    return [f"{file}:{line}" for file, line in words.places.get(concept, ())]


def _relation_row(graph: KnowledgeGraph, words: Details, edge: Edge) -> list[object]:
    quote, refs = _quote(words, edge), graph.index.refs
    return [
        edge.subject, edge.predicate, _cell(edge.object) if edge.literal else edge.object,
        _cell(refs[edge.subject].label), readings()[edge.predicate].label,
        _cell(edge.object if edge.literal else refs[edge.object].label), edge.confidence, edge.evidence,
        *((_cell(quote.exact), _cell(quote.source), quote.line, _cell(quote.rule)) if quote else ("", "", "", "")),
        edge.statement,
    ]  # fmt: skip


def _neo4j(graph: KnowledgeGraph) -> Tables:
    """Nodes, relationships and the command that imports them; years are lists on their concept."""
    words = Details.of(graph, graph.index.edges)
    literal_predicates = sorted({edge.predicate for edge in graph.index.edges if edge.literal})
    literals: dict[tuple[str, str], list[str]] = defaultdict(list)
    for edge in graph.index.edges:
        if edge.literal:
            literals[edge.subject, edge.predicate].append(edge.object)
    nodes = (
        [
            iri, f"Concept;{view.kind}" if view.kind else "Concept", view.id, view.label,
            *map(_array, (view.aliases, view.fields, words.definitions.get(iri, ()), _places(words, iri))),
            *(_array(literals[iri, predicate]) for predicate in literal_predicates),
        ]
        for iri, view in graph.index.concepts.items()
    )  # fmt: skip
    relationships = (
        [
            edge.subject, edge.object, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", edge.predicate).upper(), edge.confidence,
            edge.evidence,
            *((quote.exact, quote.source, quote.line) if (quote := _quote(words, edge)) else ("", "", "")),
            edge.statement,
        ]
        for edge in graph.index.edges
        if not edge.literal
    )  # fmt: skip
    arrays = [f"{name}:string[]" for name in ("aliases", "fields", "definitions", "entries", *literal_predicates)]
    return {
        "concepts.csv": _table(["iri:ID", ":LABEL", "id", "label", *arrays], nodes),
        "relations.csv": _table(
            [":START_ID", ":END_ID", ":TYPE", "confidence:double", "evidence:int", "quote", "file", "line:int",
             "statement"],
            relationships,
        ),
        "import.sh": "#!/bin/sh\n"
        "neo4j-admin database import full --nodes=concepts.csv --relationships=relations.csv --multiline-fields=true\n",
    }  # fmt: skip


def _table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Comma-separated values as RFC 4180 has them."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n", "'"} and text else text


def _joined(texts: Iterable[str]) -> str:
    """Several texts in one cell, separated by ` | `; a bar or backslash of theirs has a backslash before it."""
    return " | ".join(re.sub(r"[\\|]", r"\\\g<0>", text) for text in texts)


def _array(texts: Iterable[str]) -> str:
    """A list as Neo4j reads it; there is no way to write its separator in a text, so that becomes a comma."""
    return ";".join(text.replace(";", ",") for text in texts)


def _formats() -> Iterator[Format]:
    for name, suffixes, rdf in (
        ("turtle", (".ttl",), ox.RdfFormat.TURTLE),
        ("ntriples", (".nt",), ox.RdfFormat.N_TRIPLES),
        ("nquads", (".nq",), ox.RdfFormat.N_QUADS),
        ("trig", (".trig",), ox.RdfFormat.TRIG),
        ("jsonld", (".jsonld",), ox.RdfFormat.JSON_LD),
        ("rdfxml", (".rdf", ".owl"), ox.RdfFormat.RDF_XML),
    ):
        yield Format(name, suffixes, rdf.media_type, document=partial(_rdf, format=rdf))
    yield Format("graphml", (".graphml",), "application/graphml+xml", document=_graphml)
    yield Format("gexf", (".gexf",), "application/gexf+xml", document=_gexf)
    yield Format("csv", (".zip",), "application/zip", tables=_csv)
    yield Format("neo4j", (), "application/zip", tables=_neo4j)
    yield Format("node-link", (".json",), "application/json", document=_node_link)


FORMATS: Mapping[str, Format] = {format.name: format for format in _formats()}
"""All formats by name; a suffix belongs to the first format that has it."""
