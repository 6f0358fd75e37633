"""One model trained on some photos and tried on others."""

from __future__ import annotations

import gc
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.experiments.reproduce.study import Rows
from emotion_classifier.recipes import NetworkRecipe
from emotion_classifier.recipes.original_study import PREPROCESSING
from emotion_classifier.training.onnx.conversion import check_exportable

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Fit:
    """What one fit left behind.

    Parameters
    ----------
    recipe : str
    seed : int
        Of weights and shuffling.
    train_rows : int
    test : list of int
        Rows of the study.
    history : dict of str to list of float
        Per epoch: accuracy, loss, val_accuracy, val_loss (val: the test photos, only watched).
    p_sad, p_sad_swapped : list of float
        After the last epoch, for every test photo, and with red and blue exchanged.
    seconds : float
    """

    recipe: str
    seed: int
    train_rows: int
    test: list[int]
    history: dict[str, list[float]]
    p_sad: list[float]
    p_sad_swapped: list[float]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return it as a line of the journal holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, line: dict[str, Any]) -> Fit:
        """Read it from a line of the journal."""
        return cls(**{name: line[name] for name in cls.__dataclass_fields__})

    def correct(self, sad: npt.NDArray[np.float32], *, swapped: bool = False) -> npt.NDArray[np.bool_]:
        """Say which test photos are right, given the labels of all photos."""
        answers = np.array(self.p_sad_swapped if swapped else self.p_sad) > 0.5
        return np.equal(answers, sad[self.test] > 0.5)


def fit_once(
    recipe: NetworkRecipe,
    pixels: npt.NDArray[np.uint8],
    sad: npt.NDArray[np.float32],
    *,
    train: Rows,
    test: Rows,
    seed: int,
    epochs: int,
) -> Fit:
    """Train a recipe for a fixed number of epochs; the test photos are watched and never acted on.

    Parameters
    ----------
    recipe : Recipe
        With one sigmoid unit, the probability of sad.
    pixels : ndarray of uint8, shape (n, height, width, 3)
    sad : ndarray of float32, shape (n,)
    train, test : ndarray of int64
        Rows to learn from, and to try it on.
    seed, epochs : int
    """
    _begin_anew(seed)
    seen, unseen = PREPROCESSING.normalise(pixels[train]), PREPROCESSING.normalise(pixels[test])
    started = time.perf_counter()
    model = recipe.model(("happy", "sad"))
    history = model.fit(
        seen,
        sad[train],
        batch_size=recipe.batch_size,
        epochs=epochs,
        validation_data=(unseen, sad[test]),
        verbose=0,
    ).history
    return Fit(
        recipe=recipe.name,
        seed=seed,
        train_rows=len(train),
        test=[int(row) for row in test],
        history={name: _rounded(values) for name, values in history.items()},
        p_sad=_predict(model, unseen, recipe.batch_size),
        p_sad_swapped=_predict(model, unseen[..., ::-1], recipe.batch_size),
        seconds=round(time.perf_counter() - started, 1),
    )


def _begin_anew(seed: int) -> None:
    check_exportable()  # It loads Keras without the notes that TensorFlow writes.
    import keras

    # Without this every model of a long run stays in memory.
    keras.backend.clear_session()
    gc.collect()
    keras.utils.set_random_seed(seed)


def _predict(model: keras.Model, inputs: npt.NDArray[np.float32], batch_size: int) -> list[float]:
    """Run the model as it is: a compiled `predict` would cost a trace for every one of hundreds of fits."""
    found: list[float] = []
    for start in range(0, len(inputs), batch_size):
        outputs = model(inputs[start : start + batch_size], training=False)
        found += _rounded(np.asarray(outputs)[:, 0])
    return found


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 6) for value in values]
