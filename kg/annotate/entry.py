"""One entry from blocks to `Annotation`, in two halves with the parser between them.

`prepare` reads the layout and says which texts have to be parsed; `finish` reads the parses. Both are functions of the
entry, its headword and the `Glossary` (what recurs, which names there are) alone. `said` leaves out what is mentioned
without being spoken of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg.annotate import mentions as terms
from kg.annotate.abbreviations import abbreviations
from kg.annotate.boilerplate import mask
from kg.annotate.context import Surroundings
from kg.annotate.definitions import genus
from kg.annotate.gazetteer import is_cited
from kg.annotate.glossary import masks
from kg.annotate.kinds import kind_of_concept
from kg.annotate.proofs import proof
from kg.annotate.relations import Candidate, host_phrase, of_aside, of_unit
from kg.annotate.structure import Listed, Stretch, Topic, cue_of, is_named, read
from kg.annotate.syntax import Names
from kg.annotate.units import Role, Unit, sentences, units
from kg.annotate.weighing import Pair, choose, weigh, word_counts
from kg.model import (
    Annotation,
    Assertion,
    BlockKind,
    Definition,
    Entry,
    Flag,
    Headword,
    Key,
    Mention,
    Passage,
    Span,
)
from kg.names import key, singular, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from spacy.tokens import Doc

    from kg.annotate.glossary import Glossary


@dataclass(frozen=True, slots=True)
class Work:
    """An entry, read as far as its layout goes. `parts` pairs each stretch with its units."""

    entry: Entry
    headword: Headword
    listed: tuple[Listed, ...]
    parts: tuple[tuple[Stretch, tuple[Unit, ...]], ...]
    boilerplate: tuple[Span, ...]

    @property
    def texts(self) -> Iterator[str]:
        """The texts that have to be parsed."""
        return (unit.text for _, found in self.parts for unit in found)


def prepare(entry: Entry, headword: Headword, glossary: Glossary) -> Work:
    """Read an entry's layout, find its boilerplate, cut the rest into units."""
    names = masks(headword)
    skipped: list[Span] = []
    parts: list[tuple[Stretch, tuple[Unit, ...]]] = []
    listed: list[Listed] = []
    recurring_blocks: set[int] = set()
    opened = False
    for number, block in enumerate(entry.blocks):
        if block.kind not in {BlockKind.PARAGRAPH, BlockKind.BULLET, BlockKind.STEP} or not block.passage:
            continue
        label = block.lead.text if block.lead else ""
        bounds = sentences(block.passage.text)
        recurring = [
            (a, b) for a, b in bounds if glossary.recurrence.is_boilerplate(label, block.passage.text[a:b], names)
        ]
        if not opened and bounds and _begins_with(block.passage.text[slice(*bounds[0])], headword):
            # What a body opens with defines its concept, however many others are defined in the same words.
            recurring = [place for place in recurring if place != bounds[0]]
        opened = True
        skipped += [block.passage.span(a, _rstrip(block.passage.text, a, b)) for a, b in recurring]
        if len(recurring) == len(bounds):
            recurring_blocks.add(number)
    covered = list(skipped)
    for found in read(entry.blocks):
        if isinstance(found, Listed):
            listed.append(found)
        else:
            cut = tuple(u for u in units(found.passage) if not _within(u, covered))
            if cut:
                parts.append((found, cut))
    dropped = [entry.blocks[n].span for n in recurring_blocks]
    listed = [item for item in listed if not any(item.passage.span() in span for span in dropped)]
    return Work(entry, headword, tuple(listed), tuple(parts), tuple(skipped))


def _begins_with(sentence: str, headword: Headword) -> bool:
    """Whether the concept is named at the begin of a sentence, behind an article at most."""
    return "_" in mask(sentence, (headword.label, *headword.aliases)).split()[:2]


def finish(work: Work, docs: Mapping[str, Doc], glossary: Glossary, *, floor: float | None = None) -> Annotation:
    """Read the parses of an entry's units: definitions, mentions, assertions (from the confidence `floor` on)."""
    entry, headword = work.entry, work.headword
    own = _own(headword)
    definitions, defining = _definitions(work, docs)
    assertions = tuple(choose(_weighed(work, docs, defining, definitions, own), floor=floor))
    found = _mentions(work, docs, glossary, own, assertions)
    kind = kind_of_concept(headword.label, definitions[0].genus if definitions else None, headword.category)
    flags = set()
    if work.boilerplate:
        flags.add(Flag.BOILERPLATE)
    if not definitions:
        flags.add(Flag.NO_DEFINITION)
    texts = [text for block in entry.blocks if block.kind is not BlockKind.CODE for text in block.texts]
    proved = tuple(replace(a, span=proof(entry.blocks, a.span)) for a in assertions)
    return Annotation(
        entry, headword, kind, definitions, found, proved, abbreviations(texts), work.boilerplate, frozenset(flags)
    )


