"""What came of each trial, one line of JSON each, in a file that only grows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from emotion_classifier.files import append_line

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
        for line in text.splitlines():
            try:
                trial = Trial(**json.loads(line))
            except (ValueError, TypeError):
                continue  # What a kill in the middle of writing leaves behind.
            self.trials[trial.number] = trial

    def add(self, trial: Trial) -> None:
        """Write a trial down, and return when it is on the disk."""
        append_line(self._path, json.dumps(trial.to_dict()))
        self.trials[trial.number] = trial


def ranked(trials: Iterable[Trial], objective: str) -> tuple[Trial, ...]:
    """Sort trials, best first; of equals the earlier, and those that failed last.

    Examples
    --------
    >>> tried = [Trial(0, "failed", {}, 1, {}, 2.0, "no memory"), Trial(1, "done", {}, 1, {"accuracy": 0.5}, 2.0)]
    >>> [trial.number for trial in ranked(tried, "accuracy")]
    [1, 0]
    """
    sign = -1 if objective == "accuracy" else 1
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
