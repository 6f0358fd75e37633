"""Every figure of an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.bundle import Bundle
from emotion_classifier.data import Dataset
from emotion_classifier.data.labels import is_graded
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.answers import BINARY, Answers, ask
from emotion_classifier.evaluation.calibration import calibration_error, risk_coverage
from emotion_classifier.evaluation.grades import spearman
from emotion_classifier.evaluation.intervals import Estimate, bootstrap, wilson
from emotion_classifier.scale import CANONICAL, net_share

CLEAR = 0.6  # share of raters from which a face is called happy or sad clearly
COVERAGE = 0.9
Rows = npt.NDArray[np.int64]
_SMALLEST = 1e-15


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
        ``accuracy`` (a forced choice between the classes; no face or an unreadable photo counts as wrong),
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
    """

    model: str
    labels: tuple[str, ...]
    metrics: dict[str, Estimate]
    columns: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    misread: tuple[Misread, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `evaluate --json` prints: every metric by name, then the tables."""
        return {
            "model": self.model,
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "confusion": {
                truth: {column: int(count) for column, count in zip(self.columns, row, strict=True)}
                for truth, row in zip(self.labels, self.confusion, strict=True)
            },
            "misread": [asdict(photo) for photo in self.misread],
        }


def evaluate(
    bundle: Bundle, dataset: Dataset, *, threads: int = 1, progress: Callable[[int, int], None] | None = None
) -> Evaluation:
    """Measure a bundle on a labelled dataset.

    Where the dataset's classes are happy and sad, the forced choice is happy from ``p_happy`` 0.5; otherwise
    it is the likeliest of the dataset's classes.

    Parameters
    ----------
    bundle : Bundle
    dataset : Dataset
        Soft targets count as their likeliest label.
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
        If the dataset is empty.
    """
    if not len(dataset):
        raise DatasetError("There are no labelled photos to evaluate on.")
    answers = ask(bundle, dataset, threads=threads, progress=progress)
    k = len(answers.labels)
    counts = np.zeros((k, k + 2), np.int64)
    np.add.at(counts, (answers.truth, answers.forced), 1)
    shown = k + 1 + bool(counts[:, k + 1].any())
    return Evaluation(
        model=bundle.id,
        labels=answers.labels,
        metrics=measure(answers),
        columns=answers.columns[:shown],
        confusion=counts[:, :shown],
        misread=_misread(answers, dataset.ids),
    )


def measure(answers: Answers) -> dict[str, Estimate]:
    """Compute the metrics that `Evaluation` describes."""
    answered = np.flatnonzero(answers.answered)
    truth, n = answers.truth, len(answers.truth)
    seen_truth, seen = truth[answered], answers.probabilities[answered]
    metrics = {
        "accuracy": wilson(int(answers.correct.sum()), n),
        "faces_found": wilson(len(answered), n),
        "balanced_accuracy": bootstrap(lambda rows: _balanced(truth[rows], answers.forced[rows]), n),
        "log_loss": bootstrap(lambda rows: _log_loss(seen_truth[rows], seen[rows]), len(answered)),
        "roc_auc": bootstrap(lambda rows: _roc_auc(seen_truth[rows], seen[rows]), len(answered)),
    }
    stated = np.array([label or "" for label in answers.stated])
    decided = np.isin(stated, BINARY)
    metrics["coverage"] = wilson(int(decided.sum()), n)
    metrics["selective_accuracy"] = wilson(int((stated == answers.names)[decided].sum()), int(decided.sum()))
    for index, label in enumerate(answers.labels):
        of_label = truth == index
        metrics[f"recall_{label}"] = wilson(
            int((answers.forced[of_label] == index).sum()), int(of_label.sum())
        )
    return metrics | _happy_against_sad(answers) | _calibration(answers) | _graded(answers)


def _happy_against_sad(answers: Answers) -> dict[str, Estimate]:
    """Only photos that are one of the two; no answer counts as wrong."""
    binary = np.isin(answers.names, BINARY)
    right = (np.where(answers.p_happy >= 0.5, "happy", "sad") == answers.names) & ~np.isnan(answers.p_happy)
    metrics = {}
    if set(answers.labels) > set(BINARY):
        metrics["happy_against_sad"] = wilson(int(right[binary].sum()), int(binary.sum()))
    if is_graded(net_share(answers.shares)):
        clear = np.maximum(answers.shares[:, 0], answers.shares[:, 2]) >= CLEAR - 1e-6
        metrics["happy_against_sad_clear"] = wilson(int(right[clear].sum()), int(clear.sum()))
    if binary.any():
        confidence = np.maximum(answers.p_happy, 1 - answers.p_happy)[binary]
        given = int(np.ceil(COVERAGE * binary.sum()))
        _, risk = risk_coverage(confidence, ~right[binary])
        metrics["error_at_90_coverage"] = wilson(round(risk[given - 1] * given), given)
    return metrics


def _calibration(answers: Answers) -> dict[str, Estimate]:
    binary = np.flatnonzero(np.isin(answers.names, BINARY) & answers.answered)
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


def _balanced(truth: Rows, forced: Rows) -> float:
    """Mean recall over the classes that occur; no answer counts as wrong."""
    present = np.bincount(truth)
    hits = np.bincount(truth[truth == forced], minlength=len(present))
    occurs = present > 0
    return float(np.mean(hits[occurs] / present[occurs]))


def _log_loss(truth: Rows, probabilities: npt.NDArray[np.float64]) -> float:
    """Mean surprise at the truth, in nats; between fewer than two classes there is none to be had."""
    if probabilities.shape[1] < 2:
        return float("nan")
    of_truth = np.clip(probabilities[np.arange(len(truth)), truth], _SMALLEST, 1)
    return float(-np.mean(np.log(of_truth)))


def _roc_auc(truth: Rows, probabilities: npt.NDArray[np.float64]) -> float:
    """Area under the curve; of more than two classes, the mean over each that occurs against the rest."""
    occurs = np.unique(truth)
    if len(occurs) < 2:
        return float("nan")
    if probabilities.shape[1] == 2:
        return area_under_roc(truth == 0, probabilities[:, 0])
    return float(np.mean([area_under_roc(truth == label, probabilities[:, label]) for label in occurs]))


def area_under_roc(positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float:
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
