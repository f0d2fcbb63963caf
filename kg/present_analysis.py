"""Analyses and reading orders as people read them: lines and rows of `kg analyse` and `kg learn`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg.present import amount, percent, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kg.answers import ConceptRef
    from kg.figures import Articulation, Bridge, Community, Core, Extent, Figures, Gap, Part
    from kg.learning import Reading, ReadingOrder, Reason

COLUMNS = ("concept", "kind", "relations", "pagerank", "betweenness", "core", "community")


def extent(found: Extent, *, measured: bool = True) -> Iterator[str]:
    """Yield the lines that say what was measured; whether betweenness was `measured` too."""
    yield (
        f"{amount(found.concepts, 'concept')}, {found.described:,} with an entry, {found.linked:,} with relations; "
        f"{amount(found.relations, 'relation')} in {amount(found.links, 'link')}"
    )
    if found.components:
        yield (
            f"{amount(found.components, 'part')}, the largest of {amount(found.largest_component, 'concept')}; "
            f"modularity {found.modularity:.3f}"
        )
    if measured and found.pivots is not None:
        yield f"betweenness is estimated from {found.pivots:,} concepts (--exact takes all)"


def rows(figures: Iterable[Figures]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table of concepts, as `COLUMNS` names them."""
    for each in figures:
        yield (
            each.concept.label,
            each.concept.kind,
            str(each.degree),
            f"{each.pagerank:.4f}",
            f"{each.betweenness:.4f}",
            str(each.core),
            "–" if each.community is None else str(each.community),
        )


def sections(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of all parts of an analysis that are there, but for the table of concepts."""
    if "communities" in found:
        yield from _section("Communities", found["communities"], _community)
    if "gaps" in found:
        yield from _section("Gaps between communities", found["gaps"], _gap)
        yield from _section("Gaps between fields", found["field_gaps"], _gap)
    if "bridges" in found:
        yield from _section("Bridges: links that alone hold something to the rest", found["bridges"], _bridge)
        yield from _section(
            "Articulations: concepts that alone hold something to the rest", found["articulations"], _articulation
        )
    if "cores" in found:
        yield from _section("Cores", found["cores"], _core)


def _section(title: str, items: Sequence[Any], lines: Any) -> Iterator[str]:
    yield ""
    yield title
    for number, item in enumerate(items, 1):
        yield from lines(number, item)
    if not items:
        yield "  none"


def _labels(refs: Iterable[ConceptRef]) -> str:
    return ", ".join(ref.label for ref in refs)


def _community(_: int, each: Community) -> Iterator[str]:
    yield f"{each.number}. {each.name}"
    yield (
        f"   {amount(each.size, 'concept')}, {each.described:,} with an entry; "
        f"{percent(each.cohesion)} of their links' weight inside"
    )
    yield f"   {_labels(each.concepts)}"


def _gap(number: int, each: Gap) -> Iterator[str]:
    yield f"{number}. {each.first} ↔ {each.second}"
    yield (
        f"   relations expected {each.expected:.1f}, found {each.weight:.1f}, "
        f"between {each.sizes[0]:,} and {each.sizes[1]:,} concepts"
    )
    for pair in each.pairs:
        how = f"share {_labels(pair.shared)}" if pair.shared else f"{pair.distance} steps apart"
        yield f"   {pair.first} + {pair.second}: {how}"


def _part(part: Part) -> str:
    return _labels(part.concepts) + (", …" if part.size > len(part.concepts) else "")


def _bridge(number: int, each: Bridge) -> Iterator[str]:
    said = "; ".join(relation.sentence for relation in each.relations) or f"{each.first} – {each.second}"
    sure = max((one.confidence for one in each.relations if one.confidence is not None), default=None)
    yield f"{number}. {said}  {percent(sure)}".rstrip()
    yield f"   holds {amount(each.part.size, 'concept')}: {_part(each.part)}"


def _articulation(number: int, each: Articulation) -> Iterator[str]:
    yield f"{number}. {each.concept}"
    yield f"   without it {amount(each.loose, 'concept')} are cut off, in {amount(each.parts - 1, 'piece')}"
    for part in each.cut_off[:2]:
        yield f"   {part.size:,}: {_part(part)}"


def _core(_: int, each: Core) -> Iterator[str]:
    yield f"{each.k}-core: {amount(each.size, 'concept')}"
    if each.concepts:
        yield f"   {_labels(each.concepts)}"


# -------------------------------------------------------------------------------------------------- reading orders


def learnt(order: ReadingOrder, *, quotes: int = 1) -> Iterator[str]:
    """Yield the lines of a reading order, with up to `quotes` quotes for each reason."""
    if not order.items:
        yield f"nothing in this graph has to be read before {order.concept}"
    for number, item in enumerate(order.items, 1):
        yield from _reading(number, item, quotes)
    if order.items:
        yield ""
        yield f"then {order.concept}{_places(order.entries)}"
        if order.definition:
            yield f"   {order.definition}"
    if order.cut:
        yield ""
        yield "not respected, for others lead the other way:"
        yield from (f"   {reason.sentence}  {percent(reason.strength)}" for reason in order.cut)
    if order.more:
        yield ""
        yield f"and {amount(order.more, 'more concept')} (-n {len(order.items) + order.more} shows all)"


def _reading(number: int, item: Reading, quotes: int) -> Iterator[str]:
    yield f"{number}. {item.concept}{_places(item.entries)}"
    if item.definition:
        yield f"   {item.definition}"
    yield f"   because {item.reason.sentence}  {percent(item.reason.strength)}"
    yield from (f"     {quoted(quote)}" for quote in _words(item.reason)[:quotes])


def _words(reason: Reason) -> list[Any]:
    """The quotes of a reason, the first of each relation before the others."""
    first = [quote for relation in reason.relations for quote in relation.quotes[:1]]
    return [*first, *(quote for quote in reason.quotes if quote not in first)]


def _places(entries: Iterable[Any]) -> str:
    places = [entry.place for entry in entries]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f"  — {', '.join(places[:3])}{more}" if places else ""
