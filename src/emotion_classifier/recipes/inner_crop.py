"""One model input inside another: the inner part of a wider picture, turned grey and averaged down.

Members of an ensemble share one picture. A member that takes in a smaller, greyer or coarser picture of the same face
gets it from the shared one, in training with numpy and in the bundle with ONNX.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.preprocessing import Preprocessing

if TYPE_CHECKING:
    import onnx

# ITU-R BT.601 luma, as Pillow's ``convert("L")`` weighs red, green and blue.
LUMA = (0.299, 0.587, 0.114)
_WHOLE = 1e-3  # pixels; what may be missing to a whole number


@dataclass(frozen=True)
class InnerCrop:
    """How to get the input of one model from the wider input of another.

    Parameters
    ----------
    outer, inner : Preprocessing
    top, left : int
        Where the inner picture begins, in pixels of the outer.
    block : int
        So many pixels square of the outer picture are averaged to one of the inner.

    Examples
    --------
    >>> from emotion_classifier.recipes.compact import PREPROCESSING
    >>> colour = PREPROCESSING.model_copy(update={"height": 96, "width": 96, "channels": "rgb"})
    >>> inner_crop(colour, PREPROCESSING).block
    2
    """

    outer: Preprocessing
    inner: Preprocessing
    top: int
    left: int
    block: int

    def pixels(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Cut inner out of outer pictures, shape (n, height, width, channels), rounded to grey levels."""
        if self._copies:
            return np.ascontiguousarray(self._slice(pictures))
        return np.asarray(np.rint(self.levels(pictures)), np.uint8)

    def levels(self, pictures: npt.NDArray[np.number]) -> npt.NDArray[np.float32]:
        """Give the same without rounding, 0 to 255, as the ONNX graph computes it."""
        cut = self._slice(pictures).astype(np.float32)
        n, height, width, channels = cut.shape
        blocks = (n, height // self.block, self.block, width // self.block, self.block, channels)
        return np.asarray(cut.reshape(blocks).mean(axis=(2, 4)) @ self.channels, np.float32)

    def add_to(self, graph: onnx.GraphProto, source: str, target: str) -> None:
        """Append nodes that compute the inner model's normalised input `target` from the outer's, `source`."""
        from onnx import helper, numpy_helper

        count = 0

        def add(operation: str, inputs: list[npt.NDArray[np.generic]], **attributes: object) -> None:
            nonlocal count, source
            names = [f"{target}_{count}_{place}" for place in range(len(inputs))]
            graph.initializer.extend(map(numpy_helper.from_array, inputs, names))
            count += 1
            graph.node.append(
                helper.make_node(operation, [source, *names], [f"{target}_{count}"], **attributes)
            )
            source = f"{target}_{count}"

        rows, columns = self._extent
        starts = np.array([self.top, self.left])
        add("Slice", [starts, starts + (rows, columns), np.array([1, 2])])
        if self.block > 1:
            add("Transpose", [], perm=[0, 3, 1, 2])
            add("AveragePool", [], kernel_shape=[self.block] * 2, strides=[self.block] * 2)
            add("Transpose", [], perm=[0, 2, 3, 1])
        if not np.array_equal(self.channels, np.eye(len(self.channels))):
            add("MatMul", [self.channels])
        # From the outer's numbers back to grey levels, and on to the inner's.
        factor = self.inner.scale / self.outer.scale
        add("Mul", [np.array(factor, np.float32)])
        add("Add", [np.array(self.inner.offset - self.outer.offset * factor, np.float32)])
        graph.node.append(helper.make_node("Identity", [source], [target]))

    @property
    def _extent(self) -> tuple[int, int]:
        return self.inner.height * self.block, self.inner.width * self.block

    @property
    def channels(self) -> npt.NDArray[np.float32]:
        """Matrix from the channels of the outer picture to those of the inner."""
        if self.outer.channels == self.inner.channels:
            return np.eye(self.outer.input_shape[2], dtype=np.float32)
        if self.inner.channels == "grey":
            luma = np.array(LUMA, np.float32)[:, np.newaxis]
            return luma if self.outer.channels == "rgb" else luma[::-1].copy()
        return np.eye(3, dtype=np.float32)[::-1].copy()

    @property
    def _copies(self) -> bool:
        return self.block == 1 and self.outer.channels == self.inner.channels

    def _slice(self, pictures: npt.NDArray[Any]) -> npt.NDArray[Any]:
        height, width = self._extent
        return pictures[:, self.top : self.top + height, self.left : self.left + width]


def inner_crop(outer: Preprocessing, inner: Preprocessing) -> InnerCrop | None:
    """Find how the input of one model lies in that of another.

    Returns
    -------
    InnerCrop or None
        None where it does not: another kind of picture, a wider one, a finer one, or colours that the outer lacks.
    """
    if outer.input != inner.input or (outer.channels == "grey" and inner.channels != "grey"):
        return None
    if outer.input == "photo":
        same = (outer.height, outer.width) == (inner.height, inner.width)
        return InnerCrop(outer, inner, 0, 0, 1) if same else None
    wide, narrow = outer.framing, inner.framing
    finer = (outer.width / wide.width_in_eye_distances) / (inner.width / narrow.width_in_eye_distances)
    block = round(finer)
    if block < 1 or wide.eyes_per_mouth != narrow.eyes_per_mouth:
        return None
    left = (outer.width - block * inner.width) / 2
    top = wide.eye_line * outer.height - narrow.eye_line * block * inner.height
    whole = all(abs(value - round(value)) < _WHOLE for value in (left, top))
    inside = round(left) >= 0 and 0 <= round(top) <= outer.height - block * inner.height
    if not (whole and inside and abs(finer - block) < _WHOLE):
        return None
    return InnerCrop(outer, inner, round(top), round(left), block)
