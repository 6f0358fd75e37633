"""What a bundle predicts on a labelled dataset, laid out as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data import Dataset
from emotion_classifier.data.fingerprint import Fingerprint, Fingerprints, fingerprint_of, recalled
from emotion_classifier.data.groups import PERSON, group_column_of, independent_groups
from emotion_classifier.data.labels import in_order
from emotion_classifier.errors import PhotoError, require_kind
from emotion_classifier.evaluation.intervals import Estimate, grouped_share
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.known_photos import BYTES, Hashes, photo_hash
from emotion_classifier.model.scale import CANONICAL, gather
from emotion_classifier.photo import PhotoSource
from emotion_classifier.reading import NO_FACE, PhotoReading

BINARY = ("happy", "sad")
UNCERTAIN = "uncertain"
NO_PREDICTION = ("no face", "unreadable")
_SMALLEST = 1e-6
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Predictions:
    """Truth and prediction of every photo.

    Parameters
    ----------
    labels : tuple of k str
        The dataset's classes.
    y_true : ndarray of int64, shape (n,)
        Index into `labels`.
    y_pred : ndarray of int64, shape (n,)
        The likeliest of `labels`; k where there is no face, k + 1 where the photo cannot be read.
    probabilities : ndarray of float64, shape (n, k)
        Over `labels`, rows sum to 1; NaN without a face.
    stated : tuple of n str or None
        The label people see (happy, neutral, sad, other, uncertain), None without a face.
    degree, p_happy : ndarray of float64, shape (n,)
        NaN without a face.
    shares : ndarray of float64, shape (n, 4)
        Of the raters (or all weight on the label): happy, neutral, sad, other.
    grades : tuple of n str or None
        The reading's grade, None without a face.
    learned : ndarray of bool, shape (n,), or None
        Where the bundle learned from the photo or was fitted on it; None: not recorded.
    unrecorded : tuple of str
        Models that the bundle began with, of which `learned` knows nothing.
    groups : ndarray of int64, shape (n,), or None
        As `independent_groups` gives them; None: nobody looked, and every photo counts as independent.
    reasons : tuple of n str or None
        Why the label people see is "uncertain"; empty: not noted.
    boxes : tuple of n boxes or None
        Of the main face, see `Reading.box`; None without a face and for a tight crop; empty: not noted.
    """

    labels: tuple[str, ...]
    y_true: npt.NDArray[np.int64]
    y_pred: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    stated: tuple[str | None, ...]
    degree: npt.NDArray[np.float64]
    p_happy: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    grades: tuple[str | None, ...]
    learned: npt.NDArray[np.bool_] | None = None
    unrecorded: tuple[str, ...] = ()
    groups: npt.NDArray[np.int64] | None = None
    reasons: tuple[str | None, ...] = ()
    boxes: tuple[Box | None, ...] = ()

    def __len__(self) -> int:
        return len(self.y_true)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values of `y_pred`."""
        return (*self.labels, *NO_PREDICTION)

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """Label of every photo, shape (n,)."""
        return np.array(self.labels)[self.y_true]

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        """Where there is a face, shape (n,)."""
        return np.less(self.y_pred, len(self.labels))

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Where the forced choice is the truth, shape (n,); no face is never correct."""
        return np.equal(self.y_pred, self.y_true)

    @property
    def decided(self) -> npt.NDArray[np.bool_]:
        """Where the label people see is not "uncertain", shape (n,); no face is undecided too."""
        return ~np.isin(self.shown, ("", UNCERTAIN))

    @property
    def shown(self) -> npt.NDArray[np.str_]:
        """The label people see, shape (n,); empty without a face."""
        return np.array([label or "" for label in self.stated])

    @property
    def binary(self) -> npt.NDArray[np.bool_]:
        """Where the label is happy or sad, shape (n,)."""
        return np.isin(self.names, BINARY)

    @property
    def right_side(self) -> npt.NDArray[np.bool_]:
        """Where `p_happy` lies on the label's side of 0.5, shape (n,); no face lies on neither."""
        happier = np.where(self.p_happy >= 0.5, "happy", "sad")
        return np.asarray((happier == self.names) & ~np.isnan(self.p_happy), np.bool_)

    @property
    def trained_on(self) -> TrainedOn | None:
        """How many of the photos the bundle learned from or was fitted on; None: not recorded."""
        if self.learned is None:
            return None
        return TrainedOn(int(self.learned.sum()), len(self), self.unrecorded)

    @property
    def group_numbers(self) -> npt.NDArray[np.int64]:
        """`groups`, shape (n,); each photo is a group of its own where nobody looked."""
        return np.arange(len(self)) if self.groups is None else self.groups

    @property
    def independent(self) -> int:
        """Number of groups of photos that are independent of each other."""
        return len(np.unique(self.group_numbers))

    def share(self, hits: Marks, of: Marks | None = None) -> Estimate:
        """Estimate the share of some photos, shape (n,), that are hits; the interval counts independent photos."""
        return grouped_share(hits, of, self.groups)

    def take(self, rows: npt.NDArray[np.int64]) -> Predictions:
        """Keep some photos, in the order given."""
        return replace(
            self,
            y_true=self.y_true[rows],
            y_pred=self.y_pred[rows],
            probabilities=self.probabilities[rows],
            stated=tuple(self.stated[row] for row in rows),
            degree=self.degree[rows],
            p_happy=self.p_happy[rows],
            shares=self.shares[rows],
            grades=tuple(self.grades[row] for row in rows),
            learned=None if self.learned is None else self.learned[rows],
            groups=None if self.groups is None else self.groups[rows],
            reasons=tuple(self.reasons[row] for row in rows) if self.reasons else (),
            boxes=tuple(self.boxes[row] for row in rows) if self.boxes else (),
        )


