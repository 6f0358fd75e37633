"""``tune`` on the command line: one object on standard output, wrong use in one line, and how to go on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("keras_tuner")

from emotion_classifier import recipes
from emotion_classifier.cli.program import program
from emotion_classifier.errors import EmotionClassifierError

sys.path.append(str(Path(__file__).parents[1] / "experiments"))
from searched import TINY

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    known = recipes.get
    monkeypatch.setattr(recipes, "get", lambda name: TINY if name == "tiny" else known(name))


def test_json_is_one_object(plain_folder: Path, tmp_path: Path) -> None:
    arguments = ["tune", "tiny", str(plain_folder), "--out", str(tmp_path / "s"), "--trials", "1"]
    done = CliRunner().invoke(program, [*arguments, "--epochs", "1", "--no-baseline", "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["trials"][0]["status"] == "done" and result["worth"] is None
    assert result["optimism"]["n"] == result["validation_accuracy"]["n"] + result["test_accuracy"]["n"]
    assert "1/1" in done.stderr
    card = (tmp_path / "s" / "tuned" / "README.md").read_text(encoding="utf-8")
    assert "photos that no trial of its search saw" in card


def test_ctrl_c_says_how_to_go_on(
    plain_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        (tmp_path / "s").mkdir()
        (tmp_path / "s" / "trials.jsonl").write_text("{}\n{}\n")
        raise KeyboardInterrupt

    monkeypatch.setattr("emotion_classifier.experiments.search.search_and_test", stopped)
    done = CliRunner().invoke(program, ["tune", "tiny", str(plain_folder), "--out", str(tmp_path / "s")])
    assert done.exit_code == 130
    assert "2 trials are kept" in done.stderr and "the same command goes on" in done.stderr


def test_a_recipe_without_a_space_is_told_before_the_photos_are_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        program, ["tune", "initial", str(tmp_path / "none"), "--out", str(tmp_path / "s")]
    )
    assert isinstance(done.exception, EmotionClassifierError)
    assert "nothing to search" in str(done.exception) and "compact" in str(done.exception)
