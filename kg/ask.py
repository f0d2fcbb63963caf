"""Questions in plain English, without a language model: a question is read by a grammar, and the reading is a query.

    >>> print(graph.ask("what reduces juvenility?").findings[0])      # doctest: +SKIP
    Grafting reduces juvenility

Three steps, each of which can be looked at: `kg.questions` gives all ways to read the words, `kg.linking` finds the
concepts that they name, and this module takes the reading that understands most of the question, runs its named
queries or its path search, and puts the rows into words, with their quotes. What was assumed on the way is said in the
answer; a question that no reading fits is an UnreadableQuestion, never a guess.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from kg.answers import Answer, ConceptRef, Named
from kg.errors import UnreadableQuestion, UsageError
from kg.index import readings as relations
from kg.linking import Linker
from kg.patterns import Word, split
from kg.questions import MOST_WORDS, Parse, cues, grammar, naming, readings
from kg.replies import Reading, Reply
from kg.vocabulary import kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from kg.graph import KnowledgeGraph

_LONGEST = 1000
"""Characters of a question."""

_SPELLED = 8
"""How many different names of one question are looked up by spelling."""

_MEANINGS = 3
"""How many other meanings of a name are tried when the graph says nothing of the first."""

_SUGGESTIONS = 3


class Asker:
    """Answers questions to a graph. Made once; what names are looked up in is kept."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    @cached_property
    def _linker(self) -> Linker:
        return Linker(self._graph.index)

    @cached_property
    def _by_label(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for iri, ref in self._graph.index.refs.items():
            found.setdefault(ref.label, []).append(iri)
        return {label: tuple(iris) for label, iris in found.items()}

    def answer(self, question: str, limit: int = 10) -> Answer:
        """The answer to a question, with at most `limit` findings; raises UnreadableQuestion, and UsageError."""
        if limit < 1:
            raise UsageError(f"the number of answers is at least 1, not {limit}")
        best, considered = self._read(question)
        explanation = tuple(_explained(question, best, considered))
        answers = []
        for reading in _meanings(best, self._graph.index.refs):
            run = Reply(self._graph, reading, limit, self._by_label, self._linker.degrees)
            answer = run.answer(question, explanation)
            if answer.found:
                return answer
            answers.append(answer)
        return answers[0]

    def read(self, question: str) -> Reading:
        """The best reading of a question; raises UnreadableQuestion."""
        return self._read(question)[0]

    # ---------------------------------------------------------------------------------------------------- reading

    def _read(self, question: str) -> tuple[Reading, Sequence[Reading]]:
        """The best reading, and all that were considered, best first."""
        words = split(question) if len(question) <= _LONGEST else ()
        if len(question) > _LONGEST or len(words) > MOST_WORDS:
            limits = f"a question has at most {MOST_WORDS} words and {_LONGEST:,} characters"
            raise UnreadableQuestion(question, limits, self._suggestions((), ()))
        parses = readings(words)
        found = [reading for parse in parses if (reading := self._linked(question, parse))]
        if not found or min(found, key=lambda each: each.rank).rank[0] > 0:
            # names that are spelled alike are dear to find: for the readings that understand most of the question only
            spans: dict[tuple[int, int], None] = {}
            for parse in sorted(parses, key=lambda parse: (parse.open, parse.order)):
                spans.update(dict.fromkeys(span for _, span in parse.spans))
            tried = set(list(spans)[:_SPELLED])
            found += [
                reading
                for parse in parses
                if not parse.exact
                and {span for _, span in parse.spans} & tried
                and (reading := self._linked(question, parse, tried))
            ]
        if not found:
            raise self._unreadable(question, words, parses)
        best_of: dict[Parse, Reading] = {}
        for each in sorted(found, key=lambda each: each.rank):
            best_of.setdefault(each.parse, each)
        considered = list(best_of.values())
        return considered[0], considered

    def _linked(self, question: str, parse: Parse, misspelt: Set[tuple[int, int]] = frozenset()) -> Reading | None:
        """A reading with its names found, None where one is not; `misspelt` are spans whose spelling may be wrong."""
        names: dict[str, Named] = {}
        for slot, (start, end) in parse.spans:
            text = _between(question, parse.words[start], parse.words[end - 1])
            if slot in parse.fields:
                named = self._linker.field(slot, text)
            else:
                named = self._linker.link(slot, text, spelling=(start, end) in misspelt)
            if named is None or (parse.exact and named.how != "name"):
                return None
            names[slot] = named
        for slot, value in parse.values:
            names[slot] = _closed(slot, value)
        return Reading(parse, names)

    def _unreadable(self, question: str, words: Sequence[Word], parses: Sequence[Parse]) -> UnreadableQuestion:
        """The error for a question without a reading: why, and what could be asked instead."""
        if not words:
            return UnreadableQuestion(question, "there are no words in it", self._suggestions((), ()))
        forms = [word.form for word in words]
        texts = [question[word.start : word.end] for word in words]
        about = self._linker.spotted(texts, without=grammar().vocabulary) or self._linker.spotted(texts)
        shaped = sorted((parse for parse in parses if not parse.exact), key=lambda each: (each.open, each.order))
        if not shaped:
            return UnreadableQuestion(question, "", self._suggestions(forms, about))
        # the shape is understood, a name is not: say which, and ask the same of what is spelled alike
        parse = shaped[0]
        for slot, (start, end) in parse.spans:
            text = _between(question, parse.words[start], parse.words[end - 1])
            if slot in parse.fields or self._linker.link(slot, text, spelling=True) is None:
                what = "subject field" if slot in parse.fields else "concept"
                close = self._linker.close(text) if len(text) <= 100 else []
                suggestions = self._suggestions(forms, [*close, *about], parse.shape.name)
                return UnreadableQuestion(question, f"no {what} {text!r} in this graph", suggestions)
        return UnreadableQuestion(question, "", self._suggestions(forms, about))

    def _suggestions(self, forms: Sequence[str], about: Sequence[ConceptRef], shape: str = "") -> tuple[str, ...]:
        """The questions nearest to one that cannot be read, about the concepts that were recognized in it.

        `shape` is the name of the shape that was understood, if one was.
        """
        asked = set(forms) - naming("function_words")
        shapes = {
            name: each
            for name, each in grammar().shapes.items()
            if each.patterns and name != "name" and ":" not in each.asks
        }
        scores = {name: len(asked & cues(each)) for name, each in shapes.items()}
        near = sorted((name for name in shapes if scores[name]), key=lambda name: -scores[name])
        pair = ["path", "comparison"] if len(about) > 1 else []
        named = [*([shape] if shape in shapes else []), *near, *pair, "definition", "types", "users", "about"]
        filled: dict[str, None] = {}
        for name in dict.fromkeys(named):
            slots = [slot for slot in ("{x}", "{y}") if slot in shapes[name].asks]
            if about and len(slots) > len(about):
                continue
            # the shape that was understood is asked of each concept, for the question may have named two
            for first in range(len(about) if name == shape and len(slots) == 1 and about else 1):
                text = shapes[name].asks
                for slot, ref in zip(slots, about[first:] or ("X", "Y"), strict=False):
                    text = text.replace(slot, str(ref))
                filled[text] = None
        return tuple(filled)[:_SUGGESTIONS]


def _between(question: str, first: Word, last: Word) -> str:
    """The text from one word to another, with the bracket that closes one in it."""
    text = question[first.start : last.end]
    return f"{text})" if text.count("(") > text.count(")") else text


def _meanings(reading: Reading, refs: Mapping[str, ConceptRef]) -> Iterator[Reading]:
    """Yield a reading, then those with other meanings of its names, one name at a time."""
    yield reading
    for slot, name in reading.names.items():
        for other in name.others[:_MEANINGS]:
            others = (refs[name.iri], *(ref for ref in name.others if ref != other))
            taken = replace(name, label=other.label, iri=other.iri, others=others)
            yield Reading(reading.parse, {**reading.names, slot: taken})


def _closed(slot: str, value: str) -> Named:
    """What a slot that takes a class, a relation or a year stands for."""
    if value.isdigit():
        return Named(slot, value, value, "", "year")
    if value in relations():
        return Named(slot, value, value, relations()[value].iri, "relation")
    return Named(slot, value, value, kind(value).iri.value, "class")


def _explained(question: str, best: Reading, considered: Sequence[Reading]) -> Iterator[str]:
    """Yield how a question was read: its words, the reading, and those that were worse."""
    yield "words: " + " · ".join(word.form for word in split(question))
    for reading in considered[:6]:
        pattern = grammar().rules[reading.parse.order][1]
        cost, unread, _ = reading.rank
        names = ", ".join(f"{slot} = {name.label} ({name.how})" for slot, name in reading.names.items())
        mark = "taken" if reading is best else "not taken"
        yield f"{mark}: {reading.parse.shape.name}, by {pattern!r}; {names or 'no names'}"
        yield f"   assumed {cost}, unread {unread}"
    if len(considered) > 6:
        yield f"and {len(considered) - 6} more readings"
