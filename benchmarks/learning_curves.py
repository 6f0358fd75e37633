"""Balanced accuracy, happy against sad, against the number of training photos, for several recipes.

No test photo was among those that the default model trained on. Up to 200 training photos come from stock photos,
whose rest is the test; up to 500 from the FER+ validation faces, with a part of those as the test; more from the FER+
training faces. These taught the default model, so they teach a recipe that starts from it, or reads its features,
nothing new: such points are marked, and say at most too little.

The same command goes on after a kill: every fit is kept.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from learning_curves_plot import plot_learning_curves
from results import interval, write_results

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, merge, open_dataset
from emotion_classifier.data.labels import one_hot
from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.experiments.cross_validation import fingerprint
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.learning_curve import CurveOptions, fit_of, learning_curve
from emotion_classifier.faces.cache import FaceCache

DATA = Path(__file__).parents[2] / "shared" / "data"
ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "learning_curves.png"
# Cheap ones first.
RECIPES = (
    "logistic_regression",
    "gradient_boosting",
    "geometry",
    "transfer",
    "initial",
    "ensemble",
    "compact",
    "attempt_5",
)
# Recipes that owe the default model nothing.
UNAIDED = ("initial", "attempt_5", "compact", "geometry")
BINARY = ("happy", "sad")
HELD = 400
SETS = {
    "stock": CurveOptions(sizes=(25, 50, 100, 200), draws=3),
    "ferplus": CurveOptions(sizes=(25, 50, 100, 200, 500), draws=3),
    "ferplus_train": CurveOptions(sizes=(2000, 10000), draws=1),
}
# Of the panel of the picture that each set is drawn in.
TITLES = {"stock": "stock photos", "ferplus": "FER+ faces", "ferplus_train": "FER+ faces"}


def happy_or_sad(dataset: Dataset) -> Dataset:
    """Keep the faces whose likeliest label is happy or sad, with that label alone."""
    names = np.array(dataset.labels)[dataset.hard]
    kept = np.flatnonzero(np.isin(names, BINARY))
    targets = one_hot([str(name) for name in names[kept]], BINARY)
    return replace(dataset.take(kept), labels=BINARY, targets=targets, splits=("",) * len(kept), columns={})


def load(name: str, data: Path) -> tuple[Dataset, npt.NDArray[np.int64] | None]:
    """Read one set of photos, and the rows that are held for testing; None: whatever is not learned from."""
    if name == "stock":
        return open_dataset(data / "stock_photos"), None
    faces = happy_or_sad(open_dataset(data / "ferplus" / "validation.parquet"))
    held = np.sort(np.random.default_rng(0).permutation(len(faces))[:HELD])
    if name == "ferplus":
        return faces, held
    train = happy_or_sad(open_dataset(data / "ferplus" / "train.parquet"))
    return merge([faces.take(held), train]), np.arange(HELD)


def kept_of(options: CurveOptions, recipe: str, journal: Journal) -> CurveOptions:
    """Leave out the sizes of which not every draw has been fitted."""
    kept = [
        size
        for size in options.sizes
        if all(
            fit_of(recipes.get(recipe), options, draw, size).key in journal for draw in range(options.draws)
        )
    ]
    return replace(options, sizes=tuple(kept))


def run(name: str, chosen: list[str], data: Path, work: Path, *, kept: bool) -> dict[str, Any]:
    """Draw the curves of one set of photos, a recipe after the other."""
    dataset, held = load(name, data)
    journal = Journal(work / "fits.jsonl", fingerprint=f"{name}-{fingerprint(dataset)}")
    curves: list[dict[str, Any]] = []
    faces = FaceCache()
    for recipe in chosen:
        options = kept_of(SETS[name], recipe, journal) if kept else SETS[name]
        if not options.sizes:
            continue
        try:
            points = learning_curve(
                recipes.get(recipe),
                dataset,
                options,
                journal=journal,
                work=work / recipe,
                held=held,
                face_cache=faces,
                progress=shown,
            )
        except EmotionClassifierError as error:
            print(f"{name} {recipe}: {error}", flush=True)
            continue
        seen = name == "ferplus_train" and recipe not in UNAIDED
        curves.append({"recipe": recipe, "seen": seen, "points": [point.to_dict() for point in points]})
        for point in curves[-1]["points"]:
            print(
                f"{name} {recipe} {point['photos']:>6,}  {interval(point['balanced_accuracy'])}", flush=True
            )
    return {"photos": len(dataset), "counts": dataset.counts, "curves": curves}


def shown(stage: str, done: int, total: int, metrics: dict[str, float]) -> None:
    """Say where a training is."""
    if stage == "training" and done == total:
        print(f"  trained {total} epochs", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with stock_photos and ferplus")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--kept", action="store_true", help="train nothing; show what has been")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "learning_curves")
    parser.add_argument("--plot", type=Path, default=PICTURE)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in arguments.sets:
        figures[name] = run(name, arguments.recipes, arguments.data, arguments.work, kept=arguments.kept)
        write_results("learning_curves", figures)
    panels: dict[str, list[dict[str, Any]]] = {}
    for name, each in figures.items():
        panels.setdefault(TITLES[name], []).extend(each["curves"])
    plot_learning_curves(panels, arguments.plot)


if __name__ == "__main__":
    main()
