"""The fits of a leaderboard, several at a time in processes of their own, each kept once it is done."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from emotion_classifier import recipes
from emotion_classifier.data import Dataset
from emotion_classifier.data.split import repeated_group_folds
from emotion_classifier.errors import EmotionClassifierError, PhotoError, RecipeError
from emotion_classifier.experiments.fold import Fit, FoldOptions, Progress, Rows
from emotion_classifier.experiments.journal import Ledger
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.recipes import Recipe

# TensorFlow reads its two only when it is imported, the others are those of OpenMP and of numpy's library.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
Parts = tuple[Rows, Rows]
# What goes into the ledger, or None and the reason.
Outcome = tuple[dict[str, Any] | None, str]
Result = tuple[Fit, dict[str, Any] | None, str]


@dataclass(frozen=True)
class Fits:
    """What is to be fitted: every recipe on every fold, less what a ledger has."""

    dataset: Dataset
    groups: Rows
    options: FoldOptions
    names: tuple[str, ...]
    known: frozenset[str] = frozenset()

    @cached_property
    def folds(self) -> dict[tuple[int, int], Parts]:
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
    def wanted(self) -> list[Fit]:
        """Those that are still to be run, recipe after recipe."""
        every = [fit for name in self.names for fit in self.of(recipes.get(name))]
        return [fit for fit in every if fit.key not in self.known]

    def without(self, ledger: Ledger) -> Fits:
        """Leave out what is in the ledger; answers of folds that are shuffled otherwise do not count."""
        known = set()
        for name in self.names:
            for fit in self.of(recipes.get(name)):
                line = ledger.get(fit.key)
                if line is not None and line["test"] == self.folds[fit.repeat, fit.fold][1].tolist():
                    known.add(fit.key)
        return replace(self, known=frozenset(known))


@dataclass(frozen=True)
class Faces:
    """The faces of all photos, and in how many there is one."""

    cache: FaceCache
    seen: int


def find_faces(dataset: Dataset, cache: FaceCache, progress: Progress) -> Faces:
    """Look for the faces of every photo, once for all fits."""
    pipeline, seen = FacePipeline(cache=cache), 0
    for row, (source, cropped) in enumerate(zip(dataset.sources, dataset.cropped, strict=True)):
        try:
            seen += bool(pipeline.open(source, cropped=cropped).faces)
        except PhotoError:
            continue  # Every fit says so for itself.
        progress("faces", row + 1, len(dataset), {})
    return Faces(cache, seen)


def run_fits(
    plan: Fits, ledger: Ledger, faces: Faces, *, work: Path, workers: int, progress: Progress
) -> dict[str, str]:
    """Run the fits that are wanted and put each into the ledger.

    Returns
    -------
    dict of str to str
        Recipes that failed, and why; the rest of their fits is left out, those of the others go on.

    Raises
    ------
    RecipeError
        If a process was killed from outside.
    """
    left, done = deque(plan.wanted), len(plan.known)
    total, failed = len(left) + done, dict[str, str]()
    progress("fits", done, total, {})

    def following() -> Fit | None:
        while left:
            fit = left.popleft()
            if fit.recipe.name not in failed:
                return fit
        return None

    run = _here if workers == 1 else partial(_in_processes, workers=workers)
    for fit, line, reason in run(plan, faces, work, following):
        if line is None:
            failed.setdefault(fit.recipe.name, reason)
        else:
            ledger.add(fit.key, line)
            done += 1
        skipped = sum(each.recipe.name in failed for each in left)
        progress("fits", done, max(done, total - skipped), {})
    return failed


def _here(plan: Fits, faces: Faces, work: Path, following: Callable[[], Fit | None]) -> Iterator[Result]:
    state = _Shared(plan.dataset, faces.cache, work)
    while fit := following():
        yield fit, *_attempt(fit, plan.folds[fit.repeat, fit.fold], state)


def _in_processes(
    plan: Fits, faces: Faces, work: Path, following: Callable[[], Fit | None], *, workers: int
) -> Iterator[Result]:
    running: dict[Future[Outcome], Fit] = {}
    # TensorFlow does not survive a fork.
    context = multiprocessing.get_context("spawn")
    with (
        _one_thread(),
        ProcessPoolExecutor(workers, context, _begin, (_Shared(plan.dataset, faces.cache, work),)) as pool,
    ):
        try:
            while True:
                while len(running) < workers and (fit := following()):
                    parts = plan.folds[fit.repeat, fit.fold]
                    running[
                        pool.submit(_run, fit.recipe.name, fit.options, (fit.repeat, fit.fold), parts)
                    ] = fit
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), *future.result()
        except BrokenProcessPool as error:
            raise RecipeError(
                "A process that trained was killed, most likely because the memory was full. The fits that were "
                "done are kept: run the same command again, with --workers 1."
            ) from error


@dataclass(frozen=True)
class _Shared:
    """What all fits have in common; a process that fits is given it once."""

    dataset: Dataset
    cache: FaceCache
    work: Path


_given: list[_Shared] = []


def _begin(shared: _Shared) -> None:
    _given.append(shared)


def _run(name: str, options: FoldOptions, place: tuple[int, int], parts: Parts) -> Outcome:
    return _attempt(Fit(recipes.get(name), options, *place, costs=True), parts, _given[0])


def _attempt(fit: Fit, parts: Parts, shared: _Shared) -> Outcome:
    """Fit and ask; whatever goes wrong with one recipe is no reason to stop the others."""
    try:
        fold = fit.run(
            shared.dataset,
            parts,
            shared.work / fit.recipe.name,
            1,
            lambda stage, done, total, metrics: None,
            face_cache=shared.cache,
        )
    except EmotionClassifierError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
    return asdict(fold), ""


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes begun meanwhile compute on one thread each: that many are at work already."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
