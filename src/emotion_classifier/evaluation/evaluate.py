"""How good a bundle is on labelled photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset, require_dataset
from emotion_classifier.data.groups import PERSON
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.calibration import Bin
from emotion_classifier.evaluation.confusion import (
    Confusion,
    Misclassified,
    Mislabelled,
    confuse,
    confuse_labels,
    confuse_leanings,
    misclassified,
    mislabelled,
)
from emotion_classifier.evaluation.curves import (
    Curve,
    calibration_curve,
    calibration_points,
    degree_curve,
    degree_points,
    risk_curve,
    risk_points,
    surest_first,
)
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import measure
from emotion_classifier.evaluation.predictions import (
    Predictions,
    predict_grouped,
    require_bundle,
    with_a_choice,
)
from emotion_classifier.evaluation.slices import Slice, error_by_grade, partition, slices
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.model.bundle import Bundle

FORCED_CHOICE_SAYS = (
    "Forced choice: the class of the data that the model names if it has to choose; it is never uncertain."
)


@dataclass(frozen=True)
class Evaluation:
    """How a bundle did on a labelled dataset.

    Parameters
    ----------
    model : str
        Id of the bundle.
    labels : tuple of str
        Classes of the dataset.
    metrics : dict of str to Estimate
        By name, those of the registry (`emotion_classifier.evaluation.metrics`) that are measured by `evaluate`: of the
        label people see first, then of the forced choice, of the probabilities, and of the degree where labels are
        shares of raters.
    columns : tuple of str
        Of `confusion`: the labels, "no face" and, where there are any, "unreadable".
    confusion : ndarray of int64, shape (labels, columns)
        Rows are the truth.
    misclassified : tuple of Misclassified
        By forced choice: surest first, those without a face last.
    mislabelled : tuple of Mislabelled
        Photos whose label shown is wrong: surest first, then those called uncertain, those without a face last.
    slices : tuple of Slice
        By the columns asked for.
    label_columns : tuple of str
        Of `label_confusion`: what photos are called; "no answer" last, where there is none for some.
    label_confusion : ndarray of int64, shape (labels, label_columns)
        Rows are the truth.
    error_by_grade : dict of str to Estimate
        Share of wrong forced choices where the reading states each grade.
    calibration_curve : tuple of Bin
        `p_happy` against the labels, on photos labelled happy or sad that have a face.
    risk_coverage : (coverage, risk)
        Of the photos labelled happy or sad, the surest answered first.
    trained_on : TrainedOn or None
        How many of the photos the bundle learned from or was fitted on; None: not recorded.
    photos, groups : int
        Photos, and groups of them that are independent of each other.
    risk_groups : ndarray of int64 or None
        Group of every photo of `risk_coverage`.
    leanings : Confusion or None
        Photos by label and leaning; the same as `confusion` where the data has happy and sad only.
    degree_curve : tuple of (degree, Estimate)
        What raters said where the degree is about so much; empty where labels are no votes or grades.
    """

    model: str
    labels: tuple[str, ...]
    metrics: dict[str, Estimate]
    columns: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    label_columns: tuple[str, ...]
    label_confusion: npt.NDArray[np.int64]
    misclassified: tuple[Misclassified, ...] = ()
    mislabelled: tuple[Mislabelled, ...] = ()
    slices: tuple[Slice, ...] = ()
    error_by_grade: dict[str, Estimate] = field(default_factory=dict)
    calibration_curve: tuple[Bin, ...] = ()
    risk_coverage: Curve = (np.zeros(0), np.zeros(0))
    trained_on: TrainedOn | None = None
    photos: int = 0
    groups: int = 0
    risk_groups: npt.NDArray[np.int64] | None = None
    leanings: Confusion | None = None
    degree_curve: tuple[tuple[float, Estimate], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `evaluate --json` prints: every metric by name, then the tables."""
        return {
            "model": self.model,
            "trained_on": self.trained_on and self.trained_on.to_dict(),
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "label_confusion": Confusion(self.labels, self.label_columns, self.label_confusion).to_dict(),
            "confusion": Confusion(self.labels, self.columns, self.confusion).to_dict(),
            "leaning_confusion": self.leanings and self.leanings.to_dict(),
            "misread": [photo.to_dict() for photo in self.misclassified],
            "mislabelled": [photo.to_dict() for photo in self.mislabelled],
            "slices": [each.to_dict() for each in self.slices],
            "error_by_grade": {grade: error.to_dict() for grade, error in self.error_by_grade.items()},
            "calibration_curve": calibration_points(self.calibration_curve),
            "risk_coverage": risk_points(self.risk_coverage, groups=self.risk_groups),
            "degree_curve": degree_points(self.degree_curve),
            "photos": self.photos,
            "groups": self.groups,
        }


def evaluate(
    bundle: Bundle,
    dataset: Dataset,
    *,
    by: Sequence[str] = (),
    column: str | None = PERSON,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measure a bundle on a labelled dataset.

    Where the dataset's classes are happy and sad, the forced choice is happy from ``p_happy`` 0.5; otherwise
    it is the likeliest of the dataset's classes. Photos of a single class are read as if the dataset had more, see
    `with_a_choice`.

    Parameters
    ----------
    bundle : Bundle
    dataset : Dataset
        Soft targets count as their likeliest label.
    by : sequence of str
        Columns of the dataset whose every value is measured for itself too.
    column : str or None
        Says who is in a photo. Photos of one person, and copies of one picture, count as one in every interval, see
        `independent_groups`.
    threads : int
        Threads of the networks.
    progress : callable or None
        Called with (photos done, photos in all).

    Returns
    -------
    Evaluation

    Raises
    ------
    DatasetError
        If the dataset is empty, or a column is not there or has too many values.
    MissingExtraError
        If labels are shares of raters or grades, and scipy is not installed.
    TypeError
        If `bundle` is no Bundle or `dataset` no Dataset, but its path for instance.
    """
    require_bundle(bundle)
    require_dataset(dataset)
    if not len(dataset):
        raise DatasetError("There are no labelled photos to evaluate on.")
    dataset = with_a_choice(dataset)
    parts = partition(dataset, by)
    predictions = predict_grouped(bundle, dataset, column=column, threads=threads, progress=progress)
    found = evaluation_of(bundle.id, predictions, ids=dataset.ids)
    return replace(found, slices=slices(predictions, parts))


def evaluation_of(model: str, predictions: Predictions, *, ids: tuple[str, ...] | None = None) -> Evaluation:
    """Measure predictions that are there already, without slices; list photos where their `ids` are given."""
    of_choice, of_label = confuse(predictions), confuse_labels(predictions)
    return Evaluation(
        model=model,
        labels=predictions.labels,
        metrics=measure(predictions),
        misclassified=misclassified(predictions, ids) if ids else (),
        mislabelled=mislabelled(predictions, ids) if ids else (),
        columns=of_choice.columns,
        confusion=of_choice.counts,
        label_columns=of_label.columns,
        label_confusion=of_label.counts,
        error_by_grade=error_by_grade(predictions),
        calibration_curve=calibration_curve(predictions),
        risk_coverage=risk_curve(predictions),
        trained_on=predictions.trained_on,
        photos=len(predictions),
        groups=predictions.independent,
        risk_groups=None if predictions.groups is None else predictions.groups[surest_first(predictions)],
        leanings=confuse_leanings(predictions),
        degree_curve=degree_curve(predictions),
    )
