"""Rows of pictures that are looked up when a batch needs them: a choice, a repetition or a union copies nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class PixelRows:
    """Pictures of one shape out of one array or several, which may lie on disk.

    Parameters
    ----------
    parts : tuple of ndarray of uint8, each of shape (n, height, width, channels)
    part, row : ndarray of int, shape (rows,)
        Where each row lies.
    """

    parts: tuple[Pictures, ...]
    part: npt.NDArray[np.int32]
    row: npt.NDArray[np.int64]

    @classmethod
    def of(cls, pictures: Pictures) -> PixelRows:
        """Take all rows of one array."""
        return cls((pictures,), np.zeros(len(pictures), np.int32), np.arange(len(pictures)))

    def __len__(self) -> int:
        return len(self.row)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, height, width, channels."""
        return (len(self), *self.parts[0].shape[1:])

    def __getitem__(self, chosen: npt.NDArray[np.integer] | slice) -> Pictures:
        """Read rows; several rows, always as an array of their own."""
        part, row = self.part[chosen], self.row[chosen]
        found = np.empty((len(row), *self.shape[1:]), np.uint8)
        for number in np.unique(part):
            here = part == number
            found[here] = self.parts[number][row[here]]
        return found

    def __array__(self, dtype: type[np.uint8] | None = None, *, copy: bool | None = None) -> Pictures:
        """Read all rows."""
        return np.asarray(self[:], dtype or np.uint8)

    def take(self, chosen: npt.NDArray[np.integer]) -> PixelRows:
        """Keep some rows."""
        return PixelRows(self.parts, self.part[chosen], self.row[chosen])

    def join(self, more: PixelRows) -> PixelRows:
        """Put other rows after these."""
        part = np.concatenate([self.part, more.part + len(self.parts)]).astype(np.int32)
        return PixelRows((*self.parts, *more.parts), part, np.concatenate([self.row, more.row]))


def joined(first: Pictures | PixelRows, second: Pictures | PixelRows) -> PixelRows:
    """Put rows after rows, whatever holds them."""
    one, other = (each if isinstance(each, PixelRows) else PixelRows.of(each) for each in (first, second))
    return one.join(other)


def chosen(
    pixels: Pictures | PixelRows, rows: npt.NDArray[np.integer] | Sequence[int]
) -> Pictures | PixelRows:
    """Keep some rows."""
    rows = np.asarray(rows)
    return pixels.take(rows) if isinstance(pixels, PixelRows) else pixels[rows]
