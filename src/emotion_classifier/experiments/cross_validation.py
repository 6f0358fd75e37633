"""How good a recipe is on data of which there is too little to set a test part aside: repeated k-fold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import group_column_of, independent_groups
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.data.split import independent_of, repeated_group_folds
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.intervals import Estimate, corrected_resampled_t
from emotion_classifier.evaluation.predictions import NO_PREDICTION, general
from emotion_classifier.evaluation.scores import balanced_accuracy, log_loss, roc_auc
from emotion_classifier.experiments.fold import Fit, Fold, FoldOptions, Rows, Trainer, train_and_predict
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Progress, silent

ANSWERS = "answers.jsonl"

__all__ = ["CrossValidation", "FoldOptions", "cross_validate"]


@dataclass(frozen=True)
class CrossValidation:
    """How a recipe did.

    Parameters
    ----------
    recipe : str
    labels : tuple of str
        Classes of the dataset.
    metrics : dict of str to Estimate
        ``accuracy`` and ``balanced_accuracy`` (no face or an unreadable photo counts as wrong), ``log_loss`` and
        ``roc_auc`` (on photos with a face): means over the fits, with the interval of Nadeau and Bengio (2003).
    columns : tuple of str
        Of `confusion`: the labels, "no face" and, where there are any, "unreadable".
    confusion : ndarray of int64, shape (labels, columns)
        Out-of-fold answers of all repeats: every photo is counted once per repeat.
    photos, groups, fits : int
        Photos, groups that are never cut, and models trained.
    options : FoldOptions
    """

    recipe: str
    labels: tuple[str, ...]
    metrics: dict[str, Estimate]
    columns: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    photos: int
    groups: int
    fits: int
    options: FoldOptions

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `evaluate RECIPE --folds … --json` prints."""
        return {
            "recipe": self.recipe,
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "confusion": {
                truth: {column: int(count) for column, count in zip(self.columns, row, strict=True)}
                for truth, row in zip(self.labels, self.confusion, strict=True)
            },
            "photos": self.photos,
            "groups": self.groups,
            "fits": self.fits,
            "options": asdict(self.options),
        }


def cross_validate(
    recipe: Recipe,
    dataset: Dataset,
    *,
    work: str | Path,
    options: FoldOptions | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    trainer: Trainer = train_and_predict,
) -> CrossValidation:
    """Train a recipe on all folds but one, try it on that one by the photo path, and so on for every fold.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
        Every row is used, whatever its split says.
    work : str or Path
        Folder of the predictions, and of the model in training; the same call goes on with what is there. Models are
        deleted once they have answered.
    options : FoldOptions
    threads : int
        Threads of the networks when they answer.
    progress : callable or None
        Called with (stage, done, in all, metrics).
    trainer : callable
        What trains and answers for every fit; see `FoldTask`.

    Returns
    -------
    CrossValidation

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, a class has fewer groups than folds, or the column is not there.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error; Bouckaert and Frank (2004).
    """
    options, work = options or FoldOptions(), Path(work)
    progress = progress or silent
    dataset = replace(dataset, splits=("",) * len(dataset))
    options = replace(options, group_column=group_column_of(dataset, options.group_column))
    face_cache = FaceCache()
    groups = fold_groups(dataset, options.group_column, progress, face_cache=face_cache)
    require_enough(dataset, groups, options)
    journal = Journal(work / ANSWERS, fingerprint=fingerprint(dataset))
    plan = list(
        repeated_group_folds(dataset, groups, repeats=options.repeats, folds=options.folds, seed=options.seed)
    )
    done: list[Fold] = []
    for repeat, number, learn, test in plan:
        progress("folds", len(done), len(plan), {})
        fit = Fit(recipe, options, repeat, number)
        answered = fit.recorded(journal, test)
        if answered is None:
            answered = fit.run(
                dataset,
                learn=learn,
                test=test,
                work=work,
                threads=threads,
                face_cache=face_cache,
                progress=progress,
                trainer=trainer,
            )
            journal.add(fit.key, asdict(answered))
        done.append(answered)
    progress("folds", len(done), len(plan), {})
    return summarise(recipe.name, dataset, options, done, len(np.unique(groups)))


