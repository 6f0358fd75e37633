"""Read ``<root>/<class>/<image>``, with further columns from a metadata file where there is one."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.labels import canonical, in_order, one_hot
from emotion_classifier.errors import DatasetError
from emotion_classifier.photo import find_photos

_SPLITS = {"train": "train", "training": "train", "val": "validation", "valid": "validation"}
_SPLITS |= {"validation": "validation", "test": "test"}
METADATA = ("metadata.csv", "metadata.jsonl")


def read_folder(root: str | Path, *, cropped: bool = False) -> Dataset:
    """Read a folder of folders of photos, one folder per class, as Keras and torchvision lay them out.

    The class folders may lie in folders named after a split (train, validation, test). A ``metadata.csv`` or
    ``metadata.jsonl`` beside the class folders, with a column ``file_name``, gives further columns; its columns
    ``label`` and ``split``, where filled in, win over the folders' names.

    Parameters
    ----------
    root : str or Path
    cropped : bool
        The pictures are tight face crops.

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
    extra = read_metadata(root)
    files = [path for path in find_photos(root) if path.parent != root or _key(root, path) in extra]
    if not files:
        raise DatasetError(
            f"{root} holds no photos in class folders. Lay it out as {root}/happy/… and {root}/sad/…"
        )
    rows = [_row(root, path, extra.pop(_key(root, path), {})) for path in files]
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
        problems=tuple(
            (name, "listed in the metadata, but there is no such photo") for name in sorted(extra)
        ),
    )


def read_metadata(root: Path) -> dict[str, dict[str, Any]]:
    """Read ``metadata.csv`` or ``metadata.jsonl``, as Hugging Face ``datasets`` does.

    Returns
    -------
    dict
        From ``file_name`` (path below `root`, with forward slashes) to the row's other columns; empty values
        are left out.

    Raises
    ------
    DatasetError
        If the file cannot be read or has no column ``file_name``.
    """
    for name in METADATA:
        path = root / name
        if path.is_file():
            rows = _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
            return {
                str(row.pop("file_name")).replace("\\", "/"): {
                    key: value for key, value in row.items() if value not in (None, "")
                }
                for row in rows
            }
    return {}


def _csv_rows(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path} is not a CSV file in UTF-8 ({error}). Save it again as CSV UTF-8."
        ) from error
    return [_checked(path, number, row) for number, row in enumerate(rows, start=2)]


def _json_rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                rows.append(_checked(path, number, json.loads(line)))
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON Lines ({error}). Write one JSON object per line.") from error
    return rows


def _checked(path: Path, number: int, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or not row.get("file_name"):
        found = ", ".join(str(key) for key in row) if isinstance(row, dict) else type(row).__name__
        raise DatasetError(
            f"{path}, line {number}: no 'file_name' (found: {found}). "
            f"Each row needs a column file_name with the photo's path below {path.parent}."
        )
    row.pop(None, None)  # cells beyond the header
    return row


def _key(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _row(root: Path, path: Path, extra: dict[str, Any]) -> dict[str, Any]:
    folders = list(path.relative_to(root).parts[:-1])
    split = ""
    if len(folders) > 1 and folders[0].lower() in _SPLITS:
        split = _SPLITS[folders.pop(0).lower()]
    columns = dict(extra)
    split = _SPLITS.get(str(columns.pop("split", split)).lower(), split)
    label = canonical(str(columns.pop("label", folders[0] if folders else "other")))
    return {"label": label, "split": split, "columns": columns}
