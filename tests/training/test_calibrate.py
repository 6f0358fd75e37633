"""The scale is fitted so that its numbers mean what the guide says."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.model.bundle import Bundle, ScaleParameters
from emotion_classifier.model.card import parse_card
from emotion_classifier.model.scale import (
    CANONICAL,
    canonical_probabilities,
    estimated_degree,
    net_share,
    read_scale,
)
from emotion_classifier.training.calibrate import fit_scale
from emotion_classifier.training.card import training_card


def faces(n: int, *, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Votes of ten raters, and a network that knows the shares they come from but states them too sharply."""
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet([0.4, 0.5, 0.3, 0.3], n)
    raters = generator.multinomial(10, shares) / 10
    stated = np.maximum(shares, 1e-6) ** sharpness
    return stated / stated.sum(axis=1, keepdims=True), raters


def test_too_sure_a_network_is_softened() -> None:
    raw, raters = faces(3000, sharpness=1.8)
    scale = fit_scale(raw, raters, CANONICAL, source="made up")
    assert scale.temperature == pytest.approx(1.8, rel=0.15)
    assert scale.fitted_on == "made up"


def test_the_degree_comes_nearer_to_the_raters_and_keeps_the_order() -> None:
    raw, raters = faces(4000, sharpness=1.8)
    scale = fit_scale(raw[:2000], raters[:2000], CANONICAL, source="made up")
    probabilities = canonical_probabilities(raw[2000:], CANONICAL, temperature=scale.temperature)
    net, plain = net_share(raters[2000:]), net_share(probabilities)
    degree = estimated_degree(probabilities, scale)
    assert np.abs(degree - net).mean() <= np.abs(plain - net).mean() + 1e-3
    assert spearman(degree, plain) > 0.9999


def test_happy_and_sad_weigh_the_same_however_many_there_are() -> None:
    raw, raters = faces(4000, sharpness=1.0)
    happy = raters.argmax(axis=1) == CANONICAL.index("happy")
    few = ~happy | (np.arange(len(raw)) % 5 == 0)
    both = [
        fit_scale(raw[rows], raters[rows], CANONICAL, source="x") for rows in (np.full(len(raw), True), few)
    ]
    assert both[0].intercept == pytest.approx(both[1].intercept, abs=0.25)


def test_hard_labels_say_nothing_of_degrees() -> None:
    raw, raters = faces(2000, sharpness=1.0)
    hard = np.eye(4)[raters.argmax(axis=1)]
    assert fit_scale(raw, hard, CANONICAL, source="x").degree_knots == ScaleParameters().degree_knots


def test_few_neutral_faces_are_called_anything_else() -> None:
    raw, raters = faces(12_000, sharpness=1.3)
    scale = fit_scale(raw[:4000], raters[:4000], CANONICAL, source="x")
    others = slice(4000, None)
    labels = np.array([reading.label for reading in read_scale(raw[others], CANONICAL, scale)])
    shares = raters[others]
    neutral = shares[:, CANONICAL.index("neutral")] >= 0.8
    assert (labels[neutral] == "sad").mean() < 2 * scale.levels.error_rate
    assert (labels[neutral] == "happy").mean() < 2 * scale.levels.error_rate
    assert (labels[shares[:, CANONICAL.index("sad")] >= 0.8] == "sad").mean() > 0.9


def test_levels_are_fitted_on_everyday_faces_where_there_are_some() -> None:
    raw, raters = faces(4000, sharpness=1.0)
    everyday = np.arange(len(raw)) % 2 == 0
    tilted = raw.copy()
    tilted[everyday, CANONICAL.index("sad")] *= 4
    tilted /= tilted.sum(axis=1, keepdims=True)
    pooled = fit_scale(tilted, raters, CANONICAL, source="x")
    fitted = fit_scale(tilted, raters, CANONICAL, source="x", everyday=everyday)
    assert fitted.levels.sad > pooled.levels.sad + 0.2


