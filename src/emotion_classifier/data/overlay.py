"""Lay one face over another as well as a shift, a turn and a scaling can, and compare what lies on each other.

Key points of the same face in two copies of a photo differ by some hundredths of the eye distance, enough to make
equal pictures look different. The search is that of Lucas and Kanade (1981), with four parameters, for many pairs
at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SIDE = 48  # pixels of a face
_HALF = SIDE // 2  # at which faces are laid over each other
_INNER = 18  # of those, what is compared: the margin lets the other face move
_ROUNDS = 8
_AROUND = 5  # of those pixels
_FAR = 99.0  # in pixels; a search that leaves the picture is lost, and stays a number
_SOFT = 1e-5  # keeps the equations solvable on a blank face
Floats = npt.NDArray[np.float32]


def coarse(faces: npt.NDArray[np.uint8]) -> Floats:
    """Shrink faces, shape (n, 48, 48), to unit vectors, shape (n, 256), for a first comparison."""
    small = faces.reshape(len(faces), 16, 3, 16, 3).mean(axis=(2, 4), dtype=np.float32)
    return _unit(small.reshape(len(faces), 256))[0]


def likeness(faces: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Correlate faces with others that are moved to fit best.

    Two blurred faces in the same light correlate well whoever they are; two copies correlate in their details too.

    Parameters
    ----------
    faces, others : ndarray of uint8, shape (n, 48, 48)

    Returns
    -------
    (whole, detail) : pair of ndarray of float32, shape (n,)
        -1 to 1; detail is what differs from the mean of the 5 × 5 pixels around.
    """
    still, moved = (
        pixels.reshape(len(pixels), _HALF, 2, _HALF, 2).mean(axis=(2, 4), dtype=np.float32)
        for pixels in (faces, others)
    )
    down, across = np.gradient(moved, axis=(1, 2))
    n = len(faces)
    parameters, best = np.zeros((n, 4), np.float32), np.full(n, -1, np.float32)
    kept = parameters.copy()
    own = _sample(still, *_places(parameters))
    wanted, _ = _unit(own)
    for _ in range(_ROUNDS):
        x, y = _places(parameters)
        seen, spread = _unit(_sample(moved, x, y))
        fit = (wanted * seen).sum(axis=1)
        better = fit > best
        best[better], kept[better] = fit[better], parameters[better]
        gx, gy = _sample(across, x, y) / spread, _sample(down, x, y) / spread
        slopes = np.stack([gx * _X + gy * _Y, gy * _X - gx * _Y, gx, gy], axis=2)
        normal = np.einsum("npi,npj->nij", slopes, slopes) + _SOFT * np.eye(4, dtype=np.float32)
        rest = np.einsum("npi,np->ni", slopes, wanted - seen)
        step = np.nan_to_num(np.linalg.solve(normal, rest[..., np.newaxis])[..., 0])
        parameters = np.clip(parameters + step, -_FAR, _FAR)
    details = (_unit(_detail(values))[0] for values in (own, _sample(moved, *_places(kept))))
    return best, np.asarray(np.prod(list(details), axis=0).sum(axis=1), np.float32)


def _detail(values: Floats) -> Floats:
    """Take from every pixel the mean of those around it; beyond the edge the picture is mirrored."""
    pictures = values.reshape(len(values), _INNER, _INNER)
    reach = _AROUND // 2
    padded = np.pad(pictures, ((0, 0), (reach, reach), (reach, reach)), mode="symmetric")
    steps = [slice(step, step + _INNER) for step in range(_AROUND)]
    below = np.sum([padded[:, step] for step in steps], axis=0)
    around = np.mean([below[:, :, step] for step in steps], axis=0) / np.float32(_AROUND)
    return np.asarray((pictures - around).reshape(values.shape), np.float32)


_LINE = np.arange(_INNER, dtype=np.float32) - np.float32((_INNER - 1) / 2)
_Y, _X = (grid.ravel() for grid in np.meshgrid(_LINE, _LINE, indexing="ij"))
_MIDDLE = np.float32((_HALF - 1) / 2)


def _places(parameters: Floats) -> tuple[Floats, Floats]:
    """Where the inner pixels fall under a scaling and turn (two parameters) and a shift (two)."""
    grown, turned, right, below = (parameters[:, [column]] for column in range(4))
    return (1 + grown) * _X - turned * _Y + right + _MIDDLE, turned * _X + (1 + grown) * _Y + below + _MIDDLE


def _sample(pictures: Floats, x: Floats, y: Floats) -> Floats:
    """Look pixels up between their places, bilinearly; beyond the edge are those of the edge."""
    side = pictures.shape[2]
    x, y = np.clip(x, 0, side - 1), np.clip(y, 0, side - 1)
    left, top = (np.minimum(places.astype(np.int32), side - 2) for places in (x, y))
    x, y = x - left, y - top
    flat = pictures.reshape(-1)
    place = (np.arange(len(pictures), dtype=np.int64) * side * side)[:, np.newaxis] + top * side + left
    above = flat[place] + x * (flat[place + 1] - flat[place])
    place += side
    below = flat[place] + x * (flat[place + 1] - flat[place])
    return np.asarray(above + y * (below - above), np.float32)


def _unit(values: Floats) -> tuple[Floats, Floats]:
    """Give vectors zero mean and length 1, and their lengths before."""
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), np.float32(1e-3))
    return centred / length, length
