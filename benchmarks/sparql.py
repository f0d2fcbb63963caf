"""What a mix of fifteen SPARQL queries takes on a large graph: by the engine alone, by kg, and by rdflib.

    python benchmarks/sparql.py [--triples 1000000] [--seed 1] [--timeout 10] [--without-rdflib]

The graph is in kg's vocabulary and made up by a seeded generator: concepts whose degrees are skewed as in glossaries,
and typed relations, each with a statement and evidence in a graph of its own. All three hold it in memory, and answer
each query from its first character to its last solution: pyoxigraph with the prefixes declared in the text and the
union of all graphs as its default graph, which is what kg asks for; `KnowledgeGraph.query`; and `rdflib.Graph.query`
over one graph that is the union. Runs of kg and of the engine take turns, and medians of processor time are compared.
rdflib is asked fewer times, and given up after the time-out: then its figures are lower bounds, and marked so. It takes
some minutes, most of them rdflib's.
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import signal
import statistics
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import pyoxigraph as ox
import rdflib

from kg.graph import KnowledgeGraph
from kg.serialize import prefixes
from kg.sparql import declare
from kg.store import LocalStore
from kg.vocabulary import (
    BASE,
    DCTERMS,
    KG,
    OA,
    PROV,
    RDF,
    SKOS,
    VOID,
    XSD,
    classes,
    concept_iri,
    entry_iri,
    evidence_graph,
    relations,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORDS = [
    "adaptive", "batch", "cache", "decoder", "encoder", "factor", "gradient", "hash", "index", "join", "kernel",
    "layer", "merge", "node", "optimizer", "parser", "queue", "router", "scheduler", "token", "update", "vector",
    "window", "shard", "stream", "buffer", "replica", "quorum", "filter", "tree",
]  # fmt: skip

QUERIES = {
    "point look-up": "SELECT ?label { concept:c17 skos:prefLabel ?label }",
    "star": """SELECT ?kind ?label ?definition ?field {
        concept:c40 a ?kind ; skos:prefLabel ?label ; skos:definition ?definition ; dcterms:subject ?field }""",
    "join": """SELECT ?label { ?c kg:uses concept:c0 ; skos:broader ?d ; skos:prefLabel ?label .
        ?d kg:improves ?goal . ?goal dcterms:subject concept:f0 }""",
    "OPTIONAL": """SELECT ?c ?alias ?definition { ?c dcterms:subject concept:f2 ; skos:prefLabel ?label
        OPTIONAL { ?c skos:altLabel ?alias } OPTIONAL { ?c skos:definition ?definition } }""",
    "aggregate": """SELECT ?tool (COUNT(?c) AS ?n) { ?c kg:uses ?tool } GROUP BY ?tool HAVING (COUNT(?c) > 20)""",
    "property path": "SELECT ?kind { concept:c900 skos:broader+ ?kind }",
    "FILTER": """SELECT ?s ?o { ?st rdf:predicate kg:reduces ; rdf:subject ?s ; rdf:object ?o ; kg:confidence ?sure
        FILTER(?sure > 0.97) }""",
    "CONSTRUCT": """CONSTRUCT { ?s ?p ?o } WHERE { VALUES ?p { kg:uses kg:usedFor kg:causes }
        ?s ?p ?o . ?s dcterms:subject concept:f5 . ?o dcterms:subject concept:f5 }""",
    "ASK": "ASK { concept:c0 ^kg:uses/skos:broader/kg:reduces ?x . ?x dcterms:subject concept:f0 }",
    "regex": """SELECT ?c ?label { ?c a kg:Method ; skos:prefLabel ?label
        FILTER REGEX(?label, "^cache .*(tree|join)", "i") }""",
    "ORDER BY LIMIT": """SELECT ?s ?o ?sure { ?st rdf:predicate kg:extends ; rdf:subject ?s ; rdf:object ?o ;
        kg:confidence ?sure } ORDER BY DESC(?sure) ?s ?o LIMIT 10""",
    "UNION": """SELECT DISTINCT ?label { { concept:c1 kg:uses ?x } UNION { ?x kg:usedFor concept:c1 }
        UNION { ?x kg:uses concept:c1 } ?x skos:prefLabel ?label }""",
    "NOT EXISTS": """SELECT ?c { ?c dcterms:subject concept:f3 FILTER NOT EXISTS { ?c skos:definition ?d }
        FILTER NOT EXISTS { ?x skos:broader ?c } }""",
    "evidence": """SELECT ?p ?quote ?file ?line { ?st rdf:subject concept:c12 ; rdf:predicate ?p ;
        prov:wasDerivedFrom ?ev . ?ev oa:exact ?quote ; kg:inEntry ?e .
        ?e kg:sourceFile ?file ; kg:sourceLine ?line }""",
    "subquery": """SELECT ?label ?n { { SELECT ?tool (COUNT(*) AS ?n) { ?c kg:requires ?tool } GROUP BY ?tool
        ORDER BY DESC(?n) ?tool LIMIT 10 } ?tool skos:prefLabel ?label }""",
}  # fmt: skip


def made_up(triples: int, seed: int) -> Iterator[ox.Quad]:
    """About so many quads, the same for the same seed; a concept comes with 45."""
    chance = random.Random(seed)
    count, fields = max(round(triples / 44.7), 1000), [concept_iri(f"f{number}") for number in range(40)]
    concepts = [concept_iri(f"c{number}") for number in range(count)]
    kinds = [kind.iri for kind in classes().values()]
    verbs = [relation.iri for relation in relations().values() if relation.iri != SKOS.broader]
    facts, why = ox.DefaultGraph(), evidence_graph()

    def about(subject: ox.NamedNode, graph: ox.NamedNode | ox.DefaultGraph, **_: object) -> Callable[..., ox.Quad]:
        return lambda predicate, value: ox.Quad(subject, predicate, value, graph)

    def integer(number: int) -> ox.Literal:
        return ox.Literal(str(number), datatype=XSD.integer)

    dataset = about(ox.NamedNode(f"{BASE}dataset"), facts)
    yield dataset(RDF.type, VOID.Dataset)
    yield dataset(VOID.uriSpace, ox.Literal(BASE))
    for field in fields:
        say = about(field, facts)
        yield say(RDF.type, SKOS.Concept)
        yield say(RDF.type, KG.Field)
        yield say(SKOS.prefLabel, ox.Literal(" ".join(chance.sample(WORDS, 2)), language="en"))
    entry, statements = entry_iri("pages.txt/L1"), 0
    for number, concept in enumerate(concepts):
        say = about(concept, facts)
        label = f"{' '.join(chance.sample(WORDS, 3))} {number}"
        yield say(RDF.type, SKOS.Concept)
        yield say(RDF.type, chance.choice(kinds))
        yield say(SKOS.prefLabel, ox.Literal(label, language="en"))
        yield say(DCTERMS.subject, fields[int(len(fields) * chance.random() ** 2)])
        if chance.random() < 0.4:
            yield say(SKOS.altLabel, ox.Literal(label.title().replace(" ", ""), language="en"))
        if number == 40 or chance.random() < 0.5:
            text = f"A {label} is a {' '.join(chance.choices(WORDS, k=12))}."
            yield say(SKOS.definition, ox.Literal(text, language="en"))
        if number % 5 == 0:
            entry = entry_iri(f"pages{number // 2000}.txt/L{number}")
            say = about(entry, facts)
            yield say(RDF.type, KG.Entry)
            yield say(KG.sourceFile, ox.Literal(f"pages{number // 2000}.txt"))
            yield say(KG.sourceLine, integer(number))
            yield say(KG.describes, concept)
        related = [(SKOS.broader, concepts[int(number * chance.random() ** 2)])] if number else []
        related += [(chance.choice(verbs), concepts[int(count * chance.random() ** 4)]) for _ in range(2)]
        for predicate, target in related:
            yield ox.Quad(concept, predicate, target, facts)
            say = about(ox.NamedNode(f"{BASE}statement/{statements}"), why)
            evidence = ox.NamedNode(f"{BASE}evidence/{statements}")
            yield say(RDF.type, RDF.Statement)
            yield say(RDF.subject, concept)
            yield say(RDF.predicate, predicate)
            yield say(RDF.object, target)
            yield say(KG.confidence, ox.Literal(f"{chance.uniform(0.2, 1):.4f}", datatype=XSD.decimal))
            yield say(PROV.wasDerivedFrom, evidence)
            say, start = about(evidence, why), chance.randrange(10**6)
            yield say(RDF.type, KG.Evidence)
            yield say(KG.inEntry, entry)
            yield say(OA.start, integer(start))
            yield say(OA.end, integer(start + 60))
            yield say(OA.exact, ox.Literal(" ".join(chance.choices(WORDS, k=9))))
            yield say(KG.rule, ox.Literal(f"verb:{chance.choice(WORDS)}"))
            statements += 1


def in_rdflib(quads: Iterator[ox.Quad]) -> rdflib.Graph:
    """The union of all graphs as one of rdflib's."""
    graph = rdflib.Graph()
    iris: dict[str, rdflib.URIRef] = {}

    def term(one: ox.NamedNode | ox.Literal) -> rdflib.URIRef | rdflib.Literal:
        if isinstance(one, ox.NamedNode):
            return iris.setdefault(one.value, rdflib.URIRef(one.value))
        if one.language:
            return rdflib.Literal(one.value, lang=one.language)
        plain = one.datatype == XSD.string
        return rdflib.Literal(one.value, datatype=None if plain else rdflib.URIRef(one.datatype.value))

    for quad in quads:
        graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))  # type: ignore[arg-type]
    return graph


