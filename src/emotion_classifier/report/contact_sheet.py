"""Small pictures of the faces that a page lists, as many as it has room for."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
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
from emotion_classifier.report.html_page import picture_uri

_MOST_SHOTS = 120
_MOST_BYTES = 640_000  # of pictures as they stand in a page: with everything else it stays below 1 MB
_MOST_EXPLAINED = 40  # with a second picture, of what speaks for the label; each takes a tenth of a second
Pixels = npt.NDArray[np.uint8]
Look = Callable[[int], "tuple[Pixels, str] | None"]
"""From a row of the data to the whole photo with heat on it, and the words beside it; None: nothing to show."""
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


def contact_sheet(shots: Sequence[Shot], dataset: Dataset, *, explain: Look | None = None) -> dict[str, Any]:
    """Lay photos out for a page: the first ones, until there are enough or their pictures fill it.

    Pictures are encoded anew from pixels, so that nothing is left of what a file says of place, time and camera.

    Parameters
    ----------
    shots : sequence of Shot
        The most important first.
    dataset : Dataset
        Whose rows they are.
    explain : callable or None
        Gives the first of them a second picture; None: nothing does.

    Returns
    -------
    dict
        ``items``, ``left_out``, ``total`` and how many are ``explained``.
    """
    items: list[dict[str, Any]] = []
    room = _MOST_BYTES
    for place, shot in enumerate(shots[:_MOST_SHOTS]):
        item = _item(shot, dataset)
        if explain and item["pictures"] and place < _MOST_EXPLAINED:
            _add_heat(item, shot, explain)
        room -= sum(len(picture["uri"]) for picture in item["pictures"])
        if room < 0:
            break
        items.append(item)
    explained = sum(len(item["pictures"]) > 1 for item in items)
    return {"items": items, "left_out": len(shots) - len(items), "total": len(shots), "explained": explained}


def _item(shot: Shot, dataset: Dataset) -> dict[str, Any]:
    name = shot.file if len(shot.file) <= _LONGEST else f"…{shot.file[-_LONGEST:]}"
    item: dict[str, Any] = {
        "name": name,
        "lines": [[{"text": text, "chip": chip} for text, chip in line] for line in shot.lines],
        "pictures": [],
        "why": "not pictured",
        "sentence": "",
    }
    if shot.photo.row < 0:
        return item
    try:
        pixels = read_photo(dataset.sources[shot.photo.row])
    except PhotoTooLargeError:
        return item | {"why": "too large to read"}
    except PhotoError:
        return item | {"why": "cannot be read"}
    return item | {"pictures": [picture(pixels, shot.photo.box, name)]}


def _add_heat(item: dict[str, Any], shot: Shot, explain: Look) -> None:
    seen = explain(shot.photo.row)
    if seen is None:
        return
    pixels, sentence = seen
    item["pictures"].append(picture(pixels, shot.photo.box, f"What speaks for the label of {item['name']}"))
    item["sentence"] = sentence


def picture(
    pixels: Pixels, box: Box | None, alt: str, *, side: int = _SIDE, quality: int = 60
) -> dict[str, Any]:
    """Lay out a small picture for a page, encoded anew from pixels: ``uri``, ``alt``, ``width`` and ``height``."""
    small, file = cut_out(pixels, box, side=side), io.BytesIO()
    small.save(file, "WEBP", quality=quality, method=4)
    return {"uri": picture_uri(file.getvalue()), "alt": alt, "width": small.width, "height": small.height}


def cut_out(pixels: Pixels, box: Box | None, *, side: int = _SIDE) -> Image.Image:
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
    photo.thumbnail((side, side))
    return photo
