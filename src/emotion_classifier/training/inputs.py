"""From a dataset to arrays a network learns from, kept on disk so that a killed run need not repeat it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.fingerprint import Fingerprint, Fingerprints, fingerprint_of, recalled
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.errors import DatasetError, PhotoError
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.pipeline import Crop, FacePipeline, PhotoFaces
from emotion_classifier.faces.quality import QualityLimits
from emotion_classifier.files import atomic_write
from emotion_classifier.model.known_photos import BYTES, Hashes, photo_hash
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.reading import NO_FACE
from emotion_classifier.recipes import Recipe
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.pixel_rows import PixelRows, chosen, joined

_CACHE = 5  # raised when the cache holds something more
_PRINTS = "print_"


@dataclass(frozen=True)
class Inputs:
    """Pixels and targets of the rows that could be used.

    Parameters
    ----------
    pixels : ndarray of uint8 or PixelRows, shape (n, height, width, channels)
    targets : ndarray of float32, shape (n, labels)
    rows : ndarray of int64, shape (n,)
        Which rows of the dataset these are.
    problems : tuple of (id, reason)
        The rows left out, and why.
    unclear : tuple of (id, reason)
        The rows whose faces are too bad to be read, and why; of those that were prepared together, not of some of them.
    importance : ndarray of float32, shape (n,), or None
        How much each row counts in training, on average 1; None: all the same.
    groups : ndarray of int64, shape (n,), or None
        As `independent_groups` gives them; None: no two rows belong together, or nobody asked.
    hashes : ndarray of uint8, shape (n, 32), or None
        Of the photos, see `emotion_classifier.model.known_photos.photo_hash`; None: nobody hashed them.
    prints : Fingerprints or None
        Of the photos, until their groups are known; None: nobody took them.
    """

    pixels: npt.NDArray[np.uint8] | PixelRows
    targets: npt.NDArray[np.float32]
    rows: npt.NDArray[np.int64]
    problems: tuple[tuple[str, str], ...]
    unclear: tuple[tuple[str, str], ...] = ()
    importance: npt.NDArray[np.float32] | None = None
    groups: npt.NDArray[np.int64] | None = None
    hashes: Hashes | None = None
    prints: Fingerprints | None = None

    def grouped(self, dataset: Dataset, *, column: str | None) -> Inputs:
        """Say which rows belong together, and let go of what was kept to find that out.

        Parameters
        ----------
        dataset : Dataset
            The one these were prepared from.
        column : str or None
            See `independent_groups`.
        """
        groups = independent_groups(dataset.take(self.rows), column=column, prints=self.prints)
        return replace(self, groups=groups, prints=None)

    def take(self, kept: npt.NDArray[np.integer]) -> Inputs:
        """Keep some of the inputs."""
        return replace(
            self,
            pixels=chosen(self.pixels, kept),
            targets=self.targets[kept],
            rows=self.rows[kept],
            importance=None if self.importance is None else self.importance[kept],
            groups=None if self.groups is None else self.groups[kept],
            hashes=None if self.hashes is None else self.hashes[kept],
            prints=None if self.prints is None else self.prints.take(kept),
        )

    def join(self, more: Inputs) -> Inputs:
        """Put other inputs after these; `rows` says nothing of them, and their problems are added."""
        importance = None
        if self.importance is not None or more.importance is not None:
            parts = [
                np.ones(len(each.rows), np.float32) if each.importance is None else each.importance
                for each in (self, more)
            ]
            importance = np.concatenate(parts)
        groups = self.groups
        if groups is not None:
            own = np.arange(len(more.rows)) if more.groups is None else more.groups
            groups = np.concatenate([groups, groups.max() + 1 + own])
        hashes = None
        if self.hashes is not None and more.hashes is not None:
            hashes = np.concatenate([self.hashes, more.hashes])
        return Inputs(
            pixels=joined(self.pixels, more.pixels),
            targets=np.concatenate([self.targets, more.targets]),
            rows=np.concatenate([self.rows, np.full(len(more.rows), -1, np.int64)]),
            problems=(*self.problems, *more.problems),
            unclear=(*self.unclear, *more.unclear),
            importance=importance,
            groups=groups,
            hashes=hashes,
            prints=self.prints.join(more.prints) if self.prints and more.prints else None,
        )


def widened(preprocessing: Preprocessing, margin: float) -> Preprocessing:
    """Cut `margin` times wider around the same face, at the same pixels per face."""
    if preprocessing.input == "photo":
        return preprocessing
    framing = preprocessing.framing
    height, width = (2 * round(side * margin / 2) for side in (preprocessing.height, preprocessing.width))
    grown = width / preprocessing.width
    wide = replace(
        framing,
        width_in_eye_distances=framing.width_in_eye_distances * grown,
        eye_line=(framing.eye_line + (grown - 1) / 2) / grown,
    )
    return preprocessing.model_copy(update={"height": height, "width": width, "framing": wide})


def canvas_of(recipe: Recipe) -> Preprocessing:
    """Say what is cut out of photos to train a recipe: more than it takes in, where pictures are varied."""
    return widened(recipe.preprocessing, MARGIN) if recipe.augment else recipe.preprocessing


def rows_to_learn(recipe: Recipe, dataset: Dataset) -> Dataset:
    """Keep the rows that a recipe may learn from, over the labels that it tells apart.

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, or there are some of a label that the recipe does not know.
    """
    rows = dataset.with_split("train", "")
    require_happy_and_sad([label for label, count in rows.counts.items() if count], "the training data")
    return rows.with_labels(recipe.labels or rows.taught)


def prepare_inputs(
    dataset: Dataset,
    preprocessing: Preprocessing,
    *,
    cache: Path | None = None,
    with_prints: bool = False,
    limits: QualityLimits | None = None,
    face_cache: FaceCache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Inputs:
    """Read, find the face, and cut out every row.

    Parameters
    ----------
    dataset : Dataset
    preprocessing : Preprocessing
    cache : Path or None
        Folder to keep the arrays in; used again when dataset and preprocessing are the same.
    with_prints : bool
        Take the photos' fingerprints too, by which `Inputs.grouped` knows copies.
    limits : QualityLimits or None
        From which a face is too bad to be read; None: the usual ones.
    face_cache : FaceCache or None
        Faces found before.
    progress : callable or None
        Called with (rows done, rows in all).

    Raises
    ------
    DatasetError
        If no row could be used.
    """
    limits = limits or QualityLimits()
    stored = cache / f"inputs-{_name(dataset, preprocessing, limits)}.npz" if cache else None
    if stored and stored.is_file() and stored.with_suffix(".npy").is_file():
        inputs = _load(stored, dataset)
        if inputs.prints or not with_prints:
            return inputs
    pipeline = FacePipeline(cache=face_cache)
    if not stored:
        pixels = np.zeros((len(dataset), *preprocessing.input_shape), np.uint8)
        return _prepare(dataset, preprocessing, pixels, with_prints, limits, pipeline, progress)
    stored.parent.mkdir(parents=True, exist_ok=True)
    # Tens of thousands of pictures in colour do not fit in the memory of a small machine: they lie on disk.
    # A kill leaves the draft, which may take gigabytes; by its fixed name the next run writes over it, where those of
    # `atomic_write` would pile up.
    draft = stored.with_suffix(".part.npy")
    shape = (len(dataset), *preprocessing.input_shape)
    pixels = np.lib.format.open_memmap(draft, "w+", np.uint8, shape)
    inputs = _prepare(dataset, preprocessing, pixels, with_prints, limits, pipeline, progress)
    pixels.flush()
    draft.replace(stored.with_suffix(".npy"))
    _store(inputs, stored)
    return _load(stored, dataset)


def _load(stored: Path, dataset: Dataset) -> Inputs:
    with np.load(stored, allow_pickle=False) as arrays:
        problems, unclear = (
            tuple((str(name), str(why)) for name, why in arrays[each]) for each in ("problems", "unclear")
        )
        rows = arrays["rows"]
        kept = {name.removeprefix(_PRINTS): arrays[name] for name in arrays.files if name.startswith(_PRINTS)}
        return Inputs(
            PixelRows.of(np.load(stored.with_suffix(".npy"), mmap_mode="r")[: len(rows)]),
            dataset.targets[rows],
            rows,
            problems,
            unclear,
            hashes=arrays["hashes"],
            prints=Fingerprints(**kept) if kept else None,
        )


def _store(inputs: Inputs, stored: Path) -> None:
    arrays: dict[str, Any] = {"rows": inputs.rows}
    for name in ("problems", "unclear"):
        arrays[name] = np.array(getattr(inputs, name), dtype=np.str_).reshape(-1, 2)
    if inputs.hashes is not None:
        arrays["hashes"] = inputs.hashes
    if inputs.prints:
        arrays |= {_PRINTS + name: array for name, array in vars(inputs.prints).items()}
    atomic_write(stored, lambda draft: np.savez(draft, **arrays))


def _prepare(
    dataset: Dataset,
    preprocessing: Preprocessing,
    pixels: npt.NDArray[np.uint8],
    with_prints: bool,
    limits: QualityLimits,
    pipeline: FacePipeline,
    progress: Callable[[int, int], None] | None,
) -> Inputs:
    hashes = np.zeros((len(dataset), BYTES), np.uint8)
    prints: list[Fingerprint | None] = []
    used: list[int] = []
    problems: list[tuple[str, str]] = []
    unclear: list[tuple[str, str]] = []
    for row, source in enumerate(dataset.sources):
        cropped = dataset.cropped[row]
        try:
            photo = pipeline.open(source, cropped=cropped)
            # May decode more of a large photo than the detector needed, and fail.
            crop, whole = photo.main_crop(preprocessing), photo.pixels
            if crop is None:
                raise PhotoError(NO_FACE)
        except PhotoError as error:
            problems.append((dataset.ids[row], str(error)))
        else:
            pixels[len(used)] = crop.pixels
            hashes[len(used)] = photo_hash(whole)
            used.append(row)
            if doubt := _doubt(photo, crop, preprocessing, limits):
                unclear.append((dataset.ids[row], doubt))
            if with_prints:
                prints.append(recalled(source, partial(fingerprint_of, photo), cropped=cropped))
        if progress:
            progress(row + 1, len(dataset))
    if not used:
        raise _unusable(dataset, problems)
    n, rows = len(used), np.array(used, np.int64)
    return Inputs(
        pixels[:n],
        dataset.targets[rows],
        rows,
        tuple(problems),
        tuple(unclear),
        hashes=hashes[:n],
        prints=Fingerprints.of(prints, n=n) if with_prints else None,
    )


def _unusable(dataset: Dataset, problems: list[tuple[str, str]]) -> DatasetError:
    error = DatasetError(
        f"None of the {len(dataset)} photos could be used; the first: "
        f"{problems[0][0]}: {problems[0][1]}. See `emotion-classifier predict` on one of them."
        if problems
        else "The dataset is empty."
    )
    error.left_out = tuple(problems)
    return error


def _doubt(photo: PhotoFaces, crop: Crop, template: Preprocessing, limits: QualityLimits) -> str | None:
    """Say why a face is too bad to be read, as `predict` says it."""
    quality = photo.quality(crop, template) if crop.face.score > 0 else None
    return photo.too_bad(quality, limits) if quality else None


def data_digest(dataset: Dataset, *columns: str | None) -> str:
    """Tell data apart by what is learned from them, without reading a photo: labels, files and some columns.

    A file counts by its name, size and time of change. One that is not there, or may not be looked at, is no error: it
    is said where photos are read.

    Parameters
    ----------
    dataset : Dataset
    *columns : str or None
        Those whose values matter; None, and names that the data do not have, are passed over.
    """
    digest = hashlib.sha256(repr(dataset.labels).encode() + dataset.targets.tobytes())
    named = [dataset.columns[name] for name in columns if name is not None and name in dataset.columns]
    for row in range(len(dataset)):
        # `repr` keeps neighbours apart, and writes names that are no UTF-8 in ASCII.
        digest.update(repr((_file_of(dataset, row), [values[row] for values in named])).encode())
    return digest.hexdigest()[:16]


def _name(dataset: Dataset, preprocessing: Preprocessing, limits: QualityLimits) -> str:
    settings = f"{_CACHE}{preprocessing.model_dump_json()}{limits.model_dump_json()}"
    digest = hashlib.sha256(settings.encode())
    for row in range(len(dataset)):
        digest.update(repr(_file_of(dataset, row)).encode())
    return digest.hexdigest()[:16]


def _file_of(dataset: Dataset, row: int) -> tuple[object, ...]:
    """Collect what changes with the photo of a row."""
    name, cropped, source = dataset.ids[row], dataset.cropped[row], dataset.sources[row]
    if isinstance(source, bytes):
        return name, cropped, hashlib.sha256(source).hexdigest()
    try:
        status = source.stat()
    except (OSError, ValueError):  # ValueError: a null character in the path
        return name, cropped, "unreadable"
    return name, cropped, status.st_size, status.st_mtime_ns
