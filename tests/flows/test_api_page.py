"""The examples of the API page run, one after another, as somebody would type them in."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

for needed in ("skl2onnx", "cleanlab", "fairlearn"):
    pytest.importorskip(needed)

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"(<!-- not run -->\n)?```python\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_examples_run(rendered_faces: Path, tmp_path: Path) -> None:
    files = [f"{label}/{number:02d}.jpg" for label in ("happy", "sad") for number in range(1, 13)]
    rows = [f"{file},{('woman', 'man')[number % 2]}" for number, file in enumerate(files)]
    for name in ("photos", "test-photos"):
        shutil.copytree(rendered_faces, tmp_path / name)
    (tmp_path / "test-photos" / "metadata.csv").write_text("\n".join(["file_name,gender", *rows]) + "\n")
    for name in ("photo.jpg", "one.jpg", "two.jpg"):
        shutil.copy(rendered_faces / "happy" / "01.jpg", tmp_path / name)
    examples = [code for skipped, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if not skipped]
    assert len(examples) == 5
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*examples, "print(scores.mean() > 0.6)"])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "24 photos: happy 12, sad 12" in done.stdout and done.stdout.endswith("True\n")
