"""Point figures of every group, and their differences, by fairlearn's MetricFrame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra
from emotion_classifier.fairness.measures import Measure

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """Figures of groups, as MetricFrame gives them.

    Parameters
    ----------
    values : dict of metric to dict of group to float
        NaN where a group has too few photos for that metric.
    differences : dict of metric to float
        Highest less lowest.
    """

    values: dict[str, dict[str, float]]
    differences: dict[str, float]


def compare_groups(
    groups: npt.NDArray[np.str_],
    measures: Sequence[Measure],
    *,
    unit: Rows,
    needed: int,
    rows: Rows,
) -> Compared:
    """Work out every metric in every group with fairlearn.

    Parameters
    ----------
    groups : ndarray of str, shape (n,)
    measures : sequence of Measure
        Which metrics, and when a group has enough photos for one.
    unit : ndarray of int64, shape (n,)
    needed : int
        Independent units.
    rows : ndarray of int64
        Photos of the groups that take part.

    Raises
    ------
    MissingExtraError
        If fairlearn is not installed.
    """
    try:
        from fairlearn.metrics import MetricFrame
    except ImportError as error:
        raise missing_extra("audit", "fairlearn") from error
    frame = MetricFrame(
        metrics={each.name: _where_enough(each, unit, needed) for each in measures},
        y_true=rows,
        y_pred=rows,
        sensitive_features={"group": groups[rows]},
    )
    return Compared(
        {name: {str(g): float(v) for g, v in frame.by_group[name].items()} for name in frame.by_group},
        {str(name): float(value) for name, value in frame.difference().items()},
    )


def _where_enough(measure: Measure, unit: Rows, needed: int) -> Callable[[Rows, Rows], float]:
    def of_group(rows: Rows, same: Rows) -> float:
        rows = np.asarray(rows, np.int64)
        return measure.statistic.value(rows) if measure.enough(rows, unit, needed) else float("nan")

    return of_group
