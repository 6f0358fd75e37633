"""Photos to clean."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def photos(rendered_faces: Path, tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for label in ("happy", "sad"):
        (root / label.title()).mkdir(parents=True)
        for number in range(1, 5):
            shutil.copy(rendered_faces / label / f"{number:02}.jpg", root / label.title())
    return root
