"""What of a graph is right by a gold standard: how phrases are compared, and the counts of every entry.

The measures are those of the gold standard's own scorer, score.py. Phrases are the `same` when they are equal but for
case, punctuation, plural and function words, and `close` when two thirds of their words agree (token F1). Each fact of
the gold is matched with at most one of the graph, greedily, in the order of the gold. Where several of the graph would
do, that scorer takes the first of a set, so that its figures move a little from run to run; here they are sorted by
IRI, so that equal graphs have equal scores. A second phrasing of a fact that was matched is not held against the graph.

Everything is counted by entry, and the totals are the sums: that is what intervals are drawn from.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from kg.errors import ReadError, UsageError
from kg.vocabulary import CLASSES, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kg.gold import Gold
    from kg.graph import KnowledgeGraph

_STOP = frozenset({"the", "a", "an", "its", "their", "this", "that", "these", "those", "of", "for", "to", "in", "and"})
_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")


def _singular(token: str) -> str:
    if len(token) > 4 and token.endswith("ies"):
        return token[:-3] + "y"
    if len(token) > 4 and re.search(r"(s|x|z|ch|sh)es$", token):
        return token[:-2]
    if len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "us", "is")):
        return token[:-1]
    return token


@lru_cache(maxsize=1 << 16)
def _tokens(text: str) -> tuple[str, ...]:
    words = _WORD.findall(text.lower())
    return tuple(_singular(w) for w in words if w not in _STOP) or tuple(words)


def same(a: str, b: str) -> bool:
    """Whether two phrases are equal but for case, punctuation, plural and function words.

    >>> same("the Level Shifters", "level-shifter"), same("level", "level shifter")
    (True, False)
    """
    return _tokens(a) == _tokens(b) or "".join(_tokens(a)) == "".join(_tokens(b))


@lru_cache(maxsize=1 << 20)
def close(a: str, b: str) -> bool:
    """Whether two phrases have so much in common (token F1 of two thirds) that a reader would accept either.

    >>> close("load balancing loss", "balancing loss"), close("loss", "load balancing loss")
    (True, False)
    """
    if same(a, b):
        return True
    one, other = Counter(_tokens(a)), Counter(_tokens(b))
    common = sum((one & other).values())
    return common > 0 and 2 * common / (sum(one.values()) + sum(other.values())) >= 2 / 3


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one task, in 0…1, from its counts.

    `interval` holds the 95 % bootstrap interval of F1; None where none was drawn, or the gold has nothing. `more` has
    what else is measured: `typed_accuracy` of entities; `core_recall` of relations and `pairs`, the F1 of subject and
    object alone.
    """

    right: int
    predicted: int
    gold: int
    interval: tuple[float, float] | None = None
    more: tuple[tuple[str, float], ...] = ()

    @property
    def precision(self) -> float:
        """The share of what the graph says that is right."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold that the graph says."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return f1_score(self.right, self.predicted, self.gold)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A statement of the graph in an annotated entry, in words, and whether the gold has it."""

    entry: str
    subject: str
    predicate: str
    object: str
    rules: tuple[str, ...]
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Missed:
    """A fact of the gold that the graph does not have."""

    entry: str
    subject: str
    predicate: str
    object: str
    core: bool
    quote: str

    def __str__(self) -> str:
        mark = "CORE " if self.core else ""
        quote = f"  « {self.quote[:110]} »" if self.quote else ""
        return f"{self.entry} missing {mark}({self.subject} | {self.predicate} | {self.object}){quote}"


