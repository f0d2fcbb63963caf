"""A typed multigraph of any size with the shape of a glossary's graph, made from a seed, for the other benchmarks.

    python benchmarks/synthetic.py DIR [--nodes 100000] [--edges 1000000] [--seed 1]

writes it as a build that `kg.graph.open(DIR)` opens; a second run with the same numbers finds it there, and rests.
`relations` gives the same graph as columns, `multigraph` as networkx.

Each concept after the first is tied to an earlier one, the other relations lead from and to concepts at random, early
ones far more often, so that degrees follow a power law: at the sizes above the largest hub has some 25,000 relations,
the median concept 13. One relation in ten joins a pair that another one joins already. Confidences are skewed as in
real graphs (half of them below 0.45), and one relation in fifty is a year.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pyoxigraph as ox

from kg.model import (
    Concept,
    ConceptId,
    Entry,
    EntryFacts,
    EntryId,
    Evidence,
    Knowledge,
    Layout,
    Span,
    Statement,
    Year,
)
from kg.store import LocalStore
from kg.swap import locked, replace_store
from kg.triples import quads
from kg.vocabulary import classes, concept_iri, relations

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx
    from numpy.typing import NDArray

    Integers = NDArray[np.int32]

_KINDS = {"Method": 40, "Task": 13, "Model": 9, "Property": 8, "Phenomenon": 7, "Metric": 6, "Software": 4}
"""How many of a hundred concepts are of a class; the other classes share the rest."""

_PREDICATES = {
    "uses": 33, "usedFor": 23, "hasExample": 11, "hasLimitation": 6, "improves": 5, "hasPart": 5, "reduces": 4,
    "broader": 4, "requires": 3, "contrastsWith": 2,
}  # fmt: skip
"""How many of a hundred relations have a predicate; the other predicates share the rest."""

_PARALLEL = 0.1
_YEARS = 0.02
_PER_ENTRY = 20
"""Relations that were read from one entry."""

_SYLLABLES = ["".join(pair) for pair in product("bdfgklmnprstvz", "aeiou")]


@dataclass(frozen=True)
class Synthetic:
    """A typed multigraph as columns. Concepts are numbered by age, so that the low numbers are the hubs.

    `subject`, `predicate` (a place in `predicates`), `object` and `confidence` are as long as there are relations
    between concepts, no two of them the same and none from a concept to itself; `dated` and `year` are the relations
    `introducedIn` to literals. `kind` holds places in `kinds`, for each concept.
    """

    kind: Integers
    subject: Integers
    predicate: Integers
    object: Integers
    confidence: NDArray[np.float64]
    dated: Integers
    year: Integers

    @cached_property
    def predicates(self) -> tuple[str, ...]:
        """The local names of all relations of the ontology."""
        return tuple(relations())

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The local names of all classes of the ontology."""
        return tuple(classes())

    @cached_property
    def ids(self) -> list[ConceptId]:
        """The id of each concept; their order has nothing to do with the numbers."""
        return [ConceptId(label.replace(" ", "-")) for label in self.labels]

    @cached_property
    def labels(self) -> list[str]:
        """The name of each concept: a made-up word that no other one has, and its kind."""
        return [f"{_word(number)} {self.kinds[kind].lower()}" for number, kind in enumerate(self.kind.tolist())]

    @cached_property
    def iris(self) -> list[str]:
        """The IRI of each concept."""
        return [concept_iri(name).value for name in self.ids]


def synthetic(nodes: int, edges: int, seed: int = 1) -> Synthetic:
    """The graph of so many concepts and relations, the same for the same numbers; about one in fifty is a year."""
    chance = np.random.default_rng(seed)
    years = min(int(edges * _YEARS), nodes)
    found = np.empty(0, dtype=np.int64)
    first = np.arange(1, nodes)
    subject, target = first, (first * chance.random(nodes - 1) ** 3).astype(np.int64)
    while len(found) < edges - years:
        predicate = chance.choice(len(relations()), len(subject), p=_shares(relations(), _PREDICATES))
        apart = subject != target
        more = ((subject * len(relations()) + predicate) * nodes + target)[apart]
        _, where = np.unique(np.concatenate([found, more]), return_index=True)
        found = np.concatenate([found, more])[np.sort(where)]  # in the order of drawing, so that the tree stays whole
        missing = edges - years - len(found) + 100
        subject = _skewed(chance, nodes, missing, 2)
        target = _skewed(chance, nodes, missing, 3)
        copied = found[chance.integers(0, len(found), int(missing * _PARALLEL))]
        subject[: len(copied)], target[: len(copied)] = copied // (nodes * len(relations())), copied % nodes
    found = found[: edges - years]
    rest, target = np.divmod(found, nodes)
    subject, predicate = np.divmod(rest, len(relations()))
    dated = np.sort(chance.choice(nodes, years, replace=False))
    return Synthetic(
        kind=chance.choice(len(classes()), nodes, p=_shares(classes(), _KINDS)).astype(np.int32),
        subject=subject.astype(np.int32),
        predicate=predicate.astype(np.int32),
        object=target.astype(np.int32),
        confidence=np.round(0.25 + 0.74 * chance.beta(0.8, 1.9, len(found)), 4),
        dated=dated.astype(np.int32),
        year=chance.integers(1900, 2026, years).astype(np.int32),
    )


