import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.names import (
    acronym_of,
    content_words,
    initialism_of,
    initials,
    is_acronym,
    key,
    pattern,
    singular,
    slug,
    without_brackets,
    words,
)

PLURALS = [
    ("network", "networks"),
    ("batch", "batches"),
    ("policy", "policies"),
    ("loss", "losses"),
    ("process", "processes"),
    ("mesh", "meshes"),
    ("box", "boxes"),
    ("cache", "caches"),
    ("database", "databases"),
    ("phase", "phases"),
    ("bias", "biases"),
    ("alias", "aliases"),
    ("gas", "gases"),
    ("bus", "buses"),
    ("virus", "viruses"),
    ("corpus", "corpuses"),
    ("cause", "causes"),
    ("fuse", "fuses"),
    ("pulse", "pulses"),
    ("area", "areas"),
    ("schema", "schemas"),
    ("ratio", "ratios"),
    ("photo", "photos"),
    ("gpu", "gpus"),
    ("menu", "menus"),
    ("metric", "metrics"),
    ("heuristic", "heuristics"),
    ("matrix", "matrices"),
    ("vertex", "vertices"),
    ("index", "indices"),
    ("index", "indexes"),
    ("analysis", "analyses"),
    ("hypothesis", "hypotheses"),
    ("device", "devices"),
    ("service", "services"),
    ("size", "sizes"),
    ("response", "responses"),
    ("license", "licenses"),
    ("movie", "movies"),
    ("phenomenon", "phenomena"),
    ("criterion", "criteria"),
    ("lens", "lenses"),
    ("curve", "curves"),
    ("shelf", "shelves"),
    ("saga", "sagas"),
    ("edge", "edges"),
    ("GPU", "GPUs"),
    ("API", "APIs"),
    ("MOSFET", "MOSFETs"),
    ("SLO", "SLOs"),
    ("three-way valve", "Three-way Valves"),
]

SAME = [
    ("Level Shifters", "levelshifter"),
    ("level-shifter", "level shifter"),
    ("level–shifter", "Level Shifter"),
    ("wi-fi", "WiFi"),
    ("Moore's law", "moore’s laws"),
    ("Kirchhoff's", "Kirchhoff"),
    ("k-means", "K means"),
    ("TCP/IP", "tcp ip"),
    ("Schrödinger equation", "Schrodinger equations"),
    ("β-decay", "beta decay"),
    ("Node.js", "NodeJS"),
    ("U.S. units", "US units"),
    ("O'Reilly", "oreilly"),
    ("H₂O", "H2O"),
    ("ﬁlter", "filter"),
    ("metadata", "meta-data"),
]

DIFFERENT = [
    ("C", "C++"),
    ("C", "C#"),
    ("C++", "C#"),
    (".NET", "net"),
    ("A*", "A"),
    ("GPT-3", "GPT-3.5"),
    ("HTTP", "HTTPS"),
    ("layer 4 7", "layer 47"),
    ("HTTP/2", "HTTP/3"),
    ("version 1.2", "version 12"),
    ("new", "news item"),
    ("physics", "physical"),
]

ABBREVIATIONS = [
    ("MSL", "mean sea level"),
    ("MTBF", "Mean Time Between Failures"),
    ("HTML", "hypertext markup language"),
    ("PCBs", "printed circuit boards"),
    ("DNA", "deoxyribonucleic acid"),
    ("2PL", "two-phase locking"),
    ("3D", "three-dimensional"),
    ("BM25", "best matching 25"),
    ("SQL", "structured query language"),
]

NO_ABBREVIATIONS = [
    ("CNN", "transformer"),
    ("LLM", "light alloy of magnesium and lead"),  # more meaning words than letters
    ("saw", "band saw"),  # a word of the long form
    ("SQL", "relational database with a query language and structured rows of typed data"),  # too many words
    ("a", "amplifier"),  # one letter
    ("mean sea level", "mean sea level rise"),
    ("XML", "extensible markup language"),  # no word begins with its first letter: the price of precision
    ("", "nothing"),
    ("MSL", ""),
]


@pytest.mark.parametrize(("one", "many"), PLURALS)
def test_plural_and_singular_have_the_same_key(one: str, many: str) -> None:
    assert key(one) == key(many)


