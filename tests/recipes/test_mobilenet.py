"""The recipe of the default model: which weights it begins with, and which of them it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

import emotion_classifier
from emotion_classifier import recipes
from emotion_classifier.errors import RecipeError
from emotion_classifier.faces.quality import QualityLimits
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import mobilenet
from emotion_classifier.recipes.backbone import backbone
from emotion_classifier.recipes.inner_crop import inner_crop

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
LABELS = ("happy", "neutral", "sad")


def test_it_begins_with_the_weights_of_the_file_and_leaves_edges_and_textures_alone(tmp_path: Path) -> None:
    free = mobilenet.start(LABELS, None)
    backbone = free.get_layer("backbone")
    assert all(layer.trainable for layer in backbone.layers)
    weights = {
        f"{layer.name}/{part}": np.full_like(values, 0.01)
        for layer in backbone.layers
        if layer.weights
        for part, values in zip(("kernel", "bias"), layer.get_weights(), strict=True)
    }
    np.savez(tmp_path / "weights.npz", **weights)
    begun = mobilenet.start(LABELS, tmp_path / "weights.npz")
    assert begun.output_shape == (None, 3)
    layers = {layer.name: layer for layer in begun.get_layer("backbone").layers if layer.weights}
    assert all(
        np.all(values == np.float32(0.01)) for layer in layers.values() for values in layer.get_weights()
    )
    assert not layers["stem"].trainable and not layers["pointwise_5"].trainable
    assert layers["depthwise_6"].trainable and layers["pointwise_12"].trainable


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read as weights of mobilenet"):
        mobilenet.start(LABELS, tmp_path / "missing.npz")
    np.savez(tmp_path / "other.npz", one=np.zeros(3))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "other.npz").read_bytes()[:100])
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("cut.npz", "array.npy"):
        with pytest.raises(RecipeError, match="cannot be read as weights of mobilenet"):
            mobilenet.start(LABELS, tmp_path / name)
    with pytest.raises(RecipeError, match="another network than mobilenet"):
        mobilenet.start(LABELS, tmp_path / "other.npz")


def test_arrays_of_another_shape_are_refused(tmp_path: Path) -> None:
    layers = [layer for layer in mobilenet.start(LABELS, None).get_layer("backbone").layers if layer.weights]
    arrays = {f"{layer.name}/{part}": np.zeros((3, 3)) for layer in layers for part in ("kernel", "bias")}
    np.savez_compressed(tmp_path / "weights.npz", **arrays)
    with pytest.raises(RecipeError, match="another network than mobilenet"):
        mobilenet.start(LABELS, tmp_path / "weights.npz")


def test_weights_taken_out_of_a_bundle_are_those_it_reads_faces_with(tmp_path: Path) -> None:
    out = tmp_path / "weights.npz"
    tool = Path(__file__).parents[2] / "tools" / "weights_of_bundle.py"
    default = Path(emotion_classifier.__file__).parent / "assets" / "default"
    subprocess.run([sys.executable, tool, default, out], check=True)
    begun = mobilenet.start(LABELS, out).get_layer("backbone")
    shipped = backbone(Bundle.default())
    faces = np.random.default_rng(0).uniform(-1, 1, (1, 160, 160, 3)).astype(np.float32)
    np.testing.assert_allclose(begun(faces), shipped(faces), atol=1e-4)


def test_a_rebuilt_default_model_has_the_limits_of_the_shipped_one() -> None:
    assert Bundle.default().config.quality == QualityLimits()


def test_the_default_model_is_of_it_and_other_recipes_find_their_pictures_within() -> None:
    assert Bundle.default().config.preprocessing == mobilenet.PREPROCESSING
    assert recipes.get("transfer").preprocessing == mobilenet.PREPROCESSING
    crop = inner_crop(mobilenet.PREPROCESSING, recipes.get("compact").preprocessing)
    assert crop is not None and crop.block == 3
