"""The kinds of statistic that a metric may be, and how the interval of each is made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.calibration import BINS, bins_of, calibration_error
from emotion_classifier.evaluation.differences import difference_of_paired_shares
from emotion_classifier.evaluation.intervals import (
    UNDEFINED,
    Estimate,
    bootstrap,
    grouped_share,
    mean_of_shares,
)
from emotion_classifier.evaluation.scores import balanced_accuracy

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Kind = Literal["share", "mean", "calibration"]


class Statistic(ABC):
    """A number worked out from any rows of a dataset.

    Parameters
    ----------
    of : ndarray of bool, shape (n,)
        The photos it is counted on.
    """

    kind: ClassVar[Kind]

    def __init__(self, of: Marks) -> None:
        self.of = of

    @abstractmethod
    def on(self, rows: Rows) -> float:
        """Work it out on rows that all count; NaN where it is not defined on them."""

    def value(self, rows: Rows) -> float:
        """Work it out on those of some rows that count."""
        return self.on(rows[self.of[rows]])

    def rows(self, rows: Rows | None = None) -> Rows:
        """Rows that count, among some; None: among all."""
        return np.flatnonzero(self.of) if rows is None else rows[self.of[rows]]

    def parts(self, rows: Rows) -> list[int]:
        """Count the photos that each part of it rests on, among some rows."""
        return [int(self.of[rows].sum())]

    def estimate(self, groups: Rows | None, rows: Rows | None = None) -> Estimate:
        """Estimate it on some rows (None: all) with a percentile bootstrap of whole groups.

        Parameters
        ----------
        groups : ndarray of int64, shape (n,), or None
            Photos with the same number are not independent; None: no two are.
        rows : ndarray of int64 or None
        """
        counted = self.rows(rows)
        own = None if groups is None else groups[counted]
        return bootstrap(lambda drawn: self.on(counted[drawn]), len(counted), groups=own)

    def difference(self, other: Statistic, groups: Rows) -> Estimate:
        """Estimate how far another statistic of the same photos lies above this one, on those that count for both.

        The interval is that of a paired bootstrap of whole groups.

        Parameters
        ----------
        other : Statistic
            Of the same kind.
        groups : ndarray of int64, shape (n,)
        """
        rows = np.flatnonzero(self.of & other.of)
        return bootstrap(
            lambda drawn: other.on(rows[drawn]) - self.on(rows[drawn]), len(rows), groups=groups[rows]
        )

    def ratio(self) -> tuple[Floats, Floats]:
        """Write it as sums over photos: numerators, shape (n, p), and denominators, shape (n, p) or (n, 1).

        A share or a mean is the mean of p ratios; a calibration error the sum of absolute numerators over the
        denominator. The audit draws thousands of resamples as matrix products of these.

        Raises
        ------
        TypeError
            If it is no ratio of sums.
        """
        raise TypeError(f"{type(self).__name__} is no ratio of sums over photos, so it cannot be audited.")


class _OfShares(Statistic):
    """A share, or a mean of shares: it has an interval where every photo is right too."""

    kind = "share"

    def estimate(self, groups: Rows | None, rows: Rows | None = None) -> Estimate:
        """Estimate it by combining Wilson's intervals of the shares; see `grouped_share` and `mean_of_shares`."""
        counted = self.rows(rows)
        own = None if groups is None else groups[counted]
        numerators, denominators = (table[counted] for table in self.ratio())
        parts = [
            grouped_share(hits > 0, of > 0, own)
            for hits, of in zip(numerators.T, denominators.T, strict=True)
            if of.any()
        ]
        return _mean(parts, self.on(counted), len(counted))

    def difference(self, other: Statistic, groups: Rows) -> Estimate:
        """Estimate it by combining Tango's intervals of the shares; see `difference_of_paired_shares`."""
        rows = np.flatnonzero(self.of & other.of)
        (of_self, denominators), (of_other, _) = self.ratio(), other.ratio()
        parts = [
            difference_of_paired_shares(further[counted], groups[rows][counted])
            for further, counted in zip((of_other - of_self)[rows].T, denominators[rows].T > 0, strict=True)
            if counted.any()
        ]
        return _mean(parts, other.on(rows) - self.on(rows), len(rows), least=-1.0)


