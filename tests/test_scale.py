"""What a model's probabilities become."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier.bundle import ScaleParameters
from emotion_classifier.scale import canonical_probabilities, read_scale

FOUR = ("happy", "neutral", "sad", "other")


def read(row: list[float], **parameters: object):
    return read_scale(np.array([row]), FOUR, ScaleParameters(**parameters))[0]


@pytest.mark.parametrize(
    ("row", "label", "grade"),
    [
        ([0.9, 0.05, 0.03, 0.02], "happy", "happy"),
        ([0.02, 0.05, 0.9, 0.03], "sad", "sad"),
        ([0.45, 0.5, 0.03, 0.02], "happy", "slightly happy"),
        ([0.03, 0.5, 0.45, 0.02], "sad", "slightly sad"),
        ([0.04, 0.9, 0.04, 0.02], "uncertain", "neutral"),
        ([0.45, 0.05, 0.45, 0.05], "uncertain", "mixed"),
    ],
)
def test_label_and_grade(row: list[float], label: str, grade: str) -> None:
    reading = read(row)
    assert (reading.label, reading.grade) == (label, grade)


def test_neutral_is_not_read_as_sad() -> None:
    reading = read([0.02, 0.9, 0.06, 0.02])
    assert reading.label == "uncertain"
    assert reading.reason == "the expression looks neutral"


def test_surprise_is_named_as_something_else() -> None:
    assert "other than" in (read([0.03, 0.05, 0.02, 0.9]).reason or "")


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
