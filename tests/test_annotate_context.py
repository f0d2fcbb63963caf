"""What surrounds a phrase, as features: no model is loaded, the parses are made by hand."""

from __future__ import annotations

import pytest
from spacy.lang.en import English
from spacy.tokens import Doc

from kg.annotate.context import Surroundings, of_block
from kg.annotate.phrases import Phrase
from kg.annotate.units import Role, Unit
from kg.model import Block, BlockKind, Passage, Span

VOCAB = English().vocab
TEXT = "Bakers knead dough with flour and water"


def passage(text: str) -> Passage:
    return Passage(text, ((0, 0),))


@pytest.fixture
def around() -> Surroundings:
    doc = Doc(
        VOCAB,
        words=TEXT.split(),
        heads=[1, 1, 1, 1, 3, 4, 4],
        deps=["nsubj", "ROOT", "dobj", "prep", "pobj", "cc", "conj"],
        pos=["NOUN", "VERB", "NOUN", "ADP", "NOUN", "CCONJ", "NOUN"],
        lemmas=["baker", "knead", "dough", "with", "flour", "and", "water"],
    )
    return Surroundings(doc, Unit(passage(TEXT), Role.MAIN, 0, label=passage("Daily work")))


def phrase(word: str) -> Phrase:
    start = TEXT.index(word)
    return Phrase(word, start, start + len(word), word, TEXT[:start].count(" "))


def test_a_phrase_knows_its_neighbours_its_governor_and_its_unit(around: Surroundings) -> None:
    found = set(around.of(phrase("flour")))
    assert found >= {"before=with", "after=and", "dep=pobj", "governor=with", "beyond=knead", "verb=knead"}
    assert found >= {"unit=main", "sentence=0", "root=knead", "label:daily", "label:work", "nouns-before=2"}
    assert "coordinated" not in found


def test_a_conjunct_stands_where_the_first_of_its_list_stands(around: Surroundings) -> None:
    first, second = set(around.of(phrase("flour"))), set(around.of(phrase("water")))
    assert "coordinated" in second
    same = {"dep=pobj", "governor=with", "beyond=knead", "verb=knead"}
    assert same <= first & second
    assert "before=and" in second


def test_the_way_between_two_phrases_leads_over_what_joins_them(around: Surroundings) -> None:
    way = around.between(phrase("Bakers"), phrase("flour"))
    assert way is not None
    joint, found = way
    assert joint == "knead"
    assert {"up=nsubj", "down=prep:withvpobj", "way=nsubj knead prep:withvpobj", "joint=knead then"} <= set(found)
    assert {"between:knead", "between:dough", "between:with"} <= set(found)


def test_the_way_back_says_so_and_reads_no_words_between(around: Surroundings) -> None:
    way = around.between(phrase("flour"), phrase("Bakers"))
    assert way is not None
    assert "joint=knead before" in way[1]
    assert not [name for name in way[1] if name.startswith("between")]


def test_phrases_far_apart_in_the_parse_have_no_way_between_them() -> None:
    count = 20
    doc = Doc(
        VOCAB,
        words=[f"w{n}" for n in range(count)],
        heads=[0, *range(count - 1)],
        deps=["ROOT", *["nmod"] * (count - 1)],
        pos=["NOUN"] * count,
        lemmas=["w"] * count,
    )
    around = Surroundings(doc, Unit(passage("w"), Role.MAIN, 0))
    assert around.between(Phrase("w0", 0, 2, "w", 0), Phrase("w19", 60, 63, "w", 19)) is None
    assert around.between(Phrase("w0", 0, 2, "w", 0), Phrase("w3", 9, 11, "w", 3)) is not None


def test_a_block_tells_its_titles_its_lead_in_and_how_it_goes_on() -> None:
    block = Block(
        BlockKind.BULLET, Span(0, 9), passage("Keeps dough moist."), passage("Proofing Baskets"),
        section=("Tools", "Small Tools"),
    )  # fmt: skip
    found = set(of_block(block))
    assert found >= {"block=bullet", "title:small", "title:tool", "outer:tool", "led:proofing", "led:basket"}
    assert found >= {"led=2", "opens=keeps", "depth=0"}
    assert "untitled" in of_block(Block(BlockKind.PARAGRAPH, Span(0, 1), passage("x")))
