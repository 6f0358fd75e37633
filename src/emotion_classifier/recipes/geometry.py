"""Geometry of mouth, brows, eyes and cheeks as an ONNX graph: a mesh of 468 points on the face, and measures of it.

The mesh is Google's (Kartynnik et al. 2019), shipped beside the face detector; the measures are lengths and heights in
distances between the centres of the eyes, taken with the eyes level, so that neither the size of a face nor its tilt
changes them.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import missing_extra
from emotion_classifier.faces.align import Framing
from emotion_classifier.faces.network import shipped_content, shipped_entry
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.compact import FRAMING as COMPACT
from emotion_classifier.recipes.compact import SIZE as COMPACT_SIZE
from emotion_classifier.recipes.geometry_measures import MEASURES, differences, place
from emotion_classifier.recipes.onnx_graph import Graph

if TYPE_CHECKING:
    import onnx

GEOMETRY = tuple(measure.name for measure in MEASURES)
"""Names of the measures, in order.

All are in distances between the centres of the eyes. A name that ends in ``_lift``, ``_height`` or ``_slope`` says how
far one place lies above another (below zero: under it), ``_asymmetry`` the absolute difference of the face's two sides,
and every other how far two places lie apart; but for asymmetries, the mean of both sides.
"""

# Wide enough for the mesh, which is made for a picture of 1.5 times the box of a face, and the pictures of the other
# recipes lie in its middle on whole pixels.
SIZE, _BLOCK = 240, 3
_ABOVE = (SIZE - COMPACT_SIZE * _BLOCK) / 2
PREPROCESSING = Preprocessing(
    input="face",
    height=SIZE,
    width=SIZE,
    channels="rgb",
    scale=1 / 255,
    offset=0.0,
    framing=Framing(
        width_in_eye_distances=COMPACT.width_in_eye_distances * SIZE / (COMPACT_SIZE * _BLOCK),
        eye_line=(_ABOVE + COMPACT.eye_line * COMPACT_SIZE * _BLOCK) / SIZE,
    ),
)
_MESH = "face_mesh.onnx"
_MESH_SIZE = 192
# Square pixels; what is no face may have its eyes in one place.
_LEAST = 1.0


def add_geometry(graph: Graph, pixels: str) -> str:
    """Add the measures of a face, each the mean over the face and its mirror image.

    Parameters
    ----------
    graph : Graph
    pixels : str
        Name of a tensor, float32 (n, 240, 240, 3), as `PREPROCESSING` makes it.

    Returns
    -------
    str
        Name of a tensor (n, measures), in the order of `GEOMETRY`.

    Raises
    ------
    CorruptBundleError
        If the mesh is missing or not the file that was shipped.
    """
    both = graph("Concat", pixels, graph.mirrored(pixels, 2), axis=0)
    # Where two places of each measure lie apart, right side and left, and after them one eye from the other.
    eyes = place("eye", 1) - place("eye", 0)
    between = graph.constant(np.concatenate([differences(0), differences(1), eyes[np.newaxis]]))
    apart = graph("MatMul", between, graph.part(_add_mesh(graph, both), 2, 0, 2))
    number = len(MEASURES)
    measured = _in_eye_distances(graph, apart, 2 * number)
    # From (faces and mirror images, right and left) × measures to (n, measures).
    sides = graph("Reshape", measured, graph.constant(np.array([2, -1, 2, number])))
    right, left = (graph.part(sides, 2, side, side + 1) for side in (0, 1))
    mean = graph("Mean", right, left)
    difference = graph("Abs", graph("Sub", right, left))
    asymmetry = graph.constant(np.array([each.asymmetry for each in MEASURES]))
    return graph("ReduceMean", graph("Where", asymmetry, difference, mean), axes=[0, 2], keepdims=0)


def _add_mesh(graph: Graph, pixels: str) -> str:
    """Points of the mesh, (n, 468, 3)."""
    upright = graph("Transpose", pixels, perm=[0, 3, 1, 2])
    scales = graph.constant(np.array([1, 1, _MESH_SIZE / SIZE, _MESH_SIZE / SIZE], np.float32))
    enlarged = graph("Resize", upright, "", scales, mode="linear")
    return str(graph.include(mesh(), graph("Transpose", enlarged, perm=[0, 2, 3, 1])).output[0].name)


def _in_eye_distances(graph: Graph, apart: str, number: int) -> str:
    """Turn differences (n, number + 1, 2), the last that of the eyes, to heights or lengths (n, number, 1)."""
    differences, eyes = graph.part(apart, 1, 0, number), graph.part(apart, 1, number, number + 1)

    def squared(tensor: str) -> str:
        return graph("ReduceSum", graph("Mul", tensor, tensor), graph.constant(np.array([2])), keepdims=1)

    unit = graph("Max", squared(eyes), graph.constant(np.float32(_LEAST)))
    across, down = (graph.part(differences, 2, axis, axis + 1) for axis in (0, 1))
    eyes_across, eyes_down = (graph.part(eyes, 2, axis, axis + 1) for axis in (0, 1))
    # Pixels count downwards; heights do upwards, at right angles to the line of the eyes.
    raised = graph("Sub", graph("Mul", across, eyes_down), graph("Mul", down, eyes_across))
    heights = graph("Div", raised, unit)
    lengths = graph("Sqrt", graph("Div", squared(differences), unit))
    level = np.array([each.kind == "height" for each in MEASURES] * 2).reshape(1, -1, 1)
    return graph("Where", graph.constant(level), heights, lengths)


def mesh(folder: Traversable | None = None) -> onnx.ModelProto:
    """Load the face mesh: from ``pixels``, (n, 192, 192, 3), 0 to 1, to ``points``, (n, 468, 3), pixels.

    Parameters
    ----------
    folder : Path, Traversable or None
        Where it lies, with its config; None: within this package.

    Raises
    ------
    CorruptBundleError
        If it is missing or not the file that was shipped.
    MissingExtraError
        If onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise missing_extra("train", "onnx") from error
    folder = mesh_folder() if folder is None else folder
    content = shipped_content(folder, _MESH, shipped_entry(folder, _MESH))
    # Its names must not meet those of another network in the same graph.
    return onnx.compose.add_prefix(onnx.load_from_string(content), "mesh_")


def mesh_folder() -> Traversable:
    """Where the mesh lies within the installed package."""
    return resources.files("emotion_classifier") / "assets" / "face_mesh"
