"""Named queries: what the shipped ones answer, how parameters are bound, what is said of faulty files.

`python -m tests.test_queries` writes the golden answers and `docs/queries.md` anew.
"""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ConceptNotFound, QueryError
from kg.graph import KnowledgeGraph
from kg.queries import ParameterKind, manual, named_queries, named_query, read_query
from kg.store import LocalStore
from kg.tokens import tokens
from kg.triples import quads
from kg.vocabulary import SKOS
from tests.orchard import orchard_knowledge

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "queries"
QUESTIONS: dict[str, dict[str, str]] = {
    "about": {"concept": "budding"},
    "alternatives-to": {"concept": "budding"},
    "ambiguous-names": {},
    "between": {"first": "budding", "second": "grafting"},
    "bridges-between-fields": {},
    "broader-cycles": {},
    "classes": {},
    "common-ground": {"first": "grafting", "second": "budding"},
    "concepts-of-class": {"class": "Material"},
    "concepts-of-field": {"field": "horticulture"},
    "concepts-that": {"relation": "requires", "concept": "clean cuts", "class": "Method"},
    "concepts-that-both": {
        "relation": "reduces",
        "concept": "juvenility",
        "second_relation": "uses",
        "second_concept": "grafting wax",
    },
    "concepts-that-by-name": {"relation": "broader", "words": "Method"},
    "contradictions": {},
    "cross-references": {"concept": "grafting"},
    "definitions-of": {"concept": "grafting"},
    "developers": {},
    "differing-definitions": {},
    "effects-of": {"concept": "grafting"},
    "evaluations-of": {"class": "Dataset"},
    "evidence-for": {"subject": "grafting", "predicate": "reduces", "object": "juvenility"},
    "examples-of": {"concept": "propagation methods"},
    "fields": {},
    "find": {"text": "BUD"},
    "flagged-entries": {"flag": "truncated"},
    "how-many": {"class": "Method"},
    "kinds-above": {"concept": "tip budding"},
    "kinds-by-name": {"concept": "budding"},
    "limitations-of": {"concept": "grafting"},
    "lineage-of": {"concept": "budding"},
    "low-confidence": {"below": "0.5"},
    "means-for": {"concept": "wound protection"},
    "most-connected": {"limit": "5"},
    "most-used": {"class": "Material"},
    "orphans": {},
    "parts-of": {"concept": "grafting"},
    "purposes-of": {"concept": "grafting wax"},
    "relations": {},
    "requirements-of": {"concept": "grafting"},
    "rules": {},
    "siblings-of": {"concept": "grafting"},
    "sources-of": {"concept": "grafting wax"},
    "timeline": {"since": "1700"},
    "types-of": {"concept": "propagation method"},
    "unexplained-terms": {},
    "what-causes": {"concept": "juvenility"},
    "what-improves": {"concept": "juvenility"},
    "what-it-does": {"concept": "grafting", "relation": "introducedIn"},
    "what-it-uses": {"concept": "grafting"},
    "what-reduces": {"concept": "juvenility"},
    "who-mentions": {"concept": "grafting wax"},
    "who-uses": {"concept": "grafting wax"},
    "wholes-of": {"concept": "scion"},
}


@cache
def orchard() -> KnowledgeGraph:
    store = LocalStore()
    store.load(quads(orchard_knowledge()))
    return KnowledgeGraph(store)


def iri(name: str) -> str:
    return orchard().concept(name).iri


def answer(name: str, **parameters: object) -> list[dict[str, str]]:
    text = named_query(name).bind(parameters, iri)
    content, _ = orchard().store.sparql(text, "csv")
    return list(csv.DictReader(io.StringIO(content.decode())))


def golden(name: str) -> str:
    content, _ = orchard().store.sparql(named_query(name).bind(QUESTIONS[name], iri), "csv")
    return content.decode().replace("\r\n", "\n")


# ------------------------------------------------------------------------------------------------ the shipped ones


