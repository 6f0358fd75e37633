"""What fine-tuning on a few happy and sad photos does to faces of which it was shown none: neutral ones.

Twelve happy and twelve sad photos are drawn several times; `transfer` learns from them, once as it is and once without
what it keeps of the default model, as it was before. Each model reads the neutral faces and the photos that were not
drawn, and so does the default model.
"""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import numpy.typing as npt
from results import interval, write_results

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.labels import one_hot
from emotion_classifier.evaluation.predictions import BINARY, predict_dataset
from emotion_classifier.experiments.learning_curve import over_photos_and_fits
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import NetworkRecipe
from emotion_classifier.training.fit import train
from emotion_classifier.training.options import TrainOptions

DATA = Path(__file__).parents[2] / "shared" / "data"
WORK = Path(__file__).parents[1] / "build" / "forgetting"
OF_EACH = 12
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.float64]


def labelled(dataset: Dataset, wanted: tuple[str, ...]) -> Dataset:
    """Keep the pictures whose likeliest label is wanted, each with that label alone."""
    names = np.array(dataset.labels)[dataset.hard]
    kept = np.flatnonzero(np.isin(names, wanted))
    targets = one_hot([str(name) for name in names[kept]], dataset.labels)
    return replace(dataset.take(kept), targets=targets, splits=("",) * len(kept), columns={})


def draw(dataset: Dataset, groups: Rows, seed: int) -> tuple[Rows, Rows]:
    """Draw the photos to learn from, no two of one group, and those that are not of a group that was drawn."""
    generator = np.random.default_rng(seed)
    learn: list[int] = []
    for label in BINARY:
        rows = generator.permutation(np.flatnonzero(dataset.hard == dataset.labels.index(label)))
        _, first = np.unique(groups[rows], return_index=True)
        learn += rows[np.sort(first)][:OF_EACH].tolist()
    return np.sort(learn), np.flatnonzero(~np.isin(groups, groups[learn]))


def readings(bundle: Bundle, photos: Dataset, neutral: Dataset, faces: FaceCache) -> dict[str, Marks]:
    """Say of every picture whether it was read so (1) or not (0)."""
    found, other = (predict_dataset(bundle, dataset, face_cache=faces) for dataset in (photos, neutral))
    stated = np.array([label or "" for label in found.stated])
    return {
        "neutral_called_sad": np.array([label == "sad" for label in other.stated], np.float64),
        "leaning_right": found.right_side.astype(np.float64),
        "label_right": (stated == found.names).astype(np.float64),
    }


def learned(
    recipe: NetworkRecipe, photos: Dataset, learn: Rows, seed: int, rate: float | None, faces: FaceCache
) -> Bundle:
    """Train as `emotion-classifier train` does."""
    keras.backend.clear_session()
    out = WORK / f"{'keeps' if recipe.base else 'forgets'}-{seed}"
    for leftover in (out, out.with_name(f"{out.name}.training")):
        shutil.rmtree(leftover, ignore_errors=True)
    options = TrainOptions(seed=seed, learning_rate=rate)
    return train(photos.take(learn), recipe=recipe, out=out, options=options, face_cache=faces).bundle


def summarise(found: list[dict[str, Marks]], base: dict[str, Marks], groups: Rows) -> dict[str, Any]:
    """Estimate every share over chance in pictures and draws, and how far it lies from the default model's."""
    figures: dict[str, Any] = {}
    for name, before in base.items():
        marks = np.stack([each[name] for each in found])
        of = np.arange(len(before)) if name == "neutral_called_sad" else groups
        one = np.zeros(len(before), np.int64)
        figures[name] = {
            "share": over_photos_and_fits(marks, one, of).to_dict(),
            "less_default": over_photos_and_fits(marks - before, one, of).to_dict(),
            "default": over_photos_and_fits(np.where(np.isnan(marks), np.nan, before), one, of).to_dict(),
            "draws": [round(float(value), 4) for value in np.nanmean(marks, axis=1)],
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=DATA / "stock_photos", help="drawn from and read")
    parser.add_argument("--neutral", type=Path, default=DATA / "lfw" / "validation.parquet")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, help="another than the recipe's; nothing is written")
    arguments = parser.parse_args()
    photos = labelled(open_dataset(arguments.photos), BINARY)
    photos = photos.with_labels(BINARY)
    neutral = labelled(open_dataset(arguments.neutral), ("neutral",))
    faces = FaceCache()
    groups = independent_groups(photos, face_cache=faces)
    keeps = recipes.get_network("transfer")
    figures: dict[str, Any] = {"photos": len(photos), "of_each": OF_EACH, "neutral": len(neutral)}
    base = readings(Bundle.default(), photos, neutral, faces)
    for name, recipe in {"keeps": keeps, "forgets": replace(keeps, base=None)}.items():
        found = []
        for seed in range(arguments.draws):
            learn, rest = draw(photos, groups, seed)
            bundle = learned(recipe, photos, learn, seed, arguments.learning_rate, faces)
            marks = readings(bundle, photos, neutral, faces)
            for figure in ("leaning_right", "label_right"):
                marks[figure][np.setdiff1d(np.arange(len(photos)), rest)] = np.nan
            found.append(marks)
            print(
                name,
                seed,
                {key: round(float(np.nanmean(each)), 4) for key, each in marks.items()},
                flush=True,
            )
        figures[name] = summarise(found, base, groups)
        for figure, values in figures[name].items():
            for key in ("share", "default", "less_default"):
                print(f"{name} {figure} {key:>12}  {interval(values[key])}", flush=True)
    if arguments.learning_rate is None and arguments.photos == DATA / "stock_photos":
        write_results("forgetting", figures)


if __name__ == "__main__":
    main()
