"""A student's way: a folder of labelled photos, a model of one's own, an evaluation, an answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("keras")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*arguments: object, code: int = 0) -> str:
    command = [sys.executable, "-m", "emotion_classifier", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if code == 1 else done.stdout


@pytest.fixture(scope="module")
def photos(rendered_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered faces, three of each class kept for testing, and two files that are no photos."""
    root = tmp_path_factory.mktemp("own")
    for label in ("happy", "sad"):
        for number, path in enumerate(sorted((rendered_faces / label).glob("*.jpg"))):
            part = root / ("test" if number < 3 else "train") / label
            part.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, part / path.name)
    (root / "train" / "happy" / "notes.txt").write_text("my notes")
    (root / "train" / "sad" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return root


@pytest.fixture(scope="module")
def model(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Not beside the photos: a process that comes back to this file, as pytest-xdist may have it, sets up anew.
    out = tmp_path_factory.mktemp("own-model") / "bundle"
    run("train", photos / "train", "--validation", 0, "--out", out)
    return out


def right(folder: Path, model: Path) -> dict[str, int]:
    """How many of the nine faces of each label a model reads right."""
    counts = {}
    for label, code in (("happy", 0), ("sad", 3)):  # 3: the broken photo is reported
        lines = run("predict", folder / label, "--model", model, "--json", code=code)
        readings = [line["readings"][0] for line in map(json.loads, lines.splitlines()) if line["readings"]]
        assert len(readings) == 9
        counts[label] = sum((reading["p_happy"] > 0.5) == (label == "happy") for reading in readings)
    return counts


def test_it_learned_what_it_was_shown(photos: Path, model: Path) -> None:
    assert min(right(photos / "train", model).values()) >= 8


def test_a_network_from_nothing_fits_eighteen_photos(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "from-nothing"
    run("train", photos / "train", "--recipe", "compact", "--epochs", 250, "--validation", 0, "--out", out)
    assert min(right(photos / "train", out).values()) >= 8


def test_it_is_evaluated_on_photos_it_has_not_seen(photos: Path, model: Path) -> None:
    figures = json.loads(run("evaluate", model, photos / "test", "--json"))
    assert figures["accuracy"]["n"] == 6
    assert figures["accuracy"]["low"] <= figures["accuracy"]["value"] <= figures["accuracy"]["high"]
    assert sum(sum(row.values()) for row in figures["confusion"].values()) == 6
    run("evaluate", model, photos / "test", "--card", "six rendered faces")
    assert "### six rendered faces" in (model / "README.md").read_text(encoding="utf-8")
    assert json.loads(run("evaluate", model, photos / "test", "--json"))["accuracy"] == figures["accuracy"]


def test_the_default_model_reads_the_rendered_faces(photos: Path) -> None:
    figures = json.loads(run("evaluate", "default", photos / "test", "--json"))
    assert figures["faces_found"]["value"] == 1
    assert figures["accuracy"]["value"] >= 5 / 6


def test_a_model_from_a_notebook_is_served(photos: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from emotion_classifier import recipes; "
        "recipes.get('attempt_3').build(2).save(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "model.h5")], check=True, capture_output=True
    )
    options = ["--labels", "Happy,Sad", "--channels", "BGR", "--size", 150, "--out", tmp_path / "served"]
    run("export", "--from-keras", tmp_path / "model.h5", *options)
    photo = next((photos / "test" / "happy").glob("*.jpg"))
    line = json.loads(run("predict", photo, "--model", tmp_path / "served", "--json"))
    assert line["readings"][0]["model"].startswith("model-")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "{photos}/nowhere", "--out", "{tmp}/m"], "There is no folder"),
        (["train", "{photos}/train/happy", "--out", "{tmp}/m"], "no photos in class folders"),
        (["train", "{photos}/train", "--recipe", "resnet", "--out", "{tmp}/m"], "Choose from"),
        (["train", "{photos}/train", "--out", "{photos}"], "not overwritten"),
        (["evaluate", "{tmp}", "{photos}/test"], "no config.json"),
        (["export", "--from-keras", "{photos}/train/happy/notes.txt", "--out", "{tmp}/m"], "notes.txt"),
        (["tune", "initial", "{photos}/train", "--out", "{tmp}/m"], "nothing to search"),
        (["reproduce", "{photos}/train", "--recipes", "vgg"], "no model named vgg"),
    ],
)
def test_wrong_input_is_one_clear_line(photos: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    stderr = run(*(part.format(photos=photos, tmp=tmp_path) for part in arguments), code=1)
    assert says in stderr
