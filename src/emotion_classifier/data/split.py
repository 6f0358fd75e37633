"""Splits that keep duplicates and people on one side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import DatasetError, missing_extra
from emotion_classifier.text import counted

Indices = npt.NDArray[np.int64]
_SHARES = {0.1: "A tenth", 0.2: "A fifth", 0.25: "A quarter", 0.5: "Half"}


def assign_splits(
    dataset: Dataset, groups: npt.ArrayLike, *, validation: float, test: float, seed: int
) -> tuple[str, ...]:
    """Assign every row to train, validation or test, stratified by label and whole groups at a time.

    Groups are taken largest first, in an order drawn from `seed`, and each goes where it brings the numbers of every
    label nearest to the shares asked for (least sum of squares, relative to the number wanted there).

    Parameters
    ----------
    dataset : Dataset
        Splits it already has are not looked at.
    groups : array-like of n int
        Rows of one number stay together; see `independent_groups`.
    validation, test : float
        Shares of the rows, together below 1.
    seed : int

    Returns
    -------
    tuple of n str

    Raises
    ------
    DatasetError
        If the shares leave nothing to train on, or a label has too few independent photos to be in every part.
    """
    if min(validation, test) < 0 or validation + test >= 1:
        raise DatasetError(
            f"Shares of {validation:g} for validation and {test:g} for test leave nothing to train on. "
            f"Choose two that are not negative and add up to less than 1."
        )
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    parts = [name for name, share in shares.items() if share > 0]
    hard = np.eye(len(dataset.labels))[dataset.hard]
    numbers, member = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.zeros((len(numbers), len(dataset.labels)))
    np.add.at(sizes, member, hard)
    wanted = np.array([shares[name] for name in parts])[:, np.newaxis] * hard.sum(axis=0)
    weights = 1 / np.maximum(wanted, 1e-9)
    given = np.zeros_like(wanted)
    part_of = np.zeros(len(numbers), np.int64)
    order = np.random.default_rng(seed).permutation(len(numbers))
    for group in order[np.argsort(-sizes[order].sum(axis=1), kind="stable")]:
        cost = (sizes[group] * (sizes[group] + 2 * (given - wanted)) * weights).sum(axis=1)
        part_of[group] = np.argmin(cost)
        given[part_of[group]] += sizes[group]
    for index, label in enumerate(dataset.labels):
        if hard[:, index].any() and not given[:, index].all():
            raise _too_few(int((sizes[:, index] > 0).sum()), label, len(parts))
    return tuple(parts[part] for part in part_of[member])


def independent_of(dataset: Dataset, groups: npt.ArrayLike) -> dict[str, int]:
    """Count the independent photos (groups) of every label that there are photos of."""
    return {dataset.labels[index]: count for index, count in count_independent(dataset.hard, groups).items()}


def count_independent(classes: npt.NDArray[np.int64], groups: npt.ArrayLike) -> dict[int, int]:
    """Count the groups of every class.

    Examples
    --------
    >>> count_independent(np.array([0, 0, 1]), [7, 7, 8])
    {0: 1, 1: 1}
    """
    groups = np.asarray(groups)
    return {int(each): len(np.unique(groups[classes == each])) for each in np.unique(classes)}


def require_to_carve(dataset: Dataset, groups: npt.ArrayLike, *, share: float) -> None:
    """Refuse to hold a share of the photos back where a class has too few independent ones for that.

    Parameters
    ----------
    dataset : Dataset
    groups : array-like of n int
        Rows of one number are not independent of each other.
    share : float
        As `carve` takes it.

    Raises
    ------
    DatasetError
        Which names the classes, and a share that would do.
    """
    independent = independent_of(dataset, groups)
    parts, _ = _cut(share, min(independent.values(), default=0))
    short = {label: n for label, n in independent.items() if n < parts}
    if not short:
        return
    enough = feasible_share(min(short.values()))
    known = _SHARES.get(share)
    held = f"{known} of the photos is" if known else f"{100 * share:g} % of the photos are"
    listed = " and ".join(f"{n:,} labelled {label!r}" for label, n in short.items())
    raise DatasetError(
        f"{held} held back for validation (--validation {share:g}), which takes at least {parts:,} independent photos "
        f"of each class; there {'is' if [*short.values()][0] == 1 else 'are'} {listed}. "
        f"Try --validation {f'{enough:g}, or 0' if enough else '0'} to hold back none."
    )


def feasible_share(independent: int) -> float:
    """Choose the smallest share that can be held back of so many independent photos of a class; 0 if none can.

    Examples
    --------
    >>> feasible_share(16), feasible_share(4), feasible_share(1)
    (0.1, 0.25, 0.0)
    """
    return next((share for share in _SHARES if round(1 / share) <= independent), 0.0)


def carve(dataset: Dataset, groups: npt.ArrayLike, *, share: float, seed: int) -> tuple[Indices, Indices]:
    """Carve a stratified part out of a dataset, whole groups at a time.

    Returns
    -------
    (rest, carved) : pair of ndarray of int64
        Row numbers, each rising; about `share` of the rows are carved.

    Raises
    ------
    DatasetError
        If a class has too few independent photos to lie on both sides.
    """
    folds, held = _cut(share, min(independent_of(dataset, groups).values(), default=0))
    tests = [test for _, test in islice(group_folds(dataset, groups, folds=folds, seed=seed), held)]
    carved = np.sort(np.concatenate(tests))
    return np.setdiff1d(np.arange(len(dataset)), carved), carved


def _cut(share: float, fewest: int) -> tuple[int, int]:
    """Choose a number of folds, and of those among them that make up a share.

    Examples
    --------
    >>> _cut(0.1, 50), _cut(0.4, 50), _cut(0.4, 4), _cut(0.3, 50)
    ((10, 1), (5, 2), (3, 1), (10, 3))
    """
    folds = round(1 / share)
    if abs(1 / folds - share) < 0.01 or fewest <= folds:
        return folds, 1
    return min(
        ((n, max(1, round(share * n))) for n in range(2, min(fewest, 10) + 1)),
        key=lambda cut: (round(abs(cut[1] / cut[0] - share), 6), cut[0]),
    )


def group_folds(
    dataset: Dataset, groups: npt.ArrayLike, *, folds: int, seed: int
) -> Iterator[tuple[Indices, Indices]]:
    """Yield (train, test) row numbers of a stratified k-fold that never cuts a group.

    Raises
    ------
    DatasetError
        If a class has fewer groups than there are folds.
    """
    try:
        from sklearn.model_selection import StratifiedGroupKFold
    except ImportError as error:
        raise missing_extra("train", "scikit-learn") from error
    for label, independent in independent_of(dataset, groups).items():
        if independent < folds:
            raise _too_few(independent, label, folds)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(dataset)), dataset.hard, np.asarray(groups))


def repeated_group_folds(
    dataset: Dataset, groups: npt.ArrayLike, *, repeats: int, folds: int, seed: int
) -> Iterator[tuple[int, int, Indices, Indices]]:
    """Yield (repeat, fold, train, test) of `repeats` differently shuffled `group_folds`."""
    for repeat in range(repeats):
        for fold, (train, test) in enumerate(group_folds(dataset, groups, folds=folds, seed=seed + repeat)):
            yield repeat, fold, train, test


def _too_few(independent: int, label: str, parts: int) -> DatasetError:
    return DatasetError(
        f"{counted(independent, 'independent photo')} labelled {label!r} cannot be spread over {parts} parts. "
        f"Add photos of that class, or ask for fewer parts (train and split: a larger --validation, or 0 for none)."
    )
