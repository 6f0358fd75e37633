"""The reproduction: every fit that is not in the journal yet is made, then all are summed up."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier import recipes
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.reproduce.flaws import Fits
from emotion_classifier.experiments.reproduce.schedule import Job, ReproduceOptions, jobs_of, stages
from emotion_classifier.experiments.reproduce.single_fit import Fit, fit_once
from emotion_classifier.experiments.reproduce.study import SPLIT_SEED, Study, load_study, study_split
from emotion_classifier.experiments.reproduce.study_search import SearchOptions, Trial, search
from emotion_classifier.experiments.reproduce.summary import Reproduction, summarise
from emotion_classifier.recipes.original_study import PREPROCESSING
from emotion_classifier.text import time_in_words

FITS, SEARCH = "fits.jsonl", "search"
Crops = tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]
Progress = Callable[[int, int, str], None]
FitOnce = Callable[..., Fit]


def reproduce(
    photos: str | Path,
    *,
    out: str | Path,
    options: ReproduceOptions | None = None,
    progress: Progress | None = None,
    on_stage: Callable[[Reproduction], None] | None = None,
    fit: FitOnce = fit_once,
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
    fit : callable
        Trains one model and tries it, as `fit_once` does.

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
    study: Study, jobs: Sequence[Job], journal: Journal, counted: _Counted, fit: FitOnce
) -> list[Fit]:
    crops = study.face_crops() if jobs and jobs[0].stage == "faces" else None
    # Another face detector cuts other crops, and their fits are other fits.
    suffix = f"/{hashlib.sha256(crops[0].tobytes()).hexdigest()[:12]}" if crops else ""
    fits = []
    for job in jobs:
        line = journal.get(job.key + suffix)
        kept = line is not None
        if line is None:
            made = _fit(study, job, crops, fit)
            journal.add(job.key + suffix, made.to_dict())
        else:
            made = Fit.from_dict(line)
        fits.append(made)
        accuracy = float(np.mean(made.correct(study.sad)))
        counted.add(f"{job.key}: {accuracy:.4f} on {len(made.test)}, {made.seconds:.0f} s", kept=kept)
    return fits


def _fit(study: Study, job: Job, crops: Crops | None, fit: FitOnce) -> Fit:
    pixels, train, test = study.pixels, job.train, job.test
    if crops is not None:
        pixels, found = crops
        train, test = train[found[train]], test[found[test]]
    recipe = recipes.get_network(job.recipe)
    return fit(recipe, pixels, study.sad, train=train, test=test, seed=job.seed, epochs=job.epochs)


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
