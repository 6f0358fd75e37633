"""Any picture a caller may hold → an upright RGB photo.

Every limit on size is checked before anything is decoded.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias

import numpy as np
from PIL import Image, ImageFile

from emotion_classifier.errors import PhotoTooLargeError, UnreadablePhotoError
from emotion_classifier.photo.decoding import (
    Pixels,
    array_pixels,
    first_only,
    open_picture,
    quiet,
    upright,
    upright_picture,
)
from emotion_classifier.photo.picture import Picture
from emotion_classifier.photo.unended import NO_END_MARKER, unended_image


class SupportsArray(Protocol):
    """What can be made a NumPy array, such as a tensor of PyTorch, TensorFlow or JAX."""

    def __array__(self, *arguments: Any, **options: Any) -> np.ndarray:
        """As NumPy asks for it."""


PhotoSource: TypeAlias = (
    str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray | SupportsArray | Picture
)
# Text longer than this is no path but the content of a photo; a message shows its beginning.
_LONGEST_PATH, _SHOWN = 1000, 60
_ELSEWHERE = re.compile(r"(?:https?|ftps?|s3|gs):/", re.IGNORECASE)


@dataclass(frozen=True)
class PhotoLimits:
    """The largest photo that is read.

    Attributes
    ----------
    max_pixels : int
        Width times height, checked from the header before decoding.
    max_bytes : int
        Size of the file or of the bytes given.
    advice : str or None
        What to do with a larger photo, told to those who cannot raise these limits; None: they can.
    """

    max_pixels: int = 150_000_000
    max_bytes: int = 100_000_000
    advice: str | None = None

    def instead(self, limit: str) -> str:
        """Say what to do with a photo that is over one of the limits."""
        return self.advice or f"Save it smaller, or, in Python, raise PhotoLimits.{limit}."


def read_photo(source: PhotoSource, *, limits: PhotoLimits | None = None) -> Pixels:
    """Read a photo, whatever holds it, upright and in RGB.

    EXIF orientation is applied; CMYK, palette, LAB and grey become RGB; transparent parts are put on
    white; 16-bit values are scaled to 8; of an animation the first frame is taken.

    Parameters
    ----------
    source : str, path, bytes, binary file object, PIL image, array or tensor
        A file object is read from where it stands to its end. Arrays are (height, width), (height, width, 3) or
        (height, width, 4), RGB order, of uint8, uint16, or floats in 0…1; what resizing leaves beyond, up to 0.1, is
        clipped.
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
    return decode_photo(source, limits=limits, layered=False).pixels


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo, and what is odd about its file although it could be read.

    Attributes
    ----------
    picture : Picture
        RGB, upright; the layers of a large JPEG file are decoded when they are looked at.
    note : str or None
    """

    picture: Picture
    note: str | None = None

    @property
    def pixels(self) -> Pixels:
        """The whole photo, shape (height, width, 3), uint8."""
        return self.picture.pixels


def decode_photo(
    source: PhotoSource, *, limits: PhotoLimits | None = None, layered: bool = True
) -> DecodedPhoto:
    """Read a photo as `read_photo` does, and say what is odd about its file.

    Parameters
    ----------
    source : PhotoSource
        See `read_photo`; a `Picture` that was decoded before is taken as it is.
    limits : PhotoLimits, optional
        The largest photo accepted.
    layered : bool
        Decode a large JPEG file no finer than its picture is looked at; else at once and whole.
    """
    limits = limits or PhotoLimits()
    name = _path_of(source) or "The photo"
    if isinstance(source, Picture):
        _check_pixels(name, source.size, limits)
        return DecodedPhoto(source)
    if is_array(source):
        array = _array(source, name)
        _check_pixels(name, array.shape[1::-1], limits)
        return DecodedPhoto(Picture.of(array_pixels(array, name)))
    with quiet():
        if isinstance(source, Image.Image):
            # Pillow forgets which parts are left to read once it has read them.
            if isinstance(source, ImageFile.ImageFile) and source.fp is None and source.tile:
                raise UnreadablePhotoError(
                    f"{name} was closed before it was read. Read it while it is open, or give a copy()."
                )
            if 0 in source.size:
                width, height = source.size
                raise UnreadablePhotoError(
                    f"{name} is an empty picture, of {width} × {height} pixels. "
                    f"Check the coordinates that it was cut out by."
                )
            _check_pixels(name, source.size, limits)
            return DecodedPhoto(Picture.of(upright(source, name)))
        content = _content(source, name, limits)
        if not content:
            raise UnreadablePhotoError(f"{name} is empty (0 bytes). Copy or download it again.")
        header = open_picture(content, name)
        _check_pixels(name, header.size, limits)
        try:
            picture = upright_picture(content, header, name) if layered else Picture.of(upright(header, name))
            return DecodedPhoto(picture, first_only(header, content, name))
        except UnreadablePhotoError:
            image = unended_image(content)
            if image is None:
                raise
            return DecodedPhoto(Picture.of(image), NO_END_MARKER)


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


def is_one_photo(given: object) -> bool:
    """Tell one photo from several: a path, bytes, a file, a picture, or an array of one."""
    if isinstance(given, str | bytes | bytearray | os.PathLike | Image.Image):
        return True
    # Arrays of paths are several; so is one of pictures, which has four axes.
    kind = getattr(getattr(given, "dtype", None), "kind", "f")
    one_array = kind in "buif" and getattr(given, "ndim", 4) < 4
    return callable(getattr(given, "read", None)) or one_array


def is_array(source: object) -> bool:
    """Tell an array or tensor from pictures of PIL and texts of NumPy, which can be made one too."""
    return hasattr(source, "__array__") and not isinstance(source, str | bytes | Image.Image)


def _path_of(source: object) -> str | None:
    if isinstance(source, str | os.PathLike):
        path = str(os.fsdecode(source))  # Of NumPy's strings, plain ones.
        return path if len(path) <= _LONGEST_PATH else f"{path[:_SHOWN]}…"
    for attribute in ("filename", "name"):  # of a PIL image, of a file object
        value = getattr(source, attribute, None)
        if isinstance(value, str) and value:
            return value
    return None


def _array(source: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(source)
    except Exception as error:  # A tensor on a graphics card, or with a gradient: each library has its own.
        raise UnreadablePhotoError(f"{name} cannot be made an array: {error}") from error


def _content(source: object, name: str, limits: PhotoLimits) -> bytes:
    """Return the encoded bytes, never holding more than the limit and one."""
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
    elif isinstance(source, str | os.PathLike):
        path = os.fsdecode(source)
        _refuse_other_text(path, name)
        content = _file_content(Path(path), name, limits)
    elif callable(getattr(source, "read", None)):
        content = _stream_content(source, name, limits.max_bytes + 1)
    else:
        several = " Give several photos to predict_many." if isinstance(source, list | tuple) else ""
        raise TypeError(
            f"A photo is a path, bytes, a binary file object, a PIL image or an array, "
            f"not {type(source).__name__}.{several}"
        )
    if len(content) > limits.max_bytes:
        raise _too_many_bytes(name, f"over {limits.max_bytes / 1e6:.6g} MB", limits)
    return content


def _refuse_other_text(path: str, name: str) -> None:
    """Refuse text that stands for a photo in another way, or for none, and say what to do with it."""
    if not path:
        raise UnreadablePhotoError("An empty name was given. Name the file of a photo.")
    if _ELSEWHERE.match(path):
        raise UnreadablePhotoError(f"{name} is a web address, and nothing is fetched. Download it first.")
    if path.startswith("data:"):
        raise UnreadablePhotoError(
            f"{name} is a data URI. Decode what follows its comma with base64.b64decode, and give the bytes."
        )
    if len(path) > _LONGEST_PATH:
        raise UnreadablePhotoError(
            f"{name} is text of {len(path):,} characters, too long for a path. If it is base64, decode it with "
            f"base64.b64decode, and give the bytes."
        )


def _stream_content(source: Any, name: str, most: int) -> bytes:
    """Read a stream to its end, however little it gives at a time."""
    if getattr(source, "closed", False):
        raise UnreadablePhotoError(f"{name} is closed. Open it again.")
    parts: list[bytes] = []
    left = most
    while left > 0:
        try:
            part = source.read(left)
        except (OSError, ValueError) as error:
            raise UnreadablePhotoError(f"{name} could not be read: {error}. Open it again.") from error
        if isinstance(part, str):
            raise TypeError(f"{name} was opened as text; open it with mode 'rb'.")
        if part is None:
            raise UnreadablePhotoError(f"{name} has nothing to read yet. Wait for it, or read it whole.")
        if not part:
            break
        parts.append(bytes(part))
        left -= len(part)
    if not parts and _is_past_its_beginning(source):
        raise UnreadablePhotoError(f"{name} has been read to its end already. Call seek(0) first.")
    return b"".join(parts)


def _is_past_its_beginning(source: Any) -> bool:
    try:
        return bool(source.tell() > 0)
    except (OSError, ValueError, AttributeError):  # It cannot tell, as a pipe cannot.
        return False


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
    except (FileNotFoundError, NotADirectoryError) as error:
        for parent in path.parents:
            if parent.is_file():
                raise UnreadablePhotoError(_in_a_file(name, parent)) from error
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


def _in_a_file(name: str, file: Path) -> str:
    """Say why there is no photo at a path that goes on after a file."""
    if file.suffix.lower() == ".zip":
        return (
            f"{name} could not be opened: a photo in a zip cannot be named by itself. "
            f"Have `emotion-classifier predict` read all of {file}, or unpack it."
        )
    return f"{name} does not exist: {file} is a file, not a folder. Check the path."


def _too_many_bytes(name: str, size: str, limits: PhotoLimits) -> PhotoTooLargeError:
    return PhotoTooLargeError(
        f"{name} is {size}, the limit is {limits.max_bytes / 1e6:.6g} MB. {limits.instead('max_bytes')}"
    )


def _check_pixels(name: str, size: tuple[int, ...], limits: PhotoLimits) -> None:
    pixels = math.prod(size)
    if pixels > limits.max_pixels:
        shape = "x".join(str(side) for side in size)
        raise PhotoTooLargeError(
            f"{name} has {shape} pixels ({pixels / 1e6:.1f} million), the limit is "
            f"{limits.max_pixels / 1e6:.6g} million; it was not decoded. {limits.instead('max_pixels')}"
        )
