"""A rectangle of a photo at any tilt: drawn upright, and the way back to the photo's pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier.faces.face import Box, Point
from emotion_classifier.photo.picture import Layer

_CORNERS: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
_SPARE = 2  # pixels around a window that interpolation at its edges reaches for


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
    def whole(cls, size: tuple[int, int], *, margin: float = 1.0, tilt: float = 0.0) -> Window:
        """Lay a square around the middle of a photo of a width and height, `margin` times its longer side."""
        width, height = size
        return cls.around((0.0, 0.0, float(width), float(height)), margin, tilt=tilt)

    @classmethod
    def around(cls, box: Box, margin: float, *, tilt: float = 0.0) -> Window:
        """Lay a square around the middle of a box, `margin` times its longer side."""
        x, y, width, height = box
        side = max(width, height, 1.0) * margin
        return cls(x + width / 2, y + height / 2, side, side, tilt)

    def _sides(self) -> tuple[float, float, float, float]:
        """Return the vector (x, y) along the upper side, then that down the left side."""
        cosine, sine = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt))
        return cosine * self.width, sine * self.width, -sine * self.height, cosine * self.height

    # In plain floats: for a handful of points that is several times faster than NumPy.
    def to_photo(self, points: Iterable[Point]) -> list[Point]:
        """Map points from fractions of the window's sides to pixels of the photo."""
        along_x, along_y, down_x, down_y = self._sides()
        return [
            (
                (px - 0.5) * along_x + (py - 0.5) * down_x + self.x,
                (px - 0.5) * along_y + (py - 0.5) * down_y + self.y,
            )
            for px, py in points
        ]

    def from_photo(self, points: Iterable[Point]) -> list[Point]:
        """Map points from pixels of the photo to fractions of the window's sides; the way back of `to_photo`."""
        along_x, along_y, down_x, down_y = self._sides()
        across, high = self.width**2, self.height**2
        return [
            (
                0.5 + ((px - self.x) * along_x + (py - self.y) * along_y) / across,
                0.5 + ((px - self.x) * down_x + (py - self.y) * down_y) / high,
            )
            for px, py in points
        ]

    def step(self, size: tuple[int, int]) -> float:
        """Pixels of the photo to one pixel of a drawing of a height and width."""
        height, width = size
        return max(self.width / width, self.height / height)

    def on(self, layer: Layer) -> Window:
        """Return the same window in pixels of a layer of the photo."""
        scale = layer.scale
        return replace(
            self,
            x=(self.x - layer.left) / scale,
            y=(self.y - layer.top) / scale,
            width=self.width / scale,
            height=self.height / scale,
        )

    def bounds(self) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of the pixels that a drawing is made of."""
        xs, ys = zip(*self.to_photo(_CORNERS), strict=True)
        return (
            math.floor(min(xs)) - _SPARE,
            math.floor(min(ys)) - _SPARE,
            math.ceil(max(xs)) + _SPARE,
            math.ceil(max(ys)) + _SPARE,
        )

    def draw(self, photo: Image.Image, size: tuple[int, int], *, smooth: bool = True) -> NDArray[np.uint8]:
        """Draw what the window shows, upright; what lies outside the photo is black.

        Parameters
        ----------
        photo : PIL image
            RGB.
        size : (height, width)
            Of the drawing in pixels.
        smooth : bool
            When shrinking, draw at twice the size and average, so that fine texture does not turn to
            noise. Costs about half a millisecond.

        Returns
        -------
        ndarray, shape (height, width, 3), uint8
        """
        height, width = size
        left, top = self.x - self.width / 2, self.y - self.height / 2
        if not self.tilt and (self.width, self.height) == (width, height) and left % 1 == top % 1 == 0:
            return np.asarray(photo.crop((int(left), int(top), int(left) + width, int(top) + height)))
        step = self.step(size)
        finer = 2 if smooth and step > 1 else 1
        factor = max(1, int(step / finer))
        box = inside(self.bounds(), photo.size)
        region = photo.reduce(factor, box) if factor > 1 else photo.crop(box)
        x, y = self.to_photo(_CORNERS[:1])[0]
        along_x, along_y, down_x, down_y = (side / (factor * finer) for side in self._sides())
        drawn = region.transform(
            (width * finer, height * finer),
            Image.Transform.AFFINE,
            (
                *(along_x / width, down_x / height, (x - box[0]) / factor),
                *(along_y / width, down_y / height, (y - box[1]) / factor),
            ),
            resample=Image.Resampling.BILINEAR,
        )
        return np.asarray(drawn.reduce(finer) if finer > 1 else drawn)


def inside(bounds: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Clip bounds to a photo's width and height; of bounds wholly outside, one row or column remains."""
    left, top, right, bottom = bounds
    width, height = size
    return (
        min(max(left, 0), width - 1),
        min(max(top, 0), height - 1),
        min(max(right, 1), width),
        min(max(bottom, 1), height),
    )
