"""What owlrl derives, as far as the rules of `kg.reason` could derive it too: the measure that they are held against.

owlrl closes the graph and its ontology together, by all of RDFS and OWL 2 RL. Of what it adds these are left out, and
nothing else:

- triples about a literal, which RDF cannot write (the types of literals are such triples);
- triples about a term of the ontology or about RDF's, RDFS's, OWL's or XML Schema's own: the schema's consequences,
  which `kg.reason` uses and does not write;
- triples with one of the ontology's blank nodes, which mean nothing outside of it, and owlrl's remarks, which are blank
  nodes too;
- `x owl:sameAs x`, and that things are of the types of those vocabularies: everything is an owl:Thing.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import rdflib
from owlrl.CombinedClosure import RDFS_OWLRL_Semantics
from rdflib.namespace import OWL, RDF, RDFS, XSD

from kg.convert import RdflibTerms
from kg.vocabulary import KG, PROV
from kg.vocabulary import RDF as RDF_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyoxigraph as ox

    Triples = set[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]]

_VOCABULARIES = tuple(map(str, (RDF, RDFS, OWL, XSD)))


def in_rdflib(triples: Iterable[ox.Triple]) -> Triples:
    terms = RdflibTerms()
    return {terms.triple(triple) for triple in triples}


def entailed(data: Iterable[ox.Triple], ontology: Iterable[ox.Triple]) -> Triples:
    """What owlrl derives from data by an ontology, filtered as the module says."""
    stated, schema = in_rdflib(data), in_rdflib(ontology)
    return derived(closed(stated | schema), stated, schema)


def derived(graph: rdflib.Graph, stated: Triples, schema: Triples) -> Triples:
    """What a closed graph holds beyond what was stated, filtered as the module says."""
    own = {node for triple in schema for node in triple} | {predicate for _, predicate, _ in stated}
    mine = {node for triple in stated for node in triple if isinstance(node, rdflib.BNode)}
    return {(s, p, o) for s, p, o in set(graph) - stated - schema if _counts(s, p, o, own, mine)}


def closed(triples: Triples) -> rdflib.Graph:
    """A graph of these triples that owlrl has closed."""
    graph = rdflib.Graph()
    for triple in triples:
        graph.add(triple)
    RDFS_OWLRL_Semantics(graph, axioms=False, daxioms=False).closure()
    return graph


def _counts(
    s: rdflib.term.Node, p: rdflib.term.Node, o: rdflib.term.Node,
    own: set[rdflib.term.Node], mine: set[rdflib.term.Node],
) -> bool:  # fmt: skip
    if isinstance(s, rdflib.Literal) or s in own or str(s).startswith(_VOCABULARIES):
        return False
    if any(isinstance(node, rdflib.BNode) and node not in mine for node in (s, p, o)):
        return False
    if p == OWL.sameAs and s == o:
        return False
    return p != RDF.type or not str(o).startswith(_VOCABULARIES)


def whole_entries(quads: Sequence[ox.Quad], count: int, seed: int = 1) -> list[ox.Quad]:
    """The quads of some entries of a built graph: all that hangs on them.

    Their spans, the statements that these prove with the triples that are stated, and the concepts of all these; but of
    other entries not even that they mention a concept.
    """

    def objects(name: ox.NamedNode) -> list[tuple[ox.NamedNode, ox.NamedNode]]:
        return [(quad.subject, quad.object) for quad in quads if quad.predicate == name]

    entries = sorted({entry for _, entry in objects(KG.inEntry)}, key=str)
    chosen = set(random.Random(seed).sample(entries, min(count, len(entries))))
    chosen |= {span for span, entry in objects(KG.inEntry) if entry in chosen}
    proved = {statement for statement, evidence in objects(PROV.wasDerivedFrom) if evidence in chosen}
    others = {statement for statement, _ in objects(PROV.wasDerivedFrom)} - proved
    chosen |= proved
    parts = [dict(objects(part)) for part in (RDF_TERMS.subject, RDF_TERMS.predicate, RDF_TERMS.object)]
    said = {tuple(part[statement] for part in parts) for statement in proved}
    unsaid = {tuple(part[statement] for part in parts) for statement in others} - said
    near = {quad.object for quad in quads if quad.subject in chosen}
    near |= {end for subject, _, target in said for end in (subject, target)}
    kept = [
        quad
        for quad in quads
        if quad.subject in chosen
        or (quad.subject in near and (quad.subject, quad.predicate, quad.object) not in unsaid)
    ]
    strangers = {entry for entry in entries if entry not in chosen}
    return [quad for quad in kept if quad.subject not in strangers]
