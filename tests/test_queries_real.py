"""The named queries on whole builds: examples on the sample glossary, expectations on the real pages."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from kg.errors import ConceptNotFound
from kg.queries import named_queries, named_query

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

FAULTS = {"contradictions", "broader-cycles", "orphans", "differing-definitions", "ambiguous-names"}
"""Queries that look for what is wrong, and may rightly find nothing."""

EXPECTED: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "about": ({"concept": "mixture of experts"}, ("router",)),
    "alternatives-to": ({"concept": "MQA"}, ()),
    "ambiguous-names": ({}, ()),
    "between": ({"first": "MQA", "second": "MHA"}, ()),
    "bridges-between-fields": ({}, ("generative models",)),
    "broader-cycles": ({}, ()),
    "classes": ({}, ("Method", "Model", "Field")),
    "common-ground": ({"first": "CLIP", "second": "multimodal fusion"}, ()),
    "concepts-of-class": ({"class": "Model"}, ("Mixture of Experts",)),
    "concepts-of-field": ({"field": "time series models"}, ("MQRNN", "Multi-Horizon Forecast", "Multivariate TPP")),
    "concepts-that": ({"relation": "developedBy", "concept": "OpenAI"}, ("CLIP",)),
    "concepts-that-both": (
        {"relation": "reduces", "concept": "memory", "second_relation": "improves", "second_concept": "accuracy"},
        (),
    ),
    "concepts-that-by-name": ({"relation": "reduces", "words": "memory"}, ()),
    "contradictions": ({}, ()),
    "cross-references": ({"concept": "multimodal fusion"}, ("CLIP",)),
    "definitions-of": ({"concept": "multi-query attention"}, ("shared",)),
    "developers": ({}, ("CLIP", "OpenAI")),
    "differing-definitions": ({}, ()),
    "effects-of": ({"concept": "mixture of experts"}, ()),
    "evaluations-of": ({"concept": "MultiRC"}, ("Exact Match",)),
    "evidence-for": ({"subject": "multi-query attention"}, ("000_562a0e3dd40c50a9.txt",)),
    "examples-of": ({"concept": "mixture of experts"}, ("Mixtral",)),
    "fields": ({}, ("multimodal ai", "generative models", "model optimization")),
    "find": ({"text": "attention"}, ("Multi-Query Attention",)),
    "flagged-entries": ({}, ("truncated", "duplicate-text", "boilerplate")),
    "how-many": ({"class": "Model"}, ()),
    "kinds-above": ({"concept": "multi-query attention"}, ("attention",)),
    "kinds-by-name": ({"concept": "parallelism"}, ("Tensor Parallelism",)),
    "limitations-of": ({"concept": "mixture of experts"}, ()),
    "lineage-of": ({"concept": "multi-query attention"}, ()),
    "low-confidence": ({}, ()),
    "means-for": ({"concept": "music generation"}, ()),
    "most-connected": ({}, ("Mixture of Experts",)),
    "most-used": ({}, ("attention",)),
    "orphans": ({}, ()),
    "parts-of": ({"concept": "mixture of experts"}, ()),
    "purposes-of": ({"concept": "metapath2vec"}, ()),
    "relations": ({}, ("broader", "uses", "usedFor", "hasPart", "reduces", "improves", "hasLimitation")),
    "requirements-of": ({"concept": "multi-domain rec"}, ()),
    "rules": ({}, ()),
    "siblings-of": ({"concept": "multi-query attention"}, ()),
    "sources-of": ({"concept": "CLIP"}, ("Multimodal Large Language Models",)),
    "timeline": ({"since": "2015"}, ("2019,Multi-Query Attention", "2017,Metapath2vec")),
    "types-of": ({"concept": "attention"}, ()),
    "unexplained-terms": ({"class": "Model"}, ()),
    "what-causes": ({"concept": "overfitting"}, ()),
    "what-improves": ({"concept": "robustness"}, ()),
    "what-it-does": ({"concept": "metapath2vec", "relation": "introducedIn"}, ("2017",)),
    "what-it-uses": ({"concept": "MPT"}, ("ALiBi",)),
    "what-reduces": ({"concept": "latency"}, ()),
    "who-mentions": ({"concept": "CLIP"}, ("Multimodal Large Language Models",)),
    "who-uses": ({"concept": "attention"}, ()),
    "wholes-of": ({"concept": "encoder"}, ()),
}
"""For each query, a question to the real pages, and words that stand in its answer."""

SILENT = {
    "alternatives-to", "between", "common-ground", "concepts-that-both", "concepts-that-by-name", "effects-of",
    "limitations-of", "lineage-of", "means-for", "parts-of",
    "requirements-of", "siblings-of", "types-of", "what-causes", "what-improves", "what-reduces", "who-uses",
    "wholes-of",
}  # fmt: skip
"""Questions whose answer depends on how well relations are extracted: they are run, and may be empty."""


def answer(graph: KnowledgeGraph, name: str, parameters: dict[str, str]) -> str:
    text = named_query(name).bind(parameters, lambda concept: graph.concept(concept).iri)
    return graph.store.sparql(text, "csv")[0].decode()


@pytest.mark.model
def test_examples_have_answers_on_the_sample_glossary(sample_graph: KnowledgeGraph) -> None:
    silent = []
    for name, query in named_queries().items():
        for example in query.examples:
            rows = list(csv.reader(io.StringIO(answer(sample_graph, name, dict(example)))))
            assert tuple(rows[0]) == query.columns
            if len(rows) == 1 and name not in FAULTS:
                silent.append((name, example))
    assert silent == []


@pytest.mark.model
@pytest.mark.seeds
def test_the_real_pages_answer_as_their_readers_expect(real_graph: KnowledgeGraph) -> None:
    assert set(EXPECTED) == set(named_queries())
    missing = []
    for name, (parameters, words) in EXPECTED.items():
        try:
            found = answer(real_graph, name, parameters)
        except ConceptNotFound:
            assert name in SILENT, name
            continue
        missing += [(name, word) for word in words if word.casefold() not in found.casefold()]
        if found.count("\n") == 1 and name not in SILENT | FAULTS:
            missing.append((name, "any row"))
    assert missing == []
