"""Surface form -> `Key`: which spellings are one name. Pure string functions, no model.

`key` unites case, plural, accents, dashes, spaces, possessives and Greek letters with their names, and nothing else;
`acronym_of` tells whether a short form can stand for a long one; `slug` makes the readable part of an IRI.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kg.model import Key

_WORD = re.compile(r"(?:(?<!\S)\.(?=[^\W\d_]))?[^\W_]+(?:[.'’][^\W_]+)*(?:[+#]+|(?<=\b\w)\*)?")
_PLURAL_ACRONYM = re.compile(r"\b([A-Z][A-Z0-9]+)s\b")
_LETTER_DOT = re.compile(r"(?<!\d)(?<!^)[.'’]|(?<!^)[.'’](?!\d)")
_FUNCTION_WORDS = frozenset(
    ("a", "an", "the", "of", "for", "to", "in", "on", "and", "or", "with", "by", "from", "at", "as")
)
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_LONE_GREEK = re.compile(r"(?<![α-ω])[α-ω](?![α-ω])")
_DIGITS = {"2": "t", "3": "t", "4": "f", "5": "f", "6": "s", "7": "s", "8": "e", "9": "n"}

# Endings decide the singular; what endings cannot decide is listed. A listed word decides for the words that end with
# it too ("metadatabases"), so that names written together and apart have one key.
_IRREGULAR = {
    "matrices": "matrix", "vertices": "vertex", "indices": "index", "appendices": "appendix", "vortices": "vortex",
    "codices": "codex", "analyses": "analysis", "syntheses": "synthesis", "hypotheses": "hypothesis",
    "parentheses": "parenthesis", "diagnoses": "diagnosis", "catalyses": "catalysis", "crises": "crisis",
    "halves": "half", "shelves": "shelf", "wolves": "wolf", "knives": "knife", "heroes": "hero", "echoes": "echo",
    "vetoes": "veto", "zeroes": "zero", "potatoes": "potato", "tomatoes": "tomato", "movies": "movie",
    "cookies": "cookie", "calories": "calorie", "caches": "cache", "niches": "niche", "quizzes": "quiz",
    "lenses": "lens", "menus": "menu", "criteria": "criterion", "phenomena": "phenomenon", "spectra": "spectrum",
    "maxima": "maximum", "minima": "minimum", "optima": "optimum", "quanta": "quantum",
}  # fmt: skip
_IS_IRREGULAR = re.compile(f"(?:{'|'.join(_IRREGULAR)})$")
_IS_SINGULAR = re.compile(
    "(?:series|species|lens|https|means|chaos|cosmos|ethos|kudos|macos|[cnp]mos|bios|bias|alias|canvas|atlas|kubernetes)$"
    "|^(?:gas|this|thus|always|perhaps)$"
)
_COUNTED_ICS = re.compile(
    "(?:metr|top|heurist|mosa|characterist|ceram|fabr|plast|tact|clin|crit|intrins|statist|gener)ics$"
)
_KEEPS_S = re.compile(r"(?:ss|is|ics|(?<![cdgintx]p)us)$")
_DROPS_ES = re.compile(r"(?:(?:ss|x|zz|ch|sh)|(?:bi|ali|canv|atl|g)as|(?<![aof])(?<!re)(?<!ab)(?<!exc)us)es$")


def singular(word: str) -> str:
    """The singular of a lower-case English noun, by its ending and a short list.

    >>> [singular(w) for w in ("networks", "batches", "policies", "losses", "analysis", "metrics", "biases", "moes")]
    ['network', 'batch', 'policy', 'loss', 'analysis', 'metric', 'bias', 'moe']
    >>> [singular(w) for w in ("databases", "caches", "buses", "causes", "areas", "gpus", "status", "matrices", "lens")]
    ['database', 'cache', 'bus', 'cause', 'area', 'gpu', 'status', 'matrix', 'lens']
    """
    while (shorter := _shortened(word)) != word:
        word = shorter
    return word


@lru_cache(maxsize=1 << 16)
def _shortened(word: str) -> str:
    """One step towards the singular."""
    if not word.endswith(("s", "a")):
        return word
    if irregular := _IS_IRREGULAR.search(word):
        return word[: irregular.start()] + _IRREGULAR[irregular[0]]
    if len(word) <= 3 or not word.endswith("s") or _IS_SINGULAR.search(word):
        return word
    if _COUNTED_ICS.search(word):
        return word[:-1]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and _DROPS_ES.search(word):
        return word[:-2]
    return word if _KEEPS_S.search(word) else word[:-1]


def words(text: str) -> list[str]:
    """The words of a surface form, lower-case, accents kept; `C++`, `C#`, `.NET`, `A*` and `2.5` stay whole.

    >>> words("Multi-Head Attention (MHA)"), words("Moore's C++ 2.5 GPUs")
    (['multi', 'head', 'attention', 'mha'], ['moore', 'c++', '2.5', 'gpu'])
    """
    text = _PLURAL_ACRONYM.sub(r"\1", unicodedata.normalize("NFKC", text)).casefold()
    return [w[:-2] if w.endswith(("'s", "’s")) else w for w in _WORD.findall(text)]


def key(text: str) -> Key:
    """The key of a surface form: equal keys are the same name.

    >>> key("Level Shifters") == key("level-shifter") == key("levelshifter")
    True
    >>> key("C++") == key("C"), key("β-decays") == key("beta decay"), key("Node.js") == key("NodeJS")
    (False, True, True)
    """
    parts = [_LETTER_DOT.sub("", _spelled(word)) for word in words(text)]
    if not parts:
        return Key(unicodedata.normalize("NFKC", text).casefold().strip())
    joined = parts[0]
    for part in parts[1:]:
        # "layer 4 7" is not "layer 47"
        part = part.lstrip(".")
        joined += f"-{part}" if joined[-1:].isdigit() and part[:1].isdigit() else part
    return Key(singular(joined))


def _spelled(word: str) -> str:
    """A lower-case word without accents, a lone Greek letter by its name."""
    word = _LONE_GREEK.sub(lambda match: _GREEK[match[0]], word)
    if word.isascii():
        return word
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain)


def slug(text: str, *, limit: int = 80) -> str:
    """The readable local part of an IRI: ASCII letters, digits and single hyphens; empty when nothing is left.

    >>> slug("Mixture of Experts"), slug("C++"), slug("λ-calculus"), slug(".NET")
    ('mixture-of-experts', 'c-plus-plus', 'lambda-calculus', 'dot-net')
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<!\S)\.(?=[a-z])", "dot ", text)
    for sign, name in (("+", " plus "), ("#", " sharp "), ("&", " and "), ("*", " star ")):
        text = text.replace(sign, name)
    text = "".join(_GREEK.get(c, c) for c in text)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:limit].rstrip("-")


