"""What is related to a concept, and which relations may be missing: through Python, the command line and HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest
from hypothesis import given, settings

from kg import cli
from kg.errors import ConceptNotFound, MissingExtra, UsageError
from kg.index import readings
from kg.proximity import ranks
from kg.related import FUSED, REASONS, together
from tests.hostile import TEXTS, graph_of, hostile_knowledge
from tests.serving import orchard, running
from tests.tiny import tiny_knowledge
from tests.webs import iri, name, shapes, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kg.answers import Relation
    from kg.graph import KnowledgeGraph
    from kg.related import Related, RelatedConcept
    from tests.webs import Row

CHAIN: list[Row] = [(0, "uses", 1, 1.0), (1, "requires", 2, 0.5), (2, "uses", 3, 1.0), (4, "uses", 1, 0.75)]
ODD = [(0, "uses", 1, 0.9), (2, "uses", 1, 0.9), (0, "hasPart", 3, 0.9), (2, "hasPart", 3, 0.9)]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return orchard()


def labels(found: Related) -> list[str]:
    return [each.concept.label for each in found]


def relations(result: RelatedConcept) -> Iterator[Relation]:
    yield from result.direct
    for reason in result.reasons:
        yield from reason.relations


# ----------------------------------------------------------------------------------------------------------- related


def test_what_shares_most_comes_first_and_says_what_it_shares(tiny_graph: KnowledgeGraph) -> None:
    found = tiny_graph.related("T-budding")
    first = found[0]
    assert (first.concept.label, first.common, [str(each) for each in first.reasons]) == (
        "Grafting", 1, ["both are a kind of propagation method"],
    )  # fmt: skip
    assert [str(relation) for relation in first.direct] == ["Budding contrasts with Grafting"]
    (reason,) = first.reasons
    assert [ref.label for ref in reason.through] == ["propagation method"]
    assert [(r.sentence, r.quotes[0].place) for r in reason.relations] == [
        ("Budding is a kind of propagation method", "garden.txt:4"),
        ("Grafting is a kind of propagation method", "garden.txt:2"),
    ]
    assert found.total == len(tiny_graph.related("budding", 100)) == 8


def test_new_leaves_out_what_is_stated_and_type_what_is_of_other_classes(tiny_graph: KnowledgeGraph) -> None:
    stated = {"Grafting", "propagation method", "Ada Birch"}
    assert stated <= set(labels(tiny_graph.related("budding")))
    found = tiny_graph.related("budding", new=True)
    assert stated.isdisjoint(labels(found))
    assert all(not each.direct for each in found)
    assert labels(tiny_graph.related("budding", types=["kg:Person"])) == ["Ada Birch"]
    assert {each.concept.kind for each in tiny_graph.related("budding", types=["material", "Task"])} == {
        "Material", "Task",
    }  # fmt: skip


@pytest.mark.parametrize("by", ["both", "walk", "metapath"])
@pytest.mark.parametrize("concept", ["grafting", "scion", "budding"])
def test_the_evidence_of_every_reason_is_in_the_store(graph: KnowledgeGraph, by: str, concept: str) -> None:
    found = graph.related(concept, by=by)
    assert any(each.reasons for each in found)
    for each in found:
        assert len(each.reasons) <= REASONS
        for relation in relations(each):
            assert not isinstance(relation.object, str)
            assert relation.quotes
            assert relation.quotes == graph.evidence(relation.subject, relation.predicate, relation.object)
            assert graph.store.ask(f"ASK {{ <{relation.statement}> a rdf:Statement }}")
        for reason in each.reasons:
            ends = {end for relation in reason.relations for end in (relation.subject, relation.object)}
            assert ends == {found.concept, each.concept, *reason.through}


@settings(max_examples=40)
@given(shapes())
def test_reasons_lead_from_one_concept_to_the_other(shape: tuple[int, list[Row]]) -> None:
    size, rows = shape
    graph = web(size, rows)
    network = graph.network
    for node in range(size):
        found = graph.related(name(node), 100)
        reached = {each.concept.iri for each in found}
        assert reached == {network.names[at] for at in component(graph, node)} - {network.names[node]}
        assert bool(found.note) == (not reached)
        for each in found:
            assert each.reasons or each.direct
            for reason in each.reasons:
                way = [found.concept, *reason.through, each.concept]
                pairs = [{r.subject, r.object} for r in reason.relations]
                assert pairs == [{a, b} for a, b in pairwise(way)]


def component(graph: KnowledgeGraph, node: int) -> set[int]:
    network = graph.network
    joined = {*zip(network.subject.tolist(), network.object.tolist(), strict=True)}
    found, fresh = {node}, {node}
    while fresh:
        fresh = {b for pair in joined for a, b in (pair, pair[::-1]) if a in fresh} - found
        found |= fresh
    return found


def test_without_a_common_neighbour_the_strongest_connection_is_told() -> None:
    (last,) = (each for each in web(5, CHAIN).related(name(0)) if each.concept.label == name(3))
    assert [str(reason) for reason in last.reasons] == ["c00 uses c01; c01 requires c02; c02 uses c03"]
    assert [ref.label for ref in last.reasons[0].through] == ["c01", "c02"]
    assert last.common == 0


def test_different_relations_to_one_thing_are_told_one_after_the_other() -> None:
    (other,) = (each for each in web(5, CHAIN).related(name(0)) if each.concept.label == name(2))
    assert [str(reason) for reason in other.reasons] == ["c00 uses c01; c01 requires c02"]
    (same,) = (each for each in web(5, CHAIN).related(name(0)) if each.concept.label == name(4))
    assert [str(reason) for reason in same.reasons] == ["both use c01"]


def test_the_default_is_the_fusion_of_the_ranks_of_both(graph: KnowledgeGraph) -> None:
    both, walk, metapath = (graph.related("grafting", 100, by=by) for by in ("both", "walk", "metapath"))
    assert asdict(both) == asdict(graph.related("grafting", 100))
    places: dict[str, float] = {}
    for found in (walk, metapath):
        scores = np.array([each.score for each in found])
        for each, place in zip(found, ranks(scores), strict=True):
            places[each.concept.label] = places.get(each.concept.label, 0) + 1 / (FUSED + place)
    assert {each.concept.label: pytest.approx(each.score) for each in both} == places
    assert [each.score for each in both] == sorted((each.score for each in both), reverse=True)


def test_hubs_do_not_come_first_because_they_are_hubs() -> None:
    rows: list[Row] = [(0, "uses", 1, 1.0), (0, "uses", 2, 1.0), (3, "uses", 1, 1.0), (3, "uses", 2, 1.0)]
    rows += [(0, "requires", 4, 1.0), *((node, "requires", 4, 1.0) for node in range(5, 40))]
    found = web(40, rows).related(name(0), new=True)
    assert found[0].concept.label == name(3)


def test_a_metapath_counts_the_ways_along_it_and_shows_them(graph: KnowledgeGraph) -> None:
    found = graph.related("budding", metapath="Method-broader>*<broader-Method")
    assert (found.by, labels(found)) == ("metapath", ["Grafting"])
    assert found[0].score == pytest.approx(2 / 3)
    assert [str(reason) for reason in found[0].reasons] == [
        "Budding is a kind of propagation method; propagation method has the kind Grafting"
    ]
    assert asdict(found)["results"] == asdict(graph.related("budding", metapath="Method-broader>*"))["results"]
    none = graph.related("budding", metapath="Method-uses>*")
    assert (len(none), none.note) == (0, "nothing is related to 'Budding' along Method-uses>* and back")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "magic"}, "concepts are not ranked by 'magic'; they are by both, walk, metapath, embedding"),
        ({"by": "walk", "metapath": "*--*"}, "a metapath is for ranking by metapath, not by walk"),
        ({"metapath": "Method=Model"}, "cannot be read at character 7"),
        ({"metapath": "Person-uses>*"}, "Budding is of the class Method, and the metapath"),
        ({"metapath": "Method-uses>+*"}, "'+' has no end of them"),
        ({"metapath": "Method-loves>*"}, "no relation 'loves'"),
        ({"types": ["Fruit"]}, "no class 'Fruit'"),
        ({"limit": 0}, "the limit is the most results to give, so it cannot be 0"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(
    graph: KnowledgeGraph, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        graph.related("budding", **arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_concept_is_not_found(graph: KnowledgeGraph) -> None:
    with pytest.raises(ConceptNotFound, match="did you mean 'Budding'"):
        graph.related("buding")
    with pytest.raises(ConceptNotFound):
        graph.suggest("nowhere")


def test_a_concept_without_relations_says_so(tiny_graph: KnowledgeGraph) -> None:
    note = "'horticulture' has no relation to another concept, so nothing tells what is related to it"
    assert (tiny_graph.related("horticulture").results, tiny_graph.related("horticulture").note) == ((), note)
    assert tiny_graph.suggest("horticulture").note == note
    assert note.replace("'", "&#x27;") in tiny_graph.related("horticulture")._repr_html_()


def test_every_relation_can_be_said_of_two() -> None:
    said = {together(verb) for reading in readings().values() for verb in (reading.label, reading.inverse)}
    assert {verb.split()[0] for verb in said} == {
        "are", "have", "were", "use", "improve", "reduce", "cause", "require", "contrast", "extend", "developed",
        "introduced", "evaluate",
    }  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- suggest


@settings(max_examples=40)
@given(shapes())
def test_what_is_stated_is_never_suggested(shape: tuple[int, list[Row]]) -> None:
    size, rows = shape
    graph = web(size, rows)
    stated = {frozenset((iri(subject), iri(target))) for subject, _, target, _ in rows}
    pairs = graph.suggest(limit=100)
    for found in (pairs, *(graph.suggest(name(node), 100) for node in range(size))):
        for each in found:
            assert frozenset((each.first.iri, each.second.iri)) not in stated
            assert each.first != each.second
        assert bool(found.note) == (not found.results)
    assert len({frozenset((each.first, each.second)) for each in pairs}) == len(pairs)


def test_two_that_share_most_are_suggested_with_the_likely_relation() -> None:
    rows: list[Row] = [*ODD, *((node, "uses", 4, 0.9) for node in (1, 2, 5, 6, 7))]  # type: ignore[list-item]
    graph = web(8, rows)
    best = graph.suggest()[0]
    assert (best.first.label, best.second.label, best.common) == (name(0), name(2), 2)
    assert [str(reason) for reason in best.reasons] == ["both have part c03", "both use c01"]
    (used,) = (each for each in graph.suggest(name(0)) if each.second.label == name(4))
    assert (used.predicate, used.forward, used.sentence) == ("uses", True, "c00 uses c04")
    assert 0.5 <= used.chance < 1
    (user,) = (each for each in graph.suggest(name(4)) if each.second.label == name(0))
    assert (user.predicate, user.forward, user.sentence) == ("uses", False, "c04 is used by c00")
    assert user.score == pytest.approx(used.score), "traffic is the same both ways"


def test_suggestions_are_of_the_classes_asked_for(graph: KnowledgeGraph) -> None:
    assert {each.second.kind for each in graph.suggest("grafting", types=["Material"])} == {"Material"}
    assert {ref.kind for each in graph.suggest(types=["Material"]) for ref in (each.first, each.second)} == {"Material"}
    with pytest.raises(UsageError, match="all pairs are ranked by walk alone, not by metapath"):
        graph.suggest(by="metapath")
    assert graph.suggest("grafting", by="metapath").by == "metapath"


# -------------------------------------------------------------------------------------------------------- embeddings


def test_embeddings_are_vectors_of_the_concepts(graph: KnowledgeGraph) -> None:
    pytest.importorskip("gensim")
    found = graph.embeddings(dimensions=8, walks=5)
    assert found.names == graph.network.names
    assert found.vectors.shape == (len(found.names), 8)
    joined = graph.network.neighbours > 0
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(joined.astype(float), abs=1e-5)
    near = found.nearest("budding", 3)
    assert len(near) == 3
    budding, other = (found.names.index(ref.iri) for ref in (graph.concept("budding"), near[0].concept))
    assert near[0].similarity == pytest.approx(float(found.vectors[budding] @ found.vectors[other]), abs=1e-5)
    assert near[0].similarity >= near[1].similarity >= near[2].similarity
    assert found.nearest("horticulture") == ()
    assert graph.embeddings(dimensions=8, walks=5) is found
    with pytest.raises(UsageError, match="dimensions of embeddings is at least 1, not 0"):
        graph.embeddings(dimensions=0)


def test_concepts_are_ranked_by_their_vectors_when_asked(tiny_graph: KnowledgeGraph) -> None:
    pytest.importorskip("gensim")
    found = tiny_graph.related("budding", by="embedding")
    near = [each for each in tiny_graph.embeddings().nearest("budding") if each.similarity > 0]
    assert labels(found) == [each.concept.label for each in near]
    assert all(each.reasons or each.direct for each in found)


def test_vectors_do_not_depend_on_the_process() -> None:
    pytest.importorskip("gensim")
    code = "from tests.serving import orchard; print(orchard().embeddings(walks=3).vectors.tobytes().hex())"
    made = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(made) == 1
    assert len(made.pop()) > 1000


def test_without_gensim_only_embeddings_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    graph = graph_of(tiny_knowledge())
    with pytest.raises(MissingExtra, match=r"embeddings are made by gensim, .* pip install 'kg\[embeddings\]'"):
        graph.related("budding", by="embedding")
    assert graph.related("budding").results


# ------------------------------------------------------------------------------------------------------------- doors


def test_hostile_labels_stay_texts() -> None:
    graph = graph_of(hostile_knowledge())
    for found in (graph.related("concept:c1", 100), graph.suggest("concept:c2", 100), graph.suggest(limit=100)):
        page = found._repr_html_()
        assert "<script>" not in page
        assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page
        assert "]]> <!--" not in page
    assert {each.concept.label for each in graph.related("concept:c1", 100)} == {*TEXTS} - {TEXTS[1]}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from kg.store import write_build
    from kg.triples import quads

    output = tmp_path_factory.mktemp("related")
    write_build(output, quads(tiny_knowledge()))
    return output


def run(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[object, str, str]:
    monkeypatch.setattr(sys, "argv", ["kg", *arguments, "-g", str(built)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code or 0, *capsys.readouterr()


def test_the_commands_print_reasons_and_quotes(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = run(built, capsys, monkeypatch, "related", "budding", "-n", "1")
    assert status == 0
    assert out.splitlines() == [
        "1. Grafting  Method  (walk 1, metapath 1; stated)",
        "   stated: Budding contrasts with Grafting  70%",
        "     “Unlike budding” — garden.txt:2",
        "   both are a kind of propagation method",
        "     “is a propagation method” — garden.txt:4",
        "     “is a propagation method” — garden.txt:2",
    ]
    status, out, _ = run(built, capsys, monkeypatch, "suggest", "budding", "-n", "1", "--quotes", "0")
    assert (status, "garden.txt" in out, out.startswith("1. Budding")) == (0, False, True)
    assert "   Budding contrasts with Grafting; Grafting " in out
    status, out, _ = run(built, capsys, monkeypatch, "suggest", "--format", "json", "-n", "2")
    assert (status, json.loads(out)["about"], len(json.loads(out)["results"])) == (0, None, 2)
    status, out, err = run(built, capsys, monkeypatch, "related", "horticulture")
    assert (status, out, err.startswith("kg: 'horticulture' has no relation")) == (1, "", True)
    status, out, err = run(built, capsys, monkeypatch, "related", "budding", "--by", "magic")
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_the_server_answers_as_python_does(graph: KnowledgeGraph) -> None:
    with running(graph) as url, httpx.Client(base_url=url, timeout=60) as client:
        for address, expected in (
            ("/related/budding", graph.related("budding")),
            (
                "/related/T-budding?limit=3&by=walk&new=true&type=Material&type=Task",
                graph.related("budding", 3, by="walk", new=True, types=["Material", "Task"]),
            ),
            (
                "/related/budding?metapath=*-broader%3E*%3Cbroader-*",
                graph.related("budding", metapath="*-broader>*<broader-*"),
            ),
            ("/suggest?limit=4", graph.suggest(limit=4)),
            ("/suggest?concept=grafting&type=Material", graph.suggest("grafting", types=["Material"])),
        ):
            answer = client.get(address)
            assert answer.status_code == 200, answer.text
            assert answer.json() == json.loads(json.dumps(asdict(expected)))
        for address, status, message in (
            ("/related/nowhere", 404, "no concept 'nowhere'"),
            ("/related/budding?limit=0", 400, "limit is a whole number"),
            ("/related/budding?by=embedding", 400, "by is walk, metapath or both, not 'embedding'"),
            ("/related/budding?metapath=Person-uses%3E*", 400, "Budding is of the class Method"),
            ("/suggest?by=metapath", 400, "all pairs are ranked by walk alone"),
        ):
            answer = client.get(address)
            assert (answer.status_code, message in answer.text) == (status, True), answer.text
