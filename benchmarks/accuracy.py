"""Accuracy of a model on labelled photos that are not marked as training; no face found counts as wrong."""

from __future__ import annotations

import argparse
from pathlib import Path

from results import interval, write_results

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.evaluate import evaluate
from emotion_classifier.model.bundle import Bundle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.model) if arguments.model else Bundle.default()
    figures = {}
    for path in arguments.data:
        # The default model learned from the rows of that split.
        dataset = open_dataset(path).with_split("", "validation", "test")
        result = evaluate(bundle, dataset).to_dict()
        figures[path.name] = result
        metrics = {
            name: value for name, value in result.items() if isinstance(value, dict) and "low" in value
        }
        print(f"{path.name}: {bundle.id}, labels {dataset.counts}")
        for name, metric in metrics.items():
            print(f"  {name:20} {interval(metric)}")
    write_results("accuracy", {"model": bundle.id, **figures})


if __name__ == "__main__":
    main()
