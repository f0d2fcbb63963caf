"""Named queries: the `.rq` files of `queries/` as documented functions that make SPARQL.

A file is SPARQL 1.1 that runs as it is, on any endpoint whose default graph is the union of its graphs. It opens with
comments that say what it is for; a line that is indented further continues the one above:

    # title: Kinds of a concept
    # topic: Kinds and parts
    # description: Everything that is a kind of a concept, directly or through others.
    # parameter: $concept (concept, required) The general concept.
    # parameter: $below (decimal, default 0.7) Leave out what is surer than this.
    # example: concept="consensus algorithm"

A parameter is a SPARQL variable written with `$`; where it is not given it stays a variable, and so matches anything.
The number of the last `LIMIT` is the parameter `limit` of every query that ends in one.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from kg import vocabulary
from kg.errors import OntologyError, QueryError
from kg.serialize import prefixes
from kg.sparql import form
from kg.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Resolve = Callable[[str], str]
    """The IRI of the concept with a name; raises `ConceptNotFound`."""


class ParameterKind(StrEnum):
    """What may be given for a parameter."""

    CONCEPT = "concept"
    """A label, alias or IRI."""
    FIELD = "field"
    """A subject field, by label or IRI, case ignored: text, because a field often shares its name with a concept."""
    RELATION = "relation"
    """A relation of the ontology by local name (`uses`) or IRI."""
    CLASS = "class"
    """A class of concepts by local name (`Method`) or IRI."""
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a named query. `default` is what stands for it when it is not given, None for nothing."""

    name: str
    kind: ParameterKind
    description: str
    required: bool = False
    default: str | None = None

    def __str__(self) -> str:
        """The parameter with what is expected of it: `concept (concept, required)`."""
        need = "required" if self.required else "optional" if self.default is None else f"default {self.default}"
        return f"{self.name} ({self.kind}, {need})"

    def term(self, value: object, resolve: Resolve) -> NamedNode | Literal:
        """The RDF term that `value` means for this parameter.

        Raises `QueryError` for a value of another kind, and what `resolve` raises.
        """
        text = str(value).strip()
        try:
            match self.kind:
                case ParameterKind.CONCEPT:
                    return NamedNode(resolve(text))
                case ParameterKind.RELATION:
                    return NamedNode(text) if ":" in text else vocabulary.relation(text).iri
                case ParameterKind.CLASS:
                    return NamedNode(text) if ":" in text else vocabulary.kind(text).iri
                case ParameterKind.STRING | ParameterKind.FIELD:
                    return Literal(text if self.kind is ParameterKind.FIELD else str(value))
                case ParameterKind.INTEGER:
                    return Literal(_matching(r"[+-]?[0-9]+", text), datatype=vocabulary.XSD.integer)
                case ParameterKind.DECIMAL:
                    return Literal(
                        _matching(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text), datatype=vocabulary.XSD.decimal
                    )
        except (ValueError, OntologyError) as error:
            raise QueryError(f"parameter {self.name}: {text!r} is no {self.kind}: {error}") from error


def _matching(pattern: str, text: str) -> str:
    if re.fullmatch(pattern, text, re.ASCII) is None:
        raise ValueError("expected a number")
    return text


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query with its documentation. `text` is its SPARQL, `columns` the variables that it answers with."""

    name: str
    title: str
    topic: str
    description: str
    parameters: tuple[Parameter, ...]
    examples: tuple[tuple[tuple[str, str], ...], ...]
    columns: tuple[str, ...]
    text: str

    def bind(self, parameters: Mapping[str, object], resolve: Resolve) -> str:
        """The SPARQL of this query with its parameters filled in.

        Values become RDF terms, and terms take the place of variables: never of text inside a string, an IRI or a
        comment. `resolve` turns the name of a concept into its IRI. Raises `QueryError` for a parameter that is
        missing, unknown or of another kind.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        unknown = sorted(set(parameters) - set(known))
        missing = [p.name for p in self.parameters if p.required and parameters.get(p.name) is None]
        if unknown or missing:
            wrong = f"has no parameter {', '.join(unknown)}" if unknown else f"needs {', '.join(missing)}"
            raise QueryError(f"query {self.name} {wrong}; it takes {', '.join(map(str, self.parameters)) or 'none'}")
        terms = {}
        for name, parameter in known.items():
            value = parameter.default if parameters.get(name) is None else parameters[name]
            if value is not None:
                terms[name] = parameter.term(value, resolve)
        limit = terms.pop("limit", None) if _limit(self.text) else None
        pieces = []
        for token in _tokens(self.text):
            name = token.text[1:]
            pieces.append(str(terms[name]) if token.kind == "variable" and name in terms else token.text)
        if limit is not None:
            number = int(limit.value)
            if number < 0:
                raise QueryError(f"parameter limit: {number} is below zero")
            pieces[_limit_position(self.text)] = str(number)
        return "".join(pieces)


def named_queries(*folders: Path) -> Mapping[str, NamedQuery]:
    """The queries that ship with the program, and those in `folders`, by name, sorted; a later folder wins.

    Raises `QueryError` for a file that is not as the module says, naming file and line.
    """
    found = dict(_shipped())
    for folder in folders:
        found |= _read_folder(folder)
    return MappingProxyType(dict(sorted(found.items())))


