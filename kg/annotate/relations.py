"""Assertions from parsed units: what verbs, prepositions, frames and brackets say.

Every assertion names its rule. A rule's name says where it looked and what it read there; `@lead` and `@phrase` say
that the subject is not the entry's concept but a lead-in or another phrase:

    definition:uses    the first sentence: "X is a Y that uses O"
    verb:reduces       verb and object, verb and preposition: "avoids O", "protects against O"
    prep:via           a preposition on any verb: "… via O"
    noun:with          a preposition on a noun: "a filter with O"
    agent:uses         the passive read from its agent: "O is used by S"
    copula:is-a        "S is an O", beyond the definition
    frame:limitations:subject   a phrase in text under a title or label that announces limitations, by its part
    bullet:components  a bare noun phrase as a bullet under such a title
    aside:example      "S (e.g., O)"           aside:list   "S (O1, O2)"
    aside:origin       "S (Maker, Year)"       hearst:…     "S such as O"
    pair:ahead         two phrases of one clause, near each other, whatever stands between them
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.annotate.lexicon import lexicon, predicates
from kg.annotate.phrases import Phrase, is_nominal, phrases
from kg.annotate.syntax import NO_NAMES, Link, Names, links, refers_back
from kg.model import Span, Year

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spacy.tokens import Doc, Token

    from kg.annotate.context import Surroundings
    from kg.annotate.structure import Stretch
    from kg.annotate.units import Unit

_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_EXAMPLE = re.compile(r"^(?:e\.g\.|eg|for example|for instance|such as|including|like|examples?:)[,:]?\s*", re.I)
_REVERSED = re.compile(r"^(?:vs\.?|versus|unlike|compared to|instead of|not)\s+", re.I)
_ITEM = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|;\s*|\s+and\s+|\s+or\s+|\s*\+\s+|\s+/\s+)\s*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An assertion before it is weighed; `subject` None is the entry's concept."""

    subject: str | None
    predicate: str
    object: str | Year
    span: Span
    rule: str
    cue: str = ""
    """The verb or preposition that was read, as in `syntax.Link`."""
    place: str = ""
    """What the title above announces (the name of its cue)."""
    context: tuple[tuple[str, ...], ...] = ()
    """How the object stands in the text, and to the subject (`context.py`)."""


def of_unit(
    stretch: Stretch, unit: Unit, around: Surroundings, names: Names = NO_NAMES, *, defining: bool
) -> Iterator[Candidate]:
    """All candidates of a parsed main or continued unit; `defining`: it belongs to the definition."""
    home = "definition" if defining else "verb"
    for link in links(around.doc, names):
        if not link.negated:
            yield from _of_link(link, unit, stretch.topic.label, home, around)
    parts = list(_parts(around.doc, names))
    yield from _of_phrases(stretch, unit, around, parts, defining)
    yield from _of_pairs(unit, around, [phrase for _, _, phrase in parts])


def _of_phrases(
    stretch: Stretch, unit: Unit, around: Surroundings, parts: Iterable[tuple[str, str, Phrase]], defining: bool
) -> Iterator[Candidate]:
    """What the place of a unit says of each of its phrases."""
    topic = stretch.topic.label
    frame = stretch.frame
    name = frame.name if frame is not None else "plain"
    if stretch.cell:
        where = "cell"
    elif frame is not None and frame.text:
        where = "frame"
    elif stretch.listed:
        where = "bullet"
    else:
        where = "definition-part" if defining else "text"
    predicate = "uses"
    if frame is not None:
        predicate = frame.text or (frame.items if stretch.listed else "") or "uses"
    for role, cue, phrase in parts:
        rule = f"{where}:{name}:{role}"
        yield _candidate(topic, None, predicate, phrase, unit, rule, around, cue=cue)
        for other, how in stretch.others:
            span = unit.span(phrase.start, phrase.end)
            words = unit.wording(phrase.text, phrase.start)
            context = around.block, around.of(phrase)
            yield Candidate(other.label, predicate, words, span, f"{rule}@{how}", cue, around.place, context)


