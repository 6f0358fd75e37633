"""What the answers of a tool to a set of photos are worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from sets import Photo, PhotoSet
from worker import Answer

from emotion_classifier.evaluation.intervals import Estimate, bootstrap, wilson
from emotion_classifier.evaluation.scores import area_under_roc

Figures = dict[str, Estimate]
TITLES = {
    "faces_found": "faces found",
    "sad_called_sad": "sad called sad",
    "plainly_sad_called_sad": "plainly sad called sad",
    "sad_called_happy": "sad called happy",
    "plainly_sad_called_happy": "plainly sad called happy",
    "neutral_called_sad": "neutral called sad",
    "neutral_called_neutral": "neutral called neutral",
    "happy_called_happy": "happy called happy",
    "precision_of_sad": "of those called sad, look sad to a reader or more",
    "uncertain": "called uncertain",
    "accuracy": "happy against sad: right",
    "auc_happy_sad": "happy against sad: AUC",
    "auc_sad_neutral": "sad against neutral: AUC of p(sad)",
    "auc_sad_neutral_ratio": "sad against neutral: AUC of log p(sad) / p(neutral)",
}
FORCED = ("accuracy", "auc_happy_sad", "auc_sad_neutral", "auc_sad_neutral_ratio")
_CALLED = (("sad", "sad"), ("sad", "happy"), ("neutral", "sad"), ("neutral", "neutral"), ("happy", "happy"))


def measure(photos: PhotoSet, answers: Sequence[Answer], *, step: float) -> Figures:
    """Compute every figure that is defined, in the order of `TITLES`.

    A face not found, a photo not read and equal scores for happy and sad count as wrong; ROC curves are those of
    photos with a face. Figures are of photos with a truth; ``precision_of_sad`` is of all photos, where
    expressions have natural shares.

    Parameters
    ----------
    photos : PhotoSet
    answers : sequence of Answer
        One of each photo, in order.
    step : float
        To what the tool rounds its scores.
    """
    pairs = list(zip(photos.photos, answers, strict=True))
    known = [(photo, answer) for photo, answer in pairs if photo.truth is not None]
    figures = {"faces_found": _share(answer.label is not None for _, answer in known), **_called(known)}
    if photos.natural_shares:
        figures["precision_of_sad"] = _share(
            photo.looks_sad for photo, answer in pairs if answer.label == "sad"
        )
    if any(answer.shown for answer in answers):
        figures["uncertain"] = _share(answer.label == "uncertain" for _, answer in known)
    figures |= _forced_choice(known) | _sad_against_neutral(known, step)
    return {name: figures[name] for name in TITLES if name in figures and figures[name].value is not None}


def ties(answers: Sequence[Answer]) -> int:
    """Count faces whose scores for happy and sad are equal, as where both were rounded to 0."""
    return sum(answer.probability == 0.5 for answer in answers)


def _share(events: Iterable[bool]) -> Estimate:
    counted = list(events)
    return wilson(sum(counted), len(counted))


def _called(known: Sequence[tuple[Photo, Answer]]) -> Figures:
    figures = {}
    for truth, label in _CALLED:
        of_truth = [(photo, answer.label == label) for photo, answer in known if photo.truth == truth]
        figures[f"{truth}_called_{label}"] = _share(hit for _, hit in of_truth)
        if truth == "sad":
            plain = _share(hit for photo, hit in of_truth if photo.plainly_sad)
            figures[f"plainly_sad_called_{label}"] = plain
    return figures


def _forced_choice(known: Sequence[tuple[Photo, Answer]]) -> Figures:
    two = [(photo.truth == "happy", answer) for photo, answer in known if photo.truth in ("happy", "sad")]
    happy = np.array([truth for truth, _ in two], bool)
    p = _floats([answer.probability for _, answer in two])
    right = np.where(happy, p > 0.5, p < 0.5)
    return {"accuracy": wilson(int(right.sum()), len(two)), "auc_happy_sad": _auc(happy, p)}


def _sad_against_neutral(known: Sequence[tuple[Photo, Answer]], step: float) -> Figures:
    two = [(photo.truth == "sad", answer) for photo, answer in known if photo.truth in ("neutral", "sad")]
    truth = np.array([sad for sad, _ in two], bool)
    sad, neutral = (_floats([answer.score(name) for _, answer in two]) for name in ("sad", "neutral"))
    # What was rounded to 0 lies between 0 and half a step.
    ratio = np.log(np.maximum(sad, step / 4)) - np.log(np.maximum(neutral, step / 4))
    return {"auc_sad_neutral": _auc(truth, sad), "auc_sad_neutral_ratio": _auc(truth, ratio)}


def _floats(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _auc(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> Estimate:
    seen = ~np.isnan(scores)
    truth, scores = truth[seen], scores[seen]

    def area(rows: npt.NDArray[np.int64]) -> float:
        drawn = truth[rows]
        return float("nan") if drawn.all() or not drawn.any() else area_under_roc(drawn, scores[rows])

    return bootstrap(area, len(truth))
