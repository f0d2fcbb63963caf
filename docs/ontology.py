"""Print docs/ontology.md: the classes, relations and shapes, as the ontology files define them.

python docs/ontology.py > docs/ontology.md
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.vocabulary import KG, OWL, RDF, RDFS, SH, SKOS, classes, data_file, ontology_version, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEAD = """\
# The ontology

*Made by `python docs/ontology.py > docs/ontology.md` from the files in `ontology/`; a test keeps it in step.*

`ontology/kg.ttl` is an OWL 2 ontology (version `{version}`), the only list of classes and relations: the program reads
it, and the tests compare. Its namespace is `kg: <{namespace}>`; the base of the *data* can be chosen with each build,
the ontology's cannot. `ontology/shapes.ttl` holds the SHACL shapes that every build is checked against.

A graph has two layers. The default graph says what the glossary says: entries, concepts, labels, definitions, typed
relations. The graph `<base>graph/evidence` says why: statements, evidence, occurrences, the entries' text.
"""

ALIGNMENT = """\
## How it fits in

- **SKOS**: every concept is a `skos:Concept` with `skos:prefLabel`, `skos:altLabel` and `skos:definition`; kind-of is
  `skos:broader`.
- **PROV-O**: entries and spans are `prov:Entity`; a statement `prov:wasDerivedFrom` its evidence.
- **Web Annotation**: evidence and occurrences are at once `oa:TextPositionSelector` (`oa:start`, `oa:end`) and
  `oa:TextQuoteSelector` (`oa:exact`).
- **schema.org**: an entry is a `schema:CreativeWork`; `kg:describes` and `kg:mentions` refine `schema:about` and
  `schema:mentions`; what else a header lists are `schema:keywords`.
- **DCTERMS**: `dcterms:subject` leads to the field; `kg:hasPart` and `kg:requires` refine the terms of these names.
- **VoID**: the dataset describes itself as a `void:Dataset`.

What may surprise:

- A class of concepts is not a class of things. An instance of `kg:Person` is what glossaries say of a person, so it is
  no `schema:Person`; `skos:closeMatch` names the neighbour.
- `kg:introducedIn` leads to a concept or to a year (`xsd:gYear`). In OWL 2 DL only annotation properties may do both.
- Only forward relations are stored. The inverses (`kg:usedBy`, `kg:partOf`, …) and the transitive superproperties
  (`skos:broaderTransitive`, `kg:hasPartTransitive`) are there for reasoners and queries; `kg infer` writes them into a
  graph of their own ([reasoning.md](reasoning.md)).
- A definition is a statement too (`rdf:predicate skos:definition`), so that it quotes its source. It has no
  `kg:confidence`: it is estimated for relations.
"""


def page() -> str:
    """The page."""
    triples = [quad.triple for quad in ox.parse(path=data_file("ontology", "kg.ttl"), format=ox.RdfFormat.TURTLE)]
    parts = [
        HEAD.format(version=ontology_version().value, namespace=KG.iri),
        f"## Classes of concepts\n\nA concept has exactly one of these {_number(len(classes()))}.\n",
        _table(("class", "means"), ((f"`kg:{kind.name}`", kind.definition) for kind in classes().values())),
        "## Relations\n\nFrom concept to concept. An edge can be read both ways.\n",
        _table(("relation", "reads", "and back", "means"), _relations()),
        "## Entries and evidence\n",
        _table(("term", "means"), _others(triples)),
        ALIGNMENT,
        "## Shapes\n\nWhat every built graph keeps (`kg validate`); `--shapes FILE` adds further ones.\n",
        _table(("shape", "promise"), _shapes()),
    ]
    return "\n".join(parts)


def _relations() -> Iterator[tuple[str, ...]]:
    for relation in relations().values():
        prefix = "skos" if relation.iri == SKOS.broader else "kg"
        yield f"`{prefix}:{relation.name}`", relation.label, relation.inverse_label, relation.definition


def _others(triples: list[ox.Triple]) -> Iterator[tuple[str, str]]:
    """The terms of the text layer: classes that are no concepts, and their properties."""
    facts: dict[ox.NamedNode, dict[ox.NamedNode, list[ox.NamedNode | ox.Literal]]] = {}
    for triple in triples:
        facts.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
    for term, about in facts.items():
        if isinstance(term, ox.BlankNode) or not term.value.startswith(KG.iri) or "inferred" in str(about):
            continue
        own = {*about.get(RDFS.domain, ()), *about.get(RDF.type, ())}
        of_text = {KG.Entry, KG.Span, KG.Occurrence, OWL.DatatypeProperty}
        is_class = OWL.Class in own and SKOS.Concept not in about.get(RDFS.subClassOf, ())
        if is_class or own & of_text:
            yield f"`kg:{term.value[len(KG.iri) :]}`", str(about[SKOS.definition][0].value)


def _shapes() -> Iterator[tuple[str, str]]:
    for quad in ox.parse(path=data_file("ontology", "shapes.ttl"), format=ox.RdfFormat.TURTLE):
        if quad.predicate == SH.message and isinstance(quad.subject, ox.NamedNode):
            name = re.sub(r".*#", "shape:", quad.subject.value)
            yield f"`{name}`", quad.object.value


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(count: int) -> str:
    return {15: "fifteen", 16: "sixteen", 17: "seventeen"}.get(count, str(count))


if __name__ == "__main__":
    print(page(), end="")
