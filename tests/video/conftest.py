"""Frames of rendered faces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier

Place = tuple[str, int, int]
"""A rendered face, such as happy/01, and where its left upper corner is."""


@pytest.fixture(scope="session")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


@pytest.fixture(scope="session")
def scene(rendered_faces: Path) -> Callable[..., np.ndarray]:
    """Compose a frame, 320 × 240, of rendered faces in front of a pattern."""

    def compose(*places: Place, ground: int = 0, side: int = 120) -> np.ndarray:
        rows, columns = np.mgrid[0:240, 0:320]
        waves = np.sin((columns * (ground + 1) + 3 * rows) / 40), np.cos((rows * (ground + 1)) / 30)
        pixels = np.stack([120 + 60 * waves[0], 110 + 50 * waves[1], 100 - 60 * waves[ground % 2]], axis=-1)
        picture = Image.fromarray(pixels.astype(np.uint8))
        for name, left, top in places:
            with Image.open(rendered_faces / f"{name}.jpg") as face:
                picture.paste(face.convert("RGB").resize((side, side)), (left, top))
        return np.asarray(picture)

    return compose
