"""Every type that crosses a module border, from document to graph. Standard library only.

    document --read--> Entry --blocks--> Entry with Blocks --annotate--> Annotation --resolve--> Knowledge --> RDF

The text-level half (`Entry`, `Block`, `Headword`, `Mention`, `Assertion`, `Annotation`) speaks in the words of the
text; the graph-level half (`Concept`, `Statement`, `Knowledge`) speaks in concepts. Only `kg.resolve` sees both.
All values are immutable and hashable or made of hashable parts, so they can be compared, pickled and sorted.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

Key = NewType("Key", str)
"""A surface form stripped of case, plural, dashes and spaces; made by `kg.names.key` alone."""

ConceptId = NewType("ConceptId", str)
"""The local part of a concept's IRI, unique in one graph: `mixture-of-experts`."""

EntryId = NewType("EntryId", str)
"""The local part of an entry's IRI, unique in one graph: `pages.txt/L21`."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of Unicode code points of a source document, as it lies on disk."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def __contains__(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


# ---------------------------------------------------------------------------------------------- text with an origin


class MarkKind(StrEnum):
    """What inline markup said of a stretch of clean text."""

    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    MATH = "math"


@dataclass(frozen=True, slots=True)
class Mark:
    """Inline markup: `text[start:end]` of a passage was set in bold, code, …"""

    start: int
    end: int
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class Passage:
    """Clean text (no markup, single spaces, no line breaks) that knows where each character stands in its source.

    `runs` are pairs (position in text, position in source), ascending, the first at 0; between two of them both
    sides advance together. An empty passage has one run, which says where it would stand.

    >>> passage = Passage("a bold word", runs=((0, 10), (2, 14), (6, 20)))   # source at 10: "a **bold** word"
    >>> passage.span(2, 6)
    Span(start=14, end=18)
    """

    text: str
    runs: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...] = ()

    def __str__(self) -> str:
        return self.text

    def __len__(self) -> int:
        return len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    def offset(self, position: int) -> int:
        """The source offset of the character at `position`; at the end, one past the last character."""
        if position and position == len(self.text):
            return self.offset(position - 1) + 1
        at, origin = self.runs[bisect_right(self.runs, (position, 1 << 62)) - 1]
        return origin + position - at

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The source span of `text[start:end]`, markup between its first and last character included."""
        if end is None:
            end = len(self.text)
        if start >= end:
            return Span(self.offset(start), self.offset(start))
        return Span(self.offset(start), self.offset(end - 1) + 1)

    def slice(self, start: int, end: int | None = None) -> Passage:
        """The passage `text[start:end]` with its origins and marks."""
        if end is None:
            end = len(self.text)
        runs = [(0, self.offset(start))]
        runs += [(at - start, origin) for at, origin in self.runs if start < at < end]
        marks = tuple(
            Mark(max(m.start, start) - start, min(m.end, end) - start, m.kind)
            for m in self.marks
            if m.start < end and m.end > start
        )
        return Passage(self.text[start:end], tuple(runs), marks)


# ------------------------------------------------------------------------------------------------- what is written


class Layout(StrEnum):
    """How a document sets its entries apart."""

    PAGED = "paged"
    """A preamble, then header line, blank line, body in one line, blank line."""
    FLAT = "flat"
    """Header line, body of many lines, next header; no blank lines."""


class Flag(StrEnum):
    """Findings on the quality of an entry, the literals of `kg:flag`."""

    TRUNCATED = "truncated"
    HEADER_BODY_MISMATCH = "header-body-mismatch"
    BOILERPLATE = "boilerplate"
    DUPLICATE_TEXT = "duplicate-text"
    DAMAGED_MATH = "damaged-math"
    NO_DEFINITION = "no-definition"
    EMPTY_BODY = "empty-body"


