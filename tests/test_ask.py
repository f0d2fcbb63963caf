"""Questions in words: how they are read, what is answered, and what is said of those that cannot be read.

`python -m tests.test_ask` writes the readings of `golden/questions.txt` and `docs/ask.md` anew.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import cli
from kg.ask import Asker
from kg.errors import OntologyError, UnreadableQuestion, UsageError
from kg.graph import KnowledgeGraph
from kg.model import Concept, ConceptId, Knowledge
from kg.names import slug
from kg.patterns import Writing, split
from kg.queries import named_queries, named_query
from kg.questions import FILE, Shape, grammar, manual, readings
from kg.store import LocalStore, write_build
from kg.triples import quads
from tests.orchard import orchard_knowledge
from tests.test_store import endpoint  # noqa: F401 - a fixture, of a local SPARQL endpoint with the tiny glossary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.test_store import Endpoint

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "questions.txt"


@cache
def orchard() -> KnowledgeGraph:
    store = LocalStore()
    store.load(quads(orchard_knowledge()))
    return KnowledgeGraph(store)


@cache
def vocabulary() -> KnowledgeGraph:
    """A graph of the names that the golden file lists."""
    listed = dict(re.findall(r"^(concepts|fields): ((?:.+\n)(?:  .+\n)*)", GOLDEN.read_text(encoding="utf-8"), re.M))
    concepts = []
    fields = tuple(ConceptId(f"field-{slug(name)}") for name in listed["fields"].strip().split("; "))
    for each, name in zip(fields, listed["fields"].strip().split("; "), strict=True):
        concepts.append(Concept(each, name, "Field"))
    for each in " ".join(listed["concepts"].split()).split("; "):
        found = re.fullmatch(r"(.+?) \((\w+)\)(?: (.+?))? ?", each)
        assert found, each
        label, kind, alias = found.groups()
        concepts.append(Concept(ConceptId(slug(label)), label, kind, aliases=(alias,) if alias else (), fields=fields))
    store = LocalStore()
    store.load(quads(Knowledge((), tuple(sorted(concepts, key=lambda c: c.id)), ())))
    return KnowledgeGraph(store)


GRAPHS = {"orchard": orchard, "vocabulary": vocabulary}


def cases() -> Iterator[tuple[str, str, str]]:
    """Yield the golden questions: the graph that is asked, the question, its reading."""
    part, question = "", ""
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part = line[3:]
        elif part and line.startswith("  => "):
            yield part, question, line[5:]
        elif part and line:
            question = line


def reading(graph: KnowledgeGraph, question: str) -> str:
    """How a question is read, as the golden file has it."""
    try:
        found = Asker(graph).read(question)
    except UnreadableQuestion:
        return "?"
    slots = [
        f"{slot}={name.label}" + (f" [{name.how}]" if name.how in {"order", "verb", "spelling", "head", "part"} else "")
        for slot, name in sorted(found.names.items())
    ]
    return " ".join([found.parse.shape.name, *slots])


def golden() -> str:
    """The golden file with the readings of today."""
    lines = []
    part = ""
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("  => "):
            continue
        lines.append(line)
        if line.startswith("## "):
            part = line[3:]
        elif part and line:
            lines.append(f"  => {reading(GRAPHS[part](), line)}")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------------- readings


@pytest.mark.parametrize(("part", "question", "expected"), list(cases()))
def test_questions_are_read_as_the_golden_file_says(part: str, question: str, expected: str) -> None:
    assert reading(GRAPHS[part](), question) == expected


def test_the_golden_file_has_questions_of_every_shape_and_many_that_cannot_be_read() -> None:
    found = [expected.split()[0] for _, _, expected in cases()]
    examples = {"types-by-name", "caused", "requirers"}  # the documentation's examples are tested below
    assert {name for name, shape in grammar().shapes.items() if shape.patterns} - set(found) <= examples
    assert len(found) > 220
    assert found.count("?") >= 15


@pytest.mark.parametrize("shape", [each for each in grammar().shapes.values() if each.patterns], ids=lambda s: s.name)
def test_every_shape_reads_its_example(shape: Shape) -> None:
    assert reading(vocabulary(), shape.example).split()[0] == shape.name


@pytest.mark.parametrize("shape", [each for each in grammar().shapes.values() if each.patterns], ids=lambda s: s.name)
def test_every_shape_reads_its_own_suggestion(shape: Shape) -> None:
    text = shape.asks.replace("{n:year}", "1871").replace("{f:field}", "horticulture")
    text = text.replace("{x}", "grafting").replace("{y}", "budding")
    assert reading(orchard(), text).split()[0] == shape.name


@pytest.mark.parametrize("shape", grammar().shapes.values(), ids=lambda shape: shape.name)
def test_every_shape_binds_its_query_and_names_what_the_query_answers_with(shape: Shape) -> None:
    if shape.answer == "paths":
        return
    query = named_query(shape.query)
    parameters = {parameter.name: parameter for parameter in query.parameters}
    assert set(shape.bind) <= set(parameters)
    assert {name for name, parameter in parameters.items() if parameter.required} <= set(shape.bind)
    assert all(f"{{{slot}:" in pattern for slot in shape.second[1:2] for pattern in shape.patterns)
    columns = set(re.findall(r"\?(\w+)", shape.fact)) | set(re.findall(r"{(\w+)}", shape.say + shape.more))
    assert columns <= set(query.columns)
    slots = {*re.findall(r"\$(\w+)", shape.fact), *(name for name in shape.bind.values() if name[0] != "=")}
    for pattern in shape.patterns:
        assert slots <= set(re.findall(r"\{(\w)", pattern)), pattern


def test_the_manual_is_in_step() -> None:
    assert (ROOT / "docs" / "ask.md").read_text(encoding="utf-8") == manual(), "run python -m tests.test_ask"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a (b", "brackets do not match: 'a (b'"),
        ("a b)", "brackets do not match: 'a b)'"),
        ("[a)", "brackets do not match: '[a)'"),
        ("<nothing>", "no words are called <nothing>"),
        ("{x:nothing}", "no slots are of the sort {x:nothing}"),
        ("a } b", "not a pattern: 'a } b'"),
    ],
)
def test_patterns_that_are_written_wrongly_are_refused(text: str, message: str) -> None:
    writing = Writing(tomllib.loads(FILE.read_text(encoding="utf-8")))
    with pytest.raises(OntologyError) as error:
        writing.pattern(text)
    assert str(error.value) == message


# ------------------------------------------------------------------------------------------------- what it cannot read


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            "hello",
            "I can't read this question: 'hello'; you could ask 'what is X?' or 'what types of X are there?' or "
            "'what uses X?'",
        ),
        (
            "was ist Grafting",
            "I can't read this question: 'was ist Grafting'; you could ask 'what is Grafting?' or "
            "'what types of Grafting are there?' or 'what uses Grafting?'",
        ),
        (
            "what reduces zeppelins?",
            "I can't read this question: 'what reduces zeppelins?': no concept 'zeppelins' in this graph; "
            "you could ask 'what reduces X?' or 'what is X used for?' or 'what does X reduce?'",
        ),
        (
            "why would juvenility ever be reduced by Grafting alone",
            "I can't read this question: 'why would juvenility ever be reduced by Grafting alone'; you could ask "
            "'what reduces juvenility?' or 'what does juvenility reduce?' or 'does juvenility use Grafting?'",
        ),
        (
            "",
            "I can't read this question: '': there are no words in it; you could ask 'what is X?' or "
            "'what types of X are there?' or 'what uses X?'",
        ),
    ],
)
def test_what_cannot_be_read_is_answered_with_questions_that_can(question: str, message: str) -> None:
    with pytest.raises(UnreadableQuestion) as error:
        orchard().ask(question)
    assert str(error.value) == message
    assert error.value.exit_status == 1


def test_suggestions_about_concepts_can_be_read() -> None:
    for question in ("was ist grafting", "budding grafting budding grafting", "who likes budding more than grafting"):
        with pytest.raises(UnreadableQuestion) as error:
            orchard().ask(question)
        assert error.value.suggestions
        for suggestion in error.value.suggestions:
            assert reading(orchard(), suggestion) != "?", suggestion


@pytest.mark.parametrize("question", ["what is " + "x" * 10_000, "grafting " * 1200, "what is " * 25, "(" * 10_000])
def test_long_questions_are_refused_in_one_short_line(question: str) -> None:
    with pytest.raises(UnreadableQuestion) as error:
        orchard().ask(question)
    assert len(str(error.value)) < 400


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^the number of answers is at least 1, not 0$"):
        orchard().ask("what is grafting", limit=0)


ASKED = {"grafting", "budding", "juvenility", "clean", "cuts", "1871", "'s", "{x}", '"', "?"}
WORDS = sorted(grammar().vocabulary | ASKED)


@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_text_is_answered_or_refused_and_always_alike(text: str) -> None:
    def outcome() -> object:
        try:
            return orchard().ask(text)
        except UnreadableQuestion as error:
            return str(error)

    assert outcome() == outcome()


@given(st.text(alphabet=st.sampled_from("grafting wx\"'{}<>?$;\\\n.")))
def test_no_name_gets_into_a_query(text: str) -> None:
    """Whatever is asked about: queries hold the IRIs of concepts, and nothing that was typed."""
    try:
        answer = orchard().ask(f"what uses {text}")
    except UnreadableQuestion:
        return
    iris = {name.iri for name in answer.names}
    for query in answer.queries:
        if query.text and "-by-name" not in query.call:
            known = named_query(query.call.split()[3])
            assert any(query.text == known.bind({"concept": iri}, str) for iri in iris)


@given(st.text())
def test_words_lie_in_the_text_in_order(text: str) -> None:
    words = split(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert list(words) == sorted(words, key=lambda word: word.start)


def test_many_ways_to_read_a_question_do_not_make_many_readings_of_it() -> None:
    words = split("which methods use the use of uses and use the use of uses and use the use of uses and reduce uses")
    assert len(readings(words)) < 500


# ------------------------------------------------------------------------------------------------------------- answers


def told(question: str, graph: KnowledgeGraph | None = None) -> list[str]:
    """What an answer says: its headline and its findings, with their headings."""
    answer = (graph or orchard()).ask(question)
    lines = [answer.headline] if answer.headline else []
    return lines + [f"{each.group}: {each.text}" if each.group else each.text for each in answer.findings]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what reduces juvenility?", ["Grafting reduces juvenility"]),
        (
            "types of propagation method",
            [
                "Budding is a kind of propagation method",
                "Grafting is a kind of propagation method",
                "tip budding is a kind of Budding",
            ],
        ),
        (
            "types of wax",
            [
                "sealant is a kind of wax",
                "Grafting wax is a kind of sealant",
            ],
        ),
        ("who developed budding", ["Budding was developed by Ada Birch"]),
        ("what did Ada Birch develop", ["Budding was developed by Ada Birch"]),
        ("when was budding introduced", ["Budding was introduced in 1871"]),
        ("what was introduced in 1650", ["Grafting was introduced in 1650"]),
        ("does grafting use grafting wax?", ["yes", "Grafting uses Grafting wax"]),
        ("is grafting wax used by grafting?", ["yes", "Grafting uses Grafting wax"]),
        (
            "does budding use grafting wax?",
            ["the graph does not say"],
        ),
        (
            "does grafting use budding?",
            [
                "the graph does not say",
                "what it does say of the two: Budding extends Grafting",
                "what it does say of the two: Grafting contrasts with Budding",
            ],
        ),
        ("is tip budding a propagation method?", ["yes, through others"]),
        ("how many materials are there?", ["7"]),
        (
            "how many kinds of propagation methods are there",
            [
                "3 as stated",
                "Budding is a kind of propagation method",
                "Grafting is a kind of propagation method",
                "tip budding is a kind of Budding",
            ],
        ),
        ("which materials reduce disease risk?", ["Grafting wax reduces disease risk"]),
        ("which methods reduce disease risk?", ["the graph does not say"]),
        (
            "which methods use grafting wax and reduce juvenility",
            ["Grafting uses Grafting wax and reduces juvenility"],
        ),
        ("which materials does grafting use", ["Grafting uses Grafting wax"]),
        ("which people does grafting use", ["the graph does not say"]),
        (
            "drawbacks of grafting",
            ["Grafting has the limitation disease risk (reduced by Grafting wax)"],
        ),
        (
            "methods in tree surgery",
            ["Grafting (Method): Grafting is a propagation method that joins a scion to a rootstock."],
        ),
        ("what is frost", ["the graph does not say"]),
        (
            "where is frost mentioned",
            ["the entry on mulch mentions it — soil.txt:1"],
        ),
        (
            "what is sealant",
            [
                "the graph does not say; instead:",
                "what the graph states of “sealant”: Grafting wax is a kind of sealant",
                "what the graph states of “sealant”: sealant is a kind of wax",
                "what the graph states of “sealant”: wax is a kind of sealant",
            ],
        ),
    ],
)
def test_answers(question: str, expected: list[str]) -> None:
    assert told(question) == expected


def test_answers_quote_their_evidence() -> None:
    from tests.tiny import DOCUMENTS

    for question in (
        "what uses grafting wax", "what is budding", "when was budding introduced", "what is budding a kind of",
        "does grafting use grafting wax", "tell me about grafting",
    ):  # fmt: skip
        findings = orchard().ask(question).findings
        assert findings
        for finding in findings:
            assert finding.quotes, finding
            for quote in finding.quotes:
                assert DOCUMENTS[quote.source][quote.start : quote.end] == quote.exact


def test_both_of_two_conditions_are_quoted() -> None:
    answer = orchard().ask("what uses grafting wax and reduces juvenility")
    assert [quote.exact for quote in answer.findings[0].quotes] == ["uses grafting wax", "reduces juvenility"]
    assert answer.findings[0].confidence == 0.8


def test_answers_are_ranked_by_how_sure_they_are() -> None:
    sure = [finding.confidence for finding in orchard().ask("what is known about grafting").findings]
    facts = [each for each in sure if each is not None]
    assert facts == sorted(facts, reverse=True)
    assert len(facts) > 5


def test_a_limit_leaves_some_of_every_heading_and_counts_the_rest() -> None:
    answer = orchard().ask("how does grafting work?", limit=4)
    assert answer.total > len(answer.findings) == 4
    assert len({finding.group for finding in answer.findings}) == 3


def test_a_comparison_tells_what_is_shared_and_what_differs() -> None:
    answer = orchard().ask("difference between grafting and budding")
    groups: dict[str, list[str]] = {}
    for finding in answer.findings:
        groups.setdefault(finding.group, []).append(finding.text)
    assert groups["what is stated of the two"] == ["Budding extends Grafting", "Grafting contrasts with Budding"]
    assert "Budding is a kind of propagation method" in groups["what they share"]
    assert "Grafting is a kind of propagation method" in groups["what they share"]
    differing = {
        each.relation: ([f.text for f in each.first], [f.text for f in each.second]) for each in answer.contrasts
    }
    assert differing["is evaluated on"] == (["take rate"], ["Orchard Nine"])
    assert all(finding.quotes for each in answer.contrasts for finding in (*each.first, *each.second))


def test_two_names_of_one_concept_are_told_to_be_one() -> None:
    answer = orchard().ask("difference between budding and T-budding")
    assert answer.notes == (
        "'T-budding' can also mean 'tip budding' (Method, concept:tip-budding); I took 'Budding'",
        "'budding' and 'T-budding' name one concept",
    )
    assert answer.findings[0].text.startswith("Budding is")


def test_a_path_is_an_answer() -> None:
    answer = orchard().ask("how are sealant and knife related?")
    assert answer.found
    assert [path.concepts[0].label for path in answer.paths][:1] == ["sealant"]
    assert answer.queries[0].call == "kg path sealant knife -k 3"


def test_no_path_is_told_as_such() -> None:
    answer = orchard().ask("how are frost and knife related?")
    assert not answer.found
    assert "frost" in answer.headline


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("what reduces juvenilty", "I read 'juvenilty' as 'juvenility'"),
        ("what is the concept of budding", "I take 'concept of budding' for 'Budding'"),
        (
            "what reduces juvenility in orchards",
            "I read 'juvenility in orchards' as 'juvenility' and left out the rest",
        ),
        ("what reduces tree juvenility", "there is no concept 'tree juvenility'; I read it as 'juvenility'"),
    ],
)
def test_what_was_assumed_of_a_name_is_told(question: str, note: str) -> None:
    assert note in orchard().ask(question).notes


def test_other_meanings_of_a_name_are_told_and_tried() -> None:
    store = LocalStore()
    knowledge = orchard_knowledge()
    twin = Concept(ConceptId("a-disease-risk"), "disease risk", "Method")
    concepts = tuple(sorted((*knowledge.concepts, twin), key=lambda c: c.id))
    store.load(quads(Knowledge(knowledge.entries, concepts, knowledge.statements)))
    graph = KnowledgeGraph(store)
    assert graph.ask("what reduces Disease risk?").notes == (
        "'Disease risk' can also mean 'disease risk' (Method, concept:a-disease-risk); I took 'disease risk'",
    )
    assert graph.ask("what reduces disease risk").queries[0].call == (
        "kg query --name what-reduces -p concept=concept:disease-risk"
    )
    assert told("what reduces concept:disease-risk", graph) == ["Grafting wax reduces disease risk"]
    assert told("what reduces concept:a-disease-risk", graph) == ["the graph does not say"]


def test_few_answers_are_followed_by_those_for_what_is_named_after_it() -> None:
    store = LocalStore()
    knowledge = orchard_knowledge()
    plain = Concept(ConceptId("risk"), "risk", "Phenomenon")
    concepts = tuple(sorted((*knowledge.concepts, plain), key=lambda c: c.id))
    store.load(quads(Knowledge(knowledge.entries, concepts, knowledge.statements)))
    assert told("what reduces risks?", KnowledgeGraph(store)) == [
        "for what is called a risk of some sort: Grafting wax reduces disease risk"
    ]
    assert told("what types of risk are there", KnowledgeGraph(store)) == [
        "by their names alone: what is called a “risk” of some sort: disease risk"
    ]


def test_a_graph_without_statements_answers_without_quotes() -> None:
    """Somebody else's thesaurus: labels and relations, and nothing that backs them."""
    store = LocalStore()
    store.load(
        quad
        for quad in quads(orchard_knowledge())
        if "/evidence/" not in str(quad.subject) and "/statement/" not in str(quad.subject)
    )
    graph = KnowledgeGraph(store)
    assert told("what reduces juvenility?", graph) == ["Grafting reduces juvenility"]
    assert told("does grafting use grafting wax?", graph) == ["yes", "Grafting uses Grafting wax"]
    assert told("what is budding", graph) == ["Budding is a propagation method that uses a single bud."]
    assert [path.concepts[-1].label for path in graph.ask("how are sealant and knife related").paths][:1] == ["knife"]
    assert not any(finding.quotes for finding in graph.ask("what uses grafting wax").findings)


