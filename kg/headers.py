"""Header line and first sentence -> headword: what an entry is about, its other names, its subject field.

The header line is read by its grammar, the opening of the body by its typography: the name stands in bold, in a title,
or is the subject of the first sentence. Where the two disagree the body names the concept and the header classifies
it. Nothing here knows a domain; subject fields are known by their recurrence (`subject_fields`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.model import Block, BlockKind, Entry, HeaderGrammar, Headword, Key, MarkKind
from kg.names import acronym_of, initialism_of, initials, is_acronym, key, singular, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FUNCTION_WORDS = frozenset(("a", "an", "the", "of", "for", "to", "in", "on", "and", "or", "with", "by", "as", "is"))
_DASH = re.compile(r"\s*[—–]\s+|\s+[—–]\s*|\s+-\s+")
_COLON = re.compile(r":\s+|:$")
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_QUESTION = re.compile(r"^(?:what|why|how)\s+(?:is|are|was|were|does|do)\s+(?:(?:a|an|the)\s+)?", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:what (?:is|are)|why|how) ((?:\S+ ){0,5}?\S+?)(?:\?| matters?\b| works?\b)", re.IGNORECASE)
_NUMBERING = re.compile(r"^(?:\d+(?:\.\d+)*[.)]|\d+(?:\.\d+)+)\s+(?=\S)")
_COPULA = re.compile(r"\s+(?:is|are|was|were|refers?\s+to|means|denotes?|describes?|defines?|measures?)\s+")
_CALLED = re.compile(
    r"(?:\b(?:also|sometimes|often|commonly|otherwise|formerly|or|previously)\s+)(?:(?:called|known\s+as|referred\s+to\s+as"
    r"|termed|dubbed|named|abbreviated(?:\s+(?:as|to))?)\s+)?|\b(?:stands\s+for|short\s+for|abbreviated(?:\s+as)?"
    r"|a\.?k\.?a\.?)\s+",
    re.IGNORECASE,
)
_NAME_END = re.compile(
    r"\s*(?:[,;:.()—–]|\s-\s|\b(?:is|are|was|were|and|or|which|that|who|in|by|for|when|where|because|since|but|uses?"
    r"|using|with)\b|$)"
)
_COORDINATION = re.compile(r"\s+(?:and|&)\s+|/")
_VERSION = re.compile(r"[ivx]+|v?\d[\d.]*")
_LONGEST_NAME = 120
_NAME_BLOCKS = (BlockKind.HEADING, BlockKind.PARAGRAPH)


@dataclass(frozen=True, slots=True)
class _Opening:
    """One way to read how a body opens: the name as it stands there, brackets included, and what follows it.

    `titled` says that the name heads the text instead of being the subject of its first sentence; a title can go on
    behind the name with a `subtitle`.
    """

    name: str
    rest: str
    titled: bool
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    """A header line by its grammar: items that are `names` of the concept, the `others`, the subject field."""

    grammar: HeaderGrammar
    names: tuple[str, ...]
    others: tuple[str, ...]
    category: str | None


def headwords(entries: Iterable[Entry]) -> tuple[Headword, ...]:
    """The headwords of a glossary's entries, in their order; read twice: first for the subject fields."""
    entries = tuple(entries)
    fields = subject_fields(entries)
    return tuple(headword(entry, fields) for entry in entries)


def headword(entry: Entry, fields: frozenset[Key] = frozenset()) -> Headword:
    """What an entry is about. `entry` has its blocks; `fields` are the `subject_fields` of the glossary.

    The label is the name in the body where the body has one, else the first item of the header.
    """
    items = split_header(entry.header)
    opening = _opening(entry, items)
    header = _classify(items, opening.name if opening else "", fields)
    body = " ".join(text for block in entry.blocks for text in block.texts)
    if opening is None:
        return _from_header(header, items, body)
    if _titles_two(opening, items, entry.blocks):
        opening = _Opening(_COORDINATION.split(opening.name)[0], opening.rest, opening.titled)

    label = _plain(opening.name)
    aliases = [*_bracketed(opening.name), *_contractions(label, entry.header, body), *_abbreviations(label, body)]
    if opening.titled:
        aliases += _title_subjects(label, opening, body)
    else:
        aliases += [*_expansion(label, opening.rest), *_called(opening)]
    aliases += _asked(label, body)
    related = _is_related(opening, items)
    keywords: list[str] = []
    for item in header.names:
        aliases += [_written(b, body) for b in _BRACKET.findall(item) if acronym_of(b, label) or acronym_of(label, b)]
        if related:
            aliases.append(_written(_plain(item), body))
        else:
            keywords.append(_plain(item))
    for position, item in enumerate(header.others):
        plain = _plain(item)
        if (
            key(plain) in initials(label)
            or _infixes(plain, label)
            or (position == 0 and header.grammar is HeaderGrammar.PHRASES and _shortens(plain, label, items))
        ):
            aliases.append(_written(plain, body))
        elif not _repeats(plain, label, aliases):
            keywords.append(plain)
    aliases = _distinct(aliases, label)
    return Headword(label, tuple(aliases), tuple(_distinct(keywords, label, *aliases)), header.category, header.grammar)


