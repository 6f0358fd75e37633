"""What a model's probabilities become."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier.model.bundle import Levels, ScaleParameters
from emotion_classifier.model.scale import GRADES, canonical_probabilities, read_scale

FOUR = ("happy", "neutral", "sad", "other")


def read(row: list[float], **parameters: object):
    return read_scale(np.array([row]), FOUR, ScaleParameters(**parameters))[0]


@pytest.mark.parametrize(
    ("row", "label", "grade"),
    [
        ([0.9, 0.05, 0.03, 0.02], "happy", "happy"),
        ([0.02, 0.05, 0.9, 0.03], "sad", "sad"),
        ([0.45, 0.3, 0.2, 0.05], "happy", "slightly happy"),
        ([0.2, 0.3, 0.45, 0.05], "sad", "slightly sad"),
        ([0.04, 0.9, 0.04, 0.02], "neutral", "neutral"),
        ([0.45, 0.5, 0.03, 0.02], "neutral", "neutral"),
        ([0.02, 0.2, 0.03, 0.75], "other", "neutral"),
    ],
)
def test_label_and_grade(row: list[float], label: str, grade: str) -> None:
    reading = read(row)
    assert (reading.label, reading.grade, reading.reason) == (label, grade, None)


def test_a_level_holds_back_the_label_and_leaves_the_probabilities() -> None:
    row = [0.02, 0.4, 0.55, 0.03]
    strict = Levels(sad=0.5)
    assert read(row).label == "sad"
    assert read(row, levels=strict).label == "neutral"
    assert read(row, levels=strict).probabilities == read(row).probabilities


def test_faces_that_show_both_are_undecided() -> None:
    row = [0.45, 0.05, 0.45, 0.05]
    both = read(row, levels=Levels(undecided=0.5))
    assert (both.label, both.grade) == ("uncertain", "mixed")
    assert both.reason == "it looks both happy and sad"
    assert read([0.7, 0.02, 0.2, 0.08], levels=Levels(undecided=0.5)).label == "happy"


def test_label_and_grade_never_contradict() -> None:
    """Of every mixture of the four, with levels anywhere."""
    allowed = {
        "neutral": {"neutral"},
        "happy": {"slightly happy", "happy"},
        "sad": {"slightly sad", "sad"},
        "uncertain": {"mixed"},
        "other": set(GRADES),
    }
    generator = np.random.default_rng(0)
    rows = generator.dirichlet([0.3, 0.3, 0.3, 0.3], 2000)
    for happy, sad in generator.uniform(-4, 4, (10, 2)):
        levels = Levels(happy=happy, sad=sad, undecided=0.7)
        for reading in read_scale(rows, FOUR, ScaleParameters(levels=levels)):
            assert reading.grade in allowed[reading.label]
            mixed = "it looks both happy and sad"
            assert reading.reason == (mixed if reading.label == "uncertain" else None)


def test_what_a_model_does_not_know_it_does_not_say() -> None:
    reading = read_scale(np.array([[0.9, 0.1]]), ("happy", "sad"), ScaleParameters())[0]
    assert reading.label == "happy"
    assert (reading.probabilities["neutral"], reading.probabilities["other"]) == (None, None)
    close = read_scale(np.array([[0.55, 0.45]]), ("happy", "sad"), ScaleParameters())[0]
    assert (close.label, close.reason) == ("uncertain", "happy and sad are too close to call")


def test_a_bundle_from_before_neutral_was_a_label_is_read() -> None:
    assert ScaleParameters.model_validate({"min_evidence": 0.2, "mixed_from": 0.3}) == ScaleParameters()


def test_degree_is_the_difference_and_probabilities_sum_to_one() -> None:
    reading = read([0.6, 0.2, 0.1, 0.1])
    assert reading.degree == pytest.approx(0.5, abs=1e-6)
    assert sum(reading.probabilities.values()) == pytest.approx(1)


def test_the_degree_follows_its_curve() -> None:
    knots = ((-1.0, -1.0), (0.0, 0.0), (0.5, 0.2), (1.0, 1.0))
    assert read([0.6, 0.2, 0.1, 0.1], degree_knots=knots).degree == pytest.approx(0.2, abs=1e-6)
    assert read([0.1, 0.2, 0.6, 0.1], degree_knots=knots).degree == pytest.approx(-0.5, abs=1e-6)


@pytest.mark.parametrize("knots", [((-1, -1), (0, 0.5), (1, 0.4)), ((-1, -1), (0.5, 0.5)), ((0, 0), (1, 1))])
def test_a_curve_that_does_not_rise_from_end_to_end_is_refused(knots: object) -> None:
    with pytest.raises(ValueError, match="degree_knots"):
        ScaleParameters(degree_knots=knots)


def test_a_high_temperature_softens() -> None:
    assert read([0.9, 0.05, 0.04, 0.01], temperature=3.0).degree < read([0.9, 0.05, 0.04, 0.01]).degree


def test_two_class_models_read_on_the_same_scale() -> None:
    probabilities = canonical_probabilities(np.array([[0.7, 0.3]]), ("happy", "sad"))
    assert probabilities.round(3).tolist() == [[0.7, 0, 0.3, 0]]


def test_labels_of_ones_own_are_other() -> None:
    probabilities = canonical_probabilities(
        np.array([[0.5, 0.2, 0.2, 0.1]]), ("happy", "sad", "angry", "shy")
    )
    assert probabilities[0, FOUR.index("other")] == pytest.approx(0.3)


def test_certain_wrong_zeroes_do_not_overflow() -> None:
    reading = read([1.0, 0.0, 0.0, 0.0])
    assert 0.99 < reading.p_happy <= 1


def test_another_expression_comes_before_a_little_happiness() -> None:
    # Likelier than neutral, and far less likely than, say, surprise.
    assert read([0.2, 0.05, 0.01, 0.74]).label == "other"
    assert read([0.01, 0.05, 0.2, 0.74]).label == "other"
    assert read([0.3, 0.05, 0.01, 0.64]).label == "happy"
    # Where neutral is likelier still, it is not what viewers would say, however low the levels are.
    assert read([0.11, 0.5, 0.02, 0.37], levels=Levels(happy=-2)).label == "happy"


def test_the_label_and_the_leaning_do_not_contradict_each_other() -> None:
    happy = [0.3, 0.5, 0.15, 0.05]
    assert read(happy, levels=Levels(happy=-1, sad=-0.9)).label == "happy"
    # Of equally many happy and sad faces with these shares most were sad.
    leans = read(happy, levels=Levels(happy=-1, sad=-0.9), intercept=-1.0)
    assert leans.p_happy < 0.5
    assert (leans.label, leans.grade, leans.reason) == ("uncertain", "mixed", "it looks both happy and sad")
