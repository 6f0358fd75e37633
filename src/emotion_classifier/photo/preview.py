"""A small copy of a photo to look at, decoded no larger than it is shown."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from emotion_classifier.photo.decoding import quiet
from emotion_classifier.photo.source import read_photo

_ORIENTATION, _ON_ITS_SIDE = (
    0x0112,
    5,
)  # The EXIF tag, and from which value on width and height change places.


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
        except (OSError, SyntaxError, ValueError):
            # Not a JPEG, or one that wants the care of the reader.
            photo = Image.fromarray(read_photo(content))
    size = photo.size
    photo.thumbnail((longest_side, longest_side))
    return photo, size


def _drafted(content: bytes, longest_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Let the JPEG decoder leave out what a small copy does not show."""
    from PIL.JpegImagePlugin import JpegImageFile

    photo: Image.Image = JpegImageFile(io.BytesIO(content))
    width, height = photo.size
    photo.draft("RGB", (longest_side, longest_side))
    if photo.getexif().get(_ORIENTATION, 1) >= _ON_ITS_SIDE:
        width, height = height, width
    upright = ImageOps.exif_transpose(photo).convert("RGB")
    upright.thumbnail((longest_side, longest_side))
    return upright, (width, height)
