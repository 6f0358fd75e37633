"""Two trained networks that read one picture of a face as one network: the mean of what both make of it.

One sees grey faces of 48 pixels from the brows to the lower lip, as most photos of raters' votes are; the other colour
faces of 160 pixels with the cheeks. They err on different faces.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.recipes import mobilenet
from emotion_classifier.recipes.inner_crop import InnerCrop, inner_crop
from emotion_classifier.recipes.recipe import NetworkRecipe

if TYPE_CHECKING:
    import keras

    from emotion_classifier.model.bundle import Bundle

PREPROCESSING = mobilenet.PREPROCESSING
LEARNING_RATE = 3e-5
WEIGHT_DECAY = 0.01
AVERAGING = 0.999
DROPOUT = 0.2


def start(labels: tuple[str, ...], weights: Path | None) -> keras.Model:
    """Build the network of two bundles and compile it.

    Its last layer is that of both laid side by side and halved, so that the logits are the mean of theirs.

    Parameters
    ----------
    labels : tuple of str
    weights : Path or None
        Folder with two bundles of these labels.

    Returns
    -------
    keras.Model
        From float32 (n, 160, 160, 3) to probabilities (n, labels).

    Raises
    ------
    RecipeError
        If the folder does not hold two bundles that fit.
    BundleError
        If one of them is damaged.
    MissingExtraError
        If Keras is not installed.
    """
    try:
        import keras
        from keras import layers
    except ImportError as error:
        raise missing_extra("train", "keras") from error
    from emotion_classifier.recipes.backbone import add_crop, backbone, head

    members = _members(labels, weights)
    inputs, read = keras.Input(PREPROCESSING.input_shape), []
    for number, (bundle, crop) in enumerate(members, start=1):
        network = backbone(bundle, name=f"network_{number}")
        read.append(network(add_crop(inputs, crop)))
    features = keras.Model(inputs, layers.Concatenate(dtype="float32")(read), name="backbone")
    output = layers.Dense(len(labels), "softmax", name="head", dtype="float32")
    outer = keras.Input(PREPROCESSING.input_shape)
    model = keras.Model(outer, output(layers.Dropout(DROPOUT)(features(outer))), name="paired")
    heads = [_ordered(head(bundle), bundle, labels) for bundle, _ in members]
    output.set_weights(
        [np.concatenate([kernel / 2 for kernel, _ in heads]), np.mean([bias for _, bias in heads], axis=0)]
    )
    optimizer = keras.optimizers.AdamW(
        LEARNING_RATE, weight_decay=WEIGHT_DECAY, use_ema=True, ema_momentum=AVERAGING, clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def _members(labels: tuple[str, ...], weights: Path | None) -> list[tuple[Bundle, InnerCrop]]:
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.recipes.transfer import known_labels

    told = (
        "paired begins with a folder that holds two bundles, one trained with compact and one with mobilenet"
    )
    folders = sorted(path.parent for path in weights.glob("*/config.json")) if weights else []
    if len(folders) != 2:
        raise RecipeError(f"{weights or 'Nothing'} was named with --weights; {told}.")
    found = []
    for bundle in map(Bundle.load, folders):
        crop = inner_crop(PREPROCESSING, bundle.config.preprocessing)
        if crop is None or set(known_labels(bundle)) != set(labels):
            raise RecipeError(
                f"{bundle.path} takes in another picture or knows other labels than {', '.join(labels)}; {told}."
            )
        found.append((bundle, crop))
    return found


def _ordered(
    head: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], bundle: Bundle, labels: tuple[str, ...]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Bring the columns of a head into the order of labels."""
    from emotion_classifier.recipes.transfer import known_labels

    order = [known_labels(bundle).index(label) for label in labels]
    return head[0][:, order], head[1][order]


RECIPES = (
    NetworkRecipe(
        name="paired",
        summary="two trained networks, of compact and of mobilenet, as one: the default model",
        preprocessing=PREPROCESSING,
        output="softmax",
        start=start,
        epochs=1,
        batch_size=128,
        smallest_batch=8,
        augment=True,
        cosine=True,
        moving_average=True,
    ),
)
