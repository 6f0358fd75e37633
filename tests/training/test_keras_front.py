"""A model's own scaling and size are seen, wherever they are; nothing is scaled twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("h5py")

import keras
from saving import MARKS

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.errors import BundleError
from emotion_classifier.training.export import import_keras
from emotion_classifier.training.keras_front import front_of

pytestmark = MARKS
layers = keras.layers
SIDE = 16
LABELS = ["Happy", "Sad"]


def ended(x: Any, inputs: Any) -> keras.Model:
    x = layers.Conv2D(4, 3, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def plain(side: int | None = SIDE, *first: Any, dtype: str = "float32") -> keras.Model:
    inputs = keras.Input((side, side, 3), dtype=dtype)
    x = inputs
    for layer in first:
        x = layer(x)
    return ended(x, inputs)


def within_a_model() -> keras.Model:
    return plain(SIDE, keras.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 127.5, offset=-1)]))


def within_a_learned_model() -> keras.Model:
    inner = keras.Sequential([layers.Rescaling(1 / 255), layers.Conv2D(3, 3)])
    return plain(SIDE, layers.RandomRotation(0.1), keras.Sequential([inner]))


def by_arithmetic() -> keras.Model:
    inputs = keras.Input((SIDE, SIDE, 3))
    return ended(inputs / 127.5 - 1, inputs)


def less_the_mean() -> keras.Model:
    return plain(SIDE, layers.Rescaling(1.0, offset=-117.0))


def normalised(highest: float) -> keras.Model:
    layer = layers.Normalization()
    layer.adapt(np.random.default_rng(0).random((20, SIDE, SIDE, 3), np.float32) * highest)
    return plain(SIDE, layer)


@pytest.mark.parametrize(
    ("build", "scale"),
    [
        (plain, 1 / 255),
        (lambda: plain(SIDE, layers.Rescaling(1 / 255)), 1),
        (within_a_model, 1),
        (within_a_learned_model, 1),
        (by_arithmetic, 1),
        (less_the_mean, 1),
        (lambda: normalised(255), 1),
        (lambda: normalised(1), 1 / 255),
        (lambda: plain(SIDE, layers.BatchNormalization()), 1 / 255),
        (lambda: plain(SIDE, layers.Rescaling(255.0), layers.Rescaling(1 / 255)), 1 / 255),
        (lambda: plain(SIDE, dtype="uint8"), 1),
    ],
)
def test_pixels_are_scaled_once(build: Callable[[], keras.Model], scale: float) -> None:
    assert front_of(build()).scale == scale


def test_a_model_that_scales_reads_photos_as_keras_does(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = within_a_model()
    model.save(tmp_path / "model.keras")
    imported = import_keras(tmp_path / "model.keras", labels=LABELS)
    assert any("scales pixels itself" in note for note in imported.notes)
    photo = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    (expected,) = np.asarray(model(photo[np.newaxis].astype(np.float32), training=False))
    reading = EmotionClassifier(imported.save(tmp_path / "bundle")).predict(photo).main
    assert reading is not None
    assert reading.p_happy == pytest.approx(expected[0], abs=1e-4)


def test_scaling_twice_on_purpose_is_warned_of(tmp_path: Path) -> None:
    plain(SIDE, layers.Rescaling(1 / 255)).save(tmp_path / "model.keras")
    (note,) = import_keras(tmp_path / "model.keras", labels=LABELS, scale=1 / 255).notes
    assert note.startswith("Careful")


def test_scaling_that_fits_nothing_asks_for_the_scale(tmp_path: Path) -> None:
    plain(SIDE, layers.Rescaling(1 / 255**2)).save(tmp_path / "model.keras")
    with pytest.raises(BundleError, match="--scale"):
        import_keras(tmp_path / "model.keras", labels=LABELS)


def test_a_size_left_open(tmp_path: Path) -> None:
    plain(None, layers.Resizing(24, 20), layers.Rescaling(1 / 255)).save(tmp_path / "resizing.keras")
    found = import_keras(tmp_path / "resizing.keras", labels=LABELS).config.preprocessing
    assert (found.height, found.width) == (24, 20)
    for name, first in (("any", ()), ("crop", (layers.CenterCrop(16, 16),))):
        plain(None, *first).save(tmp_path / f"{name}.keras")
        with pytest.raises(BundleError, match="--size"):
            import_keras(tmp_path / f"{name}.keras", labels=LABELS)
        imported = import_keras(tmp_path / f"{name}.keras", labels=LABELS, size=24)
        pixels = np.random.default_rng(0).random((3, 24, 24, 3), np.float32)
        served = imported.save(tmp_path / name).probabilities(pixels)
        assert served == pytest.approx(np.asarray(imported.model(pixels)), abs=1e-4)


def test_the_models_own_size_and_channels_need_no_option(tmp_path: Path) -> None:
    inputs = keras.Input((20, 12, 1), batch_size=1)
    x = layers.Flatten()(layers.Resizing(8, 8)(inputs))
    keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x)).save(tmp_path / "model.keras")
    found = import_keras(tmp_path / "model.keras", labels=LABELS).config.preprocessing
    assert (found.height, found.width, found.channels) == (20, 12, "grey")
