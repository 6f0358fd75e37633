"""Which fits a reproduction consists of, in the order they are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.split import repeated_group_folds
from emotion_classifier.errors import RecipeError
from emotion_classifier.experiments.reproduce.study import SPLIT_SEED, Rows, Study, study_split
from emotion_classifier.recipes import get_network

ABLATED = "initial"  # The cheapest model: what a flaw costs is measured with it.
ORDER = ("initial", "attempt_1", "attempt_2", "attempt_3", "attempt_4", "attempt_5", "attempt_5_batchnorm")
SLOW = ORDER[4:]  # Their fits take a minute and more each, and come last.


@dataclass(frozen=True, kw_only=True)
class ReproduceOptions:
    """What to run.

    Parameters
    ----------
    recipes : tuple of str or None
        None: all of the study's.
    repeats, folds : int
        Of the cross-validation.
    protocol_only : bool
        Leave out the cross-validation and the pricing of the flaws.
    seed : int
        Of folds, weights and shuffling. The protocol's own split keeps the study's 42.
    epochs : int or None
        None: each recipe's own.
    trials, search_epochs : int
        Of the search for attempt_4.
    spread : int
        How many split seeds, and how many weight seeds, show what chance alone does.
    """

    recipes: tuple[str, ...] | None = None
    repeats: int = 5
    folds: int = 5
    protocol_only: bool = False
    seed: int = 0
    epochs: int | None = None
    trials: int = 10
    search_epochs: int = 15
    spread: int = 10

    def chosen(self) -> tuple[str, ...]:
        """Names of the recipes, in the order they are run.

        Raises
        ------
        RecipeError
            If one is none of the study's.
        """
        unknown = [name for name in self.recipes or () if name not in ORDER]
        if unknown:
            raise RecipeError(
                f"The study had no model named {', '.join(unknown)}. Choose from: {', '.join(ORDER)}."
            )
        return tuple(name for name in ORDER if self.recipes is None or name in self.recipes)


@dataclass(frozen=True)
class Job:
    """One fit to be made: ``stage`` says why, ``part`` which one of its stage."""

    stage: str
    recipe: str
    part: str
    train: Rows
    test: Rows
    seed: int
    epochs: int

    @property
    def key(self) -> str:
        """Name of the fit in the journal."""
        return f"{self.stage}/{self.recipe}/{self.part}/seed{self.seed}/epochs{self.epochs}"


def protocol_jobs(study: Study, recipe: str, options: ReproduceOptions) -> Iterator[Job]:
    """Yield the one fit of the study's protocol."""
    train, test = study_split(study.sad)
    yield Job("protocol", recipe, "split42", train, test, SPLIT_SEED, _epochs(recipe, options))


def fold_jobs(study: Study, recipe: str, options: ReproduceOptions, *, stage: str) -> Iterator[Job]:
    """Yield the fits of repeated stratified cross-validation.

    In the stage "ungrouped" duplicates may fall on both sides, as they could in the study.
    """
    groups: npt.NDArray[np.int64] = np.arange(len(study)) if stage == "ungrouped" else study.groups
    folds = repeated_group_folds(
        study.dataset, groups, repeats=options.repeats, folds=options.folds, seed=options.seed
    )
    for repeat, fold, train, test in folds:
        seed = options.seed + 1000 * repeat + fold
        part = f"{options.folds}folds-r{repeat}f{fold}"
        yield Job(stage, recipe, part, train, test, seed, _epochs(recipe, options))


def chance_jobs(study: Study, recipe: str, options: ReproduceOptions, *, stage: str) -> Iterator[Job]:
    """Yield fits that differ only in the seed, of the split ("splits") or of the weights ("weights")."""
    for number in range(options.spread):
        split_seed, seed = (number, SPLIT_SEED) if stage == "splits" else (SPLIT_SEED, number)
        train, test = study_split(study.sad, seed=split_seed)
        yield Job(stage, recipe, f"split{split_seed}", train, test, seed, _epochs(recipe, options))


def stages(options: ReproduceOptions) -> Iterator[tuple[str, str]]:
    """Yield (stage, recipe) in the order they are run: what is cheap and asked for first comes first."""
    chosen = options.chosen()
    yield from (("protocol", recipe) for recipe in chosen)
    if "attempt_4" in chosen:
        yield "search", "attempt_4"
    if options.protocol_only:
        return
    yield from (("folds", recipe) for recipe in chosen if recipe not in SLOW)
    if ABLATED in chosen:
        yield from ((stage, ABLATED) for stage in ("splits", "weights", "ungrouped", "faces"))
    yield from (("folds", recipe) for recipe in chosen if recipe in SLOW)


def jobs_of(stage: str, recipe: str, study: Study, options: ReproduceOptions) -> Iterator[Job]:
    """Yield the fits of one stage."""
    if stage == "protocol":
        return protocol_jobs(study, recipe, options)
    if stage in ("splits", "weights"):
        return chance_jobs(study, recipe, options, stage=stage)
    return fold_jobs(study, recipe, options, stage=stage)


def _epochs(recipe: str, options: ReproduceOptions) -> int:
    return options.epochs or get_network(recipe).epochs
