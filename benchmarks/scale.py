"""Pictures of a bundle's scale: degree against raters, and calibration."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.calibration import reliability
from emotion_classifier.evaluation.predictions import BINARY, Predictions, predict_dataset
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import GRADES, net_share
from emotion_classifier.report.plots import plot_degree, plot_reliability


def binary(predictions: Predictions) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """P(happy) and truth of the photos labelled happy or sad."""
    rows = np.isin(predictions.names, BINARY)
    return predictions.p_happy[rows], (predictions.names == "happy")[rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with ferplus, lfw and stock_photos")
    parser.add_argument("--model", default="default")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.model)
    names = {"FER+ validation": "ferplus", "LFW validation": "lfw", "stock photos": "stock_photos"}
    predictions = {
        name: predict_dataset(bundle, open_dataset(arguments.data / folder).with_split("validation", ""))
        for name, folder in names.items()
    }
    ferplus = predictions["FER+ validation"]
    seen = ferplus.predicted
    cuts = bundle.config.scale.grade_cuts
    net = net_share(ferplus.shares)[seen]
    plot_degree(ferplus.degree[seen], net, cuts, arguments.out / "degree.png", names=GRADES)
    curves = {}
    for name, given in predictions.items():
        p_happy, happy = binary(given)
        faces = ~np.isnan(p_happy)
        curves[name] = reliability(p_happy[faces], happy[faces].astype(np.float64))
    plot_reliability(curves, arguments.out / "calibration.png", what="p_happy")
    print(f"wrote degree.png and calibration.png to {arguments.out}")


if __name__ == "__main__":
    main()
