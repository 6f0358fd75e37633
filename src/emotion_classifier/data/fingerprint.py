"""Fingerprints, by which copies of a photo are found: two hashes of the whole and a small picture of the face."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.overlay import SIDE
from emotion_classifier.data.picture_hash import both_bits
from emotion_classifier.errors import PhotoError
from emotion_classifier.faces.align import Framing
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.pipeline import FacePipeline, PhotoFaces
from emotion_classifier.model.known_photos import BYTES
from emotion_classifier.model.preprocessing import Preprocessing

_FACE = Preprocessing(
    input="face",
    height=SIDE,
    width=SIDE,
    channels="grey",
    framing=Framing(width_in_eye_distances=2.86, eye_line=0.36),
)
# Of 2.5 kB each. Beyond that photos are read again, as the fits of a cross-validation do anyway.
_MOST_KEPT = 20_000
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Fingerprint:
    """The fingerprint of one photo.

    Parameters
    ----------
    bits, mirrored_bits : ndarray of uint8, shape (32,)
        Difference hash of the picture and of its mirror image.
    face : ndarray of uint8, shape (48, 48), or None
        The face that the photo is about, aligned.
    """

    bits: Bytes
    mirrored_bits: Bytes
    face: Bytes | None


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints of n photos, some of which may not be readable.

    Parameters
    ----------
    bits, mirrored_bits : ndarray of uint8, shape (n, 32)
    faces : ndarray of uint8, shape (n, 48, 48)
    readable, with_face : ndarray of bool, shape (n,)
        Where there are hashes, and where there is a face.
    """

    bits: Bytes
    mirrored_bits: Bytes
    faces: Bytes
    readable: npt.NDArray[np.bool_]
    with_face: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, prints: Iterable[Fingerprint | None], *, n: int) -> Fingerprints:
        """Lay n fingerprints out as arrays; None: the photo cannot be read."""
        found = cls(
            np.zeros((n, BYTES), np.uint8),
            np.zeros((n, BYTES), np.uint8),
            np.zeros((n, SIDE, SIDE), np.uint8),
            np.zeros(n, np.bool_),
            np.zeros(n, np.bool_),
        )
        for row, each in enumerate(prints):
            if each is None:
                continue
            found.readable[row] = True
            found.bits[row], found.mirrored_bits[row] = each.bits, each.mirrored_bits
            if each.face is not None:
                found.with_face[row], found.faces[row] = True, each.face
        return found

    def __len__(self) -> int:
        return len(self.bits)

    def take(self, rows: npt.NDArray[np.integer]) -> Fingerprints:
        """Keep some, in the order given."""
        return Fingerprints(**{name: array[rows] for name, array in vars(self).items()})

    def join(self, more: Fingerprints) -> Fingerprints:
        """Put others after these."""
        both = {name: np.concatenate([array, getattr(more, name)]) for name, array in vars(self).items()}
        return Fingerprints(**both)


def fingerprint_of(photo: PhotoFaces) -> Fingerprint:
    """Take a photo's fingerprint; its faces are detected for it."""
    crop = photo.main_crop(_FACE)
    return Fingerprint(*both_bits(photo.pixels), None if crop is None else crop.pixels[..., 0])


def fingerprints(
    dataset: Dataset,
    *,
    face_cache: FaceCache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Fingerprints:
    """Take the fingerprint of every photo of a dataset, or recall it where the same file was read before.

    Parameters
    ----------
    dataset : Dataset
    face_cache : FaceCache or None
        Faces found before.
    progress : callable or None
        Called with (photos done, photos in all).
    """
    pipeline = FacePipeline(cache=face_cache)

    def look(row: int) -> Fingerprint | None:
        source, cropped = dataset.sources[row], dataset.cropped[row]
        found = recalled(source, lambda: _look(source, pipeline, cropped=cropped), cropped=cropped)
        if progress:
            progress(row + 1, len(dataset))
        return found

    return Fingerprints.of(map(look, range(len(dataset))), n=len(dataset))


def _look(source: Path | bytes, pipeline: FacePipeline, *, cropped: bool) -> Fingerprint | None:
    try:
        return fingerprint_of(pipeline.open(source, cropped=cropped))
    except PhotoError:
        return None


_kept: OrderedDict[tuple[object, ...], Fingerprint | None] = OrderedDict()


def recalled(
    source: Path | bytes, make: Callable[[], Fingerprint | None], *, cropped: bool
) -> Fingerprint | None:
    """Recall a photo's fingerprint; it is taken the first time, and again when the file has changed.

    Parameters
    ----------
    source : Path or bytes
    make : callable
        Takes the fingerprint.
    cropped : bool
        Whether the picture already is one tight face crop.
    """
    key = (_name(source), cropped)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    found = _kept[key] = make()
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return found


def _name(source: Path | bytes) -> object:
    if isinstance(source, bytes):
        return hashlib.blake2b(source, digest_size=16).digest()
    try:
        status = source.stat()
    except OSError:
        return object()  # Nothing to remember it by.
    return source.absolute(), status.st_size, status.st_mtime_ns
