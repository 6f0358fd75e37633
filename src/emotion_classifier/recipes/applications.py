"""Fine-tuning of networks that Keras Applications has trained on ImageNet, on aligned faces in colour."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.compact import FRAMING
from emotion_classifier.recipes.head import fit_head, with_head
from emotion_classifier.recipes.recipe import NetworkRecipe

if TYPE_CHECKING:
    import keras

SIZE = 96
LEARNING_RATE = 1e-4
WEIGHT_DECAY = 0.01
AVERAGING = 0.99
DROPOUT = 0.2
HEAD_PHOTOS = 5000
_PATIENCE_SECONDS = 10.0  # for an answer of the network, before it counts as not there
# Grey levels as they are: these networks bring their own scaling along.
PREPROCESSING = Preprocessing(
    input="face", height=SIZE, width=SIZE, channels="rgb", scale=1.0, offset=0.0, framing=FRAMING
)


@dataclass(frozen=True)
class Application:
    """A network of Keras Applications.

    Parameters
    ----------
    recipe : str
    network : str
        Its name in ``keras.applications``.
    file : str
        Its weights without the last layer, as Keras names the file.
    """

    recipe: str
    network: str
    file: str

    def start(self, labels: tuple[str, ...], weights: Path | None) -> keras.Model:
        """Build the network with a head for these labels, and compile it.

        Its batch normalisations stay as they were trained, also in fine-tuning.

        Parameters
        ----------
        labels : tuple of str
        weights : Path or None
            File with weights of the network without its last layer: ``.weights.h5``, ``.keras``, or the ``.h5`` of
            Keras Applications. None: those that Keras has on this machine or fetches.

        Raises
        ------
        RecipeError
            If there are no weights, or they are of another network or damaged.
        MissingExtraError
            If Keras is not installed.
        """
        try:
            import keras
        except ImportError as error:
            raise missing_extra("train", "keras") from error
        found = self._from_file(weights) if weights else self._from_keras()
        for layer in found.layers:
            # A frozen one runs in inference mode; `training=False` on the network is overruled in training.
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
        return with_head(
            keras.Model(found.input, found.output, name="backbone"),
            len(labels),
            name=self.recipe,
            learning_rate=LEARNING_RATE,
            weight_decay=WEIGHT_DECAY,
            averaging=AVERAGING,
            dropout=DROPOUT,
            kernel_initializer="zeros",
        )

    def _build(self, weights: str | None) -> keras.Model:
        import keras

        make: Callable[..., keras.Model] = getattr(keras.applications, self.network)
        return make(include_top=False, weights=weights, input_shape=PREPROCESSING.input_shape, pooling="avg")

    def _from_file(self, weights: Path) -> keras.Model:
        if not weights.is_file():
            raise RecipeError(
                f"{weights} is no file. {self.recipe} begins with a file of weights of {self.network} without its "
                f"last layer; name one with --weights."
            )
        model = self._build(None)
        try:
            model.load_weights(weights)
        except Exception as error:  # Keras and h5py raise whatever they stumble over.
            raise RecipeError(
                f"{weights} cannot be used: it is damaged, or not of {self.network} without its last layer "
                f"({_first_line(error)}). Name a .weights.h5 or .keras file of that network, or {self.file} of "
                f"Keras Applications."
            ) from error
        if not all(np.isfinite(values).all() for values in model.get_weights()):
            raise RecipeError(f"{weights} holds weights that are no numbers; fetch or save it again.")
        return model

    def _from_keras(self) -> keras.Model:
        folder = Path(os.environ.get("KERAS_HOME", "~/.keras")) / "models"
        try:
            # Keras tells of its download on standard output, which is for results.
            with _short_patience(), contextlib.redirect_stdout(sys.stderr):
                return self._build("imagenet")
        except Exception as error:  # Keras wraps whatever the network raises.
            raise RecipeError(
                f"{self.recipe} begins with the weights {self.file}, which are not on this machine and could not be "
                f"fetched ({_first_line(error)}). Put that file into {folder}, or name it with --weights FILE."
            ) from error


@contextlib.contextmanager
def _short_patience() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


APPLICATIONS = (
    Application(
        "transfer_mobilenet_v3", "MobileNetV3Large", "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5"
    ),
    Application("transfer_efficientnet_v2", "EfficientNetV2B0", "efficientnetv2-b0_notop.h5"),
)
RECIPES = tuple(
    NetworkRecipe(
        name=application.recipe,
        summary=f"{application.network} trained on ImageNet, fine-tuned: head first, then all of it; needs its weights",
        preprocessing=PREPROCESSING,
        output="softmax",
        start=application.start,
        fit_head=fit_head,
        head_photos=HEAD_PHOTOS,
        epochs=12,
        batch_size=32,
        smallest_batch=8,
        augment=True,
        cosine=True,
        moving_average=True,
        mirror=True,
    )
    for application in APPLICATIONS
)
