"""A steady degree and a steady label from readings that flicker, whatever the time between them."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

from emotion_classifier.model.bundle import ScaleParameters
from emotion_classifier.model.scale import Grade, Label, degrees_of, grade_of
from emotion_classifier.reading import Reading

Value = TypeVar("Value")


class AdaptiveFilter:
    """Smooth a number over time: much while it rests, little once it has changed.

    An exponential moving average with an adaptive response rate (Trigg and Leach 1967): its cutoff frequency rises with
    how far the values have been from it lately, on average. Noise that lasts, as recompression makes it, hardly moves
    it, and a change of some size is followed at once. A "1 € filter" (Casiez et al. 2012) goes by the speed instead,
    which depends on the frames a second. The time between two values may vary.

    Parameters
    ----------
    min_cutoff : float
        Cutoff frequency in Hz of a value that rests; lower is steadier, and slower to follow small changes.
    gain : float
        Hz by which it rises for each unit of distance; higher follows changes sooner.
    rest : float
        Distance up to which a value rests.
    distance_cutoff : float
        Cutoff frequency in Hz of the distance's own smoothing; lower is steadier where single values are far off.

    Attributes
    ----------
    share : float
        Share that the last value has in the smoothed one, 0 to 1.

    References
    ----------
    Trigg, Leach (1967): Exponential Smoothing with an Adaptive Response Rate. Operational Research Quarterly 18(1).
    Casiez, Roussel, Vogel (2012): 1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
    Systems.

    Examples
    --------
    >>> smooth = AdaptiveFilter()
    >>> [round(smooth(value, time / 30), 2) for time, value in enumerate([0.1, 0.2, 0.1, 0.9, 0.9, 0.9, 0.9])]
    [0.1, 0.1, 0.1, 0.22, 0.4, 0.56, 0.67]
    """

    def __init__(
        self,
        *,
        min_cutoff: float = 0.1,
        gain: float = 12.0,
        rest: float = 0.05,
        distance_cutoff: float = 0.7,
    ) -> None:
        self._min_cutoff, self._gain = min_cutoff, gain
        self._rest, self._distance_cutoff = rest, distance_cutoff
        self._time = self._value = math.nan
        self._distance = 0.0
        self.share = 1.0

    def __call__(self, value: float, time: float) -> float:
        """Take in a value at a time in seconds; return the smoothed value.

        Raises
        ------
        ValueError
            If the time is earlier than the last one.
        """
        if math.isnan(self._value):
            self._time, self._value = time, value
            return value
        step = time - self._time
        if step < 0:
            raise ValueError(f"Times must not fall; {time} s comes after {self._time} s.")
        difference = value - self._value
        self._distance += _share(self._distance_cutoff, step) * (difference - self._distance)
        cutoff = self._min_cutoff + self._gain * max(0.0, abs(self._distance) - self._rest)
        self.share = _share(cutoff, step)
        self._value += self.share * difference
        self._time = time
        return self._value


def _share(cutoff: float, step: float) -> float:
    """Share that a new value has in an exponential moving average with this cutoff frequency."""
    passed = 2 * math.pi * cutoff * step
    return passed / (1 + passed)


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


class SteadyFace:
    """What is steady of one face: its label and its degree, which never contradict each other.

    Parameters
    ----------
    scale : ScaleParameters
        Of the model that reads it.
    hold : float
        See `SteadyLabel`.

    """

    def __init__(self, scale: ScaleParameters, hold: float) -> None:
        self._scale = scale
        self._degree, self._label = AdaptiveFilter(), SteadyLabel[Label](hold)

    @property
    def share(self) -> float:
        """Share that the last reading has in the degree, 0 to 1."""
        return self._degree.share

    def __call__(self, raw: Reading, time: float) -> tuple[Label, float, Grade]:
        """Take in the reading of a frame at a time in seconds; return the label that holds, the degree, the grade."""
        label = self._label(raw.label, time)
        degree = self._agreeing(label, self._degree(raw.degree, time), raw)
        return label, degree, grade_of(label, degree, self._scale)

    def _agreeing(self, label: Label, degree: float, raw: Reading) -> float:
        """Move a degree that is ahead of its label, or behind, to the nearest one that goes with it."""
        lowest, highest = degrees_of(label, self._scale)
        if raw.label == label:  # What a single frame may say is no contradiction.
            lowest, highest = min(lowest, raw.degree), max(highest, raw.degree)
        return min(max(degree, lowest), highest)
