"""Whether `check` finds a photo's copies: encoded, scaled, mirrored, cropped anew, and all of it at once."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from results import interval, write_results

from emotion_classifier.bundle import Bundle
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.data.check.survey import Survey, look_at_all
from emotion_classifier.evaluation.intervals import wilson
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stock", type=Path)
    parser.add_argument("lfw", type=Path)
    arguments = parser.parse_args()
    bundle = Bundle.default()
    sets = [open_dataset(arguments.stock), open_dataset(arguments.lfw).with_split("validation")]
    figures: dict[str, object] = {}
    for dataset, name in zip(sets, ("stock photos", "LFW validation"), strict=True):
        looks, raw = look_at_all(dataset, bundle)
        own = Survey(dataset, bundle, looks, raw)
        print(f"{name} (n = {len(dataset)}): like pairs among themselves: {len(own.twins.pairs)}")
        for pair in own.twins.pairs:
            print(f"   {dataset.ids[pair.first]} {dataset.ids[pair.second]} {pair.likeness} by {pair.how}")
        figures[f"{name}: pairs as they are"] = [
            [dataset.ids[pair.first], dataset.ids[pair.second], pair.how, pair.likeness]
            for pair in own.twins.pairs
        ]
        known = {(pair.first, pair.second) for pair in own.twins.pairs}
        for what, copy in COPIES.items():
            others, other_raw = look_at_all(copied(dataset, copy), bundle)
            both = Dataset(
                dataset.labels,
                dataset.sources * 2,
                np.concatenate([dataset.targets] * 2),
                dataset.ids * 2,
                dataset.splits * 2,
                dataset.cropped * 2,
            )
            survey = Survey(both, bundle, looks + others, np.concatenate([raw, other_raw]))
            n = len(dataset)
            pairs = {(pair.first, pair.second) for pair in survey.twins.pairs}
            right = sum((row, row + n) in pairs for row in range(n))
            # Two photos that are alike themselves have copies that are alike, too.
            alike = [
                pair
                for pair in pairs
                if pair[0] % n == pair[1] % n or tuple(sorted((pair[0] % n, pair[1] % n))) in known
            ]
            recall, precision = wilson(right, n), wilson(len(alike), len(pairs))
            print(f"{name}, {what}: recall {interval(recall.to_dict())}")
            print(f"{'':{len(name) + len(what) + 2}}  precision {interval(precision.to_dict())}", flush=True)
            figures[f"{name}, {what}"] = {"recall": recall.to_dict(), "precision": precision.to_dict()}
    write_results("duplicates", figures)


if __name__ == "__main__":
    main()
