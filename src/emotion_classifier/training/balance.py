"""Let every group of people count the same in training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.columns import folded
from emotion_classifier.errors import DatasetError

HIGHEST = 10.0
_MOST_GROUPS = 50


def importance(dataset: Dataset, column: str) -> npt.NDArray[np.float32]:
    """How much each row should count, so that within every label all groups count the same.

    A row of label y and group g counts n(y) / (groups of y × n(y, g)), at most `HIGHEST` times the mean: a group of
    three photos should not steer the whole network. Labels keep their weights. After the reweighing of Kamiran and
    Calders (2012), Data preprocessing techniques for classification without discrimination, with equal groups in
    place of those found.

    Parameters
    ----------
    dataset : Dataset
    column : str
        Rows without a value are a group of their own.

    Returns
    -------
    ndarray of float32, shape (n,)
        With mean 1.

    Raises
    ------
    DatasetError
        If there is no such column, or it has more than fifty values.
    """
    names = np.array([value or "" for value in folded(dataset.columns[dataset.column_named(column)])])
    _, groups = np.unique(names, return_inverse=True)
    if groups.max() >= _MOST_GROUPS:
        raise DatasetError(
            f"The column {column!r} has {groups.max() + 1:,} different values, too many to balance. Put them into a "
            f"few ranges or kinds, in a column of their own, and name that."
        )
    weights = np.ones(len(dataset))
    for label in np.unique(dataset.hard):
        of_label = dataset.hard == label
        counts = np.bincount(groups[of_label], minlength=groups.max() + 1)
        weights[of_label] = of_label.sum() / ((counts > 0).sum() * counts[groups[of_label]])
    weights = np.minimum(weights, HIGHEST)
    return np.asarray(weights / weights.mean(), np.float32)
