"""Intervals of every group's figures from one bootstrap of people, as matrix products."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.fairness.measures import Measure
from emotion_classifier.evaluation.intervals import UNDEFINED, Estimate

_Z = 1.959964
_TAILS = (0.025, 0.975)
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """One measure on one group: as it is, and in every resample.

    Parameters
    ----------
    measure : Measure
    estimate : Estimate
    values : ndarray of float64, shape (rounds,)
    """

    measure: Measure
    estimate: Estimate
    values: Floats


class Resamples:
    """Weights of every unit in every resample.

    Parameters
    ----------
    unit : ndarray of int64, shape (n,)
        Number of each photo's unit, from 0 without gaps: whole units are drawn, as many as there are.
    rounds, seed : int
    """

    def __init__(self, unit: Rows, *, rounds: int, seed: int) -> None:
        count, generator = int(unit.max()) + 1, np.random.default_rng(seed)
        self.unit = unit
        self.by_photo = count == len(unit)
        self._weights = np.stack(
            [
                np.bincount(generator.integers(0, count, count), minlength=count).astype(np.float32)
                for _ in range(rounds)
            ]
        )

    def sums(self, rows: Rows, table: Floats) -> Floats:
        """Add up the columns of `table`, shape (n, columns), over some photos, shape (rounds, columns)."""
        present, place = np.unique(self.unit[rows], return_inverse=True)
        return np.asarray(self._weights[:, present] @ sum_by(place, table[rows], len(present)), np.float64)

    def draw(self, measure: Measure, rows: Rows, sums: Floats, drawn: Floats) -> Drawn:
        """Estimate one measure from its sums, shape (columns,), and those of the resamples, shape (rounds, columns).

        Shares have Wilson's interval with as many photos as would have the bootstrap's variance, since a bootstrap of
        60 right answers among 60 has no width at all; balanced accuracy combines the intervals of its recalls. All
        else has the percentiles of the bootstrap, those of calibration shifted by its bias.

        References
        ----------
        Korn and Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
        estimated from survey data; Zou and Donner (2008), Construction of confidence limits about effect measures.
        """
        value, values = float(measure.value(sums)), measure.value(drawn)
        n = int((measure.denominators[rows] > 0).any(axis=1).sum())
        if math.isnan(value):
            return Drawn(measure, UNDEFINED, values)
        if measure.kind == "share":
            low, high = self._score(measure, rows, sums, drawn)
        else:
            kept = values[~np.isnan(values)]
            shift = value - float(kept.mean()) if measure.kind == "calibration" else 0.0
            low, high = (float(end) + shift for end in np.quantile(kept, _TAILS))
            low = max(0.0, low) if measure.kind == "calibration" else low
        return Drawn(measure, Estimate(value, min(low, value), max(high, value), n), values)

    def _score(self, measure: Measure, rows: Rows, sums: Floats, drawn: Floats) -> tuple[float, float]:
        shares, spread = measure.parts(sums), np.nanvar(measure.parts(drawn), axis=0)
        photos = (measure.denominators[rows] > 0).sum(axis=0)
        units = measure.units(rows, self.unit)
        below, above = 0.0, 0.0
        for share, variance, n, people in zip(shares, spread, photos, units, strict=True):
            low, high = score_interval(
                float(share), n if self.by_photo else _effective(share, variance, n, people)
            )
            below += (share - low) ** 2
            above += (high - share) ** 2
        parts, value = len(shares), float(shares.mean())
        return max(0.0, value - math.sqrt(below) / parts), min(1.0, value + math.sqrt(above) / parts)


def sum_by(place: Rows, table: Floats, count: int) -> npt.NDArray[np.float32]:
    """Add up the rows of a table, shape (n, columns), by number, shape (count, columns)."""
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(count))
    return np.add.reduceat(table[order], starts, axis=0).astype(np.float32)


def score_interval(share: float, n: float) -> tuple[float, float]:
    """Wilson's score interval; n may be an effective number and need not be whole.

    Examples
    --------
    >>> [round(end, 3) for end in score_interval(1.0, 60)]
    [0.94, 1.0]
    """
    square = _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(high: Drawn, low: Drawn) -> Estimate:
    """Estimate one group's figure less another's.

    Shares combine the two intervals (Newcombe 1998, method 10), all else is of the bootstrap.
    """
    a, b = high.estimate, low.estimate
    if (
        a.value is None
        or b.value is None
        or a.low is None
        or a.high is None
        or b.low is None
        or b.high is None
    ):
        return UNDEFINED
    value, n = a.value - b.value, a.n + b.n
    if high.measure.kind == "share":
        below = math.hypot(a.value - a.low, b.high - b.value)
        above = math.hypot(a.high - a.value, b.value - b.low)
        return Estimate(value, value - below, value + above, n)
    drawn = high.values - low.values
    drawn = drawn[~np.isnan(drawn)]
    shift = value - float(drawn.mean()) if high.measure.kind == "calibration" else 0.0
    first, last = (float(end) + shift for end in np.quantile(drawn, _TAILS))
    return Estimate(value, first, last, n)


def ratio(high: Drawn, low: Drawn) -> Estimate:
    """Estimate the lower figure divided by the higher, with the percentiles of the bootstrap."""
    a, b = high.estimate, low.estimate
    if not a.value or b.value is None or a.value < 0 or b.value < 0:
        return UNDEFINED
    drawn = np.divide(low.values, high.values, out=np.full_like(low.values, np.nan), where=high.values > 0)
    drawn = drawn[~np.isnan(drawn)]
    first, last = np.quantile(drawn, _TAILS)
    return Estimate(b.value / a.value, float(first), float(last), a.n + b.n)


def _effective(share: float, variance: float, photos: int, people: int) -> float:
    """Independent photos that would have this variance; people where all photos are alike."""
    if not 0 < share < 1 or not variance > 0:
        return float(people)
    return float(min(photos, max(1.0, share * (1 - share) / variance)))