def _of_link(link: Link, unit: Unit, topic: str | None, home: str, around: Surroundings) -> Iterator[Candidate]:
    table = predicates()
    cue = link.cue
    if cue == "be>":
        yield _link(link, "broader", unit, topic, "definition:is-a" if home == "definition" else "copula:is-a", around)
        return
    if cue.endswith("<") and cue not in table:
        predicate = table.get(cue[:-1] + ">")
        subject = link.subject.text if link.subject is not None else topic
        if predicate is not None and subject is not None:
            span = unit.span(link.start, link.end)
            rule = f"agent:{predicate}@phrase"
            yield Candidate(link.object.text, predicate, subject, span, rule, cue, around.place, (around.block,))
        yield _link(link, "uses", unit, topic, "agent:by", around)
        return
    if cue.startswith("noun:"):
        prep = cue.removeprefix("noun:")
        predicate = table.get(f"prep:{prep}", "uses")
        yield _link(
            link, predicate, unit, topic, f"hearst:{prep}" if predicate == "hasExample" else f"noun:{prep}", around
        )
        yield _candidate(topic, None, predicate, link.object, unit, f"noun-topic:{prep}", around, cue=cue)
        return
    prep = re.split(r"[+>]", cue)[-1]
    if cue in table:
        found = {table[cue]: f"{home}:{table[cue]}"}
    elif prep and f"prep:{prep}" in table:
        found = {table[f"prep:{prep}"]: f"prep:{prep}" if home == "verb" else f"definition-prep:{prep}"}
    elif prep:
        found = {"usedFor": "prep:other", "uses": "prep:other"}
    else:
        found = {"usedFor": f"{home}:other", "uses": f"{home}:other"}
    if "usedFor" in found:
        found.setdefault("uses", found["usedFor"])
    elif "uses" in found:
        found.setdefault("usedFor", found["uses"])
    for predicate, rule in found.items():
        yield _link(link, predicate, unit, topic, rule, around)
        if link.subject is not None:
            lifted = rule.replace("verb:", "lifted:") if rule.startswith("verb:") else f"lifted-{rule}"
            yield _candidate(topic, None, predicate, link.object, unit, lifted, around, link.start, link.end, cue=cue)


def _link(link: Link, predicate: str, unit: Unit, topic: str | None, rule: str, around: Surroundings) -> Candidate:
    subject = None if link.subject is None else unit.wording(link.subject.text, link.subject.start)
    return _candidate(topic, subject, predicate, link.object, unit, rule, around, link.start, link.end, cue=link.cue)


def _candidate(
    topic: str | None, subject: str | None, predicate: str, obj: Phrase, unit: Unit, rule: str, around: Surroundings,
    start: int | None = None, end: int | None = None, *, cue: str = "",
) -> Candidate:  # fmt: skip
    if subject is not None:
        rule += "@phrase"
    elif topic is not None:
        rule += "@lead"
    span = unit.span(obj.start if start is None else start, obj.end if end is None else end)
    words = unit.wording(obj.text, obj.start)
    context = around.block, around.of(obj)
    return Candidate(
        subject if subject is not None else topic, predicate, words, span, rule, cue, around.place, context
    )


_AHEAD, _BEHIND = 5, 2
"""Phrases ahead of one, and behind it, that it may bear a relation to without a rule that says so."""


def _of_pairs(unit: Unit, around: Surroundings, found: Sequence[Phrase]) -> Iterator[Candidate]:
    """Any two phrases of a unit that stand near each other; which relation that is, only the way between them tells."""
    for i, subject in enumerate(found):
        for j in range(max(0, i - _BEHIND), min(len(found), i + _AHEAD + 1)):
            obj = found[j]
            if i == j or (subject.start < obj.end and obj.start < subject.end):
                continue
            way = around.between(subject, obj)
            if way is None:
                continue
            joint, context = way
            span = unit.span(min(subject.start, obj.start), max(subject.end, obj.end))
            one, other = (unit.wording(p.text, p.start) for p in (subject, obj))
            rule = f"pair:{'ahead' if i < j else 'behind'}@phrase"
            contexts = around.block, context, around.of(obj)
            yield Candidate(one, "uses", other, span, rule, joint, around.place, contexts)


