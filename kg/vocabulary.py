"""The ontology files as Python: which classes and relations there are, and how IRIs are made.

`ontology/kg.ttl` is the list; nothing is repeated here. It is read when first asked for, from a checkout or from the
package's data, and a term that it lacks is an `OntologyError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.errors import OntologyError
from kg.model import ConceptId, EntryId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BASE = "https://kg.example.org/"
"""The default base of a dataset's IRIs. The ontology's own IRIs do not change with it."""

EN = "en"
"""The language of all labels and definitions."""


@dataclass(frozen=True)
class Namespace:
    """An IRI prefix that makes terms by attribute, each once.

    >>> Namespace("http://example.org/ns#").thing
    <NamedNode value=http://example.org/ns#thing>
    """

    iri: str

    def __getattr__(self, name: str) -> NamedNode:
        if name.startswith("__"):
            raise AttributeError(name)
        term = NamedNode(self.iri + name)
        object.__setattr__(self, name, term)  # so that it is found without asking here again
        return term

    def __str__(self) -> str:
        return self.iri


KG = Namespace("https://kg.example.org/ontology#")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
PROV = Namespace("http://www.w3.org/ns/prov#")
OA = Namespace("http://www.w3.org/ns/oa#")
SCHEMA = Namespace("https://schema.org/")
VOID = Namespace("http://rdfs.org/ns/void#")
SH = Namespace("http://www.w3.org/ns/shacl#")

PREFIXES: Mapping[str, str] = {
    "dcterms": DCTERMS.iri,
    "kg": KG.iri,
    "oa": OA.iri,
    "owl": OWL.iri,
    "prov": PROV.iri,
    "rdf": RDF.iri,
    "rdfs": RDFS.iri,
    "schema": SCHEMA.iri,
    "skos": SKOS.iri,
    "void": VOID.iri,
    "xsd": XSD.iri,
}
"""The prefixes of all that is written or queried."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of concept. `name` is its local name (`Method`), `label` the words for readers (`method`)."""

    name: str
    iri: NamedNode
    label: str
    definition: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between concepts. `name` is its local name (`usedFor`).

    `label` reads an edge from subject to object ("is used for"), `inverse_label` from object to subject ("is served
    by"). `literal` says that an object can be a literal, a year.
    """

    name: str
    iri: NamedNode
    label: str
    inverse_label: str
    definition: str
    symmetric: bool
    literal: bool


def data_file(folder: str, name: str) -> Path:
    """The path of a file that ships with the program: `data_file("ontology", "kg.ttl")`.

    An installed package keeps it under `kg/data`, a checkout in a folder beside the package. Raises `OntologyError`
    when it is in neither place.
    """
    package = Path(__file__).parent
    for root in (package / "data", package.parent):
        path = root / folder / name
        if path.exists():
            return path
    raise OntologyError(f"{folder}/{name} is missing from this installation of kg: install it again")


def classes() -> Mapping[str, Kind]:
    """The kinds of concepts by local name, in the ontology's order."""
    return _ontology()[0]


def relations() -> Mapping[str, Relation]:
    """The relations by local name, in the ontology's order, `broader` first."""
    return _ontology()[1]


def kind(name: str) -> Kind:
    """The kind of this local name; raises `OntologyError` for one that the ontology does not define."""
    try:
        return classes()[name]
    except KeyError:
        raise OntologyError(f"no class kg:{name} in ontology/kg.ttl; it defines {', '.join(classes())}") from None


def relation(name: str) -> Relation:
    """The relation of this local name; raises `OntologyError` for one that the ontology does not define."""
    try:
        return relations()[name]
    except KeyError:
        raise OntologyError(f"no relation {name!r} in ontology/kg.ttl; it defines {', '.join(relations())}") from None


def ontology_version() -> NamedNode:
    """The version IRI of the ontology."""
    return _ontology()[2]


def __getattr__(name: str) -> Mapping[str, Kind] | Mapping[str, Relation]:
    """`CLASSES` and `RELATIONS`, read from the ontology when first named."""
    if name == "CLASSES":
        return classes()
    if name == "RELATIONS":
        return relations()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# ------------------------------------------------------------------------------------------------------------- IRIs


def concept_iri(concept: ConceptId | str, base: str = BASE) -> NamedNode:
    """The IRI of a concept.

    >>> concept_iri("mixture-of-experts").value
    'https://kg.example.org/concept/mixture-of-experts'
    """
    return NamedNode(f"{base}concept/{_segment(concept)}")


def entry_iri(entry: EntryId | str, base: str = BASE) -> NamedNode:
    """The IRI of an entry; what cannot stand in an IRI is percent-encoded.

    >>> entry_iri("wine list.txt/L21").value
    'https://kg.example.org/entry/wine%20list.txt/L21'
    """
    return NamedNode(f"{base}entry/{_segment(entry)}")


def concept_id(iri: NamedNode | str, base: str = BASE) -> ConceptId | None:
    """The id in a concept's IRI, or None when it is no concept's IRI of this base: inverse of `concept_iri`."""
    local = _local(iri, f"{base}concept/")
    return None if local is None else ConceptId(local)


def entry_id(iri: NamedNode | str, base: str = BASE) -> EntryId | None:
    """The id in an entry's IRI, or None when it is no entry's IRI of this base: inverse of `entry_iri`."""
    local = _local(iri, f"{base}entry/")
    return None if local is None else EntryId(local)


def evidence_graph(base: str = BASE) -> NamedNode:
    """The named graph of statements, evidence and the entries' text."""
    return NamedNode(f"{base}graph/evidence")


def inferred_graph(base: str = BASE) -> NamedNode:
    """The named graph of what follows from the ontology and is not stated anywhere else; see `kg.reason`."""
    return NamedNode(f"{base}graph/inferred")


def default_graph(base: str = BASE) -> NamedNode:
    """The named graph that holds what is in the default graph elsewhere, at endpoints that have no default graph."""
    return NamedNode(f"{base}graph/default")


def _segment(text: str) -> str:
    """Percent-encode what may not stand in an IRI's path; segments that resolution would drop are encoded whole."""
    encoded = quote(text, safe="/-._~!$&'()*+,;=:@")
    return "/".join(part.replace(".", "%2E") if part in {".", ".."} else part for part in encoded.split("/"))


def _local(iri: NamedNode | str, prefix: str) -> str | None:
    text = iri if isinstance(iri, str) else iri.value
    return unquote(text[len(prefix) :]) if text.startswith(prefix) else None


# ------------------------------------------------------------------------------------------------- reading kg.ttl


@cache
def _ontology() -> tuple[Mapping[str, Kind], Mapping[str, Relation], NamedNode]:
    """Read kinds, relations and the version; a class is a kind if it is a kg: subclass of skos:Concept."""
    path = data_file("ontology", "kg.ttl")
    about: dict[NamedNode, dict[NamedNode, list[NamedNode | Literal]]] = {}
    try:
        for triple in parse(path=path, format=RdfFormat.TURTLE):
            if isinstance(triple.subject, NamedNode) and isinstance(triple.object, (NamedNode, Literal)):
                about.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
    except SyntaxError as error:
        raise OntologyError(f"{path}:{error.lineno}: not Turtle: {error.msg}") from error

    def text(subject: NamedNode, *properties: NamedNode) -> str:
        for value in _values(about[subject], properties):
            return value.value
        raise OntologyError(f"{path}: {subject} has no {' or '.join(map(str, properties))}")

    kinds = {}
    for subject, facts in about.items():
        if SKOS.Concept in facts.get(RDFS.subClassOf, ()):
            name = _name(subject)
            kinds[name] = Kind(name, subject, text(subject, RDFS.label), text(subject, SKOS.definition))
    relations = {}
    for subject, facts in about.items():
        if KG.inverseReading in facts:
            name, types = _name(subject), facts.get(RDF.type, ())
            relations[name] = Relation(
                name,
                subject,
                label=text(subject, KG.reading),
                inverse_label=text(subject, KG.inverseReading),
                definition=text(subject, KG.usage, SKOS.definition),
                symmetric=OWL.SymmetricProperty in types,
                literal=OWL.ObjectProperty not in types,
            )
    versions = [iri for facts in about.values() for iri in facts.get(OWL.versionIRI, ())]
    if len(versions) != 1 or not isinstance(versions[0], NamedNode):
        raise OntologyError(f"{path}: the ontology needs exactly one owl:versionIRI")
    return kinds, relations, versions[0]


def _values(
    facts: Mapping[NamedNode, list[NamedNode | Literal]], properties: tuple[NamedNode, ...]
) -> Iterator[NamedNode | Literal]:
    for name in properties:
        yield from facts.get(name, ())


def _name(iri: NamedNode) -> str:
    return iri.value.rpartition("#")[2]
