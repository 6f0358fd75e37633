"""Where grades begin, and rank correlation."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier.evaluation.grades import grade_cuts
from emotion_classifier.evaluation.scores import spearman


def votes(shares: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Ten raters a face, who say happy, neutral and sad by its shares."""
    return np.random.default_rng(seed).multinomial(10, shares)


def faces(n: int = 6000) -> np.ndarray:
    """As many happy as sad faces of every strength."""
    strength = np.random.default_rng(1).uniform(-1, 1, n)
    happy, sad = np.clip(strength, 0, 1), np.clip(-strength, 0, 1)
    return np.stack([happy, 1 - happy - sad, sad, np.zeros(n)], axis=1)


def test_cuts_rise_and_are_even_on_both_sides_where_raters_are() -> None:
    cuts = grade_cuts(votes(faces()))
    assert list(cuts) == sorted(cuts)
    assert cuts[0] == pytest.approx(-cuts[3], abs=0.05) and cuts[1] == pytest.approx(-cuts[2], abs=0.05)
    assert 0.02 < cuts[2] < 0.25, "slight: another panel leans the same way as often as not"
    assert 0.4 < cuts[3] < 0.6, "plain: most of another panel say so as often as not"


def test_faces_with_few_raters_do_not_count() -> None:
    many = votes(faces())
    few = np.tile([0, 0, 3, 0], (5000, 1))
    assert grade_cuts(np.concatenate([many, few])) == pytest.approx(grade_cuts(many), abs=0.03)


def test_rank_correlation() -> None:
    rising = np.arange(10.0)
    assert spearman(rising, rising**3) == pytest.approx(1)
    assert spearman(rising, -rising) == pytest.approx(-1)
    assert np.isnan(spearman(rising, np.ones(10)))