def _parts(doc: Doc, names: Names) -> Iterator[tuple[str, str, Phrase]]:
    """The phrases of a unit with their part in it (root, subject, object, other) and the cue that they hang on."""
    seen: set[tuple[str, int]] = set()
    for token in doc:
        if not is_nominal(token) or token.dep_ in {"compound", "conj", "appos", "nmod", "amod", "npadvmod", "poss"}:
            continue
        if names.at(token) is not None or refers_back(token, names.heads):
            continue
        role = (
            "root" if token.dep_ == "ROOT" or token.dep_ in {"attr", "dep"}
            else "subject" if token.dep_ in {"nsubj", "nsubjpass"} and token.head.dep_ in {"ROOT", "conj"}
            else "object" if token.dep_ == "dobj"
            else "other"
        )  # fmt: skip
        cue = _hangs_on(token)
        for phrase in phrases(token):
            if (phrase.text, phrase.start) not in seen:
                seen.add((phrase.text, phrase.start))
                yield role, cue, phrase


def _hangs_on(token: Token) -> str:
    """The word that governs a phrase and the way it does: "use>", "rely>on", "<drive" for the subject of "drive"."""
    if token.dep_ == "ROOT":
        return "root"
    head = token.head
    if token.dep_ in {"nsubj", "nsubjpass"}:
        return f"<{head.lemma_.lower()}{'+' if token.dep_ == 'nsubjpass' else ''}"
    if token.dep_ == "pobj":
        return f"{head.head.lemma_.lower()}>{head.lower_}" if head.head.pos_ == "VERB" else f">{head.lower_}"
    return f"{head.lemma_.lower()}>"


def of_aside(host: str | None, topic: str | None, unit: Unit, *, rule: str = "aside") -> Iterator[Candidate]:
    """What brackets say of the words before them (`host`) or of the topic; `rule` begins the names of the rules."""
    text = unit.passage.text.strip()
    subject = host if host is not None else topic
    tail = "@phrase" if host is not None else "@lead" if topic is not None else ""
    years = _YEAR.findall(text)
    if years and len(text.split()) <= 8:
        match = _YEAR.search(text)
        assert match is not None
        maker = text[: match.start()].strip(" ,;")
        if maker and maker[:1].isupper():
            yield Candidate(
                subject, "developedBy", re.sub(r"^by ", "", maker), unit.passage.span(), f"{rule}:origin{tail}"
            )
        yield Candidate(subject, "introducedIn", Year(int(match[1])), unit.passage.span(), f"{rule}:year{tail}")
        return
    if re.search(r"\bet al\b", text) and len(text.split()) <= 5:
        yield Candidate(subject, "developedBy", text.strip(" ."), unit.passage.span(), f"{rule}:origin{tail}")
        return
    match = _REVERSED.match(text)
    if match:
        for item, span in _items(unit, match.end()):
            yield Candidate(subject, "contrastsWith", item, span, f"{rule}:contrast{tail}")
        return
    match = _EXAMPLE.match(text)
    items = list(_items(unit, match.end() if match else 0))
    form = "example" if match else "list" if len(items) > 1 else "single"
    if any(len(item.split()) > 5 for item, _ in items):
        return
    for item, span in items:
        yield Candidate(subject, "hasExample", item, span, f"{rule}:{form}{tail}")


def _items(unit: Unit, start: int) -> Iterator[tuple[str, Span]]:
    text = unit.passage.text
    at = start
    for match in [*_ITEM.finditer(text, start), None]:
        end = match.start() if match else len(text)
        a, b = at, end
        while a < b and not (text[a].isalnum() or text[a] in "\"'"):
            a += 1
        while b > a and text[b - 1] in " .,;:…\"'":
            b -= 1
        item = re.sub(r"^(?:the|a|an|usually|typically|often|mostly|primarily|e\.g\.)\s+", "", text[a:b])
        if _is_item(item):
            yield item, unit.passage.span(a, b)
        at = match.end() if match else end


def _is_item(text: str) -> bool:
    """Whether a piece of an enumeration can name a thing: no formula, no function word, no adverbial."""
    words = text.casefold().split()
    if not words or "=" in text or not any(c.isalpha() for c in text):
        return False
    if words[-1].strip(".") in {"etc", "others", "more"}:
        return False
    return words[0] not in lexicon().opening_prepositions | lexicon().title_glue


def host_phrase(doc: Doc, unit: Unit, position: int) -> str | None:
    """The phrase that ends where brackets stood in a unit."""
    at = position + len(unit.prefix)
    last: Token | None = None
    for token in doc:
        if token.idx < at:
            last = token
    if last is None or last.idx + len(last) < at - 1:
        return None
    if is_nominal(last):
        found = [p for p in phrases(last) if p.token == last.i]
        return unit.wording(found[-1].text, found[-1].start) if found else None
    return None
