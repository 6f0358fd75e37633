"""Class-activation maps: what each place of a face adds to a network's logits, from the pass that reads the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.explain.graph import Averaged, Block, find_averaged, with_outputs
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.model.session import open_session

if TYPE_CHECKING:
    import onnxruntime

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ActivationMaps:
    """A network that hands out, with its probabilities, what each place of its input adds to each logit.

    A network that averages its features over the picture and reads the averages with one dense layer may as well read
    the features at each place and average then: that is its class-activation map (Zhou et al. 2016). Where several
    blocks are averaged, their maps add up. The mean of a map, and the layer's bias, are the logit exactly.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        With the features and the last layer's weights as further outputs.
    averaged : Averaged
    input_shape : tuple of three ints
        Height, width and channels.
    """

    session: onnxruntime.InferenceSession
    averaged: Averaged
    input_shape: tuple[int, int, int]

    @classmethod
    def of(cls, bundle: Bundle, *, threads: int = 1) -> ActivationMaps | None:
        """Open the network of a bundle a second time, with more outputs; None where it is of another kind.

        Raises
        ------
        CorruptBundleError
            If ONNX Runtime cannot read the file.
        """
        model = (bundle.path / MODEL).read_bytes()
        averaged = find_averaged(model)
        if averaged is None or bundle.config.output != "softmax":
            return None
        names = (*(block.tensor for block in averaged.blocks), averaged.kernel)
        session = open_session(with_outputs(model, names), threads=threads)
        return cls(session, averaged, bundle.config.preprocessing.input_shape)

    def __call__(self, inputs: Floats) -> tuple[Floats, Floats]:
        """Run the network once.

        Parameters
        ----------
        inputs : ndarray of float32, shape (n, height, width, channels)
            Normalised pixels, see `Preprocessing.normalise`.

        Returns
        -------
        probabilities : ndarray of float32, shape (n, labels)
            As `Bundle.probabilities` gives them.
        maps : ndarray of float32, shape (n, rows, columns, labels)
            On the grid of the finest block; the mean over rows and columns is the logit without its bias.
        """
        raw, *features, kernel = self.session.run(None, {self.session.get_inputs()[0].name: inputs})
        grid = max((each.shape[2], each.shape[3]) for each in features)
        total = np.zeros((len(inputs), *grid, kernel.shape[1]), np.float32)
        begin = 0
        for block, each in zip(self.averaged.blocks, features, strict=True):
            part = kernel[begin : begin + each.shape[1]]
            begin += each.shape[1]
            total += self._placed(np.tensordot(each, part, axes=(1, 0)), block, grid)
        return np.asarray(raw, np.float32), total

    def _placed(self, cells: Floats, block: Block, grid: tuple[int, int]) -> Floats:
        """Bring the cells of a block, shape (n, rows, columns, labels), to the places of the grid where they look."""
        for axis, many in ((1, grid[0]), (2, grid[1])):
            pixels = self.input_shape[axis - 1]
            wanted = (np.arange(many) + 0.5) * pixels / many - 0.5
            place = (wanted - block.first[axis - 1]) / block.step[axis - 1]
            cells = np.moveaxis(_interpolated(np.moveaxis(cells, axis, 0), place), 0, axis)
        return cells


def _interpolated(rows: Floats, places: npt.NDArray[np.float64]) -> Floats:
    """Values between rows along the first axis; beyond the ends, those of the ends."""
    inside = np.clip(places, 0, len(rows) - 1)
    below = np.minimum(inside.astype(int), max(len(rows) - 2, 0))
    above = np.minimum(below + 1, len(rows) - 1)
    share = (inside - below).astype(np.float32).reshape(-1, *[1] * (rows.ndim - 1))
    return np.asarray(rows[below] * (1 - share) + rows[above] * share, np.float32)
