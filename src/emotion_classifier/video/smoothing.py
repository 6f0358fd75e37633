"""A steady degree and a steady label from readings that flicker, whatever the time between them."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

Value = TypeVar("Value")


class OneEuroFilter:
    """Smooth a number over time: much while it rests, little while it changes.

    A low-pass filter whose cutoff frequency rises with the speed of change (the "1 € filter" of Casiez, Roussel and
    Vogel 2012). The time between two values may vary.

    Parameters
    ----------
    min_cutoff : float
        Cutoff frequency in Hz of a value that does not change; lower is steadier and slower.
    beta : float
        Hz by which it rises for each unit a second of change; higher follows changes sooner.
    d_cutoff : float
        Cutoff frequency in Hz of the speed's own smoothing.

    References
    ----------
    Casiez, Roussel, Vogel (2012): 1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
    Systems.

    Examples
    --------
    >>> smooth = OneEuroFilter()
    >>> [round(smooth(value, time), 2) for time, value in ((0.0, 0.1), (0.04, 0.2), (0.08, 0.1))]
    [0.1, 0.12, 0.11]
    """

    def __init__(self, *, min_cutoff: float = 0.5, beta: float = 0.5, d_cutoff: float = 1.0) -> None:
        self._min_cutoff, self._beta, self._d_cutoff = min_cutoff, beta, d_cutoff
        self._time = self._value = math.nan
        self._speed = 0.0

    def __call__(self, value: float, time: float) -> float:
        """Take in a value at a time in seconds, later than the one before; return the smoothed value.

        Raises
        ------
        ValueError
            If the time is not later.
        """
        if math.isnan(self._value):
            self._time, self._value = time, value
            return value
        step = time - self._time
        if step <= 0:
            raise ValueError(f"Times have to rise; {time} s comes after {self._time} s.")
        self._speed += _weight(self._d_cutoff, step) * ((value - self._value) / step - self._speed)
        cutoff = self._min_cutoff + self._beta * abs(self._speed)
        self._value += _weight(cutoff, step) * (value - self._value)
        self._time = time
        return self._value


def _weight(cutoff: float, step: float) -> float:
    """Share that a new value has in an exponential mean with this cutoff frequency."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff * step))


class SteadyLabel(Generic[Value]):
    """Hold a label until another one has been seen without a break for some time.

    Parameters
    ----------
    seconds : float
        How long. Where all readings are further apart than that, the label is that of the last one; after a gap
        among readings that are closer, a single one changes nothing.

    Examples
    --------
    >>> steady = SteadyLabel(0.3)
    >>> [steady(label, time / 10) for time, label in enumerate(["happy", "sad", "happy", "sad", "sad", "sad", "sad"])]
    ['happy', 'happy', 'happy', 'happy', 'happy', 'happy', 'sad']
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._held: Value | None = None
        self._seen: tuple[Value, float] | None = None
        self._last, self._step = -math.inf, math.inf

    def __call__(self, label: Value, time: float) -> Value:
        """Take in the label read at a time in seconds; return the one that holds."""
        if self._seen is None or self._seen[0] != label:
            self._seen = (label, time)
        long_enough = time - self._seen[1] >= self._seconds - 1e-6
        step = time - self._last
        if self._held is None or long_enough or min(step, self._step) > self._seconds:
            self._held = label
        self._last, self._step = time, step
        return self._held
