"""What a user may say about one search, and about how it is judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Method = Literal["random", "bayesian", "hyperband"]
Objective = Literal["log_loss", "accuracy"]
TRIALS = 20


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
    """How long and how to search.

    Parameters
    ----------
    method : {"random", "bayesian", "hyperband"}
        Bergstra and Bengio (2012); Snoek, Larochelle and Adams (2012); Li et al. (2018).
    trials : int or None
        None: twenty, and for hyperband as many as its rounds have.
    epochs : int or None
        Of every trial, and of hyperband's last rounds; None: the recipe's own, or what the space says.
    workers : int
        Trials in training at a time, each in a process of its own.
    seed : int
        Of the trials, their weights, and the part carved for validation.
    objective : {"log_loss", "accuracy"}
        What is best on the carved part.
    validation : float
        Share of the rows carved out to compare trials on.
    group_column : str or None
        Rows with the same value stay on one side of the carving.
    weights : Path or None
        What to begin with, for recipes that begin with trained weights.
    """

    method: Method = "random"
    trials: int | None = None
    epochs: int | None = None
    workers: int = 2
    seed: int = 0
    objective: Objective = "log_loss"
    validation: float = 0.2
    group_column: str | None = "identity"
    weights: Path | None = None

    @property
    def most_trials(self) -> int | None:
        """How many trials at most; None: as many as the method has."""
        return self.trials or (None if self.method == "hyperband" else TRIALS)

    def identity(self) -> dict[str, Any]:
        """Tell what makes it this search: more trials, or more workers, go on with the same one."""
        kept = {name: value for name, value in asdict(self).items() if name not in ("trials", "workers")}
        return kept | {"weights": None if self.weights is None else str(self.weights)}


@dataclass(frozen=True, kw_only=True)
class Nested:
    """How a search is judged.

    Parameters
    ----------
    test : float
        Share of the photos that no trial sees; where the data have a split "test", that is used instead.
    baseline : bool
        Train the recipe as it is too, and compare.
    threads : int
        Threads of the networks when they answer.
    """

    test: float = 0.2
    baseline: bool = True
    threads: int = 1