def named_query(name: str, *folders: Path) -> NamedQuery:
    """The query of this name; raises `QueryError` with near names when there is none."""
    return find_query(name, named_queries(*folders))


def find_query(name: str, queries: Mapping[str, NamedQuery]) -> NamedQuery:
    """The query of this name among some; raises `QueryError` with near names when there is none."""
    if name in queries:
        return queries[name]
    from rapidfuzz.process import extract

    close = [match for match, score, _ in extract(name, list(queries), limit=3) if score >= 60]
    hint = f"did you mean {' or '.join(close)}?" if close else "'kg queries' lists them"
    raise QueryError(f"no query is named {name!r}; {hint}")


@lru_cache(maxsize=8)
def _tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text, which is read several times over: when its file is, and when it is bound."""
    return tuple(tokens(text))


@cache
def _shipped() -> Mapping[str, NamedQuery]:
    return _read_folder(vocabulary.data_file("queries", "."))


def _read_folder(folder: Path) -> Mapping[str, NamedQuery]:
    if not folder.is_dir():
        raise QueryError(f"{folder} is no folder of queries")
    return {path.stem: read_query(path) for path in sorted(folder.glob("*.rq"))}


# --------------------------------------------------------------------------------------------- reading a .rq file

_COMMENT = re.compile(r"# ?(?P<text>.*)")
_KEY = re.compile(r"(?P<key>[a-z]+): *(?P<value>\S.*)")
_PARAMETER = re.compile(
    r"\$(?P<name>[a-z_]+) \((?P<kind>[a-z]+), (?P<need>required|optional|default (?P<default>[^)]+))\) (?P<text>\S.*)"
)
_ONCE = ("title", "topic", "description")


def read_query(path: Path) -> NamedQuery:
    """The query in a file, named like the file.

    Raises `QueryError` when it cannot be read, lacks documentation or does not use its parameters as the module says.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{path}: cannot be read: {error}") from error
    facts: dict[str, list[tuple[int, str]]] = {}
    latest: list[tuple[int, str]] = []
    number = 0
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.fullmatch(line.rstrip())
        if comment is None:
            break
        if pair := _KEY.fullmatch(comment["text"]):
            if pair["key"] not in {*_ONCE, "parameter", "example"} or (pair["key"] in _ONCE and pair["key"] in facts):
                raise _fault(path, number, f"unexpected {pair['key']!r}")
            latest = facts.setdefault(pair["key"], [])
            latest.append((number, pair["value"]))
        elif latest and comment["text"].startswith("  "):
            at, value = latest[-1]
            latest[-1] = at, f"{value} {comment['text'].strip()}"
        else:
            raise _fault(path, number, "expected '# key: value', or a further indented line that continues one")
    text = "".join(lines[number - 1 :]).lstrip("\n") if number else ""
    if absent := [key for key in (*_ONCE, "example") if key not in facts]:
        raise _fault(path, 1, f"the opening comments lack {', '.join(absent)}")
    parameters = [_parameter(path, at, value) for at, value in facts.get("parameter", ())]
    if default := _limit(text):
        words = "At most this many rows."
        parameters.append(Parameter("limit", ParameterKind.INTEGER, words, default=default))
    _check_variables(path, text, parameters)
    _check_syntax(path, text, before=len(lines) - len(text.splitlines()))
    query = NamedQuery(
        name=path.stem,
        title=facts["title"][0][1],
        topic=facts["topic"][0][1],
        description=facts["description"][0][1],
        parameters=tuple(parameters),
        examples=tuple(_example(path, at, value) for at, value in facts["example"]),
        columns=tuple(_columns(text)),
        text=text,
    )
    for (at, _), example in zip(facts["example"], query.examples, strict=True):
        try:
            query.bind(dict(example), resolve=lambda _: "urn:x")
        except QueryError as error:
            raise _fault(path, at, str(error)) from error
    return query


def _parameter(path: Path, line: int, value: str) -> Parameter:
    found = _PARAMETER.fullmatch(value)
    if found is None:
        raise _fault(path, line, "expected '$name (kind, required | optional | default VALUE) What it is.'")
    if found["kind"] not in set(ParameterKind):
        raise _fault(path, line, f"no kind {found['kind']!r}; there are {', '.join(ParameterKind)}")
    return Parameter(
        found["name"], ParameterKind(found["kind"]), found["text"], found["need"] == "required", found["default"]
    )


def _example(path: Path, line: int, value: str) -> tuple[tuple[str, str], ...]:
    """Split `concept="hash ring" limit=5`; a dash stands for no parameters at all."""
    try:
        words = [] if value == "-" else shlex.split(value)
    except ValueError as error:
        raise _fault(path, line, f"not an example: {error}") from error
    if odd := [word for word in words if "=" not in word]:
        raise _fault(path, line, f"expected name=value, not {odd[0]!r}")
    return tuple((name, text) for name, _, text in (word.partition("=") for word in words))


