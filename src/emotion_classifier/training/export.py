"""From a Keras file to a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from emotion_classifier.data.labels import canonical
from emotion_classifier.errors import BundleError
from emotion_classifier.model.bundle import Bundle, BundleConfig, labels_to_ids, save_bundle
from emotion_classifier.model.card import NOT_STATED, TERMS, new_card
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.training.keras_file import fingerprint, load_keras_file, require_file
from emotion_classifier.training.keras_front import Front, fits, front_of
from emotion_classifier.training.onnx.conversion import check_exportable, check_parity, to_onnx

if TYPE_CHECKING:
    import keras

Channels = Literal["rgb", "bgr", "grey"]


@dataclass(frozen=True)
class Imported:
    """A Keras model on its way to a bundle.

    Parameters
    ----------
    model : keras.Model
        Of one size.
    config : BundleConfig
    onnx : bytes
        The serialised model.
    front : Front
        What the model does to pixels itself.
    notes : tuple of str
        What was found in the file and how it was understood, in words.
    """

    model: keras.Model
    config: BundleConfig
    onnx: bytes
    front: Front
    notes: tuple[str, ...]

    def fed(self, channels: Channels, scale: float, offset: float) -> Imported:
        """Return the same model, fed pixels otherwise, after a check that ONNX and Keras agree on those numbers too."""
        changes = {"channels": channels, "scale": scale, "offset": offset}
        preprocessing = self.config.preprocessing.model_copy(update=changes)
        check_parity(self.model, self.onnx, highest=max(abs(offset), abs(255 * scale + offset)))
        return replace(self, config=self.config.model_copy(update={"preprocessing": preprocessing}))

    def save(self, out: str | Path) -> Bundle:
        """Write the bundle, as `save_bundle` does."""
        return save_bundle(out, onnx=self.onnx, config=self.config, card=_card(self.config))


def import_keras(
    path: str | Path,
    *,
    labels: Sequence[str],
    channels: Channels | None = None,
    size: int | None = None,
    scale: float | None = None,
    offset: float = 0.0,
) -> Imported:
    """Read a model saved by Keras (2 or 3) and convert it, without running any code from the file.

    The model is taken to look at the whole frame, squashed to its size, as the original notebooks did.

    Parameters
    ----------
    path : str or Path
        A ``.keras`` or ``.h5`` file.
    labels : sequence of str
        Names of the classes in the order the model was trained with: a model with one sigmoid unit gives the
        probability of the second.
    channels : {"rgb", "bgr", "grey"} or None
        Order of the channels in training; pictures read with OpenCV are "bgr". None: "grey" for a model of one
        channel, else "rgb".
    size : int or None
        Height and width of the model's input, pixels. None: the model's own, or that of its Resizing layer.
    scale : float or None
        Pixels 0 to 255 are multiplied by this before the model. None: 1 where the model scales pixels itself
        (Rescaling, Normalization, arithmetic), else 1/255.
    offset : float
        Added after that.

    Raises
    ------
    UnsafeModelError
        If loading the file would run code, as a Lambda layer does.
    BundleError
        If the file is no Keras model, does not fit `labels`, `channels` or `size`, or does not tell its size or scale.
    """
    path = Path(path)
    require_file(path)
    names = _label_names(labels)
    check_exportable()
    model = load_keras_file(path)
    check_ends(model, file=path.name)
    front = front_of(model)
    height, width = _size(model, front, size, file=path.name)
    channels = channels or ("grey" if model.inputs[0].shape[-1] == 1 else "rgb")
    used = _scale(front, offset, file=path.name) if scale is None else scale
    preprocessing = _preprocessing(height=height, width=width, channels=channels, scale=used, offset=offset)
    output = check_fits(model, labels=names, input_shape=preprocessing.input_shape, file=path.name)
    model = _of_one_size(model, preprocessing.input_shape)
    return Imported(
        model=model,
        config=_imported(path, model, names, preprocessing, output),
        onnx=to_onnx(model, highest=max(abs(offset), abs(255 * used + offset))),
        front=front,
        notes=tuple(_notes(front, preprocessing, size=size, scale=scale)),
    )


def _size(model: keras.Model, front: Front, size: int | None, *, file: str) -> tuple[int, int]:
    """Choose height and width: those asked for, the model's own, or those of its Resizing layer."""
    own = tuple(model.inputs[0].shape[1:3])
    if size is not None:
        return size, size
    if None not in own:
        return own
    if front.size:
        return front.size
    crops = " It cuts them itself, out of larger ones." if front.crops else ""
    raise BundleError(
        f"{file} takes pictures of any size.{crops} Say with --size how many pixels high and wide they were in "
        f"training."
    )


