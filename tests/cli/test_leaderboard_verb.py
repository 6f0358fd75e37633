"""`leaderboard`: which recipes it takes, what it prints and writes, and what it says when it cannot begin."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emotion_classifier import recipes
from emotion_classifier.cli.leaderboard import _show, default_recipes
from emotion_classifier.cli.program import program
from emotion_classifier.data import open_dataset
from emotion_classifier.errors import DatasetError, RecipeError
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.experiments.fold import FoldOptions, FoldTask
from emotion_classifier.experiments.leaderboard import leaderboard

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")
Fits = Callable[[list[str], FoldOptions], Path]


@pytest.fixture
def fits(plain_folder: Path, tmp_path: Path, known_predictions: Callable[..., Predictions]) -> Fits:
    """Make the fits of a leaderboard beforehand, so that the verb finds them in its folder."""

    def right(task: FoldTask) -> tuple[Predictions, dict[str, float]]:
        truth = [task.test.labels[row] for row in task.test.hard]
        said = known_predictions(truth, [0.9 if label == "happy" else 0.1 for label in truth])
        return said, {"seconds": 3.0, "megabytes": 3.0}

    def make(names: list[str], options: FoldOptions) -> Path:
        # Cropped, so that there are faces.
        dataset = open_dataset(plain_folder, cropped=True)
        leaderboard(names, dataset, work=tmp_path / "fits", options=options, trainer=right)
        return tmp_path / "fits"

    return make


def run(*arguments: object) -> Any:
    return CliRunner().invoke(program, ["leaderboard", *map(str, arguments), "--cropped", "--workers", "1"])


def test_it_prints_and_writes_the_ranking(fits: Fits, plain_folder: Path, tmp_path: Path) -> None:
    page, text = tmp_path / "board.html", tmp_path / "board.md"
    work = fits(["transfer", "initial"], FoldOptions(folds=4, repeats=2, validation=0.0))
    chosen = ("--recipes", "transfer,initial", "--folds", 4, "--repeats", 2, "--validation", 0)
    done = run(plain_folder, *chosen, "--work", work, "--out", page, "--markdown", text)
    assert done.exit_code == 0, done.output
    assert "transfer" in done.stdout and "4 folds × 2" in done.stdout
    assert "100.0 % (no interval)" in page.read_text(encoding="utf-8")
    assert "| transfer |" in text.read_text(encoding="utf-8")


def test_a_recipe_that_fails_is_named(
    plain_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(task: FoldTask) -> tuple[Predictions, dict[str, float]]:
        raise RecipeError("no memory [left]")

    dataset = open_dataset(plain_folder, cropped=True)
    options = FoldOptions(folds=4, repeats=1, validation=0.0)
    _show(leaderboard(["transfer"], dataset, work=tmp_path, options=options, trainer=fails))
    assert "transfer failed: no memory [left]" in capsys.readouterr().out


def test_json_is_all_there_is_on_standard_output(fits: Fits, plain_folder: Path) -> None:
    work = fits(["transfer"], FoldOptions(folds=4, repeats=1, validation=0.0))
    chosen = ("--recipes", "transfer", "--folds", 4, "--repeats", 1, "--validation", 0)
    done = run(plain_folder, *chosen, "--work", work, "--json")
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert told["photos"] == 16 and told["recipes"][0]["milliseconds_a_face"] is None
    assert told["recipes"][0]["accuracy"] == {"value": 1.0, "low": None, "high": None, "n": 16}


def test_quick_takes_faces_only_and_one_repeat(fits: Fits, plain_folder: Path) -> None:
    names = default_recipes(quick=True)
    assert {"svm", "transfer", "geometry"} <= set(names)
    # Hours from nothing, whole frames, and several recipes in one.
    assert not {"compact", "initial", "ensemble", "stacking"} & set(names)
    work = fits(names, FoldOptions(folds=4, repeats=1, validation=0.0))
    done = run(plain_folder, "--quick", "--folds", 4, "--validation", 0, "--work", work, "--json")
    told = json.loads(done.stdout)
    assert {entry["recipe"] for entry in told["recipes"]} == set(names) and told["options"]["repeats"] == 1
    assert run(plain_folder, "--quick", "--repeats", 2).exit_code == 2


def test_recipes_that_need_weights_from_outside_are_left_out() -> None:
    names = default_recipes(quick=False)
    assert {"initial", "compact", "transfer"} <= set(names) <= set(recipes.names())
    assert not any("mobilenet" in name for name in names)


def test_one_class_is_told_at_once(plain_folder: Path) -> None:
    done = run(plain_folder, "--recipes", "compact", "--folds", 9)
    assert isinstance(done.exception, DatasetError) and "over 9 folds" in str(done.exception)


def test_fits_are_not_kept_among_the_photos(plain_folder: Path) -> None:
    done = run(plain_folder, "--recipes", "initial", "--work", plain_folder / "fits")
    assert isinstance(done.exception, DatasetError) and "Name a folder outside of it for --work" in str(
        done.exception
    )
    assert not (plain_folder / "fits").exists()


def test_a_page_that_cannot_be_written_is_told_before_the_fits(rendered_faces: Path, tmp_path: Path) -> None:
    for option in ("--out", "--markdown"):
        written = (option, tmp_path / "nowhere" / "x.html", "--work", tmp_path / "fits")
        done = run(rendered_faces, "--recipes", "transfer", *written)
        assert done.exit_code == 2 and f"Invalid value for {option}" in done.stderr
    assert not (tmp_path / "fits").exists()
    assert "names no recipe" in " ".join(run(rendered_faces, "--recipes", ",").stderr.split())
