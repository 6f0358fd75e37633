"""How a trial of a search is measured."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.experiments.tune.trial import columns_of, measure
from emotion_classifier.training.inputs import Inputs


@pytest.mark.parametrize(
    ("shown", "accuracy"),
    [
        (("happy", "sad", "other"), 1.0),
        (
            ("happy", "sad", "other", "surprise"),
            0.5,
        ),  # Where the data name surprise, anger is another answer.
    ],
)
def test_an_other_face_is_right_whichever_expression_is_the_likeliest(
    shown: tuple[str, ...], accuracy: float
) -> None:
    labels = ("happy", "neutral", "sad", "other", "surprise", "anger")
    # The network one begins with takes the first face for anger, and now it is taken for surprise.
    targets = np.array([[0, 0.1, 0, 0.1, 0.3, 0.5], [0.9, 0.1, 0, 0, 0, 0]], np.float32)
    answers = np.array([[0.35, 0.05, 0, 0, 0.4, 0.2], [0.8, 0.1, 0.1, 0, 0, 0]], np.float32)
    recipe = recipes.get("transfer")
    shape = (2, *recipe.preprocessing.input_shape)
    held = Inputs(np.zeros(shape, np.uint8), targets, np.arange(2), problems=())
    measured = measure(lambda inputs: answers, recipe, held, columns_of(shown, labels))
    assert (measured["accuracy"], measured["n"]) == (accuracy, 2)
