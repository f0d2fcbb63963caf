"""Header line and first sentence -> headword: what an entry is about, its other names, its subject field.

The header line is read by its grammar, the opening of the body by its typography (`kg.openings`). Where the two
disagree the body names the concept and the header classifies it. Nothing here knows a domain; subject fields are known
by their recurrence (`subject_fields`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg import variants
from kg.model import Entry, Flag, HeaderGrammar, Headword, Key
from kg.names import acronym_of, content_words, initialism_of, initials, key, without_brackets, words
from kg.openings import BRACKET, is_related, opening_of
from kg.variants import written

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class _Header:
    """A header line by its grammar: items that are `names` of the concept, the `others`, the subject field."""

    grammar: HeaderGrammar
    names: tuple[str, ...]
    others: tuple[str, ...]
    category: str | None


def headwords(entries: Iterable[Entry]) -> tuple[Headword, ...]:
    """The headwords of a glossary's entries (with blocks), in their order."""
    entries = tuple(entries)
    fields = subject_fields(entries)
    return tuple(headword(entry, fields) for entry in entries)


def headword(entry: Entry, fields: frozenset[Key] = frozenset()) -> Headword:
    """What an entry is about. `entry` has its blocks; `fields` are the `subject_fields` of the glossary.

    The label is the name in the body where the body has one, else the first item of the header.
    """
    items = split_header(entry.header)
    opening = opening_of(entry, items)
    header = _classify(items, opening.name if opening else "", fields)
    body = " ".join(text for block in entry.blocks for text in block.texts)
    if opening is None:
        return _from_header(header, body)
    label = without_brackets(opening.name)
    aliases = [*variants.bracketed(opening.name), *variants.abbreviation(label, body)]
    aliases += [written(form, body) for form in variants.contractions(label, f"{entry.header}\n{body}")]
    if opening.titled:
        aliases += variants.title_subjects(label, opening, body)
    else:
        aliases += [*variants.expansion(label, opening.rest), *variants.called(opening)]
    aliases += [*variants.asked(label, body), *variants.labelled(entry.blocks), *variants.alternatives(label)]
    keywords: list[str] = []
    # a header that speaks of something else gives no names
    (aliases if is_related(opening, items) else keywords).extend(_names(header.names, label, body))
    phrases = header.grammar is HeaderGrammar.PHRASES
    for position, item in enumerate(header.others):
        spelled = (label, *variants.alternatives(label))
        shortened = phrases and position == 0 and any(variants.is_shortened(item, name, items) for name in spelled)
        if shortened or key(item) in initials(label) or variants.is_infixed(item, label):
            aliases.append(written(item, body))
        elif not variants.is_strung(item, label, aliases):
            keywords.append(item)
    aliases = _distinct(aliases, label)
    keywords = _distinct(keywords, label, *aliases)
    return Headword(label, tuple(aliases), tuple(keywords), header.category, header.grammar)


def _names(items: Iterable[str], label: str, body: str) -> Iterable[str]:
    """The names in the naming items of a header, as the body writes them; of a bracket only an abbreviation."""
    for item in items:
        yield written(without_brackets(item), body)
        for inside in BRACKET.findall(item):
            if acronym_of(inside, label) or acronym_of(label, inside):
                yield written(inside, body)


def flagged(entry: Entry) -> Entry:
    """The entry, flagged when its header and its body are about different things: no word, stem or initials shared."""
    items = split_header(entry.header)
    opening = opening_of(entry, items)
    if opening is None or is_related(opening, items):
        return entry
    return replace(entry, flags=entry.flags | {Flag.HEADER_BODY_MISMATCH})


def subject_fields(entries: Iterable[Entry]) -> frozenset[Key]:
    """The keys of the subject fields of a glossary: the last items of headers that read `term, category`.

    One header cannot tell a category from a second search phrase, many can: a category closes several headers.
    Copies of a header (the same entry on two pages) count once.
    """
    terms: defaultdict[Key, set[Key]] = defaultdict(set)
    for header in {entry.header for entry in entries}:
        items = split_header(header)
        if len(items) == 2 or (len(items) > 2 and BRACKET.search(items[0])):
            terms[key(items[-1])].add(key(items[0]))
    return frozenset(field for field, named in terms.items() if len(named) > 1)


