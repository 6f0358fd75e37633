"""Scores of predictions against the truth, fast enough for a bootstrap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra

_SMALLEST = 1e-15
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def balanced_accuracy(y_true: Rows, y_pred: Rows) -> float:
    """Mean recall over the classes that occur; no face counts as wrong, no photos have none (NaN).

    Parameters
    ----------
    y_true : ndarray of int64, shape (n,)
        Class of every photo, from 0.
    y_pred : ndarray of int64, shape (n,)
        The choice; any number that is no class where there is no face.

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 2]))
    0.5
    """
    if not len(y_true):
        return float("nan")
    present = np.bincount(y_true)
    hits = np.bincount(y_true[y_true == y_pred], minlength=len(present))
    occurs = present > 0
    return float(np.mean(hits[occurs] / present[occurs]))


def log_loss(y_true: Rows, probabilities: Floats) -> float:
    """Mean surprise at the truth, in nats; between fewer than two classes there is none to be had (NaN).

    Parameters
    ----------
    y_true : ndarray of int64, shape (n,)
        Column of the true class.
    probabilities : ndarray of float64, shape (n, k)
        Rows sum to 1.

    Examples
    --------
    >>> round(log_loss(np.array([0]), np.array([[0.5, 0.5]])), 4)
    0.6931
    """
    return float(np.mean(log_losses(y_true, probabilities))) if len(y_true) else float("nan")


def log_losses(y_true: Rows, probabilities: Floats) -> Floats:
    """Surprise at the truth of every photo, shape (n,), in nats; NaN between fewer than two classes."""
    if probabilities.shape[1] < 2:
        return np.full(len(y_true), np.nan)
    of_truth = np.clip(probabilities[np.arange(len(y_true)), y_true], _SMALLEST, 1)
    return np.asarray(-np.log(of_truth))


def roc_auc(y_true: Rows, probabilities: Floats) -> float:
    """Area under the ROC curve; of more than two classes, the mean over each that occurs against the rest.

    Parameters
    ----------
    y_true : ndarray of int64, shape (n,)
    probabilities : ndarray of float64, shape (n, k)

    Returns
    -------
    float
        NaN where fewer than two classes occur.
    """
    occurs = np.unique(y_true)
    if len(occurs) < 2:
        return float("nan")
    if probabilities.shape[1] == 2:
        return area_under_roc(y_true == 0, probabilities[:, 0])
    return float(np.mean([area_under_roc(y_true == label, probabilities[:, label]) for label in occurs]))


def area_under_roc(positive: npt.NDArray[np.bool_], scores: Floats) -> float:
    """Probability that a positive scores higher than a negative; a tie counts half (Mann and Whitney 1947).

    Written out because a bootstrap calls it thousands of times, and scikit-learn's takes a millisecond.

    Examples
    --------
    >>> area_under_roc(np.array([True, True, False]), np.array([0.9, 0.4, 0.4]))
    0.75
    """
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    n = int(positive.sum())
    wins = float(ranks[positive].sum()) - n * (n + 1) / 2
    return wins / (n * (len(positive) - n))


def spearman(first: Floats, second: Floats) -> float:
    """Rank correlation, −1 to 1; NaN where either is constant, of which scipy warns.

    Raises
    ------
    MissingExtraError
        If scipy is not installed.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.4, 0.9]))
    1.0
    """
    try:
        from scipy.stats import spearmanr
    except ImportError as error:
        raise missing_extra("evaluate", "scipy") from error
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(spearmanr(first, second).statistic)
