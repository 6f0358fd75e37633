"""The labelled photos that the tools are compared on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emotion_classifier.data.folder import read_folder
from emotion_classifier.data.labels import canonical, require_happy_and_sad
from emotion_classifier.errors import DatasetError

READINGS = {"H": "happy", "h": "happy", "n": "neutral", "s": "sad", "S": "sad", "o": "other", "x": None}
"""What the codes of the readings say; x is a face that cannot be judged."""


@dataclass(frozen=True)
class Photo:
    """One photo and what it shows.

    Parameters
    ----------
    name : str
        Path below the set's folder.
    truth : str or None
        happy, neutral, sad or other; None where the two readers disagree or cannot judge.
    looks_sad : bool
        Whether one reader or more calls it sad.
    plainly_sad : bool
        Whether both readers call it clearly sad, or the list of stock photos that look sad to the eye has it.
    """

    name: str
    truth: str | None
    looks_sad: bool
    plainly_sad: bool = False


@dataclass(frozen=True)
class PhotoSet:
    """Photos below one folder.

    Parameters
    ----------
    name, title, about : str
        In file names, in tables, and where the truth comes from.
    folder : Path
    photos : tuple of Photo
    natural_shares : bool
        Whether expressions are as frequent as they are in everyday photos.
    """

    name: str
    title: str
    about: str
    folder: Path
    photos: tuple[Photo, ...]
    natural_shares: bool = False

    def path(self, photo: Photo) -> Path:
        """Where a photo lies."""
        return self.folder / photo.name

    def fingerprint(self) -> str:
        """SHA-256 of all names and files."""
        digest = hashlib.sha256()
        for photo in self.photos:
            data = self.path(photo).read_bytes()
            digest.update(f"{photo.name}\0{len(data)}\0".encode(errors="surrogateescape") + data)
        return digest.hexdigest()


def open_sets(data: Path, work: Path, sad_to_the_eye: Path | None) -> list[PhotoSet]:
    """Open the stock photos, LFW, FairFace and the web faces.

    Parameters
    ----------
    data : Path
        Holds ``stock_photos/``, ``lfw/validation.parquet``, ``fairface/audit.parquet`` and ``web/audit.parquet``.
    work : Path
        Where the pictures of Parquet files are written to, as they are.
    sad_to_the_eye : Path or None
        Names of the stock photos whose face alone looks sad, one a line.

    Raises
    ------
    DatasetError
        If one of them is missing.
    """
    return [
        _stock(data / "stock_photos", sad_to_the_eye),
        _lfw(data, work),
        _fairface(data, work),
        _web(data, work),
    ]


def labelled_folder(folder: Path) -> PhotoSet:
    """Open a folder of folders of photos; of them, those labelled happy and sad.

    Raises
    ------
    DatasetError
        If there is no such folder, or either class is absent.
    """
    # The default model learned from the rows of that split.
    dataset = read_folder(folder).with_split("", "validation", "test")
    labels = [dataset.labels[index] for index in dataset.hard]
    require_happy_and_sad(labels, str(folder))
    photos = [
        Photo(name, label, looks_sad=label == "sad")
        for label, name in sorted(zip(labels, dataset.ids, strict=True))
        if label in ("happy", "sad")
    ]
    return PhotoSet("stock", "Stock photos", "labelled by their folders", folder, tuple(photos))


def _stock(folder: Path, sad_to_the_eye: Path | None) -> PhotoSet:
    photos = labelled_folder(folder)
    if sad_to_the_eye is None:
        return photos
    names = set(sad_to_the_eye.read_text(encoding="utf-8").split())
    marked = tuple(
        replace(photo, plainly_sad=photo.truth == "sad" and Path(photo.name).name in names)
        for photo in photos.photos
    )
    if sum(photo.plainly_sad for photo in marked) != len(names):
        raise DatasetError(f"{sad_to_the_eye} names photos that are not among the sad ones of {folder}.")
    return replace(photos, photos=marked)


def _lfw(data: Path, work: Path) -> PhotoSet:
    rows = _rows(data / "lfw" / "validation.parquet")
    folder = _unpack(rows, work / "lfw")
    photos = []
    for row in rows:
        label = canonical(row["expression"]) if row["expression"] else None
        photos.append(Photo(_name(row), label, looks_sad=label == "sad"))
    return PhotoSet("lfw", "LFW validation", "one label each (muxspace)", folder, tuple(photos))


def _fairface(data: Path, work: Path) -> PhotoSet:
    rows = [row for row in _rows(data / "fairface" / "audit.parquet") if row["drawn"] == "random"]
    about = "everyday faces drawn at random; two readings each, those on which both agree"
    folder = _unpack(rows, work / "fairface")
    return PhotoSet("fairface", "FairFace audit", about, folder, _read_twice(rows), natural_shares=True)


def _web(data: Path, work: Path) -> PhotoSet:
    rows = _rows(data / "web" / "audit.parquet")
    about = "two readings each, those on which both agree"
    return PhotoSet("web", "Web audit", about, _unpack(rows, work / "web"), _read_twice(rows))


def _read_twice(rows: Iterable[dict[str, Any]]) -> tuple[Photo, ...]:
    photos = []
    for row in rows:
        codes = row["reading_1"], row["reading_2"]
        first, second = (READINGS[code] for code in codes)
        truth = first if first == second else None
        photos.append(Photo(_name(row), truth, "sad" in (first, second), plainly_sad=codes == ("S", "S")))
    return tuple(photos)


def _rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet

    if not path.is_file():
        raise DatasetError(f"There is no {path}.")
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def _name(row: dict[str, Any]) -> str:
    return str(row["image"]["path"]).replace("/", "_")


def _unpack(rows: Iterable[dict[str, Any]], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        (folder / _name(row)).write_bytes(row["image"]["bytes"])
    return folder
