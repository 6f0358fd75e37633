"""The label people see, on everyday faces, faces from the web, the study's stock photos, FER+ and LFW.

    python benchmarks/labels.py ../shared/data [--model BUNDLE] [--sad-to-the-eye FILE]

FairFace and the web faces carry two readings by a vision-language model (H clearly happy, h slightly happy, n neutral,
s slightly sad, S clearly sad, o other, x cannot be judged). Unless said otherwise a figure counts the faces on which
both readings agree; a face that is not found is called nothing. Everyday faces are read without their colour as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from results import interval, write_results

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.evaluate import evaluate
from emotion_classifier.evaluation.intervals import Estimate, bootstrap, wilson
from emotion_classifier.evaluation.scores import area_under_roc, spearman
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.known_photos import hash_photos
from emotion_classifier.model.scale import GRADES
from emotion_classifier.photo import read_photo
from emotion_classifier.reading import Reading

GROUPS = ("ethnicity", "gender", "age")
FEWEST_NEUTRAL = 30
NET = {"H": 1.0, "h": 0.6, "n": 0.0, "s": -0.6, "S": -1.0, "o": 0.0}
STEPS = {"S": 0, "s": 1, "n": 2, "h": 3, "H": 4}
Marks = npt.NDArray[np.bool_]
Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Faces:
    """The main reading of every picture, and what the two readers said."""

    readings: Sequence[Reading | None]
    first: npt.NDArray[np.str_]
    second: npt.NDArray[np.str_]

    @property
    def called(self) -> npt.NDArray[np.str_]:
        """Label shown, shape (n,); empty where no face is found."""
        return np.array([reading.label if reading else "" for reading in self.readings])

    @property
    def found(self) -> Marks:
        """Where a face is found."""
        return np.array([reading is not None for reading in self.readings])

    def both(self, codes: str) -> Marks:
        """Where both readings are among some codes."""
        return np.isin(self.first, list(codes)) & np.isin(self.second, list(codes))

    def either(self, codes: str) -> Marks:
        """Where a reading is among some codes."""
        return np.isin(self.first, list(codes)) | np.isin(self.second, list(codes))

    def log_ratio(self) -> npt.NDArray[np.float64]:
        """log(P(sad) / P(neutral)) of every face, NaN without one; P(sad) where the model does not know neutral."""
        return np.array([_log_ratio(reading) for reading in self.readings])


def _log_ratio(reading: Reading | None) -> float:
    if reading is None:
        return float("nan")
    sad, neutral = reading.probabilities["sad"] or 0.0, reading.probabilities["neutral"]
    return float(np.log(max(sad, 1e-7) / max(neutral, 1e-7))) if neutral is not None else sad


def read(classifier: EmotionClassifier, dataset: Dataset, *, grey: bool = False) -> list[Reading | None]:
    """Read every picture, if so asked without its colour; the face each is about."""
    sources = (Image.fromarray(read_photo(source)).convert("L") for source in dataset.sources)
    return [photo.main for photo in classifier.predict_many(sources if grey else dataset.sources)]


def share(hits: Marks, of: Marks) -> Estimate:
    """Count hits among some photos."""
    return wilson(int((hits & of).sum()), int(of.sum()))


def with_two_readings(classifier: EmotionClassifier, dataset: Dataset) -> Faces:
    """Read pictures that two readers have read."""
    first, second = (
        np.array([str(code) for code in dataset.columns[name]]) for name in ("reading_1", "reading_2")
    )
    return Faces(read(classifier, dataset), first, second)


def of_faces(faces: Faces) -> dict[str, Estimate]:
    """Figures of pictures with two readings."""
    called, judged = faces.called, ~faces.either("x")
    neutral, sad, happy = faces.both("n"), faces.both("sS"), faces.both("hH")
    ratio = faces.log_ratio()
    rows = np.flatnonzero((sad | neutral) & faces.found)
    return {
        "faces found": share(faces.found, judged),
        "sad called sad": share(called == "sad", sad),
        "plainly sad called sad": share(called == "sad", faces.both("S")),
        "plainly sad called happy": share(called == "happy", faces.both("S")),
        "neutral called sad": share(called == "sad", neutral),
        "neutral called happy": share(called == "happy", neutral),
        "neutral called neutral": share(called == "neutral", neutral),
        "happy called happy": share(called == "happy", happy),
        "called sad: sad to a reader or more": share(faces.either("sS"), called == "sad"),
        "uncertain": share(called == "uncertain", judged & faces.found),
        "AUC sad against neutral": bootstrap(
            lambda drawn: area_under_roc(sad[rows[drawn]], ratio[rows[drawn]]), len(rows)
        ),
        "leaning right": share(
            np.array(
                [
                    r is not None and r.leaning == ("happy" if h else "sad")
                    for r, h in zip(faces.readings, happy, strict=True)
                ]
            ),
            happy | sad,
        ),
        **_degree(faces),
    }


def _degree(faces: Faces) -> dict[str, Estimate]:
    known = ~faces.either("x") & faces.found
    net = np.array(
        [(NET.get(a, 0.0) + NET.get(b, 0.0)) / 2 for a, b in zip(faces.first, faces.second, strict=True)]
    )
    degree = np.array([reading.degree if reading else np.nan for reading in faces.readings])
    rows = np.flatnonzero(known)
    graded = np.array([_near(faces, row) for row in range(len(net))])
    on_scale = ~faces.either("xo") & faces.found
    return {
        "degree against the mean reading, Spearman": bootstrap(
            lambda drawn: spearman(degree[rows[drawn]], net[rows[drawn]]), len(rows)
        ),
        "grade within one step of both readings": share(graded, on_scale),
    }


def by_reading(faces: Faces) -> dict[str, dict[str, Any]]:
    """Degree and grade of the faces that two readers read in the same two ways, in whichever order."""
    told: dict[str, dict[str, Any]] = {}
    order = "SsnhH"
    for place, code in enumerate(order):
        for other in order[place : place + 2]:
            same = (faces.first == code) & (faces.second == other)
            rows = np.flatnonzero((same | ((faces.first == other) & (faces.second == code))) & faces.found)
            if not len(rows):
                continue
            read = [reading for row in rows if (reading := faces.readings[int(row)])]
            degrees = np.array([reading.degree for reading in read])
            grades = [reading.grade for reading in read]
            told[f"{code} and {other}"] = {
                "n": len(read),
                "degree": [round(float(end), 2) for end in np.quantile(degrees, [0.5, 0.25, 0.75])],
                "grades": {grade: round(grades.count(grade) / len(read), 3) for grade in (*GRADES, "mixed")},
            }
    return told


def _near(faces: Faces, row: int) -> bool:
    reading, codes = faces.readings[row], (faces.first[row], faces.second[row])
    if reading is None or reading.grade not in GRADES or not all(code in STEPS for code in codes):
        return False
    return all(abs(GRADES.index(reading.grade) - STEPS[code]) <= 1 for code in codes)


def by_group(faces: Faces, dataset: Dataset) -> Figures:
    """Neutral called sad, and faces found, for every group with enough neutral faces."""
    neutral, told = faces.both("n"), {}
    for column in GROUPS:
        values = np.array([str(value) for value in dataset.columns[column]])
        for value in sorted(set(values)):
            of = neutral & (values == value)
            if of.sum() >= FEWEST_NEUTRAL:
                told[f"{column}: {value}"] = {
                    "neutral called sad": share(faces.called == "sad", of).to_dict(),
                    "faces found": share(faces.found, (values == value) & ~faces.either("x")).to_dict(),
                }
    return told


def of_stock(classifier: EmotionClassifier, folder: Path, sad_to_the_eye: Path | None) -> dict[str, Estimate]:
    """Figures of the study's photos; a photo without a face counts as wrong."""
    dataset = open_dataset(folder)
    readings = read(classifier, dataset)
    called = np.array([reading.label if reading else "" for reading in readings])
    leaning = np.array([reading.leaning if reading else "" for reading in readings])
    truth = np.array(dataset.labels)[dataset.hard]
    figures = {
        "sad called sad": share(called == "sad", truth == "sad"),
        "sad called happy": share(called == "happy", truth == "sad"),
        "sad called neutral": share(called == "neutral", truth == "sad"),
        "sad called uncertain": share(called == "uncertain", truth == "sad"),
        "happy called happy": share(called == "happy", truth == "happy"),
        "leaning right": share(leaning == truth, np.ones(len(truth), np.bool_)),
    }
    if sad_to_the_eye:
        lines = sad_to_the_eye.read_text(encoding="utf-8").splitlines()
        names = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
        eye = np.array([Path(name).name in names or Path(name).stem in names for name in dataset.ids])
        figures = {"sad to the eye called sad": share(called == "sad", eye), **figures}
    return figures


