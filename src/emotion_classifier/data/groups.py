"""Which photos are independent of each other: the one definition that every split, fold and interval follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.columns import case_folded, folded
from emotion_classifier.data.dataset import Dataset, require_dataset
from emotion_classifier.data.fingerprint import Fingerprints, fingerprints
from emotion_classifier.data.picture_hash import joined
from emotion_classifier.data.twins import Twins, find_twins
from emotion_classifier.faces.cache import FaceCache

PERSON = "identity"
_ACCURACY, _Z = 0.9, 1.96  # at which the width of an interval is worked out
_Column = TypeVar("_Column", str, str | None)


def group_column_of(dataset: Dataset, column: _Column) -> _Column:
    """Find the column to group by as the data spell it; "identity" need not be there.

    Raises
    ------
    DatasetError
        If there is no such column, or several.
    """
    if column is None or (column == PERSON and PERSON not in map(case_folded, dataset.columns)):
        return column
    return dataset.column_named(column)


def independent_groups(
    dataset: Dataset,
    *,
    column: str | None = PERSON,
    prints: Fingerprints | None = None,
    twins: Twins | None = None,
    face_cache: FaceCache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Give every photo a number that it shares with all photos it is not independent of.

    Copies of one picture belong together, whether they were encoded, scaled, mirrored or cropped anew, and so do
    photos of one person; whoever is linked by a chain of such pairs has one number. A photo that cannot be read is a
    copy of none, and one that does not say who is in it is of nobody else.

    Parameters
    ----------
    dataset : Dataset
    column : str or None
        Says who, or what, a photo is of; capital letters and blanks around its name and its values make no
        difference. None, and "identity" where the data have no such column: only copies belong together.
    prints : Fingerprints or None
        Of the dataset's photos, where they are known; None: the photos are read here.
    twins : Twins or None
        The copies, where they are known; then `prints` are not needed.
    face_cache : FaceCache or None
        Faces found before, for the photos that are read here.
    progress : callable or None
        Called with (photos looked at, photos in all).

    Returns
    -------
    ndarray of int64, shape (n,)
        The row of the first photo of each group.

    Raises
    ------
    DatasetError
        If there is no such column, or several; before any photo is read.
    TypeError
        If `dataset` is no Dataset, but its path for instance.
    """
    require_dataset(dataset)
    people = _people(dataset, column)
    if twins is None:
        if prints is None:
            prints = fingerprints(dataset, face_cache=face_cache, progress=progress)
        twins = find_twins(prints)
    return joined(len(dataset), ((pair.first, pair.second) for pair in twins.pairs), people)


def names_people(dataset: Dataset, column: str | None) -> bool:
    """Tell whether a column, named as `independent_groups` takes it, says of any photo who is in it."""
    return any(person is not None for person in _people(dataset, column) or ())


def _people(dataset: Dataset, column: str | None) -> list[str | None] | None:
    name = group_column_of(dataset, column)
    return folded(dataset.columns[name]) if name in dataset.columns else None


def margin_of_error(n: int) -> float:
    """Half the width, in percentage points, of the 95 % interval of an accuracy of 90 % on n independent photos.

    Examples
    --------
    >>> round(margin_of_error(385), 2)
    3.0
    """
    return 100 * _Z * math.sqrt(_ACCURACY * (1 - _ACCURACY) / n)


def photos_needed(points: float) -> int:
    """Count the independent photos that tell an accuracy of 90 % to plus or minus some percentage points.

    Examples
    --------
    >>> photos_needed(10), photos_needed(3)
    (35, 385)
    """
    return math.ceil(_Z**2 * _ACCURACY * (1 - _ACCURACY) / (points / 100) ** 2)


def between(values: npt.NDArray[np.float64], groups: npt.NDArray[np.int64]) -> float:
    """Sum the squared deviations of each group's total from what it would be if all groups were alike.

    Divided by n², it is the variance of the mean of n values, of which those of one group are not independent.

    Examples
    --------
    >>> between(np.array([1.0, 1.0, 0.0, 0.0]), np.array([3, 3, 7, 7]))
    2.0
    """
    _, member = np.unique(groups, return_inverse=True)
    return float((np.bincount(member, weights=values - values.mean()) ** 2).sum())
