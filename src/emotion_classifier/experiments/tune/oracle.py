"""What to try next: an oracle of Keras Tuner, whose state is one file that is never half written."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_classifier.errors import RecipeError
from emotion_classifier.evaluation import metrics
from emotion_classifier.experiments.tune.options import TuneOptions
from emotion_classifier.experiments.tune.space import keras_tuner
from emotion_classifier.experiments.tune.trial import Trial
from emotion_classifier.files import atomic_write

FILE = "oracle.json"
_FACTOR = 3
_OF_HYPERBAND = "tuner/"


@dataclass(frozen=True)
class Proposal:
    """What the oracle would have tried: ``epochs`` None where it does not say."""

    number: int
    parameters: dict[str, Any]
    epochs: int | None


class Oracle:
    """Proposes trials, is told what came of them, and remembers both over a kill.

    Parameters
    ----------
    space : keras_tuner.HyperParameters
    options : TuneOptions
    epochs : int or None
        Of hyperband's last rounds.
    state : Path
        File of the state; read where it is there.

    Raises
    ------
    RecipeError
        If the state cannot be read.
    """

    def __init__(self, space: Any, options: TuneOptions, *, epochs: int | None, state: Path) -> None:
        self._state = state
        self._oracle = _create(space, options, epochs)
        # Its own files, a folder per trial, may be cut in half by a kill.
        self._oracle.save = self._oracle._save_trial = lambda *_: None
        self._oracle.verbose = 0
        if state.is_file():
            self._restore()

    @property
    def in_hand(self) -> tuple[Proposal, ...]:
        """What was proposed and not told of yet."""
        return tuple(_proposal(trial) for trial in self._oracle.ongoing_trials.values())

    @property
    def total(self) -> int | None:
        """How many trials there will be at most."""
        most: int | None = self._oracle.max_trials
        if not hasattr(self._oracle, "hyperband_iterations"):
            return most
        rounds = sum(
            int(self._oracle._get_size(bracket, number))
            for bracket in range(self._oracle._get_num_brackets())
            for number in range(bracket + 1)
        )
        return rounds if most is None else min(most, rounds)

    def propose(self) -> Proposal | None:
        """Say what to try next; None: nothing, or nothing before a trial in hand has ended."""
        with _quiet():
            trial = self._oracle.create_trial(f"trial {len(self._oracle.trials)}")
        if trial.status != "RUNNING":
            return None
        self._keep()
        return _proposal(trial)

    def tell(self, done: Trial, objective: str) -> None:
        """Say what came of a trial in hand."""
        trial = next(
            trial for trial in self._oracle.ongoing_trials.values() if int(trial.trial_id) == done.number
        )
        with _quiet():
            if done.status == "done":
                self._oracle.update_trial(trial.trial_id, {objective: done.metrics[objective]})
            trial.status, trial.message = _STATUS[done.status], done.reason
            self._oracle.end_trial(trial)
        self._keep()

    def _keep(self) -> None:
        trials = [trial.get_state() for trial in self._oracle.trials.values()]
        atomic_write(self._state, json.dumps({"oracle": self._oracle.get_state(), "trials": trials}))

    def _restore(self) -> None:
        module = keras_tuner()
        try:
            kept = json.loads(self._state.read_text(encoding="utf-8"))
            trials = [module.engine.trial.Trial.from_state(state) for state in kept["trials"]]
            self._oracle.trials = {trial.trial_id: trial for trial in trials}
            self._oracle.set_state(kept["oracle"])
        except (ValueError, KeyError, TypeError) as error:
            raise RecipeError(
                f"{self._state} is not what a search leaves ({error!r}), so it cannot go on. "
                f"Delete {self._state.parent}, or name another --out."
            ) from error


_STATUS = {"done": "COMPLETED", "failed": "FAILED"}


def _create(space: Any, options: TuneOptions, epochs: int | None) -> Any:
    module = keras_tuner()
    direction = "max" if metrics.get(options.objective).greater_is_better else "min"
    common = {
        "objective": module.Objective(options.objective, direction),
        "hyperparameters": space,
        # To Keras Tuner 0 means a seed drawn at random.
        "seed": options.seed % 2**31 + 1,
        # It would end the whole search after a few failures in a row.
        "max_consecutive_failed_trials": 2**31,
    }
    if options.method == "hyperband":
        oracle = module.oracles.HyperbandOracle(max_epochs=epochs, factor=_FACTOR, **common)
    elif options.method == "bayesian":
        oracle = module.oracles.BayesianOptimizationOracle(**common)
    else:
        oracle = module.oracles.RandomSearchOracle(**common)
    oracle.max_trials = options.most_trials
    return oracle


def _proposal(trial: Any) -> Proposal:
    values = trial.hyperparameters.values
    return Proposal(
        number=int(trial.trial_id),
        parameters={name: value for name, value in values.items() if not name.startswith(_OF_HYPERBAND)},
        epochs=values.get("tuner/epochs"),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # It asks threading.currentThread() for the thread's name, deprecated since Python 3.10; and a Gaussian
        # process of a few trials says that it is unsure of its length scales.
        warnings.simplefilter("ignore")
        yield
