"""Heat laid over the faces of a photo, and words below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from emotion_classifier.faces.window import Window, inside

Pixels = npt.NDArray[np.uint8]
# From little to much. It grows lighter all the way, so that it reads the same in grey and to colour-blind eyes.
_RAMP = np.array([(72, 26, 110), (190, 45, 110), (245, 120, 60), (255, 226, 110)], np.float64)
_DENSEST = 0.72  # of the heat's opacity; the face stays visible
_FADED = 0.35  # heat below this share of its highest is let through more and more
_BAND = 256  # rows coloured at a time, so that a photo of 100 megapixels takes no gigabytes
_FINE = 160  # cells a side that heat is smoothed to before it is laid over the photo
_PAPER, _INK = "#ffffff", "#1b1d21"
_LEAST, _MOST = "Speaks for the label: little", "most"


@dataclass(frozen=True)
class Heat:
    """How much each place of a face speaks for its label.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, columns)
        0, nothing or the contrary, to 1, the most.
    window : Window
        What they lie over, in pixels of the photo.
    """

    values: npt.NDArray[np.float32]
    window: Window


def normalised(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Cut off what is below 0 and bring the rest to 0…1."""
    positive = np.maximum(np.asarray(values, np.float32), 0)
    highest = float(positive.max(initial=0))
    return np.asarray(positive / highest, np.float32) if highest > 0 else positive


def draw_heat(photo: Pixels, heats: Sequence[Heat]) -> Pixels:
    """Lay heat over a photo.

    Parameters
    ----------
    photo : ndarray of uint8, shape (height, width, 3)
        The upright RGB photo; it is not changed.
    heats : sequence of Heat

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    drawn = photo.copy()
    for heat in heats:
        left, top, right, bottom = inside(heat.window.bounds(), (photo.shape[1], photo.shape[0]))
        for row in range(top, bottom, _BAND):
            region = drawn[row : min(row + _BAND, bottom), left:right]
            values = _over(heat, (left, row), region.shape[:2])
            opacity = _DENSEST * np.clip(values / _FADED, 0, 1)[..., np.newaxis]
            region[:] = np.rint(region * (1 - opacity) + _colours(values) * opacity)
    return drawn


def _over(heat: Heat, corner: tuple[int, int], size: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Heat at each pixel of a region of the photo, shape `size`; 0 outside its window."""
    fine = Image.fromarray(heat.values.astype(np.float32)).resize((_FINE, _FINE), Image.Resampling.BICUBIC)
    x, y = corner
    (a, b), (c, d), (e, f) = heat.window.from_photo([(x, y), (x + 1, y), (x, y + 1)])
    affine = ((c - a) * _FINE, (e - a) * _FINE, a * _FINE, (d - b) * _FINE, (f - b) * _FINE, b * _FINE)
    laid = fine.transform(
        (size[1], size[0]), Image.Transform.AFFINE, affine, resample=Image.Resampling.BILINEAR
    )
    return np.clip(np.asarray(laid, np.float32), 0, 1)


def _colours(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Colours of the ramp, shape (height, width, 3)."""
    stops = np.linspace(0, 1, len(_RAMP))
    return np.stack([np.interp(values, stops, _RAMP[:, channel]) for channel in range(3)], axis=-1)


def with_caption(picture: Image.Image, lines: Sequence[str], *, legend: bool) -> Image.Image:
    """Write lines below a picture, on paper of its own; long ones are broken.

    Parameters
    ----------
    picture : PIL image
    lines : sequence of str
    legend : bool
        Whether to say below them what the colours of heat mean.
    """
    font = ImageFont.load_default(max(15, 0.024 * max(picture.size)))
    assert isinstance(font, ImageFont.FreeTypeFont)  # what a given size always yields
    margin, step = font.size * 0.8, font.size * 1.4
    broken = [part for line in lines for part in _broken(line, font, picture.width - 2 * margin)]
    if not broken:
        return picture
    height = round(2 * margin + step * (len(broken) + legend))
    page = Image.new("RGB", (picture.width, picture.height + height), _PAPER)
    page.paste(picture)
    canvas = ImageDraw.Draw(page)
    for number, line in enumerate(broken):
        canvas.text((margin, picture.height + margin + number * step), line, fill=_INK, font=font)
    if legend:
        _legend(page, font, (margin, picture.height + margin + len(broken) * step))
    return page


def _legend(page: Image.Image, font: ImageFont.FreeTypeFont, corner: tuple[float, float]) -> None:
    """Draw the ramp between the words for its ends."""
    canvas, (x, y) = ImageDraw.Draw(page), corner
    canvas.text((x, y), _LEAST, fill=_INK, font=font)
    left, width = round(x + font.getlength(f"{_LEAST} ")), round(font.size * 6)
    ramp = _colours(np.linspace(0, 1, width, dtype=np.float32)[np.newaxis]).round().astype(np.uint8)
    page.paste(
        Image.fromarray(ramp).resize((width, round(font.size * 0.7))), (left, round(y + font.size * 0.3))
    )
    canvas.text((left + width + font.getlength(" "), y), _MOST, fill=_INK, font=font)


def _broken(line: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [each for each in lines if each]