def _scale(front: Front, offset: float, *, file: str) -> float:
    scale = front.scale
    if offset and not front.scales:
        raise BundleError("--offset is added to scaled pixels: give --scale too.")
    if scale is None:
        low, high = front.seen(1.0)
        raise BundleError(
            f"{file} scales pixels itself, and neither 0 to 255 nor 0 to 1 is what it expects: it makes {low:.3g} to "
            f"{high:.3g} of 0 to 255. Say with --scale what pixels were multiplied by before the model."
        )
    return scale


def _preprocessing(
    *, height: int, width: int, channels: Channels, scale: float, offset: float
) -> Preprocessing:
    try:
        return Preprocessing(
            input="photo", height=height, width=width, channels=channels, scale=scale, offset=offset
        )
    except ValidationError as error:
        raise BundleError(
            f"The model takes pictures of {width} × {height} px; 8 to 1024 px are possible. "
            f"Train it for a size between, or give another --size."
        ) from error


def _of_one_size(model: keras.Model, shape: tuple[int, int, int]) -> keras.Model:
    """Fix what the model leaves open: the size of pictures, or how many there are at once."""
    import keras

    if tuple(model.inputs[0].shape) == (None, *shape):
        return model
    inputs = keras.Input(shape, dtype=model.inputs[0].dtype)
    return keras.Model(inputs, model(inputs), name=f"{model.name}_of_one_size")


def _notes(front: Front, used: Preprocessing, *, size: int | None, scale: float | None) -> Iterator[str]:
    """Say what was found in the model, and what would make it read wrongly."""
    low, high = front.seen(used.scale, used.offset)
    makes = f"black and white become {low:.3g} and {high:.3g} before its first learned layer"
    if scale is None and front.scales:
        fed = "0 to 255" if used.scale == 1 else "0 to 1"
        yield f"The model scales pixels itself, so it is fed {fed}; {makes}."
    elif front.scales and not fits((low, high)):
        yield f"Careful: the model scales pixels itself, and with this --scale {makes}. Try it without --scale."
    if size is None and front.size and None in front.steps[0].input_shape[1:3]:
        yield f"Size {used.width} × {used.height} px: that of its Resizing layer."
    if front.crops:
        yield "The model cuts pictures or pads them itself; here whole frames are squashed to its input first."


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


def check_ends(model: keras.Model, *, file: str) -> None:
    """Check that a model has one input, of pictures, and one output.

    Raises
    ------
    BundleError
        Saying what it has instead.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        counts = f"{len(model.inputs)} inputs and {len(model.outputs)} outputs"
        raise BundleError(f"{file} has {counts}; a classifier of pictures has one of each.")
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise BundleError(
            f"{file} takes inputs of shape {shape[1:]}; pictures have (height, width, channels), with 1 or 3 channels. "
            f"Save a model that takes those."
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
    shape = tuple(model.inputs[0].shape)
    if any(has not in (None, need) for has, need in zip(shape[1:], input_shape, strict=True)):
        raise BundleError(
            f"{file} takes inputs of shape {shape[1:]} (height, width, channels), and --size and --channels "
            f"say {input_shape}. Leave them out, or give the size and channels it was trained with."
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
    terms = (
        f"{TERMS}\n\nImported from the Keras file `{config.training['source_file']}` (SHA-256 "
        f"`{config.training['source_sha256']}`). {NOT_STATED}"
    )
    body = (
        f"## Training\n\n{config.training['parameters']:,} parameters.\n\n"
        f"- Labels, in the order of training: {labels}\n"
        f"- Input: the whole frame, squashed to {inputs.width} × {inputs.height} px, {inputs.channels}, "
        f"pixels × {inputs.scale:.6g}{f' {inputs.offset:+g}' if inputs.offset else ''}\n"
        "- Licence, training data and accuracy: not known to this package; ask the model's author, and "
        "measure with `emotion-classifier evaluate`.\n- Probabilities are not calibrated.\n\n"
        "## Limits\n\nIt reads an expression, not a feeling. Not for judging people at work, in school or in hiring.\n"
    )
    return new_card(config.id, body, about=terms)
