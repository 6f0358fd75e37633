"""The photos that `robustness.py` makes worse: validation faces, and rendered heads turned away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from corruptions import Corruption, Photo, Place
from PIL import Image, ImageFilter

from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.faces.align import Framing, eye_distance
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import prominent
from emotion_classifier.model.scale import BOTH, TOO_CLOSE
from emotion_classifier.photo import read_photo
from emotion_classifier.reading import Reading

DATA = Path(__file__).parents[2] / "shared" / "data"
# A FER+ crop has 18 pixels between the eyes and LFW 44; enlarged by as much, one severity in pixels
# means the same for both.
_SIDE, _ENLARGED = 160, 115


@dataclass(frozen=True)
class Sample:
    """A clean photo, where its face lies, and whether people call it happy (else sad)."""

    photo: Photo
    place: Place
    happy: bool


def validation_samples(data: Path, *, rows: int, seed: int) -> list[Sample]:
    """Draw as many happy as sad validation faces, so that accuracy is balanced.

    Half of the happy ones are of LFW. LFW has 17 sad ones, which are all taken, so that most of the sad ones
    are of FER+. Those tight crops become photos: enlarged, and set into a blurred copy of themselves.

    Parameters
    ----------
    data : Path
        Folder with ``lfw`` and ``ferplus``, as `open_dataset` reads them.
    rows : int
        Number of faces; fewer where there are not as many sad ones.
    seed : int
        Of the draw.
    """
    generator = np.random.default_rng(seed)
    lfw, ferplus = (open_dataset(data / name).with_split("validation") for name in ("lfw", "ferplus"))
    sad = [min(lfw.counts["sad"], rows // 4), ferplus.counts["sad"]]
    sad[1] = min(sad[1], rows // 2 - sad[0])
    happy = [sum(sad) // 2, sum(sad) - sum(sad) // 2]
    detector = FaceDetector()
    samples = []
    for position, dataset in enumerate((lfw, ferplus)):
        for label, count in (("happy", happy[position]), ("sad", sad[position])):
            for row in _draw(dataset, label, count, generator):
                photo = read_photo(dataset.sources[row])
                photo = _set_into_photo(photo) if dataset.cropped[row] else photo
                samples.append(Sample(photo, place_of(photo, detector), label == "happy"))
    return samples


def _draw(dataset: Dataset, label: str, count: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    rows = np.flatnonzero(dataset.hard == dataset.labels.index(label))
    return np.asarray(generator.choice(rows, count, replace=False), np.int64)


def _set_into_photo(crop: Photo) -> Photo:
    picture = Image.fromarray(crop)
    around = picture.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(14))
    start = (_SIDE - _ENLARGED) // 2
    around.paste(picture.resize((_ENLARGED, _ENLARGED), Image.Resampling.BICUBIC), (start, start))
    return np.asarray(around)


def place_of(photo: Photo, detector: FaceDetector | None = None) -> Place:
    """Find where the face of a clean photo lies."""
    face = prominent((detector or FaceDetector()).detect(photo))
    if face is None:  # Where most faces lie; the photo counts as wrong in any case.
        side = float(photo.shape[0])
        return Place((0.5 * side, 0.41 * side), (0.5 * side, 0.7 * side), 0.275 * side)
    right, left, _, mouth = face.keypoints[:4]
    eyes = ((right[0] + left[0]) / 2, (right[1] + left[1]) / 2)
    return Place(eyes, mouth, eye_distance(face, Framing()))


def is_gated(reading: Reading | None) -> bool:
    """Tell whether a face was kept from being answered for its quality."""
    # The scale's two reasons speak of the expression; all others speak of how the face is seen.
    return reading is not None and reading.reason not in (None, BOTH, TOO_CLOSE)


def corrupted(samples: Sequence[Sample], corruption: Corruption, severity: float) -> list[Photo]:
    """Apply one severity to all photos; chance falls the same way at every severity."""
    return [
        corruption.apply(sample.photo, sample.place, severity, np.random.default_rng(index))
        for index, sample in enumerate(samples)
    ]


def turned_samples(folder: Path) -> dict[int, list[Sample]]:
    """Read the heads that ``tools/render_faces/render.py --turned`` draws, by the degrees they are turned."""
    found: dict[int, list[Sample]] = {}
    detector = FaceDetector()
    for path in sorted(folder.glob("*/*.jpg")):
        photo = read_photo(path)
        yaw = int(path.stem.split("-")[1])
        found.setdefault(yaw, []).append(
            Sample(photo, place_of(photo, detector), path.parent.name == "happy")
        )
    if not found:
        raise SystemExit(
            f"There are no heads in {folder}. Draw them with tools/render_faces/render.py --turned."
        )
    return dict(sorted(found.items()))