def test_every_query_has_a_golden_answer() -> None:
    assert sorted(named_queries()) == sorted(QUESTIONS)
    assert {path.stem for path in GOLDEN.glob("*.csv")} == set(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_are_the_golden_ones(name: str) -> None:
    assert (GOLDEN / f"{name}.csv").read_text(encoding="utf-8") == golden(name)


@pytest.mark.parametrize("name", QUESTIONS)
def test_golden_answers_have_rows(name: str) -> None:
    assert golden(name).count("\n") > 1


@pytest.mark.parametrize("name", QUESTIONS)
def test_files_run_as_they_are(name: str) -> None:
    orchard().store.sparql(named_query(name).text, "csv")


@pytest.mark.parametrize("name", QUESTIONS)
def test_columns_are_those_of_the_answer(name: str) -> None:
    query = named_query(name)
    assert golden(name).splitlines()[0] == ",".join(query.columns)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_parameter_can_be_bound_at_once(name: str) -> None:
    values = {
        ParameterKind.CONCEPT: "grafting", ParameterKind.FIELD: "horticulture", ParameterKind.RELATION: "uses",
        ParameterKind.CLASS: "Method", ParameterKind.STRING: "truncated", ParameterKind.INTEGER: "3",
        ParameterKind.DECIMAL: "0.5",
    }  # fmt: skip
    query = named_query(name)
    orchard().store.sparql(query.bind({p.name: values[p.kind] for p in query.parameters}, iri), "csv")


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_do_not_depend_on_the_order_of_loading(name: str) -> None:
    backwards = LocalStore()
    for quad in sorted(quads(orchard_knowledge()), key=str, reverse=True):
        backwards.load([quad])
    content, _ = backwards.sparql(named_query(name).bind(QUESTIONS[name], iri), "csv")
    assert content.decode().replace("\r\n", "\n") == golden(name)


@pytest.mark.parametrize("name", QUESTIONS)
def test_queries_are_standard_sparql(name: str) -> None:
    """They run on any endpoint that answers from the union of its graphs: no graphs named, nothing undeclared."""
    from rdflib.plugins.sparql import prepareQuery

    text = named_query(name).bind(QUESTIONS[name], iri)
    assert not re.search(r"\bGRAPH\b|\bLATERAL\b|\bSERVICE\b", text)
    prepareQuery(text)


def test_answers_agree_with_another_engine() -> None:
    """rdflib gives the same rows, on queries that its evaluator can do in reasonable time."""
    import rdflib

    graph = rdflib.Graph()
    graph.parse(data="".join(f"{quad.triple} .\n" for quad in quads(orchard_knowledge())), format="nt")
    for name in ("siblings-of", "fields", "concepts-of-field", "cross-references", "who-mentions"):
        rows = graph.query(named_query(name).bind(QUESTIONS[name], iri))
        theirs = [["" if value is None else str(value) for value in row] for row in rows]  # type: ignore[union-attr]
        ours = list(csv.reader(io.StringIO(golden(name))))[1:]
        assert theirs == ours, name


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_query_ends_in_a_limit(name: str) -> None:
    limit = named_query(name).parameters[-1]
    assert (limit.name, limit.kind, limit.required) == ("limit", ParameterKind.INTEGER, False)
    assert len(answer(name, **{**QUESTIONS[name], "limit": 1})) == 1
    assert answer(name, **{**QUESTIONS[name], "limit": "0"}) == []


def test_kinds_are_found_through_others() -> None:
    rows = answer("types-of", concept="propagation method")
    assert [(row["label"], row["kind_of"]) for row in rows] == [
        ("tip budding", "Budding"),
        ("Budding", "propagation method"),
        ("Grafting", "propagation method"),
    ]


def test_alternatives_are_found_from_both_sides() -> None:
    assert [row["label"] for row in answer("alternatives-to", concept="budding")] == ["Grafting"]
    assert [row["label"] for row in answer("alternatives-to", concept="grafting")] == ["Budding"]


def test_evidence_stands_where_it_is_said_to_stand() -> None:
    from tests.tiny import DOCUMENTS

    rows = answer("evidence-for", subject="grafting")
    assert len(rows) >= 5
    for row in rows:
        assert DOCUMENTS[row["source"]][int(row["start"]) : int(row["end"])] == row["quote"]


def test_the_manual_is_in_step() -> None:
    assert (ROOT / "docs" / "queries.md").read_text(encoding="utf-8") == manual(), "run python -m tests.test_queries"


# --------------------------------------------------------------------------------------------------------- binding


def test_missing_and_unknown_parameters_are_named_with_those_that_there_are() -> None:
    query = named_query("what-reduces")
    with pytest.raises(QueryError) as error:
        query.bind({}, iri)
    assert str(error.value) == (
        "query what-reduces needs concept; it takes concept (concept, required), limit (integer, default 100)"
    )
    with pytest.raises(QueryError) as error:
        query.bind({"concept": "grafting", "size": 3}, iri)
    assert str(error.value).startswith("query what-reduces has no parameter size; it takes ")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("most-used", {"class": "Vegetable"}, "parameter class: 'Vegetable' is no class: "),
        ("evidence-for", {"subject": "grafting", "predicate": "eats"}, "parameter predicate: 'eats' is no relation: "),
        ("low-confidence", {"below": "1e9"}, "parameter below: '1e9' is no decimal: "),
        ("low-confidence", {"below": "NaN"}, "parameter below: 'NaN' is no decimal: "),
        ("timeline", {"since": "1990 || true"}, "parameter since: '1990 || true' is no integer: "),
        ("fields", {"limit": "٣"}, "parameter limit: '٣' is no integer: "),
        ("fields", {"limit": "-1"}, "parameter limit: -1 is below zero"),
        ("most-used", {"class": "kg:Method> ?x"}, "parameter class: 'kg:Method> ?x' is no class: "),
    ],
)
def test_values_of_another_kind_are_refused(name: str, parameters: dict[str, object], message: str) -> None:
    with pytest.raises(QueryError) as error:
        named_query(name).bind(parameters, iri)
    assert str(error.value).startswith(message)


