"""The original study: its photos, its split, and what it published."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.errors import DatasetError, missing_extra
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.original_study import LABELS, PREPROCESSING
from emotion_classifier.training.inputs import prepare_inputs

TEST_SHARE = 0.25  # 67 of 266, as published
SPLIT_SEED = 42
TESTED = 67  # The published figures are of so many photos.
FACE_CROP = Preprocessing(
    input="face", height=PREPROCESSING.height, width=PREPROCESSING.width, channels="rgb"
)
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Published:
    """What the study printed for one model, on its 67 test photos."""

    accuracy: float
    loss: float


PUBLISHED: dict[str, Published] = {
    "initial": Published(0.6716, 1.7206),
    "attempt_1": Published(0.6866, 1.6995),
    "attempt_2": Published(0.7015, 1.8275),
    "attempt_3": Published(0.7612, 1.3509),
    "attempt_4": Published(0.7612, 0.5453),
    "attempt_5": Published(0.7761, 0.6248),
}


@dataclass(frozen=True)
class Study:
    """The photos, ready to train on.

    Parameters
    ----------
    dataset : Dataset
        Sorted within class, happy first: the likeliest order of the study's own arrays.
    pixels : ndarray of uint8, shape (n, 150, 150, 3)
        Whole frames, squashed, RGB.
    sad : ndarray of float32, shape (n,)
        1 for sad.
    groups : ndarray of int64, shape (n,)
        Near-duplicates share a number.
    fingerprint : str
        Of pixels and labels; fits of other photos are not taken for fits of these.
    problems : tuple of (id, reason)
        Photos that could not be read, and are left out.
    """

    dataset: Dataset
    pixels: npt.NDArray[np.uint8]
    sad: npt.NDArray[np.float32]
    groups: Rows
    fingerprint: str
    problems: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.sad)

    def face_crops(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
        """Cut out the faces the photos are about, and say on which photos one was found."""
        inputs = prepare_inputs(self.dataset, FACE_CROP)
        crops = np.zeros_like(self.pixels)
        crops[inputs.rows] = np.asarray(inputs.pixels)
        found = np.zeros(len(self), np.bool_)
        found[inputs.rows] = True
        return crops, found


def load_study(folder: str | Path) -> Study:
    """Read the photos.

    Raises
    ------
    DatasetError
        If the classes are not happy and sad.
    """
    dataset = open_dataset(folder)
    if dataset.labels != LABELS:
        raise DatasetError(
            f"{folder} has the classes {', '.join(dataset.labels)}; the study had happy and sad. "
            f"Name a folder with one folder of each."
        )
    inputs = prepare_inputs(dataset, PREPROCESSING)
    dataset = dataset.take(inputs.rows)
    sad = np.asarray(dataset.hard == LABELS.index("sad"), np.float32)
    groups = independent_groups(dataset, column=None)
    pixels = np.asarray(inputs.pixels)
    digest = hashlib.sha256(pixels.tobytes() + sad.tobytes()).hexdigest()[:12]
    return Study(dataset, pixels, sad, groups, digest, inputs.problems)


def study_split(sad: npt.NDArray[np.float32], *, seed: int = SPLIT_SEED) -> tuple[Rows, Rows]:
    """Split as the study did: stratified by label, blind to duplicates.

    Returns
    -------
    (train, test) : pair of ndarray of int64
    """
    try:
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise missing_extra("train", "scikit-learn") from error
    train, test = train_test_split(np.arange(len(sad)), test_size=TEST_SHARE, stratify=sad, random_state=seed)
    return np.asarray(train), np.asarray(test)
