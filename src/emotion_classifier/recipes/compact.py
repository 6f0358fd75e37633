"""A small residual network for aligned faces, trained on the votes of many raters."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from emotion_classifier.faces.align import Framing
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.head import compile_network
from emotion_classifier.recipes.recipe import NetworkRecipe

if TYPE_CHECKING:
    import keras

SIZE = 48
STEM = 32
# Channels and residual blocks of each stage; every stage but the first halves the picture.
STAGES = ((32, 1), (64, 1), (128, 2), (256, 1))
# Closer than the detector's box: from above the brows to below the lower lip.
FRAMING = Framing(width_in_eye_distances=2.2, eye_line=0.32)
DROPOUT = 0.2
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.02
AVERAGING = 0.999
# Eighteen photos at once are learned by heart; eight or nine at a time hardly are, perhaps for what batch normalisation
# makes of so few.
SMALLEST_BATCH = 16


def build(
    classes: int,
    *,
    learning_rate: float = LEARNING_RATE,
    weight_decay: float = WEIGHT_DECAY,
    dropout: float = DROPOUT,
    width: float = 1.0,
) -> keras.Model:
    """Build and compile the network.

    A 5 × 5 stem and residual blocks (He et al. 2016) in four stages, shortcuts averaged before they are widened
    (He et al. 2019); global average pooling, dropout, softmax. For the optimizer see `compile_network`.

    Parameters
    ----------
    classes : int
    learning_rate, weight_decay, dropout : float
    width : float
        Channels of every convolution, in times those of the recipe.

    Returns
    -------
    keras.Model
        From float32 (n, 48, 48, 1) to probabilities (n, classes).
    """
    import keras
    from keras import layers

    inputs = keras.Input((SIZE, SIZE, 1))
    x = _convolution(inputs, round(STEM * width), kernel=5, stride=2)
    for stage, (channels, blocks) in enumerate(STAGES):
        for block in range(blocks):
            x = _residual(x, round(channels * width), stride=2 if stage > 0 and block == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    model = keras.Model(
        inputs, layers.Dense(classes, activation="softmax", dtype="float32")(x), name="compact"
    )
    compile_network(model, learning_rate=learning_rate, weight_decay=weight_decay, averaging=AVERAGING)
    return model


def _convolution(
    x: keras.KerasTensor, width: int, *, kernel: int = 3, stride: int = 1, activate: bool = True
) -> keras.KerasTensor:
    from keras import layers

    x = layers.Conv2D(width, kernel, strides=stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.98)(x)
    return layers.ReLU()(x) if activate else x


def _residual(x: keras.KerasTensor, width: int, *, stride: int) -> keras.KerasTensor:
    from keras import layers

    shortcut = x
    if stride > 1:
        shortcut = layers.AveragePooling2D(stride)(x)
        shortcut = _convolution(shortcut, width, kernel=1, activate=False)
    x = _convolution(x, width, stride=stride)
    x = _convolution(x, width, activate=False)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def variants(hp: Any) -> NetworkRecipe:
    """Search learning rate, weight decay, dropout and width.

    Parameters
    ----------
    hp : keras_tuner.HyperParameters
    """
    return replace(
        RECIPES[0],
        build=partial(
            build,
            learning_rate=hp.Float("learning_rate", 2e-4, 1e-2, sampling="log", default=LEARNING_RATE),
            weight_decay=hp.Float("weight_decay", 1e-3, 0.1, sampling="log", default=WEIGHT_DECAY),
            dropout=hp.Float("dropout", 0.0, 0.5, step=0.1, default=DROPOUT),
            width=hp.Choice("width", [0.5, 1.0, 1.5], default=1.0),
        ),
    )


PREPROCESSING = Preprocessing(
    input="face",
    height=SIZE,
    width=SIZE,
    channels="grey",
    scale=1 / 127.5,
    offset=-1.0,
    framing=FRAMING,
)
RECIPES = (
    NetworkRecipe(
        name="compact",
        summary="small residual network on aligned grey faces, from nothing; for many photos",
        preprocessing=PREPROCESSING,
        output="softmax",
        build=build,
        epochs=40,
        batch_size=128,
        smallest_batch=SMALLEST_BATCH,
        augment=True,
        cosine=True,
        moving_average=True,
        mirror=True,
        variants=variants,
    ),
)
