"""JPEG files that lack nothing but their end marker, as some cameras and cut-off copies leave them."""

from __future__ import annotations

import numpy as np
from PIL import Image

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo.decoding import open_picture, upright

NO_END_MARKER = "the file lacks its end marker; the picture is whole"
_START, _SCAN, _END = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9"
_OTHER_DATA = bytes(range(1, 255)) * 16


def unended_image(content: bytes) -> Image.Image | None:
    """Decode a JPEG file without an end marker; None if more is wrong with it.

    Parameters
    ----------
    content : bytes
        Of a file that could not be decoded.
    """
    if not content.startswith(_START) or _END in content[max(content.rfind(_SCAN), 0) :]:
        return None
    content = content.rstrip(b"\xff")
    # The decoder fills in what is missing of a picture, and says nothing. Where all is there, it leaves alone what
    # follows; else it takes that for the missing part, and the picture changes.
    try:
        image, other = (_decoded(content + more + _END) for more in (b"", _OTHER_DATA))
    except UnreadablePhotoError:
        return None
    return image if np.array_equal(np.asarray(image), np.asarray(other)) else None


def _decoded(content: bytes) -> Image.Image:
    return upright(open_picture(content, "The photo"), "The photo")