def test_an_unknown_concept_is_what_the_resolver_says() -> None:
    with pytest.raises(ConceptNotFound):
        named_query("types-of").bind({"concept": "zeppelin"}, iri)


def test_relations_and_classes_are_taken_by_name_and_by_iri() -> None:
    query = named_query("evidence-for")
    by_name = query.bind({"subject": "grafting", "predicate": "broader"}, iri)
    assert by_name == query.bind({"subject": "grafting", "predicate": SKOS.broader.value}, iri)


def test_an_unknown_query_is_answered_with_near_names() -> None:
    with pytest.raises(QueryError, match=r"^no query is named 'type-of'; did you mean types-of"):
        named_query("type-of")


def test_terms_replace_variables_and_nothing_else(tmp_path: Path) -> None:
    query = read_query(
        write(
            tmp_path,
            "# parameter: $text (string, required) A text.",
            "SELECT ?x { # not $text\n  ?x <http://example.org/$text> \"$text\", '''a $text''', $text, ?textual }",
        )
    )
    assert query.bind({"text": 'a "b" \\ \n?x'}, iri) == (
        "SELECT ?x { # not $text\n  ?x <http://example.org/$text> \"$text\", '''a $text''', "
        '"a \\"b\\" \\\\ \\n?x", ?textual }\n'
    )


@given(st.text())
def test_no_text_escapes_from_its_literal(text: str) -> None:
    bound = named_query("find").bind({"text": text}, iri)
    strings = [token.text for token in tokens(bound) if token.kind == "string"]
    shape = [token.kind for token in tokens(bound)]
    assert shape == [token.kind for token in tokens(named_query("find").bind({"text": "x"}, iri))]
    store = ox.Store()
    found = list(store.query(f"SELECT ?v {{ BIND({strings[0]} AS ?v) }}"))  # type: ignore[arg-type]
    assert found[0]["v"].value == text
    list(store.query(bound))  # type: ignore[arg-type]


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(token.text for token in tokens(text)) == text


