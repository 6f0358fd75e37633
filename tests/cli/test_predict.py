"""The command line as a user meets it."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_json_lines_and_nothing_else(run: Run, astronaut_file: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(astronaut_file.read_bytes()[:500])
    (tmp_path / "fine.jpg").write_bytes(astronaut_file.read_bytes())
    done = run("predict", tmp_path, "--json")
    assert done.returncode == 3, "done, with one photo unread"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["broken.jpg", "fine.jpg"]
    assert lines[0]["readings"] == [] and "broken.jpg" in lines[0]["reason"]
    assert lines[1]["readings"][0]["label"] == "happy" and lines[1]["reason"] is None


def test_for_people(run: Run, astronaut_file: Path) -> None:
    done = run("predict", astronaut_file)
    assert done.returncode == 0
    assert "happy" in done.stdout and "degree +" in done.stdout


def test_the_forced_choice_still_says_why_it_is_a_guess(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (120, 120), "grey").save(tmp_path / "wall.png")
    said = run("predict", "--cropped", "--binary", tmp_path).stdout
    assert re.search(r"face 1: (happy|sad) \(no face found in the crop\)", said)
    (line,) = run("predict", "--cropped", "--binary", "--json", tmp_path).stdout.splitlines()
    (reading,) = json.loads(line)["readings"]
    assert reading["label"] == reading["leaning"] and reading["reason"] == "no face found in the crop"


@pytest.mark.skipif(sys.platform == "win32", reason="no such file names there")
def test_a_file_name_never_breaks_a_line(run: Run, tmp_path: Path) -> None:
    for name in ("two\nlines\x1b[2J.jpg", "narrow\u202fblank é.jpg"):
        (tmp_path / name).write_bytes(b"no photo")
    lines = run("predict", tmp_path).stdout.splitlines()
    assert len(lines) == 4, "a name and a reason for each"
    names = [Path(line).name for line in lines[::2]]
    assert names == ["narrow\u202fblank é.jpg", r"two\nlines\x1b[2J.jpg"]
    assert r"two\nlines" in lines[3]


def test_an_empty_folder_fails_as_it_does_in_a_batch(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for command in (["predict", tmp_path / "in"], ["batch", tmp_path / "in", tmp_path / "out"]):
        done = run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"Error: No photos in {tmp_path / 'in'}.\n"


def test_a_table_has_names_as_they_are(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    run("predict", "=1+2.jpg", "--csv", table)
    (row,) = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert row["file"] == "=1+2.jpg"


def test_an_address_is_named_as_it_was_given(run: Run, tmp_path: Path) -> None:
    done = run("predict", "https://example.org/a.jpg", "--save", tmp_path)
    assert done.returncode == 3 and "https://example.org/a.jpg" in done.stderr
    assert "https://example.org/a.jpg\n" in run("predict", "https://example.org/a.jpg").stdout


def test_a_missing_file_is_named_and_the_others_go_on(run: Run, astronaut_file: Path, tmp_path: Path) -> None:
    done = run("predict", tmp_path / "gone.jpg", astronaut_file)
    assert done.returncode == 3
    assert "gone.jpg" in done.stdout and "happy" in done.stdout


def test_a_path_too_long_to_be_asked_about_is_named_and_the_others_go_on(
    run: Run, astronaut_file: Path, tmp_path: Path
) -> None:
    too_long = "a" * 300 + ".jpg"
    done = run(
        "predict", too_long, f"http://example.org/{too_long}", astronaut_file, "--save", tmp_path / "boxes"
    )
    assert done.returncode == 3 and "3 photos, 1 face: 1 happy." in done.stderr, done.stderr
    assert "too long" in done.stderr + done.stdout


def test_a_bundle_that_is_none(run: Run, astronaut_file: Path, tmp_path: Path) -> None:
    done = run("predict", astronaut_file, "--model", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error:") and "no config.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["predict"], ["fly"], ["predict", "--nonsense", "x"]])
def test_wrong_use(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_value_that_is_none_of_the_choices(run: Run) -> None:
    done = run("predict", "a.jpg", "--sort", "name")
    assert done.returncode == 2
    # Libraries word it "is not 'degree'" or "is not one of 'degree'".
    assert "'name' is not" in done.stderr and "'degree'" in done.stderr and "Value error" not in done.stderr


def test_version(run: Run) -> None:
    assert run("--version").stdout.startswith("emotion-classifier 0.")


def test_recipes_are_listed_without_data(run: Run) -> None:
    done = run("train", "--recipe", "help")
    assert done.returncode == 0
    assert "attempt_5_batchnorm:" in done.stdout


def test_a_name_that_is_not_utf8_is_still_json(run: Run, astronaut_file: Path, tmp_path: Path) -> None:
    name = bytes(tmp_path) + b"/\xe9.jpg"
    Path(name.decode("utf-8", "surrogateescape")).write_bytes(astronaut_file.read_bytes())
    line = json.loads(run("predict", tmp_path, "--json").stdout)
    assert line["file"].endswith(".jpg") and line["readings"]


@pytest.fixture
def holiday(rendered_faces: Path, tmp_path: Path) -> Path:
    """Eleven photos of faces in two folders, a wall, a broken file, and what is no photo at all."""
    folder = tmp_path / "holiday"
    (folder / "late").mkdir(parents=True)
    for number in range(1, 10):
        shutil.copy(rendered_faces / "happy" / f"{number:02}.jpg", folder)
    for number in (3, 6):
        shutil.copy(rendered_faces / "sad" / f"{number:02}.jpg", folder / "late")
    Image.new("RGB", (90, 90), "grey").save(folder / "wall.png")
    (folder / "broken.jpg").write_bytes(b"no photo")
    for name in ("film.mp4", "film.MP4", "odd\n.tx\x1bt", "plain"):
        (folder / name).write_bytes(b"no photo either")
    return folder


def test_tables_pictures_and_closing_lines(run: Run, holiday: Path, tmp_path: Path) -> None:
    done = run("predict", holiday, "--csv", tmp_path / "a.csv", "--save", tmp_path / "boxes")
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.splitlines()
    assert lines[:3] == [
        "13 photos, 11 faces: 9 happy, 2 sad.",
        "1 photo without a face.",
        "1 of 13 photos could not be read:",
    ]
    assert "broken.jpg is not a picture" in lines[3]
    assert lines[4:] == [
        r"Skipped 4 files (the content is no picture): 2 .mp4, 1 without an ending, 1 .tx\x1bt.",
        f"Wrote {tmp_path / 'a.csv'}.",
        f"Saved 11 pictures in {tmp_path / 'boxes'}.",
    ]
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert (
        len(rows) == 14
        and rows[-1].startswith(f"{holiday / 'wall.png'},,False,")
        and "no face found" in rows[-1]
    )
    saved = {path.relative_to(tmp_path / "boxes").as_posix() for path in (tmp_path / "boxes").rglob("*.jpg")}
    assert saved == {*(f"0{number}.jpg" for number in range(1, 10)), "late/03.jpg", "late/06.jpg"}


def test_a_table_on_standard_output(run: Run, holiday: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(holiday)
    done = run("predict", ".", "--csv", "-")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert done.returncode == 3 and len(rows) == 13 and rows[0]["file"] == "01.jpg"
    assert done.stderr.startswith("13 photos, 11 faces") and "Wrote" not in done.stderr
    for arguments in (["--csv", "-", "--json"], ["--parquet", "-"]):
        done = run("predict", ".", *arguments)
        assert (done.returncode, done.stdout) == (2, "") and "standard output" in done.stderr
    assert not Path("-").exists()


def test_two_tables_are_no_one_file(run: Run, holiday: Path, tmp_path: Path) -> None:
    done = run("predict", holiday, "--csv", tmp_path / "a", "--parquet", holiday / ".." / "a")
    assert (
        done.returncode == 2
        and "name the same file" in " ".join(done.stderr.replace("│", " ").split())
        and not (tmp_path / "a").exists()
    )


def test_several_processes_write_the_same_bytes(run: Run, holiday: Path, tmp_path: Path) -> None:
    written = []
    for workers in (1, 2):
        table = tmp_path / f"{workers}.csv"
        done = run("predict", holiday, "--json", "--sort", "degree", "--csv", table, "--workers", workers)
        written.append((done.returncode, done.stdout, table.read_bytes()))
    assert written[0] == written[1]
    degrees = [
        line["readings"][0]["degree"]
        for line in map(json.loads, written[0][1].splitlines())
        if line["readings"]
    ]
    assert len(degrees) == 11 and degrees == sorted(degrees, reverse=True), "the happiest first"


def test_pictures_never_share_a_name_and_are_not_read_again(
    run: Run, rendered_faces: Path, tmp_path: Path
) -> None:
    happy, sad = rendered_faces / "happy" / "01.jpg", rendered_faces / "sad" / "01.jpg"
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(happy, photos / "01.jpg")
    shutil.copy(sad, photos / "01.PNG")
    for expected in (4, 8):
        done = run("predict", happy, sad, photos, "--save", photos / "boxes")
        assert done.returncode == 0 and done.stderr.startswith("4 photos, 4 faces")
        assert len([path for path in (photos / "boxes").rglob("*") if path.is_file()]) == expected
    assert {path.name for path in (photos / "boxes").iterdir()} >= {"01.jpg", "01-2.jpg", "photos"}
    assert (photos / "boxes" / "photos" / "01.PNG.jpg").is_file()
    assert (photos / "01.jpg").read_bytes() == happy.read_bytes()


def test_no_photo_is_written_over(run: Run, rendered_faces: Path, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    shutil.copy(rendered_faces / "happy" / "01.jpg", photo)
    for arguments in (["--csv", photo], ["--parquet", photo], ["--save", photo], ["--save", tmp_path]):
        done = run("predict", tmp_path, *arguments)
        assert done.returncode == 2 and "Traceback" not in done.stderr
    assert photo.read_bytes() == (rendered_faces / "happy" / "01.jpg").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_a_table_that_cannot_be_written_is_wrong_use(run: Run, holiday: Path, tmp_path: Path) -> None:
    for option, file, words in (
        ("--csv", holiday, "is a folder. Name a file"),
        ("--csv", tmp_path / "gone" / "a.csv", "in a folder that exists"),
        ("--csv", tmp_path / "a.parquet", "ends in .csv"),
        ("--parquet", tmp_path / "a.csv", "ends in .parquet"),
    ):
        done = run("predict", holiday, option, file)
        assert done.returncode == 2 and words in " ".join(done.stderr.replace("│", " ").split()), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["holiday"]


def test_standard_input(astronaut_file: Path) -> None:
    command = [sys.executable, "-m", "emotion_classifier", "predict", "--json", "-"]
    done = subprocess.run(command, input=astronaut_file.read_bytes(), capture_output=True)
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["file"] == "standard input" and line["readings"][0]["label"] == "happy"
    empty = subprocess.run(command, input=b"", capture_output=True)
    assert empty.returncode == 3 and b"empty" in empty.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
def test_whoever_reads_no_further_loses_no_table(holiday: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "emotion_classifier", "predict", holiday, "--json"]
    try:
        alone = subprocess.run(
            [*command, "--workers", "2"], stdout=writing, stderr=subprocess.PIPE, text=True
        )
        table = subprocess.run([*command, "--csv", tmp_path / "a.csv"], stdout=writing, capture_output=False)
    finally:
        os.close(writing)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert table.returncode == 3 and len((tmp_path / "a.csv").read_text().splitlines()) == 14


def test_an_error_names_a_file_in_one_line(run: Run, tmp_path: Path) -> None:
    done = run("predict", tmp_path, "--model", tmp_path / "no\x1b[2Jmodel")
    assert done.returncode == 1 and "\x1b[2J" not in done.stderr and r"no\x1b[2Jmodel" in done.stderr
