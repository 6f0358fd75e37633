"""Pictures made as bad as photos are, for training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from emotion_classifier.training.augment import vary
from emotion_classifier.training.spoil import paled, spoiled


@pytest.fixture
def picture() -> Image.Image:
    """A colourful picture with an edge every ten pixels."""
    squares = np.indices((160, 160)).sum(axis=0) // 10 % 2
    return Image.fromarray((np.array([60, 120, 180]) * (0.5 + 0.5 * squares[..., None])).astype(np.uint8))


def _detail(picture: Image.Image) -> float:
    return float(np.abs(np.diff(np.asarray(picture.convert("L"), float), axis=1)).mean())


def _colour(pixels: npt.NDArray[np.uint8]) -> float:
    return float(np.ptp(pixels.astype(int), axis=2).mean())


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_bad_picture_is_as_large_and_of_the_same_kind_and_another(picture: Image.Image, mode: str) -> None:
    before = picture.convert(mode)
    for seed in range(60):
        after = spoiled(before, np.random.default_rng(seed))
        assert (after.size, after.mode) == (before.size, mode)
        assert np.abs(np.asarray(after, float) - np.asarray(before, float)).max() > 1
    again = [np.asarray(spoiled(before, np.random.default_rng(7))) for _ in range(2)]
    assert np.array_equal(*again)


def test_pictures_get_blurred_and_grainy_and_bright(picture: Image.Image) -> None:
    bad = [spoiled(picture, np.random.default_rng(seed)) for seed in range(60)]
    detail = [_detail(each) / _detail(picture) for each in bad]
    light = [np.asarray(each).mean() / np.asarray(picture).mean() for each in bad]
    assert min(detail) < 0.3 and max(detail) > 1.5 and max(light) > 1.4


def test_a_paled_picture_has_less_colour_and_the_same_edges(picture: Image.Image) -> None:
    colours = []
    for seed in range(60):
        pale = paled(picture, np.random.default_rng(seed))
        assert 0.8 < _detail(pale) / _detail(picture) < 1.2
        colours.append(_colour(np.asarray(pale)) / _colour(np.asarray(picture)))
    assert max(colours) < 0.8 and min(colours) == 0
    # Most of them are grey or toned a little.
    assert np.mean(np.array(colours) < 0.2) > 0.4
    grey = picture.convert("L")
    assert paled(grey, np.random.default_rng(0)) is grey


def test_only_where_asked_are_pictures_spoiled(picture: Image.Image) -> None:
    canvas = np.asarray(picture.resize((200, 200)))

    def grey(bad: bool) -> float:
        drawn = [vary(canvas, (160, 160), np.random.default_rng(seed), bad_photos=bad) for seed in range(100)]
        return float(np.mean([_colour(each) < 1 for each in drawn]))

    assert grey(False) == 0
    assert 0.03 < grey(True) < 0.4