def mismatch(entry: Entry) -> bool:
    """Whether header and body are about different things: they share no word, no stem and no initials."""
    items = split_header(entry.header)
    opening = _opening(entry, items)
    return opening is not None and not _is_related(opening, items)


def subject_fields(entries: Iterable[Entry]) -> frozenset[Key]:
    """The keys of the subject fields of a glossary: the last items of headers that read `term, category`.

    One header cannot tell a category from a second search phrase, many can: a category closes several headers.
    Copies of a header (the same entry on two pages) count once.
    """
    terms: defaultdict[Key, set[Key]] = defaultdict(set)
    for header in {entry.header for entry in entries}:
        items = split_header(header)
        if len(items) == 2 or (len(items) > 2 and _BRACKET.search(items[0])):
            terms[key(items[-1])].add(key(items[0]))
    return frozenset(field for field, named in terms.items() if len(named) > 1)


def split_header(header: str) -> list[str]:
    """The items of a header line: split at commas outside brackets, trimmed, empty ones dropped.

    >>> split_header("lathe (turning machine, manual),lathe, machine tools")
    ['lathe (turning machine, manual)', 'lathe', 'machine tools']
    """
    items = [" ".join(item.split()) for item in re.split(r",(?![^()]*\))", header) if item.strip()]
    return items or [header.strip()]


# ------------------------------------------------------------------------------------------------ how a body opens


def _opening(entry: Entry, items: list[str]) -> _Opening | None:
    """The reading of the opening that names the concept; None when the body has no name for it.

    Among the possible names, the one that is related to the earliest item of the header; else the first.
    """
    openings: list[_Opening] = []
    for block in entry.blocks[:3]:
        if block.kind not in _NAME_BLOCKS:
            break
        openings += _block_openings(block, items)
    for item in items:
        for opening in openings:
            if _related(item, opening.name):
                return opening
    return openings[0] if openings else None


def _block_openings(block: Block, items: list[str]) -> Iterator[_Opening]:
    text = block.passage.text
    if block.kind is BlockKind.HEADING:
        yield from _title(text, "")
        return
    if block.lead:
        yield from _title(block.lead.text, text)
        return
    bold = next((mark.end for mark in block.passage.marks if mark.start == 0 and mark.kind is MarkKind.BOLD), 0)
    if bold:
        name, rest = _extended(text[:bold], text[bold:])
        if _COPULA.match(rest) or not (not rest or _DASH.match(rest) or _COLON.search(name) or _DASH.search(name)):
            yield _Opening(name.strip().rstrip(":"), rest, titled=False)
        else:
            yield from _title(name, rest)
        return
    for item in items:
        if match := re.match(_regex(_plain(item)) + r"\b", text, re.IGNORECASE):
            yield _Opening(*_extended(match[0], text[match.end() :]), titled=False)
            return
    if (verb := _COPULA.search(text)) and verb.start() < _LONGEST_NAME:
        yield _Opening(text[: verb.start()], text[verb.start() :], titled=False)


def _extended(name: str, rest: str) -> tuple[str, str]:
    """A name with what belongs to it behind the bold: its bracket, and capitalised words up to the verb."""
    bracket = _BRACKET.match(rest)
    end = bracket.end() if bracket and not _CALLED.match(bracket[1]) else 0
    more = re.match(r"(?:\s[A-Z0-9][\w/-]*)+(?=\s(?:is|are|was|were)\s)", rest[end:])
    end += more.end() if more else 0
    return name + rest[:end], rest[end:]


