"""A z-buffer in numpy: which triangle is seen at each pixel, and where in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mesh import Floats, Ints, floats
from numpy.typing import NDArray

NOTHING = np.uint64(2**64 - 1)
CHUNK = 3_000_000  # candidate pixels held at once


@dataclass(frozen=True)
class Fragments:
    """The nearest surface at each covered pixel.

    Attributes
    ----------
    pixel : (n,) int64
        Flat pixel index.
    corners : (n, 3) int64
        Vertices of the triangle seen there.
    weights : (n, 3) float32
        Perspective-correct barycentric weights.
    depth : (n,) float32
        Distance along the view axis, metres.
    """

    pixel: Ints
    corners: Ints
    weights: Floats
    depth: Floats

    def mix(self, values: Floats) -> Floats:
        """Interpolate `(v,)` or `(v, k)` vertex values at the fragments."""
        picked = values[self.corners]
        if values.ndim == 1:
            return np.asarray((picked * self.weights).sum(axis=1), np.float32)
        return floats(np.einsum("nij,ni->nj", picked, self.weights))

    def take(self, keep: NDArray[np.bool_]) -> Fragments:
        """Keep the fragments where `keep` holds."""
        return Fragments(self.pixel[keep], self.corners[keep], self.weights[keep], self.depth[keep])


def _candidates(screen: Floats, tris: Ints, size: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Triangles that can cover a pixel centre, with their clipped pixel boxes."""
    corners = screen[tris]
    low = np.clip(np.ceil(corners.min(axis=1) - 0.5), 0, size).astype(np.int64)
    high = np.clip(np.floor(corners.max(axis=1) - 0.5), -1, size - 1).astype(np.int64)
    extent = high - low + 1
    chosen = np.nonzero((extent > 0).all(axis=1))[0]
    return chosen, low[chosen], extent[chosen], np.cumsum(extent[chosen].prod(axis=1))


def _barycentric(corners: Floats, point: Floats) -> tuple[Floats, Floats, Floats]:
    def cross(u: Floats, v: Floats) -> Floats:
        return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])

    a, b, c = (corners[:, k] for k in range(3))
    area = cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    second, third = cross(point - a, c - a) / area, cross(b - a, point - a) / area
    return 1 - second - third, second, third


def rasterise(screen: Floats, depth: Floats, tris: Ints, size: int, *, facing: int = 0) -> Fragments:
    """Find the nearest triangle at every pixel of a square picture.

    Parameters
    ----------
    screen : (v, 2) float32
        Column and row of every vertex, pixels.
    depth : (v,) float32
        Positive distance along the view axis.
    tris : (t, 3) int64
        Triangles.
    size : int
        Side of the picture, pixels.
    facing : int
        1 keeps triangles turned to the viewer, 0 keeps all.
    """
    if facing:
        a, b, c = (screen[tris[:, k]] for k in range(3))
        turned = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
        tris = tris[turned < 0]
    nearest = np.full(size * size, NOTHING, np.uint64)
    chosen, low, extent, ends = _candidates(screen, tris, size)
    start = 0
    while start < len(chosen):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK)))
        part = slice(start, stop)
        _splat(nearest, screen, depth, (tris, chosen[part], low[part], extent[part]), size)
        start = stop
    return _resolve(nearest, screen, depth, tris, size)


def _splat(
    nearest: NDArray[np.uint64],
    screen: Floats,
    depth: Floats,
    boxes: tuple[Ints, Ints, Ints, Ints],
    size: int,
) -> None:
    tris, chosen, low, extent = boxes
    counts = extent.prod(axis=1)
    owner = np.repeat(np.arange(len(chosen)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    width = extent[owner, 0]
    column, row = low[owner, 0] + offset % width, low[owner, 1] + offset // width
    point = np.stack([column + 0.5, row + 0.5], axis=1).astype(np.float32)
    corner = tris[chosen][owner]
    weights = _barycentric(screen[corner], point)
    inside = (weights[0] >= 0) & (weights[1] >= 0) & (weights[2] >= 0)
    corner = corner[inside]
    # One over the depth is what is linear on the screen.
    inverse = sum(weights[k][inside] / depth[corner[:, k]] for k in range(3))
    bits = (1 / np.asarray(inverse)).astype(np.float32).view(np.uint32).astype(np.uint64)
    key = (bits << np.uint64(32)) | chosen[owner[inside]].astype(np.uint64)
    np.minimum.at(nearest, row[inside] * size + column[inside], key)


def _resolve(nearest: NDArray[np.uint64], screen: Floats, depth: Floats, tris: Ints, size: int) -> Fragments:
    pixel = np.nonzero(nearest != NOTHING)[0]
    corners = tris[(nearest[pixel] & np.uint64(0xFFFFFFFF)).astype(np.int64)]
    point = np.stack([pixel % size + 0.5, pixel // size + 0.5], axis=1).astype(np.float32)
    flat = np.stack(_barycentric(screen[corners], point), axis=1)
    scaled = flat / depth[corners]
    total = scaled.sum(axis=1, keepdims=True)
    return Fragments(
        pixel, corners, (scaled / total).astype(np.float32), (1 / total[:, 0]).astype(np.float32)
    )
