"""An evaluation of known answers gives known figures."""

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
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation import Evaluation, Misclassified, evaluate
from emotion_classifier.evaluation.evaluate import evaluation_of
from emotion_classifier.evaluation.metrics import measure, titled
from emotion_classifier.evaluation.predictions import Predictions, predictions_of
from emotion_classifier.evaluation.scores import area_under_roc
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import Label
from emotion_classifier.reading import NO_FACE, PhotoReading, Reading
from emotion_classifier.report.card import with_figures
from emotion_classifier.report.evaluation_table import render

TRUTH = ("happy", "happy", "happy", "happy", "sad", "sad", "sad", "sad")
P_HAPPY = (0.9, 0.8, 0.45, None, 0.1, 0.2, 0.7, "broken")


def reading(p_happy: float) -> Reading:
    label: Label = "uncertain" if 0.4 < p_happy < 0.6 else "happy" if p_happy > 0.5 else "sad"
    reason = "blurred" if label == "uncertain" else None
    probabilities = {"happy": p_happy * 0.8, "neutral": 0.15, "sad": (1 - p_happy) * 0.8, "other": 0.05}
    return Reading((0, 0, 9, 9), label, 2 * p_happy - 1, "neutral", probabilities, p_happy, reason, "known")


def answer(row: int) -> PhotoReading:
    """Photo i is answered with P_HAPPY[i]; None: no face; "broken": unreadable."""
    p_happy = P_HAPPY[row]
    if p_happy is None:
        return PhotoReading(f"{row}.jpg", (), NO_FACE)
    if isinstance(p_happy, str):
        return PhotoReading(f"{row}.jpg", (), "the file is cut short")
    return PhotoReading(f"{row}.jpg", (reading(p_happy),), None, 0)


def evaluated(data: Dataset) -> Evaluation:
    """What an evaluation makes of these answers."""
    answers = [answer(int(Path(str(source)).stem)) for source in data.sources]
    return evaluation_of("known", predictions_of(data, answers), ids=data.ids)


def dataset(truth: tuple[str, ...] = TRUTH, labels: tuple[str, ...] = ("happy", "sad")) -> Dataset:
    targets = np.full((len(truth), len(labels)), 0.1, np.float32)
    for row, label in enumerate(truth):
        targets[row, labels.index(label)] = 1 - 0.1 * (len(labels) - 1)
    return Dataset(
        labels=labels,
        sources=tuple(Path(f"{row}.jpg") for row in range(len(truth))),
        targets=targets,
        ids=tuple(f"{label}/{row}.jpg" for row, label in enumerate(truth)),
        splits=("",) * len(truth),
        cropped=tuple(row % 2 == 0 for row in range(len(truth))),
    )


def test_figures() -> None:
    metrics = evaluated(dataset()).metrics
    shown = {name: (round(metric.value or 0, 4), metric.n) for name, metric in metrics.items()}
    assert list(shown)[0] == "label_accuracy"  # what people see comes before the forced choice
    assert shown == {
        "label_accuracy": (4 / 8, 8),
        "label_recall_happy": (2 / 4, 4),
        "label_recall_sad": (2 / 4, 4),
        "label_precision_sad": (2 / 2, 2),
        "uncertain": (round(1 / 6, 4), 6),
        "accuracy": (4 / 8, 8),  # no face and an unreadable photo are wrong
        "faces_found": (6 / 8, 8),
        "balanced_accuracy": (4 / 8, 8),
        "log_loss": (round(-np.log([0.9, 0.8, 0.45, 0.9, 0.8, 0.3]).mean(), 4), 6),
        "roc_auc": (round(8 / 9, 4), 6),
        "coverage": (5 / 8, 8),
        "selective_accuracy": (4 / 5, 5),
        "recall_happy": (2 / 4, 4),
        "recall_sad": (2 / 4, 4),
        "error_at_90_coverage": (4 / 8, 8),
        "p_happy_ece": (round((0.1 + 0.2 + 0.55 + 0.1 + 0.2 + 0.7) / 6, 4), 6),
    }
    accuracy = metrics["accuracy"]
    assert accuracy.low is not None and accuracy.high is not None
    assert accuracy.low < 0.5 < accuracy.high


