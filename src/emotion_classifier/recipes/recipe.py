"""What a recipe is: everything that turns a labelled dataset into a trained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from emotion_classifier.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Recipe:
    """A named way to train a network.

    Parameters
    ----------
    name : str
        As on the command line.
    summary : str
        One line for people.
    preprocessing : Preprocessing
        What the network takes in.
    output : {"softmax", "sigmoid"}
        ``sigmoid``: one unit, the probability of the second label; trained with binary cross-entropy.
        ``softmax``: one unit per label; trained with categorical cross-entropy on soft targets.
    build : callable
        ``build(number of labels)`` gives a compiled Keras model.
    epochs, batch_size : int
    small_batches : bool
        On few photos batches shrink, down to 8, so that an epoch still has some sixteen steps.
    labels : tuple of str or None
        Labels the network must have, in this order; None: those of the dataset.
    patience : int or None
        Stop after so many epochs without a lower loss on the carved validation part; None: never.
    augment : bool
        Vary pictures and framing in training.
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

    name: str
    summary: str
    preprocessing: Preprocessing
    output: Literal["softmax", "sigmoid"]
    build: Callable[[int], keras.Model]
    epochs: int
    batch_size: int
    labels: tuple[str, ...] | None = None
    patience: int | None = None
    augment: bool = False
    small_batches: bool = False
    cosine: bool = False
    moving_average: bool = False
    mirror: bool = False
    space: Callable[[Any], keras.Model] | None = None
