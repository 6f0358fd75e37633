"""`watch` as a user runs it."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

COMMAND = [sys.executable, "-m", "emotion_classifier", "watch"]


def test_a_video_becomes_a_table_an_overlay_and_a_page(
    scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    video = write_video(tmp_path / "a.mp4", [scene(("happy/01", 3 * n, 20)) for n in range(8)])
    out, table, page = tmp_path / "out.mp4", tmp_path / "a.csv", tmp_path / "a.html"
    asked = ["--every", "2", "--from", "0.1", "--out", out, "--csv", table, "--html", page]
    done = subprocess.run([*COMMAND, video, *asked], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "") and "1 face followed" in done.stderr
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["time"] for row in rows] == ["0.12", "0.2", "0.28"] and {row["track"] for row in rows} == {
        "1"
    }
    assert "Face 1" in page.read_text() and out.stat().st_size > 1000


def test_what_is_no_video_ends_with_a_message(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("nothing")
    done = subprocess.run([*COMMAND, tmp_path / "a.mp4"], capture_output=True, text=True)
    assert done.returncode == 1 and "cannot be read as a video" in done.stderr
