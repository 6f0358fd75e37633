"""ONNX gives what Keras gives, for every kind of layer the recipes use."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("onnxruntime")

import keras
import onnxruntime

from emotion_classifier.errors import BundleError, RecipeError
from emotion_classifier.training.onnx.conversion import as_float32, check_parity, to_onnx, with_mirror
from emotion_classifier.training.onnx.precision import halved, quantized

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="export needs TensorFlow")
layers = keras.layers


def plain() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((24, 20, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(200, activation="relu"),  # large enough to go in beside the graph
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def modern(policy: str | None = None) -> keras.Model:
    """Residual, normalised, gated, augmented: what newer recipes are made of."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((24, 24, 1))
    x = layers.RandomFlip("horizontal")(inputs)
    x = layers.SeparableConv2D(8, 3, padding="same", use_bias=False, dtype=policy)(x)
    x = layers.BatchNormalization(dtype=policy)(x)
    x = layers.Activation("swish", dtype=policy)(x)
    shortcut = layers.Conv2D(8, 1, strides=2, padding="same", dtype=policy)(x)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", dtype=policy)(x)
    x = layers.Add(dtype=policy)([x, shortcut])
    gate = layers.Dense(8, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.GlobalAveragePooling2D()(layers.Multiply()([x, gate]))
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.Dropout(0.5)(x)))


def depthwise() -> keras.Model:
    """A MobileNet in small, large enough that its weights outweigh its graph."""
    keras.utils.set_random_seed(4)
    x = inputs = keras.Input((24, 24, 1))
    x = layers.ReLU(6)(layers.Conv2D(32, 3, strides=2)(x))
    for channels in (64, 128, 128):
        x = layers.ReLU(6)(layers.DepthwiseConv2D(3)(x))
        x = layers.ReLU(6)(layers.Conv2D(channels, 1)(x))
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("build", [plain, modern])
def test_parity(build: object) -> None:
    model = build()  # type: ignore[operator]
    assert check_parity(model, to_onnx(model)) < 1e-5


def test_any_batch_size_and_named_ends() -> None:
    session = onnxruntime.InferenceSession(to_onnx(plain()))
    (given,), (got,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape, given.type) == ("pixels", ["batch", 24, 20, 3], "tensor(float)")
    assert (got.name, got.shape) == ("probabilities", ["batch", 1])
    for batch in (1, 2, 7):
        (answers,) = session.run(None, {"pixels": np.zeros((batch, 24, 20, 3), np.float32)})
        assert answers.shape == (batch, 1)


def test_a_model_in_reduced_precision_is_exported_in_full() -> None:
    model = modern("mixed_bfloat16")
    exported = to_onnx(model)
    assert check_parity(model, exported) < 1e-5
    assert as_float32(model).layers[2].compute_dtype == "float32"
    assert model.layers[2].compute_dtype == "bfloat16"


def test_another_models_export_does_not_pass() -> None:
    keras.utils.set_random_seed(3)
    other = keras.models.clone_model(plain())
    with pytest.raises(BundleError, match="differs from the Keras model"):
        check_parity(other, to_onnx(plain()))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    to_onnx(plain())
    assert capfd.readouterr().out == ""


def test_another_backend_is_refused_with_what_to_do() -> None:
    # Whether JAX is installed or not.
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "from emotion_classifier.training.onnx.conversion import check_exportable; check_exportable()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "BundleError: Keras runs on jax here" in done.stderr and "KERAS_BACKEND=tensorflow" in done.stderr


def test_a_mirrored_network_gives_a_face_and_its_mirror_image_the_same() -> None:
    model = with_mirror(modern())
    exported = to_onnx(model)
    assert check_parity(model, exported) < 1e-5
    session = onnxruntime.InferenceSession(exported)
    faces = np.random.default_rng(3).random((3, 24, 24, 1), np.float32)
    (seen,), (mirrored,) = (session.run(None, {"pixels": pixels}) for pixels in (faces, faces[:, :, ::-1]))
    assert np.abs(seen - mirrored).max() < 1e-6


def test_half_precision_halves_the_file_and_hardly_moves_the_numbers() -> None:
    model = plain()
    exported = to_onnx(model)
    small = halved(exported)
    assert len(small) < 0.6 * len(exported)
    assert check_parity(model, small, tolerance=2e-3) > 0


def test_8_bits_quarter_the_file_and_move_the_numbers_a_little() -> None:
    model = depthwise()
    exported, faces = to_onnx(model), np.random.default_rng(5).random((40, 24, 24, 1), np.float32)
    small, change = quantized(exported, faces)
    assert len(small) < 0.5 * len(exported)
    (before,), (after,) = (
        onnxruntime.InferenceSession(network).run(None, {"pixels": faces}) for network in (exported, small)
    )
    assert 0 < np.abs(after - before).mean() < 0.02
    assert change == pytest.approx(np.abs(after - before).mean(), rel=1e-3)
    assert np.corrcoef(after[:, 0], before[:, 0])[0, 1] > 0.9


def test_8_bits_make_no_file_larger_though_the_dense_layers_hold_the_weights() -> None:
    model = keras.Sequential(
        [
            keras.Input((24, 24, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )
    exported, faces = to_onnx(model), np.random.default_rng(5).random((40, 24, 24, 1), np.float32)
    small, _ = quantized(exported, faces)
    assert len(small) <= len(halved(exported)) < 0.6 * len(exported)


def test_a_network_without_convolutions_is_not_made_one_of_8_bits() -> None:
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    with pytest.raises(RecipeError, match="without --int8"):
        quantized(to_onnx(model), np.zeros((3, 4, 4, 1), np.float32))


def test_weights_beyond_half_precision_stay_whole() -> None:
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    model.layers[-1].set_weights([np.full((16, 2), 1e6, np.float32), np.zeros(2, np.float32)])
    assert check_parity(model, halved(to_onnx(model))) == 0
