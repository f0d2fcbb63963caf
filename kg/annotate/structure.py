"""What the layout of a body says: which relation its titles, labels and tables announce, and for what.

A title such as "Components" or "Failure Modes" names a relation (`cues.toml`); what is listed under it are its objects.
`read` walks the blocks of an entry once and yields two things, in reading order: `Listed` items, which the layout alone
relates to the concept, and `Stretch`es of running text, each with the topic and the frame that its place gives it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from kg.annotate.context import of_block, worded
from kg.annotate.lexicon import Cue, cues, lexicon
from kg.annotate.units import without
from kg.model import Block, BlockKind, Passage
from kg.names import singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_NUMBERING = re.compile(
    r"^(?:(?:step|stage|phase|level|tier|part|type|layer|method|approach|case)\s+[\dIVX]+[a-z]?|\d+(?:\.\d+)*|[A-Z])\s*[.:)—–-]+\s*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a stretch of text is about: `label` is None for the entry's own concept."""

    label: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A thing that stands in a list, as a lead-in, a bare bullet or a table cell; `subject` bears `predicate` to it."""

    subject: Topic
    predicate: str
    passage: Passage
    rule: str
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A passage of running text. `frame` is the cue that governs it; `listed`: bare noun phrases in it are items.

    `others` are further things that it may be about, each with how it is one: "up", the concept, where a lead-in is the
    topic; "lead", the other way round; "title", what a title names. `bracket`: it stood in brackets behind its topic.
    `place` is the name of the cue of the title above, if that announces something. `context`: features of its block.
    """

    passage: Passage
    topic: Topic
    frame: Cue | None
    block: int
    label: str = ""
    listed: bool = False
    cell: bool = False
    others: tuple[tuple[Topic, str], ...] = ()
    bracket: bool = False
    place: str = ""
    context: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def cue_of(title: str, *, strict: bool = False) -> Cue | None:
    """The cue that a title or label announces; `strict`: only if the title says nothing else.

    >>> [c and c.name for c in (cue_of("Key Challenges in Rollout"), cue_of("Solar Cells"))]
    ['limitations', None]
    """
    words = tuple(w.casefold() for w in _WORD.findall(title))
    if not words:
        return None
    best = cues().best(words)
    if best is None:
        return None
    size, cue = best
    if strict:
        rest = [w for w in words if w not in lexicon().title_glue]
        covered = sum(1 for w in rest if cues().best((w,)) is not None)
        if covered < len(rest) and size < len(rest):
            return None
    return cue


def read(blocks: Sequence[Block]) -> Iterator[Listed | Stretch]:
    """The listed items and the stretches of running text of a body, in reading order."""
    parents: dict[int, Topic] = {}
    intro: Cue | None = None
    for number, block in enumerate(blocks):
        frame, titles = _section(block)
        place = frame.name if frame is not None else ""
        found: Iterable[Listed | Stretch] = ()
        if block.kind is BlockKind.HEADING:
            intro = None
            found = _heading(block)
        elif block.kind is BlockKind.TABLE:
            found = _table(block, number, frame)
        elif block.kind is BlockKind.PARAGRAPH and block.lead is None:
            parents.clear()
            intro = _intro(block.passage.text)
            found = [Stretch(block.passage, Topic(), None, number, others=titles)]
        elif block.kind not in {BlockKind.CODE, BlockKind.FORMULA}:
            if intro is not None and (frame is None or not frame.items):
                frame = intro
            topic = parents.get(block.depth - 1, Topic()) if block.depth else Topic()
            nested = topic.label is not None
            found = _item(block, number, topic, None if nested else frame, parents, titles)
        context = of_block(block)
        for part in found:
            part = replace(part, context=(*part.context, *context))
            yield replace(part, place=place) if isinstance(part, Stretch) else part


def _item(
    block: Block,
    number: int,
    topic: Topic,
    frame: Cue | None,
    parents: dict[int, Topic],
    titles: tuple[tuple[Topic, str], ...],
) -> Iterator[Listed | Stretch]:
    """A bullet, a step, or a paragraph with a lead-in."""
    bullet = block.kind is not BlockKind.PARAGRAPH
    above = ((Topic(), "up"),) if topic.label is not None else titles
    lead = block.lead
    if lead is None or not lead.text.strip():
        parents[block.depth] = topic
        yield Stretch(block.passage, topic, frame, number, listed=bullet, others=above)
        return
    own = cue_of(lead.text, strict=True)
    names = names_of(lead) if own is None else []
    if own is not None or not names:
        parents[block.depth] = topic
        listed = own is not None and bool(own.text)
        yield Stretch(block.passage, topic, own or frame, number, lead.text, listed=listed, others=above)
        return
    kind = "step" if block.kind is BlockKind.STEP else "lead"
    nested = topic.label is not None
    name = frame.name if frame is not None else "nested" if nested else "plain"
    predicate = (frame.items if frame is not None else "") or ("hasPart" if nested or kind == "step" else "uses")
    for part in names:
        yield Listed(topic, predicate, part, f"{kind}:{name}")
        for other, how in above:
            yield Listed(other, predicate, part, f"{kind}:{name}@{how}")
    inner = Topic(names[0].text if len(names) == 1 else clean_lead(lead).text)
    parents[block.depth] = inner
    for bracket in _BRACKETED.finditer(lead.text):
        content = lead.slice(bracket.start(1), bracket.end(1))
        yield Stretch(content, inner, None, number, label=lead.text, bracket=True)
    if frame is None or frame.topic == "lead":
        yield Stretch(block.passage, inner, None, number, lead.text, others=((topic, "up"), *titles))
    else:
        yield Stretch(block.passage, topic, None, number, lead.text, others=((inner, "lead"), *titles))


