"""The study's search keeps every trial, goes on after a kill, and never mixes two searches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("keras_tuner")

import keras

from emotion_classifier.errors import MissingExtraError, RecipeError
from emotion_classifier.experiments.reproduce.study_search import SearchOptions, Trial, read_trials, search

pytestmark = pytest.mark.slow
OPTIONS = SearchOptions(trials=3, epochs=2, batch_size=4, seed=7)
Pairs = tuple[np.ndarray, np.ndarray]


def space(hp: Any) -> keras.Model:
    units = hp.Int("units", 1, 8)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def pairs() -> tuple[Pairs, Pairs]:
    rng = np.random.default_rng(0)
    inputs = rng.random((12, 8, 8, 3)).astype(np.float32)
    targets = (np.arange(12) % 2).astype(np.float32)
    return (inputs[:8], targets[:8]), (inputs[8:], targets[8:])


def test_every_trial_is_kept_best_first(pairs: tuple[Pairs, Pairs], tmp_path: Path) -> None:
    trials = search(space, *pairs, directory=tmp_path, options=OPTIONS)
    assert sorted(trial.number for trial in trials) == [0, 1, 2]
    assert [trial.accuracy for trial in trials] == sorted((t.accuracy for t in trials), reverse=True)
    for trial in trials:
        assert trial.accuracy == pytest.approx(max(trial.history["val_accuracy"]), abs=1e-4)
        assert len(trial.history["val_loss"]) == 2
    kept = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert kept <= {".json", ".jsonl"}, "weights or pickles were written"


def test_a_killed_search_goes_on(pairs: tuple[Pairs, Pairs], tmp_path: Path) -> None:
    def kill(done: int, total: int, text: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(space, *pairs, directory=tmp_path, options=OPTIONS, progress=kill)
    again: list[int] = []
    trials = search(
        space, *pairs, directory=tmp_path, options=OPTIONS, progress=lambda done, *_: again.append(done)
    )
    assert len(trials) == 3
    assert 1 not in again, "the trial that was finished was run again"
    whole = search(space, *pairs, directory=tmp_path / "whole", options=OPTIONS)
    assert {t.number: t.parameters for t in trials} == {t.number: t.parameters for t in whole}


def test_other_data_begin_anew(pairs: tuple[Pairs, Pairs], tmp_path: Path) -> None:
    search(space, *pairs, directory=tmp_path, options=OPTIONS)
    (inputs, targets), held = pairs
    ran: list[int] = []
    search(
        space, (inputs / 2, targets), held, directory=tmp_path, options=OPTIONS,
        progress=lambda done, *_: ran.append(done),
    )  # fmt: skip
    assert ran == [1, 2, 3]
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 3


def test_a_candidate_that_cannot_be_built_is_an_error(pairs: tuple[Pairs, Pairs], tmp_path: Path) -> None:
    built = 0

    def fails(hp: Any) -> keras.Model:
        nonlocal built
        built += 1
        if built > 2:  # Keras Tuner builds once or twice to see the space.
            raise ValueError("no such layer")
        return space(hp)

    with pytest.raises(RecipeError, match="no such layer"):
        search(fails, *pairs, directory=tmp_path, options=OPTIONS)


def test_what_keras_tuner_forgets_to_declare_is_named(
    pairs: tuple[Pairs, Pairs], tmp_path: Path, absent: Callable[[str], None]
) -> None:
    absent("keras_tuner")
    with pytest.raises(MissingExtraError, match=r"\[train\]"):
        search(space, *pairs, directory=tmp_path, options=OPTIONS)


def test_trials_are_read_from_what_a_kill_left(tmp_path: Path) -> None:
    def line(number: int, accuracy: float) -> str:
        return json.dumps(
            {"number": number, "parameters": {"units": 1}, "accuracy": accuracy}
            | {"loss": 0.5, "history": {}, "seconds": 1}
        )

    (tmp_path / "trials.jsonl").write_text("\n".join([line(0, 0.5), line(1, 0.9), line(0, 0.7)]) + "\n")
    trials = read_trials(tmp_path / "trials.jsonl")
    assert [(trial.number, trial.accuracy) for trial in trials] == [(1, 0.9), (0, 0.7)]
    assert all(isinstance(trial, Trial) for trial in trials)