def validation_parts(bundle: Bundle, data: Path) -> dict[str, Dataset]:
    """Open FER+ and LFW validation; FER+ also without the pictures that its training part holds, cut otherwise."""
    parts = {
        f"{name} validation": open_dataset(data / name).with_split("validation")
        for name in ("ferplus", "lfw")
    }
    known = bundle.known_photos()
    if known is not None:
        whole = parts["ferplus validation"]
        new = np.flatnonzero(~known.among(hash_photos(whole.sources)))
        parts["ferplus validation, pictures not trained on"] = whole.take(new)
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--sad-to-the-eye", type=Path)
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.model) if arguments.model else Bundle.default()
    classifier, figures = EmotionClassifier(bundle), {}
    fairface = open_dataset(arguments.data / "fairface" / "audit.parquet")
    fairface = fairface.take(
        [row for row, drawn in enumerate(fairface.columns["drawn"]) if drawn == "random"]
    )
    faces = with_two_readings(classifier, fairface)
    figures["FairFace audit, drawn at random"] = of_faces(faces)
    without_colour = replace(faces, readings=read(classifier, fairface, grey=True))
    figures["FairFace audit, drawn at random, without colour"] = of_faces(without_colour)
    groups, degrees = by_group(faces, fairface), by_reading(faces)
    web = open_dataset(arguments.data / "web" / "audit.parquet")
    figures["web audit"] = of_faces(with_two_readings(classifier, web))
    figures["stock photos"] = of_stock(classifier, arguments.data / "stock_photos", arguments.sad_to_the_eye)
    for name, dataset in validation_parts(bundle, arguments.data).items():
        kept = evaluate(bundle, dataset).metrics
        recalls = [kept[f"label_recall_{label}"].value or 0.0 for label in ("happy", "neutral", "sad")]
        figures[name] = {metric: kept[metric] for metric in kept if kept[metric].value is not None}
        print(f"{name}: mean recall of happy, neutral and sad by label {np.mean(recalls):.3f}")
    for title, of in figures.items():
        print(f"{title}: {bundle.id}")
        for name, estimate in of.items():
            print(f"  {name:45} {interval(estimate.to_dict())}")
    for name, found in groups.items():
        told_of = ", ".join(f"{what} {interval(figure)}" for what, figure in found.items())
        print(f"  {name:30} {told_of}")
    for name, told_of_pair in degrees.items():
        print(f"  {name:10} {told_of_pair}")
    told = {title: {name: each.to_dict() for name, each in of.items()} for title, of in figures.items()}
    write_results("labels", {"model": bundle.id, **told, "groups": groups, "by reading": degrees})


if __name__ == "__main__":
    main()
