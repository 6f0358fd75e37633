"""Every figure of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import PERSON
from emotion_classifier.data.labels import is_graded
from emotion_classifier.data.split import require_group_column
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.calibration import Bin, calibration_error
from emotion_classifier.evaluation.curves import (
    Curve,
    calibration_curve,
    calibration_points,
    risk_curve,
    risk_points,
    surest_first,
)
from emotion_classifier.evaluation.grades import spearman
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.label_metrics import (
    Mislabelled,
    confuse_labels,
    general,
    measure_labels,
    mislabelled,
)
from emotion_classifier.evaluation.predictions import BINARY, Answers, ask_grouped
from emotion_classifier.evaluation.scores import balanced_accuracy, log_loss, roc_auc
from emotion_classifier.evaluation.slices import Slice, error_by_grade, partition, slices
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import CANONICAL, net_share

CLEAR = 0.6  # share of raters from which a face is called happy or sad clearly
COVERAGE = 0.9


@dataclass(frozen=True)
class Misread:
    """A photo whose forced choice is not its label; ``degree`` and ``p_happy`` are None without a face."""

    file: str
    truth: str
    reading: str
    degree: float | None
    p_happy: float | None


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
        Those of the label people see first, see `measure_labels`. Then those of the forced choice: ``accuracy``
        (between the classes; no face or an unreadable photo counts as wrong),
        ``faces_found``, ``balanced_accuracy``, ``log_loss`` and ``roc_auc`` (on photos with a face),
        ``coverage`` (the share that is not called uncertain), ``selective_accuracy`` (on those), ``recall_…`` of
        each label, ``happy_against_sad`` and ``error_at_90_coverage`` (photos of the two alone, all of them and
        the surest nine in ten), ``p_happy_ece`` and ``ece`` (expected calibration error against the label). Where
        labels are shares of raters: ``ece_raters`` (against what a rater drawn at random says),
        ``happy_against_sad_clear`` (at least 60 % of the raters say one of them), ``degree_spearman`` and
        ``degree_mae`` (against the net share of raters).
    columns : tuple of str
        Of `confusion`: the labels, "no face" and, where there are any, "unreadable".
    confusion : ndarray of int64, shape (labels, columns)
        Rows are the truth.
    misread : tuple of Misread
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
    """

    model: str
    labels: tuple[str, ...]
    metrics: dict[str, Estimate]
    columns: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    label_columns: tuple[str, ...]
    label_confusion: npt.NDArray[np.int64]
    misread: tuple[Misread, ...] = ()
    mislabelled: tuple[Mislabelled, ...] = ()
    slices: tuple[Slice, ...] = ()
    error_by_grade: dict[str, Estimate] = field(default_factory=dict)
    calibration_curve: tuple[Bin, ...] = ()
    risk_coverage: Curve = (np.zeros(0), np.zeros(0))
    trained_on: TrainedOn | None = None
    photos: int = 0
    groups: int = 0
    risk_groups: npt.NDArray[np.int64] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `evaluate --json` prints: every metric by name, then the tables."""
        return {
            "model": self.model,
            "trained_on": self.trained_on and self.trained_on.to_dict(),
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "label_confusion": _named(self.labels, self.label_columns, self.label_confusion),
            "confusion": _named(self.labels, self.columns, self.confusion),
            "misread": [asdict(photo) for photo in self.misread],
            "mislabelled": [asdict(photo) for photo in self.mislabelled],
            "slices": [each.to_dict() for each in self.slices],
            "error_by_grade": {grade: error.to_dict() for grade, error in self.error_by_grade.items()},
            "calibration_curve": calibration_points(self.calibration_curve),
            "risk_coverage": risk_points(self.risk_coverage, groups=self.risk_groups),
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
    it is the likeliest of the dataset's classes.

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
    """
    if not len(dataset):
        raise DatasetError("There are no labelled photos to evaluate on.")
    require_group_column(dataset, column)
    parts = partition(dataset, by)
    answers = ask_grouped(bundle, dataset, column=column, threads=threads, progress=progress)
    return replace(
        evaluation_of(bundle.id, answers),
        misread=_misread(answers, dataset.ids),
        mislabelled=mislabelled(answers, dataset.ids),
        slices=slices(answers, parts),
    )


def evaluation_of(model: str, answers: Answers) -> Evaluation:
    """Measure answers that are there already, without slices and without lists of photos."""
    columns, confusion = confuse(answers)
    label_columns, label_confusion = confuse_labels(answers)
    return Evaluation(
        model=model,
        labels=answers.labels,
        metrics=measure(answers),
        columns=columns,
        confusion=confusion,
        label_columns=label_columns,
        label_confusion=label_confusion,
        error_by_grade=error_by_grade(answers),
        calibration_curve=calibration_curve(answers),
        risk_coverage=risk_curve(answers),
        trained_on=answers.trained_on,
        photos=len(answers),
        groups=answers.independent,
        risk_groups=None if answers.groups is None else answers.groups[surest_first(answers)],
    )


