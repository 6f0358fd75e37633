"""Batches of few photos are of one size; those of many are as they always were."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.recipes.fitting import FitPlan
from emotion_classifier.training.batches import Batches
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.network import batches_for


def numbered(rows: int) -> Inputs:
    """Grey pictures of which each has a brightness and a target of its own."""
    shade = np.arange(rows) % 256
    pixels = np.broadcast_to(shade[:, None, None, None].astype(np.uint8), (rows, 60, 60, 1))
    return Inputs(pixels, np.arange(2 * rows, dtype=np.float32).reshape(rows, 2), np.arange(rows), ())


def sizes(batches: Batches) -> list[int]:
    return [len(batches._rows(index)) for index in range(len(batches))]


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 15, 16, 17, 18, 25, 130, 137, 300, 1999, 2047])
@pytest.mark.parametrize(("name", "smallest"), [("compact", 16), ("transfer", 8)])
def test_no_batch_of_few_photos_is_a_remainder(name: str, smallest: int, rows: int) -> None:
    found = sizes(batches_for(recipes.get_network(name), numbered(rows), FitPlan(seed=0)))
    assert sum(found) == rows
    assert max(found) - min(found) <= 1 and min(found) >= min(smallest, rows)


@pytest.mark.parametrize("rows", [2048, 2050, 2176, 40_001])
def test_many_photos_come_as_before(rows: int) -> None:
    full, rest = divmod(rows, 128)
    found = sizes(batches_for(recipes.get_network("compact"), numbered(rows), FitPlan(seed=0)))
    assert found == [128] * full + ([rest] if rest else [])


def test_every_photo_is_seen_once_in_an_epoch_with_its_own_target() -> None:
    inputs = numbered(21)
    batches = batches_for(recipes.get_network("compact"), inputs, FitPlan(seed=3))
    for epoch in (0, 1):
        batches.start_epoch(epoch)
        seen = np.concatenate([batches[index][1] for index in range(len(batches))])
        assert sorted(map(tuple, seen)) == sorted(map(tuple, inputs.targets))
