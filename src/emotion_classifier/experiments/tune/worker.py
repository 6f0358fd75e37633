"""One trial, in a process of its own; it ends with the process that started it, however that ends."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier import recipes
from emotion_classifier.data.groups import between
from emotion_classifier.errors import EmotionClassifierError, RecipeError
from emotion_classifier.experiments.tune.parts import read_parts
from emotion_classifier.experiments.tune.space import recipe_of
from emotion_classifier.files import atomic_write
from emotion_classifier.recipes import Recipe
from emotion_classifier.training.batches import fixed_inputs
from emotion_classifier.training.fitted import FitPlan
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.kinds import fit_model

RESULT = "result.json"
_SMALLEST = 1e-15


@dataclass(frozen=True)
class Job:
    """One trial to train.

    Parameters
    ----------
    recipe : str or Recipe
        By name, or where it is not one of the registered, itself: then what it is made of can be pickled.
    parameters : dict
    labels : tuple of str
    shown : tuple of str
        Those that the data show; accuracy is that of the likeliest of these.
    plan : FitPlan
    parts : Path
        Folder of the inputs.
    work : Path
        Folder of the trial's state, and of its result.
    """

    recipe: str | Recipe
    parameters: dict[str, Any]
    labels: tuple[str, ...]
    shown: tuple[str, ...]
    plan: FitPlan
    parts: Path
    work: Path


def main() -> None:
    """Read a job from standard input, do it, and leave its result in the job's folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    result = run(job)
    atomic_write(job.work / RESULT, json.dumps(result))


def _end_with_parent() -> None:
    """Wait for the end of standard input: the pipe closes when the search is gone, also by kill -9."""
    sys.stdin.buffer.read()
    os._exit(1)


def run(job: Job) -> dict[str, Any]:
    """Train and measure one trial.

    Returns
    -------
    dict
        ``metrics`` and ``seconds``, or ``reason`` where it failed.
    """
    started = time.perf_counter()
    try:
        metrics = _train(job)
    except EmotionClassifierError as error:
        reason = str(error)
    except MemoryError:
        reason = "It ran out of memory."
    except Exception as error:  # Whatever a library raises on an odd configuration is that trial's failure.
        reason = f"{type(error).__name__}: {error}"
    else:
        return {"metrics": metrics, "seconds": time.perf_counter() - started}
    return {"reason": reason, "seconds": time.perf_counter() - started}


def _train(job: Job) -> dict[str, float]:
    base = recipes.get(job.recipe) if isinstance(job.recipe, str) else job.recipe
    recipe = recipe_of(base, job.parameters)
    learn, held = read_parts(job.parts)
    fitted = fit_model(recipe, job.labels, (learn, held), job.plan, work=job.work, progress=lambda *_: None)
    columns = [job.labels.index(label) for label in job.shown]
    return measure(fitted.predict, recipe, held, columns)


def measure(predict: Any, recipe: Recipe, held: Inputs, columns: Sequence[int]) -> dict[str, float]:
    """Compare a model's answers with the targets of the carved part; accuracy is that of the likeliest of columns.

    Raises
    ------
    RecipeError
        If an answer is no number.
    """
    inputs, _ = fixed_inputs(held, recipe.preprocessing, sigmoid=False)
    answers = np.asarray(predict(inputs), np.float64)
    if not np.isfinite(answers).all():
        raise RecipeError("The model's probabilities are not numbers.")
    if recipe.output == "sigmoid":
        answers = np.concatenate([1 - answers, answers], axis=1)
    losses = _losses(answers, held.targets)
    right = answers[:, columns].argmax(axis=1) == held.targets[:, columns].argmax(axis=1)
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


def _losses(answers: npt.NDArray[np.float64], targets: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Surprise at each photo's label, in nats, shape (n,)."""
    return np.asarray(-(targets * np.log(np.clip(answers, _SMALLEST, 1))).sum(axis=1), np.float64)
