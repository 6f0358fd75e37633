"""Which pictures are nearly the same by a hash of the whole, and how pairs become groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.errors import missing_extra

BITS = 256
_CHUNK = 2048
Floats = npt.NDArray[np.float32]


def picture_bits(photo: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Hash a photo: a 16 × 16 difference hash (Buchner, imagehash), packed, shape (32,)."""
    try:
        import imagehash
    except ImportError as error:
        raise missing_extra("audit", "imagehash") from error
    return np.packbits(imagehash.dhash(Image.fromarray(photo), hash_size=16).hash.ravel())


def signs(packed: npt.NDArray[np.uint8]) -> Floats:
    """Lay hashes, shape (n, 32), out as unit vectors: their product is 1 less twice the share of differing bits."""
    return (np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1) / np.float32(16)


def close_pairs(vectors: Floats, others: Floats, *, least: float) -> Iterator[tuple[int, int, float]]:
    """Yield (first, second, product) with first < second for unit vectors whose product is at least `least`."""
    for start in range(0, len(vectors), _CHUNK):
        block = vectors[start : start + _CHUNK]
        for offset in range(start, len(others), _CHUNK):
            products = block @ others[offset : offset + _CHUNK].T
            for row, column in np.argwhere(products >= least):
                if start + row < offset + column:
                    yield int(start + row), int(offset + column), float(products[row, column])


def joined(
    rows: int, pairs: Iterable[tuple[int, int]], people: Sequence[object] | None = None
) -> npt.NDArray[np.int64]:
    """Give every row a number, shape (rows,): that of the first row it is linked to, by whatever chain.

    Parameters
    ----------
    rows : int
    pairs : iterable of (int, int)
        Rows that belong together.
    people : sequence or None
        Who each row is of; rows of one person belong together, None is nobody.
    """
    parent = np.arange(rows)

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    def join(first: int, second: int) -> None:
        low, high = sorted((root(first), root(second)))
        parent[high] = low

    for first, second in pairs:
        join(first, second)
    first_of: dict[object, int] = {}
    for row, person in enumerate(people or ()):
        if person is not None:
            join(first_of.setdefault(person, row), row)
    return np.array([root(row) for row in range(rows)], np.int64)
