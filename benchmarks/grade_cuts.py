"""Where grades begin, from the votes of FER+ raters; prints the defaults of `ScaleParameters.grade_cuts`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from results import write_results

from emotion_classifier.data import open_dataset
from emotion_classifier.data.parquet import VOTES
from emotion_classifier.evaluation.grades import grade_cuts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.ferplus).with_split("train")
    raters = np.stack([np.asarray(dataset.columns[name], np.int64) for name in VOTES]).sum(axis=0)
    votes = np.rint(dataset.targets * raters[:, np.newaxis]).astype(np.int64)
    drawn = np.array([grade_cuts(votes, seed=seed) for seed in range(arguments.seeds)])
    print(
        f"{int((raters >= 10).sum()):,} faces with ten raters, {arguments.seeds} random splits into two panels"
    )
    for name, values in zip(("sad", "slightly sad", "slightly happy", "happy"), drawn.T, strict=True):
        print(f"{name:15} {values.mean():+.3f} (splits: {values.min():+.3f} to {values.max():+.3f})")
    write_results("grade_cuts", {"cuts": drawn.mean(axis=0).tolist(), "splits": drawn.tolist()})


if __name__ == "__main__":
    main()
