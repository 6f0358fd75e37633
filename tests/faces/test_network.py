"""Candidates of one face become one, as the average of what each says."""

from __future__ import annotations

import numpy as np

from emotion_classifier.faces.network import BOX, SCORE, merged, overlaps


def candidates(count: int, x: float, seed: int) -> np.ndarray:
    """Make sights of a face at (x, 0.5), 0.2 wide, each a little off."""
    rng = np.random.default_rng(seed)
    rows = np.empty((count, 17), np.float32)
    rows[:, SCORE] = rng.uniform(0.3, 0.9, count)
    rows[:, BOX] = np.array([x - 0.1, 0.4, x + 0.1, 0.6]) + rng.normal(0, 0.005, (count, 4))
    rows[:, 5:] = rng.uniform(x - 0.1, x + 0.1, (count, 12))
    return rows


def test_each_is_weighted_by_its_score() -> None:
    left, right = candidates(9, 0.2, 0), candidates(3, 0.7, 1)
    left[4, SCORE] = 0.95
    rows = np.random.default_rng(2).permutation(np.concatenate([right, left]))
    found = merged(rows)
    assert found.shape == (2, 17)
    for face, group in zip(found, (left, right), strict=True):
        assert face[SCORE] == group[:, SCORE].max()
        expected = np.average(group[:, 1:], axis=0, weights=group[:, SCORE])
        assert np.abs(face[1:] - expected).max() < 1e-6


def test_nothing_to_merge() -> None:
    assert merged(np.empty((0, 17), np.float32)).shape == (0, 17)


def test_a_box_without_area_is_a_face_of_its_own() -> None:
    rows = candidates(2, 0.5, 0)
    rows[:, BOX] = 0.5
    assert len(merged(rows)) == 2


def test_overlaps() -> None:
    box = np.array([0, 0, 2, 2], np.float32)
    others = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [5, 5, 6, 6]], np.float32)
    assert overlaps(box, others).tolist() == np.array([1, 1 / 7, 0, 0], np.float32).tolist()
