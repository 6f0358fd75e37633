"""The search: every trial is kept, a kill costs only what was in training, and too little data is said at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras_tuner")

from searched import TINY, nothing, of_kinds

from emotion_classifier import recipes
from emotion_classifier.data import read_folder
from emotion_classifier.errors import DatasetError, RecipeError
from emotion_classifier.experiments.tune import Trial, TuneOptions, recipe_of, tune
from emotion_classifier.experiments.tune.oracle import Oracle
from emotion_classifier.experiments.tune.space import space_of
from emotion_classifier.experiments.tune.trial import read_parts

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
OPTIONS = TuneOptions(trials=2, epochs=1, seed=3)
RUN = """
import sys
from searched import TINY
from emotion_classifier.data import read_folder
from emotion_classifier.experiments.tune import TuneOptions, tune
tune(TINY, read_folder(sys.argv[1]), out=sys.argv[2], options=TuneOptions(trials=6, epochs=1, workers=1))
"""


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "trials.jsonl").read_text().splitlines()]


def test_every_trial_is_kept_with_its_figures_and_n(plain_folder: Path, tmp_path: Path) -> None:
    stages: list[tuple[str, int, int]] = []
    data = read_folder(plain_folder)
    found = tune(
        TINY, data, out=tmp_path / "s", options=OPTIONS, progress=lambda *said: stages.append(said[:3])
    )
    assert [trial.metrics["log_loss"] for trial in found] == sorted(t.metrics["log_loss"] for t in found)
    assert {trial.metrics["n"] for trial in found} == {4}, "a fifth of sixteen photos, two of each class"
    assert {line["number"] for line in lines(tmp_path / "s")} == {0, 1}
    assert ("trials", 2, 2) in stages and ("faces", 16, 16) in stages
    chosen = recipe_of(TINY, found[0].parameters)
    assert chosen.build(2).layers[1].units == found[0].parameters["units"]
    assert not (tmp_path / "s" / "parts").exists(), "the shared inputs were left behind"
    more = tune(TINY, data, out=tmp_path / "s", options=replace(OPTIONS, trials=3))
    assert len(more) == 3 and lines(tmp_path / "s")[0] == found_line(found, lines(tmp_path / "s")[0])
    with pytest.raises(RecipeError, match="another seed"):
        tune(TINY, data, out=tmp_path / "s", options=replace(OPTIONS, seed=4))


def found_line(found: tuple[Trial, ...], line: dict[str, object]) -> dict[str, object]:
    return next(trial.to_dict() for trial in found if trial.number == line["number"])


def test_failing_trials_are_written_down_and_the_search_goes_on(plain_folder: Path, tmp_path: Path) -> None:
    recipe = of_kinds("plain", "broken", "killed", "exploding")
    # There are four configurations; the search ends when none is left to try.
    found = tune(recipe, read_folder(plain_folder), out=tmp_path, options=replace(OPTIONS, trials=9))
    said = {trial.parameters["kind"]: trial for trial in found}
    assert found[0].parameters["kind"] == "plain" and found[0].status == "done"
    assert "no such layer" in (said["broken"].reason or "")
    assert "memory" in (said["killed"].reason or "")
    assert "number" in (said["exploding"].reason or "")


def test_when_all_fail_the_first_reason_is_told(plain_folder: Path, tmp_path: Path) -> None:
    recipe = of_kinds("broken", "killed")
    with pytest.raises(RecipeError, match=r"All 2 trials failed. The first: .*(no such layer|memory)"):
        tune(recipe, read_folder(plain_folder), out=tmp_path, options=OPTIONS)


def test_a_kill_costs_the_trial_in_hand_alone(plain_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUN, str(plain_folder), str(tmp_path)]
    search = subprocess.Popen(command, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL)
    record = tmp_path / "trials.jsonl"
    wait_for(lambda: record.is_file() and bool(record.read_text()) and bool(children(search.pid)))
    workers = children(search.pid)
    before = record.read_text()
    search.kill()
    search.wait()
    wait_for(lambda: not any(alive(worker) for worker in workers))
    done = before.count("\n")
    options = TuneOptions(trials=done + 1, epochs=1, workers=1)
    found = tune(TINY, read_folder(plain_folder), out=tmp_path, options=options)
    assert len(found) >= done + 1
    assert record.read_text().startswith(before), "a trial that was done was run again"
    assert len({trial.parameters["units"] for trial in found}) == len(found), "it was not told what was tried"


def test_a_search_that_is_stopped_takes_its_processes_along(plain_folder: Path, tmp_path: Path) -> None:
    def stop(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    before, others = signal.signal(signal.SIGALRM, stop), set(children(os.getpid()))
    try:
        signal.alarm(6)
        with pytest.raises(KeyboardInterrupt):
            tune(of_kinds("slow", "plain"), read_folder(plain_folder), out=tmp_path, options=OPTIONS)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert not [pid for pid in set(children(os.getpid())) - others if alive(pid)]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 280
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """List the processes that any thread of a process has started."""
    if not Path(f"/proc/self/task/{os.getpid()}/children").is_file():
        pytest.skip("this system does not list a process's children")
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(FileNotFoundError):  # The thread ended meanwhile.
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("method", ["random", "bayesian", "hyperband"])
def test_an_oracle_goes_on_where_it_was(method: str, tmp_path: Path) -> None:
    options = TuneOptions(method=method, trials=8, seed=1)  # type: ignore[arg-type]

    def proposals(state: Path, *, reopen: bool) -> list[tuple[object, object]]:
        oracle = Oracle(space_of(TINY, epochs=9), options, epochs=9, state=state)
        seen = []
        while proposal := oracle.propose():
            if reopen:
                oracle = Oracle(space_of(TINY, epochs=9), options, epochs=9, state=state)
                assert [each.number for each in oracle.in_hand] == [proposal.number]
            seen.append((proposal.parameters["units"], proposal.epochs))
            failed = proposal.number == 2
            metrics = {} if failed else {"log_loss": abs(5 - proposal.parameters["units"]) / 10}
            status = "failed" if failed else "done"
            oracle.tell(Trial(proposal.number, status, proposal.parameters, 1, metrics, 1.0), "log_loss")
        return seen

    whole = proposals(tmp_path / "whole.json", reopen=False)
    again = proposals(tmp_path / "again.json", reopen=True)
    assert len(whole) == len(again) == 8
    if method != "bayesian":  # Its starting points are drawn anew.
        assert whole == again


def test_hyperband_gives_the_best_more_epochs(tmp_path: Path) -> None:
    options = TuneOptions(method="hyperband")
    oracle = Oracle(space_of(TINY, epochs=9), options, epochs=9, state=tmp_path / "o.json")
    epochs: dict[int | None, list[int]] = {}
    count = 0
    while proposal := oracle.propose():
        count += 1
        units = proposal.parameters["units"]
        epochs.setdefault(proposal.epochs, []).append(units)
        oracle.tell(Trial(proposal.number, "done", {}, 1, {"log_loss": float(units)}, 1.0), "log_loss")
    assert set(epochs) == {1, 3, 9}
    assert min(epochs[1]) in epochs[3], "the best of the short ones went on"
    assert count <= (oracle.total or 0)


def test_given_epochs_are_not_searched() -> None:
    assert "epochs" in space_of(recipes.get("transfer"), epochs=None).values
    fixed = space_of(recipes.get("transfer"), epochs=5)
    assert fixed.values["epochs"] == 5 and {type(p).__name__ for p in fixed.space} >= {"Fixed", "Float"}


@pytest.mark.parametrize("name", ["compact", "transfer", "attempt_4"])
def test_the_defaults_of_a_space_are_the_recipe(name: str) -> None:
    recipe = recipes.get_network(name)
    labels = ("happy", "sad")
    tuned = recipe_of(recipe, dict(space_of(recipe, epochs=None).values))
    assert isinstance(tuned, recipes.NetworkRecipe) and tuned.epochs == recipe.epochs
    if name != "attempt_4":  # The study's space begins at other networks than the one it ended at.
        ours, theirs = tuned.model(labels), recipe.model(labels)
        assert ours.count_params() == theirs.count_params()
        assert float(ours.optimizer.learning_rate) == pytest.approx(float(theirs.optimizer.learning_rate))


@pytest.mark.parametrize(
    "name",
    [
        "gradient_boosting",
        "hist_gradient_boosting",
        "random_forest",
        "logistic_regression",
        "svm",
        "geometry",
    ],
)
def test_the_defaults_of_a_classical_space_are_the_recipe(name: str) -> None:
    recipe = recipes.get(name)
    tuned = recipe_of(recipe, dict(space_of(recipe, epochs=None).values))
    assert isinstance(tuned, recipes.FeaturesRecipe) and isinstance(recipe, recipes.FeaturesRecipe)
    assert tuned.features == recipe.features
    assert repr(tuned.estimator((30, 50), 7)) == repr(recipe.estimator((30, 50), 7))
    other = recipe_of(recipe, {"C": 0.3, "trees": 50, "leaves": 2, "features": "texture"})
    assert repr(other.estimator((30, 50), 7)) != repr(recipe.estimator((30, 50), 7))


def test_what_has_nothing_to_search_is_said_at_once(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    with pytest.raises(RecipeError, match=r"nothing to search.*compact.*transfer.*attempt_4"):
        tune(recipes.get("initial"), data, out=tmp_path / "s")
    with pytest.raises(RecipeError, match="has no parameter"):
        tune(replace(TINY, variants=nothing), data, out=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_one_class_a_class_of_one_and_five_photos(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    with pytest.raises(DatasetError, match="no photos labelled sad"):
        tune(TINY, data.take(range(8)), out=tmp_path, options=OPTIONS)
    with pytest.raises(DatasetError, match=r"1 independent photos labelled 'sad'.*at least 5 of each class"):
        tune(TINY, data.take(range(9)), out=tmp_path, options=OPTIONS)
    with pytest.raises(DatasetError, match="at least 5 of each class"):
        tune(TINY, data.take([0, 1, 2, 8, 9]), out=tmp_path, options=OPTIONS)


def test_no_faces_anywhere(plain_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"None of the 16 photos could be used.*no face found"):
        tune(recipes.get("compact"), read_folder(plain_folder), out=tmp_path, options=OPTIONS)


def test_people_are_on_one_side(plain_folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(8):  # So that a class has five people.
        for label in ("Happy", "Sad"):
            pixels = rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(plain_folder / label / f"more{number}.png")
    data = read_folder(plain_folder)
    people = tuple(f"person {number // 2}" for number in range(len(data)))
    # A search in which every trial failed leaves the parts of the photos where they were.
    with pytest.raises(RecipeError, match="trials failed"):
        tune(of_kinds("broken"), replace(data, columns={"identity": people}), out=tmp_path, options=OPTIONS)
    sides = [{people[row] for row in part.rows} for part in read_parts(tmp_path / "parts")]
    assert sides[0] and sides[1] and not sides[0] & sides[1]
    with pytest.raises(RecipeError, match="a search with another data"):  # Other people are other parts.
        changed = replace(data, columns={"identity": people[::-1]})
        tune(of_kinds("broken"), changed, out=tmp_path, options=OPTIONS)
