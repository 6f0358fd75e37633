"""Whether there are photos enough to carve parts out of, asked before an hour is spent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.errors import DatasetError


def fewest(shares: Sequence[float]) -> int:
    """How many independent photos of a class it takes to carve parts out one after another.

    Examples
    --------
    >>> fewest((0.2, 0.2))
    7
    """
    return next(n for n in count(1) if _can_carve(n, shares))


def _can_carve(n: int, shares: Sequence[float]) -> bool:
    for share in shares:
        parts = round(1 / share)
        if n < parts:
            return False
        n -= -(-n // parts)
    return True


def require_enough(
    dataset: Dataset, groups: npt.NDArray[np.int64], *, shares: Sequence[float], left_out: int = 0
) -> None:
    """Refuse data of which a class is too small.

    Parameters
    ----------
    dataset : Dataset
    groups : ndarray of int64, shape (n,)
        Photos of the same number count as one.
    shares : sequence of float
        Parts to be carved out, one after another.
    left_out : int
        Photos that could not be used, for the message.

    Raises
    ------
    DatasetError
        It says how many photos it takes.
    """
    needed = fewest(shares)
    for index, label in enumerate(dataset.labels):
        rows = dataset.hard == index
        independent = len(np.unique(groups[rows]))
        if rows.any() and independent < needed:
            without = f"; {left_out} photos without a face are not counted" if left_out else ""
            raise DatasetError(
                f"There are {independent} independent photos labelled {label!r} (near-duplicates and pictures of one "
                f"person count as one{without}), and a search needs at least {needed} of each class to carve out "
                f"what it compares trials on. Add photos of that class, or leave the class out. With so few, "
                f"`emotion-classifier train --recipe transfer` as it is will serve you better."
            )
