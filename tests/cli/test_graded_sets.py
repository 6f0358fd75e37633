"""Folders whose classes are grades, and folders with votes, go through every verb that reads labelled photos."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from emotion_classifier.cli.program import program
from emotion_classifier.data import read_folder
from emotion_classifier.data.votes import Vote, votes_file, write_votes

NOTE = "Read as shares of raters: "


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, [str(argument) for argument in arguments])


def told(result: Result) -> str:
    return " ".join(result.stderr.split())


@pytest.fixture
def graded(rendered_faces: Path, tmp_path: Path) -> Path:
    """The rendered faces in six classes, a third of them slightly so, and one that nobody can tell."""
    root = tmp_path / "graded"
    for label in ("happy", "sad"):
        for number, path in enumerate(sorted((rendered_faces / label).glob("*.jpg"))):
            name = f"slightly_{label}" if number % 3 == 0 else label.capitalize()
            (root / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / name / path.name)
    for name, number in (("mixed", 1), ("cannot tell", 2)):
        (root / name).mkdir()
        shutil.copy(rendered_faces / "sad" / f"{number:02}.jpg", root / name / "copy.jpg")
    return root


@pytest.fixture
def voted(rendered_faces: Path, tmp_path: Path) -> Path:
    """The same faces in no class folders, graded by two raters who agree more or less."""
    root = tmp_path / "voted"
    root.mkdir()
    votes: dict[str, list[Vote]] = {"ann": [], "bob": []}
    for label in ("happy", "sad"):
        for number, path in enumerate(sorted((rendered_faces / label).glob("*.jpg"))):
            name = f"{number:02}-{label[0]}.jpg"
            shutil.copy(path, root / name)
            votes["ann"].append(Vote(name, "ann", label if number % 4 else "neutral"))
            votes["bob"].append(Vote(name, "bob", label if number % 3 else f"slightly {label}"))
    for rater, given in votes.items():
        write_votes(votes_file(root, rater), given)
    return root


def test_check_knows_grades_as_classes(graded: Path) -> None:
    done = run("check", graded, "--json")
    assert done.exit_code in (0, 3), done.output
    assert NOTE in told(done) and "slightly happy" in told(done)
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [one for one in findings if one["code"] in ("DATA016", "DATA017")]


def test_split_keeps_grades(graded: Path) -> None:
    before = read_folder(graded)
    done = run("split", graded, "--validation", 0, "--test", 0.3)
    assert done.exit_code == 0, done.output
    assert NOTE in told(done)
    after = read_folder(graded)
    assert after.ids == before.ids and np.array_equal(after.targets, before.targets)
    assert set(after.splits) == {"train", "test"}


def test_evaluate_measures_degrees_of_grades(graded: Path) -> None:
    done = run("evaluate", "default", graded, "--json")
    assert done.exit_code == 0, done.output
    assert "slightly sad 4 (40 % neutral, 60 % sad)" in told(done)
    assert "cannot tell" in told(done)
    found = json.loads(done.stdout)
    assert found["degree_spearman"]["value"] > 0.5 and found["degree_mae"]["n"] == 25


def test_evaluate_scores_against_votes(voted: Path) -> None:
    done = run("evaluate", "default", voted, "--json")
    assert done.exit_code == 0, done.output
    assert "votes 24 (of ann, bob)" in told(done)
    found = json.loads(done.stdout)
    assert found["photos"] == 24 and found["label_recall_happy"]["value"] > 0.5


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_train_learns_from_votes(voted: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    out = tmp_path / "model"
    done = run("train", voted, "--recipe", "logistic_regression", "--validation", 0, "--out", out)
    assert done.exit_code == 0, done.output
    assert "votes 24 (of ann, bob)" in told(done)
    scored = json.loads(run("evaluate", out, voted, "--json").stdout)
    assert scored["happy_against_sad"]["value"] > 0.8
