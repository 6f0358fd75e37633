"""Photos that are set aside for the scale: what must be right about them before anything is spent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.errors import DatasetError

WEIGHT = "weight"


def set_aside(calibration: Dataset, labels: tuple[str, ...]) -> Dataset:
    """Choose the rows that a scale may be fitted on: all but those of the split "test".

    Parameters
    ----------
    calibration : Dataset
    labels : tuple of str
        Of the photos learned from.

    Returns
    -------
    Dataset
        Over these labels.

    Raises
    ------
    DatasetError
        If no row is left, the rows show what the photos learned from do not, or a weight is no number above 0.
    """
    rows = calibration.with_split("train", "validation", "")
    if not len(rows):
        raise DatasetError(
            "The calibration photos are all of the split test, which is for measuring a model and is left alone. "
            "Name others, or none."
        )
    strange = [label for label in rows.taught if label not in labels]
    if strange:
        raise DatasetError(
            f"The calibration photos show {' and '.join(strange)}, which the training photos do not; the training "
            f"photos show {', '.join(labels)}. Leave those out of the calibration photos, or add such photos to those "
            f"learned from."
        )
    calibration_weights(rows)
    return rows.with_labels(labels)


def calibration_weights(rows: Dataset) -> npt.NDArray[np.float32] | None:
    """Read how much each row counts, shape (n,); None where the data do not say.

    Raises
    ------
    DatasetError
        If a value is no number above 0.
    """
    if WEIGHT not in rows.columns:
        return None
    values = rows.columns[WEIGHT]
    weights = np.array([_number(value) for value in values], np.float32)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
    if len(wrong):
        first = values[wrong[0]]
        says = "nothing" if first is None else repr(first)
        raise DatasetError(
            f"The column {WEIGHT} of the calibration photos says how much each counts, a number above 0; "
            f"{len(wrong):,} of {len(rows):,} have none, the first {rows.ids[wrong[0]]}, which says {says}."
        )
    return weights


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")
