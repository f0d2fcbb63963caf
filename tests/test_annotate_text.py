"""The text-level parts of annotation, each by itself: no model is loaded here."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.annotate.abbreviations import abbreviations
from kg.annotate.boilerplate import Recurrence, mask
from kg.annotate.confidence import NONE, Choice, Confidence, Network, choice, confidence, network
from kg.annotate.gazetteer import Gazetteer, Hit
from kg.annotate.glossary import names_of
from kg.annotate.kinds import kind_of, kind_of_concept
from kg.annotate.lexicon import cues, lexicon, predicates, verb_forms
from kg.annotate.pipeline import load_pipeline
from kg.annotate.structure import cue_of
from kg.annotate.units import Role, sentences, units, without
from kg.errors import UsageError
from kg.model import Headword, Passage
from kg.vocabulary import RELATIONS, classes, relations


def passage(text: str, at: int = 0) -> Passage:
    return Passage(text, ((0, at),))


# ------------------------------------------------------------------------------------------------------- gazetteer


def found(names: list[str], text: str) -> list[str]:
    return [text[h.start : h.end] for h in Gazetteer((n, n) for n in names).find(text)]


def test_the_longest_name_wins() -> None:
    assert found(["wheel", "water wheel", "overshot water wheel"], "An overshot water wheel and a wheel.") == [
        "overshot water wheel",
        "wheel",
    ]


@pytest.mark.parametrize("surface", ["level shifters", "Level-Shifter", "LEVEL SHIFTER"])
def test_case_plural_and_hyphens_are_one_name(surface: str) -> None:
    assert found(["level shifter"], f"Two {surface}, please.") == [surface]


def test_capitals_count_for_acronyms() -> None:
    assert found(["RAG"], "A rag is no RAG; RAGs are.") == ["RAG", "RAGs"]


def test_names_end_at_word_borders() -> None:
    assert found(["gate", "C++"], "The gatehouse is written in C++, not gate by gate.") == ["C++", "gate", "gate"]


def test_a_hit_says_which_concept_is_meant() -> None:
    hits = Gazetteer([("MoE", "Mixture of Experts")]).find("an MoE layer")
    assert list(hits) == [Hit(3, 6, "Mixture of Experts")]


def test_who_is_cited_is_not_mentioned() -> None:
    assert found(["Norris"], "Infill planes (Norris, 1908) are heavy.") == []
    assert found(["Norris"], "Infill planes (Norris, Spiers) are heavy. Norris made planes in 1908.") == ["Norris"] * 2


def test_a_part_of_a_label_that_the_header_vouches_for_means_the_whole() -> None:
    staff = Headword("Tide Staff for Harbours", category="tides")
    care = Headword("Spokeshave Work and Edge Care", keywords=("edge care",))
    names = dict(names_of([staff, care]))
    assert names["Tide Staff"] == "Tide Staff for Harbours"
    assert names["Edge Care"] == "Spokeshave Work and Edge Care"
    assert "Spokeshave Work" not in names


def test_a_part_of_a_label_that_others_claim_means_neither() -> None:
    staffs = [Headword(f"Tide Staff for {place}", category="tides") for place in ("Harbours", "Rivers")]
    assert "Tide Staff" not in dict(names_of(staffs))
    named = [staffs[0], Headword("Tide Staff", category="tides")]
    assert dict(names_of(named))["Tide Staff"] == "Tide Staff"


@given(st.lists(st.text("abc -", min_size=1, max_size=8), max_size=5), st.text("abc -.", max_size=60))
def test_hits_never_overlap_and_stay_in_order(names: list[str], text: str) -> None:
    hits = list(Gazetteer((n, n) for n in names).find(text))
    assert all(a.end <= b.start for a, b in pairwise(hits))
    assert all(0 <= h.start < h.end <= len(text) for h in hits)


# --------------------------------------------------------------------------------------------------- abbreviations


def test_initials_are_surer_than_letters_from_anywhere() -> None:
    assert abbreviations(["The old Stone Shore Staff (SSS) fell."]) == (("SSS", "Stone Shore Staff"),)
    assert abbreviations(["The Serene Stoat Inn (SSI) burnt."]) == (("SSI", "Serene Stoat Inn"),)
    assert abbreviations(["The tidal station (TST) stands."]) == (("TST", "tidal station"),)


def test_short_forms_in_brackets_and_long_forms_in_brackets() -> None:
    texts = ["The mean time between failures (MTBF) grows.", "A PDU (power distribution unit) feeds it."]
    assert abbreviations(texts) == (("MTBF", "mean time between failures"), ("PDU", "power distribution unit"))


def test_brackets_that_explain_nothing() -> None:
    assert abbreviations(["It was cold (see NOTE) and wet (very).", "Sails (HMS) were set."]) == ()


# ----------------------------------------------------------------------------------------------------- boilerplate


def recurrence(entries: dict[str, list[tuple[str, str]]]) -> Recurrence:
    counted = Recurrence()
    for concept, found_in in entries.items():
        for label, sentence in found_in:
            counted.add(concept, label, sentence, [concept])
    return counted


def test_a_sentence_that_recurs_with_other_names_is_boilerplate() -> None:
    names = ["Ketch", "Yawl", "Sloop"]
    counted = recurrence({n: [("", f"The {n} is dear to every harbour.")] for n in names})
    assert counted.is_boilerplate("", "The Ketch is dear to every harbour.", ["Ketch"])
    assert not counted.is_boilerplate("", "The Ketch carries its mizzen forward of the rudder.", ["Ketch"])


def test_two_entries_are_a_coincidence_and_copies_count_once() -> None:
    counted = recurrence({"Ketch": [("", "It is dear to all.")] * 5, "Yawl": [("", "It is dear to all.")]})
    assert not counted.is_boilerplate("", "It is dear to all.", ["Ketch"])


def test_a_frame_with_other_slots_under_one_label_is_boilerplate() -> None:
    slots = ["wind and tide", "crew and cargo", "hull and keel", "rope and tar"]
    counted = recurrence({f"Boat{s[0]}": [("Choice", f"Pick a rig by {s}, weather, and purse.")] for s in slots})
    assert counted.is_boilerplate("Choice", "Pick a rig by draught and depth, weather, and purse.", ["Lugger"])
    assert not counted.is_boilerplate("History", "Pick a rig by draught and depth, fashion, and law.", ["Lugger"])


def test_a_label_that_carries_only_template_text_is_boilerplate_as_a_whole() -> None:
    same = "Good seamanship lowers cost and saves time."
    entries = {f"Boat {n}": [("Merit", same)] for n in "abcdefg"}
    counted = recurrence({**entries, "Punt": [("Merit", "Poles are cheap and never break.")]})
    assert counted.is_boilerplate("Merit", "Poles are cheap and never break.", ["Punt"])
    assert not counted.is_boilerplate("Hull", "Poles are cheap and never break.", ["Punt"])


def test_masks_cover_names_fields_and_numbers() -> None:
    assert (
        mask("Two-masted Ketches: 12 Ketch in 3 sailing fleets", ["ketch", "sailing"])
        == "two masted _ 0 _ in 0 _ fleets"
    )


# ----------------------------------------------------------------------------------------------------------- units


def test_brackets_become_units_of_their_own_behind_their_host() -> None:
    cut = units(passage("Reduces friction (e.g., grease) in bearings."))
    assert [(u.role, u.text) for u in cut] == [
        (Role.MAIN, "it reduces friction in bearings"),
        (Role.ASIDE, "e.g., grease"),
    ]
    assert cut[1].host == (0, len("Reduces friction"))


@pytest.mark.parametrize(
    ("fragment", "parsed"),
    [
        ("Translates gestures into code", "it translates gestures into code"),
        ("Using two mirrors", "it works using two mirrors"),
        ("Used for night fishing", "it is used for night fishing"),
        ("Tune the strings", "tune the strings"),
        ("PNG files shrink", "PNG files shrink"),
    ],
)
def test_fragments_get_the_subject_that_they_lack(fragment: str, parsed: str) -> None:
    assert [u.text for u in units(passage(fragment))] == [parsed]


def test_spans_of_units_lead_back_to_the_source() -> None:
    text = "Improves grip — helps in rain; lasts (for years) well."
    for unit in units(passage(text, at=100)):
        start = unit.text.index(unit.passage.text[1:4]) - 1
        span = unit.span(start, start + 4)
        assert text[span.start - 100 : span.end - 100] == unit.passage.text[:4]


def test_labels_are_set_apart() -> None:
    (unit,) = units(passage("Examples: oars, sculls and poles."))
    assert unit.label is not None
    assert (unit.label.text, unit.text) == ("Examples", "oars, sculls and poles")


def test_abbreviations_and_open_brackets_do_not_end_a_sentence() -> None:
    text = "Ropes, e.g. Manila rope, rot (see Fig. 2. There) fast. Steel rusts - It needs grease."
    assert [text[a:b].strip() for a, b in sentences(text)] == [
        "Ropes, e.g. Manila rope, rot (see Fig. 2. There) fast.",
        "Steel rusts",
        "It needs grease.",
    ]


@given(st.text("ab .", min_size=1, max_size=40), st.data())
def test_cutting_out_keeps_every_other_character_in_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    cut = without(passage(text, at=7), start, end)
    assert cut.text == text[:start] + text[end:]
    assert all(text[cut.offset(n) - 7] == c for n, c in enumerate(cut.text))


# ---------------------------------------------------------------------------------------------- lexicons and kinds


def test_lexicons_speak_the_words_of_the_ontology() -> None:
    assert {c.items for c in cues().cues} | {c.text for c in cues().cues} <= {*relations(), ""}
    assert set(predicates().values()) <= set(relations())
    assert set(choice("kinds").bias) <= set(classes())


@pytest.mark.parametrize(
    ("title", "cue"),
    [
        ("Key Challenges in Rollout", "limitations"),
        ("Failure Modes", "limitations"),
        ("Typical Applications", "applications"),
        ("Main Components", "components"),
        ("Oil Lamps vs Gas Lamps", "comparison"),
        ("Solar Cells", None),
    ],
)
def test_titles_announce_or_do_not(title: str, cue: str | None) -> None:
    announced = cue_of(title)
    assert (announced.name if announced else None) == cue


def test_a_label_is_a_cue_only_if_it_says_nothing_else() -> None:
    assert cue_of("Failure Modes", strict=True) is not None
    assert cue_of("Bearing Failure Telemetry", strict=True) is None


def test_verbs_are_known_in_their_forms() -> None:
    forms = verb_forms()
    assert [forms.get(w) for w in ("uses", "using", "applied", "reduces", "harbour")] == ["s", "ing", "ed", "s", None]


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("graph transformer", "Model"),
        ("thermal runaway failure", "Phenomenon"),
        ("fuel cost per mile", "Metric"),
        ("PostgreSQL", "Software"),
        ("brightness", "Property"),
        ("Okafor et al.", "Person"),
        ("speech-recognition task", "Task"),
    ],
)
def test_head_nouns_tell_the_kind(phrase: str, kind: str) -> None:
    assert kind_of(phrase) == kind


def test_of_a_genus_that_says_little_what_stands_before_it_counts() -> None:
    assert kind_of_concept("Norris", "lens family", None) == kind_of_concept("Norris", "lens", None) == "Hardware"
    assert kind_of_concept("Norris", "large-scale", None) == "Method"
    assert kind_of_concept("Tide Archive", "large-scale", None) == "Dataset"


def test_a_head_that_names_a_process_counts_more_than_a_method() -> None:
    assert kind_of_concept("Chrome Deposition", "coating method", None) == "Process"
    assert kind_of_concept("Chrome Ranking", "coating method", None) == "Method"


def test_a_weak_genus_yields_to_the_concepts_own_head() -> None:
    assert kind_of_concept("Braille Display Network", "system", None) == "Model"
    assert kind_of_concept("Braille Display", "output device", None) == "Hardware"


def test_vague_nouns_are_no_terms() -> None:
    assert lexicon().is_vague("approach")
    assert not lexicon().is_vague("windlass")


# ------------------------------------------------------------------------------------------------------ confidence


def test_confidence_is_a_probability_and_unknown_features_weigh_nothing() -> None:
    model = Confidence(0.0, 0.2, {"rule=a": 2.0, "words=9": -2.0})
    assert model.of([]) == model.of(["never seen"]) == 0.5
    assert 0 < model.of(["words=9"]) < 0.5 < model.of(["rule=a"]) < 1


def test_a_choice_falls_silent_where_nothing_is_known() -> None:
    model = Choice({"Method": 0.5, "Task": 0.0}, {"head=sorting": {"Task": 1.0}})
    assert model.best(["head=sorting"]) == "Task"
    assert model.best(["never seen"]) is None


def small_network() -> Network:
    """Two classes beside none; the hidden unit fires for "a" and "b" together and then speaks for uses."""
    inputs = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 2.0]], dtype=np.float32)
    outputs = np.array([[0.0, 5.0, 0.0]])
    return Network(
        (NONE, "uses", "causes"), {"a": 0, "b": 1}, inputs, np.array([-1.0]), outputs, np.zeros(3), 1.0, 0.0, 0.3
    )


def test_a_network_adds_up_what_features_say_apart_and_together() -> None:
    network = small_network()
    one, other, both, none = network.probabilities([["a"], ["b"], ["a", "b"], ["never seen"]])
    assert network.classes[one.argmax()] == "uses"
    assert network.classes[other.argmax()] == "causes"
    assert both[network.classes.index("uses")] > 0.9, "together they say what neither says alone"
    assert none == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert len(network.probabilities([])) == 0


def test_a_network_is_calibrated_on_the_log_odds() -> None:
    network = replace(small_network(), slope=2.0, offset=0.0)
    assert network.calibrated(0.5) == pytest.approx(0.5)
    assert network.calibrated(0.8) == pytest.approx(16 / 17)
    assert 0.0 <= network.calibrated(0.0) < network.calibrated(1.0) <= 1.0


def test_a_network_is_read_as_it_was_written() -> None:
    file = io.BytesIO()
    small_network().save(file)
    file.seek(0)
    read = Network.load(file)
    rows = [["a"], ["a", "b"]]
    assert read.probabilities(rows).tolist() == small_network().probabilities(rows).tolist()
    assert (read.names, read.floor) == ({"a": 0, "b": 1}, 0.3)


def test_the_fitted_models_are_there() -> None:
    assert confidence("mentions").weights
    assert choice("kinds").weights
    assert set(network("relations").classes) == {NONE, *RELATIONS}


# -------------------------------------------------------------------------------------------------------- pipeline


def test_a_missing_pipeline_is_named_with_its_cure() -> None:
    with pytest.raises(UsageError, match="no spaCy pipeline 'en_core_web_huge' is installed: pip install"):
        load_pipeline("en_core_web_huge")