def confuse(answers: Answers) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Count photos by truth (rows) and forced choice (columns, which are named).

    There is always a column for "no face", and one for "unreadable" where there are such photos.
    """
    k = len(answers.labels)
    counts = np.zeros((k, k + 2), np.int64)
    np.add.at(counts, (answers.truth, answers.forced), 1)
    shown = k + 1 + bool(counts[:, k + 1].any())
    return answers.columns[:shown], counts[:, :shown]


def measure(answers: Answers) -> dict[str, Estimate]:
    """Compute the metrics that `Evaluation` describes."""
    answered = np.flatnonzero(answers.answered)
    truth, forced, said = answers.truth, answers.forced, answers.probabilities
    metrics = measure_labels(answers)
    metrics |= {
        "accuracy": answers.share(answers.correct),
        "faces_found": answers.share(answers.answered),
        "balanced_accuracy": answers.estimate(lambda rows: balanced_accuracy(truth[rows], forced[rows])),
        "log_loss": answers.estimate(lambda rows: log_loss(truth[rows], said[rows]), answered),
        "roc_auc": answers.estimate(lambda rows: roc_auc(truth[rows], said[rows]), answered),
    }
    metrics["coverage"] = answers.share(answers.decided)
    metrics["selective_accuracy"] = answers.share(answers.shown == general(answers.names), answers.decided)
    for index, label in enumerate(answers.labels):
        metrics[f"recall_{label}"] = answers.share(forced == index, truth == index)
    return metrics | _happy_against_sad(answers) | _calibration(answers) | _graded(answers)


def _happy_against_sad(answers: Answers) -> dict[str, Estimate]:
    """Only photos that are one of the two; no answer counts as wrong."""
    binary, right = answers.binary, answers.right_side
    metrics = {}
    if set(answers.labels) > set(BINARY):
        metrics["happy_against_sad"] = answers.share(right, binary)
    if is_graded(net_share(answers.shares)):
        clear = np.maximum(answers.shares[:, 0], answers.shares[:, 2]) >= CLEAR - 1e-6
        metrics["happy_against_sad_clear"] = answers.share(right, clear)
    if binary.any():
        given = surest_first(answers)[: int(np.ceil(COVERAGE * binary.sum()))]
        metrics["error_at_90_coverage"] = answers.take(given).share(~right[given])
    return metrics


def _calibration(answers: Answers) -> dict[str, Estimate]:
    happy = (answers.names == "happy").astype(np.float64)
    metrics = {
        "p_happy_ece": answers.estimate(
            lambda rows: calibration_error(answers.p_happy[rows], happy[rows]),
            np.flatnonzero(answers.binary & answers.answered),
        )
    }
    if len(answers.labels) > 2:
        answered = np.flatnonzero(answers.answered)
        stated, right = answers.probabilities.max(axis=1), answers.correct.astype(np.float64)
        metrics["ece"] = answers.estimate(lambda rows: calibration_error(stated[rows], right[rows]), answered)
        if answers.labels == CANONICAL:
            agreeing = answers.shares[np.arange(len(answers)), np.minimum(answers.forced, len(CANONICAL) - 1)]
            metrics["ece_raters"] = answers.estimate(
                lambda rows: calibration_error(stated[rows], agreeing[rows]), answered
            )
    return metrics


def _graded(answers: Answers) -> dict[str, Estimate]:
    """How near the degree comes to the raters, where there are several of them."""
    degree, net = answers.degree, net_share(answers.shares)
    if not is_graded(net):
        return {}
    answered = np.flatnonzero(answers.answered)
    return {
        "degree_spearman": answers.estimate(lambda rows: spearman(degree[rows], net[rows]), answered),
        "degree_mae": answers.estimate(lambda rows: float(np.abs(degree[rows] - net[rows]).mean()), answered),
    }


def _named(
    labels: tuple[str, ...], columns: tuple[str, ...], counts: npt.NDArray[np.int64]
) -> dict[str, dict[str, int]]:
    return {
        truth: {column: int(count) for column, count in zip(columns, row, strict=True)}
        for truth, row in zip(labels, counts, strict=True)
    }


def _misread(answers: Answers, ids: tuple[str, ...]) -> tuple[Misread, ...]:
    wrong = np.flatnonzero(~answers.correct)
    of_truth = answers.probabilities[wrong, answers.truth[wrong]]
    worst_first = wrong[np.argsort(of_truth, kind="stable")]  # NaN, no answer, sorts last.
    return tuple(
        Misread(
            file=ids[row],
            truth=answers.labels[answers.truth[row]],
            reading=answers.columns[answers.forced[row]],
            degree=_number(answers.degree[row]),
            p_happy=_number(answers.p_happy[row]),
        )
        for row in worst_first
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
