"""Fine-tuning: start from a trained network instead of from random weights, for those with few photos."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes.backbone import add_crop, backbone, head
from emotion_classifier.recipes.head import PULL, fit_head, with_head
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.recipes.mobilenet import PREPROCESSING
from emotion_classifier.recipes.recipe import NetworkRecipe

if TYPE_CHECKING:
    import keras

LEARNING_RATE = 3e-5
WEIGHT_DECAY = 0.01
AVERAGING = 0.99
DROPOUT = 0.2
# Of more photos the head is fitted on so many: it has far fewer weights.
HEAD_PHOTOS = 5000
# What a class of the user's is called in the bundle one starts from.
_SAME = {"sadness": "sad", "happiness": "happy"}


def base(weights: Path | None) -> Bundle:
    """Load the bundle to start from: the one in that folder, or the default one.

    Raises
    ------
    BundleError
        If there is no bundle in that folder.
    """
    return Bundle.load(weights) if weights else Bundle.default()


def known_labels(bundle: Bundle) -> tuple[str, ...]:
    """Labels of a bundle in the order of its columns, as data word them."""
    return tuple(_SAME.get(label, label) for label in bundle.labels)


def start(
    labels: tuple[str, ...],
    weights: Path | None,
    *,
    learning_rate: float = LEARNING_RATE,
    dropout: float = DROPOUT,
) -> keras.Model:
    """Build the network of a bundle with a head for other labels, and compile it.

    Labels that the bundle knows begin with its own weights, so that the network reads them before it is trained;
    the others begin at nothing.

    Parameters
    ----------
    labels : tuple of str
    weights : Path or None
        Folder of the bundle to start from; None: the default one.
    learning_rate, dropout : float

    Returns
    -------
    keras.Model
        From float32 (n, 160, 160, 3) to probabilities (n, labels).

    Raises
    ------
    BundleError
        If there is no bundle in that folder.
    RecipeError
        If its network is of another kind, or takes in a picture that is not part of this recipe's.
    """
    import keras

    bundle = base(weights)
    crop = inner_crop(PREPROCESSING, bundle.config.preprocessing)
    if crop is None:
        raise RecipeError(
            f"{bundle.id} takes in other pictures than the recipe transfer makes; start from a bundle that was "
            f"trained with compact, mobilenet or transfer, or without --weights from the default model."
        )
    picture = keras.Input(PREPROCESSING.input_shape)
    features = keras.Model(
        picture, backbone(bundle, name="network")(add_crop(picture, crop)), name="backbone"
    )
    model = with_head(
        features,
        len(labels),
        name="transfer",
        learning_rate=learning_rate,
        weight_decay=WEIGHT_DECAY,
        averaging=AVERAGING,
        dropout=dropout,
        kernel_initializer="glorot_uniform",
    )
    model.get_layer("head").set_weights(_known(bundle, labels))
    return model


def _known(bundle: Bundle, labels: tuple[str, ...]) -> list[npt.NDArray[np.float32]]:
    """Columns of the bundle's head, by label."""
    kernel, bias = head(bundle)
    columns = {label: index for index, label in enumerate(known_labels(bundle))}
    found = [columns.get(label) for label in labels]
    return [
        np.stack([kernel[:, at] if at is not None else np.zeros(len(kernel), np.float32) for at in found], 1),
        np.array([bias[at] if at is not None else 0.0 for at in found], np.float32),
    ]


def variants(hp: Any) -> NetworkRecipe:
    """Search learning rate, dropout, the pull on the head, and epochs.

    Parameters
    ----------
    hp : keras_tuner.HyperParameters
    """
    return replace(
        RECIPES[0],
        start=partial(
            start,
            learning_rate=hp.Float("learning_rate", 3e-6, 1e-3, sampling="log", default=LEARNING_RATE),
            dropout=hp.Float("dropout", 0.0, 0.5, step=0.1, default=DROPOUT),
        ),
        fit_head=partial(fit_head, pull=hp.Float("pull", 0.1, 1000.0, sampling="log", default=PULL)),
        epochs=hp.Choice("epochs", [4, 8, 12, 24], default=12),
    )


RECIPES = (
    NetworkRecipe(
        name="transfer",
        summary="the default model, fine-tuned: head first, then all of it at a low rate; for few photos",
        preprocessing=PREPROCESSING,
        output="softmax",
        start=start,
        base=base,
        fit_head=fit_head,
        head_photos=HEAD_PHOTOS,
        epochs=12,
        batch_size=128,
        smallest_batch=8,
        augment=True,
        cosine=True,
        moving_average=True,
        variants=variants,
    ),
)
