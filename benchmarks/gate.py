"""What the gate keeps from being answered: faces cut by the border, crops without a face, covered mouths, whole faces.

    .venv/bin/python benchmarks/gate.py [--data ../shared/data] [--rows 200]

Everything is of training parts (LFW, FairFace drawn at random, FER+), because the limits were chosen on them. "Before"
is the same model without the limit on the margin and without asking whether there is a face in a tight crop.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from corruptions import Photo, hand, mask, mouth_covered
from false_faces import pictures
from PIL import Image
from results import interval, write_results
from robustness_photos import DATA, place_of

from emotion_classifier import Bundle, EmotionClassifier
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation import wilson
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.photo import read_photo
from emotion_classifier.reading import NO_FACE_IN_CROP, Reading

SHARES = (50, 55, 60, 65)  # percent of the face's height at which the photo ends
CORNER = 48  # pixels; of LFW and FairFace pictures, whose faces lie in the middle
COVERS = {"band": (mouth_covered, 0.75), "mask": (mask, 0.45), "hand": (hand, 0.0)}
Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Whole:
    """A photo of a whole face, how it is read, and what people say it shows."""

    photo: Photo
    reading: Reading
    truth: str


def without_border(bundle: Bundle, faces: FaceCache) -> EmotionClassifier:
    """Read with the limits as they were before there was one on the margin."""
    quality = bundle.config.quality.model_copy(update={"min_margin": -np.inf})
    return EmotionClassifier(
        dataclasses.replace(bundle, config=bundle.config.model_copy(update={"quality": quality})),
        face_cache=faces,
    )


def drawn(dataset: Dataset, rows: int, seed: int) -> Dataset:
    """Draw rows by chance."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    return dataset.take(order[:rows])


def faces_of(dataset: Dataset, classifier: EmotionClassifier) -> list[Whole]:
    """Read whole photos; those without a face are left out."""
    photos = [read_photo(source) for source in dataset.sources]
    readings = [photo.main for photo in classifier.predict_many(photos)]
    truth = np.array(dataset.labels)[dataset.hard]
    return [
        Whole(photo, reading, str(label))
        for photo, reading, label in zip(photos, readings, truth, strict=True)
        if reading is not None
    ]


def uncertain(readings: Iterable[Reading | None]) -> dict[str, Any]:
    """Share of the faces found that are called uncertain, and why."""
    found = [reading for reading in readings if reading is not None]
    reasons = Counter((reading.reason or "").split(":")[0] for reading in found if reading.reason)
    hits = sum(reading.label == "uncertain" for reading in found)
    return {**wilson(hits, len(found)).to_dict(), "reasons": dict(reasons)}


def cut(whole: Whole, share: int) -> Photo:
    """End a photo at a share of its face's height, as ../shared/cases does."""
    _, y, _, height = whole.reading.box
    return whole.photo[: max(int(y + share / 100 * height), 8)]


def cut_faces(faces: Sequence[Whole], classifier: EmotionClassifier) -> Figures:
    """Uncertain or right, of faces that are cut and still found; right is what people say, or the uncut reading."""
    figures: Figures = {}
    certain = [whole for whole in faces if whole.reading.label != "uncertain"]
    for share in SHARES:
        photos = [cut(whole, share) for whole in certain]
        read = list(classifier.predict_many(photos))
        pairs = [
            (whole, photo.main) for whole, photo in zip(certain, read, strict=True) if photo.main is not None
        ]
        fine = [reading.label in ("uncertain", whole.truth, whole.reading.label) for whole, reading in pairs]
        sad = [reading.label == "sad" and whole.reading.label != "sad" for whole, reading in pairs]
        figures[f"{share} %"] = wilson(sum(fine), len(pairs)).to_dict()
        figures[f"{share} %, newly called sad"] = wilson(sum(sad), len(pairs)).to_dict()
    return figures


def faceless_crops(photos: Sequence[Photo]) -> dict[str, list[Photo]]:
    """Tight "crops" with no face in them: noise, pictures without people, and corners of photos."""
    noise = []
    for seed in range(200):
        grain = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        noise.append(np.asarray(Image.fromarray(grain).resize((200, 200), Image.Resampling.BICUBIC)))
    scenes = [picture.convert("RGB") for kind, _, picture in pictures() if "laid out" not in kind][::2]
    corners = [
        photo[:CORNER, :CORNER] if row % 2 else photo[:CORNER, -CORNER:] for row, photo in enumerate(photos)
    ]
    return {
        "noise": noise,
        "pictures without people": [np.asarray(picture.resize((96, 96))) for picture in scenes],
        "corners of photos": [np.ascontiguousarray(corner) for corner in corners],
    }