def _title(title: str, rest: str) -> Iterator[_Opening]:
    """A title "Name: Subtitle — gloss" can have the name before or behind the colon."""
    title = _QUESTION.sub("", _NUMBERING.sub("", title.strip())).rstrip("?!.: ")
    head, *gloss = _DASH.split(title, maxsplit=1)
    dash = _DASH.match(rest)
    rest = rest[dash.end() if dash else 0 :].strip()
    parts = [part.strip() for part in _COLON.split(head) if part.strip()]
    for i, part in enumerate(parts[:2]):
        yield _Opening(part, rest, titled=True, subtitle=": ".join([*parts[i + 1 :], *gloss]))


def _titles_two(opening: _Opening, items: list[str], blocks: tuple[Block, ...]) -> bool:
    """Whether a title "A and B" stands over a text on A: the header begins with A and so does the first sentence."""
    first, *second = _COORDINATION.split(opening.name)
    if not (opening.titled and second and key(first) == key(items[0])):
        return False
    below = next((block.passage.text for block in blocks[1:3] if block.kind is BlockKind.PARAGRAPH), "")
    return bool(re.match(rf"{_regex(first)}\s", opening.rest or below, re.IGNORECASE))


def _is_related(opening: _Opening, items: list[str]) -> bool:
    """Whether the header speaks of what the body opens with; the first sentence may name it late."""
    if any(_related(item, opening.name) for item in items):
        return True
    sentence = re.split(r"(?<=[.!?])\s", opening.rest, maxsplit=1)[0]
    return bool(_content(items[0]) & _content(sentence))


def _related(item: str, name: str) -> bool:
    """Whether a header item and a name have a content word, a part of a word or their initials in common."""
    left, right = _content(item), _content(name)
    if left & right or acronym_of(_plain(name), _plain(item)) or acronym_of(_plain(item), _plain(name)):
        return True
    run = ("".join(words(item)), "".join(words(name)))
    return any(len(w) > 3 and w in run[1] for w in left) or any(len(w) > 3 and w in run[0] for w in right)


# ------------------------------------------------------------------------------------------------------ the header


def _classify(items: list[str], name: str, fields: frozenset[Key]) -> _Header:
    """A header by its grammar. `name` is what the body calls the concept, `fields` the glossary's subject fields."""
    first, last = items[0], items[-1]
    if len(items) == 1:
        return _Header(HeaderGrammar.TERM_CATEGORY, (first,), (), None)
    if len(items) == 2:
        if _names_same(last, first) and key(last) not in fields:
            return _Header(HeaderGrammar.TERM_TERM_CATEGORY, (first, last), (), None)
        return _Header(HeaderGrammar.TERM_CATEGORY, (first,), (), last)
    middle = items[1:-1]
    same = tuple(item for item in middle if _names_same(item, first) or (name and _names_same(item, name)))
    if _BRACKET.search(first):
        others = tuple(item for item in middle if item not in same)
        if _names_same(last, first) and key(last) not in fields:
            return _Header(HeaderGrammar.TERM_ABBREVIATION_CATEGORY, (first, *same, last), others, None)
        return _Header(HeaderGrammar.TERM_ABBREVIATION_CATEGORY, (first, *same), others, last)
    if len(same) == len(middle) and not _names_same(last, first):
        names = tuple(item for item in same if not _is_another_version(item, first))
        return _Header(
            HeaderGrammar.TERM_TERM_CATEGORY, (first, *names), tuple(i for i in same if i not in names), last
        )
    if len(items) == 3 and key(last) in fields:
        return _Header(HeaderGrammar.TERM_TERM_CATEGORY, (first,), tuple(middle), last)
    if all(" " not in item for item in items):
        return _Header(HeaderGrammar.WORDS, (), tuple(items), None)
    return _Header(HeaderGrammar.PHRASES, (), tuple(items), None)


def _from_header(header: _Header, items: list[str], body: str) -> Headword:
    """The headword of an entry whose body does not name its concept."""
    names = header.names or header.others[:1]
    label = _written(_plain(names[0]), body)
    aliases = [_written(part, body) for name in names for part in (_plain(name), *_BRACKET.findall(name))]
    aliases = _distinct(aliases, label)
    keywords = _distinct([_plain(item) for item in header.others], label, *aliases)
    return Headword(label, tuple(aliases), tuple(keywords), header.category, header.grammar)


