"""Figures of parts of a dataset: by a metadata column, and by what the reading says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.columns import NOT_SAID, one_spelling, rising
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.predictions import Answers
from emotion_classifier.evaluation.scores import balanced_accuracy
from emotion_classifier.model.scale import Grade

FEWEST = 10
MOST_VALUES = 50
GRADES: tuple[str, ...] = get_args(Grade)
Rows = npt.NDArray[np.int64]
Parts = dict[str, dict[str, Rows]]


@dataclass(frozen=True)
class Slice:
    """The photos with one value of a column.

    Parameters
    ----------
    by, value : str
        Column and value, spelt as most rows spell it; ``(not said)`` where a photo has none.
    n : int
        Number of photos.
    metrics : dict of str to Estimate
        ``accuracy``, ``balanced_accuracy``, ``false_happy`` (share of the sad photos read as happy), ``false_sad``
        (share of the happy photos read as sad) and ``coverage``; empty where there are fewer than `FEWEST` photos,
        which is too few to say. ``balanced_accuracy`` has no value where fewer than `FEWEST` photos are of some class
        that the whole data has; its n is then the number of those.
    """

    by: str
    value: str
    n: int
    metrics: dict[str, Estimate]

    @property
    def too_few(self) -> bool:
        """Whether there are too few photos for figures."""
        return self.n < FEWEST

    def to_dict(self) -> dict[str, Any]:
        """As `evaluate --json` prints it."""
        plain = {"by": self.by, "value": self.value, "n": self.n, "too_few": self.too_few}
        return plain | {name: estimate.to_dict() for name, estimate in self.metrics.items()}


def partition(dataset: Dataset, by: Sequence[str]) -> Parts:
    """Find the rows of every value of some columns.

    Parameters
    ----------
    dataset : Dataset
    by : sequence of str
        Names of columns.

    Returns
    -------
    dict of column to dict of value to ndarray of int64
        Values in rising order, ``(not said)`` last.

    Raises
    ------
    DatasetError
        If there is no such column, or it has more than `MOST_VALUES` values.
    """
    return {name: _values(dataset, name) for name in dict.fromkeys(by)}


def slices(answers: Answers, parts: Parts) -> tuple[Slice, ...]:
    """Measure every part of a partition."""
    classes = np.unique(answers.truth)
    return tuple(
        Slice(name, value, len(rows), {} if len(rows) < FEWEST else _measure(answers.take(rows), classes))
        for name, values in parts.items()
        for value, rows in values.items()
    )


def error_by_grade(answers: Answers) -> dict[str, Estimate]:
    """Share of wrong forced choices among the photos whose reading states each grade."""
    stated = np.array([grade or "" for grade in answers.grades])
    return {grade: answers.share(~answers.correct, stated == grade) for grade in GRADES}


def _values(dataset: Dataset, name: str) -> dict[str, Rows]:
    if name not in dataset.columns:
        found = ", ".join(dataset.columns) or "none; a metadata.csv beside the class folders gives them"
        raise DatasetError(f"The data has no column {name!r} (further columns found: {found}).")
    written, _ = one_spelling(name, dataset.columns[name])
    values = [NOT_SAID if value is None else value for value in written]
    known = sorted(set(values) - {NOT_SAID}, key=rising)
    if len(known) > MOST_VALUES:
        raise DatasetError(
            f"The column {name!r} has {len(known):,} different values, and slices are made of at most {MOST_VALUES}. "
            f"Put its values into a few ranges or kinds, in a column of their own, and name that."
        )
    order = [*known, NOT_SAID] if NOT_SAID in values else known
    array = np.array(values)
    return {value: np.flatnonzero(array == value) for value in order}


def _measure(answers: Answers, classes: Rows) -> dict[str, Estimate]:
    truth, forced = answers.truth, answers.forced
    fewest = min(int((truth == each).sum()) for each in classes)
    balanced = Estimate(None, None, None, fewest)
    if fewest >= FEWEST:
        balanced = answers.estimate(lambda rows: balanced_accuracy(truth[rows], forced[rows]))
    return {
        "accuracy": answers.share(answers.correct),
        "balanced_accuracy": balanced,
        "false_happy": _taken_for(answers, "sad", "happy"),
        "false_sad": _taken_for(answers, "happy", "sad"),
        "coverage": answers.share(answers.decided),
    }


def _taken_for(answers: Answers, label: str, reading: str) -> Estimate:
    return answers.share(np.array(answers.columns)[answers.forced] == reading, answers.names == label)
