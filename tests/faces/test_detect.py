"""Faces are found where they are, and nowhere else."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from emotion_classifier.errors import CorruptBundleError
from emotion_classifier.faces import network
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import Face, nominal_face, prominent
from emotion_classifier.faces.plausible import is_plausible
from emotion_classifier.installation import this_installation

# Where the astronaut's eyes and mouth are, measured by hand on the picture.
RIGHT_EYE, LEFT_EYE, MOUTH = (203, 102), (246, 104), (222, 150)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


def face(x: float = 0, y: float = 0, side: float = 100, score: float = 0.9) -> Face:
    """Make a face as a network reports it, upright."""
    points = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.5, 0.8), (0.05, 0.4), (0.95, 0.4))
    return Face((x, y, side, side), score, tuple((x + px * side, y + py * side) for px, py in points))


def assert_points(found: Face, expected: list[tuple[float, float]], within: float) -> None:
    points = [found.keypoints[k] for k in (0, 1, 3)]
    assert np.abs(np.array(points) - np.array(expected)).max() <= within


def framed(picture: np.ndarray, side: int, at: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """Set a picture, scaled to `side`, into a blurred background of width and height `size`."""
    noise = np.random.default_rng(0).integers(40, 200, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    background = Image.fromarray(noise).resize(size).filter(ImageFilter.GaussianBlur(6))
    background.paste(Image.fromarray(picture).resize((side, side)), at)
    return np.asarray(background)


def test_one_face(detector: FaceDetector, astronaut: np.ndarray) -> None:
    (found,) = detector.detect(astronaut)
    assert found.score > 0.8
    assert abs(found.roll) < 8
    assert_points(found, [RIGHT_EYE, LEFT_EYE, MOUTH], within=6)
    x, y, width, height = found.box
    assert 0.8 < width / height < 1.25
    assert x < RIGHT_EYE[0] < LEFT_EYE[0] < x + width
    assert y < RIGHT_EYE[1] < MOUTH[1] < y + height


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_photo_on_its_side(detector: FaceDetector, astronaut: np.ndarray, quarters: int) -> None:
    side = astronaut.shape[0]
    turned = np.ascontiguousarray(np.rot90(astronaut, quarters))
    (found,) = detector.detect(turned)

    def moved(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point
        for _ in range(quarters):
            x, y = y, side - x
        return x, y

    assert_points(found, [moved(point) for point in (RIGHT_EYE, LEFT_EYE, MOUTH)], within=6)
    assert abs((found.roll + 90 * quarters + 180) % 360 - 180) < 8


@pytest.mark.parametrize("degrees", [-50, -25, 25, 50])
def test_tilted_head(detector: FaceDetector, astronaut: np.ndarray, degrees: int) -> None:
    head = Image.fromarray(astronaut[20:240, 110:330])
    (found,) = detector.detect(np.asarray(head.rotate(degrees, Image.Resampling.BILINEAR)))
    (upright,) = detector.detect(np.asarray(head))
    assert abs(found.roll + degrees - upright.roll) < 6


def test_small_face_in_a_large_photo(detector: FaceDetector, astronaut: np.ndarray) -> None:
    # The face is 50 px wide in 2400 px: two of the network's own pixels.
    photo = framed(astronaut, 256, (1700, 900), (2400, 1600))
    (found,) = detector.detect(photo)
    expected = [(1700 + x / 2, 900 + y / 2) for x, y in (RIGHT_EYE, LEFT_EYE, MOUTH)]
    assert_points(found, expected, within=4)


def test_crowd_largest_first(detector: FaceDetector, astronaut: np.ndarray) -> None:
    head = astronaut[10:250, 100:340]
    rows = [np.hstack([np.asarray(Image.fromarray(head).resize((side, side)))] * 4) for side in (90, 150)]
    photo = np.full((400, 612, 3), 90, np.uint8)
    photo[20:110, 100:460] = rows[0]
    photo[200:350, 0:600] = rows[1]
    found = detector.detect(photo)
    assert len(found) == 8
    assert [one.area for one in found] == sorted((one.area for one in found), reverse=True)
    assert all(one.box[1] > 180 for one in found[:4])


def test_boxes_stay_inside_the_photo(detector: FaceDetector, astronaut: np.ndarray) -> None:
    photo = astronaut[95:240, 170:300]
    (found,) = detector.detect(photo)
    x, y, width, height = found.box
    assert x >= 0
    assert y >= 0
    assert x + width <= photo.shape[1]
    assert y + height <= photo.shape[0]


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket", "brick", "grass", "page", "text", "moon"])
def test_pictures_of_no_one(detector: FaceDetector, name: str) -> None:
    data = pytest.importorskip("skimage.data")
    picture = Image.fromarray(getattr(data, name)()).convert("RGB")
    assert detector.detect(np.asarray(picture)) == []


def test_a_blur_that_looks_like_a_face_on_its_side(detector: FaceDetector) -> None:
    # Scores 0.71 in the photo laid on its side, and three other looks agree.
    data = pytest.importorskip("skimage.data")
    picture = Image.fromarray(data.clock()).convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert detector.detect(np.asarray(picture)) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (37, 90), (2000, 1500)])
def test_blank_photos_of_any_shape(detector: FaceDetector, size: tuple[int, int]) -> None:
    assert detector.detect(np.full((*size, 3), 127, np.uint8)) == []


def test_same_answer_twice(detector: FaceDetector, astronaut: np.ndarray) -> None:
    assert detector.detect(astronaut) == detector.detect(astronaut.copy())


def test_cropped_face(detector: FaceDetector, astronaut: np.ndarray) -> None:
    left, top, side = 176, 70, 96
    crop = np.asarray(Image.fromarray(astronaut[top : top + side, left : left + side]).resize((48, 48)))
    found = detector.detect_cropped(crop)
    expected = [((x - left) / 2, (y - top) / 2) for x, y in (RIGHT_EYE, LEFT_EYE, MOUTH)]
    assert found.score > 0.5
    assert_points(found, expected, within=3)


def test_cropped_without_a_face_is_taken_whole(detector: FaceDetector) -> None:
    found = detector.detect_cropped(np.full((48, 40, 3), 99, np.uint8))
    assert found == nominal_face(40, 48)
    assert found.box == (0, 0, 40, 48)
    assert found.score == 0
    assert is_plausible(nominal_face(48, 48))


def test_what_is_found_in_a_crop_need_not_be_a_face(detector: FaceDetector, astronaut: np.ndarray) -> None:
    crop = np.ascontiguousarray(astronaut[70:166, 176:272])
    assert detector.is_face(crop, detector.detect_cropped(crop))
    grain = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    noise = np.asarray(Image.fromarray(grain).resize((200, 200), Image.Resampling.BICUBIC))
    assert not detector.is_face(noise, detector.detect_cropped(noise))
    flat = np.full((48, 48, 3), 99, np.uint8)
    assert not detector.is_face(flat, detector.detect_cropped(flat))


def test_prominent_is_the_largest_certain_face() -> None:
    cloth, subject, bystander = (
        face(side=300, score=0.65),
        face(side=150, score=0.85),
        face(side=40, score=0.97),
    )
    assert prominent([cloth, subject, bystander]) is subject
    assert prominent([cloth]) is cloth
    assert prominent([]) is None


def moved(original: Face, point: int, x: float, y: float) -> Face:
    points = list(original.keypoints)
    points[point] = (x, y)
    return Face(original.box, original.score, tuple(points))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: Face(f.box, f.score, (f.keypoints[1], f.keypoints[0], *f.keypoints[2:])),  # eyes crossed
        lambda f: moved(f, 3, 50, 5),  # mouth above the eyes
        lambda f: moved(f, 2, 50, 95),  # nose below the mouth
        lambda f: moved(f, 1, 31, 35),  # eyes in one place
        lambda f: moved(f, 0, -40, 35),  # an eye outside the box
        lambda f: Face((0, 0, 0, 0), f.score, f.keypoints),
    ],
)
def test_implausible_key_points(spoil: Callable[[Face], Face]) -> None:
    assert is_plausible(face())
    assert not is_plausible(spoil(face()))


@pytest.mark.parametrize("name", ["short_range.onnx", "full_range.onnx"])
@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_damaged_network(name: str, damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "face_detector"
    shutil.copytree(network.bundle_folder(), folder)
    if damage == "missing":
        (folder / name).unlink()
    else:
        content = bytearray((folder / name).read_bytes())
        content[5000] ^= 1
        (folder / name).write_bytes(content)
    with pytest.raises(CorruptBundleError) as caught:
        FaceDetector(folder=folder).detect(np.zeros((64, 64, 3), np.uint8))
    assert name in str(caught.value)
    assert this_installation().repair() in str(caught.value)


@pytest.mark.parametrize("content", [None, "{", '{"files": {}}'])
def test_damaged_config(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CorruptBundleError, match="config.json"):
        FaceDetector(folder=tmp_path).detect(np.zeros((64, 64, 3), np.uint8))


def test_what_is_shipped_is_small_and_says_where_it_comes_from() -> None:
    folder = Path(str(network.bundle_folder()))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    sizes = {name: (folder / name).stat().st_size for name in config["files"]}
    assert sizes == {name: entry["bytes"] for name, entry in config["files"].items()}
    assert sum(sizes.values()) <= 1_600_000
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert config["origin"]["version"] in (folder / "README.md").read_text(encoding="utf-8")


def test_finds_the_faces_of_fer_plus(detector: FaceDetector, shared_data: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(shared_data / "ferplus" / "validation.parquet", columns=["image"])["image"]
    found = 0
    for index in range(0, 400, 2):
        with Image.open(io.BytesIO(rows[index].as_py()["bytes"])) as picture:
            found += detector.detect_cropped(np.asarray(picture.convert("RGB"))).score > 0
    assert found >= 198  # 99.9 % of 1,000 when measured
