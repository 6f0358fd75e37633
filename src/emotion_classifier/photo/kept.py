"""The way back from a reading to its photo, which costs next to no memory for photos that are files."""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo.decoding import Pixels
from emotion_classifier.photo.source import PhotoSource, is_array, read_photo

Channels = Literal["RGB", "BGR"]
_GONE = "The picture cannot be had again: it was no file, and is no longer in memory. Give it: photo.plot(picture)."


def in_rgb(source: PhotoSource, channels: Channels) -> PhotoSource:
    """Put the channels of an array into the order red, green, blue; files and PIL images are returned as they are.

    Parameters
    ----------
    source : PhotoSource
    channels : {"RGB", "BGR"}
        Order of an array's last axis; a fourth channel is opacity in both. Arrays from OpenCV are "BGR".

    Raises
    ------
    ValueError
        If `channels` is neither.

    Examples
    --------
    >>> in_rgb(np.array([[[1, 2, 3]]], np.uint8), "BGR").tolist()
    [[[3, 2, 1]]]
    """
    if channels not in ("RGB", "BGR"):
        raise ValueError(f"channels must be 'RGB' or 'BGR', not {channels!r}")
    if channels == "RGB" or not is_array(source):
        return source
    try:
        array = np.asarray(source)
    except Exception:  # Each library has its own; the reader says what is wrong.
        return source
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        return array  # Grey, or no photo at all, which the reader says.
    return array[..., [2, 1, 0, 3][: array.shape[2]]]


class KeptPhoto:
    """How to get at the pixels of a photo that was read before.

    Files are read again. What is only in memory is held if asked to; else it is remembered weakly, for as long as
    somebody else holds it. Pickled, only the way to a file is left.

    Parameters
    ----------
    get : callable or None
        Gives what was read, or None if that is gone; None: it cannot be had again.
    file : Path or None
        The file, if it is one.
    channels : {"RGB", "BGR"}
        See `in_rgb`.

    Examples
    --------
    >>> grey = np.full((2, 3, 3), 128, np.uint8)
    >>> KeptPhoto.of(grey, hold=False).read().shape
    (2, 3, 3)
    """

    def __init__(
        self,
        get: Callable[[], PhotoSource | None] | None = None,
        *,
        file: Path | None = None,
        channels: Channels = "RGB",
    ) -> None:
        self._get = get
        self._file = file
        self._channels = channels

    @classmethod
    def of(cls, source: PhotoSource, *, hold: bool, channels: Channels = "RGB") -> KeptPhoto:
        """Remember a photo; call it before the photo is read, while a file object still stands where it did.

        Parameters
        ----------
        source : PhotoSource
        hold : bool
            Keep what is only in memory from being forgotten.
        channels : {"RGB", "BGR"}
            See `in_rgb`.
        """
        path = _path(source)
        if path is not None:
            return cls(file=path)
        try:
            get: Callable[[], Any] = (lambda: source) if hold else weakref.ref(source)
        except TypeError:  # bytes, for one
            return cls()
        if callable(getattr(source, "read", None)) and not isinstance(source, Image.Image):
            return cls(_rewinding(get, _position(source)))
        return cls(get, channels=channels)

    def read(self) -> Pixels:
        """Read the photo again, upright and in RGB.

        Raises
        ------
        UnreadablePhotoError
            If it is gone, or cannot be read any more.
        """
        source = self._file or (self._get and self._get())
        if source is None:
            raise UnreadablePhotoError(_GONE)
        return read_photo(in_rgb(source, self._channels))

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_file, (self._file,)


def _from_file(file: Path | None) -> KeptPhoto:
    return KeptPhoto(file=file)


def _path(source: object) -> Path | None:
    """Find the file of a photo that is one, whatever folder is the current one later."""
    if isinstance(source, str | os.PathLike):
        try:
            return Path(os.fsdecode(source)).absolute()
        except (ValueError, OSError):
            return None
    # What stands in a zip or a gzip has a name too, which is no path.
    raw = source if isinstance(source, io.FileIO) else getattr(source, "raw", None)
    name = raw.name if isinstance(raw, io.FileIO) else None
    at = _position(source)
    return Path(name).absolute() if isinstance(name, str) and at == 0 and os.path.isfile(name) else None  # noqa: PTH113


def _position(source: Any) -> int | None:
    try:
        return int(source.tell())
    except (OSError, ValueError, AttributeError, TypeError):  # It cannot tell, as a pipe cannot.
        return None


def _rewinding(get: Callable[[], Any], start: int | None) -> Callable[[], bytes | None]:
    """Read a file object again from where it stood, and leave it where it stands now."""

    def again() -> bytes | None:
        file = get()
        now = _position(file)
        if start is None or now is None:
            return None
        file.seek(start)
        content: bytes = file.read()
        file.seek(now)
        return content

    return again
