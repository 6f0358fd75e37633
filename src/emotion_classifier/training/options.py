"""What a user may say about one training, in Python and on the command line alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emotion_classifier.recipes.fitting import FitPlan


@dataclass(frozen=True)
class TrainOptions:
    """What a user may say about one training.

    Parameters
    ----------
    seed : int
        Of weights, shuffling, augmentation and the carved part.
    epochs, patience : int or None
        None: the recipe's own.
    validation : float or None
        Share of the training rows that is carved out for validation curves, early stopping and calibration;
        0 trains on everything and calibrates nothing. None: a tenth, or what the photos that can be used allow.
    group_column : str or None
        Rows with the same value stay on one side of the carving.
    balance : str or None
        Column of groups that shall count the same within every label.
    learning_rate : float or None
        Highest rate of a network's optimizer; None: the recipe's own.
    augment_light : bool
        Vary brightness, contrast and tone twice as much, for recipes that vary pictures at all.
    bfloat16 : bool
        Compute in bfloat16, about twice as fast on processors made for it; the finished network computes in float32.
    weights : Path or None
        What to begin with, for recipes that begin with trained weights; None: those the recipe comes with.
    about : str
        Markdown for the card: where the data come from, and under which terms.

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
    bfloat16: bool = False
    weights: Path | None = None
    about: str = ""

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
            bfloat16=self.bfloat16,
        )

    def to_dict(self) -> dict[str, Any]:
        """As the bundle and the record of an unfinished run keep it: without `about`, which is in the card."""
        kept = asdict(self) | {"weights": None if self.weights is None else str(self.weights)}
        del kept["about"]
        return kept
