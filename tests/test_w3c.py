"""The runner of the W3C's tests, on a suite in miniature that has tests of every kind, among them some that fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.w3c import judge
from tests.w3c.__main__ import main
from tests.w3c.exchanges import GRAPH_STORE, PROTOCOL
from tests.w3c.known import Known
from tests.w3c.manifest import Test, read_suite
from tests.w3c.results import Graph, Table, difference, expected, table
from tests.w3c.run import Outcome, markdown, text, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.w3c.results import Row

HEAD = """@prefix : <#> .
@prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
@prefix qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#> .
@prefix ut: <http://www.w3.org/2009/sparql/tests/test-update#> .
@prefix dawgt: <http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> .
@prefix ht: <http://www.w3.org/2011/http#> .
@prefix hts: <http://www.w3.org/2011/http-statusCodes#> .
@prefix cnt: <http://www.w3.org/2011/content#> .
"""

SRX = """<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="tree"/></head>
<results><result><binding name="tree"><uri>http://example.org/{}</uri></binding></result></results></sparql>"""

SUITE = {
    "trees/manifest.ttl": """
<> a mf:Manifest ; mf:entries (
  :table :wrong :rows :order :disorder :graph :wrong-graph :truth :from :empty-graph :csv :tsv :withdrawn ) .
:table a mf:QueryEvaluationTest ; mf:action [ qt:query <pears.rq> ; qt:data <trees.ttl> ] ; mf:result <pears.srx> .
:wrong a mf:QueryEvaluationTest ; mf:action [ qt:query <pears.rq> ; qt:data <trees.ttl> ] ; mf:result <wrong.srx> .
:rows a mf:QueryEvaluationTest ; mf:action [ qt:query <by-name.rq> ; qt:data <trees.ttl> ] ; mf:result <few.srj> .
:order a mf:QueryEvaluationTest ; mf:action [ qt:query <by-name.rq> ; qt:data <trees.ttl> ] ; mf:result <order.ttl> .
:disorder a mf:QueryEvaluationTest ;
  mf:action [ qt:query <names.rq> ; qt:data <trees.ttl> ] ; mf:result <disorder.srj> .
:graph a mf:QueryEvaluationTest ; mf:action [ qt:query <make.rq> ; qt:data <trees.ttl> ] ; mf:result <made.ttl> .
:wrong-graph a mf:QueryEvaluationTest ;
  mf:action [ qt:query <make.rq> ; qt:data <trees.ttl> ] ; mf:result <trees.ttl> .
:truth a mf:QueryEvaluationTest ; mf:action [ qt:query <ask.rq> ; qt:graphData <trees.ttl> ] ; mf:result <true.srj> .
:from a mf:QueryEvaluationTest ; mf:action [ qt:query <from.rq> ] ; mf:result <pears.srx> .
:empty-graph a mf:QueryEvaluationTest ;
  mf:action [ qt:query <graphs.rq> ; qt:graphData [ qt:graph <nothing.ttl> ; rdfs:label "http://example.org/g" ] ] ;
  mf:result <graphs.srj> .
:csv a mf:CSVResultFormatTest ; mf:action [ qt:query <by-name.rq> ; qt:data <trees.ttl> ] ; mf:result <names.csv> .
:tsv a mf:QueryEvaluationTest ; mf:action [ qt:query <by-name.rq> ; qt:data <trees.ttl> ] ; mf:result <names.tsv> .
:withdrawn a mf:QueryEvaluationTest ; dawgt:approval dawgt:Withdrawn ;
  mf:action [ qt:query <pears.rq> ; qt:data <trees.ttl> ] ; mf:result <wrong.srx> .
""",
    "trees/trees.ttl": """@prefix ex: <http://example.org/> .
<#old> ex:bears ex:pear ; ex:name "Conference" . <#young> ex:bears ex:apple ; ex:name "Boskoop" .""",
    "trees/nothing.ttl": "",
    "trees/pears.rq": """PREFIX ex: <http://example.org/>
SELECT (IRI(CONCAT("http://example.org/", ?name)) AS ?tree) { ?t ex:bears ex:pear ; ex:name ?name }""",
    "trees/pears.srx": SRX.format("Conference"),
    "trees/wrong.srx": SRX.format("Boskoop"),
    "trees/by-name.rq": "SELECT ?name ?tree { ?tree <http://example.org/name> ?name } ORDER BY ?name",
    "trees/few.srj": json.dumps(
        {
            "head": {"vars": ["name", "tree"]},
            "results": {"bindings": [{"name": {"type": "literal", "value": "Boskoop"}}]},
        }
    ),
    "trees/order.ttl": """[] a rs:ResultSet ; rs:resultVariable "name", "tree" ; rs:solution
  [ rs:index 2 ; rs:binding
    [ rs:variable "name" ; rs:value "Conference" ], [ rs:variable "tree" ; rs:value <trees.ttl#old> ] ],
  [ rs:index 1 ; rs:binding
    [ rs:variable "name" ; rs:value "Boskoop" ], [ rs:variable "tree" ; rs:value <trees.ttl#young> ] ] .""",
    "trees/names.rq": "SELECT ?name { ?tree <http://example.org/name> ?name } ORDER BY ?name",
    "trees/disorder.srj": json.dumps(
        {
            "head": {"vars": ["name"]},
            "results": {
                "bindings": [{"name": {"type": "literal", "value": name}} for name in ("Conference", "Boskoop")]
            },
        }
    ),
    "trees/names.csv": 'name,tree\r\n"Boskoop",{base}trees.ttl#young\r\nConference,{base}trees.ttl#old\r\n',
    "trees/names.tsv": '?name\t?tree\n"Boskoop"\t<{base}trees.ttl#young>\n"Conference"\t<{base}trees.ttl#old>\n',
    "trees/make.rq": "CONSTRUCT { [] <#of> [ <#is> ?name ] } { ?tree <http://example.org/name> ?name }",
    "trees/made.ttl": """[] <make.rq#of> [ <make.rq#is> "Boskoop" ] .
_:a <make.rq#of> _:b . _:b <make.rq#is> "Conference" .""",
    "trees/ask.rq": "ASK { GRAPH <trees.ttl> { <trees.ttl#old> ?p ?o } }",
    "trees/true.srj": '{"head": {}, "boolean": true}',
    "trees/from.rq": """PREFIX ex: <http://example.org/>
SELECT (IRI(CONCAT("http://example.org/", ?name)) AS ?tree)
FROM <trees.ttl>
{ ?t ex:bears ex:pear ; ex:name ?name }""",
    "trees/graphs.rq": "SELECT ?g { GRAPH ?g { } }",
    "trees/graphs.srj": json.dumps(
        {
            "head": {"vars": ["g"]},
            "results": {"bindings": [{"g": {"type": "uri", "value": "http://example.org/g"}}]},
        }
    ),
    "grammar/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :good :bad :not-bad :not-good :ours :good-update :bad-update :not-bad-update ) .
:good a mf:PositiveSyntaxTest11 ; mf:action <good.rq> .
:bad a mf:NegativeSyntaxTest11 ; mf:action <bad.rq> .
:not-bad a mf:NegativeSyntaxTest11 ; mf:action <good.rq> .
:not-good a mf:PositiveSyntaxTest11 ; mf:action <bad.rq> .
:ours a mf:NegativeSyntaxTest11 ; mf:action <ours.rq> .
:good-update a mf:PositiveUpdateSyntaxTest11 ; mf:action <good.ru> .
:bad-update a mf:NegativeUpdateSyntaxTest11 ; mf:action <bad.ru> .
:not-bad-update a mf:NegativeUpdateSyntaxTest11 ; mf:action <good.ru> .
""",
    "grammar/good.rq": "SELECT * { <relative> ?p ?o }",
    "grammar/bad.rq": "SELECT * { ?s ?p",
    "grammar/ours.rq": "SELECT * { ?s skos:prefLabel ?o } # a prefix that this server knows, and the engine does not",
    "grammar/good.ru": "DROP GRAPH <that-is-not-there> ; LOAD <somewhere> INTO GRAPH <copy>",
    "grammar/bad.ru": "INSERT DATA { ?s <p> <o> }",
    "changes/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :plant :wrong :lost :empty ) .
:empty a mf:UpdateEvaluationTest ; mf:result [ ] .
:lost a mf:UpdateEvaluationTest ; mf:action [ ut:request <lost.ru> ] ; mf:result [ ] .
:plant a mf:UpdateEvaluationTest ;
  mf:action [ ut:request <plant.ru> ; ut:data <before.ttl> ;
    ut:graphData [ ut:graph <before.ttl> ; rdfs:label "http://example.org/g" ] ] ;
  mf:result [ ut:data <after.ttl> ; ut:graphData [ ut:graph <before.ttl> ; rdfs:label "http://example.org/g" ] ] .
:wrong a mf:UpdateEvaluationTest ;
  mf:action [ ut:request <plant.ru> ; ut:data <before.ttl> ] ; mf:result [ ut:data <before.ttl> ] .
""",
    "changes/plant.ru": "INSERT { [] <#near> ?o } WHERE { ?s <urn:p> ?o }",
    "changes/before.ttl": "<urn:s> <urn:p> <urn:o> .",
    "changes/after.ttl": "<urn:s> <urn:p> <urn:o> . [] <plant.ru#near> <urn:o> .",
    "service/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :elsewhere :silent :anywhere ) .
:elsewhere a mf:QueryEvaluationTest ; mf:action [ qt:query <elsewhere.rq> ;
    qt:serviceData [ qt:endpoint <http://orchard.example/sparql> ; qt:data <data.ttl> ] ] ; mf:result <pears.srx> .
:silent a mf:QueryEvaluationTest ; mf:action [ qt:query <silent.rq> ] ; mf:result <empty.srj> .
:anywhere a mf:QueryEvaluationTest ; mf:action [ qt:query <anywhere.rq> ] ; mf:result <pears.srx> .
""",
    "service/data.ttl": "<http://example.org/Conference> <urn:bears> <urn:pear> .",
    "service/elsewhere.rq": "SELECT ?tree { SERVICE <http://orchard.example/sparql> { ?tree <urn:bears> <urn:pear> } }",
    "service/pears.srx": SRX.format("Conference"),
    "service/silent.rq": "SELECT ?tree { SERVICE SILENT <http://nowhere.example/sparql> { ?tree ?p ?o } }",
    "service/empty.srj": '{"head": {"vars": ["tree"]}, "results": {"bindings": [{}]}}',
    "service/anywhere.rq": "SELECT ?tree { ?s ?p ?where SERVICE ?where { ?tree ?q ?o } }",
    "entailment/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :inferred :unreadable ) .
:unreadable a mf:QueryEvaluationTest .
:inferred a mf:QueryEvaluationTest ; mf:action [ qt:query <q.rq> ; qt:data <d.ttl> ] ; mf:result <r.srx> .
""",
    "protocol/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :spelled-out :utf-16 :query_get :unheard-of :wrong-status :wrong-truth ) .
:spelled-out a mf:ProtocolTest ;
  ut:graphData [ ut:graph <d.nt> ; rdfs:label "http://example.org/g" ] ;
  mf:action [ a ht:Connection ; ht:requests (
    [ ht:methodName "POST" ; ht:absolutePath "/sparql/?default-graph-uri=http%3A%2F%2Fexample.org%2Fg" ;
      ht:headers ( [ ht:fieldName "content-type" ; ht:fieldValue "application/sparql-query" ] ) ;
      ht:body [ cnt:characterEncoding "UTF-8" ; cnt:chars "ASK { <urn:s> ?p ?o }" ] ;
      ht:resp [ mf:expectedBoolean true ; mf:expectedFormat "boolean" ; mf:expectedStatus ht:StatusCode2xx ] ]
    [ ht:methodName "GET" ; ht:absolutePath "/sparql/?query=SELECT%20%2A%20%7B%7D" ;
      ht:resp [ mf:expectedFormat "tabular" ; mf:expectedStatus ht:StatusCode2xx, ht:StatusCode3xx ] ] ) ] .
:utf-16 a mf:ProtocolTest ; mf:action [ ht:requests (
    [ ht:methodName "POST" ; ht:absolutePath "/sparql/" ;
      ht:headers ( [ ht:fieldName "content-type" ; ht:fieldValue "application/sparql-query; charset=UTF-16" ] ) ;
      ht:body [ cnt:characterEncoding "UTF-16" ; cnt:chars "ASK {}" ] ;
      ht:resp [ mf:expectedStatus ht:StatusCode4xx ] ] ) ] .
:query_get a mf:ProtocolTest .
:unheard-of a mf:ProtocolTest .
:wrong-status a mf:ProtocolTest ; mf:action [ ht:requests (
    [ ht:methodName "GET" ; ht:absolutePath "/sparql/?query=ASK%7B%7D" ;
      ht:resp [ mf:expectedStatus ht:StatusCode4xx ] ] ) ] .
:wrong-truth a mf:ProtocolTest ; mf:action [ ht:requests (
    [ ht:methodName "GET" ; ht:absolutePath "/sparql/?query=ASK%7B%7D" ; ht:resp [
      mf:expectedBoolean false ; mf:expectedFormat "boolean" ; mf:expectedStatus ht:StatusCode2xx ] ] ) ] .
""",
    "protocol/d.nt": "<urn:s> <urn:p> <urn:o> .",
    "store/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :kept :wrong ) .
:kept a mf:GraphStoreProtocolTest ; mf:action [ ht:requests (
    [ ht:methodName "POST" ; ht:absolutePath "/gsp" ;
      ht:headers ( [ ht:fieldName "content-type" ; ht:fieldValue "text/turtle; charset=utf-8" ] ) ;
      ht:body [ cnt:characterEncoding "UTF-8" ; cnt:chars "[] <urn:p> <http://www.example/gsp/a> ." ] ;
      ht:resp [ mf:expectedStatus hts:Created ; mf:expectedLocation "$PLACE$" ] ]
    [ ht:methodName "GET" ; ht:absolutePath "/gsp?graph=$PLACE$" ;
      ht:headers ( [ ht:fieldName "accept" ; ht:fieldValue "text/turtle" ] ) ;
      ht:resp [ mf:expectedStatus hts:OK ;
        ht:body [ cnt:characterEncoding "UTF-8" ; cnt:chars "_:x <urn:p> <http://www.example/gsp/a> ." ] ] ] ) ] .
:wrong a mf:GraphStoreProtocolTest ; mf:action [ ht:requests (
    [ ht:methodName "PUT" ; ht:absolutePath "/gsp?graph=http%3A%2F%2Fwww.example%2Fgsp%2Fa" ;
      ht:headers ( [ ht:fieldName "content-type" ; ht:fieldValue "text/turtle" ] ) ;
      ht:body [ cnt:chars "<urn:s> <urn:p> <urn:o> ." ] ; ht:resp [ mf:expectedStatus hts:Created, hts:NoContent ] ]
    [ ht:methodName "GET" ; ht:absolutePath "/gsp/a" ;
      ht:resp [ mf:expectedStatus hts:OK ; ht:body [ cnt:chars "<urn:s> <urn:p> 1 ." ] ] ] ) ] .
""",
    "service-description/manifest.ttl": """
<> a mf:Manifest ; mf:entries ( :returns-rdf :has-endpoint-triple :conforms-to-schema ) .
:returns-rdf a mf:ServiceDescriptionTest . :has-endpoint-triple a mf:ServiceDescriptionTest .
:conforms-to-schema a mf:ServiceDescriptionTest .
""",
}

FAILURES = {
    "trees/wrong": ("engine", "answer: lacks (<http://example.org/Boskoop>); has (<http://example.org/Conference>)"),
    "trees/rows": ("engine", "answer: 2 rows where 1 are expected"),
    "trees/disorder": ("engine", "answer: the rows have another order"),
    "trees/wrong-graph": ("engine", "answer: lacks"),
    "grammar/not-bad": ("engine", "accepted: "),
    "grammar/not-good": ("engine", "refused: 400: line 1, column "),
    "grammar/ours": ("ours", "accepted: "),
    "grammar/not-bad-update": ("engine", "accepted: "),
    "changes/wrong": ("engine", "outcome: 2 quads where 1 are expected"),
    "protocol/wrong-status": ("ours", "request 1 (GET /sparql): answered 200, not 4xx"),
    "protocol/wrong-truth": ("ours", "request 1 (GET /sparql): the answer is true, not false"),
    "store/wrong": ("ours", "request 2 (GET /store/a): lacks"),
}
SKIPS = {
    "trees/withdrawn": "withdrawn",
    "service/anywhere": "SERVICE with a variable",
    "entailment/inferred": "entailment",
    "entailment/unreadable": "entailment",
    "changes/lost": "lost.ru is missing",
    "changes/empty": "names no request",
    "protocol/unheard-of": "knows its requests",
}


def write_suite(folder: Path) -> None:
    for name, content in SUITE.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        content = content.replace("{base}", f"{path.parent.absolute().as_uri()}/")
        head = HEAD if path.suffix == ".ttl" and ("mf:" in content or "rs:" in content) else ""
        path.write_text(head + content)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    write_suite(folder)
    return folder


def test_tests_of_every_kind_pass_fail_and_are_skipped_rightly(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(suite), "--json"]) == 1
    outcomes = {outcome["test"]: outcome for outcome in json.loads(capsys.readouterr().out)}
    failed = {name: outcome for name, outcome in outcomes.items() if outcome["status"] == "fail"}
    assert failed.keys() == FAILURES.keys(), {name: outcome["reason"] for name, outcome in failed.items()}
    for name, (cause, reason) in FAILURES.items():
        assert (failed[name]["cause"], reason in failed[name]["reason"]) == (cause, True), failed[name]
    skipped = {name: outcome["reason"] for name, outcome in outcomes.items() if outcome["status"] == "skip"}
    assert skipped.keys() == SKIPS.keys()
    assert all(reason in skipped[name] for name, reason in SKIPS.items()), skipped
    assert outcomes["service/elsewhere"]["category"] == "federation"
    assert outcomes["changes/plant"]["category"] == "update"
    assert len(outcomes) == 41


def test_requests_that_a_manifest_spells_out_are_sent_as_they_are(suite: Path) -> None:
    own = {test.name: test.own for test in read_suite(suite) if test.exchanges}
    assert [name for name in own if own[name]] == ["protocol/query_get"]
    assert "protocol/spelled-out" in own


def test_a_run_without_failures_ends_well(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(suite), "--category", "entailment"]) == 0
    assert "Entailment regimes                       0     0     2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("other.ttl", "", "there is no manifest*.ttl in"),
        ("manifest.ttl", "<> a", "manifest.ttl: "),
        ("manifest.ttl", "<> a <urn:other> .", "no SPARQL test of"),
    ],
)
def test_a_folder_without_tests_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    assert main([str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_files_are_found_when_a_manifest_names_itself_on_the_web(tmp_path: Path) -> None:
    (tmp_path / "manifest.ttl").write_text(f"""@base <https://suite.example/sparql11/trees/manifest> .
{HEAD}
<manifest> a mf:Manifest ; mf:entries ( <#one> ) .
<#one> a mf:PositiveSyntaxTest11 ; mf:action <one.rq> .""")
    [test] = read_suite(tmp_path)
    assert test.request is not None
    assert test.request.path == tmp_path / "one.rq"
    assert test.request.iri == "https://suite.example/sparql11/trees/one.rq"


def test_an_edition_in_prose_gets_requests_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "manifest.ttl").write_text("")
    (tmp_path / "http-rdf-update").mkdir()
    tests = read_suite(tmp_path)
    assert [test.name for test in tests] == [f"http-rdf-update/{name}" for name in GRAPH_STORE]
    assert all(test.exchanges and test.own and not test.skip for test in tests)
    assert {exchange.method for exchanges in PROTOCOL.values() for exchange in exchanges} == {"GET", "POST", "PUT"}


# ---------------------------------------------------------------------------------------------------- comparisons

A, B, C = (ox.BlankNode(name) for name in "abc")
X, Y = ox.NamedNode("urn:x"), ox.Literal("y")
cells = st.sampled_from([A, B, C, X, Y, None])
tables = st.lists(st.tuples(cells, cells), max_size=6)


@given(tables, st.randoms(use_true_random=False))
def test_tables_are_the_same_whatever_their_order_and_the_names_of_blank_nodes(rows: list[Row], chance: object) -> None:
    renamed = {A: ox.BlankNode("p"), B: ox.BlankNode("q"), C: ox.BlankNode("r")}
    others = [tuple(renamed.get(cell, cell) for cell in row) for row in rows]  # type: ignore[arg-type]
    one = Table(("u", "v"), tuple(rows))
    assert difference(one, Table(("u", "v"), tuple(others)), ordered=True) == ""
    chance.shuffle(others)  # type: ignore[attr-defined]
    turned = Table(("v", "u"), tuple((v, u) for u, v in others))
    assert difference(one, turned) == ""
    assert difference(one, Table(("u", "v"), (*others, (X, X)))) != ""


def test_tables_that_differ_only_in_which_blank_nodes_are_one_are_told_apart() -> None:
    same, other = Table(("u", "v"), ((A, A), (B, B))), Table(("u", "v"), ((A, B), (B, A)))
    assert difference(same, other) == "the blank nodes are others"
    crossed, paired = Table(("u", "v"), ((A, X), (A, Y))), Table(("u", "v"), ((A, X), (B, Y)))
    assert difference(crossed, paired) == "the blank nodes are others"


def test_duplicates_count_unless_the_suite_is_lax() -> None:
    twice, once = Table(("u",), ((X,), (X,))), Table(("u",), ((X,),))
    assert difference(twice, once) == "1 rows where 2 are expected; lacks (<urn:x>)"
    assert difference(twice, once, lax=True) == ""
    assert difference(once, twice, lax=True) != ""


def test_answers_of_different_kinds_differ() -> None:
    assert difference(True, False) == "the answer is false, not true"
    assert difference(Graph(), Table(("u",), ())) == "the answer is 0 rows, not a graph of 0 triples"


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"{}", "application/sparql-results+json"),
        (b"{", "application/sparql-results+json"),
        (b'{"head":{"vars":[]},"results":{"bindings":[{"x":{"type":"uri","value":"urn:x"}}]}}', "application/json"),
        (b"<sparql", "application/sparql-results+xml"),
        (b"a,b\r\n1\r\n", "text/csv"),
        (b"?a\t?b\n1\n", "text/tab-separated-values"),
        (b"?a\n<urn:x\n", "text/tab-separated-values"),
        (b"", ""),
    ],
)
def test_what_is_no_table_is_refused(body: bytes, media: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        table(body, media)


def test_a_table_is_read_alike_from_all_formats(suite: Path) -> None:
    files = {test.name: test.result for test in read_suite(suite)}
    answers = [expected(file)[0] for name, file in files.items() if name in {"trees/order", "trees/tsv"} and file]
    assert len(answers) == 2
    assert difference(*answers) == ""


def test_only_a_query_that_orders_its_own_rows_is_ordered() -> None:
    assert judge._ordered("SELECT * { ?s ?p ?o } ORDER BY ?s")
    assert not judge._ordered("SELECT * { { SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 1 } } # ORDER BY ?s")


# -------------------------------------------------------------------------------------------------------- reports


def test_reports_tell_known_failures_from_others() -> None:
    outcomes = [
        Outcome(Test("a/good", "query", "query"), "pass"),
        Outcome(Test("a/known", "query", "query"), "fail", "answer: <x> | y", "engine"),
        Outcome(Test("a/new", "query", "query"), "fail", "answer: <x> | y", "engine"),
        Outcome(Test("a/own", "query", "query"), "fail", "refused: 500", "ours"),
        Outcome(Test("a/left", "query", "entailment"), "skip", "not here"),
    ]
    known = {name: Known("engine", "it is so") for name in ("a/good", "a/known", "a/own")}
    assert [outcome.test.name for outcome in unknown(outcomes, known)] == ["a/new", "a/own"]
    told = text(outcomes, known)
    assert "Query: evaluation                        1     3     0" in told
    assert "FAIL a/new [engine]\n     answer: <x> | y\n" in told
    assert "FAIL a/own [ours]" in told
    assert "a/known [engine] it is so" in told
    assert "Known to fail in some edition, but passed: a/good" in told
    page = markdown(outcomes, known)
    assert "| Query: evaluation | 1 | 3 | 0 |" in page
    assert "| engine | answer: &lt;x> \\| y | `a/new` |" in page
    assert "| not here | `a/left` |" in page
