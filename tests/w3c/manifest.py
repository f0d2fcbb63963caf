"""The tests of a suite, as its manifests describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import pyoxigraph as ox

from tests.w3c.exchanges import GRAPH_STORE, PROTOCOL, requests_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.w3c.exchanges import Exchange

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
DAWG = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")

Term = ox.NamedNode | ox.BlankNode | ox.Literal

CATEGORIES: Mapping[str, str] = {
    "query": "Query: evaluation",
    "query-syntax": "Query: syntax",
    "update": "Update: evaluation",
    "update-syntax": "Update: syntax",
    "results": "Results formats (JSON, CSV, TSV)",
    "federation": "Federated query",
    "protocol": "Protocol",
    "description": "Service description",
    "graph-store": "Graph Store Protocol",
    "sparql10": "SPARQL 1.0: evaluation",
    "sparql10-syntax": "SPARQL 1.0: syntax",
    "entailment": "Entailment regimes",
}
"""Categories by the name that `--category` takes."""

_TYPES = {
    "QueryEvaluationTest": "query",
    "CSVResultFormatTest": "query",
    "PositiveSyntaxTest": "syntax",
    "PositiveSyntaxTest11": "syntax",
    "NegativeSyntaxTest": "bad-syntax",
    "NegativeSyntaxTest11": "bad-syntax",
    "UpdateEvaluationTest": "update",
    "PositiveUpdateSyntaxTest11": "update-syntax",
    "NegativeUpdateSyntaxTest11": "bad-update-syntax",
    "ProtocolTest": "protocol",
    "GraphStoreProtocolTest": "graph-store",
    "ServiceDescriptionTest": "description",
}
_FOLDERS = {
    "csv-tsv-res": "results",
    "json-res": "results",
    "service": "federation",
    "service-identity": "federation",
    "syntax-fed": "federation",
    "entailment": "entailment",
}
_SPARQL10 = {"data-r2", "dawg-data-r2", "sparql10"}
_FROM = re.compile(r"^\s*FROM\s+(?:NAMED\s+)?<([^>]*)>", re.IGNORECASE | re.MULTILINE)
_REJECTED = {"Rejected", "Withdrawn", "Obsoleted"}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the suite: where it lies, and the IRI that relative ones in it are relative to."""

    path: Path
    iri: str

    def text(self) -> str:
        """What is in it."""
        return self.path.read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Data:
    """An RDF dataset: the files of the default graph, and those of named graphs by name."""

    default: tuple[File, ...] = ()
    named: tuple[tuple[str, File], ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """An entry of a manifest. `name` is `folder/entry`; `kind` says what has to be done, `category` where it counts."""

    __test__ = False  # this is no test of pytest's

    name: str
    kind: str
    category: str
    title: str = ""
    skip: str = ""
    """Why it is not run, empty when it is."""
    request: File | None = None
    data: Data = field(default_factory=Data)
    result: File | None = None
    outcome: Data | None = None
    """The dataset that an update leads to."""
    services: tuple[tuple[str, Data], ...] = ()
    lax: bool = False
    """Whether duplicates may be left out of the answer."""
    exchanges: tuple[Exchange, ...] = ()
    own: bool = False
    """Whether the requests are the runner's own, because the suite has none that can be sent."""

    def files(self) -> Iterator[File]:
        """The files that it needs."""
        yield from (file for file in (self.request, self.result) if file is not None)
        for data in (self.data, self.outcome or Data(), *(data for _, data in self.services)):
            yield from data.default
            yield from (file for _, file in data.named)


def read_suite(folder: Path) -> list[Test]:
    """The SPARQL tests of all manifests in a folder, in the order of folders and entries.

    Raises `ValueError` for a manifest that is no Turtle, and `FileNotFoundError` when there is none.
    """
    tests: dict[str, Test] = {}
    paths = sorted(folder.rglob("manifest*.ttl"))
    if not paths:
        raise FileNotFoundError(f"there is no manifest*.ttl in {folder}")
    for path in paths:
        if "sparql12" not in path.parts:
            for test in _Manifest(path).tests():
                tests.setdefault(test.name, test)
    for place in sorted(folder.rglob("http-rdf-update")):
        if not any(place.glob("manifest*.ttl")):  # the edition that describes these tests in prose only
            for entry, exchanges in GRAPH_STORE.items():
                name = f"http-rdf-update/{entry}"
                tests.setdefault(name, Test(name, "graph-store", "graph-store", exchanges=exchanges, own=True))
    return list(tests.values())


class _Manifest:
    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        text = path.read_bytes()
        try:
            triples = [quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE, base_iri=path.absolute().as_uri())]
        except SyntaxError as error:
            raise ValueError(f"{path}: {error}") from error
        self._about: dict[Term, dict[str, list[Term]]] = {}
        for triple in triples:
            assert not isinstance(triple.subject, ox.Triple)
            assert not isinstance(triple.object, ox.Triple)
            about = self._about.setdefault(triple.subject, {})
            about.setdefault(triple.predicate.value, []).append(triple.object)
        manifests = [
            s for s, about in self._about.items() if ox.NamedNode(f"{MF}Manifest") in about.get(f"{RDF}type", [])
        ]
        self._entries = [entry for manifest in manifests for entry in self._list(self._one(manifest, f"{MF}entries"))]
        # Newer manifests give themselves an IRI on the Web; their files are named relative to it.
        named = next((m.value for m in manifests if isinstance(m, ox.NamedNode)), path.absolute().as_uri())
        self._base = named.rpartition("/")[0] + "/"
        self._sparql10 = bool(_SPARQL10 & set(path.parts))

    def tests(self) -> Iterator[Test]:
        """Its entries of the kinds that are known here."""
        for entry in self._entries:
            types = [term.value for term in self._about.get(entry, {}).get(f"{RDF}type", [])]
            kind = next((_TYPES[name] for name in (iri.rpartition("#")[2] for iri in types) if name in _TYPES), None)
            if kind is not None and isinstance(entry, ox.NamedNode):
                test = self._test(entry, kind)
                missing = [file.path.name for file in test.files() if not file.path.exists()]
                yield replace(test, skip=f"{missing[0]} is missing") if missing and not test.skip else test

    def _test(self, entry: ox.NamedNode, kind: str) -> Test:
        folder = f"sparql10/{self._folder.name}" if self._sparql10 else self._folder.name
        own = entry.value.rpartition("#")[2].rpartition("/")[2]
        title = self._one(entry, f"{MF}name")
        action = self._one(entry, f"{MF}action")
        approval = self._one(entry, f"{DAWG}approval")
        skip = ""
        if self._folder.name == "entailment":
            skip = "asks for an entailment regime; this endpoint answers from what is stated"
        elif approval is not None and approval.value.rpartition("#")[2] in _REJECTED:
            skip = "withdrawn from the suite"
        test = {
            "name": f"{folder}/{own}",
            "kind": kind,
            "category": self._category(kind),
            "title": title.value if title is not None else "",
            "skip": skip,
        }
        if kind in {"protocol", "graph-store", "description"}:
            table = PROTOCOL if kind == "protocol" else GRAPH_STORE
            spelled_out = requests_of(action, self._one, self._all, self._list)
            exchanges = spelled_out or table.get(own, ())
            if not exchanges and kind != "description":
                test["skip"] = "neither the manifest nor this runner knows its requests"
            data = Data(named=self._graphs(entry, UT)) if kind == "protocol" else Data()
            return Test(**test, data=data, exchanges=exchanges, own=bool(exchanges) and not spelled_out)  # type: ignore[arg-type]
        if isinstance(action, ox.NamedNode):
            return Test(**test, request=self._file(action))  # type: ignore[arg-type]
        prefix = UT if kind == "update" else QT
        request = self._one(action, f"{prefix}request") or self._one(action, f"{prefix}query")
        result = self._one(entry, f"{MF}result")
        if not isinstance(request, ox.NamedNode) or result is None:
            return Test(**{**test, "skip": skip or "the manifest names no request, or no result"})  # type: ignore[arg-type]
        cardinality = self._one(entry, f"{MF}resultCardinality")
        services = []
        for service in self._all(action, f"{QT}serviceData"):
            endpoint = self._one(service, f"{QT}endpoint")
            if endpoint is not None:
                services.append((endpoint.value, self._dataset(service, QT)))
        file = self._file(request)
        data = self._dataset(action, prefix)
        if kind == "query" and data == Data():
            data = Data(named=self._named_in(file))
        return Test(
            **test,  # type: ignore[arg-type]
            request=file,
            data=data,
            result=self._file(result) if isinstance(result, ox.NamedNode) else None,
            outcome=self._dataset(result, prefix) if kind == "update" else None,
            services=tuple(services),
            lax=cardinality is not None and cardinality.value.endswith("LaxCardinality"),
        )

    def _category(self, kind: str) -> str:
        syntax = kind.endswith("syntax")
        if self._sparql10:
            return "sparql10-syntax" if syntax else "sparql10"
        if self._folder.name in _FOLDERS:
            return _FOLDERS[self._folder.name]
        if syntax:
            return "update-syntax" if "update" in kind else "query-syntax"
        return kind

    def _dataset(self, node: Term | None, prefix: str) -> Data:
        default = tuple(self._file(iri) for iri in self._all(node, f"{prefix}data") if isinstance(iri, ox.NamedNode))
        return Data(default, self._graphs(node, prefix))

    def _graphs(self, node: Term | None, prefix: str) -> tuple[tuple[str, File], ...]:
        """Named graphs: a file by its own IRI, or a node with a file and a label, which is the name."""
        graphs = []
        for graph in self._all(node, f"{prefix}graphData"):
            file = graph if isinstance(graph, ox.NamedNode) else None
            for name in ("graph", "data"):
                file = file or self._one(graph, prefix + name)  # type: ignore[assignment]
            if not isinstance(file, ox.NamedNode):
                raise ValueError(f"{self._folder}: a manifest names a graph without a file")
            label = self._one(graph, LABEL.value)
            graphs.append((label.value if label is not None else file.value, self._file(file)))
        return tuple(graphs)

    def _named_in(self, query: File) -> tuple[tuple[str, File], ...]:
        """The files that a query names with FROM, for a test that leaves it to the query what its data are."""
        iris = dict.fromkeys(urljoin(query.iri, name) for name in _FROM.findall(query.text()))
        return tuple((iri, self._file(ox.NamedNode(iri))) for iri in iris)

    def _file(self, iri: ox.NamedNode) -> File:
        if iri.value.startswith(self._base):
            return File(self._folder / unquote(iri.value.removeprefix(self._base)), iri.value)
        return File(Path(unquote(urlsplit(iri.value).path)), iri.value)

    def _all(self, node: Term | None, predicate: str) -> list[Term]:
        return self._about.get(node, {}).get(predicate, []) if node is not None else []

    def _one(self, node: Term | None, predicate: str) -> Term | None:
        return next(iter(self._all(node, predicate)), None)

    def _list(self, node: Term | None) -> list[Term]:
        found = []
        while (first := self._one(node, f"{RDF}first")) is not None:
            found.append(first)
            node = self._one(node, f"{RDF}rest")
        return found
