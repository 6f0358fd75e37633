"""An upright RGB photo, decoded no finer than it is looked at.

Most of a large photo's time would go into decoding what nobody looks at: of 12 megapixels a detector's first look takes
in 37,000. JPEG files give a half, a quarter or an eighth of their size in a fraction of the time (libjpeg's scaled
decoding, which Pillow calls draft). Any other large photo is shrunk once for the looks that need no more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier.photo.clear import cleared

_SCALES = (8, 4, 2)
# Shorter side, in pixels, that the coarsest layer keeps: 12 megapixels come at a quarter of their size, in which all
# but small faces have the pixels that they are looked at and read with.
_KEPT = 600
# Pixels of a layer to one that is looked at: a quarter more than there are blurs next to nothing.
_FINE_ENOUGH = 0.8


@dataclass(frozen=True)
class Layer:
    """A photo at a fraction of its size.

    Attributes
    ----------
    image : PIL image
        RGB.
    scale : int
        Pixels of the photo to one of the layer.
    left, top : int
        Where the layer's upper left corner lies in the photo, in pixels of the photo: 0, or a little less where a photo
        that is no multiple of `scale` has been turned.
    """

    image: Image.Image
    scale: int = 1
    left: int = 0
    top: int = 0


class Picture:
    """A photo in layers, each made when it is first needed and kept.

    Which layer is looked at depends on the look alone, so that the order of looks changes nothing.

    Parameters
    ----------
    size : (width, height)
        Of the photo in pixels.
    make : callable
        Takes a scale and gives the layer.
    scales : tuple of int
        The scales that there are, 1 among them.

    Attributes
    ----------
    changes : dict of str
        What was done to the layers made so far so that they are seen better, in words, as keys; see `cleared`.

    Examples
    --------
    >>> picture = Picture.of(np.zeros((3000, 4000, 3), np.uint8))
    >>> picture.size, picture.layer(3.0).scale, picture.layer(40.0).image.size
    ((4000, 3000), 1, (1000, 750))
    """

    def __init__(
        self, size: tuple[int, int], make: Callable[[int], Layer], scales: tuple[int, ...] = (1,)
    ) -> None:
        self.size = size
        self._make = make
        self._scales = scales
        self._layers: dict[int, Layer] = {}
        self.changes: dict[str, None] = {}

    @classmethod
    def of(cls, photo: NDArray[np.uint8] | Image.Image | Picture) -> Picture:
        """Wrap decoded pixels: an array, shape (height, width, 3), or an RGB image; a picture is returned as it is."""
        if isinstance(photo, Picture):
            return photo
        image = photo if isinstance(photo, Image.Image) else Image.fromarray(photo)
        coarse = coarsest(image.size)

        def make(scale: int) -> Layer:
            return Layer(image.reduce(scale) if scale > 1 else image, scale)

        return cls(image.size, make, (coarse, 1) if coarse > 1 else (1,))

    def layer(self, step: float) -> Layer:
        """Return the coarsest layer that has about all that a look can show.

        Parameters
        ----------
        step : float
            Pixels of the photo to one that is looked at.
        """
        scale = self._scale(step)
        if scale not in self._layers:
            self._layers[scale] = self._make(scale)
        return self._layers[scale]

    def _scale(self, step: float) -> int:
        fine = (scale for scale in self._scales if scale * _FINE_ENOUGH <= step)
        return max(fine, default=min(self._scales))

    def is_coarse(self, step: float) -> bool:
        """Tell whether a look makes do with the coarsest layer; see `layer`."""
        return self._scale(step) == max(self._scales)

    @property
    def coarse(self) -> Layer:
        """The coarsest layer."""
        return self.layer(math.inf)

    @cached_property
    def blurred(self) -> Picture:
        """The same photo with no other layer than the coarsest, for looks that are not worth decoding more."""
        coarse = self.coarse  # Not self: in a circle of references the layers would outlive their photo.
        return Picture(self.size, lambda _: coarse, (max(self._scales),))

    def cleared(self) -> Picture:
        """Return the same photo as faces are looked for and read in it; see `photo.clear`."""

        def make(scale: int) -> Layer:
            layer = self.layer(scale)
            image, done = cleared(layer.image)
            changes.update(dict.fromkeys(done))
            return replace(layer, image=image)

        picture = Picture(self.size, make, self._scales)
        # Not the picture in `make`: in a circle of references the layers would outlive their photo.
        changes = picture.changes
        return picture

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The whole photo, shape (height, width, 3); a copy of its own, read-only."""
        return np.asarray(self.layer(1).image)


def coarsest(size: tuple[int, int]) -> int:
    """Return the coarsest scale that keeps enough of a photo of a width and height."""
    return next((scale for scale in _SCALES if min(size) >= _KEPT * scale), 1)


def scales_of(size: tuple[int, int]) -> tuple[int, ...]:
    """Return the scales in which a JPEG file of a width and height is decoded, the coarsest first."""
    coarse = coarsest(size)
    return tuple(scale for scale in (*_SCALES, 1) if scale <= coarse)
