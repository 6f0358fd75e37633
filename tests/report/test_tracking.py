"""Runs that are kept in MLflow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emotion_classifier.errors import TrackingError
from emotion_classifier.report.tracking import Run, check_tracking, log_run

pytest.importorskip("mlflow")
pytest.importorskip("sqlalchemy")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "")


@pytest.mark.filterwarnings("ignore")
def test_a_run_lies_in_a_local_file_with_its_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs.db")
    card = tmp_path / "README.md"
    card.write_text("# card")
    history = [{"epoch": 0.0, "loss": 0.9}, {"epoch": 1.0, "loss": 0.4}]
    store = log_run(Run("r1", {"recipe": "compact"}, {"accuracy": 0.98}, history, [card]))
    from mlflow import MlflowClient

    client = MlflowClient(store)
    (experiment,) = client.search_experiments(filter_string="name = 'emotion-classifier'")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.params["recipe"] == "compact"
    assert run.data.metrics == {"loss": 0.4, "accuracy": 0.98}
    assert [point.value for point in client.get_metric_history(run.info.run_id, "loss")] == [0.9, 0.4]
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["README.md"]
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


@pytest.mark.filterwarnings("ignore")
def test_a_store_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://x")
    with pytest.raises(TrackingError, match="nonsense"):
        log_run(Run("r1"))


def test_usage_is_not_reported() -> None:
    check_tracking()
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
