"""One more metric is one function and one registration; everything that tells metrics tells it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("fairlearn")
pytest.importorskip("scipy")

from emotion_classifier.data import Dataset
from emotion_classifier.errors import MetricError
from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.evaluate import evaluation_of
from emotion_classifier.evaluation.metrics import Metric
from emotion_classifier.evaluation.paired import paired_metrics
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.slices import slices
from emotion_classifier.evaluation.statistics import Share
from emotion_classifier.fairness.audit import audit_predictions, prepare
from emotion_classifier.fairness.survey import AuditOptions
from emotion_classifier.report.audit_page import write_audit_page
from emotion_classifier.report.evaluation_table import render
from emotion_classifier.report.groups_table import render as render_audit

N = 200
Make = Callable[..., Predictions]


def very_sure(predictions: Predictions) -> Share:
    """Count the faces read with a probability of nine in ten or more."""
    return Share(np.nan_to_num(predictions.probabilities).max(axis=1) >= 0.9, predictions.predicted)


@pytest.fixture
def added() -> Iterator[Metric]:
    everywhere = frozenset({"evaluate", "compare", "slices", "audit"})
    metric = Metric("very_sure", "Very sure", "%", very_sure, everywhere, heading="very\nsure")  # type: ignore[arg-type]
    yield metrics.register(metric)
    del metrics._METRICS[metric.name]


@pytest.fixture
def predictions(known_predictions: Make) -> Predictions:
    said = [0.95 if row % 4 else 0.7 for row in range(N)]
    made = known_predictions(["happy"] * N, said)
    return replace(made, groups=np.arange(N))


def shown(table: object) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_evaluate_compare_and_slices_have_it(added: Metric, predictions: Predictions) -> None:
    evaluation = evaluation_of("m", predictions)
    parts = slices(predictions, {"lamp": {"on": np.arange(100), "off": np.arange(100, N)}})
    evaluation = replace(evaluation, slices=parts)
    plain = json.loads(json.dumps(evaluation.to_dict()))
    assert plain["very_sure"] == {"value": 0.75, "low": 0.685659, "high": 0.804918, "n": N}
    assert [each["very_sure"]["value"] for each in plain["slices"]] == [0.75, 0.75]
    text = shown(render(evaluation))
    assert "Very sure" in text and "75.0 % (68.6 to 80.5)" in text
    paired = paired_metrics((predictions, predictions), np.arange(N))["very_sure"]
    assert paired.to_dict()["difference"]["value"] == 0


def test_the_audit_has_it(added: Metric, predictions: Predictions, tmp_path: Path) -> None:
    data = Dataset(
        ("happy", "sad"), (b"",) * N, np.eye(2, dtype=np.float32)[predictions.y_true],
        tuple(map(str, range(N))), ("",) * N, (False,) * N, {"light": ("day", "night") * (N // 2)},
    )  # fmt: skip
    options = AuditOptions(rounds=200)
    result = audit_predictions(predictions, prepare(data, ["light"], options), options=options)
    plain = result.to_dict()
    assert plain["overall"]["very_sure"]["value"] == 0.75
    (gap,) = [gap for gap in plain["gaps"] if gap["metric"] == "very_sure"]
    assert gap["difference"]["value"] == 0.5 and gap["highest"] == "night"
    assert "Very sure" in shown(render_audit(result))
    write_audit_page(plain, tmp_path / "audit.html", pages={}, title="photos")
    assert "<h3>Very sure</h3>" in (tmp_path / "audit.html").read_text(encoding="utf-8")


def test_a_name_is_taken_once(added: Metric) -> None:
    with pytest.raises(MetricError, match="'very_sure' already"):
        metrics.register(added)


def test_an_unknown_metric_names_those_there_are() -> None:
    with pytest.raises(MetricError, match=r"no metric 'precision'. Choose from: .*accuracy"):
        metrics.get("precision")


def test_every_metric_is_told_in_full() -> None:
    for use in ("evaluate", "compare", "slices", "audit", "leaderboard"):
        for name in metrics.names(use):  # type: ignore[arg-type]
            metric = metrics.get(name)
            assert metric.title and metric.title[0].isupper()
            assert metric.limits[0] < metric.limits[1]
            assert metric.explained or use != "audit", name
            assert metric.heading or use not in ("slices", "leaderboard"), name
