"""Colour and light of a photo outside its faces: what a network could learn instead of the expression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.faces.face import Face

_SIDE = 48  # pixels of a photo, shrunk, on which everything is measured
_HEAD = 0.25  # of a face's box that is added on every side, for hair and chin
# Grey levels between the channels on average. Of 266 stock photos one has 0, a grey one, and the next palest has 6.
_COLOUR = 1.0
_LEAST = 0.1  # share of the photo that must lie outside
MEASURES = (
    *(
        f"{statistic} of {channel}"
        for statistic in ("mean", "spread")
        for channel in ("red", "green", "blue")
    ),
    *(f"mean {quality}" for quality in ("brightness", "saturation")),
    *(f"share of {kind} pixels" for kind in ("black", "white")),
    *(f"brightness {side}" for side in ("at the top", "at the bottom", "at the left", "at the right")),
    "detail across",
    "detail down",
)


def shrunk(photo: Image.Image) -> npt.NDArray[np.uint8]:
    """Shrink an RGB photo to what is measured here, shape (48, 48, 3)."""
    return np.asarray(photo.resize((_SIDE, _SIDE), Image.Resampling.BOX))


def describe_surroundings(
    small: npt.NDArray[np.uint8], faces: Sequence[Face], *, size: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """Measure a photo with its faces, ovals somewhat larger than their boxes, left out.

    Parameters
    ----------
    small : ndarray of uint8, shape (48, 48, 3)
        The photo as `shrunk` gives it.
    faces : sequence of Face
        In pixels of the photo.
    size : (width, height)
        Of the photo in pixels.

    Returns
    -------
    ndarray of float64, shape (16,)
        `MEASURES`, each 0 to 1; all NaN where the faces leave less than a tenth of the photo.

    Examples
    --------
    >>> white = describe_surroundings(np.full((48, 48, 3), 255, np.uint8), [], size=(90, 60))
    >>> float(white[MEASURES.index("mean brightness")])
    1.0
    """
    width, height = size
    levels = small / 255.0
    outside = np.ones((_SIDE, _SIDE), bool)
    across, down = (np.arange(_SIDE) + 0.5) / _SIDE * width, (np.arange(_SIDE) + 0.5) / _SIDE * height
    for face in faces:
        x, y, wide, high = face.box
        aside = (across - x - wide / 2) / ((0.5 + _HEAD) * wide)
        above = (down - y - high / 2) / ((0.5 + _HEAD) * high)
        outside &= aside[np.newaxis] ** 2 + above[:, np.newaxis] ** 2 > 1
    if outside.mean() < _LEAST:
        return np.full(len(MEASURES), np.nan)
    pixels, bright = levels[outside], levels.mean(axis=2)
    saturation = pixels.max(axis=1) - pixels.min(axis=1)
    whole = float(bright[outside].mean())
    return np.array(
        [
            *pixels.mean(axis=0),
            *pixels.std(axis=0),
            whole,
            saturation.mean(),
            (pixels.max(axis=1) < 0.04).mean(),
            (pixels.min(axis=1) > 0.96).mean(),
            *(_mean(bright, outside, part, whole) for part in _SIDES),
            *(float(_steps(bright, outside, axis)) for axis in (1, 0)),
        ]
    )


_QUARTER = _SIDE // 4
_SIDES: tuple[tuple[slice, slice], ...] = (
    np.s_[:_QUARTER, :],
    np.s_[-_QUARTER:, :],
    np.s_[:, :_QUARTER],
    np.s_[:, -_QUARTER:],
)


def _mean(
    bright: npt.NDArray[np.float64],
    outside: npt.NDArray[np.bool_],
    part: tuple[slice, slice],
    otherwise: float,
) -> float:
    chosen = outside[part]
    return float(bright[part][chosen].mean()) if chosen.any() else otherwise


def _steps(bright: npt.NDArray[np.float64], outside: npt.NDArray[np.bool_], axis: int) -> np.floating:
    """Mean change from one pixel to the next, both outside."""
    both = np.logical_and(*(np.delete(outside, end, axis=axis) for end in (0, -1)))
    change = np.abs(np.diff(bright, axis=axis))
    return change[both].mean() if both.any() else np.float64(0)


def is_in_colour(small: npt.NDArray[np.uint8]) -> bool:
    """Tell whether a photo, as `shrunk` gives it, is anything but grey."""
    return bool(np.ptp(small, axis=2).mean() >= _COLOUR)
