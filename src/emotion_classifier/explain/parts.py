"""Where the parts of a face lie in a model's input, by the face's key points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from emotion_classifier.faces.align import Framing, face_window
from emotion_classifier.faces.face import Face, Point
from emotion_classifier.faces.window import Window

PARTS = ("forehead", "brows", "eyes", "nose", "cheeks", "mouth", "chin")
"""From top to bottom."""
Masks = dict[str, npt.NDArray[np.bool_]]


def part_masks(face: Face, window: Window, size: tuple[int, int]) -> Masks:
    """Tell the pixels of each part of a face; no two parts share any.

    Parts are ellipses around the face's own eyes, nose tip and mouth, in units of its scale (see `Framing`); a pixel in
    several belongs to the one whose middle is nearest.

    Parameters
    ----------
    face : Face
    window : Window
        What the input shows of the photo.
    size : (height, width)
        Of the input in pixels.

    Returns
    -------
    dict of str to ndarray of bool, shape (height, width)
        A mask for each of `PARTS`; empty where the input does not show the part.
    """
    # A window one unit wide around the middle of the eyes, tilted as the face is.
    own = face_window(face, Framing(width_in_eye_distances=1.0, eye_line=0.5), (1, 1))
    corner, right, down = (np.array(point) for point in own.from_photo(window.to_photo(_CORNERS)))
    rows, columns = ((np.arange(many) + 0.5) / many for many in size)
    places = (
        corner
        + columns[np.newaxis, :, np.newaxis] * (right - corner)
        + rows[:, np.newaxis, np.newaxis] * (down - corner)
    )
    names, distances = [], []
    for name, middle, radii in _ellipses(own.from_photo(face.keypoints[:4])):
        names.append(PARTS.index(name))
        distances.append((((places - middle) / radii) ** 2).sum(axis=-1))
    nearest = np.array(names)[np.argmin(distances, axis=0)]
    inside = np.min(distances, axis=0) <= 1
    return {name: inside & (nearest == number) for number, name in enumerate(PARTS)}


_CORNERS: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


def _ellipses(points: list[Point]) -> Iterator[tuple[str, npt.NDArray[np.float64], tuple[float, float]]]:
    """Name, middle and half axes of each; sides are drawn around the eyes as they are, whichever way a head turns."""
    right, left, nose, mouth = (np.array(point) for point in points)
    middle = (right + left) / 2
    for eye in (right, left):
        outwards = np.sign((eye - middle)[0])
        yield "eyes", eye, (0.34, 0.19)
        yield "brows", eye + (0, -0.33), (0.44, 0.18)
        yield "cheeks", (eye + mouth) / 2 + (outwards * 0.36, 0.08), (0.34, 0.36)
    yield "nose", (middle + 2 * nose) / 3, (0.27, 0.36)
    yield "mouth", mouth, (0.52, 0.33)
    yield "chin", mouth + (0, 0.6), (0.55, 0.3)
    yield "forehead", middle + (0, -0.8), (0.85, 0.36)
