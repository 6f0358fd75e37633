"""A camera's readings made steady enough to look at: what changes within a moment is noise, not expression."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from emotion_classifier.model.bundle import ScaleParameters
from emotion_classifier.model.scale import Label, grade_of
from emotion_classifier.reading import Reading

_TAU = 0.6
"""Seconds in which the average goes two thirds of the way to a new reading."""
_HOLD = 0.5
"""Seconds for which another label must last before it is shown."""
_GONE = 1.0
"""Seconds for which a face that is not found any more is still shown."""


@dataclass
class _Shown:
    reading: Reading
    at: float
    rival: tuple[Label, float] | None = None
    """Another label than the one that is shown, and since when it has lasted."""


class SteadyScale:
    """Averages one face over about a second.

    Parameters
    ----------
    scale : ScaleParameters
        Of the model, for the grade of the average.
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
        self._shown = self._average(self._shown, reading, now) if self._shown else _Shown(reading, now)
        return self._shown.reading

    def _average(self, shown: _Shown, reading: Reading, now: float) -> _Shown:
        before, new = shown.reading, 1 - math.exp(-(now - shown.at) / _TAU)

        def between(old: float, latest: float) -> float:
            return old + new * (latest - old)

        probabilities = {
            name: None
            if latest is None or (old := before.probabilities.get(name)) is None
            else between(old, latest)
            for name, latest in reading.probabilities.items()
        }
        label, reason, rival = before.label, before.reason, None
        if reading.label == before.label:
            reason = reading.reason
        else:
            since = shown.rival[1] if shown.rival and shown.rival[0] == reading.label else now
            rival = (reading.label, since)
            if now - since >= _HOLD:
                label, reason, rival = reading.label, reading.reason, None
        degree = between(before.degree, reading.degree)
        steady = replace(
            reading,
            label=label,
            reason=reason,
            degree=degree,
            grade=grade_of(label, degree, self._scale),
            probabilities=probabilities,
            p_happy=between(before.p_happy, reading.p_happy),
        )
        return _Shown(steady, now, rival)
