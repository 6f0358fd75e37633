"""A search judged on photos that no trial saw."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

pytest.importorskip("keras_tuner")

from searched import TINY

from emotion_classifier.data import read_folder
from emotion_classifier.errors import BundleError, DatasetError, RecipeError
from emotion_classifier.evaluation.differences import difference_of_shares
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.experiments.optimism import accuracy_of, confess, log_loss_of
from emotion_classifier.experiments.search import search_and_test
from emotion_classifier.experiments.tune import Nested, Trial, TuneOptions, tune
from emotion_classifier.experiments.tune.carving import set_aside
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.report.search_table import render_search

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
OPTIONS = TuneOptions(trials=1, epochs=1, validation=0.25)
NESTED = Nested(test=0.25)


def test_no_trial_sees_the_test_photos(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    result = search_and_test(TINY, data, out=tmp_path / "s", options=OPTIONS, nested=NESTED)
    rest, _, _ = set_aside(TINY, data, OPTIONS, NESTED)
    assert len(rest) == 12 and set(rest.ids) < set(data.ids)
    # A search of those photos, and of no others, is the search that lies there.
    assert tune(TINY, rest, out=tmp_path / "s", options=OPTIONS) == result.trials
    with pytest.raises(RecipeError, match="holds a search with another data"):
        tune(TINY, data, out=tmp_path / "s", options=OPTIONS)
    assert result.test.n == 4 and result.validation.n in (2, 3, 4)
    assert result.optimism.value == pytest.approx((result.validation.value or 0) - (result.test.value or 0))
    folder = result.bundle.path
    trained_on = [result.bundle.config.training[name] for name in ("rows", "validation_rows")]
    assert sum(trained_on) == 12, "it was not trained on all that is not test"
    assert "units" in (folder / "README.md").read_text(encoding="utf-8")
    assert Bundle.load(folder.with_name("untuned")).config.recipe == "tiny"
    assert result.worth is not None and result.worth.verdict.n == 4
    line = json.loads(json.dumps(result.to_dict()))
    assert line["test_accuracy"]["n"] == 4 and line["trials"][0]["metrics"]["accuracy"]["low"] is not None
    console = Console(file=StringIO(), width=100)
    console.print(render_search(result))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "no trial saw" in " ".join(text.split()) and "untuned" not in text

    written = [(folder.with_name(name) / "model.onnx").stat().st_mtime_ns for name in ("tuned", "untuned")]
    again = search_and_test(TINY, data, out=folder.parent, options=OPTIONS, nested=NESTED)
    assert written == [
        (folder.with_name(name) / "model.onnx").stat().st_mtime_ns for name in ("tuned", "untuned")
    ]
    assert again.bundle.id == result.bundle.id and again.test == result.test


def test_a_split_named_test_is_used(plain_folder: Path) -> None:
    data = read_folder(plain_folder)
    splits = tuple("test" if row % 4 == 0 else "train" for row in range(16))
    rest, test, notices = set_aside(TINY, replace(data, splits=splits), OPTIONS, NESTED)
    assert test.ids == data.ids[::4] and len(rest) == 12 and not notices
    twins = replace(data, splits=splits, columns={"identity": ("one",) * 2 + tuple(map(str, range(14)))})
    *_, notices = set_aside(TINY, twins, OPTIONS, NESTED)
    assert "1 of the 4 photos of the split test have a near-duplicate" in notices[0]


def test_too_few_to_carve_twice_says_how_many(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    with pytest.raises(
        DatasetError, match=r"6 independent photos labelled 'happy'.*at least 7 of each class"
    ):
        search_and_test(TINY, data.take([*range(6), *range(8, 16)]), out=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(plain_folder: Path) -> None:
    with pytest.raises(BundleError, match="holds no search"):
        search_and_test(TINY, read_folder(plain_folder), out=plain_folder)


def test_the_difference_of_two_shares_is_newcombes() -> None:
    # His example, 56 of 70 against 48 of 80: 0.0524 to 0.3339.
    estimate = difference_of_shares(wilson(56, 70), wilson(48, 80))
    assert (estimate.low, estimate.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference_of_shares(wilson(0, 0), wilson(1, 2)).value is None


@pytest.mark.parametrize(
    ("chosen", "test", "says"),
    [
        ((70, 70), (40, 80), "flattered itself by 50.0 points"),
        ((60, 70), (66, 80), "no more than chance"),
        ((30, 70), (79, 80), "the test photos are easier"),
        ((3, 7), (0, 0), "nothing can be said"),
    ],
)
def test_the_sentence_says_what_to_believe(chosen: tuple[int, int], test: tuple[int, int], says: str) -> None:
    pair = wilson(*chosen), wilson(*test)
    assert says in confess(*pair, difference_of_shares(*pair), tried=20)


def test_a_trial_on_few_people_is_known_no_better_than_they_are() -> None:
    figures = {"log_loss": 0.4, "log_loss_sd": 0.3, "accuracy": 0.8, "correct": 80, "n": 100}
    plain = Trial(0, "done", {}, 1, figures, 1.0)
    assert accuracy_of(plain) == wilson(80, 100)
    # Ten people with ten photos each, of whom some are much easier to read than others.
    spread = {"groups": 10, "accuracy_between": 40.0, "log_loss_between": 60.0}
    grouped = replace(plain, metrics=figures | spread)
    for estimate in (accuracy_of, log_loss_of):
        one, other = estimate(plain), estimate(grouped)
        assert (one.value, one.n) == (other.value, other.n)
        assert other.low < one.low < one.high < other.high  # type: ignore[operator]
