"""The squares in which a large photo is looked at piece by piece."""

from __future__ import annotations

import math

import numpy as np

from emotion_classifier.faces.face import Face
from emotion_classifier.faces.window import Window

_TILE = 600.0  # pixels of the photo that one look of the full-range network does justice to
_TILED = 1.1  # longer side, in tiles, from which a photo is looked at piece by piece
_MOST_ALONG = 4  # tiles along the shorter side, in the first looks
_STEP = 0.75  # sides from one tile to the next
_SPARE = 0.05  # sides that a row of tiles may leave uncovered
_ELONGATED = 2.0  # longer side, in shorter sides, from which the whole photo in one square shows too little
# Faces of this share of a tile's side are 16 pixels wide to the full-range network, which then proposes 95 in 100; at
# 9 pixels it proposes 40, at 7 pixels 4 (240 LFW faces of the training part, in a grid).
_PROPOSED = 1 / 12
_AIMED_AT = 1 / 10  # the share aimed at when smaller tiles are laid
_SMALLER = 0.9  # sides, beyond which another look would show nothing new
# Side of the first squares from which those of `_TILE` are worth their time where no face was found: in photos of more
# than 12 megapixels. In 12, faces from 78 pixels have been seen, and a landscape would take three times as long.
_COARSE = 1000.0
_SMALLEST = 240.0  # side of the smallest tiles, for faces of 20 pixels
MOST_TILES = 400
"""Tiles of one size, whatever the size of the photo: about half a second's looks."""


def first_tiles(size: tuple[int, int]) -> list[Window]:
    """Cover a large photo with overlapping squares; none for a photo that one look does justice to.

    They follow the photo's shorter side. A panorama is looked at in squares of that side too, for its large faces.

    Parameters
    ----------
    size : (width, height)
        In pixels.
    """
    longer, shorter, side = max(size), min(size), _first_side(size)
    if longer < _TILED * side:
        return []
    squares = tiles(size, side)
    if longer > _ELONGATED * shorter and shorter > _TILED * side:
        squares = [*tiles(size, shorter), *squares]
    return squares


def smaller_tiles(size: tuple[int, int], faces: list[Face], side: float) -> list[Window]:
    """Cover a photo once more, for faces of the size of the smallest found; none where their like has been seen.

    Where none was found in very large squares, there may be people too far away for them.

    Parameters
    ----------
    size : (width, height)
        Of the photo, in pixels.
    faces : list of Face
        Those found so far.
    side : float
        Of the squares looked at so far, in pixels.
    """
    narrowest = min((face.box[2] for face in faces), default=0.0)
    if narrowest >= _PROPOSED * side or (not faces and side <= _COARSE):
        return []
    squares = tiles(size, max(narrowest / _AIMED_AT, _SMALLEST) if faces else _TILE)
    return squares if squares[0].width < _SMALLER * side else []


def overlooked(size: tuple[int, int], faces: list[Face], side: float) -> int | None:
    """Say below which width in pixels more faces may be there than were found; None where nothing speaks for any.

    Some of the faces found are that small, or none was found in a photo so large that small ones are easily missed.

    Parameters
    ----------
    size : (width, height)
        Of the photo, in pixels.
    faces : list of Face
    side : float
        Of the smallest squares looked at, in pixels.
    """
    least = _PROPOSED * side
    few = not faces and _first_side(size) > _TILED * _TILE
    return round(least) if few or any(face.box[2] < least for face in faces) else None


def tiles(size: tuple[int, int], side: float) -> list[Window]:
    """Cover a photo with overlapping squares of a side, or of a larger one where that would be too many."""
    while math.prod(_count(length, side) for length in size) > MOST_TILES:
        side *= 1.1
    columns, rows = (_centres(length, side) for length in size)
    return [Window(x, y, side, side) for y in rows for x in columns]


def _first_side(size: tuple[int, int]) -> float:
    return max(_TILE, min(size) / _MOST_ALONG * 1.25)


def _count(length: int, side: float) -> int:
    return 1 + math.ceil(max(0.0, length - side * (1 + _SPARE)) / (side * _STEP))


def _centres(length: int, side: float) -> list[float]:
    count = _count(length, side)
    if count == 1:
        return [length / 2]
    return [float(centre) for centre in np.linspace(side / 2, length - side / 2, count)]
