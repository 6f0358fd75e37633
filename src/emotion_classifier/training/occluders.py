"""Things that hide a part of a face: masks, hands, glasses, hair, cups; drawn on a crop before it is varied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from emotion_classifier.faces.align import Framing

# Drawn so many times finer than the crop, for soft edges.
_FINE = 4
Points: TypeAlias = list[tuple[float, float]]


@dataclass(frozen=True)
class Pose:
    """Where an aligned crop has its eyes.

    Parameters
    ----------
    x, y : float
        Midpoint of the eyes, in pixels.
    scale : float
        Distance between the eyes, in pixels.
    """

    x: float
    y: float
    scale: float

    @classmethod
    def of(cls, framing: Framing, size: tuple[int, int], canvas: tuple[int, int]) -> Pose:
        """Tell from the framing of the network's input, which lies in the middle of a wider canvas."""
        height, width = size
        across, down = canvas[1] / 2, canvas[0] / 2 + (framing.eye_line - 0.5) * height
        return cls(across, down, width / framing.width_in_eye_distances)


class _Stencil:
    """A shape in eye distances: x to the right of the face's axis, y below the eyes."""

    def __init__(self, canvas: tuple[int, int], pose: Pose) -> None:
        self._picture = Image.new("L", (canvas[1] * _FINE, canvas[0] * _FINE))
        self._draw, self._pose = ImageDraw.Draw(self._picture), pose

    def polygon(self, points: Points) -> None:
        self._draw.polygon(self._pixels(points), fill=255)

    def ellipse(self, middle: tuple[float, float], radii: tuple[float, float], *, rim: float = 0.0) -> None:
        corners = [(middle[0] + sign * radii[0], middle[1] + sign * radii[1]) for sign in (-1, 1)]
        if rim:
            self._draw.ellipse(self._pixels(corners), outline=255, width=self._thick(rim))
        else:
            self._draw.ellipse(self._pixels(corners), fill=255)

    def line(self, points: Points, thickness: float) -> None:
        self._draw.line(self._pixels(points), fill=255, width=self._thick(thickness), joint="curve")
        radius = thickness / 2
        for end in (points[0], points[-1]):
            self.ellipse(end, (radius, radius))

    def share(self) -> npt.NDArray[np.float32]:
        """Give the covered share of every pixel, shape (height, width, 1)."""
        return np.asarray(self._picture.reduce(_FINE), np.float32)[..., np.newaxis] / np.float32(255)

    def _thick(self, length: float) -> int:
        return max(1, round(length * self._pose.scale * _FINE))

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        pose = self._pose
        return [((pose.x + x * pose.scale) * _FINE, (pose.y + y * pose.scale) * _FINE) for x, y in points]


def occlude(canvas: npt.NDArray[np.uint8], pose: Pose, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Lay one thing, drawn by chance, over a crop.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (height, width, channels)
    pose : Pose
        Where the face lies in it.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of uint8, shape (height, width, channels)
    """
    stencil = _Stencil(canvas.shape[:2], pose)
    tone = _THINGS[int(rng.integers(len(_THINGS)))](stencil, rng)
    if tone is None:  # Skin: that of this face, in other light.
        tone = np.median(canvas, axis=(0, 1)) * rng.uniform(0.7, 1.3)
    slope = rng.normal(0, 12, 2)
    height, width = canvas.shape[:2]
    shade = slope[0] * np.linspace(-1, 1, height)[:, None] + slope[1] * np.linspace(-1, 1, width)[None]
    cover = np.clip(tone + shade[..., np.newaxis], 0, 255).astype(np.float32)
    share = stencil.share() * np.float32(rng.uniform(0.75, 1.0))
    return np.asarray(np.rint(canvas * (1 - share) + cover * share), np.uint8)


def _mask(stencil: _Stencil, rng: np.random.Generator) -> float | None:
    top, chin, half = rng.uniform(0.3, 0.9), rng.uniform(1.7, 2.1), rng.uniform(0.85, 1.15)
    nose = top - rng.uniform(0, 0.2)
    right = [(0.25, nose), (half, top + 0.1), (half * 0.95, chin - 0.4), (0.4, chin)]
    stencil.polygon([*right, *((-x, y) for x, y in reversed(right))])
    return float(rng.uniform(20, 250))


def _hand(stencil: _Stencil, rng: np.random.Generator) -> float | None:
    """Draw fingers side by side, from any side, their tips near mouth, cheek or eyes."""
    tip = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.1, 1.4)])
    angle, width = rng.uniform(-0.3, np.pi + 0.3), rng.uniform(0.2, 0.3)
    along, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    fingers = int(rng.integers(1, 5))
    for finger in range(fingers):
        start = tip + aside * (finger - (fingers - 1) / 2) * width * rng.uniform(1.0, 1.2)
        start = start + along * rng.uniform(0, 0.25)
        end = start + along * 2.5
        stencil.line([(float(start[0]), float(start[1])), (float(end[0]), float(end[1]))], float(width))
    return None


def _glasses(stencil: _Stencil, rng: np.random.Generator) -> float | None:
    radii = (float(rng.uniform(0.3, 0.43)), float(rng.uniform(0.2, 0.36)))
    rim = 0.0 if rng.random() < 0.5 else float(rng.uniform(0.03, 0.09))
    for side in (-0.5, 0.5):
        stencil.ellipse((side, 0.05), radii, rim=rim)
        stencil.line([(side + np.sign(side) * radii[0], 0.0), (side * 3, -0.05)], 0.06)
    stencil.line([(-0.5 + radii[0], 0.0), (0.5 - radii[0], 0.0)], 0.06)
    return float(rng.uniform(0, 90))


def _hair(stencil: _Stencil, rng: np.random.Generator) -> float | None:
    root = np.array([rng.uniform(-1.0, 1.0), -1.0])
    for _ in range(int(rng.integers(3, 12))):
        start = root + (rng.normal(0, 0.15), 0)
        end = np.array([start[0] + rng.normal(0, 0.6), rng.uniform(0.0, 1.8)])
        bend = (start + end) / 2 + rng.normal(0, 0.2, 2)
        stencil.line([(float(x), float(y)) for x, y in (start, bend, end)], float(rng.uniform(0.03, 0.12)))
    return float(rng.uniform(0, 210))


def _cup(stencil: _Stencil, rng: np.random.Generator) -> float | None:
    """Draw a cup, a microphone, a flower: something round before the mouth or a cheek."""
    middle = (float(rng.uniform(-0.6, 0.6)), float(rng.uniform(0.7, 1.5)))
    stencil.ellipse(middle, (float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.2, 0.5))))
    return float(rng.uniform(0, 255))


def _bar(stencil: _Stencil, rng: np.random.Generator) -> float | None:
    """Draw straight edges anywhere: a sheet of paper, a phone, a door."""
    left, top = float(rng.uniform(-1.1, 0.7)), float(rng.uniform(-0.7, 1.1))
    right, bottom = left + float(rng.uniform(0.25, 0.9)), top + float(rng.uniform(0.25, 0.9))
    stencil.polygon([(left, top), (right, top), (right, bottom), (left, bottom)])
    return float(rng.uniform(0, 255))


_THINGS: tuple[Callable[[_Stencil, np.random.Generator], float | None], ...] = (
    _mask,
    _hand,
    _glasses,
    _hair,
    _cup,
    _bar,
)
