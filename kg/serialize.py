"""Quads -> bytes, the same bytes for the same set of quads: sorted N-Quads lines, grouped Turtle, and the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.vocabulary import BASE, PREFIXES, RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Triples = Iterable[ox.Triple] | Iterable[ox.Quad]
    Node = ox.NamedNode | ox.BlankNode | ox.Triple
    Term = Node | ox.Literal

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
"""Local names that need no escape in Turtle; an IRI with any other stays in full."""

_BARE = {XSD.integer.value: re.compile(r"[+-]?[0-9]+"), XSD.decimal.value: re.compile(r"[+-]?[0-9]*\.[0-9]+")}
"""Datatypes whose literals Turtle writes without quotes and datatype, if they look like this."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def prefixes(base: str = BASE) -> dict[str, str]:
    """The prefixes of files and queries: the vocabularies', and those of a dataset with this base."""
    folders = ("concept", "entry", "statement", "evidence", "occurrence", "boilerplate")
    return {**PREFIXES, **{name: f"{base}{name}/" for name in folders}, "data": base}


def shortened(iri: str, names: Mapping[str, str]) -> str:
    """An IRI as people read it: with the prefix of the longest namespace around it, or in full.

    >>> shortened("http://example.org/kg#uses", {"ex": "http://example.org/", "kg": "http://example.org/kg#"})
    'kg:uses'
    """
    around = [name for name, namespace in names.items() if iri.startswith(namespace) and iri != namespace]
    name = max(around, key=lambda name: len(names[name]), default=None)
    return iri if name is None else f"{name}:{iri[len(names[name]) :]}"


def serialize(quads: Triples, format: ox.RdfFormat, names: Mapping[str, str] | None = None) -> bytes:
    """Quads or triples in a format, as UTF-8. A format without graphs gets the union of all graphs.

    `names` are the prefixes to abbreviate with. Blank nodes keep their labels, so that only their makers can make
    the result stable. RDF/XML has its literals as `xml_text` makes them.
    """
    names = prefixes() if names is None else names
    if format.supports_datasets:
        rows = [q if isinstance(q, ox.Quad) else ox.Quad(*q) for q in quads]
        if format == ox.RdfFormat.N_QUADS:
            return "".join(sorted({f"{quad} .\n" for quad in rows})).encode()
        return _bytes(ox.serialize(sorted(set(rows), key=_quad_key), format=format, prefixes=dict(names)))
    if format == ox.RdfFormat.TURTLE:
        return "".join(turtle(quads, names)).encode()
    triples = {ox.Triple(q.subject, q.predicate, q.object) for q in quads}
    if format == ox.RdfFormat.N_TRIPLES:
        return "".join(sorted(f"{triple} .\n" for triple in triples)).encode()
    if format == ox.RdfFormat.RDF_XML:
        triples = {_for_xml(triple) for triple in triples}
    return _bytes(ox.serialize(sorted(triples, key=str), format=format, prefixes=dict(names)))


def turtle(triples: Triples, names: Mapping[str, str]) -> Iterator[str]:
    """Yield a Turtle document piece by piece: grouped by subject and predicate, all sorted as written, types first."""
    write = _Abbreviator(names)
    rdf_type = RDF.type
    nodes: dict[str, dict[str, set[str]]] = {}
    for triple in triples:
        predicate = triple.predicate
        verb = "a" if predicate == rdf_type else write(predicate)
        nodes.setdefault(write(triple.subject), {}).setdefault(verb, set()).add(write(triple.object))
    for name in sorted(write.used):
        yield f"@prefix {name}: <{names[name]}> .\n"
    for subject, verbs in sorted(nodes.items()):
        lines = (
            f"{verb} {' , '.join(sorted(objects))}"
            for verb, objects in sorted(verbs.items(), key=lambda item: (item[0] != "a", item[0]))
        )
        yield f"\n{subject} " + " ;\n    ".join(lines) + " .\n"


class _Abbreviator:
    """Writes terms in Turtle and remembers which prefixes it used."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.used: set[str] = set()
        self._by_namespace = {namespace: name for name, namespace in names.items()}
        self._cache: dict[str, str] = {}

    def __call__(self, term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            return self._iri(term.value)
        if isinstance(term, ox.Literal):
            return self._literal(term)
        return str(term)

    def _iri(self, iri: str) -> str:
        if iri not in self._cache:
            at = max(iri.rfind("#"), iri.rfind("/")) + 1
            name = self._by_namespace.get(iri[:at])
            if name is None or not _LOCAL.fullmatch(iri, at):
                self._cache[iri] = f"<{iri}>"
            else:
                self.used.add(name)
                self._cache[iri] = f"{name}:{iri[at:]}"
        return self._cache[iri]

    def _literal(self, literal: ox.Literal) -> str:
        text = str(literal)
        if not text.endswith(">"):
            return text  # plain, or with a language: nothing to abbreviate
        quoted, _, datatype = text[:-1].rpartition("^^<")
        bare = _BARE.get(datatype)
        if bare and bare.fullmatch(quoted, 1, len(quoted) - 1):
            return quoted[1:-1]
        return f"{quoted}^^{self._iri(datatype)}"


def xml_text(text: str) -> str:
    """A text with U+FFFD for each character that XML 1.0 has no way to write, most control characters."""
    return _NOT_XML.sub("\ufffd", text)


def _for_xml(triple: ox.Triple) -> ox.Triple:
    literal = triple.object
    if not isinstance(literal, ox.Literal):
        return triple
    text = xml_text(literal.value)
    if text == literal.value:
        return triple
    if literal.language:
        return ox.Triple(triple.subject, triple.predicate, ox.Literal(text, language=literal.language))
    return ox.Triple(triple.subject, triple.predicate, ox.Literal(text, datatype=literal.datatype))


def _quad_key(quad: ox.Quad) -> tuple[str, str]:
    return str(quad.graph_name), str(quad.triple)


def _bytes(result: bytes | None) -> bytes:
    assert result is not None  # pyoxigraph returns bytes when it is given no file
    return result
