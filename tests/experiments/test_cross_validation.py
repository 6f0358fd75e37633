"""Repeated k-fold of a recipe, which goes on after a kill."""

from __future__ import annotations

import json
import subprocess
import sys
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
from emotion_classifier.experiments.cross_validation import ANSWERS, FoldOptions, cross_validate
from emotion_classifier.experiments.fold import FoldTask
from emotion_classifier.training.options import TrainOptions

INITIAL = recipes.get("initial")
WITHOUT_KERAS = """
import sys
from importlib.abc import MetaPathFinder


class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "tensorflow", "tf2onnx", "keras_tuner"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Absent())
from emotion_classifier import recipes
from emotion_classifier.data import open_dataset
from emotion_classifier.experiments.cross_validation import FoldOptions, cross_validate

options = FoldOptions(folds=2, repeats=1, validation=0)
result = cross_validate(recipes.get(sys.argv[1]), open_dataset(sys.argv[2]), work=sys.argv[3], options=options)
print(result.fits, result.metrics["accuracy"].n)
"""


class Trained:
    """Stands in for training and for the photo path: remembers who was trained on, and answers by a rule."""

    def __init__(self, make: Callable[..., Predictions]) -> None:
        self.make = make
        self.parts: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self.options: list[TrainOptions] = []

    def __call__(self, task: FoldTask) -> tuple[Predictions, None]:
        """Right but for the photos numbered 0, and blind to the sad one numbered 1."""
        (task.out / "weights").mkdir(parents=True)
        task.out.with_name(task.out.name + ".training").mkdir()
        assert set(task.learn.splits) == {""}
        self.options.append(task.options)
        self.parts.append((task.learn.ids, task.test.ids))
        truth = [task.test.labels[row] for row in task.test.hard]
        said = [
            None if name == "Sad/1.png" else 0.9 if (label == "happy") != name.endswith("/0.png") else 0.2
            for name, label in zip(task.test.ids, truth, strict=True)
        ]
        return self.make(truth, said), None


@pytest.fixture
def trained(known_predictions: Callable[..., Predictions]) -> Trained:
    return Trained(known_predictions)


def test_every_photo_is_tested_once_per_repeat_by_a_model_that_never_saw_it(
    trained: Trained, plain_folder: Path, tmp_path: Path
) -> None:
    (plain_folder / "Happy" / "twin.png").write_bytes((plain_folder / "Happy" / "3.png").read_bytes())
    dataset = open_dataset(plain_folder)
    dataset = replace(dataset, splits=("train", *["test"] * (len(dataset) - 1)))
    result = cross_validate(
        INITIAL,
        dataset,
        work=tmp_path,
        options=FoldOptions(folds=4, repeats=3, seed=7, validation=0),
        trainer=trained,
    )
    assert len(trained.parts) == result.fits == 12
    for learned, tested in trained.parts:
        assert not set(learned) & set(tested)
        assert sorted((*learned, *tested)) == sorted(dataset.ids)
        assert ("Happy/3.png" in tested) == ("Happy/twin.png" in tested)
    tested = [name for _, part in trained.parts for name in part]
    assert all(tested.count(name) == 3 for name in dataset.ids)
    assert len({options.seed for options in trained.options}) == 12
    assert (result.photos, result.groups) == (17, 16)


def test_figures_and_pooled_confusion(trained: Trained, plain_folder: Path, tmp_path: Path) -> None:
    dataset = open_dataset(plain_folder)
    result = cross_validate(
        INITIAL,
        dataset,
        work=tmp_path,
        options=FoldOptions(folds=4, repeats=2, validation=0),
        trainer=trained,
    )
    assert result.columns == ("happy", "sad", "no face")
    assert result.confusion.tolist() == [[14, 2, 0], [2, 12, 2]]
    accuracy = result.metrics["accuracy"]
    assert accuracy.value == pytest.approx(13 / 16)  # folds of the same size, so a mean of means
    assert accuracy.low is not None and accuracy.high is not None
    assert accuracy.low < 13 / 16 < accuracy.high <= 1
    assert accuracy.n == 16
    assert list(result.metrics) == ["label_accuracy", "accuracy", "balanced_accuracy", "log_loss", "roc_auc"]
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["confusion"]["sad"] == {"happy": 2, "sad": 12, "no face": 2}
    assert plain["options"]["folds"] == 4


