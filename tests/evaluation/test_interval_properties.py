"""What holds of every interval, whatever was counted."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("hypothesis")

from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from emotion_classifier.evaluation.differences import difference_of_shares, paired_score_interval
from emotion_classifier.evaluation.intervals import (
    Estimate,
    bootstrap,
    corrected_resampled_t,
    grouped_share,
    mean_of_shares,
    score_interval,
    wilson,
)

# No deadline: a busy machine is no fault of an interval.
settings.register_profile("intervals", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("intervals")

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
grouped = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.booleans(), min_size=n, max_size=n), st.lists(st.integers(0, 9), min_size=n, max_size=n)
    )
)


def holds(estimate: Estimate, *, least: float = -np.inf, most: float = np.inf) -> bool:
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None
    close = 1e-12
    return least <= estimate.low <= estimate.value + close and estimate.value - close <= estimate.high <= most


@given(counts)
def test_wilson_holds_its_share_and_stays_within_0_and_1(counted: tuple[int, int]) -> None:
    assert holds(wilson(*counted), least=0, most=1)


@given(counts)
def test_wilson_is_that_of_scipy(counted: tuple[int, int]) -> None:
    ours, theirs = wilson(*counted), binomtest(*counted).proportion_ci(method="wilson")
    assert (ours.low, ours.high) == (
        pytest.approx(theirs.low, abs=1e-9),
        pytest.approx(theirs.high, abs=1e-9),
    )


@given(st.floats(0, 1), st.floats(1, 1e6), st.floats(1.001, 100))
def test_more_photos_give_a_shorter_interval(share: float, n: float, more: float) -> None:
    (low, high), (low_of_more, high_of_more) = score_interval(share, n), score_interval(share, n * more)
    assert low <= low_of_more + 1e-12 and high_of_more <= high + 1e-12
    assert high_of_more - low_of_more < high - low


@given(st.integers(1, 500), st.data())
def test_one_more_right_moves_both_ends_up(n: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, n - 1))
    fewer, more = wilson(right, n), wilson(right + 1, n)
    assert fewer.low is not None and more.low is not None and fewer.high is not None and more.high is not None
    assert fewer.low <= more.low and fewer.high <= more.high


@given(grouped)
def test_groups_only_lengthen_an_interval(photos: tuple[list[bool], list[int]]) -> None:
    hits, groups = np.array(photos[0]), np.array(photos[1])
    apart, together = grouped_share(hits), grouped_share(hits, groups=groups)
    assert holds(together, least=0, most=1)
    assert together.value == apart.value and together.n == apart.n
    assert (
        together.low is not None
        and apart.low is not None
        and together.high is not None
        and apart.high is not None
    )
    assert together.low <= apart.low + 1e-12 and apart.high <= together.high + 1e-12


@given(counts, counts)
def test_a_difference_holds_its_value_and_turns_around(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    forwards = difference_of_shares(wilson(*first), wilson(*second))
    backwards = difference_of_shares(wilson(*second), wilson(*first))
    assert holds(forwards, least=-1 - 1e-9, most=1 + 1e-9)
    assert forwards.value == pytest.approx(-(backwards.value or 0)) and forwards.n == backwards.n
    assert forwards.low == pytest.approx(-(backwards.high or 0))


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_paired_difference_holds_its_value_and_turns_around(second: int, first: int, alike: int) -> None:
    n = second + first + alike
    if not n:
        return
    low, high = paired_score_interval(second / n, first / n, n)
    assert -1 <= low <= (second - first) / n <= high <= 1
    assert paired_score_interval(first / n, second / n, n) == (pytest.approx(-high), pytest.approx(-low))


def test_a_paired_difference_is_that_of_another_implementation() -> None:
    """R's PropCIs::scoreci.mp(b = 28, c = 25, n = 618) at 90 %, that is with z = 1.645."""
    low, high = paired_score_interval(28 / 618, 25 / 618, 618 * (1.959964 / 1.644854) ** 2)
    assert (round(low, 4), round(high, 4)) == (-0.0148, 0.0247)


@given(st.lists(counts, min_size=1, max_size=5))
def test_a_mean_of_shares_lies_within_its_interval(counted: list[tuple[int, int]]) -> None:
    shares = [wilson(*each) for each in counted]
    value = float(np.mean([share.value for share in shares]))
    low, high = mean_of_shares(shares)
    assert 0 <= low <= value + 1e-12 and value - 1e-12 <= high <= 1


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=40), st.integers(0, 5))
def test_a_bootstrap_is_in_order_and_within_the_values(values: list[float], seed: int) -> None:
    of = np.array(values)
    found = bootstrap(lambda rows: float(of[rows].mean()), len(of), resamples=50, seed=seed)
    if found.low is None or found.high is None:
        assert np.ptp(of) < 1e-6 or len(of) < 8, "only where resamples agree"
        return
    assert found.low < found.high
    assert of.min() - 1e-9 <= found.low <= found.high <= of.max() + 1e-9


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.floats(0, 1))
def test_the_corrected_t_is_symmetric_about_the_mean(scores: list[float], test_share: float) -> None:
    found = corrected_resampled_t(scores, test_share=test_share, n=9)
    assert holds(found)
    assert found.value is not None and found.low is not None and found.high is not None
    assert found.high - found.value == pytest.approx(found.value - found.low, abs=1e-9)