class BlockKind(StrEnum):
    """The kinds of blocks that a body is made of."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    STEP = "step"
    TABLE = "table"
    FORMULA = "formula"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a body.

    `passage` is its clean text (for a bullet or step: without marker and lead-in; for a table: empty; for code and
    formulas: verbatim but for white space, which is collapsed). `span` covers everything, markers included. `lead` is
    the bold run-in of a bullet, step or paragraph ("Core Mechanism" of "- **Core Mechanism**: …"), without its colon.
    `rows` are a table's rows, the header row first. `depth` is 0 for top level bullets and steps, 1 for nested ones.
    `section` holds the clean titles of the headings above, outermost first. `ordinal` is a step's number.
    """

    kind: BlockKind
    span: Span
    passage: Passage
    lead: Passage | None = None
    rows: tuple[tuple[Passage, ...], ...] = ()
    depth: int = 0
    section: tuple[str, ...] = ()
    ordinal: int | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All clean texts of the block in reading order: lead-in, text, cells."""
        parts = [self.lead] if self.lead else []
        parts += [self.passage] if self.passage else []
        return tuple(p.text for p in [*parts, *(cell for row in self.rows for cell in row)])


@dataclass(frozen=True, slots=True)
class Entry:
    """One glossary entry of one document. `header` and `body` are verbatim; spans tell where they lie.

    `header_span` covers the header line without its terminator; `body_span` everything after the terminator up to the
    next header line. `source` is the document's name as the graph shows it; `line` is 1-based, lines split at `\\n`.
    """

    source: str
    line: int
    layout: Layout
    header: str
    header_span: Span
    body: str
    body_span: Span
    blocks: tuple[Block, ...] = ()
    flags: frozenset[Flag] = frozenset()

    @property
    def id(self) -> EntryId:
        """The entry's name in the graph."""
        return EntryId(f"{self.source}/L{self.line}")

    def quote(self, span: Span) -> str:
        """The source text at `span`, which must lie in the header or the body."""
        if span in self.body_span:
            return self.body[span.start - self.body_span.start : span.end - self.body_span.start]
        if span in self.header_span:
            return self.header[span.start - self.header_span.start : span.end - self.header_span.start]
        raise ValueError(f"{span} is not in entry {self.id}")


# ----------------------------------------------------------------------------------------------- what the text says


class HeaderGrammar(StrEnum):
    """The five ways in which header lines are put together."""

    TERM_CATEGORY = "term, category"
    TERM_ABBREVIATION_CATEGORY = "term (abbr),term,abbr,category"
    TERM_TERM_CATEGORY = "term, term, category"
    PHRASES = "search phrases"
    WORDS = "single words of one title"


@dataclass(frozen=True, slots=True)
class Headword:
    """What the header line and the first sentence say an entry is about.

    `label` is cased as the body cases it and has no bracketed abbreviation; `aliases` are true synonyms,
    abbreviations and spelling variants; `keywords` is what else the header lists; `category` its subject field.
    """

    label: str
    aliases: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    category: str | None = None
    grammar: HeaderGrammar = HeaderGrammar.PHRASES


@dataclass(frozen=True, slots=True)
class Definition:
    """A defining sentence, clean, with its place and its hypernym phrase (the genus), if it has one."""

    text: str
    span: Span
    genus: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names a concept. `label` is its citation form (singular, no determiner)."""

    label: str
    kind: str
    span: Span
    rule: str


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar year, the only object that is no concept (`kg:introducedIn`)."""

    year: int

    def __str__(self) -> str:
        return str(self.year)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A relation in the words of the text. `subject` and `object` are labels, `predicate` a local name (`hasPart`).

    Labels are read in the scope of the entry first (its own concept's labels, its abbreviations), then of the
    glossary. `confidence` estimates, in 0…1, how likely a careful reader would say the same; `span` is the text that
    proves it.
    """

    subject: str
    predicate: str
    object: str | Year
    span: Span
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Annotation:
    """All that was found in one entry. `kind` is the class of the entry's own concept (`Method`).

    `boilerplate` are the spans that recur over entries and say nothing of this concept. `abbreviations` maps the
    short forms that the body explains to their long forms.
    """

    entry: Entry
    headword: Headword
    kind: str
    definitions: tuple[Definition, ...] = ()
    mentions: tuple[Mention, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    abbreviations: tuple[tuple[str, str], ...] = ()
    boilerplate: tuple[Span, ...] = ()
    flags: frozenset[Flag] = frozenset()


# ----------------------------------------------------------------------------------------------- what the graph says


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Why a statement holds: a span of an entry, and the rule that read it so."""

    entry: EntryId
    span: Span
    rule: str
    exact: str


@dataclass(frozen=True, slots=True)
class DefinitionOf:
    """A definition of a concept with its evidence."""

    text: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Concept:
    """A node of the graph. `entries` are the entries about it; empty for one that is only mentioned."""

    id: ConceptId
    label: str
    kind: str
    aliases: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    fields: tuple[ConceptId, ...] = ()
    definitions: tuple[DefinitionOf, ...] = ()
    entries: tuple[EntryId, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A typed relation with all its evidence. `predicate` is a local name of the ontology (`broader`, `uses`)."""

    subject: ConceptId
    predicate: str
    object: ConceptId | Year
    confidence: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """A place in an entry where a concept is mentioned."""

    span: Span
    concept: ConceptId
    rule: str


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """An entry and what resolution made of it."""

    entry: Entry
    describes: ConceptId
    mentions: tuple[Occurrence, ...] = ()
    boilerplate: tuple[Span, ...] = ()
    flags: frozenset[Flag] = frozenset()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A resolved glossary: what `kg.triples` turns into RDF. All tuples are sorted by id."""

    entries: tuple[EntryFacts, ...] = ()
    concepts: tuple[Concept, ...] = ()
    statements: tuple[Statement, ...] = field(default=())
