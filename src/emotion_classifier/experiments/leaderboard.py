"""Every recipe on the same folds of the same photos, and which of them may be called better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier import recipes
from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import group_column_of
from emotion_classifier.data.split import independent_of
from emotion_classifier.errors import DatasetError, RecipeError
from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.calibration import calibration_error
from emotion_classifier.evaluation.intervals import UNDEFINED, Estimate, bootstrap
from emotion_classifier.evaluation.predictions import BINARY, predict_dataset
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.experiments.cross_validation import (
    fingerprint,
    fold_groups,
    over_fits,
    require_enough,
    score,
    summarise,
)
from emotion_classifier.experiments.fold import Fold, FoldOptions, Rows, Trainer, train_and_predict, weigh
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.leaderboard_fits import Fits, Shared, find_faces, run_fits
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes.fitting import Progress, silent

JOURNAL = "fits.jsonl"


@dataclass(frozen=True)
class Entry:
    """How one recipe did.

    Parameters
    ----------
    recipe, summary : str
    metrics : dict of str to Estimate
        ``label_accuracy`` (of the label people see), ``accuracy``, ``balanced_accuracy``, ``log_loss``: means over the
        fits with the interval of Nadeau and Bengio (2003), no face counts as wrong in the first three.
        ``calibration_error``: of all answers of a repeat, mean over the repeats, bootstrap over groups of photos.
    behind : Estimate or None
        Accuracy less that of the first entry, over the same folds, with the same interval; None for the first. Of the
        model that is not trained, which has no place among the recipes: it may be ahead.
    seconds, megabytes, milliseconds : float
        Medians over the fits: one training, on as many threads as it took (see `leaderboard`); the bundle on disk; its
        network for one face on one thread.
    fits : int
    """

    recipe: str
    summary: str
    metrics: dict[str, Estimate]
    behind: Estimate | None
    seconds: float
    megabytes: float
    milliseconds: float
    fits: int

    @property
    def tied(self) -> bool:
        """Whether it is not shown to be worse than the first."""
        if self.behind is None or self.behind.value is None:
            return True
        # Without an interval all fits agree to the last digit.
        return (self.behind.value if self.behind.high is None else self.behind.high) >= 0

    def to_dict(self) -> dict[str, Any]:
        """One entry of what `leaderboard --json` prints."""
        return {
            "recipe": self.recipe,
            "summary": self.summary,
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "behind": self.behind.to_dict() if self.behind else None,
            "tied": self.tied,
            "training_seconds": self.seconds,
            "megabytes": self.megabytes,
            "milliseconds_a_face": self.milliseconds,
            "fits": self.fits,
        }


@dataclass(frozen=True)
class Leaderboard:
    """Entries, the most accurate first, and the recipes that could not be fitted with the reason of each.

    `baseline` is a finished model on the same folds, with nothing trained: what every recipe should beat. `trained_on`
    counts the photos that it had learned from before; None: not recorded.
    """

    entries: tuple[Entry, ...]
    failed: dict[str, str]
    counts: dict[str, int]
    groups: int
    options: FoldOptions
    baseline: Entry | None = None
    trained_on: TrainedOn | None = None

    @property
    def photos(self) -> int:
        """Number of photos."""
        return sum(self.counts.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `leaderboard --json` prints."""
        known = {"trained_on": self.trained_on and self.trained_on.to_dict()}
        return {
            "photos": self.photos,
            "counts": self.counts,
            "groups": self.groups,
            "options": asdict(self.options),
            "baseline": self.baseline.to_dict() | known if self.baseline else None,
            "recipes": [entry.to_dict() for entry in self.entries],
            "failed": self.failed,
        }


