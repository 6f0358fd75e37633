"""The photos that no trial of a search sees, and whether there are enough to carve them out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.dataset import merge
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.data.split import carve, independent_of
from emotion_classifier.errors import DatasetError
from emotion_classifier.experiments.tune.options import Nested, TuneOptions
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.recipes import Recipe


def set_aside(
    recipe: Recipe,
    dataset: Dataset,
    options: TuneOptions,
    nested: Nested,
    *,
    face_cache: FaceCache | None = None,
) -> tuple[Dataset, Dataset, tuple[str, ...]]:
    """Part the photos that a search may use from those it is judged on.

    Returns
    -------
    (rest, test, notices)

    Raises
    ------
    DatasetError
        If a class is missing or too small.
    """
    notices = []
    if left := len(dataset.with_split("validation")):
        notices.append(f"{left:,} photos of the split validation are left alone.")
    given = dataset.with_split("test")
    open_to_all = dataset.with_split("train", "")
    require_happy_and_sad(
        [label for label, count in open_to_all.counts.items() if count], "the training data"
    )
    open_to_all = open_to_all.with_labels(recipe.labels) if recipe.labels else open_to_all
    given = given.with_labels(recipe.labels) if recipe.labels else given
    groups = independent_groups(open_to_all, column=options.group_column, face_cache=face_cache)
    shares = (options.validation,) if len(given) else (nested.test, options.validation)
    require_enough(open_to_all, groups, shares=shares)
    if len(given):
        require_happy_and_sad([label for label, count in given.counts.items() if count], "the split test")
        return open_to_all, given, (*notices, *_shared_notice(open_to_all, given, options, face_cache))
    rest, carved = carve(open_to_all, groups, share=nested.test, seed=options.seed)
    return open_to_all.take(rest), open_to_all.take(carved), tuple(notices)


def _shared_notice(
    rest: Dataset, test: Dataset, options: TuneOptions, face_cache: FaceCache | None
) -> list[str]:
    """Say where a test part somebody made is not apart."""
    groups = independent_groups(merge([rest, test]), column=options.group_column, face_cache=face_cache)
    n = int(np.isin(groups[len(rest) :], groups[: len(rest)]).sum())
    if not n:
        return []
    return [
        f"{n:,} of the {len(test):,} photos of the split test have a near-duplicate, or the same person, among the "
        f"photos searched on: the figures below are too good. `emotion-classifier split` makes parts that are apart."
    ]


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
    for label, independent in independent_of(dataset, groups).items():
        if independent < needed:
            without = f"; {left_out} photos without a face are not counted" if left_out else ""
            raise DatasetError(
                f"There are {independent} independent photos labelled {label!r} (near-duplicates and pictures of one "
                f"person count as one{without}), and a search needs at least {needed} of each class to carve out "
                f"what it compares trials on. Add photos of that class, or leave the class out. With so few, "
                f"`emotion-classifier train --recipe transfer` as it is will serve you better."
            )
