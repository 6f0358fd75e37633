"""What the program does whatever the verb: terminals of any encoding, output that is closed, errors of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "emotion_classifier"]


def test_help_says_what_is_read(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run("--help")
    assert "looks happy, neutral or sad" in " ".join(done.stdout.split())


@pytest.mark.parametrize("encoding", ["cp1251", "ascii", "cp437"])
def test_no_encoding_loses_an_answer(encoding: str, astronaut_file: Path, tmp_path: Path) -> None:
    for name in ("лицо.jpg", "b.jpg"):
        shutil.copy(astronaut_file, tmp_path / name)
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([*PROGRAM, "predict", tmp_path], capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"face 1: happy") == 2


def test_a_reader_that_leaves_early_is_no_failure(astronaut_file: Path, tmp_path: Path) -> None:
    shutil.copy(astronaut_file, tmp_path / "a.jpg")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [*PROGRAM, "predict", str(tmp_path), "--json"]
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
def test_a_full_disk_is_one_sentence(astronaut_file: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [*PROGRAM, "predict", str(astronaut_file), "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Error: standard output cannot be written (No space left on device). Make room"
    )
    assert "Traceback" not in done.stderr
    command = [*PROGRAM, "predict", str(astronaut_file), "--csv", "/dev/full"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (
        done.returncode == 1 and "Error: /dev/full cannot be written (No space left on device)" in done.stderr
    )


def test_an_address_of_another_computer_is_one_sentence() -> None:
    pytest.importorskip("gradio")
    command = [*PROGRAM, "app", "--host", "192.0.2.1", "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Cannot listen on 192.0.2.1" in done.stderr and "Traceback" not in done.stderr
