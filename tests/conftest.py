"""Fixtures that several test modules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph


# The same examples in every run, and no deadline: the machines that run the tests are not all fast.
settings.register_profile("kg", derandomize=True, deadline=None)
settings.load_profile("kg")


@pytest.fixture(scope="session")
def tiny_graph() -> KnowledgeGraph:
    """The tiny glossary as a graph in memory, only to be read."""
    from kg.graph import KnowledgeGraph
    from kg.store import LocalStore
    from kg.triples import quads

    store = LocalStore()
    store.load(quads(tiny_knowledge()))
    return KnowledgeGraph(store)
