"""Answers made up for tests, so that every figure can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from emotion_classifier.evaluation.predictions import Answers

LABELS = ("happy", "sad")


@pytest.fixture(scope="session")
def known_answers() -> Callable[..., Answers]:
    """Make answers from labels and what is said of P(happy)."""
    return _answers


def _answers(truth: Sequence[str], p_happy: Sequence[float | None], *, grade: str = "neutral") -> Answers:
    """Answers of a bundle that says `p_happy` of every photo; None: no face. Within 0.4 to 0.6 it is uncertain."""
    given = np.array([np.nan if p is None else p for p in p_happy], np.float64)
    found = ~np.isnan(given)
    truths = np.array([LABELS.index(label) for label in truth], np.int64)
    stated = [
        None if p is None else "uncertain" if 0.4 < p < 0.6 else "happy" if p > 0.5 else "sad"
        for p in p_happy
    ]
    shares = np.zeros((len(truth), 4))
    shares[np.arange(len(truth)), 2 * truths] = 1
    return Answers(
        labels=LABELS,
        truth=truths,
        forced=np.where(found, np.where(given >= 0.5, 0, 1), 2).astype(np.int64),
        probabilities=np.stack([given, 1 - given], axis=1),
        stated=tuple(stated),
        degree=2 * given - 1,
        p_happy=given,
        shares=shares,
        grades=tuple(None if p is None else grade for p in p_happy),
    )
