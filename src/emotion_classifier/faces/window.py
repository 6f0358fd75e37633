"""A rectangle of a photo at any tilt: drawn upright, and the way back to the photo's pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier.faces.face import Box


@dataclass(frozen=True)
class Window:
    """A rectangle laid over a photo; it may reach beyond the photo's edges.

    Attributes
    ----------
    x, y : float
        Its middle, in pixels of the photo.
    width, height : float
        Its sides, in pixels of the photo.
    tilt : float
        Degrees by which it is turned clockwise, as seen.
    """

    x: float
    y: float
    width: float
    height: float
    tilt: float = 0.0

    @classmethod
    def whole(cls, photo: NDArray[np.uint8], *, tilt: float = 0.0) -> Window:
        """Lay a square around a whole photo."""
        height, width = photo.shape[:2]
        return cls.around((0.0, 0.0, float(width), float(height)), 1.0, tilt=tilt)

    @classmethod
    def around(cls, box: Box, margin: float, *, tilt: float = 0.0) -> Window:
        """Lay a square around the middle of a box, `margin` times its longer side."""
        x, y, width, height = box
        side = max(width, height, 1.0) * margin
        return cls(x + width / 2, y + height / 2, side, side, tilt)

    def _sides(self) -> NDArray[np.float64]:
        """Return the vectors along the upper and down the left side; rows of a (2, 2) array."""
        cosine, sine = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt))
        return np.array(
            [[cosine * self.width, sine * self.width], [-sine * self.height, cosine * self.height]]
        )

    def to_photo(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map points, shape (n, 2), from fractions of the window's sides to pixels of the photo."""
        moved: NDArray[np.float64] = (points.astype(np.float64) - 0.5) @ self._sides() + (self.x, self.y)
        return moved

    def draw(
        self, photo: NDArray[np.uint8], size: tuple[int, int], *, smooth: bool = True, repeat: bool = False
    ) -> NDArray[np.uint8]:
        """Draw what the window shows, upright.

        Parameters
        ----------
        photo : ndarray, shape (height, width, 3), uint8
            RGB.
        size : (height, width)
            Of the drawing in pixels.
        smooth : bool
            When shrinking, draw at twice the size and average, so that fine texture does not turn to
            noise. Costs about half a millisecond.
        repeat : bool
            Repeat the photo's edge outside it, instead of showing black.

        Returns
        -------
        ndarray, shape (height, width, 3), uint8
        """
        height, width = size
        step = max(self.width / width, self.height / height)  # photo pixels per drawn pixel
        finer = 2 if smooth and step > 1 else 1
        corners = self.to_photo(np.array([[0, 0], [1, 0], [0, 1], [1, 1]]))
        low = np.floor(corners.min(axis=0)).astype(int) - 2
        high = np.ceil(corners.max(axis=0)).astype(int) + 2
        region, start = _region(photo, low, high, repeat=repeat)
        picture = Image.fromarray(region)
        factor = max(1, int(step / finer))
        if factor > 1:
            picture = picture.reduce(factor)
        corner = (corners[0] - start) / factor
        along, down = self._sides() / (factor * finer)
        drawn = picture.transform(
            (width * finer, height * finer),
            Image.Transform.AFFINE,
            (along[0] / width, down[0] / height, corner[0], along[1] / width, down[1] / height, corner[1]),
            resample=Image.Resampling.BILINEAR,
        )
        return np.asarray(drawn.reduce(finer) if finer > 1 else drawn)


def _region(
    photo: NDArray[np.uint8], low: NDArray[np.int_], high: NDArray[np.int_], *, repeat: bool
) -> tuple[NDArray[np.uint8], NDArray[np.int_]]:
    """Cut pixels from `low` up to `high` (x, y) out of a photo; return them and where they start."""
    limit = np.array(photo.shape[1::-1])
    # A region wholly outside still needs one row and one column to repeat.
    start, end = np.clip(low, 0, limit - 1), np.clip(high, 1, limit)
    inner = photo[start[1] : end[1], start[0] : end[0]]
    before, after = np.maximum(start - low, 0), np.maximum(high - end, 0)
    if repeat and (before.any() or after.any()):
        inner = np.pad(inner, ((before[1], after[1]), (before[0], after[0]), (0, 0)), mode="edge")
        start = start - before
    return np.ascontiguousarray(inner), start
