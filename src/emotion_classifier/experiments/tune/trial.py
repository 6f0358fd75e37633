"""What came of each trial, one line of JSON each, in a file that only grows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from emotion_classifier.evaluation import metrics

FILE = "trials.jsonl"


@dataclass(frozen=True)
class Trial:
    """One configuration that was tried.

    Parameters
    ----------
    number : int
        In the order of starting, from 0.
    status : {"done", "failed"}
    parameters : dict
        What the recipe's space was asked for.
    epochs : int or None
        Epochs it was trained for; None: the recipe's own.
    metrics : dict of str to float
        On the part carved for validation: ``log_loss``, ``log_loss_sd`` (standard deviation over the photos),
        ``accuracy``, ``correct``, ``n`` (photos) and ``groups`` (independent photos); ``log_loss_between`` and
        ``accuracy_between`` say how far groups differ. Empty where it failed.
    seconds : float
    reason : str or None
        Why it failed.
    """

    number: int
    status: Literal["done", "failed"]
    parameters: dict[str, Any]
    epochs: int | None
    metrics: dict[str, float]
    seconds: float
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a line of the file."""
        return asdict(self)


class TrialLog:
    """The trials of one search, by number.

    Parameters
    ----------
    path : Path
        Created with the first trial.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.trials: dict[int, Trial] = {}
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        self._ends_whole = text.endswith("\n") or not text
        for line in text.splitlines():
            try:
                trial = Trial(**json.loads(line))
            except (ValueError, TypeError):
                continue  # What a kill in the middle of writing leaves behind.
            self.trials[trial.number] = trial

    def add(self, trial: Trial) -> None:
        """Write a trial down, and return when it is on the disk."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("" if self._ends_whole else "\n") + json.dumps(trial.to_dict()) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._ends_whole = True
        self.trials[trial.number] = trial


def ranked(trials: Iterable[Trial], objective: str) -> tuple[Trial, ...]:
    """Sort trials, best first; of equals the earlier, and those that failed last.

    Examples
    --------
    >>> tried = [Trial(0, "failed", {}, 1, {}, 2.0, "no memory"), Trial(1, "done", {}, 1, {"accuracy": 0.5}, 2.0)]
    >>> [trial.number for trial in ranked(tried, "accuracy")]
    [1, 0]
    """
    sign = -1 if metrics.get(objective).greater_is_better else 1
    return tuple(
        sorted(
            trials,
            key=lambda trial: (
                trial.status != "done",
                sign * trial.metrics.get(objective, 0.0),
                trial.number,
            ),
        )
    )
