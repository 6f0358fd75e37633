"""Which recipes to put together: every mean of up to three of them, beside its best member, on small training sets.

Two hundred FER+ validation faces, drawn ten times, teach each recipe; its answers on the other faces are averaged with
those of others afterwards, so that no ensemble is trained. The difference of an ensemble and its best member is paired
over the draws. The same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from learning_curves import DATA, ROOT, load
from results import write_results

from emotion_classifier import recipes
from emotion_classifier.data import Dataset
from emotion_classifier.experiments.cross_validation import fingerprint, score
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.learning_curve import CurveOptions, fit_of, learning_curve
from emotion_classifier.faces.cache import FaceCache

RECIPES = (
    "transfer",
    "logistic_regression",
    "svm",
    "gradient_boosting",
    "hist_gradient_boosting",
    "random_forest",
)
MOST = 3
Floats = npt.NDArray[np.float64]


def measured(dataset: Dataset, members: Sequence[str], options: CurveOptions, journal: Journal) -> Floats:
    """Balanced accuracy and log loss of the mean of some recipes, shape (draws, 2)."""
    found = []
    for draw in range(options.draws):
        keys = [fit_of(recipes.get(member), options, draw, options.sizes[0]).key for member in members]
        lines = [journal.get(key) or {} for key in keys]
        given = np.mean(
            [[row or [np.nan, np.nan] for row in line["probabilities"]] for line in lines], axis=0
        )
        truth = dataset.hard[lines[0]["test"]]
        chosen = np.where(np.isnan(given).any(axis=1), -1, given.argmax(axis=1))
        stated = [None if np.isnan(row).any() else row.tolist() for row in given]
        figures = score(truth, chosen, stated)
        found.append([figures["balanced_accuracy"], figures["log_loss"]])
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with ferplus")
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ensemble_members")
    arguments = parser.parse_args()
    dataset, _ = load("ferplus", arguments.data)
    journal = Journal(arguments.work / "fits.jsonl", fingerprint=fingerprint(dataset))
    options = CurveOptions(sizes=(arguments.photos,), draws=arguments.draws)
    faces = FaceCache()
    for name in RECIPES:
        learning_curve(
            recipes.get(name), dataset, options, journal=journal, work=arguments.work, face_cache=faces
        )
        print(f"trained {name}", flush=True)
    several = [each for size in range(1, MOST + 1) for each in itertools.combinations(RECIPES, size)]
    figures = {each: measured(dataset, each, options, journal) for each in several}
    rows = []
    for each, values in sorted(figures.items(), key=lambda item: -float(item[1][:, 0].mean())):
        best = max(each, key=lambda name: float(figures[(name,)][:, 0].mean()))
        accuracy, loss = (float(mean) for mean in values.mean(axis=0))
        away = values[:, 0] - figures[(best,)][:, 0]
        gain, error = float(away.mean()), float(away.std(ddof=1) / np.sqrt(len(away)))
        print(
            f"{' + '.join(each):<65} {100 * accuracy:.2f} %  log loss {loss:.4f}  "
            f"over {best}: {100 * gain:+.2f} (standard error {100 * error:.2f})"
        )
        rows.append(
            {
                "members": each,
                "balanced_accuracy": accuracy,
                "log_loss": loss,
                "best_member": best,
                "over_best_member": gain,
                "standard_error": error,
            }
        )
    n = {"photos": len(dataset), "training_photos": arguments.photos, "draws": arguments.draws}
    write_results("ensemble_members", {**n, "ensembles": rows})


if __name__ == "__main__":
    main()
