"""DATA010: labels that are probably wrong."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.out_of_fold import (
    FEWEST,
    learnable,
    out_of_fold_probabilities,
    require_scikit_learn,
)
from emotion_classifier.errors import missing_extra
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class WrongLabel(Check[CheckContext]):
    """A label that a model taught by all the other photos contradicts."""

    code = "DATA010"
    title = "Likely wrong label"
    severity = "warning"
    detection = (
        "Confident learning (Northcutt et al. 2021; cleanlab). A logistic regression on the model's readings learns "
        "your labels from four fifths of the photos and judges the other fifth, so that no photo is judged by what "
        "learnt its own label; like pictures and one person's photos stay together. From how often each class is taken "
        "for another it is estimated how many labels are wrong, and so many of the least plausible are listed."
    )
    why = (
        "Wrong labels teach mistakes, and in a test set they count right answers as wrong. Most labelled collections "
        "hold some per cent of them."
    )
    advice = (
        "Look at each: the list holds right labels too, of unusual faces. `clean --review` shows them one by one; "
        "`clean --relabel DATA010` takes over all suggestions unseen."
    )

    def require_libraries(self) -> None:
        """Refuse to begin without cleanlab and scikit-learn."""
        require_scikit_learn()
        _require_cleanlab()

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that there is too little to learn from."""
        if len(_learnable(context)) < 2:
            return f"no two classes have {FEWEST} independent photos with a readable face"
        return None

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per photo, the least plausible label first."""
        labels = context.dataset.labels
        rows, probabilities = judged(context)
        given = context.dataset.hard[rows]
        for place in suspects(given, probabilities):
            row, likelier = rows[place], int(np.argmax(probabilities[place]))
            own = labels[context.dataset.hard[row]]
            share = float(probabilities[place, context.dataset.hard[row]])
            yield self.finding(
                f"Labelled {own}, looks {labels[likelier]}.",
                files=context.files([int(row)]),
                label=own,
                suggested_label=labels[likelier],
                probability_of_label=round(share, 4),
                probability_of_suggestion=round(float(probabilities[place, likelier]), 4),
            )


def judged(context: CheckContext) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Out-of-fold probabilities over the dataset's labels.

    Returns
    -------
    (rows, probabilities)
        Rows with a readable face, shape (m,), and an array of shape (m, labels); empty where two classes with
        ten independent photos each are not to be had.
    """
    rows = np.flatnonzero(context.read)
    enough = _learnable(context)
    if len(enough) < 2:
        return np.zeros(0, np.int64), np.zeros((0, len(context.dataset.labels)))
    rows = rows[np.isin(context.dataset.hard[rows], enough)]
    found = out_of_fold_probabilities(
        context.log_probabilities[rows], context.dataset.hard[rows], context.people[rows]
    )
    probabilities = np.zeros((len(rows), len(context.dataset.labels)))
    probabilities[:, enough] = found
    return rows, probabilities


def _learnable(context: CheckContext) -> list[int]:
    rows = np.flatnonzero(context.read)
    return learnable(context.dataset.hard[rows], context.people[rows])


def suspects(labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Find labels that are probably wrong.

    Parameters
    ----------
    labels : ndarray of int64, shape (m,)
    probabilities : ndarray of float64, shape (m, k)
        Of a model that has not seen the labels it is asked about.

    Returns
    -------
    ndarray of int64
        Positions, least plausible label first.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset labels.
    """
    if not len(labels):
        return np.zeros(0, np.int64)
    _require_cleanlab()
    from cleanlab.filter import find_label_issues

    present, codes = np.unique(labels, return_inverse=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = find_label_issues(
            codes, probabilities[:, present], return_indices_ranked_by="self_confidence", n_jobs=1
        )
    return np.asarray(found, np.int64)


def _require_cleanlab() -> None:
    try:
        import cleanlab  # noqa: F401
    except ImportError as error:
        raise missing_extra("audit", "cleanlab") from error
