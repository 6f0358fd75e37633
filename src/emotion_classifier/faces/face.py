"""What is known of one face in a photo."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

SURE = 0.8
"""Score from which a box is taken for a face without a second opinion."""

KEYPOINTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")
"""Names of a face's key points, in their order."""

_SAME = 0.3  # intersection over union from which two boxes are of one face

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Face:
    """A face found in a photo.

    Attributes
    ----------
    box : tuple of four floats
        x and y of the top left corner, width and height, in pixels of the photo.
    score : float
        The detector's confidence, 0…1; 0 where a face was assumed and not found.
    keypoints : tuple of six (x, y)
        Right eye, left eye, nose tip, centre of the mouth, right ear, left ear, in pixels of the
        photo. Right and left are the person's own, so on an upright face the right eye has the
        smaller x.
    """

    box: Box
    score: float
    keypoints: tuple[Point, ...]

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return self.box[2] * self.box[3]

    @property
    def roll(self) -> float:
        """Tilt of the line through the eyes in degrees, −180…180; positive is clockwise as seen."""
        (right_x, right_y), (left_x, left_y) = self.keypoints[:2]
        return math.degrees(math.atan2(left_y - right_y, left_x - right_x))

    def is_at(self, other: Face) -> bool:
        """Tell whether two boxes overlap enough to be of one face."""
        return overlap(self.box, other.box) > _SAME

    def clipped(self, width: float, height: float) -> Face:
        """Return the same face with its box cut off at the photo's edges."""
        left, top = max(self.box[0], 0.0), max(self.box[1], 0.0)
        right, bottom = min(self.box[0] + self.box[2], width), min(self.box[1] + self.box[3], height)
        return Face((left, top, max(right - left, 0.0), max(bottom - top, 0.0)), self.score, self.keypoints)

    @classmethod
    def mean(cls, faces: Sequence[Face]) -> Face:
        """Average several sights of one face, weighted by their scores; the score is the highest."""
        total = sum(face.score for face in faces)
        shares = [face.score / total for face in faces]

        def average(values: Iterable[float]) -> float:
            return sum(share * value for share, value in zip(shares, values, strict=True))

        x, y, width, height = (average(face.box[side] for face in faces) for side in range(4))
        points = tuple(
            (average(face.keypoints[k][0] for face in faces), average(face.keypoints[k][1] for face in faces))
            for k in range(len(faces[0].keypoints))
        )
        return cls((x, y, width, height), max(face.score for face in faces), points)


@dataclass(frozen=True)
class Found:
    """The faces found in one photo.

    Attributes
    ----------
    faces : tuple of Face
        Largest first.
    note : str or None
        Why some may be missing.
    """

    faces: tuple[Face, ...]
    note: str | None = None


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0…1."""
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)


def prominent(faces: Iterable[Face]) -> Face | None:
    """Pick the face that a photo is about.

    Confidence comes before size, because the largest box is now and then cloth or a blurred light:
    the largest of the faces the detector is sure of, or, without any, the most certain one.

    Returns
    -------
    Face or None
        None when there are no faces.
    """
    return max(faces, key=lambda face: (min(face.score, SURE), face.area), default=None)


def nominal_face(width: float, height: float) -> Face:
    """Take a whole picture for one face, with key points where they lie on the average tight crop.

    The positions are means over FER+ (training part).

    Parameters
    ----------
    width, height : float
        Of the picture, in pixels.

    Returns
    -------
    Face
        With score 0.
    """
    points = ((0.325, 0.39), (0.675, 0.39), (0.5, 0.595), (0.5, 0.77), (0.13, 0.455), (0.87, 0.455))
    return Face(
        (0.0, 0.0, float(width), float(height)), 0.0, tuple((x * width, y * height) for x, y in points)
    )
