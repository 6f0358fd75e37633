"""Read ``<root>/<class>/<image>``, with further columns from a metadata file where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_classifier.data.dataset import NO_PHOTO, Dataset
from emotion_classifier.data.labels import is_known
from emotion_classifier.data.metadata import named, read_metadata, same_name
from emotion_classifier.data.parquet import is_parquet
from emotion_classifier.data.targets import DEGREE, NO_TARGET, Said, targets_of
from emotion_classifier.data.unread import instead_of_folder, instead_of_photos, not_read
from emotion_classifier.data.votes import photo_key, read_votes
from emotion_classifier.errors import DatasetError
from emotion_classifier.photo import find_photos
from emotion_classifier.text import counted

LOOSE = "lies in no class folder"


def read_folder(root: str | Path, *, cropped: bool = False, tolerant: bool = False) -> Dataset:
    """Read a folder of folders of photos, one folder per class, as Keras and torchvision lay them out.

    The class folders may lie in folders named after a split (train, training, validation, valid, val, dev, test,
    testing; in any case). A ``metadata.csv`` or ``metadata.jsonl`` beside the class folders or in them, with a column
    ``file_name``, gives further columns; its columns ``label`` and ``split``, where filled in, win over the folders'
    names. Labels may be grades such as "slightly happy" (see `grade_named`). A column ``degree`` says how sad (−1) or
    happy (1) a face looks. Votes of raters (see `read_votes`) win over all of them.

    Parameters
    ----------
    root : str or Path
    cropped : bool
        The pictures are tight face crops.
    tolerant : bool
        List metadata rows that disagree among the ``problems``, and use the first, instead of refusing them; take
        a folder above class folders for a class.

    Returns
    -------
    Dataset
        Rows sorted by path. Its ``problems`` list metadata rows and votes without a file, and photos of which nobody
        can tell how they look.

    Raises
    ------
    DatasetError
        If there is no such folder, no photo in it, or the metadata file cannot be understood.
    """
    root = Path(root)
    if not root.is_dir():
        raise DatasetError(
            instead_of_folder(root)
            if root.exists()
            else f"There is no folder {root}. Name a folder that holds one folder per class."
        )
    conflicts: dict[str, str] = {}
    extra = read_metadata(root, conflicts=conflicts if tolerant else None)
    votes = read_votes(root)
    passed_over: list[Path] = []
    files = list(find_photos(root, passed_over=lambda path, _: passed_over.append(path)))
    rows = [
        _row(root, path, extra.pop(_name(root, path), {}), votes.pop(_voted(root, path), {}))
        for path in files
    ]
    if all(row.said.says_nothing for row in rows):
        lying = (
            f" {counted(len(files), 'photo')} {'has' if len(files) == 1 else 'have'} no folder that names a class."
            if files
            else instead_of_photos(root)
        )
        raise DatasetError(
            f"{root} holds no photos in class folders.{lying} Lay it out as {root}/happy/… and {root}/sad/…, or grade "
            f"the photos with `emotion-classifier label {root}`."
        )
    if not tolerant:
        _refuse_deeper(root, files, rows)
    targets = targets_of([row.said for row in rows])
    names = sorted({name for row in rows for name in row.columns})
    ids = tuple(_key(root, path) for path in files)
    told = Dataset(
        labels=targets.labels,
        sources=tuple(files),
        targets=targets.shares,
        ids=ids,
        splits=tuple(row.split for row in rows),
        cropped=(cropped,) * len(files),
        columns={name: tuple(row.columns.get(name) for row in rows) for name in names},
        problems=(
            *(
                (ids[row], LOOSE if rows[row].said.says_nothing else NO_TARGET)
                for row in np.flatnonzero(~targets.usable)
            ),
            *sorted(conflicts.items()),
            *((name, NO_PHOTO) for name in sorted(extra)),
            *((name, "graded by raters, but there is no such photo") for name in sorted(votes)),
            *not_read(root, passed_over),
        ),
        names=tuple(row.name for row in rows),
        notes=targets.notes,
    )
    return told if targets.usable.all() else told.take(np.flatnonzero(targets.usable))


def require_class_folders(root: Path) -> None:
    """Refuse Parquet where only class folders will do.

    Raises
    ------
    DatasetError
        If `root` is or holds a Parquet file.
    """
    if is_parquet(root):
        raise DatasetError(
            f"{root} holds Parquet, and clean and split work on class folders: CLASS/PHOTO. Save the pictures so; "
            f"the split of Parquet is its files, train.parquet, validation.parquet and test.parquet."
        )


def _refuse_deeper(root: Path, files: Sequence[Path], rows: Sequence[_Row]) -> None:
    """Refuse to take the folder above the class folders for a class.

    Raises
    ------
    DatasetError
        If photos that nothing else is said of lie in class folders, one folder further down than expected.
    """
    above = []
    for path, row in zip(files, rows, strict=True):
        folders = path.relative_to(root).parts[:-1]
        classes = [depth for depth, name in enumerate(folders) if is_known(name)]
        if classes and row.name in folders[: classes[0]] and row.said.only_label:
            above.append(folders[: classes[0]])
    if above:
        holding = [str(root.joinpath(*one)) for one in dict.fromkeys(above)]
        raise DatasetError(
            f"{root}: {above[0][-1]} would be taken for a class, and holds class folders. "
            f"Name the folders above them: {' '.join(holding[:3])}{' …' if len(holding) > 3 else ''}"
        )


def _key(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _name(root: Path, path: Path) -> str:
    """Name a photo as the metadata do."""
    return same_name(_key(root, path))


def _voted(root: Path, path: Path) -> str:
    """Name a photo as votes do."""
    return photo_key(_key(root, path))


@dataclass(frozen=True)
class _Row:
    """One photo: what is said of it, its class in words, its split and further columns."""

    said: Said
    name: str
    split: str
    columns: dict[str, Any]


def _row(root: Path, path: Path, extra: dict[str, Any], votes: dict[str, str]) -> _Row:
    label, split, columns = named(_key(root, path), extra)
    where = f"The metadata of {_key(root, path)}"
    said = Said(label or None, columns.get(DEGREE), votes, where=where)
    return _Row(said, said.name, split, columns)
