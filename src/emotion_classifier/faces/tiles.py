"""The tiles in which a large photo is looked at more finely than as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from emotion_classifier.faces.face import Face
from emotion_classifier.faces.window import Window
from emotion_classifier.photo.picture import coarsest

_TILE = 600.0  # pixels of the photo that one look of the full-range network does justice to
_TILED = 1.1  # longer side, in tiles, from which a photo is looked at piece by piece
_MOST_ALONG = 3.8  # tiles along the shorter side, in the first looks
_DRAWN = 192  # pixels that a tile is drawn with along each side: those of the full-range network's input
GRAIN = 32
"""Pixels of a drawing that windows are multiples of."""
# What one window takes in and how far two overlap, in sides of a tile. Larger ones share less, but outgrow caches.
_MOST_WIDE, _SHARED = 3.0, 1 / 3
# Tiles are made smaller or larger within these limits where the coarsest layer of the photo can then be looked at as it
# is: to draw windows at another scale costs a quarter of the network's time.
_AS_IT_IS = (0.85, 1.1)
_SPARE = 0.05  # sides that a row of windows may leave uncovered
_ELONGATED = 2.0  # longer side, in shorter sides, from which the whole photo in one square shows too little
# Faces of this share of a tile's side are 16 pixels wide to the full-range network, which then proposes 95 in 100; at
# 9 pixels it proposes 40, at 7 pixels 4 (240 LFW faces of the training part, in a grid).
_PROPOSED = 1 / 12
_AIMED_AT = 1 / 10  # the share aimed at when smaller tiles are laid
_SMALLER = 0.9  # sides, beyond which another look would show nothing new
# Side of the first tiles from which those of `_TILE` are worth their time where no face was found: in photos of more
# than 12 megapixels. In 12, faces from 64 pixels have been seen, and a landscape would take three times as long.
_COARSE = 842.0
_SMALLEST = 240.0  # side of the smallest tiles, for faces of 20 pixels
MOST_TILES = 225
"""Tiles of one side that windows may take in together, whatever the size of the photo: some 0.7 s."""


@dataclass(frozen=True)
class Tiling:
    """A photo covered with overlapping windows of one size, each some tiles wide and high.

    Attributes
    ----------
    side : float
        Of a tile, in pixels of the photo: what the full-range network looks at in its own size.
    windows : tuple of Window
        Drawn at the network's scale, their sides are multiples of 32 pixels.
    """

    side: float
    windows: tuple[Window, ...]

    @property
    def grain(self) -> float:
        """What the sides of windows are multiples of, in pixels of the photo."""
        return self.side * GRAIN / _DRAWN

    @classmethod
    def of(cls, size: tuple[int, int], side: float) -> Tiling:
        """Cover a photo of a width and height with tiles of about a side, or with larger ones if those are too many."""
        layer = coarsest(size)
        if _AS_IT_IS[0] * side <= layer * _DRAWN <= _AS_IT_IS[1] * side:
            side = float(layer * _DRAWN)
        while (
            math.prod(count * length for count, length in (_laid(along, side) for along in size)) > MOST_TILES
        ):
            side *= 1.1
        columns, rows = (_windows(along, side, layer) for along in size)
        return cls(side, tuple(Window(x, y, width, height) for y, height in rows for x, width in columns))


def first_tilings(size: tuple[int, int]) -> list[Tiling]:
    """Cover a large photo with tiles; none for a photo that one look does justice to.

    They follow the photo's shorter side. A panorama is looked at in tiles of that side too, for its large faces.

    Parameters
    ----------
    size : (width, height)
        In pixels.
    """
    longer, shorter, side = max(size), min(size), _first_side(size)
    if longer < _TILED * side:
        return []
    large = longer > _ELONGATED * shorter and shorter > _TILED * side
    return [Tiling.of(size, side) for side in ((shorter, side) if large else (side,))]


def smaller_tiling(size: tuple[int, int], faces: list[Face], side: float) -> Tiling | None:
    """Cover a photo once more, for faces of the size of the smallest found; None where their like has been seen.

    Where none was found in very large tiles, there may be people too far away for them.

    Parameters
    ----------
    size : (width, height)
        Of the photo, in pixels.
    faces : list of Face
        Those found so far.
    side : float
        Of the tiles looked at so far, in pixels.
    """
    narrowest = min((face.box[2] for face in faces), default=0.0)
    if narrowest >= _PROPOSED * side or (not faces and side <= _COARSE):
        return None
    tiling = Tiling.of(size, max(narrowest / _AIMED_AT, _SMALLEST) if faces else _TILE)
    return tiling if tiling.side < _SMALLER * side else None


def overlooked(size: tuple[int, int], faces: list[Face], side: float) -> int | None:
    """Say below which width in pixels more faces may be there than were found; None where nothing speaks for any.

    Some of the faces found are that small, or none was found in a photo so large that small ones are easily missed.

    Parameters
    ----------
    size : (width, height)
        Of the photo, in pixels.
    faces : list of Face
    side : float
        Of the smallest tiles looked at, in pixels.
    """
    least = _PROPOSED * side
    few = not faces and _first_side(size) > _TILED * _TILE
    return round(least) if few or any(face.box[2] < least for face in faces) else None


def _laid(along: float, side: float) -> tuple[int, float]:
    """Return how many windows cover a length, and how long each is, in sides of a tile."""
    wanted = along / side - _SPARE
    count = 1 + math.ceil(max(0.0, (wanted - _MOST_WIDE) / (_MOST_WIDE - _SHARED)))
    grains = math.ceil((wanted + (count - 1) * _SHARED) / count * _DRAWN / GRAIN)
    return count, max(_DRAWN, grains * GRAIN) / _DRAWN


def _windows(along: int, side: float, layer: int) -> list[tuple[float, float]]:
    """Return the middles and lengths of the windows that cover a length; they begin between two pixels of a layer."""
    count, tiles = _laid(along, side)
    length = tiles * side
    first, last = (0.0, along - length) if count > 1 else ((along - length) / 2,) * 2
    return [
        (round(start / layer) * layer + length / 2, length)
        for start in np.linspace(first, last, count).tolist()
    ]


def _first_side(size: tuple[int, int]) -> float:
    return max(_TILE, min(size) / _MOST_ALONG)
