"""What may be said about a training, and what may not."""

from __future__ import annotations

import pytest

from emotion_classifier import TrainOptions
from emotion_classifier.errors import RecipeError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("validation", -0.1),
        ("validation", 1.5),
        ("validation", float("nan")),
        ("epochs", 0),
        ("patience", -1),
        ("learning_rate", 0.0),
        ("learning_rate", float("inf")),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(RecipeError, match=f"{name} is {value:g}; choose"):
        TrainOptions(**{name: value})  # type: ignore[arg-type]


def test_the_ends_of_the_ranges_are_allowed() -> None:
    TrainOptions(validation=0, epochs=1, patience=1, learning_rate=1e-9)
    TrainOptions(validation=0.5)
    TrainOptions(validation=None)