def f1_score(right: float, predicted: float, gold: float) -> float:
    """F1 from the counts of precision and recall."""
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# ---------------------------------------------------------------------------------------------------- what is graded


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement of the graph in one entry: subject and object by IRI, the relation by name."""

    subject: str
    predicate: str
    object: str
    rules: tuple[str, ...]
    confidence: float


class Facts:
    """What the scores need of a graph, by entry, all of it sorted."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        rows = self._rows
        self.entries = {(f.rpartition("/")[2], int(n)): e for e, f, n in rows(_ENTRIES)}
        self.describes = _grouped(rows("SELECT ?e ?c { ?e kg:describes ?c }"))
        self.about = _grouped((c, e) for e, concepts in self.describes.items() for c in concepts)
        self.pref = _grouped(rows("SELECT ?c ?l { ?c skos:prefLabel ?l }"))
        self.alt = _grouped(rows("SELECT ?c ?l { ?c skos:altLabel ?l }"))
        kinds = rows("SELECT ?c ?t { ?c a ?t FILTER(STRSTARTS(STR(?t), STR(kg:))) }")
        self.kinds = _grouped((c, t.rpartition("#")[2]) for c, t in kinds if t.rpartition("#")[2] in CLASSES)
        self.fields = _grouped(rows("SELECT ?c ?l { ?c dcterms:subject/skos:prefLabel ?l }"))
        self.mentions = _grouped(rows("SELECT ?e ?c { ?e kg:mentions ?c }"))
        self.statements = self._statements()

    def _rows(self, query: str) -> Iterator[tuple[str, ...]]:
        for solution in self._graph.store.rows(query):
            yield tuple(term.value for term in solution)

    def _statements(self) -> dict[str, list[Stated]]:
        rules: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
        confidence: dict[tuple[str, str, str, str], float] = {}
        for e, s, p, o, rule, c in self._rows(_STATEMENTS):
            name = re.split(r"[#/]", p)[-1]
            if name in RELATIONS:
                rules[e, s, name, o].add(rule)
                confidence[e, s, name, o] = float(c)
        found: dict[str, list[Stated]] = defaultdict(list)
        for key in sorted(rules):
            e, s, name, o = key
            found[e].append(Stated(s, name, o, tuple(sorted(rules[key])), confidence[key]))
        return dict(found)

    def evidence(self, documents: Path | None = None) -> Score | None:
        """How many quotes stand at their offsets: in the documents of a folder, else in the text that the graph holds.

        None when there is neither. Raises `UsageError` when the folder lacks a document.
        """
        quotes = list(self._rows(_QUOTES))
        texts: dict[str, tuple[str, int]]
        if documents is None:
            texts = {e: (text, int(start)) for e, text, start in self._rows(_TEXTS)}
            if any(e not in texts for e, *_ in quotes):
                return None
        else:
            sources = {e: f for e, f, _ in self._rows(_ENTRIES)}
            read = {f: (_document(documents, f), 0) for f in sorted(set(sources.values()))}
            texts = {e: read[f] for e, f in sources.items()}
        right = 0
        for e, start, end, exact in quotes:
            text, origin = texts[e]
            right += text[int(start) - origin : int(end) - origin] == exact
        return Score(right, len(quotes), len(quotes))

    def labels(self, term: str) -> list[str]:
        """All labels of a concept; a literal stands for itself."""
        return [*self.pref.get(term, ()), *self.alt.get(term, ())] or [term]


def _document(folder: Path, name: str) -> str:
    path = next((p for p in (folder / name, folder / name.rpartition("/")[2]) if p.is_file()), None)
    if path is None:
        raise UsageError(f"{folder} has no {name}, which the graph was read from")
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReadError(f"not UTF-8 at byte {error.start}", path) from error


_ENTRIES = "SELECT ?e ?f ?n { ?e a kg:Entry ; kg:sourceFile ?f ; kg:sourceLine ?n }"
_STATEMENTS = """
SELECT ?e ?s ?p ?o ?rule ?c {
  ?st a rdf:Statement ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; kg:confidence ?c ; prov:wasDerivedFrom ?ev .
  ?ev kg:inEntry ?e ; kg:rule ?rule .
}"""
_TEXTS = "SELECT ?e ?text ?start { ?e kg:text ?text ; kg:textStart ?start }"
_QUOTES = "SELECT ?e ?start ?end ?exact { ?ev kg:inEntry ?e ; oa:start ?start ; oa:end ?end ; oa:exact ?exact }"


