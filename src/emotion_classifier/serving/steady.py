"""A camera's readings made steady enough to look at: what changes within a moment is noise, not expression."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emotion_classifier.model.bundle import ScaleParameters
from emotion_classifier.reading import Reading

if TYPE_CHECKING:
    from emotion_classifier.video.smoothing import SteadyFace

_HOLD = 0.5
"""Seconds for which another label must last before it is shown."""
_GONE = 1.0
"""Seconds for which a face that is not found any more is still shown."""


@dataclass
class _Shown:
    reading: Reading
    at: float
    steady: SteadyFace


class SteadyScale:
    """Smooths one face as `watch` does, its probabilities too.

    Parameters
    ----------
    scale : ScaleParameters
        Of the model, for the grade of the smoothed degree.
    clock : callable
        Seconds, from any beginning.
    """

    def __init__(self, scale: ScaleParameters, clock: Callable[[], float] = time.monotonic) -> None:
        self._scale = scale
        self._clock = clock
        self._shown: _Shown | None = None

    def follow(self, reading: Reading | None) -> Reading | None:
        """Take the reading of one more picture, None where no face was found, and say what to show."""
        now = self._clock()
        if self._shown and now - self._shown.at > _GONE:
            self._shown = None
        if reading is None:
            return self._shown.reading if self._shown else None
        if self._shown is None:
            # The page shall not wait for what only a camera needs.
            from emotion_classifier.video.smoothing import SteadyFace

            self._shown = _Shown(reading, now, SteadyFace(self._scale, _HOLD))
            self._shown.steady(reading, now)
        else:
            self._shown.reading, self._shown.at = _smoothed(self._shown, reading, now), now
        return self._shown.reading


def _smoothed(shown: _Shown, reading: Reading, now: float) -> Reading:
    before = shown.reading
    label, degree, grade = shown.steady(reading, now)

    def between(old: float, latest: float) -> float:
        return old + shown.steady.share * (latest - old)

    probabilities = {
        name: None
        if latest is None or (old := before.probabilities.get(name)) is None
        else between(old, latest)
        for name, latest in reading.probabilities.items()
    }
    return replace(
        reading,
        label=label,
        reason=reading.reason if label == reading.label else before.reason,
        degree=degree,
        grade=grade,
        probabilities=probabilities,
        p_happy=between(before.p_happy, reading.p_happy),
    )
