"""README's way with labelled photos, command for command, on forty faces that the project may ship."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("keras")
pq = pytest.importorskip("pyarrow.parquet")
ROOT = Path(__file__).parents[2]
FACES = ROOT / "src" / "emotion_classifier" / "assets" / "rendered" / "faces.parquet"
FINDINGS = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def commands() -> list[str]:
    """List the commands below "With your own labelled photos"."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("With your own labelled photos")[1].split("```console\n")[1].split("```")[0]
    return [line.removeprefix("$ ").split("  #")[0].strip() for line in block.splitlines()]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Forty rendered faces in two folders, with ages and genders in metadata.csv."""
    root = tmp_path / "photos"
    rows = pq.read_table(FACES).to_pylist()
    written = []
    for label, chosen in (
        ("happy", lambda expression: expression > 0.4),
        ("sad", lambda expression: expression < -0.4),
    ):
        (root / label).mkdir(parents=True)
        named = {row["head"]: row for row in rows if chosen(row["expression"])}
        for number, row in enumerate([*named.values()][:20]):
            (root / label / f"{number:02}.jpg").write_bytes(row["image"]["bytes"])
            written.append((f"{label}/{number:02}.jpg", row["age"], row["sex"]))
    with (root / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file_name", "age", "gender"), *written])
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