@pytest.mark.parametrize(
    "word", ["status", "analysis", "lens", "physics", "glass", "series", "chaos", "https", "corpus"]
)
def test_a_singular_in_s_stays(word: str) -> None:
    assert word == singular(word)


@pytest.mark.parametrize(("left", "right"), SAME)
def test_spellings_of_one_name_have_the_same_key(left: str, right: str) -> None:
    assert key(left) == key(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_names_have_different_keys(left: str, right: str) -> None:
    assert key(left) != key(right)


@given(st.text())
def test_key_of_a_key_is_itself(text: str) -> None:
    assert key(key(text)) == key(text)


@given(st.text(alphabet="abcdefghijklmnoprsuxyz' -.", max_size=30))
def test_key_of_a_key_is_itself_for_words(text: str) -> None:
    assert key(key(text)) == key(text)


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_singular_is_stable(word: str) -> None:
    assert singular(singular(word)) == singular(word)


@given(st.lists(st.from_regex(r"[a-z]{2,9}", fullmatch=True), min_size=1, max_size=4))
def test_key_ignores_case_dashes_and_spaces(parts: list[str]) -> None:
    assert len({key(form(joint.join(parts))) for joint in (" ", "-", "", "–", "/") for form in (str, str.upper)}) == 1


@given(st.text())
def test_slug_is_safe_in_an_iri(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug(text))
    assert len(slug(text)) <= 80


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Drip Irrigation", "drip-irrigation"),
        ("C++", "c-plus-plus"),
        ("F#", "f-sharp"),
        (".NET Framework", "dot-net-framework"),
        ("A* search", "a-star-search"),
        ("R&D", "r-and-d"),
        ("β-decay", "beta-decay"),
        ("naïve Bayes", "naive-bayes"),
        ("TCP/IP", "tcp-ip"),
        ("水", ""),
    ],
)
def test_slug_of(text: str, expected: str) -> None:
    assert expected == slug(text)


@pytest.mark.parametrize(("short", "long"), ABBREVIATIONS)
def test_an_abbreviation_is_recognised(short: str, long: str) -> None:
    assert acronym_of(short, long)


@pytest.mark.parametrize(("short", "long"), NO_ABBREVIATIONS)
def test_what_is_no_abbreviation(short: str, long: str) -> None:
    assert not acronym_of(short, long)


def test_initials_with_and_without_function_words() -> None:
    assert [initials(t) for t in ("design for testability", "mean sea level", "")] == [("dt", "dft"), ("msl",), ("",)]


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("msl", "mean sea level", True),
        ("msl", "mean sea level rise", True),
        ("dft", "design for testability", True),
        ("msl", "measles", False),
        ("m", "mean", False),
        ("mean sea", "mean sea level", False),
    ],
)
def test_initialism_of(short: str, long: str, expected: bool) -> None:
    assert expected is initialism_of(short, long)


@pytest.mark.parametrize("text", ["RAM", "MoE", "GPUs", "BF16", "IoT", "mAP", "3D", "K8s", "GPT-4"])
def test_an_acronym(text: str) -> None:
    assert is_acronym(text)


@pytest.mark.parametrize("text", ["Ram", "ram", "TensorFlow", "GitHub", "Level Shifter", "INTERNATIONAL", "", "42"])
def test_no_acronym(text: str) -> None:
    assert not is_acronym(text)


@given(st.lists(st.sampled_from(["level", "Shifter", "C++", "2.5", "β"]), min_size=1, max_size=4))
def test_pattern_finds_the_name_however_it_is_joined(parts: list[str]) -> None:
    for joint in (" ", "-", "–", "/"):
        assert re.fullmatch(pattern(" ".join(parts)), joint.join(parts).upper(), re.IGNORECASE)


def test_words_and_content() -> None:
    assert words("The Design of C++ Bridges 2.5") == ["the", "design", "of", "c++", "bridges", "2.5"]
    assert {"design", "bridge"} == content_words("the Design of Bridges")


def test_without_brackets() -> None:
    assert without_brackets("Mean Sea Level (MSL) Gauge (tide)") == "Mean Sea Level Gauge"
