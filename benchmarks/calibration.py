"""Which way of calibrating p_happy validates best: ten-fold cross-validated log loss and calibration error.

Every way maps log(P(happy) / P(sad)) to P(happy | happy or sad) on validation photos labelled happy or sad.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from results import write_results
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.calibration import calibration_error
from emotion_classifier.evaluation.intervals import bootstrap
from emotion_classifier.evaluation.predictions import BINARY, predict_dataset
from emotion_classifier.model.bundle import Bundle

Floats = npt.NDArray[np.float64]
Fit = Callable[[Floats, Floats], Callable[[Floats], Floats]]


def as_it_is(_: Floats, __: Floats) -> Callable[[Floats], Floats]:
    """Trust the network."""
    return lambda logit: np.asarray(1 / (1 + np.exp(-logit)))


def platt(logit: Floats, happy: Floats) -> Callable[[Floats], Floats]:
    """Fit a straight line through the log-odds."""
    line = LogisticRegression(C=1e6).fit(logit[:, np.newaxis], happy)
    return lambda new: np.asarray(line.predict_proba(new[:, np.newaxis])[:, 1])


def isotonic(logit: Floats, happy: Floats) -> Callable[[Floats], Floats]:
    """Fit any rising curve."""
    curve = IsotonicRegression(y_min=1e-3, y_max=1 - 1e-3, out_of_bounds="clip").fit(logit, happy)
    return lambda new: np.asarray(curve.predict(new))


WAYS: dict[str, Fit] = {"network's own": as_it_is, "Platt scaling": platt, "isotonic regression": isotonic}


def cross_validated(fit: Fit, logit: Floats, happy: Floats) -> Floats:
    """P(happy) of every photo by a calibration that has not seen it."""
    stated = np.zeros_like(logit)
    for learn, held in StratifiedKFold(10, shuffle=True, random_state=0).split(logit, happy):
        stated[held] = fit(logit[learn], happy[learn])(logit[held])
    return stated


def log_loss(stated: Floats, happy: Floats) -> Floats:
    """Surprise at every truth, in nats."""
    of_truth = np.where(happy > 0, stated, 1 - stated)
    return np.asarray(-np.log(np.clip(of_truth, 1e-9, 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", default="default")
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data).with_split("validation")
    predictions = predict_dataset(Bundle.load(arguments.model), dataset)
    rows = np.isin(predictions.names, BINARY) & predictions.predicted
    happy = (predictions.names[rows] == "happy").astype(np.float64)
    of_both = np.clip(predictions.probabilities[rows], 1e-7, 1)
    columns = [predictions.labels.index(name) for name in BINARY]
    logit = np.log(of_both[:, columns[0]] / of_both[:, columns[1]])
    figures: dict[str, Any] = {"n": int(rows.sum()), "happy": int(happy.sum())}
    for name, fit in WAYS.items():
        stated = cross_validated(fit, logit, happy)
        loss = log_loss(stated, happy)
        estimate = bootstrap(lambda drawn, loss=loss: float(loss[drawn].mean()), len(loss))  # type: ignore[misc]
        error = calibration_error(stated, happy)
        figures[name] = {"log_loss": estimate.to_dict(), "ece": error}
        print(
            f"{name:20} log loss {estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f}), "
            f"calibration error {error:.4f}, n = {len(loss):,}"
        )
    write_results("calibration", figures)


if __name__ == "__main__":
    main()
