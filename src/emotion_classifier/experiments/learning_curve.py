"""How good a recipe becomes with more photos: the same test photos, ever more to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.intervals import RESAMPLES, Estimate, percentiles
from emotion_classifier.experiments.fold import Fit, Fold, FoldOptions, Rows, Trainer, train_and_predict
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Progress

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CurveOptions:
    """What to run.

    Parameters
    ----------
    sizes : tuple of int
        Numbers of training photos.
    draws : int
        How many times photos are drawn anew; the photos of one draw lie within those of its next larger size.
    seed : int
        Of the draws and of every fit.
    """

    sizes: tuple[int, ...] = (25, 50, 100, 200)
    draws: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Point:
    """One place of a curve: mean balanced accuracy over the draws with its interval; ``n`` counts test photos."""

    photos: int
    balanced_accuracy: Estimate
    fits: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As a benchmark's result file keeps it."""
        return asdict(self) | {"balanced_accuracy": self.balanced_accuracy.to_dict()}


def learning_curve(
    recipe: Recipe,
    dataset: Dataset,
    options: CurveOptions,
    *,
    journal: Journal,
    work: Path,
    held: Rows | None = None,
    face_cache: FaceCache | None = None,
    progress: Progress | None = None,
    trainer: Trainer = train_and_predict,
) -> list[Point]:
    """Train a recipe on nested subsets of growing size and try each on photos it did not train on.

    Nothing is carved out of the training photos, so nothing is calibrated: a curve tells of choices at 0.5.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
        Splits are not looked at.
    options : CurveOptions
    journal : Journal
        Of the fits; those it holds are not run again.
    work : Path
        Folder of the model in training.
    held : ndarray of int64 or None
        Rows that every fit is tried on and none learns from; None: whatever a fit does not learn from.
    face_cache : FaceCache or None
        Faces found before, such as by the curve of another recipe; None: those of this curve are shared by its fits.
    progress : callable or None
        As that of `train`.
    trainer : callable
        What trains and answers for every fit; see `FoldTask`.

    Returns
    -------
    list of Point
        Rising in size.

    Raises
    ------
    DatasetError
        If there are fewer photos than the largest size takes, and some to test on.
    """
    face_cache = FaceCache() if face_cache is None else face_cache
    dataset = replace(dataset, splits=("",) * len(dataset))
    groups = independent_groups(dataset, face_cache=face_cache)
    found: dict[int, list[Fold]] = {size: [] for size in sorted(options.sizes)}
    for draw in range(options.draws):
        for size, learn, test in nested_parts(
            dataset, groups, options.sizes, seed=options.seed + draw, held=held
        ):
            fit = fit_of(recipe, options, draw, size)
            answered = fit.recorded(journal, test)
            if answered is None:
                answered = fit.run(
                    dataset,
                    learn=learn,
                    test=test,
                    work=work,
                    face_cache=face_cache,
                    progress=progress,
                    trainer=trainer,
                )
                journal.add(fit.key, asdict(answered))
            found[size].append(answered)
    return [_point(size, folds, dataset, groups) for size, folds in found.items()]


def fit_of(recipe: Recipe, options: CurveOptions, draw: int, size: int) -> Fit:
    """Name one fit of a curve; its key finds its answers in the journal."""
    return Fit(recipe, FoldOptions(folds=0, seed=options.seed, validation=0), draw, size, costs=True)


def nested_parts(
    dataset: Dataset, groups: Rows, sizes: Sequence[int], *, seed: int, held: Rows | None = None
) -> Iterator[tuple[int, Rows, Rows]]:
    """Yield (size, training rows, test rows) of growing, stratified subsets.

    No group is on both sides.

    Parameters
    ----------
    dataset : Dataset
    groups : ndarray of int64, shape (n,)
        Rows of one number belong together.
    sizes : sequence of int
    seed : int
    held : ndarray of int64 or None
        See `learning_curve`.

    Raises
    ------
    DatasetError
        If there are too few photos.
    """
    pool = np.arange(len(dataset))
    if held is not None:
        pool = pool[~np.isin(groups, groups[held])]
    if max(sizes) >= len(pool) + (held is not None):
        raise DatasetError(
            f"{max(sizes):,} photos to learn from are more than the {len(pool):,} there are to choose from. "
            f"Choose smaller sizes, or add photos."
        )
    order = pool[_stratified(dataset.hard[pool], seed)]
    for size in sorted(sizes):
        learn = np.sort(order[:size])
        test = np.setdiff1d(np.arange(len(dataset)), np.flatnonzero(np.isin(groups, groups[learn])))
        yield size, learn, test if held is None else held


def _stratified(labels: Rows, seed: int) -> Rows:
    """Order rows at random so that any first few have the labels in the same shares, as nearly as can be."""
    generator = np.random.default_rng(seed)
    place = np.zeros(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.argsort(place, kind="stable").astype(np.int64)


def _point(size: int, folds: Sequence[Fold], dataset: Dataset, groups: Rows) -> Point:
    right = np.full((len(folds), len(dataset)), np.nan)
    for row, fold in zip(right, folds, strict=True):
        row[fold.test] = np.equal(fold.forced, dataset.hard[fold.test])
    seconds = float(np.median([(fold.cost or {}).get("seconds", np.nan) for fold in folds]))
    return Point(size, over_photos_and_fits(right, dataset.hard, groups), len(folds), round(seconds, 1))


def over_photos_and_fits(right: Floats, truth: Rows, groups: Rows) -> Estimate:
    """Estimate the mean balanced accuracy of several fits, over chance in the photos and in the fits.

    Both are drawn anew, independently: the pigeonhole bootstrap (Owen 2007), which errs towards intervals that are
    too long. With a handful of fits their share of it is rough.

    Parameters
    ----------
    right : ndarray of float64, shape (fits, n)
        1 where a fit is right about a photo, 0 where it is wrong, NaN where it was not asked.
    truth : ndarray of int64, shape (n,)
        Class of every photo.
    groups : ndarray of int64, shape (n,)
        Photos of one number are drawn together.

    Returns
    -------
    Estimate
        Its ``n`` counts the photos that at least one fit was asked about.

    Examples
    --------
    >>> right = np.array([[1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    >>> over_photos_and_fits(right, np.array([0, 0, 1, 1]), np.arange(4)).value
    0.875
    """
    asked, hits = ~np.isnan(right), np.nan_to_num(right)
    classes = np.stack([truth == label for label in np.unique(truth)], 1).astype(np.float64)
    _, member = np.unique(groups, return_inverse=True)
    generator = np.random.default_rng(0)

    def mean(photos: Floats, fits: Floats) -> float:
        of = (asked * photos) @ classes
        recall = np.divide((hits * photos) @ classes, of, out=np.full_like(of, np.nan), where=of > 0)
        return float(np.average(recall.mean(axis=1), weights=fits))

    drawn = []
    for _ in range(RESAMPLES):
        counts = np.bincount(
            generator.integers(0, member.max() + 1, member.max() + 1), minlength=member.max() + 1
        )
        fits = np.bincount(generator.integers(0, len(right), len(right)), minlength=len(right))
        drawn.append(mean(counts[member].astype(np.float64), fits.astype(np.float64)))
    low, high = percentiles(np.array(drawn))
    value = mean(np.ones(len(truth)), np.ones(len(right)))
    return Estimate(value, low, high, int(asked.any(axis=0).sum()))
