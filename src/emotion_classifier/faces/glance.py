"""Which parts of a large photo are worth a look in tiles: a small network's glance at all of it.

The full-range network takes 80 ms for 12 megapixels in tiles, and where a photo shows one person, next to all of that
for nothing. The network here takes 9 ms, and has learned from the other where that proposes faces.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier.faces.face import Face
from emotion_classifier.faces.network import opened, shipped_content, shipped_entry, signed
from emotion_classifier.faces.tiles import GRAIN, Tiling
from emotion_classifier.faces.window import Window
from emotion_classifier.photo import Picture

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Cell: TypeAlias = tuple[int, int]
Places: TypeAlias = NDArray[np.floating]

_COARSER = 4 / 3  # pixels of a drawing of a tile to one that is glanced at
_STRIDE = 4  # glanced-at pixels to one cell of the output, along each side
# Logit from which a cell is worth a look: of faces kept out of the training 96 in 100 have it that are as wide as 56 to
# 70 pixels in 12 megapixels, of wider ones 99.7; of the cells without a face 2 in 1,000. In 200 photos with a large
# face and four others 60 to 130 pixels wide (training parts, other faces) 14 of the 800 are lost by it and 20 gained,
# since smaller windows are drawn where the face is.
_PROMISING = -2.0
_TAKEN = 0.75  # widths of a face that was found, from its middle, within which nothing else is looked for
_AROUND = 1  # cells of `GRAIN` pixels that are looked at around promising ones


class Glance:
    """The network that says where faces could be.

    Nothing is read before the first glance; one may be used from several threads.

    Parameters
    ----------
    threads : int
        Threads of ONNX Runtime.
    folder : Path, Traversable or None
        Another ``face_glance`` folder than the one of this package.

    Raises
    ------
    CorruptBundleError
        On first use, when the network's file is missing or altered.
    """

    def __init__(self, *, threads: int, folder: Traversable | None = None) -> None:
        self._folder = folder or resources.files("emotion_classifier") / "assets" / "face_glance"
        self._threads = threads

    @cached_property
    def _session(self) -> InferenceSession:
        entry = shipped_entry(self._folder, "glance.onnx")
        return opened(shipped_content(self._folder, "glance.onnx", entry), threads=self._threads)

    def windows(self, photo: Picture, tiling: Tiling, found: Iterable[Face]) -> list[Window]:
        """Cut those parts out of the windows of a tiling that may show faces which have not been found yet.

        Parameters
        ----------
        photo : Picture
        tiling : Tiling
            Of this photo.
        found : iterable of Face
            Places where nothing is looked for any more.

        Returns
        -------
        list of Window
            With sides that are multiples of those of a cell of the tiling, hence drawn in multiples of 32 pixels.
        """
        xs, ys = self._promising(photo, _COARSER * tiling.grain / GRAIN)
        for face in found:
            x, y, width, height = face.box
            elsewhere = (np.abs(xs - x - width / 2) > _TAKEN * width) | (
                np.abs(ys - y - height / 2) > _TAKEN * height
            )
            xs, ys = xs[elsewhere], ys[elsewhere]
        return [part for window in tiling.windows for part in _parts(window, tiling.grain, xs, ys)]

    def _promising(self, photo: Picture, step: float) -> tuple[Places, Places]:
        """Return x and y of the promising places, in pixels of the photo."""
        layer = photo.layer(step)
        size = layer.image.width, layer.image.height
        width, height = (max(_STRIDE, round(side * layer.scale / step)) for side in size)
        drawn = layer.image.resize((width, height), Image.Resampling.BOX, reducing_gap=1.0)
        (logits,) = self._session.run(None, {"input": signed(np.asarray(drawn))})
        rows, columns = np.nonzero(logits[0, 0] > _PROMISING)
        xs = (columns + 0.5) * (_STRIDE * layer.scale * size[0] / width) + layer.left
        ys = (rows + 0.5) * (_STRIDE * layer.scale * size[1] / height) + layer.top
        return xs, ys


def _parts(window: Window, grain: float, xs: Places, ys: Places) -> list[Window]:
    """Cut out of a window what lies around the places given."""
    left, top = window.x - window.width / 2, window.y - window.height / 2
    most = round(window.height / grain), round(window.width / grain)
    rows, columns = ((ys - top) // grain).astype(int), ((xs - left) // grain).astype(int)
    inside = (rows >= 0) & (rows < most[0]) & (columns >= 0) & (columns < most[1])
    cells = set(zip(rows[inside].tolist(), columns[inside].tolist(), strict=True))
    parts = []
    for group in _groups(list(cells)):
        (first_row, last_row), (first_column, last_column) = (
            (max(0, min(places) - _AROUND), min(end, max(places) + _AROUND + 1))
            for places, end in zip(zip(*group, strict=True), most, strict=True)
        )
        high, wide = (last_row - first_row) * grain, (last_column - first_column) * grain
        x, y = left + first_column * grain + wide / 2, top + first_row * grain + high / 2
        parts.append(Window(x, y, wide, high))
    return parts


def _groups(cells: list[Cell], axis: int = 0, *, whole: bool = False) -> list[list[Cell]]:
    """Split cells at empty rows and columns that no group needs around it, again and again."""
    if not cells:
        return []
    cells = sorted(cells, key=lambda cell: cell[axis])
    far = [b[axis] - a[axis] > 2 * _AROUND for a, b in itertools.pairwise(cells)]
    ends = [place + 1 for place, apart in enumerate(far) if apart]
    if not ends and whole:
        return [cells]
    pieces = [cells[first:last] for first, last in itertools.pairwise([0, *ends, len(cells)])]
    return [group for piece in pieces for group in _groups(piece, 1 - axis, whole=not ends)]