def test_a_kill_costs_the_fit_it_was_at(trained: Trained, plain_folder: Path, tmp_path: Path) -> None:
    dataset, options = open_dataset(plain_folder), FoldOptions(folds=2, repeats=2, validation=0)
    whole = cross_validate(INITIAL, dataset, work=tmp_path, options=options, trainer=trained)
    assert [path.name for path in tmp_path.iterdir() if path.name != "photos"] == [ANSWERS]  # no models stay
    lines = (tmp_path / ANSWERS).read_text().splitlines()
    (tmp_path / ANSWERS).write_text("\n".join([*lines[:3], lines[3][:40]]))
    trained.parts.clear()
    again = cross_validate(INITIAL, dataset, work=tmp_path, options=options, trainer=trained)
    assert len(trained.parts) == 1
    assert again.metrics == whole.metrics
    thrice = replace(options, repeats=3)
    more = cross_validate(INITIAL, dataset, work=tmp_path, options=thrice, trainer=trained)
    assert (len(trained.parts), more.fits) == (1 + 2, 6)


def test_other_options_or_photos_are_other_fits(trained: Trained, plain_folder: Path, tmp_path: Path) -> None:
    options = FoldOptions(folds=2, repeats=1, validation=0)

    def run(options: FoldOptions) -> None:
        cross_validate(INITIAL, open_dataset(plain_folder), work=tmp_path, options=options, trainer=trained)

    run(options)
    run(replace(options, epochs=9))
    assert len(trained.parts) == 4
    (plain_folder / "Sad" / "7.png").write_bytes((plain_folder / "Sad" / "6.png").read_bytes())
    run(options)
    assert len(trained.parts) == 6


def test_what_a_kill_left_of_other_photos_is_not_in_the_way(plain_folder: Path, tmp_path: Path) -> None:
    options, begun = FoldOptions(folds=2, repeats=1, validation=0), []

    def killed(task: FoldTask) -> tuple[Predictions, None]:
        begun.append(task.out)
        raise KeyboardInterrupt

    def run() -> None:
        with pytest.raises(KeyboardInterrupt):
            cross_validate(
                INITIAL, open_dataset(plain_folder), work=tmp_path / "work", options=options, trainer=killed
            )

    run()
    run()
    for number in range(8):  # Other photos of the same names.
        (plain_folder / "Sad" / f"{number}.png").write_bytes(
            (plain_folder / "Sad" / f"{number}.png").read_bytes() + b"0"
        )
    run()
    assert begun[0] == begun[1] != begun[2]


def test_data_that_cannot_be_folded(trained: Trained, plain_folder: Path, tmp_path: Path) -> None:
    dataset = open_dataset(plain_folder)
    with pytest.raises(DatasetError, match="8 independent photos labelled 'happy' cannot be spread over 9"):
        cross_validate(INITIAL, dataset, work=tmp_path, options=FoldOptions(folds=9), trainer=trained)
    with pytest.raises(DatasetError, match="no column 'who'"):
        options = FoldOptions(group_column="who")
        cross_validate(INITIAL, dataset, work=tmp_path, options=options, trainer=trained)
    with pytest.raises(DatasetError, match="no photos labelled sad"):
        cross_validate(INITIAL, dataset.take(range(8)), work=tmp_path, trainer=trained)
    assert not trained.parts


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["logistic_regression", "svm"])
def test_a_classical_recipe_needs_no_keras(recipe: str, rendered_faces: Path, tmp_path: Path) -> None:
    pytest.importorskip("skl2onnx")
    command = [sys.executable, "-c", WITHOUT_KERAS, recipe, str(rendered_faces), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["2", "24"], done.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_two_real_fits(plain_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    options = FoldOptions(folds=2, repeats=1, epochs=1, validation=0)
    stages: list[str] = []
    result = cross_validate(
        INITIAL,
        open_dataset(plain_folder),
        work=tmp_path / "work",
        options=options,
        progress=lambda stage, done, total, metrics: stages.append(stage),
    )
    assert result.confusion.sum() == 16
    assert {"folds", "faces", "training"} <= set(stages)
    predictions = [json.loads(line) for line in (tmp_path / "work" / ANSWERS).read_text().splitlines()]
    rows = sorted(row for line in predictions for row in line["test"])
    assert rows == list(range(16))
    assert np.isfinite(result.metrics["log_loss"].value or np.nan)


def test_too_few_photos_for_the_carving_are_told_before_the_first_fit(
    plain_folder: Path, tmp_path: Path
) -> None:
    dataset = open_dataset(plain_folder)
    with pytest.raises(DatasetError, match=r"2 folds leave 4 independent photos .* --validation 0.1"):
        cross_validate(INITIAL, dataset, work=tmp_path / "work", options=FoldOptions(folds=2, validation=0.1))
    assert not (tmp_path / "work").exists()
