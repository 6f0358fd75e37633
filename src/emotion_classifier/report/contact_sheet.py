"""Small pictures of the faces that a page lists, as many as it has room for."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import PhotoError, PhotoTooLargeError
from emotion_classifier.evaluation.confusion import Listed
from emotion_classifier.evaluation.predictions import Box
from emotion_classifier.photo import read_photo

MOST_SHOTS = 120
MOST_BYTES = 640_000
"""Of pictures as they stand in a page: with everything else it stays below 1 MB."""
_SIDE = 132
_AROUND = 1.7  # side of the square that is shown, in faces
_LONGEST = 120  # letters of a file name


@dataclass(frozen=True)
class Shot:
    """A photo to show, and what is said of it.

    Parameters
    ----------
    photo : Listed
    file : str
    lines : tuple of lines, each of (words, whether they are a label)
    """

    photo: Listed
    file: str
    lines: tuple[tuple[tuple[str, bool], ...], ...]


def contact_sheet(
    shots: Sequence[Shot], dataset: Dataset, *, most: int = MOST_SHOTS, most_bytes: int = MOST_BYTES
) -> dict[str, Any]:
    """Lay photos out for a page: the first ones, until there are enough or their pictures fill it.

    Pictures are encoded anew from pixels, so that nothing is left of what a file says of place, time and camera.

    Parameters
    ----------
    shots : sequence of Shot
        The most important first.
    dataset : Dataset
        Whose rows they are.
    most, most_bytes : int

    Returns
    -------
    dict
        ``items``, ``left_out`` and ``total``.
    """
    items: list[dict[str, Any]] = []
    room = most_bytes
    for shot in shots[:most]:
        item = _item(shot, dataset)
        room -= len(item["picture"])
        if room < 0:
            break
        items.append(item)
    return {"items": items, "left_out": len(shots) - len(items), "total": len(shots)}


def _item(shot: Shot, dataset: Dataset) -> dict[str, Any]:
    name = shot.file if len(shot.file) <= _LONGEST else f"…{shot.file[-_LONGEST:]}"
    item = {
        "name": name,
        "alt": name,
        "lines": [[{"text": text, "chip": chip} for text, chip in line] for line in shot.lines],
        "picture": "",
        "why": "not pictured",
    }
    if shot.photo.row < 0:
        return item
    try:
        picture = cut_out(read_photo(dataset.sources[shot.photo.row]), shot.photo.box)
    except PhotoTooLargeError:
        return item | {"why": "too large to read"}
    except PhotoError:
        return item | {"why": "cannot be read"}
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=60, method=4)
    uri = f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
    return item | {"picture": uri, "width": picture.width, "height": picture.height}


def cut_out(pixels: npt.NDArray[np.uint8], box: Box | None) -> Image.Image:
    """Shrink what is around a face to a small picture; the whole photo where no face is named."""
    photo = Image.fromarray(pixels)
    if box is not None:
        x, y, width, height = box
        half = _AROUND * max(width, height) / 2
        middle_x, middle_y = x + width / 2, y + height / 2
        left, top = max(0, round(middle_x - half)), max(0, round(middle_y - half))
        right, bottom = (
            min(photo.width, round(middle_x + half)),
            min(photo.height, round(middle_y + half)),
        )
        if left < right and top < bottom:
            photo = photo.crop((left, top, right, bottom))
    photo.thumbnail((_SIDE, _SIDE))
    return photo
