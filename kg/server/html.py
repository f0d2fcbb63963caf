"""The few pages of the server: plain HTML without scripts, all that is shown in them escaped."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyoxigraph as ox

from kg.serialize import serialize, shortened
from kg.sparql import GRAPH_FORMATS, RESULT_FORMATS
from kg.vocabulary import SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kg.queries import NamedQuery

_MOST = 2_000
"""How many rows or triples a page shows."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
textarea { width: 100%; font: 14px/1.4 ui-monospace, monospace; box-sizing: border-box }
label { display: block; margin: .5rem 0 }
table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0 }
th { border-bottom: 2px solid #888 } td { border-bottom: 1px solid #ddd }
pre { overflow-x: auto; background: #f5f5f5; padding: .8rem } a { color: #0550ae }
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""What every response says: no scripts, no frames, no guessing of types."""

_SAMPLE = """\
PREFIX kg: <https://kg.example.org/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?concept ?uses WHERE {
  ?a kg:uses ?b .
  ?a skos:prefLabel ?concept .
  ?b skos:prefLabel ?uses .
}
ORDER BY ?concept ?uses
LIMIT 50
"""


def preferred(accept: str | None) -> bool:
    """Whether an Accept header is a browser's: it names HTML, and no format of query results.

    >>> preferred("text/html,application/xml;q=0.9,*/*;q=0.8"), preferred("*/*"), preferred(None)
    (True, False, False)
    """
    named = {wish.partition(";")[0].strip().lower() for wish in (accept or "").split(",")}
    types = [*(f.media_type for f in RESULT_FORMATS.values()), *(f.media_type for f in GRAPH_FORMATS.values())]
    formats = {media.partition(";")[0] for media in types}
    return "text/html" in named and not named & formats


def home(place: str, counts: Mapping[str, int], queries: Mapping[str, NamedQuery]) -> bytes:
    """The first page: what the graph holds, a form for SPARQL, the named queries."""
    numbers = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    return _page(
        "A knowledge graph",
        f"<p>{escape(place)}: {numbers}. The SPARQL endpoint is <code>/sparql</code>; it answers to GET and POST.</p>"
        f"{_editor(_SAMPLE)}<h2>Named queries</h2>{_list(queries)}",
    )


def listing(queries: Mapping[str, NamedQuery]) -> bytes:
    """The named queries as a page."""
    return _page("Named queries", _list(queries))


def form(query: NamedQuery) -> bytes:
    """A page with a form for the parameters of a named query."""
    fields = "".join(
        f"<label>{escape(p.name)} <input name='{escape(p.name)}' value='{escape(p.default or '')}'"
        f"{' required' if p.required else ''}> {escape(p.description)} ({escape(p.kind)})</label>"
        for p in query.parameters
    )
    examples = "".join(
        f"<li><a href='/queries/{escape(query.name)}?{escape(urlencode([*example, ('format', 'html')]))}'>"
        f"{escape(', '.join(f'{name} = {value}' for name, value in example) or 'without parameters')}</a></li>"
        for example in query.examples
    )
    return _page(
        query.title,
        f"<p>{escape(query.description)}</p><form action='/queries/{escape(query.name)}'>{fields}{_formats()}"
        f"<button>Ask</button></form><h2>Examples</h2><ul>{examples}</ul>"
        f"<h2>SPARQL</h2><pre>{escape(query.text)}</pre>",
    )


def answer(query: str, found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, names: Mapping[str, str]) -> bytes:
    """A page with the answer of a query: rows as a table, triples as Turtle, the query below to be changed."""
    if isinstance(found, ox.QueryBoolean):
        body = f"<pre>{str(bool(found)).lower()}</pre>"
    elif isinstance(found, ox.QueryTriples):
        triples = list(islice(found, _MOST + 1))
        shown = serialize(triples[:_MOST], ox.RdfFormat.TURTLE, names).decode()
        body = f"{_numbers(len(triples), 'triple')}<pre>{escape(shown)}</pre>"
    else:
        variables = [variable.value for variable in found.variables]
        rows = list(islice(found, _MOST + 1))
        cells = ("".join(f"<td>{_cell(row[name])}</td>" for name in variables) for row in rows[:_MOST])
        head = "".join(f"<th>{escape(name)}</th>" for name in variables)
        body = (
            f"{_numbers(len(rows), 'row')}<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"
        )
    return _page("Answer", body + _editor(query))


def _numbers(count: int, what: str) -> str:
    if count > _MOST:
        return f"<p>The first {_MOST:,} {what}s; there are more: ask for another format, or with OFFSET.</p>"
    return f"<p>{count:,} {what}{'' if count == 1 else 's'}</p>"


def resource(iri: str, triples: Iterable[ox.Triple], base: str, names: Mapping[str, str]) -> bytes:
    """A page with all that the graph says of an IRI: what it is, has and does, and what leads to it."""
    own, leading = [], []
    label = shortened(iri, names)
    for triple in triples:
        subject, predicate, value = triple.subject, triple.predicate, triple.object
        link = f"<a href='{escape(predicate.value)}' rel='noreferrer'>{escape(shortened(predicate.value, names))}</a>"
        if isinstance(subject, ox.NamedNode) and subject.value == iri:
            own.append((predicate.value, f"<tr><td>{link}</td><td>{_own_cell(value, base, names)}</td></tr>"))
            if predicate == SKOS.prefLabel and isinstance(value, ox.Literal):
                label = value.value
        else:
            leading.append((predicate.value, f"<tr><td>{_own_cell(subject, base, names)}</td><td>{link}</td></tr>"))
    tables = f"<table>{''.join(row for _, row in sorted(own))}</table>"
    if leading:
        rows = "".join(row for _, row in sorted(leading))
        tables += f"<h2>What leads here</h2>{_numbers(len(leading), 'triple')}<table>{rows}</table>"
    links = "".join(f"<a href='?format={name}'>{name}</a> " for name in GRAPH_FORMATS)
    return _page(label, f"<p>{escape(iri)}</p>{tables}<p>As data: {links}</p>")


def _own_cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, base: str, names: Mapping[str, str]) -> str:
    """A cell whose links stay on this server if they lead to IRIs of its graph."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(base):
        return f"<a href='/{escape(term.value.removeprefix(base))}'>{escape(shortened(term.value, names))}</a>"
    return _cell(term)


def _page(title: str, body: str) -> bytes:
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)} · kg</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head>"
        f"<body><p><a href='/'>kg</a></p><h1>{escape(title)}</h1>{body}</body></html>\n"
    ).encode()


