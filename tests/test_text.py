"""The same number reads the same wherever it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emotion_classifier.cli.reading_results import _describe
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.reading import Reading, _mark
from emotion_classifier.report.audit_words import in_words
from emotion_classifier.text import Unit, bare, difference, estimate, fixed, percent, quantity

FACE = Reading((0, 0, 9, 9), "neutral", -0.0042, "neutral", {}, 0.5, None, "m")


@pytest.mark.parametrize("share", [0.9675, 0.967466, 0.0005, 0.1235, 0.12345])
@pytest.mark.parametrize("unit", ["%", "points", "degree", ""])
def test_a_figure_reads_alike_from_json_and_from_itself(share: float, unit: Unit) -> None:
    figure = Estimate(share, share, share, 400)
    assert estimate(figure, unit) == in_words(figure.to_dict(), unit)


def test_every_unit_is_written_in_its_own_way() -> None:
    told = [quantity(-0.0123, unit) for unit in ("%", "points", "degree", "")]
    assert told == ["−1.2 %", "−1.2 points", "−0.012", "−0.012"]
    assert bare(-0.0123, "degree", narrow=True) == "−0.01"
    assert difference(Estimate(0.0, -0.004, 0.042, 9), "%") == "0.0 (−0.4 to +4.2)"
    assert estimate(None, "%") == difference(Estimate(None, None, None, 0), "%") == "not defined"


def test_half_goes_up() -> None:
    assert [percent(share) for share in (0.9675, 0.1225, 0.0005)] == ["96.8", "12.3", "0.1"]
    assert [fixed(value, 2) for value in (0.125, 0.135, -0.125)] == ["0.13", "0.14", "−0.13"]


@pytest.mark.parametrize("degree", [-0.0042, -0.0, 0.0, 0.0042])
def test_zero_has_no_sign(degree: float) -> None:
    assert "degree 0.00, leaning happy (50%)" in _describe(replace(FACE, degree=degree))
    assert estimate(Estimate(degree / 10, None, None, 3), "") == "0.000 (no interval)"
    assert _mark(replace(FACE, label="sad", degree=degree), None).text == "sad 0.00", (
        "the label of a drawn box"
    )


def test_a_number_without_a_value_is_no_crash() -> None:
    assert fixed(float("nan"), 2) == "NaN" and fixed(1234.5678, 1) == "1234.6"