def leaderboard(
    names: Sequence[str],
    dataset: Dataset,
    *,
    work: Path,
    options: FoldOptions | None = None,
    workers: int = 1,
    baseline: Bundle | None = None,
    progress: Progress | None = None,
    trainer: Trainer = train_and_predict,
) -> Leaderboard:
    """Cross-validate recipes over the same folds and rank them.

    Parameters
    ----------
    names : sequence of str
        Of recipes.
    dataset : Dataset
        Every row is used, whatever its split says.
    work : Path
        Folder of the journal: the same call goes on with the fits that are there. Models are deleted once they have
        answered.
    options : FoldOptions
    workers : int
        Processes that fit at the same time; 1 fits in this process, on as many threads as the libraries take.
    baseline : Bundle or None
        A finished model to try on the same folds, as it is.
    progress : callable or None
        Called with (stage, done, in all, metrics).
    trainer : callable
        What trains and answers for every fit; see `FoldTask`.

    Returns
    -------
    Leaderboard

    Raises
    ------
    DatasetError
        Before the first fit: a class is missing or has fewer independent photos than there are folds, or no photo has
        a face and recipes are to learn from faces.
    RecipeError
        If there is no recipe of a name, or a process was killed.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error.
    """
    options = options or FoldOptions()
    progress = progress or silent
    chosen = [recipes.get(name) for name in dict.fromkeys(names)]
    if not chosen:
        raise RecipeError(f"No recipe was named. Choose from: {', '.join(recipes.names())}.")
    dataset = replace(dataset, splits=("",) * len(dataset))
    options = replace(options, group_column=group_column_of(dataset, options.group_column))
    face_cache = FaceCache()
    groups = fold_groups(dataset, options.group_column, progress, face_cache=face_cache)
    require_folds(dataset, groups, options)
    journal = Journal(work / JOURNAL, fingerprint=fingerprint(dataset))
    plan = Fits(dataset, groups, options, tuple(recipe.name for recipe in chosen))
    plan = plan.without(journal)
    aligned = [recipe.name for recipe in chosen if recipe.preprocessing.input == "face"]
    if plan.wanted and not find_faces(dataset, face_cache, progress) and aligned:
        raise DatasetError(
            f"No face was found in any of the {len(dataset)} photos, and these recipes learn from faces: "
            f"{', '.join(aligned)}. See `emotion-classifier predict` on one of the photos; tight face crops need "
            f"--cropped."
        )
    failed: dict[str, str] = {}
    if plan.wanted:
        shared = Shared(dataset, face_cache, work, options, trainer)
        failed = run_fits(plan, journal, shared, workers=workers, progress=progress)
    folds = {
        recipe.name: [Fold.from_dict(journal.get(fit.key) or {}) for fit in plan.of(recipe)]
        for recipe in chosen
        if recipe.name not in failed
    }
    entries, untrained, known = rank(folds, dataset, groups, options), None, None
    if baseline and folds:
        alone, known = read_folds(baseline, dataset, plan, face_cache=face_cache)
        untrained = _entry(baseline.id, "as it is, nothing trained", alone, dataset, groups, options)
        away = _accuracies(alone, dataset) - _accuracies(folds[entries[0].recipe], dataset)
        untrained = replace(untrained, behind=_behind(away, dataset, options))
    return Leaderboard(entries, failed, dataset.counts, len(np.unique(groups)), options, untrained, known)


def read_folds(
    bundle: Bundle, dataset: Dataset, plan: Fits, *, face_cache: FaceCache
) -> tuple[list[Fold], TrainedOn | None]:
    """Read every photo once with a finished model: its answers by fold, and how many photos it learned from."""
    predictions = predict_dataset(bundle, dataset, face_cache=face_cache)
    cost = {"seconds": 0.0, **weigh(bundle)}
    folds = [
        Fold.of(predictions.take(test), repeat=repeat, fold=fold, test=test, cost=cost)
        for (repeat, fold), (_, test) in plan.folds.items()
    ]
    return folds, predictions.trained_on


