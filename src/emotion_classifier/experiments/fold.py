"""One fit of a cross-validation: trained on some folds, answering for the other."""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.errors import missing_extra
from emotion_classifier.evaluation.predictions import predict_dataset
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import Recipe
from emotion_classifier.training.fit import TrainingOptions, train

_RUNS = 40
Rows = npt.NDArray[np.int64]
Progress = Callable[[str, int, int, dict[str, float]], None]


@dataclass(frozen=True)
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
    validation : float
        Share of each training part carved out for early stopping and calibration; 0 for none.
    group_column : str or None
        Rows with the same value are never on both sides of a fold; near-duplicates never are.
    """

    folds: int = 5
    repeats: int = 5
    seed: int = 0
    epochs: int | None = None
    validation: float = 0.1
    group_column: str | None = "identity"


@dataclass(frozen=True)
class Fold:
    """The answers of one fit to the photos it did not train on.

    ``test`` are rows of the dataset; ``forced`` and ``probabilities`` are as in `Predictions`, None for NaN; ``shown``
    is the label people see, empty without an answer, None in ledgers from before it was kept. ``cost`` has the
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
    def from_dict(cls, line: dict[str, Any]) -> Fold:
        """Read it from a line of the ledger."""
        return cls(**{name: line[name] for name in cls.__dataclass_fields__ if name in line})


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
        """Name of the fit in the ledger of answers; more repeats leave the names of the first as they are."""
        fixed = {name: value for name, value in asdict(self.options).items() if name != "repeats"}
        return f"{self.recipe.name}/{json.dumps(fixed, sort_keys=True)}/r{self.repeat}f{self.fold}"

    def run(
        self, dataset: Dataset, parts: tuple[Rows, Rows], work: Path, threads: int, progress: Progress
    ) -> Fold:
        """Train on one part, answer for the other, and delete the model."""
        _forget_models()
        learn, test = parts
        options = TrainingOptions(
            seed=self.options.seed + 1000 * self.repeat + self.fold,
            epochs=self.options.epochs,
            validation=self.options.validation,
            group_column=self.options.group_column,
        )
        # Other options are other fits: what a kill left of those is not gone on with.
        digest = hashlib.sha256(self.key.encode()).hexdigest()[:8]
        out = work / f"r{self.repeat}f{self.fold}-{digest}"
        began = time.perf_counter()
        result = train(self.recipe, dataset.take(learn), out=out, options=options, progress=progress)
        seconds = time.perf_counter() - began
        cost = {"seconds": round(seconds, 2), **weigh(result.bundle)} if self.costs else None
        predictions = predict_dataset(result.bundle, dataset.take(test), threads=threads)
        for folder in (out, out.with_name(out.name + ".training")):
            shutil.rmtree(folder, ignore_errors=True)
        return Fold(
            self.repeat,
            self.fold,
            test.tolist(),
            predictions.y_pred.tolist(),
            [
                None if np.isnan(row).any() else [round(float(p), 6) for p in row]
                for row in predictions.probabilities
            ],
            cost,
            predictions.shown.tolist(),
        )


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
    """Let go of the models before, which would all stay in memory."""
    try:
        import keras
    except ImportError as error:
        raise missing_extra("train", "keras") from error
    keras.backend.clear_session()
    gc.collect()