def _editor(query: str) -> str:
    return (
        "<form action='/sparql' method='post'><label>SPARQL<textarea name='query' rows='14' spellcheck='false'>\n"
        f"{escape(query)}</textarea></label>{_formats()}<button>Run</button></form>"
    )


def _formats() -> str:
    names = ("html", *RESULT_FORMATS, *GRAPH_FORMATS)
    options = "".join(f"<option>{name}</option>" for name in names)
    return f"<label>Answer as <select name='format'>{options}</select></label>"


def _list(queries: Mapping[str, NamedQuery]) -> str:
    topics = sorted({query.topic for query in queries.values()})
    return "".join(
        f"<h3>{escape(topic)}</h3><ul>"
        + "".join(
            f"<li><a href='/queries/{escape(query.name)}'>{escape(query.title)}</a>: {escape(query.description)}</li>"
            for query in queries.values()
            if query.topic == topic
        )
        + "</ul>"
        for topic in topics
    )


def _cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    """A term as a cell; only http IRIs become links, since other schemes can carry scripts."""
    if term is None:
        return ""
    value = str(term) if isinstance(term, (ox.Triple, ox.BlankNode)) else term.value
    if isinstance(term, ox.NamedNode) and value.startswith(("http://", "https://")):
        return f"<a href='{escape(value)}' rel='noreferrer'>{escape(value)}</a>"
    return escape(value)