def fold_groups(
    dataset: Dataset,
    column: str | None,
    progress: Progress = silent,
    *,
    face_cache: FaceCache | None = None,
) -> Rows:
    """Find the groups of photos that no fold may cut, shape (n,); see `independent_groups`.

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, or there is no such column.
    """
    require_happy_and_sad([label for label, count in dataset.counts.items() if count], "the data")
    return independent_groups(
        dataset,
        column=column,
        face_cache=face_cache,
        progress=lambda done, total: progress("faces", done, total, {}),
    )


def require_enough(dataset: Dataset, groups: Rows, options: FoldOptions) -> None:
    """Refuse before the first fit what the carving within a fit would refuse."""
    if not options.validation:
        return
    parts = round(1 / options.validation)
    for label, independent in independent_of(dataset, groups).items():
        left = independent - -(-independent // options.folds)
        if independent >= options.folds and left < parts:
            raise DatasetError(
                f"{options.folds} folds leave {left} independent photos labelled {label!r} to train "
                f"on, and --validation {options.validation:g} carves out one in {parts}. Add photos of that class, or "
                f"choose a larger --validation, or 0 for none."
            )


def fingerprint(dataset: Dataset) -> str:
    """Tell answers apart by the photos, their labels, and the default model, which recipes begin with."""
    digest = hashlib.sha256(dataset.targets.tobytes() + Bundle.default().id.encode())
    for row_id, source, cropped in zip(dataset.ids, dataset.sources, dataset.cropped, strict=True):
        content = source if isinstance(source, bytes) else _content(source)
        digest.update(f"{row_id}\n{cropped}\n{len(content)}\n".encode("utf-8", "surrogateescape") + content)
    return digest.hexdigest()[:16]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # It counts as unreadable in training and in the answers alike.


def summarise(
    recipe: str, dataset: Dataset, options: FoldOptions, folds: Sequence[Fold], groups: int
) -> CrossValidation:
    """Turn the answers of all fits into figures with intervals, and a confusion matrix."""
    scores: dict[str, list[float]] = {}
    k = len(dataset.labels)
    counts = np.zeros((k, k + 2), np.int64)
    for each in folds:
        truth, forced = dataset.hard[each.test], np.array(each.forced)
        np.add.at(counts, (truth, forced), 1)
        if each.shown is not None:
            seen = np.array(each.shown) == general(np.array(dataset.labels)[truth])
            scores.setdefault("label_accuracy", []).append(float(np.mean(seen)))
        for name, value in score(truth, forced, each.probabilities).items():
            scores.setdefault(name, []).append(value)
    shown = k + 1 + bool(counts[:, k + 1].any())
    return CrossValidation(
        recipe=recipe,
        labels=dataset.labels,
        metrics={
            name: over_fits(values, options, len(dataset), limits=metrics.get(name).limits)
            for name, values in scores.items()
        },
        columns=(*dataset.labels, *NO_PREDICTION)[:shown],
        confusion=counts[:, :shown],
        photos=len(dataset),
        groups=groups,
        fits=len(folds),
        options=options,
    )


def score(truth: Rows, forced: Rows, probabilities: Sequence[list[float] | None]) -> dict[str, float]:
    """Score one fit; the log loss and the AUC are of the photos that it has probabilities for, NaN without any."""
    answered = [row for row, given in enumerate(probabilities) if given is not None]
    given = np.array([probabilities[row] for row in answered], np.float64)
    return {
        "accuracy": float(np.mean(truth == forced)),
        "balanced_accuracy": balanced_accuracy(truth, forced),
        "log_loss": log_loss(truth[answered], given) if answered else float("nan"),
        "roc_auc": roc_auc(truth[answered], given) if answered else float("nan"),
    }


def over_fits(
    scores: Sequence[float], options: FoldOptions, n: int, *, limits: tuple[float, float]
) -> Estimate:
    """Give the mean over the fits; its interval ends at the limits of the figure."""
    defined = [score for score in scores if not np.isnan(score)]
    estimate = corrected_resampled_t(defined, test_share=1 / (options.folds - 1), n=n)
    if estimate.low is None or estimate.high is None:
        return estimate
    if estimate.low == estimate.high:
        # Where all fits agree to the last digit their spread says nothing.
        return replace(estimate, low=None, high=None)
    return replace(estimate, low=max(limits[0], estimate.low), high=min(limits[1], estimate.high))
