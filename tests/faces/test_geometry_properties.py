"""What holds of boxes, windows, tiles and crops, wherever a face lies and however it is turned."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emotion_classifier.faces.align import Framing, crop_face
from emotion_classifier.faces.face import Box, Face, overlap
from emotion_classifier.faces.tiles import MOST_TILES, Tiling
from emotion_classifier.faces.window import Window, inside

# No deadline: a busy machine is no fault of geometry.
quick = settings(deadline=None, max_examples=60, derandomize=True)
drawn = settings(deadline=None, max_examples=25, derandomize=True)
place, side, tilt = st.floats(-500, 1500), st.floats(1, 800), st.floats(-180, 180)
boxes = st.tuples(place, place, side, side)
windows = st.builds(Window, place, place, side, side, tilt)
WIDTH, HEIGHT = 180, 140


def face_at(x: float, y: float, eyes: float, roll: float) -> Face:
    """A face looking ahead; the middle between its eyes, how far they are apart, and its tilt in degrees."""
    along = np.array([math.cos(math.radians(roll)), math.sin(math.radians(roll))]) * eyes
    down = np.array([-along[1], along[0]])
    own = [(-0.5, 0), (0.5, 0), (0, 0.6), (0, 1.1), (-1.1, 0.2), (1.1, 0.2)]
    points = tuple(tuple((np.array([x, y]) + a * along + b * down).tolist()) for a, b in own)
    return Face((x - eyes, y - eyes, 2 * eyes, 2 * eyes), 0.9, points)


# Within the picture and large enough that a crop is more than the blur of a few pixels.
faces = st.builds(face_at, st.floats(60, 120), st.floats(50, 90), st.floats(14, 30), tilt)


def picture() -> np.ndarray:
    """A smooth picture, like nothing turned or mirrored of it, in which a pixel aside is some six grey levels away."""
    x, y = np.meshgrid(np.arange(WIDTH) / 17, np.arange(HEIGHT) / 17)
    waves = (np.sin(x), np.sin(y + 1), np.sin(0.8 * x - 0.5 * y))
    return (127 + 110 * np.stack(waves, axis=2)).astype(np.uint8)


def crop(photo: np.ndarray, face: Face) -> np.ndarray:
    return crop_face(photo, face, framing=Framing(), size=(40, 40)).astype(float)


@quick
@given(boxes, boxes, st.floats(0.1, 10))
def test_overlap(one: Box, other: Box, factor: float) -> None:
    found = overlap(one, other)
    assert 0 <= found <= 1 + 1e-9
    assert overlap(other, one) == pytest.approx(found, abs=1e-9)
    assert overlap(one, one) == pytest.approx(1)
    larger = [(x * factor, y * factor, w * factor, h * factor) for x, y, w, h in (one, other)]
    assert overlap(*larger) == pytest.approx(found, abs=1e-6)


@quick
@given(boxes, st.integers(1, 900), st.integers(1, 900))
def test_a_clipped_box_lies_in_the_photo_and_stays_as_it_is(box: Box, width: int, height: int) -> None:
    face = Face(box, 0.9, ((0.0, 0.0),) * 6)
    clipped = face.clipped(width, height)
    assert clipped.area <= face.area * (1 + 1e-9)
    assert clipped.clipped(width, height).box == pytest.approx(clipped.box, abs=1e-6)
    if overlap(box, (0, 0, width, height)) > 0:
        left, top, wide, high = clipped.box
        assert left >= 0 and top >= 0 and left + wide <= width + 1e-6 and top + high <= height + 1e-6


@quick
@given(st.floats(0, 999), st.floats(0, 999), st.floats(1, 99), tilt)
def test_the_roll_is_the_turn(x: float, y: float, eyes: float, turn: float) -> None:
    assert math.cos(math.radians(face_at(x, y, eyes, turn).roll - turn)) == pytest.approx(1)


@quick
@given(windows, st.lists(st.tuples(st.floats(-1, 2), st.floats(-1, 2)), min_size=1, max_size=5))
def test_a_window_keeps_lengths_and_leads_back(window: Window, points: list[tuple[float, float]]) -> None:
    (middle,) = window.to_photo([(0.5, 0.5)])
    assert middle == pytest.approx((window.x, window.y))
    (ax, ay), (bx, by), (cx, cy) = window.to_photo([(0, 0), (1, 0), (0, 1)])
    assert math.hypot(bx - ax, by - ay) == pytest.approx(window.width)
    assert math.hypot(cx - ax, cy - ay) == pytest.approx(window.height)
    turn = math.radians(-window.tilt)
    for point, (x, y) in zip(points, window.to_photo(points), strict=True):
        dx, dy = x - window.x, y - window.y
        upright = math.cos(turn) * dx - math.sin(turn) * dy, math.sin(turn) * dx + math.cos(turn) * dy
        back = upright[0] / window.width + 0.5, upright[1] / window.height + 0.5
        assert back == pytest.approx(point, abs=1e-6)


@quick
@given(windows, st.integers(1, 2000), st.integers(1, 2000))
def test_bounds_hold_the_window_and_can_be_cut_out(window: Window, width: int, height: int) -> None:
    left, top, right, bottom = bounds = window.bounds()
    for x, y in window.to_photo([(0, 0), (1, 0), (0, 1), (1, 1)]):
        assert left <= x <= right and top <= y <= bottom
    left, top, right, bottom = inside(bounds, (width, height))
    assert 0 <= left < right <= width and 0 <= top < bottom <= height


@quick
@given(st.integers(1, 20_000), st.integers(1, 20_000), st.floats(20, 3000))
def test_tiles_leave_next_to_nothing_out(width: int, height: int, wanted: float) -> None:
    tiling = Tiling.of((width, height), wanted)
    wide, high = tiling.windows[0].width, tiling.windows[0].height
    assert tiling.side >= 0.85 * wanted
    assert len(tiling.windows) * wide * high <= 1.01 * MOST_TILES * tiling.side**2
    for length, size, centres in (
        (width, wide, {tile.x for tile in tiling.windows}),
        (height, high, {tile.y for tile in tiling.windows}),
    ):
        ends = sorted((centre - size / 2, centre + size / 2) for centre in centres)
        assert ends[0][0] <= 0.03 * tiling.side and ends[-1][1] >= length - 0.03 * tiling.side
        assert all(after[0] < before[1] for before, after in zip(ends, ends[1:], strict=False))


@drawn
@given(faces)
def test_a_face_is_cut_out_alike_from_a_photo_on_its_side_and_on_its_head(face: Face) -> None:
    photo, expected, width = picture(), crop(picture(), face), WIDTH
    for _ in range(3):
        # A quarter turn against the clock takes (x, y) to (y, width - x).
        photo = np.ascontiguousarray(np.rot90(photo))
        x, y, wide, high = face.box
        points = tuple((py, width - px) for px, py in face.keypoints)
        face = Face((y, width - x - wide, high, wide), face.score, points)
        width = photo.shape[1]
        assert np.abs(crop(photo, face) - expected).max() <= 4


@drawn
@given(faces)
def test_a_mirrored_face_is_cut_out_mirrored(face: Face) -> None:
    mirrored = [(WIDTH - x, y) for x, y in face.keypoints]
    # Right stays the person's own right.
    points = tuple(mirrored[place] for place in (1, 0, 2, 3, 5, 4))
    x, y, wide, high = face.box
    other = Face((WIDTH - x - wide, y, wide, high), face.score, points)
    found = crop(np.ascontiguousarray(picture()[:, ::-1]), other)
    assert np.abs(found[:, ::-1] - crop(picture(), face)).max() <= 4


@drawn
@given(faces, st.sampled_from([0.75, 1.5, 2.0, 3.0]))
def test_the_size_of_the_photo_does_not_matter(face: Face, factor: float) -> None:
    size = round(WIDTH * factor), round(HEIGHT * factor)
    box = tuple((np.array(face.box) * factor).tolist())
    points = tuple(map(tuple, (np.array(face.keypoints) * factor).tolist()))
    photo = np.asarray(Image.fromarray(picture()).resize(size, Image.Resampling.BILINEAR))
    assert np.abs(crop(photo, Face(box, face.score, points)) - crop(picture(), face)).mean() <= 2
