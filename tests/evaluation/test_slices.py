"""Figures of parts of a dataset."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.data.columns import NOT_SAID
from emotion_classifier.data.groups import group_column_of
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation import evaluate
from emotion_classifier.evaluation.curves import risk_points
from emotion_classifier.evaluation.evaluate import evaluation_of
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.slices import Slice, error_by_grade, partition, slices
from emotion_classifier.fairness.grouping import group_by
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.report.evaluation_table import render


def dataset(**columns: tuple) -> Dataset:
    n = len(next(iter(columns.values())))
    return Dataset(
        labels=("happy", "sad"),
        sources=tuple(Path(f"{row}.jpg") for row in range(n)),
        targets=np.tile(np.array([[1, 0]], np.float32), (n, 1)),
        ids=tuple(f"{row}.jpg" for row in range(n)),
        splits=("",) * n,
        cropped=(False,) * n,
        columns=columns,
    )


def test_values_rise_and_what_is_not_said_comes_last() -> None:
    ages = dataset(age=("40", None, "9", "40", "", float("nan"), "old"))
    parts = partition(ages, ["age"])["age"]
    assert {value: rows.tolist() for value, rows in parts.items()} == {
        "9": [2], "40": [0, 3], "old": [6], NOT_SAID: [1, 4, 5],
    }  # fmt: skip
    assert list(parts) == ["9", "40", "old", NOT_SAID]


def test_evaluate_and_audit_make_the_same_groups_of_a_column() -> None:
    written = (
        "Female",
        "female ",
        "FEMALE",
        "Female",
        "male",
        " Male",
        "male",
        "",
        "  ",
        None,
        float("nan"),
        "n/a",
        "?",
    )
    data = dataset(gender=written)
    parts, (grouping,) = partition(data, ["gender"])["gender"], group_by(data, ["gender"])
    assert {value: len(rows) for value, rows in parts.items()} == {"Female": 4, "male": 3, NOT_SAID: 6}
    assert grouping.groups == tuple(parts)
    for code, rows in enumerate(parts.values()):
        assert np.flatnonzero(grouping.codes == code).tolist() == rows.tolist()


def test_an_unknown_column_names_those_there_are() -> None:
    with pytest.raises(DatasetError, match=r"no column 'sex' \(further columns found: age, gender\)"):
        partition(dataset(age=("1",), gender=("f",)), ["sex"])


def test_a_column_is_found_whatever_its_capitals() -> None:
    data = dataset(**{"Age": ("1",), "Gender ": ("f",), "gender": ("m",), "Room": ("a",), "room ": ("b",)})
    assert [*partition(data, ["age ", "Age", "gender"])] == ["Age", "gender"]
    assert [each.by for each in group_by(data, ["AGE"], bands={"aGe": [0, 9]})] == ["Age"]
    assert group_column_of(data, " age") == "Age" and group_column_of(data, "identity") == "identity"
    with pytest.raises(DatasetError, match=r"Did you mean 'Room' or 'room '\?"):
        data.column_named("ROOM")


def test_a_column_of_names_is_refused() -> None:
    people = dataset(identity=tuple(f"person {number}" for number in range(51)))
    with pytest.raises(DatasetError, match=r"51 different values, and slices are made of at most 50"):
        partition(people, ["identity"])


def test_false_happy_is_a_share_of_the_sad(known_predictions: Callable[..., Predictions]) -> None:
    truth = ["sad"] * 20 + ["happy"] * 10
    said = [0.9] * 5 + [0.45] * 3 + [None] * 2 + [0.1] * 10 + [0.2] + [0.8] * 9
    (only,) = slices(known_predictions(truth, said), {"lamp": {"on": np.arange(30)}})
    shares = {name: (each.value, each.n) for name, each in only.metrics.items()}
    assert shares == {
        "accuracy": (pytest.approx(22 / 30), 30),
        "balanced_accuracy": (pytest.approx((13 / 20 + 9 / 10) / 2), 30),
        "false_happy": (pytest.approx(5 / 20), 20),  # no face is wrong, and not happy
        "false_sad": (pytest.approx(1 / 10), 10),
        "coverage": (pytest.approx(25 / 30), 30),
    }
    for each in only.metrics.values():
        assert each.low is not None and each.high is not None
        assert each.low < each.value < each.high


def test_two_sad_photos_balance_nothing(known_predictions: Callable[..., Predictions]) -> None:
    predictions = known_predictions(["happy"] * 20 + ["sad"] * 12, [0.9] * 20 + [0.1] * 12)
    parts = {"lamp": {"on": np.arange(10, 22), "off": np.r_[np.arange(10), np.arange(22, 32)]}}
    few, enough = slices(predictions, parts)
    assert few.to_dict()["balanced_accuracy"] == {"value": None, "low": None, "high": None, "n": 2}
    assert few.to_dict()["false_happy"] == {"value": None, "low": None, "high": None, "n": 2}
    assert few.metrics["accuracy"].value == 1.0
    assert enough.metrics["balanced_accuracy"].value == 1.0
    console = Console(file=io.StringIO(), width=80)
    console.print(render(replace(evaluation_of("m", predictions), slices=(few,))))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"on +12 +100.0 +100.0 +too few +0.0 +too few", text)  # balanced and false happy


def test_nine_photos_are_too_few_to_say(known_predictions: Callable[..., Predictions]) -> None:
    parts = {"lamp": {"on": np.arange(9), "off": np.arange(9, 19)}}
    few, enough = slices(known_predictions(["happy"] * 19, [0.9] * 19), parts)
    assert few.to_dict() == {"by": "lamp", "value": "on", "n": 9, "too_few": True}
    assert enough.to_dict()["accuracy"]["n"] == 10


def test_errors_by_stated_grade(known_predictions: Callable[..., Predictions]) -> None:
    predictions = known_predictions(["sad", "sad", "sad", "happy"], [0.9, 0.1, None, 0.9], grade="happy")
    errors = error_by_grade(predictions)
    assert list(errors) == ["sad", "slightly sad", "neutral", "slightly happy", "happy", "mixed"]
    assert (errors["happy"].value, errors["happy"].n) == (pytest.approx(1 / 3), 3)
    assert (errors["sad"].value, errors["sad"].n) == (None, 0)


def test_a_risk_curve_is_thinned_and_keeps_its_end() -> None:
    n = 1234
    points = risk_points((np.arange(1, n + 1) / n, np.full(n, 0.5)))
    assert len(points) == 101
    assert points[-1]["coverage"] == 1.0 and points[-1]["risk"]["n"] == n
    assert risk_points((np.zeros(0), np.zeros(0))) == []
    assert len(risk_points((np.array([0.5, 1.0]), np.zeros(2)))) == 2


def test_the_table_says_what_is_too_few_and_takes_no_value_for_markup(
    known_predictions: Callable[..., Predictions],
) -> None:
    predictions = known_predictions(["happy"] * 10 + ["sad"] * 8, [0.9] * 18)
    parts = {"[red]lamp": {"[bold]on": np.arange(12), "off": np.arange(12, 18)}}
    shown = replace(evaluation_of("m", predictions), slices=slices(predictions, parts))
    console = Console(file=io.StringIO(), width=80)
    console.print(render(shown))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "By [red]lamp" in text and "[bold]on" in text
    assert "too few" in text and "of 2" in text  # two sad photos with the lamp on
    assert "83.3" in text and "55.2–95.3" in text


def test_a_folder_with_metadata_is_sliced_by_it(rendered_faces: Path, tmp_path: Path) -> None:
    for label in ("happy", "sad"):
        (tmp_path / label).mkdir()
        for photo in sorted((rendered_faces / label).glob("*.jpg")):
            (tmp_path / label / photo.name).write_bytes(photo.read_bytes())
    lines = [f"happy/{number:02}.jpg,{'left' if number < 12 else ''}" for number in range(1, 13)]
    (tmp_path / "metadata.csv").write_text("file_name,light\n" + "\n".join(lines) + "\n")
    evaluation = evaluate(Bundle.default(), read_folder(tmp_path), by=["light"])
    assert [(each.value, each.n, each.too_few) for each in evaluation.slices] == [
        ("left", 11, False),
        (NOT_SAID, 13, False),
    ]
    assert isinstance(evaluation.slices[0], Slice)
    plain = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    assert sum(each["n"] for each in plain["error_by_grade"].values()) == 24
    assert sum(each["observed"]["n"] for each in plain["calibration_curve"]) == 24
    assert plain["risk_coverage"][-1]["risk"]["n"] == 24
