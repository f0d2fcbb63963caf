"""Fixtures that several test modules share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.browsing import browser, desk, rendered, show  # noqa: F401
from tests.tiny import tiny_knowledge

if TYPE_CHECKING:
    from spacy.language import Language

    from kg.graph import KnowledgeGraph


ROOT = Path(__file__).parent.parent

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


@pytest.fixture(scope="session")
def nlp() -> Language:
    """The default English pipeline, loaded once for all tests that are marked `model`."""
    from kg.annotate import load_pipeline

    return load_pipeline()


@pytest.fixture(scope="session")
def sample_graph(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    """The project's own sample glossary, built once; needs the model."""
    return _built(ROOT / "seeds", tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def real_graph(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    """The real pages beside the project, built once; needs the model, skips where the pages are not."""
    pages = ROOT.parent / "shared" / "seeds"
    if not pages.is_dir():
        pytest.skip("the real pages are not beside the project")
    return _built(pages, tmp_path_factory.mktemp("real"))


def _built(documents: Path, output: Path) -> KnowledgeGraph:
    import kg

    kg.build([documents], output, validate=False)
    return kg.open(output)
