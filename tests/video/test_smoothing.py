"""What smoothing makes of a degree that is noisy, that changes, and that is far off for a moment."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier.video.smoothing import AdaptiveFilter

RATES = (5.0, 10.0, 30.0, 60.0)


def smoothed(degrees: np.ndarray, rate: float) -> np.ndarray:
    smooth = AdaptiveFilter()
    return np.array([smooth(float(degree), number / rate) for number, degree in enumerate(degrees)])


@pytest.mark.parametrize("rate", RATES)
def test_a_change_is_shown_within_half_a_second_whatever_the_frame_rate(rate: float) -> None:
    times = np.arange(6 * rate) / rate
    for change in (0.5, 1.0, 1.7):
        shown = smoothed(np.where(times < 3, -0.7, change - 0.7), rate)
        late = times[(times >= 3) & (abs(shown - (change - 0.7)) > 0.1 * change)]
        assert late.size == 0 or late.max() + 1 / rate - 3 <= 0.45


@pytest.mark.parametrize("rate", RATES)
def test_noise_that_lasts_is_steadied_too(rate: float) -> None:
    # A recompressed picture holds the same noise for about a second and then goes over to another.
    times = np.arange(12 * rate) / rate
    drift = 0.04 * np.sign(np.sin(2 * np.pi * 0.4 * times + 0.1))
    shown = smoothed(drift, rate)
    assert shown[times > 2].std() < 0.02 < drift.std() / 1.5


def test_two_frames_that_are_far_off_move_it_by_less_than_half() -> None:
    degrees = np.zeros(60)
    degrees[30:32] = -0.8
    assert smoothed(degrees, 30).min() > -0.4


def test_a_small_change_that_stays_is_shown_in_the_end() -> None:
    times = np.arange(300) / 30
    shown = smoothed(np.where(times < 3, 0.0, 0.1), 30)
    assert shown[-1] == pytest.approx(0.1, abs=0.01)


def test_two_readings_at_the_same_time_are_no_error_but_time_that_runs_back_is() -> None:
    smooth = AdaptiveFilter()
    smooth(0.5, 1.0)
    assert smooth(0.7, 1.0) == 0.5
    with pytest.raises(ValueError, match="fall"):
        smooth(0.5, 0.9)
