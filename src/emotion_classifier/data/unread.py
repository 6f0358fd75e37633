"""What lies in a folder of photos, looks like data and is not read: it is named, never passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from emotion_classifier.data.metadata import METADATA
from emotion_classifier.data.votes import vote_files
from emotion_classifier.photo.file_kinds import file_kind

_TABLES = frozenset(
    {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods", ".parquet", ".txt"}
)
_NAMED = ("metadata", "label", "annotation", "votes")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_TABLE = (
    "is not read; only metadata.csv and metadata.jsonl are, beside or in the class folders. Convert or rename it if it "
    "tells of the photos"
)
_VOTES = "is not read; votes lie beside the class folders. Move it there if it is of these photos"
_ARCHIVE = "an archive is not opened here; unpack it"
_NO_PICTURE = "the content is no picture that can be read"


def not_read(root: Path, passed_over: Sequence[Path]) -> list[tuple[str, str]]:
    """Name what lies in a folder of photos and is not read, and say why it may matter.

    Tables whose names promise labels, metadata or votes, and files that are neither pictures nor text.

    Parameters
    ----------
    root : Path
    passed_over : sequence of Path
        What `find_photos` took for no photo.
    """
    read = [*vote_files(root), *(root / name for name in METADATA)]
    # Of split folders and class folders too: see `read_metadata`.
    read += [
        path for name in METADATA for pattern in (f"*/{name}", f"*/*/{name}") for path in root.glob(pattern)
    ]
    known = {path.stat().st_ino for path in read if path.is_file()}
    found = []
    for path in passed_over:
        table = path.suffix.lower() in _TABLES
        if table and path.name.casefold().startswith(_NAMED):
            reason = "" if path.stat().st_ino in known else _VOTES if _holds_votes(path) else _TABLE
        else:
            archive = path.name.lower().endswith(_ARCHIVES)
            reason = "" if table or _is_text(path) else _ARCHIVE if archive else _NO_PICTURE
        if reason:
            found.append((path.relative_to(root).as_posix(), reason))
    return found


def _holds_votes(path: Path) -> bool:
    return path.name.casefold().startswith("votes")


def _is_text(path: Path) -> bool:
    """Tell whether a file is text, or what systems leave beside photos, and nothing that was meant for a photo."""
    try:
        with path.open("rb") as file:
            return file_kind(file.read(512), path.name) in ("text", "empty", "sidecar", "page", "document")
    except OSError:
        return False


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
