"""Crowds, tiny faces and panoramas: what is found, and what is said to be missing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import Face, nominal_face
from emotion_classifier.faces.network import Network, bundle_folder
from emotion_classifier.faces.tiles import MOST_TILES, first_tilings, smaller_tiling


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


def crowd(folder: Path, width: int, count: int = 240) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Rendered faces of a width in pixels, twenty in a row, and their middles."""
    detector, heads = FaceDetector(), []
    for path in sorted(folder.rglob("*.jpg")):
        photo = Image.open(path).convert("RGB")
        (face,) = detector.detect(np.asarray(photo))
        scale = width / face.box[2]
        size = (round(photo.width * scale), round(photo.height * scale))
        middle = tuple((face.box[side] + face.box[side + 2] / 2) * scale for side in (0, 1))
        heads.append((photo.resize(size, Image.Resampling.LANCZOS), middle))
    cell = max(max(head.size) for head, _ in heads) + 4
    group, middles = Image.new("RGB", (20 * cell, count // 20 * cell), (96, 104, 112)), []
    for number in range(count):
        head, (x, y) = heads[number % len(heads)]
        left, top = number % 20 * cell + 2, number // 20 * cell + 2
        group.paste(head, (left, top))
        middles.append((left + x, top + y))
    return np.asarray(group), middles


def test_nine_in_ten_of_a_crowd_of_tiny_faces(detector: FaceDetector, rendered_faces: Path) -> None:
    photo, middles = crowd(rendered_faces, 24)
    faces = detector.detect(photo)
    assert found(faces, middles) >= 0.9 * len(middles)
    assert len(faces) <= len(middles)


def found(faces: Sequence[Face], middles: list[tuple[float, float]]) -> int:
    """How many of the places have a face."""
    return sum(
        any(
            math.dist((face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2), middle) < 8
            for face in faces
        )
        for middle in middles
    )


def test_tiny_faces_far_away_in_a_photo_of_24_megapixels(
    detector: FaceDetector, rendered_faces: Path
) -> None:
    group, middles = crowd(rendered_faces, 24, 20)
    photo = np.full((4000, 6000, 3), 110, np.uint8)
    photo[2100 : 2100 + group.shape[0], 1900 : 1900 + group.shape[1]] = group
    faces = detector.detect(photo)
    assert found(faces, [(1900 + x, 2100 + y) for x, y in middles]) >= 18


def test_faces_too_small_to_be_seen_are_said_to_be_missing(
    detector: FaceDetector, rendered_faces: Path, astronaut: np.ndarray
) -> None:
    note = detector.find(crowd(rendered_faces, 20)[0]).note
    assert note is not None and re.fullmatch(r"faces narrower than \d\d pixels may be missing", note)
    assert detector.find(astronaut).note is None


@pytest.mark.parametrize("place", [0.0, 0.04, 0.31, 0.5, 0.77, 1.0])
@pytest.mark.parametrize("upright", [False, True])
def test_a_face_anywhere_in_a_panorama(
    detector: FaceDetector, astronaut: np.ndarray, place: float, upright: bool
) -> None:
    (face,) = detector.detect(astronaut)
    scale = 127 / face.box[2]
    head = Image.fromarray(astronaut).crop((100, 0, 356, 256))
    head = head.resize((round(256 * scale), round(256 * scale)))
    size = (612, 12_000) if upright else (12_000, 612)
    panorama = Image.new("RGB", size, (90, 120, 160))
    panorama.paste(head, tuple(round(place * (length - head.width)) for length in size))
    (found,) = detector.detect(np.asarray(panorama))
    assert found.box[2] == pytest.approx(127, rel=0.15)


def test_a_large_photo_without_faces_says_how_small_they_may_be(detector: FaceDetector) -> None:
    looked = detector.find(np.full((3000, 4000, 3), 127, np.uint8))
    assert looked.faces == () and looked.note == "faces narrower than 64 pixels may be missing"
    assert detector.find(np.full((408, 612, 3), 127, np.uint8)).note is None


def test_the_note_reaches_the_reading(rendered_faces: Path) -> None:
    classifier = EmotionClassifier()
    reading = classifier.predict(crowd(rendered_faces, 20)[0])
    assert reading.readings and reading.note is not None and reading.to_dict()["note"] == reading.note
    assert classifier.predict(next(rendered_faces.rglob("*.jpg"))).to_dict()["note"] is None


@pytest.mark.parametrize(
    "size", [(12_000, 612), (612, 12_000), (9000, 1400), (4000, 3000), (65_000, 2), (1000, 660)]
)
def test_tiles_cover_a_photo_and_are_not_too_many(size: tuple[int, int]) -> None:
    tilings = first_tilings(size)
    smaller = smaller_tiling(size, [nominal_face(1, 1)], min(tiling.side for tiling in tilings))
    for tiling in (*tilings, *([smaller] if smaller else [])):
        (width, height), side = (tiling.windows[0].width, tiling.windows[0].height), tiling.side
        assert len(tiling.windows) * width * height <= 1.01 * MOST_TILES * side**2
        for axis, length, window in (("x", size[0], width), ("y", size[1], height)):
            middles = sorted({getattr(tile, axis) for tile in tiling.windows})
            assert middles[0] - window / 2 <= 0.05 * side
            assert middles[-1] + window / 2 >= length - 0.05 * side
            assert all(b - a < window for a, b in zip(middles, middles[1:], strict=False))


def test_tiles_suit_the_network_that_looks_at_them() -> None:
    size = Network("full_range.onnx", threads=1, folder=bundle_folder()).size
    (tiling,) = first_tilings((4000, 3000))
    for window in tiling.windows:
        for side in (window.width, window.height):
            drawn = side / tiling.side * size
            assert drawn == pytest.approx(round(drawn)) and round(drawn) % 32 == 0


def test_a_photo_of_ordinary_size_is_looked_at_once() -> None:
    assert first_tilings((612, 408)) == []
    assert smaller_tiling((612, 408), [nominal_face(60, 60)], 612) is None
