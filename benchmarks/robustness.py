"""How readings hold up when photos get worse: happy against sad under 14 corruptions of five severities.

The photos are validation faces (LFW and FER+), equally many happy and sad ones, read by the product's own way
from photo to reading. A photo in which no face is found counts as wrong. See docs/robustness.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from corruptions import CORRUPTIONS, Photo
from results import write_results
from robustness_photos import DATA, corrupted, is_gated, turned_samples, validation_samples
from robustness_plot import draw_curves, draw_examples

from emotion_classifier import EmotionClassifier
from emotion_classifier.evaluation import wilson
from emotion_classifier.reading import Reading

Readings: TypeAlias = list[Reading | None]
Cell: TypeAlias = dict[str, Any]
_HEADER = f"{'':32}{'found':>7}{'accuracy, 95 % interval':>26}{'change':>8}{'uncertain':>11}{'quality':>9}{'wrong':>7}"


def read(classifier: EmotionClassifier, photos: Sequence[Photo]) -> Readings:
    """Read the main face of every photo; None where there is no face."""
    return [photo.main for photo in classifier.predict_many(photos, batch_size=64)]


def measure(readings: Readings, clean: Readings, happy: Sequence[bool]) -> Cell:
    """Sum up one severity.

    Returns
    -------
    dict
        ``faces_found``; ``accuracy``, of the leaning, a forced choice in which no face is wrong, and the same for
        ``happy`` and ``sad`` photos; ``label_accuracy``, share of all photos whose label is theirs;
        ``degree_change``, mean absolute difference from the clean photo's degree; ``uncertain``, share of all photos
        so labelled, and ``by_quality``, those of them so labelled for the quality of the face; ``neutral`` and
        ``other``, shares of all photos so labelled; ``answered_wrong``, share of those called happy or sad that
        are the other of the two; ``withheld_wrong``, share of the leanings that are wrong where the
        quality was too low.
    """
    n = len(readings)
    found = np.array([reading is not None for reading in readings])
    right = np.array(
        [r is not None and (r.leaning == "happy") == truth for r, truth in zip(readings, happy, strict=True)]
    )
    called = np.array([r.label if r is not None else "" for r in readings])
    poor = np.array([is_gated(reading) for reading in readings])
    truth = np.array(happy)
    named, answered = np.where(truth, "happy", "sad"), np.isin(called, ("happy", "sad"))
    changes = [abs(r.degree - c.degree) for r, c in zip(readings, clean, strict=True) if r and c]
    shares = {
        "faces_found": (found, n),
        "accuracy": (right, n),
        "happy": (right & truth, int(truth.sum())),
        "sad": (right & ~truth, int((~truth).sum())),
        "label_accuracy": (called == named, n),
        **{label: (called == label, n) for label in ("uncertain", "neutral", "other")},
        "by_quality": (poor, n),
        "answered_wrong": (answered & (called != named), int(answered.sum())),
        "withheld_wrong": (poor & ~right, int(poor.sum())),
    }
    cell: Cell = {name: wilson(int(hits.sum()), of).to_dict() for name, (hits, of) in shares.items()}
    cell["degree_change"] = {
        "value": round(float(np.mean(changes)), 4) if changes else None,
        "n": len(changes),
    }
    return cell


def show(name: str, cell: Cell) -> None:
    """Print one line."""

    def share(key: str) -> str:
        value = cell[key]["value"]
        return "–" if value is None else f"{value:.1%}"

    accuracy, change = cell["accuracy"], cell["degree_change"]["value"]
    interval = f"{accuracy['value']:.1%} ({accuracy['low']:.1%} to {accuracy['high']:.1%})"
    moved = "–" if change is None else f"{change:.3f}"
    print(
        f"{name:32}{share('faces_found'):>7}{interval:>26}{moved:>8}"
        f"{share('uncertain'):>11}{share('by_quality'):>9}{share('answered_wrong'):>7}",
        flush=True,
    )


def corrupt_validation(classifier: EmotionClassifier, data: Path, rows: int, seed: int) -> dict[str, Any]:
    """Read validation faces under every corruption and severity."""
    samples = validation_samples(data, rows=rows, seed=seed)
    happy = [sample.happy for sample in samples]
    print(f"{len(samples)} faces, half of them happy; seed {seed}\n{_HEADER}")
    clean = read(classifier, [sample.photo for sample in samples])
    figures: dict[str, Any] = {"n": len(samples), "clean": measure(clean, clean, happy), "corruptions": {}}
    show("clean", figures["clean"])
    for corruption in CORRUPTIONS:
        cells = []
        for severity in corruption.severities:
            readings = read(classifier, corrupted(samples, corruption, severity))
            cells.append({"severity": severity, **measure(readings, clean, happy)})
            show(f"{corruption.name} {severity:g}", cells[-1])
        figures["corruptions"][corruption.name] = {"unit": corruption.unit, "severities": cells}
    return figures


def turn_heads(classifier: EmotionClassifier, folder: Path) -> dict[str, Any]:
    """Read rendered heads turned ever further; the least turned ones stand for clean."""
    by_yaw = turned_samples(folder)
    cells, clean = [], None
    for yaw, samples in by_yaw.items():
        readings = read(classifier, [sample.photo for sample in samples])
        clean = clean or readings
        cells.append({"severity": yaw, **measure(readings, clean, [sample.happy for sample in samples])})
        show(f"turned {yaw}", cells[-1])
    return {"unit": "degrees (rendered heads)", "clean": cells[0], "severities": cells[1:]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with lfw and ferplus")
    parser.add_argument("--rows", type=int, default=200, help="faces, half of them happy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="bundle; the default model if left out")
    parser.add_argument("--turned", type=Path, help="heads drawn by tools/render_faces/render.py --turned")
    parser.add_argument("--plot", type=Path, help="PNG to write the curves to")
    parser.add_argument(
        "--examples", type=Path, help="JPEG to write one rendered face under all corruptions to"
    )
    arguments = parser.parse_args()
    if arguments.examples:
        draw_examples(arguments.examples)
    classifier = EmotionClassifier(arguments.model)
    start = time.process_time()
    figures = corrupt_validation(classifier, arguments.data, arguments.rows, arguments.seed)
    if arguments.turned:
        figures["corruptions"]["turned"] = turn_heads(classifier, arguments.turned)
    print(f"{time.process_time() - start:.0f} s of one core")
    if arguments.plot:
        draw_curves(figures, arguments.plot)
    write_results("robustness", {"model": classifier.bundle.id, "seed": arguments.seed, **figures})


if __name__ == "__main__":
    main()