def require_bundle(*given: object) -> None:
    """Refuse what is no bundle, such as the path of one.

    Raises
    ------
    TypeError
        If something given is no Bundle.
    """
    require_kind(Bundle, given, "Load it with Bundle.load.")


def general(names: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Bring labels, shape (n,), to happy, neutral, sad and other."""
    return np.array([name if name in CANONICAL else "other" for name in names])


def with_a_choice(dataset: Dataset) -> Dataset:
    """Add classes to a dataset that has only one, since the only choice would always be right.

    Happy or sad is chosen from both; any other class from happy, neutral, sad and itself.
    """
    if len(dataset.labels) != 1:
        return dataset
    (only,) = dataset.labels
    return dataset.with_labels(BINARY if only in BINARY else in_order((*CANONICAL[:3], only)))


def predict_dataset(
    bundle: Bundle,
    dataset: Dataset,
    *,
    threads: int = 1,
    face_cache: FaceCache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Read every photo of a dataset with a bundle.

    Parameters
    ----------
    bundle : Bundle
    dataset : Dataset
        Soft targets count as their likeliest label.
    threads : int
        Threads of the networks.
    face_cache : FaceCache or None
        Faces found before, shared with whoever else reads the same photos.
    progress : callable or None
        Called with (photos done, photos in all).

    Returns
    -------
    Predictions
        In the order of the dataset, without `groups`.
    """
    classifier = EmotionClassifier(bundle, threads=threads, face_cache=face_cache)
    return _predict(classifier, dataset, _Notes(len(dataset), FacePipeline()), progress=progress)


def predict_grouped(
    bundle: Bundle,
    dataset: Dataset,
    *,
    column: str | None = PERSON,
    threads: int = 1,
    face_cache: FaceCache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Read every photo of a dataset with a bundle, and say which photos are independent of each other.

    The parameters are those of `predict_dataset` and `independent_groups`; photos are read once for both.

    Raises
    ------
    DatasetError
        If there is no such column; before any photo is read.
    """
    column = group_column_of(dataset, column)
    # Fingerprints and readings are of the same faces.
    face_cache = FaceCache() if face_cache is None else face_cache
    notes = _Notes(len(dataset), FacePipeline(cache=face_cache, threads=threads), with_prints=True)
    classifier = EmotionClassifier(bundle, threads=threads, face_cache=face_cache)
    predictions = _predict(classifier, dataset, notes, progress=progress)
    prints = Fingerprints.of(notes.prints, n=len(dataset))
    return replace(predictions, groups=independent_groups(dataset, column=column, prints=prints))


class _Notes:
    """What is noted of every photo while a bundle reads it: its hash, and its fingerprint if wanted."""

    def __init__(self, n: int, pipeline: FacePipeline, *, with_prints: bool = False) -> None:
        self.hashes: Hashes = np.zeros((n, BYTES), np.uint8)
        self.prints: list[Fingerprint | None] = [None] * n
        self._pipeline = pipeline
        self._with_prints = with_prints

    def take(self, row: int, source: Path | bytes, *, cropped: bool, known: bool) -> PhotoSource:
        """Decode a photo once, for the notes and for the classifier; one that cannot be is left to who says why."""
        if not (known or self._with_prints):
            return source
        try:
            photo = self._pipeline.open(source, cropped=cropped)
            # Here more of a large photo may be decoded than before.
            if known:
                self.hashes[row] = photo_hash(photo.pixels)
            if self._with_prints:
                self.prints[row] = recalled(source, partial(fingerprint_of, photo), cropped=cropped)
        except PhotoError:
            return source
        return photo.picture


def _predict(
    classifier: EmotionClassifier,
    dataset: Dataset,
    notes: _Notes,
    *,
    progress: Callable[[int, int], None] | None,
) -> Predictions:
    known = classifier.bundle.known_photos()
    readings = _read_all(classifier, dataset, notes, known=known is not None, progress=progress)
    predictions = predictions_of(dataset, readings)
    if known is None:
        return predictions
    return replace(predictions, learned=known.among(notes.hashes), unrecorded=known.unrecorded)


def predictions_of(dataset: Dataset, readings: Sequence[PhotoReading]) -> Predictions:
    """Hold readings that are there already against the labels of a dataset.

    Parameters
    ----------
    dataset : Dataset
    readings : sequence of PhotoReading
        One for every row, in its order.

    Returns
    -------
    Predictions
        Without `groups` and `learned`.
    """
    n, k = len(dataset), len(dataset.labels)
    probabilities = np.full((n, k), np.nan)
    degree, p_happy = np.full(n, np.nan), np.full(n, np.nan)
    forced = np.full(n, k, np.int64)
    for row, photo in enumerate(readings):
        main = photo.main
        if main is None:
            forced[row] += photo.reason != NO_FACE
            continue
        degree[row], p_happy[row] = main.degree, main.p_happy
        probabilities[row] = _over(dataset.labels, main.probabilities, main.p_happy)
        forced[row] = np.argmax(probabilities[row])
    mains = [photo.main for photo in readings]
    return Predictions(
        labels=dataset.labels,
        y_true=dataset.hard,
        y_pred=forced,
        probabilities=probabilities,
        stated=tuple(main.label if main else None for main in mains),
        degree=degree,
        p_happy=p_happy,
        shares=gather(dataset.targets, dataset.labels),
        grades=tuple(main.grade if main else None for main in mains),
        reasons=tuple(main.reason if main else None for main in mains),
        boxes=tuple(
            main.box if main and not (main.whole_photo or cropped) else None
            for main, cropped in zip(mains, dataset.cropped, strict=True)
        ),
    )


def _over(labels: Sequence[str], named: dict[str, float | None], p_happy: float) -> npt.NDArray[np.float64]:
    """Probabilities over the classes the dataset has."""
    if tuple(labels) == BINARY:
        return np.array([p_happy, 1 - p_happy])
    chosen = np.array([max(named[label] or 0.0, _SMALLEST) for label in labels])
    return np.asarray(chosen / chosen.sum())


def _read_all(
    classifier: EmotionClassifier,
    dataset: Dataset,
    notes: _Notes,
    *,
    known: bool,
    progress: Callable[[int, int], None] | None,
) -> list[PhotoReading]:
    found: dict[int, PhotoReading] = {}
    for cropped in (False, True):
        rows = [row for row, flag in enumerate(dataset.cropped) if flag == cropped]
        sources = (notes.take(row, dataset.sources[row], cropped=cropped, known=known) for row in rows)
        photos = classifier.predict_many(sources, cropped=cropped)
        for row, photo in zip(rows, photos, strict=True):
            found[row] = photo
            if progress:
                progress(len(found), len(dataset))
    return [found[row] for row in range(len(dataset))]