def require_folds(dataset: Dataset, groups: Rows, options: FoldOptions) -> None:
    """Refuse what the first fit, or a later one, would refuse.

    Raises
    ------
    DatasetError
        If a class has fewer independent photos than there are folds, or too few are left to carve from.
    """
    fewest, label = min((count, label) for label, count in independent_of(dataset, groups).items())
    if fewest < options.folds:
        fewer = f", or ask for --folds {fewest}" if fewest > 1 else ""
        raise DatasetError(
            f"{fewest} independent photos labelled {label!r} cannot be spread over {options.folds} folds "
            f"(near-duplicates and photos of one person count as one). Add photos of that class{fewer}."
        )
    require_enough(dataset, groups, options)


def rank(
    folds: Mapping[str, Sequence[Fold]], dataset: Dataset, groups: Rows, options: FoldOptions
) -> tuple[Entry, ...]:
    """Turn the answers of all fits into entries, the most accurate first.

    Parameters
    ----------
    folds : mapping of recipe to folds
        Of every recipe the same folds in the same order.
    dataset : Dataset
    groups : ndarray of int64, shape (n,)
    options : FoldOptions
    """
    accuracies = {name: _accuracies(of, dataset) for name, of in folds.items()}
    order = sorted(folds, key=lambda name: (-accuracies[name].mean(), _cost(folds[name], "seconds")))
    entries = []
    for name in order:
        entry = _entry(name, recipes.get(name).summary, folds[name], dataset, groups, options)
        if name != order[0]:
            behind = _behind(accuracies[name] - accuracies[order[0]], dataset, options)
            entry = replace(entry, behind=behind)
        entries.append(entry)
    return tuple(entries)


def _entry(
    name: str, summary: str, of: Sequence[Fold], dataset: Dataset, groups: Rows, options: FoldOptions
) -> Entry:
    found = summarise(name, dataset, options, of, len(np.unique(groups))).metrics
    found = {**found, "calibration_error": _calibration(of, dataset, groups)}
    return Entry(
        recipe=name,
        summary=summary,
        metrics={metric: found.get(metric, UNDEFINED) for metric in metrics.names("leaderboard")},
        behind=None,
        seconds=_cost(of, "seconds"),
        megabytes=_cost(of, "megabytes"),
        milliseconds=_cost(of, "milliseconds"),
        fits=len(of),
    )


def _behind(away: npt.NDArray[np.float64], dataset: Dataset, options: FoldOptions) -> Estimate:
    return over_fits(away.tolist(), options, len(dataset), limits=(-1.0, 1.0))


def _accuracies(of: Sequence[Fold], dataset: Dataset) -> npt.NDArray[np.float64]:
    scores = [score(dataset.hard[each.test], np.array(each.forced), each.probabilities) for each in of]
    return np.array([each["accuracy"] for each in scores])


def _cost(folds: Sequence[Fold], name: str) -> float:
    return float(np.median([(fold.cost or {}).get(name, np.nan) for fold in folds]))


def _calibration(folds: Sequence[Fold], dataset: Dataset, groups: Rows) -> Estimate:
    """Of P(happy) where the data has happy and sad only, else of the likeliest class; photos with an answer."""
    repeats = sorted({fold.repeat for fold in folds})
    stated = np.full((len(repeats), len(dataset)), np.nan)
    outcome = np.zeros_like(stated)
    for fold in folds:
        for row, given in zip(fold.test, fold.probabilities, strict=True):
            if given is None:
                continue
            choice = 0 if dataset.labels == BINARY else int(np.argmax(given))
            stated[repeats.index(fold.repeat), row] = given[choice]
            outcome[repeats.index(fold.repeat), row] = dataset.hard[row] == choice

    def error(rows: Rows) -> float:
        per_repeat = [
            calibration_error(said[rows][known], happened[rows][known])
            for said, happened in zip(stated, outcome, strict=True)
            for known in [~np.isnan(said[rows])]
        ]
        return float(np.mean(per_repeat))

    return bootstrap(error, len(dataset), groups=groups)


__all__ = ["Entry", "Leaderboard", "leaderboard", "rank", "read_folds", "require_folds"]
