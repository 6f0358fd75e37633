"""Faces in dark, flat and grainy photos are found and read, and no other photo is changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.photo import find_photos, read_photo
from emotion_classifier.photo.clear import SMOOTHED, SPREAD_OUT, cleared, grain_of

Photo = NDArray[np.uint8]


def grainy(photo: Photo, deviation: float) -> Photo:
    noise = np.random.default_rng(1).normal(0, deviation, photo.shape)
    return np.clip(np.rint(photo + noise), 0, 255).astype(np.uint8)


def dark(photo: Photo, stops: float) -> Photo:
    return np.rint(photo * 2 ** (-stops / 2.2)).astype(np.uint8)


@pytest.fixture(scope="module")
def faces(rendered_faces: Path) -> list[Photo]:
    return [read_photo(path) for path in find_photos(rendered_faces)][:8]


@pytest.mark.parametrize("deviation", [15, 30, 60])
def test_grain_is_estimated(deviation: float) -> None:
    grey = grainy(np.full((200, 300, 1), 128, np.uint8), deviation).repeat(3, axis=2)
    assert grain_of(Image.fromarray(grey)) == pytest.approx(deviation, rel=0.15)


def test_an_ordinary_photo_stays_what_it_is(faces: list[Photo]) -> None:
    for photo in map(Image.fromarray, faces):
        assert cleared(photo) == (photo, ())


def test_a_textured_thing_before_a_plain_ground_is_no_grain() -> None:
    photo = np.full((300, 400, 3), 90, np.uint8)
    photo[:200] = grainy(photo[:200], 60)
    image = Image.fromarray(photo)
    assert cleared(image) == (image, ())


@pytest.mark.parametrize("size", [(1, 1), (40, 300), (48, 48)])
def test_small_pictures_stay_what_they_are(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    image = Image.fromarray(noise)
    assert cleared(image) == (image, ())


def test_faces_in_heavy_grain_are_found(faces: list[Photo]) -> None:
    photos = [grainy(photo, 65) for photo in faces]
    plainly = sum(len(FaceDetector().detect(photo)) for photo in photos)
    pipeline = FacePipeline()
    assert [len(pipeline.open(photo).faces) for photo in photos].count(1) >= max(6, plainly + 3)


def test_faces_in_grain_are_read_as_without(faces: list[Photo]) -> None:
    classifier = EmotionClassifier(threads=1)
    pairs = [(classifier.predict(photo).main, classifier.predict(grainy(photo, 25)).main) for photo in faces]
    same = [a.leaning == b.leaning for a, b in pairs if a is not None and b is not None]
    assert same.count(True) >= 7


def test_faces_in_the_dark_are_found_and_read(faces: list[Photo]) -> None:
    classifier = EmotionClassifier(threads=1)
    plainly = sum(len(FaceDetector().detect(dark(photo, 9))) for photo in faces)
    pairs = [(classifier.predict(photo).main, classifier.predict(dark(photo, 9)).main) for photo in faces]
    read = [(a.label, b.label) for a, b in pairs if a is not None and b is not None]
    assert len(read) >= max(6, plainly)
    assert sum(a == b for a, b in read) >= len(read) - 2


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_a_blank_photo_stays_blank(level: int) -> None:
    blank = grainy(np.full((200, 300, 3), level, np.uint8), 0.6)
    image = Image.fromarray(blank)
    assert cleared(image) == (image, ())


def test_what_is_shown_is_the_photo_itself(faces: list[Photo]) -> None:
    photo = grainy(faces[0], 60)
    assert np.array_equal(FacePipeline().open(photo).pixels, photo)


def test_a_photo_says_how_it_was_read(faces: list[Photo], tmp_path: Path) -> None:
    classifier = EmotionClassifier(threads=1)
    large = tmp_path / "large.jpg"  # in layers
    Image.fromarray(dark(faces[0], 9)).resize((1300, 1300)).save(large)
    notes = [
        classifier.predict(photo).note for photo in (faces[0], dark(faces[0], 9), grainy(faces[0], 30), large)
    ]
    assert notes == [None, SPREAD_OUT, SMOOTHED, SPREAD_OUT]


def test_a_photo_of_ordinary_size_is_shown_as_it_was_read(faces: list[Photo]) -> None:
    for photo in (faces[0], grainy(dark(faces[0], 9), 1)):
        read, _ = cleared(Image.fromarray(photo))
        assert np.array_equal(FacePipeline().open(photo).seen, np.asarray(read))


def test_a_large_photo_is_shown_as_it_was_read(faces: list[Photo], tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    image = Image.fromarray(faces[0]).resize((2400, 2400))
    Image.fromarray(grainy(np.asarray(image) // 16, 1)).save(
        large
    )  # The grain goes where it is shrunk to be read.
    explained = EmotionClassifier(threads=1).explain(large)
    assert explained.photo.note == SPREAD_OUT
    shown = Image.fromarray(explained.pixels)
    assert grain_of(shown) > 7, "more contrast alone makes the grain stronger"


def test_how_it_was_read_is_the_same_where_faces_are_known_already(faces: list[Photo]) -> None:
    classifier = EmotionClassifier(threads=1, face_cache=FaceCache())
    blank = grainy(np.full((200, 300, 3), 128, np.uint8), 30)
    for photo in (blank, grainy(faces[0], 30)):
        first, second = classifier.predict(photo), classifier.predict(photo)
        assert first == second and first.note == SMOOTHED
