"""What measures of mouth, brows and eyes are worth, alone and beside the other engineered features.

Three parts. ``framing``: which width of the picture suits the face mesh; ``ferplus``: recipes on draws of 200 happy or
sad FER+ validation faces, tried on the others; ``stock``: the same recipes on stock photos, 5 folds, groups uncut.
Choices were made by the first two alone. The same command goes on after a kill: every fit is kept.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from learning_curves import happy_or_sad
from results import interval, write_results

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.split import repeated_group_folds
from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.intervals import bootstrap
from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.experiments.cross_validation import fingerprint, over_fits, score
from emotion_classifier.experiments.fold import Fit, Fold, FoldOptions, Rows
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.learning_curve import nested_parts, over_photos_and_fits
from emotion_classifier.faces.align import Framing
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes import FeaturesRecipe
from emotion_classifier.recipes.features_graph import features_graph
from emotion_classifier.recipes.fitting import Fitted
from emotion_classifier.recipes.geometry import GEOMETRY, PREPROCESSING
from emotion_classifier.training.inputs import Inputs, prepare_inputs

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
RENDERED = ROOT / "src" / "emotion_classifier" / "assets" / "rendered" / "faces.parquet"
TEXTURE, NETWORK = ("hog", "lbp"), ("embedding", "log_probabilities")
LEARN = 200
WIDTHS = (2.2, 2.6, 3.0, 3.3, PREPROCESSING.framing.width_in_eye_distances, 4.0, 4.4)
# The recipe and what it is held against.
RECIPES: dict[str, tuple[str, tuple[str, ...], str | None]] = {
    "geometry": ("geometry", ("geometry",), None),
    "boosting, geometry": ("gradient_boosting", ("geometry",), "geometry"),
    "boosting, texture": ("gradient_boosting", TEXTURE, None),
    "boosting, texture + geometry": ("gradient_boosting", (*TEXTURE, "geometry"), "boosting, texture"),
    "boosting, all": ("gradient_boosting", (*NETWORK, *TEXTURE), None),
    "boosting, all + geometry": ("gradient_boosting", (*NETWORK, *TEXTURE, "geometry"), "boosting, all"),
    "logistic, network": ("logistic_regression", NETWORK, None),
    "logistic, network + geometry": ("logistic_regression", (*NETWORK, "geometry"), "logistic, network"),
}
Parts = list[tuple[Fit, Rows, Rows]]


def named(name: str) -> FeaturesRecipe:
    """Give a recipe other features, and a name that its fits are kept under."""
    base, features, _ = RECIPES[name]
    recipe = recipes.get(base)
    assert isinstance(recipe, FeaturesRecipe)
    return replace(recipe.with_features(*features), name=name)


def fitted(parts: Parts, dataset: Dataset, journal: Journal, work: Path, faces: FaceCache) -> list[Fold]:
    """Run fits, or take those that were run before."""
    folds = []
    for fit, learn, test in parts:
        answered = fit.recorded(journal, test)
        if answered is None:
            answered = fit.run(dataset, learn=learn, test=test, work=work, face_cache=faces)
            journal.add(fit.key, asdict(answered))
        folds.append(answered)
    return folds


def costs(folds: Sequence[Fold]) -> dict[str, float]:
    """Medians over fits: seconds a training, megabytes, and milliseconds a face of the network on one thread."""
    names = ("seconds", "megabytes", "milliseconds")
    return {name: round(float(np.median([(fold.cost or {})[name] for fold in folds])), 2) for name in names}


def stock(chosen: list[str], data: Path, work: Path, repeats: int) -> dict[str, Any]:
    """Cross-validate over the folds of a leaderboard; differences are over the same folds."""
    dataset = open_dataset(data / "stock_photos")
    dataset = replace(dataset, splits=("",) * len(dataset))
    faces, options = FaceCache(), FoldOptions(repeats=repeats)
    groups = independent_groups(dataset, face_cache=faces)
    plan = list(
        repeated_group_folds(dataset, groups, repeats=repeats, folds=options.folds, seed=options.seed)
    )
    journal, found = Journal(work / "stock.jsonl", fingerprint=fingerprint(dataset)), dict[str, Any]()
    scores: dict[str, list[dict[str, float]]] = {}
    for name in chosen:
        recipe = named(name)
        parts = [
            (Fit(recipe, options, repeat, fold, costs=True), learn, test)
            for repeat, fold, learn, test in plan
        ]
        folds = fitted(parts, dataset, journal, work, faces)
        scores[name] = [score(dataset.hard[f.test], np.array(f.forced), f.probabilities) for f in folds]
        found[name] = costs(folds)
        for metric in ("accuracy", "balanced_accuracy", "log_loss"):
            values = [each[metric] for each in scores[name]]
            limits = metrics.get(metric).limits
            found[name][metric] = over_fits(values, options, len(dataset), limits=limits).to_dict()
            against = RECIPES[name][2]
            if against in scores:
                away = [a - b[metric] for a, b in zip(values, scores[against], strict=True)]
                apart = over_fits(away, options, len(dataset), limits=(-np.inf, np.inf))
                found[name][f"{metric}_less_{against}"] = apart.to_dict()
        told("stock", name, found[name])
    return {"photos": len(dataset), "groups": len(np.unique(groups)), "recipes": found}


def ferplus(chosen: list[str], data: Path, work: Path, draws: int) -> dict[str, Any]:
    """Learn from 200 faces, answer for the others; intervals over chance in the photos and in the draws."""
    dataset = happy_or_sad(open_dataset(data / "ferplus" / "validation.parquet"))
    faces, found = FaceCache(), dict[str, Any]()
    groups = independent_groups(dataset, face_cache=faces)
    drawn = [
        (learn, test)
        for draw in range(draws)
        for _, learn, test in nested_parts(dataset, groups, (LEARN,), seed=draw)
    ]
    journal = Journal(work / "ferplus.jsonl", fingerprint=fingerprint(dataset))
    right: dict[str, npt.NDArray[np.float64]] = {}
    for name in chosen:
        if journal.get(f"{name}/{draws}") is None:
            journal.add(f"{name}/{draws}", {"right": answers(named(name), dataset, drawn, faces)})
        right[name] = np.full((draws, len(dataset)), np.nan)
        kept = (journal.get(f"{name}/{draws}") or {})["right"]
        for row, (_, test), hits in zip(right[name], drawn, kept, strict=True):
            row[test] = hits
        found[name] = {"balanced_accuracy": over_photos_and_fits(right[name], dataset.hard, groups).to_dict()}
        against = RECIPES[name][2]
        if against in right:
            # A mean of differences is the difference of the means, over the same photos and draws.
            away = over_photos_and_fits(right[name] - right[against], dataset.hard, groups)
            found[name][f"balanced_accuracy_less_{against}"] = away.to_dict()
        told("ferplus", name, found[name])
    return {
        "photos": len(dataset),
        "counts": dataset.counts,
        "learn": LEARN,
        "draws": draws,
        "recipes": found,
    }


def answers(
    recipe: FeaturesRecipe, dataset: Dataset, drawn: list[tuple[Rows, Rows]], faces: FaceCache
) -> list[list[int]]:
    """Say which test faces each draw is right about.

    Features are computed once, and heads fitted on rows of them: what `train` does, less the conversion.
    """
    inputs = prepare_inputs(dataset, recipe.preprocessing, face_cache=faces)
    if len(inputs.rows) < len(dataset):
        raise SystemExit(f"{len(dataset) - len(inputs.rows)} faces cannot be used.")
    features = measured(Fitted(recipe.graph().SerializeToString(), 0), recipe.preprocessing, inputs)
    found = []
    for draw, (learn, test) in enumerate(drawn):
        counts = np.bincount(dataset.hard[learn]).tolist()
        head = recipe.estimator(counts, draw).fit(features[learn], dataset.hard[learn])
        found.append((head.predict(features[test]) == dataset.hard[test]).astype(int).tolist())
    return found


def told(part: str, name: str, figures: dict[str, Any]) -> None:
    for metric, figure in figures.items():
        shown = interval(figure) if isinstance(figure, dict) else f"{figure:.2f}"
        print(f"{part} | {name} | {metric} {shown}", flush=True)


def framing(data: Path, draws: int) -> list[dict[str, Any]]:
    """Cut pictures of several widths: do mouth corners follow the rendered strength, and what do FER+ draws say."""
    from sklearn.metrics import balanced_accuracy_score

    graph = Fitted(features_graph(["geometry"]).SerializeToString(), 0)
    faces = happy_or_sad(open_dataset(data / "ferplus" / "validation.parquet"))
    rendered, strength = rendered_faces()
    cache, found = FaceCache(), []
    for width in WIDTHS:
        line = (
            PREPROCESSING.framing.eye_line - 0.5
        ) * PREPROCESSING.framing.width_in_eye_distances / width + 0.5
        frame = Framing(width_in_eye_distances=width, eye_line=line)
        picture = PREPROCESSING.model_copy(update={"framing": frame})
        seen = prepare_inputs(rendered, picture, face_cache=cache)
        lift = measured(graph, picture, seen)[:, GEOMETRY.index("mouth_corner_lift")]
        follows = bootstrap(partial(correlation, lift, strength[seen.rows]), len(lift)).to_dict()
        inputs = prepare_inputs(faces, picture, face_cache=cache)
        measures = measured(graph, picture, inputs)
        truth, scores = faces.hard[inputs.rows], []
        for draw in range(draws):
            order = np.random.default_rng(draw).permutation(len(truth))
            learn, test = order[:LEARN], order[LEARN:]
            head = named("geometry").estimator([1, 1], 0).fit(measures[learn], truth[learn])
            scores.append(balanced_accuracy_score(truth[test], head.predict(measures[test])))
        mean, spread = float(np.mean(scores)), float(np.std(scores, ddof=1))
        found.append(
            {
                "width": round(width, 3),
                "lift_follows_strength": follows,
                "ferplus_balanced_accuracy": round(mean, 4),
                "ferplus_spread_of_draws": round(spread, 4),
                "ferplus_faces": len(truth),
            }
        )
        print(f"framing | {width:.2f} eye distances | rank correlation {interval(follows)}", flush=True)
        print(f"  FER+ {mean:.4f}, spread of draws {spread:.4f}, n = {len(truth)}", flush=True)
    return found


def correlation(
    measured: npt.NDArray[np.float32], stated: npt.NDArray[np.float64], rows: npt.NDArray[np.int64]
) -> float:
    return spearman(measured[rows].astype(np.float64), stated[rows])


def measured(graph: Fitted, picture: Preprocessing, inputs: Inputs) -> npt.NDArray[np.float32]:
    """Compute features of faces, a few at a time."""
    starts = range(0, len(inputs.pixels), 32)
    return np.concatenate([graph.predict(picture.normalise(inputs.pixels[at : at + 32])) for at in starts])


def rendered_faces() -> tuple[Dataset, npt.NDArray[np.float64]]:
    """Every seventh of the audit's rendered faces, and how strong its expression is, from -1 to 1."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(RENDERED, columns=["image", "expression"]).take(np.arange(0, 2016, 7))
    sources = tuple(image["bytes"] for image in table["image"].to_pylist())
    strength = np.array(table["expression"].to_pylist(), np.float64)
    n = len(sources)
    dataset = Dataset(
        labels=("happy", "sad"),
        ids=tuple(str(row) for row in range(n)),
        sources=sources,
        targets=np.eye(2, dtype=np.float32)[(strength < 0).astype(int)],
        splits=("",) * n,
        cropped=(False,) * n,
    )
    return dataset, strength


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with stock_photos and ferplus")
    parser.add_argument("--parts", nargs="+", choices=("framing", "stock", "ferplus"),
                        default=["framing", "ferplus", "stock"])  # fmt: skip
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--repeats", type=int, default=2, help="of the folds of stock photos")
    parser.add_argument("--draws", type=int, default=10, help="of FER+ faces")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "geometry")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"measures": len(GEOMETRY)}
    for part in arguments.parts:
        if part == "framing":
            figures[part] = framing(arguments.data, arguments.draws)
        elif part == "ferplus":
            figures[part] = ferplus(arguments.recipes, arguments.data, arguments.work, arguments.draws)
        else:
            figures[part] = stock(arguments.recipes, arguments.data, arguments.work, arguments.repeats)
        write_results("geometry", figures)


if __name__ == "__main__":
    main()
