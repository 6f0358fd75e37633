"""Intervals against figures worked out elsewhere, and against their own promise."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from emotion_classifier.evaluation.intervals import (
    Estimate,
    bootstrap,
    corrected_resampled_t,
    wilson,
)


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_in_newcombe(correct: int, n: int, low: float, high: float) -> None:
    estimate = wilson(correct, n)
    assert (estimate.low, estimate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_nothing_measured_is_not_zero() -> None:
    assert wilson(0, 0).to_dict() == {"value": None, "low": None, "high": None, "n": 0}
    assert bootstrap(lambda rows: 1.0, 0).value is None
    assert corrected_resampled_t([], test_share=0.25, n=10).value is None


def test_bootstrap_of_a_mean_agrees_with_theory() -> None:
    values = np.random.default_rng(1).normal(size=400)
    estimate = bootstrap(lambda rows: float(values[rows].mean()), 400, resamples=2000)
    half = 1.96 * values.std() / 20
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.01)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.01)


def test_bootstrap_is_repeatable_and_passes_over_undefined_resamples() -> None:
    def statistic(rows: np.ndarray) -> float:
        return float("nan") if len(np.unique(rows)) < 3 else float(rows.mean())

    found = bootstrap(statistic, 4, seed=3)
    assert found == bootstrap(statistic, 4, seed=3)
    # Of three or four different rows of four.
    assert found.low is not None and 0.5 <= found.low < 1 and found.high is not None and 2 < found.high <= 2.5
    assert bootstrap(lambda rows: float("nan"), 4) == Estimate(None, None, None, 4)


def test_copies_of_a_photo_count_as_one() -> None:
    """Every photo four times over: the interval is that of the photos, not half as long."""
    values = np.random.default_rng(1).normal(size=100)
    copied, groups = np.repeat(values, 4), np.repeat(np.arange(100), 4)

    def length(estimate: Estimate) -> float:
        assert estimate.low is not None and estimate.high is not None
        return estimate.high - estimate.low

    honest = length(bootstrap(lambda rows: float(values[rows].mean()), 100))
    grouped = bootstrap(lambda rows: float(copied[rows].mean()), 400, groups=groups)
    blind = bootstrap(lambda rows: float(copied[rows].mean()), 400)
    assert grouped.n == 400
    assert length(grouped) == pytest.approx(honest, rel=0.05)
    assert length(blind) == pytest.approx(honest / 2, rel=0.1)


def test_whole_groups_of_any_size_are_drawn() -> None:
    groups = np.array([5, 9, 5, 7, 5])

    def statistic(rows: np.ndarray) -> float:
        counts = np.bincount(rows, minlength=5)
        assert counts[0] == counts[2] == counts[4]
        return float(len(rows))

    bootstrap(statistic, 5, groups=groups)


def test_one_group_has_no_interval() -> None:
    assert bootstrap(lambda rows: 0.5, 3, groups=np.zeros(3, np.int64)) == Estimate(0.5, None, None, 3)


def test_the_correction_widens_by_the_share_of_test_photos() -> None:
    scores = [0.70, 0.74, 0.72, 0.68, 0.71]
    plain = corrected_resampled_t(scores, test_share=0.0, n=266)
    corrected = corrected_resampled_t(scores, test_share=0.25, n=266)
    assert plain.high is not None and corrected.high is not None
    assert plain.value is not None and corrected.value == pytest.approx(plain.value)
    wider = (corrected.high - plain.value) / (plain.high - plain.value)
    assert wider == pytest.approx(np.sqrt((0.2 + 0.25) / 0.2))


def test_one_fit_has_no_interval() -> None:
    assert corrected_resampled_t([0.7], test_share=0.25, n=50) == Estimate(0.7, None, None, 50)