def said(annotation: Annotation, labels: AbstractSet[Key]) -> Annotation:
    """The annotation without mentions that say nothing of the entry's concept.

    Those are what only recurring text mentions, and the name of an entry that is cited: "(Norris, 1908)". `labels` are
    the keys of the labels of all entries.
    """
    body, start = annotation.entry.body, annotation.entry.body_span.start

    def counts(mention: Mention) -> bool:
        span = mention.span
        if any(span in recurring for recurring in annotation.boilerplate):
            return False
        return not (is_cited(body, span.start - start, span.end - start) and key(mention.label) in labels)

    kept = tuple(filter(counts, annotation.mentions))
    return annotation if len(kept) == len(annotation.mentions) else replace(annotation, mentions=kept)


def proposed_mentions(work: Work, docs: Mapping[str, Doc], assertions: Iterable[Assertion]) -> list[terms.Proposed]:
    """All phrases of an entry that could be terms, with their features: what calibration learns from."""
    return terms.propose(work.parts, work.listed, docs, work.entry, _own(work.headword), assertions)


def _mentions(
    work: Work, docs: Mapping[str, Doc], glossary: Glossary, own: set[Key], assertions: Iterable[Assertion]
) -> tuple[Mention, ...]:
    found = [*terms.glossary_mentions(work.entry, glossary.gazetteer, glossary.kinds, own)]
    known = {(m.span, key(m.label)) for m in found}
    for mention in terms.select(proposed_mentions(work, docs, assertions)):
        if (mention.span, key(mention.label)) not in known:
            known.add((mention.span, key(mention.label)))
            found.append(mention)
    return tuple(sorted(found, key=lambda m: (m.span, m.rule, m.label)))


def _own(headword: Headword) -> set[Key]:
    return {key(name) for name in (headword.label, *headword.aliases)}


def candidates(work: Work, docs: Mapping[str, Doc]) -> list[Candidate]:
    """What the rules propose for an entry, before anything is weighed."""
    definitions, defining = _definitions(work, docs)
    return list(_candidates(work, docs, defining, definitions))


def pairs(work: Work, docs: Mapping[str, Doc]) -> list[Pair]:
    """All pairs that an entry's candidates relate, with their features: what calibration learns from."""
    definitions, defining = _definitions(work, docs)
    return _weighed(work, docs, defining, definitions, _own(work.headword))


def _weighed(
    work: Work, docs: Mapping[str, Doc], defining: set[int], definitions: tuple[Definition, ...], own: set[Key]
) -> list[Pair]:
    heard = word_counts([text for block in work.entry.blocks for text in block.texts])
    kind = kind_of_concept(work.headword.label, definitions[0].genus if definitions else None, work.headword.category)
    return weigh(_candidates(work, docs, defining, definitions), work.headword.label, own, heard, kind)


