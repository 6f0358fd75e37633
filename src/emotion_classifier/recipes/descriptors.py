"""Descriptors of texture as ONNX graphs: histograms of oriented gradients, and of local binary patterns.

Both follow scikit-image to the last rounding where a rounding decides (``skimage.feature.hog`` and
``skimage.feature.local_binary_pattern``), so that a bundle needs nothing but ONNX Runtime for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.recipes.onnx_graph import Graph

if TYPE_CHECKING:
    import numpy.typing as npt

ORIENTATIONS = 9
CELL = 8
BLOCK = 2
# Neighbours of a pixel, their distance, and the side of the regions whose patterns are counted.
NEIGHBOURS = 8
RADIUS = 1.0
REGION = 12
# As scikit-image: what a block is clipped to, and what keeps an empty one from a division by zero.
_CLIP = 0.2
_EPSILON = 1e-5


def add_hog(graph: Graph, grey: str, size: int) -> str:
    """Add histograms of oriented gradients (Dalal and Triggs 2005).

    Nine orientations over cells of 8 × 8 px, blocks of 2 × 2 cells normalised by L2-Hys: where in the face edges
    run, and which way.

    Parameters
    ----------
    graph : Graph
    grey : str
        Name of a tensor of grey values 0 to 255, float32 (n, 1, size, size).
    size : int
        Side of the picture; a multiple of 8.

    Returns
    -------
    str
        Name of a tensor (n, features).
    """
    down, across = (_difference(graph, grey, axis, size) for axis in (2, 3))
    strength = graph("Sqrt", graph("Add", graph("Mul", down, down), graph("Mul", across, across)))
    # An edge runs the same way whichever side of it is brighter: half a turn is enough.
    zero = graph.constant(np.float32(0))
    level = graph("And", graph("Equal", down, zero), graph("Less", across, zero))
    turned = graph("Or", graph("Less", down, zero), level)
    sign = graph("Where", turned, graph.constant(np.float32(-1)), graph.constant(np.float32(1)))
    angles = np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS
    cosines, sines = (
        values.astype(np.float32).reshape(1, -1, 1, 1) for values in (np.cos(angles), np.sin(angles))
    )
    # Beyond an angle is what lies on the left of its direction; no arc tangent, which ONNX lacks for two numbers.
    side = graph(
        "Sub",
        graph("Mul", graph("Mul", down, sign), graph.constant(cosines)),
        graph("Mul", graph("Mul", across, sign), graph.constant(sines)),
    )
    beyond = graph("Cast", graph("GreaterOrEqual", side, zero), to=graph.FLOAT)
    later = graph(
        "Concat",
        graph.part(beyond, 1, 1, ORIENTATIONS),
        graph("Mul", graph.part(beyond, 1, 0, 1), zero),
        axis=1,
    )
    votes = graph("Mul", strength, graph("Sub", beyond, later))
    cells = graph("AveragePool", votes, kernel_shape=[CELL, CELL], strides=[CELL, CELL])
    return _normalised_blocks(graph, graph("Transpose", cells, perm=[0, 2, 3, 1]), size // CELL)


def _difference(graph: Graph, grey: str, axis: int, size: int) -> str:
    """Difference of the two neighbours along an axis; none at the border, which has but one."""
    inner = graph("Sub", graph.part(grey, axis, 2, size), graph.part(grey, axis, 0, size - 2))
    pads = [0] * 8
    pads[axis] = pads[axis + 4] = 1
    return graph("Pad", inner, graph.constant(np.array(pads)))


def _normalised_blocks(graph: Graph, cells: str, number: int) -> str:
    """From (n, rows, columns, orientations) to (n, features), ordered as scikit-image orders them."""
    last = number - BLOCK + 1
    members = [
        graph.part(graph.part(cells, 1, row, row + last), 2, column, column + last)
        for row in range(BLOCK)
        for column in range(BLOCK)
    ]
    blocks = graph("Concat", *members, axis=3)
    clipped = graph("Min", _unit_length(graph, blocks), graph.constant(np.float32(_CLIP)))
    return graph("Flatten", _unit_length(graph, clipped), axis=1)


def _unit_length(graph: Graph, blocks: str) -> str:
    squares = graph("ReduceSum", graph("Mul", blocks, blocks), graph.constant(np.array([3])), keepdims=1)
    length = graph("Sqrt", graph("Add", squares, graph.constant(np.float32(_EPSILON**2))))
    return graph("Div", blocks, length)


def add_lbp(graph: Graph, grey: str, size: int) -> str:
    """Add histograms of uniform local binary patterns (Ojala et al. 2002).

    Every pixel is compared with eight neighbours on a circle around it; what share of each 12 × 12 px of the face
    has which of ten patterns (flat, edge, corner, line end, spot, anything else).

    Parameters
    ----------
    graph : Graph
    grey : str
        Name of a tensor of grey values 0 to 255, float32 (n, 1, size, size).
    size : int
        Side of the picture; a multiple of 12.

    Returns
    -------
    str
        Name of a tensor (n, features): region by region, ten shares each.
    """
    # In double precision: neighbours between pixels are interpolated, and the last bit decides what equals what.
    exact = graph("Cast", grey, to=graph.DOUBLE)
    padded = graph("Pad", exact, graph.constant(np.array([0, 0, 1, 1] * 2)))
    turns = 2 * np.pi * np.arange(NEIGHBOURS) / NEIGHBOURS
    above = [
        graph("Cast", graph("GreaterOrEqual", graph("Sub", _neighbour(graph, padded, offset, size), exact),
                            graph.constant(np.float64(0))), to=graph.FLOAT)
        for offset in zip(np.round(-RADIUS * np.sin(turns), 5), np.round(RADIUS * np.cos(turns), 5), strict=True)
    ]  # fmt: skip
    signs = graph("Concat", *above, axis=1)
    channel = graph.constant(np.array([1]))
    steps = graph("Sub", graph.part(signs, 1, 1, NEIGHBOURS), graph.part(signs, 1, 0, NEIGHBOURS - 1))
    changes = graph("ReduceSum", graph("Abs", steps), channel, keepdims=1)
    uniform = graph("LessOrEqual", changes, graph.constant(np.float32(2)))
    others = graph.constant(np.float32(NEIGHBOURS + 1))
    patterns = graph("Where", uniform, graph("ReduceSum", signs, channel, keepdims=1), others)
    kinds = np.arange(NEIGHBOURS + 2, dtype=np.float32).reshape(1, -1, 1, 1)
    found = graph("Cast", graph("Equal", patterns, graph.constant(kinds)), to=graph.FLOAT)
    shares = graph("AveragePool", found, kernel_shape=[REGION, REGION], strides=[REGION, REGION])
    return graph("Flatten", graph("Transpose", shares, perm=[0, 2, 3, 1]), axis=1)


def _neighbour(graph: Graph, padded: str, offset: tuple[float, float], size: int) -> str:
    """Picture moved by an offset of at most one pixel: bilinear, and black beyond the border."""
    (top, bottom, down), (left, right, across) = (_between(shift, size) for shift in offset)
    rows = down.reshape(1, 1, -1, 1)
    columns = across.reshape(1, 1, 1, -1)

    def mixed(first: str, second: str, share: npt.NDArray[np.float64]) -> str:
        return graph(
            "Add",
            graph("Mul", graph.constant(1 - share), first),
            graph("Mul", graph.constant(share), second),
        )

    def line(row: int) -> str:
        cut = graph.part(padded, 2, row, row + size)
        return mixed(graph.part(cut, 3, left, left + size), graph.part(cut, 3, right, right + size), columns)

    return mixed(line(top), line(bottom), rows)


def _between(shift: float, size: int) -> tuple[int, int, npt.NDArray[np.float64]]:
    """Where the pixels on both sides begin in a picture padded by one, and how far in between each place lies."""
    places = np.arange(size) + shift
    first = int(np.floor(shift))
    return first + 1, int(np.ceil(shift)) + 1, places - np.floor(places)
