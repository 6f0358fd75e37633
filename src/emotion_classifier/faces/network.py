"""One BlazeFace network: a picture in, candidate faces out."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from emotion_classifier.errors import CorruptBundleError
from emotion_classifier.faces.anchors import anchor_centres
from emotion_classifier.faces.face import Face
from emotion_classifier.faces.window import Window
from emotion_classifier.photo import Picture

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Rows: TypeAlias = NDArray[np.float32]

CLOSE = 2.0
"""Side of the window of a closer look, in sides of the box."""
_TILT = 15.0  # degrees; a closer look that finds the face tilted further than thought is repeated
# Columns of a candidate: score, then x, y of the box's corners, then x, y of the six key points.
SCORE, BOX, POINTS = 0, slice(1, 5), slice(5, 17)
_OVERLAP = 0.3  # intersection over union above which two candidates are one face


class Network:
    """One of the two networks in the ``face_detector`` bundle.

    Nothing is read before the first look.

    Parameters
    ----------
    name : str
        File name in the bundle.
    threads : int
        Threads of ONNX Runtime.
    folder : Path or Traversable
        Where the bundle lies.
    """

    def __init__(self, name: str, *, threads: int, folder: Traversable) -> None:
        self.name = name
        self._folder = folder
        self.threads = threads

    @cached_property
    def _entry(self) -> dict[str, Any]:
        return shipped_entry(self._folder, self.name)

    @property
    def size(self) -> int:
        """Side of the square input in pixels."""
        return int(self._entry["input_size"])

    @cached_property
    def _layers(self) -> tuple[tuple[int, int], ...]:
        return tuple((layer["stride"], layer["per_cell"]) for layer in self._entry["anchors"])

    @cached_property
    def _session(self) -> InferenceSession:
        return opened(shipped_content(self._folder, self.name, self._entry), threads=self.threads)

    def faces(
        self, photo: Picture, window: Window, *, least: float, square: float | None = None
    ) -> list[Face]:
        """Find candidate faces in one window of a photo.

        Parameters
        ----------
        photo : Picture
        window : Window
            What lies outside the photo is black.
        least : float
            Score below which a candidate is left out.
        square : float or None
            Pixels of the photo that are drawn as long as the network's own input; None: the window, a square. Only the
            network of full range looks at anything but its own input, in multiples of 32 pixels.

        Returns
        -------
        list of Face
            In pixels of the photo, most certain first. Boxes are upright squares in the photo, however
            the window is tilted.
        """
        step = (square or window.width) / self.size
        picture = self._drawn(photo, window, (round(window.height / step), round(window.width / step)))
        return [_face(row, window) for row in self.look(picture, least=least).tolist()]

    @staticmethod
    def _drawn(photo: Picture, window: Window, shape: tuple[int, int]) -> NDArray[np.uint8]:
        layer = photo.layer(window.step(shape))
        return window.on(layer).draw(layer.image, shape, smooth=False)

    def look_again(self, photo: Picture, face: Face, margin: float, *, least: float) -> Face | None:
        """Look at the place of one face, along its tilt.

        Parameters
        ----------
        photo : Picture
        face : Face
        margin : float
            Side of the window, in sides of the face's box.
        least : float
            Score below which nothing is seen.

        Returns
        -------
        Face or None
            The most certain face there; None where nothing is seen.
        """
        seen = self.faces(photo, Window.around(face.box, margin, tilt=face.roll), least=least)
        here = (other for other in seen if face.is_at(other))
        return max(here, key=lambda other: other.score, default=None)

    def look_closely(self, photo: Picture, face: Face, *, least: float) -> Face | None:
        """Look at one face closely and, where it turns out to be tilted, once more along its tilt."""
        seen = self.look_again(photo, face, CLOSE, least=least)
        if seen is not None and abs((seen.roll - face.roll + 180) % 360 - 180) > _TILT:
            return self.look_again(photo, seen, CLOSE, least=least)
        return seen

    def look(self, picture: NDArray[np.uint8], *, least: float) -> Rows:
        """Find candidate faces in one picture.

        Parameters
        ----------
        picture : ndarray, shape (height, width, 3), uint8
            RGB.
        least : float
            Score below which a candidate is left out.

        Returns
        -------
        ndarray, shape (candidates, 17), float32
            Score; corners of the box; six key points. Coordinates in fractions of the picture's
            width and height. Most certain first, one row per face.
        """
        regressors, logits = self._session.run(None, {"input": signed(picture)})
        logits = logits.reshape(-1)
        kept = np.flatnonzero(logits > math.log(least / (1 - least)))
        if not kept.size:
            return np.empty((0, 17), dtype=np.float32)
        score = 1 / (1 + np.exp(-logits[kept]))
        raw = regressors.reshape(-1, 16)[kept].reshape(-1, 8, 2)
        points = raw + anchor_centres(picture.shape[:2], self._layers)[kept, None]
        points[:, 1] = raw[:, 1]  # the size is not relative to the anchor
        rows = np.empty((len(kept), 17), dtype=np.float32)
        rows[:, SCORE] = score
        rows[:, 1:3] = points[:, 0] - points[:, 1] / 2
        rows[:, 3:5] = points[:, 0] + points[:, 1] / 2
        rows[:, POINTS] = points[:, 2:].reshape(-1, 12)
        height, width = picture.shape[:2]
        rows[:, 1::2] /= width
        rows[:, 2::2] /= height
        return merged(rows)


def _face(row: list[float], window: Window) -> Face:
    score, left, top, right, bottom, *points = row
    width, height = (right - left) * window.width, (bottom - top) * window.height
    middle = ((left + right) / 2, (top + bottom) / 2)
    (x, y), *keypoints = window.to_photo([middle, *zip(points[::2], points[1::2], strict=True)])
    return Face((x - width / 2, y - height / 2, width, height), score, tuple(keypoints))


def signed(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Make a batch of one picture, with values from -1 to 1."""
    values = picture[None].astype(np.float32)
    values *= np.float32(1 / 127.5)
    values -= np.float32(1)
    return values


