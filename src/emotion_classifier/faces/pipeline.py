"""From a photo to its faces and to crops of them: the one way for reading, training, checking and cleaning alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_classifier.faces.align import Framing
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import Face, Found, nominal_face, prominent
from emotion_classifier.faces.quality import FaceQuality, QualityLimits, measure_quality
from emotion_classifier.photo import DecodedPhoto, PhotoLimits, PhotoSource, Picture, decode_photo
from emotion_classifier.photo.clear import SMOOTHED, cleared

Pixels = NDArray[np.uint8]


class CropTemplate(Protocol):
    """How a model wants its input cut out of a photo; `Preprocessing` is one."""

    @property
    def input(self) -> Literal["face", "photo"]:
        """Whether the model takes in one face or the whole photo."""

    @property
    def framing(self) -> Framing:
        """How a square is laid around a face."""

    def pixels(self, photo: Picture, face: Face | None) -> Pixels:
        """Cut out one input."""


@dataclass(frozen=True)
class Crop:
    """One model input cut out of a photo.

    Parameters
    ----------
    face : Face
        The face it shows; the whole photo, with score 0, where the model takes that in.
    pixels : ndarray of uint8, shape (height, width, channels)
    """

    face: Face
    pixels: Pixels


class FacePipeline:
    """Read photos, find their faces and cut them out.

    Parameters
    ----------
    cache : FaceCache or None
        Faces found before, shared by everyone who is given it; None: every photo is looked at anew.
    threads : int
        Threads of the face detector. One pipeline may be used from several threads.
    limits : PhotoLimits or None
        The largest photo that is read; None for the usual limits.

    Raises
    ------
    TypeError
        If `limits` is something else.

    Examples
    --------
    >>> photo = FacePipeline().open(np.zeros((200, 300, 3), np.uint8))
    >>> photo.faces, photo.main
    ((), None)
    """

    def __init__(
        self, *, cache: FaceCache | None = None, threads: int = 1, limits: PhotoLimits | None = None
    ) -> None:
        if not isinstance(limits, PhotoLimits | None):
            raise TypeError(
                f"limits must be PhotoLimits, as in PhotoLimits(max_pixels=10**8), not {limits!r}"
            )
        self._cache = cache
        self._limits = limits
        self._detector = FaceDetector(threads=threads)

    def open(self, source: PhotoSource, *, cropped: bool = False) -> PhotoFaces:
        """Read a photo; its faces are looked for when they are first asked for.

        Parameters
        ----------
        source : PhotoSource
            See `read_photo`.
        cropped : bool
            The picture already is one tight face crop, as in FER2013, and always has one face.

        Raises
        ------
        PhotoError
            If the photo cannot be read.
        TypeError
            If `source` is no kind of photo.
        """
        return PhotoFaces(
            decode_photo(source, limits=self._limits), self._detector, self._cache, cropped=cropped
        )


class PhotoFaces:
    """One photo and its faces; `FacePipeline.open` makes it.

    Attributes
    ----------
    picture : Picture
        The photo, upright RGB.
    cropped : bool
        Whether the picture already is one tight face crop.
    """

    def __init__(
        self, photo: DecodedPhoto, detector: FaceDetector, cache: FaceCache | None, *, cropped: bool
    ) -> None:
        self.picture = photo.picture
        self._seen = photo.picture.cleared()
        self._decoded = photo
        self.cropped = cropped
        self._detector = detector
        self._cache = cache

    @property
    def pixels(self) -> Pixels:
        """The whole photo, shape (height, width, 3); a large one is decoded for whoever asks, so ask once."""
        return self.picture.pixels

    @property
    def seen(self) -> Pixels:
        """The whole photo as faces were looked for and read in it: with more contrast, or smoothed, where it was so."""
        changes, coarse = self._changes, self._seen.coarse
        if coarse.scale == 1:
            return np.asarray(coarse.image)
        # Of a large photo a coarse layer was read: a finer one may be grainy where that was not, and is left so.
        return np.asarray(cleared(self.picture.layer(1).image, only=changes)[0])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the photo in pixels."""
        width, height = self.picture.size
        return height, width

    @cached_property
    def _found(self) -> Found:
        if self._cache is None:
            return self._find()
        return self._cache.recall("cropped" if self.cropped else "whole", self.picture, self._find)

    def _find(self) -> Found:
        if self.cropped:
            return Found((self._detector.detect_cropped(self._seen),))
        return self._detector.find(self._seen)

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces found, largest first; of a tight crop always one, with score 0 where none was seen."""
        return self._found.faces

    def note(self, template: CropTemplate, *, most: int | None = None) -> str | None:
        """Say what to know of crops of a template: of the file, how it was read, of the search, or what is left out."""
        notes = [self._decoded.note]
        if template.input != "photo":
            found = len(self.faces)
            cut = most is not None and found > most
            notes += [
                *self._changes,
                self._found.note,
                f"only the largest {most} of {found} faces were read" if cut else None,
            ]
        return "; ".join(note for note in notes if note) or None

    @property
    def _changes(self) -> tuple[str, ...]:
        self._seen.coarse  # noqa: B018  Faces from a cache were found without a look at it.
        return tuple(self._seen.changes)

    @property
    def smoothed(self) -> bool:
        """Whether grain was smoothed before faces were looked for and read."""
        return SMOOTHED in self._changes

    @property
    def main(self) -> Face | None:
        """The face that the photo is about, or None where there is none."""
        return prominent(self.faces)

    def crops(self, template: CropTemplate, *, most: int | None = None) -> tuple[Crop, ...]:
        """Cut out every face; the whole photo, once, for a model that takes that in.

        Parameters
        ----------
        template : CropTemplate
            Such as the bundle's `Preprocessing`.
        most : int or None
            Cut out this many at most, the largest; None for all.
        """
        if template.input == "photo":
            return (self._whole(template),)
        return tuple(Crop(face, template.pixels(self._seen, face)) for face in self.faces[:most])

    def main_crop(self, template: CropTemplate) -> Crop | None:
        """Cut out the face that the photo is about, as `crops` does; None where there is none."""
        if template.input == "photo":
            return self._whole(template)
        return None if self.main is None else Crop(self.main, template.pixels(self._seen, self.main))

    def _whole(self, template: CropTemplate) -> Crop:
        height, width = self.size
        return Crop(nominal_face(width, height), template.pixels(self.picture, None))

    def quality(self, crop: Crop, template: CropTemplate) -> FaceQuality | None:
        """Measure how well the face of a crop can be seen; None for a model that takes in the whole photo."""
        if template.input == "photo":
            return None
        return measure_quality(crop.pixels, crop.face, framing=template.framing, photo_size=self.size)

    def too_bad(self, quality: FaceQuality, limits: QualityLimits) -> str | None:
        """Say why a face of this photo is too bad to be read, or None where it is not."""
        # Pixels of a picture cut out beforehand say nothing about its size.
        return limits.reason(quality, sized=not self.cropped, smoothed=self.smoothed)

    def shows_face(self, crop: Crop) -> bool:
        """Tell whether a tight crop shows a face; what was found in an ordinary photo always is one."""
        return not self.cropped or self._detector.is_face(self._seen, crop.face)
