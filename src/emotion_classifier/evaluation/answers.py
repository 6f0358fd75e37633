"""What a bundle answers on a labelled dataset, laid out as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.bundle import Bundle
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data import Dataset
from emotion_classifier.reading import NO_FACE, PhotoReading
from emotion_classifier.scale import gather

BINARY = ("happy", "sad")
NO_ANSWER = ("no face", "unreadable")
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Answers:
    """Truth and answer of every photo.

    Parameters
    ----------
    labels : tuple of k str
        The dataset's classes.
    truth : ndarray of int64, shape (n,)
        Index into `labels`.
    forced : ndarray of int64, shape (n,)
        The likeliest of `labels`; k where there is no face, k + 1 where the photo cannot be read.
    probabilities : ndarray of float64, shape (n, k)
        Over `labels`, rows sum to 1; NaN where there is no answer.
    stated : tuple of n str or None
        The reading's own label (happy, sad, uncertain), None where there is no answer.
    degree, p_happy : ndarray of float64, shape (n,)
        NaN where there is no answer.
    shares : ndarray of float64, shape (n, 4)
        Of the raters (or all weight on the label): happy, neutral, sad, other.
    """

    labels: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    forced: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    stated: tuple[str | None, ...]
    degree: npt.NDArray[np.float64]
    p_happy: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values of `forced`."""
        return (*self.labels, *NO_ANSWER)

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """Label of every photo, shape (n,)."""
        return np.array(self.labels)[self.truth]

    @property
    def answered(self) -> npt.NDArray[np.bool_]:
        """Where there is a face, shape (n,)."""
        return np.less(self.forced, len(self.labels))

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Where the forced choice is the truth, shape (n,); no answer is never correct."""
        return np.equal(self.forced, self.truth)


def ask(
    bundle: Bundle, dataset: Dataset, *, threads: int = 1, progress: Callable[[int, int], None] | None = None
) -> Answers:
    """Read every photo of a dataset with a bundle.

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
    Answers
        In the order of the dataset.
    """
    readings = _read_all(EmotionClassifier(bundle, threads=threads), dataset, progress)
    n, k = len(dataset), len(dataset.labels)
    probabilities = np.full((n, k), np.nan)
    degree, p_happy = np.full(n, np.nan), np.full(n, np.nan)
    forced = np.full(n, k, np.int64)
    stated: list[str | None] = []
    for row, photo in enumerate(readings):
        main = photo.main
        stated.append(main.label if main else None)
        if main is None:
            forced[row] += photo.reason != NO_FACE
            continue
        degree[row], p_happy[row] = main.degree, main.p_happy
        probabilities[row] = _over(dataset.labels, main.probabilities, main.p_happy)
        forced[row] = np.argmax(probabilities[row])
    shares = gather(dataset.targets, dataset.labels)
    return Answers(
        dataset.labels, dataset.hard, forced, probabilities, tuple(stated), degree, p_happy, shares
    )


def _over(labels: Sequence[str], named: dict[str, float], p_happy: float) -> npt.NDArray[np.float64]:
    """Probabilities over the classes the dataset has."""
    if tuple(labels) == BINARY:
        return np.array([p_happy, 1 - p_happy])
    chosen = np.array([max(named[label], _SMALLEST) for label in labels])
    return np.asarray(chosen / chosen.sum())


def _read_all(
    classifier: EmotionClassifier, dataset: Dataset, progress: Callable[[int, int], None] | None
) -> list[PhotoReading]:
    found: dict[int, PhotoReading] = {}
    for cropped in (False, True):
        rows = [row for row, flag in enumerate(dataset.cropped) if flag == cropped]
        photos = classifier.predict_many((dataset.sources[row] for row in rows), cropped=cropped)
        for row, photo in zip(rows, photos, strict=True):
            found[row] = photo
            if progress:
                progress(len(found), len(dataset))
    return [found[row] for row in range(len(dataset))]
