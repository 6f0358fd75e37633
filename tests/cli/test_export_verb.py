"""`export`: what was found is said, what is open is decided on photos, and nothing is replaced unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("keras")

import keras

from emotion_classifier.cli.program import program

pytestmark = [
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SIDE = 16


@pytest.fixture
def reddish_is_happy(tmp_path: Path) -> Path:
    """A model that was trained on pictures with blue first, in 0 to 1: the redder, the happier."""
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.layers[-1].set_weights([np.array([[4.0], [0.0], [-4.0]], np.float32), np.zeros(1, np.float32)])
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.fixture
def tinted(tmp_path: Path) -> Path:
    """Reddish photos in happy, bluish ones in sad; each fifth the other way round."""
    rng = np.random.default_rng(0)
    for label, channel in (("happy", 0), ("sad", 2)):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(15):
            pixels = rng.integers(0, 150, (20, 20, 3), dtype=np.uint8)
            pixels[..., 2 - channel if number % 5 == 0 else channel] += 70
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{number}.png")
    return tmp_path / "photos"


def export(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(program, ["export", *map(str, arguments)])
    return result.exit_code, " ".join((result.output or str(result.exception)).split())


def test_the_order_of_channels_and_the_scale_are_found_on_photos(
    reddish_is_happy: Path, tinted: Path, tmp_path: Path
) -> None:
    code, said = export("--from-keras", reddish_is_happy, "--out", tmp_path / "out", "--check", tinted)
    assert code == 0
    assert "Read 30 photos in 6 ways" in said
    assert "BGR, scale 1/255 fits" in said
    assert "RGB, scale 1/255: 20.0 %" in said
    preprocessing = json.loads((tmp_path / "out" / "config.json").read_text())["preprocessing"]
    assert (preprocessing["channels"], preprocessing["scale"]) == ("bgr", 1 / 255)


def test_what_was_given_is_kept(reddish_is_happy: Path, tinted: Path, tmp_path: Path) -> None:
    given = ("--channels", "RGB", "--scale", 1 / 255)
    code, said = export(
        "--from-keras", reddish_is_happy, "--out", tmp_path / "out", "--check", tinted, *given
    )
    assert code == 0
    assert "Read 30 photos in one way" in said
    assert json.loads((tmp_path / "out" / "config.json").read_text())["preprocessing"]["channels"] == "rgb"


def test_a_bundle_is_not_replaced_unasked(reddish_is_happy: Path, tmp_path: Path) -> None:
    arguments = ("--from-keras", reddish_is_happy, "--out", tmp_path / "out")
    assert export(*arguments)[0] == 0
    before = (tmp_path / "out" / "config.json").read_bytes()
    code, _ = export(*arguments, "--channels", "BGR")
    assert code == 1
    assert (tmp_path / "out" / "config.json").read_bytes() == before
    assert export(*arguments, "--channels", "BGR", "--overwrite")[0] == 0
    assert json.loads((tmp_path / "out" / "config.json").read_text())["preprocessing"]["channels"] == "bgr"


def test_a_whole_photos_answer_is_not_called_a_faces(
    reddish_is_happy: Path, tinted: Path, tmp_path: Path
) -> None:
    assert export("--from-keras", reddish_is_happy, "--out", tmp_path / "out")[0] == 0
    photo = tinted / "sad" / "1.png"
    result = CliRunner().invoke(program, ["predict", str(photo), "--model", str(tmp_path / "out")])
    assert "whole photo: " in result.output
    assert "face" not in result.output.replace(str(photo), "")


def test_a_missing_file_is_named_before_a_library_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from emotion_classifier.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    asked = ["export", "--from-keras", str(tmp_path / "gone.keras"), "--out", str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *asked], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stdout == "[]\n"
    assert "gone.keras" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow  # It loads TensorFlow once more.
def test_nothing_but_our_own_words_is_on_standard_error(reddish_is_happy: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "emotion_classifier", "export", "--from-keras", str(reddish_is_happy)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and "TensorFlow" not in done.stderr
    assert "oneDNN" not in done.stderr and "absl" not in done.stderr
