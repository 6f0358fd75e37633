"""Two bundles on the same photos."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("scipy")

from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.errors import BundleError, DatasetError
from emotion_classifier.evaluation import compare as module
from emotion_classifier.evaluation.compare import Comparison, Difference, compare
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.paired import judge, judge_labels, paired_metrics, summarise
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.model.bundle import CONFIG, Bundle
from emotion_classifier.report.comparison_table import render_comparison

Make = Callable[..., Predictions]


def pair(
    make: Make, *, both: int, only_a: int, only_b: int, neither: int = 0
) -> tuple[Predictions, Predictions]:
    """Photos, all happy, on which both, one alone or neither is right."""
    a = [0.9] * (both + only_a) + [0.1] * (only_b + neither)
    b = [0.9] * both + [0.1] * only_a + [0.9] * only_b + [0.1] * neither
    truth = ["happy"] * len(a)
    return make(truth, a), make(truth, b)


def alone(n: int) -> np.ndarray:
    return np.arange(n)


def test_the_exact_test_as_in_the_books(known_predictions: Make) -> None:
    # 2 · P(X ≤ 1), X ~ Binomial(10, ½) = 2 · 11 / 1024
    verdict = judge(pair(known_predictions, both=80, only_a=1, only_b=9, neither=10), alone(100))
    assert (verdict.both_right, verdict.only_a, verdict.only_b, verdict.both_wrong) == (80, 1, 9, 10)
    assert verdict.p == pytest.approx(22 / 1024)
    assert verdict.n == verdict.groups == 100
    assert verdict.accuracy.difference.value == pytest.approx(0.08)
    assert verdict.shown
    assert summarise(verdict).startswith("By forced choice, B is better by 8.0 points (95 % ")
    assert summarise(verdict).endswith(", n = 100): shown.")


def test_the_worse_one_is_named_from_the_better_ones_side(known_predictions: Make) -> None:
    forwards = judge(pair(known_predictions, both=80, only_a=1, only_b=9), alone(90))
    backwards = judge(pair(known_predictions, both=80, only_a=9, only_b=1), alone(90))
    assert summarise(backwards).startswith("By forced choice, A is better by 8.9 points (95 % ")
    assert "−" not in summarise(backwards)
    assert forwards.accuracy.difference.value == -(backwards.accuracy.difference.value or 0)


def test_four_photos_are_not_enough_whatever_the_interval_says(known_predictions: Make) -> None:
    verdict = judge(pair(known_predictions, both=100, only_a=0, only_b=4), alone(104))
    difference = verdict.accuracy.difference
    assert difference.low is not None and difference.low > 0
    assert verdict.p == pytest.approx(0.125)
    assert not verdict.shown
    told = summarise(verdict)
    assert "neither is shown to be better" in told and told.endswith("does not bear it out.")


def test_pictures_of_one_person_are_no_evidence_of_their_own(known_predictions: Make) -> None:
    """Twenty photos of one person, on which B alone is right, against 80 others."""
    predictions = pair(known_predictions, both=80, only_a=0, only_b=20)
    people = np.array([*range(80), *([80] * 20)])
    assert judge(predictions, alone(100)).shown
    verdict = judge(predictions, people)
    assert verdict.p < 0.001
    assert verdict.groups == 81
    assert verdict.accuracy.difference.low < 0
    assert not verdict.shown


def test_five_people_show_nothing_however_many_their_photos(known_predictions: Make) -> None:
    for few, shown in ((5, False), (6, True)):
        predictions = pair(known_predictions, both=50, only_a=0, only_b=10 * few)
        people = np.array([*range(50), *np.repeat(np.arange(50, 50 + few), 10)])
        verdict = judge(predictions, people)
        assert verdict.accuracy.difference.low > 0 and verdict.p < 0.001
        assert verdict.shown == shown


def test_one_person_only_has_no_interval(known_predictions: Make) -> None:
    verdict = judge(pair(known_predictions, both=5, only_a=0, only_b=9), np.zeros(14, np.int64))
    assert summarise(verdict) == (
        "By forced choice, neither is shown to be better: B is ahead by 64.3 points (no interval, all photos belong "
        "together, n = 14)."
    )


def test_as_many_right_is_no_difference(known_predictions: Make) -> None:
    verdict = judge(pair(known_predictions, both=20, only_a=3, only_b=3), alone(26))
    assert summarise(verdict).startswith("By forced choice, A and B are right equally often (95 % −")
    assert summarise(verdict).endswith("n = 26): no difference shown.")


def test_figures_of_both_and_of_the_difference(known_predictions: Make) -> None:
    truth = ["happy", "happy", "happy", "sad"]
    a, b = known_predictions(truth, [0.9, 0.45, None, 0.2]), known_predictions(truth, [0.8, 0.7, 0.9, 0.9])
    metrics = paired_metrics((a, b), alone(4))
    found = {
        name: tuple(round(each.value or 0, 4) for each in (paired.a, paired.b, paired.difference))
        for name, paired in metrics.items()
    }
    assert found["accuracy"] == (0.5, 0.75, 0.25)
    assert found["balanced_accuracy"] == (round((1 / 3 + 1) / 2, 4), 0.5, round(0.5 - 2 / 3, 4))
    assert found["coverage"] == (0.5, 1.0, 0.5)
    # Only the three photos on which both found a face.
    losses = [-np.log([0.9, 0.45, 0.8]).mean(), -np.log([0.8, 0.7, 0.1]).mean()]
    assert found["log_loss"] == tuple(np.round([*losses, losses[1] - losses[0]], 4))
    assert metrics["log_loss"].difference.n == 3


def test_one_sentence_where_all_answers_are_alike(known_predictions: Make) -> None:
    predictions = pair(known_predictions, both=9, only_a=0, only_b=0, neither=1)
    same = Comparison("x", "y", judge(predictions, alone(10)), {}, {}, (), {})
    assert same.sentence == "A and B answer alike on all 10 photos."
    assert same.to_dict()["mcnemar_p"] == Estimate(1.0, None, None, 0).to_dict()


def test_the_last_lines_name_the_figure_they_are_of(known_predictions: Make) -> None:
    """B is surer of 20 photos that A calls uncertain; their forced choices are the same."""
    truth = ["happy"] * 40
    predictions = known_predictions(truth, [0.9] * 20 + [0.55] * 20), known_predictions(truth, [0.9] * 40)
    labels = judge_labels(predictions, alone(40))
    shown = Comparison(
        "x", "y", judge(predictions, alone(40)), {}, {}, (), {}, labels=labels, labels_differ=20
    )  # fmt: skip
    first, second = shown.sentence.split(". ")
    assert first == "By forced choice, A and B answer alike on all 40 photos"
    assert second.startswith("By the label people see, B is better by 50.0 points (95 % ")
    assert second.endswith("n = 40): shown.")
    label_accuracy = paired_metrics(predictions, alone(40))["label_accuracy"]
    assert labels.accuracy == label_accuracy
    assert shown.to_dict()["label_verdict"]["table"]["only_b_right"] == 20


def test_the_table_ends_with_the_sentence_and_takes_no_name_for_markup(known_predictions: Make) -> None:
    predictions = pair(known_predictions, both=20, only_a=0, only_b=2)
    verdict = judge(predictions, alone(22))
    odd = Difference("[bold]a.jpg", "happy", "sad", "no face", 0.1, None)
    metrics = paired_metrics(predictions, alone(22))
    slices = {"who": {"[i]": verdict, "few": 3}}
    shown = Comparison("old", "new", verdict, metrics, slices, (odd,) * 21, {})
    console = Console(file=io.StringIO(), width=80)
    console.print(render_comparison(shown))
    lines = console.file.getvalue().rstrip().splitlines()  # type: ignore[attr-defined]
    assert " ".join(lines[-2:]).startswith(
        "By forced choice, neither is shown to be better: B is ahead by 9.1 points"
    )
    text = "\n".join(lines)
    assert "Photos by forced choice" in text and "Photos on which they differ by forced choice" in text
    assert "Accuracy by forced choice, by who" in text
    for part in ("[bold]a.jpg", "[i]", "too few to say", "and 1 more", "in 22 groups", "p = 0.500"):
        assert part in text


@pytest.fixture
def sterner(tmp_path: Path) -> Bundle:
    """The default bundle, happy only from p_happy 0.999 on or so, under a name of its own."""
    shutil.copytree(Bundle.default().path, tmp_path / "sterner")
    config = tmp_path / "sterner" / CONFIG
    plain = json.loads(config.read_text())
    plain["id"] = "sterner"
    plain["scale"]["intercept"] -= 12
    config.write_text(json.dumps(plain))
    return Bundle.load(tmp_path / "sterner")


def test_two_bundles_on_rendered_faces(rendered_faces: Path, sterner: Bundle) -> None:
    dataset = read_folder(rendered_faces)
    seen: list[tuple[int, int]] = []
    result = compare(
        sterner, Bundle.default(), dataset, progress=lambda done, all_: seen.append((done, all_))
    )
    assert seen[-1] == (48, 48)
    assert result.verdict.n == 24
    assert result.verdict.only_b > 0 == result.verdict.only_a
    assert len(result.differences) == result.verdict.only_b
    assert {photo.truth for photo in result.differences} == {"happy"}
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert set(plain["accuracy"]["difference"]) == {"value", "low", "high", "n"}
    assert plain["sentence"] == result.sentence
    assert sum(plain["table"].values()) == 24


def test_a_bundle_is_not_compared_with_itself(rendered_faces: Path) -> None:
    with pytest.raises(BundleError, match="nothing to compare"):
        compare(Bundle.default(), Bundle.default(), read_folder(rendered_faces))


def test_no_photos(sterner: Bundle, rendered_faces: Path) -> None:
    with pytest.raises(DatasetError, match="no labelled photos to compare on"):
        compare(sterner, Bundle.default(), read_folder(rendered_faces).take([]))


class Narrow:
    """A bundle that knows happy and sad only."""

    labels = ("happy", "sad")


def test_photos_of_one_class_can_be_read_wrongly(
    rendered_faces: Path, sterner: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "faces" / "happy").mkdir(parents=True)
    for name in ("01.jpg", "02.jpg"):
        shutil.copy(rendered_faces / "happy" / name, tmp_path / "faces" / "happy")
    found = compare(sterner, Bundle.default(), read_folder(tmp_path / "faces"))
    assert (found.verdict.only_b, found.verdict.both_right) == (2, 0)


def test_classes_that_one_does_not_know_are_left_out() -> None:
    targets = np.array([[0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.0, 0.0, 1.0]], np.float32)
    votes = Dataset(
        ("happy", "neutral", "sad"), (b"0", b"1", b"2"), targets, ("0", "1", "2"), ("",) * 3, (True,) * 3
    )  # fmt: skip
    bundles = [Bundle.default(), Narrow()]
    kept, places, left_out = module._known_to_both(votes, bundles)  # type: ignore[arg-type]
    assert left_out == {"neutral": 1} and places.tolist() == [0, 2]
    assert (kept.labels, kept.ids) == (("happy", "sad"), ("0", "2"))
    assert kept.targets == pytest.approx(np.array([[0.75, 0.25], [0, 1]]))
    whole, _, nothing = module._known_to_both(votes, [Bundle.default()] * 2)
    assert whole is votes and nothing == {}
    only = replace(votes.take([1]), columns={})
    with pytest.raises(DatasetError, match="only photos labelled neutral.*know only happy, sad"):
        module._known_to_both(only, bundles)  # type: ignore[arg-type]


def test_one_photo_does_not_show_that_the_other_is_no_worse(known_predictions: Make) -> None:
    """Ten photos: the more the two disagree, the wider the interval; one photo for B does not rule A out."""
    found = [
        judge(pair(known_predictions, both=10 - apart, only_a=0, only_b=apart), alone(10)).accuracy.difference
        for apart in range(4)
    ]
    assert [each.value for each in found] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert all(each.low < 0 for each in found)  # type: ignore[operator]
    widths = [each.high - each.low for each in found]  # type: ignore[operator]
    assert widths == sorted(widths)
    balanced = paired_metrics(pair(known_predictions, both=9, only_a=0, only_b=1), alone(10))
    assert balanced["balanced_accuracy"].difference == found[1], "of one class, the same"


def test_the_interval_leaves_out_0_where_mcnemars_test_does(known_predictions: Make) -> None:
    """Tango's interval holds every difference that the score test does not reject; of 0 that is (b − c)² / (b + c)."""
    for only_a, only_b in ((0, 3), (0, 4), (1, 6), (1, 7), (10, 20), (10, 21)):
        verdict = judge(
            pair(known_predictions, both=60, only_a=only_a, only_b=only_b), alone(60 + only_a + only_b)
        )
        rejected = (only_b - only_a) ** 2 / (only_b + only_a) > 1.959964**2
        assert (verdict.accuracy.difference.low > 0) == rejected  # type: ignore[operator]