def test_a_remote_endpoint_answers_alike(endpoint: type[Endpoint], tiny_graph: KnowledgeGraph) -> None:  # noqa: F811
    import kg

    remote = kg.open(endpoint.url)
    for question in (
        "what reduces juvenility?", "what is budding", "grafting vs budding", "is budding a propagation method",
        "how are sealant and Ada Birch related", "what is in horticulture",
    ):  # fmt: skip
        assert remote.ask(question) == tiny_graph.ask(question)


# ---------------------------------------------------------------------------------------------------- the command line


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("orchard")
    write_build(output, quads(orchard_knowledge()))
    return output


def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["kg", "ask", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_the_command_shows_reading_answer_and_query(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, err = ask(capsys, monkeypatch, "who", "developed", "buddings?", "-g", str(built))
    assert (status, err) == (0, "")
    assert out == EXPECTED


EXPECTED = """\
read as: people and organizations that “Budding” was kg:developedBy

1. Budding was developed by Ada Birch  60%
   “described by Ada Birch” — garden.txt:4

$ kg query --name developers -p concept=Budding  (1 row)
  SELECT ?label ?developed_by (MAX(?surety) AS ?confidence) (COUNT(DISTINCT ?entry) AS ?entries) (MIN(?quoted) AS ?quote)
  WHERE {
    <https://kg.example.org/concept/budding> kg:developedBy $developer ; skos:prefLabel ?label .
    $developer skos:prefLabel ?developed_by .
    OPTIONAL {
      ?statement rdf:subject <https://kg.example.org/concept/budding> ; rdf:predicate kg:developedBy ; rdf:object $developer ;
        kg:confidence ?surety ; prov:wasDerivedFrom ?evidence .
      ?evidence oa:exact ?exact ; kg:inEntry ?entry .
      ?entry kg:sourceFile ?file ; kg:sourceLine ?line .
      BIND(CONCAT('"', STR(?exact), '" (', STR(?file), ":", STR(?line), ")") AS ?quoted)
    }
  }
  GROUP BY ?label ?developed_by
  ORDER BY LCASE(STR(?label)) LCASE(STR(?developed_by))
  LIMIT 200
"""  # noqa: E501 - as it is printed


def test_the_shown_command_runs_the_query_again(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import shlex

    _, out, _ = ask(capsys, monkeypatch, "what reduces juvenility", "-g", str(built), "--format", "json")
    call = json.loads(out)["queries"][0]["call"]
    monkeypatch.setattr(sys, "argv", [*shlex.split(call), "-g", str(built), "--format", "csv"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert "Grafting" in capsys.readouterr().out


def test_all_that_is_known_is_given_as_json(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = ask(capsys, monkeypatch, "what reduces juvenilty", "-g", str(built), "--format", "json")
    answer = json.loads(out)
    assert status == 0
    assert answer["shape"] == "reducers"
    assert answer["names"] == [
        {
            "slot": "x", "text": "juvenilty", "label": "juvenility", "iri": "https://kg.example.org/concept/juvenility",
            "how": "spelling", "others": [],
        }
    ]  # fmt: skip
    assert answer["findings"][0]["quotes"][0]["exact"] == "reduces juvenility"
    assert answer["queries"][0]["text"].startswith("PREFIX ")


def test_explain_shows_the_readings_that_were_not_taken(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = ask(capsys, monkeypatch, "what is grafting wax used for", "-g", str(built), "--explain")
    assert "  words: what · is · grafting · wax · used · for\n" in out
    assert "  taken: purposes, by " in out
    assert "  not taken: definition, by " in out


def test_what_the_graph_does_not_say_is_said_with_status_one(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = ask(capsys, monkeypatch, "what improves frost", "-g", str(built))
    assert status == 1
    assert out.startswith("""\
read as: concepts that kg:improves “frost”
  try 'where is frost mentioned?'

the graph does not say

$ kg query --name what-improves -p concept=frost  (0 rows)
""")


def test_a_question_that_cannot_be_read_is_one_line_with_status_one(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, err = ask(capsys, monkeypatch, "sing\x1b[31m grafting\nand budding!", "-g", str(built))
    assert (status, out) == (1, "")
    assert err.startswith("kg: I can't read this question: ")
    assert "how are Grafting and Budding related?" in err
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_every_query_of_a_shape_is_one_that_ships() -> None:
    assert {shape.query for shape in grammar().shapes.values() if shape.query} <= set(named_queries())


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
    (ROOT / "docs" / "ask.md").write_text(manual(), encoding="utf-8")
