"""Words as lists show them: what of a text a search has found, under which letter an index has a label."""

from __future__ import annotations

import re
from unicodedata import normalize

from kg.names import words


def highlighted(text: str, query: str) -> tuple[tuple[str, bool], ...]:
    """A text in runs: what begins like a word of the query, and what does not.

    >>> highlighted("Grafting wax", "wax")
    (('Grafting ', False), ('wax', True))
    """
    beginnings = sorted({re.escape(word) for word in words(query) if len(word) > 1}, key=lambda w: (-len(w), w))
    if not beginnings:
        return ((text, False),)
    parts = re.split(rf"(?i)(?<!\w)((?:{'|'.join(beginnings)})\w*)", text)
    return tuple((part, bool(number % 2)) for number, part in enumerate(parts) if part)


def initial(label: str) -> str:
    """The letter under which an index lists a label; `#` for what begins with none.

    >>> initial("(b)eta"), initial("éclair"), initial("3D")
    ('B', 'E', '#')
    """
    first = next((character for character in label if character.isalnum()), "#")
    letter = normalize("NFKD", first)[0].upper()
    return letter if letter.isalpha() and len(letter) == 1 else "#"


def collated(label: str) -> tuple[bool, str, str]:
    """A key to sort labels by: by letter, what has none last, then by the label without regard to case."""
    letter = initial(label)
    return letter == "#", letter, label.casefold()