def _names_same(left: str, right: str) -> bool:
    """Whether two items name one thing by their letters: same words, initials, or a name and its first word."""
    for a in (_plain(left), *_BRACKET.findall(left)):
        for b in (_plain(right), *_BRACKET.findall(right)):
            if key(a) == key(b) or initialism_of(a, b) or initialism_of(b, a):
                return True
    short, long = sorted((words(left), words(right)), key=len)
    return len(short) == 1 < len(long) and long[0] == short[0]


def _is_another_version(item: str, whole: str) -> bool:
    """Whether an item lacks the number that tells another thing of the same name apart: "loran" of "loran c 2"."""
    short, long = words(item), words(whole)
    return len(short) < len(long) and long[: len(short)] == short and bool(_VERSION.fullmatch(long[len(short)]))


# ------------------------------------------------------------------------------------------------ one thing's names


def _bracketed(name: str) -> Iterator[str]:
    """Other names in the brackets of a name: abbreviations, spelled-out forms, "also called" forms."""
    for bracket in _BRACKET.finditer(name):
        inside = bracket[1].strip()
        called = _CALLED.sub("", inside)
        before = name[: bracket.start()]
        if called != inside:
            yield called.strip(" \"'“”")
        elif acronym_of(inside, before) or acronym_of(before.split()[-1] if before.split() else "", inside):
            # "Mean Sea Level (MSL) Gauges": the short form stands for the words before it, not for the whole name
            if not name[bracket.end() :].strip():
                yield _one(inside)
            elif not _COORDINATION.match(name, bracket.end()):
                if is_acronym(before.strip()):
                    yield before.strip()
                yield _plain(inside + name[bracket.end() :])


def _called(opening: _Opening) -> Iterator[str]:
    """Names that the first sentence gives beside the subject: ", also known as X,", "(often called X)"."""
    sentence = re.split(r"(?<=[.!?])\s", opening.rest, maxsplit=1)[0]
    verb = _COPULA.search(sentence)
    for match in _CALLED.finditer(sentence):
        # behind the verb only the explicit forms speak of the subject: "a saw, or a knife" does not
        if (
            match.start() > 2
            and (verb is None or match.start() > verb.start())
            and "call" not in match[0]
            and ("known" not in match[0])
        ):
            continue
        end = _NAME_END.search(sentence, match.end())
        found = sentence[match.end() : end.start() if end else None].strip(" \"'“”*")
        if 0 < len(found.split()) <= 6:
            yield re.sub(r"^(?:a|an|the)\s+", "", found)


def _expansion(label: str, rest: str) -> Iterator[str]:
    """The long form in "MSL is mean sea level, which …": the predicate spells out an abbreviated label."""
    verb = _COPULA.match(rest)
    if verb is None:
        return
    end = _NAME_END.search(rest, verb.end())
    phrase = rest[verb.end() : end.start() if end else None].split()
    before = label.split()
    at = next((i for i, word in enumerate(before) if is_acronym(word)), None)
    if at is None or [key(w) for w in phrase[:at]] != [key(w) for w in before[:at]]:
        return
    short, tail, long = before[at], before[at + 1 :], phrase[at:]
    if any(not _VERSION.fullmatch(word.casefold()) for word in tail) or not long or key(long[0]) in _FUNCTION_WORDS:
        return
    sizes = [size for size in range(2, len(long) + 1) if key(short) in initials(" ".join(long[:size]))]
    if sizes:
        yield " ".join(phrase[: at + sizes[0]])
    elif len(long) > 1 and acronym_of(short, " ".join(long)):
        yield " ".join(phrase)


def _title_subjects(label: str, opening: _Opening, body: str) -> Iterator[str]:
    """Other names from a title and the text below it: a subtitle that spells it out, its first words as a subject."""
    long = re.split(r"[:.;,]", opening.subtitle, maxsplit=1)[0].strip()
    if is_acronym(label) and acronym_of(label, long):
        yield long
    if _COORDINATION.search(label):
        return
    parts = label.split()
    for size in range(len(parts) - 1, 1, -1):
        short = " ".join(parts[:size])
        if re.match(rf"{_regex(short)}\s", opening.rest, re.IGNORECASE):
            yield short
            return
    short = re.split(r"\s+(?:for|in|of|on|with)\s+", label, maxsplit=1)[0]
    if short != label and " " in short and (found := re.search(rf"(?:^|[.!?—] )({_regex(short)}) [a-z]", body, re.I)):
        yield found[1]


