"""Whether `check` notices that light tells the class, and keeps quiet where it does not.

From LFW (validation part) as many happy as neutral faces are drawn. Pixels are multiplied by a factor: those of the
happy photos, which makes a shortcut, or those of half of each class, which makes none; a factor of 1 changes nothing.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from label_errors import of_two
from PIL import Image
from results import interval, write_results

from emotion_classifier.checks.context import CheckContext, measure_images
from emotion_classifier.checks.data013_shortcut import Shortcut
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.photo import read_photo

FACTORS = (1.0, 1.25, 1.5, 1.75, 2.0)


def brightened(source: Path | bytes, factor: float) -> bytes:
    pixels = np.clip(read_photo(source) * factor, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def drawn(
    dataset: Dataset, each: int, seed: int, what: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Draw rows, as many of each class, and say which of them are brightened."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(dataset.hard == label), each, replace=False) for label in (0, 1)]
    )
    happy, half = dataset.hard[rows] == 0, np.arange(len(rows)) % 2 == 0
    return rows, happy if what == "happy" else half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lfw", type=Path)
    parser.add_argument("--each", type=int, default=200, help="photos of each class")
    parser.add_argument("--draws", type=int, default=20)
    arguments = parser.parse_args()
    bundle = Bundle.default()
    dataset = of_two(open_dataset(arguments.lfw).with_split("validation"), ("happy", "neutral"))
    plain, raw = measure_images(dataset, bundle)
    people = CheckContext(dataset, bundle, plain, raw).people
    figures = {}
    for factor in FACTORS:
        sources = tuple(brightened(source, factor) for source in dataset.sources)
        bright, bright_raw = measure_images(replace(dataset, sources=sources), bundle)
        for what in ("happy", "half of each class"):
            found = []
            for seed in range(arguments.draws):
                rows, lit = drawn(dataset, arguments.each, seed, what)
                images = tuple((bright if on else plain)[row] for row, on in zip(rows, lit, strict=True))
                values = np.where(lit[:, np.newaxis], bright_raw[rows], raw[rows])
                survey = CheckContext(dataset.take(rows), bundle, images, values)
                survey.__dict__["people"] = people[rows]  # The same for every draw.
                found += [list(Shortcut().find(survey))]
            fired = wilson(sum(map(bool, found)), arguments.draws)
            print(f"{what} brightened by {factor:g}: found in {interval(fired.to_dict())}", flush=True)
            for findings in [findings for findings in found if findings][:1]:
                print(f"   {findings[0].message}")
            figures[f"{what} brightened by {factor:g}"] = fired.to_dict()
    write_results("shortcuts", {"each": arguments.each, "fired": figures})


if __name__ == "__main__":
    main()
