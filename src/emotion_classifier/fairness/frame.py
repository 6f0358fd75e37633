"""Point figures of every group, their differences and ratios, by fairlearn's MetricFrame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra
from emotion_classifier.evaluation.calibration import calibration_error
from emotion_classifier.evaluation.predictions import Answers
from emotion_classifier.evaluation.scores import balanced_accuracy
from emotion_classifier.fairness.measures import (
    Measure,
    label_marks,
    probability_of_happy,
    read_as,
    target_degree,
)

Rows = npt.NDArray[np.int64]
Metric = Callable[[Rows, Rows], float]


@dataclass(frozen=True)
class Compared:
    """Figures of groups, as MetricFrame gives them.

    Parameters
    ----------
    values : dict of metric to dict of group to float
        NaN where a group has too few photos for that metric.
    differences, ratios : dict of metric to float
        Highest less lowest; lowest divided by highest.
    """

    values: dict[str, dict[str, float]]
    differences: dict[str, float]
    ratios: dict[str, float]


def compare_groups(
    answers: Answers,
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
    answers : Answers
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
    metrics = _metrics(answers)
    frame = MetricFrame(
        metrics={each.name: _where_enough(each, metrics[each.name], unit, needed) for each in measures},
        y_true=rows,
        y_pred=rows,
        sensitive_features={"group": groups[rows]},
    )
    return Compared(
        {name: {str(g): float(v) for g, v in frame.by_group[name].items()} for name in frame.by_group},
        {str(name): float(value) for name, value in frame.difference().items()},
        {str(name): float(value) for name, value in frame.ratio().items()},
    )


def _where_enough(measure: Measure, metric: Metric, unit: Rows, needed: int) -> Metric:
    def of_group(rows: Rows, same: Rows) -> float:
        rows = np.asarray(rows, np.int64)
        return metric(rows, same) if measure.enough(rows, unit, needed) else float("nan")

    return of_group


def _metrics(answers: Answers) -> dict[str, Metric]:
    """Every metric from the numbers of its photos, each by its plain definition."""
    names, found = answers.names, answers.answered
    error = answers.degree - target_degree(answers)
    stated, counted = probability_of_happy(answers)
    happy = (names == "happy").astype(np.float64)
    uncertain = np.array([label == "uncertain" for label in answers.stated])

    def mean(values: npt.NDArray[np.bool_] | npt.NDArray[np.float64], of: npt.NDArray[np.bool_]) -> Metric:
        return lambda rows, _: float(np.mean(values[rows][of[rows]]))

    everybody = np.ones(len(answers), np.bool_)
    return {
        **{name: mean(hits, of) for name, (hits, of) in label_marks(answers).items()},
        "faces_found": mean(found, everybody),
        "accuracy": mean(answers.correct, everybody),
        "balanced_accuracy": lambda rows, _: balanced_accuracy(answers.truth[rows], answers.forced[rows]),
        "false_sad": mean(read_as(answers, "sad"), names == "happy"),
        "false_happy": mean(read_as(answers, "happy"), names == "sad"),
        "false_sad_any": mean(read_as(answers, "sad"), names != "sad"),
        "false_happy_any": mean(read_as(answers, "happy"), names != "happy"),
        "degree_error": mean(error, found),
        "degree_absolute_error": mean(np.abs(error), found),
        "calibration": lambda rows, _: calibration_error(
            stated[rows][counted[rows]], happy[rows][counted[rows]]
        ),
        "abstention": mean(uncertain, found & answers.binary),
    }
