"""The metadata file beside class folders: read as Hugging Face ``datasets`` does, and written for both."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from emotion_classifier.data.columns import is_unlabelled
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.split_words import split_of, split_of_folder
from emotion_classifier.errors import DatasetError
from emotion_classifier.files import DISK, Disk, atomic_write

METADATA = ("metadata.csv", "metadata.jsonl")
# Headers that mean something here; capital letters and blanks around them make no difference.
_HEADERS = ("file_name", "label", "split", "degree", "identity")
Row = dict[str, Any]


def metadata_file(root: Path) -> Path:
    """Name the metadata file of a folder: the one that is there, or ``metadata.csv``."""
    present = (root / name for name in METADATA if (root / name).is_file())
    return next(present, root / METADATA[0])


def read_metadata(root: Path, *, conflicts: dict[str, str] | None = None) -> dict[str, Row]:
    """Read ``metadata.csv`` or ``metadata.jsonl`` of a folder, and of the split and class folders in it.

    Rows of one photo complete each other, wherever they stand.
    Headers may have capital letters and blanks around them, cells blanks around them. A file name is that of a photo
    below the metadata file; "./" before it, an absolute path and another Unicode form of the same name are understood.

    Parameters
    ----------
    root : Path
    conflicts : dict or None
        Takes up, by ``file_name``, how two rows for one photo disagree; the first row is kept. None: that is an error.

    Returns
    -------
    dict
        From ``file_name`` (path below `root`, with forward slashes) to the row's other columns; empty values
        are left out.

    Raises
    ------
    DatasetError
        If a file cannot be read, has no column ``file_name``, has cells beyond its header or two rows for one photo
        that disagree, or if a folder has both kinds of metadata file.
    """
    rows: dict[str, Row] = {}
    folders = [
        root,
        *(one for one in sorted(root.glob("*")) if one.is_dir() and not one.name.startswith(".")),
    ]
    folders += [one for folder in folders[1:] for one in sorted(folder.glob("*")) if one.is_dir()]
    for folder in folders:
        path = metadata_file(folder)
        if not path.is_file():
            continue
        if all((folder / name).is_file() for name in METADATA):
            raise DatasetError(f"{folder} holds {' and '.join(METADATA)}. Keep the one that is right.")
        for row in _rows(path):
            name = _below(root, folder, str(row.pop("file_name")))
            said = {key: value for key, value in row.items() if value not in (None, "")}
            before = rows.setdefault(name, {})
            apart = _apart(before, said)
            if not apart:
                before |= said
                continue
            if conflicts is None:
                raise DatasetError(f"{path}: the rows of {name} disagree ({apart}). Keep one.")
            conflicts.setdefault(name, f"two rows in the metadata disagree ({apart}); the first is used")
    return rows


def same_name(name: str) -> str:
    """Give every Unicode form of a file name the same key."""
    return unicodedata.normalize("NFC", name)


def plain(file_name: str) -> str:
    r"""Write what is not Unicode in a file name as ``\udcXX``, as the files written here do."""
    return file_name.encode("utf-8", "backslashreplace").decode()


def _below(root: Path, folder: Path, name: str) -> str:
    """Name a photo by its path below `root`, however the metadata of `folder` writes it."""
    if "\\" in name and not (folder / name).is_file():
        name = name.replace("\\", "/")
    path = folder / name  # An absolute name stays what it is.
    absolute = Path(os.path.normpath(path.absolute()))
    try:
        return same_name(absolute.relative_to(Path(os.path.normpath(root.absolute()))).as_posix())
    except ValueError:
        return same_name(name)


def _apart(one: Row, other: Row) -> str:
    """Say where both rows of a photo say something, and not the same; "" where they agree or complete each other."""
    return ", ".join(
        f"{key}: {one[key]!r} and {other[key]!r}" for key in one if key in other and one[key] != other[key]
    )


def named(file_name: str, extra: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Tell a photo's class as its owner named it, its split (each "" where none is said) and its further columns.

    Raises
    ------
    DatasetError
        If the split is a word that is not understood.

    Examples
    --------
    >>> named("val/Smiling/a.jpg", {"age": "30"})
    ('Smiling', 'validation', {'age': '30'})
    >>> named("test/a.jpg", {"label": "happy"})
    ('happy', 'test', {})
    """
    folders = list(PurePosixPath(file_name).parts[:-1])
    split = split_of_folder(folders[0], where=file_name) if folders else None
    if split:
        folders.pop(0)
    columns = dict(extra)
    split = split_of(columns.pop("split", None), where=f"The metadata of {file_name}") or split or ""
    return str(columns.pop("label", folders[0] if folders else "")), split, columns


