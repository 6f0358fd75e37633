"""Only those parts of a large photo are looked at in tiles in which a face could be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier.errors import CorruptBundleError
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import Face
from emotion_classifier.faces.glance import Glance
from emotion_classifier.faces.tiles import Tiling, first_tilings
from emotion_classifier.faces.window import Window
from emotion_classifier.photo import Picture

SIZE = 4000, 3000


@pytest.fixture(scope="module")
def glance() -> Glance:
    return Glance(threads=1)


@pytest.fixture(scope="module")
def tiling() -> Tiling:
    (only,) = first_tilings(SIZE)
    return only


def bounds(window: Window) -> tuple[float, float, float, float]:
    x, y, width, height = window.x, window.y, window.width, window.height
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


@pytest.fixture(scope="module")
def beside(rendered_faces: Path) -> list[tuple[Picture, Face]]:
    """Photos of 12 megapixels with one face about 100 pixels wide, and where it is."""
    photos = []
    for number, path in enumerate(sorted(rendered_faces.rglob("*.jpg"))[:6]):
        head = Image.open(path).convert("RGB")
        (found,) = FaceDetector().detect(np.asarray(head))
        scale = 100 / found.box[2]
        head = head.resize((round(head.width * scale), round(head.height * scale)), Image.Resampling.LANCZOS)
        photo, at = Image.new("RGB", SIZE, (120, 130, 125)), (300 + 550 * number, 2500 - 400 * number)
        photo.paste(head, at)
        x, y, width, height = (value * scale for value in found.box)
        photos.append((Picture.of(photo), Face((x + at[0], y + at[1], width, height), 1.0, found.keypoints)))
    return photos


def test_a_small_face_is_looked_at_and_little_else(
    glance: Glance, tiling: Tiling, beside: list[tuple[Picture, Face]]
) -> None:
    for photo, face in beside:
        x, y, width, height = face.box
        windows = glance.windows(photo, tiling, [])
        assert any(
            left <= x and top <= y and x + width <= right and y + height <= bottom
            for left, top, right, bottom in map(bounds, windows)
        )
        assert sum(window.width * window.height for window in windows) < 0.2 * SIZE[0] * SIZE[1]


def test_parts_are_drawn_in_whole_grains_within_the_tiling(
    glance: Glance, tiling: Tiling, beside: list[tuple[Picture, Face]]
) -> None:
    around = [bounds(window) for window in tiling.windows]
    for photo, _ in beside:
        for window in glance.windows(photo, tiling, []):
            grains = window.width / tiling.grain, window.height / tiling.grain
            assert grains == pytest.approx([round(each) for each in grains])
            left, top, right, bottom = bounds(window)
            assert any(a <= left and b <= top and right <= c and bottom <= d for a, b, c, d in around)


def test_where_a_face_was_found_nothing_is_looked_for(
    glance: Glance, tiling: Tiling, beside: list[tuple[Picture, Face]]
) -> None:
    photo, face = beside[0]
    assert glance.windows(photo, tiling, [])
    x, y, width, height = face.box
    larger = replace(face, box=(x - width / 2, y - height / 2, 2 * width, 2 * height))
    assert not glance.windows(photo, tiling, [larger])


def test_a_plain_photo_has_nothing_to_look_at(glance: Glance, tiling: Tiling) -> None:
    assert glance.windows(Picture.of(np.full((SIZE[1], SIZE[0], 3), 127, np.uint8)), tiling, []) == []


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_damaged_network(damage: str, tiling: Tiling, tmp_path: Path) -> None:
    package = Path(__file__).parents[2] / "src" / "emotion_classifier" / "assets" / "face_glance"
    folder = Path(shutil.copytree(package, tmp_path / "face_glance"))
    file = folder / "glance.onnx"
    if damage == "missing":
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[5000] ^= 1
        file.write_bytes(content)
    with pytest.raises(CorruptBundleError, match=r"glance\.onnx"):
        Glance(threads=1, folder=folder).windows(Picture.of(Image.new("RGB", SIZE)), tiling, [])
