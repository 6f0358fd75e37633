"""How many flipped labels `check` finds, on LFW happy/neutral and FER+ happy/sad (validation parts).

The flips are drawn by chance in both classes alike. Beside what `check` lists stand the other filters of cleanlab on
the same out-of-fold probabilities, and the precision-recall curve of the ranking.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from results import write_results

from emotion_classifier.checks.context import CheckContext, measure_images
from emotion_classifier.checks.data010_wrong_label import judged, suspects
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.model.bundle import Bundle

FILTERS = ("prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given")
RECALLS = (0.5, 0.7, 0.8, 0.9, 0.95)


def of_two(dataset: Dataset, labels: tuple[str, str]) -> Dataset:
    """Keep the rows of two labels, with all weight on their own."""
    wanted = [dataset.labels.index(label) for label in labels]
    kept = dataset.take(np.flatnonzero(np.isin(dataset.hard, wanted)))
    targets = np.stack([kept.hard == index for index in wanted], axis=1).astype(np.float32)
    return replace(kept, labels=labels, targets=targets)


def flipped(
    survey: CheckContext, rate: float, rng: np.random.Generator
) -> tuple[CheckContext, npt.NDArray[np.bool_]]:
    """Flip the same share of both classes."""
    hard = survey.dataset.hard
    flips = np.zeros(len(hard), bool)
    for label in (0, 1):
        rows = np.flatnonzero((hard == label) & survey.read)
        flips[rng.choice(rows, round(rate * len(rows)), replace=False)] = True
    targets = survey.dataset.targets.copy()
    targets[flips] = targets[flips][:, ::-1]
    changed = replace(survey, dataset=replace(survey.dataset, targets=targets))
    changed.__dict__["twins"] = survey.twins  # They do not depend on labels.
    return changed, flips


def score(found: npt.NDArray[np.int64], flips: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Recall and precision of a list of rows."""
    hits = int(flips[found].sum())
    return hits / int(flips.sum()), hits / max(1, len(found))


def one_round(survey: CheckContext, flips: npt.NDArray[np.bool_]) -> dict[str, Any]:
    from cleanlab.filter import find_label_issues

    rows, probabilities = judged(survey)
    given, planted = survey.dataset.hard[rows], flips[rows]
    figures: dict[str, Any] = {"check": score(suspects(given, probabilities), planted)}
    for name in FILTERS:
        listed = np.flatnonzero(find_label_issues(given, probabilities, filter_by=name, n_jobs=1))
        figures[f"cleanlab {name}"] = score(listed, planted)
    order = np.argsort(probabilities[np.arange(len(rows)), given], kind="stable")
    hits = np.cumsum(planted[order])
    at = [int(np.searchsorted(hits, np.ceil(recall * planted.sum()))) for recall in RECALLS]
    figures["precision at recall"] = [float(hits[place] / (place + 1)) for place in at]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("lfw", type=Path)
    parser.add_argument("--repeats", type=int, default=10)
    arguments = parser.parse_args()
    sets = {
        "LFW happy/neutral": of_two(
            open_dataset(arguments.lfw).with_split("validation"), ("happy", "neutral")
        ),
        "FER+ happy/sad": of_two(open_dataset(arguments.ferplus).with_split("validation"), ("happy", "sad")),
    }
    bundle, results = Bundle.default(), {}
    for name, dataset in sets.items():
        survey = CheckContext(dataset, bundle, *measure_images(dataset, bundle))
        for rate in (0.0, 0.05, 0.1, 0.2):
            rounds = []
            for seed in range(arguments.repeats if rate else 1):
                changed, flips = flipped(survey, rate, np.random.default_rng(seed))
                if not rate:
                    rows, probabilities = judged(changed)
                    listed = len(suspects(changed.dataset.hard[rows], probabilities))
                    print(f"{name}, nothing flipped: {listed} of {len(rows)} listed")
                    results[f"{name} as it is"] = {"listed": listed, "n": len(rows)}
                    break
                rounds.append(one_round(changed, flips))
            if rounds:
                results[f"{name} {rate:.0%}"] = show(name, rate, rounds, int(flips.sum()))
    write_results("label_errors", {"model": bundle.id, "repeats": arguments.repeats, **results})


def show(name: str, rate: float, rounds: list[dict[str, Any]], flips: int) -> dict[str, Any]:
    """Print and return means over the rounds, with the range from the worst to the best round."""
    print(f"{name}, {rate:.0%} flipped ({flips} labels, {len(rounds)} draws)")
    kept: dict[str, Any] = {"flips": flips}
    for key in rounds[0]:
        values = np.array([figures[key] for figures in rounds])
        if key == "precision at recall":
            kept[key] = dict(zip(map(str, RECALLS), values.mean(axis=0).round(4).tolist(), strict=True))
            print("   precision at recall " + ", ".join(f"{r}: {p:.3f}" for r, p in kept[key].items()))
            continue
        kept[key] = {
            what: {"value": round(float(column.mean()), 4), "low": round(float(column.min()), 4)}
            | {"high": round(float(column.max()), 4), "n": len(rounds)}
            for what, column in zip(("recall", "precision"), values.T, strict=True)
        }
        shown = "  ".join(
            f"{what} {figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
            for what, figure in kept[key].items()
        )
        print(f"   {key:30} {shown}")
    return kept


if __name__ == "__main__":
    main()
