"""Recipes over the same folds: ranked, ties marked, failures listed, and nothing fitted twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from emotion_classifier.data import open_dataset
from emotion_classifier.errors import DatasetError, RecipeError
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.experiments.fold import FoldOptions, FoldTask
from emotion_classifier.experiments.leaderboard import JOURNAL, leaderboard
from emotion_classifier.model.bundle import Bundle

OPTIONS = FoldOptions(folds=4, repeats=2, validation=0)
COST = {"seconds": 2.0, "megabytes": 3.0, "milliseconds": 0.5}


class Trained:
    """Stands in for training and the photo path: each recipe answers by a rule of its own, or fails."""

    def __init__(self, make: Callable[..., Predictions]) -> None:
        self.make = make
        self.fits: list[str] = []
        self.learned: list[int] = []
        self.tested: dict[str, list[tuple[str, ...]]] = {}

    def __call__(self, task: FoldTask) -> tuple[Predictions, dict[str, float]]:
        """`transfer` knows all, `compact` misses one photo, `initial` says happy to everybody."""
        name = task.recipe.name
        self.fits.append(name)
        self.learned.append(len(task.learn.with_split("train", "")))
        if name == "attempt_5":
            raise RecipeError("The loss is no number any more.")
        if name == "attempt_4":
            raise ZeroDivisionError("division by zero")
        self.tested.setdefault(name, []).append(task.test.ids)
        truth = [task.test.labels[row] for row in task.test.hard]
        said = [_said(name, photo, label) for photo, label in zip(task.test.ids, truth, strict=True)]
        return self.make(truth, said), COST


def _said(recipe: str, name: str, label: str) -> float:
    if recipe == "initial":
        return 0.9
    wrong = recipe == "compact" and name == "Sad/0.png"
    return 0.8 if (label == "happy") != wrong else 0.2


@pytest.fixture
def trained(known_predictions: Callable[..., Predictions]) -> Trained:
    return Trained(known_predictions)


def names_of(entries: Sequence[object]) -> list[str]:
    return [entry.recipe for entry in entries]  # type: ignore[attr-defined]


def test_ranked_by_accuracy_over_the_same_folds_and_ties_marked(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    board = leaderboard(
        ["initial", "compact", "transfer"],
        open_dataset(plain_folder, cropped=True),
        work=tmp_path,
        options=OPTIONS,
        trainer=trained,
    )
    assert names_of(board.entries) == ["transfer", "compact", "initial"]
    assert trained.tested["transfer"] == trained.tested["compact"] == trained.tested["initial"]
    first, second, third = board.entries
    assert (first.behind, first.tied, second.tied, third.tied) == (None, True, True, False)
    assert first.metrics["accuracy"].to_dict() == {"value": 1.0, "low": None, "high": None, "n": 16}
    assert third.metrics["balanced_accuracy"].value == pytest.approx(0.5)
    assert second.behind is not None and second.behind.value == pytest.approx(-1 / 16)
    assert second.behind.low is not None and second.behind.low < second.behind.value
    assert first.metrics["calibration_error"].value == pytest.approx(0.2)
    assert third.metrics["calibration_error"].value == pytest.approx(0.4)
    assert (first.seconds, first.megabytes, first.milliseconds, first.fits) == (2.0, 3.0, 0.5, 8)
    plain = json.loads(json.dumps(board.to_dict(), allow_nan=False))
    assert plain["photos"] == 16 and plain["recipes"][2]["tied"] is False
    assert list(plain["recipes"][0])[2:7] == [
        "label_accuracy",
        "accuracy",
        "balanced_accuracy",
        "log_loss",
        "calibration_error",
    ]


def test_every_photo_is_learned_from_whatever_its_split_says(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    dataset = open_dataset(plain_folder, cropped=True)
    for splits in (("test",) * 16, ("train", "validation") * 8):
        given = replace(dataset, splits=splits)
        leaderboard(["compact"], given, work=tmp_path / splits[1], options=OPTIONS, trainer=trained)
    assert trained.learned == [12] * 16  # Four of sixteen photos are tested on.


def test_a_recipe_that_fails_is_listed_and_stops_no_other(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    chosen = ["attempt_5", "attempt_4", "transfer"]
    dataset = open_dataset(plain_folder, cropped=True)
    board = leaderboard(chosen, dataset, work=tmp_path, options=OPTIONS, trainer=trained)
    assert board.failed == {
        "attempt_5": "The loss is no number any more.",
        "attempt_4": "ZeroDivisionError: division by zero",
    }
    assert names_of(board.entries) == ["transfer"]
    assert trained.fits.count("attempt_5") == 1  # Its other seven fits would have failed as well.


def test_a_kill_costs_the_fit_it_was_at_and_more_repeats_add(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    dataset = open_dataset(plain_folder, cropped=True)
    whole = leaderboard(["compact", "transfer"], dataset, work=tmp_path, options=OPTIONS, trainer=trained)
    lines = (tmp_path / JOURNAL).read_text().splitlines()
    (tmp_path / JOURNAL).write_text("\n".join([*lines[:-2], lines[-2][:30]]))
    trained.fits.clear()
    stages: list[tuple[str, int, int]] = []
    again = leaderboard(
        ["compact", "transfer"],
        dataset,
        work=tmp_path,
        options=OPTIONS,
        progress=lambda stage, done, total, figures: stages.append((stage, done, total)),
        trainer=trained,
    )
    assert trained.fits == ["transfer", "transfer"]
    assert [entry.metrics for entry in again.entries] == [entry.metrics for entry in whole.entries]
    assert ("fits", 14, 16) in stages and stages[-1] == ("fits", 16, 16)
    trained.fits.clear()
    leaderboard(["compact", "initial"], dataset, work=tmp_path, options=OPTIONS, trainer=trained)
    assert trained.fits == ["initial"] * 8


def test_what_cannot_be_folded_is_said_before_the_first_fit(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    dataset = open_dataset(plain_folder)
    with pytest.raises(DatasetError, match="no photos labelled sad"):
        leaderboard(["compact"], dataset.take(range(8)), work=tmp_path, trainer=trained)
    with pytest.raises(
        DatasetError, match=r"2 independent photos labelled 'sad' .* over 5 folds.* --folds 2"
    ):
        leaderboard(["compact"], dataset.take([0, 1, 2, 8, 9]), work=tmp_path, trainer=trained)
    with pytest.raises(RecipeError, match="no recipe named 'compct'. Did you mean 'compact'\\?"):
        leaderboard(["compct"], dataset, work=tmp_path, trainer=trained)
    assert not trained.fits


def test_no_faces_at_all_is_said_before_the_first_fit(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    dataset = open_dataset(plain_folder)
    with pytest.raises(DatasetError, match=r"No face was found in any of the 16 photos.*: compact\."):
        leaderboard(["compact", "initial"], dataset, work=tmp_path, options=OPTIONS, trainer=trained)
    assert not trained.fits
    board = leaderboard(["initial"], dataset, work=tmp_path, options=OPTIONS, trainer=trained)
    assert names_of(board.entries) == ["initial"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_two_processes_fit_for_real(plain_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    options = FoldOptions(folds=2, repeats=1, epochs=1, validation=0)
    board = leaderboard(["initial"], open_dataset(plain_folder), work=tmp_path, options=options, workers=2)
    (entry,) = board.entries
    assert entry.fits == 2 and entry.megabytes > 1 and entry.milliseconds > 0 and entry.seconds > 0
    assert {path.name for path in tmp_path.iterdir()} == {JOURNAL, "photos"}, "models stay"
    lines = [json.loads(line) for line in (tmp_path / JOURNAL).read_text().splitlines()]
    assert sorted(row for line in lines for row in line["test"]) == list(range(16))
    assert np.isfinite(entry.metrics["log_loss"].value or np.nan)


def test_the_share_for_validation_is_what_the_photos_with_a_face_allow(
    rendered_faces: Path, plain_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("skl2onnx")
    photos = shutil.copytree(rendered_faces, tmp_path / "some_without_a_face")
    for number in range(
        1, 4
    ):  # Six sad photos to train on allow a fifth; in a fold, four at most have a face.
        (photos / "sad" / f"{number:02}.jpg").unlink()
        shutil.copy(plain_folder / "Sad" / f"{number}.png", photos / "sad")
    options = FoldOptions(folds=2, repeats=1)
    board = leaderboard(["logistic_regression"], open_dataset(photos), work=tmp_path, options=options)
    assert (board.failed, names_of(board.entries)) == ({}, ["logistic_regression"])


def test_the_default_model_is_tried_on_the_same_folds(
    trained: Trained, rendered_faces: Path, knowing_bundle: Path, tmp_path: Path
) -> None:
    dataset, model = open_dataset(rendered_faces), Bundle.load(knowing_bundle)
    board = leaderboard(
        ["initial"],
        dataset,
        work=tmp_path,
        options=FoldOptions(folds=2, repeats=1, validation=0),
        baseline=model,
        trainer=trained,
    )
    assert board.baseline is not None and board.baseline.fits == 2 and board.baseline.seconds == 0
    assert board.baseline.recipe == model.id
    assert board.to_dict()["baseline"]["trained_on"] == {"value": 3, "n": 24}
    # Rendered faces are easy, and the recipe says happy to everybody.
    assert board.baseline.behind is not None and (board.baseline.behind.value or 0) > 0.3
    assert board.to_dict()["baseline"]["accuracy"]["value"] > 0.8
