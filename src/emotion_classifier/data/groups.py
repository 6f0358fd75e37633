"""Which photos are independent of each other: the one definition that every split, fold and interval goes by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.columns import folded
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.fingerprint import Fingerprints, fingerprints
from emotion_classifier.data.picture_hash import joined
from emotion_classifier.data.twins import Twins, find_twins
from emotion_classifier.faces.cache import FaceCache

PERSON = "identity"


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
        Says who, or what, a photo is of; capital letters and blanks around a value make no difference. Ignored where
        the data have no such column.
    prints : Fingerprints or None
        Of the dataset's photos, where somebody has looked at them; None: they are read here.
    twins : Twins or None
        The copies, where somebody has looked for them.
    face_cache : FaceCache or None
        Faces found before, for the photos that are read here.
    progress : callable or None
        Called with (photos looked at, photos in all).

    Returns
    -------
    ndarray of int64, shape (n,)
        The row of the first photo of each group.
    """
    if twins is None:
        if prints is None:
            prints = fingerprints(dataset, face_cache=face_cache, progress=progress)
        twins = find_twins(prints)
    people = folded(dataset.columns[column]) if column in dataset.columns else None
    return joined(len(dataset), ((pair.first, pair.second) for pair in twins.pairs), people)


def names_people(dataset: Dataset, column: str | None) -> bool:
    """Tell whether a column says of any photo who is in it."""
    return column in dataset.columns and any(each is not None for each in folded(dataset.columns[column]))


def between(values: npt.NDArray[np.float64], groups: npt.NDArray[np.int64]) -> float:
    """Sum up the squares of how far each group's total lies from what it would be were all groups alike.

    Divided by n², it is the variance of the mean of n values, of which those of one group are not independent.

    Examples
    --------
    >>> between(np.array([1.0, 1.0, 0.0, 0.0]), np.array([3, 3, 7, 7]))
    2.0
    """
    _, member = np.unique(groups, return_inverse=True)
    return float((np.bincount(member, weights=values - values.mean()) ** 2).sum())
