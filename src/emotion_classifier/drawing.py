"""Boxes and labels on a photo, legible whatever the photo shows and however large it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from emotion_classifier.text import fixed

if TYPE_CHECKING:
    from emotion_classifier.model.scale import Label
    from emotion_classifier.reading import Reading

# Orange against blue stays apart for colour-blind eyes; each pair has a contrast of at least 4.5 : 1.
_COLOURS: dict[Label, tuple[str, str]] = {
    "happy": ("#ffb224", "#1c1400"),
    "neutral": ("#2f7d5b", "#ffffff"),
    "sad": ("#1d5fd1", "#ffffff"),
    "other": ("#7a4fb5", "#ffffff"),
    "uncertain": ("#e4e7ec", "#1b1d21"),
}
_SIGNS: dict[Label, str] = {"happy": "+", "neutral": "0", "sad": "-", "other": "*", "uncertain": "?"}
_SMALLEST, _LARGEST = 480, 6000
"""Longest side of the drawing, in pixels: a smaller photo is enlarged so that a label fits on it."""

_Area = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Mark:
    """One face as it is drawn: its box (left, top, right, bottom), if it has one, and the place of its label."""

    face: _Area | None
    text: str
    label: _Area
    colours: tuple[str, str]


def draw_readings(
    photo: npt.NDArray[np.uint8], readings: Sequence[Reading], *, longest_side: int = _LARGEST
) -> Image.Image:
    """Draw a box and a label for every face.

    One face that looks happy or sad is labelled with its degree ("happy +0.93"); several are numbered in the order
    of `readings` ("2 sad"; "2 -" where the faces are too small for words). Labels keep inside the picture and, where
    there is room, off each other. What was read from the whole photo has a label ("photo: happy +0.93") and no box.

    Parameters
    ----------
    photo : ndarray of uint8, shape (height, width, 3)
        The upright RGB photo; it is not changed.
    readings : sequence of Reading
        Boxes in pixels of `photo`.
    longest_side : int
        A larger photo is shrunk to this many pixels before drawing. One below 480 is enlarged to 480,
        else no label could be read on it.

    Returns
    -------
    PIL.Image.Image
        An RGB picture with the proportions of the photo.

    Examples
    --------
    >>> draw_readings(np.zeros((600, 800, 3), np.uint8), []).size
    (800, 600)
    """
    picture = Image.fromarray(photo)
    longest = max(picture.size)
    factor = min(max(longest, _SMALLEST), max(longest_side, _SMALLEST)) / longest
    if factor != 1:
        width, height = (max(1, round(side * factor)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    canvas = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(15, 0.028 * max(picture.size)))
    assert isinstance(font, ImageFont.FreeTypeFont)  # what a given size always yields
    marks = _place(readings, factor, picture.size, font)
    line = max(2, round(max(picture.size) / 320))
    for mark in marks:
        if mark.face is None:
            continue
        # A dark rim keeps the line visible on a background of its own colour.
        canvas.rectangle(_grown(mark.face, line), outline="#101216", width=line * 3)
        canvas.rectangle(mark.face, outline=mark.colours[0], width=line)
    for mark in marks:
        background, ink = mark.colours
        canvas.rounded_rectangle(mark.label, radius=font.size * 0.3, fill=background, outline="#101216")
        canvas.text(_middle(mark.label), mark.text, fill=ink, font=font, anchor="mm")
    return picture


def _place(
    readings: Sequence[Reading], factor: float, size: tuple[int, int], font: ImageFont.FreeTypeFont
) -> list[_Mark]:
    """Choose for every label the place that covers the fewest other labels, then the fewest faces."""
    marks: list[_Mark] = []
    faces = [_corners(reading.box, factor) for reading in readings]
    widths = sorted(right - left for left, _, right, _ in faces)
    crowd = len(readings) > 1 and widths[len(widths) // 2] < font.getlength("00 happy")
    for number, (reading, face) in enumerate(zip(readings, faces, strict=True), start=1):
        text = _text(reading, number if len(readings) > 1 else None, short=crowd)
        extent = (font.getlength(text) + font.size * 0.9, font.size * 1.5)
        others = [other for other in faces if other is not face]
        taken = [mark.label for mark in marks]
        places = [_kept_inside(place, size) for place in _around(face, extent)]
        costs = [(_covered(place, taken), _covered(place, others)) for place in places]
        label = places[costs.index(min(costs))]
        marks.append(_Mark(None if reading.whole_photo else face, text, label, _COLOURS[reading.label]))
    return marks


def _corners(box: _Area, factor: float) -> _Area:
    x, y, width, height = box
    return x * factor, y * factor, (x + width) * factor, (y + height) * factor


def _text(reading: Reading, number: int | None, *, short: bool) -> str:
    if number is not None:
        return f"{number} {_SIGNS[reading.label] if short else reading.label}"
    whose = "photo: " if reading.whole_photo else ""
    if reading.label not in ("happy", "sad"):
        return f"{whose}{reading.label}"
    # A hyphen: Pillow's built-in font has no minus sign.
    return f"{whose}{reading.label} {fixed(reading.degree, 2, signed=True, minus='-')}"


def _around(face: _Area, extent: tuple[float, float]) -> Iterator[_Area]:
    """Places for a label: above the box, below it, inside its top, right of it, left of it."""
    left, top, right, bottom = face
    width, height = extent
    gap = height * 0.15
    for x, y in (
        (left, top - height - gap),
        (left, bottom + gap),
        (left, top + gap),
        (right + gap, top),
        (left - width - gap, top),
    ):
        yield x, y, x + width, y + height


def _kept_inside(area: _Area, size: tuple[int, int]) -> _Area:
    left, top, right, bottom = area
    across = max(-left, 0) or min(size[0] - 1 - right, 0)
    down = max(-top, 0) or min(size[1] - 1 - bottom, 0)
    return left + across, top + down, right + across, bottom + down


def _covered(place: _Area, areas: Sequence[_Area]) -> int:
    left, top, right, bottom = place
    return sum(left < area[2] and area[0] < right and top < area[3] and area[1] < bottom for area in areas)


def _grown(area: _Area, by: float) -> _Area:
    return area[0] - by, area[1] - by, area[2] + by, area[3] + by


def _middle(area: _Area) -> tuple[float, float]:
    return (area[0] + area[2]) / 2, (area[1] + area[3]) / 2
