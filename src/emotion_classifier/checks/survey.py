"""One look at every photo of a dataset: what the checks need to know, and no pixels beyond small crops."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.checks.surroundings import MEASURES, describe_surroundings
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.fingerprint import Fingerprint, Fingerprints, fingerprint_of
from emotion_classifier.data.groups import PERSON, independent_groups
from emotion_classifier.data.twins import Twins, find_twins
from emotion_classifier.errors import PhotoError
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.faces.quality import FaceQuality
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import canonical_probabilities

_BATCH = 64
_TINY = 1e-6
Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Look:
    """What one photo showed.

    Parameters
    ----------
    reason : str or None
        Why the photo cannot be read; then everything else is empty.
    digest : bytes
        SHA-256 of the file.
    size : (int, int)
        Width and height in pixels.
    fingerprint : Fingerprint or None
        By which its copies are known; None where it cannot be read.
    faces : int
        How many were found; 0 in a tight crop too where none was seen in it.
    quality : FaceQuality or None
        Of the prominent face; None too where the model does not look at faces.
    surroundings : ndarray of float64, shape (16,)
        Colour and light outside the faces (`MEASURES`); NaN where there is next to no outside.
    """

    reason: str | None = None
    digest: bytes = b""
    size: tuple[int, int] = (0, 0)
    fingerprint: Fingerprint | None = None
    faces: int = 0
    quality: FaceQuality | None = None
    surroundings: Floats = field(default_factory=lambda: np.full(len(MEASURES), np.nan))


@dataclass(frozen=True)
class Survey:
    """What the checks look at.

    Parameters
    ----------
    dataset : Dataset
    bundle : Bundle
        The model whose readings the checks use.
    looks : tuple of n Look
    raw : ndarray of float64, shape (n, k)
        The model's own probabilities; NaN without a face.
    group_column : str
        Column that says who is in the photo.
    points : float
        Half width of the interval that the owner of the data wants, in percentage points.
    """

    dataset: Dataset
    bundle: Bundle
    looks: tuple[Look, ...]
    raw: Floats
    group_column: str = PERSON
    points: float = 3.0

    @cached_property
    def readable(self) -> npt.NDArray[np.int64]:
        """Rows whose file is a photo."""
        return np.flatnonzero([look.reason is None for look in self.looks])

    @cached_property
    def read(self) -> npt.NDArray[np.bool_]:
        """Where the model has read a face, shape (n,)."""
        return ~np.isnan(self.raw[:, 0])

    @cached_property
    def log_probabilities(self) -> Floats:
        """Natural logarithms of `raw`, shape (n, k)."""
        return np.asarray(np.log(self.raw + _TINY))

    @cached_property
    def probabilities(self) -> Floats:
        """Calibrated happy, neutral, sad, other, shape (n, 4); NaN without a face."""
        temperature = self.bundle.config.scale.temperature
        found = np.full((len(self.looks), 4), np.nan)
        if self.read.any():
            found[self.read] = canonical_probabilities(
                self.raw[self.read], self.bundle.labels, temperature=temperature
            )
        return found

    @cached_property
    def twins(self) -> Twins:
        """Pictures that are the same, or nearly."""
        return find_twins(Fingerprints.of((look.fingerprint for look in self.looks), n=len(self.looks)))

    @cached_property
    def people(self) -> npt.NDArray[np.int64]:
        """Group numbers, shape (n,), as `independent_groups` gives them."""
        return independent_groups(self.dataset, column=self.group_column, twins=self.twins)


def look_at_all(
    dataset: Dataset, bundle: Bundle, *, progress: Progress | None = None
) -> tuple[tuple[Look, ...], Floats]:
    """Look at every photo once.

    Parameters
    ----------
    dataset : Dataset
    bundle : Bundle
    progress : callable or None
        Called with (photos done, photos in all).

    Returns
    -------
    (looks, raw)
        As in `Survey`. A photo that cannot be read is a `Look` with its reason.
    """
    pipeline = FacePipeline()
    raw = np.full((len(dataset), len(bundle.labels)), np.nan)
    looks: list[Look] = []
    waiting: list[tuple[int, npt.NDArray[np.uint8]]] = []
    for row, source in enumerate(dataset.sources):
        look, crop = _look(source, pipeline, bundle, cropped=dataset.cropped[row])
        looks.append(look)
        if crop is not None:
            waiting.append((row, crop))
        if len(waiting) == _BATCH or (waiting and row == len(dataset) - 1):
            inputs = bundle.config.preprocessing.normalise(np.stack([crop for _, crop in waiting]))
            raw[[row for row, _ in waiting]] = bundle.probabilities(inputs)
            waiting.clear()
        if progress:
            progress(row + 1, len(dataset))
    return tuple(looks), raw


def _look(
    source: Path | bytes, pipeline: FacePipeline, bundle: Bundle, *, cropped: bool
) -> tuple[Look, npt.NDArray[np.uint8] | None]:
    try:
        photo = pipeline.open(source, cropped=cropped)
    except PhotoError as error:
        return Look(reason=str(error)), None
    content = source if isinstance(source, bytes) else source.read_bytes()
    template = bundle.config.preprocessing
    crop = photo.main_crop(template)
    look = Look(
        digest=hashlib.sha256(content).digest(),
        size=(photo.pixels.shape[1], photo.pixels.shape[0]),
        fingerprint=fingerprint_of(photo),
        faces=sum(found.score > 0 for found in photo.faces),
        quality=None if crop is None else photo.quality(crop, template),
        surroundings=describe_surroundings(photo.pixels, photo.faces),
    )
    return look, None if crop is None else crop.pixels
