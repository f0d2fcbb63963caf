"""Search, paths and neighbours inside SPARQL: what they answer, where errors point, that nothing else changes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import kg
from kg.cli import app as cli
from kg.errors import QueryError
from kg.graph import KnowledgeGraph
from kg.queries import named_queries
from kg.services import MOST_SERVICES
from kg.store import LocalStore, open_store, write_build
from kg.triples import quads
from tests.serving import running
from tests.test_store import endpoint  # noqa: F401 - a fixture, of a local SPARQL endpoint with the tiny glossary
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.test_store import Endpoint

SEARCH = 'SERVICE kg:search { ?concept kg:query "grafting" }'
CONCEPT = "https://kg.example.org/concept/"


def rows(graph: KnowledgeGraph, query: str) -> list[tuple[str | None, ...]]:
    """The values of the solutions of a query, without the part that all IRIs of concepts share."""
    answer = graph.query(query)
    assert isinstance(answer, ox.QuerySolutions)
    return [tuple(None if term is None else term.value.removeprefix(CONCEPT) for term in row) for row in answer]  # type: ignore[union-attr]


def fails(graph: KnowledgeGraph, query: str) -> tuple[int | None, int | None, str]:
    """Line, column and reason of a query's error, whose caret has to stand where they say."""
    with pytest.raises(QueryError) as info:
        graph.query(query)
    error = info.value
    if error.line is None:
        return None, None, str(error)
    head, shown, caret = str(error).split("\n")
    assert shown.strip() == query.split("\n")[error.line - 1].strip()
    assert error.column is not None
    assert caret == " " * (3 + error.column) + "^"
    return error.line, error.column, head.partition(": ")[2]


# ------------------------------------------------------------------------------------------------------------ search


