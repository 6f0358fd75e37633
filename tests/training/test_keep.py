"""What fine-tuning keeps of the network it begins with."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.data.labels import DETAILS, ORDER
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.training.calibrate import fit_leaning
from emotion_classifier.training.keep import Keeping, keeping, untaught

BINARY = ("happy", "sad")
NINE = (*ORDER, *DETAILS)


@pytest.fixture
def answers() -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(9), 5).astype(np.float32)


def kept(*taught: str) -> Keeping:
    found = keeping(recipes.get("transfer"), taught, None)
    assert found is not None
    return found


def test_two_classes_move_happy_against_sad_and_nothing_else(answers: np.ndarray) -> None:
    keeps = kept(*BINARY)
    assert keeps.labels == NINE and keeps.left == ("neutral", "other", *DETAILS)
    taught = np.array([[1, 0], [0, 1], [0.3, 0.7], [1, 0], [0, 1]], np.float32)
    targets = keeps.targets(taught, answers)
    others = [NINE.index(label) for label in keeps.left]
    np.testing.assert_allclose(targets[:, others], answers[:, others])
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    both = targets[:, [NINE.index(label) for label in BINARY]]
    np.testing.assert_allclose(both / both.sum(axis=1, keepdims=True), taught, atol=1e-6)


def test_photos_of_other_raise_what_it_is_made_of_alike(answers: np.ndarray) -> None:
    keeps = kept(*ORDER)
    assert keeps.labels == NINE and not keeps.left
    targets = keeps.targets(np.tile(np.float32([0, 0, 0, 1]), (5, 1)), answers)
    np.testing.assert_allclose(targets[:, :3], 0)
    np.testing.assert_allclose(
        targets[:, 3:], answers[:, 3:] / answers[:, 3:].sum(axis=1, keepdims=True), rtol=1e-4
    )


def test_data_that_show_everything_teach_everything(answers: np.ndarray) -> None:
    keeps = kept(*NINE)
    np.testing.assert_allclose(keeps.targets(answers[::-1], answers), answers[::-1], rtol=1e-4)
    assert keeps.sentence == ""


def test_it_is_said_what_photos_cannot_teach() -> None:
    assert untaught(recipes.get("transfer"), BINARY) == (
        "The photos show happy and sad only; neutral and other are left to the default model, as it reads them."
    )
    assert "other is left to the default model" in untaught(
        recipes.get("transfer"), ("happy", "neutral", "sad")
    )
    for name in ("compact", "svm", "ensemble", "initial"):
        assert untaught(recipes.get(name), BINARY) == (
            "This model will know happy and sad only: every neutral face will be called one of them or uncertain."
        )
    assert "every face with another expression" in untaught(
        recipes.get("compact"), ("happy", "neutral", "sad")
    )
    for name in ("transfer", "compact"):
        assert untaught(recipes.get(name), NINE) == untaught(recipes.get(name), ORDER) == ""


def test_only_what_happy_and_sad_photos_say_is_fitted_on_them() -> None:
    base = Bundle.default().config.scale
    happy = np.random.default_rng(1).uniform(0.05, 0.95, 200)
    raw = np.stack([0.5 * happy, np.full(200, 0.5), 0.5 * (1 - happy)], axis=1)
    targets = np.where(np.random.default_rng(2).uniform(size=200) < happy**2, 1, 0)[:, None] * [1, 0, 0]
    targets = targets + (targets.sum(axis=1, keepdims=True) == 0) * [0, 0, 1]
    labels = ("happy", "neutral", "sad")
    found = fit_leaning(base, raw, targets, labels, source="mine")
    fitted = {"slope", "intercept", "fitted_on"}
    assert found.model_dump(exclude=fitted) == base.model_dump(exclude=fitted)
    assert found.intercept != base.intercept and "mine" in found.fitted_on
    assert fit_leaning(base, raw[:50], targets[:50], labels, source="mine") is base


def test_a_scale_is_taken_over_only_with_all_its_labels() -> None:
    assert kept(*BINARY).scale.degree_knots == Bundle.default().config.scale.degree_knots
    assert Bundle.default().id in kept(*BINARY).scale.fitted_on
    assert keeping(recipes.get("initial"), BINARY, None) is None
