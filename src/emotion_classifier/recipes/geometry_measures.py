"""Which points of the face mesh are measured, and how: mouth, brows, eyes and cheeks, in eye distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

POINTS = 468
# Places on the right side of the face (the left of its picture) and on the left, as means of points of the mesh; one
# on the midline is the same on both. Numbers are those of MediaPipe's canonical face model, as the package's lists
# FACEMESH_LIPS, ..._EYE and ..._EYEBROW and the positions in its geometry_pipeline_metadata_landmarks give them.
_SIDES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "eye": ((33, 133), (263, 362)),
    "eye_outer": ((33,), (263,)),
    "upper_lid": ((158, 159, 160), (385, 386, 387)),
    "lower_lid": ((144, 145, 153), (373, 374, 380)),
    "brow_inner": ((55, 107), (285, 336)),
    "brow_middle": ((52, 105), (282, 334)),
    "brow_outer": ((46, 70), (276, 300)),
    "mouth_corner": ((61,), (291,)),
    "lip_line": ((81, 178), (311, 402)),
    "nostril": ((129,), (358,)),
    "fold": ((206,), (426,)),
    "cheek": ((205,), (425,)),
}
_MIDDLE: dict[str, tuple[int, ...]] = {
    "nose_base": (2,),
    "upper_lip": (0,),
    "upper_lip_inside": (13,),
    "lower_lip_inside": (14,),
    "lower_lip": (17,),
    "lip_centre": (13, 14),
    "chin": (152,),
}
_PLACES = _SIDES | {name: (points, points) for name, points in _MIDDLE.items()}
_OTHER = "other_"  # before a place: that of the other side


@dataclass(frozen=True)
class Measure:
    """One number of a face, in distances between the centres of its eyes.

    Parameters
    ----------
    name : str
    first, second : str
        Two places.
    kind : {"height", "distance"}
        How far the first lies above the second when the eyes are level, below zero if it lies under it; or how far
        they lie apart.
    asymmetry : bool
        The absolute difference of both sides of the face, not their mean.
    """

    name: str
    first: str
    second: str
    kind: Literal["height", "distance"] = "distance"
    asymmetry: bool = False


MEASURES = (
    Measure("mouth_width", "mouth_corner", "other_mouth_corner"),
    Measure("mouth_corner_lift", "mouth_corner", "lip_centre", "height"),
    Measure("lip_line_lift", "lip_line", "lip_centre", "height"),
    Measure("mouth_opening", "upper_lip_inside", "lower_lip_inside"),
    Measure("upper_lip_thickness", "upper_lip", "upper_lip_inside"),
    Measure("lower_lip_thickness", "lower_lip_inside", "lower_lip"),
    Measure("mouth_corner_to_eye", "mouth_corner", "eye_outer"),
    Measure("mouth_corner_to_nostril", "mouth_corner", "nostril"),
    Measure("nose_to_upper_lip", "nose_base", "upper_lip"),
    Measure("lower_lip_to_chin", "lower_lip", "chin"),
    Measure("brow_inner_height", "brow_inner", "eye", "height"),
    Measure("brow_middle_height", "brow_middle", "eye", "height"),
    # With the inner height it says the outer one as well; all three would be one too many for a linear model.
    Measure("brow_slope", "brow_inner", "brow_outer", "height"),
    Measure("brow_gap", "brow_inner", "other_brow_inner"),
    Measure("eye_opening", "upper_lid", "lower_lid"),
    Measure("lower_lid_height", "lower_lid", "eye", "height"),
    Measure("cheek_to_lower_lid", "cheek", "lower_lid"),
    Measure("cheek_width", "cheek", "other_cheek"),
    Measure("fold_to_nostril", "fold", "nostril"),
    Measure("mouth_corner_lift_asymmetry", "mouth_corner", "lip_centre", "height", asymmetry=True),
    Measure("mouth_corner_to_eye_asymmetry", "mouth_corner", "eye_outer", asymmetry=True),
    Measure("brow_height_asymmetry", "brow_middle", "eye", "height", asymmetry=True),
    Measure("eye_opening_asymmetry", "upper_lid", "lower_lid", asymmetry=True),
)


def differences(side: int) -> npt.NDArray[np.float32]:
    """Say how the two places of every measure lie apart, as weights of the mesh's points.

    Parameters
    ----------
    side : {0, 1}
        The right or the left side of the face.

    Returns
    -------
    ndarray of float32, shape (measures, 468)
        Times the points: from the second place to the first.
    """
    return np.stack([place(each.first, side) - place(each.second, side) for each in MEASURES])


def place(name: str, side: int) -> npt.NDArray[np.float32]:
    """Give a place as weights of the mesh's points, shape (468,)."""
    if name.startswith(_OTHER):
        name, side = name.removeprefix(_OTHER), 1 - side
    weights = np.zeros(POINTS, np.float32)
    points = _PLACES[name][side]
    weights[list(points)] = 1 / len(points)
    return weights
