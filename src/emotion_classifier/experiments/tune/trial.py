"""One trial: what is tried, how it is trained and measured, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier import recipes
from emotion_classifier.data.groups import between
from emotion_classifier.data.labels import canonical
from emotion_classifier.errors import RecipeError
from emotion_classifier.evaluation import metrics
from emotion_classifier.experiments.tune.space import recipe_of
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import FitPlan, per_label, silent
from emotion_classifier.training.batches import fixed_pixels
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.kinds import Task

_SMALLEST = 1e-15
_ARRAYS = ("pixels", "targets", "rows", "groups")
_PARTS = ("learn", "held")


@dataclass(frozen=True)
class Trial:
    """One configuration that was tried.

    Parameters
    ----------
    number : int
        In the order of starting, from 0.
    status : {"done", "failed"}
    parameters : dict
        What the recipe's space was asked for.
    epochs : int or None
        Epochs it was trained for; None: the recipe's own.
    metrics : dict of str to float
        On the part carved for validation: ``log_loss``, ``log_loss_sd`` (standard deviation over the photos),
        ``accuracy``, ``correct``, ``n`` (photos) and ``groups`` (independent photos); ``log_loss_between`` and
        ``accuracy_between`` say how far groups differ. Empty where it failed.
    seconds : float
    reason : str or None
        Why it failed.
    """

    number: int
    status: Literal["done", "failed"]
    parameters: dict[str, Any]
    epochs: int | None
    metrics: dict[str, float]
    seconds: float
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a line of the journal."""
        return asdict(self)


def ranked(trials: Iterable[Trial], objective: str) -> tuple[Trial, ...]:
    """Sort trials, best first; of equals the earlier, and those that failed last.

    Examples
    --------
    >>> tried = [Trial(0, "failed", {}, 1, {}, 2.0, "no memory"), Trial(1, "done", {}, 1, {"accuracy": 0.5}, 2.0)]
    >>> [trial.number for trial in ranked(tried, "accuracy")]
    [1, 0]
    """
    sign = -1 if metrics.get(objective).greater_is_better else 1
    return tuple(
        sorted(
            trials,
            key=lambda trial: (
                trial.status != "done",
                sign * trial.metrics.get(objective, 0.0),
                trial.number,
            ),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all trials of a search share.

    Parameters
    ----------
    recipe : str or Recipe
        By name, or where it is not one of this package, itself: then what it is made of can be pickled.
    labels : tuple of str
    shown : tuple of str
        Those of the data; accuracy is that of the likeliest of these.
    plan : FitPlan
        Its epochs are those of the proposal.
    parts : Path
        Folder of the inputs.
    """

    recipe: str | Recipe
    labels: tuple[str, ...]
    shown: tuple[str, ...]
    plan: FitPlan
    parts: Path


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A trial about to be trained; ``work`` is the folder of its state."""

    number: int
    parameters: dict[str, Any]
    epochs: int | None
    work: Path


def train_trial(setting: Setting, attempt: Attempt) -> dict[str, float]:
    """Train and measure one trial; `Trial` says what the metrics are."""
    attempt.work.mkdir(parents=True, exist_ok=True)
    base = recipes.get(setting.recipe) if isinstance(setting.recipe, str) else setting.recipe
    recipe = recipe_of(base, attempt.parameters)
    learn, held = read_parts(setting.parts)
    task = Task(
        labels=setting.labels,
        learn=learn,
        held=held,
        plan=replace(setting.plan, epochs=attempt.epochs),
        work=attempt.work,
        progress=silent,
    )
    fitted = recipe.fit(task)
    return measure(fitted.predict, recipe, held, columns_of(setting.shown, setting.labels))


def columns_of(shown: Sequence[str], labels: Sequence[str]) -> list[list[int]]:
    """Say which columns of a model's answers each label of the data is made of.

    Examples
    --------
    >>> columns_of(("happy", "other"), ("happy", "neutral", "other", "surprise", "anger"))
    [[0], [2, 3, 4]]
    """
    meant = [label if label in shown else canonical(label) for label in labels]
    return [[column for column, each in enumerate(meant) if each == label] for label in shown]


def reference(recipe: Recipe) -> str | Recipe:
    """Name a recipe of this package; any other is handed over itself."""
    return recipe.name if recipe.name in recipes.SHIPPED and recipes.get(recipe.name) is recipe else recipe


def measure(predict: Any, recipe: Recipe, held: Inputs, columns: Sequence[Sequence[int]]) -> dict[str, float]:
    """Compare a model's answers with the targets of the carved part; accuracy is that of the likeliest label.

    `columns` are as `columns_of` gives them.

    Raises
    ------
    RecipeError
        If an answer is no number.
    """
    given = np.asarray(predict(fixed_pixels(held, recipe.preprocessing)), np.float64)
    if not np.isfinite(given).all():
        raise RecipeError("The model's probabilities are not numbers.")
    answers = per_label(given, recipe.output)
    losses = _losses(answers, held.targets)
    said, truth = (
        np.stack([shares[:, each].sum(axis=1) for each in columns], axis=1).argmax(axis=1)
        for shares in (answers, held.targets)
    )
    right = said == truth
    n = len(losses)
    groups = np.arange(n) if held.groups is None else np.asarray(held.groups)
    return {
        "log_loss": float(losses.mean()),
        "log_loss_sd": float(losses.std(ddof=1)) if n > 1 else 0.0,
        "log_loss_between": between(losses, groups),
        "accuracy": int(right.sum()) / n,
        "accuracy_between": between(right.astype(np.float64), groups),
        "correct": int(right.sum()),
        "n": n,
        "groups": len(np.unique(groups)),
    }


def _losses(answers: npt.NDArray[np.floating], targets: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Surprise at each photo's label, in nats, shape (n,)."""
    return np.asarray(-(targets * np.log(np.clip(answers, _SMALLEST, 1))).sum(axis=1), np.float64)


def write_parts(folder: Path, learn: Inputs, held: Inputs) -> None:
    """Write what trials learn from, and what they are compared on.

    Every process maps these files into its memory, and none has to copy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part, inputs in zip(_PARTS, (learn, held), strict=True):
        for array in _ARRAYS:
            np.save(folder / f"{part}-{array}.npy", getattr(inputs, array))


def read_parts(folder: Path) -> tuple[Inputs, Inputs]:
    """Map what `write_parts` wrote."""
    learn, held = (_read(folder, part) for part in _PARTS)
    return learn, held


def _read(folder: Path, part: str) -> Inputs:
    mapped = {array: np.load(folder / f"{part}-{array}.npy", mmap_mode="r") for array in _ARRAYS}
    return Inputs(**mapped, problems=())
