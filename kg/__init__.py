"""kg: technical glossaries into knowledge graphs that people trust.

    >>> import kg
    >>> report = kg.build(["seeds"], "output")          # doctest: +SKIP
    >>> graph = kg.open("output")                       # doctest: +SKIP
    >>> graph.path("Raft", "quorum")                    # doctest: +SKIP

Importing the package loads nothing heavy: each name below is fetched from its module when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.errors import KgError
    from kg.graph import KnowledgeGraph, open
    from kg.pipeline import BuildReport, build

__version__ = "0.1.0"

__all__ = ["BuildReport", "KgError", "KnowledgeGraph", "__version__", "build", "open"]

_HOMES = {
    "BuildReport": "kg.pipeline",
    "KgError": "kg.errors",
    "KnowledgeGraph": "kg.graph",
    "build": "kg.pipeline",
    "open": "kg.graph",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module that owns it."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted([*globals(), *_HOMES])
