"""What a reading loses when a part of the face is hidden, for any model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from emotion_classifier.explain.parts import Masks
from emotion_classifier.explain.score import log_ratio
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import Label, read_scale

# Standard deviation of the blur that hides, and of the edge between what is hidden and what is not; shares of the
# width of the input. Of an expression nothing can be told behind it, of the light and the skin much.
BLUR, _EDGE = 0.075, 0.01
Pixels = npt.NDArray[np.uint8]
Network = Callable[[Pixels], npt.NDArray[np.floating]]


@dataclass(frozen=True)
class Hidden:
    """What becomes of a reading when a part of the face is blurred away.

    Parameters
    ----------
    loss : float
        By how much the logarithm of the odds that the label rests on falls; below 0: it rises.
    label : str
        What the face would be called.
    """

    loss: float
    label: Label


def hide_parts(
    bundle: Bundle,
    pixels: Pixels,
    masks: Masks,
    pair: tuple[str, str],
    network: Network,
    *,
    fill: Pixels | None = None,
) -> dict[str, Hidden]:
    """Hide every part of a face, one after the other, and read what is left.

    Parameters
    ----------
    bundle : Bundle
    pixels : ndarray of uint8, shape (height, width, channels)
        One input of the network.
    masks : dict of str to ndarray of bool, shape (height, width)
        See `part_masks`; parts that are not in the input are left out.
    pair : tuple of two str
        See `sides`.
    network : callable
        From inputs, shape (n, height, width, channels), to probabilities, shape (n, labels).
    fill : ndarray of uint8, shape (height, width, channels), or None
        What is seen in place of a part; None: the input, blurred.

    References
    ----------
    Zeiler and Fergus (2014), Visualizing and understanding convolutional networks.
    """
    shown = {name: mask for name, mask in masks.items() if mask.any()}
    away = blurred(pixels) if fill is None else fill
    raw = network(np.stack([pixels, *(_covered(pixels, away, mask) for mask in shown.values())]))
    scores = log_ratio(raw, bundle.labels, pair)
    readings = read_scale(raw, bundle.labels, bundle.config.scale)
    return {
        name: Hidden(float(scores[0] - score), reading.label)
        for name, score, reading in zip(shown, scores[1:], readings[1:], strict=True)
    }


def blurred(pixels: Pixels) -> Pixels:
    """Blur an input, shape (height, width, channels), until no expression can be told."""
    radius = BLUR * pixels.shape[1]
    # Channel by channel, for Pillow knows no pictures of one channel with an axis for it.
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(channel)).filter(ImageFilter.GaussianBlur(radius)))
        for channel in np.moveaxis(pixels, -1, 0)
    ]
    return np.stack(channels, axis=-1)


def _covered(pixels: Pixels, away: Pixels, mask: npt.NDArray[np.bool_]) -> Pixels:
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(_EDGE * pixels.shape[1])), np.float32)
    share = soft[..., np.newaxis] / 255
    return np.asarray(np.rint(pixels * (1 - share) + away * share), np.uint8)
