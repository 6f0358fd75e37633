"""Where one scene ends and another begins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

THUMBNAIL = (32, 18)
"""Width and height in which frames are compared: small enough for noise and small movements to vanish."""
# Mean difference of a channel, of 255, and correlation. A cut changes much and keeps no pattern; a flash or a lamp
# changes much and keeps the pattern; somebody who walks by changes little.
_DIFFERENT, _ALIKE = 18.0, 0.6


def is_cut(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> bool:
    """Tell whether there is a cut between two frames that follow each other.

    Parameters
    ----------
    before, after : ndarray of uint8, shape (18, 32, 3)
        The frames, shrunk to `THUMBNAIL`, RGB.

    Examples
    --------
    >>> rows = np.broadcast_to(np.linspace(0, 255, 18, dtype=np.uint8)[:, None, None], (18, 32, 3))
    >>> is_cut(rows, rows // 2 + 60), is_cut(rows, rows[::-1])
    (False, True)
    """
    first, second = before.ravel().astype(np.float64), after.ravel().astype(np.float64)
    if np.abs(first - second).mean() < _DIFFERENT:
        return False
    first -= first.mean()
    second -= second.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return size == 0 or float((first * second).sum()) / size < _ALIKE
