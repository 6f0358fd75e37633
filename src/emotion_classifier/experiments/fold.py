"""One fit of a cross-validation: trained on some folds, answering for the other."""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.evaluation.predictions import Predictions, predict_dataset
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Progress
from emotion_classifier.training.fit import train
from emotion_classifier.training.inputs import data_digest
from emotion_classifier.training.options import TrainOptions

_RUNS = 40
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class FoldOptions:
    """What to run.

    Parameters
    ----------
    folds, repeats : int
        Every photo is tested once per repeat, by a model that trained on the other folds.
    seed : int
        Of the folds and of every fit.
    epochs : int or None
        None: the recipe's own.
    validation : float or None
        Share of each training part carved out for early stopping and calibration; 0 for none. None: see `TrainOptions`.
    group_column : str or None
        Rows with the same value are never on both sides of a fold; near-duplicates never are.
    """

    folds: int = 5
    repeats: int = 5
    seed: int = 0
    epochs: int | None = None
    validation: float | None = None
    group_column: str | None = "identity"


@dataclass(frozen=True, kw_only=True)
class Fold:
    """The answers of one fit to the photos it did not train on.

    ``test`` are rows of the dataset; ``forced`` and ``probabilities`` are as in `Predictions`, None for NaN; ``shown``
    is the label people see, empty without an answer, None in journals from before it was kept. ``cost`` has the
    ``seconds`` of the training, the ``megabytes`` of the bundle and its ``milliseconds`` a face, where asked for.
    """

    repeat: int
    fold: int
    test: list[int]
    forced: list[int]
    probabilities: list[list[float] | None]
    cost: dict[str, float] | None = None
    shown: list[str] | None = None

    @classmethod
    def of(
        cls, predictions: Predictions, *, repeat: int, fold: int, test: Rows, cost: dict[str, float] | None
    ) -> Fold:
        """Keep the predictions for the photos of one fold, which are the rows `test` of the dataset."""
        return cls(
            repeat=repeat,
            fold=fold,
            test=test.tolist(),
            forced=predictions.y_pred.tolist(),
            probabilities=[
                None if np.isnan(row).any() else [round(float(p), 6) for p in row]
                for row in predictions.probabilities
            ],
            cost=cost,
            shown=predictions.shown.tolist(),
        )

    @classmethod
    def from_dict(cls, line: dict[str, Any]) -> Fold:
        """Read it from a line of the journal."""
        return cls(**{name: line[name] for name in cls.__dataclass_fields__ if name in line})


@dataclass(frozen=True, kw_only=True)
class FoldTask:
    """What a `Trainer` is asked to do for one fold.

    Parameters
    ----------
    recipe : Recipe
    learn, test : Dataset
        To train on, and to answer for.
    out : Path
        Where a model in training may be kept; it and ``<out>.training`` are deleted afterwards.
    options : TrainOptions
    costs : bool
        Whether to say as well what the model takes.
    threads : int
        Threads of the network when it answers.
    face_cache : FaceCache or None
        Faces found before.
    progress : callable or None
        As that of `train`.
    """

    recipe: Recipe
    learn: Dataset
    test: Dataset
    out: Path
    options: TrainOptions
    costs: bool = False
    threads: int = 1
    face_cache: FaceCache | None = None
    progress: Progress | None = None


# Trains on one part and answers for the other; a function at the top of a module where several processes are to work.
# Gives the predictions, and the `cost` of a `Fold` where it is asked for.
Trainer: TypeAlias = Callable[[FoldTask], tuple[Predictions, dict[str, float] | None]]


def train_and_predict(task: FoldTask) -> tuple[Predictions, dict[str, float] | None]:
    """Train the recipe, answer by the photo path, and weigh the bundle if asked to: the usual `Trainer`."""
    _forget_models()
    began = time.perf_counter()
    bundle = train(
        task.learn,
        recipe=task.recipe,
        out=task.out,
        options=task.options,
        face_cache=task.face_cache,
        progress=task.progress,
    ).bundle
    seconds = time.perf_counter() - began
    cost = {"seconds": round(seconds, 2), **weigh(bundle)} if task.costs else None
    return predict_dataset(bundle, task.test, threads=task.threads, face_cache=task.face_cache), cost


@dataclass(frozen=True)
class Fit:
    """A recipe about to be trained for one fold; ``costs``: say as well what it takes."""

    recipe: Recipe
    options: FoldOptions
    repeat: int
    fold: int
    costs: bool = False

    @property
    def key(self) -> str:
        """Name of the fit in the journal; more repeats leave the names of the first as they are."""
        fixed = {name: value for name, value in asdict(self.options).items() if name != "repeats"}
        return f"{self.recipe.name}/{json.dumps(fixed, sort_keys=True)}/r{self.repeat}f{self.fold}"

    def recorded(self, journal: Journal, test: Rows) -> Fold | None:
        """Find the answers in a journal; None also where they are to other photos than those of `test`.

        Another version of scikit-learn may shuffle otherwise: the fold of that number is then another fold.
        """
        line = journal.get(self.key)
        return Fold.from_dict(line) if line is not None and line["test"] == test.tolist() else None

    def run(
        self,
        dataset: Dataset,
        *,
        learn: Rows,
        test: Rows,
        work: Path,
        threads: int = 1,
        face_cache: FaceCache | None = None,
        progress: Progress | None = None,
        trainer: Trainer = train_and_predict,
    ) -> Fold:
        """Train on one part, answer for the other, and delete the model.

        Parameters
        ----------
        dataset : Dataset
        learn, test : ndarray of int64
            Rows of it.
        work : Path
            Folder of the model in training.
        threads : int
            Threads of the network when it answers.
        face_cache : FaceCache or None
            Faces found before.
        progress : callable or None
            As that of `train`.
        trainer : callable
            What trains and answers.
        """
        options = TrainOptions(
            seed=self.options.seed + 1000 * self.repeat + self.fold,
            epochs=self.options.epochs,
            validation=self.options.validation,
            group_column=self.options.group_column,
        )
        taught = dataset.take(learn)
        # Other options, or photos, are other fits: what a kill left of those is neither gone on with nor in the way.
        this = f"{self.key}{data_digest(taught, self.options.group_column)}"
        digest = hashlib.sha256(this.encode()).hexdigest()[:8]
        out = work / f"r{self.repeat}f{self.fold}-{digest}"
        task = FoldTask(
            recipe=self.recipe,
            learn=taught,
            test=dataset.take(test),
            out=out,
            options=options,
            costs=self.costs,
            threads=threads,
            face_cache=face_cache,
            progress=progress,
        )
        predictions, cost = trainer(task)
        for folder in (out, out.with_name(out.name + ".training")):
            shutil.rmtree(folder, ignore_errors=True)
        return Fold.of(predictions, repeat=self.repeat, fold=self.fold, test=test, cost=cost)


def weigh(bundle: Bundle) -> dict[str, float]:
    """Measure what a bundle takes: megabytes on disk, and milliseconds a face of its network on one thread."""
    size = sum(file.stat().st_size for file in bundle.path.rglob("*") if file.is_file())
    face = np.zeros((1, *bundle.config.preprocessing.input_shape), np.float32)
    taken = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        bundle.probabilities(face, threads=1)
        taken.append(time.perf_counter() - began)
    # The first runs load the network.
    return {
        "megabytes": round(size / 1e6, 3),
        "milliseconds": round(1000 * float(np.median(taken[_RUNS // 5 :])), 4),
    }


def _forget_models() -> None:
    """Let go of the Keras models before, which would all stay in memory."""
    if keras := sys.modules.get("keras"):
        keras.backend.clear_session()
    gc.collect()
