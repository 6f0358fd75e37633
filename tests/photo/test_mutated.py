"""Damaged pictures of every format: read or refused with a reason, never anything else."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from mutations import damaged_picture, pictures
from PIL import Image

from emotion_classifier.errors import PhotoError
from emotion_classifier.photo import read_photo

ROUNDS = 40  # of each format


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    face = Path(__file__).parents[1] / "faces_rendered" / "happy" / "01.jpg"
    with Image.open(face) as image:
        return pictures(image.convert("RGB").resize((64, 64)))


def test_the_pictures_can_be_read_before_they_are_damaged(whole: dict[str, bytes]) -> None:
    for content in whole.values():
        assert read_photo(content).shape == (64, 64, 3)


@pytest.mark.timeout(120)
def test_damaged_pictures_are_read_or_refused(whole: dict[str, bytes]) -> None:
    read = 0
    for kind, content in whole.items():
        for number in range(ROUNDS):
            try:
                photo = read_photo(damaged_picture(content, Random(f"{kind} {number}")))
            except PhotoError as error:
                assert str(error)
                continue
            except Exception as error:
                raise AssertionError(f"{kind} {number} raised {error!r}") from error
            assert photo.dtype == np.uint8
            read += 1
    assert read > 0.3 * ROUNDS * len(whole)
