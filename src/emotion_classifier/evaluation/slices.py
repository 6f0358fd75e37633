"""Figures of parts of a dataset: by a metadata column, and by what the reading says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.columns import NOT_SAID, one_spelling, rising
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.statistics import Statistic
from emotion_classifier.model.scale import Grade

FEWEST = 10
MOST_VALUES = 50
GRADES: tuple[str, ...] = get_args(Grade)
Rows = npt.NDArray[np.int64]
Parts = dict[str, dict[str, Rows]]


@dataclass(frozen=True)
class Slice:
    """The photos with one value of a column.

    Parameters
    ----------
    by, value : str
        Column and value, spelt as most rows spell it; ``(not said)`` where a photo has none.
    n : int
        Number of photos.
    metrics : dict of str to Estimate
        Those of the registry that are measured in slices; empty where there are fewer than `FEWEST` photos, which is
        too few to say. A figure of fewer than `FEWEST` photos has no value, nor has a mean over classes where so few
        are of some class that the whole data has; its n is then the number of those.
    """

    by: str
    value: str
    n: int
    metrics: dict[str, Estimate]

    @property
    def too_few(self) -> bool:
        """Whether there are too few photos for figures."""
        return self.n < FEWEST

    def to_dict(self) -> dict[str, Any]:
        """As `evaluate --json` prints it."""
        plain = {"by": self.by, "value": self.value, "n": self.n, "too_few": self.too_few}
        return plain | {name: estimate.to_dict() for name, estimate in self.metrics.items()}


def partition(dataset: Dataset, by: Sequence[str]) -> Parts:
    """Find the rows of every value of some columns.

    Parameters
    ----------
    dataset : Dataset
    by : sequence of str
        Names of columns.

    Returns
    -------
    dict of column to dict of value to ndarray of int64
        Values in rising order, ``(not said)`` last.

    Raises
    ------
    DatasetError
        If there is no such column, or it has more than `MOST_VALUES` values.
    """
    return {name: _values(dataset, name) for name in dict.fromkeys(map(dataset.column_named, by))}


def slices(predictions: Predictions, parts: Parts) -> tuple[Slice, ...]:
    """Measure every part of a partition."""
    measured = list(metrics.statistics(predictions, "slices"))

    def figures(rows: Rows) -> dict[str, Estimate]:
        if len(rows) < FEWEST:
            return {}
        return {metric.name: _estimate(statistic, rows, predictions.groups) for metric, statistic in measured}

    return tuple(
        Slice(name, value, len(rows), figures(rows))
        for name, values in parts.items()
        for value, rows in values.items()
    )


def _estimate(statistic: Statistic, rows: Rows, groups: Rows | None) -> Estimate:
    """Say nothing of a few photos, nor of a mean of parts, such as the recalls of the classes, one of them of few."""
    parts = statistic.parts(rows)
    if 0 < min(parts) < FEWEST or (len(parts) > 1 and not min(parts)):
        return Estimate(None, None, None, min(parts))
    return statistic.estimate(groups, rows)


def error_by_grade(predictions: Predictions) -> dict[str, Estimate]:
    """Share of wrong forced choices among the photos whose reading states each grade."""
    stated = np.array([grade or "" for grade in predictions.grades])
    return {grade: predictions.share(~predictions.correct, stated == grade) for grade in GRADES}


def _values(dataset: Dataset, name: str) -> dict[str, Rows]:
    written, _ = one_spelling(name, dataset.columns[name])
    values = [NOT_SAID if value is None else value for value in written]
    known = sorted(set(values) - {NOT_SAID}, key=rising)
    if len(known) > MOST_VALUES:
        raise DatasetError(
            f"The column {name!r} has {len(known):,} different values, and slices are made of at most {MOST_VALUES}. "
            f"Put its values into a few ranges or kinds, in a column of their own, and name that."
        )
    order = [*known, NOT_SAID] if NOT_SAID in values else known
    array = np.array(values)
    return {value: np.flatnonzero(array == value) for value in order}
