"""What a recipe is: everything that turns a labelled dataset into a trained model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras

    from emotion_classifier.model.bundle import Bundle

    HeadFit = Callable[[keras.Model, npt.NDArray[np.float32], npt.NDArray[np.float32]], None]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named way to train a model.

    Parameters
    ----------
    name : str
        As on the command line.
    summary : str
        One line for people.
    preprocessing : Preprocessing
        What the model takes in.
    output : {"softmax", "sigmoid"}
        ``sigmoid``: one column, the probability of the second label. ``softmax``: one column per label.
    labels : tuple of str or None
        Labels the model must have, in this order; None: those of the dataset.
    augment : bool
        Vary pictures and framing in training; crops are cut wider for it.
    grouped : bool
        Training rows are split once more, and near-duplicates and people must stay on one side of that too.
    variants : callable or None
        The recipe's search space: ``variants(hp)`` asks Keras Tuner's ``HyperParameters`` always for the same
        parameters, and returns this recipe with their values. What pictures it takes in must stay the same.
    """

    name: str
    summary: str
    preprocessing: Preprocessing
    output: Literal["softmax", "sigmoid"] = "softmax"
    labels: tuple[str, ...] | None = None
    augment: bool = False
    grouped: bool = False
    variants: Callable[[Any], Recipe] | None = None


@dataclass(frozen=True, kw_only=True)
class NetworkRecipe(Recipe):
    """A Keras network and how it is trained; binary cross-entropy for a sigmoid, categorical on soft targets else.

    Parameters
    ----------
    build : callable
        ``build(number of labels)`` gives a compiled Keras model with random weights.
    start : callable or None
        ``start(labels, path of weights or None)`` gives a compiled model that begins with trained weights, and
        is used in place of `build`.
    base : callable or None
        ``base(path of weights or None)`` gives the bundle that `start` begins with. The network has its labels, and
        those that the data lack are left to it.
    fit_head : callable or None
        ``fit_head(model, inputs, targets)`` fits the last layer alone, before the epochs.
    head_photos : int or None
        Fit the head on so many photos at most, drawn by chance; None: on all.
    epochs, batch_size : int
    smallest_batch : int or None
        On few photos batches shrink, down to this, so that an epoch still has some sixteen steps, and none is a
        remainder. None: they do not.
    patience : int or None
        Stop after so many epochs without a lower loss on the carved validation part; None: never.
    cosine : bool
        The learning rate rises over the first tenth of the epochs and falls to nothing along a cosine.
    moving_average : bool
        The compiled optimizer keeps a moving average of the weights, and that average is what is validated
        and saved.
    mirror : bool
        The finished network reads a face and its mirror image and gives the mean of both.
    space : callable or None
        ``space(hp)`` gives a compiled model for a Keras Tuner search.
    """

    build: Callable[[int], keras.Model] | None = None
    start: Callable[[tuple[str, ...], Path | None], keras.Model] | None = None
    base: Callable[[Path | None], Bundle] | None = None
    fit_head: HeadFit | None = None
    head_photos: int | None = None
    epochs: int
    batch_size: int
    smallest_batch: int | None = None
    patience: int | None = None
    cosine: bool = False
    moving_average: bool = False
    mirror: bool = False
    space: Callable[[Any], keras.Model] | None = None

    def model(self, labels: tuple[str, ...], weights: Path | None = None) -> keras.Model:
        """Build and compile the network; from trained weights where the recipe has them."""
        if self.start:
            return self.start(labels, weights)
        assert self.build is not None
        return self.build(len(labels))