def opened(content: bytes, *, threads: int) -> InferenceSession:
    """Open a network that looks at pictures of many sizes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # Windows of many sizes would each keep a plan, and the memory for it.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def bundle_folder() -> Traversable:
    """Where the networks lie within the installed package."""
    return resources.files("emotion_classifier") / "assets" / "face_detector"


def shipped_entry(folder: Traversable, name: str) -> dict[str, Any]:
    """Read what the config beside a shipped network says of it.

    Raises
    ------
    CorruptBundleError
        If the config is missing or broken.
    """
    path = folder / "config.json"
    try:
        entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["files"][name]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(f"{path} is missing or broken") from error
    return entry


def shipped_content(folder: Traversable, name: str, entry: Mapping[str, Any]) -> bytes:
    """Read a shipped network.

    Raises
    ------
    CorruptBundleError
        If it is missing or not the file that was shipped.
    """
    path = folder / name
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise _damaged(f"{path} is not the file named in config.json beside it (its SHA-256 differs)")
    return content


def _damaged(what: str) -> CorruptBundleError:
    from emotion_classifier.installation import this_installation

    return CorruptBundleError(
        f"{what}: the installation is damaged. Mend it with: {this_installation().repair()}"
    )


def merged(rows: Rows) -> Rows:
    """Make one row of the candidates that are one face, weighting each by its score.

    Weighted, and not merely suppressed, because the neighbouring anchors' opinions of where the key
    points lie average out (Bazarevsky et al., 2019, section 5).

    Parameters
    ----------
    rows : ndarray, shape (candidates, 17)
        As `Network.look` returns them, in any order.

    Returns
    -------
    ndarray, shape (faces, 17)
        The score is the highest of those merged.
    """
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")]
    faces = []
    while len(rows):
        shared = overlaps(rows[0, BOX], rows[:, BOX]) > _OVERLAP
        shared[0] = True  # whatever the box is, so that the loop ends
        group = rows[shared]
        weights = group[:, :1]
        face = (group * weights).sum(axis=0) / weights.sum()
        face[SCORE] = group[0, SCORE]
        faces.append(face)
        rows = rows[~shared]
    return np.array(faces, dtype=np.float32).reshape(-1, 17)


def overlaps(box: Rows, boxes: Rows) -> Rows:
    """Intersection over union of one box with many, as corners; shape (boxes,)."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.maximum(sides[:, 0], 0) * np.maximum(sides[:, 1], 0)
    sizes = boxes[:, 2:] - boxes[:, :2]
    union = (box[2] - box[0]) * (box[3] - box[1]) + sizes[:, 0] * sizes[:, 1] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)
