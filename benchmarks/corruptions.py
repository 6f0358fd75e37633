"""Ways in which a photo of a face goes wrong, each in five severities stated in physical terms.

The design is that of ImageNet-C (Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to
Common Corruptions and Perturbations", arXiv:1903.12261). The severities are stated for faces: what has a length
is given in eye distances, light in photographic stops, noise as a share of full white.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Photo: TypeAlias = npt.NDArray[np.uint8]
Values: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """Where the face lies in the clean photo.

    Parameters
    ----------
    eyes, mouth : tuple of two floats
        Midpoint of the eyes and centre of the mouth, x and y in pixels.
    scale : float
        Distance between the eyes in pixels.
    """

    eyes: tuple[float, float]
    mouth: tuple[float, float]
    scale: float

    def at(self, across: float, down: float) -> tuple[float, float]:
        """Point `across` eye distances to the right of the face's axis and `down` below the eyes."""
        x, y = self.mouth[0] - self.eyes[0], self.mouth[1] - self.eyes[1]
        length = math.hypot(x, y) or 1.0
        x, y = x / length * self.scale, y / length * self.scale
        return self.eyes[0] + across * y + down * x, self.eyes[1] - across * x + down * y


Apply: TypeAlias = Callable[[Photo, Place, float, np.random.Generator], Photo]


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption: its name, the unit of its severities, the severities, and the function."""

    name: str
    unit: str
    severities: tuple[float, float, float, float, float]
    apply: Apply


def _linear(photo: Photo) -> Values:
    """From sRGB to linear light (IEC 61966-2-1), 0 to 1."""
    value = photo / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _encoded(light: Values) -> Photo:
    """From linear light to sRGB; what is brighter than white is cut off."""
    light = np.clip(light, 0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return _bytes(value * 255)


def _bytes(values: Values) -> Photo:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _convolved(photo: Photo, kernel: Values) -> Photo:
    """Blur in linear light, as a lens does; beyond the edge the photo is mirrored."""
    reach = kernel.shape[0] // 2
    padded = np.pad(_linear(photo), ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    height, width = photo.shape[:2]
    size = (padded.shape[0], padded.shape[1])
    spectrum = np.fft.rfft2(kernel / kernel.sum(), size)[..., None]
    full = np.fft.irfft2(np.fft.rfft2(padded, axes=(0, 1)) * spectrum, size, axes=(0, 1))
    return _encoded(full[2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width])


def _grid(reach: float) -> tuple[Values, Values]:
    line = np.arange(-math.ceil(reach), math.ceil(reach) + 1, dtype=np.float64)
    return np.meshgrid(line, line)


def defocus(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Spread every point over a disc of this radius."""
    radius = severity * place.scale
    x, y = _grid(radius + 1)
    return _convolved(photo, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def motion(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Spread every point along a line of this length, in a direction drawn by chance."""
    half, angle = severity * place.scale / 2, generator.uniform(0, math.pi)
    x, y = _grid(half + 1)
    along, aside = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    return _convolved(photo, np.clip(half + 0.5 - abs(along), 0, 1) * np.clip(1 - abs(aside), 0, 1))


def jpeg(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Encode as JPEG at this quality."""
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", quality=int(severity))
    return np.asarray(Image.open(buffer).convert("RGB"))


def exposure(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Double the light this many times; where negative, halve it."""
    return _encoded(_linear(photo) * 2.0**severity)


def low_contrast(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Keep this share of every pixel's distance from the photo's mean, as fog does."""
    mean = photo.mean(axis=(0, 1))
    return _bytes(mean + (photo - mean) * severity)


def smaller(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Shrink the photo until this many pixels lie between the eyes."""
    factor = min(severity / place.scale, 1.0)
    size = (max(1, round(photo.shape[1] * factor)), max(1, round(photo.shape[0] * factor)))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BOX))


def noise(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Add independent Gaussian noise of this standard deviation, as a share of white."""
    return _bytes(photo + generator.normal(0, severity * 255, photo.shape))


def rotation(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Turn the photo by so many degrees, to a side drawn by chance; the corners are mirrored."""
    height, width = photo.shape[:2]
    angle = severity * generator.choice([-1, 1])
    border = max(height, width) // 2
    padded = np.pad(photo, ((border, border), (border, border), (0, 0)), mode="symmetric")
    turned = Image.fromarray(padded).rotate(angle, Image.Resampling.BICUBIC)
    return np.asarray(turned)[border : border + height, border : border + width]


def colour_cast(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Shift red against blue by so many stops at equal luminance, to warm or cold by chance."""
    stops = severity / 2 * generator.choice([-1, 1])
    light = _linear(photo)
    shifted = light * 2.0 ** np.array([stops, 0.0, -stops])
    luminance = np.array([0.2126, 0.7152, 0.0722])
    return _encoded(shifted * ((light @ luminance).mean() / max((shifted @ luminance).mean(), 1e-9)))


def _covered(photo: Photo, shapes: list[list[tuple[float, float]]], colour: tuple[int, int, int]) -> Photo:
    """Paint polygons, with edges as soft as a camera draws them."""
    fine = 4
    stencil = Image.new("L", (photo.shape[1] * fine, photo.shape[0] * fine))
    draw = ImageDraw.Draw(stencil)
    for shape in shapes:
        draw.polygon([(x * fine, y * fine) for x, y in shape], fill=255)
    share = np.asarray(stencil.reduce(fine))[..., None] / 255.0
    return _bytes(photo * (1 - share) + np.array(colour) * share)


def _band(place: Place, down: float, height: float) -> list[tuple[float, float]]:
    low, high = down - height / 2, down + height / 2
    return [place.at(-1.1, low), place.at(1.1, low), place.at(1.1, high), place.at(-1.1, high)]


def eyes_covered(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Lay a dark band of this height over the eyes, as sunglasses and hair do."""
    return _covered(photo, [_band(place, 0.0, severity)], (25, 25, 28))


def mouth_covered(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Lay a dark band of this height over the mouth, as a microphone or scarf does."""
    return _covered(photo, [_band(place, _depth(place), severity)], (25, 25, 28))


def mask(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Cover the face from below the chin up to this far above the mouth, as a surgical mask does."""
    top = _depth(place) - severity
    half = ((0.3, top), (1.0, top + 0.15), (0.95, 1.7), (0.4, 2.15))
    outline = [*half, *((-across, down) for across, down in reversed(half))]
    return _covered(photo, [[place.at(*point) for point in outline]], (170, 200, 215))


def hand(photo: Photo, place: Place, severity: float, generator: np.random.Generator) -> Photo:
    """Hold a hand in front of the face from one side; this far from the mouth to the middle of its palm."""
    across, down = severity * generator.choice([-1, 1]), _depth(place)
    palm = [
        (across + _PALM * math.cos(turn), down + 1.2 * _PALM * math.sin(turn))
        for turn in np.linspace(0, 2 * math.pi, 40)
    ]
    shapes = [palm]
    for lean in (-0.6, -0.2, 0.2, 0.6):
        sine, cosine = math.sin(lean), math.cos(lean)
        shapes.append([(across + sine * y + cosine * x, down - cosine * y + sine * x) for x, y in _FINGER])
    return _covered(photo, [[place.at(*point) for point in shape] for shape in shapes], (176, 128, 104))


# In eye distances: the radius of a palm, and half the outline of a finger seen from its middle.
_PALM = 0.5
_FINGER = ((-0.12, 0.0), (-0.12, 1.0), (-0.06, 1.1), (0.06, 1.1), (0.12, 1.0), (0.12, 0.0))


def _depth(place: Place) -> float:
    """Distance from eyes to mouth in eye distances."""
    return math.dist(place.eyes, place.mouth) / place.scale


CORRUPTIONS = (
    Corruption("defocus", "radius in eye distances", (0.05, 0.1, 0.15, 0.2, 0.3), defocus),
    Corruption("motion", "length in eye distances", (0.15, 0.3, 0.45, 0.6, 0.9), motion),
    Corruption("small", "pixels between the eyes", (20, 14, 10, 7, 5), smaller),
    Corruption("jpeg", "quality", (25, 15, 10, 7, 4), jpeg),
    Corruption("noise", "deviation as share of white", (0.08, 0.12, 0.18, 0.26, 0.38), noise),
    Corruption("dark", "stops", (-2, -4, -6, -7, -8), exposure),
    Corruption("bright", "stops", (1, 1.5, 2, 2.5, 3), exposure),
    Corruption("low contrast", "share of contrast kept", (0.4, 0.3, 0.2, 0.1, 0.05), low_contrast),
    Corruption("colour cast", "stops of red against blue", (0.5, 1, 1.5, 2, 3), colour_cast),
    Corruption("rotation", "degrees", (15, 30, 60, 90, 180), rotation),
    Corruption("eyes covered", "height in eye distances", (0.2, 0.35, 0.5, 0.7, 0.9), eyes_covered),
    Corruption("mouth covered", "height in eye distances", (0.2, 0.35, 0.5, 0.7, 0.9), mouth_covered),
    Corruption("mask", "eye distances above the mouth", (-0.3, 0.0, 0.25, 0.5, 0.75), mask),
    Corruption("hand", "eye distances from the mouth", (1.2, 0.9, 0.6, 0.3, 0.0), hand),
)