def _check_variables(path: Path, text: str, parameters: list[Parameter]) -> None:
    """Make sure that `$` marks the parameters and nothing else, and that none is in a SELECT list."""
    declared = {p.name for p in parameters}
    if len(declared) < len(parameters):
        raise _fault(path, 1, "two parameters have one name")
    used = {t.text[1:] for t in _tokens(text) if t.kind == "variable" and t.text[0] == "$"}
    plain = {t.text[1:] for t in _tokens(text) if t.kind == "variable" and t.text[0] == "?"}
    if wrong := sorted(used ^ (declared - {"limit"})):
        raise _fault(path, 1, f"${wrong[0]} is {'not declared' if wrong[0] in used else 'declared but not used'}")
    if wrong := sorted(used & plain):
        raise _fault(path, 1, f"?{wrong[0]} is a parameter: write ${wrong[0]}")
    if wrong := sorted(used & set(_columns(text))):
        raise _fault(path, 1, f"${wrong[0]} is a parameter and cannot be selected")


def _check_syntax(path: Path, text: str, *, before: int) -> None:
    """Make sure that a file with `before` lines of comments and blanks is SPARQL behind them."""
    try:
        form(text, prefixes())
    except QueryError as error:
        if error.line is not None:  # else it is SPARQL, and may not be evaluated here: that is told when it is
            raise _fault(path, before + error.line, str(error).partition(": ")[2]) from error


def _fault(path: Path, line: int, what: str) -> QueryError:
    return QueryError(f"{path}:{line}: {what}", line=line)


# ------------------------------------------------------------------------------------------- what a text answers with


def _columns(text: str) -> list[str]:
    """The variables that the outermost SELECT answers with; none for other forms and for `SELECT *`."""
    columns: list[str] = []
    selecting, depth, latest = False, 0, ""
    for token in _tokens(text):
        if token.text == "{" or (selecting and token.text.upper() == "WHERE"):
            break
        selecting = selecting or (token.kind == "word" and token.text.upper() == "SELECT")
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if selecting and token.kind == "variable" and (depth == 0 or latest == "AS"):
            columns.append(token.text[1:])
        if token.kind == "word":
            latest = token.text.upper()
        elif token.text.strip():
            latest = ""
    return columns


def _limit(text: str) -> str | None:
    """The number of a LIMIT that ends the text, if one does."""
    position = _limit_position(text)
    return None if position < 0 else list(_tokens(text))[position].text


def limit_of(text: str) -> int | None:
    """The number of rows that the LIMIT at the end of a query allows, if it ends in one."""
    number = _limit(text)
    return None if number is None else int(number)


def _limit_position(text: str) -> int:
    said = [(at, token) for at, token in enumerate(_tokens(text)) if not token.blank]
    if len(said) >= 2 and said[-1][1].kind == "number" and said[-2][1].text.upper() == "LIMIT":
        return said[-1][0]
    return -1


# ---------------------------------------------------------------------------------------------------- documentation


def manual(queries: Mapping[str, NamedQuery] | None = None) -> str:
    """The queries described in Markdown, by topic: the text of `docs/queries.md`."""
    queries = named_queries() if queries is None else queries
    parts = [
        "# Named queries\n",
        "Made from the comments in `queries/*.rq` by `kg.queries.manual`; change those, not this page.\n",
        "Run one with `kg query --name NAME -p PARAMETER=VALUE`, or over HTTP at `/queries/NAME?PARAMETER=VALUE`.\n"
        "In Python, `graph.run(NAME, PARAMETER=VALUE)` gives rows, data frames and pages, and\n"
        "`kg.queries.named_query(NAME).bind(...)` its SPARQL. A concept is named by its label, an alias or its IRI.\n"
        "Every `.rq` file also runs as it is on other endpoints.\n",
        "`--html FILE` draws the concepts of an answer, as `graph.run(...).draw(FILE)` does. `--queries DIR`, and\n"
        "`kg.open(PLACE, queries=[DIR])`, add the queries of a folder of your own; one that is named like one of\n"
        "these takes its place. What is wrong with a file is told with its line.\n",
    ]
    topics = dict.fromkeys(sorted(query.topic for query in queries.values()))
    for topic in topics:
        parts.append(f"## {topic}\n")
        for query in queries.values():
            if query.topic == topic:
                parts.append(_section(query))
    return "\n".join(parts)


def _section(query: NamedQuery) -> str:
    lines = [f"### `{query.name}`: {query.title}\n", f"{query.description}\n"]
    if query.parameters:
        lines += ["| parameter | | meaning |", "|---|---|---|"]
        for p in query.parameters:
            lines.append(f"| `{p.name}` | {str(p).partition('(')[2][:-1]} | {p.description} |")
        lines.append("")
    if query.columns:
        lines.append(f"Answers with {', '.join(f'`{column}`' for column in query.columns)}.\n")
    lines.append("```")
    for example in query.examples:
        words = "".join(f" -p {name}={shlex.quote(value)}" for name, value in example)
        lines.append(f"kg query --name {query.name}{words}")
    return "\n".join([*lines, "```\n"])
