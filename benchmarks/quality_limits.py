"""Where the limits of the quality gate stand by their rule, and how many ordinary faces they hit.

The rule: a limit stands where one face in ten, of equally many happy and sad ones, leans to the other. (The leaning
is the forced choice. The label hangs on levels for neutral faces as well, of which there are none here.) It is read
off the curves of `robustness.py` on the straight line between two severities, as the median of what is
measured there; only faces that were found count. Of two curves for one limit, the one that asks for less counts.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from corruptions import CORRUPTIONS, Photo
from results import write_results
from robustness_photos import DATA, corrupted, is_gated, turned_samples, validation_samples

from emotion_classifier import EmotionClassifier
from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation import wilson
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import prominent
from emotion_classifier.faces.quality import FaceQuality, measure_quality
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import read_scale

ONE_IN_TEN = 0.1
# The limit, what is measured for it, and the corruptions whose curves it is read off.
CURVES = (
    ("min_eye_distance", "eye_distance", ("small",)),
    ("max_turn", "turn", ("turned",)),
    ("min_sharpness", "sharpness", ("defocus", "motion")),
    ("max_blown_out", "blown_out", ("bright",)),
    ("min_contrast", "contrast", ("low contrast", "dark")),
)
_NAMES = [field.name for field in fields(FaceQuality)]
Point: TypeAlias = tuple[float, dict[str, float]]


class Gauge:
    """Measures the main faces of photos and reads them without the gate."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._detector = FaceDetector()

    def point(self, photos: Sequence[Photo], happy: Sequence[bool]) -> Point:
        """Share of the faces found that are misread, and the median of every measurement."""
        preprocessing = self._bundle.config.preprocessing
        crops, qualities, truth = [], [], []
        for photo, label in zip(photos, happy, strict=True):
            face = prominent(self._detector.detect(photo))
            if face is not None:
                crops.append(preprocessing.pixels(photo, face))
                quality = measure_quality(
                    crops[-1],
                    face,
                    framing=preprocessing.framing,
                    photo_size=(photo.shape[0], photo.shape[1]),
                )
                qualities.append(astuple(quality))
                truth.append(label)
        if not crops:
            return float("nan"), {}
        raw = self._bundle.probabilities(preprocessing.normalise(np.stack(crops)))
        scales = read_scale(raw, self._bundle.labels, self._bundle.config.scale)
        wrong = [(scale.p_happy >= 0.5) != label for scale, label in zip(scales, truth, strict=True)]
        medians: npt.NDArray[np.float64] = np.median(qualities, axis=0)
        return float(np.mean(wrong)), dict(zip(_NAMES, medians.tolist(), strict=True))


def crossing(points: Sequence[Point], measure: str) -> float | None:
    """Read off what is measured where one face in ten is wrong; None where that is never reached."""
    for (before, low), (after, high) in zip(points, points[1:], strict=False):
        if before < ONE_IN_TEN <= after:
            share = (ONE_IN_TEN - before) / (after - before)
            return low[measure] + share * (high[measure] - low[measure])
    return None


def curves(gauge: Gauge, data: Path, rows: int, turned: Path | None) -> dict[str, list[Point]]:
    """Measure every curve that a limit is read off, from clean to worst."""
    samples = validation_samples(data, rows=rows, seed=0)
    happy = [sample.happy for sample in samples]
    clean = gauge.point([sample.photo for sample in samples], happy)
    print(f"{len(samples)} faces, half of them happy; clean: {clean[0]:.1%} wrong")
    wanted = {name for _, _, names in CURVES for name in names}
    found = {
        corruption.name: [
            clean,
            *(gauge.point(corrupted(samples, corruption, s), happy) for s in corruption.severities),
        ]
        for corruption in CORRUPTIONS
        if corruption.name in wanted
    }
    if turned:
        found["turned"] = [
            gauge.point([sample.photo for sample in heads], [sample.happy for sample in heads])
            for heads in turned_samples(turned).values()
        ]
    return found


def hits(classifier: EmotionClassifier, data: Path) -> dict[str, dict[str, object]]:
    """Count which ordinary faces the bundle's limits keep from being answered, by reason."""
    counted: dict[str, dict[str, object]] = {}
    for name in ("lfw", "ferplus", "stock_photos"):
        dataset = open_dataset(data / name).with_split("", "validation")
        photos = list(classifier.predict_many(dataset.sources, cropped=all(dataset.cropped)))
        gated = [
            (row, photo.main.reason or "")
            for row, photo in enumerate(photos)
            if photo.main and is_gated(photo.main)
        ]
        reasons = Counter(reason.split(":")[0] for _, reason in gated)
        share = wilson(len(gated), sum(photo.main is not None for photo in photos)).to_dict()
        counted[name] = {
            **share,
            "reasons": dict(reasons),
            "photos": [f"{dataset.ids[row]}: {reason}" for row, reason in gated],
        }
        print(f"{name}: {len(gated)} of {share['n']} faces ({share['value']:.2%}): {dict(reasons)}")
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with lfw, ferplus and stock_photos")
    parser.add_argument("--rows", type=int, default=794, help="faces, half of them happy")
    parser.add_argument("--model", help="bundle; the default model if left out")
    parser.add_argument("--turned", type=Path, help="heads drawn by tools/render_faces/render.py --turned")
    parser.add_argument(
        "--hits-only", action="store_true", help="only count the faces hit by the limits as they are"
    )
    arguments = parser.parse_args()
    classifier = EmotionClassifier(arguments.model)
    figures: dict[str, object] = {"model": classifier.bundle.id}
    if not arguments.hits_only:
        found = curves(Gauge(classifier.bundle), arguments.data, arguments.rows, arguments.turned)
        figures["curves"] = found
        for limit, measure, names in CURVES:
            for name in (name for name in names if name in found):
                line = ", ".join(
                    f"{wrong:.1%} at {medians.get(measure, np.nan):.3g}" for wrong, medians in found[name]
                )
                value = crossing(found[name], measure)
                print(f"{limit}, {name}: {'not reached' if value is None else f'{value:.3g}'}  ({line})")
    figures["hits"] = hits(classifier, arguments.data)
    write_results("quality_limits", figures)


if __name__ == "__main__":
    main()
