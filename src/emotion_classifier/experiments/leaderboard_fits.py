"""The fits of a leaderboard, several at a time in processes of their own, each kept once it is done."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from emotion_classifier import recipes
from emotion_classifier.data import Dataset
from emotion_classifier.data.split import repeated_group_folds
from emotion_classifier.errors import PhotoError, RecipeError
from emotion_classifier.experiments.fold import Fit, FoldOptions, Rows, Trainer
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.pool import Job, Outcome, PoolOptions, run_here, run_jobs
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Progress


@dataclass(frozen=True)
class Fits:
    """What is to be fitted: every recipe on every fold, less what a journal has."""

    dataset: Dataset
    groups: Rows
    options: FoldOptions
    names: tuple[str, ...]
    known: frozenset[str] = frozenset()

    @cached_property
    def folds(self) -> dict[tuple[int, int], tuple[Rows, Rows]]:
        """Rows to learn from and rows to test on, by repeat and fold: the same for every recipe."""
        drawn = repeated_group_folds(
            self.dataset,
            self.groups,
            repeats=self.options.repeats,
            folds=self.options.folds,
            seed=self.options.seed,
        )
        return {(repeat, fold): (learn, test) for repeat, fold, learn, test in drawn}

    def of(self, recipe: Recipe) -> list[Fit]:
        """List the fits of one recipe."""
        return [Fit(recipe, self.options, repeat, fold, costs=True) for repeat, fold in self.folds]

    @property
    def _all(self) -> list[Fit]:
        return [fit for name in self.names for fit in self.of(recipes.get(name))]

    @property
    def wanted(self) -> list[Fit]:
        """Those that are still to be run, recipe after recipe."""
        return [fit for fit in self._all if fit.key not in self.known]

    def without(self, journal: Journal) -> Fits:
        """Leave out what is in the journal."""
        known = [fit for fit in self._all if fit.recorded(journal, self.folds[fit.repeat, fit.fold][1])]
        return replace(self, known=frozenset(fit.key for fit in known))


def find_faces(dataset: Dataset, cache: FaceCache, progress: Progress) -> int:
    """Fill the cache with the faces of every photo, once for all fits; give the number of photos with a face."""
    pipeline, found = FacePipeline(cache=cache), 0
    for row, (source, cropped) in enumerate(zip(dataset.sources, dataset.cropped, strict=True)):
        with suppress(PhotoError):  # Every fit says so for itself.
            found += bool(pipeline.open(source, cropped=cropped).faces)
        progress("faces", row + 1, len(dataset), {})
    return found


@dataclass(frozen=True)
class Shared:
    """What every fit of a leaderboard needs."""

    dataset: Dataset
    face_cache: FaceCache
    work: Path
    options: FoldOptions
    trainer: Trainer


@dataclass(frozen=True)
class _Place:
    """Which recipe, by its name, is fitted for which fold."""

    recipe: str
    repeat: int
    fold: int
    learn: Rows
    test: Rows


def run_fits(
    plan: Fits, journal: Journal, shared: Shared, *, workers: int, progress: Progress
) -> dict[str, str]:
    """Run the fits that are wanted and put each into the journal.

    Returns
    -------
    dict of str to str
        Recipes that failed, and why; the rest of their fits is left out, those of the others go on.

    Raises
    ------
    RecipeError
        If a process was killed from outside.
    """
    left, made = deque(plan.wanted), len(plan.known)
    total, failed = len(left) + made, dict[str, str]()
    progress("fits", made, total, {})

    def following() -> Job | None:
        while left:
            fit = left.popleft()
            if fit.recipe.name not in failed:
                return _job(plan, fit)
        return None

    def done(outcome: Outcome) -> None:
        nonlocal made
        if outcome.died:
            raise RecipeError(
                f"{outcome.job.name} came to no end. {outcome.reason} The fits that were done are kept: run the "
                f"same command again, with --workers 1."
            )
        if outcome.reason is not None:
            failed.setdefault(outcome.job.argument.recipe, outcome.reason)
        else:
            key, line = outcome.value
            journal.add(key, line)
            made += 1
        skipped = sum(each.recipe.name in failed for each in left)
        progress("fits", made, max(made, total - skipped), {})

    if workers == 1:
        run_here(_fit, shared, following=following, done=done)
    else:
        # Of OpenMP, numpy and TensorFlow; random forests and ONNX Runtime take all cores nonetheless.
        options = PoolOptions(workers=workers, threads=1)
        run_jobs(_fit, shared, following=following, done=done, options=options)
    return failed


def _job(plan: Fits, fit: Fit) -> Job:
    learn, test = plan.folds[fit.repeat, fit.fold]
    name = f"The fit of {fit.recipe.name}, repeat {fit.repeat + 1}, fold {fit.fold + 1},"
    return Job(name, _Place(fit.recipe.name, fit.repeat, fit.fold, learn, test))


def _fit(shared: Shared, place: _Place) -> tuple[str, dict[str, Any]]:
    """Fit, answer, and give the journal's key and line."""
    fit = Fit(recipes.get(place.recipe), shared.options, place.repeat, place.fold, costs=True)
    fold = fit.run(
        shared.dataset,
        learn=place.learn,
        test=place.test,
        work=shared.work,
        face_cache=shared.face_cache,
        trainer=shared.trainer,
    )
    return fit.key, asdict(fold)
