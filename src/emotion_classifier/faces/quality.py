"""Whether a face can be read at all: how large, sharp, frontal and well lit it is, and whether all of it is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from emotion_classifier.faces.align import Framing, eye_distance
from emotion_classifier.faces.face import Face

# Pixels between the eyes at which crops are measured, however large the model's input is, so that a limit means
# the same for every model. Fewer than in any model's input so far, so that every crop is shrunk a little.
_GRAIN = 16.0
_COARSE = 4  # of those pixels, a quarter of the eye distance
# What counts as face in a crop, in eye distances: to each side of the middle, above and below the eyes. Walls
# and hats behind and above it must not say how well the face is lit.
_ASIDE, _ABOVE, _BELOW = 0.8, 0.4, 1.4
# How far the tip of the nose stands out before the eyes, in eye distances. With it, 48 rendered heads turned by 30,
# 45, 60, 70 and 80 degrees measure 30, 42, 57, 65 and 68 (medians): the far eye of a profile is guessed.
_NOSE_AHEAD = 0.55
_WHITE = 250  # grey level from which a pixel is blown out
_DARK = 0.25  # brightness below which a lack of contrast is put down to darkness, and above which to fog


@dataclass(frozen=True)
class FaceQuality:
    """What was measured of one face.

    Attributes
    ----------
    eye_distance : float
        Pixels of the photo between the eyes; of a head turned sideways, what they would be from the front.
    turn : float
        Degrees by which the head is turned to a side, 0…90, from where the nose lies between the eyes.
    sharpness : float
        How much of the change of grey over a quarter of the eye distance happens from one pixel to the next, at
        16 pixels between the eyes: the root mean square of the small steps divided by that of the large ones, across
        or down, whichever is less (motion blurs one of the two). 0.25 is all gradual, 1 noise; in most
        photos 0.35…0.45. Contrast cancels out.
    brightness : float
        Mean grey level, 0 black…1 white.
    contrast : float
        Standard deviation of the grey levels, 0…0.5.
    blown_out : float
        Share of pixels that are white, 0…1.
    margin : float
        How far the photo reaches beyond eyes and mouth, in eye distances: the shortest way from one of these points to
        the photo's border, below 0 where one lies outside.
    """

    eye_distance: float
    turn: float
    sharpness: float
    brightness: float
    contrast: float
    blown_out: float
    margin: float


class QualityLimits(BaseModel):
    """How bad a face may be and still be given a label; stored with every model.

    All defaults but that of `min_margin` follow one rule, measured with ``benchmarks/quality_limits.py`` on
    validation faces that were made worse step by step: the limit stands where the default model takes one face in
    ten, of equally many happy and sad ones, for the other. That of `min_margin` is measured with
    ``benchmarks/gate.py``: nearly every face whose mouth is cut off lies below it, and next to no whole face.

    Parameters
    ----------
    min_eye_distance : float
        Pixels between the eyes.
    max_turn : float
        Degrees.
    min_sharpness : float
        Without a unit, see `FaceQuality`.
    min_contrast : float
        Share of white. There is no limit on brightness, so that dark skin is never taken for bad light: what
        darkness takes away is contrast.
    max_blown_out : float
        Share of the pixels.
    min_margin : float
        Eye distances from eyes and mouth to the photo's border. Where a mouth is cut off, the detector puts it outside
        or a little inside. Pictures that were cut out beforehand may end there; 0 holds for them.

    Examples
    --------
    >>> dim = FaceQuality(40.0, 5.0, 0.4, brightness=0.01, contrast=0.008, blown_out=0.0, margin=2.0)
    >>> QualityLimits().reason(dim)
    'the face is too dark'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    min_eye_distance: float = Field(default=7.0, ge=0)
    max_turn: float = Field(default=64.0, gt=0, le=90)
    min_sharpness: float = Field(default=0.295, ge=0)
    min_contrast: float = Field(default=0.010, ge=0, lt=0.5)
    max_blown_out: float = Field(default=0.65, gt=0, le=1)
    min_margin: float = 0.2

    def missing_pixels(self, quality: FaceQuality) -> str:
        """Say how many pixels lie between the eyes of a face that is too small, and how many are needed."""
        # Not rounded: 6.9 pixels are not the 7 that are needed.
        return f"{int(quality.eye_distance)} pixels between the eyes, {math.ceil(self.min_eye_distance)} are needed"

    def reason(self, quality: FaceQuality, *, sized: bool = True, smoothed: bool = False) -> str | None:
        """Say why a face is too bad to be read, or None where it is not.

        Parameters
        ----------
        quality : FaceQuality
        sized : bool
            False where neither the number of pixels nor the border says much about the face, as in pictures that
            were cut out and scaled beforehand. A face enlarged from too few pixels is still found out as blurred.
        smoothed : bool
            Whether the photo was grainy and has been smoothed, so that a lack of sharpness may come from its grain.
        """
        if sized and quality.eye_distance < self.min_eye_distance:
            return f"the face is too small: {self.missing_pixels(quality)}"
        if quality.margin < (self.min_margin if sized else min(self.min_margin, 0.0)):
            return "part of the face lies outside the photo"
        if quality.turn > self.max_turn:
            return "the face is turned too far away"
        if quality.blown_out > self.max_blown_out:
            return "the face is too bright"
        if quality.contrast < self.min_contrast:
            return (
                "the face is too dark" if quality.brightness < _DARK else "the face has too little contrast"
            )
        if quality.sharpness < self.min_sharpness:
            return "the face is too grainy or blurred" if smoothed else "the face is too blurred"
        return None


