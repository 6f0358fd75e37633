"""The fairness audit: what it counts, what it calls a gap, and what it refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("fairlearn")
pytest.importorskip("scipy")

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import independent_groups, names_people
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.fairness.audit import audit_predictions, keep_labels, prepare
from emotion_classifier.fairness.bands import band_all, parse_edges
from emotion_classifier.fairness.checks import AUDIT_CHECKS
from emotion_classifier.fairness.frame import compare_groups
from emotion_classifier.fairness.grouping import group_by
from emotion_classifier.fairness.measures import columns, measures_of
from emotion_classifier.fairness.permutation import Shuffle, holm
from emotion_classifier.fairness.result import Audit
from emotion_classifier.fairness.survey import AuditOptions
from emotion_classifier.report.groups_table import render

FAST = AuditOptions(rounds=400)
Make = Callable[..., Predictions]


def dataset(predictions: Predictions, **values: Any) -> Dataset:
    n = len(predictions)
    return Dataset(
        labels=predictions.labels,
        sources=(b"",) * n,
        targets=np.eye(len(predictions.labels), dtype=np.float32)[predictions.y_true],
        ids=tuple(f"{row}.jpg" for row in range(n)),
        splits=("",) * n,
        cropped=(False,) * n,
        columns={name: tuple(value) for name, value in values.items()},
    )


def audit(predictions: Predictions, data: Dataset, *by: str, options: AuditOptions = FAST) -> Audit:
    predictions = replace(predictions, groups=independent_groups(data))
    named = "people" if names_people(data, "identity") else "photos"
    return audit_predictions(
        predictions, prepare(data, by, options), ids=data.ids, unit_name=named, options=options
    )


def simulated(make: Make, n: int, seed: int, *, worse: np.ndarray | None = None) -> Predictions:
    """Predictions right in nine of ten photos, and in three of four where `worse`."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(["happy", "sad"], n)
    right = generator.random(n) < np.where(worse if worse is not None else np.zeros(n, bool), 0.75, 0.9)
    sure = generator.uniform(0.55, 0.99, n)
    return make(truth.tolist(), np.where((truth == "happy") == right, sure, 1 - sure).tolist())


def codes(result: Audit) -> set[str]:
    return {finding.code for finding in result.findings}


def test_figures_are_those_of_metric_frame(known_predictions: Make) -> None:
    generator = np.random.default_rng(1)
    predictions = simulated(known_predictions, 600, 1)
    predictions = known_predictions(
        predictions.names.tolist(), [None if generator.random() < 0.1 else p for p in predictions.p_happy]
    )
    groups, unit = generator.choice(["a", "b", "c"], 600), np.arange(600)
    measures = measures_of(predictions)
    compared = compare_groups(groups, measures, unit=unit, needed=10, rows=unit)
    table, places = columns(measures)
    assert {each.name for each in measures} == {
        "label_accuracy", "label_recall_sad", "faces_found",
        "accuracy", "balanced_accuracy", "false_sad", "false_happy", "degree_error",
        "degree_absolute_error", "calibration", "abstention",
    }  # fmt: skip
    for measure, place in zip(measures, places, strict=True):
        values = [float(measure.value(table[groups == group][:, place].sum(axis=0))) for group in "abc"]
        assert values == pytest.approx([compared.values[measure.name][group] for group in "abc"])
        assert compared.differences[measure.name] == pytest.approx(max(values) - min(values))


def test_a_worse_group_is_found_and_a_random_one_is_not(known_predictions: Make) -> None:
    group = np.array(["one", "other"] * 500)
    predictions = simulated(known_predictions, 1000, 2, worse=group == "other")
    result = audit(
        predictions,
        dataset(predictions, place=group, day=np.random.default_rng(4).choice(list("ab"), 1000)),
        "place",
        "day",
    )
    (accuracy,) = [gap for gap in result.gaps if (gap.by, gap.metric) == ("place", "accuracy")]
    assert (accuracy.highest, accuracy.lowest, accuracy.shown) == ("one", "other", True)
    assert accuracy.difference.low is not None
    assert accuracy.difference.low > 0.05
    assert "FAIR001" in codes(result)
    assert not any(gap.shown for gap in result.gaps if gap.by == "day")
    assert any(gap.by == "place × day" for gap in result.gaps)


def test_a_gap_in_the_label_lists_photos_whose_label_is_wrong(known_predictions: Make) -> None:
    """Every forced choice is right; half of one group is called uncertain."""
    predictions = known_predictions(["happy"] * 160, [0.9] * 120 + [0.55] * 40)
    result = audit(predictions, dataset(predictions, place=["one"] * 80 + ["other"] * 80), "place")
    (found,) = [each for each in result.findings if each.code == "FAIR001"]
    assert found.files == tuple(f"{row}.jpg" for row in range(120, 160))


