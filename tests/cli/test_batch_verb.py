"""`batch` as a user runs it, and as kill −9 ends it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pyarrow import parquet

from emotion_classifier import EmotionClassifier
from emotion_classifier.reading import COLUMNS, table_rows

COMMAND = [sys.executable, "-m", "emotion_classifier", "batch"]
Run = Callable[..., subprocess.CompletedProcess[str]]


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(out).to_pylist()
    return found


def test_a_folder_becomes_parquet_and_a_summary(run: Run, rendered_faces: Path, tmp_path: Path) -> None:
    photos, out = tmp_path / "in", tmp_path / "out"
    photos.mkdir()
    for name in ("01.jpg", "02.jpg"):
        shutil.copy(rendered_faces / "happy" / name, photos)
    (photos / "broken.jpg").write_text("nothing")
    done = run("batch", photos, out, "--json")
    assert done.returncode == 3
    summary = json.loads(done.stdout)
    assert (summary["photos"], summary["with_faces"], summary["unread"]) == (3, 2, 1)
    assert (
        "2 with faces, 0 without, 1 could not be read.\nNot read, as the column reason says of each:\n"
        in done.stderr
    )
    assert f"  {photos / 'broken.jpg'} is not a picture" in done.stderr
    expected = [
        {name: row.get(name) for name in COLUMNS}
        for photo in EmotionClassifier().predict_many(sorted(photos.iterdir()))
        for row in table_rows(photo)
    ]
    assert rows(out) == expected
    assert "Wrote 1 file and _summary.json" in done.stderr
    again = run("batch", photos, out)
    assert "Nothing was left to read: 1 file and _summary.json are in" in again.stderr
    assert "Wrote" not in again.stderr and again.returncode == 3
    refused = run("batch", photos, out, "--cropped")
    assert refused.returncode == 1 and "name another folder" in refused.stderr


def test_an_out_among_the_photos_is_refused(run: Run, rendered_faces: Path, tmp_path: Path) -> None:
    photos = Path(shutil.copytree(rendered_faces, tmp_path / "in"))
    done = run("batch", photos, photos / "out")
    assert done.returncode == 1 and f"is inside {photos}" in done.stderr
    assert not (photos / "out").exists()


def test_uncertain_faces_are_counted_by_reason_without_what_was_measured(
    run: Run, rendered_faces: Path, tmp_path: Path
) -> None:
    photos, out = tmp_path / "in", tmp_path / "out"
    photos.mkdir()
    for side in (24, 28):
        with Image.open(rendered_faces / "happy" / "01.jpg") as picture:
            picture.resize((side, side)).save(photos / f"{side}.png")
    summary = json.loads(run("batch", photos, out, "--json").stdout)
    reasons = {row["reason"] for row in rows(out)}
    assert len(reasons) == 2 and all("pixels between the eyes" in reason for reason in reasons)
    assert summary["uncertain"] == {"the face is too small": 2}


def test_it_does_not_wait_for_libraries_that_it_has_no_use_for(rendered_faces: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], rendered_faces, tmp_path / "out"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    imported = {line.rsplit("|", 1)[-1].strip().partition(".")[0] for line in said.splitlines()}
    assert "pyarrow" in imported
    assert not imported & {"pandas", "fsspec", "scipy", "matplotlib", "ray"}


@pytest.mark.slow
def test_kill_9_loses_nothing_and_doubles_nothing(rendered_faces: Path, tmp_path: Path) -> None:
    photos, whole, out = tmp_path / "in", tmp_path / "whole", tmp_path / "out"
    for number in range(25):
        shutil.copytree(rendered_faces, photos / f"{number:02}")
    options = ["--part-size", "8", "--workers", "2"]
    start = time.monotonic()
    subprocess.run([*COMMAND, photos, whole, *options], check=True, capture_output=True)
    seconds = time.monotonic() - start
    chance, kills = random.Random(1), 0
    for _ in range(6):
        process = subprocess.Popen([*COMMAND, photos, out, *options], stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0.2, 0.5) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    subprocess.run([*COMMAND, photos, out, *options], check=True, capture_output=True)
    assert kills >= 2 and rows(out) == rows(whole) and len(rows(out)) == 600
