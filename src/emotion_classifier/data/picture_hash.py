"""Which pictures are nearly the same by a hash of the whole, and how pairs become groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.known_photos import SIDE, thumbnail

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


@dataclass(frozen=True)
class Cells:
    """Where n pictures grow brighter and darker from left to right; a cell that does neither is flat.

    Parameters
    ----------
    brighter, darker : ndarray of uint8, shape (n, 32)
        256 bits each.
    """

    brighter: Bytes
    darker: Bytes

    @classmethod
    def of(cls, bits: Bytes, mirrored_bits: Bytes) -> Cells:
        """Tell them from the hash of each picture and of its mirror image, as `both_bits` gives them."""
        across = np.unpackbits(mirrored_bits, axis=1).reshape(-1, SIDE, SIDE)[:, :, ::-1]
        return cls(bits, np.packbits(across.reshape(-1, SIDE * SIDE), axis=1))

    def live(self) -> npt.NDArray[np.int64]:
        """Count the cells that are not flat, shape (n,)."""
        return _count(self.brighter | self.darker)

    def take(self, rows: npt.NDArray[np.int64]) -> Cells:
        """Keep some, in the order given."""
        return Cells(self.brighter[rows], self.darker[rows])

    def compare(self, others: Cells) -> tuple[npt.NDArray[np.int64], Floats]:
        """Compare each picture with another: count the cells live in either, and give the share of them that agrees."""
        live = _count(self.brighter | self.darker | others.brighter | others.darker)
        differ = _count((self.brighter ^ others.brighter) | (self.darker ^ others.darker))
        return live, np.asarray(1 - differ / np.maximum(live, 1), np.float32)


def _count(packed: Bytes) -> npt.NDArray[np.int64]:
    return np.asarray(np.bitwise_count(packed).sum(axis=1), np.int64)


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
