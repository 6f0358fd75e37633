"""The epochs of a training, with state on disk after each: a killed run goes on as if it had not been stopped.

Batches are fed one by one. `keras.Model.fit` with a `PyDataset` did the same work here in twice the time, spent
in the copies its generator makes.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError
from emotion_classifier.files import atomic_write
from emotion_classifier.recipes.fitting import History

if TYPE_CHECKING:
    import keras

    from emotion_classifier.training.batches import Batches

HISTORY, BEST = "history.csv", "best.weights.h5"
Held = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Plan:
    """How many epochs, and what happens around them.

    Parameters
    ----------
    epochs : int
    patience : int or None
        Stop after so many epochs without a lower validation loss, and keep the best epoch's weights.
    cosine : bool
        Let the learning rate follow `cosine`.
    moving_average : bool
        Validate and keep the optimizer's moving average of the weights.
    """

    epochs: int
    patience: int | None = None
    cosine: bool = False
    moving_average: bool = False


def run_epochs(
    model: keras.Model,
    batches: Batches,
    held: Held | None,
    plan: Plan,
    *,
    work: Path,
    progress: Callable[[int, int, dict[str, float]], None],
) -> History:
    """Train a compiled model, from where `work` says it was.

    Parameters
    ----------
    model : keras.Model
    batches : Batches
    held : (inputs, targets) or None
        Validation data.
    plan : Plan
    work : Path
        Folder of the state; ``history.csv`` has a row per epoch.
    progress : callable
        Called after each epoch with (epochs done, in all, figures), and first, without figures, where a killed training
        is gone on with.

    Returns
    -------
    tuple of dict
        The figures of every epoch.

    Raises
    ------
    RecipeError
        If the loss stops being a number.
    """
    peak = float(model.optimizer.learning_rate.numpy())
    if plan.moving_average:
        # So that of the random weights the average began with less than a hundredth is left in the end.
        few = 1 - 5 / max(6, plan.epochs * len(batches))
        model.optimizer.ema_momentum = min(model.optimizer.ema_momentum, few)
    history = _resume(model, work)
    if history:
        progress(len(history), plan.epochs, {})
    for epoch in range(len(history), plan.epochs):
        if _out_of_patience(history, plan):
            break
        if plan.cosine:
            model.optimizer.learning_rate = cosine(epoch, plan.epochs, peak)
        figures = one_epoch(model, batches, epoch)
        if not math.isfinite(figures["loss"]):
            raise RecipeError(
                f"The loss stopped being a number in epoch {epoch + 1}. "
                f"Try another --seed, or a recipe with a lower learning rate."
            )
        if held:
            with _averaged(model, plan):
                given = model.evaluate(*held, batch_size=256, verbose=0, return_dict=True)
            figures |= {f"val_{name}": float(value) for name, value in given.items()}
        history = (*history, {"epoch": float(epoch), **figures})
        _keep(model, history, plan, work)
        progress(epoch + 1, plan.epochs, figures)
    if plan.patience and (work / BEST).is_file():
        model.load_weights(work / BEST)
    elif plan.moving_average:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    return history


def cosine(epoch: int, epochs: int, peak: float) -> float:
    """Learning rate of an epoch: up over the first tenth, then down along a half cosine to a hundredth."""
    warm = max(1, epochs // 10)
    if epoch < warm:
        return peak * (epoch + 1) / (warm + 1)
    progress = (epoch - warm) / max(1, epochs - warm)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def read_history(path: Path) -> History:
    """Read the figures of every epoch from a ``history.csv``."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple({name: float(value) for name, value in row.items()} for row in csv.DictReader(lines))


def one_epoch(model: keras.Model, batches: Batches, epoch: int) -> dict[str, float]:
    """Feed every batch of an epoch once, each made while the one before is learned; figures are means."""
    batches.start_epoch(epoch)
    for variable in model.variables:
        # Dropout draws from these; weights on disk do not include them, so every epoch begins from its own number.
        if variable.path.endswith("seed_generator_state"):
            variable.assign(np.array([batches.seed, epoch], np.uint32))
    totals: dict[str, float] = {}
    rows = 0
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(batches.__getitem__, 0)
        for index in range(len(batches)):
            inputs, targets = coming.result()
            if index + 1 < len(batches):
                coming = ahead.submit(batches.__getitem__, index + 1)
            # Keras gives the figures of this batch alone.
            figures = model.train_on_batch(inputs, targets, batches.importance(index), return_dict=True)
            for name, value in figures.items():
                totals[name] = totals.get(name, 0.0) + float(value) * len(inputs)
            rows += len(inputs)
    return {name: total / rows for name, total in totals.items()}


@contextmanager
def _averaged(model: keras.Model, plan: Plan) -> Iterator[None]:
    """Let the model have its averaged weights for a while, if the plan has it average them."""
    own = [variable.numpy() for variable in model.trainable_variables] if plan.moving_average else []
    if plan.moving_average:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    yield
    for variable, value in zip(model.trainable_variables, own, strict=False):
        variable.assign(value)


def _keep(model: keras.Model, history: History, plan: Plan, work: Path) -> None:
    """Write the state of this epoch; a kill in between leaves the one before, whole."""
    losses = [row.get("val_loss", math.inf) for row in history]
    if plan.patience and losses[-1] == min(losses):
        with _averaged(model, plan):
            atomic_write(work / BEST, model.save_weights)
    atomic_write(work / _state(len(history)), model.save_weights)
    lines = io.StringIO(newline="")
    table = csv.DictWriter(lines, list(history[-1]))
    table.writeheader()
    table.writerows(history)
    atomic_write(work / HISTORY, lines.getvalue())
    (work / _state(len(history) - 1)).unlink(missing_ok=True)


def _resume(model: keras.Model, work: Path) -> History:
    if not (work / HISTORY).is_file():
        return ()
    history = read_history(work / HISTORY)
    model.optimizer.build(model.trainable_variables)
    model.load_weights(work / _state(len(history)))
    return history


def _state(epochs: int) -> str:
    """Name the weights after so many epochs; the history is replaced last and says which of them count."""
    return f"state-{epochs}.weights.h5"


def _out_of_patience(history: History, plan: Plan) -> bool:
    losses = [row["val_loss"] for row in history if "val_loss" in row]
    if not plan.patience or not losses:
        return False
    return len(losses) - 1 - losses.index(min(losses)) >= plan.patience