def metadata_rows(dataset: Dataset) -> list[dict[str, Any]]:
    """Describe every row of a dataset of class folders as a row of a metadata file."""
    return [
        {"file_name": name, "label": label, "split": split}
        | {column: values[row] for column, values in dataset.columns.items() if values[row] is not None}
        for row, (name, label, split) in enumerate(
            zip(dataset.ids, dataset.names, dataset.splits, strict=True)
        )
    ]


def write_metadata(path: Path, rows: Sequence[Mapping[str, Any]], *, disk: Disk = DISK) -> None:
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
                f"The file name {plain(name)} is not UTF-8, so it cannot be listed in {path.name}. Rename the photo."
            )
    if path.suffix.lower() != ".jsonl":
        write_csv(path, rows, first=("file_name", "label", "split"), disk=disk)
        return
    lines = [
        json.dumps({key: value for key, value in row.items() if value not in (None, "")}, ensure_ascii=False)
        for row in rows
    ]
    _replace(path, "".join(f"{line}\n" for line in lines), disk)


def write_csv(
    path: Path, rows: Sequence[Mapping[str, Any]], *, first: Iterable[str], disk: Disk = DISK
) -> None:
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
    _replace(path, text.getvalue(), disk)


def _replace(path: Path, text: str, disk: Disk) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, text.encode(errors="backslashreplace"), disk=disk)
    except OSError as error:
        raise DatasetError(f"{path} could not be written ({error.strerror}). Name another file.") from error


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def file_text(path: Path) -> str:
    """Read UTF-8 or UTF-16, with or without a byte order mark."""
    content = path.read_bytes()
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


def _rows(path: Path) -> list[Row]:
    try:
        return _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error


def _csv_rows(path: Path) -> list[Row]:
    try:
        rows = list(csv.DictReader(io.StringIO(file_text(path), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path} is not a CSV file in UTF-8 ({error}). Save it again as CSV UTF-8."
        ) from error
    return [_checked(path, number, row) for number, row in enumerate(rows, start=2)]


def _json_rows(path: Path) -> list[Row]:
    rows = []
    try:
        for number, line in enumerate(file_text(path).split("\n"), start=1):
            if line.strip():
                rows.append(_checked(path, number, json.loads(line)))
    except ValueError as error:
        raise DatasetError(f"{path} is not JSON Lines ({error}). Write one JSON object per line.") from error
    return rows


def _checked(path: Path, number: int, row: Any) -> Row:
    if isinstance(row, dict):
        if any(value not in (None, "") for value in row.pop(None, None) or ()):
            raise DatasetError(
                f"{path}, line {number}: more cells than the header has. Put quotes around cells with commas."
            )
        named = {
            key: value for key, value in row.items() if key.strip()
        }  # pandas writes an index without a name.
        row = {
            _header(key): value.strip() if isinstance(value, str) else value for key, value in named.items()
        }
        if len(row) < len(named):
            twice = next(name for name in row if sum(_header(key) == name for key in named) > 1)
            raise DatasetError(f"{path} has two columns {twice!r}. Keep one.")
        label = row.get("label")
        if isinstance(label, bool | list | dict):
            raise DatasetError(
                f"{path}, line {number}: the label is {json.dumps(label)}. Write one word, such as happy."
            )
        if is_unlabelled(label):
            row.pop("label", None)
        elif _is_number(label):
            raise DatasetError(
                f"{path}, line {number}: the label is the number {label}, and nothing says what it stands for. Write a "
                f"word, such as happy; a number from −1 to 1 belongs in a column degree."
            )
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
    return row


def _is_number(label: object) -> bool:
    try:
        float(str(label))
    except ValueError:
        return False
    return True


def _header(key: str) -> str:
    plain = key.strip()
    return plain.casefold() if plain.casefold() in _HEADERS else plain
