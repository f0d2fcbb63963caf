"""Analyses and reading orders over HTTP: the structures of the command line, within the server's limits."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import httpx
import pytest

from kg.server import Limits
from tests.serving import orchard, running
from tests.webs import web as made

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def web() -> Iterator[httpx.Client]:
    with running(orchard()) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def as_json(value: object) -> object:
    return json.loads(json.dumps(value, default=asdict))


def test_an_analysis_is_that_of_python(web: httpx.Client) -> None:
    answer = web.get("/analysis", params={"n": 3, "by": "degree"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == as_json(orchard().analyse().sections(3, by="degree"))


def test_one_part_of_an_analysis(web: httpx.Client) -> None:
    assert set(web.get("/analysis?only=gaps").json()) == {"extent", "gaps", "field_gaps"}


def test_a_reading_order_is_that_of_python(web: httpx.Client) -> None:
    answer = web.get("/learn/tip budding", params={"all": 1, "n": 5, "depth": 2, "min_confidence": 0.5})
    assert answer.status_code == 200
    assert answer.json() == as_json(orchard().learn("tip budding", 5, depth=2, everything=True, min_confidence=0.5))
    assert answer.json()["items"]


def test_names_with_slashes_and_iris_can_be_asked_for() -> None:
    with (
        running(made(2, [(0, "uses", 1, 1.0)], labels=["HTTP/3", "QUIC"])) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        assert [item["concept"]["label"] for item in client.get("/learn/HTTP/3?all=1").json()["items"]] == ["QUIC"]
        assert client.get("/learn/https%3A%2F%2Fkg.example.org%2Fconcept%2Fc00").json()["concept"]["label"] == "HTTP/3"


def test_answers_can_be_validated(web: httpx.Client) -> None:
    tag = web.get("/analysis").headers["ETag"]
    assert web.get("/analysis", headers={"If-None-Match": tag}).status_code == 304
    assert web.head("/learn/budding").content == b""


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/learn/graftng", 404, "no concept 'graftng' in this graph; did you mean"),
        ("/learn/budding?n=0", 400, "n is a whole number from 1 to 1,000, not"),
        ("/learn/budding?n=many", 400, "n is a whole number from 1 to 1,000, not 'many'"),
        ("/learn/budding?depth=0", 400, "depth is a whole number from 1 to 20, not '0'"),
        ("/learn/budding?min_confidence=nan", 400, "min_confidence is a number from 0 to 1, not 'nan'"),
        ("/learn/budding?deep=3", 400, "/learn has no parameter 'deep'; it takes n, depth, all, min_confidence"),
        ("/analysis?n=1001", 400, "n is a whole number from 1 to 1,000, not"),
        ("/analysis?by=size", 400, "no measure 'size'; the measures are"),
        ("/analysis?only=x", 400, "an analysis has no part 'x'"),
        ("/analysis?n=1&n=2", 400, "n is given twice"),
    ],
)
def test_a_mistake_is_one_line(web: httpx.Client, path: str, status: int, message: str) -> None:
    answer = web.get(path)
    assert (answer.status_code, answer.text.count("\n")) == (status, 1)
    assert answer.text.startswith(message)


def test_an_analysis_has_no_more_time_than_a_query() -> None:
    rows = [(at % 900, "uses", (at * at + 7) % 900, 0.5) for at in range(9000)]
    with running(made(900, rows), limits=Limits(seconds=0.05)) as url:
        answer = httpx.get(f"{url}/analysis", timeout=30)
    assert answer.status_code == 503
