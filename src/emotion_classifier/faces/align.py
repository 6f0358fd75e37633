"""A face → an upright crop in which eyes and mouth always sit at the same places."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier.faces.face import Face
from emotion_classifier.faces.window import Window, inside
from emotion_classifier.photo import Picture

# Eyes closer together than this share of their distance from the mouth belong to a head turned
# away; the line through them then says little about the tilt.
_TURNED_AWAY = 0.35


@dataclass(frozen=True)
class Framing:
    """Where a face sits in its crop. Stored with every model; a model is only good for its own.

    Attributes
    ----------
    width_in_eye_distances : float
        Width of the crop, in units of the face's scale (see `eyes_per_mouth`).
    eye_line : float
        Height of the midpoint between the eyes, as a share of the crop's height from the top.
    eyes_per_mouth : float
        A face's scale is the distance between its eyes or this many times the distance from their
        midpoint to the mouth, whichever is larger: the first shrinks when a head turns sideways.
    """

    width_in_eye_distances: float = 2.6
    eye_line: float = 0.36
    eyes_per_mouth: float = 0.9


def crop_face(
    photo: NDArray[np.uint8] | Picture, face: Face, *, framing: Framing, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Cut a face out, upright and to scale.

    Parameters
    ----------
    photo : Picture or ndarray, shape (height, width, 3), uint8
        RGB.
    face : Face
        Its eyes and mouth give position, scale and tilt.
    framing : Framing
        Where eyes and mouth shall lie.
    size : (height, width)
        Of the crop in pixels.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8
        The crop. What lies outside the photo repeats its edge.

    Examples
    --------
    >>> import numpy as np
    >>> from emotion_classifier.faces.face import nominal_face
    >>> photo = np.zeros((80, 60, 3), dtype=np.uint8)
    >>> crop_face(photo, nominal_face(60, 80), framing=Framing(), size=(48, 48)).shape
    (48, 48, 3)
    """
    window = face_window(face, framing, size)
    layer = Picture.of(photo).layer(window.step(size))
    window = window.on(layer)
    region, left, top = _region(layer.image, window.bounds())
    return replace(window, x=window.x - left, y=window.y - top).draw(region, size)


def face_window(face: Face, framing: Framing, size: tuple[int, int]) -> Window:
    """Lay the window around a face that `crop_face` draws, in pixels of the photo.

    Parameters
    ----------
    face : Face
    framing : Framing
    size : (height, width)
        Of the crop; only its proportions matter.
    """
    middle, scale, tilt = _pose(face, framing)
    width = scale * framing.width_in_eye_distances
    height = width * size[0] / size[1]
    # The window's middle lies this far below the line of the eyes, on the face's own axis.
    below = (0.5 - framing.eye_line) * height
    x = middle[0] - math.sin(math.radians(tilt)) * below
    y = middle[1] + math.cos(math.radians(tilt)) * below
    return Window(x, y, width, height, tilt)


def _region(image: Image.Image, bounds: tuple[int, int, int, int]) -> tuple[Image.Image, int, int]:
    """Cut out a region, repeating the image's edge outside it; return it with its left and top."""
    left, top, right, bottom = inside(bounds, image.size)
    region = image.crop((left, top, right, bottom))
    across = max(left - bounds[0], 0), max(bounds[2] - right, 0)
    down = max(top - bounds[1], 0), max(bounds[3] - bottom, 0)
    if any(across) or any(down):
        region = Image.fromarray(np.pad(np.asarray(region), (down, across, (0, 0)), mode="edge"))
    return region, left - across[0], top - down[0]


def eye_distance(face: Face, framing: Framing) -> float:
    """Pixels of the photo between the eyes; of a head turned sideways, what they would be from the front."""
    right, left, _, mouth = np.array(face.keypoints[:4], dtype=np.float64)
    apart, depth = np.hypot(*(left - right)), np.hypot(*(mouth - (right + left) / 2))
    return max(float(apart), framing.eyes_per_mouth * float(depth))


def _pose(face: Face, framing: Framing) -> tuple[NDArray[np.float64], float, float]:
    """Return the midpoint of the eyes, the face's scale in pixels and its tilt in degrees."""
    right, left, _, mouth = np.array(face.keypoints[:4], dtype=np.float64)
    middle, between = (right + left) / 2, left - right
    below = mouth - middle
    apart, depth = float(np.hypot(*between)), float(np.hypot(*below))
    scale = eye_distance(face, framing)
    if scale < 0.05 * max(face.box[2:]):  # the points have collapsed into one: go by the box
        x, y, width, height = face.box
        return np.array([x + width / 2, y + height * 0.3]), max(width, 1.0) * 0.4, 0.0
    if apart < _TURNED_AWAY * depth:
        return middle, scale, math.degrees(math.atan2(-below[0], below[1]))
    return middle, scale, face.roll