def test_a_search_binds_concepts_with_score_rank_and_what_matched(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT ?concept ?score ?rank ?what ?text {
      SERVICE kg:search { ?concept kg:query "grafting" ; kg:score ?score ; kg:rank ?rank ; kg:matched ?what ;
                                   kg:snippet ?text ; kg:limit 20 . } } ORDER BY ?rank"""
    hits = tiny_graph.search("grafting", 20)
    assert rows(tiny_graph, query) == [
        (hit.concept.id, str(hit.score), str(rank), hit.matched, hit.text) for rank, hit in enumerate(hits, 1)
    ]
    assert len(hits) == 2


def test_what_is_found_joins_with_the_rest_of_the_query(tiny_graph: KnowledgeGraph) -> None:
    query = f"SELECT ?label {{ ?concept kg:uses/skos:prefLabel ?label . {SEARCH} }}"
    assert rows(tiny_graph, query) == [("Grafting wax",)]


def test_the_limit_is_kept_and_terms_have_types(tiny_graph: KnowledgeGraph) -> None:
    query = 'SELECT ?s ?r { SERVICE kg:search { [] kg:query "grafting" ; kg:score ?s ; kg:limit 1 ; kg:rank ?r } }'
    ((score, rank),) = tiny_graph.query(query)  # type: ignore[misc]
    assert str(score).endswith("XMLSchema#decimal>")
    assert str(rank) == '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'


def test_nothing_found_is_no_solution(tiny_graph: KnowledgeGraph) -> None:
    assert rows(tiny_graph, 'SELECT * { SERVICE kg:search { ?c kg:query "zzzz" } }') == []


# ------------------------------------------------------------------------------------------------------------- paths


def test_a_path_binds_each_step_with_its_evidence(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT ?path ?n ?s ?p ?t ?forward ?quote ?place ?sentence {
      SERVICE kg:path { ?path kg:from "T-budding" ; kg:to concept:grafting-wax ; kg:k 2 ; kg:step ?n ; kg:source ?s ;
        kg:predicate ?p ; kg:target ?t ; kg:forward ?forward ; kg:quote ?quote ; kg:place ?place ;
        kg:sentence ?sentence } } ORDER BY ?path ?n"""
    ontology = "https://kg.example.org/ontology#"
    found = rows(tiny_graph, query)
    assert found[:2] == [
        (
            "1", "1", "budding", f"{ontology}contrastsWith", "grafting", "false", "Unlike budding", "garden.txt:2",
            "Budding contrasts with Grafting",
        ),
        (
            "1", "2", "grafting", f"{ontology}uses", "grafting-wax", "true", "uses grafting wax", "garden.txt:2",
            "Grafting uses Grafting wax",
        ),
    ]  # fmt: skip
    assert {row[0] for row in found} == {"1", "2"}


def test_steps_join_by_their_statements(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT ?quote { SERVICE kg:path { [] kg:from "grafting" ; kg:to "juvenility" ; kg:statement ?st }
               ?st prov:wasDerivedFrom/oa:exact ?quote }"""
    assert rows(tiny_graph, query) == [("reduces juvenility",)]


def test_paths_obey_their_constraints(tiny_graph: KnowledgeGraph) -> None:
    ask = 'ASK { SERVICE kg:path { ?path kg:from "juvenility" ; kg:to "budding" %s } }'
    assert tiny_graph.query(ask % "") is True
    assert tiny_graph.query(ask % "; kg:maxHops 1") is False
    assert tiny_graph.query(ask % "; kg:directed true") is False
    assert tiny_graph.query(ask % "; kg:directed false") is True
    assert tiny_graph.query(ask % "; kg:exclude kg:reduces") is False
    assert tiny_graph.query(ask % "; kg:only kg:reduces, kg:contrastsWith") is True
    assert tiny_graph.query(ask % "; kg:avoid 'Grafting'") is False
    assert tiny_graph.query(ask % "; kg:minConfidence 0.85") is False
    assert tiny_graph.query(ask % "; kg:minConfidence 7e-1") is True


def test_the_cost_and_the_length_belong_to_the_path(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT DISTINCT ?path ?cost ?length { SERVICE kg:path {
      ?path kg:from "budding" ; kg:to "grafting wax" ; kg:cost ?cost ; kg:length ?length } }"""
    path = tiny_graph.path("budding", "grafting wax")
    assert rows(tiny_graph, query) == [("1", f"{path.cost:g}", str(len(path)))]


def test_paths_take_every_constraint(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT ?path ?c {
      SERVICE kg:path {
        ?path kg:from "grafting" ; kg:to "budding" ; kg:k 5 ; kg:target ?c ; kg:step ?step ; %s
      } } ORDER BY ?path ?step"""
    straight, by_kind = [("1", "budding")], [("1", "propagation-method"), ("1", "budding")]
    assert rows(tiny_graph, query % 'kg:via "propagation method"') == by_kind
    assert rows(tiny_graph, query % 'kg:metapath "*-broader>Method<broader-*"') == by_kind
    assert len(rows(tiny_graph, query % "kg:types kg:Method, kg:Model ; kg:seconds 5")) == 3
    assert rows(tiny_graph, query % "kg:types kg:Task") == straight
    assert rows(tiny_graph, query % "kg:allShortest true") == straight
    with pytest.raises(QueryError, match="no class 'Tree'"):
        rows(tiny_graph, query % 'kg:types "Tree"')
    with pytest.raises(QueryError, match="cannot be read at character 2"):
        rows(tiny_graph, query % 'kg:metapath "*=*"')


# ----------------------------------------------------------------------------------------------------------- connect


def test_a_connection_is_the_one_of_python_a_row_for_each_step(tiny_graph: KnowledgeGraph) -> None:
    found = tiny_graph.connect("juvenility", "Ada Birch", "sealant")
    query = """SELECT ?n ?source ?target ?sentence ?quote ?cost ?exact { SERVICE kg:connect {
      ?n kg:of "juvenility", "ada birch", concept:sealant ; kg:source ?source ; kg:target ?target ;
         kg:sentence ?sentence ; kg:quote ?quote ; kg:cost ?cost ; kg:exact ?exact } } ORDER BY ?n"""
    assert rows(tiny_graph, query) == [
        (
            str(number), step.source.id, step.target.id, step.sentence, step.quotes[0].exact,
            f"{found.cost:.4f}".rstrip("0").rstrip("."), "true",
        )
        for number, step in enumerate(found.steps, 1)
    ]  # fmt: skip
    assert len(found.steps) == 5


def test_a_connection_keeps_its_constraints_and_can_be_missing(tiny_graph: KnowledgeGraph) -> None:
    query = 'SELECT ?s { SERVICE kg:connect { [] kg:of "grafting", "budding" ; kg:sentence ?s ; %s } } ORDER BY ?s'
    assert rows(tiny_graph, query % "kg:exclude kg:contrastsWith") == [
        ("Grafting is a kind of propagation method",),
        ("propagation method has the kind Budding",),
    ]
    assert rows(tiny_graph, query % "kg:only kg:uses") == []
    assert rows(tiny_graph, query % "kg:avoid concept:propagation-method ; kg:exclude kg:contrastsWith") == []
    with pytest.raises(QueryError, match="to connect takes two concepts or more"):
        rows(tiny_graph, 'SELECT ?s { SERVICE kg:connect { [] kg:of "grafting" ; kg:sentence ?s } }')


# -------------------------------------------------------------------------------------------------------- neighbours


def test_neighbours_come_with_their_distance(tiny_graph: KnowledgeGraph) -> None:
    query = (
        'SELECT ?c ?d { SERVICE kg:neighbours { ?c kg:of "sealant" ; kg:depth 2 ; kg:distance ?d %s } } ORDER BY ?d ?c'
    )
    assert rows(tiny_graph, query % "") == [("grafting-wax", "1"), ("grafting", "2"), ("wound-protection", "2")]
    assert rows(tiny_graph, query % "; kg:limit 1") == [("grafting-wax", "1")]


# --------------------------------------------------------------------------------------------------------- functions


def test_a_score_is_that_of_the_search_and_unbound_without_a_match(tiny_graph: KnowledgeGraph) -> None:
    query = 'SELECT ?c (kg:score(?c, "grafting") AS ?score) { ?c a skos:Concept } ORDER BY DESC(?score)'
    found = dict(rows(tiny_graph, query))  # type: ignore[arg-type]
    assert {iri: score for iri, score in found.items() if score} == {
        hit.concept.id: str(hit.score) for hit in tiny_graph.search("grafting", 100)
    }
    assert len(found) == 12


def test_matches_filters_by_a_search(tiny_graph: KnowledgeGraph) -> None:
    query = 'SELECT ?c { ?c a kg:Material FILTER(kg:matches(?c, "graft")) }'
    assert rows(tiny_graph, query) == [("grafting-wax",)]
    assert rows(tiny_graph, query.replace("kg:matches", "!kg:matches")) == [("sealant",)]


def test_a_name_is_looked_up_by_a_function(tiny_graph: KnowledgeGraph) -> None:
    query = 'SELECT ?l { BIND(kg:concept("t budding") AS ?c) ?c skos:prefLabel ?l }'
    assert rows(tiny_graph, query) == [("Budding",)]
    assert tiny_graph.query('ASK { BIND(kg:concept("zeppelin") AS ?c) FILTER(BOUND(?c)) }') is False


def test_each_text_is_searched_for_once_in_a_query(monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore()
    store.load(quads(tiny_knowledge()))
    graph = KnowledgeGraph(store)
    asked: list[str] = []
    scores = graph.scores
    monkeypatch.setattr(graph, "scores", lambda text: asked.append(text) or scores(text))
    rows(graph, 'SELECT * { ?c a skos:Concept FILTER(kg:matches(?c, "graft") && kg:score(?c, "graft") > 1) }')
    assert [text for text in asked if text] == ["graft"]


@pytest.mark.parametrize(
    "call", ['kg:score("x", "y")', "kg:score(?c, ?c)", "kg:matches(?c, 1/0)", f'kg:matches(?c, "{"x" * 2000}")']
)
def test_a_call_that_makes_no_sense_is_an_error_of_sparql(tiny_graph: KnowledgeGraph, call: str) -> None:
    query = f"SELECT (COALESCE({call}, 'error') AS ?x) {{ BIND(concept:grafting AS ?c) }}"
    assert rows(tiny_graph, query) == [("error",)]


# --------------------------------------------------------------------------------------- wherever a clause may stand


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?concept { SERVICE kg:search { ?concept kg:query 'tree surgery' } }",
        'SELECT ?concept{service kg:search{?concept kg:query"tree surgery".}}',
        'SELECT ?concept { Service Silent <https://kg.example.org/ontology#search> {'
        ' ?concept kg:query """tree surgery""" } }',
        "PREFIX my: <https://kg.example.org/ontology#> SELECT ?concept { SERVICE"
        " my:search { ?concept my:query 'tree surgery'@en } }",
        "BASE <https://kg.example.org/ontology> SELECT ?concept { SERVICE <#search> {"
        " ?concept <#query> 'tree surgery' } }",
        "SELECT ?concept { SERVICE # } a comment { \n kg:search # { another\n { # ?x"
        " kg:query 'y'\n ?concept kg:query 'tree surgery' # }\n } }",
        "SELECT ?concept { { SELECT * { OPTIONAL { { SERVICE kg:search { ?concept kg:query 'tree surgery' } } } } } }",
        "SELECT ?concept { GRAPH ?g {} SERVICE kg:search { ?concept kg:query 'tree surgery' } } GROUP BY ?concept",
        "SELECT ?concept { ?concept a kg:Field . SERVICE kg:search { $concept kg:query"
        " 'tree surgery' } . ?concept skos:prefLabel [] }",
        "SELECT ?concept { SERVICE kg:search { ?concept kg:query 'tree surgery' ; ; kg:limit 3 ; } }",
        "SELECT ?concept { SERVICE kg:search { ?concept kg:limit 3 . ?concept kg:query 'tree surgery' . } }",
        "SELECT ?concept { SERVICE kg:search { ?concept kg:query 'tree surgery'^^xsd:string } }",
        "SELECT ?concept { FILTER('}' != '{ SERVICE kg:search { }') SERVICE kg:search {"
        " ?concept kg:query 'tree surgery' } }",
    ],
)  # fmt: skip
def test_a_clause_is_found_however_it_is_written(tiny_graph: KnowledgeGraph, query: str) -> None:
    assert set(rows(tiny_graph, query)) == {("tree-surgery",)}


def test_several_services_share_their_variables(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT ?concept { SERVICE kg:search { ?concept kg:query "wax" }
      SERVICE kg:neighbours { ?concept kg:of "sealant" } OPTIONAL { SERVICE kg:search { ?concept kg:query "zzz" } } }"""
    assert rows(tiny_graph, query) == [("grafting-wax",)]


def test_braces_and_quotes_in_texts_are_only_text(tiny_graph: KnowledgeGraph) -> None:
    assert rows(tiny_graph, "SELECT * { SERVICE kg:search { ?c kg:query '} \\' SERVICE <x> {' } }") == []


def test_a_variable_asked_to_be_two_things_is_both_or_nothing(tiny_graph: KnowledgeGraph) -> None:
    query = 'SELECT * { SERVICE kg:path { ?n kg:from "budding" ; kg:to "grafting wax" ; kg:step ?n } }'
    assert rows(tiny_graph, query) == [("1",)]


def test_other_forms_of_queries_take_services_too(tiny_graph: KnowledgeGraph) -> None:
    found = tiny_graph.query(f"CONSTRUCT {{ ?concept a kg:Hit }} {{ {SEARCH} }}")
    assert isinstance(found, list)
    assert len(found) == 2
    assert tiny_graph.query(f"ASK {{ {SEARCH} }}") is True
    assert isinstance(tiny_graph.query(f"DESCRIBE ?concept {{ {SEARCH} }}"), list)


def test_hostile_quotes_stay_inside_their_literals() -> None:
    from tests.hostile import TEXTS, graph_of, hostile_knowledge

    graph = graph_of(hostile_knowledge())
    for text in TEXTS:
        if text.strip() and len(text) < 1000:
            service = f"SERVICE kg:search {{ [] kg:query {ox.Literal(text)} ; kg:snippet ?text ; kg:limit 1 }}"
            query = f"SELECT ?text {{ {service} }}"
            assert rows(graph, query) == [(graph.search(text, 1)[0].text,)]


# ------------------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("query", "line", "column", "reason"),
    [
        ("SELECT * {\n  SERVICE kg:search { ?c kg:query ?x } }",
         2, 35, "kg:query takes a constant, not the variable ?x"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 5 } }", 1, 44, "kg:query takes a text in quotes"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' ; kg:limit 0 } }",
         1, 59, "kg:limit takes a whole number from 1 to 1,000, not 0"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' ; kg:limit -5 } }",
         1, 59, "kg:limit takes a whole number from 1"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' ; kg:limit 1.5 } }", 1, 59, "kg:limit takes a whole number"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' ; kg:score 5 } }",
         1, 59, "kg:score is an answer of kg:search: give it a variable"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' ; kg:scor ?s } }",
         1, 50, "kg:search has no kg:scor; it takes kg:query, kg:limit, and answers with kg:score"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a', 'b' } }", 1, 35, "kg:query is given twice"),
        ("SELECT * { SERVICE kg:search { ?c kg:score ?s } }", 1, 20, "kg:search needs kg:query"),
        ("SELECT * { SERVICE kg:search { } }", 1, 20, "kg:search needs kg:query"),
        ("SELECT * { SERVICE kg:search { <x:y> kg:query 'a' } }", 1, 32, "the subject in kg:search is a variable"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' . ?d kg:score ?s } }",
         1, 50, "kg:search has one subject, here ?c"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' FILTER(?c > 1) } }",
         1, 48, "kg:search takes plain triples only"),
        ("SELECT * { SERVICE kg:search { { ?c kg:query 'a' } } }", 1, 32, "kg:search takes plain triples only"),
        ("SELECT * { SERVICE kg:search { ?c kg:query/kg:x 'a' } }", 1, 43, "kg:search takes plain triples only"),
        ("SELECT * { SERVICE kg:serch { ?c kg:query 'a' } }",
         1, 20, "kg has no service 'serch'; there are kg:search, kg:path, kg:connect, kg:neighbours"),
        ("SELECT * {\n\tSERVICE kg:path { ?p kg:from 'zeppelin' ; kg:to 'budding' } }",
         2, 31, "no concept 'zeppelin' in this graph"),
        ("SELECT * { SERVICE kg:path { ?p kg:from <x:y> ; kg:to 'budding' } }",
         1, 41, "no concept 'x:y' in this graph"),
        ("SELECT * { SERVICE kg:path { ?p kg:from 'budding' ; kg:to 'T-budding' } }",
         1, 20, "Budding and Budding are the same concept"),
        ("SELECT * { SERVICE kg:path { ?p kg:from 'budding' ; kg:to 'grafting' ; kg:only kg:eats } }",
         1, 80, "no relation"),
        ("SELECT * { SERVICE kg:path { ?p kg:from 'budding' ; kg:to 'grafting' ; kg:directed 'yes' } }",
         1, 84, "kg:directed takes true or false"),
        ("SELECT * { SERVICE kg:path { ?p kg:from 'budding' ; kg:to 'grafting' ; kg:minConfidence 2 } }",
         1, 89, "kg:minConfidence takes a number from 0 to 1"),
        ("SELECT * { SERVICE kg:path { ?p kg:from 'budding' ; kg:to 'grafting' ; kg:k 101 } }",
         1, 77, "kg:k takes a whole number from 1 to 100, not 101"),
        (f"SELECT * {{ {SEARCH}\n  ?s ?p ?o }} WRONG", 2, 14, "this is not SPARQL"),
        (f"SELECT * {{ {SEARCH}\n  ?s ?p }}", 2, 3, "this is not SPARQL"),
        (f"SELECT * {{ {SEARCH} ?s garden:soil ?o }}", 1, 77, "no prefix garden: is declared"),
        ("SELECT * { SERVICE kg:search { ?c kg:query 'a' ", 1, 48, "the query breaks off here"),
        ("SELECT * { SERVICE kg:search { ?c kg:query } }", 1, 44, "this is not SPARQL"),
        (f"SELECT ?nope {{ {SEARCH} }} GROUP BY ?concept", None, None, ""),
        (f"SELECT * {{ {SEARCH} }} #" + "\n" * 3 + "  LIMIT ten", 4, 9, "this is not SPARQL"),
        (f"SELECT * {{ {SEARCH} SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}",
         None, None, "SERVICE is not evaluated here"),
        ("SELECT * { SERVICE ?x { ?c kg:query 'a' } }", None, None, "SERVICE is not evaluated here"),
        ("SELECT * { " + SEARCH * (MOST_SERVICES + 1) + " }",
         1, 12 + 8 + 50 * MOST_SERVICES, "a query can ask 16 services of kg"),
    ],
)  # fmt: skip
def test_errors_point_into_the_users_own_text(
    tiny_graph: KnowledgeGraph, query: str, line: int | None, column: int | None, reason: str
) -> None:
    found = fails(tiny_graph, query)
    if line is not None:
        assert found[:2] == (line, column)
    assert found[2].startswith(reason)


