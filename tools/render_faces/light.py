"""Light: three lamps and a sky, shadow map, crease darkening, and scattering under the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mesh import Floats, Ints, floats
from noise import smoothstep
from numpy.typing import NDArray
from person import View
from raster import rasterise

SHADOW_SIZE = 700
SHADOW_SPAN = 0.42  # metres across the shadow map
# How far red, green and blue light travel under the skin, metres.
SCATTER = (0.0030, 0.0013, 0.0008)


@dataclass(frozen=True)
class Lamp:
    """A distant lamp: unit vector towards it and its linear colour."""

    towards: Floats
    colour: Floats


def lamps(view: View) -> tuple[Lamp, Lamp, Lamp]:
    """Key, fill and rim lamp of a view."""
    azimuth, height = view.key
    side = 1 if azimuth < 0 else -1
    return (
        Lamp(_direction(azimuth, height), floats([1.0, 0.95, 0.88]) * 3.0 * view.key_strength),
        Lamp(_direction(side * 50, 8), floats([0.86, 0.93, 1.0]) * 1.3 * view.fill_strength),
        Lamp(_direction(side * 150, 35), floats([1.0, 0.98, 0.95]) * 1.1),
    )


def _direction(azimuth: float, height: float) -> Floats:
    turn, rise = np.radians(azimuth), np.radians(height)
    return floats([np.sin(turn) * np.cos(rise), np.sin(rise), np.cos(turn) * np.cos(rise)])


def shadow(points: Floats, tris: Ints, at: Floats, towards: Floats) -> Floats:
    """Share of a lamp that reaches the places `at` (n, 3), 0 to 1, softened at the edges."""
    right = np.cross(floats([0, 1, 0]), towards)
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(towards, right), towards], axis=1).astype(np.float32)
    scale = SHADOW_SIZE / SHADOW_SPAN
    cast, seen = points @ frame, at @ frame
    screen = cast[:, :2] * scale + SHADOW_SIZE / 2
    hit = rasterise(screen.astype(np.float32), 2 - cast[:, 2], tris, SHADOW_SIZE)
    depth = np.full(SHADOW_SIZE**2, 9.0, np.float32)
    depth[hit.pixel] = hit.depth
    lit = np.zeros(len(at), np.float32)
    rings = [(radius, k * 0.7854 + radius) for radius in (1.5, 4.0) for k in range(8)]
    for radius, turn in rings:
        shift = floats([np.cos(turn) * radius, np.sin(turn) * radius])
        pixel = np.clip((seen[:, :2] * scale + SHADOW_SIZE / 2 + shift).astype(np.int64), 0, SHADOW_SIZE - 1)
        behind = 2 - seen[:, 2] - depth[pixel[:, 1] * SHADOW_SIZE + pixel[:, 0]]
        lit += 1 - smoothstep(0.003, 0.006, behind)
    return floats(lit / len(rings))


def blur(picture: Floats, radius: float) -> Floats:
    """Near-Gaussian blur of an `(h, w)` picture: three box filters along each axis."""
    half = max(int(round(radius)), 0)
    if half == 0:
        return picture
    for axis in (0, 1) * 3:
        padding = [(0, 0), (0, 0)]
        padding[axis] = (half + 1, half)
        total = np.cumsum(np.pad(picture, padding, mode="edge"), axis=axis, dtype=np.float64)
        size = picture.shape[axis]
        high = np.take(total, np.arange(2 * half + 1, 2 * half + 1 + size), axis=axis)
        low = np.take(total, np.arange(size), axis=axis)
        picture = ((high - low) / (2 * half + 1)).astype(np.float32)
    return picture


def creases(depth: Floats, mask: Floats, pixels_per_metre: float) -> Floats:
    """Ambient light left in hollows of an `(h, w)` depth picture, 0 to 1.

    A pixel that lies deeper than its surroundings gets less light (unsharp masking of the depth
    buffer; Luft, Colditz and Deussen, 2006).
    """
    open_sky = np.ones_like(depth)
    for reach, strength, most in ((0.0035, 0.30, 0.5), (0.011, 0.30, 0.5)):
        radius = reach * pixels_per_metre / 2
        weight = np.maximum(blur(mask, radius), 1e-3)
        deeper = depth - blur(depth * mask, radius) / weight
        open_sky *= 1 - np.clip(strength * deeper / reach * 2, -0.06, most)
    return open_sky


def scatter(light: Floats, mask: Floats, pixels_per_metre: float) -> Floats:
    """Let light on skin spread sideways, red farthest; `light` is `(h, w, 3)`."""
    spread = light.copy()
    for channel, reach in enumerate(SCATTER):
        radius = reach * pixels_per_metre * 0.6
        weight = np.maximum(blur(mask, radius), 1e-3)
        soft = blur(light[..., channel] * mask, radius) / weight
        spread[..., channel] = np.where(mask > 0, soft, light[..., channel])
    return spread


def diffuse(normals: Floats, lamp: Lamp, wrap: tuple[float, float, float]) -> Floats:
    """Light of one lamp on a rough surface, `(n, 3)`; `wrap` lets it creep past the edge, per channel."""
    facing = (normals @ lamp.towards)[:, None]
    soft = floats(wrap)
    return np.asarray(np.clip((facing + soft) / (1 + soft), 0, 1) ** (1 + soft) * lamp.colour, np.float32)


def sky(normals: Floats) -> Floats:
    """Light from all around, stronger from above, `(n, 3)`."""
    up = (normals[:, 1:2] + 1) / 2
    return np.asarray(floats([0.26, 0.22, 0.20]) * (1 - up) + floats([0.40, 0.43, 0.46]) * up, np.float32)


def highlight(normals: Floats, eye: Floats, lamp: Lamp, sharpness: float) -> Floats:
    """Blinn-Phong highlight with Schlick's Fresnel term, `(n,)`; `eye` are unit vectors to the viewer."""
    half = eye + lamp.towards
    half = half / np.linalg.norm(half, axis=1, keepdims=True)
    aligned = np.clip((normals * half).sum(axis=1), 0, 1)
    fresnel = 0.028 + 0.972 * (1 - np.clip((eye * half).sum(axis=1), 0, 1)) ** 5
    facing = np.clip(normals @ lamp.towards, 0, 1)
    return np.asarray(fresnel * (sharpness + 8) / 25 * aligned**sharpness * facing, np.float32)


def develop(picture: Floats, exposure: float = 0.55) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes through a soft shoulder."""
    light = np.maximum(picture, 0) * exposure
    light = 0.88 * light + 0.12 * light.mean(axis=-1, keepdims=True)
    # A film-like S curve (Narkowicz, 2015): deep shadows, highlights that do not burn out.
    light = np.clip(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14), 0, 1)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(coded * 255), np.uint8)
