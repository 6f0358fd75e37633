"""What a recipe is given to fit, and what comes of it: an ONNX model, and what is worth knowing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.session import open_session

if TYPE_CHECKING:
    import onnxruntime

    from emotion_classifier.recipes.ensemble import EnsembleRecipe
    from emotion_classifier.recipes.features import FeaturesRecipe
    from emotion_classifier.recipes.recipe import NetworkRecipe, Recipe

Floats = npt.NDArray[np.float32]
History = tuple[dict[str, float], ...]
# Called with (stage, done, in all, figures).
Progress = Callable[[str, int, int, dict[str, float]], None]
_BATCH = 256


def silent(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
    """Tell nobody how far a fit is: the `Progress` of whoever asked for none."""


def per_label(
    outputs: npt.NDArray[np.floating], output: Literal["softmax", "sigmoid"]
) -> npt.NDArray[np.floating]:
    """Give one probability per label, shape (n, labels): a sigmoid states that of the second of two alone."""
    return np.concatenate([1 - outputs, outputs], axis=1) if output == "sigmoid" else outputs


@dataclass(frozen=True)
class FitPlan:
    """What a user may say about one fit.

    Parameters
    ----------
    seed : int
    epochs, patience : int or None
        None: the recipe's own.
    weights : Path or None
        What to begin with; None: what the recipe comes with.
    learning_rate : float or None
        Highest rate of a network's optimizer; None: the recipe's own.
    more_light : bool
        Vary brightness, contrast and tone twice as much.
    bad_photos : bool
        Make some pictures as bad as photos are, and take the colour of some.
    bfloat16 : bool
        Compute in bfloat16; the finished network computes in float32.
    int8 : bool
        The convolutions of the finished network compute in 8 bits.
    """

    seed: int = 0
    epochs: int | None = None
    patience: int | None = None
    weights: Path | None = None
    learning_rate: float | None = None
    more_light: bool = False
    bad_photos: bool = False
    bfloat16: bool = False
    int8: bool = False


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Parameters
    ----------
    onnx : bytes
        From ``pixels``, float32 (n, height, width, channels), to ``probabilities`` (n, labels), or (n, 1) of a
        sigmoid.
    parameters : int
        Numbers that were fitted.
    history : tuple of dict
        One per epoch; empty where there are no epochs.
    mirror : bool
        Whether the model reads a face and its mirror image and gives the mean.
    moved : float or None
        By how much probabilities moved on average when its convolutions were made to compute in 8 bits; None where they
        do not, and for an ensemble.
    """

    onnx: bytes
    parameters: int
    history: History = ()
    mirror: bool = False
    moved: float | None = None

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return open_session(self.onnx, threads=0)

    def predict(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the model on normalised pixels, float32 (n, height, width, channels), as the bundle will.

        Returns
        -------
        ndarray of float32, shape (n, labels), or (n, 1) of a sigmoid
        """
        name = self._session.get_inputs()[0].name
        parts = [
            self._session.run(None, {name: inputs[start : start + _BATCH]})[0]
            for start in range(0, len(inputs), _BATCH)
        ]
        return np.concatenate(parts)


class FitTask(Protocol):
    """What `Recipe.fit` is given: photos to learn from, and the ways to learn that this package has."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Columns of the model's output."""

    @property
    def plan(self) -> FitPlan:
        """What the user said about this fit."""

    @property
    def work(self) -> Path:
        """Folder for state that a killed fit goes on from."""

    @property
    def progress(self) -> Progress:
        """To be told how far the fit is."""

    def arrays(self, recipe: Recipe) -> tuple[Floats, Floats]:
        """Give the photos to learn from as arrays.

        Returns
        -------
        inputs : ndarray of float32, shape (n, height, width, channels)
            Normalised pixels, as the model will be fed.
        targets : ndarray of float32, shape (n, labels)
            Rows sum to 1; shape (n, 1), the share of the second label, for a sigmoid.
        """

    def train_network(self, recipe: NetworkRecipe) -> Fitted:
        """Train a Keras network and convert it."""

    def fit_estimator(self, recipe: FeaturesRecipe) -> Fitted:
        """Fit a classifier of scikit-learn's kind on engineered features, and convert it."""

    def fit_members(self, recipe: EnsembleRecipe) -> Fitted:
        """Fit every member of an ensemble and merge them."""
