"""Crops made as bad as photos are: out of focus, blurred by motion, tiny, too bright, grainy, compressed, grey."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

# Lengths are shares of the crop's width, of which the eyes are about 0.4 apart.
_OUT_OF_FOCUS = 0.01, 0.1  # radius
_MOVED = 0.05, 0.3
_PIXELS = 14, 50  # across the crop
_STOPS = 0.7, 2.6
_GRAIN = 12.0, 60.0  # deviation, in grey levels
_QUALITY = 4, 25
# Steps along which a crop is added up to blur it by motion.
_STEPS = 12
# Share of the crops that lose all colour, among those that lose any.
_GREY = 0.6
_TINT = 0.08

_Range = tuple[float, float]


def spoiled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make a crop bad in one way, drawn by chance, and now and then in a second one.

    Parameters
    ----------
    picture : PIL image
        RGB or grey.
    rng : numpy.random.Generator

    Returns
    -------
    PIL image
        As large, of the same mode.
    """
    for way in rng.choice(len(_WAYS), size=2 if rng.random() < 0.25 else 1, replace=False):
        picture = _WAYS[way](picture, rng)
    return picture


def paled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Take a crop's colour, or a part of it; what has none left may be toned, as old prints are.

    Parameters
    ----------
    picture : PIL image
        RGB; a grey one is given back as it is.
    rng : numpy.random.Generator
    """
    if picture.mode == "L":
        return picture
    grey = picture.convert("L").convert("RGB")
    if rng.random() >= _GREY:
        return Image.blend(picture, grey, rng.uniform(0.3, 1.0))
    if rng.random() < 0.25:
        tint = rng.uniform(0, _TINT)
        shares = (1 + tint, 1.0, 1 - tint)
        return grey.point([min(255, round(level * share)) for share in shares for level in range(256)])
    return grey


def shrunk(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Shrink a picture to a width and height, and enlarge it again."""
    return picture.resize(size, Image.Resampling.BOX).resize(picture.size, Image.Resampling.BILINEAR)


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    """Compress a picture as JPEG, and open it again."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def _out_of_focus(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    radius = _drawn(_OUT_OF_FOCUS, rng) * picture.width
    if rng.random() < 0.5:
        return picture.filter(ImageFilter.GaussianBlur(radius * 0.6))
    # Two boxes one after the other have edges about as steep as those of a lens's disc.
    return picture.filter(ImageFilter.BoxBlur(radius * 0.6)).filter(ImageFilter.BoxBlur(radius * 0.35))


def _blurred_by_motion(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add the crop up along a line; what comes in from beyond its edge is the edge."""
    length, angle = _drawn(_MOVED, rng) * picture.width, rng.uniform(0, np.pi)
    places = np.rint(np.outer(np.linspace(-0.5, 0.5, _STEPS) * length, [np.sin(angle), np.cos(angle)]))
    reach = int(np.abs(places).max())
    pixels = np.asarray(picture)
    padded = np.pad(pixels, ((reach, reach), (reach, reach), *[(0, 0)] * (pixels.ndim - 2)), mode="edge")
    total = np.zeros(pixels.shape, np.uint16)
    for down, right in places.astype(int) + reach:
        total += padded[down : down + picture.height, right : right + picture.width]
    return Image.fromarray((total // _STEPS).astype(np.uint8))


def _tiny(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    width = round(_drawn(_PIXELS, rng))
    return shrunk(picture, (width, max(1, round(width * picture.height / picture.width))))


def _too_bright(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    factor = 2.0 ** rng.uniform(*_STOPS)
    table = _encoded(np.minimum(_light() * factor, 1.0))
    return picture.point(table * len(picture.getbands()))


def _grainy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add grain, and smooth it more or less, as cameras do and `emotion_classifier.photo.clear` does."""
    deviation = _drawn(_GRAIN, rng)
    pixels = np.asarray(picture, np.float32)
    noise = rng.standard_normal(pixels.shape, np.float32)
    grainy = Image.fromarray(np.clip(pixels + noise * np.float32(deviation), 0, 255).astype(np.uint8))
    return grainy.filter(ImageFilter.GaussianBlur(deviation * rng.uniform(0.0, 0.09)))


def _blocky(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return compressed(picture, int(rng.integers(*_QUALITY)))


_WAYS: tuple[Callable[[Image.Image, np.random.Generator], Image.Image], ...] = (
    _out_of_focus,
    _blurred_by_motion,
    _tiny,
    _too_bright,
    _grainy,
    _blocky,
)


def _drawn(between: _Range, rng: np.random.Generator) -> float:
    """Draw a number whose logarithm is uniform, so that little happens as often as much."""
    low, high = np.log(between)
    return float(np.exp(rng.uniform(low, high)))


@cache
def _light() -> npt.NDArray[np.float64]:
    """Linear light of each grey level (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _encoded(light: npt.NDArray[np.float64]) -> list[int]:
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return [int(level) for level in np.rint(value * 255)]
