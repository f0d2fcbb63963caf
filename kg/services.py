"""Search, paths, connections and neighbours inside SPARQL: services that are answered here, and functions.

    SERVICE kg:search { ?concept kg:query "kv cache" ; kg:score ?score ; kg:limit 20 }
    SERVICE kg:path { ?path kg:from "router" ; kg:to concept:transformer ; kg:step ?n ; kg:source ?s ; kg:target ?t }
    FILTER(kg:matches(?concept, "attention"))

The engine knows no services of ours, and is never allowed to ask those of others. So `prepare` finds the clauses in the
text, answers them, and puts an inline table (`VALUES`) where each stood, its terms written by the engine's own library.
What then is evaluated is plain SPARQL 1.1, and works on remote endpoints too. `docs/sparql.md` is the manual.

Whether a text is SPARQL at all is asked of the parser before anything is answered, with a plain group for each clause:
`SERVICE kg:search {…}` less its first two words, as blanks. It binds the same variables, and everything else stands
where the user wrote it; so every error has its place in the user's own text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from kg.errors import QueryError, UsageError
from kg.offers import LONGEST_TEXT, NODES, SERVICES, Input, Kind, Service, converted, decimal
from kg.serialize import prefixes
from kg.sparql import error_at, fault_of, is_service, refuse_service, used
from kg.store import LocalStore
from kg.tokens import Token, tokens
from kg.vocabulary import KG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kg.graph import KnowledgeGraph
    from kg.sparql import Functions, Term

    Row = Sequence[Term | None]
    Scores = Callable[[str], Mapping[str, float]]
    """What a search finds for a text: scores by IRI."""

MOST_SERVICES = 16
"""How many of our services one query may ask."""

_REMEMBERED = 64
"""Different texts of `kg:score` and `kg:matches` whose results are kept while a query runs."""


class Prepared(NamedTuple):
    """A query that an engine can answer: its text, and the functions of ours that it may call."""

    text: str
    functions: Functions


def prepare(graph: KnowledgeGraph, query: str) -> Prepared:
    """The query with its searches, paths and neighbours answered by the graph.

    A text without our services is given back as it is. Raises `QueryError` for a clause that is not as it should be,
    and for all that is wrong with a text that has such clauses; other texts are left to the engine.
    """
    if not (_remembered_signs(query) if len(query) < _LONGEST_REMEMBERED else _signs(query)):
        return Prepared(query, _NONE)
    said = [token for token in tokens(query) if not token.blank]
    context = _Context(graph, query, said)
    functions = context.functions()
    clauses = context.clauses()
    if clauses:
        query = context.expanded(clauses, functions)
    return Prepared(query, functions)


# ------------------------------------------------------------------------------------------------------- functions


def _score(_: KnowledgeGraph, scores: Scores) -> Callable[..., Term | None]:
    def score(concept: object, text: object) -> Term | None:
        found = scores(_searched(text)).get(_iri(concept))
        return None if found is None else decimal(found)

    return score


def _matches(_: KnowledgeGraph, scores: Scores) -> Callable[..., Term | None]:
    return lambda concept, text: ox.Literal(_iri(concept) in scores(_searched(text)))


def _concept(graph: KnowledgeGraph, _: Scores) -> Callable[..., Term | None]:
    return lambda name: ox.NamedNode(graph.concept(name.value).iri)


_FUNCTIONS: Mapping[str, Callable[[KnowledgeGraph, Scores], Callable[..., Term | None]]] = {
    "score": _score,
    "matches": _matches,
    "concept": _concept,
}
"""Makers of our functions by their local names; what they raise is an error of SPARQL, which leaves a name unbound."""

_SIGNS = re.compile(rf"service|[:#</](?:{'|'.join(_FUNCTIONS)})>?\s*[(#]", re.IGNORECASE)
"""What a text that asks us has in it, and few others have: reading all of a query takes as long as many an answer."""

_LONGEST_REMEMBERED = 10_000
_NONE: Functions = {}


def _signs(query: str) -> bool:
    return _SIGNS.search(query) is not None


_remembered_signs = lru_cache(1000)(_signs)


def _iri(concept: object) -> str:
    if isinstance(concept, ox.NamedNode):
        return concept.value
    raise TypeError("not an IRI")


def _searched(text: object) -> str:
    if isinstance(text, ox.Literal) and len(text.value) <= LONGEST_TEXT:
        return text.value
    raise TypeError("not a text, or one that is too long")


# ----------------------------------------------------------------------------------------------- clauses in a text


@dataclass(frozen=True, slots=True)
class _Clause:
    """One of our services in a query: its words and the tokens between its braces.

    `end` is the position behind the closing brace, None when there is none.
    """

    service: Service
    words: tuple[Token, ...]
    name: Token
    silent: bool
    body: tuple[Token, ...]
    end: int | None


class _Context:
    """A query as it was written, and what its terms mean."""

    def __init__(self, graph: KnowledgeGraph, text: str, said: list[Token]) -> None:
        self.graph = graph
        self.text = text
        self.said = said
        self._names: dict[str, str] | None = None
        self._prologue = text[: _prologue_end(said)]

    @property
    def names(self) -> dict[str, str]:
        """The prefixes that need not be declared."""
        if self._names is None:
            self._names = prefixes(self.graph.base)
        return self._names

    def term(self, text: str) -> Term | None:
        """The term that a token or two mean, as the engine reads them; None if they are none."""
        query = f"{self._prologue}\nSELECT (({text}) AS ?term) {{}}"
        try:
            answer = ox.Store().query(query, prefixes=used(query, self.names))
        except (SyntaxError, RuntimeError, ValueError):
            return None
        assert isinstance(answer, ox.QuerySolutions)
        term: Term | None = next(answer)["term"]
        return term

    def local(self, token: Token) -> str | None:
        """The local name of a token that means something of our namespace."""
        if token.kind not in {"iri", "name"}:
            return None
        term = self.term(token.text)
        ours = isinstance(term, ox.NamedNode) and term.value.startswith(KG.iri)
        return term.value[len(KG.iri) :] if ours and isinstance(term, ox.NamedNode) else None

    def fault(self, token: Token, what: str) -> QueryError:
        """An error that points at a token."""
        return error_at(self.text, token.start, what)

    # ---------------------------------------------------------------------------------------------------- finding

    def functions(self) -> Functions:
        """The functions of ours that the query calls; raises `QueryError` where they cannot be."""
        called: dict[str, Token] = {}
        for token, following in zip(self.said, self.said[1:], strict=False):
            if following.text == "(" and token.text.rstrip(">").endswith(tuple(_FUNCTIONS)):
                name = self.local(token)
                if name is not None and name in _FUNCTIONS:
                    called.setdefault(name, token)
        if not called:
            return {}
        if not isinstance(self.graph.store, LocalStore):
            name, token = next(iter(called.items()))
            raise self.fault(
                token,
                f"kg:{name} is a function of local graphs, and {self.graph.store.place} cannot call it; "
                "ask SERVICE kg:search instead, which is answered before the query is sent",
            )
        if called.keys() & {"score", "matches"}:
            self.graph.scores("")  # makes the index now, where it can fail in words
        scores = lru_cache(_REMEMBERED)(self.graph.scores)
        return {ox.NamedNode(KG.iri + name): _FUNCTIONS[name](self.graph, scores) for name in called}

    def clauses(self) -> list[_Clause]:
        """Our services in the text, in order; those inside the braces of another are left to the parser."""
        found: list[_Clause] = []
        position = 0
        while position < len(self.said):
            clause, position = self._clause(position)
            if clause is not None:
                found.append(clause)
        if len(found) > MOST_SERVICES:
            raise self.fault(
                found[MOST_SERVICES].name, f"a query can ask {MOST_SERVICES} services of kg, and this is one more"
            )
        return found

    def _clause(self, position: int) -> tuple[_Clause | None, int]:
        """The clause that begins with this token, if one does, and where to go on."""
        word = self.said[position]
        if word.kind != "word" or word.text.upper() != "SERVICE":
            return None, position + 1
        at = position + 1
        silent = at < len(self.said) and self.said[at].text.upper() == "SILENT"
        at += silent
        if at + 1 >= len(self.said) or self.said[at + 1].text != "{":
            return None, position + 1
        name, opening = self.said[at], at + 1
        local = self.local(name)
        if local is None:
            return None, position + 1
        if local not in SERVICES:
            raise self.fault(name, f"kg has no service {local!r}; there are {_listed(SERVICES)}")
        closing = _closing(self.said, opening)
        body = self.said[opening + 1 : closing]
        end = None if closing is None else self.said[closing].end
        words = tuple(self.said[position : at + 1])
        after = len(self.said) if closing is None else closing + 1
        return _Clause(SERVICES[local], words, name, silent, tuple(body), end), after

    # -------------------------------------------------------------------------------------------------- expanding

    def expanded(self, clauses: list[_Clause], functions: Functions) -> str:
        """The query with a table for each clause. Nothing is answered before all of it is known to be SPARQL."""
        plain = self._plain(clauses)
        refuse_service(plain, self.names, shown=self.text)
        self._parse(plain, functions)
        real = []
        for clause in clauses:
            others = self._plain([other for other in clauses if other is not clause])
            if is_service(others, clause.words[0].start, self.names):
                real.append((clause, self._columns(clause)))
        pieces, position = [], 0
        for clause, (given, columns) in real:
            pieces += [self.text[position : clause.words[0].start], self._table(clause, given, columns)]
            position = clause.end or position
        return "".join([*pieces, self.text[position:]])

    def _plain(self, clauses: list[_Clause]) -> str:
        """The query with plain groups for these clauses, everything else in its place."""
        characters = list(self.text)
        for clause in clauses:
            for word in clause.words:
                characters[word.start : word.end] = " " * len(word.text)
        return "".join(characters)

    def _parse(self, plain: str, functions: Functions) -> None:
        try:
            ox.Store().query(plain, prefixes=used(plain, self.names), custom_functions=dict(functions))
        except (SyntaxError, RuntimeError, ValueError) as error:
            raise fault_of(self.text, error) from error

    def _columns(self, clause: _Clause) -> tuple[dict[str, list[tuple[Token, object]]], list[tuple[str, int]]]:
        """The inputs of a clause by name, each with its token, and its variables, each with the column it gets."""
        service, word = clause.service, clause.name.text
        given: dict[str, list[tuple[Token, object]]] = defaultdict(list)
        columns: list[tuple[str, int]] = []
        subject: Token | None = None
        for first, predicate, value in self._triples(clause):
            if subject is None:
                subject = first
                if first.kind == "variable":
                    columns.append((first.text[1:], 0))
                elif first.text != "[" and not first.text.startswith("_:"):
                    raise self.fault(
                        first, f"the subject in {word} is a variable, which gets each {service.subject}; not a constant"
                    )
            elif (first.kind, first.text[1:]) != (subject.kind, subject.text[1:]):
                raise self.fault(first, f"{word} has one subject, here {subject.text}")
            name = self.local(predicate) or predicate.text
            if name in service.inputs:
                given[name].append((value[0], self._input(name, service.inputs[name], value)))
                if len(given[name]) > 1 and not service.inputs[name].several:
                    raise self.fault(predicate, f"{predicate.text} is given twice")
            elif name in service.outputs[1:]:
                if value[0].kind != "variable":
                    raise self.fault(
                        value[0],
                        f"{predicate.text} is an answer of {word}: give it a variable, and compare in a FILTER",
                    )
                columns.append((value[0].text[1:], service.outputs.index(name)))
            else:
                raise self.fault(
                    predicate,
                    f"{word} has no {predicate.text}; it takes {_listed(service.inputs)}, "
                    f"and answers with {_listed(service.outputs[1:])}",
                )
        if missing := [name for name, kind in service.inputs.items() if kind.required and name not in given]:
            raise self.fault(clause.name, f"{word} needs {_listed(missing)}")
        return given, columns

    def _triples(self, clause: _Clause) -> Iterator[tuple[Token, Token, tuple[Token, ...]]]:
        """Yield subject, predicate and the tokens of the object of each triple in a clause that is SPARQL."""
        rest = list(clause.body)
        while rest:
            subject = rest.pop(0)
            if subject.text == "[" and rest and rest[0].text == "]":
                rest.pop(0)
            elif subject.kind not in {"variable", "iri", "name"}:
                raise self._no_triple(clause, subject)
            separator = ";"
            while separator in {";", ","}:
                if separator == ";":
                    while rest and rest[0].text == ";":
                        rest.pop(0)
                    if not rest or rest[0].text == ".":
                        break
                    predicate = rest.pop(0)
                    if predicate.kind not in {"iri", "name"}:
                        raise self._no_triple(clause, predicate)
                value = _value(rest)
                if not value:
                    raise self._no_triple(clause, rest[0] if rest else predicate)
                del rest[: len(value)]
                yield subject, predicate, value
                separator = rest[0].text if rest else "."
                if separator in {";", ","}:
                    rest.pop(0)
            if rest and (after := rest.pop(0)).text != ".":
                raise self._no_triple(clause, after)

    def _no_triple(self, clause: _Clause, token: Token) -> QueryError:
        return self.fault(token, f"{clause.name.text} takes plain triples only: a subject, properties and their values")

    def _input(self, name: str, kind: Input, value: tuple[Token, ...]) -> object:
        """The Python value of an input; raises `QueryError` at its token."""
        token = value[0]
        if token.kind == "variable":
            raise self.fault(
                token,
                f"kg:{name} takes a constant, not the variable {token.text}: a service is answered before the rest of "
                "the query is",
            )
        term = self.term(self.text[token.start : value[-1].end])
        try:
            found = converted(kind, term)
        except ValueError as error:
            raise self.fault(token, f"kg:{name} takes {error}") from error
        except UsageError as error:
            raise self.fault(token, str(error)) from error
        if found is None:
            raise self.fault(token, f"kg:{name} takes {kind.kind.value}")
        return found

    def _table(
        self, clause: _Clause, given: Mapping[str, list[tuple[Token, object]]], columns: list[tuple[str, int]]
    ) -> str:
        """The answer of a clause as inline data."""
        service, variables = clause.service, dict.fromkeys(name for name, _ in columns)
        rows: Iterator[Row] | list[Row]
        try:
            values = {name: [self._resolved(clause, name, *one) for one in many] for name, many in given.items()}
            try:
                rows = list(service.answer(self.graph, values))
            except UsageError as error:
                raise self.fault(clause.name, str(error)) from error
        except QueryError:
            if not clause.silent:
                raise
            nothing = dict.fromkeys(variables, "UNDEF")
            return _values(variables, [nothing])  # as the standard has it: one solution that binds nothing
        written = []
        for row in rows:
            cells: dict[str, str] = {}
            for name, column in columns:
                cell = row[column]
                if cell is None and service.outputs[column] in NODES:
                    break  # unbound, it would match everything
                shown = "UNDEF" if cell is None else str(cell)
                if cells.setdefault(name, shown) != shown:
                    break  # a variable that is asked to be two things at once
            else:
                written.append(cells)
        return _values(variables, written)

    def _resolved(self, clause: _Clause, name: str, token: Token, value: object) -> object:
        """A concept by its IRI instead of by its name; other inputs as they are."""
        if clause.service.inputs[name].kind is not Kind.CONCEPT:
            return value
        try:
            return self.graph.concept(str(value)).ref
        except UsageError as error:
            raise self.fault(token, str(error)) from error


def _prologue_end(said: list[Token]) -> int:
    """Where the declarations of a query end."""
    end = position = 0
    while position < len(said):
        word = said[position].text.upper()
        length = 3 if word == "PREFIX" else 2 if word == "BASE" else 0
        if not length or position + length > len(said):
            break
        position += length
        end = said[position - 1].end
    return end


def _closing(said: list[Token], opening: int) -> int | None:
    """The index of the brace that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(said)):
        depth += {"{": 1, "}": -1}.get(said[index].text, 0)
        if depth == 0:
            return index
    return None


def _value(rest: list[Token]) -> tuple[Token, ...]:
    """The tokens of the value that a list of tokens begins with: one, or a literal with its language or datatype."""
    if not rest:
        return ()
    first, following = rest[0], rest[1:4]
    if first.kind == "string":
        if following and following[0].text.startswith("@"):
            return first, following[0]
        if len(following) == 3 and following[0].text == following[1].text == "^":
            return first, *following
        return (first,)
    if first.text in {"+", "-"} and following and following[0].kind == "number":
        return first, following[0]
    plain = first.kind in {"variable", "iri", "name", "number"} or first.text.lower() in {"true", "false"}
    return (first,) if plain else ()


def _values(variables: Mapping[str, object], rows: list[dict[str, str]]) -> str:
    """Inline data for these variables."""
    head = " ".join(f"?{name}" for name in variables)
    lines = (f"({' '.join(row[name] for name in variables)})" for row in rows)
    return f"VALUES ({head}) {{ {' '.join(lines)} }}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"kg:{name}" for name in names)