def test_silent_services_that_fail_bind_nothing(tiny_graph: KnowledgeGraph) -> None:
    query = """SELECT ?p ?l { SERVICE SILENT kg:path { ?p kg:from 'zeppelin' ; kg:to 'budding' }
      concept:budding skos:prefLabel ?l }"""
    assert rows(tiny_graph, query) == [(None, "Budding")]
    assert fails(tiny_graph, "SELECT * { SERVICE SILENT kg:path { ?p kg:form 'x' } }")[2].startswith(
        "kg:path has no kg:form"
    )


def test_what_only_looks_like_a_clause_is_left_alone(tiny_graph: KnowledgeGraph) -> None:
    # To tokens, all between the first two single quotes is one text; the parser knows better, and is asked.
    text = "SERVICE kg:search { ?c kg:query ''sealant'' }"
    query = f"SELECT ?x {{ BIND(1 AS ?a) FILTER(?a<'>' || true) BIND('{text.replace(chr(39) * 2, chr(34))}' AS ?x) }}"
    prepared = tiny_graph.prepare(query)
    assert prepared.text == query
    assert rows(tiny_graph, query) == [(text.replace("''", '"'),)]


# ------------------------------------------------------------------------------------------- all that is not for us


WORDS = st.lists(
    st.sampled_from(
        ["SELECT", "*", "{", "}", "?service", "'service'", "# SERVICE kg:search {\n",
         "kg:query", '"', "'", "\\", "<", ">", "<x:y>",
         "kg:search", "silent",
         "kg:score", "kg:matches", "FILTER", "[", "]", ";", ".", ",", "^^", "@en", "5", "\n", "é"]
    ),
    max_size=30,
).map(" ".join)  # fmt: skip


