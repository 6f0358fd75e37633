"""Which pictures are nearly the same by a hash of the whole, and how pairs become groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.known_photos import thumbnail

_CHUNK = 2048
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]


def both_bits(photo: npt.NDArray[np.uint8]) -> tuple[Bytes, Bytes]:
    """Hash a photo and its mirror image: the difference hash of `known_photos`, 256 bits, each of shape (32,)."""
    levels = thumbnail(photo)
    # A thumbnail of the mirror image is the mirror image of the thumbnail.
    brighter, darker = levels[:, 1:] > levels[:, :-1], levels[:, :-1] > levels[:, 1:]
    return np.packbits(brighter.ravel()), np.packbits(darker[:, ::-1].ravel())


def signs(packed: npt.NDArray[np.uint8]) -> Floats:
    """Lay hashes, shape (n, 32), out as unit vectors: their product is 1 less twice the share of differing bits."""
    return (np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1) / np.float32(16)


def close_pairs(vectors: Floats, others: Floats, *, least: float) -> Iterator[Pairs]:
    """Find which unit vectors have a product of at least `least`, a block at a time.

    Yields
    ------
    (first, second, product)
        Arrays of one length; first < second.
    """
    for start in range(0, len(vectors), _CHUNK):
        block = vectors[start : start + _CHUNK]
        for offset in range(start, len(others), _CHUNK):
            products = block @ others[offset : offset + _CHUNK].T
            row, column = np.nonzero(products >= least)
            kept = start + row < offset + column
            row, column = row[kept], column[kept]
            if len(row):
                yield start + row, offset + column, products[row, column]


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
