"""README's way with labelled photos, command for command, on forty photos."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("keras")
ROOT = Path(__file__).parents[2]
PHOTOS = ROOT.parent / "shared" / "data" / "stock_photos"
FINDINGS = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def commands() -> list[str]:
    """List the commands below "With your own labelled photos"."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("With your own labelled photos")[1].split("```console\n")[1].split("```")[0]
    return [line.removeprefix("$ ").split("  #")[0].strip() for line in block.splitlines()]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twenty stock photos of each label, with ages and genders, which are made up, in metadata.csv."""
    if not PHOTOS.is_dir():
        pytest.skip(f"the photos of the study are not in {PHOTOS}")
    root, rows = tmp_path / "photos", []
    for label in ("Happy", "Sad"):
        (root / label).mkdir(parents=True)
        for number, path in enumerate(sorted((PHOTOS / label).iterdir())[:20]):
            shutil.copy(path, root / label / path.name)
            rows.append(
                (f"{label}/{path.name}", ("adult", "child")[number % 2], ("female", "male")[number // 2 % 2])
            )
    with (root / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file_name", "age", "gender"), *rows])
    return root


def test_every_command_of_the_readme_works(photos: Path) -> None:
    listed = commands()
    assert [line.split()[1] for line in listed[:5]] == ["check", "clean", "split", "leaderboard", "train"]
    for line in listed:
        program, *arguments = shlex.split(line)
        assert program == "emotion-classifier"
        done = subprocess.run(
            [sys.executable, "-m", "emotion_classifier", *arguments],
            cwd=photos.parent,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, FINDINGS), f"{line}\n{done.stderr[-2000:]}"
        assert not re.search(r"Traceback|oneDNN|absl", done.stderr), line
    for page in ("report.html", "board.html", "audit.html"):
        assert (photos.parent / page).stat().st_size > 5000
