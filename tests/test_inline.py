from __future__ import annotations

import pytest

from kg.inline import clean, verbatim
from kg.model import MarkKind, Span


@pytest.mark.parametrize(
    ("text", "expected", "marks"),
    [
        ("a **bold** word", "a bold word", [("bold", "bold")]),
        ("**a** **b**", "a b", [("bold", "a"), ("bold", "b")]),
        ("***both***", "both", [("bold", "both")]),
        ("**cut off in bold", "cut off in bold", []),
        ("a **bold *soft* word**", "a bold soft word", [("bold", "bold soft word"), ("italic", "soft")]),
        ("*soft*, _soft_", "soft, soft", [("italic", "soft"), ("italic", "soft")]),
        ("2 * 3 * 4 and a*b*c", "2 * 3 * 4 and a*b*c", []),
        ("snake_case_name and __init__", "snake_case_name and __init__", []),
        ("a `x*y**z` b", "a x*y**z b", [("code", "x*y**z")]),
        ("``a ` b``", "a ` b", [("code", "a ` b")]),
        ("`never closed", "never closed", []),
        ("let $x_1$ be", "let x_1 be", [("math", "x_1")]),
        ("$x$ and \\(y\\)", "x and y", [("math", "x"), ("math", "y")]),
        ("from $5 to $10, or US$20", "from $5 to $10, or US$20", []),
        ("see [the text](https://example.org)", "see the text", []),
        ("see [**the** text](#a) [1]", "see the text [1]", [("bold", "the")]),
        ("5\\* and \\_", "5* and _", []),
        ("one<br/>two", "one two", []),
        ("  many \n\t spaces\u00a0here ", "many spaces here", []),
        ("", "", []),
    ],
)
def test_markup_becomes_marks(text: str, expected: str, marks: list[tuple[str, str]]) -> None:
    passage = clean(text, 0, len(text), base=0)
    assert passage.text == expected
    assert [(m.kind.value, passage.text[m.start : m.end]) for m in passage.marks] == marks


def test_positions_lead_back_through_markup_and_white_space() -> None:
    text = "xx **one**\n  `two` $t$ yy"
    passage = clean(text, 3, 22, base=1000)
    assert passage.text == "one two t"
    assert [passage.offset(at) for at in range(len(passage))] == [
        1005, 1006, 1007, 1010, 1014, 1015, 1016, 1018, 1020,
    ]  # fmt: skip
    assert passage.span() == Span(1005, 1021)
    assert passage.slice(4, 7).span() == Span(1014, 1017)
    assert [m.kind for m in passage.slice(4).marks] == [MarkKind.CODE, MarkKind.MATH]


def test_an_empty_passage_knows_where_it_would_stand() -> None:
    assert clean("ab   cd", 2, 5, base=10).span() == Span(12, 12)


def test_verbatim_keeps_markup() -> None:
    assert verbatim("x = a ** b\n  # *note*", 0, 21, base=0).text == "x = a ** b # *note*"
