"""What stands on the command line: empty names and folders, photos and options given twice, names with a hyphen."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sad(rendered_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two photos, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("sad").mkdir()
    for name in ("01.jpg", "02.jpg"):
        shutil.copy(rendered_faces / "sad" / name, "sad")
    return Path("sad")


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", ""],
        ["predict", "sad", ""],
        ["predict", "sad", "--save", ""],
        ["predict", "sad", "--csv="],
        ["predict", "sad", "--model", ""],
        ["batch", "", "out"],
        ["batch", "sad", ""],
        ["watch", ""],
        ["check", ""],
        ["compare", "a", "", "sad"],
        ["train", "sad", "--out", ""],
    ],
)
def test_an_empty_name_is_not_the_current_folder(run: Run, sad: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and "An empty name was given" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["sad"], "nothing is written"


def test_an_empty_list_of_columns_names_no_file(run: Run, sad: Path) -> None:
    assert "An empty name" not in run("check", sad, "--ignore", "").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "sad", "--csv", "a.csv", "--csv", "b.csv"],
        ["predict", "sad", "--workers", "1", "--workers=1"],
        ["watch", "a.mp4", "--from", "1", "--from", "2"],
        ["evaluate", "default", "sad", "--out", "a.html", "--out", "b.html"],
    ],
)
def test_an_option_that_takes_one_value_is_given_once(run: Run, sad: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    option = next(word for word in arguments if word.startswith("--"))
    assert done.returncode == 2 and f"for '{option}': It was given 2 times" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["sad"], "nothing is written"


def test_a_switch_and_an_option_that_takes_several_values_may_be_given_twice(run: Run, sad: Path) -> None:
    assert run("predict", sad, "--json", "--json").returncode == 0
    codes = ("--ignore", "DATA001", "--ignore", "DATA002")
    assert "given 2 times" not in run("check", sad, *codes).stderr


def test_a_file_that_begins_with_a_hyphen(run: Run, sad: Path) -> None:
    shutil.copy(sad / "01.jpg", "-dash.jpg")
    refused = run("predict", "-dash.jpg")
    assert refused.returncode == 2 and "write ./-dash.jpg" in refused.stderr
    assert "./-" not in run("predict", "-other.jpg").stderr, "there is no such file"
    assert run("predict", "./-dash.jpg").returncode == 0


def test_an_empty_folder_is_told_beside_photos(run: Run, sad: Path) -> None:
    Path("empty").mkdir()
    done = run("predict", "empty", sad, "--json")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2
    assert "No photos in empty.\n" in done.stderr and "No photos in sad" not in done.stderr


def test_what_is_given_twice_is_read_once(run: Run, sad: Path) -> None:
    Path("link").symlink_to(sad)
    done = run("predict", sad / "02.jpg", "sad", "link", "--json", "--save", "boxes")
    names = [json.loads(line)["file"] for line in done.stdout.splitlines()]
    assert names == [str(sad / "02.jpg"), str(sad / "01.jpg")]
    assert "3 given twice: read once.\n" in done.stderr
    saved = {path.relative_to("boxes").as_posix() for path in Path("boxes").rglob("*.jpg")}
    assert saved == {"02.jpg", "sad/01.jpg"}
    assert "given twice" not in run("predict", sad).stderr