def test_a_face_of_weight_three_counts_as_three_faces() -> None:
    raw, raters = faces(600, sharpness=1.3)
    weight = np.random.default_rng(1).integers(1, 4, len(raw))
    weighted = fit_scale(raw, raters, CANONICAL, source="x", weight=weight / weight.mean())
    repeated = fit_scale(raw.repeat(weight, 0), raters.repeat(weight, 0), CANONICAL, source="x")
    plain = fit_scale(raw, raters, CANONICAL, source="x")
    assert weighted.temperature == pytest.approx(repeated.temperature, rel=1e-3)
    assert weighted.levels.sad == pytest.approx(repeated.levels.sad, abs=0.1)
    assert weighted.levels.happy == pytest.approx(repeated.levels.happy, abs=0.05)
    assert plain == fit_scale(raw, raters, CANONICAL, source="x", weight=np.ones(len(raw)))
    assert weighted.levels.happy != plain.levels.happy


def test_levels_taken_over_are_not_said_to_have_been_measured() -> None:
    raw, raters = faces(400, sharpness=1.3)
    few = raters[:, CANONICAL.index("neutral")] < 0.8
    config = Bundle.default().config
    scale = fit_scale(raw[few], raters[few], CANONICAL, source="mine", begin=config.scale)
    assert (scale.levels.happy, scale.levels.sad) == (config.scale.levels.happy, config.scale.levels.sad)
    assert scale.levels.neutral_called_sad is None
    card = training_card(config.model_copy(update={"scale": scale}))
    assert "levels of the network it begins with; how often that is wrong is not known" in card


def test_a_scale_taken_over_does_not_make_a_model_calibrated() -> None:
    default = Bundle.default().config
    theirs = f"{default.id} ({default.scale.fitted_on})"
    for told, calibrated in (
        ("90 rows", True),
        ("", False),
        (theirs, False),
        (f"{theirs}; slope: 90 rows", True),
    ):
        scale = default.scale.model_copy(update={"fitted_on": told})
        training = {**default.training, "base": default.id}
        card = training_card(default.model_copy(update={"scale": scale, "training": training}))
        tags = parse_card(card, "card").data.tags
        assert ("calibrated" in tags) == calibrated, told


def test_a_card_says_what_pictures_were_varied_by() -> None:
    bundle = Bundle.default()
    config, shipped = bundle.config, (bundle.path / "README.md").read_text(encoding="utf-8")

    def rows(**options: bool) -> list[str]:
        told = {**config.training, "options": {**config.training["options"], **options}}
        card = training_card(config.model_copy(update={"training": told}))
        return [line for line in card.splitlines() if line.startswith("| augmentation |")]

    (row,) = rows()
    assert "two pictures in five as bad as photos are" in row and row in shipped.splitlines()
    assert "contrast and tone varied twice as much; two pictures" in rows(augment_light=True)[0]
    assert rows(augment_quality=False) == []


def test_labels_of_two_classes_are_as_right_as_promised() -> None:
    raw, raters = faces(12_000, sharpness=1.3)
    two = [CANONICAL.index("happy"), CANONICAL.index("sad")]
    clear = np.abs(raters[:, two[0]] - raters[:, two[1]]) > 0.5
    raw, raters = raw[clear][:, two], raters[clear][:, two]
    raw, raters = raw / raw.sum(axis=1, keepdims=True), raters / raters.sum(axis=1, keepdims=True)
    half = len(raw) // 2
    scale = fit_scale(raw[:half], raters[:half], ("happy", "sad"), source="x")
    truth = np.where(raters[half:, 0] > raters[half:, 1], "happy", "sad")
    given = np.array([reading.label for reading in read_scale(raw[half:], ("happy", "sad"), scale)])
    answered = given != "uncertain"
    assert answered.mean() > 0.5
    assert (given != truth)[answered].mean() < 2 * scale.error_rate


def test_expressions_beside_the_four_count_as_other() -> None:
    raw, raters = faces(2000, sharpness=1.0)
    labels = (*CANONICAL, "anger")
    split = np.concatenate([raw[:, :3], raw[:, 3:] / 2, raw[:, 3:] / 2], axis=1)
    votes = np.concatenate([raters[:, :3], raters[:, 3:] * 0, raters[:, 3:]], axis=1)
    fitted = fit_scale(split, votes, labels, source="x")
    assert fitted.slope == pytest.approx(fit_scale(raw, raters, CANONICAL, source="x").slope, rel=0.05)


def test_too_few_rows_leave_the_defaults() -> None:
    raw, raters = faces(50, sharpness=1.0)
    assert fit_scale(raw, raters, CANONICAL, source="x") == ScaleParameters()