@given(st.one_of(st.text(max_size=200), WORDS))
def test_any_text_without_our_services_passes_unchanged(tiny_graph: KnowledgeGraph, text: str) -> None:
    prepared = tiny_graph.prepare(text)
    assert prepared.text == text
    assert prepared.functions == {}


@given(WORDS)
def test_any_text_with_a_service_is_answered_or_refused(tiny_graph: KnowledgeGraph, text: str) -> None:
    with suppress(QueryError):
        tiny_graph.query(f"SELECT * {{ SERVICE kg:search {{ ?concept kg:query 'wax' {text} }} {text} }}")


@pytest.mark.parametrize("name", named_queries())
def test_named_queries_pass_unchanged(tiny_graph: KnowledgeGraph, name: str) -> None:
    text = named_queries()[name].text
    assert tiny_graph.prepare(text) == (text, {})


# ----------------------------------------------------------------------------------------------- through other doors


def test_the_command_line_and_http_answer_them(tmp_path: Path) -> None:
    write_build(tmp_path, quads(tiny_knowledge()))
    query = f"SELECT ?concept {{ {SEARCH} FILTER(kg:matches(?concept, 'sealing')) }}"
    done = CliRunner().invoke(cli, ["query", query, "-g", str(tmp_path), "--format", "csv"])
    assert done.stdout.splitlines() == ["concept", f"{CONCEPT}grafting-wax"]
    table = CliRunner().invoke(cli, ["query", query, "-g", str(tmp_path)])
    assert table.stdout.splitlines() == ["concept", "concept:grafting-wax"]
    with running(kg.open(tmp_path)) as url:
        answer = httpx.get(f"{url}/sparql", params={"query": query, "format": "csv"}, timeout=60)
        assert answer.text.splitlines() == ["concept", f"{CONCEPT}grafting-wax"]
        wrong = httpx.get(f"{url}/sparql", params={"query": "SELECT * { SERVICE kg:search { ?c kg:query ?x } }"})
        assert wrong.status_code == 400
        assert wrong.text.startswith("line 1, column 44: kg:query takes a constant")


