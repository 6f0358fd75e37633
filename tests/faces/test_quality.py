"""What is measured of a face follows what was done to the photo, and every limit has its words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter
from pydantic import ValidationError

from emotion_classifier.faces.align import Framing, crop_face
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import Face, nominal_face
from emotion_classifier.faces.quality import FaceQuality, QualityLimits, measure_quality
from emotion_classifier.model.bundle import SHIPPED

EXAMPLES = SHIPPED.parent / "serving" / "examples"
GOOD = FaceQuality(
    eye_distance=60, turn=8, sharpness=0.4, brightness=0.5, contrast=0.15, blown_out=0.0, margin=1.0
)
LIMITS = QualityLimits()


@pytest.fixture(scope="module")
def smile() -> Image.Image:
    return Image.open(EXAMPLES / "smile.jpg").convert("RGB")


@pytest.fixture(scope="module")
def face(smile: Image.Image) -> Face:
    (found,) = FaceDetector().detect(np.asarray(smile))
    return found


def measured(
    photo: Image.Image, face: Face, *, framing: Framing | None = None, side: int = 48
) -> FaceQuality:
    framing = framing or Framing()
    crop = crop_face(np.asarray(photo), face, framing=framing, size=(side, side))
    return measure_quality(crop, face, framing=framing, photo_size=(photo.height, photo.width))


def with_nose_aside(face: Face, share: float) -> Face:
    """Move the tip of the nose to the person's left, by a share of the eyes' distance."""
    right, left, nose, *others = face.keypoints
    moved = (nose[0] + share * (left[0] - right[0]), nose[1] + share * (left[1] - right[1]))
    return replace(face, keypoints=(right, left, moved, *others))


@pytest.mark.parametrize("name", ["smile", "sad", "neutral"])
def test_a_good_photo_passes(name: str) -> None:
    photo = Image.open(EXAMPLES / f"{name}.jpg").convert("RGB")
    (face,) = FaceDetector().detect(np.asarray(photo))
    quality = measured(photo, face)
    assert LIMITS.reason(quality) is None
    assert quality.turn < 20  # rendered turned by 4 to 9 degrees


def test_blur_lowers_sharpness_and_nothing_else(smile: Image.Image, face: Face) -> None:
    apart = face.keypoints[1][0] - face.keypoints[0][0]
    series = [
        measured(smile.filter(ImageFilter.GaussianBlur(apart * share)), face)
        for share in (0, 0.05, 0.1, 0.15)
    ]
    sharpness = [quality.sharpness for quality in series]
    assert sharpness == sorted(sharpness, reverse=True) and sharpness[-1] < 0.65 * sharpness[0]
    assert LIMITS.reason(series[-1]) == "the face is too blurred"
    for blurred in series[1:]:
        assert blurred.brightness == pytest.approx(series[0].brightness, abs=0.02)
        assert (blurred.eye_distance, blurred.turn) == (series[0].eye_distance, series[0].turn)


def test_motion_in_one_direction_is_blur(smile: Image.Image, face: Face) -> None:
    pixels = np.asarray(smile).astype(float)
    across, down = (np.mean([np.roll(pixels, by, axis) for by in range(-25, 26)], axis=0) for axis in (1, 0))
    for moved in (across, down):
        quality = measured(Image.fromarray(moved.astype(np.uint8)), face)
        assert quality.sharpness < 0.7 * measured(smile, face).sharpness


def test_sharpness_is_not_contrast(smile: Image.Image, face: Face) -> None:
    flat = measured(smile.point(lambda value: 100 + value * 0.3), face)
    full = measured(smile, face)
    assert flat.sharpness == pytest.approx(full.sharpness, rel=0.05)
    assert flat.contrast == pytest.approx(full.contrast * 0.3, rel=0.05)


def test_a_limit_means_the_same_for_every_model(smile: Image.Image, face: Face) -> None:
    soft = smile.filter(ImageFilter.GaussianBlur(10))  # near the limit, where it matters
    base = measured(soft, face)
    for framing, side in ((Framing(), 96), (Framing(2.2, 0.32), 48), (Framing(2.2, 0.32), 64)):
        other = measured(soft, face, framing=framing, side=side)
        assert other.sharpness == pytest.approx(base.sharpness, rel=0.05)
        assert other.brightness == pytest.approx(base.brightness, rel=0.05)
        assert other.contrast == pytest.approx(base.contrast, rel=0.1)


def test_eye_distance_is_in_pixels_of_the_photo(smile: Image.Image, face: Face) -> None:
    box = tuple((np.array(face.box) / 20).tolist())
    small = Face(box, face.score, tuple(map(tuple, (np.array(face.keypoints) / 20).tolist())))
    quality = measured(smile.resize((smile.width // 20, smile.height // 20)), small)
    assert quality.eye_distance == pytest.approx(measured(smile, face).eye_distance / 20)
    assert (LIMITS.reason(quality) or "").startswith("the face is too small: 6 pixels between the eyes")


def test_the_nose_tells_the_turn() -> None:
    front = nominal_face(48, 48)
    crop = np.zeros((48, 48, 1), np.uint8)
    turns = [
        measure_quality(crop, with_nose_aside(front, share), framing=Framing(), photo_size=(48, 48)).turn
        for share in (0.0, 0.3, -0.3, 1.5)
    ]
    assert turns[0] == pytest.approx(0)
    assert turns[1] == pytest.approx(turns[2]) and 20 < turns[1] < 40
    assert turns[3] > LIMITS.max_turn


def test_turn_does_not_depend_on_the_tilt(smile: Image.Image, face: Face) -> None:
    upright = measured(smile, face).turn
    (tilted,) = FaceDetector().detect(np.asarray(smile.rotate(40)))
    assert measured(smile.rotate(40), tilted).turn == pytest.approx(upright, abs=8)


def test_dark_and_bright(smile: Image.Image, face: Face) -> None:
    assert LIMITS.reason(measured(smile.point(lambda value: value * 0.04), face)) == "the face is too dark"
    bright = measured(smile.point(lambda value: min(value * 8 + 140, 255)), face)
    assert bright.blown_out > 0.8
    assert LIMITS.reason(bright) == "the face is too bright"


def test_channels_may_come_in_any_order(smile: Image.Image, face: Face) -> None:
    crop = crop_face(np.asarray(smile), face, framing=Framing(), size=(48, 48))
    forward, backward = (
        measure_quality(pixels, face, framing=Framing(), photo_size=(smile.height, smile.width))
        for pixels in (crop, crop[..., ::-1])
    )
    assert forward == backward


def test_a_crop_without_content_is_measured_too() -> None:
    black, size = np.zeros((8, 8, 3), np.uint8), (8, 8)
    quality = measure_quality(black, nominal_face(8, 8), framing=Framing(0.5), photo_size=size)
    assert (quality.sharpness, quality.contrast) == (0.0, 0.0)
    collapsed = Face((0, 0, 8, 8), 0.9, ((4.0, 4.0),) * 6)
    assert measure_quality(black, collapsed, framing=Framing(), photo_size=size).turn == 0.0


@pytest.mark.parametrize(
    ("worse", "reason"),
    [
        ({}, None),
        ({"eye_distance": 3.9}, "the face is too small: 3 pixels between the eyes, 7 are needed"),
        ({"turn": 80.0}, "the face is turned too far away"),
        ({"blown_out": 0.9}, "the face is too bright"),
        ({"contrast": 0.004, "brightness": 0.02}, "the face is too dark"),
        ({"contrast": 0.004, "brightness": 0.6}, "the face has too little contrast"),
        ({"brightness": 0.05}, None),  # dark skin in good light
        ({"sharpness": 0.1}, "the face is too blurred"),
        ({"margin": 0.1}, "part of the face lies outside the photo"),
    ],
)
def test_every_limit_has_its_words(worse: dict[str, float], reason: str | None) -> None:
    limits = QualityLimits(min_eye_distance=7)
    assert limits.reason(replace(GOOD, **worse)) == reason


def test_size_is_not_asked_of_pictures_scaled_beforehand() -> None:
    tiny = replace(GOOD, eye_distance=2)
    assert LIMITS.reason(tiny, sized=False) is None
    assert LIMITS.reason(replace(tiny, sharpness=0.1), sized=False) == "the face is too blurred"


def test_a_face_may_end_near_the_border_of_a_picture_cut_out_beforehand() -> None:
    close, outside = replace(GOOD, margin=0.1), replace(GOOD, margin=-0.1)
    assert LIMITS.reason(close, sized=False) is None
    assert LIMITS.reason(outside, sized=False) == "part of the face lies outside the photo"


def test_the_margin_is_the_shortest_way_from_eyes_or_mouth_to_the_border() -> None:
    black, face = np.zeros((48, 48, 3), np.uint8), nominal_face(100, 100)
    right, left, nose, mouth = face.keypoints[:4]

    def margin(width: int, height: int) -> float:
        size = height, width
        return measure_quality(black, face, framing=Framing(), photo_size=size).margin

    apart = left[0] - right[0]
    assert margin(1000, 1000) == pytest.approx(right[0] / apart)
    assert margin(1000, 80) == pytest.approx((80 - mouth[1]) / apart)
    assert margin(60, 1000) == pytest.approx((60 - left[0]) / apart) and margin(60, 1000) < 0


def test_limits_that_know_no_margin_are_read() -> None:
    assert QualityLimits.model_validate({"max_turn": 45}).min_margin == LIMITS.min_margin


def test_limits_are_strict_and_survive_json() -> None:
    limits = QualityLimits(max_turn=45)
    assert QualityLimits.model_validate_json(limits.model_dump_json()) == limits
    with pytest.raises(ValidationError):
        QualityLimits(max_tilt=3)  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        limits.max_turn = 50
