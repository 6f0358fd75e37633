"""Two trained networks that read one picture of a face as one network: the mean of what both make of it.

One sees grey faces of 48 pixels from the brows to the lower lip, as most photos of raters' votes are; the other colour
faces of 160 pixels with the cheeks. They err on different faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.recipes import mobilenet
from emotion_classifier.recipes.inner_crop import inner_crop

if TYPE_CHECKING:
    import keras

    from emotion_classifier.model.bundle import Bundle

PREPROCESSING = mobilenet.PREPROCESSING


def paired_network(bundles: Sequence[Bundle]) -> keras.Model:
    """Build the network of two bundles.

    Its last layer is that of both laid side by side and halved, so that the logits are the mean of theirs.

    Parameters
    ----------
    bundles : sequence of two Bundle
        They know the same labels, and what each takes in is part of this module's `PREPROCESSING`.

    Returns
    -------
    keras.Model
        From float32 (n, 160, 160, 3) to probabilities (n, labels of the first bundle).

    Raises
    ------
    RecipeError
        If the bundles do not fit each other.
    MissingExtraError
        If Keras is not installed.
    """
    try:
        import keras
        from keras import layers
    except ImportError as error:
        raise missing_extra("train", "keras") from error
    from emotion_classifier.recipes.backbone import add_crop, backbone, head
    from emotion_classifier.recipes.transfer import known_labels

    labels = known_labels(bundles[0])
    picture, read, heads = keras.Input(PREPROCESSING.input_shape), [], []
    for number, bundle in enumerate(bundles, start=1):
        crop = inner_crop(PREPROCESSING, bundle.config.preprocessing)
        known = known_labels(bundle)
        if crop is None or set(known) != set(labels):
            raise RecipeError(
                f"{bundle.id} takes in a picture that is not part of {PREPROCESSING.width} × "
                f"{PREPROCESSING.height} px, or knows other labels than {', '.join(labels)}; it cannot be paired."
            )
        read.append(backbone(bundle, name=f"network_{number}")(add_crop(picture, crop)))
        kernel, bias = head(bundle)
        order = [known.index(label) for label in labels]
        heads.append((kernel[:, order], bias[order]))
    output = layers.Dense(len(labels), "softmax", name="head", dtype="float32")
    model = keras.Model(picture, output(layers.Concatenate(dtype="float32")(read)), name="paired")
    share = 1 / len(heads)
    output.set_weights(
        [
            np.concatenate([share * kernel for kernel, _ in heads]),
            np.mean([bias for _, bias in heads], axis=0),
        ]
    )
    return model
