"""Which files of a folder are photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from emotion_classifier.photo.decoding import is_picture

PHOTO_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
    | {".avif", ".heic", ".heif"}
)
"""File name endings (lower-case, with the dot) that a walk through a folder takes for photos, whatever is in them."""
NO_PICTURE = "the content is no picture"
NO_FILE = "no file"
NOT_OPENED = "the file cannot be opened"
"""Why a walk passes something over."""
# Folders that file servers and photo programs fill with small copies.
_THUMBNAILS = frozenset({"@eadir", "#recycle", "__macosx"})


def find_photos(
    path: str | Path,
    *,
    leave_out: Path | None = None,
    passed_over: Callable[[Path, str], object] = lambda path, reason: None,
) -> Iterator[Path]:
    """Walk a folder for photos, or yield the one file given.

    Folders are walked in the order of their names, hidden entries and folders of thumbnails are left out, and a folder
    reached twice through symbolic links is walked once. A file without a photo's ending is taken where its first bytes
    are those of a picture. A path that does not exist, a photo that cannot be reached and a folder that cannot be
    listed are yielded as they are, so that reading them gives the error that names them.

    Parameters
    ----------
    path : str or Path
        A file (of any name) or a folder.
    leave_out : Path or None
        A folder that is not walked, such as one that is being written to.
    passed_over : callable
        Called with each file that is taken for none, and why.

    Yields
    ------
    Path
        One per photo.
    """
    path = Path(path)
    if is_folder(path):
        seen = {_identity(leave_out)} if leave_out is not None and is_folder(leave_out) else set()
        yield from _walk(path, seen, passed_over)
    else:
        yield path


def is_clutter(path: str) -> bool:
    """Tell whether a path below a folder, with slashes, is hidden or among thumbnails.

    Examples
    --------
    >>> is_clutter("a/@eaDir/b.jpg"), is_clutter("a/.b.jpg"), is_clutter("../b.jpg")
    (True, True, False)
    """
    return any(
        (part.startswith(".") and part not in (".", "..")) or part.casefold() in _THUMBNAILS
        for part in path.replace("\\", "/").split("/")
    )


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder; one that cannot be asked about is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        # Raised before Python 3.14: the name is too long, or a folder above may not be entered.
        return False


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _walk(
    folder: Path, seen: set[tuple[int, int]], passed_over: Callable[[Path, str], object]
) -> Iterator[Path]:
    identity = _identity(folder)
    if identity in seen:
        return
    seen.add(identity)
    try:
        entries = sorted(folder.iterdir())
    except PermissionError:
        yield folder
        return
    for entry in entries:
        if is_clutter(entry.name):
            continue
        if is_folder(entry):
            yield from _walk(entry, seen, passed_over)
        elif reason := _why_not(entry):
            passed_over(entry, reason)
        else:
            yield entry


def _why_not(path: Path) -> str | None:
    """Say why something in a folder is not taken for a photo; None: it is."""
    named_so = path.suffix.lower() in PHOTO_SUFFIXES
    try:
        # A pipe is not opened, which would wait for its other end; a broken link is left to the reader to name.
        if not (path.is_file() or (named_so and path.is_symlink())):
            return NO_FILE
        if named_so:
            return None
        with path.open("rb") as file:
            return None if is_picture(file.read(256)) else NO_PICTURE
    except OSError:
        return None if named_so else NOT_OPENED
