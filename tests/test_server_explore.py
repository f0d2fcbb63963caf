"""/paths, /connect, /common and /neighbours, asked over HTTP while the server really runs on a loopback port."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import httpx
import pytest

from kg.server import Limits
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.serving import orchard, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.graph import KnowledgeGraph


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return orchard()


@pytest.fixture(scope="module")
def web(graph: KnowledgeGraph) -> Iterator[httpx.Client]:
    with running(graph) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_paths_are_those_of_python_as_json(web: httpx.Client, graph: KnowledgeGraph) -> None:
    answer = web.get("/paths?from=scion&to=knife&k=2&avoid=mulch&seconds=20")
    assert answer.status_code == 200, answer.text
    assert answer.json() == json.loads(json.dumps(graph.paths("scion", "knife", 2, avoid=["mulch"]).as_dict()))
    one = web.get("/paths", params={"from": "grafting", "to": "budding", "metapath": "*-contrastsWith>*"}).json()
    assert [concept["label"] for concept in one["paths"][0]["concepts"]] == ["Grafting", "Budding"]
    for query, status, message in (
        ("from=scion", 400, "/paths needs the parameter 'to'"),
        ("from=scion&to=nowhere", 404, "nowhere"),
        ("from=scion&to=knife&k=0", 400, "k is a whole number from 1 to 100, not '0'"),
        ("from=scion&to=knife&metapath=%2A%3D%2A", 400, "cannot be read at character 2"),
        ("from=scion&to=knife&type=Task&max_hops=1", 404, "no path from 'scion' to"),
    ):
        answer = web.get(f"/paths?{query}")
        assert (answer.status_code, message in answer.text) == (status, True), answer.text


def plain(value: object) -> object:
    return json.loads(json.dumps(asdict(value)))  # type: ignore[call-overload]


def test_answers_are_those_of_python_as_json(web: httpx.Client, graph: KnowledgeGraph) -> None:
    for address, expected in (
        ("/connect?concept=scion&concept=T-budding&concept=knife", graph.connect("scion", "T-budding", "knife")),
        (
            "/connect?concept=scion&concept=knife&concept=mulch&partial=true&avoid=clean+cuts&min_confidence=0.2",
            None,
        ),
        ("/common?a=grafting&b=budding", graph.common("grafting", "budding")),
        ("/common?a=grafting&b=budding&limit=1", graph.common("grafting", "budding", 1)),
        ("/neighbours/grafting%20wax", graph.neighbours("grafting wax", limit=20)),
        (
            "/neighbours/budding?depth=2&predicate=kg:uses&predicate=requires&type=Property&direction=out&limit=5",
            graph.neighbours(
                "budding", 2, predicates=["uses", "requires"], types=["Property"], direction="out", limit=5
            ),
        ),
        (f"/neighbours/{graph.concept('budding').iri}", graph.neighbours("budding", limit=20)),
    ):
        answer = web.get(address)
        if expected is None:
            assert answer.status_code == 404
            continue
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == plain(expected), address


def test_a_partial_answer_says_what_is_left_out(web: httpx.Client) -> None:
    answer = web.get("/connect?concept=scion&concept=budding&concept=mulch&partial=1")
    assert [left["concept"]["label"] for left in answer.json()["left_out"]] == ["mulch"]


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/connect", 400, "/connect needs the parameter 'concept'"),
        ("/connect?concept=budding", 400, "to connect takes two concepts or more"),
        ("/connect?concept=budding&concept=frost", 404, "nothing connects 'Budding' and 'frost'"),
        ("/connect?concept=budding&concept=graftin", 404, "no concept 'graftin' in this graph; did you mean"),
        ("/connect?concept=budding&concept=scion&predicate=eats", 400, "no relation 'eats'"),
        ("/connect?concept=budding&concept=scion&type=Fruit", 400, "no class 'Fruit'"),
        ("/connect?concept=budding&concept=scion&partial=perhaps", 400, "partial is true or false, not 'perhaps'"),
        ("/connect?concept=budding&concept=scion&min_confidence=2", 400, "min_confidence is a number from 0 to 1, not"),
        (
            "/connect?concept=budding&concept=scion&min_confidence=nan",
            400,
            "min_confidence is a number from 0 to 1, not",
        ),
        ("/connect?concept=a&depth=2", 400, "/connect has no parameter 'depth'; it takes concept, predicate, exclude,"),
        ("/common?a=budding", 400, "/common needs the parameter 'b'"),
        ("/common?a=budding&a=scion&b=knife", 400, "a is given twice"),
        ("/common?a=Budding&b=T-budding", 400, "Budding and T-budding are the same concept"),
        ("/common?a=budding&b=scion&limit=0", 400, "limit is a whole number from 1 to 1,000, not '0'"),
        ("/neighbours/nothing%20like%20it", 404, "no concept 'nothing like it' in this graph"),
        ("/neighbours/budding?depth=6", 400, "depth is a whole number from 1 to 5, not '6'"),
        ("/neighbours/budding?direction=up", 400, "direction is in, out or both, not 'up'"),
        ("/neighbours/budding?concept=scion", 400, "/neighbours has no parameter 'concept'"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(web: httpx.Client, address: str, status: int, message: str) -> None:
    answer = web.get(address)
    assert (answer.status_code, answer.text.count("\n")) == (status, 1)
    assert answer.text.startswith(message)


def test_an_answer_that_is_known_is_not_made_again(web: httpx.Client) -> None:
    answer = web.get("/common?a=grafting&b=budding")
    again = web.get("/common?a=grafting&b=budding", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    other = web.get("/common?a=budding&b=grafting", headers={"If-None-Match": answer.headers["ETag"]})
    assert other.status_code == 200
    assert web.head("/neighbours/budding").headers["Content-Type"] == "application/json"
    assert web.post("/connect?concept=a&concept=b").status_code == 405


def test_limits_of_the_server_hold(graph: KnowledgeGraph) -> None:
    with running(graph, limits=Limits(answer_bytes=1000)) as url:
        answer = httpx.get(f"{url}/neighbours/grafting", timeout=60)
        assert (answer.status_code, answer.text) == (413, "the answer is larger than 1,000 bytes: ask for less\n")


def test_libraries_do_not_count_as_memory_of_a_query(graph: KnowledgeGraph) -> None:
    query = 'SELECT ?s { SERVICE kg:path { [] kg:from "scion" ; kg:to "knife" ; kg:sentence ?s } }'
    for address, parameters in (("/connect", {"concept": ["scion", "knife"]}), ("/sparql", {"query": query})):
        with running(graph, limits=Limits(memory_bytes=128 << 20, concurrent=1)) as url:
            assert httpx.get(f"{url}{address}", params=parameters, timeout=60).status_code == 200


def test_hostile_labels_are_json_strings() -> None:
    with running(graph_of(hostile_knowledge())) as url:
        answer = httpx.get(f"{url}/connect", params={"concept": ["concept:c0", "concept:c2"]}, timeout=60)
        assert answer.json()["concepts"][0]["concept"]["label"] == TEXTS[0]
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
