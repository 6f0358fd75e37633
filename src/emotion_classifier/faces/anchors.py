"""The grid of points that BlazeFace states its boxes relative to."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=32)
def anchor_centres(shape: tuple[int, int], layers: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """Lay out the centres of the cells of every output layer, in output order.

    BlazeFace uses anchors of one fixed size, so a cell's anchors differ in nothing but what the
    network learned to report through them; each cell's centre is simply repeated.

    Parameters
    ----------
    shape : (height, width)
        Of the network's input, in pixels.
    layers : tuple of (stride, per_cell)
        Pixels per cell, and anchors in each cell, of every output layer.

    Returns
    -------
    ndarray, shape (anchors, 2), float32
        x and y in input pixels, row by row from the top left.

    Examples
    --------
    >>> len(anchor_centres((128, 128), ((8, 2), (16, 6))))
    896
    """
    grids = []
    for stride, per_cell in layers:
        y, x = (np.arange(side // stride, dtype=np.float32) + np.float32(0.5) for side in shape)
        x, y = np.meshgrid(x * stride, y * stride)
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0))
    return np.concatenate(grids)
