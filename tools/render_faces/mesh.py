"""Polygon meshes: Wavefront quads in, one smoother mesh out (Catmull and Clark, 1978)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def floats(values: ArrayLike) -> Floats:
    """Make single-precision numbers of a colour, a vector or a scalar."""
    return np.asarray(values, np.float32)


@dataclass(frozen=True)
class ObjQuads:
    """Quads of a Wavefront file.

    Attributes
    ----------
    quads : (f, 4) int64
        Vertex indices; a triangle repeats its last corner.
    groups : (f,) str
        The group (`g` line) each face stands under.
    uv : (v, 2) float32
        One texture coordinate for every vertex; seams keep the last one seen.
    """

    quads: Ints
    groups: NDArray[np.str_]
    uv: Floats


def read_obj_quads(path: Path) -> ObjQuads:
    """Read faces, groups and texture coordinates of a Wavefront file."""
    count, group = 0, ""
    texture: list[tuple[float, float]] = []
    quads: list[list[int]] = []
    groups: list[str] = []
    corner_uv: dict[int, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            count += 1
        elif words[0] == "vt":
            texture.append((float(words[1]), float(words[2])))
        elif words[0] == "g":
            group = words[1]
        elif words[0] == "f":
            corners = [word.split("/") for word in words[1:5]]
            face = [int(corner[0]) - 1 for corner in corners]
            corner_uv.update(
                (vertex, int(corner[1]) - 1) for vertex, corner in zip(face, corners, strict=True)
            )
            quads.append(face if len(face) == 4 else [*face, face[-1]])
            groups.append(group)
    uv = np.zeros((count, 2), np.float32)
    for vertex, index in corner_uv.items():
        uv[vertex] = texture[index]
    return ObjQuads(np.array(quads, np.int64), np.array(groups), uv)


class Subdivision:
    """One Catmull-Clark step of a fixed topology, for any vertex attribute.

    Parameters
    ----------
    quads : (f, 4) int64
        Faces; all must be true quads.
    count : int
        Number of vertices.

    Attributes
    ----------
    quads : (4 f, 4) int64
        The finer faces, four in a row for each coarse one.
    """

    def __init__(self, quads: Ints, count: int) -> None:
        faces = len(quads)
        ends = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1).reshape(-1, 2)
        self._edges, inverse, uses = np.unique(
            np.sort(ends, axis=1), axis=0, return_inverse=True, return_counts=True
        )
        edge_of = inverse.reshape(faces, 4)
        self._coarse, self._count, self._border = quads, count, uses == 1
        self._edge_face = np.zeros((len(self._edges), 2), np.int64)
        order = np.argsort(edge_of.ravel(), kind="stable")
        first = np.concatenate([[0], np.cumsum(uses)[:-1]])
        self._edge_face[:, 0] = order[first] // 4
        self._edge_face[:, 1] = order[first + np.minimum(uses, 2) - 1] // 4
        middle = count + len(self._edges) + np.arange(faces)
        sides = count + edge_of
        self.quads = np.stack(
            [quads, sides, np.repeat(middle[:, None], 4, axis=1), np.roll(sides, 1, axis=1)], axis=-1
        ).reshape(-1, 4)

    def apply(self, values: Floats) -> Floats:
        """Refine `(v, k)` vertex values to `(v + edges + faces, k)`."""
        faces = values[self._coarse].mean(axis=1)
        middles = values[self._edges].mean(axis=1)
        edges = np.where(self._border[:, None], middles, (middles + faces[self._edge_face].mean(axis=1)) / 2)
        return np.concatenate([self._vertices(values, faces, middles), edges, faces]).astype(np.float32)

    def _vertices(self, values: Floats, faces: Floats, middles: Floats) -> Floats:
        corner = self._coarse.ravel()
        degree = np.maximum(np.bincount(corner, minlength=self._count), 1)[:, None]
        around = _scatter(corner, np.repeat(faces, 4, axis=0), self._count) / degree
        ends = self._edges.ravel()
        spokes = np.maximum(np.bincount(ends, minlength=self._count), 1)[:, None]
        beside = _scatter(ends, np.repeat(middles, 2, axis=0), self._count) / spokes
        inner = (around + 2 * beside + (degree - 3) * values) / degree
        rim = self._edges[self._border].ravel()
        rim_middles = np.repeat(middles[self._border], 2, axis=0)
        on_rim = np.bincount(rim, minlength=self._count)[:, None]
        outer = (_scatter(rim, rim_middles, self._count) / np.maximum(on_rim, 1) + values) / 2
        used = np.bincount(corner, minlength=self._count)[:, None] > 0
        return np.asarray(np.where(used, np.where(on_rim > 0, outer, inner), values))


def _scatter(index: Ints, rows: Floats, count: int) -> Floats:
    return np.stack(
        [np.bincount(index, weights=rows[:, k], minlength=count) for k in range(rows.shape[1])], axis=1
    ).astype(np.float32)


def triangles(quads: Ints) -> Ints:
    """Split `(f, 4)` quads into `(2 f, 3)` triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def vertex_normals(points: Floats, tris: Ints) -> Floats:
    """Area-weighted unit normals, `(v, 3)`."""
    a, b, c = (points[tris[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    summed = _scatter(tris.T.ravel(), np.tile(face, (3, 1)), len(points))
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.asarray(summed / np.maximum(length, 1e-12), np.float32)