def measure_quality(
    crop: NDArray[np.uint8], face: Face, *, framing: Framing, photo_size: tuple[int, int]
) -> FaceQuality:
    """Measure how well a face can be seen.

    The crop is the model's own input, because cutting out another costs more than all the rest.

    Parameters
    ----------
    crop : ndarray, shape (height, width, channels), uint8
        The face as `Preprocessing.pixels` cuts it out; grey or colour, in any order of channels.
    face : Face
        In pixels of the photo.
    framing : Framing
        By which the crop was cut.
    photo_size : (height, width)
        Of the photo that the crop was cut out of, in pixels.

    Returns
    -------
    FaceQuality

    Examples
    --------
    >>> import numpy as np
    >>> from emotion_classifier.faces.face import nominal_face
    >>> flat = np.full((48, 48, 1), 255, np.uint8)
    >>> measure_quality(flat, nominal_face(48, 48), framing=Framing(), photo_size=(48, 48)).blown_out
    1.0
    """
    grey = _inner(crop, framing)
    return FaceQuality(
        eye_distance=eye_distance(face, framing),
        turn=_turn(face),
        sharpness=min(_sharpness(grey), _sharpness(grey.T)),
        brightness=float(grey.mean()) / 255,
        contrast=float(grey.std()) / 255,
        blown_out=float((grey >= _WHITE).mean()),
        margin=_margin(face, photo_size) / max(eye_distance(face, framing), 1e-6),
    )


def _margin(face: Face, photo_size: tuple[int, int]) -> float:
    """Return the pixels from eyes and mouth to the photo's border, by the shortest way; below 0 outside."""
    height, width = photo_size
    right, left, _, mouth = face.keypoints[:4]
    return min(min(x, y, width - x, height - y) for x, y in (right, left, mouth))


def _turn(face: Face) -> float:
    """Return the degrees by which a head is turned to a side."""
    right, left, nose, mouth = np.array(face.keypoints[:4], dtype=np.float64)
    middle, down = (right + left) / 2, mouth - (right + left) / 2
    apart, depth = float(np.hypot(*(left - right))), float(np.hypot(*down))
    to_nose = nose - middle
    aside = abs(down[0] * to_nose[1] - down[1] * to_nose[0]) / max(depth, 1e-6)
    return math.degrees(math.atan2(aside, _NOSE_AHEAD * apart))


def _sharpness(grey: NDArray[np.float32]) -> float:
    """Compare the steps from row to row with those over `_COARSE` rows."""
    fine, coarse = (float(np.square(grey[k:] - grey[:-k]).mean()) for k in (1, _COARSE))
    return math.sqrt(fine / coarse) if coarse > 0 else 0.0


def _inner(crop: NDArray[np.uint8], framing: Framing) -> NDArray[np.float32]:
    """Return the grey levels of the face without its surroundings, at the common scale."""
    # The mean of the channels, and not the luminance, because it does not depend on their order.
    # Channel by channel: the same numbers as those of crop.mean(axis=2), in a tenth of the time.
    grey = crop[..., 0].astype(np.float32)
    for channel in range(1, crop.shape[2]):
        grey += crop[..., channel]
    grey /= np.float32(crop.shape[2])
    width = max(round(_GRAIN * framing.width_in_eye_distances), 8)
    height = max(round(width * grey.shape[0] / grey.shape[1]), 8)
    if grey.shape != (height, width):
        grey = np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR))
    unit, eyes = width / framing.width_in_eye_distances, framing.eye_line * height
    rows = slice(max(round(eyes - _ABOVE * unit), 0), max(round(eyes + _BELOW * unit), 8))
    columns = slice(max(round(width / 2 - _ASIDE * unit), 0), max(round(width / 2 + _ASIDE * unit), 8))
    return grey[rows, columns]
