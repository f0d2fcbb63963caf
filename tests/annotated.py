"""Annotations in the making: entries with what was read of them, for tests of what is made of them."""

from __future__ import annotations

from kg.model import Annotation, Assertion, Definition, Entry, Headword, Layout, Mention, Span, Year

LONG = {
    "wood": "A plane shaves thin curls from a board until its face lies flat; the iron is honed on oil stones, the "
    "sole is waxed, the mouth is set fine for figured maple, and the bench dog holds the work against every stroke.",
    "wood again": "Set the iron of a plane by sighting along its waxed sole; hone the edge on oil stones first. A fine "
    "mouth leaves figured maple flat, thick curls mean that the board will tear at the bench dog stroke by stroke.",
    "air": "Jet engines under both wings push a plane through thin cold layers above storms; the pilot trims "
    "elevators, watches altitude and fuel, talks with towers, and lowers wheels and flaps long before runway lights "
    "appear ahead.",
}


class Page:
    """A document in the making: entries are added to it one after the other, with exact offsets."""

    def __init__(self, source: str = "page.txt") -> None:
        self.source, self.text, self.line = source, "", 1

    def entry(
        self,
        label: str,
        body: str,
        *,
        category: str | None = None,
        aliases: tuple[str, ...] = (),
        keywords: tuple[str, ...] = (),
        kind: str = "Method",
        mentions: tuple[tuple[str, str], ...] = (),
        assertions: tuple[tuple[str, str, str | Year, float], ...] = (),
        abbreviations: tuple[tuple[str, str], ...] = (),
        definition: bool = False,
    ) -> Annotation:
        header = f"{label.casefold()}, {category}" if category else label.casefold()
        start = len(self.text)
        body_start = start + len(header) + 1
        found = Entry(
            self.source, self.line, Layout.FLAT, header, Span(start, body_start - 1), body + "\n",
            Span(body_start, body_start + len(body) + 1),
        )  # fmt: skip
        self.text += f"{header}\n{body}\n"
        self.line += 2
        span = Span(body_start, body_start + min(9, len(body)))
        return Annotation(
            found,
            Headword(label, aliases, keywords, category),
            kind,
            definitions=(Definition(body, span, None, "is-a"),) if definition else (),
            mentions=tuple(Mention(name, k, span, "term") for name, k in mentions),
            assertions=tuple(Assertion(s, p, o, span, "verb", c) for s, p, o, c in assertions),
            abbreviations=abbreviations,
        )