def test_what_people_see_is_counted_before_any_choice() -> None:
    evaluation = evaluated(dataset())
    assert evaluation.label_columns == ("happy", "sad", "uncertain", "no answer")
    assert evaluation.label_confusion.tolist() == [[2, 0, 1, 1], [1, 2, 0, 1]]
    shown = evaluation.to_dict()
    assert shown["label_confusion"]["sad"] == {"happy": 1, "sad": 2, "uncertain": 0, "no answer": 1}


def test_neutral_faces_called_sad_are_counted() -> None:
    truth = ("happy", "happy", "neutral", "neutral", "neutral", "neutral", "sad", "sad")
    metrics = evaluated(dataset(truth, ("happy", "neutral", "sad"))).metrics
    assert (metrics["neutral_called_sad"].value, metrics["neutral_called_sad"].n) == (0.5, 4)
    assert (metrics["label_recall_neutral"].value, metrics["label_recall_neutral"].n) == (0, 4)


def test_confusion_has_a_column_for_no_face() -> None:
    evaluation = evaluated(dataset())
    assert evaluation.columns == ("happy", "sad", "no face", "unreadable")
    assert evaluation.confusion.tolist() == [[2, 1, 1, 0], [1, 2, 0, 1]]
    few = evaluated(dataset().take([0, 1, 4]))
    assert few.columns == ("happy", "sad", "no face")


def test_misclassified_photos_worst_first() -> None:
    found = evaluated(dataset()).misclassified
    assert [(photo.file, photo.reading) for photo in found] == [
        ("sad/6.jpg", "happy"),
        ("happy/2.jpg", "sad"),
        ("happy/3.jpg", "no face"),
        ("sad/7.jpg", "unreadable"),
    ]
    assert found[0].p_happy == 0.7
    assert found[2].p_happy is None


def test_photos_whose_label_shown_is_wrong() -> None:
    found = evaluated(dataset())
    assert [(photo.file, photo.truth, photo.called) for photo in found.mislabelled] == [
        ("sad/6.jpg", "sad", "happy"),
        ("happy/2.jpg", "happy", "uncertain"),
        ("happy/3.jpg", "happy", "no face"),
        ("sad/7.jpg", "sad", "unreadable"),
    ]
    assert found.mislabelled[1].reason == "blurred"
    assert found.to_dict()["mislabelled"][2]["degree"] is None
    console = Console(file=io.StringIO(), width=80)
    six_times = replace(found, mislabelled=found.mislabelled * 6, misclassified=found.misclassified * 6)
    console.print(render(six_times))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Photos whose label shown is wrong" in text and "uncertain (blurred)" in text
    assert "Misclassified photos by forced choice" in text
    assert text.count("and 4 more (--json lists all)") == 2


def test_more_classes_take_the_likeliest_of_them() -> None:
    truth = ("happy", "happy", "neutral", "neutral", "sad", "sad", "sad", "sad")
    evaluation = evaluated(dataset(truth, ("happy", "neutral", "sad")))
    # 0.45 · 0.8 happy and 0.55 · 0.8 sad both beat 0.15 neutral.
    assert evaluation.metrics["accuracy"].value == pytest.approx(4 / 8)
    assert evaluation.metrics["happy_against_sad"].n == 6
    assert evaluation.metrics["happy_against_sad"].value == pytest.approx(4 / 6)


def test_json_is_json() -> None:
    plain = json.loads(json.dumps(evaluated(dataset()).to_dict(), allow_nan=False))
    assert set(plain["accuracy"]) == {"value", "low", "high", "n"}
    assert plain["confusion"]["happy"]["no face"] == 1
    assert plain["misread"][2] == {
        "file": "happy/3.jpg", "truth": "happy", "reading": "no face", "degree": None, "p_happy": None,
    }  # fmt: skip


