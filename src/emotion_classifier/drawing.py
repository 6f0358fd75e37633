"""Boxes and words on a photo, legible whatever the photo shows and however large it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

# Orange against blue stays apart for colour-blind eyes; each pair, ground and ink, has a contrast of at least 4.5 : 1.
COLOURS: dict[str, tuple[str, str]] = {
    "happy": ("#ffb224", "#1c1400"),
    "neutral": ("#2f7d5b", "#ffffff"),
    "sad": ("#1d5fd1", "#ffffff"),
    "other": ("#7a4fb5", "#ffffff"),
    "uncertain": ("#e4e7ec", "#1b1d21"),
}
SMALLEST, LARGEST = 480, 6000
"""Longest side of the drawing, in pixels: a smaller photo is enlarged so that a label fits on it."""

_Area = tuple[float, float, float, float]


@dataclass(frozen=True)
class Mark:
    """A box to draw, and its label.

    Parameters
    ----------
    box : tuple of four floats
        x, y, width and height in pixels of the photo.
    text : str
    colours : tuple of two str
        Of the box and the label's ground, and of the label's ink; `COLOURS` has those of expressions.
    short : str or None
        What the label says where boxes are too small for words; None: `text`.
    outlined : bool
        Draw the box; without, it only says where the label goes.
    """

    box: _Area
    text: str
    colours: tuple[str, str]
    short: str | None = None
    outlined: bool = True


@dataclass(frozen=True)
class _Placed:
    """A mark in pixels of the drawing: its box and its label (left, top, right, bottom), and what the label says."""

    box: _Area
    label: _Area
    text: str
    mark: Mark


def draw_marks(
    photo: npt.NDArray[np.uint8], marks: Sequence[Mark], *, longest_side: int = LARGEST
) -> Image.Image:
    """Draw boxes and their labels; labels keep inside the picture and, where there is room, off each other.

    Parameters
    ----------
    photo : ndarray of uint8, shape (height, width, 3)
        The upright RGB photo; it is not changed.
    marks : sequence of Mark
    longest_side : int
        A larger photo is shrunk to this many pixels before drawing, but to no fewer than 480. One below 480 is
        enlarged to 480, else no label could be read on it.

    Returns
    -------
    PIL.Image.Image
        An RGB picture with the proportions of the photo.

    Raises
    ------
    ValueError
        If `longest_side` is below 1.

    Examples
    --------
    >>> photo = np.zeros((600, 800, 3), np.uint8)
    >>> draw_marks(photo, [Mark((100, 100, 200, 200), "happy +0.93", COLOURS["happy"])]).size
    (800, 600)
    """
    if longest_side < 1:
        raise ValueError(f"longest_side is {longest_side}; it counts pixels, from 1.")
    picture = Image.fromarray(photo)
    longest = max(picture.size)
    factor = min(max(longest, SMALLEST), max(longest_side, SMALLEST)) / longest
    if factor != 1:
        width, height = (max(1, round(side * factor)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    canvas = ImageDraw.Draw(picture)
    # In a panorama, words as large as its length asks for would fill its height.
    font = ImageFont.load_default(max(15, min(0.028 * max(picture.size), 0.1 * min(picture.size))))
    assert isinstance(font, ImageFont.FreeTypeFont)  # what a given size always yields
    placed = _place(marks, factor, picture.size, font)
    line = max(2, round(font.size / 9))
    for each in placed:
        if each.mark.outlined:
            # A dark rim keeps the line visible on a background of its own colour.
            canvas.rectangle(_grown(each.box, line), outline="#101216", width=line * 3)
            canvas.rectangle(each.box, outline=each.mark.colours[0], width=line)
    for each in placed:
        ground, ink = each.mark.colours
        canvas.rounded_rectangle(each.label, radius=font.size * 0.3, fill=ground, outline="#101216")
        canvas.text(_middle(each.label), each.text, fill=ink, font=font, anchor="mm")
    return picture


def _place(
    marks: Sequence[Mark], factor: float, size: tuple[int, int], font: ImageFont.FreeTypeFont
) -> list[_Placed]:
    """Choose for every label the place that covers the fewest other labels, then the fewest boxes."""
    placed: list[_Placed] = []
    boxes = [_corners(mark.box, factor) for mark in marks]
    widths = sorted(right - left for left, _, right, _ in boxes)
    crowd = len(marks) > 1 and widths[len(widths) // 2] < font.getlength("00 happy")
    for mark, box in zip(marks, boxes, strict=True):
        text = mark.short if crowd and mark.short is not None else mark.text
        extent = (font.getlength(text) + font.size * 0.9, font.size * 1.5)
        others = [other for other in boxes if other is not box]
        taken = [each.label for each in placed]
        places = [_kept_inside(place, size) for place in _around(box, extent)]
        costs = [(_covered(place, taken), _covered(place, others)) for place in places]
        placed.append(_Placed(box, places[costs.index(min(costs))], text, mark))
    return placed


def _corners(box: _Area, factor: float) -> _Area:
    x, y, width, height = box
    return x * factor, y * factor, (x + width) * factor, (y + height) * factor


def _around(box: _Area, extent: tuple[float, float]) -> Iterator[_Area]:
    """Places for a label: above the box, below it, inside its top, right of it, left of it."""
    left, top, right, bottom = box
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
