"""Nested subsets that never share a group with the test, and one estimate over photos and fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from emotion_classifier import recipes
from emotion_classifier.data import open_dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.experiments.fold import FoldTask
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.learning_curve import (
    CurveOptions,
    learning_curve,
    nested_parts,
    over_photos_and_fits,
)


def test_subsets_are_nested_stratified_and_apart_from_the_test(plain_folder: Path) -> None:
    dataset = open_dataset(plain_folder)
    groups = np.array([0, 0, *range(2, 16)])
    parts = list(nested_parts(dataset, groups, (8, 4), seed=3))
    assert [(size, len(learn)) for size, learn, _ in parts] == [(4, 4), (8, 8)]
    (_, small, _), (_, large, _) = parts
    assert set(small) < set(large)
    for size, learn, test in parts:
        assert (dataset.hard[learn] == 0).sum() == size // 2
        assert not set(groups[learn]) & set(groups[test])
    other = next(nested_parts(dataset, groups, (4,), seed=4))[1]
    assert set(other) != set(small)


def test_held_rows_are_the_test_of_every_size(plain_folder: Path) -> None:
    dataset, held = open_dataset(plain_folder), np.array([0, 8])
    groups = np.array([0, 0, *range(2, 16)])
    for _, learn, test in nested_parts(dataset, groups, (4, 13), seed=0, held=held):
        assert test.tolist() == [0, 8]
        assert not {0, 1, 8} & set(learn)
    with pytest.raises(DatasetError, match="14 photos to learn from are more than the 13"):
        next(nested_parts(dataset, groups, (14,), seed=0, held=held))


def test_the_interval_is_over_photos_and_over_fits() -> None:
    truth, alone = np.repeat([0, 1], 50), np.arange(100)
    same = np.tile(np.arange(100) % 5 > 0, (4, 1)).astype(np.float64)
    steady = over_photos_and_fits(same, truth, alone)
    assert steady.value == pytest.approx(0.8)
    assert steady.low is not None and steady.high is not None and 0.05 < steady.high - steady.low < 0.25
    unsteady = same.copy()
    unsteady[0], unsteady[1] = 1, 0.6
    wider = over_photos_and_fits(unsteady, truth, alone)
    assert wider.low is not None and wider.high is not None
    assert wider.high - wider.low > steady.high - steady.low
    unasked = same.copy()
    unasked[:, 90:] = np.nan
    assert over_photos_and_fits(unasked, truth, alone).n == 90


def test_points_rise_and_fits_are_kept(
    plain_folder: Path,
    tmp_path: Path,
    known_predictions: Callable[..., Predictions],
) -> None:
    sizes: list[int] = []

    def trainer(task: FoldTask) -> tuple[Predictions, dict[str, float]]:
        sizes.append(len(task.learn.with_split("train", "")))
        truth = [task.test.labels[row] for row in task.test.hard]
        said = [0.9 if label == "happy" or len(task.learn) < 8 else 0.1 for label in truth]
        return known_predictions(truth, said), {"seconds": 1.0}

    dataset, options = open_dataset(plain_folder), CurveOptions(sizes=(4, 8), draws=2)
    dataset = replace(dataset, splits=("test", "train") * 8)

    def curve() -> list[dict[str, object]]:
        journal = Journal(tmp_path / "fits.jsonl", fingerprint="photos")
        points = learning_curve(
            recipes.get("initial"), dataset, options, journal=journal, work=tmp_path, trainer=trainer
        )
        return [point.to_dict() for point in points]

    small, large = curve()
    assert (small["photos"], small["fits"], large["photos"]) == (4, 2, 8)
    assert small["balanced_accuracy"]["value"] == 0.5 and large["balanced_accuracy"]["value"] == 1.0  # type: ignore[index]
    assert sorted(sizes) == [4, 4, 8, 8]
    assert curve() == [small, large] and len(sizes) == 4
