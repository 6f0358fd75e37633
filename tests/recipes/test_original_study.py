"""The study's models are the study's: layer by layer they come to the published numbers of parameters."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras")

from emotion_classifier import recipes
from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import original_study

PARAMETERS = {
    "initial": 1_484_257,
    "attempt_1": 2_972_161,
    "attempt_2": 5_961_793,
    "attempt_3": 884_833,
    "attempt_4": 15_955_249,
    "attempt_5": 16_852_273,
    # Four numbers per channel more, for 64 and 48 channels.
    "attempt_5_batchnorm": 16_852_273 + 4 * (64 + 48),
}
EPOCHS = {"initial": 20, "attempt_1": 18, "attempt_2": 18, "attempt_3": 20, "attempt_4": 15, "attempt_5": 15}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_as_published(name: str) -> None:
    assert recipes.get(name).build(2).count_params() == PARAMETERS[name]


@pytest.mark.parametrize("name", EPOCHS)
def test_trained_as_published(name: str) -> None:
    recipe = recipes.get(name)
    assert (recipe.epochs, recipe.batch_size, recipe.output) == (EPOCHS[name], 16, "sigmoid")
    assert recipe.labels == ("happy", "sad")
    assert recipe.preprocessing.input_shape == (150, 150, 3)
    assert recipe.preprocessing.normalise(np.array([0, 255], np.uint8)) == pytest.approx([0, 1])


@pytest.mark.parametrize(("name", "rate"), [("initial", 1e-3), ("attempt_4", 1e-4), ("attempt_5", 1e-4)])
def test_learning_rate_and_loss(name: str, rate: float) -> None:
    model = recipes.get(name).build(2)
    assert float(model.optimizer.learning_rate) == pytest.approx(rate)
    assert model.loss == "binary_crossentropy"


def test_one_unit_between_0_and_1() -> None:
    outputs = np.asarray(recipes.get("attempt_3").build(2)(np.zeros((2, 150, 150, 3), np.float32)))
    assert outputs.shape == (2, 1)
    assert ((outputs > 0) & (outputs < 1)).all()


def test_batch_normalisation_comes_after_each_convolution_and_before_its_pool() -> None:
    kinds = [type(layer).__name__ for layer in recipes.get("attempt_5_batchnorm").build(2).layers]
    assert kinds == [*["Conv2D", "BatchNormalization", "MaxPooling2D"] * 2, "Flatten", "Dense", "Dense"]
    assert "BatchNormalization" not in [
        type(layer).__name__ for layer in recipes.get("attempt_5").build(2).layers
    ]


def test_more_than_two_labels_are_refused() -> None:
    with pytest.raises(RecipeError, match="compact"):
        recipes.get("initial").build(4)


def test_only_attempt_4_is_searched_and_its_space_is_the_studys() -> None:
    keras_tuner = pytest.importorskip("keras_tuner")
    assert [recipe.name for recipe in original_study.RECIPES if recipe.space] == ["attempt_4"]
    hp = keras_tuner.HyperParameters()
    hp.values = {"conv_1": 64, "conv_2": 48, "dense": 256, "learning_rate": 1e-4}
    assert original_study.search_space(hp).count_params() == PARAMETERS["attempt_4"]
    domains = {part.name: list(part.values) for part in hp.space}
    assert domains == {
        "conv_1": [16, 32, 48, 64],
        "conv_2": [16, 32, 48, 64],
        "dense": [128, 256, 384, 512],
        "learning_rate": [1e-2, 1e-3, 1e-4],
    }