def _grouped(pairs: Iterable[tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
    return {one: sorted(others) for one, others in found.items()}


# ------------------------------------------------------------------------------------------------------- the grading

TASKS = ("segments", "labels", "aliases", "category", "genus", "type", "duplicates", "xref", "entities", "relations")


class Grader:
    """Compares a graph with a gold standard, entry by entry, and keeps the counts of each entry."""

    def __init__(self, facts: Facts, gold: Gold) -> None:
        self.facts, self.gold = facts, gold
        self.where = {
            gid: [facts.entries[f, n] for f, n in map(tuple, places) if (f, n) in facts.entries]
            for gid, places in gold["where"].items()
        }
        self.ids = _grouped((e, gid) for gid, entries in self.where.items() for e in entries)
        self.group = {
            gid: {gid} | {other for ids in gold["duplicates"] if gid in ids for other in ids} for gid in gold["where"]
        }
        self.counts: dict[str, dict[str, list[float]]] = {name: {} for name in TASKS}
        """Task -> entry -> right, predicted, gold, and what the task counts besides."""
        self.predicates: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
        """Relation -> entry -> right, predicted, gold."""
        self.errors: dict[str, list[str]] = {name: [] for name in TASKS}
        self.judgements: list[Judgement] = []
        self.missed: list[Missed] = []

    def concepts(self, gid: str) -> list[str]:
        """The concepts that the copies of an entry describe."""
        return sorted({c for e in self.where[gid] for c in self.facts.describes.get(e, ())})

    def siblings(self, gid: str) -> list[str]:
        """The annotated entries on the same concept, the entry itself among them."""
        return sorted(other for other in self.group[gid] if other in self.gold["H"])

    # ------------------------------------------------------------------------------------------ headers, definitions

    def headers(self) -> None:
        """Count what headers and definitions say: labels, aliases, category, genus, type."""
        for gid in self.gold["H"]:
            self._header(gid)

    def _header(self, gid: str) -> None:
        facts, gold, head = self.facts, self.gold, self.gold["H"][gid]
        concepts, siblings = self.concepts(gid), self.siblings(gid)
        names = [gold["H"][s]["pref"] for s in siblings]
        preferred = [label for c in concepts for label in facts.pref.get(c, ())]
        hit = any(same(label, name) for label in preferred for name in names)
        self._count("labels", gid, hit, 1, 1, f"want {head['pref']!r} got {preferred}")

        found = _distinct(a for c in concepts for a in facts.alt.get(c, ()) if not any(same(a, n) for n in names))
        wanted = _distinct(a for s in siblings for a in gold["H"][s]["alt"] if not any(same(a, n) for n in names))
        missing = [a for a in wanted if not any(same(a, b) for b in found)]
        wrong = [b for b in found if not any(same(a, b) for a in wanted)]
        right = len(wanted) - len(missing)
        self._count("aliases", gid, right, right + len(wrong), len(wanted))
        self.errors["aliases"] += [f"{gid} missing {a!r}" for a in missing] + [f"{gid} wrong {b!r}" for b in wrong]

        fields = sorted({label for c in concepts for label in facts.fields.get(c, ())})
        wanted = sorted({gold["H"][s]["category"] for s in siblings if gold["H"][s].get("category")})
        right = sum(any(same(a, b) for b in fields) for a in wanted)
        self._count("category", gid, right, len(fields), len(wanted), f"want {wanted} got {fields}")

        self._genus(gid, concepts)
        if gid not in gold.get("type_unsure", ()):
            kinds = sorted({kind for c in concepts for kind in facts.kinds.get(c, ())})
            accepted = sorted({gold["H"][s]["type"] for s in siblings})
            hit = len(kinds) == 1 and kinds[0] in accepted
            self._count("type", gid, hit, bool(kinds), 1, f"{head['pref']} want {accepted} got {kinds}")

    def _genus(self, gid: str, concepts: list[str]) -> None:
        wanted = self.gold["H"][gid]["genus"]
        if not wanted:
            return
        stated = (s for e in self.where[gid] for s in self.facts.statements.get(e, ()))
        broader = sorted(
            {
                label
                for s in stated
                if s.predicate == "broader" and s.subject in concepts
                for label in self.facts.labels(s.object)
            }
        )
        head = _tokens(wanted[0])
        hit = any(close(label, genus) for label in broader for genus in wanted) or any(
            head and _tokens(label)[-len(head) :] == head for label in broader
        )
        self._count("genus", gid, hit, bool(broader), 1, f"want {wanted} got {broader}")

    def _count(self, task: str, gid: str, right: int, predicted: int, gold: int, error: str = "") -> None:
        self.counts[task][gid] = [int(right), int(predicted), int(gold)]
        if error and not right == predicted == gold:
            self.errors[task].append(f"{gid} {error}")

    # ------------------------------------------------------------------------------------------------ whole documents

    def segments(self) -> None:
        """Count entries found at the right file and line; a wrong one counts with the entry that it cuts."""
        want = {(f, n) for f, n in map(tuple, self.gold["segments"])}
        files = {f for f, _ in want}
        got = {place for place in self.facts.entries if place[0] in files}
        if self.gold.get("partial"):
            got &= want
        self.errors["segments"] = [f"missing {f}:{n}" for f, n in sorted(want - got)]
        self.errors["segments"] += [f"wrong {f}:{n}" for f, n in sorted(got - want)]
        counts = {place: [int(place in got), int(place in got), 1] for place in sorted(want)}
        for file, line in sorted(got - want):
            there = [place for place in counts if place[0] == file]
            counts[max((place for place in there if place[1] < line), default=there[0])][1] += 1
        self.counts["segments"] = {f"{f}:{n}": [*row] for (f, n), row in counts.items()}

    def duplicates(self) -> None:
        """Count pairs of entries on one concept; half of a pair counts with each of its entries."""
        universe = sorted(self.gold["duplicate_universe"])
        unsure = {frozenset(pair) for pair in self.gold.get("duplicates_unsure", ())}
        want = {frozenset(p) for ids in self.gold["duplicates"] for p in combinations(sorted(ids), 2)}
        want = {pair for pair in want if pair <= set(universe)} - unsure
        on = _grouped((c, gid) for gid in universe for c in self.concepts(gid))
        got = {frozenset(pair) for ids in on.values() for pair in combinations(ids, 2)} - unsure
        self.errors["duplicates"] = [f"missing {sorted(pair)}" for pair in sorted(want - got, key=sorted)]
        self.errors["duplicates"] += [f"wrong {sorted(pair)}" for pair in sorted(got - want, key=sorted)]
        counts: dict[str, list[float]] = {gid: [0, 0, 0] for gid in universe}
        for column, pairs in enumerate((want & got, got, want)):
            for gid in (gid for pair in pairs for gid in pair):
                counts[gid][column] += 0.5
        self.counts["duplicates"] = counts

    # ---------------------------------------------------------------------------------------------------------- bodies

    def bodies(self) -> None:
        """Count what bodies say: cross-references, entities, relations."""
        for gid, annotation in self.gold["annotations"].items():
            own = self.group[gid]
            mentioned = sorted({c for e in self.where[gid] for c in self.facts.mentions.get(e, ())})
            ids = {c: {i for e in self.facts.about.get(c, ()) for i in self.ids.get(e, ())} for c in mentioned}
            others = [c for c in mentioned if not ids[c] & own]
            self._references(gid, annotation, [ids[c] for c in others if c in self.facts.about])
            self._entities(gid, annotation, others)
            self._relations(gid, annotation)

    def _references(self, gid: str, annotation: Mapping[str, Any], found: list[set[str]]) -> None:
        targets = {frozenset(self.group[x["target"]]): x for x in reversed(annotation["X"])}
        targets = {ids: x for ids, x in targets.items() if not ids & self.group[gid]}
        missing = [x for ids, x in targets.items() if not any(ids & each for each in found)]
        wrong = [each for each in found if not any(ids & each for ids in targets)]
        right = len(targets) - len(missing)
        self._count("xref", gid, right, right + len(wrong), len(targets))
        self.errors["xref"] += [f"{gid} missing {x['target']} {x['surface']!r}" for x in missing]
        self.errors["xref"] += [f"{gid} wrong {sorted(each)}" for each in wrong]

    def _entities(self, gid: str, annotation: Mapping[str, Any], others: list[str]) -> None:
        labels = {c: self.facts.labels(c) for c in others}
        used: set[str] = set()
        typed = 0
        for entity in annotation["N"]:
            hit = next((c for c in others if c not in used and _any_close(labels[c], [entity["text"]])), None)
            if hit is None:
                self.errors["entities"].append(f"{gid} missing {entity['text']!r} {entity['type']}")
                continue
            used.add(hit)
            typed += entity["type"] in self.facts.kinds.get(hit, ())
        known = [x["surface"] for x in annotation["X"]] + [entity["text"] for entity in annotation["N"]]
        extra = [c for c in others if c not in used and not _any_close(labels[c], known)]
        self.errors["entities"] += [f"{gid} wrong {labels[c][0]!r}" for c in extra]
        self.counts["entities"][gid] = [len(used), len(used) + len(extra), len(annotation["N"]), typed]

    def _relations(self, gid: str, annotation: Mapping[str, Any]) -> None:
        facts, concepts = self.facts, self.concepts(gid)
        heads = [self.gold["H"][s] for s in self.siblings(gid)]
        names = [name for head in heads for name in (head["pref"], *head["alt"])]
        merged: dict[tuple[str, str, str], Stated] = {}
        for s in (s for e in self.where[gid] for s in facts.statements.get(e, ())):
            key = s.subject, s.predicate, s.object
            rules = {*s.rules, *(merged[key].rules if key in merged else ())}  # copies of the entry may differ in them
            merged[key] = replace(s, rules=tuple(sorted(rules)))
        stated = [merged[key] for key in sorted(merged)]
        subjects = [facts.labels(s.subject) for s in stated]
        objects = [facts.labels(s.object) for s in stated]

        def related(i: int, fact: Mapping[str, Any]) -> bool:
            own = stated[i].subject in concepts and _any_close([fact["s"]], names)
            return (own or _any_close(subjects[i], [fact["s"]])) and _any_close(objects[i], _objects(fact))

        taken: set[int] = set()
        paired: set[int] = set()
        core = core_right = again = 0
        for fact in annotation["R"]:
            candidates = [i for i in range(len(stated)) if related(i, fact)]
            loose = next((i for i in candidates if i not in paired), None)
            if loose is not None:
                paired.add(loose)
            hit = next((i for i in candidates if i not in taken and stated[i].predicate == fact["p"]), None)
            core += fact["core"]
            self.predicates[fact["p"]][gid][2] += 1
            if hit is None:
                missed = Missed(gid, fact["s"], fact["p"], fact["o"], bool(fact["core"]), fact.get("quote", ""))
                self.missed.append(missed)
                self.errors["relations"].append(str(missed))
                continue
            taken.add(hit)
            core_right += fact["core"]
            self.predicates[fact["p"]][gid][0] += 1
        for i, s in enumerate(stated):
            right = i in taken
            if not right and any(s.predicate == fact["p"] and related(i, fact) for fact in annotation["R"]):
                again += 1
                right = True
            else:
                self.predicates[s.predicate][gid][1] += 1
            words = subjects[i][0], objects[i][0]
            self.judgements.append(Judgement(gid, words[0], s.predicate, words[1], s.rules, s.confidence, right))
            if not right:
                self.errors["relations"].append(f"{gid} wrong ({words[0]} | {s.predicate} | {words[1]})")
        self.counts["relations"][gid] = [
            len(taken), len(stated) - again, len(annotation["R"]), core_right, core, len(paired),
        ]  # fmt: skip


def _objects(fact: Mapping[str, Any]) -> list[str]:
    return [fact["o"], *fact.get("o_alt", ())]


def _any_close(some: Iterable[str], others: Iterable[str]) -> bool:
    others = list(others)
    return any(close(a, b) for a in some for b in others)


def _distinct(names: Iterable[str]) -> list[str]:
    """One of all names that are the same."""
    found: list[str] = []
    for name in sorted(set(names)):
        if not any(same(name, other) for other in found):
            found.append(name)
    return found
