"""The other names of a concept, as far as its own entry gives them: abbreviations, synonyms, long and short forms.

Each function reads one way in which texts give names and yields what it finds, in the spelling of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kg.names import (
    acronym_of,
    content_words,
    initials,
    is_acronym,
    key,
    one,
    pattern,
    singular,
    without_brackets,
    words,
)
from kg.openings import BRACKET, COORDINATION, COPULA, Opening

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.model import Block

VERSION = re.compile(r"[ivx]+|v?\d[\d.]*")

_CALLED = re.compile(
    r"\b(?:(?:also|sometimes|often|commonly|otherwise|formerly|previously|variously|or|and)\s+)*"
    r"(?:called|known\s+as|referred\s+to\s+as|termed|dubbed|abbreviated(?:\s+(?:as|to))?|stands\s+for|short\s+for"
    r"|a\.?k\.?a\.?)\s+",
    re.IGNORECASE,
)
_OR = re.compile(r"\s*,?\s*or\s+(?:an?\s+|the\s+)?", re.IGNORECASE)
_NAME_END = re.compile(
    r"\s*(?:[,;:.()—–]|\s-\s|\b(?:is|are|was|were|and|or|which|that|who|in|by|for|when|where|because|since|but|uses?"
    r"|using|with|has|have|can)\b|$)"
)
_ASKED = re.compile(
    r"\b(?:what (?:is|are)|why|how) (?:an? |the )?((?:\S+ ){0,5}?\S+?)(?:\?| matters?\b| works?\b)", re.IGNORECASE
)
_SPELT = re.compile(
    r"(?:(?:British|American|alternative|other|older|former|earlier)\s+(?:spelling|name|term|form)|formerly|previously"
    r"|also|synonym)s?(?:\s*:\s*|\s+)",
    re.IGNORECASE,
)
_OTHER_NAMES = re.compile(
    r"(?:also|sometimes|often|commonly) (?:called|known as)|(?:aka|a\.k\.a)|synonyms?|alias(?:es)?"
    r"|(?:other|alternative|alternate) (?:names?|terms?|spellings?)|abbreviations?|acronyms?|short (?:forms?|names?)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_QUOTES = " \"'“”‘’*"
_LONGEST_NAME = 6


def bracketed(name: str) -> Iterator[str]:
    """Names in the brackets of a name: abbreviations, spelled-out forms, "also called" forms."""
    for bracket in BRACKET.finditer(name):
        inside, before, behind = bracket[1].strip(), name[: bracket.start()], name[bracket.end() :]
        parts = before.split() or [""]
        # of "A and B (BB)" the bracket names the second alone
        ends = range(1 if COORDINATION.search(before) else len(parts))
        if not behind.strip() and not acronym_of(parts[-1], inside) and acronym_of(before.strip(), inside):
            yield inside
            continue
        if any(acronym_of(inside, " ".join(parts[i:])) for i in ends) or acronym_of(parts[-1], inside):
            # "Mean Sea Level (MSL) Gauges": the short form stands for the words before it, not for the whole name
            if not behind.strip():
                yield one(inside)
            elif not COORDINATION.match(behind):
                if is_acronym(before.strip()):
                    yield before.strip()
                yield without_brackets(inside + behind)
            continue
        for part in re.split(r"\s*[;,]\s*", inside):
            if called := _CALLED.match(part) or _OR.match(part) or _SPELT.match(part):
                yield part[called.end() :].strip(_QUOTES)
            elif part == inside and _has_same_head(part, before) and not behind.strip():
                yield part
            elif acronym_of(part, before) and not behind.strip():
                yield one(part)


def _has_same_head(inside: str, name: str) -> bool:
    """Whether a bracket says a name again in other words: "tidal gauge (sea level gauge)"."""
    left, right = words(inside), words(name)
    if not right or not 1 < len(left) <= _LONGEST_NAME:
        return False
    return singular(left[-1]) == singular(right[-1]) and not set(right) <= set(left)


def labelled(blocks: Iterable[Block]) -> Iterator[str]:
    """Names under a label of their own: "**Also called:** tide staff, sea gauge (older books)"."""
    for block in blocks:
        if block.lead and _OTHER_NAMES.fullmatch(block.lead.text.strip(" :.")):
            said = _SENTENCE_END.split(BRACKET.sub("", block.passage.text), maxsplit=1)[0]
            for part in re.split(r"\s*[;,]\s*(?:(?:or|and)\s+)?|\s+or\s+", said.rstrip(".")):
                if 0 < len(part.split()) <= _LONGEST_NAME:
                    yield part.strip(_QUOTES)


def alternatives(label: str) -> Iterator[str]:
    """The names that a label with a slash says at once: "wind/water mills" are wind mills and water mills."""
    first, _, rest = label.partition(" ")
    parts = first.split("/")
    if rest and len(parts) > 1 and all(len(part) > 2 for part in parts):
        yield from (f"{part} {rest}" for part in parts)


def called(opening: Opening) -> Iterator[str]:
    """Names that the first sentence gives beside its subject: ", also known as X,", " or X is …"."""
    sentence = opening.sentence
    verb = COPULA.search(sentence)
    either = _OR.match(sentence)
    found = [either] if either and verb and verb.start() > either.end() else []
    # a participle behind the verb speaks of the subject only at the end of its own clause, and mostly does not:
    # "is a bridge called X" names an example of the genus
    # and without a copula, only right behind it: "cuts the field into strips, called swathes" names the strips
    until = verb.start() if verb else len(sentence) - len(sentence.lstrip(" ,(")) + 1
    found += [m for m in _CALLED.finditer(sentence) if m.start() < until or _says_also(m[0])]
    for match in found:
        end = _NAME_END.search(sentence, match.end())
        name = re.sub(r"^(?:an?|the)\s+", "", sentence[match.end() : end.start() if end else None].strip(_QUOTES))
        if 0 < len(name.split()) <= _LONGEST_NAME:
            yield name


def _says_also(text: str) -> bool:
    return bool(re.match(r"also\b", text, re.IGNORECASE))


def expansion(label: str, rest: str) -> Iterator[str]:
    """The long form in "MSL is mean sea level, which …": the predicate spells out an abbreviated label."""
    verb = COPULA.match(rest)
    if verb is None:
        return
    end = _NAME_END.search(rest, verb.end())
    phrase = rest[verb.end() : end.start() if end else None].split()
    parts = label.split()
    at = next((i for i, word in enumerate(parts) if is_acronym(word)), None)
    if at is None or [key(w) for w in phrase[:at]] != [key(w) for w in parts[:at]]:
        return
    short, tail, long = parts[at], parts[at + 1 :], phrase[at:]
    if not all(VERSION.fullmatch(word.casefold()) for word in tail) or not long or not content_words(long[0]):
        return
    sizes = [size for size in range(2, len(long) + 1) if key(short) in initials(" ".join(long[:size]))]
    if sizes:
        yield " ".join(phrase[: at + sizes[0]])
    elif len(long) > 1 and acronym_of(short, " ".join(long)):
        yield " ".join(phrase)


def abbreviation(label: str, body: str) -> Iterator[str]:
    """The short form that the body puts in brackets behind the label."""
    for match in re.finditer(rf"(?<!\w){pattern(label)}\s*\(([^\W_][\w./&+-]{{1,11}})\)", body, re.IGNORECASE):
        short = match[1]
        before = body[max(0, match.start() - 40) : match.start()].split()[-1:]
        # of "Old Mean Sea Level (OMSL)" the label is only a part
        longer = key(short) in initials(" ".join([*before, label]))
        if key(short) in initials(label) or (acronym_of(short, label) and not longer):
            yield one(short)
            return


def contractions(label: str, text: str) -> Iterator[str]:
    """The label with some of its words contracted to their initials, where the entry writes it so."""
    parts = label.split()
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + (start > 0)):
            for short in initials(" ".join(parts[start:end])):
                form = " ".join([*parts[:start], short, *parts[end:]])
                if len(short) > 1 and (found := _find(form, text)):
                    yield found


def title_subjects(label: str, opening: Opening, body: str) -> Iterator[str]:
    """Names from a title and the text below it: a subtitle that spells the title out, its first words as a subject."""
    long = re.split(r"[:.;,]", opening.subtitle, maxsplit=1)[0].strip()
    if is_acronym(label) and acronym_of(label, long):
        yield long
    if COORDINATION.search(label):
        return
    parts = label.split()
    for size in range(len(parts) - 1, 1, -1):
        short = " ".join(parts[:size])
        if re.match(rf"{pattern(short)}\s", opening.rest, re.IGNORECASE):
            yield short
            return
    short = re.split(r"\s+(?:for|in|of|on|with)\s+", label, maxsplit=1)[0]
    if short != label and " " in short:
        for found in re.finditer(rf"(?:^|[.!?—] )({pattern(short)}) [a-z]", body, re.IGNORECASE):
            yield found[1]
            return


def asked(label: str, body: str) -> Iterator[str]:
    """The first words of a label where a section asks for them: "What Is Drip Irrigation?" of a longer title."""
    whole = [] if COORDINATION.search(label) else words(label)
    for match in _ASKED.finditer(body):
        part = words(match[1])
        # "Multi-Stage" alone is no name, "Multi-Stage Pump" and "Ready-to-Print" are
        is_name = len(match[1].split()) > 1 or len(part) > 2
        if is_name and len(part) < len(whole) and part == whole[: len(part)]:
            yield match[1]
            return


def is_shortened(item: str, label: str, items: list[str]) -> bool:
    """Whether the first search phrase is the label with words left out, or with words put before it."""
    left, right = [singular(w) for w in words(item)], [singular(w) for w in words(label)]
    if len(left) < 2 or set(left) == set(right):
        return False
    if set(left) < set(right) or "".join(left) in "".join(right):
        # what the phrase leaves out must not be the other thing of which the title speaks
        omitted = content_words(label) - content_words(item)
        others = [{singular(w) for w in words(other)} for other in items if other != item]
        coordinated = COORDINATION.search(label) is not None
        if coordinated and label.casefold().startswith(f"{item.casefold()} and "):
            # a header that has the first thing in front and the second one only far behind is on the first
            others = others[:1]
        return not any(omitted == other or (coordinated and omitted <= other) for other in others)
    return set(left) > set(right) and left[: len(right)] != right


def is_infixed(item: str, label: str) -> bool:
    """Whether a search phrase is the label with a word put in: "hand water pump" of "hand pump"."""
    left, right = words(item), words(label)
    if len(right) != 2 or len(left) != 3 or left[0] != right[0]:
        return False
    short, long = sorted((left[-1], right[-1]), key=len)
    return short == long or (len(short) > 4 and long.startswith(short))


def is_strung(item: str, label: str, aliases: list[str]) -> bool:
    """Whether a search phrase only strings together the label and its abbreviations: "mean sea level msl"."""
    left, whole = set(words(item)), set(words(label))
    return whole <= left <= whole | {w for alias in aliases for w in words(alias)}


def written(name: str, body: str) -> str:
    """A name as the body writes it, else as given."""
    return _find(name, body) or name


def _find(name: str, text: str) -> str:
    """The first place that has a name, whatever its case, dashes and spaces; empty when none has."""
    folded = text.casefold()
    # a look for each word is cheaper than a pattern that finds nothing
    if not name or not all(word in folded for word in words(name)):
        return ""
    found = re.search(rf"(?<!\w){pattern(name)}(?=s?(?!\w))", text, re.IGNORECASE)
    return found[0] if found else ""
