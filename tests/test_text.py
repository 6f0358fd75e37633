"""The same number reads the same wherever it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emotion_classifier.cli.predict import _describe
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.reading import Reading
from emotion_classifier.report.audit_words import in_words
from emotion_classifier.report.evaluation_table import format_estimate
from emotion_classifier.text import fixed, percent

FACE = Reading((0, 0, 9, 9), "neutral", -0.0042, "neutral", {}, 0.5, None, "m")


@pytest.mark.parametrize("share", [0.9675, 0.967466, 0.0005, 0.1235, 0.12345])
def test_terminal_and_card_round_alike(share: float) -> None:
    estimate = Estimate(share, share, share, 400)
    assert format_estimate(estimate, percent=True) == in_words(estimate.to_dict(), share=True)
    assert format_estimate(estimate) == in_words(estimate.to_dict(), share=False)


def test_half_goes_up() -> None:
    assert [percent(share) for share in (0.9675, 0.1225, 0.0005)] == ["96.8", "12.3", "0.1"]
    assert [fixed(value, 2) for value in (0.125, 0.135, -0.125)] == ["0.13", "0.14", "−0.13"]


@pytest.mark.parametrize("degree", [-0.0042, -0.0, 0.0, 0.0042])
def test_zero_has_no_minus_sign(degree: float) -> None:
    assert "degree +0.00, leaning happy (50%)" in _describe(replace(FACE, degree=degree))
    assert format_estimate(Estimate(degree / 10, None, None, 3)) == "0.000 (no interval)"


def test_a_number_without_a_value_is_no_crash() -> None:
    assert fixed(float("nan"), 2) == "NaN" and fixed(1234.5678, 1) == "1234.6"
