"""What a user may say about one training, in Python and on the command line alike."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes.fitting import FitPlan


@dataclass(frozen=True)
class TrainOptions:
    """What a user may say about one training.

    Parameters
    ----------
    seed : int
        Of weights, shuffling, augmentation and the carved part.
    epochs, patience : int or None
        1 or more; `patience` stops after so many epochs without a lower validation loss. None: the recipe's own.
    validation : float or None
        Share of the training rows, 0 to 0.5, that is carved out for validation curves, early stopping and calibration;
        0 trains on everything and calibrates nothing. None: a tenth, or what the photos that can be used allow.
    group_column : str or None
        Rows with the same value stay on one side of the carving.
    balance : str or None
        Column of groups that shall count the same within every label.
    learning_rate : float or None
        Highest rate of a network's optimizer, above 0; None: the recipe's own.
    augment_light : bool
        Vary brightness, contrast and tone twice as much, for recipes that vary pictures at all.
    augment_quality : bool
        Make two pictures in five as bad as photos are (out of focus, blurred by motion, tiny, too bright, grainy,
        compressed) and one in four grey or pale, for recipes that vary pictures at all.
    bfloat16 : bool
        Compute in bfloat16, for recipes that train a network: about twice as fast on processors made for it. The
        finished network computes in float32, or in 8 bits.
    int8 : bool
        Let the convolutions of the finished network compute in 8 bits, for recipes that train a network: about twice as
        fast on processors with VNNI, and half the file.
    weights : Path or None
        What to begin with, for recipes that begin with trained weights; None: those the recipe comes with.
    about : str
        Markdown for the card: where the data come from, and under which terms.

    Raises
    ------
    RecipeError
        If a number lies outside its range.

    Examples
    --------
    >>> TrainOptions(epochs=3, validation=0.2).to_dict()["epochs"]
    3
    """

    seed: int = 0
    epochs: int | None = None
    patience: int | None = None
    validation: float | None = 0.1
    group_column: str | None = "identity"
    balance: str | None = None
    learning_rate: float | None = None
    augment_light: bool = False
    augment_quality: bool = False
    bfloat16: bool = False
    int8: bool = False
    weights: Path | None = None
    about: str = ""

    def __post_init__(self) -> None:
        """Refuse numbers that no training can have."""
        if self.validation is not None and not 0 <= self.validation <= 0.5:
            raise RecipeError(
                f"validation is {self.validation:g}; choose a share of the training photos from 0 to 0.5."
            )
        for name in ("epochs", "patience"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise RecipeError(f"{name} is {number}; choose 1 or more, or None for the recipe's own.")
        if self.learning_rate is not None and not 0 < self.learning_rate < math.inf:
            raise RecipeError(
                f"learning_rate is {self.learning_rate:g}; choose a number above 0, or None for the recipe's own."
            )

    @property
    def plan(self) -> FitPlan:
        """What the fit itself needs of it."""
        return FitPlan(
            seed=self.seed,
            epochs=self.epochs,
            patience=self.patience,
            weights=self.weights,
            learning_rate=self.learning_rate,
            more_light=self.augment_light,
            bad_photos=self.augment_quality,
            bfloat16=self.bfloat16,
            int8=self.int8,
        )

    def to_dict(self) -> dict[str, Any]:
        """As the bundle and the record of an unfinished run keep it: without `about`, which is in the card."""
        kept = asdict(self) | {"weights": None if self.weights is None else str(self.weights)}
        del kept["about"]
        return kept
