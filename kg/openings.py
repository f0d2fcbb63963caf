"""How a body opens: the name that its first blocks give to the concept, by typography and grammar.

The name stands in bold or italics at the start of the first sentence, in a title above it, before a run-in's colon, or
is simply the subject of the first sentence. The header tells which of several possible names is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.model import Block, BlockKind, Entry, MarkKind
from kg.names import acronym_of, content_words, key, pattern, without_brackets, words

if TYPE_CHECKING:
    from collections.abc import Iterator

BRACKET = re.compile(r"\s*\(([^()]*)\)")
COPULA = re.compile(r"\s+(?:is|are|was|were|refers?\s+to|means|denotes?|describes?|defines?|measures?)\s+")
COORDINATION = re.compile(r"\s+(?:and|&)\s+|/")

_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
_ADVERBIAL = re.compile(r"^(?:In|Within|For|At|On|As|By|With|Under)\s[^.]{1,60}?,\s+")
_POINTING = re.compile(r"^(?:it|this|these|that|those|they|there|we|you|one|here|what|such|used)\b", re.IGNORECASE)
_DASH = re.compile(r"\s*[—–]\s+|\s+[—–]\s*|\s+-\s+")
_COLON = re.compile(r":\s+|:$")
_QUESTION = re.compile(r"^(?:what|why|how)\s+(?:is|are|was|were|does|do)\s+(?:(?:an?|the)\s+)?", re.IGNORECASE)
_NUMBERING = re.compile(r"^(?:\d+(?:\.\d+)*[.)]|\d+(?:\.\d+)+)\s+(?=\S)")
_FRAME = re.compile(r"term|name|definition|overview|summary|in short|in brief|tl;dr", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_LONGEST_SUBJECT = 8
_NAMED_MARKS = (MarkKind.BOLD, MarkKind.ITALIC, MarkKind.CODE)
_BLOCKS = 3
"""A name that is not in the first blocks is not the name of the entry."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One way to read how a body opens: the name as it stands there, brackets included, and what follows it.

    `titled` says that the name heads the text instead of being the subject of its first sentence; a title can go on
    behind the name with a `subtitle`.
    """

    name: str
    rest: str
    titled: bool
    subtitle: str = ""

    @property
    def sentence(self) -> str:
        """What follows the name in its sentence."""
        return _SENTENCE_END.split(self.rest, maxsplit=1)[0]


def opening_of(entry: Entry, items: list[str]) -> Opening | None:
    """The reading that names the concept of an entry with these header items; None when its body has no name for it.

    Among the possible names, the one that is related to the earliest item of the header; else the first.
    """
    found: list[Opening] = []
    for block in entry.blocks[:_BLOCKS]:
        if block.kind not in (BlockKind.HEADING, BlockKind.PARAGRAPH):
            break
        found += _openings(block, items)
    for item in items:
        for opening in found:
            if related(item, opening.name):
                return _halved(opening, items, entry.blocks)
    return found[0] if found else None


def is_related(opening: Opening, items: list[str]) -> bool:
    """Whether the header speaks of what the body opens with; the first sentence may name it late."""
    if any(related(item, opening.name) for item in items):
        return True
    return bool(content_words(items[0]) & content_words(opening.sentence))


def related(item: str, name: str) -> bool:
    """Whether a header item and a name have a content word, a part of a word or their initials in common."""
    left, right = content_words(item), content_words(name)
    item, name = without_brackets(item), without_brackets(name)
    if left & right or acronym_of(name, item) or acronym_of(item, name):
        return True
    run = ("".join(words(item)), "".join(words(name)))
    return any(len(w) > 3 and w in run[1] for w in left) or any(len(w) > 3 and w in run[0] for w in right)


def _openings(block: Block, items: list[str]) -> Iterator[Opening]:
    """The names that a block can give, the likeliest first."""
    text = block.passage.text
    if block.kind is BlockKind.HEADING:
        yield from _title(text, "")
        return
    lead = block.lead.text if block.lead else ""
    mark = next((m for m in block.passage.marks if m.start == 0 and m.kind in _NAMED_MARKS), None)
    if not lead and mark is not None and _FRAME.fullmatch(text[: mark.end].rstrip(".: ")):
        lead, text = text[: mark.end], text[mark.end :].strip()
    if _FRAME.fullmatch(lead.rstrip(".: ")):
        # "Term: keystone. Definition: …" names it, "Definition. A keystone is …" begins with it
        if lead[:4].casefold() in {"term", "name"}:
            yield Opening(_SENTENCE_END.split(text, maxsplit=1)[0].rstrip("."), text, titled=True)
        else:
            yield from _begun(text, items)
        return
    if lead:
        yield from _title(lead, text)
        return
    article = _ARTICLE.match(text)
    starts = (0, article.end() if article else 0)
    mark = next((m for m in block.passage.marks if m.start in starts and m.kind in _NAMED_MARKS), None)
    if mark is not None and not COPULA.search(text[mark.start : mark.end]):
        name, rest = _extended(text[mark.start : mark.end], text[mark.end :])
        is_subject = COPULA.match(rest) or (rest and not _DASH.match(rest) and not _COLON.search(name))
        if is_subject and not _DASH.search(name):
            yield Opening(_ARTICLE.sub("", name.strip()), rest, titled=False)
        else:
            yield from _title(name, rest)
        return
    yield from _begun(text, items)


def _begun(text: str, items: list[str]) -> Iterator[Opening]:
    """The name with which a sentence begins: a header item, else its subject."""
    for item in items:
        if match := re.match(rf"(?:an?\s|the\s)?({pattern(item)})(?!\w)", text, re.IGNORECASE):
            yield Opening(*_extended(match[1], text[match.end() :]), titled=False)
            return
    yield from _subject(text)


def _subject(text: str) -> Iterator[Opening]:
    """The subject of the first sentence, up to its verb, when it can be a name."""
    text = _ADVERBIAL.sub("", text)
    verb = COPULA.search(text)
    name = _ARTICLE.sub("", text[: verb.start()]) if verb else ""
    if verb and len(name.split()) <= _LONGEST_SUBJECT and not _POINTING.match(name) and not _SENTENCE_END.search(name):
        yield Opening(name, text[verb.start() :], titled=False)


def _extended(name: str, rest: str) -> tuple[str, str]:
    """A name with what belongs to it behind the bold: its bracket, and capitalised words up to the verb."""
    bracket = BRACKET.match(rest)
    end = bracket.end() if bracket else 0
    more = re.match(r"(?:\s[A-Z0-9][\w/-]*)+(?=\s(?:is|are|was|were)\s)", rest[end:])
    end += more.end() if more else 0
    return name + rest[:end], rest[end:]


def _title(title: str, rest: str) -> Iterator[Opening]:
    """A title "Name: Subtitle — gloss" can have the name before or behind the colon."""
    title = _QUESTION.sub("", _NUMBERING.sub("", title.strip())).rstrip("?!.: ")
    head, *gloss = _DASH.split(title, maxsplit=1)
    dash = _DASH.match(rest)
    rest = rest[dash.end() if dash else 0 :].strip()
    parts = [part.strip() for part in _COLON.split(head) if part.strip()]
    for i, part in enumerate(parts[:2]):
        yield Opening(_ARTICLE.sub("", part), rest, titled=True, subtitle=": ".join([*parts[i + 1 :], *gloss]))


def _halved(opening: Opening, items: list[str], blocks: tuple[Block, ...]) -> Opening:
    """A title "A and B" over a text on A, cut to A: the header begins with A and so does the first sentence."""
    first, *second = COORDINATION.split(opening.name)
    if not (opening.titled and second and key(first) == key(items[0])):
        return opening
    below = next((block.passage.text for block in blocks[1:] if block.kind is BlockKind.PARAGRAPH), "")
    if re.match(rf"{pattern(first)}\s", opening.rest or below, re.IGNORECASE):
        return Opening(first, opening.rest, opening.titled, opening.subtitle)
    return opening
