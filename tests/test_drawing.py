"""Boxes and labels on photos of every size and brightness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_classifier.model.scale import Label
from emotion_classifier.reading import Reading, draw_readings


def face(box: tuple[float, float, float, float], label: Label = "happy", degree: float = 0.9) -> Reading:
    return Reading(box, label, degree, "happy", {"happy": 1.0}, 0.9, None, "test")


def changed(photo: np.ndarray, readings: list[Reading]) -> np.ndarray:
    """Return which pixels of the drawing differ from the photo drawn without readings."""
    before = np.asarray(draw_readings(photo, []), np.int16)
    after = np.asarray(draw_readings(photo, readings), np.int16)
    difference: np.ndarray = np.abs(after - before).max(axis=2) > 40
    return difference


@pytest.mark.parametrize("size", [(48, 48), (120, 900), (600, 800), (1500, 2000)])
@pytest.mark.parametrize("brightness", [0, 128, 255])
@pytest.mark.parametrize("label", ["happy", "neutral", "sad", "other", "uncertain"])
def test_box_and_label_show_on_any_photo(size: tuple[int, int], brightness: int, label: Label) -> None:
    height, width = size
    photo = np.full((height, width, 3), brightness, np.uint8)
    box = (width * 0.3, height * 0.4, width * 0.3, height * 0.4)
    marked = changed(photo, [face(box, label)])
    scale = marked.shape[1] / width
    top, left = round(box[1] * scale), round(box[0] * scale)
    assert marked[top - 3 : top + 6, left : left + 20].any(axis=0).all()  # the line of the box
    assert marked.mean() > 0.003


@pytest.mark.parametrize("box", [(0, 0, 60, 60), (540, 340, 60, 60), (0, 0, 600, 400), (-20, -20, 700, 500)])
def test_a_label_is_whole_even_at_the_edge(box: tuple[float, float, float, float]) -> None:
    photo = np.zeros((400, 600, 3), np.uint8)
    drawing = np.asarray(draw_readings(photo, [face(box)]))
    orange = (np.abs(drawing.astype(int) - (255, 178, 36)).max(axis=2) < 12).astype(int)
    rows = orange.sum(axis=1)
    label = orange[(rows > 60) & (rows < 300)]
    assert len(label) >= 15  # about one and a half lines of the smallest text
    assert label.any(axis=0).sum() >= 90  # "happy +0.90" at that size


def test_a_tiny_photo_is_enlarged_and_a_huge_one_shrunk_keeping_its_shape() -> None:
    assert draw_readings(np.zeros((48, 96, 3), np.uint8), []).size == (480, 240)
    assert draw_readings(np.zeros((1000, 2000, 3), np.uint8), [], longest_side=1600).size == (1600, 800)
    assert draw_readings(np.zeros((1, 3000, 3), np.uint8), [], longest_side=1000).size == (1000, 1)
    assert draw_readings(np.zeros((1000, 2000, 3), np.uint8), [], longest_side=10).size == (480, 240)


@pytest.mark.parametrize("longest_side", [0, -5])
def test_a_drawing_has_pixels(longest_side: int) -> None:
    with pytest.raises(ValueError, match=f"longest_side is {longest_side}"):
        draw_readings(np.zeros((100, 200, 3), np.uint8), [], longest_side=longest_side)


@pytest.mark.parametrize("size", [(200, 8000), (8000, 200)])
def test_a_panorama_is_not_covered_by_its_labels(size: tuple[int, int]) -> None:
    marked = changed(np.full((*size, 3), 128, np.uint8), [face((20, 60, 120, 120), degree=0.93)])
    assert 0 < marked.sum() < 30_000, "the box and a label of some 20 pixels"


def test_neighbours_labels_do_not_cover_each_other() -> None:
    photo = np.zeros((500, 1000, 3), np.uint8)
    apart = [face((100, 200, 80, 80)), face((800, 200, 80, 80), "sad")]
    close = [face((100, 200, 80, 80)), face((110, 205, 80, 80), "sad")]

    def blue(readings: list[Reading]) -> int:
        drawing = np.asarray(draw_readings(photo, readings)).astype(int)
        return int((np.abs(drawing - (29, 95, 209)).max(axis=2) < 12).sum())

    assert blue(close) > 0.75 * blue(apart)


def test_the_photo_itself_is_left_alone() -> None:
    photo = np.zeros((300, 300, 3), np.uint8)
    draw_readings(photo, [face((50, 50, 100, 100))])
    assert not photo.any()


def test_a_crowd_is_drawn() -> None:
    photo = np.full((600, 900, 3), 200, np.uint8)
    crowd = [face((20 + 100 * (i % 8), 40 + 130 * (i // 8), 60, 60), "sad") for i in range(32)]
    assert changed(photo, crowd).any()


def test_a_whole_photo_has_a_label_and_no_box() -> None:
    photo = np.full((600, 800, 3), 128, np.uint8)
    reading = replace(face((0, 0, 800, 600)), whole_photo=True)
    marked = changed(photo, [reading])
    assert marked[:60].any()
    assert not marked[100:].any()