def test_chance_raises_few_alarms(known_predictions: Make) -> None:
    alarms = 0
    for seed in range(8):
        predictions = simulated(known_predictions, 240, seed)
        generator = np.random.default_rng(100 + seed)
        data = dataset(
            predictions, first=generator.choice(list("ab"), 240), second=generator.choice(list("abc"), 240)
        )
        result = audit(predictions, data, "first", "second", options=AuditOptions(rounds=200))
        alarms += any(gap.p_corrected < 0.05 for gap in result.gaps)
    assert alarms <= 2  # at 5 % each, more than 2 in 8 has a chance below 0.6 %


def test_another_mix_of_classes_is_no_gap(known_predictions: Make) -> None:
    """Sad photos are misread more often in both groups alike; one group has more of them."""
    generator = np.random.default_rng(4)
    group = np.repeat(["few sad", "many sad"], 600)
    sad = generator.random(1200) < np.where(group == "few sad", 0.2, 0.7)
    wrong = generator.random(1200) < np.where(sad, 0.3, 0.02)
    predictions = known_predictions(
        np.where(sad, "sad", "happy").tolist(), np.where(sad != wrong, 0.2, 0.8).tolist()
    )
    result = audit(predictions, dataset(predictions, group=group), "group")
    (accuracy,) = [gap for gap in result.gaps if gap.metric == "accuracy"]
    assert accuracy.difference.value is not None
    assert accuracy.difference.value > 0.1
    assert accuracy.explained == pytest.approx(accuracy.difference.value, abs=0.05)
    assert not any(gap.shown for gap in result.gaps)


def test_what_cancels_out_is_no_gap(known_predictions: Make) -> None:
    """One group is read as sadder by just what its larger share of sad photos, read as too happy, makes up for."""
    generator = np.random.default_rng(8)
    group = np.repeat(["few sad", "many sad"], 600)
    sad = np.tile([*[False] * 4, True], 240)
    sad[600:] = ~sad[600:]
    degree = np.where(sad, -0.7, 0.7) - np.where(group == "many sad", 0.36, 0.0)
    degree += generator.normal(0, 0.02, 1200)
    predictions = known_predictions(np.where(sad, "sad", "happy").tolist(), ((degree + 1) / 2).tolist())
    result = audit(predictions, dataset(predictions, group=group), "group")
    (error,) = [gap for gap in result.gaps if gap.metric == "degree_error"]
    assert error.difference.value is not None and abs(error.difference.value) < 0.02
    assert abs(error.explained) > 0.1 and not error.shown


def test_people_are_the_units(known_predictions: Make) -> None:
    """Fifty photos each of few people, who differ: with people told, the interval is wider and no gap is shown."""
    person = np.repeat(np.arange(80), 25)
    skill = np.random.default_rng(5).choice([0.55, 1.0], 80)
    right = np.random.default_rng(6).random(2000) < skill[person]
    truth = np.where(np.arange(2000) % 2, "happy", "sad")
    predictions = known_predictions(truth.tolist(), np.where((truth == "happy") == right, 0.9, 0.1).tolist())
    group = np.where(person % 2, "odd", "even")
    photos = audit(predictions, dataset(predictions, group=group), "group")
    people = audit(predictions, dataset(predictions, group=group, identity=person), "group")
    assert (photos.unit, people.unit) == ("photos", "people")
    widths = []
    for each in (photos, people):
        estimate = each.groups[0].metrics["accuracy"]
        assert estimate.low is not None and estimate.high is not None  # noqa: PT018
        widths.append(estimate.high - estimate.low)
    assert widths[1] > 2 * widths[0]
    assert people.groups[0].people == 40
    assert not any(gap.shown for gap in people.gaps if gap.metric == "accuracy")


def test_every_row_is_accounted_for_and_small_groups_say_nothing(known_predictions: Make) -> None:
    predictions = simulated(known_predictions, 103, 7)
    group: list[str | None] = ["many"] * 60 + ["few"] * 3 + [None] * 40
    result = audit(predictions, dataset(predictions, kind=group), "kind")
    found = {each.group: each for each in result.groups}
    assert {name: each.n for name, each in found.items()} == {"many": 60, "few": 3, "(not said)": 40}
    assert found["few"].metrics == {}
    assert found["few"].needed == 35
    assert found["(not said)"].metrics
    assert result.gaps == ()
    assert {"FAIR004", "FAIR006"} <= codes(result)
    assert any("no two groups" in sentence for sentence in result.not_measured)


