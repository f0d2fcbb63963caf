"""The failures that are known, each with its reason; any other makes the run fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN: Mapping[str, str] = {}
"""Reasons by the names of tests."""
