"""Templates and assets: what all pages share. Templates escape all that they show, unless it is markup of ours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kg.facts import MARKS, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = Path(__file__).parent
_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every answer: nothing but this server's own files, and nothing inline."""

OUTLINES: Mapping[str, str] = {
    "dot": "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
    "ring": "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0ZM.5 0A.5 .5 0 1 0-.5 0A.5 .5 0 1 0 .5 0Z",
    "square": "M-.86-.86H.86V.86H-.86Z",
    "frame": "M-.86-.86H.86V.86H-.86ZM-.4-.4V.4H.4V-.4Z",
    "diamond": "M0-1.15L1.15 0L0 1.15L-1.15 0Z",
    "triangle": "M0-1.1L1.08 .8H-1.08Z",
    "triangleDown": "M0 1.1L1.08-.8H-1.08Z",
    "hexagon": "M1.05 0L.52 .91H-.52L-1.05 0L-.52-.91H.52Z",
    "star": "M0-1.2L.33-.42L1.16-.37L.52 .17L.72 .98L0 .54L-.72 .98L-.52 .17L-1.16-.37L-.33-.42Z",
}
"""The marks of `kg/page/05-paint.js` as paths on a circle of radius 1."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the site: its bytes, media type, and a name for its content."""

    content: bytes
    media: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """The styles and scripts by file name, read once."""
    found = {}
    for path in sorted((HOME / "static").iterdir()):
        if path.suffix in _MEDIA:
            content = path.read_bytes()
            found[path.name] = Asset(content, _MEDIA[path.suffix], blake2b(content, digest_size=8).hexdigest())
    return found


def render(template: str, **values: object) -> bytes:
    """A page as UTF-8. HTML has no way to write a NUL: it is shown as U+FFFD."""
    page = _environment().get_template(template).render(**values)
    return page.replace("\x00", "\ufffd").encode("utf-8", "replace")


def address(path: str, **parameters: object) -> str:
    """An address on this server; a parameter that is a list is given several times, one that is empty left out.

    >>> address("/path", **{"from": "a b", "avoid": ["c", "d"], "k": None})
    '/path?from=a+b&avoid=c&avoid=d'
    """
    pairs = [
        (name, value)
        for name, given in parameters.items()
        for value in (given if isinstance(given, list | tuple) else [given])
        if value not in (None, "", False)
    ]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def place(iri: str, base: str) -> str:
    """Where an IRI is shown: its own path if the graph made it, a page about it if not.

    >>> place("https://kg.example.org/concept/raft", "https://kg.example.org/")
    '/concept/raft'
    """
    if iri.startswith(base) and iri != base:
        return "/" + quote(iri.removeprefix(base), safe="/:@!$&'()*+,;=-._~%")
    return address("/describe", iri=iri)


def percent(confidence: float | None) -> str:
    """A confidence for people; nothing where there is none.

    >>> percent(0.904), percent(None)
    ('90 %', '')
    """
    return "" if confidence is None else f"{confidence:.0%}".replace("%", " %")


def short(text: str, most: int) -> str:
    """A text of at most so many characters, an ellipsis where it was cut.

    >>> short("grafting wax", 9)
    'grafting…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _mark(kind: str) -> Mark:
    return MARKS.get(kind, Mark("rest", "dot"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HOME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, short=short, number=lambda count: f"{count:,}")
    environment.globals.update(
        address=address,
        asset=lambda name: f"/static/{name}?{assets()[name].digest}",
        mark_of=_mark,
        outlines=OUTLINES,
    )
    return environment
