"""Intervals of every group's figures from one bootstrap of people, as matrix products."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.differences import difference_of_shares
from emotion_classifier.evaluation.intervals import (
    UNDEFINED,
    Estimate,
    grouped_share,
    mean_of_shares,
    percentiles_if_wide,
)
from emotion_classifier.fairness.measures import Measure

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
        """
        value, values = float(measure.value(sums)), measure.value(drawn)
        n = int((measure.denominators[rows] > 0).any(axis=1).sum())
        if math.isnan(value):
            return Drawn(measure, UNDEFINED, values)
        low, high = (
            self._score(measure, rows) if measure.kind == "share" else _shifted(measure, value, values)
        )
        if low is None or high is None:
            return Drawn(measure, Estimate(value, None, None, n), values)
        low = max(0.0, low) if measure.kind == "calibration" else low
        return Drawn(measure, Estimate(value, min(low, value), max(high, value), n), values)

    def _score(self, measure: Measure, rows: Rows) -> tuple[float, float]:
        shares = []
        for hits, of in zip(measure.numerators[rows].T, measure.denominators[rows].T, strict=True):
            counted = of > 0
            shares.append(grouped_share(hits[counted] > 0, groups=self.unit[rows][counted]))
        return mean_of_shares(shares)


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
    if high.measure.kind == "share":
        return difference_of_shares(a, b)
    if a.value is None or b.value is None:
        return UNDEFINED
    value = a.value - b.value
    return Estimate(value, *_shifted(high.measure, value, high.values - low.values), a.n + b.n)


def _shifted(measure: Measure, value: float, drawn: Floats) -> tuple[float | None, float | None]:
    """Take the percentiles of a bootstrap, those of calibration shifted by its bias."""
    low, high = percentiles_if_wide(drawn)
    if low is None or high is None or measure.kind != "calibration":
        return low, high
    shift = value - float(np.nanmean(drawn))
    return low + shift, high + shift


def ratio(high: Drawn, low: Drawn) -> Estimate:
    """Estimate the lower figure divided by the higher, with the percentiles of the bootstrap.

    There is no interval where all resamples agree, as where one of the two groups has no error at all.
    """
    a, b = high.estimate, low.estimate
    if not a.value or b.value is None or a.value < 0 or b.value < 0:
        return UNDEFINED
    drawn = np.divide(low.values, high.values, out=np.full_like(low.values, np.nan), where=high.values > 0)
    return Estimate(b.value / a.value, *percentiles_if_wide(drawn), a.n + b.n)
