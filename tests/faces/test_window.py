"""What a window shows is what lies there in the photo, upright, and black outside."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from emotion_classifier.faces.window import Window


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 256, (40, 60, 3), dtype=np.uint8)


def test_at_its_own_size_the_photo_is_drawn_as_it_is(pixels: np.ndarray) -> None:
    drawn = Window(30, 20, 60, 40).draw(Image.fromarray(pixels), (40, 60), smooth=False)
    assert (drawn == pixels).all()


def test_tilted_by_a_quarter(pixels: np.ndarray) -> None:
    drawn = Window(30, 20, 40, 60, tilt=90).draw(Image.fromarray(pixels), (60, 40), smooth=False)
    # The sine and cosine of 90° are not quite whole, and interpolation cuts off what is behind the point.
    assert np.abs(drawn.astype(int) - np.rot90(pixels)).max() <= 1


def test_outside_is_black(pixels: np.ndarray) -> None:
    drawn = Window.whole((60, 40)).draw(Image.fromarray(pixels), (60, 60), smooth=False)
    assert (drawn[10:50] == pixels).all()
    assert not drawn[:10].any()
    assert not drawn[50:].any()


@pytest.mark.parametrize("middle", [(-500, 20), (30, 900), (-80, -80)])
@pytest.mark.parametrize("size", [(8, 8), (90, 90)])
def test_wholly_outside(pixels: np.ndarray, middle: tuple[float, float], size: tuple[int, int]) -> None:
    assert not Window(*middle, 50, 50, tilt=30).draw(Image.fromarray(pixels), size).any()


def test_shrinking_averages(pixels: np.ndarray) -> None:
    drawn = Window(30, 20, 60, 40).draw(Image.fromarray(pixels), (4, 6), smooth=False)
    means = pixels.reshape(4, 10, 6, 10, 3).mean(axis=(1, 3))
    assert np.abs(drawn - means).max() < 1


def test_points_go_where_the_drawing_takes_them_from() -> None:
    window = Window(30, 20, 20, 10, tilt=90)
    assert np.array(window.to_photo([(0.5, 0.5), (1, 0.5), (0.5, 1)])) == pytest.approx(
        np.array([(30, 20), (30, 30), (25, 20)])
    )
