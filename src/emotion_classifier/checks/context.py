"""What the checks need to know of every photo of a dataset, and no pixels beyond small crops."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.checks.copy_detail import jpeg_step
from emotion_classifier.checks.surroundings import MEASURES, describe_surroundings, is_in_colour, shrunk
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.fingerprint import Fingerprint, Fingerprints, fingerprint_of
from emotion_classifier.data.groups import PERSON, independent_groups
from emotion_classifier.data.twins import Twins, find_twins
from emotion_classifier.errors import PhotoError
from emotion_classifier.faces.pipeline import FacePipeline, PhotoFaces
from emotion_classifier.faces.quality import FaceQuality
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.model.scale import canonical_probabilities

_BATCH = 64
_TINY = 1e-6
Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImageStats:
    """What one photo showed.

    Parameters
    ----------
    reason : str or None
        Why the photo cannot be read; then everything else is empty.
    digest : bytes
        SHA-256 of the file.
    size : (int, int)
        Width and height in pixels.
    jpeg_step : float or None
        How coarsely the file is compressed, see `jpeg_step`; None where it is no JPEG.
    in_colour : bool
        Whether the photo is anything but grey.
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
    jpeg_step: float | None = None
    in_colour: bool = True
    fingerprint: Fingerprint | None = None
    faces: int = 0
    quality: FaceQuality | None = None
    surroundings: Floats = field(default_factory=lambda: np.full(len(MEASURES), np.nan))

    @property
    def sharpness(self) -> float | None:
        """How sharp the prominent face is, to three places; None where no face was seen."""
        return round(self.quality.sharpness, 3) if self.quality and self.faces else None


@dataclass(frozen=True)
class CheckContext:
    """What the checks look at.

    Parameters
    ----------
    dataset : Dataset
    bundle : Bundle
        The model whose readings the checks use.
    images : tuple of n ImageStats
    raw : ndarray of float64, shape (n, k)
        The model's own probabilities; NaN without a face.
    group_column : str
        Column that says who is in the photo.
    points : float
        Half width of the interval that the owner of the data wants, in percentage points.
    """

    dataset: Dataset
    bundle: Bundle
    images: tuple[ImageStats, ...]
    raw: Floats
    group_column: str = PERSON
    points: float = 3.0

    def files(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> tuple[str, ...]:
        """Name the files of some rows."""
        return tuple(self.dataset.ids[row] for row in rows)

    def labels_of(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[str]:
        """Name the labels of some rows."""
        return [self.dataset.labels[index] for index in self.dataset.hard[list(rows)]]

    @cached_property
    def readable(self) -> npt.NDArray[np.int64]:
        """Rows whose file is a photo."""
        return np.flatnonzero([image.reason is None for image in self.images])

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
        found = np.full((len(self.images), 4), np.nan)
        if self.read.any():
            found[self.read] = canonical_probabilities(
                self.raw[self.read], self.bundle.labels, temperature=temperature
            )
        return found

    @cached_property
    def twins(self) -> Twins:
        """Pictures that are the same, or nearly."""
        return find_twins(Fingerprints.of((image.fingerprint for image in self.images), n=len(self.images)))

    @cached_property
    def people(self) -> npt.NDArray[np.int64]:
        """Group numbers, shape (n,), as `independent_groups` gives them."""
        return independent_groups(self.dataset, column=self.group_column, twins=self.twins)


def measure_images(
    dataset: Dataset, bundle: Bundle, *, progress: Progress | None = None
) -> tuple[tuple[ImageStats, ...], Floats]:
    """Read and measure every photo once.

    Parameters
    ----------
    dataset : Dataset
    bundle : Bundle
    progress : callable or None
        Called with (photos done, photos in all).

    Returns
    -------
    (images, raw)
        As in `CheckContext`. A photo that cannot be read is an `ImageStats` with its reason.
    """
    pipeline = FacePipeline()
    raw = np.full((len(dataset), len(bundle.labels)), np.nan)
    images: list[ImageStats] = []
    waiting: list[tuple[int, npt.NDArray[np.uint8]]] = []
    for row, source in enumerate(dataset.sources):
        image, crop = _measure(source, pipeline, bundle, cropped=dataset.cropped[row])
        images.append(image)
        if crop is not None:
            waiting.append((row, crop))
        if len(waiting) == _BATCH or (waiting and row == len(dataset) - 1):
            inputs = bundle.config.preprocessing.normalise(np.stack([crop for _, crop in waiting]))
            raw[[row for row, _ in waiting]] = bundle.probabilities(inputs)
            waiting.clear()
        if progress:
            progress(row + 1, len(dataset))
    return tuple(images), raw


def _measure(
    source: Path | bytes, pipeline: FacePipeline, bundle: Bundle, *, cropped: bool
) -> tuple[ImageStats, npt.NDArray[np.uint8] | None]:
    try:
        photo = pipeline.open(source, cropped=cropped)
        # Here more of a large photo may be decoded than before.
        return _measured(source, photo, bundle.config.preprocessing)
    except PhotoError as error:
        return ImageStats(reason=str(error)), None


def _measured(
    source: Path | bytes, photo: PhotoFaces, template: Preprocessing
) -> tuple[ImageStats, npt.NDArray[np.uint8] | None]:
    content = source if isinstance(source, bytes) else source.read_bytes()
    crop, size = photo.main_crop(template), photo.picture.size
    small = shrunk(photo.picture.layer(1).image)
    image = ImageStats(
        digest=hashlib.sha256(content).digest(),
        size=size,
        jpeg_step=jpeg_step(content),
        in_colour=is_in_colour(small),
        fingerprint=fingerprint_of(photo),
        faces=sum(found.score > 0 for found in photo.faces),
        quality=None if crop is None else photo.quality(crop, template),
        surroundings=describe_surroundings(small, photo.faces, size=size),
    )
    return image, None if crop is None else crop.pixels