@pytest.mark.parametrize("name", QUESTIONS)
def test_tokens_of_a_query_joined_are_the_query(name: str) -> None:
    text = named_query(name).text
    assert "".join(token.text for token in tokens(text)) == text


# ---------------------------------------------------------------------------------------------------------- files


def write(folder: Path, extra: str = "", body: str = "SELECT ?x { ?x ?y ?z }", name: str = "mine.rq") -> Path:
    lines = [
        "# title: T",
        "# topic: Mine",
        "# description: D",
        "#   and more.",
        *([extra] if extra else []),
        "# example: text=x",
        body,
    ]
    if "parameter" not in extra:
        lines[lines.index("# example: text=x")] = "# example: -"
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_users_add_folders_of_queries(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, body="SELECT ?y { ?x ?y ?z } LIMIT 7", name="find.rq")
    queries = named_queries(tmp_path)
    assert queries["mine"].description == "D and more."
    assert queries["mine"].parameters == ()
    assert [(p.name, p.default) for p in queries["find"].parameters] == [("limit", "7")]
    assert list(queries) == sorted(queries)
    assert "mine" not in named_queries()


STRING, INTEGER = (f"# parameter: $text ({kind}, required) T" for kind in ("string", "integer"))


@pytest.mark.parametrize(
    ("extra", "body", "message"),
    [
        ("# colour: red", "SELECT ?x {}", "mine.rq:5: unexpected 'colour'"),
        ("# title: again", "SELECT ?x {}", "mine.rq:5: unexpected 'title'"),
        ("#stray", "SELECT ?x {}", "mine.rq:5: expected '# key: value'"),
        ("# parameter: text", "SELECT ?x {}", "mine.rq:5: expected '$name (kind, "),
        ("# parameter: $text (colour, required) T", "SELECT ?x {}", "mine.rq:5: no kind 'colour'; there are concept, "),
        (STRING, "SELECT ?x {}", "mine.rq:1: $text is declared but not used"),
        ("", "SELECT ?x { ?x ?y $z }", "mine.rq:1: $z is not declared"),
        (STRING, "SELECT ?x { $text ?x ?text }", "mine.rq:1: ?text is a parameter"),
        (STRING, "SELECT $text { $text ?x ?y }", "mine.rq:1: $text is a parameter and "),
        (INTEGER, "SELECT ?x { $text ?x ?y }", "mine.rq:6: parameter text: 'x'"),
        ("# example: a", "SELECT ?x {}", "mine.rq:5: expected name=value, not 'a'"),
        ("# example: 'a", "SELECT ?x {}", "mine.rq:5: not an example: "),
    ],
)  # fmt: skip
def test_faulty_files_are_refused_with_their_line(tmp_path: Path, extra: str, body: str, message: str) -> None:
    path = write(tmp_path, extra, body)
    with pytest.raises(QueryError) as error:
        read_query(path)
    assert str(error.value).startswith(f"{tmp_path}/{message}")


def test_undocumented_and_unreadable_files_are_refused(tmp_path: Path) -> None:
    bare = tmp_path / "bare.rq"
    bare.write_text("SELECT ?x {}\n", encoding="utf-8")
    with pytest.raises(QueryError, match="lack title, topic, description, example"):
        read_query(bare)
    bare.write_bytes(b"# title: \xff\n")
    with pytest.raises(QueryError, match="cannot be read"):
        read_query(bare)
    with pytest.raises(QueryError, match="is no folder of queries"):
        named_queries(tmp_path / "nowhere")


if __name__ == "__main__":
    for known in QUESTIONS:
        (GOLDEN / f"{known}.csv").write_text(golden(known), encoding="utf-8")
    (ROOT / "docs" / "queries.md").write_text(manual(), encoding="utf-8")
