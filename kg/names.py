"""Surface form -> `Key`: which spellings are one name. Pure string functions, no model.

`key` unites case, plural, dashes, spaces and possessives and nothing else; `acronym_of` tells whether a short form can
stand for a long one; `slug` makes the readable part of an IRI.
"""

from __future__ import annotations

import re
import unicodedata

from kg.model import Key

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*[+#]*", re.UNICODE)
_FUNCTION_WORDS = frozenset(
    ("a", "an", "the", "of", "for", "to", "in", "on", "and", "or", "with", "by", "from", "at", "as")
)
_KEEP_S = re.compile(r"(ss|us|is|as|os|ics)$")


def singular(word: str) -> str:
    """The singular of a lower-case English noun, by its ending alone.

    >>> [singular(w) for w in ("networks", "batches", "policies", "losses", "analysis", "metrics", "biases", "moes")]
    ['network', 'batch', 'policy', 'loss', 'analysis', 'metric', 'bias', 'moe']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and re.search(r"(ss|us|as|x|zz|ch|sh)es$", word) and not word.endswith("cases"):
        return word[:-2]
    if len(word) > 4 and word.endswith("ics"):
        return word[:-1] if word in {"metrics", "topics", "critics", "mosaics", "heuristics", "statistics"} else word
    if len(word) > 3 and word.endswith("s") and not _KEEP_S.search(word):
        return word[:-1]
    return word


def words(text: str) -> list[str]:
    """The words of a surface form, lower-case, accents kept; `C++`, `C#` and `2.5` stay whole.

    >>> words("Multi-Head Attention (MHA)")
    ['multi', 'head', 'attention', 'mha']
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    return [re.sub(r"['’]s$", "", w) for w in _WORD.findall(text)]


def key(text: str) -> Key:
    """The key of a surface form: equal keys are the same name.

    >>> key("Level Shifters") == key("level-shifter") == key("levelshifter")
    True
    >>> key("C++") == key("C")
    False
    """
    parts = words(text)
    if not parts:
        return Key(unicodedata.normalize("NFKC", text).casefold().strip())
    return Key("".join([*parts[:-1], singular(parts[-1])]))


def slug(text: str, *, limit: int = 80) -> str:
    """The readable local part of an IRI: ASCII letters, digits and single hyphens.

    >>> slug("Mixture of Experts"), slug("C++"), slug("λ-calculus")
    ('mixture-of-experts', 'c-plus-plus', 'lambda-calculus')
    """
    greek = {"λ": "lambda", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "μ": "mu", "σ": "sigma", "π": "pi"}
    text = unicodedata.normalize("NFKC", text).casefold().replace("+", " plus ").replace("#", " sharp ")
    text = "".join(greek.get(c, c) for c in text)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:limit].rstrip("-")


def is_acronym(text: str) -> bool:
    """Whether a form is written as an abbreviation, so that its capitals count: MoE, RAG, KV, GPUs, 3D.

    >>> [t for t in ("MoE", "RAG", "GPUs", "Rag", "attention", "BF16", "LLaMA") if is_acronym(t)]
    ['MoE', 'RAG', 'GPUs', 'BF16', 'LLaMA']
    """
    token = re.sub(r"s$", "", text) if text[:-1].isupper() else text
    return " " not in text and sum(c.isupper() for c in token) >= 2 and len(token) <= 10


def content_words(text: str) -> frozenset[str]:
    """The words of a name in the singular, without function words.

    >>> sorted(content_words("the Design of Bridges"))
    ['bridge', 'design']
    """
    return frozenset(singular(w) for w in words(text)) - _FUNCTION_WORDS


def without_brackets(name: str) -> str:
    """A name without its bracketed additions.

    >>> without_brackets("Mean Sea Level (MSL) Gauge")
    'Mean Sea Level Gauge'
    """
    return " ".join(re.sub(r"\s*\([^()]*\)", " ", name).split()).strip(" ,;:")


def pattern(name: str) -> str:
    """A regular expression for a name with any dashes or spaces between its words; compile it with IGNORECASE.

    >>> bool(re.search(pattern("level shifter"), "two Level-Shifters", re.IGNORECASE))
    True
    """
    return r"[\s\-‐-―/]*".join(re.escape(part) for part in re.findall(r"\w+|[^\w\s\-‐-―/]+", name))


def initials(text: str) -> tuple[Key, ...]:
    """The first letters of the words of a name: without its function words and, where it has some, with them.

    >>> initials("Mean Time Between Failures"), initials("text-to-speech")
    (('mtbf',), ('ts', 'tts'))
    """
    parts = words(text)
    bare = Key("".join(w[0] for w in parts if w not in _FUNCTION_WORDS))
    full = Key("".join(w[0] for w in parts))
    return (bare,) if bare == full else (bare, full)


def initialism_of(short: str, long: str) -> bool:
    """Whether `short` is made of the first letters of `long`, of its first words at least; stricter than `acronym_of`.

    >>> initialism_of("milp", "mixed integer linear programming verification"), initialism_of("moe", "model zoo")
    (True, False)
    """
    letters = "".join(c for c in short.casefold() if c.isalnum())
    return len(letters) > 1 and " " not in short.strip() and any(i.startswith(letters) for i in initials(long))


def acronym_of(short: str, long: str) -> bool:
    """Whether `short` can abbreviate `long`: its letters are found in order, each long word's start first.

    The test of Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation definitions in
    biomedical text": scan from the right; the first letter must begin a word.

    >>> acronym_of("MoE", "mixture of experts"), acronym_of("MTDA", "multi-target domain adaptation")
    (True, True)
    >>> acronym_of("CNN", "transformer")
    False
    """
    letters = [c for c in short.casefold() if c.isalnum()]
    target = long.casefold()
    long_words = words(long)
    if not 2 <= len(letters) <= 10 or len(letters) >= len(target) or len(short.split()) > 2:
        return False
    if len(long_words) > min(len(letters) + 5, 2 * len(letters)) or set(words(short)) <= set(long_words):
        return False
    position = len(target)
    for index in range(len(letters) - 1, -1, -1):
        position -= 1
        while position >= 0 and not (
            target[position] == letters[index] and (index or position == 0 or not target[position - 1].isalnum())
        ):
            position -= 1
        if position < 0:
            return False
    return True
