"""The search of the original study: Keras Tuner's random search, one candidate after another, on arrays.

`emotion_classifier.experiments.tune` searches any recipe's space; this one stays as it was, so that the reproduction
of the study stays what it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.tune.space import keras_tuner
from emotion_classifier.files import atomic_write

if TYPE_CHECKING:
    import keras

OBJECTIVE = "val_accuracy"
TRIALS, _STATE = "trials.jsonl", "keras_tuner"
Pairs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How long and how to search; the defaults are the original study's.

    Parameters
    ----------
    trials, epochs, batch_size : int
    seed : int
        Of the candidates and their weights.
    """

    trials: int = 10
    epochs: int = 15
    batch_size: int = 16
    seed: int = 42


@dataclass(frozen=True)
class Trial:
    """One candidate: its parameters, its best epoch's validation accuracy and the loss of that epoch."""

    number: int
    parameters: dict[str, float]
    accuracy: float
    loss: float
    history: dict[str, list[float]]
    seconds: float


def search(
    space: Callable[[Any], keras.Model],
    train: Pairs,
    validation: Pairs,
    *,
    directory: str | Path,
    options: SearchOptions | None = None,
    progress: Progress | None = None,
) -> tuple[Trial, ...]:
    """Try random candidates of a space.

    Parameters
    ----------
    space : callable
        From Keras Tuner's ``HyperParameters`` to a compiled model.
    train, validation : pair of ndarray of float32
        Inputs (n, height, width, channels) and targets.
    directory : str or Path
        Keeps every trial, as JSON; no weights and nothing pickled. The same call goes on with what is there;
        another call, with other data or options, begins anew.
    options : SearchOptions
    progress : callable or None
        Called with (trials done, trials in all, a line of text).

    Returns
    -------
    tuple of Trial
        Best first; of equals the earlier.

    Raises
    ------
    RecipeError
        If a candidate cannot be built or trained.
    MissingExtraError
        If Keras Tuner, or one of the packages it needs and does not declare, is not installed.
    """
    tuner_module = keras_tuner()
    chosen = options or SearchOptions()
    record = Path(directory) / TRIALS
    _same_search(record.parent, chosen, (*train, *validation))
    run_trial = _RunTrial(
        space=space, train=train, validation=validation, options=chosen, record=record, progress=progress
    )
    try:
        # It prints that it resumes, and standard output belongs to the answer.
        with contextlib.redirect_stdout(io.StringIO()):
            tuner = tuner_module.RandomSearch(
                space,
                objective=OBJECTIVE,
                max_trials=chosen.trials,
                seed=chosen.seed,
                directory=str(directory),
                project_name=_STATE,
            )
        # Its own way of running a trial writes the weights of every epoch, hundreds of megabytes.
        tuner.run_trial = run_trial
        with warnings.catch_warnings():
            # It asks threading.currentThread() for the thread's name, deprecated since Python 3.10.
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="keras_tuner")
            tuner.search(verbose=0)
    except tuner_module.errors.FatalError as error:
        raise RecipeError(f"A candidate of the search could not be trained: {error}") from error
    return read_trials(record)


@dataclass(frozen=True, kw_only=True)
class _RunTrial:
    """What Keras Tuner calls for every candidate."""

    space: Callable[[Any], keras.Model]
    train: Pairs
    validation: Pairs
    options: SearchOptions
    record: Path
    progress: Progress | None

    def __call__(self, trial: Any, **_: Any) -> dict[str, float]:
        number = int(trial.trial_id)
        try:
            result = self._fit(trial.hyperparameters, number)
        except Exception as error:
            # Keras Tuner would swallow anything else, and try again.
            raise keras_tuner().errors.FatalError(str(error)) from error
        _journal(self.record).add(number, asdict(result))
        if self.progress:
            self.progress(number + 1, self.options.trials, f"{result.parameters}: {result.accuracy:.4f}")
        return {OBJECTIVE: result.accuracy}

    def _fit(self, hp: Any, number: int) -> Trial:
        import keras

        keras.backend.clear_session()
        keras.utils.set_random_seed(self.options.seed + number)
        started = time.perf_counter()
        found = self.space(hp).fit(
            *self.train,
            batch_size=self.options.batch_size,
            epochs=self.options.epochs,
            validation_data=self.validation,
            verbose=0,
        )
        history = found.history
        best = int(np.argmax(history[OBJECTIVE]))
        return Trial(
            number=number,
            parameters=dict(hp.values),
            accuracy=float(history[OBJECTIVE][best]),
            loss=float(history["val_loss"][best]),
            history={name: [round(float(value), 5) for value in values] for name, values in history.items()},
            seconds=round(time.perf_counter() - started, 1),
        )


def _same_search(directory: Path, options: SearchOptions, arrays: Sequence[npt.NDArray[np.float32]]) -> None:
    """Go on with what is in `directory` only if it is this very search; otherwise begin anew."""
    digest = hashlib.sha256(json.dumps(asdict(options)).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    record = directory / "search.json"
    this = {"options": asdict(options), "sha256": digest.hexdigest()}
    if record.is_file() and json.loads(record.read_text(encoding="utf-8")) == this:
        return
    shutil.rmtree(directory / _STATE, ignore_errors=True)
    (directory / TRIALS).unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    atomic_write(record, json.dumps(this) + "\n")


def read_trials(record: Path) -> tuple[Trial, ...]:
    """Read the trials of a search, best first; of a trial that was run twice the later one counts."""
    trials = [Trial(**line) for line in _journal(record)]
    return tuple(sorted(trials, key=lambda trial: (-trial.accuracy, trial.number)))


def _journal(record: Path) -> Journal:
    return Journal(record, key="number")
