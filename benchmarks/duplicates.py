"""Whether `check` finds a photo's copies: encoded, scaled, mirrored, cropped anew, and all of it at once."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from results import interval, write_results

from emotion_classifier.checks.context import CheckContext, measure_images
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.photo import read_photo


def encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def smaller(picture: Image.Image) -> Image.Image:
    return picture.resize((round(picture.width * 0.7), round(picture.height * 0.7)), Image.Resampling.BICUBIC)


def cropped(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut off a tenth of the width and of the height, spread over the sides by chance."""
    left, top = rng.uniform(0, 0.1, 2) * picture.size
    wide, high = 0.9 * picture.width, 0.9 * picture.height
    return picture.crop((round(left), round(top), round(left + wide), round(top + high)))


Copy = Callable[[Image.Image, np.random.Generator], bytes]
COPIES: dict[str, Copy] = {
    "encoded anew (JPEG 50)": lambda picture, rng: encoded(picture, 50),
    "70 % of the size": lambda picture, rng: encoded(smaller(picture), 90),
    "mirrored": lambda picture, rng: encoded(ImageOps.mirror(picture), 90),
    "10 % cropped": lambda picture, rng: encoded(cropped(picture, rng), 90),
    "all four at once": lambda picture, rng: encoded(ImageOps.mirror(smaller(cropped(picture, rng))), 50),
}


def copied(dataset: Dataset, copy: Copy) -> Dataset:
    rng = np.random.default_rng(0)
    sources = tuple(copy(Image.fromarray(read_photo(source)), rng) for source in dataset.sources)
    return Dataset(dataset.labels, sources, dataset.targets, dataset.ids, dataset.splits, dataset.cropped)


def count(dataset: Dataset, copy: Copy, bundle: Bundle, own: CheckContext) -> tuple[int, int, int]:
    """Count the copies that are in one set with their original, the right pairs, and all pairs."""
    others, raw = measure_images(copied(dataset, copy), bundle)
    both = Dataset(
        dataset.labels,
        dataset.sources * 2,
        np.concatenate([dataset.targets] * 2),
        dataset.ids * 2,
        dataset.splits * 2,
        dataset.cropped * 2,
    )
    survey = CheckContext(both, bundle, own.images + others, np.concatenate([own.raw, raw]))
    n, groups, known = len(dataset), survey.people, own.people
    # Two photos that are alike themselves have copies that are alike, too.
    right = sum(known[pair.first % n] == known[pair.second % n] for pair in survey.twins.pairs)
    return int((groups[:n] == groups[n:]).sum()), int(right), len(survey.twins.pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stock", type=Path)
    parser.add_argument("lfw", type=Path)
    arguments = parser.parse_args()
    bundle = Bundle.default()
    sets = {
        "stock photos": open_dataset(arguments.stock),
        "LFW validation": open_dataset(arguments.lfw).with_split("validation"),
    }
    figures: dict[str, object] = {}
    totals = {what: np.zeros(4, np.int64) for what in COPIES}
    for name, dataset in sets.items():
        own = CheckContext(dataset, bundle, *measure_images(dataset, bundle))
        listed = [[dataset.ids[p.first], dataset.ids[p.second], p.how, p.likeness] for p in own.twins.pairs]
        print(f"{name} (n = {len(dataset)}), like pairs among themselves: {listed}")
        figures[f"{name}, pairs as they are"] = listed
        for what, copy in COPIES.items():
            counts = (*count(dataset, copy, bundle, own), len(dataset))
            totals[what] += counts
            figures[f"{name}, {what}"] = show(f"{name}, {what}", *counts)
    for what, total in totals.items():
        figures[f"together, {what}"] = show(f"together, {what}", *(int(number) for number in total))
    write_results("duplicates", figures)


def show(what: str, found: int, right: int, pairs: int, n: int) -> dict[str, object]:
    recall, precision = wilson(found, n).to_dict(), wilson(right, pairs).to_dict()
    print(f"{what}: recall {interval(recall)}, precision {interval(precision)}", flush=True)
    return {"recall": recall, "precision": precision}


if __name__ == "__main__":
    main()
