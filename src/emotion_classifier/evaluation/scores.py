"""Scores of forced choices and probabilities against the truth, fast enough for a bootstrap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_SMALLEST = 1e-15
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def balanced_accuracy(truth: Rows, forced: Rows) -> float:
    """Mean recall over the classes that occur; no answer counts as wrong, no photos have none (NaN).

    Parameters
    ----------
    truth : ndarray of int64, shape (n,)
        Class of every photo, from 0.
    forced : ndarray of int64, shape (n,)
        The choice; any number that is no class for "no answer".

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 2]))
    0.5
    """
    if not len(truth):
        return float("nan")
    present = np.bincount(truth)
    hits = np.bincount(truth[truth == forced], minlength=len(present))
    occurs = present > 0
    return float(np.mean(hits[occurs] / present[occurs]))


def log_loss(truth: Rows, probabilities: Floats) -> float:
    """Mean surprise at the truth, in nats; between fewer than two classes there is none to be had (NaN).

    Parameters
    ----------
    truth : ndarray of int64, shape (n,)
        Column of the true class.
    probabilities : ndarray of float64, shape (n, k)
        Rows sum to 1.

    Examples
    --------
    >>> round(log_loss(np.array([0]), np.array([[0.5, 0.5]])), 4)
    0.6931
    """
    if not len(truth) or probabilities.shape[1] < 2:
        return float("nan")
    of_truth = np.clip(probabilities[np.arange(len(truth)), truth], _SMALLEST, 1)
    return float(-np.mean(np.log(of_truth)))


def roc_auc(truth: Rows, probabilities: Floats) -> float:
    """Area under the ROC curve; of more than two classes, the mean over each that occurs against the rest.

    Parameters
    ----------
    truth : ndarray of int64, shape (n,)
    probabilities : ndarray of float64, shape (n, k)

    Returns
    -------
    float
        NaN where fewer than two classes occur.
    """
    occurs = np.unique(truth)
    if len(occurs) < 2:
        return float("nan")
    if probabilities.shape[1] == 2:
        return area_under_roc(truth == 0, probabilities[:, 0])
    return float(np.mean([area_under_roc(truth == label, probabilities[:, label]) for label in occurs]))


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
