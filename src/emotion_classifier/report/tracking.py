"""Keep runs in MLflow: in a local SQLite file, or on the server that its own environment variable names."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emotion_classifier.errors import TrackingError, missing_extra

_STORE = "sqlite:///mlflow.db"
_EXPERIMENT = "emotion-classifier"
_URI = "MLFLOW_TRACKING_URI"


@dataclass(frozen=True)
class Run:
    """One training or evaluation, as it is logged.

    Parameters
    ----------
    name : str
        Of the run; the id of the bundle.
    parameters : mapping of str to object
    metrics : mapping of str to float
    history : sequence of mappings
        Metrics of every epoch, each with its "epoch".
    files : sequence of Path
        Small files to keep with the run.
    """

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Sequence[Mapping[str, float]] = ()
    files: Sequence[Path] = ()


def check_tracking() -> None:
    """Refuse to begin where a run could not be logged in the end.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    """
    # MLflow reports usage to its makers unless told not to, before it is imported.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    try:
        import alembic  # noqa: F401
        import mlflow  # noqa: F401
        import sqlalchemy  # noqa: F401
    except ImportError as error:
        raise missing_extra("track", error.name or "mlflow") from error


def log_run(run: Run) -> str:
    """Log a run, in the experiment "emotion-classifier".

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
        Where it was logged: the value of ``MLFLOW_TRACKING_URI``, or ``sqlite:///mlflow.db`` in the folder one is in.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    TrackingError
        If the store or the server does not take it.
    """
    check_tracking()
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # It tells of every table it makes.
    import mlflow
    from mlflow.exceptions import MlflowException

    store = os.environ.get(_URI) or _STORE
    try:
        mlflow.set_tracking_uri(store)
        mlflow.set_experiment(_EXPERIMENT)
        with mlflow.start_run(run_name=run.name):
            mlflow.log_params(dict(run.parameters))
            for row in run.history:
                step = int(row["epoch"])
                mlflow.log_metrics({name: row[name] for name in row if name != "epoch"}, step=step)
            mlflow.log_metrics(dict(run.metrics))
            for path in run.files:
                mlflow.log_artifact(str(path))
    except (MlflowException, OSError) as error:
        raise TrackingError(
            f"The run could not be logged to {store} ({error}). Everything else was done and kept; "
            f"correct {_URI} and log again, or leave out --track."
        ) from error
    return store
