"""Any picture a caller may hold → an upright RGB photo.

Every limit on size is checked before anything is decoded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from PIL import Image

from emotion_classifier.decoding import Pixels, array_pixels, open_picture, picture_pixels, quiet
from emotion_classifier.errors import PhotoTooLargeError, UnreadablePhotoError

PhotoSource: TypeAlias = str | Path | bytes | BinaryIO | Image.Image | np.ndarray

PHOTO_SUFFIXES: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
    | {".avif", ".heic", ".heif"}
)
"""File name endings (lower-case, with the dot) that a walk through a folder takes for photos."""


@dataclass(frozen=True)
class PhotoLimits:
    """The largest photo that is read.

    Attributes
    ----------
    max_pixels : int
        Width times height, checked from the header before decoding.
    max_bytes : int
        Size of the file or of the bytes given.
    """

    max_pixels: int = 150_000_000
    max_bytes: int = 100_000_000


def read_photo(source: PhotoSource, *, limits: PhotoLimits | None = None) -> Pixels:
    """Read a photo, whatever holds it, upright and in RGB.

    EXIF orientation is applied; CMYK, palette, LAB and grey become RGB; transparent parts are put on
    white; 16-bit values are scaled to 8; of an animation the first frame is taken.

    Parameters
    ----------
    source : str, Path, bytes, binary file object, PIL image or array
        Arrays are (height, width), (height, width, 3) or (height, width, 4), RGB order, of uint8,
        uint16, or floats in 0…1.
    limits : PhotoLimits, optional
        The largest photo accepted.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8
        RGB, upright. May be read-only, or share the memory of an array given.

    Raises
    ------
    PhotoTooLargeError
        Over a limit; nothing was decoded.
    UnreadablePhotoError
        Missing, empty, truncated, not a picture, an array that is no photo, or HEIC without the
        extra ``heic``.
    TypeError
        `source` is none of the kinds above.

    Examples
    --------
    >>> import numpy as np
    >>> read_photo(np.zeros((4, 6), dtype=np.uint8)).shape
    (4, 6, 3)
    """
    limits = limits or PhotoLimits()
    name = _path_of(source) or "The photo"
    if isinstance(source, np.ndarray):
        _check_pixels(name, source.shape[1::-1], limits)
        return array_pixels(source, name)
    with quiet():
        if isinstance(source, Image.Image):
            picture = source
        else:
            content = _content(source, name, limits)
            if not content:
                raise UnreadablePhotoError(f"{name} is empty (0 bytes). Copy or download it again.")
            picture = open_picture(content, name)
        _check_pixels(name, picture.size, limits)
        return picture_pixels(picture, name)


def describe_source(source: PhotoSource, index: int) -> str:
    """Name a photo for people: its path, or ``photo 3`` for one that is only in memory.

    Parameters
    ----------
    source : PhotoSource
        What was given to be read.
    index : int
        Its position among the photos given, counted from 0; people are told it counted from 1.

    Examples
    --------
    >>> describe_source("faces/ann.jpg", 0)
    'faces/ann.jpg'
    >>> describe_source(b"...", 2)
    'photo 3'
    """
    return _path_of(source) or f"photo {index + 1}"


def find_photos(path: str | Path) -> Iterator[Path]:
    """Walk a folder for photos, or yield the one file given.

    Folders are walked in the order of their names, hidden entries are left out, and a folder reached
    twice through symbolic links is walked once. A path that does not exist, or a folder that may not
    be listed, is yielded as it is, so that reading it gives the error that names it.

    Parameters
    ----------
    path : str or Path
        A file (of any name) or a folder.

    Yields
    ------
    Path
        One per photo.
    """
    path = Path(path)
    if path.is_dir():
        yield from _walk(path, set())
    else:
        yield path


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    try:
        entries = sorted(folder.iterdir())
    except PermissionError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, seen)
        elif entry.suffix.lower() in PHOTO_SUFFIXES and (entry.is_file() or entry.is_symlink()):
            yield entry


def _path_of(source: object) -> str | None:
    if isinstance(source, str | Path):
        return str(source)
    for attribute in ("filename", "name"):  # of a PIL image, of a file object
        value = getattr(source, attribute, None)
        if isinstance(value, str) and value:
            return value
    return None


def _content(source: object, name: str, limits: PhotoLimits) -> bytes:
    """Return the encoded bytes, never holding more than the limit and one."""
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
    elif isinstance(source, str | Path):
        content = _file_content(Path(source), name, limits)
    elif callable(getattr(source, "read", None)):
        content = source.read(limits.max_bytes + 1)  # type: ignore[attr-defined]
        if not isinstance(content, bytes):
            raise TypeError(f"{name} was opened as text; open it with mode 'rb'.")
    else:
        raise TypeError(
            f"A photo is a path, bytes, a binary file object, a PIL image or an array, "
            f"not {type(source).__name__}."
        )
    if len(content) > limits.max_bytes:
        raise _too_many_bytes(name, f"over {limits.max_bytes / 1e6:.6g} MB", limits)
    return content


def _file_content(path: Path, name: str, limits: PhotoLimits) -> bytes:
    try:
        if path.is_dir():
            if not os.access(path, os.R_OK | os.X_OK):
                raise PermissionError
            raise UnreadablePhotoError(f"{name} is a folder, not a photo. Give the files in it.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.max_bytes:
                raise _too_many_bytes(name, f"{size / 1e6:.1f} MB", limits)
            return file.read(limits.max_bytes + 1)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise UnreadablePhotoError(
                f"{name} is a link to a file that is not there. Delete it, or bring the file back."
            ) from error
        raise UnreadablePhotoError(f"{name} does not exist. Check the path and its spelling.") from error
    except PermissionError as error:
        raise UnreadablePhotoError(
            f"{name} may not be read (permission denied). Change its permissions or run as its owner."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise UnreadablePhotoError(f"{name} could not be opened: {error}. Check the path.") from error


def _too_many_bytes(name: str, size: str, limits: PhotoLimits) -> PhotoTooLargeError:
    return PhotoTooLargeError(
        f"{name} is {size}, the limit is {limits.max_bytes / 1e6:.6g} MB. "
        f"Save it smaller, or raise PhotoLimits.max_bytes."
    )


def _check_pixels(name: str, size: tuple[int, ...], limits: PhotoLimits) -> None:
    pixels = math.prod(size)
    if pixels > limits.max_pixels:
        shape = "x".join(str(side) for side in size)
        raise PhotoTooLargeError(
            f"{name} has {shape} pixels ({pixels / 1e6:.1f} million), the limit is "
            f"{limits.max_pixels / 1e6:.6g} million; it was not decoded. "
            f"Save it smaller, or raise PhotoLimits.max_pixels."
        )
