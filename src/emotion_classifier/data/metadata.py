"""The metadata file beside class folders: read as Hugging Face ``datasets`` does, and written for both."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import DatasetError

METADATA = ("metadata.csv", "metadata.jsonl")
SPLITS = ("train", "validation", "test")
_FOLDERS = {"train": "train", "training": "train", "val": "validation", "valid": "validation"}
_FOLDERS |= {"validation": "validation", "test": "test"}


def metadata_file(root: Path) -> Path:
    """Name the metadata file of a folder: the one that is there, or ``metadata.csv``."""
    present = (root / name for name in METADATA if (root / name).is_file())
    return next(present, root / METADATA[0])


def read_metadata(root: Path) -> dict[str, dict[str, Any]]:
    """Read ``metadata.csv`` or ``metadata.jsonl``.

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
    path = metadata_file(root)
    if not path.is_file():
        return {}
    rows = _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
    return {
        _slashed(root, str(row.pop("file_name"))): {
            key: value for key, value in row.items() if value not in (None, "")
        }
        for row in rows
    }


def named(file_name: str, extra: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Tell a photo's class as its owner named it, its split ("" where none is said) and its further columns.

    Examples
    --------
    >>> named("val/Smiling/a.jpg", {"age": "30"})
    ('Smiling', 'validation', {'age': '30'})
    """
    folders = list(PurePosixPath(file_name).parts[:-1])
    split = ""
    if len(folders) > 1 and folders[0].lower() in _FOLDERS:
        split = _FOLDERS[folders.pop(0).lower()]
    columns = dict(extra)
    split = _FOLDERS.get(str(columns.pop("split", split)).lower(), split)
    return str(columns.pop("label", folders[0] if folders else "other")), split, columns


def metadata_rows(dataset: Dataset) -> list[dict[str, Any]]:
    """Describe every row of a dataset of class folders as a row of a metadata file."""
    return [
        {"file_name": name, "label": label, "split": split}
        | {column: values[row] for column, values in dataset.columns.items() if values[row] is not None}
        for row, (name, label, split) in enumerate(
            zip(dataset.ids, dataset.names, dataset.splits, strict=True)
        )
    ]


def write_metadata(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``metadata.csv``, or JSON Lines where `path` ends in ``.jsonl``; the file is whole or not there.

    Raises
    ------
    DatasetError
        If a file name is not Unicode, or the file cannot be written.
    """
    for row in rows:
        name = row["file_name"]
        if not _is_unicode(name):
            raise DatasetError(
                f"The file name {name.encode('utf-8', 'backslashreplace').decode()} is not UTF-8, so it cannot "
                f"be listed in {path.name}. Rename the photo."
            )
    if path.suffix.lower() != ".jsonl":
        write_csv(path, rows, first=("file_name", "label", "split"))
        return
    lines = [
        json.dumps({key: value for key, value in row.items() if value not in (None, "")}, ensure_ascii=False)
        for row in rows
    ]
    _replace(path, "".join(f"{line}\n" for line in lines))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], *, first: Iterable[str]) -> None:
    r"""Write rows as CSV in UTF-8, the columns named in `first` before all others.

    What is not Unicode in a file name is written as ``\udcXX``.

    Raises
    ------
    DatasetError
        If the file cannot be written.
    """
    columns = list(dict.fromkeys((*first, *(key for row in rows for key in row))))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    _replace(path, text.getvalue())


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise DatasetError(f"{path} could not be written ({error.strerror}). Name another file.") from error


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _slashed(root: Path, name: str) -> str:
    """Take a backslash for Windows' separator, unless a file here has it in its name."""
    return name if "\\" in name and (root / name).is_file() else name.replace("\\", "/")


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
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if line.strip():
                rows.append(_checked(path, number, json.loads(line)))
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON Lines ({error}). Write one JSON object per line.") from error
    return rows


def _checked(path: Path, number: int, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or not row.get("file_name"):
        found = ", ".join(str(key) for key in row) if isinstance(row, dict) else type(row).__name__
        if path.suffix == ".csv" and "," not in found and "file_name" in found:
            raise DatasetError(
                f"{path}: its columns are not parted by commas (found: {found}). Save it as CSV with commas."
            )
        raise DatasetError(
            f"{path}, line {number}: no 'file_name' (found: {found}). "
            f"Each row needs a column file_name with the photo's path below {path.parent}."
        )
    row.pop(None, None)  # cells beyond the header
    return row
