"""Which photos are taken for what, by the label that people see and by forced choice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.predictions import UNCERTAIN, Predictions, general
from emotion_classifier.model.scale import CANONICAL

SHOWN = (*CANONICAL, UNCERTAIN)
"""What a face may be called, in the order of the columns of a table."""


@dataclass(frozen=True)
class Misclassified:
    """A photo whose forced choice is not its label; ``degree`` and ``p_happy`` are None without a face."""

    file: str
    truth: str
    reading: str
    degree: float | None
    p_happy: float | None


@dataclass(frozen=True)
class Mislabelled:
    """A photo whose label shown is wrong.

    Parameters
    ----------
    file, truth : str
        The photo, and its label in the data.
    called : str
        What it is called: happy, neutral, sad, other, uncertain, "no face" or "unreadable".
    degree : float or None
        None without a face.
    reason : str or None
        Why it is called uncertain.
    """

    file: str
    truth: str
    called: str
    degree: float | None
    reason: str | None


def confuse(predictions: Predictions) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Count photos by truth (rows) and forced choice (columns, which are named).

    There is always a column for "no face", and one for "unreadable" where there are such photos.
    """
    k = len(predictions.labels)
    counts = np.zeros((k, k + 2), np.int64)
    np.add.at(counts, (predictions.y_true, predictions.y_pred), 1)
    shown = k + 1 + bool(counts[:, k + 1].any())
    return predictions.columns[:shown], counts[:, :shown]


def confuse_labels(predictions: Predictions) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Count photos by label (rows) and by what they are called (columns, which are named).

    Columns of no photo are left out, but for happy, sad and uncertain; photos without an answer are last.
    """
    columns = (*SHOWN, "")
    places = np.array([columns.index(label) for label in predictions.shown])
    counts = np.zeros((len(predictions.labels), len(columns)), np.int64)
    np.add.at(counts, (predictions.y_true, places), 1)
    kept = [
        place
        for place, name in enumerate(columns)
        if name in ("happy", "sad", UNCERTAIN) or counts[:, place].any()
    ]
    return tuple(columns[place] or "no answer" for place in kept), counts[:, kept]


def mislabelled(predictions: Predictions, ids: tuple[str, ...]) -> tuple[Mislabelled, ...]:
    """List the photos whose label shown is wrong: those called something, then uncertain ones, then the unanswered.

    Among them, the least probable true label is first.
    """
    shown = predictions.shown
    wrong = np.flatnonzero(shown != general(predictions.names))
    of_truth = predictions.probabilities[wrong, predictions.y_true[wrong]]
    silence = np.where(shown[wrong] == "", 2, np.where(shown[wrong] == UNCERTAIN, 1, 0))
    reasons = predictions.reasons or (None,) * len(predictions)
    return tuple(
        Mislabelled(
            file=ids[row],
            truth=predictions.labels[predictions.y_true[row]],
            called=str(shown[row]) or predictions.columns[predictions.y_pred[row]],
            degree=_number(predictions.degree[row]),
            reason=reasons[row],
        )
        for row in wrong[np.lexsort((of_truth, silence))]
    )


def misclassified(predictions: Predictions, ids: tuple[str, ...]) -> tuple[Misclassified, ...]:
    """List the photos whose forced choice is wrong: the least probable true label first, those without a face last."""
    wrong = np.flatnonzero(~predictions.correct)
    of_truth = predictions.probabilities[wrong, predictions.y_true[wrong]]
    worst_first = wrong[np.argsort(of_truth, kind="stable")]  # NaN, no face, sorts last.
    return tuple(
        Misclassified(
            file=ids[row],
            truth=predictions.labels[predictions.y_true[row]],
            reading=predictions.columns[predictions.y_pred[row]],
            degree=_number(predictions.degree[row]),
            p_happy=_number(predictions.p_happy[row]),
        )
        for row in worst_first
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def named_counts(
    labels: tuple[str, ...], columns: tuple[str, ...], counts: npt.NDArray[np.int64]
) -> dict[str, dict[str, int]]:
    """Give counts, shape (labels, columns), their names, as JSON prints them."""
    return {
        truth: {column: int(count) for column, count in zip(columns, row, strict=True)}
        for truth, row in zip(labels, counts, strict=True)
    }
