"""What the entries of a glossary say together: what labels mean, which concepts there are, what is stated of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.model import Annotation, Concept, Flag, Knowledge, Year
from kg.resolve import resolve
from tests.annotated import LONG, Page


def labels(knowledge: Knowledge) -> dict[str, str]:
    return {str(c.id): c.label for c in knowledge.concepts}


def concept(knowledge: Knowledge, identifier: str) -> Concept:
    return next(c for c in knowledge.concepts if c.id == identifier)


# --------------------------------------------------------------------------------------------------- what labels mean


def test_the_entrys_own_names_come_first() -> None:
    page = Page()
    own = page.entry("Jack Plane", LONG["wood"], aliases=("jack",), assertions=(("jack", "uses", "wedge", 0.5),))
    other = page.entry("Jack", LONG["air"], kind="Hardware")
    (statement,) = resolve([own, other]).statements
    assert (statement.subject, statement.predicate, statement.object) == ("jack-plane", "uses", "wedge")


def test_a_label_beats_an_alias() -> None:
    page = Page()
    page.entry("Nothing", "")
    first = page.entry("Jack Plane", LONG["wood"], aliases=("jack",))
    second = page.entry("Jack", LONG["air"])
    third = page.entry("Bench", "A table.", assertions=(("Bench", "uses", "jacks", 0.5),))
    (statement,) = resolve([first, second, third]).statements
    assert statement.object == "jack"


def test_an_alias_of_one_concept_means_that_concept() -> None:
    page = Page()
    first = page.entry("Jack Plane", LONG["wood"], aliases=("jack",))
    bench = page.entry("Bench", "A table.", mentions=(("jacks", "Hardware"),))
    knowledge = resolve([first, bench])
    (occurrence,) = knowledge.entries[1].mentions
    assert occurrence.concept == "jack-plane"


def test_an_alias_that_two_concepts_claim_is_neither_of_them_elsewhere() -> None:
    page = Page()
    first = page.entry("Jack Plane", LONG["wood"], aliases=("jack",), mentions=(("jack", "Hardware"),))
    second = page.entry("Screw Jack", LONG["air"], aliases=("jack",))
    bench = page.entry("Bench", "A table.", mentions=(("jack", "Hardware"),))
    knowledge = resolve([first, second, bench])
    assert [tuple(o.concept for o in facts.mentions) for facts in knowledge.entries] == [(), (), ("jack",)]
    assert concept(knowledge, "jack").entries == ()


def test_an_abbreviation_that_the_body_explains_is_read_so_there() -> None:
    page = Page()
    sea = page.entry("Mean Sea Level", "A datum.")
    tide = page.entry(
        "Tide Gauge", "It floats.", abbreviations=(("MSL", "mean sea level"),),
        assertions=(("Tide Gauge", "evaluatedOn", "MSL", 0.5),),
    )  # fmt: skip
    (statement,) = resolve([sea, tide]).statements
    assert statement.object == "mean-sea-level"


def test_an_abbreviation_explained_in_one_way_is_read_so_everywhere() -> None:
    page = Page()
    first = page.entry(
        "Tide Gauge", "It floats.", abbreviations=(("MLW", "mean low water"),), mentions=(("mean low water", "Metric"),)
    )
    second = page.entry("Chart", "It is drawn.", mentions=(("MLW", "Metric"),))
    knowledge = resolve([first, second])
    assert (
        (found := concept(knowledge, "mean-low-water")).label, found.aliases, found.kind,
    ) == ("mean low water", ("MLW",), "Metric")  # fmt: skip
    assert "mean-low-water" in {
        o.concept for facts in knowledge.entries for o in facts.mentions if "L3" in facts.entry.id
    }


def test_an_accidental_explanation_is_not_read_elsewhere() -> None:
    page = Page()
    first = page.entry("Gauge", "It floats.", abbreviations=(("RAM", "rope and mast"),))
    second = page.entry("Lamp", "It shines.", abbreviations=(("LED", "lantern of Ned"),))
    third = page.entry("Chart", "It is drawn.", mentions=(("LED", "Hardware"), ("RAM", "Hardware")))
    assert {"led", "rope-and-mast"} == {o.concept for o in resolve([first, second, third]).entries[2].mentions}


def test_an_abbreviation_explained_in_two_ways_is_read_only_where_it_is_explained() -> None:
    page = Page()
    first = page.entry("Gauge", "It floats.", abbreviations=(("ML", "mean level"),), mentions=(("ML", "Metric"),))
    second = page.entry("Lamp", "It shines.", abbreviations=(("ML", "main light"),), mentions=(("ML", "Hardware"),))
    third = page.entry("Chart", "It is drawn.", mentions=(("ML", "Metric"),))
    mentions = [tuple(o.concept for o in facts.mentions) for facts in resolve([first, second, third]).entries]
    assert mentions == [("mean-level",), ("main-light",), ("ml",)]


def test_the_homograph_of_the_entrys_own_field_is_meant() -> None:
    page = Page()
    pages = [
        page.entry("Plane", LONG["wood"], category="woodworking"),
        page.entry("Plane", LONG["air"], category="aviation"),
        page.entry("Hangar", "It is large.", category="aviation", mentions=(("planes", "Hardware"),)),
    ]
    knowledge = resolve(pages)
    assert {"plane-woodworking", "plane-aviation"} <= set(labels(knowledge))
    assert [o.concept for o in knowledge.entries[2].mentions] == ["plane-aviation"]


def test_a_concept_that_is_only_mentioned_has_its_most_frequent_form_and_class() -> None:
    page = Page()
    pages = [
        page.entry(name, f"It is {name}.", mentions=(("Wedge" if n else "wedges", "Hardware" if n else "Material"),))
        for n, name in enumerate(("Bench", "Vice", "Stool"))
    ]
    found = concept(resolve(pages), "wedge")
    assert (found.label, found.kind, found.entries, found.aliases) == ("Wedge", "Hardware", (), ())


def test_an_object_that_is_nowhere_mentioned_has_the_class_of_its_role() -> None:
    page = Page().entry("Bench", "A table.", assertions=(("Bench", "developedBy", "Roubo", 0.5),))
    assert concept(resolve([page]), "roubo").kind == "Organization"


# ----------------------------------------------------------------------------------------------------- what is known


def test_cited_authors_are_persons() -> None:
    page = Page()
    entry = page.entry("Norris", "N.", assertions=(("Norris", "developedBy", "Lee et al", 0.9),))
    made = resolve([entry])
    assert [c.kind for c in made.concepts if c.label == "Lee et al"] == ["Person"]


def test_the_concept_of_many_entries() -> None:
    page = Page()
    one = page.entry(
        "Jack Plane",
        "It levels boards.",
        category="tools",
        aliases=("jack",),
        keywords=("wedge", "iron"),
        definition=True,
    )
    two = page.entry(
        "jack plane", "It levels floors.", keywords=("Iron", "jack plane"), category="joinery", kind="Hardware"
    )
    three = page.entry("Jack Plane", "Planes.", kind="Hardware")
    found = concept(resolve([three, one, two]), "jack-plane")
    assert (
        found.label, found.kind, found.aliases, found.keywords,
    ) == ("Jack Plane", "Hardware", ("jack",), ("iron", "wedge"))  # fmt: skip
    assert (("joinery", "tools"), (one.entry.id, two.entry.id, three.entry.id)) == (found.fields, found.entries)
    (definition,) = found.definitions
    assert ("It levels boards.", "It levels", one.entry.id) == (
        definition.text,
        definition.evidence.exact,
        definition.evidence.entry,
    )


def test_a_field_is_a_concept() -> None:
    page = Page()
    knowledge = resolve([page.entry("Plane", "A tool.", category="hand tools")])
    assert ((found := concept(knowledge, "hand-tools")).label, found.kind) == ("hand tools", "Field")


def test_a_field_that_the_texts_mention_as_such_is_one_concept() -> None:
    page = Page()
    knowledge = resolve([page.entry("Plane", "A tool.", category="joinery", mentions=(("joinery", "Field"),))])
    assert sorted(labels(knowledge)) == ["joinery", "plane"]


@pytest.mark.parametrize("mentioned", [True, False])
def test_a_field_with_the_name_of_another_thing_stands_beside_it(mentioned: bool) -> None:
    page = Page()
    pages = [page.entry("Plane", "A tool.", category="joinery", mentions=(("joinery", "Process"),) * mentioned)]
    if not mentioned:
        pages.append(page.entry("Joinery", "A craft.", kind="Process"))
    knowledge = resolve(pages)
    assert (concept(knowledge, "joinery").kind, concept(knowledge, "joinery-field").kind) == ("Process", "Field")
    assert concept(knowledge, "plane").fields == ("joinery-field",)


def test_the_same_fact_of_two_entries_is_one_statement_with_all_evidence() -> None:
    page = Page()
    pages = [
        page.entry(
            "Plane", "It uses wedges.", assertions=(("Plane", "uses", "wedge", 0.5), ("plane", "uses", "wedges", 0.4))
        ),
        page.entry("Bench", "Planes use wedges.", assertions=(("Plane", "uses", "Wedge", 0.5),)),
    ]
    (statement,) = resolve(pages).statements
    assert statement.confidence == 0.75
    assert [p.entry.id for p in pages] == [e.entry for e in statement.evidence]
    assert [e.exact for e in statement.evidence] == ["It uses w", "Planes us"]


def test_a_copy_is_evidence_but_no_second_witness() -> None:
    fact = (("Plane", "uses", "wedge", 0.5),)
    pages = [Page(s).entry("Plane", "It uses wedges.", assertions=fact) for s in ("b.txt", "a.txt")]
    knowledge = resolve(pages)
    (statement,) = knowledge.statements
    assert (statement.confidence, [e.entry for e in statement.evidence]) == (0.5, ["a.txt/L1", "b.txt/L1"])
    assert [frozenset(), frozenset({Flag.DUPLICATE_TEXT})] == [facts.flags for facts in knowledge.entries]


def test_a_concept_has_no_relation_with_itself() -> None:
    page = Page().entry(
        "Jack Plane", "A plane.", aliases=("jack",), assertions=(("Jack Plane", "broader", "jacks", 0.9),)
    )
    assert resolve([page]).statements == ()


def test_a_year_stays_a_year() -> None:
    page = Page().entry("Plane", "Since 1800.", assertions=(("Plane", "introducedIn", Year(1800), 0.9),))
    assert Year(1800) == resolve([page]).statements[0].object


def test_an_entry_does_not_mention_its_own_concept() -> None:
    page = Page().entry(
        "Jack Plane", "A jack plane.", aliases=("jack",), mentions=(("jack", "Method"), ("iron", "Material"))
    )
    assert [o.concept for o in resolve([page]).entries[0].mentions] == ["iron"]


def test_names_that_share_a_slug_get_ids_of_their_content() -> None:
    page = Page()
    mentions = (("a.b.c. x", "Software"), ("A B C X!", "Software"), ("水", "Material"), ("火", "Material"))
    knowledge = resolve([page.entry("Plane", "A tool.", mentions=mentions)])
    assert len(knowledge.concepts) == len({c.id for c in knowledge.concepts})
    other = resolve([Page().entry("Saw", "Another."), Page("z.txt").entry("Plane", "A tool.", mentions=mentions)])
    assert {c.id for c in knowledge.concepts} <= {c.id for c in other.concepts}


def test_the_same_text_under_another_header_is_the_same_concept() -> None:
    left, right = (
        Page("a.txt").entry("Plane", LONG["wood"]),
        Page("b.txt").entry("Jack", LONG["wood"].replace(" ", "\n")),
    )
    knowledge = resolve([right, left])
    assert len({facts.describes for facts in knowledge.entries}) == 1


def test_an_entry_describes_the_concept_of_its_label() -> None:
    annotation = Page().entry("Plane", "A tool.")
    assert [facts.describes for facts in resolve([annotation]).entries] == ["plane"]


def test_no_annotations_no_knowledge() -> None:
    assert Knowledge() == resolve([])


NAMES = ("Plane", "Jack Plane", "Smoother", "Iron", "Plane Iron", "PI", "水")


@st.composite
def glossaries(draw: st.DrawFn) -> list[Annotation]:
    pages = {source: Page(source) for source in ("a.txt", "b.txt")}
    names = st.sampled_from(NAMES)
    kinds = st.sampled_from(("Method", "Hardware", "Material"))
    return [
        pages[draw(st.sampled_from(sorted(pages)))].entry(
            draw(names),
            draw(st.sampled_from([*LONG.values(), "Short."])),
            category=draw(st.sampled_from((None, "tools", "joinery", "iron"))),
            aliases=tuple(draw(st.lists(names, max_size=2))),
            keywords=tuple(draw(st.lists(names, max_size=2))),
            kind=draw(kinds),
            mentions=tuple(draw(st.lists(st.tuples(names, kinds), max_size=3))),
            assertions=tuple(draw(st.lists(st.tuples(names, st.just("uses"), names, st.floats(0, 1)), max_size=3))),
            abbreviations=tuple(draw(st.lists(st.just(("PI", "plane iron")), max_size=1))),
            definition=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]


@settings(max_examples=60)
@given(glossaries(), st.randoms())
def test_knowledge_does_not_depend_on_the_order_of_input(pages: list[Annotation], random: object) -> None:
    shuffled = list(pages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolve(pages) == resolve(shuffled)


@settings(max_examples=60)
@given(glossaries())
def test_knowledge_keeps_its_promises(pages: list[Annotation]) -> None:
    knowledge = resolve(pages)
    concepts = {c.id: c for c in knowledge.concepts}
    assert len(concepts) == len(knowledge.concepts)
    assert sorted(concepts) == [c.id for c in knowledge.concepts]
    assert {a.entry.id for a in pages} == {facts.entry.id for facts in knowledge.entries}
    for facts in knowledge.entries:
        assert facts.entry.id in concepts[facts.describes].entries
        assert facts.describes not in {o.concept for o in facts.mentions}
        assert {o.concept for o in facts.mentions} <= concepts.keys()
    for one in knowledge.concepts:
        assert one.label
        assert one.label not in one.aliases
        assert {concepts[f].kind for f in one.fields} <= {"Field"}
    for statement in knowledge.statements:
        assert statement.subject != statement.object
        assert {statement.subject, statement.object} <= concepts.keys()
        assert statement.evidence
        assert 0 <= statement.confidence <= 1
