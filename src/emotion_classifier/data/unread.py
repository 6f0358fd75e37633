"""What lies in a folder of photos, looks like data and is not read: it is named, never passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from emotion_classifier.data.metadata import METADATA

_TABLES = frozenset(
    {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods", ".parquet", ".txt"}
)
_NAMED = ("metadata", "label", "annotation")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
NOT_READ = (
    "is not read; only metadata.csv and metadata.jsonl are. Convert or rename it if it tells of the photos"
)


def unread_tables(root: Path) -> tuple[str, ...]:
    """Name tables beside class folders whose names promise labels or metadata, and that are not read."""
    read = [root / name for name in METADATA if (root / name).is_file()]
    return tuple(
        path.name
        for path in sorted(root.iterdir())
        if path.name.casefold().startswith(_NAMED)
        and path.suffix.lower() in _TABLES
        and path.is_file()
        and not any(path.samefile(known) for known in read)
    )


def instead_of_folder(path: Path) -> str:
    """Say what to do with a file where a folder is expected."""
    if path.name.lower().endswith(_ARCHIVES):
        return f"{path} is an archive. Unpack it, and name the folder."
    if _holds_pixels(path):
        return f"{path} holds pictures as numbers. {_WRITE_THEM}"
    return f"{path} is a file. Name the folder that holds one folder per class."


def instead_of_photos(root: Path) -> str:
    """Say what a folder without photos holds that was meant for them; "" where nothing looks like it."""
    return next(_meant(root), "")


_WRITE_THEM = "Write each as a picture into a folder named after its class first, as docs/data.md shows."


def _meant(root: Path) -> Iterator[str]:
    for path in sorted(root.iterdir()):
        if path.is_file() and path.name.lower().endswith(_ARCHIVES):
            yield f" It holds the archive {path.name}: unpack it there."
        elif path.is_dir() and any(path.glob("*.parquet")):
            yield f" Its folder {path.name} holds Parquet: name {path}."
        elif path.suffix == ".arrow":
            yield f" {path.name} is Arrow: save the dataset with to_parquet of Hugging Face datasets."
        elif _holds_pixels(path):
            yield f" {path.name} holds pictures as numbers. {_WRITE_THEM}"


def _holds_pixels(path: Path) -> bool:
    """Tell whether a table has a column of pixels, as fer2013.csv has."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            header = file.readline(1000)
    except OSError:
        return False
    return b"pixels" in header.lower()
