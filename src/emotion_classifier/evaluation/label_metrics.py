"""How right the label is that people see, before any forced choice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.predictions import UNCERTAIN, Answers
from emotion_classifier.model.scale import CANONICAL

SHOWN = (*CANONICAL, UNCERTAIN)
"""What a face may be called, in the order of the columns of a table."""


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


def measure_labels(answers: Answers) -> dict[str, Estimate]:
    """Compute the metrics of the label that people see.

    A photo that has no face, cannot be read or is called uncertain is called nothing: it is never right.

    Parameters
    ----------
    answers : Answers

    Returns
    -------
    dict of str to Estimate
        ``label_accuracy``; ``label_recall_happy``, ``…_neutral`` and ``…_sad``, of the photos labelled so;
        ``label_precision_sad``, of the photos called sad; ``neutral_called_sad``, of the photos labelled neutral;
        ``uncertain``, of the photos with a face. What has no photo to rest on is left out.
    """
    truth, shown = general(answers.names), answers.shown
    found = {"label_accuracy": answers.share(shown == truth)}
    for label in CANONICAL[:3]:
        found[f"label_recall_{label}"] = answers.share(shown == label, truth == label)
    found["label_precision_sad"] = answers.share(truth == "sad", shown == "sad")
    found["neutral_called_sad"] = answers.share(shown == "sad", truth == "neutral")
    found["uncertain"] = answers.share(shown == UNCERTAIN, answers.answered)
    return {name: estimate for name, estimate in found.items() if estimate.n}


def confuse_labels(answers: Answers) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Count photos by label (rows) and by what they are called (columns, which are named).

    Columns of no photo are left out, but for happy, sad and uncertain; photos without an answer are last.
    """
    columns = (*SHOWN, "")
    places = np.array([columns.index(label) for label in answers.shown])
    counts = np.zeros((len(answers.labels), len(columns)), np.int64)
    np.add.at(counts, (answers.truth, places), 1)
    kept = [
        place
        for place, name in enumerate(columns)
        if name in ("happy", "sad", UNCERTAIN) or counts[:, place].any()
    ]
    return tuple(columns[place] or "no answer" for place in kept), counts[:, kept]


def general(names: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Bring labels, shape (n,), to happy, neutral, sad and other."""
    return np.array([name if name in CANONICAL else "other" for name in names])


def mislabelled(answers: Answers, ids: tuple[str, ...]) -> tuple[Mislabelled, ...]:
    """List the photos whose label shown is wrong: those called something, then uncertain ones, then the unanswered.

    Among them, the least probable true label is first.
    """
    shown = answers.shown
    wrong = np.flatnonzero(shown != general(answers.names))
    of_truth = answers.probabilities[wrong, answers.truth[wrong]]
    silence = np.where(shown[wrong] == "", 2, np.where(shown[wrong] == UNCERTAIN, 1, 0))
    reasons = answers.reasons or (None,) * len(answers)
    return tuple(
        Mislabelled(
            file=ids[row],
            truth=answers.labels[answers.truth[row]],
            called=str(shown[row]) or answers.columns[answers.forced[row]],
            degree=None if np.isnan(answers.degree[row]) else round(float(answers.degree[row]), 4),
            reason=reasons[row],
        )
        for row in wrong[np.lexsort((of_truth, silence))]
    )
