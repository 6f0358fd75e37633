"""``tune`` on the command line: one object on standard output, wrong use in one line, and how to go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("keras_tuner")

from emotion_classifier.cli.program import program
from emotion_classifier.errors import EmotionClassifierError

RUN = """
import sys
from emotion_classifier import recipes
from emotion_classifier.cli import main
from searched import TINY

recipes.register(TINY)
main()
"""
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def start(*arguments: object) -> subprocess.Popen[str]:
    """Run the verb in a program that has a recipe of its own."""
    path = os.pathsep.join([*sys.path, str(Path(__file__).parents[1] / "experiments")])
    return subprocess.Popen(
        [sys.executable, "-c", RUN, "tune", "tiny", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_json_is_one_object(plain_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    process = start(plain_folder, "--out", out, "--trials", "1", "--epochs", "1", "--no-baseline", "--json")
    stdout, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    result = json.loads(stdout)
    assert result["trials"][0]["status"] == "done" and result["worth"] is None
    assert result["optimism"]["n"] == result["validation_accuracy"]["n"] + result["test_accuracy"]["n"]
    assert "1/1" in stderr
    card = (out / "tuned" / "README.md").read_text(encoding="utf-8")
    assert "photos that no trial of its search saw" in card


def test_ctrl_c_says_how_to_go_on(plain_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    process = start(plain_folder, "--out", out, "--epochs", "1", "--workers", "1")
    trials = out / "trials.jsonl"
    while process.poll() is None and not (trials.is_file() and trials.read_bytes().count(b"\n")):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=200)
    assert process.returncode == 130, stderr
    kept = trials.read_bytes().count(b"\n")
    assert f"{kept} trial" in stderr and "the same command goes on" in stderr


def test_a_recipe_without_a_space_is_told_before_the_photos_are_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        program, ["tune", "initial", str(tmp_path / "none"), "--out", str(tmp_path / "s")]
    )
    assert isinstance(done.exception, EmotionClassifierError)
    assert "nothing to search" in str(done.exception) and "compact" in str(done.exception)
