"""What a graph answers with: small values that print, compare, and turn into JSON by `dataclasses.asdict`.

Concepts are referred to by `ConceptRef`; what is a literal (a year) stands as a string where a concept would. All
offsets count code points of the source file, half-open; all confidences are in 0…1, or None where the graph has none.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ConceptRef:
    """A concept as a link: enough to show it and to ask for more. `kind` is a class's local name, or empty."""

    label: str
    iri: str
    id: str
    kind: str

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True, order=True)
class ConceptView:
    """A concept with its names. `fields` are labels of subject fields."""

    label: str
    iri: str
    id: str
    kind: str
    aliases: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.label

    @property
    def ref(self) -> ConceptRef:
        """The concept as a link."""
        return ConceptRef(self.label, self.iri, self.id, self.kind)


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence: the exact words, and where they stand. `line` is the quote's own line, 1-based."""

    exact: str
    source: str
    line: int
    start: int
    end: int
    rule: str
    entry: str
    confidence: float | None = None

    @property
    def place(self) -> str:
        """Where to look it up: `garden.txt:12`."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed relation, read from the concept that was asked about.

    `sentence` says it in that direction: "Grafting uses grafting wax", or, when not `forward`, "grafting wax is used by
    Grafting". `statement` is the IRI of the `rdf:Statement`, empty when the graph has only the triple.
    """

    subject: ConceptRef
    predicate: str
    object: ConceptRef | str
    forward: bool
    sentence: str
    confidence: float | None
    statement: str
    quotes: tuple[Quote, ...] = ()

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path with all relations that carry it, the best one first."""

    source: ConceptRef
    target: ConceptRef
    relations: tuple[Relation, ...]

    def __str__(self) -> str:
        return self.sentence

    @property
    def best(self) -> Relation:
        """The relation that the step is shown by."""
        return self.relations[0]

    @property
    def sentence(self) -> str:
        """The best relation as a sentence."""
        return self.best.sentence

    @property
    def predicate(self) -> str:
        """The predicate of the best relation."""
        return self.best.predicate

    @property
    def forward(self) -> bool:
        """Whether the best relation leads from `source` to `target`."""
        return self.best.forward

    @property
    def confidence(self) -> float | None:
        """The confidence of the best relation."""
        return self.best.confidence

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The evidence of the best relation."""
        return self.best.quotes


@dataclass(frozen=True, slots=True)
class Path:
    """A way from one concept to another. `cost` is in hops over certain relations; `kg.network` has the formula."""

    concepts: tuple[ConceptRef, ...]
    steps: tuple[Step, ...]
    cost: float

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        return "; ".join(step.sentence for step in self.steps)

    def _repr_html_(self) -> str:
        """The path with its quotes, for notebooks."""
        from kg.notebook import path

        return path(self)


@dataclass(frozen=True, slots=True)
class Hit:
    """A result of a search. `matched` says what matched: label, alias, keyword, definition, quote or spelling.

    `text` is the matching name or an excerpt of the matching text. `score` orders the hits and means nothing else.
    """

    concept: ConceptView
    matched: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class QuotedDefinition:
    """A defining sentence and where it stands."""

    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """A glossary entry: where its header stands, the header verbatim, and the findings on its quality."""

    id: str
    iri: str
    source: str
    line: int
    header: str
    flags: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where to look it up: `garden.txt:12`."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Description:
    """All that the graph says of one concept.

    `relations` are those whose subject it is, `inverse` those whose object it is. `mentions` are the concepts that its
    entries mention; `mentioned_by` the concepts whose entries mention it.
    """

    concept: ConceptView
    definitions: tuple[QuotedDefinition, ...]
    keywords: tuple[str, ...]
    entries: tuple[EntryView, ...]
    relations: tuple[Relation, ...]
    inverse: tuple[Relation, ...]
    mentions: tuple[ConceptRef, ...]
    mentioned_by: tuple[ConceptRef, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A concept, its distance in hops, and the relations that lead to it from concepts one hop nearer."""

    concept: ConceptRef
    distance: int
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The concepts around one, nearest first, and all relations among them and it (without their quotes).

    `sizes` counts the concepts at each distance, from 1 to `depth`, those that a limit left out included.
    """

    centre: ConceptRef
    depth: int
    concepts: tuple[Neighbour, ...]
    relations: tuple[Relation, ...]
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hub:
    """A concept and the number of its typed relations."""

    concept: ConceptRef
    degree: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """A graph in numbers. Counts by name are ordered most frequent first, ties by name.

    `described` counts the concepts with an entry of their own; `orphans` the concepts, fields aside, without any typed
    relation to another. `components` counts the connected parts of more than one concept; `largest_component` the
    concepts of the largest.
    """

    entries: int
    concepts: int
    described: int
    definitions: int
    relations: int
    statements: int
    evidence: int
    mentions: int
    orphans: int
    components: int
    largest_component: int
    classes: dict[str, int]
    predicates: dict[str, int]
    fields: dict[str, int]
    flags: dict[str, int]
    hubs: tuple[Hub, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a slot of a question was taken for. `text` are the words of the question, `label` and `iri` what they name.

    `how` says how that was found: "name" when the words are a label or alias, else "order", "verb", "spelling", "head"
    or "part"; "class", "relation", "field" or "year" for what is no concept. `others` could have been meant as well.
    """

    slot: str
    text: str
    label: str
    iri: str
    how: str
    others: tuple[ConceptRef, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """What was run for an answer. `call` is how to run it again by hand, `text` its SPARQL, empty for a path search."""

    call: str
    text: str
    rows: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of an answer in words. `concept` is what the row names, where it names one; `group` heads it.

    `facts` counts what it states; the first so many `quotes` are the best for each.
    """

    text: str
    concept: ConceptRef | None
    confidence: float | None
    quotes: tuple[Quote, ...] = ()
    group: str = ""
    facts: int = 1

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Contrast:
    """What a relation leads to from each of two concepts that are compared, the surest first."""

    relation: str
    first: tuple[Finding, ...]
    second: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question in words.

    `shape` is the shape that it was read by and `reading` that reading in words; `notes` say what was assumed of the
    names. `headline` is the answer in a line where it has one: yes, a number, that nothing is stated. `findings` are
    the best of `total` rows, best first; `paths` and `contrasts` are filled for questions about two concepts. `queries`
    were run, in this order; `explanation` tells how the reading was found.
    """

    question: str
    shape: str
    reading: str
    names: tuple[Named, ...]
    notes: tuple[str, ...]
    found: bool
    headline: str
    findings: tuple[Finding, ...]
    total: int
    paths: tuple[Path, ...]
    contrasts: tuple[Contrast, ...]
    queries: tuple[AskedQuery, ...]
    explanation: tuple[str, ...]

    def __str__(self) -> str:
        return self.headline or "; ".join(finding.text for finding in self.findings)
