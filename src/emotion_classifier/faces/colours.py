"""Whether red and blue of a picture look exchanged, as those of an array from OpenCV taken for RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Skin of every tone is redder than blue. Of 2,999 LFW and 2,974 FairFace training faces none and one were this much
# bluer; with red and blue exchanged, 99.5 % and 95.7 % (benchmarks/exchanged_colours.py). Grey pictures are neither.
_BLUER = 0.1


def redness(photo: NDArray[np.uint8], box: tuple[float, float, float, float]) -> float:
    """Measure how much redder than blue the middle of a face is.

    Parameters
    ----------
    photo : ndarray of uint8, shape (height, width, 3)
    box : tuple of four floats
        x, y, width and height of the face, pixels.

    Returns
    -------
    float
        log(mean of red / mean of blue); 0 for grey.

    Examples
    --------
    >>> round(redness(np.full((10, 10, 3), (200, 150, 100), np.uint8), (0, 0, 10, 10)), 2)
    0.69
    """
    x, y, width, height = box
    top, bottom = (max(0, round(y + share * height)) for share in (0.25, 0.75))
    left, right = (max(0, round(x + share * width)) for share in (0.25, 0.75))
    middle = photo[top:bottom, left:right].reshape(-1, 3)
    if not len(middle):
        return 0.0
    red, _, blue = middle.mean(axis=0) + 1
    return float(np.log(red / blue))


def look_exchanged(photo: NDArray[np.uint8], box: tuple[float, float, float, float]) -> bool:
    """Tell whether red and blue look exchanged; the parameters are those of `redness`."""
    return redness(photo, box) < -_BLUER
