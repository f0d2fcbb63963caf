"""SPARQL as tokens: as much of its grammar as tells strings, comments and IRIs from what a query says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text. `start` counts its characters from 0.

    `kind` is comment, iri, string, variable, name (with a colon), number, word, or other for a single character.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the token ends."""
        return self.start + len(self.text)

    @property
    def blank(self) -> bool:
        """Whether the token says nothing: white space or a comment."""
        return self.kind == "comment" or self.text.isspace()


_TOKEN = re.compile(
    r"""(?P<comment>\#[^\r\n]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<string>\"{3}(?:\\.?|(?!\"{3}).)*+(?:\"{3}|\Z) | '{3}(?:\\.?|(?!'{3}).)*+(?:'{3}|\Z)
               | "(?:\\.?|[^"\\\r\n])*+(?:"|(?=[\r\n])|\Z) | '(?:\\.?|[^'\\\r\n])*+(?:'|(?=[\r\n])|\Z))
    | (?P<variable>[?$]\w+)
    | (?P<name>[\w.-]{0,100}:(?:(?:\\.|[\w.:%-])*(?:\\.|[\w:%-]))?)
    | (?P<number>[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[A-Za-z_@][\w-]*)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a SPARQL text; joined they are the text again.

    A string without an end reaches to the end of its line or, if it may span lines, of the text; so reading takes time
    in proportion to the text. What looks like an IRI (`?a<?b&&?c>?d`) is taken for one, as by the standard's tokens.
    """
    for match in _TOKEN.finditer(text):
        yield Token(match.lastgroup or "other", match[0], match.start())
