"""Variations of a face crop that a camera, a frame and a network connection would make."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from emotion_classifier.faces.align import Framing
from emotion_classifier.training.occluders import Pose, occlude
from emotion_classifier.training.spoil import compressed, paled, shrunk, spoiled

# Crops for training are cut this much wider than the network's input, so that shifting and turning them
# brings in real surroundings and no blank edge.
MARGIN = 1.25
ROTATION_DEGREES = 11.0
SCALE = 0.12
SHIFT = 0.06
OCCLUDED = 0.25
# Standard deviations: of the logarithms of gamma and contrast, and of brightness in grey levels.
GAMMA, CONTRAST, BRIGHTNESS = 0.25, 0.2, 18.0
# With more light: as far as between light and dark skin under one lamp, and between a window and a dim room.
MORE_LIGHT = 2.0
# Shares of the crops, where some are made bad.
SPOILED, PALED = 0.4, 0.25


def vary(
    canvas: npt.NDArray[np.uint8],
    size: tuple[int, int],
    rng: np.random.Generator,
    *,
    framing: Framing | None = None,
    more_light: bool = False,
    bad_photos: bool = False,
) -> npt.NDArray[np.uint8]:
    """Draw one random variation of a crop.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (H, W, channels)
        Cut `MARGIN` times wider than the network's input.
    size : tuple of int
        Height and width of the network's input.
    rng : numpy.random.Generator
    framing : Framing or None
        How the face lies in the network's input, for things laid over it; None: nothing is.
    more_light : bool
        Vary brightness, contrast and tone twice as much.
    bad_photos : bool
        Make two crops in five as bad as photos are, and take the colour, or a part of it, of one in four.

    Returns
    -------
    ndarray of uint8, shape (*size, channels)
    """
    if framing and rng.random() < OCCLUDED:
        canvas = occlude(canvas, Pose.of(framing, size, canvas.shape[:2]), rng)
    grey = canvas.shape[2] == 1
    picture = Image.fromarray(canvas[..., 0] if grey else canvas)
    picture = _reframe(picture, size, rng)
    if bad_photos and rng.random() < PALED:
        picture = paled(picture, rng)
    if rng.random() < 0.3:
        picture = _soften(picture, rng)
    if rng.random() < 0.15:
        picture = compressed(picture, int(rng.integers(20, 80)))
    varied = _relight(np.asarray(picture), rng, MORE_LIGHT if more_light else 1.0)
    if rng.random() < 0.2:
        varied += rng.standard_normal(varied.shape, np.float32) * np.float32(rng.uniform(2, 9))
    result = np.clip(varied, 0, 255).astype(np.uint8)
    if bad_photos and rng.random() < SPOILED:
        result = np.asarray(spoiled(Image.fromarray(result), rng))
    return result[..., np.newaxis] if grey else result


def centre(canvases: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Cut the unvaried input out of the middle of canvases, shape (n, H, W, channels)."""
    top, left = (canvases.shape[1] - size[0]) // 2, (canvases.shape[2] - size[1]) // 2
    return canvases[:, top : top + size[0], left : left + size[1]]


def _reframe(picture: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    height, width = size
    angle = np.deg2rad(rng.normal(0, ROTATION_DEGREES / 2))
    zoom = np.exp(rng.uniform(-SCALE, SCALE))
    mirror = 1.0 if rng.random() < 0.5 else -1.0
    along = np.array([np.cos(angle), np.sin(angle)]) * zoom
    down = np.array([-along[1], along[0]])
    along = along * mirror
    middle = np.array([picture.width, picture.height]) / 2 + rng.uniform(-SHIFT, SHIFT, 2) * (width, height)
    start = middle - along * width / 2 - down * height / 2
    matrix = (along[0], down[0], start[0], along[1], down[1], start[1])
    return picture.transform(
        (width, height), Image.Transform.AFFINE, matrix, resample=Image.Resampling.BILINEAR
    )


def _soften(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    if rng.random() < 0.5:
        return picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.3)))
    share = rng.uniform(0.4, 0.9)
    return shrunk(picture, (max(8, int(picture.width * share)), max(8, int(picture.height * share))))


def _relight(
    picture: npt.NDArray[np.uint8], rng: np.random.Generator, amount: float
) -> npt.NDArray[np.float32]:
    gamma, contrast = np.exp(rng.normal(0, amount * GAMMA)), np.exp(rng.normal(0, amount * CONTRAST))
    table = 255 * np.linspace(0, 1, 256) ** gamma
    mean = table[picture].mean()
    table = (table - mean) * contrast + mean + rng.normal(0, amount * BRIGHTNESS)
    return np.asarray(table.astype(np.float32)[picture])