_BRACKETED = re.compile(r"\(([^()]+)\)")


def clean_lead(lead: Passage) -> Passage:
    """A lead-in without numbering, brackets and end punctuation."""
    inner = re.search(r"\s*\([^()]*\)(?=\s+[\w-])", lead.text)
    if inner is not None and inner.start() > 1:
        lead = without(lead, inner.start(), inner.end())
    text = lead.text
    match = _NUMBERING.match(text)
    start = match.end() if match else 0
    bracket = re.search(r"\s*\(", text[start:])
    end = start + bracket.start() if bracket and bracket.start() > 1 else len(text)
    while end > start and text[end - 1] in " :.,;—–-":
        end -= 1
    while start < end and text[start] in " \"“'(":
        start += 1
    return lead.slice(start, end)


def names_of(lead: Passage) -> list[Passage]:
    """The things that a lead-in names: one, or several set apart by slashes, plus signs, commas or "and"."""
    passage = clean_lead(lead)
    text = passage.text
    if not text or len(text.split()) > 8 or text.endswith("?"):
        return []
    bounds, start = [], 0
    for match in re.finditer(r"\s+(?:/|\+|&|and|or|vs\.?)\s+|,\s+(?:and\s+)?", text):
        bounds.append((start, match.start()))
        start = match.end()
    bounds.append((start, len(text)))
    parts = [passage.slice(a, b) for a, b in bounds if b > a]
    if len(parts) > 1 and any(len(p.text.split()) > 4 for p in parts):
        return [passage]
    return parts


def _section(block: Block) -> tuple[Cue | None, tuple[tuple[Topic, str], ...]]:
    """The cue of the innermost title that announces one, and the thing that the innermost title names, if it does."""
    titles: tuple[tuple[Topic, str], ...] = ()
    if block.section and cue_of(block.section[-1], strict=True) is None and is_named(block.section[-1]):
        titles = ((Topic(_NUMBERING.sub("", re.sub(r"\s*\(.*?\)", "", block.section[-1])).strip(" :?")), "title"),)
    for title in reversed(block.section):
        cue = cue_of(title)
        if cue is not None:
            return cue, titles
    return None, titles


def _heading(block: Block) -> Iterator[Listed]:
    """A title under a title that announces something names one of the announced things."""
    if not block.section or cue_of(block.passage.text) is not None:
        return
    outer = next((c for c in map(cue_of, reversed(block.section)) if c is not None), None)
    if outer is not None and outer.items:
        for name in names_of(block.passage):
            yield Listed(Topic(), outer.items, name, f"title:{outer.name}")


def _intro(text: str) -> Cue | None:
    """The cue of a paragraph that announces a list: its last clause, up to the colon."""
    if not text.rstrip().endswith(":"):
        return None
    return cue_of(re.split(r"[.;—]\s", text.rstrip(" :"))[-1])


def _table(block: Block, number: int, frame: Cue | None) -> Iterator[Listed | Stretch]:
    """A row is about its first cell; column titles announce what the other cells are to it."""
    if len(block.rows) < 2 or len(block.rows[0]) < 2:
        return
    header = block.rows[0]
    columns = [cue_of(cell.text) for cell in header]
    first = columns[0]
    compares = first is None and _is_aspect(header[0].text)
    if compares and (frame is None or frame.name not in {"components"}):
        for cell in header[1:]:
            if cell.text.strip():
                yield Listed(Topic(), "contrastsWith", cell, "table:comparison")
        return
    governing = first if first is not None and first.items else frame
    predicate = governing.items if governing is not None and governing.items else "hasExample"
    name = governing.name if governing is not None and governing.items else "plain"
    for row in block.rows[1:]:
        names = names_of(row[0])
        for part in names:
            yield Listed(Topic(), predicate, part, f"table:{name}")
        if not names:
            continue
        subject = Topic(clean_lead(row[0]).text)
        for cell, column, title in zip(row[1:], columns[1:], header[1:], strict=False):
            if cell.text.strip():
                yield Stretch(
                    cell,
                    subject,
                    column,
                    number,
                    listed=True,
                    cell=True,
                    others=((Topic(), "up"),),
                    context=(*worded("column", title.text, 4), *worded("first-column", header[0].text, 4)),
                )


def _is_aspect(title: str) -> bool:
    words = [singular(w.casefold()) for w in _WORD.findall(title)]
    return not words or words[-1] in lexicon().comparison_titles


def is_named(title: str) -> bool:
    """Whether a title names a thing rather than asks or announces."""
    words = [w.casefold() for w in _WORD.findall(title)]
    return 0 < len(words) < 7 and not title.endswith("?") and words[0] not in {"why", "how", "what", "when", "where"}
