"""From a Keras file to a bundle; and the way to ONNX that every training ends with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emotion_classifier.data.labels import canonical
from emotion_classifier.errors import BundleError
from emotion_classifier.model.bundle import Bundle, BundleConfig, labels_to_ids, save_bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.training.keras_file import fingerprint, load_keras_file
from emotion_classifier.training.onnx.conversion import as_float32, check_exportable, check_parity, to_onnx

if TYPE_CHECKING:
    import keras

__all__ = ["as_float32", "check_exportable", "check_fits", "check_parity", "from_keras", "to_onnx"]
Channels = Literal["rgb", "bgr", "grey"]


def from_keras(
    path: str | Path,
    *,
    labels: Sequence[str],
    channels: Channels,
    size: int,
    out: str | Path,
    scale: float = 1 / 255,
) -> Bundle:
    """Turn a model saved by Keras (2 or 3) into a bundle, without running any code from the file.

    The model is taken to look at the whole frame, squashed to a square, as the original notebooks did.

    Parameters
    ----------
    path : str or Path
        A ``.keras`` or ``.h5`` file.
    labels : sequence of str
        Names of the classes in the order the model was trained with: a model with one sigmoid unit gives the
        probability of the second.
    channels : {"rgb", "bgr", "grey"}
        Order of the channels in training; pictures read with OpenCV are "bgr".
    size : int
        Side of the model's input, pixels.
    out : str or Path
        Folder of the bundle.
    scale : float
        Pixels 0 to 255 are multiplied by this before the model; 1 where the model has a Rescaling layer.

    Returns
    -------
    Bundle

    Raises
    ------
    UnsafeModelError
        If loading the file would run code, as a Lambda layer does.
    BundleError
        If the file is no Keras model, or does not fit `labels`, `channels` or `size`.
    """
    check_exportable()
    path = Path(path)
    names = _label_names(labels)
    preprocessing = Preprocessing(input="photo", height=size, width=size, channels=channels, scale=scale)
    model = load_keras_file(path)
    output = check_fits(model, labels=names, input_shape=preprocessing.input_shape, file=path.name)
    config = _imported(path, model, names, preprocessing, output)
    return save_bundle(out, onnx=to_onnx(model, highest=255 * scale), config=config, card=_card(config))


def _imported(
    path: Path,
    model: keras.Model,
    labels: Sequence[str],
    preprocessing: Preprocessing,
    output: Literal["sigmoid", "softmax"],
) -> BundleConfig:
    digest = fingerprint(path)
    return BundleConfig(
        id=f"{path.stem}-{digest[:8]}",
        created=datetime.now(UTC),
        recipe="imported from Keras",
        id2label=labels_to_ids(labels),
        output=output,
        preprocessing=preprocessing,
        training={"source_file": path.name, "source_sha256": digest, "parameters": int(model.count_params())},
    )


def check_fits(
    model: keras.Model, *, labels: Sequence[str], input_shape: tuple[int, int, int], file: str
) -> Literal["sigmoid", "softmax"]:
    """Check that a model takes one picture of this shape and gives one probability per label.

    Returns
    -------
    {"sigmoid", "softmax"}
        Kind of the last layer.

    Raises
    ------
    BundleError
        Saying what does not fit and which option to change.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        counts = f"{len(model.inputs)} inputs and {len(model.outputs)} outputs"
        raise BundleError(f"{file} has {counts}; a classifier of pictures has one of each.")
    shape = tuple(model.inputs[0].shape)
    wanted = (None, *input_shape)
    pairs = zip(shape[1:], wanted[1:], strict=False)
    if len(shape) != 4 or any(has not in (None, need) for has, need in pairs):
        raise BundleError(
            f"{file} takes inputs of shape {shape[1:]} (height, width, channels), and --size and --channels "
            f"say {input_shape}. Give the size and channels it was trained with."
        )
    units = tuple(model.outputs[0].shape)
    kind = _last_activation(model)
    if kind == "sigmoid" and units[1:] == (1,) and len(labels) == 2:
        return "sigmoid"
    if kind == "softmax" and units[1:] == (len(labels),) and len(labels) >= 2:
        return "softmax"
    raise BundleError(
        f"{file} ends in {kind or 'no activation'} with output shape {units[1:]}, and {len(labels)} labels "
        f"were given ({', '.join(labels)}). Needed: one sigmoid unit and two labels, or softmax with a unit "
        f"per label."
    )


def _last_activation(model: keras.Model) -> str | None:
    import keras

    last = model.layers[-1]
    while isinstance(last, keras.Model):
        last = last.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return "softmax"
    name = getattr(getattr(last, "activation", None), "__name__", None)
    return None if name == "linear" else name


def _label_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Use the project's names where it has one, else the user's own in lower case."""
    names = tuple(
        label.strip().lower() if canonical(label) == "other" else canonical(label) for label in labels
    )
    if len(set(names)) != len(names):
        raise BundleError(f"Two labels are the same: {', '.join(names)}. Name each class once.")
    missing = [name for name in ("happy", "sad") if name not in names]
    if missing:
        raise BundleError(
            f"The labels {', '.join(names) or '(none)'} do not name {' and '.join(missing)}. "
            f"Give the classes in the order of training, for example --labels Happy,Sad."
        )
    return names


def _card(config: BundleConfig) -> str:
    labels = ", ".join(config.id2label.values())
    inputs = config.preprocessing
    return (
        "---\nlibrary_name: emotion-classifier\npipeline_tag: image-classification\n---\n\n"
        f"# {config.id}\n\n"
        f"Imported from the Keras file `{config.training['source_file']}` "
        f"(SHA-256 `{config.training['source_sha256']}`), {config.training['parameters']:,} parameters.\n\n"
        f"- Labels, in the order of training: {labels}\n"
        f"- Input: the whole frame, squashed to {inputs.width} × {inputs.height} px, {inputs.channels}, "
        f"pixels × {inputs.scale:.6g}\n"
        "- Training data, licence and accuracy: not known to this package; ask the model's author, and "
        "measure with `emotion-classifier evaluate`.\n- Probabilities are not calibrated.\n\n"
        "It reads an expression, not a feeling. Not for judging people at work, in school or in hiring.\n"
    )