def is_acronym(text: str) -> bool:
    """Whether a form is written as an abbreviation, so that its capitals count.

    >>> [t for t in ("MoE", "RAG", "GPUs", "Rag", "attention", "BF16", "LLaMA", "3D", "TensorFlow") if is_acronym(t)]
    ['MoE', 'RAG', 'GPUs', 'BF16', 'LLaMA', '3D']
    """
    token = one(text)
    letters, capitals = sum(c.isalpha() for c in token), sum(c.isupper() for c in token)
    if " " in text or len(token) > 10 or not capitals:
        return False
    # two capitals that make up a good part of it, or one with a number
    return 5 * capitals > 2 * letters if capitals > 1 else len(token) <= 4 and any(c.isdigit() for c in token)


def one(short: str) -> str:
    """An abbreviation in the singular, in its own spelling.

    >>> one("PCBs"), one("RAS")
    ('PCB', 'RAS')
    """
    return short[:-1] if short.endswith("s") and short[:-1].isupper() else short


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
    >>> acronym_of("CNN", "transformer"), acronym_of("2PL", "two-phase locking")
    (False, True)
    >>> acronym_of("BaSE", "base and salt equilibrium"), acronym_of("base", "base and salt equilibrium")
    (True, False)
    """
    long_words = words(long)
    if len(short.split()) > 2 or (set(words(short)) <= set(long_words) and not _capitals_of(short, long)):
        return False
    letters = "".join(c for c in short.casefold() if c.isalnum())
    spelled = "".join(_DIGITS.get(c, c) for c in letters)
    # a letter for each word that carries meaning; Schwartz and Hearst allow more words, at the price of accidents
    if sum(w not in _FUNCTION_WORDS for w in long_words) > len(letters):
        return False
    return any(_in_order(form, long, len(long_words)) for form in sorted({letters, spelled}))


def _capitals_of(short: str, long: str) -> bool:
    """Whether the capitals of a mixed form are the initials of a name, though the form is a word of it as well."""
    capitals = "".join(c for c in short if c.isupper()).casefold()
    return len(capitals) > 1 and not short.isupper() and capitals in initials(long)


def _in_order(letters: str, long: str, size: int) -> bool:
    target = long.casefold()
    if not 2 <= len(letters) <= 10 or len(letters) >= len(target) or size > min(len(letters) + 5, 2 * len(letters)):
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


def is_citation(text: str) -> bool:
    """Whether a form cites authors, not a thing.

    >>> is_citation("Ito et al."), is_citation("et cetera")
    (True, False)
    """
    return re.search(r"\bet al\b", text) is not None