def test_a_photo_without_a_face_is_wrong_and_listed(known_predictions: Make) -> None:
    truth, said = ["happy", "sad"] * 60, [0.9, 0.1] * 60
    seen = known_predictions(truth, said)
    hidden = known_predictions(truth, [None if 60 <= row < 85 else p for row, p in enumerate(said)])
    group = ["clear"] * 60 + ["masked"] * 60
    result = audit(hidden, dataset(seen, cover=group), "cover")
    (masked,) = [each for each in result.groups if each.group == "masked"]
    assert masked.metrics["accuracy"].value == pytest.approx(35 / 60)
    assert len(result.no_answer) == 25
    assert result.no_answer[0] == ("60.jpg", "no face")
    (missed,) = [finding for finding in result.findings if finding.code == "FAIR002"]
    assert len(missed.files) == 25


def test_copies_are_not_counted_where_there_are_too_few(known_predictions: Make) -> None:
    """Eighteen files of nine pictures are too few where ten are needed."""
    predictions = known_predictions(["happy", "sad"] * 9, [0.9, 0.1] * 9)
    groupings = prepare(dataset(predictions, group=["f"] * 18), ["group"], FAST)
    found = audit_predictions(
        replace(predictions, groups=np.arange(18) // 2), groupings, options=replace(FAST, points=20)
    )
    console = Console(file=io.StringIO(), width=100)
    console.print(render(found))
    assert "are needed: f (9 different of 18)." in console.file.getvalue()  # type: ignore[attr-defined]


def test_no_interval_is_without_width(known_predictions: Make) -> None:
    predictions = known_predictions(["happy", "sad"] * 50, [0.95, 0.05] * 50)
    result = audit(predictions, dataset(predictions, group=["a", "a", "b", "b"] * 25), "group")
    for group in result.groups:
        low = group.metrics["accuracy"].low
        assert low is not None
        assert 0.9 < low < 0.97
    gap = next(gap for gap in result.gaps if gap.metric == "accuracy")
    assert gap.highest != gap.lowest
    assert gap.difference.high is not None
    assert gap.difference.high > 0.01


def test_a_ratio_to_no_error_at_all_has_no_interval(known_predictions: Make) -> None:
    """In every resample it is 0, which says nothing of chance."""
    n = 200
    said = [0.9, 0.1] * (n // 2) + [0.9, 0.9, 0.9, 0.1] * (n // 4)
    predictions = known_predictions(["happy", "sad"] * n, said)
    result = audit(predictions, dataset(predictions, who=["a"] * n + ["b"] * n), "who")
    ratio = next(gap.ratio for gap in result.gaps if gap.metric == "false_happy")
    assert (ratio.value, ratio.low, ratio.high) == (0.0, None, None)


def test_a_group_with_one_label_alone_is_tied_to_it(known_predictions: Make) -> None:
    truth = ["happy"] * 50 + ["sad"] * 50
    predictions = known_predictions(truth, [0.8] * 50 + [0.2] * 50)
    result = audit(predictions, dataset(predictions, group=["h"] * 50 + ["s"] * 50), "group")
    (tied,) = [finding for finding in result.findings if finding.code == "FAIR007"]
    assert tied.evidence["one_label"] == ["h", "s"]
    assert "balanced_accuracy" not in result.groups[0].metrics
    assert result.to_dict()["groups"][0]["needed"] is None


def test_a_handful_of_photos_says_nothing_of_groups(known_predictions: Make) -> None:
    predictions = simulated(known_predictions, 12, 11)
    result = audit(predictions, dataset(predictions, group=["a", "b"] * 6), "group")
    right = int(predictions.correct.sum())
    assert result.overall["accuracy"] == wilson(right, 12)
    assert not any(group.metrics for group in result.groups) and result.gaps == ()
    assert "No group is measured: each needs 35 photos." in result.not_measured


def test_what_everybody_is_too_few_for_is_said_where_no_group_is_measured(known_predictions: Make) -> None:
    predictions = known_predictions(["happy"] * 95 + ["sad"] * 5, [0.9] * 95 + [0.1] * 5)
    result = audit(predictions, dataset(predictions, group=list("abcde") * 20), "group")
    assert "accuracy" in result.overall and "false_happy" not in result.overall
    few, none = result.not_measured
    assert few.startswith("Too few photos have the classes for ") and "false_happy" in few
    assert none == "No group is measured: each needs 35 photos."


def test_a_column_that_is_too_small_is_not_cut_further(known_predictions: Make) -> None:
    predictions = simulated(known_predictions, 100, 11)
    data = dataset(
        predictions, large=["a", "b"] * 50, halves=["x"] * 50 + ["y"] * 50, small=list("klmno") * 20
    )
    result = audit(predictions, data, "large", "halves", "small")
    assert list(dict.fromkeys(each.by for each in result.groups)) == [
        "large",
        "halves",
        "small",
        "large × halves",
    ]
    assert all(each.needed for each in result.groups if each.by in ("small", "large × halves"))


def test_three_columns_meet_in_pairs_and_together(known_predictions: Make) -> None:
    predictions = simulated(known_predictions, 40, 8)
    data = dataset(predictions, a=["x", "y"] * 20, b=["u", "u", "v", "v"] * 10, c=["p"] * 20 + [""] * 20)
    names = [each.by for each in group_by(data, ["a", "b", "c"])]
    assert names == ["a", "b", "c", "a × b", "a × c", "b × c", "a × b × c"]
    assert all(len(each.codes) == 40 for each in group_by(data, ["a", "b", "c"]))
    assert "x × u × (not said)" in group_by(data, ["a", "b", "c"])[-1].groups


def test_ages_become_bands_and_words_stay_words() -> None:
    edges = (0.0, 18.0, 30.0)
    ids = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert band_all("age", [34, "17", "18 years", None], ids, edges) == [
        "30 and over",
        "0 to 17",
        "18 to 29",
        None,
    ]
    assert band_all("age", ["young", "30-39", None, "old"], ids, edges) == ["young", "30-39", None, "old"]
    with pytest.raises(DatasetError, match=r"2 of its 4 values are none: 'young' of b.jpg, '30-39' of d.jpg"):
        band_all("age", [34, "young", "18", "30-39"], ids, edges)
    with pytest.raises(DatasetError, match="rising"):
        parse_edges("0,30,18", option="--age-bands")


def test_one_value_in_two_spellings(known_predictions: Make) -> None:
    predictions = simulated(known_predictions, 6, 9)
    (grouping,) = group_by(
        dataset(predictions, gender=["Female", "female ", "female", "male", "NaN", None]), ["gender"]
    )
    assert grouping.groups == ("female", "male", "(not said)")
    assert np.bincount(grouping.codes).tolist() == [3, 1, 2]
    assert "'Female'" in grouping.notes[0]


@pytest.mark.parametrize(
    ("values", "by", "message"),
    [
        (["a"] * 120, "gendre", "Did you mean 'gender'"),
        ([f"name {row}" for row in range(120)], "gender", "--group-column"),
        ([row * 1.5 for row in range(120)], "gender", "--bands gender="),
    ],
)
def test_columns_that_cannot_be_groups(
    known_predictions: Make, values: list[Any], by: str, message: str
) -> None:
    predictions = simulated(known_predictions, 120, 10)
    with pytest.raises(DatasetError, match=message):
        prepare(dataset(predictions, gender=values), [by], FAST)


def test_labels_can_be_left_out() -> None:
    targets = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.0, 0.1, 0.9]], np.float32)
    data = Dataset(("happy", "neutral", "sad"), (b"",) * 3, targets, ("a", "b", "c"), ("",) * 3, (False,) * 3)
    kept, left_out = keep_labels(data, ["Neutral", "happy"])
    assert (kept.labels, kept.ids, left_out) == (("happy", "neutral"), ("a", "b"), {"sad": 1})
    assert kept.targets.sum(axis=1) == pytest.approx([1, 1])
    assert keep_labels(data, ["slightly_happy", "none"])[0].labels == ("happy", "neutral")
    with pytest.raises(DatasetError, match="no photos labelled anger"):
        keep_labels(data, ["anger"])


