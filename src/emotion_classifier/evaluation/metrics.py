"""Every figure of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.bundle import Bundle
from emotion_classifier.data import Dataset
from emotion_classifier.data.labels import is_graded
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.answers import BINARY, Answers, ask
from emotion_classifier.evaluation.calibration import Bin, calibration_error
from emotion_classifier.evaluation.curves import (
    Curve,
    calibration_curve,
    calibration_points,
    risk_curve,
    risk_points,
)
from emotion_classifier.evaluation.grades import spearman
from emotion_classifier.evaluation.intervals import Estimate, bootstrap, wilson
from emotion_classifier.evaluation.label_metrics import confuse_labels, general, measure_labels, share
from emotion_classifier.evaluation.scores import balanced_accuracy, log_loss, roc_auc
from emotion_classifier.evaluation.slices import Slice, error_by_grade, partition, slices
from emotion_classifier.report.trained_on import TrainedOn
from emotion_classifier.scale import CANONICAL, net_share

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
        Surest first, those without a face last.
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
    """

    model: str
    labels: tuple[str, ...]
    metrics: dict[str, Estimate]
    columns: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    label_columns: tuple[str, ...]
    label_confusion: npt.NDArray[np.int64]
    misread: tuple[Misread, ...] = ()
    slices: tuple[Slice, ...] = ()
    error_by_grade: dict[str, Estimate] = field(default_factory=dict)
    calibration_curve: tuple[Bin, ...] = ()
    risk_coverage: Curve = (np.zeros(0), np.zeros(0))
    trained_on: TrainedOn | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `evaluate --json` prints: every metric by name, then the tables."""
        return {
            "model": self.model,
            "trained_on": self.trained_on and self.trained_on.to_dict(),
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "label_confusion": _named(self.labels, self.label_columns, self.label_confusion),
            "confusion": _named(self.labels, self.columns, self.confusion),
            "misread": [asdict(photo) for photo in self.misread],
            "slices": [each.to_dict() for each in self.slices],
            "error_by_grade": {grade: error.to_dict() for grade, error in self.error_by_grade.items()},
            "calibration_curve": calibration_points(self.calibration_curve),
            "risk_coverage": risk_points(self.risk_coverage),
        }


def evaluate(
    bundle: Bundle,
    dataset: Dataset,
    *,
    by: Sequence[str] = (),
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
    parts = partition(dataset, by)
    answers = ask(bundle, dataset, threads=threads, progress=progress)
    return replace(
        evaluation_of(bundle.id, answers),
        misread=_misread(answers, dataset.ids),
        slices=slices(answers, parts),
    )


def evaluation_of(model: str, answers: Answers) -> Evaluation:
    """Measure answers that are there already, without slices and without a list of misread photos."""
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
    truth, n = answers.truth, len(answers.truth)
    seen_truth, seen = truth[answered], answers.probabilities[answered]
    metrics = measure_labels(answers)
    metrics |= {
        "accuracy": wilson(int(answers.correct.sum()), n),
        "faces_found": wilson(len(answered), n),
        "balanced_accuracy": bootstrap(lambda rows: balanced_accuracy(truth[rows], answers.forced[rows]), n),
        "log_loss": bootstrap(lambda rows: log_loss(seen_truth[rows], seen[rows]), len(answered)),
        "roc_auc": bootstrap(lambda rows: roc_auc(seen_truth[rows], seen[rows]), len(answered)),
    }
    metrics["coverage"] = wilson(int(answers.decided.sum()), n)
    metrics["selective_accuracy"] = share(answers.shown == general(answers.names), answers.decided)
    for index, label in enumerate(answers.labels):
        of_label = truth == index
        metrics[f"recall_{label}"] = wilson(
            int((answers.forced[of_label] == index).sum()), int(of_label.sum())
        )
    return metrics | _happy_against_sad(answers) | _calibration(answers) | _graded(answers)


def _happy_against_sad(answers: Answers) -> dict[str, Estimate]:
    """Only photos that are one of the two; no answer counts as wrong."""
    binary, right = answers.binary, answers.right_side
    metrics = {}
    if set(answers.labels) > set(BINARY):
        metrics["happy_against_sad"] = wilson(int(right[binary].sum()), int(binary.sum()))
    if is_graded(net_share(answers.shares)):
        clear = np.maximum(answers.shares[:, 0], answers.shares[:, 2]) >= CLEAR - 1e-6
        metrics["happy_against_sad_clear"] = wilson(int(right[clear].sum()), int(clear.sum()))
    if binary.any():
        given = int(np.ceil(COVERAGE * binary.sum()))
        _, risk = risk_curve(answers)
        metrics["error_at_90_coverage"] = wilson(round(risk[given - 1] * given), given)
    return metrics


def _calibration(answers: Answers) -> dict[str, Estimate]:
    binary = np.flatnonzero(answers.binary & answers.answered)
    happy = (answers.names == "happy").astype(np.float64)
    metrics = {
        "p_happy_ece": bootstrap(
            lambda rows: calibration_error(answers.p_happy[binary][rows], happy[binary][rows]), len(binary)
        )
    }
    if len(answers.labels) > 2:
        rows = np.flatnonzero(answers.answered)
        stated = answers.probabilities[rows].max(axis=1)
        right = answers.correct[rows].astype(np.float64)
        metrics["ece"] = bootstrap(lambda drawn: calibration_error(stated[drawn], right[drawn]), len(rows))
        if answers.labels == CANONICAL:
            agreeing = answers.shares[rows, answers.forced[rows]]
            metrics["ece_raters"] = bootstrap(
                lambda drawn: calibration_error(stated[drawn], agreeing[drawn]), len(rows)
            )
    return metrics


def _graded(answers: Answers) -> dict[str, Estimate]:
    """How near the degree comes to the raters, where there are several of them."""
    if not is_graded(net_share(answers.shares)):
        return {}
    rows = np.flatnonzero(answers.answered)
    degree, net = answers.degree[rows], net_share(answers.shares[rows])
    return {
        "degree_spearman": bootstrap(lambda drawn: spearman(degree[drawn], net[drawn]), len(rows)),
        "degree_mae": bootstrap(lambda drawn: float(np.abs(degree - net)[drawn].mean()), len(rows)),
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