def test_an_endpoint_gets_tables_and_functions_are_refused(endpoint: type[Endpoint]) -> None:  # noqa: F811
    graph = KnowledgeGraph(open_store(endpoint.url))  # type: ignore[attr-defined]
    assert rows(graph, f"SELECT ?concept {{ {SEARCH} ?concept kg:uses ?x }}") == [("grafting",)]
    (sent,) = endpoint.seen[-1][1]["query"]
    assert "SERVICE" not in sent
    assert f"VALUES (?concept) {{ (<{CONCEPT}grafting>) (<{CONCEPT}grafting-wax>) }}" in sent
    line, column, reason = fails(graph, 'SELECT * { ?c a kg:Method FILTER(kg:matches(?c, "wax")) }')
    assert (line, column) == (1, 34)
    assert reason.startswith("kg:matches is a function of local graphs")


def test_a_graph_with_a_base_of_its_own_is_asked_by_its_own_names() -> None:
    store = LocalStore()
    store.load(quads(tiny_knowledge(), base="http://words.example/"))
    graph = KnowledgeGraph(store)
    query = "SELECT ?t { SERVICE kg:path { [] kg:from concept:budding ; kg:to concept:grafting ; kg:target ?t } }"
    assert rows(graph, query) == [("http://words.example/concept/grafting",)]
