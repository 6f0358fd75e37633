"""Whether what a network reports can be a face, going by where the key points lie."""

from __future__ import annotations

import math

from emotion_classifier.faces.face import Face

# In widths of the box. The ranges hold all of 1,500 faces of LFW and more than 99.8 % of the sights of
# 1,500 pictures of FER+, whose middle 98 % lie at eyes 0.24…0.49, eyes to mouth 0.41…0.52 and nose
# 0.28…0.72; the room left over is for heads turned and mouths opened further than there.
_EYES_APART = (0.08, 0.65)
_EYES_TO_MOUTH = (0.28, 0.65)
_NOSE = (0.05, 0.95)  # of the way from the eyes down to the mouth
_SQUARE = 0.85  # sine of the angle between the line of the eyes and the way down to the mouth
_OUTSIDE = 0.1  # how far eyes, nose and mouth may lie outside the box
_AGREEMENT = 0.08  # mean distance between the key points of two sights of one face


def is_plausible(face: Face) -> bool:
    """Tell whether the key points lie as on a face, in the face's own upright frame.

    Eyes apart and above the mouth, the nose between them and the mouth, all inside the box.
    """
    right, left, nose, mouth = face.keypoints[:4]
    x, y, width, height = face.box
    if width <= 0 or height <= 0:
        return False
    eyes = (left[0] - right[0], left[1] - right[1])
    middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    down = (mouth[0] - middle[0], mouth[1] - middle[1])
    apart, depth = math.hypot(*eyes), math.hypot(*down)
    if not (_within(apart / width, _EYES_APART) and _within(depth / width, _EYES_TO_MOUTH)):
        return False
    sine = (eyes[0] * down[1] - eyes[1] * down[0]) / (apart * depth)
    to_nose = ((nose[0] - middle[0]) * down[0] + (nose[1] - middle[1]) * down[1]) / depth**2
    inside = all(
        -_OUTSIDE <= (px - x) / width <= 1 + _OUTSIDE and -_OUTSIDE <= (py - y) / height <= 1 + _OUTSIDE
        for px, py in (right, left, nose, mouth)
    )
    return sine > _SQUARE and _within(to_nose, _NOSE) and inside


def agree(first: Face, second: Face) -> bool:
    """Tell whether two sights of one face put eyes, nose and mouth in the same places."""
    distances = (math.dist(a, b) for a, b in zip(first.keypoints[:4], second.keypoints[:4], strict=True))
    return sum(distances) / 4 < _AGREEMENT * first.box[2]


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