def split_header(header: str) -> list[str]:
    """The items of a header line: split at commas outside brackets, trimmed, empty ones dropped.

    >>> split_header("lathe (turning machine, manual),lathe, machine tools")
    ['lathe (turning machine, manual)', 'lathe', 'machine tools']
    """
    items = [" ".join(item.split()) for item in re.split(r",(?![^()]*\))", header) if item.strip()]
    return items or [header.strip()]


def _classify(items: list[str], name: str, fields: frozenset[Key]) -> _Header:
    """A header by its grammar. `name` is what the body calls the concept, `fields` the glossary's subject fields."""
    first, *middle, last = items if len(items) > 1 else (*items, "")
    if not last:
        return _Header(HeaderGrammar.TERM_CATEGORY, (first,), (), None)
    names_too = key(last) not in fields and _names_same(first, last)
    if not middle:
        if names_too or (key(last) not in fields and _is_part(first, last)):
            return _Header(HeaderGrammar.TERM_TERM_CATEGORY, (first, last), (), None)
        return _Header(HeaderGrammar.TERM_CATEGORY, (first,), (), last)
    same = [item for item in middle if _names_same(first, item) or (name and _names_same(name, item))]
    # "saw, hand saw, tools" repeats its term; a longer list with such items is one of search phrases
    parts = [item for item in middle if item not in same and (_is_part(first, item) or _is_part(item, first))]
    # "loran 2, loran, navigation": without its number an item names something else
    parts = [item for item in parts if len(items) == 3 and not _is_another_version(item, first)]
    rest = tuple(item for item in middle if item not in same and item not in parts)
    if BRACKET.search(first):
        names, category = ((first, *same, last), None) if names_too else ((first, *same), last)
        if category and len(rest) > 1 and key(category) not in fields:
            # several phrases behind the names: the last is one of them
            rest, category = (*rest, category), None
        return _Header(HeaderGrammar.TERM_ABBREVIATION_CATEGORY, names, (*parts, *rest), category)
    told = len(items) == 3 and (key(last) in fields or _is_another_version(middle[0], first))
    if not names_too and (told or not rest):
        return _Header(HeaderGrammar.TERM_TERM_CATEGORY, (first, *same, *parts), rest, last)
    if all(" " not in item for item in items):
        return _Header(HeaderGrammar.WORDS, (), tuple(items), None)
    return _Header(HeaderGrammar.PHRASES, (), tuple(items), None)


def _from_header(header: _Header, body: str) -> Headword:
    """The headword of an entry whose body does not name its concept."""
    names = header.names or header.others[:1]
    label = written(without_brackets(names[0]), body)
    aliases = _distinct(_names(names, label, body), label)
    keywords = _distinct(map(without_brackets, header.others), label, *aliases)
    return Headword(label, tuple(aliases), tuple(keywords), header.category, header.grammar)


def _names_same(left: str, right: str) -> bool:
    """Whether two items name one thing by their letters: the same words, or the initials of the other's."""
    for a in (without_brackets(left), *BRACKET.findall(left)):
        for b in (without_brackets(right), *BRACKET.findall(right)):
            if key(a) == key(b) or initialism_of(a, b) or initialism_of(b, a):
                return True
    return False


def _is_part(short: str, long: str) -> bool:
    """Whether a longer item begins or ends with a shorter one: "saw" and "saw bench" or "hand saw"."""
    left, right = words(short), words(long)
    return len(left) < len(right) and left in (right[: len(left)], right[-len(left) :])


def _is_another_version(item: str, whole: str) -> bool:
    """Whether an item lacks the number that tells another thing of the same name apart: "loran" of "loran 2"."""
    short, long = words(item), words(whole)
    return len(short) < len(long) and long[: len(short)] == short and bool(variants.VERSION.fullmatch(long[len(short)]))


def _distinct(names: Iterable[str], *known: str) -> list[str]:
    """Names in order, without empty ones and without those that are known: same words, function words aside."""
    seen = {form for name in known for form in _forms(name)}
    out = []
    for name in names:
        name = " ".join(name.split())
        if name and seen.isdisjoint(_forms(name)):
            seen.update(_forms(name))
            out.append(name)
    return out


def _forms(name: str) -> tuple[object, ...]:
    return (key(name), key(" ".join(w for w in words(name) if content_words(w))) or key(name))
