"""The failures that are known, each with whose it is and why; any other makes a run fail.

`engine` failures are Oxigraph's; `suite` ones are tests that a later recommendation, or the suite itself, contradicts.
The runner has seen the engine alone fail in the same way for every one of them that is no HTTP exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Known:
    """Whose a failure is, `engine` or `suite`, and why it is one."""

    whose: str
    why: str


_SPELLING = Known("engine", "a number or date is kept as its value: 1.0 comes back as 1, 3.0E4 as 30000")
_SAME = Known(
    "engine", "numbers are kept as values, so that 1 and 01, or 1.0e0 and 1, are one term where two are expected"
)
_RDF11 = Known("suite", 'expects RDF 1.0, in which "a" and "a"^^xsd:string are two terms; in RDF 1.1 they are one')
_DECIMAL = Known("suite", "SPARQL 1.1 has no numbers that end in a dot, as SPARQL 1.0 had")
_ESCAPE = Known("engine", "a \\u escape is not read within a prefixed name or a variable")

KNOWN: Mapping[str, Known] = {
    "aggregates/agg-avg-02": _SPELLING,
    "aggregates/agg-empty-group": Known(
        "suite", "expects a row of a GROUP BY over nothing, where the recommendation's algebra makes no group"
    ),
    "aggregates/agg-err-02": _SPELLING,
    "aggregates/agg-max-01": _SPELLING,
    "aggregates/agg-max-02": _SPELLING,
    "aggregates/agg-min-01": _SPELLING,
    "aggregates/agg-min-02": _SPELLING,
    "aggregates/agg-sum-02": _SPELLING,
    "csv-tsv-res/csv03": _SPELLING,
    "csv-tsv-res/tsv03": Known(
        "engine", "numbers of types derived from xsd:integer come back as xsd:integer, 1.0E6 as 1000000"
    ),
    "functions/bnode01": Known(
        "engine", "BNODE(string) is one node for a string in all rows, where each row should have its own"
    ),
    "functions/coalesce01": _SPELLING,
    "functions/plus-1": _SPELLING,
    "functions/plus-2": _SPELLING,
    "functions/strdt03": _RDF11,
    "functions/strlang03": _RDF11,
    "protocol/update_base_uri": Known(
        "engine", "an edition's request clears, without SILENT, a graph that there is not, which is an error"
    ),
    "protocol/query_multiple_dataset": Known(
        "suite", "an edition's request has `&named-graph-uri=` escaped inside the name of the first graph"
    ),
    "sparql10/basic/term-6": _DECIMAL,
    "sparql10/basic/term-7": _DECIMAL,
    "sparql10/distinct/distinct-1": _SAME,
    "sparql10/distinct/distinct-2": _RDF11,
    "sparql10/distinct/distinct-9": _SAME,
    "sparql10/distinct/no-distinct-1": _SPELLING,
    "sparql10/distinct/no-distinct-9": _SPELLING,
    "sparql10/expr-builtin/dawg-datatype-1": _SPELLING,
    "sparql10/expr-builtin/dawg-datatype-2": Known(
        "suite", "expects that a string with a language has no datatype; in SPARQL 1.1 it is rdf:langString"
    ),
    "sparql10/expr-builtin/dawg-str-1": _SAME,
    "sparql10/expr-builtin/dawg-str-2": _SAME,
    "sparql10/expr-builtin/sameTerm-eq": _SAME,
    "sparql10/expr-builtin/sameTerm-not-eq": _SAME,
    "sparql10/expr-builtin/sameTerm-simple": _SAME,
    "sparql10/expr-equals/eq-2-1": _SPELLING,
    "sparql10/expr-equals/eq-2-2": _SPELLING,
    "sparql10/expr-equals/eq-graph-1": _SAME,
    "sparql10/expr-equals/eq-graph-2": _SAME,
    "sparql10/open-world/date-2": Known(
        "engine", "a date with a time zone differs from one without (XSD 1.1), where an error is expected"
    ),
    "sparql10/open-world/date-3": _SPELLING,
    "sparql10/open-world/open-eq-01": _SAME,
    "sparql10/open-world/open-eq-03": _SPELLING,
    "sparql10/open-world/open-eq-04": _SPELLING,
    "sparql10/optional-filter/dawg-optional-filter-005-simplified": Known(
        "suite", "contradicts dawg-optional-filter-005-not-simplified, which is the same query and passes"
    ),
    "sparql10/sort/dawg-sort-7": _SPELLING,
    "sparql10/syntax-sparql1/syntax-lit-08": _DECIMAL,
    "sparql10/syntax-sparql2/syntax-esc-04": _ESCAPE,
    "sparql10/syntax-sparql2/syntax-esc-05": _ESCAPE,
    "sparql10/syntax-sparql3/syn-bad-26": Known(
        "engine", '"<" before a variable is a comparison, even where a longer token, an IRI, would begin'
    ),
}
"""Known failures by the names of tests."""
