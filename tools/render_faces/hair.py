"""Short or tied-back hair: stacked shells over the scalp, cut into strands by streaked noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from light import Lamp
from mesh import Floats, floats
from noise import noise, smoothstep
from paint import linear
from person import HAIR_COLOURS, Person

LAYERS = 12
CENTRE = np.array([0.0, 0.765, -0.005], np.float32)
# The pole from which the strands run.
POLES = {"crown": (0.01, 0.8, -0.55), "back": (0.0, -0.35, 1.0), "side": (0.55, 0.85, 0.35)}


@dataclass(frozen=True)
class Strands:
    """Streak value (-1 to 1) and unit direction of the hair at given places."""

    value: Floats
    direction: Floats


def thickness(cover: Floats, person: Person) -> Floats:
    """Height of the hair over the skin, metres, by distance inside the hairline."""
    rise = smoothstep(-0.004, 0.045, cover) ** 0.7
    return np.asarray(np.where(cover > -0.004, person.hair_length * rise, 0), np.float32)


def strands(template: Floats, person: Person) -> Strands:
    """Comb the scalp: strands start at a pole and run along its meridians."""
    pole = floats(POLES[person.combed])
    pole = pole / np.linalg.norm(pole)
    across = np.cross(pole, floats([1, 0, 0] if abs(pole[0]) < 0.5 else [0, 0, 1]))
    across = across / np.linalg.norm(across)
    other = np.cross(pole, across)
    out = template - CENTRE
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    down = np.arccos(np.clip(out @ pole, -1, 1)).astype(np.float32)
    flat = np.stack([out @ across, out @ other], axis=1)
    wander = 0.05 * noise(template * 40)
    turn = np.arctan2(flat[:, 1], flat[:, 0]) + wander
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    fine = noise(np.column_stack([ring * 130, down * 3]).astype(np.float32))
    lock = noise(np.column_stack([ring * 28, down * 1.6]).astype(np.float32))
    along = -(pole - (out @ pole)[:, None] * out)
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    return Strands(np.asarray(0.6 * fine + 0.55 * lock, np.float32), along.astype(np.float32))


def opacity(value: Floats, cover: Floats, layer: float) -> Floats:
    """How much of the hair at height `layer` (0 at the skin, 1 at the tips) is there."""
    edge = np.clip(cover / 0.012, -1, 1) * 0.9 - 0.15
    uneven = 0.6 + 0.8 * smoothstep(0.014, 0.0, cover)
    return smoothstep(-0.15, 0.3, np.asarray(uneven * value + edge + 0.3 - 1.2 * layer**3, np.float32))


def shade(
    found: Strands, normals: Floats, eye: Floats, lit: tuple[tuple[Lamp, Floats], ...], person: Person
) -> Floats:
    """Light off the strands, `(n, 3)` (Kajiya and Kay, 1989)."""
    base = linear(HAIR_COLOURS[person.hair]) * (1 + 0.55 * found.value)[:, None]
    total = base * (0.35 + 0.2 * normals[:, 1:2])
    for lamp, reaches in lit:
        along = found.direction @ lamp.towards
        sine = np.sqrt(np.clip(1 - along**2, 0, 1))
        facing = np.clip((normals @ lamp.towards + 0.25) / 1.25, 0, 1)
        half = eye + lamp.towards
        half = half / np.linalg.norm(half, axis=1, keepdims=True)
        # The highlight shifts from strand to strand.
        shifted = (found.direction * half).sum(axis=1) + 0.12 * found.value + 0.05
        gloss = np.clip(1 - shifted**2, 0, 1) ** 45
        strength = (sine * facing * reaches)[:, None]
        shine = (gloss * facing * reaches)[:, None] * (0.025 + 0.25 * base)
        total = total + (base * strength * 0.75 + shine) * lamp.colour
    return np.asarray(total, np.float32)
