"""What kind of thing a phrase names: one of the classes of the ontology, from its head noun, shape and context.

Evidence, strongest first: a well-known name; the head noun ("… transformer" is a Model); for names without a telling
head, the shape (letters and digits, inner capitals) together with the entity recognizer's label; the head's suffix.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from kg import vocabulary
from kg.annotate.lexicon import lexicon, read
from kg.names import is_citation, singular

_ENTITY = {"ORG": "Organization", "PERSON": "Person", "WORK_OF_ART": "Publication", "LAW": "Standard"}
_MODEL_NAME = re.compile(r"^[A-Z][A-Za-z]*[a-z]*[-A-Z0-9.]*\d[\w.]*(?: \d+[BMx][\w]*)?$|^[A-Z]\w*[a-z][A-Z]\w*$")


@cache
def _tables() -> dict[str, dict[str, str]]:
    data = read("kinds.toml")
    tables: dict[str, dict[str, str]] = {}
    for section in ("head", "suffix", "names", "field"):
        table: dict[str, str] = {}
        for kind, value in data[section].items():
            vocabulary.kind(kind)
            for word in value.split(";") if section == "field" else value.split():
                table.setdefault(word.strip(), kind)
        tables[section] = table
    return tables


def kind_of(phrase: str, entity: str | None = None, default: str = "Method") -> str:
    """The class of what a phrase names; `entity` is the label that the entity recognizer gave it.

    >>> [kind_of(p) for p in ("graph transformer", "packet loss rate", "thermal runaway failure", "PyTorch")]
    ['Model', 'Property', 'Phenomenon', 'Software']
    """
    return _by_words(phrase) or _by_shape(phrase, entity) or _by_suffix(phrase) or default


def head_kind(head: str) -> str | None:
    """The class that a head noun tells by itself."""
    return _by_words(head)


@lru_cache(maxsize=1 << 16)
def _by_words(phrase: str) -> str | None:
    tables = _tables()
    text = re.split(
        r"\s+(?:of|for|in|with|from|to|on|over|across|between|at|by|per)\s+", re.sub(r"\s*\(.*?\)", "", phrase).strip()
    )[0]
    words = text.casefold().split()
    if not words:
        return None
    if "-".join(words) in tables["names"]:
        return tables["names"]["-".join(words)]
    if words[0].endswith("'s") and len(words) > 1:
        words = words[1:]
    for size in (2, 1):
        if len(words) >= size:
            tail = [*words[-size:-1], singular(words[-1])]
            for form in ("-".join(tail), "-".join(words[-size:])):
                if form in tables["head"]:
                    return tables["head"][form]
    last = words[-1]
    if "/" in last:
        return _by_words(last.split("/")[-1])
    if "-" in last:
        return tables["head"].get(singular(last.split("-")[-1]))
    return tables["names"].get(words[0]) if len(words) == 2 and any(c.isdigit() for c in last) else None


def _by_shape(phrase: str, entity: str | None) -> str | None:
    if is_citation(phrase):
        return "Person"
    if _MODEL_NAME.match(phrase):
        return "Model"
    if entity in _ENTITY and phrase[:1].isupper():
        return _ENTITY[entity]
    return None


def _by_suffix(phrase: str) -> str | None:
    word = phrase.casefold().split()[-1] if phrase.split() else ""
    found = [(len(s), kind) for s, kind in _tables()["suffix"].items() if word.endswith(s) and len(word) > len(s) + 2]
    return max(found)[1] if found else None


def kind_of_concept(label: str, genus: str | None, category: str | None) -> str:
    """The class of an entry's concept: what its genus names; else what its own head names; else its field's hint.

    A genus that says little ("system", "variant") yields to the concept's own head.
    """
    own = _by_words(label)
    told = _told(genus) if genus is not None else None
    field = next((k for word, k in _tables()["field"].items() if category and word in category.casefold()), None)
    if genus is not None and told is not None:
        weak = singular(genus.casefold().split()[-1]) in lexicon().weak_genera
        if weak and own is not None and own != "Method" and told != "Model":
            return own
        if not (told in _YIELDS and own in _OWN_WINS):
            return told
    return own or field or (genus and _by_suffix(genus)) or _by_suffix(label) or "Method"


def _told(genus: str) -> str | None:
    """The class that a genus tells; of one that says little, what stands before it: "language model family"."""
    if _IS_ADJECTIVE.fullmatch(genus):
        return None
    *before, last = genus.split() or [""]
    if before and singular(last.casefold()) in _COLLECTIVE:
        inner = _by_words(" ".join(before))
        if inner in _THINGS:
            return inner
    return _by_words(genus)


_IS_ADJECTIVE = re.compile(r"(?:large|small|high|low|full|long|short|real|open)-\w+", re.IGNORECASE)
_COLLECTIVE = frozenset({"class", "family", "framework", "group", "line", "series", "technology", "variant"})
_THINGS = frozenset({"Dataset", "Hardware", "Material", "Model"})
_YIELDS = frozenset({"Method", "Property", "Process"})
_OWN_WINS = frozenset({"Model", "Hardware", "Dataset", "Metric", "Software", "Phenomenon", "Process"})
