"""The photos that no trial of a search sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_classifier.data import Dataset
from emotion_classifier.data.dataset import merge
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.data.split import carve, require_group_column
from emotion_classifier.experiments.tune import TuneOptions
from emotion_classifier.experiments.tune.enough import require_enough
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.recipes import Recipe


@dataclass(frozen=True)
class Nested:
    """How a search is judged.

    Parameters
    ----------
    test : float
        Share of the photos that no trial sees; where the data have a split "test", that is used instead.
    baseline : bool
        Train the recipe as it is too, and compare.
    threads : int
        Threads of the networks when they answer.
    """

    test: float = 0.2
    baseline: bool = True
    threads: int = 1


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
    require_group_column(dataset, options.group_column)
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
