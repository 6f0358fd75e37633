"""What the camera's scale does with readings that jump."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emotion_classifier.model.bundle import ScaleParameters
from emotion_classifier.serving.steady import SteadyScale

from .fake_server import HAPPY, SAD

BOX = (0.0, 0.0, 10.0, 10.0)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scale(clock: Clock) -> SteadyScale:
    return SteadyScale(ScaleParameters(), clock)


def test_a_smile_that_lasts_is_reached_and_one_that_flickers_is_not_shown(
    scale: SteadyScale, clock: Clock
) -> None:
    scale.follow(SAD(BOX))
    clock.now += 0.2
    flicker = scale.follow(HAPPY(BOX))
    assert flicker is not None and flicker.label == "sad" and flicker.grade in ("sad", "slightly sad")
    for _ in range(20):
        clock.now += 0.2
        shown = scale.follow(HAPPY(BOX))
    assert shown is not None and shown.label == "happy"
    assert shown.degree == pytest.approx(HAPPY(BOX).degree, abs=0.01)


def test_the_degree_jumps_less_than_the_readings(scale: SteadyScale, clock: Clock) -> None:
    shown = []
    for number in range(40):
        clock.now += 0.2
        seen = scale.follow(replace(HAPPY(BOX), degree=0.8 if number % 2 else 0.6))
        assert seen is not None
        shown.append(seen.degree)
    assert max(shown[10:]) - min(shown[10:]) < 0.06


def test_a_face_lost_for_a_moment_stays_and_then_goes(scale: SteadyScale, clock: Clock) -> None:
    scale.follow(HAPPY(BOX))
    clock.now += 0.5
    assert scale.follow(None) is not None
    clock.now += 0.6
    assert scale.follow(None) is None
    fresh = scale.follow(SAD(BOX))
    assert fresh == SAD(BOX)


def test_what_the_model_does_not_know_stays_unknown(scale: SteadyScale, clock: Clock) -> None:
    two = replace(HAPPY(BOX), probabilities={"happy": 0.9, "neutral": None, "sad": 0.1, "other": None})
    scale.follow(two)
    clock.now += 0.2
    shown = scale.follow(two)
    assert shown is not None and shown.probabilities["neutral"] is None
