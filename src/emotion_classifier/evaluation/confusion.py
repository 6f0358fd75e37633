"""Which photos are taken for what, by the label that people see and by forced choice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.predictions import (
    BINARY,
    NO_PREDICTION,
    UNCERTAIN,
    Box,
    Predictions,
    general,
)
from emotion_classifier.model.scale import CANONICAL

SHOWN = (*CANONICAL, UNCERTAIN)
"""What a face may be called, in the order of the columns of a table."""


@dataclass(frozen=True)
class Confusion:
    """Photos by label (rows) and by what they are taken for (columns).

    Parameters
    ----------
    labels, columns : tuple of str
    counts : ndarray of int64, shape (labels, columns)
    """

    labels: tuple[str, ...]
    columns: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    def to_dict(self) -> dict[str, dict[str, int]]:
        """Give the counts their names, as JSON prints them."""
        return {
            truth: {column: int(count) for column, count in zip(self.columns, row, strict=True)}
            for truth, row in zip(self.labels, self.counts, strict=True)
        }


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A photo that is listed, and where a picture of it comes from: its row in the data, and the face in it.

    ``row`` is −1, and ``box`` None, where nobody noted it.
    """

    row: int = -1
    box: Box | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON lists it: what is said of the photo."""
        return {name: value for name, value in asdict(self).items() if name not in ("row", "box")}


@dataclass(frozen=True)
class Misclassified(Listed):
    """A photo whose forced choice is not its label; ``degree`` and ``p_happy`` are None without a face."""

    file: str
    truth: str
    reading: str
    degree: float | None
    p_happy: float | None


@dataclass(frozen=True)
class Mislabelled(Listed):
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


def confuse(predictions: Predictions) -> Confusion:
    """Count photos by label (rows) and forced choice (columns).

    There is always a column for "no face", and one for "unreadable" where there are such photos.
    """
    k = len(predictions.labels)
    counts = np.zeros((k, k + 2), np.int64)
    np.add.at(counts, (predictions.y_true, predictions.y_pred), 1)
    shown = k + 1 + bool(counts[:, k + 1].any())
    return Confusion(predictions.labels, predictions.columns[:shown], counts[:, :shown])


def confuse_labels(predictions: Predictions) -> Confusion:
    """Count photos by label (rows) and by what they are called (columns).

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
    called = tuple(columns[place] or "no answer" for place in kept)
    return Confusion(predictions.labels, called, counts[:, kept])


def confuse_leanings(predictions: Predictions) -> Confusion:
    """Count photos by label (rows) and by the side of `p_happy` (columns): of neutral faces too, the forced choice."""
    columns = (*BINARY, *NO_PREDICTION)
    k = len(predictions.labels)
    places = np.where(
        predictions.predicted,
        np.where(predictions.p_happy >= 0.5, 0, 1),
        predictions.y_pred - k + len(BINARY),
    )
    counts = np.zeros((k, len(columns)), np.int64)
    np.add.at(counts, (predictions.y_true, places), 1)
    shown = len(BINARY) + 1 + bool(counts[:, -1].any())
    return Confusion(predictions.labels, columns[:shown], counts[:, :shown])


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
            degree=number_or_none(predictions.degree[row]),
            reason=reasons[row],
            row=int(row),
            box=box_of(predictions, row),
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
            degree=number_or_none(predictions.degree[row]),
            p_happy=number_or_none(predictions.p_happy[row]),
            row=int(row),
            box=box_of(predictions, row),
        )
        for row in worst_first
    )


def box_of(predictions: Predictions, row: int) -> Box | None:
    """Look up the main face of a photo; None where it is not noted."""
    return predictions.boxes[row] if predictions.boxes else None


def number_or_none(value: float) -> float | None:
    """Round a number as JSON lists it; None for NaN, no face."""
    return None if np.isnan(value) else round(float(value), 4)
