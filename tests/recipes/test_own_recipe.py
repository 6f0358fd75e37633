"""A recipe of a new kind is one file with one registration; the program finds everything else by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from emotion_classifier import TrainOptions, open_dataset, recipes, train
from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.fitting import FitPlan, FitTask, Fitted
from emotion_classifier.recipes.onnx_graph import Graph

PROGRAM = "import prior; from emotion_classifier.cli import main; main()"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def test_it_is_trained_from_the_command_line(plain_folder: Path, tmp_path: Path) -> None:
    for number in range(4):
        (plain_folder / "Sad" / f"{number}.png").unlink()
    done = run("train", plain_folder, "--recipe", "prior", "--validation", 0, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    bundle = Bundle.load(tmp_path / "model")
    assert bundle.config.recipe == "prior" and bundle.labels == ("happy", "sad")
    answers = bundle.probabilities(np.random.default_rng(0).random((3, 8, 8, 3), np.float32))
    np.testing.assert_allclose(answers, [[2 / 3, 1 / 3]] * 3, rtol=1e-5)


def test_it_is_listed_and_refuses_what_it_knows_nothing_of(plain_folder: Path, tmp_path: Path) -> None:
    assert (
        "prior: the share of each label, whatever the photo shows\n"
        in run("train", "--recipe", "help").stdout
    )
    done = run(
        "train", plain_folder, "--recipe", "prior", "--epochs", 3, "--validation", 0, "--out", tmp_path / "m"
    )
    assert done.returncode == 1
    assert "The recipe prior has no epochs; leave out --epochs." in done.stderr


def test_a_name_is_given_once() -> None:
    known = recipes.get("svm")
    assert recipes.register(known) is known
    with pytest.raises(RecipeError, match="svm already"):
        recipes.register(replace(known, summary="another one"))
    with pytest.raises(RecipeError, match="would be read as an ensemble"):
        recipes.register(replace(known, name="vote:me"))


class Three(recipes.Recipe):
    """Means of red, green and blue, whatever the labels are."""

    def fit(self, task: FitTask) -> Fitted:
        graph = Graph("three_")
        graph.rename(graph("ReduceMean", "pixels", axes=[1, 2], keepdims=0), "probabilities")
        return Fitted(graph.model({"pixels": (8, 8, 3)}, {"probabilities": 3}).SerializeToString(), 0)


def test_a_model_with_a_column_too_many_is_refused(plain_folder: Path, tmp_path: Path) -> None:
    wrong = Three(name="three", summary="", preprocessing=Preprocessing(input="photo", height=8, width=8))
    with pytest.raises(RecipeError, match=r"shape \(2, 3\) for 2 photos, and \(2, 2\) is needed"):
        train(
            open_dataset(plain_folder),
            recipe=wrong,
            out=tmp_path / "model",
            options=TrainOptions(validation=0),
        )
    assert not (tmp_path / "model").exists()


def test_a_network_recipe_without_a_network_is_refused() -> None:
    preprocessing = recipes.get("svm").preprocessing
    mine = recipes.NetworkRecipe(name="mine", summary="", preprocessing=preprocessing, epochs=1, batch_size=8)
    with pytest.raises(RecipeError, match="mine has no network: give it a function `build`"):
        mine.check(("happy", "sad"), FitPlan())


def test_a_kind_that_does_not_say_how_it_is_fitted_says_so() -> None:
    known = recipes.get("svm")
    empty = recipes.Recipe(name="empty", summary="", preprocessing=known.preprocessing)
    with pytest.raises(NotImplementedError, match="how to fit empty"):
        empty.fit(None)  # type: ignore[arg-type]
