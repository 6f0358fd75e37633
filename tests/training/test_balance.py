from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import DatasetError
from emotion_classifier.recipes.head import fit_head
from emotion_classifier.training.balance import HIGHEST, importance

FACES = Path(__file__).parents[1] / "faces_rendered"


def test_groups_weigh_the_same_within_each_label_and_labels_as_before() -> None:
    data = read_folder(FACES)
    groups = ["old" if row % 12 < 3 else "young" for row in range(len(data))]
    groups[0] = None
    data = replace(data, columns={"age": tuple(groups)})
    weights = importance(data, "age")
    names = np.array(["" if group is None else group for group in groups])
    sad = np.array(data.names) == "sad"
    assert weights.mean() == pytest.approx(1)
    assert weights[sad & (names == "old")].sum() == pytest.approx(weights[sad & (names == "young")].sum())
    assert weights[sad].sum() == pytest.approx(weights[~sad].sum(), rel=1e-5)


def test_one_photo_alone_does_not_steer_the_network() -> None:
    data = read_folder(FACES).take(np.repeat(np.arange(12), 20))
    data = replace(data, columns={"who": ("one",) + ("rest",) * 239})
    assert importance(data, "who").max() <= HIGHEST * 2


def test_a_column_that_is_missing_or_has_too_many_values() -> None:
    data = read_folder(FACES)
    with pytest.raises(DatasetError, match="no column 'age'"):
        importance(data, "age")
    data = data.take(np.repeat(np.arange(24), 3))
    data = replace(data, columns={"name": tuple(map(str, range(72)))})
    with pytest.raises(DatasetError, match="72 different values"):
        importance(data, "name")


def test_a_photo_that_counts_twice_moves_the_head_as_two_photos() -> None:
    keras = pytest.importorskip("keras")
    draw = np.random.default_rng(0)
    faces, labels = draw.normal(size=(6, 4, 4, 1)).astype(np.float32), np.eye(2, dtype=np.float32)[[0, 1] * 3]
    counts = np.array([1, 1, 2, 1, 1, 2], np.float32)

    def fitted(rows: np.ndarray, importance: np.ndarray | None) -> np.ndarray:
        inputs = keras.Input((4, 4, 1))
        features = keras.Model(inputs, keras.layers.Flatten()(inputs), name="backbone")
        outputs = keras.layers.Dense(2, kernel_initializer="zeros", name="head")(features(inputs))
        model = keras.Model(inputs, outputs)
        fit_head(model, faces[rows], labels[rows], importance)
        return np.asarray(model.get_layer("head").get_weights()[0])

    once, twice = np.arange(6), np.arange(6).repeat(counts.astype(int))
    np.testing.assert_allclose(fitted(once, counts), fitted(twice, None), atol=1e-4)
    assert np.abs(fitted(once, counts) - fitted(once, None)).max() > 1e-3