def _mean(parts: Sequence[Estimate], value: float, n: int, *, least: float = 0.0) -> Estimate:
    """Make the estimate of a mean from those of its parts; without an interval where one of them has none."""
    if len(parts) < 2:
        return parts[0] if parts else UNDEFINED
    if any(part.low is None for part in parts):
        return Estimate(value, None, None, n)
    return Estimate(value, *mean_of_shares(parts, least=least), n)


class Share(_OfShares):
    """The share of photos that are hits, with Wilson's interval for as many photos as are independent.

    Parameters
    ----------
    hits, of : ndarray of bool, shape (n,)
        ``of`` None: all photos count.
    """

    def __init__(self, hits: Marks, of: Marks | None = None) -> None:
        super().__init__(np.ones(len(hits), np.bool_) if of is None else of)
        self.hits = hits

    def on(self, rows: Rows) -> float:
        """Take the mean."""
        return float(np.mean(self.hits[rows])) if len(rows) else float("nan")

    def ratio(self) -> tuple[Floats, Floats]:
        """One ratio."""
        return (self.hits & self.of)[:, np.newaxis].astype(np.float64), _column(self.of)


class Mean(Statistic):
    """The mean of a number, with a bootstrap interval.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    of : ndarray of bool, shape (n,)
    """

    kind = "mean"

    def __init__(self, values: Floats, of: Marks) -> None:
        super().__init__(of)
        self.values = values

    def on(self, rows: Rows) -> float:
        """Take the mean."""
        return float(np.mean(self.values[rows])) if len(rows) else float("nan")

    def ratio(self) -> tuple[Floats, Floats]:
        """One ratio."""
        return np.where(self.of, self.values, 0.0)[:, np.newaxis], _column(self.of)


class MeanRecall(_OfShares):
    """The mean recall of the classes that occur, with an interval combined from those of the recalls.

    Parameters
    ----------
    y_true, y_pred : ndarray of int64, shape (n,)
        Classes from 0.
    """

    def __init__(self, y_true: Rows, y_pred: Rows) -> None:
        super().__init__(np.ones(len(y_true), np.bool_))
        self._y_true, self._y_pred = y_true, y_pred
        self._of_class = y_true[:, np.newaxis] == np.unique(y_true)

    def on(self, rows: Rows) -> float:
        """Take the mean over the classes that occur on these rows."""
        return balanced_accuracy(self._y_true[rows], self._y_pred[rows])

    def parts(self, rows: Rows) -> list[int]:
        """Count the photos of every class that the whole data has."""
        return [int(count) for count in self._of_class[rows].sum(axis=0)]

    def ratio(self) -> tuple[Floats, Floats]:
        """One ratio for each class."""
        right = (self._y_true == self._y_pred)[:, np.newaxis]
        return (right & self._of_class).astype(np.float64), self._of_class.astype(np.float64)


class CalibrationError(Statistic):
    """The expected calibration error, with a bootstrap interval.

    Parameters
    ----------
    stated, outcome : ndarray of float64, shape (n,)
        As `calibration_error` takes them; not looked at where a photo does not count.
    of : ndarray of bool, shape (n,)
    """

    kind = "calibration"

    def __init__(self, stated: Floats, outcome: Floats, of: Marks) -> None:
        super().__init__(of)
        self._stated, self._outcome = stated, outcome

    def on(self, rows: Rows) -> float:
        """Compare what was stated with what happened, bin by bin."""
        return calibration_error(self._stated[rows], self._outcome[rows])

    def ratio(self) -> tuple[Floats, Floats]:
        """One numerator for each bin, and the number of photos."""
        stated = np.where(self.of, self._stated, 0.0)
        numerators = np.zeros((len(stated), BINS))
        numerators[np.arange(len(stated)), bins_of(stated)] = np.where(self.of, stated - self._outcome, 0.0)
        return numerators, _column(self.of)


class Score(Statistic):
    """Any function of rows, with a bootstrap interval; not for an audit.

    Parameters
    ----------
    function : callable
        From row numbers to a number.
    of : ndarray of bool, shape (n,)
    """

    def __init__(self, function: Callable[[Rows], float], of: Marks) -> None:
        super().__init__(of)
        self._function = function

    def on(self, rows: Rows) -> float:
        """Call the function."""
        return self._function(rows)


def _column(marks: Marks) -> Floats:
    return marks[:, np.newaxis].astype(np.float64)
