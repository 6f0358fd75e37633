"""The command line as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emotion_classifier", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_json_lines_and_nothing_else(astronaut_file: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(astronaut_file.read_bytes()[:500])
    (tmp_path / "fine.jpg").write_bytes(astronaut_file.read_bytes())
    done = run("predict", tmp_path, "--json")
    assert done.returncode == 3, "done, with one photo unread"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["broken.jpg", "fine.jpg"]
    assert lines[0]["readings"] == [] and "broken.jpg" in lines[0]["reason"]
    assert lines[1]["readings"][0]["label"] == "happy" and lines[1]["reason"] is None


def test_for_people(astronaut_file: Path) -> None:
    done = run("predict", astronaut_file)
    assert done.returncode == 0
    assert "happy" in done.stdout and "degree +" in done.stdout


def test_the_forced_choice_still_says_why_it_is_a_guess(tmp_path: Path) -> None:
    Image.new("RGB", (120, 120), "grey").save(tmp_path / "wall.png")
    said = run("predict", "--cropped", "--binary", tmp_path).stdout
    assert re.search(r"face 1: (happy|sad) \(no face found in the crop\)", said)
    (line,) = run("predict", "--cropped", "--binary", "--json", tmp_path).stdout.splitlines()
    (reading,) = json.loads(line)["readings"]
    assert reading["label"] == reading["leaning"] and reading["reason"] == "no face found in the crop"


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names there")
def test_a_file_name_never_breaks_a_line(tmp_path: Path) -> None:
    for name in ("two\nlines\x1b[2J.jpg", "narrow\u202fblank é.jpg"):
        (tmp_path / name).write_bytes(b"no photo")
    lines = run("predict", tmp_path).stdout.splitlines()
    assert len(lines) == 4, "a name and a reason for each"
    names = [Path(line).name for line in lines[::2]]
    assert names == ["narrow\u202fblank é.jpg", r"two\nlines\x1b[2J.jpg"]
    assert r"two\nlines" in lines[3]


def test_an_empty_folder_is_wrong_use(tmp_path: Path) -> None:
    done = run("predict", tmp_path)
    assert done.returncode == 2
    assert "No photos" in done.stderr


def test_a_missing_file_is_named_and_the_others_go_on(astronaut_file: Path, tmp_path: Path) -> None:
    done = run("predict", tmp_path / "gone.jpg", astronaut_file)
    assert done.returncode == 3
    assert "gone.jpg" in done.stdout and "happy" in done.stdout


def test_a_bundle_that_is_none(astronaut_file: Path, tmp_path: Path) -> None:
    done = run("predict", astronaut_file, "--model", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error:") and "no config.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["predict"], ["fly"], ["predict", "--nonsense", "x"]])
def test_wrong_use(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_doctor_finds_a_sound_installation() -> None:
    done = run("doctor", "--json")
    checks = {check["name"]: check for check in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stdout
    assert checks["self-test"]["ok"] and "SHA-256" in checks["model"]["detail"]


def test_version() -> None:
    assert run("--version").stdout.startswith("emotion-classifier 0.")


def test_recipes_are_listed_without_data() -> None:
    done = run("train", "--recipe", "help")
    assert done.returncode == 0
    assert "attempt_5_batchnorm:" in done.stdout


def test_a_name_that_is_not_utf8_is_still_json(astronaut_file: Path, tmp_path: Path) -> None:
    name = bytes(tmp_path) + b"/\xe9.jpg"
    Path(name.decode("utf-8", "surrogateescape")).write_bytes(astronaut_file.read_bytes())
    line = json.loads(run("predict", tmp_path, "--json").stdout)
    assert line["file"].endswith(".jpg") and line["readings"]