def _asked(label: str, body: str) -> Iterator[str]:
    """The first words of the label where a section asks for them: "What Is Drip Irrigation?" of a longer title."""
    for match in re.finditer(
        r"\b(?:What (?:Is|Are)|Why|How) ((?:\S+ ){0,5}?\S+?)(?:\?| Matters?\b| Works?\b)", body, re.I
    ):
        asked = words(match[1])
        if (
            1 < len(asked) < len(words(label))
            and asked == words(label)[: len(asked)]
            and not _COORDINATION.search(label)
        ):
            yield match[1]
            return


def _abbreviations(label: str, body: str) -> Iterator[str]:
    """The short form that the body puts in brackets behind the label."""
    for match in re.finditer(_regex(label) + r"\s*\(([^()]{2,12})\)", body, re.IGNORECASE):
        if acronym_of(match[1], label):
            yield _one(match[1])
            return


def _contractions(label: str, header: str, body: str) -> Iterator[str]:
    """The label with some of its words contracted to their initials, where the entry writes it so."""
    parts = label.split()
    text = f"{header}\n{body}"
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            if end - start == len(parts):
                continue
            for short in initials(" ".join(parts[start:end])):
                form = " ".join([*parts[:start], short, *parts[end:]])
                if len(short) > 1 and (found := re.search(rf"\b{_regex(form)}(?=s?\b)", text, re.IGNORECASE)):
                    yield _written(found[0], body)


def _shortens(item: str, label: str, items: list[str]) -> bool:
    """Whether the first search phrase is the label with words left out, or with words put before it."""
    left, right = [singular(w) for w in words(item)], [singular(w) for w in words(label)]
    if len(left) < 2 or set(left) == set(right):
        return False
    if set(left) < set(right) or "".join(left) in "".join(right):
        # what the phrase leaves out must not be the other thing of which the title speaks
        omitted = set(right) - set(left) - _FUNCTION_WORDS
        others = [{singular(w) for w in words(other)} for other in items if other != item]
        coordinated = _COORDINATION.search(label) is not None
        return not any(omitted == other or (coordinated and omitted <= other) for other in others)
    return set(left) > set(right) and left[: len(right)] != right


def _infixes(item: str, label: str) -> bool:
    """Whether a search phrase is the label with a word put in: "hand water pump" of "hand pump"."""
    left, right = words(item), words(label)
    if len(right) != 2 or len(left) != 3 or left[0] != right[0]:
        return False
    short, long = sorted((left[-1], right[-1]), key=len)
    return len(short) > 4 and long.startswith(short)


def _repeats(item: str, label: str, aliases: list[str]) -> bool:
    """Whether a search phrase only strings together the label and its abbreviations ("mean sea level msl")."""
    left = set(words(item))
    names = {w for alias in aliases for w in words(alias)}
    return set(words(label)) <= left and left <= set(words(label)) | names


# ---------------------------------------------------------------------------------------------------------- strings


def _plain(name: str) -> str:
    """A name without its brackets."""
    return " ".join(_BRACKET.sub(" ", name).split()).strip(" ,;:")


def _one(short: str) -> str:
    """An abbreviation in the singular: "PCBs" is "PCB"."""
    return short[:-1] if short.endswith("s") and short[:-1].isupper() else short


def _content(text: str) -> set[str]:
    return {singular(w) for w in words(text)} - _FUNCTION_WORDS


def _regex(name: str) -> str:
    """A pattern that finds a name with any dashes or spaces between its words."""
    return r"[\s\-–/]*".join(re.escape(part) for part in re.findall(r"\w+|[^\w\s\-–/]+", name))


def _written(name: str, body: str) -> str:
    """A name as the body writes it, else as given."""
    found = re.search(rf"(?<!\w){_regex(name)}(?!\w)", body, re.IGNORECASE) if name else None
    return found[0] if found else name


def _distinct(names: Iterable[str], *known: str) -> list[str]:
    """Names in order, without empty ones and without those whose key is known."""
    seen = {key(name) for name in known}
    out = []
    for name in names:
        name = name.strip()
        if name and key(name) not in seen:
            seen.add(key(name))
            out.append(name)
    return out
