"""The curves of an evaluation: whether `p_happy` and the degree mean what they say, and what not answering buys."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.labels import is_graded
from emotion_classifier.evaluation.calibration import Bin, most_confident_first, reliability, risk_coverage
from emotion_classifier.evaluation.intervals import Estimate, grouped_share
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.statistics import Mean
from emotion_classifier.model.scale import net_share

POINTS = 101
STEP = 0.2
"""Width of the bins of the degree."""
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Curve = tuple[Floats, Floats]


def calibration_curve(predictions: Predictions) -> tuple[Bin, ...]:
    """Compare `p_happy` with the labels, on photos labelled happy or sad that have a face."""
    rows = predictions.binary & predictions.predicted
    groups = None if predictions.groups is None else predictions.groups[rows]
    return reliability(predictions.p_happy[rows], predictions.names[rows] == "happy", groups=groups)


def degree_curve(predictions: Predictions) -> tuple[tuple[float, Estimate], ...]:
    """Compare the degree with what raters said, bin by bin; empty where labels are no votes or grades.

    Returns
    -------
    tuple of (degree, Estimate)
        Mean degree of the photos of a bin, and the mean net share of their raters (happy less sad, −1 to +1).
    """
    net = net_share(predictions.shares)
    if not is_graded(net):
        return ()
    place = np.floor((np.nan_to_num(predictions.degree, nan=-9.0) + 1) / STEP + 1e-9).astype(np.int64)
    place = np.minimum(place, round(2 / STEP) - 1)  # +1 belongs to the last bin.
    points = []
    for each in np.unique(place[predictions.predicted]):
        of = np.asarray((place == each) & predictions.predicted, np.bool_)
        points.append((float(predictions.degree[of].mean()), Mean(net, of).estimate(predictions.groups)))
    return tuple(points)


def degree_points(points: tuple[tuple[float, Estimate], ...]) -> list[dict[str, Any]]:
    """Lay a curve of degrees out as `evaluate --json` prints it."""
    return [{"degree": round(degree, 4), "raters": net.to_dict()} for degree, net in points]


def risk_curve(predictions: Predictions) -> Curve:
    """Coverage and risk of the side of `p_happy`, on photos labelled happy or sad; no face is answered last."""
    rows = predictions.binary
    return risk_coverage(_surety(predictions, rows), ~predictions.right_side[rows])


def surest_first(predictions: Predictions) -> Rows:
    """Rows of the photos labelled happy or sad, in the order in which `risk_curve` answers them."""
    rows = np.flatnonzero(predictions.binary)
    return rows[most_confident_first(_surety(predictions, rows))]


def _surety(predictions: Predictions, rows: npt.NDArray[np.bool_] | Rows) -> Floats:
    p_happy = predictions.p_happy[rows]
    return np.maximum(p_happy, 1 - p_happy)


def calibration_points(bins: tuple[Bin, ...]) -> list[dict[str, Any]]:
    """Lay a calibration curve out as `evaluate --json` prints it."""
    return [
        {"stated": round(each.stated, 4), "observed": Estimate(*each[1:]).to_dict()}  # value, low, high, n
        for each in bins
    ]


def risk_points(curve: Curve, *, groups: Rows | None = None, points: int = POINTS) -> list[dict[str, Any]]:
    """Lay a risk-coverage curve out as `evaluate --json` prints it, thinned to some points.

    Parameters
    ----------
    curve : (coverage, risk)
        As `risk_coverage` gives it.
    groups : ndarray of int64, shape (n,), or None
        Of the photos, surest first; those with the same number count as one in the intervals.
    points : int
        At most so many, spread evenly; the last, with every photo, is among them.

    Returns
    -------
    list of dict
        ``coverage``, and ``risk`` with the interval of Wilson (1927) and the number of predictions.
    """
    coverage, risk = curve
    n = len(coverage)
    chosen = np.unique(np.linspace(0, n - 1, min(n, points)).round().astype(np.int64))
    wrong = np.diff(np.round(risk * np.arange(1, n + 1)), prepend=0) > 0
    given = np.arange(n)
    return [
        {
            "coverage": round(float(coverage[row]), 4),
            "risk": grouped_share(wrong, given <= row, groups).to_dict(),
        }
        for row in chosen
    ]
