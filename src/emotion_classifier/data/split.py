"""Splits that keep duplicates and people on one side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.picture_hash import BITS, close_pairs, joined, picture_bits, signs
from emotion_classifier.errors import DatasetError, PhotoError, missing_extra
from emotion_classifier.photo import read_photo

# Bits of 256 in which two difference hashes of the same picture may differ after re-encoding and resizing.
NEAR = 12
Indices = npt.NDArray[np.int64]


def near_duplicate_groups(sources: Sequence[Path | bytes], *, near: int = NEAR) -> Indices:
    """Assign a number to every picture so that near-duplicates share a number.

    Parameters
    ----------
    sources : sequence of n paths or encoded pictures
    near : int
        Largest number of differing bits between two 16 × 16 difference hashes (Buchner, imagehash).

    Returns
    -------
    ndarray of int64, shape (n,)
        Group numbers; a picture that cannot be read is a group of its own.

    Raises
    ------
    MissingExtraError
        If imagehash is not installed.
    """
    return joined(len(sources), _alike(sources, near))


def split_groups(dataset: Dataset, *, column: str | None = "identity") -> Indices:
    """Assign a number to every row so that near-duplicates, and rows of one person, share a number.

    Parameters
    ----------
    dataset : Dataset
    column : str or None
        Column that says who or what a row belongs to; ignored where the dataset has none of that name.
    """
    return joined(len(dataset), _alike(dataset.sources, NEAR), dataset.columns.get(column or ""))


def require_group_column(dataset: Dataset, column: str | None) -> None:
    """Refuse to group by a column that the data do not have; "identity" is only used where there is one.

    Raises
    ------
    DatasetError
        If there is no such column.
    """
    if column not in (None, "identity") and column not in dataset.columns:
        found = ", ".join(dataset.columns) or "none"
        raise DatasetError(f"The data has no column {column!r} to group by (further columns found: {found}).")


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
        Rows of one number stay together; see `split_groups`.
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
    folds = round(1 / share)
    rest, carved = next(group_folds(dataset, groups, folds=folds, seed=seed))
    return rest, carved


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
    groups = np.asarray(groups)
    hard = dataset.hard
    for label, rows in ((label, hard == index) for index, label in enumerate(dataset.labels)):
        independent = len(np.unique(groups[rows]))
        if 0 < independent < folds:
            raise _too_few(independent, label, folds)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(dataset)), hard, groups)


def repeated_group_folds(
    dataset: Dataset, groups: npt.ArrayLike, *, repeats: int, folds: int, seed: int
) -> Iterator[tuple[int, int, Indices, Indices]]:
    """Yield (repeat, fold, train, test) of `repeats` differently shuffled `group_folds`."""
    for repeat in range(repeats):
        for fold, (train, test) in enumerate(group_folds(dataset, groups, folds=folds, seed=seed + repeat)):
            yield repeat, fold, train, test


def _too_few(independent: int, label: str, parts: int) -> DatasetError:
    return DatasetError(
        f"{independent} independent photos labelled {label!r} cannot be spread over {parts} parts. "
        f"Add photos of that class, or ask for fewer parts (train and split: a larger --validation, or 0 for none)."
    )


def _alike(sources: Sequence[Path | bytes], near: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose hashes differ in at most `near` bits."""
    if not len(sources):
        return
    vectors = signs(np.stack([_difference_hash(source) for source in sources]))
    for first, second, _ in close_pairs(vectors, vectors, least=1 - 2 * near / BITS):
        yield first, second


def _difference_hash(source: Path | bytes) -> npt.NDArray[np.uint8]:
    if isinstance(source, Path) and source.is_file():
        status = source.stat()
        return _hash_of_file(source, status.st_size, status.st_mtime_ns)
    return _hash_of(source)


@lru_cache(maxsize=100_000)
def _hash_of_file(path: Path, size: int, changed: int) -> npt.NDArray[np.uint8]:
    """Hash a file once for as long as it stays as it is: every fit of a cross-validation asks again."""
    return _hash_of(path)


def _hash_of(source: Path | bytes) -> npt.NDArray[np.uint8]:
    try:
        return picture_bits(read_photo(source))
    except PhotoError:
        # No two broken files are called duplicates: each gets bits of its own.
        return np.frombuffer(np.random.default_rng(abs(hash(source))).bytes(BITS // 8), np.uint8)
