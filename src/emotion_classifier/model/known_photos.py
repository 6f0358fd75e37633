"""Which photos a model has learned from: hashes of them by which copies are known again."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.errors import PhotoError
from emotion_classifier.photo import PhotoSource, read_photo

SIDE = 16
BITS = SIDE * SIDE
BYTES = BITS // 8
LIMIT = 28
"""Most bits by which a photo may differ from one it is a copy of (`benchmarks/trained_on.py`)."""
_WORDS = BYTES // 8
# Where hardly a bit is set, or hardly one is not, the picture is flat or one even slope, and so are many others.
_FEWEST = 24
_LEAST_CONTRAST = 2.0
Hashes = npt.NDArray[np.uint8]


def thumbnail(photo: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    """Shrink a photo, shape (height, width, 3), to grey levels, shape (16, 17)."""
    grey = Image.fromarray(photo).convert("L")
    # Reducing by whole pixels first would save a third of the time, and twice as many bits of a copy would differ.
    return np.asarray(grey.resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS), np.int16)


def photo_hash(photo: npt.NDArray[np.uint8]) -> Hashes:
    """Hash a photo: where it grows brighter from left to right, in a grey thumbnail of 17 × 16 px.

    Parameters
    ----------
    photo : ndarray of uint8, shape (height, width, 3)
        As `read_photo` gives it.

    Returns
    -------
    ndarray of uint8, shape (32,)
        256 bits; none is set where the picture is too plain to be told from others.

    References
    ----------
    Krawetz (2013), Kind of like that: the difference hash.

    Examples
    --------
    >>> bool(photo_hash(np.zeros((40, 40, 3), np.uint8)).any())
    False
    """
    levels = thumbnail(photo)
    bits = levels[:, 1:] > levels[:, :-1]
    set_bits = int(bits.sum())
    if levels.std() < _LEAST_CONTRAST or not _FEWEST <= set_bits <= BITS - _FEWEST:
        return np.zeros(BYTES, np.uint8)
    return np.packbits(bits.ravel())


def hash_photos(sources: Iterable[PhotoSource]) -> Hashes:
    """Read and hash photos, shape (n, 32); of one that cannot be read no bit is set."""
    rows = []
    for source in sources:
        try:
            rows.append(photo_hash(read_photo(source)))
        except PhotoError:
            rows.append(np.zeros(BYTES, np.uint8))
    return np.array(rows, np.uint8).reshape(-1, BYTES)


def _none() -> Hashes:
    return np.zeros((0, BYTES), np.uint8)


@dataclass(frozen=True)
class KnownPhotos:
    """Photos that a model learned from or was fitted on.

    Parameters
    ----------
    hashes : ndarray of uint8, shape (n, 32)
        From `photo_hash`, each once, sorted.
    unrecorded : tuple of str
        Models that this one began with, of which nobody knows what they learned from.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> photo, other = rng.integers(0, 256, (2, 30, 30, 3), np.uint8)
    >>> known = KnownPhotos.of(hash_photos([photo]))
    >>> known.among(hash_photos([photo, other])).tolist()
    [True, False]
    """

    hashes: Hashes = field(default_factory=_none)
    unrecorded: tuple[str, ...] = ()

    @classmethod
    def of(cls, hashes: Hashes, *, unrecorded: Iterable[str] = ()) -> KnownPhotos:
        """Keep hashes, shape (n, 32), in any order, some twice; those without a bit say nothing and are left out."""
        return cls(np.unique(hashes[hashes.any(axis=1)], axis=0), tuple(dict.fromkeys(unrecorded)))

    @classmethod
    def from_bytes(cls, data: bytes, *, unrecorded: Iterable[str] = ()) -> KnownPhotos:
        """Read what `to_bytes` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            hashes = np.load(io.BytesIO(data), allow_pickle=False)
        except (EOFError, OSError) as error:
            raise ValueError(str(error)) from error
        if not isinstance(hashes, np.ndarray) or hashes.dtype != np.uint8 or hashes.shape[1:] != (BYTES,):
            raise ValueError(f"it does not hold hashes of {BYTES} bytes")
        return cls.of(hashes, unrecorded=unrecorded)

    def to_bytes(self) -> bytes:
        """Write the hashes as a NumPy file (.npy)."""
        file = io.BytesIO()
        np.save(file, self.hashes, allow_pickle=False)
        return file.getvalue()

    def __len__(self) -> int:
        return len(self.hashes)

    def __or__(self, other: KnownPhotos) -> KnownPhotos:
        """Put the photos of two together."""
        both = np.concatenate([self.hashes, other.hashes])
        return KnownPhotos.of(both, unrecorded=(*self.unrecorded, *other.unrecorded))

    def among(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Say which photos are among these, or are copies of one that differ in at most `LIMIT` bits.

        Parameters
        ----------
        hashes : ndarray of uint8, shape (n, 32)
            From `photo_hash`.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        asked, known = _words(hashes), _words(self.hashes)
        near = np.array([_nearest(known, row) <= LIMIT for row in asked.T], np.bool_)
        return near & hashes.any(axis=1)


def _nearest(known: npt.NDArray[np.uint64], photo: npt.NDArray[np.uint64]) -> int:
    """Count the bits by which a photo, shape (4,), differs from the nearest of some, shape (4, n)."""
    # Half of the bits rule out nearly all; one photo at a time stays within the processor's cache.
    away = np.bitwise_count(known[0] ^ photo[0]) + np.bitwise_count(known[1] ^ photo[1])
    left = known[:, away <= LIMIT]
    return int(np.bitwise_count(left ^ photo[:, None]).sum(axis=0).min(initial=BITS))


def _words(hashes: Hashes) -> npt.NDArray[np.uint64]:
    """Lay hashes out as 64-bit words, shape (4, n), those of the middle of the picture first."""
    words = np.ascontiguousarray(hashes).view(np.uint64).reshape(-1, _WORDS)
    return np.ascontiguousarray(np.roll(words, -1, axis=1).T)
