"""Crops are upright, to scale, and eyes and mouth sit at the same places in all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emotion_classifier.faces.align import Framing, crop_face
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import Face

SIZE = (64, 64)


def drawn_face(
    *, scale: float = 40, tilt: float = 0, middle: tuple[float, float] = (200, 150)
) -> tuple[np.ndarray, Face]:
    """Draw a grey photo with a red and a green eye and a blue mouth; `scale` is the eyes' distance."""
    cosine, sine = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))

    def at(x: float, y: float) -> tuple[float, float]:
        return middle[0] + scale * (x * cosine - y * sine), middle[1] + scale * (x * sine + y * cosine)

    points = (at(-0.5, 0), at(0.5, 0), at(0, 0.6), at(0, 1), at(-1, 0.2), at(1, 0.2))
    rows, columns = np.mgrid[:300, :400] + 0.5
    photo = np.full((300, 400, 3), 128, np.uint8)
    for point, colour in zip((points[0], points[1], points[3]), np.eye(3) * 255, strict=True):
        photo[np.hypot(columns - point[0], rows - point[1]) < scale * 0.15] = colour
    box = (middle[0] - 1.2 * scale, middle[1] - 0.9 * scale, 2.4 * scale, 2.4 * scale)
    return photo, Face(box, 0.9, points)


def blobs(crop: np.ndarray) -> list[tuple[float, float]]:
    """Centres of red, green and blue in a crop, as shares of its width and height."""
    found = []
    for channel in range(3):
        others = [c for c in range(3) if c != channel]
        excess = np.clip(crop[..., channel].astype(float) - crop[..., others].max(axis=2), 0, None)
        rows, columns = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
        x, y = (excess * columns).sum() / excess.sum(), (excess * rows).sum() / excess.sum()
        found.append((x / crop.shape[1], y / crop.shape[0]))
    return found


@pytest.mark.parametrize("tilt", [0, 15, -40, 90, 180, -135])
@pytest.mark.parametrize("scale", [9, 25, 60])
def test_eyes_and_mouth_sit_where_the_framing_says(tilt: float, scale: float) -> None:
    framing = Framing()
    crop = crop_face(*drawn_face(scale=scale, tilt=tilt), framing=framing, size=SIZE)
    assert crop.shape == (64, 64, 3)
    assert crop.dtype == np.uint8
    unit = 1 / framing.width_in_eye_distances
    expected = [
        (0.5 - unit / 2, framing.eye_line),
        (0.5 + unit / 2, framing.eye_line),
        (0.5, framing.eye_line + unit),
    ]
    assert np.abs(np.array(blobs(crop)) - np.array(expected)).max() < 0.02


def test_framing_is_obeyed() -> None:
    framing = Framing(width_in_eye_distances=4, eye_line=0.5)
    right, left, mouth = blobs(crop_face(*drawn_face(), framing=framing, size=(96, 48)))
    assert left[0] - right[0] == pytest.approx(0.25, abs=0.02)
    assert right[1] == pytest.approx(0.5, abs=0.02)
    assert mouth[1] - right[1] == pytest.approx(0.125, abs=0.02)  # as tall again as wide


def test_turned_head_is_not_cut_too_tight() -> None:
    photo, frontal = drawn_face()
    middle = (frontal.keypoints[0][0] + frontal.keypoints[1][0]) / 2
    eyes = [(middle + (x - middle) * 0.3, y) for x, y in frontal.keypoints[:2]]
    turned = Face(frontal.box, 0.9, (*eyes, *frontal.keypoints[2:]))
    height = blobs(crop_face(photo, turned, framing=Framing(), size=SIZE))[2][1]
    assert height < 0.9  # the mouth is still well inside


def test_tilt_of_a_head_in_profile_comes_from_eyes_and_mouth() -> None:
    # The eyes coincide but for noise; the line through them points straight down.
    photo, frontal = drawn_face()
    middle = np.mean(frontal.keypoints[:2], axis=0)
    profile = Face(
        frontal.box, 0.9, ((middle[0], middle[1] - 2), (middle[0], middle[1] + 2), *frontal.keypoints[2:])
    )
    mouth = blobs(crop_face(photo, profile, framing=Framing(), size=SIZE))[2]
    assert mouth[0] == pytest.approx(0.5, abs=0.03)
    assert mouth[1] > 0.6


def test_collapsed_key_points_fall_back_to_the_box() -> None:
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[20:80, 20:80] = 200
    crop = crop_face(photo, Face((20, 20, 60, 60), 0.9, ((50.0, 50.0),) * 6), framing=Framing(), size=SIZE)
    assert crop[32, 32].tolist() == [200, 200, 200]
    assert 0.5 < (crop > 100).mean() <= 1


def test_outside_repeats_the_edge() -> None:
    photo, corner = drawn_face(middle=(5, 5))
    photo[:] = (10, 200, 30)
    assert (
        np.abs(crop_face(photo, corner, framing=Framing(), size=SIZE).astype(int) - (10, 200, 30)).max() <= 1
    )


def test_shrinking_averages_fine_texture() -> None:
    photo, face = drawn_face(scale=100)
    photo[:] = 0
    photo[::2, ::2] = photo[1::2, 1::2] = 255  # a chequerboard of single pixels
    crop = crop_face(photo, face, framing=Framing(), size=(32, 32))
    assert np.abs(crop.astype(int) - 127).max() < 25


def test_photo_is_left_alone() -> None:
    photo, face = drawn_face()
    before = photo.copy()
    crop = crop_face(photo, face, framing=Framing(), size=SIZE)
    assert (photo == before).all()
    assert not np.shares_memory(crop, photo)


def test_crop_is_the_same_however_the_photo_is_turned(astronaut: np.ndarray) -> None:
    detector, framing = FaceDetector(), Framing()
    crops = []
    for quarters in (0, 1, 2):
        photo = np.ascontiguousarray(np.rot90(astronaut, quarters))
        (face,) = detector.detect(photo)
        crops.append(crop_face(photo, face, framing=framing, size=SIZE).astype(float))
    for crop in crops[1:]:
        assert np.corrcoef(crop.ravel(), crops[0].ravel())[0, 1] > 0.93