def covered_mouths(faces: Sequence[Whole], classifier: EmotionClassifier) -> Figures:
    """Uncertain shares of faces whose mouth is covered, and what they are called, by what people say of them uncovered.

    Nothing looks for covers, see docs/robustness.md.
    """
    figures: Figures = {}
    detector = FaceDetector()
    for name, (cover, severity) in COVERS.items():
        photos = [
            cover(whole.photo, place_of(whole.photo, detector), severity, np.random.default_rng(row))
            for row, whole in enumerate(faces)
        ]
        readings = [photo.main for photo in classifier.predict_many(photos)]
        labels = {
            truth: dict(
                Counter(
                    reading.label
                    for reading, whole in zip(readings, faces, strict=True)
                    if reading is not None and whole.truth == truth
                )
            )
            for truth in ("happy", "neutral", "sad")
        }
        figures[name] = {**uncertain(readings), "labels": labels}
    return figures


def crops(classifier: EmotionClassifier, photos: Sequence[Photo]) -> dict[str, Any]:
    """Read tight crops; "before" leaves out whether there is a face."""
    readings = [photo.main for photo in classifier.predict_many(photos, cropped=True)]
    asked = [reading for reading in readings if reading is not None and reading.reason == NO_FACE_IN_CROP]
    return {**uncertain(readings), "no face": wilson(len(asked), len(photos)).to_dict()}


def show(title: str, figures: Figures) -> None:
    """Print one figure a line, with its interval and n."""
    print(title)
    for name, figure in figures.items():
        more = {key: figure[key] for key in ("reasons", "labels") if figure.get(key)}
        print(f"  {name:34} {interval(figure)}  {more or ''}", flush=True)


def of_photos(
    name: str, faces: Sequence[Whole], rows: int, before: EmotionClassifier, after: EmotionClassifier
) -> dict[str, Figures]:
    """Measure whole faces, and the first `rows` of them cut and covered."""
    few = faces[:rows]
    again = [photo.main for photo in after.predict_many([whole.photo for whole in faces])]
    found = {
        f"{name}, whole faces called uncertain": {
            "before": uncertain(whole.reading for whole in faces),
            "after": uncertain(again),
        },
        f"{name}, cut at so much of their height, uncertain or right: before": cut_faces(few, before),
        f"{name}, cut at so much of their height, uncertain or right: after": cut_faces(few, after),
        f"{name}, covered mouths called uncertain": covered_mouths(few, after),
    }
    for title, figures in found.items():
        show(title, figures)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder with lfw, fairface and ferplus")
    parser.add_argument(
        "--rows", type=int, default=200, help="faces of each set that are cut; whole ones: thrice"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", help="bundle; the default model if left out")
    arguments = parser.parse_args()
    faces = FaceCache()  # So that the two classifiers look for each face once.
    classifier = EmotionClassifier(arguments.model, face_cache=faces)
    before = without_border(classifier.bundle, faces)
    fairface = open_dataset(arguments.data / "fairface" / "train.parquet")
    chance = [row for row, how in enumerate(fairface.columns["drawn"]) if how == "random"]
    sets = {"LFW": open_dataset(arguments.data / "lfw" / "train.parquet"), "FairFace": fairface.take(chance)}
    results: dict[str, Figures] = {}
    corners: list[Photo] = []
    for name, dataset in sets.items():
        wholes = faces_of(drawn(dataset, 3 * arguments.rows, arguments.seed), before)
        corners += [whole.photo for whole in wholes[: arguments.rows]]
        results.update(of_photos(name, wholes, arguments.rows, before, classifier))
    results["tight crops without a face, called uncertain"] = {
        kind: crops(classifier, photos) for kind, photos in faceless_crops(corners).items()
    }
    show(*list(results.items())[-1])
    ferplus = drawn(
        open_dataset(arguments.data / "ferplus" / "train.parquet"), 3 * arguments.rows, arguments.seed
    )
    results["FER+, tight crops called uncertain"] = {
        "after": crops(classifier, [read_photo(source) for source in ferplus.sources])
    }
    show(*list(results.items())[-1])
    write_results("gate", {"model": classifier.bundle.id, "seed": arguments.seed, **results})


if __name__ == "__main__":
    main()
