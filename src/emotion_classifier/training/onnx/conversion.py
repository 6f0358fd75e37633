"""From a Keras model to ONNX, with the proof that both give the same numbers."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_classifier.errors import BundleError, missing_extra
from emotion_classifier.recipes.fitting import Fitted
from emotion_classifier.recipes.onnx_graph import OPSET

if TYPE_CHECKING:
    import keras
    import onnx

TOLERANCE = 1e-4
INPUT, OUTPUT = "pixels", "probabilities"


def to_onnx(model: keras.Model, *, highest: float = 1.0) -> bytes:
    """Convert a Keras model to ONNX and prove that both give the same numbers.

    The batch axis is dynamic, the input NHWC float32, named ``pixels``; the output is ``probabilities``.
    A model trained in reduced precision is exported in float32.

    Parameters
    ----------
    model : keras.Model
        One image in, one row of probabilities out.
    highest : float
        Largest input value the model is fed, for the check of parity.

    Returns
    -------
    bytes
        A serialised ONNX model.

    Raises
    ------
    BundleError
        If Keras runs on another backend than TensorFlow, an operation has no ONNX counterpart, or the result
        differs from Keras by more than 1e-4.
    MissingExtraError
        If TensorFlow or tf2onnx is not installed.
    """
    check_exportable()
    model = as_float32(model)
    with _quiet():
        proto = _convert(model)
    for tensor in (*proto.graph.input, *proto.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"
    serialised = bytes(proto.SerializeToString())
    check_parity(model, serialised, highest=highest)
    return serialised


def _convert(model: keras.Model) -> onnx.ModelProto:
    try:
        import tensorflow as tf
        import tf2onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise missing_extra("train", error.name or "tf2onnx") from error
    # The converter copies every constant dozens of times: 16 million weights took it most of a minute.
    # Large matrices therefore go in as inputs and are put in place afterwards.
    large = [variable for variable in model.variables if _is_large_matrix(variable)]
    names = [f"weight_{index}" for index in range(len(large))]
    signature = [
        tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name=INPUT),
        *(tf.TensorSpec(item.shape, tf.float32, name=name) for item, name in zip(large, names, strict=True)),
    ]

    small = {id(item): item.numpy() for item in model.variables if not _is_large_matrix(item)}

    # `from_keras` of tf2onnx looks outputs up by the names of Keras 2; a plain function has no such trap.
    def forward(pixels: Any, *matrices: Any) -> dict[str, Any]:
        values = small | {id(item): matrix for item, matrix in zip(large, matrices, strict=True)}
        trainable, others = (
            [tf.convert_to_tensor(values[id(variable)]) for variable in group]
            for group in (model.trainable_variables, model.non_trainable_variables)
        )
        # training=False takes augmentation and dropout out of the graph.
        outputs, _ = model.stateless_call(trainable, others, pixels, training=False)
        return {OUTPUT: outputs}

    traced = tf.function(forward, input_signature=signature, autograph=False)
    try:
        proto, _ = tf2onnx.convert.from_function(traced, input_signature=signature, opset=OPSET)
    except Exception as error:  # tf2onnx raises whatever its rewriters stumble over.
        raise BundleError(f"The model could not be converted to ONNX: {error}") from error
    inputs = {tensor.name: tensor for tensor in proto.graph.input}
    for variable, name in zip(large, names, strict=True):
        proto.graph.initializer.append(numpy_helper.from_array(variable.numpy(), name))
        proto.graph.input.remove(inputs[name])
    return proto


def _is_large_matrix(variable: keras.Variable) -> bool:
    # Convolution kernels stay: the converter turns them round, which is best done once and for all.
    return len(variable.shape) == 2 and int(np.prod(variable.shape)) > 2**16


def with_mirror(model: keras.Model) -> keras.Model:
    """Let a network answer for pictures, shape (n, h, w, c), and their mirror images, and take the mean."""
    import keras

    inputs = keras.Input(model.input_shape[1:])
    both = [model(inputs), model(keras.ops.flip(inputs, axis=2))]
    return keras.Model(inputs, keras.layers.Average()(both), name=f"{model.name}_mirrored")


def check_exportable() -> None:
    """Refuse a Keras backend that cannot be exported; call it before training rather than after.

    Raises
    ------
    BundleError
        If Keras runs on another backend than TensorFlow.
    MissingExtraError
        If Keras is not installed.
    """
    try:
        with _libraries_silent():
            import keras
    except ImportError as error:
        # Keras loads its backend at once; one that is not installed is not Keras missing.
        if (asked := os.environ.get("KERAS_BACKEND", "tensorflow")) != "tensorflow" and error.name != "keras":
            raise _other_backend(asked) from error
        raise missing_extra("train", "keras") from error
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise _other_backend(backend)


def _other_backend(name: str) -> BundleError:
    return BundleError(
        f"Keras runs on {name} here, and ONNX export needs TensorFlow. Unset KERAS_BACKEND or set "
        f"KERAS_BACKEND=tensorflow and run again; a model saved as .keras by {name} can be exported "
        f"that way with `emotion-classifier export --from-keras`."
    )


def check_parity(
    model: keras.Model, exported: bytes, *, tolerance: float = TOLERANCE, highest: float = 1.0
) -> float:
    """Hold an ONNX model to its Keras original.

    Parameters
    ----------
    model : keras.Model
        The original; compared in float32.
    exported : bytes
        The serialised ONNX model.
    tolerance : float
        Largest absolute difference of two probabilities that is let pass.
    highest : float
        Inputs are drawn from 0 to this.

    Returns
    -------
    float
        The largest difference found, over batches of one and of four.

    Raises
    ------
    BundleError
        If the difference is above `tolerance`.
    """
    import keras

    model, network = as_float32(model), Fitted(exported, 0)
    generator = np.random.default_rng(0)
    worst = 0.0
    for batch in (1, 4):
        inputs = generator.random((batch, *model.input_shape[1:]), np.float32) * np.float32(highest)
        expected = keras.ops.convert_to_numpy(model(inputs, training=False))
        worst = max(worst, float(np.max(np.abs(expected - network.predict(inputs)))))
    # Written so that NaN fails too.
    if not worst <= tolerance:
        raise BundleError(
            f"The ONNX export differs from the Keras model by {worst:.2g}, more than {tolerance:.0e} allows. "
            f"Nothing was written; please report the model's layers."
        )
    return worst


def as_float32(model: keras.Model) -> keras.Model:
    """Give the model itself, or its copy in float32 where it computes in less."""
    if all(layer.compute_dtype == "float32" for layer in model._flatten_layers(include_self=False)):
        return model
    copy: keras.Model = type(model).from_config(_in_float32(model.get_config()))
    copy.set_weights(model.get_weights())
    return copy


def _in_float32(config: Any) -> Any:
    if isinstance(config, list | tuple):
        return type(config)(_in_float32(item) for item in config)
    if isinstance(config, dict):
        return {key: "float32" if key == "dtype" else _in_float32(value) for key, value in config.items()}
    return config


@contextmanager
def _libraries_silent() -> Iterator[None]:
    """Hold back what libraries in C++ write to standard error when they are loaded; show it where that fails.

    TensorFlow's notes on the processor come before any level of its log counts.
    """
    with tempfile.TemporaryFile() as said, ExitStack() as restore:
        sys.stderr.flush()
        try:
            shown = os.dup(2)
        except OSError:  # There is no standard error.
            yield
            return
        restore.callback(os.close, shown)
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(shown, said.read())
            raise
        finally:
            os.dup2(shown, 2)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the converter's chatter off the user's terminal; its errors are raised as they are."""
    loggers = [logging.getLogger(name) for name in ("tf2onnx", "tensorflow")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