def test_neutral_for_sad_where_nothing_is_labelled_sad(known_predictions: Make) -> None:
    plain = known_predictions(["happy", "sad"] * 60, [0.9, 0.3] * 60)
    predictions = replace(plain, labels=("happy", "neutral"), shares=plain.shares[:, [0, 2, 1, 3]])
    result = audit(predictions, dataset(predictions, group=["a", "a", "b", "b"] * 30), "group")
    assert result.overall["balanced_accuracy"].value == 1
    assert result.overall["false_sad_any"].value == 0.5  # the readings say sad
    assert result.overall["abstention"].n == 60  # of happy and sad faces
    assert "false_happy" not in result.overall


def test_shuffled_groups_keep_people_whole_and_classes_apart() -> None:
    truth = np.array([0, 0, 1, 1] * 25)
    codes_of_groups = np.array([0, 1, 0, 0] * 25)
    shuffle = Shuffle(codes_of_groups, np.arange(100), truth)
    table = np.stack([truth == 0, truth == 1], axis=1).astype(float)
    (sums,) = shuffle.sums(table, rounds=50, seed=0)
    assert (sums[:, 0] == [25, 50]).all()
    assert (sums[:, 1] == [25, 0]).all()


def test_holm_is_monotone_and_at_most_one() -> None:
    assert holm([0.5, 0.001, 0.6]) == [1.0, 0.003, 1.0]
    assert holm([]) == []


def test_codes_are_unique_and_have_pages() -> None:
    numbers = [check.code for check in AUDIT_CHECKS]
    assert numbers == sorted(set(numbers))
    assert all(check.page.count("\n\n") == 2 for check in AUDIT_CHECKS if check.code < "FAIR020")
