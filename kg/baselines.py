"""Two extractors that anybody has offline, scored like kg on the entries of a gold standard.

- `textacy`: noun chunks are the terms, textacy's subject-verb-object triples the relations (their verbs read by kg's
  lexicon of verbs), and the noun chunk behind "is" in the first sentence is the genus.
- `graphrag`: the noun-phrase graph of Microsoft GraphRAG's indexing method "fast": noun chunks and named entities,
  cleaned and filtered, joined where they stand in one text unit. Written anew after version 3.3.0
  (`graphrag/index/operations/build_noun_graph`, extractor "syntactic_parser" with the defaults of its configuration),
  because the package brings clients of language models along. Nothing is pruned, and a text unit is a block of an entry
  (a paragraph, a bullet with its lead-in, a table), which comes near the 50 to 100 tokens that its documentation
  advises. Its edges have neither direction nor relation: what stands first is taken for the subject, and pairs alone
  are scored.

Both are told what they have no notion of: where entries begin, and what their concepts are called. They read the
clean text of an entry, without markup. Phrases that name a concept of the graph, but for case, are that concept.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations, product
from typing import TYPE_CHECKING

from kg.annotate.lexicon import predicates
from kg.annotate.pipeline import DEFAULT_MODEL, load_pipeline
from kg.blocks import parse
from kg.errors import UsageError
from kg.evaluate import score_tasks
from kg.grading import Facts, Grader, Stated
from kg.model import Entry, Layout, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as Words

    from kg.gold import Gold
    from kg.grading import Score
    from kg.graph import KnowledgeGraph

TASKS = ("genus", "entities", "relations", "pairs")
"""What the systems are compared in."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a baseline reads in a block: phrases, and triples of them; a subject of None is the entry's concept."""

    phrases: tuple[str, ...]
    triples: tuple[tuple[str | None, str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scores by system, then by task; a task that a system has no notion of is left out. `remarks`: what is missing."""

    systems: Mapping[str, Mapping[str, Score]]
    remarks: tuple[str, ...]


def compare(graph: KnowledgeGraph, gold: Gold, *, model: str = DEFAULT_MODEL) -> Comparison:
    """The scores of a graph, as "kg", and those of the baselines on the same entries, without intervals.

    Raises `UsageError` when the graph does not hold the text of its entries, or the pipeline `model` is not installed.
    """
    facts = Facts(graph)
    entries = _entries(graph, {e for gid in (*gold["H"], *gold["annotations"]) for e in _places(facts, gold, gid)})
    nlp = load_pipeline(model, whole_words=False)
    texts = {entry: [list(block.texts) for block in parse(body).blocks] for entry, body in entries.items()}
    distinct = sorted({text for blocks in texts.values() for block in blocks for text in block})
    docs = dict(zip(distinct, nlp.pipe(distinct), strict=True))
    systems = {"kg": _scores(facts, gold)}
    remarks = []
    for name, (read, knows) in BASELINES.items():
        if name == "textacy" and find_spec("textacy") is None:
            remarks.append("textacy is not installed, so its column is left out: pip install 'kg[baselines]'")
            continue
        found = {
            entry: [read([docs[text] for text in block], not n) for n, block in enumerate(blocks)]
            for entry, blocks in texts.items()
        }
        scores = _scores(_claimed(facts, found), gold)
        systems[name] = {task: score for task, score in scores.items() if task in knows}
    return Comparison(systems, tuple(remarks))


def _places(facts: Facts, gold: Gold, gid: str) -> list[str]:
    return [facts.entries[f, n] for f, n in map(tuple, gold["where"][gid]) if (f, n) in facts.entries]


def _entries(graph: KnowledgeGraph, wanted: set[str]) -> dict[str, Entry]:
    """The entries as the graph holds them, by IRI."""
    rows = (tuple(term.value for term in row) for row in graph.store.select(_ENTRIES))
    found = {
        iri: Entry(file, int(line), Layout(layout), header, Span(0, 0), text, Span(int(start), int(start) + len(text)))
        for iri, file, line, layout, header, text, start in rows
        if iri in wanted
    }
    if wanted - set(found):
        raise UsageError(f"the graph in {graph.store.place} holds no text of its entries, which baselines have to read")
    return found


_ENTRIES = """
SELECT ?e ?file ?line ?layout ?header ?text ?start {
  ?e a kg:Entry ; kg:sourceFile ?file ; kg:sourceLine ?line ; kg:layout ?layout ; kg:header ?header ;
     kg:text ?text ; kg:textStart ?start
}"""


def _scores(facts: Facts, gold: Gold) -> dict[str, Score]:
    grader = Grader(facts, gold)
    grader.headers()
    grader.bodies()
    tasks, _, pairs = score_tasks(grader, gold, rounds=0, seed=0)
    return {task: {**tasks, "pairs": pairs}[task] for task in TASKS}


def _claimed(facts: Facts, found: Mapping[str, list[Found]]) -> Facts:
    """The facts of a graph with the mentions and statements of its entries replaced by what a baseline found."""
    known = {name.casefold(): c for c, entries in facts.about.items() if entries for name in facts.labels(c)}
    names: dict[str, list[str]] = {}

    def concept(phrase: str) -> str:
        iri = known.get(phrase.casefold(), f"phrase:{phrase.casefold()}")
        names.setdefault(iri, facts.pref.get(iri, [phrase]))
        return iri

    mentions: dict[str, list[str]] = {}
    statements: dict[str, list[Stated]] = {}
    for entry, blocks in found.items():
        own = facts.describes.get(entry, ["?"])[0]
        mentions[entry] = sorted({concept(phrase) for block in blocks for phrase in block.phrases})
        triples = {(own if s is None else concept(s), p, concept(o)) for block in blocks for s, p, o in block.triples}
        statements[entry] = [Stated(s, p, o, (), 1.0) for s, p, o in sorted(triples) if s != o]
    claimed = copy(facts)
    claimed.pref = {**facts.pref, **names}
    claimed.mentions, claimed.statements = mentions, statements
    return claimed


# ---------------------------------------------------------------------------------------------------------- extractors


def by_textacy(block: Sequence[Doc], first: bool) -> Found:
    """Noun chunks, and what textacy's triples say of them; in the `first` block of an entry, the genus as well.

    Needs the package textacy.
    """
    phrases = [text for doc in block for chunk in doc.noun_chunks if (text := _bare(chunk))]
    triples: list[tuple[str | None, str, str]] = []
    if first and (genus := next((text for doc in block for text in _complements(doc)), "")):
        triples.append((None, "broader", genus))
    for doc in block:
        triples += _triples(doc)
    return Found(tuple(phrases), tuple(triples))


def _complements(doc: Doc) -> Iterator[str]:
    """The noun chunks behind "is" and "are"."""
    return (_bare(c) for c in doc.noun_chunks if c.root.dep_ == "attr" and c.root.head.lemma_ == "be" and _bare(c))


def _triples(doc: Doc) -> Iterator[tuple[str, str, str]]:
    """textacy's triples between noun chunks, as far as the lexicon knows their verbs."""
    from textacy.extract.triples import subject_verb_object_triples

    chunks = {token.i: chunk for chunk in doc.noun_chunks for token in chunk}
    for subject, verb, objects in subject_verb_object_triples(doc):
        head = next((token for token in reversed(verb) if token.pos_ == "VERB"), verb[-1])
        passive = any(token.dep_ == "auxpass" for token in verb)
        relation, turned = _relation(head.lemma_.lower(), passive)
        if relation is not None:
            ends = product(_chunked(subject, chunks), _chunked(objects, chunks))
            yield from ((o, relation, s) if turned else (s, relation, o) for s, o in ends)


def _relation(lemma: str, passive: bool) -> tuple[str | None, bool]:
    """The relation that kg's lexicon reads in a verb, None if it has none, and whether its agent is the subject."""
    table = predicates()
    if passive and f"{lemma}<" in table:
        return table[f"{lemma}<"], False
    return table.get(f"{lemma}>"), passive


def _chunked(tokens: Iterable[Token], chunks: Mapping[int, Words]) -> list[str]:
    """The noun chunks that tokens stand in, each once."""
    texts = (_bare(chunks[token.i]) for token in tokens if token.i in chunks)
    return list(dict.fromkeys(text for text in texts if text))


def _bare(chunk: Words) -> str:
    """A noun chunk without determiners in front; empty for a pronoun."""
    start = next((n for n, token in enumerate(chunk) if token.pos_ not in {"DET", "PRON", "PUNCT"}), len(chunk))
    return str(chunk[start:].text).strip()


def by_graphrag(block: Sequence[Doc], first: bool) -> Found:
    """The noun phrases of GraphRAG's syntactic extractor, and an edge between any two, in the `first` block or not."""
    phrases = tuple(dict.fromkeys(phrase for doc in block for phrase in _noun_phrases(doc)))
    # edges have neither direction nor relation: what comes first is the subject, and only pairs are scored
    return Found(phrases, tuple((a, "uses", b) for a, b in combinations(phrases, 2)))


_STOP = frozenset("STUFF THING THINGS BUNCH BIT BITS PEOPLE PERSON OKAY HEY HI HELLO LAUGHTER OH".split())  # noqa: SIM905
_LONGEST_WORD = 15


def _noun_phrases(doc: Doc) -> Iterator[str]:
    from spacy.util import filter_spans

    entities = [entity for entity in doc.ents if entity.label_ != "DATE"]
    labels = defaultdict(str, {entity.text: entity.label_ for entity in reversed(entities)})
    spans = filter_spans([*entities, *doc.noun_chunks])
    spans += [entity for entity in entities if not any(entity.text in span.text for span in spans)]
    for span in sorted(spans, key=lambda s: s.start):
        words = [
            token.text
            for token in span
            if token.pos_ not in {"DET", "PRON", "INTJ", "X"}
            and token.text.upper() not in _STOP
            and not token.is_space
            and not token.is_punct
        ]
        compound = any("-" in word and len(word) > 1 for word in words)
        label = labels[span.text]
        is_entity = bool(words) if label not in {"CARDINAL", "ORDINAL", ""} else bool(label) and (
            len(words) > 1 or compound
        )  # fmt: skip
        if is_entity or ((len(words) > 1 or compound) and all(len(word) <= _LONGEST_WORD for word in words)):
            yield " ".join(words).replace("\n", "").upper()


BASELINES: dict[str, tuple[Callable[[Sequence[Doc], bool], Found], tuple[str, ...]]] = {
    "textacy": (by_textacy, TASKS),
    "graphrag": (by_graphrag, ("entities", "pairs")),
}
"""How each reads a block (the parses of its texts; whether it is an entry's first), and the tasks that it knows."""