def multigraph(graph: Synthetic) -> networkx.MultiDiGraph:
    """The same graph as `KnowledgeGraph.to_networkx` gives it, without statements and evidence."""
    import networkx

    made = networkx.MultiDiGraph()
    for iri, name, label, kind in zip(graph.iris, graph.ids, graph.labels, graph.kind.tolist(), strict=True):
        made.add_node(iri, label=label, concept=name, kind=graph.kinds[kind], fields=())
    rows = (graph.subject, graph.predicate, graph.object, graph.confidence)
    for subject, predicate, target, confidence in zip(*(column.tolist() for column in rows), strict=True):
        name = graph.predicates[predicate]
        made.add_edge(graph.iris[subject], graph.iris[target], name, predicate=name, confidence=confidence)
    return made


def written(graph: Synthetic, output: Path) -> None:
    """Replace the store of a directory by the graph, as `kg build` would write it, text and all."""
    output.mkdir(parents=True, exist_ok=True)

    def make(path: Path) -> None:
        store = ox.Store(str(path))
        # The writer of builds goes through the statements once, so that they need not be held in memory.
        parts = Knowledge(tuple(_entries(graph)), tuple(_concepts(graph)), _statements(graph))  # type: ignore[arg-type]
        store.bulk_extend(quads(parts))
        store.optimize()
        store.flush()

    with locked(output):
        replace_store(output, make)


def kept(output: Path, nodes: int, edges: int, seed: int = 1) -> Path:
    """The directory with the graph of these numbers, written unless it is there."""
    made = {"nodes": nodes, "edges": edges, "seed": seed, "version": 1}
    note = output / "synthetic.json"
    if not note.exists() or json.loads(note.read_text(encoding="utf-8")) != made:
        note.unlink(missing_ok=True)
        written(synthetic(nodes, edges, seed), output)
        note.write_text(json.dumps(made), encoding="utf-8")
    return output


def _skewed(chance: np.random.Generator, nodes: int, size: int, power: float) -> NDArray[np.int64]:
    """Concepts at random, number `i` in proportion to `i ** (1 / power - 1)`."""
    return (nodes * chance.random(size) ** power).astype(np.int64)


def _shares(names: object, known: dict[str, int]) -> NDArray[np.float64]:
    """The probability of each name: its part of a hundred, or an equal part of what is left."""
    listed = list(names)  # type: ignore[call-overload]
    left = (100 - sum(known.values())) / (len(listed) - len(known))
    return np.array([known.get(name, left) for name in listed]) / 100


def _word(number: int) -> str:
    """A word of three syllables or more that no other number has; neighbours do not sound alike."""
    number = number * 7_919 % len(_SYLLABLES) ** 3 if number < len(_SYLLABLES) ** 3 else number
    word = ""
    while number or len(word) < 6:
        number, digit = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[digit]
    return word


def _entries(graph: Synthetic) -> Iterator[EntryFacts]:
    """One entry for each twenty relations, about the concept of its first one, with one sentence for each."""
    for first in range(0, len(graph.subject), _PER_ENTRY):
        about = int(graph.subject[first])
        rows = range(first, min(first + _PER_ENTRY, len(graph.subject)))
        header, body = graph.labels[about], "".join(f"{_quote(graph, row)}\n" for row in rows)
        start = len(header) + 1
        source, line = _place(first)
        spans = Span(0, len(header)), Span(start, start + len(body))
        yield EntryFacts(Entry(source, line, Layout.FLAT, header, spans[0], body, spans[1]), graph.ids[about])


def _concepts(graph: Synthetic) -> Iterator[Concept]:
    """All concepts; one in fifty has an alias, one in fifty a field, which is the oldest concept of that kind."""
    fields = [number for number, kind in enumerate(graph.kind.tolist()) if graph.kinds[kind] == "Field"][:50]
    for number, (name, label, kind) in enumerate(zip(graph.ids, graph.labels, graph.kind.tolist(), strict=True)):
        aliases = (f"{label} {number}",) if number % 50 == 7 else ()
        field = (graph.ids[fields[number // 50 % len(fields)]],) if number % 50 == 11 and fields else ()
        yield Concept(name, label, graph.kinds[kind], aliases, fields=field)


def _statements(graph: Synthetic) -> Iterator[Statement]:
    place = -1
    start = 0
    rows = (graph.subject, graph.predicate, graph.object, graph.confidence)
    for row, (subject, predicate, target, confidence) in enumerate(
        zip(*(column.tolist() for column in rows), strict=True)
    ):
        if row // _PER_ENTRY != place:
            place = row // _PER_ENTRY
            start = len(graph.labels[subject]) + 1
        quote = _quote(graph, row)
        entry = EntryId("{}/L{}".format(*_place(row)))
        name = graph.predicates[predicate]
        evidence = Evidence(entry, Span(start, start + len(quote)), f"synthetic:{name}", quote)
        start += len(quote) + 1
        yield Statement(graph.ids[subject], name, graph.ids[target], confidence, (evidence,))
    for subject, year in zip(graph.dated.tolist(), graph.year.tolist(), strict=True):
        entry = EntryId("{}/L{}".format(*_place(0)))
        evidence = Evidence(entry, Span(0, 4 + subject), "synthetic:year", str(year))
        yield Statement(graph.ids[subject], "introducedIn", Year(year), 0.5, (evidence,))


def _quote(graph: Synthetic, row: int) -> str:
    name = graph.predicates[graph.predicate[row]]
    return f"{graph.labels[graph.subject[row]]} {relations()[name].label} {graph.labels[graph.object[row]]}"


def _place(row: int) -> tuple[str, int]:
    """The file and the line of the entry that a relation was read from."""
    number = row // _PER_ENTRY
    return f"{number // 1000:03}_synthetic.txt", number % 1000 * 100 + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = perf_counter()
    kept(options.output, options.nodes, options.edges, options.seed)
    count = len(LocalStore.open(options.output))
    print(f"{options.output}: {count:,} quads, {perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
