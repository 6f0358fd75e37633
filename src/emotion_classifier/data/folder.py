"""Read ``<root>/<class>/<image>``, with further columns from a metadata file where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.labels import canonical, in_order, one_hot
from emotion_classifier.data.metadata import METADATA, named, read_metadata, same_name
from emotion_classifier.errors import DatasetError
from emotion_classifier.photo import find_photos

__all__ = ["METADATA", "read_folder", "read_metadata", "require_class_folders"]

LOOSE = "lies in no class folder"


def read_folder(root: str | Path, *, cropped: bool = False, tolerant: bool = False) -> Dataset:
    """Read a folder of folders of photos, one folder per class, as Keras and torchvision lay them out.

    The class folders may lie in folders named after a split (train, training, validation, valid, val, dev, test,
    testing; in any case). A ``metadata.csv`` or ``metadata.jsonl`` beside the class folders or in them, with a column
    ``file_name``, gives further columns; its columns ``label`` and ``split``, where filled in, win over the folders'
    names.

    Parameters
    ----------
    root : str or Path
    cropped : bool
        The pictures are tight face crops.
    tolerant : bool
        List metadata rows that disagree among the ``problems``, and use the first, instead of refusing them.

    Returns
    -------
    Dataset
        Rows sorted by path. Metadata rows without a file are listed in its ``problems``.

    Raises
    ------
    DatasetError
        If there is no such folder, no photo in it, or the metadata file cannot be understood.
    """
    root = Path(root)
    if not root.is_dir():
        raise DatasetError(f"There is no folder {root}. Name a folder that holds one folder per class.")
    conflicts: dict[str, str] = {}
    extra = read_metadata(root, conflicts=conflicts if tolerant else None)
    every = list(find_photos(root))
    loose = [path for path in every if path.parent == root and _name(root, path) not in extra]
    files = [path for path in every if path not in set(loose)]
    if not files:
        lying = f" {len(loose)} lie in it, but in no folder that names their class." if loose else ""
        raise DatasetError(
            f"{root} holds no photos in class folders.{lying} Lay it out as {root}/happy/… and {root}/sad/…"
        )
    rows = [_row(root, path, extra.pop(_name(root, path), {})) for path in files]
    labels = in_order(row["label"] for row in rows)
    names = sorted({name for row in rows for name in row["columns"]})
    return Dataset(
        labels=labels,
        sources=tuple(files),
        targets=one_hot([row["label"] for row in rows], labels),
        ids=tuple(_key(root, path) for path in files),
        splits=tuple(row["split"] for row in rows),
        cropped=(cropped,) * len(files),
        columns={name: tuple(row["columns"].get(name) for row in rows) for name in names},
        problems=(
            *((_key(root, path), LOOSE) for path in loose),
            *sorted(conflicts.items()),
            *((name, "listed in the metadata, but there is no such photo") for name in sorted(extra)),
        ),
        names=tuple(row["name"] for row in rows),
    )


def require_class_folders(root: Path) -> None:
    """Refuse Parquet where only class folders will do.

    Raises
    ------
    DatasetError
        If `root` is or holds a Parquet file.
    """
    if root.suffix == ".parquet" or (root.is_dir() and any(root.glob("*.parquet"))):
        raise DatasetError(
            f"{root} holds Parquet, and clean and split work on class folders: CLASS/PHOTO. Save the pictures so; "
            f"the split of Parquet is its files, train.parquet, validation.parquet and test.parquet."
        )


def _key(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _name(root: Path, path: Path) -> str:
    """Name a photo as the metadata do."""
    return same_name(_key(root, path))


def _row(root: Path, path: Path, extra: dict[str, Any]) -> dict[str, Any]:
    label, split, columns = named(_key(root, path), extra)
    return {"label": canonical(label), "name": label, "split": split, "columns": columns}
