"""A small copy of a photo to look at, decoded no larger than it is shown."""

from __future__ import annotations

import io

from PIL import Image

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo.decoding import quiet, upright, upright_size
from emotion_classifier.photo.source import read_photo


def preview(content: bytes, longest_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Shrink a photo that can be read; one that is smaller is left as it is.

    Parameters
    ----------
    content : bytes
        Of the file.
    longest_side : int
        Of the copy, in pixels.

    Returns
    -------
    (Image, (width, height))
        Upright, in RGB; and the size of the whole photo, upright too.

    Raises
    ------
    UnreadablePhotoError, PhotoTooLargeError
        As `read_photo`.
    """
    with quiet():
        try:
            return _drafted(content, longest_side)
        except (OSError, SyntaxError, ValueError, UnreadablePhotoError):
            # Not a JPEG, or one that wants the care of the reader.
            photo = Image.fromarray(read_photo(content))
    size = photo.size
    photo.thumbnail((longest_side, longest_side))
    return photo, size


def _drafted(content: bytes, longest_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Let the JPEG decoder leave out what a small copy does not show."""
    from PIL.JpegImagePlugin import JpegImageFile

    photo: Image.Image = JpegImageFile(io.BytesIO(content))
    size = upright_size(photo)
    photo.draft("RGB", (longest_side, longest_side))
    small = upright(photo, "The photo")
    small.thumbnail((longest_side, longest_side))
    return small, size
