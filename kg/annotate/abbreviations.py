"""Abbreviations that a text explains: "mean time between failures (MTBF)", "MTBF (mean time between failures)".

The algorithm of Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation definitions in biomedical
text": candidates stand in brackets; the long form is at most min(|A| + 5, 2|A|) words; the letters of the short form
are matched from the right (`kg.names.acronym_of`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kg.names import acronym_of, initials, is_acronym, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BRACKETED = re.compile(r"\s*\(([^()]{2,80}?)\)")
_WORD = re.compile(r"[^\s,;:()\"“”]+")


def abbreviations(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The pairs (short form, long form) that the texts explain, each short form once, in the order of the texts.

    >>> abbreviations(["The mean time between failures (MTBF) grows.", "A PDU (power distribution unit) feeds it."])
    (('MTBF', 'mean time between failures'), ('PDU', 'power distribution unit'))
    """
    found: dict[str, str] = {}
    for text in texts:
        for short, long in _pairs(text):
            found.setdefault(short, long)
    return tuple(found.items())


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in _BRACKETED.finditer(text):
        inner = match[1].strip()
        before = text[: match.start()]
        short = inner.split(",")[0].split(";")[0].strip()
        if _is_short(short):
            long = _long_before(short, before)
            if long:
                yield _singular(short), long
                continue
        words = _WORD.findall(before)
        if words and _is_short(words[-1]) and len(inner.split()) > 1 and acronym_of(_singular(words[-1]), inner):
            yield _singular(words[-1]), inner


def _is_short(text: str) -> bool:
    return 2 <= len(text) <= 10 and " " not in text and is_acronym(text)


def _singular(short: str) -> str:
    return short[:-1] if short.endswith("s") and short[:-1].isupper() else short


def _long_before(short: str, before: str) -> str | None:
    """The shortest run of words in front of the bracket whose initials, else whose letters, make the short form."""
    short = _singular(short)
    letters = sum(c.isalnum() for c in short)
    words = list(_WORD.finditer(before))
    clause = max(before.rfind(mark) for mark in (",", ";", ":", "(", ". ")) + 1
    words = [w for w in words if w.start() >= clause]
    runs = [before[words[-size].start() :].strip() for size in range(1, min(letters + 5, letters * 2, len(words)) + 1)]
    # "Old Tide Staff (OTS)": initials are surer than letters from anywhere
    for long in sorted(runs, key=lambda run: key(short) not in initials(run)):
        if long[:1].casefold() == short[:1].casefold() and len(long) > len(short) and acronym_of(short, long):
            return re.sub(r"[*_`]", "", long)
    return None