def test_areas_as_scikit_learn_computes_them() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(20):
        positive = np.append(rng.random(30) < 0.3, [True, False])
        scores = rng.integers(0, 8, 32) / 8  # with ties
        assert area_under_roc(positive, scores) == pytest.approx(metrics.roc_auc_score(positive, scores))


def test_one_class_only_has_no_auc() -> None:
    metrics = evaluated(dataset().take([0, 1, 2])).metrics
    assert metrics["roc_auc"].value is None
    assert metrics["accuracy"].value == pytest.approx(2 / 3)


def test_no_face_anywhere_is_still_an_evaluation() -> None:
    metrics = evaluated(dataset().take([3])).metrics
    assert (metrics["accuracy"].value, metrics["log_loss"].value) == (0.0, None)


def test_an_empty_dataset_is_refused() -> None:
    with pytest.raises(DatasetError, match="no labelled photos"):
        evaluate(Bundle.default(), dataset().take([]))


def test_the_table_shows_figures_and_says_what_it_leaves_out() -> None:
    console = Console(file=io.StringIO(), width=120)
    found = evaluated(dataset().take([0, 2, 6, 4, 3]))
    console.print(render(replace(found, misclassified=found.misclassified * 7)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "40.0 % (11.8 to 76.9)" in text
    assert "and 1 more" in text
    assert "no face" in text


def test_no_row_of_the_forced_choice_can_be_taken_for_one_of_the_label() -> None:
    """Of the rows that say how often sad faces are found, one says called, the other forced choice."""
    found = evaluated(dataset().take([0, 2, 6, 4, 3]))
    console = Console(file=io.StringIO(), width=80)
    console.print(render(found))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    card = with_figures("---\n---\n# m\n", title="x", figures=titled(found.metrics), model="m")
    for surface in (text, card):
        rows = re.findall(r"^[│|] (\S[^│|]*?) +[│|] .*%", surface, re.MULTILINE)
        assert "Sad faces called sad" in rows and "Forced-choice recall of sad" in rows
        assert not [
            row for row in rows if re.match("Recall|Coverage|Selective accuracy|Error at|Balanced", row)
        ]
        assert "Forced choice: the class of the data" in surface


def test_a_file_name_is_never_read_as_markup() -> None:
    odd = Misclassified("[bold]a.jpg[/]", "happy", "sad", -0.5, 0.25)
    nothing = np.zeros((2, 2), np.int64)
    known = Evaluation(
        model="m",
        labels=("happy", "sad"),
        metrics={},
        columns=("happy", "sad"),
        confusion=nothing,
        misclassified=(odd,),
        label_columns=("happy", "sad"),
        label_confusion=nothing,
    )
    console = Console(file=io.StringIO(), width=120)
    console.print(render(known))
    assert "[bold]a.jpg[/]" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_default_bundle_on_its_own_stock_of_faces(rendered_faces: Path) -> None:
    if not rendered_faces.is_dir():
        pytest.skip("the rendered faces are not there")
    evaluation = evaluate(Bundle.default(), read_folder(rendered_faces))
    assert evaluation.metrics["faces_found"].n == evaluation.confusion.sum()


def test_all_right_is_no_certainty(known_predictions: Callable[..., Predictions]) -> None:
    """Six of six right: every resample is right too, and yet nobody knows that the seventh will be."""
    found = measure(known_predictions(["happy"] * 3 + ["sad"] * 3, [0.9] * 3 + [0.1] * 3))
    for name in ("accuracy", "label_accuracy", "balanced_accuracy"):
        low = found[name].low
        assert found[name].value == found[name].high == 1.0 and low is not None and 0.4 < low < 0.75, name
    assert found["roc_auc"].to_dict() == {"value": 1.0, "low": None, "high": None, "n": 6}
