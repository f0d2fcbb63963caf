"""The throughput and latency of `kg serve` beside rdflib-endpoint with its Oxigraph store: the same graph and queries.

    python benchmarks/serve.py [-g output] [--peer PYTHON] [--seconds 6] [--rounds 3] [--clients 8]

Needs `wrk` (Debian's package). The peer has an environment of its own, so that it can be left out:

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install rdflib-endpoint==0.6.3 oxrdflib==0.5.0
    python benchmarks/serve.py --peer /tmp/peer/bin/python

The two servers are asked in turn, one kind of query at a time, by as many clients at once; the ratio is that of the
medians. Neither answers from a cache: no request has `If-None-Match`.
"""

from __future__ import annotations

import argparse
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from urllib.request import urlopen

import kg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIXES = """PREFIX kg: <https://kg.example.org/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX oa: <http://www.w3.org/ns/oa#> """

POINTS = {
    "label of a concept": "SELECT ?label { <%s> skos:prefLabel ?label }",
    "all about a concept": "SELECT ?p ?o { <%s> ?p ?o }",
    "relations with labels": "SELECT ?p ?label { <%s> ?p ?o . ?o skos:prefLabel ?label }",
    "whether it is described": "ASK { ?entry kg:describes <%s> }",
    "who uses it": "SELECT ?label { ?c kg:uses <%s> ; skos:prefLabel ?label } LIMIT 20",
}
"""Look-ups of one concept each."""

LISTS = {
    "hundred labels": "SELECT ?c ?label { ?c skos:prefLabel ?label } LIMIT 100",
    "thousand relations": "SELECT ?a ?b { ?a kg:uses ?b } LIMIT 1000",
    "statements with quotes": "SELECT ?s ?q { ?s a rdf:Statement ; prov:wasDerivedFrom ?e . ?e oa:exact ?q } LIMIT 200",
    "graph of relations": "CONSTRUCT { ?a kg:uses ?b } { ?a kg:uses ?b } LIMIT 300",
    "concepts by class": "SELECT ?class (COUNT(?c) AS ?n) { ?c a skos:Concept, ?class } GROUP BY ?class",
}
"""Answers of many rows."""

PEER = """
import sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
graph = Dataset(store="Oxigraph", default_union=True)
graph.parse(sys.argv[1], format="ox-nq")
uvicorn.run(SparqlEndpoint(graph=graph), host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
"""

SCRIPT = """
local paths = { %s }
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], { ["Accept"] = "%s" })
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%.1f %%.3f %%.3f %%d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.errors.status + summary.errors.timeout))
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-g", "--graph", type=Path, default=Path("output"))
    parser.add_argument("--peer", metavar="PYTHON", help="a Python that has rdflib-endpoint and oxrdflib")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    index = kg.open(options.graph).index
    concepts = [edge.subject for edge in index.edges][:: max(1, len(index.edges) // 200)][:200]
    with serving(ours(options.graph)) as us, optional(options) as them:
        print(f"{'':26} {'requests/s':>22}   {'p50 ms':>13}   {'p99 ms':>13}")
        for kind, queries in (("point", POINTS), ("list", LISTS)):
            ratios = []
            for name, query in queries.items():
                texts = [query % iri for iri in concepts] if "%s" in query else [query]
                ratios.append(compare(name, texts, us, them, options))
            if them:
                middle = statistics.median(ratios)
                print(f"{kind} queries: {min(ratios):.1f} to {max(ratios):.1f} times, median {middle:.1f}")


def compare(name: str, queries: Sequence[str], us: str, them: str | None, options: argparse.Namespace) -> float:
    """Print the figures of both servers for one kind of query; the ratio of throughputs."""
    runs: dict[str, list[tuple[float, float, float]]] = {us: [], **({them: []} if them else {})}
    for _ in range(options.rounds):
        for url, figures in runs.items():
            figures.append(load(url, queries, options))
    medians = {
        url: [statistics.median(column) for column in zip(*figures, strict=True)] for url, figures in runs.items()
    }
    shown = [f"{medians[us][0]:10,.0f}", f"{medians[us][1]:6.1f}", f"{medians[us][2]:6.1f}"]
    if them:
        shown = [f"{mine} {medians[them][at]:>10,.1f}" for at, mine in enumerate(shown)]
    ratio = medians[us][0] / max(medians[them][0], 1 / options.seconds) if them else 0.0
    print(f"{name:26} {'   '.join(shown)}   {f'{ratio:.1f}x' if them else ''}", flush=True)
    return ratio


def load(url: str, queries: Sequence[str], options: argparse.Namespace) -> tuple[float, float, float]:
    """Requests in a second, and the 50th and 99th percentile of latency in milliseconds."""
    paths = ", ".join(f'"{url_path(url, query)}"' for query in queries)
    accept = "text/turtle" if queries[0].startswith("CONSTRUCT") else "application/sparql-results+json"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % (paths, accept))
        script.flush()
        command = ["wrk", "-t1", f"-c{options.clients}", f"-d{options.seconds}s", "-s", script.name, "--latency", url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"RESULT (\S+) (\S+) (\S+) (\d+)", done.stdout)
    assert found, done.stdout
    if int(found[4]):
        print(f"    {url} answered {found[4]} requests with an error or too late")
    return float(found[1]), float(found[2]), float(found[3])


def url_path(url: str, query: str) -> str:
    root = "/" + url.split("/", 3)[3]
    return f"{root}?query={quote(PREFIXES + query)}"


def ours(graph: Path) -> tuple[list[str], str]:
    port = free()
    return [
        sys.executable,
        "-m",
        "kg",
        "serve",
        "-g",
        str(graph),
        "--port",
        str(port),
    ], f"http://127.0.0.1:{port}/sparql"


def peer(python: str, graph: Path) -> tuple[list[str], str]:
    port = free()
    return [python, "-c", PEER, str(graph / "graph.nq"), str(port)], f"http://127.0.0.1:{port}/"


@contextmanager
def optional(options: argparse.Namespace) -> Iterator[str | None]:
    if options.peer is None:
        yield None
        return
    with serving(peer(options.peer, options.graph)) as url:
        yield url


@contextmanager
def serving(start: tuple[list[str], str]) -> Iterator[str]:
    command, url = start
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                try:
                    with urlopen(f"{url}?query={quote('ASK {}')}"):
                        break
                except OSError:
                    if server.poll() is not None:
                        raise SystemExit(
                            f"{' '.join(command[:4])} … has ended with status {server.returncode}"
                        ) from None
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()


def free() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
