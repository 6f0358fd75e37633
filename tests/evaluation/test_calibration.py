"""Calibration error and risk against coverage."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier.evaluation.calibration import calibration_error, reliability, risk_coverage
from emotion_classifier.evaluation.intervals import wilson


def test_probabilities_that_mean_what_they_say_have_no_error() -> None:
    generator = np.random.default_rng(0)
    stated = generator.random(200_000)
    happened = (generator.random(200_000) < stated).astype(float)
    assert calibration_error(stated, happened) < 0.006
    assert calibration_error(stated, 1 - happened) > 0.3


def test_a_stated_one_lies_in_the_last_bin() -> None:
    assert calibration_error(np.ones(4), np.array([1.0, 1.0, 1.0, 0.0])) == pytest.approx(0.25)


def test_no_rows_have_no_error() -> None:
    assert np.isnan(calibration_error(np.zeros(0), np.zeros(0)))


def test_bins_carry_the_interval_of_their_observed_share() -> None:
    bins = reliability(np.array([0.05, 0.95, 0.97]), np.array([0.0, 1.0, 0.0]))
    assert [each.n for each in bins] == [1, 2]  # empty bins are left out
    assert [each.observed for each in bins] == [0, 0.5]
    assert [each.stated for each in bins] == pytest.approx([0.05, 0.96])
    expected = wilson(1, 2)
    assert (bins[1].low, bins[1].high) == (expected.low, expected.high)
    # One photo says next to nothing, and no interval leaves 0 to 1: the normal approximation would claim [0, 0].
    assert bins[0].low == 0 and bins[0].high > 0.7


def test_photos_without_an_answer_are_given_last() -> None:
    coverage, risk = risk_coverage(np.array([np.nan, 0.6, 0.9]), np.array([True, True, False]))
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk == pytest.approx([0, 1 / 2, 2 / 3])
