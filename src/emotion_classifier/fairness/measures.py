"""What an audit measures, as ratios of sums over photos, so that thousands of resamples are matrix products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.metrics import Metric
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.statistics import Kind, Statistic

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
FEWEST = 10


@dataclass(frozen=True)
class Measure:
    """One metric as ratios of sums.

    Parameters
    ----------
    metric : Metric
    statistic : Statistic
    numerators, denominators : ndarray of float64
        See `Statistic.ratio`; a denominator is 0 where a photo does not count.
    """

    metric: Metric
    statistic: Statistic
    numerators: Floats
    denominators: Floats

    @property
    def name(self) -> str:
        """Of the metric."""
        return self.metric.name

    @property
    def kind(self) -> Kind:
        """Of the statistic."""
        return self.statistic.kind

    @property
    def width(self) -> tuple[int, int]:
        """Number of numerators and of denominators."""
        return self.numerators.shape[1], self.denominators.shape[1]

    def parts(self, sums: Floats) -> Floats:
        """Each share of its own, shape (..., p), from the sums of all columns, shape (..., columns)."""
        numerators, denominators = self._split(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(denominators > 0, numerators / denominators, np.nan))

    def value(self, sums: Floats) -> Floats:
        """Work the metric out, shape (...); NaN where nothing counts."""
        if self.kind != "calibration":
            return np.asarray(self.parts(sums).mean(axis=-1))
        numerators, denominators = self._split(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.abs(numerators).sum(axis=-1) / denominators[..., 0]
        return np.asarray(np.where(denominators[..., 0] > 0, error, np.nan))

    def by_class(self, table: Floats, truth: Rows) -> Floats:
        """Give every photo the numerators that are usual for its class, shape (n, columns)."""
        alike = table.copy()
        numerators, denominators = self._split(table)
        for label in np.unique(truth):
            own = truth == label
            counted = denominators[own].sum(axis=0)
            usual = numerators[own].sum(axis=0) / np.where(counted > 0, counted, 1)
            alike[own, : self.width[0]] = usual * denominators[own]
        return alike

    def units(self, rows: Rows, unit: Rows) -> list[int]:
        """Count the independent units among some photos that each share rests on."""
        counted = self.denominators[rows] > 0
        return [len(np.unique(unit[rows][column])) for column in counted.T]

    def enough(self, rows: Rows, unit: Rows, needed: int) -> bool:
        """Whether some photos suffice; a mean of p shares needs the p-th part for each."""
        of_each = max(FEWEST, -(-needed // self.width[1]))
        return all(count >= of_each for count in self.units(rows, unit))

    def _split(self, sums: Floats) -> tuple[Floats, Floats]:
        return sums[..., : self.width[0]], sums[..., self.width[0] :]


def columns(measures: tuple[Measure, ...]) -> tuple[Floats, tuple[slice, ...]]:
    """Put all numerators and denominators side by side, shape (n, columns), and say where each measure's are."""
    blocks = [np.hstack([measure.numerators, measure.denominators]) for measure in measures]
    ends = np.cumsum([block.shape[1] for block in blocks])
    places = tuple(
        slice(int(end - block.shape[1]), int(end)) for end, block in zip(ends, blocks, strict=True)
    )
    return np.hstack(blocks), places


def measures_of(predictions: Predictions) -> tuple[Measure, ...]:
    """Lay out every metric that is registered for the audit, that the data allow and that counts some photo."""
    return tuple(
        Measure(metric, statistic, *statistic.ratio())
        for metric, statistic in metrics.statistics(predictions, "audit")
        if statistic.of.any()
    )