def _rstrip(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _within(unit: Unit, spans: Sequence[Span]) -> bool:
    place = unit.passage.span()
    return any(place in span for span in spans)


def _definitions(work: Work, docs: Mapping[str, Doc]) -> tuple[tuple[Definition, ...], set[int]]:
    """The defining sentences, and the blocks (by number) whose first sentence is one."""
    found: list[Definition] = []
    defining: set[int] = set()
    own_words = {w for name in (work.headword.label, *work.headword.aliases) for w in words(name)}
    for stretch, cut in work.parts:
        first = cut[0]
        labelled = cue_of(stretch.label, strict=True) if stretch.label else None
        is_labelled = labelled is not None and labelled.name == "definition"
        if not is_labelled and (found or stretch.listed or stretch.label):
            continue
        doc = docs[first.text]
        phrase = genus(doc)
        if phrase is None:
            continue
        if not is_labelled and not own_words & set(words(doc.text[: phrase.start])) and not _opens_with_it(doc.text):
            continue
        start, end = sentences(stretch.passage.text)[0]
        passage = stretch.passage.slice(start, _rstrip(stretch.passage.text, start, end))
        if any(
            d.text.rstrip(".") in passage.text or passage.text.rstrip(".").casefold() in d.text.casefold()
            for d in found
        ):
            defining.add(stretch.block)
            continue
        name = "definition:labelled" if is_labelled else "definition:is-a"
        found.append(Definition(passage.text, passage.span(), _other_than(phrase.text, _own(work.headword)), name))
        defining.add(stretch.block)
    return tuple(found), defining


def _other_than(genus: str, own: set[Key]) -> str | None:
    """The genus, cut down from the left where it only spells out the concept's own name."""
    parts = genus.split()
    while parts and key(" ".join(parts)) in own:
        parts = parts[1:]
    return " ".join(parts) or None


def _opens_with_it(text: str) -> bool:
    return text[:3].casefold() in {"it ", "a "}


def _candidates(
    work: Work, docs: Mapping[str, Doc], defining: set[int], definitions: tuple[Definition, ...]
) -> Iterator[Candidate]:
    for definition in definitions[:1]:
        if definition.genus:
            yield Candidate(None, "broader", definition.genus, definition.span, definition.rule)
    for item in work.listed:
        tail = "" if item.subject.label is None or "@" in item.rule else "@lead"
        yield Candidate(
            item.subject.label,
            item.predicate,
            item.passage.text,
            item.passage.span(),
            item.rule + tail,
            context=(item.context,),
        )
    known = Known.of(work.headword, definitions[0].genus if definitions else None)
    for stretch, cut in work.parts:
        yield from _of_stretch(stretch, cut, docs, known, defining=stretch.block in defining)


@dataclass(frozen=True, slots=True)
class Known:
    """How an entry's text names its concept: `pattern` finds its names; `heads` are nouns that stand for it."""

    label: str
    pattern: re.Pattern[str]
    heads: frozenset[str]

    @classmethod
    def of(cls, headword: Headword, genus: str | None) -> Known:
        """What is known from a headword and the genus of its definition."""
        spellings = sorted({n for n in (headword.label, *headword.aliases) if len(n) > 1}, key=lambda n: (-len(n), n))
        forms = [r"[\s-]?".join(re.escape(w) for w in re.split(r"[\s-]+", n)) for n in spellings]
        heads = {singular(n.split()[-1].casefold()) for n in (headword.label, genus or "") if n.split()}
        pattern = rf"(?<!\w)(?:{'|'.join(forms)})(?:s|es)?(?!\w)" if forms else r"(?!)"
        return cls(headword.label, re.compile(pattern, re.IGNORECASE), frozenset(heads))

    def names(self, text: str, stretch: Stretch) -> Names:
        """Where a parsed text names the concept."""
        places = tuple((m.start(), m.end(), self.label) for m in self.pattern.finditer(text))
        return Names(places, self.heads if stretch.topic.label is None else frozenset())


def _of_stretch(
    stretch: Stretch, cut: tuple[Unit, ...], docs: Mapping[str, Doc], known: Known, *, defining: bool
) -> Iterator[Candidate]:
    units_by_number = {unit.number: unit for unit in cut}
    for unit in cut:
        if stretch.bracket or unit.role is Role.ASIDE:
            host = units_by_number.get(unit.host[0]) if unit.host is not None else None
            for candidate in _of_brackets(stretch, unit, host, docs):
                yield replace(candidate, place=stretch.place, context=(stretch.context,))
            continue
        here = _labelled(stretch, unit.label) if unit.label is not None else stretch
        around = Surroundings(docs[unit.text], unit, stretch.context, stretch.place)
        names = known.names(unit.text, here)
        yield from of_unit(here, unit, around, names, defining=defining and unit.sentence == 0)


def _of_brackets(stretch: Stretch, unit: Unit, host_unit: Unit | None, docs: Mapping[str, Doc]) -> Iterator[Candidate]:
    """What stands in brackets says something of the words before them, or of the topic."""
    topic = stretch.topic.label
    if stretch.bracket:
        yield from of_aside(None, topic, unit)
        return
    host: str | None = None
    if host_unit is not None and unit.host is not None:
        host = host_phrase(docs[host_unit.text], host_unit, unit.host[1])
    if host is not None or stretch.cell or unit.host is None or unit.host[1] <= 2:
        yield from of_aside(None if stretch.cell else host, topic, unit)
    if host is not None:
        yield from of_aside(None, topic, unit, rule="aside-topic")


def _labelled(stretch: Stretch, label: Passage) -> Stretch:
    """The stretch as its label makes it: framed by what it announces, or about what it names."""
    cue = cue_of(label.text, strict=True)
    if cue is not None:
        return replace(stretch, frame=cue, label=label.text, listed=True)
    if len(label.text.split()) <= 4 and is_named(label.text):
        others = ((stretch.topic, "up"), *stretch.others)
        return replace(stretch, topic=Topic(label.text), label=label.text, frame=None, others=others)
    return stretch
