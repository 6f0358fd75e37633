"""`leaderboard`: which recipes it takes, what it prints and writes, and what it says when it cannot begin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emotion_classifier import recipes
from emotion_classifier.cli.leaderboard import default_recipes
from emotion_classifier.cli.program import program
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation import metrics as registry
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.experiments import leaderboard as board
from emotion_classifier.experiments.leaderboard import Entry, Leaderboard

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the fits; remembers what was asked for."""
    seen: dict[str, Any] = {}

    def ranked(names: list[str], dataset: Any, **how: Any) -> Leaderboard:
        seen.update(names=names, **how)
        metrics = {name: Estimate(0.9, 0.8, 0.95, 16) for name in registry.names("leaderboard")}
        best = Entry("transfer", "fine-tuned", metrics, None, 3.0, 3.0, float("nan"), 10)
        return Leaderboard((best,), {"initial": "no memory"}, dataset.counts, 16, how["options"])

    monkeypatch.setattr(board, "leaderboard", ranked)
    return seen


def run(*arguments: object) -> Any:
    return CliRunner().invoke(program, ["leaderboard", *map(str, arguments)])


def test_it_prints_and_writes_the_ranking(asked: dict[str, Any], plain_folder: Path, tmp_path: Path) -> None:
    page, text = tmp_path / "board.html", tmp_path / "board.md"
    done = run(plain_folder, "--recipes", "transfer,initial", "--out", page, "--markdown", text, "--folds", 4)
    assert done.exit_code == 0 and asked["names"] == ["transfer", "initial"] and asked["options"].folds == 4
    assert "transfer" in done.stdout and "initial failed: no memory" in done.stdout
    assert "90.0 % (80.0 to 95.0)" in page.read_text(encoding="utf-8")
    assert "| transfer |" in text.read_text(encoding="utf-8")


def test_json_is_all_there_is_on_standard_output(asked: dict[str, Any], plain_folder: Path) -> None:
    done = run(plain_folder, "--json")
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert told["photos"] == 16 and told["recipes"][0]["milliseconds_a_face"] is None
    assert told["recipes"][0]["accuracy"] == {"value": 0.9, "low": 0.8, "high": 0.95, "n": 16}


def test_quick_takes_faces_only_and_one_repeat(asked: dict[str, Any], plain_folder: Path) -> None:
    assert run(plain_folder, "--quick").exit_code == 0
    assert asked["options"].repeats == 1
    assert {"svm", "transfer", "geometry"} <= set(asked["names"])
    # Hours from nothing, whole frames, and several recipes in one.
    assert not {"compact", "initial", "ensemble", "stacking"} & set(asked["names"])
    assert run(plain_folder, "--quick", "--repeats", 2).exit_code == 2


def test_recipes_that_need_weights_from_outside_are_left_out() -> None:
    names = default_recipes(quick=False)
    assert {"initial", "compact", "transfer"} <= set(names) <= set(recipes.names())
    assert not any("mobilenet" in name for name in names)


def test_one_class_is_told_at_once(plain_folder: Path) -> None:
    done = run(plain_folder, "--recipes", "compact", "--folds", 9)
    assert isinstance(done.exception, DatasetError) and "over 9 folds" in str(done.exception)


def test_a_page_that_cannot_be_written_is_told_before_the_fits(
    rendered_faces: Path, asked: dict[str, Any], tmp_path: Path
) -> None:
    for option in ("--out", "--markdown"):
        done = run(rendered_faces, "--recipes", "transfer", option, tmp_path / "nowhere" / "x")
        assert isinstance(done.exception, DatasetError) and "cannot be written" in str(done.exception)
    assert not asked
    assert "names no recipe" in " ".join(run(rendered_faces, "--recipes", ",").stderr.split())
