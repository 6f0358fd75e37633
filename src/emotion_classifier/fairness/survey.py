"""What the checks of an audit look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.fairness.bands import AGE_BANDS
from emotion_classifier.fairness.grouping import TIMES, Grouping
from emotion_classifier.fairness.result import Gap, GroupFigures

ROUNDS = 2000
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class AuditOptions:
    """What a user may say about an audit.

    Parameters
    ----------
    group_column : str
        Column that says who is in the photo; people are resampled where the data has it, else photos.
    points : float
        A group is spoken of when an accuracy of 90 % would be known to plus or minus so many percentage points.
    points_of_concern : float
        Smallest gap that is worth a finding, in percentage points; on the degree, in hundredths of the scale.
    rounds, seed : int
        Of the bootstrap, and at least of the permutations.
    age_bands : tuple of float
        Lower ends of the bands of a column called age.
    bands : dict of column to tuple of float
        The same of other columns.
    ignore : tuple of str
        Codes of checks that are not run.
    """

    group_column: str = "identity"
    points: float = 10.0
    points_of_concern: float = 2.0
    rounds: int = ROUNDS
    seed: int = 0
    age_bands: tuple[float, ...] = AGE_BANDS
    bands: dict[str, tuple[float, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditSurvey:
    """Everything an audit has worked out, for its checks.

    Parameters
    ----------
    predictions : Predictions
    ids : tuple of n str
    groupings : tuple of Grouping
        Columns first, then intersections.
    groups : tuple of GroupFigures
    gaps : tuple of Gap
    unit : ndarray of int64, shape (n,)
        Group of every photo, from 0 without gaps: photos of one number are not independent of each other.
    unit_name : str
        "people" or "photos".
    options : AuditOptions
    """

    predictions: Predictions
    ids: tuple[str, ...]
    groupings: tuple[Grouping, ...]
    groups: tuple[GroupFigures, ...]
    gaps: tuple[Gap, ...]
    unit: npt.NDArray[np.int64]
    unit_name: str
    options: AuditOptions

    @property
    def columns(self) -> tuple[Grouping, ...]:
        """Groupings by one column."""
        return tuple(each for each in self.groupings if TIMES not in each.by)

    def rows(self, by: str, group: str) -> npt.NDArray[np.int64]:
        """Photos of a group."""
        grouping = next(each for each in self.groupings if each.by == by)
        return np.flatnonzero(grouping.codes == grouping.groups.index(group))

    def files(self, by: str, group: str, where: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        """Photos of a group that are marked, given marks of all, shape (n,)."""
        return tuple(self.ids[row] for row in self.rows(by, group) if where[row])

    def evidence(self, gap: Gap) -> dict[str, Any]:
        """Numbers behind a gap."""
        values = {
            each.group: each.metrics[gap.metric].to_dict()
            for each in self.groups
            if each.by == gap.by and gap.metric in each.metrics
        }
        return {**gap.to_dict(), "points": round(points_of(gap), 2), "groups": values}


def points_of(gap: Gap) -> float:
    """Size of a gap in points, without what the mix of classes explains; see `Metric.points`."""
    return metrics.get(gap.metric).points(abs((gap.difference.value or 0.0) - gap.explained))
