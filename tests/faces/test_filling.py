"""A face that fills the photo is found though it is seen badly; what only resembles one is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import overlap

SIDE = 224


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


def filling(detector: FaceDetector, path: Path, margin: float = 1.1) -> Image.Image:
    """Cut a rendered face out so that it fills the picture."""
    picture = Image.open(path).convert("RGB")
    x, y, width, height = detector.detect(np.asarray(picture))[0].box
    left, top, half = x + width / 2, y + height / 2, width * margin / 2
    box = tuple(int(edge) for edge in (left - half, top - half, left + half, top + half))
    return picture.crop(box).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def grainy(picture: Image.Image, grain: float = 60) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, grain, (SIDE, SIDE, 3))
    return np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["happy/02.jpg", "happy/03.jpg", "sad/02.jpg", "sad/03.jpg"])
def test_grainy_face_that_fills_the_photo(detector: FaceDetector, rendered_faces: Path, name: str) -> None:
    picture = filling(detector, rendered_faces / name)
    (found,) = detector.detect(grainy(picture))
    (clear,) = detector.detect(np.asarray(picture))
    assert overlap(found.box, clear.box) > 0.6
    points, expected = np.array(found.keypoints[:4]), np.array(clear.keypoints[:4])
    assert np.linalg.norm(points - expected, axis=1).max() < 0.15 * SIDE
    assert found.score < clear.score


def test_blurred_face_that_fills_the_photo(detector: FaceDetector, rendered_faces: Path) -> None:
    picture = filling(detector, rendered_faces / "happy" / "02.jpg", margin=1.4)
    (found,) = detector.detect(np.asarray(picture.filter(ImageFilter.GaussianBlur(8))))
    x, y, width, height = found.box
    assert x >= 0
    assert y >= 0
    assert x + width <= SIDE
    assert y + height <= SIDE


def test_a_face_that_fills_the_photo_is_read(detector: FaceDetector, rendered_faces: Path) -> None:
    photo = EmotionClassifier().predict(grainy(filling(detector, rendered_faces / "sad" / "02.jpg")))
    assert photo.main is not None
    assert photo.reason is None


def test_pieces_of_a_face_are_none(detector: FaceDetector, rendered_faces: Path) -> None:
    pixels = np.asarray(filling(detector, rendered_faces / "happy" / "02.jpg"))
    rows = np.split(pixels, 4)
    pieces = [piece for row in rows for piece in np.split(row, 4, axis=1)]
    order = np.random.default_rng(1).permutation(16)
    shuffled = [np.hstack([pieces[order[4 * row + column]] for column in range(4)]) for row in range(4)]
    assert detector.detect(np.vstack(shuffled)) == []


@pytest.mark.parametrize("box", [(80, 0, 320, 240), (100, 20, 300, 220), (60, 0, 360, 300)])
def test_the_face_of_a_cat_is_none(detector: FaceDetector, box: tuple[int, int, int, int]) -> None:
    data = pytest.importorskip("skimage.data")
    picture = Image.fromarray(data.chelsea()).crop(box).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    assert detector.detect(np.asarray(picture)) == []
