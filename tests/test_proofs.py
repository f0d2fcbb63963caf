"""The words that prove an edge to a reader: sentence, bullet, table row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.annotate.proofs import proof
from kg.blocks import parse
from kg.model import Entry, Layout, Span

HEADER = "kiln, pottery"
BODY = """\
**Kiln** is a **furnace** for firing clay. It needs a chimney (usually brick) and fuel. It is slow.
**Components**
- **Firebox**: Burns wood or gas. It stands below the chamber.
- **Damper**: Controls the draught.
- bag wall
| Type | Fuel | Use |
|------|------|-----|
| Raku | gas | small bowls |
A long sentence opens with the history of the climbing kilns that potters built on the slopes of the hills — each \
chamber is heated by the smoke of the chamber below; the uppermost is fired with side stoking through small holes; \
ash glazes form where the flame meets the bare clay of the pots.
"""


def entry(body: str = BODY) -> Entry:
    start = len(HEADER) + 1
    span = Span(start, start + len(body))
    return parse(Entry("p.txt", 1, Layout.FLAT, HEADER, Span(0, len(HEADER)), body, span))


def proved(words: str) -> str:
    kiln = entry()
    at = kiln.body_span.start + BODY.index(words)
    return kiln.quote(proof(kiln.blocks, Span(at, at + len(words))))


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        ("chimney", "It needs a chimney (usually brick) and fuel."),
        ("furnace", "Kiln** is a **furnace** for firing clay."),
        ("Firebox", "Firebox**: Burns wood or gas."),
        ("gas. It", "Firebox**: Burns wood or gas. It stands below the chamber."),
        ("chamber.", "It stands below the chamber."),
        ("draught", "Damper**: Controls the draught."),
        ("bag wall", "bag wall"),
        ("small bowls", "Raku | gas | small bowls"),
        ("side stoking", "the uppermost is fired with side stoking through small holes"),
        ("slow", "It is slow."),
    ],
)
def test_words_are_proved_by_what_stands_around_them(words: str, quote: str) -> None:
    assert proved(words) == quote


def test_words_outside_all_blocks_prove_themselves() -> None:
    assert proof((), Span(3, 7)) == Span(3, 7)


@given(st.data())
def test_a_proof_holds_its_words_and_stays_in_the_block(data: st.DataObject) -> None:
    kiln = entry()
    block = data.draw(st.sampled_from(kiln.blocks))
    start = data.draw(st.integers(block.span.start, block.span.end - 1))
    end = data.draw(st.integers(start + 1, block.span.end))
    found = proof(kiln.blocks, Span(start, end))
    assert Span(start, end) in found
    assert found in block.span
