"""What the answers of a tool are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from worker import Answer

from emotion_classifier.evaluation.intervals import Estimate, bootstrap, wilson
from emotion_classifier.evaluation.scores import area_under_roc

CLIP = 0.01
"""Probabilities are held between this and 1 − this: the peers round their scores to two decimals."""


def score(happy: npt.NDArray[np.bool_], answers: Sequence[Answer]) -> dict[str, Estimate]:
    """Compute accuracy, faces found, ROC AUC and log loss.

    Parameters
    ----------
    happy : ndarray of bool, shape (n,)
        The truth: happy, or else sad.
    answers : sequence of n Answer

    Returns
    -------
    dict of str to Estimate
        ``accuracy`` of the larger of the two scores (no face, no answer and a tie are wrong),
        ``faces_found``, and on photos with a face ``roc_auc`` and ``log_loss`` of P(happy | happy or sad).
    """
    p = np.array(
        [np.nan if answer.probability is None else answer.probability for answer in answers], np.float64
    )
    right = np.where(happy, p > 0.5, p < 0.5)
    seen = ~np.isnan(p)
    truth, p = happy[seen], p[seen]
    return {
        "accuracy": wilson(int(right.sum()), len(answers)),
        "faces_found": wilson(int(seen.sum()), len(answers)),
        "roc_auc": bootstrap(lambda rows: _roc_auc(truth[rows], p[rows]), len(p)),
        "log_loss": bootstrap(lambda rows: _log_loss(truth[rows], p[rows]), len(p)),
    }


def ties(answers: Sequence[Answer]) -> int:
    """Count faces whose two scores are equal, as where both were rounded to 0."""
    return sum(answer.probability == 0.5 for answer in answers)


def time_ratio(slower: Sequence[Answer], faster: Sequence[Answer]) -> Estimate:
    """Divide two tools' median milliseconds, over the photos both could read."""
    pairs = np.array(
        [(a.ms, b.ms) for a, b in zip(slower, faster, strict=True) if a.ms is not None and b.ms is not None]
    ).reshape(-1, 2)

    def ratio(rows: npt.NDArray[np.int64]) -> float:
        above, below = np.median(pairs[rows], axis=0)
        return float(above / below)

    return bootstrap(ratio, len(pairs))


def _roc_auc(happy: npt.NDArray[np.bool_], p: npt.NDArray[np.float64]) -> float:
    return float("nan") if happy.all() or not happy.any() else area_under_roc(happy, p)


def _log_loss(happy: npt.NDArray[np.bool_], p: npt.NDArray[np.float64]) -> float:
    of_truth = np.clip(np.where(happy, p, 1 - p), CLIP, 1 - CLIP)
    return float(-np.mean(np.log(of_truth)))
