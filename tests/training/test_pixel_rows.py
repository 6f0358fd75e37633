"""Rows of pictures that are read when they are needed."""

from __future__ import annotations

import numpy as np

from emotion_classifier.training.pixel_rows import PixelRows, chosen, joined

RNG = np.random.default_rng(0)
ONE, TWO = (RNG.integers(0, 256, (n, 4, 5, 3), np.uint8) for n in (6, 3))


def test_choosing_and_joining_give_what_numpy_gives_and_copy_nothing() -> None:
    rows = joined(joined(ONE, TWO), PixelRows.of(TWO))
    whole = np.concatenate([ONE, TWO, TWO])
    assert len(rows) == 12 and rows.shape == whole.shape
    assert np.array_equal(np.asarray(rows), whole)
    kept = np.array([11, 0, 7, 7, 3])
    picked = chosen(rows, kept)
    assert isinstance(picked, PixelRows) and picked.parts is rows.parts
    assert np.array_equal(picked[:], whole[kept])
    assert np.array_equal(picked[np.array([1, 4])], whole[[0, 3]])


def test_a_batch_is_an_array_of_its_own() -> None:
    batch = PixelRows.of(ONE)[np.arange(2)]
    batch[:] = 0
    assert ONE[:2].any()
