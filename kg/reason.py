"""What follows from a graph by the ontology: RDFS, and the part of OWL 2 RL that ontologies of glossaries use.

    infer(store)                        what follows, and by which rules; nothing is written
    infer_into(Path("output"))          the same, written into the graph `<base>graph/inferred` of a built graph

The axioms are read from `ontology/kg.ttl` and from the files that the caller adds, never from the data, so that no text
can smuggle one in. No name of a class or property stands in this module. Rules go by their names in the W3C's tables
(OWL 2 Web Ontology Language Profiles, section 4.3); those of RDFS 1.1 Semantics that mean the same follow in brackets:

    schema      scm-sco (rdfs11), scm-spo (rdfs5), scm-eqc1, scm-eqp1, scm-dom1, scm-dom2, scm-rng1, scm-rng2
    properties  prp-dom (rdfs2), prp-rng (rdfs3), prp-spo1 (rdfs7), prp-spo2 (chains), prp-eqp1, prp-eqp2,
                prp-inv1, prp-inv2, prp-symp, prp-trp
    classes     cax-sco (rdfs9), cax-eqc1, cax-eqc2

Left out: equality (eq-*, prp-fp, prp-ifp, prp-key), because a graph names each thing once and `kg validate` checks what
functional properties promise; class expressions (cls-*); what only finds contradictions (disjointness and the like);
the types of literals (dt-*), and whatever else would put a literal in the place of a subject; owl:imports.
`Inference.ignored` counts the axioms of added files that would need them. Facts about the ontology's own terms are used
and not written, and so are types that hold of everything (owl:Thing, rdfs:Resource). Axioms about the words that axioms
are made of (`:isa rdfs:subPropertyOf rdfs:subClassOf`) do not make further axioms.

How: terms become numbers and a pair of them one integer, so that a property is a set of integers. The schema is closed
first: for each property, what a single triple of it implies (superproperties, inverses, classes of both ends), in one
table. Stated triples go through their tables once. Only rules that join two triples are iterated, semi-naively: with
what is new since the last round. The closure of a transitive property is that of its strongly connected components,
which are a DAG however the property runs in circles.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.errors import KgError, OntologyError
from kg.store import LocalStore, dataset_base
from kg.swap import writing
from kg.vocabulary import OWL, RDF, RDFS, data_file, inferred_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from kg.store import Store

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
    Resource = ox.NamedNode | ox.BlankNode
    Pairs = set[int]
    Links = dict[Resource, list[tuple[Resource, bool, str]]]
    """What a property or class leads to: another one, whether turned round, and by which rule."""

MOST = 20_000_000
"""How many triples may follow from a graph: with more, a long chain or a large circle meets a transitive property."""


@dataclass(frozen=True, slots=True)
class Inference:
    """What follows from a graph. `triples` are those that the graph does not state, sorted.

    `rules` counts them by the rule that derived each first, most frequent first. `ignored` counts the axioms of the
    files that the caller added that no rule here reads, by the term of OWL that makes them.
    """

    graph: ox.NamedNode
    triples: tuple[ox.Triple, ...]
    rules: Mapping[str, int]
    ignored: Mapping[str, int]

    def quads(self) -> Iterator[ox.Quad]:
        """Yield the triples in the graph of what is inferred."""
        return (ox.Quad(t.subject, t.predicate, t.object, self.graph) for t in self.triples)


def infer(store: Store, *, ontology: Iterable[Path] = (), most: int = MOST) -> Inference:
    """What follows from a graph by the project's ontology and, in addition, the axioms of the user's files.

    What an earlier inference has left in the graph does not count as stated. Raises `OntologyError` for a file that
    cannot be read, and `KgError` when more than `most` triples follow.
    """
    return infer_quads(store.quads(), axioms(ontology), base=dataset_base(store), most=most)


def infer_quads(quads: Iterable[ox.Quad], schema: Schema, *, base: str, most: int = MOST) -> Inference:
    """What follows from the quads of a dataset with this base; as `infer`."""
    graph = _graph(base)
    closure = _Closure(schema, most)
    closure.state(quad for quad in quads if quad.graph_name != graph)
    closure.run()
    return Inference(graph, tuple(closure.triples()), closure.counts(), schema.ignored)


def infer_into(output: Path, *, ontology: Iterable[Path] = ()) -> Inference:
    """Write what follows into the graph built in a directory, in place of what was inferred before.

    The directory is replaced as a build replaces it: as one, or not at all. Raises `MissingGraph` where there is none,
    and as `infer` and `kg.swap.writing` do.
    """
    return _rewritten(output, axioms(ontology))


def remove_from(output: Path) -> int:
    """Take the graph of what was inferred out of a built graph; the number of its triples. Raises as `infer_into`."""
    return len(_rewritten(output, None).triples)


def stated(store: Store) -> Store:
    """The store itself, or a copy in memory without the graph of what is inferred, if it has one."""
    try:
        graph = inferred_graph(dataset_base(store))
    except ValueError:  # no IRIs can be made of the dataset's base, and so there is no such graph
        return store
    if not list(store.select(f"SELECT ?s WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }} LIMIT 1")):  # Virtuoso errs on ASK
        return store
    copy = LocalStore(place=store.place)
    copy.load(quad for quad in store.quads() if quad.graph_name != graph)
    return copy


def _rewritten(output: Path, schema: Schema | None) -> Inference:
    """Replace what is inferred in a directory by what `schema` lets follow, or by nothing, and return what has changed.

    The store is read while no one else may write it: a build that ended in between would be undone.
    """
    LocalStore.open(output)  # no directory is made where there is no graph
    with writing(output) as write:
        store = LocalStore.open(output)
        base = dataset_base(store)
        graph = _graph(base)
        quads: list[ox.Quad] = []
        before: list[ox.Quad] = []
        for quad in store.quads():
            (before if quad.graph_name == graph else quads).append(quad)
        if schema is None:
            found = Inference(graph, tuple(quad.triple for quad in before), {}, {})
        else:
            found = infer_quads(quads, schema, base=base)
            quads.extend(found.quads())
        if before or schema is not None:
            write(quads, base, {})
    return found


def _graph(base: str) -> ox.NamedNode:
    try:
        return inferred_graph(base)
    except ValueError as error:
        raise KgError(f"the graph says that {base!r} is the base of its IRIs, and that is no IRI: {error}") from error


# ------------------------------------------------------------------------------------------------------- the schema

_HIERARCHY = {
    RDFS.subPropertyOf: ("prp-spo1",),
    OWL.equivalentProperty: ("prp-eqp1", "prp-eqp2"),
    OWL.inverseOf: ("prp-inv1", "prp-inv2"),
    RDFS.subClassOf: ("cax-sco",),
    OWL.equivalentClass: ("cax-eqc1", "cax-eqc2"),
}
"""Axioms about two properties or classes: the rule from the first to the second and, if there is one, back."""

_OF_CLASSES = {RDFS.subClassOf, OWL.equivalentClass}

_UNREAD = {
    *(OWL.hasKey, OWL.sameAs, OWL.someValuesFrom, OWL.allValuesFrom, OWL.hasValue, OWL.hasSelf, OWL.oneOf),
    *(OWL.intersectionOf, OWL.unionOf, OWL.maxCardinality, OWL.maxQualifiedCardinality),
    *(OWL.FunctionalProperty, OWL.InverseFunctionalProperty),
}
"""Properties and classes of axioms from which OWL 2 RL derives triples, and this module does not."""

_EVERYTHING = {OWL.Thing, RDFS.Resource}


@dataclass(frozen=True, slots=True)
class Schema:
    """The axioms of an ontology, closed under the rules about schemas.

    `implied` says of a property which others have each of its pairs, turned round or not; `domains` and `ranges` which
    classes its ends are in; `classes` which classes the members of a class are in. All come with the rule that is
    the last step on the way. `chains` are pairs of a property and the chain of properties that leads to it.
    """

    implied: Mapping[Resource, Sequence[tuple[Resource, bool, str]]]
    domains: Mapping[Resource, Sequence[tuple[ox.NamedNode, str]]]
    ranges: Mapping[Resource, Sequence[tuple[ox.NamedNode, str]]]
    classes: Mapping[Resource, Sequence[tuple[ox.NamedNode, str]]]
    transitive: Sequence[Resource]
    chains: Sequence[tuple[Resource, tuple[Resource, ...]]]
    ignored: Mapping[str, int] = field(default_factory=dict)

    def properties(self) -> list[Resource]:
        """All properties that a rule reads or writes, in the order of the ontology."""
        found: dict[Resource, None] = {RDF.type: None}
        for name, others in self.implied.items():
            found |= dict.fromkeys([name, *(other for other, _, _ in others)])
        found |= dict.fromkeys([*self.domains, *self.ranges, *self.transitive])
        for name, chain in self.chains:
            found |= dict.fromkeys([name, *chain])
        return list(found)


def axioms(files: Iterable[Path] = ()) -> Schema:
    """The schema of the project's ontology and of further files, whose suffix tells their format (Turtle if none does).

    Raises `OntologyError`, with file and line, for what cannot be read.
    """
    own = list(_parsed(data_file("ontology", "kg.ttl")))
    added = [triple for path in files for triple in _parsed(path)]
    unread = Counter(term.value for triple in added for term in triple if term in _UNREAD)
    ignored = {f"owl:{name.removeprefix(OWL.iri)}": unread[name] for name in sorted(unread)}
    return schema_of([*own, *added], ignored)


def _parsed(path: Path) -> Iterator[ox.Triple]:
    format = ox.RdfFormat.from_extension(path.suffix.removeprefix(".")) or ox.RdfFormat.TURTLE
    try:
        for quad in ox.parse(
            path.read_bytes(), format=format, base_iri=path.absolute().as_uri(), rename_blank_nodes=True
        ):
            yield quad.triple
    except SyntaxError as error:
        raise OntologyError(f"{path}:{error.lineno or 1}: not {format.name}: {error.msg}") from error
    except OSError as error:
        raise OntologyError(f"{path}: {error.strerror}: name a file of axioms in RDF") from error


def schema_of(triples: Iterable[ox.Triple], ignored: Mapping[str, int] | None = None) -> Schema:
    """The schema that triples describe; raises `OntologyError` for a property chain that is no list of properties."""
    objects: dict[ox.NamedNode, list[tuple[Resource, Term]]] = defaultdict(list)
    for triple in triples:
        if isinstance(triple.subject, (ox.NamedNode, ox.BlankNode)):
            objects[triple.predicate].append((triple.subject, triple.object))

    def pairs(axiom: ox.NamedNode) -> Iterator[tuple[Resource, Resource]]:
        return ((s, o) for s, o in objects.get(axiom, ()) if isinstance(o, (ox.NamedNode, ox.BlankNode)))

    def of_type(kind: ox.NamedNode) -> list[Resource]:
        return list(dict.fromkeys(s for s, o in pairs(RDF.type) if o == kind))

    # A name may be a class and a property at once (punning), so that there are two hierarchies.
    between: tuple[Links, Links] = (defaultdict(list), defaultdict(list))
    for axiom, (there, *back) in _HIERARCHY.items():
        links = between[axiom in _OF_CLASSES]
        turned = axiom == OWL.inverseOf
        for one, other in pairs(axiom):
            links[one].append((other, turned, there))
            links[other].extend((one, turned, rule) for rule in back)
    for name in of_type(OWL.SymmetricProperty):
        between[False][name].append((name, True, "prp-symp"))
    reached, above = ({name: _reached(name, links) for name in list(links)} for links in between)

    ends: tuple[dict[Resource, list[Resource]], ...] = (defaultdict(list), defaultdict(list))
    for side, axiom in enumerate((RDFS.domain, RDFS.range)):
        for name, kind in pairs(axiom):
            ends[side][name].append(kind)

    def sorts(name: Resource, side: int) -> list[tuple[ox.NamedNode, str]]:
        """The classes of the subjects (side 0) or objects (side 1) of a property."""
        found: dict[ox.NamedNode, str] = {}
        for other, turned, _ in [(name, False, ""), *reached.get(name, ())]:
            at = 1 - side if turned else side
            for kind in ends[at].get(other, ()):
                for each, _, rule in [(kind, False, ("prp-dom", "prp-rng")[at]), *above.get(kind, ())]:
                    found.setdefault(each, rule)
        return _named(found.items())

    names = dict.fromkeys([*reached, *ends[0], *ends[1]])
    listed = dict(objects.get(RDF.first, ())), dict(pairs(RDF.rest))
    return Schema(
        implied={name: others for name, others in reached.items() if others},
        domains={name: found for name in names if (found := sorts(name, 0))},
        ranges={name: found for name in names if (found := sorts(name, 1))},
        classes={name: found for name in above if (found := _named((kind, rule) for kind, _, rule in above[name]))},
        transitive=of_type(OWL.TransitiveProperty),
        chains=[(name, _chain(name, head, *listed)) for name, head in pairs(OWL.propertyChainAxiom)],
        ignored=ignored or {},
    )


def _named(kinds: Iterable[tuple[Resource, str]]) -> list[tuple[ox.NamedNode, str]]:
    """The classes that are worth stating: those with a name, and of which not everything is a member."""
    return [(kind, rule) for kind, rule in kinds if isinstance(kind, ox.NamedNode) and kind not in _EVERYTHING]


def _reached(start: Resource, links: Links) -> list[tuple[Resource, bool, str]]:
    """What links lead to from `start`, the nearest first, each once for each direction, without `start` as it is."""
    found = {(start, False): ""}
    ring = [(start, False)]
    for at, turned in ring:  # grows while it is read
        for other, turns, rule in links.get(at, ()):
            step = other, turned != turns
            if step not in found:
                found[step] = rule
                ring.append(step)
    return [(name, turned, rule) for (name, turned), rule in found.items() if rule]


def _chain(
    name: Resource, head: Resource, first: Mapping[Resource, Term], rest: Mapping[Resource, Resource]
) -> tuple[Resource, ...]:
    members: list[Resource] = []
    at = head
    while at != RDF.nil:
        member = first.get(at)
        if not isinstance(member, (ox.NamedNode, ox.BlankNode)) or at not in rest or len(members) > len(rest):
            raise OntologyError(f"the property chain of {name} in the ontology is no list of properties")
        members.append(member)
        at = rest[at]
    if not members:
        raise OntologyError(f"the property chain of {name} in the ontology is empty")
    return tuple(members)


# ------------------------------------------------------------------------------------------------------ the closure

_SHIFT = 32
_OBJECT = (1 << _SHIFT) - 1
_NO_SUBJECT = 1 << (_SHIFT - 1)
"""The bit in the numbers of terms that can be no subject of a triple: literals, and triples themselves."""


class _Closure:
    """The triples of a graph and what follows from them, as sets of integers.

    A pair of terms is `subject << 32 | object`. A property's `fresh` pairs have yet to go through the tables of the
    schema; its `new` pairs have yet to be joined with others.
    """

    def __init__(self, schema: Schema, most: int) -> None:
        self._most = most
        self._terms: list[Term] = []
        self._others: list[Term] = []
        self._numbers: dict[Term, int] = {}
        self._properties = schema.properties()
        at = {name: number for number, name in enumerate(self._properties)}
        self._at = {name: number for name, number in at.items() if isinstance(name, ox.NamedNode)}
        self._type = at[RDF.type]
        self._implied = {
            at[name]: [(at[other], turned, rule) for other, turned, rule in others]
            for name, others in schema.implied.items()
        }
        self._ends = [
            {at[p]: [(self._number(kind), rule) for kind, rule in kinds] for p, kinds in table.items()}
            for table in (schema.domains, schema.ranges)
        ]
        self._classes = {
            self._number(kind): [(self._number(other), rule) for other, rule in others]
            for kind, others in schema.classes.items()
        }
        self._transitive = [at[name] for name in schema.transitive]
        self._chains = [(at[name], [at[each] for each in chain]) for name, chain in schema.chains]
        self._joined = {*self._transitive, *(each for _, chain in self._chains for each in chain)}
        # An ontology may say of rdf:type itself that it implies something: then derived types are not the end.
        self._types_lead_on = self._type in self._implied or any(self._type in table for table in self._ends)

        self._known: dict[int, Pairs] = defaultdict(set)
        self._derived: dict[int, Pairs] = defaultdict(set)
        self._fresh: dict[int, Pairs] = {}
        self._new: dict[int, Pairs] = {}
        self._closed: dict[int, int] = {}
        self._counts: Counter[str] = Counter()

    def _number(self, term: Term) -> int:
        number = self._numbers.get(term)
        if number is None:
            subject = isinstance(term, (ox.NamedNode, ox.BlankNode))
            kept = self._terms if subject else self._others
            number = self._numbers[term] = len(kept) | (0 if subject else _NO_SUBJECT)
            kept.append(term)
        return number

    def _term(self, number: int) -> Term:
        return self._others[number ^ _NO_SUBJECT] if number & _NO_SUBJECT else self._terms[number]

    def state(self, quads: Iterable[ox.Quad]) -> None:
        """Take in what the graph states, as far as it matters to any rule."""
        known, at, number = self._known, self._at, self._number
        for quad in quads:
            name = at.get(quad.predicate)
            if name is not None:
                known[name].add(number(quad.subject) << _SHIFT | number(quad.object))

    def run(self) -> None:
        """Derive until nothing new follows."""
        self._fresh = {name: set(pairs) for name, pairs in self._known.items()}
        self._new = {name: set(pairs) for name, pairs in self._known.items() if name in self._joined}
        while self._fresh or self._new:
            fresh, self._fresh = self._fresh, {}
            for name in sorted(fresh):
                self._look_up(name, fresh[name])
            if self._fresh:
                continue
            new, self._new = self._new, {}
            for name in self._transitive:
                if name in new and self._closed.get(name) != len(self._known[name]):
                    self._add(name, _transitive(self._known[name], self._room(name)), "prp-trp")
                    self._closed[name] = len(self._known[name])
            for name, chain in self._chains:
                self._add(name, self._composed(chain, new), "prp-spo2")

    def triples(self) -> Iterator[ox.Triple]:
        """Yield what was derived, sorted by predicate, subject and object as N-Triples write them."""
        used = {end for pairs in self._derived.values() for pair in pairs for end in (pair >> _SHIFT, pair & _OBJECT)}
        rank = {number: at for at, number in enumerate(sorted(used, key=lambda number: str(self._term(number))))}
        for name in sorted(self._derived, key=lambda name: str(self._properties[name])):
            predicate = self._properties[name]
            if isinstance(predicate, ox.NamedNode):
                ordered = sorted((rank[pair >> _SHIFT], rank[pair & _OBJECT], pair) for pair in self._derived[name])
                for _, _, pair in ordered:
                    subject = self._terms[pair >> _SHIFT]
                    assert isinstance(subject, (ox.NamedNode, ox.BlankNode))
                    yield ox.Triple(subject, predicate, self._term(pair & _OBJECT))

    def counts(self) -> dict[str, int]:
        """How many triples each rule derived, most first."""
        return dict(sorted(self._counts.items(), key=lambda item: (-item[1], item[0])))

    # -------------------------------------------------------------------------------------------------- inside

    def _add(self, name: int, pairs: Collection[int], rule: str, *, complete: bool = False) -> None:
        """Take in pairs; `complete` says that all that the tables imply of them comes along with them anyway."""
        known = self._known[name]
        pairs = set(pairs) - known
        if not pairs:
            return
        known |= pairs
        self._derived[name] |= pairs
        if isinstance(self._properties[name], ox.NamedNode):
            self._counts[rule] += len(pairs)
            if self._counts.total() > self._most:
                self._refuse(name)
        if name in self._joined:
            self._new.setdefault(name, set()).update(pairs)
        if not complete or (name == self._type and self._types_lead_on):
            self._fresh.setdefault(name, set()).update(pairs)

    def _look_up(self, name: int, pairs: Pairs) -> None:
        """Derive what pairs of a property imply each by itself."""
        turned: Pairs | None = None
        for other, turns, rule in self._implied.get(name, ()):
            if turns and turned is None:
                turned = {(p & _OBJECT) << _SHIFT | p >> _SHIFT for p in pairs if not p & _NO_SUBJECT}
            self._add(other, turned if turns and turned is not None else pairs, rule, complete=True)
        for table, end in zip(self._ends, (_subjects, _objects), strict=True):
            if name in table:
                things = end(pairs)
                for kind, rule in table[name]:
                    self._add(self._type, {thing << _SHIFT | kind for thing in things}, rule, complete=True)
        if name == self._type:
            members: dict[int, list[int]] = defaultdict(list)
            for pair in pairs:
                if (kind := pair & _OBJECT) in self._classes:
                    members[kind].append(pair ^ kind)
            for kind in sorted(members):
                for other, rule in self._classes[kind]:
                    self._add(self._type, {thing | other for thing in members[kind]}, rule, complete=True)

    def _composed(self, chain: Sequence[int], new: Mapping[int, Pairs]) -> Pairs:
        """The ends of all ways along a chain that have something new in them."""
        found: Pairs = set()
        for position, name in enumerate(chain):
            pairs = new.get(name, set())
            for later in chain[position + 1 :]:
                pairs = _joined(pairs, self._known[later])
            for earlier in reversed(chain[:position]):
                pairs = _joined(self._known[earlier], pairs)
            found |= pairs
        return found

    def _room(self, name: int) -> Callable[[int], None]:
        """A function that refuses more pairs of a property than there is room for."""
        room = self._most - self._counts.total() + len(self._known[name])

        def check(pairs: int) -> None:
            if pairs > room:
                self._refuse(name)

        return check

    def _refuse(self, name: int) -> None:
        raise KgError(
            f"more than {self._most:,} triples follow from this graph, the last of them of {self._properties[name]}: "
            "its chains are too long or its circles too large to be written out; ask for them in SPARQL (property+)"
        )


def _subjects(pairs: Pairs) -> set[int]:
    return {pair >> _SHIFT for pair in pairs}


def _objects(pairs: Pairs) -> set[int]:
    return {pair & _OBJECT for pair in pairs if not pair & _NO_SUBJECT}


def _joined(first: Pairs, second: Pairs) -> Pairs:
    """The pairs (a, c) of which there is a b with (a, b) in the first set and (b, c) in the second."""
    if not first or not second:
        return set()
    after: dict[int, list[int]] = defaultdict(list)
    wanted = {pair & _OBJECT for pair in first}
    for pair in second:
        if pair >> _SHIFT in wanted:
            after[pair >> _SHIFT].append(pair & _OBJECT)
    return {pair >> _SHIFT << _SHIFT | end for pair in first for end in after.get(pair & _OBJECT, ())}


def _transitive(pairs: Pairs, check: Callable[[int], None]) -> Pairs:
    """The transitive closure; `check` is told how many pairs there are on the way, and may raise."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_edges_from((pair >> _SHIFT, pair & _OBJECT) for pair in pairs)
    parts = networkx.condensation(graph)
    below: dict[int, set[int]] = {}
    count = 0
    for part in reversed(list(networkx.topological_sort(parts))):
        members = parts.nodes[part]["members"]
        found: set[int] = set()
        for other in parts[part]:
            found |= below[other]
            found |= parts.nodes[other]["members"]
        node = next(iter(members))
        if len(members) > 1 or graph.has_edge(node, node):
            found |= members
        count += len(members) * len(found)
        check(count)
        below[part] = found
    return {
        node << _SHIFT | end for part, found in below.items() for node in parts.nodes[part]["members"] for end in found
    }
