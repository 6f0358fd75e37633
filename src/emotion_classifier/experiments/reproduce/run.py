"""The reproduction: every fit that is not in the journal yet is made, then all are summed up."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier import recipes
from emotion_classifier.errors import RecipeError
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.reproduce.flaws import Fits
from emotion_classifier.experiments.reproduce.schedule import Job, ReproduceOptions, jobs_of, stages
from emotion_classifier.experiments.reproduce.single_fit import Fit, fit_once
from emotion_classifier.experiments.reproduce.study import SPLIT_SEED, Study, load_study, study_split
from emotion_classifier.experiments.reproduce.study_search import SearchOptions, Trial, search
from emotion_classifier.experiments.reproduce.summary import Reproduction, summarise
from emotion_classifier.pool import Job as PoolJob
from emotion_classifier.pool import Outcome, PoolOptions, run_jobs, threads_each
from emotion_classifier.recipes.original_study import PREPROCESSING
from emotion_classifier.text import time_in_words

FITS, SEARCH = "fits.jsonl", "search"
_FITS_A_PROCESS = 5  # The largest take 200 MB each that are not freed.
Progress = Callable[[int, int, str], None]
FitOnce = Callable[..., Fit]


def reproduce(
    photos: str | Path,
    *,
    out: str | Path,
    options: ReproduceOptions | None = None,
    progress: Progress | None = None,
    on_stage: Callable[[Reproduction], None] | None = None,
    fit: FitOnce | None = None,
) -> Reproduction:
    """Run the original study again, and then properly.

    Parameters
    ----------
    photos : str or Path
        A folder with one folder of happy and one of sad photos.
    out : str or Path
        Folder for the journal of fits and the search; the same call goes on with what is there.
    options : ReproduceOptions
    progress : callable or None
        Called with (fits done, fits in all, a line of text).
    on_stage : callable or None
        Called with what is known so far after each stage; a full run takes hours.
    fit : callable or None
        Trains one model and tries it, as `fit_once` does; None: that, in processes of their own.

    Returns
    -------
    Reproduction

    Raises
    ------
    DatasetError
        If the folder is not one of happy and sad photos, or too small for the folds.
    RecipeError
        If a recipe is none of the study's.
    """
    options = options or ReproduceOptions()
    plan = list(stages(options))
    study = load_study(photos)
    journal = Journal(Path(out) / FITS, fingerprint=study.fingerprint)
    jobs = {step: [] if step[0] == "search" else list(jobs_of(*step, study, options)) for step in plan}
    fits_in_all = sum(map(len, jobs.values())) + (options.trials if ("search", "attempt_4") in plan else 0)
    counted = _Counted(fits_in_all, progress)
    for name, reason in study.problems:
        counted.add(f"{name} is left out: {reason}", fits=0)
    fits: Fits = {}
    trials: tuple[Trial, ...] = ()
    for step in plan:
        if step[0] == "search":
            trials = _search(study, Path(out), options, counted)
        else:
            fits[step] = _run_stage(study, jobs[step], journal, counted, fit)
        if on_stage:
            on_stage(summarise(study, fits, trials, options))
    return summarise(study, fits, trials, options)


class _Counted:
    """Says after each fit how many of all are done, and how long the rest may take."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._done, self._total, self._progress = 0, total, progress
        self._made, self._began = 0, time.monotonic()

    def add(self, text: str, *, fits: int = 1, kept: bool = False) -> None:
        self._done += fits
        # What is kept from before took no time.
        self._made += 0 if kept else fits
        text = f"{text}, kept from before" if kept else text
        if self._made and (left := self._total - self._done):
            seconds = (time.monotonic() - self._began) / self._made * left
            text = f"{text} (about {time_in_words(seconds)} left)"
        if self._progress:
            self._progress(self._done, self._total, text)


def _run_stage(
    study: Study, jobs: Sequence[Job], journal: Journal, counted: _Counted, fit: FitOnce | None
) -> list[Fit]:
    photos = _Photos(study.pixels, study.sad)
    suffix = ""
    if jobs and jobs[0].stage == "faces":
        pixels, found = study.face_crops()
        photos = _Photos(pixels, study.sad, found)
        # Another face detector cuts other crops, and their fits are other fits.
        suffix = f"/{hashlib.sha256(pixels.tobytes()).hexdigest()[:12]}"
    fits: dict[str, Fit] = {}

    def add(job: Job, made: Fit, *, kept: bool = False) -> None:
        fits[job.key] = made
        accuracy = float(np.mean(made.correct(study.sad)))
        counted.add(f"{job.key}: {accuracy:.4f} on {len(made.test)}, {made.seconds:.0f} s", kept=kept)

    def keep(job: Job, made: Fit) -> None:
        journal.add(job.key + suffix, made.to_dict())
        add(job, made)

    left = []
    for job in jobs:
        if line := journal.get(job.key + suffix):
            add(job, Fit.from_dict(line), kept=True)
        else:
            left.append(job)
    if fit is None:
        for start in range(0, len(left), _FITS_A_PROCESS):
            _fit_apart(photos, left[start : start + _FITS_A_PROCESS], keep)
    else:
        for job in left:
            keep(job, _fit(photos, job, fit))
    return [fits[job.key] for job in jobs]


@dataclass(frozen=True)
class _Photos:
    """What the fits of a stage learn from; `found` says in which photos there is a face, where they are faces."""

    pixels: npt.NDArray[np.uint8]
    sad: npt.NDArray[np.float32]
    found: npt.NDArray[np.bool_] | None = None


def _fit(photos: _Photos, job: Job, fit: FitOnce = fit_once) -> Fit:
    train, test = job.train, job.test
    if photos.found is not None:
        train, test = train[photos.found[train]], test[photos.found[test]]
    recipe = recipes.get_network(job.recipe)
    return fit(recipe, photos.pixels, photos.sad, train=train, test=test, seed=job.seed, epochs=job.epochs)


def _fit_apart(photos: _Photos, jobs: Sequence[Job], keep: Callable[[Job, Fit], None]) -> None:
    """Make some fits in one process, which ends then: TensorFlow frees little of what a network took."""
    waiting = [PoolJob(job.key, job) for job in reversed(jobs)]

    def done(outcome: Outcome) -> None:
        if outcome.reason:
            raise RecipeError(f"{outcome.job.name} could not be trained: {outcome.reason}")
        keep(outcome.job.argument, outcome.value)

    run_jobs(
        _fit,
        photos,
        following=lambda: waiting.pop() if waiting else None,
        done=done,
        options=PoolOptions(threads=threads_each(1)),
    )


def _search(study: Study, out: Path, options: ReproduceOptions, counted: _Counted) -> tuple[Trial, ...]:
    """Search as the study did: candidates compared on the very photos that are reported on."""
    space = recipes.get_network("attempt_4").space
    if space is None:
        return ()
    train, test = study_split(study.sad)
    chosen = SearchOptions(trials=options.trials, epochs=options.search_epochs, seed=SPLIT_SEED)
    name = f"{SEARCH}-{study.fingerprint}-{chosen.trials}x{chosen.epochs}"
    pixels = PREPROCESSING.normalise(study.pixels)
    made: list[int] = []

    def tell(done: int, total: int, text: str) -> None:
        made.append(done)
        counted.add(f"trial {done} of {total}: {text}")

    trials = search(
        space,
        (pixels[train], study.sad[train]),
        (pixels[test], study.sad[test]),
        directory=out / name,
        options=chosen,
        progress=tell,
    )
    if kept := len(trials) - len(made):
        counted.add(f"{kept} trials of the search", fits=kept, kept=True)
    return trials