def test_few_people_who_differ_do_not_make_many_photos_of_few(known_predictions: Make) -> None:
    """Ten people with ten photos: one disagreement tells no more than if ten photos had been taken."""
    people = np.repeat(np.arange(10), 10)
    alike = judge(pair(known_predictions, both=100, only_a=0, only_b=0), people).accuracy.difference
    apart = judge(pair(known_predictions, both=99, only_a=0, only_b=1), people).accuracy.difference
    assert apart.low < 0 < apart.high  # type: ignore[operator]
    assert apart.high - apart.low >= alike.high - alike.low  # type: ignore[operator]


def test_as_many_photos_as_agree_bound_how_far_two_may_be_apart(known_predictions: Make) -> None:
    """Tango's interval for no photo of n on which one alone is right reaches z² / (n + z²) both ways."""
    z2, alike = 1.959964**2, pair(known_predictions, both=24, only_a=0, only_b=0)
    difference = judge(alike, alone(24)).accuracy.difference
    assert (difference.low, difference.high) == (
        pytest.approx(-z2 / (24 + z2)),
        pytest.approx(z2 / (24 + z2)),
    )
    together = judge(alike, np.arange(24) // 2).accuracy.difference
    assert together.high == pytest.approx(z2 / (12 + z2)), "copies count as one"
    better = judge(pair(known_predictions, both=0, only_a=0, only_b=24), alone(24)).accuracy.difference
    assert (better.low, better.high) == (pytest.approx((24 - z2) / (24 + z2)), 1.0)
    assert summarise(judge(alike, alone(24))).startswith(
        "By forced choice, A and B are right equally often (95 % −13.8"
    )
    balanced = paired_metrics(alike, alone(24))["balanced_accuracy"].difference
    assert balanced.low == pytest.approx(difference.low), "of one class, the same"
    assert paired_metrics(alike, alone(24))["log_loss"].difference.low is None, "no width is no interval"