class GivenUp(Exception):
    """A query takes longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `GivenUp` in what runs longer."""

    def give_up(*_: object) -> None:
        raise GivenUp

    signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def timed(run: Callable[[], object]) -> float:
    """The processor's seconds that a call takes; all three engines work in one thread."""
    start = process_time()
    run()
    return process_time() - start


def rows(answer: object) -> int:
    """How many solutions or triples an answer has, all of them read; a truth counts as one or none."""
    if isinstance(answer, bool | ox.QueryBoolean):
        return int(bool(answer))
    return sum(1 for _ in answer)  # type: ignore[attr-defined]


def compared(first: Callable[[], object], second: Callable[[], object], *, seconds: float) -> tuple[float, float]:
    """The median times of two calls that take turns, each as often as the time allows, but not less than 7 times."""
    once = max(timed(first), timed(second))
    turns = max(7, min(400, int(seconds / (2 * once))))
    times: tuple[list[float], list[float]] = [], []
    for turn in range(turns):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(timed((first, second)[which]))
    return statistics.median(times[0]), statistics.median(times[1])


def with_rdflib(run: Callable[[], object], timeout: float) -> tuple[float, bool]:
    """The median time of up to three calls, and whether it was given up and is only a lower bound."""
    times: list[float] = []
    while len(times) < 3 and sum(times) < timeout / 2:
        try:
            with within(timeout):
                times.append(timed(run))
        except GivenUp:
            return timeout, True
    return statistics.median(times), False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=10, help="Seconds that rdflib may take for a query.")
    parser.add_argument("--without-rdflib", action="store_true", help="Compare kg and the engine only.")
    options = parser.parse_args()

    engine = ox.Store()
    engine.bulk_extend(made_up(options.triples, options.seed))
    print(f"{len(engine):,} quads")
    store = LocalStore(engine)
    graph, names = KnowledgeGraph(store), prefixes()
    reference = None
    if not options.without_rdflib:
        start = perf_counter()
        reference = in_rdflib(iter(engine))
        print(f"{len(reference):,} triples in rdflib, after {perf_counter() - start:.0f} s")
    gc.collect()
    gc.freeze()  # millions of objects of rdflib's are not to be visited while others are timed

    print(f"{'':<16}{'rows':>8}{'engine ms':>12}{'kg ms':>10}{'overhead':>10}{'rdflib ms':>13}{'times kg':>12}")
    totals, overheads, gains, finished = [0.0, 0.0, 0.0], [], [], [0.0, 0.0]
    for name, query in QUERIES.items():
        text = declare(query, names)

        def alone(text: str = text) -> int:
            return rows(engine.query(text, use_default_graph_as_union=True))

        def ours(query: str = query) -> int:
            return rows(graph.query(query))

        found = alone()
        assert found == ours(), name
        raw, mine = compared(alone, ours, seconds=2)
        line = f"{name:<16}{found:>8,}{1000 * raw:>12.3f}{1000 * mine:>10.3f}{mine / raw - 1:>10.1%}"
        totals[0] += raw
        totals[1] += mine
        overheads.append(mine / raw)
        if reference is not None:

            def theirs(text: str = text, reference: rdflib.Graph = reference) -> int:
                answer = reference.query(text)
                return int(bool(answer)) if answer.type == "ASK" else rows(answer)

            slow, given_up = with_rdflib(theirs, options.timeout)
            if not given_up:
                assert theirs() == found, name
            if not given_up:
                finished[0] += mine
                finished[1] += slow
            totals[2] += slow
            gains.append(slow / mine)
            mark = ">" if given_up else ""
            line += f"{mark + f'{1000 * slow:,.1f}':>13}{mark + f'{slow / mine:,.0f}':>12}"
        print(line, flush=True)
    print(
        f"in all: kg takes {totals[1] / totals[0] - 1:+.1%} over the engine "
        f"(geometric mean of the queries {_mean(overheads) - 1:+.1%}, worst {max(overheads) - 1:+.1%})"
    )
    if reference is not None:
        at_least = "at least " if finished[1] < totals[2] else ""
        print(f"        rdflib takes {at_least}{totals[2] / totals[1]:,.0f} times kg "
              f"(geometric mean of the queries {at_least}{_mean(gains):,.0f}, least {min(gains):,.1f})")  # fmt: skip
        if at_least:
            print(f"        and {finished[1] / finished[0]:,.0f} times on those queries that it finished")


def _mean(ratios: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


if __name__ == "__main__":
    main()
