"""A search judged honestly: on photos that no trial saw, and beside the recipe as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import group_column_of
from emotion_classifier.errors import BundleError
from emotion_classifier.evaluation.differences import difference_of_shares
from emotion_classifier.evaluation.evaluate import Evaluation, evaluation_of
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.paired import Paired, Rows, Verdict, judge, paired_metrics, summarise
from emotion_classifier.evaluation.predictions import Predictions, predict_dataset, predict_grouped
from emotion_classifier.experiments.optimism import accuracy_of, confess, with_intervals
from emotion_classifier.experiments.retraining import Retraining
from emotion_classifier.experiments.tune import Nested, Trial, TuneOptions, recipe_of, tune
from emotion_classifier.experiments.tune.carving import set_aside
from emotion_classifier.experiments.tune.space import require_space
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Progress, silent

TUNED, UNTUNED = "tuned", "untuned"


@dataclass(frozen=True)
class Worth:
    """The recipe as it is (A) and tuned (B) on the same test photos."""

    verdict: Verdict
    metrics: dict[str, Paired]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """As `tune --json` prints it; ``a`` is the recipe as it is, ``b`` the tuned one."""
        figures = {name: paired.to_dict() for name, paired in self.metrics.items()}
        return {"sentence": self.sentence, **figures, **self.verdict.to_dict()}


@dataclass(frozen=True)
class SearchResult:
    """What came of a search.

    Parameters
    ----------
    recipe : str
    options : TuneOptions
    trials : tuple of Trial
        Best first, those that failed last.
    validation, test : Estimate
        Accuracy of the best trial on the photos it was chosen on, and of the model trained from it on the test
        photos; both on photos with a face.
    optimism : Estimate
        The first less the second; ``n`` counts both.
    evaluation : Evaluation
        Of the tuned model on all test photos; no face counts as wrong.
    worth : Worth or None
        None where no baseline was asked for.
    bundle : Bundle
        The tuned model.
    notices : tuple of str
        What a reader of the figures should know of the data.
    """

    recipe: str
    options: TuneOptions
    trials: tuple[Trial, ...]
    validation: Estimate
    test: Estimate
    optimism: Estimate
    evaluation: Evaluation
    worth: Worth | None
    bundle: Bundle
    notices: tuple[str, ...] = ()

    @property
    def best(self) -> Trial:
        """The trial that was chosen."""
        return self.trials[0]

    @property
    def sentence(self) -> str:
        """How far the search flattered itself."""
        return confess(
            self.validation,
            self.test,
            self.optimism,
            tried=sum(trial.status == "done" for trial in self.trials),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `tune --json` prints."""
        return {
            "recipe": self.recipe,
            "search": self.options.identity(),
            "bundle": str(self.bundle.path),
            "best": with_intervals(self.best),
            "validation_accuracy": self.validation.to_dict(),
            "test_accuracy": self.test.to_dict(),
            "optimism": self.optimism.to_dict(),
            "sentence": self.sentence,
            "test": self.evaluation.to_dict(),
            "worth": None if self.worth is None else self.worth.to_dict(),
            "trials": [with_intervals(trial) for trial in self.trials],
            "notices": list(self.notices),
        }


def search_and_test(
    recipe: Recipe,
    dataset: Dataset,
    *,
    out: str | Path,
    options: TuneOptions | None = None,
    nested: Nested | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """Search a recipe's space, train what it chose, and measure that on photos no trial saw.

    The same call goes on after a kill, in the search and in the trainings after it.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
        Rows of a split "validation" are left alone.
    out : str or Path
        Folder of the trials, and of the bundles ``tuned`` and ``untuned``.
    options : TuneOptions
    nested : Nested
    progress : callable or None
        Called with (stage, done, in all, figures).

    Returns
    -------
    SearchResult

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, too few to carve parts out, or none has a face.
    RecipeError
        If the recipe has nothing to search, the folder holds another search, or every trial failed.

    References
    ----------
    Cawley and Talbot (2010), On over-fitting in model selection and subsequent selection bias in performance
    evaluation.
    """
    options, nested, out = options or TuneOptions(), nested or Nested(), Path(out)
    progress = progress or silent
    require_space(recipe)
    _check_folder(out)
    options = replace(options, group_column=group_column_of(dataset, options.group_column))
    face_cache = FaceCache()
    rest, test, notices = set_aside(recipe, dataset, options, nested, face_cache=face_cache)
    trials = tune(recipe, rest, out=out, options=options, face_cache=face_cache, progress=progress)
    trainer = Retraining(rest, out, options, progress, face_cache)
    best = trials[0]
    tuned = trainer.bundle(TUNED, recipe_of(recipe, best.parameters), epochs=best.epochs, about=_about(best))
    predictions = predict_grouped(
        tuned,
        test,
        column=options.group_column,
        threads=nested.threads,
        face_cache=face_cache,
        progress=_stage(progress, "reading test photos"),
    )
    worth = None
    if nested.baseline:
        untuned = trainer.bundle(UNTUNED, recipe, epochs=options.epochs, about="")
        others = predict_dataset(untuned, test, threads=nested.threads, face_cache=face_cache)
        worth = _compare((others, predictions), same=_same_network(untuned, tuned))
    for leftover in out.glob("inputs-*.np[yz]"):
        leftover.unlink()
    validation = accuracy_of(best)
    accuracy = predictions.share(predictions.correct, predictions.predicted)
    return SearchResult(
        recipe=recipe.name,
        options=options,
        trials=trials,
        validation=validation,
        test=accuracy,
        optimism=difference_of_shares(validation, accuracy),
        evaluation=evaluation_of(tuned.id, predictions),
        worth=worth,
        bundle=tuned,
        notices=notices,
    )


def _check_folder(out: Path) -> None:
    """Refuse a folder with something else in it, before an hour is spent."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / "search.json").is_file()):
        raise BundleError(
            f"{out} is not empty and holds no search, so nothing is written there. Name a new folder."
        )


def _about(best: Trial) -> str:
    chosen = ", ".join(f"`{name}` {_short(value)}" for name, value in best.parameters.items())
    return f"Trained with what a search of the recipe's space chose (trial {best.number}): {chosen}."


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _stage(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total, {})


def _compare(both: tuple[Predictions, Predictions], *, same: bool) -> Worth:
    groups: Rows = np.arange(len(both[1])) if both[1].groups is None else both[1].groups
    verdict = judge(both, groups)
    sentence = "The search chose the recipe as it is." if same else summarise(verdict)
    return Worth(verdict, paired_metrics(both, groups), sentence)


def _same_network(untuned: Bundle, tuned: Bundle) -> bool:
    return untuned.config.files[MODEL] == tuned.config.files[MODEL]
