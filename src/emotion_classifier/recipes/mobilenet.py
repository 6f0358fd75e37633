"""MobileNet (Howard et al. 2017) that has learned to describe faces, fine-tuned on expressions."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.faces.align import Framing
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.compact import FRAMING as COMPACT
from emotion_classifier.recipes.compact import SIZE as COMPACT_SIZE
from emotion_classifier.recipes.head import fit_head, with_head
from emotion_classifier.recipes.recipe import NetworkRecipe

if TYPE_CHECKING:
    import keras

Weights = dict[str, npt.NDArray[np.float32]]

SIZE = 160
# Three pixels for each of the picture of `compact`, so that both can share a picture; the cheeks are in it.
_BLOCK, _ABOVE = 3, 2
FRAMING = Framing(
    width_in_eye_distances=COMPACT.width_in_eye_distances * SIZE / (COMPACT_SIZE * _BLOCK),
    eye_line=(_ABOVE + COMPACT.eye_line * COMPACT_SIZE * _BLOCK) / SIZE,
)
PREPROCESSING = Preprocessing(
    input="face", height=SIZE, width=SIZE, channels="rgb", scale=1 / 127.5, offset=-1.0, framing=FRAMING
)
STEM = 32
# Channels and stride of each depthwise-separable block: those of MobileNet but for the last, which is left out, and the
# last but one, which keeps three quarters of its channels.
BLOCKS = (
    (64, 1),
    (128, 2), (128, 1),
    (256, 2), (256, 1),
    (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (768, 2),
)  # fmt: skip
# Edges and textures are the same in every face; to leave them alone halves the time that training takes.
FROZEN = 5
# The head reads this block and those after it.
FIRST_POOLED = 11
DROPOUT = 0.3
LEARNING_RATE = 3e-4
WEIGHT_DECAY = 0.02
AVERAGING = 0.999
# Photos on which the head is fitted before the rest is trained.
HEAD_PHOTOS = 8000


def start(labels: tuple[str, ...], weights: Path | None) -> keras.Model:
    """Build the network and compile it.

    Parameters
    ----------
    labels : tuple of str
    weights : Path or None
        File that ``tools/convert_face_descriptor.py`` writes; None: random weights, of which all are trained.

    Returns
    -------
    keras.Model
        From float32 (n, 160, 160, 3) to probabilities (n, labels).

    Raises
    ------
    RecipeError
        If the file is missing or of another network.
    MissingExtraError
        If Keras is not installed.
    """
    try:
        features = _backbone()
    except ImportError as error:
        raise missing_extra("train", "keras") from error
    if weights:
        _set(features, weights)
        for layer in features.layers:
            layer.trainable = not _is_frozen(layer.name)
    return with_head(
        features,
        len(labels),
        name="mobilenet",
        learning_rate=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        averaging=AVERAGING,
        dropout=DROPOUT,
        kernel_initializer="zeros",
    )


def _backbone() -> keras.Model:
    """Lay out the network up to its global average pooling; batch normalisations are folded in."""
    import keras
    from keras import layers

    inputs = keras.Input(PREPROCESSING.input_shape)
    x, pooled = layers.ReLU(6.0)(layers.Conv2D(STEM, 3, strides=2, padding="same", name="stem")(inputs)), []
    for number, (channels, stride) in enumerate(BLOCKS, start=1):
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", name=f"depthwise_{number}")(x)
        x = layers.ReLU(6.0)(x)
        x = layers.ReLU(6.0)(layers.Conv2D(channels, 1, name=f"pointwise_{number}")(x))
        if number >= FIRST_POOLED:
            pooled.append(layers.GlobalAveragePooling2D(dtype="float32")(x))
    return keras.Model(inputs, layers.Concatenate(dtype="float32")(pooled), name="backbone")


def _is_frozen(layer: str) -> bool:
    kind, _, number = layer.partition("_")
    return kind == "stem" or (kind in ("depthwise", "pointwise") and int(number) <= FROZEN)


def _set(features: keras.Model, path: Path) -> None:
    stored = _read(path)
    for layer in features.layers:
        if not layer.weights:
            continue
        given = [stored[f"{layer.name}/{part}"] for part in ("kernel", "bias")]
        if any(values.shape != weight.shape for values, weight in zip(given, layer.weights, strict=True)):
            raise _another_network(path)
        layer.set_weights(given)


def _read(path: Path) -> Weights:
    if path.is_dir():
        raise RecipeError(
            f"{path} is a folder, and mobilenet begins with a file of weights. To begin with a bundle, "
            f"choose the recipe transfer."
        )
    wanted = {f"{layer}/{part}" for layer in layer_names() for part in ("kernel", "bias")}
    try:
        # A file that NumPy opens itself stays open where it is broken.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            found = {name: np.asarray(stored[name], np.float32) for name in stored.files}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RecipeError(
            f"{path} cannot be read as weights of mobilenet ({error}). Make the file with "
            f"tools/convert_face_descriptor.py of the project's repository."
        ) from error
    if not wanted <= set(found):
        raise _another_network(path)
    return found


def _another_network(path: Path) -> RecipeError:
    return RecipeError(
        f"{path} holds weights of another network than mobilenet. Make the file with "
        f"tools/convert_face_descriptor.py of the project's repository, or leave --weights out."
    )


def layer_names() -> list[str]:
    """Name the convolutions in the order they stand in."""
    blocks = range(1, len(BLOCKS) + 1)
    return ["stem", *(f"{kind}_{number}" for number in blocks for kind in ("depthwise", "pointwise"))]


RECIPES = (
    NetworkRecipe(
        name="mobilenet",
        summary="MobileNet that knows faces, fine-tuned: what the default model is trained with; for many photos",
        preprocessing=PREPROCESSING,
        output="softmax",
        start=start,
        random_start=True,
        fit_head=fit_head,
        head_photos=HEAD_PHOTOS,
        epochs=8,
        batch_size=128,
        smallest_batch=16,
        augment=True,
        cosine=True,
        moving_average=True,
    ),
)
