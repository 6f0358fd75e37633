"""Smooth pseudo-random fields in space, for pores, hair strands and blotches."""

from __future__ import annotations

import numpy as np
from mesh import Floats, floats

_LATTICE = np.random.default_rng(7).uniform(-1, 1, (64, 64, 64)).astype(np.float32)


def noise(points: Floats) -> Floats:
    """Value noise of `(n, 3)` points, one lattice cell per unit; about -1 to 1, shape `(n,)`."""
    floor = np.floor(points)
    part = (points - floor).astype(np.float32)
    part = part * part * (3 - 2 * part)
    base = floor.astype(np.int64) & 63
    after = (base + 1) & 63
    total = np.zeros(len(points), np.float32)
    for corner in range(8):
        index, weight = [], np.ones(len(points), np.float32)
        for axis in range(3):
            far = corner >> axis & 1
            index.append(after[:, axis] if far else base[:, axis])
            weight *= part[:, axis] if far else 1 - part[:, axis]
        total += weight * _LATTICE[index[0], index[1], index[2]]
    return total


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between (swap the two for the reverse)."""
    part = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def bell(points: Floats, centre: tuple[float, float, float], width: float) -> Floats:
    """Raise a Gaussian bump around `centre` (metres), mirrored to both sides of the face."""
    offset = points - floats(centre)
    offset[:, 0] = np.abs(points[:, 0]) - centre[0]
    return floats(np.exp(-(offset**2).sum(axis=1) / (2 * width**2)))
