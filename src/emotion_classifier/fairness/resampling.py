"""Intervals of every group's figures from one bootstrap of people, as matrix products."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.intervals import UNDEFINED, Estimate, effective_number, score_interval
from emotion_classifier.fairness.measures import Measure

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

        Shares have Wilson's interval with the effective number of photos, as in `evaluate`, since a bootstrap of 60
        right answers among 60 has no width at all; balanced accuracy combines the intervals of its recalls. All else
        has the percentiles of the bootstrap, those of calibration shifted by its bias.

        References
        ----------
        Zou and Donner (2008), Construction of confidence limits about effect measures.
        """
        value, values = float(measure.value(sums)), measure.value(drawn)
        n = int((measure.denominators[rows] > 0).any(axis=1).sum())
        if math.isnan(value):
            return Drawn(measure, UNDEFINED, values)
        if measure.kind == "share":
            low, high = self._score(measure, rows)
        else:
            kept = values[~np.isnan(values)]
            shift = value - float(kept.mean()) if measure.kind == "calibration" else 0.0
            low, high = (float(end) + shift for end in np.quantile(kept, _TAILS))
            low = max(0.0, low) if measure.kind == "calibration" else low
        return Drawn(measure, Estimate(value, min(low, value), max(high, value), n), values)

    def _score(self, measure: Measure, rows: Rows) -> tuple[float, float]:
        below, above, values = 0.0, 0.0, []
        for hits, of in zip(measure.numerators[rows].T, measure.denominators[rows].T, strict=True):
            counted = of > 0
            share = float(hits[counted].mean())
            low, high = score_interval(share, effective_number(hits[counted], self.unit[rows][counted]))
            values.append(share)
            below += (share - low) ** 2
            above += (high - share) ** 2
        parts, value = len(values), sum(values) / len(values)
        return max(0.0, value - math.sqrt(below) / parts), min(1.0, value + math.sqrt(above) / parts)


def sum_by(place: Rows, table: Floats, count: int) -> npt.NDArray[np.float32]:
    """Add up the rows of a table, shape (n, columns), by number, shape (count, columns)."""
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(count))
    return np.add.reduceat(table[order], starts, axis=0).astype(np.float32)


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
